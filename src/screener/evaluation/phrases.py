"""What the rules ask for, as part of a sentence: `dialysis in the past 2 months`, `heart failure of stage III`.

Only names and their joining are handled here; what was found is put into words in `explanation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache

from screener.rulebook import EventLookup, OnsetLookup, Qualified, Rulebook, Scope, made_once
from screener.values.dates import NO_TIME, Duration
from screener.values.units import UnitError, parse_unit


def said_once(rulebook: Rulebook, about: Hashable, say: Callable[[], str]) -> str:
    """A phrase that is the same for every patient, made once for a rulebook."""
    said: dict[Hashable, str] = made_once(rulebook, "said", dict)
    phrase = said.get(about)
    if phrase is None:
        phrase = said[about] = say()
    return phrase


@lru_cache(maxsize=4096)
def lowered(title: str) -> str:
    """A title inside a sentence: its first capital is lowered. An abbreviation keeps it, and so does a proper name of
    two words, such as West Haven."""
    opening, _, rest = title.partition(" ")
    is_proper_name = rest[:1].isupper() and rest[1:2].islower()
    return title if is_proper_name or not opening[1:2].islower() else title[0].lower() + title[1:]


def capital(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=1024)
def unit_after(unit: str | None) -> str:
    """A unit as it stands after its number, with a blank before it; empty for a pure number or a ratio."""
    if not unit:
        return ""
    try:
        known = parse_unit(unit)
    except UnitError:
        return f" {unit}"
    return "" if not known.dimension and known.factor == 1 else f" {unit}"


def either(names: Iterable[str]) -> str:
    """`a, b or c`. A name that is itself a series comes last and ends it: `a, b, anxiety, phobia or insomnia`."""
    return _series(names, "or")


def both(names: Iterable[str]) -> str:
    """`a, b and c`."""
    return _series(names, "and")


def _series(names: Iterable[str], joining: str) -> str:
    ordered = list(dict.fromkeys(names))
    if len(ordered) < 2:
        return "".join(ordered)
    *most, last = sorted(ordered, key=_is_series)
    return ", ".join(most) + (", " if ", " in last else f" {joining} ") + last


def _is_series(name: str) -> bool:
    return ", " in name


def in_time(scope: Scope | None, rulebook: Rulebook) -> str:
    """Where in time a lookup looks, with a blank before it: ` in the past 2 months`, ` before the last onset of liver
    failure`."""
    if scope is None:
        return ""
    if scope.anchor == "clock" and scope.back not in (None, NO_TIME):
        return f" in the past {_length(scope.back)}"
    if scope.anchor == "clock" and scope.ahead not in (None, NO_TIME):
        return f" in the next {_length(scope.ahead)}"
    anchor = rulebook.lookups.get(scope.anchor)
    if isinstance(anchor, OnsetLookup):
        return " " + scope.text.replace(scope.anchor, onset(anchor))
    return f" {scope.text}"


def _length(duration: Duration | None) -> str:
    """The time after `the past`: `2 months`, `year`."""
    return str(duration).removeprefix("1 ")


def onset(lookup: OnsetLookup) -> str:
    """The anchor of a scope: `the last onset of liver failure`."""
    return f"the {lookup.pick} onset of {lookup.concept.replace('_', ' ')}"


def asked(lookup: EventLookup, what: tuple[Qualified, ...], rulebook: Rulebook) -> str:
    """What an event lookup asks about, of the concepts in `what` only: `severe allergy to any substance`."""
    return said_once(rulebook, ("asked", lookup.name, what), lambda: _asked(lookup, what, rulebook))


def _asked(lookup: EventLookup, what: tuple[Qualified, ...], rulebook: Rulebook) -> str:
    named = wanted(what, rulebook)
    when = in_time(lookup.scope, rulebook)
    match lookup.verb:
        case "onset of" | "start of":
            phrase = f"{lookup.verb} {named}{when}"
        case "current" | "receiving":
            phrase = f"{named} now{when}"
        case "taking":
            phrase = f"treatment with {named} now{when}"
        case "treated with":
            phrase = f"treatment with {named}{when}"
        case "planned":
            phrase = f"{named} planned{when}"
        case "family history of":
            phrase = f"family history of {named}"
        case "allergy to":
            phrase = allergies(what, rulebook)
        case "history of" | "underwent":
            phrase = f"{named}{when}"
    spared = f", except {wanted(lookup.exceptions, rulebook)}" if lookup.exceptions else ""
    return phrase + spared


def allergies(what: Sequence[Qualified], rulebook: Rulebook) -> str:
    """`allergy to drugs`, `severe allergy to any substance`."""
    qualifiers = dict.fromkeys(name for each in what for name in each.qualifiers)
    plain = [Qualified(each.concept) for each in what]
    return " ".join([*qualifiers, "allergy to", wanted(plain, rulebook)])


def wanted(what: Sequence[Qualified], rulebook: Rulebook) -> str:
    """Concepts with their qualifiers, as alternatives; the stages of one concept are named together."""
    stages: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    for each in what:
        others = tuple(name for name in each.qualifiers if name != "stage")
        stages.setdefault((each.concept, others), {}).update(dict.fromkeys(each.stages))
    return either(
        " ".join([*others, lowered(rulebook.concepts[concept].title)]) + (f" of stage {either(those)}" if those else "")
        for (concept, others), those in stages.items()
    )
