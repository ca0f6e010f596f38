"""The sheet as one page of HTML: what a coordinator reads, does and signs, and behind it all that an answer rests on.

Native folds hold the chart review as a form, a checklist to sign for each trial, and the evidence; a closed fold does
not print, and an opened one begins a page of paper. The page loads nothing. Its own policy allows its style sheets and,
where there is a chart to review, the one script that saves the filled form as a file; nothing else runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from markupsafe import Markup, escape
from msgspec import Struct

from screener.contract import LINE_WORDS
from screener.evaluation.phrases import capital
from screener.records.patient import is_unnamed
from screener.report.charts import Drawing, charts
from screener.report.html import TEMPLATES, feet_of_pages, policy, stylesheet, template, visible
from screener.report.outlook import Outlook, outlook
from screener.report.review import NEEDED, as_file
from screener.report.wording import DISCLAIMER, in_one_breath, tally
from screener.rulebook import LIST_OF, Rulebook
from screener.screening import Screening, TrialResult
from screener.sheet import phrases
from screener.sheet.model import (
    Action,
    ActionGroup,
    Checklist,
    ChecklistRow,
    KeyResult,
    KeyScore,
    OpenEntry,
    Review,
    Sheet,
    StateName,
    TrialRow,
)
from screener.sheet.phrases import counted, date_words, day_words
from screener.sheet.reviewing import heading_of
from screener.values.dates import DateError, parse_moment

MOST_COLUMNS = 8
"""Trials that have a column of their own among what to do; of more, their labels are listed."""
MOST_NOTES = 3
"""Notes on the record that stand on the sheet; all of them stand behind it."""
MOST_ENTRIES = 3
"""Entries to look up that the sheet names; the form has all of them."""

MOST_NEEDS, FEWER_NEEDS = 4, 2
"""How many missing facts a line of a checklist names; and how many where not all of that fits a page."""
MOST_LINES, MOST_LINES_IN_SMALL_PRINT = 34, 68
"""Lines of a checklist that a page has room for, in its plain print and in its small one."""
LETTERS_OF_A_DIGEST = 12
LETTERS_OF_A_CELL = 36
NO_BREAK = "\N{NO-BREAK SPACE}"

MARKS: dict[StateName, str] = {
    "all met": "tick",
    "all met if complete": "tick",
    "people": "dot",
    "reading": "half",
    "nothing against": "ring",
    "check": "question",
    "too little": "dots",
    "ruled out today": "cross",
    "ruled out": "cross",
}
"""A shape before each headline, so that nothing hangs on color."""


class TrialPart(Struct, frozen=True):
    """A trial behind the sheet: its row, its checklist, and its result with the evidence."""

    row: TrialRow
    checklist: Checklist | None
    result: TrialResult


class PatientPart(Struct, frozen=True):
    """One patient's part of the page. `id` begins the anchors of its sections."""

    id: str
    sheet: Sheet
    screening: Screening
    trials: tuple[TrialPart, ...]
    columns: tuple[TrialRow, ...]
    """The trials that something is to do for."""
    outlook: Outlook
    charts: tuple[Drawing, ...]
    density: str


def page(sheets: Sequence[Sheet], screenings: Sequence[Screening], worklist: str = "") -> str:
    """The page of these patients, each beginning on a sheet of its own. `worklist` is the file that lists the page, if
    one does."""
    numbered = enumerate(zip(sheets, screenings, strict=True), start=1)
    patients = [_part(f"p{number}", sheet, screening) for number, (sheet, screening) in numbered]
    styles = [stylesheet("parts.css", "sheet.css"), feet_of_pages([(each.id, each.screening) for each in patients])]
    scripts = [_script()] if any(not each.sheet.review.is_empty for each in patients) else []
    return template("sheet.html").render(
        patients=patients,
        worklist=worklist,
        styles=styles,
        scripts=scripts,
        policy=policy(styles, scripts),
        disclaimer=DISCLAIMER,
        marks=MARKS,
        most_columns=MOST_COLUMNS,
        most_needs=most_needs,
        most_notes=MOST_NOTES,
        most_entries=MOST_ENTRIES,
        day=day,
        digest=digest,
        day_written=day_written,
        capital=capital,
        choices_of=choices_of,
        begun=begun,
        counted=counted,
        tally=tally,
        is_unnamed=is_unnamed,
        lines_waiting=lines_waiting,
        review_file=review_file,
        in_one_breath=in_one_breath,
        is_long=is_long,
        review_title=phrases.REVIEW,
        needed=NEEDED,
        rows_of_actions=rows_of_actions,
        tight=TIGHT,
        after_clean_chart=after_clean_chart,
        recruitment=phrases.recruitment,
        registry=phrases.REGISTRY,
        settled=phrases.SETTLED,
        settles=settles,
        shortened=shortened,
        told_apart=_TOLD_APART,
        trials_of=trials_of,
        trials_of_entries=trials_of_entries,
        words_of_answer=LINE_WORDS,
    )


def _part(anchor: str, sheet: Sheet, screening: Screening) -> PatientPart:
    results = {trial.id: trial for trial in screening.trials}
    checklists = {each.trial: each for each in sheet.checklists}
    columns = tuple(_columns(sheet))
    return PatientPart(
        anchor,
        sheet,
        screening,
        tuple(TrialPart(row, checklists.get(row.id), results[row.id]) for row in sheet.trials),
        columns,
        outlook(screening),
        charts(screening),
        _density(sheet, len(columns)),
    )


def _columns(sheet: Sheet) -> list[TrialRow]:
    waiting = {trial for group in sheet.actions for action in group.actions for trial in action.trials}
    waiting |= trials_of(sheet.review)
    return [row for row in sheet.trials if row.id in waiting]


def trials_of(review: Review) -> set[str]:
    """The trials that a chart review is for."""
    of_needed = (item.trials for item in review.needed)
    return trials_of_entries(review.entries).union(*of_needed, *(group.trials for group in review.groups))


def trials_of_entries(entries: Sequence[OpenEntry]) -> set[str]:
    """The trials that entries leave open."""
    return {line.trial for entry in entries for line in entry.lines}


_TOLD_APART: frozenset[StateName] = frozenset({"check", "ruled out", "ruled out today"})
"""States whose detail says nothing of the share of lines that are met."""


# ---- one sheet of A4


class Print(Struct, frozen=True):
    """A size of print: the class of the page, points, and in letters the height of a line and of the gap between rows.
    `is_run_in`: the titles of the chart review have no column of their own. `is_shared`: questions to the investigator
    for the same trials share a row."""

    name: str
    points: float
    spacing: float
    gap: float
    is_run_in: bool = False
    is_shared: bool = False


TIGHT = "denser tight"
PRINTS = (
    Print("", 9.4, 1.27, 0.5),
    Print("dense", 8.6, 1.22, 0.5),
    Print("denser", 8.0, 1.17, 0.1, is_run_in=True),
    Print(TIGHT, 8.0, 1.14, 0.1, is_run_in=True, is_shared=True),
)
"""The sizes of print, the largest first; `sheet.css` has the same."""
POINT = 0.3528
ROOM = (188, 269)
"""Width and height of the printed area of A4, in millimeters like POINT, less a line or two of reserve."""
LETTER = 0.5
"""How wide a letter is on the average, by its size."""


def _density(sheet: Sheet, columns: int) -> str:
    """How small the sheet is printed, so that it stays one page of A4; what needs two pages may be larger again."""
    for each in PRINTS:
        if _height(sheet, columns, each) <= ROOM[1]:
            return each.name
    return "dense"


def _height(sheet: Sheet, columns: int, print_: Print) -> float:
    """About how high the sheet is on paper, in millimeters.

    A text of 130 letters in a column of 64 letters takes three lines: 1 + 130 // 64.
    """

    em = print_.points * POINT

    def lines(text: str, width: float, size: float = 1.0) -> int:
        return 1 + int(len(text) * em * size * LETTER / width)

    text_width = ROOM[0] - em * (6.6 + 2.3 * min(columns, MOST_COLUMNS))
    frames = [f"{each.text}{each.effect}" for each in sheet.check_first]
    person, spacing, gap = sheet.patient, print_.spacing, print_.gap
    height = (
        lines(person.id, ROOM[0] - 65, 1.3) * 1.6
        + lines(person.text, ROOM[0], 1.05) * 1.05 * spacing
        + lines(sheet.next, ROOM[0]) * spacing
        + 0.6
    )
    height += sum(lines(text, ROOM[0]) * spacing for text in frames) + 1.8 * bool(frames)
    height += max((_lines_of_cell(each, lines, ROOM[0] / 7) for each in sheet.results), default=-2) * 1.12 + 4
    for row in sheet.trials:
        state = 1.1 + lines(row.state.detail, 41) + (row.state.name in _TOLD_APART)
        name = 1.1 + lines(f"{row.short or row.title}{row.recruiting.text}{' ' * 24}", 43)
        points = sum(lines(f"Close, E1: {point.text}", 52) for point in row.points)
        if after_clean_chart(row):
            points += lines(f"After a clean chart: {after_clean_chart(row)}", 52)
        dates = lines(row.dates.text, 38) + (row.counts.participant == 0)
        height += max(state, name, points, dates) * 0.93 * spacing + 1.7 * gap
    height += 7 + sum(lines(note, ROOM[0], 0.8) for note in sheet.notes[:MOST_NOTES])
    asked = "".join(f"{each.text} ({each.dated}) " for each in sheet.entries[:MOST_ENTRIES])
    entries = [(asked, text_width - (0 if print_.is_run_in else 6.9 * em))] if asked else []
    for group in sheet.actions:
        texts = [
            ("".join(f"[ ] {each.text} {each.detail} " for each in row), text_width)
            for row in rows_of_actions(group, is_shared=print_.is_shared)
        ]
        if group.kind == "chart" and not sheet.review.waits:
            if print_.is_run_in:
                texts += [(f"{each.title}. {each.text}", text_width) for each in sheet.review.groups]
            else:
                texts += [(each.text, text_width - 6.9 * em) for each in sheet.review.groups]
            texts += entries
            height += spacing * bool(group.actions)
        elif group.kind == "chart":
            texts += [(" " * 130, text_width), *entries]
        height += spacing + 1.6 * gap
        height += sum(lines(text, width) * spacing + gap for text, width in texts)
    return (height + 2) * em


def _lines_of_cell(cell: KeyResult | KeyScore, lines: Callable[[str, float, float], int], width: float) -> int:
    texts = [cell.check, shortened(cell.missing)]
    if isinstance(cell, KeyResult):
        texts += [
            ", ".join(filter(None, (cell.converted, cell.multiple))),
            cell.beside,
            cell.newer,
            cell.when,
            " " * bool(cell.day),
        ]
        texts += [" " * bool(cell.earlier)]
    else:
        texts += [cell.other, " " * bool(cell.day), f"without it {cell.without}" if cell.without else ""]
    return sum(lines(text, width - 3, 0.86) for text in texts if text)


# ---- words and days


def day(of: date, as_of: date) -> Markup:
    """A day as a ward writes it, in the sign of HTML for a day."""
    return Markup('<time datetime="{}">{}</time>').format(of.isoformat(), day_words(of, as_of).replace(" ", NO_BREAK))


def day_written(text: str, as_of: date) -> Markup:
    """A date of a record in the same words, as much of it as is known."""
    try:
        moment = parse_moment(text)
    except DateError:
        moment = None
    if moment is None or not moment.is_one_day:
        return escape(visible(date_words(text, as_of)))
    return day(date.fromordinal(moment.first_day), as_of)


def settles(review: Review) -> str:
    """How many lines a review settles that finds nothing."""
    if not review.settles:
        return f"By itself it settles none of the {counted(review.open, 'open line')}."
    return f"If it finds nothing, it settles {review.settles} of the {counted(review.open, 'open line')}."


def shortened(missing: str) -> str:
    """What a score lacks, as much of it as a narrow cell holds: `dialysis and 2 more`."""
    first, *rest = missing.split(", ")
    while rest and len(first) + len(rest[0]) < LETTERS_OF_A_CELL:
        first = f"{first}, {rest.pop(0)}"
    return f"{first} and {len(rest)} more" if rest else first


def after_clean_chart(row: TrialRow) -> str:
    """What is left once the chart is read and nothing was found, where the row does not say so already."""
    after = row.after_clean_chart
    if after is None:
        return ""
    if after.verdict == "eligible":
        return phrases.state_word("all met")
    return "" if after.left == phrases.without_review(row.left) else after.left


def begun(note: str) -> str:
    """A note as a sentence begins; a place in the record stays as it is written there."""
    return note if "[" in note.partition(":")[0] else capital(note)


def rows_of_actions(group: ActionGroup, *, is_shared: bool) -> list[list[Action]]:
    """The rows of what is to do: what is measured or looked up for the same trials shares one, each with its box; in
    the tightest print so do judgements."""
    if group.kind not in ("measure", "chart", "old results", *(["investigator"] if is_shared else [])):
        return [[action] for action in group.actions]
    rows: dict[tuple[str, ...], list[Action]] = {}
    for action in group.actions:
        rows.setdefault(action.trials, []).append(action)
    return list(rows.values())


def is_long(checklist: Checklist) -> bool:
    """Whether a checklist fits a page only in small print."""
    return _lines_of(checklist) > MOST_LINES


def most_needs(checklist: Checklist) -> int:
    """How many missing facts each line of a checklist names, so that the signature stands on its page."""
    return MOST_NEEDS if _lines_of(checklist) <= MOST_LINES_IN_SMALL_PRINT else FEWER_NEEDS


def _lines_of(checklist: Checklist) -> int:
    return sum(map(_lines_of_row, (*checklist.inclusion, *checklist.exclusion)))


def _lines_of_row(row: ChecklistRow) -> int:
    needs = " ".join(in_one_breath(row.needs)[:MOST_NEEDS])
    source = (
        needs if row.status == "unknown" and needs else "; ".join(f"{each.text} {each.place}" for each in row.sources)
    )
    return max(1 + len(row.short) // 44, 1 + len(source) // 52)


def digest(rules: str) -> str:
    """The digest of the rules as short as a sheet of paper wants it."""
    return rules.rpartition(":")[2][:LETTERS_OF_A_DIGEST]


MOST_WITHOUT_HEADINGS = 8
"""Things to choose from that need no headings between them."""


def choices_of(names: Sequence[str], rulebook: Rulebook) -> list[tuple[str, list[tuple[str, str]]]]:
    """What an entry may be, for a person who has to choose: what each thing is called, and its name, by the alphabet;
    of many things under the headings of the chart review, of few under none."""
    under: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        concept = rulebook.concepts[name]
        heading = heading_of(concept, rulebook) or phrases.ON_A_LIST[LIST_OF[concept.kind]]
        title = capital(phrases.item_title("allergies" if concept.kind == "substance" else "conditions", concept))
        under.setdefault(heading if len(names) > MOST_WITHOUT_HEADINGS else "", []).append((title, name))
    last = phrases.ON_A_LIST["conditions"]
    headings = sorted(under, key=lambda heading: (heading == last, heading))
    return [(heading, sorted(under[heading], key=lambda each: each[0].casefold())) for heading in headings]


def lines_waiting(entry: OpenEntry, sheet: Sheet) -> str:
    """Which lines wait for an entry, of many only how many: `2 lines wait for it: 2405 E1, E3`."""
    told = f"{counted(len(entry.lines), 'line waits', 'lines wait')} for it"
    if len(entry.lines) > phrases.MOST_LINES:
        return told
    ids = {row.label: [line.id for line in entry.lines if line.trial == row.id] for row in sheet.trials}
    return f"{told}: {'; '.join(' '.join((label, ', '.join(those))) for label, those in ids.items() if those)}"


# ---- the chart review as a file


def review_file(sheet: Sheet) -> Markup:
    """The file of a chart review as the form begins it, as data that stands safely inside a page. The script fills in
    what was ticked; `screen --answers` takes the result, as it takes the file that `screen review` writes."""
    written = json.dumps(as_file(sheet.review, sheet.patient.id, sheet.patient.as_of), separators=(",", ":"))
    for sign in "<>&":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(written)


@cache
def _script() -> Markup:
    return Markup((TEMPLATES / "sheet.js").read_text(encoding="utf-8"))
