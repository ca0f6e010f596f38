"""Observations: results of labs and findings in every form that FHIR gives them, with their time and their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec
from msgspec import Struct

from screener.records.chart import NOT_COUNTED, condition_episode
from screener.records.code_systems import NOT_KNOWN, unit_of_code
from screener.records.dictionary import MOST_REMEMBERED, READ_AS, TEXT, Dictionary, Meaning, denies_a_part
from screener.records.errors import quoted
from screener.records.fhir.conditions import concept_meant
from screener.records.fhir.elements import (
    LONGEST_TEXT,
    Body,
    Concept,
    ShapeError,
    Stretch,
    UnreadableError,
    at_age,
    concept,
    concept_kept,
    concepts,
    moment,
    moment_of,
    number,
    objects_in,
    only_one_of,
    part,
    parts,
    period,
    shown,
    some_time_in,
    text,
    truth,
    up_to_moment,
)
from screener.records.fhir.reader import Mention, Reader
from screener.records.fhir.resources import Resource, changed_meaning, contained_in
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
    result_meant,
    result_of,
    unread_result,
    with_decimal_points,
)
from screener.records.patient import Flag, Result, Unusable
from screener.records.specimens import BLOOD, specimen_in, specimen_of_code, specimens_in, told_together
from screener.rulebook import Lab
from screener.values.dates import DAY, Moment
from screener.values.units import UnitError, is_said_to_be_unknown, parse_unit

_UCUM = "ucum"
_WHY_ABSENT = ("/data-absent-reason", "/iso21090-nullFlavor")
"""How the addresses of extensions end that say why a field has no value."""
_ABSENT_REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_NOTHING_MEASURED = ("not-performed", "not-asked", "not-applicable", "not-permitted")
"""Reasons of an absent value that say that there is no result, not that one is unknown."""
_ASSERTION = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION")
_REPORTED = ("registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "modified")
"""Statuses of a report whose results may be read, each by its own status."""
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
    if status in _REPORTED:
        _read_contained(contained, reader)
    for each in () if status in _REPORTED else contained:
        hold_place(each, reader, f"whether its report counts is not clear: {shown(status)}")
    _mention_conclusion(resource, reader)
    if any(field in body for field in ("conclusion", "conclusionCode", "presentedForm")):
        reader.leave(resource, "only its results are read, and names in its conclusion")
    elif not contained and not parts(body, "result"):
        reader.leave(resource, "it has no results")


def _mention_conclusion(resource: Resource, reader: Reader) -> None:
    """What the words of a report's conclusion name may be there. Its codes are read with other mentions."""
    body = resource.body
    day = _effective_time(resource, reader) or reader.time_of_encounter(resource) or _time_of_issue(resource, reader)
    when = Stretch(day, day)
    if isinstance(conclusion := body.get("conclusion"), str):
        reader.mention_named(conclusion, f"{resource.place}.conclusion", when)
    for field in ("conclusionCode", "codedDiagnosis"):
        for number_, each in enumerate(_concepts_kept(body, field)):
            _mention_words(each, f"{resource.place}.{field}[{number_}]", when, reader)


def _concepts_kept(body: Body, field: str) -> Sequence[Concept]:
    try:
        return concepts(body, field)
    except ShapeError:
        return ()


def _mention_words(stated: Concept, place: str, when: Stretch, reader: Reader) -> None:
    """What the words of a concept name, if nobody knows its code."""
    if not reader.is_known(stated):
        reader.mention_named(" / ".join(_own_words(stated)), place, when)


def _own_words(stated: Concept) -> list[str]:
    return [each for each in (stated.text, *(coding.display for coding in stated.codings)) if each]


def _read_contained(results: Sequence[Resource], reader: Reader) -> None:
    for each in results:
        try:
            if (why := changed_meaning(each.body)) is not None:
                hold_place(each, reader, why)
            else:
                read_observation(each, reader)
        except (ShapeError, UnreadableError) as error:
            hold_place(each, reader, str(error))


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
    if any(not _is_the_patient(each, resource, reader) for each in parts(body, "focus")):
        reader.leave(resource, "it is about something else than the patient (`focus`)")
        return
    components = parts(body, "component")
    is_panel = bool(components or parts(body, "hasMember"))
    for place, holder in ((resource.place, body), *_components(resource, components)):
        if holder is not body and holder.get("modifierExtension"):
            _hold_place(holder, resource, place, reader, "it has a `modifierExtension`")
            continue
        try:
            _read_one(holder, resource, place, reader, is_panel=is_panel and holder is body)
        except (ShapeError, UnreadableError) as error:
            _hold_place(holder, resource, place, reader, str(error))
    if resource.holder is None:
        _read_contained([each for each in contained_in(resource) if each.kind == "Observation"], reader)


def _is_the_patient(focus: Body, resource: Resource, reader: Reader) -> bool:
    """Whether what a result is about is the patient of it, by the same address or the same resource."""
    subject = part(resource.body, "subject")
    if not focus or not subject:
        return False
    found = reader.pool.referred(focus, resource)
    if found is not None:
        return found.kind == "Patient" and found is reader.pool.referred(subject, resource)
    return text(focus, "reference") is not None and text(focus, "reference") == text(subject, "reference")


def _components(resource: Resource, components: Sequence[Body]) -> Iterator[tuple[str, Body]]:
    """The components of an Observation, each with its place."""
    for order, component in enumerate(components):
        yield f"{resource.place}.component[{order}]", component


# ---- what cannot be read


def hold_place(resource: Resource, reader: Reader, why: str) -> None:
    """An Observation that cannot be read: it keeps its place, so that no older result is taken for the latest."""
    body = resource.body
    if body.get("status") in NOT_COUNTED:
        reader.leave(resource, why)
        return
    _hold_place(body, resource, resource.place, reader, why)
    for place, component in _components(resource, objects_in(body.get("component"))):
        _hold_place(component, resource, place, reader, why, is_told=True)


def _hold_place(
    holder: Body, resource: Resource, place: str, reader: Reader, why: str, *, is_told: bool = False
) -> None:
    held = reader.known(concept_kept(holder.get("code")), ("lab", "finding"))
    if not held and not is_told:
        reader.leave_part(resource, place, why)
    try:
        when = _when(resource, reader) if held else None
    except ShapeError:
        when = None
    status = resource.body.get("status")
    for meaning in held:
        result = Result(meaning.entry.name, place, "", when=when, unusable="missing", problem=why, flags=meaning.flags)
        reader.chart.add_result(result, status if isinstance(status, str) else None)


def _read_one(holder: Body, resource: Resource, place: str, reader: Reader, *, is_panel: bool) -> None:
    named = concept(holder, "code")
    if named.is_empty:
        reader.leave_part(resource, place, "it does not say what was observed")
        _mention_value(named, holder, resource, place, reader)
        return
    if named.codings and (named.codings[0].system, named.codings[0].code) == _ASSERTION:
        stated = concept(holder, "valueCodeableConcept")
        for meaning in reader.meanings(stated, ("condition",), resource, place):
            _read_statement(meaning, resource, place, reader, is_there=not meaning.absent)
        return
    quantity = part(holder, "valueQuantity")
    unit = text(quantity, "unit") or text(quantity, "code")
    meanings = reader.meanings(named, ("lab", "finding", "condition"), resource, place, unit)
    if not meanings and not is_panel:
        _keep_place_of_what_it_may_be(named, holder, resource, place, reader, unit)
    if not meanings:
        _mention_value(named, holder, resource, place, reader)
    for meaning in meanings:
        if meaning.kind == "condition":
            is_there = _is_there(holder, reader.dictionary)
            why = _why_absent(holder)
            if is_there is None and (
                is_panel or why in _NOTHING_MEASURED or (meaning.absent and not _has_value(holder))
            ):
                reader.leave_part(resource, place, f"its value does not say whether there is `{meaning.entry.name}`")
            elif is_there is None:
                doubt = f"its value does not say whether there is `{meaning.entry.name}`"
                _read_statement(meaning, resource, place, reader, is_there=True, doubt=doubt)
            elif is_there or not meaning.absent:
                _read_statement(meaning, resource, place, reader, is_there=is_there is not meaning.absent)
            else:
                reader.leave_part(
                    resource, place, f"that `{meaning.entry.name}` is absent is denied, which says nothing"
                )
            continue
        read = _read_value(holder, meaning, reader.dictionary)
        if read is None and is_panel:
            continue
        if meaning.kind == "lab" and not _is_of_blood(meaning, holder, resource, place, reader):
            continue
        if read is None and (why := _why_absent(holder)) in _NOTHING_MEASURED:
            reader.leave_part(resource, place, f"it has no value: {quoted(why)}")
            continue
        if read is None:
            read = Value([None], "", fault=("missing", "it has no value"))
        _add_result(read, meaning, holder, resource, place, reader)


def _keep_place_of_what_it_may_be(
    named: Concept, holder: Body, resource: Resource, place: str, reader: Reader, unit: str | None
) -> None:
    """A result under a code or wording that nobody knows, which is like the name of a lab or finding."""
    if not _may_be_of_blood(named, resource, reader):
        return
    may_be = []
    for meaning in reader.perhaps(named, unit):
        read = _read_value(holder, meaning, reader.dictionary)
        if read is not None and (
            meaning.kind != "lab" or any(isinstance(each, Quantity | Span) for each in read.candidates)
        ):
            may_be.append((meaning, read))
    if not may_be:
        return
    reader.take_for([meaning for meaning, _ in may_be], named, resource, place)
    when, status = _when(resource, reader), text(resource.body, "status")
    for meaning, read in may_be:
        reader.chart.add_result(unread_result(meaning, Reported(place, None, read.recorded, read.unit, when)), status)


def _may_be_of_blood(named: Concept, resource: Resource, reader: Reader) -> bool:
    """Whether neither the specimen nor the words of a result say that it is of something else than blood."""
    specimen, _ = _specimen_of(resource, reader)
    words = (named.text, *(each.display for each in named.codings))
    said = specimen | told_together(specimen_in(each) for each in words if each)
    return not said or BLOOD in said


def _has_value(holder: Body) -> bool:
    return any(field.startswith("value") and holder[field] is not None for field in holder)


def _mention_value(named: Concept, holder: Body, resource: Resource, place: str, reader: Reader) -> None:
    """What a result that is not read may say of conditions and treatments: by its value, which is one or names one;
    and by what it is called, if that names what a test shows, and its value does not say that there is none."""
    stated = concept(holder, "valueCodeableConcept")
    day = _when(resource, reader)
    when = Stretch(day, day)
    if not stated.is_empty:
        reader.mention(Mention(stated, "conditions", place, when, is_open=False))
        _mention_words(stated, place, when, reader)
    if (written := text(holder, "valueString")) is not None:
        reader.mention_named(written, place, when)
    is_given = _has_value(holder) or "interpretation" in holder or _why_absent(holder) not in (None, *_NOTHING_MEASURED)
    if is_given and _is_there(holder, reader.dictionary) is not False:
        reader.mention_named(" / ".join(_own_words(named)), place, when, reader.dictionary.shown_in_words)


# ---- what was measured in


def _is_of_blood(meaning: Meaning, holder: Body, resource: Resource, place: str, reader: Reader) -> bool:
    """Whether a result of a lab counts: every lab of the dictionary that has a specimen is measured in blood.

    A result of another specimen is set aside. Where its specimen and its words contradict each other, it keeps its
    place. A specimen that nobody can read changes nothing: the code says in what the lab is measured.
    """
    specimen, unread = _specimen_of(resource, reader)
    others = sorted(specimen - {BLOOD})
    if others and BLOOD in specimen:
        why = f"its specimen is called {' or '.join(others)}, and blood"
        _hold_place(holder, resource, place, reader, why)
        return False
    if others:
        reader.leave_part(resource, place, f"its specimen is {' or '.join(others)}, not blood")
        return False
    named = concept(holder, "code")
    words = () if meaning.by_own_table else (named.text, *(each.display for each in named.codings))
    worded = told_together(specimen_in(each) for each in words if each)
    others = sorted(worded - {BLOOD})
    if others and worded | specimen == set(others):
        reader.leave_part(resource, place, f"its words say that it is of {' or '.join(others)}, not of blood")
        return False
    if others:
        why = f"one of its words says that it is of {' or '.join(others)}, another that it is of blood"
        _hold_place(holder, resource, place, reader, why)
        return False
    if unread is not None:
        reader.specimen_unread(unread, place)
    return True


def _specimen_of(resource: Resource, reader: Reader) -> tuple[frozenset[str], str | None]:
    """What an Observation says of its specimen, and what it calls one that nobody can read; without a specimen of its
    own, what the nearest report or panel says of the only kind that it has. Raises ShapeError."""
    reference = part(resource.body, "specimen")
    if reference:
        return _specimen_at(reference, resource, reader, MOST_ALIQUOTS)
    for above in (each for level in _levels_above(resource, reader) for each in level):
        body = above.body
        references = parts(body, "specimen") if isinstance(body.get("specimen"), list) else [part(body, "specimen")]
        told = [_specimen_at(each, above, reader, MOST_ALIQUOTS)[0] for each in references if each]
        if told:
            said = frozenset[str]().union(*told)
            return said if BLOOD not in said and all(told) else frozenset(), None
    return frozenset(), None


MOST_ALIQUOTS = 4
"""Specimens of specimens that are followed."""


def _specimen_at(reference: Body, resource: Resource, reader: Reader, depth: int) -> tuple[frozenset[str], str | None]:
    """What a specimen is, by its codes, else by its words, else by the specimen that it was taken from."""
    display = text(reference, "display")
    words = [display] if display else []
    codes: list[tuple[str, str]] = []
    found = reader.pool.referred(reference, resource)
    if found is not None and found.kind == "Specimen":
        stated = concept(found.body, "type")
        codes = list(stated.codes)
        words += [each for each in (stated.text, *(each.display for each in stated.codings)) if each]
    coded = [specimen_of_code(system, code) for system, code in reader.dictionary.with_names(codes)]
    said = told_together(coded) or told_together(what for each in words for what in specimens_in(each))
    if not said and depth and found is not None and found.kind == "Specimen":
        told = [_specimen_at(each, found, reader, depth - 1)[0] for each in parts(found.body, "parent")]
        said = frozenset[str]().union(*told)
    is_read = bool(said) or any(each is not None for each in coded)
    called = next(iter(words), None) or next((code for _, code in codes), None)
    return said, None if is_read else called


# ---- whether something is there


def _is_there(holder: Body, dictionary: Dictionary) -> bool | None:
    """What a value says of a condition that the code names; None if it says neither."""
    if (stated := truth(holder, "valueBoolean")) is not None:
        return stated
    words = {result_meant(word) for word in _words(concept(holder, "valueCodeableConcept"), dictionary)}
    if (written := text(holder, "valueString")) is not None:
        words.add(result_meant(dictionary.answer(TEXT, written) or written))
    if not _has_value(holder):
        words |= {
            result_meant(word) for each in concepts(holder, "interpretation") for word in _words(each, dictionary)
        }
    is_present, is_absent = not words.isdisjoint(_PRESENT), not words.isdisjoint(_ABSENT)
    return None if is_present == is_absent else is_present


def _read_statement(
    meaning: Meaning, resource: Resource, place: str, reader: Reader, *, is_there: bool, doubt: str | None = None
) -> None:
    """Whether a condition is there. With a `doubt`, it may be."""
    when = _when(resource, reader)
    found = concept_meant(meaning)
    if doubt is not None:
        reader.note(place, f"{doubt}: it may be there")
    doubt = doubt or _doubt_of_status(text(resource.body, "status"))
    if is_there:
        flags = (*((Flag("unusable", doubt),) if doubt is not None else ()), *meaning.flags)
        reader.chart.add_episode(
            condition_episode(
                found,
                place,
                status=None,
                onset=None,
                end=None,
                date=when,
                doubtful=doubt is not None,
                flags=flags,
            )
        )
    elif doubt is not None:
        reader.leave_part(resource, place, f"it says that `{found.name}` is absent, but {doubt}")
    elif meaning.is_part:
        reader.leave_part(resource, place, f"it says that something is absent, and {denies_a_part(meaning)}")
    else:
        reader.add_absence(meaning, "conditions", place, when)


_KNOWN = ("final", "preliminary", "amended", "corrected")


def _doubt_of_status(status: str | None) -> str | None:
    """Why the status of an Observation leaves open whether it counts."""
    if status in _KNOWN:
        return None
    if status is None:
        return "it has no status"
    return "its status is `unknown`" if status == "unknown" else f"its status {quoted(status)} is not one of FHIR's"


# ---- values


class Value(Struct, frozen=True):
    """A value as it may be read, in the order in which to try: a code's word before what a person wrote beside it."""

    candidates: Sequence[Quantity | Span | str | None]
    recorded: str
    unit: str | None = None
    fault: tuple[Unusable, str] | None = None
    flags: tuple[Flag, ...] = ()
    commas: tuple[str, ...] = ()
    """Texts in which decimal commas were read as such."""


def _read_value(holder: Body, meaning: Meaning, dictionary: Dictionary) -> Value | None:
    """The value of an Observation or a component; None where nothing was measured, or nothing is given.

    Several values, and a value beside a reason for having none, contradict each other, and are none.
    """
    fields = [field for field in holder if field.startswith("value") and holder[field] is not None]
    why = _why_absent(holder)
    value = _value_in(holder, fields[0], dictionary) if fields else None
    if value is not None and len(fields) > 1:
        return msgspec.structs.replace(
            value, fault=("missing", f"it has several values: {', '.join(sorted(fields))}"[:LONGEST_TEXT])
        )
    if why is not None and (value is None or list(value.candidates) == [None]):
        return (
            None
            if why in _NOTHING_MEASURED
            else Value([None], "", fault=("missing", f"it has no value: {quoted(why)}"))
        )
    if value is not None and why is not None:
        return msgspec.structs.replace(
            value, fault=("missing", f"it has a value, and a reason for having none: {quoted(why)}")
        )
    if value is None and (meaning.kind == "finding" or meaning.entry.name in dictionary.found_or_not):
        stated = concepts(holder, "interpretation")
        words = [word for each in stated for word in _words(each, dictionary)]
        if words:
            return Value(words, words[0], flags=_by_own_table(stated, dictionary))
        if meaning.value is not None:
            return Value([None], "")
    return value


def _value_in(holder: Body, field: str, dictionary: Dictionary) -> Value:
    match field:
        case "valueQuantity":
            return _of_quantity(part(holder, field), dictionary)
        case "valueCodeableConcept":
            return _of_concept(concept(holder, field), dictionary)
        case "valueString":
            return _of_string(text(holder, field) or "", dictionary)
        case "valueInteger":
            return _of_number(number(holder, field) or 0)
        case "valueBoolean":
            word = "true" if truth(holder, field) else "false"
            return Value([word], word)
        case "valueRange":
            return _of_range(part(holder, field), dictionary)
        case "valueRatio":
            return _of_ratio(part(holder, field), dictionary)
        case _:
            kind = shown(field.removeprefix("value"))
            return Value([None], "", fault=("missing", f"its value is a {kind}, not a number or a word"))


def _why_absent(holder: Body) -> str | None:
    reason = concept(holder, "dataAbsentReason")
    return None if reason.is_empty else reason.code_of(_ABSENT_REASONS) or reason.words or ""


def _words(stated: Concept, dictionary: Dictionary) -> Iterator[str]:
    """What a coded answer may be called: the word that its code stands for, then those beside it."""
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
        if dictionary.has_own_answer(system, code) and (word := dictionary.answer(system, code)) is not None
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
    read = [_of_words(word) for word in dict.fromkeys(_words(stated, dictionary))]
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
    fault: tuple[Unusable, str] | None = ("missing", read.fault) if read.fault is not None else None
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


def _of_quantity(quantity: Body, dictionary: Dictionary) -> Value:
    """A Quantity. Raises ShapeError."""
    value = number(quantity, "value")
    fields = (quantity.get("comparator"), quantity.get("unit"), quantity.get("code"), quantity.get("system"))
    for name, each in zip(_TEXTS_OF_QUANTITY, fields, strict=True):
        if each is not None and not isinstance(each, str):
            raise ShapeError(f"its `{name}` is not text")
    if any(_is_said_to_be_absent(quantity, field) for field in ("_unit", "_code")):
        fault: tuple[Unusable, str] = ("unit", "the record says that its unit is not known")
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


def _unit(written: str | None, code: str | None, system: str | None) -> tuple[str | None, tuple[Unusable, str] | None]:
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
        if written is not None and _is_readable(written) and not (_is_named(code) and _differ(written, code)):
            return written, None
        return written or code, ("unit", f"its unit is the code {quoted(code)} {of}, which is not read")
    if written is None or written == code:
        return code, None
    if not _is_readable(code):
        return code, None
    if is_said_to_be_unknown(written) or (_is_readable(written) and _differ(written, code)):
        return code, ("unit", f"its unit is written as {quoted(written)}, and coded as {quoted(code)}")
    return code, None


def _is_readable(unit: str) -> bool:
    try:
        parse_unit(unit)
    except UnitError:
        return False
    return True


def _is_named(code: str) -> bool:
    """Whether a code of an unknown system reads like a unit at all; a number is only a key."""
    return not code.isdigit() and _is_readable(code)


def _differ(one: str, other: str) -> bool:
    """Whether two units that can be read are not the same."""
    first, second = parse_unit(one), parse_unit(other)
    return (first.factor, first.dimension) != (second.factor, second.dimension)


def _of_range(range_: Body, dictionary: Dictionary) -> Value:
    """From a low to a high quantity, either of which may be missing."""
    low, high = part(range_, "low"), part(range_, "high")
    ends = [_of_quantity(each, dictionary) if each else None for each in (low, high)]
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
    low_end, high_end = numbers
    if low_end is not None and high_end is not None and low_end > high_end:
        return Value([None], recorded, known[0].unit, ("missing", "its range ends before it begins"))
    return Value([Span(low_end, high_end)], recorded, known[0].unit)


def _plain_number(value: Value) -> Fraction | None:
    first = value.candidates[0] if value.candidates else None
    return first.number if isinstance(first, Quantity) and not first.comparator else None


def _of_ratio(ratio: Body, dictionary: Dictionary) -> Value:
    """One quantity divided by another, in the ratio of their units."""
    above, below = (_of_quantity(part(ratio, field), dictionary) for field in ("numerator", "denominator"))
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
    for written in value.commas:
        reader.saw_comma(written, place)
    limits, why_open = _limits(holder, meaning, reader, when)
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
    doubt_of_status = _doubt_of_status(status)
    fault = value.fault or (("missing", doubt_of_status) if doubt_of_status is not None else None)
    if fault is not None:
        result = _without_use(result, *fault)
    flags = (*result.flags, *value.flags) if value.flags else result.flags
    if status == "preliminary":
        flags = (*flags, Flag("remark", "preliminary"))
    if why_open is not None and result.unusable is None:
        flags = (*flags, Flag("remark", why_open))
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


def _limits(holder: Body, meaning: Meaning, reader: Reader, when: Moment | None) -> tuple[NormalSpan, str | None]:
    """The limits that came with a result, and what is doubtful about them.

    Of several reference ranges those count that are of what is normal, for the patient's sex and age. Where they still
    differ, or nobody can tell which of them applies, none is used.
    """
    ranges = parts(holder, "referenceRange")
    if not ranges or not isinstance(meaning.entry, Lab):
        return NormalSpan(), None
    if any("appliesTo" in each or "age" in each for each in ranges):
        return _limits_among(ranges, reader, when)
    # A laboratory prints the same limits beside every result, whoever's it is.
    written = repr(ranges)
    known = reader.memory.limits.get(written)
    if known is None:
        known = _limits_among(ranges, reader, when)
        if len(reader.memory.limits) < MOST_REMEMBERED:
            reader.memory.limits[written] = known
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
    """Whether a reference range is of what is normal for this patient; None if that cannot be told."""
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
    ends = [_of_quantity(part(range_, field), dictionary) if field in range_ else None for field in ("low", "high")]
    known = [each for each in ends if each is not None]
    if known:
        fault = next((each.fault for each in known if each.fault is not None), None)
        if fault is not None:
            raise UnreadableError(fault[1])
        units = {each.unit for each in known}
        if len(units) > 1:
            raise UnreadableError("its limits of normal have different units")
        lower, upper = (None if each is None else _plain_number(each) for each in ends)
        if [lower, upper].count(None) != ends.count(None):
            raise UnreadableError("its limits of normal are not plain numbers")
        return NormalSpan(lower, upper, known[0].unit)
    written = text(range_, "text") or ""
    limits = read_limits(with_decimal_points(written) or written)
    if limits is None:
        raise UnreadableError("its limits of normal are words")
    return limits


# ---- time


def _when(resource: Resource, reader: Reader) -> Moment | None:
    """When it was observed: what FHIR calls its effective time. Without that it is when the specimen was taken, or the
    time of the panel or report that it is a result of; else some time during the encounter, or up to when it was
    issued. None if nothing says."""
    body = resource.body
    if (stated := _effective_time(resource, reader)) is not None:
        return stated
    specimen = reader.pool.referred(part(body, "specimen"), resource)
    if specimen is not None and changed_meaning(specimen.body) is None:
        try:
            collection = part(specimen.body, "collection")
            collected = moment(collection, "collectedDateTime")
            stretch = period(collection, "collectedPeriod")
        except (ShapeError, UnreadableError):
            collected = stretch = None
        if collected is not None or stretch is not None:
            return collected or (some_time_in(stretch) if stretch is not None else None)
    return (
        _of_what_lists_it(resource, reader, _effective_time)
        or reader.time_of_encounter(resource)
        or _time_of_issue(resource, reader)
        or _of_what_lists_it(resource, reader, _time_of_issue)
    )


def _time_of_issue(resource: Resource, reader: Reader) -> Moment | None:
    issued = reader.date(resource, "issued")
    return up_to_moment(issued) if issued is not None else None


def _of_what_lists_it(
    resource: Resource, reader: Reader, time_of: Callable[[Resource, Reader], Moment | None]
) -> Moment | None:
    """A time of the nearest panels or reports that have this as a result; of several times, some time between them."""
    for counting in _levels_above(resource, reader):
        times = {when: None for each in counting if (when := time_of(each, reader)) is not None}
        if times:
            return _some_time_among(list(times))
    return None


def _levels_above(resource: Resource, reader: Reader) -> Iterator[list[Resource]]:
    """The panels or reports that count and have this as a result, then those of these, and so on."""
    nearest: list[Resource] = [resource]
    seen = {id(resource)}
    while nearest:
        nearest = [above for each in nearest for above in reader.pool.listed_in(each) if id(above) not in seen]
        seen.update(map(id, nearest))
        yield [
            each
            for each in nearest
            if each.body.get("status") not in NOT_COUNTED and changed_meaning(each.body) is None
        ]


def _effective_time(resource: Resource, reader: Reader) -> Moment | None:
    try:
        return _effective(resource.body)
    except UnreadableError as error:
        reader.note(resource.place, f"{error}, and says nothing of when")
        return None


def _effective(body: Body) -> Moment | None:
    only_one_of(body, "effective", ("DateTime", "Instant", "Period", "Timing"))
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
        return _some_time_among([moment_of(each, "effectiveTiming") for each in events if isinstance(each, str)])
    if (bounds := period(part(timing, "repeat"), "boundsPeriod")) is not None:
        return some_time_in(bounds)
    return None


def _some_time_among(times: Sequence[Moment]) -> Moment | None:
    """One of several times; which of them, nobody wrote down."""
    if len(times) < 2:
        return times[0] if times else None
    return some_time_in(
        Stretch(min(times, key=lambda each: each.instant[1]), max(times, key=lambda each: each.instant[2]))
    )
