"""Rows of OMOP's tables as the FHIR resources that say the same.

A concept gives its own code, and the code that the source had. What nobody mapped keeps the words of the source, as an
entry that nobody can read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from screener.records.documents import Document
from screener.records.errors import RecordError
from screener.records.fhir.reader import Memory
from screener.records.fhir.reading import read_resources
from screener.records.folders import Unread
from screener.records.patient import Patient
from screener.records.sources import HowRead
from screener.values.tables import table_rows

if TYPE_CHECKING:
    from screener.records.omop.source import Tables

Body = dict[str, Any]
Row = Mapping[str, Any]


class Kind(Struct, frozen=True):
    """A table of events: the columns that are read of it as they stand, and those that name a concept."""

    table: str
    stem: str
    plain: tuple[str, ...]
    concepts: tuple[str, ...] = ()


KINDS = (
    Kind(
        "condition_occurrence",
        "condition",
        ("condition_start_date", "condition_start_datetime"),
        ("condition_status_concept_id",),
    ),
    Kind(
        "procedure_occurrence",
        "procedure",
        ("procedure_date", "procedure_datetime", "procedure_end_date", "procedure_end_datetime"),
    ),
    Kind(
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
    Kind(
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
    Kind(
        "observation",
        "observation",
        (
            "observation_date",
            "observation_datetime",
            "value_as_number",
            "value_as_string",
            "value_source_value",
            "unit_source_value",
        ),
        ("value_as_concept_id", "unit_concept_id", "qualifier_concept_id"),
    ),
)

NOT_READ = {
    "note": "notes are not read",
    "episode": "episodes are not read",
    "device_exposure": "devices are not read",
}


def patients_in(tables: Tables, how: HowRead, between: tuple[int, int] | None) -> Iterator[Patient | RecordError]:
    """The patients whose ids lie between two, or all, one after the other."""
    streams = {kind.table: _Stream(_events(tables, kind, between)) for kind in KINDS if kind.table in tables.columns}
    beside = [
        Unread(table, why, may_hold=False)
        for table, why in NOT_READ.items()
        if table in tables.columns and any(True for _ in tables.rows(f"SELECT 1 FROM {table} LIMIT 1"))
    ]
    memory = Memory()
    for person in _people(tables, between):
        identity = person["person_id"]
        resources = [_patient(person)]
        for kind in KINDS:
            rows = streams[kind.table].of(identity) if kind.table in streams else ()
            resources += [_RESOURCES[kind.table](row, identity) for row in rows]
        documents = [Document(each, f"{each['resourceType']}/{each['id']}") for each in resources]
        for read in read_resources(
            documents, how.dictionary, how.file, None, how.sightings, beside=beside, memory=memory, among_others=True
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


def _people(tables: Tables, between: tuple[int, int] | None) -> Iterator[Row]:
    columns = ("person_id", "gender_source_value", "year_of_birth", "month_of_birth", "day_of_birth")
    chosen = [each if each in tables.columns["person"] else f"NULL AS {each}" for each in columns]
    died = "(SELECT max(death_date) FROM death d WHERE d.person_id = p.person_id)"
    until = "(SELECT max(observation_period_end_date) FROM observation_period o WHERE o.person_id = p.person_id)"
    asked = f"""SELECT {", ".join(chosen)}, g.concept_name AS gender,
            {died if "death" in tables.columns else "NULL"} AS died,
            {"EXISTS (SELECT 1 FROM death d WHERE d.person_id = p.person_id)" if "death" in tables.columns else "false"}
                AS is_dead,
            {until if "observation_period" in tables.columns else "NULL"} AS observed_until,
            gender_concept_id
        FROM person p LEFT JOIN concept g ON g.concept_id = p.gender_concept_id
        {_where(between)} ORDER BY person_id"""
    names = (*columns, "gender", "died", "is_dead", "observed_until", "gender_concept_id")
    for row in tables.rows(asked, between or ()):
        yield dict(zip(names, row, strict=True))


def _where(between: tuple[int, int] | None) -> str:
    return "" if between is None else "WHERE person_id BETWEEN ? AND ?"


def _events(tables: Tables, kind: Kind, between: tuple[int, int] | None) -> Iterator[Row]:
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
def _drug_rows() -> Mapping[str, str]:
    return dict(table_rows(Path(__file__).with_name("drug_rows.tsv")))


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
    """A time of day where there is one, else the day. Midnight is what a day without a time is filled up with."""
    moment, day = row.get(f"{stem}_datetime"), row.get(f"{stem}_date")
    if isinstance(moment, datetime) and moment.time() != time(0) and (day is None or moment.date() == day):
        return moment.replace(tzinfo=None, microsecond=0).isoformat()
    shown = day if day is not None else moment
    if isinstance(shown, datetime):
        return shown.date().isoformat()
    return shown.isoformat() if isinstance(shown, date) else str(shown) if shown is not None else None


def _event(kind: str, row: Row, table: str, person: int) -> Body:
    return {
        "resourceType": kind,
        "id": f"{table.replace('_', '-')}.{row[f'{table}_id']}",
        "subject": {"reference": f"Patient/{person}"},
    }


def _patient(row: Row) -> Body:
    person: Body = {"resourceType": "Patient", "id": str(row["person_id"])}
    gender = str(row["gender"] or row["gender_source_value"] or "").strip().casefold()
    person["gender"] = {"m": "male", "f": "female"}.get(gender, gender) or "unknown"
    year, month, day = row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]
    if year is not None:
        parts = [f"{int(year):04}"]
        if month is not None:
            parts.append(f"{int(month):02}")
            if day is not None:
                parts.append(f"{int(day):02}")
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
    status = _coding(row, "condition_status")
    if status is not None:
        is_sure = status.get("display") in _SURE
        condition["verificationStatus"] = {"coding": [{"code": "confirmed" if is_sure else "unconfirmed"}]}
    return condition


_SURE = frozenset(
    {
        "Primary diagnosis",
        "Secondary diagnosis",
        "Final diagnosis",
        "Primary discharge diagnosis",
        "Secondary discharge diagnosis",
        "Discharge diagnosis",
        "Confirmed diagnosis",
    }
)
"""The names of statuses (domain "Condition Status") under which a diagnosis is made. Any other leaves that open: an
admission's, a preliminary one, one that a procedure was to rule out."""


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
    kind = _drug_rows().get(str(row["drug_type.name"]), "MedicationDispense")
    drug = _event(kind, row, "drug_exposure", person)
    drug["medicationCodeableConcept"] = _code(row, "drug")
    start, end = _time(row, "drug_exposure_start"), _time(row, "drug_exposure_end")
    period = {"start": start, **({"end": end} if end is not None else {})}
    match kind:
        case "MedicationAdministration":
            drug |= {"status": "completed", "effectivePeriod": period}
        case "MedicationRequest":
            drug |= {"status": "completed", "intent": "order", "authoredOn": start}
        case "MedicationStatement":
            drug |= {"status": "unknown", "effectivePeriod": period}
        case _:
            drug |= {"status": "completed", "whenHandedOver": start}
    return drug


def _result(row: Row, table: str, person: int) -> Body:
    result = _event("Observation", row, table, person)
    result |= {"status": "final", "code": _code(row, table), "effectiveDateTime": _time(row, table)}
    number = row["value_as_number"]
    coded = _coding(row, "value_as")
    if number is not None:
        result["valueQuantity"] = _quantity(row, number)
    elif coded is not None:
        result["valueCodeableConcept"] = {"coding": [coded]}
    elif (words := row.get("value_as_string") or row.get("value_source_value")) is not None:
        result["valueString"] = str(words)
    return result


def _number(number: Any) -> int | Decimal:
    return number if isinstance(number, int | Decimal) else Decimal(repr(number))


def _quantity(row: Row, number: Any) -> Body:
    quantity: Body = {"value": _number(number)}
    operator = _coding(row, "operator")
    if operator is not None and operator.get("display") != "=" and operator["code"] != _EQUAL:
        quantity["comparator"] = operator.get("display") or operator["code"]
    unit = _coding(row, "unit")
    if row.get("unit_source_value"):
        quantity["unit"] = str(row["unit_source_value"])
    if unit is not None:
        quantity |= {"code": unit["code"], "system": unit["system"]}
    return quantity


_EQUAL = "4172703"
"""The concept `=` where the warehouse's own table of concepts does not hold it."""


def _measurement(row: Row, person: int) -> Body:
    result = _result(row, "measurement", person)
    limits = {
        end: {
            "value": row[f"range_{end}"]
            if isinstance(row[f"range_{end}"], int | Decimal)
            else Decimal(repr(row[f"range_{end}"]))
        }
        for end in ("low", "high")
        if row[f"range_{end}"] is not None
    }
    if limits:
        result["referenceRange"] = [limits]
    return result


def _observation(row: Row, person: int) -> Body:
    """Whatever does not stand elsewhere. A qualifier may change what it means, so a row that has one only may be so."""
    observation = _result(row, "observation", person)
    if _coding(row, "qualifier") is not None:
        observation["status"] = "unknown"
    return observation


_RESOURCES = {
    "condition_occurrence": _condition,
    "procedure_occurrence": _procedure,
    "drug_exposure": _drug,
    "measurement": _measurement,
    "observation": _observation,
}
