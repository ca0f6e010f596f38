"""The margins and distances of the example patients as a coordinator reads them, kept word for word."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from golden.screened import HERE, Expected, expected_screenings, screened
from screener.advice.distance import distance
from screener.advice.margins import margins_of
from screener.screening import Screening

FOLDER = HERE / "margins"
WIDTH = 100


def margin_texts() -> dict[Path, str]:
    """Where each golden of an example lies, and what ought to stand there."""
    return {golden_of(expected): margin_text(expected) for expected in expected_screenings()}


def golden_of(expected: Expected) -> Path:
    return FOLDER / f"{expected.name}.txt"


def margin_text(expected: Expected) -> str:
    return "\n".join(_lines(screened(expected))) + "\n"


def _lines(screening: Screening) -> Iterator[str]:
    yield f"{screening.patient}, {screening.as_of.isoformat()}"
    yield ""
    yield "The nearest trial first"
    for trial in distance(screening):
        yield from _wrapped(trial.text)
    for trial_margins in margins_of(screening):
        yield ""
        yield f"Margins in {trial_margins.id}"
        for criterion in trial_margins.criteria:
            yield f"  {criterion.id} {criterion.status}"
            for margin in criterion.margins:
                yield from _wrapped(f"    {margin.text}")


def _wrapped(text: str) -> Iterator[str]:
    for line in text.splitlines():
        margin = " " * (len(line) - len(line.lstrip()))
        yield from textwrap.wrap(
            line.lstrip(), WIDTH, initial_indent=margin, subsequent_indent=f"{margin}  ", break_on_hyphens=False
        )
