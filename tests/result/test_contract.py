"""The result as other programs read it: two forms of one shape, read back as written, that refer to what is there."""

from __future__ import annotations

import copy
import json
import pickle
import re
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

import screener
from golden.screened import expected_screenings, screened
from screener import ScreeningError, evaluate, load_patient
from screener.contract import FORMAT, Reason, ResultForm, ScreeningData, Status, Verdict
from screener.records.patient import NOTHING_BESIDES
from screener.report.further import further, json_with
from screener.schema import json_of, plain, read_result, result_schema
from screener.screening import Screening
from screener.sheet.making import sheet_of

EXPECTED = expected_screenings()
EACH = pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.name)
FORMS: tuple[ResultForm, ...] = ("full", "compact")
MOST_BYTES = 40_000
READ = {"id": "p", "as_of": "2026-02-20", "sex": "female", "birth_date": "1981-05"}


def of(*observations: dict[str, Any], **more: Any) -> Screening:
    return evaluate(load_patient({**READ, "observations": list(observations)}), **more)


def lab(name: str, value: object, date: str = "2026-02-18", **more: object) -> dict[str, Any]:
    return {"name": name, "value": value, "date": date, **more}


@EACH
def test_both_forms_are_read_back_as_they_were_written(expected: Any) -> None:
    screening = screened(expected)
    for form in FORMS:
        told = screening.to_data(form)
        read = read_result(screening.to_json(form))
        assert msgspec.json.decode(screening.to_json(form), type=ScreeningData) == told
        assert json_of(read).decode() == screening.to_json(form)


@EACH
def test_every_reference_names_what_the_full_form_says_at_the_line(expected: Any) -> None:
    full, compact = (screened(expected).to_data(form) for form in FORMS)
    assert isinstance(full.trials[0].criteria[0].evidence, tuple)
    for told in (full, compact):
        for trial in told.trials:
            for line in trial.criteria:
                refs = line.refs
                assert set(refs.too_old) <= set(refs.facts)
                assert max(refs.facts, default=-1) < len(told.facts)
                assert max(refs.needs, default=-1) < len(told.needs)
                assert max(refs.scores, default=-1) < len(told.scores)
    for one, other in zip(full.trials, compact.trials, strict=True):
        for line, twin in zip(one.criteria, other.criteria, strict=True):
            shown = [(compact.facts[place].name, compact.facts[place].source) for place in twin.refs.facts]
            assert isinstance(line.evidence, tuple)
            assert isinstance(line.needs, tuple)
            assert isinstance(line.scores, tuple)
            assert shown == [(each.name, each.source) for each in line.evidence]
            assert [compact.needs[place].name for place in twin.refs.needs] == [each.name for each in line.needs]
            assert [compact.scores[place].number for place in twin.refs.scores] == [each.number for each in line.scores]
            assert (line.id, line.kind, line.status, line.basis, line.reasons) == (
                twin.id,
                twin.kind,
                twin.status,
                twin.basis,
                twin.reasons,
            )


@EACH
def test_the_compact_form_is_small(expected: Any) -> None:
    assert len(screened(expected).to_json("compact").encode()) < MOST_BYTES


def closed(schema: Any) -> Any:
    """The schema, with no field allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    no_more = {"additionalProperties": False} if schema.get("type") == "object" and "properties" in schema else {}
    return {name: closed(part) for name, part in schema.items()} | no_more


@pytest.mark.parametrize("form", FORMS)
def test_a_result_with_everything_fits_the_schema_which_names_every_field(form: ResultForm) -> None:
    schema = result_schema()
    Draft202012Validator.check_schema(schema)
    screening = screened(next(each for each in EXPECTED if each.patient == "score-with-two-readings"))
    everything = further(screening, advice=True, margins=True, distances=True, when=True)
    text = json_with(screening, everything, form)
    Draft202012Validator(closed(schema)).validate(json.loads(text))
    assert json.loads(json_of(read_result(text))) == json.loads(text)


def test_the_schema_speaks_of_json_and_of_the_types_in_it() -> None:
    schema = result_schema()
    assert "format" in schema["$defs"]["ScreeningDocument"]["required"]
    for name, part in schema["$defs"].items():
        assert not re.search(r"\bNone\b|UNSET|see `", part["description"]), name


def test_the_closed_sets_stand_in_the_schema() -> None:
    written = json.dumps(result_schema())
    for closed in (Status, Verdict, Reason, screener.FlagKind, screener.NeedKind):
        assert json.dumps(sorted(closed.__args__)) in written


def test_the_version_stands_first() -> None:
    assert of().to_json().startswith(f'{{"format":"{FORMAT}"')


def test_a_number_says_how_far_it_is_known() -> None:
    beyond = of(lab("INR", ">8"), lab("PTA", "<15", unit="%"), lab("albumin", 30, unit="g/L")).to_data("compact")
    known = {fact.name: plain(fact) for fact in beyond.facts}
    assert known["INR"]["value"] == ">8"
    assert known["INR"]["canonical"] == {"low": 8.0, "high": None, "low_open": True}
    assert known["prothrombin_activity"]["canonical"] == {"low": None, "high": 15.0, "high_open": True}
    assert known["albumin"]["canonical"] == {"low": 30.0, "high": 30.0}


# ---- how results are compared and read in Python


def test_the_same_screening_is_equal_and_another_is_not() -> None:
    inr = lab("INR", 1.8)
    assert of(inr) == of(inr)
    assert hash(of(inr)) == hash(of(inr))
    assert of(inr) != of(lab("INR", 1.9))
    assert of(inr) != of(inr, labs_within="5 days")
    assert of(inr) != "a screening"


def test_trials_and_lines_are_found_by_name() -> None:
    screening = of(lab("INR", 1.8))
    trial = screening.trial("NCT07409259")
    assert [each.id for each in screening] == [each.id for each in screening.trials]
    assert trial.criterion("I3") is trial.criteria[[each.id for each in trial].index("I3")]
    with pytest.raises(KeyError, match="`NCT1` is not in the screening: there are NCT03863002"):
        screening.trial("NCT1")
    with pytest.raises(KeyError, match="`I99` is not in NCT07409259"):
        trial.criterion("I99")
    assert repr(screening).startswith("<Screening of p as of 2026-02-20: NCT03863002 undetermined, ")
    assert repr(trial).startswith("<NCT07409259 undetermined: ")
    assert repr(trial.criterion("I3")) == "<I3 unknown>"


def test_what_is_read_off_a_screening_is_read_once_for_each_of_them() -> None:
    read: list[str] = []
    one, other = of(lab("INR", 1.8)), of(lab("INR", 1.8))
    for screening, name in ((one, "first"), (one, "second"), (other, "third")):
        assert screening.read_once("nothing", lambda name=name: read.append(name)) is None
    assert read == ["first", "third"]


def test_ids_are_found_in_what_holds_them() -> None:
    screening = of(lab("INR", 1.8))
    trial = screening.trial("NCT07409259")
    assert "NCT07409259" in screening
    assert trial in screening
    assert "NCT1" not in screening
    assert "I3" in trial
    assert "I99" not in trial


def test_what_cannot_be_done_with_a_screening_is_said() -> None:
    screening = of(lab("INR", 1.8))
    for write in (screening.to_json, screening.to_dict, screening.to_data):
        with pytest.raises(ScreeningError, match="`short` is not a form of a result: write `full` or `compact`"):
            write("short")
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="hand on the Patient, or what `to_json` or `to_data` gives"):
            copied(screening)


def test_what_a_newer_version_adds_is_passed_over() -> None:
    written = of(lab("INR", 1.8)).to_dict("compact")
    later = {**written, "new": 1, "trials": [{**each, "new": 2} for each in written["trials"]]}
    Draft202012Validator(result_schema()).validate(later)
    assert screener.read_result(json.dumps(later)) == screener.read_result(json.dumps(written))
    with pytest.raises(msgspec.ValidationError, match="screener-result/3"):
        screener.read_result(json.dumps({**written, "format": "screener-result/3"}))


def test_rows_are_flat_and_one_a_line() -> None:
    screening = screened(EXPECTED[0])
    rows = screening.to_rows()
    assert len(rows) == sum(len(trial.criteria) for trial in screening)
    assert len({tuple(row) for row in rows}) == 1
    assert all(value is None or isinstance(value, str) for row in rows for value in row.values())
    assert (rows[0]["trial"], rows[0]["criterion"]) == (screening.trials[0].id, screening.trials[0].criteria[0].id)


def test_what_other_programs_use_is_exported() -> None:
    assert screener.margins(of())[0].id
    assert len(screener.distance(of())) == len(of().trials)
    assert screener.changes(of()).patient == "p"


# ---- what can change an answer


def test_options_stand_in_the_result_with_their_origin() -> None:
    plainly = of(lab("INR", 1.8)).to_data()
    assert plain(plainly.options) == {
        "as_of_from": "record",
        "assume_complete": [],
        "labs_within": None,
        "trials": None,
    }
    assert plainly.latest[1].fresh.origin == "dictionary"
    asked = of(
        lab("INR", 1.8),
        as_of="2026-02-20",
        assume_complete=("procedures", "conditions"),
        labs_within="5 days",
        trials="NCT07409259",
    ).to_data()
    assert plain(asked.options) == {
        "as_of_from": "call",
        "assume_complete": ["conditions", "procedures"],
        "labs_within": "5 days",
        "trials": ["NCT07409259"],
    }
    assert plain(asked.trials[0].labs_within) == {"within": "5 days", "origin": "call"}
    inr = next(each for each in asked.latest if each.name == "INR")
    assert (inr.good_to, plain(inr.fresh)) == ("2026-02-23", {"within": "5 days", "origin": "call"})


def test_a_record_has_a_digest_of_its_facts() -> None:
    def digest(screening: Screening) -> str:
        return screening.to_data("compact").origins.record

    inr = lab("INR", 1.8)
    assert digest(of(inr)) == digest(of(inr, labs_within="5 days")) != digest(of(lab("INR", 1.81)))


def test_what_a_record_was_read_with_is_told(tmp_path: Any) -> None:
    table = tmp_path / "local.csv"
    table.write_text("system,code,name,unit\nurn:lab,CREA,creatinine,mg/dL\n", encoding="utf-8")
    answers = {"patient": "p", "answers": {"NCT07409259/informed_consent": True}}
    told = evaluate({**READ}, codes=table, locale="de", answers=answers).to_data().origins.read_with
    assert told.locale == "de"
    assert [len(digests) for digests in (told.tables, told.answers)] == [1, 1]
    assert told.tables[0].startswith("sha256:")
    assert of().to_data().origins.read_with == NOTHING_BESIDES


def test_the_latest_result_is_the_last_one_whether_or_not_its_time_of_day_is_known() -> None:
    values = [lab("INR", 1.6, "2026-02-16"), lab("INR", 1.7, "2026-02-19T07:05"), lab("INR", 1.9, "2026-02-21")]
    told = of(
        *values, lab("creatinine", 60, "2026-02-18T07:05", unit="umol/L"), lab("creatinine", 70, unit="umol/L")
    ).to_data()
    latest = {each.name: told.facts[each.fact].value for each in told.latest if each.fact is not None}
    assert latest["INR"] == "1.7"
    assert latest["creatinine"] == "60"


def test_the_latest_result_keeps_its_place_where_it_cannot_be_used() -> None:
    told = of(
        lab("INR", 1.8, "2026-02-17"), lab("INR", "cloudy", "2026-02-19"), lab("TBil", 90, unit="umol/L")
    ).to_data()
    latest = {each.name: each for each in told.latest}
    assert latest["INR"].fact is not None
    assert told.facts[latest["INR"].fact].value == "cloudy"
    assert latest["INR"].good_to is None
    assert latest["total_bilirubin"].good_to == "2026-02-25"
    assert latest["creatinine"].fact is None


@pytest.mark.parametrize(
    ("within", "good_to"),
    [("72 hours", "2026-02-21"), ("48 hours", "2026-02-20"), ("25 hours", "2026-02-19"), ("12 hours", None)],
)
def test_a_result_fresh_for_hours_is_good_to_the_last_whole_day(within: str, good_to: str | None) -> None:
    asked = of(lab("INR", 1.8, "2026-02-19T10:00"), labs_within=within)
    latest = {each.name: each for each in asked.to_data().latest}
    assert latest["INR"].good_to == good_to
    assert sheet_of(asked).results
