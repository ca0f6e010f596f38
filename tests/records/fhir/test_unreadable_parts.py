"""A line, an entry or a number of entries that nobody can read: what it holds may stand on any list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from records.fhir.tiny import PATIENT, Json, condition, observation
from records.small_rulebook import SMALL
from screener.records import RecordError, json_records, read_patient, read_patients
from screener.records.patient import Patient
from screener.rulebook import RecordList

EVERY = set(get_args(RecordList))
LINES = ["null", "5", '"x"', "true", "1.5", "[]", "[1]"]
ENTRIES: list[Any] = [
    7,
    None,
    "x",
    {},
    {"fullUrl": "http://s/MedicationStatement/9"},
    {"resource": "MedicationStatement/9"},
    {"resource": []},
    {"resource": {"id": "x"}},
    {"resource": {"resourceType": "medicationstatement", "id": "1"}},
    {"resource": {"resourceType": ""}},
    {"request": {"method": "PUT", "url": "Condition/1"}},
    {"response": {"status": 500}},
    {"response": {"status": "500"}},
    {"response": []},
    {"fullUrl": 7, "resource": observation("INR")},
    {"resource": {"resourceType": "Bundle", "entry": {}}},
]


@pytest.mark.parametrize("held", [1 << 40, 0])
@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_no_object_leaves_every_list_open(
    line: str, held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", held)
    lines = [json.dumps(PATIENT), json.dumps({**PATIENT, "id": "q"}), line, json.dumps(condition("cirrhosis"))]
    (tmp_path / "a.ndjson").write_text("\n".join(lines))
    found = list(read_patients(tmp_path, SMALL))
    assert len([each for each in found if isinstance(each, RecordError)]) == 1
    patients = [each for each in found if isinstance(each, Patient)]
    assert [each.id for each in patients] == ["p", "q"]
    assert all(set(each.unread) == EVERY for each in patients)


def bundled(*entries: Any, **fields: Any) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": PATIENT}, *entries], **fields}


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_that_nobody_can_read_leaves_every_list_open(entry: Any) -> None:
    patient = read_patient(bundled(entry), SMALL)
    assert set(patient.unread) == EVERY
    assert any(note.startswith("entry[1]") for note in patient.notes)


@pytest.mark.parametrize(
    "entry",
    [
        {"request": {"method": "GET", "url": "Condition?patient=p"}},
        {"response": {"status": "201 Created"}},
        {"link": [{"relation": "self", "url": "http://s"}]},
        {"request": {"method": "DELETE", "url": "Condition/1"}},
    ],
)
def test_an_entry_that_holds_nothing_leaves_no_list_open(entry: Any) -> None:
    assert not read_patient(bundled(entry), SMALL).unread


@pytest.mark.parametrize("kind", ["medicationstatement", "x y", ""])
def test_a_line_of_no_kind_of_resource_is_missed_by_all(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {"resourceType": kind, "id": "1", "subject": {"reference": "Patient/p"}}
    lines = [PATIENT, {**PATIENT, "id": "q"}, odd]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, lines)))
    for held in (1 << 40, 0):
        monkeypatch.setattr(json_records, "MOST_HELD", held)
        assert [set(each.unread) for each in read_patients(tmp_path, SMALL) if isinstance(each, Patient)] == [EVERY] * 2


@pytest.mark.parametrize("total", [57, "57", " 57 ", 57.0, "57.0", "many", -1, 1.5, True, [57]])
def test_a_total_above_the_entries_is_read_however_it_is_written(total: Any) -> None:
    patient = read_patient(bundled({"resource": condition("cirrhosis")}, total=total), SMALL)
    assert set(patient.unread) == EVERY


@pytest.mark.parametrize("total", [None, 2, "2", 2.0, 0])
def test_a_total_of_what_is_there_leaves_no_list_open(total: Any) -> None:
    assert not read_patient(bundled({"resource": condition("cirrhosis")}, total=total), SMALL).unread
