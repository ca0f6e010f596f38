"""The verdicts only: a line for each trial of each patient, its parts divided by tabs. It has the verdict for
scripts, and in words for people."""

from __future__ import annotations

from screener.contract import VERDICT_WORDS
from screener.report.forms import Texts
from screener.report.wording import check_first, on_one_line
from screener.screening import Screening


class Verdicts(Texts):
    """`--quiet`"""

    def text(self, screening: Screening) -> str:
        name = on_one_line(screening.patient)
        doubts = [f"\t{on_one_line(check_first(trial))}" if trial.check_first else "" for trial in screening.trials]
        rows = zip(screening.trials, doubts, strict=True)
        return "".join(
            f"{name}\t{trial.id}\t{trial.verdict}\t{VERDICT_WORDS[trial.verdict]}{doubt}\n" for trial, doubt in rows
        )
