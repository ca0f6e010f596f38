"""The native form of a record: its fields and their shapes, and nothing of what they mean.

Every field may be left out as far as the shape goes; what an entry must have, and what contradicts what, is decided in
`native_entries.py`, where it can be said in words. `null` is the same as leaving a field out; only a
result whose value is `null` is one that has none. `read_shape` turns what pydantic finds into problems in the record's
own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from screener.records.errors import LONGEST_QUOTE, Findings, did_you_mean, path, printable, quoted
from screener.records.fields import own_field, passed_over, with_own_fields
from screener.records.notes import NoteKind, some_of
from screener.records.statuses import how_to_write, status_meant
from screener.records.written import age_meant, severity_meant
from screener.rulebook import RecordList

CODE_FIELDS = ("loinc", "snomed", "icd10", "icd10cm", "icd10who", "icd10gm", "atc", "rxnorm")
"""The fields of an entry that are codes of a system."""

LISTS_OF_ENTRIES: tuple[RecordList | Literal["observations"], ...] = (
    "observations",
    "conditions",
    "procedures",
    "medications",
    "events",
    "allergies",
    "family_history",
)

Text = str | None


def _year_as_text(written: Any) -> Any:
    """A year or a day (`20260311`) that is written as a number is as good as text; no other number is a date."""
    if not isinstance(written, int) or isinstance(written, bool):
        return written
    return str(written) if 1000 <= written <= 9999 or 10_000_000 <= written <= 99_999_999 else written


def _code_as_text(written: Any) -> Any:
    """A whole number is the code, or the id, of these digits."""
    return str(written) if isinstance(written, int) and not isinstance(written, bool) else written


def _whole_number(written: Any) -> Any:
    if isinstance(written, str):
        age = age_meant(written)
        return written if age is None else age
    return int(written) if isinstance(written, float | Decimal) and float(written).is_integer() else written


def _plain_word(written: Any) -> Any:
    """A word of a short list, whatever its capitals and blanks; a blank is nothing."""
    return "-".join(written.casefold().split()) or None if isinstance(written, str) else written


def _severity(written: Any) -> Any:
    if isinstance(written, str):
        return severity_meant(written) if written.strip() else None
    return written


def _listed(written: Any) -> Any:
    """A list; also where it has one thing only, or nothing. A wording alone is the name of an entry."""
    if written is None:
        return []
    those = written if isinstance(written, list | tuple) else [written]
    return [{"name": each} if isinstance(each, str) else each for each in those]


def _at_least_listed(written: Any) -> Any:
    return [] if written is None else [written] if isinstance(written, Mapping) else written


def _one_as_list(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


def _none_or(written: Any) -> Any:
    return {} if written is None else written


def _words_listed(written: Any) -> Any:
    those = [] if written is None else written if isinstance(written, list | tuple) else [written]
    return ["_".join(each.casefold().split()) if isinstance(each, str) else each for each in those]


CodeText = Annotated[str | None, BeforeValidator(_code_as_text, json_schema_input_type=str | int | None)]
Date = Annotated[
    str | None,
    BeforeValidator(_year_as_text),
    WithJsonSchema({"type": ["string", "null"], "description": "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm"}),
]
Sex = Annotated[
    str | None, WithJsonSchema({"type": ["string", "null"], "description": "female, male, or as people write it: F, m"})
]
Numeric = Annotated[Any, WithJsonSchema({"type": ["number", "string", "null"]})]
Coding = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "null"]},
                {
                    "type": "object",
                    "properties": {"system": {"type": "string"}, "code": {"type": "string"}},
                    "required": ["system", "code"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


Severity = Annotated[Literal["mild", "moderate", "severe"] | None, BeforeValidator(_severity)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Reviewed(_Part):
    """What a person settled about an entry: the concepts that it is, and those that it is not."""

    is_: Annotated[list[str] | None, BeforeValidator(_one_as_list), Field(alias="is")] = None
    not_: Annotated[list[str] | None, BeforeValidator(_one_as_list), Field(alias="not")] = None
    on: Date = None
    by: Text = None


class Entry(_Part):
    """What an entry is about: a dictionary name or alias, or a code (or both, if they agree); or a wording (`text`),
    which only a table of the clinic's own can read. `reviewed` is what a person settled about it."""

    name: Coding = None
    loinc: CodeText = None
    snomed: CodeText = None
    icd10: CodeText = None
    icd10cm: CodeText = None
    icd10who: CodeText = None
    icd10gm: CodeText = None
    atc: CodeText = None
    rxnorm: CodeText = None
    system: Text = None
    code: Coding = None
    text: Text = None
    reviewed: Reviewed | None = None
    date: Date = None


class Observation(Entry):
    """A result of a lab or finding. The limits are its own reference range, in its unit; `reference_range` is both as
    one text (`5-21`, `<21`). `current` marks one without a date as the present state."""

    value: Numeric = None
    unit: Text = None
    upper_limit: Numeric = None
    lower_limit: Numeric = None
    reference_range: Numeric = None
    status: Annotated[
        Literal["final", "preliminary", "amended", "corrected", "cancelled", "entered-in-error"] | None,
        BeforeValidator(_plain_word),
    ] = None
    current: bool | None = None


def _read_on(list_: str) -> BeforeValidator:
    """Reads a status as people write it on a list."""
    return BeforeValidator(lambda written: status_meant(written, list_))


class Condition(Entry):
    """A condition; `date` is when the entry was made. `absent` with `since`: at no time from that day on; what is there
    since a day began on it."""

    status: Annotated[Literal["active", "resolved", "cured", "absent", "never"] | None, _read_on("conditions")] = None
    since: Date = None
    onset: Date = None
    end: Date = None
    severity: Severity = None
    stage: CodeText = None
    controlled: bool | None = None


class Procedure(Entry):
    """A procedure, on one day (`date`) or over a time (`start`, `end`). One that is `not planned` is not planned up to
    `until`, or at all; any other ended then."""

    status: Annotated[
        Literal["done", "planned", "not planned", "ongoing", "never", "absent"] | None, _read_on("procedures")
    ] = None
    since: Date = None
    until: Date = None
    start: Date = None
    end: Date = None


class Stay(Entry):
    """A drug taken, or an event, for a time; `date` is when the entry was made."""

    status: Annotated[Literal["ongoing", "stopped", "never", "absent"] | None, _read_on("medications")] = None
    since: Date = None
    start: Date = None
    end: Date = None


class Mention(Entry):
    """An allergy, or a disease in the family; `date` is when the entry was made."""

    status: Annotated[Literal["present", "absent", "never"] | None, _read_on("allergies")] = None
    severity: Severity = None


class Relative(Mention):
    """A disease in the family. `relationship` is whose it is: `mother`."""

    relationship: Text = None


class GivenAnswer(_Part):
    """What a person answered to a question (`value`), or which reading of a line a site chose (`reading`, from 1)."""

    value: bool | None = None
    reading: int | None = None
    by: Text = None
    date: Date = None


class Review(_Part):
    """What somebody looked for in the chart and did not find, over the time it `covers` (`ever`, or since a day)."""

    on: Date = None
    by: Text = None
    looked_at: list[str] = []
    covers: Date = None
    none_of: Annotated[list[str], BeforeValidator(_one_as_list)] = []


def _as_answer(answer: Any) -> Any:
    return {"value": answer} if isinstance(answer, bool) else answer


Answer = Annotated[
    GivenAnswer,
    BeforeValidator(_as_answer, json_schema_input_type=bool | GivenAnswer),
]


class NativeRecord(_Part):
    """One patient. `as_of` is the day of screening that the record was written for; `complete` names the lists that
    hold everything, past and present. `died` is the date of death, or true. `locale` says how its dates and decimals
    are written (`de`, `en-GB`), where that is not as ISO 8601 and with a decimal point."""

    id: CodeText = None
    locale: Text = None
    as_of: Date = None
    birth_date: Date = None
    age_years: Annotated[int | None, BeforeValidator(_whole_number)] = None
    sex: Sex = None
    died: bool | Date = None
    observations: Annotated[list[Observation], BeforeValidator(_listed)] = []
    conditions: Annotated[list[Condition], BeforeValidator(_listed)] = []
    procedures: Annotated[list[Procedure], BeforeValidator(_listed)] = []
    medications: Annotated[list[Stay], BeforeValidator(_listed)] = []
    events: Annotated[list[Stay], BeforeValidator(_listed)] = []
    allergies: Annotated[list[Mention], BeforeValidator(_listed)] = []
    family_history: Annotated[list[Relative], BeforeValidator(_listed)] = []
    answers: Annotated[dict[str, Answer], BeforeValidator(_none_or)] = {}
    reviews: Annotated[list[Review], BeforeValidator(_at_least_listed)] = []
    complete: Annotated[
        list[Literal["conditions", "procedures", "plans", "medications", "events", "allergies", "family_history"]],
        BeforeValidator(_words_listed),
    ] = []


def record_schema() -> dict[str, Any]:
    """The JSON Schema of the native form."""
    return NativeRecord.model_json_schema()


# ---- shapes in words

_EXPECTED = {
    "string_type": "text",
    "string_unicode": "text in Unicode",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
_CHOICE = re.compile(r"'([^']*)'")

Location = tuple[int | str, ...]


def read_shape(
    record: Mapping[str, Any], findings: Findings, places: Mapping[str, str] | None = None
) -> tuple[NativeRecord, frozenset[str]]:
    """The record in its shape, and the paths of what had to be left out of it because its shape is wrong.

    A fault of shape is a problem; what is sound is returned all the same, so that its problems come up, too. A word for
    which another was wanted (a status that is none) is set aside. `places` is where entries stand that came from
    elsewhere.
    """
    try:
        return NativeRecord.model_validate(record), frozenset()
    except ValidationError:
        is_a_record = not findings.strict and not record.keys() <= _ANSWERS_BESIDE_A_RECORD
        record = _with_own_fields(record, findings) if is_a_record else record
    try:
        return NativeRecord.model_validate(record), frozenset()
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=True)
    told: set[str] = set()
    left_out: set[str] = set()
    no_lists: set[int | str] = set()
    sound: Any = {key: _AS_LIST[key](value) if key in _AS_LIST else value for key, value in record.items()}
    for fault in faults:
        location = _field(fault["loc"])
        until = _until_corrected(fault["type"], location)
        where = placed(path(location), places or {})
        if where not in told:
            fault_and_mend = _in_words(fault["type"], location, fault["input"], fault.get("ctx", {}))
            _tell(findings, where, placed(path(location[:2]), places or {}), until, *fault_and_mend)
        told.add(where)
        if until is None or findings.strict:
            left_out.add(where)
        elif location[0] == "answers":
            location = location[:2]
        if location[0] == "complete":
            no_lists.add(location[-1])
        else:
            sound = _without(sound, location)
    if no_lists:
        sound["complete"] = [each for at, each in enumerate(sound["complete"]) if at not in no_lists]
    try:
        return NativeRecord.model_validate(sound), frozenset(left_out)
    except ValidationError:
        return NativeRecord(), frozenset(left_out)


_ANSWERS_BESIDE_A_RECORD = frozenset({"patient", "answers", "reviews"})
"""The fields of a file of answers. Something with no other fields may be meant for such a file; as a record, it would
be an id with nothing else. So none of its fields is taken for another: `patient` is refused."""


def _with_own_fields(record: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """A record whose fields are called as people call them, under their own names. What is passed over is noted."""
    read, passed = with_own_fields(record, NativeRecord.model_fields)
    for field in passed:
        if passed_over(field) == "words" and record[field]:
            findings.unread.append(field)
            findings.note(field, "it is not read, and what it says may be of any list", "check first")
        else:
            findings.note(field, "it is not read")
    places: dict[str, list[str]] = {}
    for list_ in (each for each in ENTRIES if each in read):
        read[list_] = _listed(read[list_])
        for number, each in enumerate(read[list_]):
            if isinstance(each, Mapping):
                read[list_][number], passed = with_own_fields(each, ENTRIES[list_].model_fields)
                for field in passed:
                    places.setdefault(field, []).append(f"{list_}[{number}]")
    for field, where in places.items():
        kind: NoteKind = "check first" if passed_over(field) == "words" else "remark"
        findings.note(some_of(where), f"its {quoted(field)} is not read", kind, places=where)
    return read


def placed(path: str, places: Mapping[str, str]) -> str:
    """A way through a record that was made of something else, as a way through that."""
    entry, bracket, field = path.partition("]")
    return places[entry + bracket] + field if entry + bracket in places else path


_AS_LIST: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(LISTS_OF_ENTRIES, _listed),
    "reviews": _at_least_listed,
    "complete": _words_listed,
}
_SETTLES_NOTHING = "settles nothing"


def _until_corrected(kind: str, location: Location) -> str | None:
    """What becomes of something of a wrong shape until it is corrected; None where the record is refused: a field that
    is none may be any other, and a date or a value that is none is nothing that can be read."""
    match location:
        case _ if kind == "extra_forbidden":
            return None
        case [str(list_), int(), "status"] if list_ in LISTS_OF_ENTRIES:
            return _SETTLES_NOTHING
        case [str(list_), int(), "severity" | "stage" | "controlled" | "current"] if list_ in LISTS_OF_ENTRIES:
            return "counts as not known"
        case ["age_years" | "sex"] | ["reviews", int(), "looked_at"]:
            return "counts as not known"
        case ["complete", *_]:
            return "makes no list complete"
        case ["answers", str(), *_] | ["reviews", int(), *_]:
            return "answers nothing" if location[0] == "answers" else "denies nothing"
        case _:
            return None


def _tell(findings: Findings, where: str, entry: str, until: str | None, fault: str, mend: str) -> None:
    match until:
        case None:
            findings.refuse(where, fault, mend)
        case "settles nothing":
            findings.unsettle(entry, where, fault, mend)
        case _:
            findings.set_aside(where, fault, mend, until)


def _field(location: Location) -> Location:
    """The field of an entry that a fault lies in, or the entry, or the field of the record."""
    match location:
        case ["complete", *_]:
            return location[:2]
        case [str(), int(), "reviewed", str(), *_]:
            return location[:4]
        case [str(), int(), *rest] | ["answers", str(), *rest]:
            return location[: 2 + min(len(rest), 1)]
        case _:
            return location[:1]


def _without(whole: Any, location: Location) -> Any:
    """A copy without what lies at the location. An entry of a list is emptied, so that the others keep their places."""
    if not location:
        return {}
    step, *rest = location
    if not rest:
        if isinstance(whole, list):
            return [{} if place == step else each for place, each in enumerate(whole)]
        return {key: value for key, value in whole.items() if key != step}
    if isinstance(whole, list):
        return [_without(each, tuple(rest)) if place == step else each for place, each in enumerate(whole)]
    return {key: _without(value, tuple(rest)) if key == step else value for key, value in whole.items()}


def _in_words(kind: str, location: Location, value: object, context: Mapping[str, Any]) -> tuple[str, str]:
    if not location:
        return "it has a field that is not text in Unicode", ""
    field = printable(location[-1] if isinstance(location[-1], str) else path(location))
    match kind:
        case "extra_forbidden":
            mend = _other_field(field, _fields_at(location[:-1]))
            return f"`{field}` is not a field here", mend
        case "literal_error":
            if field == "status" and location[0] != "observations":
                return f"{quoted(value)} is not a `status`", how_to_write(str(value), str(location[0]))
            choices = _CHOICE.findall(context.get("expected", ""))
            mend = did_you_mean(value if isinstance(value, str) else "", choices)
            what = "a list of the record" if location[0] == "complete" else f"a `{field}`"
            return f"{quoted(value)} is not {what}", mend
        case "model_type" if location[0] == "answers":
            return f"{quoted(value)} is not an answer", 'write true, false or `{"value": true, "by": "…"}`'
        case _:
            expected = _EXPECTED.get(kind, "something else")
            return f"{quoted(value)} is not {expected}", f"`{field}` must be {expected}"


def _other_field(field: str, known: Sequence[str]) -> str:
    """The mend for a field that is none. Other digits make another system of codes, and no misspelling."""
    digits = re.sub(r"\D", "", field)
    if digits and "code" in known:
        alike = [each for each in known if re.sub(r"\D", "", each) == digits]
        mend = did_you_mean(field, alike)
        written = f'a code of any system is written `"system": "{field[:LONGEST_QUOTE]}", "code": "…"`'
        return mend if mend.startswith("did you mean") else written
    if (own := own_field(field, known)) is not None:
        return f"did you mean `{own}`?"
    return did_you_mean(field, known) or f"the fields are {', '.join(known)}"


def _fields_at(location: Location) -> list[str]:
    match location:
        case []:
            return list(NativeRecord.model_fields)
        case [*_, "reviewed"]:
            return [each.alias or name for name, each in Reviewed.model_fields.items()]
        case ["answers", *_]:
            return list(GivenAnswer.model_fields)
        case [str(name), *_]:
            return list(_FIELDS_OF[name].model_fields)
        case _:
            return []


ENTRIES: dict[str, type[Entry]] = {
    "observations": Observation,
    "conditions": Condition,
    "procedures": Procedure,
    "medications": Stay,
    "events": Stay,
    "allergies": Mention,
    "family_history": Relative,
}
_FIELDS_OF: dict[str, type[BaseModel]] = {**ENTRIES, "reviews": Review}
