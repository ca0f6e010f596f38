"""The facts that a record lacks, each as one thing to find out on the ward, with all that it may turn out to be.

They are gathered from the open answers of a screening and named as the report names them (`grounds.Need`). One fact may
be read by several lookups, criteria and trials: a new result of a lab is one result wherever it is read. What an open
answer waits for that is no such fact, an onset that nobody dated, say, is left out: see `docs/advice.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from typing import Any as Anything
from typing import Literal

import msgspec
from msgspec import Struct

from screener.advice.reach import EventAsked, ReadByRules, Subjects
from screener.advice.supposing import Entry, Possibility
from screener.evaluation.answers import Found, Judged, Measured
from screener.evaluation.evaluator import UNKNOWN_AGE, stretch_of
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import (
    deciding,
    does_not_arise,
    entry_called,
    limit_wanted,
    need_of_entry,
    needs_of_lookup,
    question_about,
    question_in_short,
    states,
    to_measure,
    waits_for_anchor_alone,
    what_is,
)
from screener.evaluation.instants import Stretch, ahead_of
from screener.evaluation.phrases import capital, in_time, lowered, unit_after, wanted
from screener.evaluation.results import possible_values, window_of_freshness
from screener.records.notes import some_of
from screener.records.patient import Answer, Episode, Patient, Result
from screener.rulebook import (
    AHEAD,
    BEGAN,
    NOW,
    TIMELESS,
    AgainstLimit,
    AtTime,
    ChangeLookup,
    Concept,
    Confirmed,
    EventLookup,
    Finding,
    Lab,
    Rulebook,
    ValueLookup,
)
from screener.screening import CriterionResult, which_reading
from screener.values.dates import Duration, Moment, completed_years, day_shifted, on_day, span_of_days
from screener.values.numerals import ROMAN
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN

Scale = Literal["measured", "whole", "limit", "named"]
SUPPOSED = "supposed"


class MissingFact(Struct, frozen=True):
    """A missing fact: one thing to find out. `kind`, `name` and `text` are those of the report's Need.

    `trial` is set where it is asked for one trial only, `source` where it is about what the record says in one place.
    A *measured* or *whole* number lies in `domain`, and its possibilities are made from parts of that (`possibility`);
    a *named* fact has the few of `named`.
    """

    key: tuple[str, ...]
    kind: str
    name: str
    text: str
    subjects: Subjects
    scale: Scale = "named"
    trial: str = ""
    source: str = ""
    named: tuple[Possibility, ...] = ()
    domain: Range | None = None
    when: Moment | None = None
    replaces: tuple[Result, ...] = ()
    title: str = ""
    unit: str = ""
    only_beside: bool = False
    """It says something only together with another result of the same lab."""
    is_in_part: bool = False
    """It may also turn out to be something that is not listed here."""
    found_by: str = "chart"
    """How it is found: see `statements.Missing`."""


def possibility(fact: MissingFact, part: Range, frame: Frame) -> Possibility:
    """The possibility that a number lies in a part of its domain."""
    if fact.kind == "birth_date":
        return Possibility(range=part, birth=_born(part, frame))
    if fact.scale == "limit":
        # A limit of normal is one number to the engine: the part is one between two multiples, and any in it will do.
        limit = Fraction(part.low) if part.is_exact else (Fraction(part.low) + Fraction(part.high)) / 2
        return Possibility(range=part, results=(_exchange(fact.replaces, {f"{fact.key[1]}_limit": limit}),))
    if fact.replaces:
        known = {"value": part, "exact": None, "unusable": None, "problem": None}
        return Possibility(range=part, results=(_exchange(fact.replaces, known),))
    new = Result(fact.name, SUPPOSED, "", when=fact.when, value=part)
    return Possibility(range=part, results=(Entry(fact.name, (), (new,)),))


def _exchange(old: tuple[Result, ...], known: dict[str, Anything]) -> Entry:
    return Entry(old[0].fact, old, tuple(msgspec.structs.replace(each, **known) for each in old))


def _born(ages: Range, frame: Frame) -> Moment:
    """The days on which somebody was born who has this age in completed years on the day of screening."""
    today, known = frame.as_of, frame.patient.birth
    first = _days_earlier(today, int(ages.high) + 1)
    while completed_years(first, today) > ages.high:
        first += 1
    last = _days_earlier(today, int(ages.low))
    while completed_years(last, today) < ages.low:
        last -= 1
    if known is not None:
        first, last = max(first, known.first_day), min(last, known.last_day)
    return span_of_days(first, last)


def _days_earlier(day: int, years: int) -> int:
    return day_shifted(day, Duration(years, "years"), -1)


# ---- gathering


class Gathering:
    """The facts gathered so far: those of lookups' answers, by identity, because criteria and trials share them; and
    those of entries that leave open what they are, with the lookups that each leaves open."""

    def __init__(self) -> None:
        self.of_lookups: dict[int, tuple[MissingFact, ...]] = {}
        self.of_entries: dict[str, MissingFact] = {}
        self.left_open: dict[str, set[str]] = {}
        self._may_be: dict[str, set[str]] | None = None

    def may_be(self, source: str, patient: Patient) -> list[str]:
        """The concepts that an entry may be, wherever the record is asked for them."""
        if self._may_be is None:
            self._may_be = {}
            for of_list in patient.may_be.values():
                for name, those in of_list.items():
                    for one in those:
                        self._may_be.setdefault(one.source, set()).add(name)
        return sorted(self._may_be.get(source, ()))


def reading_wanted(result: CriterionResult) -> MissingFact | None:
    """Which of its readings a criterion means, where they come to different answers."""
    if len({judged.truth for judged in result.counted}) == 1:
        return None
    key = f"{result.frame.trial}/{result.id}"
    labels = [reading.label or "" for reading in result.criterion.readings]
    return MissingFact(
        ("reading", key),
        "reading",
        key,
        which_reading(labels),
        frozenset([f"reading {key}"]),
        trial=result.frame.trial,
        found_by="sponsor",
        named=tuple(
            Possibility(f"“{label}”", answers=(Answer(key, SUPPOSED, reading=number),))
            for number, label in enumerate(labels, start=1)
        ),
    )


def facts_of_node(
    answer: Judged | Measured | Found, frame: Frame, reach: ReadByRules, gathering: Gathering
) -> Iterator[MissingFact]:
    """The missing facts that one open node waits for."""
    match answer:
        case Found(lookup=None):
            if answer.reasons:
                yield from _of_person(answer, frame)
        case Found():
            known = gathering.of_lookups.get(id(answer))
            if known is None:
                known = gathering.of_lookups[id(answer)] = tuple(_facts_of_lookup(answer, frame, reach, gathering))
            yield from known
        case Judged(node=AtTime()):
            # What a moved clock sees is no fact of today.
            return
        case Judged(node=Confirmed()) if does_not_arise(answer, frame.rulebook):
            return
        case Judged(node=AgainstLimit()) if "missing" in answer.reasons:
            yield from _limits_of_normal(answer, frame, reach)
    for part in deciding(answer):
        yield from facts_of_node(part, frame, reach, gathering)


def _facts_of_lookup(found: Found, frame: Frame, reach: ReadByRules, gathering: Gathering) -> Iterator[MissingFact]:
    match found.lookup:
        case ValueLookup() as lookup:
            if lookup.scope is None or lookup.scope.anchor != "its onset":
                yield from _result(found, lookup, frame, reach)
        case ChangeLookup() as lookup:
            if lookup.scope.anchor != "its onset":
                yield from _results_of_change(found, lookup, frame, reach)
        case EventLookup() as lookup:
            yield from _event(found, lookup, frame, reach, gathering)


def _text(found: Found, rulebook: Rulebook) -> str:
    return next(need.text for need in needs_of_lookup(found, rulebook))


# ---- results


def _result(found: Found, lookup: ValueLookup, frame: Frame, reach: ReadByRules) -> Iterator[MissingFact]:
    if not found.reasons or waits_for_anchor_alone(found):
        return
    fact, text = frame.rulebook.fact(lookup.fact), _text(found, frame.rulebook)
    unsettled = tuple(each for each in found.used if isinstance(each, Result))
    if not unsettled:
        when = _time_of_new(lookup, frame)
        if when is not None:
            made = _of_result(fact, text, when, (), possible_values(fact), frame, reach)
            if when != on_day(frame.as_of):
                title = f"{lowered(fact.title)}{in_time(lookup.scope, frame.rulebook)}"
                made = msgspec.structs.replace(made, text=f"{capital(title)} (old results)", title=title)
            yield made
    elif found.reasons == ("conflict",):
        yield _which(fact, text, unsettled, frame, reach)
    elif len(unsettled) == 1 and not found.may_lack and set(found.reasons) <= _CAN_BE_REPLACED:
        known = unsettled[0].value or possible_values(fact)
        yield _of_result(fact, text, unsettled[0].when, unsettled, known, frame, reach)


_CAN_BE_REPLACED = {"unit", "impossible", "censored", "missing"}


def _time_of_new(lookup: ValueLookup, frame: Frame) -> Moment | None:
    """When a result would have been taken that a lookup finds: today, or where the lookup looks; None if that is not
    known."""
    if lookup.scope is None:
        return on_day(frame.as_of)
    stretch, _ = stretch_of(lookup.scope, frame)
    if stretch is None:
        return None
    if stretch.holds(on_day(frame.as_of)) is TRUE:
        return on_day(frame.as_of)
    return Moment(stretch.last_start, stretch.first_end) if stretch.last_start <= stretch.first_end else None


def _of_result(
    fact: Lab | Finding,
    text: str,
    when: Moment | None,
    replaces: tuple[Result, ...],
    domain: Range,
    frame: Frame,
    reach: ReadByRules,
) -> MissingFact:
    key = ("result", fact.name, *((each.source for each in replaces) if replaces else _place(when)))
    named: tuple[Possibility, ...] = ()
    if isinstance(fact, Finding) and fact.choices:
        left = replaces[0].choices if replaces else None
        those = [choice for choice in fact.choices if left is None or choice in left]
        named = tuple(Possibility(each, results=(_choice(fact, each, when, replaces),)) for each in those)
    return _measured(
        fact,
        key,
        text,
        frozenset(_seen_by(fact.name, when, frame, reach)),
        scale="named" if named else "measured" if isinstance(fact, Lab) else "whole",
        source=replaces[0].source if replaces else "",
        named=named,
        domain=None if named else domain,
        when=when,
        replaces=replaces,
        found_by="measure" if not replaces and when == on_day(frame.as_of) else "old result",
    )


def _measured(
    fact: Lab | Finding, key: tuple[str, ...], text: str, subjects: Subjects, **more: Anything
) -> MissingFact:
    """A fact about a lab or finding."""
    kind, unit = ("lab", fact.unit) if isinstance(fact, Lab) else ("finding", "")
    return MissingFact(key, kind, fact.name, text, subjects, **{"title": lowered(fact.title), "unit": unit, **more})


def _choice(fact: Finding, choice: str, when: Moment | None, replaces: tuple[Result, ...]) -> Entry:
    """The result with one of the choices: a new one, or those on record as they would be."""
    only = frozenset([choice])
    if replaces:
        return _exchange(replaces, {"choices": only, "unusable": None, "problem": None})
    return Entry(fact.name, (), (Result(fact.name, SUPPOSED, choice, when=when, choices=only),))


def _seen_by(name: str, when: Moment | None, frame: Frame, reach: ReadByRules) -> Iterator[str]:
    """The subjects that a result of that time belongs to."""
    yield f"result {name}"
    yield f"sign {name}"
    for lookup in reach.by_result.get(name, ()):
        if when is None or (lookup.scope is not None and lookup.scope.anchor == "its onset"):
            yield f"lookup {lookup.name}"
            continue
        if lookup.scope is None and isinstance(lookup, ValueLookup):
            stretch: Stretch | None = window_of_freshness(lookup, frame)
        else:
            stretch, _ = stretch_of(lookup.scope, frame)
        if stretch is not None and stretch.holds(when) is not FALSE:
            yield f"lookup {lookup.name}"


def _place(when: Moment | None) -> tuple[str, ...]:
    return () if when is None else (str(when.first), str(when.last))


def _which(
    fact: Lab | Finding, text: str, results: tuple[Result, ...], frame: Frame, reach: ReadByRules
) -> MissingFact:
    """Which of several results is right: the others are taken out."""
    named = tuple(
        Possibility(
            f"{right.recorded_value}{unit_after(right.recorded_unit)}",
            results=(Entry(fact.name, tuple(each for each in results if each is not right)),),
        )
        for right in results
    )
    sources = [each.source for each in results]
    subjects = frozenset(_seen_by(fact.name, None, frame, reach))
    told = {"source": ", ".join(sources), "named": named, "unit": "", "found_by": "old result"}
    return _measured(fact, ("which", fact.name, *sources), text, subjects, **told)


def _results_of_change(found: Found, lookup: ChangeLookup, frame: Frame, reach: ReadByRules) -> Iterator[MissingFact]:
    """A change needs a result of today and an earlier one; which of the two is lacking."""
    stretch, _ = stretch_of(lookup.scope, frame)
    if not found.reasons or not found.may_lack or stretch is None or lookup.scope.anchor != "clock":
        return
    used = [each for each in found.used if isinstance(each, Result)]
    if any(each.unusable is not None or each.when is None for each in used) or len(used) > 1:
        return
    lab = frame.rulebook.fact(lookup.fact)
    title, today, possible = lowered(lab.title), on_day(frame.as_of), possible_values(lab)
    is_of_today = any(each.when is not None and each.when.last >= today.first for each in used)
    if not is_of_today:
        text = to_measure(lab, "again" if frame.patient.results.get(lab.name) else "")
        yield _of_result(lab, text, today, (), possible, frame, reach)
    if (not used or is_of_today) and stretch.last_start < today.first:
        window = Moment(stretch.last_start, today.first - 1)
        when = in_time(lookup.scope, frame.rulebook)
        earlier = _of_result(
            lab, f"An earlier result of {title}{when}, with its date", window, (), possible, frame, reach
        )
        latest = {
            f"lookup {each.name}"
            for each in reach.by_result[lab.name]
            if isinstance(each, ValueLookup) and each.scope is None and each.pick == "latest"
        }
        yield msgspec.structs.replace(
            earlier,
            key=("earlier", lab.name, str(lookup.scope.back)),
            subjects=earlier.subjects - latest,
            title=f"an earlier {title}{when}",
            only_beside=not is_of_today,
        )


def _limits_of_normal(answer: Judged, frame: Frame, reach: ReadByRules) -> Iterator[MissingFact]:
    node, found = answer.node, answer.parts[0]
    if not isinstance(node, AgainstLimit) or not isinstance(found, Found):
        return
    used = tuple(each for each in found.used if isinstance(each, Result))
    lab = frame.rulebook.labs[found.subject]
    limits = lab.limits_in_use(node.which, frame.patient.sex)
    if len(used) != 1 or used[0].value is None or not used[0].value.is_exact or found.may_lack or not limits:
        return
    domain = Range(
        float(min(Fraction(limit.low) for limit in limits)), float(max(Fraction(limit.high) for limit in limits))
    )
    yield _measured(
        lab,
        ("limit", node.which, used[0].source),
        limit_wanted(lab.title, node.which),
        frozenset(_seen_by(lab.name, used[0].when, frame, reach)),
        scale="limit",
        source=used[0].source,
        domain=domain,
        replaces=used,
        title=f"{node.which} limit of normal of {lowered(lab.title)}",
        found_by="old result",
    )


# ---- the patient, and what people answer


def _of_person(found: Found, frame: Frame) -> Iterator[MissingFact]:
    rulebook = frame.rulebook
    need = next(needs_of_lookup(found, rulebook))
    match found.subject:
        case "age":
            domain = found.range or UNKNOWN_AGE
            subjects = frozenset(["age"])
            yield MissingFact(
                ("age",), need.kind, need.name, need.text, subjects, "whole", domain=domain, title="age", unit="years"
            )
        case "sex":
            sexes = (Possibility("female", sex="female"), Possibility("male", sex="male"))
            yield MissingFact(("sex",), need.kind, need.name, need.text, frozenset(["sex"]), named=sexes, title="sex")
        case name:
            question = rulebook.questions[name]
            key = name if question.once_for_all else f"{frame.trial}/{name}"
            today = on_day(frame.as_of)
            named = tuple(
                Possibility(word, answers=(Answer(key, SUPPOSED, value=value, when=today),))
                for word, value in (("yes", True), ("no", False))
            )
            yield MissingFact(
                ("question", key),
                need.kind,
                need.name,
                need.text,
                frozenset([f"question {name}"]),
                trial="" if question.once_for_all else frame.trial,
                named=named,
                title=question_in_short(question),
                found_by=question.asked_of,
            )


# ---- events


def _event(
    found: Found, lookup: EventLookup, frame: Frame, reach: ReadByRules, gathering: Gathering
) -> Iterator[MissingFact]:
    if found.truth is not UNKNOWN:
        return
    for name in found.lacking:
        yield _yes_or_no(lookup, name, frame, reach)
    for episode in found.used:
        if isinstance(episode, Episode) and episode.only_may_be:
            fact = gathering.of_entries.get(episode.source)
            if fact is None:
                fact = gathering.of_entries[episode.source] = _what_it_is(episode, frame, reach, gathering)
            gathering.left_open.setdefault(episode.source, set()).add(lookup.name)
            yield fact
        elif isinstance(episode, Episode) and not episode.shown_by_result:
            yield from _qualities(episode, lookup, frame)


def _what_it_is(entry: Episode, frame: Frame, reach: ReadByRules, gathering: Gathering) -> MissingFact:
    """What an entry is that leaves it open: none of what rules ask for, or one of the things that it may be. One look
    at it settles every line that waits for it."""
    need = need_of_entry(entry, frame.rulebook)
    is_named = entry.called in frame.rulebook.concepts
    subject = entry_called(entry, frame.rulebook)
    called = f"What else is {subject}? ({entry.source})" if is_named else what_is(entry, frame.rulebook)
    wanted_names = gathering.may_be(entry.source, frame.patient)
    lookups = {each.lookup.name for name in wanted_names for each in reach.asked_about.get(name, ())}
    titles = {name: lowered(frame.rulebook.concepts[name].title) for name in wanted_names}
    named = [Possibility("none of these", settled=((entry.source, ""),))]
    if len(wanted_names) <= MOST_KINDS:
        named += [Possibility(titles[name], settled=((entry.source, name),)) for name in wanted_names]
    return MissingFact(
        ("entry", entry.source),
        need.kind,
        need.name,
        called,
        frozenset([*(f"event {each}" for each in lookups), *(f"concept {name}" for name in wanted_names)]),
        source=entry.source,
        named=tuple(named),
        is_in_part=len(wanted_names) > MOST_KINDS,
        title=f"{entry_called(entry, frame.rulebook)} ({entry.source})",
    )


MOST_KINDS = 12
"""Of an entry that may be more things than these, advice tells only what follows if it is none of them."""
MOST_ALONE = 3
"""Entries that are each a fact of its own although they leave the same open."""


def together(entries: Collection[MissingFact], gathering: Gathering) -> Iterator[tuple[MissingFact, ...]]:
    """The facts of entries, grouped into one fact where they leave the same lookups open, and either all that is said
    of each is what follows if it is none of what rules ask for, or they are many.

    Twelve diagnoses that nobody could read leave the same open, and no line is settled before all twelve are known:
    that is one thing to find out. A thirteenth, of last week, also leaves open whether there was an infection this
    month: it is a fact of its own.
    """
    alike: dict[frozenset[str], list[MissingFact]] = {}
    for fact in entries:
        alike.setdefault(frozenset(gathering.left_open[fact.source]), []).append(fact)
    for those in alike.values():
        if len(those) > MOST_ALONE:
            yield tuple(those)
        else:
            yield tuple(fact for fact in those if len(fact.named) == 1)
            yield from ((fact,) for fact in those if len(fact.named) > 1)


def as_one(entries: Sequence[MissingFact]) -> MissingFact:
    """Several entries as one fact: what is known is that each of them is none of what rules ask for."""
    sources = [fact.source for fact in entries]
    places = f"{len(entries)} entries ({some_of(sources)})"
    settled = tuple((source, "") for source in sources)
    return msgspec.structs.replace(
        entries[0],
        key=("entry", *sources),
        name=", ".join(sources),
        text=f"What are {places}?",
        subjects=frozenset[str]().union(*(fact.subjects for fact in entries)),
        source=", ".join(sources),
        named=(Possibility("none of these", settled=settled),),
        is_in_part=True,
        title=f"each of {places}",
    )


def _yes_or_no(lookup: EventLookup, name: str, frame: Frame, reach: ReadByRules) -> MissingFact:
    rulebook = frame.rulebook
    about = tuple(what for what in lookup.what if what.concept == name)
    text = question_about(lookup, about, rulebook, _spared(lookup, rulebook))
    asked = EventAsked(lookup, name, about)
    yes: set[str] = set()
    no: set[tuple[str, str]] = set()
    for same in reach.asked_about.get(name, ()):
        if same.lookup.list != lookup.list:
            continue
        if _implies(same, asked, frame):
            no.add((same.lookup.name, same.concept))
        if _implies(asked, same, frame) and not _may_be_of_other_sex(name, same.concept, frame):
            yes.add(same.lookup.name)
    kind = {"allergies": "allergy", "family_history": "family_history", "plans": "plan"}.get(
        lookup.list, rulebook.concepts[name].kind
    )
    special = (str(lookup.times), repr(lookup.exceptions), repr(lookup.beside)) if _is_special(lookup) else ()
    return MissingFact(
        ("event", lookup.list, name, lookup.verb, text, *special),
        kind,
        name,
        text,
        frozenset(f"event {each}" for each in yes.union(each for each, _ in no)),
        named=(Possibility("yes", happened=frozenset(yes)), Possibility("no", cleared=frozenset(no))),
        title=text,
    )


def _spared(lookup: EventLookup, rulebook: Rulebook) -> str:
    """What a question leaves out, how often it must have been, and what must hold with it."""
    times = f", at least {lookup.times} times" if lookup.times > 1 and lookup.verb != "allergy to" else ""
    exceptions = f", except {wanted(lookup.exceptions, rulebook)}" if lookup.exceptions else ""
    _, _, rule = lookup.name.partition(" with ")
    beside = f", with {rule.replace('_', ' ')}" if lookup.beside is not None else ""
    return times + exceptions + beside


def _is_special(lookup: EventLookup) -> bool:
    return lookup.times > 1 or bool(lookup.exceptions) or lookup.beside is not None


def _implies(narrow: EventAsked, wide: EventAsked, frame: Frame) -> bool:
    """Whether whatever is an instance of the one is certainly one of the other: so a yes to the one is a yes to the
    other, and a no to the other is a no to the one."""
    one, other = narrow.lookup, wide.lookup
    concepts = frame.rulebook.concepts
    if narrow.concept != wide.concept and narrow.concept not in concepts[wide.concept].narrower:
        return False
    qualified = any(not each.qualifiers for each in wide.what) or (
        narrow.concept == wide.concept and set(narrow.what) <= set(wide.what)
    )
    special = other.times <= one.times and (
        (not other.exceptions and other.beside is None)
        or (other.exceptions == one.exceptions and other.beside == one.beside)
    )
    return qualified and special and _lies_within(one, other, frame)


def _lies_within(one: EventLookup, other: EventLookup, frame: Frame) -> bool:
    """Whether what is in time for the one is in time for the other."""
    if one.verb == other.verb and one.scope == other.scope:
        return True
    if one.verb in TIMELESS or other.verb in TIMELESS or "its onset" in _anchors(one, other):
        return False
    if (one.verb in AHEAD) != (other.verb in AHEAD):
        return False
    if other.verb in NOW:
        return one.verb in NOW and one.scope == other.scope
    if other.verb in BEGAN and one.verb not in BEGAN:
        return False
    if one.verb in AHEAD:
        first, second = ahead_of(frame.day, one.scope), ahead_of(frame.day, other.scope)
        return first.last_end <= second.first_end
    inner, outer = _when(one, frame), _when(other, frame)
    return (
        inner is not None
        and outer is not None
        and inner.first_start >= outer.last_start
        and inner.last_end <= outer.first_end
    )


def _anchors(*lookups: EventLookup) -> set[str]:
    return {lookup.scope.anchor for lookup in lookups if lookup.scope is not None}


def _when(lookup: EventLookup, frame: Frame) -> Stretch | None:
    if lookup.verb in NOW:
        today = on_day(frame.day)
        return Stretch(today.first, today.first, today.last, today.last)
    return stretch_of(lookup.scope, frame)[0]


def _may_be_of_other_sex(one: str, other: str, frame: Frame) -> bool:
    """Whether a concept is one of a sex that this patient is not known to have: then nothing makes it true."""
    return any(frame.rulebook.concepts[name].only_if not in (None, frame.patient.sex) for name in (one, other))


def _qualities(episode: Episode, lookup: EventLookup, frame: Frame) -> Iterator[MissingFact]:
    """What an entry may state and does not."""
    rulebook = frame.rulebook
    asked = [
        each
        for each in (*lookup.what, *lookup.exceptions)
        if episode.concept in (each.concept, *rulebook.concepts[each.concept].narrower)
    ]
    names = dict.fromkeys(name for each in asked for name in each.qualifiers)
    stages = tuple(dict.fromkeys(stage for each in asked for stage in each.stages))
    concept = rulebook.concepts[episode.concept]
    for name in names:
        if name in _QUALITIES and not states(episode, name):
            yield _quality(episode, concept, name, stages)


_QUALITIES: dict[str, tuple[str, str | bool, str | bool]] = {
    "cured": ("cured", True, False),
    "severe": ("severity", "severe", "moderate"),
    "uncontrolled": ("controlled", False, True),
    "stage": ("stage", "", ""),
}
"""For each quality the field of an entry that states it, and what says yes and no there."""


def _quality(episode: Episode, concept: Concept, name: str, stages: tuple[str, ...]) -> MissingFact:
    field, yes, no = _QUALITIES[name]
    title = capital(concept.title)
    if name == "stage":
        text = f"{title}: which stage? ({episode.source})"
        values: list[tuple[str, str | bool]] = [(f"stage {stage}", stage) for stage in sorted(ROMAN)]
    else:
        text = f"{title}: {name}? ({episode.source})"
        values = [("yes", yes), ("no", no)]
    return MissingFact(
        ("quality", episode.source, name, concept.name),
        concept.kind,
        concept.name,
        text,
        frozenset([f"concept {concept.name}"]),
        named=tuple(
            Possibility(word, stated=((concept.name, episode.source, field, value),)) for word, value in values
        ),
        title=text,
    )
