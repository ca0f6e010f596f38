"""What a report may add to the answers: what to find out next, how near numbers were, how far each trial is, and what
changes by itself. Each is worked out only if the call asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from screener.advice.decisive import advise
from screener.advice.distance import TrialDistance, distance
from screener.advice.margins import CriterionMargins, TrialMargins, margins_of
from screener.advice.statements import Advice
from screener.advice.when import Timeline, changes
from screener.contract import ResultForm
from screener.schema import document_of, json_of
from screener.screening import Screening


class Further(Struct, frozen=True):
    """What was asked for; None is what was not."""

    advice: Advice | None = None
    margins: tuple[TrialMargins, ...] | None = None
    distance: tuple[TrialDistance, ...] | None = None
    when: Timeline | None = None

    @property
    def margins_by_line(self) -> Mapping[tuple[str, str], CriterionMargins]:
        """The margins by trial and criterion."""
        trials = self.margins or ()
        return {(trial.id, criterion.id): criterion for trial in trials for criterion in trial.criteria}


def further(
    screening: Screening, *, advice: bool = False, margins: bool = False, distances: bool = False, when: bool = False
) -> Further:
    """What is asked for of a screening."""
    return Further(
        advise(screening) if advice else None,
        margins_of(screening) if margins else None,
        distance(screening) if distances else None,
        changes(screening) if when else None,
    )


def json_with(screening: Screening, extra: Further, form: ResultForm = "full") -> str:
    """The screening as JSON text on one line, with what else was asked for."""
    document = document_of(
        screening.to_data(form), advice=extra.advice, margins=extra.margins, distance=extra.distance, when=extra.when
    )
    return json_of(document).decode()
