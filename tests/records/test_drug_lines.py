"""Dose, route and time behind a drug's name are no part of it: a line of a ward's chart is read as the drug alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient

AS_WRITTEN = {
    "prednisolone": [
        "prednisolone 40 mg PO",
        "prednisolone 40mg od",
        "Prednisolon 40 mg 1-0-0-0",
        "Prednisolon 40 mg p.o. tgl.",
    ],
    "terlipressin": [
        "terlipressin 2 mg/d",
        "Terlipressin 1 mg q6h IV",
        "terlipressin 0.85 mg IV every 6 hours",
        "Terlipressin 1mg 4x/d i.v.",
        "terlipressin 2 mg / 24 h continuous infusion",
    ],
    "noradrenaline": [
        "noradrenaline 0.2 ug/kg/min i.v.",
        "Noradrenalin 0,1 µg/kg/min i.v.",
        "norepinephrine 8 mcg/min IV infusion",
        "noradrenaline 5 mg in 50 ml at 4 ml/h",
        "Noradrenalin Perfusor 5 mg/50 ml 3 ml/h",
    ],
    "human albumin": ["Human albumin 20 % 40 g/d"],
    "methylprednisolone": ["methylprednisolone 500 mg iv x3 days"],
    "hydrocortisone": ["Hydrocortisone 50 mg IV QID", "hydrocortisone 200 mg/24h infusion"],
    "dexamethasone": ["dexamethasone 8 mg PO daily"],
    "tacrolimus": ["tacrolimus 2 mg bd", "Tacrolimus 1 mg 1-0-1", "tacrolimus 0.5 mg twice daily (trough 6)"],
    "ciclosporin": ["ciclosporin 100 mg BID"],
    "mycophenolate mofetil": ["mycophenolate mofetil 500 mg b.i.d."],
    "azathioprine": ["azathioprine 50 mg once daily"],
    "entecavir": ["entecavir 0.5 mg qd", "Entecavir 0,5 mg 1x täglich"],
    "tenofovir": ["tenofovir 245 mg od"],
    "TAF": ["TAF 25 mg daily"],
    "lactulose": ["lactulose 20 ml TDS"],
    "rifaximin": ["rifaximin 550 mg BD", "Rifaximin 2x550 mg"],
    "furosemide": ["furosemide 40 mg IV bolus", "Furosemid 40 mg 1-1-0"],
    "spironolactone": ["spironolactone 100 mg mane"],
    "pantoprazole": ["pantoprazole 40 mg iv 12 hourly", "Pantoprazol 40 mg i.v. 1-0-1"],
    "octreotide": ["octreotide 50 mcg/h", "octreotide 50 micrograms/hour IV infusion"],
    "somatostatin": ["somatostatin 250 µg/h i.v."],
    "midodrine": ["midodrine 7.5 mg TID"],
    "vasopressin": ["vasopressin 0.03 units/min", "Vasopressin 2 IE/h"],
    "piperacillin/tazobactam": ["piperacillin/tazobactam 4.5 g IV q8h"],
    "ceftriaxone": ["ceftriaxone 2 g IV OD", "Ceftriaxon 2 g i.v. 1x/d"],
    "meropenem": ["meropenem 1 g tds"],
    "G-CSF": ["G-CSF 300 ug s.c."],
    "filgrastim": ["filgrastim 5 ug/kg/day SC"],
    "peginterferon alfa-2a": ["peginterferon alfa-2a 180 ug weekly s.c."],
    "enoxaparin": ["enoxaparin 40 mg sc od", "Enoxaparin 40 mg s.c. 0-0-1"],
    "heparin": ["heparin 5000 IU SC BD", "Heparin 15.000 IE/24 h Perfusor"],
    "warfarin": ["warfarin 3 mg nocte"],
    "N-acetylcysteine": ["N-acetylcysteine 150 mg/kg IV over 1 h"],
    "ursodeoxycholic acid": ["ursodeoxycholic acid 250 mg 2-0-1"],
    "carvedilol": ["carvedilol 6.25 mg bd"],
    "propranolol": ["propranolol 20 mg t.d.s."],
    "insulin glargine": ["insulin glargine 12 units at night"],
    "vitamin K": ["vitamin K 10 mg IV"],
    "ganciclovir": ["ganciclovir 5 mg/kg iv q12h"],
    "methotrexate": ["methotrexate 15 mg once weekly"],
}
NOT_AS_WRITTEN = [
    "stopped prednisone 3 Mar",
    "prednisone?",
    "prednisone -> tacrolimus",
    "no prednisone",
    "2 mg/d",
    "x3",
    "d",
]


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def on_drugs(name: str) -> Patient:
    return read_patient({"as_of": "2026-03-11", "medications": [{"name": name, "start": "2026-03-01"}]}, dictionary())


def read(name: str) -> Any:
    patient = on_drugs(name)
    may_be = {list_: sorted(of_list) for list_, of_list in patient.may_be.items()}
    return sorted(patient.episodes), may_be


@pytest.mark.parametrize(("drug", "written"), [(drug, each) for drug, those in AS_WRITTEN.items() for each in those])
def test_how_much_and_by_which_way_adds_nothing_to_a_drug(drug: str, written: str) -> None:
    assert read(written) == read(drug)
    assert not [note for note in on_drugs(written).notes if "no rule uses" not in note]


@pytest.mark.parametrize("written", NOT_AS_WRITTEN)
def test_what_says_more_or_nothing_of_a_drug_stays_open(written: str) -> None:
    episodes, may_be = read(written)
    assert not episodes
    assert len(may_be["medications"]) > 5
    assert any("not read: " in note for note in on_drugs(written).notes)


@pytest.mark.parametrize("written", ["albumin", "Albumin 20 %", "human albumin 20% 100 ml i.v.", "platelets"])
def test_what_is_given_as_well_as_measured_is_a_drug_among_the_drugs(written: str) -> None:
    assert read(written) == ([], {})


@pytest.mark.parametrize("written", ["INR", "hemoglobin", "sodium"])
def test_what_is_measured_alone_is_no_drug(written: str) -> None:
    assert any("is a lab: not read as a drug" in note for note in on_drugs(written).notes)
