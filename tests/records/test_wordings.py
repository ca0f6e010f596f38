"""An entry by its text alone: one that is a name is read as it, one that denies something never is, others are told."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.negations import not_denied, turn_of
from screener.records.patient import Patient
from screener.records.reading import read_patient
from screener.records.sightings import Sightings


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(**record: Any) -> Patient:
    return read_patient({"as_of": "2026-03-20", **record}, dictionary())


@pytest.mark.parametrize(
    ("list_", "text", "concept"),
    [
        ("conditions", "Jaundice", "jaundice"),
        ("conditions", "Cirrhosis", "cirrhosis"),
        ("conditions", "portal vein thrombosis", "portal_vein_thrombosis"),
        ("procedures", "Plasma exchange", "plasma_exchange"),
        ("medications", "warfarin", "vitamin_K_antagonist"),
        ("events", "Participation in another clinical trial", "trial_participation"),
    ],
)
def test_a_text_that_is_a_name_is_read_as_it(list_: str, text: str, concept: str) -> None:
    by_text, by_name = read(**{list_: [{"text": text}]}), read(**{list_: [{"name": text}]})
    assert list(by_text.episodes) == [concept]
    assert (by_text.episodes, by_text.may_be, by_text.notes) == (by_name.episodes, by_name.may_be, by_name.notes)


def test_a_result_too() -> None:
    patient = read(observations=[{"text": "INR", "value": 1.5, "date": "2026-03-18"}])
    assert patient.results["INR"][0].unusable is None


def test_its_status_is_obeyed() -> None:
    patient = read(conditions=[{"text": "HCC", "status": "absent", "date": "2026-03-18"}])
    assert (list(patient.absences), patient.may_be) == (["hepatocellular_carcinoma"], {})


def test_beside_a_code_it_is_a_wording_only() -> None:
    assert read(conditions=[{"icd10": "D37", "text": "Jaundice"}]).episodes.keys() == {"tumor"} - {"tumor"} | set(
        read(conditions=[{"icd10": "D37"}]).episodes
    )


def test_what_is_not_read_is_told_once_in_one_note() -> None:
    patient = read(
        conditions=[{"name": "Z.n. Ulcus"}, {"text": "Xanthelasmen"}, {"text": "Z.n. Ulcus"}],
        procedures=[{"text": "Z.n. IABP"}],
    )
    assert patient.notes == (
        "not read: Z.n. Ulcus (conditions[0], conditions[2]), Xanthelasmen (conditions[1]), Z.n. IABP (procedures[0])",
    )


def test_it_is_listed_with_what_a_record_calls_things() -> None:
    sightings = Sightings()
    read_patient({"conditions": [{"text": "Z.n. Ulcus"}]}, dictionary(), sightings=sightings)
    assert [(each.kind, each.text, each.meanings) for each, _ in sightings] == [("condition", "Z.n. Ulcus", ())]


@pytest.mark.parametrize(
    ("list_", "text"),
    [
        ("conditions", "no HCC"),
        ("conditions", "HIV negative"),
        ("conditions", "HIV: neg"),
        ("conditions", "kein Aszites"),
        ("conditions", "HCC ausgeschlossen"),
        ("procedures", "no dialysis"),
        ("medications", "no steroids"),
        ("allergies", "no penicillin allergy"),
    ],
)
@pytest.mark.parametrize("field", ["name", "text"])
def test_what_is_denied_is_never_offered_as_there(list_: str, text: str, field: str) -> None:
    patient = read(**{list_: [{field: text}]})
    assert (patient.episodes, patient.absences) == ({}, {})
    assert patient.may_be
    (note,) = patient.notes
    assert "did you mean" not in note
    assert '"status": "absent"' in note


@pytest.mark.parametrize("text", ["V.a. HCC", "suspected HCC", "HCC?", "known HCC"])
def test_a_suspicion_may_be_what_it_names_and_nothing_more(text: str) -> None:
    patient = read(conditions=[{"text": text}])
    assert (patient.episodes, patient.notes) == ({}, ())
    assert "hepatocellular_carcinoma" in patient.may_be["conditions"]
    assert "hiv_infection" not in patient.may_be["conditions"]


def test_what_is_to_be_ruled_out_may_be_that_and_nothing_more() -> None:
    patient = read(conditions=[{"text": "rule out pulmonary embolism"}])
    assert (patient.episodes, patient.notes) == ({}, ())
    assert "pulmonary_embolism" in patient.may_be["conditions"]
    assert "hepatocellular_carcinoma" not in patient.may_be["conditions"]


@pytest.mark.parametrize("text", ["nodular hyperplasia", "Noonan syndrome", "DDAVP", "keinesis", "negative pressure"])
def test_other_words_turn_nothing(text: str) -> None:
    assert turn_of(text) is None


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("orthotopic liver transplantation", "did you mean `liver_transplantation`?"),
        ("bleed", "did you mean `bleeding`?"),
        ("stroke", "write the name of what is absent: `screen names` lists them."),
    ],
)
@pytest.mark.parametrize("status", ["absent", "never"])
def test_a_denial_in_words_that_may_be_several_things_is_told_and_denies_nothing(
    words: str, mend: str, status: str
) -> None:
    list_ = "procedures" if "transplant" in words else "conditions"
    patient = read(**{list_: [{"name": words, "status": status, "date": "2026-02-18"}]})
    assert patient.absences == {}
    told = f"check first: {list_}[0]: `{words}` may be one of several things; {mend}"
    assert patient.notes == (f"{told} Until it is corrected, it denies nothing",)


@pytest.mark.parametrize(
    ("wording", "affirmed"),
    [
        ("no ascites. HCC segment 8", "HCC segment 8"),
        ("without ascites\nHCC", "HCC"),
        ("no HIV but HCC", "HCC"),
        ("denies PE - DVT 2019", "DVT 2019"),
        ("无腹水。肝癌", "肝癌"),
        ("HCC not excluded", "HCC not excluded"),
        ("no change in HCC", "no change in HCC"),
        ("no recurrence of HCC", "no recurrence of HCC"),
        ("未排除肝癌", "未排除肝癌"),
        ("no evidence of malignancy", ""),
        ("cirrhose, pas de CHC", "cirrhose"),
        ("cirrosis, sin CHC", "cirrosis"),
        ("HCC ruled out", ""),
        ("cirrhosis without ascites, HIV, pregnancy negative", "cirrhosis, HIV"),
        ("无发热、肝癌", ""),
    ],
)
def test_a_denial_ends_with_its_sentence_and_may_deny_nothing(wording: str, affirmed: str) -> None:
    assert ", ".join(each.strip() for each in not_denied(wording).split(",")) == affirmed
