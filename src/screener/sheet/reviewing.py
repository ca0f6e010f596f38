"""The chart review: the negatives that open lines wait for, and the entries that nobody could read.

Records never write down most of what protocols exclude. One reading of the chart answers all of it: each thing is
asked once, at the widest window that any line of any trial looks at. What a result decides, or a positive one speaks
for, is measured and not asked here; what an inclusion line needs is looked up, and its absence is never supposed.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from screener.evaluation.answers import Found
from screener.evaluation.evaluator import stretch_of
from screener.evaluation.frame import Frame
from screener.records.looked_up import entries_of, words_of
from screener.records.patient import Episode, Patient, Result
from screener.records.reviews import EVER, NOW, item_called
from screener.rulebook import VERBS, Concept, EventLookup, Finding, RecordList, Rulebook
from screener.screening import Screening
from screener.sheet.model import Line, OpenEntry
from screener.sheet.waiting import Awaited, awaited
from screener.values.dates import BEGINNING, DAY, END, day_text
from screener.values.truth import FALSE, TRUE, UNKNOWN

EVER_BEFORE = BEGINNING // DAY
NOW_ONLY = END // DAY


class Asked(Struct, frozen=True):
    """One thing to look for in the chart: a concept on a list, since a day, and the lines that wait for it.

    `wanted_there` and `wanted_away`: some line needs it to be found; some exclusion needs its absence.
    """

    list: RecordList
    concept: Concept
    since: int
    """The first day that any of them looks at: EVER_BEFORE, a day, or NOW_ONLY."""
    lines: tuple[Line, ...]
    wanted_there: bool = False
    wanted_away: bool = False

    @property
    def seeks(self) -> bool:
        """Whether finding it would help, and nothing supposes that it is absent."""
        return self.wanted_there and not self.wanted_away

    @property
    def what(self) -> str:
        """Its name in the file of a review."""
        return item_called(self.list, self.concept)

    @property
    def covers(self) -> str:
        """`ever`, `now`, or the first day."""
        return EVER if self.since == EVER_BEFORE else NOW if self.since == NOW_ONLY else day_text(self.since)


def asked_of_chart(screening: Screening) -> list[Asked]:
    """What open criteria lack, each thing once."""
    found: dict[tuple[RecordList, str], Asked] = {}
    for each in awaited(screening):
        lookup = each.found.lookup
        if not isinstance(lookup, EventLookup) or each.found.truth is not UNKNOWN or is_of_old_results(each):
            continue
        since = _since(lookup, each.frame)
        tested = left_open_by(each.found, each.frame.patient)
        for name in each.found.lacking:
            concept = screening.rulebook.concepts[name]
            is_shown = name in tested and tested[name].unusable is None and each.good is not TRUE
            if is_tested(concept, lookup.list, screening.rulebook) or is_shown:
                continue
            key = (lookup.list, name)
            known = found.get(key, Asked(lookup.list, concept, since, ()))
            found[key] = replace(
                known,
                since=min(since, known.since),
                lines=known.lines if each.line in known.lines else (*known.lines, each.line),
                wanted_there=known.wanted_there or each.good is TRUE,
                wanted_away=known.wanted_away or (each.good is FALSE and each.kind == "exclusion"),
            )
    return list(found.values())


def is_of_old_results(each: Awaited) -> bool:
    """Whether a thing belongs to a score of before an onset: it is looked up with the results of that time."""
    return each.is_past and each.good is None


def is_tested(concept: Concept, list_: RecordList, rulebook: Rulebook) -> bool:
    """Whether only a test can rule it out, and a list cannot: an infection that needs its own test."""
    if list_ != "conditions" or (concept.denied_by_list and not concept.denied_with):
        return False
    facts = [rulebook.fact(sign.fact) for sign in concept.absent_when]
    return not all(isinstance(fact, Finding) and fact.is_stated for fact in facts)


def left_open_by(found: Found, patient: Patient) -> dict[str, Result]:
    """The concepts that a result on record leaves open, each with that result: a positive screening test, say."""
    told: dict[str, Result] = {}
    for fact in found.used:
        if isinstance(fact, Episode) and fact.shown_by_result and fact.doubtful and not fact.only_may_be:
            those = (each for of_name in patient.results.values() for each in of_name if each.source == fact.source)
            if (result := next(those, None)) is not None:
                told[fact.concept] = result
    return told


def _since(lookup: EventLookup, frame: Frame) -> int:
    """The first day that a lookup looks at; of the present and of what is planned, that of the review."""
    tense = VERBS[lookup.verb].tense
    if tense == "timeless":
        return EVER_BEFORE
    if tense in ("now", "ahead"):
        return NOW_ONLY
    stretch, _ = stretch_of(lookup.scope, frame)
    return EVER_BEFORE if stretch is None else max(stretch.first_start // DAY, EVER_BEFORE)


def heading_of(concept: Concept, rulebook: Rulebook) -> str:
    """The heading under which a reader of charts looks it up, by the dictionary; empty where it says none."""
    names = (concept.name, *concept.broader)
    return next((under for name in names if (under := rulebook.concepts[name].asked_under)), "")


# ---- entries that leave open what they are


def open_entries(screening: Screening) -> tuple[OpenEntry, ...]:
    """The entries that open criteria wait for, those of most lines first."""
    return screening.read_once("open entries", lambda: _open_entries(screening))


def _open_entries(screening: Screening) -> tuple[OpenEntry, ...]:
    lines: dict[str, dict[Line, None]] = {}
    may_be: dict[str, dict[str, None]] = {}
    for each, fact in _entries(screening):
        lines.setdefault(fact.source, {})[each.line] = None
        may_be.setdefault(fact.source, {})[fact.concept] = None
    entries = entries_of(screening.record)
    return tuple(
        OpenEntry(source, *words_of(entries[source], screening.record), tuple(may_be[source]), tuple(lines[source]))
        for source in sorted(lines, key=lambda source: -len(lines[source]))
    )


def _entries(screening: Screening) -> Iterator[tuple[Awaited, Episode]]:
    """Each entry with what waits for it. A result may, too: a grade waits for what may be an encephalopathy of a later
    day."""
    for each in awaited(screening):
        is_event = isinstance(each.found.lookup, EventLookup)
        if each.found.truth is UNKNOWN if is_event else each.found.reasons:
            for fact in each.found.used:
                if isinstance(fact, Episode) and fact.only_may_be:
                    yield each, fact
