"""How long a population takes, and how much memory: records into facts, facts into answers, answers into a summary.

Patients are made once from the example records: values scaled, results repeated back in time until there are about 100
facts each, 200 different ones in turn. Further trials are the shipped ones with their limits moved. Each figure comes
from a process of its own, so that its memory is its own, too. Prints rates and ratios of one run; says nothing about
better or worse. With `--former`, one core of an older checkout decides some of the same patients, from memory: neither
reading nor writing is counted there; and it reads the same FHIR Bundles.

    python benchmarks/cohort.py [--patients 2000] [--many-trials 200] [--bundles 100] [--former DIR] [--spark]
    python benchmarks/cohort.py --patients 100000 --records FILE
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from bundles import ordinary_bundle
from msgspec.structs import replace

from screener import evaluate, load_rules
from screener.advice.when import closing
from screener.cohort.answers import SOON, Desk, How, Row
from screener.cohort.ingest import Manner, ingest
from screener.cohort.limits import limits_of
from screener.cohort.run import by_processes, run
from screener.cohort.summary import summed_up
from screener.records.dictionary import Dictionary
from screener.records.facts.columns import prepare, schema_of, to_table
from screener.records.facts.folder import Facts, Part, finish, name_of_part, parquet_writer
from screener.records.facts.people import Person, person_of
from screener.records.patient import NOTHING_BESIDES
from screener.records.reading import read_patient
from screener.rulebook import Rulebook

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"
DAY = date(2026, 2, 20)
HOW = How(DAY, DAY)
DIFFERENT, OF_A_PART, FACTS = 200, 500, 100
REST = "missing facts, key values, moved limits"
LOOKED_INTO = 2000
"""Patients, at most, whose time is told apart, and whom a former checkout decides."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--many-trials", type=int, default=200, help="patients who are screened against 400 trials")
    parser.add_argument("--bundles", type=int, default=100, help="FHIR Bundles of 200 resources that are read")
    parser.add_argument("--former", type=Path, metavar="DIR", help="an older checkout to compare with")
    parser.add_argument("--spark", action="store_true", help="also on Spark local[2]")
    parser.add_argument(
        "--records", type=Path, metavar="FILE", help="only write the patients' records to a file (NDJSON)"
    )
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step is not None:
        step(*asked.step)
        return
    if asked.records is not None:
        write_records(asked.patients, asked.records)
        return
    place = Path(tempfile.mkdtemp(prefix="cohort-"))
    prepare()
    try:
        start = time.perf_counter()
        make_facts(asked.patients, place / "facts")
        size = sum(each.stat().st_size for each in (place / "facts").glob("people-*")) / asked.patients
        seconds = time.perf_counter() - start
        print(f"{asked.patients} patients, {size:.0f} bytes of facts each, made in {seconds:.0f} s")
        now = shares(Facts(place / "facts"), load_rules())
        if asked.former is not None:
            before = former(asked.former, "decide", place, min(asked.patients, LOOKED_INTO, DIFFERENT))
            told("one core of the former, deciding alone", before["number"] / before["cpu"], "patients/s")
            told("processor time, former / now", before["cpu"] / before["number"] / now, "")
        one = measured("one process", "run-1", place / "facts", place / "out-1", asked.patients)
        two = measured("two processes", "run-2", place / "facts", place / "out-2", asked.patients)
        told("two processes / one", one["wall"] / two["wall"], "")
        if asked.former is not None:
            former_rate = before["number"] / before["cpu"]
            told("two processes / one core of the former", asked.patients / two["wall"] / former_rate, "")
        if asked.spark:
            spark = measured("Spark local[2]", "spark", place / "facts", place / "out-spark", asked.patients)
            told("Spark / pool", two["wall"] / spark["wall"], "")
        measured("summary, two processes", "summary", place / "facts", place / "out-2", asked.patients)
        shutil.rmtree(place / "facts")
        make_facts(max(asked.patients // 10, 1), place / "facts")
        tenth = max(asked.patients // 10, 1)
        measured("two processes, a tenth", "run-2", place / "facts", place / "out-tenth", tenth)
        make_facts(asked.many_trials, place / "few")
        four = measured("4 trials", "run-1", place / "few", place / "out-4", asked.many_trials)
        many = measured("400 trials", "many", place / "few", place / "out-400", asked.many_trials)
        told("400 trials / 4", many["cpu"] / four["cpu"], "")
        keeping(asked, place)
        reading(asked, place)
    finally:
        shutil.rmtree(place)


def told(what: str, number: float, unit: str) -> None:
    print(f"{what:<42}{number:>9.2f} {unit}".rstrip(), flush=True)


def measured(what: str, name: str, source: Path, out: Path, number: int) -> dict[str, float]:
    """Print and give what a step took: a process of its own, and those that work for it."""
    command = [sys.executable, __file__, "--step", name, str(source), str(out)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print(
        f"{what:<42}{number / found['wall']:>9.0f} /s on the clock, {number / found['cpu']:.0f} /s of a processor, "
        f"{found['peak']:.0f} MB at most, {found['child']:.0f} MB each process that works for it",
        flush=True,
    )
    return found


# ---- one step, in a process of its own


def step(name: str, source: str, out: str) -> None:
    rules = load_rules()
    started: list[float] = []

    def begin() -> None:
        started.extend((time.perf_counter(), _busy()))

    if name.startswith("ingest"):
        prepare()
        begin()
        ingest([Path(source)], Path(out), Manner(Dictionary(rules)), int(name[-1]))
    else:
        facts = Facts(Path(source))
        if name == "many":
            rules = with_more_trials(rules, 100)
        Desk(rules, HOW).rows(next(facts.patients(facts.about.parts[0])), "")  # compiles what is compiled once
        if name == "summary":
            begin()
            summed_up(Path(out), rules, facts, HOW, jobs=2)
        elif name == "spark":
            from screener.cohort.spark import by_spark, session_for

            session = session_for("local[2]")
            session.range(2).count()
            begin()
            run(facts, Path(out), rules, HOW, by_spark(session))
            session.stop()
        else:
            begin()
            run(facts, Path(out), rules, HOW, by_processes(2 if name == "run-2" else 1))
    wall, busy = started
    told_of = {
        "wall": time.perf_counter() - wall,
        "cpu": _busy() - busy,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    print(json.dumps(told_of))


def _busy() -> float:
    """Seconds of processor time, of this process and of those that worked for it and have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


# ---- patients


def make_facts(number: int, folder: Path) -> None:
    """A folder of facts of so many patients."""
    folder.mkdir()
    rules = load_rules()
    dictionary = Dictionary(rules)
    people = [person_of(read_patient(each, dictionary)) for each in different(min(number, DIFFERENT))]
    table = to_table(people, Person)
    parts = []
    for start in range(0, number, OF_A_PART):
        those = range(start, min(start + OF_A_PART, number))
        rows = table.take([at % len(people) for at in those])
        rows = rows.set_column(0, "id", pa.array([f"patient-{at}" for at in those]))
        name = name_of_part(start)
        with open(folder / name, "wb") as file, parquet_writer(file, schema_of(Person)) as writer:
            writer.write_table(rows, row_group_size=200)
        parts.append(Part(name, len(rows)))
    finish(folder, parts, rules.dictionary_digest, NOTHING_BESIDES)


def write_records(number: int, file: Path) -> None:
    """A file of so many records, no two of them the same."""
    with open(file, "w") as written:
        for at, record in enumerate(different(number)):
            written.write(json.dumps(record | {"id": f"patient-{at}"}) + "\n")


def different(number: int) -> Iterator[dict[str, Any]]:
    """So many records."""
    dice = Random(7)
    bases = [json.loads(each.read_text()) for each in sorted(EXAMPLES.glob("*.json"))]
    for at in range(number):
        yield perturbed(dice, bases[at % len(bases)])


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


# ---- what one process does


def shares(facts: Facts, rules: Rulebook) -> float:
    """Print what each step of one process takes, of some patients; give the seconds of a patient."""
    desk = Desk(rules, HOW)
    names = (
        "read the file",
        "build patients",
        "decide",
        "why lines are open",
        "closing soon",
        REST,
        "write",
    )
    spent = dict.fromkeys(names, 0.0)
    parts = facts.about.parts[: max(1, LOOKED_INTO // OF_A_PART)]
    number = sum(part.patients for part in parts)
    desk.rows(next(facts.patients(parts[0])), "")
    gc.collect()
    gc.disable()

    def timed(name: str, work: Any) -> Any:
        start = time.process_time()
        found = work()
        spent[name] += time.process_time() - start
        return found

    for part in parts:
        timed("read the file", lambda part=part: pq.read_table(facts.folder / part.file))
        those = timed("build patients", lambda part=part: list(facts.with_digests(part)))
        timed("decide", lambda those=those: [_decided(patient, rules) for patient, _ in those])
        screened = timed("why lines are open", lambda those=those: [desk.screening(each) for each, _ in those])
        timed("closing soon", lambda those=screened: [closing(each, DAY + SOON) for each in those if not each.died])
        rows: dict[str, list[Row]] = {}

        def all_rows(those: Any = those, rows: dict[str, list[Row]] = rows) -> None:
            for patient, digest in those:
                for trial_id, row in desk.rows(patient, digest).items():
                    rows.setdefault(trial_id, []).append(row)

        timed(REST, all_rows)
        timed("write", partial(_write, facts.folder, rows))
    gc.enable()
    spent["build patients"] -= spent["read the file"]
    spent[REST] -= spent["why lines are open"] + spent["closing soon"]
    spent["why lines are open"] -= spent["decide"]
    whole = sum(spent.values())
    for name, seconds in spent.items():
        print(f"  {name:<40}{1000 * seconds / number:>8.2f} ms{seconds / whole:>8.0%}")
    told("one core, busy time", number / whole, "patients/s")
    return whole / number


def _decided(patient: Any, rules: Rulebook) -> None:
    for trial in evaluate(patient, rules, as_of=DAY).trials:
        for line in trial.criteria:
            line.status  # noqa: B018


def _write(folder: Path, rows: dict[str, list[Row]]) -> None:
    for trial_id, of_trial in rows.items():
        with open(folder / f"out-{trial_id}", "wb") as file, parquet_writer(file, schema_of(Row)) as writer:
            writer.write_table(to_table(of_trial, Row))


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


# ---- records, and an older checkout


def keeping(asked: argparse.Namespace, place: Path) -> None:
    """Print what native records take to become facts, by one process and by two. No two of them are the same."""
    write_records(asked.patients, place / "records.ndjson")
    one = measured("native into facts, one process", "ingest-1", place / "records.ndjson", place / "n1", asked.patients)
    two = measured(
        "native into facts, two processes", "ingest-2", place / "records.ndjson", place / "n2", asked.patients
    )
    told("two processes / one", one["wall"] / two["wall"], "")


def reading(asked: argparse.Namespace, place: Path) -> None:
    """Print what reading FHIR takes, by one process and by two; all of it, and a quarter, for the memory."""
    folder, quarter = place / "bundles", place / "quarter"
    text = ordinary_bundle().decode()
    own = next(each for each in json.loads(text)["entry"] if each["resource"]["resourceType"] == "Patient")
    own_id = own["resource"]["id"]
    for where, number in ((folder, asked.bundles), (quarter, max(1, asked.bundles // 4))):
        where.mkdir()
        for at in range(number):
            (where / f"{at}.json").write_text(text.replace(own_id, f"{own_id[:-6]}{at:06}"))
    one = measured("FHIR into facts, one process", "ingest-1", folder, place / "facts-1", asked.bundles)
    two = measured("FHIR into facts, two processes", "ingest-2", folder, place / "facts-2", asked.bundles)
    measured("a quarter of them", "ingest-2", quarter, place / "facts-4", max(1, asked.bundles // 4))
    told("two processes / one", one["wall"] / two["wall"], "")
    if asked.former is not None:
        before = former(asked.former, "read", folder, asked.bundles)
        told("the former, one core, reading alone", before["number"] / before["wall"], "/s on the clock")
        told("two processes / the former", before["wall"] / two["wall"], "")
        told("processor time, the former / one process", before["cpu"] / one["cpu"], "")


FORMER = """
import gc, json, sys, time
from datetime import date
from pathlib import Path
from screener import evaluate, load_patients, load_rules
rules = load_rules()
what, place, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
def decided(patient):
    for trial in evaluate(patient, rules, as_of=date(2026, 2, 20)).trials:
        for line in trial.criteria:
            line.status
if what == "decide":
    people = [next(iter(load_patients(json.loads(line), rules))) for line in open(place)]
    decided(people[0])
    work = lambda: [decided(each) for each in people]
else:
    files = sorted(place.glob("*.json"))
    next(iter(load_patients(files[0], rules)))
    work = lambda: [list(load_patients(each, rules)) for each in files]
gc.collect()
wall, cpu = time.perf_counter(), time.process_time()
work()
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "number": number}))
"""


def former(checkout: Path, what: str, place: Path, number: int) -> dict[str, float]:
    """What an older checkout takes to decide the patients, or to read the records in a folder."""
    if what == "decide":
        place = place / "records.ndjson"
        place.write_text("".join(json.dumps(each) + "\n" for each in different(number)))
    command = [sys.executable, "-c", FORMER, what, str(place), str(number)]
    paths = os.environ | {"PYTHONPATH": str(checkout.resolve() / "src")}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=paths)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
