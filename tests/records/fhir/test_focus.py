"""What is done with a donor, a child or something else never counts for certain as done with the patient."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, coded, resource
from records.small_rulebook import ASKING
from screener import evaluate, load_rules
from screener.records import read_patient

DONE = coded("liver_transplantation")


def donated(kind: str, focus: Any, **fields: Any) -> Json:
    fields = {"status": "completed" if kind == "Procedure" else "active", "code": DONE, "focus": focus, **fields}
    return resource(kind, **fields)


OTHERS = [
    {"reference": "Patient/donor"},
    {"reference": "RelatedPerson/baby"},
    {"identifier": {"system": "s", "value": "1"}},
    {"display": "the donor"},
    [{"reference": {"reference": "RelatedPerson/baby"}}],
    [{"concept": {"text": "the donor"}}],
    "the donor",
]


@pytest.mark.parametrize("kind", ["Procedure", "ServiceRequest"])
@pytest.mark.parametrize("focus", OTHERS)
def test_what_is_of_somebody_else_only_may_be_the_patients(kind: str, focus: Any) -> None:
    patient = read_patient(bundle(PATIENT, donated(kind, focus, performedDateTime="2020", intent="order")), ASKING)
    assert "liver_transplantation" not in patient.episodes
    assert any("(`focus`)" in note for note in patient.notes)
    assert any(each.source == f"{kind}/1" for of in patient.may_be.values() for those in of.values() for each in those)


@pytest.mark.parametrize("focus", OTHERS)
def test_a_donor_fails_nobody(focus: Any) -> None:
    given = donated("Procedure", focus, code=coded("18027006", "http://snomed.info/sct"), performedDateTime="2020")
    screening = evaluate(bundle(PATIENT, given), rules=load_rules(), as_of="2026-03-11", assume_complete=["procedures"])
    for trial in screening.trials:
        assert not [each.id for each in trial.criteria if each.status == "failed" and "ransplant" in each.text]


@pytest.mark.parametrize("focus", [None, [], {"reference": "Patient/p"}, [{"reference": {"reference": "Patient/p"}}]])
def test_the_patient_may_be_the_focus(focus: Any) -> None:
    patient = read_patient(bundle(PATIENT, donated("Procedure", focus, performedDateTime="2020")), ASKING)
    assert "liver_transplantation" in patient.episodes
