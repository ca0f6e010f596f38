"""Reading a record from wherever it comes, and what its entries become."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from records.small_rulebook import ASKING, SMALL, asking, concept, icd10, snomed
from screener.records import RecordError, read_patient, read_patients, record_schema
from screener.records.dictionary import Dictionary
from screener.records.native import Condition, NativeRecord, Observation, Procedure
from screener.records.patient import Absence, Answer, Episode, Patient
from screener.records.reviews import EVER_SINCE
from screener.rulebook import Code
from screener.values.dates import BEGINNING, Moment, parse_moment
from screener.values.ranges import exactly

DEMO: dict[str, Any] = {
    "id": "demo-1",
    "as_of": "2026-02-20",
    "birth_date": "1981-05",
    "sex": "female",
    "observations": [
        {"name": "total_bilirubin", "value": 210, "unit": "umol/L", "date": "2026-02-18", "upper_limit": 21},
        {"loinc": "6301-6", "value": 1.8, "date": "2026-02-18T07:40"},
        {"name": "INR", "value": ">8", "date": "2026-02-19"},
        {"name": "hepatic_encephalopathy_grade", "value": 0, "date": "2026-02-18"},
    ],
    "conditions": [
        {"name": "cirrhosis", "onset": "2019", "status": "active"},
        {"name": "hiv_infection", "status": "absent", "date": "2026-02-18"},
    ],
    "procedures": [{"name": "liver_transplantation", "status": "planned", "date": "2026-04"}],
    "medications": [{"name": "systemic_glucocorticoid", "start": "2025-11", "end": "2025-12-10"}],
    "events": [{"name": "trial_participation", "start": "2025-12-01", "end": "2026-01-15"}],
    "allergies": [{"name": "blood_products", "status": "absent", "date": "2026-02-18"}],
    "family_history": [{"name": "mental_disorder", "status": "absent"}],
    "answers": {"NCT00000001/informed_consent": True},
    "complete": ["conditions", "procedures"],
}


def read(**record: Any) -> Patient:
    return read_patient(record, SMALL)


def only_episode(patient: Patient, concept: str) -> Episode:
    (episode,) = patient.episodes[concept]
    return replace(episode, codings=frozenset())


def refusal(**record: Any) -> str:
    with pytest.raises(RecordError) as refused:
        read(**record)
    return refused.value.problems[0].fault


# ---- where a record comes from


def test_the_record_of_the_contract_is_read() -> None:
    patient = read_patient(DEMO, SMALL)
    assert (patient.id, patient.digest, patient.sex) == ("demo-1", "sha256:small", "female")
    assert patient.as_of == date(2026, 2, 20).toordinal()
    assert patient.birth == parse_moment("1981-05")
    bilirubin = patient.results["total_bilirubin"][0]
    assert (bilirubin.value, bilirubin.exact, bilirubin.upper_limit) == (exactly(210), 210, 21)
    assert [result.source for result in patient.results["INR"]] == ["observations[1]", "observations[2]"]
    assert patient.absences["hiv_infection"] == (
        Absence("hiv_infection", "conditions", "conditions[1]", parse_moment("2026-02-18")),
    )
    assert patient.absences["blood_products"][0].list == "allergies"
    assert patient.absences["mental_disorder"][0].list == "family_history"
    assert only_episode(patient, "cirrhosis").ongoing
    assert only_episode(patient, "liver_transplantation").list == "plans"
    assert patient.answers == {
        "NCT00000001/informed_consent": Answer(
            "NCT00000001/informed_consent", "answers.NCT00000001/informed_consent", value=True
        )
    }
    assert patient.complete == {"conditions", "procedures"}
    assert isinstance(patient.complete, frozenset)
    assert patient.notes == ()


def test_a_record_is_the_same_as_data_text_bytes_and_file(tmp_path: Path) -> None:
    text = json.dumps(DEMO)
    file = tmp_path / "p.json"
    file.write_text(text, encoding="utf-8")
    expected = read_patient(DEMO, SMALL)
    bytes_with_mark = b"\xef\xbb\xbf" + text.encode()
    for source in (text, "\n " + text, text.encode(), bytes_with_mark, file, str(file)):
        assert read_patient(source, SMALL) == expected
    assert read_patient(DEMO, Dictionary(SMALL)) == expected


def test_a_record_without_an_id_is_called_after_its_file(tmp_path: Path) -> None:
    file = tmp_path / "bed-7.json"
    file.write_text("{}", encoding="utf-8")
    assert read_patient(file, SMALL).id == "bed-7"
    assert read_patient({}, SMALL).id == "unnamed"


def test_a_file_that_is_not_there_is_a_record_error(tmp_path: Path) -> None:
    for source in (tmp_path / "no.json", tmp_path, "no\x00.json"):
        with pytest.raises(RecordError):
            read_patient(source, SMALL)
    with pytest.raises(RecordError, match="there is no such file"):
        read_patient(tmp_path / "no.json", SMALL)


def test_bytes_that_are_no_text_are_a_record_error() -> None:
    with pytest.raises(RecordError, match="it is not text in UTF-8"):
        read_patient(b"{\xff}", SMALL)


def test_several_patients_in_one_text_are_read_one_after_the_other() -> None:
    text = '{"id": "a"}\n\n{"id": "b", "sexx": "female"}\n{"id": "c"}\n'
    read = list(read_patients(text, SMALL))
    assert [each.id if isinstance(each, Patient) else str(each) for each in read] == [
        "a",
        "error[record]: `sexx` is not a field here\n  --> record: line 3: sexx\nhelp: did you mean `sex`?",
        "c",
    ]
    with pytest.raises(RecordError, match="`sexx` is not a field here"):
        read_patient(text, SMALL)


def test_digits_survive_as_they_were_written() -> None:
    text = '{"observations": [{"name": "INR", "value": 1.10}, {"name": "INR", "value": 0.1}]}'
    first, second = read_patient(text, SMALL).results["INR"]
    assert first.recorded_value == "1.10"
    assert second.unusable == "impossible"
    assert first.exact == Fraction(11, 10)
    assert read(observations=[{"name": "INR", "value": 1.1}]).results["INR"][0].exact == Fraction(11, 10)
    assert read(observations=[{"name": "INR", "value": Decimal("1.1")}]).results["INR"][0].exact == Fraction(11, 10)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), 10**400, 1e300, object()])
def test_what_is_no_measured_number_is_set_aside_also_in_plain_data(value: object) -> None:
    with pytest.raises(RecordError):
        read(observations=[{"name": "INR", "value": value}])


ANY_TEXT = st.text(st.characters(codec=None), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)
WORDS = st.sampled_from(
    [
        "creatinine",
        "INR",
        "cirrhosis",
        "mg/dL",
        "umol/L",
        "2026-02",
        "2026-02-20",
        "active",
        "absent",
        "1.8",
        "<5",
        "K74.6",
    ]
)
FIELDS = st.sampled_from(sorted({*Observation.model_fields, *Condition.model_fields, *Procedure.model_fields}))
ENTRIES = st.lists(st.dictionaries(FIELDS, WORDS | JSON, max_size=6), max_size=3)
LISTS = st.sampled_from(sorted(NativeRecord.model_fields))


def outcome(source: Any) -> Patient | RecordError:
    """What reading gives; any other error is a fault of the program."""
    try:
        return read_patient(source, SMALL, "any")
    except RecordError as error:
        return error


@given(JSON)
def test_any_json_value_is_a_patient_or_a_record_error(value: Any) -> None:
    for source in (value, json.dumps(value)):
        match outcome(source):
            case RecordError() as error:
                assert error.problems
                assert str(error).encode()
            case patient:
                assert patient.digest == "sha256:small"


@given(st.dictionaries(LISTS, ENTRIES | JSON, max_size=5))
def test_any_record_of_the_right_fields_is_a_patient_or_a_record_error(record: dict[str, Any]) -> None:
    match outcome(record):
        case RecordError() as error:
            assert error.problems
            assert str(error).encode()
        case patient:
            assert patient.digest == "sha256:small"


@pytest.mark.parametrize(
    "text",
    [
        r'{"\ud800": 1}',
        r'{"id": "\ud800"}',
        r'{"answers": {"\ud800": true}}',
        r'{"conditions": [{"name": "\ud800"}]}',
        r'{"conditions": [{"\ud800": 1}]}',
        r'{"observations": [{"name": "INR", "value": 1, "unit": "\ud800"}]}',
        r'{"observations": [{"name": "INR", "value": 1, "date": "\ud800"}]}',
    ],
)
def test_half_a_character_is_set_aside_in_words_that_can_be_printed(text: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient(text, SMALL)
    assert str(refused.value).encode()


def test_plain_data_nested_without_end_is_set_aside() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for record in ({"observations": endless}, {"observations": [{"name": "INR", "value": endless}]}, {"id": endless}):
        with pytest.raises(RecordError):
            read_patient(record, SMALL)


def test_keys_that_are_no_text_are_refused() -> None:
    with pytest.raises(RecordError):
        read_patient({1: 2}, SMALL)  # type: ignore[dict-item]
    with pytest.raises(RecordError):
        read_patient({"observations": [{1: 2}]}, SMALL)


def test_every_good_record_fits_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(record_schema())
    validator.check_schema(record_schema())
    validator.validate(DEMO)
    validator.validate(
        {"answers": {"a": True, "b": {"value": False}}, "observations": [{"code": {"system": "a", "code": "b"}}]}
    )
    for wrong in (
        {"observation": []},
        {"sex": 1},
        {"answers": {"a": 1}},
        {"observations": [{"vlaue": 1}]},
        {"complete": ["x"]},
    ):
        assert not validator.is_valid(wrong)


def test_nothing_heavy_is_imported_for_a_patient_or_a_record() -> None:
    read_one = "from screener.records.reading import read_patient, RecordError; import sys; "
    heavy = "print([name for name in ('lark', 'pint', 'rich', 'difflib', 'numpy', 'duckdb') if name in sys.modules])"
    only_patient = "import screener.records.patient, sys; print([n for n in ('pydantic', 'json') if n in sys.modules])"
    for program in (read_one + heavy, only_patient):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


# ---- names and codes


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "urea_nitrogen"},
        {"name": "BUN"},
        {"loinc": "3094-0"},
        {"name": "BUN", "loinc": "3094-0"},
        {"name": "urea", "loinc": "3094-0"},
        {"system": "loinc", "code": "3094-0"},
        {"system": "http://loinc.org", "code": "3094-0"},
        {"code": {"system": "http://loinc.org", "code": "3094-0"}},
        {"name": {"system": "loinc", "code": "3094-0"}},
        {"system": "urn:screener:concept", "code": "BUN"},
    ],
)
def test_a_measured_form_is_known_by_its_name_and_by_its_code(entry: dict[str, Any]) -> None:
    (result,) = read(observations=[{**entry, "value": 28, "unit": "mg/dL"}]).results["urea"]
    assert result.exact == Fraction(280) / Fraction("28.014")


@pytest.mark.parametrize(
    ("code", "concepts"),
    [
        ({"icd10": "K74.6"}, ["cirrhosis"]),
        ({"icd10": "K746"}, ["cirrhosis"]),
        ({"icd10": " k74.60 "}, ["cirrhosis"]),
        ({"icd10": "K74"}, []),
        ({"icd10": "K74.5"}, []),
        ({"icd10": "I21.4"}, ["myocardial_infarction"]),
        ({"icd10": "I214"}, ["myocardial_infarction"]),
        ({"icd10": "I20"}, []),
        ({"icd10": "I23"}, []),
        ({"icd10": "C00"}, ["malignancy"]),
        ({"icd10": "B99.9"}, []),
        ({"icd10": "C97"}, ["malignancy"]),
        ({"icd10": "C97.9"}, ["malignancy"]),
        ({"icd10": "C98"}, []),
        ({"icd10": "C"}, []),
        ({"icd10": "D06"}, []),
        ({"icd10": "C22.0"}, ["hepatocellular_carcinoma"]),
        ({"icd10": "C22.9"}, ["malignancy"]),
        ({"icd10": "C22.0", "snomed": "363346000"}, ["hepatocellular_carcinoma"]),
        ({"name": "malignancy", "icd10": "C22.0"}, ["hepatocellular_carcinoma"]),
        ({"name": "hepatocellular_carcinoma", "icd10": "C22.9"}, ["hepatocellular_carcinoma"]),
        ({"icd10": "K70.3"}, ["alcoholic_liver_disease", "cirrhosis"]),
        ({"icd10": "K70.9"}, ["alcoholic_liver_disease"]),
        ({"snomed": "19943007"}, ["cirrhosis"]),
        ({"snomed": "199430071"}, []),
        ({"system": "http://hl7.org/fhir/sid/icd-10", "code": "R18"}, ["ascites"]),
        ({"system": "http://hospital.example/codes", "code": "R18"}, []),
    ],
)
def test_a_code_stands_for_the_narrowest_concepts_that_cover_it(code: dict[str, Any], concepts: list[str]) -> None:
    patient = read(conditions=[code])
    assert sorted(patient.episodes) == concepts
    assert len(patient.notes) == (0 if concepts else 1)


@pytest.mark.parametrize(
    ("code", "is_known"), [("H02AB", True), ("H02AB06", True), ("h02ab06", True), ("H02A", False), ("H02B", False)]
)
def test_an_atc_code_covers_the_longer_ones_below_it(code: str, is_known: bool) -> None:
    assert ("systemic_glucocorticoid" in read(medications=[{"atc": code}]).episodes) is is_known


def test_a_code_that_no_rule_uses_is_a_note() -> None:
    patient = read(observations=[{"loinc": "1-8", "value": 1, "unit": "nonsense"}], conditions=[{"icd10": "Z99.9"}])
    assert (patient.results, patient.episodes) == ({}, {})
    assert patient.notes == (
        "observations[0]: no rule uses the code `loinc 1-8`",
        "conditions[0]: no rule uses the code `icd10 Z99.9`",
    )


def test_a_code_of_another_list_is_a_note() -> None:
    patient = read(medications=[{"icd10": "K74.6"}])
    assert patient.episodes == {}
    assert patient.notes == (
        "medications[0]: its code stands for the condition `cirrhosis`, which is read under `conditions` only",
    )


def test_a_diagnosis_that_states_a_procedure_is_read_as_one() -> None:
    patient = read(conditions=[{"icd10": "Z94.4", "onset": "2019", "date": "2026-01"}])
    assert only_episode(patient, "liver_transplantation") == Episode(
        "liver_transplantation",
        "procedures",
        "conditions[0]",
        parse_moment("2019"),
        parse_moment("2019"),
        asserted=parse_moment("2026-01"),
        called="icd10 Z94.4",
    )
    undated = only_episode(read(conditions=[{"icd10": "Z94.4"}]), "liver_transplantation")
    assert (undated.start, undated.end, undated.ended, undated.ongoing) == (None, None, False, False)


@pytest.mark.parametrize(("whole", "absent_on"), [((), []), ((icd10("Z94.4"),), ["procedures"]), ((icd10("Z94"),), [])])
def test_a_refuted_diagnosis_denies_a_procedure_only_by_a_code_of_the_whole_of_it(
    whole: tuple[Code, ...], absent_on: list[str]
) -> None:
    """That Z94.4 is the only code of it that the dictionary has proves nothing."""
    transplantation = replace(SMALL.concepts["liver_transplantation"], whole=whole)
    rulebook = replace(SMALL, concepts={**SMALL.concepts, "liver_transplantation": transplantation})
    patient = read_patient({"conditions": [{"icd10": "Z94.4", "status": "absent"}]}, rulebook)
    assert [each.list for each in patient.absences.get("liver_transplantation", ())] == absent_on
    assert any(note.startswith("conditions[0]: its code may be of one kind of") for note in patient.notes) is (
        not absent_on
    )


def test_an_active_diagnosis_that_states_a_procedure_leaves_open_whether_it_goes_on() -> None:
    dependence = {"icd10": "Z99.2", "onset": "2024-05", "status": "active"}
    episode = only_episode(read(conditions=[dependence]), "dialysis")
    assert (episode.start, episode.end, episode.ended, episode.ongoing) == (parse_moment("2024-05"), None, False, False)


# ---- status


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"status": "active"}, {"ongoing": True, "status": "active"}),
        (
            {"status": "active", "onset": "2026-01"},
            {"ongoing": True, "status": "active", "start": parse_moment("2026-01")},
        ),
        ({"status": "resolved"}, {"ended": True, "status": "resolved"}),
        ({"status": "resolved", "end": "2026"}, {"ended": True, "status": "resolved", "end": parse_moment("2026")}),
        ({"status": "cured"}, {"ended": True, "cured": True, "status": "cured"}),
        ({}, {}),
        (
            {"date": "2026-01-02"},
            {
                "asserted": parse_moment("2026-01-02"),
                "start": Moment(BEGINNING, parse_moment("2026-01-02").last, "2026-01-02 or before"),
            },
        ),
        ({"onset": "2025", "end": "2026"}, {"start": parse_moment("2025"), "end": parse_moment("2026"), "ended": True}),
        (
            {"severity": "severe", "stage": "III", "controlled": False},
            {"severity": "severe", "stage": "III", "controlled": False},
        ),
    ],
)
def test_a_passing_condition(entry: dict[str, Any], expected: dict[str, Any]) -> None:
    episode = only_episode(read(conditions=[{"name": "pregnancy", **entry}]), "pregnancy")
    assert episode == Episode("pregnancy", "conditions", "conditions[0]", called="pregnancy", **expected)


@pytest.mark.parametrize(
    ("entry", "ongoing", "ended"),
    [
        ({}, True, False),
        ({"onset": "2019"}, True, False),
        ({"onset": "2019", "end": "2020"}, False, True),
        ({"status": "resolved"}, False, True),
    ],
)
def test_a_chronic_condition_holds_until_the_record_ends_it(entry: dict[str, Any], ongoing: bool, ended: bool) -> None:
    episode = only_episode(read(conditions=[{"name": "cirrhosis", **entry}]), "cirrhosis")
    assert (episode.ongoing, episode.ended) == (ongoing, ended)


@pytest.mark.parametrize("status", [{}, {"status": "active"}, {"status": "resolved", "end": "2026-02-01"}])
def test_an_acute_condition_is_its_onset_day_alone(status: dict[str, Any]) -> None:
    entry = {"name": "myocardial_infarction", "onset": "2026-01-05", **status}
    episode = only_episode(read(conditions=[entry]), "myocardial_infarction")
    assert episode.start == episode.end == parse_moment("2026-01-05")
    assert not episode.ongoing


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"date": "2026-01-05"}, {"start": parse_moment("2026-01-05"), "end": parse_moment("2026-01-05")}),
        (
            {"status": "done", "date": "2026-01-05"},
            {"start": parse_moment("2026-01-05"), "end": parse_moment("2026-01-05"), "status": "done"},
        ),
        ({"status": "done"}, {"status": "done"}),
        ({}, {}),
        ({"start": "2026-01", "end": "2026-02"}, {"start": parse_moment("2026-01"), "end": parse_moment("2026-02")}),
        ({"start": "2026-01"}, {"start": parse_moment("2026-01")}),
        ({"status": "done", "start": "2026-01"}, {"start": parse_moment("2026-01"), "status": "done"}),
        (
            {"status": "ongoing", "start": "2026-01"},
            {"start": parse_moment("2026-01"), "ongoing": True, "status": "ongoing"},
        ),
    ],
)
def test_a_procedure(entry: dict[str, Any], expected: dict[str, Any]) -> None:
    episode = only_episode(read(procedures=[{"name": "dialysis", **entry}]), "dialysis")
    assert episode == Episode("dialysis", "procedures", "procedures[0]", called="dialysis", **expected)


@pytest.mark.parametrize("field", ["date", "start"])
def test_a_planned_procedure_stands_on_the_list_of_plans(field: str) -> None:
    episode = only_episode(
        read(procedures=[{"name": "LT", "status": "planned", field: "2026-04"}]), "liver_transplantation"
    )
    assert episode == Episode(
        "liver_transplantation", "plans", "procedures[0]", parse_moment("2026-04"), status="planned", called="LT"
    )


@pytest.mark.parametrize(
    ("entry", "ongoing", "ended"),
    [
        ({}, False, False),
        ({"start": "2025"}, False, False),
        ({"start": "2025", "end": "2026"}, False, False),
        ({"start": "2025", "status": "ongoing"}, True, False),
        ({"start": "2025", "end": "2026-03", "status": "ongoing"}, True, False),
        ({"start": "2025", "status": "stopped"}, False, True),
    ],
)
def test_a_drug_or_an_event_goes_on_only_if_its_status_says_so(
    entry: dict[str, Any], ongoing: bool, ended: bool
) -> None:
    for list_, name in (("medications", "interferon"), ("events", "trial_participation")):
        episode = only_episode(read(as_of="2026-02-20", **{list_: [{"name": name, **entry}]}), name)
        assert (episode.list, episode.ongoing, episode.ended) == (list_, ongoing, ended)


@pytest.mark.parametrize(("end", "is_set_aside"), [("2026-02-19", True), ("2026-02-20", False), ("2026-02-21", False)])
def test_what_is_ongoing_may_end_on_the_day_of_screening_or_later(end: str, is_set_aside: bool) -> None:
    record = {"as_of": "2026-02-20", "medications": [{"name": "interferon", "status": "ongoing", "end": end}]}
    if is_set_aside:
        assert only_episode(read(**record), "interferon").only_may_be
    else:
        assert only_episode(read(**record), "interferon").ongoing


@pytest.mark.parametrize("status", ["absent", "never"])
@pytest.mark.parametrize(
    ("list_", "name"),
    [
        ("conditions", "cirrhosis"),
        ("procedures", "dialysis"),
        ("medications", "interferon"),
        ("events", "trial_participation"),
        ("allergies", "interferon"),
        ("family_history", "cirrhosis"),
    ],
)
def test_every_list_can_say_that_something_is_not(list_: str, name: str, status: str) -> None:
    patient = read(**{list_: [{"name": name, "status": status, "date": "2026-02"}]})
    assert patient.episodes == {}
    since = EVER_SINCE if status == "never" else None
    absence = Absence(name, list_, f"{list_}[0]", parse_moment("2026-02"), since=since)  # type: ignore[arg-type]
    assert patient.absences == {name: (absence,)}


def test_an_absence_may_say_since_when() -> None:
    entry = {"name": "pregnancy", "status": "absent", "since": "2025-12-20", "date": "2026-02-18"}
    (absence,) = read(conditions=[entry]).absences["pregnancy"]
    assert (absence.since, absence.when) == (parse_moment("2025-12-20"), parse_moment("2026-02-18"))


def test_an_allergy_holds_and_a_disease_in_the_family_is_told() -> None:
    patient = read(
        allergies=[{"name": "blood_products", "severity": "severe", "date": "2020"}],
        family_history=[{"name": "mental_disorder", "status": "present"}],
    )
    assert only_episode(patient, "blood_products") == Episode(
        "blood_products",
        "allergies",
        "allergies[0]",
        ongoing=True,
        asserted=parse_moment("2020"),
        severity="severe",
        called="blood_products",
    )
    assert only_episode(patient, "mental_disorder") == Episode(
        "mental_disorder", "family_history", "family_history[0]", status="present", called="mental_disorder"
    )


BROAD = replace(
    SMALL,
    concepts={
        **SMALL.concepts,
        "any_thing": concept("any_thing", "substance", narrower=("any_drug", "blood_products", "interferon")),
        "any_drug": concept("any_drug", "substance", broader=("any_thing",), narrower=("interferon",)),
        "blood_products": concept("blood_products", "substance", broader=("any_thing",)),
    },
)
"""A dictionary in which everything that one can be allergic to is something broader."""


@pytest.mark.parametrize(
    ("code", "broadest", "called"),
    [
        ({"atc": "J01CE01"}, "any_drug", "atc J01CE01"),
        ({"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980"}, "any_drug", "rxnorm 7980"),
        ({"snomed": "91935009"}, "any_thing", "snomed 91935009"),
        ({"name": {"system": "urn:clinic", "code": "nuts"}}, "any_thing", "urn:clinic nuts"),
    ],
)
def test_an_allergy_of_an_unknown_code_is_one_to_something(code: dict[str, Any], broadest: str, called: str) -> None:
    patient = read_patient({"allergies": [{**code, "severity": "severe"}], "complete": ["allergies"]}, BROAD)
    assert only_episode(patient, broadest) == Episode(
        broadest, "allergies", "allergies[0]", ongoing=True, severity="severe", called=called
    )
    assert patient.notes[-1] == f"allergies[0]: it is read as `{broadest}`"
    assert patient.complete == {"allergies"}


def test_that_an_unknown_code_is_absent_says_nothing_of_anything_broader() -> None:
    patient = read_patient({"allergies": [{"atc": "J01CE01", "status": "absent"}]}, BROAD)
    assert (patient.episodes, patient.absences) == ({}, {})


def test_an_allergy_of_an_unknown_code_may_be_to_any_substance_that_a_rule_names() -> None:
    for rulebook in (ASKING, asking(BROAD)):
        patient = read_patient({"allergies": [{"snomed": "91935009"}], "complete": ["allergies"]}, rulebook)
        may_be = patient.may_be["allergies"]
        assert {"blood_products", "interferon"} <= may_be.keys()
        assert {each.unusable for each in may_be["blood_products"]} <= {"unread", None}
        assert (patient.complete, patient.unread) == ({"allergies"}, {})


def test_an_allergy_of_an_unknown_name_is_told() -> None:
    patient = read_patient({"allergies": [{"name": "penicillin"}]}, BROAD)
    assert patient.notes == ("not read: penicillin (allergies[0])",)


def test_an_allergy_whose_code_has_no_system_is_one_fault() -> None:
    patient = read_patient({"allergies": [{"code": "J01CE01"}]}, BROAD)
    assert len([note for note in patient.notes if "has no `system`" in note]) == 1


# ---- codes that say that something is absent


@pytest.mark.parametrize(
    ("entries", "concept", "list_"),
    [
        ({"conditions": [{"snomed": "900005", "date": "2026-02-18"}]}, "hiv_infection", "conditions"),
        (
            {"conditions": [{"snomed": "900005", "status": "active", "date": "2026-02-18"}]},
            "hiv_infection",
            "conditions",
        ),
        (
            {"conditions": [{"name": "hiv_infection", "snomed": "900005", "status": "absent", "date": "2026-02-18"}]},
            "hiv_infection",
            "conditions",
        ),
        ({"conditions": [{"snomed": "900006", "date": "2026-02-18"}]}, "dialysis", "procedures"),
        ({"procedures": [{"snomed": "900006", "date": "2026-02-18"}]}, "dialysis", "procedures"),
        ({"medications": [{"snomed": "900007", "date": "2026-02-18"}]}, "interferon", "medications"),
        ({"allergies": [{"snomed": "900009", "date": "2026-02-18"}]}, "blood_products", "allergies"),
        (
            {"allergies": [{"snomed": "900009", "status": "present", "date": "2026-02-18"}]},
            "blood_products",
            "allergies",
        ),
    ],
)
def test_a_code_of_an_absence_is_an_absence(entries: dict[str, Any], concept: str, list_: str) -> None:
    patient = read(**entries)
    path = f"{next(iter(entries))}[0]"
    assert patient.episodes == {}
    assert patient.absences == {concept: (Absence(concept, list_, path, parse_moment("2026-02-18")),)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "presences", "absences"),
    [("F99", 1, 0), ("F99.0", 1, 0), ("Z98", 0, 1), ("Z98.0", 0, 0), ("Z9", 0, 0)],
)
def test_a_code_below_one_of_an_absence_denies_less(code: str, presences: int, absences: int) -> None:
    patient = read(conditions=[{"icd10": code}])
    assert len(patient.episodes.get("mental_disorder", ())) == presences
    assert len(patient.absences.get("mental_disorder", ())) == absences


def test_the_absence_of_the_broader_holds_that_of_the_narrower() -> None:
    concepts = {
        **BROAD.concepts,
        "any_thing": concept(
            "any_thing", "substance", (snomed("1", absent=True),), narrower=("any_drug", "blood_products", "interferon")
        ),
        "any_drug": concept(
            "any_drug", "substance", (snomed("1", absent=True),), broader=("any_thing",), narrower=("interferon",)
        ),
    }
    patient = read_patient({"allergies": [{"snomed": "1"}]}, replace(BROAD, concepts=concepts))
    assert set(patient.absences) == {"any_thing"}


def test_that_nothing_is_known_of_allergies_is_no_allergy() -> None:
    entry = {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-allergy-info"}
    patient = read_patient({"allergies": [entry], "complete": ["allergies"]}, asking(BROAD))
    assert (patient.episodes, patient.absences, patient.may_be) == ({}, {}, {})
    assert (patient.complete, patient.unread) == (frozenset(), {"allergies": "allergies[0]"})


def test_a_resource_of_fhir_may_stand_for_an_event() -> None:
    entry = {"system": "http://hl7.org/fhir/resource-types", "code": "ResearchSubject", "start": "2025-12-01"}
    assert only_episode(read(events=[entry]), "trial_participation").start == parse_moment("2025-12-01")


# ---- the person, answers, contradictions


@pytest.mark.parametrize(("age", "is_set_aside"), [(43, True), (44, False), (45, False), (46, True)])
def test_an_age_must_be_one_that_the_birth_date_allows(age: int, is_set_aside: bool) -> None:
    record = {"as_of": "2026-02-20", "birth_date": "1981", "age_years": age}
    if is_set_aside:
        assert (read(**record).age_years, read(**record).birth) == (None, None)
    else:
        assert read(**record).age_years == age


def test_an_age_without_a_day_of_screening_is_kept_beside_the_birth_date() -> None:
    patient = read(birth_date="1981", age_years=20)
    assert (patient.age_years, patient.birth) == (20, parse_moment("1981"))


@pytest.mark.parametrize(
    ("age", "is_set_aside"), [(-1, True), (0, False), (1, False), (119, False), (120, False), (121, True)]
)
def test_an_age_is_one_that_people_reach(age: int, is_set_aside: bool) -> None:
    if is_set_aside:
        assert read(age_years=age).age_years is None
    else:
        assert read(age_years=age).age_years == age


@pytest.mark.parametrize(
    ("birth", "is_set_aside"), [("2026-02-19", False), ("2026-02-20", False), ("2026-02-21", True), ("2026", False)]
)
def test_nobody_is_screened_before_birth(birth: str, is_set_aside: bool) -> None:
    record = {"as_of": "2026-02-20", "birth_date": birth}
    if is_set_aside:
        assert read(**record).birth is None
    else:
        assert read(**record).birth == parse_moment(birth)


@pytest.mark.parametrize(
    ("end", "is_set_aside"), [("2026-01-31", True), ("2026-02", False), ("2026-02-01", False), ("2026", False)]
)
def test_an_end_may_share_the_days_of_a_start_known_only_as_a_range(end: str, is_set_aside: bool) -> None:
    record = {"conditions": [{"name": "ascites", "onset": "2026-02", "end": end}]}
    if is_set_aside:
        assert only_episode(read(**record), "ascites").only_may_be
    else:
        assert only_episode(read(**record), "ascites").end == parse_moment(end)


def test_facts_after_the_day_of_screening_are_kept() -> None:
    patient = read(as_of="2026-02-20", observations=[{"name": "INR", "value": 1, "date": "2027"}])
    assert patient.results["INR"][0].when == parse_moment("2027")


def test_facts_before_birth_are_noted() -> None:
    patient = read(
        birth_date="1981-05",
        observations=[{"name": "INR", "value": 1, "date": "1980"}],
        conditions=[{"name": "cirrhosis", "onset": "1981-04"}, {"name": "ascites", "onset": "1981"}],
    )
    assert patient.notes == (
        "observations[0]: `1980` is before the birth date `1981-05`",
        "conditions[0]: `1981-04` is before the birth date `1981-05`",
    )


def test_answers_are_kept_under_the_names_of_the_dictionary() -> None:
    patient = read(
        answers={
            "NCT00000001/ICF": {"value": False, "by": "Dr A", "date": "2026-02-20"},
            "NCT00000002/informed_consent": True,
            "NCT00000002/undiagnosed_chronic_liver_disease": True,
            "NCT00000001/I2": {"reading": 2, "by": "site"},
        }
    )
    assert patient.answers == {
        "NCT00000001/informed_consent": Answer(
            "NCT00000001/informed_consent",
            "answers.NCT00000001/ICF",
            value=False,
            by="Dr A",
            when=parse_moment("2026-02-20"),
        ),
        "NCT00000002/informed_consent": Answer(
            "NCT00000002/informed_consent", "answers.NCT00000002/informed_consent", value=True
        ),
        "undiagnosed_chronic_liver_disease": Answer(
            "undiagnosed_chronic_liver_disease", "answers.NCT00000002/undiagnosed_chronic_liver_disease", value=True
        ),
        "NCT00000001/I2": Answer("NCT00000001/I2", "answers.NCT00000001/I2", reading=2, by="site"),
    }


@pytest.mark.parametrize(("reading", "is_set_aside"), [(0, True), (1, False), (2, False), (3, True)])
def test_a_reading_is_one_of_those_that_the_line_has(reading: int, is_set_aside: bool) -> None:
    record = {"answers": {"NCT00000001/I2": {"reading": reading}}}
    if is_set_aside:
        assert read(**record).answers == {}
    else:
        assert read(**record).answers["NCT00000001/I2"].reading == reading


def test_every_problem_of_a_record_is_told_at_once() -> None:
    with pytest.raises(RecordError) as refused:
        read(
            id=[7],
            observations=[{"name": "nothing", "value": [], "date": "x"}, 3, {"name": "INR", "vlaue": 1}],
            conditions=[{"name": "cirrhosis", "onset": "2021", "end": "2020"}],
        )
    assert sorted(problem.path for problem in refused.value.problems) == [
        "conditions[0].end",
        "id",
        "observations[0].date",
        "observations[0].value",
        "observations[1]",
        "observations[2].vlaue",
    ]


def test_an_unknown_beginning_reaches_back_without_limit() -> None:
    patient = read(observations=[{"name": "HE_grade", "value": 2, "date": "2026-02-18"}])
    start = only_episode(patient, "hepatic_encephalopathy").start
    assert start is not None
    assert start.first == BEGINNING


@pytest.mark.parametrize(
    ("record", "where"),
    [
        ({"id": "a\ud800"}, "id"),
        ({"observations": [{"name": "INR", "value": 1.8, "unit": "\udfff"}]}, "observations[0].unit"),
    ],
)
def test_plain_data_with_half_a_character_is_set_aside_where_it_stands(record: dict[str, Any], where: str) -> None:
    with pytest.raises(RecordError, match="is not text in Unicode") as refused:
        read_patient(record, SMALL)
    assert [problem.path for problem in refused.value.problems] == [where]
