"""FHIR resources to Patients: whose each resource is, and which module reads it.

A resource is used, or set aside with the reason; the patient's notes tell both what was set aside and what is doubtful,
alike ones together. One that cannot be read never keeps the others from being read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import get_args

from msgspec import Struct

from screener.records.dictionary import Dictionary
from screener.records.documents import Document, refused
from screener.records.errors import RecordError, quoted
from screener.records.fhir.conditions import read_allergy, read_condition, read_family_history
from screener.records.fhir.elements import Body, ShapeError, UnreadableError, moment, part, parts, shown, text, truth
from screener.records.fhir.observations import hold_place, read_observation, read_report
from screener.records.fhir.participation import read_consent, read_research_subject
from screener.records.fhir.reader import NOT_READ, Memory, Reader, counted
from screener.records.fhir.resources import Pool, Resource, SetAside, changed_meaning, identifier_in
from screener.records.fhir.treatments import (
    read_administration,
    read_medication_request,
    read_medication_statement,
    read_procedure,
    read_service_request,
)
from screener.records.patient import UNNAMED, Patient
from screener.records.sightings import Sightings
from screener.rulebook import RecordList
from screener.values.dates import AT_ANY_TIME

_READ = {
    "Observation": read_observation,
    "DiagnosticReport": read_report,
    "Condition": read_condition,
    "AllergyIntolerance": read_allergy,
    "FamilyMemberHistory": read_family_history,
    "Procedure": read_procedure,
    "ServiceRequest": read_service_request,
    "MedicationStatement": read_medication_statement,
    "MedicationRequest": read_medication_request,
    "MedicationAdministration": read_administration,
    "ResearchSubject": read_research_subject,
    "Consent": read_consent,
}
_LISTS: Mapping[str, RecordList] = {
    "Condition": "conditions",
    "AllergyIntolerance": "allergies",
    "FamilyMemberHistory": "family_history",
    "Procedure": "procedures",
    "ServiceRequest": "plans",
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "MedicationAdministration": "medications",
    "ResearchSubject": "events",
}
"""The list of which a resource of a kind is an entry. One that cannot be read may be any entry of it."""
_REFERRED_TO = frozenset({"Encounter", "Medication", "ResearchStudy", "Specimen"})
"""Resources that are read where others refer to them."""


class Person(Struct, eq=False):
    """A patient of a pool: the Patient resource, if it is there, and what is about this patient. `left` was set aside
    before it was read."""

    name: str | None
    resource: Resource | None = None
    others: tuple[Resource, ...] = ()
    about: list[Resource] = []
    left: list[SetAside] = []


def read_resources(
    documents: Sequence[Document],
    dictionary: Dictionary,
    file: str,
    name: str | None,
    sightings: Sightings | None = None,
    ledger: list[SetAside] | None = None,
    unread_places: Iterable[str] = (),
) -> Iterator[Patient | RecordError]:
    """The patients of resources that came together. `name` is what a patient without an id is called.

    `ledger` is told one by one what the notes tell together: everything that was set aside, with its reason. What was
    set aside before it was known whose it is may stand there twice. `unread_places` are places beside these documents
    that nobody could read: what stands there may be about any of the patients.
    """
    pool = Pool()
    for document in documents:
        pool.add(document.content, document.place)
    for place in unread_places:
        pool.miss("line", place, "it cannot be read, and may be about this patient")
    people = _people(pool)
    if not people:
        place = documents[0].place if len(documents) == 1 else ""
        kinds = counted(Counter(each.kind for each in pool.resources))
        fault = f"there is no patient in it, only {kinds}" if kinds else "there is no resource in it"
        yield refused(file, place, fault, _mend_without_patients(pool))
    memory = Memory()
    for person, called in zip(people, _names(people, name), strict=True):
        reader = Reader(dictionary, pool, memory, sightings)
        yield _patient(person, called, reader, file, is_alone=len(people) == 1)
        if ledger is not None:
            ledger.extend(reader.everything_set_aside())
    if ledger is not None:
        ledger.extend(pool.set_aside)


def _mend_without_patients(pool: Pool) -> str:
    if any(each.kind == "OperationOutcome" for each in pool.resources):
        return "a server that was asked answers so when something is wrong: see its `issue`, and ask again"
    return "give a Patient with what is about this patient, such as the answer to `Patient/[id]/$everything`"


# ---- whose is it?


def _people(pool: Pool) -> list[Person]:
    """Each patient with the resources that are about this one. What is about nobody stays with the pool."""
    resources = pool.without_repetitions()
    people: dict[object, Person] = {}
    for resource in resources:
        if resource.kind == "Patient":
            key = _patient_key(resource)
            known = people.get(key)
            if known is None:
                people[key] = Person(resource.id, resource, about=[], left=[])
            else:
                known.others = (*known.others, resource)
    keys = {id(person.resource): key for key, person in people.items()}
    targets: dict[tuple[str, str], object] = {}
    homeless: list[Resource] = []
    for resource in resources:
        if resource.kind == "Patient":
            continue
        subject = _subject(resource)
        if subject is None:
            if resource.kind not in _REFERRED_TO:
                homeless.append(resource)
            continue
        try:
            whose, contained = _key(subject, resource, pool, keys, targets)
        except _NotAPatientError as error:
            pool.leave(resource.kind, resource.place, str(error))
            continue
        except ShapeError as error:
            pool.leave_of_nobody(resource, str(error))
            continue
        person = people.get(whose)
        if person is None:
            name = contained.id if contained is not None else _name_in(whose) if isinstance(whose, str) else None
            person = people[whose] = Person(name, contained, about=[], left=[])
        elif contained is not None and person.resource is not None and contained.body != person.resource.body:
            person.others = (*person.others, contained)
        person.about.append(resource)
    _shelter(homeless, list(people.values()), people, pool)
    _deal_out(pool, people, keys, targets)
    return list(people.values())


def _name_in(address: str) -> str | None:
    """What a patient is called of whom there are only references: the id in them. An identifier is no name, because it
    may be a number that the whole country knows the person by."""
    return address.rpartition("/")[2].removeprefix("urn:uuid:") or None


def _deal_out(
    pool: Pool, people: dict[object, Person], keys: dict[int, object], targets: dict[tuple[str, str], object]
) -> None:
    """What was set aside of one patient is for this one alone to know."""
    others: list[SetAside] = []
    for each in pool.set_aside:
        resource, person = each.resource, None
        if resource is not None and resource.kind == "Patient":
            person = people.get(_patient_key(resource))
        elif resource is not None and (subject := _subject(resource)) is not None:
            try:
                person = people.get(_key(subject, resource, pool, keys, targets)[0])
            except ShapeError:
                person = None
        if person is None:
            others.append(each)
        else:
            person.left.append(each)
    pool.set_aside[:] = others


def _patient_key(resource: Resource) -> str:
    return resource.full_url or (f"Patient/{resource.id}" if resource.id else resource.place)


class _NotAPatientError(ShapeError):
    """A resource that is about something else than one patient."""


_SUBJECTS = ("subject", "patient", "individual")


def _subject(resource: Resource) -> Body | None:
    """The reference that says whom a resource is about."""
    for field in _SUBJECTS:
        reference = resource.body.get(field)
        if isinstance(reference, dict) and ("reference" in reference or "identifier" in reference):
            return reference
    return None


def _key(
    reference: Body, resource: Resource, pool: Pool, keys: dict[int, object], targets: dict[tuple[str, str], object]
) -> tuple[object, Resource | None]:
    """What identifies the patient whom a reference means, and the Patient that the resource itself contains.

    Raises ShapeError where it means none.
    """
    target = text(reference, "reference")
    key: object
    server = resource.server
    if target is not None and not target.startswith("#") and (known := targets.get((server, target))) is not None:
        return known, None
    found = pool.referred(reference, resource)
    if found is not None:
        if found.kind != "Patient":
            raise _NotAPatientError(f"it is about a {found.kind}, not about one patient")
        if found.holder is not None:
            return _key_of_contained(found, pool, keys)
        key = keys.get(id(found), found.place)
    elif (identifier := identifier_in(reference)) is not None:
        key = identifier
    elif target is not None and "?" in target:
        raise ShapeError("its reference is a search, which may find anybody")
    elif target is not None:
        plain = target.partition("/_history/")[0]
        kind = plain.rsplit("/", 2)[-2] if "/" in plain else "Patient"
        if kind != "Patient":
            raise _NotAPatientError(f"it is about a {kind}, not about one patient")
        key = plain
    else:
        raise ShapeError("its reference names nobody")
    if target is not None and not target.startswith("#"):
        targets[server, target] = key
    return key, None


def _key_of_contained(patient: Resource, pool: Pool, keys: dict[int, object]) -> tuple[object, Resource | None]:
    """A contained Patient is the one of its identifiers; without any, nobody can tell whether two are the same."""
    identifiers = [each for each in parts(patient.body, "identifier") if isinstance(each.get("value"), str)]
    for identifier in identifiers:
        found = pool.referred({"identifier": identifier}, patient)
        if found is not None and (key := keys.get(id(found))) is not None:
            return key, None
    if not identifiers:
        return patient.place, patient
    return (text(identifiers[0], "system"), text(identifiers[0], "value")), patient


def _shelter(homeless: Iterable[Resource], known: Sequence[Person], people: dict[object, Person], pool: Pool) -> None:
    """Resources that do not say whose they are: of the only patient there is, if they can be about a patient at all."""
    for resource in homeless:
        if resource.kind not in _READ:
            pool.leave(resource.kind, resource.place, NOT_READ)
        elif len(known) == 1:
            known[0].about.append(resource)
            why = "it does not say whose it is, and is taken to be of the only patient in the file"
            pool.leave(resource.kind, resource.place, why)
        elif not known:
            people.setdefault("", Person(None, about=[], left=[])).about.append(resource)
        else:
            pool.leave_of_nobody(resource, "it does not say whose it is")


# ---- one patient


def _names(people: Sequence[Person], name: str | None) -> list[str]:
    """What each patient is called. `name` is for one who is alone and has no id; others without one are numbered."""
    names: list[str] = []
    unnamed = 0
    for person in people:
        full_url = person.resource.full_url if person.resource is not None else None
        called = person.name or (name if len(people) == 1 else None) or (_name_in(full_url) if full_url else None)
        if called is None:
            unnamed += 1
            called = UNNAMED if unnamed == 1 else f"{UNNAMED} {unnamed}"
        names.append(called)
    return names


def _patient(person: Person, called: str, reader: Reader, file: str, *, is_alone: bool) -> Patient | RecordError:
    try:
        _read_person(person, reader)
    except ShapeError as error:
        return refused(file, f"Patient/{called}", str(error), "correct the Patient resource")
    for resource in person.about:
        read = _READ.get(resource.kind)
        if read is None:
            if resource.kind not in _REFERRED_TO:
                reader.leave(resource, NOT_READ)
            continue
        try:
            if (why := changed_meaning(resource.body)) is None:
                read(resource, reader)
        except (ShapeError, UnreadableError) as error:
            why = str(error)
        if why is not None and (list_ := _LISTS.get(resource.kind)) is not None:
            reader.leave_open(resource, why, list_)
        elif why is not None and resource.kind == "Observation":
            hold_place(resource, reader, why)
        elif why is not None:
            reader.leave(resource, why)
    reader.take_over(person.left)
    for place, list_ in product(reader.pool.missing, get_args(RecordList)):
        reader.chart.leave_unread(list_, place)
    if is_alone or person.resource is not None:
        reader.take_over(each for each in reader.pool.set_aside if is_alone or each.why != NOT_READ)
    for each in reader.pool.set_aside:
        if each.is_nobodys and (list_ := _LISTS.get(each.kind)) is not None:
            reader.chart.leave_unread(list_, each.place)
    reader.write_notes()
    return reader.chart.patient(called)


def _read_person(person: Person, reader: Reader) -> None:
    """Birth, sex and death. Raises ShapeError where two Patient resources contradict each other."""
    resource = person.resource
    if resource is None:
        reader.findings.note("Patient", "there is no Patient resource: birth date and sex are not known")
        return
    body = resource.body
    for other in person.others:
        for field in ("birthDate", "gender", "deceasedBoolean", "deceasedDateTime"):
            if other.body.get(field) != body.get(field):
                raise ShapeError(f"two Patient resources of this id have another `{field}`")
    if (why := changed_meaning(body)) is not None:
        raise ShapeError(why)
    chart = reader.chart
    try:
        chart.birth = moment(body, "birthDate")
    except UnreadableError as error:
        reader.findings.note(resource.place, f"{error}: the birth date is not known")
    match text(body, "gender"):
        case "female" | "male" as sex:
            chart.sex = sex
        case None:
            pass
        case gender:
            reader.findings.note(resource.place, f"its `gender` is {quoted(gender)}: the sex is not known")
    try:
        chart.died = moment(body, "deceasedDateTime")
    except UnreadableError:
        chart.died = AT_ANY_TIME
    if truth(body, "deceasedBoolean") and chart.died is None:
        chart.died = AT_ANY_TIME
    if chart.birth is not None and chart.died is not None and chart.died.last < chart.birth.first:
        reader.findings.note(resource.place, "the patient died before the birth date: one of the two is wrong")
        chart.birth = None
    for kind in _linked(body):
        told = f"it is linked to another record of the same person ({shown(kind)}), which is not read with it"
        reader.findings.note(resource.place, told)
    if truth(body, "active") is False:
        reader.findings.note(resource.place, "the record is marked as not in active use")


def _linked(body: Body) -> list[str | None]:
    """How a Patient is linked to other Patient resources of the same person (`replaces`, `seealso`); a RelatedPerson is
    no record of its own."""
    try:
        links = [(text(part(link, "other"), "reference") or "", text(link, "type")) for link in parts(body, "link")]
    except ShapeError:
        return []
    return [kind for target, kind in links if "RelatedPerson/" not in target]
