"""The worklist of all example patients, as text and as CSV; what identifies engine and rules is masked."""

from __future__ import annotations

import re
from pathlib import Path

from golden.screened import HERE, examples
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.report.worklist_csv import worklist_csv
from screener.report.worklist_text import worklist_text
from screener.screening import evaluate
from screener.sheet.worklist import Choice, row_of, worklist_of


def worklists() -> dict[Path, str]:
    """Where the goldens lie, and what ought to stand there."""
    rulebook = load_rulebook()
    made = [row_of(evaluate(read_patient(path, rulebook), rulebook), path.name) for path in examples()]
    rows = [row for row in made if row is not None]
    worklist = worklist_of(rows, Choice())
    table = worklist_csv([each.row for each in worklist.shown]).replace("\r\n", "\n")
    return {
        HERE / "worklist" / "examples.txt": worklist_text(worklist),
        HERE / "worklist" / "examples.csv": re.sub(r",[^,\n]*,sha256:[0-9a-f]+$", ",…,…", table, flags=re.M),
    }
