"""How long margins and distances take for one screening, beside the screening itself.

Goal: all margins of one patient and four trials well under 10 ms. Margins, with what would turn every score, and the
distances are worked out only when they are asked for. Prints medians, and ratios to `evaluate()`, over the records of
a folder and over the full record of the other benchmarks; says nothing about better or worse.

    python benchmarks/margins.py [--runs 50] [FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

from a_record import AS_OF, a_record
from evaluate import in_turn

from screener import evaluate, load_patient, load_rules
from screener.advice.distance import distance
from screener.advice.margins import margins_of
from screener.records.patient import Patient

EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=EXAMPLES)
    parser.add_argument("--runs", type=int, default=50)
    asked = parser.parse_args()
    rules = load_rules()
    patients: dict[str, Patient] = {"the full record": load_patient(a_record(), rules)}
    patients |= {path.stem: load_patient(path, rules) for path in sorted(asked.folder.glob("*.json"))}
    print(f"{'one patient, 4 trials':<48}{'evaluate':>10}{'margins':>16}{'distance':>16}")
    totals: list[list[float]] = []
    for name, patient in patients.items():
        day = AS_OF if patient.as_of is None else AS_OF.fromordinal(patient.as_of)
        screening = evaluate(patient, rules, day)
        margins_of(screening)  # the first one prepares what the rules read

        def screen(patient: Patient = patient, day: object = day) -> object:
            return evaluate(patient, rules, day)

        times = in_turn(
            [screen, lambda told=screening: margins_of(told), lambda told=screening: distance(told)], asked.runs
        )
        totals.append(times)
        print(f"{name:<48}{row(times)}")
    print(f"{'median of these':<48}{row([median(column) for column in zip(*totals, strict=True)])}")


def row(times: list[float]) -> str:
    engine, margins, distances = times
    ratios = f"{margins:>8.2f} ms{margins / engine:>5.1f}{distances:>9.2f} ms{distances / engine:>5.1f}"
    return f"{engine:>7.2f} ms{ratios}"


if __name__ == "__main__":
    main()
