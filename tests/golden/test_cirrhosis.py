"""A ward of decompensated cirrhosis from a bulk export: the table that is kept, and that it rests on the latest labs.

What is latest is found here once more, from the lines of the files, without any of the reader's own code.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Any

import pytest

from golden.cirrhosis import GOLDEN, LABS, MORNING, SCORE, goldens, latest_result, screened
from records.fhir_sources import CIRRHOSIS, patients_of
from screener.screening import CriterionResult, Screening

LOINC = {"1975-2": LABS[0], "6301-6": LABS[1], "2160-0": LABS[2], "1751-7": LABS[3], "777-3": LABS[4]}
END = f"{MORNING.isoformat()}T23:59:59Z"


def lines_of(kind: str) -> Iterator[dict[str, Any]]:
    with gzip.open(CIRRHOSIS / f"{kind}.ndjson.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line, parse_float=str)


def latest_by_hand() -> dict[tuple[str, str], tuple[str, str, str]]:
    """The latest time, value and source of each lab of each patient, up to that morning's day."""
    latest: dict[tuple[str, str], tuple[str, str, str]] = {}
    for each in lines_of("Observation"):
        lab = LOINC.get(each["code"]["coding"][0]["code"])
        if lab is None or each["effectiveDateTime"] > END:
            continue
        key = each["subject"]["reference"].removeprefix("Patient/"), lab
        result = each["effectiveDateTime"], each["valueQuantity"]["value"], f"Observation/{each['id']}"
        latest[key] = max(latest.get(key, ("", "", "")), result)
    return latest


def line(screening: Screening) -> CriterionResult:
    trial, line, _ = SCORE
    return next(each for own in screening.trials if own.id == trial for each in own.criteria if each.id == line)


def test_the_table_is_the_one_that_is_kept() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == goldens()[GOLDEN], "python tests/golden/renew.py"


def test_every_patient_of_the_export_is_screened_once() -> None:
    assert Counter(each["id"] for each in lines_of("Patient")) == Counter(patient.id for patient, _ in screened())
    assert len(screened()) == 150


def test_the_evidence_of_the_score_is_the_latest_result_of_each_lab() -> None:
    latest = latest_by_hand()
    checked = 0
    for patient, screening in screened():
        result = json.loads(screening.to_json())
        [told] = [
            criterion["evidence"]
            for trial in result["trials"]
            for criterion in trial["criteria"]
            if (trial["id"], criterion["id"]) == SCORE[:2]
        ]
        shown = {each["name"]: (each["date"], each["value"], each["source"]) for each in told if each["name"] in LABS}
        by_hand = {lab: each for lab in LABS[:3] if (each := latest.get((patient.id, lab))) is not None}
        assert shown == by_hand, patient.id
        checked += len(shown)
    assert checked == 449


def test_the_labs_of_the_table_are_the_latest_ones() -> None:
    latest = latest_by_hand()
    for patient, _ in screened():
        for lab in LABS:
            read, by_hand = latest_result(patient, lab), latest.get((patient.id, lab))
            assert (read.source if read is not None else None) == (by_hand[-1] if by_hand is not None else None)


def test_no_answer_rests_on_a_result_of_a_later_day() -> None:
    """One may leave open since when there is what it shows: a bilirubin that is high later, jaundice."""
    dates = [
        (fact.date, criterion.status, trial.id, criterion.id, fact.name)
        for _, screening in screened()
        for trial in screening.trials
        for criterion in trial.criteria
        for fact in criterion.evidence
        if fact.date is not None and fact.source.startswith("Observation/")
    ]
    assert len(dates) > 3_000
    later = {tuple(where) for date, *where in dates if date > END}
    assert later == {("unknown", "NCT03863002", "I2", "total_bilirubin")}


def test_the_score_is_the_one_of_its_formula_for_any_creatinine_from_what_was_measured_to_that_of_dialysis() -> None:
    latest = latest_by_hand()
    for patient, screening in screened():
        values = [float(latest[patient.id, lab][1]) for lab in LABS[:3] if (patient.id, lab) in latest]
        if len(values) < 3:
            continue
        bilirubin, inr, creatinine = values
        ends = sorted({_meld(bilirubin, inr, creatinine), _meld(bilirubin, inr, 4)})
        told = next(each.value for each in line(screening).scores if each.name == SCORE[-1])
        assert told == (str(ends[0]) if len(ends) == 1 else f"between {ends[0]} and {ends[1]}"), patient.id


def _meld(bilirubin: float, inr: float, creatinine: float) -> int:
    """UNOS's MELD: each input at least 1, creatinine at most 4, the score 6 to 40."""
    inside = 0.957 * log(min(max(creatinine, 1), 4)) + 0.378 * log(max(bilirubin, 1)) + 1.120 * log(max(inr, 1)) + 0.643
    return min(max(round(10 * inside), 6), 40)


def test_who_had_died_by_that_day_is_noted_as_such() -> None:
    died = {each["id"] for each in lines_of("Patient") if each.get("deceasedDateTime", "9") <= END}
    noted = {patient.id for patient, screening in screened() if any("has died" in note for note in screening.notes)}
    assert len(died) == 8
    assert noted == died


# ---- all that clinosim made


@pytest.mark.parametrize(
    ("disease", "number"),
    [
        ("cirr", 150),
        ("acute_cholecystitis", 30),
        ("acute_kidney_injury", 30),
        ("gi_bleeding", 30),
        ("heart_failure_exacerbation", 30),
        ("sepsis", 30),
    ],
)
def test_every_patient_of_every_disease_is_read(shared: Path, disease: str, number: int) -> None:
    patients = patients_of(shared / "clinosim" / disease)
    assert len({patient.id for patient in patients}) == len(patients) == number
    assert all(patient.results and patient.birth is not None for patient in patients)


def test_what_was_left_out_of_the_export_here_changes_no_fact(shared: Path) -> None:
    whole = {patient.id: patient for patient in patients_of(shared / "clinosim" / "cirr")}
    for patient, _ in screened():
        other = whole[patient.id]
        assert (other.results, other.episodes, other.absences) == (patient.results, patient.episodes, patient.absences)
