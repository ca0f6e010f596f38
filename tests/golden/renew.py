"""Write the goldens anew: `python tests/golden/renew.py`, from the folder of the checkout.

With the folder of public test data as an argument, the one of all of Synthea's patients, too.

Read the difference (`git diff tests/golden`) as a coordinator would before it is kept: a changed status changes what a
clinic is told, and belongs into CHANGELOG.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden import cirrhosis, fhir_ledger, synthea
from golden.margined import FOLDER, margin_texts
from golden.screened import HERE, expected_screenings
from golden.worklisted import worklists


def renew(shared: Path | None) -> None:
    """Write every golden, remove those that nothing expects any longer, and name what has changed."""
    wanted = {path: text for expected in expected_screenings() for path, text in expected.goldens.items()}
    wanted |= margin_texts() | fhir_ledger.goldens() | cirrhosis.goldens() | synthea.goldens(shared) | worklists()
    FOLDER.mkdir(exist_ok=True)
    kept = (
        "*.json",
        "*.txt",
        "when/*.txt",
        "sheet/*.txt",
        "worklist/*",
        f"{FOLDER.name}/*.txt",
        f"{fhir_ledger.HERE.name}/*.txt",
    )
    for path in (path for pattern in kept for path in HERE.glob(pattern)):
        if path not in wanted and path not in (HERE / "expected.json", synthea.ALL):
            path.unlink()
            print(f"removed {path.relative_to(HERE)}")
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE)}")


if __name__ == "__main__":
    renew(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
