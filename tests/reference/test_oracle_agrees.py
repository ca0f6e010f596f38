"""The engine and the naive oracle give every criterion the same status, on random rules and on the real trials.

The oracle tries every possible world. Where one fact stands twice in a rule (an anchor that both places a window and
counts in it, say), the engine may leave open what no world leaves open: rarely, and never the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.effort import many
from properties.generators import (
    ALL_LISTS,
    AS_OF,
    TODAY,
    random_rules,
    read,
    records,
    rules_of,
    subject_of,
)
from reference.oracle import judge
from screener import load_rules
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.screening import evaluate
from screener.values.dates import BEGINNING, Duration

Disagreement = dict[str, str]

LENGTHS = (None, None, Duration(3, "days"), Duration(1, "months"), Duration(48, "hours"))


def disagreements(rulebook: Rulebook, patient: Patient, dice: Random, seen: Counter[str]) -> Disagreement:
    """The criteria to which the two give different answers, each with both; assumptions are drawn as well."""
    assumed = frozenset(dice.sample(ALL_LISTS, dice.choice((0, 0, 1, 3))))
    labs_within = dice.choice(LENGTHS)
    screening = evaluate(patient, rulebook, as_of=AS_OF, assume_complete=assumed, labs_within=labs_within)
    expected = judge(rulebook, patient, TODAY, assumed, labs_within)
    seen.update(expected.values())
    return {
        f"{trial.id}/{line.id}": f"engine {line.status}, oracle {expected[trial.id, line.id]} "
        f"(assumed {sorted(assumed)}, labs within {labs_within})"
        for trial in screening.trials
        for line in trial.criteria
        if line.status != expected[trial.id, line.id]
    }


def odd_cases(patient: Patient) -> Iterator[str]:
    """The odd cases that a record has."""
    own_day = patient.as_of
    yield (
        "record without a day"
        if own_day is None
        else "record of the day"
        if own_day == TODAY
        else ("record of a later day" if own_day > TODAY else "record of an earlier day")
    )
    if patient.none_known_on:
        yield "none known"
    if patient.unread:
        yield "list that nobody knows"
    for answer in patient.answers.values():
        if answer.reading is not None:
            yield "reading chosen"
        elif answer.when is not None:
            yield "answer after the day" if answer.when.first_day > TODAY else "dated answer"
    for results in patient.results.values():
        yield from ("repeated result" for _ in results[1:])
        for each in results:
            if each.unusable is not None:
                yield f"result that cannot be used: {each.unusable}"
            if each.when is None and not each.is_current:
                yield "undated result"
            if each.when is not None and each.when.first_day > TODAY:
                yield "result after the day"
            if each.unusable is None and each.value is not None and not each.value.is_exact:
                yield "censored result"
    for of_list in patient.may_be.values():
        for entries in of_list.values():
            yield from ("entry that may be" if each.concept == "" else "entry that may be besides" for each in entries)
    for episodes in patient.episodes.values():
        for episode in episodes:
            if episode.shown_by_result:
                yield "doubtful result" if episode.doubtful else "shown by result"
            elif episode.asserted is not None and episode.asserted.first_day > TODAY:
                yield "entry after the day"
            elif (
                episode.asserted is not None and episode.start is not None and episode.asserted.is_before(episode.start)
            ):
                yield "entry before its onset"
    for absences in patient.absences.values():
        for absence in absences:
            if absence.when is not None and absence.when.first_day > TODAY:
                yield "review after the day" if absence.reviewed else "absence after the day"
            elif absence.reviewed:
                yield "review"
            elif absence.doubtful:
                yield "doubtful absence"
            elif absence.when is None:
                yield "undated absence"
            elif absence.since is not None:
                yield "never" if absence.since.first == BEGINNING else "absent since"
            elif absence.list == "plans":
                yield "plan denied" + ("" if absence.until is None else " until")


ODD_CASES = {
    "repeated result", "result that cannot be used: unit", "result that cannot be used: impossible",
    "result that cannot be used: missing", "undated result", "result after the day", "censored result",
    "entry that may be", "entry that may be besides", "doubtful result", "shown by result", "entry after the day",
    "review", "doubtful absence", "undated absence", "never", "absent since", "plan denied", "plan denied until",
    "record without a day", "record of the day", "record of a later day", "record of an earlier day", "none known",
    "list that nobody knows", "reading chosen", "dated answer", "answer after the day", "entry before its onset",
    "review after the day", "absence after the day",
}  # fmt: skip


def left_open(disagreement: str) -> bool:
    """Whether the engine only says less than the oracle."""
    return disagreement.startswith("engine unknown")


RECORDS_FOR_EACH = 8
"""Records for one set of random rules: to check the rules takes longer than to answer ten records twice."""


def test_engine_and_oracle_agree_on_random_rules() -> None:
    seen: Counter[str] = Counter()
    odd: Counter[str] = Counter()
    open_only: Counter[str] = Counter()

    @many(300)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice, plain=4)
        for _ in range(RECORDS_FOR_EACH):
            record = records(dice, rulebook, subject)
            patient = read(record, rulebook)
            odd.update(set(odd_cases(patient)))
            found = disagreements(rulebook, patient, dice, seen)
            open_only.update({line: 1 for line, words in found.items() if left_open(words)})
            wrong = {line: words for line, words in found.items() if not left_open(words)}
            assert not wrong, f"{wrong}\n{texts['dictionary/all.rules']}\n{texts['trials/T1.rules']}\n{record}"

    agree()
    assert seen.total() >= 6_000
    assert open_only.total() <= seen.total() / 1_000, open_only
    assert min(seen.values()) >= 0.1 * seen.total(), seen
    assert not {case for case in ODD_CASES if odd[case] < 5}, odd


@pytest.mark.parametrize("trial_id", sorted(load_rules().trials))
def test_engine_and_oracle_agree_on_the_real_trials(trial_id: str) -> None:
    shipped = load_rules()
    trial = shipped.trials[trial_id]
    seen: Counter[str] = Counter()
    of_lines = []
    for line in trial.criteria:
        alone = msgspec.structs.replace(shipped, trials={trial_id: msgspec.structs.replace(trial, criteria=(line,))})
        of_lines.append((line, alone, subject_of(shipped, rules_of(alone.trials.values()))))

    @many(60, steady=40)
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        for line, alone, subject in of_lines:
            record = records(dice, alone, subject, fullness=dice.choice((60, 80, 100)))
            found = disagreements(alone, read(record, shipped), dice, seen)
            assert not found, f"{found}\n{line.rule}\n{record}"

    agree()
    assert min(seen.values()) >= 0.05 * seen.total(), seen
