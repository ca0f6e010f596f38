"""What a call to screen may say, checked: the day, the lists, the trials, a length of time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import get_args

from screener.rulebook import RecordList, Rulebook, Trial
from screener.values.dates import DateError, Duration, parse_duration, parse_moment

LISTS: tuple[RecordList, ...] = get_args(RecordList)


class ScreeningError(ValueError):
    """A call that cannot be answered: no date of screening, another dictionary, an unknown trial or list. The message
    says what to do."""


def day_of(as_of: object) -> int:
    """The day that a call names. A time of day after it is ignored."""
    match as_of:
        case date():
            return as_of.toordinal()
        case str() if len(as_of) == len("YYYY-MM-DD"):
            try:
                return parse_moment(as_of).first_day
            except DateError as problem:
                raise ScreeningError(f"as_of: {problem}") from None
        case _:
            raise ScreeningError(f"as_of: `{as_of}` is not a day: give a date, or write YYYY-MM-DD")


def length_of(labs_within: object) -> Duration:
    match labs_within:
        case Duration():
            return labs_within
        case str():
            try:
                return parse_duration(labs_within)
            except DateError as problem:
                raise ScreeningError(f"labs_within: {problem}") from None
        case _:
            raise ScreeningError(f"labs_within: `{labs_within}` is not a length of time: write such as `14 days`")


def _names(names: object, what: str) -> tuple[str, ...]:
    """The names that a call gives. A single text is one name, not its letters."""
    if isinstance(names, str):
        return (names,)
    given = tuple(names) if isinstance(names, Iterable) else (names,)
    for name in given:
        if not isinstance(name, str):
            raise ScreeningError(f"{what}: `{name}` is not a name")
    return given


def known_lists(names: Iterable[str]) -> frozenset[RecordList]:
    known: list[RecordList] = []
    for name in _names(names, "assume_complete"):
        match = next((each for each in LISTS if each == name), None)
        if match is None:
            raise ScreeningError(f"`{name}` is not a list of the record: the lists are {', '.join(LISTS)}")
        known.append(match)
    return frozenset(known)


def known_trials(names: Collection[str] | None, rules: Rulebook) -> list[Trial]:
    if names is None:
        return list(rules.trials.values())
    wanted = _names(names, "trials")
    for name in wanted:
        if name not in rules.trials:
            raise ScreeningError(f"no trial `{name}` in these rules: there are {', '.join(rules.trials)}")
    return [trial for trial in rules.trials.values() if trial.id in wanted]
