"""What an answer says of entries and results that leave it open: never that they are not on record."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN, result_of
from records.fhir.tiny import ATC, ICD10, PATIENT, Json, bundle, coded, condition, resource
from screener import evaluate, load_rules

NOT_SETTLED = "The record does not settle it: "


def said(where: str, *given: Json) -> str:
    trial, line = where.split("/")
    lists = ["conditions", "procedures", "medications"]
    screening = evaluate(bundle(PATIENT, *given), load_rules(), as_of="2026-03-18", assume_complete=lists)
    return screening.trial(trial).criterion(line).explanation


def test_an_order_is_on_record() -> None:
    drug = coded("L03AB11", ATC)
    order = resource(
        "MedicationRequest", status="active", intent="order", authoredOn="2026-02-01", medicationCodeableConcept=drug
    )
    expected = f"{NOT_SETTLED}interferon (ordered, since 1 Feb 2026)"
    assert said("NCT06242405/E6", order) == f"Interferon in the past year? {expected}"


def test_a_suspicion_is_called_one() -> None:
    suspected = condition("x", verificationStatus=coded("provisional", None), onsetDateTime="2025-10-01")
    expected = "cerebral infarction (1 Oct 2025, not confirmed: provisional)"
    assert expected in said("NCT07409259/E5", {**suspected, "code": coded("I63.9", ICD10)})


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("", "kg", "the result on 17 Mar 2026 has no value"),
        ("70±2", "kg", "“70±2 kg” on 17 Mar 2026 is no value"),
        (70, "cm", "70 cm on 17 Mar 2026 is in a unit that cannot be used"),
        (70, "furlong", "70 furlong on 17 Mar 2026 is in a unit that cannot be used"),
        (70, None, "70 on 17 Mar 2026 has no unit"),
    ],
)
def test_a_result_that_cannot_be_used_is_quoted_without_its_day(value: Any, unit: str | None, expected: str) -> None:
    weight = {"name": "weight", "value": value, "date": "2026-03-17"} | ({"unit": unit} if unit else {})
    told = result_of({**MAN, "observations": [weight]}, "NCT03863002/I5").explanation
    assert told == f"Body weight not known: {expected}; at least 50 kg? Not known yet"


def test_a_day_by_which_it_was_is_no_day_on_which() -> None:
    weight = resource(
        "Observation", status="final", code=coded("body_weight"), issued="2026-03-10T08:00:00Z",
        valueQuantity={"value": 70, "unit": "kg"},
    )  # fmt: skip
    assert "Body weight 70 kg by 10 Mar 2026" in said("NCT03863002/I5", weight)
