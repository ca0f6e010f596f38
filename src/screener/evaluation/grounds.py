"""Reading an answer: which parts decided it, which facts it rests on, why it is open, and what would settle it.

Nothing is computed anew here; everything is read off the answer that the evaluator returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from screener.evaluation.answers import Fact, Found, Given, Judged, Measured, Reason
from screener.evaluation.phrases import allergies, either, in_time, lowered, onset, unit_beside, wanted
from screener.evaluation.residual import open_nodes
from screener.records.patient import Episode, Result
from screener.rulebook import (
    NOW,
    VERBS,
    AgainstLimit,
    All,
    Any,
    AtLeast,
    ChangeLookup,
    Concept,
    Confirmed,
    EventLookup,
    OnsetLookup,
    Qualified,
    RecordList,
    Rulebook,
    ScoreOf,
    ValueLookup,
)
from screener.values.truth import FALSE, TRUE, UNKNOWN

Part = Judged | Measured | Found


NeedKind = Literal[
    "lab",
    "finding",
    "condition",
    "procedure",
    "drug",
    "event",
    "substance",
    "allergy",
    "family_history",
    "plan",
    "birth_date",
    "sex",
    "question",
    "entry",
    "reading",
]


class Need(Struct, frozen=True):
    """A fact that would help to settle an answer: what kind, its dictionary name, and in words what to find out."""

    kind: NeedKind
    name: str
    text: str


def deciding(answer: Part) -> tuple[Part, ...]:
    """The parts that an answer depends on: those that settled it, or if it is open, those still open."""
    if isinstance(answer, Found):
        anchor = (answer.anchor,) if answer.anchor is not None and answer.anchor.reasons else ()
        return (*anchor, *(part for part in answer.parts if part.truth is answer.truth))
    if isinstance(answer, Measured):
        if answer.range.is_exact:
            return answer.parts
        return tuple([part for part in answer.parts if not _is_settled(part)])
    truth = answer.truth
    match answer.node:
        case All() | Any() | AtLeast():
            if truth is TRUE and isinstance(answer.node, All):
                return answer.parts
            if truth is FALSE and isinstance(answer.node, Any):
                return answer.parts
            return tuple([part for part in answer.parts if isinstance(part, Judged) and part.truth is truth])
        case Confirmed():
            # A person's answer decides; whom it is asked of, and what is shown with it, do not.
            return answer.parts[:1]
        case _:
            if truth is UNKNOWN:
                return tuple([part for part in answer.parts if not _is_settled(part)])
            return answer.parts


def _is_settled(part: Part) -> bool:
    if isinstance(part, Judged):
        return part.truth is not UNKNOWN
    if isinstance(part, Measured):
        return part.range.is_exact and all(_is_settled(each) for each in part.parts if isinstance(each, Found))
    return not part.reasons if part.truth is None else part.truth is not UNKNOWN


def leaves(answer: Part) -> list[Found]:
    """What was looked up and decided the answer."""
    found: list[Found] = []
    _add_leaves(answer, found)
    return found


def _add_leaves(answer: Part, found: list[Found]) -> None:
    if isinstance(answer, Found):
        found.append(answer)
    for part in deciding(answer):
        _add_leaves(part, found)


def consulted(answer: Part) -> list[Found]:
    """What was looked up for an answer: what decided a settled one, everything for an open one."""
    found: list[Found] = []
    _add_consulted(answer, found)
    return found


def _add_consulted(answer: Part, found: list[Found]) -> None:
    if isinstance(answer, Found):
        found.append(answer)
        if answer.anchor is not None:
            found.append(answer.anchor)
        parts: tuple[Part, ...] = answer.parts
    elif isinstance(answer, Judged) and answer.truth is not UNKNOWN:
        parts = deciding(answer)
    else:
        parts = (*answer.parts, *_shown(answer))
    for part in parts:
        _add_consulted(part, found)


def _shown(answer: Part) -> tuple[Judged, ...]:
    return answer.shown if isinstance(answer, Judged) else ()


def measured_scores(answer: Part) -> list[tuple[str, Measured]]:
    """The scores computed for an answer, by name; an inner score comes after the one that uses it."""
    scores: list[tuple[str, Measured]] = []
    _add_scores(answer, scores)
    return scores


def _add_scores(answer: Part, scores: list[tuple[str, Measured]]) -> None:
    if isinstance(answer, Measured) and isinstance(answer.node, ScoreOf):
        scores.append((answer.node.name, answer))
    is_settled = isinstance(answer, Judged) and answer.truth is not UNKNOWN
    for part in deciding(answer) if is_settled else (*answer.parts, *_shown(answer)):
        _add_scores(part, scores)


def facts(answer: Part) -> Iterator[tuple[Fact | Given, Found, bool]]:
    """The facts of the record that an answer shows, each with the lookup that found it and whether it was used."""
    seen: set[tuple[str, str, str]] = set()
    for found in consulted(answer):
        for fact, used in [*((fact, True) for fact in found.used), *((fact, False) for fact in found.set_aside)]:
            about = found.subject if isinstance(fact, Given) else fact.fact if isinstance(fact, Result) else ""
            key = (about, fact.source, type(fact).__name__)
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


def needs(
    answer: Judged, rulebook: Rulebook, kept: dict[int, tuple[Judged, tuple[Need, ...]]] | None = None
) -> tuple[Need, ...]:
    """The facts that would help to settle an open answer, read off what is left of it; none for a settled one. `kept`
    are those of nodes that several lines share, by the identity of a node's answer, which is kept beside them."""
    kept = {} if kept is None else kept
    told: dict[Need, None] = {}
    for node in open_nodes(answer):
        known = kept.get(id(node))
        if known is None:
            known = kept[id(node)] = (node, tuple(_needs(node, rulebook)))
        told.update(dict.fromkeys(known[1]))
    return tuple(told)


def _needs(answer: Part, rulebook: Rulebook) -> Iterator[Need]:
    if isinstance(answer, Found):
        yield from needs_of_lookup(answer, rulebook)
    elif isinstance(answer, Judged) and isinstance(answer.node, AgainstLimit) and "missing" in answer.reasons:
        found = answer.parts[0]
        if isinstance(found, Found):
            lab = rulebook.labs[found.subject]
            which = answer.node.which
            yield Need("lab", lab.name, f"the {which} limit of normal that came with {lowered(lab.title)}")
    elif isinstance(answer, Judged) and isinstance(answer.node, Confirmed) and does_not_arise(answer, rulebook):
        return
    for part in deciding(answer):
        yield from _needs(part, rulebook)


def does_not_arise(answer: Judged, rulebook: Rulebook) -> bool:
    """Whether a question is asked only of patients unlike this one. What is shown with it does not matter here."""
    if not isinstance(answer.node, Confirmed) or rulebook.questions[answer.node.question].only_if is None:
        return False
    only_if = answer.parts[1]
    return isinstance(only_if, Judged) and only_if.truth is FALSE


def needs_of_lookup(found: Found, rulebook: Rulebook) -> Iterator[Need]:
    """What would settle one lookup that is open; nothing for a settled one."""
    match found.lookup:
        case ValueLookup() | ChangeLookup() as lookup:
            if not waits_for_anchor_alone(found):
                yield _need_of_result(found, lookup, rulebook)
        case EventLookup() as lookup:
            yield from _needs_of_event(found, lookup, rulebook)
        case OnsetLookup() as lookup:
            if found.reasons:
                concept = rulebook.concepts[lookup.concept]
                open_ = [fact for fact in found.used if isinstance(fact, Episode) and fact.only_may_be]
                yield from (need_of_entry(each, rulebook) for each in open_)
                certain = [fact for fact in found.used if isinstance(fact, Episode) and not fact.only_may_be]
                if not open_ or any(each.start is None or not each.start.is_one_day for each in certain):
                    yield Need(concept.kind, concept.name, f"the date of {onset(lookup)}")
        case None if found.subject == "age":
            if found.reasons:
                full = "full " if "imprecise_date" in found.reasons else ""
                yield Need("birth_date", "birth_date", f"the {full}date of birth")
        case None if found.subject == "sex":
            if found.reasons:
                yield Need("sex", "sex", "the sex")
        case None:
            if found.reasons:
                question = rulebook.questions[found.subject]
                yield Need("question", question.name, f"{question.title} (asked of the {question.asked_of})")


def waits_for_anchor_alone(found: Found) -> bool:
    """Whether the day that a lookup counts from is open, while its results have days of their own."""
    if found.anchor is None or not found.anchor.reasons or not {*found.reasons} <= {"undated", "imprecise_date"}:
        return False
    days = [fact.when for fact in (*found.used, *found.set_aside) if isinstance(fact, Result)]
    return all(when is not None and when.is_one_day for when in days)


def _need_of_result(found: Found, lookup: ValueLookup | ChangeLookup, rulebook: Rulebook) -> Need:
    fact = rulebook.fact(found.subject)
    kind: NeedKind = "lab" if found.subject in rulebook.labs else "finding"
    title = lowered(fact.title)
    when = in_time(lookup.scope, rulebook)
    if isinstance(lookup, ChangeLookup):
        each = "the time" if lookup.scope.back is not None and lookup.scope.back.unit == "hours" else "the date"
        return Need(kind, fact.name, f"two results of {title}{when}, with {each} of both")
    reason = found.reasons[0] if found.reasons else "missing"
    match reason:
        case "stale":
            text = f"a new result of {title}"
        case "undated" | "imprecise_date":
            text = f"the exact date of the result of {title}"
        case "unit":
            text = _need_of_unit(found, title, getattr(fact, "unit", "1"))
        case "impossible":
            text = f"a corrected result of {title}{when}"
        case "censored":
            text = f"the exact value of {title}"
        case "conflict":
            text = f"which of the results of {title} is right"
        case _:
            text = f"a result of {title}{when}"
    return Need(kind, fact.name, text)


def _need_of_unit(found: Found, title: str, unit: str) -> str:
    """A unit that nobody wrote down, or a result in a unit that can be converted."""
    if all(fact.recorded_unit is None for fact in found.used if isinstance(fact, Result)):
        return f"the unit of the result of {title}"
    return f"a result of {title}{_in_usable_unit(unit)}"


def _in_usable_unit(unit: str) -> str:
    return f" in {unit} or a unit like it" if unit_beside(unit) else " as a pure number"


def _needs_of_event(found: Found, lookup: EventLookup, rulebook: Rulebook) -> Iterator[Need]:
    for fact in found.used:
        if isinstance(fact, Episode) and fact.only_may_be and found.truth is UNKNOWN:
            yield need_of_entry(fact, rulebook)
        elif isinstance(fact, Episode) and found.truth is UNKNOWN:
            concept = rulebook.concepts[fact.concept]
            if fact.shown_by_result:
                yield from _results_to_repeat(fact, found.reasons, concept, rulebook)
            for text in _gaps_of_episode(fact, found.reasons, lookup, rulebook):
                yield Need(concept.kind, concept.name, f"{text} ({fact.source})")
    if "missing" in found.reasons:
        for fact in found.used:
            if isinstance(fact, Episode):
                for text in qualities_open(fact, lookup, rulebook):
                    yield Need(rulebook.concepts[fact.concept].kind, fact.concept, f"{text} ({fact.source})")
    for name in found.lacking:
        concept = rulebook.concepts[name]
        about = tuple(what for what in lookup.what if what.concept == name)
        yield Need(_kind_of_list(lookup, concept.kind), name, question_about(lookup, about, rulebook))


def need_of_entry(entry: Episode, rulebook: Rulebook) -> Need:
    """What an open entry really is: one look at it serves every line that waits for it."""
    if entry.unusable == "unread":
        return Need("entry", entry.source, f"what {entry_called(entry, rulebook)} stands for ({entry.source})")
    title = lowered(rulebook.concepts[entry.concept].title)
    of = _PREPOSITIONS.get(entry.list, "")
    called = entry_called(entry, rulebook)
    if entry.called in rulebook.concepts:
        return Need("entry", entry.source, f"whether there is {of}{title}, too, beside {called} ({entry.source})")
    return Need("entry", entry.source, f"whether {called} means {of}{title} ({entry.source})")


def entry_called(entry: Episode, rulebook: Rulebook) -> str:
    """An entry by the record's words for it: `“icd10 C80 malignancy”`, `the liver failure on record`."""
    concept = rulebook.concepts.get(entry.called)
    return f"“{entry.called or entry.source}”" if concept is None else f"the {lowered(concept.title)} on record"


MOST_TO_REPEAT = 4
"""How many tests are named if any one of them would do."""


def _results_to_repeat(
    episode: Episode, reasons: Sequence[Reason], concept: Concept, rulebook: Rulebook
) -> Iterator[Need]:
    """The labs and findings whose new result would settle what an old or unusable one leaves open. If there are many,
    only those that can deny it: they answer a screen that asks."""
    if not episode.doubtful and "stale" not in reasons:
        return
    facts = dict.fromkeys(sign.fact for sign in concept.signs)
    denying = dict.fromkeys(sign.fact for sign in concept.absent_when)
    for name in denying if episode.unusable is None and len(facts) > MOST_TO_REPEAT and denying else facts:
        lab = rulebook.labs.get(name)
        unit = _in_usable_unit(lab.unit) if lab is not None and episode.unusable == "unit" else ""
        kind: NeedKind = "finding" if lab is None else "lab"
        yield Need(kind, name, f"a new result of {lowered(rulebook.fact(name).title)}{unit}")


def _gaps_of_episode(
    episode: Episode, reasons: Sequence[Reason], lookup: EventLookup, rulebook: Rulebook
) -> Iterator[str]:
    """What an entry leaves open, as things to find out."""
    title = lowered(rulebook.concepts[episode.concept].title)
    called = _called(episode, rulebook)
    if episode.doubtful:
        yield _doubt(episode, title, called)
        return
    for reason in reasons:
        match reason:
            case "undated" | "imprecise_date":
                yield f"since when there has been {title}" if episode.shown_by_result else f"the exact dates of {title}"
            case "unspecific":
                if kinds := _kinds_asked(episode, lookup, rulebook):
                    yield f"whether {_called(episode, rulebook)} is {_PREPOSITIONS.get(episode.list, '')}{kinds}"
            case "conflict" if episode.outlives_its_end:
                yield _present(episode, title, called)
            case "conflict":
                yield f"whether {title} is present or absent"
            case "stale" if not episode.shown_by_result:
                yield _present(episode, title, called)
            case "missing" if episode.list == "plans" and VERBS[lookup.verb].reads_plans:
                yield f"whether the planned {called} was done"


def _doubt(episode: Episode, title: str, called: str) -> str:
    """What would settle an entry that leaves everything open: an ambiguous result, an order, a suspicion."""
    if episode.shown_by_result:
        return f"whether there is {title}, which the result leaves open"
    match episode.list:
        case "medications":
            return f"whether the {called} was taken"
        case "procedures":
            return f"whether {called} was done"
        case "plans":
            return f"whether {called} is still planned"
        case _:
            return f"whether {called} is certain"


def _present(episode: Episode, title: str, called: str) -> str:
    """What would settle whether something still goes on, if the record last mentioned it too long ago."""
    match episode.list:
        case "plans":
            return f"what became of the plan for {title}"
        case "medications":
            return f"whether the {called} is still taken"
        case "conditions":
            return f"whether there is still {title}"
        case _:
            return f"whether {called} still goes on"


def _kinds_asked(episode: Episode, lookup: EventLookup, rulebook: Rulebook) -> str:
    """The concepts named by a rule that an entry of a broader concept may be."""
    named = [each.concept for each in (*lookup.what, *lookup.exceptions)]
    concepts = [rulebook.concepts[name] for name in named]
    return either(sorted(lowered(each.title) for each in concepts if each.name in episode.may_be))


_PREPOSITIONS: dict[RecordList, str] = {"allergies": "to ", "family_history": "of "}


def _called(episode: Episode, rulebook: Rulebook) -> str:
    """An entry as the subject of a clause: `the allergy to drugs`; a title that is itself a series in quotes."""
    title = lowered(rulebook.concepts[episode.concept].title)
    match episode.list:
        case "allergies":
            return f"the allergy to {title}"
        case "family_history":
            return f"the family history of {title}"
        case _:
            return f"“{title}”" if ", " in title else title


def qualities_open(episode: Episode, lookup: EventLookup, rulebook: Rulebook) -> tuple[str, ...]:
    """What a rule asks and the entry does not state: `whether basal cell carcinoma is cured`. If the entry only may be
    the concept, the question is what it is."""
    if episode.only_may_be:
        return ()
    asked: dict[str, None] = {}
    if episode.ended and lookup.verb in NOW:
        return ()
    for each in (*lookup.what, *lookup.exceptions):
        concept = rulebook.concepts[each.concept]
        if episode.concept in (concept.name, *concept.narrower):
            asked.update(dict.fromkeys(name for name in each.qualifiers if not states(episode, name)))
    called = _called(episode, rulebook)
    others = either(name for name in asked if name != "stage")
    stage = f"the stage of {called}" if "stage" in asked else ""
    return tuple(text for text in (stage, others and f"whether {called} is {others}") if text)


def states(episode: Episode, qualifier: str) -> bool:
    """Whether an entry says if it has a qualifier. One that is active is neither cured nor resolved."""
    is_active = episode.ongoing and episode.status is not None
    match qualifier:
        case "cured":
            return episode.cured is not None or is_active
        case "resolved":
            return episode.ended or is_active
        case "severe":
            return episode.severity is not None
        case "uncontrolled":
            return episode.controlled is not None
        case _:
            return episode.stage is not None


def _kind_of_list(lookup: EventLookup, kind: NeedKind) -> NeedKind:
    match lookup.list:
        case "allergies":
            return "allergy"
        case "family_history":
            return "family_history"
        case "plans":
            return "plan"
        case _:
            return kind


def question_about(lookup: EventLookup, what: Sequence[Qualified], rulebook: Rulebook) -> str:
    """What to find out about part of what an event lookup asks, as a question inside a sentence."""
    named, when = wanted(what, rulebook), in_time(lookup.scope, rulebook) or " at any time"
    match lookup.verb:
        case "history of":
            return f"whether there was any {named}{when}"
        case "onset of" | "start of":
            return f"whether any {lookup.verb} {named} was{when}"
        case "current" | "receiving":
            return f"whether there is {named} now"
        case "underwent":
            return f"whether there was {named}{when}"
        case "treated with":
            return f"whether there was treatment with {named}{when}"
        case "taking":
            return f"whether there is treatment with {named} now"
        case "planned":
            return f"whether {named} is planned{in_time(lookup.scope, rulebook)}"
        case "family history of":
            return f"whether there is a family history of {named}"
        case "allergy to":
            number = "more than one " if lookup.times > 1 else "any "
            return f"whether there is {number}{allergies(what, rulebook)}"


def results_of(answer: Part) -> Iterator[Result]:
    """The results of labs and findings that an answer used."""
    for found in consulted(answer):
        for fact in found.used:
            if isinstance(fact, Result):
                yield fact
