"""A code or components of a wrong shape keep the result's place; a null says nothing; the patient is no other focus."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, coded, condition, observation, read, resource
from records.small_rulebook import SMALL
from screener.records.patient import Patient
from screener.records.reading import read_patients

CODING = coded("INR")["coding"][0]
OLDER = observation("INR", id="0", effectiveDateTime="2026-02-01", valueQuantity={"value": 1.1})


def with_code(code: Any) -> Patient:
    return read(OLDER, observation("INR", code=code, valueQuantity={"value": 2}))


def latest(patient: Patient) -> tuple[Any, Any]:
    last = max(patient.results["INR"], key=lambda each: each.when.instant if each.when is not None else (0, 0, 0))
    return last.exact, last.unusable


@pytest.mark.parametrize(
    "code", [{"coding": [None, CODING]}, {"coding": [CODING, None]}, {"coding": [CODING], "text": None}]
)
def test_a_null_among_codings_says_nothing(code: Any) -> None:
    assert latest(with_code(code)) == (2, None)
    kept = read(condition("", code={"coding": [None, coded("cirrhosis")["coding"][0]]}))
    assert [each.doubtful for each in kept.episodes["cirrhosis"]] == [False]


@pytest.mark.parametrize(
    "code",
    [
        {"coding": CODING},
        {"coding": ["x", CODING]},
        {"coding": [7, CODING, None]},
        [{"coding": [CODING]}],
        {"coding": [CODING], "text": 7},
        {"coding": [{**CODING, "display": 7}]},
    ],
)
def test_a_code_of_a_wrong_shape_keeps_the_place(code: Any) -> None:
    assert latest(with_code(code)) == (None, "missing")


COMPONENT = {"code": coded("INR"), "valueQuantity": {"value": 2}}


@pytest.mark.parametrize("components", [COMPONENT, ["x", COMPONENT], [None, COMPONENT], [COMPONENT, 7]])
def test_components_of_a_wrong_shape_keep_their_places(components: Any) -> None:
    panel = resource(
        "Observation", status="final", code={"text": "panel"}, effectiveDateTime="2026-02-18", component=components
    )
    assert latest(read(OLDER, panel)) == (None, "missing")


@pytest.mark.parametrize("focus", [{"reference": "Patient/p"}, {"reference": "Patient/p/_history/1"}])
def test_a_result_with_the_patient_in_focus_is_the_patients(focus: Json) -> None:
    assert latest(read(OLDER, observation("INR", valueQuantity={"value": 2}, focus=[focus]))) == (2, None)


@pytest.mark.parametrize(
    "focus",
    [
        [{"reference": "Device/d"}],
        [{"reference": "Patient/p"}, {"reference": "Patient/donor"}],
        [{"display": "donor"}],
        [{}],
    ],
)
def test_one_with_anything_else_in_focus_is_not(focus: Any) -> None:
    body = observation("INR", valueQuantity={"value": 2}, focus=focus)
    assert "INR" not in read(body).results


@pytest.mark.parametrize(
    ("whose", "found"),
    [
        ({"reference": "Patient/p"}, (2, None)),
        ({"reference": "Patient/donor"}, (Fraction(11, 10), None)),
        ({}, (None, "missing")),
    ],
)
def test_a_result_with_a_disease_in_focus_is_that_of_who_has_the_disease(
    whose: Json, found: tuple[Fraction | None, str | None]
) -> None:
    disease = {**condition("cirrhosis"), "id": "c", "subject": whose}
    body = observation("INR", valueQuantity={"value": 2}, focus=[{"reference": "Condition/c"}], id="2")
    patients = read_patients(bundle(PATIENT, OLDER, disease, body), SMALL)
    assert latest(next(each for each in patients if isinstance(each, Patient) and each.id == "p")) == found


def test_a_result_with_something_in_focus_that_is_not_at_hand_keeps_its_place() -> None:
    body = observation("INR", valueQuantity={"value": 2}, focus=[{"reference": "Condition/gone"}])
    assert latest(read(OLDER, body)) == (None, "missing")
