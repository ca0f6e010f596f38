"""`screen check`, `screen format`, `screen schema`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import RECORD, RULES, Call


@pytest.fixture
def rules(folder: Path) -> Path:
    """A copy of the rules, to be broken."""
    return Path(shutil.copytree(RULES, folder / "rules"))


# ---- check


def test_rules_without_fault_pass_the_check(call: Call) -> None:
    assert call("check", str(RULES), rules=None) == (0, "2 rule files: nothing to complain about\n", "")


def test_the_rules_that_are_shipped_pass_the_check(call: Call) -> None:
    status, out, _ = call("check", rules=None)
    assert (status, out.endswith("nothing to complain about\n")) == (0, True)


def test_a_fault_in_the_rules_is_printed_with_its_place_and_ends_with_1(call: Call, rules: Path) -> None:
    trial = rules / "trials" / "NCT00000001.rules"
    trial.write_text(trial.read_text("utf-8").replace("history of gout", "history of goat"), encoding="utf-8")
    status, out, err = call("check", str(rules), rules=None)
    assert (status, err) == (1, "")
    assert "NCT00000001.rules:19:14" in out
    assert "help: did you mean `gout`?" in out
    assert out.endswith("\n1 error, 0 warnings\n")


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_check_of_nothing_is_no_check(call: Call, folder: Path, name: str) -> None:
    (folder / "empty").mkdir()
    status, out, err = call("check", name, rules=None)
    assert (status, out) == (2, "")
    assert err.startswith("error[no-rules]: ")


# ---- format


def test_what_is_formatted_stays_as_it_is(call: Call, rules: Path) -> None:
    before = {path: path.read_bytes() for path in rules.rglob("*.rules")}
    assert call("format", str(rules), rules=None) == (0, "", "")
    assert {path: path.read_bytes() for path in rules.rglob("*.rules")} == before


def test_format_writes_the_one_form_and_check_only_names_the_file(call: Call, rules: Path) -> None:
    trial = rules / "trials" / "NCT00000001.rules"
    formatted = trial.read_bytes()
    trial.write_bytes(formatted.replace(b"age >= 18 years", b"age   \xe2\x89\xa5 18   years"))
    unformatted = trial.read_bytes()
    assert call("format", "--check", str(trial), rules=None) == (1, f"would format {trial}\n", "")
    assert trial.read_bytes() == unformatted
    assert call("format", str(rules), rules=None) == (0, f"formatted {trial}\n", "")
    assert trial.read_bytes() == formatted
    assert call("format", "--check", str(trial), rules=None) == (0, "", "")


def test_a_file_with_an_error_is_shown_and_others_are_formatted(call: Call, folder: Path) -> None:
    (folder / "broken.rules").write_text("condition\n", encoding="utf-8")
    (folder / "loose.rules").write_text('condition   gout "Gout"\n', encoding="utf-8")
    status, out, err = call("format", "broken.rules", "loose.rules", rules=None)
    assert (status, out) == (2, "formatted loose.rules\n")
    assert "broken.rules:1" in err
    assert (folder / "broken.rules").read_text("utf-8") == "condition\n"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_formatted_gives_a_message(call: Call, folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / "odd.rules").write_bytes(content)
    status, out, err = call("format", "odd.rules", rules=None)
    assert (status, out) == (2, "")
    assert err.startswith("error[call]: `odd.rules` cannot be read: ")


def test_what_is_not_a_rule_file_is_never_rewritten(call: Call, folder: Path) -> None:
    (folder / "anna.json").write_text('{"id":   "anna"}', encoding="utf-8")
    assert call("format", "anna.json", rules=None) == (
        2,
        "",
        "error[call]: `anna.json` is not a rule file\nhelp: rule files are named `*.rules`\n",
    )
    assert (folder / "anna.json").read_text("utf-8") == '{"id":   "anna"}'


def test_a_file_with_an_error_in_one_block_keeps_all_of_them(call: Call, folder: Path) -> None:
    text = 'condition   gout "Gout"\n\ncondition\n'
    (folder / "half.rules").write_text(text, encoding="utf-8")
    status, out, _ = call("format", "half.rules", rules=None)
    assert (status, out) == (2, "")
    assert (folder / "half.rules").read_text("utf-8") == text


def test_a_folder_without_a_rule_file_is_said_so(call: Call, folder: Path) -> None:
    (folder / "empty").mkdir()
    assert call("format", "empty", rules=None) == (
        2,
        "",
        "error[call]: there is no rule file in `empty`\nhelp: name rule files, or folders of them\n",
    )


@pytest.mark.parametrize(("word", "verb"), [("chek", "check"), ("fromat", "format"), ("schemas", "schema")])
def test_a_misspelt_verb_is_offered(call: Call, word: str, verb: str) -> None:
    assert call(word, "--json", rules=None) == (
        2,
        "",
        f"error[call]: there is no command and no file `{word}`\nhelp: did you mean `screen {verb}`?\n",
    )


def test_a_record_that_is_named_almost_like_a_verb_is_a_record(call: Call, write) -> None:
    status, out, _ = call(write("chek"), "--json")
    assert (status, json.loads(out)["patient"]) == (0, "anna")


# ---- schema


def schema(call: Call, what: str) -> dict[str, object]:
    status, out, err = call("schema", what, rules=None)
    assert (status, err) == (0, "")
    read: dict[str, object] = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(read)
    return read


def test_a_record_fits_its_schema_and_a_misspelt_one_does_not(call: Call) -> None:
    validator = jsonschema.Draft202012Validator(schema(call, "record"))
    assert validator.is_valid(RECORD)
    assert not validator.is_valid({**RECORD, "brith_date": "1981"})


def test_the_schema_of_a_record_is_the_one_printed_by_default(call: Call) -> None:
    assert call("schema", rules=None) == call("schema", "record", rules=None)


def test_a_result_fits_its_schema(call: Call, write) -> None:
    validator = jsonschema.Draft202012Validator(schema(call, "result"))
    _, out, _ = call(write(), "--json")
    validator.validate(json.loads(out))


def test_another_schema_is_not_to_be_had(call: Call) -> None:
    status, out, err = call("schema", "patient", rules=None)
    assert (status, out) == (2, "")
    assert err.startswith("error[call]: argument what: invalid choice: `patient`")
