"""A stage or grade in the words of a FHIR condition is read as in the native form."""

from __future__ import annotations

from typing import Any

import pytest

from screener import load_patient, load_rules
from screener.records.patient import Patient

CM = "http://hl7.org/fhir/sid/icd-10-cm"
DAY = "2026-03-10"


def read(**condition: Any) -> Patient:
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    resource = {
        "resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "recordedDate": DAY,
        "clinicalStatus": active, **condition,
    }  # fmt: skip
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    entries = [{"resource": person}, {"resource": resource}]
    return load_patient({"resourceType": "Bundle", "type": "collection", "entry": entries}, load_rules())


def native(**condition: Any) -> Patient:
    record = {"id": "p", "as_of": DAY, "sex": "male", "birth_date": "1980-01-01"}
    return load_patient({**record, "conditions": [{"status": "active", "date": DAY, **condition}]}, load_rules())


def grades(patient: Patient) -> list[object]:
    return [each.value for each in patient.results.get("hepatic_encephalopathy_grade", ())]


@pytest.mark.parametrize(
    "words", ["Hepatic encephalopathy grade 2", "HE grade 3", "HE II", "hepatic encephalopathy, West Haven grade 1"]
)
def test_a_grade_in_the_text(words: str) -> None:
    patient, as_native = read(code={"text": words}), native(text=words)
    assert "hepatic_encephalopathy" in patient.episodes
    assert grades(patient) == grades(as_native) != []
    stages = [each.stage for each in patient.episodes["hepatic_encephalopathy"]]
    assert stages == [each.stage for each in as_native.episodes["hepatic_encephalopathy"]]


@pytest.mark.parametrize("field", ["text", "display"])
def test_a_grade_next_to_a_code(field: str) -> None:
    code: dict[str, Any] = {"system": CM, "code": "K76.82"}
    words = "Hepatic encephalopathy grade 2"
    named = {"coding": [code], "text": words} if field == "text" else {"coding": [{**code, "display": words}]}
    assert grades(read(code=named)) == grades(native(icd10cm="K76.82", text=words)) != []


def test_no_grade_of_another_disease_or_of_what_is_over() -> None:
    assert not grades(read(code={"coding": [{"system": CM, "code": "I10"}], "text": "Hepatic encephalopathy grade 2"}))
    resolved = {"coding": [{"code": "resolved"}]}
    assert not grades(read(code={"text": "Hepatic encephalopathy grade 2"}, clinicalStatus=resolved))


@pytest.mark.parametrize("words", ["Hepatic encephalopathy", "no hepatic encephalopathy grade 2", "HE grade 2?"])
def test_no_grade_where_none_is_told(words: str) -> None:
    assert not grades(read(code={"text": words}))


def test_a_stage_of_heart_failure() -> None:
    [episode] = read(code={"text": "Heart failure NYHA III"}).episodes["heart_failure"]
    assert episode.stage == "III"


@pytest.mark.parametrize("stage", ["grade 2", "West Haven 2"])
def test_the_field_for_the_stage(stage: str) -> None:
    patient = read(code={"coding": [{"system": CM, "code": "K76.82"}]}, stage=[{"summary": {"text": stage}}])
    as_native = native(icd10cm="K76.82", stage=stage)
    assert grades(patient) == grades(as_native)
    stages = [each.stage for each in patient.episodes["hepatic_encephalopathy"]]
    assert stages == [each.stage for each in as_native.episodes["hepatic_encephalopathy"]]
