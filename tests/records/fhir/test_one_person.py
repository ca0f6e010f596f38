"""One person is one patient, under every spelling of an address; and nobody gets what is another's."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from records.fhir.tiny import PATIENT, Json, condition, observation, resource
from records.small_rulebook import SMALL
from screener.records import read_patients
from screener.records.addresses import plain_address, plain_id
from screener.records.patient import Patient
from screener.rulebook import RecordList

UUID = "0b9c5a5e-0000-4000-8000-00000000abcd"
EVERY = set(get_args(RecordList))
URL = "https://x.example/fhir/Patient/p"


def patients(*entries: Json, kind: str = "collection") -> list[Patient]:
    read = list(read_patients({"resourceType": "Bundle", "type": kind, "entry": list(entries)}, SMALL))
    assert all(isinstance(each, Patient) for each in read), read
    return [each for each in read if isinstance(each, Patient)]


def about(reference: Any, *, url: str | None = None, **fields: Any) -> Json:
    subject = {"reference": reference} if isinstance(reference, str) else reference
    body = condition("cirrhosis", subject=subject, **fields)
    return {"resource": body} | ({"fullUrl": url} if url else {})


def the(identity: str, *, url: str | None = None, **fields: Any) -> Json:
    body = {**PATIENT, "id": identity, **fields}
    return {"resource": body} | ({"fullUrl": url} if url else {})


def whose(*entries: Json, kind: str = "collection") -> dict[str, str]:
    """What each patient has of the condition: certainly, perhaps, or nothing."""

    def has(patient: Patient) -> str:
        found = patient.episodes.get("cirrhosis", ())
        return "nothing" if not found else "perhaps" if all(each.doubtful for each in found) else "certainly"

    return {each.id: has(each) for each in patients(*entries, kind=kind)}


# ---- spellings


@pytest.mark.parametrize(
    "reference",
    [
        "https://x.example/fhir/Patient/p",
        "http://x.example/fhir/Patient/p",
        "HTTPS://X.Example/fhir/Patient/p",
        "https://x.example:443/fhir/Patient/p",
        "http://x.example:80/fhir/Patient/p",
        "https://x.example/fhir/Patient/p/",
        "https://x.example/fhir/Patient/p/_history/2",
        " https://x.example/fhir/Patient/p ",
        "Patient/p",
        "Patient/p/_history/2",
    ],
)
def test_a_patient_under_another_spelling_of_the_address_is_the_same(reference: str) -> None:
    of_server = about(reference, url="http://x.example/fhir/Condition/1")
    assert whose(the("p", url=URL), of_server) == {"p": "certainly"}
    assert whose(the("p", url=URL), the("q"), of_server) == {"p": "certainly", "q": "nothing"}
    versioned = "http://X.example/fhir/Patient/p/_history/7"
    assert whose(the("p", url=versioned), of_server) == {"p": "certainly"}


@pytest.mark.parametrize(
    "reference",
    [
        "https://x.example/fhir/Patient/P",
        "https://x.example/FHIR/Patient/p",
        "https://y.example/fhir/Patient/p",
        "https://x.example:8443/fhir/Patient/p",
        "https://x.example/fhir/Patient/p2",
        "Patient/P",
        "https://mpi.example/persons/77",
        "https://mpi.example/Person/77",
        {"reference": "https://mpi.example/Thing/77", "type": "Patient"},
        "urn:uuid:0f3d",
        {"identifier": {"system": "urn:mrn", "value": "12"}},
    ],
)
def test_who_is_not_in_the_file_may_be_the_only_one_in_it(reference: Any) -> None:
    assert whose(the("p", url=URL), about(reference)) == {"p": "perhaps"}
    told = patients(the("p", url=URL), about(reference))[0].notes
    (note,) = (each for each in told if "who is not in the file" in each)
    assert note.startswith("check first: Patient/p: 1 entry (Condition) is about somebody who is not in the file")


def test_what_is_about_another_patient_is_told_in_one_sentence_to_check_first() -> None:
    others = [about("Patient/r", id=f"{number}") for number in range(4)]
    result = {"resource": observation("INR", subject={"reference": "Patient/s"}, valueQuantity={"value": 2})}
    (patient,) = patients(the("p"), *others, result)
    told = "check first: Patient/p: 5 entries (Condition (4), Observation) are about somebody who is not in the file "
    told += "(`Patient/r`, `Patient/s`): they settle nothing until you know whether that is this patient"
    assert [each for each in patient.notes if "in the file" in each] == [told]


def test_of_several_patients_who_is_not_in_the_file_is_another() -> None:
    assert whose(the("p"), the("q"), about("Patient/r")) == {"p": "nothing", "q": "nothing", "r": "certainly"}


@pytest.mark.parametrize(
    ("identity", "url", "reference"),
    [
        (UUID, None, f"Patient/{UUID.upper()}"),
        (UUID.upper(), None, f"urn:uuid:{UUID}"),
        (UUID, f"urn:uuid:{UUID.upper()}", f"Patient/{UUID}"),
        (UUID, f"urn:uuid:{UUID}", f"https://x.example/fhir/Patient/{UUID}"),
        ("p", f"urn:uuid:{UUID}", f"URN:UUID:{UUID.upper()}"),
        (UUID, f"https://x.example/fhir/Patient/{UUID}", f"https://y.example/fhir/Patient/{UUID.upper()}"),
    ],
)
def test_a_uuid_is_one_thing_however_it_is_written(identity: str, url: str | None, reference: str) -> None:
    assert whose(the(identity, url=url), about(reference)) == {identity: "certainly"}
    assert whose(the(identity, url=url), the("q"), about(reference)) == {identity: "certainly", "q": "nothing"}


def test_ids_keep_their_capitals() -> None:
    given = [the("A", birthDate="1950"), the("a", birthDate="1960"), about("Patient/A")]
    assert whose(*given) == {"A": "certainly", "a": "nothing"}


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("Patient/A/_history/2", "Patient/A"),
        ("https://H.example:443/Fhir/Patient/A/", "http://h.example/Fhir/Patient/A"),
        (f"urn:UUID:{UUID.upper()}", f"urn:uuid:{UUID}"),
        (f"Patient/{UUID.upper()}", f"Patient/{UUID}"),
        ("", ""),
        ("/_history", ""),
    ],
)
def test_an_address_as_it_is_compared(address: str, plain: str) -> None:
    assert plain_address(address) == plain
    assert plain_id("AbC") == "AbC"


# ---- identifiers

MRN = {"system": "urn:mrn", "value": "12"}


@pytest.mark.parametrize(
    ("identifier", "has"),
    [
        (MRN, "certainly"),
        ({"system": "urn:mrn", "value": "13"}, "perhaps"),
        ({"system": "urn:other", "value": "12"}, "perhaps"),
        ({"value": "12"}, "perhaps"),
    ],
)
def test_an_identifier_means_a_patient_by_system_and_value(identifier: Json, has: str) -> None:
    patient = the("p", identifier=[MRN])
    assert whose(patient, about({"identifier": identifier})) == {"p": has}
    beside = {"reference": "https://mpi.example/Person/77", "identifier": identifier}
    assert whose(patient, about(beside)) == {"p": has}


def test_a_reference_and_an_identifier_that_name_two_leave_it_to_nobody() -> None:
    given = [the("p", identifier=[MRN]), the("q"), about({"reference": "Patient/q", "identifier": MRN})]
    assert whose(*given) == {"p": "nothing", "q": "nothing"}
    assert [set(each.unread) for each in patients(*given)] == [{"conditions"}, {"conditions"}]


@pytest.mark.parametrize(
    "kind", ["Group", "RelatedPerson", "Practitioner", "Device", "Location", "Organization", "Specimen"]
)
@pytest.mark.parametrize("address", ["{}/p", "https://x.example/fhir/{}/p"])
def test_what_is_about_no_patient_is_not_about_the_patient(kind: str, address: str) -> None:
    (patient,) = patients(the("p"), about(address.format(kind)))
    assert (patient.episodes, patient.unread) == ({}, {})
    assert patient.notes == (f"Condition/1: it is about a {kind}, not about one patient",)


# ---- what only may be about the patient


def test_what_may_be_about_the_patient_denies_nothing_answers_nothing_and_decides_nothing() -> None:
    gone = {"reference": "Patient/gone"}
    refuted = condition(
        "ascites",
        id="2",
        subject=gone,
        verificationStatus={
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted"}]
        },
    )
    value = observation("INR", id="3", subject=gone, valueQuantity={"value": 2})
    known = observation("INR", id="4", effectiveDateTime="2026-02-10", valueQuantity={"value": 1})
    none = condition("", id="5", subject=gone, recordedDate="2026-02-18", code={
        "coding": [{"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
                    "code": "no-known-problems"}]})  # fmt: skip
    consent = resource(
        "Consent",
        id="6",
        patient=gone,
        status="active",
        scope={"coding": [{"code": "research"}]},
        provision={"type": "permit"},
        policy=[{"uri": "https://x.example/NCT00000001"}],
    )
    given = [{"resource": each} for each in (refuted, value, known, none, consent)]
    (patient,) = patients(the("p"), *given)
    assert (patient.absences, patient.none_known_on, patient.answers) == ({}, {}, {})
    assert {(each.value is None, each.unusable) for each in patient.results["INR"]} == {
        (True, "unread"),
        (False, None),
    }


# ---- documents


def document(*entries: Json, subject: str = "Patient/p") -> list[Json]:
    composition = resource("Composition", id="c", status="final", subject={"reference": subject}, section=[])
    return [{"resource": composition, "fullUrl": f"urn:uuid:{UUID[:-1]}e"}, *entries]


@pytest.mark.parametrize(
    "reference",
    [f"Patient/{UUID}", "Patient/other", "https://server.example/fhir/Patient/77", "urn:uuid:0f3d", None],
)
def test_all_of_a_document_is_about_its_subject(reference: str | None) -> None:
    given = [
        the("p", url=f"urn:uuid:{UUID}"),
        about(reference, url="https://server.example/fhir/Condition/1"),
    ]
    assert whose(*document(*given, subject=f"urn:uuid:{UUID}"), kind="document") == {"p": "certainly"}
    assert whose(*document(*given, subject="Patient/nobody"), kind="document") == {"p": "certainly"}


def test_a_document_with_a_mother_and_a_child_is_about_the_one_that_it_names() -> None:
    given = [the("child", birthDate="2026-01-01"), the("mother"), about("Patient/elsewhere")]
    assert whose(*document(*given, subject="Patient/child"), kind="document") == {
        "child": "certainly",
        "mother": "nothing",
    }
    own = [*given[:2], about("Patient/mother")]
    assert whose(*document(*own, subject="Patient/child"), kind="document") == {
        "child": "nothing",
        "mother": "certainly",
    }


def test_in_a_document_too_a_group_is_no_patient() -> None:
    assert whose(*document(the("p"), about("Group/p")), kind="document") == {"p": "nothing"}


# ---- two of one id


def test_two_patients_of_one_id_are_told_and_no_list_of_either_is_complete() -> None:
    for one, other in (("p", "p"), (UUID, UUID.upper())):
        found = patients(
            the(one, url=f"https://a.example/fhir/Patient/{one}", birthDate="1950"),
            the(other, url=f"https://b.example/fhir/Patient/{other}", birthDate="1960"),
            about(f"Patient/{one}", url="https://a.example/fhir/Condition/1"),
        )
        assert [(len(each.episodes), set(each.unread) == EVERY) for each in found] == [(1, True), (0, True)]
        assert all(any("another patient of this call has it" in note for note in each.notes) for each in found)
        assert all(
            note.endswith("This one is of `record`") for each in found for note in each.notes if "this call" in note
        )


def test_two_patients_of_ids_that_differ_in_capitals_are_two() -> None:
    for each in patients(the("A", birthDate="1950"), the("a", birthDate="1960")):
        assert (each.unread, each.notes) == ({}, ())


def test_another_record_of_the_same_person_in_the_file_is_told() -> None:
    link = [{"other": {"reference": "Patient/q"}, "type": "replaced-by"}]
    found = patients(the("p", link=link), the("q"), about("Patient/q"))
    assert [(each.id, set(each.unread) == EVERY) for each in found] == [("p", True), ("q", True)]
    elsewhere = [{"other": {"reference": "https://y.example/fhir/Patient/q"}, "type": "seealso"}]
    (patient,) = patients(the("p", link=elsewhere))
    assert patient.unread == {}
    assert patient.notes == (
        "Patient/p: it is linked to another record of the same person (seealso), which is not read with it",
    )
