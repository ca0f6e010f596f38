"""The chart review: what a record never writes down, as a file to fill in.

It asks for the negatives that open criteria wait for, grouped as a reader of charts thinks, each over the widest time
that any criterion looks at, and names the entries of the record that nobody could read. `screen --answers` takes the
filled file back (`records/reviews.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as Anything

from msgspec import Struct
from msgspec.structs import replace

from screener.evaluation.answers import Found
from screener.evaluation.evaluator import stretch_of
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import leaves
from screener.records.patient import Episode
from screener.records.reviews import EVER, NOW, item_called
from screener.rulebook import VERBS, Concept, EventLookup, RecordList
from screener.screening import Screening
from screener.values.dates import BEGINNING, DAY, END, day_text
from screener.values.truth import UNKNOWN

HOW = (
    "Write the day of your review into `on` and your name or role into `by`.",
    "Tick a group whose things you looked for and did not find: `none_of_these`: true.",
    "What you did find: `found`: true, or the day or month of its onset. It counts even in a ticked group.",
    "`covers` says since when you looked: ever, a day, or now (as it is today).",
    "An entry that leaves open what it is: `is`: its name from `may_be`, or `none_of_these`: true.",
    "Give the file back: screen PATIENT --answers FILE",
)


EVER_BEFORE = BEGINNING // DAY
NOW_ONLY = END // DAY


class Asked(Struct, frozen=True):
    """One thing to look for in the chart: a concept on a list, since a day, and the lines that wait for it."""

    list: RecordList
    concept: Concept
    since: int
    """The first day that any of them looks at: EVER_BEFORE, a day, or NOW."""
    lines: tuple[str, ...]


class OpenEntry(Struct, frozen=True):
    """An entry that leaves open what it is, and the lines that wait for it."""

    source: str
    called: str
    dated: str | None
    may_be: tuple[str, ...]
    lines: tuple[str, ...]


def to_review(screening: Screening) -> dict[str, Anything]:
    """The sheet to fill in, as plain data."""
    asked = sorted(_asked(screening).values(), key=lambda each: (_heading(each, screening), -len(each.lines)))
    groups: dict[str, list[dict[str, Anything]]] = {}
    for each in asked:
        item = {
            "what": item_called(each.list, each.concept),
            "title": each.concept.title,
            "covers": EVER if each.since == EVER_BEFORE else NOW if each.since == NOW_ONLY else day_text(each.since),
            "found": None,
            "lines": list(each.lines),
        }
        groups.setdefault(_heading(each, screening), []).append(item)
    return {
        "patient": screening.patient,
        "as_of": screening.as_of.isoformat(),
        "how": list(HOW),
        "on": None,
        "by": None,
        "looked_at": [],
        "groups": [{"title": title, "none_of_these": None, "items": items} for title, items in groups.items()],
        "entries": [
            {
                "source": each.source,
                "called": each.called,
                "dated": each.dated,
                "may_be": list(each.may_be),
                "lines": list(each.lines),
                "is": None,
                "none_of_these": None,
            }
            for each in _open_entries(screening)
        ],
    }


_HEADINGS: dict[RecordList, str] = {
    "medications": "Drugs",
    "procedures": "Procedures",
    "plans": "Plans",
    "events": "Events",
    "allergies": "Allergies",
    "family_history": "Family",
    "conditions": "Other conditions",
}


def _heading(asked: Asked, screening: Screening) -> str:
    if asked.list != "conditions":
        return _HEADINGS[asked.list]
    concepts = screening.rulebook.concepts
    for name in (asked.concept.name, *asked.concept.broader):
        if concepts[name].asked_under:
            return concepts[name].asked_under
    return _HEADINGS["conditions"]


def _asked(screening: Screening) -> dict[tuple[RecordList, str], Asked]:
    """What open criteria lack, each at its widest window."""
    found: dict[tuple[RecordList, str], Asked] = {}
    for line, lookup, answer, frame in _open_lookups(screening):
        since = _since(lookup, frame)
        for name in answer.lacking:
            key = (lookup.list, name)
            concept = screening.rulebook.concepts[name]
            known = found.get(key, Asked(lookup.list, concept, since, ()))
            found[key] = replace(known, since=min(since, known.since), lines=tuple(dict.fromkeys((*known.lines, line))))
    return found


def _since(lookup: EventLookup, frame: Frame) -> int:
    """The first day that a lookup looks at; of the present and of what is planned, that of the review."""
    tense = VERBS[lookup.verb].tense
    if tense == "timeless":
        return EVER_BEFORE
    if tense in ("now", "ahead"):
        return NOW_ONLY
    stretch, _ = stretch_of(lookup.scope, frame)
    return EVER_BEFORE if stretch is None else max(stretch.first_start // DAY, EVER_BEFORE)


def _open_entries(screening: Screening) -> Iterator[OpenEntry]:
    """The entries that open criteria wait for, those of most lines first."""
    lines: dict[str, dict[str, None]] = {}
    may_be: dict[str, dict[str, None]] = {}
    called: dict[str, str] = {}
    dated: dict[str, str | None] = {}
    for line, _, answer, _ in _open_lookups(screening):
        for fact in answer.used:
            if isinstance(fact, Episode) and fact.only_may_be:
                lines.setdefault(fact.source, {})[line] = None
                may_be.setdefault(fact.source, {})[fact.concept] = None
                called[fact.source] = fact.called
                when = fact.start or fact.asserted
                dated[fact.source] = when.text or None if when is not None else None
    for result in (each for those in screening.record.results.values() for each in those):
        if called.get(result.source) == "":  # what a result shows bears no name of its own
            parts = (result.fact, result.recorded_value, result.recorded_unit or "")
            called[result.source] = " ".join(each for each in parts if each)
            dated[result.source] = dated[result.source] or (result.when.text if result.when is not None else None)
    for source in sorted(lines, key=lambda each: -len(lines[each])):
        yield OpenEntry(source, called[source], dated[source], tuple(may_be[source]), tuple(lines[source]))


def _open_lookups(screening: Screening) -> Iterator[tuple[str, EventLookup, Found, Frame]]:
    """The answers about events that open criteria wait for, each with its line."""
    for trial in screening.trials:
        for criterion in trial.criteria:
            if criterion.status != "unknown":
                continue
            for judged in criterion.counted:
                for found in leaves(judged):
                    lookup = found.lookup
                    if isinstance(lookup, EventLookup) and found.truth is UNKNOWN:
                        yield f"{trial.id}/{criterion.id}", lookup, found, criterion.frame
