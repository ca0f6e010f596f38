"""What results show: episodes and absences that follow from the dictionary's `present when` and `absent when`.

A positive result shows that something held on its day; that is when it is `asserted`. It began at an unknown time:
after the last absence on record, and no later than the first of the positive results with no absence between it and
this one. Nobody wrote down whether it still holds. Each result is its own episode, so that a clock moved to an earlier
day does not see the later ones. A negative result is an absence on its date.

Some results show nothing for certain: they may or may not meet a sign, cannot be used, or are indeterminate. Such a
result is a *doubtful* episode. It settles no question, and it keeps a complete list from settling it.

If an episode on record certainly covers the time of a positive result, no second one is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from screener.records.patient import Absence, Episode, Result, WhyUnusable
from screener.rulebook import LIST_OF, Concept, Lab, Rulebook, Sign
from screener.values.dates import AT_ANY_TIME, BEGINNING, DAY, Moment, day_shifted, from_one_to_another, on_day
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, truth_of

SHOWN = "shown by result"

Results = Mapping[str, tuple[Result, ...]]
Episodes = Mapping[str, tuple[Episode, ...]]
Absences = Mapping[str, tuple[Absence, ...]]


class Shown(Struct, frozen=True):
    """A result, and whether it shows its concept to be present, and to be absent. `since` is when at the earliest
    something began that only a fall may show: when the result was still higher."""

    result: Result
    present: Truth
    absent: Truth
    since: Moment | None = None


def with_derived(
    results: Results, episodes: Episodes, absences: Absences, rulebook: Rulebook
) -> tuple[Episodes, Absences]:
    """The episodes and absences on record, followed by those that other entries and the results show."""
    all_episodes, all_absences = dict(episodes), dict(absences)
    for concept in rulebook.concepts.values():
        over = tuple(_over(concept, episodes, rulebook)) if concept.ended_by else ()
        if over:
            all_absences[concept.name] = all_absences.get(concept.name, ()) + over
    signed = [
        (concept, shown)
        for concept in rulebook.concepts.values()
        if (concept.present_when or concept.absent_when or concept.may_be_present_when)
        and (shown := _shown(concept, results))
    ]
    for concept, shown in signed:
        negative = tuple(_absences(concept, shown))
        if negative:
            all_absences[concept.name] = all_absences.get(concept.name, ()) + negative
    for concept in rulebook.concepts.values():
        doubted = tuple(_doubted(concept, results, rulebook.concepts)) if concept.in_doubt_with else ()
        if doubted:
            all_episodes[concept.name] = all_episodes.get(concept.name, ()) + doubted
    for concept, shown in signed:
        known = [each for name in (concept.name, *concept.broader) for each in all_absences.get(name, ())]
        own = [each for name in (concept.name, *concept.narrower) for each in episodes.get(name, ())]
        derived = tuple(_episodes(concept, shown, known, own, rulebook.concepts))
        if derived:
            all_episodes[concept.name] = all_episodes.get(concept.name, ()) + derived
    return all_episodes, all_absences


def _doubted(concept: Concept, results: Results, concepts: Mapping[str, Concept]) -> Iterator[Episode]:
    """What a result leaves open that shows with what a concept is in doubt: an encephalopathy, by a coma."""
    for name in concept.in_doubt_with:
        for shown in _shown(concepts[name], results):
            if shown.present is not FALSE and shown.result.recorded_value:
                yield _doubtful(concept, shown, (), None)


def _over(concept: Concept, episodes: Episodes, rulebook: Rulebook) -> Iterator[Absence]:
    """The days on which something is over because its end is on record: a pregnancy, by a delivery."""
    for name in concept.ended_by:
        ending = rulebook.concepts[name]
        for each in (name, *ending.narrower):
            for episode in episodes.get(each, ()):
                start = episode.start
                if start is None or episode.doubtful or episode.list != LIST_OF[ending.kind]:
                    continue
                when = on_day(start.last_day) if start.first == BEGINNING else start
                yield Absence(concept.name, LIST_OF[concept.kind], episode.source, when)


# ---- means of what was measured together


def with_means(results: Results, rulebook: Rulebook) -> Results:
    """The results on record, followed by the means of those measured at one time."""
    found = dict(results)
    for lab in rulebook.labs.values():
        if lab.mean_of:
            means = tuple(_means(lab, results))
            if means:
                found[lab.name] = found.get(lab.name, ()) + means
    return found


def _means(lab: Lab, results: Results) -> Iterator[Result]:
    """The means of the results of one time and one panel, or of a time with only one of each. No mean is worked out if
    the mean itself was measured then. Where one of them cannot be used, or which belong together is not said, the mean
    of that time cannot be used."""
    measured = {each.when for each in results.get(lab.name, ())}
    names = tuple(dict.fromkeys(lab.mean_of))
    found = list(_worked_out(lab, names, measured, results))
    yield from found
    known = measured | {each.when for each in found}
    for part in (each for name in names for each in results.get(name, ())):
        if part.when is None or part.when in known:
            continue
        is_whole = all(any(each.when == part.when for each in results.get(name, ())) for name in names)
        if part.unusable is None and not is_whole:
            continue
        known.add(part.when)
        why: WhyUnusable = part.unusable or "missing"
        told = part.problem or "which of several belong together is not said"
        yield Result(
            lab.name, part.source, part.recorded_value, part.recorded_unit, part.when, unusable=why, problem=told
        )


def _worked_out(
    lab: Lab, names: Sequence[str], measured: Collection[Moment | None], results: Results
) -> Iterator[Result]:
    for first in results.get(names[0], ()):
        if first.when is None or first.when in measured:
            continue
        together = {names[0]: first}
        for name in names[1:]:
            at_once = [each for each in results.get(name, ()) if each.when == first.when]
            of_panel = [each for each in at_once if _panel(each) == _panel(first)]
            alone = sum(each.when == first.when for each in results[names[0]]) == 1
            if len(of_panel) == 1:
                together[name] = of_panel[0]
            elif len(at_once) == 1 and alone:
                together[name] = at_once[0]
        mean = _mean(lab, [together[name] for name in lab.mean_of if name in together])
        if mean is not None:
            yield mean


def _panel(result: Result) -> str:
    """The resource that holds a result as its component; of another result, its own place."""
    return result.source.partition(".component[")[0]


def _mean(lab: Lab, parts: Sequence[Result]) -> Result | None:
    values = [each.value for each in parts if each.value is not None and each.unusable is None]
    if len(values) < len(lab.mean_of):
        return None
    low, high = (sum(ends) / len(values) for ends in zip(*((each.low, each.high) for each in values), strict=True))
    exact = [each.exact for each in parts if each.exact is not None]
    whole = sum(exact, Fraction(0)) / len(exact) if len(exact) == len(values) else None
    if whole is not None:
        low = high = float(whole)
    shown = f"{low:.1f}" if low == high else f"{low:.1f} to {high:.1f}"
    return Result(
        lab.name,
        parts[0].source,
        shown,
        lab.unit,
        when=parts[0].when,
        value=Range(low, high),
        exact=whole,
        flags=tuple(dict.fromkeys(flag for each in parts for flag in each.flags)),
    )


# ---- what one result shows


def _shown(concept: Concept, results: Results) -> list[Shown]:
    facts = dict.fromkeys(sign.fact for sign in concept.signs)
    return [_what_it_shows(result, concept, results) for fact in facts for result in results.get(fact, ())]


def _what_it_shows(result: Result, concept: Concept, results: Results) -> Shown:
    """What one result shows. A test that can say either and says neither leaves both open.

    A pregnancy test was positive on Friday and is indeterminate on Monday: whether she still is pregnant is open.
    """
    present = _presence(result, concept, results)
    absent = _meets_any(result, _at_once(concept.absent_when))
    can_say_either = all(
        any(sign.fact == result.fact for sign in _at_once(signs))
        for signs in (concept.present_when, concept.absent_when)
    )
    if can_say_either and present is not TRUE and absent is FALSE:
        return Shown(result, UNKNOWN, UNKNOWN)
    since = _higher_before(result, concept, results) if present is UNKNOWN else None
    return Shown(result, present, absent, since)


def _at_once(signs: Sequence[Sign]) -> list[Sign]:
    """The signs that need one result only."""
    return [sign for sign in signs if sign.over is None]


def _shown_over_time(result: Result, signs: Sequence[Sign], results: Results) -> Truth:
    """Whether a result shows the same as an earlier one, as long before it as the sign asks, with no differing one in
    between.

    HBsAg positive on 1 January and on 2 July with none between is positive over 6 months; with a negative one in April
    it is not. Positive in 2025 and on 19 February 2026 it may be.
    """
    of_time = [sign for sign in signs if sign.over is not None and sign.fact == result.fact]
    return any_of(_is_over_time(result, earlier, sign, results) for sign in of_time for earlier in results[result.fact])


def _is_over_time(result: Result, earlier: Result, sign: Sign, results: Results) -> Truth:
    """Whether a result and an earlier one meet a sign of a length of time."""
    met = all_of((_meets(result, sign), _meets(earlier, sign)))
    if met is FALSE or result is earlier or sign.over is None:
        return FALSE
    if result.when is None or earlier.when is None:
        return UNKNOWN
    if earlier.when.first_day > day_shifted(result.when.last_day, sign.over, -1):
        return FALSE
    differing = [(each.when, truth) for each in results[result.fact] if (truth := _meets(each, sign)) is not TRUE]
    others = [(when, truth) for when, truth in differing if when is not None]
    if any(truth is FALSE and _lies_between(earlier.when, when, result.when) for when, truth in others):
        return FALSE
    is_so_long = earlier.when.last_day <= day_shifted(result.when.first_day, sign.over, -1)
    is_open = any(_may_lie_between(earlier.when, when, result.when) for when, _ in others)
    return TRUE if is_so_long and met is TRUE and not is_open else UNKNOWN


def _presence(result: Result, concept: Concept, results: Results) -> Truth:
    """Whether the result shows the concept to be present."""
    over_time = _shown_over_time(result, concept.present_when, results)
    if over_time is TRUE:
        return TRUE
    present = any_of((over_time, _meets_any(result, _at_once(concept.present_when))))
    if present is not FALSE:
        return present
    may_be = _may_be_by_itself(result, concept) or any(
        _may_have_fallen_to(result, sign, results) for sign in _falls(concept, result)
    )
    return UNKNOWN if may_be else FALSE


def _may_be_by_itself(result: Result, concept: Concept) -> bool:
    """Whether the result alone raises the question of the concept."""
    signs = [sign for sign in concept.may_be_present_when if sign.falls_within is None]
    return _meets_any(result, signs) is not FALSE


def _falls(concept: Concept, result: Result) -> Iterator[Sign]:
    """The falls of the result's lab that raise the question of the concept."""
    for sign in concept.may_be_present_when:
        if sign.falls_within is not None and sign.fact == result.fact:
            yield sign


def _may_have_fallen_to(result: Result, sign: Sign, results: Results) -> list[Result]:
    """The earlier results that may be higher by as much as the sign asks, and within its time.

    Hemoglobin was 120 g/L on 16 March and is 75 g/L on the 17th: it fell by 45 g/L within 3 days.
    """
    return [
        earlier
        for earlier in results[result.fact]
        if earlier is not result and _may_lie_within(earlier, result, sign) and _may_differ_by(earlier, result, sign)
    ]


def _higher_before(result: Result, concept: Concept, results: Results) -> Moment | None:
    """The earliest moment at which a result was still higher, where only a fall raises the question."""
    falls = list(_falls(concept, result))
    if not falls or _may_be_by_itself(result, concept):
        return None
    moments = [earlier.when for sign in falls for earlier in _may_have_fallen_to(result, sign, results)]
    dated = [each for each in moments if each is not None]
    return min(dated, key=lambda each: each.first) if moments and len(dated) == len(moments) else None


def _may_lie_within(earlier: Result, later: Result, sign: Sign) -> bool:
    """Whether a result may be earlier than another one, and within the sign's time before it."""
    if sign.falls_within is None or earlier.when is None or later.when is None:
        return True
    first_day = day_shifted(later.when.first_day, sign.falls_within, -1)
    return earlier.when.last_day >= first_day and not later.when.is_before(earlier.when)


def _may_differ_by(earlier: Result, later: Result, sign: Sign) -> bool:
    if earlier.value is None or later.value is None or sign.numbers is None or sign.numbers.low is None:
        return False
    high = Fraction(earlier.value.high) if earlier.exact is None else earlier.exact
    low = Fraction(later.value.low) if later.exact is None else later.exact
    return high - low >= Fraction(sign.numbers.low)


def _meets_any(result: Result, signs: Sequence[Sign]) -> Truth:
    return any_of(_meets(result, sign) for sign in signs if sign.fact == result.fact)


def _meets(result: Result, sign: Sign) -> Truth:
    """Whether the result meets the sign, for all, some or none of the values that it can have."""
    if result.choices is not None:
        wanted = frozenset(sign.choices)
        return FALSE if wanted.isdisjoint(result.choices) else TRUE if result.choices <= wanted else UNKNOWN
    if result.value is None or sign.numbers is None:
        return truth_of(False) if result.unusable is None else UNKNOWN
    limits, value = sign.numbers.range, result.value
    if limits.covers(value):
        return TRUE
    is_below = value.high < limits.low or (value.high == limits.low and (value.high_open or limits.low_open))
    is_above = value.low > limits.high or (value.low == limits.high and (value.low_open or limits.high_open))
    return FALSE if is_below or is_above else UNKNOWN


def _is_placed(result: Result) -> bool:
    """Whether it is known when the result is about: a day, or the present."""
    return result.when is not None or result.is_current


def _absences(concept: Concept, shown: Sequence[Shown]) -> Iterator[Absence]:
    """A negative result is an absence on its date. One that may have been negative, and one of an unknown day, leave
    open whether what an earlier result or entry showed is still there."""
    for each in shown:
        result = each.result
        if each.absent is FALSE:
            continue
        is_doubtful = each.absent is UNKNOWN or not _is_placed(result)
        yield Absence(
            concept.name,
            LIST_OF[concept.kind],
            result.source,
            AT_ANY_TIME if result.when is None and not result.is_current else result.when,
            shown_by_result=True,
            doubtful=is_doubtful,
            unusable=result.unusable if is_doubtful else None,
        )


# ---- episodes


def _episodes(
    concept: Concept,
    shown: Sequence[Shown],
    absences: Sequence[Absence],
    on_record: Sequence[Episode],
    concepts: Mapping[str, Concept],
) -> Iterator[Episode]:
    list_ = LIST_OF[concept.kind]
    absent = _each_once(each.when for each in absences if each.list == list_ and not each.doubtful)
    perhaps_absent = _each_once(each.when for each in _absences(concept, shown) if each.doubtful)
    explicit = [(each, concepts[each.concept]) for each in on_record if each.list == list_]
    positive: list[tuple[Moment, Result]] = []
    for each in shown:
        result = each.result
        if each.present is FALSE or _is_said_by_entry(result, explicit, absent):
            continue
        if each.present is UNKNOWN and _is_settled(result, concept, shown):
            continue
        if each.present is UNKNOWN or not _is_placed(result):
            yield _doubtful(concept, each, absent, _over_by(result, concept, shown))
        elif result.when is None:
            yield _episode(concept, result.source, None, None, ongoing=True)
        else:
            positive.append((result.when, result))
    positive.sort(key=lambda each: each[0].order)
    start = earlier = None
    for when, result in positive:
        if start is None or earlier is None or any(_lies_between(earlier, each, when) for each in absent):
            start = _start(when, absent)
        elif any(_may_lie_between(earlier, each, when) for each in (*absent, *perhaps_absent)):
            start = from_one_to_another(start, when, "")
        earlier = when
        yield _episode(concept, result.source, start, when)


def _each_once(moments: Iterable[Moment | None]) -> list[Moment]:
    return [each for each in dict.fromkeys(moments) if each is not None]


def _is_settled(result: Result, concept: Concept, shown: Sequence[Shown]) -> bool:
    """Whether a test that can show either is negative on the day of a result that only raises the question, or later.

    A screening test for HIV is reactive, the confirmatory test of the same day is negative: there is none. What passes
    may have come within the day, or gone since, and stays open; only a test of the same time speaks of it.
    """
    can_show = {sign.fact for sign in concept.present_when}
    when = result.when
    if result.fact in can_show or when is None:
        return False
    if concept.course == "passing":
        return any(each.absent is TRUE and each.result.fact in can_show and each.result.when == when for each in shown)
    return any(
        each.absent is TRUE
        and each.result.fact in can_show
        and each.result.when is not None
        and each.result.when.first_day >= when.last_day
        for each in shown
    )


def _start(first: Moment, absent: Sequence[Moment]) -> Moment:
    """From just after the last absence that is certainly earlier, up to the first positive result."""
    earlier = [each.on_clock_of(first).first + 1 for each in absent if each.is_before(first)]
    return Moment(max(earlier, default=BEGINNING), first.last, "", first.offset)


def _lies_between(earlier: Moment, absence: Moment, later: Moment) -> bool:
    return earlier.is_before(absence) and absence.is_before(later)


def _may_lie_between(earlier: Moment, absence: Moment, later: Moment) -> bool:
    return not absence.is_before(earlier) and not later.is_before(absence)


def _is_said_by_entry(result: Result, explicit: Sequence[tuple[Episode, Concept]], absent: Sequence[Moment]) -> bool:
    """Whether an entry already says what a result shows: it holds then, and no negative result may lie in between.

    A pregnancy active since November says what a positive test of February shows, unless one of January was negative.
    """
    when = result.when
    if when is None:
        return False
    starts = [one.start for one, concept in explicit if one.start is not None and _covers(one, concept, when)]
    return any(not any(_may_lie_between(start, each, when) for each in absent) for start in starts)


def _covers(episode: Episode, concept: Concept, when: Moment) -> bool:
    """Whether an episode on record certainly holds at that time."""
    if episode.start is None or not _is_by(episode.start, when):
        return False
    if episode.end is not None:
        return _is_by(when, episode.end)
    until = speaks_until(episode, concept, None)
    return episode.ongoing and (until is None or when.last_day <= until)


def _is_by(one: Moment, other: Moment) -> bool:
    """Whether a moment is certainly no later than another."""
    is_one_clock = (one.offset is None) == (other.offset is None)
    return one.is_before(other) or (is_one_clock and one.instant[2] <= other.instant[1])


def speaks_until(episode: Episode, concept: Concept, own_day: int | None) -> int | None:
    """The last day on which a statement that something goes on speaks for itself; None if the record has to end it.

    Where nature sets a longest course, that counts from the onset; else a statement speaks for as long as such a state
    `lasts`, from the latest of its onset and the days on which it was entered. One without any day speaks on the
    record's own.

    A kidney injury with onset on 1 February, entered as active on the 3rd, lasts 7 days: it speaks until the 10th.
    """
    began = episode.start if episode.start is not None and episode.start.first != BEGINNING else None
    if concept.longest_course is not None and began is not None:
        return day_shifted(began.first_day, concept.longest_course, 1)
    if concept.lasts is None or episode.shown_by_result:
        return None
    said = [each.first_day for each in (began, episode.asserted) if each is not None]
    if not said and own_day is not None:
        said = [own_day]
    return day_shifted(max(said), concept.lasts, 1) if said else BEGINNING // DAY


def _episode(
    concept: Concept, source: str, start: Moment | None, asserted: Moment | None, *, ongoing: bool = False
) -> Episode:
    return Episode(
        concept.name,
        LIST_OF[concept.kind],
        source,
        start=start,
        ongoing=ongoing,
        asserted=asserted,
        status=SHOWN,
        shown_by_result=True,
        may_be=frozenset(concept.narrower),
    )


def _over_by(result: Result, concept: Concept, shown: Sequence[Shown]) -> Moment | None:
    """When a passing condition was over, if a result only raises the question of it and a later one of the same kind
    does not.

    Platelets were 44, and are 80: whatever that was, it is over.
    """
    when = result.when
    if concept.course != "passing" or result.unusable is not None or when is None:
        return None
    later = [
        each.result.when
        for each in shown
        if each.result.fact == result.fact
        and each.present is FALSE
        and each.result.unusable is None
        and each.result.when is not None
        and when.is_before(each.result.when)
    ]
    if not later:
        return None
    first = min(later, key=lambda each: each.order)
    return from_one_to_another(when, Moment(first.first, first.first, "", first.offset), "")


def _doubtful(concept: Concept, shown: Shown, absent: Sequence[Moment], over_by: Moment | None) -> Episode:
    result = shown.result
    start = None if result.when is None else _start(result.when, absent)
    if start is not None and shown.since is not None and start.offset == shown.since.offset:
        start = from_one_to_another(shown.since, start, "") if start.first < shown.since.first else start
    return Episode(
        concept.name,
        LIST_OF[concept.kind],
        result.source,
        start=start,
        asserted=result.when,
        status=SHOWN,
        shown_by_result=True,
        end=over_by,
        ended=over_by is not None,
        doubtful=True,
        unusable=result.unusable,
    )
