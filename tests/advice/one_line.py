"""One line of a trial on a small record: what its margins are, and how it stands."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from screener.advice.margins import Margin, margins
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import CriterionResult, evaluate
from trial_text import rulebook_with_rule

AS_OF = date(2026, 2, 20)


@cache
def rulebook_of(rule: str, kind: str) -> Rulebook:
    """The shipped dictionary with one line of this rule."""
    return rulebook_with_rule(rule, kind)


def line(rule: str, kind: str = "inclusion", **record: Any) -> CriterionResult:
    """What the line says of a patient of whom only this is on record."""
    rulebook = rulebook_of(rule, kind)
    patient = read_patient({"id": "anna", **record}, rulebook)
    (criterion,) = evaluate(patient, rulebook, as_of=AS_OF).trials[0].criteria
    return criterion


def result(name: str, value: Any, unit: str | None = None, when: str = "2026-02-19", **more: Any) -> dict[str, Any]:
    """A result as a record writes it."""
    return {"name": name, "value": value, "date": when, **({"unit": unit} if unit else {}), **more}


def margin(rule: str, *results: dict[str, Any], **record: Any) -> Margin:
    """The only margin of a line on these results."""
    (only,) = margins(line(rule, observations=list(results), **record)).margins
    return only
