"""Values as wards and laboratories write them: with their unit, a mark, a power of ten, a plus."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Result
from screener.records.reading import read_patient


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def result(name: str, value: object, unit: str | None = None, locale: str | None = None) -> Result:
    entry: dict[str, Any] = {"name": name, "value": value, "unit": unit, "date": "2026-03-19"}
    patient = read_patient({"as_of": "2026-03-20", "locale": locale, "observations": [entry]}, dictionary())
    ((found,),) = patient.results.values()
    return found


@pytest.mark.parametrize(
    ("name", "value", "unit", "locale", "low", "recorded"),
    [
        ("SpO2", "96%", None, None, 96, "96"),
        ("Quick", "35 %", None, None, 35, "35"),
        ("Quick", "35 %", "%", None, 35, "35"),
        ("albumin", "31 g/l", "g/L", None, 31, "31"),
        ("albumin", "3,1 g/dl", None, "de", 31, "3,1"),
        ("albumin", "31 (L)", "g/L", None, 31, "31 (L)"),
        ("albumin", "31*", "g/L", None, 31, "31*"),
        ("albumin", "31,5 (H)", "g/L", "de", 31.5, "31,5 (H)"),
        ("albumin", "31 ↓", "g/L", None, 31, "31 ↓"),
        ("platelets", "142 x10^9/L", None, None, 142, "142"),
        ("HBV DNA", "2.3x10^7", "IU/mL", None, 2.3e7, "2.3x10^7"),
        ("HBV DNA", "2.3 × 10⁷", "IU/mL", None, 2.3e7, "2.3 × 10⁷"),
        ("HBV DNA", "2,3E7", "IU/mL", "de", 2.3e7, "2,3E7"),
        ("HBV DNA", "2,3·10^7 IU/ml", None, "de", 2.3e7, "2,3·10^7"),
        ("albumin", "3,1 g/dl (L)", None, None, 31, "3,1 (L)"),
        ("albumin", "<3.1 g/dl", "g/dL", None, None, "<3.1"),
    ],
)
def test_a_number_is_read_with_what_stands_beside_it(
    name: str, value: str, unit: str | None, locale: str | None, low: float | None, recorded: str
) -> None:
    found = result(name, value, unit, locale)
    assert found.unusable is None
    assert found.value is not None
    assert low is None or found.value.low == found.value.high == low
    assert found.recorded_value == recorded


@pytest.mark.parametrize("value", ["31 mg/dl", "31 mmol/L"])
def test_two_units_are_no_value(value: str) -> None:
    assert result("albumin", value, "g/L").unusable == "missing"


def test_a_comma_that_may_part_thousands_is_no_decimal() -> None:
    assert result("albumin", "12,4 (H)", "g/L").exact == Fraction("12.4")
    assert result("albumin", "98,000*", "g/L").unusable == "missing"


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("HBsAg", "+++", {"positive"}),
        ("pregnancy_test", "+", {"positive"}),
        ("HIV Ab", "+", {"reactive", "positive"}),
        ("HIV Ab", "nicht reaktiv", {"negative"}),
        ("HIV Ab", "reaktiv", {"reactive"}),
        ("anti-HCV", "+", {"positive"}),
        ("ascites_grade", "+", {"slight"}),
    ],
)
def test_a_plus_and_words_are_choices(name: str, value: str, choices: set[str]) -> None:
    assert result(name, value).choices == choices


@pytest.mark.parametrize("name", ["pregnancy_test", "HIV Ab", "HBsAg", "ascites_grade"])
@pytest.mark.parametrize("value", ["-", "( )", "(-)"])
def test_a_dash_may_be_a_missing_value(name: str, value: str) -> None:
    assert result(name, value).unusable == "missing"


@pytest.mark.parametrize(
    ("name", "unit", "fact"),
    [
        ("HBV DNA", "IU/ml", "HBV_DNA_load"),
        ("HBV DNA", None, "HBV_DNA_load"),  # whose unit is missing
        ("HCV RNA", "IU/mL", "HCV_RNA_load"),
        ("HIV RNA", "copies/mL", "HIV_RNA_load"),
        ("HIV RNA", "mg/dL", "HIV_RNA"),
        ("HBsAg", "IU/mL", "HBsAg"),
    ],
)
def test_the_unit_tells_a_load_from_a_virus_found_or_not(name: str, unit: str | None, fact: str) -> None:
    assert result(name, 23000000, unit).fact == fact


@pytest.mark.parametrize("mark", [" H", " HH", " high", " hoch", " erhöht", " (H)", "*", " ↑", " (↑)"])
def test_a_mark_behind_a_number_adds_nothing(mark: str) -> None:
    assert result("albumin", f"12.4{mark}", "g/L").exact == Fraction("12.4")


@pytest.mark.parametrize("written", ["12.4 h", "12.4h", "12.4H", "12.4 l"])
def test_small_letters_behind_a_number_are_no_mark(written: str) -> None:
    assert result("albumin", written, "g/L").exact is None
