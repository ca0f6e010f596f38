"""The facts behind an answer, as people read them: what is recorded and what it was converted to, with its date, place
and flags."""

from __future__ import annotations

import math

from msgspec import Struct

from screener.evaluation.answers import Bounds, Evidence, Fact, Found, Given
from screener.evaluation.explanation import OVERTAKEN, WHY, number_text
from screener.evaluation.frame import Frame
from screener.evaluation.phrases import lowered, unit_after
from screener.evaluation.raised import raised, raised_for
from screener.records.measuring import MEASURED_AS
from screener.records.patient import Absence, Answer, Episode, Flag, Result
from screener.rulebook import Lab
from screener.values.dates import BEGINNING, Moment, as_written
from screener.values.ranges import Range


def _measured(value: Range, lab: Lab | None) -> Bounds:
    """The ends that were measured. Where the assay gave none, a range ends at what is possible."""
    bounds = bounds_of(value)
    if lab is None or value.is_exact:
        return bounds
    return Bounds(
        None if bounds.low == lab.possible.low else bounds.low,
        None if bounds.high == lab.possible.high else bounds.high,
        bounds.low_open and bounds.low != lab.possible.low,
        bounds.high_open and bounds.high != lab.possible.high,
    )


def bounds_of(value: Range) -> Bounds:
    """The ends of a range, as far as they are numbers.

    >>> bounds_of(Range(0.0, 0.2, high_open=True))
    Bounds(low=0.0, high=0.2, low_open=False, high_open=True)
    >>> bounds_of(Range(8.0, math.inf))
    Bounds(low=8.0, high=None, low_open=False, high_open=False)
    """
    low, high = math.isfinite(value.low), math.isfinite(value.high)
    return Bounds(
        value.low if low else None, value.high if high else None, low and value.low_open, high and value.high_open
    )


def _absence_in_words(absence: Absence) -> str:
    """How the record denies something: on its date, or for a time, and whether somebody looked for it."""
    looked = f"none found by {absence.by or 'a chart review'}" if absence.reviewed else "absent"
    if absence.since is None or absence.since == absence.when or absence.since.is_any_day:
        return looked
    return f"{looked}, ever" if absence.since.first == BEGINNING else f"{looked} since {absence.since.text}"


class ShownFact(Struct, frozen=True, gc=False):
    """A fact as people read it. `is_suspicious`: it should be looked at again. `doubt`: its value may be wrong, and
    why."""

    fact: Fact | Given
    row: Evidence
    is_suspicious: bool
    doubt: str | None


def shown_as(fact: Fact | Given, found: Found, used: bool, frame: Frame) -> ShownFact:
    """A fact as people read it. Many lines show the same fact, so it is put into words once."""
    key = (id(fact), used, found.is_overtaken)
    known = frame.shown.get(key)
    if known is None:
        result = fact if isinstance(fact, Result) else _result_behind(fact, frame)
        if result is not None:
            row = evidence_of_result(result, frame, None if used else OVERTAKEN if found.is_overtaken else WHY["stale"])
            known = ShownFact(fact, row, _is_suspicious(result, frame), _doubt_of(result, frame))
        else:
            known = ShownFact(fact, _evidence_of_entry(fact, found, frame), False, None)
        frame.shown[key] = known
    return known


def _evidence_of_entry(fact: Fact | Given, found: Found, frame: Frame) -> Evidence:
    """A fact that is, and shows, no result."""
    rulebook = frame.rulebook
    match fact:
        case Episode():
            details = [fact.status, fact.severity, f"stage {fact.stage}" if fact.stage else None]
            if fact.controlled is not None:
                details.append("controlled" if fact.controlled else "not controlled")
            value = ", ".join(each for each in details if each) or "present"
            date_text = _dates_of(fact)
            asserted = _date_of(fact.asserted)
            if fact.only_may_be:
                title = lowered(rulebook.concepts[fact.concept].title)
                value = f"may be {title}{f', {value}' if value != 'present' else ''}"
                return Evidence(
                    fact.called or fact.concept, value, date=date_text or asserted, source=fact.source, flags=fact.flags
                )
            flagged = raised(rulebook.concepts[fact.concept].flags, frame)
            flags = (*fact.flags, *flagged)
            return Evidence(fact.concept, value, date=date_text or asserted, source=fact.source, flags=flags)
        case Absence():
            date_text = _date_of(fact.when)
            return Evidence(fact.concept, _absence_in_words(fact), date=date_text, source=fact.source, flags=fact.flags)
        case Answer():
            by = (Flag("remark", f"answered by {fact.by}"),) if fact.by else ()
            return Evidence(
                fact.key.rpartition("/")[2],
                "yes" if fact.value else "no",
                date=_date_of(fact.when),
                source=fact.source,
                flags=by,
            )
        case Given():
            return Evidence(fact.name, fact.value, source=fact.source)
        case Result():
            raise TypeError("a result has evidence of its own")


def _date_of(moment: Moment | None) -> str | None:
    """A date as recorded; what is written in its place, where that says no day."""
    return None if moment is None else as_written(moment) or moment.text


def _dates_of(episode: Episode) -> str | None:
    """From when to when: `2026-02-01 to 2026-02-10`; `until 2026-02-10` where what is written as its start says no
    day."""
    moments = [each for each in (episode.start, episode.end) if each is not None and each.text]
    days = [each for each in moments if not each.is_any_day]
    if not days:
        return _date_of(next(iter(moments), None))
    text = " to ".join(dict.fromkeys(each.text for each in days))
    return f"until {text}" if moments[0].is_any_day else text


def _result_behind(fact: Fact | Given, frame: Frame) -> Result | None:
    """The result that an episode or absence was read from, where it has no entry of its own."""
    if not isinstance(fact, Episode | Absence):
        return None
    concept = frame.rulebook.concepts[fact.concept]
    return next((result for sign in concept.signs if (result := frame.result_from(fact.source, sign.fact))), None)


def evidence_of_result(result: Result, frame: Frame, set_aside: str | None = None) -> Evidence:
    """A result as people read it; `set_aside` says why it is shown and does not count."""
    rulebook = frame.rulebook
    fact = rulebook.fact(result.fact)
    unit = getattr(fact, "unit", "1")
    flags = list(result.flags)
    if result.problem:
        flags.append(Flag("unusable", result.problem))
    if set_aside is not None:
        flags.append(Flag("too_old", set_aside))
    flags.extend(raised_for(result, frame))
    canonical: float | str | None = None
    if result.value is not None:
        value = result.value
        canonical = value.low if value.is_exact else f"{number_text(value.low)} to {number_text(value.high)}"
    return Evidence(
        result.fact,
        result.recorded_value,
        result.recorded_unit,
        None if result.value is None else _measured(result.value, rulebook.labs.get(result.fact)),
        canonical,
        None if unit == "1" or canonical is None else unit,
        _date_of(result.when),
        result.source,
        tuple(dict.fromkeys(flags)),
    )


def _is_suspicious(result: Result, frame: Frame) -> bool:
    remarks = [flag for flag in result.flags if not flag.text.startswith(MEASURED_AS)]
    return bool(remarks or result.problem or raised_for(result, frame))


def _doubt_of(result: Result, frame: Frame) -> str | None:
    """Why the value of a result may be wrong; None if nothing says so, or if the result is not used anyway."""
    if result.unusable is not None:
        return None
    doubts = [each.text for each in (*raised_for(result, frame), *result.flags) if each.kind == "doubt"]
    if not doubts:
        return None
    title = frame.rulebook.fact(result.fact).title
    return f"{lowered(title)} {result.recorded_value}{unit_after(result.recorded_unit)} ({'; '.join(doubts)})"
