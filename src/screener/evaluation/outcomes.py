"""What a rule comes to without evidence: its truth, and if it is open, why and what would settle it.

`Outcomes` is an engine next to `Decisions` and `Program`. The nodes mean what they mean there (`evaluator.py`), and on
which parts an answer depends is what `grounds.py` says. All of it comes from one walk, which keeps no parts and no
facts, and asks no further part once the outcome is settled:

    bilirubin >= 5 mg/dL and current ascites     Outcome(UNKNOWN, ("missing",), (Need("lab", "bilirubin", …), …))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from msgspec import Struct

from screener.evaluation.answers import Found, HasTruth, Judged, Reason, in_every_world
from screener.evaluation.evaluator import (
    Engine,
    PreparedCriterion,
    Program,
    Run,
    SayOfFound,
    SayOfTruths,
    SayPoints,
    days_of,
    program_of,
    truth_in,
)
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import (
    Need,
    deciding_truths,
    is_settled,
    need_of_limit,
    needs,
    reasons,
    rests_on_assumption,
)
from screener.rulebook import (
    AgainstLimit,
    AtTime,
    EventLookup,
    Numeric,
    PointsOf,
    Rulebook,
    ScoreOf,
    Truthful,
    Value,
    made_once,
)
from screener.values import ranges
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of

WouldSettle = tuple[Need | Found, ...]
"""What would settle something, one of them perhaps twice. What an open lookup needs is put into words when it is
read."""


class Outcome(Struct, frozen=True, gc=False):
    """A truth; if it is open, why, and what would settle it. `assumed`: it rests on a list that the user asked to be
    taken as complete."""

    truth: Truth
    reasons: tuple[Reason, ...] = ()
    wanted: WouldSettle = ()
    assumed: bool = False

    @property
    def is_settled(self) -> bool:
        return self.truth is not UNKNOWN

    def needs(self, frame: Frame) -> tuple[Need, ...]:
        """What would settle it, each once."""
        told: list[Need] = []
        for each in self.wanted:
            if isinstance(each, Found):
                told += needs(each, frame.rulebook, frame.grounds)
            else:
                told.append(each)
        return tuple(dict.fromkeys(told))


def outcome_of(judged: Judged, frame: Frame) -> Outcome:
    """What an answer comes to, read off it."""
    rulebook, grounds = frame.rulebook, frame.grounds
    assumed = bool(frame.assumed) and rests_on_assumption(judged)
    return Outcome(judged.truth, reasons(judged, grounds), needs(judged, rulebook, grounds), assumed)


class Amount(Struct, frozen=True, gc=False):
    """A number; if it is not settled, why, and what would settle it. `assumed`: as in an outcome."""

    range: Range
    is_settled: bool
    reasons: tuple[Reason, ...] = ()
    wanted: WouldSettle = ()
    assumed: bool = False


OutcomePart = Outcome | Amount
P = TypeVar("P", bound=OutcomePart)
R = TypeVar("R", bound=HasTruth)
_TRUE, _FALSE = Outcome(TRUE), Outcome(FALSE)
_ASSUMED_TRUE, _ASSUMED_FALSE = Outcome(TRUE, assumed=True), Outcome(FALSE, assumed=True)


class Outcomes(Engine[Outcome, Amount]):
    """A rulebook prepared for outcomes. It holds nothing of any patient."""

    def __init__(self, whole: Program) -> None:
        self.rulebook = whole.rulebook
        self._whole = whole
        self._prepared = {}
        self._lines: dict[str, tuple[Run[Outcome], ...]] = {}
        self._same: dict[tuple[str, tuple[Reason, ...], tuple[str, ...]], Outcome] = {}
        """What is said of a lookup for which nothing on record counts: the same for every patient."""

    def of_line(self, line: PreparedCriterion) -> tuple[Run[Outcome], ...]:
        """The functions that give the outcome of each reading of a line."""
        known = self._lines.get(line.key)
        if known is None:
            known = self._lines[line.key] = tuple([self.truth(each.rule) for each in line.criterion.readings])
        return known

    def of_truths(self, node: Truthful, rules: Sequence[Run[Outcome]], say: SayOfTruths) -> Run[Outcome]:
        def in_full(frame: Frame) -> Outcome:
            parts = [rule(frame) for rule in rules]
            truth = say([part.truth for part in parts])
            return _outcome(truth, deciding_truths(node, truth, parts), frame)

        if say is not all_of and say is not any_of:
            return in_full
        if len(rules) == 1:
            return rules[0]
        settling, otherwise = (FALSE, _TRUE) if say is all_of else (TRUE, _FALSE)

        def run(frame: Frame) -> Outcome:
            if frame.assumed:  # whatever decides it may be assumed
                return in_full(frame)
            parts: list[Outcome] = []
            for rule in rules:
                part = rule(frame)
                if part.truth is UNKNOWN:
                    parts.append(part)
                elif part.truth is settling:
                    return part
            if not parts:
                return otherwise
            return parts[0] if len(parts) == 1 else _outcome(UNKNOWN, parts, frame)

        return run

    def of_numbers(self, node: Truthful, numbers: Sequence[Run[Amount]], say: Callable[..., Truth]) -> Run[Outcome]:
        def run(frame: Frame) -> Outcome:
            parts = [number(frame) for number in numbers]
            truth = say(*[part.range for part in parts])
            return _outcome(truth, parts if truth is not UNKNOWN else _unsettled(parts), frame)

        return run

    def counted(self, node: Numeric, numbers: Sequence[Run[Amount]], say: Callable[..., Range]) -> Run[Amount]:
        why: tuple[Reason, ...] = ("partial_score",) if isinstance(node, ScoreOf) else ()

        def run(frame: Frame) -> Amount:
            parts = [number(frame) for number in numbers]
            return _amount(say(*[part.range for part in parts]), parts, frame, why)

        return run

    def chosen(self, node: Numeric, test: Run[Outcome], then: Run[Amount], otherwise: Run[Amount]) -> Run[Amount]:
        def run(frame: Frame) -> Amount:
            tested = test(frame)
            if tested.truth is UNKNOWN:
                one, other = then(frame), otherwise(frame)
                return _amount(ranges.hull((one.range, other.range)), (tested, one, other), frame)
            chosen = then(frame) if tested.truth is TRUE else otherwise(frame)
            return _amount(chosen.range, (tested, chosen), frame)

        return run

    def points(self, node: Numeric, number: Run[Amount], say: SayPoints) -> Run[Amount]:
        of = self.rulebook.tables[node.name].of if isinstance(node, PointsOf) else None
        read = self.lookup(of.lookup) if isinstance(of, Value) else None

        def run(frame: Frame) -> Amount:
            part = number(frame)
            return _amount(say(part.range, None if read is None else read(frame).choices), (part,), frame)

        return run

    def written(self, node: Numeric, value: Range) -> Run[Amount]:
        amount = Amount(value, value.is_exact)
        return lambda frame: amount

    def read_number(self, node: Numeric, read: Run[Found], unknown: Range) -> Run[Amount]:
        def run(frame: Frame) -> Amount:
            found = read(frame)
            whole = found.range if found.range is not None else unknown
            if is_settled(found):
                return Amount(whole, whole.is_exact, assumed=whole.is_exact and _is_assumed(found, frame))
            waiting = self._waiting(found, frame)
            return Amount(whole, False, waiting.reasons, waiting.wanted, waiting.assumed)

        return run

    def read_truth(self, node: Truthful, read: Run[Found], say: SayOfFound) -> Run[Outcome]:
        def run(frame: Frame) -> Outcome:
            found = read(frame)
            truth, why = say(found, frame)
            if truth is UNKNOWN:
                return self._open(node, found, frame, why)
            return _settled(truth, assumed=_is_assumed(found, frame))

        return run

    def happening(self, node: Truthful, lookup: EventLookup) -> Run[Outcome]:
        return self.read_truth(node, self.lookup(lookup.name), lambda found, frame: (truth_in(found), ()))

    def answered(
        self, node: Truthful, read: Run[Found], only_if: Sequence[Run[Outcome]], shown_with: Sequence[Run[Outcome]]
    ) -> Run[Outcome]:
        def run(frame: Frame) -> Outcome:
            found = read(frame)
            truth = truth_in(found)
            if truth is not UNKNOWN:
                return _TRUE if truth is TRUE else _FALSE
            outcome = self._open(node, found, frame)
            if only_if and only_if[0](frame).truth is FALSE:
                return Outcome(UNKNOWN, outcome.reasons)
            return outcome

        return run

    def at_other_times(self, node: AtTime, rule: Run[Outcome], read: Run[Found], shift: int) -> Run[Outcome]:
        def run(frame: Frame) -> Outcome:
            anchor = read(frame)
            days = days_of(anchor, shift)
            if days is None:
                return self._open(node, anchor, frame, () if anchor.days is None else ("imprecise_date",))
            truth, shown, why = in_every_world(rule(frame.at(day)) for day in days)
            if truth is not UNKNOWN:
                return _settled(truth, assumed=any(each.assumed for each in shown))
            of_anchor = () if is_settled(anchor) else (self._waiting(anchor, frame),)
            return _outcome(truth, (*of_anchor, *_unsettled(shown)), frame, why)

        return run

    def known(self, node: Truthful, truth: Truth, found: tuple[Found, ...], why: tuple[Reason, ...] = ()) -> Outcome:
        if truth is not UNKNOWN:
            return _settled(truth, assumed=any(each.assumed for each in found))
        return Outcome(UNKNOWN, *_waiting_for([self._kept(each) for each in found], why))

    def _open(self, node: Truthful, found: Found, frame: Frame, why: tuple[Reason, ...] = ()) -> Outcome:
        """The outcome where what was found leaves a rule open."""
        outcome = Outcome(UNKNOWN) if is_settled(found) else self._waiting(found, frame)
        if not why:
            return outcome
        reasons_of_all, wanted = _each_once((why, outcome.reasons)), outcome.wanted
        if isinstance(node, AgainstLimit) and "missing" in why:
            wanted = (need_of_limit(node, found, self.rulebook), *wanted)
        return Outcome(UNKNOWN, reasons_of_all, wanted, outcome.assumed)

    def _waiting(self, found: Found, frame: Frame) -> Outcome:
        """What is said of a lookup that is not settled."""
        if found.used or found.anchor is not None:
            return Outcome(UNKNOWN, reasons(found), (found,), _is_assumed(found, frame))
        return self._kept(found)

    def _kept(self, found: Found) -> Outcome:
        """The same where nothing on record counts."""
        key = (found.subject if found.lookup is None else found.lookup.name, found.reasons, found.lacking)
        known = self._same.get(key)
        if known is None:
            known = self._same[key] = Outcome(UNKNOWN, reasons(found), needs(found, self.rulebook))
        return known


def _is_assumed(found: Found, frame: Frame) -> bool:
    return bool(frame.assumed) and rests_on_assumption(found)


def _settled(truth: Truth, *, assumed: bool) -> Outcome:
    if assumed:
        return _ASSUMED_TRUE if truth is TRUE else _ASSUMED_FALSE
    return _TRUE if truth is TRUE else _FALSE


def _outcome(truth: Truth, parts: Sequence[OutcomePart], frame: Frame, why: tuple[Reason, ...] = ()) -> Outcome:
    """A truth that depends on these parts; `why` are reasons that arise here."""
    assumed = bool(frame.assumed) and any(part.assumed for part in parts)
    if truth is not UNKNOWN:
        return _settled(truth, assumed=assumed)
    return Outcome(UNKNOWN, *_waiting_for(parts, why), assumed)


def _amount(whole: Range, parts: Sequence[OutcomePart], frame: Frame, why: tuple[Reason, ...] = ()) -> Amount:
    """A number made of these parts; `why` are reasons that arise here if it is not exact."""
    those = parts if whole.is_exact else _unsettled(parts)
    assumed = bool(frame.assumed) and any(part.assumed for part in those)
    return (
        Amount(whole, True, (), (), assumed)
        if whole.is_exact
        else Amount(whole, False, *_waiting_for(those, why), assumed)
    )


def _waiting_for(parts: Sequence[OutcomePart], why: tuple[Reason, ...]) -> tuple[tuple[Reason, ...], WouldSettle]:
    """Why these parts are open, and what would settle them."""
    if len(parts) == 1 and not why:
        return parts[0].reasons, parts[0].wanted
    wanted = tuple(chain.from_iterable([part.wanted for part in parts]))
    return _each_once((why, *[part.reasons for part in parts])), wanted


@lru_cache(maxsize=4096)
def _each_once(reasons: tuple[tuple[Reason, ...], ...]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys([each for those in reasons for each in those]))


def _unsettled(parts: Iterable[P]) -> list[P]:
    return [part for part in parts if not part.is_settled]


def open_or_all(readings: tuple[R, ...]) -> tuple[R, ...]:
    """The readings that a line depends on: all if it is settled, the open ones if it is open."""
    if len(readings) == 1:
        return readings
    return tuple([each for each in readings if each.truth is UNKNOWN]) or readings


def reasons_of_readings(readings: tuple[Outcome, ...]) -> tuple[Reason, ...]:
    """Why a line is open; its readings may contradict one another."""
    if len(readings) == 1:
        return readings[0].reasons
    truths = [each.truth for each in readings]
    why: tuple[Reason, ...] = ("ambiguous",) if TRUE in truths and FALSE in truths else ()
    return tuple(dict.fromkeys([*why, *[reason for each in open_or_all(readings) for reason in each.reasons]]))


def outcomes_of(rulebook: Rulebook) -> Outcomes:
    """The rulebook prepared for outcomes."""
    return made_once(rulebook, "outcomes", lambda: Outcomes(program_of(rulebook)))
