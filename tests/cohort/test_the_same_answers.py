"""Whoever is screened in a population gets the answer that `screen` gives for them alone."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cohort.conftest import DAY, EXAMPLES
from screener import evaluate, load_patients, load_rules
from screener.cli import main
from screener.cohort.answers import Desk, How, Row
from screener.cohort.ran import Ran
from screener.cohort.run import by_processes, run
from screener.records.facts.columns import from_table
from screener.records.facts.folder import Facts
from screener.records.patient import Patient


def rows(folder: Path, ran: Ran) -> dict[tuple[str, str], Row]:
    return {
        (trial, row.patient): row
        for trial, files in ran.files.items()
        for name in files
        for row in from_table(pq.read_table(folder / "answers" / trial / name), Row)
    }


def test_each_patient_has_the_answers_of_a_screening_alone(answers: tuple[Path, Ran]) -> None:
    found = rows(*answers)
    rules = load_rules()
    seen = 0
    for file in sorted(EXAMPLES.glob("*.json")):
        for patient in load_patients(file, rules):
            assert isinstance(patient, Patient)
            for trial in evaluate(patient, rules, as_of=DAY).trials:
                row = found[trial.id, patient.id]
                assert row.verdict == trial.verdict
                assert [(line.criterion, line.status) for line in row.lines] == [
                    (line.id, line.status) for line in trial.criteria
                ]
                assert [line.reasons for line in row.lines if line.status == "unknown"] == [
                    line.reasons for line in trial.criteria if line.status == "unknown"
                ]
                seen += 1
    assert seen == len(found)


def test_several_processes_write_what_one_does(answers: tuple[Path, Ran], facts: Facts, tmp_path: Path) -> None:
    ran = run(facts, tmp_path, load_rules(), How(DAY, DAY), by_processes(2))
    assert rows(tmp_path, ran) == rows(*answers)


def test_a_desk_of_another_process_keeps_nothing_by_identity() -> None:
    rules = load_rules()
    desk = Desk(rules, How(DAY, DAY))
    (patient,) = load_patients(EXAMPLES / "score-with-two-readings.json", rules)
    assert isinstance(patient, Patient)
    here = desk.rows(patient, "")
    there: Desk = pickle.loads(pickle.dumps(desk))
    assert "limits" in vars(desk)
    assert "limits" not in vars(there)
    assert there.rows(patient, "") == here


def test_a_second_run_decides_nobody_anew(answers: tuple[Path, Ran], facts: Facts) -> None:
    folder, ran = answers
    again = run(facts, folder, load_rules(), How(DAY, DAY))
    assert (again.decided, again.patients, again.files) == (0, ran.patients, ran.files)


# A record, and what the call says besides.
@pytest.mark.parametrize(
    ("record", "options"),
    [
        ({"age_years": 50}, ()),
        ({"birth_date": "1980-03", "as_of": "2026-02-20"}, ()),
        ({"age_years": 50, "conditions": [{"name": "cirrhosis", "onset": "2024"}]}, ("--as-of", "2026-02-20")),
        ({"as_of": "2026-02-20", "procedures": []}, ("--assume-complete", "conditions", "--labs-within", "9 days")),
    ],
    ids=["no day", "its own day", "the day of the call", "lists and freshness"],
)
def test_one_patient_is_explained_in_the_words_of_screen(
    record: dict[str, object], options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"id": "one"} | record))

    def printed(*given: object) -> str:
        assert main([*map(str, given), "--no-site", "--jobs", "1"]) == 0
        return capsys.readouterr().out

    alone = printed(file, "--sheet", *options)
    printed("cohort", file, "--out", tmp_path / "answers", *options)
    assert printed("cohort", tmp_path / "answers", "--explain", "one") == alone
