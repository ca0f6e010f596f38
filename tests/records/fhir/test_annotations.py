"""Notes on resources: what they name is open, and an entry that they call a mistake, or over, is in doubt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lines.casebook import LISTS, result_of

SUBJECT = {"subject": {"reference": "Patient/p"}, "id": "r"}
ACTIVE = {"coding": [{"code": "active"}]}
CM, SCT = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct"


def condition(code: str, *notes: str, **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": CM, "code": code}]}
    return {"resourceType": "Condition", **SUBJECT, "clinicalStatus": ACTIVE, "code": coding, **noted(notes), **more}


def allergy(code: str, *notes: str, **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": SCT, "code": code}]}
    patient = {"patient": SUBJECT["subject"], "id": "r", "recordedDate": "2026-03-17"}
    return {"resourceType": "AllergyIntolerance", **patient, "code": coding, **noted(notes), **more}


def procedure(words: str, *notes: str) -> dict[str, Any]:
    done = {"status": "completed", "performedDateTime": "2019-05-01"}
    return {"resourceType": "Procedure", **SUBJECT, **done, "code": {"text": words}, **noted(notes)}


def drug(words: str, *notes: str, kind: str = "MedicationStatement") -> dict[str, Any]:
    day = {"effectiveDateTime": "2026-03-10"} if kind == "MedicationStatement" else {"authoredOn": "2026-03-10"}
    taken = {"status": "active", "medicationCodeableConcept": {"text": words}}
    return {"resourceType": kind, **SUBJECT, **day, **taken, **noted(notes)}


def immunization(*notes: str) -> dict[str, Any]:
    given = {"status": "completed", "occurrenceDateTime": "2026-01-01", "vaccineCode": {"text": "influenza"}}
    return {"resourceType": "Immunization", "id": "r", "patient": SUBJECT["subject"], **given, **noted(notes)}


def pressure(*notes: str) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]}
    value = {"valueQuantity": {"value": 60, "unit": "mm[Hg]"}, "effectiveDateTime": "2026-03-18"}
    return {"resourceType": "Observation", **SUBJECT, "status": "final", "code": code, **value, **noted(notes)}


def noted(notes: tuple[str, ...]) -> dict[str, Any]:
    return {"note": [{"text": each} for each in notes]} if notes else {}


@pytest.mark.parametrize(
    ("resource", "line", "expected"),
    [
        # what a note names is open
        (condition("I10", "had PE 2019"), "NCT05985863/E6", "unknown"),
        (condition("I10", "also has lung cancer"), "NCT07409259/E6", "unknown"),
        (condition("I10", notes="had PE 2019"), "NCT05985863/E6", "unknown"),
        (condition("I10", "合并肺癌"), "NCT07409259/E6", "unknown"),
        (condition("I10", "G2P1, 20 weeks pregnant"), "NCT07409259/E7", "unknown"),
        (allergy("716186003", "urticaria with FFP"), "NCT07409259/E3", "unknown"),
        (procedure("appendectomy", "during liver transplantation"), "NCT06242405/E2", "unknown"),
        (drug("paracetamol", "with prednisone 20 mg"), "NCT06242405/E6", "unknown"),
        (drug("entecavir", "HCC known since 2024"), "NCT03863002/E3", "unknown"),
        (immunization("HIV positive"), "NCT03863002/E12", "unknown"),
        # what it denies, what is of the family, and harmless words are not
        (condition("I10", "no PE, no DVT"), "NCT05985863/E6", "passed"),
        (condition("I10", "well controlled on ramipril"), "NCT07409259/E6", "passed"),
        (condition("I10", "father had lung cancer"), "NCT07409259/E6", "passed"),
        (allergy("716186003", "asked by the pharmacist"), "NCT07409259/E3", "passed"),
        (immunization("left arm"), "NCT03863002/E12", "passed"),
        # an entry that a note calls a mistake, or over
        (condition("C34.90"), "NCT07409259/E6", "failed"),
        (condition("C34.90", "stage IV, palliative"), "NCT07409259/E6", "failed"),
        (condition("C34.90", "pneumonia resolved"), "NCT07409259/E6", "failed"),
        (condition("C34.90", "wrong patient"), "NCT07409259/E6", "unknown"),
        (condition("C34.90", "cured 2014"), "NCT07409259/E6", "unknown"),
        (condition("C34.90", "lung cancer resolved 2014"), "NCT07409259/E6", "unknown"),
        (procedure("liver transplantation"), "NCT06242405/E2", "failed"),
        (procedure("liver transplantation", "not performed"), "NCT06242405/E2", "unknown"),
        (drug("interferon", "never taken"), "NCT06242405/E6", "unknown"),
        (drug("tacrolimus", "prescribed in error", kind="MedicationRequest"), "NCT05985863/E9", "unknown"),
        (pressure("wrong patient"), "NCT07409259/E4", "unknown"),
    ],
)
def test_a_note_opens_and_never_denies(resource: dict[str, Any], line: str, expected: str) -> None:
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980"}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": person}, {"resource": resource}]}
    assert result_of(bundle, line, as_of=date(2026, 3, 18), assume_complete=LISTS).status == expected
