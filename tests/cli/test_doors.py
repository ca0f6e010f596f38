"""The door for programs: `evaluate`, `load_patient`, `load_rules`, and the types that come with them."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import jsonschema
import msgspec
import pytest

import screener
from cli.conftest import RECORD, RULES
from screener import (
    Patient,
    RecordError,
    RulesError,
    Screening,
    ScreeningError,
    evaluate,
    load_patient,
    load_rules,
)
from screener.schema import ScreeningDocument, result_schema

FULL = {
    **RECORD,
    "observations": [
        {"name": "INR", "value": ">8", "date": "2026-02-18"},
        {"name": "total_bilirubin", "value": 12.3, "unit": "mg/dL", "date": "2026-02"},
        {"name": "creatinine", "value": 1.3, "unit": "mg/dL", "date": "2026-02-18"},
        {"name": "urea", "value": 6, "unit": "mmol/L", "date": "2026-02-18"},
        {"name": "neutrophils", "value": 6, "unit": "10*9/L", "date": "2026-02-18"},
        {"name": "hepatic_encephalopathy_grade", "value": 1, "date": "2026-02-18"},
    ],
    "conditions": [{"name": "cirrhosis", "onset": "2019", "status": "active"}],
    "answers": {"NCT07409259/informed_consent": True, "NCT07409259/I3": {"reading": 2, "by": "Dr Li"}},
}


@pytest.fixture(scope="module")
def rules() -> screener.Rulebook:
    return load_rules(RULES)


def test_a_patient_a_dict_a_text_and_a_path_give_the_same_answers(rules: screener.Rulebook, folder: Path) -> None:
    path = folder / "anna.json"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    patient = load_patient(RECORD, rules)
    assert isinstance(patient, Patient)
    sources = [patient, RECORD, json.dumps(RECORD), path, str(path)]
    assert len({evaluate(source, rules).to_json() for source in sources}) == 1


def test_the_call_of_the_contract_works() -> None:
    screening = evaluate(FULL, rules=load_rules(), as_of=date(2026, 2, 20))
    assert isinstance(screening, Screening)
    assert screening.trials[0].criteria[2].status in ("passed", "failed", "unknown")


def test_without_rules_the_shipped_ones_are_used_and_loaded_once() -> None:
    assert load_rules() is load_rules()
    assert evaluate(FULL).rules == load_rules().digest


def test_threads_that_ask_at_once_share_one_loading() -> None:
    screener._shipped_rules.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert len({id(each) for each in pool.map(lambda _: load_rules(), range(16))}) == 1


def test_threads_that_screen_at_once_give_the_same_answers() -> None:
    patient = load_patient(FULL)
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: evaluate(patient).to_json(), range(32)))
    assert answers == {evaluate(patient).to_json()}


def test_without_any_date_there_is_no_answer(rules: screener.Rulebook) -> None:
    with pytest.raises(ScreeningError, match="no date of screening"):
        evaluate({"id": "anna"}, rules)


def test_a_patient_read_with_other_rules_is_refused(rules: screener.Rulebook) -> None:
    with pytest.raises(ScreeningError, match="another dictionary"):
        evaluate(load_patient(RECORD, rules), load_rules())


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"labs_within": "a fortnight"}, "labs_within: `a fortnight` is not a length of time"),
        ({"trials": ["NCT00000002"]}, "no trial `NCT00000002`"),
        ({"assume_complete": ["labs"]}, "`labs` is not a list of the record"),
        ({"as_of": "2026-02"}, "as_of: `2026-02` is not a day"),
        ({"as_of": "2026-02-30"}, "as_of: `2026-02-30` is not a day of the calendar"),
        ({"as_of": 20260220}, "as_of: `20260220` is not a day"),
        ({"labs_within": 14}, "labs_within: `14` is not a length of time"),
        ({"trials": "NCT00000002"}, "no trial `NCT00000002`"),
        ({"trials": 1}, "trials: `1` is not a name"),
        ({"assume_complete": "labs"}, "`labs` is not a list of the record"),
        ({"assume_complete": [None]}, "assume_complete: `None` is not a name"),
    ],
)
def test_an_option_that_means_nothing_is_refused(
    rules: screener.Rulebook, option: dict[str, object], message: str
) -> None:
    with pytest.raises(ScreeningError, match=message):
        evaluate(RECORD, rules, **option)  # type: ignore[arg-type]


def test_options_mean_what_they_mean_on_the_command_line(rules: screener.Rulebook) -> None:
    within = evaluate(RECORD, rules, labs_within="1 day", assume_complete=["conditions"], trials=["NCT00000001"])
    assert [criterion.status for criterion in within.trials[0].criteria] == ["passed", "unknown", "unknown", "passed"]


def test_a_day_may_be_written_and_a_lone_name_stand_by_itself(rules: screener.Rulebook) -> None:
    plain = evaluate(RECORD, rules, as_of="2026-02-21", assume_complete="conditions", trials="NCT00000001")
    listed = evaluate(RECORD, rules, as_of=date(2026, 2, 21), assume_complete=["conditions"], trials=["NCT00000001"])
    assert plain.as_of == date(2026, 2, 21)
    assert plain.to_json() == listed.to_json()


@pytest.mark.parametrize(("day", "is_noted"), [("2026-02-19", False), ("2026-02-20", False), ("2026-02-21", True)])
def test_an_answer_of_a_later_day_is_noted(rules: screener.Rulebook, day: str, is_noted: bool) -> None:
    answers = {"NCT00000001/informed_consent": {"value": True, "date": day}}
    screening = evaluate({**RECORD, "answers": answers}, rules, as_of=date(2026, 2, 20))
    assert (screening.trials[0].criteria[2].status == "unknown") == is_noted
    noted = (
        "answers.NCT00000001/informed_consent: `NCT00000001/informed_consent` is dated 21 Feb 2026, "
        "after the day of screening, and is not used",
    )
    assert screening.notes == (noted if is_noted else ())


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_an_empty_text_is_no_record(rules: screener.Rulebook, nothing: str) -> None:
    with pytest.raises(RecordError, match="there is no record: the text is empty"):
        load_patient(nothing, rules)


def test_a_record_or_rules_that_cannot_be_used_raise(rules: screener.Rulebook, folder: Path) -> None:
    with pytest.raises(RecordError, match="there is no such file"):
        evaluate(folder / "nobody.json", rules)
    with pytest.raises(RulesError, match="there is no folder"):
        load_rules(folder / "nothing")


def test_every_name_that_is_offered_is_there() -> None:
    assert {name for name in screener.__all__ if not hasattr(screener, name)} == set()
    assert set(screener.__all__) <= set(dir(screener))
    with pytest.raises(AttributeError, match="has no attribute 'Patent'"):
        screener.Patent  # type: ignore[attr-defined]  # noqa: B018


def test_nothing_but_the_command_line_asks_what_day_it_is() -> None:
    sources = Path(screener.__file__).parent
    asking = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*.py")
        if any(word in path.read_text("utf-8") for word in ("today(", ".now(", "time.time(", "localtime(", "utcnow("))
    }
    assert asking == {"cli/patients.py"}


# ---- results as other programs read them


def test_real_results_fit_the_schema_and_the_types_it_is_made_from() -> None:
    validator = jsonschema.Draft202012Validator(result_schema())
    for record in (FULL, RECORD | {"observations": [], "conditions": []}, FULL | {"answers": {}, "sex": "male"}):
        result = evaluate(record).to_json()
        validator.validate(json.loads(result))
        document = msgspec.json.decode(result, type=ScreeningDocument)
        assert json.loads(msgspec.json.encode(document)) == json.loads(result)


def test_a_result_with_a_field_too_few_does_not_fit() -> None:
    validator = jsonschema.Draft202012Validator(result_schema())
    result = evaluate(FULL).to_dict()
    assert validator.is_valid(result)
    assert not validator.is_valid({key: value for key, value in result.items() if key != "notes"})


def test_the_cache_is_a_convenience(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = evaluate(RECORD, load_rules(RULES)).to_json()
    for nowhere in (os.devnull, str(folder / "a" / "b"), "/proc/nowhere"):
        monkeypatch.setenv("SCREENER_CACHE", nowhere)
        assert evaluate(RECORD, load_rules(RULES)).to_json() == expected
