"""What a result or a report says beside what is read of it: a diagnosis as a value, a conclusion, a test's own name."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import DAY, LOINC, PATIENT, SNOMED, Json, bundle, coded, observation, resource
from screener import load_rules
from screener.records import read_patient
from screener.records.patient import Patient

RULES = load_rules()
UNREAD = coded("29308-4", LOINC, "Diagnosis")
ANSWER = "valueCodeableConcept"


def read(*resources: Json) -> Patient:
    return read_patient(bundle(PATIENT, *resources), RULES)


def open_of(*resources: Json) -> set[str]:
    """What is left open of the conditions, treatments and drugs."""
    return {name for of_list in read(*resources).may_be.values() for name in of_list}


def result(code: Json, **fields: Any) -> Json:
    return observation("", code=code, **fields)


def report(**fields: Any) -> Json:
    return resource("DiagnosticReport", **{"status": "final", "effectiveDateTime": DAY, **fields})


# ---- coded values

DIAGNOSES = [
    (coded("22298006", SNOMED), "myocardial_infarction"),
    (coded("18027006", SNOMED), "liver_transplantation"),
    (coded("L04AD02", "http://www.whocc.no/atc"), "immunosuppressant"),
    (coded("86406008", SNOMED), "hiv_infection"),
    ({"text": "Hepatocellular carcinoma, segment 8"}, "hepatocellular_carcinoma"),
    (coded("7", "urn:lab", "hepatocellular carcinoma"), "hepatocellular_carcinoma"),
]


@pytest.mark.parametrize(("value", "name"), DIAGNOSES)
def test_a_value_that_is_a_diagnosis_or_treatment_may_be_one(value: Json, name: str) -> None:
    assert name in open_of(result(UNREAD, **{ANSWER: value}))
    assert name in open_of(result(UNREAD, component=[{"code": UNREAD, ANSWER: value}]))
    assert name in open_of(resource("Observation", status="final", **{ANSWER: value}))


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_one_that_does_not_count_opens_nothing(status: str) -> None:
    assert open_of(result(UNREAD, status=status, **{ANSWER: DIAGNOSES[0][0]})) == set()
    assert open_of(report(status=status, conclusion="HCC")) == set()


@pytest.mark.parametrize("value", [coded("260385009", SNOMED, "Negative"), coded("1", "urn:lab", "Low"), {"text": "A"}])
def test_any_other_value_opens_nothing(value: Json) -> None:
    assert open_of(result(UNREAD, **{ANSWER: value})) == set()


# ---- words


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("Hepatocellular carcinoma", "hepatocellular_carcinoma"),
        ("LI-RADS 5, HCC likely", "hepatocellular_carcinoma"),
        ("no sign of portal-vein thrombosis", "portal_vein_thrombosis"),
        ("St.p. liver transplantation", "liver_transplantation"),
        ("Acute MI.", "myocardial_infarction"),
    ],
)
def test_words_that_name_something_leave_it_open_and_say_so(wording: str, name: str) -> None:
    for each, place in (
        (result(UNREAD, valueString=wording), "Observation/1"),
        (report(conclusion=wording), "DiagnosticReport/1.conclusion"),
        (report(conclusionCode=[{"text": wording}]), "DiagnosticReport/1.conclusionCode[0]"),
        (report(conclusionCode={"text": wording}), "DiagnosticReport/1.conclusionCode[0]"),
        (report(conclusionCode=wording), "DiagnosticReport/1.conclusionCode[0]"),
    ):
        assert name in open_of(each)
        assert any(note.startswith(f"{place}: its words name `") for note in read(each).notes)


@pytest.mark.parametrize("wording", ["No focal lesion", "Unremarkable.", "He may hear the mitral valve", "", "hccx"])
def test_words_that_name_nothing_open_nothing(wording: str) -> None:
    assert open_of(report(conclusion=wording)) == set()
    assert open_of(result(UNREAD, valueString=wording)) == set()


def test_of_a_name_within_a_longer_one_the_longer_counts() -> None:
    found = open_of(report(conclusion="lower gastrointestinal bleeding"))
    assert "lower_gastrointestinal_bleeding" in found or "gastrointestinal_bleeding" in found
    assert "upper_gastrointestinal_bleeding" not in found


def test_what_is_told_names_no_more_than_what_the_dictionary_calls_it() -> None:
    patient = read(report(conclusion="Mr. Adam Example has HCC"))
    assert "Example" not in repr(patient)


# ---- what a test is called

TESTS = [
    {"text": "HIV-1/2 Ag/Ab"},
    coded("HIV", "urn:lab", "HIV 1/2 antibody screen"),
    coded("99999-9", LOINC, "hiv 1 proviral DNA"),
]


@pytest.mark.parametrize("code", TESTS)
@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "reactive"},
        {"valueString": "Positive"},
        {ANSWER: coded("10828004", SNOMED)},
        {"valueQuantity": {"value": 12}},
        {"interpretation": [{"text": "POS"}]},
        {"dataAbsentReason": {"text": "masked"}},
        {"valueString": "see report"},
    ],
)
def test_a_test_that_names_a_virus_and_is_not_negative_asks(code: Json, value: Json) -> None:
    assert "hiv_infection" in open_of(result(code, **value))


@pytest.mark.parametrize("code", TESTS)
@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "nonreactive"},
        {"valueString": "Not detected"},
        {ANSWER: coded("260385009", SNOMED)},
        {"valueBoolean": False},
        {"interpretation": [coded("NEG", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]},
        {},
    ],
)
def test_a_negative_one_opens_nothing(code: Json, value: Json) -> None:
    assert open_of(result(code, **value)) == set()


# ---- a condition as the code

INFARCTION = coded("22298006", SNOMED)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"valueString": "anterior wall"},
        {"valueDateTime": DAY},
        {ANSWER: coded("42425007", SNOMED)},
        {"valueQuantity": {"value": 1}},
        {"dataAbsentReason": coded("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")},
    ],
)
def test_a_condition_whose_value_does_not_say_may_be_there(value: Json) -> None:
    (found,) = read(result(INFARCTION, **value)).episodes["myocardial_infarction"]
    assert found.doubtful


@pytest.mark.parametrize(
    "value",
    [
        {"dataAbsentReason": coded("not-performed", "http://terminology.hl7.org/CodeSystem/data-absent-reason")},
        {"component": [{"code": UNREAD, "valueString": "no"}]},
    ],
)
def test_one_that_was_not_looked_for_opens_nothing(value: Json) -> None:
    assert "myocardial_infarction" not in read(result(INFARCTION, **value)).episodes
