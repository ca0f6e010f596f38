"""A patient as the engine sees one: results in canonical units, episodes, absences, answers.

Every fact keeps what the record said, word for word, and where it said so. Nothing here is interpreted:
what a stale result or an old absence means is decided in `evaluation/`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec
from msgspec import Struct

from screener.records.notes import Note, in_words
from screener.rulebook import RecordList, Sex, Side
from screener.values.dates import END, Moment
from screener.values.ranges import Range

WhyUnusable = Literal["unit", "impossible", "missing", "unspecific", "unread"]
Severity = Literal["mild", "moderate", "severe"]
FlagKind = Literal["doubt", "too_old", "unusable", "remark"]

UNNAMED = "unnamed"
"""What a patient without an id is called; the second of several is `unnamed 2`."""


def is_unnamed(called: str) -> bool:
    """Whether a patient is called so for lack of an id: such a name identifies nobody."""
    return called == UNNAMED or (called.startswith(f"{UNNAMED} ") and called.removeprefix(f"{UNNAMED} ").isdigit())


class Flag(Struct, frozen=True, gc=False):
    """What has to be said wherever a fact is shown, and which kind of thing it is.

    doubt: the fact counts, and may be wrong: check it. too_old: it does not count, because it is older than the line
    takes, or a later entry may say otherwise. unusable: it settles nothing, because it cannot be read, cannot be, or
    leaves open whether it holds. remark: anything else.
    """

    kind: FlagKind
    text: str


SEVERAL = Flag("remark", "it says that it is of several: it may stand for any number")
"""What one entry is flagged with that does not stand for one thing."""


class Result(Struct, frozen=True):
    """One result of a lab or finding.

    `value` is the canonical range of what it can be (a range of one for a plain number; a grade is a whole number);
    `choices` is that for a finding with named choices. Both are None where the result cannot be used, and
    `unusable` says why (`missing`: there is a result, but it is no number and no known choice), `problem` in words.
    """

    fact: str
    source: str
    recorded_value: str
    recorded_unit: str | None = None
    when: Moment | None = None
    is_current: bool = False
    """Undated, but the record says that it is the present state."""
    value: Range | None = None
    choices: frozenset[str] | None = None
    exact: Fraction | None = None
    """The canonical value before rounding to a double, where it is one number."""
    factor: Fraction | None = None
    """What the recorded number of a lab was multiplied by to be in the canonical unit."""
    upper_limit: Fraction | None = None
    lower_limit: Fraction | None = None
    """The limits of normal that came with this very result, in the canonical unit."""
    unusable: WhyUnusable | None = None
    problem: str | None = None
    beyond: Range | None = None
    """What was stated where it is impossible, in the canonical unit: never a value, but what flags are raised for."""
    flags: tuple[Flag, ...] = ()

    def own_limit(self, which: Side) -> Fraction | None:
        """The limit of normal that came with this very result."""
        return self.upper_limit if which == "upper" else self.lower_limit


class Episode(Struct, frozen=True):
    """Something that was, is, or is planned to be the case, for a stretch of time.

    `start` None: on an unknown day. `end` None: it has no end on record; then `ongoing` tells whether it still holds
    (an active condition) or ended on a day that nobody wrote down. `asserted` is when the entry was made, if stated.
    """

    concept: str
    list: RecordList
    source: str
    start: Moment | None = None
    end: Moment | None = None
    ongoing: bool = False
    ended: bool = False
    """The record says that it is over (resolved, cured, stopped), even if not since when."""
    asserted: Moment | None = None
    status: str | None = None
    cured: bool | None = None
    severity: Severity | None = None
    stage: str | None = None
    controlled: bool | None = None
    shown_by_result: bool = False
    """No entry of its own: a result of a lab or finding shows it, on the day it was `asserted`."""
    doubtful: bool = False
    """The result that would show it cannot be used (`unusable` says why), or may or may not show it; or nobody settled
    what the entry is (`unspecific`: its code is broader or overlaps; `unread`: nobody knows its code)."""
    unusable: WhyUnusable | None = None
    flags: tuple[Flag, ...] = ()
    may_be: frozenset[str] = frozenset()
    """The concepts that the entry may be besides `concept`, or instead of one where that is empty."""
    may_be_in_family: frozenset[str] = frozenset()
    called: str = ""
    """What the record calls an entry that leaves open what it is."""
    codings: frozenset[tuple[str, str]] = frozenset()
    """The codes that the entry has, each with its system: two entries may be of the same thing."""
    named: frozenset[str] = frozenset()
    """What its words name of that: a result of the same day does not settle that it is none of it."""
    is_part: bool = False
    """Whether its code may be of one kind of the concept only: that it is over says nothing of the others."""

    @property
    def outlives_its_end(self) -> bool:
        """Whether it is active although it states an end: it ended then, or goes on, and nobody knows which."""
        return self.end is not None and self.end.last == END and not self.ended

    @property
    def only_may_be(self) -> bool:
        """Whether nobody settled that the entry is its concept."""
        return self.unusable in ("unspecific", "unread")


class Absence(Struct, frozen=True):
    """An explicit statement that something is not, or never was, the case. Undated, it holds on the record's own day.

    `since`: it was not at any time from that day on (BEGINNING: never before). Without it, what an absence denies
    follows from the course of the condition. `reviewed`: somebody looked through the chart and found none (`by`); such
    a denial settles what may be, and gives way to what certainly is. `doubtful`: a result that cannot be read may have
    shown it (`unusable` says why).
    """

    concept: str
    list: RecordList
    source: str
    when: Moment | None = None
    shown_by_result: bool = False
    flags: tuple[Flag, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    """For a denied plan, the last day up to which nothing is planned; None: nothing is planned at all."""
    reviewed: bool = False
    by: str | None = None
    doubtful: bool = False
    unusable: WhyUnusable | None = None


class Answer(Struct, frozen=True):
    """What a person answered, or which reading a site chose (1 is the first)."""

    key: str
    source: str
    value: bool | None = None
    reading: int | None = None
    by: str | None = None
    when: Moment | None = None


class Near(Struct, frozen=True):
    """A result that was not read, under a code or wording that is like the name of a lab or finding."""

    fact: str
    source: str
    called: str


class ReadWith(Struct, frozen=True):
    """What a record was read with, apart from the dictionary. Each of these can change what the record says.

    `tables` are the digests of the clinic's own tables of codes, `columns` that of a table of columns, `answers` those
    of the answers that came with the record, and `hierarchy` the checksum of a vocabulary's index.
    """

    locale: str | None = None
    columns: str | None = None
    tables: tuple[str, ...] = ()
    hierarchy: str | None = None
    answers: tuple[str, ...] = ()


NOTHING_BESIDES = ReadWith()


class Patient(Struct, frozen=True):
    """One patient's record as it was read. `digest` identifies the dictionary that it was read with.

    `results`, `episodes` and `absences` are by the dictionary's names. `as_of` is the record's own day of screening (a
    `date.toordinal()`). `complete` are the lists that the record calls complete. `noted` is what was passed over or is
    suspicious.
    """

    id: str
    digest: str
    as_of: int | None = None
    birth: Moment | None = None
    died: Moment | None = None
    """When the patient died; at any time, where the record does not say when. None: nothing on record says so."""
    age_years: int | None = None
    impossible_age: str | None = None
    """What the record says of the age where nobody can be that old on the day of screening; then no age is known."""
    sex: Sex | None = None
    results: Mapping[str, tuple[Result, ...]] = {}
    episodes: Mapping[str, tuple[Episode, ...]] = {}
    absences: Mapping[str, tuple[Absence, ...]] = {}
    may_be: Mapping[RecordList, Mapping[str, tuple[Episode, ...]]] = {}
    """The entries of each list that may be a concept, by its name: of no concept, or certainly of another one."""
    answers: Mapping[str, Answer] = {}
    complete: frozenset[RecordList] = frozenset()
    unread: Mapping[RecordList, str] = {}
    """The lists with entries that nobody can interpret, and which entries these are. None of these lists is complete,
    neither by the record's own word nor on request."""
    near: tuple[Near, ...] = ()
    none_known_on: Mapping[RecordList, tuple[int, ...]] = {}
    """The lists that the record says are empty, as of these days."""
    noted: tuple[Note, ...] = ()
    shares_id: bool = False
    """Whether another patient of the call has the same id, so that nobody can tell what is whose."""
    identifiers: frozenset[tuple[str | None, str]] | None = None
    """The systems and values by which others know the person, never shown; None: the record gives none."""
    address: str | None = None
    """The full address of the patient on the server that the record comes from, if it names one."""
    read_with: ReadWith = NOTHING_BESIDES

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes in words."""
        return in_words(self.noted)


def digest_of(facts: object) -> str:
    """What identifies facts, whatever they were read from: the same ones give the same digest."""
    text = msgspec.json.encode(facts, enc_hook=str, order="deterministic")
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def digest_of_record(patient: Patient) -> str:
    """What identifies the facts of a record as they were read. Its notes say nothing that an answer rests on."""
    known_by = patient.identifiers
    if known_by is not None:
        # An identifier may have no system; what is put in order has to be of one kind.
        known_by = frozenset((system or "", value) for system, value in known_by)
    return digest_of(
        msgspec.structs.replace(patient, digest="", noted=(), read_with=NOTHING_BESIDES, identifiers=known_by)
    )
