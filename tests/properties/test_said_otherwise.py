"""The same said otherwise gets the same answers: other units, all days moved, and an entry said twice.

What is said twice may make it open how often something was; it settles nothing and overturns nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from properties.effort import many
from properties.generators import ALL_LISTS, AS_OF, Record, pick, random_rules, read, records
from screener.rulebook import Rulebook
from screener.screening import evaluate

Answers = dict[str, tuple[str, tuple[str, ...]]]


def answers(rulebook: Rulebook, record: Record, as_of: date = AS_OF) -> Answers:
    screening = evaluate(read(record, rulebook), rulebook, as_of=as_of)
    return {f"{trial.id}/{line.id}": (line.status, line.reasons) for trial in screening.trials for line in trial}


def holds_for_random_records(
    otherwise: Callable[[Random, Record], Record], is_broken: Callable[..., bool], as_of: date = AS_OF
) -> None:
    seen: Counter[str] = Counter()

    @many(80)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        for _ in range(4):
            record = records(dice, rulebook, subject)
            other = otherwise(dice, record)
            before, after = answers(rulebook, record), answers(rulebook, other, as_of)
            seen.update(status for status, _ in before.values())
            different = {line: (before[line], after[line]) for line in before if is_broken(before[line], after[line])}
            assert not different, (
                f"{different}\n{texts['trials/T1.rules']}\n{texts['dictionary/all.rules']}\n{record}\n{other}"
            )

    holds()
    assert min(seen["passed"], seen["failed"]) >= 0.05 * seen.total(), seen


# ---- units

AS_WRITTEN = {"nmol/L": 1000, "umol/L": 1, "mmol/L": Decimal("0.001"), "mol/L": Decimal("0.000001")}
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-\d+)?")


def in_other_units(dice: Random, record: Record) -> Record:
    """Each result that has a unit, and the limit that came with it, in another unit."""
    other = deepcopy(record)
    for entry in other.get("observations", []):
        if "unit" in entry:
            unit = pick(dice, list(AS_WRITTEN))
            entry["value"] = _times(entry["value"], AS_WRITTEN[unit])
            if "upper_limit" in entry:
                entry["upper_limit"] = _times(entry["upper_limit"], AS_WRITTEN[unit])
            entry["unit"] = unit
    return other


def _times(value: Any, factor: Decimal | int) -> Any:
    if isinstance(value, str):
        return NUMBER.sub(lambda found: f"{Decimal(found[0]) * factor:f}", value)
    return float(Decimal(str(value)) * factor)


def test_a_result_in_another_unit_gives_the_same_answers() -> None:
    holds_for_random_records(in_other_units, lambda before, after: before != after)


# ---- days

CYCLE = 28
"""After so many years the calendar is the same again, down to the days of the week and the leap years."""

YEAR = re.compile(r"^\d{4}(?=$|-\d\d)")


def later(dice: Random, value: Any) -> Any:
    """The record with every date so many years later."""
    if isinstance(value, dict):
        return {key: later(dice, each) for key, each in value.items()}
    if isinstance(value, list):
        return [later(dice, each) for each in value]
    return YEAR.sub(lambda year: str(int(year[0]) + CYCLE), value) if isinstance(value, str) else value


def test_nothing_depends_on_which_year_it_is() -> None:
    holds_for_random_records(later, lambda before, after: before != after, AS_OF.replace(year=AS_OF.year + CYCLE))


# ---- twice


def with_an_entry_twice(dice: Random, record: Record) -> Record:
    other = deepcopy(record)
    lists = [name for name in ("observations", "reviews", *ALL_LISTS) if other.get(name)]
    if lists:
        entries = other[pick(dice, lists)]
        entries.insert(dice.randint(0, len(entries)), deepcopy(pick(dice, entries)))
    return other


def test_an_entry_said_twice_settles_nothing_and_overturns_nothing() -> None:
    holds_for_random_records(with_an_entry_twice, lambda before, after: after[0] not in (before[0], "unknown"))
