"""One criterion of one patient with the whole tree of its rule: every part and what it came to, whether it decided or
not. For who wants to know why an answer is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from screener.evaluation.outline import Branch, outline
from screener.report.terminal import STATUS, Page, Terminal
from screener.report.wording import on_one_line, recorded
from screener.screening import CriterionResult, Screening, TrialResult, status_of
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

if TYPE_CHECKING:
    from rich.console import Console

_TRUTHS: dict[Truth, tuple[str, str]] = {
    TRUE: ("holds", "bold"),
    FALSE: ("does not hold", "bold"),
    UNKNOWN: ("open", "bold yellow"),
}


def print_explained(
    screening: Screening, trial: TrialResult, criterion: CriterionResult, console: Console | None = None
) -> None:
    """Print the sentence, the rule as written, the tree of each reading, and what is on record."""
    page = Page(console or Terminal(highlight=False, markup=False, emoji=False))
    page.rule("━")
    name = Text(f"{trial.id}/{criterion.id}", "bold")
    whom = f"  patient {on_one_line(screening.patient)}, as of {screening.as_of}"
    page.line(Text.assemble(name, "  ", STATUS[criterion.status], whom))
    page.beside(f"{criterion.kind}: ", Text(on_one_line(criterion.text), "bold"))
    page.blank()
    page.lines.extend(Text(f"    {line}", "dim") for line in criterion.rule.splitlines())
    for reading, judged in zip(criterion.criterion.readings, criterion.judged, strict=True):
        page.blank()
        page.print()
        label = "" if reading.label is None else f"read as “{reading.label}” it is "
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
