"""Decisive facts: which single fact rules a trial out, which few make it eligible, and which settles most.

`advise` works on a screening and asks the engine again about records that have the fact (`inquiry.py`). A fact that
cannot change a verdict any more is named nowhere: that of a trial which has failed, or of an `or` whose other limb
holds. What each statement promises, and where it says less than could be known, is in `docs/advice.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import prod
from typing import Any as Anything

import msgspec
from msgspec import Struct

from screener.advice.alternatives import Way, includes
from screener.advice.inquiry import Inquiry, Ways
from screener.advice.numbers import possibilities_of
from screener.advice.values import Values, values_of
from screener.advice.ways import combinations_in, is_needed_somehow, ways_of_line, ways_of_lines
from screener.evaluation.grounds import Need
from screener.screening import Screening
from screener.values.dates import day_text

MOST_TRIED = 48
"""Combinations of values of one way that are put to the engine for one criterion."""
MOST_SETS = 8
"""Alternatives that are told one by one; of more, how many there are and the smallest."""


class Missing(Struct, frozen=True, omit_defaults=True):
    """A missing fact, named as in `needs`; `trial` where it is asked for one trial only, `source` where it is about one
    place in the record."""

    kind: str
    name: str
    text: str
    trial: str = ""
    source: str = ""


class Known(Struct, frozen=True):
    """A fact with the values in question: what to find out, and what it would have to be."""

    fact: Missing
    values: Values


class RulesOut(Struct, frozen=True):
    """A fact that rules a trial out by itself if it has one of these values, whatever all others turn out to be; or
    does so unless another fact has the values in `unless`. `criteria` are those that fail."""

    fact: Known
    criteria: tuple[str, ...]
    unless: Known | None
    sentence: str


class Choice(Struct, frozen=True):
    """Something that can be settled in several ways, each of them some facts with values that do.

    `criteria` are those that it settles; `number` is how many ways there are, of which `ways` holds the smallest.
    """

    criteria: tuple[str, ...]
    number: int
    ways: tuple[tuple[Known, ...], ...]


class Besides(Struct, frozen=True):
    """A criterion that no facts named here settle, with what the report says it needs."""

    criterion: str
    needs: tuple[Need, ...]


class MakesEligible(Struct, frozen=True):
    """The smallest sets of facts with which a trial is eligible: all of `always`, and one way of each of `choices`.

    Every such combination is one set, none of whose facts can be left out with all of these values. `number` counts
    the sets, and `fewest` the facts of the smallest. `complete` says that there are no others, and that no part of one
    would do with any values. Nothing makes the trial eligible before the criteria in `besides` are settled, too.
    """

    always: tuple[Known, ...]
    choices: tuple[Choice, ...]
    besides: tuple[Besides, ...]
    number: int
    fewest: int
    complete: bool
    sentence: str


class TrialAdvice:
    """What decides one undetermined trial. What makes it eligible is worked out when it is first read."""

    def __init__(self, trial: str, rules_out: tuple[RulesOut, ...], lines: Sequence[int], inquiry: Inquiry) -> None:
        self.id = trial
        self.rules_out = rules_out
        self._lines = lines
        self._inquiry = inquiry

    @cached_property
    def makes_eligible(self) -> MakesEligible:
        """The smallest sets of facts with which it is eligible."""
        return _makes_eligible(self._lines, self._inquiry)

    def to_dict(self) -> dict[str, Anything]:
        """What decides it as plain data."""
        return {
            "id": self.id,
            "rules_out": msgspec.to_builtins(self.rules_out),
            "makes_eligible": msgspec.to_builtins(self.makes_eligible),
        }


class RankedFact(Struct, frozen=True):
    """A missing fact and what it does over all undetermined trials.

    `settles` counts the criteria that become definite whatever it turns out to be, in the worst case, and `in_trials`
    the trials that these are in; `at_most` counts those of the best case. `closes` names the trials whose verdict it
    can settle by itself.
    """

    fact: Missing
    settles: int
    in_trials: tuple[str, ...]
    at_most: int
    closes: tuple[str, ...]
    sentence: str


class Advice(Struct, frozen=True):
    """What to find out next for one patient: the facts that settle most first, and trial by trial what decides.

    `to_dict` works out what each trial holds back until it is read.
    """

    patient: str
    as_of: str
    facts: tuple[RankedFact, ...]
    trials: tuple[TrialAdvice, ...]

    def to_dict(self) -> dict[str, Anything]:
        """The advice as plain data."""
        return {
            "patient": self.patient,
            "as_of": self.as_of,
            "facts": msgspec.to_builtins(self.facts),
            "trials": [trial.to_dict() for trial in self.trials],
        }


def advise(screening: Screening) -> Advice:
    """The decisive facts of a screening: of its undetermined trials, which are all that a fact can still decide."""
    inquiry = Inquiry(screening)
    inquiry.possibilities = [possibilities_of(number, inquiry) for number in range(len(inquiry.facts))]
    trials = tuple(_of_trial(trial.id, inquiry) for trial in inquiry.trials)
    ranked = [_ranked(fact, inquiry) for fact in sorted(_useful(inquiry))]
    ranked.sort(key=lambda each: (-each.settles, -len(each.closes), -each.at_most))
    return Advice(screening.patient, day_text(screening.as_of.toordinal()), tuple(ranked), trials)


def _useful(inquiry: Inquiry) -> set[int]:
    """The facts that can still do something: settle a criterion, by themselves or with others, or turn one that is
    settled against the patient, as a new result may.

    Of most one way that needs them is soon found; all ways to pass are only looked for where that leaves a doubt, in
    criteria with few facts first.
    """
    lines = [number for number, line in enumerate(inquiry.lines) if line.is_open]
    useful = {fact for number in lines for way in ways_of_line(number, "failed", inquiry).ways for fact in way}
    in_turn = sorted(lines, key=lambda number: len(inquiry.lines[number].facts))
    for number in in_turn:
        for fact in sorted(inquiry.lines[number].waits_for - useful):
            if is_needed_somehow(fact, number, inquiry):
                useful.add(fact)
    for number in in_turn:
        if not useful.issuperset(inquiry.lines[number].waits_for):
            useful.update(fact for way in ways_of_line(number, "passed", inquiry).ways for fact in way)
    left = set(range(len(inquiry.facts))) - useful
    return useful | {fact for fact in left if _may_fail(fact, inquiry)}


def _may_fail(fact: int, inquiry: Inquiry) -> bool:
    """Whether one of the values of a fact fails a criterion by itself."""
    return any(
        inquiry.status(number, {fact: value}) == "failed"
        for number in inquiry.lines_with[fact]
        for value in inquiry.whole(fact)
    )


def missing(fact: int, inquiry: Inquiry) -> Missing:
    """The fact as the report names it."""
    named = inquiry.facts[fact]
    return Missing(named.kind, named.name, named.text, named.trial, named.source)


def _known(fact: int, values: Iterable[int], inquiry: Inquiry) -> Known:
    return Known(missing(fact, inquiry), values_of(fact, values, inquiry))


# ---- ruling out


def _of_trial(trial: str, inquiry: Inquiry) -> TrialAdvice:
    lines = [number for number, line in enumerate(inquiry.lines) if line.trial == trial]
    return TrialAdvice(trial, _rules_out(lines, inquiry), lines, inquiry)


def _rules_out(lines: Sequence[int], inquiry: Inquiry) -> tuple[RulesOut, ...]:
    """By themselves, or unless another fact stands in the way."""
    trial = inquiry.lines[lines[0]].trial
    told: list[RulesOut] = []
    alone: list[Way] = []
    for fact in dict.fromkeys(fact for number in lines for fact in sorted(inquiry.lines[number].facts)):
        failing = _failing(fact, lines, inquiry)
        for those in dict.fromkeys(each for each in failing.values() if each):
            values = [value for value, each in failing.items() if each == those]
            told.append(_ruling_out(trial, fact, values, those, None, inquiry))
        if any(failing.values()):
            alone.append({fact: frozenset(value for value, each in failing.items() if each)})
    pairs: dict[tuple[tuple[int, frozenset[int]], ...], list[int]] = {}
    for number in lines:
        if inquiry.lines[number].is_open:
            for way in ways_of_line(number, "failed", inquiry).ways:
                if len(way) == 2 and not any(includes(one, way) for one in alone):
                    pairs.setdefault(tuple(sorted(way.items())), []).append(number)
    for pair, numbers in pairs.items():
        every = list(combinations_in(dict(pair)))
        if all(inquiry.status(number, known) == "failed" for number in numbers for known in every):
            for (one, some), (other, others) in (pair, pair[::-1]):
                if not others.issuperset(inquiry.whole(other)):
                    told.append(_ruling_out(trial, one, some, numbers, (other, others), inquiry))
    return tuple(told)


def _failing(fact: int, lines: Sequence[int], inquiry: Inquiry) -> dict[int, tuple[int, ...]]:
    """For each value of a fact the lines that it fails by itself."""
    if inquiry.facts[fact].only_beside:
        return {}
    here = [number for number in inquiry.lines_with[fact] if number in lines]
    return {
        value: tuple([number for number in here if inquiry.status(number, {fact: value}) == "failed"])
        for value in inquiry.whole(fact)
    }


def _ruling_out(
    trial: str,
    fact: int,
    values: Iterable[int],
    lines: Iterable[int],
    beside: tuple[int, Iterable[int]] | None,
    inquiry: Inquiry,
) -> RulesOut:
    known = _known(fact, values, inquiry)
    unless = None
    sentence = f"{known.values.named} rules {trial} out"
    if beside is not None:
        other, others = beside
        rest = [value for value in inquiry.whole(other) if value not in set(others)]
        unless = _known(other, rest, inquiry)
        sentence = f"{sentence}, unless {unless.values.clause}"
    criteria = tuple(inquiry.lines[number].criterion.id for number in lines)
    return RulesOut(known, criteria, unless, sentence[:1].upper() + sentence[1:])


# ---- making eligible


def _makes_eligible(lines: Sequence[int], inquiry: Inquiry) -> MakesEligible:
    """The ways of all open criteria together. Those that share no fact are independent of each other, and every
    combination of them is a set of its own."""
    open_lines = [number for number in lines if inquiry.lines[number].is_open]
    ways = {number: ways_of_line(number, "passed", inquiry) for number in open_lines}
    settled = [number for number in open_lines if ways[number].ways]
    complete = all(each.complete for each in ways.values())
    always: list[Known] = []
    choices: list[Choice] = []
    besides = [number for number in open_lines if not ways[number].ways]
    number_of_sets, fewest = 1, 0
    for group in _groups(settled, lines, ways, inquiry):
        whole = ways_of_lines(group, "passed", inquiry)
        found, is_whole = _confirmed(whole, group, lines, inquiry)
        found, is_fewest = _without_needless(found, group, ways, inquiry)
        complete = complete and is_whole and is_fewest
        if not found:
            besides += group
            continue
        smallest = _one_for_each_set(found)
        number_of_sets *= len(smallest)
        fewest += min(len(way) for way in smallest)
        told = [tuple(_known(fact, way[fact], inquiry) for fact in sorted(way)) for way in smallest]
        if len(smallest) == 1:
            always += told[0]
        else:
            criteria = tuple(inquiry.lines[number].criterion.id for number in group)
            choices.append(Choice(criteria, len(told), tuple(islice(told, MOST_SETS))))
    told_besides = tuple(
        Besides(inquiry.lines[number].criterion.id, inquiry.lines[number].result.needs) for number in sorted(besides)
    )
    return MakesEligible(
        tuple(always),
        tuple(choices),
        told_besides,
        number_of_sets,
        fewest,
        complete,
        _sentence(inquiry.lines[lines[0]].trial, always, choices, told_besides, number_of_sets, complete),
    )


_MAY_TURN = ("lab", "finding")
"""Kinds of facts that stand beside results on record: a new one may turn what was settled without it."""


def _groups(
    settled: Iterable[int], lines: Iterable[int], ways: Mapping[int, Ways], inquiry: Inquiry
) -> list[list[int]]:
    """The lines that facts settle, those together whose ways have facts in common, or that may be turned by one of the
    facts of another's."""
    results = {
        fact for number in settled for way in ways[number].ways for fact in way if inquiry.facts[fact].kind in _MAY_TURN
    }
    groups: list[tuple[set[int], list[int]]] = []
    for number in lines:
        is_settled = number in ways and bool(ways[number].ways)
        facts = {fact for fact in inquiry.lines[number].facts if fact in results}
        if is_settled:
            facts |= {fact for way in ways[number].ways for fact in way}
        elif number in ways:
            continue
        numbers = [number] if is_settled else []
        apart: list[tuple[set[int], list[int]]] = []
        for others, those in groups:
            if facts.isdisjoint(others):
                apart.append((others, those))
            else:
                facts |= others
                numbers = those + numbers
        groups = [*apart, (facts, numbers)]
    return sorted(sorted(numbers) for _, numbers in groups if numbers)


def _without_needless(
    found: list[Way], group: Sequence[int], ways: Mapping[int, Ways], inquiry: Inquiry
) -> tuple[list[Way], bool]:
    """The ways without facts that are not needed because a result turned what they were to settle; and whether there
    were none."""
    kept: list[Way] = []
    for way in found:
        needed = way
        for number in group:
            own = {fact for one in ways[number].ways for fact in one}
            if any(fact not in own and fact in inquiry.lines[number].facts for fact in way):
                needed = _needed(needed, group, inquiry)
                break
        kept.append(needed)
    return kept, all(len(one) == len(other) for one, other in zip(kept, found, strict=True))


def _needed(way: Way, group: Sequence[int], inquiry: Inquiry) -> Way:
    """The way without the facts that its lines are passed without, whichever of its values the others have."""
    needed = way
    for fact in sorted(way):
        fewer = {each: values for each, values in needed.items() if each != fact}
        few = fewer and prod(map(len, fewer.values())) <= MOST_TRIED
        if few and all(
            inquiry.status(number, known) == "passed" for number in group for known in combinations_in(fewer)
        ):
            needed = fewer
    return needed


def _confirmed(whole: Ways, group: Sequence[int], lines: Sequence[int], inquiry: Inquiry) -> tuple[list[Way], bool]:
    """The ways of which the engine confirms that with every one of their values the criteria of the group are passed
    and no other of the trial is turned against the patient; with fewer values where that takes too many questions."""
    confirmed = [kept for way in whole.ways if (kept := _kept(way, group, lines, inquiry)) is not None]
    return confirmed, whole.complete and len(confirmed) == len(whole.ways)


def _kept(way: Way, group: Sequence[int], lines: Sequence[int], inquiry: Inquiry) -> Way | None:
    kept = {fact: _without_needless_samples(fact, values, inquiry) for fact, values in way.items()}
    for number in lines:
        line = inquiry.lines[number]
        own = {fact: kept[fact] for fact in kept if fact in line.facts}
        if not own:
            continue
        if prod(map(len, own.values())) > MOST_TRIED:
            own = {fact: frozenset([min(values)]) for fact, values in own.items()}
            kept.update(own)
        wrong = {"failed"} if line.is_open and number not in group else {"failed", "unknown"}
        every = list(combinations_in(own))
        good = [known for known in every if inquiry.status(number, known) not in wrong]
        if not good:
            return None
        if len(good) < len(every):
            kept.update({fact: frozenset([good[0][fact]]) for fact in own})
    return kept


def _without_needless_samples(fact: int, values: frozenset[int], inquiry: Inquiry) -> frozenset[int]:
    """The values, without single numbers that lie in a part which does as a whole."""
    possible = inquiry.possibilities[fact]
    parts = [part for value in values if not possible[value].sample and (part := possible[value].range) is not None]
    return frozenset(
        value
        for value in values
        if not possible[value].sample
        or not any(part.contains(number.low) for part in parts if (number := possible[value].range) is not None)
    )


def _one_for_each_set(ways: Iterable[Way]) -> list[Way]:
    """For each smallest set of facts the way with the most values, the smallest sets first."""
    by_facts: dict[frozenset[int], Way] = {}
    for way in ways:
        facts = frozenset(way)
        before = by_facts.get(facts)
        if before is None or _breadth(way) > _breadth(before):
            by_facts[facts] = way
    smallest: list[Way] = []
    for facts, way in sorted(by_facts.items(), key=lambda each: (len(each[0]), sorted(each[0]))):
        if not any(frozenset(other) < facts for other in smallest):
            smallest.append(way)
    return smallest


def _breadth(way: Way) -> int:
    return sum(len(values) for values in way.values())


def _sentence(
    trial: str,
    always: Sequence[Known],
    choices: Sequence[Choice],
    besides: Sequence[Besides],
    number: int,
    complete: bool,
) -> str:
    if not always and not choices:
        return f"no facts are known that would make {trial} eligible"
    facts = [each.values.clause for each in always]
    text = f"{trial} is eligible if " + "; ".join(facts)
    if choices:
        text += ("; and " if facts else "") + f"one way is taken of each of {len(choices)} choices"
    if besides:
        text += f"; besides, {', '.join(each.criterion for each in besides)} must be settled"
    return text


# ---- ranking


def _ranked(fact: int, inquiry: Inquiry) -> RankedFact:
    lines = [number for number in inquiry.lines_with[fact] if inquiry.lines[number].is_open]
    settled = [
        [number for number in lines if inquiry.status(number, {fact: value}) != "unknown"]
        for value in inquiry.whole(fact)
    ]
    fewest = min(settled, key=len)
    in_trials = tuple(dict.fromkeys(inquiry.lines[number].trial for number in fewest))
    closes = tuple(trial.id for trial in inquiry.trials if _closes(fact, trial.id, inquiry))
    named = missing(fact, inquiry)
    return RankedFact(
        named,
        len(fewest),
        in_trials,
        max(map(len, settled)),
        closes,
        _ranking(named.text, len(fewest), in_trials, closes),
    )


def _closes(fact: int, trial: str, inquiry: Inquiry) -> bool:
    """Whether one of the values of a fact settles a trial's verdict by itself."""
    here = [number for number in inquiry.lines_with[fact] if inquiry.lines[number].trial == trial]
    if not here:
        return False
    others = any(line.is_open and line.trial == trial and fact not in line.facts for line in inquiry.lines)
    for value in inquiry.whole(fact):
        statuses = {inquiry.status(number, {fact: value}) for number in here}
        if "failed" in statuses or not (others or "unknown" in statuses):
            return True
    return False


def _ranking(text: str, settles: int, in_trials: Sequence[str], closes: Sequence[str]) -> str:
    criteria = "1 criterion" if settles == 1 else f"{settles} criteria"
    trials = "1 trial" if len(in_trials) == 1 else f"{len(in_trials)} trials"
    settled = f"settles {criteria} in {trials} whatever it turns out to be" if settles else "may settle nothing"
    verdicts = f", and can decide {', '.join(closes)}" if closes else ""
    return f"{text}: {settled}{verdicts}"


__all__ = ["Advice", "advise"]
