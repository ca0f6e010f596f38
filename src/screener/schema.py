"""The result as other programs read it: its shape, stated as types, and the JSON Schema made from them.

The shape of a record is stated where records are read. Nothing here screens anything.
"""

from __future__ import annotations

from typing import Annotated, Literal
from typing import Any as Anything

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from screener.advice.decisive import Advice
from screener.advice.when import Timeline
from screener.evaluation.answers import Reason
from screener.screening import (
    Evidence,
    Need,
    ReadingOutcome,
    Recruitment,
    ScoreValue,
    Status,
    Verdict,
    WaitsFor,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Count = Annotated[int, Meta(ge=0)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Counts(Struct, frozen=True, forbid_unknown_fields=True):
    """How many criteria of a trial have which status."""

    passed: Count
    failed: Count
    unknown: Count


class CriterionDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion for one patient. `passed` always speaks for the patient: a passed exclusion does not apply."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    rule: str
    status: Status
    basis: Literal["recorded", "assumed"]
    reasons: list[Reason]
    explanation: str
    evidence: list[Evidence]
    needs: list[Need]
    readings: list[ReadingOutcome]
    assumptions: list[str]
    scores: list[ScoreValue]
    flags: list[str]


class TrialDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """One trial for one patient, its criteria in the registry's order."""

    id: str
    title: str
    verdict: Verdict
    waits_for: list[WaitsFor]
    counts: Counts
    recruitment: Recruitment
    criteria: list[CriterionDocument]
    check_first: list[str] | UnsetType = UNSET


class ScreeningDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """One patient against all trials: what `screen --json` prints, and `Screening.to_json()` gives."""

    patient: str
    as_of: Day
    screener: str
    rules: Annotated[str, Meta(pattern="^sha256:")]
    notes: list[str]
    trials: list[TrialDocument]
    advice: Advice | msgspec.UnsetType = msgspec.UNSET
    """What decides, where the call asked for it (`--advice`)."""
    margins: list[dict[str, Anything]] | msgspec.UnsetType = msgspec.UNSET
    """How far each number lies from its limit, by trial (`--margins`); docs/margins.md names the fields."""
    distance: list[dict[str, Anything]] | msgspec.UnsetType = msgspec.UNSET
    """How far the patient is from each trial (`--distance`); docs/margins.md names the fields."""
    when: Timeline | msgspec.UnsetType = msgspec.UNSET
    """What changes by itself (`--when`)."""


def result_schema() -> dict[str, Anything]:
    """The JSON Schema of a result."""
    return {"$schema": DIALECT, "title": "A screening by screener", **msgspec.json.schema(ScreeningDocument)}


def advice_schema() -> dict[str, Anything]:
    """The JSON Schema of an advice."""
    return {"$schema": DIALECT, "title": "Advice by screener", **msgspec.json.schema(Advice)}
