"""What must hold for every input: RecordError is all that leaves, and what is read can be screened and shown."""

from __future__ import annotations

import io
import json
from typing import Any

from screener import load_rules
from screener.records import RecordError, read_patients
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.report.terminal import Terminal, print_screening
from screener.rulebook import Rulebook
from screener.screening import evaluate

AS_OF = "2026-02-20"


def holds(source: Any, dictionary: Dictionary, rules: Rulebook, *, with_table: bool = True) -> int:
    """Read, screen and show; gives the number of patients. Raises what nothing should raise."""
    count = 0
    try:
        for each in read_patients(source, dictionary):
            if isinstance(each, RecordError):
                assert str(each).startswith("error[record]: ")
                continue
            show(each, rules, with_table=with_table)
            count += 1
    except RecordError as error:
        refusal = str(error)
        assert refusal.startswith("error[record]: ")
    return count


def show(patient: Patient, rules: Rulebook, *, with_table: bool) -> None:
    """As JSON, and, which takes longer, as a table."""
    screening = evaluate(patient, rules, as_of=AS_OF, assume_complete=["conditions", "medications"])
    assert json.loads(screening.to_json())["patient"] == patient.id
    if not with_table:
        return
    page = io.StringIO()
    print_screening(screening, Terminal(file=page, width=100))
    assert page.getvalue()


def shipped() -> tuple[Dictionary, Rulebook]:
    """The dictionary and the rules that come with screener."""
    rules = load_rules()
    return Dictionary(rules), rules
