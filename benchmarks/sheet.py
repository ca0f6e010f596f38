"""How long the sheets of many patients take, beyond screening and advice: the model, and the page written from it.

Goal: under 20 ms a patient for both. The patients are the examples, over and over. What the page tells behind the sheet
(margins, distances, days of change, the facts that settle most) is advice, and is measured apart, as are the days of
change after a clean chart, and telling the answers in words.

Prints medians of processor time a patient, which other work on the machine changes least.

    python benchmarks/sheet.py [--patients 300]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from screener import Patient, Rulebook, Screening, evaluate, load_patient, load_rules
from screener.advice.when import timelines
from screener.report.outlook import outlook
from screener.report.sheet_page import page
from screener.sheet import making
from screener.sheet.making import sheet_of

T = TypeVar("T")
EXAMPLES = sorted((Path(__file__).parents[1] / "examples" / "patients").glob("*.json"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=300)
    asked = parser.parse_args()
    rules = load_rules()
    patients = [load_patient(path, rules) for path in EXAMPLES]
    times: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        start = time.process_time()
        made = work()
        times.setdefault(name, []).append((time.process_time() - start) * 1000)
        return made

    making.timelines = lambda *given: timed("  in it: days of change after a clean chart", partial(timelines, *given))
    for number in range(asked.patients):
        patient = patients[number % len(patients)]
        screening = timed("evaluate() and to_dict()", partial(told, patient, rules))
        timed("outlook (advice, margins, distance, days)", partial(outlook, screening))
        sheet = timed("sheet_of()", partial(sheet_of, screening))
        timed("page(), with outlook", partial(page, [sheet], [screening]))
    print(f"{asked.patients} patients")
    for name, taken in times.items():
        print(f"{name:<44}{median(taken):>8.2f} ms")
    beyond = [
        made - days + written - ahead
        for made, days, written, ahead in zip(
            times["sheet_of()"],
            times["  in it: days of change after a clean chart"],
            times["page(), with outlook"],
            times["outlook (advice, margins, distance, days)"],
            strict=True,
        )
    ]
    print(f"{'sheet and page beyond screening and advice':<44}{median(beyond):>8.2f} ms")


def told(patient: Patient, rules: Rulebook) -> Screening:
    screening = evaluate(patient, rules)
    screening.to_dict()
    return screening


if __name__ == "__main__":
    main()
