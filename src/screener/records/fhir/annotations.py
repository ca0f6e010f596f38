"""Notes on a resource: words of people, next to what its fields say.

What a note names counts as the words next to a code do: it leaves open what it names, and denies nothing. A note that
calls its entry a mistake, or over, leaves that entry in doubt (`annotations.tsv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from screener.records.comparing import folded
from screener.records.errors import quoted
from screener.records.fhir.elements import Body, objects_in
from screener.values.tables import table_rows

_FIELDS = ("note", "notes", "comment", "comments")
"""What versions of FHIR call it; it is text, an Annotation, or several."""

_SENTENCE = re.compile(r"[.;,\n\uff0c\uff1b\u3002]+(?=\s|$)|[\uff0c\uff1b\u3002]")


def notes_of(body: Body) -> tuple[str, ...]:
    """The words of a resource's notes, and of those on a reaction."""
    holders = [body, *objects_in(body.get("reaction"))]
    return tuple(
        dict.fromkeys(each for holder in holders for field in _FIELDS for each in _words_of(holder.get(field)))
    )


def _words_of(value: Any) -> Iterator[str]:
    match value:
        case str() if value.strip():
            yield value
        case dict():
            yield from _words_of(value.get("text"))
        case list():
            for each in value:
                yield from _words_of(each)


def said_in_error(notes: Iterable[str]) -> str | None:
    """The note that calls its resource a mistake."""
    return next((each for each in notes if _words("error").search(folded(each))), None)


def said_not_so(notes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The notes that say of an entry that it is over, or never was, each with the sentence that does."""
    for note in notes:
        for sentence in _SENTENCE.split(note):
            if _words("not so").search(folded(sentence)):
                yield note, sentence


def doubt_by(note: str) -> str:
    """Why an entry is in doubt."""
    return f"its note says {quoted(note)}"


@cache
def _words(kind: str) -> re.Pattern[str]:
    rows = table_rows(Path(__file__).with_name("annotations.tsv"))
    words = [folded(words) for of, words in rows if of == kind]
    return re.compile(
        "|".join(re.escape(each) if _is_han(each) else rf"(?<!\w){re.escape(each)}(?!\w)" for each in words)
    )


def _is_han(words: str) -> bool:
    return "\u3400" <= words[0] <= "\u9fff"
