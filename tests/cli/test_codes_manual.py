"""docs/codes.md shows real runs: what it prints is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from screener.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
RUNS = re.findall(r"^```\n\$ \.venv/bin/screen (.+)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


def test_the_page_shows_runs() -> None:
    assert len(RUNS) == 3


@pytest.mark.parametrize(("arguments", "shown"), RUNS, ids=lambda text: text.splitlines()[0][:40])
def test_the_page_shows_what_is_printed(
    arguments: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(arguments)) == 0
    printed = capsys.readouterr()
    assert printed.out == shown
    assert printed.err == ""


def test_the_page_shows_the_table_that_lies_beside_the_example() -> None:
    assert (ROOT / "examples" / "codes" / "our-laboratory.csv").read_text(encoding="utf-8") in PAGE
