"""Whoever is screened in a population gets the answer that `screen` gives for them alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from cohort.conftest import DAY, EXAMPLES
from screener import evaluate, load_patients, load_rules
from screener.cohort.answers import How, Row
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


def test_a_second_run_decides_nobody_anew(answers: tuple[Path, Ran], facts: Facts) -> None:
    folder, ran = answers
    again = run(facts, folder, load_rules(), How(DAY, DAY))
    assert (again.decided, again.patients, again.files) == (0, ran.patients, ran.files)
