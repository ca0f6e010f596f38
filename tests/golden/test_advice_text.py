"""The advice for several example patients, kept word for word as a coordinator reads it.

`python tests/golden/test_advice_text.py` writes them anew; look at the difference before it is kept.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from screener import Advice, advise, evaluate, load_patient, load_rules
from screener.report.advising import WIDTH, advice_lines
from screener.schema import result_schema

HERE = Path(__file__).parent / "advice"
PATIENTS = Path(__file__).parents[2] / "examples" / "patients"
EXAMPLES = (
    "alcoholic-hepatitis-with-ascites",
    "decompensated-alcoholic-cirrhosis",
    "labs-three-weeks-old",
    "negatives-not-written-down",
    "one-kilogram-too-light",
    "results-beyond-the-assay",
    "score-with-two-readings",
)
EACH = pytest.mark.parametrize("name", EXAMPLES)


@cache
def advice_for(name: str) -> Advice:
    rules = load_rules()
    return advise(evaluate(load_patient(PATIENTS / f"{name}.json", rules), rules))


def text_for(name: str) -> str:
    return "".join(f"{line}\n" for line in advice_lines(advice_for(name)))


@EACH
def test_the_advice_reads_as_it_is_kept(name: str) -> None:
    path = HERE / f"{name}.txt"
    assert path.read_text(encoding="utf-8") == text_for(name), "python tests/golden/test_advice_text.py writes it anew"


@EACH
def test_the_advice_is_short_and_no_line_is_wider_than_the_page(name: str) -> None:
    lines = advice_lines(advice_for(name))
    assert len(lines) <= 150
    assert max(map(len, lines), default=0) <= WIDTH


@EACH
def test_the_advice_is_plain_json_of_the_shape_that_is_stated(name: str) -> None:
    told = json.loads(json.dumps(advice_for(name).to_dict(), allow_nan=False))
    Draft202012Validator({**result_schema(), "$ref": "#/$defs/AdviceTold"}).validate(told)
    assert told["trials"] or not told["facts"]


def test_every_kept_text_belongs_to_an_example() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == set(EXAMPLES)


def test_a_patient_of_whom_nothing_is_open_gets_no_advice() -> None:
    advice = advice_for("decompensated-alcoholic-cirrhosis")
    assert (advice.facts, advice.trials) == ((), ())


def test_only_undetermined_trials_are_advised_on() -> None:
    assert [trial.id for trial in advice_for("one-kilogram-too-light").trials] == [
        "NCT05985863",
        "NCT06242405",
        "NCT07409259",
    ]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    HERE.mkdir(exist_ok=True)
    for example in EXAMPLES:
        (HERE / f"{example}.txt").write_text(text_for(example), encoding="utf-8")
