"""Folders: exports with other things in them, folders in folders, links, and what is no file at all."""

from __future__ import annotations

import gzip
import json
import os
import socket
from pathlib import Path
from typing import Any, get_args

import pytest

from records.fhir.tiny import PATIENT, bundle, condition, observation
from records.small_rulebook import SMALL
from screener.records import RecordError, read_patients
from screener.records.folders import DEEPEST_FOLDER
from screener.records.patient import Patient
from screener.records.sources import records_in
from screener.rulebook import RecordList
from screener.values.ranges import exactly

INR = observation("INR", valueQuantity={"value": 2})
CIRRHOSIS = condition("cirrhosis")
LOG = [{"exportId": "e", "timestamp": "2026", "eventId": "kickoff"}, {"exportId": "e", "timestamp": "2026", "event": 1}]
ELSE = "it is JSON of something else: no record has the fields"
NOTHING = "it holds no resource, and is not read"
UNREAD = "it is not read, and may be about this patient"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    lines(folder / "Patient.ndjson", PATIENT)
    lines(folder / "Observation.ndjson", INR)
    return folder


def lines(place: Path, *resources: Any) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(each) + "\n" for each in resources).encode()
    place.write_bytes(gzip.compress(text, mtime=0) if place.suffix == ".gz" else text)


def only_patient(folder: Path) -> Patient:
    """The one patient of an export that nothing in it refuses."""
    [patient] = read_patients(folder, SMALL)
    assert isinstance(patient, Patient)
    assert patient.results["INR"][0].value == exactly(2)
    return patient


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.ndjson", "".join(json.dumps(each) + "\n" for each in LOG).encode()),
        ("log.ndjson.gz", gzip.compress(json.dumps(LOG[0]).encode(), mtime=0)),
        ("export.log", b"2026-03-01 00:00:00, INFO, done\n2026-03-01 00:00:01, INFO, done\n"),
        ("README", b"An export of the ward.\n"),
        ("README.md", b"# An export\n\nOf the ward.\n"),
        ("notes.txt", b"Fetched on Monday.\n"),
        (
            "manifest.json",
            json.dumps({"output": [{"type": "Patient", "url": "u"}]}).encode(),
        ),
        (".DS_Store", b"\0\0\0\1Bud1\0\0"),
        ("._Patient.ndjson", b"\0\5\x16\7\0\2\0\0"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("SUCCESS", b""),
        ("sums.sha256", b"abc  Patient.ndjson\n"),
    ],
)
def test_what_holds_no_patient_is_named_and_leaves_lists_as_they_are(export: Path, name: str, content: bytes) -> None:
    (export / name).write_bytes(content)
    patient = only_patient(export)
    assert patient.unread == {}
    assert patient.notes == (f"{name}: {NOTHING}",)


SHEET = "it is a spreadsheet, which is read only if the call itself names it"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("conditions.csv", b"patient,code\np,K74.6\nq,K74.6\n", SHEET),
        ("Ward.XLSX", b"PK\x03\x04", SHEET),
        ("letter.pdf", b"%PDF-1.4", "it is a PDF, not JSON"),
        ("more.zip", b"PK\x03\x04", "it is a zip archive"),
        ("lab.hl7", b"MSH|^~\\&|LAB\r", "it is an HL7 v2 message, not JSON"),
        ("Condition.txt", json.dumps(CIRRHOSIS).encode(), "it is not named as a file of records is"),
        ("Condition.ndjson.part", json.dumps(CIRRHOSIS).encode(), "it is not named as a file of records is"),
        (".Condition.ndjson", json.dumps(CIRRHOSIS).encode(), "it is not named as a file of records is"),
        ("odd.bin", b"\0\1\2\3", "it is not named as a file of records is"),
        ("cut.json", b'{"resourceType": ', "it is not JSON: expecting value"),
        ("vendor.json", b'{"icd": "K74.6", "pid": 1}', f"{ELSE} `icd`, `pid`"),
        ("vendor.ndjson", b'{"icd": "K74.6"}\n{"icd": "K75"}\n', f"{ELSE} `icd`"),
    ],
)  # fmt: skip
def test_what_may_hold_something_is_named_and_keeps_lists_open(
    export: Path, name: str, content: bytes, what: str
) -> None:
    (export / name).write_bytes(content)
    patient = only_patient(export)
    assert set(patient.unread.values()) == {f"{name} ({what})"}
    assert patient.notes == (f"{name} ({what}): {UNREAD}",)


def test_all_of_it_is_named_in_one_note_of_each_kind(export: Path) -> None:
    for name in ("a.log", "b.log", "README"):
        (export / name).write_text("nothing", encoding="utf-8")
    for name in ("a.pdf", "b.pdf"):
        (export / name).write_bytes(b"%PDF-1")
    assert only_patient(export).notes == (
        f"file: 3 times, {NOTHING}: README, a.log, b.log",
        f"file: 2 times, {UNREAD}: a.pdf (it is a PDF, not JSON), b.pdf (it is a PDF, not JSON)",
    )


@pytest.mark.parametrize("name", ["Condition.ndjson", "Condition.ndjson.gz"])
def test_an_empty_file_of_an_export_means_that_there_is_none_of_that_kind(export: Path, name: str) -> None:
    lines(export / name)
    patient = only_patient(export)
    assert (patient.unread, patient.notes) == ({}, ())


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\x1f\x8bnonsense", b"<html>", b"\xff\xfe{\0"])
def test_a_file_of_an_export_that_cannot_be_read_refuses_nobody(export: Path, content: bytes) -> None:
    (export / "Condition.ndjson").write_bytes(content)
    refused, patient = read_patients(export, SMALL)
    assert isinstance(refused, RecordError)
    assert isinstance(patient, Patient)
    assert set(patient.unread.values()) == {"Condition.ndjson"}


# ---- folders in folders


@pytest.mark.parametrize(
    "name",
    ["Condition/Condition.ndjson", "more/part-0.jsonl.gz", "a/b/c.ndjson", "Condition/a.json", "CONDITION.NDJSON"],
)
def test_what_lies_in_a_folder_of_an_export_belongs_to_it(export: Path, name: str) -> None:
    lines(export / name, CIRRHOSIS)
    patient = only_patient(export)
    assert "cirrhosis" in patient.episodes
    assert (patient.unread, patient.notes) == ({}, ())


def test_an_export_may_lie_in_folders_alone(tmp_path: Path) -> None:
    for number, each in enumerate((PATIENT, INR, CIRRHOSIS)):
        lines(tmp_path / each["resourceType"] / f"part-{number}.ndjson", each)
    assert "cirrhosis" in only_patient(tmp_path).episodes
    assert records_in(tmp_path) == ([tmp_path], ())


@pytest.mark.parametrize("content", [CIRRHOSIS, bundle(CIRRHOSIS), [CIRRHOSIS], bundle(PATIENT, CIRRHOSIS)])
def test_json_beside_the_lines_of_an_export_belongs_to_it(export: Path, content: Any) -> None:
    (export / "more.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    patient = only_patient(export)
    assert "cirrhosis" in patient.episodes
    assert patient.unread == {}


@pytest.mark.parametrize(
    "beside",
    [
        {"resourceType": "Binary", "id": "b", "contentType": "application/pdf", "data": "A" * 200_000},
        {"resourceType": "DiagnosticReport", "status": "final", "presentedForm": [{"data": "A" * 200_000}]},
        {"resourceType": "Parameters", "parameter": [{"name": "displayLanguage", "valueString": "en"}]},
        None,
    ],
)
def test_files_of_one_resource_each_belong_together_whatever_their_size(tmp_path: Path, beside: Any) -> None:
    for name, resource in (("a", PATIENT), ("b", INR), ("c", CIRRHOSIS), ("d", beside)):
        if resource is not None:
            (tmp_path / f"{name}.json").write_text(json.dumps(resource))
    assert records_in(tmp_path) == ([tmp_path], ())
    (patient,) = read_patients(tmp_path, SMALL)
    assert isinstance(patient, Patient)
    assert (list(patient.results), list(patient.episodes)) == (["INR"], ["cirrhosis"])


@pytest.mark.parametrize(("size", "in_order"), [(1, False), (5000, False), (5000, True)])
def test_a_bundle_among_them_is_a_record_of_its_own(tmp_path: Path, size: int, in_order: bool) -> None:
    """Also if its entries, with kinds of their own, stand before its kind."""
    whole = bundle(PATIENT, *[INR] * size)
    for name, resource in (("a", PATIENT), ("b", INR), ("c", whole)):
        (tmp_path / f"{name}.json").write_text(json.dumps(resource, sort_keys=in_order))
    assert len(records_in(tmp_path)[0]) == 3


def test_a_hidden_folder_is_named_only(export: Path) -> None:
    lines(export / ".git" / "Condition.ndjson", CIRRHOSIS)
    patient = only_patient(export)
    assert (patient.episodes, patient.unread) == ({}, {})
    assert patient.notes == (".git/: it is a hidden folder, and is not read",)


def test_links_are_followed_once(export: Path) -> None:
    (export / "self").symlink_to(export, target_is_directory=True)
    (export / "up").symlink_to(export.parent, target_is_directory=True)
    lines(export.parent / "elsewhere" / "Condition.ndjson", CIRRHOSIS)
    patient = only_patient(export)
    assert "cirrhosis" in patient.episodes
    assert patient.notes == ()


def test_a_link_to_nothing_keeps_lists_open(export: Path) -> None:
    (export / "Condition.ndjson").symlink_to(export / "gone")
    (export / "loop").symlink_to(export / "loop")
    patient = only_patient(export)
    assert patient.notes == (
        f"file: 2 times, {UNREAD}: Condition.ndjson (it cannot be read: no such file or directory), "
        "loop (it cannot be read: too many levels of symbolic links)",
    )
    assert len(patient.unread) == len(get_args(RecordList))


def test_folders_without_end_are_given_up(export: Path) -> None:
    deep = export.joinpath(*["x"] * (DEEPEST_FOLDER + 2))
    lines(deep / "Condition.ndjson", CIRRHOSIS)
    patient = only_patient(export)
    assert patient.episodes == {}
    assert len(patient.unread) > 0


def test_two_patients_without_an_id_in_two_files_are_two(tmp_path: Path) -> None:
    for name, birth in (("a.ndjson", "1950"), ("b.ndjson", "1960")):
        lines(tmp_path / name, {"resourceType": "Patient", "birthDate": birth}, {"resourceType": "Basic"})
    births = [each.birth.text for each in read_patients(tmp_path, SMALL) if isinstance(each, Patient) and each.birth]
    assert births == ["1950", "1960"]


# ---- a folder of records


def test_other_things_in_a_folder_of_records_are_named(tmp_path: Path) -> None:
    for name in ("b.json", "a.json.gz", "ward/c.json"):
        lines(tmp_path / name, PATIENT)
    (tmp_path / "README").write_text("of the ward", encoding="utf-8")
    (tmp_path / "d.xml").write_text("<Bundle xmlns='http://hl7.org/fhir'/>", encoding="utf-8")
    sources, others = records_in(tmp_path)
    assert [str(each.relative_to(tmp_path)) for each in sources] == ["a.json.gz", "b.json", "ward/c.json"]
    assert [(each.name, each.may_hold) for each in others] == [("README", False), ("d.xml", True)]


@pytest.mark.parametrize("content", [{"output": [], "transactionTime": "2026"}, LOG[0]])
def test_a_manifest_or_log_in_a_folder_of_records_is_none_of_them(tmp_path: Path, content: Any) -> None:
    lines(tmp_path / "a.json", PATIENT)
    lines(tmp_path / "z.json", content)
    sources, others = records_in(tmp_path)
    assert ([each.name for each in sources], [each.name for each in others]) == (["a.json"], ["z.json"])


def test_what_lies_beside_records_a_line_each_is_refused_by_name(tmp_path: Path) -> None:
    lines(tmp_path / "ward.ndjson", {"id": "one"}, {"id": "two"})
    (tmp_path / "third.json").write_text('{"id": "three"')
    (tmp_path / "more.csv").write_text("id,sex\nfour,male\n")
    (tmp_path / "README").write_text("Of the ward.\n")
    read = list(read_patients(tmp_path, SMALL))
    assert [each.id for each in read if isinstance(each, Patient)] == ["one", "two"]
    refusals = [str(each) for each in read if isinstance(each, RecordError)]
    assert len(refusals) == 2
    assert "it is a spreadsheet" in refusals[0]
    assert "more.csv" in refusals[0]
    assert "third.json" in refusals[1]


def test_a_folder_without_a_record_tells_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text("<Bundle xmlns='http://hl7.org/fhir'/>", encoding="utf-8")
    (tmp_path / "README").write_text("of the ward", encoding="utf-8")
    with pytest.raises(RecordError) as refused:
        list(read_patients(tmp_path, SMALL))
    assert refused.value.problems[0].fault == "it is a folder without a record: d.xml (it is FHIR in XML, not JSON)"


def test_json_of_something_else_in_a_folder_of_records_is_left_to_be_refused(tmp_path: Path) -> None:
    lines(tmp_path / "a.json", PATIENT)
    lines(tmp_path / "b.json", {"icd": "K74.6"})
    (tmp_path / "c.json").write_text("{", encoding="utf-8")
    sources, others = records_in(tmp_path)
    assert ([each.name for each in sources], others) == (["a.json", "b.json", "c.json"], ())


# ---- what is no file


def odd(place: Path, kind: str) -> socket.socket | None:
    if kind == "a named pipe":
        os.mkfifo(place)
    elif kind == "a device":
        place.symlink_to("/dev/zero")
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(place))
        return listening
    return None


ODD = ["a named pipe", "a device", "a socket"]


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_passed_over_and_named_and_never_waited_for(export: Path, kind: str) -> None:
    listening = odd(export / "Condition.ndjson", kind)
    patient = only_patient(export)
    assert patient.notes == (f"Condition.ndjson (it is {kind}, and is not read): {UNREAD}",)
    assert set(patient.unread.values()) == {f"Condition.ndjson (it is {kind}, and is not read)"}
    if listening is not None:
        listening.close()


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    listening = odd(tmp_path / "p.json", kind)
    with pytest.raises(RecordError, match=f"it is {kind}"):
        list(read_patients(tmp_path / "p.json", SMALL))
    if listening is not None:
        listening.close()


def test_a_pipe_that_the_shell_made_for_the_call_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps(bundle(PATIENT, INR)).encode())
    os.close(writing)
    [patient] = read_patients(Path(f"/dev/fd/{reading}"), SMALL)
    os.close(reading)
    assert isinstance(patient, Patient)
    assert patient.results["INR"][0].value == exactly(2)
