"""A warehouse on a PostgreSQL server, copied into a folder of Parquet files that is then read in its place.

Every table is copied once, in batches, and all of them as they are at one moment: one read-only transaction sees one
snapshot, whatever others write meanwhile. The server says what it means by a value that Parquet or OMOP has no other
word for: a `numeric` comes as its exact text, and what is no number (NaN, infinite) or no day (infinity) as NULL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from screener.terminology.warehouse import UnusableTablesError, choose_schemas, without_password

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

ADDRESSES = ("postgres://", "postgresql://")

_AS_IT_IS = frozenset(("smallint", "integer", "bigint", "boolean", "text", "character varying", "character"))
_NUMBERS = frozenset(("numeric", "real", "double precision"))
_DAYS = frozenset(("date", "timestamp without time zone"))

_TABLES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_catalog.pg_attribute a
WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""


def is_address(place: object) -> bool:
    """Whether this is the address of a server: `postgresql://anna@host/cdm`."""
    return isinstance(place, str) and place.startswith(ADDRESSES)


def copied(
    address: str, folder: Path, needed: Iterable[str], others: Iterable[str], short: Mapping[str, Sequence[str]] = {}
) -> Path:
    """Copy the tables into a new folder, and return it. Of those in `short` only some columns are copied.

    Raises UnusableTablesError if the server or a table cannot be read; no password stands in it.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError:
        fault = (
            "a PostgreSQL server is read by ADBC's driver, which is not installed: pip install 'screener[postgresql]'"
        )
        raise UnusableTablesError(fault) from None
    folder.mkdir(mode=0o700)
    try:
        with dbapi.connect(address) as connection:
            _copy(connection, folder, tuple(needed), tuple(others), short)
    except Error as error:
        raise UnusableTablesError(_told(str(error), address)) from None
    return folder


def _copy(
    connection: Connection,
    folder: Path,
    needed: Sequence[str],
    others: Sequence[str],
    short: Mapping[str, Sequence[str]],
) -> None:
    import pyarrow.parquet as pq

    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_TABLES)
        named = {
            (table, schema): f"{_name(schema)}.{_name(name)}"
            for schema, name in cursor.fetchall()
            if (table := name.lower()) in (*needed, *others)
        }
        for table, place in choose_schemas(named, needed).items():
            cursor.execute(_COLUMNS, (place,))
            columns = [each for each in cursor.fetchall() if each[0].lower() in short.get(table, (each[0].lower(),))]
            chosen = ", ".join(_read(name, kind) for name, kind in columns)
            cursor.execute(f"SELECT {chosen} FROM {place}")
            rows = cursor.fetch_record_batch()
            with pq.ParquetWriter(folder / f"{table}.parquet", rows.schema, compression="zstd") as writer:
                for batch in rows:
                    writer.write_batch(batch)


def _read(column: str, kind: str) -> str:
    """A column in SQL, as something that Parquet has."""
    name, kind = _name(column), re.sub(r"\(.*?\)", "", kind)
    if kind in _NUMBERS:
        value = f"CASE WHEN {name}::text NOT IN ('NaN', 'Infinity', '-Infinity') THEN {name} END"
        return f"({value}){'::text' if kind == 'numeric' else ''} AS {name}"
    if kind in _DAYS:
        return f"(CASE WHEN isfinite({name}) THEN {name} END)::{'date' if kind == 'date' else 'timestamp'} AS {name}"
    if kind == "timestamp with time zone":  # in the server's zone, with its offset
        return f"to_json(CASE WHEN isfinite({name}) THEN {name} END) #>> '{{}}' AS {name}"
    return name if kind in _AS_IT_IS else f"{name}::text AS {name}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _told(error: str, address: str) -> str:
    """What the server or its driver says, in a line, without the password: also where that was written so that a part
    of it passed for a host (`anna:a@b@host`)."""
    said = " ".join(error.split())
    secret = re.search(r"//[^/:@\s]*:(\S*)@", address)
    given = [*([secret[1]] if secret is not None else []), *re.findall(r"password=([^&\s]*)", address)]
    for each in sorted({one for text in given for one in _pieces(text)}, key=len, reverse=True):
        said = said.replace(each, "…")
    return without_password(said)[:500]


def _pieces(secret: str) -> Sequence[Any]:
    whole = (secret, unquote(secret))
    return [piece for text in whole for piece in (text, *re.split(r"[@:/?#&%]", text)) if piece]
