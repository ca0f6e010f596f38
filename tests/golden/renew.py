"""Write the goldens anew: `python tests/golden/renew.py`, from the folder of the checkout.

Read the difference (`git diff tests/golden`) as a coordinator would before it is kept: a changed status changes what a
clinic is told, and belongs into CHANGELOG.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden.margined import FOLDER, margin_texts
from golden.screened import HERE, expected_screenings


def renew() -> None:
    """Write every golden, remove those that nothing expects any longer, and name what has changed."""
    wanted = {path: text for expected in expected_screenings() for path, text in expected.goldens.items()}
    wanted |= margin_texts()
    FOLDER.mkdir(exist_ok=True)
    for path in (*HERE.glob("*.json"), *HERE.glob("*.txt"), *HERE.glob("when/*.txt"), *FOLDER.glob("*.txt")):
        if path not in wanted and path.name != "expected.json":
            path.unlink()
            print(f"removed {path.relative_to(HERE)}")
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE)}")


if __name__ == "__main__":
    renew()
