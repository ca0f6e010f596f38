"""A result compared with the same screening done again: what differs, in words, and why it may differ.

Both are plain data, as JSON holds them, so that a result of an older version can be read. Only what both of them say is
compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
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
MOST_PLACES = 3
"""Places of two texts at which a difference is shown."""


def _where_they_differ(then: str, now: str) -> tuple[str, str]:
    """Two texts; of long ones only the first places that differ, with a few words around each: of one that has another
    INR and, far behind it, another day it is `… INR 1.8 on 18 Feb … since 2 Mar …`."""
    if max(len(then), len(now)) <= LONGEST:
        return then, now
    old, new = then.split(), now.split()
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [(code[1:3], code[3:5]) for code in codes if code[0] != "equal"]
    return _parts(old, [place for place, _ in changed]), _parts(new, [place for _, place in changed])


def _parts(words: Sequence[str], places: Sequence[tuple[int, int]]) -> str:
    """The words at these places, those that lie near one another together, and each once."""
    shown: list[list[int]] = []
    for first, last in places:
        start, end = max(first - BESIDE, 0), min(last + BESIDE, len(words))
        if shown and start <= shown[-1][1]:
            shown[-1][1] = end
        else:
            shown.append([start, end])
    told = list(dict.fromkeys(" ".join(words[start:end]) for start, end in shown))
    is_begun = bool(shown) and shown[0][0] > 0
    is_cut = len(told) > MOST_PLACES or (bool(shown) and shown[-1][1] < len(words))
    return " … ".join([*([""] if is_begun else []), *told[:MOST_PLACES], *([""] if is_cut else [])]).strip()


_WORDS: dict[str, str] = {str(name): words for told in (LINE_WORDS, VERDICT_WORDS, WHY) for name, words in told.items()}


def _word(told: str) -> str:
    """A status, verdict or reason in words; one of another version of screener as it is."""
    return _WORDS.get(told, told)


def _words(value: object) -> str:
    return (", ".join(map(_word, value)) or "none") if isinstance(value, list) else str(value)
