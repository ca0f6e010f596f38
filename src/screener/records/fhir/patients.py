"""From FHIR resources to Patients: whose each resource is, and which module reads it.

A resource is used, or set aside with the reason. The patient's notes name what was set aside and what is doubtful, with
equal cases together. A resource that cannot be read never keeps the others from being read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from msgspec import Struct

from screener.records.addresses import plain_address, plain_id
from screener.records.chart import of_one_id
from screener.records.dictionary import Dictionary
from screener.records.documents import Document, refused
from screener.records.errors import RecordError, quoted
from screener.records.fhir.conditions import read_allergy, read_condition, read_family_history
from screener.records.fhir.elements import (
    Body,
    Period,
    ShapeError,
    UnreadableError,
    moment,
    objects_in,
    part,
    parts,
    shown,
    text,
)
from screener.records.fhir.mentions import LISTS, at, fields, named_in, read_mentions
from screener.records.fhir.observations import hold_place, read_observation, read_report
from screener.records.fhir.participation import read_consent, read_research_subject
from screener.records.fhir.reader import NOT_READ, PERHAPS, Mention, Reader, counted, memory_of
from screener.records.fhir.resources import (
    IN_ERROR,
    Pool,
    Resource,
    SetAside,
    changed_meaning,
    identifier_in,
    identifiers_of,
    was_entered_in_error,
)
from screener.records.fhir.searches import why_partial
from screener.records.fhir.treatments import (
    read_administration,
    read_medication_request,
    read_medication_statement,
    read_procedure,
    read_service_request,
)
from screener.records.fhir.versions import unknown_version
from screener.records.fhir.wholeness import read_composition, read_list, says_of_its_list
from screener.records.folders import Unread
from screener.records.notes import Note, some_of
from screener.records.patient import UNNAMED, Patient
from screener.records.sightings import Sightings
from screener.records.written import sex_meant
from screener.rulebook import RecordList
from screener.values.dates import AT_ANY_TIME, Moment

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
    "Composition": read_composition,
    "List": read_list,
}
REFERRED_TO = frozenset({"Encounter", "Medication", "ResearchStudy", "Specimen"})
"""Resources that are read where others refer to them."""
READ_KINDS = frozenset(_READ)
_OF_NO_LIST = frozenset({"Patient", "Observation", "DiagnosticReport"})
"""Kinds of resources that stand on no list of the record."""


class Person(Struct, eq=False):
    """A patient of a pool: the Patient resource, if it is there, and what is about this patient. `left` was set aside
    before it was read."""

    name: str | None
    resource: Resource | None = None
    others: tuple[Resource, ...] = ()
    about: list[Resource] = []
    perhaps: list[Resource] = []
    """What is about a patient who is not in the file, and so may be about this one, who is alone in it."""
    left: list[SetAside] = []
    known_by: tuple[str | None, str] | None = None
    """The identifier, with its system, by which alone this one is known."""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every Patient resource of this one."""
        return (*((self.resource,) if self.resource is not None else ()), *self.others)


def read_resources(
    documents: Sequence[Document],
    dictionary: Dictionary,
    file: str,
    name: str | None,
    sightings: Sightings | None = None,
    ledger: list[SetAside] | None = None,
    unread_places: Iterable[str] = (),
    beside: Iterable[Unread] = (),
    *,
    among_others: bool = False,
) -> Iterator[Patient | RecordError]:
    """The patients of resources that came together. `name` is what a patient without an id is called.

    `ledger` collects everything that was set aside, with its reason, one by one; notes sum it up. Something set aside
    before its patient was known may be in it twice. `unread_places` came with these documents and could not be read:
    they may be about any of the patients. `beside` are files of kinds that are not read. `among_others`: the source
    holds more patients than these.
    """
    pool = _pool_of(documents)
    for place in unread_places:
        pool.miss("line", place, "it cannot be read, and may be about this patient")
    for each in beside:
        if each.may_hold:
            pool.miss("file", f"{each.name} ({each.why})", "it is not read, and may be about this patient")
        else:
            pool.leave("file", each.name, each.why)
    people = _people(pool, among_others=among_others)
    if not people:
        place = documents[0].place if len(documents) == 1 else ""
        kinds = counted(Counter(each.kind for each in pool.resources))
        fault = f"there is no patient in it, only {kinds}" if kinds else "there is no resource in it"
        yield refused(file, place, fault, _mend_without_patients(pool))
    memory = memory_of(dictionary)
    is_alone = len(people) == 1 and not among_others
    names = _names(people, name)
    times = Counter(map(plain_id, names))
    elsewhere = {id(each): _MAY_BE_KNOWN for each in _perhaps_known_otherwise(people)}
    elsewhere |= dict.fromkeys(_linked_people(people, pool), _OF_ONE_PERSON)
    for person, called in zip(people, names, strict=True):
        reader = Reader(dictionary, pool, memory, sightings)
        patient = _patient(person, called, reader, file, is_alone=is_alone, elsewhere=elsewhere.get(id(person)))
        shares_id = times[plain_id(called)] > 1
        yield of_one_id(patient, file) if shares_id and isinstance(patient, Patient) else patient
        if ledger is not None:
            ledger.extend(reader.everything_set_aside())
    if ledger is not None:
        ledger.extend(pool.set_aside)


def names_in(documents: Iterable[Document], name: str | None) -> list[str]:
    """What the patients of resources that came together are called; `name` as where they are read."""
    return _names(_people(_pool_of(documents), among_others=False), name)


def _pool_of(documents: Iterable[Document]) -> Pool:
    pool = Pool()
    for document in documents:
        pool.add(document.content, document.place)
    pool.close(LISTS.keys())
    return pool


def _mend_without_patients(pool: Pool) -> str:
    if any(each.kind == "OperationOutcome" for each in pool.resources):
        return "a server that was asked answers so when something is wrong: see its `issue`, and ask again"
    return "give a Patient with what is about this patient, such as the answer to `Patient/[id]/$everything`"


# ---- whose is it?


def _people(pool: Pool, *, among_others: bool) -> list[Person]:
    """Each patient with the resources that are about this one. What is about nobody stays with the pool."""
    resources = pool.without_repetitions()
    people: dict[object, Person] = {}
    for resource in resources:
        if resource.kind == "Patient":
            key = _patient_key(resource)
            known = people.get(key)
            if known is None:
                people[key] = Person(resource.id, resource, about=[], perhaps=[], left=[])
            else:
                known.others = (*known.others, resource)
    whose = _Whose(pool, people, among_others=among_others)
    homeless: list[Resource] = []
    for resource in resources:
        if resource.kind == "Patient":
            continue
        if _subject(resource) is None:
            of_document = whose.of_document(resource)
            if of_document is not None:
                of_document.about.append(resource)
            elif resource.kind not in REFERRED_TO or resource.kind in fields():
                homeless.append(resource)
            continue
        try:
            person, is_certain = whose.find(resource)
        except _NotAPatientError as error:
            pool.leave(resource.kind, resource.place, str(error))
        except ShapeError as error:
            pool.leave_of_nobody(resource, str(error))
        else:
            (person.about if is_certain else person.perhaps).append(resource)
    _shelter(homeless, list(people.values()), people, pool, among_others=among_others)
    _deal_out(pool, whose)
    return list(people.values())


def _name_in(address: str) -> str | None:
    """The name of a patient to whom there are only references: the id in them. An identifier is no name, because it may
    be a national number."""
    return address.rpartition("/")[2].removeprefix("urn:uuid:") or None


def _deal_out(pool: Pool, whose: _Whose) -> None:
    """What was set aside of one patient is for this one alone to know; a repetition of what nobody reads, for none."""
    others: list[SetAside] = []
    for each in pool.set_aside:
        resource, person = each.resource, None
        if resource is not None and not _matters(resource.kind):
            continue
        if resource is not None and resource.kind == "Patient":
            person = whose.people.get(_patient_key(resource))
        elif resource is not None and _subject(resource) is not None:
            try:
                person, _ = whose.find(resource)
            except ShapeError:
                person = None
        if person is None:
            others.append(each)
        else:
            person.left.append(each)
    pool.set_aside[:] = others


def _matters(kind: str) -> bool:
    """Whether resources of a kind are read, or something in them."""
    return kind in _READ or kind in REFERRED_TO or kind in fields() or kind == "Patient"


def _patient_key(resource: Resource) -> str:
    return resource.full_url or resource.named or resource.place


class _NotAPatientError(ShapeError):
    """A resource that is about something else than one patient."""


_SUBJECTS = ("subject", "patient", "individual")


def subject_of(kind: str, body: Body) -> Body | None:
    """The reference that says whom a resource is about."""
    for field in _SUBJECTS:
        reference = body.get(field)
        if isinstance(reference, dict) and (_leads(reference.get("reference")) or "identifier" in reference):
            return reference
    if kind == "Appointment":
        actors = (each for _, each in at(body, ("participant", "actor")) if isinstance(each, dict))
        return next((each for each in actors if "Patient/" in str(each.get("reference"))), None)
    return None


def _leads(address: object) -> bool:
    """Whether an address is more than blanks. One that is no text at all is for its reader to refuse."""
    return bool(address.strip()) if isinstance(address, str) else address is not None


def _subject(resource: Resource) -> Body | None:
    return subject_of(resource.kind, resource.body)


_TYPE_OF_PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient"


class _Whose:
    """Finds the patient whom a resource is about."""

    def __init__(self, pool: Pool, people: dict[object, Person], *, among_others: bool) -> None:
        self.pool = pool
        self.people = people
        self.keys = {id(person.resource): key for key, person in people.items()}
        self.targets: dict[tuple[str, str], object] = {}
        self.alone = next(iter(people.values())) if len(people) == 1 and not among_others else None
        self.of_documents = self._of_documents()

    def _of_documents(self) -> dict[str, Person]:
        """Whom each document is about: the subject that it names, or else the only patient in it."""
        patients: dict[str, list[Person]] = {}
        for person in self.people.values():
            if person.resource is not None and person.resource.document is not None:
                patients.setdefault(person.resource.document, []).append(person)
        found = {document: those[0] for document, those in patients.items() if len(those) == 1}
        for resource in self.pool.resources:
            if resource.kind == "Composition" and resource.document is not None and (subject := _subject(resource)):
                try:
                    named = self.people.get(self._key(subject, resource)[0])
                except ShapeError:
                    continue
                if named is not None:
                    found[resource.document] = named
        return found

    def of_document(self, resource: Resource) -> Person | None:
        """Whom the document is about that a resource is part of. Only what can be about a patient is asked for."""
        is_read = resource.document is not None and resource.kind in _READ
        return self.of_documents.get(resource.document or "") if is_read else None

    def find(self, resource: Resource) -> tuple[Person, bool]:
        """The patient, and whether it certainly is this one: who is not in the file may be the only one in it.

        Raises ShapeError where it is about nobody.
        """
        subject = _subject(resource)
        if subject is None:
            raise ShapeError("it does not say whose it is")
        key, contained = self._key(subject, resource)
        person = self.people.get(key)
        if person is None and (whole := self.of_document(resource)) is not None:
            return whole, True
        if person is None and self.alone is not None:
            return self.alone, False
        if person is None:
            person = self.people[key] = self._somebody(key, contained)
        elif contained is not None and all(contained.body != each.body for each in person.resources):
            person.others = (*person.others, contained)
        return person, True

    def _somebody(self, key: object, contained: Resource | None) -> Person:
        """Somebody of whom no Patient resource stands by itself. Raises ShapeError where the key is nobody's own."""
        somebody = Person(None, contained, about=[], perhaps=[], left=[])
        if contained is not None:
            somebody.name = contained.id
        elif isinstance(key, str):
            if key.startswith("#"):
                raise ShapeError("its reference is to a Patient inside it, and there is none")
            somebody.name = _name_in(key)
        elif isinstance(key, tuple):
            somebody.known_by = key
        return somebody

    def _key(self, reference: Body, resource: Resource) -> tuple[object, Resource | None]:
        """What identifies the patient whom a reference means, and the Patient that the resource itself contains."""
        target = text(reference, "reference")
        place = (resource.server, target or "")
        if target is not None and not target.startswith("#") and "identifier" not in reference:
            known = self.targets.get(place)
            if known is not None:
                return known, None
        key: object
        identifier = identifier_in(reference)
        found = self.pool.referred(reference, resource)
        if found is not None:
            if found is resource:
                raise ShapeError("its reference is to itself")
            if found.kind != "Patient":
                raise _NotAPatientError(f"it is about a {found.kind}, not about one patient")
            if text(reference, "type") not in (None, "Patient", _TYPE_OF_PATIENT):
                raise ShapeError(f"its reference is to a {shown(text(reference, 'type'))}, and names a patient")
            if found.holder is not None:
                return self._key_of_contained(found)
            self._check_identifier(identifier, found, resource)
            key = self.keys.get(id(found), found.place)
        elif target is not None and "?" not in target:
            plain = plain_address(target)
            kind = _kind_in(plain)
            if kind is not None and text(reference, "type") != "Patient":
                raise _NotAPatientError(f"it is about a {kind}, not about one patient")
            key = plain
        elif identifier is not None:
            key = identifier
        elif target is not None:
            raise ShapeError("its reference is a search, which may find anybody")
        else:
            raise ShapeError("its reference names nobody")
        if target is not None and not target.startswith("#") and "identifier" not in reference:
            self.targets[place] = key
        return key, None

    def _check_identifier(self, identifier: tuple[str | None, str] | None, found: Resource, resource: Resource) -> None:
        """Raise ShapeError if a reference leads to one patient, and the identifier next to it to another."""
        if identifier is None or identifier[0] is None:
            return
        system, value = identifier
        own = {each[1] for each in identifiers_of(found.body) if each[0] == system}
        if own and value not in own:
            raise ShapeError("its reference and its identifier name two")
        other = self.pool.referred({"identifier": {"system": system, "value": value}}, resource)
        if other is not None and other is not found:
            raise ShapeError("its reference and its identifier name two")

    def _key_of_contained(self, patient: Resource) -> tuple[object, Resource | None]:
        """A contained Patient is the one with its identifiers; without any, nobody can tell whether two are the
        same."""
        identifiers = [each for each in parts(patient.body, "identifier") if isinstance(each.get("value"), str)]
        for identifier in identifiers:
            found = self.pool.referred({"identifier": identifier}, patient)
            if found is not None and (key := self.keys.get(id(found))) is not None:
                return key, None
        if not identifiers:
            return patient.place, patient
        return (text(identifiers[0], "system"), text(identifiers[0], "value")), patient


def _kind_in(address: str) -> str | None:
    """The kind of resource that an address is of; None where it may be a person's: a Patient, or of no kind of FHIR."""
    kind = address.rsplit("/", 2)[-2] if "/" in address else ""
    return kind if kind[:1].isupper() and kind.isalpha() and kind not in ("Patient", "Person") else None


def _shelter(
    homeless: Iterable[Resource],
    known: Sequence[Person],
    people: dict[object, Person],
    pool: Pool,
    *,
    among_others: bool,
) -> None:
    """Resources that do not say whose they are: of the only patient there is, if they can be about a patient at all."""
    for resource in homeless:
        if resource.kind not in _READ and resource.kind in fields() and len(known) == 1 and not among_others:
            known[0].about.append(resource)
        elif resource.kind not in _READ:
            if resource.kind not in REFERRED_TO and all(each.place != resource.place for each in pool.missing):
                pool.leave(resource.kind, resource.place, NOT_READ)
        elif len(known) == 1 and not among_others:
            known[0].about.append(resource)
            why = "it does not say whose it is, and is taken to be of the only patient in the file"
            pool.leave(resource.kind, resource.place, why)
        elif not known:
            people.setdefault("", Person(None, about=[], perhaps=[], left=[])).about.append(resource)
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


def _patient(
    person: Person, called: str, reader: Reader, file: str, *, is_alone: bool, elsewhere: Note | None
) -> Patient | RecordError:
    """`elsewhere` tells why the file may hold more about this person under another name."""
    try:
        _read_person(person, reader)
    except ShapeError as error:
        return refused(file, f"Patient/{called}", str(error), "correct the Patient resource")
    reader.document_date = _document_date(person, reader)
    for resource, is_certain in [*((each, True) for each in person.about), *((each, False) for each in person.perhaps)]:
        reader.chart.doubt = None if is_certain else PERHAPS
        if was_entered_in_error(resource.body) and changed_meaning(resource.body) is None:
            reader.leave(resource, IN_ERROR)
            continue
        read = _READ.get(resource.kind)
        read_mentions(resource, reader)
        if read is None:
            reader.mention_notes(resource)
            if resource.kind not in REFERRED_TO:
                reader.leave(resource, NOT_READ)
            continue
        if not is_certain:
            reader.leave(resource, PERHAPS)
            if resource.kind in _ANSWERING:
                continue
        list_ = LISTS.get(resource.kind)
        reader.chart.doubt = reader.chart.doubt or reader.in_doubt_by_notes(resource, list_)
        if list_ is None:
            reader.mention_notes(resource)
        if list_ is not None and (partial := why_partial(resource.body)) is not None:
            reader.leave_part(resource, resource.place, partial)
            reader.chart.leave_unread(list_, resource.place)
        try:
            why = changed_meaning(resource.body) or unknown_version(resource.body)
            if why is None and (list_ is None or not says_of_its_list(resource, list_, reader)):
                read(resource, reader)
        except (ShapeError, UnreadableError) as error:
            why = str(error)
        if why is not None and list_ is not None:
            _leave_open(resource, why, list_, reader)
        elif why is not None and resource.kind == "Observation":
            hold_place(resource, reader, why)
        elif why is not None:
            reader.leave(resource, why)
    reader.take_over(person.left)
    reader.chart.doubt = None
    if person.perhaps:
        reader.findings.note(f"Patient/{called}", _about_another(person.perhaps), "check first")
    for missing in reader.pool.missing:
        for open_list in _lists_of(missing.kinds):
            reader.chart.leave_unread(open_list, missing.place)
    if elsewhere is not None:
        reader.findings.note(f"Patient/{called}", elsewhere.text, elsewhere.kind)
        for open_list in get_args(RecordList):
            reader.chart.leave_unread(open_list, f"Patient/{called}")
    if is_alone or person.resource is not None:
        reader.take_over(each for each in reader.pool.set_aside if is_alone or each.why != NOT_READ)
    for each in reader.pool.set_aside:
        if each.is_nobodys and (list_ := LISTS.get(each.kind)) is not None:
            reader.chart.leave_unread(list_, each.place)
    reader.add_mentions()
    reader.write_notes()
    return reader.chart.patient(called)


_DRUG_NAMED_IN = ("medicationCodeableConcept", "medicationReference", "medication")
_NAMED_IN: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("code",),
    "Condition": ("code",),
    "FamilyMemberHistory": ("condition.code",),
    "Procedure": ("code",),
    "ServiceRequest": ("code",),
    "MedicationStatement": _DRUG_NAMED_IN,
    "MedicationRequest": _DRUG_NAMED_IN,
    "MedicationAdministration": _DRUG_NAMED_IN,
}
"""Where a resource says what it is an entry of."""


def _leave_open(resource: Resource, why: str, list_: RecordList, reader: Reader) -> None:
    """An entry that cannot be read as it is meant may be what its code says; without one, anything on its list."""
    paths = [path.split(".") for path in _NAMED_IN.get(resource.kind, ())]
    named = [named_in(value, resource, reader) for path in paths for _, value in at(resource.body, path)]
    known = [each for each in named if each is not None and not each.is_empty and not reader.says_none(each)]
    if not named or len(known) != len(named):
        reader.leave_open(resource, why, list_)
        return
    reader.leave(resource, why)
    for each in known:
        reader.mention(Mention(each, list_, resource.place, Period()))


def _about_another(resources: Sequence[Resource]) -> str:
    """Of resources that name a patient who is not in the file."""
    kinds = counted(Counter(each.kind for each in resources))
    targets = [text(_subject(each) or {}, "reference") or "" for each in resources]
    named = [quoted(each) for each in dict.fromkeys(targets) if each]
    who = f"somebody who is not in the file ({some_of(named)})" if named else "somebody who is not in the file"
    one = len(resources) == 1
    are = "1 entry ({}) is" if one else f"{len(resources)} entries ({{}}) are"
    until = f"{'it settles' if one else 'they settle'} nothing until you know whether that is this patient"
    return f"{are.format(kinds)} about {who}: {until}"


_OF_ONE_PERSON = Note(
    "the file holds another record of the same person, and what is about the one may lie with the other"
)
_MAY_BE_KNOWN = Note(
    "the file has entries of somebody known by an identifier alone, who may be this patient", "check first"
)
_ANSWERING = frozenset({"Consent"})
"""What answers for a person, and never for somebody who only may be the one."""


def _lists_of(kinds: frozenset[str] | None) -> tuple[RecordList, ...]:
    """The lists that entries of these kinds of resources may stand on (None: any)."""
    if kinds is None or not kinds <= {*LISTS, *_OF_NO_LIST}:
        return get_args(RecordList)
    lists = {LISTS[kind] for kind in kinds if kind in LISTS}
    return tuple(each for each in get_args(RecordList) if each in lists)


def _document_date(person: Person, reader: Reader) -> Moment | None:
    """The day of the document that is about a patient, if there is one and it says so."""
    dates = [reader.date(each, "date") for each in person.about if each.kind == "Composition"]
    return dates[0] if len(dates) == 1 else None


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
                where = f": {resource.lies} and {other.lies}" if resource.lies and other.lies else ""
                raise ShapeError(f"two Patient resources of this id differ in `{field}`{where}")
    if (why := changed_meaning(body)) is not None:
        raise ShapeError(why)
    chart = reader.chart
    chart.identifiers = identifiers_of(body)
    chart.address = resource.full_url if resource.server else None
    try:
        chart.birth = moment(body, "birthDate")
    except (ShapeError, UnreadableError) as error:
        reader.findings.note(resource.place, f"{error}: the birth date is not known")
    stated = body.get("gender")
    match stated.strip().casefold() if isinstance(stated, str) else stated:
        case "female" | "male" as sex:
            chart.sex = sex
        case None:
            pass
        case _:
            reader.findings.note(resource.place, f"its `gender` is {quoted(stated)}: the sex is not known")
    if (at_birth := _another_sex(body, chart.sex)) is not None:
        told = f"its `gender` is `{chart.sex}`, its sex at birth {quoted(at_birth)}: the sex is not known"
        reader.findings.note(resource.place, told)
        chart.sex = None
    chart.died = _death(resource, reader)
    if chart.birth is not None and chart.died is not None and chart.died.is_before(chart.birth):
        reader.findings.note(resource.place, "the patient died before the birth date: one of the two is wrong")
        chart.birth = None
    for kind in _linked(resource, reader):
        told = f"it is linked to another record of the same person ({shown(kind)}), which is not read with it"
        reader.findings.note(resource.place, told)
    if body.get("active") in (False, "false"):
        reader.findings.note(resource.place, "the record is marked as not in active use")


_SEX_AT_BIRTH = "/us-core-birthsex"
"""How the address of the extension ends that says with which sex somebody was registered at birth."""


def _another_sex(body: Body, sex: str | None) -> str | None:
    """The sex at birth, if it is recorded and is not the one of `gender`."""
    for each in objects_in(body.get("extension")):
        url, stated = each.get("url"), each.get("valueCode")
        if isinstance(url, str) and url.endswith(_SEX_AT_BIRTH) and isinstance(stated, str) and sex is not None:
            meant = sex_meant(stated)
            if meant in ("male", "female") and meant != sex:
                return stated
    return None


def _death(resource: Resource, reader: Reader) -> Moment | None:
    """When the patient died; at any time, where only that it is so can be read. What cannot be read is noted."""
    body = resource.body
    when = None
    try:
        when = moment(body, "deceasedDateTime")
    except UnreadableError as error:
        if isinstance(body["deceasedDateTime"], str):
            reader.findings.note(resource.place, f"{error}: the patient died on an unknown day")
            return AT_ANY_TIME
        reader.findings.note(resource.place, f"{error}: whether the patient has died is not known")
    match body.get("deceasedBoolean"):
        case True | "true":
            return when or AT_ANY_TIME
        case None | False | "false":
            return when
        case _:
            told = "its `deceasedBoolean` is neither true nor false: whether the patient has died is not known"
            reader.findings.note(resource.place, told)
            return when


def _linked_people(people: Sequence[Person], pool: Pool) -> set[int]:
    """The patients, by identity, of whom another record is in the file by the word of one of the two."""
    by_resource = {id(each): person for person in people for each in person.resources}
    found: set[int] = set()
    for each in pool.resources:
        if each.kind != "Patient" or "link" not in each.body or (of_each := by_resource.get(id(each))) is None:
            continue
        try:
            others = [pool.referred(part(link, "other"), each) for link in parts(each.body, "link")]
        except ShapeError:
            continue
        for other in others:
            if other is not None and (of_other := by_resource.get(id(other))) not in (None, of_each):
                found |= {id(of_each), id(of_other)}
    return found


def _perhaps_known_otherwise(people: Sequence[Person]) -> Iterator[Person]:
    """The patients who may be somebody whom the file knows by an identifier alone: nothing on record says that theirs
    of that system is another one. An identifier without a system may be anybody's."""
    known = {each.known_by for each in people if each.known_by is not None}
    systems = {system for system, _ in known}
    for person in people if known else ():
        if person.resource is None:
            continue
        own = identifiers_of(person.resource.body)
        if None in systems or not known.isdisjoint(own) or not systems <= {system for system, _ in own}:
            yield person


def _linked(resource: Resource, reader: Reader) -> list[str | None]:
    """How a Patient is linked to other Patient resources of the same person (`replaces`, `seealso`); a RelatedPerson is
    no record of its own."""
    try:
        links = [
            (text(part(link, "other"), "reference") or "", text(link, "type")) for link in parts(resource.body, "link")
        ]
    except ShapeError as error:
        reader.findings.note(resource.place, f"{error}: whether another record is of the same person is not known")
        return []
    return [kind for target, kind in links if "RelatedPerson/" not in target]
