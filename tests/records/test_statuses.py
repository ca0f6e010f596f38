"""The status of an entry as people write it, and hints that never turn a meaning round."""

from __future__ import annotations

from functools import cache

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient
from screener.records.statuses import status_meant


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


NAMES = {"conditions": "hiv_infection", "procedures": "dialysis", "medications": "interferon", "allergies": "any_drug"}


def with_status(list_: str, status: str) -> Patient:
    entry = {"name": NAMES[list_], "status": status, "date": "2026-03-18"}
    if list_ == "procedures" and status in ("active", "laufend"):
        del entry["date"]
    return read_patient({"as_of": "2026-03-20", list_: [entry]}, dictionary())


@pytest.mark.parametrize(
    ("list_", "written"),
    [
        *(
            ("conditions", each)
            for each in ("negative", "neg.", "no", "none", "Ruled out", "ausgeschlossen", "NEGATIV")
        ),
        *(("procedures", each) for each in ("no", "none", "not done", "not_done", "keine", "nicht durchgeführt")),
        *(("medications", each) for each in ("no", "none", "keine", "not given")),
        *(("allergies", each) for each in ("no", "none", "keine", "negative")),
        *((list_, each) for list_ in NAMES for each in ("否认", "无", "Non", "aucune")),
        *(("conditions", each) for each in ("verneint", "descartada", "esclusa", "已排除")),
    ],
)
def test_what_is_denied_is_absent(list_: str, written: str) -> None:
    patient = with_status(list_, written)
    assert list(patient.absences) == [NAMES[list_]]
    assert NAMES[list_] not in patient.episodes


@pytest.mark.parametrize(
    ("list_", "written", "status"),
    [
        ("conditions", "aktiv", "active"),
        ("conditions", "abgeklungen", "resolved"),
        ("procedures", "performed", "done"),
        ("procedures", "geplant", "planned"),
        ("procedures", "laufend", "ongoing"),
        ("medications", "active", "ongoing"),
        ("medications", "abgesetzt", "stopped"),
        ("allergies", "ja", "present"),
        ("conditions", "en cours", "active"),
        ("conditions", "guérie", "cured"),
        ("conditions", "resuelta", "resolved"),
        ("procedures", "已完成", "done"),
        ("procedures", "programada", "planned"),
        ("medications", "taking", "ongoing"),
        ("medications", "长期", "ongoing"),
        ("medications", "arrêté", "stopped"),
        ("allergies", "oui", "present"),
    ],
)
def test_what_is_there_is_there(list_: str, written: str, status: str) -> None:
    (entry,) = with_status(list_, written).episodes[NAMES[list_]]
    assert entry.status == status


def mend_of(list_: str, status: str) -> str:
    patient = with_status(list_, status)
    assert all(each.only_may_be for those in patient.episodes.values() for each in those)
    assert patient.absences == {}
    (note,) = patient.notes
    return note.partition("is not a `status`; ")[2].removesuffix(" Until it is corrected, it settles nothing")


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("Moderate", "moderate"),
        ("mittelgradig", "moderate"),
        ("légère", "mild"),
        ("重度", "severe"),
        ("grave", "severe"),
    ],
)
def test_how_severe_something_is_may_be_written_in_the_ward_s_language(written: str, severity: str) -> None:
    record = {"conditions": [{"name": "hiv_infection", "severity": written}]}
    (entry,) = read_patient(record, dictionary()).episodes["hiv_infection"]
    assert entry.severity == severity


def test_a_severity_that_is_none_counts_as_not_known() -> None:
    patient = read_patient({"conditions": [{"name": "hiv_infection", "severity": "Grad I"}]}, dictionary())
    assert [each.severity for each in patient.episodes["hiv_infection"]] == [None]
    assert "`Grad I` is not a `severity`" in patient.notes[0]


@pytest.mark.parametrize("written", ["suspected", "Verdacht", "V.a.", "possible", "疑似", "sospecha"])
def test_a_suspicion_has_no_status(written: str) -> None:
    assert mend_of("conditions", written) == "write `active` once it is confirmed, `absent` once it is ruled out."


@pytest.mark.parametrize("written", ["inactive", "not active", "unresolved", "non-absent", "yes", "???", "history"])
def test_no_hint_turns_a_meaning_round(written: str) -> None:
    mend = mend_of("conditions", written)
    assert "did you mean" not in mend
    assert "`absent` (it is not there)" in mend


@pytest.mark.parametrize(("written", "meant"), [("actve", "active"), ("resovled", "resolved"), ("absnt", "absent")])
def test_a_typing_error_is_offered_its_word(written: str, meant: str) -> None:
    assert mend_of("conditions", written) == f"did you mean `{meant}`?"


def test_what_is_no_text_is_left_to_the_shape() -> None:
    assert status_meant(7, "conditions") == 7
    assert status_meant(None, "conditions") is None
