"""Entries of a native record that say something of all of their list: that nothing is known, or that there is none."""

from __future__ import annotations

from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.values.dates import parse_moment

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
DAY = parse_moment("2026-02-18").first_day


def ips(code: str, **fields: Any) -> dict[str, Any]:
    return {"system": IPS, "code": code, **fields}


@pytest.mark.parametrize(
    ("list_", "entry"),
    [
        ("conditions", ips("no-problem-info")),
        ("conditions", {"snomed": "1287211007"}),
        ("allergies", {"snomed": "1631000175102", "status": "present"}),
        ("medications", {"code": {"system": IPS, "code": "no-medication-info"}}),
        ("procedures", {"name": {"system": IPS, "code": "no-procedure-info"}}),
        ("conditions", ips("no-known-problems", status="resolved")),
        ("medications", {"snomed": "787481004", "status": "never"}),
    ],
)
def test_what_leaves_its_list_open(list_: str, entry: dict[str, Any]) -> None:
    patient = read_patient({list_: [entry], "complete": [list_]}, SMALL)
    assert (set(patient.unread), patient.complete, patient.none_known_on) == ({list_}, frozenset(), {})
    assert (patient.episodes, patient.absences, patient.may_be) == ({}, {}, {})
    assert patient.notes


@pytest.mark.parametrize(
    ("list_", "entry"),
    [
        ("conditions", ips("no-known-problems")),
        ("conditions", ips("no-known-problems", status="active")),
        ("medications", {"snomed": "787481004"}),
        ("procedures", {"snomed": "787480003", "status": "done"}),
    ],
)
def test_what_makes_its_list_complete_as_of_its_day(list_: str, entry: dict[str, Any]) -> None:
    for record in ({list_: [{**entry, "date": "2026-02-18"}]}, {"as_of": "2026-02-18", list_: [entry]}):
        patient = read_patient(record, SMALL)
        assert (patient.none_known_on, patient.unread, patient.may_be) == ({list_: (DAY,)}, {}, {})
        assert (patient.episodes, patient.absences) == ({}, {})
    assert read_patient({list_: [entry]}, SMALL).none_known_on == {}
    kept = read_patient({list_: [entry], "complete": [list_]}, SMALL)
    assert kept.complete == {list_}


def test_that_there_is_nothing_now_says_nothing_of_a_list() -> None:
    patient = read_patient({"conditions": [{"snomed": "160245001"}], "complete": ["conditions"]}, SMALL)
    assert (patient.complete, patient.unread, patient.may_be, patient.notes) == ({"conditions"}, {}, {}, ())
