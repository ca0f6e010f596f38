"""The chart review: what a record never writes down, as a file to fill in with any editor of text.

It asks for what the patient's sheet asks for: the negatives that open criteria of trials not ruled out wait for,
grouped as a reader of charts thinks, each over the widest time that any criterion looks at; apart from them what
inclusion needs to be found; and the entries of the record that nobody could read. Each question stands in words above
the `null` that its answer replaces. `screen --answers` takes the filled file back (`records/reviews.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any as Anything

from screener.evaluation.phrases import capital
from screener.screening import Screening
from screener.sheet.making import sheet_of
from screener.sheet.model import Line, OpenEntry, Review, ReviewItem
from screener.sheet.phrases import date_words


def _how(review: Review, as_of: date) -> list[str]:
    """How the file is filled in, with examples."""
    example = review.entries[0].may_be[0] if review.entries else ""
    return [
        "Replace only the word null, behind on, by, none_of_these, found and is. Text stands between straight "
        'quotation marks ("), true stands without them. What you leave null stays open.',
        f'Day and name of the review: "on": "{as_of}", "by": "N. Meyer, study nurse".',
        'You looked for the things of a group and found none of them: "none_of_these": true.',
        'You found one of them: "found": true, or its onset: "found": "2019-03". It counts in a ticked group, too.',
        *(
            [
                f'An entry that leaves open what it is: "is": "{example}", a name out of its may_be, or '
                '"none_of_these": true. Both together: it is that, and nothing else out of may_be.'
            ]
            if example
            else []
        ),
        "Save the file as plain text, and give it back: screen PATIENT --answers FILE",
    ]


def as_file(review: Review, patient: str, as_of: date) -> dict[str, Anything]:
    """A review as the file to fill in, as plain data."""
    return {
        "patient": patient,
        "as_of": as_of.isoformat(),
        "how": _how(review, as_of),
        "on": None,
        "by": None,
        "groups": [
            *(_group(group.title, group.items) for group in review.groups),
            *([_group(NEEDED, review.needed)] if review.needed else []),
        ],
        "entries": [_entry(entry, as_of) for entry in review.entries],
    }


def to_review(screening: Screening) -> dict[str, Anything]:
    """The chart review to fill in, as plain data: what the patient's sheet asks for."""
    return as_file(sheet_of(screening).review, screening.patient, screening.as_of)


NEEDED = "Needed for inclusion"


def _group(title: str, items: Sequence[ReviewItem]) -> dict[str, Anything]:
    return {
        "title": title,
        "none_of_these": None,
        "items": [
            {
                "question": f"{capital(item.title)}{f', {item.window}' if item.window else ''}?",
                "found": None,
                "what": item.what,
                **({"besides": list(item.besides)} if item.besides else {}),
                "covers": item.covers,
                "lines": _lines(item.lines),
            }
            for item in items
        ],
    }


def _entry(entry: OpenEntry, as_of: date) -> dict[str, Anything]:
    day = f" Dated {date_words(entry.dated, as_of)}." if entry.dated else ""
    return {
        "question": f"{capital(entry.text)}{day}",
        "is": None,
        "none_of_these": None,
        "may_be": list(entry.may_be),
        "source": entry.source,
        "called": entry.called,
        "dated": entry.dated,
        "lines": _lines(entry.lines),
    }


def _lines(lines: Iterable[Line]) -> list[str]:
    return [f"{line.trial}/{line.id}" for line in lines]
