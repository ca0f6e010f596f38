"""On a terminal, where no form is asked for: the sheet of one patient, the worklist of several; or each in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screener.records.errors import Unusable
from screener.report.forms import NOWHERE, Asked, FormError, Place, Report
from screener.screening import Screening

if TYPE_CHECKING:
    from screener.report.matrix import Row
    from screener.report.worklists import WorklistText


class Default(Report):
    """The sheet of one patient, or the worklist of several; only the second patient decides which. One patient is
    reported in full if more is asked for than a sheet holds."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.first: tuple[Screening, Place] | None = None
        self.worklist: WorklistText | None = None

    def part(self, screening: Screening, place: Place = NOWHERE) -> tuple[Screening, Place]:
        return screening, place

    def add(self, part: tuple[Screening, Place]) -> None:
        if self.first is None:
            self.first = part
            return
        if self.asked.further:
            name = min(self.asked.further)
            mend = "add `--full` or `--json`, which tell it of each patient"
            raise FormError(f"`--{name}` is for one patient, and this call has several", mend)
        if self.worklist is None:
            from screener.report.worklists import WorklistText

            self.worklist = WorklistText(self.asked)
            self.worklist.add(self.worklist.part(*self.first))
        self.worklist.add(self.worklist.part(*part))

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if self.worklist is not None:
            return self.worklist.end(unusable)
        if self.first is not None and self.asked.further:
            print_whole(self, self.first[0])
        elif self.first is not None:
            from screener.report.sheet_text import print_sheet

            print_sheet(self.first[0])
        return None


class Full(Report):
    """`--full`: each patient in full, and then all at a glance."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.rows: list[Row] = []

    def add(self, part: Screening) -> None:
        from screener.report.matrix import row_of

        print_whole(self, part)
        self.rows.append(row_of(part))

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if len(self.rows) > 1:
            from screener.report.matrix import print_matrix

            print_matrix(self.rows, len(unusable))
        return None


def print_whole(report: Report, screening: Screening) -> None:
    """One patient, criterion by criterion."""
    from screener.advice.decisive import advise
    from screener.report.terminal import print_screening

    extra = report.further(screening)
    first_facts = None if "advice" in report.asked.further else advise(screening)
    print_screening(screening, extra=extra, first_facts=first_facts)
