"""Whether a wording denies what it names, or leaves it open: by the words of `negations.tsv`.

It is never read as the thing itself, nor as its absence: how far a denial reaches, nobody can tell from words alone.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal, cast

from screener.records.comparing import HYPHENS, folded
from screener.values.tables import table_rows

Turn = Literal["denies", "leaves open"]
_HYPHEN_AT_THE_END = re.compile(rf"\s*[{HYPHENS}]$")


def turn_of(wording: str) -> Turn | None:
    """What a wording does with the thing that it names; None where it says nothing but that thing."""
    words = _HYPHEN_AT_THE_END.sub(" -", folded(wording))
    plain = f" {words.replace(':', ' ').replace('?', ' ? ')} ".replace("  ", " ")
    for place, words, turn in _rows():
        if place == "within":
            continue
        is_there = (
            plain == f" {words} "
            if place == "whole"
            else plain.startswith(f" {words} ")
            if place == "first"
            else plain.endswith(f" {words} ")
        )
        if is_there:
            return turn
    return None


def not_denied(wording: str) -> str:
    """A wording without what it denies, which reaches to the next comma or semicolon: `cirrhosis, HIV` of `cirrhosis
    without ascites, HIV, pregnancy negative`."""
    wording = _denial_within().sub("", wording)
    parts = [_denial().sub("", each) for each in _PART.split(wording) if turn_of(each) != "denies"]
    return ", ".join(each for each in parts if each.strip())


_PART = re.compile(r"[,;\uff0c\uff1b\u3001]")


@cache
def _denial_within() -> re.Pattern[str]:
    words = "|".join(re.escape(words) for place, words, _ in _rows() if place == "within")
    return re.compile(rf"(?:{words})[^,;\uff0c\uff1b\u3002]*")


@cache
def _denial() -> re.Pattern[str]:
    words = "|".join(re.escape(words) for place, words, turn in _rows() if place == "first" and turn == "denies")
    return re.compile(rf"[\s:(]+(?:{words})\s.*", re.IGNORECASE | re.DOTALL)


@cache
def _rows() -> tuple[tuple[str, str, Turn], ...]:
    rows = table_rows(Path(__file__).with_name("negations.tsv"))
    return tuple((place, folded(words), cast("Turn", turn)) for place, words, turn in rows)
