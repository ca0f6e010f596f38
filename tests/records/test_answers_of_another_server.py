"""Answers about the patient of another server are about somebody else, also where the id is the same."""

from __future__ import annotations

from typing import Any

import pytest

from records.small_rulebook import SMALL
from records.test_questionnaire import PLAIN, YES, response
from screener.records import RecordError, read_patient
from screener.records.questionnaire import answers_in, with_answers

UUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def given(full_url: str | None, reference: str, identity: str = "p") -> Any:
    entry: dict[str, Any] = {"resource": {"resourceType": "Patient", "id": identity}}
    if full_url is not None:
        entry["fullUrl"] = full_url
    patient = read_patient({"resourceType": "Bundle", "type": "collection", "entry": [entry]}, SMALL)
    return with_answers(patient, answers_in(response(YES, subject={"reference": reference}), PLAIN), PLAIN).answers


@pytest.mark.parametrize(
    ("full_url", "reference"),
    [
        ("http://h/f/Patient/p", "http://other/Patient/p"),
        ("http://h/f/Patient/p", "https://h/g/Patient/p"),
        ("http://h:8080/f/Patient/p", "http://h/f/Patient/p/_history/2"),
    ],
)
def test_a_patient_of_another_server_is_somebody_else(full_url: str, reference: str) -> None:
    with pytest.raises(RecordError, match="somebody else"):
        given(full_url, reference)


@pytest.mark.parametrize(
    ("full_url", "reference"),
    [
        ("http://h/f/Patient/p", "http://h/f/Patient/p"),
        ("http://h/f/Patient/p", "https://H/f/Patient/p/_history/2"),
        ("http://h/f/Patient/p", "Patient/p"),
        (None, "http://h/f/Patient/p"),
        ("urn:uuid:" + UUID, "http://h/f/Patient/p"),
    ],
)
def test_the_same_patient_is_found(full_url: str | None, reference: str) -> None:
    assert given(full_url, reference)


def test_a_uuid_is_one_person_on_every_server() -> None:
    assert given(f"http://h/f/Patient/{UUID}", f"http://other/Patient/{UUID}", UUID)
