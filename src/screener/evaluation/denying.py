"""What shows that the record lacks no entry of a concept: a complete list, an absence, a resolved entry, the other sex,
or an excluding rule.

No ascites on record, and conditions declared complete: the list denies ascites, where the dictionary says that a list
can. `no ascites` on 15 February denies it on that day and for as long as such a statement is carried forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import get_args

from screener.evaluation.answers import Found, Given, Judged, Measured, Reason
from screener.evaluation.frame import Denial, Frame, Kind, PreparedLookup
from screener.evaluation.instants import Stretch, ahead_of, fresh_until, not_after
from screener.evaluation.standing import standing_of
from screener.records.patient import Absence, Episode
from screener.rulebook import Concept, RecordList, Truthful
from screener.values.dates import BEGINNING, DAY, day_shifted, on_day
from screener.values.truth import FALSE, TRUE, UNKNOWN

Judge = Callable[[Truthful, Frame], Judged]
Shows = tuple[Absence | Episode | Given, ...]


def denied_by(
    asked: PreparedLookup, kind: Kind, stretch: Stretch, last_day: int, frame: Frame, judge: Judge
) -> Shows | None:
    """What shows that nothing but the episodes on record can be a concept that is asked about; None if nothing does."""
    denied = denied_without_list(asked, kind, stretch, frame, judge)
    if denied is None and list_settles(asked, kind, last_day, frame):
        denied = (on_complete_list(asked.list, assumed=is_assumed(kind, asked.list, frame)),)
    return denied


def days_asked(asked: PreparedLookup, stretch: Stretch, frame: Frame) -> tuple[int, int]:
    """The first and the last day that a lookup is about."""
    if asked.is_of_the_day:
        return frame.day, frame.day
    return stretch.first_start // DAY, stretch.last_end // DAY


# ---- complete lists


@cache
def on_complete_list(list_: RecordList, *, assumed: bool) -> Given:
    """That a list is complete, by the record's word or by the user's."""
    return Given(list_, "assumed complete" if assumed else "declared complete", "complete")


def list_settles(asked: PreparedLookup, kind: Kind, day: int, frame: Frame) -> bool:
    """Whether the list that is asked denies a concept, and nobody said by a yes that it is there."""
    return asked.lookup.name not in frame.affirmed and list_denies(kind, asked.list, day, frame)


def list_denies(kind: Kind, list_: RecordList, day: int, frame: Frame) -> bool:
    """Whether a complete list denies a concept up to a day.

    Three things must hold. The dictionary allows it for the concept or a broader one; the list is still current on that
    day; and the results and lists that it needs are at hand. Family history and plans need none.
    """
    if list_ not in frame.complete and list_ not in frame.patient.none_known_on:
        return False
    needs_nothing = list_ in ("family_history", "plans")
    return any(
        speaks_for(list_, concept, day, frame)
        and (needs_nothing or all(_is_at_hand(needed, concept, day, frame) for needed in concept.denied_with))
        for concept in kind.deniable
    )


def denied_by_old_list(kind: Kind, list_: RecordList, frame: Frame) -> bool:
    """Whether a list that is too old for the clock's day denied a concept on the day that it speaks of."""
    own_day = frame.patient.as_of
    return own_day is not None and own_day < frame.day and list_denies(kind, list_, own_day, frame)


def speaks_for(list_: RecordList, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether a list is complete, and still so for a day: what the user assumes is of today."""
    return list_ in frame.assumed or _speaks_of_its_own(list_, concept, day, frame)


def _speaks_of_its_own(list_: RecordList, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether the record itself says that the list is complete, or that there is nothing on it, and whether that
    statement is still fresh on this day. It is carried forward like an absence of the concept."""
    patient = frame.patient
    if list_ in patient.complete:
        own_day = patient.as_of
        if own_day is None or day <= own_day or day <= day_shifted(own_day, concept.fresh, 1):
            return True
    none_known_on = patient.none_known_on.get(list_)
    return none_known_on is not None and any(
        each <= frame.as_of and day <= day_shifted(each, concept.fresh, 1) for each in none_known_on
    )


def is_assumed(kind: Kind, list_: RecordList, frame: Frame) -> bool:
    """Whether a list denies a concept only because the user takes it as complete."""
    return list_ in frame.assumed and not any(
        _speaks_of_its_own(list_, each, frame.day, frame) for each in kind.deniable
    )


def _is_at_hand(needed: str, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether a list is complete, or a lab or finding has a result that can be used and is fresh."""
    if (list_ := _LISTS.get(needed)) is not None:
        return speaks_for(list_, concept, day, frame)
    at_hand = frame.at_hand.get(needed)
    if at_hand is None:
        at_hand = frame.at_hand[needed] = _has_fresh_result(needed, frame)
    return at_hand


def _has_fresh_result(fact: str, frame: Frame) -> bool:
    """Whether a lab or finding has a result that can be used and is certainly fresh on the clock's day: by the
    dictionary, and by the call or the trial, too. A creatinine of three weeks ago denies no kidney injury of today,
    however long labs may count for a limit."""
    lengths = {frame.rulebook.fact(fact).fresh, frame.freshness_of(fact)}
    stretches = [fresh_until(frame.day, length) for length in lengths]
    for result in frame.patient.results.get(fact, ()):
        if result.unusable is not None or (result.when is None and not result.is_current):
            continue
        when = on_day(frame.as_of) if result.when is None else not_after(result.when, frame.as_of)
        if when is not None and all(stretch.holds(when) is TRUE for stretch in stretches):
            return True
    return False


_LISTS: dict[str, RecordList] = {each: each for each in get_args(RecordList)}


# ---- what lists alone say


def said_by_list(asked: PreparedLookup, frame: Frame) -> tuple[Given | Reason, ...]:
    """For each concept that is asked about, the complete list that denies it up to the clock, or why none does: all
    that there is to say if no entry or absence is about any of them."""
    list_, day = asked.list, frame.day
    return tuple(
        [
            on_complete_list(list_, assumed=is_assumed(kind, list_, frame))
            if list_denies(kind, list_, day, frame)
            else "stale"
            if denied_by_old_list(kind, list_, frame)
            else "missing"
            for kind in asked.kinds
        ]
    )


def unmentioned(asked: PreparedLookup, said: tuple[Given | Reason, ...]) -> Found:
    """The answer if no entry or absence says anything about what is asked, and this is said by its list."""
    by_name = dict(zip(asked.names, said, strict=True))
    lacking = {name: each for name, each in by_name.items() if not isinstance(each, Given)}
    denying = tuple(dict.fromkeys([each for each in by_name.values() if isinstance(each, Given)]))
    return Found(
        asked.lookup.name,
        asked.lookup,
        truth=UNKNOWN if lacking else FALSE,
        used=denying,
        reasons=tuple(dict.fromkeys(lacking.values())),
        assumed=not lacking and on_complete_list(asked.list, assumed=True) in denying,
        may_lack=bool(lacking),
        lacking=tuple(lacking),
    )


def why_lacking(asked: PreparedLookup, kind: Kind, frame: Frame) -> Reason:
    """Why the record may lack an entry of a concept. The other sex would rule it out, if nothing contradicted it; so
    would a list, if nobody had said yes to a question about it."""
    list_ = asked.list
    if list_ != "family_history" and is_of_other_sex(kind, frame):
        return "conflict"
    if asked.lookup.name in frame.affirmed and list_denies(kind, list_, frame.day, frame):
        return "conflict"
    if _is_denied_without_a_day(kind, list_, frame):
        return "undated"
    return "stale" if denied_by_old_list(kind, list_, frame) else "missing"


def _is_denied_without_a_day(kind: Kind, list_: RecordList, frame: Frame) -> bool:
    """Whether a record without a day of its own says, without a date, that something is absent."""
    absences = frame.patient.absences
    if frame.patient.as_of is not None or not absences:
        return False
    return any(
        absence.when is None and absence.list == list_ for each in kind.upward for absence in absences.get(each, ())
    )


# ---- absences, resolved entries, sex, an excluding rule


def denied_without_list(
    asked: PreparedLookup, kind: Kind, stretch: Stretch, frame: Frame, judge: Judge
) -> Shows | None:
    """What, apart from a complete list, shows that only the episodes on record can be a concept."""
    concept = kind.concept
    is_of_family = asked.list == "family_history"
    if concept.only_if is not None and not is_of_family and is_of_other_sex(kind, frame) and not frame.against_sex:
        return (Given("sex", str(frame.patient.sex), "sex"),)
    if frame.cleared and (asked.lookup.name, concept.name) in frame.cleared:
        return (Given(concept.name, "supposed absent", "supposed"),)
    covering: Shows = _covering(asked, kind, stretch, frame) if frame.denials else ()
    if not covering and asked.tense == "now":
        covering = _resolved(asked.list, kind, frame)
    if covering or concept.ruled_out is None or is_of_family:
        return covering or None
    ruled_out = judge(concept.ruled_out, frame)
    return grounds_of(ruled_out) if ruled_out.truth is TRUE else None


def is_of_other_sex(kind: Kind, frame: Frame) -> bool:
    """Whether a concept is only for the sex that is not on record."""
    only_if = kind.concept.only_if
    return only_if is not None and frame.patient.sex not in (None, only_if)


def grounds_of(judged: Judged) -> tuple[Episode | Given, ...]:
    """The facts that make an excluding rule true: those of its true parts."""
    found: dict[Episode | Given, None] = {}
    for part in judged.parts:
        if isinstance(part, Judged) and part.truth is TRUE:
            found.update(dict.fromkeys(grounds_of(part)))
        elif isinstance(part, Found) and part.truth is TRUE:
            found.update((each, None) for each in part.used if isinstance(each, Episode | Given))
        elif isinstance(part, Measured):
            found.update((each, None) for each in _measured_from(part))
    return tuple(found) or (Given("ruled out", "ruled out", ""),)


def _measured_from(measured: Measured) -> Iterator[Given]:
    for part in measured.parts:
        if isinstance(part, Found):
            yield from (each for each in part.used if isinstance(each, Given))
        elif isinstance(part, Measured):
            yield from _measured_from(part)


def _covering(asked: PreparedLookup, kind: Kind, stretch: Stretch, frame: Frame) -> tuple[Absence, ...]:
    """The absences of a concept, or of broader ones, that together cover all the time that is asked about; none if they
    do not."""
    by_name = frame.denials
    if by_name.keys().isdisjoint(kind.upward):
        return ()
    denials = [
        denial
        for name in kind.upward
        for denial in by_name.get(name, ())
        if denial.absence.list == asked.list and not denial.absence.doubtful and _reaches(denial.absence, asked, frame)
    ]
    if not denials:
        return ()
    first_day, last_day = days_asked(asked, stretch, frame)
    covering: list[Absence] = []
    reached = first_day
    for since, until, absence in sorted(
        ((*_spoken_for(denial, frame), denial.absence) for denial in denials), key=lambda each: each[:2]
    ):
        if since <= reached and until >= reached:
            covering.append(absence)
            reached = until + 1
    return tuple(covering) if reached > last_day else ()


def _spoken_for(denial: Denial, frame: Frame) -> tuple[int, int]:
    """The days that an absence certainly speaks for: from its date (a passing state), from a day that it states, or
    since ever; carried forward for as long as the dictionary says. A passing state at a later day than the clock is not
    seen."""
    if denial.is_of_its_day and denial.since > frame.day:
        return denial.since, BEGINNING // DAY
    fresh = frame.kinds[denial.absence.concept].concept.fresh
    return denial.since, day_shifted(denial.when.first_day, fresh, 1)


def _reaches(absence: Absence, asked: PreparedLookup, frame: Frame) -> bool:
    """Whether a denied plan is denied for all the time ahead that is asked about."""
    if absence.until is None or asked.tense != "ahead":
        return True
    return ahead_of(frame.day, asked.lookup.scope).last_end // DAY <= absence.until.first_day


def _resolved(list_: RecordList, kind: Kind, frame: Frame) -> tuple[Episode, ...]:
    """The entries that say that a condition, or a broader one, is over."""
    on_record = frame.patient.episodes
    if kind.concept.kind != "condition" or on_record.keys().isdisjoint(kind.upward):
        return ()
    return tuple(
        [
            episode
            for each in kind.upward
            for episode in on_record.get(each, ())
            if episode.list == list_ and standing_of(episode, frame).is_over()
        ]
    )
