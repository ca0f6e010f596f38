"""Times of day without a time zone, where somebody says which zone a site's records are written in.

A time that the zone has twice (when clocks go back), or not at all, stays on a clock that nobody named.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct
from msgspec.structs import replace

from screener.records.errors import did_you_mean
from screener.records.patient import Patient
from screener.values.dates import DAY, Moment

Placed = TypeVar("Placed")
_WIDEST = 60
"""Seconds that a time of day leaves open, being written to the minute. Wider stretches are no times of day."""


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name such as `Europe/Berlin`. Raises ValueError, which says what to do."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        lacking = "this system has no list of time zones; the package `tzdata` brings one"
        mend = did_you_mean(name, known) or "write such as Europe/Berlin" if known else lacking
        raise ValueError(f"is no time zone: {mend}") from None


def in_zone(patient: Patient, zone: ZoneInfo) -> Patient:
    """The patient with every time of day that says no time zone taken for one of this zone."""
    return _placed(patient, zone)


def _placed(value: Placed, zone: ZoneInfo) -> Placed:
    """The same with all moments in it placed; the very same where there is none to place."""
    placed: Any = value
    if isinstance(value, Moment):
        placed = _moment(value, zone)
    elif isinstance(value, Struct):
        before = {name: getattr(value, name) for name in value.__struct_fields__}
        after = {name: _placed(each, zone) for name, each in before.items()}
        changed = {name: each for name, each in after.items() if each is not before[name]}
        placed = replace(value, **changed) if changed else value
    elif isinstance(value, tuple):
        parts = tuple([_placed(each, zone) for each in value])
        placed = value if all(one is other for one, other in zip(parts, value, strict=True)) else parts
    elif isinstance(value, dict):
        entries = {key: _placed(each, zone) for key, each in value.items()}
        placed = value if all(entries[key] is each for key, each in value.items()) else entries
    return cast("Placed", placed)


def _moment(moment: Moment, zone: ZoneInfo) -> Moment:
    if moment.offset is not None or moment.is_whole_days or moment.last - moment.first > _WIDEST:
        return moment
    offsets = {_offset(second, fold, zone) for second in (moment.first, moment.last) for fold in (0, 1)}
    return moment if len(offsets) > 1 or None in offsets else replace(moment, offset=offsets.pop())


def _offset(second: int, fold: int, zone: ZoneInfo) -> int | None:
    """Minutes east of UTC; None of a time that is no whole minute off, or before there were zones."""
    try:
        clock = datetime.fromordinal(second // DAY) + timedelta(seconds=second % DAY)
        ahead = clock.replace(tzinfo=zone, fold=fold).utcoffset()
    except (ValueError, OverflowError):
        return None
    minutes, rest = divmod(ahead, timedelta(minutes=1)) if ahead is not None else (0, timedelta(1))
    return None if rest else minutes
