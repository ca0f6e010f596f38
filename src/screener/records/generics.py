"""Generic names of drugs in plain words, each read as its code is: by `generics.tsv`. Brand names are not read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from screener.records.comparing import as_name
from screener.values.tables import table_rows

_DOSE = re.compile(r"\s+\d[\d.,]*\s*(?:mg|g|[uµμ]g|mcg|IE|IU|U|E|ml)\Z", re.IGNORECASE)
"""A dose behind a name, and nothing else."""


def generic_code(wording: str) -> str | None:
    """The code of RxNorm of the ingredient that a wording names, perhaps with its dose."""
    return _generics().get(as_name(_DOSE.sub("", wording.strip())))


@cache
def _generics() -> dict[str, str]:
    return {as_name(name): code for name, code, _ in table_rows(Path(__file__).with_name("generics.tsv"))}
