"""People's answers that come in addition to a record: as a FHIR R4 QuestionnaireResponse, or in the form of a record's
`answers`.

The `linkId` of an item is the key of its answer: `TRIAL/question`, or `TRIAL/LINE` for how a line is read. Nothing else
is taken from a response. One that is not finished does not count, and a note says so. One about somebody else, or about
nobody, is refused: one person's consent never reaches another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from screener.records.addresses import plain_address, plain_id, uuid_in
from screener.records.dictionary import Dictionary
from screener.records.errors import Findings, Problem, RecordError, did_you_mean, printable, quoted
from screener.records.locales import Locale
from screener.records.looked_up import which_count, without_looked_up
from screener.records.native import NativeRecord, read_shape
from screener.records.native_entries import chart_of
from screener.records.notes import Note
from screener.records.patient import Answer, Patient, digest_of, is_unnamed
from screener.records.reading import read_document
from screener.records.reviews import ChartReview, ReviewReader, contradictions, with_review
from screener.rulebook import Rulebook
from screener.values.dates import DateError, Moment, parse_moment

FINISHED = ("completed", "amended")
EVERY_TRIAL = "every-trial"
"""The group of the questions that are asked once for all trials."""
UNFINISHED = ("in-progress", "stopped", "entered-in-error")


class Subject(Struct, frozen=True):
    """Whom answers say that they are about: the id of a record, or else an identifier with the system that it is of."""

    id: str | None = None
    identifier: tuple[str | None, str] | None = None
    address: str | None = None
    """The full address, if the answers name one."""

    def is_about(self, patient: Patient) -> bool:
        """Whether this is the patient. A person named by an identifier of some system must have it on record; if the
        record knows no identifiers, its own id counts."""
        if is_unnamed(patient.id):
            return False
        if self.id is not None:
            return plain_id(self.id) == plain_id(patient.id) and not self._is_elsewhere(patient)
        if self.identifier is None:
            return False
        system, value = self.identifier
        if system is not None and patient.identifiers is not None:
            return self.identifier in patient.identifiers
        return plain_id(value) == plain_id(patient.id)

    def _is_elsewhere(self, patient: Patient) -> bool:
        """Whether it is a patient of another server, who may have the same id. A UUID is one person in the world."""
        if self.address is None or patient.address is None or uuid_in(self.address) is not None:
            return False
        return self.address != patient.address


class GivenAnswers(Struct, frozen=True):
    """The answers about one patient in a file; `is_alone`: the file holds nobody else's."""

    file: str
    answers: Mapping[str, Answer]
    subject: Subject
    review: ChartReview = ChartReview()
    noted: tuple[Note, ...] = ()
    is_alone: bool = True


def read_answers(
    place: PathLike[str], dictionary: Dictionary, file: str | None = None, locale: Locale | None = None
) -> tuple[GivenAnswers, ...]:
    """Read a file of answers, of one patient or of several; `file` is what messages call it. `locale` is how dates are
    written where they can be read in two ways.

    Raises RecordError, with every problem found, if it cannot be used.
    """
    file = file or str(place)
    return answers_in(read_document(place, file), dictionary, file, locale)


def answers_in(
    document: Any, dictionary: Dictionary, file: str = "answers", locale: Locale | None = None
) -> tuple[GivenAnswers, ...]:
    """The answers of plain data: about one patient, or of a list of such. Raises RecordError."""
    if not isinstance(document, list):
        return (_answers_of_one(document, dictionary, file, "", locale),)
    given: list[GivenAnswers] = []
    problems: list[Problem] = []
    for number, each in enumerate(document):
        try:
            of_one = _answers_of_one(each, dictionary, file, f"[{number}]", locale)
            given.append(replace(of_one, is_alone=len(document) == 1))
        except RecordError as error:
            problems.extend(error.problems)
    if not document:
        problems.append(Problem("", "there are no answers in it", _MEND_SUBJECT))
    if problems:
        raise RecordError(problems, file)
    return tuple(given)


_MEND_SUBJECT = 'write {"patient": "…", "answers": {…}} with the `id` of the record'
_NOBODY = "the answers do not say which patient they are about"


def _answers_of_one(
    document: Any, dictionary: Dictionary, file: str, place: str, locale: Locale | None
) -> GivenAnswers:
    findings = Findings(place=place, strict=True)
    written: Any = {}
    subject, review = Subject(), ChartReview()
    match document:
        case {"resourceType": "QuestionnaireResponse"}:
            response = _Response(document, dictionary.rulebook, findings)
            written, subject = response.answers(), response.subject()
        case {"resourceType": other}:
            findings.refuse("resourceType", f"{quoted(other)} does not hold answers", "give a QuestionnaireResponse")
        case {"answers": _} if document.keys() & _OF_A_RECORD:
            findings.refuse("", "this is a record, and not answers alone", _MEND_SUBJECT)
        case dict() if not document.keys() & {"patient", *_OF_A_REVIEW}:
            findings.refuse("", _NOBODY, _MEND_SUBJECT)
        case dict():
            written, subject, review = _written(document, ReviewReader(dictionary, findings, locale))
        case _:
            mend = f"{_MEND_SUBJECT}, or give a QuestionnaireResponse"
            findings.refuse("", f"answers are one object, not {quoted(document)}", mend)
    record, left_out = read_shape({"answers": written}, findings)
    answers = chart_of(record, left_out, dictionary, findings, locale=locale).answers
    if findings.problems:
        raise RecordError(findings.problems, file)
    here = f"{file}: {place}: " if place else f"{file}: "
    placed = {key: replace(answer, source=f"{here}{answer.source}") for key, answer in answers.items()}
    noted = tuple(replace(note, path=f"{here}{note.path}", places=()) for note in findings.notes)
    return GivenAnswers(file, placed, subject, _placed(review, here), noted)


_OF_A_REVIEW = frozenset({"reviews", "groups", "entries"})
_OF_ANSWERS = frozenset({"patient", "answers", "as_of", "how", "on", "by", "looked_at"}) | _OF_A_REVIEW
_OF_A_RECORD = frozenset(NativeRecord.model_fields) - {"answers", "as_of", "reviews"}


def _written(document: Mapping[str, Any], reader: ReviewReader) -> tuple[Any, Subject, ChartReview]:
    """The answers, the patient and the chart review in one object."""
    patient = document.get("patient")
    if not isinstance(patient, str) or not patient.strip():
        told = "a review says whose chart it is of" if document.keys() & _OF_A_REVIEW else _NOBODY
        reader.findings.refuse("patient", told, "write the record's `id`")
    for field in sorted(document.keys() - _OF_ANSWERS):
        mend = did_you_mean(field, _OF_ANSWERS) or "answers stand under `answers`"
        reader.findings.refuse(printable(field), f"{quoted(field)} is not a field here", mend)
    for field in ("reviews", "groups", "entries"):
        if not isinstance(document.get(field, []), list):
            reader.findings.refuse(field, f"{quoted(document[field])} is not a list", f"`{field}` is a list")
            return {}, Subject(), ChartReview()
    review = reader.sheet(document).together_with(reader.reviews(document.get("reviews", []), "reviews"))
    return document.get("answers", {}), Subject(patient if isinstance(patient, str) else None), review


def _placed(review: ChartReview, here: str) -> ChartReview:
    """The same with the file named at every place."""
    return replace(
        review,
        absences=tuple(replace(each, source=f"{here}{each.source}") for each in review.absences),
        found=tuple(replace(each, source=f"{here}{each.source}") for each in review.found),
    )


def with_answers(patient: Patient, given: Sequence[GivenAnswers], dictionary: Dictionary) -> Patient:
    """The patient with the answers and chart reviews about this patient, in addition to those of the record.

    If the record answers the same question, the later of two dated answers counts; otherwise the one given here,
    because a call takes precedence over the record. If the two differ, a note says which was left aside. A note also
    names a file of several patients' answers that has none of this patient. Raises RecordError if a file is about
    somebody else, or if the same question is answered twice.
    """
    about = _about(patient, given)
    answers, noted = _merged(patient, about)
    files = {each.file for each in about}
    others = dict.fromkeys(each.file for each in given if each.file not in files)
    noted = [*patient.noted, *(Note("no answers in it are about this patient", path=file) for file in others), *noted]
    findings = Findings(strict=True)
    all_settled = (one for each in about for one in each.review.settled)
    looked_up, told = which_count(all_settled, patient, dictionary.rulebook, findings)
    if findings.problems:
        raise RecordError(
            findings.problems, ", ".join(dict.fromkeys(each.file for each in about if each.review.settled))
        )
    noted = [*without_looked_up(noted, {each.source for each in looked_up}), *told]
    answered: Patient = replace(patient, answers=answers, noted=tuple(noted))
    for each in about:
        answered = with_review(answered, replace(each.review, settled=()), dictionary)
    answered = with_review(answered, ChartReview(settled=tuple(looked_up)), dictionary)
    against = [note for each in about for note in contradictions(answered, each.review, dictionary)]
    answered = replace(answered, noted=(*answered.noted, *against))
    saying = [each for each in about if each.answers or each.review != ChartReview()]
    if saying:
        digests = tuple(digest_of((each.answers, each.review)) for each in saying)
        answered = replace(answered, read_with=replace(patient.read_with, answers=digests))
    return answered


def _about(patient: Patient, given: Sequence[GivenAnswers]) -> list[GivenAnswers]:
    """The answers about a patient. Raises RecordError where a file is about somebody else, or nobody can tell."""
    about = [each for each in given if each.subject.is_about(patient)]
    if about and patient.shares_id:
        whose = f"several patients of the call have the id {quoted(patient.id)}"
        fault = f"{whose}, and whose answers these are is not known"
        raise RecordError([Problem("subject", fault, "give each patient an `id` of their own")], about[0].file)
    for each in given:
        if each.is_alone and each not in about:
            # Their id is not shown: it may be a national number of that person.
            fault = f"the answers are about somebody else, and the record is of {quoted(patient.id)}"
            mend = "give the answers of this patient, or name the record's `id` in them"
            if is_unnamed(patient.id):
                fault, mend = "the record has no `id`, so that nobody's answers are about it", "give the record an `id`"
            raise RecordError([Problem("subject", fault, mend)], each.file)
    return about


def _merged(patient: Patient, about: Sequence[GivenAnswers]) -> tuple[dict[str, Answer], list[Note]]:
    """The answers of a record and of these files, and the notes on them. Raises RecordError for one given twice."""
    answers, noted = dict(patient.answers), []
    seen: dict[str, str] = {}
    for each in about:
        findings = Findings(strict=True)
        for key, answer in each.answers.items():
            if key in seen:
                findings.refuse(key, f"the same is answered in {quoted(seen[key])}", "leave one of them out")
            seen[key] = each.file
            before = patient.answers.get(key)
            kept = answer if before is None else _the_later(before, answer)
            if before is not None and _said(before) != _said(answer):
                left = before if kept is answer else answer
                noted.append(Note(f"another answer replaces it ({kept.source})", path=left.source))
            answers[key] = kept
        if findings.problems:
            raise RecordError(findings.problems, each.file)
        noted.extend(each.noted)
    return answers, noted


def _the_later(of_record: Answer, given: Answer) -> Answer:
    is_older = given.when is not None and of_record.when is not None and given.when.is_before(of_record.when)
    return of_record if is_older else given


def _said(answer: Answer) -> tuple[bool | None, int | None]:
    return answer.value, answer.reading


# ---- a response


class _Response:
    """Reads one QuestionnaireResponse. What is wrong with it goes to the findings."""

    def __init__(self, document: Mapping[str, Any], rulebook: Rulebook, findings: Findings) -> None:
        self.document = document
        self.rulebook = rulebook
        self.findings = findings
        self.booleans, self.choices = _keys(rulebook)
        self.groups = {*rulebook.trials, EVERY_TRIAL}

    def answers(self) -> dict[str, dict[str, Any]]:
        """The answers in the native form; none of a response that is not finished."""
        status = self.document.get("status")
        if status in UNFINISHED:
            self.findings.note("status", f"it is `{status}`, and its answers are not used")
            return {}
        if status not in FINISHED:
            fault = "it has no `status`" if status is None else f"{quoted(status)} is not a status of a response"
            self.findings.refuse("status", fault, did_you_mean(str(status or ""), (*FINISHED, *UNFINISHED)))
        self._compare_rules()
        told_with = {name: told for name, told in (("date", self._authored()), ("by", self._who())) if told is not None}
        found: dict[str, dict[str, Any]] = {}
        for link, path, answers in self._items(self.document.get("item", []), "item"):
            if link in found:
                self.findings.refuse(path, f"{quoted(link)} is answered twice", "leave one of them out")
            elif (value := self._value(link, path, answers)) is not None:
                found[link] = value | told_with
        return found

    def subject(self) -> Subject:
        """Whom the response is about: the id at the end of a reference to a Patient, else an identifier."""
        match self.document.get("subject"):
            case {"reference": str(reference)} if reference.strip(" #/"):
                plain = reference.strip().partition("/_history/")[0].rstrip("/")
                before, is_named, identity = plain.rpartition("Patient/")
                if (is_named and before[-1:] in ("", "/")) or (not is_named and not {"/", "#"} & set(plain)):
                    address = plain_address(plain) if "://" in before else None
                    return Subject(identity.removeprefix("urn:uuid:"), address=address)
                fault, mend = f"it is about {quoted(reference)}, and not about a Patient", "name a Patient"
            case {"identifier": {"value": str(value), **identifier}} if value.strip():
                system = identifier.get("system")
                return Subject(None, (system if isinstance(system, str) else None, value))
            case _:
                fault, mend = _NOBODY, 'write "subject": {"reference": "Patient/…"} with the `id` of the record'
        self.findings.refuse("subject", fault, mend)
        return Subject()

    def _compare_rules(self) -> None:
        questionnaire = self.document.get("questionnaire")
        _, _, version = questionnaire.partition("|") if isinstance(questionnaire, str) else ("", "", "")
        if version and version != self.rulebook.digest:
            self.findings.note("questionnaire", "it was asked with other rules than these")

    def _authored(self) -> str | None:
        authored = self.document.get("authored")
        if authored is None:
            return None
        if not isinstance(authored, str) or _moment(authored) is None:
            mend = "write YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone"
            self.findings.refuse("authored", f"{quoted(authored)} is not a date", mend)
            return None
        return authored

    def _who(self) -> str | None:
        """Who answered, and who wrote it down if that was somebody else: FHIR has a field for each."""
        source, author = _named(self.document.get("source")), _named(self.document.get("author"))
        if source is not None and author is not None and source != author:
            return f"{source}, recorded by {author}"
        return source or author

    def _items(self, items: Any, path: str) -> Iterator[tuple[str, str, list[Any]]]:
        """The answered items with their places, groups opened."""
        if not isinstance(items, list):
            self.findings.refuse(path, f"{quoted(items)} is not a list of items", "`item` must be a list")
            return
        for place, item in enumerate(items):
            here = f"{path}[{place}]"
            match item:
                case {"linkId": str(link)}:
                    answers = item.get("answer", [])
                    if link not in self.groups and link not in self.booleans and link not in self.choices:
                        self._refuse_link(link, here)
                    elif not isinstance(answers, list):
                        self.findings.refuse(f"{here}.answer", f"{quoted(answers)} is not a list", "`answer` is a list")
                    elif answers and link in self.groups:
                        fault = f"{quoted(link)} is a group, and has no answer of its own"
                        self.findings.refuse(f"{here}.answer", fault, "answer the questions in it")
                    elif answers:
                        yield link, here, answers
                        for number, answer in enumerate(answers):
                            if isinstance(answer, dict):
                                yield from self._items(answer.get("item", []), f"{here}.answer[{number}].item")
                case dict():
                    self.findings.refuse(here, "the item has no `linkId`", "give each item its `linkId`")
                    continue
                case _:
                    self.findings.refuse(here, f"{quoted(item)} is not an item", 'write {"linkId": …, "answer": […]}')
                    continue
            yield from self._items(item.get("item", []), f"{here}.item")

    def _refuse_link(self, link: str, path: str) -> None:
        trial, _, line = link.partition("/")
        if trial in self.rulebook.trials and any(each.id == line for each in self.rulebook.trials[trial].criteria):
            self.findings.refuse(f"{path}.linkId", f"{quoted(link)} has one reading only", "leave the item out")
            return
        known = [*self.booleans, *self.choices]
        mend = did_you_mean(link, known) or "the questions of a patient are listed by `screen questions`"
        self.findings.refuse(f"{path}.linkId", f"{quoted(link)} is not a question of these rules", mend)

    def _value(self, link: str, path: str, answers: list[Any]) -> dict[str, Any] | None:
        """The answer to one question in the native form; None where there is a fault."""
        if len(answers) != 1 or not isinstance(answers[0], dict):
            self.findings.refuse(f"{path}.answer", f"{quoted(link)} takes one answer", "leave only one")
            return None
        wanted = "valueBoolean" if link in self.booleans else "valueCoding"
        given = {name: value for name, value in answers[0].items() if name.startswith("value")}
        path = f"{path}.answer[0]"
        match list(given.items()):
            case [("valueBoolean", bool(value))] if wanted == "valueBoolean":
                return {"value": value}
            case [("valueCoding", dict(coding))] if wanted == "valueCoding":
                return self._reading(link, path, coding.get("code"), coding.get("display"))
            case [("valueString", str(label))] if wanted == "valueCoding":
                return self._reading(link, path, None, label)
            case []:
                fault = f"the answer to {quoted(link)} has no value"
            case [(str(name), value)] if name == wanted:
                fault = f"{quoted(value)} as `{name}` is {'text' if isinstance(value, str) else 'no such value'}"
            case [(str(name), _)]:
                fault = f"{quoted(link)} is not answered by a {quoted(name)}"
            case _:
                fault = f"the answer to {quoted(link)} has two values"
        mend = "true or false, without quotation marks" if link in self.booleans else "with one of the readings"
        self.findings.refuse(path, fault, f"answer by `{wanted}`: {mend}")
        return None

    def _reading(self, link: str, path: str, code: Any, label: Any) -> dict[str, Any] | None:
        """A reading by its number, by its label, or by both if they agree: the order may have changed since."""
        labels = self.choices[link]
        numbers = [
            number
            for number, each in enumerate(labels, start=1)
            if code in (None, str(number)) and label in (None, each) and (code, label) != (None, None)
        ]
        if len(numbers) == 1:
            return {"reading": numbers[0]}
        if code is None and label is None:
            fault = f"the answer to {quoted(link)} names no reading"
        elif code is None or label is None:
            fault = f"{quoted(label if code is None else code)} is not a reading of {quoted(link)}"
        else:
            fault = f"reading {quoted(code)} of {quoted(link)} is not {quoted(label)}"
        readings = "; ".join(f"{number}: “{each}”" for number, each in enumerate(labels, start=1))
        self.findings.refuse(path, fault, f"the readings are {readings}")
        return None


def _keys(rulebook: Rulebook) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The keys of all questions, and those of all lines with several readings, with the readings' labels."""
    booleans = dict.fromkeys(
        question.name if question.once_for_all else f"{trial}/{question.name}"
        for trial in rulebook.trials
        for question in rulebook.questions.values()
    )
    choices = {
        f"{trial.id}/{criterion.id}": tuple(reading.label or "" for reading in criterion.readings)
        for trial in rulebook.trials.values()
        for criterion in trial.criteria
        if len(criterion.readings) > 1
    }
    return tuple(booleans), choices


def _named(reference: Any) -> str | None:
    """What a reference says of a person, the most readable first."""
    match reference:
        case {"display": str(text)} | {"identifier": {"value": str(text)}} | {"reference": str(text)} if text.strip():
            return text
        case _:
            return None


def _moment(text: str) -> Moment | None:
    try:
        return parse_moment(text)
    except DateError:
        return None
