"""What a clinic installs: the wheel, in an empty environment elsewhere, with nothing but what it declares to need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORD = {
    "id": "away-from-home",
    "as_of": "2026-02-20",
    "birth_date": "1981-05-04",
    "sex": "female",
    "observations": [
        {"name": "total_bilirubin", "value": 12.3, "unit": "mg/dL", "date": "2026-02-18"},
        {"name": "INR", "value": 1.8, "date": "2026-02-18"},
    ],
}


def run(command: Sequence[str | Path], **options: object) -> str:
    # The environment of the tests would lend its own packages, and its paths, to the one that is to be tested.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=clean, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, ROOT])
    [built] = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and its dependencies, beside a record; far from the checkout."""
    home = tmp_path_factory.mktemp("elsewhere")
    run([sys.executable, "-m", "venv", "--without-pip", home / "venv"])
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", home / "venv" / "bin" / "python"]
    run([*pip, "install", "--quiet", wheel], cwd=home)
    (home / "patient.json").write_text(json.dumps(RECORD), encoding="utf-8")
    return home


def test_the_wheel_carries_the_rules_and_the_licence_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*") if path.is_file()}
    assert shipped
    assert {f"screener/rules/{name}" for name in shipped} <= set(names)
    assert {"screener/py.typed", "screener/language/grammar.lark", "screener/report/templates/sheet.css"} <= set(names)
    assert {Path(name).name for name in names} >= {"LICENSE", "NOTICE", "entry_points.txt"}
    assert not [name for name in names if name.startswith(("tests/", "screener/tests/"))]


def test_screen_works_in_another_folder_with_nothing_but_the_wheel(elsewhere: Path) -> None:
    told = run([elsewhere / "venv" / "bin" / "screen", "patient.json", "--json"], cwd=elsewhere)
    result = json.loads(told)
    assert result["patient"] == "away-from-home"
    assert [trial["id"] for trial in result["trials"]] == ["NCT03863002", "NCT05985863", "NCT06242405", "NCT07409259"]
    table = run([elsewhere / "venv" / "bin" / "screen", "patient.json"], cwd=elsewhere)
    assert "away-from-home" in table
    page = run([elsewhere / "venv" / "bin" / "screen", "patient.json", "--html", "-"], cwd=elsewhere)
    assert "<bdi>away-from-home</bdi>" in page


def test_python_m_screener_works_like_screen(elsewhere: Path) -> None:
    python = elsewhere / "venv" / "bin" / "python"
    by_module = run([python, "-m", "screener", "patient.json", "--json"], cwd=elsewhere)
    assert by_module == run([elsewhere / "venv" / "bin" / "screen", "patient.json", "--json"], cwd=elsewhere)


def test_the_installed_package_gives_the_answers_of_the_checkout(elsewhere: Path) -> None:
    from screener import evaluate

    told = run([elsewhere / "venv" / "bin" / "screen", "patient.json", "--json"], cwd=elsewhere)
    assert told == evaluate(RECORD).to_json() + "\n"


def test_the_rules_that_were_installed_pass_their_own_check(elsewhere: Path) -> None:
    run([elsewhere / "venv" / "bin" / "screen", "check"], cwd=elsewhere)
