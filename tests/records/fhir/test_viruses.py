"""What tests for viruses show: a screen asks, a confirmed test or a load decides, and none found denies nothing."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import DAY, LOINC, PATIENT, SNOMED, Json, bundle, coded, observation, resource
from screener import evaluate, load_rules
from screener.records import read_patient

RULES = load_rules()
HIV_LINE = ("NCT03863002", "E12")
ANSWER = "valueCodeableConcept"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def status(*resources: Json, line: tuple[str, str] = HIV_LINE, complete: bool = True) -> str:
    patient = read_patient(bundle(PATIENT, *resources), RULES)
    screening = evaluate(patient, RULES, as_of=DAY, assume_complete=["conditions"] if complete else [])
    trial = next(each for each in screening.trials if each.id == line[0])
    return next(each.status for each in trial.criteria if each.id == line[1])


def result(code: str, day: str = DAY, **value: Any) -> Json:
    return observation("", code=coded(code, LOINC), effectiveDateTime=day, **value)


def test_the_line_is_the_one_about_hiv() -> None:
    screening = evaluate(read_patient(bundle(PATIENT), RULES), RULES, as_of=DAY, trials=[HIV_LINE[0]])
    assert "HIV" in next(each.text for each in screening.trials[0].criteria if each.id == HIV_LINE[1])
    assert status() == "passed"


@pytest.mark.parametrize(
    "value",
    [
        {ANSWER: coded("LA15255-5", LOINC)},
        {ANSWER: coded("11214006", SNOMED)},
        {"valueString": "Reactive"},
        {"valueString": "weakly reactive"},
        {"interpretation": [coded("RR", INTERPRETATION)]},
        {ANSWER: {"text": "Detected"}},
        {"valueString": "indeterminate"},
    ],
)
@pytest.mark.parametrize("code", ["56888-1", "7918-6", "48345-3", "30361-0"])
def test_a_reactive_screen_asks(code: str, value: Json) -> None:
    assert status(result(code, **value)) == "unknown"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("5221-7", {"valueString": "Positive"}),
        ("86233-4", {ANSWER: coded("10828004", SNOMED)}),
        ("25835-0", {ANSWER: coded("260373001", SNOMED, "Detected (qualifier value)")}),
        ("25835-0", {ANSWER: coded("LA11882-0", LOINC)}),
        ("5017-9", {"interpretation": [coded("DET", INTERPRETATION)]}),
        ("20447-9", {"valueQuantity": {"value": 4800, "unit": "copies/mL", "code": "{copies}/mL"}}),
        ("20447-9", {"valueString": "4800 copies/mL"}),
        ("20447-9", {"valueString": ">10000000 copies/mL"}),
        ("20447-9", {"valueString": "Detected"}),
        ("20447-9", {"interpretation": [coded("POS", INTERPRETATION)]}),
        ("62469-2", {"valueQuantity": {"value": 300, "unit": "IU/mL"}}),
    ],
)
def test_a_confirmed_test_or_a_load_that_was_found_decides(code: str, value: Json) -> None:
    assert status(result(code, **value)) == "failed"


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "Not detected"},
        {"valueString": "Target not detected"},
        {ANSWER: coded("260415000", SNOMED)},
        {ANSWER: coded("LA11883-8", LOINC)},
        {"interpretation": [coded("ND", INTERPRETATION)]},
        {"valueQuantity": {"value": 0, "unit": "copies/mL"}},
    ],
)
@pytest.mark.parametrize("code", ["20447-9", "25835-0"])
def test_what_is_not_found_denies_nothing(code: str, value: Json) -> None:
    if code == "25835-0" and "valueQuantity" in value:
        return
    assert status(result(code, **value), complete=False) == "unknown"
    before = result("5221-7", "2020-01-05", id="2", valueString="Positive")
    assert status(before, result(code, **value)) == "failed"


@pytest.mark.parametrize("written", ["<20 copies/mL", "< 20 {copies}/mL", "<1,3 copies/mL"])
def test_below_what_the_assay_counts_may_be_some_or_none(written: str) -> None:
    assert status(result("20447-9", valueString=written)) == "unknown"


@pytest.mark.parametrize(
    ("code", "denied"),
    [("56888-1", True), ("7918-6", True), ("30361-0", False), ("7919-4", False), ("5221-7", False), ("20447-9", False)],
)
@pytest.mark.parametrize("word", ["Non-reactive", "Not detected", "NEGATIVE"])
def test_a_screen_for_both_kinds_denies_and_a_part_of_it_does_not(code: str, word: str, denied: bool) -> None:
    assert status(result(code, valueString=word), complete=False) == ("passed" if denied else "unknown")


def test_a_member_or_component_of_a_panel_is_a_result_of_its_own() -> None:
    component = {"code": coded("20447-9", LOINC), "valueQuantity": {"value": 50, "unit": "copies/mL"}}
    assert status(observation("", code={"text": "virology"}, component=[component])) == "failed"
    panel = resource(
        "Observation", id="9", status="final", code={"text": "HIV"}, hasMember=[{"reference": "Observation/1"}]
    )
    assert status(panel, result("25835-0", valueString="Detected")) == "failed"


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("5196-1", {"valueString": "Detected"}, True),
        ("5196-1", {ANSWER: coded("52101004", SNOMED)}, True),
        ("42595-9", {"valueString": "Detected"}, True),
        ("11011-4", {"valueString": "1,2 [IU]/mL"}, True),
        ("42595-9", {"valueString": "Not detected"}, False),
        ("5196-1", {"valueString": "Not detected"}, False),
        ("13955-0", {"valueString": "Detected"}, False),
    ],
)
def test_a_virus_of_hepatitis_is_there_by_what_defines_it(code: str, value: Json, expected: bool) -> None:
    patient = read_patient(bundle(PATIENT, result(code, **value)), RULES)
    certain = [each for each in patient.episodes.get("viral_hepatitis", ()) if not each.doubtful]
    assert bool(certain) is expected
    assert patient.absences.get("viral_hepatitis", ()) == ()


@pytest.mark.parametrize(
    ("answer", "present", "absent"),
    [
        (coded("LA15173-0", LOINC), True, False),
        (coded("77386006", SNOMED), True, False),
        (coded("LA26683-5", LOINC), False, True),
        (coded("60001007", SNOMED), False, True),
        (coded("LA4489-6", LOINC), False, False),
        (coded("102874004", SNOMED), False, False),
    ],
)
def test_a_pregnancy_status_of_a_summary_is_read(answer: Json, present: bool, absent: bool) -> None:
    patient = read_patient(bundle(PATIENT, result("82810-3", **{ANSWER: answer})), RULES)
    (status_on_record,) = patient.results["pregnancy_status"]
    assert status_on_record.unusable is None
    assert any(not each.doubtful for each in patient.episodes.get("pregnancy", ())) is present
    assert any(not each.doubtful for each in patient.absences.get("pregnancy", ())) is absent


@pytest.mark.parametrize(
    ("answer", "status_of_line"),
    [
        (coded("LA29252-6", LOINC), "failed"),
        (coded("LA29253-4", LOINC), "unknown"),  # not breastfeeding: whether she is pregnant is not known
        (coded("LA4489-6", LOINC), "unknown"),
        ({"text": "Currently breastfeeding"}, "failed"),
        ({"text": "gestillt"}, "unknown"),
    ],
)
@pytest.mark.parametrize("code", [coded("63895-7", LOINC), coded("413712001", SNOMED)])
def test_a_breastfeeding_status_of_a_hospital_is_read(code: Json, answer: Json, status_of_line: str) -> None:
    told = observation("", code=code, **{ANSWER: answer})
    assert status(told, line=("NCT07409259", "E7")) == status_of_line
    not_pregnant = result("82810-3", **{ANSWER: coded("LA26683-5", LOINC)})
    if answer == coded("LA29253-4", LOINC):
        told_both = read_patient(bundle(PATIENT, told, not_pregnant), RULES)
        assert [each.concept for each in told_both.absences["breastfeeding"]] == ["breastfeeding"]
