"""One screening with its missing facts: what every criterion answers once some of them are known.

Everything is asked of the engine, on the record as it would be (`supposing.py`), and remembered: an answer hangs only
on the facts that its rule reads (`reach.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from screener.advice.alternatives import Alternatives, Combining, Way
from screener.advice.facts import Fact, open_facts, possibility
from screener.advice.reach import reach_of
from screener.advice.supposing import Possibility, frame_with, happened_at_once
from screener.evaluation.answers import Found, Judged
from screener.evaluation.evaluator import Point, Suppositions, together
from screener.evaluation.frame import Frame
from screener.rulebook import All, Any, AtLeast, Criterion, Meets, Not, Truthful
from screener.screening import CriterionResult, Screening, Status, TrialResult, status_of
from screener.values.dates import DAY, Duration
from screener.values.ranges import Range
from screener.values.truth import UNKNOWN, Truth, union

Known = Mapping[int, int]
"""Facts supposed to be known: each by its place among the facts, with the place of one of its possibilities."""


class Ways(Struct, frozen=True):
    """Ways to come out as wanted, none of which needs all that another needs; `complete` if there are no others."""

    ways: tuple[Way, ...]
    complete: bool = True


MOST_FRAMES = 64
"""Supposed records that are kept at a time: they are made again in less time than it takes to keep track of many."""


class Piece:
    """A part of a rule as it was screened, with the facts that it can hang on. Parts that `and`, `or`, `not` put
    together are made of others; of any other part the engine is asked, and what it said is kept."""

    __slots__ = ("_decide", "_supposing", "facts", "node", "parts", "truth")

    def __init__(
        self, node: Truthful, truth: Truth, facts: frozenset[int], parts: tuple[Piece, ...], supposing: Suppositions
    ) -> None:
        self.node = node
        self.truth = truth
        self.facts = facts
        self.parts = parts
        self._supposing = supposing
        self._decide: Callable[[Point], Judged] | None = None

    def judged_with(self, point: Point) -> Judged:
        """What the engine says with some of its facts known."""
        if self._decide is None:
            self._decide = self._supposing.truth_with(self.node)
        return self._decide(point)

    def leaves(self, fact: int) -> Iterator[Piece]:
        """The parts that hang on a fact and are not made of others."""
        if fact in self.facts:
            if not self.parts:
                yield self
            for part in self.parts:
                yield from part.leaves(fact)


class Line:
    """A criterion of a trial, as the advice looks at it."""

    __slots__ = ("asked", "atoms", "criterion", "facts", "pieces", "reading", "result", "trial")

    def __init__(self, trial: TrialResult, result: CriterionResult) -> None:
        self.trial = trial.id
        self.result = result
        self.criterion: Criterion = result.criterion
        self.facts: frozenset[int] = frozenset()
        """The facts that it can hang on."""
        self.reading: int | None = None
        """The fact which of its readings the trial means."""
        self.pieces: tuple[Piece, ...] = ()
        """Its readings that count."""
        self.atoms: tuple[Piece, ...] = ()
        """The parts that are open, and no `and`, `or`, `not` of others."""
        self.asked: dict[Point, Status] = {}
        """What becomes of it with some of its facts known."""

    @property
    def is_open(self) -> bool:
        return self.result.status == "unknown"

    @property
    def waits_for(self) -> set[int]:
        """The facts that its open parts can hang on."""
        reading = [] if self.reading is None else [self.reading]
        return set(reading).union(*(atom.facts for atom in self.atoms))


class Inquiry:
    """The trials of a screening that are undetermined, the facts they wait for, and what becomes of each criterion."""

    def __init__(self, screening: Screening) -> None:
        self.trials = [trial for trial in screening.trials if trial.verdict == "undetermined"]
        self.lines: list[Line] = []
        self.facts: list[Fact] = []
        self.possibilities: list[tuple[Possibility, ...]] = []
        self.ways: dict[tuple[int, Status], Ways] = {}
        """What has been found of how each line comes out passed, or failed."""
        self.ways_of_piece: dict[tuple[Piece, Truth, bool], Alternatives] = {}
        self.lines_with: list[list[int]] = []
        """For each fact the lines that can hang on it."""
        self._frames: dict[tuple[Point, str], Frame] = {}
        self._bases = {trial.id: trial.criteria[0].frame for trial in self.trials}
        self._alike: dict[Duration | None, str] = {}
        """The first trial for which labs stay fresh for so long."""
        self._pieces: dict[tuple[int, str], Piece] = {}
        self._supposed: list[list[Possibility]] = []
        """For each fact all that it was ever supposed to be, and for a number where each part of its domain stands."""
        self._parts: list[dict[Range, int]] = []
        self._with_subject: dict[str, list[int]] = {}
        if not self.trials:
            return
        self.rulebook = screening.rulebook
        self.reach = reach_of(self.rulebook)
        for trial in self.trials:
            self._alike.setdefault(self.base(trial.id).labs_within, trial.id)
            self.lines += [Line(trial, result) for result in trial.criteria]
        gathered: dict[tuple[str, ...], Fact] = {}
        seen: set[int] = set()
        for line in self.lines:
            if line.is_open:
                for fact in open_facts(line.result, self.reach, seen):
                    gathered.setdefault(fact.key, fact)
        self.facts = [fact for fact in gathered.values() if not _is_needless(fact, gathered.values())]
        self.lines_with = [[] for _ in self.facts]
        self._supposed = [list(fact.named) for fact in self.facts]
        self._parts = [{} for _ in self.facts]
        for number, fact in enumerate(self.facts):
            for subject in fact.subjects:
                self._with_subject.setdefault(subject, []).append(number)
        self._suppositions = {trial.id: self._suppositions_for(trial.id) for trial in self.trials}
        for place, line in enumerate(self.lines):
            self._look_at(line)
            for number in line.facts:
                self.lines_with[number].append(place)

    def _look_at(self, line: Line) -> None:
        readings = self._facts_among({f"reading {line.trial}/{line.criterion.id}"}, line.trial)
        line.reading = next(iter(readings), None)
        line.facts = readings.union(
            *(self._facts_among(self.reach.of(each.rule), line.trial) for each in line.criterion.readings)
        )
        line.pieces = tuple([self._piece(judged, line.trial) for judged in line.result.counted])
        line.atoms = tuple(dict.fromkeys(atom for piece in line.pieces for atom in _atoms(piece)))

    def _facts_among(self, subjects: Collection[str], trial: str) -> frozenset[int]:
        """The facts that a rule of a trial with these subjects can hang on."""
        return frozenset(
            number
            for subject in self._with_subject.keys() & subjects
            for number in self._with_subject[subject]
            if self.facts[number].trial in ("", trial)
        )

    def _piece(self, answer: Judged, trial: str) -> Piece:
        """A part of a rule; the same one for all trials that have it and ask nobody about it."""
        node = answer.node
        trial = trial if self.reach.asks(node) else self._alike[self.base(trial).labs_within]
        known = self._pieces.get((id(node), trial))
        if known is None:
            supposing = self._suppositions[trial]
            facts = supposing.reads_things(node)
            parts: tuple[Piece, ...] = ()
            if facts and isinstance(node, All | Any | AtLeast | Not | Meets):
                parts = tuple([self._piece(part, trial) for part in answer.parts if isinstance(part, Judged)])
            known = Piece(node, answer.truth, facts, parts, supposing)
            self._pieces[id(node), trial] = known
        return known

    def _suppositions_for(self, trial: str) -> Suppositions:
        facts_of: dict[int, frozenset[int]] = {}

        def reads(node: Struct) -> frozenset[int]:
            known = facts_of.get(id(node))
            if known is None:
                known = facts_of[id(node)] = self._facts_among(self.reach.of(node), trial)
            return known

        return Suppositions(self.rulebook, reads, lambda point: self._frame(point, trial), self._at_once)

    def _at_once(self, found: Found, point: Point) -> Truth | None:
        return happened_at_once(found, [self._supposed[fact][value] for fact, value in point])

    @cached_property
    def combining(self) -> Combining:
        """How ways are put together, once it is known what the facts may turn out to be."""
        return Combining([len(each) for each in self.possibilities])

    def base(self, trial: str) -> Frame:
        """The instant of the screening itself."""
        return self._bases[trial]

    def whole(self, fact: int) -> list[int]:
        """The possibilities of a fact that between them are all that it may turn out to be."""
        return [value for value, each in enumerate(self.possibilities[fact]) if not each.sample]

    def written(self, fact: int) -> dict[float, str]:
        """The limits that the rules compare a number with, and how they are written there."""
        name = "age" if self.facts[fact].kind == "birth_date" else self.facts[fact].name
        return {
            number: text
            for place in self.lines_with[fact]
            if self.lines[place].is_open
            for reading in self.lines[place].criterion.readings
            for number, text in self.reach.limits(reading.rule).numbers.get(name, {}).items()
            if text
        }

    # ---- what the engine answers

    def status(self, number: int, known: Known) -> Status:
        """The status of a line with some facts known."""
        if self.lines[number].facts.isdisjoint(known):
            return self.lines[number].result.status
        return self.status_at(number, self._point(known))

    def truth(self, piece: Piece, known: Known) -> Truth:
        """The truth of a part of a rule with some facts known."""
        return _truth(piece, self._point(known), frozenset(known))

    def _point(self, known: Known) -> Point:
        places = self._places
        return frozenset([places[fact][value] for fact, value in known.items()])

    @cached_property
    def _places(self) -> list[list[tuple[int, int]]]:
        """For each possibility of a fact where it stands among all that the fact was ever supposed to be."""
        return [
            [
                (fact, value) if each.range is None else self.place_of(fact, each.range)
                for value, each in enumerate(possible)
            ]
            for fact, possible in enumerate(self.possibilities)
        ]

    def place_of(self, fact: int, part: Range) -> tuple[int, int]:
        """A number supposed to lie in a part of its domain."""
        place = self._parts[fact].get(part)
        if place is None:
            place = self._parts[fact][part] = len(self._supposed[fact])
            self._supposed[fact].append(possibility(self.facts[fact], part, self.base(self.trials[0].id)))
        return fact, place

    def status_at(self, number: int, point: Point) -> Status:
        """The status of a line with what stands at these places known."""
        line = self.lines[number]
        point = frozenset([each for each in point if each[0] in line.facts])
        status = line.asked.get(point)
        if status is None:
            pieces = line.pieces
            if line.reading is not None:
                pieces = tuple([pieces[choice] for fact, choice in point if fact == line.reading]) or pieces
            facts = frozenset([fact for fact, _ in point])
            truth = union([_truth(piece, point, facts) for piece in pieces])
            status = line.asked[point] = status_of(line.criterion.kind, truth)
        return status

    def _frame(self, point: Point, trial: str) -> Frame:
        """The instant with some facts known; what was looked up is shared by trials where labs stay fresh alike."""
        base = self.base(trial)
        if not point:
            return base
        frame = self._frames.get((point, trial))
        if frame is None:
            alike = self._alike[base.labs_within]
            frame = self._frame_with(base, point) if alike == trial else self._frame(point, alike).of_trial(trial)
            if len(self._frames) >= MOST_FRAMES:
                self._frames.clear()
            self._frames[point, trial] = frame
        return frame

    def _frame_with(self, base: Frame, point: Point) -> Frame:
        found = base.found.copy()
        for fact, _ in point:
            for name in self.reach.lookups_with(self.facts[fact].subjects):
                found.pop(name, None)
        return frame_with(base, [self._supposed[fact][value] for fact, value in sorted(point)], found)


def _truth(piece: Piece, point: Point, facts: frozenset[int]) -> Truth:
    """The truth of a part with what stands at these places known, which is something about these facts."""
    if facts.isdisjoint(piece.facts):
        return piece.truth
    if piece.parts:
        return together(piece.node, [_truth(part, point, facts) for part in piece.parts])
    return piece.judged_with(point).truth


def _is_needless(fact: Fact, others: Iterable[Fact]) -> bool:
    """Whether an earlier result is asked for in a shorter window, too: one in the shortest of days does for all."""
    if fact.key[0] != "earlier" or fact.when is None:
        return False
    same = [each.when.first for each in others if each.key[:2] == fact.key[:2] and each.when is not None]
    in_days = [first for first in same if first % DAY == 0]
    return fact.when.first != max(in_days or same)


def _atoms(piece: Piece) -> Iterator[Piece]:
    """The open parts that are not made of others."""
    if piece.truth is UNKNOWN:
        if not piece.parts:
            yield piece
        for part in piece.parts:
            yield from _atoms(part)
