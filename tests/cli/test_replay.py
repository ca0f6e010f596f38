"""`screen replay`: the same answers again, or what differs and what has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import RULES, Call
from screener.report.replay import _where_they_differ


@pytest.fixture
def keep(call: Call, write, folder: Path):
    """Screen a record, and keep the result in a file, changed as asked."""

    def keep(*arguments: str, record: str | None = None, **changes: Any) -> str:
        form = () if "--compact" in arguments else ("--json",)
        out = call(record or write(), *form, *arguments)[1]
        (folder / "result.json").write_text(json.dumps({**json.loads(out), **changes}), encoding="utf-8")
        return "result.json"

    return keep


SAME = "patient anna, as of Fri 20 Feb 2026\n"


def told(call: Call, *arguments: str, **options: Any) -> tuple[int, list[str]]:
    status, out, err = call("replay", *arguments, **options)
    assert err == ""
    return status, [line for line in out.splitlines()[1:] if "does not say its options" not in line]


def test_the_same_record_and_rules_give_the_same(call: Call, keep) -> None:
    assert told(call, keep(), "anna.json") == (0, ["the same: 1 verdict and 4 lines"])


def test_another_value_is_a_difference_with_both_explanations(call: Call, keep, write) -> None:
    result = keep()
    write(observations=[{"name": "ferritin", "value": 40, "unit": "ug/L", "date": "2026-02-18"}])
    status, lines = told(call, result, "anna.json")
    assert status == 1
    assert lines[:5] == [
        "these answers differ:",
        "  NCT00000001: ruled out then, open now",
        "  NCT00000001/I2: against then, passed now",
        "      explanation then: Ferritin 12 ug/L on 18 Feb 2026, not above 30 ug/L",
        "      explanation now:  Ferritin 40 ug/L on 18 Feb 2026, above 30 ug/L",
    ]


def test_what_is_printed_has_80_columns_and_hangs_behind_its_lead(call: Call, keep) -> None:
    """However long the explanations are, and what a word of them is."""
    result = json.loads(Path(keep()).read_text("utf-8"))
    line = result["trials"][0]["criteria"][1]
    line["status"], line["explanation"] = "unknown", f"Ferritin {'as somebody told us ' * 12}{'x' * 100} is not known"
    result["origins"]["read_with"]["locale"] = "de"
    Path("result.json").write_text(json.dumps(result), encoding="utf-8")
    _, lines = told(call, "result.json", "anna.json")
    assert max(len(each) for each in lines if "x" * 60 not in each) <= 80
    begin = next(place for place, each in enumerate(lines) if each.startswith("      explanation then: "))
    assert lines[begin + 1].startswith(" " * len("      explanation then: "))


def test_another_result_behind_the_same_status_is_a_difference(call: Call, keep, write) -> None:
    result = keep()
    write(observations=[{"name": "ferritin", "value": 13, "unit": "ug/L", "date": "2026-02-18"}])
    status, lines = told(call, result, "anna.json")
    assert (status, lines[1]) == (1, "  NCT00000001/I2: against as before, with another explanation")


def test_of_a_line_that_only_changed_its_words_no_text_is_printed(call: Call, keep) -> None:
    result = json.loads(Path(keep()).read_text("utf-8"))
    line = result["trials"][0]["criteria"][1]
    line["explanation"] = f"As of {line['explanation']} or so"
    Path("result.json").write_text(json.dumps(result), encoding="utf-8")
    status, lines = told(call, "result.json", "anna.json")
    assert (status, lines) == (
        1,
        ["these answers differ:", f"  NCT00000001/{line['id']}: against as before, in other words"],
    )


@pytest.mark.parametrize(
    ("then", "now", "shown"),
    [
        ("INR 1.8", "INR 1.9", ("INR 1.8", "INR 1.9")),
        (
            f"{'word ' * 30}INR 1.8 on 18 Feb{' end' * 30}",
            f"{'word ' * 30}INR 1.9 on 18 Feb{' end' * 30}",
            ("… word word word INR 1.8 on 18 Feb end …", "… word word word INR 1.9 on 18 Feb end …"),
        ),
        (
            f"INR 1.8 {'word ' * 20}bilirubin 7 on 18 Feb {'word ' * 20}end",
            f"INR 1.9 {'word ' * 20}bilirubin 8 on 18 Feb {'word ' * 20}end",
            (
                "INR 1.8 word word word word … word word word bilirubin 7 on 18 Feb word …",
                "INR 1.9 word word word word … word word word bilirubin 8 on 18 Feb word …",
            ),
        ),
        ("one " * 30, "one " * 29, ("… one one one one one", "… one one one one")),
    ],
)
def test_of_long_explanations_what_differs_is_shown(then: str, now: str, shown: tuple[str, str]) -> None:
    assert _where_they_differ(then, now) == shown


def test_other_rules_are_named_as_what_has_changed(call: Call, keep, folder: Path) -> None:
    result = keep()
    rules = Path(shutil.copytree(RULES, folder / "rules"))
    trial = rules / "trials" / "NCT00000001.rules"
    trial.write_text(trial.read_text("utf-8").replace("age >= 18 years", "age >= 17 years"), encoding="utf-8")
    status, lines = told(call, result, "anna.json", rules=rules)
    assert status == 1
    assert lines[-2] == "what they rest on has changed:"
    assert lines[-1].startswith("  the rules: sha256:")


def test_a_trial_and_a_line_that_are_gone_are_named(call: Call, keep) -> None:
    result = json.loads(Path(keep()).read_text("utf-8"))
    [trial] = result["trials"]
    trial["criteria"].append({**trial["criteria"][0], "id": "I9"})
    result["trials"].append({**trial, "id": "NCT00000009"})
    Path("result.json").write_text(json.dumps(result), encoding="utf-8")
    assert told(call, "result.json", "anna.json") == (
        1,
        [
            "these answers differ:",
            "  NCT00000001/I9 is no line of the trial any more",
            "  NCT00000009 is no trial of the rules any more",
        ],
    )


def test_what_changed_without_changing_an_answer_is_said(call: Call, keep) -> None:
    status, lines = told(call, keep(screener="0.0.1"), "anna.json")
    assert (status, lines[:2]) == (0, ["the same: 1 verdict and 4 lines", "though what they rest on has changed:"])
    assert lines[2].startswith("  the version of screener: 0.0.1 then, ")


def test_the_day_and_the_options_of_the_result_are_asked_for_again(call: Call, keep, write) -> None:
    record = write(conditions=None, as_of=None)
    called = ("--as-of", "2026-02-20", "--assume-complete", "conditions", "--labs-within", "1 day")
    result = keep(*called, record=record)
    assert call("replay", result, record) == (0, f"{SAME}the same: 1 verdict and 4 lines\n", "")
    status, out, _ = call("replay", keep(*called, record=record, options={}), record)
    assert (status, "it is replayed without any" in out) == (1, True)


def test_a_compact_result_is_replayed_as_well(call: Call, keep, write) -> None:
    assert told(call, keep("--compact"), "anna.json") == (0, ["the same: 1 verdict and 4 lines"])
    write(observations=None)
    status, lines = told(call, "result.json", "anna.json")
    assert (status, lines[2]) == (1, "  NCT00000001/I2: against then, open now")


def test_everything_a_record_was_read_with_is_named_where_it_has_changed(call: Call, keep, write, folder: Path) -> None:
    (folder / "codes.csv").write_text("system,code,name,unit\nhere,F1,ferritin,ug/L\n", encoding="utf-8")
    review = {"on": "2026-02-18", "by": "a nurse", "looked_at": "the chart", "covers": "ever", "none_of": ["gout"]}
    (folder / "given.json").write_text(json.dumps({"patient": "anna", "reviews": [review]}), encoding="utf-8")
    result = keep("--codes", "codes.csv", "--locale", "de", "--answers", "given.json")
    status, lines = told(call, result, "anna.json")
    assert (status, lines[:2]) == (0, ["the same: 1 verdict and 4 lines", "though what they rest on has changed:"])
    assert [line.partition(":")[0].strip() for line in lines[2:]] == [
        "the facts of the record",
        "the locale",
        "the tables of codes",
        "the answers given with the record",
    ]
    assert lines[3] == "  the locale: de then, none now"
    assert told(call, result, "anna.json", "--codes", "codes.csv", "--locale", "de", "--answers", "given.json") == (
        0,
        ["the same: 1 verdict and 4 lines"],
    )


def test_a_sites_file_has_no_say_in_the_options_of_a_result(call: Call, keep, folder: Path) -> None:
    result = keep()
    text = '[freshness]\nlabs_within = "1 day"\nby = "Dr Li"\non = 2026-01-10\n'
    (folder / "screener.toml").write_text(text, encoding="utf-8")
    (folder / "screener.toml").chmod(0o644)
    assert told(call, result, "anna.json") == (0, ["the same: 1 verdict and 4 lines"])


def test_of_several_patients_the_one_of_the_result_is_replayed(call: Call, keep, write, folder: Path) -> None:
    result = keep()
    lines = [Path(each).read_text("utf-8") for each in ("anna.json", write("b.json", id="bert"))]
    (folder / "ward.ndjson").write_text("\n".join(lines), encoding="utf-8")
    assert told(call, result, "ward.ndjson") == (0, ["the same: 1 verdict and 4 lines"])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{}", "`result.json` is not a result of one patient"),
        ('{"patient": "anna", "as_of": "2026-02-30", "trials": []}', "`result.json` is not a result of one patient"),
        ('{"patient": "anna", "as_of": "2026-02-20", "trials": [{}]}', "`result.json` is not a result of one patient"),
        ("{}\n{}", "`result.json` is not a result: it holds more than one JSON text"),
        ("nothing", "`result.json` is not a result: "),
    ],
)
def test_what_is_no_result_is_refused(call: Call, write, folder: Path, content: str, fault: str) -> None:
    (folder / "result.json").write_text(content, encoding="utf-8")
    status, out, err = call("replay", "result.json", write())
    assert (status, out) == (2, "")
    assert err.startswith(f"error[call]: {fault}")
    assert err.endswith("help: give what `screen --json` printed of one patient\n")


def test_the_record_of_somebody_else_is_refused(call: Call, keep, write) -> None:
    result = keep()
    assert call("replay", result, write("b.json", id="bert")) == (
        2,
        "",
        "error[call]: `b.json` has nobody of the id `anna`\nhelp: give the record of the result\n",
    )


def test_a_record_that_cannot_be_read_is_explained(call: Call, keep) -> None:
    status, out, err = call("replay", keep(), "missing.json")
    assert (status, out, "there is no such file" in err) == (2, "", True)


@pytest.mark.parametrize("form", ["screener-result/1", "screener-result/3", 2, None])
def test_a_result_of_another_format_is_not_compared(call: Call, keep, form: Any) -> None:
    status, _, err = call("replay", keep(format=form), "anna.json")
    assert status == 2
    assert "`result.json` is a result of the format" in err


@pytest.mark.parametrize(
    "options",
    [
        5,
        [],
        None,
        {"labs_within": 5},
        {"assume_complete": 5},
        {"assume_complete": "conditions"},
        {"assume_complete": [{}]},
        {"trials": 5},
    ],
)
def test_a_result_whose_options_nobody_can_read_is_refused(call: Call, keep, options: Any) -> None:
    status, _, err = call("replay", keep(options=options), "anna.json")
    assert status == 2
    assert "`result.json` is not a result of one patient" in err
