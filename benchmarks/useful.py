"""How many of the 66 lines stay open for a realistic patient, and what for: what the tables of codes are worth.

Ten invented inpatients in three codings, and in words alone (tests/data/inpatients); 150 patients with cirrhosis made
by clinosim; and the patients of a Synthea export, of whom none has a liver disease. Each is screened in four
situations: as exported; with all seven lists taken as complete; with the site's own table of codes beside them; and
after one review of the chart, in which nothing was found that the sheet asks about, and every entry was looked at.
A review asks nothing for trials that are ruled out before it; after it only lines of the others are counted.

Of the lines left unknown those are counted that wait for data, and apart from them those that wait for nothing but
consent or a judgement: the median, with the least and the most in brackets.

Goals, of lines that wait for data, at most: with complete lists on ICD-10 12 for a man, 16 for a woman without a test;
with the site's table the same on SNOMED CT; after the review 4.

    python benchmarks/useful.py [--lines]

With `--lines` also, for each population, which lines wait for data, for how many patients.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from screener.loading import load_rulebook
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.errors import Findings, RecordError
from screener.records.local_codes import with_tables
from screener.records.patient import Patient
from screener.records.reading import read_patients
from screener.records.reviews import ReviewReader, with_review
from screener.report.review import to_review
from screener.screening import Screening, evaluate

DATA = Path(__file__).parents[1] / "tests" / "data"
LISTS = ("conditions", "procedures", "medications", "events", "allergies", "family_history", "plans")
SITUATIONS = ("as exported", "lists complete", "site's table", "chart review")
NOT_DATA = {"judgement", "consent", "ambiguous", "untranslated", "partial_score"}
IS_LIVER_FAILURE = ("K72.9", "K70.4", "59927004")
"""Codes of the ten inpatients that leave open what their wordings say: acute-on-chronic liver failure."""


class Population(NamedTuple):
    """Patients of one source: where they are, the day of screening, and the site's table."""

    name: str
    sources: tuple[Path, ...]
    as_of: str
    codes: Path
    in_words: bool = False
    """Whether the codes of diagnoses, drugs and procedures are taken away, so that their wordings are left."""


INPATIENTS = sorted((DATA / "inpatients").glob("??.json"))
POPULATIONS = (
    *(
        Population(
            f"inpatients, {coding}",
            tuple(path.with_name(path.stem + ending) for path in INPATIENTS),
            "2026-03-18",
            DATA / "inpatients" / "codes.csv",
        )
        for coding, ending in (("native", ".json"), ("ICD-10", ".icd.fhir.json"), ("SNOMED", ".snomed.fhir.json"))
    ),
    Population(
        "inpatients, words",
        tuple(path.with_name(path.stem + ".snomed.fhir.json") for path in INPATIENTS),
        "2026-03-18",
        DATA / "inpatients" / "codes.csv",
        in_words=True,
    ),
    Population("clinosim, cirrhosis", (DATA / "clinosim/cirrhosis",), "2024-06-18", DATA / "clinosim/codes.csv"),
    Population("Synthea, all", (DATA / "synthea/bulk",), "2021-03-12", DATA / "synthea/codes.csv"),
)


class Open(NamedTuple):
    """The lines of one screening that wait for data, and how many wait for people alone."""

    data: tuple[str, ...]
    people: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", action="store_true", help="tell also which lines wait for data")
    asked = parser.parse_args()
    shipped = Dictionary(load_rulebook())
    print(f"{'lines of 66 left unknown':<24} {'sex':<6} {'n':>4}  " + "".join(f"{each:>26}" for each in SITUATIONS))
    print(f"{'':<37}  " + f"{'data':>14}{'people':>12}" * len(SITUATIONS))
    for population in POPULATIONS:
        counted = list(counts(population, shipped))
        for sex in ("male", "female"):
            of_sex = [each for recorded, each in counted if recorded == sex]
            if of_sex:
                print(
                    f"{population.name:<24} {sex:<6} {len(of_sex):>4}  " + "".join(map(cell, zip(*of_sex, strict=True)))
                )
        if asked.lines:
            tell_lines([each for _, each in counted])


def counts(population: Population, shipped: Dictionary) -> Iterator[tuple[str | None, tuple[Open, ...]]]:
    """The open lines of each patient, in each situation."""
    with_table = with_tables(shipped, [population.codes])
    for plain, tabled in zip(read(population, shipped), read(population, with_table), strict=True):
        before = screened(tabled, with_table, population.as_of)
        reviewed = with_review(tabled, review(before, with_table), with_table)
        yield (
            plain.sex,
            (
                waiting(screened(plain, shipped, population.as_of, complete=False)),
                waiting(screened(plain, shipped, population.as_of)),
                waiting(before),
                waiting(
                    screened(reviewed, with_table, population.as_of),
                    {trial.id for trial in before.trials if trial.verdict == "ineligible"},
                ),
            ),
        )


def read(population: Population, dictionary: Dictionary) -> Iterator[Patient]:
    for source in population.sources:
        if population.in_words:
            yield read_patient(in_words(json.loads(source.read_text(encoding="utf-8"))), dictionary)
            continue
        for patient in (
            read_patients(source, dictionary) if source.is_dir() else [read_patient(str(source), dictionary)]
        ):
            if not isinstance(patient, RecordError):
                yield patient


def in_words(bundle: dict[str, Any]) -> dict[str, Any]:
    """A Bundle whose diagnoses, drugs and procedures have their wording, and no code."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] in ("Condition", "MedicationStatement", "MedicationRequest", "Procedure"):
            for field in ("code", "medicationCodeableConcept"):
                if field in resource:
                    coded = resource[field]
                    words = coded.get("text") or coded["coding"][0].get("display")
                    resource[field] = {"text": words} if words else coded
    return bundle


def screened(patient: Patient, dictionary: Dictionary, as_of: str, *, complete: bool = True) -> Screening:
    return evaluate(patient, dictionary.rulebook, as_of=as_of, assume_complete=LISTS if complete else ())


def waiting(screening: Screening, ruled_out: Collection[str] = ()) -> Open:
    """What is open: a line waits for data if any of its reasons is about data. Trials that are ruled out are passed
    over."""
    unknown = {
        f"{trial.id}/{criterion.id}": NOT_DATA.issuperset(criterion.reasons)
        for trial in screening.trials
        if trial.id not in ruled_out
        for criterion in trial.criteria
        if criterion.status == "unknown"
    }
    return Open(tuple(line for line, by_people in unknown.items() if not by_people), sum(unknown.values()))


def review(screening: Screening, dictionary: Dictionary) -> Any:
    """The sheet of a chart review, filled in: nothing found, and every entry looked at."""
    sheet = to_review(screening)
    sheet |= {"on": screening.as_of.isoformat(), "by": "study nurse"}
    for group in sheet["groups"]:
        group["none_of_these"] = True
    for entry in sheet["entries"]:
        if any(code in entry["called"] for code in IS_LIVER_FAILURE) and "liver_failure" in entry["may_be"]:
            entry["is"] = "liver_failure"
        else:
            entry["none_of_these"] = True
    findings = Findings()
    read_back = ReviewReader(dictionary, findings).sheet(sheet)
    assert not findings.problems, findings.problems
    return read_back


def cell(those: tuple[Open, ...]) -> str:
    """Median and range of one situation."""
    return f"{ranged([len(each.data) for each in those]):>14}{ranged([each.people for each in those]):>12}"


def ranged(numbers: list[int]) -> str:
    return f"{median(numbers):g} ({min(numbers)}-{max(numbers)})"


def tell_lines(those: list[tuple[Open, ...]]) -> None:
    by_situation = [Counter(line for each in column for line in each.data) for column in zip(*those, strict=True)]
    lines = sorted(set().union(*by_situation[1:]), key=lambda line: (-by_situation[1][line], line))
    for line in lines:
        print(f"    {line:<33}  " + "".join(f"{each[line]:>26}" for each in by_situation))


if __name__ == "__main__":
    main()
