"""What evaluating yields: for every node of a rule its truth or range, with the answers and facts it rests on.

An answer keeps everything an explanation needs, so that explaining only reads it off and never computes again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

from screener.records.patient import Absence, Answer, Episode, Flag, Result
from screener.rulebook import Lookup, Numeric, Truthful
from screener.values.ranges import Range
from screener.values.truth import UNKNOWN, Truth

Reason = Literal[
    "missing",
    "stale",
    "undated",
    "unit",
    "impossible",
    "censored",
    "imprecise_date",
    "conflict",
    "partial_score",
    "ambiguous",
    "unspecific",
    "unread",
    "judgement",
    "consent",
    "untranslated",
]
Fact = Result | Episode | Absence | Answer


class Given(Struct, frozen=True, gc=False):
    """A fact of the record that is no list entry: sex, birth date, age, or a list declared (or assumed) complete."""

    name: str
    value: str
    source: str


class Found(Struct, frozen=True, gc=False):
    """What a lookup found in the record.

    `subject` is the dictionary name it is about (or `age`, `sex`). One of `truth`, `range`, `choices` and `days` (first
    and last possible day of an onset) is set; for an onset about which nothing is known, none is. `used` are the facts
    it rests on, `set_aside` results that are shown but not used: stale, or a grade that a later entry overtakes.
    `reasons` say why it is not settled. `in_window` says for each used result whether it certainly lies where the rule
    looks. `lacking` names the concepts that the record may lack an entry of; `may_lack` says that the record may lack a
    result, an answer or an entry.
    """

    subject: str
    lookup: Lookup | None = None
    truth: Truth | None = None
    range: Range | None = None
    choices: frozenset[str] | None = None
    days: tuple[int, int] | None = None
    used: tuple[Fact | Given, ...] = ()
    set_aside: tuple[Result, ...] = ()
    reasons: tuple[Reason, ...] = ()
    assumed: bool = False
    in_window: tuple[Truth, ...] = ()
    may_lack: bool = False
    lacking: tuple[str, ...] = ()
    anchor: Found | None = None
    parts: tuple[Judged, ...] = ()

    @property
    def is_overtaken(self) -> bool:
        """Whether results are set aside because an entry is, or may be, later, and not for their age."""
        return bool(self.set_aside) and any(isinstance(fact, Episode) for fact in self.used)


class Measured(Struct, frozen=True, gc=False):
    """A number with the parts it was computed from."""

    node: Numeric
    range: Range
    parts: tuple[Measured | Judged | Found, ...] = ()


class Judged(Struct, frozen=True, gc=False):
    """A truth with the parts it was decided from."""

    node: Truthful
    truth: Truth
    parts: tuple[Judged | Measured | Found, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Reasons that arise at this very node, in addition to those of its parts."""
    shown: tuple[Judged, ...] = ()
    """What is shown with a question that waits for its answer. It decides nothing, and nothing waits for it."""


class HasTruth(Protocol):
    """What is said of a truth, if more is said than that."""

    @property
    def truth(self) -> Truth: ...


T = TypeVar("T", bound=HasTruth)


def in_every_world(answers: Iterable[T]) -> tuple[Truth, tuple[T, ...], tuple[Reason, ...]]:
    """What a rule comes to if it has one of these answers, on each day that is possible, say: the truth, the answers
    that show it, and why they part. No more answers are asked for once it is open."""
    worlds: list[T] = []
    for answer in answers:
        worlds.append(answer)
        if answer.truth is UNKNOWN or answer.truth is not worlds[0].truth:
            break
    if worlds[-1].truth is worlds[0].truth or worlds[-1].truth is UNKNOWN:
        return worlds[-1].truth, (worlds[-1],), ()
    return UNKNOWN, (worlds[0], worlds[-1]), ("imprecise_date",)


class Bounds(Struct, frozen=True, gc=False, omit_defaults=True):
    """A number as far as it is known: from `low` to `high`, None without limit on that side. An open end is itself no
    possible value; an end is closed unless it says otherwise."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False


class Evidence(Struct, frozen=True, gc=False, omit_defaults=True):
    """A fact that an answer rests on, with its date as recorded and its place in the record (`source`).

    `value` and `unit` are as recorded. `canonical` is the number in `canonical_unit` as far as it is known, and
    `canonical_value` the same as one number or in words (`3 to 5`); None for a fact that is no number or cannot be
    used.
    """

    name: str
    value: str
    unit: str | None = None
    canonical: Bounds | None = None
    canonical_value: float | str | None = None
    canonical_unit: str | None = None
    date: str | None = None
    source: str = ""
    flags: tuple[Flag, ...] = ()
