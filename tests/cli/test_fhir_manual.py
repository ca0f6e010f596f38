"""docs/fhir.md shows a real run, and names every kind of resource that is read."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from screener.records.documents import LONGEST_LINE, MOST_BYTES, MOST_BYTES_OF_LINES, MOST_DIGITS
from screener.records.fhir.patients import _READ
from screener.records.folders import BULK_ENDINGS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fhir.md").read_text(encoding="utf-8")


def test_the_page_shows_what_is_printed() -> None:
    shown = re.search(r"^```\n\$ \.venv/bin/screen (?P<arguments>.+)\n(?P<output>(?:.*\n)+?)```$", PAGE, re.MULTILINE)
    assert shown is not None
    printed = subprocess.run(
        [sys.executable, "-m", "screener", *shlex.split(shown["arguments"])],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    begin, end = shown["output"].split("…\n")
    plain = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    assert plain.startswith(begin)
    assert plain.endswith(end)
    assert len((begin + end).splitlines()) > 30


def test_the_table_has_a_row_for_every_kind_that_is_read() -> None:
    rows = re.findall(r"^\| ([A-Z]\w+) \|", PAGE, re.MULTILINE)
    assert set(rows) == {"Patient", *_READ}
    assert len(rows) == len(set(rows))


def test_the_limits_are_the_ones_that_hold() -> None:
    mebibytes = [limit >> 20 for limit in (MOST_BYTES, LONGEST_LINE)]
    assert f"may have {mebibytes[0]} MiB, a line of NDJSON {mebibytes[1]} MiB" in PAGE
    assert f"all lines of a file {MOST_BYTES_OF_LINES >> 30} GiB" in PAGE
    assert f"{MOST_DIGITS:,} digits" in PAGE


def test_the_endings_of_a_bulk_export_are_named() -> None:
    assert all(f"`*{ending}`" in PAGE for ending in BULK_ENDINGS)
