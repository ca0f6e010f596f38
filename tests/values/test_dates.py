"""Partial dates, calendar windows and completed years: boundaries in threes, month-ends, leap days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birthdays import birth_days_of_age
from screener.values.dates import (
    BEGINNING,
    DAY,
    END,
    DateError,
    Duration,
    Moment,
    TimeUnit,
    completed_years,
    dates_in_words,
    day_in_words,
    day_shifted,
    day_text,
    on_day,
    parse_moment,
    span_of_days,
)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def second(text: str, hour: int = 0, minute: int = 0, seconds: int = 0) -> int:
    return day(text) * DAY + hour * 3600 + minute * 60 + seconds


# ---- reading a date


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", second("2026-01-01"), second("2026-12-31", 23, 59, 59)),
        ("2026-02", second("2026-02-01"), second("2026-02-28", 23, 59, 59)),
        ("2024-02", second("2024-02-01"), second("2024-02-29", 23, 59, 59)),
        ("2026-12", second("2026-12-01"), second("2026-12-31", 23, 59, 59)),
        ("2026-02-20", second("2026-02-20"), second("2026-02-20", 23, 59, 59)),
        ("2024-02-29", second("2024-02-29"), second("2024-02-29", 23, 59, 59)),
        ("2026-02-20T07:40", second("2026-02-20", 7, 40), second("2026-02-20", 7, 40, 59)),
        ("2026-02-20 07:40", second("2026-02-20", 7, 40), second("2026-02-20", 7, 40, 59)),
        ("2026-02-20T07:40:15", second("2026-02-20", 7, 40, 15), second("2026-02-20", 7, 40, 15)),
        ("2026-02-20T07:40:15.250", second("2026-02-20", 7, 40, 15), second("2026-02-20", 7, 40, 15)),
        ("2026-02-20T00:00:00", second("2026-02-20"), second("2026-02-20")),
        ("2026-02-20T23:59", second("2026-02-20", 23, 59), second("2026-02-20", 23, 59, 59)),
        ("0001", BEGINNING, second("0001-12-31", 23, 59, 59)),
        ("9999-12-31", second("9999-12-31"), END),
    ],
)
def test_a_date_is_every_second_that_it_could_be(text: str, first: int, last: int) -> None:
    moment = parse_moment(text)
    assert (moment.first, moment.last, moment.text) == (first, last, text)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Z", 0), ("+08:00", 480), ("+0800", 480), ("-03:30", -210), ("+00:00", 0), ("-00:00", 0), ("+14:00", 840)],
)
def test_a_zone_is_kept_and_moves_neither_day_nor_time(zone: str, offset: int) -> None:
    moment = parse_moment(f"2026-02-20T23:40{zone}")
    assert moment.offset == offset
    assert moment.first == second("2026-02-20", 23, 40)
    assert moment.first_day == moment.last_day == day("2026-02-20")


def test_without_a_zone_no_offset_is_claimed() -> None:
    assert parse_moment("2026-02-20T23:40").offset is None
    assert parse_moment("2026-02-20").offset is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "202602",
        "260220",
        "2026022",
        "2026022007",
        "2026-2-20",
        "2026-02-2",
        "2026/02/20",
        "20-02-2026",
        "2026-02-20T",
        "2026-02-20T07",
        "2026-02-20TT07:40",
        "2026-02-05:00",
        "2026-05:00",
        "2026-02-20T7:40",
        "2026-02T07:40",
        "2026-02-20T07:40+8",
        "٢٠٢٦-٠٢-٢٠",
        "2026-W08",
        "yesterday",
    ],
)
def test_what_is_no_date_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(DateError, match=r"is not a date: write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm"):
        parse_moment(text)


@pytest.mark.parametrize(
    "text", ["2026-00", "2026-13", "2026-02-00", "2026-02-29", "2024-02-30", "2026-04-31", "1900-02-29", "0000"]
)
def test_a_day_that_the_calendar_lacks_is_refused(text: str) -> None:
    with pytest.raises(DateError, match="is not a day of the calendar"):
        parse_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-20T24:01",
        "2026-02-20T24:00:01",
        "2026-02-20T24:00:00.1",
        "2026-02-20T23:60",
        "2026-02-20T23:59:61",
        "2026-02-20T99:00",
        "202602202460",
    ],
)
def test_a_time_that_the_clock_lacks_is_refused(text: str) -> None:
    with pytest.raises(DateError, match="is not a time of day"):
        parse_moment(text)


@pytest.mark.parametrize("zone", ["+15:00", "-15:00", "+14:01", "-14:01", "+08:60", "+99:99"])
def test_a_zone_that_no_place_has_is_refused(zone: str) -> None:
    with pytest.raises(DateError, match="is not in a time zone"):
        parse_moment(f"2026-02-20T07:40{zone}")


@given(st.dates())
def test_every_day_is_read_as_itself_and_written_back(when: date) -> None:
    assert parse_moment(when.isoformat()) == on_day(when) == on_day(when.toordinal())
    assert day_text(when.toordinal()) == when.isoformat()


def test_every_month_of_a_common_and_a_leap_year_ends_where_the_next_begins() -> None:
    months = [parse_moment(f"{year}-{month:02}") for year in (2023, 2024) for month in range(1, 13)]
    for month, following in pairwise(months):
        assert month.last + 1 == following.first


def test_a_moment_knows_its_days() -> None:
    month = parse_moment("2026-02")
    assert (month.first_day, month.last_day, month.is_one_day) == (day("2026-02-01"), day("2026-02-28"), False)
    assert parse_moment("2026-02-20").is_one_day
    assert parse_moment("2026-02-20T07:40").is_one_day


def test_a_span_runs_from_the_first_second_of_one_day_to_the_last_of_another() -> None:
    span = span_of_days(day("2026-02-18"), day("2026-02-20"), "about then")
    assert span == Moment(second("2026-02-18"), second("2026-02-20", 23, 59, 59), "about then")


# ---- calendar windows


@pytest.mark.parametrize(
    ("here", "count", "unit", "before", "after"),
    [
        ("2026-08-31", 6, "months", "2026-02-28", "2027-02-28"),
        ("2024-08-31", 6, "months", "2024-02-29", "2025-02-28"),
        ("2026-08-28", 6, "months", "2026-02-28", "2027-02-28"),
        ("2026-03-31", 1, "months", "2026-02-28", "2026-04-30"),
        ("2026-05-31", 1, "months", "2026-04-30", "2026-06-30"),
        ("2026-01-15", 1, "months", "2025-12-15", "2026-02-15"),
        ("2026-01-31", 12, "months", "2025-01-31", "2027-01-31"),
        ("2026-01-31", 13, "months", "2024-12-31", "2027-02-28"),
        ("2024-02-29", 1, "years", "2023-02-28", "2025-02-28"),
        ("2024-02-29", 4, "years", "2020-02-29", "2028-02-29"),
        ("2026-02-20", 5, "years", "2021-02-20", "2031-02-20"),
        ("2026-03-01", 1, "days", "2026-02-28", "2026-03-02"),
        ("2024-03-01", 1, "days", "2024-02-29", "2024-03-02"),
        ("2026-02-20", 4, "weeks", "2026-01-23", "2026-03-20"),
        ("2026-02-20", 0, "days", "2026-02-20", "2026-02-20"),
        ("2026-02-20", 0, "months", "2026-02-20", "2026-02-20"),
    ],
)
def test_windows_follow_the_calendar(here: str, count: int, unit: TimeUnit, before: str, after: str) -> None:
    assert day_text(day_shifted(day(here), Duration(count, unit), -1)) == before
    assert day_text(day_shifted(day(here), Duration(count, unit), 1)) == after


@pytest.mark.parametrize(
    ("event", "inside"),
    [("2026-02-27", False), ("2026-02-28", True), ("2026-03-01", True)],
    ids=["below", "at", "above"],
)
def test_six_months_before_31_august_begin_on_the_last_of_february(event: str, inside: bool) -> None:
    assert (day(event) >= day_shifted(day("2026-08-31"), Duration(6, "months"), -1)) is inside


@pytest.mark.parametrize(
    ("event", "inside"),
    [("2026-01-22", False), ("2026-01-23", True), ("2026-01-24", True)],
    ids=["below", "at", "above"],
)
def test_four_weeks_are_28_days_and_include_the_boundary(event: str, inside: bool) -> None:
    assert (day(event) >= day_shifted(day("2026-02-20"), Duration(4, "weeks"), -1)) is inside


@given(st.dates(), st.integers(0, 3000), st.sampled_from([-1, 1]))
def test_months_keep_the_day_of_the_month_or_the_month_end(here: date, count: int, direction: Literal[-1, 1]) -> None:
    shifted = date.fromordinal(day_shifted(here.toordinal(), Duration(count, "months"), direction))
    if shifted in (date.min, date.max):
        return
    months_apart = (shifted.year - here.year) * 12 + shifted.month - here.month
    assert months_apart == direction * count
    is_month_end = (shifted + timedelta(days=1)).month != shifted.month
    assert shifted.day == here.day or (is_month_end and shifted.day < here.day)


@given(st.dates(), st.dates(), st.integers(0, 40), st.sampled_from(["days", "weeks", "months", "years"]))
def test_a_later_day_never_has_an_earlier_window(one: date, other: date, count: int, unit: TimeUnit) -> None:
    early, late = sorted((one.toordinal(), other.toordinal()))
    duration = Duration(count, unit)
    assert day_shifted(early, duration, -1) <= day_shifted(late, duration, -1)
    assert day_shifted(early, duration, 1) <= day_shifted(late, duration, 1)
    assert day_shifted(early, duration, -1) <= early <= day_shifted(early, duration, 1)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "years"])
def test_a_window_stops_at_the_ends_of_the_calendar(unit: TimeUnit) -> None:
    assert day_shifted(day("2026-02-20"), Duration(5_000_000, unit), -1) == date.min.toordinal()
    assert day_shifted(day("2026-02-20"), Duration(5_000_000, unit), 1) == date.max.toordinal()


def test_hours_are_not_counted_in_days() -> None:
    with pytest.raises(ValueError, match="hours are counted in seconds"):
        day_shifted(day("2026-02-20"), Duration(48, "hours"), -1)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration(1, "months"), "1 month"),
        (Duration(6, "months"), "6 months"),
        (Duration(0, "days"), "0 days"),
        (Duration(1, "hours"), "1 hour"),
        (Duration(48, "hours"), "48 hours"),
    ],
)
def test_a_duration_reads_as_a_person_would_say_it(duration: Duration, text: str) -> None:
    assert str(duration) == text


# ---- age


def birthdays_lived(born: date, now: date) -> int:
    """Completed years by living them: every day passed that has, or comes just after, the birth's month and day."""
    years = 0
    for year in range(born.year + 1, now.year + 1):
        try:
            birthday = date(year, born.month, born.day)
        except ValueError:
            birthday = date(year, 3, 1)
        years += birthday <= now
    return years


@pytest.mark.parametrize(
    ("born", "now", "years"),
    [
        ("1966-02-21", "2026-02-20", 59),
        ("1966-02-20", "2026-02-20", 60),
        ("1966-02-19", "2026-02-20", 60),
        ("2004-02-29", "2026-02-28", 21),
        ("2004-02-29", "2026-03-01", 22),
        ("2004-02-29", "2024-02-28", 19),
        ("2004-02-29", "2024-02-29", 20),
        ("2026-02-20", "2026-02-20", 0),
        ("2025-12-31", "2026-01-01", 0),
    ],
)
def test_age_is_in_completed_years(born: str, now: str, years: int) -> None:
    assert completed_years(day(born), day(now)) == years


@given(st.dates(date(1900, 1, 1), date(2030, 12, 31)), st.dates(date(1900, 1, 1), date(2030, 12, 31)))
def test_completed_years_are_the_birthdays_lived_through(one: date, other: date) -> None:
    born, now = sorted((one, other))
    assert completed_years(born.toordinal(), now.toordinal()) == birthdays_lived(born, now)


@pytest.mark.parametrize("now", ["2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01", "2026-01-01"])
@pytest.mark.parametrize("years", [0, 1, 17, 18, 65, 100])
def test_the_birth_days_of_an_age_are_exactly_those_that_give_it(now: str, years: int) -> None:
    today = day(now)
    first, last = birth_days_of_age(years, today)
    around = range(first - 400, min(last + 400, today) + 1)
    assert [born for born in around if completed_years(born, today) == years] == list(range(first, last + 1))


@given(st.integers(0, 120), st.dates(date(1925, 1, 1), date(2100, 1, 1)))
def test_the_birth_days_of_an_age_are_tight_at_both_ends(years: int, now: date) -> None:
    today = now.toordinal()
    first, last = birth_days_of_age(years, today)
    assert completed_years(first, today) == completed_years(last, today) == years
    assert completed_years(first - 1, today) == years + 1
    assert years == 0 or completed_years(last + 1, today) == years - 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2019", "2019"),
        ("2025-10", "Oct 2025"),
        ("2026-02-09", "9 Feb 2026"),
        ("2026-02-09T07:05", "9 Feb 2026 07:05"),
        ("2026-02-09T07:05:00.000+01:00", "9 Feb 2026 07:05 +01:00"),
        ("2026-02-09T07:05:30Z", "9 Feb 2026 07:05:30 UTC"),
        ("2026-02-09 or before", "9 Feb 2026 or before"),
        ("2026-02-09 (undated)", "9 Feb 2026 (undated)"),
        ("unknown day", "unknown day"),
        ("2026-13", "2026-13"),
    ],
)
def test_people_read_a_date_in_words_as_much_of_it_as_is_known(text: str, told: str) -> None:
    assert dates_in_words(text) == told


def test_a_day_in_words_is_the_date_in_words() -> None:
    assert day_in_words(date(2026, 2, 9)) == dates_in_words("2026-02-09") == day_in_words(date(2026, 2, 9).toordinal())
