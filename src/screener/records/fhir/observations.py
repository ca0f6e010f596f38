"""Observations: results of labs and findings in every form that FHIR gives them, with their time and their limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec
from msgspec import Struct

from screener.records.chart import NOT_COUNTED, condition_episode
from screener.records.code_systems import answer_word
from screener.records.dictionary import Meaning
from screener.records.errors import quoted
from screener.records.fhir.conditions import concept_meant
from screener.records.fhir.elements import (
    LONGEST_TEXT,
    Body,
    Concept,
    ShapeError,
    UnreadableError,
    at_age,
    concept,
    concepts,
    moment,
    moment_of,
    number,
    part,
    parts,
    period,
    some_time_in,
    text,
    truth,
    up_to_moment,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource, contained_in
from screener.records.measuring import (
    Comparator,
    NormalSpan,
    Quantity,
    Reported,
    Span,
    UnreadableValueError,
    read_limits,
    read_text,
    read_value,
    result_of,
)
from screener.records.patient import Result, Unusable
from screener.rulebook import Lab
from screener.values.dates import Moment
from screener.values.units import UnitError, parse_unit

_UCUM = "http://unitsofmeasure.org"
_ABSENT_REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_NOTHING_MEASURED = ("not-performed", "not-asked", "not-applicable", "not-permitted")
"""Reasons of an absent value that say that there is no result, not that one is unknown."""
_ASSERTION = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION")
_WITHOUT_NUMBER = ("valueSampledData", "valueTime", "valueDateTime", "valuePeriod")
_PRESENT = ("positive", "detected", "reactive", "present", "yes", "true")
_ABSENT = ("negative", "not detected", "non-reactive", "absent", "no", "false")


def read_report(resource: Resource, reader: Reader) -> None:
    """A DiagnosticReport: the Observations that it contains. Those it only refers to are read by themselves."""
    body = resource.body
    status = text(body, "status")
    if status in NOT_COUNTED:
        reader.leave(resource, f"its status is `{status}`, and it does not count")
        return
    contained = [each for each in contained_in(resource) if each.kind == "Observation"]
    for each in contained:
        read_observation(each, reader)
    if any(field in body for field in ("conclusion", "conclusionCode", "presentedForm")):
        reader.leave(resource, "its conclusion and documents are not read, only its results")
    elif not contained and not parts(body, "result"):
        reader.leave(resource, "it has no results")


def read_observation(resource: Resource, reader: Reader) -> None:
    """An Observation, with each of its components: a result, or whether a condition is there."""
    body = resource.body
    status = text(body, "status")
    if status in NOT_COUNTED:
        reader.leave(resource, f"its status is `{status}`, and it does not count")
        return
    if status == "registered":
        reader.leave(resource, "it is registered, and has no result yet")
        return
    if parts(body, "focus"):
        reader.leave(resource, "it is about something else than the patient (`focus`)")
        return
    components = parts(body, "component")
    _read_one(body, resource, resource.place, reader, is_panel=bool(components or parts(body, "hasMember")))
    for place, component in enumerate(components):
        if component.get("modifierExtension"):
            reader.leave_part(resource, f"{resource.place}.component[{place}]", "it has a `modifierExtension`")
            continue
        _read_one(component, resource, f"{resource.place}.component[{place}]", reader, is_panel=False)


def _read_one(holder: Body, resource: Resource, place: str, reader: Reader, *, is_panel: bool) -> None:
    named = concept(holder, "code")
    if named.is_empty:
        reader.leave_part(resource, place, "it does not say what was observed")
        return
    if named.codings and (named.codings[0].system, named.codings[0].code) == _ASSERTION:
        stated = concept(holder, "valueCodeableConcept")
        for meaning in reader.meanings(stated, ("condition",), resource, place):
            _read_statement(meaning, resource, place, reader, is_there=not meaning.absent)
        return
    quantity = part(holder, "valueQuantity")
    meanings = reader.meanings(named, ("lab", "finding", "condition"), resource, place, text(quantity, "unit"))
    for meaning in meanings:
        if meaning.kind == "condition":
            is_there = _is_there(holder)
            if is_there is None:
                reader.leave_part(resource, place, f"its value does not say whether there is `{meaning.entry.name}`")
            elif is_there or not meaning.absent:
                _read_statement(meaning, resource, place, reader, is_there=is_there is not meaning.absent)
            continue
        read = _read_value(holder, meaning)
        if read is None:
            if not is_panel:
                reader.leave_part(resource, place, _without_value(holder))
            continue
        _add_result(read, meaning, holder, resource, place, reader)


# ---- whether something is there


def _is_there(holder: Body) -> bool | None:
    """What a value says of a condition that the code names; None if it says neither."""
    if (stated := truth(holder, "valueBoolean")) is not None:
        return stated
    words = {word.strip().casefold() for word in _words(concept(holder, "valueCodeableConcept"))}
    if (written := text(holder, "valueString")) is not None:
        words.add(written.strip().casefold())
    is_present, is_absent = not words.isdisjoint(_PRESENT), not words.isdisjoint(_ABSENT)
    return None if is_present == is_absent else is_present


def _read_statement(meaning: Meaning, resource: Resource, place: str, reader: Reader, *, is_there: bool) -> None:
    when = _when(resource, reader)
    found = concept_meant(meaning)
    if is_there:
        reader.chart.add_episode(
            condition_episode(found, place, status=None, onset=None, end=None, date=when, flags=meaning.flags)
        )
    else:
        reader.add_absence(found, "conditions", resource, when)


# ---- values


class Value(Struct, frozen=True):
    """A value as it may be read, in the order in which to try: a code's word before what a person wrote beside it."""

    candidates: Sequence[Quantity | Span | str | None]
    recorded: str
    unit: str | None = None
    fault: tuple[Unusable, str] | None = None


def _read_value(holder: Body, meaning: Meaning) -> Value | None:
    """The value of an Observation or a component; None where nothing was measured, or nothing is given."""
    if "valueQuantity" in holder:
        return _of_quantity(part(holder, "valueQuantity"))
    if "valueCodeableConcept" in holder:
        stated = concept(holder, "valueCodeableConcept")
        words = list(dict.fromkeys(_words(stated)))
        if words:
            return Value([value for word in words for value in _of_words(word).candidates], stated.words or words[0])
    if (written := text(holder, "valueString")) is not None:
        return _of_words(written)
    if (whole := number(holder, "valueInteger")) is not None:
        return _of_number(whole, str(whole))
    if (stated_truth := truth(holder, "valueBoolean")) is not None:
        word = "true" if stated_truth else "false"
        return Value([word], word)
    if "valueRange" in holder:
        return _of_range(part(holder, "valueRange"))
    if "valueRatio" in holder:
        return _of_ratio(part(holder, "valueRatio"))
    for field in _WITHOUT_NUMBER:
        if field in holder:
            return Value(
                [None], "", fault=("missing", f"its value is a {field.removeprefix('value')}, not a number or a word")
            )
    reason = concept(holder, "dataAbsentReason")
    if not reason.is_empty:
        why = reason.code_of(_ABSENT_REASONS) or reason.words or ""
        if why in _NOTHING_MEASURED:
            return None
        return Value([None], "", fault=("missing", f"it has no value: {quoted(why)}"))
    if meaning.kind == "finding":
        words = [word for each in concepts(holder, "interpretation") for word in _words(each)]
        if words:
            return Value(words, words[0])
        if meaning.value is not None:
            return Value([None], "")
    return None


def _without_value(holder: Body) -> str:
    reason = concept(holder, "dataAbsentReason")
    why = reason.code_of(_ABSENT_REASONS) or reason.words
    return f"it has no value: {quoted(why)}" if why else "it has no value"


def _words(stated: Concept) -> Iterator[str]:
    """What a coded answer may be called: the word that its code stands for, then those beside it."""
    for coding in stated.codings:
        word = answer_word(coding.system or "", coding.code or "")
        if word is not None:
            yield word
    yield from (coding.display for coding in stated.codings if coding.display)
    if stated.text:
        yield stated.text


def _of_words(written: str) -> Value:
    read = read_text(written)
    fault: tuple[Unusable, str] | None = ("missing", read.fault) if read.fault is not None else None
    return Value([read.value], written[:LONGEST_TEXT], read.unit, fault)


def _of_number(value: Decimal | int, written: str) -> Value:
    recorded = written[:LONGEST_TEXT]
    try:
        return Value([read_value(value)], recorded)
    except UnreadableValueError as error:
        return Value([None], recorded, fault=("missing", str(error.args[0])))


_COMPARATORS: dict[str, Comparator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _of_quantity(quantity: Body) -> Value:
    """A Quantity. Raises ShapeError."""
    value = number(quantity, "value")
    return _quantity_of(
        None if value is None else str(value),
        text(quantity, "comparator"),
        text(quantity, "unit"),
        text(quantity, "code"),
        text(quantity, "system"),
    )


@lru_cache(maxsize=8192)
def _quantity_of(
    value: str | None, comparator: str | None, written: str | None, code: str | None, system: str | None
) -> Value:
    """A Quantity by its fields. A laboratory reports the same few again and again, and its limits always."""
    unit, fault = _unit(written, code, system)
    if value is None:
        return Value([None], "", unit, fault or ("missing", "its quantity has no number"))
    recorded = f"{comparator or ''}{value}"[:LONGEST_TEXT]
    read = _of_number(Decimal(value), value)
    if read.fault is not None:
        return Value([None], recorded, unit, read.fault)
    if comparator is not None and comparator not in _COMPARATORS:
        return Value(
            [None], recorded, unit, ("missing", f"its comparator {quoted(comparator)} is not one of FHIR R4's")
        )
    bounded = [
        Quantity(each.number, _COMPARATORS[comparator]) if comparator is not None else each
        for each in read.candidates
        if isinstance(each, Quantity)
    ]
    return Value(bounded, recorded, unit, fault)


def _unit(written: str | None, code: str | None, system: str | None) -> tuple[str | None, tuple[Unusable, str] | None]:
    """The unit of a quantity: its UCUM code, or else as it is written. Two units that differ are none."""
    written = (written or "").strip() or None
    if code is None or not code.strip() or system not in (_UCUM, None):
        return written, None
    code = code.strip()
    if written is None or written == code:
        return code, None
    try:
        one, other = parse_unit(code), parse_unit(written)
    except UnitError:
        return code, None
    if (one.factor, one.dimension) != (other.factor, other.dimension):
        return code, ("unit", f"its unit is written as {quoted(written)}, and coded as {quoted(code)}")
    return code, None


def _of_range(range_: Body) -> Value:
    """From a low to a high quantity, either of which may be missing."""
    low, high = part(range_, "low"), part(range_, "high")
    ends = [_of_quantity(each) if each else None for each in (low, high)]
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
    numbers = [_plain_number(each) if each is not None else None for each in ends]
    return Value([Span(numbers[0], numbers[1])], recorded, known[0].unit)


def _plain_number(value: Value) -> Fraction | None:
    first = value.candidates[0] if value.candidates else None
    return first.number if isinstance(first, Quantity) and not first.comparator else None


def _of_ratio(ratio: Body) -> Value:
    """One quantity divided by another, in the ratio of their units."""
    above, below = _of_quantity(part(ratio, "numerator")), _of_quantity(part(ratio, "denominator"))
    recorded = f"{above.recorded} / {below.recorded}"
    for each in (above, below):
        if each.fault is not None:
            return Value([None], recorded, fault=each.fault)
    divided, divisor = _plain_number(above), _plain_number(below)
    if divided is None or not divisor:
        return Value([None], recorded, fault=("missing", "its ratio is not of two plain numbers"))
    unit = above.unit
    if below.unit is not None and below.unit != "1":
        unit = f"{above.unit or '1'}/({below.unit})"
    return Value([Quantity(divided / divisor)], recorded, unit)


# ---- results


def _add_result(value: Value, meaning: Meaning, holder: Body, resource: Resource, place: str, reader: Reader) -> None:
    status = text(resource.body, "status")
    when = _when(resource, reader)
    reader.chart.note_if_before_birth(when, place)
    limits, doubt = _limits(holder, meaning, reader, when)
    results = [
        result_of(
            meaning,
            Reported(
                place,
                each,
                value.recorded,
                value.unit,
                when,
                upper_limit=limits.upper,
                lower_limit=limits.lower,
                limits_unit=limits.unit,
            ),
            reader.dictionary,
        )
        for each in value.candidates
    ]
    result = _agreed(results)
    fault = value.fault or (("missing", "its status is `unknown`") if status == "unknown" else None)
    if fault is not None:
        result = _without_use(result, *fault)
    flags = result.flags
    if status == "preliminary":
        flags = (*flags, "preliminary")
    if doubt is not None and result.unusable is None:
        flags = (*flags, doubt)
    if flags is not result.flags:
        result = msgspec.structs.replace(result, flags=flags)
    reader.chart.add_result(result, status)


def _agreed(results: Sequence[Result]) -> Result:
    """The first result that can be used; none, where others that can be used say something else."""
    if len(results) == 1:
        return results[0]
    usable = [each for each in results if each.unusable is None]
    if not usable:
        return results[0]
    first = usable[0]
    if any((each.value, each.choices) != (first.value, first.choices) for each in usable):
        return _without_use(first, "missing", "its code and its words say different things")
    return first


def _without_use(result: Result, why: Unusable, problem: str) -> Result:
    return msgspec.structs.replace(result, value=None, choices=None, exact=None, unusable=why, problem=problem)


# ---- limits of normal

_NORMAL = "normal"
_SEXES = {
    "248153007": "male",
    "248152002": "female",
    "male": "male",
    "female": "female",
    "M": "male",
    "F": "female",
}


def _limits(holder: Body, meaning: Meaning, reader: Reader, when: Moment | None) -> tuple[NormalSpan, str | None]:
    """The limits that came with a result, and what is doubtful about them.

    Of several reference ranges those count that are of what is normal, for the patient's sex and age. Where they still
    differ, or nobody can tell which of them applies, none is used.
    """
    ranges = parts(holder, "referenceRange")
    if not ranges or not isinstance(meaning.entry, Lab):
        return NormalSpan(), None
    applying: dict[NormalSpan, None] = {}
    is_open = False
    for each in ranges:
        applies = _applies(each, reader, when)
        if applies is False:
            continue
        is_open = is_open or applies is None
        try:
            limits = _limits_of(each)
        except UnreadableError:
            is_open = True
            continue
        if limits is not None:
            applying[limits] = None
    if not applying and not is_open:
        return NormalSpan(), None
    if len(applying) != 1 or (is_open and len(ranges) > 1):
        return NormalSpan(), "which of its limits of normal apply is not clear, and none is used"
    (limits,) = applying
    if limits.lower is not None and limits.upper is not None and limits.lower > limits.upper:
        return NormalSpan(), "its limits of normal are exchanged, and are not used"
    return limits, None


def _applies(range_: Body, reader: Reader, when: Moment | None) -> bool | None:
    """Whether a reference range is of what is normal for this patient; None if that cannot be told."""
    kind = concept(range_, "type")
    if not kind.is_empty and kind.code_of("http://terminology.hl7.org/CodeSystem/referencerange-meaning") != _NORMAL:
        return False
    applies: bool | None = True
    for group in concepts(range_, "appliesTo"):
        sexes = {sex for each in group.codings if (sex := _SEXES.get(each.code or "")) is not None}
        sexes |= {sex for word in (group.text,) if word and (sex := _SEXES.get(word.strip().casefold())) is not None}
        if len(sexes) != 1 or reader.chart.sex is None:
            applies = None
        elif reader.chart.sex not in sexes:
            return False
    if "age" in range_:
        of_age = _is_of_age(part(range_, "age"), reader, when)
        applies = of_age if of_age is not True else applies
    return applies


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
        if field == "low":
            if when.last < reached.first:
                return False
            certain = certain and when.first >= reached.first
        else:
            if when.first > reached.last:
                return False
            certain = certain and when.last <= reached.last
    return True if certain else None


def _limits_of(range_: Body) -> NormalSpan | None:
    """The limits of one reference range, as quantities or in words. Raises UnreadableError."""
    ends = [_of_quantity(part(range_, field)) if field in range_ else None for field in ("low", "high")]
    known = [each for each in ends if each is not None]
    if known:
        fault = next((each.fault for each in known if each.fault is not None), None)
        if fault is not None:
            raise UnreadableError(fault[1])
        units = {each.unit for each in known}
        if len(units) > 1:
            raise UnreadableError("its limits of normal have different units")
        lower, upper = (None if each is None else _plain_number(each) for each in ends)
        return NormalSpan(lower, upper, known[0].unit)
    written = text(range_, "text")
    return read_limits(written) if written is not None else None


# ---- time


def _when(resource: Resource, reader: Reader) -> Moment | None:
    """When it was observed: what FHIR calls its effective time; without that some time up to when it was issued, when
    the specimen was taken, or during the encounter. None if nothing says."""
    body = resource.body
    try:
        stated = _effective(body)
    except UnreadableError as error:
        reader.note(resource.place, f"{error}, and says nothing of when")
        stated = None
    if stated is not None:
        return stated
    specimen = reader.pool.referred(part(body, "specimen"), resource)
    if specimen is not None:
        try:
            collection = part(specimen.body, "collection")
            collected = moment(collection, "collectedDateTime")
            stretch = period(collection, "collectedPeriod")
        except (ShapeError, UnreadableError):
            collected = stretch = None
        if collected is not None or stretch is not None:
            return collected or (some_time_in(stretch) if stretch is not None else None)
    if (during := reader.time_of_encounter(resource)) is not None:
        return during
    issued = reader.date(resource, "issued")
    return up_to_moment(issued) if issued is not None else None


def _effective(body: Body) -> Moment | None:
    for field in ("effectiveDateTime", "effectiveInstant"):
        if (when := moment(body, field)) is not None:
            return when
    if (stretch := period(body, "effectivePeriod")) is not None:
        return some_time_in(stretch)
    timing = part(body, "effectiveTiming")
    events = timing.get("event")
    if isinstance(events, list) and len(events) == 1 and isinstance(events[0], str):
        return moment_of(events[0], "effectiveTiming")
    if isinstance(events, list) and events:
        raise UnreadableError("its `effectiveTiming` names several times")
    if (bounds := period(part(timing, "repeat"), "boundsPeriod")) is not None:
        return some_time_in(bounds)
    return None
