"""The summary as one page, for the screen and for paper: no script, no network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import jinja2
from msgspec import Struct

from screener.cohort.answers import SOON
from screener.cohort.changes import Why
from screener.cohort.summary import Count, OfTrial, Sensitivity, Step, Summary, Wanted
from screener.records.errors import printable
from screener.report.html import policy
from screener.values.dates import dates_in_words

TEMPLATES = Path(__file__).with_name("templates")
BAR = 120
"""The width of a bar."""
LONGEST_ID = 80
MOST_SHOWN = 20
"""Patients of a list that the page shows; the tables have more."""
WORDS = {"eligible": "certain", "undetermined": "possible", "ineligible": "ruled out", "died": "died"}
WHY: Mapping[Why, str] = {
    "record": "the record has changed",
    "day": "another day",
    "rules": "the rules have changed",
    "call": "the call has other options",
    "new here": "new here",
    "no longer here": "no longer here",
}


class Bar(Struct, frozen=True):
    """How everybody stands to a line: the widths of who passes, is unknown, and fails."""

    passed: int
    unknown: int
    failed: int


def page(summary: Summary) -> str:
    """The page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    few = under(summary.rounded_to)
    environment.filters |= {
        "count": partial(_count, few),
        "change": partial(_change, few),
        "id": _id,
        "stand": _stand,
        "day": lambda day: dates_in_words(str(day)),
        "many": partial(_many, few),
        "why": WHY.__getitem__,
    }
    style = (TEMPLATES / "summary.css").read_text()
    return environment.get_template("summary.html.jinja").render(
        summary=summary,
        style=style,
        policy=policy([style]),
        bar=_bar,
        width=BAR,
        soon=SOON.days,
        costliest=_costliest,
        most_wanted=_most_wanted,
        moves_that_matter=_moves_that_matter,
        listed=MOST_SHOWN,
    )


def under(rounded_to: int) -> str:
    """What stands for a number of patients that is too small to show; nothing where none is too small."""
    return f"under {rounded_to}" if rounded_to > 1 else ""


def _count(few: str, number: Count) -> str:
    return few if number is None else f"{number:,}"


def _many(few: str, number: Count, one: str, several: str = "") -> str:
    return f"{_count(few, number)} {one if number == 1 else several or f'{one}s'}"


def _change(few: str, number: Count) -> str:
    return few if number is None else "·" if number == 0 else f"{number:+,}"


def _id(patient: str) -> str:
    """A patient's id, as far as a cell can show it."""
    text = printable(patient)
    return text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}…"


def _stand(stand: str | None) -> str:
    return "not screened" if stand is None else WORDS[stand]


def _bar(step: Step, trial: OfTrial) -> Bar | None:
    """The bar of a line: what neither fails it nor is unknown passes it."""
    if not trial.patients:
        return None
    unknown, failed = (min(round(BAR * (each or 0) / trial.patients), BAR) for each in (step.unknown, step.failed))
    return Bar(max(BAR - unknown - failed, 0), unknown, failed)


def _costliest(trial: OfTrial) -> Step | None:
    """The line that rules out most of those who fail nothing else; where there is none, that most fail."""
    alone = max(trial.steps, key=lambda step: step.only_this_fails or 0, default=None)
    if alone is not None and alone.only_this_fails:
        return alone
    most = max(trial.steps, key=lambda step: step.failed or 0, default=None)
    return most if most is not None and most.failed else None


def _most_wanted(trial: OfTrial) -> Wanted | None:
    """The fact that most wait for; what only people can answer comes after what can be looked up or measured."""
    return next((each for each in trial.wanted if each.kind != "question"), next(iter(trial.wanted), None))


def _moves_that_matter(trial: OfTrial) -> list[Sensitivity]:
    return [each for each in trial.sensitivity if any(move.certain or move.possible for move in each.moves)]
