"""The README shows a real run: what it prints is what the command prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_what_is_printed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```\n\$ \.venv/bin/screen (?P<arguments>.+)\n(?P<output>(?:.*\n)+?)```$", text, re.MULTILINE)
    assert shown is not None
    printed = subprocess.run(
        [sys.executable, "-m", "screener", *shlex.split(shown["arguments"])],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    assert printed == shown["output"]
