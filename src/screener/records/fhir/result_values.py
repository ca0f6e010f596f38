"""The value of an Observation in each of its forms: quantity, range, ratio, concept or text, with its unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec
from msgspec import Struct

from screener.records.code_systems import NOT_KNOWN, unit_of_code
from screener.records.dictionary import READ_AS, TEXT, Dictionary, Meaning
from screener.records.errors import quoted
from screener.records.fhir.elements import (
    LONGEST_TEXT,
    Body,
    Concept,
    ShapeError,
    concept,
    concepts,
    number,
    part,
    parts,
    shown,
    text,
    truth,
)
from screener.records.patient import Flag, WhyUnusable
from screener.records.written import (
    Comparator,
    Quantity,
    Span,
    UnreadableValueError,
    read_text,
    read_value,
    with_decimal_points,
)
from screener.values.units import is_said_to_be_unknown, is_unit, parse_unit

_UCUM = "ucum"

_WHY_ABSENT = ("/data-absent-reason", "/iso21090-nullFlavor")
"""How the addresses of extensions end that say why a field has no value."""

_ABSENT_REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

NOTHING_MEASURED = ("not-performed", "not-asked", "not-applicable", "not-permitted")
"""Reasons of an absent value that say that there is no result, not that one is unknown."""


def has_value(holder: Body) -> bool:
    """Whether a result has a value of any kind, read or not."""
    return bool(_fields_of_value(holder))


def _fields_of_value(holder: Body) -> list[str]:
    return [field for field in holder if field.startswith("value") and holder[field] is not None]


class Value(Struct, frozen=True):
    """A value as it may be read, in the order in which to try: a code's word before what a person wrote next to it."""

    candidates: Sequence[Quantity | Span | str | None]
    recorded: str
    unit: str | None = None
    fault: tuple[WhyUnusable, str] | None = None
    flags: tuple[Flag, ...] = ()
    commas: tuple[str, ...] = ()
    """Texts in which decimal commas were read as such."""


def value_of(holder: Body, meaning: Meaning, dictionary: Dictionary) -> Value | None:
    """The value of an Observation or a component; None if nothing was measured, or nothing is given.

    Several values, or a value with a reason for having none, contradict each other and count as none.
    """
    fields = _fields_of_value(holder)
    why = why_absent(holder)
    value = _value_in(holder, fields[0], dictionary) if fields else None
    if value is not None and len(fields) > 1:
        return msgspec.structs.replace(
            value, fault=("missing", f"it has several values: {', '.join(sorted(fields))}"[:LONGEST_TEXT])
        )
    if why is not None and (value is None or list(value.candidates) == [None]):
        return (
            None if why in NOTHING_MEASURED else Value([None], "", fault=("missing", f"it has no value: {quoted(why)}"))
        )
    if value is not None and why is not None:
        return msgspec.structs.replace(
            value, fault=("missing", f"it has a value, and a reason for having none: {quoted(why)}")
        )
    if value is None and (meaning.kind == "finding" or meaning.entry.name in dictionary.found_or_not):
        stated = concepts(holder, "interpretation")
        words = [word for each in stated for word in words_of(each, dictionary)]
        if words:
            return Value(words, words[0], flags=_by_own_table(stated, dictionary))
        if meaning.value is not None:
            return Value([None], "")
    return value


def _value_in(holder: Body, field: str, dictionary: Dictionary) -> Value:
    match field:
        case "valueQuantity":
            return of_quantity(part(holder, field), dictionary)
        case "valueCodeableConcept":
            return _of_concept(concept(holder, field), dictionary)
        case "valueString":
            return _of_string(text(holder, field) or "", dictionary)
        case "valueInteger":
            return _of_number(number(holder, field) or 0)
        case "valueBoolean":
            word = "true" if truth(holder, field) else "false"
            return Value([word], word)
        case "valueDateTime":
            return Value([stated := text(holder, field) or ""], stated)
        case "valueRange":
            return _of_range(part(holder, field), dictionary)
        case "valueRatio":
            return _of_ratio(part(holder, field), dictionary)
        case _:
            kind = shown(field.removeprefix("value"))
            return Value([None], "", fault=("missing", f"its value is a {kind}, not a number or a word"))


def why_absent(holder: Body) -> str | None:
    """Why it says that it has no value; None where it does not say that it has none."""
    reason = concept(holder, "dataAbsentReason")
    return None if reason.is_empty else reason.code_of(_ABSENT_REASONS) or reason.words or ""


def words_of(stated: Concept, dictionary: Dictionary) -> Iterator[str]:
    """What a coded answer may be called: the word that its code stands for, then those written next to it."""
    for coding in stated.codings:
        word = dictionary.answer(coding.system or "", coding.code or "")
        if word is not None:
            yield word
    written = [*(coding.display for coding in stated.codings), stated.text]
    yield from (dictionary.answer(TEXT, each) or each for each in written if each)


def _by_own_table(stated: Iterable[Concept], dictionary: Dictionary) -> tuple[Flag, ...]:
    """The remarks on coded answers that were read by the clinic's own table."""
    said = dictionary.local.answers
    if not said:
        return ()
    words = {
        word
        for each in stated
        for system, code in (
            *((coding.system or "", coding.code or "") for coding in each.codings),
            *((TEXT, written) for written in (*(coding.display for coding in each.codings), each.text) if written),
        )
        if (word := dictionary.own_answer(system, code)) is not None
    }
    return tuple(Flag("remark", f"{READ_AS} {word} by the clinic's own table") for word in sorted(words))


def _of_string(written: str, dictionary: Dictionary) -> Value:
    """A value that is text; the clinic's own table may say what it stands for."""
    word = dictionary.answer(TEXT, written)
    if word is None:
        return _of_words(written)
    flags = (Flag("remark", f"{READ_AS} {word} by the clinic's own table"),)
    return msgspec.structs.replace(_of_words(word), recorded=written[:LONGEST_TEXT], flags=flags)


def _of_concept(stated: Concept, dictionary: Dictionary) -> Value:
    """A coded value, by every word that it may be called; of a unit that they carry there can be one only."""
    read = [_of_words(word) for word in dict.fromkeys(words_of(stated, dictionary))]
    if not read:
        code = quoted(next((each.code for each in stated.codings), None) or "")
        return Value([None], code.strip("`"), fault=("missing", f"its value is the code {code}, which is not known"))
    units = {each.unit for each in read if each.unit is not None}
    return Value(
        [value for each in read for value in each.candidates],
        (stated.words or read[0].recorded)[:LONGEST_TEXT],
        next(iter(units), None),
        ("unit", "its value is given in several units") if len(units) > 1 else None,
        _by_own_table((stated,), dictionary),
        tuple(comma for each in read for comma in each.commas),
    )


def _of_words(written: str) -> Value:
    with_points = with_decimal_points(written)
    if with_points is not None and not isinstance((read := read_text(with_points)).value, str):
        return Value([read.value], written[:LONGEST_TEXT], read.unit, commas=(written,))
    read = read_text(written)
    fault: tuple[WhyUnusable, str] | None = ("missing", read.fault) if read.fault is not None else None
    return Value([read.value], written[:LONGEST_TEXT], read.unit, fault)


def _of_number(value: Decimal | int) -> Value:
    written = quoted(value).strip("`")
    try:
        return Value([read_value(value)], written)
    except UnreadableValueError as error:
        return Value([None], written, fault=("missing", str(error.args[0])))


LONGEST_NUMBER = 60
"""Digits. No measured number has so many."""

_COMPARATORS: dict[str, Comparator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}

_TEXTS_OF_QUANTITY = ("comparator", "unit", "code", "system")


def of_quantity(quantity: Body, dictionary: Dictionary) -> Value:
    """A Quantity. Raises ShapeError."""
    value = number(quantity, "value")
    fields = (quantity.get("comparator"), quantity.get("unit"), quantity.get("code"), quantity.get("system"))
    for name, each in zip(_TEXTS_OF_QUANTITY, fields, strict=True):
        if each is not None and not isinstance(each, str):
            raise ShapeError(f"its `{name}` is not text")
    is_coded_alone = not (fields[1] or "").strip()
    if _is_said_to_be_absent(quantity, "_unit") or (is_coded_alone and _is_said_to_be_absent(quantity, "_code")):
        fault: tuple[WhyUnusable, str] = ("unit", "the record says that its unit is not known")
        return Value([None], _recorded(value, fields[0]), fields[1] or fields[2], fault)
    if dictionary.system_name(fields[3] or "") == _UCUM:
        fields = (*fields[:3], _UCUM)
    if isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:
        return msgspec.structs.replace(_of_number(value), unit=_unit(*fields[1:])[0])
    written = None if value is None else str(value)
    if written is not None and len(written) > LONGEST_NUMBER:
        return _quantity_of.__wrapped__(written, *fields)
    return _quantity_of(written, *fields)


def _is_said_to_be_absent(quantity: Body, field: str) -> bool:
    """Whether an extension of a field says why it has no value. Raises ShapeError."""
    if field not in quantity:
        return False
    extensions = parts(part(quantity, field), "extension")
    return any((text(each, "url") or "").endswith(_WHY_ABSENT) for each in extensions)


def _recorded(value: object, comparator: str | None) -> str:
    return "" if value is None else f"{comparator or ''}{quoted(value).strip('`')}"[:LONGEST_TEXT]


@lru_cache(maxsize=8192)
def _quantity_of(
    value: str | None, comparator: str | None, written: str | None, code: str | None, system: str | None
) -> Value:
    """A Quantity by its fields. A laboratory reports the same few again and again, and its limits always."""
    unit, fault = _unit(written, code, system)
    if value is None:
        return Value([None], "", unit, fault or ("missing", "its quantity has no number"))
    read = _of_number(Decimal(value))
    recorded = f"{comparator or ''}{value}"[:LONGEST_TEXT]
    if read.fault is not None:
        return Value([None], recorded, unit, read.fault)
    if comparator is not None and comparator not in _COMPARATORS:
        return Value(
            [None], recorded, unit, ("missing", f"its comparator {quoted(comparator)} is not one of FHIR R4's")
        )
    if fault is not None:
        return Value([None], recorded, unit, fault)
    bounded = [
        Quantity(each.number, _COMPARATORS[comparator]) if comparator is not None else each
        for each in read.candidates
        if isinstance(each, Quantity)
    ]
    return Value(bounded, recorded, unit)


def _unit(
    written: str | None, code: str | None, system: str | None
) -> tuple[str | None, tuple[WhyUnusable, str] | None]:
    """The unit of a quantity: its UCUM code, or else as it is written. Two units that differ are none, and a code of
    another system is none that anybody can read."""
    written, code = (written or "").strip() or None, (code or "").strip() or None
    if code is None:
        return written, None
    known = unit_of_code(system, code) if system else None
    if known == NOT_KNOWN:
        return written, ("unit", "the record says that its unit is not known")
    if known is not None:
        code, system = known, _UCUM
    if system != _UCUM:
        of = f"of the system {quoted(system)}" if system else "without its system"
        if written is not None and is_unit(written) and not (_is_named(code) and _differ(written, code)):
            return written, None
        return written or code, ("unit", f"its unit is the code {quoted(code)} {of}, which is not read")
    if written is None or written == code:
        return code, None
    if not is_unit(code):
        return code, None
    if is_said_to_be_unknown(written) or (is_unit(written) and _differ(written, code)):
        return code, ("unit", f"its unit is written as {quoted(written)}, and coded as {quoted(code)}")
    return code, None


def _is_named(code: str) -> bool:
    """Whether a code of an unknown system reads like a unit at all; a number is only a key."""
    return not code.isdigit() and is_unit(code)


def _differ(one: str, other: str) -> bool:
    """Whether two units that can be read are not the same."""
    first, second = parse_unit(one), parse_unit(other)
    return (first.factor, first.dimension) != (second.factor, second.dimension)


def _of_range(range_: Body, dictionary: Dictionary) -> Value:
    """From a low to a high quantity, either of which may be missing."""
    low, high = part(range_, "low"), part(range_, "high")
    ends = [of_quantity(each, dictionary) if each else None for each in (low, high)]
    known = [each for each in ends if each is not None]
    if not known:
        return Value([None], "", fault=("missing", "its range has no end"))
    units = {each.unit for each in known}
    recorded = " to ".join(each.recorded if each is not None else "…" for each in ends)
    fault = next((each.fault for each in known if each.fault is not None), None)
    if fault is None and len(units) > 1:
        fault = ("unit", "the two ends of its range have different units")
    if fault is not None:
        return Value([None], recorded, known[0].unit, fault)
    numbers = [plain_number(each) if each is not None else None for each in ends]
    low_end, high_end = numbers
    if low_end is not None and high_end is not None and low_end > high_end:
        return Value([None], recorded, known[0].unit, ("missing", "its range ends before it begins"))
    return Value([Span(low_end, high_end)], recorded, known[0].unit)


def plain_number(value: Value) -> Fraction | None:
    """The one number that a value is, whatever its unit."""
    first = value.candidates[0] if value.candidates else None
    return first.number if isinstance(first, Quantity) and not first.comparator else None


def _of_ratio(ratio: Body, dictionary: Dictionary) -> Value:
    """One quantity divided by another, in the ratio of their units."""
    above, below = (of_quantity(part(ratio, field), dictionary) for field in ("numerator", "denominator"))
    recorded = f"{above.recorded} / {below.recorded}"
    for each in (above, below):
        if each.fault is not None:
            return Value([None], recorded, fault=each.fault)
    divided, divisor = plain_number(above), plain_number(below)
    if divided is None or not divisor:
        return Value([None], recorded, fault=("missing", "its ratio is not of two plain numbers"))
    unit = above.unit
    if below.unit is not None and below.unit != "1":
        unit = f"{above.unit or '1'}/({below.unit})"
    return Value([Quantity(divided / divisor)], recorded, unit)
