"""Every file of tests/errors/ that can be read, and has one fault all the same: the whole message, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from screener.language.checker import check_texts
from screener.language.parser import parse
from screener.language.source import Source

ERRORS = Path(__file__).parents[1] / "errors"
READABLE = [
    path
    for path in sorted(ERRORS.glob("*.rules"))
    if not parse(Source(path.name, path.read_text(encoding="utf-8"))).diagnostics
]
RECORDS = {path.name: path.read_text(encoding="utf-8") for path in ERRORS.glob("*.json")}


def test_the_files_are_found() -> None:
    assert len(READABLE) >= 25


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_the_message_says_what_is_wrong_and_what_to_write(path: Path) -> None:
    checked = check_texts({path.name: path.read_text(encoding="utf-8")}, RECORDS, "sha256:test")
    assert checked.report == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert len(checked.diagnostics) == 1
    assert checked.rulebook is None
