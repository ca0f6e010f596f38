"""Bundles of every type: what stands in them, versions, references."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import (
    PATIENT,
    Json,
    bundle,
    condition,
    note_of,
    observation,
    only_episode,
    only_result,
    read,
    resource,
)
from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.patient import Patient
from screener.values.dates import parse_moment
from screener.values.ranges import exactly


def inr(value: int = 2, **fields: Any) -> Json:
    return observation("INR", valueQuantity={"value": value}, **fields)


def entries(*given: Json, kind: str = "collection") -> Patient:
    return read_patient({"resourceType": "Bundle", "type": kind, "entry": list(given)}, SMALL)


@pytest.mark.parametrize(
    "kind",
    [
        "collection",
        "searchset",
        "document",
        "message",
        "transaction",
        "batch",
        "history",
        "batch-response",
        "unheard-of",
    ],
)
def test_a_bundle_of_any_type_is_read(kind: str) -> None:
    patient = read_patient(bundle(PATIENT, inr(), kind=kind), SMALL)
    assert (patient.id, only_result(patient).value) == ("p", exactly(2))


def test_a_bundle_in_a_bundle_is_read() -> None:
    patient = read_patient(bundle(bundle(PATIENT), bundle(bundle(inr()))), SMALL)
    assert only_result(patient).source == "Observation/1"


def test_a_resource_alone_is_a_record_too() -> None:
    assert read_patient(PATIENT, SMALL).id == "p"
    assert only_result(read_patient(inr(), SMALL)).value == exactly(2)


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        (7, "entry[1]: it is not an object"),
        ({}, "entry[1]: it has no resource"),
        ({"resource": []}, "entry[1]: its `resource` is not an object"),
        ({"resource": {"id": "x"}}, "entry[1]: it does not say which resource it is"),
        ({"resource": {"resourceType": 7}}, "entry[1]: it does not say which resource it is"),
        ({"resource": {"resourceType": "O" * 61}}, "entry[1]: it does not say which resource it is"),
        ({"resource": {"resourceType": "Bundle", "entry": {}}}, "entry[1]: its `entry` is not a list"),
        ({"fullUrl": 7, "resource": inr()}, "entry[1]: its `fullUrl` is not text"),
    ],
)
def test_an_entry_that_is_none_is_named_and_the_others_are_read(entry: Any, note: str) -> None:
    patient = entries({"resource": PATIENT}, entry, {"resource": condition("cirrhosis", id="c")})
    assert only_episode(patient).source == "Condition/c"
    assert note_of(patient) == note


@pytest.mark.parametrize("entry", [{"response": {"status": "204"}}, {"link": []}])
def test_an_entry_that_only_answers_is_nothing(entry: Json) -> None:
    assert entries({"resource": PATIENT}, entry).notes == ()


def test_a_resource_that_was_deleted_does_not_count() -> None:
    deletion = {"request": {"method": "DELETE", "url": "Observation/1"}}
    for given in ([deletion, {"resource": inr()}], [{"resource": inr()}, deletion]):
        patient = entries({"resource": PATIENT}, *given, kind="history")
        assert patient.results == {}
        assert any("deleted" in note for note in patient.notes)
    other = {"request": {"method": "DELETE", "url": "Observation/2"}}
    assert entries({"resource": PATIENT}, {"resource": inr()}, other).results


def test_kinds_that_are_not_read_are_counted_in_one_note() -> None:
    patient = read(
        resource("Immunization", id="1"),
        resource("Immunization", id="2"),
        resource("CarePlan"),
        {"resourceType": "Provenance"},
    )
    assert note_of(patient) == "kinds of resources that are not read: CarePlan, Immunization (2), Provenance"


def test_a_resource_without_an_id_is_called_by_its_place() -> None:
    patient = read(inr(id=None))
    assert only_result(patient).source == "entry[1]"


# ---- versions


def version(value: int, **meta: str) -> Json:
    return inr(value, meta=meta)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"lastUpdated": "2026-02-18T10:00:00Z"}, {"lastUpdated": "2026-02-18T10:00:01Z"}),
        ({"lastUpdated": "2026-02-18T18:00:00+08:00"}, {"lastUpdated": "2026-02-18T10:00:01Z"}),
        ({"versionId": "9"}, {"versionId": "10"}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_versions_the_later_counts(one: Json, other: Json, turned: bool) -> None:
    both = [version(2, **one), version(3, **other)]
    patient = read(*(reversed(both) if turned else both))
    assert only_result(patient).value == exactly(3)
    assert note_of(patient) == "Observation/1: a later version of it replaces it"


def test_where_nothing_says_which_version_is_the_later_both_are_used() -> None:
    patient = read(version(2), version(3))
    assert [each.value for each in patient.results["INR"]] == [exactly(2), exactly(3)]
    assert note_of(patient) == "Observation/1: it stands there in two versions, and both are used"


def test_the_same_resource_twice_is_one() -> None:
    patient = read(inr(), inr())
    assert only_result(patient).value == exactly(2)
    assert note_of(patient) == "Observation/1: it stands there twice"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_of_three_versions_the_last_counts(order: tuple[int, ...]) -> None:
    versions = [version(number + 1, versionId=str(number)) for number in range(3)]
    assert only_result(read(*(versions[each] for each in order))).value == exactly(3)


# ---- references


def encounter(**fields: Any) -> Json:
    return resource("Encounter", **{"id": "e", "period": {"start": "2026-02-12", "end": "2026-02-12"}, **fields})


@pytest.mark.parametrize(
    ("full_url", "of_observation", "reference"),
    [
        (None, None, "Encounter/e"),
        ("http://a.example/fhir/Encounter/e", "http://a.example/fhir/Observation/1", "Encounter/e"),
        ("http://a.example/fhir/Encounter/e", None, "http://a.example/fhir/Encounter/e"),
        ("http://a.example/fhir/Encounter/e", None, "http://a.example/fhir/Encounter/e/_history/3"),
        ("urn:uuid:7", None, "urn:uuid:7"),
        (None, None, "http://a.example/fhir/Encounter/e"),
    ],
)
def test_a_reference_is_followed_by_url_by_type_and_id_and_by_urn(
    full_url: str | None, of_observation: str | None, reference: str
) -> None:
    given = inr(effectiveDateTime=None, encounter={"reference": reference})
    found = entries(
        {"resource": PATIENT},
        {"resource": encounter()} | ({"fullUrl": full_url} if full_url else {}),
        {"resource": given} | ({"fullUrl": of_observation} if of_observation else {}),
    )
    when = only_result(found).when
    assert when is not None
    assert when.first == parse_moment("2026-02-12").first


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Encounter/other"},
        {"reference": "http://b.example/fhir/Encounter/e"},
        {"reference": "urn:uuid:8"},
        {"reference": "#e"},
        {"reference": ""},
        {"display": "last visit"},
        {},
    ],
)
def test_a_reference_to_what_is_not_there_leads_nowhere(reference: Json) -> None:
    given = inr(effectiveDateTime=None, encounter=reference)
    patient = entries(
        {"resource": PATIENT},
        {"fullUrl": "http://a.example/fhir/Encounter/e", "resource": encounter()},
        {"resource": given},
    )
    assert only_result(patient).when is None


def test_a_relative_reference_does_not_lead_to_another_server() -> None:
    patient = entries(
        {"fullUrl": "http://a.example/fhir/Patient/p", "resource": PATIENT},
        {"fullUrl": "http://b.example/fhir/Observation/1", "resource": inr()},
    )
    assert (only_result(patient).value, only_result(patient).unusable) == (None, "unread")


def test_a_reference_by_identifier_is_followed_unless_several_have_it() -> None:
    identifier = {"system": "urn:visits", "value": "77"}
    given = inr(effectiveDateTime=None, encounter={"identifier": identifier})
    one = encounter(identifier=[identifier])
    assert only_result(read(given, one)).when is not None
    assert only_result(read(given, one, encounter(id="f", identifier=[identifier]))).when is None
    faulty = encounter(id="f", identifier=[{"system": {"a": 1}, "value": "77"}, 7])
    assert only_result(read(given, one, faulty)).when is not None


# ---- what is no record


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"resourceType": "Bundle"}, "there is no resource in it"),
        ({"resourceType": "Bundle", "entry": []}, "there is no resource in it"),
        ({"resourceType": []}, "there is no resource in it"),
        ({"resourceType": "OperationOutcome"}, "there is no patient in it, only OperationOutcome"),
        (
            bundle({"resourceType": "Organization"}, {"resourceType": "Organization"}),
            "there is no patient in it, only Organization (2)",
        ),
    ],
)
def test_a_record_without_a_patient_is_refused(record: Json, fault: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient(record, SMALL)
    assert refused.value.problems[0].fault == fault
