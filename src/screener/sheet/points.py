"""What to know about a trial at a glance: what is against it, on which reading it turns, what is close to a limit.

Read off the parts that decided a line. Each single statement becomes a few words with the value, its day and the limit:
`MELD 32, limits 17 to 30`; `depression since 2019`; `no HIV infection on record`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from screener.advice.distance import TrialDistance
from screener.contract import OUTCOMES
from screener.evaluation.answers import Found, Judged, Measured
from screener.evaluation.explanation import LIMITS, limit_in_words, number_text
from screener.evaluation.grounds import Part, deciding, facts
from screener.evaluation.phrases import asked, capital, unit_after, wanted
from screener.records.patient import Answer, Episode, Result
from screener.rulebook import (
    VERBS,
    AgainstLimit,
    Age,
    All,
    Any,
    AtLeast,
    Between,
    Change,
    ChangeLookup,
    Compare,
    Confirmed,
    EventLookup,
    Happened,
    InUnit,
    IsOneOf,
    Not,
    Number,
    Numeric,
    Question,
    Rulebook,
    ScoreOf,
    SexIs,
    Untranslated,
    Value,
)
from screener.screening import CriterionResult, Status, TrialResult, status_of
from screener.sheet import phrases
from screener.sheet.again import doubtful
from screener.sheet.model import Point
from screener.sheet.states import firmness, is_split
from screener.sheet.waiting import only_people, questions_asked
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

CLOSE = Fraction(15, 100)
"""How near to a limit a number is worth a second look, as a share of the limit; of a grade it is one grade."""
MOST_GROUNDS = 3


def points_of(trial: TrialResult, distance: TrialDistance, doubtful_lines: Collection[str]) -> tuple[Point, ...]:
    """What is against a trial, which readings somebody chose, on which it turns, and what is close, in this order. Of
    what is against it the firmest comes first, and last what rests on a doubtful value."""
    points: list[Point] = []
    firm = {failure.id: firmness(failure) for failure in distance.failures}
    failed = [criterion for criterion in trial.criteria if criterion.status == "failed"]
    for criterion in sorted(failed, key=lambda each: (each.id in doubtful_lines, firm.get(each.id, 2))):
        points.append(Point("against", (criterion.id,), against(criterion), criterion.id in doubtful_lines))
        points += _chosen(criterion)
    for criterion in trial.criteria:
        if not failed:
            points += _chosen(criterion)
        if is_split(criterion) or fails_by_one_reading(criterion):
            points.append(Point("reading", (criterion.id,), readings_words(criterion), bool(doubtful(criterion))))
    if not any(point.kind == "against" for point in points):
        points += [*_judged(trial), *_close(trial)]
    return tuple(points)


def _chosen(criterion: CriterionResult) -> Iterator[Point]:
    if words := chosen_reading(criterion):
        yield Point("chosen", (criterion.id,), words)


def chosen_reading(criterion: CriterionResult) -> str:
    """How a line is read, where somebody chose that and another reading would answer otherwise; else empty."""
    outcomes = criterion.readings if criterion.reading is not None else ()
    if len({each.status for each in outcomes}) < 2:
        return ""
    return next(phrases.read_as(each.label or "", each.chosen_by) for each in outcomes if each.chosen)


# ---- single statements


def grounds_of(answer: Part) -> Iterator[Judged]:
    """The single statements that decided an answer, each once."""
    yield from (ground for ground, _ in _grounds(answer, False))


def _grounds(answer: Part, is_denied: bool) -> Iterator[tuple[Judged, bool]]:
    """The same, each with whether it stands inside a `not`: a condition that did not get in the way."""
    if not isinstance(answer, Judged) or isinstance(answer.node, Untranslated):
        return
    if isinstance(answer.node, Compare | Between | AgainstLimit | IsOneOf | SexIs | Happened | Confirmed):
        yield answer, is_denied
        return
    for part in deciding(answer):
        yield from _grounds(part, is_denied or isinstance(answer.node, Not))


def _alone(answer: Part) -> Iterator[Judged]:
    """The statements that would each change the answer alone: not one part of an `or` whose other part holds."""
    if not isinstance(answer, Judged) or isinstance(answer.node, Untranslated):
        return
    if isinstance(answer.node, Compare | Between | AgainstLimit | IsOneOf | SexIs | Happened | Confirmed):
        yield answer
        return
    parts = deciding(answer)
    is_either = (isinstance(answer.node, Any) and answer.truth is TRUE) or (
        isinstance(answer.node, All) and answer.truth is not TRUE
    )
    if len(parts) == 1 or not (is_either or isinstance(answer.node, AtLeast)):
        for part in parts:
            yield from _alone(part)


def against(criterion: CriterionResult) -> str:
    """Why a line is failed: the statements that say so, the first of many.

    Of `not total_bilirubin >= 5 mg/dL and platelets < 50 x 10*9/L` it is the platelets. Of one number against several
    limits, and of one thing missed at several times, the first is shown.
    """
    rulebook, as_of = criterion.frame.rulebook, date.fromordinal(criterion.frame.as_of)
    grounds = [each for judged in criterion.counted for each in _grounds(judged, False)]
    telling = [ground for ground, is_denied in grounds if not is_denied] or [ground for ground, _ in grounds]
    told: dict[str, str] = {}
    for ground, other in _with_other_wordings(telling, rulebook):
        words = ground_words(ground, rulebook, as_of, other)
        key = _denied(ground, rulebook) or _changed(ground) or words.partition(phrases.LIMIT)[0]
        told.setdefault(key, words)
    texts = list(told.values())
    return "; ".join(texts[:MOST_GROUNDS]) + (" …" if len(texts) > MOST_GROUNDS else "")


def _denied(ground: Judged, rulebook: Rulebook) -> str:
    """What a statement misses on record, whatever the time: of one thing missed at several times the first is shown."""
    part = ground.parts[0] if ground.parts else None
    if not isinstance(part, Found) or not isinstance(part.lookup, EventLookup) or part.truth is TRUE:
        return ""
    return wanted(part.lookup.what, rulebook)


def _changed(ground: Judged) -> str:
    """Which lab a statement says the change of: of its changes within several times the first is shown."""
    part = ground.parts[0] if ground.parts else None
    found = part.parts[0] if isinstance(part, Measured) and part.parts else part
    return found.subject if isinstance(found, Found) and isinstance(found.lookup, ChangeLookup) else ""


def ground_words(ground: Judged, rulebook: Rulebook, as_of: date, other: str = "") -> str:
    """One statement in a few words. `other` is the value of another wording of the same score."""
    part = ground.parts[0] if ground.parts else None
    match ground.node:
        case Compare() | Between() | AgainstLimit():
            return f"{_compared(ground, part, rulebook, as_of)}{other}, {_limit_words(ground, rulebook)}"
        case IsOneOf() if isinstance(part, Found):
            return _found(part, rulebook, as_of)
        case SexIs():
            given = part.used if isinstance(part, Found) else ()
            return phrases.listed(getattr(each, "value", "") for each in given) or "sex not known"
        case Happened() if isinstance(part, Found) and isinstance(part.lookup, EventLookup):
            return _event(part, part.lookup, rulebook, as_of)
        case Confirmed(question=name):
            return _answer(part, rulebook.questions[name], as_of)
        case _:
            return ""


def _compared(ground: Judged, part: Part | None, rulebook: Rulebook, as_of: date) -> str:
    """The number that was compared; against a limit of normal, as a multiple of the result's own one."""
    if isinstance(ground.node, AgainstLimit) and isinstance(part, Found):
        results = _telling_results(part)
        own = results[0].own_limit(ground.node.which) if len(results) == 1 else None
        only = results[0] if own else None
        if own and only is not None and only.exact is not None:
            name, which = phrases.named(part.subject, rulebook), LIMITS[ground.node.which]
            when = phrases.moment_words(only.when, as_of)
            recorded = f"{only.recorded_value}{unit_after(only.recorded_unit)}{f', {when}' if when else ''}"
            return f"{name} {phrases.multiple(only.exact / own, which, ground.node.times)} ({recorded})"
    return _amount(part, rulebook, as_of)


def _limit_words(ground: Judged, rulebook: Rulebook) -> str:
    """The limit, also in the unit of the result; and its side, where a number lies on the limit itself."""
    beyond = ""
    if isinstance(ground.node, Compare) and ground.truth in MUST_BE:
        part, (limit, *_) = ground.parts[0], [*_limits(ground), None]
        value = part.range if isinstance(part, Measured) else None
        if value is not None and value.is_exact and limit is not None and Fraction(value.low) == limit:
            beyond = MUST_BE[ground.truth].get(ground.node.operator, "")
    told = phrases.limit(limit_in_words(ground, rulebook), _limit_as_recorded(ground), beyond)
    return f"{told} a day" if _is_per_day(ground) else told


MUST_BE: dict[Truth, dict[str, str]] = {FALSE: {"<": "below", ">": "above"}, TRUE: {">=": "below", "<=": "above"}}
"""Where a number on the limit itself would have to be for the statement to come out the other way."""


RISE_PER_DAY: Change = "rise per day"


def _is_per_day(ground: Judged) -> bool:
    part = ground.parts[0]
    found = part.parts[0] if isinstance(part, Measured) and part.parts else None
    lookup = found.lookup if isinstance(found, Found) else None
    return isinstance(lookup, ChangeLookup) and lookup.change == RISE_PER_DAY


def _limit_as_recorded(ground: Judged) -> str:
    """The limit of a lab in the unit of its last result; empty where the rule writes it in the same one."""
    part = ground.parts[0]
    found = part.parts[0] if isinstance(part, Measured) and isinstance(part.node, Value) and part.parts else None
    if not isinstance(found, Found) or not isinstance(ground.node, Compare):
        return ""
    limit, results = ground.node.right, [each for each in found.used if isinstance(each, Result)]
    is_plain = not isinstance(found.lookup, ChangeLookup) or found.lookup.change in ("rise", "fall", RISE_PER_DAY)
    if not isinstance(limit, Number) or not results or not is_plain:
        return ""
    unit, factor = results[-1].recorded_unit, results[-1].factor
    number = number_text(float(f"{float(Fraction(limit.value) / factor):.3g}")) if factor else ""
    return f"{number} {unit}" if unit and number not in ("", limit.text.partition(" ")[0]) else ""


def _with_other_wordings(grounds: Sequence[Judged], rulebook: Rulebook) -> Iterator[tuple[Judged, str]]:
    """The statements; of a score and its other wording under one limit the first alone, with the value of the other:
    `COSSH-ACLF II 9.80 (by registry 9.68), limit 7.4`."""
    label_of = {shown.beside: (shown.name, shown.beside_label) for shown in rulebook.head.shown if shown.beside}
    by_score = {(_score(each), _limit_words(each, rulebook)): each for each in grounds if _score(each)}
    others: dict[tuple[str, str], str] = {}
    for (name, limit_), each in by_score.items():
        main, label = label_of.get(name, ("", ""))
        if (main, limit_) in by_score:
            others[main, limit_] = f" ({label} {_score_words(each)})"
    for ground in grounds:
        name = _score(ground)
        limit_ = _limit_words(ground, rulebook) if name else ""
        if (label_of.get(name, ("",))[0], limit_) not in by_score:
            yield ground, others.get((name, limit_), "")


def _score(ground: Judged) -> str:
    """The score that a statement compares; empty for any other."""
    part = ground.parts[0] if ground.parts else None
    return part.node.name if isinstance(part, Measured) and isinstance(part.node, ScoreOf) else ""


def _score_words(ground: Judged) -> str:
    part = ground.parts[0]
    return phrases.range_words(part.range, of_score=True) if isinstance(part, Measured) else ""


def _amount(part: Part | None, rulebook: Rulebook, as_of: date) -> str:
    if isinstance(part, Found):
        return _found(part, rulebook, as_of)
    if not isinstance(part, Measured):
        return ""
    match part.node:
        case Age():
            return f"age {phrases.range_words(part.range)}"
        case ScoreOf(name=name):
            return f"{phrases.named(name, rulebook)} {phrases.range_words(part.range, of_score=True)}"
        case Value() | InUnit():
            return _amount(part.parts[0], rulebook, as_of)
        case _:
            return phrases.range_words(part.range)


def _found(found: Found, rulebook: Rulebook, as_of: date) -> str:
    """A result with its day, or how much it changed."""
    name = phrases.named(found.subject, rulebook)
    results = [each for each in found.used if isinstance(each, Result)]
    if isinstance(found.lookup, ChangeLookup):
        values = phrases.course([each.recorded_value for each in results])
        unit = unit_after(results[-1].recorded_unit) if results else ""
        return f"{name} {values}{unit}{_changed_by(found, found.lookup.change, results)}"
    results = _telling_results(found)
    if not results:
        return f"{name} {phrases.range_words(found.range)}" if found.range is not None else name
    return phrases.listed(f"{phrases.named_with_value(each, rulebook)}{_on(each, as_of)}" for each in results[-2:])


def _changed_by(found: Found, change: Change, results: Sequence[Result]) -> str:
    """How much it changed, in the unit of the last result: `, +0.53`, `, +0.37 a day`, `, +56 %`."""
    if found.range is None or not found.range.is_exact or not results:
        return ""
    if change.startswith("relative"):
        return f", {found.range.low:+.0f} %"
    factor = results[-1].factor
    if not factor:
        return ""
    by = float(f"{float(Fraction(found.range.low) / factor):.3g}")
    told = number_text(abs(by))
    return f", {'-' if (by < 0) != (change == 'fall') else '+'}{told}{' a day' if change == RISE_PER_DAY else ''}"


def _telling_results(found: Found) -> list[Result]:
    """The results whose value it is; all of them where it is none of one result alone."""
    results = [each for each in found.used if isinstance(each, Result)]
    is_exact = found.range is not None and found.range.is_exact
    return [each for each in results if each.value == found.range] or results if is_exact else results


def _on(result: Result, as_of: date) -> str:
    when = phrases.moment_words(result.when, as_of)
    return f" ({when})" if when else ""


def _event(found: Found, lookup: EventLookup, rulebook: Rulebook, as_of: date) -> str:
    episodes = [each for each in found.used if isinstance(each, Episode) and not each.only_may_be]
    if found.truth is TRUE and episodes:
        return episodes_words(episodes, rulebook, as_of)
    asked_about = asked(lookup, lookup.what, rulebook)
    none = f"no {asked_about}" if is_timed(lookup) else f"no {asked_about} on record"
    others = phrases.listed(episode_words(each, rulebook, as_of) for each in episodes[:1])
    return f"{none} ({others})" if others else none


def is_timed(lookup: EventLookup) -> bool:
    """Whether the words for a lookup say at which time it looks."""
    return lookup.scope is not None or VERBS[lookup.verb].tense in ("now", "ahead")


MOST_OF_ONE = 2
"""Times that one thing was the case, each with its day; of more the last stands with the number of the others."""


def episodes_words(episodes: Iterable[Episode], rulebook: Rulebook, as_of: date) -> str:
    """Entries with their times: `depression since 2019; jaundice (27 Nov) and 65 earlier ones`."""
    by_concept: dict[str, dict[str, Episode]] = {}
    for each in episodes:
        by_concept.setdefault(each.concept, {})[episode_words(each, rulebook, as_of)] = each
    told: list[str] = []
    for those in by_concept.values():
        if len(those) > MOST_OF_ONE:
            last = max(those, key=lambda words: _when(those[words]))
            told.append(phrases.and_others(last, len(those) - 1))
        else:
            told += those
    return phrases.listed(told)


def _when(episode: Episode) -> tuple[int, int]:
    moment = episode.asserted if episode.shown_by_result else episode.start
    return moment.order if moment is not None else (0, 0)


def episode_words(episode: Episode, rulebook: Rulebook, as_of: date) -> str:
    """An entry with its time: `depression since 2019`, `upper GI bleed 20 to 22 Feb`."""
    led = {"allergies": "allergy to ", "family_history": "family history of ", "plans": "planned "}
    title = led.get(episode.list, "") + phrases.title_inside(rulebook.concepts[episode.concept])
    start = phrases.moment_words(episode.start, as_of)
    end = phrases.moment_words(episode.end, as_of)
    if start and end and start != end:
        return f"{title} {phrases.from_to(start, end)}"
    if start:
        is_over = episode.ended or episode.end is not None or not episode.ongoing
        return f"{title} {start}" if is_over else f"{title} since {start}"
    if end and episode.start is not None:
        return f"{title} until {end}"
    shown = phrases.moment_words(episode.asserted, as_of) if episode.shown_by_result else ""
    return f"{title} ({shown})" if shown else title


def _answer(part: Part | None, question: Question, as_of: date) -> str:
    title = phrases.question(question)
    given = [each for each in part.used if isinstance(each, Answer)] if isinstance(part, Found) else []
    if not given:
        return title
    when = phrases.moment_words(given[0].when, as_of)
    if question.gives_consent and not given[0].value:
        return phrases.consent_refused(when)
    answer = "yes" if given[0].value else "no"
    return f"{title} {capital(answer)}{f', {when}' if when else ''}"


# ---- readings


def fails_by_one_reading(criterion: CriterionResult) -> bool:
    """Whether an open line is failed already by one reading of its sentence: that is no small thing to leave out."""
    told = {status_of(criterion.kind, judged.truth) for judged in criterion.counted}
    return criterion.status == "unknown" and "failed" in told


def readings_words(criterion: CriterionResult) -> str:
    """What each reading makes of a line: in, or out.

    A line with two choices has four readings: `at screening; to the letter`, `at screening; as printed`, `at its worst;
    to the letter`, `at its worst; as printed`. If the first two are out and the others in, the second choice changes
    nothing: `OUT: at screening; IN: at its worst`.
    """
    rulebook, as_of = criterion.frame.rulebook, date.fromordinal(criterion.frame.as_of)
    labels: dict[Status, list[str]] = {}
    grounds: dict[Status, dict[str, Judged]] = {}
    for label, judged in criterion.readings_counted:
        status = status_of(criterion.kind, judged.truth)
        labels.setdefault(status, []).append(label or "")
        for each in _telling_grounds(judged) if status != "unknown" else ():
            grounds.setdefault(status, {})[ground_words(each, rulebook, as_of)] = each
    shown = _told_apart(grounds)
    led, values = _under_one_limit({each: grounds[each][words] for each, words in shown.items()}, rulebook)
    told = []
    for status in sorted(labels, key=ORDER_OF_OUTCOMES.index):
        others = [label for other, of_other in labels.items() if other != status for label in of_other]
        label = _telling(labels[status], others)
        if led and status in values:
            told.append(f"{OUTCOMES[status]} at {values[status]}: {label}")
        else:
            told.append(f"{OUTCOMES[status]}: {label}{f' ({shown[status]})' if status in shown and not led else ''}")
    if not shown:
        led = f"{phrases.short_of(criterion)}: "
    return f"{led}{'; '.join(told)}"


def _told_apart(grounds: Mapping[Status, Mapping[str, Judged]]) -> dict[Status, str]:
    """What readings rest on that come out so, where that is one thing that the others do not rest on: of `platelets 44`
    against `platelets 71, Child-Pugh 5` the platelets."""
    shown: dict[Status, str] = {}
    for status, those in grounds.items():
        others = {words: each for other, of_it in grounds.items() if other != status for words, each in of_it.items()}
        own = {words: each for words, each in those.items() if words not in others}
        subjects = {_subject(each) for words, each in others.items() if words not in those}
        if len(own) > 1:
            own = {words: each for words, each in own.items() if _subject(each) in subjects}
        if len(own) == 1:
            shown[status] = next(iter(own))
    return shown


def _telling_grounds(judged: Judged) -> list[Judged]:
    """The numbers that were compared; where there are none, what happened."""
    grounds = list(grounds_of(judged))
    compared = [each for each in grounds if isinstance(each.node, Compare | Between | AgainstLimit)]
    return compared or [each for each in grounds if each.truth is TRUE]


ORDER_OF_OUTCOMES: tuple[Status, ...] = ("failed", "passed", "unknown")


def _under_one_limit(grounds: Mapping[Status, Judged], rulebook: Rulebook) -> tuple[str, dict[Status, str]]:
    """Where all that decides is one score under one limit: the score with its limit, and each value."""
    main = {shown.beside: shown.name for shown in rulebook.head.shown if shown.beside}
    names = {main.get(_score(each), _score(each)) for each in grounds.values()}
    limits = {_limit_words(each, rulebook) for each in grounds.values() if _score(each)}
    if len(names) != 1 or "" in names or len(limits) != 1:
        return "", {}
    led = f"{phrases.named(names.pop(), rulebook)}, {limits.pop()}. "
    return led, {status: _score_words(each) for status, each in grounds.items()}


def _telling(labels: Sequence[str], others: Sequence[str]) -> str:
    """The choices that all of these readings share and no other one has; else the readings themselves."""
    shared = [
        part
        for part in labels[0].split("; ")
        if all(part in each.split("; ") for each in labels) and not any(part in each.split("; ") for each in others)
    ]
    return "; ".join(shared) or " / ".join(labels)


# ---- what there is to judge


def _judged(trial: TrialResult) -> Iterator[Point]:
    """Questions of the investigator that something on record raises, with what raises them."""
    for criterion in trial.criteria:
        if criterion.status != "unknown" or not only_people(criterion):
            continue
        rulebook, as_of = criterion.frame.rulebook, date.fromordinal(criterion.frame.as_of)
        for name in questions_asked(criterion):
            found = [
                fact
                for judged in criterion.counted
                for fact, each, used in facts(judged)
                if used and isinstance(fact, Episode) and each.truth is TRUE and not fact.only_may_be
            ]
            if found and not rulebook.questions[name].gives_consent:
                text = f"{phrases.question(rulebook.questions[name])} {episodes_words(found, rulebook, as_of)}"
                yield Point("judge", (criterion.id,), text)


# ---- close to a limit


def _close(trial: TrialResult) -> Iterator[Point]:
    """Numbers that decided a line and lie near their limit, the nearest first, each once."""
    near: dict[str, tuple[Fraction, Point]] = {}
    for criterion in trial.criteria:
        if criterion.status != "passed":
            continue
        rulebook, as_of = criterion.frame.rulebook, date.fromordinal(criterion.frame.as_of)
        is_doubtful = bool(doubtful(criterion))
        alone = [ground for judged in criterion.counted for ground in _alone(judged)]
        for ground, other in _with_other_wordings(alone, rulebook):
            share = _nearness(ground, rulebook)
            if share is not None and ground.truth is not UNKNOWN:
                point = Point("close", (criterion.id,), ground_words(ground, rulebook, as_of, other), is_doubtful)
                subject = _subject(ground)
                if subject not in near or share < near[subject][0]:
                    near[subject] = (share, point)
    yield from (point for _, point in sorted(near.values(), key=lambda each: each[0]))


def _nearness(ground: Judged, rulebook: Rulebook) -> Fraction | None:
    """How near a number is to the nearest limit it was compared with, as a share of it; None if that is not near."""
    part = ground.parts[0] if ground.parts else None
    if not isinstance(part, Measured) or isinstance(part.node, Age):
        return None
    limits = _limits(ground)
    if not limits or not (abs(part.range.low) < float("inf") and abs(part.range.high) < float("inf")):
        return None
    is_whole = _is_grade(part.node, rulebook)
    shares: list[Fraction] = []
    for limit in limits:
        gap = min(abs(Fraction(end) - limit) for end in (part.range.low, part.range.high))
        if is_whole:
            shares += [Fraction(0)] if gap <= 1 else []
        elif limit and gap / abs(limit) <= CLOSE:
            shares.append(gap / abs(limit))
    return min(shares, default=None)


def _subject(ground: Judged) -> str:
    """What a number is of: a lab or finding, or a formula."""
    part = ground.parts[0] if ground.parts else None
    if isinstance(part, Measured) and part.parts and isinstance(part.parts[0], Found):
        return part.parts[0].subject
    return str(getattr(part.node, "name", part.node)) if isinstance(part, Measured) else ""


def _limits(ground: Judged) -> list[Fraction]:
    match ground.node:
        case Compare(right=Number(value=value)):
            return [Fraction(value)]
        case Between(low=low, high=high):
            return [Fraction(low.value), Fraction(high.value)]
        case _:
            return []


def _is_grade(node: Numeric, rulebook: Rulebook) -> bool:
    if not isinstance(node, Value):
        return False
    return getattr(rulebook.lookups[node.lookup], "fact", "") in rulebook.findings
