"""Why an answer is another one than the day before: read off the two answers, by comparing what decided them.

The two have the same shape, so they are walked side by side, down to what was looked up and came out differently; the
facts that one of the two rests on and the other does not are what has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from screener.advice.turning_days import days_of
from screener.evaluation.answers import Fact, Found, Given, Judged, Measured
from screener.evaluation.evaluator import decide, judge
from screener.evaluation.explanation import explain, number_text
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import Part, deciding
from screener.evaluation.phrases import both, in_time, lowered
from screener.evaluation.residual import Connective, truths_under
from screener.records.patient import Absence, Answer, Episode, Result
from screener.rulebook import (
    AHEAD,
    NOW,
    ChangeLookup,
    EventLookup,
    OnsetLookup,
    RecordList,
    Scope,
    Truthful,
    ValueLookup,
)
from screener.values.dates import NO_TIME, Duration, Moment, dates_in_words
from screener.values.truth import FALSE, TRUE, UNKNOWN

CauseKind = Literal["window", "birthday", "stale", "plan", "end", "later fact", "other"]
"""What happened: a fact entered or left a window; a birthday; a result, an absence or an answer became too old, which
changes what is known and not the patient; a plan came due; something ended; a fact of a later day came into view."""


class Cause(Struct, frozen=True):
    """One thing that changed an answer: `what` with its time as on record (`when`: `of 2026-02-18`) as the subject of a
    sentence, and what `happened` to it, as it stands after the subject."""

    kind: CauseKind
    what: str
    when: str
    happened: str


def causes(readings: Sequence[Truthful], eve: Frame, today: Frame) -> tuple[Cause, ...]:
    """What changed the answer to these readings from the eve of a day to the day; each thing once, in the order of the
    rule."""
    found: dict[Cause, None] = {}
    for rule in readings:
        for was, now in _differing(*_answers(rule, eve, today)):
            found.update(dict.fromkeys(_causes(was, now, today.as_of, eve)))
    if not found:
        after = [judge(rule, today) for rule in readings]
        found[Cause("other", explain(after, eve.rulebook), "", "")] = None
    return tuple(found)


def in_words(told: Iterable[Cause]) -> str:
    """Several causes as one text; what happened alike on one day stands together."""
    groups: dict[str, dict[str, list[str]]] = {}
    for cause in told:
        groups.setdefault(cause.happened, {}).setdefault(cause.when, []).append(cause.what)
    return "; ".join(_sentence(happened, subjects) for happened, subjects in groups.items())


def _sentence(happened: str, subjects: Mapping[str, Sequence[str]]) -> str:
    verb, _, rest = happened.partition(" ")
    is_one = len(subjects) == 1 and all(len(whats) == 1 for whats in subjects.values())
    agreeing = happened if is_one or verb not in _OF_MANY else f"{_OF_MANY[verb]} {rest}"
    told = both(f"{both(whats)} {dates_in_words(when)}".rstrip() for when, whats in subjects.items())
    return f"{told} {agreeing}".rstrip()


_OF_MANY = {"is": "are", "leaves": "leave", "enters": "enter", "comes": "come", "covers": "cover"}


# ---- what came out differently


def _answers(rule: Truthful, eve: Frame, today: Frame) -> tuple[Judged, Judged]:
    """The answers of two days, with what they rest on only where they differ: nothing else is read of them."""
    before, after = decide(rule, eve), decide(rule, today)
    if before is after:
        return Judged(rule, before), Judged(rule, after)
    if not isinstance(rule, Connective):
        return judge(rule, eve), judge(rule, today)
    inside = [_answers(part, eve, today) for part in truths_under(rule, eve.rulebook)]
    return (
        Judged(rule, before, tuple([was for was, _ in inside])),
        Judged(rule, after, tuple([now for _, now in inside])),
    )


def _differing(before: Part, after: Part) -> Iterator[tuple[Found, Found]]:
    """What was looked up and came out differently, and had a part in either answer."""
    if isinstance(before, Found) and isinstance(after, Found):
        if before.anchor is not None and after.anchor is not None and before.anchor.days != after.anchor.days:
            yield before.anchor, after.anchor
        elif _says(before) != _says(after) or before.used != after.used:
            yield before, after
    elif isinstance(before, Measured) and isinstance(after, Measured):
        if before.range != after.range:
            yield from _differing_parts(before, after)
    elif isinstance(before, Judged) and isinstance(after, Judged) and before.truth is not after.truth:
        yield from _differing_parts(before, after)


def _says(found: Found) -> tuple[object, ...]:
    return found.truth, found.range, found.choices, found.days, found.in_window


def _differing_parts(before: Judged | Measured, after: Judged | Measured) -> Iterator[tuple[Found, Found]]:
    """Of a rule that several parts decide together only those that decided it, before or after."""
    counted = {id(part) for answer in (before, after) for part in deciding(answer)}
    pairs = [(was, now) for was, now in zip(before.parts, after.parts, strict=False) if _is_same(was, now)]
    # Where the clock was moved, the first and the last day that were tried are shown; there may be one more or less.
    if len(before.parts) != len(after.parts) and _is_same(before.parts[-1], after.parts[-1]):
        pairs.append((before.parts[-1], after.parts[-1]))
    told = [(was, now) for was, now in pairs if id(was) in counted or id(now) in counted]
    for was, now in told or pairs:
        yield from _differing(was, now)


def _is_same(before: Part, after: Part) -> bool:
    """Whether these are answers to the same question."""
    if isinstance(before, Found) and isinstance(after, Found):
        return (before.subject, before.lookup) == (after.subject, after.lookup)
    return not isinstance(before, Found) and not isinstance(after, Found) and before.node is after.node


# ---- what happened to it


def _causes(before: Found, after: Found, day: int, frame: Frame) -> Iterator[Cause]:
    later = [fact for fact in after.used if _is_first_seen(fact, day)]
    if later:
        yield from (_cause("later fact", fact, "comes into view", frame) for fact in later)
        return
    match after.lookup:
        case ValueLookup() | ChangeLookup() as lookup:
            yield from _causes_of_results(before, after, lookup, frame)
        case EventLookup() as lookup:
            yield from _causes_of_event(before, after, lookup, day, frame)
        case OnsetLookup():
            yield from (_cause("later fact", fact, "may lie on one more day", frame) for fact in after.used)
        case None if after.subject == "age":
            yield _cause_of_age(before, after)
        case None:
            holds_for = frame.rulebook.questions[after.subject].holds_for
            yield from (_cause("stale", fact, f"is older than {holds_for}", frame) for fact in after.used)


def _is_first_seen(fact: Fact | Given, day: int) -> bool:
    """Whether a fact was not seen on the day before, because it is of this very day."""
    match fact:
        case Result() | Absence() | Answer():
            moment = fact.when
        case Episode():
            moment = None if fact.list == "plans" else fact.asserted if fact.shown_by_result else fact.start
        case Given():
            moment = None
    return moment is not None and moment.first_day == day


def _cause_of_age(before: Found, after: Found) -> Cause:
    was, now = before.range, after.range
    if was is None or now is None:
        raise AssertionError("an age is a number")
    low, high = number_text(now.low), number_text(now.high)
    if now.is_exact:
        happened = f"turns {high}" if was.is_exact else f"is surely {high} years old"
    else:
        happened = f"is {low} {'or' if now.high - now.low == 1 else 'to'} {high} years old"
    return Cause("birthday", "the patient", "", happened)


def _causes_of_results(
    before: Found, after: Found, lookup: ValueLookup | ChangeLookup, frame: Frame
) -> Iterator[Cause]:
    """Results that count no longer, that may count no longer, and that count because of it.

    A result that is too old for a rule leaves the answer open until there is a new one, which says nothing new of the
    patient; one that leaves others behind, or the rule decided, is time that has passed for the patient.
    """
    kind: CauseKind = "stale" if after.reasons or after.may_lack else "window"
    gone = [fact for fact in before.used if fact not in after.used]
    if lookup.scope is None:
        old = f"older than {frame.freshness_of(lookup.fact)}"
        leaves, may_leave = f"is {old}", f"may be {old}"
    else:
        window = _window(lookup.scope, frame)
        leaves, may_leave = f"leaves {window}", f"may lie outside {window}"
    absences = [fact for fact in gone if isinstance(fact, Absence)]
    for absence in absences:
        yield _cause("stale", absence, _carried_no_longer(absence, None, frame), frame)
    lists = _lists_grown_old(before, after)
    yield from (_cause("stale", fact, "no longer denies what it does not name", frame) for fact in lists)
    results = [fact for fact in gone if isinstance(fact, Result)]
    yield from (_cause(kind, fact, leaves, frame) for fact in results)
    perhaps = [fact for fact in after.used if fact in before.used and _may_lie_outside(fact, after)]
    yield from (_cause(kind, fact, may_leave, frame) for fact in perhaps)
    if not absences and not lists and not results and not perhaps:
        yield from (_cause("window", fact, "comes to count", frame) for fact in after.used if fact not in before.used)


def _may_lie_outside(fact: Fact | Given, found: Found) -> bool:
    """Whether a result is known not to lie for certain where the rule looks. For a change only its day can say that."""
    if not isinstance(fact, Result):
        return False
    if not found.in_window:
        return fact.when is None or not fact.when.is_one_day
    return found.in_window[found.used.index(fact)] is UNKNOWN


def _causes_of_event(before: Found, after: Found, lookup: EventLookup, day: int, frame: Frame) -> Iterator[Cause]:
    """Of all entries that were looked at those that this is the day for; all, if it is for none of them alone."""
    used = dict.fromkeys((*before.used, *after.used))
    scope = lookup.scope
    lengths = [] if scope is None else [each for each in (scope.back, scope.ahead) if each is not None]
    entries = [fact for fact in used if isinstance(fact, Episode | Absence)]
    if after.lacking != before.lacking and (grown_old := _lists_grown_old(before, after)):
        yield from (_cause("stale", fact, "no longer denies what it does not name", frame) for fact in grown_old)
        return
    turning = [fact for fact in entries if day in days_of(fact, lengths, frame)] or entries
    silent = [fact for fact in turning if isinstance(fact, Absence) and fact not in after.used]
    if silent and after.lacking != before.lacking:
        yield from (_cause("stale", fact, _carried_no_longer(fact, scope, frame), frame) for fact in silent)
        return
    episodes = [fact for fact in turning if isinstance(fact, Episode)]
    yield from (_cause_of_episode(episode, before, after, lookup, frame) for episode in episodes)
    if not episodes:
        covers = "counts no longer" if after.truth is UNKNOWN else _covers(scope, frame)
        yield from (_cause("window", fact, covers, frame) for fact in turning)


def _lists_grown_old(before: Found, after: Found) -> list[Given]:
    """The complete lists that denied something on the day before, and no longer."""
    return [
        fact for fact in before.used if isinstance(fact, Given) and fact.source == "complete" and fact not in after.used
    ]


def _carried_no_longer(absence: Absence, scope: Scope | None, frame: Frame) -> str:
    fresh = frame.rulebook.concepts[absence.concept].fresh
    what = "is carried forward" if scope is None else _covers(scope, frame)
    return f"{what} no longer, after {fresh}"


def _covers(scope: Scope | None, frame: Frame) -> str:
    return "comes to count" if scope is None else f"covers {_window(scope, frame)}"


def _cause_of_episode(episode: Episode, before: Found, after: Found, lookup: EventLookup, frame: Frame) -> Cause:
    kind: CauseKind
    is_open, begins = after.truth is UNKNOWN, before.truth is FALSE or after.truth is TRUE
    nothing_new = is_open and episode.ongoing and episode.end is None
    window = "the day" if lookup.scope is None else _window(lookup.scope, frame)
    if lookup.verb in AHEAD:
        is_overdue = "stale" in after.reasons and "stale" not in before.reasons
        kind = "stale" if is_overdue else "plan"
        happened = "is overdue, and what became of it is not on record" if is_overdue else f"comes within {window}"
    elif episode.list == "plans":
        kind, happened = "plan", "may have been carried out"
    elif lookup.verb in NOW:
        fresh = frame.rulebook.concepts[episode.concept].fresh
        if episode.shown_by_result:
            kind, happened = "stale", f"is older than {fresh}"
        elif before.truth is FALSE and is_open and not nothing_new:
            kind, happened = "stale", f"ended more than {fresh} ago, so another may have begun"
        else:
            kind, happened = "stale" if nothing_new else "end", "may have ended" if is_open else "is over"
    elif lookup.scope is None:
        kind, happened = "other", "comes to count otherwise"
    elif begins:
        kind, happened = "window", f"may lie within {window}" if is_open else f"enters {window}"
    else:
        leaves = f"may lie outside {window}" if is_open else f"leaves {window}"
        kind, happened = "stale" if nothing_new else "window", leaves
    return _cause(kind, episode, happened, frame)


def _window(scope: Scope, frame: Frame) -> str:
    """A window as a thing that can be left: `the 30 days`, `the time within 7 days before the last onset of fever`."""
    if scope.anchor == "clock" and scope.ahead == NO_TIME and scope.back is not None:
        return f"the {_several(scope.back)}"
    if scope.anchor == "clock" and scope.back == NO_TIME and scope.ahead is not None:
        return f"the next {_several(scope.ahead)}"
    return f"the time{in_time(scope, frame.rulebook)}"


def _several(length: Duration) -> str:
    return str(length) if length.count != 1 else length.unit[:-1]


# ---- facts


_KINDS_OF: dict[RecordList, str] = {"allergies": "allergy to ", "family_history": "family history of "}


def _cause(kind: CauseKind, fact: Fact | Given, happened: str, frame: Frame) -> Cause:
    """A cause that is about a fact, with the fact's name and time."""
    rulebook = frame.rulebook
    match fact:
        case Result():
            return Cause(kind, lowered(rulebook.fact(fact.fact).title), _of(fact.when), happened)
        case Episode(shown_by_result=True):
            title = lowered(rulebook.concepts[fact.concept].title)
            return Cause(kind, f"{title} shown by the result", _of(fact.asserted), happened)
        case Episode():
            plan = "planned " if fact.list == "plans" else ""
            return Cause(kind, f"{plan}{_title(fact, frame)}", _time(fact), happened)
        case Absence():
            return Cause(kind, f"absence of {_title(fact, frame)}", _of(fact.when), happened)
        case Answer():
            return Cause(kind, "the answer", _of(fact.when), happened)
        case Given(source="complete"):
            return Cause(kind, f"the complete list of {fact.name.replace('_', ' ')}", "", happened)
        case Given():
            return Cause(kind, fact.name.replace("_", " "), "", happened)


def _title(entry: Episode | Absence, frame: Frame) -> str:
    return _KINDS_OF.get(entry.list, "") + lowered(frame.rulebook.concepts[entry.concept].title)


def _time(episode: Episode) -> str:
    start, end = episode.start, episode.end
    if end is not None and (start is None or start.text != end.text):
        return f"until {_day(end)}"
    if start is not None and start.text and episode.ongoing and episode.list != "plans":
        return f"since {_day(start)}"
    return _of(start) or "(undated)"


def _of(moment: Moment | None) -> str:
    return f"of {_day(moment)}" if moment is not None and moment.text else ""


def _day(moment: Moment) -> str:
    """The day as recorded, without a time of day: labs of one day stand together. That it was not recorded stays."""
    day, _, rest = moment.text.replace("T", " ").partition(" ")
    return moment.text if rest.startswith("(") else day
