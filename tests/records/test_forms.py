"""What is given in place of a record is recognised, and named in one sentence with what to do; what can be read is."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from records.fhir.tiny import PATIENT, bundle, condition, observation
from records.small_rulebook import SMALL
from screener.records import RecordError, read_patients
from screener.records.patient import Patient
from screener.values.ranges import exactly

INR = observation("INR", valueQuantity={"value": 2})
CDA = b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">\n</ClinicalDocument>'


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name in names:
            opened.writestr(name, "x")
    return packed.getvalue()


def told(content: bytes | dict[str, Any], name: str = "given") -> list[str]:
    """The fault of the one refusal, and its mend."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    try:
        [read] = read_patients(io.BytesIO(text), SMALL, name)
    except RecordError as error:
        read = error
    assert isinstance(read, RecordError)
    [problem] = read.problems
    assert problem.mend
    return [problem.fault, problem.mend]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (CDA, "it is a CDA document (XML), not JSON"),
        (CDA.replace(b"ClinicalDocument", b"v3:ClinicalDocument"), "it is a CDA document (XML), not JSON"),
        (b"\xef\xbb\xbf\n" + CDA, "it is a CDA document (XML), not JSON"),
        (b'<PRPA_IN201306UV02 xmlns="urn:hl7-org:v3"/>', "it is an HL7 v3 message (XML), not JSON"),
        (b"<Bundle xmlns='http://hl7.org/fhir'><entry/></Bundle>", "it is FHIR in XML, not JSON"),
        (b'<?xml version="1.0"?><f:Patient xmlns:f="http://hl7.org/fhir"/>', "it is FHIR in XML, not JSON"),
        (b"<!DOCTYPE html>\n<title>Log in</title>", "it is a web page (HTML), not JSON"),
        (b"<records>\n <record/>\n</records>", "it is XML, not JSON"),
        (b"MSH|^~\\&|LAB|H|||20260101||ORU^R01|1|P|2.5\rPID|1\r", "it is an HL7 v2 message, not JSON"),
        (b"\x0bMSH|^~\\&|LAB\rPID|1\r\x1c\r", "it is an HL7 v2 message, not JSON"),
        (b"FHS|^~\\&|LAB\rBHS|^~\\&|LAB\rMSH|^~\\&|\r", "it is a file of HL7 v2 messages, not JSON"),
        (b"\r\nBHS|^~\\&|LAB\nMSH|^~\\&|\n", "it is a batch of HL7 v2 messages, not JSON"),
        (b'%PDF-1.4\n{"a": 1}\n', "it is a PDF, not JSON"),
        (archive("a.json"), "it is a zip archive"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "it is an Excel sheet, not JSON"),
        (archive("[Content_Types].xml", "word/document.xml"), "it is a Word document, not JSON"),
        (archive("content.xml"), "it is a file of an office program, not JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "it is a file of an office program, not JSON"),
        (b"patient;lab;value\n1;INR;2\n", "it is a table (CSV), not JSON"),
        (b"patient\tlab\n1\tINR\n2\tINR", "it is a table (CSV), not JSON"),
        (b'"patient","lab"\r\n"1","INR"\r\n', "it is a table (CSV), not JSON"),
        (rb"{\rtf1\ansi Discharge letter}", "it is a text document (RTF), not JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is an image, not JSON"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "it is an image, not JSON"),
        ('{"id": "a"}\n{"id": "b"}'.encode("utf-16"), "it is text in UTF-16"),
        ('{"id": "a"}'.encode("utf-16-le"), "it is text in UTF-16"),
        ('{"id": "a"}'.encode("utf-16-be"), "it is text in UTF-16"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "it is packed by gzip more than once"),
        (b"BZh91AY&SY", "it is packed by bzip2"),
        (b"\xfd7zXZ\0\0", "it is packed by xz"),
        (b"\0\1\2\3\xff\xfe", "it is no text, and not JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_are_called_by_their_name(content: bytes, fault: str) -> None:
    assert told(content)[0] == fault
    if not content.startswith(b"\x1f\x8b"):
        assert told(gzip.compress(content, mtime=0))[0] == fault


@pytest.mark.parametrize("name", ["Patient.ndjson.gz", "export.json.gz"])
def test_a_file_named_as_gzip_that_is_none_is_read_for_what_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(json.dumps(PATIENT).encode() + b"\n" + json.dumps(INR).encode())
    [patient] = read_patients(tmp_path / name, SMALL)
    assert isinstance(patient, Patient)
    assert patient.results["INR"][0].value == exactly(2)


QUERIED = "it is the answer to a query (GraphQL), which has of each resource only what was asked for"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"data": {"Patient": {"id": "p", "gender": "male"}}}, QUERIED),
        ({"data": {"PatientList": [{"id": "p"}]}, "errors": []}, QUERIED),
        ({"data": {"Patient": {"resourceType": "Patient", "id": "p"}}}, QUERIED),
        ({"data": bundle(PATIENT)}, "it is no record itself: what stands in it under `data` is FHIR"),
        ({"data": [PATIENT, INR]}, "it is no record itself: what stands in it under `data` is FHIR"),
        (
            {"status": 200, "body": {"bundle": bundle(PATIENT)}},
            "it is no record itself: what stands in it under `body.bundle` is FHIR",
        ),
        ({"fullUrl": "a", "resource": PATIENT}, "it is no record itself: what stands in it under `resource` is FHIR"),
        (
            {
                "transactionTime": "2026-03-01T00:00:00Z",
                "request": "https://h.example/$export",
                "requiresAccessToken": True,
                "output": [{"type": "Patient", "url": "https://h.example/1"}],
                "error": [],
            },
            "it is the manifest of a bulk export: it names files, and holds no resource itself",
        ),
        (
            {"output": [], "transactionTime": "2026-03-01T00:00:00Z"},
            "it is the manifest of a bulk export: it names files, and holds no resource itself",
        ),
        ({"timestamp": "2026-03-01", "level": "info", "msg": "done"}, "it is a log"),
        ({"exportId": "e", "timestamp": "t", "eventId": "kickoff", "eventDetail": {}}, "it is a log"),
        (
            {"name": "app", "version": "1.0", "dependencies": {}, "scripts": {}},
            "it is JSON of something else: no record has the fields `name`, `version`, `dependencies`, …",
        ),
        ({"error": "unauthorized"}, "it is JSON of something else: no record has the fields `error`"),
        ({"data": [1, 2]}, "it is JSON of something else: no record has the fields `data`"),
        (
            {"resourceType": "Parameters", "parameter": [{"name": "result", "valueBoolean": True}]},
            "it is a Parameters in which there is no resource",
        ),
        ({"hook": "patient-view", "context": {}}, "it is a CDS Hooks request that brings no resources as `prefetch`"),
        (
            {"hook": "patient-view", "hookInstance": "x", "prefetch": {"patient": None}},
            "it is a CDS Hooks request that brings no resources as `prefetch`",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_that_is_no_record_is_called_by_its_name(content: dict[str, Any], fault: str) -> None:
    assert told(content)[0] == fault


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"observation": []}, "`observation` is not a field here"),
        ({"conditon": [], "medicaton": []}, "`conditon` is not a field here"),
        ({"id": "a", "stage": "x", "ward": 3}, "`stage` is not a field here"),
    ],
)
def test_a_record_with_misspelt_fields_is_still_told_which(record: dict[str, Any], fault: str) -> None:
    [refused] = read_patients(json.dumps(record), SMALL)
    assert isinstance(refused, RecordError)
    assert refused.problems[0].fault == fault


# ---- resources in a wrapping


def only_patient(content: Any) -> Patient:
    [patient] = read_patients(json.dumps(content), SMALL)
    assert isinstance(patient, Patient)
    return patient


@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Parameters", "parameter": [{"name": "return", "resource": bundle(PATIENT, INR)}]},
        {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": each} for each in (PATIENT, INR)]},
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "p", "resource": PATIENT},
                {"name": "outer", "part": [{"name": "x", "part": [{"name": "y", "resource": INR}]}]},
                {"name": "count", "valueInteger": 2},
            ],
        },
        {"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": {"patient": PATIENT, "labs": bundle(INR)}},
        {"hook": "order-select", "hookInstance": "x", "prefetch": {"all": bundle(PATIENT, INR)}},
        {"hook": "order-sign", "fhirServer": "https://h.example", "prefetch": {"a": INR, "patient": PATIENT}},
    ],
)
def test_resources_in_a_wrapping_are_one_patients(content: Any) -> None:
    patient = only_patient(content)
    assert patient.results["INR"][0].value == exactly(2)
    assert (patient.id, patient.unread) == (PATIENT["id"], {})


@pytest.mark.parametrize("missing", [None, {"resourceType": "OperationOutcome", "issue": []}, "x"])
def test_no_list_is_complete_where_a_hook_does_not_bring_what_it_was_asked_for(missing: Any) -> None:
    prefetch = {"patient": PATIENT, "conditions": missing, "more": bundle(condition("cirrhosis"))}
    patient = only_patient({"hook": "patient-view", "context": {}, "prefetch": prefetch})
    assert "cirrhosis" in patient.episodes
    assert set(patient.unread.values()) == {"prefetch.conditions"}


def test_a_wrapping_in_a_line_is_told_by_its_line_and_keeps_lists_open() -> None:
    lines = [PATIENT, {"data": bundle(condition("cirrhosis"))}, INR]
    refused, patient = read_patients("\n".join(map(json.dumps, lines)), SMALL, "a.ndjson")
    assert isinstance(refused, RecordError)
    assert refused.problems[0].path == "line 2"
    assert isinstance(patient, Patient)
    assert set(patient.unread.values()) == {"a.ndjson: line 2"}
