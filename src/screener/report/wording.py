"""What every form of a report says in the same words. Only words are handled here; what they are about was decided
elsewhere.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from textwrap import wrap

from screener.contract import LINE_WORDS, OUTCOMES
from screener.evaluation.answers import Reason
from screener.evaluation.explanation import number_text, score_text
from screener.evaluation.grounds import consulted
from screener.evaluation.phrases import both, capital, either, lowered, unit_after
from screener.rulebook import ValueLookup
from screener.screening import CriterionResult, Evidence, ReadingOutcome, ScoreValue, Status, Term, TrialResult
from screener.sheet.phrases import doubted
from screener.values.dates import dates_in_words

DISCLAIMER = "Pre-screening aid. Eligibility is the investigator's decision."
WORST_FIRST: tuple[Status, ...] = ("failed", "unknown", "passed")
"""The order in which criteria are shown: what stands in the way comes first."""


def tally(trial: TrialResult) -> str:
    """How the lines of a trial stand: `2 against, 2 open, 19 of 23 met`."""
    counts = trial.counts
    parts = [f"{counts[status]} {LINE_WORDS[status]}" for status in ("failed", "unknown") if counts[status]]
    return ", ".join([*parts, f"{counts['passed']} of {len(trial.criteria)} met"])


_LEFT = {"data": "things to measure or to look up", "judgement": "judgements", "consent": "consent"}


WIDTH = 80
"""Columns of what is printed into a file, or piped on."""


def columns_of_terminal(narrowest: int, widest: int) -> int:
    """How wide to print on this terminal; anywhere else, 80 columns."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    return max(narrowest, min(columns, widest))


def columns(text: str) -> int:
    """How many columns a text takes on a terminal: a Chinese sign two, an accent of its own none."""
    return len(text) if text.isascii() else sum(map(_columns_of_sign, text))


def _columns_of_sign(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1


def padded(text: str, width: int) -> str:
    """A text with blanks up to this width; one that is as wide already as it is."""
    return text + " " * (width - columns(text))


def fitting(text: str, width: int) -> str:
    """As much of a text as there is room for on a terminal."""
    kept, room = 0, width
    for sign in text:
        room -= _columns_of_sign(sign)
        if room < 0:
            break
        kept += 1
    return text[:kept]


def folded(text: str, width: int) -> list[str]:
    """A text on lines of this width, by words where it has some, and by what signs take on the terminal."""
    lines = [""]
    for word in text.split():
        rest = word
        while columns(rest) > width:
            piece = fitting(rest, width) or rest[0]
            lines, rest = [*lines, piece] if lines[-1] else [piece], rest[len(piece) :]
        together = f"{lines[-1]} {rest}".strip()
        if columns(together) <= width:
            lines[-1] = together
        else:
            lines.append(rest)
    return lines


def wrapped(text: str, width: int, *, on_hyphens: bool = False) -> list[str]:
    """A text on lines of this width on a terminal."""
    return wrap(text, width, break_on_hyphens=on_hyphens) if columns(text) == len(text) else folded(text, width)


def waits_for(trial: TrialResult) -> str:
    """What is left: `Left: judgements and consent`; empty for a trial that is settled."""
    left = [words for name, words in _LEFT.items() if name in trial.waits_for]
    return f"Left: {', '.join(left)}" if left else ""


def check_first(trial: TrialResult) -> str:
    """The values behind the verdict that may be wrong, each with what is asked about it; empty where nothing says so.

    `check first: INR 25.3: is it a prothrombin time in seconds?`
    """
    told = [
        f"{value}: {doubted(why.removesuffix(')'))}" if why else value
        for value, _, why in (each.partition(" (") for each in trial.check_first)
    ]
    return f"check first: {joined(told)}" if told else ""


def needs_say_it(criterion: CriterionResult) -> bool:
    """Whether the explanation of an open criterion says no more than the list of what is needed."""
    return bool(criterion.reasons) and _NEEDS_SAY_IT.issuperset(criterion.reasons)


_NEEDS_SAY_IT: frozenset[Reason] = frozenset({"missing", "judgement", "consent"})


def amount(term: Term) -> str:
    """A term of a score as far as it is known: `1.30`, `(0 to 0.91)`."""
    if term.low is None:
        return "(any number)" if term.high is None else f"(at most {score_text(term.high)})"
    if term.high is None:
        return f"(at least {score_text(term.low)})"
    return score_text(term.low) if term.low == term.high else f"({score_text(term.low)} to {score_text(term.high)})"


def converted(evidence: Evidence) -> str:
    """A fact in the canonical unit, where that differs from how it was recorded; else empty."""
    if evidence.canonical_unit is None or evidence.canonical_unit == evidence.unit:
        return ""
    value = evidence.canonical_value
    return f"{number_text(value) if isinstance(value, float) else value} {evidence.canonical_unit}"


def recorded(evidence: Evidence) -> str:
    """A fact as recorded, as converted if that differs, with its date and its place in the record."""
    canonical = f" = {converted(evidence)}" if converted(evidence) else ""
    when = f", {dates_in_words(evidence.date)}" if evidence.date else ""
    flags = "".join(f"; {flag.text}" for flag in evidence.flags)
    name = evidence.name.replace("_", " ")
    return f"{name} {evidence.value}{unit_after(evidence.unit)}{canonical}{when} ({evidence.source}){flags}"


def score_sum(score: ScoreValue) -> str:
    """A score with the terms that it is the sum of, on one line."""
    terms = " + ".join(f"{amount(term)} [{term.term}]" for term in score.terms)
    colon = ":" if score.title[-1].isdigit() else ""
    return f"{score.title}{colon} {score.value}" + (f" = {terms}" if len(score.terms) > 1 else "")


def details_of(criterion: CriterionResult) -> Iterator[tuple[str, list[str]]]:
    """What a criterion rests on and waits for: texts, under a word that says what they are."""
    yield "assumed", [ASSUMED] if criterion.basis == "assumed" else []
    yield "look at", [flag.text for flag in criterion.flags]
    yield "needs", in_one_breath([need.text for need in criterion.needs])
    if "ambiguous" in criterion.reasons or any(reading.chosen for reading in criterion.readings):
        yield "read as", [read_as(reading) for reading in criterion.readings]
    elif not needs_say_it(criterion):
        yield "because", [criterion.explanation]
    yield "fresh for", freshness_limits(criterion)
    yield "score", [score_sum(score) for score in criterion.scores]
    yield "on record", [recorded(evidence) for evidence in criterion.evidence]
    yield "assuming", ["; ".join(criterion.assumptions)] if criterion.assumptions else []


ASSUMED = "the history is complete, as the call or the site's file says"
"""On what a line rests that a list settles only because somebody said that it is complete."""


def read_as(reading: ReadingOutcome) -> str:
    """What one reading of a sentence says, and who chose it."""
    choice = "" if not reading.chosen else f", and chosen by {reading.chosen_by}" if reading.chosen_by else ", chosen"
    return f"“{reading.label}”: {OUTCOMES[reading.status]}{choice}. {reading.explanation}"


def freshness_limits(criterion: CriterionResult) -> list[str]:
    """How old the results may be that were too old for this line, and who says so.

    `7 days (the dictionary's default, no source): INR, creatinine`
    """
    frame = criterion.frame
    rulebook = frame.rulebook
    limits: dict[str, dict[str, None]] = {}
    for found in (found for judged in criterion.counted for found in consulted(judged, frame.grounds)):
        lookup = found.lookup
        if not isinstance(lookup, ValueLookup) or lookup.scope or "stale" not in found.reasons or found.is_overtaken:
            continue
        fact = rulebook.fact(found.subject)
        match frame.labs_within:
            case None:
                limit, whose = fact.fresh, "the dictionary's default, no source"
            case limit if frame.trial is not None and limit == rulebook.trials[frame.trial].labs_within:
                whose = "as the trial's rules say"
            case limit:
                whose = "as the call or the site says"
        limits.setdefault(f"{limit} ({whose})", {})[lowered(fact.title)] = None
    return [f"{limit}: {', '.join(titles)}" for limit, titles in limits.items()]


def on_one_line(text: str) -> str:
    """Text of the record as it may be printed: a control character in it could move the cursor or color the screen."""
    return "".join(each if each.isprintable() else " " for each in text)


def joined(texts: Sequence[str], by: str = ";") -> str:
    """Texts in a row: a question mark ends one, else a semicolon does.

    `Asthma now? Measure INR; Consent to this trial?`
    """
    return " ".join(text if text.endswith("?") or last else text + by for text, last in _with_last(texts))


def _with_last(texts: Sequence[str]) -> Iterator[tuple[str, bool]]:
    yield from ((text, place == len(texts) - 1) for place, text in enumerate(texts))


def in_one_breath(texts: Sequence[str]) -> list[str]:
    """Questions that follow one another and differ only in what they ask about, asked together; so with old results.

    `Asthma now?` and `Eczema now?` become `Asthma or eczema now?`; `INR before the … (old results)` and `Albumin before
    the … (old results)` become `INR and albumin before the … (old results)`.
    """
    groups: list[tuple[str, list[str]]] = []
    for text in texts:
        found = None if ": " in text else _WHEN_ASKED.search(text)
        when = found[0] if found else ""
        subject = text.removesuffix(when)
        if when and groups and groups[-1][0] == when:
            groups[-1][1].append(subject)
        else:
            groups.append((when, [subject]))
    return [_together(those, when) + when for when, those in groups]


def _together(subjects: Sequence[str], when: str) -> str:
    joined_by = either if when.endswith("?") else both
    return subjects[0] if len(subjects) == 1 else capital(joined_by(map(lowered, subjects)))


_WHEN_ASKED = re.compile(r"((, ever| now| in the past [^?:]+| in the family)\?| before the [^?:]+ \(old results\))$")
"""What a question about the patient's history ends with: the time that it is about. One that is put to a person, or is
about an entry, has a colon (`Investigator: …`)."""
