"""Patients as columns: what is written is read back as it was, and every column is needed for that."""

from __future__ import annotations

import types
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields, replace

from properties.effort import many
from properties.generators import random_rules, read, records
from screener import load_patients, load_rules
from screener.records.facts.columns import from_table, schema_of, to_table
from screener.records.facts.people import Person, patient_of, person_of
from screener.records.patient import Patient

HERE = Path(__file__).parents[2]
EXAMPLES = sorted((HERE.parent / "examples" / "patients").glob("*.json"))
INPATIENTS = sorted((HERE / "data" / "inpatients").glob("*.json"))[:6]


def patients() -> list[Patient]:
    rules = load_rules()
    return [
        each for file in (*EXAMPLES, *INPATIENTS) for each in load_patients(file, rules) if isinstance(each, Patient)
    ]


def kept(those: list[Patient]) -> list[Patient]:
    rows = from_table(to_table([person_of(each) for each in those], Person), Person)
    return [patient_of(row, each.digest) for row, each in zip(rows, those, strict=True)]


def test_a_record_is_read_back_as_it_was() -> None:
    those = patients()
    assert len(those) > len(EXAMPLES)
    assert kept(those) == those


def test_nobody_is_a_table_without_rows() -> None:
    assert kept([]) == []
    assert from_table(pa.Table.from_batches([], schema_of(Person)), Person) == []


@given(st.integers(0, 2**32))
@many(25)
def test_a_random_record_is_read_back_as_it_was(seed: int) -> None:
    dice = Random(seed)
    _, rulebook, subject = random_rules(dice)
    those = [read(records(dice, rulebook, subject), rulebook) for _ in range(3)]
    assert kept(those) == those


def leaves(kind: pa.DataType, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The columns that hold values, each by the way to it."""
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in leaves(field.type, (*path, field.name))]
    if pa.types.is_list(kind):
        return leaves(kind.value_type, path)
    return [path]


def without(column: pa.Array, path: tuple[str, ...]) -> pa.Array:
    """The same with no value in one of the columns that it is made of."""
    if pa.types.is_list(column.type):
        items = without(column.values, path)
        return pa.ListArray.from_arrays(column.offsets, items, mask=column.is_null() if column.null_count else None)
    if not path:
        return pa.nulls(len(column), column.type)
    columns = [
        without(column.field(number), path[1:]) if field.name == path[0] else column.field(number)
        for number, field in enumerate(column.type)
    ]
    return pa.StructArray.from_arrays(columns, fields=list(column.type), mask=column.is_null())


LEAVES = [leaf for field in schema_of(Person) for leaf in leaves(field.type, (field.name,))]


def filled(hint: Any) -> Any:
    """A value of a type, in which every field of every Struct has one that is not its default."""
    of, held = get_origin(hint), get_args(hint)
    if of in (types.UnionType, Union):
        return filled(next(each for each in held if each is not type(None)))
    if of is Literal:
        return held[0]
    if of is tuple and held[1:] != (Ellipsis,):
        return tuple(map(filled, held))
    if of in (tuple, frozenset):
        return of([filled(held[0])])
    if isinstance(hint, type) and issubclass(hint, Struct):
        hints = get_type_hints(hint)
        return hint(**{each.name: filled(hints[each.name]) for each in fields(hint)})
    return {str: "a text", int: 7, bool: True, float: 1.5, Fraction: Fraction(27, 2)}[hint]


@pytest.mark.parametrize("leaf", LEAVES, ids=".".join)
def test_no_column_can_be_left_out(leaf: tuple[str, ...]) -> None:
    person: Person = filled(Person)
    table = to_table([person], Person)
    assert from_table(table, Person) == [person]
    column = table.column(leaf[0]).combine_chunks()
    less = table.set_column(table.schema.get_field_index(leaf[0]), leaf[0], without(column, leaf[1:]))
    assert from_table(less, Person) != [person]


def test_a_row_with_something_in_every_column_is_that_of_its_patient() -> None:
    person: Person = filled(Person)
    assert replace(person_of(patient_of(person, "a digest")), facts=person.facts) == person


def test_every_field_of_a_patient_is_one_of_the_row() -> None:
    of_patient = {each.name for each in fields(Patient)} - {"digest"}
    assert {each.name for each in fields(Person)} - {"facts"} == of_patient
