"""The unit texts that hospitals really send: every spelling that is read, and every ambiguous one that is refused."""

from __future__ import annotations

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.rulebook import Lab
from screener.values.units import UnitError, describe, factor_between, parse_unit

DATA = Path(__file__).parents[1] / "data"
PAGE = Path(__file__).parents[2] / "docs" / "units.md"
TABLE = Path(__file__).parents[2] / "src" / "screener" / "values" / "units.tsv"


def rows_of(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ") and line != "#"]


SPELLINGS = rows_of(DATA / "unit_spellings.tsv")
MIMIC = [(text, int(count), verdict) for text, count, verdict in rows_of(DATA / "hospital_units" / "mimic3.tsv")]
WRONG_FACTORS = rows_of(DATA / "hospital_units" / "loinc_conversion.tsv")


@pytest.mark.parametrize(("number", "simple", "written"), SPELLINGS)
def test_a_spelling_is_so_many_of_a_simple_unit(number: str, simple: str, written: str) -> None:
    unit, simplest = parse_unit(written), parse_unit(simple)
    assert unit.dimension == simplest.dimension
    assert unit.factor == simplest.factor * Fraction(number)


def test_every_spelling_of_the_table_is_tested() -> None:
    spellings = {text for kind, text, *_ in rows_of(TABLE) if kind == "spelling"}
    assert spellings - {written for _, _, written in SPELLINGS} == set()


@pytest.mark.parametrize(("text", "reason"), [(text, why) for kind, text, *why in rows_of(TABLE) if kind == "refused"])
def test_a_text_with_more_than_one_meaning_is_refused_and_says_which(text: str, reason: list[str]) -> None:
    with pytest.raises(UnitError) as refused:
        parse_unit(text)
    assert str(refused.value) == f"`{text}` is refused as a unit: {reason[0]}"


@pytest.mark.parametrize("symbol", [text for kind, text, *_ in rows_of(TABLE) if kind == "unclear"])
@pytest.mark.parametrize("pattern", ["{}", "{}/L", "mg/{}", "10*3.{}/L"])
def test_a_symbol_with_more_than_one_meaning_is_refused_wherever_it_stands(symbol: str, pattern: str) -> None:
    with pytest.raises(UnitError, match="is refused as a unit: it "):
        parse_unit(pattern.format(symbol))


def test_no_text_stands_twice_in_the_table() -> None:
    texts = Counter(text for kind, text, *_ in rows_of(TABLE) if kind not in ("prefix", "common"))
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("K/uL", "count per volume"),
        ("K", "temperature"),
        ("M/uL", "count per volume"),
        ("m/uL", None),
        ("G/L", "count per volume"),
        ("g/L", "mass per volume"),
        ("T/L", "count per volume"),
        ("t/L", "mass per volume"),
        ("Mg", "mass"),
        ("Mg/dL", None),
        ("MG/DL", "mass per volume"),
        ("mg/dL", "mass per volume"),
        ("MEq/L", None),
        ("mEq/L", "equivalents per volume"),
        ("MEQ/L", "equivalents per volume"),
        ("MIU/mL", None),
        ("mIU/mL", "international units per volume"),
        ("U/L", "enzyme activity per volume"),
        ("u/L", "enzyme activity per volume"),
        ("IU/L", "international units per volume"),
        ("E/L", None),
        ("s", "time"),
        ("S", None),
        ("N/A", None),
        ("5.2", None),
        ("10.9/L", None),
        ("109/L", None),
        ("103/uL", None),
        ("10 9/L", None),
        ("mlU/L", None),
    ],
)
def test_case_matters_where_it_matters_and_nothing_is_guessed(text: str, means: str | None) -> None:
    if means is None:
        with pytest.raises(UnitError):
            parse_unit(text)
    else:
        assert describe(parse_unit(text).dimension) == means


def test_what_is_read_as_billions_is_never_taken_for_grams() -> None:
    dictionary = Dictionary(load_rules())
    labs = dictionary.rulebook.labs
    assert dictionary.factor(labs["platelets"], None, "G/L") == 1
    with pytest.raises(UnitError, match="`G/L` is count per volume, `g/L` is mass per volume"):
        dictionary.factor(labs["hemoglobin"], None, "G/L")


# ---- MIMIC-III: what share is read, and every text that is not


@pytest.mark.parametrize(("text", "count", "verdict"), MIMIC)
def test_a_unit_text_of_mimic_is_read_or_refused_for_a_reason(text: str, count: int, verdict: str) -> None:
    assert count > 0
    if verdict == "read":
        parse_unit(text)
    else:
        with pytest.raises(UnitError) as refused:
            parse_unit(text)
        assert str(refused.value) == verdict


def test_the_share_of_mimic_that_is_read_is_as_the_docs_say() -> None:
    read = [count for _, count, verdict in MIMIC if verdict == "read"]
    share = sum(read) / sum(count for _, count, _ in MIMIC)
    told = f"{len(read)} of {len(MIMIC)} texts, and {sum(read):,} of {sum(count for _, count, _ in MIMIC):,} results"
    assert f"{told} ({share:.1%})" in PAGE.read_text(encoding="utf-8")


def test_the_list_of_mimic_is_complete(shared: Path) -> None:
    counted: Counter[str] = Counter()
    with (shared / "units" / "mimic3_lab_units.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if unit := row["valueuom"].strip():
                counted[unit] += int(row["n"])
    assert counted == {text: count for text, count, _ in MIMIC}


IN_MIMIC = {
    "Albumin": "albumin",
    "Alpha-Fetoprotein": "alpha_fetoprotein",
    "Bilirubin, Total": "total_bilirubin",
    "Creatinine": "creatinine",
    "Hemoglobin": "hemoglobin",
    "Platelet Count": "platelets",
    "Sodium": "sodium",
    "Sodium, Whole Blood": "sodium",
}


def test_every_unit_of_mimic_for_a_lab_of_the_dictionary_is_converted(shared: Path) -> None:
    dictionary = Dictionary(load_rules())
    seen = set()
    with (shared / "units" / "mimic3_lab_units.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"] in IN_MIMIC and row["fluid"] == "Blood" and row["valueuom"].strip():
                dictionary.factor(dictionary.rulebook.labs[IN_MIMIC[row["label"]]], None, row["valueuom"])
                seen.add(row["label"])
    assert seen == set(IN_MIMIC)


# ---- German tables of synonyms and of conversions, of which some rows are wrong


def test_every_german_synonym_is_read_as_its_table_says_or_named_with_the_reason(shared: Path) -> None:
    differing, count = set(), 0
    with (shared / "units" / "miracum_unit_synonyms.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            count += 1
            try:
                as_said = factor_between(parse_unit(row["NOT_UCUM"]), parse_unit(row["UCUM"])) == 1
            except UnitError:
                as_said = False
            if not as_said:
                differing.add(row["NOT_UCUM"])
    named = dict(rows_of(DATA / "hospital_units" / "miracum.tsv"))
    assert differing == set(named)
    assert (count, len(named)) == (168, 50)


def converted(row: list[str], dictionary: Dictionary) -> Fraction | None:
    """What one of the first code and unit is in the second; None where the dictionary does not know both."""
    one, other = dictionary.coded("loinc", row[0]), dictionary.coded("loinc", row[2])
    if not one or not other:
        return None
    lab = one[0].entry
    assert isinstance(lab, Lab)
    assert lab == other[0].entry
    return dictionary.factor(lab, one[0].form, row[1]) / dictionary.factor(lab, other[0].form, row[3])


@pytest.mark.parametrize("row", WRONG_FACTORS, ids=lambda row: f"{row[0]} to {row[2]}")
def test_a_factor_that_is_wrong_in_public_is_right_here(row: list[str]) -> None:
    factor = converted(row, Dictionary(load_rules()))
    assert factor == Fraction(row[5])
    assert abs(factor / Fraction(row[4]) - 1) > Fraction(1, 100)


def test_no_other_public_factor_differs_by_more_than_a_hundredth(shared: Path) -> None:
    dictionary = Dictionary(load_rules())
    wrong, compared = set(), 0
    with (shared / "units" / "miracum_loinc_conversion.tsv").open(encoding="utf-8") as file:
        for row in list(csv.reader(file, delimiter="\t"))[1:]:
            factor = converted(row, dictionary)
            if factor is not None:
                compared += 1
                if abs(factor / Fraction(row[4]) - 1) > Fraction(1, 100):
                    wrong.add(tuple(row))
    assert compared == 11
    assert wrong == {tuple(row[:5]) for row in WRONG_FACTORS}
