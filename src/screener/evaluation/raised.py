"""Flags of the dictionary and of scores: what should catch the eye without deciding. The engine is asked again about
one result alone, so a flag does not depend on which results an answer picked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from screener.evaluation.answers import Judged, Measured
from screener.evaluation.evaluator import decide, look_up
from screener.evaluation.explanation import number_text
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import Grounds, Shown, leaves, results_of
from screener.evaluation.phrases import lowered
from screener.records.patient import Episode, Flag, Result
from screener.rulebook import (
    All,
    Confirmed,
    EventLookup,
    FlagRule,
    Rulebook,
    Score,
    Truthful,
    Value,
    ValueLookup,
)
from screener.rulebook_walk import held_to, lookup_of
from screener.values.dates import DAY, Duration, day_shifted, on_day
from screener.values.ranges import Range, compare, exactly
from screener.values.truth import FALSE, TRUE, UNKNOWN


def raised(flags: Iterable[FlagRule], frame: Frame) -> tuple[Flag, ...]:
    """The flags that are raised now."""
    return tuple(
        Flag("doubt" if flag.is_doubt else "remark", flag.text) for flag in flags if _is_raised(flag.when, frame)
    )


def _is_raised(rule: Truthful, frame: Frame) -> bool:
    """Whether a flag is raised: its rule certainly holds, or a drug on record may have been taken at that time
    (warfarin since 2015, and nothing says that it was stopped)."""
    if isinstance(rule, All):
        return all(_is_raised(each, frame) for each in rule.of)
    truth = decide(rule, frame)
    return truth is TRUE or (truth is UNKNOWN and _was_perhaps_taken(rule, frame))


def _was_perhaps_taken(rule: Truthful, frame: Frame) -> bool:
    name = lookup_of(rule)
    lookup = frame.rulebook.lookups[name] if name is not None else None
    if name is None or not isinstance(lookup, EventLookup) or lookup.list != "medications":
        return False
    return any(isinstance(fact, Episode) and not fact.doubtful for fact in look_up(name, frame).used)


def raised_for(result: Result, frame: Frame) -> tuple[Flag, ...]:
    """The flags of its lab or finding that this very result raises, whichever results an answer picked.

    They are judged on the day of the result, as if it were the only one of its kind; and on the day of screening as
    well, unless a later result has taken its place. An impossible result is taken at its word, because its flags may
    say why it is so.
    """
    key = (result.fact, result.source)
    known = frame.raised.get(key)
    if known is None:
        known = frame.raised[key] = tuple(dict.fromkeys(_raised_on_its_days(result, frame)))
    return known


def _raised_on_its_days(result: Result, frame: Frame) -> Iterator[Flag]:
    flags = frame.rulebook.fact(result.fact).flags
    value = result.value or result.beyond
    if not flags or (value is None and result.choices is None):
        return
    flags = tuple([flag for flag in flags if value is None or _may_hold(flag.when, result.fact, value, frame.rulebook)])
    if not flags:
        return
    stated = msgspec.structs.replace(result, value=value, unusable=None)
    day = frame.as_of if result.when is None else min(result.when.last_day, frame.as_of)
    yield from raised(flags, frame.with_only(msgspec.structs.replace(stated, when=on_day(day)), day))
    when = result.when
    if when is not None and not any(when.is_before(later) for later in frame.last_results(result.fact)):
        yield from raised(flags, frame.with_only(stated, frame.as_of))


def _may_hold(rule: Truthful, fact: str, value: Range, rulebook: Rulebook) -> bool:
    """Whether a rule may hold if a result is the only one of its kind, as far as its value alone shows.

    `INR between 10 and 60` cannot hold for an INR of 1.8, whatever else is on record: the engine need not be asked.
    """
    if isinstance(rule, All):
        return all(_may_hold(each, fact, value, rulebook) for each in rule.of)
    for held in held_to(rule):
        lookup = rulebook.lookups[held.of.lookup] if isinstance(held.of, Value) else None
        is_of_this = isinstance(lookup, ValueLookup) and lookup.fact == fact
        if is_of_this and compare(value, held.operator, exactly(held.limit.value)) is not TRUE:
            return False
    return True


def raised_for_score(score: Score, frame: Frame) -> tuple[Flag, ...]:
    """The flags of a score that are raised for this patient."""
    key = (score.name, "")
    known = frame.raised.get(key)
    if known is None:
        known = frame.raised[key] = raised(score.flags, frame)
    return known


def drawn_apart(measured: Measured, spread: Duration, grounds: Grounds) -> str | None:
    """How far apart the inputs of a score were drawn, if certainly further than they should be."""
    moments = [result.when for result in results_of(measured, grounds) if result.when is not None]
    if not moments:
        return None
    if len({moment.offset is None for moment in moments}) > 1:
        zoned = next(moment for moment in moments if moment.offset is not None)
        moments = [moment.on_clock_of(zoned) for moment in moments]
    earliest = min(moment.instant[2] for moment in moments)
    latest = max(moment.instant[1] for moment in moments)
    if spread.unit == "hours":
        allowed = earliest + spread.count * 3600
    else:
        allowed = day_shifted(earliest // DAY, spread, 1) * DAY + earliest % DAY
    return f"at least {_time_text(latest - earliest, str(spread))}" if latest > allowed else None


def _time_text(seconds: int, allowed: str) -> str:
    """A stretch of time in a unit that reads well, of tenths of an hour or coarser; finer than usual where the coarse
    text would seem to say no more than is allowed."""
    tenths = round(seconds / 360)
    days, rest = divmod(tenths, 240)
    hours = "1 hour" if rest == 10 else f"{number_text(rest / 10)} hours"
    exactly = f"{days} days and {hours}" if days >= 2 and rest else f"{days} days"
    if days < 2:
        return f"{number_text(tenths / 10)} hours"
    if days < 14:
        return exactly
    months = days * 48 // 1461
    coarse = f"{days} days" if days < 100 else f"{months} months" if months < 24 else f"{months // 12} years"
    return exactly if coarse == allowed else coarse


def answered_against_data(judged: Judged, rulebook: Rulebook) -> Iterable[Flag]:
    """A person's yes where the data say no, which is never decisive, or a list does, which leaves it open."""
    against = [leaf for leaf in leaves(judged) if "conflict" in leaf.reasons] if judged.truth is UNKNOWN else []
    if isinstance(judged.node, All) and (judged.truth is FALSE or against):
        for part in judged.parts:
            if isinstance(part, Judged) and isinstance(part.node, Confirmed) and part.truth is TRUE:
                title = rulebook.questions[part.node.question].title
                text = f"conflict: “{title}” was answered yes, but the record says that it does not arise"
                yield Flag("doubt", text)
    for part in judged.parts:
        if isinstance(part, Judged):
            yield from answered_against_data(part, rulebook)


def against_sex(shown: Iterable[Shown], frame: Frame) -> list[Flag]:
    """What only the other sex can have, on record for this patient all the same."""
    against = {each.source: each for each in frame.against_sex if not each.doubtful}
    flags: list[Flag] = []
    for fact, _, used in shown if against else ():
        if used and isinstance(fact, Episode) and (entry := against.get(fact.source)) is not None:
            title = lowered(frame.rulebook.concepts[entry.concept].title)
            text = f"conflict: recorded {frame.patient.sex}, but {title} is on record ({fact.source})"
            flags.append(Flag("doubt", text))
    return flags
