"""The chart review: what a record never writes down, as a file to fill in.

It asks for the negatives that open criteria wait for, grouped as a reader of charts thinks, each over the widest time
that any criterion looks at, and names the entries of the record that nobody could read. `screen --answers` takes the
filled file back (`records/reviews.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Any as Anything

from screener.screening import Screening
from screener.sheet.model import Review, ReviewGroup, ReviewItem
from screener.sheet.reviewing import asked_of_chart, heading_of, item_of, open_entries

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
            {
                "title": group.title,
                "none_of_these": None,
                "items": [
                    {
                        "what": item.what,
                        "title": item.title,
                        "covers": item.covers,
                        "found": None,
                        "lines": [f"{line.trial}/{line.id}" for line in item.lines],
                    }
                    for item in group.items
                ],
            }
            for group in review.groups
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
    """The chart review of every trial, as the file to fill in."""
    items: dict[str, list[ReviewItem]] = {}
    for each in sorted(asked_of_chart(screening), key=lambda one: -len(one.lines)):
        heading = NEEDED if each.seeks else heading_of(each, screening.rulebook)
        items.setdefault(heading, []).append(item_of(each, each.lines, screening.as_of))
    groups = tuple(ReviewGroup(title, tuple(those), (), "") for title, those in sorted(items.items()))
    return as_file(Review(groups, open_entries(screening)), screening.patient, screening.as_of)


NEEDED = "What inclusion needs"
"""Things whose absence speaks against a patient stand apart: a tick under another heading never denies them."""
