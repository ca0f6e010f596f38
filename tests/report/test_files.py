"""Reports as files: whole or not at all, and for their owner's eyes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from screener.report.files import write_whole


def mode_of(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def test_a_new_report_is_its_owners_alone(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    write_whole(place, "the report")
    assert (place.read_text(encoding="utf-8"), mode_of(place)) == ("the report", 0o600)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664])
def test_a_report_that_is_there_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text("the last report", encoding="utf-8")
    place.chmod(mode)
    write_whole(place, "the report")
    assert (place.read_text(encoding="utf-8"), mode_of(place)) == ("the report", mode)


def test_a_link_is_followed(tmp_path: Path) -> None:
    place, link = tmp_path / "report.html", tmp_path / "latest.html"
    place.write_text("the last report", encoding="utf-8")
    link.symlink_to(place)
    write_whole(link, "the report")
    assert link.is_symlink()
    assert place.read_text(encoding="utf-8") == "the report"


def test_a_report_that_cannot_be_encoded_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text("the last report", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        write_whole(place, "half a character: \ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert place.read_text(encoding="utf-8") == "the last report"
