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
_Who = tuple[str, str | None]
"""An id, and the digest of what is on record where several may have that id."""


def write_lists(folder: Path, ran: Ran, desk: Desk, facts: Facts, jobs: int) -> list[Path]:
    """Write the lists that have anybody, and remove the others. Raises FactsError where somebody's facts can no longer
    be read, and OSError."""
    whose = dict(zip(LISTS, (_new(folder), _no_longer(folder), _closing(folder, ran)), strict=True))
    everybody = list(dict.fromkeys(who for those in whose.values() for who in those))
    files = _files(facts, sorted({patient for patient, _ in everybody}))

    def row(who: _Who) -> Row | None:
        patient, digest = who
        each_there = (desk.the_one(facts, file, patient, digest) for file in files.get(patient, ()))
        found = next((each for each in each_there if each is not None), None)
        return None if found is None else row_of(desk.screening(found), "")

    rows = dict(zip(everybody, in_order(row, everybody, jobs), strict=True))
    written = []
    for name, those in whose.items():
        listed_ = [found for who in those if (found := rows.get(who)) is not None]
        place = folder / name
        if not listed_:
            place.unlink(missing_ok=True)
            continue
        with whole_file(place) as file:
            file.write(worklist_csv(listed_).encode())
        written.append(place)
    return written


def _new(folder: Path) -> list[_Who]:
    return _first(each.patient for each in read_changes(folder) if each.is_new)


def _no_longer(folder: Path) -> list[_Who]:
    return _first(each.patient for each in read_changes(folder) if each.is_no_longer and each.now is not None)


def _first(patients: Iterable[str]) -> list[_Who]:
    found: dict[_Who, None] = {}
    for each in patients:
        found[each, None] = None
        if len(found) == MOST_ROWS:
            break
    return list(found)


def _closing(folder: Path, ran: Ran) -> list[_Who]:
    """Patients for whom some trial closes soon, the earliest first."""
    files = [str(place_of(folder, trial, name)) for trial, names in ran.files.items() for name in names]
    if not files:
        return []
    with working(folder) as database:
        found = database.execute(
            f"""SELECT patient, facts FROM read_parquet({listed(files)}) WHERE closes_on IS NOT NULL
                GROUP BY patient, facts ORDER BY min(closes_on), patient, facts LIMIT {MOST_ROWS}"""
        )
        return [(str(patient), str(digest)) for patient, digest in found.fetchall()]


def _files(facts: Facts, patients: list[str]) -> dict[str, list[str]]:
    """In which files of facts each id stands."""
    with working(facts.folder) as database:
        query = "SELECT id, list(DISTINCT file) FROM read_parquet(?) WHERE list_contains(?, id) GROUP BY id ORDER BY id"
        return dict(database.execute(query, [str(facts.folder / IDS), patients]).fetchall())
