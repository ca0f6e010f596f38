"""Partial dates and calendar windows.

A moment is known as a range of seconds on the wall clock of the place that recorded it: `2026-02` is every
second of February. Calendar windows compare days; hour windows compare seconds, and take a date without a
time as all of its 24 hours. Days are proleptic Gregorian ordinals (`datetime.date.toordinal`).
"""

from __future__ import annotations

import re
from calendar import monthrange
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

    @property
    def first_day(self) -> int:
        return self.first // DAY

    @property
    def last_day(self) -> int:
        return self.last // DAY

    @property
    def is_one_day(self) -> bool:
        return self.first // DAY == self.last // DAY


AT_ANY_TIME = Moment(BEGINNING, END, "unknown day")


def on_day(day: date | int, text: str = "") -> Moment:
    """Some time on that day."""
    ordinal = day if isinstance(day, int) else day.toordinal()
    return Moment(ordinal * DAY, ordinal * DAY + DAY - 1, text or date.fromordinal(ordinal).isoformat())


def span_of_days(first: int, last: int, text: str = "") -> Moment:
    """Some time from the first to the last of these days."""
    return Moment(first * DAY, last * DAY + DAY - 1, text)


_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?)?\Z",
    re.ASCII,
)


def parse_moment(text: str) -> Moment:
    """Read `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a date with a time and perhaps a zone.

    Raises DateError, with what is wrong and what would be right.
    """
    found = _DATE.match(text)
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
    if found["hour"] is None:
        return span_of_days(first.toordinal(), last.toordinal(), text)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise DateError(f"`{text}` is not a time of day: hours run to 23, minutes and seconds to 59")
    start = first.toordinal() * DAY + hour * 3600 + minute * 60 + second
    width = 0 if found["second"] else 59
    return Moment(start, start + width, text, _offset(found["zone"], text))


def _offset(zone: str | None, text: str) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
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
