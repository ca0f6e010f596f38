"""Dates and decimals of a language and its country, where the record or the call says which it is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.dates_as_written import date_meant
from screener.records.locales import Locale, TwoWaysError, locale_of, locales
from screener.records.patient import Patient


def locale(name: str) -> Locale:
    found = locale_of(name)
    assert found is not None
    return found


def record(date: str = "2026-02-18", value: object = "1.9", **more: Any) -> dict[str, Any]:
    return {"observations": [{"name": "INR", "value": value, "date": date}], **more}


def only(patient: Patient) -> tuple[str, Fraction | None, str]:
    (result,) = patient.results["INR"]
    assert result.when is not None
    return result.when.text, result.exact, result.recorded_value


@pytest.mark.parametrize(
    ("name", "written", "iso"),
    [
        ("de", "18.02.2026", "2026-02-18"),
        ("de", "8.2.2026", "2026-02-08"),
        ("de", "18. 2. 2026", "2026-02-18"),
        ("de", "18.02.2026 07:40", "2026-02-18T07:40"),
        ("de", "02.2026", "2026-02"),
        ("fr", "18/02/2026", "2026-02-18"),
        ("nl", "18-02-2026", "2026-02-18"),
        ("en-GB", "03/02/2026", "2026-02-03"),
        ("en-US", "03/02/2026", "2026-03-02"),
        ("en_US", "2/18/2026", "2026-02-18"),
        ("zh", "2026/2/18", "2026-02-18"),
        ("sv", "2026-02-18", "2026-02-18"),
        ("de", "2026-02-18T07:40", "2026-02-18T07:40"),
        ("de", "2026", "2026"),
    ],
)
def test_a_date_is_read_in_the_order_of_its_locale(name: str, written: str, iso: str) -> None:
    patient = read_patient(record(written, locale=name), SMALL)
    assert only(patient)[0] == iso
    assert only(read_patient(record(written), SMALL, locale=locale(name)))[0] == iso


@pytest.mark.parametrize(
    ("name", "written", "number"),
    [
        ("de", "1,9", "1.9"),
        ("de", "1.9", "1.9"),
        ("de", " 1,95 ", "1.95"),
        ("de", "1,234", "1.234"),
        ("de", "0.750", "0.75"),
        ("fr", "1,9", "1.9"),
        ("en-US", "1.9", "1.9"),
        ("de-CH", "1.9", "1.9"),
        ("de", "12", "12"),
    ],
)
def test_a_decimal_is_read_by_its_locale_and_shown_as_written(name: str, written: str, number: str) -> None:
    patient = read_patient(record(value=written, locale=name), SMALL)
    assert only(patient)[1:] == (Fraction(number), written)


@pytest.mark.parametrize(
    ("name", "written", "plain"),
    [
        ("de", "1.234,5", "1234.5"),
        ("de", "1.234.567", "1234567"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1\u202f234,5", "1234.5"),
        ("de-CH", "1'234.5", "1234.5"),
        ("en-US", "1,234.5", "1234.5"),
        ("en-US", "1,234,567", "1234567"),
        ("de", "<0,2", "<0.2"),
        ("de", "1,2-1,5", "1.2-1.5"),
        ("de", "1,2,3", "1,2,3"),
        ("de", "1.2.3", "1.2.3"),
        ("en-US", "1,9", "1,9"),
        ("de", "II", "II"),
    ],
)
def test_thousands_bounds_and_ranges(name: str, written: str, plain: str) -> None:
    assert locale(name).number(written) == plain


def test_what_could_be_read_in_two_ways_counts_as_no_value() -> None:
    with pytest.raises(TwoWaysError):
        locale("de").number("1.234")
    patient = read_patient(record(value="1.234", locale="de"), SMALL)
    assert patient.results["INR"][0].unusable == "missing"
    assert patient.notes[0].startswith(
        "check first: observations[0].value: `1.234` could be read in two ways under `de`; "
        "write `1234` for the whole number, `1,234` for the decimal."
    )


def test_a_comma_that_can_only_be_a_decimal_point_is_one_in_every_locale() -> None:
    patient = read_patient(record(value="1,9", locale="en-US"), SMALL)
    assert only(patient)[1] == Fraction(19, 10)
    assert patient.notes == ("the comma of `1,9` is read as a decimal point (observations[0].value)",)
    assert only(read_patient(record(value="1,900", locale="en-US"), SMALL))[1] is None


@pytest.mark.parametrize(
    ("name", "written"), [("de", "02/18/2026"), ("en-US", "18/02/2026"), ("de", "31.02.2026"), ("en-US", "18.13.2026")]
)
def test_a_date_that_the_locale_does_not_have_is_refused_as_it_is_written(name: str, written: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient(record(written, locale=name), SMALL)
    (problem,) = refused.value.problems
    assert problem.fault.startswith(f"`{written}` is not a")


@pytest.mark.parametrize("name", ["en", "xx", "", "de-PE", "German", "de-XX"])
def test_a_locale_that_nobody_knows_is_refused(name: str) -> None:
    assert locale_of(name) is None
    with pytest.raises(RecordError) as refused:
        read_patient(record(locale=name), SMALL)
    assert [problem.path for problem in refused.value.problems] == ["locale"]


def test_the_records_own_locale_goes_before_that_of_the_call() -> None:
    written = record("03/02/2026", locale="en-US")
    assert only(read_patient(written, SMALL, locale=locale("en-GB")))[0] == "2026-03-02"


def test_every_locale_of_the_table_reads_its_own_dates_and_numbers() -> None:
    for each in locales().values():
        parts = {"d": "18", "m": "02", "y": "2026"}
        assert date_meant("/".join(parts[part] for part in each.order), each).when.text == "2026-02-18", each.name
        assert each.number(f"1{each.decimal}9") == "1.9", each.name
