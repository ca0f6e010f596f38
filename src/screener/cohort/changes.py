"""What has changed since the run before: who is a candidate now and was none, who no longer is, and why.

    DIR/changes.parquet    a row for each patient and trial whose verdict is another one

Only files of answers that are not the same in both runs are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow.parquet as pq
from msgspec import Struct

from screener.records.facts.columns import from_table, schema_of, to_table
from screener.records.facts.folder import parquet_writer, working
from screener.records.whole_files import whole_file

if TYPE_CHECKING:
    from screener.cohort.ran import Ran

CHANGES = "changes.parquet"
ROWS_AT_ONCE = 10_000

Stand = Literal["eligible", "undetermined", "ineligible", "died"]
Why = Literal["record", "day", "rules", "call", "new here", "no longer here"]


class Changed(Struct, frozen=True):
    """A patient whose verdict on a trial is another one than in the run before; None: was not, or is not, screened.

    `why`: another record, another day, other rules, or other options of the call, the first of them that is so.
    """

    trial: str
    patient: str
    was: Stand | None
    now: Stand | None
    why: Why

    @property
    def is_new(self) -> bool:
        """Whether the trial may be open to the patient now, and was not."""
        return is_candidate(self.now) and not is_candidate(self.was)

    @property
    def is_no_longer(self) -> bool:
        """Whether the trial may have been open to the patient, and is no longer."""
        return is_candidate(self.was) and not is_candidate(self.now)


def is_candidate(stand: Stand | None) -> bool:
    """Whether nothing is against the trial."""
    return stand in ("eligible", "undetermined")


def write_changes(folder: Path, before: Ran | None, this: Ran) -> str | None:
    """Write what has changed, and return the day of the run before; None if there was none. Raises OSError.

    A run that has changed nothing leaves the changes of the run before it.
    """
    place = folder / CHANGES
    if before is not None and before.files == this.files and before.trials == this.trials and place.exists():
        return before.since
    with whole_file(place) as file, parquet_writer(file, schema_of(Changed)) as writer:
        for rows in _changed(folder, before, this) if before is not None else ():
            writer.write_table(to_table(rows, Changed))
    return before.day if before is not None else None


def read_changes(folder: Path) -> Iterator[Changed]:
    """What has changed."""
    with pq.ParquetFile(folder / CHANGES) as file:
        for number in range(file.num_row_groups):
            yield from from_table(file.read_row_group(number), Changed)


def _changed(folder: Path, before: Ran, this: Ran) -> Iterator[list[Changed]]:
    asked = ("assume_complete", "labs_within", "site")
    by_call = any(getattr(before, field) != getattr(this, field) for field in asked)
    for trial in this.trials:
        then, now = (
            [str(folder / "answers" / trial / name) for name in names]
            for names in _apart(before.files.get(trial, ()), this.files.get(trial, ()))
        )
        if trial not in before.trials or not (then or now):
            continue
        rules = before.trials[trial] != this.trials[trial] or before.dictionary != this.dictionary
        with working(folder) as database:
            found = database.execute(
                f"""SELECT coalesce(now.patient, was.patient), was.stand, now.stand, now.facts <> was.facts,
                    now.as_of <> was.as_of
                FROM ({_stands(now)}) AS now FULL JOIN ({_stands(then)}) AS was ON now.patient = was.patient
                WHERE now.stand IS DISTINCT FROM was.stand ORDER BY 1"""
            )
            while rows := found.fetchmany(ROWS_AT_ONCE):
                yield [
                    Changed(trial, patient, was, is_, _why(was, is_, record, day, rules=rules, by_call=by_call))
                    for patient, was, is_, record, day in rows
                ]


def _why(
    was: Stand | None, now: Stand | None, record: bool | None, day: bool | None, *, rules: bool, by_call: bool
) -> Why:
    if was is None:
        return "new here"
    if now is None:
        return "no longer here"
    return "record" if record else "day" if day else "rules" if rules or not by_call else "call"


def _apart(then: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files of each run that the other does not have."""
    return [each for each in then if each not in set(now)], [each for each in now if each not in set(then)]


def _stands(files: Sequence[str]) -> str:
    """The query for the verdict and facts of each patient in some files. Patients who share an id are left out."""
    if not files:
        return "SELECT '' AS patient, '' AS stand, '' AS facts, 0 AS as_of LIMIT 0"
    return f"""SELECT patient, any_value(CASE WHEN died THEN 'died' ELSE verdict END) AS stand,
        any_value(facts) AS facts, any_value(as_of) AS as_of
        FROM read_parquet({listed(files)}) GROUP BY patient HAVING count(*) = 1"""


def listed(files: Sequence[str]) -> str:
    """Names of files as SQL writes them."""
    return "[" + ", ".join("'" + each.replace("'", "''") + "'" for each in files) + "]"
