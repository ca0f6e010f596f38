"""What stands next to a code or a lab that is read: another organ, a stated weight, cultures, pathology, this trial."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lines.casebook import LISTS, result_of, status
from lines.test_a_grade_next_to_a_coma import GRADED

DAY = "2026-03-17"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("transplanted liver", "unknown"),
        ("kidney and liver transplant", "unknown"),
        ("SLK 2019", "unknown"),
        ("移植肝", "unknown"),
        ("kidney transplant status", "passed"),
        ("transplanted kidney", "passed"),
        ("Z.n. NTx", "passed"),
    ],
)
def test_a_liver_next_to_the_code_of_a_kidney_asks(words: str, expected: str) -> None:
    entry = {"icd10cm": "Z94.0", "text": words, "status": "active", "onset": "2019"}
    assert status("NCT06242405/E2", conditions=[entry]) == expected


@pytest.mark.parametrize(("weight", "expected"), [(49, "failed"), (50, "passed"), (51, "passed")])
def test_a_stated_weight_is_the_latest_one(weight: int, expected: str) -> None:
    results = [
        {"loinc": "29463-7", "value": 70, "unit": "kg", "date": "2026-03-10"},
        {"loinc": "3142-7", "value": weight, "unit": "kg", "date": DAY},
    ]
    assert status("NCT03863002/I5", observations=results) == expected


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980"}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (person, *resources)],
    }


def of(line: str, *resources: dict[str, Any]) -> str:
    return str(result_of(bundle(*resources), line, as_of=date(2026, 3, 18), assume_complete=LISTS).status)


def result(value: str, display: str = "", code: str = "99999-9") -> dict[str, Any]:
    coding = {"system": "http://loinc.org", "code": code, **({"display": display} if display else {})}
    body = {"id": "o", "status": "final", "subject": {"reference": "Patient/p"}, "effectiveDateTime": DAY}
    return {"resourceType": "Observation", **body, "code": {"coding": [coding]}, "valueString": value}


def report(conclusion: str) -> dict[str, Any]:
    body = {"id": "d", "status": "final", "subject": {"reference": "Patient/p"}, "effectiveDateTime": DAY}
    return {"resourceType": "DiagnosticReport", **body, "code": {"text": "Pathology"}, "conclusion": conclusion}


@pytest.mark.parametrize(
    ("resource", "line", "expected"),
    [
        (result("moderately differentiated adenocarcinoma of the colon"), "NCT06242405/E1", "unknown"),
        (result("Lymphoma, B cell"), "NCT07409259/E6", "unknown"),
        (report("Invasive adenocarcinoma"), "NCT06242405/E1", "unknown"),
        (report("Chronic gastritis"), "NCT06242405/E1", "passed"),
        (result("fasting"), "NCT06242405/E1", "passed"),
        (result("Detected", "HIV 1 RNA by PCR"), "NCT03863002/E12", "unknown"),
    ],
)
def test_what_a_report_names_asks(resource: dict[str, Any], line: str, expected: str) -> None:
    assert of(line, resource) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("positive", "unknown"), ("Escherichia coli", "unknown"), ("no growth", "passed"), ("normal flora", "passed")],
)
@pytest.mark.parametrize("loinc", ["630-4", "6460-0", "619-7", "6463-4", "11475-1"])
def test_a_culture_of_any_specimen_asks_about_an_infection(loinc: str, value: str, expected: str) -> None:
    culture = {"loinc": loinc, "value": value, "date": DAY}
    assert status("NCT05985863/E1", observations=[*GRADED, culture]) == expected


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("NCT03863002/E16", "NCT03863002"),
        ("NCT05985863/E13", "NCT05985863"),
        ("NCT06242405/E8", "NCT06242405"),
    ],
)
def test_whether_this_very_trial_is_another_one_is_asked(line: str, own: str) -> None:
    for number, expected in ((own, "unknown"), ("NCT01234567", "failed")):
        study = {"resourceType": "ResearchStudy", "id": "s", "status": "active", "identifier": [{"value": number}]}
        subject = {
            "resourceType": "ResearchSubject", "id": "r", "status": "on-study",
            "individual": {"reference": "Patient/p"}, "study": {"reference": "ResearchStudy/s"},
            "period": {"start": "2026-03-01"},
        }  # fmt: skip
        assert of(line, study, subject) == expected


@pytest.mark.parametrize(
    ("words", "expected"), [("penicillin", "unknown"), ("plasma", "failed"), ("strawberries", "unknown")]
)
def test_an_allergy_under_a_code_that_nobody_knows_is_to_what_its_words_say(words: str, expected: str) -> None:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "764146007"}], "text": words}
    patient = {"id": "a", "patient": {"reference": "Patient/p"}, "recordedDate": DAY}
    assert of("NCT07409259/E3", {"resourceType": "AllergyIntolerance", **patient, "code": code}) == expected
    native = {"snomed": "764146007", "text": words, "status": "present", "date": DAY}
    assert status("NCT07409259/E3", allergies=[native]) == expected
