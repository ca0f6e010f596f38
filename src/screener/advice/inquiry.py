"""One screening with its missing facts: what every criterion answers once some of them are known.

Everything is asked of the engine, on the record as it would be (`supposing.py`), and remembered: an answer hangs only
on the facts that its rule reads (`reach.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from screener.advice.facts import Fact, open_facts, possibility
from screener.advice.reach import reach_of
from screener.advice.supposing import Possibility, frame_with
from screener.evaluation.answers import Judged
from screener.evaluation.evaluator import judge, program_of
from screener.evaluation.frame import Frame
from screener.rulebook import All, Any, AtLeast, Criterion, Meets, Not, Truthful
from screener.screening import CriterionResult, Screening, Status, TrialResult
from screener.values.dates import DAY
from screener.values.ranges import Range
from screener.values.truth import UNKNOWN, Truth

Known = Mapping[int, int]
"""Facts supposed to be known: each by its place among the facts, with the place of one of its possibilities."""

Way = Mapping[int, frozenset[int]]
"""Facts by their place, each with the places of the possibilities that do."""


class Ways(Struct, frozen=True):
    """Ways to come out as wanted, none of which needs all that another needs; `complete` if there are no others."""

    ways: tuple[Way, ...]
    complete: bool = True


class Line:
    """A criterion of a trial that is still open, as the advice looks at it."""

    __slots__ = ("atoms", "criterion", "facts", "result", "subjects", "trial")

    def __init__(self, trial: TrialResult, result: CriterionResult, subjects: frozenset[str]) -> None:
        self.trial = trial.id
        self.result = result
        self.criterion: Criterion = result.criterion
        self.subjects = subjects
        self.facts: tuple[int, ...] = ()
        """The facts that it can hang on."""
        self.atoms: tuple[Truthful, ...] = ()
        """The parts that are open, and no `and`, `or`, `not` of others."""

    @property
    def is_open(self) -> bool:
        return self.result.status == "unknown"


class Inquiry:
    """The trials of a screening that are undetermined, the facts they wait for, and what becomes of each criterion."""

    def __init__(self, screening: Screening) -> None:
        self.trials = [trial for trial in screening.trials if trial.verdict == "undetermined"]
        self.lines: list[Line] = []
        self.facts: list[Fact] = []
        self.possibilities: list[tuple[Possibility, ...]] = []
        self.ways: dict[tuple[int, Status], Ways] = {}
        """What has been found of how each line comes out passed, or failed."""
        self._frames: dict[frozenset[tuple[int, int]], dict[str, Frame]] = {}
        self._touched_by: dict[int, frozenset[str]] = {}
        self._bases = {trial.id: trial.criteria[0].frame for trial in self.trials}
        self._statuses: dict[tuple[int, frozenset[tuple[int, int]]], Status] = {}
        self._truths: dict[tuple[Truthful, str, frozenset[tuple[int, int]]], Truth] = {}
        if not self.trials:
            return
        rulebook = self.trials[0].criteria[0].frame.rulebook
        self.rulebook = rulebook
        self.reach = reach_of(rulebook)
        program = program_of(rulebook)
        self._decide = {
            (trial.id, criterion.id): (key, readings)
            for trial in self.trials
            for criterion, key, readings in program.trials[trial.id]
        }
        gathered: dict[tuple[str, ...], Fact] = {}
        for trial in self.trials:
            for result in trial.criteria:
                subjects = frozenset[str]().union(*(self.reach.of(each.rule) for each in result.criterion.readings))
                line = Line(trial, result, subjects | {f"reading {trial.id}/{result.id}"})
                self.lines.append(line)
                if line.is_open:
                    for fact in open_facts(result, self.reach):
                        gathered.setdefault(fact.key, fact)
                    open_parts = [judged for judged in result.counted if judged.truth is UNKNOWN]
                    line.atoms = tuple(dict.fromkeys(node for judged in open_parts for node in atoms(judged)))
        self.facts = [fact for fact in gathered.values() if not _is_needless(fact, gathered.values())]
        for line in self.lines:
            line.facts = tuple(
                number for number, fact in enumerate(self.facts) if self.is_read(fact, line.subjects, line.trial)
            )

    def is_read(self, fact: Fact, subjects: frozenset[str], trial: str) -> bool:
        """Whether a rule of a trial with these subjects can hang on a fact."""
        return fact.trial in ("", trial) and not subjects.isdisjoint(fact.subjects)

    def read_by(self, node: Truthful, trial: str, among: Iterable[int]) -> tuple[int, ...]:
        """Of some facts those that a part of a rule can hang on."""
        subjects = self.reach.of(node)
        return tuple(number for number in among if self.is_read(self.facts[number], subjects, trial))

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
            for line in self.lines
            if line.is_open and fact in line.facts
            for reading in line.criterion.readings
            for number, text in self.reach.limits(reading.rule).numbers.get(name, {}).items()
            if text
        }

    # ---- what the engine answers

    def status(self, number: int, known: Known) -> Status:
        """The status of a line with some facts known."""
        line = self.lines[number]
        relevant = frozenset((fact, known[fact]) for fact in known if fact in line.facts)
        if not relevant:
            return line.result.status
        key = (number, relevant)
        status = self._statuses.get(key)
        if status is None:
            status = self._statuses[key] = self._status(line, self._frame(relevant, line.trial))
        return status

    def statuses_in(self, lines: Iterable[int], fact: int, part: Range) -> tuple[Status, ...]:
        """The statuses of some lines with one number known to lie in a part of its domain."""
        frames = self._with_part(fact, part)
        return tuple(self._status(self.lines[each], frames(self.lines[each].trial)) for each in lines)

    def truths_in(self, atoms: Iterable[tuple[Truthful, str]], fact: int, part: Range) -> tuple[Truth, ...]:
        """The truths of some parts of rules with one number known to lie in a part of its domain."""
        frames = self._with_part(fact, part)
        return tuple(judge(node, frames(trial)).truth for node, trial in atoms)

    def _with_part(self, fact: int, part: Range) -> Callable[[str], Frame]:
        known = possibility(self.facts[fact], part, self.base(self.trials[0].id))
        frames: dict[str, Frame] = {}

        def of_trial(trial: str) -> Frame:
            if trial not in frames:
                frames[trial] = self._supposed(frames.values(), trial, [fact], [known])
            return frames[trial]

        return of_trial

    def _supposed(self, others: Iterable[Frame], trial: str, facts: Iterable[int], known: list[Possibility]) -> Frame:
        """The instant with some facts known; what another trial's looked up is shared where labs stay fresh alike."""
        base = self.base(trial)
        for other in others:
            if other.labs_within == base.labs_within:
                return other.of_trial(trial)
        touched = frozenset[str]().union(*(self._touched(fact) for fact in facts))
        return frame_with(base, known, {name: found for name, found in base.found.items() if name not in touched})

    def _touched(self, fact: int) -> frozenset[str]:
        """The lookups that can see a fact."""
        touched = self._touched_by.get(fact)
        if touched is None:
            subjects = self.facts[fact].subjects
            touched = self._touched_by[fact] = frozenset(
                name for name in self.rulebook.lookups if not subjects.isdisjoint(self.reach.of_lookup(name))
            )
        return touched

    def truth(self, node: Truthful, trial: str, known: Known) -> Truth:
        """The truth of a part of a rule with some facts known."""
        key = (node, trial, frozenset(known.items()))
        truth = self._truths.get(key)
        if truth is None:
            truth = self._truths[key] = judge(node, self._frame(key[2], trial)).truth
        return truth

    def _frame(self, known: frozenset[tuple[int, int]], trial: str) -> Frame:
        frames = self._frames.setdefault(known, {})
        if trial not in frames:
            supposed = [self.possibilities[fact][value] for fact, value in sorted(known)]
            facts = [fact for fact, _ in known]
            frames[trial] = self._supposed(frames.values(), trial, facts, supposed)
        return frames[trial]

    def _status(self, line: Line, frame: Frame) -> Status:
        key, readings = self._decide[line.trial, line.criterion.id]
        judged = tuple([decide(frame) for decide in readings])
        return CriterionResult(line.criterion, judged, frame, frame.patient.answers.get(key)).status


def _is_needless(fact: Fact, others: Iterable[Fact]) -> bool:
    """Whether an earlier result is asked for in a shorter window, too: one in the shortest of days does for all."""
    if fact.key[0] != "earlier" or fact.when is None:
        return False
    same = [each.when.first for each in others if each.key[:2] == fact.key[:2] and each.when is not None]
    in_days = [first for first in same if first % DAY == 0]
    return fact.when.first != max(in_days or same)


def atoms(answer: Judged) -> Iterator[Truthful]:
    """The open parts of an answer that are not made of other truths."""
    match answer.node:
        case All() | Any() | AtLeast() | Not() | Meets():
            for part in answer.parts:
                if isinstance(part, Judged) and part.truth is UNKNOWN:
                    yield from atoms(part)
        case _:
            yield answer.node
