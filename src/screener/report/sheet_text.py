"""The sheet on a terminal: 80 columns and at most 40 lines, for every patient.

Who and how ill; the one next step; each trial with what is against it; what is to be done. Where there is more than
fits, the list of the chart review is shortened first: the whole of it is a file of its own (`screen review`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from screener.evaluation.phrases import lowered
from screener.report.forms import Texts
from screener.report.wording import DISCLAIMER, on_one_line
from screener.screening import Screening
from screener.sheet import phrases
from screener.sheet.making import sheet_of
from screener.sheet.model import ActionGroup, KeyResult, KeyScore, Point, ReviewGroup, Sheet, TrialRow
from screener.sheet.states import OUT

WIDTH = 80
HEIGHT = 40
MARGIN = 11
"""Columns before the text of a line below a trial, and of a thing to do."""
MOST_POINTS = 2
ROOM_FOR_WORK = 9
"""Lines kept for what is to be done. Where fewer are left, each trial says less."""
MOST_DOUBTS = 2
MOST_ENTRIES = 2

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
    """One patient, as it is printed where no form is asked for."""
    print(sheet_text(sheet_of(screening)), end="")


def sheet_text(sheet: Sheet) -> str:
    """The whole sheet, with the line's end."""
    head = [*_patient(sheet), *_doubts(sheet), *_results(sheet), "", *_next(sheet), ""]
    foot = list(_foot(sheet))
    for most in (MOST_POINTS, 1):
        trials = [line for row in sheet.trials for line in _trial(row, most)]
        room = HEIGHT - len(head) - len(trials) - len(foot)
        work = list(_work(sheet, room))
        if room >= ROOM_FOR_WORK or len(work) < room:
            break
    return "".join(f"{on_one_line(line).rstrip()}\n" for line in (*head, *trials, *work, *foot))


# ---- who and how ill


def _patient(sheet: Sheet) -> Iterator[str]:
    day = f"as of {phrases.as_of_words(sheet.patient.as_of)}"
    name = _cut(on_one_line(sheet.patient.id), WIDTH - len(day) - 2)
    yield f"{name}{day:>{WIDTH - len(name)}}"
    yield from _wrapped(sheet.patient.text, 3)


def _doubts(sheet: Sheet) -> Iterator[str]:
    more = len(sheet.check_first) - MOST_DOUBTS
    for place, doubt in enumerate(sheet.check_first[:MOST_DOUBTS], 1):
        rest = f" (+{more})" if place == MOST_DOUBTS and more > 0 else ""
        lines = list(_hanging("CHECK FIRST  ", f"{doubt.text} {doubt.effect}".strip(), 2))
        yield from lines[:-1]
        yield f"{_cut(lines[-1], WIDTH - len(rest))}{rest}"


def _results(sheet: Sheet) -> Iterator[str]:
    """A line for each lab of the strip that is a number with a trend; grades and scores together on one."""
    together: list[str] = []
    for cell in sheet.results:
        if isinstance(cell, KeyScore):
            together.append(_score(cell))
        elif _is_graded(cell, sheet):
            together.append(f"{cell.label} {cell.value or '-'}{_stale(cell)}{' ?' if cell.check else ''}")
        elif cell.value or cell.beside:
            yield _lab(cell, sheet)
    missing = [
        cell.label
        for cell in sheet.results
        if isinstance(cell, KeyResult) and not (cell.value or cell.beside) and not _is_graded(cell, sheet)
    ]
    if missing:
        yield f"Not on record: {', '.join(missing)}"
    yield from _in_rows(together)


def _in_rows(cells: Sequence[str]) -> Iterator[str]:
    """Cells side by side, and none of them broken in two."""
    row = ""
    for cell in cells:
        if row and len(row) + 3 + len(cell) > WIDTH:
            yield row
            row = ""
        row = _cut(f"{row}   {cell}" if row else cell, WIDTH)
    if row:
        yield row


def _is_graded(cell: KeyResult, sheet: Sheet) -> bool:
    """Whether it stands behind the first score: what is graded, and not measured."""
    names = [each.name for each in sheet.results]
    scores = [place for place, each in enumerate(sheet.results) if isinstance(each, KeyScore)]
    return bool(scores) and names.index(cell.name) > scores[0]


def _stale(cell: KeyResult) -> str:
    return f" ({cell.when}, too old)" if cell.is_stale else ""


def _lab(cell: KeyResult, sheet: Sheet) -> str:
    value = f"{cell.value or '-'}{' ?' if cell.check else ''}{f' {cell.unit}' if cell.unit else ''}"
    beside = cell.multiple or cell.beside
    when = cell.when
    if cell.check:
        when += ", check"
    elif cell.good_to is not None:
        good_to = phrases.day_words(cell.good_to, sheet.patient.as_of)
        when += f", too old after {good_to}" if cell.is_stale else f", good to {good_to}"
    values = [*(each.value for each in cell.earlier), cell.value]
    is_plain = all(value[:1].isdigit() for value in values)
    trend = (" > " if is_plain else ", ").join(values) if cell.earlier else ""
    return _cut(f"{cell.label:<11} {value:<13} {beside:<10} {when:<23} {trend}".rstrip(), WIDTH)


def _score(cell: KeyScore) -> str:
    if not cell.text:
        return f"{cell.label} -"
    told = [
        *([cell.other] if cell.other else []),
        *([f"open: {cell.missing.split(', ')[0]}"] if cell.missing and cell.low != cell.high else []),
        *([f"{cell.without} without {cell.check}"] if cell.check else []),
    ]
    beside = f" ({'; '.join(told)})" if told else ""
    return f"{cell.label} {cell.text}{' ?' if cell.check else ''}{beside}"


def _next(sheet: Sheet) -> Iterator[str]:
    yield from _hanging("Next: ", sheet.next, 3)


# ---- the trials


def _trial(row: TrialRow, most: int) -> Iterator[str]:
    told = f"{phrases.loud(row.state):<22} {row.id}  {row.recruiting.text:<14}"
    if row.state.name in OUT:
        yield _cut(f"{told} {row.state.detail.rstrip('.')}", WIDTH)
    else:
        met = f"{row.met}/{row.of} met"
        yield _cut(f"{told} {met:<9} {_shortly(row)}".rstrip(), WIDTH)
    for lead, text in _below(row, most):
        is_long = lead == "reading" and most > 1
        yield from _hanging(f"  {lead:<{MARGIN - 2}}", text, 3 if is_long else 2)


def _shortly(row: TrialRow) -> str:
    """The day that matters most, on the line of the trial; the others stand below."""
    if row.state.name == "too little":
        return phrases.NONE_AGAINST
    return row.dates.text.partition(";")[0].partition(" (")[0]


def _below(row: TrialRow, most: int) -> Iterator[tuple[str, str]]:
    points = [each for each in row.points if each.kind != "close"] or list(row.points)
    if row.state.name == "check":
        yield "because", row.state.detail
    for point in points[: most + (most > 1 and row.state.name not in OUT)]:
        yield point.kind, _point(point)
    if row.state.name in OUT:
        return
    rest = row.dates.text.partition("; ")[2]
    if rest:
        yield "dates", rest
    if row.left and row.state.name not in ("all met", "all met if complete"):
        yield "left", _left(row)
    elif row.consent:
        yield "consent", row.consent


def _left(row: TrialRow) -> str:
    """What is left now, and what is after a clean chart."""
    after = row.after_clean_chart
    if after is None or not after.settles:
        return row.left
    if after.verdict == "eligible":
        return f"{row.left}; after a clean chart all criteria met"
    return f"{row.left}"


def _point(point: Point) -> str:
    return f"{', '.join(point.lines)} {point.text}{' ?' if point.is_doubtful else ''}"


# ---- what to do


def _work(sheet: Sheet, room: int) -> Iterator[str]:
    """What to do for the trials that are not ruled out, as much as fits."""
    if sheet.patient.died:
        return
    live = [row for row in sheet.trials if row.state.name not in OUT]
    groups = [group for group in sheet.actions if group.kind not in ("participant", "check") and not group.waits]
    texts = [(LEADS[group.kind], text) for group in groups if (text := _group(group, live))]
    if sheet.review.waits and sheet.review.entries:
        texts.append(("look up", _entries(sheet)))
    if any(group.waits for group in sheet.actions):
        texts.append(("later", _later(sheet)))
    if not texts and sheet.review.is_empty:
        return
    for most in (6, 5, 4, 3, 2, 1):
        lines = [line for lead, text in texts for line in _hanging(f"{lead:<{MARGIN}}", text, most)]
        kept = 0 if sheet.review.waits or not sheet.review.groups else 8 if most > 4 else 5 if most > 2 else 2
        if len(lines) <= room - 1 - kept:
            break
    yield ""
    yield from lines
    if not sheet.review.waits:
        yield from _review(sheet, room - 1 - len(lines))


def _entries(sheet: Sheet) -> str:
    entries = sheet.review.entries
    more = f" (+{len(entries) - MOST_ENTRIES})" if len(entries) > MOST_ENTRIES else ""
    return f"{' '.join(each.text for each in entries[:MOST_ENTRIES])}{more}"


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
        return f"{phrases.WHICH_READING} {', '.join(lines)}"
    by_trials: dict[tuple[str, ...], list[str]] = {}
    for action in group.actions:
        if not action.lines:
            continue  # to sign a checklist is the next step, and said there
        detail = f": {action.detail}" if action.detail and group.kind == "old results" else ""
        by_trials.setdefault(action.trials, []).append(f"{action.text}{detail}")
    told = []
    for trials, texts in by_trials.items():
        tags = "" if len(live) == 1 or len(trials) == len(live) else f" [{' '.join(labels[each] for each in trials)}]"
        told.append(f"{_joined(texts, group)}{tags}")
    return "; ".join(told)


def _joined(texts: Sequence[str], group: ActionGroup) -> str:
    """Things to measure as a list; questions one behind the other; anything else by semicolons."""
    if group.kind == "measure":
        return ", ".join([texts[0], *(phrases.inside(each) for each in texts[1:])])
    told = "".join(f"{text} " if text.endswith("?") else f"{text}; " for text in texts)
    return told.rstrip("; ")


def _review(sheet: Sheet, room: int) -> Iterator[str]:
    review = sheet.review
    if review.is_empty or room < 1:
        return
    lead = f"{'chart':<{MARGIN}}"
    number = sum(len(group.items) for group in review.groups)
    entries = f"{_entries(sheet)} " if review.entries else ""
    texts = [f"{entries}{_asked(review.groups, named)}" for named in range(len(review.groups), -1, -1)]
    number_of = phrases.counted(len(review.entries), "entry", "entries")
    texts += [f"{number_of} to look up; {_asked(review.groups, 0)}"] if review.entries and review.groups else []
    texts += [_asked(review.groups, 0), f"{phrases.counted(number, 'thing')} to look for: screen review"]
    for text in texts:
        lines = list(_hanging(lead, text, WIDTH))
        if text and len(lines) <= room:
            yield from lines
            return


def _asked(groups: Sequence[ReviewGroup], named: int) -> str:
    """The items of the first groups, and the number of all others."""
    if not groups:
        return ""
    told = f"none of these? {phrases.EVER_UNLESS} {'; '.join(group.text for group in groups[:named])}" if named else ""
    rest = ", ".join(f"{lowered(group.title)} {len(group.items)}" for group in groups[named:])
    if not rest:
        return told
    return f"{told}{'. And' if named else 'none of these?'} {rest}. To fill in: screen review"


def _foot(sheet: Sheet) -> Iterator[str]:
    yield ""
    if sheet.notes:
        more = f" (+{len(sheet.notes) - 1})" if len(sheet.notes) > 1 else ""
        yield f"{_cut(f'Note: {on_one_line(sheet.notes[0])}', WIDTH - len(more))}{more}"
    yield DISCLAIMER


# ---- lines


def _whole_words(text: str, width: int) -> str:
    """As many whole words as there is room for, where any is short enough."""
    if len(text) <= width:
        return text.rstrip()
    return (text[: width + 1].rpartition(" ")[0] or text[:width]).rstrip(" ;,")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _wrapped(text: str, most: int) -> Iterator[str]:
    yield from _within(wrap(text, WIDTH, break_on_hyphens=False), most)


def _hanging(lead: str, text: str, most: int) -> Iterator[str]:
    """A text behind its lead, the lines below it set in."""
    width = WIDTH - len(lead)
    lines = list(_within(wrap(text, width, break_on_hyphens=False), most))
    for place, line in enumerate(lines or [""]):
        yield f"{lead if place == 0 else ' ' * len(lead)}{line}"


def _within(lines: Iterable[str], most: int) -> Iterator[str]:
    """So many lines, the last one with a mark where something was cut off."""
    those = list(lines)
    yield from those[: most - 1] if len(those) > most else those
    if len(those) > most:
        last = those[most - 1]
        yield f"{_whole_words(last, WIDTH - MARGIN - 2)} …"
