"""Reading conditions, procedures, drugs and events: what began, held, ended, never was, or is not known.

A truth about them is the OR over the episodes on record, plus UNKNOWN where the record may lack one. What clears the
rest of a person's life is a list declared complete, or an explicit absence that covers the time the rule is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from screener.evaluation.answers import Found, Given, Judged, Reason
from screener.evaluation.frame import Frame
from screener.evaluation.instants import Stretch, ahead_of, not_after, up_to
from screener.records.patient import Absence, Episode
from screener.rulebook import Concept, EventLookup, OnsetLookup, Qualified, RecordList, Rulebook, SexIs, Truthful
from screener.values.dates import BEGINNING, DAY, END, Moment, day_shifted, on_day
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, at_least, negation, truth_of

Judge = Callable[[Truthful, Frame], Judged]
Cleared = dict[str, tuple[Absence | Episode | Given, ...] | None]

_NOW = ("current", "receiving", "taking")
_BEGAN = ("onset of", "start of")
_TIMELESS = ("family history of", "allergy to")


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
    cleared = _cleared_of_each(lookup, stretch, frame)
    denied = {name for name, clearing in cleared.items() if clearing and isinstance(clearing[0], Absence)}
    parts = [_part(lookup, episode, denied, stretch, frame, judge) for episode in _related_episodes(lookup, frame)]
    truths = [part.truth for part in parts]
    on_record = any_of(truths) if lookup.times == 1 else at_least(lookup.times, truths)
    truth, conflict = on_record, False
    if None in cleared.values():
        truth = TRUE if on_record is TRUE else UNKNOWN
    elif on_record is UNKNOWN:
        conflict = bool(denied)
    return _answer(lookup, truth, parts, cleared, anchor, frame, conflict=conflict)


def not_on_record(lookup: EventLookup) -> Found:
    """The answer where no entry says anything about what is asked, and none need be lacking."""
    lacking = tuple(what.concept for what in lookup.what)
    return Found(lookup.name, lookup, UNKNOWN, reasons=("missing",), may_lack=True, lacking=lacking)


def not_on_list(lookup: EventLookup, *, assumed: bool) -> Found:
    """The answer where no entry says anything about what is asked, and the list is complete."""
    return Found(lookup.name, lookup, FALSE, used=(_complete(lookup, assumed=assumed),), assumed=assumed)


def _complete(lookup: EventLookup, *, assumed: bool) -> Given:
    return Given(lookup.list, "assumed complete" if assumed else "declared complete", "complete")


def _is_of_other_sex(name: str, frame: Frame) -> bool:
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
    relevant = parts
    lacking = tuple([name for name, clearing in cleared.items() if clearing is None])
    if truth is TRUE:
        relevant = [part for part in parts if part.truth is TRUE]
    elif truth is UNKNOWN:
        for part in parts:
            if part.truth is UNKNOWN:
                reasons.update(dict.fromkeys(part.reasons))
        if lacking:
            reasons["missing"] = None
        if conflict:
            reasons["conflict"] = None
    used: dict[Episode | Absence | Given, None] = dict.fromkeys([part.episode for part in relevant])
    if truth is not TRUE:
        for clearing in cleared.values():
            used.update(dict.fromkeys(clearing or ()))
    return Found(
        lookup.name,
        lookup,
        truth=truth,
        used=tuple(used),
        reasons=tuple(reasons),
        assumed=truth is FALSE and lookup.list in frame.assumed and lookup.list not in frame.patient.complete,
        may_lack=bool(lacking),
        lacking=lacking,
        anchor=anchor,
        parts=tuple(judged for part in relevant for judged in part.judged),
    )


def present_state(concept: str, frame: Frame) -> Found:
    """Whether a condition holds at the clock."""
    lookup = EventLookup(f"current {concept}", "current", "conditions", (Qualified(concept),))
    return happened(lookup, up_to(frame.day), None, frame, _no_rule)


def _no_rule(rule: Truthful, frame: Frame) -> Judged:
    raise AssertionError("a state has no rule beside it")


def _suits_sex(concept: Concept, frame: Frame) -> Judged | None:
    """Whether a concept of one sex can be this patient's; None for a concept of either."""
    if concept.only_if is None:
        return None
    sex = frame.patient.sex
    if sex is None:
        unknown = Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True)
        return Judged(SexIs(concept.only_if), UNKNOWN, (unknown,))
    truth = truth_of(sex == concept.only_if)
    return Judged(SexIs(concept.only_if), truth, (Found("sex", truth=truth, used=(Given("sex", sex, "sex"),)),))


# ---- which episodes


def _related_episodes(lookup: EventLookup, frame: Frame) -> list[Episode]:
    """The episodes on record that are, or may be, what is asked; each once, in the record's order."""
    related: dict[Episode, None] = {}
    lists: tuple[RecordList, ...] = (lookup.list, "plans") if lookup.verb == "underwent" else (lookup.list,)
    on_record = frame.patient.episodes
    for what in lookup.what:
        if what.concept in frame.concerned:
            concept = frame.rulebook.concepts[what.concept]
            for name in (concept.name, *concept.narrower, *concept.broader):
                if name in on_record:
                    related.update([(episode, None) for episode in on_record[name] if episode.list in lists])
    return list(related)


def _is_a(episode: Episode, concept: Concept) -> Truth:
    """Whether an episode is one of a concept: of itself or a narrower one; of a broader one it may be."""
    if episode.concept == concept.name or episode.concept in concept.narrower:
        return TRUE
    return UNKNOWN if episode.concept in concept.broader else FALSE


def _matches(episode: Episode, wanted: Qualified, rulebook: Rulebook) -> tuple[Truth, tuple[Reason, ...]]:
    concept = rulebook.concepts[wanted.concept]
    is_a = _is_a(episode, concept)
    if not wanted.qualifiers:
        return is_a, ("unspecific",)
    qualified = all_of([_has(episode, qualifier, wanted.stages) for qualifier in wanted.qualifiers])
    return all_of((is_a, qualified)), ("unspecific",) if is_a is UNKNOWN else ("missing",)


def _has(episode: Episode, qualifier: str, stages: Sequence[str]) -> Truth:
    """Whether an episode has a qualifier; what the record does not state is UNKNOWN, and resolved is not cured."""
    match qualifier:
        case "cured":
            if episode.cured is None:
                return FALSE if episode.ongoing and episode.status is not None else UNKNOWN
            return truth_of(episode.cured)
        case "resolved":
            if episode.ended:
                return TRUE
            return FALSE if episode.ongoing and episode.status is not None else UNKNOWN
        case "severe":
            return UNKNOWN if episode.severity is None else truth_of(episode.severity == "severe")
        case "uncontrolled":
            return UNKNOWN if episode.controlled is None else truth_of(not episode.controlled)
        case "stage":
            return _is_of_stage(episode.stage, stages)
        case _:
            raise AssertionError(f"no such qualifier: {qualifier}")


_STAGES = frozenset(["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"])


def _is_of_stage(stage: str | None, stages: Sequence[str]) -> Truth:
    """Whether a stage is one of these. The record's stages stand in Roman numerals; what is none may mean any."""
    if stage in stages:
        return TRUE
    return FALSE if stage in _STAGES else UNKNOWN


# ---- one episode


def _part(
    lookup: EventLookup, episode: Episode, denied: set[str], stretch: Stretch, frame: Frame, judge: Judge
) -> Part:
    """What one episode says."""
    matching, matching_reasons = _matches_any(lookup, episode, denied, frame.rulebook)
    if matching is FALSE:
        return Part(episode, FALSE, ())
    in_time, time_reasons = _in_time(lookup, episode, stretch, frame)
    reasons: tuple[Reason, ...] = ()
    if matching is UNKNOWN:
        reasons += matching_reasons
    if in_time is UNKNOWN:
        reasons += time_reasons
    truth = all_of((matching, in_time))
    suits = _suits_sex(frame.rulebook.concepts[episode.concept], frame)
    if truth is FALSE or not (lookup.exceptions or lookup.beside or episode.doubtful or suits):
        return Part(episode, truth, reasons if truth is UNKNOWN else ())
    truths = [truth]
    if lookup.exceptions:
        spared, exception_reasons = _is_spared(lookup, episode, frame.rulebook)
        truths.append(spared)
        reasons += exception_reasons
    if episode.doubtful:
        truths.append(UNKNOWN)
        reasons += ("missing",)
    judged = [] if suits is None else [suits]
    if lookup.beside is not None and all_of(truths) is not FALSE:
        judged.append(judge(lookup.beside, frame.beside(_start(episode, frame))))
    truth = all_of([*truths, *(each.truth for each in judged)])
    return Part(episode, truth, tuple(dict.fromkeys(reasons)) if truth is UNKNOWN else (), tuple(judged))


def _matches_any(
    lookup: EventLookup, episode: Episode, denied: set[str], rulebook: Rulebook
) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether an episode is one of those asked for. Of a concept that is `denied`, one of a broader one is none."""
    best = FALSE
    reasons: tuple[Reason, ...] = ()
    for wanted in lookup.what:
        matches, why = _matches(episode, wanted, rulebook)
        if matches is FALSE or (
            wanted.concept in denied and _is_a(episode, rulebook.concepts[wanted.concept]) is not TRUE
        ):
            continue
        if matches is TRUE:
            return TRUE, ()
        best, reasons = UNKNOWN, reasons + why
    return best, reasons


def _is_spared(lookup: EventLookup, episode: Episode, rulebook: Rulebook) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether no exception leaves the episode out."""
    excepted = [_matches(episode, exception, rulebook) for exception in lookup.exceptions]
    spared = negation(any_of([truth for truth, _ in excepted]))
    return spared, tuple([reason for truth, why in excepted if truth is UNKNOWN for reason in why])


def _in_time(lookup: EventLookup, episode: Episode, stretch: Stretch, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
    """Whether the episode stands where the rule looks in time, and if that is not settled, why."""
    if lookup.verb in _TIMELESS:
        return _against_absences(episode, TRUE, (), frame)
    if lookup.verb == "planned":
        return _planned_in(lookup, episode, frame)
    if episode.list == "plans":
        return (UNKNOWN, ("missing",)) if _may_have_come_true(episode, lookup, frame) else (FALSE, ())
    if episode.shown_by_result and (visible := _visible(episode, frame)) is not TRUE:
        return visible, ("imprecise_date",)
    start = not_after(_start(episode, frame), frame.as_of)
    if start is None:
        return FALSE, ()
    undated: tuple[Reason, ...] = ("undated",) if episode.start is None else ("imprecise_date",)
    if lookup.verb in _BEGAN:
        return stretch.holds(start), undated
    end = _end(episode, start, frame)
    if lookup.verb not in _NOW:
        in_time = stretch.overlaps(start, end)
        if in_time is TRUE and _contradicted_at_once(episode, start, frame):
            return UNKNOWN, ("conflict",)
        why: list[Reason] = list(undated) if start.last > stretch.first_end else []
        if end is not start and end.first < stretch.last_start:
            why.append("undated" if episode.end is None else "imprecise_date")
        return in_time, tuple(dict.fromkeys(why)) or undated
    holds = _holds(episode, start, end, frame)
    if start.last_day <= frame.day and end is not start:
        undated = ("stale",) if episode.shown_by_result else ("undated",) if episode.end is None else undated
    return _against_absences(episode, holds, undated, frame)


def _visible(episode: Episode, frame: Frame) -> Truth:
    """Whether the result that shows an episode was there by the clock; later facts are not seen."""
    shown = episode.asserted
    if shown is None:
        return TRUE if frame.day == frame.as_of else UNKNOWN
    end_of_day = frame.day * DAY + DAY - 1
    if shown.first > end_of_day:
        return FALSE
    return TRUE if shown.last <= end_of_day or frame.day == frame.as_of else UNKNOWN


def _start(episode: Episode, frame: Frame) -> Moment:
    """When it began; on an unknown day up to the day of screening where nobody wrote that down."""
    return episode.start or Moment(BEGINNING, frame.as_of * DAY + DAY - 1)


def _end(episode: Episode, start: Moment, frame: Frame) -> Moment:
    """When it ended: on a day on record, never so far, or on an unknown day."""
    if frame.rulebook.concepts[episode.concept].course == "acute":
        return start
    if episode.end is not None:
        return episode.end
    if episode.ongoing:
        return Moment(END, END)
    last = END
    if episode.ended:
        last = episode.asserted.last if episode.asserted is not None else frame.as_of * DAY + DAY - 1
    first = start.first
    if episode.asserted is not None and not episode.ended:
        first = max(first, episode.asserted.first)
    for absence in _contradicting(episode, frame):
        if absence.when is not None and absence.when.first > _asserted(episode, frame).last:
            last = min(last, absence.when.last)
    return Moment(first, max(first, last))


def _asserted(episode: Episode, frame: Frame) -> Moment:
    """When the record last says that it is so: the entry's own date, or for an open entry the day of screening."""
    if episode.asserted is not None:
        return episode.asserted
    if episode.end is not None:
        return episode.end
    return on_day(frame.as_of) if episode.ongoing else _start(episode, frame)


def _holds(episode: Episode, start: Moment, end: Moment, frame: Frame) -> Truth:
    """Whether it holds on the clock's day. A condition is over on the day it ends; a drug not said to be stopped is
    taken on its last day, too."""
    concept = frame.rulebook.concepts[episode.concept]
    day = frame.day
    if start.first_day > day:
        return FALSE
    began = truth_of(True) if start.last_day <= day else UNKNOWN
    if concept.course == "acute":
        return all_of((began, TRUE if start.first_day == day else UNKNOWN if start.last_day >= day else FALSE))
    if episode.end is None and not episode.ongoing and not episode.ended and episode.asserted is not None:
        shown_until = day_shifted(episode.asserted.first_day, concept.fresh, 1)
        if concept.course == "chronic" or episode.asserted.last_day <= day <= shown_until:
            return began
    last_day_counts = concept.kind != "condition" and not episode.ended
    first_over = end.first_day + last_day_counts
    last_over = end.last_day + last_day_counts
    if day < first_over:
        return began
    return FALSE if day >= last_over else UNKNOWN


# ---- absences


def _contradicting(episode: Episode, frame: Frame) -> list[Absence]:
    """The absences on record that deny this very episode: of its concept, or of a broader one."""
    concept = frame.rulebook.concepts[episode.concept]
    on_record = frame.patient.absences
    contradicting: list[Absence] = []
    for name in (concept.name, *concept.broader):
        if name in on_record:
            contradicting += [absence for absence in on_record[name] if absence.list == episode.list]
    return contradicting


def _against_absences(
    episode: Episode, holds: Truth, undated: tuple[Reason, ...], frame: Frame
) -> tuple[Truth, tuple[Reason, ...]]:
    """The latest statement wins: a later absence ends it, an earlier one is overtaken, one just then conflicts."""
    if holds is FALSE:
        return FALSE, ()
    contradicting = _contradicting(episode, frame)
    if not contradicting:
        return holds, undated
    asserted = _asserted(episode, frame)
    truth, reasons = holds, undated
    for absence in contradicting:
        when = absence.when or on_day(frame.as_of)
        fresh = frame.rulebook.concepts[absence.concept].fresh
        reaches = when.first_day <= frame.day <= day_shifted(when.last_day, fresh, 1)
        if not reaches or when.last < asserted.first:
            continue
        surely_reaches = when.last_day <= frame.day <= day_shifted(when.first_day, fresh, 1)
        if surely_reaches and when.first > asserted.last:
            return FALSE, ()
        truth, reasons = UNKNOWN, ("conflict",) if surely_reaches else ("imprecise_date",)
    return truth, reasons


def _contradicted_at_once(episode: Episode, start: Moment, frame: Frame) -> bool:
    """Whether an absence denies, at the very time of the statement, an episode not known to have begun before it."""
    contradicting = _contradicting(episode, frame)
    if not contradicting:
        return False
    asserted = _asserted(episode, frame)
    for absence in contradicting:
        when = absence.when or on_day(frame.as_of)
        at_once = when.first <= asserted.last and when.last >= asserted.first
        if at_once and start.last_day >= when.first_day:
            return True
    return False


def _covers(absence: Absence, first_day: int, last_day: int, frame: Frame) -> Truth:
    """Whether the absence alone speaks for every day from the first to the last."""
    since, until = _spoken_for(absence, frame)
    return truth_of(since <= first_day and last_day <= until)


def _spoken_for(absence: Absence, frame: Frame) -> tuple[int, int]:
    """The days that an absence certainly speaks for: from its date (a passing state) or since ever (anything else),
    carried forward for as long as the dictionary says."""
    concept = frame.rulebook.concepts[absence.concept]
    when = absence.when or on_day(frame.as_of)
    until = day_shifted(when.first_day, concept.fresh, 1)
    passing = concept.kind == "condition" and concept.course == "passing" and absence.list == "conditions"
    return (when.last_day if passing else BEGINNING // DAY), until


def _cleared_of_each(lookup: EventLookup, stretch: Stretch, frame: Frame) -> Cleared:
    """For each concept asked about, what shows that nothing beside the episodes on record can be it."""
    if lookup.list in frame.complete:
        complete = (_complete(lookup, assumed=lookup.list not in frame.patient.complete),)
        return {what.concept: complete for what in lookup.what}
    return {what.concept: _cleared(lookup, what.concept, stretch, frame) for what in lookup.what}


def _cleared(
    lookup: EventLookup, name: str, stretch: Stretch, frame: Frame
) -> tuple[Absence | Episode | Given, ...] | None:
    concept = frame.rulebook.concepts[name]
    if _is_of_other_sex(name, frame):
        return (Given("sex", str(frame.patient.sex), "sex"),)
    first_day, last_day = _days_asked(lookup, stretch, frame)
    absences = [
        absence
        for each in (name, *concept.broader)
        for absence in frame.patient.absences.get(each, ())
        if absence.list == lookup.list and (absence.when or on_day(frame.as_of)).last_day <= frame.day
    ]
    if lookup.verb in _NOW:
        return _cleared_now(lookup, concept, absences, frame)
    covering: list[Absence] = []
    reached = first_day
    for since, until, absence in sorted(
        ((*_spoken_for(absence, frame), absence) for absence in absences), key=lambda each: each[:2]
    ):
        if since <= reached and until >= reached:
            covering.append(absence)
            reached = until + 1
    return tuple(covering) if reached > last_day and covering else None


def _cleared_now(
    lookup: EventLookup, concept: Concept, absences: list[Absence], frame: Frame
) -> tuple[Absence | Episode | Given, ...] | None:
    """A present state is cleared by an absence that reaches the clock, or by an entry that has been resolved."""
    covering = tuple(absence for absence in absences if _covers(absence, frame.day, frame.day, frame) is TRUE)
    if covering:
        return covering
    if concept.kind != "condition":
        return None
    resolved = tuple(
        episode
        for each in (concept.name, *concept.broader)
        for episode in frame.patient.episodes.get(each, ())
        if episode.list == lookup.list and _is_over(episode, frame)
    )
    return resolved or None


def _is_over(episode: Episode, frame: Frame) -> bool:
    start = not_after(_start(episode, frame), frame.as_of)
    if start is None or not (episode.ended or (episode.end is not None and not episode.ongoing)):
        return False
    if frame.rulebook.concepts[episode.concept].course == "acute":
        return False
    return _end(episode, start, frame).last_day <= frame.day


def _days_asked(lookup: EventLookup, stretch: Stretch, frame: Frame) -> tuple[int, int]:
    if lookup.verb in _TIMELESS or lookup.verb == "planned":
        return frame.day, frame.day
    return stretch.first_start // DAY, stretch.last_end // DAY


def _may_have_come_true(plan: Episode, lookup: EventLookup, frame: Frame) -> bool:
    """Whether the day of a plan may have passed, and neither a complete list nor a later absence says that nothing
    came of it."""
    if lookup.list in frame.complete or (plan.start is not None and plan.start.first_day >= frame.day):
        return False
    concept = frame.rulebook.concepts[plan.concept]
    return plan.start is None or not any(
        (absence.when or on_day(frame.as_of)).first >= plan.start.last
        for name in (concept.name, *concept.broader)
        for absence in frame.patient.absences.get(name, ())
        if absence.list == lookup.list
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
    for name in (concept.name, *concept.narrower):
        for episode in frame.patient.episodes.get(name, ()):
            if episode.list != lookup.list:
                continue
            start = not_after(_start(episode, frame), frame.as_of)
            if start is not None and start.first_day <= frame.day:
                known.append((start, episode))
    if not known:
        return Found(lookup.concept, lookup, reasons=("missing",), may_lack=True)
    certain = [start for start, _ in known if start.last_day <= frame.day]
    if not certain:
        candidates = known
    elif lookup.pick == "last":
        settled = max(start.first for start in certain)
        candidates = [(start, episode) for start, episode in known if start.last >= settled]
    else:
        settled = min(start.last for start in certain)
        candidates = [(start, episode) for start, episode in known if start.first <= settled]
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
