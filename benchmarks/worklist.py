"""How long a row of a worklist takes beyond the screening itself, and how much memory many patients need.

Goal: under 20 ms a row beyond screening and advice, whose days of change are timed apart. Prints medians of processor
time over the example patients, which other work on the machine changes least, and their ratio to one `evaluate()`. With
`--patients`, so many copies of the examples are screened into rows, and the memory at its highest is told.

    python benchmarks/worklist.py [--runs 20] [--patients 5000]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from screener import evaluate, load_patient, load_rules
from screener.advice.distance import distance
from screener.advice.when import changes
from screener.report.worklist_csv import worklist_csv
from screener.report.worklist_text import worklist_text
from screener.sheet import making
from screener.sheet.making import sheet_of
from screener.sheet.worklist import Choice, row_of, worklist_of

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--patients", type=int, default=0)
    asked = parser.parse_args()
    rules = load_rules()
    patients = [load_patient(path, rules) for path in sorted(EXAMPLES.glob("*.json"))]
    screenings = [evaluate(each, rules) for each in patients]
    advised = _TimeOfAdvice()
    works: dict[str, Callable[[int], object]] = {
        "evaluate()": lambda number: evaluate(patients[number], rules),
        "distance()": lambda number: distance(screenings[number]),
        "changes(), as far as the longest window": lambda number: changes(screenings[number]),
        "the whole sheet": lambda number: sheet_of(screenings[number]),
        "a row": lambda number: row_of(screenings[number], "x.json"),
    }
    times: dict[str, list[float]] = {name: [] for name in (*works, "  of this advice")}
    for _ in range(asked.runs):
        for number in range(len(patients)):
            for name, work in works.items():
                advised.taken = 0
                start = time.process_time_ns()
                work(number)
                times[name].append((time.process_time_ns() - start) / 1e6)
            times["  of this advice"].append(advised.taken / 1e6)
    one = median(times["evaluate()"])
    for name, taken in times.items():
        print(f"{name:<44}{median(taken):>9.2f} ms{median(taken) / one:>8.1f} x evaluate()")
    beyond = [row - advice for row, advice in zip(times["a row"], times["  of this advice"], strict=True)]
    print(
        f"{'a row beyond screening and advice':<44}{median(beyond):>9.2f} ms{median(beyond) / one:>8.1f} x evaluate()"
    )
    if asked.patients:
        _many(asked.patients, patients, rules)


class _TimeOfAdvice:
    """How long a row spent on distances and days of change."""

    def __init__(self) -> None:
        self.taken = 0
        for name in ("distance", "timelines"):
            setattr(making, name, self._timed(getattr(making, name)))

    def _timed(self, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*given: object) -> object:
            start = time.process_time_ns()
            try:
                return work(*given)
            finally:
                self.taken += time.process_time_ns() - start

        return timed


def _many(number: int, patients: list, rules: object) -> None:
    start, before = time.process_time(), _memory()
    made = (row_of(evaluate(patients[each % len(patients)], rules), f"{each}.json") for each in range(number))
    rows = [row for row in made if row is not None]
    took = time.process_time() - start
    start = time.process_time()
    text, table = worklist_text(worklist_of(rows, Choice())), worklist_csv(rows)
    written = time.process_time() - start
    print(f"{number} patients: {took:.1f} s for the rows, {written:.2f} s to write {len(text) + len(table):,} letters")
    print(f"memory at its highest {_memory():.0f} MB, before it {before:.0f} MB")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
