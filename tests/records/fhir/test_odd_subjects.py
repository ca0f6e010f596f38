"""A subject that contradicts itself is nobody's: what is said of it counts for no one, and leaves its list open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, coded, resource
from records.small_rulebook import SMALL
from screener.records import json_records, read_patients
from screener.records.patient import Patient

MRN = {"system": "urn:mrn", "value": "1"}
OWN = [MRN, {"system": "urn:mrn", "value": "11"}, {"system": "urn:card", "value": "5"}]
WHO: Json = {**PATIENT, "identifier": OWN}


def found(*given: Json) -> list[Patient]:
    entries = [{"resource": each} for each in given]
    read = read_patients({"resourceType": "Bundle", "type": "collection", "entry": entries}, SMALL)
    return [each for each in read if isinstance(each, Patient)]


def about(subject: Json, kind: str = "Condition") -> Json:
    fields = {"code": coded("cirrhosis")} if kind == "Condition" else {"status": "completed", "code": coded("dialysis")}
    return resource(kind, id="x", **{**fields, "subject": subject})


@pytest.mark.parametrize(
    "subject",
    [
        {"type": "Group", "identifier": MRN},
        {"type": "RelatedPerson", "identifier": MRN},
        {"type": "Group", "reference": "Patient/p"},
        {"reference": "Patient/p", "identifier": {"system": "urn:mrn", "value": "2"}},
        {"reference": "Patient/p", "identifier": {"system": "urn:card", "value": "1"}},
        {"reference": "#"},
    ],
)
def test_who_is_named_in_two_ways_is_nobody(subject: Any) -> None:
    for list_, kind in (("conditions", "Condition"), ("procedures", "Procedure")):
        (patient,) = found(WHO, about(subject, kind))
        assert (patient.episodes, set(patient.unread)) == ({}, {list_})
        assert any(note.startswith(f"{kind}/x: ") for note in patient.notes)


@pytest.mark.parametrize(
    "subject",
    [
        {"type": "Patient", "identifier": MRN},
        {"type": "http://hl7.org/fhir/StructureDefinition/Patient", "reference": "Patient/p"},
        {"reference": "Patient/p", "identifier": MRN},
        {"reference": "Patient/p", "identifier": {"system": "urn:mrn", "value": "11"}},
        {"reference": "Patient/p", "identifier": {"system": "urn:other", "value": "2"}},
        {"reference": "Patient/p", "identifier": {"value": "2"}},
    ],
)
def test_who_is_named_alike_is_the_patient(subject: Any) -> None:
    (patient,) = found(WHO, about(subject))
    assert set(patient.episodes) == {"cirrhosis"}
    assert not patient.unread


SECOND: Json = {**PATIENT, "id": "q"}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "#gone"},
        {"identifier": {"value": "1"}},
        {"identifier": {"system": " ", "value": "1"}},
        {"reference": "https://mpi.example/whom?identifier=1"},
    ],
)
def test_who_is_named_by_nothing_of_his_own_may_be_any_of_several(subject: Any) -> None:
    first, second, *_ = found(WHO, SECOND, about(subject))
    assert [(each.id, each.episodes, "conditions" in each.unread) for each in (first, second)] == [
        ("p", {}, True),
        ("q", {}, True),
    ]
    (alone,) = found(WHO, about(subject))
    assert all(each.doubtful for each in alone.episodes["cirrhosis"])


@pytest.mark.parametrize("subject", [{"reference": ""}, {"reference": " "}, {"reference": "", "display": "A. B."}])
def test_an_empty_reference_is_none(subject: Any) -> None:
    (patient,) = found(WHO, about(subject))
    assert set(patient.episodes) == {"cirrhosis"}
    patients = found(WHO, SECOND, about(subject))
    assert [(each.id, each.episodes, set(each.unread)) for each in patients] == [
        ("p", {}, {"conditions"}),
        ("q", {}, {"conditions"}),
    ]


@pytest.mark.parametrize(
    ("own", "may_be"),
    [
        ([], True),
        ([{"system": "urn:card", "value": "7"}], True),
        ([{"value": "7"}], True),
        ([{"system": "urn:mrn", "value": "8"}], False),
        ([{"system": "urn:mrn", "value": "8"}, {"system": "urn:card", "value": "7"}], False),
    ],
)
def test_somebody_known_by_an_identifier_alone_may_be_who_has_none_of_its_kind(own: Any, may_be: bool) -> None:
    given = [{**PATIENT, "identifier": own}, {**SECOND, "identifier": [{"system": "urn:mrn", "value": "9"}]}]
    first, second, other = found(*given, about({"identifier": {"system": "urn:mrn", "value": "7"}}))
    assert (bool(first.unread), second.unread, set(other.episodes)) == (may_be, {}, {"cirrhosis"})
    told = "the file has entries of somebody known by an identifier alone, who may be this patient"
    assert [note for note in first.notes if told in note] == ([f"check first: Patient/p: {told}"] if may_be else [])


def test_of_two_patients_with_one_identifier_either_may_be_meant() -> None:
    patients = found({**PATIENT, "identifier": [MRN]}, {**SECOND, "identifier": [MRN]}, about({"identifier": MRN}))
    assert [bool(each.unread) for each in patients] == [True, True, False]


def test_an_export_says_the_same_however_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [WHO, {**PATIENT, "id": "q"}, about({"type": "Group", "reference": "Patient/p"})]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, given)))
    for held in (1 << 40, 0):
        monkeypatch.setattr(json_records, "MOST_HELD", held)
        patients = [each for each in read_patients(tmp_path, SMALL) if isinstance(each, Patient)]
        assert [set(each.unread) for each in patients] == [{"conditions"}, {"conditions"}]
