"""One page of all patients, written as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from screener.records.errors import Unusable
from screener.report.forms import Asked, FormError, Report
from screener.screening import Screening

STANDARD_OUTPUT = "-"


class WholePage(Report):
    """`--html FILE`"""

    encoding = "utf-8"

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.file: str = asked.value
        self.screenings: list[Screening] = []
        self._check_place()

    def _check_place(self) -> None:
        """Refuse a file that is no place for a page before anything is read: a record, say, is not written over."""
        file, place = self.file, Path(self.file)
        if file == STANDARD_OUTPUT:
            return
        if place.suffix.lower() not in (".html", ".htm"):
            raise FormError(f"`{file}` is not the name of a page", "name it `*.html`, or `-` for standard output")
        if place.resolve() in {Path(each).resolve() for each in self.asked.sources}:
            raise FormError(f"`{file}` is named as a record, too", "give the page another name")
        if place.exists() and not place.is_file():
            raise FormError(f"`{file}` is there, and is not a file", "give the page another name")
        if not place.parent.is_dir():
            raise FormError(f"`{file}` cannot be written: there is no folder `{place.parent}`", "make the folder first")

    def add(self, screening: Screening) -> None:
        self.screenings.append(screening)

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        """Write the page and say so; without a patient that could be screened, a page that is there already stays."""
        if not self.screenings:
            return "note: no patient could be screened, so no page is written"
        from screener.report.files import write_whole
        from screener.report.sheet_page import page
        from screener.sheet.making import sheet_of

        text = page([sheet_of(each) for each in self.screenings], self.screenings)
        if self.file == STANDARD_OUTPUT:
            print(text, end="")
            return None
        try:
            write_whole(Path(self.file), text)
        except OSError as problem:
            why = (problem.strerror or str(problem)).lower()
            raise FormError(f"`{self.file}` cannot be written: {why}", "check who may write there") from None
        number = len(self.screenings)
        print(f"wrote {self.file}: {number} patient{'' if number == 1 else 's'}")
        return None
