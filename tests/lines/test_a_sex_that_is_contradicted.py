"""A recorded sex is administrative: a pregnancy code on a man's record asks whose record, or which sex, is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import LISTS, MAN, result_of
from screener.screening import CriterionResult

LINES = ("NCT03863002/E13", "NCT05985863/E7", "NCT06242405/E9", "NCT07409259/E7")
CM, WHO, GM = (
    f"http://{name}"
    for name in ("hl7.org/fhir/sid/icd-10-cm", "hl7.org/fhir/sid/icd-10", "fhir.de/CodeSystem/bfarm/icd-10-gm")
)


def answers(record: dict[str, Any]) -> list[CriterionResult]:
    return [result_of(record, line, as_of="2026-03-18", assume_complete=LISTS) for line in LINES]


def statuses(**record: Any) -> set[str]:
    return {each.status for each in answers({"id": "p", "birth_date": "1980", "sex": "male", **record})}


@pytest.mark.parametrize(
    "entry",
    [
        {"icd10": "O26.6", "onset": "2026-02-01", "status": "active"},
        {"icd10": "O26.6"},
        {"icd10cm": "O26.613", "onset": "2026-02-01", "status": "active"},
        {"icd10": "O99.6", "status": "active"},
        {"icd10": "O80", "onset": "2019-05-02", "status": "resolved"},  # a delivery of long ago is of no man either
        {"icd10": "O23.4", "onset": "2026-03-03", "end": "2026-03-10", "status": "resolved"},
        {"icd10": "Z39.2", "onset": "2026-03-01"},
        {"icd10cm": "Z32.00", "onset": "2026-03-01"},
        {"icd10cm": "Z3A.20", "onset": "2026-03-01"},
        {"icd10cm": "Z87.59"},
        {"icd10": "Z33", "onset": "2026-02-01", "status": "active"},
        {"icd10": "D06.9", "onset": "2012", "status": "cured"},
        {"icd10": "N80.9"},
        {"icd10": "C56"},
        {"icd10": "D25.9", "onset": "2015"},
        {"icd10": "N95.1"},
        {"icd10cm": "Z90.710"},
        {"icd10cm": "Z85.43"},
        {"icd10cm": "Z98.51"},
        {"icd10cm": "Z97.5"},
        {"name": "cervical_carcinoma_in_situ"},
    ],
)
def test_a_code_of_pregnancy_or_childbirth_on_a_mans_record_asks(entry: dict[str, str]) -> None:
    assert statuses(conditions=[entry]) == {"unknown"}


@pytest.mark.parametrize(
    "entry",
    [
        {"icd10": "R69"},
        {"icd10": "Z31.4"},  # an examination of fertility
        {"icd10": "Z38.0"},  # the newborn's own
        {"icd10": "P00.0"},
        {"icd10cm": "Z32.02"},  # no pregnancy
        {"icd10cm": "Z32.2"},  # instruction, also of fathers
        {"icd10": "Z64.0"},
        {"icd10": "K80.2"},
        {"icd10cm": "F52.21"},
        {"name": "something that nobody knows"},
        {"icd10": "O26.6", "status": "absent"},
        {"icd10": "M81.0"},  # of age, or after menopause
        {"icd10": "C50.9"},
        {"icd10": "C61"},
        {"icd10": "Q53.9"},
        {"icd10": "E29.1"},
        {"icd10": "Z12.4"},
        {"icd10who": "Z85.4"},
    ],
)
def test_no_other_code_does(entry: dict[str, str]) -> None:
    assert statuses(conditions=[entry]) == {"passed"}


def test_a_pregnancy_in_the_family_does_not() -> None:
    assert statuses(family_history=[{"name": "pregnancy"}]) == {"passed"}


@pytest.mark.parametrize(
    "entry",
    [
        {"snomed": "177184002", "date": "2026-03-10"},
        {"text": "cesarean section", "date": "2012"},
        {"text": "剖宫产术", "date": "2012"},
        {"text": "Sectio caesarea", "date": "2012"},
        {"name": "hysterectomy", "date": "2015"},
        {"name": "bilateral_oophorectomy"},
        {"text": "laparoscopic hysterectomy", "date": "2015"},
        {"text": "bilateral salpingo-oophorectomy"},
        {"text": "tubal ligation", "date": "2015"},
        {"text": "insertion of IUD"},
        {"text": "endometrial biopsy"},
        {"text": "forceps delivery"},
        {"text": "excision of a mass of the left ovary"},
        {"text": "输卵管结扎术"},
    ],
)
def test_a_procedure_of_the_other_sex_asks(entry: dict[str, str]) -> None:
    assert statuses(procedures=[entry]) == {"unknown"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("20 weeks pregnant", "unknown"),
        ("pregnancy 20 weeks", "unknown"),
        ("intrauterine pregnancy", "unknown"),
        ("schwanger", "unknown"),
        ("gravida 2 para 1", "unknown"),
        ("lactating", "unknown"),
        ("endometriosis", "unknown"),
        ("suspected PCOS", "unknown"),
        ("uterine fibroids", "unknown"),
        ("ovarian cyst", "unknown"),
        ("heavy menstrual bleeding", "unknown"),
        ("preeclampsia 2019", "unknown"),
        ("gestational diabetes", "unknown"),
        ("cervical dysplasia", "unknown"),
        ("vaginal discharge", "unknown"),
        ("妊娠20周", "unknown"),
        ("孕20周", "unknown"),
        ("卵巢囊肿", "unknown"),
        ("子宫肌瘤", "unknown"),
        ("G2P1", "unknown"),
        ("G3P2A1, Z.n. Sectio", "unknown"),
        ("IUP 12 weeks", "unknown"),
        ("12. SSW", "unknown"),
        ("Postmenopausal bleeding", "unknown"),
        ("HELLP syndrome 2019", "unknown"),
        ("adenocarcinoma of the uterus, words that nobody knows", "unknown"),
        ("hypertension, 12 weeks pregnant", "unknown"),
        ("no diabetes, 12 weeks pregnant", "unknown"),
        ("宫内早孕", "unknown"),
        ("避孕", "passed"),
        ("wife pregnant", "passed"),
        ("mother: ovarian cancer", "passed"),
        ("hypertension, no pregnancy", "passed"),
        ("cervical spondylosis", "passed"),
        ("seit Geburt blind", "passed"),
        ("LV EDD 60 mm", "passed"),
        ("curettage of a wart", "passed"),
        ("varicocele", "passed"),
        ("prostatitis", "passed"),
        ("gynecomastia", "passed"),
        ("not pregnant", "passed"),
        ("no pregnancy", "passed"),
        ("osteoporosis", "passed"),
        ("vasectomy", "passed"),
        ("words that nobody knows", "passed"),
    ],
)
def test_words_ask_if_they_name_what_only_the_other_sex_has(words: str, expected: str) -> None:
    assert statuses(conditions=[{"text": words, "status": "active"}]) == {expected}
    assert of_fhir({"resourceType": "Condition", "code": {"text": words}}) == {expected}


@pytest.mark.parametrize(("words", "expected"), [("Sectio caesarea", "unknown"), ("appendectomy", "passed")])
def test_words_of_a_procedure_ask_likewise(words: str, expected: str) -> None:
    assert of_fhir({"resourceType": "Procedure", "status": "completed", "code": {"text": words}}) == {expected}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("hypertension, 20 weeks pregnant", "unknown"),
        ("G2P1", "unknown"),
        ("G2P1001", "unknown"),
        ("G2 P1", "unknown"),
        ("P2G3", "unknown"),
        ("G II P I", "unknown"),
        ("孕2产1", "unknown"),
        ("TAH", "unknown"),
        ("TAHBSO", "unknown"),
        ("D&C", "unknown"),
        ("D+C 2019", "unknown"),
        ("LSCS", "unknown"),
        ("menopause", "unknown"),
        ("LMP 2026-02-01", "unknown"),
        ("G6PD deficiency", "passed"),
        ("Z.n. Hysterektomie", "unknown"),
        ("Hypertonie, nicht schwanger", "passed"),
        ("arterial hypertension", "passed"),
    ],
)
def test_words_next_to_a_code_ask_likewise(words: str, expected: str) -> None:
    assert statuses(conditions=[{"icd10": "I10", "text": words}]) == {expected}
    coding = {"coding": [{"system": WHO, "code": "I10", "display": words}]}
    assert of_fhir({"resourceType": "Condition", "code": coding}) == {expected}


def test_the_line_names_the_words_that_contradict_the_sex() -> None:
    words = {"text": "20 weeks pregnant", "status": "active"}
    needs = [need.text for need in result_of({**MAN, "conditions": [words]}, "NCT07409259/E7").needs]
    assert "“20 weeks pregnant”: is it pregnancy? (conditions[0])" in needs


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"name": "pregnancy_test", "value": "true"}, "unknown"),
        ({"name": "pregnancy_test", "value": "detected"}, "unknown"),
        ({"name": "pregnancy_test", "value": "weakly positive"}, "unknown"),
        ({"name": "pregnancy_status", "value": "yes"}, "unknown"),
        ({"name": "serum_hCG", "value": 5400}, "unknown"),  # whatever its unit is
        ({"name": "serum_hCG", "value": 5400, "unit": "IU/L"}, "unknown"),
        ({"name": "serum_hCG", "value": 2, "unit": "IU/L"}, "passed"),
        ({"name": "hCG", "value": 5400}, "unknown"),
        ({"name": "hCG", "value": 5400, "unit": "IU/L"}, "unknown"),
        ({"name": "hCG", "value": "<2", "unit": "IU/L"}, "passed"),
        ({"name": "β-hCG", "value": 5400, "unit": "mIU/mL"}, "unknown"),
        ({"name": "urine pregnancy test", "value": "positive"}, "unknown"),
        ({"name": "Gravida", "value": 2}, "unknown"),
        ({"name": "Gravida", "value": 0}, "passed"),
        ({"loinc": "11996-6", "value": 2}, "unknown"),
        ({"loinc": "11977-6", "value": 1}, "unknown"),
        ({"loinc": "11977-6", "value": 0}, "passed"),
        ({"loinc": "8665-2", "value": "2026-02-01"}, "unknown"),
        ({"loinc": "11778-8", "value": "2026-10-01"}, "unknown"),
        ({"loinc": "11884-4", "value": 12, "unit": "wk"}, "unknown"),
        ({"loinc": "11884-4", "value": "not done"}, "passed"),
        ({"name": "serum_hCG", "value": None}, "passed"),
        ({"name": "pregnancy_test", "value": "not detected"}, "passed"),
        ({"name": "pregnancy_test", "value": "not done"}, "passed"),
        ({"name": "pregnancy_status", "value": "no"}, "passed"),
    ],
)
def test_a_result_asks_if_it_may_be_positive(result: dict[str, Any], expected: str) -> None:
    assert statuses(observations=[{**result, "date": "2026-03-16"}]) == {expected}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"valueBoolean": True}, "unknown"),
        ({"valueString": "Yes"}, "unknown"),
        ({"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260373001"}]}}, "unknown"),
        ({"valueBoolean": False}, "passed"),
        ({"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]}}, "passed"),
    ],
)
@pytest.mark.parametrize("loinc", ["2118-8", "82810-3"])
def test_a_result_of_fhir_does_likewise(loinc: str, more: dict[str, Any], expected: str) -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": loinc}]}
    result = {"resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": "2026-03-16"}
    assert of_fhir({**result, **more}) == {expected}


def of_fhir(resource: dict[str, Any]) -> set[str]:
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    entries = [{"resource": person}, {"resource": {**resource, "id": "r", "subject": {"reference": "Patient/p"}}}]
    return {each.status for each in answers({"resourceType": "Bundle", "type": "collection", "entry": entries})}


@pytest.mark.parametrize("system", [CM, WHO, GM])
@pytest.mark.parametrize(
    ("status", "expected"),
    [("confirmed", "unknown"), ("provisional", "unknown"), ("refuted", "passed"), ("entered-in-error", "passed")],
)
def test_the_same_in_fhir(system: str, status: str, expected: str) -> None:
    coding = {"system": system, "code": "O26.6"}
    known = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [coding]},
        "verificationStatus": {"coding": [{"system": known, "code": status}]},
    }
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    entries = [{"resource": person}, {"resource": condition}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert {each.status for each in answers(bundle)} == {expected}


def test_the_answer_shows_both_sides_of_the_contradiction() -> None:
    past = {"icd10": "Z87.5", "onset": "2019-05-02", "status": "resolved"}
    for line in answers({"id": "p", "birth_date": "1980", "sex": "male", "conditions": [past]}):
        assert "conflict" in line.reasons
        assert {"sex", "conditions[0]"} <= {each.source for each in line.evidence}
        assert any("recorded male" in flag.text for flag in line.flags)


OUTSIDE = [
    {"resourceType": "Encounter", "status": "finished", "period": {"start": "2026-02-01", "end": "2026-02-10"}},
    {"resourceType": "Flag", "status": "active"},
    {"resourceType": "EpisodeOfCare", "status": "active"},
]
FIELDS = {"Encounter": "reasonCode", "Flag": "code", "EpisodeOfCare": "diagnosis"}


def outside_of_the_lists(body: dict[str, Any], system: str, code: str, gender: str = "male") -> set[str]:
    concept = {"coding": [{"system": system, "code": code}]}
    field = FIELDS[body["resourceType"]]
    value: Any = concept if field == "code" else [concept]
    if field == "diagnosis":
        value = [{"condition": concept}]
    told = {**body, "id": "e", "subject": {"reference": "Patient/p"}, field: value}
    patient = {"resourceType": "Patient", "id": "p", "gender": gender, "birthDate": "1980-01-01"}
    entry = [{"resource": patient}, {"resource": told}]
    return {each.status for each in answers({"resourceType": "Bundle", "type": "collection", "entry": entry})}


@pytest.mark.parametrize("body", OUTSIDE, ids=lambda each: each["resourceType"])
@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CM, "O26.611", "unknown"),
        (WHO, "O26.6", "unknown"),
        (GM, "O99.6", "unknown"),
        ("http://snomed.info/sct", "77386006", "unknown"),  # pregnant
        ("http://snomed.info/sct", "17369002", "unknown"),  # miscarriage
        (WHO, "Z30.0", "passed"),  # advice on contraception
        (WHO, "Z31.4", "passed"),
        (WHO, "Z38.0", "passed"),
        (WHO, "Z64.0", "passed"),
        (WHO, "R69", "passed"),
        ("http://snomed.info/sct", "60001007", "passed"),  # not pregnant
        ("http://snomed.info/sct", "999999", "passed"),
    ],
)
def test_a_code_outside_of_the_lists_asks_too(body: dict[str, Any], system: str, code: str, expected: str) -> None:
    assert outside_of_the_lists(body, system, code) == {expected}
