"""Decimal commas in the text of FHIR: read where they are certain, and told."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from records.fhir.tiny import observation, read
from screener.records.patient import Result
from screener.records.written import with_decimal_points
from screener.values.ranges import Range, exactly


def only(name: str = "INR", **value: Any) -> tuple[Result, tuple[str, ...]]:
    patient = read(observation(name, **value))
    (result,) = patient.results[name]
    return result, patient.notes


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1,9", "1.9"),
        ("<0,2", "<0.2"),
        ("18,4 mg/dl", "18.4 mg/dl"),
        ("0,125", "0.125"),
        ("1234,5", "1234.5"),
        ("1234,567", "1234.567"),
        ("0,2-1,2", "0.2-1.2"),
        ("0,2 - 1,2 mg/dl", "0.2 - 1.2 mg/dl"),
        ("１,９", "1.9"),
        ("1,900", None),
        ("12,345", None),
        ("999,999 /uL", None),
        ("1.234,5", None),
        ("1,234,567", None),
        ("1,9,", None),
        (",9", None),
        ("1, 9", None),
        ("1,", None),
        ("1.9", None),
        ("19", None),
        ("", None),
    ],
)
def test_a_comma_is_a_decimal_point_where_it_can_be_nothing_else(text: str, points: str | None) -> None:
    assert with_decimal_points(text) == points


@pytest.mark.parametrize(
    ("text", "value"), [("1,9", exactly(1.9)), (" 1,9 ", exactly(1.9)), ("1,5-1,9", Range(1.5, 1.9))]
)
def test_a_value_that_is_text_is_read_and_told(text: str, value: Range) -> None:
    result, notes = only(valueString=text)
    assert (result.value, result.unusable) == (value, None)
    assert result.recorded_value == text
    assert notes == (f"the comma of `{text}` is read as a decimal point (Observation/1)",)


def test_a_unit_in_the_text_is_read_with_it() -> None:
    result, _ = only("total_bilirubin", valueString="18,4 mg/dl")
    assert (result.recorded_unit, result.unusable) == ("mg/dl", None)
    assert result.value is not None
    assert 314 < result.value.low < 315


@pytest.mark.parametrize("text", ["1,900", "1.234,5", "1,2,3", "1,9 or 2,0"])
def test_what_is_not_certain_stays_unread_and_keeps_its_place(text: str) -> None:
    result, notes = only(valueString=text)
    assert (result.value, result.unusable) == (None, "missing")
    assert not [note for note in notes if "decimal point (" in note]


def test_words_beside_a_number_stay_words() -> None:
    result, notes = only("HIV_test", valueString="positive, 1,2 S/CO")
    assert result.unusable == "missing"
    assert not [note for note in notes if "decimal point" in note]


def test_an_answer_that_is_a_text_is_read_the_same_way() -> None:
    result, notes = only(valueCodeableConcept={"text": "1,9"})
    assert result.exact == Fraction("1.9")
    assert notes == ("the comma of `1,9` is read as a decimal point (Observation/1)",)


def test_limits_of_normal_in_text_are_read_the_same_way() -> None:
    patient = read(
        observation(
            "total_bilirubin",
            valueQuantity={"value": 18, "unit": "umol/L"},
            referenceRange=[{"text": "3,4 - 20,5"}],
        )
    )
    (result,) = patient.results["total_bilirubin"]
    assert (result.lower_limit, result.upper_limit) == (Fraction("3.4"), Fraction("20.5"))


def test_many_are_told_together() -> None:
    patient = read(*(observation("INR", id=str(number), valueString=f"1,{number}") for number in range(1, 6)))
    assert patient.notes[-1] == (
        "the commas of 5 numbers are read as decimal points, as that of `1,1`: Observation/1, Observation/2, "
        "Observation/3 and 2 others"
    )
