"""A trial of four lines, in rules of its own, and a record that decides three of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screener.cli import main

RULES = Path(__file__).parent / "rules"
RECORD: dict[str, Any] = {
    "id": "anna",
    "as_of": "2026-02-20",
    "birth_date": "1981-05-04",
    "observations": [{"name": "ferritin", "value": 12, "unit": "ug/L", "date": "2026-02-18"}],
    "conditions": [{"name": "gout", "status": "absent", "date": "2026-02-18"}],
}

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in. The tests share one cache of compiled rules; the width of the terminal is settled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCREENER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., str]:
    """Write a record, the usual one with some fields changed (None takes a field away), and return its file's name."""

    def write(name: str = "anna.json", **changes: object) -> str:
        record = {key: value for key, value in {**RECORD, **changes}.items() if value is not None}
        (folder / name).write_text(json.dumps(record), encoding="utf-8")
        return name

    return write


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call `screen` with the rules of four lines: its exit status, standard output and standard error."""

    def call(*arguments: str, rules: Path | None = RULES) -> tuple[int, str, str]:
        own = ["--rules", str(rules)] if rules is not None else []
        try:
            status = main([*arguments, *own])
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call
