"""The worklist in its three forms: text for the terminal, CSV, and a folder of pages. Rows alone are kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from screener.records.errors import Unusable
from screener.report.forms import NOWHERE, Asked, FormError, PatientPlace, Report
from screener.rulebook import Rulebook
from screener.screening import Screening
from screener.sheet.worklist import Choice, Earlier, Row, Worklist, row_of, worklist_of

INDEX = "index.html"
TABLE = "worklist.csv"
LONGEST_NAME = 60
LETTERS_OF_A_DIGEST = 8


class Rows(Report):
    """What the forms share: a row a patient, sorted and chosen when all are there."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.rows: list[Row] = []
        self.earlier: Earlier | None = None

    def prepare(self, rulebook: Rulebook) -> None:
        if self.asked.since is not None:
            from screener.report.worklist_csv import read_earlier

            self.earlier = read_earlier(Path(self.asked.since))

    def part(self, screening: Screening, place: PatientPlace = NOWHERE) -> Row | None:
        return row_of(screening, place.file)

    def add(self, part: Row | None) -> None:
        if part is not None:
            self.rows.append(part)

    def worklist(self, unusable: Sequence[Unusable]) -> Worklist:
        """The rows as the call wants to see them."""
        return worklist_of(self.rows, self.asked.choice or Choice(), unusable, self.earlier)


class WorklistText(Rows):
    """`--worklist`, and several patients where no form is asked for."""

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if self.rows:
            from screener.report.wording import columns_of_terminal
            from screener.report.worklist_text import NARROWEST, WIDEST, worklist_text

            print(worklist_text(self.worklist(unusable), columns_of_terminal(NARROWEST, WIDEST)), end="")
        return None


class WorklistCsv(Rows):
    """`--worklist-csv`"""

    encoding = "utf-8"
    newline = ""

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if not self.rows:
            return None
        from screener.report.worklist_csv import worklist_csv

        worklist = self.worklist(unusable)
        if not worklist.shown:
            return "note: no patient of this kind, so no row is printed"
        print(worklist_csv([each.row for each in worklist.shown]), end="")
        return None


class WorklistPages(Rows):
    """`--out DIR`: each patient's page is written as soon as it is made, the list when all are there."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.folder = Path(asked.value)
        self._check_place()

    def _check_place(self) -> None:
        """Refuse a folder that is no place for pages before anything is read."""
        folder = self.folder
        if folder.exists() and not folder.is_dir():
            raise FormError(f"`{folder}` is there, and is not a folder", "give the pages another folder")
        if folder.is_dir() and any(folder.iterdir()) and not (folder / TABLE).is_file():
            raise FormError(f"`{folder}` holds other files, and no earlier worklist", "name a new folder for the pages")
        if not folder.parent.is_dir():
            raise FormError(
                f"`{folder}` cannot be made: there is no folder `{folder.parent}`", "make that folder first"
            )

    def prepare(self, rulebook: Rulebook) -> None:
        super().prepare(rulebook)
        if self.earlier is None and (self.folder / TABLE).is_file():
            from screener.report.worklist_csv import read_earlier

            self.earlier = read_earlier(self.folder / TABLE)
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise self._cannot(self.folder, problem) from None

    def part(self, screening: Screening, place: PatientPlace = NOWHERE) -> Row | None:
        """Write the patient's page and return the row. The page is for all patients, also those that are not listed."""
        from screener.report.sheet_page import page
        from screener.sheet.making import sheet_of

        sheet = sheet_of(screening)
        name = page_name(screening, place)
        row = row_of(screening, place.file, sheet, name)
        if row is not None:
            self._write(name, page([sheet], [screening], INDEX))
        return row

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        if not self.rows:
            return "note: no patient could be screened, so no list is written"
        from screener.report.worklist_csv import worklist_csv
        from screener.report.worklist_page import worklist_page

        self._write(INDEX, worklist_page(self.worklist(unusable)))
        # Whoever comes next compares with all patients, not with those that were chosen.
        self._write(TABLE, worklist_csv([each.row for each in worklist_of(self.rows, Choice()).shown]))
        number = len(self.rows)
        print(f"wrote {self.folder / INDEX}: {number} patient{'' if number == 1 else 's'}, each with a page")
        return None

    def _write(self, name: str, text: str) -> None:
        from screener.report.files import write_whole

        try:
            write_whole(self.folder / name, text)
        except OSError as problem:
            raise self._cannot(self.folder / name, problem) from None

    def _cannot(self, place: Path, problem: OSError) -> FormError:
        return FormError(
            f"`{place}` cannot be written: {(problem.strerror or str(problem)).lower()}", "check who may write there"
        )


def page_name(screening: Screening, place: PatientPlace) -> str:
    """The file of a patient's page: the same for the same patient each time, and no name that a system could mistake.

    `S-002` is `S-002.html`, `../x y` is `x-y_` with the beginning of a digest. Upper and lower case are one to some
    systems, so that only an id without small letters goes by itself. No such id has a `_`.
    """
    id_ = screening.patient
    plain = re.sub(r"[^A-Za-z0-9]+", "-", id_).strip("-")[:LONGEST_NAME].strip("-")
    is_itself = plain == id_ == id_.upper() and id_.lower() not in _RESERVED
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:LETTERS_OF_A_DIGEST]
    parts = [plain, *([] if is_itself else [digest])]
    if screening.record.shares_id:
        parts.append(str(place.number))
    return f"{'_'.join(parts)}.html"


_RESERVED = frozenset(
    {"index", "con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
