"""The worklist as a page: an index of the patients' own pages, by state, for screen and paper. It needs no script."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from msgspec import Struct

from screener.report.html import policy, stylesheet, template
from screener.report.sheet_page import MARKS, day
from screener.report.wording import DISCLAIMER
from screener.sheet import phrases
from screener.sheet.model import StateName
from screener.sheet.states import NEAREST_FIRST
from screener.sheet.worklist import Listed, Worklist
from screener.version import __version__


class Group(Struct, frozen=True):
    """The patients of one state; or all, where the list is in another order than by state."""

    anchor: str
    title: str
    rows: tuple[Listed, ...]


def worklist_page(worklist: Worklist) -> str:
    """The whole page."""
    styles = [stylesheet("parts.css", "sheet.css", "worklist.css"), Markup(_FOOT)]
    return template("worklist.html").render(
        worklist=worklist,
        groups=list(_groups(worklist)),
        is_by_state=worklist.choice.sort == "nearest",
        has_days=worklist.first_day != worklist.last_day,
        styles=styles,
        policy=policy(styles),
        version=__version__,
        disclaimer=DISCLAIMER,
        marks=MARKS,
        day=day,
        as_of_words=phrases.as_of_words,
        phrases=phrases,
    )


_FOOT = f'@page{{@bottom-left{{content:"Worklist. {DISCLAIMER}"}}}}'


def _groups(worklist: Worklist) -> Iterator[Group]:
    if worklist.choice.sort != "nearest":
        yield Group("patients", phrases.ORDERED[worklist.choice.sort], worklist.shown)
        return
    alive = [each for each in worklist.shown if each.row.died is None]
    for state in NEAREST_FIRST:
        rows = tuple(each for each in alive if each.row.state == state)
        if rows:
            yield Group(_anchor(state), phrases.HEADLINES[state], rows)
    died = tuple(each for each in worklist.shown if each.row.died is not None)
    if died:
        yield Group("died", phrases.DIED, died)


def _anchor(state: StateName) -> str:
    return state.replace(" ", "-")
