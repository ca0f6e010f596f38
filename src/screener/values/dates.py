"""Partial dates and calendar windows.

A moment is known as a range of seconds on the wall clock of the place that recorded it: `2026-02` is every
second of February. Calendar windows compare days; hour windows compare seconds, and take a date without a
time as all of its 24 hours. Days are proleptic Gregorian ordinals (`datetime.date.toordinal`).

Which of two moments is earlier is asked of `Moment.is_before` alone, because their clocks may differ.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Literal

from msgspec import Struct

DAY = 86_400
BEGINNING = date.min.toordinal() * DAY
END = date.max.toordinal() * DAY + DAY - 1

OLDEST_AGE = 120
"""Years. An age beyond it is a slip of the pen, whatever the trial."""

TimeUnit = Literal["hours", "days", "weeks", "months", "years"]


class DateError(ValueError):
    """A text that is no date; the message says what would be one."""


class Moment(Struct, frozen=True, omit_defaults=True, gc=False):
    """A point in time that lies somewhere from `first` to `last` (seconds, both included)."""

    first: int
    last: int
    text: str = ""
    offset: int | None = None
    """Minutes east of UTC where the record states it. The day is the day on the record's own clock."""
    by_age: bool = False
    """Whether it was counted from the birth date, and is as wrong as that."""

    @property
    def first_day(self) -> int:
        return self.first // DAY

    @property
    def last_day(self) -> int:
        return self.last // DAY

    @property
    def is_one_day(self) -> bool:
        return self.first // DAY == self.last // DAY

    @property
    def is_any_day(self) -> bool:
        """Whether nobody can tell which day it was. Its text is what was written, and no date to show as one."""
        return self.first <= BEGINNING + DAY and self.last == END

    @property
    def is_whole_days(self) -> bool:
        """Whether it says nothing of the time of day, so that its days are compared."""
        return self.offset is None and self.first % DAY == 0 and self.last % DAY == DAY - 1

    @property
    def instant(self) -> tuple[int | None, int, int]:
        """The same for two texts that name the same time: in UTC, if they state an offset."""
        if self.offset is None:
            return None, self.first, self.last
        return 0, self.first - self.offset * 60, self.last - self.offset * 60

    @property
    def order(self) -> tuple[int, int]:
        """By this moments are sorted that need some order, as far as they have one."""
        return self.instant[1:]

    def is_before(self, other: Moment) -> bool:
        """Whether it is certainly earlier than another moment.

        Two that state an offset are compared in UTC; a date without a time, by its days. All others are on one clock
        that nobody named. Against a stated offset that clock may be any of the world's.
        """
        ours, theirs = self.offset, other.offset
        if ours == theirs or self.is_whole_days or other.is_whole_days:
            return self.last < other.first
        if ours is None:
            return self.last - _WESTMOST * 60 < other.first - (theirs or 0) * 60
        if theirs is None:
            return self.last - ours * 60 < other.first - _EASTMOST * 60
        return self.last - ours * 60 < other.first - theirs * 60

    def on_clock_of(self, other: Moment) -> Moment:
        """Every second that it may be on the clock of another moment, and on its own."""
        ours, theirs = self.offset, other.offset
        if ours == theirs or theirs is None or self.is_whole_days:
            return self
        behind = (theirs - (_EASTMOST if ours is None else ours)) * 60
        ahead = (theirs - (_WESTMOST if ours is None else ours)) * 60
        first, last = self.first + min(behind, 0), self.last + max(ahead, 0)
        return Moment(max(first, BEGINNING), min(last, END), self.text, theirs, self.by_age)


_WESTMOST, _EASTMOST = -12 * 60, 14 * 60
"""The offsets of the world, in minutes."""

UNKNOWN_DAY = "unknown day"
"""The text of a moment that has no date."""
AT_ANY_TIME = Moment(BEGINNING, END, UNKNOWN_DAY)


def at_any_time(text: str = UNKNOWN_DAY) -> Moment:
    """Some unknown time. It starts a day after the calendar does, so that it differs from a fact without any date,
    which starts with it."""
    return Moment(BEGINNING + DAY, END, text)


def on_day(day: date | int, text: str = "") -> Moment:
    """Some time on that day."""
    ordinal = day if isinstance(day, int) else day.toordinal()
    return Moment(ordinal * DAY, ordinal * DAY + DAY - 1, text or date.fromordinal(ordinal).isoformat())


def span_of_days(first: int, last: int, text: str = "") -> Moment:
    """Some time from the first to the last of these days."""
    return Moment(first * DAY, last * DAY + DAY - 1, text)


def from_one_to_another(start: Moment, end: Moment, text: str) -> Moment:
    """Some time from the first second of one moment to the last of another."""
    offset = start.offset if start.offset is not None and end.offset is not None else None
    last = end.on_clock_of(start).last if offset is not None else end.last
    first = min(start.first, last)
    if offset is None and start.offset != end.offset:
        # On one of two clocks, and nobody knows how far they are apart.
        first, last = min(first, end.first), max(last, start.last)
    by_age = start.by_age or end.by_age
    return Moment(first, last, text, offset, by_age)


def latest_of(moments: Iterable[Moment]) -> list[Moment]:
    """The few of several moments that are enough to say whether something is before any of them."""
    return _foremost(moments, lambda each: (each.first, each.instant[1]))


def earliest_of(moments: Iterable[Moment]) -> list[Moment]:
    """The few of several moments that are enough to say whether any of them is before something."""
    return _foremost(moments, lambda each: (-each.last, -each.instant[2]))


def _foremost(moments: Iterable[Moment], ranks: Callable[[Moment], tuple[int, int]]) -> list[Moment]:
    """Of those with an offset, without one, and of whole days, the foremost by the clock and by the instant."""
    several = list(moments)
    if len(several) < 2:
        return several
    best: dict[tuple[bool, bool, int], tuple[int, Moment]] = {}
    for moment in several:
        for which, rank in enumerate(ranks(moment)):
            key = (moment.offset is None, moment.is_whole_days, which)
            if key not in best or rank > best[key][0]:
                best[key] = (rank, moment)
    return list(dict.fromkeys(each for _, each in best.values()))


def as_written(moment: Moment) -> str:
    """What stands where a date would, and says no day: `date as written: “yesterday”`; empty where nothing does."""
    is_written = moment.is_any_day and moment.text not in ("", UNKNOWN_DAY)
    return f"date as written: “{moment.text}”" if is_written else ""


def not_later_than(latest: Moment, text: str) -> Moment:
    """Some time up to a moment."""
    return Moment(BEGINNING, latest.last, text, latest.offset, latest.by_age)


_DATE = re.compile(
    r"(?P<year>\d{4})(?:(?:Z|\+\d{2}:\d{2})?|-(?P<month>\d{2})(?:(?:Z|\+\d{2}:\d{2})?|-(?P<day>\d{2})"
    r"(?:(?:(?:T| +)(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>[.,]\d+)?)?)?"
    r" ?(?P<zone>Z|[+-]\d{2}:?\d{2})?)))\Z",
    re.ASCII | re.IGNORECASE,
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?:(?P<second>\d{2})(?P<part>[.,]\d+)?)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII | re.IGNORECASE,
)
"""The form without hyphens and colons (`20260311`, `202603110740+0100`). Months alone are not read so: `260311` may be
a day, too."""


@lru_cache(maxsize=4096)
def parse_moment(text: str) -> Moment:
    """Read `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a date with a time and perhaps a zone.

    The zone of a date without a time says nothing more: the day is the day. A leap second is read as the second before
    it. 24:00 ends one day and begins the next, and may be of either.

    Raises DateError, with what is wrong and what would be right.
    """
    text = text.strip(" \t\r\n")
    found = _DATE.match(text) or _BASIC.match(text)
    if found is None:
        raise DateError(f"`{text}` is not a date: write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm")
    year = int(found["year"])
    month = int(found["month"]) if found["month"] else None
    day = int(found["day"]) if found["day"] else None
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
        last_month = 12 if month is None else month
        last = date(year, last_month, monthrange(year, last_month)[1] if day is None else day)
    except ValueError:
        raise DateError(f"`{text}` is not a day of the calendar") from None
    offset = _offset(found["zone"], text)
    if found["hour"] is None:
        return span_of_days(first.toordinal(), last.toordinal(), text)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    start = first.toordinal() * DAY + hour * 3600 + minute * 60 + second
    if (hour, minute, second) == (24, 0, 0) and not (found["part"] or "").strip(".,0"):
        return Moment(start - 1, min(start, END), text, offset)
    if hour > 23 or minute > 59 or second > 60:
        raise DateError(f"`{text}` is not a time of day: hours run to 23, minutes and seconds to 59")
    if second == 60:
        return Moment(start - 1, start - 1, text, offset)
    width = 0 if found["second"] else 59
    return Moment(start, start + width, text, offset)


def _offset(zone: str | None, text: str) -> int | None:
    if zone is None:
        return None
    if zone in ("Z", "z"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours * 60 + minutes > _EASTMOST or minutes > 59:
        raise DateError(f"`{text}` is not in a time zone: zones run from -14:00 to +14:00")
    east = hours * 60 + minutes
    return -east if zone[0] == "-" else east


class Duration(Struct, frozen=True, gc=False):
    """A length of calendar time, such as 6 months. Weeks and days are days; months and years follow the
    calendar; hours need a time of day."""

    count: int
    unit: TimeUnit

    def __str__(self) -> str:
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"


NO_TIME = Duration(0, "days")
_DURATION = re.compile(r"\s*(?P<count>\d{1,5})\s*(?P<unit>hour|day|week|month|year)s?\s*\Z", re.ASCII)


def parse_duration(text: str) -> Duration:
    """Read a length of time as people write it: `14 days`, `1 month`.

    Raises DateError, with what would be right.
    """
    found = _DURATION.match(text)
    if found is None:
        raise DateError(
            f"`{text}` is not a length of time: write a whole number of hours, days, weeks, months or years"
        )
    units: dict[str, TimeUnit] = {
        "hour": "hours",
        "day": "days",
        "week": "weeks",
        "month": "months",
        "year": "years",
    }
    return Duration(int(found["count"]), units[found["unit"]])


@lru_cache(maxsize=4096)
def day_shifted(day: int, duration: Duration, direction: Literal[-1, 1]) -> int:
    """The day that lies a duration before (-1) or after (+1) a day.

    6 months before 31 August is the last day of February. Days outside the calendar are its first or last.
    """
    match duration.unit:
        case "days" | "weeks":
            shifted = day + direction * duration.count * (7 if duration.unit == "weeks" else 1)
            return min(max(shifted, date.min.toordinal()), date.max.toordinal())
        case "months" | "years":
            here = date.fromordinal(day)
            months = direction * duration.count * (12 if duration.unit == "years" else 1)
            index = here.year * 12 + here.month - 1 + months
            year, month = index // 12, index % 12 + 1
            if year < date.min.year:
                return date.min.toordinal()
            if year > date.max.year:
                return date.max.toordinal()
            return date(year, month, min(here.day, monthrange(year, month)[1])).toordinal()
        case "hours":
            raise ValueError("hours are counted in seconds, not in days")


def completed_years(birth_day: int, day: int) -> int:
    """Age in completed years, as registries count it. Born on 29 February, one is a year older on 1 March."""
    born, now = date.fromordinal(birth_day), date.fromordinal(day)
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


def day_text(day: int) -> str:
    """The day as YYYY-MM-DD."""
    return date.fromordinal(day).isoformat()


# ---- in words

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")


def day_in_words(day: date | int) -> str:
    """A day as people read it everywhere: `9 Feb 2026`."""
    of = date.fromordinal(day) if isinstance(day, int) else day
    return f"{of.day} {MONTHS[of.month - 1]} {of.year}"


@lru_cache(maxsize=4096)
def dates_in_words(text: str) -> str:
    """A text with each date in it as people read it, as much of it as the text has.

    `2026-02-09T07:05:00+01:00` becomes `9 Feb 2026 07:05 +01:00`, `2025-10 or before` becomes `Oct 2025 or before`.
    """
    return _WRITTEN.sub(_in_words, text)


def _in_words(found: re.Match[str]) -> str:
    year, month, day, time, seconds, offset = found.groups()
    if not 1 <= int(month) <= len(MONTHS):
        return found[0]
    told = f"{MONTHS[int(month) - 1]} {year}"
    if day is not None:
        told = f"{int(day)} {told}"
    if time is not None:
        told += f" {time}{seconds if (seconds or '').strip(':0.') else ''}"
    return told if offset is None else f"{told} {'UTC' if offset == 'Z' else offset}"
