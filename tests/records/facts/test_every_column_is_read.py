"""Every column of the facts is for something: without it somebody's answers or their evidence are others.

`test_columns.py` shows that no column gets lost. Here it is shown what each is kept for, in a few records that have
something in most columns.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from records.facts.test_columns import LEAVES, without
from records.fhir.tiny import CLINICAL, LOINC, SNOMED, UCUM, bundle, coded, resource
from screener import evaluate, load_patients, load_rules
from screener.contract import ScreeningData
from screener.records.facts.columns import from_table, to_table
from screener.records.facts.people import Person, patient_of, person_of
from screener.records.patient import Patient

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = Path(__file__).parents[3] / "examples" / "patients"
DAY = "2026-02-20"

NOT_SEEN = {
    "*.offset": "decides which of two moments is earlier, where only one of them has an offset or they differ",
    "*.by_age": "is looked at where the birth date turns out to be wrong",
    "impossible_age": "needs a birth date that cannot be",
    "died.*": "says that somebody has died, to whoever screens after that day",
    "shares_id": "stands in the worklist",
    "identifiers.*": "says to whom answers are given",
    "address": "says to whom answers are given",
    "read_with.*": "is told with the result; facts that were read with something else are refused",
    "facts": "says which patients have to be screened anew",
    "noted.*": "is told with the result",
    "results.exact": "is what margins are counted from",
    "results.factor": "is what margins are counted back by",
    "results.lower_limit": "is compared by rules that ask for a lower limit of normal",
    "results.beyond.*": "is what flags are raised by, for a value that cannot be",
    "*.codings.*": "tells which of several entries are one thing",
    "*.named": "needs a negative test of the day of an entry whose words name what it denies",
    "*.called": "is asked about in the chart review",
    "*.flags.*": "is shown beside an entry that somebody has doubted",
    "*.may_be_in_family": "opens a line about the family",
    "*.is_part": "needs an entry that may be one kind of a concept alone, and is over",
    "absences.since.*": "needs a review of a stretch of time",
    "absences.until.*": "needs a review of a stretch of time",
    "absences.doubtful": "needs somebody who doubts an absence",
    "absences.unusable": "needs an absence that cannot be used",
    "may_be.entry.asserted.text": "is that of a moment, which is shown by its days",
    "may_be.entry.concept": "is that of the list under which the entry stands",
    "may_be.entry.ended": "needs an unread entry that is over, on an unknown day",
    "may_be.entry.severity": "needs a severe entry that may be several things",
    "may_be.entry.shown_by_result": "is never so: what a result shows is what the dictionary says",
    "may_be.entry.doubtful": "needs somebody who doubts an entry that may be several things",
    "may_be.entry.cured": "needs a cured entry that may be several things",
    "may_be.entry.stage": "needs an entry with a stage that may be several things",
    "may_be.entry.controlled": "needs an uncontrolled entry that may be several things",
    "unread.*": "needs an entry that nobody can read",
    "none_known_on.*": "needs a list that is called empty",
    "answers.when.last": "needs an answer of a month",
    "results.is_current": "needs a result without a day",
}
"""Columns whose loss these records do not show in an answer, and what each is for."""


def rich() -> Any:
    """A record with something in most columns: times with offsets, ages, wordings, a result nobody can read."""
    active, resolved = coded("active", CLINICAL), coded("resolved", CLINICAL)
    age = {"value": 50, "unit": "a", "system": UCUM, "code": "a"}
    return bundle(
        {
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{"system": "urn:mrn", "value": "4711"}],
            "birthDate": "1970-05-17",
            "gender": "female",
        },
        resource("Condition", code=coded("19943007", SNOMED), onsetAge=age, clinicalStatus=active),
        resource(
            "Condition",
            id="2",
            code=coded("389026000", SNOMED),
            onsetDateTime="2026-02-01T01:00:00+09:00",
            abatementDateTime="2026-02-19T23:00:00-09:00",
            clinicalStatus=resolved,
        ),
        resource("Condition", id="3", code={"text": "a lump of some kind"}, clinicalStatus=active),
        resource(
            "Observation",
            id="4",
            status="final",
            code=coded("1975-2", LOINC),
            effectiveDateTime="2026-02-19T23:30:00-09:00",
            valueQuantity={"value": 12.5, "unit": "mg/dL", "system": UCUM, "code": "mg/dL"},
            referenceRange=[{"low": {"value": 0.2, "unit": "mg/dL"}, "high": {"value": 1.2, "unit": "mg/dL"}}],
        ),
        resource(
            "Observation",
            id="5",
            status="final",
            code={"text": "serum bilirubin, by a friend"},
            effectiveDateTime="2026-02-19",
            valueQuantity={"value": 12.5, "unit": "mg/dL"},
        ),
        resource("MedicationStatement", id="6", status="active", medicationCodeableConcept={"text": "white pills"}),
    )


@cache
def people() -> tuple[tuple[Patient, ...], pa.Table]:
    """Patients, and their facts."""
    rules = load_rules()
    sources = [rich(), *sorted(EXAMPLES.glob("*.json"))]
    read = tuple(each for source in sources for each in load_patients(source, rules) if isinstance(each, Patient))
    return read, to_table([person_of(each) for each in read], Person)


def said_of(patient: Patient) -> ScreeningData:
    """Answers and evidence, without the digest of the record, which every change changes."""
    data = evaluate(patient, load_rules(), as_of=DAY).to_data()
    return replace(data, origins=replace(data.origins, record=""))


@cache
def said(at: int) -> ScreeningData:
    return said_of(people()[0][at])


SEEN = [leaf for leaf in LEAVES if not any(fnmatchcase(".".join(leaf), pattern) for pattern in NOT_SEEN)]


@pytest.mark.parametrize("leaf", SEEN, ids=".".join)
def test_without_a_column_an_answer_or_its_evidence_is_another_one(leaf: tuple[str, ...]) -> None:
    read, table = people()
    column = table.column(leaf[0]).combine_chunks()
    less = table.set_column(table.schema.get_field_index(leaf[0]), leaf[0], without(column, leaf[1:]))
    for at, row in enumerate(from_table(less, Person)):
        try:
            patient = patient_of(row, read[at].digest)
            if patient != read[at] and said_of(patient) != said(at):
                return
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
            return  # it cannot even be read
    pytest.fail(f"nobody's answers are others without {'.'.join(leaf)}")


def test_most_columns_are_seen() -> None:
    assert len(SEEN) > 75
    assert all(any(fnmatchcase(".".join(leaf), pattern) for leaf in LEAVES) for pattern in NOT_SEEN)
