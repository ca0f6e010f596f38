"""The table for people: what stands first, what stands beside it, and that nothing is lost without colour or width."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.conftest import RULES, Call
from screener import evaluate, load_rules
from screener.report.terminal import DISCLAIMER, print_screening
from screener.report.wording import ASSUMED, in_one_breath

EXPECTED = """\
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
Patient anna, as of Fri 20 Feb 2026

NCT00000001  Ruled out today          1 against, 1 open, 2 of 4 met

────────────────────────────────────────────────────────────────────────────────
NCT00000001  Ruled out today          1 against, 1 open, 2 of 4 met
A trial of nothing much

AGAINST  I2    Ferritin above 30 ug/L.
      because  Ferritin 12 ug/L on 18 Feb 2026, not above 30 ug/L
    on record  ferritin 12 ug/L, 18 Feb 2026 (observations[0])
       margin  Ferritin 12 ug/L on 18 Feb 2026, limit 30 ug/L: 18 ug/L below

open     I3    Consent.
        needs  Participant: Has the participant agreed?

passed   I1    Adults.
      because  Age 44 years, at least 18 years
passed   E1    Gout.
      because  No gout: gout recorded absent on 18 Feb 2026

Pre-screening aid. Eligibility is the investigator's decision.
"""


def table(call: Call, *arguments: str) -> str:
    status, out, err = call("--full", *arguments)
    assert (status, err) == (0, "")
    return out


def test_the_whole_table(call: Call, write) -> None:
    assert table(call, write()) == EXPECTED


def test_a_value_that_was_converted_is_shown_both_ways(call: Call, write) -> None:
    recorded = {"name": "ferritin", "value": 1.2, "unit": "ug/dL", "date": "2026-02-18"}
    assert "on record  ferritin 1.2 ug/dL = 12 ug/L, 18 Feb 2026 (observations[0])" in table(
        call, write(observations=[recorded])
    )


def test_the_unit_of_a_ratio_is_not_shown(call: Call, write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    recorded = {"name": "INR", "value": 1.8, "unit": "{INR}", "date": "2026-02-18"}
    status, out, _ = call(
        write(observations=[recorded], conditions=None), "--full", "--trial", "NCT07409259", rules=None
    )
    assert status == 0
    assert "on record  INR 1.8, 18 Feb 2026 (observations[0])" in out


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({"INR": 1.8, "urea": 6}, r"0.97 \[1.649 × ln\(INR\)\] \+ \(0.46 to 1.37\) \[.*\(at most 2.13\) \["),
        ({"neutrophils": 5}, r"0.68 \[0.425 × ln\(neutrophil count in 10\*9/L\)\]"),
    ],
)
def test_an_open_score_is_shown_term_by_term(
    call: Call, write, monkeypatch: pytest.MonkeyPatch, results: dict[str, float], told: str
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    units = {"INR": None, "urea": "mmol/L", "neutrophils": "10*9/L"}
    observations = [
        {"name": name, "value": value, "unit": units[name], "date": "2026-02-18"} for name, value in results.items()
    ]
    status, out, _ = call(
        write(observations=observations, conditions=None), "--full", "--trial", "NCT07409259", rules=None
    )
    assert status == 0
    assert re.search(told, " ".join(out.split()))


def test_each_patient_has_a_table_of_its_own(call: Call, write) -> None:
    out = table(call, write("a.json"), write("b.json", id="berta"))
    assert out.count(DISCLAIMER) == 3  # and one below the worklist of both
    assert out.index("Patient anna") < out.index("Patient berta")


def test_notes_stand_at_the_end(call: Call, write) -> None:
    late = {"name": "ferritin", "value": 50, "unit": "ng/mL", "date": "2026-03-01"}
    out = table(call, write(observations=[late]))
    assert "Notes on the record\n- observations[0]: `ferritin` is dated 1 Mar 2026, after the day" in out


def test_a_trial_that_waits_only_for_people_says_so(call: Call, write) -> None:
    rich_in_iron = {"name": "ferritin", "value": 50, "unit": "ng/mL", "date": "2026-02-18"}
    out = table(call, write(observations=[rich_in_iron]))
    assert "Left: consent" in out


def test_a_trial_that_lacks_data_says_so(call: Call, write) -> None:
    assert "Left: things to measure or to look up, consent" in table(call, write(observations=None))


def test_what_rests_on_an_assumption_of_the_call_says_so(call: Call, write) -> None:
    out = table(call, write(conditions=None), "--assume-complete", "conditions")
    assert f"E1 Gout. assumed {ASSUMED}" in " ".join(out.split())


@pytest.mark.parametrize("width", [50, 80, 120])
def test_no_line_is_longer_than_the_terminal_is_wide(
    call: Call, write, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = table(call, write(id="王芳" * 60))
    assert max(map(cell_len, out.splitlines())) <= min(width, 110)


def test_lines_have_no_blanks_at_their_ends(call: Call, write) -> None:
    assert [line for line in table(call, write()).splitlines() if line != line.rstrip()] == []


def painted(**options: object) -> str:
    shown = io.StringIO()
    record = {"id": "anna", "as_of": "2026-02-20", "birth_date": "1981-05-04"}
    console = Console(file=shown, force_terminal=True, color_system="standard", width=80, **options)  # type: ignore[arg-type]
    print_screening(evaluate(record, load_rules(RULES)), console)
    return shown.getvalue()


def test_colour_is_for_terminals_and_can_be_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;33mopen" in painted()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in painted()


def test_a_record_cannot_paint_or_move_the_screen(call: Call, write) -> None:
    out = table(call, write(id="an\x1b[31mna\r\u202e\x07"))
    assert "\x1b" not in out
    assert "Patient an [31mna" in out


@pytest.mark.parametrize(
    ("asked", "together"),
    [
        (["A now?"], ["A now?"]),
        (["Asthma now?", "Eczema now?"], ["Asthma or eczema now?"]),
        (["HIV infection, ever?", "Gout, ever?", "COPD, ever?"], ["HIV infection, gout or COPD, ever?"]),
        (["Asthma now?", "Asthma, ever?"], ["Asthma now?", "Asthma, ever?"]),
        (
            ["Asthma in the past 5 years?", "Gout in the past year?"],
            ["Asthma in the past 5 years?", "Gout in the past year?"],
        ),
        (["Asthma now?", "Investigator: Is it severe now?"], ["Asthma now?", "Investigator: Is it severe now?"]),
        (["Measure INR", "Measure sodium"], ["Measure INR", "Measure sodium"]),
        (
            ["INR before the onset of gout (old results)", "Albumin before the onset of gout (old results)"],
            ["INR and albumin before the onset of gout (old results)"],
        ),
        ([], []),
    ],
)
def test_questions_that_differ_only_in_their_subject_are_asked_together(asked: list[str], together: list[str]) -> None:
    assert in_one_breath(asked) == together


WHEN = """\
────────────────────────────────────────────────────────────────────────────────
What changes by itself, up to 20 Feb 2028, if nothing new is recorded

NCT00000001  Ruled out today          time alone does not reopen it
26 Feb 2026  open     I2  ferritin of 18 Feb 2026 is older than 7 days
20 May 2026  open     E1  absence of gout of 18 Feb 2026 is carried forward no
                      longer, after 90 days

Pre-screening aid. Eligibility is the investigator's decision.
"""


def test_what_changes_by_itself_follows_the_trials_where_it_is_asked_for(call: Call, write) -> None:
    without, with_days = table(call, write()), table(call, write(), "--when")
    assert with_days.startswith(without.removesuffix(f"{DISCLAIMER}\n"))
    assert with_days.endswith(WHEN)


def test_more_days_than_can_be_read_are_counted(call: Call, write) -> None:
    days = [f"2026-{month:02}-01" for month in (3, 4, 5, 6)]
    recorded = [{"name": "ferritin", "value": 12, "unit": "ug/L", "date": day} for day in days]
    text = table(call, write(observations=recorded), "--when")
    assert text.count("ferritin of") == 6
    assert "\nand 3 more: --json --when has them all\n" in text
