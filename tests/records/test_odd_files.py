"""What people give in place of a patient, and what they are told; and records of which a part is missing."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from pathlib import Path

import pytest

from records.fhir_sources import dictionary
from screener import evaluate, load_rules
from screener.records.errors import RecordError
from screener.records.patient import Patient
from screener.records.reading import read_patients

EVERYTHING = "give a Patient with what is about this patient, such as the answer to `Patient/[id]/$everything`"
AS_JSON = "export the record as JSON: FHIR R4, or the form of `screen schema record`"


def told(path: Path) -> str:
    """The text of the one refusal, without the folder of the test."""
    try:
        [read] = read_patients(path, dictionary())
    except RecordError as error:
        read = error
    assert isinstance(read, RecordError)
    return str(read).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("name", "content", "fault", "mend"),
    [
        (
            "labs.txt",
            b"patient,lab,value\n1,INR,2\n",
            "it is a table (CSV), not JSON",
            "give it by itself, as a file named *.csv or *.xlsx",
        ),
        ("letter.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "it is a PDF, not JSON", AS_JSON),
        ("bundle.xml", b'<?xml version="1.0"?>\n<Bundle/>', "it is XML, not JSON", AS_JSON),
        ("oru.hl7", b"MSH|^~\\&|LAB|HOSPITAL\rPID|1||123\r", "it is an HL7 v2 message, not JSON", AS_JSON),
        ("notepad.json", '{"id": "a"}'.encode("utf-16"), "it is text in UTF-16", "save it as UTF-8"),
        ("latin.json", '{"id": "ä"}'.encode("latin-1"), "it is not text in UTF-8", "save it as UTF-8"),
        ("empty.ndjson", b"", "there is no record: the text is empty", "give JSON, or the path of a file"),
        (
            "Patient.ndjson",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:d32b38\nsize 166226\n",
            "it is a pointer of Git LFS, not the file itself",
            "fetch it: `git lfs pull`",
        ),
        ("export.zip", b"PK\x03\x04rest", "it is a zip archive", "unpack it, and name the files in it"),
        (
            "cut.json.gz",
            gzip.compress(json.dumps([*range(9999)]).encode(), mtime=0)[:4000],
            "it is packed by gzip, and ends in the middle",
            "fetch the file again",
        ),
        (
            "metadata.json",
            b'{"resourceType": "CapabilityStatement", "status": "active"}',
            "there is no patient in it, only CapabilityStatement",
            EVERYTHING,
        ),
        (
            "nobody.json",
            b'{"resourceType": "Bundle", "type": "searchset", "total": 0}',
            "there is no resource in it",
            EVERYTHING,
        ),
        (
            "answer.json",
            b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}',
            "there is no patient in it, only OperationOutcome",
            "a server that was asked answers so when something is wrong: see its `issue`, and ask again",
        ),
        (
            "list.json",
            b"[1, 2]",
            "a record is one object, not a list",
            "write one record a line (NDJSON); the resources of FHIR may stand in one Bundle, too",
        ),
    ],
)
def test_a_file_that_is_no_patient_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, fault: str, mend: str
) -> None:
    (tmp_path / name).write_bytes(content)
    text = told(tmp_path / name)
    assert text.startswith(f"error[record]: {fault}\n  --> {name}")
    assert text.endswith(f"\nhelp: {mend}")


@pytest.mark.parametrize("name", ["", "readme.txt"])
def test_a_folder_without_a_record_says_what_it_looked_for(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    if name:
        (folder / name).write_text("of the ward", encoding="utf-8")
    assert told(folder) == (
        "error[record]: it is a folder without a record\n  --> records\n"
        "help: name files, or a folder of `*.json`, `*.ndjson` or `*.ndjson.gz`"
    )


# ---- a part is missing

PATIENT = '{"resourceType": "Patient", "id": "a", "birthDate": "1950"}'
CIRRHOSIS = (
    '{"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/a"}, '
    '"code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "K74.6"}]}}'
)
EVERY_LIST = {"conditions", "procedures", "plans", "medications", "events", "allergies", "family_history"}


def test_no_list_is_complete_where_a_line_beside_it_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "export.ndjson"
    file.write_text(f"{PATIENT}\n{CIRRHOSIS[:40]}\n{CIRRHOSIS}\n", encoding="utf-8")
    refused, patient = read_patients(file, dictionary())
    assert isinstance(refused, RecordError)
    assert isinstance(patient, Patient)
    assert "cirrhosis" in patient.episodes
    assert patient.unread == dict.fromkeys(EVERY_LIST, "export.ndjson: line 2")
    assert "export.ndjson: line 2: it cannot be read, and may be about this patient" in patient.notes


def test_a_key_that_is_no_text_beside_a_patient_leaves_a_result_that_can_be_told() -> None:
    lines = b'{"resourceType": "Patient", "id": "p"}\n{"resourceType": "Observation", "c\\ud800ode": 1}\n'
    patient, refused = sorted(read_patients(lines, dictionary()), key=lambda each: isinstance(each, RecordError))
    assert isinstance(refused, RecordError)
    assert isinstance(patient, Patient)
    assert patient.unread["conditions"] == "record: line 2"
    assert evaluate(patient, load_rules(), as_of=date(2026, 2, 20)).to_json()


def test_a_patient_is_called_by_a_file_also_where_its_name_is_no_text(tmp_path: Path) -> None:
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xffanna.json"))
    place.write_text('{"sex": "female"}', encoding="utf-8")
    [patient] = read_patients(place, dictionary())
    assert isinstance(patient, Patient)
    assert patient.id == "\\udcffanna"
    assert evaluate(patient, load_rules(), as_of=date(2026, 2, 20)).to_json()


@pytest.mark.parametrize(("relation", "is_missing"), [("self", False), ("previous", True), ("next", True)])
def test_no_list_is_complete_on_one_page_of_several(relation: str, is_missing: bool) -> None:
    link = [{"relation": relation, "url": "https://hospital.example/fhir?page=2"}]
    entry = [{"resource": json.loads(PATIENT)}, {"resource": json.loads(CIRRHOSIS)}]
    page = {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entry}
    [patient] = read_patients(page, dictionary())
    assert isinstance(patient, Patient)
    assert patient.unread == (dict.fromkeys(EVERY_LIST, "Bundle") if is_missing else {})
    others = "the next ones" if relation == "next" else "those before it"
    assert (f"Bundle: it is one page of several, and {others} are not at hand" in patient.notes) is is_missing
