"""`screen --html`, `--markdown`, `--csv`, `--answers`, and `screen questions`."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest

from cli.conftest import RULES, Call

CONSENT = "NCT00000001/informed_consent"


# ---- --html


def test_a_page_is_written_and_named(call: Call, write, folder: Path) -> None:
    assert call(write(), "--html", "report.html") == (0, "wrote report.html: 1 patient\n", "")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>\n<html lang=")
    assert "Ferritin above 30 ug/L." in page
    assert page.rstrip().endswith("</html>")


def test_several_patients_are_one_page(call: Call, write, folder: Path) -> None:
    status, out, _ = call(write("a.json", id="anna"), write("b.json", id="berta"), "--html", "both.htm")
    assert (status, out) == (0, "wrote both.htm: 2 patients\n")
    page = (folder / "both.htm").read_text(encoding="utf-8")
    assert "<bdi>anna</bdi>" in page
    assert "<bdi>berta</bdi>" in page


def test_a_page_can_go_to_standard_output(call: Call, write) -> None:
    status, out, err = call(write(), "--html", "-")
    assert (status, err) == (0, "")
    assert out.startswith("<!doctype html>")


def test_a_bad_record_does_not_keep_the_others_from_the_page(call: Call, write, folder: Path) -> None:
    status, out, err = call(write("bad.json", sexx="female"), write("good.json"), "--html", "report.html")
    assert (status, out) == (2, "wrote report.html: 1 patient\n")
    assert "error[record]: `sexx` is not a field here" in err
    assert "<bdi>anna</bdi>" in (folder / "report.html").read_text(encoding="utf-8")


def test_without_a_usable_record_the_page_that_is_there_stays(call: Call, write, folder: Path) -> None:
    (folder / "report.html").write_text("before", encoding="utf-8")
    status, out, err = call(write(sexx="female"), "--html", "report.html")
    assert (status, out) == (2, "")
    assert err.endswith("note: no patient could be screened, so no page is written\n")
    assert (folder / "report.html").read_text(encoding="utf-8") == "before"


def test_a_page_takes_the_place_of_an_older_one_whole(call: Call, write, folder: Path) -> None:
    (folder / "report.html").write_text("an older page " * 100_000, encoding="utf-8")
    call(write(), "--html", "report.html")
    assert "an older page" not in (folder / "report.html").read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {"anna.json", "report.html"}


def test_a_page_that_cannot_be_written_leaves_nothing_behind(
    call: Call, write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, out, err = call(write(), "--html", "report.html")
    assert (status, out) == (2, "")
    assert err == (
        "error[call]: `report.html` cannot be written: no space left on device\nhelp: check who may write there\n"
    )
    assert {path.name for path in folder.iterdir()} == {"anna.json"}


def test_a_link_is_followed_and_stays_a_link(call: Call, write, folder: Path) -> None:
    (folder / "real.html").write_text("before", encoding="utf-8")
    (folder / "link.html").symlink_to("real.html")
    call(write(), "--html", "link.html")
    assert (folder / "link.html").is_symlink()
    assert "<!doctype html>" in (folder / "real.html").read_text(encoding="utf-8")


def test_a_new_page_is_for_its_owner_alone_and_one_that_is_there_keeps_its_mode(
    call: Call, write, folder: Path
) -> None:
    for mode in (0o600, 0o644):
        call(write(), "--html", "report.html")
        assert stat.S_IMODE((folder / "report.html").stat().st_mode) == mode
        (folder / "report.html").chmod(0o644)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (
            "anna.json",
            "error[call]: `anna.json` is not the name of a page\nhelp: name it `*.html`, or `-` for standard output\n",
        ),
        (
            "report",
            "error[call]: `report` is not the name of a page\nhelp: name it `*.html`, or `-` for standard output\n",
        ),
        ("taken.html", "error[call]: `taken.html` is there, and is not a file\nhelp: give the page another name\n"),
        (
            "none/report.html",
            "error[call]: `none/report.html` cannot be written: there is no folder `none`\n"
            "help: make the folder first\n",
        ),
    ],
)
def test_what_is_no_place_for_a_page_refuses_the_call(call: Call, write, folder: Path, file: str, message: str) -> None:
    (folder / "taken.html").mkdir()
    record = (folder / write()).read_text(encoding="utf-8")
    assert call("anna.json", "--html", file) == (2, "", message)
    assert (folder / "anna.json").read_text(encoding="utf-8") == record


@pytest.mark.parametrize("page", ["a.html", "./a.html"])
def test_a_record_is_not_written_over_by_a_page_of_its_name(call: Call, write, page: str) -> None:
    assert call(write("a.html"), "--html", page) == (
        2,
        "",
        f"error[call]: `{page}` is named as a record, too\nhelp: give the page another name\n",
    )


# ---- one form of a report


@pytest.mark.parametrize(
    ("forms", "named"),
    [
        (["--json", "--csv"], "`--json` and `--csv`"),
        (["--markdown", "--csv"], "`--markdown` and `--csv`"),
        (["--html", "a.html", "--json"], "`--json` and `--html`"),
        (["--html", "a.html", "--csv", "--markdown"], "`--markdown` and `--csv`"),
    ],
)
def test_a_call_has_one_form_of_report(call: Call, write, forms: list[str], named: str) -> None:
    assert call(write(), *forms) == (
        2,
        "",
        f"error[call]: {named} are two forms of one report\nhelp: call screen once for each\n",
    )


def test_markdown_is_printed_for_each_patient(call: Call, write) -> None:
    status, out, _ = call(write("a.json", id="anna"), write("b.json", id="berta"), "--markdown")
    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("# ")] == [
        "# Patient anna, as of Fri 20 Feb 2026",
        "# Patient berta, as of Fri 20 Feb 2026",
    ]


def test_csv_has_one_header_for_all_patients(call: Call, write) -> None:
    status, out, _ = call(
        write("a.json", id="anna"), write("bad.json", sexx="female"), write("b.json", id="berta"), "--csv"
    )
    assert status == 2
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["patient"] for row in rows] == ["anna"] * 4 + ["berta"] * 4


def test_csv_of_no_patient_is_nothing(call: Call, write) -> None:
    status, out, _ = call(write(sexx="female"), "--csv")
    assert (status, out) == (2, "")


def test_csv_ends_its_lines_alike_everywhere(write, monkeypatch: pytest.MonkeyPatch) -> None:
    from screener.cli import main

    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\r\n"))
    assert main([write(id="王芳"), "--csv", "--rules", str(RULES)]) == 0
    lines = raw.getvalue().decode("utf-8").split("\r\n")
    assert len(lines) == 6
    assert lines[1].startswith('"王芳","2026-02-20",')
    assert not any("\r" in line for line in lines)


# ---- questions, and answers back


ENOUGH = [{"name": "ferritin", "value": 40, "unit": "ug/L", "date": "2026-02-18"}]


def test_questions_are_listed(call: Call, write) -> None:
    status, out, err = call("questions", write(observations=ENOUGH))
    assert (status, err) == (0, "")
    assert out == (
        "Patient anna, as of Fri 20 Feb 2026: 1 open question\n"
        "\n"
        "NCT00000001  A trial of nothing much\n"
        "\n"
        "  - Participant: Has the participant agreed?\n"
        "    I3: Consent.\n"
        "    [ ] yes   [ ] no\n"
        f"    answer as `{CONSENT}`\n"
        "\n"
        "Pre-screening aid. Eligibility is the investigator's decision.\n"
        "\n"
    )


def test_questions_answered_and_given_back_settle_their_line(call: Call, write, folder: Path) -> None:
    _, out, _ = call("questions", "--fhir", write(observations=ENOUGH))
    [group] = json.loads(out)["item"]
    [item] = group["item"]
    response = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": {"reference": "Patient/anna"},
        "item": [{"linkId": item["linkId"], "answer": [{"valueBoolean": True}]}],
    }
    (folder / "response.json").write_text(json.dumps(response), encoding="utf-8")
    status, out, _ = call("anna.json", "--answers", "response.json", "--json")
    line = json.loads(out)["trials"][0]["criteria"][2]
    assert (status, line["status"]) == (0, "passed")
    assert line["evidence"][0]["source"] == f"response.json: answers.{CONSENT}"
    assert call("questions", "anna.json", "--answers", "response.json")[1].startswith(
        "Patient anna, as of Fri 20 Feb 2026: no open questions\n"
    )


def test_questionnaires_of_several_patients_are_one_a_line(call: Call, write) -> None:
    status, out, _ = call("questions", "--fhir", write("a.json", id="anna"), write("b.json", id="berta"))
    assert status == 0
    titles = [json.loads(line)["title"] for line in out.splitlines()]
    assert titles == [f"Open eligibility questions for patient {name}" for name in ("anna", "berta")]


def test_answers_in_the_native_form_are_taken_and_may_be_repeated(call: Call, write, folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps({"patient": "anna", "answers": {CONSENT: False}}), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps({"patient": "anna"}), encoding="utf-8")
    _, out, _ = call(write(), "--answers", "b.json", "--answers", "a.json", "--json")
    assert json.loads(out)["trials"][0]["criteria"][2]["status"] == "failed"


def test_answers_that_cannot_be_used_are_explained(call: Call, write, folder: Path) -> None:
    (folder / "a.json").write_text(
        json.dumps({"patient": "anna", "answers": {"NCT00000001/consent": True}}), encoding="utf-8"
    )
    status, out, err = call(write(), "--answers", "a.json")
    assert (status, out) == (2, "")
    assert err == (
        "error[record]: `consent` is not a question\n"
        "  --> a.json: answers.NCT00000001/consent\n"
        "help: it is one of `informed_consent`\n"
    )


def test_questions_of_nobody_are_refused(call: Call) -> None:
    assert call("questions") == (
        2,
        "",
        "error[call]: there is no patient to screen\nhelp: name the file of a record, or `-` for standard input\n",
    )
