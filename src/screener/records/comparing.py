"""Words as they are compared: in small letters, without what stands between their parts."""

from __future__ import annotations

import re
from unicodedata import category, normalize

_WORD = re.compile(r"[^\W_]+")

_AS_WRITTEN = 2
"""Letters of an abbreviation that in small letters may be another word."""


def plain_words(text: str) -> list[str]:
    """The words of a text in small letters; two capitals alone stay as they are."""
    return [plain_word(each) for each in words_of(text)]


_IN_BRACKETS = re.compile(r"(?<=\S)\s*\([^()]*\)\s*$")


def without_brackets(text: str) -> str:
    """A wording without what stands in brackets at its end, such as the kind of a concept of SNOMED CT."""
    return _IN_BRACKETS.sub("", text)


def words_of(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text)


def plain_word(word: str) -> str:
    """A word as it is compared: in small letters, but for two capitals."""
    return word if len(word) <= _AS_WRITTEN and word.isupper() else word.casefold()


HYPHENS = "-\u2010\u2011\u2012\u2013\u2014"
_BETWEEN = str.maketrans("", "", f"_.{HYPHENS}\u00b7")
"""What stands between the parts of a name, and may as well be left out: `T-Bil`, `T. Bil`, `t_bil`."""


def as_name(text: str) -> str:
    """A name as names are compared: in small letters, without what stands between its parts. A hyphen at its end stands
    between nothing, and stays: `HIV-` says that there is none."""
    return as_written(folded(normalize("NFKC", text)))


def as_written(text: str) -> str:
    """The same in the letters in which it is written: abbreviations are compared so."""
    whole = "".join(normalize("NFKC", text).split())
    plain = whole.translate(_BETWEEN)
    return f"{plain}-" if plain and whole.endswith(tuple(HYPHENS)) else plain


_LONGEST_ABBREVIATION = 4


def is_abbreviation(name: str) -> bool:
    """Whether a name is a few capitals. In small letters that is another word, such as `HE` and `he`."""
    return len(name) <= _LONGEST_ABBREVIATION and name.isalpha() and name.isupper()


def as_words(text: str) -> str:
    """Words for a value or a status as they are compared: `Non_Reactive.` is `non reactive`."""
    return folded(text.replace("_", " ").replace("-", " ").rstrip(". "))


def folded(text: str) -> str:
    """A wording as it is compared: in small letters, with single blanks, without characters that nobody sees."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(each for each in plain if category(each) != "Cf")
    return " ".join(plain.split())
