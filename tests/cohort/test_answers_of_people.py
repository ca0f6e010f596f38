"""People's answers that a call gives count in a population as they do for one patient."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cohort.conftest import DAY, EXAMPLES
from cohort.test_the_same_answers import rows
from screener import evaluate, load_patients, load_rules
from screener.cli import main
from screener.cohort.lists import LISTS
from screener.cohort.ran import read_ran
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.questionnaire import answers_in, with_answers
from screener.rulebook import Confirmed, Rulebook
from screener.rulebook_walk import walk_through

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*given: object) -> tuple[int, str, str]:
        status = main([*map(str, given), "--no-site", "--jobs", "1"])
        return status, *capsys.readouterr()

    return call


def asked_by(rules: Rulebook) -> str:
    """A question of a trial."""
    return next(
        f"{trial.id}/{node.question}"
        for trial in rules.trials.values()
        for line in trial.criteria
        for reading in line.readings
        for node in walk_through(reading.rule, rules)
        if isinstance(node, Confirmed)
    )


def test_answers_count_as_for_one_patient_and_only_they_are_decided_anew(tmp_path: Path, call: Call) -> None:
    rules = load_rules()
    records, out = tmp_path / "records", tmp_path / "answers"
    records.mkdir()
    for file in sorted(EXAMPLES.glob("*.json"))[:3]:
        shutil.copy(file, records)
    patients = [one for file in records.iterdir() for one in load_patients(file, rules) if isinstance(one, Patient)]
    key = asked_by(rules)
    given = [{"patient": patients[0].id, "answers": {key: True}}, {"patient": "nobody here", "answers": {key: True}}]
    file = tmp_path / "given.json"
    file.write_text(json.dumps(given))
    as_of = ("--as-of", DAY.isoformat())

    assert call("cohort", records, "--out", out, *as_of)[0] == 0
    status, _, err = call("cohort", out / "facts", "--out", out, *as_of, "--answers", file)
    assert (status, "answers of `nobody here` reached nobody" in err) == (0, True)
    ran = read_ran(out)
    assert ran.decided == 1
    about = [each for each in answers_in(given, Dictionary(rules)) if each.subject.id == patients[0].id]
    alone = evaluate(with_answers(patients[0], about, Dictionary(rules)), rules, as_of=DAY)
    found = rows(out, ran)
    for each in alone.trials:
        assert [(line.criterion, line.status, line.reasons) for line in found[each.id, patients[0].id].lines] == [
            (line.id, line.status, line.reasons) for line in each.criteria
        ]
    listed = [name for name in LISTS if (out / name).exists()]
    for name in listed:
        assert (out / name).read_text("utf-8-sig").startswith("file,patient,as_of,")
    assert call("cohort", out / "facts", "--out", out, *as_of, "--answers", file, "--min-cell", 5)[0] == 0
    assert not any((out / name).exists() for name in LISTS)
    status, _, err = call("cohort", out, "--explain", patients[0].id)
    assert (status, "are not those of the run" in err) == (2, True)
    assert call("cohort", out, "--explain", patients[0].id, "--answers", file)[0] == 0

    kept = tmp_path / "facts"
    assert call("ingest", records, "--out", kept, "--answers", file)[0] == 0
    assert call("cohort", kept, "--out", tmp_path / "again", *as_of)[0] == 0
    assert {key: row.lines for key, row in rows(tmp_path / "again", read_ran(tmp_path / "again")).items()} == {
        key: row.lines for key, row in found.items()
    }


def test_answers_that_cannot_be_used_set_a_patient_aside(tmp_path: Path, call: Call) -> None:
    rules = load_rules()
    key = asked_by(rules)
    record = tmp_path / "one.json"
    record.write_text(json.dumps({"id": "one", "age_years": 50}))
    file = tmp_path / "given.json"
    file.write_text(json.dumps([{"patient": "one", "answers": {key: said}} for said in (True, False)]))
    status, _, err = call("cohort", record, "--out", tmp_path / "out", "--answers", file)
    assert (status, "set aside: one: not screened: the same is answered" in err) == (1, True)
    file.write_text("{}")
    status, _, err = call("cohort", record, "--out", tmp_path / "out", "--answers", file)
    assert (status, "which patient they are about" in err) == (2, True)
