"""A reference that is a UUID and nothing else: it is the thing of that UUID, or nobody's that is at hand."""

from __future__ import annotations

import pytest

from records.fhir.tiny import PATIENT, condition
from records.small_rulebook import SMALL
from screener.records import read_patients
from screener.records.patient import Patient

UUID = "0b9c5a5e-0000-4000-8000-00000000abcd"
ELSEWHERE = "0b9c5a5e-0000-4000-8000-00000000ffff"
SERVER = "https://x.example/fhir"


@pytest.mark.parametrize("reference", [UUID, UUID.upper(), f"/{UUID}", f"Patient/{UUID}", f"urn:uuid:{UUID}"])
@pytest.mark.parametrize("url", [None, f"urn:uuid:{UUID}", f"{SERVER}/Patient/{UUID}"])
@pytest.mark.parametrize("own_url", [None, f"{SERVER}/Condition/1"])
def test_is_the_patient_of_that_uuid(reference: str, url: str | None, own_url: str | None) -> None:
    (patient,) = _read(reference, url, own_url)
    assert [each.doubtful for each in patient.episodes["cirrhosis"]] == [False]


@pytest.mark.parametrize("reference", [ELSEWHERE, ELSEWHERE.upper()])
@pytest.mark.parametrize("own_url", [None, f"{SERVER}/Condition/1"])
def test_of_nobody_at_hand_it_may_be_the_only_patient(reference: str, own_url: str | None) -> None:
    (patient,) = _read(reference, None, own_url)
    assert [each.doubtful for each in patient.episodes["cirrhosis"]] == [True]


def _read(reference: str, url: str | None, own_url: str | None) -> list[Patient]:
    entries = [
        {"resource": {**PATIENT, "id": UUID}, **({"fullUrl": url} if url else {})},
        {
            "resource": condition("cirrhosis", subject={"reference": reference}),
            **({"fullUrl": own_url} if own_url else {}),
        },
    ]
    read = read_patients({"resourceType": "Bundle", "type": "collection", "entry": entries}, SMALL)
    return [each for each in read if isinstance(each, Patient)]
