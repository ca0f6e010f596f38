"""A clinic's own codes: a small table that says what each stands for in the dictionary.

The table has the columns `system`, `code`, `name` and, if wanted, `unit`. In place of a name a row may say `within`
which codes of ICD-10 (of ATC, for drugs) everybody lies who has the code, which concepts of the dictionary the entry is
`not`, or which `answer` of a test it is; `by` and `on` say who judged so, and when. The code `*` stands for every code
of a system, and its name is then the dictionary's name of that system. Every fault of a table is found in one run; a
table with a fault is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from screener.records.code_systems import is_known_system, names_of_systems, plain_system, words_of_answers
from screener.records.comparing import as_words, folded
from screener.records.dictionary import EVERY_CODE, TEXT, Dictionary, LocalCodes, Meaning
from screener.records.errors import Problem, RecordError, any_of, did_you_mean, quoted
from screener.records.likeness import alike
from screener.records.own_tables import TableRow, read_own_table, rows_of
from screener.rulebook import LIST_OF, Concept, Finding, Lab, code_within, codes_within
from screener.terminology.code_lists import is_a_code
from screener.terminology.tables import plain_code
from screener.terminology.terminology import SiteRow
from screener.values.dates import DateError, parse_moment
from screener.values.numerals import ROMAN
from screener.values.units import UnitError, common_units, parse_unit

COLUMNS = ("system", "code", "name", "unit", "within", "not", "answer", "by", "on")
HEADER = "system,code,name,unit"

_ONE = "leave one of the two out"

NOTHING = "-"
"""In place of a name: the code stands for nothing that any rule asks for."""

_GRADE = re.compile(r"(?:grade|grad|g)?\s*(\d|[IVX]+)\Z", re.IGNORECASE)


class LocalCodesError(RecordError):
    """A table of codes that cannot be used."""

    kind = "codes"


def read_local_codes(path: Path, dictionary: Dictionary) -> LocalCodes:
    """Read a table of codes. Raises LocalCodesError, with every fault that was found, if it cannot be used."""
    read = read_own_table(path, HEADER, COLUMNS[4:])
    table = _Table(read.rows, dictionary, read.problems)
    codes = table.read()
    if table.problems:
        raise LocalCodesError(table.problems, str(path))
    return replace(codes, digests=(read.digest,))


def is_accepted(row: Mapping[str, str], dictionary: Dictionary) -> bool:
    """Whether a table of this row alone could be used."""
    cells = ('"' + row.get(column, "").replace('"', '""') + '"' for column in COLUMNS)
    rows, problems = rows_of(f"{','.join(COLUMNS)}\n{','.join(cells)}", HEADER, COLUMNS[4:])
    table = _Table(rows, dictionary, problems)
    return table.read() != LocalCodes() and not table.problems


def with_tables(dictionary: Dictionary, tables: Iterable[Path]) -> Dictionary:
    """The dictionary with a clinic's own tables, one after the other. Raises LocalCodesError for the first that cannot
    be used, also because it says something else than one before it."""
    for table in tables:
        dictionary = dictionary.with_local(read_local_codes(table, dictionary))
    return dictionary


class _Table:
    """Reads one table, and gathers what is wrong with it.

    It is long because each kind of line has checks of its own.
    """

    def __init__(self, lines: Sequence[TableRow], dictionary: Dictionary, problems: Sequence[Problem] = ()) -> None:
        self.lines = lines
        self.dictionary = dictionary
        self.problems = list(problems)
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
        for row in self.lines:  # what a system is has to be known before its codes
            if row.text("code") == EVERY_CODE:
                self._system(row)
        for row in self.lines:
            if row.text("code") != EVERY_CODE:
                self._row(row)
        self.problems.sort(key=_line_of)
        return LocalCodes(self.codes, self.texts, self.rows, self.systems, self.answers)

    # ---- what a line says

    def _system(self, row: TableRow) -> None:
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

    def _answer(self, row: TableRow, answer: str) -> None:
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

    def _row(self, row: TableRow) -> None:
        if not any(row.cells.values()):
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

    def _signed(self, row: TableRow) -> None:
        """Who judged it may be anything; the day is a day."""
        on = row.text("on")
        try:
            if on and not parse_moment(on).is_one_day:
                self._at(row, "on", f"`{on}` is not one day", "write YYYY-MM-DD")
        except DateError:
            self._at(row, "on", f"{quoted(on)} is not a date", "write YYYY-MM-DD")

    def _nothing(self, row: TableRow, unit: str) -> None:
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

    def _judged(self, row: TableRow, within: str, is_not: list[str]) -> None:
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

    def _compare_within(self, row: TableRow, key: tuple[str, str], within: tuple[tuple[str, str], ...]) -> None:
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

    def _key(self, row: TableRow) -> tuple[str, str]:
        system, code = row.text("system"), row.text("code")
        if system.lower() == TEXT:
            return TEXT, folded(code)
        system = self._system_name(system)
        return system, plain_code(system, code)

    def _meaning(self, row: TableRow, name: str) -> Meaning | None:
        if not name:
            self._at(row, "name", "there is no name", "give the name that the dictionary has for it")
            return None
        meaning = self.dictionary.named(name)
        if meaning is None:
            mend = alike(name, self.dictionary) or "`screen names` lists the names"
            mend = "write it in a column `answer`" if self._word(name) is not None else mend
            self._at(row, "name", f"{quoted(name)} is not in the dictionary", mend)
        return meaning

    def _beside_the_dictionary(self, row: TableRow, system: str, meaning: Meaning) -> Meaning | None:
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

    def _is_of_its_kind(self, row: TableRow, known: Meaning) -> bool:
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

    def _is_fitting(self, row: TableRow, meaning: Meaning, unit: str) -> bool:
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

    def _at(self, row: TableRow, column: str, fault: str, mend: str = "") -> None:
        self.problems.append(Problem(f"line {row.line}, {column}", fault, mend))


def _line_of(problem: Problem) -> int:
    return int("".join(filter(str.isdecimal, problem.path)) or 0)


def _name(meaning: Meaning) -> str:
    """The name that tells a measured form from its lab."""
    return (meaning.form or meaning.entry).name
