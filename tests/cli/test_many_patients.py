"""Several patients in one call: the worklist, also behind each in full; one bad record keeps nobody else out."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from cli.conftest import RECORD, Call


def three(write) -> list[str]:
    ferritin = [{"name": "ferritin", "value": 40, "unit": "ug/L", "date": "2026-02-18"}]
    return [
        write("a.json"),
        write("b.json", id="bert", observations=None),
        write("c.json", id="cleo", observations=ferritin),
    ]


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_several_patients_in_full_end_in_their_worklist(call: Call, write) -> None:
    files = three(write)
    status, out, err = call("--full", *files)
    assert (status, err) == (0, "")
    worklist = call(*files)[1]
    assert out.endswith(worklist)
    places = [out.index(each) for each in ("Patient anna", "Patient bert", "Patient cleo", worklist)]
    assert places == sorted(places)
    assert worklist not in call("--full", files[0])[1]


@pytest.mark.parametrize("form", ["folder", "ndjson", "gzip", "standard input"])
def test_a_folder_and_lines_are_as_many_patients(
    call: Call, write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    files = three(write)
    expected = squeezed(call(*files)[1])
    lines = "\n".join(Path(file).read_text(encoding="utf-8") for file in files).encode()
    match form:
        case "folder":
            folder = tmp_path / "ward"
            folder.mkdir()
            for file in files:
                Path(file).rename(folder / file)
            source = "ward"
        case "ndjson":
            Path("ward.ndjson").write_bytes(lines)
            source = "ward.ndjson"
        case "gzip":
            Path("ward.ndjson.gz").write_bytes(gzip.compress(lines))
            source = "ward.ndjson.gz"
        case _:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
            source = "-"
    status, out, err = call(source)
    assert (status, err, squeezed(out)) == (0, "", expected)


def test_a_bad_record_is_reported_and_the_others_go_on(call: Call, write) -> None:
    good = three(write)
    bad = write("bad.json", sexx="female")
    status, out, err = call(good[0], bad, "missing.json", *good[1:])
    assert status == 2
    assert "`sexx` is not a field here" in err
    assert "missing.json" in err
    assert out.startswith("3 patients, 1 trial, the nearest first")
    listed = out[out.index("Could not be used, as said above") :]
    assert "  bad.json: sexx: `sexx` is not a field here" in listed
    assert "  missing.json: there is no such file" in listed


def test_one_good_record_beside_a_bad_one_is_shown_as_a_sheet(call: Call, write) -> None:
    status, out, _ = call(write(), "missing.json")
    assert status == 2
    assert out == call(write())[1]
    assert out.startswith("anna ")
    assert "patients screened" not in out


def test_where_no_record_is_good_nothing_is_printed(call: Call) -> None:
    status, out, err = call("one.json", "two.json")
    assert (status, out) == (2, "")
    assert err.count("there is no such file") == 2


def test_quiet_is_a_line_for_each_trial(call: Call, write) -> None:
    status, out, err = call("--quiet", *three(write))
    assert (status, err) == (0, "")
    assert [line.split("\t") for line in out.splitlines()] == [
        ["anna", "NCT00000001", "ineligible", "ruled out"],
        ["bert", "NCT00000001", "undetermined", "open"],
        ["cleo", "NCT00000001", "undetermined", "open"],
    ]


def test_quiet_tells_errors_but_no_notes(call: Call, write) -> None:
    status, out, err = call("--quiet", write(as_of=None), "missing.json")
    assert (status, out.count("\n")) == (2, 1)
    assert "note:" not in err
    assert "there is no such file" in err


def test_two_forms_of_one_report_are_refused(call: Call, write) -> None:
    for forms in (("--quiet", "--json"), ("--full", "--json"), ("--explain", "NCT00000001/I2", "--quiet")):
        status, out, err = call(*forms, write())
        assert (status, out) == (2, "")
        assert "are two forms of one report" in err


def test_an_id_that_could_move_the_cursor_is_shown_as_text(call: Call, write) -> None:
    out = call(write(), write("b.json", id="b\x1b[2Jert\n"))[1]
    assert "\x1b" not in out
    assert "b [2Jert" in out


# ---- colour and width


def test_there_is_colour_only_for_a_terminal(call: Call, write, monkeypatch: pytest.MonkeyPatch) -> None:
    files = three(write)
    assert "\x1b" not in call(*files)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in call(*files, "--full")[1]
    assert "\x1b[" in call(files[0], "--full")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in call(*files)[1]
    assert "31m" not in call(files[0], "--full")[1]


# ---- progress


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_somebody_who_watches_sees_how_many_are_done(call: Call, write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    lines = "\n".join(json.dumps({**RECORD, "id": f"p{number}"}) for number in range(30))
    Path("ward.ndjson").write_text(lines, encoding="utf-8")
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    status, out, _ = call("ward.ndjson", "--json")
    assert (status, len(out.splitlines())) == (0, 30)
    assert "patients screened" in screen.getvalue()


def test_one_patient_needs_no_progress(call: Call, write, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    assert call(write())[0] == 0
    assert screen.getvalue() == ""
