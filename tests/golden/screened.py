"""The screenings of the example patients that are kept whole: which they are, and their text as it is kept.

`expected.json` names each example, how it is screened, its verdicts, and the lines that the example is about. Beside it
lie the whole results: as JSON, as the table at 100 columns, and as the sheet at 80. What identifies engine and rules is
masked, so that a comment in a rule file changes no golden.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from rich.console import Console

from screener.advice.when import Timeline, changes
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.report.further import Further
from screener.report.sheet_text import sheet_text
from screener.report.terminal import DISCLAIMER, print_screening
from screener.screening import Screening, evaluate
from screener.sheet.making import sheet_of
from screener.values.dates import parse_duration

HERE = Path(__file__).parent
PATIENTS = HERE.parents[1] / "examples" / "patients"
WIDTH = 100


class Expected(Struct, frozen=True):
    """A screening of an example: `called` tells apart those of one patient, `criteria` are `TRIAL/LINE`: status."""

    patient: str
    verdicts: dict[str, str]
    criteria: dict[str, str]
    called: str | None = None
    assume_complete: Sequence[str] = ()
    labs_within: str | None = None

    @property
    def name(self) -> str:
        """What its goldens are called."""
        return self.patient if self.called is None else f"{self.patient}.{self.called}"

    @property
    def goldens(self) -> dict[Path, str]:
        """Where its goldens lie, and what ought to stand there."""
        screening = screened(self)
        return {
            HERE / f"{self.name}.json": json_text(screening),
            HERE / f"{self.name}.txt": table_text(screening),
            HERE / "when" / f"{self.name}.txt": when_text(screening),
            HERE / "sheet" / f"{self.name}.txt": sheet_text(sheet_of(screening)),
        }


def expected_screenings() -> list[Expected]:
    """Every screening of `expected.json`."""
    return [Expected(**entry) for entry in json.loads((HERE / "expected.json").read_text(encoding="utf-8"))]


def examples() -> list[Path]:
    """The files of the example patients."""
    return sorted(PATIENTS.glob("*.json"))


@cache
def _dictionary() -> Dictionary:
    return Dictionary(load_rulebook())


def screened(expected: Expected) -> Screening:
    """The screening, as it comes out now."""
    dictionary = _dictionary()
    return evaluate(
        read_patient(PATIENTS / f"{expected.patient}.json", dictionary),
        dictionary.rulebook,
        assume_complete=expected.assume_complete,
        labs_within=None if expected.labs_within is None else parse_duration(expected.labs_within),
    )


def json_text(screening: Screening) -> str:
    """The whole result, a line for each thing that can change by itself."""
    result = json.loads(screening.to_json())
    masked = dict.fromkeys(("screener", "rules", "origins"), "(masked)")
    return _laid_out(result | masked, "") + "\n"


def _laid_out(value: Any, margin: str) -> str:
    inner = margin + "  "
    match value:
        case dict() if any(isinstance(each, (dict, list)) and each for each in value.values()):
            fields = [f"{inner}{json.dumps(key)}: {_laid_out(each, inner)}" for key, each in value.items()]
            return "{\n" + ",\n".join(fields) + f"\n{margin}}}"
        case [_, *_]:
            return "[\n" + ",\n".join(inner + _laid_out(each, inner) for each in value) + f"\n{margin}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def when_text(screening: Screening) -> str:
    """What changes by itself, as the table shows it below the trials; then every change as a sentence."""
    timeline = changes(screening)
    told = table_text(screening, timeline)
    start = told.index("What changes by itself")
    end = min(place for place in (told.find(stop, start) for stop in ("\n───", f"\n{DISCLAIMER}")) if place >= 0)
    return told[start:end].rstrip() + "\n\n" + "".join(f"{line}\n" for line in timeline.words())


def table_text(screening: Screening, when: Timeline | None = None) -> str:
    """The table as a terminal without colour shows it."""
    paper = io.StringIO()
    console = Console(
        file=paper, width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False, legacy_windows=False
    )
    print_screening(screening, console, None if when is None else Further(when=when))
    return "".join(f"{line.rstrip()}\n" for line in paper.getvalue().splitlines())
