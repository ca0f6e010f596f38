"""How long a FHIR Bundle takes, read and screened against every trial, within one process that is warm.

What it is measured by is what anybody pays who touches JSON: parsing it twice, and walking once over the result. Times
are those of the processor (`time.process_time`), so that a machine shared with others tells the same. Prints medians
and ratios; says nothing about better or worse.

    python benchmarks/fhir.py [--runs 15] [BUNDLE.json …]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bundles import in_turn, large_bundle, ordinary_bundle, touch

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.documents import parse
from screener.records.errors import RecordError
from screener.records.patient import Patient
from screener.records.reading import read_patients
from screener.screening import Screening, evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    asked = parser.parse_args()
    bundles = {path.name: path.read_bytes() for path in asked.bundles}
    if not bundles:
        bundles = {"an ordinary Bundle": ordinary_bundle(), "a large Bundle": large_bundle()}
    dictionary = Dictionary(load_rules())
    for name, text in bundles.items():
        measure(name, text, dictionary, asked.runs)


def measure(name: str, text: bytes, dictionary: Dictionary, runs: int) -> None:
    """Print how long one Bundle takes, step by step."""
    patients = patients_of(text, dictionary)
    days = [last_day(patient) for patient in patients]

    def screen(those: list[Patient]) -> list[Screening]:
        return [
            evaluate(patient, dictionary.rulebook, as_of=date.fromordinal(day))
            for patient, day in zip(those, days, strict=True)
        ]

    def tell(those: list[Patient]) -> list[str]:
        return [screening.to_json() for screening in screen(those)]

    works: list[Callable[[], object]] = [
        lambda: touch(text),
        lambda: parse(text, name),
        lambda: patients_of(text, dictionary),
        lambda: screen(patients),
        lambda: tell(patients),
        lambda: screen(patients_of(text, dictionary)),
    ]
    touched, decoded, read, screened, told, all_of_it = in_turn(works, runs)
    entries = len(json.loads(text).get("entry", ()))
    print(f"{name}: {entries} entries, {len(text) / 1e6:.2f} MB, {len(patients)} patient(s), {runs} runs each")
    print("                                              median   json twice and a walk = 1")
    for label, taken in {
        "json.loads twice, and one walk": touched,
        "read and screened": all_of_it,
        "  decoded": decoded,
        "  read": read - decoded,
        "  evaluated": screened,
        "every answer told, as JSON, on top": told - screened,
    }.items():
        print(f"{label:<40}{taken:>9.2f} ms{taken / touched:>14.2f}")


def patients_of(text: bytes, dictionary: Dictionary) -> list[Patient]:
    """The patients of a Bundle. Raises RecordError for one that cannot be used."""
    read = list(read_patients(text, dictionary))
    for each in read:
        if isinstance(each, RecordError):
            raise each
    return [each for each in read if isinstance(each, Patient)]


def last_day(patient: Patient) -> int:
    """The day of the patient's last result."""
    return max(each.when.last_day for those in patient.results.values() for each in those if each.when is not None)


if __name__ == "__main__":
    main()
