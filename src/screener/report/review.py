"""The chart review: what a record never writes down, as a file to fill in.

It asks for what the patient's sheet asks for: the negatives that open criteria of trials not ruled out wait for,
grouped as a reader of charts thinks, each over the widest time that any criterion looks at; apart from them what
inclusion needs to be found; and the entries of the record that nobody could read. `screen --answers` takes the
filled file back (`records/reviews.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any as Anything

from screener.screening import Screening
from screener.sheet.making import sheet_of
from screener.sheet.model import Review, ReviewItem

HOW = (
    "Write the day of your review into `on` and your name or role into `by`.",
    "Tick a group whose things you looked for and did not find: `none_of_these`: true.",
    "What you did find: `found`: true, or the day or month of its onset. It counts even in a ticked group.",
    "`covers` says since when you looked: ever, a day, or now (as it is today).",
    "An entry that leaves open what it is: `is`: its name from `may_be`, or `none_of_these`: true.",
    "Give the file back: screen PATIENT --answers FILE",
)


def as_file(review: Review, patient: str, as_of: date) -> dict[str, Anything]:
    """A review as the file to fill in, as plain data."""
    return {
        "patient": patient,
        "as_of": as_of.isoformat(),
        "how": list(HOW),
        "on": None,
        "by": None,
        "looked_at": [],
        "groups": [
            *(_group(group.title, group.items) for group in review.groups),
            *([_group(NEEDED, review.needed)] if review.needed else []),
        ],
        "entries": [
            {
                "source": entry.source,
                "called": entry.called,
                "dated": entry.dated,
                "may_be": list(entry.may_be),
                "lines": [f"{line.trial}/{line.id}" for line in entry.lines],
                "is": None,
                "none_of_these": None,
            }
            for entry in review.entries
        ],
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
                "what": item.what,
                "title": item.title,
                "covers": item.covers,
                "found": None,
                "lines": [f"{line.trial}/{line.id}" for line in item.lines],
            }
            for item in items
        ],
    }
