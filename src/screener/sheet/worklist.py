"""A worklist: one row a patient, the nearest first, read off the sheet of each and compared with an earlier worklist.

A row is small and knows nothing of the engine, so that thousands of patients fit, and other processes can make rows.
What a row says, the sheet says: the worklist only sorts, chooses and compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from screener.records.errors import Unusable
from screener.rulebook import Lab, Rulebook, Sex
from screener.screening import Screening
from screener.sheet import phrases
from screener.sheet.making import sheet_of
from screener.sheet.model import KeyResult, KeyScore, Sheet, StateName, TrialRow
from screener.sheet.states import NEAREST_FIRST, OUT

Sort = Literal["nearest", "date", "name"]
SOON = timedelta(days=7)
"""How long before its last good day a row says that the day comes soon."""


class Cell(Struct, frozen=True):
    """The latest result of the sheet's head. `unit` is None where what is measured has none."""

    name: str
    value: str
    unit: str | None
    date: str


class Score(Struct, frozen=True):
    """A score of the sheet's head, with its bounds; None where nothing is known."""

    name: str
    low: float | None
    high: float | None


class TrialCells(Struct, frozen=True):
    """One trial of a row. The numbers of things to do are those of the sheet."""

    id: str
    label: str
    state: StateName
    headline: str
    recruiting: str
    is_recruiting: bool
    met: int
    of: int
    against: tuple[str, ...]
    measure: int
    chart: int
    judge: int
    consent: str
    """`recorded 2026-02-19`: a cell is read without the day of the sheet."""
    reading: int
    good_to: date | None
    closes_after: date | None
    if_clean: bool = False
    """Whether the last good day holds for a chart review that finds nothing."""


class Row(Struct, frozen=True):
    """One patient. `trials` stand in the order of the rules; `nearest` is the one that the row is about, and `for_all`
    says that its state holds for all of them. `work` is how much is left to do for it."""

    file: str
    patient: str
    as_of: date
    sex: Sex | None
    age: str
    died: str | None
    check: str
    nearest: TrialCells
    for_all: bool
    next: str
    work: int
    cells: tuple[Cell | Score, ...]
    trials: tuple[TrialCells, ...]
    screener: str
    rules: str
    shares_id: bool = False
    """Whether another patient of the call has the same id, so that only the file distinguishes them."""
    page: str = ""
    """The file of the patient's own page, where there is one."""

    @property
    def state(self) -> StateName:
        """Where the nearest trial stands."""
        return self.nearest.state

    @property
    def is_soon(self) -> bool:
        """Whether what the row says is soon no longer good."""
        return self.nearest.good_to is not None and self.nearest.good_to - self.as_of <= SOON


def row_of(screening: Screening, file: str, sheet: Sheet | None = None, page: str = "") -> Row | None:
    """The row of a screening; of its sheet, where that is made already. None where the rules have no trial."""
    made = sheet if sheet is not None else sheet_of(screening, is_row=True)
    if not made.trials:
        return None
    first = made.trials[0]
    cells = {row.id: _cells(row) for row in made.trials}
    counts = first.counts
    return Row(
        file=file,
        patient=made.patient.id,
        as_of=made.patient.as_of,
        sex=made.patient.sex,
        age=made.patient.age,
        died=made.patient.died,
        check=phrases.listed(_to_check(made)),
        nearest=cells[first.id],
        for_all=first.state.name in phrases.SAID_OF_ALL and len({row.state.name for row in made.trials}) == 1,
        next=phrases.next_in_row(made),
        work=sum(getattr(counts, name) for name in counts.__struct_fields__),
        cells=tuple(_cell(each, screening.rulebook) for each in made.results),
        trials=tuple(cells[trial.id] for trial in screening.trials),
        screener=made.screener,
        rules=made.rules,
        shares_id=screening.record.shares_id,
        page=page,
    )


def _to_check(sheet: Sheet) -> Iterator[str]:
    """What is to be checked first, and which key results the sheet flags."""
    yield from (f"{each.text} {each.effect}".strip() for each in sheet.check_first)
    for cell in sheet.results:
        if isinstance(cell, KeyResult) and cell.newer:
            yield f"{cell.label}, {cell.newer}"
        elif (
            isinstance(cell, KeyResult)
            and cell.check
            and not any(cell.check in each.text for each in sheet.check_first)
        ):
            yield f"{cell.label} {cell.shown}: {cell.check}"


def _cells(row: TrialRow) -> TrialCells:
    return TrialCells(
        id=row.id,
        label=row.label,
        state=row.state.name,
        headline=row.state.headline,
        recruiting=row.recruiting.text,
        is_recruiting=row.recruiting.is_recruiting,
        met=row.met,
        of=row.of,
        against=row.against,
        measure=row.counts.measure,
        chart=row.counts.chart,
        judge=row.counts.investigator,
        consent=f"{row.consent.partition(' ')[0]} {row.consent_day}" if row.consent_day else row.consent,
        reading=row.counts.sponsor,
        good_to=row.dates.good_to,
        closes_after=row.dates.closes_after,
        if_clean=row.dates.if_clean,
    )


def _cell(shown: KeyResult | KeyScore, rulebook: Rulebook) -> Cell | Score:
    if isinstance(shown, KeyScore):
        return Score(shown.name, shown.low, shown.high)
    fact = rulebook.fact(shown.name)
    has_unit = isinstance(fact, Lab) and fact.unit != "1"
    day = shown.day.isoformat() if shown.day is not None else shown.when
    return Cell(shown.name, shown.value, (shown.unit or "") if has_unit else None, day)


# ---- an earlier worklist


class EarlierRow(Struct, frozen=True):
    """What an earlier worklist said of a patient: the nearest trial with its state in words, and the states of all."""

    file: str
    patient: str
    state: str
    trial: str
    states: Mapping[str, str] = {}


class Compared(Struct, frozen=True):
    """What is other than in an earlier worklist: rows that it did not have, rows with what it said of them, and those
    that are here no longer. Rows go by their number among those compared."""

    name: str
    new: frozenset[int]
    was: Mapping[int, str]
    gone: tuple[tuple[str, str], ...]
    """Each patient, and what the earlier worklist said."""


class Earlier(Struct, frozen=True):
    """An earlier worklist, and what it is called. `written` is how it writes a text of a row, an id for example."""

    name: str
    rows: tuple[EarlierRow, ...]
    written: Callable[[str], str]


def compared(rows: Sequence[Row], earlier: Earlier, unread: Collection[str] = ()) -> Compared:
    """The rows compared with an earlier worklist. Patients are known by id, or if two share one, by id and file. One
    whose record could not be read today is not gone."""
    names = [earlier.written(row.patient) for row in rows]
    counts = Counter(names), Counter(each.patient for each in earlier.rows)
    doubled = {patient for those in counts for patient, number in those.items() if number > 1}

    def key(patient: str, file: str) -> tuple[str, str]:
        return patient, file if patient in doubled else ""

    keys = [key(name, earlier.written(row.file)) for name, row in zip(names, rows, strict=True)]
    before = {key(each.patient, each.file): each for each in earlier.rows}
    new: set[int] = set()
    was: dict[int, str] = {}
    for number, row in enumerate(rows):
        known = before.get(keys[number])
        if known is None:
            new.add(number)
        elif other := phrases.listed(_was(row, known)):
            was[number] = other
    here = {*keys}
    gone = [each for each in earlier.rows if key(each.patient, each.file) not in here and each.file not in unread]
    labels = {trial.id: trial.label for row in rows for trial in row.trials}
    told = tuple((each.patient, phrases.earlier_state(each.state, labels.get(each.trial, each.trial))) for each in gone)
    return Compared(earlier.name, frozenset(new), was, told)


def _was(row: Row, known: EarlierRow) -> Iterator[str]:
    """What the earlier worklist said otherwise: of the nearest trial, then of the others."""
    labels = {trial.id: trial.label for trial in row.trials}
    is_other = (known.state, known.trial) != (phrases.HEADLINES[row.state], row.nearest.id)
    if is_other:
        yield phrases.earlier_state(known.state, labels.get(known.trial, known.trial))
    for trial in row.trials:
        before = known.states.get(trial.id, "")
        is_told = is_other and trial.id == known.trial
        if before and before != phrases.HEADLINES[trial.state] and not is_told:
            yield phrases.earlier_of_trial(before, trial.label)


# ---- chosen and sorted


class Choice(Struct, frozen=True):
    """Which rows a call wants to see, and in which order. `only` is empty for every state."""

    only: frozenset[StateName] = frozenset()
    recruiting: bool = False
    sort: Sort = "nearest"


class Listed(Struct, frozen=True):
    """A row as it stands in the list: whether it is new, and what the earlier worklist said where that is other."""

    row: Row
    is_new: bool = False
    was: str = ""


class Worklist(Struct, frozen=True):
    """The list that a call wants to see: `shown` of `number` patients; `counts` says how many of them stand where."""

    shown: tuple[Listed, ...]
    number: int
    counts: tuple[tuple[StateName, int], ...]
    died: int
    first_day: date
    last_day: date
    trials: int
    choice: Choice
    unusable: tuple[Unusable, ...] = ()
    since: Compared | None = None

    @property
    def soon(self) -> int:
        """How many of the rows shown are soon no longer good."""
        return sum(each.row.is_soon for each in self.shown)

    @property
    def has_if_clean(self) -> bool:
        """Whether a last good day of the rows shown holds only if a chart review finds nothing."""
        return any(each.row.nearest.if_clean and each.row.nearest.good_to is not None for each in self.shown)


def worklist_of(
    rows: Sequence[Row], choice: Choice, unusable: Sequence[Unusable] = (), earlier: Earlier | None = None
) -> Worklist:
    """The worklist of these patients, at least one. Who has died comes last: nothing is to be done."""
    rows = told_apart(rows)
    since = None
    if earlier is not None:
        since = compared(rows, earlier, {earlier.written(each.file) for each in unusable})
    listed = [
        Listed(row, since is not None and number in since.new, since.was.get(number, "") if since is not None else "")
        for number, row in enumerate(rows)
        if _is_wanted(row, choice)
    ]
    listed.sort(key=lambda each: ORDERS[choice.sort](each.row))
    number = Counter(row.state for row in rows if row.died is None)
    return Worklist(
        shown=tuple(listed),
        number=len(rows),
        counts=tuple((state, number[state]) for state in NEAREST_FIRST if number[state]),
        died=sum(row.died is not None for row in rows),
        first_day=min(row.as_of for row in rows),
        last_day=max(row.as_of for row in rows),
        trials=max(len(row.trials) for row in rows),
        choice=choice,
        unusable=tuple(unusable),
        since=since,
    )


def told_apart(rows: Sequence[Row]) -> list[Row]:
    """The rows; of several of one id in one file each with its place there: `ward.json, no. 2`."""
    numbers = Counter((row.patient, row.file) for row in rows)
    seen: Counter[tuple[str, str]] = Counter()
    apart: list[Row] = []
    for row in rows:
        key = (row.patient, row.file)
        seen[key] += 1
        file = phrases.numbered(row.file, seen[key]) if numbers[key] > 1 else row.file
        apart.append(replace(row, file=file, shares_id=row.shares_id or numbers[key] > 1))
    return apart


def _is_wanted(row: Row, choice: Choice) -> bool:
    """Whether a row is asked for. With `recruiting`, the patient may still come into some trial that recruits, the
    nearest or another one."""
    if choice.only and row.state not in choice.only:
        return False
    return not choice.recruiting or any(each.is_recruiting and each.state not in OUT for each in row.trials)


def _nearest(row: Row) -> tuple[object, ...]:
    nearest = row.nearest
    return (
        row.died is not None,
        NEAREST_FIRST.index(row.state),
        not nearest.is_recruiting,
        row.work,
        nearest.good_to or nearest.closes_after or date.max,
        row.patient,
        row.file,
    )


def _date(row: Row) -> tuple[object, ...]:
    """The day that comes first before those without one; what is ruled out has none that matters."""
    day = None if row.state in OUT else row.nearest.good_to or row.nearest.closes_after
    return (row.died is not None, day or date.max, *_nearest(row))


def _name(row: Row) -> tuple[object, ...]:
    return (row.patient.casefold(), row.patient, row.file)


ORDERS: Mapping[Sort, Callable[[Row], tuple[object, ...]]] = {"nearest": _nearest, "date": _date, "name": _name}
