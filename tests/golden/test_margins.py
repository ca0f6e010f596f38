"""What a coordinator reads of margins and distances, for every example patient."""

from __future__ import annotations

import pytest

from golden.margined import FOLDER, golden_of, margin_text
from golden.screened import Expected, expected_screenings


@pytest.mark.parametrize("expected", expected_screenings(), ids=lambda expected: expected.name)
def test_margins_and_distances_read_as_their_golden_says(expected: Expected) -> None:
    path = golden_of(expected)
    assert path.exists(), f"{path.name} is not there: python tests/golden/renew.py"
    assert path.read_text(encoding="utf-8") == margin_text(expected), "if this is meant: python tests/golden/renew.py"


def test_every_golden_of_margins_belongs_to_a_screening() -> None:
    assert set(FOLDER.glob("*")) == set(map(golden_of, expected_screenings()))
