"""How long the page takes for one patient that is loaded, against every trial, when the templates are compiled.

Goal: under 50 ms for the page as it is written, evaluation, explanations and outlook included. The outlook (what to
find out next, margins, distances and days of change) is the most of it, and is measured apart here, one by one. Beside
it evaluation with everything told as plain data, which the page cannot do without; the ratio is what the page costs on
top.

Prints medians and ratios of processor time, which other work on the machine changes least, and with `--profile` where
the time goes.

    python benchmarks/report.py [--runs 50] [--profile] [RECORD]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from a_record import AS_OF, a_record

from screener import Screening, advise, evaluate, load_patient, load_rules
from screener.advice.distance import distance
from screener.advice.margins import margins_of
from screener.advice.when import changes
from screener.report.criteria_csv import csv_text
from screener.report.markdown import markdown
from screener.report.questions import questionnaire
from screener.report.sheet_page import page as page_of
from screener.sheet.making import sheet_of


def sheet_page(screening: Screening) -> str:
    return page_of([sheet_of(screening)], [screening])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    rules = load_rules()
    patient = load_patient(asked.record or a_record(), rules)
    as_of = AS_OF if patient.as_of is None else None
    works: dict[str, Callable[[], object]] = {
        "evaluate()": lambda: evaluate(patient, rules, as_of),
        "evaluate() and to_dict()": lambda: evaluate(patient, rules, as_of).to_dict(),
        "evaluate() and the page": lambda: sheet_page(evaluate(patient, rules, as_of)),
        "  of this evaluate() and advise()": lambda: advise(evaluate(patient, rules, as_of)),
        "  of this evaluate() and margins_of()": lambda: margins_of(evaluate(patient, rules, as_of)),
        "  of this evaluate() and distance()": lambda: distance(evaluate(patient, rules, as_of)),
        "  of this evaluate() and changes()": lambda: changes(evaluate(patient, rules, as_of)),
        "evaluate() and Markdown": lambda: markdown(evaluate(patient, rules, as_of)),
        "evaluate() and CSV": lambda: csv_text([evaluate(patient, rules, as_of)]),
        "evaluate() and the questions by FHIR": lambda: questionnaire(evaluate(patient, rules, as_of)),
    }
    start = time.process_time()
    page = sheet_page(evaluate(patient, rules, as_of))
    first = (time.process_time() - start) * 1000
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(asked.runs):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name].append((time.process_time() - start) * 1000)
    medians = {name: median(taken) for name, taken in times.items()}
    told = medians["evaluate() and to_dict()"]
    print(f"one patient, {len(page) / 1000:.0f} kB of page, {asked.runs} runs each, in turn")
    print(f"{'':<40}median   evaluate() and to_dict() = 1")
    for name, taken in medians.items():
        print(f"{name:<36}{taken:>8.2f} ms{taken / told:>10.2f}")
    print(f"the first page, templates compiled  {first:>8.2f} ms{first / told:>10.2f}")
    if asked.profile:
        profile = cProfile.Profile()
        profile.runcall(works["evaluate() and the page"])
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
