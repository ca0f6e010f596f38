"""Reading an answer: which parts decided it, which facts it rests on, why it is open, and what would settle it.

Nothing is computed anew here; everything is read off the answer that the evaluator returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any as Anything
from typing import Literal, TypeVar

from msgspec import Struct

from screener.evaluation.answers import Fact, Found, Given, HasTruth, Judged, Measured, Reason
from screener.evaluation.phrases import (
    allergies,
    capital,
    either,
    in_time,
    lowered,
    onset,
    said_once,
    unit_after,
    wanted,
)
from screener.evaluation.residual import Connective, truths_in
from screener.records.patient import SEVERAL, Episode, Result
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
    Finding,
    Lab,
    OnsetLookup,
    Qualified,
    Question,
    RecordList,
    Rulebook,
    Scope,
    ScoreOf,
    Truthful,
    ValueLookup,
    made_once,
)
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

Part = Judged | Measured | Found
T = TypeVar("T", bound=HasTruth)


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


class Need(Struct, frozen=True, gc=False):
    """A fact that would help to settle an answer, and in words what to find out. `name` is the dictionary's; of an
    `entry` it is the place in the record, of a `reading` the line (`NCT05985863/E5`)."""

    kind: NeedKind
    name: str
    text: str


class Ground(Struct, gc=False):
    """What is read off one answer, each thing when it is first asked for. It keeps the answer, whose identity names
    it."""

    answer: Part
    consulted: tuple[Found, ...] | None = None
    scores: tuple[tuple[str, Measured], ...] = ()
    reasons: tuple[Reason, ...] | None = None
    needs: tuple[Need, ...] | None = None
    words: tuple[Anything, ...] | None = None
    """The statements that explain it."""
    score: Anything = None
    """If it is a score's, that score as people read it."""


Lasting = dict[int, Ground]
"""What is read off the answers that are the same for every patient, by the identity of an answer."""


class Grounds:
    """What is read off answers, for one frame. Several lines share an answer, and it is read once."""

    __slots__ = ("_lasting", "_own")

    def __init__(self, lasting: Lasting | None = None) -> None:
        self._own: dict[int, Ground] = {}
        self._lasting = {} if lasting is None else lasting

    def of(self, answer: Part) -> Ground:
        """What has been read off an answer so far."""
        name = id(answer)
        known = self._own.get(name)
        if known is None:
            known = self._lasting.get(name)
            if known is None:
                known = self._own[name] = Ground(answer)
        return known


def lasting_of(rulebook: Rulebook) -> Lasting:
    """What is read off the answers of a rulebook that are the same for every patient."""
    lasting: Lasting = made_once(rulebook, "lasting", dict)
    return lasting


def deciding(answer: Part) -> tuple[Part, ...]:
    """The parts that an answer depends on: those that settled it, or if it is open, those still open."""
    if isinstance(answer, Judged):
        node, truth, parts = answer.node, answer.truth, answer.parts
        if isinstance(node, _COUNTED):
            return tuple(deciding_truths(node, truth, truths_in(answer)))
        if isinstance(node, Confirmed):
            # A person's answer decides; whom it is asked of, and what is shown with it, do not.
            return parts[:1]
        return parts if truth is not UNKNOWN else tuple([part for part in parts if not is_settled(part)])
    if isinstance(answer, Found):
        if answer.anchor is None and not answer.parts:
            return ()
        anchor = (answer.anchor,) if answer.anchor is not None and answer.anchor.reasons else ()
        return (*anchor, *(part for part in answer.parts if part.truth is answer.truth))
    if answer.range.is_exact:
        return answer.parts
    return tuple([part for part in answer.parts if not is_settled(part)])


_COUNTED = (All, Any, AtLeast)
"""The nodes that hang on those of their truths that are as they are themselves, unless all had to be."""


def deciding_truths(node: Truthful, truth: Truth, parts: Sequence[T]) -> Sequence[T]:
    """Of the truths that a connective is made of, those that its own depends on."""
    if not isinstance(node, _COUNTED):
        return parts
    if (truth is TRUE and isinstance(node, All)) or (truth is FALSE and isinstance(node, Any)):
        return parts
    return [part for part in parts if part.truth is truth]


def is_settled(part: Part) -> bool:
    """Whether nothing more can come of a part."""
    if isinstance(part, Judged):
        return part.truth is not UNKNOWN
    if isinstance(part, Measured):
        return part.range.is_exact and all(is_settled(each) for each in part.parts if isinstance(each, Found))
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


def consulted(answer: Judged | Measured, grounds: Grounds | None = None) -> tuple[Found, ...]:
    """What was looked up for an answer: what decided a settled one, everything for an open one."""
    return _looked_up(answer, Grounds() if grounds is None else grounds).consulted or ()


def measured_scores(answer: Judged | Measured, grounds: Grounds | None = None) -> tuple[tuple[str, Measured], ...]:
    """The scores computed for an answer, by name; an inner score comes after the one that uses it."""
    return _looked_up(answer, Grounds() if grounds is None else grounds).scores


def _looked_up(answer: Judged | Measured, grounds: Grounds) -> Ground:
    """An answer with what was looked up and computed for it."""
    ground = grounds.of(answer)
    if ground.consulted is None:
        found: list[Found] = []
        scores: list[tuple[str, Measured]] = []
        if isinstance(answer, Measured):
            if isinstance(answer.node, ScoreOf):
                scores.append((answer.node.name, answer))
            parts = answer.parts
        elif answer.truth is not UNKNOWN:
            parts = deciding(answer)
        else:
            parts = (*answer.parts, *answer.shown) if answer.shown else answer.parts
        for part in parts:
            _add_looked_up(part, found, scores, grounds)
        ground.consulted, ground.scores = tuple(found), tuple(scores)
    return ground


def _add_looked_up(part: Part, found: list[Found], scores: list[tuple[str, Measured]], grounds: Grounds) -> None:
    """What was looked up and computed for a part. What several lines share is kept; the rest is gathered at once."""
    if isinstance(part, Found):
        found.append(part)
        if part.anchor is not None:
            found.append(part.anchor)
        for inside in part.parts:
            _add_looked_up(inside, found, scores, grounds)
    elif isinstance(part, Measured) and not isinstance(part.node, ScoreOf):
        for each in part.parts:
            _add_looked_up(each, found, scores, grounds)
    elif len(part.parts) == 1 and isinstance(part.parts[0], Found) and not (isinstance(part, Judged) and part.shown):
        _add_looked_up(part.parts[0], found, scores, grounds)
    else:
        known = _looked_up(part, grounds)
        found += known.consulted or ()
        scores += known.scores


Shown = tuple[Fact | Given, Found, bool]
"""A fact of the record that an answer shows, with the lookup that found it, and whether it was used."""


def facts(answer: Judged | Measured, grounds: Grounds | None = None) -> tuple[Shown, ...]:
    """The facts of the record that an answer shows, each once."""
    shown: dict[tuple[str, str, type], Shown] = {}
    for found in consulted(answer, grounds):
        for fact in found.used:
            about = found.subject if isinstance(fact, Given) else fact.fact if isinstance(fact, Result) else ""
            shown.setdefault((about, fact.source, type(fact)), (fact, found, True))
        for result in found.set_aside:
            shown.setdefault((result.fact, result.source, Result), (result, found, False))
    return tuple(shown.values())


def reasons(answer: Part, grounds: Grounds | None = None) -> tuple[Reason, ...]:
    """Why an answer is open, the most telling first; empty for a settled one."""
    if isinstance(answer, Judged) and answer.truth is not UNKNOWN:
        return ()
    return _reasons(answer, Grounds() if grounds is None else grounds)


def _reasons(answer: Part, grounds: Grounds) -> tuple[Reason, ...]:
    if isinstance(answer, Found) and answer.anchor is None and not answer.parts:
        return answer.reasons
    ground = grounds.of(answer)
    if ground.reasons is None:
        why: dict[Reason, None] = {}
        if not isinstance(answer, Measured):
            why = dict.fromkeys(answer.reasons)
        elif isinstance(answer.node, ScoreOf):
            why["partial_score"] = None
        for part in deciding(answer):
            for reason in _reasons(part, grounds):
                why[reason] = None
        ground.reasons = tuple(why)
    return ground.reasons


def rests_on_assumption(answer: Part) -> bool:
    """Whether an answer rests on a list that the user asked to be taken as complete."""
    return any(found.assumed for found in leaves(answer))


def needs(answer: Judged | Found, rulebook: Rulebook, grounds: Grounds | None = None) -> tuple[Need, ...]:
    """The facts that would help to settle an open answer, read off what is left of it; none for a settled one."""
    if isinstance(answer, Judged) and answer.truth is not UNKNOWN:
        return ()
    grounds = Grounds() if grounds is None else grounds
    ground = grounds.of(answer)
    if ground.needs is None:
        wanted_facts: dict[Need, None] = {}
        if isinstance(answer, Judged) and isinstance(answer.node, Connective):
            for part in answer.parts:
                if isinstance(part, Judged) and part.truth is UNKNOWN:
                    wanted_facts.update(dict.fromkeys(needs(part, rulebook, grounds)))
        else:
            wanted_facts = dict.fromkeys(_needs(answer, rulebook))
        ground.needs = tuple(wanted_facts)
    return ground.needs


def _needs(answer: Part, rulebook: Rulebook) -> Iterator[Need]:
    if isinstance(answer, Found):
        yield from needs_of_lookup(answer, rulebook)
    elif isinstance(answer, Judged) and isinstance(answer.node, AgainstLimit) and "missing" in answer.reasons:
        yield need_of_limit(answer.node, answer.parts[0], rulebook)
    elif isinstance(answer, Judged) and isinstance(answer.node, Confirmed) and does_not_arise(answer, rulebook):
        return
    for part in deciding(answer):
        yield from _needs(part, rulebook)


def need_of_limit(node: AgainstLimit, found: Part, rulebook: Rulebook) -> Need:
    """The limit of normal that a result came without."""
    if not isinstance(found, Found):
        raise AssertionError("what is held to a limit of normal is a result")
    lab = rulebook.labs[found.subject]
    return Need("lab", lab.name, limit_wanted(lab.title, node.which))


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
                    yield Need(concept.kind, concept.name, f"Date of {onset(lookup)}")
        case None if found.subject == "age":
            if found.reasons:
                is_partial = "imprecise_date" in found.reasons
                yield Need("birth_date", "birth_date", "Full date of birth" if is_partial else "Date of birth")
        case None if found.subject == "sex":
            if found.reasons:
                yield Need("sex", "sex", "Sex")
        case None:
            if found.reasons:
                question = rulebook.questions[found.subject]
                yield Need("question", question.name, f"{capital(question.asked_of)}: {question_in_short(question)}")


def question_in_short(question: Question) -> str:
    """A question as a list of things to find out asks it: `Highly allergic?`, `Consent?`"""
    text = question.short or question.title
    return text if text.endswith("?") else f"{text}?"


def waits_for_anchor_alone(found: Found) -> bool:
    """Whether the day that a lookup counts from is open, while its results have days of their own.

    That day is an onset on record, or that of an entry that nobody has dated or read: the hemoglobin within 7 days of
    its onset.
    """
    scope = getattr(found.lookup, "scope", None)
    is_of_entry = scope is not None and scope.anchor == "its onset" and bool(found.reasons)
    is_of_onset = found.anchor is not None and bool(found.anchor.reasons)
    if not (is_of_entry or is_of_onset) or not {*found.reasons} <= {"undated", "imprecise_date"}:
        return False
    days = [fact.when for fact in (*found.used, *found.set_aside) if isinstance(fact, Result)]
    return all(when is not None and when.is_one_day for when in days)


def _need_of_result(found: Found, lookup: ValueLookup | ChangeLookup, rulebook: Rulebook) -> Need:
    fact = rulebook.fact(found.subject)
    kind: NeedKind = "lab" if found.subject in rulebook.labs else "finding"
    title = capital(fact.title)
    when = in_time(lookup.scope, rulebook)
    if isinstance(lookup, ChangeLookup):
        each = "time" if lookup.scope.back is not None and lookup.scope.back.unit == "hours" else "date"
        return Need(kind, fact.name, f"{title}: two results{when}, each with its {each}")
    reason = found.reasons[0] if found.reasons else "missing"
    match reason:
        case "stale":
            text = to_measure(fact, "again")
        case "undated" | "imprecise_date":
            text = f"{title}: exact date of the result"
        case "unit":
            text = _need_of_unit(found, title, getattr(fact, "unit", "1"))
        case "impossible":
            text = f"{title}{when}: corrected result"
        case "censored":
            text = f"{title}: exact value"
        case "conflict":
            text = f"{title}: which result is right?"
        case _ if _is_of_an_earlier_time(lookup.scope, rulebook):
            text = f"{title}{when} (old results)"
        case _:
            text = f"{title}{when}" if when else to_measure(fact)
    return Need(kind, fact.name, text)


def to_measure(fact: Lab | Finding, how: str = "") -> str:
    """A result that is wanted: `Measure INR again`. A finding is examined, so its name alone stands there."""
    named = f"Measure {lowered(fact.title)}" if isinstance(fact, Lab) else capital(fact.title)
    return f"{named} {how.strip()}".strip()


def limit_wanted(title: str, which: str) -> str:
    """What is wanted of a result whose own limit of normal decides."""
    return f"{capital(title)}: its {which} limit of normal"


def _is_of_an_earlier_time(scope: Scope | None, rulebook: Rulebook) -> bool:
    """Whether a result is looked for before something that happened: measuring today gives none."""
    return scope is not None and isinstance(rulebook.lookups.get(scope.anchor), OnsetLookup)


def _need_of_unit(found: Found, title: str, unit: str) -> str:
    """A unit that nobody wrote down, or a result in a unit that can be converted."""
    if all(fact.recorded_unit is None for fact in found.used if isinstance(fact, Result)):
        return f"{title}: unit of the result"
    return f"{title}{_in_usable_unit(unit)}"


def _in_usable_unit(unit: str) -> str:
    return f" in {unit} or a unit like it" if unit_after(unit) else " as a pure number"


def _needs_of_event(found: Found, lookup: EventLookup, rulebook: Rulebook) -> Iterator[Need]:
    for fact in found.used:
        if isinstance(fact, Episode) and fact.only_may_be and found.truth is UNKNOWN:
            yield need_of_entry(fact, rulebook)
        elif isinstance(fact, Episode) and found.truth is UNKNOWN:
            concept = rulebook.concepts[fact.concept]
            if fact.shown_by_result:
                yield from _results_to_repeat(fact, found.reasons, concept, rulebook)
            for text in dict.fromkeys(_gaps_of_episode(fact, found.reasons, lookup, rulebook)):
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
        return Need("entry", entry.source, what_is(entry, rulebook))
    title = lowered(rulebook.concepts[entry.concept].title)
    of = _PREPOSITIONS.get(entry.list, "")
    called = entry_called(entry, rulebook)
    if entry.called in rulebook.concepts:
        return Need("entry", entry.source, f"{capital(of + title)} as well as {called}? ({entry.source})")
    is_treatment = entry.list == "medications" and rulebook.concepts[entry.concept].kind != "drug"
    asked = f"given for {title}" if is_treatment else f"is it {of}{title}"
    return Need("entry", entry.source, f"{capital(called)}: {asked}? ({entry.source})")


def what_is(entry: Episode, rulebook: Rulebook) -> str:
    """The question about an entry that nobody could read."""
    return f"What is {entry_called(entry, rulebook)}? ({entry.source})"


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
        yield Need(kind, name, to_measure(rulebook.fact(name), f"again{unit}"))


def _gaps_of_episode(
    episode: Episode, reasons: Sequence[Reason], lookup: EventLookup, rulebook: Rulebook
) -> Iterator[str]:
    """What an entry leaves open, as questions: `Dialysis: done?`

    A bleeding of 18 Nov without an end is asked for its dates where a rule looks back; where the rule asks whether
    there is one now, it is asked whether it is still there.
    """
    is_now = lookup.verb in NOW and episode.end is None and not (episode.ongoing or episode.ended)
    title = capital(rulebook.concepts[episode.concept].title)
    called = capital(_called(episode, rulebook))
    if episode.doubtful:
        yield _doubt(episode, title, called)
        return
    if lookup.times > 1 and SEVERAL in episode.flags:
        yield f"{called}: which, one by one?"
    for reason in reasons:
        match reason:
            case "undated" | "imprecise_date" if is_now and not episode.shown_by_result:
                yield _present(episode, title, called)
            case "undated" | "imprecise_date":
                yield f"{title} since when?" if episode.shown_by_result else f"{title}: exact dates?"
            case "unspecific":
                if kinds := _kinds_asked(episode, lookup, rulebook):
                    yield f"{called}: {_PREPOSITIONS.get(episode.list, '')}{kinds}?"
            case "conflict" if episode.outlives_its_end:
                yield _present(episode, title, called)
            case "conflict":
                yield f"{title}: present or absent?"
            case "stale" if not episode.shown_by_result:
                yield _present(episode, title, called)
            case "missing" if episode.list == "plans" and VERBS[lookup.verb].reads_plans:
                yield f"{called} was planned: done?"


def _doubt(episode: Episode, title: str, called: str) -> str:
    """What would settle an entry that leaves everything open: an ambiguous result, an order, a suspicion."""
    if episode.shown_by_result:
        return f"{title}: there or not? The result leaves it open"
    match episode.list:
        case "medications":
            return f"{called}: taken?"
        case "procedures":
            return f"{called}: done?"
        case "plans":
            return f"{called}: still planned?"
        case _:
            return f"{called}: certain?"


STILL_THERE = ": still there?"


def _present(episode: Episode, title: str, called: str) -> str:
    """What would settle whether something still goes on, if the record last mentioned it too long ago."""
    match episode.list:
        case "plans":
            return f"{title} was planned: what became of it?"
        case "medications":
            return f"{called}: still taken?"
        case "conditions":
            return f"{title}{STILL_THERE}"
        case _:
            return f"{called}: still going on?"


def _kinds_asked(episode: Episode, lookup: EventLookup, rulebook: Rulebook) -> str:
    """The concepts named by a rule that an entry of a broader concept may be."""
    named = [each.concept for each in (*lookup.what, *lookup.exceptions)]
    concepts = [rulebook.concepts[name] for name in named]
    return either(sorted(lowered(each.title) for each in concepts if each.name in episode.may_be))


_PREPOSITIONS: dict[RecordList, str] = {"allergies": "to ", "family_history": "of "}


def _called(episode: Episode, rulebook: Rulebook) -> str:
    """An entry as the subject of a question: `allergy to drugs`; a title that is itself a series in quotes."""
    title = lowered(rulebook.concepts[episode.concept].title)
    match episode.list:
        case "allergies":
            return f"allergy to {title}"
        case "family_history":
            return f"family history of {title}"
        case _:
            return f"“{title}”" if ", " in title else title


def qualities_open(episode: Episode, lookup: EventLookup, rulebook: Rulebook) -> tuple[str, ...]:
    """What a rule asks and the entry does not state: `Basal cell carcinoma: cured?` If the entry only may be the
    concept, the question is what it is."""
    if episode.only_may_be:
        return ()
    asked: dict[str, None] = {}
    if episode.ended and lookup.verb in NOW:
        return ()
    for each in (*lookup.what, *lookup.exceptions):
        concept = rulebook.concepts[each.concept]
        if episode.concept in (concept.name, *concept.narrower):
            asked.update(dict.fromkeys(name for name in each.qualifiers if not states(episode, name)))
    called = capital(_called(episode, rulebook))
    others = either(name for name in asked if name != "stage")
    stage = f"{called}: which stage?" if "stage" in asked else ""
    return tuple(text for text in (stage, others and f"{called}: {others}?") if text)


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


def question_about(lookup: EventLookup, what: tuple[Qualified, ...], rulebook: Rulebook, but: str = "") -> str:
    """What to find out about part of what an event lookup asks: `Drug abuse in the past 5 years?`, `Pregnancy now?`,
    `Liver transplantation, ever?`. `but` is what the question leaves out, with a comma before it."""
    asked = said_once(rulebook, ("question", lookup.name, what), lambda: _question_about(lookup, what, rulebook))
    return f"{asked}{but}?"


def _question_about(lookup: EventLookup, what: tuple[Qualified, ...], rulebook: Rulebook) -> str:
    named, when = wanted(what, rulebook), in_time(lookup.scope, rulebook)
    match lookup.verb:
        case "history of" | "underwent" | "treated with":
            asked = f"{named}{when or EVER}"
        case "onset of":
            asked = f"new {named}{when or EVER}"
        case "start of":
            asked = f"start of {named}{when or EVER}"
        case "current" | "receiving" | "taking":
            asked = f"{named} now"
        case "planned":
            asked = f"{named} planned{when}"
        case "family history of":
            asked = f"{named} in the family"
        case "allergy to":
            asked = f"{'more than one ' if lookup.times > 1 else ''}{allergies(what, rulebook)}"
    return capital(asked)


EVER = ", ever"


def results_of(answer: Judged | Measured, grounds: Grounds | None = None) -> Iterator[Result]:
    """The results of labs and findings that an answer used."""
    for found in consulted(answer, grounds):
        for fact in found.used:
            if isinstance(fact, Result):
                yield fact
