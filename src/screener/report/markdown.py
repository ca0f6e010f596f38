"""A screening as Markdown, for those who paste it into a note or a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screener.contract import LINE_WORDS
from screener.evaluation.phrases import capital
from screener.report.forms import Texts
from screener.report.wording import (
    DISCLAIMER,
    WORST_FIRST,
    check_first,
    details_of,
    on_one_line,
    tally,
    waits_for,
)
from screener.screening import CriterionResult, Screening, TrialResult
from screener.sheet.making import states_in_words
from screener.sheet.phrases import as_of_words
from screener.version import __version__


class Markdown(Texts):
    """`--markdown`"""

    encoding = "utf-8"

    def text(self, screening: Screening) -> str:
        return markdown(screening) + "\n\n"


def markdown(screening: Screening) -> str:
    """The screening in CommonMark with tables; whatever a record holds is text there, and no mark."""
    lines = [f"# Patient {_text(screening.patient)}, as of {as_of_words(screening.as_of)}", ""]
    for note in screening.check_first:
        lines += [f"**{_text(capital(note))}**", ""]
    states = states_in_words(screening)
    lines += ["| Trial | State | Against | Open | Met | Left |", "|---|---|---:|---:|---:|---|"]
    for trial in screening.trials:
        counts = " | ".join(str(trial.counts[status]) for status in WORST_FIRST)
        left = waits_for(trial).removeprefix("Left: ")
        lines.append(f"| {trial.id} | {states[trial.id].headline} | {counts} | {left} |")
    for trial in screening.trials:
        lines += ["", *_trial(trial, states[trial.id].headline)]
    if notes := screening.other_notes:
        lines += ["", "## Notes on the record", "", *(f"- {_text(note)}" for note in notes)]
    lines += ["", f"*{DISCLAIMER}*", "", f"screener {__version__}, rules {screening.rules}"]
    return "\n".join(lines)


def _trial(trial: TrialResult, state: str) -> Iterator[str]:
    yield f"## {trial.id}: {state}"
    yield ""
    yield _text(trial.title)
    yield ""
    note = f"Note: {_text(trial.recruitment.note)}" if trial.recruitment.note else ""
    doubt = _text(check_first(trial))
    told = (each for each in (tally(trial), capital(doubt), waits_for(trial), note) if each)
    yield " ".join(each if each.endswith("?") else f"{each}." for each in told)
    for status in WORST_FIRST:
        for criterion in trial.criteria:
            if criterion.status == status:
                yield ""
                yield from _criterion(criterion)


def _criterion(criterion: CriterionResult) -> Iterator[str]:
    yield f"### {criterion.id} {LINE_WORDS[criterion.status]}"
    yield ""
    yield f"> {_text(criterion.text)}"
    yield ""
    yield "```"
    yield from criterion.rule.splitlines()
    yield "```"
    yield ""
    for word, texts in details_of(criterion):
        lead = word if word == "read as" else f"{word}:"
        yield from (f"- {lead} {_text(text)}" for text in texts)


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&$@^]|:(?=//)|(?<=www)\.)|^(\s*)([-+=:]|\d+[.)])", re.IGNORECASE)


def _text(text: str) -> str:
    """Text with every sign escaped that could be a mark, on one line."""
    return _MARKS.sub(lambda found: f"\\{found[1]}" if found[1] else _escaped_opening(found), on_one_line(text))


def _escaped_opening(found: re.Match[str]) -> str:
    """A sign that would open a list or a line: of `1.` the point is escaped, as Markdown has no escaped digit."""
    sign = found[3]
    return f"{found[2]}{sign[:-1]}\\{sign[-1]}"
