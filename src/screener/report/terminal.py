"""A screening as text for the terminal: what fails and what is open first, each with what it rests on.

A list and no table: the protocols' sentences are long, and a nurse reads them at 80 columns as well as at 200. Every
status is a word, so that nothing is lost without colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.text import Text

from screener.advice.margins import margins
from screener.contract import LINE_WORDS
from screener.evaluation.phrases import capital
from screener.report.advising import advice_lines
from screener.report.wording import (
    DISCLAIMER,
    WORST_FIRST,
    check_first,
    details_of,
    joined,
    on_one_line,
    recorded,
    tally,
    waits_for,
)
from screener.screening import (
    CriterionResult,
    Screening,
    Status,
    TrialResult,
    Verdict,
)
from screener.sheet.actions import place_in_work
from screener.sheet.making import checks_and_states
from screener.sheet.phrases import as_of_words, loud
from screener.values.dates import dates_in_words, day_in_words

if TYPE_CHECKING:
    from screener.advice.statements import Advice
    from screener.advice.when import Timeline
    from screener.report.further import Further
    from screener.sheet.model import Doubt, State

WIDEST = 110
"""Longer lines are hard to read, however wide the terminal is."""
NARROWEST = 50
STATE_WIDTH = 25
"""Columns for a state: `Nothing against so far`."""

STATUS: dict[Status, Text] = {
    "failed": Text(LINE_WORDS["failed"].upper(), "bold red"),
    "unknown": Text(LINE_WORDS["unknown"], "bold yellow"),
    "passed": Text(LINE_WORDS["passed"], "green"),
}
_STYLES: dict[Verdict, str] = {"ineligible": "bold red", "undetermined": "bold yellow", "eligible": "bold green"}


def state_text(state: State, verdict: Verdict) -> Text:
    """The state of a trial, as the sheet calls it."""
    return Text(loud(state), _STYLES[verdict])


MOST_DAYS_TOLD = 6
"""Lines for each trial of what changes by itself; more are for a program to read."""


MOST_FACTS_TOLD = 5
"""How many facts to find out first are shown; `--advice` shows the others."""


def print_screening(
    screening: Screening,
    console: Console | None = None,
    extra: Further | None = None,
    *,
    first_facts: Advice | None = None,
) -> None:
    """Print a screening, to standard output unless a console is given; in colour only where that is a terminal.

    `extra` is what else was asked for. `first_facts` is the advice whose first facts follow the states.
    """
    page = Printout(console or Terminal(highlight=False, markup=False, emoji=False), extra)
    page.screening(screening, first_facts)
    page.print()


class Terminal(Console):
    """A console that leaves it to its caller what to do about a reader that has gone."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class Printout:
    """What is to be printed, line by line, and the few shapes that it is made of."""

    def __init__(self, console: Console, extra: Further | None = None) -> None:
        self.console = console
        self.extra = extra
        self.margins = extra.margins_by_line if extra is not None else {}
        self.width = max(NARROWEST, min(console.width, WIDEST))
        self.lines: list[Text] = []
        self.states: dict[str, State] = {}

    def print(self) -> None:
        """Print the lines gathered so far, and start again."""
        self.console.print(Text("\n").join(self.lines), soft_wrap=True)
        self.lines.clear()

    def screening(self, screening: Screening, first_facts: Advice | None = None) -> None:
        doubts, self.states = checks_and_states(screening)
        self.rule("━")
        name = Text(on_one_line(screening.patient), "bold")
        self.line(Text.assemble("Patient ", name, f", as of {as_of_words(screening.as_of)}"))
        if screening.died is not None:
            self.line(Text(f"The record says that the patient has died ({dates_in_words(screening.died)})", "bold red"))
        for note in screening.check_first:
            self.line(Text(on_one_line(capital(note)), "bold magenta"))
        self.blank()
        for trial in screening.trials:
            self.verdict(trial)
        if first_facts is not None and (first_facts.facts or doubts):
            self.blank()
            self.first_facts(first_facts, doubts)
        for trial in screening.trials:
            self.blank()
            self.trial(trial)
        if self.extra is not None:
            self.further(self.extra)
        if notes := screening.other_notes:
            self.blank()
            self.rule("─")
            self.line(Text("Notes on the record", "bold"))
            for note in notes:
                self.beside("- ", on_one_line(note))
        self.blank()
        self.line(Text(DISCLAIMER, "italic"))

    def first_facts(self, advice: Advice, doubts: Sequence[Doubt]) -> None:
        """What to find out first, in the order of the sheet. Of what is found alike that leads which settles most; what
        answers no line alone comes last."""
        self.line(Text("To find out first", "bold"))
        ranked = sorted(advice.unconditional, key=lambda fact: (not fact.closes, place_in_work(fact.fact.found_by)))
        told = [*(f"{doubt.text} {doubt.effect}".rstrip() for doubt in doubts), *(fact.sentence for fact in ranked)]
        for sentence in told[:MOST_FACTS_TOLD]:
            self.beside("- ", on_one_line(sentence))
        if len(told) > MOST_FACTS_TOLD:
            self.line(Text(f"and {len(told) - MOST_FACTS_TOLD} more: --advice shows what each decides", "dim"))

    def further(self, extra: Further) -> None:
        if extra.advice is not None:
            self.blank()
            self.rule("─")
            self.lines.extend(Text(on_one_line(line)) for line in advice_lines(extra.advice, self.width))
        if extra.distance is not None:
            self.blank()
            self.rule("─")
            self.line(Text("How far from each trial, the nearest first", "bold"))
            for trial in extra.distance:
                self.blank()
                for number, line in enumerate(trial.text.splitlines()):
                    self.beside("" if number == 0 else "  ", on_one_line(line.strip()))
        if extra.when is not None:
            self.blank()
            self.timeline(extra.when)

    def trial(self, trial: TrialResult) -> None:
        self.rule("─")
        self.verdict(trial)
        self.line(Text(on_one_line(trial.title)))
        if waiting := waits_for(trial):
            self.line(Text(waiting, "yellow"))
        if trial.recruitment.note is not None:
            self.line(Text(f"Note: {on_one_line(trial.recruitment.note)}", "magenta"))
        for status in WORST_FIRST:
            criteria = [criterion for criterion in trial.criteria if criterion.status == status]
            for number, criterion in enumerate(criteria):
                if number == 0 or status != "passed":
                    self.blank()
                self.criterion(criterion, trial.id)

    def verdict(self, trial: TrialResult) -> None:
        """The state of a trial, with the values behind it that may be wrong."""
        label = self.state(trial.id, trial.verdict)
        self.beside(label, tally(trial))
        if doubt := check_first(trial):
            self.beside(" " * label.cell_len, Text(on_one_line(doubt), "bold magenta"))

    def state(self, trial: str, verdict: Verdict) -> Text:
        state = _padded(state_text(self.states[trial], verdict), STATE_WIDTH)
        return Text.assemble((f"{trial:<13}", "bold"), state)

    def criterion(self, criterion: CriterionResult, trial: str) -> None:
        """A failed line in full, and how near its numbers were; an open one in full; a passed one with its sentence on
        one line, what it rests on, and of that what should be looked at again."""
        label = Text.assemble(_padded(STATUS[criterion.status], 9), (f"{criterion.id:<6}", "bold"))
        sentence = Text(on_one_line(criterion.text), "" if criterion.status == "passed" else "bold")
        if criterion.status == "passed":
            sentence.truncate(self.width - label.cell_len, overflow="ellipsis")
        self.beside(label, sentence)
        for word, text, style in _details(criterion):
            self.beside(Text(f"{word:>13}  ", "dim"), Text(on_one_line(text), style))
        known = self.margins.get((trial, criterion.id))
        if known is None and criterion.status == "failed":
            known = margins(criterion)
        for margin in known.margins if known is not None else ():
            self.beside(Text(f"{'margin':>13}  ", "dim"), Text(on_one_line(margin.text)))

    def timeline(self, when: Timeline) -> None:
        self.rule("─")
        self.line(Text(f"What changes by itself, up to {day_in_words(when.until)}, if nothing new is recorded", "bold"))
        for trial in when.trials:
            self.blank()
            self.beside(self.state(trial.id, trial.verdict), trial.summary)
            days = trial.by_day()
            for each in days[:MOST_DAYS_TOLD]:
                label = Text.assemble(f"{day_in_words(each.date):<13}", _padded(STATUS[each.after], 9))
                self.beside(label, Text.assemble((", ".join(each.criteria), "bold"), f"  {on_one_line(each.why)}"))
            if len(days) > MOST_DAYS_TOLD:
                self.line(Text(f"and {len(days) - MOST_DAYS_TOLD} more: --json --when has them all"))

    # ---- shapes

    def beside(self, label: Text | str, body: Text | str) -> None:
        """A label, and a text to its right; further lines of the text begin below its first."""
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


_STYLE_OF = {"assumed": "magenta", "look at": "magenta", "assuming": "dim"}


def _details(criterion: CriterionResult) -> Iterator[tuple[str, str, str]]:
    """The rows below a criterion's sentence: a word for what it is, the text, and its style. Of a passed criterion,
    only what to look at and what it rests on."""
    for word, texts in details_of(criterion):
        if word == "needs" and texts:
            yield word, joined(texts), ""
        elif criterion.status != "passed" or word in ("assumed", "look at"):
            yield from ((word, text, _STYLE_OF.get(word, "")) for text in texts)
    if criterion.status == "passed":
        yield "because", criterion.explanation, ""
        yield from (("on record", recorded(evidence), "magenta") for evidence in criterion.suspicious)


def _padded(word: Text, width: int) -> Text:
    padded = word.copy()
    padded.pad_right(max(width - padded.cell_len, 1))
    return padded


__all__ = ["print_screening"]
