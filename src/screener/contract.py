"""The result as other programs read it, stated as types. JSON, its schema and reading back are made from them.

docs/result.md says what each field promises. A result comes in two forms of one shape. `full` has everything at every
line. `compact` leaves out what the rulebook says (title, sentence, rule, assumptions, sources) and has each fact, need
and score once, in a table. A field that a form leaves out is UNSET.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from screener.evaluation.answers import Bounds, Evidence, Reason
from screener.evaluation.grounds import Need, NeedKind
from screener.records.patient import Flag, ReadWith
from screener.rulebook import RecordList

Key = TypeVar("Key")
Row = TypeVar("Row")

FORMAT: Literal["screener-result/2"] = "screener-result/2"

ResultForm = Literal["full", "compact"]
LineKind = Literal["inclusion", "exclusion"]
Status = Literal["passed", "failed", "unknown"]
LINE_WORDS: dict[Status, str] = {"failed": "against", "unknown": "open", "passed": "passed"}
"""What people read of a line's status. A passed exclusion is not called met: that would say that the patient has it."""
OUTCOMES: dict[Status, str] = {"failed": "OUT", "unknown": "open", "passed": "IN"}
"""The same of one reading of a line."""
Verdict = Literal["eligible", "ineligible", "undetermined"]
VERDICT_WORDS: dict[Verdict, str] = {"eligible": "all criteria met", "undetermined": "open", "ineligible": "ruled out"}
"""What people read of a verdict where no sheet says more of it."""
WaitsFor = Literal["data", "judgement", "consent"]
Basis = Literal["recorded", "assumed"]
Origin = Literal["call", "trial", "dictionary"]
Whole = Annotated[int, Meta(ge=0)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Digest = Annotated[str, Meta(pattern="^sha256:")]


class Data(Struct, frozen=True, gc=False):
    """A part of a result. Reading one back passes over fields that a newer version may have added."""


class Freshness(Data, frozen=True):
    """How old a result may be, and who says so: the call, the trial's rules, or the dictionary's default."""

    within: str
    origin: Origin


class Options(Data, frozen=True):
    """What the call asked for that can change an answer. `as_of_from` says where the day of screening comes from."""

    as_of_from: Literal["call", "record"]
    assume_complete: tuple[RecordList, ...]
    labs_within: str | None
    trials: tuple[str, ...] | None


class Origins(Data, frozen=True):
    """What the answers rest on besides the rules, as digests: the facts as they were read, the dictionary, and what the
    record was read with."""

    record: Digest
    dictionary: Digest
    read_with: ReadWith


class FactListed(Data, frozen=True, omit_defaults=True):
    """A fact of the record. `canonical` is the number in the canonical unit, from `low` to `high`; it is left out if
    the fact is no number or cannot be used."""

    name: str
    value: str
    unit: str | None = None
    canonical: Bounds | None = None
    canonical_unit: str | None = None
    date: str | None = None
    source: str = ""
    flags: tuple[Flag, ...] = ()


class NeedListed(Data, frozen=True):
    """A fact that would help to settle an open answer. `name` is the dictionary's, or a place in the record. The
    compact form leaves `text` out, because the dictionary has it."""

    kind: NeedKind
    name: str
    text: str | UnsetType = UNSET


class Term(Data, frozen=True):
    """One term of a score's sum, `term` in words. Its ends differ if an input is not known exactly; None is without
    limit."""

    term: str
    low: float | None
    high: float | None


class ScoreValue(Data, frozen=True):
    """A score that an answer rests on, with its terms and where its formula comes from."""

    name: str
    title: str
    value: str
    number: Bounds
    terms: tuple[Term, ...]
    source: str | None


class ReadingOutcome(Data, frozen=True):
    """What one reading of the text gives alone. `chosen`: somebody settled on it, and `chosen_by` says who."""

    label: str | None
    status: Status
    explanation: str
    chosen: bool = False
    chosen_by: str | None = None


class ScoreListed(Data, frozen=True):
    """A score that answers rest on: `value` in words, and the number from `low` to `high`. The full form adds its
    terms, title and source."""

    name: str
    value: str
    number: Bounds
    terms: tuple[Term, ...] | UnsetType = UNSET
    title: str | UnsetType = UNSET
    source: str | UnsetType | None = UNSET


class ReadingData(Data, frozen=True):
    """What one reading gives alone, by its number in the rule, counted from 1. `chosen`: somebody settled on it, and
    `chosen_by` says who. The full form adds its `label` and `explanation`."""

    reading: int
    status: Status
    chosen: bool | UnsetType = UNSET
    chosen_by: str | UnsetType | None = UNSET
    label: str | UnsetType | None = UNSET
    explanation: str | UnsetType = UNSET


class Refs(Data, frozen=True, omit_defaults=True):
    """What a line rests on and waits for, as places in the result's tables, counted from 0. `too_old` are those of
    the facts that do not count for this line: they are older than it takes, or a later entry may say otherwise."""

    facts: tuple[Whole, ...] = ()
    too_old: tuple[Whole, ...] = ()
    needs: tuple[Whole, ...] = ()
    scores: tuple[Whole, ...] = ()


class CriterionData(Data, frozen=True):
    """One line for one patient. `passed` always speaks for the patient: a passed exclusion does not apply.

    The compact form has `explanation` for settled lines only, and `readings` and `flags` where there are any. It leaves
    out `text`, `rule`, `evidence`, `needs`, `scores` and `assumptions`.
    """

    id: str
    kind: LineKind
    short: str | None
    status: Status
    basis: Basis
    reasons: tuple[Reason, ...]
    refs: Refs
    explanation: str | UnsetType = UNSET
    flags: tuple[Flag, ...] | UnsetType = UNSET
    readings: tuple[ReadingData, ...] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    evidence: tuple[Evidence, ...] | UnsetType = UNSET
    needs: tuple[Need, ...] | UnsetType = UNSET
    scores: tuple[ScoreValue, ...] | UnsetType = UNSET
    assumptions: tuple[str, ...] | UnsetType = UNSET


class StatusCounts(Data, frozen=True):
    """How many lines of a trial have which status."""

    passed: Whole
    failed: Whole
    unknown: Whole


class Recruitment(Data, frozen=True, omit_defaults=True):
    """What the registry's record says of the trial's recruitment, and as of which day. `recruiting` is true only where
    it says so; otherwise `note` says what it says."""

    status: str | None
    date: str | None
    recruiting: bool
    note: str | None = None


class TrialData(Data, frozen=True):
    """One trial for one patient, its lines in the registry's order. `check_first` names values behind the verdict that
    may be wrong; `labs_within` is the trial's own freshness, or that of the call."""

    id: str
    short: str | None
    verdict: Verdict
    waits_for: tuple[WaitsFor, ...]
    counts: StatusCounts
    recruitment: Recruitment
    check_first: tuple[str, ...]
    labs_within: Freshness | None
    criteria: tuple[CriterionData, ...]
    title: str | UnsetType = UNSET


class Latest(Data, frozen=True):
    """The latest result of a lab or finding that the trials compare. `fact` is its place in the table of facts, None
    without a result; `good_to` the last day on which it is fresh, None if it cannot be used. A trial's own
    `labs_within` comes first."""

    name: str
    fact: Whole | None
    good_to: Day | None
    fresh: Freshness


class ScreeningData(Data, frozen=True, kw_only=True):
    """One patient against all trials."""

    format: Literal["screener-result/2"]
    form: ResultForm
    patient: str
    as_of: Day
    screener: str
    rules: Digest
    origins: Origins
    options: Options
    notes: tuple[str, ...]
    latest: tuple[Latest, ...]
    facts: tuple[FactListed, ...]
    needs: tuple[NeedListed, ...]
    scores: tuple[ScoreListed, ...]
    trials: tuple[TrialData, ...]


class Table(Generic[Key, Row]):
    """Rows that lines refer to by their place. An item gets its row when a line first refers to it."""

    def __init__(self) -> None:
        self._places: dict[Key, int] = {}
        self.rows: list[Row] = []

    def place(self, key: Key, row: Callable[[], Row]) -> int:
        """The place of an item's row."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.rows)
            self.rows.append(row())
        return place


class Tables:
    """The tables of one result."""

    def __init__(self, form: ResultForm) -> None:
        self.form = form
        self.facts: Table[tuple[str, str, tuple[Flag, ...]], FactListed] = Table()
        self.needs: Table[Need, NeedListed] = Table()
        self.scores: Table[ScoreValue, ScoreListed] = Table()
        self._rows: dict[int, tuple[Evidence, int, bool]] = {}
        """Facts that have been met, by identity: many lines share one."""

    def fact(self, fact: Evidence) -> int:
        """The place of a fact. It may be too old for one line and not for another, so the line keeps that flag."""
        return self._placed(fact)[1]

    def _placed(self, fact: Evidence) -> tuple[Evidence, int, bool]:
        """A fact with its place, and whether it is too old."""
        known = self._rows.get(id(fact))
        if known is None:
            flags = tuple([flag for flag in fact.flags if flag.kind != "too_old"])
            place = self.facts.place((fact.name, fact.source, flags), lambda: _fact(fact, flags))
            known = self._rows[id(fact)] = (fact, place, len(flags) < len(fact.flags))
        return known

    def refs(self, facts: Iterable[Evidence], needs: Iterable[Need], scores: Iterable[ScoreValue]) -> Refs:
        """What a line refers to."""
        places = [self._placed(each) for each in facts]
        return Refs(
            tuple([place for _, place, _ in places]),
            tuple([place for _, place, is_too_old in places if is_too_old]),
            tuple([self.needs.place(each, partial(self._need, each)) for each in needs]) if needs else (),
            tuple([self.scores.place(each, partial(self._score, each)) for each in scores]) if scores else (),
        )

    def _need(self, need: Need) -> NeedListed:
        is_known = self.form == "compact" and need.kind == "question"
        return NeedListed(need.kind, need.name, UNSET if is_known else need.text)

    def _score(self, score: ScoreValue) -> ScoreListed:
        if self.form == "compact":
            return ScoreListed(score.name, score.value, score.number)
        return ScoreListed(score.name, score.value, score.number, score.terms, score.title, score.source)


def _fact(fact: Evidence, flags: tuple[Flag, ...]) -> FactListed:
    return FactListed(
        fact.name, fact.value, fact.unit, fact.canonical, fact.canonical_unit, fact.date, fact.source, flags
    )
