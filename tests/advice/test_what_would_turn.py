"""What is named turns the answer, and just beyond it does not: for random formulas and records.

It is tried by putting the value into the record as it stands there, reading that record and screening it: nothing of
how it was found is used again.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from properties.generators import (
    AS_OF,
    REGISTRY,
    VACUOUS,
    Record,
    Writer,
    chance,
    dictionaries,
    records,
    rules_of,
    subject_of,
)
from screener.advice.margins import margins
from screener.advice.turning import Bound, Stretch, WouldTurn, decimal_text
from screener.language.checker import check_texts
from screener.records import read_patient
from screener.rulebook import Lab, Rulebook
from screener.screening import CriterionResult, Status, evaluate

TURNED: dict[Status, Status] = {"passed": "failed", "failed": "passed"}


class Formulas(Writer):
    """Writes lines that hang on one comparison of a formula."""

    def pure_number(self, depth: int, beside: bool) -> str:
        if depth <= 0 and chance(self.dice, 15):
            return "(0.1 * (age in years))"
        if depth <= 0 and chance(self.dice, 15):
            return "ln(alpha in umol/L)"
        if depth <= 0 and chance(self.dice, 10):
            return "((rise in alpha within 30 days) in umol/L)"
        if depth <= 0 and chance(self.dice, 10):
            return "(if before last onset of crisis (beta > 2) or history of coma within 30 days then beta else stupor)"
        return super().pure_number(depth, beside)

    def line(self) -> str:
        number = self.pure_number(2, False)
        left = f"({number} + {self.pure_number(1, False)})" if chance(self.dice, 60) else f"(beta + {number})"
        limit = self.one_of(1, 2, 3, 4.5, 6, 9)
        if chance(self.dice, 25):
            return f"{left} between {limit} and {limit + self.one_of(1, 2.5, 6)}"
        if chance(self.dice, 10):
            return f"{left} < {self.pure_number(1, False)}"
        return f"{left} {self.one_of('<', '<=', '>', '>=', '>=', '=')} {limit}"


def formulas(dice: Random) -> Rulebook | None:
    writer = Formulas(dice)
    blocks = [
        f"{kind} {name}\n  > Line {name}.\n  {writer.line()}\n"
        for kind, name in (("inclusion", "I1"), ("inclusion", "I2"), ("exclusion", "E1"))
    ]
    protocol = "protocol T1\n  > Trial.\n  registry T1.json\n\n" + "\n".join(blocks)
    texts = {"dictionary/all.rules": dictionaries(dice), "trials/T1.rules": protocol}
    checked = check_texts(texts, REGISTRY, "random")
    found = {each.code for each in checked.diagnostics if each.is_error}
    assert found <= VACUOUS | {"score-out-of-reach"}, f"{protocol}\n{checked.report}"
    return checked.rulebook


class Trying:
    """One line of one record, to be tried with one input at other values."""

    def __init__(self, rulebook: Rulebook, record: Record, line: CriterionResult, turn: WouldTurn) -> None:
        self.rulebook = rulebook
        self.record = record
        self.line = line
        self.turn = turn

    def status(self, value: str, unit: str | None) -> Status:
        """What the line says of the record with the value in it."""
        filled = deepcopy(self.record)
        if not self.turn.sources:
            filled.setdefault("observations", []).append(
                {"name": self.turn.name, "value": value, "date": AS_OF.isoformat()}
            )
        for source in self.turn.sources:
            entry = filled["observations"][int(source.removeprefix("observations[").removesuffix("]"))]
            assert entry["name"] == self.turn.name
            entry["value"] = value
            if unit is not None:
                entry["unit"] = unit
        screening = evaluate(read_patient(filled, self.rulebook), self.rulebook, as_of=AS_OF)
        return next(each.status for each in screening.trials[0].criteria if each.id == self.line.id)

    def turns(self, value: str, unit: str | None) -> bool:
        return self.status(value, unit) == TURNED[self.line.status]

    def told(self) -> str:
        return f"{self.line.rule}\n{self.line.status}: {self.line.explanation}\n{self.turn}\n{self.record}"


def possible(rulebook: Rulebook, turn: WouldTurn, number: Fraction) -> bool:
    fact = rulebook.fact(turn.name)
    within = fact.possible if isinstance(fact, Lab) else fact.grade
    return within is not None and within.contains(float(number))


def step_of(bound: Bound) -> Fraction:
    """One in the last decimal, towards the values that turn it."""
    return Fraction(1, 10**bound.decimals) * (1 if bound.relation in ("at least", "above") else -1)


def check_bound(trying: Trying, bound: Bound, unit: str | None, stretch: Stretch) -> None:
    """Three values: one that turns it, one on its edge, one that does not; as far as they can be, and lie apart."""
    step = step_of(bound)
    itself, inside, outside = bound.number, bound.number + step, bound.number - step
    text = {number: decimal_text(number, bound.decimals) for number in (itself, inside, outside)}
    other = stretch.farthest if bound is stretch.nearest else stretch.nearest
    reaches_on = other is None or (inside - other.number) * step <= 0
    if bound.relation in ("at most", "at least"):
        assert trying.turns(text[itself], unit), f"{text[itself]} does not turn it\n{trying.told()}"
    else:
        assert not trying.turns(text[itself], unit), f"{text[itself]} turns it already\n{trying.told()}"
    if possible(trying.rulebook, trying.turn, inside) and reaches_on:
        assert trying.turns(text[inside], unit), f"{text[inside]} does not turn it\n{trying.told()}"
    is_found_out = bound is stretch.nearest or stretch.is_whole
    if possible(trying.rulebook, trying.turn, outside) and is_found_out:
        assert not trying.turns(text[outside], unit), f"{text[outside]} turns it, too\n{trying.told()}"


def check_that_none_is_nearer(trying: Trying, nearest: Bound, dice: Random) -> None:
    """Between what is recorded, where that is one number, and the nearest that turns it, nothing does."""
    try:
        recorded = Fraction(trying.turn.recorded.split()[0])
    except ValueError:
        return
    if len(trying.turn.sources) > 1:
        return
    steps = abs(int((nearest.number - recorded) / step_of(nearest)))
    for _ in range(min(steps - 1, 3)):
        number = nearest.number - step_of(nearest) * dice.randint(1, steps - 1)
        text = decimal_text(number, nearest.decimals)
        assert not trying.turns(text, trying.turn.unit), f"{text} turns it, and is nearer\n{trying.told()}"


def check_that_nothing_turns(trying: Trying, dice: Random) -> None:
    fact = trying.rulebook.fact(trying.turn.name)
    match fact:
        case Lab():
            low, high = fact.possible.low or 0.001, fact.possible.high
            values = [f"{low + (high - low) * dice.random() ** 3:.6f}" for _ in range(6)] + [str(high)]
        case _ if fact.choices:
            values = list(fact.choices)
        case _:
            values = [str(grade) for grade in range(5)]
    for value in values:
        assert not trying.turns(value, trying.turn.unit), f"{value} turns it\n{trying.told()}"


def check_choices(trying: Trying) -> None:
    choices = trying.rulebook.findings[trying.turn.name].choices
    turning = [choice for choice in choices if trying.turns(choice, None)]
    assert turning == list(trying.turn.choices), trying.told()


def check(trying: Trying, dice: Random) -> str:
    turn = trying.turn
    if turn.name in trying.rulebook.findings and trying.rulebook.findings[turn.name].choices:
        check_choices(trying)
        return "choices"
    for stretch in turn.stretches:
        for bound in (stretch.nearest, stretch.farthest):
            if bound is not None:
                check_bound(trying, bound, turn.unit, stretch)
        check_that_none_is_nearer(trying, stretch.nearest, dice)
    if turn.stretches:
        return "turns"
    if not turn.is_settled:
        return "unsettled"
    check_that_nothing_turns(trying, dice)
    return "nothing turns"


def test_the_value_named_turns_the_answer_and_just_beyond_it_does_not() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=2 * settings().max_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        rulebook = formulas(dice)
        if rulebook is None:
            return
        subject = subject_of(rulebook, rules_of(rulebook.trials.values()))
        for _ in range(3):
            record = records(dice, rulebook, subject)
            screening = evaluate(read_patient(record, rulebook), rulebook, as_of=AS_OF)
            for line in screening.trials[0].criteria:
                for margin in margins(line).margins:
                    for turn in margin.turns:
                        outcomes[check(Trying(rulebook, record, line, turn), dice)] += 1

    holds()
    assert outcomes["turns"] >= 50, outcomes
    assert outcomes["nothing turns"] >= 50, outcomes
    assert outcomes["unsettled"] <= 0.25 * outcomes.total(), outcomes
