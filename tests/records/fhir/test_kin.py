"""Only of a relative by blood is a disease certainly one of the family."""

from __future__ import annotations

from typing import Any

import pytest

from flagged import said
from records.fhir.test_conditions import relative
from records.fhir.tiny import SNOMED, coded, read

ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
DISEASE = {"code": coded("mental_disorder")}


@pytest.mark.parametrize(
    "relationship",
    [
        coded("MTH", ROLE),
        coded("PGRFTH", ROLE),
        coded("72705000", SNOMED),
        coded("9947008", SNOMED),
        coded("444303004", SNOMED),
        {"text": "Mother"},
        {"text": "maternal grandmother"},
        {"text": "older brother"},
        {"text": "Bruder"},
        {"text": "母亲"},
        {"coding": [{"display": "Sister"}]},
        {"coding": [{"system": "urn:site", "code": "7"}, {"system": SNOMED, "code": "66839005"}]},
        {**coded("FTH", ROLE), "text": "Father of the patient"},
    ],
)
def test_a_relative_by_blood_is_family(relationship: Any) -> None:
    assert not any(
        each.doubtful for each in read(relative(DISEASE, relationship=relationship)).episodes["mental_disorder"]
    )


@pytest.mark.parametrize(
    "relationship",
    [
        {"text": "husband"},
        {"text": "stepfather"},
        {"text": "step father"},
        {"text": "mother in law"},
        {"text": "Mother-in-law"},
        {"text": "husband's father"},
        {"text": "Schwiegermutter"},
        {"text": "妻子"},
        {"text": "adopted child"},
        {"text": "a neighbour"},
        coded("127849001", SNOMED),
        coded("127850001", SNOMED),
        coded("30578000", SNOMED),
        coded("21464003", SNOMED),
        coded("125677006", SNOMED),
        coded("FAMMEMB", ROLE),
        coded("7", "urn:site"),
        {**coded("FTH", ROLE), "text": "stepfather"},
        {**coded("MTH", ROLE, "mother in law")},
    ],
)
def test_who_may_be_a_relative_by_marriage_leaves_it_open(relationship: Any) -> None:
    episodes = read(relative(DISEASE, relationship=relationship)).episodes["mental_disorder"]
    assert all(
        each.doubtful and "whether it is a relative by blood is not certain" in said(each.flags) for each in episodes
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "health-unknown"}, "it says that nothing is known of the health of the relative"),
        ({"status": "not-done"}, "nobody took it"),
        ({"status": "partial"}, "it says that it is not complete"),
        (
            {"dataAbsentReason": {"text": "unable to obtain"}},
            "it says that nothing is known of the health of the relative",
        ),
    ],
)
def test_a_history_that_is_not_whole_keeps_its_list_open(fields: Any, why: str) -> None:
    patient = read(relative(relationship=coded("FTH", ROLE), **fields))
    assert set(patient.unread) == {"family_history"}
    assert any(why in note for note in patient.notes)


def test_a_whole_history_without_a_disease_does_not() -> None:
    patient = read(relative(relationship=coded("FTH", ROLE)))
    assert not patient.unread
    assert any("it names no condition of the relative" in note for note in patient.notes)
