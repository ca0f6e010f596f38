"""How old a result may be is told where one was too old, with who says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.conftest import RULES
from screener import evaluate, load_rules
from screener.report.markdown import markdown
from screener.report.wording import freshness_limits

RECORD = {
    "id": "anna",
    "as_of": "2026-02-20",
    "observations": [{"name": "ferritin", "value": 12, "unit": "ug/L", "date": "2026-02-12"}],
}
EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"


@pytest.mark.parametrize(
    ("day", "labs_within", "told"),
    [
        ("2026-02-14", None, []),
        ("2026-02-13", None, []),
        ("2026-02-12", None, ["7 days (the dictionary's default, no source): ferritin"]),
        ("2026-02-18", "1 day", ["1 day (as the call or the site says): ferritin"]),
        ("2026-02-12", "8 days", []),
    ],
)
def test_only_a_limit_that_decides_is_told_with_its_origin(day: str, labs_within: str | None, told: list[str]) -> None:
    results = [{**RECORD["observations"][0], "date": day}]  # type: ignore[index]
    screening = evaluate({**RECORD, "observations": results}, load_rules(RULES), labs_within=labs_within)
    line = screening.trials[0].criteria[1]
    assert freshness_limits(line) == told
    assert (line.reasons == ("stale",)) == bool(told)
    assert ("- fresh for: " in markdown(screening)) == bool(told)


def test_several_results_of_one_limit_are_told_together() -> None:
    record = json.loads((EXAMPLES / "labs-three-weeks-old.json").read_text("utf-8"))
    lines = [each for trial in evaluate(record).trials for each in trial.criteria]
    told = [limit for line in lines for limit in freshness_limits(line)]
    assert any(limit.startswith("7 days (the dictionary's default, no source): creatinine, ") for limit in told)
