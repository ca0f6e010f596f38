"""The same patient in the native form and in FHIR gets the same answers, for the same reasons."""

from __future__ import annotations

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.effort import many
from properties.from_fhir import fhir_record, to_native
from properties.generators import (
    ALL_LISTS,
    AS_OF,
    Record,
    Subject,
    clear_record,
    random_rules,
    read,
    records,
    rules_of,
    subject_of,
)
from properties.to_fhir import CONCEPT, Json, sayable, sent_otherwise, to_fhir
from screener import load_rules
from screener.rulebook import Rulebook
from screener.screening import evaluate

Answers = dict[str, tuple[str, tuple[str, ...]]]


def answers(rulebook: Rulebook, record: Record | Json | bytes, complete: list[str]) -> Answers:
    screening = evaluate(read(record, rulebook), rulebook, as_of=AS_OF, assume_complete=complete)
    return {
        f"{trial.id}/{line.id}": (line.status, tuple(sorted(line.reasons)))
        for trial in screening.trials
        for line in trial.criteria
    }


def by_code(native: Record) -> Record:
    """The record with its substances by their codes, as FHIR has them: two entries of one code are of one thing, two of
    one name may be."""
    coded = [
        {field: value for field, value in each.items() if field != "name"} | {"system": CONCEPT, "code": each["name"]}
        for each in native.get("allergies", [])
    ]
    return {**native, "allergies": coded}


def differences_when_sent_otherwise(dice: Random, rulebook: Rulebook, record: Record) -> str:
    """What differs between the FHIR form of a record and the same sent otherwise, in words; empty if nothing does.

    In another order the answers are the same; of two facts that leave a question open, the first gives its reason.
    """
    fhir = to_fhir(dice, sayable(record, rulebook), rulebook)
    otherwise = sent_otherwise(dice, fhir)
    complete = [name for name in ALL_LISTS if name in record["complete"]]
    expected, found = answers(rulebook, fhir, complete), answers(rulebook, otherwise, complete)
    other = {
        line: f"first {expected[line]}, then {found[line]}" for line in expected if expected[line][0] != found[line][0]
    }
    return f"{other}\ncomplete: {complete}\nfirst: {fhir}\nthen: {otherwise!r}" if other else ""


def differences_of_fhir(dice: Random, rulebook: Rulebook, subject: Subject, seen: Counter[str]) -> str:
    """What differs between a random FHIR record and what it says natively, in words; empty if nothing does."""
    fhir = fhir_record(dice, rulebook, subject)
    acute = {concept.name for concept in rulebook.concepts.values() if concept.course == "acute"}
    native = to_native(fhir)
    # That a suspected acute event was refuted says nothing of another one.
    native["conditions"] = [
        each for each in native.get("conditions", []) if (each.get("status"), each["name"] in acute) != ("absent", True)
    ]
    complete = dice.sample(ALL_LISTS, dice.choice((0, 1, 3)))
    expected, found = answers(rulebook, by_code(native), complete), answers(rulebook, fhir, complete)
    seen.update(status for status, _ in expected.values())
    other = {line: f"native {expected[line]}, FHIR {found[line]}" for line in expected if expected[line] != found[line]}
    return f"{other}\ncomplete: {complete}\nFHIR: {fhir}\nnative: {native}" if other else ""


def differences(dice: Random, rulebook: Rulebook, record: Record, seen: Counter[str]) -> str:
    """What differs between the two forms of a record, in words; empty if nothing does."""
    native = sayable(record, rulebook)
    fhir = to_fhir(dice, native, rulebook)
    complete = [name for name in ALL_LISTS if name in record["complete"]]
    expected, found = answers(rulebook, by_code(native), complete), answers(rulebook, fhir, complete)
    seen.update(status for status, _ in expected.values())
    other = {line: f"native {expected[line]}, FHIR {found[line]}" for line in expected if expected[line] != found[line]}
    return f"{other}\ncomplete: {complete}\nnative: {native}\nFHIR: {fhir}" if other else ""


def test_random_rules_answer_the_same_in_both_forms() -> None:
    seen: Counter[str] = Counter()

    @many(150)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        for _ in range(3):
            different = differences(dice, rulebook, records(dice, rulebook, subject), seen)
            assert not different, f"{texts['trials/T1.rules']}\n{different}"

    agree()
    assert seen.total() >= 550
    assert min(seen["passed"], seen["failed"], seen["unknown"]) >= 0.1 * seen.total(), seen


def test_random_fhir_answers_as_what_it_says_natively() -> None:
    seen: Counter[str] = Counter()

    @many(100)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        for _ in range(3):
            different = differences_of_fhir(dice, rulebook, subject, seen)
            assert not different, f"{texts['trials/T1.rules']}\n{texts['dictionary/all.rules']}\n{different}"

    agree()
    assert min(seen["passed"], seen["failed"], seen["unknown"]) >= 0.05 * seen.total(), seen


def test_how_a_record_is_sent_does_not_change_an_answer() -> None:
    @many(80)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        for _ in range(3):
            different = differences_when_sent_otherwise(dice, rulebook, records(dice, rulebook, subject))
            assert not different, f"{texts['trials/T1.rules']}\n{different}"

    agree()


@pytest.mark.parametrize("trial_id", sorted(load_rules().trials))
def test_the_real_trials_answer_the_same_in_both_forms(trial_id: str) -> None:
    shipped = load_rules()
    rulebook = msgspec.structs.replace(shipped, trials={trial_id: shipped.trials[trial_id]})
    subject = subject_of(rulebook, rules_of(rulebook.trials.values()))
    seen: Counter[str] = Counter()

    @many(20)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        different = differences_of_fhir(dice, rulebook, subject, seen)
        assert not different, different
        clear = dice.random() < 0.5
        record = clear_record(dice, rulebook, subject) if clear else records(dice, rulebook, subject)
        different = differences(dice, rulebook, record, seen)
        assert not different, different

    agree()
    assert min(seen["passed"], seen["failed"], seen["unknown"]) >= 0.05 * seen.total(), seen
