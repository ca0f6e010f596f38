"""From the rows of a spreadsheet to plain records of the native form, which take the same path as any other.

The headings show which of two shapes it is. One row a fact: a column `name`, `text` or of a code, with `value`,
`status` or `list`. Or one row a patient on a day, with labs and findings as columns (`total_bilirubin [umol/L]`,
`INR`). Nothing gets a meaning here: a cell becomes the field that its heading names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from screener.records.cells import MERGED, Row, Sheet, Sheets
from screener.records.comparing import as_name
from screener.records.dates_as_written import date_meant
from screener.records.dictionary import Dictionary, Meaning
from screener.records.documents import refused
from screener.records.errors import Problem, RecordError, any_of, did_you_mean, quoted
from screener.records.likeness import alike
from screener.records.locales import Locale
from screener.records.native import CODE_FIELDS, ENTRIES
from screener.records.own_tables import read_own_table
from screener.records.written import UnreadableValueError, read_value
from screener.rulebook import DRUG_SYSTEMS, Lab
from screener.values.dates import DateError
from screener.values.tables import table_rows
from screener.values.units import is_unit

PERSON = ("patient", "birth_date", "age_years", "sex", "as_of", "died", "locale")
"""The fields of a person, which stand in every row or in one of them."""
DATES = ("birth_date", "as_of", "died", "date", "onset", "start", "end", "since", "until")
_FACT = tuple(dict.fromkeys(field for entry in ENTRIES.values() for field in entry.model_fields if field != "reviewed"))
FIELDS = (*PERSON, "list", *_FACT)
"""Everything that a heading may name, apart from labs and findings."""
_TRUTHS = ("current", "controlled")
IGNORED = "-"
RESULTS = ("lab", "finding")


class Column(Struct, frozen=True):
    """What a column holds: a field, or the results of something in a unit (or their dates). `called` is its heading."""

    called: str
    field: str = ""
    name: str = ""
    unit: str = ""
    is_date: bool = False
    meaning: Meaning | None = None

    @property
    def is_unread(self) -> bool:
        """Whether nobody knows what it holds."""
        return bool(self.name) and not self.field and self.meaning is None and not self.is_date

    @property
    def holds(self) -> tuple[object, ...]:
        """What it holds, whatever it is called."""
        entry = None if self.meaning is None else (self.meaning.form or self.meaning.entry).name
        return self.field, entry or as_name(self.name), self.unit, self.is_date


class Drafted(Struct, frozen=True):
    """A record of the native form, and where in the file each of its entries stands."""

    record: dict[str, Any]
    places: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    """Columns that hold words and are not read: what stands in them may be of any list."""
    listless: Mapping[str, tuple[str, str]] = {}
    """Rows that name no list: what is wrong with each, and how to mend it. They may belong to any list."""


Headings = Mapping[str, str]
"""A clinic's own headings, as they are compared, and what each stands for: a field, a name with its unit in brackets,
or `-` for nothing."""


# ---- headings


@lru_cache(maxsize=1)
def _known_headings() -> dict[str, str]:
    known = {as_name(field): field for field in FIELDS}
    for field, heading in table_rows(Path(__file__).with_name("columns.tsv")):
        known[as_name(heading)] = field
    return known


def read_headings(place: Path, dictionary: Dictionary) -> Headings:
    """A clinic's own table of headings: `column,name,unit`. Raises RecordError where a line of it cannot be used."""
    read = read_own_table(place, _FIRST_LINE)
    found: dict[str, str] = {}
    problems = list(read.problems)
    for row in read.rows:
        column, name, unit = map(row.text, ("column", "name", "unit"))
        meaning = dictionary.named(name, RESULTS)
        is_known = name == IGNORED or name in FIELDS or meaning is not None
        if not column or not is_known:
            fault = f"{quoted(name)} is no field, lab or finding" if column else "it names no column"
            mend = alike(name, dictionary, RESULTS) or f"the first line is `{_FIRST_LINE}`; `-` stands for nothing"
            problems.append(Problem(f"line {row.line}", fault, mend))
        elif as_name(column) in found:
            problems.append(Problem(f"line {row.line}", f"{quoted(column)} stands here twice", "leave one of them out"))
        elif unit and (meaning is None or not dictionary.may_come_in(meaning, unit)):
            units = dictionary.units_of(meaning.entry) if meaning is not None and isinstance(meaning.entry, Lab) else ()
            mend = f"it comes in {any_of(units)}" if units else "leave the unit out"
            problems.append(Problem(f"line {row.line}", f"{quoted(name)} does not come in {quoted(unit)}", mend))
        found[as_name(column)] = f"{name} [{unit}]" if unit else name
    if problems or not found:
        raise RecordError(problems or [Problem("", "it names no column")], str(place))
    return found


_FIRST_LINE = "column,name,unit"


_WITH_UNIT = re.compile(r"(?P<name>.+?)\s*(?:\[(?P<unit>[^\]]*(?:\[[^\]]*\][^\]]*)*)\]|\((?P<perhaps>[^()]+)\))\Z")


_UNIT_BEHIND = re.compile(r"(?P<name>.+?)[\s,]+(?P<unit>\S*[^\d\s]\S*)\Z")
"""A unit that stands behind the name, not in brackets. A number there counts columns: `INR 2`."""


def _column(heading: str, own: Headings, dictionary: Dictionary) -> Column:
    says = own.get(as_name(heading), heading)
    if says == IGNORED:
        return Column(heading)
    if (field := _known_headings().get(as_name(says))) is not None:
        return Column(heading, field)
    name, unit = says, ""
    if (found := _WITH_UNIT.match(says)) is not None and dictionary.named(says, RESULTS) is None:
        name, unit = found["name"], (found["unit"] or "").strip()
        if found["perhaps"] is not None:
            name, unit = (found["name"], found["perhaps"]) if is_unit(found["perhaps"]) else (says, "")
    if (meaning := dictionary.named(name, RESULTS) or _worded(name, dictionary)) is not None:
        return Column(heading, name=name, unit=unit, meaning=meaning)
    if (found := _UNIT_BEHIND.match(says)) is not None:
        meaning = dictionary.named(found["name"], RESULTS)
        if meaning is not None and dictionary.may_come_in(meaning, found["unit"]):
            return Column(heading, name=found["name"], unit=found["unit"], meaning=meaning)
    for ending in (" date", "_date"):
        of = name.removesuffix(ending)
        if of != name and (meaning := dictionary.named(of, RESULTS)) is not None:
            return Column(heading, name=of, is_date=True, meaning=meaning)
    return Column(heading, name=name, unit=unit, meaning=dictionary.named(name))


def _worded(name: str, dictionary: Dictionary) -> Meaning | None:
    return next(iter(dictionary.worded(name)), None)


def _is_fact_a_row(columns: list[Column]) -> bool:
    fields = {column.field for column in columns}
    return not fields.isdisjoint(("name", "code", "text", *CODE_FIELDS)) and not fields.isdisjoint(
        ("value", "status", "list")
    )


# ---- records


def drafts(
    read: Sheets, dictionary: Dictionary, file: str, own: Headings | None = None, locale: Locale | None = None
) -> tuple[list[Drafted], list[str]]:
    """The records of a spreadsheet, one a patient, each with its notes.

    Raises RecordError if the file as a whole cannot be used: no heading is known, or a fact belongs to nobody.
    """
    own = own or {}
    notes = list(read.notes)
    people = _People(read, dictionary, file)
    seen: set[str] = set()
    for sheet in read.sheets:
        if not sheet.rows:
            continue
        heading, *rows = sheet.rows
        columns = [_column(cell, own, dictionary) for cell in heading.cells]
        seen.update(as_name(column.called) for column in columns)
        is_fact = _is_fact_a_row(columns)
        is_wide = not is_fact and any(column.meaning is not None or column.field == "birth_date" for column in columns)
        if not is_fact and not is_wide:
            if sheet.name and len(read.sheets) > 1:
                notes.append(f"the sheet `{sheet.name}` is not read: none of its headings is known")
                continue
            mend = "name columns after fields (`patient`, `date`, `name`, `value`, `unit`) or labs (`name [unit]`)"
            raise refused(file, _where(sheet, heading), "none of its headings is known", mend)
        _check_headings(columns, sheet, heading, file, is_fact=is_fact)
        if locale is None:
            _check_dates(columns, sheet, rows, file)
        notes += _unread(columns, sheet, is_fact=is_fact)
        people.read(sheet, columns, rows, is_fact=is_fact)
    for column in own:
        if column not in seen:
            notes.append(f"the column `{column}` of the table of columns is not in this file")
    drafted = people.drafted()
    if not drafted:
        raise refused(file, "", "there is no patient in it", "give a line for each fact below the line of headings")
    return drafted, notes


def _where(sheet: Sheet, row: Row) -> str:
    return f"sheet {sheet.name}, row {row.number}" if sheet.name else f"row {row.number}"


def _check_headings(columns: list[Column], sheet: Sheet, heading: Row, file: str, *, is_fact: bool) -> None:
    problems = []
    where = _where(sheet, heading)
    for place, column in enumerate(columns):
        is_again = (column.field or column.name) and any(column.holds == each.holds for each in columns[:place])
        if is_again:
            problems.append(Problem(where, f"there are two columns {quoted(column.called)}", "leave one of them out"))
        elif any(at == place and fault == MERGED for at, fault, _ in heading.faults):
            problems.append(
                Problem(where, f"the heading {quoted(column.called)} is merged", "give each column its own")
            )
        elif (
            column.called
            and not column.field
            and column.meaning is None
            and _is_nearly_a_field(column, is_fact=is_fact)
        ):
            mend = did_you_mean(column.called, FIELDS)
            problems.append(Problem(where, f"{quoted(column.called)} is no column", mend))
    if problems:
        raise RecordError(problems, file)


_NEARLY_A_FIELD = 0.8
"""How like a field a heading must be to be a misspelling of it: other columns bear any name."""


def _check_dates(columns: list[Column], sheet: Sheet, rows: list[Row], file: str) -> None:
    """Refuse a file once whose dates all have their year last, where nothing says whether the day or the month comes
    first: one of them at least can be read in two ways."""
    if any(column.field == "locale" for column in columns):
        return
    found = [
        (row, cell)
        for row in rows
        for column, cell in zip(columns, row.cells, strict=False)
        if cell and (column.field in DATES or column.is_date)
    ]
    doubtful = [(row, cell) for row, cell in found if _is_of_two_days(cell)]
    if doubtful and all(_DAY_FIRST.match(cell) for _, cell in found):
        row, cell = doubtful[0]
        with_points = "dates look like dd.mm.yyyy", "add `--locale de`, or that of your country"
        others = "dates look like dd/mm/yyyy or mm/dd/yyyy", "add `--locale en-GB` (day first) or `en-US` (month first)"
        fault, mend = with_points if "." in cell else others
        raise refused(file, _where(sheet, row), f"{fault}: {quoted(cell)}", mend)


def _is_of_two_days(cell: str) -> bool:
    try:
        meant = date_meant(cell, None)
    except DateError:
        return False
    return bool(meant.fault) and not meant.says_no_day


_DAY_FIRST = re.compile(r"\d{1,2}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{4}\b", re.ASCII)


def _is_nearly_a_field(column: Column, *, is_fact: bool) -> bool:
    from difflib import get_close_matches

    fields = FIELDS if is_fact else (*PERSON, "date")
    return bool(column.name and get_close_matches(column.called.casefold(), fields, n=1, cutoff=_NEARLY_A_FIELD))


def _unread(columns: list[Column], sheet: Sheet, *, is_fact: bool) -> Iterator[str]:
    """The notes on columns that hold no fields. Where labs stand in columns, the record has these notes itself."""
    beside = f" of the sheet `{sheet.name}`" if sheet.name else ""
    for column in columns:
        is_lost = is_fact and not column.field and column.name
        if is_lost or (not is_fact and column.field and column.field not in (*PERSON, "date")):
            yield f"the column {quoted(column.called)}{beside} is not read"


class _People:
    """The patients of a file, by their ids, while their rows are read."""

    def __init__(self, read: Sheets, dictionary: Dictionary, file: str) -> None:
        self.day = read.day
        self.dictionary = dictionary
        self.file = file
        self.records: dict[str, dict[str, Any]] = {}
        self.places: dict[str, dict[str, str]] = {}
        self.problems: dict[str, list[Problem]] = {}
        self.unread: dict[str, dict[str, None]] = {}
        self.listless: dict[str, dict[str, tuple[str, str]]] = {}

    def drafted(self) -> list[Drafted]:
        """The records, in the order in which their patients came."""
        return [
            Drafted(
                record,
                self.places[patient],
                tuple(self.problems[patient]),
                tuple(self.unread.get(patient, ())),
                self.listless.get(patient, {}),
            )
            for patient, record in self.records.items()
        ]

    def read(self, sheet: Sheet, columns: list[Column], rows: list[Row], *, is_fact: bool) -> None:
        """The rows below a heading."""
        has_patient = any(column.field == "patient" for column in columns)
        if not has_patient and not is_fact and len(rows) > 1:
            fault = "several rows, and no column says which patient each row is about"
            raise refused(self.file, _where(sheet, sheet.rows[0]), fault, "add a column `patient`")
        for row in rows:
            if extra := [cell for cell in row.cells[len(columns) :] if cell]:
                fault = f"there are more cells than headings: {quoted(extra[0])}"
                raise refused(self.file, _where(sheet, row), fault, "put a text that has a separator in it in quotes")
            filled = [(column, cell) for column, cell in zip(columns, row.cells, strict=False) if cell]
            fields = {column.field: cell for column, cell in filled if column.field}
            if has_patient and "patient" not in fields:
                fault = "the row does not say which patient it is about"
                raise refused(self.file, _where(sheet, row), fault, "write the patient into each row")
            patient = self._person(fields, sheet, row)
            self._tell_faults(patient, columns, sheet, row)
            for column, cell in filled:
                if column.is_unread and _is_in_words(cell):
                    self.unread.setdefault(patient, {})[column.called] = None
            if is_fact:
                self._fact(patient, fields, sheet, row)
            else:
                self._results(patient, filled, fields, sheet, row)

    def _person(self, fields: Mapping[str, str], sheet: Sheet, row: Row) -> str:
        patient = fields.get("patient", "")
        record = self.records.setdefault(patient, {"id": patient} if patient else {})
        self.places.setdefault(patient, {})
        self.problems.setdefault(patient, [])
        for field in PERSON[1:]:
            if field not in fields:
                continue
            value: Any = self.day(fields[field]) if field in DATES else fields[field]
            if field == "age_years" and value.isdecimal() and len(value) < 4:
                value = int(value)
            if field == "died" and value in ("true", "false"):
                value = value == "true"
            if record.setdefault(field, value) != value:
                fault = f"{quoted(str(value))} is another `{field}` than {quoted(str(record[field]))} in an earlier row"
                self._refuse(patient, f"{_where(sheet, row)}, {field}", fault, "correct one of them")
        return patient

    def _refuse(self, patient: str, path: str, fault: str, mend: str) -> None:
        self.problems[patient].append(Problem(path, fault, mend))

    def _tell_faults(self, patient: str, columns: list[Column], sheet: Sheet, row: Row) -> None:
        """What is wrong with cells. A merged cell is none of its person or day, which it may well show in every row."""
        for place, fault, mend in row.faults:
            column = columns[place] if place < len(columns) else Column("")
            is_shared = column.field in (*PERSON, "date") and fault == MERGED
            if (column.field or column.name) and not is_shared:
                self._refuse(patient, f"{_where(sheet, row)}, {column.called}", fault, mend)

    # ---- one row a fact

    def _fact(self, patient: str, fields: Mapping[str, str], sheet: Sheet, row: Row) -> None:
        entry: dict[str, Any] = {
            field: self.day(cell) if field in DATES else cell
            for field, cell in fields.items()
            if field not in (*PERSON, "list")
        }
        for field in _TRUTHS:
            if entry.get(field, "").lower() in ("true", "false"):
                entry[field] = entry[field].lower() == "true"
        if not entry:
            return  # a line about the person only
        list_ = "_".join(fields.get("list", "").casefold().split()) or self._list_of(entry)
        if list_ not in ENTRIES:
            self.listless.setdefault(patient, {})[_where(sheet, row)] = _no_list(list_)
            return
        if list_ == "observations":
            entry.setdefault("value", None)
        self._add(patient, list_, entry, _where(sheet, row))

    def _list_of(self, entry: Mapping[str, Any]) -> str:
        """The list on which a thing of this name or code stands; what has a value is a result."""
        meanings: list[Meaning] = []
        systems: set[str] = set()
        for field, system in (
            ("name", None),
            *((each, each) for each in CODE_FIELDS),
            ("code", entry.get("system", "")),
        ):
            if field not in entry:
                continue
            if system is None:
                meaning = _worded(entry[field], self.dictionary) or self.dictionary.named(entry[field])
                meanings += [meaning] if meaning is not None else []
            else:
                systems.add(self.dictionary.system_name(system))
                meanings += self.dictionary.coded(system, entry[field])
        lists = {each.home for each in meanings}
        if len(lists) == 1:
            return next(iter(lists))
        if not lists and ("value" in entry or systems == {"loinc"}):
            return "observations"
        if not lists and systems and all(system.startswith("icd10") for system in systems):
            return "conditions"
        return "medications" if not lists and systems and systems <= DRUG_SYSTEMS else ""

    # ---- one row a patient on a day

    def _results(
        self, patient: str, filled: list[tuple[Column, str]], fields: Mapping[str, str], sheet: Sheet, row: Row
    ) -> None:
        dates = {column.name: cell for column, cell in filled if column.is_date}
        for column, cell in filled:
            if not column.name or column.is_date:
                continue
            date = dates.get(column.name) or fields.get("date")
            entry: dict[str, Any] = {"date": self.day(date)} if date else {}
            where = f"{_where(sheet, row)}, {column.called}"
            entry |= {"name": column.name, "value": cell}
            if column.unit:
                entry["unit"] = column.unit
            if column.meaning is None and not _is_readable(cell):
                entry["value"] = None
            self._add(patient, "observations", entry, where)

    def _add(self, patient: str, list_: str, entry: dict[str, Any], where: str) -> None:
        those = self.records[patient].setdefault(list_, [])
        self.places[patient][f"{list_}[{len(those)}]"] = where
        those.append(entry)


def _no_list(list_: str) -> tuple[str, str]:
    """What is wrong with a row that stands on no list, and how to mend it."""
    fault = f"{quoted(list_)} is no list of a record" if list_ else "nobody could tell on which list it stands"
    near = did_you_mean(list_, ENTRIES) if list_ else ""
    return fault, near or f"say it in a column `list`: {', '.join(ENTRIES)}"


def _is_readable(cell: str) -> bool:
    try:
        read_value(cell)
    except UnreadableValueError:
        return False
    return True


def _is_in_words(cell: str) -> bool:
    """Whether a cell holds words, and no number with its unit or its sign."""
    return not any(each.isdigit() for each in cell) or bool(_SEVERAL_LETTERS.search(_NUMBER_WITH_UNIT.sub("", cell)))


_NUMBER_WITH_UNIT = re.compile(r"\A[<>=≤≥]*\s*[-+]?\d[\d.,]*(?:\s*\S+)?\Z")
_SEVERAL_LETTERS = re.compile(r"[^\W\d_]{2}")
