"""Files with one fault each: what is said about them, from parser and checker together, word for word.

A fault is a `.rules` file that needs nothing beside it but the registry records (`.json`) in this folder; the `.txt`
of the same name holds the whole report. The report must be the one that `screen check` would print.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from screener.language.checker import Checked, check_texts
from screener.language.formatter import format_text

FOLDER = Path(__file__).parent
FAULTS = sorted(FOLDER.glob("*.rules"))
RECORDS = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

fault = pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)


def checked(path: Path) -> Checked:
    return check_texts({path.name: path.read_text(encoding="utf-8")}, RECORDS, "sha256:faults")


def test_the_faults_are_found_and_each_has_its_report() -> None:
    assert len(FAULTS) >= 55
    assert {path.stem for path in FAULTS} == {path.stem for path in FOLDER.glob("*.txt")}


@fault
def test_the_report_is_this_word_for_word(path: Path) -> None:
    assert checked(path).report == path.with_suffix(".txt").read_text(encoding="utf-8")


@fault
def test_one_fault_is_reported_once(path: Path) -> None:
    assert len(checked(path).diagnostics) == 1


@fault
def test_messages_are_lower_case_without_a_full_stop(path: Path) -> None:
    (problem,) = checked(path).diagnostics
    assert problem.message[0] == "`" or problem.message[0].islower() or problem.message.split()[0].isupper()
    for part in (problem.message, problem.label, problem.help):
        assert not part.endswith(".")


@fault
def test_a_fault_in_the_wording_is_never_mended_by_formatting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    problem = checked(path).diagnostics[0]
    after = check_texts({path.name: format_text(text)}, RECORDS, "sha256:faults").diagnostics
    assert [each.code for each in after] == [problem.code] or problem.code == "tab"
