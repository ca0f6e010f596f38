"""Advice: what each missing fact settles, closes and rules out, and per line the few ways to pass it.

`advise` puts each value that one missing fact may have into the record and asks the engine about every line that reads
the fact. What each statement promises, and where it says less than could be known, is in `docs/advice.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from screener.advice import ways as ways_
from screener.advice.inquiry import AskedLine, Inquiry
from screener.advice.numbers import find_possibilities
from screener.advice.statements import (
    Advice,
    Known,
    LineName,
    Missing,
    OpenFact,
    OpenLine,
    Outcome,
    RulesOut,
    TrialAdvice,
    Way,
)
from screener.advice.values import values_of
from screener.advice.ways import LineWays
from screener.evaluation.answers import Judged
from screener.evaluation.phrases import both
from screener.evaluation.residual import Connective, truths_in
from screener.rulebook import All, Any, Not
from screener.screening import Screening, Status
from screener.values.dates import day_text
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, negation


def advise(screening: Screening) -> Advice:
    """What the missing facts of a screening do in its undetermined trials, which are all that a fact can still
    decide."""
    inquiry = Inquiry(screening)
    find_possibilities(inquiry)
    return Advising(inquiry).advice(screening)


class Advising:
    """One advice in the making: what became of each line with each value of each fact."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        self.ways = LineWays(inquiry)
        self.missing = [
            Missing(each.kind, each.name, each.text, each.found_by, each.trial, each.source) for each in inquiry.facts
        ]
        self.statuses: list[dict[int, dict[int, Status]]] = [
            {
                place: {line.number: inquiry.status(line, {fact: place}) for line in inquiry.lines_with[fact]}
                for place in inquiry.whole[fact]
            }
            for fact in range(len(inquiry.facts))
        ]
        """For each fact and value the status of each line that can hang on the fact."""
        self._told: dict[tuple[int, frozenset[int]], Known] = {}

    def advice(self, screening: Screening) -> Advice:
        facts = range(len(self.missing))
        rules_out = [tuple(self._rules_out_alone(fact)) for fact in facts]
        trials = tuple(self._of_trial(trial.id, rules_out) for trial in self.inquiry.trials)
        ranked = sorted(
            (self._open_fact(fact, rules_out[fact]) for fact in facts),
            key=lambda each: (-len(each.settles), -len(each.decides), -len(each.closes)),
        )
        return Advice(screening.patient, day_text(screening.as_of.toordinal()), tuple(ranked), trials)

    def _known(self, fact: int, places: Iterable[int]) -> Known:
        key = (fact, frozenset(places))
        known = self._told.get(key)
        if known is None:
            known = self._told[key] = Known(self.missing[fact], values_of(*key, self.inquiry))
        return known

    def _named(self, lines: Iterable[int]) -> tuple[LineName, ...]:
        those = [self.inquiry.lines[number] for number in lines]
        return tuple([LineName(line.trial, line.criterion.id) for line in those])

    # ---- one fact

    def _open_fact(self, fact: int, rules_out: tuple[RulesOut, ...]) -> OpenFact:
        open_lines = [line.number for line in self.inquiry.lines_with[fact] if line.is_open]
        of_each = self.statuses[fact].values()
        in_part = self.inquiry.facts[fact].is_in_part
        settles = self._named(n for n in open_lines if not in_part and all(each[n] != "unknown" for each in of_each))
        closes = self._named(n for n in open_lines if any(each[n] != "unknown" for each in of_each))
        decides = tuple(trial.id for trial in self.inquiry.trials if self._decides(fact, trial.id))
        conditions = self._conditions(fact)
        missing = self.missing[fact]
        return OpenFact(
            missing,
            settles,
            closes,
            tuple(dict.fromkeys(each.trial for each in rules_out)),
            decides,
            tuple(self._outcomes(fact)),
            conditions is not None,
            conditions or (),
            _ranking(missing.text, settles, closes, decides),
        )

    def _outcomes(self, fact: int) -> Iterable[Outcome]:
        """What its values do, those that do the same together."""
        alike: dict[tuple[tuple[int, Status], ...], list[int]] = {}
        lines = self.inquiry.lines
        for place, statuses in self.statuses[fact].items():
            does = tuple(
                (n, status) for n, status in statuses.items() if status not in ("unknown", lines[n].result.status)
            )
            alike.setdefault(does, []).append(place)
        for does, places in alike.items():
            yield Outcome(
                self._known(fact, places).values,
                self._named(n for n, status in does if status == "passed"),
                self._named(n for n, status in does if status == "failed"),
            )

    def _decides(self, fact: int, trial: str) -> bool:
        """Whether one of the values of a fact settles a trial's verdict by itself."""
        here = [line.number for line in self.inquiry.lines_with[fact] if line.trial == trial]
        if not here:
            return False
        others = any(line.is_open and line.trial == trial and fact not in line.facts for line in self.inquiry.lines)
        of_each = [{statuses[number] for number in here} for statuses in self.statuses[fact].values()]
        return any("failed" in each or not (others or "unknown" in each) for each in of_each)

    # ---- ruling out

    def _rules_out_alone(self, fact: int) -> Iterable[RulesOut]:
        """The trials that it rules out by itself, once for each set of lines that it fails."""
        if self.inquiry.facts[fact].only_beside:
            return
        failing: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for place, statuses in self.statuses[fact].items():
            by_trial: dict[str, list[int]] = {}
            for number, status in statuses.items():
                if status == "failed":
                    by_trial.setdefault(self.inquiry.lines[number].trial, []).append(number)
            for trial, numbers in by_trial.items():
                failing.setdefault((trial, tuple(numbers)), []).append(place)
        for (trial, lines), places in failing.items():
            yield self._ruling_out(trial, fact, places, lines, None)

    def _of_trial(self, trial: str, rules_out: list[tuple[RulesOut, ...]]) -> TrialAdvice:
        lines = [line for line in self.inquiry.lines if line.trial == trial]
        facts = dict.fromkeys(fact for line in lines for fact in sorted(line.facts))
        alone = [each for fact in facts for each in rules_out[fact] if each.trial == trial]
        open_lines = [line for line in lines if line.is_open]
        pairs = self._pairs(trial, open_lines)
        return TrialAdvice(trial, (*alone, *pairs), tuple(self._open_line(line) for line in open_lines))

    def _pairs(self, trial: str, open_lines: list[AskedLine]) -> Iterable[RulesOut]:
        """Two facts that rule out together, each with the values of the other that prevent it."""
        pairs_of = LineWays(self.inquiry, most=sys.maxsize, most_facts=2)
        pairs: dict[tuple[tuple[int, frozenset[int]], ...], list[int]] = {}
        for line in open_lines:
            for way in pairs_of.of_line(line, "failed").ways:
                if len(way.values) == 2 and not way.together and not self._fails_alone(way, trial):
                    pairs.setdefault(tuple(sorted(way.values.items())), []).append(line.number)
        for pair, lines in pairs.items():
            for (one, some), (other, others) in (pair, pair[::-1]):
                if not others.issuperset(self.inquiry.whole[other]):
                    yield self._ruling_out(trial, one, some, lines, (other, others))

    def _fails_alone(self, way: ways_.PlacedWay, trial: str) -> bool:
        """Whether one of two facts already rules the trial out with every value of its own that the pair needs."""
        lines = self.inquiry.lines
        return any(
            all(
                any(status == "failed" and lines[n].trial == trial for n, status in self.statuses[fact][place].items())
                for place in places
            )
            for fact, places in way.values.items()
        )

    def _ruling_out(
        self,
        trial: str,
        fact: int,
        places: Iterable[int],
        lines: Iterable[int],
        beside: tuple[int, Iterable[int]] | None,
    ) -> RulesOut:
        known, unless = self._known(fact, places), None
        sentence = f"{known.values.named} rules {trial} out"
        if beside is not None:
            other, others = beside
            rest = [place for place in self.inquiry.whole[other] if place not in set(others)]
            unless = self._known(other, rest)
            sentence = f"{sentence}, unless {unless.values.clause}"
        criteria = tuple(self.inquiry.lines[number].criterion.id for number in lines)
        return RulesOut(trial, known, criteria, unless, sentence[:1].upper() + sentence[1:])

    # ---- passing a line

    def _open_line(self, line: AskedLine) -> OpenLine:
        ways = self.ways.of_line(line, "passed")
        told = tuple(self._way(way) for way in ways.ways)
        return OpenLine(line.criterion.id, told, ways.complete, () if told else line.result.needs)

    def _way(self, way: ways_.PlacedWay) -> Way:
        known = tuple(self._known(fact, way.values[fact]) for fact in sorted(way.values))
        return Way(known, tuple(self.missing[fact] for fact in sorted(way.together)))

    # ---- what is asked only under a condition

    def _conditions(self, fact: int) -> tuple[Way, ...] | None:
        """The ways in which other facts make a question one that somebody has to answer; None where no line is passed
        without the answer.

        An exclusion `history of thrombosis and confirmed thrombosis_persists` is passed without the answer where there
        was no thrombosis: the answer is needed only if there was one. What a record can tell comes first; two questions
        do not wait for each other.
        """
        if self.inquiry.facts[fact].kind != "question":
            return None
        told: dict[Way, None] = {}
        for line in self.inquiry.lines_with[fact]:
            if not line.is_open:
                continue
            ways = self.ways.of_line(line, "passed").ways
            if ways and all(fact in way.facts for way in ways):
                return None
            want = TRUE if line.criterion.kind == "inclusion" else FALSE
            for left in [each for each in line.residuals if each.truth is UNKNOWN]:
                for conditions in self._on_the_way(left, want, fact, line):
                    if not conditions:
                        return None
                    told.update(dict.fromkeys(conditions[-1]))
        return tuple(told)

    def _on_the_way(self, answer: Judged, want: Truth, fact: int, line: AskedLine) -> Iterator[list[tuple[Way, ...]]]:
        """For each node that hangs on a question, from the whole down to it, what makes it matter: the ways in which
        the other parts leave it to the question whether the answer comes out as wanted."""
        parts = truths_in(answer)
        if not isinstance(answer.node, Connective):
            if fact in self.inquiry.part_of(answer, line.trial).facts:
                yield []
        elif isinstance(answer.node, Not):
            yield from self._on_the_way(parts[0], negation(want), fact, line)
        else:
            one_will_do = isinstance(answer.node, Any) if want is TRUE else isinstance(answer.node, All)
            for part in parts:
                for inside in self._on_the_way(part, want, fact, line):
                    others = [each for each in parts if each is not part] if one_will_do else []
                    here = [
                        self._ways(each, negation(want), line)
                        for each in others
                        if self._is_told_by_record(each, want, line)
                    ]
                    yield [*here, *inside]

    def _is_told_by_record(self, answer: Judged, want: Truth, line: AskedLine) -> bool:
        """Whether an answer can come out as wanted without asking anybody."""
        facts = self.inquiry.facts
        ways = self.ways.of_answer(answer, want, line).ways
        return any(all(facts[fact].kind != "question" for fact in way.facts) for way in ways)

    def _ways(self, answer: Judged, want: Truth, line: AskedLine) -> tuple[Way, ...]:
        return tuple(self._way(way) for way in self.ways.of_answer(answer, want, line).ways)


def _ranking(text: str, settles: Sequence[LineName], closes: Sequence[LineName], decides: Sequence[str]) -> str:
    verdicts = f", and can decide {both(decides)}" if decides else ""
    if settles:
        does = f"answers {in_lines(settles)} either way"
    else:
        does = f"may answer {in_lines(closes)}" if closes else "answers no line alone"
    return f"{with_colon(text)} {does}{verdicts}"


def with_colon(text: str) -> str:
    """A question stands as it is, and a thing to find out gets a colon: `Pregnancy now?`, `Measure INR:`."""
    return text if text.endswith("?") else f"{text}:"


def in_lines(lines: Sequence[LineName]) -> str:
    """`1 line of NCT03863002`, `3 lines of 2 trials`."""
    trials = list(dict.fromkeys(line.trial for line in lines))
    count = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
    return f"{count} of {trials[0] if len(trials) == 1 else f'{len(trials)} trials'}"


__all__ = ["advise"]
