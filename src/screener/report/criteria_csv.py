"""Screenings as comma-separated values, one row a criterion, for those who paste them into a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from screener.records.errors import Unusable
from screener.report.forms import Asked, Report
from screener.report.wording import recorded, score_sum
from screener.screening import CriterionResult, Screening, TrialResult
from screener.sheet.making import doubts_of
from screener.sheet.model import Doubt
from screener.version import __version__

HEADER = (
    "patient",
    "as_of",
    "trial",
    "verdict",
    "check_first",
    "criterion",
    "kind",
    "status",
    "basis",
    "reasons",
    "text",
    "rule",
    "explanation",
    "on_record",
    "needs",
    "readings",
    "scores",
    "flags",
    "assumptions",
    "screener",
    "rules",
)


class Csv(Report):
    """`--csv`"""

    encoding = "utf-8"
    newline = ""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.screenings: list[Screening] = []

    def add(self, screening: Screening) -> None:
        self.screenings.append(screening)

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if self.screenings:
            print(csv_text(self.screenings), end="")
        return None


def csv_text(screenings: Iterable[Screening]) -> str:
    """The screenings below one header, as RFC 4180 has it: lines end with CR LF, and every cell is quoted."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    for screening in screenings:
        doubts = doubts_of(screening)
        for trial in screening.trials:
            check = "; ".join(_check(each, trial) for each in doubts if not each.trials or trial.id in each.trials)
            for criterion in trial.criteria:
                writer.writerow([plain_cell(text) for text in _row(screening, trial, check, criterion)])
    return paper.getvalue()


def _check(doubt: Doubt, trial: TrialResult) -> str:
    """What to check first, and whether the verdict of the trial rests on it."""
    return f"{doubt.text} (decides the verdict)" if doubt.effect and trial.id in doubt.trials else doubt.text


def _row(screening: Screening, trial: TrialResult, check: str, criterion: CriterionResult) -> Iterator[str]:
    yield from (screening.patient, screening.as_of.isoformat(), trial.id, trial.verdict, check)
    yield from (criterion.id, criterion.kind, criterion.status, criterion.basis, "; ".join(criterion.reasons))
    yield from (criterion.text, criterion.rule, criterion.explanation)
    yield "; ".join(recorded(evidence) for evidence in criterion.evidence)
    yield "; ".join(need.text for need in criterion.needs)
    yield "; ".join(
        f"“{reading.label}”: {reading.status}" + (", chosen" if reading.chosen else "")
        for reading in criterion.readings
    )
    yield "; ".join(score_sum(score) for score in criterion.scores)
    yield "; ".join(flag.text for flag in criterion.flags)
    yield "; ".join(criterion.assumptions)
    yield from (__version__, screening.rules)


_FORMULA = re.compile(r"(^|[;|\n])(\s*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet takes what follows for a formula, also after blanks and in the full width of East Asia: at the
start of a cell, and after any separator other than a comma that it may be set to."""


def plain_cell(text: str) -> str:
    """Text of one cell, lines apart where the text has them. What could start a formula gets an apostrophe before it,
    which spreadsheets take as the sign of plain text."""
    plain = "".join(each if each.isprintable() or each == "\n" else " " for each in text)
    return _FORMULA.sub(r"\1'\2", plain)
