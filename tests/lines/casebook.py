"""The cases of this folder: one file per trial, each case a small record and what one line must say about it.

A case's record is laid over the record it starts `from` (one of the file's `records`), that over DEFAULT. Lists of
entries are joined, an entry taking the place of those of the same name beneath it; `without` names what is left out;
every other field replaces what lies beneath. `answer` is the status and the reasons, as in `unknown missing`.

A boundary is one record with `?` in it and three values to put there: below, at and above a limit, or the day before,
the day, and the day after; where a unit cannot express the limit, the nearest values on its sides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from screener import load_patient
from screener.loading import load_rulebook
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.screening import CriterionResult, evaluate

Record = dict[str, Any]

FOLDER = Path(__file__).parent
DEFAULT: Record = {"id": "line", "as_of": "2026-02-20", "sex": "female", "birth_date": "1981-05-14"}
PLACE = "?"
LISTS = ["conditions", "procedures", "plans", "medications", "events", "allergies", "family_history"]
MAN: Record = {"id": "p", "as_of": "2026-03-18", "birth_date": "1980", "sex": "male", "complete": LISTS}
"""A man of whom nothing is recorded, and every list is complete."""


class Case(NamedTuple):
    """A record, and what one line of one trial must say about it.

    `evidence`, `needs` and `flags` are what the answer must show among others; of a flag, a part is enough. `trap`
    names the mistake that the case would catch, `boundary` the three cases that it is one of.
    """

    trial: str
    line: str
    status: str
    reasons: tuple[str, ...]
    why: str
    record: Record
    evidence: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    trap: str | None = None
    boundary: str | None = None

    @property
    def title(self) -> str:
        return f"{self.trial}-{self.line}: {self.why}"


# ---- screening a record


@cache
def rules() -> Rulebook:
    """The rules that come with screener."""
    return load_rulebook()


def result_of(record: Record, where: str, **how: Any) -> CriterionResult:
    """What one line, `NCT…/E1`, says about a record; `how` is what else `evaluate` is asked."""
    trial, line = where.split("/")
    return evaluate(_read(record), rules(), trials=[trial], **how).trial(trial).criterion(line)


def status(where: str, **record: Any) -> str:
    """The status of one line for MAN with these fields."""
    return str(result_of({**MAN, **record}, where).status)


def statuses(record: Record, **how: Any) -> dict[str, str]:
    """The status of every line of every trial."""
    screening = evaluate(_read(record), rules(), **how)
    return {f"{trial.id}/{line.id}": str(line.status) for trial in screening for line in trial}


def _read(record: Record) -> Patient:
    return load_patient(json.dumps(record) if "resourceType" in record else record, rules())


# ---- reading the files


def trial_files() -> list[Path]:
    return sorted(FOLDER.glob("NCT*.json"))


def all_cases() -> list[Case]:
    """The cases of all trials, each boundary as the three that it stands for."""
    return [case for path in trial_files() for case in _cases_in(json.loads(path.read_text(encoding="utf-8")))]


def _cases_in(book: dict[str, Any]) -> Iterator[Case]:
    trial, records = book["trial"], book["records"]
    for line, entries in book["lines"].items():
        for entry in entries["cases"]:
            status, *reasons = entry["answer"].split()
            shown, needed, raised = (tuple(entry.get(field, ())) for field in ("evidence", "needs", "flags"))
            record, trap = _record_of(entry, records), entry.get("trap")
            yield Case(trial, line, status, tuple(reasons), entry["why"], record, shown, needed, raised, trap)
        for number, entry in enumerate(entries.get("boundaries", ()), 1):
            record = _record_of(entry, records)
            boundary = f"{trial}-{line}, boundary {number}: {entry['limit']}"
            for value, answer in entry["values"]:
                status, *reasons = answer.split()
                why = f"{entry['limit']}: {value}"
                yield Case(trial, line, status, tuple(reasons), why, _placed(record, value), boundary=boundary)


def _record_of(entry: Record, records: dict[str, Record]) -> Record:
    beneath = laid_over(DEFAULT, records[entry["from"]]) if "from" in entry else DEFAULT
    left_out = set(entry.get("without", ()))
    beneath = {field: _others(value, left_out) if _is_entries(value) else value for field, value in beneath.items()}
    return laid_over(beneath, entry.get("record", {}))


def laid_over(beneath: Record, above: Record) -> Record:
    """One record over another."""
    whole = dict(beneath)
    for field, value in above.items():
        if _is_entries(value) and field in beneath:
            whole[field] = [*_others(beneath[field], {each.get("name") for each in value}), *value]
        else:
            whole[field] = value
    return whole


def _is_entries(value: object) -> bool:
    """Whether it is one of a record's lists of entries; `complete` is a list of names."""
    return isinstance(value, list) and value != [] and all(isinstance(each, dict) for each in value)


def _others(entries: Iterable[Record], names: set[str | None]) -> list[Record]:
    return [entry for entry in entries if entry.get("name") not in names]


def _placed(template: Any, value: object) -> Any:
    """The template with the value in every place marked for it."""
    match template:
        case dict():
            return {key: _placed(each, value) for key, each in template.items()}
        case list():
            return [_placed(each, value) for each in template]
        case str() if template == PLACE:
            return value
        case _:
            return template
