"""Abbreviations as a ward writes them, in capitals: one of one meaning is read, one of several asks for these alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from advice.one_line import line, result
from lines.casebook import status as status_of
from screener import load_patient, load_rules
from screener.records.patient import Patient


def read(name: str, on: str = "conditions", **more: Any) -> Patient:
    return load_patient({"id": "p", "as_of": "2026-03-18", on: [{"name": name, **more}]}, load_rules())


def read_of_fhir(text: str) -> Patient:
    condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": {"text": text}}
    entries = [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": condition}]
    return load_patient(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), load_rules())


def certain(patient: Patient) -> set[str]:
    return {name for name, those in patient.episodes.items() if any(not each.only_may_be for each in those)}


def open_concepts(patient: Patient) -> set[str]:
    return {name for of_list in patient.may_be.values() for name in of_list}


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("HE", "hepatic_encephalopathy"), ("MI", "myocardial_infarction"), ("AKI", "acute_kidney_injury"),
        ("HRS", "hepatorenal_syndrome"), ("SBP", "spontaneous_bacterial_peritonitis"),
        ("UGIB", "upper_gastrointestinal_bleeding"), ("GIB", "gastrointestinal_bleeding"),
        ("HCC", "hepatocellular_carcinoma"), ("DVT", "deep_venous_thrombosis"),
        ("COPD", "chronic_obstructive_pulmonary_disease"), ("ARDS", "respiratory_failure"),
        ("CKD", "chronic_kidney_disease"), ("ESRD", "end_stage_renal_disease"), ("HBV", "viral_hepatitis"),
        ("HCV", "viral_hepatitis"), ("CVA", "cerebrovascular_event"), ("STEMI", "myocardial_infarction"),
        ("NAFLD", "metabolic_steatotic_liver_disease"), ("AIDS", "hiv_infection"), ("ALF", "liver_failure"),
        ("HFrEF", "heart_failure"),
    ],
)  # fmt: skip
def test_one_of_one_meaning_is_read(name: str, concept: str) -> None:
    assert concept in certain(read(name))
    assert concept in certain(read_of_fhir(name))


@pytest.mark.parametrize("name", ["he", "mi", "dic", "pe", "aki", "sbp", "chf", "hbv", "He", "Mi", "aids", "Aids"])
def test_a_short_word_in_small_letters_is_none(name: str) -> None:
    assert not certain(read(name))
    assert len(open_concepts(read(name))) > 70  # it may be anything
    assert len(open_concepts(read_of_fhir(name))) > 70


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        # pulmonary embolism, pleural effusion, plasma exchange
        ("PE", {"pulmonary_embolism"}),
        # congestive heart failure, congenital hepatic fibrosis
        ("CHF", {"heart_failure", "chronic_liver_disease"}),
        # intracerebral hemorrhage, intracranial hypertension
        ("ICH", {"cerebral_hemorrhage", "intracranial_hemorrhage"}),
        # supraventricular tachycardia, splenic vein thrombosis
        ("SVT", {"splenic_vein_thrombosis"}),
        # liver or lung transplantation
        ("LT", {"liver_transplantation"}),
        ("OLT", {"liver_transplantation"}),
        ("VTE", {"venous_thrombosis", "pulmonary_embolism"}),
        ("UTI", {"sepsis"}),
        # subarachnoid hemorrhage, severe alcoholic hepatitis
        ("SAH", {"intracranial_hemorrhage", "alcoholic_liver_disease"}),
        # acute myocardial infarction, acute mesenteric ischemia
        ("AMI", {"myocardial_infarction"}),
        # raised lipids, Hodgkin lymphoma, hearing loss
        ("HL", {"malignancy"}),
        # ulcerative colitis, urothelial carcinoma
        ("UC", {"malignancy"}),
        # chronic hepatitis C, carcinome hépatocellulaire
        ("CHC", {"chronic_viral_hepatitis", "hepatocellular_carcinoma"}),
        # hemodialysis, Hodgkin lymphoma, heart disease
        ("HD", {"dialysis", "malignancy"}),
        # rheumatoid arthritis, refractory ascites
        ("RA", {"ascites"}),
    ],
)
def test_one_of_several_meanings_asks_for_these_alone(name: str, possible: set[str]) -> None:
    for patient in (read(name), read_of_fhir(name)):
        assert certain(patient).isdisjoint(possible)
        assert possible <= open_concepts(patient)
        assert len(open_concepts(patient)) < 30


@pytest.mark.parametrize("name", ["HTN", "T2DM", "GERD", "BPH", "HLD", "OSA", "OA", "CAD", "AF", "TIA"])
def test_one_of_an_everyday_disease_asks_for_no_more_than_its_code(name: str) -> None:
    assert not certain(read(name))
    assert len(open_concepts(read(name))) < 8


def test_a_relative_is_read_likewise() -> None:
    assert "hepatocellular_carcinoma" in certain(read("HCC", on="family_history"))


@pytest.mark.parametrize(
    ("name", "concept", "stage"),
    [
        ("HE grade 3", "hepatic_encephalopathy", "III"),
        ("HE II", "hepatic_encephalopathy", "II"),
        ("hepatic encephalopathy, grade 2", "hepatic_encephalopathy", "II"),
        ("CKD stage 4", "chronic_kidney_disease", "IV"),
        ("COPD GOLD 4", "chronic_obstructive_pulmonary_disease", "IV"),
        ("heart failure NYHA III", "heart_failure", "III"),
        ("Heart failure, NYHA class III", "heart_failure", "III"),
        ("AKI KDIGO 2", "acute_kidney_injury", "II"),
    ],
)
def test_a_stage_behind_a_name_is_read(name: str, concept: str, stage: str) -> None:
    (episode,) = read(name, status="active").episodes[concept]
    assert episode.stage == stage


@pytest.mark.parametrize("name", ["MI II", "MI grade 1", "DVT III"])
def test_an_event_of_a_day_has_no_stage(name: str) -> None:
    """`MI II` is a mitral insufficiency in German wards: it may be an infarction, and nothing else is asked."""
    assert not certain(read(name))
    assert 0 < len(open_concepts(read(name))) < 30


@pytest.mark.parametrize(
    "name", ["HE grade 0", "he grade 3", "HE grade 2-3", "no HE grade 3", "HE grade", "AKI on CKD 3"]
)
def test_no_other_words_are(name: str) -> None:
    assert not certain(read(name))


@pytest.mark.parametrize(
    ("name", "more", "grade"),
    [
        ("HE grade 3", {"date": "2026-03-17"}, 3),
        ("HE grade 1", {"onset": "2026-03-16", "status": "active"}, 1),
        ("HE grade 3", {"status": "active"}, None),  # on which day nobody knows
        ("HE grade 3", {"date": "2026-03-17", "status": "resolved"}, None),
        ("HE grade 3", {"date": "2026-03-17", "status": "absent"}, None),
    ],
)
def test_a_dated_grade_of_encephalopathy_is_a_result(name: str, more: dict[str, str], grade: int | None) -> None:
    results = read(name, **more).results.get("hepatic_encephalopathy_grade", ())
    assert [each.value.low for each in results if each.value is not None] == ([] if grade is None else [grade])


@pytest.mark.parametrize(
    ("stage", "more", "status"),
    [
        ("III", {}, "failed"),
        ("West Haven grade 3", {}, "failed"),
        ("2", {}, "failed"),
        ("I", {}, "passed"),
        (None, {}, "unknown"),
        ("I-II", {}, "unknown"),
        ("II-III", {}, "failed"),
        ("overt", {}, "failed"),
        ("minimal", {}, "passed"),
        ("West Haven 0", {}, "passed"),
        ("5", {}, "unknown"),
        ("III", {"onset": "2026-02-19"}, "passed"),  # of the day of the grade, which counts
        ("III", {"onset": "2026-02"}, "unknown"),  # it may have been before the grade
    ],
)
def test_the_stage_of_a_later_encephalopathy_is_its_grade(stage: str | None, more: dict[str, str], status: str) -> None:
    entry = {"name": "hepatic_encephalopathy", "status": "active", "onset": "2026-02-20", "stage": stage, **more}
    graded = line(
        "hepatic_encephalopathy_grade >= 2", "exclusion", conditions=[entry], observations=[result("HE_grade", 1)]
    )
    assert graded.status == status


@pytest.mark.parametrize(
    ("onset", "status"), [("2026-02-18", "failed"), ("2026-01-02", "unknown"), ("2026", "unknown")]
)
def test_where_nobody_graded_the_stage_of_a_fresh_encephalopathy_is_its_grade(onset: str, status: str) -> None:
    entry = {"name": "hepatic_encephalopathy", "status": "active", "onset": onset, "stage": "III"}
    assert line("hepatic_encephalopathy_grade >= 2", "exclusion", conditions=[entry]).status == status


@pytest.mark.parametrize(
    ("entry", "graded", "is_one"),
    [
        ({"stage": "0"}, (0, 0), "unknown"),  # whether it was one before that day
        ({"stage": "0", "onset": "2026-02-02", "date": "2026-02-18"}, (0, 0), "unknown"),
        ({"stage": "minimal"}, (0, 1), "unknown"),
        ({"stage": "I-II"}, (1, 2), "passed"),
        ({"text": "HE grade 0"}, (0, 0), "unknown"),
        ({"text": "minimal hepatic encephalopathy"}, (0, 1), "unknown"),
        ({"text": "肝性脑病0级"}, (0, 0), "unknown"),
        ({"text": "肝性脑病2期"}, (2, 2), "passed"),
        ({"text": "hepatische Enzephalopathie Grad 1"}, (1, 1), "passed"),
        ({"text": "no HE"}, None, "passed"),  # next to its code: one of the two is wrong, and the code is kept
        ({"stage": "5"}, None, "passed"),
    ],
)
def test_a_coded_encephalopathy_is_of_the_grade_that_its_words_tell(
    entry: dict[str, str], graded: tuple[int, int] | None, is_one: str
) -> None:
    conditions = [{"icd10cm": "K76.82", "status": "active", "onset": "2026-02-18", **entry}]
    patient = load_patient({"id": "p", "as_of": "2026-02-20", "conditions": conditions}, load_rules())
    results = patient.results.get("hepatic_encephalopathy_grade", ())
    assert [(each.value.low, each.value.high) for each in results if each.value] == ([graded] if graded else [])
    assert line("history of hepatic_encephalopathy within 4 weeks", conditions=conditions).status == is_one


@pytest.mark.parametrize(("verified", "is_graded"), [("confirmed", True), ("provisional", False)])
@pytest.mark.parametrize("stage", ["overt", "minimal", "0"])
def test_the_stage_of_an_encephalopathy_in_doubt_is_no_grade(stage: str, verified: str, is_graded: bool) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": verified}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "K76.82"}]},
        "stage": [{"summary": {"text": stage}}],
        "onsetDateTime": "2026-02-18",
    }
    entries = [{"resource": each} for each in ({"resourceType": "Patient", "id": "p"}, condition)]
    patient = load_patient({"resourceType": "Bundle", "type": "collection", "entry": entries}, load_rules())
    assert bool(patient.results.get("hepatic_encephalopathy_grade")) is is_graded


def test_a_grade_in_the_words_of_another_disease_is_none_of_its_stage() -> None:
    conditions = [{"icd10cm": "I50.9", "text": "HE II", "status": "active", "onset": "2026-03-01"}]
    assert status_of("NCT03863002/E5", conditions=conditions) == "unknown"


@pytest.mark.parametrize("end", ["2026-03-10", "2026-03"])
def test_a_grade_of_what_is_over_is_none_of_the_day_of_its_entry(end: str) -> None:
    patient = read("HE grade 3", onset="2026-03-01", end=end, date="2026-03-17")
    assert patient.episodes["hepatic_encephalopathy"]
    assert not patient.results


@pytest.mark.parametrize("name", ["CKD", "chronic kidney disease", "CKD stage 3", "慢性肾脏病3期"])
def test_a_chronic_kidney_disease_by_its_name_is_no_acute_injury(name: str) -> None:
    patient = read(name, status="active", date="2026-03-17")
    assert certain(patient) == {"chronic_kidney_disease"}
    assert "acute_kidney_injury" not in open_concepts(patient)
