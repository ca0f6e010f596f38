"""A server that limits its answer, a label of what was left out, an export with missing files: lists are open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from records.fhir.test_wholeness import drug, found, link, open_lists
from records.fhir.tiny import PATIENT, Json, condition, observation
from records.small_rulebook import SMALL
from screener.records import read_patients
from screener.records.patient import Patient
from screener.rulebook import RecordList

EVERY = set(get_args(RecordList))
VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"


def saying(severity: str, code: str, **words: Any) -> Json:
    issue = {"severity": severity, "code": code, **words}
    return {"resource": {"resourceType": "OperationOutcome", "issue": [issue]}, "search": {"mode": "outcome"}}


@pytest.mark.parametrize(
    "issue",
    [
        saying("warning", "processing", details={"text": "Results truncated to the first 100"}),
        saying("warning", "informational", diagnostics="The number of results is LIMITED to 50."),
        saying("information", "informational", details={"text": "Partial results"}),
        saying("warning", "not-supported", diagnostics="_revinclude is not supported, and was ignored"),
        saying("warning", "business-rule", diagnostics="Too many matches; only 20 returned"),
    ],
)
def test_a_server_says_in_words_that_there_is_more(issue: Json) -> None:
    bundle = found(drug())
    assert open_lists({**bundle, "entry": [*bundle["entry"], issue]})


@pytest.mark.parametrize(
    "issue",
    [
        saying("information", "informational", details={"text": "All OK"}),
        saying("warning", "processing", diagnostics="Unknown parameter was ignored"),
        saying("warning", "processing", diagnostics=["limited"]),
        saying("warning", "processing", details="limited"),
    ],
)
def test_other_words_say_nothing(issue: Json) -> None:
    bundle = found(drug())
    assert not open_lists({**bundle, "entry": [*bundle["entry"], issue]})


def labelled(code: str, field: str, system: str = VALUE) -> Json:
    return {field: [{"system": system, "code": code}]}


@pytest.mark.parametrize("field", ["tag", "security"])
@pytest.mark.parametrize("code", ["SUBSETTED", "REDACTED"])
def test_a_label_says_that_something_was_left_out(field: str, code: str) -> None:
    meta = labelled(code, field)
    assert open_lists(found(drug(meta=meta))) == {"medications"}
    assert open_lists(found(condition("cirrhosis", meta=meta))) == {"conditions"}
    assert open_lists(found(drug(), meta=meta)) >= {"medications"}
    assert not open_lists(found(observation("INR", valueQuantity={"value": 2}, meta=meta)))


@pytest.mark.parametrize(
    "meta",
    [
        labelled("HTEST", "tag"),
        labelled("SUBSETTED", "tag", "urn:site"),
        labelled("N", "security", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"),
        {"tag": "SUBSETTED"},
        {"tag": [5]},
        [],
        5,
    ],
)
def test_other_labels_say_nothing(meta: Any) -> None:
    assert not open_lists(found(drug(meta=meta)))
    assert not open_lists(found(drug(), meta=meta))


@pytest.mark.parametrize("relation", ["next", "Next", "NEXT", " next "])
def test_the_next_page_is_next_in_any_letters(relation: str) -> None:
    assert open_lists(found(drug(), link=[link(relation, "x?page=2")]))


def exported(folder: Path, manifest: Json, *files: str) -> Patient:
    folder.joinpath("Patient.ndjson").write_text(json.dumps(PATIENT))
    for each in files:
        folder.joinpath(each).write_text(json.dumps(condition("cirrhosis", id=each[:3])))
    folder.joinpath("manifest.json").write_text(json.dumps(manifest))
    (patient,) = (each for each in read_patients(folder, SMALL) if isinstance(each, Patient))
    return patient


def file(kind: str | None, name: str) -> Json:
    return {"url": f"https://x.example/out/{name}", **({"type": kind} if kind else {})}


PEOPLE = file("Patient", "Patient.ndjson")


@pytest.mark.parametrize(
    "manifest",
    [
        {"output": [PEOPLE, file("Condition", "C.ndjson")]},
        {"output": [PEOPLE, file("Procedure", "7f3a")], "error": []},
        {"output": [PEOPLE, file(None, "file_2.ndjson")]},
        {"output": [PEOPLE], "error": [file("OperationOutcome", "err.ndjson")]},
        {"output": [PEOPLE], "error": [{"url": 5}]},
        {"output": [PEOPLE], "link": [{"relation": "Next", "url": "https://x.example/2"}]},
        {"output": [PEOPLE, file("Condition", "1"), file("Condition", "2")]},
    ],
)
def test_a_file_that_the_manifest_names_and_is_not_there_leaves_lists_open(tmp_path: Path, manifest: Json) -> None:
    assert set(exported(tmp_path, {"transactionTime": "2026", **manifest}).unread) == EVERY


@pytest.mark.parametrize(
    "manifest",
    [
        {"output": [PEOPLE]},
        {"output": [PEOPLE, file("Condition", "Condition.1.ndjson")], "error": []},
        {"output": [PEOPLE, file("Condition", "Condition.1.ndjson.gz?token=5")], "deleted": []},
        {"output": [file("Patient", "7f3a"), file("Condition", "81bc")]},
        {"output": []},
    ],
)
def test_a_manifest_whose_files_are_all_there_leaves_lists_as_they_are(tmp_path: Path, manifest: Json) -> None:
    assert exported(tmp_path, {"transactionTime": "2026", **manifest}, "Condition.1.ndjson").unread == {}
