"""Results that cannot be read keep their place, so that no older result is taken for the latest."""

from __future__ import annotations

from screener.records.fhir.elements import (
    Body,
    ShapeError,
    concept_kept,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource
from screener.records.fhir.result_times import time_of
from screener.records.patient import Result


def keep_place(
    holder: Body, resource: Resource, place: str, reader: Reader, why: str, *, is_told: bool = False
) -> None:
    """Keep the place of every result that an Observation or component would have been; `is_told`: the reason is known
    to the reader already."""
    held = reader.known(concept_kept(holder.get("code")), ("lab", "finding"))
    if not held and not is_told:
        reader.leave_part(resource, place, why)
    try:
        when = time_of(resource, reader) if held else None
    except ShapeError:
        when = None
    status = resource.body.get("status")
    for meaning in held:
        result = Result(meaning.entry.name, place, "", when=when, unusable="missing", problem=why, flags=meaning.flags)
        reader.chart.add_result(result, status if isinstance(status, str) else None)
