"""What each row of a CDM is read as. Each CDM is made by the tests; each kind of thing comes in threes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from records.omop.small_cdm import Table, cdm, concepts, person, write_csv
from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.omop import source
from screener.records.patient import Episode, Patient, Result
from screener.records.sources import HowRead


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


class Reading:
    """Reads a CDM of these tables."""

    def __init__(self, folder: Path, dictionary: Dictionary) -> None:
        self._folder, self._dictionary = folder, dictionary

    def all(self, **tables: Table) -> list[Patient | RecordError]:
        folder = write_csv(self._folder, cdm(**tables))
        (group,) = source.groups(folder, HowRead(self._dictionary, str(folder), None))
        assert isinstance(group, source.Warehouse)
        return list(group.patients())

    def one(self, **tables: Table) -> Patient:
        (patient,) = self.all(**tables)
        assert isinstance(patient, Patient)
        return patient

    def condition(self, **row: object) -> Patient:
        base = {"condition_occurrence_id": 1, "person_id": 1, "condition_concept_id": 1001}
        return self.one(condition_occurrence=[{**base, "condition_start_date": "2025-03-01", **row}])

    def drug(self, **row: object) -> Patient:
        base = {"drug_exposure_id": 1, "person_id": 1, "drug_concept_id": 1021}
        return self.one(drug_exposure=[{**base, "drug_exposure_start_date": "2025-03-01", **row}])

    def result(self, concepts: Table | None = None, **row: object) -> Result:
        base = {"measurement_id": 1, "person_id": 1, "measurement_concept_id": 1011, "value_as_number": "1.2"}
        row = {**base, "measurement_date": "2025-03-01", "unit_concept_id": 8840, **row}
        more = {"concept": concepts} if concepts is not None else {}
        (results,) = self.one(measurement=[row], **more).results.values()
        (result,) = results
        return result


@pytest.fixture
def read(tmp_path: Path, dictionary: Dictionary) -> Reading:
    return Reading(tmp_path / "cdm", dictionary)


def entry(patient: Patient, name: str) -> Episode:
    (found,) = patient.episodes[name]
    return found


def observation(read: Reading, **row: object) -> Patient:
    return read.one(observation=[{"observation_id": 1, "person_id": 1, "observation_date": "2025-03-01", **row}])


# ---- people


@pytest.mark.parametrize(
    ("columns", "born"),
    [
        ({}, "1970-05-03"),
        ({"day_of_birth": None}, "1970-05"),
        ({"month_of_birth": None, "day_of_birth": None}, "1970"),
        ({"month_of_birth": None}, "1970"),
        ({"year_of_birth": None}, None),
        ({"year_of_birth": "1970.00"}, "1970-05-03"),
        ({"birth_datetime": "1970-06-15 00:00:00", "month_of_birth": None}, "1970"),
    ],
    ids=["a day", "a month", "a year", "a day without its month", "nothing", "a decimal", "a day that was filled in"],
)
def test_a_birth_is_as_exact_as_it_was_stored(read: Reading, columns: dict[str, object], born: str | None) -> None:
    birth = read.one(person=[person(**columns)]).birth
    assert (birth.text if birth is not None else None) == born


@pytest.mark.parametrize(
    ("columns", "sex"),
    [
        ({"gender_concept_id": 8507}, "male"),
        ({"gender_concept_id": 8532, "gender_source_value": "M"}, "female"),
        ({"gender_concept_id": 8521, "gender_source_value": "F"}, None),
        ({"gender_concept_id": 0, "gender_source_value": "F"}, "female"),
        ({"gender_concept_id": 0, "gender_source_value": "2"}, None),
    ],
    ids=str,
)
def test_the_sex_is_that_of_the_concept(read: Reading, columns: dict[str, object], sex: str | None) -> None:
    assert read.one(person=[person(**columns)], concept=concepts(8507, 8532, 8521)).sex == sex


@pytest.mark.parametrize(
    ("deaths", "died"),
    [
        ([{"person_id": 1, "death_date": "2025-01-01"}, {"person_id": 1, "death_date": "2025-02-01"}], "2025-02-01"),
        ([{"person_id": 1, "death_date": None}], "unknown day"),
        ([{"person_id": 1, "death_date": None, "death_datetime": "2025-02-01 10:00:00"}], "2025-02-01"),
        ([{"person_id": 1, "death_datetime": "2025-02-01 10:00:00"}], "2025-02-01"),
        ([{"person_id": 2, "death_date": "2025-01-01"}], None),
    ],
    ids=["the last day counts", "without a day", "only a time", "no column of days", "another person's"],
)
def test_a_death(read: Reading, deaths: Table, died: str | None) -> None:
    found = read.one(death=deaths).died
    assert (found.text if found is not None else None) == died


@pytest.mark.parametrize("number", [-5, 0, 2**63 - 1])
def test_an_odd_id_is_an_id(read: Reading, number: int) -> None:
    (patient,) = read.all(person=[person(number)])
    assert isinstance(patient, Patient)
    assert patient.id == str(number)


def test_a_person_who_stands_there_twice_is_set_aside_and_the_next_is_read(read: Reading) -> None:
    refused, other = read.all(person=[person(1), person(1, year_of_birth=1980), person(2), {"person_id": None}])
    assert isinstance(refused, RecordError)
    assert "the table `person` has 2 rows of person 1" in str(refused)
    assert isinstance(other, Patient)
    assert other.id == "2"


@pytest.mark.parametrize(
    ("periods", "taken", "day"),
    [
        (["2024-12-31", "2025-06-30"], None, "2025-06-30"),
        (["2025-06-30"], "2025-05-01", "2025-05-01"),
        (["2025-06-30"], "2025-07-01", "2025-06-30"),
        ([], "2025-05-01", None),
    ],
    ids=["the last period", "no later than the data was taken", "not after the period", "no period"],
)
def test_a_patient_is_seen_as_of_the_end_of_the_last_observation_period(
    read: Reading, periods: list[str], taken: str | None, day: str | None
) -> None:
    rows = [
        {"observation_period_id": n, "person_id": 1, "observation_period_end_date": end}
        for n, end in enumerate(periods or [""])
    ]
    seen = read.one(observation_period=rows, cdm_source=[{"cdm_source_name": "x", "source_release_date": taken}]).as_of
    assert (date.fromordinal(seen).isoformat() if seen is not None else None) == day


@pytest.mark.parametrize(("end", "is_named"), [("06/30/2025", True), ("2025-06-30", False), ("", False)])
def test_an_end_that_is_no_date_is_named(read: Reading, end: str, is_named: bool) -> None:
    rows = [{"observation_period_id": 1, "person_id": 1, "observation_period_end_date": end}]
    notes = read.one(observation_period=rows).notes
    assert notes == (("observation_period: an end of it is not a date, and counts as none",) if is_named else ())


def test_a_period_that_ends_ahead_ends_today(read: Reading) -> None:
    rows = [{"observation_period_id": 1, "person_id": 1, "observation_period_end_date": "2099-12-31"}]
    seen = read.one(observation_period=rows).as_of
    assert seen is not None
    assert seen < date(2099, 12, 31).toordinal()


# ---- conditions


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "made"),
        ({"condition_status_concept_id": 0}, "made"),
        ({"condition_status_concept_id": 32902}, "made"),
        ({"condition_status_concept_id": 32906}, "over"),
        ({"condition_status_concept_id": 32899}, "whether it is confirmed is not clear: preliminary diagnosis"),
        ({"condition_status_concept_id": 555}, "whether it is confirmed is not clear: 555"),
        (
            {"condition_status_concept_id": 0, "condition_status_source_value": "suspected"},
            "whether it is confirmed is not clear: suspected",
        ),
    ],
    ids=["none", "no concept", "primary", "resolved", "preliminary", "a concept nobody knows", "only in words"],
)
def test_the_status_of_a_diagnosis(read: Reading, row: dict[str, object], said: str) -> None:
    found = entry(read.condition(**row), "cirrhosis")
    told = "over" if found.ended else "made"
    assert ([each.text for each in found.flags] or [told]) == [said]
    assert found.doubtful is bool(found.flags)


@pytest.mark.parametrize(
    ("row", "day"),
    [
        ({"condition_start_datetime": "2025-03-01 00:00:00"}, "2025-03-01"),
        ({"condition_start_datetime": "2025-03-01 10:30:00"}, "2025-03-01T10:30:00"),
        ({"condition_start_datetime": "2025-03-02 10:30:00"}, "2025-03-01"),
        ({"condition_start_datetime": "2025-03-01 10:30:00+02:00"}, "2025-03-01T10:30:00+02:00"),
        ({"condition_start_date": None, "condition_start_datetime": "2025-03-02 00:00:00"}, "2025-03-02"),
        ({"condition_end_date": "2025-03-05"}, "2025-03-01"),
    ],
    ids=[
        "midnight is no time",
        "a time",
        "a time of another day",
        "a time on a clock",
        "only a time",
        "an end is that of a visit",
    ],
)
def test_a_diagnosis_is_asserted_on_its_day(read: Reading, row: dict[str, object], day: str) -> None:
    found = entry(read.condition(**row), "cirrhosis")
    assert found.asserted is not None
    assert (found.asserted.text, found.end) == (day, None)


def test_a_day_that_is_none_is_named(read: Reading) -> None:
    patient = read.condition(condition_start_date="2025-13-01")
    asserted = entry(patient, "cirrhosis").asserted
    assert asserted is not None
    assert asserted.text == "unknown day"
    assert patient.notes == (
        "Condition/condition-occurrence.1: its `recordedDate` `2025-13-01` is not a date, and counts as none",
    )


@pytest.mark.parametrize(
    ("row", "is_cirrhosis"),
    [
        ({"condition_concept_id": 1001}, True),
        ({"condition_concept_id": 0, "condition_source_concept_id": 1003}, True),
        ({"condition_concept_id": 1001, "condition_source_concept_id": 777}, True),
        ({"condition_concept_id": 0, "condition_source_value": "19943007"}, False),
        ({"condition_concept_id": 777}, False),
        ({"condition_concept_id": 0}, False),
    ],
    ids=["standard", "source", "standard, and a source nobody knows", "unmapped", "a concept nobody knows", "nothing"],
)
def test_what_nobody_mapped_stays_an_entry_that_may_be_anything(
    read: Reading, row: dict[str, object], is_cirrhosis: bool
) -> None:
    patient = read.condition(**row)
    assert ("cirrhosis" in patient.episodes) is is_cirrhosis
    assert ("cirrhosis" in patient.may_be.get("conditions", {})) is not is_cirrhosis


# ---- drugs and procedures


@pytest.mark.parametrize(
    ("type_", "status", "end"),
    [
        (32818, "given", "2025-03-10"),
        (32838, "ordered", None),
        (32839, "ordered", None),
        (38000177, "ordered", None),
        (32865, "unknown", "2025-03-10"),
    ],
    ids=["administration", "prescription", "prescription issued", "prescription of old", "the patient says so"],
)
@pytest.mark.parametrize("left_out", [(), (32818, 32838, 32865)], ids=["with", "without the types' concepts"])
def test_only_what_was_given_was_given(
    read: Reading, type_: int, status: str, end: str | None, left_out: tuple[int, ...]
) -> None:
    rows = [
        {
            "drug_exposure_id": 1,
            "person_id": 1,
            "drug_concept_id": 1021,
            "drug_type_concept_id": type_,
            "drug_exposure_start_date": "2025-03-01",
            "drug_exposure_end_date": "2025-03-10",
        }
    ]
    found = entry(read.one(drug_exposure=rows, concept=concepts(*left_out)), "systemic_glucocorticoid")
    assert found.start is not None
    assert (found.status, found.start.text, found.end and found.end.text) == (status, "2025-03-01", end)
    assert found.doubtful is (status != "given")


@pytest.mark.parametrize("type_", [32869, 32817, 0], ids=["claim", "EHR", "none"])
def test_a_drug_that_was_handed_over_may_be_taken(read: Reading, type_: int) -> None:
    patient = read.drug(drug_type_concept_id=type_)
    assert "systemic_glucocorticoid" not in patient.episodes
    assert "systemic_glucocorticoid" in patient.may_be["medications"]


@pytest.mark.parametrize("end", [None, "2025-03-01", "2025-03-02"])
def test_a_procedure_was_done(read: Reading, end: str | None) -> None:
    row = {"procedure_occurrence_id": 1, "person_id": 1, "procedure_concept_id": 1006}
    patient = read.one(procedure_occurrence=[{**row, "procedure_date": "2025-03-01", "procedure_end_date": end}])
    assert patient.notes == ()


# ---- results


@pytest.mark.parametrize(
    ("row", "recorded", "unusable"),
    [
        ({}, "1.2 mg/dL", None),
        ({"operator_concept_id": 4172703}, "1.2 mg/dL", None),
        ({"operator_concept_id": 4171756}, "<1.2 mg/dL", None),
        ({"operator_concept_id": 4171754}, "<=1.2 mg/dL", None),
        ({"operator_concept_id": 4172704}, ">1.2 mg/dL", None),
        ({"operator_concept_id": 99}, "operator 99 1.2 mg/dL", "missing"),
        ({"operator_concept_id": 0, "value_source_value": "<1.2"}, "<1.2 mg/dL", None),
        ({"operator_concept_id": 0, "value_source_value": "≥ 1.2"}, ">=1.2 mg/dL", None),
        ({"value_as_number": None, "value_source_value": "<0.2"}, "<0.2 mg/dL", None),
        ({"value_as_number": None, "value_source_value": "0,2"}, "0,2 None", "unit"),
        ({"value_as_number": None, "value_source_value": "haemolytic"}, "haemolytic None", "missing"),
        ({"value_as_number": "NaN", "value_source_value": None}, " None", "missing"),
        ({"value_as_number": "1.20"}, "1.20 mg/dL", None),
        ({"value_as_number": "<1.2", "value_source_value": None}, "<1.2 mg/dL", None),
        ({"value_as_number": "haemolytic", "value_source_value": None}, "haemolytic None", "missing"),
    ],
    ids=lambda each: str(each),
)
@pytest.mark.parametrize("left_out", [(), (4172703, 4171756, 4171754, 4172704)], ids=["with", "without the operators"])
def test_a_number_keeps_what_stands_before_it(
    read: Reading, row: dict[str, object], recorded: str, unusable: str | None, left_out: tuple[int, ...]
) -> None:
    result = read.result(concepts(*left_out), **row)
    assert f"{result.recorded_value} {result.recorded_unit}" == recorded
    assert result.unusable == unusable


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"unit_concept_id": 8840}, None),
        ({"unit_concept_id": 0, "unit_source_value": "mg/dL"}, None),
        ({"unit_concept_id": 8840, "unit_source_value": "mg/dl"}, None),
        (
            {"unit_concept_id": 8840, "unit_source_value": "umol/L"},
            "its unit is written as `umol/L`, and coded as `mg/dL`",
        ),
        (
            {"unit_concept_id": 555, "unit_source_value": "mg/dL"},
            "its unit is the code `555` of the system `urn:omop:concept`, which is not read",
        ),
        ({"unit_concept_id": None}, "it has no unit, and total_bilirubin is not a pure number"),
    ],
    ids=["concept", "source", "both", "both, and others", "a concept nobody knows", "none"],
)
def test_the_unit_is_that_of_the_number(read: Reading, row: dict[str, object], problem: str | None) -> None:
    result = read.result(**row)
    assert (result.problem or "").startswith(problem or "")
    assert (result.unusable == "unit") is (problem is not None)


@pytest.mark.parametrize(
    ("low", "high"), [("0.2", "1.0"), (None, "1.0"), ("normal", "1.0")], ids=["both", "one", "one is no number"]
)
def test_limits_come_with_the_result(read: Reading, low: str | None, high: str) -> None:
    result = read.result(range_low=low, range_high=high)
    assert (result.lower_limit is not None, result.upper_limit is not None) == (low == "0.2", True)


@pytest.mark.parametrize(
    ("row", "choices"),
    [
        ({"value_as_concept_id": 9191}, {"positive"}),
        ({"value_as_concept_id": 0, "value_source_value": "negative"}, {"negative"}),
        ({"value_as_concept_id": 424242, "value_source_value": "negative"}, None),
        ({"value_as_concept_id": 0}, None),
    ],
    ids=["concept", "words", "a concept nobody knows", "no value"],
)
def test_a_coded_result(read: Reading, row: dict[str, object], choices: set[str] | None) -> None:
    base = {"measurement_id": 1, "person_id": 1, "measurement_concept_id": 1012, "measurement_date": "2025-03-01"}
    results = read.one(measurement=[{**base, **row}]).results.get("HBsAg", ())
    assert [each.choices for each in results] == ([choices] if results else [])
    assert choices is None or results


@pytest.mark.parametrize(
    "row",
    [
        {"observation_concept_id": 1004, "value_as_concept_id": 1001},
        {"observation_concept_id": 1005, "value_as_concept_id": 1001},
        {"observation_concept_id": 1002, "qualifier_concept_id": 32899},
        {"observation_concept_id": 1002, "qualifier_source_value": "possible"},
    ],
    ids=["of the family", "a history", "qualified", "qualified in words"],
)
def test_an_observation_of_something_else_is_no_condition_of_the_patient(read: Reading, row: dict[str, object]) -> None:
    patient = observation(read, **row)
    assert [each for found in patient.episodes.values() for each in found if not each.doubtful] == []


# ---- what is not read


def test_what_is_not_read_is_named_at_those_who_have_it(read: Reading) -> None:
    one, other = read.all(person=[person(1), person(2)], note=[{"person_id": 1}], device_exposure=[{"person_id": 1}])
    assert isinstance(one, Patient)
    assert isinstance(other, Patient)
    assert one.notes == ("note: notes are not read", "device_exposure: devices are not read")
    assert other.notes == ()
