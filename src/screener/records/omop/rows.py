"""Rows of OMOP's tables as the FHIR resources that say the same.

A concept gives its own code, and the code that the source had. What nobody mapped keeps the words of the source, as an
entry that nobody can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from screener.records.documents import Document, refused
from screener.records.errors import RecordError
from screener.records.fhir.patients import read_resources
from screener.records.folders import Unread
from screener.records.patient import Patient
from screener.records.sources import HowRead
from screener.values.tables import table_rows

if TYPE_CHECKING:
    from screener.records.omop.tables import Tables

Body = dict[str, Any]
Row = Mapping[str, Any]


class EventTable(Struct, frozen=True):
    """A table of events: the columns that are read of it as they stand, and those that name a concept."""

    table: str
    stem: str
    plain: tuple[str, ...]
    concepts: tuple[str, ...] = ()


KINDS = (
    EventTable(
        "condition_occurrence",
        "condition",
        ("condition_start_date", "condition_start_datetime", "condition_status_source_value"),
        ("condition_status_concept_id",),
    ),
    EventTable(
        "procedure_occurrence",
        "procedure",
        ("procedure_date", "procedure_datetime", "procedure_end_date", "procedure_end_datetime"),
    ),
    EventTable(
        "drug_exposure",
        "drug",
        (
            "drug_exposure_start_date",
            "drug_exposure_start_datetime",
            "drug_exposure_end_date",
            "drug_exposure_end_datetime",
        ),
        ("drug_type_concept_id",),
    ),
    EventTable(
        "measurement",
        "measurement",
        (
            "measurement_date",
            "measurement_datetime",
            "value_as_number",
            "value_source_value",
            "range_low",
            "range_high",
            "unit_source_value",
        ),
        ("operator_concept_id", "value_as_concept_id", "unit_concept_id"),
    ),
    EventTable(
        "observation",
        "observation",
        (
            "observation_date",
            "observation_datetime",
            "value_as_number",
            "value_as_string",
            "value_source_value",
            "unit_source_value",
            "qualifier_source_value",
        ),
        ("value_as_concept_id", "unit_concept_id", "qualifier_concept_id"),
    ),
)

NOT_READ = {
    "note": "notes are not read",
    "episode": "episodes are not read",
    "device_exposure": "devices are not read",
    "specimen": "specimens are not read",
}
"""What may say something of a patient in other words than the rows that are read, by table. It is named at each patient
who has such a row."""


def patients_in(tables: Tables, how: HowRead, between: tuple[int, int] | None) -> Iterator[Patient | RecordError]:
    """The patients whose ids lie between two, or all, one after the other."""
    streams = {kind.table: _Stream(_events(tables, kind, between)) for kind in KINDS if kind.table in tables.columns}
    beside = {table: _who_is_in(tables, table, between) for table in NOT_READ if table in tables.columns}
    for identity, same in groupby(_people(tables, between), key=lambda row: row["person_id"]):
        person, *more = same
        events = [(kind, streams[kind.table].of(identity)) for kind in KINDS if kind.table in streams]
        if more:
            fault = f"the table `person` has {1 + len(more)} rows of person {identity}"
            yield refused(tables.file, f"Patient/{identity}", fault, "a person stands there once")
            continue
        resources = [
            _patient(person),
            *(_RESOURCES[kind.table](row, identity) for kind, rows in events for row in rows),
        ]
        documents = [Document(each, f"{each['resourceType']}/{each['id']}") for each in resources]
        unread = [Unread(each, NOT_READ[each], may_hold=False) for each, who in beside.items() if identity in who]
        if person["has_an_unread_end"]:
            unread.append(
                Unread("observation_period", "an end of it is not a date, and counts as none", may_hold=False)
            )
        for read in read_resources(
            documents, how.dictionary, tables.file, None, how.sightings, beside=unread, among_others=True
        ):
            yield _as_of(read, person["observed_until"]) if isinstance(read, Patient) else read


def _as_of(patient: Patient, day: date | None) -> Patient:
    """A patient as of the last day on which the warehouse would have seen what happens to them."""
    if day is None:
        return patient
    seen: Patient = replace(patient, as_of=day.toordinal())
    return seen


# ---- reading the tables


class _Stream:
    """Rows in the order of persons, of whom each is asked for once, in that order."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = groupby(rows, key=lambda row: row["person_id"])
        self._waiting: tuple[int, list[Row]] | None = None

    def of(self, person: int) -> Sequence[Row]:
        """The rows of a person."""
        while self._waiting is None or self._waiting[0] < person:
            group = next(self._groups, None)
            if group is None:
                return ()
            self._waiting = group[0], list(group[1])
        return self._waiting[1] if self._waiting[0] == person else ()


def _who_is_in(tables: Tables, table: str, between: tuple[int, int] | None) -> frozenset[int]:
    query = f"SELECT DISTINCT person_id FROM {table} {_where(between)}"
    return frozenset(each for (each,) in tables.rows(query, between or ()))


def _people(tables: Tables, between: tuple[int, int] | None) -> Iterator[Row]:
    plain = ("person_id", "gender_concept_id", "gender_source_value", "year_of_birth", "month_of_birth", "day_of_birth")
    chosen = [each if each in tables.columns["person"] else f"NULL AS {each}" for each in plain]
    deaths = tables.columns.get("death")
    days = ", ".join(f"d.{each}::VARCHAR" for each in ("death_date", "death_datetime") if each in (deaths or ()))
    died = f"(SELECT max(coalesce({days})) FROM death d WHERE d.person_id = p.person_id)" if days else "NULL"
    is_dead = "EXISTS (SELECT 1 FROM death d WHERE d.person_id = p.person_id)"
    asked = f"""SELECT {", ".join(chosen)},
            {died}, {is_dead if deaths is not None else "false"},
            {_observed_until(tables)}, {_has_an_unread_end(tables)}
        FROM person p {_where(between)} ORDER BY person_id"""
    for row in tables.rows(asked, between or ()):
        yield dict(zip((*plain, "died", "is_dead", "observed_until", "has_an_unread_end"), row, strict=True))


def _observed_until(tables: Tables) -> str:
    """The end of the last observation period. It may lie ahead (an insurance is paid for a year): no further than the
    day on which the data was taken from its source, and than today, has anybody looked."""
    if "observation_period" not in tables.columns:
        return "NULL"
    last = "max(TRY_CAST(observation_period_end_date AS DATE))"
    ends = [f"(SELECT {last} FROM observation_period o WHERE o.person_id = p.person_id)", "current_date"]
    if "source_release_date" in tables.columns.get("cdm_source", ()):
        ends.append("(SELECT max(TRY_CAST(source_release_date AS DATE)) FROM cdm_source)")
    return f"CASE WHEN {ends[0]} IS NOT NULL THEN least({', '.join(ends)}) END"


def _has_an_unread_end(tables: Tables) -> str:
    """Whether the end of an observation period is not a date."""
    if "observation_period" not in tables.columns:
        return "false"
    end = "o.observation_period_end_date"
    is_unread = f"trim({end}::VARCHAR) <> '' AND TRY_CAST({end} AS DATE) IS NULL"
    return f"EXISTS (SELECT 1 FROM observation_period o WHERE o.person_id = p.person_id AND {is_unread})"


def _where(between: tuple[int, int] | None) -> str:
    return "WHERE person_id IS NOT NULL" if between is None else "WHERE person_id BETWEEN ? AND ?"


def _events(tables: Tables, kind: EventTable, between: tuple[int, int] | None) -> Iterator[Row]:
    """The rows of a table of events, in the order of persons, each with the names and codes of its concepts."""
    there = tables.columns[kind.table]
    identity = f"{kind.table}_id"
    stem = kind.stem
    own = [identity, "person_id", *kind.plain, f"{stem}_source_value"]
    chosen = [f"t.{each}" if each in there else "NULL" for each in own]
    named = {
        "standard": f"{stem}_concept_id",
        "source": f"{stem}_source_concept_id",
        **{each.removesuffix("_concept_id"): each for each in kind.concepts},
    }
    joins, names = [], [*own]
    for number, (called, column) in enumerate(named.items()):
        if column in there:
            joins.append(f"LEFT JOIN concept c{number} ON c{number}.concept_id = t.{column} AND t.{column} <> 0")
            chosen += [f"c{number}.vocabulary_id", f"c{number}.concept_code", f"c{number}.concept_name", f"t.{column}"]
        else:
            chosen += ["NULL", "NULL", "NULL", "NULL"]
        names += [f"{called}.vocabulary", f"{called}.code", f"{called}.name", f"{called}.id"]
    asked = f"""SELECT {", ".join(chosen)} FROM {kind.table} t {" ".join(joins)}
        {_where(between).replace("person_id", "t.person_id")} ORDER BY t.person_id, t.{identity}"""
    for row in tables.rows(asked, between or ()):
        yield dict(zip(names, row, strict=True))


# ---- one row


@cache
def _addresses() -> Mapping[str, str]:
    return dict(table_rows(Path(__file__).with_name("vocabularies.tsv")))


@cache
def _table(name: str) -> Mapping[str, str]:
    """A small table next to this file: what each concept means (the last column), by its id and by its name."""
    return {key: meaning for *keys, meaning in table_rows(Path(__file__).with_name(name)) for key in keys}


def _meaning(row: Row, called: str, table: str) -> str | None:
    """What a small table says of the concept in a column; None where there is none, or it is not in the table."""
    by_id = _table(table).get(str(row.get(f"{called}.id")))
    return by_id if by_id is not None else _table(table).get(str(row.get(f"{called}.name")))


def _coding(row: Row, called: str) -> Body | None:
    """The code of a concept; None where there is none."""
    vocabulary, code, name = (row.get(f"{called}.{each}") for each in ("vocabulary", "code", "name"))
    if code is not None and vocabulary is not None:
        return {"system": _addresses().get(vocabulary, f"urn:omop:{vocabulary}"), "code": code, "display": name}
    if row.get(f"{called}.id"):  # a concept that the warehouse itself does not know
        return {"system": "urn:omop:concept", "code": str(row[f"{called}.id"])}
    return None


def _code(row: Row, stem: str) -> Body:
    """What a row is of: its standard concept and that of its source, else the words of its source."""
    codings = [each for each in (_coding(row, "standard"), _coding(row, "source")) if each is not None]
    distinct = [each for number, each in enumerate(codings) if each not in codings[:number]]
    if distinct:
        return {"coding": distinct}
    return {"text": str(row[f"{stem}_source_value"])} if row.get(f"{stem}_source_value") else {}


def _time(row: Row, stem: str) -> str | None:
    """A time of day where there is one, else the day. Midnight is what a day without a time is filled up with. What is
    no date stays as it is written, for the reader to say so."""
    day, moment = _read_time(row.get(f"{stem}_date")), _read_time(row.get(f"{stem}_datetime"))
    if isinstance(moment, datetime) and day in (None, moment.date()):
        return moment.replace(microsecond=0).isoformat()
    shown = moment if day is None else day
    if isinstance(shown, datetime):  # a time in the column of days: with an offset, its day depends on the clock
        return shown.date().isoformat() if shown.tzinfo is None else shown.replace(microsecond=0).isoformat()
    return shown.isoformat() if isinstance(shown, date) else shown


def _read_time(written: object) -> date | datetime | str | None:
    """A date or time as it was stored, also as text; text that is none stays text."""
    if isinstance(written, datetime) and written.time() == time(0):
        return written.date()
    if written is None or isinstance(written, date):
        return written
    text = str(written).strip()
    try:
        return date.fromisoformat(text) if len(text) <= _A_DAY else _read_time(datetime.fromisoformat(text))
    except ValueError:
        return text or None


_A_DAY = len("2026-02-20")


def _event(kind: str, row: Row, table: str, person: int) -> Body:
    return {
        "resourceType": kind,
        "id": f"{table.replace('_', '-')}.{row[f'{table}_id']}",
        "subject": {"reference": f"Patient/{person}"},
    }


def _patient(row: Row) -> Body:
    person: Body = {"resourceType": "Patient", "id": str(row["person_id"])}
    coded = _table("genders.tsv").get(str(row["gender_concept_id"]))
    written = str(row["gender_source_value"] or "").strip().casefold() if not row["gender_concept_id"] else ""
    person["gender"] = coded or {"m": "male", "f": "female"}.get(written, written) or "unknown"
    parts: list[str] = []
    # A day without a month says nothing.
    for column, digits in (("year_of_birth", 4), ("month_of_birth", 2), ("day_of_birth", 2)):
        if row[column] is None or str(row[column]).strip() == "":
            break
        parts.append(re.sub(r"\.0+$", "", str(row[column]).strip()).zfill(digits))
    if parts:
        person["birthDate"] = "-".join(parts)
    if row["died"] is not None:
        person["deceasedDateTime"] = str(row["died"])[:10]
    elif row["is_dead"]:
        person["deceasedBoolean"] = True
    return person


def _condition(row: Row, person: int) -> Body:
    """A diagnosis, entered on a day. Its end is left out: in most warehouses that is the end of a visit."""
    condition = _event("Condition", row, "condition_occurrence", person)
    condition["code"] = _code(row, "condition")
    condition["recordedDate"] = _time(row, "condition_start")
    means = _meaning(row, "condition_status", "condition_statuses.tsv")
    named = row["condition_status.name"] or row["condition_status.id"] or row["condition_status_source_value"]
    if means is not None:
        condition["verificationStatus"] = {"coding": [{"code": "confirmed"}]}
        if means == _OVER:
            condition["clinicalStatus"] = {"coding": [{"code": "resolved"}]}
    elif named:
        condition["verificationStatus"] = {"text": str(named)}
    return condition


_OVER = "over"


def _procedure(row: Row, person: int) -> Body:
    procedure = _event("Procedure", row, "procedure_occurrence", person)
    procedure |= {"status": "completed", "code": _code(row, "procedure")}
    start, end = _time(row, "procedure"), _time(row, "procedure_end")
    if end is not None and end != start:
        procedure["performedPeriod"] = {"start": start, "end": end}
    else:
        procedure["performedDateTime"] = start
    return procedure


def _drug(row: Row, person: int) -> Body:
    kind = _meaning(row, "drug_type", "drug_rows.tsv") or "MedicationDispense"
    drug = _event(kind, row, "drug_exposure", person)
    drug["medicationCodeableConcept"] = _code(row, "drug")
    start, end = _time(row, "drug_exposure_start"), _time(row, "drug_exposure_end")
    period = {"start": start, **({"end": end} if end is not None else {})}
    match kind:
        case "MedicationAdministration":
            drug |= {"status": "completed", "effectivePeriod": period}
        case "MedicationRequest":
            # That it was carried out, the row does not say.
            drug |= {"status": "unknown", "intent": "order", "authoredOn": start}
        case "MedicationStatement":
            drug |= {"status": "unknown", "effectivePeriod": period}
        case _:
            drug |= {"status": "completed", "whenHandedOver": start}
    return drug


def _result(row: Row, table: str, person: int) -> Body:
    result = _event("Observation", row, table, person)
    result |= {"status": "final", "code": _code(row, table), "effectiveDateTime": _time(row, table)}
    number = _number(row["value_as_number"])
    if isinstance(number, str):  # what the source wrote, in a column for numbers
        number, row = None, {**row, "value_source_value": number}
    coded = _coding(row, "value_as")
    if number is None and coded is None and not row.get("value_as_string"):
        number = _number_in_words(row.get("value_source_value"))
    if isinstance(number, int | Decimal):
        result["valueQuantity"] = _quantity(row, number)
    elif coded is not None:
        result["valueCodeableConcept"] = {"coding": [coded]}
    elif (words := row.get("value_as_string") or row.get("value_source_value")) is not None:
        result["valueString"] = str(words)
    return result


def _number(written: object) -> int | Decimal | str | None:
    """A number as it was stored, also as text; text that is none stays text."""
    if written is None or isinstance(written, int):
        return written
    try:
        number = Decimal(str(written).strip())
    except InvalidOperation:
        return str(written).strip() or None
    return number if number.is_finite() else None


def _quantity(row: Row, number: int | Decimal) -> Body:
    quantity: Body = {"value": number}
    comparator = _comparator(row)
    if comparator is not None:
        quantity["comparator"] = comparator
    unit = _coding(row, "unit")
    if unit is not None:
        quantity |= {"code": unit["code"], "system": unit["system"]}
    # A unit that the warehouse's own concepts lack may be another than the source's: the number may be converted.
    if row.get("unit_source_value") and (unit is None or row["unit.code"] is not None):
        quantity["unit"] = str(row["unit_source_value"])
    return quantity


def _comparator(row: Row) -> str | None:
    """What stands before a number: by its concept, else as the source wrote it (the `<` of `<5`)."""
    if row.get("operator.id"):
        known = _meaning(row, "operator", "operators.tsv")
        if known is not None:
            return None if known == "-" else known
        return str(row["operator.name"] or f"operator {row['operator.id']} ")
    found = _COMPARED.match(str(row.get("value_source_value") or ""))
    return _SIGNS.get(found[1], found[1]) if found is not None else None


def _number_in_words(written: object) -> Decimal | None:
    """The number of a result that has only the source's words, if they are a number, with or without a comparator."""
    found = _NUMBER_ALONE.fullmatch(str(written or ""))
    return Decimal(found[1]) if found is not None else None


_SIGN = r"<=|>=|=<|=>|≤|≥|<|>"
_COMPARED = re.compile(rf"\s*({_SIGN})")
_NUMBER_ALONE = re.compile(rf"\s*(?:{_SIGN})?\s*(\d+(?:\.\d+)?)\s*")
_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}


def _measurement(row: Row, person: int) -> Body:
    result = _result(row, "measurement", person)
    stated = {end: _number(row[f"range_{end}"]) for end in ("low", "high")}
    limits = {end: {"value": number} for end, number in stated.items() if isinstance(number, int | Decimal)}
    if limits:
        result["referenceRange"] = [limits]
    return result


def _observation(row: Row, person: int) -> Body:
    """Whatever does not stand elsewhere. A qualifier may change what it means, so a row that has one only may be so."""
    observation = _result(row, "observation", person)
    if _coding(row, "qualifier") is not None or row["qualifier_source_value"]:
        observation["status"] = "unknown"
    return observation


_RESOURCES = {
    "condition_occurrence": _condition,
    "procedure_occurrence": _procedure,
    "drug_exposure": _drug,
    "measurement": _measurement,
    "observation": _observation,
}
