"""The limits of normal that came with a result: those among its reference ranges that are for this patient."""

from __future__ import annotations

from collections.abc import Sequence

from screener.records.dictionary import MOST_REMEMBERED, Dictionary, Meaning
from screener.records.fhir.elements import (
    Body,
    Concept,
    UnreadableError,
    as_written,
    at_age,
    concept,
    concepts,
    part,
    parts,
    text,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.result_values import of_quantity, plain_number
from screener.records.written import (
    NormalSpan,
    read_limits,
    with_decimal_points,
)
from screener.rulebook import Lab
from screener.values.dates import DAY, Moment

_RANGE_KINDS = (
    "http://terminology.hl7.org/CodeSystem/referencerange-meaning",
    "http://hl7.org/fhir/referencerange-meaning",
)
"""FHIR's own kinds of ranges, and what they were called before R4."""

_NORMAL = ("normal", "normal range")

_UNCLEAR = "which of its limits of normal apply is not clear, and none is used"

_SEXES = {
    "248153007": "male",
    "248152002": "female",
    "male": "male",
    "female": "female",
    "M": "male",
    "F": "female",
}


def limits_of_normal(
    holder: Body, meaning: Meaning, reader: Reader, when: Moment | None
) -> tuple[NormalSpan, str | None]:
    """The limits that came with a result, and what is doubtful about them.

    Of several reference ranges, those count that are normal ranges for the patient's sex and age. If they still differ,
    or nobody can tell which applies, none is used.
    """
    ranges = parts(holder, "referenceRange")
    if not ranges or not isinstance(meaning.entry, Lab):
        return NormalSpan(), None
    if any("age" in each for each in ranges):
        return _limits_among(ranges, reader, when)
    # A laboratory prints the same limits with every result, at most one set for each sex.
    key = (reader.chart.sex, as_written(ranges))
    known = reader.memory.limits.get(key)
    if known is None:
        known = _limits_among(ranges, reader, when)
        if len(reader.memory.limits) < MOST_REMEMBERED:
            reader.memory.limits[key] = known
    return known


def _limits_among(ranges: Sequence[Body], reader: Reader, when: Moment | None) -> tuple[NormalSpan, str | None]:
    if not all(_is_of_known_kind(each) and _is_for_known_people(each) for each in ranges):
        return NormalSpan(), _UNCLEAR
    applying: dict[NormalSpan, None] = {}
    is_open = False
    for each in ranges:
        applies = _applies(each, reader, when)
        if applies is False:
            continue
        is_open = is_open or applies is None
        try:
            applying[_limits_of(each, reader.dictionary)] = None
        except UnreadableError:
            return NormalSpan(), "its limits of normal cannot be read, and none is used"
    if not applying:
        return NormalSpan(), None
    if len(applying) != 1 or (is_open and len(ranges) > 1):
        return NormalSpan(), _UNCLEAR
    (limits,) = applying
    if limits.lower is not None and limits.upper is not None and limits.lower > limits.upper:
        return NormalSpan(), "its limits of normal are exchanged, and are not used"
    return limits, None


def _applies(range_: Body, reader: Reader, when: Moment | None) -> bool | None:
    """Whether a reference range is a normal range for this patient; None if nobody can tell."""
    kind = _kind_of(range_)
    if kind is not None and kind not in _NORMAL:
        return False
    applies: bool | None = True
    for group in concepts(range_, "appliesTo"):
        sexes = _sexes(group)
        if len(sexes) != 1 or reader.chart.sex is None:
            applies = None
        elif reader.chart.sex not in sexes:
            return False
    if "age" in range_:
        of_age = _is_of_age(part(range_, "age"), reader, when)
        applies = of_age if of_age is not True else applies
    return applies


def _stated_kind(range_: Body) -> tuple[str | None, str]:
    """What a reference range is of: a code of FHIR's own, and words. DSTU2 calls the field `meaning`."""
    kind = concept(range_, "meaning" if "meaning" in range_ and "type" not in range_ else "type")
    code = next((code for system in _RANGE_KINDS if (code := kind.code_of(system)) is not None), None)
    return code, (kind.words or "").strip().casefold() or (next((each.code or "?" for each in kind.codings), ""))


def _kind_of(range_: Body) -> str | None:
    """What a reference range is of: a code of FHIR's, or words; None where it does not say, which is what is normal."""
    code, words = _stated_kind(range_)
    return code or words or None


def _is_of_known_kind(range_: Body) -> bool:
    """Whether it is known what a reference range is of: what is normal, or something else of FHIR's own."""
    code, words = _stated_kind(range_)
    return (not words or code is not None or words in _NORMAL) and not range_.get("modifierExtension")


def _is_for_known_people(range_: Body) -> bool:
    """Whether it is known whom a reference range is for: everybody, or a sex. Of any other group nobody here knows
    whether the patient belongs to it."""
    return all(_sexes(group) for group in concepts(range_, "appliesTo"))


def _sexes(group: Concept) -> set[str]:
    """The sexes that a group of people is of."""
    words = [each.code or "" for each in group.codings] + [(group.text or "").strip().casefold()]
    return {sex for word in words if (sex := _SEXES.get(word)) is not None}


def _is_of_age(ages: Body, reader: Reader, when: Moment | None) -> bool | None:
    """Whether the patient was of these ages when the result was taken; None if that is not known."""
    birth = reader.chart.birth
    if birth is None or when is None:
        return None
    certain = True
    for field in ("low", "high"):
        if field not in ages:
            continue
        try:
            reached = at_age(part(ages, field), birth, "age")
        except UnreadableError:
            return None
        if reached is None:
            continue
        # Of an imprecise birth date the age may have been reached, or left, later or earlier by as much.
        spread = (birth.last_day - birth.first_day) * DAY
        if field == "low":
            if when.last < reached.first:
                return False
            certain = certain and when.first >= reached.first + spread
        else:
            if when.first > reached.last:
                return False
            certain = certain and when.last <= reached.last - spread
    return True if certain else None


def _limits_of(range_: Body, dictionary: Dictionary) -> NormalSpan:
    """The limits of one reference range, as quantities or in words. Raises UnreadableError."""
    ends = [of_quantity(part(range_, field), dictionary) if field in range_ else None for field in ("low", "high")]
    known = [each for each in ends if each is not None]
    if known:
        fault = next((each.fault for each in known if each.fault is not None), None)
        if fault is not None:
            raise UnreadableError(fault[1])
        units = {each.unit for each in known}
        if len(units) > 1:
            raise UnreadableError("its limits of normal have different units")
        lower, upper = (None if each is None else plain_number(each) for each in ends)
        if [lower, upper].count(None) != ends.count(None):
            raise UnreadableError("its limits of normal are not plain numbers")
        return NormalSpan(lower, upper, known[0].unit)
    written = text(range_, "text") or ""
    limits = read_limits(with_decimal_points(written) or written)
    if limits is None:
        raise UnreadableError("its limits of normal are words")
    return limits
