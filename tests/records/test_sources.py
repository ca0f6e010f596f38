"""The table of sources: the first that recognises what it is given reads it, and a new one is one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from screener import load_rules
from screener.records import sources
from screener.records.documents import Document
from screener.records.errors import RecordError
from screener.records.json_records import groups_of
from screener.records.reading import read_patients
from screener.records.sources import SOURCES, FolderOfRecords, HowRead, Source, path_of, records_in


@pytest.mark.parametrize(
    ("source", "home"),
    [
        ({"id": "a"}, "json_records"),
        ('{"id": "a"}', "json_records"),
        (b"{}", "json_records"),
        ("", "json_records"),
        (7, "json_records"),
        ("record.json", "json_records"),
        ("table.CSV", "spreadsheets"),
        (Path("table.xlsx"), "spreadsheets"),
        ("folder.csv", "exports"),
        ("\0", "json_records"),
        ("x" * 5000, "json_records"),
    ],
)
def test_a_source_is_recognised_by_what_it_is(
    source: object, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    assert sources._reader_of(source).__name__ == f"screener.records.{home}"  # type: ignore[arg-type, attr-defined]


def test_whatever_is_left_is_taken_by_the_last() -> None:
    assert SOURCES[-1] == "screener.records.json_records"


class Diary(ModuleType):
    """A source of its own: a folder with a file `diary`, a name on each line of which is a patient."""

    def recognises(self, source: Source) -> bool:
        place = path_of(source)
        return place is not None and (place / "diary").is_file()

    def groups(self, source: Source, how: HowRead) -> Iterator[sources.Group | RecordError]:
        lines = (Path(str(source)) / "diary").read_text(encoding="utf-8").splitlines()
        yield from groups_of((Document({"id": line}, f"line {number}") for number, line in enumerate(lines)), how)


def test_a_new_source_is_one_line_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "diary", Diary("diary"))
    monkeypatch.setattr(sources, "SOURCES", ("diary", *SOURCES))
    (tmp_path / "diary").write_text("anna\nbert\n", encoding="utf-8")
    assert [each.id for each in read_patients(tmp_path, load_rules())] == ["anna", "bert"]  # type: ignore[union-attr]
    assert records_in(tmp_path) == ([tmp_path], ())


def test_a_folder_of_records_by_themselves_is_several_sources(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.json").write_text(json.dumps({"id": name}), encoding="utf-8")
    assert [each.name for each in records_in(tmp_path)[0]] == ["a.json", "b.json"]
    assert isinstance(__import__("importlib").import_module("screener.records.exports"), FolderOfRecords)
