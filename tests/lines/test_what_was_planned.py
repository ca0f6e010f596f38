"""A plan may have been carried out since: one whose day has passed, and one without a day from when it was made."""

from __future__ import annotations

from typing import Any

import pytest

from screener import evaluate, load_patient, load_rules

TRANSPLANTATION = {"coding": [{"system": "http://snomed.info/sct", "code": "18027006"}]}


def previous_transplantation(request: dict[str, Any]) -> str:
    """Whether a liver was ever transplanted, as NCT06242405/E2 asks it, with its lists complete."""
    patient = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    order = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "code": TRANSPLANTATION,
        **request,
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (patient, order)],
    }
    rules = load_rules()
    screening = evaluate(
        load_patient(bundle, rules), rules, as_of="2026-03-18", assume_complete=["procedures", "conditions"]
    )
    return next(str(each.status) for each in screening.trial("NCT06242405").criteria if each.id == "E2")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"occurrenceDateTime": "2026-03-17"}, "unknown"),
        ({"occurrenceDateTime": "2026-03-18"}, "unknown"),
        ({"occurrenceDateTime": "2026-03-19"}, "passed"),
        ({"authoredOn": "2025-01-11"}, "unknown"),
        ({"authoredOn": "2026-03-17"}, "unknown"),
        ({"authoredOn": "2026-03-18"}, "unknown"),
        ({"authoredOn": "2026-03-19"}, "passed"),
        ({"authoredOn": "2026"}, "unknown"),
        ({"authoredOn": "2025-01-11", "occurrenceDateTime": "2026-03-19"}, "passed"),
        ({}, "passed"),
    ],
)
def test_a_request_may_have_been_carried_out(request_: dict[str, Any], expected: str) -> None:
    assert previous_transplantation(request_) == expected
