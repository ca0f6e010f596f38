"""The status of an entry as people write it; the words stand in `statuses.tsv`, and no other is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from screener.records.comparing import as_words
from screener.records.errors import LONGEST_QUOTE
from screener.values.tables import table_rows

_ITSELF, _SUSPECTED, _EVERY_LIST = "=", "?", "*"
_LIKE_ENOUGH = 0.75


class _Words(NamedTuple):
    meant: dict[str, str]
    """What people write, folded, and the status that it is."""
    suspected: frozenset[str]
    told: dict[str, str]
    """Every status, and what it means in words."""


def status_meant(written: object, list_: str) -> object:
    """The status that people write so on a list; what is none of the table's words, as it is. A blank is none."""
    if isinstance(written, str) and not written.strip():
        return None
    return _words(list_).meant.get(as_words(written), written) if isinstance(written, str) else written


def how_to_write(written: str, list_: str) -> str:
    """The mend for what is no status: the one that it is a misspelling of, else all of them with what they mean. A word
    that has a status in it says something more, perhaps the contrary."""
    words, plain = _words(list_), as_words(written[:LONGEST_QUOTE])
    if plain in words.suspected:
        return f"write `{next(iter(words.told))}` once it is confirmed, `absent` once it is ruled out"
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(plain, words.told, n=1, cutoff=_LIKE_ENOUGH)
    if near and not any(each in plain for each in words.told):
        return f"did you mean `{near[0]}`?"
    return "write " + ", ".join(f"`{status}` ({means})" for status, means in words.told.items())


@lru_cache(maxsize=16)
def _words(list_: str) -> _Words:
    meant: dict[str, str] = {}
    suspected: set[str] = set()
    told: dict[str, str] = {}
    for words, meaning, in_words in _rows(list_):
        if meaning == _ITSELF:
            told[words] = in_words
            meant[as_words(words)] = words
        elif meaning == _SUSPECTED:
            suspected.add(as_words(words))
        else:
            meant[as_words(words)] = meaning
    return _Words(meant, frozenset(suspected), told)


def _rows(list_: str) -> Iterator[tuple[str, str, str]]:
    for lists, words, meaning, *in_words in table_rows(Path(__file__).with_name("statuses.tsv")):
        if lists == _EVERY_LIST or list_ in lists.split(","):
            yield words, meaning, "".join(in_words)
