"""A status that FHIR requires and the record does not have, keeps back or writes in words of its own is doubt."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import (
    CLINICAL,
    VERIFICATION,
    Json,
    coded,
    condition,
    may_be,
    note_of,
    observation,
    only_episode,
    only_result,
    read,
    read_asking,
    resource,
)

MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
DRUG = coded("systemic_glucocorticoid")
NO_STATUS: list[dict[str, Any]] = [{}, {"_status": MASKED}, {"status": "DONE"}, {"status": "unknown"}]

REQUIRING: dict[str, Json] = {
    "Procedure": {"code": coded("dialysis"), "performedDateTime": "2026-02-01"},
    "MedicationStatement": {"medicationCodeableConcept": DRUG},
    "MedicationAdministration": {"medicationCodeableConcept": DRUG},
    "MedicationRequest": {"medicationCodeableConcept": DRUG, "intent": "order"},
    "FamilyMemberHistory": {"relationship": coded("FTH", None), "condition": [{"code": coded("mental_disorder")}]},
    "ResearchSubject": {"period": {"start": "2026-02-01"}},
}


@pytest.mark.parametrize("status", NO_STATUS)
@pytest.mark.parametrize("kind", REQUIRING)
def test_without_a_status_whether_it_is_so_stays_open(kind: str, status: Json) -> None:
    assert only_episode(read(resource(kind, **REQUIRING[kind], **status))).doubtful


IN_ERROR = "entered-in-error"
TAKEN_BACK: list[Json] = [
    *(resource(kind, **fields, status=IN_ERROR) for kind, fields in REQUIRING.items()),
    resource("Condition", code=coded("cirrhosis"), status=IN_ERROR),
    resource("Condition", code=coded("cirrhosis"), verificationStatus=coded(IN_ERROR, VERIFICATION)),
    resource("Condition", code=coded("cirrhosis"), verificationStatus={"text": "Entered-in-error"}),
    resource("AllergyIntolerance", code=coded("any_substance"), verificationStatus=coded(IN_ERROR, None)),
    resource("Encounter", reasonCode=[coded("cirrhosis")], status=IN_ERROR),
    resource("Flag", code=coded("cirrhosis"), status=IN_ERROR),
    resource("DiagnosticReport", conclusion="cirrhosis", status=IN_ERROR),
    resource("List", code=coded("11450-4", "http://loinc.org"), emptyReason=coded("unavailable"), status=IN_ERROR),
]


@pytest.mark.parametrize("body", TAKEN_BACK, ids=lambda each: each["resourceType"])
def test_what_was_entered_in_error_says_nothing(body: Json) -> None:
    patient = read_asking(body)
    assert (patient.episodes, patient.absences, may_be(patient), patient.unread) == ({}, {}, {}, {})
    assert note_of(patient) == f"{body['resourceType']}/1: it was entered in error"


@pytest.mark.parametrize("body", TAKEN_BACK, ids=lambda each: each["resourceType"])
def test_unless_nobody_knows_whether_that_was_turned_round(body: Json) -> None:
    patient = read_asking({**body, "modifierExtension": [{"url": "urn:x"}]})
    assert "it was entered in error" not in "".join(patient.notes)


@pytest.mark.parametrize("status", ["COMPLETED", "Completed", "done", "final"])
def test_a_word_that_is_not_of_fhir_is_not_done(status: str) -> None:
    assert only_episode(read(resource("Procedure", code=coded("dialysis"), status=status))).doubtful


@pytest.mark.parametrize("status", NO_STATUS)
def test_a_result_without_a_status_keeps_its_place_and_has_no_value(status: Json) -> None:
    earlier = observation("INR", id="0", effectiveDateTime="2026-02-01", valueQuantity={"value": 1.2})
    later = observation("INR", **{"status": None, "valueQuantity": {"value": 2.1}, **status})
    _, result = read(earlier, later).results["INR"]
    assert (result.unusable, result.value, result.recorded_value) == ("missing", None, "2.1")
    assert result.problem is not None
    assert "status" in result.problem


def test_what_a_result_without_a_status_says_of_a_condition_is_doubt() -> None:
    said = observation("cirrhosis", status=None, valueBoolean=True)
    denied = observation("cirrhosis", status=None, valueBoolean=False)
    assert only_episode(read(said)).doubtful
    assert (read(denied).episodes, read(denied).absences) == ({}, {})


@pytest.mark.parametrize("status", NO_STATUS)
def test_a_report_without_a_status_leaves_open_what_it_contains(status: Json) -> None:
    contained = observation("INR", id="c", valueQuantity={"value": 2.1})
    report = resource("DiagnosticReport", contained=[contained], result=[{"reference": "#c"}], **status)
    assert only_result(read(report)).unusable == "missing"
    assert only_result(read({**report, "status": "final"})).unusable is None


@pytest.mark.parametrize("field", ["verificationStatus", "clinicalStatus"])
def test_a_status_of_a_condition_that_is_kept_back_is_not_one_that_is_not_there(field: str) -> None:
    plain = only_episode(read(condition("cirrhosis")))
    assert (plain.doubtful, plain.ongoing) == (False, True)
    for masked in ({field: MASKED}, {field: {}}, {field: {"coding": []}}, {f"_{field}": MASKED}):
        episode = only_episode(read(condition("cirrhosis", **masked)))
        assert episode.doubtful if field == "verificationStatus" else not episode.ongoing


@pytest.mark.parametrize("masked", [{"verificationStatus": MASKED}, {"_verificationStatus": MASKED}])
def test_an_allergy_whose_certainty_is_kept_back_is_doubt(masked: Json) -> None:
    assert only_episode(read(resource("AllergyIntolerance", code=coded("blood_products"), **masked))).doubtful


def test_a_condition_in_capitals_is_the_same() -> None:
    episode = only_episode(
        read(
            condition(
                "cirrhosis",
                clinicalStatus=coded("ACTIVE", CLINICAL),
                verificationStatus=coded("Confirmed", VERIFICATION),
            )
        )
    )
    assert (episode.ongoing, episode.doubtful) == (True, False)


@pytest.mark.parametrize("intent", [None, "proposal"])
def test_an_order_without_an_intent_shows_no_treatment(intent: str | None) -> None:
    order = resource("MedicationRequest", status="completed", intent=intent, medicationCodeableConcept=DRUG)
    assert all(each.doubtful for those in read(order).episodes.values() for each in those)
    plan = resource("ServiceRequest", status="active", intent=intent, code=coded("dialysis"))
    assert only_episode(read(plan)).doubtful


def test_a_disease_of_nobody_knows_whom_is_doubt() -> None:
    body = resource("FamilyMemberHistory", status="completed", condition=[{"code": coded("mental_disorder")}])
    assert only_episode(read(body)).doubtful


def test_an_encounter_in_error_says_nothing_of_when() -> None:
    visit = resource("Encounter", id="e", status="entered-in-error", period={"start": "2026-02-01"})
    body = condition("cirrhosis", encounter={"reference": "Encounter/e"})
    assert only_episode(read(visit, body)).asserted is None
