"""The worklist of the example patients is what is kept of it."""

from __future__ import annotations

from golden.worklisted import worklists


def test_the_worklist_is_what_its_goldens_say() -> None:
    for path, text in worklists().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} has changed: python tests/golden/renew.py"
