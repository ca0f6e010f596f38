"""One screening with its missing facts: what every criterion answers once some of them are known.

The engine is asked everything, on the record as it would be (`supposing.py`). Only the nodes that read a fact
(`reach.py`) are asked again; what `and`, `or`, `not` make of them is put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from screener.advice.facts import Gathering, MissingFact, as_one, facts_of_node, possibility, reading_wanted, together
from screener.advice.reach import Subjects, reach_of
from screener.advice.supposing import Possibility, frame_with
from screener.evaluation.answers import Judged
from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.evaluation.residual import Connective, connected, open_nodes, residual, truths_in
from screener.rulebook import All, Any, Criterion, Happened, Numeric
from screener.screening import CriterionResult, Screening, Status, TrialResult, status_of
from screener.values.dates import DAY, Duration
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, union

Assignment = Mapping[int, int]
"""An assignment: the place of a fact to the place of one of its possibilities."""
Pairs = tuple[tuple[int, int], ...]
"""An assignment as pairs, in order."""

MOST_FRAMES = 64
"""How many supposed records are kept at a time: making them again takes less time than keeping track of many."""


class RulePart:
    """A part of a rule as it was screened, with the facts that it can depend on. For a connective, `parts` are those
    that depend on a fact or are open. For any other node the engine is asked, and its answers are kept."""

    def __init__(
        self, judged: Judged, asking: str, subjects: Subjects, facts: frozenset[int], parts: tuple[RulePart, ...]
    ) -> None:
        self.judged = judged
        self.node = judged.node
        self.truth = judged.truth
        self.asking = asking
        self.facts = facts
        self.parts = parts
        self.subjects = subjects
        self.decide: Callable[[Frame], Truth] | None = None
        self.asked: dict[Pairs, Truth] = {}
        self.truths: dict[tuple[int, int], Truth] = {}
        """What it becomes with one fact known."""
        own = () if isinstance(self.node, Connective) or not facts else (self,)
        self.below: dict[RulePart, None] = dict.fromkeys((*own, *(each for part in parts for each in part.below)))
        """The parts that depend on a fact and are no connectives: itself, or those inside."""


class AskedLine:
    """A criterion of an undetermined trial, with the facts that it can depend on."""

    def __init__(self, number: int, trial: TrialResult, result: CriterionResult) -> None:
        self.number = number
        self.trial = trial.id
        self.result = result
        self.criterion: Criterion = result.criterion
        self.is_open = result.status == "unknown"
        self.residuals = tuple([residual(judged) for judged in result.counted]) if self.is_open else ()
        """What is still missing of each of its readings that count."""
        self.open_nodes = [node for left in self.residuals for node in open_nodes(left)]
        self.parts: tuple[RulePart, ...] = ()
        """The same readings as a whole: a new result may turn what is settled, too."""
        self.facts: frozenset[int] = frozenset()
        """What it can hang on."""
        self.asks: frozenset[int] = frozenset()
        """What it asks for: what its open parts wait for, and which of its readings counts."""
        self.read_by: dict[int, list[RulePart]] = {}
        """For each fact the nodes that read it."""
        self.reading: int | None = None
        """The fact which of its readings the trial means."""


class Inquiry:
    """The trials of a screening that are undetermined, the facts they wait for, and what becomes of each criterion."""

    def __init__(self, screening: Screening) -> None:
        self.trials = [trial for trial in screening.trials if trial.verdict == "undetermined"]
        self.lines: list[AskedLine] = []
        self.facts: list[MissingFact] = []
        self.supposed: list[list[Possibility]] = []
        """For each fact, all possibilities that were ever supposed; `whole` has the places of those that cover it."""
        self.whole: list[list[int]] = []
        self.lines_with: list[list[AskedLine]] = []
        """For each fact, the lines that can depend on it."""
        self.missing: dict[tuple[int, str], frozenset[int]] = {}
        """By the identity of an open node, and the trial, the facts that it waits for, as the report names them."""
        self.base = {trial.id: trial.criteria[0].frame for trial in self.trials}
        """For each trial the instant of the screening itself."""
        self._alike: dict[Duration | None, str] = {}
        """The first trial for which labs stay fresh for so long: what it says, others say as well."""
        self._ranges: list[dict[Range, int]] = []
        """For a number, the place of each part of its domain among its possibilities."""
        self._frames: dict[tuple[Pairs, str, bool], Frame] = {}
        self._statuses: dict[tuple[int, Pairs], Status] = {}
        self._parts: dict[tuple[int, str], RulePart] = {}
        self._with_subject: dict[str, list[int]] = {}
        if not self.trials:
            return
        self.rulebook = screening.rulebook
        self.reach = reach_of(self.rulebook)
        self._program = program_of(self.rulebook)
        for trial in self.trials:
            self._alike.setdefault(self.base[trial.id].labs_within, trial.id)
            self.lines += [AskedLine(len(self.lines) + place, trial, each) for place, each in enumerate(trial.criteria)]
        self._gather()

    def _gather(self) -> None:
        gathering = Gathering()
        gathered: dict[tuple[str, ...], MissingFact] = {}
        keys: dict[tuple[int, str], list[tuple[str, ...]]] = {}
        for line in self.lines:
            reading = reading_wanted(line.result) if line.is_open else None
            if reading is not None:
                gathered[reading.key] = reading
            for node in line.open_nodes:
                if (id(node), line.trial) not in keys:
                    told = {each.key: each for each in facts_of_node(node, line.result.frame, self.reach, gathering)}
                    keys[id(node), line.trial] = list(told)
                    gathered |= {key: fact for key, fact in told.items() if key not in gathered}
        stands_for: dict[tuple[str, ...], MissingFact] = {}
        entries = [fact for fact in gathered.values() if fact.key[0] == "entry"]
        for those in together(entries, gathering):
            if len(those) > 1:
                stands_for.update(dict.fromkeys([fact.key for fact in those], as_one(those)))
        needed = [fact for fact in gathered.values() if not _is_needless(fact, gathered.values())]
        self.facts = list({fact.key: fact for fact in (stands_for.get(each.key, each) for each in needed)}.values())
        places = {fact.key: number for number, fact in enumerate(self.facts)}
        places |= {key: places[fact.key] for key, fact in stands_for.items()}
        self.missing = {node: frozenset(places[key] for key in of if key in places) for node, of in keys.items()}
        self.supposed = [list(fact.named) for fact in self.facts]
        self.whole = [list(range(len(fact.named))) for fact in self.facts]
        self._ranges = [{} for _ in self.facts]
        self.lines_with = [[] for _ in self.facts]
        for number, fact in enumerate(self.facts):
            for subject in fact.subjects:
                self._with_subject.setdefault(subject, []).append(number)
        for line in self.lines:
            line.reading = places.get(("reading", f"{line.trial}/{line.criterion.id}"))
            self._read(line)

    def _read(self, line: AskedLine) -> None:
        """Which facts a line hangs on, and where."""
        rules = [reading.rule for reading in line.criterion.readings]
        if not line.is_open and all(self._with_subject.keys().isdisjoint(self.reach.of(rule)) for rule in rules):
            return
        line.parts = tuple([self.part_of(judged, line.trial) for judged in line.result.counted])
        own = frozenset(() if line.reading is None else (line.reading,))
        line.facts = own.union(*(part.facts for part in line.parts))
        line.asks = own.union(*(self.missing[id(node), line.trial] for node in line.open_nodes))
        for node in dict.fromkeys(node for part in line.parts for node in part.below):
            for fact in node.facts:
                line.read_by.setdefault(fact, []).append(node)
        for number in line.facts:
            self.lines_with[number].append(line)

    # ---- which facts a part hangs on

    def part_of(self, judged: Judged, trial: str) -> RulePart:
        """A part of a rule; the same one for all trials that have it and ask nobody about it."""
        asking = trial if self._program.asks_somebody(judged.node) else self._alike[self.base[trial].labs_within]
        part = self._parts.get((id(judged.node), asking))
        if part is None:
            subjects = self.reach.of(judged.node)
            parts: tuple[RulePart, ...] = ()
            if not isinstance(judged.node, Connective):
                facts = self._facts_with(subjects, trial)
            elif self._with_subject.keys().isdisjoint(subjects):
                facts = frozenset()
            else:
                parts = tuple([self.part_of(each, trial) for each in truths_in(judged)])
                if isinstance(judged.node, All | Any):
                    parts = _that_matter(parts, FALSE if isinstance(judged.node, All) else TRUE)
                facts = frozenset[int]().union(*(each.facts for each in parts))
            part = self._parts[id(judged.node), asking] = RulePart(judged, asking, subjects, facts, parts)
        return part

    def _facts_with(self, subjects: Collection[str], trial: str) -> frozenset[int]:
        """The facts that a rule of a trial with these subjects can hang on."""
        return frozenset(
            number
            for subject in self._with_subject.keys() & subjects
            for number in self._with_subject[subject]
            if self.facts[number].trial in ("", trial)
        )

    # ---- what the engine answers

    def status(self, line: AskedLine, known: Assignment) -> Status:
        """The status of a line with some facts known."""
        key = (line.number, tuple(known.items()))
        status = self._statuses.get(key)
        if status is None:
            status = self._statuses[key] = self._status(line, known)
        return status

    def _status(self, line: AskedLine, known: Assignment) -> Status:
        nodes = dict.fromkeys(node for fact in known for node in line.read_by.get(fact, ()))
        changed = {node: truth for node in nodes if (truth := self.ask(node, known)) is not node.truth}
        parts = line.parts
        if line.reading is not None and line.reading in known:
            parts = (parts[known[line.reading]],)
        elif not changed:
            return line.result.status
        return status_of(line.criterion.kind, union([_truth(part, changed) for part in parts]))

    def truth_with(self, part: RulePart, fact: int, place: int) -> Truth:
        """What a part that is no connective becomes with one fact known."""
        truth = part.truths.get((fact, place))
        if truth is None:
            truth = part.truths[fact, place] = self._truth(part, ((fact, place),))
        return truth

    def ask(self, part: RulePart, known: Assignment) -> Truth:
        """What the engine says about a part that is no connective, with some facts known."""
        read = [each for each in known.items() if each[0] in part.facts]
        if len(read) == 1:
            return self.truth_with(part, *read[0])
        point = tuple(sorted(read))
        truth = part.asked.get(point)
        if truth is None:
            truth = part.asked[point] = self._truth(part, point)
        return truth

    def _truth(self, part: RulePart, point: Pairs) -> Truth:
        if not point:
            return part.truth
        happened = [name for fact, place in point for name in self.supposed[fact][place].happened]
        if isinstance(part.node, Happened) and part.node.lookup in happened:
            return TRUE
        if part.decide is None:
            part.decide = self._program.decisions.truth(part.node)
        return part.decide(self._frame(point, part))

    def judged(self, part: RulePart, known: Assignment) -> Judged:
        """The same, as an answer with its parts."""
        return self._program.truth(part.node)(self._frame(tuple(known.items()), part))

    def measured(self, number: Numeric, part: RulePart, known: Assignment) -> Range:
        """What a number in a part becomes with some facts known."""
        return self._program.decisions.number(number)(self._frame(tuple(known.items()), part))

    def place_of(self, fact: int, part: Range) -> int:
        """The place of a number that is supposed to lie in a part of its domain."""
        place = self._ranges[fact].get(part)
        if place is None:
            place = self._ranges[fact][part] = len(self.supposed[fact])
            self.supposed[fact].append(possibility(self.facts[fact], part, self.base[self.trials[0].id]))
        return place

    def _frame(self, point: Pairs, part: RulePart) -> Frame:
        """The instant with some facts known, for a part of a rule."""
        shows = any(f"sign {self.facts[fact].name}" in part.subjects for fact, _ in point)
        return self._supposed(point, part.asking, shows)

    def _supposed(self, point: Pairs, trial: str, shows: bool) -> Frame:
        """The same for a trial. `shows`: what the results show is asked for."""
        frame = self._frames.get((point, trial, shows))
        if frame is None:
            # What is put into the record is put there once, for all that may have happened besides.
            recorded = tuple([each for each in point if self.supposed[each[0]][each[1]].is_in_record])
            is_mixed = 0 < len(recorded) < len(point)
            base = self._supposed(recorded, trial, shows) if is_mixed else self.base[trial]
            known = [each for each in point if each not in recorded] if is_mixed else point
            untouched = base.found.copy()
            for fact, _ in known:
                for name in self.reach.lookups_with(self.facts[fact].subjects):
                    untouched.pop(name, None)
            frame = frame_with(base, [self.supposed[fact][place] for fact, place in known], untouched, shows=shows)
            if len(self._frames) >= MOST_FRAMES:
                self._frames.clear()
            self._frames[point, trial, shows] = frame
        return frame


def _truth(part: RulePart, changed: Mapping[RulePart, Truth]) -> Truth:
    """What a part becomes if some nodes say something else."""
    if not part.parts:
        return changed.get(part, part.truth)
    keys = changed.keys()
    truths = [each.truth if keys.isdisjoint(each.below.keys()) else _truth(each, changed) for each in part.parts]
    return connected(part.node, truths)


def _that_matter(parts: tuple[RulePart, ...], settling: Truth) -> tuple[RulePart, ...]:
    """The parts of an `and` or `or` that its answer can still depend on. If one part settles it whatever becomes of the
    facts, none; otherwise those that depend on a fact, and those still open."""
    if any(each.truth is settling and not each.facts for each in parts):
        return ()
    return tuple([each for each in parts if each.facts or each.truth is UNKNOWN])


def _is_needless(fact: MissingFact, others: Iterable[MissingFact]) -> bool:
    """Whether an earlier result is asked for in a shorter window, too: one in the shortest window serves for all."""
    if fact.key[0] != "earlier" or fact.when is None:
        return False
    same = [each.when.first for each in others if each.key[:2] == fact.key[:2] and each.when is not None]
    in_days = [first for first in same if first % DAY == 0]
    return fact.when.first != max(in_days or same)
