"""What is heavy is imported only where it is used. Held by what is loaded, and not by a clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"lark", "pint", "interegular", "duckdb", "numpy", "pandas", "hypothesis"}
RECORD = {"id": "p", "as_of": "2026-02-20", "observations": [{"name": "INR", "value": 1.8, "date": "2026-02-18"}]}

RUN = """
import json, sys
from screener.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit as left:
    status = left.code or 0
assert status == 0, status
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a record, and a cache of its own that one run has filled."""
    folder = tmp_path_factory.mktemp("start")
    (folder / "patient.json").write_text(json.dumps(RECORD), encoding="utf-8")
    cold = modules_after(["patient.json", "--json"], folder)
    assert "lark" in cold, "the first run compiles the rules, or these tests show nothing"
    return folder


def modules_after(arguments: list[str], home: Path) -> set[str]:
    """The top-level packages that a process has loaded when it has done what it was asked."""
    environment = {**os.environ, "SCREENER_CACHE": str(home / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stderr.splitlines()[-1])
    return {name.split(".")[0] for name in modules} | {name for name in modules if name.startswith("screener.")}


def test_a_warm_start_loads_no_parser_no_units_library_and_no_table(home: Path) -> None:
    warm = modules_after(["patient.json", "--json"], home)
    assert not warm & (HEAVY | {"rich", "jinja2"})
    assert not {name for name in warm if name.startswith("screener.language")}
    assert not warm & {"screener.site", "tomllib"}, "no site's file is there"
    assert {"pydantic", "screener.screening"} <= warm


def test_a_sheet_adds_no_table(home: Path) -> None:
    assert not modules_after(["patient.json"], home) & (HEAVY | {"jinja2", "rich"})


def test_a_table_adds_nothing_but_the_table(home: Path) -> None:
    warm = modules_after(["patient.json", "--full"], home)
    assert not warm & (HEAVY | {"jinja2"})
    assert "rich" in warm


def test_a_page_adds_templates_and_no_table(home: Path) -> None:
    warm = modules_after(["patient.json", "--html", "page.html"], home)
    assert not warm & (HEAVY | {"rich"})
    assert "jinja2" in warm


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_an_argument_parser_and_no_more(arguments: list[str], home: Path) -> None:
    needless = HEAVY | {"rich", "pydantic", "msgspec", "pathlib", "screener.rulebook"}
    assert not modules_after(arguments, home) & needless


def test_importing_screener_loads_no_library(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import screener, sys; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "screener" in loaded
    assert not loaded & (HEAVY | {"rich", "pydantic", "msgspec"})
