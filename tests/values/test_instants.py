"""Which of two moments is earlier, whatever their clocks; and the rare forms of a date that are read all the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from screener.values.dates import (
    DAY,
    Moment,
    earliest_of,
    from_one_to_another,
    latest_of,
    on_day,
    parse_moment,
)

EARLIER = "earlier"
LATER = "later"
OPEN = "open"


def order(one: str, other: str) -> str:
    first, second = parse_moment(one), parse_moment(other)
    assert not (first.is_before(second) and second.is_before(first))
    return EARLIER if first.is_before(second) else LATER if second.is_before(first) else OPEN


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Two offsets: a minute before, the same, a minute after.
        ("2026-03-10T23:29:00-05:00", "2026-03-11T04:30:00Z", EARLIER),
        ("2026-03-10T23:30:00-05:00", "2026-03-11T04:30:00Z", OPEN),
        ("2026-03-10T23:31:00-05:00", "2026-03-11T04:30:00Z", LATER),
        # Another day than its place in time would have.
        ("2026-03-11T00:30:00+14:00", "2026-03-10T23:30:00-12:00", EARLIER),
        # Clocks put back in autumn, and forward in spring.
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00", EARLIER),
        ("2026-10-25T02:59:59+02:00", "2026-10-25T02:00:00+01:00", EARLIER),
        ("2026-03-29T03:00:00+02:00", "2026-03-29T01:59:59+01:00", LATER),
        # Without an offset all are on one clock.
        ("2026-03-10T23:29:00", "2026-03-10T23:30:00", EARLIER),
        ("2026-03-10T23:30:00", "2026-03-10T23:30:00", OPEN),
        ("2026-03-10T23:31:00", "2026-03-10T23:30:00", LATER),
        # Against an offset it may be any clock of the world: from 14 hours earlier to 12 hours later.
        ("2026-03-10T11:59:59", "2026-03-11T00:00:00Z", EARLIER),
        ("2026-03-10T12:00:00", "2026-03-11T00:00:00Z", OPEN),
        ("2026-03-11T00:00:00", "2026-03-11T00:00:00Z", OPEN),
        ("2026-03-11T14:00:00", "2026-03-11T00:00:00Z", OPEN),
        ("2026-03-11T14:00:01", "2026-03-11T00:00:00Z", LATER),
        ("2026-03-11T00:00:00", "2026-03-10T18:00:00+08:00", OPEN),
        # A date without a time compares days.
        ("2026-03-10", "2026-03-11T00:00:00+14:00", EARLIER),
        ("2026-03-11", "2026-03-11T00:00:00+14:00", OPEN),
        ("2026-03-11", "2026-03-10T23:59:59-12:00", LATER),
        ("2026-03-10", "2026-03-11T00:00:00", EARLIER),
        ("2026-02", "2026-03-01", EARLIER),
        ("2026-02", "2026-02-28", OPEN),
    ],
)
def test_moments_are_in_the_order_of_their_instants_as_far_as_they_have_one(
    one: str, other: str, expected: str
) -> None:
    assert order(one, other) == expected
    assert order(other, one) == {EARLIER: LATER, LATER: EARLIER, OPEN: OPEN}[expected]


zones = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
instants = st.integers(0, 3 * DAY).map(lambda second: datetime(2026, 3, 9, tzinfo=UTC) + timedelta(seconds=second))


def written(instant: datetime, zone: timezone) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds")


@given(instants, instants, zones, zones)
def test_no_offset_moves_an_instant(one: datetime, other: datetime, zone: timezone, second: timezone) -> None:
    expected = EARLIER if one < other else LATER if other < one else OPEN
    assert order(written(one, zone), written(other, second)) == expected
    assert parse_moment(written(one, zone)).instant == parse_moment(written(one, second)).instant


@given(instants, instants, zones, zones)
def test_what_is_certain_without_an_offset_holds_in_every_zone(
    one: datetime, other: datetime, zone: timezone, second: timezone
) -> None:
    local = written(one, zone)
    without = order(local[:-6], written(other, second))
    assert without in (OPEN, order(local, written(other, second)))


moments = st.builds(
    lambda start, width, offset: Moment(start, start + width, "", offset),
    st.integers(0, 4 * DAY).map(lambda second: date(2026, 3, 9).toordinal() * DAY + second),
    st.sampled_from((0, 59, DAY)),
    st.sampled_from((None, None, 0, -300, 60, 840)),
) | st.integers(0, 4).map(lambda days: on_day(date(2026, 3, 9).toordinal() + days))


@given(st.lists(moments, max_size=12), moments)
def test_a_few_moments_stand_for_many(several: list[Moment], one: Moment) -> None:
    latest, earliest = latest_of(several), earliest_of(several)
    assert any(one.is_before(each) for each in latest) == any(one.is_before(each) for each in several)
    assert any(each.is_before(one) for each in earliest) == any(each.is_before(one) for each in several)
    assert len(latest) <= 6
    assert len(earliest) <= 6


@given(moments, moments)
@example(Moment(63908784001, 63908784001), Moment(63908697600, 63908784000, "", 0))
@example(Moment(63908697600, 63908784000, "", 0), Moment(63908784001, 63908784001))
def test_a_stretch_of_time_holds_both_its_ends(start: Moment, end: Moment) -> None:
    whole = from_one_to_another(start, end, "")
    assert whole.first <= whole.last
    for each in (start, end):
        if not end.is_before(start):
            assert not whole.is_before(each)
            assert not each.is_before(whole)


# ---- rare forms


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-10T23:59:60Z", "2026-03-10T23:59:59Z"),
        ("2026-03-10T23:59:60.5+00:00", "2026-03-10T23:59:59+00:00"),
        ("2026-03-11T08:59:60+09:00", "2026-03-11T08:59:59+09:00"),
        ("2026-03-10T07:40:15.123456789012345678901234567890Z", "2026-03-10T07:40:15Z"),
        ("2026-03-10T07:40:15,5", "2026-03-10T07:40:15"),
        ("2026-03-10t07:40z", "2026-03-10T07:40Z"),
        ("2026-03-10 07:40 +0100", "2026-03-10T07:40+01:00"),
        ("2026-03-10T07:40-00:00", "2026-03-10T07:40Z"),
        ("2026-03-10T07:40+14:00", "2026-03-10T07:40+1400"),
        ("  2026-03-10\n", "2026-03-10"),
        ("2026-03-10Z", "2026-03-10"),
        ("2026-03-10+01:00", "2026-03-10"),
        ("2026-03-10-05:00", "2026-03-10"),
        ("2026-03Z", "2026-03"),
        ("2026+01:00", "2026"),
        ("20260310", "2026-03-10"),
        ("202603100740", "2026-03-10T07:40"),
        ("20260310074015", "2026-03-10T07:40:15"),
        ("20260310074015.1234+0100", "2026-03-10T07:40:15+01:00"),
        ("20260310T074015Z", "2026-03-10T07:40:15Z"),
    ],
)
def test_a_rare_form_is_read_where_its_meaning_is_certain(text: str, same: str) -> None:
    found, expected = parse_moment(text), parse_moment(same)
    assert (found.first, found.last, found.offset) == (expected.first, expected.last, expected.offset)
    assert found.text == text.strip()


@pytest.mark.parametrize("text", ["2026-03-10T24:00", "2026-03-10T24:00:00", "2026-03-10T24:00:00.000Z"])
def test_midnight_at_the_end_of_a_day_may_be_of_either_day(text: str) -> None:
    moment = parse_moment(text)
    assert (moment.first_day, moment.last_day) == (date(2026, 3, 10).toordinal(), date(2026, 3, 11).toordinal())
    assert parse_moment("2026-03-10T23:59:58Z").is_before(parse_moment("2026-03-10T24:00:00Z"))
    assert parse_moment("2026-03-10T24:00:00Z").is_before(parse_moment("2026-03-11T00:00:01Z"))


def test_the_last_midnight_of_the_calendar_stays_in_it() -> None:
    assert parse_moment("9999-12-31T24:00").last_day == date.max.toordinal()
    assert not parse_moment("9999-12-31T23:00-12:00").is_before(parse_moment("9999-12-31"))
