"""What a rule comes to without evidence is what its whole answer says: truth, reasons, needs, and what is assumed."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from properties.effort import many
from properties.generators import ALL_LISTS, AS_OF, random_rules, read, records, rules_of, subject_of
from screener import load_rules
from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import needs, reasons, rests_on_assumption
from screener.evaluation.outcomes import outcomes_of
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.screening import evaluate


def hold_to_the_answers(rulebook: Rulebook, patient: Patient, assumed: list[str]) -> None:
    """Each line's outcome in a frame of its own, so that neither finds what the other has looked up."""
    program, outcomes = program_of(rulebook), outcomes_of(rulebook)
    for trial in evaluate(patient, rulebook, as_of=AS_OF, assume_complete=assumed):
        for line, prepared in zip(trial, program.trials[trial.id], strict=True):
            for outcome_of, answer in zip(outcomes.of_line(prepared), prepared.answer, strict=True):
                frame = anew(line.frame)
                outcome, judged = outcome_of(frame), answer(anew(line.frame))
                assert (outcome.truth, outcome.reasons, outcome.needs(frame), outcome.assumed) == (
                    judged.truth,
                    reasons(judged),
                    needs(judged, rulebook),
                    rests_on_assumption(judged),
                ), line.rule


def anew(frame: Frame) -> Frame:
    """The same frame, in which nothing has been looked up."""
    return Frame(
        frame.rulebook,
        frame.patient,
        frame.as_of,
        assumed=frame.assumed,
        labs_within=frame.labs_within,
        trial=frame.trial,
    )


@many(60)
@given(st.randoms(use_true_random=True))
def test_outcomes_of_random_rules_are_those_of_the_whole_answers(dice: Random) -> None:
    _, rulebook, subject = random_rules(dice)
    for _ in range(3):
        patient = read(records(dice, rulebook, subject), rulebook)
        hold_to_the_answers(rulebook, patient, dice.sample(ALL_LISTS, dice.choice((0, 0, 1, 3))))


@many(4)
@given(st.randoms(use_true_random=True))
def test_outcomes_of_the_trials_are_those_of_the_whole_answers(dice: Random) -> None:
    rules = load_rules()
    record = records(dice, rules, subject_of(rules, rules_of(rules.trials.values())), fullness=dice.choice((60, 100)))
    hold_to_the_answers(rules, read(record, rules), dice.sample(ALL_LISTS, dice.choice((0, 0, 1, 3))))
