"""A name of the dictionary on a list that is not its own refuses nothing, settles nothing, and is named."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.local_codes import with_tables
from screener.records.notes import CHECK_FIRST
from screener.records.patient import Patient
from screener.records.reading import read_patient
from screener.rulebook import KINDS_ON, LIST_OF, Concept, RecordList

LISTS = ("conditions", "procedures", "medications", "events", "allergies", "family_history")
STATUS = {"procedures": "done", "medications": "ongoing", "events": "ongoing", "conditions": "active"}
NAMES = {
    "condition": "cirrhosis",
    "procedure": "liver_transplantation",
    "drug": "interferon",
    "event": "trial_participation",
    "substance": "any_food",
}
PERSON: dict[str, Any] = {"as_of": "2026-02-20", "birth_date": "1970-01-01", "sex": "female"}


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(**record: Any) -> Patient:
    return read_patient({**PERSON, **record}, dictionary())


def may_be(patient: Patient, list_: str) -> set[str]:
    return set(patient.may_be.get(list_, {}))  # type: ignore[call-overload]


PAIRS = [(list_, kind) for list_ in LISTS for kind in NAMES if kind not in KINDS_ON[list_]]  # type: ignore[index]


@pytest.mark.parametrize(("list_", "kind"), PAIRS)
def test_a_name_of_another_list_opens_both_lists_and_settles_nothing(list_: str, kind: str) -> None:
    name = NAMES[kind]
    patient = read(**{list_: [{"name": name}]}, complete=[*LISTS, "plans"])
    assert all(each.only_may_be for those in patient.episodes.values() for each in those)
    home = LIST_OF[kind]  # type: ignore[index]
    assert name in may_be(patient, home)
    asked = {each for each in dictionary().asked if dictionary().rulebook.concepts[each].kind in KINDS_ON[list_]}  # type: ignore[index]
    assert asked <= may_be(patient, list_)
    assert patient.complete == set(get_args(RecordList))
    (note,) = patient.notes
    assert note.startswith(f"{CHECK_FIRST}{list_}[0]: `{name}` under `{list_}` is a")
    assert f"write it under `{home}`. Until it is corrected it is an entry that may be anything on its list" in note
    assert note.endswith(f", and may be `{name}`")


@pytest.mark.parametrize("list_", LISTS)
@pytest.mark.parametrize("name", ["creatinine", "AFP", "HE_grade", "urea_nitrogen"])
def test_a_name_of_a_result_is_told_where_it_belongs(list_: str, name: str) -> None:
    patient = read(**{list_: [{"name": name}]}, complete=[*LISTS])
    assert patient.results == {}
    (note,) = patient.notes
    assert f"`{name}` under `{list_}` is a " in note
    assert "write its result under `observations`" in note
    assert may_be(patient, list_)


@pytest.mark.parametrize(
    ("list_", "name", "home", "concept"),
    [
        ("medications", "HCC", "conditions", "hepatocellular_carcinoma"),
        ("medications", "Budd-Chiari syndrome", "conditions", "hepatic_vein_thrombosis"),
        ("conditions", "warfarin", "medications", "anticoagulant"),
        ("conditions", "Hämodialyse", "procedures", "dialysis"),
        ("events", "Hepatocellular-Carcinoma", "conditions", "hepatocellular_carcinoma"),
        ("procedures", "Participation in another clinical trial", "events", "trial_participation"),
    ],
)
def test_it_is_known_however_it_is_written(list_: str, name: str, home: str, concept: str) -> None:
    patient = read(**{list_: [{"name": name}]})
    assert concept in may_be(patient, home)
    assert f"`{name}` under `{list_}` is a" in patient.notes[0]


@pytest.mark.parametrize(
    ("list_", "status"),
    [
        ("procedures", "absent"),
        ("procedures", "never"),
        ("procedures", "not planned"),
        ("medications", "never"),
        ("events", "absent"),
        ("allergies", "absent"),
        ("family_history", "never"),
    ],
)
def test_what_is_denied_on_another_list_denies_nothing_and_opens_nothing(list_: str, status: str) -> None:
    name = "cirrhosis" if list_ != "family_history" else "interferon"
    patient = read(**{list_: [{"name": name, "status": status, "date": "2026-02-18"}]}, complete=[*LISTS])
    assert (patient.absences, patient.may_be) == ({}, {})
    (note,) = patient.notes
    assert note.endswith("Until it is corrected it denies nothing")


def test_entries_of_one_mistake_have_one_note() -> None:
    patient = read(procedures=[{"name": "cirrhosis", "date": f"2026-02-1{day}"} for day in range(5)])
    (note,) = patient.notes
    assert note.startswith(f"{CHECK_FIRST}procedures[0], procedures[1], procedures[2] and 2 others: `cirrhosis`")


def test_a_procedure_elsewhere_may_be_done_or_planned() -> None:
    patient = read(conditions=[{"name": "liver_transplantation", "date": "2026-02-18"}])
    assert "liver_transplantation" in may_be(patient, "procedures")
    assert "liver_transplantation" in may_be(patient, "plans")


def test_the_latest_of_its_dates_bounds_when_it_began() -> None:
    patient = read(medications=[{"name": "cirrhosis", "start": "2019", "date": "2021-05-01"}])
    (entry,) = (each for each in patient.may_be["conditions"]["cirrhosis"] if each.list == "conditions")
    assert entry.start is not None
    assert (entry.start.text, entry.end, entry.unusable) == ("2021-05-01 or before", None, "unread")


def test_a_code_next_to_such_a_name_settles_nothing_either() -> None:
    patient = read(procedures=[{"name": "cirrhosis", "snomed": "18027006", "date": "2021-05-01"}])
    assert patient.episodes == {}
    assert "liver_transplantation" in may_be(patient, "procedures")
    assert "cirrhosis" in may_be(patient, "conditions")


def test_a_person_may_say_what_it_is() -> None:
    looked_at = {"on": "2026-02-19", "by": "the study nurse"}
    named = {"name": "cirrhosis"}
    patient = read(procedures=[{**named, "reviewed": {"is": ["liver_transplantation"], **looked_at}}])
    assert list(patient.episodes) == ["liver_transplantation"]
    assert "cirrhosis" not in may_be(patient, "conditions")
    patient = read(procedures=[{**named, "reviewed": {"not": ["cirrhosis"], **looked_at}}])
    assert "cirrhosis" not in may_be(patient, "conditions")
    assert "liver_transplantation" in may_be(patient, "procedures")


@pytest.mark.parametrize("name", ["human_albumin", "Plasma", "blood_products"])
def test_what_is_given_among_the_drugs_is_no_allergy_and_no_other_drug(name: str) -> None:
    patient = read(medications=[{"name": name}], complete=[*LISTS])
    assert (patient.may_be, patient.episodes) == ({}, {})
    (note,) = patient.notes
    assert note == (
        f"medications[0]: no rule asks whether `{name}` is given; an allergy to it is written under `allergies`"
    )


def test_a_clinics_own_wording_is_known_on_every_list(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("system,code,name\ntext,Leberzirrhose,cirrhosis\n", encoding="utf-8")
    own = with_tables(dictionary(), [table])
    wrong: dict[str, Any] = {
        "procedures": [{"name": "Leberzirrhose"}],
        "observations": [{"name": "leberzirrhose", "value": "ja", "date": "2026-02-18"}],
    }
    patient = read_patient({**PERSON, **wrong}, own)
    assert {each.source for each in patient.may_be["conditions"]["cirrhosis"]} == {"procedures[0]", "observations[0]"}
    assert patient.episodes == {}


@pytest.mark.parametrize("list_", [*LISTS, "observations"])
def test_no_name_on_any_list_gives_an_answer_that_the_record_without_it_lacks(list_: str) -> None:
    rules, names = load_rules(), dictionary()
    record: dict[str, Any] = {
        **PERSON,
        "observations": [{"name": "INR", "value": 1.9, "date": "2026-02-19"}],
        "conditions": [{"name": "chronic_hepatitis_b", "onset": "2010", "status": "active"}],
        "complete": [*LISTS, "plans"],
    }

    def answers(more: dict[str, Any]) -> dict[tuple[str, str], str]:
        changed = {**record, list_: [*record.get(list_, ()), more]} if more else record
        screening = evaluate(read_patient(changed, names), rules=rules)
        return {(trial.id, each.id): each.status for trial in screening.trials for each in trial.criteria}

    without = answers({})
    kinds = KINDS_ON.get(list_, ("lab", "finding"))  # type: ignore[call-overload]
    for name, meaning in names.names.items():
        is_alias = name != meaning.entry.name
        if meaning.kind in kinds or is_alias or (list_ == "observations" and not isinstance(meaning.entry, Concept)):
            continue
        entry = {"name": name, "value": "yes"} if list_ == "observations" else {"name": name}
        found = answers({**entry, "date": "2026-02-01"})
        assert all(found[line] in ("unknown", without[line]) for line in without), name
