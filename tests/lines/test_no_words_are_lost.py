"""Words that speak, or may speak, against taking part: next to a harmless code, in a flag, in the name of a result, in
an abbreviation. None of them lets a line pass in silence."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import LISTS, result_of, status

BLEEDING, TUMOR, CLOT, HIV, LIVER, TRIAL = (
    "NCT07409259/E2",
    "NCT05985863/E3",
    "NCT03863002/E7",
    "NCT03863002/E12",
    "NCT03863002/E9",
    "NCT06242405/E8",
)
TRIALS = ("NCT03863002/E16", "NCT05985863/E13", TRIAL)


@pytest.mark.parametrize(
    ("code", "words", "line", "expected"),
    [
        ("M54.5", "sacral bone metastases", TUMOR, "unknown"),
        ("I10", "arterial hypertension, breast ca 2019", TUMOR, "unknown"),
        ("I10", "Ca breast", TUMOR, "unknown"),
        ("I10", "NHL", TUMOR, "unknown"),
        ("I10", "aHT, Mamma-Ca", TUMOR, "unknown"),
        ("I10", "adenoca of colon, somebody's word", TUMOR, "unknown"),
        ("I10", "高血压伴肝癌", TUMOR, "unknown"),
        ("I10", "高血压，无肝癌", TUMOR, "passed"),
        ("I10", "否认糖尿病、肝癌", TUMOR, "passed"),
        ("I10", "hypertension since ca. 2010", TUMOR, "passed"),
        ("I10", "hypertension, no metastases", TUMOR, "passed"),
        ("I10", "family history of breast cancer", TUMOR, "passed"),
        ("R18", "ascites without metastases, HIV", TUMOR, "passed"),
        ("R18", "ascites without metastases, HIV", HIV, "unknown"),
        ("I10", "portal vein clot", CLOT, "unknown"),
        ("I10", "PVT", CLOT, "unknown"),
        ("I10", "chronic venous insufficiency", CLOT, "passed"),
        ("E11.9", "HIV pos", HIV, "unknown"),
        ("E11.9", "RVD", HIV, "unknown"),
        ("E11.9", "T2DM, retroviral disease on ART", HIV, "unknown"),
        ("E11.9", "T2DM without complications, HIV", HIV, "unknown"),
        ("E11.9", "T2DM, HIV negative", HIV, "passed"),
        ("K80.2", "Gallensteine, Z.n. LTx 2015", LIVER, "unknown"),
        (
            "K74.6",
            "recurrent cirrhosis of the graft, OLT 2009",
            LIVER,
            "unknown",
        ),  # which may be other things, as K74.6 may
        ("N40", "BPH, prostate CA 2015", TUMOR, "unknown"),
        ("K80.2", "gallstones, gallbladder mass", TUMOR, "unknown"),
        ("N40", "benign prostatic hyperplasia", TUMOR, "passed"),
        ("K80.2", "gallstones", TUMOR, "passed"),
        ("N18.4", "CKD 4, on HD", "NCT03863002/E5", "unknown"),
        ("I10", "Hypertonie, Z.n. NTx", LIVER, "passed"),
        ("I10", "participant in trial NCT01234567", TRIAL, "unknown"),
        # what a disease of the liver may lead to is more than the disease
        ("K74.6", "cirrhosis with GI bleed", BLEEDING, "unknown"),
        ("K74.6", "cirrhosis, melena", BLEEDING, "unknown"),
        ("I85.00", "varices, hematemesis", BLEEDING, "unknown"),
        ("D64.9", "anemia due to GI bleed", BLEEDING, "unknown"),
        ("K74.6", "cirrhosis with liver mass", "NCT06242405/E1", "unknown"),
        ("K74.6", "cirrhosis s/p liver tx 2019", LIVER, "unknown"),
        ("K74.6", "cirrhosis, deep vein thrombosis", "NCT05985863/E6", "unknown"),
        ("M06.9", "RA on prednisone", "NCT06242405/E6", "unknown"),
        # the names of codes themselves add nothing
        ("I82.4", "Acute embolism and thrombosis of deep veins of the leg", TUMOR, "passed"),
        ("Z86.71", "Personal history of venous thrombosis and embolism", TUMOR, "passed"),
    ],
)
def test_words_next_to_a_code_of_something_else(code: str, words: str, line: str, expected: str) -> None:
    assert status(line, conditions=[{"icd10": code, "text": words}]) == expected
    assert of_fhir({"resourceType": "Condition", "code": coded(code, words)}, line) == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [("RVD", HIV), ("seropositive", HIV), ("PVTT", CLOT), ("NHL", TUMOR), ("MDS", TUMOR), ("KTx, LTx", LIVER)],
)
def test_an_abbreviation_of_a_ward_alone(name: str, line: str) -> None:
    assert status(line, conditions=[{"name": name, "status": "active"}]) != "passed"


@pytest.mark.parametrize("line", TRIALS)
@pytest.mark.parametrize(
    "words",
    [
        "Participant in trial NCT01",
        "参加临床试验",
        "Studienteilnehmer",
        "enrolled in study",
        "on study drug",
        "NCT01234567",
    ],
)
def test_words_for_a_trial(words: str, line: str) -> None:
    assert status(line, conditions=[{"text": words}]) == "unknown"
    assert status(line, observations=[{"name": words, "value": "yes", "date": "2026-03-01"}]) == "unknown"
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": words}}
    assert of_fhir(flag, line) == "unknown"
    assert of_fhir({**flag, "category": [{"coding": [{"system": FLAGS, "code": "admin"}]}]}, line) == "unknown"
    result = {"resourceType": "Observation", "status": "final", "code": {"text": words}, "valueBoolean": True}
    assert of_fhir(result, line) == "unknown"


@pytest.mark.parametrize(
    "words", ["study drug", "study drug A 10 mg", "investigational product", "Prüfpräparat", "NCT01234567"]
)
def test_a_drug_of_a_trial(words: str) -> None:
    assert status(TRIAL, medications=[{"text": words}]) == "unknown"


@pytest.mark.parametrize("line", TRIALS)
@pytest.mark.parametrize("value", ["no", "none", "false", 0])
def test_a_result_that_denies_it_does_not(value: object, line: str) -> None:
    assert status(line, observations=[{"name": "Participant in a trial", "value": value}]) == "passed"
    result = {"resourceType": "Observation", "status": "final", "code": {"text": "Participant in a trial"}}
    assert of_fhir({**result, "valueBoolean": False}, line) == "passed"


@pytest.mark.parametrize("words", ["Vegetarian", "Fall risk", "Room 12, contact isolation"])
def test_another_administrative_flag_does_not(words: str) -> None:
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": words}}
    assert of_fhir({**flag, "category": [{"coding": [{"system": FLAGS, "code": "admin"}]}]}, TRIAL) == "passed"


@pytest.mark.parametrize(
    ("name", "value", "line", "expected"),
    [
        ("Doppler of the portal vein", "portal vein thrombosis", CLOT, "unknown"),
        ("Doppler: portal vein thrombosis", "yes", CLOT, "unknown"),
        ("Doppler of the portal vein", "no thrombosis", CLOT, "passed"),
        ("Doppler: portal vein thrombosis", "no", CLOT, "passed"),
        ("CA 19-9", 37, TUMOR, "passed"),
        ("Histology", "adenocarcinoma", TUMOR, "unknown"),
    ],
)
def test_the_words_of_a_result_that_nobody_reads(name: str, value: object, line: str, expected: str) -> None:
    assert status(line, observations=[{"name": name, "value": value, "date": "2026-03-01"}]) == expected


FLAGS = "http://terminology.hl7.org/CodeSystem/flag-category"


def coded(code: str, words: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": words}]}


def of_fhir(resource: dict[str, Any], line: str) -> str:
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    entries = [{"resource": person}, {"resource": {**resource, "id": "r", "subject": {"reference": "Patient/p"}}}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return str(result_of(bundle, line, as_of="2026-03-18", assume_complete=LISTS).status)
