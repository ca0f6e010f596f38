"""Reading labs and findings: which result counts, and what it could be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from fractions import Fraction

from msgspec.structs import replace

from screener.evaluation.answers import Found, Reason
from screener.evaluation.episodes import entries_of_the_present, is_absent, present_state
from screener.evaluation.frame import Frame
from screener.evaluation.instants import MOST_DAYS_OPEN, Stretch, fresh_until, not_after, up_to
from screener.records.patient import Episode, Result
from screener.rulebook import AgainstLimit, ChangeLookup, Finding, Lab, Scope, Sex, Side, ValueLookup
from screener.values.dates import BEGINNING, DAY, Moment, earliest_of, latest_of, on_day
from screener.values.numerals import ROMAN
from screener.values.ranges import EVERYTHING, Range, compare, exactly, hull
from screener.values.ranges import Comparison as Operator
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, union


class Candidate:
    """A result with its moment, and whether it certainly lies where the rule looks."""

    __slots__ = ("membership", "moment", "result")

    def __init__(self, result: Result, moment: Moment, membership: Truth) -> None:
        self.result = result
        self.moment = moment
        self.membership = membership


def possible_values(fact: Lab | Finding) -> Range:
    """Everything possible for a lab by the dictionary, or every grade of a graded finding."""
    if isinstance(fact, Lab):
        return fact.possible
    return fact.grade or EVERYTHING


def value_of(
    lookup: ValueLookup, fact: Lab | Finding, stretch: Stretch | None, anchor: Found | None, frame: Frame
) -> Found:
    """The result of a lab or finding that a lookup picks, as the set of what it could be.

    `stretch` None says that the anchor of the lookup's scope is not known to have happened.
    """
    if stretch is None:
        return _nothing_known(lookup, fact, (), anchor.reasons if anchor is not None else (), anchor)
    recorded = frame.patient.results.get(lookup.fact, ())
    candidates = _look_in(recorded, stretch, frame, only_latest=lookup.pick == "latest") if recorded else []
    if not candidates:
        if isinstance(fact, Finding) and (derived := _grade_of_entries(lookup, fact, stretch, frame, anchor)):
            return derived
        last = _last_before(recorded, stretch, frame)
        return _nothing_known(lookup, fact, last, ("stale",) if last else ("missing",), anchor)
    match lookup.pick:
        case "latest":
            picked = _latest(candidates)
        case "earliest":
            picked = _earliest(candidates)
        case "highest" | "lowest":
            picked = candidates
    may_lack = TRUE not in [each.membership for each in picked]
    if (
        isinstance(fact, Finding)
        and (since := _entered_since(lookup, fact, picked, may_lack, frame, anchor)) is not None
    ):
        return since
    if isinstance(fact, Finding) and fact.choices:
        return _choices_found(lookup, fact, picked, may_lack, anchor)
    values = [each.result.value or possible_values(fact) for each in picked]
    match lookup.pick:
        case "highest":
            whole = _extreme(picked, values, highest=True)
        case "lowest":
            whole = _extreme(picked, values, highest=False)
        case _:
            whole = hull(values)
    if may_lack:
        whole = hull((whole, possible_values(fact)))
    return Found(
        lookup.fact,
        lookup,
        range=whole,
        used=tuple([each.result for each in picked]),
        in_window=tuple([each.membership for each in picked]),
        reasons=() if whole.is_exact else _why_unsettled(picked, values, may_lack),
        may_lack=may_lack,
        anchor=anchor,
    )


def window_of_freshness(lookup: ValueLookup, frame: Frame) -> Stretch:
    """Where a lookup without a scope of its own looks: as far back as its results stay fresh."""
    return fresh_until(frame.day, frame.freshness_of(lookup.fact))


def _look_in(
    recorded: Sequence[Result], stretch: Stretch, frame: Frame, *, only_latest: bool = False
) -> list[Candidate]:
    """The results that lie, or may lie, in the stretch; `only_latest` leaves out some that a later one supersedes."""
    inside: list[Candidate] = []
    first_start, last_end = stretch.first_start, stretch.last_end
    end = frame.as_of * DAY + DAY - 1
    newest: Moment | None = None
    for result in recorded:
        when = result.when
        if when is not None:
            if when.last < first_start or when.first > last_end:
                continue
            if newest is not None and when.last < newest.first and when.offset == newest.offset:
                continue
        moment = when if when is not None and when.last <= end else moment_of(result, frame)
        if moment is not None and (membership := stretch.holds(moment)) is not FALSE:
            inside.append(Candidate(result, moment, membership))
            if only_latest and membership is TRUE and (newest is None or moment.first > newest.first):
                newest = moment
    return inside


def _last_before(recorded: Sequence[Result], stretch: Stretch, frame: Frame) -> tuple[Result, ...]:
    """The result that was the last before the stretch, if there is one."""
    last: tuple[Result, ...] = ()
    at = 0
    end = frame.as_of * DAY + DAY - 1
    for result in recorded:
        when = result.when
        moment = when if when is not None and when.last <= end else moment_of(result, frame)
        if moment is not None and moment.last < stretch.first_start:
            instant = moment.last if moment.offset is None else moment.instant[2]
            if not last or instant >= at:
                last, at = (result,), instant
    return last


def moment_of(result: Result, frame: Frame) -> Moment | None:
    """When a result was taken, as far as it can have been by the day of screening; None if it lies after that."""
    if result.when is not None:
        return not_after(result.when, frame.as_of)
    if result.is_current:
        return on_day(frame.as_of)
    return Moment(BEGINNING, frame.as_of * DAY + DAY - 1)


def _latest(candidates: list[Candidate]) -> list[Candidate]:
    if len(candidates) == 1:
        return candidates
    if _on_one_clock(candidates):
        newest = max([each.moment.first for each in candidates if each.membership is TRUE], default=None)
        return [each for each in candidates if newest is None or each.moment.last >= newest]
    latest = latest_of([each.moment for each in candidates if each.membership is TRUE])
    return [each for each in candidates if not any(each.moment.is_before(other) for other in latest)] or candidates


def _on_one_clock(candidates: list[Candidate]) -> bool:
    """Whether one of two moments is before another exactly if it ends before the other begins."""
    offset = candidates[0].moment.offset
    return all(each.moment.offset == offset for each in candidates)


def _earliest(candidates: list[Candidate]) -> list[Candidate]:
    earliest = earliest_of([each.moment for each in candidates if each.membership is TRUE])
    return [each for each in candidates if not any(other.is_before(each.moment) for other in earliest)] or candidates


def _extreme(picked: list[Candidate], values: list[Range], *, highest: bool) -> Range:
    """The range of the highest (lowest) of several values, when some of them may not count."""
    certain = [value for each, value in zip(picked, values, strict=True) if each.membership is TRUE] or values
    if highest:
        floor = max(certain, key=lambda value: (value.low, value.low_open))
        top = max(values, key=lambda value: (value.high, not value.high_open))
    else:
        floor = min(values, key=lambda value: (value.low, value.low_open))
        top = min(certain, key=lambda value: (value.high, not value.high_open))
    return Range(floor.low, top.high, floor.low_open, top.high_open)


def _why_unsettled(picked: list[Candidate], values: list[Range], may_lack: bool) -> tuple[Reason, ...]:
    reasons: list[Reason] = [each.result.unusable for each in picked if each.result.unusable is not None]
    if any(each.result.when is None and not each.result.is_current for each in picked) and (
        may_lack or len(picked) > 1
    ):
        reasons.append("undated")
    elif may_lack:
        reasons.append("imprecise_date")
    if any(each.result.unusable is None and not value.is_exact for each, value in zip(picked, values, strict=True)):
        reasons.append("censored")
    if len({(value.low, value.high) for value in values}) > 1 and "undated" not in reasons:
        same_time = len({each.moment.instant for each in picked}) == 1
        reasons.append("conflict" if same_time else "imprecise_date")
    return tuple(dict.fromkeys(reasons))


def _choices_found(
    lookup: ValueLookup, fact: Finding, picked: list[Candidate], may_lack: bool, anchor: Found | None
) -> Found:
    everything = frozenset(fact.choices)
    each_of = [each.result.choices or everything for each in picked]
    if lookup.pick in ("highest", "lowest") and fact.ordered:
        choices = _extreme_choices(lookup, fact, picked, each_of)
    else:
        choices = frozenset().union(*each_of)
    if may_lack:
        choices = everything
    reasons: tuple[Reason, ...] = ()
    if len(choices) > 1:
        ranks = [Range(min(map(fact.choices.index, some)), max(map(fact.choices.index, some))) for some in each_of]
        reasons = _why_unsettled(picked, ranks, may_lack)
    return Found(
        lookup.fact,
        lookup,
        choices=choices,
        used=tuple(each.result for each in picked),
        in_window=tuple(each.membership for each in picked),
        reasons=reasons,
        may_lack=may_lack,
        anchor=anchor,
    )


def _extreme_choices(
    lookup: ValueLookup, fact: Finding, picked: list[Candidate], each_of: list[frozenset[str]]
) -> frozenset[str]:
    """Every choice that some result can have and that no result which counts must surpass."""
    ranks = [sorted(map(fact.choices.index, some)) for some in each_of]
    counted = [those for each, those in zip(picked, ranks, strict=True) if each.membership is TRUE]
    possible = {rank for those in ranks for rank in those}
    if lookup.pick == "highest":
        reached = {rank for rank in possible if all(those[0] <= rank for those in counted)}
    else:
        reached = {rank for rank in possible if all(those[-1] >= rank for those in counted)}
    return frozenset(fact.choices[rank] for rank in reached)


def _grade_of_entries(
    lookup: ValueLookup, fact: Finding, stretch: Stretch, frame: Frame, anchor: Found | None
) -> Found | None:
    """The grade where no result counts: the lowest, if the record says that the graded condition is absent at the
    clock; by their stages, if entries of it began where results would count."""
    if fact.zero_when_absent is None or lookup.scope is not None:
        return None
    if not is_absent(fact.zero_when_absent, frame):
        entries = entries_of_the_present(fact.zero_when_absent, fact.name, frame)
        is_fresh = all(each.start is not None and stretch.holds(each.start) is TRUE for each in entries)
        stated = _grades_by_stage(entries, fact) if lookup.pick == "latest" and is_fresh else None
        return None if stated is None else _stated(lookup, entries, stated, (), anchor)
    state = present_state(fact.zero_when_absent, frame)
    return Found(
        lookup.fact,
        lookup,
        range=exactly(fact.grade.low) if fact.grade is not None else None,
        choices=None if fact.grade is not None else frozenset(fact.choices[:1]),
        used=state.used,
        assumed=state.assumed,
        anchor=anchor,
    )


def _entered_since(
    lookup: ValueLookup, fact: Finding, picked: list[Candidate], may_lack: bool, frame: Frame, anchor: Found | None
) -> Found | None:
    """A grade that a later entry leaves behind: it was the lowest, and the graded condition is, or may be, there at the
    clock; or that may have begun on a later day. Which grade it has now, nobody wrote down, and nobody says that it is
    less: after grade 1 it may be any from 1. Nothing is known of it where the results may all be too old
    (`may_lack`)."""
    if fact.zero_when_absent is None or lookup.scope is not None or lookup.pick != "latest":
        return None
    graded = {each.result.source for each in picked}
    entries = {
        each: truth
        for each, truth in entries_of_the_present(fact.zero_when_absent, fact.name, frame).items()
        if each.source not in graded  # an entry leaves no grade behind that it states itself
    }
    if not any(fact.may_be_lowest(each.result.value, each.result.choices) for each in picked):
        entries = {
            each: truth
            for each, truth in entries.items()
            if any(_may_have_begun_since(each, one.result, frame) for one in picked)
        }
    if not entries:
        return None
    state = present_state(fact.zero_when_absent, frame)
    if state.truth is FALSE:
        return None
    least = min(_rank(each.result, fact) for each in picked)
    lowest = 0 if may_lack else max(least, 1 if TRUE in entries.values() else 0)
    is_later = all(_has_begun_since(each, one.result) for each in entries for one in picked)
    if is_later and (stated := _grades_by_stage(entries, fact, lowest)) is not None:
        return _stated(lookup, entries, stated, tuple(each.result for each in picked), anchor)
    return Found(
        lookup.fact,
        lookup,
        range=None if fact.grade is None else Range(fact.grade.low + lowest, fact.grade.high),
        choices=None if fact.grade is not None else frozenset(fact.choices[int(lowest) :]),
        used=tuple(entries),
        set_aside=tuple(each.result for each in picked),
        reasons=("stale",),
        may_lack=True,
        anchor=anchor,
    )


def _grades_by_stage(entries: Mapping[Episode, Truth], fact: Finding, lowest: float = 0) -> Range | None:
    """From which to which grade entries reach by their stages: an encephalopathy of stage III is of grade 3. None where
    one only may be there, or states no stage that is a grade so far above the lowest."""
    if fact.grade is None or not entries or UNKNOWN in entries.values():
        return None
    grades = [ROMAN.get(each.stage or "", math.inf) for each in entries]
    stated = Range(min(grades), max(grades))
    return stated if Range(fact.grade.low + lowest, fact.grade.high).covers(stated) else None


def _stated(
    lookup: ValueLookup, entries: Iterable[Episode], grade: Range, set_aside: tuple[Result, ...], anchor: Found | None
) -> Found:
    """A grade that entries state by their stages; a conflict if they state several."""
    return Found(
        lookup.fact,
        lookup,
        range=grade,
        used=tuple(entries),
        set_aside=set_aside,
        reasons=() if grade.is_exact else ("conflict",),
        anchor=anchor,
    )


def _has_begun_since(episode: Episode, result: Result) -> bool:
    """Whether an entry certainly began on a later day than a result."""
    if episode.start is None or result.when is None:
        return False
    return episode.start.first_day > result.when.last_day


def _may_have_begun_since(episode: Episode, result: Result, frame: Frame) -> bool:
    """Whether an entry may have begun on a later day than a result; a current one is of the day of screening."""
    graded_on = frame.as_of if result.when is None else result.when.first_day
    started_by = frame.as_of if episode.start is None else min(episode.start.last_day, frame.as_of)
    return started_by > graded_on


def _rank(result: Result, fact: Finding) -> float:
    """How far above the lowest grade or choice a result is at least."""
    if result.choices is not None:
        return min(map(fact.choices.index, result.choices))
    return 0 if result.value is None or fact.grade is None else result.value.low - fact.grade.low


def _nothing_known(
    lookup: ValueLookup,
    fact: Lab | Finding,
    set_aside: tuple[Result, ...],
    reasons: tuple[Reason, ...],
    anchor: Found | None,
) -> Found:
    choices = frozenset(fact.choices) if isinstance(fact, Finding) and fact.choices else None
    return Found(
        lookup.fact,
        lookup,
        range=possible_values(fact) if choices is None else None,
        choices=choices,
        set_aside=set_aside,
        reasons=reasons,
        may_lack=True,
        anchor=anchor,
    )


def against_limit(found: Found, node: AgainstLimit, times: Fraction, in_use: Range, lab: Lab) -> tuple[Truth, bool]:
    """A result against a multiple of a limit of normal: its own limit, or if it has none, the limits `in_use`.

    Also says whether a result without a limit of its own stood in the way of an answer. The highest of several results
    is above a limit if any of them is above its own; the lowest is below if any of them is.
    """
    operator = node.operator
    if not found.used or not isinstance(found.lookup, ValueLookup):
        return compare(lab.possible, operator, in_use), False
    pick = found.lookup.pick
    several = pick in ("highest", "lowest") and not found.may_lack
    truths: list[Truth] = []
    lacks_limit = False
    for used, membership in zip(found.used, found.in_window, strict=True):
        if not isinstance(used, Result):
            continue
        own = used.own_limit(node.which) if used.unusable is None else None
        limit = in_use if own is None else exactly(_product(times, own))
        truth = compare(used.value or lab.possible, operator, limit)
        lacks_limit = lacks_limit or (own is None and truth is UNKNOWN and used.value is not None)
        truths.append(_if_counted(truth, membership, pick, operator) if several else truth)
    if not several:
        # One of these results counts: of `latest` and `earliest` always; of the others where none counts for certain,
        # and then one alone can say whatever several can.
        truth = union(truths)
    elif _any_decides(pick, operator):
        truth = any_of(truths)
    else:
        truth = all_of(truths)
    if found.may_lack:
        truth = union((truth, compare(lab.possible, operator, in_use)))
    return truth, lacks_limit


def _product(one: Fraction, other: Fraction) -> float:
    """The double nearest to the product of two exact numbers, which need not be made for it."""
    (above, below), (times, over) = one.as_integer_ratio(), other.as_integer_ratio()
    return (above * times) / (below * over)


def _any_decides(pick: str, operator: Operator) -> bool:
    return (pick == "highest") == (operator in (">", ">="))


def _if_counted(truth: Truth, membership: Truth, pick: str, operator: Operator) -> Truth:
    """The truth of a result that may not count: without it, an `any` of many is no truer, an `all` no falser."""
    if membership is TRUE:
        return truth
    return union((truth, FALSE if _any_decides(pick, operator) else TRUE))


def limits_in_use(lab: Lab, which: Side, times: Fraction, sex: Sex | None) -> Range:
    """A multiple of the limits of normal in use for a person of this sex; anything where none is in use."""
    limits = lab.limits_in_use(which, sex)
    if not limits:
        return EVERYTHING
    low = min(times * Fraction(limit.low) for limit in limits)
    high = max(times * Fraction(limit.high) for limit in limits)
    return Range(float(low), float(high))


def change_of(lookup: ChangeLookup, stretch: Stretch | None, anchor: Found | None, frame: Frame) -> Found:
    """How much a lab changed: the latest result against the lowest (highest) earlier one where the rule looks.

    Needs two usable results that cannot be one. Whichever may be the latest is taken for it in turn (also of two at the
    very same time), results that may or may not count are taken both ways, and an unusable one may be anything that is
    possible.
    """
    if stretch is None:
        reasons = anchor.reasons if anchor is not None else ()
        return Found(lookup.fact, lookup, range=EVERYTHING, reasons=reasons, may_lack=True, anchor=anchor)
    recorded = frame.patient.results.get(lookup.fact, ())
    inside = _look_in(recorded, stretch, frame)
    inside.sort(key=lambda each: each.moment.order)
    possible = possible_values(frame.rulebook.fact(lookup.fact))
    if (seconds := _seconds_back(lookup.scope)) is not None:
        whole, inside = _change_over_hours(lookup, inside, seconds, possible, frame)
    else:
        for each in inside:
            each.moment = stretch.part_of(each.moment)
        whole = _change_over_orders(lookup, [Level(each, possible) for each in inside])
    used = tuple(each.result for each in inside)
    if whole is None:
        older = () if inside else _last_before(recorded, stretch, frame)
        return Found(
            lookup.fact,
            lookup,
            range=EVERYTHING,
            used=used,
            set_aside=older,
            reasons=_why_no_change(inside, older),
            may_lack=True,
            anchor=anchor,
        )
    why = () if whole.is_exact else _why_open(inside)
    return Found(lookup.fact, lookup, range=whole, used=used, reasons=why, anchor=anchor)


def _seconds_back(scope: Scope) -> int | None:
    """How far back a change over some hours up to the clock looks; None for any other change."""
    back = scope.back
    return back.count * 3600 if scope.anchor == "clock" and back is not None and back.unit == "hours" else None


def _to_the_minute(second: int) -> int:
    return second // 60 * 60


def _change_over_hours(
    lookup: ChangeLookup, inside: list[Candidate], seconds: int, possible: Range, frame: Frame
) -> tuple[Range | None, list[Candidate]]:
    """The change over some hours, and the results that count in it. The hours are counted to the minute and end with
    the latest result, which lies within as many hours of the clock.

    Creatinine was 80 on 15 March at 6:30 and 110 on the 17th at 6:30. Over 48 hours it rose by 30, on the 18th, too.
    """
    settled = latest_of(each.moment for each in inside if each.membership is TRUE)
    if not settled:
        return None, inside
    known = _look_in(frame.patient.results.get(lookup.fact, ()), up_to(frame.day), frame)
    end = frame.day * DAY + DAY - 1
    counted: dict[int, Candidate] = {}
    changes: list[Range | None] = []
    for candidate in inside:
        if any(candidate.moment.is_before(other) for other in settled):
            continue
        last = Level(candidate, possible)
        latest = last.not_before(settled).moment
        window = Stretch(_to_the_minute(latest.first - seconds), _to_the_minute(latest.last - seconds), end, end)
        others = [
            Candidate(each.result, each.moment, truth)
            for each in known
            if each.result is not candidate.result and (truth := window.holds(each.moment)) is not FALSE
        ]
        counted |= {id(each.result): each for each in (*others, candidate)}
        levels = [Level(each, possible) for each in others]
        certain = [*(each for each in levels if each.membership is TRUE), last]
        if not _are_surely_two(certain):
            changes.append(None)
            continue
        changes += [_change(lookup, last, settled, _Levels(those, lookup)) for those in (certain, [*levels, last])]
    in_order = sorted(counted.values(), key=lambda each: each.moment.order)
    sure = [each for each in changes if each is not None]
    return hull(sure) if len(sure) == len(changes) else None, in_order


class Level:
    """What a lab was at one time: the least and the most it can have been, before any rounding and as doubles.

    The lowest level is found by doubles; the change itself is counted in exact fractions.
    """

    __slots__ = ("double_high", "double_low", "high", "is_usable", "low", "membership", "moment", "value")

    def __init__(self, candidate: Candidate, possible: Range) -> None:
        result = candidate.result
        self.value = value = result.value or possible
        self.moment = candidate.moment
        self.membership = candidate.membership
        self.is_usable = result.unusable is None
        self.double_low = math.nextafter(value.low, math.inf) if value.low_open else value.low
        self.double_high = math.nextafter(value.high, -math.inf) if value.high_open else value.high
        if result.exact is not None:
            self.low = self.high = result.exact
        else:
            self.low, self.high = Fraction(self.double_low), Fraction(self.double_high)

    @property
    def is_exact(self) -> bool:
        return self.double_low == self.double_high

    def not_before(self, others: Iterable[Moment]) -> Level:
        """The same level, known to be no older than these others, as far as they have the same clock or are of whole
        days."""
        moment = self.moment
        by_days = moment.is_whole_days
        firsts = [each.first for each in others if by_days or each.offset == moment.offset or each.is_whole_days]
        first = min(max([moment.first, *firsts]), moment.last)
        if first == moment.first:
            return self
        later = copy(self)
        later.moment = replace(moment, first=first)
        return later


def _change_over_orders(lookup: ChangeLookup, levels: list[Level]) -> Range | None:
    """The change, whichever level is the latest, and whether or not those count that may lie outside; None if it may
    have no meaning: fewer than two usable levels, no two days, a share of nothing."""
    certain = [each for each in levels if each.membership is TRUE]
    usable = sum(each.is_usable for each in certain)
    if not _are_surely_two(certain):
        return None
    settled = latest_of(each.moment for each in certain)
    perhaps_latest = [each for each in levels if not any(each.moment.is_before(other) for other in settled)] or levels
    sets = [_Levels(levels, lookup)]
    if len(certain) < len(levels):
        sets.append(_Levels(certain, lookup))
    changes: list[Range] = []
    for each in perhaps_latest:
        if usable + (each.is_usable and each.membership is not TRUE) < 2:
            return None
        for those in sets:
            change = _change(lookup, each, settled, those)
            if change is None:
                return None
            changes.append(change)
    return hull(changes)


def _are_surely_two(levels: list[Level]) -> bool:
    """Whether not all that is usable may be one result written down twice: one value at one time. A creatinine of 80
    umol/L, twice on 3 March, may be one; on 3 and on 4 March it is two, and so are 80 and 81 umol/L of one time."""
    usable = [each for each in levels if each.is_usable]
    if len(usable) < 2:
        return False
    low, high = max([each.double_low for each in usable]), min([each.double_high for each in usable])
    if low > high or (low == high and not all(each.value.contains(low) for each in usable)):
        return True
    first, last = (which(each.moment for each in usable) for which in (earliest_of, latest_of))
    return any(one.is_before(other) for one in first for other in last)


class _Levels:
    """Levels of one lab, and what a change is counted from: the two outermost, so that whichever level is the
    latest, one is left."""

    __slots__ = ("all", "by_high", "by_low", "lowest")

    def __init__(self, levels: list[Level], lookup: ChangeLookup) -> None:
        falls = not lookup.change.endswith("rise")
        self.all = levels
        self.by_low = sorted(levels, key=_by_low, reverse=falls)[:2]
        self.by_high = sorted(levels, key=_by_high, reverse=falls)[:2]
        lowest = min(levels, key=_by_low)
        # To round keeps the order, so that one above 0 as a double is the least of exact numbers above 0.
        self.lowest = lowest.low if lowest.double_low > 0 else min(each.low for each in levels)


def _change(lookup: ChangeLookup, last: Level, settled: Sequence[Moment], levels: _Levels) -> Range | None:
    """The greatest change to `last`, which is the latest and not before `settled`, from any of the others: a rise is
    counted from the lowest of them, a fall from the highest."""
    latest = last.not_before(settled)
    if lookup.change == "rise per day":
        return _steepest(latest, [each for each in levels.all if each is not last])
    if lookup.change.startswith("relative") and min(latest.low, levels.lowest) <= _NEXT_TO_NOTHING:
        return None
    low = next(each for each in levels.by_low if each is not last).low
    high = next(each for each in levels.by_high if each is not last).high
    match lookup.change:
        case "rise":
            least, most = latest.low - high, latest.high - low
        case "fall":
            least, most = low - latest.high, high - latest.low
        case "relative rise":
            least, most = (latest.low / high - 1) * 100, (latest.high / low - 1) * 100
        case "relative fall":
            least, most = (1 - latest.high / low) * 100, (1 - latest.low / high) * 100
    return Range(float(least), float(most))


_NEXT_TO_NOTHING = Fraction(math.nextafter(0.0, math.inf))
"""The smallest double above 0: a change relative to it has no bound."""


def _by_low(level: Level) -> float:
    return level.double_low


def _by_high(level: Level) -> float:
    return level.double_high


def _steepest(latest: Level, earlier: list[Level]) -> Range | None:
    """The steepest rise a day to the latest level; one of the same day is left out, and one that may be of the same
    day may be left out. None if all may be, or if a day is open by more than a year."""
    if any(each.moment.last_day - each.moment.first_day > MOST_DAYS_OPEN for each in (latest, *earlier)):
        return None
    least: list[Fraction] = []
    most: list[Fraction] = []
    for base in earlier:
        fewest = latest.moment.first_day - base.moment.last_day
        days = latest.moment.last_day - base.moment.first_day
        if days < 1:
            continue
        rises = [latest.low - base.high]
        if not (latest.is_exact and base.is_exact):
            rises.append(latest.high - base.low)
        paces = [rise / number for rise in rises for number in {max(fewest, 1), days}]
        most.append(max(paces))
        if fewest >= 1:
            least.append(min(paces))
    return Range(float(max(least)), float(max(most))) if least else None


def _why_no_change(inside: list[Candidate], older: tuple[Result, ...]) -> tuple[Reason, ...]:
    unusable = tuple(dict.fromkeys(each.result.unusable for each in inside if each.result.unusable is not None))
    if unusable:
        return unusable
    if _are_surely_two([Level(each, EVERYTHING) for each in inside if each.result.value is not None]):
        return ("conflict",) if _share_a_time(inside) else ("imprecise_date",)
    return ("stale",) if older and not inside else ("missing",)


def _why_open(inside: list[Candidate]) -> tuple[Reason, ...]:
    reasons: list[Reason] = [each.result.unusable for each in inside if each.result.unusable is not None]
    if any(each.result.exact is None and each.result.unusable is None for each in inside):
        reasons.append("censored")
    if _share_a_time(inside):
        reasons.append("conflict")
    elif len(_latest(inside)) > 1 or any(each.membership is not TRUE for each in inside):
        reasons.append("imprecise_date")
    return tuple(dict.fromkeys(reasons))


def _share_a_time(inside: list[Candidate]) -> bool:
    return len({each.moment.instant for each in inside}) < len(inside)
