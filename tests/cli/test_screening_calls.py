"""`screen PATIENT…`: what is asked, what is printed where, and the exit status."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import RULES, Call
from screener.schema import result_schema
from screener.version import __version__


def statuses(line: str) -> dict[str, str]:
    [trial] = json.loads(line)["trials"]
    return {criterion["id"]: criterion["status"] for criterion in trial["criteria"]}


def feed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))


# ---- what is printed


def test_json_is_one_object_on_one_line(call: Call, write) -> None:
    status, out, err = call(write(), "--json")
    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    assert statuses(out) == {"I1": "passed", "I2": "failed", "I3": "unknown", "E1": "passed"}


def test_several_patients_are_one_object_a_line_in_the_order_of_the_call(call: Call, write) -> None:
    status, out, _ = call(write("b.json", id="berta"), write("a.json"), write("c.json", id="carl"), "--json")
    assert status == 0
    assert [json.loads(line)["patient"] for line in out.splitlines()] == ["berta", "anna", "carl"]


def test_options_may_stand_between_patients(call: Call, write) -> None:
    status, out, _ = call(write("a.json"), "--json", write("b.json"))
    assert status == 0
    assert len(out.splitlines()) == 2


def test_a_record_comes_from_standard_input(call: Call, write, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, (folder / write()).read_bytes())
    status, out, _ = call("-", "--json")
    assert status == 0
    assert json.loads(out)["patient"] == "anna"


def test_json_is_utf_8_whatever_the_terminal_speaks(write, monkeypatch: pytest.MonkeyPatch) -> None:
    from screener.cli import main

    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main([write(id="王芳"), "--json", "--rules", str(RULES)]) == 0
    assert json.loads(raw.getvalue().decode("utf-8"))["patient"] == "王芳"


def test_a_table_for_a_terminal_without_the_letters_loses_letters_and_nothing_else(
    write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from screener.cli import main

    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main([write(id="王芳"), "--full", "--rules", str(RULES)]) == 0
    assert b"Patient ??, as of Fri 20 Feb 2026" in raw.getvalue()


def test_the_version_is_printed(call: Call) -> None:
    assert call("--version", rules=None) == (0, f"screener {__version__}\n", "")


# ---- what can be asked


def test_json_tells_what_changes_by_itself_where_it_is_asked_for(call: Call, write) -> None:
    _, out, _ = call(write(), "--json")
    assert "when" not in json.loads(out)
    status, out, err = call(write(), "--json", "--when")
    assert (status, err) == (0, "")
    told = json.loads(out)
    jsonschema.Draft202012Validator(result_schema()).validate(told)
    assert (told["when"]["as_of"], told["when"]["until"]) == ("2026-02-20", "2028-02-20")
    [trial] = told["when"]["trials"]
    assert [(each["date"], each["criterion"]) for each in trial["changes"]] == [
        ("2026-02-26", "I2"),
        ("2026-05-20", "E1"),
    ]


def test_one_trial_can_be_asked_for(call: Call, write) -> None:
    status, out, _ = call(write(), "--json", "--trial", "NCT00000001")
    assert status == 0
    assert [trial["id"] for trial in json.loads(out)["trials"]] == ["NCT00000001"]


def test_an_unknown_trial_refuses_the_call_before_any_patient_is_read(call: Call, write) -> None:
    status, out, err = call(write(), "--json", "--trial", "NCT00000002")
    assert (status, out) == (2, "")
    assert err == ("error[call]: `NCT00000002` is not a trial of these rules\nhelp: did you mean `NCT00000001`?\n")


@pytest.mark.parametrize(
    ("as_of", "adult"), [("1999-05-03", "failed"), ("1999-05-04", "passed"), ("1999-05-05", "passed")]
)
def test_the_day_of_the_call_goes_before_the_day_of_the_record(call: Call, write, as_of: str, adult: str) -> None:
    _, out, _ = call(write(), "--json", "--as-of", as_of)
    assert json.loads(out)["as_of"] == as_of
    assert statuses(out)["I1"] == adult


@pytest.mark.parametrize("day", ["2026-02-30", "2026-02", "20260220", "2026-W08-5", "2026-02-20T08:00", "today", ""])
def test_a_day_is_written_in_one_way(call: Call, write, day: str) -> None:
    status, out, err = call(write(), f"--as-of={day}")
    assert (status, out) == (2, "")
    assert err == f"error[call]: argument --as-of: `{day}` is not a day: write YYYY-MM-DD\nhelp: see `screen --help`\n"


def test_with_no_day_anywhere_today_is_taken_and_said_so(call: Call, write) -> None:
    status, out, err = call(write(as_of=None), "--json")
    result = json.loads(out)
    today = date.today().isoformat()  # noqa: DTZ011
    note = f"neither the record nor the call has a date of screening, so today is taken, {today}"
    assert status == 0
    assert result["as_of"] == today
    assert note in result["notes"]
    assert err == f"note: {note}\n"


def test_that_today_is_taken_is_told_once_for_all_patients(call: Call, write) -> None:
    name = write(as_of=None)
    _, out, err = call(name, name, name, "--json")
    note = f"neither the record nor the call has a date of screening, so today is taken, {date.today().isoformat()}"  # noqa: DTZ011
    assert err == f"note: {note}, for 3 patients\n"
    assert all(note in json.loads(line)["notes"] for line in out.splitlines())


def test_a_list_can_be_taken_as_complete(call: Call, write) -> None:
    name = write(conditions=None)
    assert statuses(call(name, "--json")[1])["E1"] == "unknown"
    _, out, _ = call(name, "--json", "--assume-complete", "conditions, procedures")
    [trial] = json.loads(out)["trials"]
    assert [(each["status"], each["basis"]) for each in trial["criteria"] if each["id"] == "E1"] == [
        ("passed", "assumed")
    ]


def test_a_list_that_no_record_has_refuses_the_call(call: Call, write) -> None:
    status, out, err = call(write(), "--assume-complete", "condition")
    assert (status, out) == (2, "")
    assert err == "error[call]: `condition` is not a list of a record\nhelp: did you mean `conditions`?\n"


@pytest.mark.parametrize(("within", "status"), [("1 day", "unknown"), ("2 days", "failed"), ("1 week", "failed")])
def test_how_old_results_may_be_can_be_said(call: Call, write, within: str, status: str) -> None:
    assert statuses(call(write(), "--json", "--labs-within", within)[1])["I2"] == status


@pytest.mark.parametrize("within", ["14", "a fortnight", "-1 days", "14 days ago", "1.5 days"])
def test_a_length_of_time_is_a_number_and_a_unit(call: Call, write, within: str) -> None:
    status, out, err = call(write(), f"--labs-within={within}")
    assert (status, out) == (2, "")
    assert err.startswith(f"error[call]: argument --labs-within: `{within}` is not a length of time: write ")


# ---- what goes wrong


def test_other_records_of_the_call_go_on(call: Call, write, folder: Path) -> None:
    (folder / "broken.json").write_text("{", encoding="utf-8")
    status, out, err = call(write("a.json"), "broken.json", write("c.json", id="carl"), "--json")
    assert status == 2
    assert [json.loads(line)["patient"] for line in out.splitlines()] == ["anna", "carl"]
    assert "broken.json" in err


@pytest.mark.parametrize(
    "content", [b"", b"   ", b"{", b"null", b"[]", b"\xff\xfe\x00", b"\x00" * 20, b"[" * 100_000, b'{"id": "\\ud800"}']
)
@pytest.mark.parametrize("form", ["--json", "--trial=NCT00000001"])
def test_a_file_that_is_no_record_gives_a_message_and_nothing_else(
    call: Call, folder: Path, content: bytes, form: str
) -> None:
    (folder / "p.json").write_bytes(content)
    status, out, err = call("p.json", form)
    assert (status, out) == (2, "")
    assert err.startswith("error[record]: ")
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["nowhere.json", ".", "a\0b", "x" * 5000])
def test_a_file_that_cannot_be_read_gives_a_message(call: Call, name: str) -> None:
    status, out, err = call(name, "--json")
    assert (status, out) == (2, "")
    assert err.startswith("error[record]: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [""],
            "error[call]: a patient has an empty name\n"
            "help: name the file of a record; in a script, see what is empty\n",
        ),
        (
            [],
            "error[call]: there is no patient to screen\nhelp: name the file of a record, or `-` for standard input\n",
        ),
        (["-", "-"], "error[call]: standard input can be read only once\nhelp: write `-` once\n"),
        (["p.json", "--tril=X"], "error[call]: unrecognized arguments: --tril=X\nhelp: see `screen --help`\n"),
        (["--trial"], "error[call]: argument --trial: expected one argument\nhelp: see `screen --help`\n"),
        (
            ["p.json", "check"],
            "error[call]: `check` is a command, so it has to come first\n"
            "help: for a file of that name, write `./check`\n",
        ),
    ],
)
def test_a_call_that_cannot_be_followed_says_what_to_write(call: Call, arguments: list[str], message: str) -> None:
    assert call(*arguments, rules=None) == (2, "", message)


def test_options_are_never_abbreviated(call: Call, write) -> None:
    status, out, _ = call(write(), "--js")
    assert (status, out) == (2, "")


def test_rules_that_cannot_be_used_print_their_problems_and_screen_nobody(call: Call, write, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "one.rules").write_text("condition gout\n  nonsense\n", encoding="utf-8")
    status, out, err = call(write(), "--json", rules=folder / "rules")
    assert (status, out) == (2, "")
    assert "one.rules:2" in err


def test_a_folder_without_rules_is_said_to_have_none(call: Call, write, folder: Path) -> None:
    status, out, err = call(write(), "--json", rules=folder / "nothing")
    assert (status, out) == (2, "")
    assert err.startswith("error[no-rules]: ")


def test_a_file_named_like_a_verb_is_reached_by_its_path(call: Call, write) -> None:
    name = write("check")
    status, out, _ = call(f"./{name}", "--json")
    assert status == 0
    assert json.loads(out)["patient"] == "anna"
