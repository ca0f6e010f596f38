"""What results show: episodes and absences that follow from the dictionary's `present when` and `absent when`.

A positive result shows that something held on its day, on which it is `asserted`. It began at an unknown time after
the last absence on record, and no later than the first of the positive results that no absence parts from this one;
whether it still holds nobody wrote down. Each result is an episode by itself, so that a clock moved to an earlier day
does not see the later ones. A negative result is an absence on its date.

A result that may or may not meet a sign, or cannot be used, or says neither present nor absent where it could have said
either (indeterminate), shows nothing for certain: it is a *doubtful* episode, which settles no question and keeps a
list declared complete from settling it.

An episode that is on record by itself, and certainly covers the time of a positive result, is not doubled by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from screener.records.dictionary import LIST_OF
from screener.records.patient import Absence, Episode, Result
from screener.rulebook import Concept, Rulebook, Sign
from screener.values.dates import BEGINNING, Moment
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, any_of, truth_of

SHOWN = "shown by result"

Results = Mapping[str, tuple[Result, ...]]
Episodes = Mapping[str, tuple[Episode, ...]]
Absences = Mapping[str, tuple[Absence, ...]]


class Shown(Struct, frozen=True):
    """A result, and whether it shows its concept to be present, and to be absent."""

    result: Result
    present: Truth
    absent: Truth


def with_derived(
    results: Results, episodes: Episodes, absences: Absences, rulebook: Rulebook
) -> tuple[Episodes, Absences]:
    """The episodes and absences on record, and behind them those that the results show."""
    all_episodes, all_absences = dict(episodes), dict(absences)
    signed = [
        (concept, shown)
        for concept in rulebook.concepts.values()
        if (concept.present_when or concept.absent_when) and (shown := _shown(concept, results))
    ]
    for concept, shown in signed:
        negative = tuple(
            _absence(concept, each.result) for each in shown if each.absent is TRUE and _is_placed(each.result)
        )
        if negative:
            all_absences[concept.name] = all_absences.get(concept.name, ()) + negative
    for concept, shown in signed:
        known = [each for name in (concept.name, *concept.broader) for each in all_absences.get(name, ())]
        own = [each for name in (concept.name, *concept.narrower) for each in episodes.get(name, ())]
        derived = tuple(_episodes(concept, shown, known, own))
        if derived:
            all_episodes[concept.name] = all_episodes.get(concept.name, ()) + derived
    return all_episodes, all_absences


# ---- what one result shows


def _shown(concept: Concept, results: Results) -> list[Shown]:
    facts = dict.fromkeys(sign.fact for sign in (*concept.present_when, *concept.absent_when))
    return [
        Shown(result, _presence(result, concept), _meets_any(result, concept.absent_when))
        for fact in facts
        for result in results.get(fact, ())
    ]


def _presence(result: Result, concept: Concept) -> Truth:
    """Whether the result shows the concept to be present; one that could say either and says neither leaves it open."""
    present = _meets_any(result, concept.present_when)
    absent = _meets_any(result, concept.absent_when)
    could_say_either = all(
        any(sign.fact == result.fact for sign in signs) for signs in (concept.present_when, concept.absent_when)
    )
    return UNKNOWN if present is FALSE and absent is FALSE and could_say_either else present


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


def _absence(concept: Concept, result: Result) -> Absence:
    return Absence(concept.name, LIST_OF[concept.kind], result.source, result.when, shown_by_result=True)


# ---- episodes


def _episodes(
    concept: Concept, shown: Sequence[Shown], absences: Sequence[Absence], on_record: Sequence[Episode]
) -> Iterator[Episode]:
    list_ = LIST_OF[concept.kind]
    absent = [each.when for each in absences if each.list == list_ and each.when is not None]
    perhaps_absent = [each.result.when for each in shown if each.absent is UNKNOWN and each.result.when is not None]
    explicit = [each for each in on_record if each.list == list_]
    positive: list[tuple[Moment, Result]] = []
    for each in shown:
        result = each.result
        if each.present is FALSE or (result.when is not None and any(_covers(one, result.when) for one in explicit)):
            continue
        if each.present is UNKNOWN or not _is_placed(result):
            yield _doubtful(concept, result, absent)
        elif result.when is None:
            yield _episode(concept, result.source, None, None, ongoing=True)
        else:
            positive.append((result.when, result))
    positive.sort(key=lambda each: (each[0].first, each[0].last))
    start = earlier = None
    for when, result in positive:
        if start is None or earlier is None or any(_lies_between(earlier, each, when) for each in absent):
            start = _start(when, absent)
        elif any(_may_lie_between(earlier, each, when) for each in (*absent, *perhaps_absent)):
            start = Moment(start.first, when.last)
        earlier = when
        yield _episode(concept, result.source, start, when)


def _start(first: Moment, absent: Sequence[Moment]) -> Moment:
    """From just after the last absence that is certainly earlier, up to the first positive result."""
    earlier = [each.first + 1 for each in absent if each.last < first.first]
    return Moment(max(earlier, default=BEGINNING), first.last)


def _lies_between(earlier: Moment, absence: Moment, later: Moment) -> bool:
    return earlier.last < absence.first and absence.last < later.first


def _may_lie_between(earlier: Moment, absence: Moment, later: Moment) -> bool:
    return absence.last >= earlier.first and absence.first <= later.last


def _covers(episode: Episode, when: Moment) -> bool:
    """Whether an episode on record certainly holds at that time."""
    if episode.start is None or episode.start.last > when.first:
        return False
    return episode.ongoing if episode.end is None else episode.end.first >= when.last


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
    )


def _doubtful(concept: Concept, result: Result, absent: Sequence[Moment]) -> Episode:
    return Episode(
        concept.name,
        LIST_OF[concept.kind],
        result.source,
        start=None if result.when is None else _start(result.when, absent),
        asserted=result.when,
        status=SHOWN,
        shown_by_result=True,
        doubtful=True,
        unusable=result.unusable,
    )
