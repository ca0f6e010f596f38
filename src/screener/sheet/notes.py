"""Notes on a record, as a ward reads them: what they are about comes first, and where it stands last.

A note begins with places in the record, as who corrects a file needs them. On a sheet

    observations[3]: creatinine: it has no unit, and creatinine is not a pure number

is `Creatinine 0.8 of 18 Nov: it has no unit, and creatinine is not a pure number (observations[3])`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from screener.evaluation.phrases import both, capital, lowered
from screener.records.notes import Note, some_of
from screener.records.patient import Result
from screener.screening import Screening
from screener.sheet import phrases

_QUOTED = re.compile(r"`([^`]*)`")


def in_ward_words(notes: Iterable[Note], screening: Screening) -> tuple[str, ...]:
    """The notes in their order, each once; in one sentence what nobody could read, and last how many entries no rule
    uses."""
    called = _called(screening)
    told: dict[str, None] = {}
    unread: list[str] = []
    unused: Counter[str] = Counter()
    for note in notes:
        if note.kind == "not read":
            unread.append(note.about)
            told.setdefault("")
        elif note.kind == "no rule" and note.about:
            unused[note.about] += 1
        else:
            told[_note(note, called, screening)] = None
    if unused:
        told[f"no rule uses {both(phrases.counted(number, kind) for kind, number in unused.items())} on record"] = None
    return tuple(each or f"not read: {', '.join(unread)}" for each in told)


def to_check(note: Note, screening: Screening) -> str:
    """What is to be checked first, as a question where it is one: `“Ikterus”: did you mean jaundice?`"""
    return capital(_note(note, _called(screening), screening))


def _note(note: Note, called: Mapping[str, str], screening: Screening) -> str:
    text, where = _plain(note.text, screening), some_of(note.places)
    if note.kind == "unclear" and note.about:
        return f"“{note.about}”: {text} ({where})"
    if note.kind == "looked up":
        return f"{text} ({where})"
    if note.path and not note.path.startswith(where):
        return f"{note.path}: {text}"  # entries of one kind, which the text names
    what = called.get(where) or (
        lowered(screening.rulebook.fact(note.about).title) if _is_fact(note.about, screening) else ""
    )
    if what:
        return f"{capital(what)}: {text} ({where})"
    lead = where if len(note.places) == 1 else note.path
    return f"{lead}: {text}" if note.path else text


def _called(screening: Screening) -> dict[str, str]:
    """What stands at each place of the record, in words. A value that is kept under several names has none of them."""
    record, rulebook = screening.record, screening.rulebook
    may_be = (those for of_list in record.may_be.values() for those in of_list.values())
    told = {
        each.source: f"“{each.called.replace('`', '')}”"
        if each.called and each.called not in rulebook.concepts
        else lowered(rulebook.concepts[each.called or each.concept].title)
        for those in chain(may_be, record.episodes.values())
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
