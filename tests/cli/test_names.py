"""`screen names`: what may be written in a record."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from screener.cli import main


@pytest.fixture
def names(capsys: pytest.CaptureFixture[str]) -> Any:
    def called(*arguments: str) -> str:
        assert main(["names", *arguments]) == 0
        return capsys.readouterr().out

    return called


def test_everything_is_listed_by_kind_with_its_other_names(names: Any) -> None:
    out = names()
    assert "lab, under `observations`\n  total_bilirubin, TBil, serum total bilirubin, " in out
    assert "condition, under `conditions`\n" in out
    assert "question, under `answers`\n" in out
    assert "  TRIAL/informed_consent: " in out


@pytest.mark.parametrize("word", ["creatinine", "SERUM CREATININE", "Cr", "14682-9"])
def test_a_word_shows_what_bears_it_with_codes_and_units(names: Any, word: str) -> None:
    out = names(*word.split())
    assert "creatinine (lab, under `observations`)\n" in out
    assert "  codes   loinc 14682-9 in umol/L, 2160-0 in mg/dL" in out
    assert "  units   umol/L, mg/dL" in out


def test_a_finding_shows_its_values_and_the_words_for_them(names: Any) -> None:
    out = names("ascites_grade")
    assert "  values  none, slight, moderate," in out
    assert "slight or moderate also as “++” “2+”" in " ".join(out.split())


def test_a_misspelt_word_shows_what_is_near(names: Any) -> None:
    assert names("wieght").startswith("Nothing in the dictionary is called so: wieght. Near to it:\n\nbody_weight (lab")


@pytest.mark.parametrize(
    ("word", "read_as"),
    [
        ("prednisolone", "medications: is glucocorticoid; may be local_glucocorticoid, systemic_glucocorticoid"),
        ("paracetamol", "medications: nothing that a rule asks for"),
        ("hypertension", "conditions: nothing that a rule asks for"),
        ("gastroscopy", "procedures: nothing that a rule asks for"),
    ],
)
def test_a_wording_that_is_no_name_shows_what_it_is_read_as(names: Any, word: str, read_as: str) -> None:
    out = " ".join(names(word).split())
    assert out.startswith(
        f"Nothing in the dictionary is called so: {word}. As the text of an entry it is read: {read_as}"
    )
    assert ("glucocorticoid (drug, under `medications`)" in out) == (word == "prednisolone")


@pytest.mark.parametrize("word", ["DBIL", "creatine kinase", "xyzzy"])
def test_what_only_resembles_something_shows_nothing(names: Any, word: str) -> None:
    assert names(word) == f"Nothing in the dictionary is called so, or is near to it: {word}\n"


@pytest.mark.parametrize("word", ["", "bilirubin", "I21", "HBsAg"])
def test_no_line_is_wider_than_a_terminal(names: Any, word: str) -> None:
    assert max(map(len, names(*word.split()).splitlines())) <= 80


def test_programs_get_json_or_csv(names: Any) -> None:
    (inr,) = [each for each in json.loads(names("--json", "INR")) if each["name"] == "INR"]
    assert (inr["kind"], inr["list"], inr["codes"][0]) == ("lab", "observations", "loinc 6301-6")
    rows = list(csv.DictReader(io.StringIO(names("--csv", "INR"), newline="")))
    assert rows[0]["name"] == "INR"
    assert len(json.loads(names("--json"))) > 100


def test_two_forms_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names", "--json", "--csv"]) == 2
    assert capsys.readouterr().err.startswith("error[call]: ")
