"""The head of a patient's sheet: which results, scores and diagnoses stand there."""

from __future__ import annotations

from collections.abc import Iterable

from screener.language import syntax
from screener.language.desk import Desk, did_you_mean
from screener.language.names import EntryKind
from screener.rulebook import Head, Shown

_MEASURED: tuple[EntryKind, ...] = ("lab", "finding", "score")


def head_of(found: Iterable[tuple[Desk, syntax.Sheet]]) -> Head:
    """The head, of the one block that says it; empty without one."""
    blocks = list(found)
    for desk, block in blocks[1:]:
        desk.error("second-sheet", "what stands in the head of a sheet is said twice", block.span)
    if not blocks:
        return Head()
    desk, block = blocks[0]
    shown: list[Shown] = []
    diagnoses: list[str] = []
    since, since_label, of, child_under = None, "", "", None
    for line in block.lines:
        match line:
            case syntax.ShownLine():
                name = _named(desk, line.name, _MEASURED)
                beside = None if line.beside is None else _named(desk, line.beside, _MEASURED)
                label = line.beside_label.text if line.beside_label is not None else ""
                if name is not None:
                    shown.append(Shown(name, line.label.text, beside, label))
            case syntax.NamesLine():
                diagnoses += [name for each in line.names if (name := _named(desk, each, ("condition",))) is not None]
            case syntax.DaysSinceLine():
                since, since_label = _named(desk, line.name, ("condition",)), line.label.text
            case syntax.TextLine():
                of = line.text.text
            case syntax.LengthLine(duration=duration):
                if duration.length.unit != "years":
                    desk.error("years-of-a-child", "until when somebody is a child is said in years", duration.span)
                child_under = duration.length.count
    return Head(tuple(shown), tuple(diagnoses), since, since_label, of, child_under)


def _named(desk: Desk, name: syntax.Name, kinds: tuple[EntryKind, ...]) -> str | None:
    """The canonical name, if it is one of these kinds of entries."""
    names = desk.draft.names
    entry = names.find(name.text)
    if entry is not None and entry.kind in kinds:
        return entry.name
    if not names.is_unread(name.text):
        message = f"no {' or '.join(kinds)} is called `{name.text}`"
        desk.error("unknown-name", message, name.span, help=did_you_mean(names.nearest(name.text, kinds)))
    return None
