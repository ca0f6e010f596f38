"""The table of forms: an option that a form cannot honour is refused in a sentence, and never ignored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.conftest import Call
from screener.report.forms import DEFAULT, FORMS, FURTHER, Asked, Report, Texts
from screener.report.worklists import Rows

VALUES = {"html": "-", "explain": "NCT00000001/I2", "out": "pages"}
ALL = (DEFAULT, *FORMS)


def option(name: str) -> list[str]:
    if name == "table":
        return []
    return [f"--{name}", VALUES[name]] if name in VALUES else [f"--{name}"]


@pytest.mark.parametrize("further", FURTHER)
@pytest.mark.parametrize("form", ALL, ids=lambda form: form.name)
def test_what_a_form_cannot_tell_is_refused_and_what_it_can_is_told(call: Call, write, form, further: str) -> None:
    status, out, err = call(write(), *option(form.name), f"--{further}")
    if further in form.further:
        assert (status, err) == (0, "")
        assert out != call("anna.json", *option(form.name))[1]
        return
    assert (status, out) == (2, "")
    able = [f"`{each.option}`" for each in FORMS if further in each.further]
    assert err == (
        f"error[call]: `--{further}` changes nothing in `--{form.name}`\n"
        f"help: leave it out, or ask for {' or '.join(able)}\n"
    )


@pytest.mark.parametrize("further", FURTHER)
def test_of_several_patients_the_table_cannot_tell_more_and_prints_nothing(call: Call, write, further: str) -> None:
    status, out, err = call(write(), write("b.json", id="bert"), f"--{further}")
    assert (status, out) == (2, "")
    assert err == (
        f"error[call]: `--{further}` is for one patient, and this call has several\n"
        "help: add `--full` or `--json`, which tell it of each patient\n"
    )


def test_of_one_usable_patient_among_several_records_the_table_tells_more(call: Call, write) -> None:
    status, out, _ = call(write(), "missing.json", "--distance")
    assert (status, "How far from each trial" in out) == (2, True)


def test_of_each_patient_full_and_json_tell_more(call: Call, write) -> None:
    files = write(), write("b.json", id="bert")
    assert call(*files, "--full", "--distance")[1].count("How far from each trial") == 2
    assert ["distance" in json.loads(line) for line in call(*files, "--json", "--distance")[1].splitlines()] == [
        True
    ] * 2


def test_a_line_of_a_trial_that_is_left_out_cannot_be_explained(call: Call, write) -> None:
    rules = Path(__file__).parents[2] / "rules"
    status, out, err = call(write(), "--explain", "NCT07409259/I3", "--trial", "NCT05985863", rules=rules)
    assert (status, out) == (2, "")
    assert err == ("error[call]: `--trial` leaves out the trial of `NCT07409259/I3`\nhelp: add `--trial NCT07409259`\n")


@pytest.mark.parametrize("command", ["questions", "review"])
@pytest.mark.parametrize("other", ["--advice", "--json", "--jobs=2"])
def test_a_command_takes_no_options_of_a_report(call: Call, write, command: str, other: str) -> None:
    status, out, err = call(command, write(), other)
    assert (status, out) == (2, "")
    assert err == f"error[call]: unrecognized arguments: {other}\nhelp: see `screen {command} --help`\n"


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.name)
def test_a_line_of_the_table_says_what_its_class_is(form) -> None:
    report = form.report(Asked(VALUES.get(form.name)))
    assert isinstance(report, Report)
    assert isinstance(report, Texts | Rows) == form.with_jobs
    assert isinstance(report, Rows) == form.is_worklist
    assert type(report).end is not Report.end or form.is_each, "what gathers patients prints them at the end"


# ---- help


def commands() -> list[list[str]]:
    from screener.cli.commands import COMMANDS

    return [[], *([name] for name in COMMANDS), ["terminology", "build"], ["terminology", "explain"]]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_keeps_to_80_columns_and_names_every_form_and_command(call: Call, command: list[str]) -> None:
    status, out, err = call(*command, "--help", rules=None)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    if not command:
        assert [form.option for form in FORMS if f"  {form.option}" not in out] == []
        assert [one for [one] in commands()[1:-2] if f"  {one} " not in out] == []
