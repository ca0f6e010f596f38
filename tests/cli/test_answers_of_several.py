"""People's answers in a call about several patients: each gets their own, and nobody another's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cli.conftest import RULES
from screener import RecordError, evaluate, load_patient, load_rules

TRIAL = "NCT00000001"
CONSENT = f"{TRIAL}/informed_consent"


@pytest.fixture
def ward(folder: Path) -> Path:
    ward = folder / "ward"
    ward.mkdir()
    for name in "AB":
        (ward / f"{name.lower()}.json").write_text(json.dumps({"id": name, "as_of": "2026-03-11"}), encoding="utf-8")
    return ward


LINE = ("--json",)


def the_line(out: str, patient: str) -> list[str]:
    for line in out.splitlines():
        told = json.loads(line)
        if told["patient"] == patient:
            return [
                each["status"]
                for each in told["trials"][0]["criteria"]
                if any(one["name"] == "informed_consent" for one in each["evidence"])
            ]
    return ["not screened"]


@pytest.mark.parametrize(
    ("answers", "status", "of_a", "of_b"),
    [
        ({CONSENT: True}, 2, ["not screened"], ["not screened"]),
        ({"answers": {CONSENT: True}}, 2, ["not screened"], ["not screened"]),
        ({"patient": "A", "answers": {CONSENT: True}}, 2, ["passed"], ["not screened"]),
        ({"patient": "a", "answers": {CONSENT: True}}, 2, ["not screened"], ["not screened"]),
        ([{"patient": "A", "answers": {CONSENT: True}}], 2, ["passed"], ["not screened"]),
        ([{"patient": "A", "answers": {CONSENT: True}}, {"patient": "B"}], 0, ["passed"], []),
        ([{"patient": each, "answers": {CONSENT: each == "A"}} for each in "AB"], 0, ["passed"], ["failed"]),
    ],
)
@pytest.mark.parametrize("form", ["folder", "files", "lines"])
def test_a_consent_reaches_its_patient_only(
    call, ward: Path, folder: Path, form: str, answers: object, status: int, of_a: list[str], of_b: list[str]
) -> None:
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    files = [str(each) for each in sorted(ward.iterdir())]
    (folder / "both.ndjson").write_text("\n".join(Path(each).read_text() for each in files), encoding="utf-8")
    sources = {"folder": [str(ward)], "files": files, "lines": ["both.ndjson"]}[form]
    told, out, _ = call(*sources, "--answers", "answers.json", *LINE)
    assert (told, the_line(out, "A"), the_line(out, "B")) == (status, of_a, of_b)


def test_the_sheets_of_several_patients_are_taken_back(call, ward: Path, folder: Path) -> None:
    status, out, _ = call("review", str(ward))
    sheets = json.loads(out)
    assert (status, [each["patient"] for each in sheets]) == (0, ["A", "B"])
    (folder / "sheets.json").write_text(out, encoding="utf-8")
    assert call(str(ward), "--answers", "sheets.json", "--quiet")[0] == 0
    (folder / "one.json").write_text(call("review", str(ward / "a.json"))[1], encoding="utf-8")
    assert call(str(ward / "a.json"), "--answers", "one.json", "--quiet")[0] == 0
    assert call(str(ward / "b.json"), "--answers", "one.json", "--quiet")[0] == 2


def test_from_python_it_is_the_same(folder: Path) -> None:
    record = {"id": "A", "as_of": "2026-03-11"}
    rules = load_rules(RULES)
    answers = {"patient": "A", "answers": {CONSENT: True}}
    path = folder / "answers.json"
    path.write_text(json.dumps(answers), encoding="utf-8")
    for patient in (record, load_patient(record, rules)):
        for given in (answers, [answers], path, str(path)):
            screening = evaluate(patient, rules, as_of=date(2026, 3, 11), trials=TRIAL, answers=given)
            assert the_line(screening.to_json(), "A") == ["passed"]
        for nobody in ({CONSENT: True}, {"patient": "B", "answers": {CONSENT: True}}):
            with pytest.raises(RecordError):
                evaluate(patient, rules, answers=nobody)


@pytest.mark.parametrize("more", [[], ["--jobs", "2"]])
@pytest.mark.parametrize(
    ("others", "told"),
    [
        (["Z"], "answers of `Z` reached nobody of this call"),
        (["Z", "Y", "B"], "answers of `Z`, `Y` reached nobody of this call"),
        ([{"system": "urn:of-the-country", "value": "123"}], "answers of 1 known by an identifier reached nobody"),
        (["B"], None),
    ],
)
def test_answers_that_reach_nobody_are_told(
    call, ward: Path, folder: Path, others: list[object], told: str | None, more: list[str]
) -> None:
    answers: list[object] = [{"patient": "A", "answers": {CONSENT: True}}]
    for each in others:
        if isinstance(each, str):
            answers.append({"patient": each, "answers": {CONSENT: True}})
        else:
            item = {"linkId": CONSENT, "answer": [{"valueBoolean": True}]}
            response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]}
            answers.append({**response, "subject": {"identifier": each}})
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    status, _, err = call("ward", "--json", "--answers", "answers.json", *more)
    assert status == 0
    assert (told in err) if told is not None else "reached nobody" not in err
    assert "123" not in err


def test_a_patient_without_anything_to_look_for_is_named(call, write) -> None:
    old = write("old.json", birth_date="1930-05-04")
    status, out, err = call("review", old)
    assert (status, json.loads(out)["groups"]) == (0, [])
    assert "there is nothing to look for in the chart" in err
