"""That no allergy is known, in words alone: it denies what the code for it denies, and is no unread entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lines.casebook import MAN, result_of
from screener import load_patient, load_rules

ALLERGIC, PROTOCOL = "NCT06242405/E10", "NCT07409259/E3"
OPEN = {**MAN, "complete": [each for each in MAN["complete"] if each != "allergies"]}


def statuses(on: str, entry: dict[str, Any]) -> tuple[str, str]:
    record = {**OPEN, on: [{"date": "2026-03-17", **entry}]}
    return str(result_of(record, ALLERGIC).status), str(result_of(record, PROTOCOL).status)


@pytest.mark.parametrize("on", ["allergies", "conditions"])
@pytest.mark.parametrize(
    "words",
    [
        "No known allergies",
        "NKA",
        "Keine Allergien bekannt.",
        "Aucune allergie connue",
        "否认过敏史",
        "No Known Allergies (NKA)",
    ],
)
def test_that_no_allergy_is_known_denies_every_allergy(words: str, on: str) -> None:
    assert statuses(on, {"text": words}) == statuses(on, {"name": words}) == ("passed", "passed")
    assert statuses(on, {"snomed": "716186003"}) == ("passed", "passed")


@pytest.mark.parametrize(
    ("words", "denied"),
    [
        ("NKDA", {"any_drug"}),
        ("keine bekannten Medikamentenallergien", {"any_drug"}),
        ("无药物过敏史", {"any_drug"}),
        ("no known food allergies", {"any_food"}),
        ("否认食物、药物过敏史", {"any_drug", "any_food"}),
        ("no known allergies", {"any_substance"}),
        ("no information on allergies", set()),
        ("allergies not known", set()),
        ("no known allergies to penicillin", set()),
        ("none", set()),
    ],
)
def test_only_what_the_words_name_is_denied(words: str, denied: set[str]) -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "code": {"text": words},
        "recordedDate": "2026-03-17",
    }
    entries = [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": allergy}]
    bundle = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    native = {**OPEN, "allergies": [{"text": words, "date": "2026-03-17"}]}
    for record in (native, bundle):
        patient = load_patient(record, load_rules())
        assert {name for name, those in patient.absences.items() if those} == denied
        assert bool(patient.may_be.get("allergies")) is (not denied)


def test_words_deny_nothing_next_to_a_code_of_a_known_system() -> None:
    assert statuses("allergies", {"snomed": "91936005", "text": "No known allergies"}) == ("unknown", "unknown")
