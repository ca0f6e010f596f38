"""Reference ranges: the limits of normal that came with a result."""

from __future__ import annotations

from typing import Any

import pytest

from flagged import said
from records.fhir.tiny import DAY, PATIENT, UCUM, Json, coded, observation, only_result, read

RANGE_KINDS = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
UNCLEAR = "which of its limits of normal apply is not clear, and none is used"
SNOMED_SEX = {"male": "248153007", "female": "248152002"}


def umol(value: Any) -> Json:
    return {"value": value, "unit": "umol/L", "system": UCUM, "code": "umol/L"}


def years(value: Any) -> Json:
    return {"value": value, "unit": "years", "system": UCUM, "code": "a"}


def limits(*ranges: Json, patient: Json = PATIENT, when: str | None = DAY) -> tuple[Any, Any, tuple[str, ...]]:
    """Lower and upper limit, and what is doubtful about them."""
    result = only_result(
        read(
            observation("total_bilirubin", valueQuantity=umol(30), referenceRange=list(ranges), effectiveDateTime=when),
            patient=patient,
        )
    )
    return result.lower_limit, result.upper_limit, said(result.flags)


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ({"low": umol(3), "high": umol(21)}, (3, 21)),
        ({"high": umol(21)}, (None, 21)),
        ({"low": umol(3)}, (3, None)),
        ({"high": {"value": 21}}, (None, 21)),
        ({"text": "3-21"}, (3, 21)),
        ({"text": "< 21 umol/L"}, (None, 21)),
        ({"text": "up to 21"}, (None, 21)),
        ({"text": ">3"}, (3, None)),
        ({"high": umol(21), "text": "3 to 99"}, (None, 21)),
        ({"type": coded("normal", RANGE_KINDS), "high": umol(21)}, (None, 21)),
        ({"type": {"text": "Normal Range"}, "high": umol(21)}, (None, 21)),
        ({"type": coded("treatment", RANGE_KINDS), "high": umol(21)}, (None, None)),
        ({"type": coded("recommended", RANGE_KINDS), "high": umol(21)}, (None, None)),
    ],
)
def test_the_limits_of_one_range(range_: Json, expected: tuple[Any, Any]) -> None:
    assert limits(range_) == (*expected, ())


def test_limits_in_a_unit_of_their_own_are_converted() -> None:
    _, upper, flags = limits({"high": {"value": 1.2, "unit": "mg/dL"}})
    assert (round(float(upper), 3), flags) == (20.525, ())


@pytest.mark.parametrize(
    ("range_", "doubt"),
    [
        ({"text": "see the manual"}, "its limits of normal cannot be read, and none is used"),
        ({"high": {"comparator": "<", **umol(21)}}, "its limits of normal cannot be read, and none is used"),
        (
            {"low": umol(3), "high": {"value": 1.2, "unit": "mg/dL"}},
            "its limits of normal cannot be read, and none is used",
        ),
        ({"low": umol(21), "high": umol(3)}, "its limits of normal are exchanged, and are not used"),
        ({"type": {"text": "house rule"}, "high": umol(21)}, UNCLEAR),
        ({"high": umol(21), "modifierExtension": [{"url": "urn:x"}]}, UNCLEAR),
    ],
)
def test_limits_that_cannot_be_used_are_named(range_: Json, doubt: str) -> None:
    assert limits(range_) == (None, None, (doubt,))


@pytest.mark.parametrize(
    ("sex", "expected"), [("female", (None, 19, ())), ("male", (None, 22, ())), (None, (None, None, (UNCLEAR,)))]
)
@pytest.mark.parametrize("how", ["snomed", "word", "text"])
def test_of_several_ranges_the_one_for_the_sex_counts(sex: str | None, expected: Any, how: str) -> None:
    def group(of: str) -> Json:
        if how == "text":
            return {"text": of.capitalize()}
        return coded(SNOMED_SEX[of], "http://snomed.info/sct") if how == "snomed" else coded(of, None)

    ranges = [{"high": umol(high), "appliesTo": [group(of)]} for of, high in (("male", 22), ("female", 19))]
    patient = {field: value for field, value in {**PATIENT, "gender": sex}.items() if value is not None}
    assert limits(*ranges, patient=patient) == expected


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("2008-02-19", 17),
        ("2008-02-18", 21),
        ("2008-02-17", 21),
        ("2008-02", None),
        ("2007", 21),
        ("2009", 17),
        ("2008", None),
        (None, None),
    ],
)
def test_of_several_ranges_the_one_for_the_age_on_the_day_counts(birth: str | None, expected: int | None) -> None:
    ranges = [
        {"high": umol(17.5), "age": {"high": years(17)}},
        {"high": umol(21), "age": {"low": years(18)}},
    ]
    patient = {field: value for field, value in {**PATIENT, "birthDate": birth}.items() if value is not None}
    lower, upper, flags = limits(*ranges, patient=patient)
    assert (lower, None if upper is None else int(upper)) == (None, expected)
    assert flags == (() if expected else (UNCLEAR,))


@pytest.mark.parametrize(("birth", "expected"), [("2007", 21), ("2008", None), ("2008-03", None), ("2008-02-18", 21)])
def test_an_age_that_is_not_certain_applies_to_nothing(birth: str, expected: int | None) -> None:
    ranges = [{"high": umol(21), "age": {"low": years(18)}}, {"high": umol(19), "age": {"high": years(9)}}]
    _, upper, flags = limits(*ranges, patient={**PATIENT, "birthDate": birth})
    assert (upper, flags) == (expected, () if expected or birth == "2008-03" else (UNCLEAR,))


def test_without_a_time_nobody_knows_the_age() -> None:
    ranges = [{"high": umol(18), "age": {"high": years(17)}}, {"high": umol(21), "age": {"low": years(18)}}]
    assert limits(*ranges, when=None) == (None, None, (UNCLEAR,))


def test_ranges_that_say_the_same_are_one_and_ranges_that_differ_are_none() -> None:
    assert limits({"high": umol(21)}, {"high": umol(21)}) == (None, 21, ())
    assert limits({"high": umol(21)}, {"high": umol(22)}) == (None, None, (UNCLEAR,))
    normal = {"type": coded("normal", RANGE_KINDS), "high": umol(21)}
    assert limits(normal, {"type": coded("treatment", RANGE_KINDS), "high": umol(60)}) == (None, 21, ())


def test_a_group_that_is_no_sex_leaves_open_which_of_several_applies() -> None:
    ranges = [{"high": umol(21)}, {"high": umol(25), "appliesTo": [{"text": "pregnant"}]}]
    assert limits(*ranges) == (None, None, (UNCLEAR,))


def test_a_component_has_limits_of_its_own() -> None:
    part = {
        "code": coded("total_bilirubin"),
        "valueQuantity": umol(30),
        "referenceRange": [{"high": umol(19)}],
    }
    patient = read(observation("", code={"text": "panel"}, component=[part], referenceRange=[{"high": umol(21)}]))
    assert only_result(patient).upper_limit == 19
