"""What one sheet holds. Plain data: every form of output is written from it, and none of them asks the engine.

Days are dates, and values are texts as they are recorded. Wherever a person reads words, they stand here as one
finished phrase, so that terminal, page and worklist say the same.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from screener.rulebook import RecordList, Sex
from screener.screening import Status, Verdict

StateName = Literal[
    "all met",
    "all met if complete",
    "people",
    "reading",
    "nothing against",
    "check",
    "too little",
    "ruled out today",
    "ruled out",
]
"""The states of a trial, the nearest first."""

ActionKind = Literal["check", "measure", "chart", "old results", "sponsor", "investigator", "participant"]
"""Who does it, or where it is found, in the order of work: what is cheap and decides much comes first."""

PointKind = Literal["against", "chosen", "reading", "close", "judge"]


class Line(Struct, frozen=True):
    """A criterion line of a trial."""

    trial: str
    id: str


# ---- who and how ill


class Diagnosis(Struct, frozen=True):
    """A diagnosis of the head; `since` as the record writes it (`2023`, `2026-02-05`), None without a date."""

    name: str
    title: str
    since: str | None
    source: str


class PatientLine(Struct, frozen=True):
    """Who this is. `age` is a text, because it may be a range (`60 to 61`); empty if it is not known.

    `onset` is the onset of what the sheet counts the days of (liver failure), as recorded; `onset_days` the days since
    then, None where the day is not known.
    """

    id: str
    sex: Sex | None
    age: str
    born: str | None
    diagnoses: tuple[Diagnosis, ...]
    onset_of: str
    onset: str | None
    onset_days: int | None
    as_of: date
    died: str | None = None
    reviewed_by: tuple[str, ...] = ()
    """Who read the chart, and when: `N. Meyer, study nurse, 10 Feb`."""
    text: str = ""
    """`Woman, 58. Alcoholic cirrhosis (2023); liver failure since 5 Feb (15 days)`."""


class Earlier(Struct, frozen=True):
    """An earlier value of a key result, in the unit of the latest one."""

    value: str
    day: date


class KeyResult(Struct, frozen=True, tag="result"):
    """A cell of the strip: the latest result of a lab or finding that can be used; if none can, the latest.

    `value` is empty where nothing is on record, and `missing` then says so. `good_to` is the last day on which it is
    fresh; it may have passed (`is_stale`). `earlier` goes from the oldest to the newest. `check` says what is
    suspicious about it.
    """

    name: str
    label: str
    value: str = ""
    unit: str | None = None
    converted: str = ""
    """The same in the canonical unit, where that is another: `135 umol/L`."""
    multiple: str = ""
    """`6.6 x ULN`, by the limit that came with the result."""
    beside: str = ""
    """A second value, shown next to it: `PTA 39 %`."""
    day: date | None = None
    when: str = ""
    """Its date as recorded, where that is not one day."""
    good_to: date | None = None
    is_stale: bool = False
    earlier: tuple[Earlier, ...] = ()
    check: str = ""
    newer: str = ""
    """A later result that cannot be used, with its day: `29 Nov: “haemolysed” cannot be used`."""
    missing: str = ""
    source: str = ""
    words: str = ""
    """The value as people read it, where that is other: `grade 2` where the record says 2."""

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return self.words or self.value


class KeyScore(Struct, frozen=True, tag="score"):
    """A cell of the strip: a score, between `low` and `high`; None where nothing useful is known. `missing` names what
    is not on record. `other` is the same score by another wording."""

    name: str
    label: str
    low: float | None = None
    high: float | None = None
    text: str = ""
    """`20`, `23 to 36`; empty where nothing is known."""
    day: date | None = None
    missing: str = ""
    check: str = ""
    """The suspicious value that it rests on: `INR 25.3`."""
    without: str = ""
    """What it would be without that value: `17 to 40`."""
    other: str = ""
    """`by registry 6.67`."""


class Doubt(Struct, frozen=True):
    """A value, or an entry, to check before anything else, and the trials whose state rests on it."""

    text: str
    trials: tuple[str, ...]
    effect: str = ""
    """`(decides 3002)`"""
    places: tuple[str, ...] = ()
    """Where the entries stand that nobody could read; empty for a value."""


# ---- the trials


class State(Struct, frozen=True):
    """Where a trial stands. `headline` is the phrase (`Check INR first`), `detail` what it rests on, in a sentence."""

    name: StateName
    headline: str
    detail: str = ""


class Point(Struct, frozen=True):
    """Something to know about a trial: what is against it, which reading somebody chose, on which it turns, what is
    close to a limit, what is to be judged. `is_doubtful`: it rests on a suspicious value."""

    kind: PointKind
    lines: tuple[str, ...]
    text: str
    is_doubtful: bool = False


class Recruiting(Struct, frozen=True):
    """What the registry says: `recruiting`, `not recruiting` or `not known`, as of a month or day."""

    is_recruiting: bool
    text: str
    as_of: str | None = None


class Dates(Struct, frozen=True):
    """The days that matter for one trial, of the coming year. `good_to`: the last day before an answer gets worse;
    `labs_to`: the last day before one does because a lab has become too old; `closes_after`: the last day before a line
    is failed; `reopens`: the first day on which time alone has mended what is against it. `if_clean`: they hold for the
    record after a chart review that found nothing. Where a value is to be checked or measured, or something looked up,
    there is no last good day: `text` says what comes first. `text` says the days in words.
    """

    good_to: date | None = None
    labs_to: date | None = None
    closes_after: date | None = None
    reopens: date | None = None
    if_clean: bool = False
    text: str = ""


class CleanChart(Struct, frozen=True):
    """What is so after a chart review that found none of its items: how many open lines it settles, and what is left.
    It is the result of a run with each item denied, one by one."""

    verdict: Verdict
    settles: int
    state: StateName
    left: str = ""
    """`2 judgements, consent`; empty where nothing is left."""


class Counts(Struct, frozen=True):
    """How many things are left to do for a trial, by who does them."""

    check: int = 0
    measure: int = 0
    chart: int = 0
    old_results: int = 0
    sponsor: int = 0
    investigator: int = 0
    participant: int = 0


class TrialRow(Struct, frozen=True):
    """A trial on the sheet. `short` is its name, `label` what columns and sentences call it (`5863`)."""

    id: str
    label: str
    title: str
    short: str
    recruiting: Recruiting
    verdict: Verdict
    state: State
    met: int
    of: int
    against: tuple[str, ...]
    """The lines that are failed."""
    open: tuple[str, ...]
    """The lines that are open."""
    points: tuple[Point, ...]
    dates: Dates
    counts: Counts
    after_clean_chart: CleanChart | None = None
    consent: str = ""
    """`recorded 19 Feb`, `not recorded`."""
    consent_day: str = ""
    """`2026-02-19`"""
    consent_by: str = ""
    """`answered by the patient and both parents`"""
    left: str = ""
    """What is left to do, by who does it: `1 chart review, 2 judgements, consent`; empty where nothing is."""


# ---- what to do


class Action(Struct, frozen=True):
    """One thing to do. It stands once, whichever trials it is for."""

    text: str
    trials: tuple[str, ...]
    lines: tuple[Line, ...]
    detail: str = ""
    by: date | None = None


class ActionGroup(Struct, frozen=True):
    """The actions of one person or place. `waits`: too little is known yet of every trial; it comes after what is
    measured."""

    kind: ActionKind
    title: str
    actions: tuple[Action, ...]
    waits: bool = False


class ReviewItem(Struct, frozen=True):
    """One thing to look for in the chart. `what` is its name in the review's file, `covers` the widest window that any
    line asks about: `ever`, `now`, or its first day (YYYY-MM-DD)."""

    what: str
    title: str
    list: RecordList
    covers: str
    window: str
    """The same in words: `ever`, `now`, `since 10 Dec 2025`."""
    trials: tuple[str, ...]
    lines: tuple[Line, ...]
    besides: tuple[str, ...] = ()
    """The entries of the record that are one already: the chart is read for another."""


class ReviewGroup(Struct, frozen=True):
    """Items that a reader of charts looks up together. `text` names them all: `liver transplantation; stem cells`."""

    title: str
    items: tuple[ReviewItem, ...]
    trials: tuple[str, ...]
    text: str


class OpenEntry(Struct, frozen=True):
    """An entry of the record that leaves open what it is."""

    source: str
    called: str
    dated: str | None
    may_be: tuple[str, ...]
    lines: tuple[Line, ...]
    text: str = ""
    """What is asked about it: `what is “St.n. OP 2014”?`"""


class Review(Struct, frozen=True):
    """The one chart review. If it finds nothing, it settles `settles` of the `open` lines that are open now."""

    groups: tuple[ReviewGroup, ...] = ()
    needed: tuple[ReviewItem, ...] = ()
    """What inclusion lines need to be found. It stands apart: that it is absent speaks against the patient, and no
    “none of these” of another group says so."""
    entries: tuple[OpenEntry, ...] = ()
    settles: int = 0
    open: int = 0
    waits: bool = False
    """Too little is known yet of every trial: the review comes after what is measured."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.groups and not self.needed and not self.entries


# ---- the checklist to sign


class Source(Struct, frozen=True):
    """A value, day or list that an answer rests on, in words (`TBil 7.9 mg/dL, 19 Feb`), and where it stands."""

    text: str
    place: str


class ChecklistRow(Struct, frozen=True):
    """A criterion on the checklist. `on_record` answers the sentence as the registry prints it: `No` to an exclusion is
    good. `is_against`: the line is failed."""

    id: str
    short: str
    sentence: str
    on_record: Literal["Yes", "No", "Not known"]
    status: Status
    sources: tuple[Source, ...]
    more: int = 0
    """How many further sources there are."""
    needs: tuple[str, ...] = ()
    is_against: bool = False
    is_assumed: bool = False
    check: str = ""


class Checklist(Struct, frozen=True):
    """One trial to sign: inclusion lines want Yes, exclusion lines No. Consent stands apart and is signed elsewhere."""

    trial: str
    label: str
    title: str
    short: str
    inclusion: tuple[ChecklistRow, ...]
    exclusion: tuple[ChecklistRow, ...]
    consent: tuple[ChecklistRow, ...]


# ---- the whole


class Sheet(Struct, frozen=True):
    """One patient. `next` is the one sentence to read if only one is read; `trials` are the nearest first."""

    patient: PatientLine
    next: str
    check_first: tuple[Doubt, ...]
    results: tuple[KeyResult | KeyScore, ...]
    trials: tuple[TrialRow, ...]
    actions: tuple[ActionGroup, ...]
    review: Review
    checklists: tuple[Checklist, ...]
    notes: tuple[str, ...]
    notes_behind: tuple[str, ...]
    """Notes that stand behind the sheet only: they repeat an entry to look up or a value to check, or nobody has to do
    anything about them."""
    screener: str
    rules: str

    @property
    def entries(self) -> tuple[OpenEntry, ...]:
        """The entries to look up, without those to check first."""
        checked = {place for doubt in self.check_first for place in doubt.places}
        return tuple(each for each in self.review.entries if each.source not in checked)
