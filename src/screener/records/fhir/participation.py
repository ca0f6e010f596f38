"""Taking part in trials, and consenting to one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from screener.records.dictionary import Meaning
from screener.records.fhir.conditions import concept_meant
from screener.records.fhir.elements import (
    Body,
    Coding,
    Concept,
    Period,
    UnreadableError,
    concept,
    concepts,
    part,
    parts,
    period,
    shown,
    text,
    truth,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource, changed_meaning
from screener.records.patient import Answer, Episode, Flag
from screener.rulebook import Question
from screener.values.dates import Moment

_RESOURCES = "http://hl7.org/fhir/resource-types"
_STATES = "http://terminology.hl7.org/CodeSystem/research-subject-state"
_TAKES_PART = ("on-study", "on-study-intervention", "on-study-observation", "follow-up", "suspended")
_MAY_BEGIN = ("pending-on-study", "enrolled")
_TOOK_PART = ("off-study", "completed")
_WITHDREW = "withdrawn"
"""By R4 before it began; many write it of whoever left."""
_OVER = (*_TOOK_PART, _WITHDREW)
_ONLY_ASKED = ("candidate", "eligible", "ineligible", "not-registered", "potential-candidate", "screening")
"""The words of STU3, R4 and R5. STU3's `active` is not among them: in R5 it says that the resource is in use."""


class _Stage(Struct, frozen=True):
    """Where somebody stood with a trial, and from when to when."""

    status: str | None
    time: Period


def read_research_subject(resource: Resource, reader: Reader) -> None:
    """A ResearchSubject: taking part in a trial, by what the dictionary calls that. Who was only asked, screened or
    turned down has not taken part."""
    stages = _stages(resource, reader)
    if all(each.status in _ONLY_ASKED for each in stages):
        asked = ", ".join(dict.fromkeys(each.status for each in stages if each.status is not None))
        reader.leave(resource, f"the person does not take part: {asked}")
        return
    study = _trial_of(resource, reader)
    flags = (Flag("remark", f"in {shown(study)}"),) if study is not None else ()
    own = f"{study} is no other trial for its own lines" if study in reader.dictionary.rulebook.trials else None
    for meaning in _of_kind(resource, reader):
        for stage in stages:
            reader.chart.add_episode(_participation(stage, concept_meant(meaning).name, resource.place, flags, own))


def _stages(resource: Resource, reader: Reader) -> Sequence[_Stage]:
    """What R4 says as one status, and R5 as a list of states (`progress`), each from a day to a day. Who was on study,
    and has been off study since a day, took part until that day."""
    body = resource.body
    whole = _time(part(body, "period"), ("start", "end"), "period", resource, reader)
    states = [each for each in parts(body, "progress") if "subjectState" in each]
    if any(changed_meaning(each) is not None for each in states):
        raise UnreadableError("its `progress` has a `modifierExtension`, which may change what it means")
    if not states:
        return [_Stage(text(body, "status"), whole)]
    stages = [
        _Stage(
            concept(each, "subjectState").code_of(_STATES),
            _time(each, ("startDate", "endDate"), "progress", resource, reader),
        )
        for each in states
    ]
    ends = [each.time.start for each in stages if each.status in _OVER]
    left = ends[0] if len(ends) == 1 else None
    began = [each for each in stages if each.status not in (*_OVER, *_ONLY_ASKED)]
    kept = []
    for stage in began or [each for each in stages if each.status in _OVER]:
        status, start, end = stage.status, stage.time.start or whole.start, stage.time.end or whole.end
        if not began:
            start, end = whole.start, stage.time.start or whole.end
        elif stage.time.end is None and ends:
            status = _TOOK_PART[0] if status in _TAKES_PART else status
            end = left if left is not None and (start is None or not left.is_before(start)) else whole.end
        kept.append(_Stage(status, Period(start, end)))
    return kept or stages


def _time(body: Body, fields: tuple[str, str], called: str, resource: Resource, reader: Reader) -> Period:
    """From when to when, as far as it can be understood."""
    try:
        return period({called: {"start": body.get(fields[0]), "end": body.get(fields[1])}}, called) or Period()
    except UnreadableError as error:
        reader.note(resource.place, f"{error}, and says nothing of when")
        return Period()


def _participation(stage: _Stage, name: str, place: str, flags: tuple[Flag, ...], own: str | None) -> Episode:
    status, end = stage.status, stage.time.end
    is_known = status in (*_TAKES_PART, *_MAY_BEGIN, *_OVER)
    doubt = own
    if status in _MAY_BEGIN:
        doubt = "whether it has begun is not clear"
    elif status == _WITHDREW:
        doubt = "whether the person withdrew before it began is not clear"
    elif not is_known:
        doubt = f"whether the person takes part is not clear: {shown(status)}"
    return Episode(
        name,
        "events",
        place,
        stage.time.start,
        end,
        ongoing=status in (*_TAKES_PART, *_MAY_BEGIN) and end is None,
        ended=status in _OVER,
        status="stopped" if status in _OVER else "ongoing" if is_known else None,
        doubtful=doubt is not None,
        flags=(*flags, Flag("unusable", doubt)) if doubt is not None else flags,
    )


def _of_kind(resource: Resource, reader: Reader) -> tuple[Meaning, ...]:
    """What a resource stands for by its very kind."""
    return reader.meanings(Concept((Coding(_RESOURCES, resource.kind),)), ("event",), resource)


def _trial_of(resource: Resource, reader: Reader) -> str | None:
    """The number under which the study is registered, as far as the record says so."""
    study = reader.pool.referred(part(resource.body, "study"), resource)
    return (
        _registered(study, reader)
        if study is not None
        else text(part(part(resource.body, "study"), "identifier"), "value")
    )


def _registered(study: Resource, reader: Reader) -> str | None:
    known = reader.dictionary.rulebook.trials
    numbers = [value for each in parts(study.body, "identifier") if (value := text(each, "value")) is not None]
    if study.id is not None:
        numbers.append(study.id)
    return next((each for each in numbers if each in known), numbers[0] if numbers else None)


# ---- consent

_SCOPES = ("http://terminology.hl7.org/CodeSystem/consentscope", "http://hl7.org/fhir/consentscope")
_CATEGORIES = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
_RESEARCH = "research"
_DECIDED = ("active", "rejected")
_ENDED = "inactive"
"""A consent that was withdrawn, or that another one replaced."""
_PERMIT, _DENY = "permit", "deny"
_WEIGHED = "it has exceptions, or has run out, which only a person can weigh"


def read_consent(resource: Resource, reader: Reader) -> None:
    """A Consent to research, as the participant's answer to the trial that it names. One that names no trial of these
    rules, or is about something else, answers nothing."""
    body = resource.body
    status = text(body, "status")
    if not _is_about_research(body):
        reader.leave(resource, "it is not about research")
        return
    if status not in _DECIDED:
        reader.leave(resource, f"it is no consent in force: {shown(status)}")
        if status == _ENDED:
            _answer_all(None, resource, reader)
        return
    if not _trials_named(resource, reader):
        reader.leave(resource, "it does not say to which of these trials")
        return
    if status == "active" and isinstance(body.get("provision"), list):
        reader.leave(resource, _WEIGHED)  # R5 lists what differs from the decision
        return
    provision = part(body, "provision")
    said = {word for each, field in ((provision, "type"), (body, "decision")) if (word := text(each, field))}
    if status == "active" and len(said) > 1:
        reader.leave(resource, "it says that it is given, and that it is refused")
        _answer_all(None, resource, reader)
        return
    given = next(iter(said), None)
    if status == "active" and given not in (_PERMIT, _DENY):
        reader.leave(resource, "it does not say whether it is given or refused")
        return
    if status == "active" and (body.get("except") or not all(map(_is_plain, (provision, body)))):
        reader.leave(resource, _WEIGHED)
        return
    if any(truth(each, "verified") is False for each in parts(body, "verification")):
        reader.leave(resource, "nobody has verified it with the participant")
        return
    is_active = status == "active"
    begins = _begins(provision, body) if is_active else None
    _answer_all(is_active and given == _PERMIT, resource, reader, begins)


def _is_about_research(body: Body) -> bool:
    """By its scope; in R5, which has none, by its category."""
    stated = [concept(body, "scope")] if "scope" in body else concepts(body, "category")
    return any(
        coding.code == _RESEARCH and coding.system in (*_SCOPES, _CATEGORIES, None)
        for each in stated
        for coding in each.codings
    )


def _begins(*bodies: Body) -> Moment | None:
    """The day from which a decision certainly holds, if it begins on one."""
    starts = [stretch.start for each in bodies if (stretch := period(each, "period")) is not None]
    known = [replace(each, first=each.last) for each in starts if each is not None]
    return max(known, key=lambda each: each.last, default=None)


def _answer_all(value: bool | None, resource: Resource, reader: Reader, begins: Moment | None = None) -> None:
    """Answer the question of consent of each trial that the resource names; None takes back what was answered."""
    when = reader.date(resource, "dateTime")
    if begins is not None and (when is None or when.is_before(begins)):
        when = begins
    for trial in _trials_named(resource, reader):
        for question in _questions_of_consent(reader):
            key = question.name if question.once_for_all else f"{trial}/{question.name}"
            _answer(Answer(key, resource.place, value, when=when), reader)


def _answer(answer: Answer, reader: Reader) -> None:
    """The later of two answers counts. If no date shows which is the later, a refusal counts, or the end of what was
    answered: nobody can tell which of two consents replaced the other."""
    other = reader.chart.answers.setdefault(answer.key, answer)
    is_said = other.value == answer.value
    if is_said and (answer.value is not None or other.when is None or _is_later(other.when, answer.when)):
        return
    if answer.value is not None and other.value is not None:
        reader.note(answer.source, f"it contradicts `{other.source}`; the later of the two counts, else the refusal")
    if _is_later(answer.when, other.when) or (not _is_later(other.when, answer.when) and not answer.value):
        reader.chart.answers[answer.key] = answer


def _is_later(one: Moment | None, other: Moment | None) -> bool:
    return one is not None and other is not None and other.is_before(one)


def _is_plain(body: Body) -> bool:
    """Whether a decision has no exceptions of its own and no end. The provision of the whole is the decision itself."""
    if "resourceType" not in body and (body.get("provision") or changed_meaning(body) is not None):
        return False
    try:
        stretch = period(body, "period")
    except UnreadableError:
        return False
    return stretch is None or stretch.end is None


def _questions_of_consent(reader: Reader) -> list[Question]:
    return [question for question in reader.dictionary.rulebook.questions.values() if question.gives_consent]


def _trials_named(resource: Resource, reader: Reader) -> list[str]:
    """The trials of the rules that a consent refers to: by a study, a policy's address, or its own identifiers."""
    known = reader.dictionary.rulebook.trials
    body = resource.body
    named: dict[str, None] = {}
    provision = body.get("provision")
    for data in parts(provision, "data") if isinstance(provision, dict) else ():
        study = reader.pool.referred(part(data, "reference"), resource)
        if study is not None and study.kind == "ResearchStudy" and (number := _registered(study, reader)) in known:
            named[str(number)] = None
    words = [text(each, "uri") for each in (*parts(body, "policy"), part(body, "policyBasis"))]
    words += [coding.code for each in concepts(body, "category") for coding in each.codings]
    words += [text(each, "value") for each in parts(body, "identifier")]
    for word in words:
        named.update(dict.fromkeys(trial for trial in known if word is not None and word.rpartition("/")[2] == trial))
    return list(named)
