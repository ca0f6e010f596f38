"""How long it takes to tell when something changes by itself, for every example patient against every trial.

Goal: under 20 ms a patient. Prints medians of processor time, which a busy machine prolongs least, and their ratio to
one `evaluate()` of the same patient; says nothing about better or worse. What the JSON costs is measured apart, because
a call asks for it with `--when`.

    python benchmarks/when.py [--runs 30] [RECORD…]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from screener import evaluate, load_patient, load_rules
from screener.advice.when import Timeline, changes
from screener.schema import plain
from screener.screening import Screening

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=30)
    asked = parser.parse_args()
    rules = load_rules()
    rows: list[tuple[float, float, float, float]] = []
    print("                                             changes  evaluate() ms  changes() ms  ratio")
    for path in asked.records or sorted(EXAMPLES.glob("*.json")):
        patient = load_patient(path, rules)
        screening = evaluate(patient, rules)
        timeline = changes(screening)
        works = [
            lambda patient=patient: evaluate(patient, rules),
            lambda screening=screening: changes(screening),
            lambda screening=screening: json_text(screening, None),
            lambda screening=screening, timeline=timeline: json_text(screening, timeline),
        ]
        engine, when, without, with_days = in_turn(works, asked.runs)
        rows.append((engine, when, without, with_days))
        count = sum(len(trial.changes) for trial in timeline.trials)
        print(f"{path.stem:<44}{count:>8}{engine:>15.3f}{when:>14.2f}{when / engine:>7.1f}")
    engine, when, without, with_days = (median(column) for column in zip(*rows, strict=True))
    print(f"{'median':<44}{'':>8}{engine:>15.3f}{when:>14.2f}{when / engine:>7.1f}")
    print(f"longest changes() {max(row[1] for row in rows):.2f} ms")
    print(f"JSON of a screening already told {without:.3f} ms, with its days {with_days:.3f} ms")


def in_turn(works: list[Callable[[], object]], runs: int) -> tuple[float, ...]:
    """The median milliseconds of processor time of each, run in turn."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for taken, work in zip(times, works, strict=True):
            start = time.process_time_ns()
            work()
            taken.append((time.process_time_ns() - start) / 1e6)
    return tuple(median(taken) for taken in times)


def json_text(screening: Screening, timeline: Timeline | None) -> str:
    return json.dumps(screening.to_dict() | ({} if timeline is None else {"when": plain(timeline)}))


if __name__ == "__main__":
    main()
