"""Whatever form two patients of one id have, both are told, and nobody's answers reach them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.test_two_of_one_id import fhir, native
from screener.records import json_records
from screener.records.fhir.spread import Spread

Json = dict[str, Any]
CONSENT = {"patient": "a", "answers": {"NCT00000001/informed_consent": True}}
IMMUNIZATION = {"resourceType": "Immunization", "id": "i", "patient": {"reference": "Patient/a"}}
PATIENT = {"resourceType": "Patient", "id": "a"}
HOOK = {"hook": "patient-view", "hookInstance": "1", "context": {}, "prefetch": {"patient": PATIENT}}
PARAMETERS = {"resourceType": "Parameters", "parameter": [{"name": "p", "resource": PATIENT}]}
BARE = {"as_of": "2026-02-20"}
CSV = "patient,date,name,value,unit\na,2026-02-01,INR,1.2,\nb,2026-02-01,INR,1.2,\n"


def text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    return json.dumps(content)


def lines_of(*contents: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in contents)


TWO_OF_ONE_ID: dict[str, dict[str, object]] = {
    "a list and a file": {"1.json": [native("a"), native("b")], "2.json": native("a")},
    "a list": {"1.json": [native("a"), native("b"), native("a")]},
    "a list of Bundles": {"1.json": [fhir("a"), native("a")]},
    "a spreadsheet and a file": {"1.csv": CSV, "2.json": native("a")},
    "a spreadsheet and a Bundle": {"1.json": fhir("a"), "2.csv": CSV},
    "two spreadsheets": {"1.csv": CSV, "2.csv": CSV},
    "CDS Hooks and a file": {"1.json": HOOK, "2.json": native("a")},
    "CDS Hooks in a list": {"1.json": [HOOK, native("a")]},
    "Parameters and a file": {"1.json": native("a"), "2.json": PARAMETERS},
    "Parameters and lines": {"1.json": PARAMETERS, "2.ndjson": lines_of(PATIENT, IMMUNIZATION)},
    "references alone and a file": {"1.ndjson": lines_of(IMMUNIZATION), "2.json": native("a")},
    "one resource without a Patient and a file": {"1.json": IMMUNIZATION, "2.json": fhir("a")},
    "lines of two kinds": {"1.ndjson": lines_of(native("a"), IMMUNIZATION)},
    "a file of its own name": {"a.json": BARE, "2.json": native("a")},
}


def written(folder: Path, files: dict[str, object]) -> list[str]:
    for name, content in files.items():
        (folder / name).write_text(text_of(content), encoding="utf-8")
    return list(files)


def told(call: Callable[..., Any], *arguments: str) -> list[tuple[str, bool]]:
    """Each patient, and whether it is told that another one has the id."""
    _, out, _ = call(*arguments, "--json", "--as-of", "2026-02-20")
    every = map(json.loads, out.splitlines())
    return [(each["patient"], "another patient of this call has it" in str(each["notes"])) for each in every]


@pytest.mark.parametrize("held", [1 << 40, 0])
@pytest.mark.parametrize("name", TWO_OF_ONE_ID)
def test_both_are_told(call: Any, folder: Path, name: str, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", held)
    found = told(call, *written(folder, TWO_OF_ONE_ID[name]))
    assert sum(identity == "a" for identity, _ in found) >= 2
    assert all(is_told == (identity == "a" or name == "two spreadsheets") for identity, is_told in found), found


@pytest.mark.parametrize("name", TWO_OF_ONE_ID)
def test_answers_reach_neither(call: Any, folder: Path, name: str) -> None:
    (folder / "answers.json").write_text(json.dumps([CONSENT, {**CONSENT, "patient": "b"}]), encoding="utf-8")
    files = written(folder, TWO_OF_ONE_ID[name])
    status, out, err = call(*files, "--answers", "answers.json", "--json", "--as-of", "2026-02-20")
    assert status == 2
    assert not [each for each in map(json.loads, out.splitlines()) if each["patient"] == "a"]
    assert err.count("several patients of the call have the id `a`") >= 2


@pytest.mark.parametrize(
    ("files", "given"),
    [
        ({"1.json": native("a")}, native("a")),
        ({"1.json": fhir("a")}, [native("a"), native("b")]),
        ({"1.csv": CSV}, lines_of(PATIENT, IMMUNIZATION)),
        ({}, lines_of(native("a"), native("b"), native("a"))),
        ({}, [fhir("a"), fhir("a")]),
    ],
)
def test_standard_input_counts_as_a_file_does(
    call: Any, folder: Path, files: dict[str, object], given: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    for sources in ([*written(folder, files), "-"], ["-", *written(folder, files)]):
        pipe = io.TextIOWrapper(Pipe(text_of(given).encode()))
        monkeypatch.setattr("sys.stdin", pipe)
        found = told(call, *sources)
        assert sum(identity == "a" for identity, _ in found) >= 2
        assert all(is_told == (identity == "a") for identity, is_told in found), found


def test_resources_in_files_of_one_folder_belong_together(call: Any, folder: Path) -> None:
    ward = folder / "ward"
    ward.mkdir()
    files = {"Patient.json": PATIENT, "i.json": IMMUNIZATION, "j.json": {**IMMUNIZATION, "id": "j"}}
    written(ward, files)
    assert told(call, "ward") == [("a", False)]
    written(ward, {"b.json": {**PATIENT, "id": "b"}, "broken.json": "{"})
    assert told(call, "ward") == [("a", False), ("b", False)]
    _, out, _ = call("ward", "--json", "--as-of", "2026-02-20")
    assert out.count("broken.json") >= 2
    written(ward, {"whole.json": native("a")})
    found = told(call, "ward")
    assert {each for each, is_told in found if is_told} == {"a"}


def test_a_folder_of_one_resource_or_of_whole_records_is_as_many_records(call: Any, folder: Path) -> None:
    for name, files in {
        "one": {"Patient.json": PATIENT},
        "records": {"1.json": native("a"), "2.json": native("b")},
        "bundles": {"1.json": fhir("a"), "2.json": fhir("b")},
    }.items():
        inner = folder / name
        inner.mkdir()
        written(inner, files)  # type: ignore[arg-type]
        assert [is_told for _, is_told in told(call, name)] == [False] * len(files)


def test_an_export_that_is_alone_is_read_once(call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", 0)
    made: list[Spread] = []
    init = Spread.__init__
    monkeypatch.setattr(Spread, "__init__", lambda self: (init(self), made.append(self))[0])
    lines = [{**PATIENT, "id": each} for each in "abc"]
    written(folder, {"1.ndjson": lines_of(*lines, IMMUNIZATION)})
    assert told(call, "1.ndjson") == [("a", False), ("b", False), ("c", False)]
    assert len(made) == 1
