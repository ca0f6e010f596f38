"""The examples of docs/language.md, run: each rule is checked with the shipped dictionary and judged for each record."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from trial_text import rulebook_with_rule

from screener.records import read_patient
from screener.screening import evaluate

MANUAL = Path(__file__).parents[2] / "docs" / "language.md"
FENCE = re.compile(r"^```(rule|record|answer)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    rule: str
    record: dict[str, Any]
    answer: str


def examples() -> list[Example]:
    found: list[Example] = []
    rule = record = ""
    for kind, text in FENCE.findall(MANUAL.read_text(encoding="utf-8")):
        match kind:
            case "rule":
                rule = text
            case "record":
                record = text
            case "answer":
                found.append(Example(rule, json.loads(record), text.strip()))
    return found


def test_the_manual_has_its_examples() -> None:
    assert len(examples()) >= 30
    assert len({example.rule for example in examples()}) >= 12


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule.split()[0]}: {example.answer}")
def test_the_manual_is_true(example: Example) -> None:
    rulebook = rulebook_with_rule(example.rule)
    patient = read_patient({"id": "example", **example.record}, rulebook)
    (criterion,) = evaluate(patient, rulebook, as_of=date(2026, 2, 20)).trials[0].criteria
    truth, *reasons = example.answer.replace(",", "").split()
    assert (criterion.truth.name, list(criterion.reasons)) == (truth, reasons), criterion.explanation
