"""A clinic's own codes: a small table that says what each stands for in the dictionary.

The table is a CSV file with the columns `system`, `code`, `name` and, if wanted, `unit`, in any order, separated by
commas, semicolons or tabs. In place of a name a row may say `within` which codes of ICD-10 (of ATC, for drugs)
everybody lies who has the code, and which concepts of the dictionary the entry is `not`, or which `answer` of a test it
is; `by` and `on` say who judged so, and when. The code `*` stands for every code of a system, and its name is then the
dictionary's name of that system.
Blank lines and lines that begin with `#` say nothing. Every fault of a table is found in one run; a table with a fault
is not used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from unicodedata import east_asian_width

from msgspec import Struct
from msgspec.structs import replace

from screener.records.code_systems import is_known_system, names_of_systems, plain_system, words_of_answers
from screener.records.comparing import as_words, folded
from screener.records.dictionary import EVERY_CODE, TEXT, Dictionary, LocalCodes, Meaning
from screener.records.errors import any_of, did_you_mean, printable, quoted
from screener.records.likeness import alike
from screener.rulebook import LIST_OF, Concept, Finding, Lab, code_within, codes_within
from screener.terminology.code_lists import is_a_code
from screener.terminology.tables import plain_code
from screener.terminology.terminology import SiteRow
from screener.values.dates import DateError, parse_moment
from screener.values.numerals import ROMAN
from screener.values.units import UnitError, common_units, parse_unit

COLUMNS = ("system", "code", "name", "unit", "within", "not", "answer", "by", "on")
HEADER = "system,code,name,unit"
_REQUIRED = COLUMNS[:3]

_ONE = "leave one of the two out"

NOTHING = "-"
"""In place of a name: the code stands for nothing that any rule asks for."""

_SEPARATORS = {",": "`,`", ";": "`;`", "\t": "tabs"}
_EXCELS_OWN = re.compile(r"sep=.\Z", re.IGNORECASE)
"""A first line by which spreadsheets tell one another the separator."""
_GRADE = re.compile(r"(?:grade|grad|g)?\s*(\d|[IVX]+)\Z", re.IGNORECASE)


class Cell(Struct, frozen=True):
    """What stands between two separators, without quotation marks and the blanks around it. `start` and `end` are its
    place in the line, from 0."""

    text: str
    start: int
    end: int


class TableProblem(Struct, frozen=True):
    """One fault of a table: in which line (from 1; 0: the file as a whole), and in which part of it, shown with it."""

    fault: str
    mend: str = ""
    line: int = 0
    shown: str = ""
    start: int = 0
    end: int = 0


class LocalCodesError(Exception):
    """A table of codes that cannot be used. `str(error)` is the text of all its problems, ready to be shown."""

    def __init__(self, problems: Iterable[TableProblem], file: str) -> None:
        self.problems = tuple(problems)
        self.file = file
        super().__init__("\n\n".join(self._text(problem) for problem in self.problems))

    def _text(self, problem: TableProblem) -> str:
        lines = [f"error[codes]: {problem.fault}"]
        if not problem.line:
            lines.append(f"  --> {printable(self.file)}")
        else:
            number = str(problem.line)
            margin = " " * max(2, len(number))
            shown = printable(problem.shown)
            before, under = (
                printable(problem.shown[: problem.start]),
                printable(problem.shown[problem.start : problem.end]),
            )
            lines += [
                f"{margin}--> {printable(self.file)}:{number}:{problem.start + 1}",
                f"{margin} |",
                f"{number:>{len(margin)}} | {shown}".rstrip(),
                f"{margin} | {' ' * _width(before)}{'^' * max(1, _width(under))}",
            ]
        if problem.mend:
            lines.append(f"help: {problem.mend}")
        return "\n".join(lines)


def _width(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese characters take two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def read_local_codes(path: Path, dictionary: Dictionary) -> LocalCodes:
    """Read a table of codes. Raises LocalCodesError, with every fault that was found, if it cannot be used."""
    file = str(path)
    try:
        written = path.read_bytes()
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(file, "it is not text in UTF-8", "save it as `CSV UTF-8`") from None
    except FileNotFoundError:
        raise _refused(file, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not the name of a file"
        raise _refused(file, f"it cannot be read: {reason.lower()}") from None
    table = _Table(text, dictionary)
    codes = table.read()
    if table.problems:
        raise LocalCodesError(table.problems, file)
    return replace(codes, digests=(f"sha256:{hashlib.sha256(written).hexdigest()}",))


def is_accepted(row: Mapping[str, str], dictionary: Dictionary) -> bool:
    """Whether a table of this row alone could be used."""
    cells = ('"' + row.get(column, "").replace('"', '""') + '"' for column in COLUMNS)
    table = _Table(",".join(COLUMNS) + "\n" + ",".join(cells), dictionary)
    return table.read() != LocalCodes() and not table.problems


def with_tables(dictionary: Dictionary, tables: Iterable[Path]) -> Dictionary:
    """The dictionary with a clinic's own tables, one after the other. Raises LocalCodesError for the first that cannot
    be used, also because it says something else than one before it."""
    for table in tables:
        dictionary = dictionary.with_local(read_local_codes(table, dictionary))
    return dictionary


def _refused(file: str, fault: str, mend: str = "") -> LocalCodesError:
    return LocalCodesError([TableProblem(fault, mend)], file)


class _Row(Struct, frozen=True):
    """A line of the table by the names of its columns."""

    line: int
    shown: str
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        cell = self.cells.get(column)
        return cell.text if cell is not None else ""


class _Table:
    """Reads one table, and gathers what is wrong with it.

    It is long because each kind of line has checks of its own.
    """

    def __init__(self, text: str, dictionary: Dictionary) -> None:
        self.lines = [
            (number, line) for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if _says_something(line)
        ]
        if self.lines and _EXCELS_OWN.match(self.lines[0][1].strip()):
            del self.lines[0]
        self.dictionary = dictionary
        self.problems: list[TableProblem] = []
        self.codes: dict[tuple[str, str], Meaning] = {}
        self.texts: dict[str, Meaning] = {}
        self.rows: dict[tuple[str, str], SiteRow] = {}
        self.systems: dict[str, str] = {}
        self.answers: dict[tuple[str, str], str] = {}
        self.said: dict[tuple[str, str], tuple[int, str, str]] = {}
        """Of each code the line where it stands first, and the name and unit there."""
        self.answered: dict[tuple[str, str], int] = {}
        """Of each coded answer the line where it stands first."""
        local = dictionary.local
        self._of_other_tables: dict[tuple[str, str], SiteRow | Meaning] = {
            **local.rows,
            **local.codes,
            **{(TEXT, wording): meaning for wording, meaning in local.texts.items()},
        }

    def read(self) -> LocalCodes:
        """What is sound in the table."""
        rows = list(self._rows())
        for row in rows:  # what a system is has to be known before its codes
            if row.text("code") == EVERY_CODE:
                self._system(row)
        for row in rows:
            if row.text("code") != EVERY_CODE:
                self._row(row)
        self.problems.sort(key=lambda problem: problem.line)
        return LocalCodes(self.codes, self.texts, self.rows, self.systems, self.answers)

    # ---- lines and cells

    def _rows(self) -> Iterator[_Row]:
        if not self.lines:
            self.problems.append(TableProblem("there is nothing in it", f"begin with the line `{HEADER}`"))
            return
        (number, heading), *others = self.lines
        separator = max(_SEPARATORS, key=heading.count)
        columns = self._columns(number, heading, separator)
        if columns is None:
            return
        for number, line in others:
            cells = self._cells(number, line, separator)
            if cells is None:
                continue
            other = max((each for each in _SEPARATORS if each != separator), key=line.count)
            if len(cells) == 1 and other in line:
                one, those = _SEPARATORS[other], _SEPARATORS[separator]
                fault = f"its cells are separated by {one}, those of the first line by {those}"
                self._fault(number, line, Cell("", line.index(other), line.index(other) + 1), fault, f"write {those}")
                continue
            if extra := [cell for cell in cells[len(columns) :] if cell.text]:
                fault = f"there are {len(cells)} cells, and {len(columns)} columns"
                mend = f"put a text that has a `{separator}` in it between quotation marks"
                self._fault(number, line, extra[0], fault, mend)
                continue
            yield _Row(number, line, dict(zip(columns, cells, strict=False)))

    def _columns(self, number: int, heading: str, separator: str) -> list[str] | None:
        """The names of the columns; None if the rest of the table cannot be read without them."""
        cells = self._cells(number, heading, separator)
        if cells is None:
            return None
        names = [cell.text.lower() for cell in cells]
        if not set(names) & set(COLUMNS):
            whole = Cell("", 0, len(heading.rstrip()))
            fault = "the first line does not name the columns"
            self._fault(number, heading, whole, fault, f"begin with the line `{HEADER}`")
            return None
        faults = len(self.problems)
        for order, (name, cell) in enumerate(zip(names, cells, strict=True)):
            if name in names[:order] and name:
                self._fault(number, heading, cell, f"there are two columns `{name}`", "leave one of them out")
            elif name and name not in COLUMNS:
                missing = [each for each in COLUMNS if each not in names] or COLUMNS
                self._fault(number, heading, cell, f"{quoted(cell.text)} is no column", did_you_mean(name, missing))
        if len(self.problems) > faults:
            return None
        for name in _REQUIRED:
            if name not in names and not (name == "name" and {"within", "answer"} & set(names)):
                whole = Cell("", 0, len(heading.rstrip()))
                mend = f"the columns are `{HEADER}`"
                if name == "system":
                    mend = "leave its cells empty where codes have no system"
                self._fault(number, heading, whole, f"there is no column `{name}`", mend)
        return names if len(self.problems) == faults else None

    def _cells(self, number: int, line: str, separator: str) -> list[Cell] | None:
        found: list[Cell] = []
        place = 0
        while place <= len(line):
            cell = _CELLS[separator].match(line, place)
            if cell is None:
                quote = line.index('"', place)
                fault = "a quotation mark is not closed before the next separator"
                self._fault(number, line, Cell("", quote, quote + 1), fault, 'write two where one is meant: `""`')
                return None
            which = "quoted" if cell["quoted"] is not None else "plain"
            written = cell[which]
            start = cell.start(which) + len(written) - len(written.lstrip())
            found.append(Cell(written.replace('""', '"').strip(), start, start + len(written.strip())))
            place = cell.end() + 1
        return found

    # ---- what a line says

    def _system(self, row: _Row) -> None:
        """A code system of the clinic that is one of the dictionary's."""
        faults = len(self.problems)
        system, name = row.text("system"), row.text("name")
        self._signed(row)
        names = names_of_systems()
        if not system or system.lower() == TEXT:
            self._at(row, "system", "the code `*` stands for a whole system, and there is none", "name the system")
        elif is_known_system(system):
            known = self.dictionary.system_name(system)
            if name != known:
                self._at(row, "system", f"{quoted(system)} is `{known}` already", "leave this line out")
        for column in ("unit", "within", "not", "answer"):
            if row.text(column):
                self._at(row, column, f"a whole system has no `{column}`", "leave it out, or write a code")
        if name not in names:
            mend = did_you_mean(name, names) if name else f"write one of {any_of(sorted(names))}"
            fault = f"{quoted(name)} is not the name of a code system" if name else "there is no name"
            self._at(row, "name", fault, mend or f"it is one of {any_of(sorted(names))}")
        if len(self.problems) > faults or is_known_system(system):
            return
        plain = plain_system(system)
        before = self.dictionary.local.systems.get(plain, name)
        if before != name:
            self._at(row, "name", f"another table says that this system is `{before}`", "leave one of them out")
        elif any(plain_system(of) == plain for of, _ in self._of_other_tables):
            fault = "a table before this one has codes of this system"
            self._at(row, "system", fault, "give the table that says what the system is before the other")
        elif (line := self.said.get((system, EVERY_CODE), (0, name, ""))) and line[1] != name:
            self._at(row, "name", f"line {line[0]} says that this system is `{line[1]}`", "leave one of them out")
        else:
            self.said[system, EVERY_CODE] = row.line, name, ""
            self.systems[plain] = name

    def _system_name(self, system: str) -> str:
        return self.systems.get(plain_system(system)) or self.dictionary.system_name(system)

    def _answer(self, row: _Row, answer: str) -> None:
        """A coded answer of a test, or the wording of one."""
        word = self._word(answer)
        key = self._key(row)
        if row.text("unit"):
            self._at(row, "unit", "an answer has no unit", "leave the unit out")
        elif word is None:
            known = self._words_in_use()
            mend = did_you_mean(answer.casefold(), known)
            mend = mend or "write a word such as `positive`, `negative`, `detected`, `not detected`, or a grade"
            self._at(row, "answer", f"{quoted(answer)} is no answer that is read", mend)
        elif key in self.answers and self.answers[key] != word:
            fault = f"line {self.answered[key]} says that this answer is `{self.answers[key]}`"
            self._at(row, "answer", fault, "leave one of them out")
        elif (before := self.dictionary.answer(*key)) is not None and before != word:
            self._at(row, "answer", f"this answer is read as `{before}` already", "leave this line out")
        else:
            self.answers[key] = word
            self.answered[key] = row.line

    def _word(self, answer: str) -> str | None:
        """The word of an answer as it is read, a grade as its number; None where nothing would read it."""
        if (grade := _GRADE.match(answer)) is not None:
            number = grade[1] if grade[1].isdecimal() else ROMAN.get(grade[1].upper())
            return str(number) if number is not None else None
        words = {as_words(each): each for each in self._words_in_use()}
        return words.get(as_words(answer))

    def _words_in_use(self) -> frozenset[str]:
        choices = {choice for finding in self.dictionary.rulebook.findings.values() for choice in finding.choices}
        return words_of_answers() | {choice.replace("_", " ") for choice in choices}

    def _row(self, row: _Row) -> None:
        if not any(cell.text for cell in row.cells.values()):
            return
        faults = len(self.problems)
        name, unit = row.text("name"), row.text("unit")
        within, is_not = row.text("within"), row.text("not")
        self._signed(row)
        if not row.text("code"):
            mend = "give the wording" if row.text("system").lower() == TEXT else "give the code as the record writes it"
            self._at(row, "code", "there is no code", mend)
        if name and (within or is_not):
            column, says = ("within", "within which codes it lies") if within else ("not", "what its code is not")
            self._at(row, column, f"a row has a name, or says {says}", _ONE)
        if answer := row.text("answer"):
            if name or within or is_not:
                self._at(row, "answer", "a row has an answer, or says what its code is", _ONE)
            if len(self.problems) == faults:
                self._answer(row, answer)
            return
        if name == NOTHING:
            if len(self.problems) == faults:
                self._nothing(row, unit)
            return
        if not name and (within or is_not):
            if len(self.problems) == faults:
                self._judged(row, within, is_not.split())
            return
        meaning = self._meaning(row, name)
        if meaning is None or len(self.problems) > faults:
            return
        system, code = self._key(row)
        if (system, code) in self.said:
            line, other, other_unit = self.said[system, code]
            if other != _name(meaning):
                self._at(row, "name", f"line {line} says that this code is `{other}`", "leave one of them out")
            elif unit != other_unit:
                says = f"in `{other_unit}`" if other_unit else "without a unit"
                self._at(row, "unit", f"line {line} gives this code {says}", "leave one of them out")
            return
        known = self._beside_the_dictionary(row, system, meaning)
        if known is None or not self._is_fitting(row, known, unit):
            return
        self.said[system, code] = row.line, _name(meaning), unit
        meaning = replace(known, unit=unit or None, by_own_table=True)
        if system == TEXT:
            self.texts[code] = meaning
        else:
            self.codes[system, code] = meaning

    def _signed(self, row: _Row) -> None:
        """Who judged it may be anything; the day is a day."""
        on = row.text("on")
        try:
            if on and not parse_moment(on).is_one_day:
                self._at(row, "on", f"`{on}` is not one day", "write YYYY-MM-DD")
        except DateError:
            self._at(row, "on", f"{quoted(on)} is not a date", "write YYYY-MM-DD")

    def _nothing(self, row: _Row, unit: str) -> None:
        """A code that the clinic says no rule asks about."""
        system, code = key = self._key(row)
        known = self.dictionary.worded(code) if system == TEXT else self.dictionary.coded(system, code)
        if unit:
            self._at(row, "unit", "what stands for nothing has no unit", "leave the unit out")
        elif known:
            whose = "another table" if known[0].by_own_table else "the dictionary"
            fault = f"{whose} reads this code as `{_name(known[0])}`"
            self._at(row, "name", fault, "leave this line out, or correct its code")
        elif key in self.said and self.said[key][1] != NOTHING:
            line, other, _ = self.said[key]
            self._at(row, "name", f"line {line} says that this code is `{other}`", "leave one of them out")
        else:
            self.said[key] = row.line, NOTHING, ""
            self.rows[key] = SiteRow(nothing=True)

    def _judged(self, row: _Row, within: str, is_not: list[str]) -> None:
        """A code for which the clinic says within which others it lies, or what it is not."""
        key = self._key(row)
        if key in self.said:
            line, *said = self.said[key]
            if said != [within, " ".join(is_not)] or key not in self.rows:
                self._at(row, "code", f"line {line} says something of this code already", "leave one of them out")
            return
        if row.text("unit"):
            self._at(row, "unit", "what lies within codes is no result, and has no unit", "leave the unit out")
            return
        try:
            codes = codes_within(within, key[0])
        except ValueError as problem:
            self._at(
                row,
                "within",
                str(problem),
                "write the first and the last code, `FIRST..LAST`, both with as many digits",
            )
            return
        for code in within.replace("..", " ").split():
            if not is_a_code(*code_within(code, key[0])):
                self._at(row, "within", f"{quoted(code)} is no code of ICD-10 or ATC", "look it up, and correct it")
        codes = tuple(each for each in codes if is_a_code(*each))  # a range runs over numbers that are no codes
        concepts = self.dictionary.rulebook.concepts
        for name in is_not:
            if name not in concepts:
                mend = alike(name, self.dictionary, LIST_OF) or "`screen names` lists the names"
                self._at(row, "not", f"{quoted(name)} is no concept of the dictionary", mend)
        site_row = SiteRow(within=codes, is_not=frozenset(is_not))
        if key in self._of_other_tables and self._of_other_tables[key] != site_row:
            self._at(row, "code", "another table says something else of this code", "leave one of the two lines out")
        else:
            self._compare_within(row, key, codes)
        self.said[key] = row.line, within, " ".join(is_not)
        self.rows[key] = site_row

    def _compare_within(self, row: _Row, key: tuple[str, str], within: tuple[tuple[str, str], ...]) -> None:
        """Refuse a code that the dictionary reads as something that nobody is who lies within these codes."""
        if not within or key[0] == TEXT:
            return
        said = self.dictionary.terminology.within(within)
        may_be = said.is_ | said.open
        other = next(
            (each for each in self.dictionary.coded(*key) if each.absent or each.entry.name not in may_be), None
        )
        if other is not None:
            reads = f"no `{other.entry.name}`" if other.absent else f"`{_name(other)}`"
            fault = f"the dictionary reads this code as {reads}, which nothing within `{row.text('within')}` is"
            self._at(row, "within", fault, "leave this line out, or correct its code")

    def _key(self, row: _Row) -> tuple[str, str]:
        system, code = row.text("system"), row.text("code")
        if system.lower() == TEXT:
            return TEXT, folded(code)
        system = self._system_name(system)
        return system, plain_code(system, code)

    def _meaning(self, row: _Row, name: str) -> Meaning | None:
        if not name:
            self._at(row, "name", "there is no name", "give the name that the dictionary has for it")
            return None
        meaning = self.dictionary.named(name)
        if meaning is None:
            mend = alike(name, self.dictionary) or "`screen names` lists the names"
            mend = "write it in a column `answer`" if self._word(name) is not None else mend
            self._at(row, "name", f"{quoted(name)} is not in the dictionary", mend)
        return meaning

    def _beside_the_dictionary(self, row: _Row, system: str, meaning: Meaning) -> Meaning | None:
        """The meaning with what the dictionary knows of the code; None if that is something else.

        A longer code than the dictionary knows, which it reads as something broader, may be given a narrower meaning:
        countries and clinics lengthen the codes of ICD-10.
        """
        code = row.text("code")
        if system == TEXT:
            named = self.dictionary.named(code)
            known = self.dictionary.worded(code) or ((named,) if named is not None else ())
        else:
            known = self.dictionary.coded(system, code)
        may_narrow = system != TEXT and not self.dictionary.lists(system, code)
        for each in known:
            is_broader = may_narrow and isinstance(meaning.entry, Concept) and each.entry.name in meaning.entry.broader
            if each.absent or (_name(each) != _name(meaning) and not is_broader):
                whose = "another table" if each.by_own_table else "the dictionary"
                said = f"saying that there is no `{each.entry.name}`" if each.absent else f"`{_name(each)}`"
                self._at(row, "name", f"{whose} reads this code as {said}", "leave this line out, or correct its code")
                return None
            if _name(each) == _name(meaning):
                return each if self._is_of_its_kind(row, each) else None
        return meaning

    def _is_of_its_kind(self, row: _Row, known: Meaning) -> bool:
        """Whether the unit of a row is one that results under the code come in, as far as that is known."""
        unit = row.text("unit")
        whose, other = "the dictionary", known.kind_of_unit
        if known.by_own_table and known.unit is not None:
            whose, other = "another table", known.unit
        if not unit or other is None or unit == other:
            return True
        try:
            is_of_its_kind = whose == "the dictionary" and parse_unit(unit).dimension == parse_unit(other).dimension
        except UnitError:
            return True  # another fault says that it is no unit
        if not is_of_its_kind:
            self._at(row, "unit", f"{whose} reads results under this code in `{other}`", "leave the unit out")
        return is_of_its_kind

    def _is_fitting(self, row: _Row, meaning: Meaning, unit: str) -> bool:
        """Whether results of what is meant can come in the unit."""
        if not unit:
            return True
        match meaning.entry:
            case Lab() as lab:
                try:
                    self.dictionary.factor(lab, meaning.form, unit)
                except UnitError as problem:
                    self._at(row, "unit", str(problem), self._other_unit(lab, unit))
                    return False
                return True
            case Finding() | Concept():
                kind = meaning.kind
                article = "an" if kind == "event" else "a"
                self._at(
                    row, "unit", f"`{meaning.entry.name}` is {article} {kind} and has no unit", "leave the unit out"
                )
                return False

    def _other_unit(self, lab: Lab, unit: str) -> str:
        """The mend for a unit that is none, or none of the lab."""
        units = self.dictionary.units_of(lab)
        try:
            parse_unit(unit)
        except UnitError as problem:
            if "write `" in str(problem):
                return ""
            near = did_you_mean(unit, (*units, *(each.text for each in common_units())))
            if near.startswith("did you mean"):
                return near
        return "leave the unit out" if lab.unit == "1" else f"write a unit such as {any_of(units)}"

    # ---- problems

    def _at(self, row: _Row, column: str, fault: str, mend: str = "") -> None:
        cell = row.cells.get(column) or Cell("", len(row.shown.rstrip()), len(row.shown.rstrip()))
        self._fault(row.line, row.shown, cell, fault, mend)

    def _fault(self, line: int, shown: str, cell: Cell, fault: str, mend: str = "") -> None:
        self.problems.append(TableProblem(fault, mend, line, shown, cell.start, cell.end))


def _says_something(line: str) -> bool:
    return bool(line.strip(' \t,;"')) and not line.lstrip(' "').startswith("#")


def _cell(separator: str) -> re.Pattern[str]:
    end = rf"(?={separator}|\Z)"
    blanks = "[ ]*" if separator == "\t" else "[ \\t]*"
    quoted_cell = rf'{blanks}"(?P<quoted>(?:[^"]|"")*)"{blanks}{end}'
    return re.compile(rf'{quoted_cell}|(?P<plain>[^"{separator}][^{separator}]*|){end}')


_CELLS = {separator: _cell(separator) for separator in _SEPARATORS}


def _name(meaning: Meaning) -> str:
    """The name that tells a measured form from its lab."""
    return (meaning.form or meaning.entry).name
