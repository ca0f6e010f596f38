"""Dates as people write them where nothing says which comes first: one day, one of two, or none at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener import evaluate, load_rules
from screener.records import RecordError, read_patient
from screener.records.dates_as_written import date_meant
from screener.records.dictionary import Dictionary
from screener.records.locales import locale_of
from screener.records.notes import CHECK_FIRST
from screener.values.dates import BEGINNING, DAY, DateError

ALL = Dictionary(load_rules())


def status(record: dict[str, Any], trial: str, line: str) -> str:
    patient = read_patient({"as_of": "2026-03-11", "sex": "male", **record}, ALL)
    (screened,) = evaluate(patient, rules=load_rules(), trials=[trial]).trials
    return next(each.status for each in screened.criteria if each.id == line)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("28 Nov 2026", "2026-11-28"),
        ("28. November 2026", "2026-11-28"),
        ("November 28th, 2026", "2026-11-28"),
        ("28-Nov-2026", "2026-11-28"),
        ("2026-Nov-28", "2026-11-28"),
        ("11. März 2026", "2026-03-11"),
        ("28 de noviembre de 2026", "2026-11-28"),
        ("28.11.2026", "2026-11-28"),
        ("11/28/2026", "2026-11-28"),
        ("28-11-2026", "2026-11-28"),
        ("5.5.2026", "2026-05-05"),
        ("2026/11/28", "2026-11-28"),
        ("2026-1-8", "2026-01-08"),
        ("2026.1.8", "2026-01-08"),
        ("2026年11月28日", "2026-11-28"),
        ("May 2019", "2019-05"),
        ("05/2019", "2019-05"),
        ("2019-5", "2019-05"),
        ("28 Nov 2026 07:40", "2026-11-28T07:40"),
        ("11/28/2026 7:40 PM", "2026-11-28T19:40"),
        ("11/28/2026 12:05 am", "2026-11-28T00:05"),
        ("28.11.2026, 10:30", "2026-11-28T10:30"),
        ("28.11.2026 10:30 Uhr", "2026-11-28T10:30"),
        ("2026/11/28 10:30:00.000", "2026-11-28T10:30:00.000"),
        ("Sat 28 Nov 2026", "2026-11-28"),
        ("Thu, 19 Feb 2026", "2026-02-19"),
        ("Samstag, den 28.11.2026", "2026-11-28"),
        ("Sat 2026-11-28", "2026-11-28"),
        ("on 28 Nov 2026", "2026-11-28"),
        ("am 28.11.2026", "2026-11-28"),
    ],
)
@pytest.mark.parametrize("name", [None, "de", "en-US", "sv"])
def test_what_can_mean_one_day_only_is_that_day(written: str, iso: str, name: str | None) -> None:
    """A locale takes nothing from what is read without one, but a date with numbers in another order than its own."""
    contradicts = {"de": written.startswith("11/28"), "en-US": "28.11." in written or written == "28-11-2026"}
    if name is not None and contradicts.get(name):
        with pytest.raises(DateError, match=f"dates under `{name}` are"):
            date_meant(written, locale_of(name))
        return
    meant = date_meant(written, None if name is None else locale_of(name))
    assert (meant.when.text, meant.fault) == (iso, "")
    if meant.when.is_one_day:
        assert read_patient({"birth_date": written, "locale": name}, SMALL).birth == meant.when


@pytest.mark.parametrize("written", ["03.04.2026", "4/3/2026", "03-04-2026 07:40"])
def test_of_two_days_somebody_has_to_say_which(written: str) -> None:
    meant = date_meant(written, None)
    assert meant.when.text.replace("T07:40", "") == "2026-03-04 or 2026-04-03"
    assert "`--locale de`" in meant.mend
    assert not date_meant(written, locale_of("de")).fault


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("28.11.", "has no year"),
        ("28 Nov", "has no year"),
        ("Nov 28th", "has no year"),
        ("28.11.26", "has a year of two digits"),
        ("28-Nov-26", "has a year of two digits"),
        ("28 Nov 26", "has a year of two digits"),
        ("Nov 28, 26", "has a year of two digits"),
        ("Sat 28 Nov 26", "has a year of two digits"),
        ("29.02.24", "has a year of two digits"),
        ("Fri 28 Nov 2026", "is not on that day of the week"),
        ("Monday", "does not say which day it was"),
        ("20-30 days ago", "does not say which day it was"),
        ("0.5 years ago", "does not say which day it was"),
        ("11/99", "has no year"),
        ("2/30", "has no year"),
        ("since 28.11.2026", "does not say which day it was"),
        ("today", "does not say which day it was"),
        ("3 weeks ago", "does not say which day it was"),
        ("last spring", "does not say which day it was"),
        ("on admission", "does not say which day it was"),
        ("since 2019", "does not say which day it was"),
        ("~2019", "does not say which day it was"),
        ("2019?", "does not say which day it was"),
        ("2017-2019", "does not say which day it was"),
    ],
)
def test_what_says_no_day_may_be_any(written: str, fault: str) -> None:
    meant = date_meant(written, None)
    assert (meant.says_no_day, meant.when.text, meant.fault) == (True, written, fault)
    assert BEGINNING < meant.when.first < BEGINNING + 2 * DAY


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-30",
        "31.02.2026",
        "31 Feb 2026",
        "99.99.2026",
        "99.99.99",
        "45.45.",
        "31.04.",
        "31 Feb 26",
        "45 Nov",
        "30.02.2026 today",
        "today 2026-02-30",
        "since 30.02.",
        "Sat 31 Feb 2026",
        "13/2026",
        "28 foo 2026",
        "not a date",
        "11/28/2026 25:00",
    ],
)
def test_what_looks_like_a_date_and_is_none_refuses_the_record(written: str) -> None:
    with pytest.raises(DateError):
        date_meant(written, None)
    with pytest.raises(RecordError) as refused:
        read_patient({"conditions": [{"name": "cirrhosis", "onset": written}]}, SMALL)
    (problem,) = refused.value.problems
    assert problem.path == "conditions[0].onset"
    assert problem.fault.startswith(f"`{written}` is not a")
    assert problem.mend
    with pytest.raises(RecordError) as refused:
        read_patient({"conditions": [{"name": "cirrhosis", "onset": f" {written} "}]}, SMALL)
    assert refused.value.problems == (problem,)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("today", "unknown"),
        ("11.3.2026", "unknown"),
        ("10.3.", "unknown"),
        ("11-03-26", "unknown"),
        ("11 Mar 2026", "failed"),
        ("2026/3/11", "failed"),
        (20260311, "failed"),
        ("28.02.2026", "passed"),
    ],
)
def test_a_result_of_an_unknown_day_may_be_the_latest(written: str, right: str) -> None:
    older = {"name": "weight", "value": 70, "unit": "kg", "date": "2026-03-10"}
    newer = {"name": "weight", "value": 40, "unit": "kg", "date": written}
    assert status({"observations": [older, newer]}, "NCT03863002", "I5") == right


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ({"onset": "2 weeks ago"}, "unknown"),
        ({"onset": "11.3.2026"}, "unknown"),
        ({"onset": "28 Feb 2026"}, "failed"),
        ({"onset": "lately", "date": "2019-05-04"}, "passed"),
    ],
)
def test_an_onset_that_nobody_can_count_leaves_its_time_open(entry: dict[str, Any], right: str) -> None:
    record = {"conditions": [{"name": "myocardial_infarction", **entry}], "complete": ["conditions"]}
    assert status(record, "NCT07409259", "E5") == right


@pytest.mark.parametrize(("onset", "right"), [("2 weeks ago", "unknown"), ("28.2.", "unknown"), ("unknown", "failed")])
def test_a_state_that_passes_is_not_of_today_because_its_day_cannot_be_read(onset: str, right: str) -> None:
    injury = {"name": "acute_kidney_injury", "status": "active", "onset": onset}
    assert status({"conditions": [injury]}, "NCT05985863", "E1") == right


@pytest.mark.parametrize(
    ("date", "right"),
    [("today", "unknown"), ("unknown", "unknown"), ("28.2.", "unknown"), ("10 Mar 2026", "passed"), ("", "passed")],
)
def test_a_denial_of_an_unknown_day_is_none_of_the_records_own_day(date: str, right: str) -> None:
    denied = {"name": "hiv_infection", "status": "absent", "date": date}
    assert status({"conditions": [denied]}, "NCT03863002", "E12") == right


@pytest.mark.parametrize(("written", "age"), [("04.05.1981", "passed"), ("05.12.1960", "passed"), ("1981?", "unknown")])
def test_a_birth_on_one_of_two_days_is_often_enough(written: str, age: str) -> None:
    assert status({"birth_date": written}, "NCT07409259", "I1") == age


@pytest.mark.parametrize(
    ("written", "died"),
    [
        (True, "unknown day"),
        ("true", "unknown day"),
        ("yes", "unknown day"),
        (" Ja ", "unknown day"),
        ("Deceased", "unknown day"),
        ("yesterday", "unknown day"),
        ("03.02.2026", "unknown day"),
        ("28.11.25", "unknown day"),
        ("28 Nov 2025", "2025-11-28"),
        (False, None),
        ("no", None),
        ("false", None),
        ("alive", None),
        ("unknown", None),
        ("", None),
        (None, None),
        ("perhaps", "refused"),
        ("30.02.2026", "refused"),
        ("†?", "refused"),
        (1, "refused"),
    ],
)
def test_nobody_who_died_becomes_alive(written: object, died: str | None) -> None:
    record = {"birth_date": "1960", "died": written}
    if died == "refused":
        with pytest.raises(RecordError):
            read_patient(record, SMALL)
        return
    patient = read_patient(record, SMALL)
    assert (patient.died.text if patient.died else None) == died
    is_to_be_checked = isinstance(written, str) and any(each in written for each in ("yest", "03.", ".25"))
    assert any(note.startswith(f"{CHECK_FIRST}died: `{written}`") for note in patient.notes) == is_to_be_checked


@pytest.mark.parametrize("written", ["today", "03.04.2026", "2026-03"])
def test_the_day_of_screening_is_one_day(written: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient({"as_of": written}, SMALL)
    assert refused.value.problems[0].fault == f"`{written}` is not one day"


def test_every_such_date_is_to_be_checked_first() -> None:
    entries = [{"name": "cirrhosis", "onset": written} for written in ("lately", "last year", "03.04.2019")]
    notes = read_patient({"conditions": entries}, SMALL).notes
    assert notes[0].startswith(
        f"{CHECK_FIRST}conditions[0].onset, conditions[1].onset: "
        "each of `lately`, `last year` does not say which day it was; write YYYY-MM-DD, YYYY-MM or YYYY."
    )
    assert notes[1].startswith(
        f"{CHECK_FIRST}conditions[2].onset: `03.04.2019` may be 4 Mar 2019 or 3 Apr 2019; "
        "write YYYY-MM-DD, or say which comes first: `--locale de`"
    )


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["today", "today"], "`today` does not say which day it was;"),
        (["today", "lately", "today"], "each of `today`, `lately` does not say which day it was;"),
        (["today", "28.2.", "28.1.26"], "`today` does not say which day it was, `28.2.` has no year, `28.1.26` has a"),
        ([f"{day}.2." for day in range(1, 6)], "each of `1.2.`, `2.2.`, `3.2.` and 2 others has no year;"),
        (
            ["03.02.2026", "04.02.2026"],
            "`03.02.2026` may be 3 Feb 2026 or 2 Mar 2026, `04.02.2026` may be 4 Feb 2026 or 2 Apr 2026;",
        ),
        ([f"0{day}.02.2026" for day in range(3, 9)], "`05.02.2026` may be 5 Feb 2026 or 2 May 2026, and 3 others;"),
    ],
)
def test_a_note_on_several_dates_quotes_each_as_it_was_written(dates: list[str], told: str) -> None:
    entries = [{"name": "cirrhosis", "onset": written} for written in dates]
    (note,) = (each for each in read_patient({"conditions": entries}, SMALL).notes if each.startswith(CHECK_FIRST))
    assert told in note


OLDER = {"name": "weight", "value": 70, "unit": "kg", "date": "2026-03-10"}


@pytest.mark.parametrize(
    ("nameless", "right"),
    [
        ({"value": 40, "unit": "kg", "date": "2026-03-11"}, "unknown"),
        ({"name": " ", "value": 40, "unit": "kg", "date": "2026-03-11"}, "unknown"),
        ({"name": "?", "value": 40, "unit": "kg"}, "unknown"),
        ({"value": 40, "date": "2026-03-11"}, "unknown"),
        ({}, "unknown"),
        ({"value": 40, "unit": "kg", "date": "2026-03-01"}, "passed"),
        ({"value": 1.5, "unit": "mg/dL", "date": "2026-03-11"}, "passed"),
    ],
)
def test_a_result_that_does_not_say_what_it_is_of_may_be_of_anything(nameless: dict[str, Any], right: str) -> None:
    assert status({"observations": [OLDER, nameless]}, "NCT03863002", "I5") == right
    notes = read_patient({"observations": [OLDER, nameless]}, ALL).notes
    assert notes[0].startswith(f"{CHECK_FIRST}observations[1]: it does not say what it is about; give a `name`")


@pytest.mark.parametrize(
    ("value", "unit", "right"),
    [
        ("40,5", "kg", "failed"),
        ("40,5 kg", None, "failed"),
        ("<40,5 kg", None, "failed"),
        ("40,500", "kg", "unknown"),
        ("1,234.5", "kg", "refused"),
        ("40 kg", "[lb_av]", "unknown"),
        ("40 kg", "kg", "failed"),
        ("40.5.", "kg", "refused"),
        ("40,5,5", "kg", "refused"),
    ],
)
def test_a_value_is_read_in_the_one_way_that_it_has(value: str, unit: str | None, right: str) -> None:
    newer = {"name": "weight", "value": value, "unit": unit, "date": "2026-03-11"}
    if right == "refused":
        with pytest.raises(RecordError):
            read_patient({"observations": [newer]}, ALL)
        return
    assert status({"observations": [OLDER, newer]}, "NCT03863002", "I5") == right
    notes = read_patient({"observations": [OLDER, newer]}, ALL).notes
    assert any("is read as a decimal point" in note for note in notes) == ("," in value and right != "unknown")


EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "patients").glob("*.json"))
LISTS = ("conditions", "procedures", "medications", "events", "allergies", "family_history")


@pytest.mark.parametrize("example", EXAMPLES[:: max(1, len(EXAMPLES) // 4)], ids=lambda path: path.stem)
def test_a_date_that_nobody_can_read_makes_nothing_certain(example: Path) -> None:
    record = json.loads(example.read_text(encoding="utf-8"))
    record = record.get("record", record)

    def answers() -> dict[tuple[str, str], str]:
        screening = evaluate(read_patient(record, ALL), rules=load_rules(), assume_complete=LISTS)
        return {(trial.id, each.id): each.status for trial in screening.trials for each in trial.criteria}

    plain = answers()
    for list_ in ("observations", *LISTS):
        for entry in record.get(list_, ()):
            for field in {"date", "onset", "start", "end"} & entry.keys():
                written, entry[field] = entry[field], "28.11."
                changed = answers()
                assert {line for line in plain if changed[line] not in ("unknown", plain[line])} == set()
                entry[field] = written
