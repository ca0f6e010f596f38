"""Diagnostics: what is wrong in a rule file, where, and what to write instead; and how that looks as text.

Messages are lower case without a full stop, the user's own text stands in backticks, and help can be pasted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

from msgspec import Struct

from screener.language.source import Source, Span


class Diagnostic(Struct, frozen=True):
    """One problem. `code` is its kind (`mixed-and-or`); `block` is the heading of the block it stands in.

    The first of the `notes` is shown behind a `=`, the others below it. `label` stands behind the caret, `help` (one
    line or several) at the end. Without a source there is no place to show: something is missing altogether.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    source: Source | None = None
    span: Span | None = None
    block: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()
    help: str = ""

    @property
    def is_error(self) -> bool:
        """Whether rules with this problem cannot be used."""
        return self.severity == "error"

    @property
    def place(self) -> str:
        """`path:line:column`, as much of it as is known."""
        if self.source is None:
            return ""
        if self.span is None:
            return self.source.path
        start = self.span.start
        return f"{self.source.path}:{self.source.line_of(start)}:{self.source.column_of(start)}"


error = partial(Diagnostic, "error")
"""A problem that keeps the rules from being used."""
warning = partial(Diagnostic, "warning")
"""A problem that should be looked at, with which the rules can still be used."""


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file and place; those without a place first."""
    return sorted(
        diagnostics,
        key=lambda each: (each.source.path if each.source else "", each.span or Span(0, 0), each.code),
    )


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic as lines of plain text, without a line end after the last."""
    margin = " " * _gutter_width(diagnostic)
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    if diagnostic.place:
        lines.append(f"{margin}--> {diagnostic.place}" + (f"   {diagnostic.block}" if diagnostic.block else ""))
    if diagnostic.source is not None and diagnostic.span is not None:
        lines += _snippet(diagnostic.source, diagnostic.span, diagnostic.label, margin)
    for sign, note in zip(["=", *" " * len(diagnostic.notes)], diagnostic.notes, strict=False):
        lines.append(f"{margin} {sign} {note}")
    first, *others = diagnostic.help.splitlines() or [""]
    if first:
        lines.append(f"help: {first}")
        lines += [f"      {other}" for other in others]
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """All of them in order, an empty line between two, with a line end after the last."""
    return "\n".join(f"{render(each)}\n" for each in in_order(diagnostics))


def _gutter_width(diagnostic: Diagnostic) -> int:
    if diagnostic.source is None or diagnostic.span is None:
        return 2
    return max(2, len(str(diagnostic.source.line_of(diagnostic.span.start))))


def _snippet(source: Source, span: Span, label: str, margin: str) -> list[str]:
    """The line of the problem below the one before it (if that is not empty), and carets under the span."""
    number = source.line_of(span.start)
    column = source.column_of(span.start)
    shown = [number]
    if number > 1 and source.line(number - 1).strip():
        shown.insert(0, number - 1)
    lines = [f"{margin} |"]
    lines += [f"{each:>{len(margin)}} | {_plain(source.line(each))}".rstrip() for each in shown]
    width = max(1, min(span.end - span.start, len(source.line(number)) - column + 1))
    lines.append(f"{margin} | {' ' * (column - 1)}{'^' * width} {label}".rstrip())
    return lines


def _plain(line: str) -> str:
    # A tab shown as itself would push the caret off its place.
    return line.replace("\t", " ")
