"""The latest result of each lab and finding that the trials compare, and the last day on which it is fresh.

Which labs these are is read off the rules: those that a line, or a score or definition in it, reads a value of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from screener.evaluation.instants import last_fresh_day
from screener.records.patient import Patient, Result
from screener.rulebook import ChangeLookup, Rulebook, ValueLookup, made_once
from screener.rulebook_walk import lookup_of, walk_through
from screener.values.dates import Duration, latest_of


class LatestResult(Struct, frozen=True):
    """A lab or finding with its latest result, if there is one. `good_to` is the last day on which it is fresh; None
    where it cannot be used, has no date, or is certainly fresh on no whole day."""

    name: str
    trials: tuple[str, ...]
    fresh: Duration
    result: Result | None
    good_to: int | None


def latest_results(
    patient: Patient, day: int, trials: Collection[str], rulebook: Rulebook, within: Duration | None = None
) -> tuple[LatestResult, ...]:
    """Of everything that the trials compare, what most of them do first. `within` is the call's own freshness."""
    compared = {
        name: those
        for name, named in compared_in(rulebook).items()
        if (those := tuple(trial for trial in named if trial in trials))
    }
    found = []
    for name in sorted(compared, key=lambda each: -len(compared[each])):
        fresh = within or rulebook.fact(name).fresh
        result = _latest(patient.results.get(name, ()), day)
        taken = result.when if result is not None else None
        is_usable = result is not None and result.unusable is None
        good_to = last_fresh_day(taken, fresh) if taken is not None and is_usable else None
        found.append(LatestResult(name, compared[name], fresh, result, good_to))
    return tuple(found)


def compared_in(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """The labs and findings that trials compare, each with those trials, in the order in which rules name them."""
    return made_once(rulebook, "compared", lambda: _compared(rulebook))


def _compared(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    compared: dict[str, dict[str, None]] = {}
    for trial in rulebook.trials.values():
        for reading in (reading for criterion in trial.criteria for reading in criterion.readings):
            for node in walk_through(reading.rule, rulebook):
                lookup = rulebook.lookups.get(lookup_of(node) or "")
                if isinstance(lookup, ValueLookup | ChangeLookup):
                    compared.setdefault(lookup.fact, {})[trial.id] = None
    return {name: tuple(named) for name, named in compared.items()}


def _latest(results: Iterable[Result], day: int) -> Result | None:
    """The last result up to a day, usable or not: an unusable one keeps its place. Of several at one time, the first
    usable one on record. Without any date, one that the record calls current."""
    in_order = sorted(results, key=lambda each: each.unusable is not None)
    dated = [(each.when, each) for each in in_order if each.when is not None and each.when.first_day <= day]
    last = latest_of(when for when, _ in dated)
    current = (each for each in in_order if each.is_current)
    standing = (each for when, each in dated if not any(when.is_before(other) for other in last))
    return next(standing, next(current, None))
