"""Where in time a rule looks: the clock, windows and anchors, as stretches whose ends may be known only as ranges."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from screener.rulebook import Scope
from screener.values.dates import BEGINNING, DAY, END, Duration, Moment, day_shifted
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

MOST_DAYS_OPEN = 400
"""A day known only within more days than these settles nothing: a moved clock is not tried on each of them, and a rise
per day is not counted from it."""


class Stretch(Struct, frozen=True, gc=False):
    """A stretch of time, in seconds. It begins somewhere from `first_start` to `last_start` and ends somewhere from
    `first_end` to `last_end`; both ends belong to it. Where it begins first it also ends first."""

    first_start: int
    last_start: int
    first_end: int
    last_end: int

    @property
    def is_empty(self) -> bool:
        """Whether no time at all lies in it: after an anchor of this very day, say."""
        return self.first_start > self.first_end and self.last_start > self.last_end

    def part_of(self, moment: Moment) -> Moment:
        """The moment, as far as it may lie in the stretch at all."""
        first, last = max(moment.first, self.first_start), min(moment.last, self.last_end)
        return moment if (first, last) == (moment.first, moment.last) else replace(moment, first=first, last=last)

    def holds(self, moment: Moment) -> Truth:
        """Whether the moment lies in the stretch."""
        if moment.first >= self.last_start and moment.last <= self.first_end:
            return TRUE
        if moment.last < self.first_start or moment.first > self.last_end:
            return FALSE
        return UNKNOWN

    def overlaps(self, start: Moment, end: Moment) -> Truth:
        """Whether something that ran from `start` to `end` and the stretch have a second in common."""
        is_surely_some_time = self.first_start <= self.first_end and self.last_start <= self.last_end
        if start.last <= self.first_end and end.first >= self.last_start and is_surely_some_time:
            return TRUE
        if start.first > self.last_end or end.last < self.first_start or self.is_empty:
            return FALSE
        return UNKNOWN


@lru_cache(maxsize=4096)
def stretch_around(scope: Scope, first_day: int, last_day: int, clock_day: int) -> Stretch:
    """The stretch that a scope describes around an anchor which fell on some day from `first_day` to `last_day`.

    Calendar windows run from the first second of one day to the last second of another; hour windows count from the
    anchor's time of day, which may be any.
    """
    if first_day == last_day and not _is_of_hours(scope):
        start = _start(scope, first_day, earliest=True)
        end = _end(scope, first_day, clock_day, earliest=True)
        return Stretch(start, start, end, end)
    return Stretch(
        _start(scope, first_day, earliest=True),
        _start(scope, last_day, earliest=False),
        _end(scope, first_day, clock_day, earliest=True),
        _end(scope, last_day, clock_day, earliest=False),
    )


def _start(scope: Scope, anchor_day: int, *, earliest: bool) -> int:
    if scope.back is None:
        return BEGINNING
    if scope.back.unit == "hours" or _counts_from_the_second(scope, scope.back, scope.ahead):
        return _second_of(anchor_day, earliest=earliest) - scope.back.count * 3600
    day = day_shifted(anchor_day, scope.back, -1)
    if scope.excludes_anchor and scope.back.count == 0:
        day += 1
    return day * DAY


def _end(scope: Scope, anchor_day: int, clock_day: int, *, earliest: bool) -> int:
    clock_end = clock_day * DAY + DAY - 1
    if scope.ahead is None:
        return clock_end
    if scope.ahead.unit == "hours" or _counts_from_the_second(scope, scope.ahead, scope.back):
        return min(_second_of(anchor_day, earliest=earliest) + scope.ahead.count * 3600, clock_end)
    day = day_shifted(anchor_day, scope.ahead, 1)
    if scope.excludes_anchor and scope.ahead.count == 0:
        day -= 1
    return min(day * DAY + DAY - 1, clock_end)


def _is_of_hours(scope: Scope) -> bool:
    back, ahead = scope.back, scope.ahead
    return (back is not None and back.unit == "hours") or (ahead is not None and ahead.unit == "hours")


def _counts_from_the_second(scope: Scope, side: Duration, other: Duration | None) -> bool:
    """Whether this side of an hour window is the anchor's own second: hours after something do not begin before it."""
    hours = other is not None and other.unit == "hours"
    return hours and side.count == 0 and scope.anchor != "clock" and not scope.excludes_anchor


def _second_of(day: int, *, earliest: bool) -> int:
    return day * DAY if earliest else day * DAY + DAY - 1


@lru_cache(maxsize=4096)
def fresh_until(clock_day: int, fresh: Duration) -> Stretch:
    """The stretch in which a result is still fresh at the clock."""
    end = clock_day * DAY + DAY - 1
    if fresh.unit == "hours":
        start = clock_day * DAY - fresh.count * 3600
        return Stretch(start, start + DAY - 1, end, end)
    start = day_shifted(clock_day, fresh, -1) * DAY
    return Stretch(start, start, end, end)


def last_fresh_day(taken: Moment, fresh: Duration) -> int | None:
    """The last day on which a result is certainly fresh; None where it is on no whole day.

    Of 20 Feb at 10:00, for 48 hours: on 21 Feb it is, and on 22 Feb only up to 10:00, so that the last day is 21 Feb.
    """
    if fresh.unit == "hours":
        last = (taken.first + fresh.count * 3600 + 1) // DAY - 1
        return last if last >= taken.first_day else None
    return day_shifted(taken.first_day, fresh, 1)


@lru_cache(maxsize=4096)
def up_to(clock_day: int) -> Stretch:
    """Everything up to and including a day."""
    end = clock_day * DAY + DAY - 1
    return Stretch(BEGINNING, BEGINNING, end, end)


def ahead_of(clock_day: int, scope: Scope | None) -> Stretch:
    """From a day on, as far as the scope reaches (without one: without limit)."""
    start = clock_day * DAY
    if scope is None or scope.ahead is None:
        return Stretch(start, start, END, END)
    if scope.ahead.unit == "hours":
        return Stretch(start, start, start + scope.ahead.count * 3600, start + DAY - 1 + scope.ahead.count * 3600)
    last = day_shifted(clock_day, scope.ahead, 1) * DAY + DAY - 1
    return Stretch(start, start, last, last)


@lru_cache(maxsize=4096)
def some_time_by(day: int) -> Moment:
    """An unknown time up to the end of a day."""
    return Moment(BEGINNING, day * DAY + DAY - 1)


def not_after(moment: Moment, day: int) -> Moment | None:
    """The moment, less its days after `day`; None if there is nothing left."""
    end = day * DAY + DAY - 1
    if moment.last <= end:
        return moment
    if moment.first > end:
        return None
    return replace(moment, last=end)
