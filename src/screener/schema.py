"""The whole result, with advice, margins, distance and days: written as JSON, read back, and described by a JSON
Schema.

The shape of a record is stated where records are read. Nothing here screens anything.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any as Anything

import msgspec
from msgspec import UNSET, UnsetType

from screener.advice.distance import TrialDistance
from screener.advice.margins import TrialMargins
from screener.advice.statements import Advice, AdviceTold
from screener.advice.when import Timeline
from screener.contract import ScreeningData

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ScreeningDocument(ScreeningData, frozen=True, kw_only=True):
    """What `screen --json` prints: one patient against all trials, and what else the call asked for."""

    advice: AdviceTold | UnsetType = UNSET
    """What decides (`--advice`)."""
    margins: tuple[TrialMargins, ...] | UnsetType = UNSET
    """How far each number lies from its limit, by trial (`--margins`)."""
    distance: tuple[TrialDistance, ...] | UnsetType = UNSET
    """How far the patient is from each trial (`--distance`)."""
    when: Timeline | UnsetType = UNSET
    """What changes by itself (`--when`)."""


def document_of(
    result: ScreeningData,
    *,
    advice: Advice | None = None,
    margins: tuple[TrialMargins, ...] | None = None,
    distance: tuple[TrialDistance, ...] | None = None,
    when: Timeline | None = None,
) -> ScreeningDocument:
    """A result with what else the call asked for; None for what it did not ask for."""
    return ScreeningDocument(
        **{name: getattr(result, name) for name in result.__struct_fields__},
        advice=UNSET if advice is None else advice.told(),
        margins=UNSET if margins is None else margins,
        distance=UNSET if distance is None else distance,
        when=UNSET if when is None else when,
    )


def json_of(document: ScreeningData) -> bytes:
    """The JSON text of a result, on one line."""
    return msgspec.json.encode(document, enc_hook=_as_number)


def plain(part: object) -> Anything:
    """Any part of a result as plain data."""
    return msgspec.json.decode(msgspec.json.encode(part, enc_hook=_as_number))


def read_result(text: bytes | str) -> ScreeningDocument:
    """A result from its JSON text, in either form. Fields that it does not know are passed over. Raises
    msgspec.ValidationError if it has another shape, and msgspec.DecodeError if it is no JSON."""
    return msgspec.json.decode(text, type=ScreeningDocument, dec_hook=_from_number)


def _as_number(value: object) -> float:
    """An exact fraction is a number to other programs."""
    if isinstance(value, Fraction):
        return float(value)
    raise NotImplementedError(type(value))


def _from_number(type_: type, value: Anything) -> Fraction:
    if type_ is Fraction:
        return Fraction(value)
    raise NotImplementedError(type_)


def _schema_of_number(type_: type) -> dict[str, Anything]:
    if type_ is Fraction:
        return {"type": "number"}
    raise NotImplementedError(type_)


def result_schema() -> dict[str, Anything]:
    """The JSON Schema of a result. Its descriptions are those of the types, with `null` for None."""
    schema = msgspec.json.schema(ScreeningDocument, schema_hook=_schema_of_number)
    for part in schema["$defs"].values():
        part["description"] = re.sub(r"\bNone\b", "null", part["description"])
    return {"$schema": DIALECT, "title": "A screening by screener", **schema}
