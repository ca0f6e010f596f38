"""What open lines wait for, thing by thing, read from the answers of the engine. Nothing is decided here.

Each thing comes with the answer that would speak for the patient. The rule of an exclusion such as

    history of malignancy or (current raised_alpha_fetoprotein and confirmed AFP_means_HCC)

must be false to be passed, so a chart without the two conditions speaks for the patient. The question is asked only if
the second is found: as long as the line can be passed without its answer, it is conditional, and nobody counts it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from msgspec import Struct

from screener.evaluation.answers import Found, Judged
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import Part, deciding, does_not_arise
from screener.rulebook import All, Any, AtLeast, AtTime, Confirmed, Meets, Not
from screener.screening import CriterionResult, Screening
from screener.sheet.model import Line
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, negation


class Awaited(Struct, frozen=True):
    """Something that an open line waits for. `good`: the truth that speaks for the patient, None within a number.
    `is_past`: it is looked for before an onset, not up to the day of screening. `lacks_limit`: the limit of normal of
    its result is missing."""

    line: Line
    kind: Literal["inclusion", "exclusion"]
    found: Found
    frame: Frame
    good: Truth | None
    is_past: bool
    lacks_limit: bool = False

    @property
    def seeks(self) -> bool:
        """Whether finding it is what an inclusion line needs."""
        return self.kind == "inclusion" and self.good is TRUE


def awaited(screening: Screening, trials: Collection[str] | None = None) -> Iterator[Awaited]:
    """Everything that the open lines of these trials (or of all) wait for, except questions, in their order."""
    everything = screening.read_once("awaited", lambda: tuple(_of_all_lines(screening)))
    return (each for each in everything if trials is None or each.line.trial in trials)


def _of_all_lines(screening: Screening) -> Iterator[Awaited]:
    for trial in screening.trials:
        for criterion in trial.criteria:
            if criterion.status == "unknown":
                line, good = Line(trial.id, criterion.id), _good(criterion)
                for judged in criterion.counted:
                    if judged.truth is UNKNOWN:
                        yield from _within(judged, criterion, line, good, False)


def _good(criterion: CriterionResult) -> Truth:
    """The truth of the rule with which the line is passed."""
    return TRUE if criterion.kind == "inclusion" else FALSE


def _within(
    answer: Part, criterion: CriterionResult, line: Line, good: Truth | None, is_past: bool
) -> Iterator[Awaited]:
    lacks_limit = False
    if isinstance(answer, Found):
        yield _of(answer, criterion, line, good, is_past, lacks_limit)
        good = None
        is_past = is_past or _is_anchored(answer)
    elif isinstance(answer, Judged):
        match answer.node:
            case Confirmed():
                return
            case Not():
                good = None if good is None else negation(good)
            case AtTime():
                is_past = True
            case _ if "missing" in answer.reasons:
                lacks_limit = True
    else:
        good = None
    for part in deciding(answer):
        if lacks_limit and isinstance(part, Found):
            yield _of(part, criterion, line, good, is_past, lacks_limit)
        else:
            yield from _within(part, criterion, line, good, is_past)


def _of(
    found: Found, criterion: CriterionResult, line: Line, good: Truth | None, is_past: bool, lacks_limit: bool
) -> Awaited:
    is_old = is_past or _is_anchored(found)
    return Awaited(line, criterion.kind, found, criterion.frame, good, is_old, lacks_limit)


def _is_anchored(found: Found) -> bool:
    """Whether a lookup counts from an onset, not from the day of screening."""
    scope = getattr(found.lookup, "scope", None)
    return scope is not None and scope.anchor not in ("clock", "its onset")


# ---- questions


def questions_asked(criterion: CriterionResult) -> tuple[str, ...]:
    """The questions without whose answer an open line cannot be passed, whatever else comes to be known."""
    if criterion.status != "unknown":
        return ()
    good, rulebook = _good(criterion), criterion.frame.rulebook
    asked: dict[str, None] = {}
    for judged in criterion.counted:
        for answer in _questions(judged):
            name = answer.node.question if isinstance(answer.node, Confirmed) else ""
            if not does_not_arise(answer, rulebook):
                asked[name] = None
    return tuple(name for name in asked if not all(_may_become(judged, good, name) for judged in criterion.counted))


def _questions(answer: Part) -> Iterator[Judged]:
    """The open questions among what an answer hangs on."""
    if isinstance(answer, Judged) and isinstance(answer.node, Confirmed):
        if answer.truth is UNKNOWN:
            yield answer
        return
    for part in deciding(answer):
        yield from _questions(part)


def _may_become(answer: Judged, wanted: Truth, without: str) -> bool:
    """Whether an open answer may turn out as wanted while one question stays unanswered."""
    if answer.truth is not UNKNOWN:
        return answer.truth is wanted
    parts = [part for part in answer.parts if isinstance(part, Judged)]
    match answer.node:
        case Confirmed(question=name):
            return name != without
        case Not():
            return _may_become(parts[0], negation(wanted), without)
        case All() | Any():
            able = [_may_become(part, wanted, without) for part in parts]
            return all(able) if (wanted is TRUE) == isinstance(answer.node, All) else any(able)
        case AtLeast(count=count):
            able = [_may_become(part, wanted, without) for part in parts]
            return sum(able) >= (count if wanted is TRUE else len(parts) - count + 1)
        case Meets() | AtTime() if parts:
            return all(_may_become(part, wanted, without) for part in parts)
        case _:
            return True


def only_people(criterion: CriterionResult) -> bool:
    """Whether nothing but people's answers keeps an open line open."""
    return set(criterion.reasons) <= {"judgement", "consent"}
