"""One criterion with the whole tree of its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import Call

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"
EXPLAINED = """\
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
NCT00000001/I2  AGAINST  patient anna, as of Fri 20 Feb 2026
inclusion: Ferritin above 30 ug/L.

    ferritin > 30 ug/L

AGAINST
└── does not hold: Ferritin 12 ug/L on 18 Feb 2026, not above 30 ug/L

    on record  ferritin 12 ug/L, 18 Feb 2026 (observations[0])

"""


def test_a_criterion_is_explained_whole(call: Call, write) -> None:
    assert call("--explain", "NCT00000001/I2", write()) == (0, EXPLAINED, "")


def test_parts_that_decided_nothing_are_told_too(call: Call) -> None:
    status, out, _ = call(
        "--explain",
        "NCT03863002/I2",
        str(EXAMPLES / "score-with-two-readings.json"),
        "--trial",
        "NCT03863002",
        rules=None,
    )
    assert status == 0
    assert out.count("holds: all of these") >= 2
    assert "└── open: Investigator to answer: “Does the patient have chronic" in out
    assert "does not hold: not" in out


def test_a_score_is_told_term_by_term_in_each_reading(call: Call) -> None:
    status, out, _ = call("--explain", "NCT07409259/I3", str(EXAMPLES / "score-with-two-readings.json"), rules=None)
    assert status == 0
    assert "AGAINST\n└── does not hold: COSSH-ACLF II 7.62, not below 7.4\n    ├── 1.30  1.649 × ln(INR)" in out
    assert "├── 0  0.457 × West Haven grade of hepatic encephalopathy" in out
    assert "needs  Ask the sponsor: " in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("I2", "`I2` does not name a criterion\nhelp: write TRIAL/LINE"),
        ("NCT00000009/I2", "`NCT00000009` is not a trial of these rules\nhelp: did you mean `NCT00000001`?"),
        ("NCT00000001/I9", "`I9` is not a criterion of NCT00000001\nhelp: it is one of"),
        ("NCT00000001/", "`` is not a criterion of NCT00000001\nhelp: it is one of"),
    ],
)
def test_a_criterion_that_is_not_there_is_refused(call: Call, write, name: str, message: str) -> None:
    status, out, err = call("--explain", name, write())
    assert (status, out) == (2, "")
    assert err.startswith(f"error[call]: {message}")


def test_several_criteria_of_several_patients_are_explained_one_after_the_other(call: Call, write) -> None:
    status, out, _ = call(
        "--explain", "NCT00000001/I2", "--explain", "NCT00000001/E1", write(), write("b.json", id="bert")
    )
    assert status == 0
    heads = [line for line in out.splitlines() if line.startswith("NCT00000001/")]
    assert [head.split("  ")[0] + head.partition("patient")[2].split(",")[0] for head in heads] == [
        "NCT00000001/I2 anna",
        "NCT00000001/E1 anna",
        "NCT00000001/I2 bert",
        "NCT00000001/E1 bert",
    ]
