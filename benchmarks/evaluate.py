"""How long the engine takes for one patient that is loaded, against every trial.

Goals: under 0.5 ms, and at most 4 times what a function written by hand takes that decides the same criteria without
units or explanations (`by_hand.py`). What is told on demand, every explanation and all evidence, is measured apart.
Without a RECORD it takes a full record and then the example patients. Prints medians and ratios of the time that the
process itself takes; says nothing about better or worse.

    python benchmarks/evaluate.py [--runs 2000] [RECORD]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from a_record import AS_OF, a_record
from by_hand import Chart, Truth, decide

from screener import evaluate, load_patient, load_rules
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.screening import Screening

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=2000)
    asked = parser.parse_args()
    rules = load_rules()
    taken = measured(load_patient(asked.record or a_record(), rules), rules, asked.runs, say=True)
    print("                                              median   by hand = 1")
    print(table(taken))
    if asked.record is None:
        paths = sorted(EXAMPLES.glob("*.json"))
        of_each = [measured(load_patient(path, rules), rules, asked.runs // 10) for path in paths]
        print(f"median of the {len(paths)} example patients")
        print(table([median(column) for column in zip(*of_each, strict=True)]))


def measured(patient: Patient, rules: Rulebook, runs: int, *, say: bool = False) -> list[float]:
    """The milliseconds of deciding by hand, of `evaluate()`, and of that with everything told."""
    day = AS_OF.toordinal() if patient.as_of is None else patient.as_of
    as_of = AS_OF.fromordinal(day)
    chart = Chart(patient, day)
    by_hand, engine = in_turn([lambda: decide(chart), lambda: evaluate(patient, rules, as_of)], runs)
    # Apart from the two, whose caches and garbage its many texts would share.
    (told,) = in_turn([lambda: evaluate(patient, rules, as_of).to_json()], max(runs // 10, 5))
    if say:
        screening = evaluate(patient, rules, as_of)
        count = sum(len(trial.criteria) for trial in screening.trials)
        print(f"one patient, {len(screening.trials)} trials, {count} criteria, {runs} runs each")
        same, differing = compared(screening, decide(chart))
        print(f"answers that agree: {same} of {count}" + "".join(f"\n  {each}" for each in differing))
    return [by_hand, engine, told]


def table(taken: list[float]) -> str:
    by_hand, engine, told = taken
    return (
        f"by hand, no units and no explanations   {by_hand:>9.3f} ms{1:>14.2f}\n"
        f"evaluate()                              {engine:>9.3f} ms{engine / by_hand:>14.2f}\n"
        f"evaluate() and everything told, as JSON {told:>9.3f} ms{told / by_hand:>14.2f}"
    )


def in_turn(works: list[Callable[[], object]], runs: int) -> list[float]:
    """The median milliseconds that the process takes for each, run in turn, so that a busy machine slows them alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for taken, work in zip(times, works, strict=True):
            start = time.process_time()
            work()
            taken.append((time.process_time() - start) * 1000)
    return [median(taken) for taken in times]


def compared(screening: Screening, by_hand: dict[str, list[Truth]]) -> tuple[int, list[str]]:
    """How many criteria both decide alike, and which they do not."""
    same, differing = 0, []
    for trial in screening.trials:
        for criterion, truth in zip(trial.criteria, by_hand[trial.id], strict=True):
            holds = {"passed": True, "failed": False, "unknown": None}[criterion.status]
            engine = holds if criterion.kind == "inclusion" or holds is None else not holds
            if engine is truth:
                same += 1
            else:
                differing.append(f"{trial.id} {criterion.id}: the engine says {engine}, by hand it is {truth}")
    return same, differing


if __name__ == "__main__":
    main()
