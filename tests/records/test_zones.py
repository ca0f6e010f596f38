"""Times of day without a zone, where a site says which zone its records are written in."""

from __future__ import annotations

import pytest

from screener import load_patient
from screener.records.zones import in_zone, zone_of
from screener.values.dates import Moment, parse_moment

BERLIN = zone_of("Europe/Berlin")


def moment_in(text: str) -> Moment:
    record = {"id": "a", "observations": [{"name": "INR", "value": 1.8, "date": text}]}
    [[result]] = in_zone(load_patient(record), BERLIN).results.values()
    assert result.when is not None
    return result.when


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026-02-18T07:40", 60),
        ("2026-07-18T07:40:30", 120),
        ("2026-02-18T07:40Z", 0),
        ("2026-02-18T07:40+05:30", 330),
        ("2026-02-18", None),
        ("2026-02", None),
        ("2026-03-29T01:59", 60),
        ("2026-03-29T02:30", None),  # clocks go forward: there is no such time
        ("2026-03-29T03:00", 120),
        ("2026-10-25T01:59", 120),
        ("2026-10-25T02:30", None),  # clocks go back: there are two such times
        ("2026-10-25T03:00", 60),
        ("1850-01-01T08:00", None),  # local mean time, 53 minutes and 28 seconds
    ],
)
def test_a_time_of_day_gets_the_offset_of_the_zone_and_keeps_its_day(text: str, offset: int | None) -> None:
    plain, placed = parse_moment(text), moment_in(text)
    assert placed.offset == offset
    assert (placed.first, placed.last, placed.text) == (plain.first, plain.last, plain.text)


def test_a_record_without_times_is_the_very_same() -> None:
    patient = load_patient({"id": "a", "conditions": [{"name": "cirrhosis", "onset": "2019"}]})
    assert in_zone(patient, BERLIN) is patient


def test_two_clocks_become_one_that_orders_them() -> None:
    local, stated = parse_moment("2026-02-18T07:40"), parse_moment("2026-02-18T07:00Z")
    assert not local.is_before(stated)
    assert moment_in("2026-02-18T07:40").is_before(stated)


@pytest.mark.parametrize("name", ["Europe/Berln", "", "/etc/passwd", "../Berlin", "Berlin\0"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone: "):
        zone_of(name)
