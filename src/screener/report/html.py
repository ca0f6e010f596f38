"""Screenings as one page of HTML, for the screen and for paper: self-contained, without a script, and safe to open.

The page loads nothing, and its own policy lets it load nothing: whatever a record holds is text. Text that could not
be seen, or that could turn what is beside it around, is shown escaped. What the page says is read off the results.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from msgspec import Struct

from screener.evaluation.explanation import score_text
from screener.evaluation.phrases import lowered, unit_beside
from screener.records.patient import Flag
from screener.report.charts import PAPER, Chart, charts
from screener.report.limits import limits_of_score
from screener.report.outlook import MOST_DAYS, Outlook, beside_explanation, outlook, shortly, turning
from screener.report.questions import AskedForTrial, open_questions
from screener.report.wording import (
    DISCLAIMER,
    WORST_FIRST,
    amount,
    converted,
    freshness_limits,
    in_one_breath,
    needs_say_it,
    tally,
    waits_for,
)
from screener.screening import CriterionResult, Evidence, ScoreValue, Screening, Status, Term, TrialResult
from screener.version import __version__

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_NAME = 60
"""Characters of a patient's id that stand at the foot of each page."""


class PatientPart(Struct, frozen=True):
    """One patient's part of the page. `id` begins the anchors of its sections."""

    id: str
    screening: Screening
    outlook: Outlook
    charts: tuple[Chart, ...]
    questions: tuple[AskedForTrial, ...]


class Answered(Struct, frozen=True):
    """The criteria of a trial that have one status."""

    status: Status
    criteria: tuple[CriterionResult, ...]


def html_page(screenings: Sequence[Screening]) -> str:
    """The page about these screenings, each patient's beginning on a sheet of its own."""
    patients = [
        PatientPart(f"p{number}", each, outlook(each), charts(each), open_questions(each))
        for number, each in enumerate(screenings, start=1)
    ]
    feet = _foot_of_pages(patients[0], "") if len(patients) == 1 else "".join(map(_foot_of_sheet, patients))
    sheets = [Markup(_stylesheet()), Markup(feet)]
    return _template().render(
        patients=patients,
        trials=list(dict.fromkeys(trial.id for each in screenings for trial in each.trials)),
        sheets=sheets,
        policy=_policy(sheets),
        version=__version__,
        disclaimer=DISCLAIMER,
    )


def _by_status(trial: TrialResult) -> Iterator[Answered]:
    for status in WORST_FIRST:
        criteria = tuple(criterion for criterion in trial.criteria if criterion.status == status)
        if criteria:
            yield Answered(status, criteria)


# ---- what a stylesheet may hold, and what the page may load


def _policy(sheets: Sequence[str]) -> str:
    """A content security policy that allows these style sheets, and nothing else at all."""
    digests = [base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'"


def _foot_of_pages(patient: PatientPart, pages: str) -> str:
    """What stands at the foot of a patient's printed pages; `pages` is their name, empty for all of the document."""
    name = f"Patient {patient.screening.patient[:LONGEST_NAME]}, as of {patient.screening.as_of}"
    return f"@page {pages}{{@bottom-left{{content:{_in_stylesheet(f'{name}. {_AT_THE_FOOT}')}}}}}"


def _foot_of_sheet(patient: PatientPart) -> str:
    """The same for one patient of several: the pages go by the name of the patient's section."""
    return _foot_of_pages(patient, patient.id) + f"#{patient.id}{{page:{patient.id}}}"


_AT_THE_FOOT = "Pre-screening support, no determination of eligibility."


def _in_stylesheet(text: str) -> str:
    """Text as a string of CSS; every sign that could mean something there, or to HTML, as its number."""
    plain = _visible(text)
    return '"' + "".join(each if each.isalnum() and each.isascii() else f"\\{ord(each):06x}" for each in plain) + '"'


# ---- text


def _visible(text: str) -> str:
    """Text as it may stand on a page: what cannot be seen is escaped, and every kind of space is a plain one."""
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return "".join(_visible_sign(each) for each in text)


def _visible_sign(sign: str) -> str:
    if sign.isprintable() or sign == "\n":
        return sign
    return " " if sign.isspace() else sign.encode("unicode_escape", "surrogatepass").decode()


def _shown(value: object) -> object:
    """What the template shows for an expression: text of anybody's made visible, its own marks as they are."""
    return _visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


# ---- what is on record


class Row(Struct, frozen=True):
    """A fact that an answer rests on, as the page tells it: `converted` is empty where that says nothing more."""

    name: str
    value: str
    converted: str
    date: str
    source: str
    flags: tuple[Flag, ...]


def rows_of(criterion: CriterionResult, screening: Screening) -> list[Row]:
    """The facts of one line, in the order in which its answer names them."""
    return [
        Row(
            _called(each, screening),
            f"{each.value}{unit_beside(each.unit)}",
            converted(each),
            each.date or "",
            each.source,
            each.flags,
        )
        for each in criterion.evidence
    ]


def _called(evidence: Evidence, screening: Screening) -> str:
    """What a fact is called: the title that the dictionary gives it, else its name in the record."""
    rulebook = screening.rulebook
    if evidence.name in rulebook.questions:
        return f"“{rulebook.questions[evidence.name].title}”"
    for entries in (rulebook.labs, rulebook.findings, rulebook.concepts):
        if evidence.name in entries:
            return lowered(entries[evidence.name].title)
    return evidence.name.replace("_", " ")


# ---- a score's sum


class Sum(Struct, frozen=True):
    """A score as a worked sum. `total` is that of the terms, where the score is not just that: rounded, or floored."""

    terms: tuple[tuple[str, str], ...]
    total: str | None
    limits: tuple[str, ...]


def worked_sum(score: ScoreValue, trial: TrialResult, criterion: CriterionResult, screening: Screening) -> Sum:
    """The terms of a score with what they come to, and what the line compares it with."""
    rulebook = screening.rulebook
    limits = limits_of_score(trial.id, criterion.id, score.name, rulebook)
    if len(score.terms) < 2:
        return Sum((), None, limits)
    low, high = _total([term.low for term in score.terms]), _total([term.high for term in score.terms])
    total = amount(Term("", low, high))
    is_plain = low is not None and low == high and score_text(low) == score.value
    terms = tuple((term.term, amount(term)) for term in score.terms)
    return Sum(terms, None if is_plain else total, limits)


def _total(ends: Sequence[float | None]) -> float | None:
    known = [end for end in ends if end is not None]
    return math.fsum(known) if len(known) == len(ends) else None


# ---- the template

LINES_KEPT_TOGETHER = 14
"""A criterion with a longer rule, or as many facts, may go on on the next page."""


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        beside_explanation=beside_explanation,
        by_status=_by_status,
        is_short=_is_short,
        most_days=MOST_DAYS,
        needs_of=_needs,
        freshness_limits=freshness_limits,
        needs_say_it=needs_say_it,
        rows_of=rows_of,
        shortly=shortly,
        tally=tally,
        turning=turning,
        waits_for=waits_for,
        worked_sum=worked_sum,
        words=_WORDS,
        paper=PAPER,
    )
    return environment.get_template("page.html")


_WORDS: dict[Status, str] = {"failed": "failed", "unknown": "open", "passed": "passed"}


def _is_short(criterion: CriterionResult) -> bool:
    """Whether a criterion is kept on one page of paper."""
    longest = max(criterion.rule.count("\n"), len(criterion.evidence))
    return not criterion.scores and longest < LINES_KEPT_TOGETHER


def _needs(criterion: CriterionResult) -> list[str]:
    return in_one_breath([need.text for need in criterion.needs])


@cache
def _stylesheet() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")
