"""Reading an answer: which parts decided it, which facts it rests on, why it is open, and what would settle it.

Nothing is computed anew here; everything is read off the answer that the evaluator returned.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from screener.evaluation.answers import Fact, Found, Given, Judged, Measured, Reason
from screener.records.patient import Episode, Result
from screener.rulebook import (
    AgainstLimit,
    All,
    Any,
    AtLeast,
    ChangeLookup,
    EventLookup,
    OnsetLookup,
    Rulebook,
    ScoreOf,
    ValueLookup,
)
from screener.values.truth import FALSE, TRUE, UNKNOWN

Part = Judged | Measured | Found


class Need(Struct, frozen=True):
    """A fact that would help to settle an answer: what kind, its dictionary name, and in words what to find out."""

    kind: str
    name: str
    text: str


def deciding(answer: Part) -> tuple[Part, ...]:
    """The parts that an answer hangs on: of a settled one those that settled it, of an open one those still open."""
    if isinstance(answer, Found):
        anchor = (answer.anchor,) if answer.anchor is not None and answer.anchor.reasons else ()
        return (*anchor, *(part for part in answer.parts if part.truth is answer.truth))
    if isinstance(answer, Measured):
        if answer.range.is_exact:
            return answer.parts
        return tuple(part for part in answer.parts if not _is_settled(part))
    match answer.node:
        case All() | Any() | AtLeast():
            if answer.truth is TRUE and isinstance(answer.node, All):
                return answer.parts
            if answer.truth is FALSE and isinstance(answer.node, Any):
                return answer.parts
            return tuple(part for part in answer.parts if isinstance(part, Judged) and part.truth is answer.truth)
        case _:
            if answer.truth is UNKNOWN:
                return tuple(part for part in answer.parts if not _is_settled(part))
            return answer.parts


def _is_settled(part: Part) -> bool:
    if isinstance(part, Judged):
        return part.truth is not UNKNOWN
    if isinstance(part, Measured):
        return part.range.is_exact and all(_is_settled(each) for each in part.parts if isinstance(each, Found))
    return not part.reasons if part.truth is None else part.truth is not UNKNOWN


def leaves(answer: Part) -> Iterator[Found]:
    """What was looked up and decided the answer."""
    if isinstance(answer, Found):
        yield answer
    for part in deciding(answer):
        yield from leaves(part)


def consulted(answer: Part) -> Iterator[Found]:
    """What was looked up for an answer: what decided a settled one, everything for an open one."""
    if isinstance(answer, Found):
        yield answer
        if answer.anchor is not None:
            yield answer.anchor
        parts: tuple[Part, ...] = answer.parts
    elif isinstance(answer, Judged) and answer.truth is not UNKNOWN:
        parts = deciding(answer)
    else:
        parts = answer.parts
    for part in parts:
        yield from consulted(part)


def measured_scores(answer: Part) -> Iterator[tuple[str, Measured]]:
    """The scores that were computed for an answer, by name, an inner score after the one that uses it."""
    if isinstance(answer, Measured) and isinstance(answer.node, ScoreOf):
        yield answer.node.name, answer
    parts = answer.parts if not isinstance(answer, Judged) or answer.truth is UNKNOWN else deciding(answer)
    for part in parts:
        yield from measured_scores(part)


def facts(answer: Part) -> Iterator[tuple[Fact | Given, Found, bool]]:
    """The facts of the record that an answer shows, each with the lookup that found it and whether it was used."""
    seen: set[tuple[str, str, str]] = set()
    for found in consulted(answer):
        for fact, used in [*((fact, True) for fact in found.used), *((fact, False) for fact in found.set_aside)]:
            key = (found.subject if isinstance(fact, Given) else "", fact.source, type(fact).__name__)
            if key not in seen:
                seen.add(key)
                yield fact, found, used


def reasons(answer: Part) -> tuple[Reason, ...]:
    """Why an answer is open, the most telling first; empty for a settled one."""
    if isinstance(answer, Judged) and answer.truth is not UNKNOWN:
        return ()
    return tuple(dict.fromkeys(_reasons(answer)))


def _reasons(answer: Part) -> Iterator[Reason]:
    if isinstance(answer, Found | Judged):
        yield from answer.reasons
    elif isinstance(answer.node, ScoreOf):
        yield "partial_score"
    for part in deciding(answer):
        yield from _reasons(part)


def rests_on_assumption(answer: Part) -> bool:
    """Whether an answer rests on a list that the user asked to be taken as complete."""
    return any(found.assumed for found in leaves(answer))


def needs(answer: Judged, rulebook: Rulebook) -> tuple[Need, ...]:
    """The facts that would help to settle an open answer; none for a settled one."""
    if answer.truth is not UNKNOWN:
        return ()
    return tuple(dict.fromkeys(_needs(answer, rulebook)))


def _needs(answer: Part, rulebook: Rulebook) -> Iterator[Need]:
    if isinstance(answer, Found):
        yield from _needs_of_lookup(answer, rulebook)
    elif isinstance(answer, Judged) and isinstance(answer.node, AgainstLimit) and "missing" in answer.reasons:
        found = answer.parts[0]
        if isinstance(found, Found):
            lab = rulebook.labs[found.subject]
            which = answer.node.which
            yield Need("lab", lab.name, f"the {which} limit of normal that came with {lowered(lab.title)}")
    for part in deciding(answer):
        yield from _needs(part, rulebook)


def _needs_of_lookup(found: Found, rulebook: Rulebook) -> Iterator[Need]:
    match found.lookup:
        case ValueLookup() | ChangeLookup():
            yield _need_of_result(found, rulebook)
        case EventLookup() as lookup:
            yield from _needs_of_event(found, lookup, rulebook)
        case OnsetLookup() as lookup:
            if found.reasons:
                concept = rulebook.concepts[lookup.concept]
                yield Need(concept.kind, concept.name, f"the date of onset of {lowered(concept.title)}")
        case None if found.subject == "age":
            if found.reasons:
                yield Need("birth_date", "birth_date", "the date of birth")
        case None if found.subject == "sex":
            if found.reasons:
                yield Need("sex", "sex", "the sex")
        case None:
            if found.reasons:
                question = rulebook.questions[found.subject]
                yield Need("question", question.name, f"{question.title} (asked of the {question.asked_of})")


def _need_of_result(found: Found, rulebook: Rulebook) -> Need:
    lookup = found.lookup
    fact = rulebook.fact(found.subject)
    kind = "lab" if found.subject in rulebook.labs else "finding"
    title = lowered(fact.title)
    unit = getattr(fact, "unit", "1")
    in_unit = "" if unit == "1" else f", in {unit}"
    scope = f" {lookup.scope.text}" if isinstance(lookup, ValueLookup | ChangeLookup) and lookup.scope else ""
    if isinstance(lookup, ChangeLookup):
        return Need(kind, fact.name, f"two results of {title}{scope}, with the time of each")
    reason = found.reasons[0] if found.reasons else "missing"
    match reason:
        case "stale":
            return Need(kind, fact.name, f"a new result of {title}{scope}{in_unit}")
        case "undated" | "imprecise_date":
            return Need(kind, fact.name, f"the exact date of {title}")
        case "unit":
            return Need(kind, fact.name, f"the unit of {title}")
        case "censored":
            return Need(kind, fact.name, f"the exact value of {title}")
        case "conflict":
            return Need(kind, fact.name, f"which of the results of {title} is right")
        case _:
            return Need(kind, fact.name, f"a result of {title}{scope}{in_unit}")


def _needs_of_event(found: Found, lookup: EventLookup, rulebook: Rulebook) -> Iterator[Need]:
    for fact in found.used:
        if isinstance(fact, Episode) and found.truth is UNKNOWN:
            concept = rulebook.concepts[fact.concept]
            title = lowered(concept.title)
            for reason in found.reasons:
                match reason:
                    case "undated" | "imprecise_date":
                        yield Need(concept.kind, concept.name, f"the exact dates of {title} ({fact.source})")
                    case "unspecific":
                        yield Need(concept.kind, concept.name, f"which kind of {title} it is ({fact.source})")
                    case "conflict":
                        yield Need(concept.kind, concept.name, f"whether {title} is present or absent ({fact.source})")
                    case "stale":
                        yield Need(concept.kind, concept.name, f"what became of the plan for {title} ({fact.source})")
    qualifiers = [name for what in (*lookup.what, *lookup.exceptions) for name in what.qualifiers]
    if qualifiers and any(isinstance(fact, Episode) for fact in found.used) and "missing" in found.reasons:
        for fact in found.used:
            if isinstance(fact, Episode):
                title = lowered(rulebook.concepts[fact.concept].title)
                words = " or ".join(dict.fromkeys(qualifiers))
                yield Need(
                    rulebook.concepts[fact.concept].kind, fact.concept, f"whether {title} is {words} ({fact.source})"
                )
    for name in found.lacking:
        concept = rulebook.concepts[name]
        yield Need(_kind_of_list(lookup, concept.kind), name, _question_about(lookup, lowered(concept.title)))


def _kind_of_list(lookup: EventLookup, kind: str) -> str:
    match lookup.list:
        case "allergies":
            return "allergy"
        case "family_history":
            return "family_history"
        case "plans":
            return "plan"
        case _:
            return kind


def _question_about(lookup: EventLookup, title: str) -> str:
    scope = f" {lookup.scope.text}" if lookup.scope is not None else ""
    match lookup.verb:
        case "history of" | "onset of" | "start of":
            begin = "whether there was any" if lookup.verb == "history of" else "whether there was a first sign of"
            return f"{begin} {title}{scope}"
        case "current":
            return f"whether there is {title} now"
        case "underwent" | "treated with":
            return f"whether there was {title}{scope}"
        case "receiving" | "taking":
            return f"whether there is {title} now"
        case "planned":
            return f"whether {title} is planned{scope}"
        case "family history of":
            return f"whether there is a family history of {title}"
        case "allergy to":
            return f"whether there is an allergy to {title}"


def lowered(title: str) -> str:
    """A title as it stands inside a sentence: a capital that only opened it is lowered, an abbreviation kept."""
    return title[0].lower() + title[1:] if len(title) > 1 and title[1].islower() else title


def results_of(answer: Part) -> Iterator[Result]:
    """The results of labs and findings that an answer used."""
    for found in consulted(answer):
        for fact in found.used:
            if isinstance(fact, Result):
                yield fact
