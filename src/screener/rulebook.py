"""The checked model: what the rules mean, with every name resolved and every limit in canonical units.

A rulebook is plain data: it holds no text to parse, no closures and no records, and it is written to JSON
and read back unchanged (`to_json`, `from_json`). Any engine can run it; the one in `evaluation/` is the
reference for what each node means. Everything that reads a patient is a *lookup*, named once in
`Rulebook.lookups` and shared by all trials; expressions refer to lookups, scores and definitions by name.

Numbers in expressions are in the canonical unit of their lab. Exact rationals are kept as text (`"a/b"`).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from screener.values.dates import NO_TIME, Duration
from screener.values.ranges import Comparison, Range

Sex = Literal["female", "male"]
ConceptKind = Literal["condition", "procedure", "drug", "event", "substance"]
RecordList = Literal["conditions", "procedures", "plans", "medications", "events", "allergies", "family_history"]
Course = Literal["acute", "chronic", "passing"]
Verb = Literal[
    "history of",
    "onset of",
    "start of",
    "current",
    "underwent",
    "receiving",
    "planned",
    "taking",
    "treated with",
    "family history of",
    "allergy to",
]
QualifierName = Literal["cured", "resolved", "severe", "uncontrolled", "stage"]
Side = Literal["upper", "lower"]
"""The upper or the lower limit of normal."""

LIST_OF: Mapping[ConceptKind, RecordList] = {
    "condition": "conditions",
    "procedure": "procedures",
    "drug": "medications",
    "event": "events",
    "substance": "allergies",
}
"""The list of the record on which each kind of concept stands."""

KINDS_ON: Mapping[RecordList, tuple[ConceptKind, ...]] = {
    "conditions": ("condition",),
    "procedures": ("procedure",),
    "plans": ("procedure",),
    "medications": ("drug",),
    "events": ("event",),
    "allergies": ("substance", "drug"),
    "family_history": ("condition",),
}
"""The kinds of concepts that an entry of each list is about."""


# ---- what verbs mean

Tense = Literal["now", "began", "overlaps", "timeless", "ahead"]
"""When an entry counts. now: it holds on the clock's day. began: it began within the scope. overlaps: some of it lies
within the scope. timeless: always, because the entry has no time. ahead: it lies after the clock."""


class VerbMeaning(Struct, frozen=True):
    """What a verb means: when an entry counts, which kinds of things it can be said of, and on which lists they are.

    `list` is the list that it reads (None: the list of the kind of thing); `reads_plans`: a plan on that list may have
    come true. `is_counted`: `at least 2 times` makes sense; `qualifiers` are what can be said of the entry.
    """

    tense: Tense
    kinds: tuple[ConceptKind, ...]
    list: RecordList | None = None
    is_counted: bool = False
    qualifiers: tuple[QualifierName, ...] = ()
    reads_plans: bool = False


_ALL_QUALIFIERS: tuple[QualifierName, ...] = ("cured", "resolved", "severe", "uncontrolled", "stage")

VERBS: Mapping[Verb, VerbMeaning] = {
    "history of": VerbMeaning("overlaps", ("condition", "event"), is_counted=True, qualifiers=_ALL_QUALIFIERS),
    "onset of": VerbMeaning("began", ("condition",), is_counted=True, qualifiers=_ALL_QUALIFIERS),
    "start of": VerbMeaning("began", ("drug", "event"), is_counted=True),
    "current": VerbMeaning("now", ("condition", "event"), qualifiers=("severe", "uncontrolled", "stage")),
    "underwent": VerbMeaning("overlaps", ("procedure",), is_counted=True, reads_plans=True),
    "receiving": VerbMeaning("now", ("procedure",)),
    "planned": VerbMeaning("ahead", ("procedure",), "plans"),
    "taking": VerbMeaning("now", ("drug",)),
    "treated with": VerbMeaning("overlaps", ("drug",), is_counted=True),
    "family history of": VerbMeaning("timeless", ("condition",), "family_history"),
    "allergy to": VerbMeaning("timeless", ("substance", "drug"), "allergies", is_counted=True, qualifiers=("severe",)),
}


def verbs_that(tense: Tense) -> frozenset[Verb]:
    """The verbs of one tense."""
    return frozenset(verb for verb, meaning in VERBS.items() if meaning.tense == tense)


NOW = verbs_that("now")
BEGAN = verbs_that("began")
TIMELESS = verbs_that("timeless")
AHEAD = verbs_that("ahead")


T = TypeVar("T")


class _Data(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class Place(_Data, frozen=True):
    """Where something is written: a file below the rules folder, and a line in it."""

    file: str
    line: int


# ---- the dictionary

HIERARCHICAL = frozenset({"icd10", "icd10cm", "icd10who", "icd10gm", "icd10national", "atc"})
"""The systems in which a code includes every longer one. Codes of ICD-10 are compared without their dot."""

DRUG_SYSTEMS = frozenset({"atc", "rxnorm", "drugs"})
"""The systems whose codes are all of drugs; `drugs` are the phrases of people for them."""


class Code(_Data, frozen=True):
    """A code, or a range of codes (`C00 .. C97`). `unit` and `form` say what a result under it is measured in, if the
    code itself says so. `value` is the category or grade that the code stands for (of a finding). `absent`: the code
    says that a concept is absent (`no known allergy`)."""

    system: str
    first: str
    last: str | None = None
    unit: str | None = None
    form: str | None = None
    value: str | None = None
    absent: bool = False


Relation = Literal["is", "may be", "is not"]
"""What an entry under a code says of a concept. is: everybody who has it has the concept. may be: somebody who has it
may have the concept by it. is not: nobody who knew of the concept would have written it."""


class Related(_Data, frozen=True):
    """A code (or, with `last`, a range of codes of one length) and what an entry under it says of a concept. In a
    hierarchical system it includes every longer code, too. `family`: it speaks of the patient's family."""

    system: str
    first: str
    relation: Relation
    last: str | None = None
    family: bool = False


class Form(_Data, frozen=True):
    """Another measured form of the same analyte, with its own molar mass: urea nitrogen for urea."""

    name: str
    title: str
    aliases: tuple[str, ...]
    molar_mass: str


class NormalLimit(_Data, frozen=True):
    """Limits of normal in use, for results that carry none of their own (exact rationals as text, canonical unit)."""

    which: Side
    low: str
    high: str
    sex: Sex | None = None


class FlagRule(_Data, frozen=True):
    """What should catch the eye without deciding anything. A doubt says that the value itself may be wrong."""

    text: str
    when: Truthful
    is_doubt: bool = False


class Lab(_Data, frozen=True, tag="lab"):
    """A measured quantity. `unit` is its canonical unit, `"1"` for a pure number."""

    name: str
    title: str
    aliases: tuple[str, ...]
    codes: tuple[Code, ...]
    unit: str
    possible: Range
    fresh: Duration
    place: Place
    usual: Range | None = None
    molar_mass: str | None = None
    valence: int | None = None
    forms: tuple[Form, ...] = ()
    normal_limits: tuple[NormalLimit, ...] = ()
    flags: tuple[FlagRule, ...] = ()
    mean_of: tuple[str, ...] = ()
    """If it was not measured itself, it is the mean of these labs, measured at one time."""
    unlike: tuple[str, ...] = ()
    """Wordings that resemble its names and are something else."""

    def limits_in_use(self, which: Side, sex: Sex | None) -> tuple[NormalLimit, ...]:
        """The limits of normal in use for a person of this sex; if the sex is not known, those of both."""
        return tuple(
            [each for each in self.normal_limits if each.which == which and (sex is None or each.sex in (None, sex))]
        )


class Words(_Data, frozen=True):
    """Words that people write for a value of a finding, and the grades or choices that they may stand for."""

    words: tuple[str, ...]
    values: tuple[str, ...]


class Finding(_Data, frozen=True, tag="finding"):
    """A graded or named observation: a whole-number grade (`grade`), or one of `choices` (`ordered` if they rise)."""

    name: str
    title: str
    aliases: tuple[str, ...]
    codes: tuple[Code, ...]
    fresh: Duration
    place: Place
    grade: Range | None = None
    choices: tuple[str, ...] = ()
    ordered: bool = False
    zero_when_absent: str | None = None
    """A condition whose absence makes the grade 0 (or the first of the ordered choices)."""
    words: tuple[Words, ...] = ()
    unlike: tuple[str, ...] = ()
    flags: tuple[FlagRule, ...] = ()
    pair_of: tuple[str, ...] = ()
    """Two labs whose results are written as one, parted by a stroke: `120/80`."""
    number_means: str | None = None
    """The choice that any number or date stands for, where it is enough that there is one: a count of births."""

    @property
    def is_stated(self) -> bool:
        """Whether somebody states it and nothing is tested: no test says `unknown`, which is among its choices."""
        return "unknown" in self.choices

    def may_be_lowest(self, value: Range | None, choices: frozenset[str] | None) -> bool:
        """Whether a result can be the value that an absence stands for."""
        if choices is not None:
            return self.choices[0] in choices
        return value is not None and self.grade is not None and value.contains(self.grade.low)

    def may_be_more(self, value: Range | None, choices: frozenset[str] | None) -> bool:
        """Whether a result can be another value than an absence stands for."""
        if choices is not None:
            return choices != {self.choices[0]}
        return value is not None and self.grade is not None and value.high > self.grade.low


class Limits(_Data, frozen=True):
    """Numbers between two limits (canonical unit). None is without limit, because JSON has no infinity."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def range(self) -> Range:
        """The same as a Range."""
        return Range(
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
            self.low_open,
            self.high_open,
        )


class Sign(_Data, frozen=True):
    """A result that shows a condition to be present or absent: the lab or finding, and what its result must be."""

    fact: str
    numbers: Limits | None = None
    choices: tuple[str, ...] = ()
    over: Duration | None = None
    """How far back an earlier result must say the same, with no differing one in between; None: one result is
    enough."""
    falls_within: Duration | None = None
    """For a fall: how far back the earlier result may lie. `numbers` then says by how much the result has fallen."""


class Concept(_Data, frozen=True, tag="concept"):
    """A condition, procedure, drug, event or substance. `narrower` and `broader` are closed under inclusion and leave
    the concept itself out.

    `codes` are the codes that are the concept; `relations` those that may be it, are not it, or are it in the family.
    `whole` are the codes whose denial denies the whole concept; `within` those within which everybody who has it lies.
    `denied_by_list`: a complete list denies it; `denied_with` names the labs, findings and lists that must be at hand
    for that. `lasts` is how long a statement that it holds speaks (None: until the record ends it), `longest_course`
    how long it can last at most. `told_afterwards` (an old infarction): it happened on an unknown day up to the onset
    that an entry states. `asked_under` is its heading in a chart review.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    kind: ConceptKind
    codes: tuple[Code, ...]
    place: Place
    fresh: Duration
    course: Course = "passing"
    includes: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    only_if: Sex | None = None
    present_when: tuple[Sign, ...] = ()
    absent_when: tuple[Sign, ...] = ()
    may_be_present_when: tuple[Sign, ...] = ()
    relations: tuple[Related, ...] = ()
    whole: tuple[Code, ...] = ()
    within: tuple[Code, ...] = ()
    asked_under: str = ""
    unlike: tuple[str, ...] = ()
    denied_by_list: bool = False
    denied_with: tuple[str, ...] = ()
    ruled_out: Truthful | None = None
    lasts: Duration | None = None
    longest_course: Duration | None = None
    flags: tuple[FlagRule, ...] = ()
    in_doubt_with: tuple[str, ...] = ()
    """Conditions next to which no result of that day shows for certain that it is absent."""
    ended_by: tuple[str, ...] = ()
    """The concepts whose entries end this one."""
    goes_on_after: tuple[str, ...] = ()
    """The procedures after which it may be taken from then on."""
    told_afterwards: bool = False

    def suits(self, sex: Sex) -> bool:
        """Whether somebody of this sex can have it."""
        return self.only_if in (None, sex)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Everything that a result of a lab or finding may say of it."""
        return (*self.present_when, *self.absent_when, *self.may_be_present_when)

    def is_reviewed_in(self, system: str) -> bool:
        """Whether the concept was judged against all codes of a system: some of them may be it."""
        return any(each.relation == "may be" and each.system == system and not each.family for each in self.relations)


class Question(_Data, frozen=True):
    """What only a person can answer. It is asked per trial, unless `once_for_all`. Unanswered, it waits for `consent`
    (the participant's agreement) or for `judgement` (any other answer)."""

    name: str
    title: str
    aliases: tuple[str, ...]
    asked_of: str
    place: Place
    gives_consent: bool = False
    once_for_all: bool = False
    holds_for: Duration | None = None
    only_if: Truthful | None = None
    shown_with: Truthful | None = None
    """The part of the record that is shown with the question until somebody answers it. It decides nothing."""
    asked_again: bool = False
    """Whether what is shown with the question also overtakes a yes that was given before it."""
    short: str = ""
    """How a sheet asks it."""
    yes_says: tuple[str, ...] = ()
    """The conditions that are there if somebody answers yes: no complete list denies them then."""


# ---- lookups: everything that is read from a patient

Pick = Literal["latest", "earliest", "highest", "lowest"]
Change = Literal["rise", "fall", "relative rise", "relative fall", "rise per day"]


class Scope(_Data, frozen=True):
    """The stretch of time in which a lookup looks, around an anchor.

    `anchor` is `"clock"` (the day of screening, or the instant to which a surrounding `AtTime` has moved it), `"its
    onset"` (inside `with (…)`), or the name of an OnsetLookup. The stretch runs from `back` before the anchor to
    `ahead` after it; None is without limit on that side (ahead: up to the clock). `excludes_anchor` leaves out the
    anchor's own day. Nothing after the clock is ever seen, except by `planned`.
    """

    text: str
    anchor: str = "clock"
    back: Duration | None = None
    ahead: Duration | None = NO_TIME
    excludes_anchor: bool = False


class ValueLookup(_Data, frozen=True, tag="value"):
    """A result of a lab or finding: which one, and from which stretch of time (None: as long as results stay fresh)."""

    name: str
    fact: str
    pick: Pick
    scope: Scope | None = None


class ChangeLookup(_Data, frozen=True, tag="change"):
    """How much a lab changed within a stretch of time, in its canonical unit; relative changes in %, `rise per day` in
    the canonical unit a day."""

    name: str
    fact: str
    change: Change
    scope: Scope


class Qualified(_Data, frozen=True):
    """A concept with what must hold of the same episode: cured, severe, uncontrolled, resolved, a stage."""

    concept: str
    qualifiers: tuple[QualifierName, ...] = ()
    stages: tuple[str, ...] = ()


class EventLookup(_Data, frozen=True, tag="event"):
    """Whether something happened, holds or is planned, at least `times` times, not counting what an exception covers.

    `beside` is the rule in `with (…)`: it must hold with the clock unmoved, and a scope in it anchored at `"its onset"`
    is about the same episode.
    """

    name: str
    verb: Verb
    list: RecordList
    what: tuple[Qualified, ...]
    scope: Scope | None = None
    times: int = 1
    exceptions: tuple[Qualified, ...] = ()
    beside: Truthful | None = None


class OnsetLookup(_Data, frozen=True, tag="onset"):
    """The day on which the last or first episode of something began."""

    name: str
    concept: str
    list: RecordList
    pick: Literal["last", "first"] = "last"


Lookup = ValueLookup | ChangeLookup | EventLookup | OnsetLookup


# ---- expressions with a number


class Number(_Data, frozen=True, tag="number"):
    """A number, in the canonical unit of what it meets. `text` is how it was written, with its unit."""

    value: float
    text: str


class Value(_Data, frozen=True, tag="value of"):
    """The number that a ValueLookup or ChangeLookup yields."""

    lookup: str


class Age(_Data, frozen=True, tag="age"):
    """Completed years of age at the clock."""


class ScoreOf(_Data, frozen=True, tag="score"):
    """The number of a score."""

    name: str


class InUnit(_Data, frozen=True, tag="in unit"):
    """The bare number of a quantity in a unit: the canonical number times `factor`."""

    of: Numeric
    unit: str
    factor: float


class Arithmetic(_Data, frozen=True, tag="arithmetic"):
    operator: Literal["+", "-", "*", "/"]
    left: Numeric
    right: Numeric


class Function(_Data, frozen=True, tag="function"):
    name: Literal["ln", "exp", "sqrt", "round"]
    of: Numeric


class Bounded(_Data, frozen=True, tag="bounded"):
    """`floored at`, `capped at`."""

    of: Numeric
    floor: float | None = None
    cap: float | None = None


class Cell(_Data, frozen=True):
    """One row of a points table: the numbers (canonical unit) or choices that earn the points."""

    points: float
    numbers: Limits | None = None
    choices: tuple[str, ...] = ()


class PointsOf(_Data, frozen=True, tag="points"):
    """The points of a table in `Rulebook.tables`."""

    name: str


class Choose(_Data, frozen=True, tag="choose"):
    """`if … then … else …`."""

    test: Truthful
    then: Numeric
    otherwise: Numeric


# ---- expressions with a truth


class Compare(_Data, frozen=True, tag="compare"):
    left: Numeric
    operator: Comparison
    right: Numeric


class Between(_Data, frozen=True, tag="between"):
    """Both ends included."""

    of: Numeric
    low: Number
    high: Number


class AgainstLimit(_Data, frozen=True, tag="against limit"):
    """A result against a multiple of the limit of normal that came with that very result."""

    lookup: str
    operator: Comparison
    times: str
    which: Side


class IsOneOf(_Data, frozen=True, tag="is"):
    """Whether a finding is one of these choices."""

    lookup: str
    choices: tuple[str, ...]


class SexIs(_Data, frozen=True, tag="sex"):
    sex: Sex


class Happened(_Data, frozen=True, tag="happened"):
    """The truth of an EventLookup."""

    lookup: str


class Confirmed(_Data, frozen=True, tag="confirmed"):
    """A person's answer to a question."""

    question: str


class Meets(_Data, frozen=True, tag="meets"):
    """The truth of a definition."""

    name: str


class Not(_Data, frozen=True, tag="not"):
    of: Truthful


class All(_Data, frozen=True, tag="all"):
    of: tuple[Truthful, ...]


class Any(_Data, frozen=True, tag="any"):
    of: tuple[Truthful, ...]


class AtLeast(_Data, frozen=True, tag="at least"):
    count: int
    of: tuple[Truthful, ...]


class AtTime(_Data, frozen=True, tag="at time"):
    """A rule evaluated at another instant: the day of an OnsetLookup (`at`), or the day before it (`before`)."""

    anchor: str
    relation: Literal["at", "before"]
    of: Truthful


class Untranslated(_Data, frozen=True, tag="untranslated"):
    """A criterion that nobody has translated yet: always unknown."""


Numeric = Number | Value | Age | ScoreOf | InUnit | Arithmetic | Function | Bounded | PointsOf | Choose
Truthful = (
    Compare
    | Between
    | AgainstLimit
    | IsOneOf
    | SexIs
    | Happened
    | Confirmed
    | Meets
    | Not
    | All
    | Any
    | AtLeast
    | AtTime
    | Untranslated
)


# ---- reusable meanings


class Table(_Data, frozen=True):
    """A points table over a number, or over the choices of a finding. The cells leave no hole."""

    name: str
    title: str
    of: Numeric
    cells: tuple[Cell, ...]
    place: Place


class Score(_Data, frozen=True):
    """A formula. `spread` is how far apart its inputs may be drawn before they are flagged."""

    name: str
    title: str
    aliases: tuple[str, ...]
    formula: str
    expression: Numeric
    place: Place
    quote: str | None = None
    source: str | None = None
    assumptions: tuple[str, ...] = ()
    spread: Duration | None = None
    flags: tuple[FlagRule, ...] = ()


class Definition(_Data, frozen=True):
    """A named rule, one reading of it. A rule with several readings is listed once for each, as `NAME (label)`."""

    name: str
    title: str
    rule: Truthful
    text: str
    place: Place
    quote: str | None = None
    source: str | None = None
    assumptions: tuple[str, ...] = ()
    reading: str | None = None


# ---- the head of a sheet


class Shown(_Data, frozen=True):
    """A lab, finding or score of the head, with the sheet's name for it, and one that is shown next to it."""

    name: str
    label: str
    beside: str | None = None
    beside_label: str = ""


class Head(_Data, frozen=True):
    """The head of a patient's sheet, in order: results and scores; the concepts whose entries (and those
    of their kinds) are named there; the condition whose last onset the days are counted from; and what the diagnoses
    are `of`, in short: `liver`. A person of fewer years than `child_under` is called a child."""

    shown: tuple[Shown, ...] = ()
    diagnoses: tuple[str, ...] = ()
    since: str | None = None
    since_label: str = ""
    of: str = ""
    child_under: int | None = None


# ---- trials


class Reading(_Data, frozen=True):
    """One way to read a criterion. `label` is None where the text has only one reading."""

    label: str | None
    rule: Truthful


class Criterion(_Data, frozen=True):
    """One criterion line. Readings inside parentheses and in definitions are drawn out: each combination is one reading
    of the whole line. `short` is what a sheet calls the line; the quotation is what it says."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    quote: str
    rule: str
    readings: tuple[Reading, ...]
    place: Place
    assumptions: tuple[str, ...] = ()
    short: str | None = None


class Registry(_Data, frozen=True):
    """What the registry's record says about the trial itself."""

    status: str | None = None
    last_known_status: str | None = None
    status_date: str | None = None
    healthy_volunteers: bool | None = None
    source: str | None = None


class Trial(_Data, frozen=True):
    """A trial with its criteria in the registry's order, structured fields first. `labs_within` replaces the
    dictionary's freshness of labs and findings."""

    id: str
    title: str
    criteria: tuple[Criterion, ...]
    registry: Registry
    place: Place
    labs_within: Duration | None = None
    short: str | None = None


Beside = Literal["any", "harmless", "treatment"]

PHRASES = ("conditions", "procedures", "drugs")
"""In place of a system, in tables of reviewed codes: the phrases of people for diagnoses, procedures and drugs."""

ABBREVIATIONS = "abbreviations"
"""In place of a system, in tables of reviewed codes: abbreviations as wards write them, capitals counting."""

MARKS = "marks"
"""In place of a system, in tables of reviewed codes: what programs write behind a title, capitals counting."""


class ReviewedRow(_Data, frozen=True):
    """How somebody judged one code of a system without a hierarchy of its own: everybody who has it lies within these
    codes (system and code), has the concepts `is_`, and none of the concepts `is_not`. Without `within`, it is nothing
    that any rule asks for. In the systems of `PHRASES`, and in `abbreviations`, a code is one or more phrases or
    abbreviations, parted by `;`; they add nothing next to phrases of the kind `beside`. In `marks` it is one or more
    marks, and next to a code within `within` they are words."""

    system: str
    code: str
    name: str
    within: tuple[tuple[str, str], ...] = ()
    is_not: tuple[str, ...] = ()
    beside: Beside | None = None
    is_: tuple[str, ...] = ()


def phrases_of(row: ReviewedRow) -> list[str]:
    """The phrases of a row, in small letters."""
    return [each.strip().casefold() for each in row.code.split(";")]


def abbreviations_of(row: ReviewedRow) -> list[str]:
    """The abbreviations or marks of a row, as they are written."""
    return [each.strip() for each in row.code.split(";")]


class SaidByName(_Data, frozen=True):
    """What an entry under a concept's own name says of the others: it is these, may be these, and nobody has reviewed
    those."""

    is_: tuple[str, ...] = ()
    may_be: tuple[str, ...] = ()
    unreviewed: tuple[str, ...] = ()


def code_within(code: str, system: str = "") -> tuple[str, str]:
    """A code of ICD-10 or ATC with its system. After the first three characters a code of ATC goes on with a letter
    (`N06A`), one of ICD-10 with a dot. With three characters it may be of both: `B05` is measles, and a group of
    solutions for infusion. What a code of a `system` of drugs lies within is one of ATC."""
    is_atc = system in DRUG_SYSTEMS or len(code) == 1 or (len(code) > 3 and "." not in code and code[3].isalpha())
    return ("atc" if is_atc else "icd10", code)


def codes_within(text: str, system: str = "") -> tuple[tuple[str, str], ...]:
    """Codes of ICD-10 or ATC, parted by blanks, within which those of a `system` lie; `C00..C02` or `C00 .. C02` are
    C00, C01 and C02. Raises ValueError for a range that is none.

    >>> codes_within("A00..A02 A07E")
    (('icd10', 'A00'), ('icd10', 'A01'), ('icd10', 'A02'), ('atc', 'A07E'))
    >>> codes_within("B05", "rxnorm")
    (('atc', 'B05'),)
    """
    found: list[tuple[str, str]] = []
    for written in re.sub(r"\s*\.\.\s*", "..", text).split():
        first, is_range, last = written.partition("..")
        head = first.rstrip("0123456789")
        digits = len(first) - len(head)
        is_numbered = re.fullmatch(f"[0-9]{{{digits}}}", last.removeprefix(head)) is not None
        if is_range and (not digits or not last.startswith(head) or not is_numbered or first >= last):
            raise ValueError(f"`{written}` is no range of codes")
        numbers = range(int(first[len(head) :]), int(last[len(head) :]) + 1) if is_range else ()
        codes = [f"{head}{number:0{digits}}" for number in numbers] or [first]
        found += [code_within(each, system) for each in codes]
    return tuple(found)


class Rulebook(_Data, frozen=True, weakref=True, dict=True):
    """The checked rules of all trials, with the dictionary. `digest` identifies the rule text, and `dictionary_digest`
    the entries that a record is read with."""

    digest: str
    dictionary_digest: str
    labs: dict[str, Lab]
    findings: dict[str, Finding]
    concepts: dict[str, Concept]
    questions: dict[str, Question]
    tables: dict[str, Table]
    scores: dict[str, Score]
    definitions: dict[str, Definition]
    lookups: dict[str, Lookup]
    trials: dict[str, Trial]
    reviewed: tuple[ReviewedRow, ...] = ()
    by_name: dict[str, SaidByName] = {}
    """What the names of concepts say, worked out beforehand; empty if nobody did."""
    head: Head = Head()

    @cached_property
    def graded(self) -> Mapping[str, Finding]:
        """The concepts that a finding grades, each with it: no grade of it is found where the concept is absent."""
        findings = self.findings.values()
        return {each.zero_when_absent: each for each in findings if each.zero_when_absent is not None}

    def fact(self, name: str) -> Lab | Finding:
        """The lab or finding of that name. Raises KeyError."""
        return self.labs[name] if name in self.labs else self.findings[name]


def made_once(rulebook: Rulebook, name: str, make: Callable[[], T]) -> T:
    """Something made of a rulebook alone, by its name. It is made when first asked for, kept with the rulebook, and
    gone with it, even if it refers to the rulebook."""
    kept = vars(rulebook)
    made: T | None = kept.get(name)
    if made is None:
        made = kept[name] = make()
    return made


def digest_of_dictionary(
    labs: dict[str, Lab],
    findings: dict[str, Finding],
    concepts: dict[str, Concept],
    questions: dict[str, Question],
    reviewed: tuple[ReviewedRow, ...] = (),
) -> str:
    """What identifies a dictionary: the same entries give the same digest, whatever the trials."""
    entries = msgspec.json.encode((labs, findings, concepts, questions, reviewed))
    return "sha256:" + hashlib.sha256(entries).hexdigest()


def to_json(rulebook: Rulebook) -> bytes:
    """The rulebook as JSON text."""
    return msgspec.json.encode(rulebook)


def from_json(text: bytes) -> Rulebook:
    """Read a rulebook back. Raises msgspec.ValidationError or DecodeError if the text is not one."""
    return msgspec.json.decode(text, type=Rulebook)
