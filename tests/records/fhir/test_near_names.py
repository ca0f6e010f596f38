"""A result under a code or wording that nobody knows keeps the place of what it may be, as it does natively."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import SNOMED, bundle
from records.fhir_sources import dictionary
from screener import load_patient, load_rules
from screener.records import read_patient
from screener.records.patient import Patient
from screener.screening import evaluate

Json = dict[str, Any]
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1981-05-04"}
OWN = "urn:oid:1.2.3.4.5"


def result(code: Json, value: Json, day: str, **more: Any) -> Json:
    subject = {"reference": "Patient/p"}
    return {
        "resourceType": "Observation",
        "subject": subject,
        "status": "final",
        "code": code,
        "effectiveDateTime": day,
        **value,
        **more,
    }


def quantity(value: float, unit: str | None = None) -> Json:
    return {"valueQuantity": {"value": value, **({"unit": unit} if unit else {})}}


def named(display: str, system: str = SNOMED) -> Json:
    return {"coding": [{"system": system, "code": "1", "display": display}]}


def own(code: str, display: str | None = None) -> Json:
    return {"coding": [{"system": OWN, "code": code, **({"display": display} if display else {})}]}


def loinc(code: str) -> Json:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


OLD = {
    "total_bilirubin": result(loinc("14631-6"), {"valueQuantity": {"value": 100, "unit": "umol/L"}}, "2026-02-17"),
    "body_weight": result(loinc("29463-7"), quantity(60, "kg"), "2026-02-17"),
    "INR": result(loinc("6301-6"), quantity(1.2), "2026-02-17"),
    "creatinine": result(loinc("2160-0"), quantity(1.0, "mg/dL"), "2026-02-17"),
}


def read(*resources: Json) -> Patient:
    found = read_patient(bundle(PATIENT, *resources), dictionary())
    assert isinstance(found, Patient)
    return found


def unread(patient: Patient, fact: str) -> list[str | None]:
    return [each.when and each.when.text for each in patient.results.get(fact, ()) if each.unusable == "unread"]


@pytest.mark.parametrize(
    ("fact", "code", "value"),
    [
        ("total_bilirubin", own("BILI"), quantity(400, "umol/L")),
        ("total_bilirubin", {"text": "T-Bil"}, quantity(23, "mg/dL")),
        ("total_bilirubin", own("4711", "Bilirubin total"), quantity(23, "mg/dL")),
        ("body_weight", {"text": "Weight"}, quantity(46, "kg")),
        ("INR", {"text": "INR"}, quantity(3.1)),
        ("INR", {"text": "INR"}, {"valueString": "3.1"}),
        ("creatinine", {"text": "Creatinine"}, quantity(3.0, "mg/dL")),
        ("creatinine", own("CREA"), quantity(300, "umol/L")),
        ("body_weight", named("Body weight (observable entity)"), quantity(46, "kg")),
        ("body_weight", named("Weight", "urn:iso:std:iso:11073:10101"), quantity(46, "kg")),
        ("INR", named("International normalised ratio (observable entity)"), quantity(3.1)),
        ("creatinine", named("Creatinine level"), quantity(300, "umol/L")),
        ("total_bilirubin", named("Serum total bilirubin measurement (procedure)"), quantity(400, "umol/L")),
    ],
)
def test_it_keeps_the_place_of_the_latest(fact: str, code: Json, value: Json) -> None:
    known = dictionary()
    patient = read(OLD[fact], result(code, value, "2026-02-19"))
    assert unread(patient, fact) == ["2026-02-19"]
    assert not any("no rule uses" in note for note in patient.notes)
    assert any(note.startswith("Observation") or "may be" in note for note in patient.notes)
    with_it, without = (evaluate(each, known.rulebook, as_of="2026-02-20") for each in (patient, read(OLD[fact])))
    for one, other in zip(_lines(with_it), _lines(without), strict=True):
        assert one == other or one[2] == "unknown", (one, other)


def _lines(screening: Any) -> list[tuple[str, str, str]]:
    return [(trial.id, line.id, line.status) for trial in screening.trials for line in trial.criteria]


def test_it_decides_nothing_and_is_told_first() -> None:
    patient = read(OLD["total_bilirubin"], result(own("BILI"), quantity(400, "umol/L"), "2026-02-19"))
    screening = evaluate(patient, dictionary().rulebook, as_of="2026-02-20")
    assert any("BILI" in note and "total bilirubin" in note for note in screening.check_first)


@pytest.mark.parametrize(
    ("fact", "code", "value", "more"),
    [
        ("total_bilirubin", own("BILD", "Bilirubin direct"), quantity(4, "mg/dL"), {}),
        ("total_bilirubin", own("BILI"), quantity(4, "kg"), {}),
        ("total_bilirubin", named("Direct bilirubin (substance)"), quantity(4, "mg/dL"), {}),
        ("total_bilirubin", own("BIL", "Bilirubin (direct)"), quantity(4, "mg/dL"), {}),
        ("body_weight", named("Birth weight (observable entity)"), quantity(3, "kg"), {}),
        ("creatinine", named("Creatinine clearance"), quantity(90, "mL/min"), {}),
        ("ascites_grade", named("Histologic grade of neoplasm (observable entity)"), quantity(2), {}),
        ("creatinine", {"text": "Creatinine, urine"}, quantity(90, "mg/dL"), {}),
        ("creatinine", own("CREA"), quantity(90, "mg/dL"), {"specimen": {"display": "Urine"}}),
        ("INR", {"text": "INR"}, {"valueString": "see the letter"}, {}),
        ("INR", {"text": "INR"}, {}, {}),
        ("body_weight", loinc("99999-9") | {"text": "Weight"}, quantity(46, "kg"), {}),
        ("INR", {"text": "INR"}, quantity(3.1), {"status": "entered-in-error"}),
    ],
)
def test_what_is_something_else_keeps_no_place(fact: str, code: Json, value: Json, more: Json) -> None:
    older = [OLD[fact]] if fact in OLD else []
    assert unread(read(*older, result(code, value, "2026-02-19", **more)), fact) == []


def test_an_older_one_changes_nothing() -> None:
    patient = read(OLD["total_bilirubin"], result(own("BILI"), quantity(400, "umol/L"), "2026-02-16"))
    screening = evaluate(patient, dictionary().rulebook, as_of="2026-02-20")
    alone = evaluate(read(OLD["total_bilirubin"]), dictionary().rulebook, as_of="2026-02-20")
    assert unread(patient, "total_bilirubin") == ["2026-02-16"]
    assert screening.check_first == ()
    latest = [line for line, other in zip(_lines(screening), _lines(alone), strict=True) if line != other]
    assert all(status == "unknown" for *_, status in latest)


def test_a_component_keeps_its_place_as_well() -> None:
    part = {"code": own("BILI"), **quantity(400, "umol/L")}
    panel = result(own("LIVER"), {}, "2026-02-19", component=[part])
    assert unread(read(OLD["total_bilirubin"], panel), "total_bilirubin") == ["2026-02-19"]


PRESSURE = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic blood pressure"}
MILLIMETRES = quantity(18, "mm[Hg]")


def beside(known: Json, display: str | None, system: str = "http://loinc.org") -> Json:
    other = {"system": system, "code": "X1", **({"display": display} if display else {})}
    return {"coding": [known, other]}


@pytest.mark.parametrize("display", ["Systolic pulmonary arterial pressure", "Left atrial pressure Systolic"])
@pytest.mark.parametrize("system", ["http://loinc.org", "urn:iso:std:iso:11073:10101", OWN])
def test_a_name_of_something_else_next_to_a_known_code_leaves_the_result_open(display: str, system: str) -> None:
    patient = read(result(beside(PRESSURE, display, system), MILLIMETRES, "2026-02-18"))
    (pressure,) = patient.results["systolic_blood_pressure"]
    problem = f"its codes stand for different things: `systolic_blood_pressure`, and `{display}`"
    assert (pressure.unusable, pressure.problem) == ("missing", problem)


@pytest.mark.parametrize(
    ("code", "display", "unit"),
    [
        ("29463-7", "Birth weight Measured", "kg"),
        ("1975-2", "Bilirubin direct", "mg/dL"),
        ("2160-0", "Creatinine clearance", "mg/dL"),
    ],
)
def test_so_it_is_of_other_labs(code: str, display: str, unit: str) -> None:
    known = {"system": "http://loinc.org", "code": code}
    patient = read(result(beside(known, display), quantity(3, unit), "2026-02-18"))
    ((found,),) = (each for name, each in patient.results.items())
    assert found.unusable == "missing"


TWO_CODES = [
    ("total_bilirubin", "1975-2", "1968-7", "mg/dL"),
    ("creatinine", "2160-0", "33863-2", "mg/dL"),
    ("sodium", "2951-2", "2823-3", "mmol/L"),
    ("hemoglobin", "718-7", "4548-4", "g/dL"),
]


@pytest.mark.parametrize(("lab", "known", "other", "unit"), TWO_CODES)
@pytest.mark.parametrize("words", [None, "Blood test"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_codes_of_one_system_without_words_leave_open_what_was_measured(
    lab: str, known: str, other: str, unit: str, words: str | None, turned: bool
) -> None:
    codings = [{"system": "http://loinc.org", "code": each} for each in (known, other)]
    code = {"coding": codings[::-1] if turned else codings, **({"text": words} if words else {})}
    ((found,),) = read(result(code, quantity(12, unit), "2026-02-18")).results.values()
    problem = f"its codes stand for different things: `{lab}`, and `{other}`, which is not known here"
    assert (found.unusable, found.problem) == ("missing", problem)


@pytest.mark.parametrize("words", ["Total bilirubin", "Bilirubin, total", "TBil"])
def test_words_that_name_the_lab_tell_which_of_two_codes_is_meant(words: str) -> None:
    codings = [{"system": "http://loinc.org", "code": each} for each in ("1975-2", "1968-7")]
    ((found,),) = read(result({"coding": codings, "text": words}, quantity(12, "mg/dL"), "2026-02-18")).results.values()
    assert found.unusable is None


@pytest.mark.parametrize(
    ("display", "system"),
    [
        *((each, "http://loinc.org") for each in ("Systolic blood pressure--sitting", "SBP", "Blutdruck systolisch")),
        ("Blood pressure systolic, invasive", "http://loinc.org"),
        (None, OWN),
        (None, "http://snomed.info/sct"),
    ],
)
def test_a_name_of_the_same_lab_leaves_it_as_it_is(display: str | None, system: str) -> None:
    patient = read(result(beside(PRESSURE, display, system), quantity(118, "mm[Hg]"), "2026-02-18"))
    (pressure,) = patient.results["systolic_blood_pressure"]
    assert pressure.unusable is None


@pytest.mark.parametrize(
    ("coding", "opens"),
    [
        ({"system": SNOMED, "code": "27113001", "display": "Body weight"}, True),
        ({"system": "urn:iso:std:iso:11073:10101", "code": "188736", "display": "Body weight"}, True),
        ({"system": SNOMED, "code": "27113001"}, False),
        ({"system": SNOMED, "code": "27113001", "display": "Ideal body weight"}, False),
    ],
)
def test_a_code_of_no_laboratory_under_the_very_name_of_a_lab_keeps_its_place(coding: Json, opens: bool) -> None:
    rules = load_rules()

    def weighed(code: Json, kilograms: float, day: str) -> Json:
        value = {"value": kilograms, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
        return result({"coding": [code]}, {"valueQuantity": value}, day)

    earlier = weighed({"system": "http://loinc.org", "code": "29463-7"}, 70, "2026-03-01")
    screening = evaluate(
        load_patient(bundle(PATIENT, earlier, weighed(coding, 40, "2026-03-10")), rules), rules, as_of="2026-03-11"
    )
    line = next(each for each in screening.trial("NCT03863002").criteria if each.id == "I5")
    assert line.status == ("unknown" if opens else "passed")
