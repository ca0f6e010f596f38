"""The manual, run: the examples of docs/language.md and the tables of the pages beside this file.

Each rule is checked with the shipped dictionary, and each record below it must get the answer that stands beside it:
TRUE, FALSE, or UNKNOWN with its reasons. In the tables records stand in one line, as `record_notation.py` reads them.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from record_notation import record_of
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import evaluate
from trial_text import TRIAL, rulebook_with_lines, rulebook_with_rule

HERE = Path(__file__).parent
PAGES = (HERE.parents[1] / "docs" / "language.md", *sorted(HERE.glob("*.md")))
PIECE = re.compile(
    r"^#+ (?P<heading>[^\n]+)$"
    r"|^```(?P<kind>rule|record|answer)\n(?P<text>.*?)^```$"
    r"|^\| `(?P<record>[^`\n]+)` \| (?P<answer>(?:TRUE|FALSE|UNKNOWN)\b[^|\n]*) \|$",
    re.MULTILINE | re.DOTALL,
)


class Example(NamedTuple):
    heading: str
    rule: str
    record: dict[str, Any]
    answer: str


def examples_of(page: Path) -> list[Example]:
    found: list[Example] = []
    heading = rule = record = ""
    for piece in PIECE.finditer(page.read_text(encoding="utf-8")):
        if piece["heading"]:
            heading = piece["heading"]
        elif piece["kind"] == "rule":
            rule = piece["text"]
        elif piece["kind"] == "record":
            record = piece["text"]
        elif piece["kind"] == "answer":
            found.append(Example(heading, rule, json.loads(record), piece["text"].strip()))
        else:
            found.append(Example(heading, rule, record_of(piece["record"]), piece["answer"]))
    return found


EXAMPLES = [example for page in PAGES for example in examples_of(page)]
RULES = list(dict.fromkeys(example.rule for example in EXAMPLES))


@cache
def rulebook_of_examples() -> Rulebook:
    """One rulebook for all: to check the shipped dictionary takes longer than to answer every example."""
    return rulebook_with_lines(tuple((rule, "inclusion") for rule in RULES))


def test_every_page_has_its_examples() -> None:
    assert len(PAGES) == 9
    assert all(len(examples_of(page)) >= 15 for page in PAGES)
    assert {example.answer.split()[0] for example in EXAMPLES} == {"TRUE", "FALSE", "UNKNOWN"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.heading}: {example.answer}")
def test_the_manual_is_true(example: Example) -> None:
    rulebook, trial = rulebook_of_examples(), f"LINE{RULES.index(example.rule)}"
    record = json.loads(json.dumps(example.record).replace(TRIAL, trial))
    patient = read_patient({"id": "example", **record}, rulebook)
    (criterion,) = evaluate(patient, rulebook, as_of=date(2026, 2, 20), trials=[trial]).trial(trial)
    truth, *reasons = example.answer.replace(",", "").split()
    assert (criterion.truth.name, list(criterion.reasons)) == (truth, reasons), criterion.explanation


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("nothing", {}),
        (
            "TBil 200 umol/L on 2026-02-18, upper limit 17.1",
            {
                "observations": [
                    {"name": "TBil", "value": 200, "unit": "umol/L", "date": "2026-02-18", "upper_limit": 17.1}
                ]
            },
        ),
        (
            'INR <1.5, current; "HBs antigen" "not detected"',
            {
                "observations": [
                    {"name": "INR", "value": "<1.5", "current": True},
                    {"name": "HBs antigen", "value": "not detected"},
                ]
            },
        ),
        ("INR –", {"observations": [{"name": "INR", "value": None}]}),
        (
            "female; born 1971; record of 2026-02-16; complete: conditions, plans",
            {"sex": "female", "birth_date": "1971", "as_of": "2026-02-16", "complete": ["conditions", "plans"]},
        ),
        (
            "condition icd10 D37.6, onset 2019, active; allergy any_drug, on 2026-02-20",
            {
                "conditions": [{"icd10": "D37.6", "onset": "2019", "status": "active"}],
                "allergies": [{"name": "any_drug", "date": "2026-02-20"}],
            },
        ),
        (
            "review on 2026-02-19 by Dr A covers ever: none of ascites, fever",
            {"reviews": [{"on": "2026-02-19", "by": "Dr A", "covers": "ever", "none_of": ["ascites", "fever"]}]},
        ),
        ("answer X/consent no", {"answers": {"X/consent": False}}),
        ('{"sex": "male"}', {"sex": "male"}),
    ],
)
def test_a_record_in_one_line(line: str, record: dict[str, Any]) -> None:
    assert record_of(line) == record


@pytest.mark.parametrize(
    "line", ["TBil", "TBil 200 umol/L 2026-02-18", "condition a b", "condition a, onset", "born, x"]
)
def test_a_line_that_says_more_than_is_read_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=" is no "):
        record_of(line)


def test_the_worked_addition_of_a_lab_checks() -> None:
    text = (HERE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^```dictionary\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    rulebook = rulebook_with_rule("lactate > 2 mmol/L", dictionary=entry)
    patient = read_patient(
        {"observations": [{"name": "lactate", "value": 27, "unit": "mg/dL", "date": "2026-02-20"}]}, rulebook
    )
    (criterion,) = evaluate(patient, rulebook, as_of=date(2026, 2, 20)).trials[0].criteria
    assert criterion.status == "passed"
