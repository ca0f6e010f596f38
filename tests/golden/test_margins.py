"""What a coordinator reads of margins and distances, for every example patient."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.margined import FOLDER, margin_texts

TEXTS = margin_texts()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_margins_and_distances_read_as_their_golden_says(path: Path) -> None:
    assert path.exists(), f"{path.name} is not there: python tests/golden/renew.py"
    assert path.read_text(encoding="utf-8") == TEXTS[path], "if this is meant: python tests/golden/renew.py"


def test_every_golden_of_margins_belongs_to_a_screening() -> None:
    assert set(FOLDER.glob("*")) == set(TEXTS)
