"""One screening with its missing facts: what every criterion answers once some of them are known.

The engine is asked everything, on the record as it would be (`supposing.py`). Only the nodes that read a fact
(`reach.py`) are asked again; what `and`, `or`, `not` make of them is put together here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from screener.advice.facts import Fact, Gathering, as_one, facts_of_node, open_facts, possibility, together
from screener.advice.reach import Subjects, reach_of
from screener.advice.supposing import Possibility, frame_with
from screener.evaluation.answers import Judged
from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.evaluation.residual import Connective, connected, open_nodes, residual, truths_in
from screener.rulebook import All, Any, Criterion, Happened
from screener.screening import CriterionResult, Screening, Status, TrialResult, status_of
from screener.values.dates import DAY, Duration
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, union

Assignment = Mapping[int, int]
"""An assignment: the place of a fact to the place of one of its possibilities."""
Point = frozenset[tuple[int, int]]
"""An assignment as a set of pairs."""

MOST_FRAMES = 64
"""How many supposed records are kept at a time: making them again takes less time than keeping track of many."""


class Part:
    """A part of a rule as it was screened, with the facts that it can depend on. For a connective, `parts` are those
    that depend on a fact. For any other node the engine is asked, and its answers are kept."""

    __slots__ = (
        "_nodes",
        "asked",
        "asking",
        "decide",
        "facts",
        "judged",
        "missing",
        "node",
        "parts",
        "subjects",
        "truth",
        "truths",
    )

    def __init__(
        self, judged: Judged, asking: str, subjects: Subjects, facts: frozenset[int], parts: tuple[Part, ...]
    ) -> None:
        self.judged = judged
        self.node = judged.node
        self.truth = judged.truth
        self.asking = asking
        self.facts = facts
        self.parts = parts
        self.subjects = subjects
        self.missing: frozenset[int] | None = None
        self._nodes: tuple[Part, ...] | None = None
        self.decide: Callable[[Frame], Truth] | None = None
        self.asked: dict[Point, Truth] = {}
        self.truths: dict[tuple[int, int], Truth] = {}
        """What it becomes with one fact known."""

    def nodes(self) -> tuple[Part, ...]:
        """The parts that depend on a fact and are no connectives."""
        if self._nodes is None:
            own = () if isinstance(self.node, Connective) else (self,)
            self._nodes = (*own, *(node for part in self.parts if part.facts for node in part.nodes()))
        return self._nodes


class Line:
    """A criterion of an undetermined trial, with the facts that it can depend on."""

    __slots__ = ("asks", "criterion", "facts", "number", "parts", "read_by", "reading", "residuals", "result", "trial")

    def __init__(self, number: int, trial: TrialResult, result: CriterionResult) -> None:
        self.number = number
        self.trial = trial.id
        self.result = result
        self.criterion: Criterion = result.criterion
        self.residuals = tuple([residual(judged) for judged in result.counted])
        """What is still missing of each of its readings that count."""
        self.parts: tuple[Part, ...] = ()
        """The same readings as a whole: a new result may turn what is settled, too."""
        self.facts: frozenset[int] = frozenset()
        self.read_by: Counter[int] = Counter()
        """For each fact how many nodes read it."""
        self.reading: int | None = None
        """The fact which of its readings the trial means."""
        self.asks: frozenset[int] | None = None

    @property
    def is_open(self) -> bool:
        return self.result.status == "unknown"


class Inquiry:
    """The trials of a screening that are undetermined, the facts they wait for, and what becomes of each criterion."""

    def __init__(self, screening: Screening) -> None:
        self.trials = [trial for trial in screening.trials if trial.verdict == "undetermined"]
        self.lines: list[Line] = []
        self.facts: list[Fact] = []
        self.supposed: list[list[Possibility]] = []
        """For each fact, all possibilities that were ever supposed; `whole` has the places of those that cover it."""
        self.whole: list[list[int]] = []
        self.lines_with: list[list[Line]] = []
        """For each fact, the lines that can depend on it."""
        self._bases = {trial.id: trial.criteria[0].frame for trial in self.trials}
        self._alike: dict[Duration | None, str] = {}
        """The first trial for which labs stay fresh for so long: what it says, others say as well."""
        self._ranges: list[dict[Range, int]] = []
        """For a number, the place of each part of its domain among its possibilities."""
        self._frames: dict[tuple[Point, str], Frame] = {}
        self._hidden: dict[tuple[int, int], frozenset[str]] = {}
        """For each possibility the lookups that can see it."""
        self._parts: dict[tuple[int, str], Part] = {}
        self._parts_of_trials: dict[tuple[int, str], Part] = {}
        self._gathering = Gathering()
        self._with_subject: dict[str, list[int]] = {}
        if not self.trials:
            return
        self.rulebook = screening.rulebook
        self.reach = reach_of(self.rulebook)
        self._program = program_of(self.rulebook)
        for trial in self.trials:
            self._alike.setdefault(self.base(trial.id).labs_within, trial.id)
            self.lines += [Line(len(self.lines) + place, trial, each) for place, each in enumerate(trial.criteria)]
        self._gather()

    def _gather(self) -> None:
        gathered: dict[tuple[str, ...], Fact] = {}
        for line in self.lines:
            if line.is_open:
                for fact in open_facts(line.result, line.residuals, self.reach, self._gathering):
                    gathered.setdefault(fact.key, fact)
        stands_for: dict[tuple[str, ...], Fact] = {}
        entries = [fact for fact in gathered.values() if fact.key[0] == "entry"]
        for those in together(entries, self._gathering):
            if len(those) > 1:
                stands_for.update(dict.fromkeys([fact.key for fact in those], as_one(those)))
        told = [fact for fact in gathered.values() if not _is_needless(fact, gathered.values())]
        self.facts = list({fact.key: fact for fact in (stands_for.get(each.key, each) for each in told)}.values())
        self._places = {fact.key: number for number, fact in enumerate(self.facts)}
        self._places |= {key: self._places[fact.key] for key, fact in stands_for.items()}
        self.supposed = [list(fact.named) for fact in self.facts]
        self.whole = [list(range(len(fact.named))) for fact in self.facts]
        self._ranges = [{} for _ in self.facts]
        self.lines_with = [[] for _ in self.facts]
        for number, fact in enumerate(self.facts):
            for subject in fact.subjects:
                self._with_subject.setdefault(subject, []).append(number)
        for line in self.lines:
            line.reading = self._places.get(("reading", f"{line.trial}/{line.criterion.id}"))
            line.parts = tuple([self._part(judged, line.trial) for judged in line.result.counted])
            own = () if line.reading is None else (line.reading,)
            line.facts = frozenset(own).union(*(part.facts for part in line.parts))
            line.read_by = Counter(fact for part in line.parts for node in part.nodes() for fact in node.facts)
            for number in line.facts:
                self.lines_with[number].append(line)

    def base(self, trial: str) -> Frame:
        """The instant of the screening itself."""
        return self._bases[trial]

    # ---- which facts a part hangs on

    def _part(self, judged: Judged, trial: str) -> Part:
        """A part of a rule; the same one for all trials that have it and ask nobody about it."""
        known = self._parts_of_trials.get((id(judged.node), trial))
        if known is not None:
            return known
        asking = trial if self.reach.asks(judged.node) else self._alike[self.base(trial).labs_within]
        part = self._parts.get((id(judged.node), asking))
        if part is None:
            subjects = self.reach.of(judged.node)
            facts = self._facts_with(subjects, trial)
            parts: tuple[Part, ...] = ()
            if facts and isinstance(judged.node, Connective):
                parts = tuple([self._part(each, trial) for each in truths_in(judged)])
                if isinstance(judged.node, All | Any):
                    parts = _that_matter(parts, FALSE if isinstance(judged.node, All) else TRUE)
                facts = frozenset[int]().union(*(each.facts for each in parts))
            part = self._parts[id(judged.node), asking] = Part(judged, asking, subjects, facts, parts)
        self._parts_of_trials[id(judged.node), trial] = part
        return part

    def part_of(self, node: Judged, line: Line) -> Part:
        """The part of a line that an open node is."""
        return self._part(node, line.trial)

    def _facts_with(self, subjects: Collection[str], trial: str) -> frozenset[int]:
        """The facts that a rule of a trial with these subjects can hang on."""
        return frozenset(
            number
            for subject in self._with_subject.keys() & subjects
            for number in self._with_subject[subject]
            if self.facts[number].trial in ("", trial)
        )

    def missing_of(self, part: Part, line: Line) -> frozenset[int]:
        """The facts that an open part waits for, as the report names them."""
        if part.missing is None:
            told = facts_of_node(part.judged, line.result.frame, self.reach, self._gathering)
            places = (self._places.get(fact.key) for fact in told)
            part.missing = frozenset(place for place in places if place is not None)
        return part.missing

    def asked_by(self, line: Line) -> frozenset[int]:
        """The facts that a line asks for: those that its open parts wait for, and which reading counts."""
        if line.asks is None:
            own = () if line.reading is None else (line.reading,)
            nodes = [node for left in line.residuals for node in open_nodes(left)]
            line.asks = frozenset(own).union(*(self.missing_of(self.part_of(node, line), line) for node in nodes))
        return line.asks

    def nodes_with(self, number: int) -> list[Part]:
        """The parts that hang on a fact and are no connectives."""
        every = (node for line in self.lines_with[number] for part in line.parts for node in part.nodes())
        return list(dict.fromkeys(node for node in every if number in node.facts))

    # ---- what the engine answers

    def status(self, line: Line, known: Assignment) -> Status:
        """The status of a line with some facts known."""
        if line.facts.isdisjoint(known):
            return line.result.status
        parts = line.parts
        if line.reading is not None and line.reading in known:
            parts = (parts[known[line.reading]],)
        return status_of(line.criterion.kind, union([self.truth(part, known) for part in parts]))

    def truth(self, part: Part, known: Assignment) -> Truth:
        """What a part becomes with some facts known."""
        if len(known) == 1:
            ((fact, place),) = known.items()
            return self.truth_with(part, fact, place)
        if part.facts.isdisjoint(known):
            return part.truth
        if not part.parts:
            return self.ask(part, known)
        if not isinstance(part.node, All | Any):
            return connected(part.node, [self.truth(each, known) for each in part.parts])
        settling, truth = (FALSE, TRUE) if isinstance(part.node, All) else (TRUE, FALSE)
        for each in part.parts:
            one = self.truth(each, known)
            if one is settling:
                return settling
            if one is UNKNOWN:
                truth = UNKNOWN
        return truth

    def truth_with(self, part: Part, fact: int, place: int) -> Truth:
        """What a part becomes with one fact known."""
        if fact not in part.facts:
            return part.truth
        truth = part.truths.get((fact, place))
        if truth is None:
            if part.parts:
                truth = connected(part.node, [self.truth_with(each, fact, place) for each in part.parts])
            else:
                truth = self._ask_one(part, fact, place)
            part.truths[fact, place] = truth
        return truth

    def ask(self, part: Part, known: Assignment) -> Truth:
        """What the engine says about a part that is no connective, with some facts known."""
        seen = [(fact, place) for fact, place in known.items() if fact in part.facts and self._sees(part, fact, place)]
        if len(seen) == 1:
            return self.truth_with(part, *seen[0])
        if any(self._is_supposed(part, *each) for each in seen):
            return TRUE
        if not seen:
            return part.truth
        return self._ask(part, frozenset(seen))

    def _sees(self, part: Part, fact: int, place: int) -> bool:
        """Whether a part can depend on one possibility of a fact: a yes may turn other lookups than a no."""
        subjects = self.supposed[fact][place].subjects
        return not subjects or not subjects.isdisjoint(part.subjects)

    def _is_supposed(self, part: Part, fact: int, place: int) -> bool:
        """Whether a possibility is that what a part asks for happened."""
        return isinstance(part.node, Happened) and part.node.lookup in self.supposed[fact][place].happened

    def _ask_one(self, part: Part, fact: int, place: int) -> Truth:
        if not self._sees(part, fact, place):
            return part.truth
        if self._is_supposed(part, fact, place):
            return TRUE
        return self._ask(part, frozenset([(fact, place)]))

    def _ask(self, part: Part, point: Point) -> Truth:
        truth = part.asked.get(point)
        if truth is None:
            if part.decide is None:
                part.decide = self._program.decisions.truth(part.node)
            truth = part.asked[point] = part.decide(self._frame(point, part.asking))
        return truth

    def judged(self, part: Part, known: Assignment) -> Judged:
        """The same, as an answer with its parts."""
        return self._program.truth(part.node)(self._frame(frozenset(known.items()), part.asking))

    def place_of(self, fact: int, part: Range) -> int:
        """The place of a number that is supposed to lie in a part of its domain."""
        place = self._ranges[fact].get(part)
        if place is None:
            place = self._ranges[fact][part] = len(self.supposed[fact])
            self.supposed[fact].append(possibility(self.facts[fact], part, self.base(self.trials[0].id)))
        return place

    def _frame(self, point: Point, trial: str) -> Frame:
        """The instant with some facts known. Trials with the same freshness of labs share what was looked up."""
        base = self.base(trial)
        if not point:
            return base
        frame = self._frames.get((point, trial))
        if frame is None:
            alike = self._alike[base.labs_within]
            frame = self._frame_with(point, trial) if alike == trial else self._frame(point, alike).of_trial(trial)
            if len(self._frames) >= MOST_FRAMES:
                self._frames.clear()
            self._frames[point, trial] = frame
        return frame

    def _lookups_with(self, fact: int, place: int) -> frozenset[str]:
        """The lookups that can see a possibility of a fact."""
        subjects = self.supposed[fact][place].subjects
        key = (fact, place) if subjects else (fact, -1)
        known = self._hidden.get(key)
        if known is None:
            known = self._hidden[key] = self.reach.lookups_with(subjects or self.facts[fact].subjects)
        return known

    def _frame_with(self, point: Point, trial: str) -> Frame:
        # What is put into the record is put there once, for all that may have happened besides.
        recorded = frozenset([each for each in point if self.supposed[each[0]][each[1]].is_in_record])
        known = point - recorded or point
        base = self.base(trial) if known is point else self._frame(recorded, trial)
        found = base.found.copy()
        for each in known:
            for name in self._lookups_with(*each):
                found.pop(name, None)
        return frame_with(base, [self.supposed[fact][place] for fact, place in sorted(known)], found)


def _that_matter(parts: tuple[Part, ...], settling: Truth) -> tuple[Part, ...]:
    """The parts of an `and` or `or` that its answer can still depend on. If one part settles it whatever becomes of the
    facts, none; otherwise those that depend on a fact, and those still open."""
    if any(each.truth is settling and not each.facts for each in parts):
        return ()
    return tuple([each for each in parts if each.facts or each.truth is UNKNOWN])


def _is_needless(fact: Fact, others: Iterable[Fact]) -> bool:
    """Whether an earlier result is asked for in a shorter window, too: one in the shortest window serves for all."""
    if fact.key[0] != "earlier" or fact.when is None:
        return False
    same = [each.when.first for each in others if each.key[:2] == fact.key[:2] and each.when is not None]
    in_days = [first for first in same if first % DAY == 0]
    return fact.when.first != max(in_days or same)
