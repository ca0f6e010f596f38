"""Points tables, scores and definitions: what rules refer to by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from screener.language import syntax
from screener.language.desk import Desk
from screener.language.limits import CheckedNumber
from screener.language.propositions import Propositions
from screener.language.readings import Variant
from screener.language.scopes import length_of
from screener.language.source import Span
from screener.rulebook import (
    Cell,
    Definition,
    Finding,
    Limits,
    Meets,
    Numeric,
    Score,
    Table,
    Value,
)
from screener.values.ranges import Range, range_text


def quotation(quotes: Sequence[syntax.Quote]) -> str:
    """The words that are quoted, on one line."""
    return " ".join(" ".join(quote.text for quote in quotes).split())


# ---- scores


def score_of(desk: Desk, block: syntax.Score) -> Score | None:
    """The score, but for its flags."""
    of = Propositions(desk).numbers.of(block.expression)
    if of is None:
        return None
    if not of.measure.is_pure:
        unit = of.measure.unit.text
        desk.error(
            "score-with-unit",
            f"a score is a pure number, and this one is in {unit}",
            block.expression.span,
            help=f"write `… in {unit}` for the bare number of a quantity",
        )
        return None
    return Score(
        name=block.name.text,
        title=block.title.text,
        aliases=tuple(alias.text for alias in block.aliases),
        formula=block.formula,
        expression=of.expression,
        place=desk.place(block.span),
        quote=quotation(block.quotes) or None,
        source=block.source.text if block.source else None,
        assumptions=tuple(assumption.text for assumption in block.assumptions),
        spread=length_of(desk, block.spread) if block.spread else None,
    )


# ---- definitions


def definition_of(desk: Desk, block: syntax.Definition) -> tuple[dict[str, Definition], tuple[Variant, ...]] | None:
    """The definition once for each of its readings, and what `meets NAME` means in each."""
    variants = Propositions(desk).rule(block.rule)
    if variants is None:
        return None
    definitions: dict[str, Definition] = {}
    meanings: list[Variant] = []
    for variant in variants:
        name = block.name.text if variant.label is None else f"{block.name.text} ({variant.label})"
        definitions[name] = Definition(
            name=name,
            title=block.title.text,
            rule=variant.rule,
            text=block.rule.text,
            place=desk.place(block.span),
            quote=quotation(block.quotes) or None,
            source=block.source.text if block.source else None,
            assumptions=tuple(assumption.text for assumption in block.assumptions),
            reading=variant.label,
        )
        meanings.append(Variant(Meets(name), variant.chosen))
    return definitions, tuple(meanings)


# ---- points tables


def table_of(desk: Desk, block: syntax.Points) -> Table | None:
    """The points table, if its cells give each possible input its points, and only once."""
    numbers = Propositions(desk).numbers
    finding = _finding_of(desk, block.of)
    if finding is not None and finding.grade is None and isinstance(block.of, syntax.Value):
        lookup = numbers.lookup(block.of, finding)
        cells = _cells_of_choices(desk, block, finding)
        return None if lookup is None or cells is None else _table(desk, block, Value(lookup), cells)
    of = numbers.of(block.of)
    if of is None:
        return None
    ranges: list[tuple[syntax.Cell, Range]] = []
    for cell in block.cells:
        span = _range_of(desk, cell, of)
        if span is None:
            return None
        ranges.append((cell, span))
    subject = of.bare or of
    if isinstance(of.fact, Finding):
        covered = _covers_grades(desk, block, of.fact, ranges)
    else:
        covered = _covers_numbers(desk, block, desk.reach.of(subject.expression), ranges)
    if not covered:
        return None
    cells = [Cell(float(cell.points), _limits(span)) for cell, span in ranges]
    return _table(desk, block, subject.expression, cells)


def _table(desk: Desk, block: syntax.Points, of: Numeric, cells: Sequence[Cell]) -> Table:
    title = block.title.text if block.title else block.name.text
    return Table(block.name.text, title, of, tuple(cells), desk.place(block.span))


def _finding_of(desk: Desk, of: syntax.Value | syntax.InUnit) -> Finding | None:
    if not isinstance(of, syntax.Value):
        return None
    entry = desk.draft.names.find(of.name.text)
    return desk.draft.findings.get(entry.name) if entry is not None and entry.kind == "finding" else None


def _cells_of_choices(desk: Desk, block: syntax.Points, finding: Finding) -> list[Cell] | None:
    cells: list[Cell] = []
    seen: set[str] = set()
    for cell in block.cells:
        if cell.numbers is not None:
            desk.error("no-number", f"`{finding.name}` is one of {', '.join(finding.choices)}", cell.span)
            return None
        for choice in cell.choices:
            if choice.text not in finding.choices:
                desk.no_value(finding, choice)
                return None
            if choice.text in seen:
                desk.error("points-overlap", f"`{choice.text}` earns points twice", choice.span)
                return None
            seen.add(choice.text)
        cells.append(Cell(float(cell.points), choices=tuple(choice.text for choice in cell.choices)))
    missing = [f"`{choice}`" for choice in finding.choices if choice not in seen]
    if missing:
        desk.error("points-hole", f"{' and '.join(missing)} of `{finding.name}` earn no points", _all_cells(block))
        return None
    return cells


def _range_of(desk: Desk, cell: syntax.Cell, of: CheckedNumber) -> Range | None:
    """The numbers of a cell in the canonical unit, converted exactly."""
    interval = cell.numbers
    if interval is None:
        desk.error("no-choices", f"`{of.name}` is a number and never `{cell.choices[0].text}`", cell.span)
        return None
    numbers = Propositions(desk).numbers
    ends: list[float] = []
    for digits, beyond in ((interval.low, -math.inf), (interval.high, math.inf)):
        if digits is None:
            ends.append(beyond)
            continue
        number = numbers.limit(syntax.Quantity(digits, interval.unit, interval.span), of)
        if number is None:
            return None
        ends.append(number.value)
    low, high = ends
    if low > high or (low == high and (interval.low_open or interval.high_open)):
        desk.error("empty-cell", "no number lies in this cell", interval.span)
        return None
    return Range(low, high, interval.low_open, interval.high_open)


def _limits(numbers: Range) -> Limits:
    return Limits(
        None if math.isinf(numbers.low) else numbers.low,
        None if math.isinf(numbers.high) else numbers.high,
        numbers.low_open,
        numbers.high_open,
    )


def _covers_grades(
    desk: Desk, block: syntax.Points, finding: Finding, cells: Sequence[tuple[syntax.Cell, Range]]
) -> bool:
    grade = finding.grade
    if grade is None:
        raise AssertionError("a finding with choices has no grades to cover")
    for number in range(int(grade.low), int(grade.high) + 1):
        earning = [cell for cell, numbers in cells if numbers.contains(number)]
        if not earning:
            desk.error("points-hole", f"grade {number} of `{finding.name}` earns no points", _all_cells(block))
            return False
        if len(earning) > 1:
            desk.error("points-overlap", f"grade {number} earns points here, and in an earlier cell", earning[1].span)
            return False
    for cell, numbers in cells:
        # A cell without limit, `at least 3`, may say more than there is; numbers written out may not.
        beyond = any(math.isfinite(end) and not grade.contains(end) for end in (numbers.low, numbers.high))
        if beyond:
            desk.error("never-holds", f"`{finding.name}` has the grades {range_text(grade)}", cell.span)
            return False
    return True


def _covers_numbers(
    desk: Desk, block: syntax.Points, possible: Range, cells: Sequence[tuple[syntax.Cell, Range]]
) -> bool:
    for cell, numbers in cells:
        if numbers.high < possible.low or numbers.low > possible.high:
            desk.error("never-holds", f"`{_shown(desk, cell)}` is not possible", cell.span)
            return False
    ordered = sorted(cells, key=lambda each: (each[1].low, each[1].low_open))
    first, last = ordered[0], ordered[-1]
    if not Range(first[1].low, math.inf, first[1].low_open).covers(possible):
        desk.error("points-hole", f"what lies below `{_shown(desk, first[0])}` earns no points", _all_cells(block))
        return False
    for (cell, numbers), (next_cell, next_numbers) in pairwise(ordered):
        shown, next_shown = _shown(desk, cell), _shown(desk, next_cell)
        touching = numbers.high == next_numbers.low
        if numbers.high > next_numbers.low or (touching and not numbers.high_open and not next_numbers.low_open):
            desk.error("points-overlap", f"`{shown}` and `{next_shown}` overlap", next_cell.span)
            return False
        if numbers.high < next_numbers.low or (touching and numbers.high_open and next_numbers.low_open):
            desk.error("points-hole", f"what lies between `{shown}` and `{next_shown}` earns no points", next_cell.span)
            return False
    if not Range(-math.inf, last[1].high, high_open=last[1].high_open).covers(possible):
        desk.error("points-hole", f"what lies above `{_shown(desk, last[0])}` earns no points", _all_cells(block))
        return False
    return True


def _shown(desk: Desk, cell: syntax.Cell) -> str:
    return desk.source.excerpt(cell.numbers.span if cell.numbers else cell.span)


def _all_cells(block: syntax.Points) -> Span:
    return Span(block.cells[0].span.start, block.cells[-1].span.end)
