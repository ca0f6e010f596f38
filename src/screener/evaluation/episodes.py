"""Reading conditions, procedures, drugs and events: what began, held, ended, never was, or is not known.

A truth about them is the OR over the episodes on record, plus UNKNOWN where the record may lack one. Two things rule
out anything further: a complete list, or an explicit absence that covers the time the rule is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from itertools import combinations, product
from typing import get_args

from screener.evaluation.answers import Found, Given, Judged, Measured, Reason
from screener.evaluation.frame import DONE, Denial, Frame, Over, Shelf
from screener.evaluation.instants import Stretch, ahead_of, fresh_until, not_after, up_to
from screener.records.derived import speaks_until
from screener.records.patient import Absence, Episode
from screener.rulebook import (
    AHEAD,
    BEGAN,
    NOW,
    TIMELESS,
    VERBS,
    Concept,
    EventLookup,
    OnsetLookup,
    Qualified,
    RecordList,
    SexIs,
    Truthful,
)
from screener.values.dates import BEGINNING, DAY, END, Moment, day_shifted, earliest_of, latest_of, on_day
from screener.values.numerals import ROMAN
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, negation, truth_of

Judge = Callable[[Truthful, Frame], Judged]
Cleared = dict[str, tuple[Absence | Episode | Given, ...] | None]


class Part:
    """One episode's share in an answer, with the rules that were judged for it."""

    __slots__ = ("episode", "judged", "reasons", "truth")

    def __init__(
        self, episode: Episode, truth: Truth, reasons: tuple[Reason, ...], judged: tuple[Judged, ...] = ()
    ) -> None:
        self.episode = episode
        self.truth = truth
        self.reasons = reasons
        self.judged = judged


def happened(lookup: EventLookup, stretch: Stretch | None, anchor: Found | None, frame: Frame, judge: Judge) -> Found:
    """Whether something happened, holds or is planned. `stretch` None: its anchor is not known to have happened."""
    if stretch is None:
        return Found(lookup.name, lookup, truth=UNKNOWN, reasons=anchor.reasons if anchor else (), anchor=anchor)
    if stretch.is_empty:
        return Found(lookup.name, lookup, truth=FALSE, used=anchor.used if anchor else (), anchor=anchor)
    parts = _parts(lookup, stretch, frame, judge)
    on_record = _on_record(lookup, parts, frame)
    if on_record is TRUE:
        return _answer(lookup, TRUE, parts, {}, anchor, frame, conflict=False)
    last_day = _days_asked(lookup, stretch, frame)[1]
    cleared = {what.concept: _clearing(lookup, what.concept, stretch, last_day, frame, judge) for what in lookup.what}
    truth, conflict = on_record, False
    if None in cleared.values():
        truth = UNKNOWN
    elif on_record is UNKNOWN:
        conflict = any(isinstance(fact, Absence) for clearing in cleared.values() if clearing for fact in clearing)
    return _answer(lookup, truth, parts, cleared, anchor, frame, conflict=conflict)


def _parts(lookup: EventLookup, stretch: Stretch, frame: Frame, judge: Judge) -> list[Part]:
    """What each episode says."""
    episodes = _related_episodes(lookup, frame)
    if not episodes:
        return []
    time_alone = asks_for_time_alone(lookup)
    parts: list[Part] = []
    for episode in episodes:
        if time_alone and _is_plain(episode, frame):
            truth, reasons = _in_time(lookup, episode, stretch, frame)
            parts.append(Part(episode, truth, reasons if truth is UNKNOWN else ()))
        else:
            parts.append(_part(lookup, episode, stretch, frame, judge))
    return parts


def asks_for_time_alone(lookup: EventLookup) -> bool:
    """Whether a lookup asks nothing about an episode except what it is and when it was."""
    if lookup.exceptions or lookup.beside is not None:
        return False
    return not any(what.qualifiers for what in lookup.what)


def happens(
    lookup: EventLookup, stretch: Stretch | None, frame: Frame, judge: Judge, *, time_alone: bool = False
) -> Truth:
    """The truth of what `happened` finds. It asks nothing that no longer matters. `time_alone`: see
    `asks_for_time_alone`."""
    if stretch is None:
        return UNKNOWN
    if stretch.is_empty:
        return FALSE
    episodes = _related_episodes(lookup, frame)
    on_record = FALSE
    if lookup.times > 1:
        on_record = _on_record(lookup, _parts(lookup, stretch, frame, judge), frame)
    else:
        for episode in episodes:
            if on_record is UNKNOWN and episode.doubtful:
                continue  # what is doubtful is never certain
            if time_alone and _is_plain(episode, frame):
                truth = _in_time(lookup, episode, stretch, frame)[0]
            else:
                truth = _part(lookup, episode, stretch, frame, judge).truth
            if truth is TRUE:
                return TRUE
            if truth is UNKNOWN:
                on_record = UNKNOWN
    if on_record is not FALSE:
        return on_record
    last_day = _days_asked(lookup, stretch, frame)[1]
    for what in lookup.what:
        name = what.concept
        if not (list_denies(name, lookup, last_day, frame) or _cleared(lookup, name, stretch, frame, judge)):
            return UNKNOWN
    return FALSE


def _on_record(lookup: EventLookup, parts: list[Part], frame: Frame) -> Truth:
    """What the episodes on record say together, whatever else the record may lack."""
    if lookup.times == 1:
        return any_of([part.truth for part in parts])
    if lookup.verb in TIMELESS:
        return _of_so_many_things(lookup, parts, frame)
    return _on_so_many_days(lookup, parts, frame)


def _on_so_many_days(lookup: EventLookup, parts: list[Part], frame: Frame) -> Truth:
    """Whether it began on that many different days. Two entries of one day may be one thing written down twice. A
    procedure that may have lasted longer than a day may stand for any number. A drug is given on every day of its
    course."""
    possible = 0
    certain: list[Moment] = []
    is_course = False
    for part in parts:
        start = not_after(_start(part.episode, frame), frame.as_of)
        if part.truth is FALSE or start is None:
            continue
        one_day = lookup.list not in ("procedures", "medications") or _was_of_one_day(part.episode)
        possible += 1 if one_day else lookup.times
        if part.truth is TRUE:
            certain.append(start)
            is_course = is_course or _days_of_course(lookup, part.episode, start, frame) >= lookup.times
    if is_course or _fewest_days(certain) >= lookup.times:
        return TRUE
    return UNKNOWN if possible >= lookup.times else FALSE


def _of_so_many_things(lookup: EventLookup, parts: list[Part], frame: Frame) -> Truth:
    """Whether the entries are of that many different things. Two entries that share a code are of one thing; two that
    have no code system in common may be.

    Of two things at least are `interferon`, `terlipressin` and `any drug`: the last may be one of the first two, and
    those differ. `interferon` and `interferon` may be one, written down twice.
    """
    certain = _grouped([part.episode for part in parts if part.truth is TRUE], _share_a_code)
    alike = {frozenset((each.concept, each.called, each.codings) for each in group): group for group in certain}
    for some in combinations(alike.values(), lookup.times):
        if not any(_may_be_one_thing(*both, frame) for pair in combinations(some, 2) for both in product(*pair)):
            return TRUE
    possible = [part.episode for part in parts if part.truth is not FALSE]
    return UNKNOWN if len(_grouped(possible, _share_a_code)) >= lookup.times else FALSE


def _grouped(episodes: list[Episode], belong: Callable[[Episode, Episode], bool]) -> list[list[Episode]]:
    """The entries in groups: those that belong together, directly or by way of others."""
    groups: list[list[Episode]] = []
    for episode in episodes:
        near = [group for group in groups if any(belong(episode, each) for each in group)]
        groups = [group for group in groups if group not in near]
        groups.append([episode, *(each for group in near for each in group)])
    return groups


def _share_a_code(one: Episode, other: Episode) -> bool:
    return not one.codings.isdisjoint(other.codings)


def _may_be_one_thing(one: Episode, other: Episode, frame: Frame) -> bool:
    """Whether two entries may be of the same thing: they share a code, or have none in a system that both use, and what
    they are filed under does not part them, nor do their words where both have nothing else."""
    if not (one.codings or other.codings) and one.concept == other.concept:
        return one.called.casefold() == other.called.casefold()
    concepts = frame.rulebook.concepts
    kin = {one.concept, *concepts[one.concept].narrower} & {other.concept, *concepts[other.concept].narrower}
    systems = {system for system, _ in one.codings} & {system for system, _ in other.codings}
    return _share_a_code(one, other) or (bool(kin) and not systems)


def _days_of_course(lookup: EventLookup, episode: Episode, start: Moment, frame: Frame) -> int:
    """On how many days a drug was at least given in one course."""
    if lookup.list != "medications" or episode.end is None:
        return lookup.times if lookup.list == "medications" and episode.ongoing else 1
    return _end(episode, start, frame).first_day - start.last_day + 1


def _was_of_one_day(episode: Episode) -> bool:
    """Whether a procedure or a course of a drug began and ended on the same day, whatever times of day it states."""
    start, end = episode.start, episode.end
    return start is not None and end is not None and start.first_day == start.last_day == end.first_day == end.last_day


def _fewest_days(moments: list[Moment]) -> int:
    """On how many different days these must at least lie: the fewest days that meet them all."""
    count, reached = 0, -1
    for moment in sorted(moments, key=lambda each: each.last_day):
        if moment.first_day > reached:
            count, reached = count + 1, moment.last_day
    return count


def said_by_list(lookup: EventLookup, frame: Frame) -> tuple[Given | Reason, ...]:
    """For each concept that is asked about, the complete list that denies it up to the clock, or why none does: all
    that there is to say if no entry or absence is about any of them."""
    return tuple([_said_by_list(what.concept, lookup, frame) for what in lookup.what])


def _said_by_list(name: str, lookup: EventLookup, frame: Frame) -> Given | Reason:
    if list_denies(name, lookup, frame.day, frame):
        return on_complete_list(lookup.list, assumed=_is_assumed(lookup.list, name, frame))
    return "stale" if denied_by_old_list(name, lookup, frame) else "missing"


def unmentioned(lookup: EventLookup, said: tuple[Given | Reason, ...]) -> Found:
    """The answer if no entry or absence says anything about what is asked, and this is said by its list."""
    by_name = {what.concept: each for what, each in zip(lookup.what, said, strict=True)}
    lacking = {name: each for name, each in by_name.items() if not isinstance(each, Given)}
    denying = tuple(dict.fromkeys([each for each in by_name.values() if isinstance(each, Given)]))
    return Found(
        lookup.name,
        lookup,
        truth=UNKNOWN if lacking else FALSE,
        used=denying,
        reasons=tuple(dict.fromkeys(lacking.values())),
        assumed=not lacking and on_complete_list(lookup.list, assumed=True) in denying,
        may_lack=bool(lacking),
        lacking=tuple(lacking),
    )


@cache
def on_complete_list(list_: RecordList, *, assumed: bool) -> Given:
    """That a list is complete, by the record's word or by the user's."""
    return Given(list_, "assumed complete" if assumed else "declared complete", "complete")


def _is_of_other_sex(name: str, frame: Frame) -> bool:
    """Whether a concept is only for the sex that is not on record."""
    only_if = frame.rulebook.concepts[name].only_if
    return only_if is not None and frame.patient.sex is not None and frame.patient.sex != only_if


def _answer(
    lookup: EventLookup,
    truth: Truth,
    parts: list[Part],
    cleared: Cleared,
    anchor: Found | None,
    frame: Frame,
    *,
    conflict: bool,
) -> Found:
    reasons: dict[Reason, None] = {}
    used: dict[Episode | Absence | Given, None] = {}
    judged: tuple[Judged, ...] = ()
    lacking = tuple([name for name, clearing in cleared.items() if clearing is None])
    if parts:
        relevant = parts
        if truth is TRUE:
            relevant = [part for part in parts if part.truth is TRUE]
        elif truth is UNKNOWN:
            # What certainly does not count has no part in what is open.
            relevant = [part for part in parts if part.truth is not FALSE]
        used = dict.fromkeys([part.episode for part in relevant])
        judged = tuple([each for part in relevant for each in part.judged])
    if truth is UNKNOWN:
        for part in parts:
            if part.truth is UNKNOWN:
                reasons.update(dict.fromkeys(part.reasons))
        for name in lacking:
            reasons[_why_lacking(name, lookup, frame)] = None
        if conflict and not reasons:
            reasons["conflict"] = None
        if lookup.times > 1 and not reasons:
            reasons["unspecific" if lookup.verb in TIMELESS else "imprecise_date"] = None
    if truth is UNKNOWN and any(_is_of_other_sex(name, frame) for name in lacking):
        used |= dict.fromkeys((Given("sex", str(frame.patient.sex), "sex"), *frame.against_sex))
    if truth is not TRUE:
        for clearing in cleared.values():
            if clearing is not None:
                for fact in clearing:
                    used[fact] = None
    is_assumed = truth is FALSE and any(_is_assumed(lookup.list, what.concept, frame) for what in lookup.what)
    return Found(
        lookup.name,
        lookup,
        truth=truth,
        used=tuple(used),
        reasons=tuple(reasons),
        assumed=is_assumed,
        may_lack=bool(lacking),
        lacking=lacking,
        anchor=anchor,
        parts=judged,
    )


def _why_lacking(name: str, lookup: EventLookup, frame: Frame) -> Reason:
    """Why the record may lack an entry of a concept. The other sex would rule it out, if nothing contradicted it."""
    if lookup.list != "family_history" and _is_of_other_sex(name, frame):
        return "conflict"
    if _is_denied_without_a_day(name, lookup, frame):
        return "undated"
    return "stale" if denied_by_old_list(name, lookup, frame) else "missing"


def _is_denied_without_a_day(name: str, lookup: EventLookup, frame: Frame) -> bool:
    """Whether a record without a day of its own says, without a date, that something is absent."""
    absences = frame.patient.absences
    if frame.patient.as_of is not None or not absences:
        return False
    return any(
        absence.when is None and absence.list == lookup.list
        for each in frame.kinds[name].upward
        if each in absences
        for absence in absences[each]
    )


def present_state(concept: str, frame: Frame) -> Found:
    """Whether a condition holds at the clock."""
    return happened(_current(concept), up_to(frame.day), None, frame, _no_rule)


def entries_of_the_present(concept: str, frame: Frame) -> list[Episode]:
    """The entries by which a condition holds, or may hold, at the clock."""
    parts = _parts(_current(concept), up_to(frame.day), frame, _no_rule)
    return [each.episode for each in parts if each.truth is not FALSE and not each.episode.shown_by_result]


def _current(concept: str) -> EventLookup:
    return EventLookup(f"current {concept}", "current", "conditions", (Qualified(concept),))


def _no_rule(rule: Truthful, frame: Frame) -> Judged:
    raise AssertionError("a state has no rule beside it")


def _suits_sex(episode: Episode, frame: Frame) -> Judged | None:
    """Whether a concept of one sex can be this patient's; None for a concept of either, and for the family's.

    A record's sex is administrative: what is on record of the other sex contradicts it, and neither of the two wins.
    """
    concept = frame.rulebook.concepts[episode.concept]
    if concept.only_if is None or episode.list == "family_history":
        return None
    sex = frame.patient.sex
    if sex is None:
        unknown = Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True)
        return Judged(SexIs(concept.only_if), UNKNOWN, (unknown,))
    truth = truth_of(sex == concept.only_if)
    if truth is FALSE and frame.against_sex:
        other = Found("sex", truth=UNKNOWN, used=(Given("sex", sex, "sex"),), reasons=("conflict",))
        return Judged(SexIs(concept.only_if), UNKNOWN, (other,))
    return Judged(SexIs(concept.only_if), truth, (Found("sex", truth=truth, used=(Given("sex", sex, "sex"),)),))


# ---- which episodes


def _related_episodes(lookup: EventLookup, frame: Frame) -> Sequence[Episode]:
    """The episodes on record that are, or may be, what is asked; each once, in the record's order."""
    known = frame.related.get(lookup.name)
    if known is None:
        names = [what.concept for what in lookup.what if what.concept in frame.concerned]
        shelf: Shelf = DONE if VERBS[lookup.verb].reads_plans else lookup.list
        known = frame.related[lookup.name] = _related_to(names, shelf, frame) if names else ()
    return known


def _related_to(names: list[str], shelf: Shelf, frame: Frame) -> Sequence[Episode]:
    lists: tuple[RecordList, ...] = ("procedures", "plans") if shelf == "done" else (shelf,)
    open_lists = [list_ for list_ in lists if list_ in frame.patient.may_be]
    if len(names) == 1 and not open_lists:
        return frame.that_are(names[0], shelf)
    related: dict[int, Episode] = {}
    for name in names:
        for entry in frame.that_are(name, shelf):
            related[id(entry)] = entry
        for list_ in open_lists:
            for entry in frame.that_may_be(name, list_):
                related[id(entry)] = entry
            if frame.kinds[name].has_lasting_kinds:
                for entry in list(_that_may_be_kinds(frame.kinds[name].concept, list_, frame, related.values())):
                    related[id(entry)] = entry
    return list(related.values())


def _that_may_be_kinds(
    concept: Concept, list_: RecordList, frame: Frame, related: Collection[Episode]
) -> Iterator[Episode]:
    """The entries that may be a lasting kind of something acute. An acute condition is its onset day alone, but one of
    its kinds need not be. If an entry certainly is the acute thing, its own dates are known."""
    certain = {episode.source for episode in related if not episode.only_may_be}
    for name in concept.narrower:
        if not frame.kinds[name].is_acute:
            yield from (entry for entry in frame.that_may_be(name, list_) if entry.source not in certain)


def _matches(
    episode: Episode, wanted: Qualified, frame: Frame, *, or_may_be: bool = False
) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether an episode is what is asked for. `or_may_be`: its entry may be that, too, though it is read as something
    else: then only what is left out for it is open, for it has a reading of its own where it is asked for."""
    is_a = truth_of(episode.concept in frame.kinds[wanted.concept].is_of)
    if is_a is FALSE and or_may_be and wanted.concept in episode.may_be:
        is_a = UNKNOWN
    if not wanted.qualifiers:
        return is_a, ("unspecific",)
    qualified = all_of([_has(episode, qualifier, wanted.stages, frame) for qualifier in wanted.qualifiers])
    return all_of((is_a, qualified)), ("unspecific",) if is_a is UNKNOWN else ("missing",)


def _has(episode: Episode, qualifier: str, stages: Sequence[str], frame: Frame) -> Truth:
    """Whether an episode has a qualifier; what the record does not state is UNKNOWN, and resolved is not cured. What is
    said to go on is neither, as long as that speaks."""
    goes_on = episode.ongoing and episode.status is not None
    match qualifier:
        case "cured":
            if episode.cured is None:
                return FALSE if goes_on and not _no_longer_speaks(episode, frame) else UNKNOWN
            return truth_of(episode.cured)
        case "resolved":
            if episode.ended:
                return TRUE
            return FALSE if goes_on and not _no_longer_speaks(episode, frame) else UNKNOWN
        case "severe":
            return UNKNOWN if episode.severity is None else truth_of(episode.severity == "severe")
        case "uncontrolled":
            return UNKNOWN if episode.controlled is None else truth_of(not episode.controlled)
        case "stage":
            return _is_of_stage(episode.stage, stages)
        case _:
            raise AssertionError(f"no such qualifier: {qualifier}")


def _is_of_stage(stage: str | None, stages: Sequence[str]) -> Truth:
    """Whether a stage is one of these. The record's stages stand in Roman numerals; what is none may mean any."""
    if stage in stages:
        return TRUE
    return FALSE if stage in ROMAN else UNKNOWN


# ---- one episode


def _part(lookup: EventLookup, episode: Episode, stretch: Stretch, frame: Frame, judge: Judge) -> Part:
    """What one episode says."""
    matching, matching_reasons = _matches_any(lookup, episode, frame)
    if matching is FALSE:
        return Part(episode, FALSE, ())
    in_time, time_reasons = _in_time(lookup, episode, stretch, frame)
    if in_time is TRUE and _may_have_begun_later(episode, frame):
        in_time, time_reasons = UNKNOWN, ("imprecise_date",)
    reasons: tuple[Reason, ...] = ()
    if matching is UNKNOWN:
        reasons += matching_reasons
    if in_time is UNKNOWN:
        reasons += time_reasons
    truth = all_of((matching, in_time))
    suits = _suits_sex(episode, frame)
    if truth is FALSE or not (lookup.exceptions or lookup.beside or episode.doubtful or suits):
        return Part(episode, truth, reasons if truth is UNKNOWN else ())
    truths = [truth]
    if lookup.exceptions:
        spared, exception_reasons = _is_spared(lookup, episode, frame)
        truths.append(spared)
        reasons += exception_reasons
    if episode.doubtful:
        truths.append(UNKNOWN)
        reasons += (episode.unusable or "missing",)
    judged = [] if suits is None else [suits]
    if lookup.beside is not None and all_of(truths) is not FALSE:
        judged.append(judge(lookup.beside, frame.beside(_start(episode, frame))))
    truth = all_of([*truths, *(each.truth for each in judged)])
    return Part(episode, truth, tuple(dict.fromkeys(reasons)) if truth is UNKNOWN else (), tuple(judged))


def _is_plain(episode: Episode, frame: Frame) -> bool:
    """Whether only its time can keep an episode from being what is asked."""
    plain = frame.plain.get(id(episode))
    if plain is None:
        is_certain = not episode.doubtful and episode.unusable is None and not _may_have_begun_later(episode, frame)
        of_either_sex = frame.kinds[episode.concept].concept.only_if is None
        plain = frame.plain[id(episode)] = (episode, is_certain and of_either_sex)
    return plain[1]


def _may_have_begun_later(episode: Episode, frame: Frame) -> bool:
    """Whether an entry made after the day of screening may be about something that began after it, too: unless it
    states an onset, nobody knows."""
    made = episode.asserted if episode.start is not None else episode.asserted or episode.end
    if made is None or made.last_day <= frame.as_of:
        return False
    return episode.start is None or episode.start.last_day > frame.as_of


def _matches_any(lookup: EventLookup, episode: Episode, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether an episode is one of those asked for. One that only may be the concept is none if the concept is
    denied."""
    best = FALSE
    reasons: tuple[Reason, ...] = ()
    is_certain = not episode.doubtful and episode.unusable is None
    for wanted in lookup.what:
        if is_certain and not wanted.qualifiers and episode.concept in frame.kinds[wanted.concept].is_of:
            return TRUE, ()
        matches, why = _matches(episode, wanted, frame)
        if matches is FALSE or _is_none_of(episode, wanted, frame):
            continue
        if matches is TRUE:
            return TRUE, ()
        best, reasons = UNKNOWN, reasons + why
    return best, reasons


def _is_spared(lookup: EventLookup, episode: Episode, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether no exception leaves the episode out."""
    excepted = [
        _matches(episode, exception, frame, or_may_be=True)
        for exception in lookup.exceptions
        if not _is_none_of(episode, exception, frame)
    ]
    spared = negation(any_of([truth for truth, _ in excepted]))
    return spared, tuple([reason for truth, why in excepted if truth is UNKNOWN for reason in why])


def _is_none_of(episode: Episode, wanted: Qualified, frame: Frame) -> bool:
    """Whether an entry that only may be a concept cannot be it, because the record denies the concept for the time in
    which the entry began, on a day when it had begun and the entry was made. What a result only may show, a review
    alone denies so: a test that speaks against it is weighed by its day."""
    if not frame.denials:
        return False
    kind = frame.kinds[wanted.concept]
    may_be_shown = episode.concept in kind.is_of and not episode.only_may_be
    if may_be_shown and not episode.doubtful:
        return False
    start = not_after(_start(episode, frame), frame.as_of)
    if start is None:
        return False
    known_on = start.last_day if episode.asserted is None else max(start.last_day, episode.asserted.last_day)
    return any(
        (denial.absence.reviewed or not may_be_shown)
        and not denial.absence.doubtful
        and _since(denial, frame) <= start.first_day
        and known_on <= denial.when.first_day
        for denial in frame.that_deny(kind.concept, episode.list)
    )


def _in_time(lookup: EventLookup, episode: Episode, stretch: Stretch, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether the episode lies where the rule looks in time; if that is open, why."""
    if lookup.verb in TIMELESS:
        return _latest_word(episode, _is_known_by_the_clock(episode, frame), ("imprecise_date",), frame)
    if lookup.verb in AHEAD:
        return _planned_in(lookup, episode, frame)
    if episode.list == "plans":
        return (UNKNOWN, ("missing",)) if _may_have_come_true(episode, lookup, frame) else (FALSE, ())
    start = not_after(_start(episode, frame), frame.as_of)
    if start is None:
        return FALSE, ()
    if episode.shown_by_result and (visible := _visible(episode, frame)) is not TRUE:
        return visible, ("imprecise_date",)
    undated: tuple[Reason, ...] = ("undated",) if episode.start is None else ("imprecise_date",)
    if lookup.verb in BEGAN:
        in_time = stretch.holds(start)
        if in_time is TRUE and _contradicted_at_once(episode, start, frame):
            return UNKNOWN, ("conflict",)
        return in_time, undated
    if lookup.verb in NOW:
        return _in_the_present(episode, start, undated, frame)
    end = _end(episode, start, frame)
    in_time = stretch.overlaps(start, end)
    if in_time is FALSE:
        return FALSE, ()
    if in_time is TRUE:
        return (UNKNOWN, ("conflict",)) if _contradicted_at_once(episode, start, frame) else (TRUE, ())
    why: list[Reason] = list(undated) if start.last > stretch.first_end else []
    if end is not start and end.first < stretch.last_start:
        why.append("stale" if _no_longer_speaks(episode, frame) else _why_end_is_open(episode))
    return in_time, tuple(dict.fromkeys(why)) or undated


def _in_the_present(
    episode: Episode, start: Moment, undated: tuple[Reason, ...], frame: Frame
) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether the episode holds on the clock's day; asked of each only once a frame, whichever rule asks."""
    known = frame.present.get(id(episode))
    if known is None:
        end = _end(episode, start, frame)
        holds = _holds(episode, start, end, frame)
        if start.last_day <= frame.day and end is not start:
            is_stale = episode.shown_by_result or _no_longer_speaks(episode, frame)
            is_open = episode.end is None or episode.outlives_its_end
            undated = ("stale",) if is_stale else (_why_end_is_open(episode),) if is_open else undated
        known = frame.present[id(episode)] = (episode, *_latest_word(episode, holds, undated, frame))
    return known[1], known[2]


def _is_known_by_the_clock(episode: Episode, frame: Frame) -> Truth:
    """Whether an allergy had begun by the clock; what a family has, has no date."""
    if episode.asserted is not None and episode.asserted.first_day > frame.as_of:
        return UNKNOWN
    if episode.start is None or episode.list != "allergies":
        return TRUE
    start = not_after(episode.start, frame.as_of)
    return FALSE if start is None else up_to(frame.day).holds(start)


def _visible(episode: Episode, frame: Frame) -> Truth:
    """Whether the result that shows an episode was there by the clock; later facts are not seen. One of after the day
    of screening leaves open whether what it shows had begun by then."""
    shown = episode.asserted
    if shown is None:
        if frame.day == frame.as_of:
            return TRUE
        return FALSE if episode.ongoing else UNKNOWN
    end_of_day = frame.day * DAY + DAY - 1
    if shown.first > end_of_day:
        # After the day of screening: what it shows may have begun by then.
        return UNKNOWN if frame.day == frame.as_of else FALSE
    return TRUE if shown.last <= end_of_day or frame.day == frame.as_of else UNKNOWN


def _start(episode: Episode, frame: Frame) -> Moment:
    """When it began; on an unknown day up to the day of screening where nobody wrote that down."""
    return episode.start or Moment(BEGINNING, frame.as_of * DAY + DAY - 1)


def _end(episode: Episode, start: Moment, frame: Frame) -> Moment:
    """When it ended: on a day on record, not so far, or on an unknown day, which a later absence bounds. `start` is
    when it began, as far as that was by the day of screening."""
    if frame.kinds[episode.concept].is_acute:
        return start
    known = frame.ends.get(id(episode))
    if known is None:
        known = frame.ends[id(episode)] = (episode, _end_of_what_lasts(episode, start, frame))
    return known[1]


def _end_of_what_lasts(episode: Episode, start: Moment, frame: Frame) -> Moment:
    end = _stated_end(episode, start, frame)
    if episode.end is not None or end.first == END:
        return end
    contradicting = _contradicting(episode, frame)
    if not contradicting:
        return end
    spoken = _asserted(episode, frame)
    last = min(
        [
            end.last,
            *(
                each.when.last
                for each in contradicting
                if _asserted_against(each, episode, spoken, frame).is_before(each.when) and not each.absence.doubtful
            ),
        ]
    )
    last = max(start.first, last)
    return Moment(min(end.first, last), last)


def _stated_end(episode: Episode, start: Moment, frame: Frame) -> Moment:
    """When the entry itself says that it ended: not before it began, and not so far where it goes on, for as long as
    such a statement speaks. The day on which it was entered ends nothing; what was over when it was entered after the
    day of screening may have gone on until then."""
    over_by = frame.as_of
    if episode.asserted is not None:
        over_by = max(over_by, episode.asserted.last_day)
    if episode.end is not None:
        # What a result of after the day of screening says to be over may have gone on until then.
        is_over = episode.ended and not episode.shown_by_result
        end = (not_after(episode.end, over_by) if is_over else None) or episode.end
        if end.first >= start.first or start.is_before(end):
            return end
        return Moment(start.first, max(start.first, end.last), end.text)
    if episode.ongoing:
        until = _speaks_until(episode, frame)
        return Moment(END, END) if until is None else Moment(max(start.first, until * DAY + DAY - 1), END)
    first, last = start.first, END
    if episode.ended:
        longest = frame.rulebook.concepts[episode.concept].longest_course
        over_by = over_by if longest is None else day_shifted(start.last_day, longest, 1)
        last = over_by * DAY + DAY - 1
    if episode.shown_by_result and episode.asserted is not None:
        first = max(first, _asserted(episode, frame).first)
    return Moment(first, max(first, last))


def _speaks_until(episode: Episode, frame: Frame) -> int | None:
    """The last day on which a statement that something goes on speaks for itself; None if the record has to end it."""
    return speaks_until(episode, frame.rulebook.concepts[episode.concept], frame.patient.as_of)


def _no_longer_speaks(episode: Episode, frame: Frame) -> bool:
    """Whether a statement that something goes on is too old to speak for the clock's day."""
    if not episode.ongoing or episode.end is not None:
        return False
    until = _speaks_until(episode, frame)
    return until is not None and until < frame.day


def _certain_until(episode: Episode, frame: Frame) -> int | None:
    """The last day for which an entry certainly says that it is so, where it leaves open how long it went on after."""
    if episode.end is not None and episode.outlives_its_end:
        return episode.end.first_day
    return _speaks_until(episode, frame) if _no_longer_speaks(episode, frame) else None


def _why_end_is_open(episode: Episode) -> Reason:
    if episode.end is None:
        return "undated"
    return "conflict" if episode.outlives_its_end else "imprecise_date"


def _asserted(episode: Episode, frame: Frame) -> Moment:
    """When the record last says that it is so: the entry's own date, or for an open entry of what lasts the day of
    screening; of what passes, some time since it began, up to the record's own day."""
    if episode.asserted is not None:
        return not_after(episode.asserted, frame.as_of) or episode.asserted
    if episode.ongoing:
        if frame.rulebook.concepts[episode.concept].lasts is None or episode.shown_by_result:
            return on_day(frame.as_of)
        return _said_to_go_on(episode, frame)
    start = _start(episode, frame)
    return start if episode.end is None else _stated_end(episode, start, frame)


def _said_to_go_on(episode: Episode, frame: Frame) -> Moment:
    """When the status of an entry without a date was written, at some time from its beginning to the record's own day.
    A condition that passes was not said to go on after its statement ceased to speak, on whatever day of a partial
    date it began; one with a longest course is counted from its onset, and what an entry only may be is settled by a
    later word."""
    concept = frame.rulebook.concepts[episode.concept]
    own_day = frame.as_of if frame.patient.as_of is None else min(frame.patient.as_of, frame.as_of)
    if episode.start is None or episode.start.first == BEGINNING:
        return Moment(BEGINNING, own_day * DAY + DAY - 1)
    start = not_after(episode.start, frame.as_of) or episode.start
    if concept.longest_course is not None or episode.only_may_be:
        return start
    written_by = own_day
    if concept.kind == "condition" and concept.lasts is not None:
        written_by = min(own_day, day_shifted(start.last_day, concept.lasts, 1))
    return Moment(start.first, max(start.last, written_by * DAY + DAY - 1), offset=start.offset)


def _asserted_against(denial: Denial, episode: Episode, asserted: Moment, frame: Frame) -> Moment:
    """When the record last says that it is so, as against a denial: what was measured after the onset outweighs a
    status of which nobody says when it was written."""
    is_status_alone = episode.asserted is None and episode.ongoing and not episode.shown_by_result
    if not (denial.absence.shown_by_result and is_status_alone) or episode.start is None:
        return asserted
    if frame.rulebook.concepts[episode.concept].lasts is None or episode.start.first == BEGINNING:
        return asserted
    return not_after(episode.start, frame.as_of) or episode.start


def _holds(episode: Episode, start: Moment, end: Moment, frame: Frame) -> Truth:
    """Whether it holds on the clock's day. A condition is over on the day it ends; a drug not said to be stopped is
    taken on its last day, too, and what goes on holds on the last day for which that is said."""
    concept = frame.rulebook.concepts[episode.concept]
    day = frame.day
    if start.first_day > day:
        return FALSE
    began = truth_of(True) if start.last_day <= day else UNKNOWN
    if concept.course == "acute":
        return all_of((began, TRUE if start.first_day == day else UNKNOWN if start.last_day >= day else FALSE))
    if episode.shown_by_result and episode.asserted is not None and episode.end is None:
        shown = _asserted(episode, frame)
        if concept.course == "chronic" or shown.last_day <= day <= day_shifted(shown.first_day, concept.fresh, 1):
            return began
    goes_on = episode.ongoing and episode.end is None
    last_day_counts = goes_on or (concept.kind != "condition" and not episode.ended)
    first_over = end.first_day + last_day_counts
    last_over = end.last_day + last_day_counts
    if day < first_over:
        return began
    return FALSE if day >= last_over else UNKNOWN


# ---- absences


def _contradicting(episode: Episode, frame: Frame) -> list[Denial]:
    """The absences on record that deny this very episode: of its concept, or of a broader one. A review of the chart
    gives way to an entry that certainly is it, for as long as that speaks."""
    if not frame.denials:
        return []
    contradicting = frame.that_deny(frame.rulebook.concepts[episode.concept], episode.list)
    if any(denial.absence.reviewed for denial in contradicting) and not (episode.only_may_be or episode.doubtful):
        until = _certain_until(episode, frame)
        contradicting = [
            denial
            for denial in contradicting
            if not denial.absence.reviewed or (until is not None and denial.when.first_day > until)
        ]
    return contradicting


def _latest_word(
    episode: Episode, holds: Truth, undated: tuple[Reason, ...], frame: Frame
) -> tuple[Truth, tuple[Reason, ...]]:
    """The latest statement wins: a later absence ends the episode, an earlier one is overtaken, one of the same time
    conflicts. Another entry that ended counts like an absence, except that on the day of its end the positive one
    stands."""
    if holds is FALSE:
        return FALSE, ()
    contradicting = _contradicting(episode, frame)
    over = _ended_beside(episode, frame)
    if not contradicting and not over:
        return holds, undated
    truth, reasons = holds, undated
    of_entry = _asserted(episode, frame)
    for denial in contradicting:
        when = denial.when
        asserted = _asserted_against(denial, episode, of_entry, frame)
        if when.first_day > frame.day or when.is_before(asserted):
            continue
        if denial.absence.doubtful:
            truth, reasons = UNKNOWN, (denial.absence.unusable or "imprecise_date",)
            continue
        if asserted.is_before(when) and when.last_day <= frame.day:
            return FALSE, ()
        truth, reasons = UNKNOWN, ("conflict",) if when.last_day <= frame.day else ("imprecise_date",)
    for end in over:
        if end.first_day > frame.day or end.last_day <= of_entry.first_day:
            continue
        if end.first_day > of_entry.last_day and end.last_day <= frame.day:
            return FALSE, ()
        truth, reasons = UNKNOWN, ("conflict",) if end.is_one_day else ("imprecise_date",)
    return truth, reasons


def _ended_beside(episode: Episode, frame: Frame) -> list[Moment]:
    """When the other entries of the same condition, or of a broader one, ended, as far as they have."""
    concept = frame.rulebook.concepts[episode.concept]
    if concept.kind != "condition":
        return []
    key = (episode.list, concept.name)
    over = frame.over.get(key)
    if over is None:
        on_record = frame.patient.episodes
        entries = {entry: None for name in (concept.name, *concept.broader) for entry in on_record.get(name, ())}
        ends = {
            entry: end
            for entry in entries
            if entry.list == episode.list and (end := _over_from(entry, frame)) is not None
        }
        over = frame.over[key] = Over(ends, Counter(ends.values()))
    own = over.entries.get(episode) if over.entries else None
    return [end for end, count in over.ends.items() if count > (end == own)]


def _over_from(episode: Episode, frame: Frame) -> Moment | None:
    """When an entry states that it ended; None if it does not, or had not begun by the day of screening."""
    if not _says_it_is_over(episode, frame):
        return None
    start = not_after(_start(episode, frame), frame.as_of)
    return None if start is None else _stated_end(episode, start, frame)


def _says_it_is_over(episode: Episode, frame: Frame) -> bool:
    """Whether an entry states an end, for all that the concept may be; that the one day of an acute condition has
    passed is no such statement. A result that only raised the question says nothing when a later one no longer does:
    whatever that was is over, and nothing else is denied."""
    if (episode.shown_by_result and episode.doubtful) or episode.is_part:
        return False
    if episode.ended or frame.rulebook.concepts[episode.concept].course == "acute":
        return episode.ended
    return episode.end is not None and not episode.ongoing


def _contradicted_at_once(episode: Episode, start: Moment, frame: Frame) -> bool:
    """Whether an absence denies, at the very time of the statement, an episode not known to have begun before it."""
    contradicting = _contradicting(episode, frame)
    if not contradicting:
        return False
    of_entry = _asserted(episode, frame)
    for denial in contradicting:
        when = denial.when
        asserted = _asserted_against(denial, episode, of_entry, frame)
        if denial.absence.doubtful:
            continue
        at_once = not asserted.is_before(when) and not when.is_before(asserted)
        if at_once and start.last_day >= when.first_day:
            return True
    return False


def _spoken_for(denial: Denial, frame: Frame) -> tuple[int, int]:
    """The days that an absence certainly speaks for: from its date (a passing state), from a day that it states, or
    since ever; carried forward for as long as the dictionary says. A passing state at a later day than the clock is not
    seen."""
    concept, when = frame.rulebook.concepts[denial.absence.concept], denial.when
    until = day_shifted(when.first_day, concept.fresh, 1)
    if not _is_of_its_day(denial, frame):
        return _since(denial, frame), until
    return when.last_day, until if when.last_day <= frame.day else BEGINNING // DAY


def _is_of_its_day(denial: Denial, frame: Frame) -> bool:
    """Whether an absence speaks of its own day only: `absent`, of a passing condition."""
    concept = frame.rulebook.concepts[denial.absence.concept]
    passing = concept.kind == "condition" and concept.course == "passing" and denial.absence.list == "conditions"
    return passing and denial.absence.since is None


def _since(denial: Denial, frame: Frame) -> int:
    """The first day for which an absence says that it was not so."""
    if denial.absence.since is not None:
        return denial.absence.since.last_day
    return denial.when.last_day if _is_of_its_day(denial, frame) else BEGINNING // DAY


def _clearing(
    lookup: EventLookup, name: str, stretch: Stretch, last_day: int, frame: Frame, judge: Judge
) -> tuple[Absence | Episode | Given, ...] | None:
    """What shows that nothing but the episodes on record can be a concept that is asked about."""
    return _cleared(lookup, name, stretch, frame, judge) or _denied_by_list(lookup, name, last_day, frame)


def _denied_by_list(lookup: EventLookup, name: str, last_day: int, frame: Frame) -> tuple[Given, ...] | None:
    if not list_denies(name, lookup, last_day, frame):
        return None
    return (on_complete_list(lookup.list, assumed=_is_assumed(lookup.list, name, frame)),)


def list_denies(name: str, lookup: EventLookup, day: int, frame: Frame) -> bool:
    """Whether a complete list denies a concept up to a day: the dictionary says that it can, of the concept or of a
    broader one, the list still speaks for that day, and what must be at hand is."""
    if lookup.list not in frame.complete and lookup.list not in frame.patient.none_known_on:
        return False
    for each in frame.kinds[name].deniable:
        if _speaks_for(lookup.list, each, day, frame):
            needed = _needed(each, lookup)
            if not needed or all(_is_at_hand(name, each, day, frame) for name in needed):
                return True
    return False


def denied_by_old_list(name: str, lookup: EventLookup, frame: Frame) -> bool:
    """Whether a list that is too old for the clock's day denied a concept on the day that it speaks of."""
    own_day = frame.patient.as_of
    return own_day is not None and own_day < frame.day and list_denies(name, lookup, own_day, frame)


def _speaks_for(list_: RecordList, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether a list is complete, and still so for a day: what the user assumes is of today."""
    return list_ in frame.assumed or _speaks_of_its_own(list_, concept, day, frame)


def _speaks_of_its_own(list_: RecordList, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether a list is complete by the record's word, which is of the record's own day or of the day on which it says
    that there is nothing, and is carried forward like an absence of the concept."""
    own_day = frame.patient.as_of
    none_known_on = frame.patient.none_known_on
    for none_known in none_known_on.get(list_, ()) if none_known_on else ():
        if none_known <= frame.as_of and day <= day_shifted(none_known, concept.fresh, 1):
            return True
    if list_ not in frame.patient.complete:
        return False
    return own_day is None or day <= day_shifted(own_day, concept.fresh, 1)


def _is_assumed(list_: RecordList, name: str, frame: Frame) -> bool:
    """Whether a list denies a concept only because the user takes it as complete."""
    return list_ in frame.assumed and not any(
        _speaks_of_its_own(list_, each, frame.day, frame) for each in frame.kinds[name].deniable
    )


def _needed(concept: Concept, lookup: EventLookup) -> tuple[str, ...]:
    """What must be at hand for a list to deny a concept; what the family has, or is planned, needs nothing more."""
    return concept.denied_with if lookup.list not in ("family_history", "plans") else ()


def _is_at_hand(needed: str, concept: Concept, day: int, frame: Frame) -> bool:
    """Whether a list is complete, or a lab or finding has a result that can be used and is fresh."""
    if (list_ := _LISTS.get(needed)) is not None:
        return _speaks_for(list_, concept, day, frame)
    fresh = fresh_until(frame.day, frame.rulebook.fact(needed).fresh)
    for result in frame.patient.results.get(needed, ()):
        if result.unusable is not None or (result.when is None and not result.is_current):
            continue
        when = on_day(frame.as_of) if result.when is None else not_after(result.when, frame.as_of)
        if when is not None and fresh.holds(when) is TRUE:
            return True
    return False


_LISTS: dict[str, RecordList] = {each: each for each in get_args(RecordList)}


def _cleared(
    lookup: EventLookup, name: str, stretch: Stretch, frame: Frame, judge: Judge
) -> tuple[Absence | Episode | Given, ...] | None:
    kind = frame.kinds[name]
    concept = kind.concept
    if lookup.list != "family_history" and _is_of_other_sex(name, frame) and not frame.against_sex:
        return (Given("sex", str(frame.patient.sex), "sex"),)
    if frame.cleared and (lookup.name, name) in frame.cleared:
        return (Given(name, "supposed absent", "supposed"),)
    covering: tuple[Absence | Episode, ...] = ()
    if frame.denials:
        covering = _covering(lookup, kind.upward, stretch, frame)
    if not covering and lookup.verb in NOW:
        covering = _resolved(lookup, concept, frame)
    if covering or concept.ruled_out is None or lookup.list == "family_history":
        return covering or None
    ruled_out = judge(concept.ruled_out, frame)
    return grounds_of(ruled_out) if ruled_out.truth is TRUE else None


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


def _covering(lookup: EventLookup, names: Sequence[str], stretch: Stretch, frame: Frame) -> tuple[Absence, ...]:
    """The absences of these concepts that together cover all the time that is asked about; none if they do not."""
    by_name = frame.denials
    if by_name.keys().isdisjoint(names):
        return ()
    denials = [
        denial
        for name in names
        if name in by_name
        for denial in by_name[name]
        if denial.absence.list == lookup.list
        and not denial.absence.doubtful
        and _reaches(denial.absence, lookup, frame)
    ]
    if not denials:
        return ()
    first_day, last_day = _days_asked(lookup, stretch, frame)
    covering: list[Absence] = []
    reached = first_day
    for since, until, absence in sorted(
        ((*_spoken_for(denial, frame), denial.absence) for denial in denials), key=lambda each: each[:2]
    ):
        if since <= reached and until >= reached:
            covering.append(absence)
            reached = until + 1
    return tuple(covering) if reached > last_day else ()


def _reaches(absence: Absence, lookup: EventLookup, frame: Frame) -> bool:
    """Whether a denied plan is denied for all the time ahead that is asked about."""
    if absence.until is None or lookup.verb not in AHEAD:
        return True
    return ahead_of(frame.day, lookup.scope).last_end // DAY <= absence.until.first_day


def _resolved(lookup: EventLookup, concept: Concept, frame: Frame) -> tuple[Episode, ...]:
    """The entries that say that a condition, or a broader one, is over."""
    names = frame.kinds[concept.name].upward
    on_record = frame.patient.episodes
    if concept.kind != "condition" or on_record.keys().isdisjoint(names):
        return ()
    return tuple(
        episode
        for each in names
        if each in on_record
        for episode in on_record[each]
        if episode.list == lookup.list and _is_over(episode, frame)
    )


def _is_over(episode: Episode, frame: Frame) -> bool:
    """Whether the entry says that it ended by the clock. Of what passes that counts for as long as any absence: a
    bleeding that ended in 2009 says nothing of one today."""
    start = not_after(_start(episode, frame), frame.as_of)
    if start is None or not _says_it_is_over(episode, frame):
        return False
    end, concept = _end(episode, start, frame), frame.rulebook.concepts[episode.concept]
    if end.last_day > frame.day:
        return False
    return concept.course != "passing" or frame.day <= day_shifted(end.first_day, concept.fresh, 1)


def _days_asked(lookup: EventLookup, stretch: Stretch, frame: Frame) -> tuple[int, int]:
    if VERBS[lookup.verb].tense in ("timeless", "now", "ahead"):
        return frame.day, frame.day
    return stretch.first_start // DAY, stretch.last_end // DAY


def _may_have_come_true(plan: Episode, lookup: EventLookup, frame: Frame) -> bool:
    """Whether the day of a plan may have passed, and no later absence says that nothing came of it: who kept the plan
    open may not have put down yet what was done. Of a plan without a day a complete list says that it is none yet."""
    concept = frame.rulebook.concepts[plan.concept]
    if plan.start is None:
        return not _speaks_for(lookup.list, concept, frame.day, frame)
    return plan.start.first_day < frame.day and not any(
        denial.when.first_day >= plan.start.last_day
        for name in (concept.name, *concept.broader)
        for denial in frame.denials.get(name, ())
        if denial.absence.list == lookup.list
    )


def _planned_in(lookup: EventLookup, episode: Episode, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether a plan lies in the window ahead; an overdue one may have been carried out, given up or put off."""
    if episode.start is None:
        return (TRUE, ()) if lookup.scope is None else (UNKNOWN, ("undated",))
    if episode.start.last_day < frame.day:
        return UNKNOWN, ("stale",)
    ahead = ahead_of(frame.day, lookup.scope)
    return ahead.holds(episode.start), ("imprecise_date",)


# ---- anchors


def onset_of(lookup: OnsetLookup, frame: Frame) -> Found:
    """The first and last possible day of the last (first) onset on record up to the clock.

    `days` is None where none is on record or where it is on an unknown day: the answer that hangs on it is UNKNOWN.
    """
    concept = frame.rulebook.concepts[lookup.concept]
    known: list[tuple[Moment, Episode]] = []
    certain: list[Moment] = []
    itself = Qualified(concept.name)
    for episode in (*frame.that_are(concept.name, lookup.list), *frame.that_may_be(concept.name, lookup.list)):
        if _is_none_of(episode, itself, frame):
            continue
        start = not_after(_start(episode, frame), frame.as_of)
        if start is not None and start.first_day <= frame.day:
            known.append((start, episode))
            is_it = not episode.doubtful and not _may_have_begun_later(episode, frame)
            if is_it and start.last_day <= frame.day:
                certain.append(start)
    if not known:
        return Found(lookup.concept, lookup, reasons=("missing",), may_lack=True)
    if not certain:
        candidates = known
    elif lookup.pick == "last":
        latest = latest_of(certain)
        candidates = [each for each in known if not any(each[0].is_before(other) for other in latest)] or known
    else:
        earliest = earliest_of(certain)
        candidates = [each for each in known if not any(other.is_before(each[0]) for other in earliest)] or known
    used = tuple(episode for _, episode in candidates)
    if not certain:
        return Found(lookup.concept, lookup, used=used, reasons=("imprecise_date",))
    if any(episode.start is None for _, episode in candidates):
        return Found(lookup.concept, lookup, used=used, reasons=("undated",))
    starts = [start for start, _ in candidates]
    if lookup.pick == "last":
        first = max(start.first_day for start in certain)
        last = min(max(start.last_day for start in starts), frame.day)
    else:
        first = min(start.first_day for start in starts)
        last = min(start.last_day for start in certain)
    return Found(
        lookup.concept, lookup, days=(first, last), used=used, reasons=("imprecise_date",) if first != last else ()
    )
