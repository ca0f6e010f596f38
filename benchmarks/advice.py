"""How long it takes to say what to find out next, for one patient and every trial.

Goal: under 20 ms for a patient of whom little is open. The more is missing, the more records have to be supposed: a
referral letter is the far end. Prints medians and their ratio to evaluate(); says nothing about better or worse.

    python benchmarks/advice.py [--runs 5] [RECORD…]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from screener import advise, evaluate, load_patient, load_rules

PATIENTS = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    rules = load_rules()
    print(f"every trial, {asked.runs} runs each    evaluate()     advise()   ratio   undetermined   facts")
    for path in asked.record or sorted(PATIENTS.glob("*.json")):
        patient = load_patient(path, rules)
        screening = evaluate(patient, rules)
        evaluating = timed(lambda patient=patient: evaluate(patient, rules), asked.runs)
        advising = timed(lambda screening=screening: advise(screening), asked.runs)
        undetermined = sum(trial.verdict == "undetermined" for trial in screening.trials)
        facts = len(advise(screening).facts)
        print(
            f"{path.stem[:28]:<28}{evaluating:>9.2f} ms{advising:>10.2f} ms{advising / evaluating:>8.0f}"
            f"{undetermined:>15}{facts:>8}"
        )


def timed(work: Callable[[], object], runs: int) -> float:
    """The median milliseconds, after one run that is not counted."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


if __name__ == "__main__":
    main()
