"""The sheet on a terminal: 80 columns and at most 40 lines, for every patient; on a narrower one, more lines.

Who and how ill; the one next step; each trial with what is against it; what is to be done. Where there is more than
fits, the list of the chart review is shortened first: the whole of it is a file of its own (`screen review`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from screener.evaluation.phrases import capital, lowered
from screener.report.forms import Texts
from screener.report.wording import (
    DISCLAIMER,
    WIDTH,
    columns,
    columns_of_terminal,
    fitting,
    on_one_line,
    padded,
    wrapped,
)
from screener.screening import Screening
from screener.sheet import phrases
from screener.sheet.making import sheet_of
from screener.sheet.model import ActionGroup, KeyResult, KeyScore, Point, ReviewGroup, Sheet, TrialRow
from screener.sheet.states import OUT

NARROWEST, WIDEST = 50, 100
HEIGHT = 40
MARGIN = 11
"""Columns before the text of a line below a trial, and of a thing to do."""
MOST_POINTS = 2
ROOM_FOR_WORK = 8
"""Lines kept for what is to be done. Where fewer are left, each trial says less."""
MOST_DOUBTS = 2
MOST_ENTRIES = 2
LINES_OF_A_NAME = 2
LINES_OF_A_NOTE = 2
CUT_OFF = " …"
REVIEW_BEHIND = "screen review"
"""What a chart review ends with that does not fit: the command that writes the whole of it."""
LINES_OF_A_REVIEW = 4
"""Lines kept for the chart review, which can be said in few."""

LEADS = {
    "check": "check",
    "measure": "measure",
    "chart": "look up",
    "old results": "old labs",
    "sponsor": "sponsor",
    "investigator": "judge",
    "participant": "ask",
}


class SheetText(Texts):
    """`--sheet`"""

    def text(self, screening: Screening) -> str:
        return sheet_text(sheet_of(screening))


def print_sheet(screening: Screening) -> None:
    """One patient, as it is printed where no form is asked for: as wide as the terminal, within what reads well."""
    print(sheet_text(sheet_of(screening), columns_of_terminal(NARROWEST, WIDEST)), end="")


def sheet_text(sheet: Sheet, width: int = WIDTH) -> str:
    """The whole sheet, with the line's end."""
    return _Writer(sheet, width).text()


class _Writer:
    """A sheet on lines of one width."""

    def __init__(self, sheet: Sheet, width: int) -> None:
        self.sheet = sheet
        self.width = width
        self.height = HEIGHT * WIDTH // min(width, WIDTH)

    def text(self) -> str:
        head = [*self.patient(), *self.doubts(), *self.results(), "", *self.hanging("Next: ", self.sheet.next, 3), ""]
        for most, in_short in ((MOST_POINTS, False), (MOST_POINTS, True), (1, True)):
            trials = [line for row in self.sheet.trials for line in self.trial(row, most)]
            foot = list(self.foot(in_short=in_short, is_cut=in_short))
            room = self.height - len(head) - len(trials) - len(foot)
            work = list(self.work(room))
            is_cut = any(line.endswith(CUT_OFF) for line in work)
            if in_short and (room >= ROOM_FOR_WORK or not is_cut):
                break
            if not (is_cut or any(line.endswith(REVIEW_BEHIND) for line in work)):
                break
        foot = list(self.foot(in_short=in_short, is_cut=any(line.endswith(CUT_OFF) for line in (*trials, *work))))
        return "".join(f"{on_one_line(line).rstrip()}\n" for line in (*head, *trials, *work, *foot))

    # ---- who and how ill

    def patient(self) -> Iterator[str]:
        day = f"as of {phrases.as_of_words(self.sheet.patient.as_of)}"
        room = self.width - len(day) - 2
        first, *more = self.within(
            wrapped(on_one_line(self.sheet.patient.id), room, on_hyphens=True) or [""], LINES_OF_A_NAME, room
        )
        yield f"{padded(first, self.width - len(day))}{day}"
        yield from more
        reviewed = [phrases.reviewed(each) for each in self.sheet.patient.reviewed_by]
        yield from self.hanging("", " ".join((self.sheet.patient.text, *reviewed)), 3)

    def doubts(self) -> Iterator[str]:
        more = len(self.sheet.check_first) - MOST_DOUBTS
        for place, doubt in enumerate(self.sheet.check_first[:MOST_DOUBTS], 1):
            rest = f" (+{more})" if place == MOST_DOUBTS and more > 0 else ""
            lines = list(self.hanging("CHECK FIRST  ", f"{doubt.text} {doubt.effect}".strip(), 2))
            yield from lines[:-1]
            yield f"{_cut(lines[-1], self.width - len(rest))}{rest}"

    def results(self) -> Iterator[str]:
        """A line for each lab of the strip that is a number with a trend; grades and scores together on one."""
        together: list[str] = []
        for cell in self.sheet.results:
            if isinstance(cell, KeyScore):
                together.append(_score(cell))
            elif self.is_graded(cell):
                together.append(_graded(cell))
            elif cell.value or cell.beside:
                yield from self.lab(cell)
        missing = [
            cell.label
            for cell in self.sheet.results
            if isinstance(cell, KeyResult) and not (cell.value or cell.beside) and not self.is_graded(cell)
        ]
        if missing:
            yield from self.hanging("Not on record: ", ", ".join(missing), 2)
        yield from self.in_rows(together)

    def in_rows(self, cells: Sequence[str]) -> Iterator[str]:
        """Cells side by side, and none of them broken in two."""
        row = ""
        for cell in cells:
            if row and columns(row) + 3 + columns(cell) > self.width:
                yield from self.hanging("", row, 2)
                row = ""
            row = f"{row}   {cell}" if row else cell
        if row:
            yield from self.hanging("", row, 2)

    def is_graded(self, cell: KeyResult) -> bool:
        """Whether it stands behind the first score: what is graded, and not measured."""
        names = [each.name for each in self.sheet.results]
        scores = [place for place, each in enumerate(self.sheet.results) if isinstance(each, KeyScore)]
        return bool(scores) and names.index(cell.name) > scores[0]

    def lab(self, cell: KeyResult) -> Iterator[str]:
        value = f"{cell.shown or '-'}{' ?' if cell.check else ''}{f' {cell.unit}' if cell.unit else ''}"
        beside = cell.multiple or cell.beside
        when = cell.when
        if cell.check:
            when += ", check"
        elif cell.good_to is not None:
            good_to = phrases.day_words(cell.good_to, self.sheet.patient.as_of)
            when += f", too old after {good_to}" if cell.is_stale else f", good to {good_to}"
        if cell.newer:
            when = f"{when}; {cell.newer}"
        line = f"{cell.label:<11} {padded(value, 13)} {padded(beside, 10)} {padded(when, 23)}".rstrip()
        led = f"{padded(line, 60)} {' ' * (columns(line) > 60)}"
        trend = "" if cell.newer else _trend(cell, self.width - columns(led))
        if self.width < WIDTH and cell.earlier and not cell.newer and len(trend) < len(_trend(cell, self.width)):
            yield _cut(line, self.width)
            yield f"{'':<11} {_trend(cell, self.width - MARGIN - 1)}"
        else:
            yield _cut(f"{led}{trend}".rstrip(), self.width)

    # ---- the trials

    def trial(self, row: TrialRow, most: int) -> Iterator[str]:
        recruiting = phrases.RECRUITING_IN_SHORT.get(row.recruiting.text, row.recruiting.text)
        headline = row.state.headline if self.sheet.patient.died else phrases.loud(row.state)
        told = f"{headline:<22} {row.id} {recruiting:<14}"
        if row.state.name in OUT:
            stands = _ruled_out(row)
        else:
            stands = f"{f'{row.met}/{row.of} met':<9} {_shortly(row)}".rstrip()
        if self.width < WIDTH:
            yield _cut(told.rstrip(), self.width)
            yield from self.hanging(f"  {'stands':<{MARGIN - 2}}", _listed(stands), 2)
        else:
            whole = f"{told} {stands}{_by_which(row)}"
            yield whole if len(whole) <= self.width else _cut(f"{told} {stands}", self.width)
        for lead, text in _below(row, most, is_over=bool(self.sheet.patient.died)):
            is_long = lead == "reading" and most > 1
            is_short = lead == "close" and most == 1
            yield from self.hanging(f"  {lead:<{MARGIN - 2}}", text, 3 if is_long else 1 if is_short else 2)

    # ---- what to do

    def work(self, room: int) -> Iterator[str]:
        """What to do for the trials that are not ruled out, as much as fits."""
        sheet = self.sheet
        if sheet.patient.died:
            return
        texts = list(self.groups())
        if not texts and not sheet.review.groups:
            return
        has_review = bool(sheet.review.groups) and not sheet.review.waits
        lines, review = self.shared(texts, room - 1), []
        for kept in range(LINES_OF_A_REVIEW, 0, -1) if has_review else ():
            lines = self.shared(texts, room - 1 - kept)
            review = list(self.review(room - 1 - len(lines)))
            if len(review) < kept:  # what the review does not need, the others may have
                lines = self.shared(texts, room - 1 - len(review))
            if not any(line.endswith(CUT_OFF) for line in lines):
                break  # a list that the chart review holds in full is counted before a task is cut off
        yield from ("", *lines, *review)

    def shared(self, texts: Sequence[tuple[str, str]], room: int) -> list[str]:
        """Each text on one line at least. What room is left goes to the first that need more: what is measured comes
        before what is judged."""
        needed = [len(list(self.hanging(f"{lead:<{MARGIN}}", text, self.width))) for lead, text in texts]
        spare = max(room - len(texts), 0)
        lines: list[str] = []
        for (lead, text), number in zip(texts, needed, strict=True):
            more = min(number - 1, spare)
            spare -= more
            lines += self.hanging(f"{lead:<{MARGIN}}", text, 1 + more)
        return lines

    def groups(self) -> Iterator[tuple[str, str]]:
        """What each person or place is asked for. Entries of the record that nobody could read come first of what is
        looked up: they may be anything."""
        live = [row for row in self.sheet.trials if row.state.name not in OUT]
        entries = _entries(self.sheet, live)
        for group in self.sheet.actions:
            if group.kind in ("participant", "check") or group.waits:
                continue
            told = _group(group, live)
            if group.kind == "chart" and entries:
                told, entries = _one_by_one([each for each in (entries, told) if each]), ""
            if told:
                yield LEADS[group.kind], told
        if any(group.waits for group in self.sheet.actions):
            yield "later", _later(self.sheet)

    def review(self, room: int) -> Iterator[str]:
        """What the chart review asks for. Where not all of it fits, its last groups are counted; last, all of them."""
        groups = self.sheet.review.groups
        if not groups or room < 1:
            return
        number = sum(len(group.items) for group in groups)
        texts = [_asked(groups, named) for named in range(len(groups), -1, -1)]
        for text in (*texts, f"{phrases.counted(number, 'thing')} to look for: {REVIEW_BEHIND}"):
            lines = list(self.hanging(f"{'chart':<{MARGIN}}", text, self.width))
            if len(lines) <= room:
                yield from lines
                return

    def foot(self, *, in_short: bool, is_cut: bool) -> Iterator[str]:
        yield ""
        notes, behind = self.sheet.notes, self.sheet.notes_behind
        others = len(notes) + len(behind) - 1
        more = f" (+{others})" if others else ""
        if notes:
            *above, last = self.hanging("Note: ", on_one_line(notes[0]), LINES_OF_A_NOTE)
            yield from above
            yield f"{_cut(last, self.width - len(more))}{more}"
        elif behind:
            yield f"{phrases.counted(len(behind), 'note')} on the record, to read with --full"
        yield from self.legend(in_short=in_short, is_cut=is_cut)
        yield from self.hanging("", DISCLAIMER, 2)

    def legend(self, *, in_short: bool, is_cut: bool) -> Iterator[str]:
        """What the star means, and where more of a trial is to be found; if something is cut off, rather where all of
        it stands. And what each trial is about, unless `in_short`."""
        live = [] if self.sheet.patient.died else [row for row in self.sheet.trials if row.state.name not in OUT]
        if_clean = any(IF_CLEAN in _days(row) for row in live)
        told = [
            f"{IF_CLEAN} {phrases.IF_CLEAN}" if if_clean else "",
            phrases.CUT_OFF_HERE if in_short and is_cut else phrases.registered(live),
        ]
        if any(told):
            yield from self.hanging("", " ".join(filter(None, told)), 2)
        for row in () if in_short else live:
            yield _cut(on_one_line(phrases.called(row)), self.width)

    # ---- lines

    def hanging(self, lead: str, text: str, most: int) -> Iterator[str]:
        """A text behind its lead, the lines below it set in."""
        width = self.width - len(lead)
        lines = self.within(wrapped(text, width), most, width)
        for place, line in enumerate(lines or [""]):
            yield f"{lead if place == 0 else ' ' * len(lead)}{line}"

    def within(self, lines: list[str], most: int, width: int) -> list[str]:
        """So many lines, the last one with a mark where something was cut off."""
        if len(lines) <= most:
            return lines
        return [*lines[: most - 1], f"{_whole_words(lines[most - 1], width - len(CUT_OFF))}{CUT_OFF}"]


# ---- words of one cell, trial or group


def _listed(columns: str) -> str:
    """Columns as a list: `9/14 met, good to 26 Feb`."""
    return ", ".join(each.strip() for each in columns.split("  ") if each.strip())


def _trend(cell: KeyResult, room: int) -> str:
    """The last values that there is room for, each of them whole: `239.6 > 320.8 > 164.2`, or `320.8 > 164.2`."""
    values = [*(each.value for each in cell.earlier), cell.value]
    between = " > " if all(value[:1].isdigit() for value in values) else ", "
    texts = (between.join(values[first:]) for first in range(len(values) - 1))
    return next((text for text in texts if columns(text) <= room), "")


def _graded(cell: KeyResult) -> str:
    """`Ascites moderate`, `Ascites “2” ? (none, slight or moderate?)`, `Ascites yes, grade?`"""
    if cell.missing.endswith(phrases.GRADE_MISSING):
        return f"{cell.label} yes, {phrases.GRADE_MISSING}"
    told = f"{cell.label} {cell.shown or '-'}{_stale(cell)}{' ?' if cell.check else ''}"
    beside = f"{cell.when}; {cell.newer}" if cell.newer else cell.check if cell.check.endswith("?") else ""
    return f"{told} ({beside})" if beside else told


def _stale(cell: KeyResult) -> str:
    return f" ({cell.when}, too old)" if cell.is_stale else ""


def _score(cell: KeyScore) -> str:
    if not cell.text:
        return f"{cell.label} -"
    told = [
        *([cell.other] if cell.other else []),
        *([f"not known: {cell.missing.split(', ')[0]}"] if cell.missing and cell.low != cell.high else []),
        *([f"{cell.without} without {cell.check}"] if cell.check else []),
    ]
    beside = f" ({'; '.join(told)})" if told else ""
    return f"{cell.label} {cell.text}{' ?' if cell.check else ''}{beside}"


def _ruled_out(row: TrialRow) -> str:
    """Whether it may open again, and how many lines are against it where not all of them stand below."""
    detail = row.state.detail.rstrip(".")
    if len(row.against) <= MOST_POINTS:
        return detail
    return f"{detail}; {phrases.counted(len(row.against), 'line')} against"


def _by_which(row: TrialRow) -> str:
    """The lines that the day on the line of the trial comes from: ` (E9)`."""
    _, begin, lines = _days(row).partition(";")[0].partition(" (")
    return f"{begin}{lines}" if row.state.name not in (*OUT, "too little") else ""


def _shortly(row: TrialRow) -> str:
    """The day that matters most, on the line of the trial; the others stand below."""
    if row.state.name == "too little":
        return phrases.NONE_AGAINST
    return _days(row).partition(";")[0].partition(" (")[0]


IF_CLEAN = "*"
"""Behind a day that holds if the chart review finds nothing."""


def _days(row: TrialRow) -> str:
    """The days of a trial: `good to 16 Feb* (I2); closes after 27 Feb (I2)`. A trial closes then whatever is found."""
    if not row.dates.if_clean:
        return row.dates.text
    parts = row.dates.text.split("; ")
    return "; ".join(each if each.startswith("closes") else each.replace(" (", f"{IF_CLEAN} (") for each in parts)


def _below(row: TrialRow, most: int, *, is_over: bool) -> Iterator[tuple[str, str]]:
    """What stands below a trial. `is_over`: the patient has died, and nobody is asked for anything."""
    points = [each for each in row.points if each.kind != "close"]
    if row.state.name == "check":
        yield "because", row.state.detail
    for point in points[: most + (most > 1 and row.state.name not in OUT)]:
        yield point.kind, _point(point)
    if row.state.name in OUT:
        return
    close = [each for each in row.points if each.kind == "close"]
    if close:
        yield "close", phrases.listed(map(_point, close))
    rest = _days(row).partition("; ")[2]
    if rest:
        yield "dates", rest
    if row.left and row.state.name not in ("all met", "all met if complete"):
        is_recorded = row.consent and not row.counts.participant
        yield "left", f"{_left(row)}; consent {row.consent}" if is_recorded else _left(row)
    elif row.consent and not is_over:
        yield "consent", f"{row.consent} ({row.consent_by})" if row.consent_by else row.consent


def _left(row: TrialRow) -> str:
    """What is left now, and what is after a clean chart."""
    after = row.after_clean_chart
    if after is None or not after.settles or after.verdict != "eligible":
        return row.left
    return f"{row.left}; after a clean chart all criteria met"


def _point(point: Point) -> str:
    return f"{', '.join(point.lines)}{' ?' if point.is_doubtful else ''} {point.text}"


def _entries(sheet: Sheet, live: Sequence[TrialRow]) -> str:
    """The first entries to look up, each with the trials that wait for it."""
    entries = sheet.entries
    more = len(entries) - MOST_ENTRIES
    by_trials: dict[tuple[str, ...], list[str]] = {}
    for each in entries[:MOST_ENTRIES]:
        waiting = {line.trial for line in each.lines}
        trials = tuple(row.id for row in live if row.id in waiting)
        by_trials.setdefault(trials, []).append(capital(each.text))
    told = _one_by_one([f"{' '.join(texts)}{_tags(trials, live)}" for trials, texts in by_trials.items()])
    return f"{told}; and {phrases.counted(more, 'more entry', 'more entries')}" if more > 0 else told


def _tags(trials: Sequence[str], live: Sequence[TrialRow]) -> str:
    """The trials that a thing is for, where there are several: ` [5863 3002]`, ` [all]`."""
    if len(live) == 1:
        return ""
    told = [row.label for row in live if row.id in trials]
    return f" [{phrases.ALL if len(told) == len(live) else ' '.join(told)}]"


def _later(sheet: Sheet) -> str:
    """What waits for the results: the chart review, old results, judgements, consent."""
    number = sum(len(group.items) for group in sheet.review.groups)
    told = [f"chart review ({phrases.counted(number, 'thing')} to look for)"] if number else []
    return ", ".join([*told, *(group.title[:1].lower() + group.title[1:] for group in sheet.actions if group.waits)])


def _group(group: ActionGroup, live: Sequence[TrialRow]) -> str:
    """Its actions, those for the same trials together: `bilirubin, INR [5863 9259]; weight [3002]`."""
    labels = {row.id: row.label for row in live}
    if group.kind == "sponsor":
        lines = [f"{labels[line.trial]} {line.id}" for action in group.actions for line in action.lines]
        return f"{', '.join(lines)}: {phrases.WHICH_READING}"
    by_trials: dict[tuple[str, ...], list[str]] = {}
    for action in group.actions:
        if not action.lines:
            continue  # to sign a checklist is the next step, and said there
        detail = f": {action.detail}" if action.detail and group.kind == "old results" else ""
        by_trials.setdefault(action.trials, []).append(f"{action.text}{detail}")
    told = []
    for trials, texts in by_trials.items():
        told.append(f"{_joined(texts, group)}{_tags(trials, live)}")
    return _one_by_one(told)


def _joined(texts: Sequence[str], group: ActionGroup) -> str:
    """Things to measure as a list; questions one behind the other; anything else by semicolons."""
    if group.kind == "measure":
        return ", ".join([texts[0], *(phrases.inside(each) for each in texts[1:])])
    return _one_by_one(of_one_thing(texts))


def of_one_thing(texts: Sequence[str]) -> list[str]:
    """Questions about one thing behind its name: `Bleeding: still there? exact dates?`"""
    asked: dict[str, list[str]] = {}
    for text in texts:
        of, _, question = text.partition(": ")
        if question.endswith("?"):
            asked.setdefault(of, []).append(question)
        else:
            asked[text] = []
    return [f"{of}: {' '.join(those)}" if those else of for of, those in asked.items()]


def _one_by_one(texts: Sequence[str]) -> str:
    told = "".join(f"{text} " if text.endswith("?") else f"{text}; " for text in texts)
    return told.rstrip("; ")


def _asked(groups: Sequence[ReviewGroup], named: int) -> str:
    """The items of the first groups, and the number of all others."""
    told = f"None of these? {phrases.EVER_UNLESS} {'; '.join(group.text for group in groups[:named])}" if named else ""
    rest = ", ".join(f"{lowered(group.title)} ({len(group.items)})" for group in groups[named:])
    if not rest:
        return told
    return f"{told}{'. And' if named else 'None of these?'} {rest}. To fill in: {REVIEW_BEHIND}"


def _whole_words(text: str, width: int) -> str:
    """As many whole words as there is room for, where any is short enough."""
    if columns(text) <= width:
        return text.rstrip()
    kept = fitting(text, width)
    is_whole = text[len(kept) : len(kept) + 1] in ("", " ")
    return ((kept if is_whole else kept.rpartition(" ")[0]) or kept).rstrip(" ;,")


def _cut(text: str, width: int) -> str:
    return text if columns(text) <= width else f"{fitting(text, width - 1).rstrip()}…"
