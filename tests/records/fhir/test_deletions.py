"""What an export says was deleted does not count, in whichever of its files it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from records.fhir.tiny import PATIENT, Json, condition, observation
from records.small_rulebook import SMALL
from screener.records import RecordError, json_records, read_patients
from screener.records.patient import Patient

OTHER: Json = {**PATIENT, "id": "q"}


def deleted(*addresses: str, method: str = "DELETE", **fields: object) -> Json:
    entries = [{"request": {"method": method, "url": each}, **fields} for each in addresses]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def exported(folder: Path, **files: list[Json]) -> list[Patient]:
    for name, given in files.items():
        folder.joinpath(f"{name}.ndjson").write_text("\n".join(map(json.dumps, given)))
    found = list(read_patients(folder, SMALL))
    assert not any(isinstance(each, RecordError) for each in found)
    return [each for each in found if isinstance(each, Patient)]


@pytest.mark.parametrize("held", [1 << 40, 0])
@pytest.mark.parametrize(
    "told",
    [
        deleted("Condition/1"),
        deleted("https://x.example/fhir/Condition/1/_history/2"),
        deleted("Observation/9", "Condition/1"),
        deleted("Condition/1", method="delete"),
        deleted("Condition/1", response={"status": "200"}),
    ],
)
def test_what_an_export_deletes_does_not_count(
    told: Json, held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", held)
    files = {"a": [PATIENT, OTHER], "Condition": [condition("cirrhosis"), condition("malignancy", id="2")]}
    patient, other = exported(tmp_path, **files, deleted=[told])
    assert set(patient.episodes) == {"malignancy"}
    assert any("it was deleted" in note for note in patient.notes)
    assert other.notes == ()


def test_a_line_of_the_same_file_deletes_too(tmp_path: Path) -> None:
    (patient,) = exported(tmp_path, all=[PATIENT, condition("cirrhosis"), deleted("Condition/1")])
    assert patient.episodes == {}


def test_what_was_made_again_after_it_was_deleted_counts(tmp_path: Path) -> None:
    again = condition("cirrhosis", meta={"lastUpdated": "2026-02-02T00:00:00Z"})
    told = deleted("Condition/1", response={"lastModified": "2026-02-01T00:00:00Z"})
    (patient,) = exported(tmp_path, all=[PATIENT, again], deleted=[told])
    assert set(patient.episodes) == {"cirrhosis"}


@pytest.mark.parametrize("held", [1 << 40, 0])
def test_a_deleted_patient_leaves_the_others_as_they_are(
    held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", held)
    results = [observation("INR", valueQuantity={"value": 2}, subject={"reference": "Patient/q"})]
    found = exported(tmp_path, a=[PATIENT, OTHER], results=results, deleted=[deleted("Patient/p")])
    assert [each.id for each in found] == ["q"]
    assert found[0].results


def test_what_a_search_deletes_is_told(tmp_path: Path) -> None:
    (patient,) = exported(tmp_path, all=[PATIENT, condition("cirrhosis"), deleted("Condition?code=1")])
    assert any("nobody can tell what that is" in note for note in patient.notes)
