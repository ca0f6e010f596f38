"""What is made of a rulebook lives as long as the rulebook does, and no longer: a service may meet many rulebooks."""

from __future__ import annotations

import gc
from datetime import date
from weakref import ref

import msgspec

from screener import advise, changes, evaluate, load_rules
from screener.records import read_patient
from screener.rulebook import Rulebook, made_once


def test_a_rulebook_that_was_screened_with_is_dropped_with_all_that_was_made_of_it() -> None:
    def dropped() -> ref[Rulebook]:
        rules = msgspec.structs.replace(load_rules())
        patient = read_patient({"id": "P1", "observations": [{"name": "Bilirubin?", "value": 1}]}, rules)
        screening = evaluate(patient, rules, as_of=date(2026, 2, 20))
        screening.to_json()
        advise(screening).to_dict()
        changes(screening)
        return ref(rules)

    gone = dropped()
    gc.collect()
    assert gone() is None


def test_it_is_made_once() -> None:
    rules = msgspec.structs.replace(load_rules())
    made = [made_once(rules, "list", list) for _ in range(2)]
    assert made[0] is made[1]
    assert made_once(msgspec.structs.replace(rules), "list", list) is not made[0]
