"""A screening as text for the terminal: what fails and what is open first, each with what it rests on.

A list and no table: the protocols' sentences are long, and a nurse reads them at 80 columns as well as at 200. Every
status is a word, so that nothing is lost without colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.text import Text

from screener.evaluation.answers import Reason
from screener.evaluation.explanation import number_text, score_text
from screener.evaluation.phrases import unit_beside
from screener.report.wording import in_one_breath
from screener.screening import (
    CriterionResult,
    Evidence,
    ReadingOutcome,
    ScoreValue,
    Screening,
    Status,
    Term,
    TrialResult,
    Verdict,
)

if TYPE_CHECKING:
    from screener.advice.when import Timeline

WIDEST = 110
"""Longer lines are hard to read, however wide the terminal is."""
NARROWEST = 50

DISCLAIMER = "This is decision support for pre-screening and no determination of eligibility."

_STATUS: dict[Status, Text] = {
    "failed": Text("FAILED", "bold red"),
    "unknown": Text("unknown", "bold yellow"),
    "passed": Text("passed", "green"),
}
_VERDICT: dict[Verdict, Text] = {
    "ineligible": Text("INELIGIBLE", "bold red"),
    "undetermined": Text("undetermined", "bold yellow"),
    "eligible": Text("eligible", "bold green"),
}
_ORDER: tuple[Status, ...] = ("failed", "unknown", "passed")
_NEEDS_SAY_IT: frozenset[Reason] = frozenset({"missing", "judgement", "consent"})
"""Reasons of which an explanation says no more than the list of what is needed."""


MOST_DAYS_TOLD = 6
"""Lines for each trial of what changes by itself; more are for a program to read."""


def print_screening(screening: Screening, console: Console | None = None, when: Timeline | None = None) -> None:
    """Print a screening, to standard output unless a console is given; in colour only where that is a terminal. With
    `when`, what changes by itself follows the trials."""
    page = _Page(console or Terminal(highlight=False, markup=False, emoji=False))
    page.screening(screening, when)
    page.print()


class Terminal(Console):
    """A console that leaves it to its caller what to do about a reader that has gone."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class _Page:
    """What is to be printed, line by line, and the few shapes that it is made of."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = max(NARROWEST, min(console.width, WIDEST))
        self.lines: list[Text] = []

    def print(self) -> None:
        self.console.print(Text("\n").join(self.lines), soft_wrap=True)

    def screening(self, screening: Screening, when: Timeline | None) -> None:
        self.rule("━")
        self.line(Text.assemble("Patient ", (_plain(screening.patient), "bold"), f", screened as of {screening.as_of}"))
        self.blank()
        for trial in screening.trials:
            self.beside(Text.assemble((f"{trial.id:<13}", "bold"), _padded(_VERDICT[trial.verdict], 14)), _tally(trial))
        for trial in screening.trials:
            self.blank()
            self.trial(trial)
        if when is not None:
            self.blank()
            self.timeline(when)
        if screening.notes:
            self.blank()
            self.rule("─")
            self.line(Text("Notes on the record", "bold"))
            for note in screening.notes:
                self.beside("- ", _plain(note))
        self.blank()
        self.line(Text(DISCLAIMER, "italic"))

    def trial(self, trial: TrialResult) -> None:
        self.rule("─")
        self.beside(Text.assemble((f"{trial.id:<13}", "bold"), _padded(_VERDICT[trial.verdict], 14)), _tally(trial))
        self.line(Text(_plain(trial.title)))
        if waiting := _waits_for(trial):
            self.line(Text(waiting, "yellow"))
        if trial.recruitment.note is not None:
            self.line(Text(f"Note: {_plain(trial.recruitment.note)}", "magenta"))
        for status in _ORDER:
            criteria = [criterion for criterion in trial.criteria if criterion.status == status]
            for number, criterion in enumerate(criteria):
                if number == 0 or status != "passed":
                    self.blank()
                self.criterion(criterion)

    def criterion(self, criterion: CriterionResult) -> None:
        """A failed or open line in full; a passed one with its sentence on one line, and what it rests on."""
        label = Text.assemble(_padded(_STATUS[criterion.status], 9), (f"{criterion.id:<6}", "bold"))
        sentence = Text(_plain(criterion.text), "" if criterion.status == "passed" else "bold")
        if criterion.status == "passed":
            sentence.truncate(self.width - label.cell_len, overflow="ellipsis")
        self.beside(label, sentence)
        for word, text, style in _details(criterion):
            self.beside(Text(f"{word:>13}  ", "dim"), Text(_plain(text), style))

    def timeline(self, when: Timeline) -> None:
        self.rule("─")
        self.line(Text(f"What changes by itself, up to {when.until}, if nothing new is recorded", "bold"))
        for trial in when.trials:
            self.blank()
            verdict = Text.assemble((f"{trial.id:<13}", "bold"), _padded(_VERDICT[trial.verdict], 14))
            self.beside(verdict, trial.summary)
            days = trial.by_day()
            for each in days[:MOST_DAYS_TOLD]:
                label = Text.assemble(f"{each.date}  ", _padded(_STATUS[each.after], 9))
                self.beside(label, Text.assemble((", ".join(each.criteria), "bold"), f"  {_plain(each.why)}"))
            if len(days) > MOST_DAYS_TOLD:
                self.line(Text(f"and {len(days) - MOST_DAYS_TOLD} more, which --json --when tells"))

    # ---- shapes

    def beside(self, label: Text | str, body: Text | str) -> None:
        """A label and a text beside it; the text's further lines begin below its first."""
        first = Text(label) if isinstance(label, str) else label
        text = Text(body) if isinstance(body, str) else body
        for number, line in enumerate(text.wrap(self.console, self.width - first.cell_len)):
            line.rstrip()
            self.lines.append(Text.assemble(first if number == 0 else " " * first.cell_len, line))

    def line(self, text: Text) -> None:
        self.beside("", text)

    def rule(self, stroke: str) -> None:
        self.lines.append(Text(stroke * self.width, "dim"))

    def blank(self) -> None:
        self.lines.append(Text())


def _tally(trial: TrialResult) -> str:
    counts = trial.counts
    return f"{counts['failed']} failed, {counts['unknown']} unknown, {counts['passed']} passed"


def _waits_for(trial: TrialResult) -> str:
    """Whether data are missing, or only people's answers are left."""
    answers = [each for each in trial.waits_for if each != "data"]
    people = "a judgement and consent" if len(answers) == 2 else "".join(answers).replace("judgement", "a judgement")
    if "data" in trial.waits_for:
        return "Waits for data that can be measured or looked up" + (f", and for {people}" if people else "")
    return f"Only people's answers are left: it waits for {people}" if people else ""


def _details(criterion: CriterionResult) -> Iterator[tuple[str, str, str]]:
    """What stands below a criterion's sentence: a word for what it is, the text, and its style."""
    if criterion.basis == "assumed":
        yield "on request", "a list was taken as complete because the call asked for it", "magenta"
    yield from (("look at", flag, "magenta") for flag in criterion.flags)
    if criterion.status == "passed":
        yield "because", criterion.explanation, ""
        return
    if criterion.needs:
        yield "needs", "; ".join(in_one_breath([need.text for need in criterion.needs])), ""
    if "ambiguous" in criterion.reasons or any(reading.chosen for reading in criterion.readings):
        yield from (("read as", _reading(reading), "") for reading in criterion.readings)
    elif not criterion.reasons or not _NEEDS_SAY_IT.issuperset(criterion.reasons):
        yield "because", criterion.explanation, ""
    yield from (("score", _score(score), "") for score in criterion.scores)
    yield from (("on record", _recorded(evidence), "") for evidence in criterion.evidence)
    if criterion.assumptions:
        yield "assuming", "; ".join(criterion.assumptions), "dim"


def _reading(reading: ReadingOutcome) -> str:
    choice = "" if not reading.chosen else f", and chosen by {reading.chosen_by}" if reading.chosen_by else ", chosen"
    return f"“{reading.label}” it is {reading.status}{choice}: {reading.explanation}"


def _score(score: ScoreValue) -> str:
    terms = " + ".join(f"{_amount(term)} [{term.term}]" for term in score.terms)
    return f"{score.title} {score.value}" + (f" = {terms}" if len(score.terms) > 1 else "")


def _amount(term: Term) -> str:
    if term.low is None:
        return "(any number)" if term.high is None else f"(at most {score_text(term.high)})"
    if term.high is None:
        return f"(at least {score_text(term.low)})"
    return score_text(term.low) if term.low == term.high else f"({score_text(term.low)} to {score_text(term.high)})"


def _recorded(evidence: Evidence) -> str:
    """A fact as recorded, as converted if that differs, with its date and its place in the record."""
    unit = unit_beside(evidence.unit)
    when = f", {evidence.date}" if evidence.date else ""
    flags = "".join(f"; {flag}" for flag in evidence.flags)
    name = evidence.name.replace("_", " ")
    return f"{name} {evidence.value}{unit}{_converted(evidence)}{when} ({evidence.source}){flags}"


def _converted(evidence: Evidence) -> str:
    if evidence.canonical_unit is None or evidence.canonical_unit == evidence.unit:
        return ""
    value = evidence.canonical_value
    return f" = {number_text(value) if isinstance(value, float) else value} {evidence.canonical_unit}"


def _padded(word: Text, width: int) -> Text:
    padded = word.copy()
    padded.pad_right(width - padded.cell_len)
    return padded


def _plain(text: str) -> str:
    """Text of the record on one line: a control character in it could move the cursor or colour the screen."""
    return "".join(each if each.isprintable() else " " for each in text)


__all__ = ["print_screening"]
