"""One criterion of one patient with the whole tree of its rule: every part with its outcome, whether it decided or not.
It shows why an answer is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from screener.evaluation.outline import Branch, outline
from screener.records.errors import did_you_mean
from screener.report.forms import Asked, FormError, Report
from screener.report.terminal import STATUS, Printout, Terminal
from screener.report.wording import on_one_line, recorded
from screener.rulebook import Rulebook
from screener.screening import CriterionResult, Screening, TrialResult, status_of
from screener.sheet.phrases import as_of_words
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

if TYPE_CHECKING:
    from rich.console import Console

_TRUTHS: dict[Truth, tuple[str, str]] = {
    TRUE: ("holds", "bold"),
    FALSE: ("does not hold", "bold"),
    UNKNOWN: ("open", "bold yellow"),
}


class Explained(Report):
    """`--explain TRIAL/LINE`, of each patient the lines in the order of the call."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self.lines: list[tuple[str, str]] = []

    def prepare(self, rulebook: Rulebook) -> None:
        self.lines = [self._line(name, rulebook) for name in self.asked.value]

    def _line(self, name: str, rulebook: Rulebook) -> tuple[str, str]:
        """The trial and the criterion that `TRIAL/LINE` names."""
        trials = rulebook.trials
        trial_id, slash, line = name.partition("/")
        if not slash:
            raise FormError(f"`{name}` does not name a criterion", "write TRIAL/LINE, such as NCT…/I3")
        if trial_id not in trials:
            raise FormError(f"`{trial_id}` is not a trial of these rules", did_you_mean(trial_id, trials))
        known = [criterion.id for criterion in trials[trial_id].criteria]
        if line not in known:
            mend = did_you_mean(line, known) or f"they are {', '.join(known)}"
            raise FormError(f"`{line}` is not a criterion of {trial_id}", mend)
        if self.asked.trials is not None and trial_id not in self.asked.trials:
            raise FormError(f"`--trial` leaves out the trial of `{name}`", f"add `--trial {trial_id}`")
        return trial_id, line

    def add(self, screening: Screening) -> None:
        results = {(trial.id, each.id): (trial, each) for trial in screening.trials for each in trial.criteria}
        for line in self.lines:
            print_explained(screening, *results[line])


def print_explained(
    screening: Screening, trial: TrialResult, criterion: CriterionResult, console: Console | None = None
) -> None:
    """Print the sentence, the rule as written, the tree of each reading, and what is on record."""
    page = Printout(console or Terminal(highlight=False, markup=False, emoji=False))
    page.rule("━")
    name = Text(f"{trial.id}/{criterion.id}", "bold")
    whom = f"  patient {on_one_line(screening.patient)}, as of {as_of_words(screening.as_of)}"
    page.line(Text.assemble(name, "  ", STATUS[criterion.status], whom))
    page.beside(f"{criterion.kind}: ", Text(on_one_line(criterion.text), "bold"))
    page.blank()
    page.lines.extend(Text(f"    {line}", "dim") for line in criterion.rule.splitlines())
    for reading, judged in zip(criterion.criterion.readings, criterion.judged, strict=True):
        page.blank()
        page.print()
        label = "" if reading.label is None else f"read as “{reading.label}”: "
        root = Text.assemble(label, STATUS[status_of(criterion.kind, judged.truth)])
        page.console.print(_tree(outline(judged, screening.rulebook), Tree(root)), width=page.width)
    page.blank()
    for word, texts in (
        ("on record", [recorded(evidence) for evidence in criterion.evidence]),
        ("needs", [need.text for need in criterion.needs]),
        ("look at", [flag.text for flag in criterion.flags]),
        ("assuming", list(criterion.assumptions)),
    ):
        for text in texts:
            page.beside(Text(f"{word:>13}  ", "dim"), on_one_line(text))
    page.blank()
    page.print()


def _tree(branch: Branch, tree: Tree) -> Tree:
    label = Text()
    if branch.truth is not None:
        word, style = _TRUTHS[branch.truth]
        label.append(word, style)
        label.append(": ")
    label.append(on_one_line(branch.text))
    grown = tree.add(label)
    for part in branch.parts:
        _tree(part, grown)
    return tree
