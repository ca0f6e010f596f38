"""Conditions, allergies and diseases of the family: what FHIR states of them, as episodes and absences."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from screener.records.chart import condition_episode, or_before, stage_of, told_by_diagnosis
from screener.records.dictionary import Dictionary, Meaning, denies_a_part
from screener.records.errors import printable, quoted
from screener.records.fhir.elements import (
    Body,
    Concept,
    Period,
    ShapeError,
    concept,
    concept_of,
    concepts,
    objects_in,
    part,
    parts,
    shown,
    some_time_in,
    text,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource, changed_meaning
from screener.records.identity import ELSEWHERE, Naming
from screener.records.kin import NO_KIN_FOR_CERTAIN, is_by_blood
from screener.records.patient import Episode, Flag, Severity
from screener.rulebook import LIST_OF
from screener.rulebook import Concept as DictionaryConcept
from screener.values.dates import AT_ANY_TIME, BEGINNING, END, Moment, from_one_to_another
from screener.values.numerals import ROMAN

_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_STATUSES = {
    "active": "active",
    "recurrence": "active",
    "relapse": "active",
    "inactive": "inactive",
    "remission": "remission",
    "resolved": "resolved",
}
_AGAIN = ("recurrence", "relapse")
"""It came back after its onset, on a day that no field states."""
_UNCONFIRMED = ("unconfirmed", "provisional", "differential")
_REFUTED = "refuted"
_CONFIRMED = "confirmed"
_OVER = "resolved"
_NOT_KNOWN = "unknown"
"""A clinical status of R5."""
_MASKED = "not told"
"""In place of a status that the record keeps back."""
_SEVERITIES: dict[str, Severity] = {"mild": "mild", "moderate": "moderate", "severe": "severe"}
_KINDS = ("condition", *ELSEWHERE)
_T = TypeVar("_T")


def concept_meant(meaning: Meaning) -> DictionaryConcept:
    """The concept that a code stands for."""
    if not isinstance(meaning.entry, DictionaryConcept):
        raise TypeError(f"{meaning.entry.name} is not a concept")
    return meaning.entry


# ---- Condition


def read_condition(resource: Resource, reader: Reader) -> None:
    """A Condition. Refuted, it is an absence; not confirmed, it leaves the question open.

    That a suspected acute event was refuted says nothing of another one, and so clears nothing.
    """
    body = resource.body
    certainties = _certainties(body, reader.dictionary)
    verified = _verified(body, certainties)
    named = concept(body, "code")
    if named.is_empty:
        reader.leave_open(resource, "it does not say which condition", "conditions")
        return
    graded = None if verified == _REFUTED else _name_and_stage(body, reader)
    if graded is not None and not named.codings:
        named = msgspec.structs.replace(named, text=graded[0])
    meanings = reader.meanings(named, _KINDS, resource, on="conditions")
    if verified != _REFUTED:
        reader.diagnosed(resource)
    if not meanings:
        return
    clinical = _status_in(body, "clinicalStatus", _CLINICAL)
    status = None if clinical is None else _STATUSES.get(clinical, shown(clinical))
    if clinical is not None and clinical not in _STATUSES:
        told = "is `unknown`" if clinical == _NOT_KNOWN else f"{quoted(status)} is not one of FHIR's"
        reader.note(resource.place, f"its clinical status {told}: it may hold, or be over")
    date = reader.entered(resource, "recordedDate") or reader.time_of_encounter(resource)
    for meaning in meanings:
        if meaning.absent or verified == _REFUTED:
            _read_denial(meaning, verified, status, date, resource, reader)
        elif meaning.kind == "substance" and not meaning.in_family:
            _add_allergy(meaning, resource, reader, status=status, date=date, doubts=_doubts(verified))
        else:
            _read_presence(meaning, verified, status, date, resource, reader, again=clinical in _AGAIN)


def _name_and_stage(body: Body, reader: Reader) -> tuple[str, str] | None:
    """The name of a condition and its stage, if its words tell them and no field does."""
    named = concept(body, "code")
    if named.words is None or "stage" in body:
        return None
    return Naming(reader.dictionary, reader.findings).name_and_stage(
        named.words, named.codes if named.codings else None
    )


def _certainties(body: Body, dictionary: Dictionary) -> frozenset[str]:
    """How certain a diagnosis is by an extension of its codes, as Germany has it: `refuted`, `confirmed`,
    `unconfirmed`, or `resolved`."""
    stated = [
        part(extension, "valueCoding")
        for coding in objects_in(part(body, "code").get("coding"))
        for extension in parts(coding, "extension")
        if "valueCoding" in extension
    ]
    words = (dictionary.answer(text(each, "system") or "", text(each, "code") or "") for each in stated)
    return frozenset(word for word in words if word in (_REFUTED, _CONFIRMED, _OVER, *_UNCONFIRMED))


def _verified(body: Body, certainties: frozenset[str]) -> str | None:
    """The verification status. If something next to its code contradicts it, what contradicts what."""
    status = _status_in(body, "verificationStatus", _VERIFICATION)
    stated = {*certainties, status} - {None, _OVER}
    if _OVER in certainties and stated - {_CONFIRMED}:
        stated.add(_OVER)
    return " and ".join(sorted(each for each in stated if each is not None)) or None


def _status(stated: Concept, system: str) -> str | None:
    """The status, in FHIR's own code, or its several codes; else in words, or in whatever code there is. None only if
    nothing is stated."""
    codes = {each.code.strip().casefold() for each in stated.codings if each.system in (system, None) and each.code}
    if len(codes) > 1:
        return " and ".join(sorted(codes))
    status = stated.code_of(system) or stated.words or next((each.code for each in stated.codings if each.code), None)
    return status.strip().casefold() if status else None


def _status_in(body: Body, field: str, system: str) -> str | None:
    """The status in a field. One that is there and says nothing, as where it is masked, is a status nobody knows."""
    status = _status(concept(body, field), system)
    is_there = body.get(field) is not None or body.get(f"_{field}") is not None
    return _MASKED if status is None and is_there else status


def _doubts(verified: str | None) -> tuple[Flag, ...]:
    """Why an entry that is there may not be so: nobody confirmed it."""
    if verified in (None, _CONFIRMED):
        return ()
    if verified in _UNCONFIRMED:
        return (Flag("unusable", f"not confirmed: {verified}"),)
    return (Flag("unusable", f"whether it is confirmed is not clear: {shown(verified)}"),)


def _read_denial(
    meaning: Meaning, verified: str | None, status: str | None, date: Moment | None, resource: Resource, reader: Reader
) -> None:
    denied = concept_meant(meaning)
    if meaning.absent and (verified not in (None, _CONFIRMED) or status not in (None, "active")):
        list_ = LIST_OF[denied.kind]
        why = f"it says that `{denied.name}` is absent, and its status that this is not certain, or over"
        reader.leave_open(resource, why, list_)
    elif meaning.is_open:
        reader.leave_ruled_out(resource, concept(resource.body, "code"))
    elif meaning.in_family:
        return
    elif not meaning.absent and denied.kind == "condition" and denied.course == "acute":
        reader.leave(resource, "it was ruled out, and another event of the kind is still possible")
    elif meaning.is_part:
        reader.leave(resource, f"it was ruled out, but {denies_a_part(meaning)}")
    else:
        list_ = LIST_OF[denied.kind]
        reader.add_absence(meaning, list_, resource.place, date)


def _read_presence(
    meaning: Meaning,
    verified: str | None,
    status: str | None,
    date: Moment | None,
    resource: Resource,
    reader: Reader,
    *,
    again: bool,
) -> None:
    found = concept_meant(meaning)
    onset, end, date = _days(resource, reader, date)
    list_ = "family_history" if meaning.in_family else LIST_OF[found.kind]
    if (contradictory := _contradictory(onset, end, date)) is not None:
        fault = f"{contradictory}; until one is corrected, it settles nothing"
        reader.findings.note(resource.place, fault, "check first")
        unsettled = Episode(found.name, list_, resource.place, doubtful=True, unusable="unspecific")
        told = Flag("unusable", contradictory)
        reader.chart.add_episode(msgspec.structs.replace(unsettled, flags=(told,)), meaning)
        return
    if again and found.course == "acute" and onset is not None:
        # An infarction of 2020 that recurred: of the last one only the day of recording is known.
        onset = from_one_to_another(onset, date or AT_ANY_TIME, onset.text)
    reader.chart.note_if_before_birth(onset, resource.place)
    sites = _stated(_body_sites, resource, reader) or ()
    doubts = _doubts(verified)
    flags = (*doubts, *(Flag("remark", site) for site in sites))
    if list_ == "conditions":
        _read_condition(meaning, status, (onset, end, date), flags, resource, reader, is_doubtful=bool(doubts))
        return
    whose = "family's" if meaning.in_family else found.kind
    reader.note(resource.place, f"its code stands for the {whose} `{found.name}`, and is read as one")
    elsewhere = told_by_diagnosis(
        found,
        list_,
        resource.place,
        status=status,
        onset=onset,
        end=end,
        date=date,
        doubtful=bool(doubts),
        flags=flags,
    )
    reader.chart.add_episode(elsewhere, meaning)


_Days = tuple[Moment | None, Moment | None, Moment | None]
"""When something began, ended and was recorded."""


def _days(resource: Resource, reader: Reader, date: Moment | None) -> _Days:
    """The days of a condition. An onset that may lie after the recording lies before it."""
    onset, end = _one_moment(reader.span(resource, "onset")), _one_moment(reader.span(resource, "abatement"))
    if onset is not None and onset.last == END and date is not None and not date.is_before(onset):
        onset = from_one_to_another(onset, date, onset.text)
    if onset is not None and date is not None and _is_of_the_same_night(onset, date):
        date = onset
    return onset, end, date


def _read_condition(
    meaning: Meaning,
    status: str | None,
    days: _Days,
    flags: tuple[Flag, ...],
    resource: Resource,
    reader: Reader,
    *,
    is_doubtful: bool,
) -> None:
    body, (onset, end, date) = resource.body, days
    has_abated = any(field.startswith("abatement") and body[field] not in (None, False) for field in body)
    is_called_over = _OVER in _certainties(body, reader.dictionary)
    is_contradictory = status == "active" and (has_abated or is_called_over)
    if is_contradictory:
        # One of the two is wrong, and nobody knows which: it ended then, or has not ended yet.
        but = "has an abatement" if has_abated else "is called over beside its code"
        reader.note(resource.place, f"it is active, and {but}: whether it is over stays open")
        flags = (*flags, Flag("doubt", f"active, and {but}"))
        end = Moment(end.first if end is not None else _earliest(onset), END, end.text if end is not None else "")
    found, told = concept_meant(meaning), _name_and_stage(body, reader)
    named = reader.dictionary.named(told[0], ("condition",)) if told is not None else None
    in_words = told[1] if told is not None and named is not None and named.entry.name == found.name else None
    episode = condition_episode(
        found,
        resource.place,
        status=None if is_contradictory else status or (_OVER if has_abated or is_called_over else None),
        onset=onset,
        end=end,
        date=date,
        severity=_stated(partial(_severity, reader=reader), resource, reader),
        stage=in_words or _stated(_stage, resource, reader),
        doubtful=is_doubtful,
        flags=flags,
    )
    if is_contradictory:
        episode = msgspec.structs.replace(episode, status=status, ended=False)
    reader.chart.add_condition(episode, meaning)
    if in_words in ROMAN and status in (None, "active") and not (is_doubtful or episode.ended or is_contradictory):
        reader.chart.add_grade(found, in_words, date or onset, resource.place)


def _contradictory(onset: Moment | None, end: Moment | None, date: Moment | None) -> str | None:
    """How the days of a condition contradict each other: which of two is wrong, nobody knows."""
    if onset is not None and end is not None and end.is_before(onset):
        return f"its end `{end.text}` is before its onset `{onset.text}`"
    if onset is not None and date is not None and date.is_before(onset):
        return f"its onset `{onset.text}` is after the day on which it was recorded, `{date.text}`"
    return None


def _is_of_the_same_night(onset: Moment, date: Moment) -> bool:
    """Whether an onset is after the day of recording only because it stands in UTC: one late in the evening is of the
    next day there, and a day on which something was recorded has no zone."""
    return date.is_before(onset) and onset.offset is not None and onset.first_day <= date.last_day + 1


def _earliest(onset: Moment | None) -> int:
    return onset.first if onset is not None else BEGINNING


def _one_moment(stretch: Period) -> Moment | None:
    """When something set in or ended, of a time given as a period: at some moment in it."""
    start, end = stretch.start, stretch.end
    if start == end:
        return start
    if start is None:
        return or_before(end) if end is not None else None
    return some_time_in(stretch)


def _stated(read: Callable[[Body], _T | None], resource: Resource, reader: Reader) -> _T | None:
    """What describes an entry more closely; of a wrong shape it is not stated."""
    try:
        return read(resource.body)
    except ShapeError as error:
        reader.note(resource.place, f"{error}, and counts as not stated")
        return None


def _severity(body: Body, reader: Reader) -> Severity | None:
    stated = concept(body, "severity")
    dictionary = reader.dictionary
    words = [dictionary.answer(each.system or "", each.code or "") or each.display for each in stated.codings]
    for word in (*words, stated.text):
        if word is not None and (severity := _SEVERITIES.get(word.strip().casefold())) is not None:
            return severity
    return None


def _stage(body: Body) -> str | None:
    """The stage, if the resource names exactly one."""
    stages = parts(body, "stage")
    if any(changed_meaning(each) is not None for each in stages):
        return None
    named = {stage_of(words) for stage in stages if (words := concept(stage, "summary").words) is not None}
    return named.pop() if len(named) == 1 else None


def _body_sites(body: Body) -> tuple[str, ...]:
    return tuple(f"body site: {printable(site.words[:60])}" for site in concepts(body, "bodySite") if site.words)


# ---- AllergyIntolerance

_PERHAPS_AN_ALLERGY = Flag("unusable", "recorded as an intolerance, which may be an allergy")
_OF_DRUGS = ("medication", "biologic")
"""The categories of an allergy to something that is given."""


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def read_allergy(resource: Resource, reader: Reader) -> None:
    """An AllergyIntolerance. What is recorded as an intolerance may be an allergy: the two words are used loosely. A
    code that no rule uses still stands for some substance."""
    body = resource.body
    verified = _status_in(body, "verificationStatus", _ALLERGY_VERIFICATION)
    clinical = _status_in(body, "clinicalStatus", _ALLERGY_CLINICAL)
    date = reader.entered(resource, "recordedDate") or reader.time_of_encounter(resource)
    named = concept(body, "code")
    substances = [named] if not named.is_empty else []
    if not substances:
        substances = [concept(each, "substance") for each in parts(body, "reaction") if "substance" in each]
    if not substances:
        reader.leave_open(resource, "it does not say to what", "allergies")
        return
    is_intolerance = text(body, "type") == "intolerance"
    if is_intolerance and verified == _REFUTED:
        reader.leave(resource, "an intolerance was refuted, which denies no allergy")
        return
    if verified == _REFUTED:
        # What no rule names is some substance, and of it alone nothing can be said: only what is named is absent.
        meanings = [
            meaning for each in substances for meaning in reader.meanings(each, ("substance", "drug"), resource)
        ]
    else:
        categories = {each for each in _as_list(body.get("category")) if isinstance(each, str)}
        may_be_drug = not categories or not categories.isdisjoint(_OF_DRUGS)
        meanings = [
            meaning for each in substances for meaning in reader.allergens(each, resource, may_be_drug=may_be_drug)
        ]
    for meaning in meanings:
        if not meaning.absent and verified != _REFUTED:
            doubts = (*_doubts(verified), *((_PERHAPS_AN_ALLERGY,) if is_intolerance else ()))
            _add_allergy(meaning, resource, reader, status=clinical, date=date, doubts=doubts)
        elif meaning.absent and (verified not in (None, _CONFIRMED) or clinical not in (None, "active")):
            why = "it says that there is no allergy, and its status that this is not certain, or over"
            reader.leave_open(resource, why, "allergies")
        elif is_intolerance:
            reader.leave(resource, "it says that there is no intolerance, which denies no allergy")
        elif meaning.is_part:
            reader.leave(resource, f"it was ruled out, but {denies_a_part(meaning)}")
        else:
            reader.add_absence(meaning, "allergies", resource.place, date)


def _add_allergy(
    meaning: Meaning,
    resource: Resource,
    reader: Reader,
    *,
    status: str | None,
    date: Moment | None,
    doubts: tuple[Flag, ...],
) -> None:
    """An allergy, as severe as the worst reaction on record; one that is over is an allergy of earlier times."""
    is_over = status in ("inactive", "resolved", "remission")
    reactions = _stated(_severities_of_reactions, resource, reader) or []
    known = [each for each in ("severe", "moderate", "mild") if each in reactions]
    reader.chart.add_episode(
        Episode(
            concept_meant(meaning).name,
            "allergies",
            resource.place,
            ongoing=not is_over,
            ended=is_over,
            asserted=date,
            status=status,
            severity=_SEVERITIES[known[0]] if known else None,
            doubtful=bool(doubts) or is_over,
            flags=(*doubts, *((Flag("unusable", "over, by its status"),) if is_over else ())),
        ),
        meaning,
    )


def _severities_of_reactions(body: Body) -> list[str | None]:
    return [text(each, "severity") for each in parts(body, "reaction") if changed_meaning(each) is None]


# ---- FamilyMemberHistory

_NO_KIN_BY_ROLE = frozenset(("SPS", "HUSB", "WIFE", "DOMPART", "SIGOTHR", "FRND", "NBOR", "ROOM"))
_NO_KIN = re.compile(r"ADOPT|FOST|STP|INLAW")
"""Relatives by marriage, adoption or friendship (HL7 v3 RoleCode)."""


_TAKEN = ("completed", "partial")
_NOT_WHOLE = {
    "not-done": "nobody took it",
    "partial": "it says that it is not complete",
    "health-unknown": "it says that nothing is known of the health of the relative",
}
"""Statuses of a family history that say of it that it is not whole."""


def _is_no_kin(role: str) -> bool:
    return role in _NO_KIN_BY_ROLE or _NO_KIN.search(role) is not None


def _is_by_blood(relationship: Concept) -> bool:
    wordings = [relationship.text, *(each.display for each in relationship.codings)]
    codes = [each.code for each in relationship.codings if each.code is not None]
    return is_by_blood(codes, [each for each in wordings if each is not None])


def read_family_history(resource: Resource, reader: Reader) -> None:
    """The conditions of one relative. Of a relative by marriage or adoption they are no family history."""
    body = resource.body
    relationship = concept(body, "relationship")
    if any(_is_no_kin(each.code or "") for each in relationship.codings):
        reader.leave(resource, "it is about a relative by marriage or adoption")
        return
    status = text(body, "status")
    not_whole = _NOT_WHOLE.get("health-unknown" if "dataAbsentReason" in body else status or "")
    if not_whole is not None:
        reader.leave_open(resource, not_whole, "family_history")
    if status == "not-done":
        return
    doubts = () if status in _TAKEN else (Flag("unusable", f"whether it holds is not clear: {shown(status)}"),)
    if relationship.is_empty:
        doubts = (*doubts, Flag("unusable", "whose disease it is, is not told"))
    elif not _is_by_blood(relationship):
        doubts = (*doubts, Flag("unusable", NO_KIN_FOR_CERTAIN))
    date = reader.entered(resource, "date")
    conditions = parts(body, "condition")
    if not conditions and not_whole is None:
        reader.leave(resource, "it names no condition of the relative")
    for number, each in enumerate(conditions):
        place = f"{resource.place}.condition[{number}]"
        if (why := changed_meaning(each)) is not None:
            reader.leave_open(resource, why, "family_history", place)
            continue
        for meaning in reader.meanings(
            concept_of(part(each, "code")), ("condition",), resource, place, on="family_history"
        ):
            found = concept_meant(meaning)
            if meaning.absent:
                reader.leave_part(resource, place, "what is absent in one relative says nothing of the others")
                continue
            episode = Episode(
                found.name,
                "family_history",
                place,
                asserted=date,
                status="present",
                doubtful=bool(doubts),
                flags=doubts,
            )
            reader.chart.add_episode(episode, meaning)
