"""On a terminal, where no form is asked for: the sheet of one patient, several at a glance; or each in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.report.forms import Asked, FormError, Report
from screener.screening import Screening

if TYPE_CHECKING:
    from screener.report.matrix import Row


class Table(Report):
    """The sheet of one patient, or several at a glance: which it is shows only with the second. One patient is told in
    full where more is asked for than a sheet holds."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.first: Screening | None = None
        self.rows: list[Row] = []

    def add(self, screening: Screening) -> None:
        if self.first is None:
            self.first = screening
        elif self.asked.further:
            name = min(self.asked.further)
            mend = "add `--full` or `--json`, which tell it of each patient"
            raise FormError(f"`--{name}` is for one patient, and this call has several", mend)
        self._at_a_glance(screening)

    def _at_a_glance(self, screening: Screening) -> None:
        from screener.report.matrix import row_of

        self.rows.append(row_of(screening))

    def end(self, unusable: int) -> str | None:
        if len(self.rows) > 1:
            from screener.report.matrix import print_matrix

            print_matrix(self.rows, unusable)
        elif self.first is not None and self.asked.further:
            self.print_whole(self.first)
        elif self.first is not None:
            from screener.report.sheet_text import print_sheet

            print_sheet(self.first)
        return None

    def print_whole(self, screening: Screening) -> None:
        """One patient, criterion by criterion."""
        from screener.advice.decisive import advise
        from screener.report.terminal import print_screening

        told = self.further(screening)
        first_facts = None if "advice" in self.asked.further else advise(screening)
        print_screening(screening, told=told, first_facts=first_facts)


class Full(Table):
    """`--full`: each patient in full, and then all at a glance."""

    def add(self, screening: Screening) -> None:
        self.print_whole(screening)
        self._at_a_glance(screening)
