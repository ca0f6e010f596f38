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
    if _is_kept(wording):
        return "leaves open"
    for place, words, turn in _rows():
        if place in ("within", "kept"):
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
    """A wording without what it denies, which reaches to the next comma, semicolon or end of a sentence, or to a `but`:
    `cirrhosis, HIV` of `cirrhosis without ascites, HIV, pregnancy negative`. What is only said not to have changed, or
    not to be excluded, is there, or may be."""
    return ", ".join(each for each in map(_affirmed, _PART.split(wording)) if each.strip())


def _affirmed(part: str) -> str:
    if _is_kept(part):
        return part
    plain = _denial_within().sub("", part).split("\u3001")
    return "\u3001".join(_denial().sub("", each) for each in plain if turn_of(each) != "denies")


def _is_kept(wording: str) -> bool:
    """Whether a wording has words of a denial that denies nothing: `not excluded`, `no change in`."""
    return _kept().search(folded(wording)) is not None


_PART = re.compile(
    r"[,;\n\uff0c\uff1b\u3002]|\.(?=\s)|\s[\u2013-]\s|\b(?:but|however|aber|jedoch|mais|cependant|pero)\b|\u4f46",
    re.IGNORECASE,
)
"""Where a denial ends."""


@cache
def _kept() -> re.Pattern[str]:
    words = [words for place, words, _ in _rows() if place == "kept"]
    return re.compile("|".join(re.escape(each) if each[0] > "\u3000" else rf"\b{re.escape(each)}\b" for each in words))


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
