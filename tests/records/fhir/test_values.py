"""Values of Observations, in every form that FHIR has for them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flagged import said
from records.fhir.tiny import (
    ABSENT_REASON,
    DAY,
    LOINC,
    SNOMED,
    UCUM,
    Json,
    coded,
    note_of,
    observation,
    only_absence,
    only_episode,
    only_result,
    read,
    resource,
)
from screener.records.patient import Result
from screener.values.dates import parse_moment
from screener.values.ranges import Range, exactly

WHEN = parse_moment(DAY)


def quantity(value: Any, unit: str | None = "umol/L", **more: Any) -> Json:
    coding = {"unit": unit, "system": UCUM, "code": unit} if unit is not None else {}
    return {"value": value, **coding, **more}


def test_a_quantity_is_read_with_its_unit_its_time_and_its_place() -> None:
    patient = read(observation("total_bilirubin", valueQuantity=quantity(210)))
    assert only_result(patient) == Result(
        "total_bilirubin",
        "Observation/1",
        "210",
        "umol/L",
        WHEN,
        value=exactly(210),
        exact=Fraction(210),
        factor=Fraction(1),
    )
    assert patient.notes == ()


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("<", Range(0.5, 3, high_open=True)),
        ("<=", Range(0.5, 3)),
        (">", Range(3, 1500, low_open=True)),
        (">=", Range(3, 1500)),
    ],
)
def test_a_comparator_makes_a_bound(comparator: str, expected: Range) -> None:
    result = only_result(read(observation("total_bilirubin", valueQuantity=quantity(3, comparator=comparator))))
    assert (result.value, result.exact, result.recorded_value) == (expected, None, f"{comparator}3")


def test_a_comparator_that_r4_does_not_have_makes_the_value_unknown() -> None:
    result = only_result(read(observation("total_bilirubin", valueQuantity=quantity(3, comparator="ad"))))
    assert (result.value, result.unusable, result.problem) == (
        None,
        "missing",
        "its comparator `ad` is not one of FHIR R4's",
    )


@pytest.mark.parametrize(
    ("text", "expected", "recorded_unit"),
    [
        ("1.8", exactly(1.8), None),
        ("<0.9", Range(0.5, 0.9, high_open=True), None),
        ("LESS THAN 0.9", Range(0.5, 0.9, high_open=True), None),
        ("> 8", Range(8, 30, low_open=True), None),
        ("1-2", Range(1, 2), None),
    ],
)
def test_a_text_is_read_as_laboratories_write_values(text: str, expected: Range, recorded_unit: str | None) -> None:
    result = only_result(read(observation("INR", valueString=text)))
    assert (result.value, result.recorded_value, result.recorded_unit) == (expected, text, recorded_unit)


def test_a_text_may_carry_its_unit() -> None:
    result = only_result(read(observation("total_bilirubin", valueString="10 mg/dL")))
    assert (result.recorded_unit, result.exact) == ("mg/dL", Fraction(100_000) / Fraction("584.66"))


@pytest.mark.parametrize("text", ["1,800", "NotDone", "haemolysed", "1+", "see comment", "", "-"])
def test_a_text_that_is_no_number_keeps_the_place_of_a_number(text: str) -> None:
    result = only_result(read(observation("INR", valueString=text)))
    assert (result.value, result.unusable, result.when) == (None, "missing", WHEN)


@pytest.mark.parametrize(
    ("field", "value", "choices"),
    [
        ("valueString", "Positive", {"positive"}),
        ("valueString", "NEG", {"negative"}),
        ("valueString", "Not done", {"not_done"}),
        ("valueString", "NotDone", None),
        ("valueString", "1+", None),
        ("valueCodeableConcept", {"text": "positive"}, {"positive"}),
        ("valueCodeableConcept", coded("10828004", SNOMED), {"positive"}),
        ("valueCodeableConcept", coded("LA6577-6", LOINC), {"negative"}),
        ("valueCodeableConcept", coded("10828004", SNOMED, "Negative"), None),
        ("valueCodeableConcept", {**coded("10828004", SNOMED, "POS"), "text": "Reactive, confirmed"}, {"positive"}),
        ("valueCodeableConcept", coded("X7", "urn:lab"), None),
        ("valueBoolean", True, None),
        ("valueInteger", 1, None),
        ("valueDateTime", "2026-02-18", None),
        ("valueAttachment", {"title": "scan"}, None),
    ],
)
def test_an_answer_is_read_by_its_code_and_by_its_words(field: str, value: Any, choices: set[str] | None) -> None:
    result = only_result(read(observation("HIV_test", **{field: value})))
    assert result.choices == (frozenset(choices) if choices is not None else None)
    assert result.unusable == (None if choices is not None else "missing")


def test_a_coded_answer_that_nobody_knows_is_named() -> None:
    result = only_result(read(observation("HIV_test", valueCodeableConcept=coded("X7", "urn:lab"))))
    assert result.problem == "its value is the code `X7`, which is not known"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1, None), (0, exactly(0)), (4, exactly(4)), (5, None)],
)
def test_an_integer_is_a_grade_within_its_scale(value: int, expected: Range | None) -> None:
    assert only_result(read(observation("hepatic_encephalopathy_grade", valueInteger=value))).value == expected


@pytest.mark.parametrize(
    ("value", "expected", "problem"),
    [
        ({"low": quantity(10), "high": quantity(20)}, Range(10, 20), None),
        ({"low": quantity(10), "high": quantity(10)}, exactly(10), None),
        ({"low": quantity(10)}, Range(10, 1500), None),
        ({"high": quantity(20)}, Range(0.5, 20), None),
        ({"low": quantity(20), "high": quantity(10)}, None, "its range ends before it begins"),
        ({"low": quantity(10), "high": quantity(2, "mg/dL")}, None, "the two ends of its range have different units"),
        ({}, None, "its range has no end"),
    ],
)
def test_a_range_is_a_span_of_values(value: Json, expected: Range | None, problem: str | None) -> None:
    result = only_result(read(observation("total_bilirubin", valueRange=value)))
    assert (result.value, result.problem) == (expected, problem)
    assert (result.exact is None) is (result.value != exactly(10))


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        (quantity(30, "umol"), quantity(2, "L"), exactly(15)),
        (quantity(30, "umol"), quantity(0, "L"), None),
        (quantity(30, "umol", comparator="<"), quantity(2, "L"), None),
        (quantity(30, "umol"), {}, None),
    ],
)
def test_a_ratio_is_one_quantity_by_another(above: Json, below: Json, expected: Range | None) -> None:
    result = only_result(read(observation("total_bilirubin", valueRatio={"numerator": above, "denominator": below})))
    assert result.value == expected
    assert result.unusable == (None if expected else "missing")


@pytest.mark.parametrize(
    ("unit", "code", "problem"),
    [
        ("umol/L", "umol/L", None),
        ("µmol/l", "umol/L", None),
        ("umol per L", "umol/L", None),
        ("umol/L", None, None),
        (None, "umol/L", None),
        ("mg/dL", "umol/L", "its unit is written as `mg/dL`, and coded as `umol/L`"),
    ],
)
def test_the_unit_is_the_one_coded_unless_another_is_written(
    unit: str | None, code: str | None, problem: str | None
) -> None:
    stated = {"value": 210, "unit": unit, "system": UCUM if code else None, "code": code}
    value = {field: each for field, each in stated.items() if each is not None}
    result = only_result(read(observation("total_bilirubin", valueQuantity=value)))
    assert (result.problem, result.unusable) == (problem, "unit" if problem else None)


def test_words_of_a_coded_value_keep_the_unit_that_they_carry() -> None:
    """The code of the result is of a mass; what the words say counts."""
    patient = read(observation("", code=coded("1975-2", LOINC), valueCodeableConcept={"text": "5 umol/L"}))
    assert (only_result(patient).exact, only_result(patient).recorded_unit) == (5, "umol/L")


@pytest.mark.parametrize(
    ("reason", "counts"),
    [("unknown", True), ("error", True), ("masked", True), ("not-performed", False), ("not-asked", False)],
)
def test_an_absent_value_keeps_its_place_unless_nothing_was_measured(reason: str, counts: bool) -> None:
    patient = read(observation("INR", dataAbsentReason=coded(reason, ABSENT_REASON)))
    if counts:
        assert only_result(patient).problem == f"it has no value: `{reason}`"
    else:
        assert patient.results == {}
        assert note_of(patient) == f"Observation/1: it has no value: `{reason}`"


def test_a_value_beside_a_reason_for_its_absence_is_unknown() -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, dataAbsentReason=coded("error", ABSENT_REASON)))
    assert only_result(patient).problem == "it has a value, and a reason for having none: `error`"


def test_two_values_are_none() -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, valueString="3"))
    assert only_result(patient).problem == "it has several values: valueQuantity, valueString"


def test_a_result_without_a_value_keeps_its_place() -> None:
    """An older one must not be taken for the latest."""
    assert only_result(read(observation("INR"))).problem == "it has no value"


def test_a_panel_without_a_value_is_no_result() -> None:
    part = {"code": coded("INR"), "valueQuantity": {"value": 2, "code": "1", "system": UCUM}}
    other = {"code": coded("creatinine"), "valueQuantity": quantity(80)}
    patient = read(observation("total_bilirubin", component=[part, other]))
    assert [(name, result.value, result.source) for name, (result,) in patient.results.items()] == [
        ("INR", exactly(2), "Observation/1.component[0]"),
        ("creatinine", exactly(80), "Observation/1.component[1]"),
    ]
    assert {each.when for those in patient.results.values() for each in those} == {WHEN}


def test_an_interpretation_is_the_value_of_a_test_without_one() -> None:
    positive = coded("POS", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")
    assert only_result(read(observation("HIV_test", interpretation=[positive]))).choices == {"positive"}


def test_a_code_may_itself_be_the_result() -> None:
    patient = read(observation("", code=coded("900001", SNOMED)))
    assert (only_result(patient).fact, only_result(patient).choices) == ("HIV_test", {"positive"})


@pytest.mark.parametrize("digits", [31, 400, 999])
def test_a_number_beyond_any_measure_is_unknown(digits: int) -> None:
    number = 10**digits
    for field, value in (("valueInteger", number), ("valueQuantity", {"value": number})):
        result = only_result(read(observation("INR", **{field: value})))
        assert (result.value, result.unusable) == (None, "missing")


# ---- status


@pytest.mark.parametrize(
    ("status", "usable", "flags"),
    [
        ("final", True, ()),
        ("amended", True, ()),
        ("corrected", True, ()),
        ("preliminary", True, ("preliminary",)),
        ("unknown", False, ()),
        ("fnial", False, ()),
    ],
)
def test_a_status_tells_whether_a_result_can_be_used(status: str, usable: bool, flags: tuple[str, ...]) -> None:
    result = only_result(read(observation("INR", status=status, valueQuantity={"value": 2})))
    assert (result.unusable is None, said(result.flags)) == (usable, flags)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_result_in_error_or_cancelled_does_not_count(status: str) -> None:
    patient = read(observation("INR", status=status, valueQuantity={"value": 2}))
    assert patient.results == {}
    in_error = status == "entered-in-error"
    why = "it was entered in error" if in_error else f"its status is `{status}`, and it does not count"
    assert note_of(patient) == f"Observation/1: {why}"


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ("preliminary", "final", [3]),
        ("final", "preliminary", [2]),
        ("final", "amended", [3]),
        ("corrected", "final", [2]),
        ("final", "final", [2, 3]),
    ],
)
def test_of_two_reports_of_one_time_the_later_counts(first: str, second: str, left: list[int]) -> None:
    patient = read(
        observation("INR", id="1", status=first, valueQuantity={"value": 2}),
        observation("INR", id="2", status=second, valueQuantity={"value": 3}),
    )
    assert [each.exact for each in patient.results["INR"]] == left


# ---- what says that a condition is there


@pytest.mark.parametrize(
    ("field", "value", "is_there"),
    [
        ("valueBoolean", True, True),
        ("valueBoolean", False, False),
        ("valueString", "Present", True),
        ("valueString", "absent", False),
        ("valueCodeableConcept", coded("10828004", SNOMED), True),
        ("valueCodeableConcept", coded("260415000", SNOMED), False),
        ("valueString", "perhaps", None),
        ("valueQuantity", {"value": 1}, None),
    ],
)
def test_an_observation_may_say_whether_a_condition_is_there(field: str, value: Any, is_there: bool | None) -> None:
    patient = read(observation("cirrhosis", **{field: value}))
    match is_there:
        case True:
            assert (only_episode(patient).concept, only_episode(patient).asserted) == ("cirrhosis", WHEN)
        case False:
            assert (only_absence(patient).concept, only_absence(patient).when) == ("cirrhosis", WHEN)
        case None:
            assert only_episode(patient).doubtful
            assert not patient.absences
            told = "Observation/1: its value does not say whether there is `cirrhosis`: it may be there"
            assert note_of(patient) == told


@pytest.mark.parametrize("status", ["unknown", "fnial"])
def test_a_statement_of_unknown_status_leaves_the_question_open(status: str) -> None:
    there = read(observation("cirrhosis", status=status, valueBoolean=True))
    assert only_episode(there).doubtful
    gone = read(observation("cirrhosis", status=status, valueBoolean=False))
    assert not gone.absences
    assert gone.notes


@pytest.mark.parametrize(("value", "is_absent"), [(True, True), (False, None)])
def test_a_code_of_an_absence_may_be_affirmed_and_its_denial_says_nothing(value: bool, is_absent: bool | None) -> None:
    patient = read(observation("", code=coded("900005", SNOMED), valueBoolean=value))
    assert ("hiv_infection" in patient.absences) is bool(is_absent)
    assert not patient.episodes
    assert bool(patient.notes) is not bool(is_absent)


def test_an_assertion_names_the_condition_in_its_value() -> None:
    assertion = coded("ASSERTION", "http://terminology.hl7.org/CodeSystem/v3-ActCode")
    patient = read(observation("", code=assertion, valueCodeableConcept=coded("cirrhosis")))
    assert (only_episode(patient).concept, only_episode(patient).source) == ("cirrhosis", "Observation/1")


# ---- reports and what they contain


def contained(name: str, number: int, **fields: Any) -> Json:
    inner = observation(name, id=f"c{number}", valueQuantity={"value": number, "code": "1", "system": UCUM}, **fields)
    return {field: value for field, value in inner.items() if field != "subject"}


@pytest.mark.parametrize(
    "holder",
    [
        resource("DiagnosticReport", status="final", result=[{"reference": "#c2"}]),
        resource("Observation", status="final", code={"text": "panel"}, hasMember=[{"reference": "#c2"}]),
    ],
)
def test_contained_observations_are_read_where_they_are_contained(holder: Json) -> None:
    patient = read({**holder, "contained": [contained("INR", 2)]})
    assert (only_result(patient).value, only_result(patient).source) == (
        exactly(2),
        f"{holder['resourceType']}/1#c2",
    )


def test_a_contained_observation_whose_meaning_may_be_changed_cannot_be_used() -> None:
    inner = contained("INR", 2, modifierExtension=[{"url": "urn:not"}])
    patient = read(resource("DiagnosticReport", status="final", result=[{"reference": "#c2"}], contained=[inner]))
    assert only_result(patient).unusable == "missing"
    assert note_of(patient) == (
        "DiagnosticReport/1#c2: INR: it has a `modifierExtension`, which may change what it means"
    )


def test_one_faulty_contained_observation_does_not_keep_the_others_from_being_read() -> None:
    patient = read(
        resource(
            "DiagnosticReport",
            status="final",
            result=[{"reference": "#c2"}],
            contained=[{**contained("INR", 1), "valueQuantity": 7}, contained("INR", 2)],
        )
    )
    faulty, sound = patient.results["INR"]
    assert (faulty.unusable, sound.value) == ("missing", exactly(2))
    assert note_of(patient) == "DiagnosticReport/1#c1: INR: its `valueQuantity` is not an object"


# ---- what cannot be read keeps its place

OLD = observation("INR", id="old", valueQuantity={"value": 3}, effectiveDateTime="2026-02-10")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"valueQuantity": {"value": "1.2"}}, "its `value` is not a number"),
        ({"valueQuantity": None, "valueString": 1.2}, "its `valueString` is not text"),
        ({"referenceRange": {"text": "0.8-1.2"}}, "its `referenceRange` is not a list"),
        ({"component": "none"}, "its `component` is not a list"),
        ({"interpretation": {"text": "low"}, "dataAbsentReason": 5}, "its `dataAbsentReason` is not an object"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "it has a `modifierExtension`, which may change what it means"),
    ],
)
def test_a_result_that_cannot_be_read_is_not_replaced_by_an_older_one(fault: Json, why: str) -> None:
    patient = read(OLD, observation("INR", **{"valueQuantity": {"value": 1.2}, **fault}))
    results = {each.source: each for each in patient.results["INR"]}
    assert (results["Observation/1"].unusable, results["Observation/1"].problem) == ("missing", why)
    assert results["Observation/1"].when == WHEN
    assert note_of(patient) == f"Observation/1: INR: {why}"


def test_a_result_whose_time_cannot_be_read_may_be_of_any_day() -> None:
    patient = read(OLD, observation("INR", valueQuantity={"value": 1.2}, effectiveDateTime=20260218))
    broken = next(each for each in patient.results["INR"] if each.source == "Observation/1")
    assert (broken.unusable, broken.when) == (None, None)


def test_codes_of_two_labs_leave_both_of_them_open() -> None:
    both = {"coding": [*coded("INR")["coding"], *coded("creatinine")["coding"]]}
    patient = read(OLD, observation("", code=both, valueQuantity={"value": 1.2}))
    (creatinine,) = patient.results["creatinine"]
    assert creatinine.problem == "its codes stand for different things: `INR` or `creatinine`"
    assert [each.unusable for each in patient.results["INR"]] == [None, "missing"]


def test_a_faulty_component_does_not_keep_the_others_from_being_read() -> None:
    components = [
        {"code": coded("INR"), "valueQuantity": {"value": "2"}},
        {"code": coded("creatinine"), "valueQuantity": {"value": 90, "unit": "umol/L"}},
    ]
    patient = read(observation("", code={"text": "panel"}, component=components))
    assert [(name, result.unusable) for name, (result,) in patient.results.items()] == [
        ("INR", "missing"),
        ("creatinine", None),
    ]


def test_what_cannot_be_read_and_was_cancelled_keeps_no_place() -> None:
    patient = read(observation("INR", status="cancelled", modifierExtension=[{"url": "urn:x"}]))
    assert patient.results == {}
