"""A result compared with the same screening done again: what differs, in words, and why it may differ.

Both are plain data, as JSON holds them, so that a result of an older version can be read. Only what both of them say is
compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any as Anything

from msgspec import Struct

from screener.contract import LINE_WORDS, VERDICT_WORDS
from screener.evaluation.explanation import WHY

_CAUSES = {
    "screener": "the version of screener",
    "rules": "the rules",
    "origins.dictionary": "the dictionary",
    "origins.record": "the facts of the record",
    "origins.read_with.locale": "the locale",
    "origins.read_with.columns": "the table of columns",
    "origins.read_with.tables": "the tables of codes",
    "origins.read_with.hierarchy": "the hierarchy of codes",
    "origins.read_with.answers": "the answers given with the record",
}
"""What an answer rests on, by its place in a result."""
_OTHER = {"basis": "another basis", "reasons": "other reasons", "explanation": "another explanation"}
_OF_A_LINE = ("status", *_OTHER)


class AskedThen(Struct, frozen=True):
    """What a result says that its call asked for. `is_told` is False for a result of before results said it."""

    as_of: str
    assume_complete: Sequence[str]
    labs_within: str | None
    trials: Sequence[str] | None
    is_told: bool


def asked_for(result: Mapping[str, Anything]) -> AskedThen:
    """What the call of a result asked for."""
    options = result.get("options")
    told = options if isinstance(options, Mapping) else {}
    trials = told.get("trials") if told else [trial["id"] for trial in result["trials"]]
    complete = told.get("assume_complete") or ()
    return AskedThen(result["as_of"], complete, told.get("labs_within"), trials, bool(told))


class Replayed(Struct, frozen=True):
    """What came out of a replay: the answers that differ, and what they rest on that has changed."""

    answers: tuple[str, ...]
    causes: tuple[str, ...]
    trials: int
    lines: int


def replayed(before: Mapping[str, Anything], now: Mapping[str, Anything]) -> Replayed:
    """Compare a result with the one that is made of it now."""
    answers = tuple(_answers(before, now))
    lines = sum(len(trial["criteria"]) for trial in before["trials"])
    return Replayed(answers, tuple(_causes(before, now)), len(before["trials"]), lines)


def _causes(before: Mapping[str, Anything], now: Mapping[str, Anything]) -> Iterator[str]:
    for place, words in _CAUSES.items():
        was, is_ = _at(before, place), _at(now, place)
        if was is not _MISSING and is_ is not _MISSING and was != is_:
            yield f"{words}: {_shown(was)} then, {_shown(is_)} now"


_MISSING = object()


def _at(result: Mapping[str, Anything], place: str) -> object:
    found: object = result
    for step in place.split("."):
        found = found.get(step, _MISSING) if isinstance(found, Mapping) else _MISSING
    return found


def _shown(value: object) -> str:
    match value:
        case None | [] | ():
            return "none"
        case list():
            return ", ".join(_shown(each) for each in value)
        case str() if value.startswith("sha256:"):
            return value[: len("sha256:") + 12] + "…"
        case _:
            return str(value)


def _answers(before: Mapping[str, Anything], now: Mapping[str, Anything]) -> Iterator[str]:
    present = {trial["id"]: trial for trial in now["trials"]}
    for trial in before["trials"]:
        other = present.pop(trial["id"], None)
        if other is None:
            yield f"{trial['id']} is no trial of the rules any more"
            continue
        if trial["verdict"] != other["verdict"]:
            yield f"{trial['id']}: {_word(trial['verdict'])} then, {_word(other['verdict'])} now"
        yield from _lines(trial, other)
    if asked_for(before).trials is None:
        yield from (f"{trial} is a new trial of the rules" for trial in present)


def _lines(before: Mapping[str, Anything], now: Mapping[str, Anything]) -> Iterator[str]:
    present = {line["id"]: line for line in now["criteria"]}
    for line in before["criteria"]:
        name = f"{before['id']}/{line['id']}"
        other = present.pop(line["id"], None)
        if other is None:
            yield f"{name} is no line of the trial any more"
            continue
        changed = [each for each in _OF_A_LINE if each in line and each in other and line[each] != other[each]]
        if not changed:
            continue
        if changed == ["explanation"] and _numbers(line["explanation"]) == _numbers(other["explanation"]):
            yield f"{name}: {_word(line['status'])} as before, in other words"
            continue
        if "status" in changed:
            yield f"{name}: {_word(line['status'])} then, {_word(other['status'])} now"
        else:
            yield f"{name}: {_word(line['status'])} as before, with {' and '.join(_OTHER[each] for each in changed)}"
        for each in changed:
            if each != "status":
                then, now_ = _where_they_differ(_words(line[each]), _words(other[each]))
                yield f"    {each} then: {then}"
                yield f"    {each} now:  {now_}"
    yield from (f"{before['id']}/{line} is a new line of the trial" for line in present)


def _numbers(text: object) -> list[str]:
    """The values and days of an explanation. Where they are the same, only its words differ."""
    return re.findall(r"\d+(?:[.,]\d+)*(?: (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)?", str(text))


LONGEST = 100
"""Characters of two texts that are shown whole."""
BESIDE = 4
"""Words that are shown before and behind what differs."""


def _where_they_differ(then: str, now: str) -> tuple[str, str]:
    """Two texts; of long ones only what differs, with a few words around it: `… INR 1.8 on 18 Feb …`."""
    if max(len(then), len(now)) <= LONGEST:
        return then, now
    old, new = then.split(), now.split()
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    start = max(first - BESIDE, 0)
    return _part(old, start, len(old) - last + BESIDE), _part(new, start, len(new) - last + BESIDE)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words they begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (mine, its) in enumerate(pairs) if mine != its), min(len(one), len(other)))


def _part(words: Sequence[str], start: int, end: int) -> str:
    return " ".join([*(["…"] if start else []), *words[start:end], *(["…"] if end < len(words) else [])])


_WORDS: dict[str, str] = {str(name): words for told in (LINE_WORDS, VERDICT_WORDS, WHY) for name, words in told.items()}


def _word(told: str) -> str:
    """A status, verdict or reason in words; one of another version of screener as it is."""
    return _WORDS.get(told, told)


def _words(value: object) -> str:
    return (", ".join(map(_word, value)) or "none") if isinstance(value, list) else str(value)
