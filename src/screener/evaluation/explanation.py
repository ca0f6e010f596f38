"""Puts an answer into words for the nurse who reads it. Everything is read off the answer; nothing is computed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from screener.evaluation.answers import Fact, Found, Given, Judged, Measured, Reason
from screener.evaluation.grounds import (
    Grounds,
    Part,
    deciding,
    entry_called,
    leaves,
    qualities_open,
    question_about,
    reasons,
)
from screener.evaluation.phrases import asked, both, capital, either, in_time, lowered, onset, unit_after, wanted
from screener.records.patient import Absence, Answer, Episode, Result
from screener.rulebook import (
    AgainstLimit,
    Age,
    All,
    Any,
    Arithmetic,
    AtLeast,
    AtTime,
    Between,
    Bounded,
    ChangeLookup,
    Choose,
    Compare,
    Confirmed,
    EventLookup,
    Finding,
    Function,
    Happened,
    InUnit,
    IsOneOf,
    Lookup,
    Meets,
    Not,
    Number,
    Numeric,
    OnsetLookup,
    PointsOf,
    RecordList,
    Rulebook,
    ScoreOf,
    SexIs,
    Side,
    Untranslated,
    Value,
    ValueLookup,
)
from screener.values.dates import Moment, as_written, dates_in_words, day_in_words
from screener.values.ranges import Range, exactly, multiply
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

WHY: dict[Reason, str] = {
    "missing": "not on record",
    "stale": "the last result is too old",
    "undated": "the record gives no date",
    "unit": "the result has no usable unit",
    "impossible": "the result on record cannot be",
    "censored": "the result is known only within limits",
    "imprecise_date": "the date is known only in part",
    "conflict": "the record contradicts itself",
    "partial_score": "inputs of the score are missing",
    "ambiguous": "the text can be read in two ways that differ here",
    "unspecific": "the record does not say which kind",
    "unread": "nobody has said yet what an entry stands for",
    "judgement": "a person has to answer",
    "consent": "the participant has to answer",
    "untranslated": "the line has not been translated into a rule yet",
}

OVERTAKEN = "an entry on record may be later"
"""Why a grade is set aside that is not too old."""


class Clause(Struct, frozen=True, gc=False):
    """A statement that stands alone."""

    text: str


class Denied(Struct, frozen=True, gc=False):
    """Something that is not on a complete list of the record, and so is not the case."""

    list: RecordList
    assumed: bool
    concepts: tuple[str, ...]


class Section(Struct, frozen=True, gc=False):
    """Statements under a heading: a definition and what it rests on."""

    heading: str
    statements: tuple[Clause | Denied | Section, ...]


Statement = Clause | Denied | Section


def explain(answers: Sequence[Judged], rulebook: Rulebook, grounds: Grounds | None = None) -> str:
    """What an answer rests on, or the answers of several readings: statements joined by semicolons, each once."""
    grounds = Grounds() if grounds is None else grounds
    words = _joined([statement for answer in answers for statement in _statements(answer, rulebook, grounds)], rulebook)
    return words[:1].upper() + words[1:]


def amount_in_words(answer: Judged, rulebook: Rulebook) -> str:
    """What a comparison compares: `total bilirubin 210 umol/L on 2026-02-18`, `MELD 27`."""
    return _amount(answer.parts[0], rulebook, _limit(answer, rulebook))


def limit_in_words(answer: Judged, rulebook: Rulebook) -> str:
    """The limit of a comparison (`Compare`, `Between`, `AgainstLimit`): `5 mg/dL (85.52 umol/L)`, `17 to 30`."""
    return _limit(answer, rulebook)


def number_text(number: float) -> str:
    """A number as people write it: no trailing zeros, at most four significant decimals."""
    if math.isinf(number):
        return "no limit" if number > 0 else "no lower limit"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.4g}" if abs(number) < 1000 else f"{number:.1f}"


def score_text(number: float) -> str:
    """A score: whole where it is whole, else with two decimals."""
    return str(int(number)) if math.isfinite(number) and number == int(number) else f"{number:.2f}"


def span_text(value: Range, written: Callable[[float], str] = number_text) -> str:
    """A number as far as it is known: `2.1`, `between 5 and 7`, `at most 11.04`."""
    if value.undefined or (math.isinf(value.low) and math.isinf(value.high)):
        return "not known"
    if value.is_exact:
        return written(value.low)
    if math.isinf(value.low):
        return f"at most {written(value.high)}"
    if math.isinf(value.high):
        return f"at least {written(value.low)}"
    return f"between {written(value.low)} and {written(value.high)}"


# ---- an answer's statements


def _statements(answer: Part, rulebook: Rulebook, grounds: Grounds) -> tuple[Statement, ...]:
    """The statements that an answer rests on, in the order of the rule."""
    ground = grounds.of(answer)
    if ground.words is None:
        if not isinstance(answer, Judged):
            raise TypeError("only a truth is put into words")
        if isinstance(answer.node, _LOGIC):
            ground.words = tuple(
                [statement for part in deciding(answer) for statement in _statements(part, rulebook, grounds)]
            )
        else:
            ground.words = tuple(_statements_of_node(answer, rulebook, grounds))
    return ground.words


_LOGIC = (Not, All, Any, AtLeast)


def _statements_of_node(answer: Judged, rulebook: Rulebook, grounds: Grounds) -> Iterator[Statement]:
    """The statements about a node that is more than a connective."""
    match answer.node:
        case Compare() | Between() | AgainstLimit():
            yield Clause(_comparison(answer, rulebook))
        case IsOneOf() as node:
            yield Clause(_category(answer, node, rulebook))
        case SexIs() as node:
            yield Clause(_sex(answer, node))
        case Happened():
            yield _event(answer, rulebook)
        case Confirmed() as node:
            yield from _person(answer, node, rulebook, grounds)
        case Meets() as node:
            yield _definition(answer, node, rulebook, grounds)
        case AtTime() as node:
            yield from _moved_clock(answer, node, rulebook, grounds)
        case Untranslated():
            yield Clause(WHY["untranslated"])


def _joined(statements: Iterable[Statement], rulebook: Rulebook) -> str:
    """Statements, each once. Those about one list, or under one heading, are joined."""
    gathered: dict[object, list[Statement]] = {}
    for statement in statements:
        match statement:
            case Denied():
                gathered.setdefault((statement.list, statement.assumed), []).append(statement)
            case Section():
                gathered.setdefault(statement.heading, []).append(statement)
            case Clause():
                gathered[statement] = [statement]
    return "; ".join(_as_text(group, rulebook) for group in gathered.values())


def _as_text(group: Sequence[Statement], rulebook: Rulebook) -> str:
    match group[0]:
        case Clause(text=text):
            return text
        case Section(heading=heading):
            inner = [statement for section in group if isinstance(section, Section) for statement in section.statements]
            return f"{heading} ({_joined(inner, rulebook)})"
        case Denied(list=list_, assumed=assumed):
            denied = {name for each in group if isinstance(each, Denied) for name in each.concepts}
            broadest = [name for name in _in_order(group) if denied.isdisjoint(rulebook.concepts[name].broader)]
            missing = either(lowered(rulebook.concepts[name].title) for name in broadest)
            return f"{_LACKS.get(list_, 'no')} {missing} in {_named_list(list_, assumed)}"


def _in_order(group: Sequence[Statement]) -> Iterator[str]:
    yield from dict.fromkeys(name for each in group if isinstance(each, Denied) for name in each.concepts)


_LISTS: dict[RecordList, str] = {"family_history": "family history", "plans": "list of planned procedures"}
_LACKS: dict[RecordList, str] = {"allergies": "no allergy to"}


def _named_list(list_: RecordList, assumed: bool) -> str:
    name = _LISTS.get(list_, f"list of {list_}")
    return f"the {name} ({'assumed complete' if assumed else 'complete'})"


# ---- numbers against limits

_HOLDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "exactly"}
_FAILS = {"<": "not below", "<=": "above", ">": "not above", ">=": "below", "=": "not"}


def _comparison(answer: Judged, rulebook: Rulebook) -> str:
    limit = _limit(answer, rulebook)
    measured = answer.parts[0]
    amount = _amount(measured, rulebook, limit)
    operator = answer.node.operator if isinstance(answer.node, Compare | AgainstLimit) else "between"
    if answer.truth is UNKNOWN:
        return f"{amount}; {_HOLDS.get(operator, 'within')} {limit}? Not known yet{_why(answer)}"
    if operator == "between":
        return f"{amount}, {'within' if answer.truth is TRUE else 'outside'} {limit}"
    return f"{amount}, {(_HOLDS if answer.truth is TRUE else _FAILS)[operator]} {limit}"


def _limit(answer: Judged, rulebook: Rulebook) -> str:
    """The limit as the rule writes it, and in the lab's canonical unit if that differs."""
    match answer.node:
        case Compare(right=Number() as number):
            unit = _unit_of(answer.parts[0], rulebook)
            is_canonical = unit is None or number.text.endswith(unit)
            return number.text if is_canonical else f"{number.text} ({number_text(number.value)} {unit})"
        case Compare(right=right):
            return _written(right, rulebook)
        case Between(low=low, high=high):
            low_number, _, low_unit = low.text.partition(" ")
            _, _, high_unit = high.text.partition(" ")
            return f"{low_number if low_unit == high_unit else low.text} to {high.text}"
        case AgainstLimit():
            return _limit_of_normal(answer, answer.node, rulebook)
        case _:
            raise TypeError("not a comparison")


LIMITS: dict[Side, str] = {"upper": "ULN", "lower": "LLN"}
"""The limits of normal as a laboratory writes them."""


def _limit_of_normal(answer: Judged, node: AgainstLimit, rulebook: Rulebook) -> str:
    """A multiple of the limit that came with the result, or of the limits in use."""
    found = answer.parts[0]
    results = [fact for fact in found.used if isinstance(fact, Result)] if isinstance(found, Found) else []
    usable = [each for each in results if each.unusable is None]
    own = [each.own_limit(node.which) for each in usable]
    limit = f"{'' if node.times == '1' else f'{node.times} x '}{LIMITS[node.which]}"
    if len(own) == 1 and own[0] is not None:
        unit = _unit_of(found, rulebook)
        return f"{limit} ({number_text(float(own[0]))}{f' {unit}' if unit else ''})"
    if answer.truth is not UNKNOWN:
        return f"{limit}, whichever limit in use is taken"
    return f"{limit}{', which did not come with the result,' if 'missing' in answer.reasons else ''}"


def _unit_of(part: Part, rulebook: Rulebook) -> str | None:
    """The canonical unit of what a lab's lookup found; None for pure numbers and for what is no lab."""
    match part:
        case Measured(node=Value(), parts=(Found() as found, *_)):
            return _unit_of(found, rulebook)
        case Found(lookup=ValueLookup(fact=name)) if name in rulebook.labs:
            unit = rulebook.labs[name].unit
            return None if unit == "1" else unit
        case _:
            return None


def _why(answer: Judged) -> str:
    """What keeps a comparison open, unless the amount already says so."""
    measured = answer.parts[0]
    if isinstance(measured, Measured) and isinstance(measured.node, ScoreOf):
        return ""
    why = [WHY[reason] for reason in reasons(answer) if reason not in _SAID_BY_AMOUNT]
    return f" ({', '.join(why)})" if why else ""


def keeps_open(score: Measured, rulebook: Rulebook) -> Iterator[tuple[Found, str]]:
    """What keeps a score from being one number, each with the reason. Kinds of what is named are left out: maintenance
    dialysis next to dialysis."""
    if score.range.is_exact:
        return
    open_ = [(found, why) for found in leaves(score) for why in _why_open(found, rulebook)[:1]]
    named = {name for found, _ in open_ for name in _concepts_of(found)}
    for found, why in open_:
        names = _concepts_of(found)
        if not names or any(named.isdisjoint(rulebook.concepts[name].broader) for name in names):
            yield found, why


def _lacking(score: Measured, rulebook: Rulebook) -> str:
    lacking: dict[str, list[str]] = {}
    for found, why in keeps_open(score, rulebook):
        lacking.setdefault(why, []).append(subject_in_words(found, rulebook))
    return f" ({'; '.join(f'{why}: {both(names)}' for why, names in lacking.items())})" if lacking else ""


def _concepts_of(found: Found) -> tuple[str, ...]:
    return tuple(each.concept for each in found.lookup.what) if isinstance(found.lookup, EventLookup) else ()


_SAID_BY_AMOUNT: frozenset[Reason] = frozenset({"missing", "stale", "unit", "impossible", "partial_score"})


def subject_in_words(found: Found, rulebook: Rulebook) -> str:
    """What a lookup is about: `total bilirubin`, `dialysis`."""
    match found.lookup:
        case EventLookup() as lookup:
            return wanted(lookup.what, rulebook)
        case OnsetLookup() as lookup:
            return onset(lookup)
        case ValueLookup() | ChangeLookup() as lookup:
            return lowered(rulebook.fact(lookup.fact).title)
        case None:
            return found.subject


def _amount(part: Part, rulebook: Rulebook, limit: str = "") -> str:
    """What a number is: `total bilirubin 210 umol/L on 2026-02-18`."""
    if isinstance(part, Found):
        return _looked_up(part, rulebook, limit)
    if isinstance(part, Judged):
        raise TypeError("a truth is not an amount")
    match part.node:
        case Value():
            found = part.parts[0]
            if isinstance(found, Found):
                return _looked_up(found, rulebook, limit)
        case Age():
            found = part.parts[0]
            if isinstance(found, Found) and not found.used:
                return "age not on record"
            if isinstance(found, Found) and "impossible" in found.reasons:
                return "age not known, as the one on record cannot be"
            if part.range.high - part.range.low == 1:
                return f"age {number_text(part.range.low)} or {number_text(part.range.high)} years"
            return f"age {span_text(part.range)} years"
        case ScoreOf(name=name):
            title = rulebook.scores[name].title
            colon = ":" if title[-1].isdigit() else ""
            return f"{title}{colon} {span_text(part.range, score_text)}{_lacking(part, rulebook)}"
        case InUnit():
            return _amount(part.parts[0], rulebook, limit)
    return f"{_written(part.node, rulebook)} = {span_text(part.range)}"


def _looked_up(found: Found, rulebook: Rulebook, limit: str = "") -> str:
    lookup = found.lookup
    fact = rulebook.fact(found.subject)
    title = lowered(fact.title)
    if isinstance(lookup, ChangeLookup):
        return _changed(found, lookup, rulebook)
    if not isinstance(lookup, ValueLookup):
        raise TypeError("an amount is looked up")
    pick = f"{lookup.pick} " if lookup.pick != "latest" else ""
    when = in_time(lookup.scope, rulebook)
    what = f"{pick}{title}{when}"
    results = [each for each in found.used if isinstance(each, Result)]
    if not results:
        stale = [each for each in found.set_aside if isinstance(each, Result)]
        if found.used and isinstance(fact, Finding):
            return f"{title} counts as {_graded(found)}, because {_why_graded(found, fact, rulebook)}"
        if stale:
            return f"{what} not known: the last result, {_as_recorded(stale[-1])}, is too old"
        if found.anchor is not None and found.anchor.reasons:
            return f"{what} not known ({onset_of(found.anchor)}: {WHY[found.anchor.reasons[0]]})"
        return f"{what} not on record"
    if all(each.unusable for each in results):
        return f"{what} not known: {', '.join(_unusable(each) for each in results[:4])}"
    if lookup.pick in ("highest", "lowest") and found.range is not None and found.range.is_exact:
        results = [each for each in results if each.value == found.range]
    unit = _unit_of(found, rulebook)
    values = [_as_recorded(each, _converted(each, unit, limit)) for each in results[:4]]
    return f"{what}{':' if when else ''} {' or '.join(values)}"


def _unusable(result: Result) -> str:
    """Why a result cannot be used, in a few words; the evidence says it in full."""
    match result.unusable:
        case "impossible":
            return f"{_as_recorded(result)} cannot be"
        case "unit":
            unit = "is in a unit that cannot be used" if result.recorded_unit else "has no unit"
            return f"{_as_recorded(result)} {unit}"
        case "unread":
            return f"{_as_recorded(result)} stands under a name that is not read"
        case _ if not result.recorded_value.strip():
            return f"the result{_on_day(result)} has no value"
        case _:
            return f"“{result.recorded_value}{unit_after(result.recorded_unit)}”{_on_day(result)} is no value"


def _converted(result: Result, unit: str | None, limit: str) -> str:
    """The result in the canonical unit, if a reader could not compare result and limit as they are written."""
    if unit is None or result.recorded_unit in (None, unit) or result.value is None:
        return ""
    return "" if limit.endswith(f" {result.recorded_unit}") else f" ({span_text(result.value)} {unit})"


def _why_graded(found: Found, fact: Finding, rulebook: Rulebook) -> str:
    """Why a grade is known that nobody measured: its condition is absent, or an entry of it overtakes a result."""
    entries = _episodes([each for each in found.used if isinstance(each, Episode)], rulebook)
    if found.is_overtaken:
        return f"{entries} may be later than the result, {either(map(_as_recorded, found.set_aside))}"
    absent = _absences(found.used, rulebook) or entries
    if absent or fact.zero_when_absent is None:
        return absent
    denied = Denied("conditions", found.assumed, (fact.zero_when_absent,))
    return _as_text((denied,), rulebook)


def _graded(found: Found) -> str:
    """`grade 0`, `grade 3 or 4`, `grade 1 to 4`, `slight or moderate`."""
    grades = found.range
    if grades is None:
        return either(sorted(found.choices or ()))
    low, high = number_text(grades.low), number_text(grades.high)
    if grades.is_exact:
        return f"grade {low}"
    return f"grade {low} {'or' if grades.high - grades.low == 1 else 'to'} {high}"


def _changed(found: Found, lookup: ChangeLookup, rulebook: Rulebook) -> str:
    what = f"{lookup.change} in {lowered(rulebook.fact(found.subject).title)}{in_time(lookup.scope, rulebook)}"
    results = [each for each in found.used if isinstance(each, Result)]
    if found.range is None or found.may_lack:
        usable = [_as_recorded(each) for each in results if each.unusable is None]
        there_is = f"only {both(usable)}" if usable else "none"
        return f"{what} not known: it needs two usable results in a known order, and there is {there_is}"
    unit = unit_after(rulebook.labs[lookup.fact].unit)
    if lookup.change.startswith("relative"):
        unit = " %"
    elif lookup.change == "rise per day":
        unit = f"{unit} a day"
    return f"{what}: {span_text(found.range)}{unit} ({' to '.join(_as_recorded(each) for each in results)})"


def _as_recorded(result: Result, converted: str = "") -> str:
    value = f"{result.recorded_value}{unit_after(result.recorded_unit)}{converted}"
    return f"{value}{_on_day(result)}"


def _on_day(result: Result) -> str:
    """` on 17 Mar 2026`, ` by 17 Mar 2026` of what is known to be no later; ` (undated)` where nobody knows when."""
    if result.when is None or result.when.is_any_day:
        return "" if result.is_current else " (undated)"
    day = _day(result.when)
    return f" {day}" if day.startswith(("by ", "since ")) else f" on {day}"


def _day(moment: Moment | None) -> str:
    """The day of a moment in words; empty where it says none."""
    return "" if moment is None or moment.is_any_day else dates_in_words(moment.text)


def _written(node: Numeric, rulebook: Rulebook) -> str:
    """A number or formula as people write it."""
    match node:
        case Number():
            return node.text
        case Value():
            return _written_lookup(rulebook.lookups[node.lookup], rulebook)
        case Age():
            return "age"
        case ScoreOf():
            return rulebook.scores[node.name].title
        case InUnit():
            return f"{_written(node.of, rulebook)} in {node.unit}"
        case Arithmetic():
            sign = {"*": "×", "/": "/"}.get(node.operator, node.operator)
            left, right = _written(node.left, rulebook), _written(node.right, rulebook)
            if node.operator in "*/":
                left = f"({left})" if isinstance(node.left, Arithmetic) and node.left.operator in "+-" else left
                right = f"({right})" if isinstance(node.right, Arithmetic) else right
            return f"{left} {sign} {right}"
        case Function():
            return f"{node.name}({_written(node.of, rulebook)})"
        case Bounded():
            floor = "" if node.floor is None else f" floored at {number_text(node.floor)}"
            cap = "" if node.cap is None else f" capped at {number_text(node.cap)}"
            return f"{_written(node.of, rulebook)}{floor}{cap}"
        case PointsOf():
            return rulebook.tables[node.name].title
        case Choose():
            return f"{_written(node.then, rulebook)} or {_written(node.otherwise, rulebook)}"


def _written_lookup(lookup: Lookup, rulebook: Rulebook) -> str:
    match lookup:
        case ValueLookup():
            pick = f"{lookup.pick} " if lookup.pick != "latest" else ""
            return pick + lowered(rulebook.fact(lookup.fact).title) + in_time(lookup.scope, rulebook)
        case ChangeLookup():
            title = lowered(rulebook.fact(lookup.fact).title)
            return f"{lookup.change} in {title}{in_time(lookup.scope, rulebook)}"
        case _:
            raise TypeError("no number is looked up")


# ---- findings, events, people


def _sex(answer: Judged, node: SexIs) -> str:
    found = answer.parts[0]
    if not isinstance(found, Found) or not found.used:
        return "sex not on record"
    return f"sex: {node.sex if answer.truth is TRUE else 'not ' + node.sex}"


def _category(answer: Judged, node: IsOneOf, rulebook: Rulebook) -> str:
    found = answer.parts[0]
    if not isinstance(found, Found):
        raise TypeError("a category is looked up")
    choices = either(node.choices)
    amount = _looked_up(found, rulebook)
    if answer.truth is UNKNOWN:
        return f"{amount}; {choices}? Not known yet{_why(answer)}"
    return f"{amount}, {'' if answer.truth is TRUE else 'not '}{choices}"


def _event(answer: Judged, rulebook: Rulebook) -> Statement:
    found = answer.parts[0]
    if not isinstance(found, Found) or not isinstance(found.lookup, EventLookup):
        raise TypeError("an event is looked up")
    lookup = found.lookup
    episodes = [fact for fact in found.used if isinstance(fact, Episode)]
    match found.truth:
        case Truth.TRUE:
            return Clause(_happened(found, lookup, episodes, rulebook))
        case Truth.FALSE:
            lists = [fact for fact in found.used if isinstance(fact, Given) and fact.name == lookup.list]
            if lists and len(found.used) == len(lists):
                return Denied(lookup.list, found.assumed, tuple(what.concept for what in lookup.what))
            return Clause(_did_not_happen(found, lookup, episodes, rulebook))
        case _:
            return Clause(_may_have_happened(found, lookup, episodes, rulebook))


def _happened(found: Found, lookup: EventLookup, episodes: Sequence[Episode], rulebook: Rulebook) -> str:
    """Something that happened. Of several concepts, only those on record are named."""
    concepts = {name for each in episodes for name in (each.concept, *rulebook.concepts[each.concept].broader)}
    shown = tuple(what for what in lookup.what if what.concept in concepts) or lookup.what
    phrase = asked(lookup, shown, rulebook)
    if lookup.times > 1:
        phrase = _counted(phrase, f"at least {lookup.times}")
    elif lookup.verb == "history of" and lookup.scope is None:
        phrase = f"history of {phrase}"
    named = shown[0].concept if len(shown) == 1 else None
    return f"{phrase}: {_episodes(episodes, rulebook, named)}{_tested(found, rulebook)}"


def _did_not_happen(found: Found, lookup: EventLookup, episodes: Sequence[Episode], rulebook: Rulebook) -> str:
    phrase = asked(lookup, lookup.what, rulebook)
    none = _counted(phrase, f"fewer than {lookup.times}") if lookup.times > 1 else f"no {phrase}"
    grounds = []
    if episodes:
        grounds.append(_not_counting(episodes, rulebook))
    named = lookup.what[0].concept if len(lookup.what) == 1 else None
    if absent := _absences(found.used, rulebook, named):
        grounds.append(absent)
    if any(isinstance(fact, Given) and fact.name == lookup.list for fact in found.used):
        grounds.append(f"no other in {_named_list(lookup.list, found.assumed)}")
    return f"{none}: {'; '.join(grounds)}{_tested(found, rulebook)}"


def _not_counting(episodes: Sequence[Episode], rulebook: Rulebook) -> str:
    """`infection (controlled) does not count`. An entry that may be several things is named once, in its own words."""
    certain = [each for each in episodes if not each.only_may_be]
    entries = [_episodes(certain, rulebook)] if certain else []
    entries += dict.fromkeys(entry_called(each, rulebook) for each in episodes if each.only_may_be)
    is_one = len(certain) + len(entries[bool(certain) :]) == 1
    return f"{both(entries)} {'does' if is_one else 'do'} not count"


def _counted(phrase: str, number: str) -> str:
    """`fewer than 3 allergies to drugs`, `dialysis within 7 days at least 2 times`."""
    if "allergy to " in phrase:
        return f"{number} {phrase.replace('allergy to ', 'allergies to ', 1)}"
    return f"{phrase} {number} times"


def _may_have_happened(found: Found, lookup: EventLookup, episodes: Sequence[Episode], rulebook: Rulebook) -> str:
    question = lowered(question_about(lookup, lookup.what, rulebook))
    if found.anchor is not None and found.anchor.reasons:
        return f"{question} {capital(onset_of(found.anchor))}: {WHY[found.anchor.reasons[0]]}"
    why = capital(", ".join(_why_open(found, rulebook)))
    shown = "; ".join(each for each in (_episodes(episodes, rulebook), _absences(found.used, rulebook)) if each)
    between = " On record: " if why.endswith("?") else ": " if why and shown else ""
    return f"{question} {why}{between if shown else ''}{shown}".rstrip() + _tested(found, rulebook)


def _why_open(found: Found, rulebook: Rulebook) -> list[str]:
    """Why what was looked up is open, in words that fit the entries it rests on."""
    episodes = [fact for fact in found.used if isinstance(fact, Episode)]
    why: dict[str, None] = {}
    for reason in found.reasons:
        match reason:
            case "stale" if found.is_overtaken:
                why[OVERTAKEN] = None
            case "stale" if any(episode.list == "plans" for episode in episodes):
                why["the planned day has passed"] = None
            case "stale" if episodes and not any(episode.shown_by_result for episode in episodes):
                why["the record's last word on it is too old"] = None
            case "stale" if isinstance(found.lookup, EventLookup) and found.lacking and not episodes:
                why[f"{_named_list(found.lookup.list, assumed=False)} is too old"] = None
            case "undated" | "imprecise_date" if episodes and all(episode.shown_by_result for episode in episodes):
                why["since when is not on record"] = None
            case "missing" if isinstance(found.lookup, EventLookup) and (
                qualities := [text for each in episodes for text in qualities_open(each, found.lookup, rulebook)]
            ):
                why[f"not on record: {' '.join(map(lowered, qualities))}"] = None
                if found.lacking:
                    why["others are not ruled out"] = None
            case "missing" if any(_leaves_it_open(episode) for episode in episodes):
                why["the record does not settle it"] = None
                if found.lacking and not all(episode.shown_by_result for episode in episodes):
                    why["others are not ruled out"] = None
            case "conflict" if isinstance(found.lookup, EventLookup) and (assumed := _denying_list(found)) is not None:
                named = _named_list(found.lookup.list, assumed)
                why[f"a question about it was answered yes, but there is none in {named}"] = None
            case "unspecific" if any(episode.only_may_be for episode in episodes):
                why["an entry may be it"] = None
            case _:
                why[WHY[reason]] = None
    return list(why)


def _leaves_it_open(episode: Episode) -> bool:
    """Whether an entry or a result is of what was asked, and does not say that it was so: an order, a procedure that
    was stopped, a high level of hCG."""
    return episode.doubtful and not episode.only_may_be


def _denying_list(found: Found) -> bool | None:
    """Whether the list that was asked is assumed to be complete; None where no list denies what was asked."""
    of_lists = [
        fact.value == "assumed complete" for fact in found.used if isinstance(fact, Given) and fact.source == "complete"
    ]
    return of_lists[0] if of_lists else None


def onset_of(anchor: Found) -> str:
    """The onset that a scope hangs on, as it is called in a sentence."""
    return onset(anchor.lookup) if isinstance(anchor.lookup, OnsetLookup) else anchor.subject


def _tested(found: Found, rulebook: Rulebook) -> str:
    """What was tested of the episodes themselves, such as the hemoglobin at a bleed."""
    statements = [
        statement
        for part in found.parts
        if not isinstance(part.node, SexIs)
        for statement in _statements(part, rulebook, Grounds())
    ]
    return f" ({_joined(statements, rulebook)})" if statements else ""


_KINDS: dict[RecordList, str] = {"allergies": "allergy to ", "family_history": "family history of "}


def _episodes(episodes: Sequence[Episode], rulebook: Rulebook, named: str | None = None) -> str:
    """Episodes as the record states them. Several results that show one concept are joined, and so is what they leave
    open. If the sentence has just `named` the concept, it is not named again."""
    days: dict[tuple[str, bool], list[str]] = {}
    texts: dict[tuple[str, bool] | int, str] = {}
    for place, episode in enumerate(episodes):
        if episode.only_may_be:
            texts[place] = f"left open by {entry_called(episode, rulebook)}"
        elif episode.shown_by_result and _day(episode.asserted):
            key = (episode.concept, episode.doubtful)
            those = days.setdefault(key, [])
            those.append(_day(episode.asserted))
            results = f"the result{'s' if len(those) > 1 else ''} of {both(those)}"
            texts[key] = f"{_shown_concept(episode.concept, named, rulebook)}{_way_shown(episode)} {results}"
        else:
            texts[place] = _details(episode, is_named=episode.concept == named, rulebook=rulebook)
    # An entry that may be several of the things that were asked about is one entry.
    once = {(text, episodes[key].source) if isinstance(key, int) else (text, key): text for key, text in texts.items()}
    counts = Counter(once.values())
    return ", ".join(_several(text, number) for text, number in counts.items())


def _several(text: str, number: int) -> str:
    """Entries that say the same, in one statement with their number."""
    if number == 1:
        return text
    return f"{number} entries on record" if text == _ON_RECORD else f"{text} ({number} entries)"


_ON_RECORD = "on record"


def _way_shown(episode: Episode) -> str:
    """The words that lead to the result behind an episode."""
    return "left open by" if episode.doubtful else "shown by"


def _shown_concept(concept: str, named: str | None, rulebook: Rulebook) -> str:
    return "" if concept == named else f"{lowered(rulebook.concepts[concept].title)} "


def _details(episode: Episode, *, is_named: bool, rulebook: Rulebook) -> str:
    details = [
        *([episode.severity] if episode.severity else []),
        *([f"stage {episode.stage}"] if episode.stage else []),
        *(["controlled" if episode.controlled else "not controlled"] if episode.controlled is not None else []),
        *_course(episode),
        *(_why_doubted(episode) if episode.list in _CONFIRMED_OR_NOT else ()),
    ]
    text = ", ".join(details)
    title = _KINDS.get(episode.list, "") + lowered(rulebook.concepts[episode.concept].title)
    if is_named:
        return text or _ON_RECORD
    return f"{title} ({text})" if text else title


_CONFIRMED_OR_NOT: tuple[RecordList, ...] = ("conditions", "allergies", "family_history")
"""Lists whose entries do not say by their status (ordered, stopped) that they are in doubt."""


def _why_doubted(episode: Episode) -> list[str]:
    """`not confirmed: provisional`, behind an entry that is called active."""
    return [flag.text for flag in episode.flags if flag.kind == "unusable"] if episode.doubtful else []


def _course(episode: Episode) -> list[str]:
    """An episode's status and time. If it is over, the time comes first: `since 2019, resolved` began in 2019."""
    status = [_status(episode)] if episode.status and episode.status != "present" else []
    if episode.list in ("allergies", "family_history"):
        return status
    is_dated = episode.start is not None or episode.end is not None
    time = [_time(episode)]
    return time + status if episode.ended and is_dated else status + time


def _status(episode: Episode) -> str:
    return f"{_way_shown(episode)} a result" if episode.shown_by_result else episode.status or ""


def _time(episode: Episode) -> str:
    start, end = _day(episode.start), _day(episode.end)
    if start and end:
        return start if start == end else f"{start} to {end}"
    if start:
        return start if episode.status in ("planned", "done") else f"since {start}"
    if end:
        return f"until {end}"
    written = (as_written(each) for each in (episode.start, episode.end) if each is not None)
    return next(filter(None, written), "undated")


def _absences(facts: Sequence[Fact | Given], rulebook: Rulebook, named: str | None = None) -> str:
    """What the record says is absent, and the sex where that is the reason. If the sentence has just `named` the
    concept, it is not named again."""
    absent: dict[str, list[str]] = {}
    ruled_out: dict[str, list[str]] = {}
    grounds: list[str] = []
    for fact in facts:
        match fact:
            case Absence():
                kind = _KINDS.get(fact.list, "")
                name = kind + lowered(rulebook.concepts[fact.concept].title)
                if fact.shown_by_result:
                    when = f" of {day}" if (day := _day(fact.when)) else ""
                    ruled_out.setdefault(when, []).append(name)
                else:
                    when = f" on {day}" if (day := _day(fact.when)) else ""
                    absent.setdefault(when, []).append(name)
            case Given(name="sex"):
                grounds.append(f"sex is {fact.value}")
            case _:
                pass
    grounds += [f"{both(names)} recorded absent{when}" for when, names in absent.items()]
    title = lowered(rulebook.concepts[named].title) if named is not None else ""
    grounds += [
        f"ruled out by the result{when}" if set(names) == {title} else f"the result{when} rules out {either(names)}"
        for when, names in ruled_out.items()
    ]
    return ", ".join(dict.fromkeys(grounds))


def _person(answer: Judged, node: Confirmed, rulebook: Rulebook, grounds: Grounds) -> Iterator[Statement]:
    question = rulebook.questions[node.question]
    found = answer.parts[0]
    if isinstance(found, Judged):
        yield Section(f"“{question.title}” does not arise", _statements(found, rulebook, grounds))
        return
    given = [each for each in found.used if isinstance(each, Answer)] if isinstance(found, Found) else []
    if answer.truth is UNKNOWN:
        since = isinstance(found, Found) and len(found.used) > len(given)
        why = "before what is now on record" if since else "too long ago"
        old = f" ({_answer(given[0])}, {why})" if given else ""
        yield Clause(f"{question.asked_of} to answer: “{question.title}”{old}")
    elif given:
        yield Clause(f"“{question.title}” was {_answer(given[0])}")


def _answer(answer: Answer) -> str:
    by = f" by {answer.by}" if answer.by else ""
    when = f" on {day}" if (day := _day(answer.when)) else ""
    return f"answered {'yes' if answer.value else 'no'}{when}{by}"


def _definition(answer: Judged, node: Meets, rulebook: Rulebook, grounds: Grounds) -> Section:
    says = {TRUE: "is met", FALSE: "is not met", UNKNOWN: "is open"}[answer.truth]
    title = rulebook.definitions[node.name].title
    return Section(f"“{title}” {says}", _statements(answer.parts[0], rulebook, grounds))


def _moved_clock(answer: Judged, node: AtTime, rulebook: Rulebook, grounds: Grounds) -> Iterator[Statement]:
    anchor = answer.parts[0]
    if not isinstance(anchor, Found):
        raise TypeError("the clock is moved to an anchor")
    heading = f"{node.relation} {onset_of(anchor)}"
    if anchor.days is None:
        yield Clause(f"{heading}: not known when that was ({WHY[anchor.reasons[0]]})")
        return
    first, last = anchor.days
    when = day_in_words(first) if first == last else f"{day_in_words(first)} to {day_in_words(last)}"
    inner = [statement for part in answer.parts[1:] for statement in _statements(part, rulebook, grounds)]
    yield Section(f"{heading}, {when}", tuple(inner))


def terms(measured: Measured, rulebook: Rulebook) -> list[tuple[str, Range]]:
    """The terms of a score's sum, each as written and with the range of what it is."""
    return _terms(measured.parts[0], rulebook)


def _terms(part: Part, rulebook: Rulebook) -> list[tuple[str, Range]]:
    if not isinstance(part, Measured):
        return []
    match part.node:
        case Arithmetic(operator="+"):
            return [term for each in part.parts for term in _terms(each, rulebook)]
        case Arithmetic(operator="*", left=Number() as factor, right=Arithmetic(operator="+")):
            inner = _terms(part.parts[1], rulebook)
            return [(f"{factor.text} × {text}", multiply(exactly(factor.value), value)) for text, value in inner]
        case Function(name="round") | Bounded():
            inner = _terms(part.parts[0], rulebook)
            return inner if len(inner) > 1 else [(_written(part.node, rulebook), part.range)]
        case _:
            return [(_written(part.node, rulebook), part.range)]
