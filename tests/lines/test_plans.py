"""What was planned may have been carried out by the day of screening; what was done after it may have been planned."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import result_of, status

TRANSPLANTATION = {"coding": [{"system": "http://snomed.info/sct", "code": "18027006"}]}
NOT_PLANNED = {"name": "liver_transplantation", "status": "not planned", "date": "2026-03-18", "until": "2026-09-18"}


@pytest.mark.parametrize(
    ("name", "day", "line", "expected"),
    [
        ("liver_transplantation", "2026-03-17", "NCT03863002/E9", "unknown"),
        ("liver_transplantation", "2026-03-18", "NCT03863002/E9", "unknown"),
        ("liver_transplantation", "2026-03-19", "NCT03863002/E9", "passed"),
        ("liver_transplantation", "2026-03-18", "NCT05985863/E4", "failed"),
        ("hemodialysis", "2026-03-18", "NCT03863002/E5", "unknown"),
        ("hemodialysis", "2026-03-20", "NCT03863002/E5", "passed"),  # as the rule assumes: none yet
    ],
)
def test_a_plan_may_have_been_carried_out_from_its_day_on(name: str, day: str, line: str, expected: str) -> None:
    assert status(line, procedures=[{"name": name, "status": "planned", "date": day}]) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([{"name": "liver_transplantation", "date": "2026-03-20"}], "unknown"),
        ([{"snomed": "18027006", "date": "2026-06-18"}], "unknown"),
        ([{"name": "liver_transplantation", "date": "2026-06-19"}], "passed"),  # more than 3 months ahead
        ([{"text": "operation", "date": "2026-03-20"}], "unknown"),  # nobody can tell which
        ([{"text": "appendectomy", "date": "2026-03-20"}], "passed"),
        ([{"text": "operation", "date": "2025-03-20"}], "unknown"),
        ([{"name": "liver_transplantation", "date": "2026-03-20"}, NOT_PLANNED], "passed"),
    ],
)
def test_what_was_done_after_the_day_may_have_been_planned(entries: list[dict[str, str]], expected: str) -> None:
    assert status("NCT05985863/E4", procedures=entries) == expected


# ---- requests in FHIR


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
    lists = ["procedures", "conditions"]
    return result_of(bundle, "NCT06242405/E2", as_of="2026-03-18", assume_complete=lists).status


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
        ({}, "unknown"),
    ],
)
def test_a_request_may_have_been_carried_out(request_: dict[str, Any], expected: str) -> None:
    assert previous_transplantation(request_) == expected
