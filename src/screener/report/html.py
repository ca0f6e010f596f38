"""What a page of HTML is made with: its policy, its text, and the evidence of an answer.

A page loads nothing, and its own policy lets it load nothing: whatever a record holds is text. Text that could not be
seen, or that could reverse the text next to it, is shown escaped. What a page says is read off the results.
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

from screener.contract import LINE_WORDS, OUTCOMES
from screener.evaluation.explanation import score_text
from screener.evaluation.phrases import capital, lowered, unit_after
from screener.records.patient import Flag
from screener.report.charts import PAPER
from screener.report.limits import limits_of_score
from screener.report.outlook import MOST_DAYS, beside_explanation, shortly, turning
from screener.report.wording import (
    ASSUMED,
    DISCLAIMER,
    WORST_FIRST,
    amount,
    converted,
    freshness_limits,
    in_one_breath,
    needs_say_it,
)
from screener.screening import CriterionResult, Evidence, ScoreValue, Screening, Status, Term, TrialResult
from screener.sheet.phrases import counted
from screener.sheet.reviewing import open_entries
from screener.values.dates import dates_in_words, day_in_words

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_NAME = 60
"""Characters of a patient's id that stand at the foot of each page."""


class Answered(Struct, frozen=True):
    """The criteria of a trial that have one status."""

    status: Status
    criteria: tuple[CriterionResult, ...]


def _by_status(trial: TrialResult) -> Iterator[Answered]:
    for status in WORST_FIRST:
        criteria = tuple(criterion for criterion in trial.criteria if criterion.status == status)
        if criteria:
            yield Answered(status, criteria)


# ---- what a stylesheet may hold, and what the page may load


def policy(sheets: Sequence[str], scripts: Sequence[str] = ()) -> str:
    """A content security policy that allows these style sheets and scripts, and nothing else at all."""
    allowed = [f"style-src {_digests(sheets)}", *([f"script-src {_digests(scripts)}"] if scripts else [])]
    return f"default-src 'none'; {'; '.join(allowed)}; base-uri 'none'; form-action 'none'"


def _digests(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)


def feet_of_pages(patients: Sequence[tuple[str, Screening]]) -> Markup:
    """What stands at the foot of each patient's printed pages. With several patients, the pages go by the anchor of
    the patient's part. A browser that prints no margins of pages takes it from the part itself (`--foot`)."""
    is_one = len(patients) == 1
    return Markup("".join(_foot_of_pages(anchor, "" if is_one else anchor, each) for anchor, each in patients))


def _foot_of_pages(anchor: str, pages: str, screening: Screening) -> str:
    id_ = screening.patient
    called = id_ if len(id_) <= LONGEST_NAME else f"{id_[: LONGEST_NAME - 1].rstrip()}…"
    foot = _in_stylesheet(f"Patient {called}, as of {day_in_words(screening.as_of)}. {_AT_THE_FOOT}")
    named = f"page:{pages};" if pages else ""
    return f"@page {pages}{{@bottom-left{{content:{foot}}}}}#{anchor}{{{named}--foot:{foot}}}"


_AT_THE_FOOT = DISCLAIMER


def _in_stylesheet(text: str) -> str:
    """Text as a string of CSS; every sign that could mean something there, or to HTML, as its number."""
    plain = visible(text)
    return '"' + "".join(each if each.isalnum() and each.isascii() else f"\\{ord(each):06x}" for each in plain) + '"'


# ---- text


def visible(text: str) -> str:
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
    return value if type(value) is not str or value.isprintable() else visible(value)


# ---- what is on record


class EvidenceRow(Struct, frozen=True):
    """A fact that an answer rests on, as the page shows it: `converted` is empty if it adds nothing."""

    name: str
    value: str
    converted: str
    date: str
    source: str
    flags: tuple[Flag, ...]


MOST_OPEN_ENTRIES = 8
"""Entries that leave open what they are, as many as a line shows one by one. The chart review asks about each."""


def rows_of(criterion: CriterionResult, screening: Screening) -> list[EvidenceRow]:
    """The facts of one line, in the order in which its answer names them. Of many entries that leave open what they are
    the last share a row, with the places of all."""
    rows = [
        EvidenceRow(
            _called(each, screening),
            f"{each.value}{unit_after(each.unit)}",
            converted(each),
            dates_in_words(each.date or ""),
            each.source,
            each.flags,
        )
        for each in criterion.evidence
    ]
    leaving_open = {entry.source for entry in open_entries(screening)}
    places = dict.fromkeys(row.source for row in rows if row.source in leaving_open and not row.flags)
    further = list(places)[MOST_OPEN_ENTRIES:]
    if not further:
        return rows
    told = EvidenceRow(f"{counted(len(further), *MORE_ENTRIES)} of this kind", "", "", "", ", ".join(further), ())
    return [*(row for row in rows if row.source not in further or row.flags), told]


MORE_ENTRIES = ("more entry", "more entries")


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


def template(name: str) -> jinja2.Template:
    """A template of a page, which can show all that an answer rests on."""
    return _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        optimized=False,  # it costs a tenth of compiling, and here it gains nothing
    )
    environment.globals.update(
        beside_explanation=beside_explanation,
        by_status=_by_status,
        is_chosen=_is_chosen,
        is_short=_is_short,
        most_days=MOST_DAYS,
        needs_of=_needs,
        freshness_limits=freshness_limits,
        needs_say_it=needs_say_it,
        rows_of=rows_of,
        shortly=shortly,
        turning=turning,
        worked_sum=worked_sum,
        words=LINE_WORDS,
        outcomes=OUTCOMES,
        assumed=ASSUMED,
        capital=capital,
        dates_in_words=dates_in_words,
        day_in_words=day_in_words,
        paper=PAPER,
    )
    return environment


def _is_short(criterion: CriterionResult) -> bool:
    """Whether a criterion is kept on one page of paper."""
    longest = max(criterion.rule.count("\n"), len(criterion.evidence))
    return not criterion.scores and longest < LINES_KEPT_TOGETHER


def _is_chosen(criterion: CriterionResult) -> bool:
    """Whether somebody chose which reading of a criterion counts."""
    return criterion.reading is not None


def _needs(criterion: CriterionResult) -> list[str]:
    """What would settle a criterion; of many entries to look up the first, and how many more there are."""
    further = [need for need in criterion.needs if need.kind == "entry"][MOST_OPEN_ENTRIES:]
    told = in_one_breath([need.text for need in criterion.needs if need not in further])
    return [*told, f"And {counted(len(further), *MORE_ENTRIES)} of this kind"] if further else told


@cache
def stylesheet(*names: str) -> Markup:
    """These files of style, one after the other."""
    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names))
