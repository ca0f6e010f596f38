"""Two patients of one id in a call are told, wherever they lie, and neither passes by what lies with the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import RULES
from screener import load_patients, load_rules
from screener.records.patient import Patient

COMPLETE = {"as_of": "2026-02-20", "complete": ["conditions"]}
UUID = "0b9c5a5e-0000-4000-8000-00000000abcd"
Json = dict[str, Any]


def native(identity: str, **fields: Any) -> Json:
    return {"id": identity, **COMPLETE, **fields}


def fhir(identity: str) -> Json:
    patient = {"resourceType": "Patient", "id": identity, "birthDate": "1970-01-01"}
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}


def in_a_folder(folder: Path, *records: Json) -> list[str]:
    inner = folder / "ward"
    inner.mkdir()
    for number, record in enumerate(records):
        (inner / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")
    return [str(inner)]


def in_files(folder: Path, *records: Json) -> list[str]:
    return sorted(str(each) for each in Path(in_a_folder(folder, *records)[0]).iterdir())


def in_lines(folder: Path, *records: Json) -> list[str]:
    (folder / "all.ndjson").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return ["all.ndjson"]


def lines(call: Callable[..., Any], *arguments: str) -> list[tuple[str, str, bool]]:
    """Each patient, the status of the line about gout, and whether it is told that the id is another's, too."""
    _, out, _ = call(*arguments, "--json", "--as-of", "2026-02-20", "--assume-complete", "conditions")
    return [
        (
            told["patient"],
            told["trials"][0]["criteria"][3]["status"],
            any("another patient of this call has it" in note for note in told["notes"]),
        )
        for told in map(json.loads, out.splitlines())
    ]


@pytest.mark.parametrize("form", [in_a_folder, in_files, in_lines])
@pytest.mark.parametrize(
    "records",
    [
        (native("p"), native("p", conditions=[{"name": "gout", "status": "active"}])),
        (native("p"), native("q"), fhir("p")),
        (fhir("p"), fhir("q"), fhir("p")),
        (fhir(UUID), native(UUID.upper())),
    ],
)
def test_both_are_told_and_neither_passes(call: Any, folder: Path, form: Any, records: tuple[Json, ...]) -> None:
    found = lines(call, *form(folder, *records))
    assert len(found) == len(records)
    for identity, status, is_told in found:
        assert (status in ("unknown", "failed"), is_told) == ((False, False) if identity == "q" else (True, True))


@pytest.mark.parametrize("form", [in_a_folder, in_files, in_lines])
@pytest.mark.parametrize("records", [(native("A"), native("a")), (native("p"), fhir("q")), (native("p"),)])
def test_others_are_left_alone(call: Any, folder: Path, form: Any, records: tuple[Json, ...]) -> None:
    assert {(status, is_told) for _, status, is_told in lines(call, *form(folder, *records))} == {("passed", False)}


def test_resources_of_one_patient_in_several_lines_are_one_patient(call: Any, folder: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    gout = {"resourceType": "Immunization", "id": "1", "patient": {"reference": "Patient/p"}}
    assert [is_told for *_, is_told in lines(call, *in_lines(folder, patient, gout, patient))] == [False]


def test_answers_to_an_id_that_two_have_are_nobodys(call: Any, folder: Path) -> None:
    answers = {"patient": "p", "answers": {"NCT00000001/informed_consent": True}}
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    files = in_files(folder, native("p"), native("p"))
    status, out, err = call(*files, "--answers", "answers.json", "--json")
    assert (status, out) == (2, "")
    assert err.count("several patients of the call have the id `p`") == 2


def test_from_python_both_lines_of_a_file_are_told(folder: Path) -> None:
    path = folder / in_lines(folder, native("p"), native("p"))[0]
    found = [each for each in load_patients(path, load_rules(RULES)) if isinstance(each, Patient)]
    assert [each.shares_id for each in found] == [True, True]


def test_files_of_one_name_are_told_apart_by_their_folders(call: Callable[..., Any], folder: Path) -> None:
    for ward in ("a", "b"):
        (folder / ward).mkdir()
        (folder / ward / "p.json").write_text(json.dumps(native("anna")), encoding="utf-8")
    (folder / "q.json").write_text(json.dumps(native("bert")), encoding="utf-8")
    _, out, _ = call("a/p.json", "b/p.json", "q.json", "--worklist-csv", "--as-of", "2026-02-20")
    assert sorted(line.partition(",")[0] for line in out.splitlines()[1:]) == ["a/p.json", "b/p.json", "q.json"]
