"""How long it takes to say what to find out next, for one patient and every trial.

Two times, in milliseconds of this process: the ranking with what rules out, and then what makes each trial eligible,
which is worked out only when it is read. Goal: under 20 ms for the first. The more is missing, the more records have to
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
    print(f"every trial, {asked.runs} runs each    evaluate()     advise()   eligible   undetermined   facts")
    for path in asked.record or sorted(PATIENTS.glob("*.json")):
        patient = load_patient(path, rules)
        screening = evaluate(patient, rules)
        evaluating, ranking, choosing = medians(
            lambda patient=patient: evaluate(patient, rules), lambda screening=screening: advise(screening), asked.runs
        )
        undetermined = sum(trial.verdict == "undetermined" for trial in screening.trials)
        print(
            f"{path.stem[:28]:<28}{evaluating:>9.2f} ms{ranking:>10.2f} ms{choosing:>8.2f} ms"
            f"{undetermined:>15}{len(advise(screening).facts):>8}"
        )


def medians(screen: Callable[[], Screening], ask: Callable[[], Advice], runs: int) -> list[float]:
    """The median milliseconds of screening, of asking for advice and of reading all of it, after one run that is not
    counted."""
    times = []
    for _ in range(runs + 1):
        start = time.process_time()
        screen()
        screened = time.process_time()
        advice = ask()
        advised = time.process_time()
        for trial in advice.trials:
            trial.makes_eligible  # noqa: B018 (worked out when it is read)
        times.append((screened - start, advised - screened, time.process_time() - advised))
    return [median(each) * 1000 for each in zip(*times[1:], strict=True)]


if __name__ == "__main__":
    main()
