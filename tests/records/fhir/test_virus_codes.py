"""Tests for viruses of every kind: whichever code or wording names the virus, a result that is not negative asks."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.test_viruses import result, status
from records.fhir.tiny import LOINC, SNOMED, coded

ANSWER = "valueCodeableConcept"
POSITIVE: list[dict[str, Any]] = [
    {"valueString": "Reactive"},
    {"valueString": "pos"},
    {"valueString": "Repeatedly reactive"},
    {ANSWER: coded("LA6576-8", LOINC)},
    {ANSWER: coded("165816005", SNOMED)},
    {ANSWER: coded("X", "urn:lab")},
    {"valueQuantity": {"value": 3.7}},
    {},
]
NEGATIVE: list[dict[str, Any]] = [
    {"valueString": "negative"},
    {"valueString": "non-reactive"},
    {ANSWER: {"text": "not detected"}},
    {ANSWER: coded("165815009", SNOMED)},
]
ASKING = ["43010-8", "49580-4", "22357-8", "5220-9", "58900-2", "80203-3", "75666-8", "18396-2", "32571-2", "44871-2"]
LOGARITHMS = ["29541-0", "48510-2", "104762-0"]


@pytest.mark.parametrize("value", POSITIVE)
@pytest.mark.parametrize("code", ["31201-7", *ASKING, "33866-5"])
def test_a_test_of_another_kind_that_is_not_negative_asks(code: str, value: dict[str, Any]) -> None:
    assert status(result(code, **value)) == "unknown"


@pytest.mark.parametrize("value", NEGATIVE)
@pytest.mark.parametrize("code", ASKING)
def test_a_negative_one_opens_nothing_and_denies_nothing(code: str, value: dict[str, Any]) -> None:
    assert status(result(code, **value)) == "passed"
    assert status(result(code, **value), complete=False) == "unknown"


@pytest.mark.parametrize("code", LOGARITHMS)
def test_a_logarithm_of_a_load_decides_by_its_words_only(code: str) -> None:
    assert status(result(code, valueQuantity={"value": 3.7})) == "unknown"
    assert status(result(code, valueString="detected")) == "failed"
    assert status(result(code, valueString="not detected")) == "passed"
