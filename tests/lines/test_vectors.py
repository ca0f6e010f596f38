"""Scores and conversions against values computed elsewhere, from a record in its native form to the score.

The values lie in `tests/data`, each block with its source and licence; those of MedCalc-Bench, which are CC BY-SA 4.0,
in a folder of their own.
"""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lines.casebook import DEFAULT, Record, laid_over, result_of, rules
from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.records import read_patient
from screener.records.patient import Patient, Result
from screener.rulebook import ScoreOf
from screener.values.ranges import Range

DATA = Path(__file__).parents[1] / "data"
VECTORS: dict[str, dict[str, Any]] = json.loads((DATA / "score_vectors.json").read_text(encoding="utf-8"))
DAY = "2026-02-18"

Vector = dict[str, Any]


def vectors(block: str) -> list[Vector]:
    cases: list[Vector] = VECTORS[block]["cases"]
    return cases


def from_medcalc_bench(file: str) -> list[Vector]:
    cases: list[Vector] = json.loads((DATA / "medcalc_bench" / file).read_text(encoding="utf-8"))
    return cases


def result(name: str, value: Any, unit: str | None = None, date: str = DAY) -> Record:
    entry = {"name": name, "value": value, "date": date}
    return entry if unit is None else {**entry, "unit": unit}


def patient_with(*observations: Record, **fields: Any) -> Patient:
    return read_patient(laid_over(DEFAULT, {"observations": list(observations), **fields}), rules())


def score(name: str, patient: Patient) -> Range:
    """What a score can be for a patient, unrounded where its formula does not round."""
    assert patient.as_of is not None
    return program_of(rules()).number(ScoreOf(name))(Frame(rules(), patient, patient.as_of)).range


def number(name: str, patient: Patient) -> float:
    """The score of a patient of whom all its inputs are known."""
    found = score(name, patient)
    assert found.is_exact
    return found.low


def test_every_block_of_vectors_says_where_it_comes_from() -> None:
    assert {block: len(each["cases"]) for block, each in VECTORS.items()} == {
        "MELD, clincalc": 33,
        "MELD, the formula as NCT03863002 prints it": 7,
        "MELD, rounding": 7,
        "Child-Pugh, clincalc": 80,
        "Child-Pugh, bilirubin in umol/L, clincalc": 8,
        "COSSH-ACLF II": 10,
        "COSSH-ACLF II, unit errors": 6,
        "COSSH-ACLF II, at 7.4": 2,
        "KDIGO, creatinine in mg/dL": 8,
    }
    assert all(each["source"] and each["licence"] for each in VECTORS.values())


def test_the_share_alike_data_lie_apart_with_their_licence() -> None:
    folder = DATA / "medcalc_bench"
    assert {path.name for path in folder.iterdir()} == {"LICENSE", "README.md", "child_pugh.json", "meld.json"}
    for page in ("LICENSE", "README.md"):
        assert "CC BY-SA 4.0" in (folder / page).read_text(encoding="utf-8")


# ---- MELD


def with_meld_inputs(vector: Vector) -> Record:
    """A record of MELD's inputs: two sessions of dialysis where the vector says dialysis, none where it does not."""
    unit = vector.get("unit", "mg/dL")
    sessions = [{"name": "hemodialysis", "status": "done", "date": day} for day in ("2026-02-16", "2026-02-18")]
    continuous = [{"name": "CVVHD", "status": "done", "date": "2026-02-17"}]
    procedures = sessions * vector.get("dialysis", False) + continuous * vector.get("cvvhd", False)
    return {
        **DEFAULT,
        "observations": [
            result("creatinine", vector["creatinine"], unit),
            result("total_bilirubin", vector["bilirubin"], unit),
            result("INR", vector["inr"]),
        ],
        "procedures": procedures,
        "complete": ["procedures", "conditions"],
    }


def meld_patient(vector: Vector) -> Patient:
    return read_patient(with_meld_inputs(vector), rules())


BY_ROUND_FACTORS = 2e-3
"""How far a MELD moves where umol/L are divided by 17.1 and 88.4, as clincalc does, instead of 17.104 and 88.402."""


@pytest.mark.parametrize("vector", vectors("MELD, clincalc"), ids=lambda vector: f"MELD {vector['unrounded']}")
def test_meld_is_what_clincalc_says(vector: Vector) -> None:
    patient = meld_patient(vector)
    exactness = 1e-6 if vector["unit"] == "mg/dL" else BY_ROUND_FACTORS
    assert number("MELD_unrounded", patient) == pytest.approx(vector["unrounded"], abs=exactness)
    assert number("MELD", patient) == vector["meld"]


@pytest.mark.parametrize("vector", from_medcalc_bench("meld.json"), ids=lambda vector: f"row {vector['row']}")
def test_meld_is_what_medcalc_bench_says(vector: Vector) -> None:
    assert number("MELD", meld_patient(vector)) == vector["meld"]


@pytest.mark.parametrize("vector", vectors("MELD, the formula as NCT03863002 prints it"), ids=str)
def test_meld_is_ten_times_what_the_protocol_prints(vector: Vector) -> None:
    unrounded = number("MELD_unrounded", meld_patient(vector))
    assert unrounded == pytest.approx(vector["times_ten"], abs=1e-5)
    assert unrounded / 10 == pytest.approx(vector["printed"], abs=1e-6)
    assert vector["printed"] < 17
    assert number("MELD", meld_patient(vector)) == vector["meld"]
    line = result_of(with_meld_inputs(vector), "NCT03863002/I3")
    assert line.status == ("passed" if vector["eligible"] else "failed")


@pytest.mark.parametrize("vector", vectors("MELD, rounding"), ids=lambda vector: f"MELD {vector['unrounded']}")
def test_meld_is_rounded_before_it_is_held_against_a_limit(vector: Vector) -> None:
    assert number("MELD_unrounded", meld_patient(vector)) == pytest.approx(vector["unrounded"], abs=1e-4)
    assert number("MELD", meld_patient(vector)) == vector["meld"]
    line = result_of(with_meld_inputs(vector), "NCT03863002/I3")
    assert line.status == ("passed" if vector["eligible"] else "failed")


def test_meld_in_micromoles_is_meld_in_milligrams() -> None:
    """Creatinine 106 and bilirubin 342 umol/L, INR 2.0: 27.25, where the bare numbers would give 8.09 as printed."""
    patient = patient_with(
        result("creatinine", 106, "umol/L"),
        result("total_bilirubin", 342, "umol/L"),
        result("INR", 2.0),
        complete=["procedures", "conditions"],
    )
    assert number("MELD_unrounded", patient) == pytest.approx(27.2547, abs=BY_ROUND_FACTORS)


# ---- Child-Pugh

ASCITES = {"none": "none", "absent": "none", "mild": "slight", "slight": "slight", "moderate": "moderate"}
ASCITES["moderate-severe"] = "moderate"
GRADES = {"none": (0,), "grade1-to2": (1, 2), "1-2": (1, 2), "grade3-to4": (3, 4)}


def child_pugh_patient(vector: Vector, grade: int, unit: str = "mg/dL") -> Patient:
    return patient_with(
        result("total_bilirubin", vector["bilirubin"], unit),
        result("albumin", vector["albumin"], "g/dL"),
        result("INR", vector["inr"]),
        result("ascites_grade", ASCITES[vector["ascites"]]),
        result("hepatic_encephalopathy_grade", grade),
    )


@pytest.mark.parametrize("vector", vectors("Child-Pugh, clincalc"), ids=str)
def test_child_pugh_is_what_clincalc_says_at_every_boundary(vector: Vector) -> None:
    for grade in GRADES[vector["encephalopathy"]]:
        found = number("Child_Pugh", child_pugh_patient(vector, grade))
        assert found == vector["score"]
        assert vector["class"] == ("A" if found <= 6 else "B" if found <= 9 else "C")


@pytest.mark.parametrize("vector", from_medcalc_bench("child_pugh.json"), ids=lambda vector: f"row {vector['row']}")
def test_child_pugh_is_what_medcalc_bench_says(vector: Vector) -> None:
    for grade in GRADES[vector["encephalopathy"]]:
        assert number("Child_Pugh", child_pugh_patient(vector, grade)) == vector["score"]


BELOW_2_MG_DL = 34.2
"""In umol/L. At 584.66 g/mol it is 1.9995 mg/dL and earns 1 point; clincalc divides by 17.1 and makes 2.0 of it."""


@pytest.mark.parametrize("vector", vectors("Child-Pugh, bilirubin in umol/L, clincalc"), ids=str)
def test_child_pugh_takes_bilirubin_in_micromoles_as_exact_milligrams(vector: Vector) -> None:
    others = {"albumin": 3.0, "inr": 1.5, "ascites": "none"}
    points = number("Child_Pugh", child_pugh_patient({**vector, **others}, 0, "umol/L")) - (2 + 1 + 1 + 1)
    assert points == vector["points"] - (vector["bilirubin"] == BELOW_2_MG_DL)


# ---- COSSH-ACLF II

SCORES = {"by_score": "COSSH_ACLF_II", "by_grade": "COSSH_ACLF_II_with_HE_grade"}


def with_cossh_inputs(vector: Vector) -> Record:
    return {
        **DEFAULT,
        "birth_date": None,
        "age_years": vector["age"],
        "observations": [
            result("INR", vector["inr"]),
            result("hepatic_encephalopathy_grade", vector["grade"]),
            result("neutrophils", vector["neutrophils"], "10*9/L"),
            result("total_bilirubin", vector["bilirubin"], "umol/L"),
            result("urea", vector["urea"], "mmol/L"),
        ],
    }


def without(name: str, record: Record) -> Record:
    return {**record, "observations": [each for each in record["observations"] if each["name"] != name]}


def cossh(record: Record, reading: str = "by_score") -> Range:
    return score(SCORES[reading], read_patient(record, rules()))


@pytest.mark.parametrize("vector", vectors("COSSH-ACLF II"), ids=lambda vector: vector["name"])
def test_both_readings_of_cossh_aclf_ii_are_the_published_formula(vector: Vector) -> None:
    record = with_cossh_inputs(vector)
    for reading in SCORES:
        assert cossh(record, reading).is_exact
        assert cossh(record, reading).low == pytest.approx(vector[reading], abs=1e-6)
    line = result_of(record, "NCT07409259/I3")
    assert [each.status == "passed" for each in line.readings] == [vector["by_score"] < 7.4, vector["by_grade"] < 7.4]
    assert (line.status == "unknown") == vector["readings_disagree"] == ("ambiguous" in line.reasons)


@pytest.mark.parametrize("vector", vectors("COSSH-ACLF II"), ids=lambda vector: vector["name"])
def test_without_the_grade_cossh_aclf_ii_is_a_range_around_the_score(vector: Vector) -> None:
    record = without("hepatic_encephalopathy_grade", with_cossh_inputs(vector))
    by_score, by_grade = cossh(record), cossh(record, "by_grade")
    assert by_score.high - by_score.low == pytest.approx(0.914)
    assert by_grade.high - by_grade.low == pytest.approx(4 * 0.457)
    assert by_score.low - 1e-6 <= vector["by_score"] <= by_score.high + 1e-6
    assert by_grade.low - 1e-6 <= vector["by_grade"] <= by_grade.high + 1e-6


TYPICAL = next(vector for vector in vectors("COSSH-ACLF II") if vector["name"] == "typical HBV-ACLF, no HE")
UNIT_ERRORS = {each["variant"]: each["score"] for each in vectors("COSSH-ACLF II, unit errors")}
SAME_IN_ANOTHER_UNIT = {
    "correct SI": result("urea", 4.5, "mmol/L"),
    "TBil given in mg/dL (19.88) unconverted": result("total_bilirubin", 19.88, "mg/dL"),
    "urea term fed with BUN mg/dL (12.6) unconverted": result("BUN", 12.6, "mg/dL"),
    "urea term fed with urea mass mg/dL (27.0) unconverted": result("urea", 27.0, "mg/dL"),
    "neutrophils in cells/uL (4500) unconverted": result("neutrophils", 4500, "/uL"),
}
TAKEN_AT_ITS_NUMBER = {
    "TBil given in mg/dL (19.88) unconverted": result("total_bilirubin", 19.88, "umol/L"),
    "urea term fed with BUN mg/dL (12.6) unconverted": result("urea", 12.6, "mmol/L"),
    "urea term fed with urea mass mg/dL (27.0) unconverted": result("urea", 27.0, "mmol/L"),
    "neutrophil percentage (70 %) used as count": result("neutrophils", 70, "10*9/L"),
}
REFUSED = {
    "neutrophils in cells/uL (4500) unconverted": (result("neutrophils", 4500, "10*9/L"), "impossible"),
    "neutrophil percentage (70 %) used as count": (result("neutrophils", 70, "%"), "unit"),
}


def typical_but(other: Record) -> Record:
    """The typical patient with one input reported otherwise."""
    name = "urea" if other["name"] == "BUN" else other["name"]
    record = without(name, with_cossh_inputs(TYPICAL))
    return {**record, "observations": [*record["observations"], other]}


def test_every_unit_error_is_tried() -> None:
    assert {*SAME_IN_ANOTHER_UNIT, *TAKEN_AT_ITS_NUMBER, *REFUSED} == set(UNIT_ERRORS)


@pytest.mark.parametrize("variant", SAME_IN_ANOTHER_UNIT)
def test_a_unit_that_is_stated_is_converted(variant: str) -> None:
    assert cossh(typical_but(SAME_IN_ANOTHER_UNIT[variant])).low == pytest.approx(UNIT_ERRORS["correct SI"], abs=1e-3)


@pytest.mark.parametrize("variant", TAKEN_AT_ITS_NUMBER)
def test_a_number_under_the_wrong_unit_is_as_far_off_as_was_computed(variant: str) -> None:
    assert cossh(typical_but(TAKEN_AT_ITS_NUMBER[variant])).low == pytest.approx(UNIT_ERRORS[variant], abs=1e-3)


@pytest.mark.parametrize("variant", REFUSED)
def test_what_cannot_be_is_no_value_and_leaves_the_score_open(variant: str) -> None:
    reported, why = REFUSED[variant]
    line = result_of(typical_but(reported), "NCT07409259/I3")
    assert (line.status, set(line.reasons)) == ("unknown", {"partial_score", why})


@pytest.mark.parametrize("vector", vectors("COSSH-ACLF II, at 7.4"), ids=lambda vector: f"{vector['bilirubin']} umol/L")
def test_cossh_aclf_ii_is_unrounded_where_it_is_held_against_7_4(vector: Vector) -> None:
    inputs = {"inr": 2.0, "grade": 0, "neutrophils": 5, "urea": 5, "age": 45}
    record = with_cossh_inputs({**inputs, **vector})
    assert cossh(record).low == pytest.approx(vector["score"], abs=1e-6)
    by_score, by_grade = result_of(record, "NCT07409259/I3").readings
    assert (by_score.status, by_grade.status) == ("passed" if vector["score"] < 7.4 else "failed", "passed")


# ---- units

LABS = {
    "bilirubin": "total_bilirubin",
    "creatinine": "creatinine",
    "urea": "urea",
    "urea nitrogen": "BUN",
    "hemoglobin": "hemoglobin",
    "albumin": "albumin",
    "neutrophils": "neutrophils",
    "platelets": "platelets",
    "alpha-fetoprotein": "alpha_fetoprotein",
    "weight": "body_weight",
}
NOT_IN_THE_DICTIONARY = {"ammonia", "fibrinogen"}


def conversions() -> list[dict[str, str]]:
    lines = (DATA / "unit_conversions.tsv").read_text(encoding="utf-8").splitlines()
    fields = ("analyte", "value", "from", "to", "expected", "molar mass")
    return list(csv.DictReader([line for line in lines if not line.startswith("#")], fields, delimiter="\t"))


CONVERSIONS = [row for row in conversions() if row["analyte"] not in NOT_IN_THE_DICTIONARY]


def read(name: str, value: Fraction, unit: str) -> Result:
    """One result as the record's reader makes it, in canonical units."""
    decimal = str(float(value))
    ((only,),) = read_patient({"observations": [result(name, decimal, unit)]}, rules()).results.values()
    return only


def test_the_table_of_conversions_names_every_analyte() -> None:
    assert {row["analyte"] for row in conversions()} == LABS.keys() | NOT_IN_THE_DICTIONARY
    assert len(CONVERSIONS) >= 22


@pytest.mark.parametrize("row", CONVERSIONS, ids=lambda row: f"{row['analyte']}: {row['value']} {row['from']}")
def test_a_result_is_the_same_in_either_unit(row: dict[str, str]) -> None:
    """To the digits that the table gives; of a value too small to be possible, ten times both are compared."""
    name, given, expected = LABS[row["analyte"]], Fraction(row["value"]), Fraction(row["expected"])
    times = 1 if read(name, given, row["from"]).unusable is None else 10
    one, other = read(name, times * given, row["from"]).exact, read(name, times * expected, row["to"]).exact
    assert one is not None
    assert other is not None
    decimals = len(row["expected"].partition(".")[2])
    half_a_digit = other / (times * expected) * times * Fraction(1, 2 * 10**decimals)
    assert abs(one - other) <= half_a_digit


@pytest.mark.parametrize("unit", ["IU/mL", "kIU/L", "U/mL"])
def test_alpha_fetoprotein_in_units_of_a_standard_is_never_converted(unit: str) -> None:
    found = read("alpha_fetoprotein", Fraction(100), unit)
    assert (found.unusable, found.value) == ("unit", None)


# ---- acute kidney injury


@pytest.mark.parametrize("vector", vectors("KDIGO, creatinine in mg/dL"), ids=str)
def test_kidney_injury_by_creatinine_is_kdigos(vector: Vector) -> None:
    """In NCT05985863, E1, of a patient in whom nothing else excludes. Dialysis alone only asks what it is for, and a
    creatinine that is high but steady whether it is acute: not, the investigator says here."""
    steady = {"NCT05985863/raised_creatinine_is_acute": False}
    record: Record = {
        **DEFAULT,
        "observations": [
            result("creatinine", vector["lowest_7d"], "mg/dL", "2026-02-14"),
            result("creatinine", vector["lowest_48h"], "mg/dL", "2026-02-19T08:00"),
            result("creatinine", vector["cr"], "mg/dL", "2026-02-20T07:00"),
            result("hemoglobin", 130, "g/L"),
            result("procalcitonin", 0.05, "ng/mL"),
            result("hepatic_encephalopathy_grade", 0),
        ],
        "procedures": [{"name": "dialysis", "status": "ongoing", "start": "2026-02-18"}] * vector["rrt"],
        "complete": ["conditions", "procedures", "medications"],
        "answers": steady,
    }
    line = result_of(record, "NCT05985863/E1")
    if vector["rrt"]:
        assert (line.status, line.reasons) == ("unknown", ("judgement",))
        yes = {**steady, "NCT05985863/dialysis_for_acute_injury": True}
        line = result_of({**record, "answers": yes}, "NCT05985863/E1")
    assert line.status == ("failed" if vector["stage"] > 0 else "passed")
