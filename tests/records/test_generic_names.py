"""Drugs under their generic names are what their codes are; brand names are not read."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screener import load_rules
from screener.records import generics
from screener.records.code_systems import table_rows
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient

RXNORM = Path(__file__).parents[2] / "rules" / "terminology" / "rxnorm.tsv"


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def of_drug(**entry: Any) -> Patient:
    return read_patient({"as_of": "2026-03-20", "medications": [{**entry, "start": "2026-03-01"}]}, dictionary())


def facts(patient: Patient) -> tuple[set[str], dict[str, set[str]]]:
    return set(patient.episodes), {list_: set(of_list) for list_, of_list in patient.may_be.items()}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("prednisolone", "8638"),
        ("Prednisolone 40 mg", "8638"),
        ("Prednisolon 40 mg", "8638"),
        ("methylprednisolone", "6902"),
        ("Dexamethasone", "3264"),
        ("tenofovir", "117466"),
        ("entecavir", "306266"),
        ("Entecavir 0.5 mg", "306266"),
        ("Heparin", "5224"),
        ("enoxaparin", "67108"),
        ("tacrolimus", "42316"),
        ("azathioprine", "1256"),
        ("prednisone", "8640"),
    ],
)
@pytest.mark.parametrize("field", ["name", "text"])
def test_a_generic_name_is_what_its_code_is(name: str, code: str, field: str) -> None:
    patient = of_drug(**{field: name})
    assert facts(patient) == facts(of_drug(rxnorm=code))
    assert not [note for note in patient.notes if "not read" in note]


@pytest.mark.parametrize("name", ["warfarin", "apixaban", "phenprocoumon", "noradrenaline"])
def test_a_name_of_the_dictionary_stays_that_name(name: str) -> None:
    assert of_drug(name=name).episodes


@pytest.mark.parametrize(
    "name", ["Decortin", "Clexane", "Baraclude 0,5 mg", "Prograf", "no heparin", "prednisolone cream"]
)
def test_any_other_wording_may_be_anything(name: str) -> None:
    patient = of_drug(name=name)
    assert {"systemic_glucocorticoid", "anticoagulant", "immunosuppressant"} <= set(patient.may_be["medications"])
    assert any(name in note for note in patient.notes)


def test_every_code_of_the_table_is_judged() -> None:
    with RXNORM.open(encoding="utf-8") as lines:
        judged = {row[0] for row in csv.reader(lines, delimiter="\t")}
    rows = list(table_rows(Path(generics.__file__).with_name("generics.tsv")))
    assert {code for _, code, _ in rows} <= judged
    assert len({name for name, _, _ in rows}) == len(rows)
