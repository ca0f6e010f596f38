"""Reading conditions, procedures, drugs and events: what began, held, ended, never was, or is not known.

A truth about them is the OR over the episodes on record, plus UNKNOWN where the record may lack one. Two things rule
out anything further: a complete list, or an explicit absence that covers the time the rule is about (`denying.py`).
How a single entry stands at the clock is said in `standing.py`; here entries are selected for a lookup, held against
its time, and combined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, product

from screener.evaluation.answers import Found, Given, Judged, Reason, in_every_world
from screener.evaluation.denying import (
    Judge,
    days_asked,
    denied_by,
    denied_without_list,
    is_assumed,
    is_of_other_sex,
    list_denies,
    list_settles,
    on_complete_list,
    why_lacking,
)
from screener.evaluation.frame import Frame, Kind, PreparedLookup, kinds_of
from screener.evaluation.instants import MOST_DAYS_OPEN, Stretch, ahead_of, up_to
from screener.evaluation.standing import Standing, TruthWithReasons, standing_of
from screener.records.patient import SEVERAL, Absence, Answer, Episode
from screener.rulebook import (
    EventLookup,
    OnsetLookup,
    Qualified,
    RecordList,
    Sex,
    SexIs,
    Truthful,
    made_once,
)
from screener.values.dates import Moment, earliest_of, latest_of, on_day
from screener.values.numerals import ROMAN
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, negation, truth_of


class EntryShare:
    """One entry's share in an answer, with the rules that were judged for it."""

    __slots__ = ("judged", "reasons", "standing", "truth")

    def __init__(
        self, standing: Standing, truth: Truth, reasons: tuple[Reason, ...] = (), judged: tuple[Judged, ...] = ()
    ) -> None:
        self.standing = standing
        self.truth = truth
        self.reasons = reasons if truth is UNKNOWN else ()
        self.judged = judged


def happened(asked: PreparedLookup, stretch: Stretch | None, anchor: Found | None, frame: Frame, judge: Judge) -> Found:
    """Whether something happened, holds or is planned. `stretch` None: its anchor is not known to have happened."""
    lookup = asked.lookup
    if stretch is None:
        return Found(lookup.name, lookup, truth=UNKNOWN, reasons=anchor.reasons if anchor else (), anchor=anchor)
    if stretch.is_empty:
        return Found(lookup.name, lookup, truth=FALSE, used=anchor.used if anchor else (), anchor=anchor)
    parts = [_part(asked, each, stretch, frame, judge) for each in _related(asked, frame)]
    truth = _on_record(asked, parts, frame)
    lacking: list[Kind] = []
    denying: list[Absence | Episode | Given] = []
    if truth is not TRUE:
        last_day = days_asked(asked, stretch, frame)[1]
        for kind in asked.kinds:
            denied = denied_by(asked, kind, stretch, last_day, frame, judge)
            if denied is None:
                lacking.append(kind)
            else:
                denying += denied
    if lacking:
        truth = UNKNOWN
    # Only what is true shows that it is so, and what certainly does not count has no part in what is open.
    counted = parts if truth is FALSE else [part for part in parts if part.truth is truth or part.truth is TRUE]
    used: dict[Absence | Episode | Given | Answer, None] = dict.fromkeys([part.standing.episode for part in counted])
    if any(is_of_other_sex(kind, frame) for kind in lacking):
        used.update(dict.fromkeys((Given("sex", str(frame.patient.sex), "sex"), *frame.against_sex)))
    if lookup.name in frame.affirmed:
        against = [
            is_assumed(kind, asked.list, frame) for kind in lacking if list_denies(kind, asked.list, frame.day, frame)
        ]
        used.update(dict.fromkeys(on_complete_list(asked.list, assumed=each) for each in against))
        used.update(dict.fromkeys(frame.affirmed[lookup.name]))
    used.update(dict.fromkeys(denying))
    return Found(
        lookup.name,
        lookup,
        truth=truth,
        used=tuple(used),
        reasons=_why_open(asked, counted, lacking, denying, frame) if truth is UNKNOWN else (),
        assumed=truth is FALSE and any(is_assumed(kind, asked.list, frame) for kind in asked.kinds),
        may_lack=bool(lacking),
        lacking=tuple([kind.concept.name for kind in lacking]),
        anchor=anchor,
        parts=tuple([each for part in counted for each in part.judged]),
    )


def _why_open(
    asked: PreparedLookup,
    counted: list[EntryShare],
    lacking: list[Kind],
    denying: list[Absence | Episode | Given],
    frame: Frame,
) -> tuple[Reason, ...]:
    reasons = dict.fromkeys([reason for part in counted for reason in part.reasons])
    for kind in lacking:
        reasons[why_lacking(asked, kind, frame)] = None
    if not reasons and any(isinstance(each, Absence) for each in denying):
        return ("conflict",)
    if not reasons and asked.lookup.times > 1:
        return ("unspecific" if asked.tense == "timeless" else "imprecise_date",)
    return tuple(reasons)


def happens(asked: PreparedLookup, stretch: Stretch | None, frame: Frame, judge: Judge) -> Truth:
    """The truth of what `happened` finds. It asks nothing that no longer matters: what is doubtful never makes it TRUE,
    and leaves it open only where the record lacks nothing."""
    if stretch is None:
        return UNKNOWN
    if stretch.is_empty:
        return FALSE
    if asked.lookup.times > 1:
        found = happened(asked, stretch, None, frame, judge)
        return UNKNOWN if found.truth is None else found.truth
    is_open = False
    for name in asked.names:
        for episode in frame.that_are(name, asked.shelf) if name in frame.filed else ():
            if not episode.doubtful:
                truth = _part(asked, standing_of(episode, frame), stretch, frame, judge).truth
                if truth is TRUE:
                    return TRUE
                is_open = is_open or truth is UNKNOWN
    if is_open:
        return UNKNOWN
    last_day = days_asked(asked, stretch, frame)[1]
    for kind in asked.kinds:
        if not (list_settles(asked, kind, last_day, frame) or denied_without_list(asked, kind, stretch, frame, judge)):
            return UNKNOWN
    for each in _related(asked, frame):
        if each.episode.doubtful and _part(asked, each, stretch, frame, judge).truth is UNKNOWN:
            return UNKNOWN
    return FALSE


def _on_record(asked: PreparedLookup, parts: list[EntryShare], frame: Frame) -> Truth:
    """What the entries on record say together, whatever else the record may lack."""
    if asked.lookup.times == 1:
        return any_of([part.truth for part in parts])
    if asked.tense == "timeless":
        return _of_so_many_things(asked.lookup, parts, frame)
    return _on_so_many_days(asked.lookup, parts)


def _on_so_many_days(lookup: EventLookup, parts: list[EntryShare]) -> Truth:
    """Whether it began on that many different days. Two entries of one day may be one thing written down twice. A
    procedure that may have lasted longer than a day may stand for any number. A drug is given on every day of its
    course."""
    possible = 0
    certain: list[Moment] = []
    is_course = False
    for part in parts:
        standing = part.standing
        if part.truth is FALSE or not standing.has_begun:
            continue
        one_day = lookup.list not in ("procedures", "medications") or _was_of_one_day(standing.episode)
        possible += 1 if one_day else lookup.times
        if part.truth is TRUE:
            certain.append(standing.start)
            is_course = is_course or _days_of_course(lookup, standing) >= lookup.times
    if is_course or _fewest_days(certain) >= lookup.times:
        return TRUE
    return UNKNOWN if possible >= lookup.times else FALSE


def _of_so_many_things(lookup: EventLookup, parts: list[EntryShare], frame: Frame) -> Truth:
    """Whether the entries are of that many different things. Two entries that share a code are of one thing; two that
    have no code system in common may be.

    Of two things at least are `interferon`, `terlipressin` and `any drug`: the last may be one of the first two, and
    those differ. `interferon` and `interferon` may be one, written down twice. `several antibiotics` may be any number.
    """
    certain = _grouped([part.standing.episode for part in parts if part.truth is TRUE], _share_a_code)
    alike = {frozenset((each.concept, each.called, each.codings) for each in group): group for group in certain}
    for some in combinations(alike.values(), lookup.times):
        if not any(_may_be_one_thing(*both, frame) for pair in combinations(some, 2) for both in product(*pair)):
            return TRUE
    possible = [part.standing.episode for part in parts if part.truth is not FALSE]
    is_any_number = any(SEVERAL in episode.flags for episode in possible)
    return UNKNOWN if is_any_number or len(_grouped(possible, _share_a_code)) >= lookup.times else FALSE


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


def _days_of_course(lookup: EventLookup, standing: Standing) -> int:
    """On how many days a drug was at least given in one course."""
    if lookup.list != "medications":
        return 1
    if standing.episode.end is None:
        return lookup.times if standing.episode.ongoing else 1
    return standing.end.first_day - standing.start.last_day + 1


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


def present_state(concept: str, frame: Frame) -> Found:
    """Whether a condition holds at the clock."""
    return happened(_current(concept, frame), up_to(frame.day), None, frame, _no_rule)


def is_absent(concept: str, frame: Frame) -> bool:
    """Whether a condition certainly does not hold at the clock."""
    return happens(_current(concept, frame), up_to(frame.day), frame, _no_rule) is FALSE


def entries_of_the_present(concept: str, fact: str, frame: Frame) -> dict[Episode, Truth]:
    """The entries, and results of others than this finding, by which a condition holds, or may hold, at the clock."""
    asked, stretch = _current(concept, frame), up_to(frame.day)
    parts = {
        each.episode: _part(asked, each, stretch, frame, _no_rule).truth
        for each in _related(asked, frame)
        if not each.episode.shown_by_result or frame.result_from(each.episode.source, fact) is None
    }
    return {episode: truth for episode, truth in parts.items() if truth is not FALSE}


def _current(concept: str, frame: Frame) -> PreparedLookup:
    def prepared() -> PreparedLookup:
        lookup = EventLookup(f"current {concept}", "current", "conditions", (Qualified(concept),))
        return PreparedLookup(lookup, kinds_of(frame.rulebook))

    return made_once(frame.rulebook, f"current {concept}", prepared)


def _no_rule(rule: Truthful, frame: Frame) -> Judged:
    raise AssertionError("a state has no rule of its own")


# ---- which entries


def _related(asked: PreparedLookup, frame: Frame) -> Sequence[Standing]:
    """How the entries stand that are, or may be, what is asked; each once, in the record's order."""
    related = frame.related.get(asked.place)
    if related is None:
        names = [name for name in asked.names if name in frame.concerned]
        related = frame.related[asked.place] = [standing_of(each, frame) for each in _entries(names, asked, frame)]
    return related


def _entries(names: list[str], asked: PreparedLookup, frame: Frame) -> Iterable[Episode]:
    open_lists = [list_ for list_ in asked.lists if list_ in frame.patient.may_be]
    if len(names) == 1 and not open_lists:
        return frame.that_are(names[0], asked.shelf)
    related: dict[int, Episode] = {}
    for name in names:
        for entry in frame.that_are(name, asked.shelf):
            related[id(entry)] = entry
        for list_ in open_lists:
            for entry in frame.that_may_be(name, list_):
                related[id(entry)] = entry
            kind = frame.kinds[name]
            if kind.has_lasting_kinds:
                certain = {each.source for each in related.values() if not each.only_may_be}
                for entry in _that_may_be_kinds(kind, list_, frame):
                    if entry.source not in certain:
                        related[id(entry)] = entry
    return related.values()


def _that_may_be_kinds(kind: Kind, list_: RecordList, frame: Frame) -> Iterator[Episode]:
    """The entries that may be a lasting kind of something acute. An acute condition is its onset day alone, but one of
    its kinds need not be. (If an entry certainly is the acute thing, its own dates are known.)"""
    for name in kind.concept.narrower:
        if not frame.kinds[name].is_acute:
            yield from frame.that_may_be(name, list_)


def _is_qualified(standing: Standing, wanted: Qualified) -> Truth:
    """Whether an entry has all qualifiers that are asked for."""
    return all_of([_has(standing, qualifier, wanted.stages) for qualifier in wanted.qualifiers])


def _has(standing: Standing, qualifier: str, stages: Sequence[str]) -> Truth:
    """Whether an entry has a qualifier; what the record does not state is UNKNOWN, and resolved is not cured. What is
    said to go on is neither, as long as that speaks."""
    episode = standing.episode
    goes_on = episode.ongoing and episode.status is not None
    match qualifier:
        case "cured":
            if episode.cured is None:
                return FALSE if goes_on and not standing.no_longer_speaks() else UNKNOWN
            return truth_of(episode.cured)
        case "resolved":
            if episode.ended:
                return TRUE
            return FALSE if goes_on and not standing.no_longer_speaks() else UNKNOWN
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


# ---- one entry


def _part(asked: PreparedLookup, standing: Standing, stretch: Stretch, frame: Frame, judge: Judge) -> EntryShare:
    """What one entry says."""
    truth, why = _matches(asked, standing, frame)
    if truth is FALSE:
        return EntryShare(standing, FALSE)
    reasons = why if truth is UNKNOWN else ()
    in_time, why = _in_time(asked, standing, stretch, frame)
    if in_time is FALSE:
        return EntryShare(standing, FALSE)
    if in_time is TRUE and standing.may_have_begun_later:
        in_time, why = UNKNOWN, ("imprecise_date",)
    if in_time is UNKNOWN:
        truth = UNKNOWN
        reasons += why
    if asked.exceptions:
        spared, why = _is_spared(asked, standing, frame)
        truth = all_of((truth, spared))
        reasons += why
    episode, beside = standing.episode, asked.lookup.beside
    if episode.doubtful and truth is not FALSE:
        truth = UNKNOWN
        reasons += (episode.unusable or "missing",)
    judged: tuple[Judged, ...] = ()
    if standing.concept.only_if is not None and episode.list != "family_history":
        judged = (_suits_sex(standing.concept.only_if, frame),)
    if beside is not None and truth is not FALSE:
        judged += (_judged_beside(beside, standing, frame, judge),)
    if judged:
        truth = all_of((truth, *[each.truth for each in judged]))
    return EntryShare(standing, truth, reasons, judged)


def _judged_beside(rule: Truthful, standing: Standing, frame: Frame, judge: Judge) -> Judged:
    """The rule in `with (…)`, for one entry. A rule that the whole time of an imprecise onset leaves open may come out
    alike on each of its days.

    A bleed began in February, and hemoglobin was 80 g/L on the 6th and the 16th. Neither result is within 7 days of
    every day of February, but each day up to the 20th has one of them within 7 days.
    """
    whole = judge(rule, frame.beside(standing.began))
    start = standing.start
    days = range(start.first_day, start.last_day + 1)
    if whole.truth is not UNKNOWN or not 1 < len(days) <= MOST_DAYS_OPEN:
        return whole
    truth, shown, _ = in_every_world(judge(rule, frame.beside(on_day(day))) for day in days)
    return whole if truth is UNKNOWN else shown[0]


def _matches(asked: PreparedLookup, standing: Standing, frame: Frame) -> TruthWithReasons:
    """Whether an entry is one of those asked for; if that is open, why. One that only may be the concept is none if the
    concept is denied."""
    best = FALSE
    for wanted, kind in asked.what:
        if standing.concept.name not in kind.is_of or _is_none_of(standing, kind, frame):
            continue
        qualified = _is_qualified(standing, wanted) if wanted.qualifiers else TRUE
        if qualified is TRUE:
            return TRUE, ()
        if qualified is UNKNOWN:
            best = UNKNOWN
    return best, ("missing",)


def _is_spared(asked: PreparedLookup, standing: Standing, frame: Frame) -> TruthWithReasons:
    """Whether no exception leaves an entry out. It may be what an exception names, too, though it is read as something
    else: what it may be besides has a reading of its own where it is asked for, and none here."""
    spared = TRUE
    reasons: tuple[Reason, ...] = ()
    for exception, kind in asked.exceptions:
        is_a = truth_of(standing.concept.name in kind.is_of)
        if is_a is FALSE and exception.concept in standing.episode.may_be:
            is_a = UNKNOWN
        if is_a is FALSE or _is_none_of(standing, kind, frame):
            continue
        excepted = all_of((is_a, _is_qualified(standing, exception)))
        spared = all_of((spared, negation(excepted)))
        if excepted is UNKNOWN:
            reasons += ("unspecific",) if is_a is UNKNOWN else ("missing",)
    return spared, reasons


def _is_none_of(standing: Standing, kind: Kind, frame: Frame) -> bool:
    """Whether an entry that only may be a concept cannot be it, because the record denies the concept for the time in
    which the entry began, on a day when it had begun and the entry was made. What a result only may show, or the
    entry's own words name, a review alone denies so: a test that speaks against it is weighed by its day."""
    if not frame.denials:
        return False
    episode, start = standing.episode, standing.start
    may_be_shown = not episode.only_may_be and episode.concept in kind.is_of
    is_named = kind.concept.name in episode.named
    if (may_be_shown and not episode.doubtful) or not standing.has_begun:
        return False
    denials = frame.that_deny(kind.concept, episode.list)
    if not denials:
        return False
    known_on = start.last_day if episode.asserted is None else max(start.last_day, episode.asserted.last_day)
    return any(
        (denial.absence.reviewed or not (may_be_shown or (is_named and denial.absence.shown_by_result)))
        and not denial.absence.doubtful
        and denial.since <= start.first_day
        and known_on <= denial.when.first_day
        for denial in denials
    )


def _in_time(asked: PreparedLookup, standing: Standing, stretch: Stretch, frame: Frame) -> TruthWithReasons:
    """Whether the entry lies where the rule looks in time; if that is open, why."""
    tense = asked.tense
    if tense == "timeless":
        return standing.latest_word(standing.is_known_by_the_clock(), ("imprecise_date",))
    if tense == "ahead":
        return _planned_in(asked, standing, frame)
    if standing.episode.list == "plans":
        if not _may_have_come_true(standing, asked.list, stretch, frame):
            return FALSE, ()
        is_dated = standing.episode.start is not None or standing.episode.asserted is not None
        return UNKNOWN, ("missing" if is_dated else "undated",)
    if standing.unseen is not None:
        return standing.unseen
    if tense == "now":
        return standing.now
    start = standing.start
    end = start if tense == "began" else standing.end
    in_time = stretch.holds(start) if tense == "began" else stretch.overlaps(start, end)
    if in_time is TRUE:
        return (UNKNOWN, ("conflict",)) if standing.is_contradicted_at_once() else (TRUE, ())
    if in_time is FALSE:
        return FALSE, ()
    undated = standing.why_start_is_open
    if tense == "began":
        return UNKNOWN, undated
    why = undated if start.last > stretch.first_end else ()
    if end is not start and end.first < stretch.last_start:
        why += (standing.why_end_is_open(),)
    return UNKNOWN, tuple(dict.fromkeys(why)) or undated


def _suits_sex(only_if: Sex, frame: Frame) -> Judged:
    """Whether a concept of one sex can be this patient's.

    A record's sex is administrative: what is on record of the other sex contradicts it, and neither of the two wins.
    """
    sex = frame.patient.sex
    if sex is None:
        unknown = Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True)
        return Judged(SexIs(only_if), UNKNOWN, (unknown,))
    truth = truth_of(sex == only_if)
    if truth is FALSE and frame.against_sex:
        other = Found("sex", truth=UNKNOWN, used=(Given("sex", sex, "sex"),), reasons=("conflict",))
        return Judged(SexIs(only_if), UNKNOWN, (other,))
    return Judged(SexIs(only_if), truth, (Found("sex", truth=truth, used=(Given("sex", sex, "sex"),)),))


# ---- plans


def _may_have_come_true(plan: Standing, list_: RecordList, stretch: Stretch, frame: Frame) -> bool:
    """Whether the day of a plan may have come by the end of a stretch of time, and no later absence says that nothing
    came of it: who kept the plan open may not have put down yet what was done. A plan without a day may have come true
    since the day on which it was made, and one that does not say even that, at any time."""
    planned, made = plan.episode.start, plan.episode.asserted
    first = planned or made
    if first is not None and (first.first_day > frame.day or first.first > stretch.last_end):
        return False
    last_day = frame.day if planned is None else planned.last_day
    return not _is_denied_from(last_day, plan, list_, frame)


def _is_denied_from(day: int, entry: Standing, list_: RecordList, frame: Frame) -> bool:
    """Whether an absence on a list denies what an entry is about, on a day or later."""
    return any(denial.when.first_day >= day for denial in frame.that_deny(entry.concept, list_))


def _planned_in(asked: PreparedLookup, standing: Standing, frame: Frame) -> TruthWithReasons:
    """Whether a plan lies in the window ahead; an overdue one may have been carried out, given up or put off. What was
    done in that window may have been planned on the clock's day, unless the record denies that."""
    episode, scope = standing.episode, asked.lookup.scope
    window = ahead_of(frame.day, scope)
    if episode.list != "plans":
        is_later = not standing.has_begun or standing.may_have_begun_later
        is_out = episode.start is not None and window.holds(episode.start) is FALSE
        if not is_later or is_out or _is_denied_from(frame.day, standing, "plans", frame):
            return FALSE, ()
        return UNKNOWN, ("missing",)
    if episode.start is None:
        return (TRUE, ()) if scope is None else (UNKNOWN, ("undated",))
    if episode.start.last_day < frame.day:
        return UNKNOWN, ("stale",)
    return window.holds(episode.start), ("imprecise_date",)


# ---- anchors


def onset_of(lookup: OnsetLookup, frame: Frame) -> Found:
    """The first and last possible day of the last (first) onset on record up to the clock.

    `days` is None where none is on record or where it is on an unknown day: the answer that hangs on it is UNKNOWN.
    """
    kind = frame.kinds[lookup.concept]
    known: list[tuple[Moment, Episode]] = []
    certain: list[Moment] = []
    for episode in (*frame.that_are(lookup.concept, lookup.list), *frame.that_may_be(lookup.concept, lookup.list)):
        standing = standing_of(episode, frame)
        start = standing.start
        if _is_none_of(standing, kind, frame) or not standing.has_begun or start.first_day > frame.day:
            continue
        known.append((start, episode))
        if not episode.doubtful and not standing.may_have_begun_later and start.last_day <= frame.day:
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
