"""On a terminal: the sheet of one patient and the worklist of several, or each in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screener.records.errors import Unusable
from screener.report.forms import NOWHERE, Asked, FormError, PatientPlace, Report
from screener.screening import Screening

if TYPE_CHECKING:
    from screener.report.worklists import WorklistText


class _WithWorklist(Report):
    """Of several patients it ends with the worklist; only the second patient decides whether there is one."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.first: tuple[Screening, PatientPlace] | None = None
        self.worklist: WorklistText | None = None

    def part(self, screening: Screening, place: PatientPlace = NOWHERE) -> tuple[Screening, PatientPlace]:
        return screening, place

    def add(self, part: tuple[Screening, PatientPlace]) -> None:
        if self.first is None:
            self.first = part
            return
        if self.worklist is None:
            from screener.report.worklists import WorklistText

            self.worklist = WorklistText(self.asked)
            self.worklist.add(self.worklist.part(*self.first))
        self.worklist.add(self.worklist.part(*part))

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        return None if self.worklist is None else self.worklist.end(unusable)


class Default(_WithWorklist):
    """The sheet of one patient, or the worklist of several. One patient is reported in full if more is asked for than a
    sheet holds."""

    def add(self, part: tuple[Screening, PatientPlace]) -> None:
        if self.first is not None and self.asked.further:
            name = min(self.asked.further)
            mend = "add `--full` or `--json`, which tell it of each patient"
            raise FormError(f"`--{name}` is for one patient, and this call has several", mend)
        super().add(part)

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if self.worklist is not None or self.first is None:
            return super().end(unusable)
        if self.asked.further:
            print_whole(self, self.first[0])
        else:
            from screener.report.sheet_text import print_sheet

            print_sheet(self.first[0])
        return None


class Full(_WithWorklist):
    """`--full`: each patient in full, and then the worklist of all."""

    def add(self, part: tuple[Screening, PatientPlace]) -> None:
        print_whole(self, part[0])
        super().add(part)


def print_whole(report: Report, screening: Screening) -> None:
    """One patient, criterion by criterion."""
    from screener.advice.decisive import advise
    from screener.report.terminal import print_screening

    extra = report.further(screening)
    first_facts = None if "advice" in report.asked.further else advise(screening)
    print_screening(screening, extra=extra, first_facts=first_facts)
