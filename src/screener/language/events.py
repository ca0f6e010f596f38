"""What happened, holds or is planned: verbs, the kinds of things that they speak of, and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from screener.language import syntax
from screener.language.desk import Desk
from screener.language.lookups import qualified_text
from screener.language.names import NamedEntry
from screener.language.scopes import ahead_of, scope_of
from screener.rulebook import (
    VERBS,
    Concept,
    Happened,
    Qualified,
    QualifierName,
    RecordList,
    Scope,
    Truthful,
    Verb,
    VerbMeaning,
)

_WITH_WINDOW: Mapping[Verb, Verb] = {"current": "history of", "receiving": "underwent", "taking": "treated with"}
"""For a verb that takes no window, the one that does."""


def event_of(
    desk: Desk, node: syntax.Event, beside_of: Callable[[syntax.Proposition], Truthful | None]
) -> Happened | None:
    """The event as a lookup, or None if something in it is wrong. `beside_of` checks what stands in `with (…)`."""
    use = VERBS[node.verb]
    what = _everything(desk, node, node.what, use)
    exceptions = _everything(desk, node, node.exceptions, use)
    scope, scope_is_right = _scope(desk, node, use)
    times = _times(desk, node, use)
    beside = None if node.beside is None else beside_of(node.beside)
    records = None if what is None else _list(desk, node, what, use)
    if what is None or exceptions is None or records is None or times is None or not scope_is_right:
        return None
    if node.beside is not None and (beside is None or not _may_stand_beside(desk, node, use)):
        return None
    asked = [qualified for _, qualified in what]
    excepted = [qualified for _, qualified in exceptions]
    if not all(_is_narrower(desk, *each, asked) for each in zip(node.exceptions, excepted, strict=True)):
        return None
    return Happened(desk.lookups.event(node.verb, records, asked, scope, times, excepted, beside))


def _everything(
    desk: Desk, node: syntax.Event, qualifieds: Sequence[syntax.Qualified], use: VerbMeaning
) -> list[tuple[NamedEntry, Qualified]] | None:
    found = [_qualified(desk, node, each, use) for each in qualifieds]
    known = [each for each in found if each is not None]
    seen: set[Qualified] = set()
    for each, place in zip(found, qualifieds, strict=True):
        if each is not None and each[1] in seen:
            desk.error("said-twice", f"`{qualified_text(each[1])}` stands here twice", place.span)
            return None
        if each is not None:
            seen.add(each[1])
    return known if len(known) == len(found) else None


def _qualified(
    desk: Desk, node: syntax.Event, qualified: syntax.Qualified, use: VerbMeaning
) -> tuple[NamedEntry, Qualified] | None:
    entry = desk.find(qualified.name, use.kinds, f"`{node.verb}`")
    if entry is None:
        return None
    for qualifier in qualified.qualifiers:
        possible = use.qualifiers if entry.kind in ("condition", "substance", "drug") else ()
        if qualifier.kind not in possible:
            desk.error(
                "impossible-qualifier",
                f"`{qualifier.kind}` cannot be said of `{entry.name}` after `{node.verb}`",
                qualifier.span,
                notes=_possible_qualifiers(possible),
                help=f"write `{node.verb} {qualified.name.text}`",
            )
            return None
    # Stated once and in one order, so that the same question has one lookup.
    kinds = sorted({qualifier.kind for qualifier in qualified.qualifiers})
    stages = sorted({qualifier.stage for qualifier in qualified.qualifiers if qualifier.stage is not None})
    if entry.name not in desk.draft.concepts:
        return None
    return entry, Qualified(entry.name, tuple(kinds), tuple(stages))


def _possible_qualifiers(possible: Sequence[QualifierName]) -> tuple[str, ...]:
    return (f"what can be said: {', '.join(possible)}",) if possible else ("nothing of this kind can be said of it",)


def _scope(desk: Desk, node: syntax.Event, use: VerbMeaning) -> tuple[Scope | None, bool]:
    """The scope, and whether it is right to have it (or to have none)."""
    if node.scope is None:
        return None, True
    match use.tense:
        case "began" | "overlaps":
            scope = scope_of(desk, node.scope)
            return scope, scope is not None
        case "ahead":
            scope = ahead_of(desk, node.scope)
            return scope, scope is not None
        case "now" | "timeless":
            what = desk.source.excerpt(node.scope.span)
            instead = _WITH_WINDOW.get(node.verb)
            desk.error(
                "no-scope",
                f"`{node.verb}` speaks of one moment and takes no `{node.scope.relation or 'within'}`",
                node.scope.span,
                help=f"write `{instead} … {what}`" if instead else f"leave out `{what}`",
            )
            return None, False


def _times(desk: Desk, node: syntax.Event, use: VerbMeaning) -> int | None:
    if node.times is None:
        return 1
    if not use.is_counted:
        desk.error("no-count", f"`{node.verb}` cannot be counted", node.times.span)
        return None
    if node.times.number == 0:
        desk.error("always-holds", "at least 0 times always holds", node.times.span, help="write `at least 1 time`")
        return None
    return node.times.number


def _list(
    desk: Desk, node: syntax.Event, what: Sequence[tuple[NamedEntry, Qualified]], use: VerbMeaning
) -> RecordList | None:
    if use.list is not None:
        return use.list
    lists = {entry.list for entry, _ in what}
    if len(lists) > 1:
        desk.error(
            "mixed-kinds",
            f"these are kept in different lists of the record: {', '.join(sorted(lists))}",
            node.span,
            help=f"write `{node.verb} … or {node.verb} …`",
        )
        return None
    return lists.pop()


def _may_stand_beside(desk: Desk, node: syntax.Event, use: VerbMeaning) -> bool:
    if use.list is None:
        return True
    desk.error("no-episode", f"`{node.verb}` speaks of no episode that `with (…)` could be about", node.span)
    return False


def _is_narrower(desk: Desk, written: syntax.Qualified, exception: Qualified, asked: Sequence[Qualified]) -> bool:
    """Whether the exception takes away a part, and only a part, of what is asked for."""
    concepts = desk.draft.concepts
    if any(exception.concept in concepts[each.concept].narrower for each in asked):
        return True
    same = [each for each in asked if each.concept == exception.concept]
    if any(
        set(exception.qualifiers) - set(each.qualifiers) or set(exception.stages) - set(each.stages) for each in same
    ):
        return True
    if same:
        desk.error("excepts-everything", f"this excepts all of `{exception.concept}`", written.span)
        return False
    whole = asked[0].concept if len(asked) == 1 else "any of these"
    desk.error(
        "exception-not-narrower",
        f"`{exception.concept}` is no part of `{whole}` and cannot be excepted from it",
        written.span,
        notes=tuple(_contents(concepts[each.concept]) for each in asked),
        help="leave the exception out, or add it to an `includes` in the dictionary",
    )
    return False


def _contents(concept: Concept) -> str:
    return f"{concept.name} includes {', '.join(concept.narrower) or 'nothing'}"
