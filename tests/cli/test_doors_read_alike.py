"""What the command line can be told of how a record is written, other programs can tell as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.conftest import RULES
from screener import Patient, RecordError, ScreeningError, evaluate, load_patient, load_patients, load_rules

AS_OF = "2026-03-05"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    place = tmp_path / "p.csv"
    place.write_text("patient;Tag;Eisen\np;03.02.2026;1,8\n", encoding="utf-8")
    return place


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    place = tmp_path / "columns.csv"
    place.write_text("column,name,unit\nEisen,ferritin,ug/L\nTag,date,\n", encoding="utf-8")
    return place


def test_every_door_takes_columns_and_a_locale(call, sheet: Path, columns: Path) -> None:
    rules = load_rules(RULES)
    told = {"locale": "de", "columns": columns}
    patient = load_patient(sheet, rules, **told)
    assert [each.recorded_value for each in patient.results["ferritin"]] == ["1,8"]
    assert list(load_patients(str(sheet), rules, **told)) == [patient]
    screening = evaluate(sheet, rules, AS_OF, **told)
    assert screening.to_json() == evaluate(patient, rules, AS_OF).to_json()
    _, out, _ = call(str(sheet), "--json", "--as-of", AS_OF, "--locale", "de", "--columns", str(columns))
    assert json.loads(out) == json.loads(screening.to_json())


def test_a_locale_changes_what_a_record_says() -> None:
    record = {"id": "p", "observations": [{"name": "ferritin", "value": 1, "unit": "ug/L", "date": "03/02/2026"}]}
    rules = load_rules(RULES)
    for locale, day in (("en-GB", "2026-02-03"), ("en-US", "2026-03-02")):
        results = load_patient(record, rules, locale=locale).results["ferritin"]
        assert [each.when and each.when.text for each in results] == [day]
        told = evaluate(record, rules, AS_OF, locale=locale).to_json()
        assert told == evaluate(load_patient(record, rules, locale=locale), rules, AS_OF).to_json()


@pytest.mark.parametrize("told", [{"locale": "de"}, {"columns": "columns.csv"}])
def test_a_patient_who_is_read_already_is_not_read_again(told: dict[str, str]) -> None:
    rules = load_rules(RULES)
    patient = load_patient({"id": "p"}, rules)
    assert isinstance(patient, Patient)
    with pytest.raises(ScreeningError, match=f"give the {next(iter(told))} to `load_patient`"):
        evaluate(patient, rules, AS_OF, **told)


def test_columns_that_cannot_be_used_are_refused(sheet: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        load_patient(sheet, load_rules(RULES), columns=tmp_path / "none.csv")
