"""The lists for those who do the work: who is new, who is no longer a candidate, and to whom a trial closes soon.

    DIR/new.csv, DIR/no_longer.csv, DIR/closes_soon.csv    the worklist's form, a row a patient

A row takes as long as a sheet, so each list has its first patients alone. All of them stand in `changes.csv` and
in the answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from screener.cohort.answers import Desk
from screener.cohort.changes import listed, read_changes
from screener.cohort.ran import Ran, place_of
from screener.jobs import in_order
from screener.records.facts.folder import IDS, Facts, working
from screener.records.whole_files import whole_file
from screener.report.worklist_csv import worklist_csv
from screener.sheet.worklist import Row, row_of

LISTS = ("new.csv", "no_longer.csv", "closes_soon.csv")
MOST_ROWS = 200


def write_lists(folder: Path, ran: Ran, desk: Desk, facts: Facts, jobs: int) -> list[Path]:
    """Write the lists that have anybody, and remove the others. Raises FactsError where somebody's facts can no longer
    be read, and OSError."""
    whose = dict(zip(LISTS, (_new(folder), _no_longer(folder), _closing(folder, ran)), strict=True))
    everybody = sorted({patient for those in whose.values() for patient in those})
    files = _files(facts, everybody)

    def row(patient: str) -> Row | None:
        found = next(facts.called_in(files[patient], patient), None)
        return None if found is None else row_of(desk.screening(desk.answered(found)), "")

    rows = dict(zip(files, in_order(row, files, jobs), strict=True))
    written = []
    for name, those in whose.items():
        listed_ = [found for patient in those if (found := rows.get(patient)) is not None]
        place = folder / name
        if not listed_:
            place.unlink(missing_ok=True)
            continue
        with whole_file(place) as file:
            file.write(worklist_csv(listed_).encode())
        written.append(place)
    return written


def _new(folder: Path) -> list[str]:
    return _first(each.patient for each in read_changes(folder) if each.is_new)


def _no_longer(folder: Path) -> list[str]:
    return _first(each.patient for each in read_changes(folder) if each.is_no_longer and each.now is not None)


def _first(patients: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for each in patients:
        found[each] = None
        if len(found) == MOST_ROWS:
            break
    return list(found)


def _closing(folder: Path, ran: Ran) -> list[str]:
    """Those to whom some trial closes soon, the first to whom it does first."""
    files = [str(place_of(folder, trial, name)) for trial, names in ran.files.items() for name in names]
    if not files:
        return []
    with working(folder) as database:
        found = database.execute(
            f"""SELECT patient FROM read_parquet({listed(files)}) WHERE closes_on IS NOT NULL
                GROUP BY patient ORDER BY min(closes_on), patient LIMIT {MOST_ROWS}"""
        )
        return [str(patient) for (patient,) in found.fetchall()]


def _files(facts: Facts, patients: list[str]) -> dict[str, str]:
    """In which file of facts each patient stands."""
    with working(facts.folder) as database:
        query = "SELECT id, any_value(file) FROM read_parquet(?) WHERE list_contains(?, id) GROUP BY id ORDER BY id"
        return dict(database.execute(query, [str(facts.folder / IDS), patients]).fetchall())
