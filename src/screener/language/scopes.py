"""Scopes: the window or anchor after a name, as the stretch of time in which a lookup looks."""

from __future__ import annotations

from screener.language import syntax
from screener.language.desk import Desk
from screener.rulebook import ConceptKind, Scope
from screener.values.dates import NO_TIME, Duration


def length_of(desk: Desk, duration: syntax.Duration) -> Duration | None:
    """The length of a window. A window of no length is an error: it says nothing."""
    if duration.length.count == 0:
        desk.error(
            "empty-window",
            "a window of no length holds nothing",
            duration.span,
            help=f"write `1 {duration.length.unit[:-1]}` or more",
        )
        return None
    return duration.length


def scope_of(desk: Desk, scope: syntax.Scope) -> Scope | None:
    """The stretch of time that a scope means for what lies behind the clock."""
    length = None
    if scope.within is not None:
        length = length_of(desk, scope.within)
        if length is None:
            return None
    if scope.anchor is None:
        return Scope(f"within {length}", back=length)
    anchor = _anchor_of(desk, scope.anchor)
    if anchor is None:
        return None
    text = f"{scope.relation} {anchor if anchor != 'clock' else 'screening'}"
    if length is not None:
        text = f"within {length} {text}"
    if anchor == "clock":
        return _about_the_clock(desk, scope, length, text)
    match scope.relation:
        case "before":
            return Scope(text, anchor, back=length, excludes_anchor=True)
        case "after" if length is None:
            return Scope(text, anchor, back=NO_TIME, ahead=None, excludes_anchor=True)
        case "after":
            return Scope(text, anchor, back=NO_TIME, ahead=length)
        case "since":
            return Scope(text, anchor, back=NO_TIME, ahead=None)
        case "of":
            return Scope(text, anchor, back=length, ahead=length)
        case "at" | None:
            return Scope(text, anchor, back=NO_TIME)


def _about_the_clock(desk: Desk, scope: syntax.Scope, length: Duration | None, text: str) -> Scope | None:
    match scope.relation:
        case "before":
            return Scope(text, back=length, excludes_anchor=True)
        case "of":
            return Scope(f"within {length}", back=length)
        case "at":
            return Scope(text, back=NO_TIME)
        case "after" | "since" | None:
            desk.error(
                "scope-ahead",
                "nothing after screening is known",
                scope.span,
                help="only `planned` looks ahead: `planned … within 3 months`",
            )
            return None


def ahead_of(desk: Desk, scope: syntax.Scope) -> Scope | None:
    """The stretch of time that a scope means for what is planned: it lies ahead of the clock."""
    from_now = scope.anchor is None or (scope.anchor.kind == "screening" and scope.relation in ("after", "of"))
    if scope.within is None or not from_now:
        desk.error(
            "scope-of-plan",
            "a plan lies ahead of screening, within a length of time",
            scope.span,
            help="write `within 3 months`",
        )
        return None
    length = length_of(desk, scope.within)
    return None if length is None else Scope(f"within {length}", back=NO_TIME, ahead=length)


def _anchor_of(desk: Desk, anchor: syntax.Anchor) -> str | None:
    match anchor.kind:
        case "screening":
            return "clock"
        case "its onset":
            if desk.beside_an_event:
                return "its onset"
            desk.error(
                "no-event",
                "`its onset` is the onset of the event that stands before `with (…)`, and none does",
                anchor.span,
            )
            return None
        case "onset" | "start":
            return onset_of(desk, anchor)


def onset_of(desk: Desk, anchor: syntax.Anchor) -> str | None:
    """The lookup of the day on which something began. Conditions have an onset; drugs, procedures and events start."""
    if anchor.name is None:
        desk.error("no-onset", f"`{anchor.kind}` is not the day of something that began", anchor.span)
        return None
    kinds: tuple[ConceptKind, ...] = ("condition",) if anchor.kind == "onset" else ("drug", "procedure", "event")
    entry = desk.find(anchor.name, kinds, f"`{anchor.kind} of`")
    if entry is None:
        return None
    return desk.lookups.onset(entry.name, entry.list, anchor.pick or "last")
