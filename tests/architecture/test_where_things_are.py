"""ARCHITECTURE.md says where things are: each file that it names is there, and each name is defined in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "screener"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
CELLS = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
A_FILE = re.compile(r"[\w/]+\.(?:py|tsv|txt|rules|lark|html|css|js|zlib|md)")


def section(title: str) -> str:
    return TEXT.partition(f"## {title}")[2].partition("\n## ")[0]


def places() -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = CELLS.findall(section("Where is"))
    return [row for row in rows if row[0] not in ("question", "---")]


def files_of(place: str) -> list[Path]:
    """The files of a row; one without a folder lies in the folder of the one before it."""
    folder, found = "", []
    for name in CODE.findall(place):
        if not A_FILE.fullmatch(name):
            continue
        inside = [base / name for base in (SOURCES, ROOT, SOURCES / folder) if (base / name).exists()]
        assert inside, f"there is no file {name}"
        found.append(inside[0])
        if "/" in name:
            folder = Path(name).parent.as_posix()
    return found


@pytest.mark.parametrize(("question", "place"), places(), ids=lambda each: each[:50])
def test_a_place_is_where_the_table_says(question: str, place: str) -> None:
    files = files_of(place)
    code = "\n".join(each.read_text(encoding="utf-8") for each in files if each.suffix == ".py")
    names = [
        name
        for name in CODE.findall(place)
        if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", name) and not A_FILE.fullmatch(name)
    ]
    assert files or not names, f"{question}: no file is named"
    for name in names:
        last = name.rpartition(".")[2]
        assert re.search(rf"\b(?:def|class) {last}\b|^\s*(?:self\.)?{last}\s*[:=]", code, re.MULTILINE), (
            f"{last} is not in {place}"
        )


def test_there_are_places() -> None:
    assert len(places()) > 100


def test_contributing_names_every_folder_of_tests() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {
        name.partition("/")[0] for row in re.findall(r"^\| (.+?) \|", text, re.MULTILINE) for name in CODE.findall(row)
    }
    folders = {
        each.name for each in (ROOT / "tests").iterdir() if each.is_dir() and not each.name.startswith((".", "_"))
    }
    assert folders - {"data"} <= named
