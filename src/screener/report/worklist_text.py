"""The worklist on a terminal: one row a patient, and what does not fit goes on below in its own column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from screener.report.wording import DISCLAIMER, WIDTH, columns, folded, on_one_line, padded
from screener.sheet import phrases
from screener.sheet.worklist import Listed, Row, Worklist

NARROWEST, WIDEST = 60, 140
GAP = " "
MET, UNTIL, UNTIL_WITH_YEAR = 5, 7, 12
ROOM_FOR_A_YEAR = 100
"""From so many columns on, the year follows the day on one line."""
PATIENT = (12, 22)
"""How wide the column of patients is at least, and at most; a longer id goes on below."""
STATE = (12, 22)
ON_A_NARROW_ONE = (12, 12)
"""The same of both where the terminal has less than 80 columns."""
LABEL = (5, 12)
MOST_NEXT = 4
"""Lines of what is next; the sheet of the patient has the rest."""
NAMED_BELOW = 40
"""Patients who are gone and records that could not be used, as many as are named."""


def worklist_text(worklist: Worklist, width: int = WIDTH) -> str:
    """The whole list, with the line's end."""
    lines = [
        *_head(worklist, width),
        "",
        *_table(worklist, width),
        *_below(worklist, width),
        "",
        *_foot(worklist, width),
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


# ---- above


def _head(worklist: Worklist, width: int) -> Iterator[str]:
    shown, number = len(worklist.shown), phrases.counted(worklist.number, "patient")
    of = number if shown == worklist.number else f"{shown} of {number}"
    told = f"{of}, {phrases.counted(worklist.trials, 'trial')}, {phrases.ORDERED[worklist.choice.sort]}"
    first, last = worklist.first_day, worklist.last_day
    day = phrases.as_of_words(last) if first == last else f"{phrases.as_of_words(first)} to {phrases.as_of_words(last)}"
    told_day = f"as of {day}"
    if len(told) + 2 + len(told_day) <= width and first == last:
        yield f"{told}{told_day:>{width - len(told)}}"
    else:
        yield from wrap(told, width)
        yield told_day
    counts = [f"{phrases.state_word(state)} {number}" for state, number in worklist.counts]
    if worklist.died:
        counts.append(f"died {worklist.died}")
    yield from _in_rows(counts, " | ", width)
    if worklist.since is not None:
        since = worklist.since
        told = (
            f"since {on_one_line(since.name)}: {len(since.new)} new, {len(since.was)} changed, {len(since.gone)} gone"
        )
        yield from wrap(told, width)
    if worklist.soon:
        yield f"! good to passes within a week: {worklist.soon}"


def _in_rows(texts: Sequence[str], by: str, width: int) -> Iterator[str]:
    """Texts one after the other, and none of them broken in two."""
    row = ""
    for text in texts:
        if row and columns(row + by + text) > width:
            yield row
            row = ""
        row = f"{row}{by}{text}" if row else text
    yield row


# ---- the rows


def _table(worklist: Worklist, width: int) -> Iterator[str]:
    rows = worklist.shown
    if not rows:
        yield phrases.NOBODY
        return
    names = [_patient(each.row) for each in rows]
    patient = _between(max(map(columns, names)), PATIENT if width >= WIDTH else ON_A_NARROW_ONE)
    label = _between(max(len(each.row.nearest.label) + 1 for each in rows), LABEL)
    widest = max(columns(each.row.nearest.headline) for each in rows)
    state = _between(widest, STATE if width >= WIDTH else ON_A_NARROW_ONE)
    until = UNTIL_WITH_YEAR if width >= ROOM_FOR_A_YEAR else UNTIL
    next_ = width - patient - state - label - MET - until - 5 * len(GAP)
    widths = (patient, state, label, MET, next_, until)
    *titles, last = phrases.COLUMNS
    yield GAP.join([*map(padded, titles, widths), f"{last:>{until}}"])
    yield "-" * width
    for name, each in zip(names, rows, strict=True):
        yield from _row(name, each, widths)


def _row(name: str, listed: Listed, widths: Sequence[int]) -> Iterator[str]:
    row, nearest = listed.row, listed.row.nearest
    headline = nearest.headline.upper() if row.state == "all met" and row.died is None else nearest.headline
    until = f"{'!' if row.is_soon else ''}{phrases.day_words(nearest.good_to, row.as_of)}" if nearest.good_to else ""
    label = phrases.ALL if row.for_all else nearest.label + ("" if nearest.is_recruiting else "*")
    met = "" if row.for_all else f"{nearest.met}/{nearest.of}"
    told = [on_one_line(row.next)] if row.next else []
    if listed.is_new:
        told.append(f"({phrases.NEW})")
    if listed.was:
        told.append(f"({on_one_line(listed.was)})")
    cells = [
        folded(name, widths[0]),
        folded(headline, widths[1]),
        folded(label, widths[2]),
        [f"{met:>{widths[3]}}"],
        [line for text in told for line in _shortened(folded(text, widths[4]), widths[4])],
        [f"{part:>{widths[5]}}" for part in folded(until, widths[5])],
    ]
    for number in range(max(map(len, cells))):
        parts = [each[number] if number < len(each) else "" for each in cells]
        yield GAP.join(padded(part, width) for part, width in zip(parts, widths, strict=True))


def _patient(row: Row) -> str:
    name = f"{row.patient} ({row.file})" if row.shares_id else row.patient
    return phrases.patient_in_row(on_one_line(name), row.sex, row.age)


def _between(width: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(width, bounds[1]))


def _shortened(lines: list[str], width: int) -> list[str]:
    if len(lines) <= MOST_NEXT:
        return lines
    last = lines[MOST_NEXT - 1]
    while columns(last) > width - 2:
        last = last[:-1]
    return [*lines[: MOST_NEXT - 1], f"{last} …"]


# ---- below


def _below(worklist: Worklist, width: int) -> Iterator[str]:
    if worklist.since is not None and worklist.since.gone:
        yield ""
        yield "Gone since then"
        gone = worklist.since.gone
        for patient, was in gone[:NAMED_BELOW]:
            yield from _hanging(on_one_line(f"{patient}, {was}"), width)
        yield from _more(len(gone))
    if worklist.unusable:
        yield ""
        yield "Could not be used, as said above"
        for record in worklist.unusable[:NAMED_BELOW]:
            yield from _hanging(f"{on_one_line(record.file)}: {on_one_line(record.why)}", width)
        yield from _more(len(worklist.unusable))


def _more(number: int) -> Iterator[str]:
    if number > NAMED_BELOW:
        yield f"  and {number - NAMED_BELOW} more"


def _hanging(text: str, width: int) -> list[str]:
    return [f"{'  ' if number == 0 else '    '}{line}" for number, line in enumerate(folded(text, width - 4))]


def _foot(worklist: Worklist, width: int) -> Iterator[str]:
    if any(not each.row.nearest.is_recruiting and not each.row.for_all for each in worklist.shown):
        yield phrases.NOT_RECRUITING_MARK
    if worklist.has_if_clean:
        yield from wrap(phrases.GOOD_TO_IF_CLEAN, width)
    yield from wrap(DISCLAIMER, width)
