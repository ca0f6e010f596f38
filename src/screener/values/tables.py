"""Tables of data next to the source: a line a row, its cells parted by tabs; a line that begins with `#` is a
remark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def table_rows(place: Path) -> Iterator[list[str]]:
    """The rows of a table."""
    for line in place.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")
