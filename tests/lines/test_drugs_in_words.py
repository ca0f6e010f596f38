"""Drugs in people's words: a generic name is what its code is, however it is given; an unknown word may be anything."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient
from screener.rulebook import DRUG_SYSTEMS

RXNORM = Path(__file__).parents[2] / "rules" / "terminology" / "rxnorm.tsv"


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def of_drug(on: str = "medications", **entry: Any) -> Patient:
    when = {"start": "2026-03-01"} if on == "medications" else {}
    return read_patient({"as_of": "2026-03-20", on: [{**entry, **when}]}, dictionary())


def facts(patient: Patient) -> tuple[set[str], dict[str, set[str]]]:
    return set(patient.episodes), {list_: set(of_list) for list_, of_list in patient.may_be.items()}


def is_read(patient: Patient) -> bool:
    return not [note for note in patient.notes if "not read" in note]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("prednisolone", "8638"), ("Prednisolon 40 mg", "8638"), ("methylprednisolone", "6902"),
        ("Dexamethasone", "3264"), ("entecavir", "306266"), ("Heparin", "5224"), ("enoxaparin", "67108"),
        ("tacrolimus", "42316"), ("azathioprine", "1256"), ("mirtazapine", "15996"), ("Furosemid 40mg", "4603"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["name", "text"])
def test_a_generic_name_is_what_its_code_is(name: str, code: str, field: str) -> None:
    patient = of_drug(**{field: name})
    assert facts(patient) == facts(of_drug(rxnorm=code))
    assert is_read(patient)


@pytest.mark.parametrize(
    ("wording", "same_as"),
    [
        ("Norepinephrine 0.1 ug/kg/min i.v.", "norepinephrine"),
        ("Terlipressin 1 mg q6h", "terlipressin"),
        ("恩替卡韦分散片 0.5mg 口服", "entecavir"),
        ("注射用甲泼尼龙琥珀酸钠", "methylprednisolone"),
        ("头孢哌酮钠舒巴坦钠", "cefoperazone sulbactam"),
        ("Prednisolone 40 mg p.o. once daily", "prednisolone"),
        ("AZATHIOPRINE 50MG TABLET", "azathioprine"),
        ("mycophenolate mofetil 250 MG Oral Capsule", "mycophenolate"),
        ("methylprednisolone sodium succinate 40 mg/ml injection", "methylprednisolone"),
        ("Furosemid 40mg 1-0-1 bei Bedarf", "furosemide"),
        ("peginterferon alfa-2a 180 µg s.c. weekly", "interferon"),
        ("20% human albumin 100 ml iv", "albumin"),
        ("Pantoprazol Tbl. 40 mg", "pantoprazole"),
        ("lactulose 15 mL PO TID", "lactulose"),
        ("Tenofovir alafenamide 25 mg", "tenofovir alafenamide"),
    ],
)
def test_how_much_how_often_and_by_which_way_adds_nothing(wording: str, same_as: str) -> None:
    patient = of_drug(text=wording)
    assert is_read(patient)
    assert facts(patient) == facts(of_drug(text=same_as))


@pytest.mark.parametrize(("name", "may_be"), [("R-CHOP", True), ("chemotherapy regimen", True), ("FOLFOX", False)])
def test_a_course_against_cancer_may_have_a_glucocorticoid(name: str, may_be: bool) -> None:
    patient = of_drug(text=name)
    assert is_read(patient)
    assert ("systemic_glucocorticoid" in patient.may_be["medications"]) is may_be


@pytest.mark.parametrize("name", ["warfarin", "apixaban 5 mg", "phenprocoumon", "noradrenaline 5 mg/50 ml"])
def test_what_the_dictionary_knows_is_that(name: str) -> None:
    assert of_drug(name=name).episodes


@pytest.mark.parametrize(
    "name",
    [
        "Decortin", "Clexane", "Baraclude 0,5 mg", "Prograf", "no heparin", "stop heparin", "heparin?", "? heparin",
        "heparin stopped", "allergic to heparin", "prednisolone → azathioprine", "prednisolone -> azathioprine",
        "heparin or enoxaparin", "heparin until 3 March", "plan: terlipressin", "never interferon",
        "停用泼尼松", "40 mg", "tablet",
    ],
)  # fmt: skip
def test_any_other_wording_may_be_anything(name: str) -> None:
    patient = of_drug(name=name)
    assert not patient.episodes
    assert {"systemic_glucocorticoid", "anticoagulant", "immunosuppressant"} <= set(patient.may_be["medications"])
    assert any(name in note for note in patient.notes)


def test_a_cream_is_left_open_and_nothing_else() -> None:
    patient = of_drug(text="prednisolone cream")
    assert {"systemic_glucocorticoid", "local_glucocorticoid"} <= set(patient.may_be["medications"])
    assert "interferon" not in patient.may_be["medications"]


def test_two_drugs_in_one_entry_are_both() -> None:
    both = set(of_drug(text="norepinephrine 5 mg in 50 ml glucose 5 %").episodes)
    assert both == set(of_drug(text="norepinephrine").episodes) | set(of_drug(text="glucose").episodes)
    assert facts(of_drug(text="piperacillin/tazobactam 4.5 g i.v.")) == facts(of_drug(text="piperacillin"))


def test_a_drug_that_is_denied_denies_no_other_of_its_kind() -> None:
    patient = read_patient(
        {"as_of": "2026-03-20", "medications": [{"text": "prednisone 20 mg", "status": "absent"}]}, dictionary()
    )
    assert not patient.episodes


def test_an_allergy_to_a_drug_in_words_is_one_to_some_drug() -> None:
    assert set(of_drug("allergies", text="penicillin").episodes) == {"any_drug"}
    assert of_drug("allergies", text="penicillin and pollen").episodes == {}


def test_every_code_of_rxnorm_agrees_with_its_own_name() -> None:
    """A wording says nothing that contradicts the code to which the name belongs; most names are read."""
    drugs, unread, clashes = dictionary(), 0, []
    with RXNORM.open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines, delimiter="\t") if row[0].isdigit()]
    for code, name, *_ in rows:
        coded = drugs.said([("rxnorm", code)], on="medications")
        worded = drugs.said([], name, on="medications")
        unread += not worded.is_known
        agree = worded.is_ <= coded.is_ | coded.open and coded.is_ <= worded.is_ | worded.open
        if worded.is_known and not agree:
            clashes.append(name)
    assert clashes == []
    assert unread < len(rows) / 4


def test_a_group_of_atc_of_three_characters_is_no_disease() -> None:
    """`B05` is measles in ICD-10, and among drugs a group of solutions for infusion."""
    bicarbonate = of_drug(rxnorm="9796")
    assert facts(bicarbonate) == facts(of_drug(text="sodium bicarbonate"))
    assert "infection" not in {name for names in bicarbonate.may_be.values() for name in names}
    drugs = dictionary()
    for row in drugs.rulebook.reviewed:
        if row.system in DRUG_SYSTEMS and row.within:
            assert {system for system, _ in row.within} == {"atc"}, row.name


@pytest.mark.parametrize(
    "concept",
    [
        {"text": "Prednisone 5 mg tablet daily"},
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "99999999",
                     "display": "prednisone 5 MG Oral Tablet"}]},
    ],
)  # fmt: skip
def test_fhir_is_read_by_its_words_where_nobody_knows_the_code(concept: dict[str, Any]) -> None:
    order = {
        "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "authoredOn": "2026-03-01", "medicationCodeableConcept": concept,
    }  # fmt: skip
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": order}],
    }
    patient = read_patient(bundle, dictionary())
    assert set(patient.episodes) == set(of_drug(text="prednisone").episodes)


@pytest.mark.parametrize("drug", [{"text": "qwertzumab 100 mg"}, {"rxnorm": "99999999"}])
def test_a_drug_that_nobody_can_read_leaves_open_what_is_denied_beside_the_list_of_drugs(drug: dict[str, str]) -> None:
    _, open_ = facts(of_drug(**drug))
    assert {"infection", "sepsis", "circulatory_failure"} <= open_["conditions"]
    assert not {"hiv_infection", "malignancy", "mental_disorder"} & open_["conditions"]
    _, known = facts(of_drug(text="paracetamol 500 mg"))
    assert not known.get("conditions", set())
