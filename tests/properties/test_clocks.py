"""What a clock can change, and what it cannot: offsets, and the order in which entries stand.

The random records get times of day with offsets. The same record with each instant written in another offset, on the
same day, and with its entries in another order, gets the same answers. A record in which one entry has lost its offset
says less: what is still definite was so before.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice.one_line import line, result
from properties.effort import many
from properties.generators import (
    AS_OF,
    Record,
    chance,
    pick,
    random_rules,
    read,
    records,
)
from records.fhir_sources import SYNTHEA, dictionary
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import evaluate

LISTS = ("observations", "conditions", "procedures", "medications", "events", "allergies")
FIELDS = ("date", "start", "end", "onset")
OFFSETS = (-720, -300, -210, 0, 60, 120, 480, 840)


def answers(rulebook: Rulebook, record: Record) -> dict[str, str] | None:
    """The answers; None where an entry contradicts itself and settles nothing, as one that ends before it begins."""
    patient = read(record, rulebook)
    if any(note.endswith("it settles nothing") for note in patient.notes):
        return None
    screening = evaluate(patient, rulebook, as_of=AS_OF)
    return {f"{trial.id}/{line.id}": line.status for trial in screening.trials for line in trial.criteria}


def dates_of(record: Record) -> Iterator[tuple[Record, str]]:
    for name in LISTS:
        for entry in record.get(name, ()):
            yield from ((entry, field) for field in FIELDS if isinstance(entry.get(field), str))


def written(instant: datetime, offset: int) -> str:
    return instant.astimezone(timezone(timedelta(minutes=offset))).isoformat(timespec="seconds")


def with_offsets(dice: Random, record: Record) -> Record:
    """The record with a time of day and an offset at most days; so few that some are the same."""
    timed = deepcopy(record)
    for entry, field in dates_of(timed):
        day = entry[field][:10]
        if len(day) == 10 and chance(dice, 85):
            hour, minute = pick(dice, ((0, 5), (2, 10), (2, 30), (8, 0), (12, 0), (18, 0), (23, 50)))
            zone = timezone(timedelta(minutes=pick(dice, OFFSETS)))
            entry[field] = datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone).isoformat()
    return timed


def in_other_offsets(dice: Random, record: Record) -> Record:
    """The same instants on the same days, in other words."""
    shifted = deepcopy(record)
    for entry, field in dates_of(shifted):
        text = entry[field]
        if "T" in text and len(text) > len("2026-02-20T07:40:00"):
            instant = datetime.fromisoformat(text)
            same_day = [each for offset in OFFSETS if (each := written(instant, offset))[:10] == text[:10]]
            entry[field] = pick(dice, same_day)
    return shifted


WITH_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")


def of_the_same_day(dice: Random, text: str) -> str:
    """A dateTime in another offset of the same day."""
    instant = datetime.fromisoformat(text).replace(microsecond=0)
    return pick(
        dice, [each for offset in (*OFFSETS, 0) if (each := written(instant, offset))[:10] == text[:10]] or [text]
    )


def in_another_order(dice: Random, record: Record) -> Record:
    other = deepcopy(record)
    for name in LISTS:
        if isinstance(other.get(name), list):
            dice.shuffle(other[name])
    return other


def without_one_offset(dice: Random, record: Record) -> Record:
    """The same record, in which one entry has lost its offsets, or all that stand without an offset are one clock's."""
    other = deepcopy(record)
    timed = [entry for entry, field in dates_of(other) if "T" in entry[field] and len(entry[field]) > 19]
    if not timed:
        return other
    entry = pick(dice, timed)
    for field in FIELDS:
        if isinstance(entry.get(field), str) and "T" in entry[field]:
            entry[field] = entry[field][:19]
    return other


def holds_for_random_records(
    law: Callable[[Random, Record], Record], broken: Callable[[str, str], bool], least: float, without: str = "\0"
) -> None:
    seen: Counter[str] = Counter()

    @many(120)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        if without in texts["trials/T1.rules"]:
            return
        for _ in range(3):
            record = with_offsets(dice, records(dice, rulebook, subject))
            other = law(dice, record)
            before, after = answers(rulebook, record), answers(rulebook, other)
            if before is None or after is None:
                continue
            seen.update(before.values())
            different = {line: (before[line], after[line]) for line in before if broken(before[line], after[line])}
            assert not different, f"{different}\n{texts['trials/T1.rules']}\nbefore: {record}\nafter:  {other}"

    holds()
    assert seen.total() >= 300
    assert seen["passed"] + seen["failed"] >= least * seen.total(), seen


def test_another_offset_for_the_same_instant_of_the_same_day_changes_no_answer() -> None:
    # Half a day before the day of screening is counted on the clock of the entry itself.
    holds_for_random_records(in_other_offsets, lambda before, after: before != after, 0.2, without="12 hours")


def test_another_order_of_entries_changes_no_answer() -> None:
    holds_for_random_records(in_another_order, lambda before, after: before != after, 0.2)


def test_an_offset_that_is_lost_makes_nothing_definite() -> None:
    holds_for_random_records(without_one_offset, lambda before, after: after not in (before, "unknown"), 0.2)


MAY_BE_THE_LATEST = [
    result("total_bilirubin", 50, "umol/L", "2026-02-12T00:05:00+08:00"),
    result("total_bilirubin", "<20", "umol/L", "2026-02"),
]


@pytest.mark.parametrize("offset", ["", "-12:00", "Z", "+14:00"])
def test_a_result_of_a_month_that_is_the_latest_is_of_the_last_day_however_that_is_written(offset: str) -> None:
    # It is the latest only on 20 Feb, and then it has fallen; else 100 is the latest, and at most 100 a day higher.
    last = result("total_bilirubin", 100, "umol/L", f"2026-02-20T18:00:00{offset}")
    rule = "rise per day in total_bilirubin within 6 months < 101 umol/L"
    assert line(rule, observations=[last, *MAY_BE_THE_LATEST]).status == "passed"


@pytest.mark.parametrize("seed", range(3))
def test_a_hospital_may_write_its_times_in_any_offset(seed: int) -> None:
    dice = Random(seed)
    text = gzip.decompress((SYNTHEA / "patient.json.gz").read_bytes()).decode()
    shifted = WITH_OFFSET.sub(lambda found: of_the_same_day(dice, found[0]), text)
    assert sum(one != other for one, other in zip(text.split("T"), shifted.split("T"), strict=True)) > 100
    rules = dictionary().rulebook
    before, after = (evaluate(read_patient(each, rules), rules, as_of=date(2021, 6, 1)) for each in (text, shifted))
    assert [[line.status for line in trial.criteria] for trial in before.trials] == [
        [line.status for line in trial.criteria] for trial in after.trials
    ]
