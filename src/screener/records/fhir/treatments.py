"""Procedures and drugs: what was done, is planned, was given or taken, and what was only ordered.

An order is not a treatment: where a request alone is on record, whether the drug was taken stays open, unless it says
that all it asks for was done (`completed`). What is active after an end that it states may have ended then, or not.
"""

from __future__ import annotations

from collections.abc import Sequence

from screener.records.dictionary import Meaning
from screener.records.fhir.conditions import concept_meant
from screener.records.fhir.elements import (
    Body,
    Concept,
    Period,
    UnreadableError,
    concept,
    part,
    parts,
    period,
    shown,
    some_time_in,
    text,
    truth,
)
from screener.records.fhir.mentions import at, named_in
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource, changed_meaning
from screener.records.patient import Episode, Flag
from screener.rulebook import RecordList
from screener.values.dates import END, Moment

# ---- procedures


def read_procedure(resource: Resource, reader: Reader) -> None:
    """A Procedure: done, going on, or in preparation. Not done is not there, and says nothing of another one."""
    body = resource.body
    status = text(body, "status")
    if status == "not-done":
        reader.leave(resource, "it was not done, which says nothing of another time")
        return
    _check_focus(resource, reader)
    when = reader.span(resource, "performed")
    if when.start is None and when.end is None and (during := reader.time_of_encounter(resource)) is not None:
        when = Period(during, during)
    reader.chart.note_if_before_birth(when.start, resource.place)
    on: RecordList = "plans" if status == "preparation" else "procedures"
    for meaning in reader.meanings(concept(body, "code"), ("procedure",), resource, on=on):
        name = concept_meant(meaning).name
        if meaning.absent and status != "completed":
            why = f"it says that `{name}` was never done, and its status that this is not certain"
            reader.leave_open(resource, why, "procedures")
            continue
        if meaning.absent:
            reader.add_absence(meaning, "procedures", resource.place, when.start or when.end)
            continue
        match status:
            case "preparation":
                episode = Episode(name, "plans", resource.place, when.start, status="planned")
            case "in-progress":
                episode = Episode(name, "procedures", resource.place, when.start, ongoing=True, status="ongoing")
            case "completed":
                episode = Episode(name, "procedures", resource.place, when.start, when.end, status="done")
            case _:
                episode = Episode(
                    name,
                    "procedures",
                    resource.place,
                    when.start,
                    _stated_end(when.end, status),
                    status=status,
                    doubtful=True,
                    flags=(Flag("unusable", f"whether it was done is not clear: {shown(status)}"),),
                )
        reader.chart.add_episode(episode, meaning)


def _check_focus(resource: Resource, reader: Reader) -> None:
    """Raise UnreadableError where it may be about somebody or something else than the patient: a donor, a child."""
    stated = resource.body.get("focus")
    for each in stated if isinstance(stated, list) else [stated] if stated else []:
        reference = each.get("reference") if isinstance(each, dict) else None
        reference = each if isinstance(reference, str) else reference
        found = reader.pool.referred(reference, resource) if isinstance(reference, dict) else None
        subject = reader.pool.referred(part(resource.body, "subject"), resource)
        if found is None or found is not subject:
            raise UnreadableError("it may be about somebody or something else than the patient (`focus`)")


_NOT_IN_FORCE: dict[str, tuple[Flag, ...]] = {
    "active": (),
    "on-hold": (Flag("unusable", "on hold"),),
    "draft": (Flag("unusable", "a draft"),),
}


def read_service_request(resource: Resource, reader: Reader) -> None:
    """A ServiceRequest for a procedure: a plan. Whether one that is completed led to it, the Procedure itself tells."""
    body = resource.body
    status = text(body, "status")
    if truth(body, "doNotPerform"):
        reader.leave(resource, "it asks that something be not done")
        return
    if status == "revoked":
        reader.leave(resource, "it was revoked")
        return
    _check_focus(resource, reader)
    when = _one_time(reader.span(resource, "occurrence"))
    made = reader.entered(resource, "authoredOn")
    for meaning in reader.meanings(concept(body, "code"), ("procedure",), resource, on="plans"):
        if meaning.absent:
            reader.leave(resource, "nothing can be asked for by a code that says that something is absent")
            continue
        name = concept_meant(meaning).name
        if status != "completed":
            flags = _NOT_IN_FORCE.get(status or "", (Flag("unusable", "whether it is in force is not clear"),))
            is_open = status != "active" or text(body, "intent") in (None, "proposal", "option")
            plan = Episode(
                name, "plans", resource.place, when, asserted=made, status="planned", doubtful=is_open, flags=flags
            )
            reader.chart.add_episode(plan, meaning)
        if status not in _NOT_IN_FORCE:
            asked = Episode(
                name,
                "procedures",
                resource.place,
                when,
                when,
                status=status,
                doubtful=True,
                flags=(Flag("unusable", "a request: that it was done is not on record"),),
            )
            reader.chart.add_episode(asked, meaning)


def _one_time(when: Period) -> Moment | None:
    if when.start is None and when.end is None:
        return None
    return when.start if when.start == when.end else some_time_in(when)


# ---- drugs


def read_medication_statement(resource: Resource, reader: Reader) -> None:
    """A MedicationStatement: what is said to be taken, or to have been."""
    body = resource.body
    status = text(body, "status")
    match status:
        case "not-taken":
            reader.leave(resource, "the drug was not taken, which says nothing of another time")
            return
        case "intended":
            reader.leave(resource, "the drug is only intended")
            reader.open_what_it_treats(
                concept(body, "medicationCodeableConcept"), resource.place, reader.entered(resource, "dateAsserted")
            )
            return
    when = reader.span(resource, "effective")
    date = reader.entered(resource, "dateAsserted")
    is_clear = status in ("active", "completed", "stopped")
    flags = () if is_clear else (Flag("unusable", f"whether it was taken is not clear: {shown(status)}"),)
    for meaning in _drugs(resource, reader):
        # A dateTime is a time at which it was taken; since when and how long it was, nobody wrote down.
        is_one_time = "effectivePeriod" not in body and when.start is not None
        episode = Episode(
            concept_meant(meaning).name,
            "medications",
            resource.place,
            when.start,
            None if is_one_time else _stated_end(when.end, status),
            ongoing=status == "active" and (when.end is None or is_one_time),
            ended=status in ("stopped", "completed"),
            asserted=date,
            status={"active": "ongoing", "completed": "stopped"}.get(status or "", status),
            doubtful=not is_clear,
            flags=flags,
        )
        reader.chart.add_episode(episode, meaning)


_OVER = ("completed", "stopped", "ended")


def _stated_end(end: Moment | None, status: str | None) -> Moment | None:
    """When it ended. What is active ended on the day that was set, or goes on: the status may have been written before
    that day or after it. What has no status that says otherwise may be active."""
    if end is None or status in _OVER:
        return end
    return Moment(end.first, END, end.text, end.offset)


def read_administration(resource: Resource, reader: Reader) -> None:
    """A MedicationAdministration: a drug that was given."""
    body = resource.body
    status = text(body, "status")
    if status == "not-done":
        reader.leave(resource, "the drug was not given, which says nothing of another time")
        return
    when = reader.span(resource, "effective")
    is_clear = status in ("completed", "in-progress", "stopped")
    flags = () if is_clear else (Flag("unusable", f"whether it was given is not clear: {shown(status)}"),)
    for meaning in _drugs(resource, reader):
        goes_on = status == "in-progress"
        episode = Episode(
            concept_meant(meaning).name,
            "medications",
            resource.place,
            when.start,
            None if goes_on else _stated_end(when.end, status),
            ongoing=goes_on,
            status="ongoing" if goes_on else "given",
            doubtful=not is_clear,
            flags=flags,
        )
        reader.chart.add_episode(episode, meaning)


_REQUESTED = ("order", "original-order", "reflex-order", "filler-order", "instance-order", "plan")


def read_medication_request(resource: Resource, reader: Reader) -> None:
    """A MedicationRequest. Only one that says that all it asks for was done shows a treatment; any other leaves open
    whether the drug was taken, from the day on which it was written."""
    body = resource.body
    status, intent = text(body, "status"), text(body, "intent")
    if truth(body, "doNotPerform"):
        reader.leave(resource, "it asks that a drug be not given")
        return
    if status in ("cancelled", "draft") or (intent is not None and intent not in _REQUESTED):
        reader.leave(
            resource, "it is no order in force: " + (status if status in ("cancelled", "draft") else intent or "")
        )
        if status != "cancelled":
            reader.open_what_it_treats(
                concept(body, "medicationCodeableConcept"), resource.place, reader.entered(resource, "authoredOn")
            )
        return
    when = _time_of_order(resource, reader)
    was_done = status == "completed" and intent is not None
    for meaning in _drugs(resource, reader):
        episode = Episode(
            concept_meant(meaning).name,
            "medications",
            resource.place,
            when.start,
            _stated_end(when.end, status),
            ongoing=False,
            ended=was_done or status == "stopped",
            status="ordered" if not was_done else "ordered and completed",
            doubtful=not was_done,
            flags=() if was_done else (Flag("unusable", "an order: whether the drug was taken is not on record"),),
        )
        reader.chart.add_episode(episode, meaning)


def _time_of_order(resource: Resource, reader: Reader) -> Period:
    """The time that the dosage or the dispensing states; else from some day on, not before the one on which it was
    written, on an open end."""
    body = resource.body
    dosages = parts(body, "dosageInstruction")
    if any(changed_meaning(each) is not None for each in (*dosages, part(body, "dispenseRequest"))):
        return Period(_when_written_or_later(resource, reader), None)
    repeats = [part(part(dosage, "timing"), "repeat") for dosage in dosages]
    if any("boundsPeriod" in each for each in repeats):
        bounds = [_period(resource, each, "boundsPeriod", reader) or Period() for each in repeats]
        starts = [each.start for each in bounds if each.start is not None]
        ends = [each.end for each in bounds if each.end is not None]
        if starts or ends:
            return Period(
                min(starts, key=lambda each: each.instant[1], default=None),
                # As long as one of them has no end, nobody wrote down when the last one ended.
                max(ends, key=lambda each: each.instant[2]) if len(ends) == len(bounds) else None,
            )
    request = part(body, "dispenseRequest")
    if "validityPeriod" in request and (valid := _period(resource, request, "validityPeriod", reader)) is not None:
        # Within its validity it may be filled; when it was, and how long it lasted, nobody wrote down.
        return Period(some_time_in(valid) if valid.end is not None else valid.start, None)
    return Period(_when_written_or_later(resource, reader), None)


def _when_written_or_later(resource: Resource, reader: Reader) -> Moment | None:
    """What is ordered is given on the day of the order or later: a dose of the next day may be the one ordered."""
    written = reader.entered(resource, "authoredOn")
    if written is None:
        return reader.time_of_encounter(resource)
    return Moment(written.first, END, written.text, written.offset)


def _period(resource: Resource, body: Body, field: str, reader: Reader) -> Period | None:
    try:
        return period(body, field)
    except UnreadableError as error:
        reader.note(resource.place, f"{error}, and says nothing of when")
        return None


def _drugs(resource: Resource, reader: Reader) -> Sequence[Meaning]:
    """The drugs of a resource: by its own code, by the Medication it refers to, or by that one's ingredients."""
    body = resource.body
    named = concept(body, "medicationCodeableConcept")
    _check_one_drug(named, resource, reader)
    if named.is_empty and "medicationReference" in body:
        reference = part(body, "medicationReference")
        medication = reader.pool.referred(reference, resource)
        if medication is None:
            reader.leave_open(resource, "its Medication is not at hand", "medications")
            return ()
        if (why := changed_meaning(medication.body)) is not None:
            reader.leave_open(resource, f"of its Medication, {why}", "medications")
            return ()
        named = concept(medication.body, "code")
        ingredients = [_ingredient(each, medication, reader) for each in parts(medication.body, "ingredient")]
        return _of_medication(named, ingredients, resource, reader)
    if named.is_empty:
        reader.leave_open(resource, "it does not say which drug", "medications")
        return ()
    return _without_absences(reader.meanings(named, ("drug",), resource, on="medications"), resource, reader)


def _check_one_drug(named: Concept, resource: Resource, reader: Reader) -> None:
    """FHIR lets one field say which drug it is. Raises UnreadableError where the codes of several say different things;
    words of another are taken to be about the same."""
    body = resource.body
    others = [each for field in ("medication", "medicationReference") for _, each in at(body, (field,))]
    for other in (named_in(each, resource, reader) for each in others):
        if named.is_empty or other is None or other.is_empty or not set(named.codings).isdisjoint(other.codings):
            continue
        drugs = [{each.entry.name for each in reader.known(one, ("drug",))} for one in (named, other)]
        if any(each.code for each in other.codings) and (drugs[0] != drugs[1] or not drugs[0]):
            raise UnreadableError("it names two drugs in two fields")


def _ingredient(ingredient: Body, medication: Resource, reader: Reader) -> Concept:
    """What a product has in it, by its own code or by what it refers to; empty, if nobody can tell."""
    item = part(ingredient, "item")  # R5's concept or reference
    named = concept(item, "concept") if item else concept(ingredient, "itemCodeableConcept")
    reference = part(item, "reference") if item else part(ingredient, "itemReference")
    if not named.is_empty or not reference:
        return named
    found = reader.pool.referred(reference, medication)
    return concept(found.body, "code") if found is not None else Concept((), text(reference, "display"))


def _of_medication(
    named: Concept, ingredients: Sequence[Concept], resource: Resource, reader: Reader
) -> Sequence[Meaning]:
    """A product is read by its own code, or else by what is in it."""
    known = reader.known(named, ("drug",))
    if known or not ingredients:
        if named.is_empty:
            reader.leave_open(resource, "its Medication does not say which drug", "medications")
            return ()
        return _without_absences(reader.meanings(named, ("drug",), resource, on="medications"), resource, reader)
    if any(each.is_empty for each in ingredients):
        reader.leave_open(resource, "its Medication does not say all that is in it", "medications")
    drugs = [
        drug
        for each in ingredients
        if not each.is_empty
        for drug in reader.meanings(each, ("drug",), resource, on="medications")
    ]
    return _without_absences(drugs, resource, reader)


def _without_absences(meanings: Sequence[Meaning], resource: Resource, reader: Reader) -> Sequence[Meaning]:
    if any(each.absent for each in meanings):
        reader.leave(resource, "its code says that no drug is known, which is not that none was taken")
    return [each for each in meanings if not each.absent]
