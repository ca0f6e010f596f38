"""Whoever is kept as facts and screened in a population gets the answers of a screening alone; and a moved limit does
what the rule with that limit does."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from properties.effort import many
from properties.generators import AS_OF, random_rules, read, records
from screener import evaluate
from screener.cohort.answers import Desk, How
from screener.cohort.limits import limits_of
from screener.records.facts.columns import from_table, to_table
from screener.records.facts.people import Person, patient_of, person_of
from screener.records.patient import Patient
from screener.rulebook import Rulebook

LISTS = ("conditions", "medications", "procedures", "allergies", "plans")


def drawn(dice: Random, number: int) -> tuple[Rulebook, list[Patient]]:
    """Random rules, and some random records."""
    _, rulebook, subject = random_rules(dice)
    return rulebook, [read(records(dice, rulebook, subject), rulebook) for _ in range(number)]


@given(st.integers(0, 2**32))
@many(30)
def test_the_answers_are_those_of_a_screening_alone(seed: int) -> None:
    dice = Random(seed)
    rulebook, patients = drawn(dice, 4)
    day = None if dice.randrange(2) else AS_OF + timedelta(dice.randrange(400))
    assumed = tuple(dice.sample(LISTS, dice.randrange(3)))
    within = dice.choice((None, None, "10 days"))
    desk = Desk(rulebook, How(day, AS_OF, assumed, within))
    rows = from_table(to_table([person_of(each) for each in patients], Person), Person)
    for person, patient in zip(rows, patients, strict=True):
        kept = desk.rows(patient_of(person, patient.digest), person.facts)
        alone = evaluate(
            patient,
            rulebook,
            as_of=day or (None if patient.as_of is not None else AS_OF),
            assume_complete=assumed,
            labs_within=within,
        )
        for trial in alone.trials:
            row = kept[trial.id]
            assert (row.verdict, row.waits_for) == (trial.verdict, trial.waits_for)
            assert [(line.criterion, line.status, line.basis, line.reasons) for line in row.lines] == [
                (line.id, line.status, line.basis, line.reasons) for line in trial.criteria
            ]
            assert row.as_of == alone.as_of.toordinal()


@given(st.integers(0, 2**32))
@many(15)
def test_a_moved_limit_does_what_the_rule_with_that_limit_does(seed: int) -> None:
    dice = Random(seed)
    rulebook, patients = drawn(dice, 6)
    desk = Desk(rulebook, How(AS_OF, AS_OF))
    rows = [desk.rows(each, "") for each in patients]
    for trial in rulebook.trials.values():
        for limit in limits_of(trial, rulebook):
            for moved in limit.moved:
                criteria = tuple(
                    replace(
                        line,
                        readings=tuple(
                            replace(reading, rule=rule)
                            for reading, rule in zip(line.readings, moved.rules, strict=True)
                        ),
                    )
                    if line.id == limit.criterion
                    else line
                    for line in trial.criteria
                )
                other = replace(rulebook, trials={**rulebook.trials, trial.id: replace(trial, criteria=criteria)})
                for patient, answers in zip(patients, rows, strict=True):
                    row = answers[trial.id]
                    was = {line.criterion: line.status for line in row.lines}
                    then = evaluate(patient, other, as_of=AS_OF, trials=[trial.id]).trial(trial.id)
                    against = sum(line.status == "failed" for line in row.lines if line.criterion != limit.criterion)
                    shifts = {(each.criterion, each.place, each.number): each.status for each in row.shifts}
                    said = shifts.get((limit.criterion, limit.place, moved.number), was[limit.criterion])
                    if against == 0:
                        assert said == then.criterion(limit.criterion).status
                    assert all(line.status == was[line.id] for line in then.criteria if line.id != limit.criterion)
