"""The manual's table of columns is the schema."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from screener.records.facts.columns import schema_of
from screener.records.facts.people import Person

MANUAL = Path(__file__).parents[3] / "docs" / "facts.md"
BEGIN, END = "<!-- columns -->\n", "<!-- end -->"


def lines(kind: pa.DataType, name: str) -> list[str]:
    """A column and those inside it, each as a row of the table."""
    inner, listed = (kind.value_type, "list of ") if pa.types.is_list(kind) else (kind, "")
    if not pa.types.is_struct(inner):
        return [f"| `{name}` | {listed}{inner} |"]
    own = [f"| `{name}` | {listed}struct |"]
    return own + [line for field in inner for line in lines(field.type, f"{name}.{field.name}")]


def test_the_table_of_columns_is_the_schema() -> None:
    """With RENEW=1, write it into the manual."""
    rows = [line for field in schema_of(Person) for line in lines(field.type, field.name)]
    table = "\n".join(["| column | type |", "|---|---|", *rows]) + "\n"
    before, _, rest = MANUAL.read_text().partition(BEGIN)
    written, _, after = rest.partition(END)
    if os.environ.get("RENEW"):
        MANUAL.write_text(before + BEGIN + table + END + after)
    else:
        assert written == table
