"""Observations and reports: results of labs and findings in every form that FHIR gives them.

A value, its limits of normal, its time and its specimen are read in `result_values.py`, `result_limits.py`,
`result_times.py` and `specimen_of_result.py`; what says that something is there or not, in `statements.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from screener.records.chart import NOT_COUNTED
from screener.records.dictionary import Meaning
from screener.records.errors import quoted
from screener.records.fhir.elements import (
    Body,
    Concept,
    Period,
    ShapeError,
    UnreadableError,
    concept,
    concept_kept,
    concepts,
    objects_in,
    own_words,
    part,
    parts,
    shown,
    text,
)
from screener.records.fhir.places_kept import keep_place
from screener.records.fhir.reader import Mention, Reader
from screener.records.fhir.resources import Resource, changed_meaning, contained_in
from screener.records.fhir.result_limits import limits_of_normal
from screener.records.fhir.result_times import effective_time, time_of, time_of_issue
from screener.records.fhir.result_values import NOTHING_MEASURED, Value, has_value, value_of, why_absent
from screener.records.fhir.specimen_of_result import doubt_of_specimen, is_of_blood, may_be_of_blood
from screener.records.fhir.statements import ASSERTION, doubt_of_status, read_statement, says_it_is_there
from screener.records.measuring import result_of
from screener.records.patient import Flag, Result, WhyUnusable
from screener.records.reported import Reported, unread_result
from screener.records.written import (
    Quantity,
    Span,
)
from screener.rulebook import Lab

_REPORTED = ("registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "modified")
"""Statuses of a report whose results may be read, each by its own status."""


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
    day = effective_time(resource, reader) or reader.time_of_encounter(resource) or time_of_issue(resource, reader)
    when = Period(day, day)
    if isinstance(conclusion := body.get("conclusion"), str):
        reader.mention_named(conclusion, f"{resource.place}.conclusion", when)
    for field in ("conclusionCode", "codedDiagnosis"):
        for number_, each in enumerate(_concepts_kept(body, field)):
            _mention_words(each, f"{resource.place}.{field}[{number_}]", when, reader)


def _concepts_kept(body: Body, field: str) -> Sequence[Concept]:
    """The concepts of a field; what stands there in another shape is kept as one."""
    try:
        return concepts(body, field)
    except ShapeError:
        stated = body[field]
        return [Concept((), stated) if isinstance(stated, str) else concept_kept(stated)]


def _mention_words(stated: Concept, place: str, when: Period, reader: Reader) -> None:
    """What the words of a concept name, if nobody knows its code."""
    if not reader.is_known(stated):
        reader.mention_named(" / ".join(own_words(stated)), place, when)


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
    about = {_whose(each, resource, reader) for each in parts(body, "focus")}
    if _SOMETHING_ELSE in about:
        reader.leave(resource, "it is about something else than the patient (`focus`)")
        return
    if _NOT_KNOWN in about:
        hold_place(resource, reader, "it may be about something else than the patient (`focus`)")
        return
    components = parts(body, "component")
    is_panel = bool(components or parts(body, "hasMember"))
    for place, holder in ((resource.place, body), *_components(resource, components)):
        if holder is not body and holder.get("modifierExtension"):
            keep_place(holder, resource, place, reader, "it has a `modifierExtension`")
            continue
        try:
            _read_one(holder, resource, place, reader, is_panel=is_panel and holder is body)
        except (ShapeError, UnreadableError) as error:
            keep_place(holder, resource, place, reader, str(error))
    if resource.holder is None:
        _read_contained([each for each in contained_in(resource) if each.kind == "Observation"], reader)


_THE_PATIENT, _SOMETHING_ELSE, _NOT_KNOWN = "the patient", "something else", "not known"
_OF_A_PATIENT = ("Condition", "Procedure", "Encounter", "EpisodeOfCare", "BodyStructure", "CarePlan", "Observation")
"""The kinds of resources that are about a patient: what was measured with a view to them was measured in that one."""


def _whose(focus: Body, resource: Resource, reader: Reader) -> str:
    """Of whom a result tells that is about something in particular: of its patient, if that is the patient, by the same
    address or the same resource, or a disease of the patient, say."""
    subject = part(resource.body, "subject")
    if not focus or not subject:
        return _SOMETHING_ELSE
    patient, found = reader.pool.referred(subject, resource), reader.pool.referred(focus, resource)
    if found is None:
        address = text(focus, "reference") or ""
        if address and address == text(subject, "reference"):
            return _THE_PATIENT
        return _NOT_KNOWN if any(f"/{each}/" in f"/{address}" for each in _OF_A_PATIENT) else _SOMETHING_ELSE
    if found.kind not in _OF_A_PATIENT:
        return _THE_PATIENT if found.kind == "Patient" and found is patient else _SOMETHING_ELSE
    whose = part(found.body, "subject" if "subject" in found.body else "patient")
    if not whose:
        return _NOT_KNOWN
    is_same = whose == subject or (patient is not None and reader.pool.referred(whose, found) is patient)
    return _THE_PATIENT if is_same else _SOMETHING_ELSE


def _components(resource: Resource, components: Sequence[Body]) -> Iterator[tuple[str, Body]]:
    """The components of an Observation, each with its place."""
    for order, component in enumerate(components):
        yield f"{resource.place}.component[{order}]", component


def hold_place(resource: Resource, reader: Reader, why: str) -> None:
    """An Observation that cannot be read: it keeps its place, so that no older result is taken for the latest."""
    body = resource.body
    if body.get("status") in NOT_COUNTED:
        reader.leave(resource, why)
        return
    keep_place(body, resource, resource.place, reader, why)
    for place, component in _components(resource, objects_in(body.get("component"))):
        keep_place(component, resource, place, reader, why, is_told=True)


def _read_one(holder: Body, resource: Resource, place: str, reader: Reader, *, is_panel: bool) -> None:
    named = concept(holder, "code")
    if named.is_empty:
        reader.leave_part(resource, place, "it does not say what was observed")
        _mention_value(named, holder, resource, place, reader)
        return
    if named.codings and (named.codings[0].system, named.codings[0].code) == ASSERTION:
        stated = concept(holder, "valueCodeableConcept")
        for meaning in reader.meanings(stated, ("condition",), resource, place):
            read_statement(meaning, resource, place, reader, is_there=not meaning.absent)
        return
    quantity = part(holder, "valueQuantity")
    unit = text(quantity, "unit") or text(quantity, "code")
    meanings = reader.meanings(named, ("lab", "finding", "condition"), resource, place, unit)
    if quantity and named.text is not None:
        meanings = tuple([reader.dictionary.as_measured(each, named.text, unit) for each in meanings])
    if not meanings and not is_panel:
        _keep_place_of_what_it_may_be(named, holder, resource, place, reader, unit)
    if not meanings:
        _mention_value(named, holder, resource, place, reader)
    for meaning in meanings:
        if meaning.kind == "condition":
            is_there = says_it_is_there(holder, reader.dictionary)
            why = why_absent(holder)
            if is_there is None and (is_panel or why in NOTHING_MEASURED or (meaning.absent and not has_value(holder))):
                reader.leave_part(resource, place, f"its value does not say whether there is `{meaning.entry.name}`")
            elif is_there is None:
                doubt = f"its value does not say whether there is `{meaning.entry.name}`"
                read_statement(meaning, resource, place, reader, is_there=True, doubt=doubt)
            elif is_there or not meaning.absent:
                read_statement(meaning, resource, place, reader, is_there=is_there is not meaning.absent)
            else:
                reader.leave_part(
                    resource, place, f"that `{meaning.entry.name}` is absent is denied, which says nothing"
                )
            continue
        read = value_of(holder, meaning, reader.dictionary)
        if read is None and is_panel:
            continue
        if meaning.kind == "lab" and not is_of_blood(meaning, named, holder, resource, place, reader):
            continue
        if read is None and (why := why_absent(holder)) in NOTHING_MEASURED:
            reader.leave_part(resource, place, f"it has no value: {quoted(why)}")
            continue
        if read is None:
            read = Value([None], "", fault=("missing", "it has no value"))
        _add_result(read, meaning, holder, resource, place, reader)


def _keep_place_of_what_it_may_be(
    named: Concept, holder: Body, resource: Resource, place: str, reader: Reader, unit: str | None
) -> None:
    """A result under a code or wording that nobody knows, which is like the name of a lab or finding."""
    near = reader.perhaps(named, unit)
    if not near or not may_be_of_blood(named, resource, reader):
        return
    may_be = []
    for meaning in near:
        read = value_of(holder, meaning, reader.dictionary)
        if read is not None and (
            meaning.kind != "lab" or any(isinstance(each, Quantity | Span) for each in read.candidates)
        ):
            may_be.append((meaning, read))
    if not may_be:
        return
    reader.take_for([meaning for meaning, _ in may_be], named, resource, place)
    when, status = time_of(resource, reader), text(resource.body, "status")
    for meaning, read in may_be:
        reader.chart.add_result(unread_result(meaning, Reported(place, None, read.recorded, read.unit, when)), status)


def _mention_value(named: Concept, holder: Body, resource: Resource, place: str, reader: Reader) -> None:
    """What a result that is not read may say of conditions and treatments: by its value, which is one or names one;
    and by what it is called, if that names an event or what a test shows, and its value does not say that there is
    none."""
    stated, written = concept(holder, "valueCodeableConcept"), text(holder, "valueString")
    called = " / ".join(own_words(named))
    shows = reader.dictionary.shown_in_words
    is_given = has_value(holder) or "interpretation" in holder or why_absent(holder) not in (None, *NOTHING_MEASURED)
    is_said = is_given and says_it_is_there(holder, reader.dictionary) is not False
    day = time_of(resource, reader) if is_given else None
    if is_said and not part(holder, "valueQuantity"):
        reader.mention_what_it_names(Mention(named, "conditions", place, Period(day, day)), "event")
    if is_said and says_it_is_there(holder, reader.dictionary):
        reader.mention_what_it_names(Mention(named, "conditions", place, Period(day, day)))
    if stated.is_empty and written is None and not reader.names_any(called, shows):
        return
    day = time_of(resource, reader)
    when = Period(day, day)
    if not stated.is_empty:
        reader.mention(Mention(stated, "conditions", place, when, is_open=False))
        _mention_words(stated, place, when, reader)
    if written is not None:
        reader.mention_named(written, place, when)
    if is_said:
        reader.mention_named(called, place, when, shows)


def _add_result(value: Value, meaning: Meaning, holder: Body, resource: Resource, place: str, reader: Reader) -> None:
    status = text(resource.body, "status")
    when = time_of(resource, reader)
    reader.chart.note_if_before_birth(when, place)
    for written in value.commas:
        reader.saw_comma(written, place)
    limits, why_open = limits_of_normal(holder, meaning, reader, when)
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
    unsure = doubt_of_status(status)
    fault = value.fault or (("missing", unsure) if unsure is not None else None)
    if fault is not None:
        result = _without_use(result, *fault)
    flags = (*result.flags, *value.flags) if value.flags else result.flags
    if isinstance(meaning.entry, Lab) and (spoilt := doubt_of_specimen(resource, reader)) is not None:
        flags = (*flags, Flag("doubt", spoilt))
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


def _without_use(result: Result, why: WhyUnusable, problem: str) -> Result:
    return msgspec.structs.replace(result, value=None, choices=None, exact=None, unusable=why, problem=problem)
