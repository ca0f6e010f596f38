"""What the reader makes of FHIR resources, as text: each fact with what was recorded and what it was read as,
everything set aside with its reason, and the notes.

A resource that is neither used nor set aside, and to which no other refers, would be lost without a word; it is listed
as such, and a test holds that there is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from records.fhir_sources import HL7, dictionary
from screener.records.documents import Document, read_file
from screener.records.errors import RecordError
from screener.records.fhir.patients import read_resources
from screener.records.fhir.resources import Pool, SetAside
from screener.records.notes import some_of
from screener.records.patient import Absence, Answer, Episode, Flag, Patient, Result
from screener.values.dates import Moment

HERE = Path(__file__).parent / "hl7"
NUMBER = 363
"""Examples that tell of patients, or that stand beside such; those that define FHIR itself are left out."""
LOST = "LOST"
_REPEATS = re.compile(
    r"Patient: there is no Patient resource|kinds of resources that are not read|\w+: (\d+ times|1 entry|\d+ entries)\b"
)
"""Notes that tell together what is listed here one by one."""
_REFERRED_TO = ("Patient", "Encounter", "Medication", "ResearchStudy", "Specimen")
_WHOLE_IN_ITSELF = ("DiagnosticReport",)
"""A report whose Observations are read by themselves gives nothing more."""


@cache
def examples() -> dict[str, dict[str, Any]]:
    """HL7's examples by their names, as they are kept here."""
    documents = list(read_file(HL7, HL7.name))
    assert len(documents) == NUMBER
    return {named(each.content): each.content for each in documents if isinstance(each, Document)}


def named(resource: dict[str, Any]) -> str:
    """What HL7 calls the file of an example."""
    return f"{resource['resourceType']}-{resource['id']}"


def goldens() -> dict[Path, str]:
    """The text of every golden, by its file: one a kind of resource."""
    return {golden_of(kind): text_of(kind) for kind in kinds()}


def kinds() -> list[str]:
    return sorted({content["resourceType"] for content in examples().values()})


def golden_of(kind: str) -> Path:
    return HERE / f"{kind}.txt"


def text_of(kind: str) -> str:
    """What is read from the examples of one kind of resource."""
    of_kind = {name: content for name, content in examples().items() if content["resourceType"] == kind}
    return "\n".join("\n".join([name, *ledger_of(content)]) + "\n" for name, content in of_kind.items())


def ledger_of(content: dict[str, Any]) -> Iterator[str]:
    """The lines about one document."""
    set_aside: list[SetAside] = []
    people = list(read_resources([Document(content)], dictionary(), "example", None, ledger=set_aside))
    for person in people:
        if isinstance(person, RecordError):
            yield from (f"  refused  {problem.fault}" for problem in person.problems)
        else:
            yield from _of_patient(person)
            alone = {f"{each.place}: {each.why}" for each in set_aside}
            yield from (f"  note     {each}" for each in person.notes if not _REPEATS.match(each) and each not in alone)
    yield from _of_set_aside(list(dict.fromkeys(set_aside)))
    if not any(isinstance(person, Patient) for person in people):
        return  # the refusal says which resources there are
    used = [fact.source for person in people if isinstance(person, Patient) for fact in _facts(person)]
    for place in _lost(content, used, set_aside):
        yield f"  {LOST}     {place}"


def _facts(patient: Patient) -> Iterator[Result | Episode | Absence | Answer]:
    for facts in (*patient.results.values(), *patient.episodes.values(), *patient.absences.values()):
        yield from facts
    yield from patient.answers.values()


def _of_patient(patient: Patient) -> Iterator[str]:
    born = patient.birth.text if patient.birth is not None else "?"
    died = f", died {_day(patient.died)}" if patient.died is not None else ""
    yield f"  patient  {patient.id}: born {born}, {patient.sex or 'sex not known'}{died}"
    for fact in _facts(patient):
        yield f"  used     {_told(fact)} ({fact.source})"
    yield from (f"  unread   {list_}: {entries}" for list_, entries in patient.unread.items())


def _told(fact: Result | Episode | Absence | Answer) -> str:
    match fact:
        case Result():
            recorded = f"`{fact.recorded_value}`" + (f" `{fact.recorded_unit}`" if fact.recorded_unit else "")
            read = _read_as(fact)
            limits = [
                f"{each:g}" if each is not None else "" for each in map(_number, (fact.lower_limit, fact.upper_limit))
            ]
            normal = f", normal {limits[0]}..{limits[1]}" if any(limits) else ""
            why = f", {fact.problem}" if fact.problem else ""
            return f"{fact.fact} {recorded} = {read}{normal}, {_day(fact.when)}{why}{_flags(fact.flags)}"
        case Episode():
            told = [f"{fact.concept} on {fact.list}"]
            told += [f"{field} {value}" for field in ("status", "severity", "stage") if (value := getattr(fact, field))]
            told += [
                f"{field} {_day(value)}" for field in ("start", "end", "asserted") if (value := getattr(fact, field))
            ]
            told += [field for field in ("ongoing", "ended", "doubtful", "shown_by_result") if getattr(fact, field)]
            return ", ".join(told) + _flags(fact.flags)
        case Absence():
            return f"no {fact.concept} on {fact.list}, {_day(fact.when)}{_flags(fact.flags)}"
        case Answer():
            return f"answer {fact.key}: {fact.value}, {_day(fact.when)}"


def _read_as(result: Result) -> str:
    """The value in the dictionary's unit, as a number or as the range in which it lies."""
    if result.choices is not None:
        return " or ".join(sorted(result.choices))
    if result.value is None:
        return "not usable"
    entry = dictionary().rulebook.labs.get(result.fact)
    unit = f" {entry.unit}" if entry is not None and entry.unit not in (None, "1") else ""
    value = result.value
    if value.is_exact:
        return f"{value.low:.6g}{unit}"
    low, high = "above" if value.low_open else "from", "to below" if value.high_open else "to"
    return f"{low} {value.low:g} {high} {value.high:g}{unit}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _day(when: Moment | None) -> str:
    return "undated" if when is None else when.text or "on an unknown day"


def _flags(flags: Sequence[Flag]) -> str:
    return f" [{'; '.join(flag.text for flag in flags)}]" if flags else ""


def _of_set_aside(set_aside: Sequence[SetAside]) -> Iterator[str]:
    alike: dict[tuple[str, str], list[str]] = {}
    for each in set_aside:
        alike.setdefault((each.kind, each.why), []).append(each.place)
    for (kind, why), places in alike.items():
        yield f"  aside    {kind}: {why} ({some_of(places)})"


def _lost(content: dict[str, Any], used: Sequence[str], set_aside: Sequence[SetAside]) -> Iterator[str]:
    pool = Pool()
    pool.add(content, "")
    told = [*used, *(each.place for each in (*set_aside, *pool.set_aside))]
    shown = {place.partition(".")[0].partition("#")[0] for place in told} | set(told)
    counts = Counter(each.place for each in pool.resources)
    for resource in pool.resources:
        if resource.kind in _REFERRED_TO or resource.place in shown:
            continue
        if resource.kind in _WHOLE_IN_ITSELF and resource.body.get("result"):
            continue
        if resource.kind == "Observation" and (resource.body.get("hasMember") or resource.body.get("component")):
            continue
        yield resource.place + (f" ({counts[resource.place]} of this name)" if counts[resource.place] > 1 else "")
