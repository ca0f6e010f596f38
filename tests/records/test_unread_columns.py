"""Columns that nobody can read: one that holds words keeps every list open, one of numbers does not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patients


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(place: Path, text: str) -> list[Patient]:
    table = place / "ward.csv"
    table.write_text(text, encoding="utf-8")
    found = list(read_patients(table, dictionary()))
    assert all(isinstance(each, Patient) for each in found), found
    return [each for each in found if isinstance(each, Patient)]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Diagnosis", "hepatocellular carcinoma"),
        ("Meds", "prednisolone 40 mg"),
        ("Procedures", "dialysis"),
        ("Dx", "yes"),
    ],
)
def test_a_column_of_words_keeps_the_lists_open(tmp_path: Path, heading: str, cell: str) -> None:
    text = f"patient,as_of,birth_date,sex,date,INR,{heading}\nA,2026-03-20,1970,m,2026-03-19,2,{cell}\n"
    (patient,) = read(tmp_path, text)
    assert f"column `{heading}`" in patient.notes[0]
    assert patient.notes[0].startswith("check first: ")
    assert {"conditions", "medications", "procedures"} <= patient.unread.keys()
    screening = evaluate(patient, assume_complete=["conditions", "medications", "procedures"])
    statuses = [each.status for trial in screening.trials for each in trial.criteria if "assumed" in each.basis]
    assert statuses == []


@pytest.mark.parametrize(
    ("heading", "cell"), [("GPT", "512"), ("ALT (U/l)", "1850"), ("Lactate", "2.1 mmol/L"), ("X", "<5")]
)
def test_a_column_of_numbers_does_not(tmp_path: Path, heading: str, cell: str) -> None:
    (patient,) = read(tmp_path, f"patient,date,INR,{heading}\nA,2026-03-19,2,{cell}\n")
    assert not patient.unread


def test_only_whose_cell_it_is(tmp_path: Path) -> None:
    one, other = read(tmp_path, "patient,date,INR,Diagnosis\nA,2026-03-19,2,ACLF\nB,2026-03-19,2,\n")
    assert one.unread
    assert not other.unread


def test_also_beside_a_row_for_each_fact(tmp_path: Path) -> None:
    (patient,) = read(tmp_path, "patient,date,name,value,Diagnosis\nA,2026-03-19,INR,2,ACLF\n")
    assert "column `Diagnosis`" in patient.notes[0]
    assert patient.unread


@pytest.mark.parametrize("cell", ["no", "neg", "keine"])
def test_a_no_in_the_column_of_a_condition_is_no_absence(tmp_path: Path, cell: str) -> None:
    (patient,) = read(tmp_path, f"patient,date,INR,HCC\nA,2026-03-19,2,{cell}\n")
    assert (patient.episodes, patient.absences) == ({}, {})
    assert "hepatocellular_carcinoma" in patient.may_be["conditions"]
    assert "row 2, HCC" in patient.notes[0]


def test_a_grade_in_the_column_of_its_condition_is_read(tmp_path: Path) -> None:
    (patient,) = read(tmp_path, "patient,date,HE,Ascites\nA,2026-03-19,II°,++\n")
    assert patient.results["hepatic_encephalopathy_grade"][0].unusable is None
    assert patient.results["ascites_grade"][0].choices == {"slight", "moderate"}
    assert not patient.may_be
