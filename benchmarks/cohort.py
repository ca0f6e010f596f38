"""How long a population takes, from facts to answers: by share, with two processes, with more trials, on Spark.

Patients are made once from the example records: values scaled, results repeated back in time until there are about 100
facts each, 200 different ones in turn. Further trials are the shipped ones with their limits moved. Prints rates and
ratios of one run; says nothing about better or worse.

    python benchmarks/cohort.py [--patients 2000] [--many-trials 200] [--spark]
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
from msgspec.structs import replace

from screener import evaluate, load_rules
from screener.cohort.answers import Desk, How, Row
from screener.cohort.limits import limits_of
from screener.cohort.run import by_processes, run
from screener.records.dictionary import Dictionary
from screener.records.facts.columns import prepare, schema_of, to_table
from screener.records.facts.folder import Facts, finish, name_of_part, write_part
from screener.records.patient import NOTHING_BESIDES, Patient
from screener.records.reading import read_patient
from screener.rulebook import Rulebook

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"
DAY = date(2026, 2, 20)
DIFFERENT, OF_A_PART, FACTS = 200, 500, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--many-trials", type=int, default=200, help="patients who are screened against 400 trials")
    parser.add_argument("--spark", action="store_true", help="also on Spark local[2]")
    asked = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="cohort-"))
    prepare()
    try:
        rules = load_rules()
        facts = facts_of(asked.patients, rules, place / "facts")
        size = sum(each.stat().st_size for each in facts.folder.glob("people-*")) / asked.patients
        print(f"{asked.patients} patients, {size:.0f} bytes of facts each")
        shares(facts, rules)
        one = taken("one process", facts, rules, place, 1)
        two = taken("two processes", facts, rules, place, 2)
        print(f"two processes / one {one / two:>29.2f}")
        if asked.spark:
            on_spark(facts, rules, place, two)
        few = facts_of(asked.many_trials, rules, place / "few")
        four = taken("4 trials, compiled before", few, rules, place, 1)
        many = taken("400 trials, compiled before", few, with_more_trials(rules, 100), place, 1)
        print(f"400 trials / 4 {many / four:>34.1f}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"highest memory of this process {peak:>18} MB")
    finally:
        shutil.rmtree(place)


def facts_of(number: int, rules: Rulebook, folder: Path) -> Facts:
    """A folder of facts of so many patients."""
    folder.mkdir()
    dictionary = Dictionary(rules)
    dice = Random(7)
    bases = [json.loads(each.read_text()) for each in sorted(EXAMPLES.glob("*.json"))]
    people = [read_patient(perturbed(dice, bases[at % len(bases)]), dictionary) for at in range(min(number, DIFFERENT))]

    def lot(start: int) -> Iterator[Patient]:
        for at in range(start, min(start + OF_A_PART, number)):
            yield replace(people[at % len(people)], id=f"patient-{at}")

    parts = [write_part(folder, name_of_part(at), lot(at)) for at in range(0, number, OF_A_PART)]
    finish(folder, parts, rules.dictionary_digest, NOTHING_BESIDES)
    return Facts(folder)


def perturbed(dice: Random, base: dict[str, Any]) -> dict[str, Any]:
    """A record like another one, with other values, and about so many facts."""
    record = json.loads(json.dumps(base))
    record.pop("as_of", None)
    usual = [each for each in record.get("observations", ()) if isinstance(each.get("value"), int | float)]
    for each in usual:
        each["value"] = float(f"{each['value'] * dice.uniform(0.7, 1.4):.3g}")
    others = sum(len(each) for each in record.values() if isinstance(each, list)) - len(usual)
    while usual and len(usual) < FACTS - others:
        earlier = dict(dice.choice(usual))
        earlier["date"] = (DAY - timedelta(dice.randrange(2, 900))).isoformat()
        earlier["value"] = float(f"{earlier['value'] * dice.uniform(0.8, 1.25):.3g}")
        usual.append(earlier)
        record["observations"].append(earlier)
    return record


def shares(facts: Facts, rules: Rulebook) -> None:
    """What each step of one process takes."""
    desk = Desk(rules, How(DAY, DAY))
    spent = dict.fromkeys(("read the file", "build patients", "decide", "reasons, needs, moved limits", "write"), 0.0)
    gc.collect()
    gc.disable()
    for part in facts.about.parts:
        start = time.process_time()
        pq.read_table(facts.folder / part.file)
        read = time.process_time() - start
        start = time.process_time()
        those = list(facts.with_digests(part))
        spent["read the file"] += read
        spent["build patients"] += time.process_time() - start - read
        start = time.process_time()
        for patient, _ in those:
            for trial in evaluate(patient, rules, as_of=DAY).trials:
                for line in trial.criteria:
                    line.status  # noqa: B018
        decide = time.process_time() - start
        start = time.process_time()
        rows: dict[str, list[Row]] = {}
        for patient, digest in those:
            for trial_id, row in desk.rows(patient, digest).items():
                rows.setdefault(trial_id, []).append(row)
        spent["decide"] += decide
        spent["reasons, needs, moved limits"] += time.process_time() - start - decide
        start = time.process_time()
        for trial_id, of_trial in rows.items():
            with pq.ParquetWriter(facts.folder / f"out-{trial_id}", schema_of(Row), compression="zstd") as writer:
                writer.write_table(to_table(of_trial, Row))
        spent["write"] += time.process_time() - start
    gc.enable()
    whole = sum(spent.values())
    for name, seconds in spent.items():
        print(f"  {name:<34}{1000 * seconds / facts.about.patients:>8.2f} ms{seconds / whole:>8.0%}")
    print(f"  {'one core, busy time':<34}{facts.about.patients / whole:>8.0f} patients/s")


def taken(name: str, facts: Facts, rules: Rulebook, place: Path, jobs: int) -> float:
    """The seconds of a run over all facts."""
    evaluate(next(facts.patients(facts.about.parts[0])), rules, as_of=DAY)
    out = place / f"out-{time.monotonic_ns()}"
    start = time.perf_counter()
    run(facts, out, rules, How(DAY, DAY), by_processes(jobs))
    seconds = time.perf_counter() - start
    print(f"{name:<30}{facts.about.patients / seconds:>10.0f} patients/s")
    return seconds


def on_spark(facts: Facts, rules: Rulebook, place: Path, pool: float) -> None:
    from screener.cohort.spark import by_spark, session_for

    session = session_for("local[2]")
    session.range(2).count()
    start = time.perf_counter()
    run(facts, place / "out-spark", rules, How(DAY, DAY), by_spark(session))
    seconds = time.perf_counter() - start
    session.stop()
    print(f"{'Spark local[2]':<30}{facts.about.patients / seconds:>10.0f} patients/s")
    print(f"pool / Spark {seconds / pool:>36.2f}")


def with_more_trials(rules: Rulebook, times: int) -> Rulebook:
    """The rules with each trial so many times, its limits moved each time."""
    trials = {}
    for trial in rules.trials.values():
        limits = limits_of(trial, rules)
        for number in range(times):
            moved = {each.criterion: each.moved[number % len(each.moved)].rules for each in limits}
            criteria = tuple(
                replace(
                    line,
                    readings=tuple(
                        replace(reading, rule=rule)
                        for reading, rule in zip(
                            line.readings, moved.get(line.id, [each.rule for each in line.readings]), strict=True
                        )
                    ),
                )
                for line in trial.criteria
            )
            trials[f"{trial.id}-{number}"] = replace(trial, id=f"{trial.id}-{number}", criteria=criteria)
    return replace(rules, trials=trials)


if __name__ == "__main__":
    main()
