"""Other versions of FHIR: what they call differently is read, and what turns a resource round in them is obeyed."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import (
    SNOMED,
    Json,
    coded,
    condition,
    may_be,
    observation,
    only_absence,
    only_episode,
    only_result,
    read,
    read_asking,
    resource,
)
from screener.records.fhir.versions import as_r4, unknown_version
from screener.records.patient import Episode, Patient
from screener.values.dates import parse_moment

DRUG = coded("systemic_glucocorticoid")
MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}


def procedure(**fields: Any) -> Json:
    return resource("Procedure", **{"status": "completed", "code": coded("dialysis"), **fields})


def statement(**fields: Any) -> Json:
    return resource("MedicationStatement", **{"status": "active", "medicationCodeableConcept": DRUG, **fields})


def administration(**fields: Any) -> Json:
    return resource("MedicationAdministration", **{"status": "completed", "medicationCodeableConcept": DRUG, **fields})


def what_became(patient: Patient) -> str:
    """Whether the one resource was taken as it is, with doubt, or not at all."""
    if not patient.episodes:
        return "nothing"
    return "doubt" if only_episode(patient).doubtful else "there"


@pytest.mark.parametrize(
    ("body", "became"),
    [
        (procedure(notDone=True), "nothing"),
        (procedure(notDone=False), "there"),
        (procedure(notDone="true"), "nothing"),
        (procedure(notDone=1), "doubt"),
        (procedure(_notDone=MASKED), "doubt"),
        (procedure(notDoneReason=coded("398254007", SNOMED)), "doubt"),
        (procedure(notDone=True, notDoneReason=coded("398254007", SNOMED)), "nothing"),
        (procedure(notDone=True, status="entered-in-error"), "nothing"),
        (procedure(notPerformed=True), "nothing"),
        (procedure(notPerformed=False), "there"),
        (procedure(reasonNotPerformed=[coded("398254007", SNOMED)]), "doubt"),
        (statement(taken="n"), "nothing"),
        (statement(taken="y"), "there"),
        (statement(taken="unk"), "doubt"),
        (statement(taken="na"), "doubt"),
        (statement(taken=False), "doubt"),
        (statement(_taken=MASKED), "doubt"),
        (statement(wasNotTaken=True), "nothing"),
        (statement(wasNotTaken=False), "there"),
        (statement(reasonNotTaken=[coded("182862001", SNOMED)]), "doubt"),
        (administration(notGiven=True), "nothing"),
        (administration(notGiven=True, status="in-progress"), "nothing"),
        (administration(notGiven=False), "there"),
        (administration(wasNotGiven=True), "nothing"),
        (administration(reasonNotGiven=[coded("182862001", SNOMED)]), "doubt"),
        (statement(status="recorded"), "doubt"),
        (statement(status="recorded", adherence={"code": coded("taking", None)}), "there"),
        (statement(status="recorded", adherence={"code": coded("stopped-as-directed", None)}), "there"),
        (statement(status="recorded", adherence={"code": coded("not-taking", None)}), "nothing"),
        (statement(status="recorded", adherence={"code": coded("on-hold", None)}), "doubt"),
        (statement(status="recorded", adherence={"code": coded("unknown", None)}), "doubt"),
        (statement(status="draft", adherence={"code": coded("taking", None)}), "doubt"),
    ],
)
def test_what_turns_a_resource_round_is_obeyed(body: Json, became: str) -> None:
    assert what_became(read(body)) == became


def test_what_was_not_done_says_nothing_of_another_time() -> None:
    patient = read(procedure(notDone=True))
    assert patient.notes == ("Procedure/1: it was not done, which says nothing of another time",)
    assert not patient.absences


def test_a_drug_that_was_stopped_by_its_adherence_is_not_ongoing() -> None:
    body = statement(status="recorded", adherence={"code": coded("stopped", None)}, effectiveDateTime="2026-02-01")
    assert (only_episode(read(body)).ongoing, only_episode(read(body)).ended) == (False, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (condition("cirrhosis", dateRecorded="2026-02-01"), {"asserted": "2026-02-01"}),
        (condition("cirrhosis", assertedDate="2026-02-01"), {"asserted": "2026-02-01"}),
        (condition("cirrhosis", clinicalStatus="active"), {"status": "active", "ongoing": True}),
        (condition("cirrhosis", clinicalStatus="resolved"), {"status": "resolved", "ended": True}),
        (condition("cirrhosis", verificationStatus="confirmed"), {"doubtful": False}),
        (condition("cirrhosis", verificationStatus="provisional"), {"doubtful": True}),
        (condition("cirrhosis", stage={"summary": {"text": "III"}}), {"stage": "III"}),
        (condition("cirrhosis", stage=[{"summary": {"text": "III"}}]), {"stage": "III"}),
        (procedure(occurrenceDateTime="2026-02-01"), {"start": "2026-02-01"}),
        (procedure(occurrencePeriod={"start": "2026-02-01"}), {"start": "2026-02-01"}),
        (administration(effectiveTimeDateTime="2026-02-01"), {"start": "2026-02-01"}),
        (administration(occurenceDateTime="2026-02-01"), {"start": "2026-02-01"}),
        (
            resource("MedicationStatement", status="active", medication={"concept": DRUG}),
            {"concept": "systemic_glucocorticoid", "doubtful": True},
        ),
        (
            resource("AllergyIntolerance", substance=coded("blood_products"), recordedDate="2026-02-01"),
            {"concept": "blood_products", "asserted": "2026-02-01"},
        ),
        (
            resource("AllergyIntolerance", code=coded("blood_products"), assertedDate="2026-02-01"),
            {"asserted": "2026-02-01"},
        ),
        (resource("AllergyIntolerance", status="unconfirmed", substance=coded("blood_products")), {"doubtful": True}),
        (resource("AllergyIntolerance", status="confirmed", substance=coded("blood_products")), {"doubtful": False}),
        (resource("AllergyIntolerance", status="resolved", substance=coded("blood_products")), {"ended": True}),
        (resource("AllergyIntolerance", status="on paper", substance=coded("blood_products")), {"doubtful": True}),
        (
            resource("AllergyIntolerance", verificationStatus="unconfirmed", code=coded("blood_products")),
            {"doubtful": True},
        ),
        (resource("ServiceRequest", status="active", intent="order", code={"concept": coded("dialysis")}), {}),
    ],
)
def test_what_another_version_calls_differently_is_read(body: Json, expected: dict[str, Any]) -> None:
    if body["resourceType"] == "MedicationStatement":
        body = {**body, "status": "recorded"}
    episode = only_episode(read(body))
    for field, value in expected.items():
        read_as = getattr(episode, field)
        assert read_as == (parse_moment(value) if field in ("asserted", "start") else value), field


@pytest.mark.parametrize(
    "body",
    [
        condition("cirrhosis", verificationStatus="refuted", recordedDate="2026-02-18"),
        resource("AllergyIntolerance", status="refuted", substance=coded("blood_products")),
        resource("AllergyIntolerance", verificationStatus="refuted", code=coded("blood_products")),
    ],
)
def test_what_another_version_refutes_is_absent(body: Json) -> None:
    assert only_absence(read(body)).concept in ("cirrhosis", "blood_products")


@pytest.mark.parametrize(
    "body",
    [
        condition("cirrhosis", verificationStatus="entered-in-error"),
        resource("AllergyIntolerance", status="entered-in-error", substance=coded("blood_products")),
    ],
)
def test_what_another_version_takes_back_is_nothing(body: Json) -> None:
    patient = read(body)
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert patient.notes


def test_an_intolerance_of_another_version_may_be_an_allergy() -> None:
    body = resource("AllergyIntolerance", type=coded("intolerance", None), code=coded("blood_products"))
    assert [each.doubtful for each in read(body).episodes["blood_products"]] == [True]


def test_a_context_is_an_encounter() -> None:
    visit = resource("Encounter", id="e", status="finished", period={"start": "2026-02-01", "end": "2026-02-01"})
    body = observation("INR", effectiveDateTime=None, valueQuantity={"value": 2}, context={"reference": "Encounter/e"})
    assert only_result(read(visit, body)).when == parse_moment("2026-02-01")


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ({"meta": {"profile": ["http://hl7.org/fhir/6.0/StructureDefinition/Condition"]}}, "6.0"),
        ({"meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/Condition|6.0.0"]}}, "6.0"),
        ({"fhirVersion": "0.0.82"}, "0.0"),
    ],
)
def test_a_version_that_nobody_knows_is_named_and_leaves_open_what_its_code_says(fields: Json, version: str) -> None:
    patient = read_asking(condition("cirrhosis", **fields))
    assert patient.notes == (f"Condition/1: it is of version {version} of FHIR, which is not read",)
    assert patient.episodes == {}
    assert "cirrhosis" in patient.may_be["conditions"]


@pytest.mark.parametrize(
    "profile",
    [
        "http://hl7.org/fhir/3.0/StructureDefinition/Condition",
        "http://hl7.org/fhir/StructureDefinition/Condition|5.0.0",
        "http://hl7.org/fhir/StructureDefinition/Condition",
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition|8.0.0",
        "urn:of:a:hospital",
    ],
)
def test_versions_that_are_read_and_profiles_of_others_set_nothing_aside(profile: str) -> None:
    assert unknown_version({"meta": {"profile": [profile]}}) is None


def test_a_resource_of_r4_stays_as_it_is() -> None:
    body = {"resourceType": "Procedure", "status": "completed", "performedDateTime": "2026", "code": {}}
    assert as_r4(body) is body


def test_what_stands_in_the_field_of_r4_counts() -> None:
    episode: Episode = only_episode(read(procedure(performedDateTime="2026-01-01", occurrenceDateTime="2026-02-01")))
    assert episode.start == parse_moment("2026-01-01")


def test_a_dispense_that_was_not_done_says_nothing() -> None:
    body = resource("MedicationDispense", status="completed", notDone=True, medicationCodeableConcept=DRUG)
    assert may_be(read_asking(body)) == {}


INGREDIENTS: list[tuple[Json, bool, bool]] = [
    ({"itemCodeableConcept": DRUG}, True, False),
    ({"item": {"concept": DRUG}}, True, False),
    ({"itemReference": {"reference": "Medication/inside"}}, True, False),
    ({"item": {"reference": {"reference": "Medication/inside"}}}, True, False),
    ({"itemReference": {"reference": "Substance/not-at-hand"}}, False, True),
    ({"item": {"reference": {"reference": "Substance/not-at-hand"}}}, False, True),
    ({}, False, True),
]


@pytest.mark.parametrize(("ingredient", "is_read", "is_open"), INGREDIENTS)
def test_what_is_in_a_product_is_read_in_each_version(ingredient: Json, is_read: bool, is_open: bool) -> None:
    inside = {"resourceType": "Medication", "id": "inside", "code": DRUG}
    product = {"resourceType": "Medication", "id": "m", "code": coded("1", "urn:x"), "ingredient": [ingredient]}
    taken = resource("MedicationStatement", status="active", medicationReference={"reference": "Medication/m"})
    patient = read(inside, product, taken)
    assert ("systemic_glucocorticoid" in patient.episodes) is is_read
    assert ("medications" in patient.unread) is is_open
