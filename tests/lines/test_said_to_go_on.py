"""A drug that is active although the end that it states has passed: it ended then, or goes on."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import result_of
from screener.screening import CriterionResult

LISTS = ["conditions", "procedures", "medications"]


def line(where: str, drug: dict[str, Any], code: str) -> CriterionResult:
    patient = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    coding = {"coding": [{"system": "http://www.whocc.no/atc", "code": code}]}
    drug = {"id": "m", "subject": {"reference": "Patient/p"}, "medicationCodeableConcept": coding, **drug}
    pressure = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]},
        "effectiveDateTime": "2026-03-17T08:00:00Z",
        "valueQuantity": {"value": 88, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": x} for x in (patient, drug, pressure)],
    }
    return result_of(bundle, where, as_of="2026-03-18", assume_complete=LISTS)


def statement(status: str, start: str, end: str, **more: str) -> dict[str, Any]:
    period = {"start": start, "end": end}
    return {"resourceType": "MedicationStatement", "status": status, "effectivePeriod": period, **more}


def order(status: str, start: str, end: str) -> dict[str, Any]:
    dosage = {"timing": {"repeat": {"boundsPeriod": {"start": start, "end": end}}}}
    return {"resourceType": "MedicationRequest", "status": status, "intent": "order", "dosageInstruction": [dosage]}


@pytest.mark.parametrize(
    ("drug", "code", "where", "status"),
    [
        (statement("active", "2026-03-05", "2026-03-11"), "C01CA03", "NCT07409259/E4", "unknown"),
        (order("active", "2026-03-05", "2026-03-11"), "C01CA03", "NCT07409259/E4", "unknown"),
        (order("on-hold", "2026-03-05", "2026-03-11"), "C01CA03", "NCT07409259/E4", "unknown"),
        (statement("stopped", "2026-03-05", "2026-03-11"), "C01CA03", "NCT07409259/E4", "passed"),
        (statement("completed", "2026-03-05", "2026-03-11"), "C01CA03", "NCT07409259/E4", "passed"),
        (statement("active", "2023-03-05", "2024-03-11"), "L03AB11", "NCT06242405/E6", "unknown"),
        (statement("stopped", "2023-03-05", "2024-03-11"), "L03AB11", "NCT06242405/E6", "passed"),
        # what it certainly covers stays certain, and an end that is still to come ends nothing
        (statement("active", "2025-03-05", "2025-09-11"), "L03AB11", "NCT06242405/E6", "failed"),
        (statement("active", "2026-03-05", "2026-09-11"), "L03AB11", "NCT06242405/E6", "failed"),
    ],
)
def test_what_is_active_after_its_end_stays_open(drug: dict[str, Any], code: str, where: str, status: str) -> None:
    assert line(where, drug, code).status == status


def test_the_question_is_whether_it_is_still_taken() -> None:
    found = line("NCT06242405/E6", statement("active", "2023-03-05", "2024-03-11"), "L03AB11")
    assert found.reasons == ("conflict",)
    assert [need.text for need in found.needs] == ["Interferon: still taken? (MedicationStatement/m)"]
