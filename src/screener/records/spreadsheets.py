"""Records in a spreadsheet (CSV, XLSX): its rows become plain records of the native form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from screener.records.addresses import plain_id
from screener.records.chart import of_one_id
from screener.records.errors import Findings, RecordError, quoted
from screener.records.folders import SHEET_ENDINGS
from screener.records.native import placed, read_shape
from screener.records.native_entries import chart_of
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, path_of

if TYPE_CHECKING:
    from screener.records.rows import Drafted

_LISTLESS = "is not read, so that no list is complete"
_NOT_READ = "it holds words and is not read, so that no list is complete; a table of columns can say what it is"


def recognises(source: Source) -> bool:
    """A file that is named as a spreadsheet is."""
    place = path_of(source)
    return place is not None and place.name.lower().endswith(SHEET_ENDINGS)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """The patients of a spreadsheet, together. Raises RecordError where it cannot be read."""
    from screener.records.cells import read_sheets  # only who has a spreadsheet pays for it
    from screener.records.rows import drafts

    place = path_of(source)
    if place is not None:
        drafted, notes = drafts(read_sheets(place, how.file), how.dictionary, how.file, how.columns, how.locale)
        yield _Rows(drafted, notes, how)


class _Rows(Struct, frozen=True):
    """The patients of a spreadsheet: plain records of the native form, read as any other."""

    drafted: Sequence[Drafted]
    notes: Sequence[str]
    how: HowRead

    def names(self) -> Iterable[str]:
        named = [each.record.get("id") or self._name for each in self.drafted]
        return [each for each in named if isinstance(each, str)]

    @property
    def _name(self) -> str | None:
        return self.how.name if len(self.drafted) == 1 else None

    def patients(self) -> Iterator[Patient | RecordError]:
        times = Counter(map(plain_id, self.names()))
        for each in self.drafted:
            findings = Findings(self.how.sightings)
            for note in self.notes:
                findings.note("", note)
            findings.problems += each.problems
            record, left_out = read_shape(each.record, findings, each.places)
            for column in each.unread:
                findings.note(f"column {quoted(column)}", _NOT_READ, "check first")
            unread = [f"column {quoted(column)}" for column in each.unread]
            for row, (fault, mend) in each.listless.items():
                findings.set_aside(row, fault, mend, _LISTLESS)
            unread += each.listless
            dictionary, locale = self.how.dictionary, self.how.locale
            patient = chart_of(record, left_out, dictionary, findings, self._name, locale, each.places, unread)
            problems = [replace(problem, path=placed(problem.path, each.places)) for problem in findings.all_problems]
            if problems:
                yield RecordError(problems, self.how.file)
            else:
                yield of_one_id(patient, self.how.file) if times[plain_id(patient.id)] > 1 else patient
