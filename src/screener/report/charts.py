"""Serial results of a lab as a drawing: where each point and limit stands. Geometry only; the template draws it.

Time runs to the right, but not evenly: results lie apart as their days do, within bounds, so that a value of three
months ago and two of yesterday are all readable. A stretch that was shortened is marked as broken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

from msgspec import Struct

from screener.evaluation.explanation import number_text
from screener.evaluation.phrases import unit_after
from screener.records.patient import Result
from screener.report.limits import HeldLimit, LabLimit, limits_of_labs
from screener.rulebook import Lab
from screener.screening import Screening
from screener.values.dates import DAY, Moment, dates_in_words
from screener.values.ranges import Range


class Paper(Struct, frozen=True):
    """The drawing's size, and where the field of its points ends, in its own units (about a CSS pixel)."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


PAPER = Paper(width=480, height=216, left=44, right=368, top=16, bottom=178)
"""With room for the axes at the left and below, and for the limits' labels at the right."""
LINE_APART = 13
"""How far labels of limits stay apart."""
LABEL_ROOM = 42
"""How far apart two points are for both to be labeled; the table has those that are not."""
AXIS_STEPS = 4

Shape = Literal["value", "at most", "at least", "range"]


class DrawnResult(Struct, frozen=True):
    """A result as drawn. `top` and `bottom` are the ends of what it may be, `left` and `right` those of when."""

    x: float
    y: float
    shape: Shape
    label: str
    day: str
    left: float
    right: float
    top: float
    bottom: float
    is_labeled: bool
    is_after_break: bool


class DrawnLimit(Struct, frozen=True):
    """A limit as drawn: one line, or a step for each result that came with a limit of its own."""

    path: str
    y: float
    label_y: float
    label: str
    is_own: bool


class Tick(Struct, frozen=True):
    y: float
    label: str


class ChartRow(Struct, frozen=True):
    """A row of the table below the drawing: one result."""

    date: str
    recorded: str
    canonical: str
    upper_limit: str
    source: str
    remarks: tuple[str, ...]
    is_drawn: bool


class Drawing(Struct, frozen=True):
    """The results of one lab on record, drawn and as a table, with the limits that the trials hold it to."""

    lab: str
    title: str
    unit: str
    points: tuple[DrawnResult, ...]
    lines: tuple[DrawnLimit, ...]
    ticks: tuple[Tick, ...]
    limits: tuple[HeldLimit, ...]
    rows: tuple[ChartRow, ...]
    summary: str

    @property
    def is_converted(self) -> bool:
        """Whether any result was recorded in another unit than it is drawn in."""
        return any(row.canonical for row in self.rows)

    @property
    def has_own_limit(self) -> bool:
        """Whether any result came with its own upper limit."""
        return any(row.upper_limit for row in self.rows)


def charts(screening: Screening) -> tuple[Drawing, ...]:
    """A chart for each lab that the trials look at and that has at least two results by the day of screening."""
    rulebook = screening.rulebook
    limits = limits_of_labs([rulebook.trials[trial.id] for trial in screening.trials], rulebook)
    end = screening.as_of.toordinal() * DAY + DAY - 1
    drawn = []
    for name, held in limits.items():
        results = [
            result
            for result in screening.record.results.get(name, ())
            if result.when is None or result.when.first <= end
        ]
        if len(results) > 1:
            drawn.append(_chart(rulebook.labs[name], sorted(results, key=_when), held))
    return tuple(drawn)


def _when(result: Result) -> tuple[int, int]:
    return result.when.order if result.when is not None else (-1, -1)


def _chart(lab: Lab, results: Sequence[Result], held: tuple[HeldLimit, ...]) -> Drawing:
    unit = unit_after(lab.unit).strip()
    drawn = [
        (result, result.when, result.value)
        for result in results
        if result.when is not None and result.value is not None and _ends(result.value, lab)
    ]
    ends = [end for _, _, value in drawn for end in _ends(value, lab)]
    own = [float(result.upper_limit) for result, _, _ in drawn if result.upper_limit is not None]
    multiples = [each.limit for each in held if each.limit.value is None]
    reach = [
        *ends,
        *own,
        *(each.limit.value for each in held if each.limit.value is not None),
        *(value for limit in multiples for value in _of_own(limit, [result for result, _, _ in drawn]) if value),
    ]
    scale = _Scale(reach or [0.0, 1.0])
    places = _Places([when for _, when, _ in drawn])
    points = _points(drawn, lab, scale, places)
    lines = _lines(drawn, held, scale, points) if points else ()
    rows = tuple(_row(result, lab, unit, is_drawn=any(result is each for each, _, _ in drawn)) for result in results)
    told = "; ".join(f"{point.label} on {point.day}" for point in points)
    summary = f"{lab.title}{f' in {unit}' if unit else ''}, {len(points)} results: {told}" if points else ""
    return Drawing(lab.name, lab.title, unit, points, lines, scale.ticks, held, rows, summary)


def _row(result: Result, lab: Lab, unit: str, *, is_drawn: bool) -> ChartRow:
    canonical = ""
    if result.value is not None and unit_after(result.recorded_unit).strip() != unit:
        _, text = _shape(result.value, _ends(result.value, lab))
        canonical = f"{text} {unit}".strip()
    remarks = (*((result.problem,) if result.problem else ()), *(flag.text for flag in result.flags))
    return ChartRow(
        result.when.text if result.when is not None else "no date",
        f"{result.recorded_value}{unit_after(result.recorded_unit)}",
        canonical,
        number_text(float(result.upper_limit)) if result.upper_limit is not None else "",
        result.source,
        tuple(dict.fromkeys(remarks)),
        is_drawn,
    )


# ---- up and down


class _Scale:
    """Numbers of the lab to heights, with round numbers marked on the axis."""

    def __init__(self, numbers: Sequence[float]) -> None:
        low, high = min(numbers), max(numbers)
        low = 0.0 if 0 <= low < 0.75 * high or low == high else low
        step = _round_step((high - low) / AXIS_STEPS or 1.0)
        self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
        if self.high - high < step / 4:
            self.high += step
        count = round((self.high - self.low) / step)
        marks = [self.low + number * step for number in range(count + 1)]
        self.ticks = tuple(Tick(self.y(mark), number_text(round(mark, 10))) for mark in marks)

    def y(self, number: float) -> float:
        share = (number - self.low) / ((self.high - self.low) or 1.0)
        return round(PAPER.bottom - share * (PAPER.bottom - PAPER.top), 1)


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20, … (or 0.1, 0.2, …)."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(round(step * power, 12) for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


# ---- left and right


class _Places:
    """Seconds to places from left to right: as far apart as they lie in time, within what reads well."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.knots = sorted({knot for moment in moments for knot in _knots(moment)})
        gaps = [later - earlier for earlier, later in pairwise(self.knots)]
        usual = median(gaps) if gaps else 1.0
        widths = [min(max(gap, usual / 2), usual * 3) for gap in gaps]
        room, all_widths = PAPER.right - PAPER.left - 2 * _INSET, sum(widths) or 1.0
        self.broken = [gap > usual * 3 for gap in gaps]
        self.places = [PAPER.left + _INSET + (0 if gaps else room / 2)]
        for width in widths:
            self.places.append(self.places[-1] + width / all_widths * room)

    def x(self, knot: float) -> float:
        return round(self.places[self.knots.index(knot)], 1)

    def is_broken_between(self, earlier: float, later: float) -> bool:
        return any(self.broken[self.knots.index(earlier) : self.knots.index(later)])


_INSET = 22


def _knots(moment: Moment) -> tuple[float, ...]:
    """The one instant that a moment is drawn at, or its two ends where it spans more than a day."""
    return ((moment.first + moment.last) / 2,) if moment.is_one_day else (moment.first, moment.last)


# ---- points


def _ends(value: Range, lab: Lab) -> tuple[float, ...]:
    """The ends of a value that a person wrote down: of `<0.2` only the 0.2, since the other is what can be at all."""
    low = () if value.low <= lab.possible.low and not value.is_exact else (value.low,)
    high = () if value.high >= lab.possible.high and not value.is_exact else (value.high,)
    return tuple(dict.fromkeys((*low, *high)))


def _points(
    drawn: Sequence[tuple[Result, Moment, Range]], lab: Lab, scale: _Scale, places: _Places
) -> tuple[DrawnResult, ...]:
    spans = [(places.x(_knots(when)[0]), places.x(_knots(when)[-1])) for _, when, _ in drawn]
    centers = [round((left + right) / 2, 1) for left, right in spans]
    labeled = _with_room(centers)
    points: list[DrawnResult] = []
    year = ""
    for number, (result, when, value) in enumerate(drawn):
        ends = _ends(value, lab)
        heights = [scale.y(end) for end in ends]
        shape, text = _shape(value, ends)
        day = dates_in_words((when.text or result.source)[:10])
        if labeled[number]:
            day, year = day.removesuffix(f" {year}"), day.rpartition(" ")[2]
        points.append(
            DrawnResult(
                centers[number],
                round(sum(heights) / len(heights), 1),
                shape,
                text,
                day,
                *spans[number],
                min(heights),
                max(heights),
                labeled[number],
                number > 0 and places.is_broken_between(_knots(drawn[number - 1][1])[-1], _knots(when)[0]),
            )
        )
    return tuple(points)


def _with_room(centers: Sequence[float]) -> list[bool]:
    """Which points are labeled: the latest, and going back each that leaves room for its words."""
    labeled, nearest = [False] * len(centers), math.inf
    for number in reversed(range(len(centers))):
        if nearest - centers[number] >= LABEL_ROOM:
            labeled[number], nearest = True, centers[number]
    return labeled


def _shape(value: Range, ends: Sequence[float]) -> tuple[Shape, str]:
    """How a value is drawn, and its text; one that may be anything has no ends."""
    if not ends:
        return "range", "not known"
    if value.is_exact:
        return "value", number_text(value.low)
    if len(ends) == 2:
        return "range", f"{number_text(value.low)}–{number_text(value.high)}"
    if ends[0] == value.high:
        return "at most", f"{'<' if value.high_open else '≤'} {number_text(value.high)}"
    return "at least", f"{'>' if value.low_open else '≥'} {number_text(value.low)}"


# ---- limits


def _of_own(limit: LabLimit, results: Sequence[Result]) -> list[float | None]:
    """A multiple of normal for each of these results; None where the result came without that limit."""
    if limit.which is None or limit.times is None:
        return [None for _ in results]
    own = [result.own_limit(limit.which) for result in results]
    return [None if each is None else float(each) * limit.times for each in own]


def _lines(
    drawn: Sequence[tuple[Result, Moment, Range]],
    held: Sequence[HeldLimit],
    scale: _Scale,
    points: Sequence[DrawnResult],
) -> tuple[DrawnLimit, ...]:
    results = [result for result, _, _ in drawn]
    found: list[tuple[str, float, str, bool]] = []
    told: dict[float, list[LabLimit]] = {}
    for each in held:
        if each.limit.value is not None:
            told.setdefault(each.limit.value, []).append(each.limit)
    for value, limits in told.items():
        signs = dict.fromkeys(limit.text.partition(" ")[0] for limit in limits)
        label = ", ".join(f"{sign} {number_text(value)}" for sign in signs)
        found.append((f"M{PAPER.left} {scale.y(value)}H{PAPER.right}", scale.y(value), label, False))
    own = LabLimit("upper limit", times=1, which="upper")
    for limit in (own, *(each.limit for each in held if each.limit.value is None)):
        values = _of_own(limit, results)
        if path := _steps(values, scale, points):
            height = scale.y([value for value in values if value is not None][-1])
            found.append((path, height, limit.text, limit is own))
    found.sort(key=lambda line: -line[1])
    lines, below = [], math.inf
    for path, height, label, is_own in found:
        below = min(height, below - LINE_APART)
        lines.append(DrawnLimit(path, height, round(below, 1), label, is_own))
    lowest_allowed = min((line.label_y for line in lines), default=PAPER.top)
    lift = max(0.0, PAPER.top - 4 - lowest_allowed)
    return tuple(
        DrawnLimit(line.path, line.y, round(line.label_y + lift, 1), line.label, line.is_own) if lift else line
        for line in lines
    )


def _steps(values: Sequence[float | None], scale: _Scale, points: Sequence[DrawnResult]) -> str:
    """A level stroke for each result that came with a limit, from midway to its neighbors, at the ends to the edge;
    neighbors of one limit share theirs."""
    middles = [round((earlier.x + later.x) / 2, 1) for earlier, later in pairwise(points)]
    edges = [PAPER.left, *middles, PAPER.right]
    strokes: list[tuple[float, float, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            start, end, height = edges[number], edges[number + 1], scale.y(value)
            if strokes and strokes[-1][1:] == (start, height):
                start = strokes.pop()[0]
            strokes.append((start, end, height))
    return "".join(f"M{start} {height}H{end}" for start, end, height in strokes)
