"""Plain Structs as columns of Arrow, and back, by their types alone.

A Struct becomes a struct column, a tuple or frozenset a list, and a Fraction its exact text (`27/2`). A field that a
Struct gains becomes a column by itself, so nothing of a record can be forgotten here. Reading goes column by column,
never value by value: a column without a single value costs next to nothing, and most columns of a record are such.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import fields

Hint = Any
"""A type as it stands in a Struct: `int | None`, `tuple[Result, ...]`."""

_PLAIN: Mapping[Hint, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    bool: pa.bool_(),
    float: pa.float64(),
    Fraction: pa.string(),
}


def schema_of(struct: type[Struct]) -> pa.Schema:
    """The columns of a table whose rows are these Structs."""
    return pa.schema([pa.field(name, arrow_type(hint)) for name, hint in _hints(struct)])


def arrow_type(hint: Hint) -> pa.DataType:
    """The type of a column. Raises TypeError for a type that no column holds."""
    hint = _present(hint)
    if (plain := _PLAIN.get(hint)) is not None:
        return plain
    if _origin(hint) is Literal:
        return arrow_type(type(get_args(hint)[0]))
    if (inner := _item(hint)) is not None:
        return pa.list_(arrow_type(inner))
    if _origin(hint) is tuple:
        return pa.struct([(f"of_{number}", arrow_type(each)) for number, each in enumerate(get_args(hint), start=1)])
    if isinstance(hint, type) and issubclass(hint, Struct):
        return pa.struct([pa.field(name, arrow_type(each)) for name, each in _hints(hint)])
    raise TypeError(f"no column holds {hint}")


# ---- writing


def to_table(rows: Sequence[Struct], struct: type[Struct]) -> pa.Table:
    """Structs as a table, a row each."""
    columns = [to_array([getattr(row, name) for row in rows], hint) for name, hint in _hints(struct)]
    return pa.Table.from_arrays(columns, schema=schema_of(struct))


def to_array(values: Sequence[Any], hint: Hint) -> pa.Array:
    """Values as a column."""
    hint = _present(hint)
    if hint is Fraction:
        return pa.array([None if each is None else str(each) for each in values], pa.string())
    if hint in _PLAIN or _origin(hint) is Literal:
        return pa.array(values, arrow_type(hint))
    missing = [each is None for each in values]
    if (inner := _item(hint)) is not None:
        listed = [() if each is None else _in_order(each) for each in values]
        offsets, at = [0], 0
        for each in listed:
            at += len(each)
            offsets.append(at)
        items = to_array(list(chain.from_iterable(listed)), inner)
        return pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), items, mask=pa.array(missing, pa.bool_()) if any(missing) else None
        )
    names, hints, parts = _parts(hint)
    is_whole = not any(missing)
    columns = [
        to_array(
            list(map(part, values) if is_whole else (None if each is None else part(each) for each in values)), inner
        )
        for part, inner in zip(parts, hints, strict=True)
    ]
    whole = arrow_type(hint)
    return pa.StructArray.from_arrays(
        columns, fields=[whole.field(name) for name in names], mask=pa.array(missing, pa.bool_())
    )


def _in_order(several: Sequence[Any] | frozenset[Any]) -> Sequence[Any]:
    """The items of a tuple; those of a set in an order that does not depend on the run."""
    return sorted(several, key=repr) if isinstance(several, frozenset) else several


def prepare() -> None:
    """Load now what the first column loads otherwise, before processes are made that would each load it."""
    pa.array([""])


# ---- reading


def from_table(table: pa.Table, struct: type[Struct]) -> list[Any]:
    """The Structs of a table. Raises KeyError where a column is missing."""
    columns = [from_array(_whole(table.column(name)), hint) for name, hint in _hints(struct)]
    return list(map(struct, *columns))


def from_array(column: pa.Array, hint: Hint) -> list[Any]:
    """The values of a column."""
    size = len(column)
    if column.null_count == size:
        return [None] * size
    hint = _present(hint)
    if hint is Fraction:
        return [None if each is None else _fraction(each) for each in _plain(column)]
    if hint in _PLAIN or _origin(hint) is Literal:
        return _plain(column)
    present = None if column.null_count == 0 else _plain(column.is_valid())
    if (inner := _item(hint)) is not None:
        made: Callable[[Any], Any] = frozenset if _origin(hint) is frozenset else tuple
        items = from_array(column.flatten(), inner)
        lengths = _plain(column.value_lengths().fill_null(0))
        ends = [0]
        for each in lengths:
            ends.append(ends[-1] + each)
        nothing = made(())
        several = [made(items[start:end]) if start < end else nothing for start, end in pairwise(ends)]
        return several if present is None else _where(present, several)
    _, hints, _ = _parts(hint)
    columns = [from_array(each, inner) for each, inner in zip(column.flatten(), hints, strict=True)]
    made = (lambda *row: row) if _origin(hint) is tuple else hint
    if present is None:
        return list(map(made, *columns))
    return [made(*row) if is_ else None for row, is_ in zip(zip(*columns, strict=True), present, strict=True)]


def _where(present: Sequence[bool], values: Sequence[Any]) -> list[Any]:
    return [each if is_ else None for each, is_ in zip(values, present, strict=True)]


def _plain(column: pa.Array) -> list[Any]:
    """The values of a column of texts, numbers or truths."""
    if pa.types.is_string(column.type):
        return list(column.to_numpy(zero_copy_only=False))
    if column.null_count == 0:
        return column.to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]
    filled = column.fill_null(False if pa.types.is_boolean(column.type) else 0).to_numpy(zero_copy_only=False).tolist()
    return _where(column.is_valid().to_numpy(zero_copy_only=False).tolist(), filled)


@cache
def _fraction(text: str) -> Fraction:
    return Fraction(text)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


# ---- types


@cache
def _hints(struct: type[Struct]) -> tuple[tuple[str, Hint], ...]:
    hints = get_type_hints(struct)
    return tuple((each.name, hints[each.name]) for each in fields(struct))


def _present(hint: Hint) -> Hint:
    """A type without the None that it may be."""
    if _origin(hint) in (types.UnionType, Union):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    return hint


def _item(hint: Hint) -> Hint | None:
    """What a tuple of any length or a frozenset holds; None for every other type."""
    if _origin(hint) is frozenset:
        return get_args(hint)[0]
    held = get_args(hint)
    return held[0] if _origin(hint) is tuple and len(held) == 2 and held[1] is Ellipsis else None


@cache
def _parts(hint: Hint) -> tuple[tuple[str, ...], tuple[Hint, ...], tuple[Callable[[Any], Any], ...]]:
    """The columns of a Struct or of a tuple of so many: what they are called, hold, and where they are in it."""
    if _origin(hint) is tuple:
        held = get_args(hint)
        numbers = range(len(held))
        return (
            tuple(f"of_{number + 1}" for number in numbers),
            held,
            tuple(map(itemgetter, numbers)),
        )
    named = _hints(hint)
    return (
        tuple(name for name, _ in named),
        tuple(each for _, each in named),
        tuple(attrgetter(name) for name, _ in named),
    )


def _origin(hint: Hint) -> Any:
    return get_origin(hint)
