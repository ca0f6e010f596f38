"""What the advice says, held against trying every combination of what the missing facts may turn out to be.

The brute force here knows nothing of ways, subjects or memory: each combination is a record of its own, on which the
engine decides every line anew. Rules and records are random and small, so that all combinations can be tried.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from properties.effort import many
from properties.generators import AS_OF, Record, random_rules, records, rulebook_of
from screener.advice.decisive import advise, find_possibilities
from screener.advice.facts import possibility
from screener.advice.inquiry import Inquiry
from screener.advice.statements import Advice, Known, LineName, Missing
from screener.advice.supposing import Possibility, frame_with
from screener.evaluation.evaluator import look_up, program_of
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import CriterionResult, Screening, Status, evaluate
from screener.values.ranges import exactly
from screener.values.truth import FALSE

MOST_COMBINATIONS = 700
"""Records that are tried for one screening; one with more facts or values is left to the other tests."""

Assignment = Mapping[int, int]


class Tried:
    """One screening with its missing facts, what they may turn out to be, its advice, and what the engine says."""

    def __init__(self, screening: Screening) -> None:
        self.inquiry = Inquiry(screening)
        find_possibilities(self.inquiry)
        self.advice: Advice = advise(screening)
        self.facts = range(len(self.inquiry.facts))
        self._statuses: dict[frozenset[tuple[int, int]], tuple[Status, ...]] = {}

    def place(self, fact: Missing) -> int:
        """Which of the facts is meant."""
        here = [
            number
            for number, each in enumerate(self.inquiry.facts)
            if (each.kind, each.name, each.text, each.trial, each.source)
            == (fact.kind, fact.name, fact.text, fact.trial, fact.source)
        ]
        assert len(here) == 1, f"{fact} is one of {here}"
        return here[0]

    def values(self, known: Known) -> list[int]:
        """The possibilities that the words, or the numbers, stand for."""
        fact = self.place(known.fact)
        possible = [(value, self.inquiry.supposed[fact][value]) for value in self.whole(fact)]
        if not known.values.spans:
            return [value for value, each in possible if each.range is None and each.text in known.values.choices]
        return [
            value
            for value, each in possible
            if each.range is not None
            and any(
                (span.low, span.low_open) <= (each.range.low, each.range.low_open)
                and (each.range.high, not each.range.high_open) <= (span.high, not span.high_open)
                for span in known.values.spans
            )
        ]

    def whole(self, fact: int) -> list[int]:
        return self.inquiry.whole[fact]

    def statuses(self, known: Assignment) -> tuple[Status, ...]:
        key = frozenset(known.items())
        if key not in self._statuses:
            self._statuses[key] = self.statuses_with(
                [self.inquiry.supposed[fact][value] for fact, value in known.items()]
            )
        return self._statuses[key]

    def statuses_with(self, known: list[Possibility]) -> tuple[Status, ...]:
        told: list[Status] = []
        for trial in self.inquiry.trials:
            frame = frame_with(trial.criteria[0].frame, known)
            told += [CriterionResult(each, frame).status for each in program_of(self.inquiry.rulebook).trials[trial.id]]
        return tuple(told)

    def combinations(self, facts: Sequence[int]) -> Iterator[Assignment]:
        for values in product(*(self.whole(fact) for fact in facts)):
            yield dict(zip(facts, values, strict=True))

    @property
    def size(self) -> int:
        count = 1
        for fact in self.facts:
            count *= len(self.whole(fact)) + 1
        return count


class Found(Random):
    """Dice that stand for rules and records on which a fault was once found: those of this name in `found.json`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


FOUND = json.loads(Path(__file__).with_name("found.json").read_text())


def drawn(dice: Random) -> tuple[Rulebook, list[Record]]:
    """Random rules, and records about what they read."""
    if isinstance(dice, Found):
        found = FOUND[dice.name]
        texts = {"dictionary/all.rules": found["dictionary"], "trials/T1.rules": found["trial"]}
        rulebook = rulebook_of({path: "\n".join(lines) + "\n" for path, lines in texts.items()})
        assert rulebook is not None
        return rulebook, found["records"]
    _, rulebook, subject = random_rules(dice, dice.choice((1, 1, 2)))
    return rulebook, [records(dice, rulebook, subject, fullness=dice.choice((30, 60, 80))) for _ in range(3)]


def each_tried(dice: Random, most: int | None = MOST_COMBINATIONS) -> Iterator[Tried]:
    """Screenings of random records by random rules that have something open, small enough to try everything."""
    rulebook, drawn_records = drawn(dice)
    for record in drawn_records:
        screening = evaluate(read_patient(record, rulebook), rulebook, as_of=AS_OF)
        if all(trial.verdict != "undetermined" for trial in screening.trials):
            continue
        tried = Tried(screening)
        if most is None or 0 < tried.size <= most:
            yield tried


def lines_of(tried: Tried, trial: str) -> list[int]:
    return [number for number, line in enumerate(tried.inquiry.lines) if line.trial == trial]


# ---- by brute force


def test_a_fact_rules_a_trial_out_exactly_when_the_advice_says_so() -> None:
    seen: Counter[str] = Counter()

    @many(250, steady=160)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        for tried in each_tried(dice):
            for trial in tried.advice.trials:
                lines = lines_of(tried, trial.id)
                told = {
                    (tried.place(each.fact.fact), value)
                    for each in trial.rules_out
                    if each.unless is None
                    for value in tried.values(each.fact)
                }
                told = {(fact, value) for fact, value in told if value in tried.whole(fact)}
                does = {
                    (fact, value)
                    for fact in tried.facts
                    if not tried.inquiry.facts[fact].only_beside
                    for value in tried.whole(fact)
                    if any(tried.statuses({fact: value})[line] == "failed" for line in lines)
                }
                assert told == does
                seen["alone"] += len(told)
                for each in trial.rules_out:
                    if each.unless is not None:
                        seen["unless"] += 1
                        one, other = tried.place(each.fact.fact), tried.place(each.unless.fact)
                        spared = tried.values(each.unless)
                        for value in tried.values(each.fact):
                            for beside in tried.whole(other):
                                if beside not in spared:
                                    statuses = tried.statuses({one: value, other: beside})
                                    assert any(statuses[line] == "failed" for line in lines)

    holds()
    assert seen["alone"] >= 200, seen
    assert seen["unless"] >= 50, seen


def test_every_way_passes_its_line_and_nothing_smaller_does() -> None:
    seen: Counter[str] = Counter()

    @many(250)
    @given(st.randoms(use_true_random=True))
    @example(Found("evidence that only has to be at hand, and is not needed"))
    def holds(dice: Random) -> None:
        for tried in each_tried(dice):
            for trial in tried.advice.trials:
                numbers = {tried.inquiry.lines[number].criterion.id: number for number in lines_of(tried, trial.id)}
                for line in trial.lines:
                    sets = [way for way in line.ways if not way.together]
                    seen["together"] += len(line.ways) - len(sets)
                    for way in sets:
                        chosen = {tried.place(known.fact): tried.values(known) for known in way.known}
                        assert all(chosen.values()), way
                        assert passes(tried, numbers[line.criterion], chosen), way
                        seen["ways"] += 1
                        seen["several"] += len(chosen) > 1
                        for left_out in chosen if len(chosen) > 1 else ():
                            fewer = {fact: values for fact, values in chosen.items() if fact != left_out}
                            if not is_half_a_change(tried, tuple(fewer)):
                                assert not passes(tried, numbers[line.criterion], fewer), (way, left_out)
                    if not line.ways:
                        assert not can_be_passed(tried, numbers[line.criterion])
                        seen["none"] += 1

    holds()
    assert seen["ways"] >= 200, seen
    assert seen["several"] >= 50, seen
    assert seen["none"] >= 20, seen


def passes(tried: Tried, line: int, chosen: Mapping[int, list[int]]) -> bool:
    """Whether a line is passed with every choice of these values."""
    every = (dict(zip(chosen, values, strict=True)) for values in product(*chosen.values()))
    return all(tried.statuses(known)[line] == "passed" for known in every)


def can_be_passed(tried: Tried, number: int) -> bool:
    """Whether any of the facts that a line asks for pass it, with any values."""
    line = tried.inquiry.lines[number]
    asked = sorted(line.asks)
    sets = chain.from_iterable(combinations(asked, size) for size in range(1, len(asked) + 1))
    return any(
        tried.statuses(known)[number] == "passed"
        for facts in sets
        if not is_half_a_change(tried, facts)
        for known in tried.combinations(facts)
    )


def is_half_a_change(tried: Tried, facts: tuple[int, ...]) -> bool:
    """Whether an earlier result is among the facts, and none of today that it would stand beside."""
    named = [tried.inquiry.facts[fact] for fact in facts]
    return any(
        each.only_beside and not any(other.name == each.name and other is not each for other in named) for each in named
    )


def test_a_fact_settles_closes_and_decides_what_the_engine_says() -> None:
    seen: Counter[str] = Counter()

    @many(200, steady=130)
    @given(st.randoms(use_true_random=True))
    @example(Found("an earlier result that is fresh would be the latest"))
    def holds(dice: Random) -> None:
        for tried in each_tried(dice):
            before = tried.statuses({})
            lines = [LineName(line.trial, line.criterion.id) for line in tried.inquiry.lines]
            order = [(-len(each.settles), -len(each.decides), -len(each.closes)) for each in tried.advice.facts]
            assert order == sorted(order)
            assert {tried.place(each.fact) for each in tried.advice.facts} == set(tried.facts)
            for each in tried.advice.facts:
                fact = tried.place(each.fact)
                if is_an_earlier_latest(tried, fact):
                    seen["earlier"] += 1
                    continue
                after = {value: tried.statuses({fact: value}) for value in tried.whole(fact)}
                closed = [
                    {line for line, was, now in zip(lines, before, those, strict=True) if was == "unknown" != now}
                    for those in after.values()
                ]
                assert set(each.settles) == set.intersection(*closed)
                assert set(each.closes) == set.union(*closed)
                for outcome in each.outcomes:
                    for value in tried.values(Known(each.fact, outcome.values)):
                        changed = [
                            (line, now)
                            for line, was, now in zip(lines, before, after[value], strict=True)
                            if was != now
                        ]
                        assert {line for line, now in changed if now == "passed"} == set(outcome.passes)
                        assert {line for line, now in changed if now == "failed"} == set(outcome.fails)
                told = [value for outcome in each.outcomes for value in tried.values(Known(each.fact, outcome.values))]
                assert sorted(told) == sorted(tried.whole(fact))
                verdicts_after = [verdicts(tried, {fact: value}) for value in tried.whole(fact)]
                decides = {
                    trial.id
                    for number, trial in enumerate(tried.inquiry.trials)
                    if any(those[number] != "undetermined" for those in verdicts_after)
                }
                assert set(each.decides) == decides
                seen[f"settles {min(len(each.settles), 2)}"] += 1

    holds()
    assert seen["settles 1"] >= 50, seen
    assert seen["settles 0"] >= 50, seen


def test_a_question_waits_only_where_its_lines_can_be_passed_without_it() -> None:
    seen: Counter[str] = Counter()

    @many(250)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        for tried in each_tried(dice):
            for each in tried.advice.facts:
                fact = tried.place(each.fact)
                assert not each.conditional or each.fact.kind == "question"
                assert bool(each.only_if) <= each.conditional
                for line in tried.inquiry.lines_with[fact] if each.conditional else ():
                    if line.is_open and can_be_passed(tried, line.number):
                        without = [other for other in line.facts if other != fact]
                        assert any(
                            tried.statuses(known)[line.number] == "passed"
                            for size in range(len(without) + 1)
                            for facts in combinations(without, size)
                            for known in tried.combinations(facts)
                        )
                        seen["conditional"] += 1

    holds()
    assert seen["conditional"] >= 1, seen


def is_an_earlier_latest(tried: Tried, fact: int) -> bool:
    """Whether an earlier result, by itself, would or might be the latest that a rule reads. The advice looks at it only
    beside one of today (docs/advice.md), where it is not the latest, and so may tell of less than it settles alone."""
    earlier = tried.inquiry.facts[fact]
    if earlier.key[0] != "earlier":
        return False
    rules = [reading.rule for line in tried.inquiry.lines for reading in line.criterion.readings]
    results = tried.inquiry.base[tried.inquiry.trials[0].id].patient.results.get(earlier.name, ())
    is_of_today = any(each.when is not None and each.when.first_day >= AS_OF.toordinal() for each in results)
    latest = f"lookup latest {earlier.name}"
    return not is_of_today and any(latest in tried.inquiry.reach.of(rule) for rule in rules)


def verdicts(tried: Tried, known: Assignment) -> list[str]:
    statuses = tried.statuses(known)
    told = []
    for trial in tried.inquiry.trials:
        here = {statuses[line] for line in lines_of(tried, trial.id)}
        told.append("ineligible" if "failed" in here else "undetermined" if "unknown" in here else "eligible")
    return told


# ---- on single values, with all else left to chance


@pytest.mark.parametrize("depth", [2])
def test_a_number_on_the_named_side_rules_out_whatever_else_is_found_out(depth: int) -> None:
    seen: Counter[str] = Counter()

    @many(250)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        for tried in each_tried(dice, None):
            for trial in tried.advice.trials:
                for each in trial.rules_out:
                    if each.unless is not None or not each.fact.values.spans:
                        continue
                    fact = tried.place(each.fact.fact)
                    if tried.inquiry.facts[fact].scale == "limit":
                        continue
                    span = dice.choice(each.fact.values.spans)
                    number = span.low + (span.high - span.low) * dice.choice((0, 0.01, 0.5, 0.99, 1))
                    number = float(round(number)) if tried.inquiry.facts[fact].scale == "whole" else number
                    if (number == span.low and span.low_open) or (number == span.high and span.high_open):
                        continue
                    base = tried.inquiry.base[trial.id]
                    others = [
                        tried.inquiry.supposed[other][dice.choice(tried.whole(other))]
                        for other in tried.facts
                        if tried.inquiry.facts[other].name != tried.inquiry.facts[fact].name and dice.random() < 0.5
                    ]
                    exact = possibility(tried.inquiry.facts[fact], exactly(number), base)
                    others = [other for other in others if not is_contradicted(tried, trial.id, exact, other)]
                    for known in ([exact], [exact, *others]):
                        statuses = tried.statuses_with(known)
                        lines = lines_of(tried, trial.id)
                        assert any(statuses[line] == "failed" for line in lines), (each.sentence, number, known)
                    seen["numbers"] += 1

    holds()
    assert seen["numbers"] >= 50, seen


def is_contradicted(tried: Tried, trial: str, number: Possibility, other: Possibility) -> bool:
    """Whether a yes cannot come true beside a number: the number itself shows that there is no such thing. A yes is
    supposed to be plain (docs/advice.md), so it stands even there, and the two are no record that could be."""
    before = tried.inquiry.base[trial]
    after = frame_with(before, [number])
    return any(look_up(name, after).truth is FALSE is not look_up(name, before).truth for name in other.happened)
