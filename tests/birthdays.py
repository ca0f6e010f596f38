"""Birthdays counted back from an age, for tests that go the other way than screener does."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def birth_days_of_age(years: int, day: int) -> tuple[int, int]:
    """The first and the last day on which somebody of that many completed years on `day` can have been born."""
    today = date.fromordinal(day)
    last = _anniversary(today, years)
    first = _anniversary(today, years + 1) + 1
    return first, last


def _anniversary(today: date, years: int) -> int:
    # On 28 February of a common year, one born on 29 February has not yet had the birthday.
    year = max(today.year - years, date.min.year)
    return date(year, today.month, min(today.day, monthrange(year, today.month)[1])).toordinal()
