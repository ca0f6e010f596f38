"""How long it takes to say what to find out next, for one patient and every trial.

In milliseconds of this process, and in multiples of the screening itself. The more is missing, the more records have to
be supposed: a referral letter is the far end. Prints medians; says nothing about better or worse.

    python benchmarks/advice.py [--runs 5] [RECORD…]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from screener import Advice, Screening, advise, evaluate, load_patient, load_rules

PATIENTS = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    rules = load_rules()
    print(f"every trial, {asked.runs} runs each    evaluate()     advise()    ratio   undetermined   facts")
    for path in asked.record or sorted(PATIENTS.glob("*.json")):
        patient = load_patient(path, rules)
        advice, evaluating, advising = medians(
            lambda patient=patient: evaluate(patient, rules), lambda screening: advise(screening), asked.runs
        )
        print(
            f"{path.stem[:28]:<28}{evaluating:>9.2f} ms{advising:>10.2f} ms{advising / evaluating:>9.1f}"
            f"{len(advice.trials):>15}{len(advice.facts):>8}"
        )


def medians(
    screen: Callable[[], Screening], ask: Callable[[Screening], Advice], runs: int
) -> tuple[Advice, float, float]:
    """The advice, and the median milliseconds of screening and of advising on it, after one run that is not counted.
    Each advice is on a screening of its own, whose answers nobody has read."""
    times = []
    for _ in range(runs + 1):
        start = time.process_time()
        screening = screen()
        screened = time.process_time()
        advice = ask(screening)
        times.append((screened - start, time.process_time() - screened))
    evaluating, advising = [median(each) * 1000 for each in zip(*times[1:], strict=True)]
    return advice, evaluating, advising


if __name__ == "__main__":
    main()
