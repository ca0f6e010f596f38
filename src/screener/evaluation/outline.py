"""An answer as the tree that its rule is: every part with its own truth, also those that decided nothing.

The words of a part are those of its explanation; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from screener.evaluation.answers import Found, Judged, Measured
from screener.evaluation.explanation import explain, score_text, span_text, terms
from screener.evaluation.phrases import onset
from screener.rulebook import All, Any, AtLeast, AtTime, Meets, Not, OnsetLookup, Rulebook, ScoreOf
from screener.values.truth import Truth


class Branch(Struct, frozen=True):
    """A part of an answer: its truth (None for a number), what it says, and the parts that it was decided from."""

    text: str
    truth: Truth | None = None
    parts: tuple[Branch, ...] = ()


def outline(answer: Judged, rulebook: Rulebook) -> Branch:
    """The answer with all its parts, in the order of the rule."""
    return Branch(_heading(answer, rulebook), answer.truth, tuple(_parts(answer, rulebook)))


def _heading(answer: Judged, rulebook: Rulebook) -> str:
    match answer.node:
        case All():
            return "all of these"
        case Any():
            return "any of these"
        case AtLeast(count=count):
            return f"at least {count} of these"
        case Not():
            return "not"
        case Meets(name=name):
            definition = rulebook.definitions[name]
            reading = f", read as “{definition.reading}”" if definition.reading is not None else ""
            return f"{definition.title}{reading}"
        case AtTime(anchor=anchor, relation=relation):
            lookup = rulebook.lookups[anchor]
            when = onset(lookup) if isinstance(lookup, OnsetLookup) else anchor
            return f"{'at' if relation == 'at' else 'before'} {when}"
        case _:
            return explain((answer,), rulebook)


def _parts(answer: Judged, rulebook: Rulebook) -> Iterator[Branch]:
    match answer.node:
        case All() | Any() | AtLeast() | Not() | Meets() | AtTime():
            yield from (_branch(part, rulebook) for part in answer.parts if not isinstance(part, Found))
        case _:
            for part in (*answer.parts, *answer.shown):
                numbers = list(_of_number(part, rulebook))
                # A score that is compared has just been named: only its terms are shown.
                is_named = isinstance(part, Measured) and isinstance(part.node, ScoreOf)
                yield from numbers[0].parts if is_named else numbers


def _branch(part: Judged | Measured, rulebook: Rulebook) -> Branch:
    if isinstance(part, Judged):
        return outline(part, rulebook)
    return Branch(span_text(part.range), None, tuple(_of_number(part, rulebook)))


def _of_number(part: Judged | Measured | Found, rulebook: Rulebook) -> Iterator[Branch]:
    """The scores in a number, each with its terms, and what an `if` in it was decided by."""
    match part:
        case Judged():
            yield outline(part, rulebook)
        case Found():
            yield from (outline(each, rulebook) for each in part.parts)
        case Measured(node=ScoreOf(name=name)):
            summed = [Branch(f"{span_text(value, score_text)}  {text}") for text, value in terms(part, rulebook)]
            score = rulebook.scores[name]
            inner = [branch for each in part.parts for branch in _of_number(each, rulebook)]
            own = summed if len(summed) > 1 else []
            yield Branch(f"{score.title} is {span_text(part.range, score_text)}", None, (*own, *inner))
        case Measured():
            yield from (branch for each in part.parts for branch in _of_number(each, rulebook))
