"""The tables of an OMOP CDM, opened in DuckDB for reading: a folder of CSV or Parquet files, or a DuckDB file.

Each table becomes a view with its columns in small letters. Whatever the source stores them as, `person_id` and the
ids of concepts are whole numbers, and a number or day that is none (NaN, infinite) is NULL. In CSV everything else is
text as it is written: `0012` stays `0012`, and a code `250.00` does not become a number.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FILES = (".parquet", ".csv", ".csv.gz", ".tsv")
DATABASES = (".duckdb", ".ddb")

_WHOLE = re.compile(r"(person_id|\w*concept_id(_[12])?)")
"""The columns that are read as whole numbers."""
_AT_AN_INSTANT = "TIMESTAMP WITH TIME ZONE"


class UnusableTablesError(Exception):
    """The tables cannot be used as they are. `table` is the one that is missing, if one is."""

    def __init__(self, fault: str, file: Path | None = None, table: str | None = None) -> None:
        super().__init__(fault)
        self.fault, self.file, self.table = fault, file, table


def is_database(place: str) -> bool:
    """Whether a place is a database and no folder."""
    return place.lower().endswith(DATABASES)


def file_of(folder: Path, table: str) -> Path | None:
    """The file of a table, or the folder of its parts, whatever the capitals of its name. Raises UnusableTablesError if
    there are several."""
    found = [each for each in sorted(folder.iterdir()) if _is_of(each, table)]
    if len(found) > 1:
        listed = " and ".join(f"`{each.name}`" for each in found)
        raise UnusableTablesError(f"there are several files of the table {table.upper()}: {listed}", folder)
    return found[0] if found else None


def _is_of(place: Path, table: str) -> bool:
    name = place.name.lower()
    if place.is_dir():
        return name in (table, f"{table}.parquet") and any(place.glob("*.parquet"))
    return name.endswith(FILES) and name.partition(".")[0] == table


def open_views(
    database: duckdb.DuckDBPyConnection,
    place: str,
    needed: Mapping[str, Sequence[str]],
    others: Mapping[str, Sequence[str]],
    suffix: str = "",
) -> dict[str, frozenset[str]]:
    """Make a view of each table that is there, and give the columns of each. `needed` and `others` say which columns a
    table must have; of several schemas the one counts that has the first of those needed. Raises UnusableTablesError,
    duckdb.Error."""
    wanted = {**needed, **others}
    if is_database(place):
        sources = _in_database(database, place, needed, others)
    else:
        sources = _in_folder(Path(place), tuple(wanted))
    for table in needed:
        if table not in sources:
            raise UnusableTablesError(f"there is no table {table.upper()}", table=table)
    columns = {}
    for table, (source, file, header) in sources.items():
        if header is not None:
            types = dict.fromkeys(header, "VARCHAR")
        else:
            types = {row[0]: row[1] for row in database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        columns[table] = frozenset(each.lower() for each in types)
        for column in wanted[table]:
            if column not in columns[table]:
                raise UnusableTablesError(f"{table.upper()} has no column `{column}`", file)
        chosen = "*" if header is not None else ", ".join(_read(*each) for each in types.items())
        database.execute(f'CREATE VIEW "{table}{suffix}" AS SELECT {chosen} FROM {source}')
    return columns


_Found = tuple[str, Path | None, list[str] | None]
"""What a table is read from in SQL, its file, and the columns of a CSV file."""


def _in_folder(folder: Path, tables: Iterable[str]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for table in tables:
        file = file_of(folder, table)
        if file is None:
            continue
        path = quoted(str(file))
        if file.is_dir():
            found[table] = f"read_parquet({quoted(f'{file}/*.parquet')})", file, None
        elif file.name.lower().endswith(".parquet"):
            found[table] = f"read_parquet({path})", file, None
        else:
            header, separator, has_quotes = _header(file)
            # Athena's files know no quotation: a quotation mark is part of a name.
            quotation = "quote = '\"', escape = '\"'" if has_quotes else "quote = '', escape = ''"
            typed = ", ".join(
                f"{quoted(each)}: '{'BIGINT' if _WHOLE.fullmatch(each) else 'VARCHAR'}'" for each in header
            )
            form = f"header = true, auto_detect = false, delim = '{separator}', {quotation}, columns = {{{typed}}}"
            found[table] = f"read_csv({path}, {form})", file, header
    return found


def _header(file: Path) -> tuple[list[str], str, bool]:
    """The columns that the first line of a file names, what separates them, and whether values may be in quotation
    marks."""
    opened = gzip.open if file.name.lower().endswith(".gz") else open
    with opened(file, "rt", encoding="utf-8-sig", errors="replace") as text:
        line = text.readline(10_000).rstrip("\r\n")
    separator = "\t" if "\t" in line else ","
    return (
        [each.strip().strip('"').lower() for each in line.split(separator)],
        separator,
        separator == "," or '"' in line,
    )


def _in_database(
    database: duckdb.DuckDBPyConnection, place: str, needed: Iterable[str], others: Iterable[str]
) -> dict[str, _Found]:
    database.execute(f"ATTACH {quoted(place)} AS warehouse (READ_ONLY)")
    rows = database.execute(
        "SELECT lower(table_name), table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = 'warehouse' ORDER BY ALL"
    ).fetchall()
    wanted = {*needed, *others}
    named = {(table, schema): f'warehouse."{schema}"."{name}"' for table, schema, name in rows if table in wanted}
    return {table: (source, None, None) for table, source in choose_schemas(named, needed).items()}


def choose_schemas(named: Mapping[tuple[str, str], str], needed: Iterable[str]) -> dict[str, str]:
    """Of each table (its name and schema say which it is) the one that counts: that of the schema which has the first
    of those needed, else of the only schema that has it. Raises UnusableTablesError where nobody can tell, or one of
    those needed is nowhere."""
    schemas: dict[str, dict[str, str]] = {}
    for (table, schema), place in named.items():
        schemas.setdefault(table, {})[schema] = place
    for table in needed:
        if table not in schemas:
            raise UnusableTablesError(f"there is no table {table.upper()}", table=table)
    first = next(iter(needed))
    home = _the_one(first, schemas[first])
    return {table: places.get(home) or places[_the_one(table, places)] for table, places in schemas.items()}


def _the_one(table: str, places: Mapping[str, str]) -> str:
    """The schema of a table. Raises UnusableTablesError where it stands in several."""
    if len(places) > 1:
        listed = ", ".join(f"`{each}`" for each in places)
        raise UnusableTablesError(f"the table {table.upper()} stands in several schemas: {listed}")
    return next(iter(places))


def _read(column: str, type_: str) -> str:
    name = f'"{column}"'
    if _WHOLE.fullmatch(column.lower()) and "INT" not in type_:
        value = f"CASE WHEN isfinite({name}) THEN {name} END" if type_ in ("FLOAT", "DOUBLE") else name
        value = f"nullif(trim({name}), '')" if type_ == "VARCHAR" else value
        return f'CAST({value} AS BIGINT) AS "{column.lower()}"'
    value = name
    if type_ == "FLOAT":  # 2.3 in single precision is 2.2999999523 in double: its shortest text is what was stored
        value = f"CAST({name} AS VARCHAR)"
    elif type_ == _AT_AN_INSTANT:  # in UTC, whatever zone this machine is in
        value = f"strftime(make_timestamp(epoch_us({name})), '%Y-%m-%dT%H:%M:%S+00:00')"
    if type_ in ("FLOAT", "DOUBLE", "DATE") or type_.startswith("TIMESTAMP"):
        value = f"CASE WHEN isfinite({name}) THEN {value} END"
    return f'{value} AS "{column.lower()}"'


def without_password(text: str) -> str:
    """A text without the password in an address: `postgresql://anna:secret@host/cdm` shows `anna:…@host`."""
    return re.sub(r"(//[^/:@\s]*):\S*@", r"\1:…@", re.sub(r"(password=)[^\s&\"']+", r"\1…", text))


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
