"""A report as a file: whole or not at all, and readable by its owner alone unless somebody has decided otherwise."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from screener.records import whole_files
from screener.report.files import write_whole


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_report_is_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "page.html", "ä")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "page.html"), (tmp_path / "page.html").read_bytes()) == (0o600, "ä".encode())


@pytest.mark.parametrize("kept", [0o644, 0o660, 0o400])
def test_a_report_that_is_there_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    place = tmp_path / "page.html"
    place.write_text("old", encoding="utf-8")
    place.chmod(kept)
    link = tmp_path / "link.html"
    link.symlink_to(place)
    for written in (place, link):
        write_whole(written, "new")
        assert (mode(place), place.read_text(encoding="utf-8")) == (kept, "new")
    assert link.is_symlink()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_report_that_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def full(_: int) -> None:
        raise error

    place = tmp_path / "page.html"
    place.write_text("old", encoding="utf-8")
    monkeypatch.setattr(whole_files.os, "fsync", full)
    for written in (place, tmp_path / "other.html"):
        with pytest.raises(type(error)):
            write_whole(written, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    assert place.read_text(encoding="utf-8") == "old"
