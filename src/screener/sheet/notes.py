"""Notes on a record, as a ward reads them: what they are about comes first, and where it stands last.

A note begins with places in the record, as who corrects a file needs them. On a sheet

    observations[3]: creatinine: it has no unit, and creatinine is not a pure number

is `Creatinine 0.8 of 18 Nov: it has no unit, and creatinine is not a pure number (observations[3])`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from screener.evaluation.phrases import both, capital, lowered
from screener.records.errors import CHECK_FIRST
from screener.records.patient import Result
from screener.screening import Screening
from screener.sheet import phrases

_ONE = r"(?:\w+\[\d+\]|[A-Z][a-z]\w+/[\w.-]+)"
PLACE = re.compile(_ONE)
"""A place in a record: `observations[3]`, and in FHIR `Observation/a-1`."""
_LED = re.compile(rf"(?P<places>{_ONE}(?:, {_ONE})*)(?:\.\w+)?: (?:(?P<name>\w+): )?(?P<rest>.+)", re.DOTALL)
_PLACES_INSIDE = re.compile(rf" \({_ONE}(?:, {_ONE})*(?: and \d+ others?)?\)")
_NEARLY_A_NAME = re.compile(
    r"not read: (?P<words>.+); (?P<question>did you mean .+\?) Until it is corrected.*", re.DOTALL
)
_QUOTED = re.compile(r"`([^`]*)`")
_OF_NO_RULE = re.compile(rf"{_ONE}: no rule uses this (?P<kind>\w+)")


def is_of_no_rule(note: str) -> bool:
    """Whether a note says only that nothing asks for an entry, or not under its code."""
    return any(words in note for words in ("no rule uses", "which is not read from a"))


def in_ward_words(notes: Iterable[str], screening: Screening) -> tuple[str, ...]:
    """The notes in their order, and last in one sentence how many entries no rule uses."""
    called = _called(screening)
    told: list[str] = []
    unused: dict[str, int] = {}
    for note in notes:
        if (of_no_rule := _OF_NO_RULE.fullmatch(note)) is not None:
            unused[of_no_rule["kind"]] = unused.get(of_no_rule["kind"], 0) + 1
        else:
            told.append(_note(note, called, screening))
    if unused:
        told.append(f"no rule uses {both(phrases.counted(number, kind) for kind, number in unused.items())} on record")
    return tuple(told)


def to_check(note: str, screening: Screening) -> str:
    """What is to be checked first, as a question where it is one: `“Ikterus”: did you mean jaundice?`"""
    return _note(note.removeprefix(CHECK_FIRST), _called(screening), screening)


def places_in(note: str) -> list[str]:
    """The places in a record that a note names."""
    return PLACE.findall(note)


def _note(note: str, called: Mapping[str, str], screening: Screening) -> str:
    led = _LED.fullmatch(note)
    if led is None:
        return _plain(_PLACES_INSIDE.sub("", note), screening)
    places, name, rest = led["places"], led["name"], led["rest"]
    if name is not None and not _is_fact(name, screening):
        rest, name = f"{name}: {rest}", None
    if (nearly := _NEARLY_A_NAME.fullmatch(rest)) is not None:
        return f"“{nearly['words']}”: {_plain(nearly['question'], screening)} ({places})"
    what = called.get(places) or (lowered(screening.rulebook.fact(name).title) if name is not None else "")
    rest = _plain(rest, screening)
    return f"{capital(what)}: {rest} ({places})" if what else f"{places}: {rest}"


def _called(screening: Screening) -> dict[str, str]:
    """What stands at each place of the record, in words. A value that is kept under several names has none of them."""
    record, rulebook = screening.record, screening.rulebook
    told = {
        each.source: f"“{each.called.replace('`', '')}”"
        if each.called and each.called not in rulebook.concepts
        else lowered(rulebook.concepts[each.called or each.concept].title)
        for those in record.episodes.values()
        for each in those
        if each.called or each.concept in rulebook.concepts
    }
    results: dict[str, list[Result]] = {}
    for those in record.results.values():
        for each in those:
            results.setdefault(each.source, []).append(each)
    for place, at_place in results.items():
        if len({each.fact for each in at_place}) == 1:
            told[place] = phrases.result_words(at_place[-1], rulebook, screening.as_of)
        elif len(values := {phrases.value_words(each, screening.as_of) for each in at_place}) == 1:
            told[place] = values.pop()
    return told


def _is_fact(name: str, screening: Screening) -> bool:
    return name in screening.rulebook.labs or name in screening.rulebook.findings


def _plain(text: str, screening: Screening) -> str:
    """Names of the dictionary as people say them, and no marks of code."""
    rulebook = screening.rulebook

    def said(quoted: re.Match[str]) -> str:
        name = quoted[1]
        if name in rulebook.concepts:  # `Anxiety, phobia or insomnia` cannot stand inside a sentence
            title = rulebook.concepts[name].title
            return name.replace("_", " ") if "," in title else lowered(title)
        return lowered(rulebook.fact(name).title) if _is_fact(name, screening) else name

    return _QUOTED.sub(said, text).replace(" .. ", " to ")
