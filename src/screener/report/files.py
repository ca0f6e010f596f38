"""A report as a file: there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from screener.records.whole_files import whole_file


def write_whole(place: Path, text: str) -> None:
    """Write the text as UTF-8, as `whole_file` does. Raises OSError where it cannot be written."""
    with whole_file(place) as file:
        file.write(text.encode("utf-8"))
