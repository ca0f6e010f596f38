"""Whose a resource is: several patients in one file, and every way to say whom a resource is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, condition, note_of, observation, only_episode, read, resource
from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient, read_patients
from screener.records.patient import Patient, digest_of_record
from screener.values.dates import AT_ANY_TIME, parse_moment


def inr(value: int, number: str, subject: Any = None, **fields: Any) -> Json:
    return observation("INR", id=number, valueQuantity={"value": value}, subject=subject, **fields)


def person(identity: str, **fields: Any) -> Json:
    return {"resourceType": "Patient", "id": identity, "gender": "female", **fields}


def people(*resources: Json, full_urls: dict[int, str] | None = None) -> dict[str, list[Any]]:
    """The INRs of each patient, by the patient's id."""
    given = bundle(*resources)
    for place, url in (full_urls or {}).items():
        given["entry"][place]["fullUrl"] = url
    found: dict[str, list[Any]] = {}
    for each in read_patients(given, SMALL):
        assert isinstance(each, Patient), each
        found.setdefault(each.id, []).extend(result.exact for result in each.results.get("INR", ()))
    return found


def test_each_of_several_patients_is_screened_with_what_is_about_this_one() -> None:
    assert people(
        person("a"),
        person("b"),
        inr(2, "1", {"reference": "Patient/a"}),
        inr(3, "2", {"reference": "Patient/b"}),
        inr(4, "3", {"reference": "Patient/a"}),
    ) == {"a": [2, 4], "b": [3]}


IDENTIFIER = {"system": "urn:mrn", "value": "12"}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/a"},
        {"reference": "Patient/a/_history/2"},
        {"reference": "urn:uuid:5a"},
        {"identifier": IDENTIFIER},
        {"reference": "#whom"},
    ],
)
def test_a_subject_by_reference_urn_identifier_or_contained(subject: Json) -> None:
    contained = [{"resourceType": "Patient", "id": "whom", "identifier": [IDENTIFIER]}]
    assert people(
        person("a", identifier=[IDENTIFIER]),
        person("b", identifier=[{"system": "urn:mrn", "value": "13"}]),
        inr(2, "1", subject, contained=contained),
        full_urls={0: "urn:uuid:5a"} if "urn" in str(subject.get("reference")) else None,
    ) == {"a": [2], "b": []}


def test_an_absolute_reference_means_the_patient_of_that_server() -> None:
    assert people(
        person("a", birthDate="1950"),
        person("a", birthDate="1960"),
        inr(2, "1", {"reference": "http://two.example/fhir/Patient/a"}),
        full_urls={0: "http://one.example/fhir/Patient/a", 1: "http://two.example/fhir/Patient/a"},
    ) == {"a": [2]}
    patients = list(
        read_patients(
            {
                "resourceType": "Bundle",
                "entry": [
                    {"fullUrl": f"http://{server}.example/fhir/{kind}/1", "resource": body}
                    for server, value, born in (("one", 2, "1950"), ("two", 3, "1960"))
                    for kind, body in (
                        ("Patient", person("1", birthDate=born)),
                        ("Observation", inr(value, "1", {"reference": "Patient/1"})),
                    )
                ],
            },
            SMALL,
        )
    )
    assert [
        (each.birth.text, [result.exact for result in each.results["INR"]])
        for each in patients
        if isinstance(each, Patient) and each.birth is not None
    ] == [("1950", [2]), ("1960", [3])]


def test_two_patients_of_one_identifier_get_nothing_by_it() -> None:
    found = people(
        person("a", identifier=[IDENTIFIER]),
        person("b", identifier=[IDENTIFIER]),
        inr(2, "1", {"identifier": IDENTIFIER}),
    )
    assert found == {"a": [], "b": [], "unnamed": [2]}


def test_a_contained_patient_is_the_patient() -> None:
    contained = [{"resourceType": "Patient", "id": "whom", "birthDate": "1950", "identifier": [IDENTIFIER]}]
    given = bundle(
        inr(2, "1", {"reference": "#whom"}, contained=contained),
        inr(3, "2", {"reference": "#whom"}, contained=contained),
    )
    (patient,) = read_patients(given, SMALL)
    assert isinstance(patient, Patient)
    assert (patient.birth, [each.exact for each in patient.results["INR"]]) == (parse_moment("1950"), [2, 3])


def test_contained_patients_that_nothing_identifies_are_each_their_own() -> None:
    contained = [{"resourceType": "Patient", "id": "whom"}]
    given = bundle(
        inr(2, "1", {"reference": "#whom"}, contained=contained),
        inr(3, "2", {"reference": "#whom"}, contained=contained),
    )
    assert len(list(read_patients(given, SMALL))) == 2


def test_a_patient_may_be_known_by_references_alone() -> None:
    patient = read(condition("cirrhosis"), patient=None)
    assert (patient.id, patient.sex, patient.birth) == ("p", None, None)
    assert note_of(patient) == "Patient: there is no Patient resource: birth date and sex are not known"


# ---- resources of nobody, and of others


def test_a_resource_of_nobody_is_of_the_only_patient_and_says_so() -> None:
    patient = read(condition("cirrhosis", subject=None))
    assert only_episode(patient).concept == "cirrhosis"
    assert (
        note_of(patient)
        == "Condition/1: it does not say whose it is, and is taken to be of the only patient in the file"
    )


def test_a_resource_of_nobody_among_several_patients_is_nobodys_and_each_is_told() -> None:
    given = bundle(person("a"), person("b"), condition("cirrhosis", id="7", subject=None))
    for each in read_patients(given, SMALL):
        assert isinstance(each, Patient)
        assert each.episodes == {}
        assert each.notes == ("Condition/7: it does not say whose it is",)
        assert each.unread == {"conditions": "Condition/7"}


@pytest.mark.parametrize("kind", ["Group", "Device", "Location"])
def test_what_is_about_no_patient_is_named(kind: str) -> None:
    patient = read(inr(2, "1", {"reference": f"{kind}/1"}))
    assert patient.results == {}
    assert note_of(patient) == f"Observation/1: it is about a {kind}, not about one patient"


def test_what_is_about_something_else_than_its_subject_is_set_aside() -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, focus=[{"reference": "Patient/q"}]))
    assert patient.results == {}
    assert note_of(patient) == "Observation/1: it is about something else than the patient (`focus`)"


def test_no_patient_reads_of_the_resources_of_another() -> None:
    given = bundle(
        person("a"),
        person("b"),
        inr(2, "b1", {"reference": "Patient/b"}),
        inr(2, "b1", {"reference": "Patient/b"}),
        inr(3, "b2", {"reference": "Patient/b"}, meta={"versionId": "1"}),
        inr(4, "b2", {"reference": "Patient/b"}, meta={"versionId": "2"}),
    )
    notes = {each.id: each.notes for each in read_patients(given, SMALL) if isinstance(each, Patient)}
    assert notes == {
        "a": (),
        "b": ("Observation/b1: it stands there twice", "Observation/b2: a later version of it replaces it"),
    }


# ---- the Patient resource


def test_the_same_patient_twice_is_one() -> None:
    patient = read(PATIENT, condition("cirrhosis"))
    assert (patient.sex, only_episode(patient).concept) == ("female", "cirrhosis")
    assert note_of(patient) == "Patient/p: it stands there twice"


@pytest.mark.parametrize(
    ("field", "value"),
    [("birthDate", "1981-05-05"), ("gender", "male"), ("deceasedBoolean", True), ("deceasedDateTime", "2026-01-01")],
)
def test_a_patient_in_two_versions_that_contradict_each_other_is_refused_and_the_others_go_on(
    field: str, value: Any
) -> None:
    given = bundle(PATIENT, {**PATIENT, field: value}, person("b"))
    refused, other = read_patients(given, SMALL)
    assert isinstance(refused, RecordError)
    assert refused.problems[0].fault == f"two Patient resources of this id differ in `{field}`: entry[0] and entry[1]"
    assert isinstance(other, Patient)
    assert other.id == "b"


def test_two_patients_of_one_id_in_an_export_are_named_with_their_files(tmp_path: Path) -> None:
    for file, sex in (("Patient.ndjson", "female"), ("more/Patient.ndjson", "male")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(json.dumps({**PATIENT, "gender": sex}))
    (refused,) = read_patients(tmp_path, SMALL)
    assert isinstance(refused, RecordError)
    assert refused.problems[0].fault == (
        "two Patient resources of this id differ in `gender`: Patient.ndjson and more/Patient.ndjson"
    )


def test_of_two_dated_versions_of_a_patient_the_later_counts() -> None:
    later = {**PATIENT, "gender": "male", "meta": {"lastUpdated": "2026-02-02T00:00:00Z"}}
    earlier = {**PATIENT, "meta": {"lastUpdated": "2026-02-01T00:00:00Z"}}
    assert read(later, patient=earlier).sex == "male"
    assert read(earlier, patient=later).sex == "male"


@pytest.mark.parametrize(
    ("gender", "sex", "note"),
    [
        ("female", "female", None),
        ("male", "male", None),
        ("other", None, "Patient/p: its `gender` is `other`: the sex is not known"),
        ("unknown", None, "Patient/p: its `gender` is `unknown`: the sex is not known"),
        (None, None, None),
    ],
)
def test_the_sex_is_what_the_gender_says_if_it_says_one(gender: str | None, sex: str | None, note: str | None) -> None:
    patient = read(patient={"resourceType": "Patient", "id": "p", **({"gender": gender} if gender else {})})
    assert (patient.sex, patient.notes) == (sex, (note,) if note else ())


@pytest.mark.parametrize(
    ("fields", "died"),
    [
        ({"deceasedDateTime": "2026-02-01"}, parse_moment("2026-02-01")),
        ({"deceasedDateTime": "2026"}, parse_moment("2026")),
        ({"deceasedDateTime": "last week"}, AT_ANY_TIME),
        ({"deceasedBoolean": True}, AT_ANY_TIME),
        ({"deceasedBoolean": True, "deceasedDateTime": "2026"}, parse_moment("2026")),
        ({"deceasedBoolean": False}, None),
        ({}, None),
    ],
)
def test_death(fields: Json, died: Any) -> None:
    assert read(patient={**PATIENT, **fields}).died == died


@pytest.mark.parametrize("birth", ["1981", "1981-05", "1981-05-04"])
def test_a_birth_date_is_as_exact_as_it_is_written(birth: str) -> None:
    assert read(patient={**PATIENT, "birthDate": birth}).birth == parse_moment(birth)


def test_a_birth_date_that_is_none_is_noted() -> None:
    patient = read(patient={**PATIENT, "birthDate": "04.05.1981"})
    assert patient.birth is None
    assert note_of(patient) == "Patient/p: its `birthDate` `04.05.1981` is not a date: the birth date is not known"


@pytest.mark.parametrize("fields", [{"modifierExtension": [{"url": "urn:x"}]}, {"implicitRules": "urn:x"}])
def test_a_patient_resource_that_cannot_be_read_refuses_the_patient(fields: Json) -> None:
    (refused,) = read_patients(bundle({**PATIENT, **fields}), SMALL)
    assert isinstance(refused, RecordError)


def test_a_link_to_another_record_of_the_same_person_is_told() -> None:
    link = [{"other": {"reference": "Patient/old"}, "type": "replaces"}]
    (patient,) = read_patients(bundle({**PATIENT, "link": link}), SMALL)
    assert isinstance(patient, Patient)
    assert patient.notes == (
        "Patient/p: it is linked to another record of the same person (replaces), which is not read with it",
    )


def test_a_patient_without_an_id_is_unnamed() -> None:
    (patient,) = read_patients({"resourceType": "Patient", "gender": "male"}, SMALL)
    assert isinstance(patient, Patient)
    assert (patient.id, patient.sex) == ("unnamed", "male")


def test_a_resource_about_a_patient_by_an_odd_subject_is_nobodys() -> None:
    patient = read(resource("Condition", code=condition("cirrhosis")["code"], subject={"reference": 5}))
    assert patient.episodes == {}
    assert note_of(patient) == "Condition/1: its `reference` is not text"


def test_a_person_may_be_known_by_numbers_with_and_without_a_system() -> None:
    numbers = [{"system": "urn:x", "value": "1"}, {"value": "2"}, {"system": "urn:a", "value": "3"}, {"value": "4"}]
    one, other = (read_patient(bundle({**PATIENT, "identifier": each}), SMALL) for each in (numbers, numbers[::-1]))
    assert digest_of_record(one) == digest_of_record(other)
