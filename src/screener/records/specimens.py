"""What a specimen is: blood, or what else a result was measured in.

The words are data, with their sources: `specimens.tsv` in this folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from screener.records.negations import turn_of
from screener.values.tables import table_rows

BLOOD = "blood"
OPEN = "open"
"""A code or word that is known, and does not say what a specimen is."""


def specimen_of_code(system: str, code: str) -> str | None:
    """What a coded specimen is; None if nobody knows the code. `system` is the name of its system."""
    return _codes().get((system, code.strip().upper()))


def specimen_in(words: str) -> str | None:
    """What a wording says of the specimen; None if it says nothing, or names blood and something else."""
    said = specimens_in(words)
    return said[0] if len(said) == 1 else None


@lru_cache(maxsize=4096)
def specimens_in(words: str) -> tuple[str, ...]:
    """What a wording names that is no blood, the longest name of one; and blood. What stands within a longer name is
    none: `cord blood` is no blood."""
    plain = words.casefold()
    said = []
    for pattern, what in _patterns("word"):
        if pattern.search(plain):
            if what != OPEN:
                said.append(what)
            plain = pattern.sub(" ", plain)
    others = [each for each in said if each != BLOOD]
    return (*others[:1], *((BLOOD,) if BLOOD in said else ()))


def spoilt(words: str) -> str | None:
    """What a wording says to be wrong with a specimen: `sample haemolysed`; None also where a word denies it."""
    said = next((what for pattern, what in _patterns("state") if pattern.search(words.casefold())), None)
    return said if said is not None and turn_of(words) is None else None


def told_together(said: Iterable[str | None]) -> frozenset[str]:
    """What several codes and wordings say, without those that say nothing."""
    return frozenset(each for each in said if each is not None and each != OPEN)


@cache
def _rows() -> list[tuple[str, str, str]]:
    return [(kind, said, what) for kind, said, what in table_rows(Path(__file__).with_name("specimens.tsv"))]


@cache
def _codes() -> dict[tuple[str, str], str]:
    return {(kind, code): what for kind, code, what in _rows() if kind not in ("word", "state")}


@cache
def _patterns(kind: str) -> list[tuple[re.Pattern[str], str]]:
    """The words of a kind and what each means, longest first; of a script without blanks also within others."""
    words = sorted(((word, what) for each, word, what in _rows() if each == kind), key=lambda each: -len(each[0]))
    return [(re.compile(_whole(word) if _LATIN.match(word) else re.escape(word)), what) for word, what in words]


_LATIN = re.compile(r"[a-z]")


def _whole(word: str) -> str:
    return r"\b" + r"\W+".join(map(re.escape, word.split())) + r"\b"
