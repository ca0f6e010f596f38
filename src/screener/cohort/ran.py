"""What a folder of answers says of itself, and where its files stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from screener.records.facts.folder import FactsError, SetAside

FORM = "screener cohort 3"
ABOUT = "cohort.json"


class Ran(Struct, frozen=True):
    """What a folder of answers says of itself.

    `today` is the day that was taken where nothing says which day answers are about; `site` is the digest of the site's
    file, `answers` that of people's answers that the call gave; `trials` are the digests of the rules; `parts` the
    files of facts, and `files` those of answers of each trial, in the same order; `since` is the day of the run that
    `changes.parquet` compares with.
    """

    form: str
    screener: str
    facts: str
    rules: str
    dictionary: str
    as_of: date | None
    today: date
    assume_complete: tuple[str, ...]
    labs_within: str | None
    site: str | None
    trials: dict[str, str]
    parts: tuple[str, ...]
    files: dict[str, tuple[str, ...]]
    patients: int
    decided: int
    set_aside: tuple[SetAside, ...]
    since: str | None = None
    answers: str | None = None

    @property
    def day(self) -> str:
        """The day that the answers are about, in words."""
        if self.as_of is not None:
            return self.as_of.isoformat()
        return f"each record's own day, else {self.today.isoformat()}"


def read_ran(folder: Path) -> Ran:
    """What a folder of answers says of itself. Raises FactsError where it is none."""
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=Ran)
    except (OSError, msgspec.MsgspecError):
        raise FactsError("there are no answers in it", "run `screen cohort FACTS --out` it first", folder) from None


def place_of(folder: Path, trial: str, name: str) -> Path:
    """Where a file of answers stands."""
    return folder / "answers" / trial / name
