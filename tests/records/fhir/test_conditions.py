"""Conditions and diseases of the family: onset, abatement, status, qualifiers, absences."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from records.fhir.tiny import (
    CLINICAL,
    DAY,
    ICD10,
    PATIENT,
    SNOMED,
    VERIFICATION,
    Json,
    bundle,
    coded,
    condition,
    may_be,
    note_of,
    only_absence,
    only_episode,
    read,
    read_asking,
    resource,
)
from records.small_rulebook import SMALL
from screener import load_rules
from screener.records import read_patient
from screener.records.patient import Absence, Episode, Flag
from screener.rulebook import Code
from screener.values.dates import BEGINNING, END, Moment, parse_moment

ACTIVE = coded("active", CLINICAL)


def span(moment: Moment | None) -> tuple[int, int] | None:
    return (moment.first, moment.last) if moment is not None else None


def between(first: str | None, last: str | None) -> tuple[int, int]:
    return (
        parse_moment(first).first if first is not None else BEGINNING,
        parse_moment(last).last if last is not None else END,
    )


def test_a_condition_is_an_episode_with_everything_it_states() -> None:
    patient = read(
        condition(
            "cirrhosis",
            clinicalStatus=ACTIVE,
            verificationStatus=coded("confirmed", VERIFICATION),
            onsetDateTime="2019",
            recordedDate="2026-02-01",
            severity=coded("24484000", SNOMED),
            stage=[{"summary": {"text": "Stage 3"}}],
            bodySite=[{"text": "liver"}],
        )
    )
    assert only_episode(patient) == Episode(
        "cirrhosis",
        "conditions",
        "Condition/1",
        start=parse_moment("2019"),
        ongoing=True,
        asserted=parse_moment("2026-02-01"),
        status="active",
        severity="severe",
        stage="III",
        flags=(Flag("remark", "body site: liver"),),
        called="`cirrhosis`",
    )
    assert patient.notes == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"onsetDateTime": "2019-03"}, between("2019-03", "2019-03")),
        ({"onsetPeriod": {"start": "2019-03-01", "end": "2019-05-01"}}, between("2019-03-01", "2019-05-01")),
        ({"onsetPeriod": {"end": "2019-05-01"}}, between(None, "2019-05-01")),
        ({"onsetPeriod": {"start": "2019-05-01"}}, between("2019-05-01", None)),
        ({"onsetPeriod": {"start": "2019-05-01"}, "recordedDate": "2020"}, between("2019-05-01", "2020")),
        ({"onsetAge": {"value": 38, "unit": "a", "code": "a"}}, between("2019-05-04", "2020-05-03")),
        ({"onsetAge": {"value": 38.9, "unit": "years"}}, between("2019-05-04", "2020-05-03")),
        ({"onsetAge": {"value": 2, "code": "mo"}}, between("1981-07-04", "1981-08-03")),
        (
            {"onsetRange": {"low": {"value": 30, "code": "a"}, "high": {"value": 38, "code": "a"}}},
            between("2011-05-04", "2020-05-03"),
        ),
        ({"onsetString": "2019"}, between("2019", "2019")),
        ({"recordedDate": "2020-01-05"}, between(None, "2020-01-05")),
    ],
)
def test_onset_in_every_form(fields: Json, expected: tuple[int, int]) -> None:
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, **fields))
    assert span(only_episode(patient).start) == expected


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"onsetString": "since childhood"}, "its `onsetString` is not a date, and says nothing of when"),
        ({"onsetDateTime": "childhood"}, "its `onsetDateTime` `childhood` is not a date, and says nothing of when"),
        ({"onsetAge": {"value": 3, "unit": "moons"}}, "its `onsetAge` has no unit of age, and says nothing of when"),
        ({"onsetAge": {"value": -1, "code": "a"}}, "its `onsetAge` is not an age, and says nothing of when"),
        (
            {"onsetAge": {"comparator": "<", "value": 9, "code": "a"}},
            "its `onsetAge` is not an age, and says nothing of when",
        ),
    ],
)
def test_an_onset_that_cannot_be_understood_is_noted_and_unknown(fields: Json, note: str) -> None:
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, **fields))
    assert (only_episode(patient).start, note_of(patient)) == (None, f"Condition/1: {note}")


def test_an_age_without_a_birth_date_is_an_unknown_day() -> None:
    patient = read(
        condition("cirrhosis", clinicalStatus=ACTIVE, onsetAge={"value": 38, "code": "a"}),
        patient={"resourceType": "Patient", "id": "p"},
    )
    assert only_episode(patient).start is None
    assert note_of(patient) == "Condition/1: its `onset` is an age, and the birth date is not known"


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"abatementDateTime": "2020-02"}, between("2020-02", "2020-02")),
        ({"abatementPeriod": {"start": "2020-02-01", "end": "2020-03-01"}}, between("2020-02-01", "2020-03-01")),
        ({"abatementPeriod": {"start": "2020-02-01"}}, between("2020-02-01", None)),
        ({"abatementAge": {"value": 38, "code": "a"}}, between("2019-05-04", "2020-05-03")),
        ({"abatementString": "2020"}, between("2020", "2020")),
        ({"abatementString": "some time ago"}, None),
    ],
)
@pytest.mark.parametrize("status", ["resolved", None])
def test_what_has_abated_is_over(fields: Json, end: tuple[int, int] | None, status: str | None) -> None:
    stated = coded(status, CLINICAL) if status is not None else None
    episode = only_episode(read(condition("cirrhosis", clinicalStatus=stated, onsetDateTime="2001", **fields)))
    assert (span(episode.end), episode.ongoing, episode.ended) == (end, False, True)


def test_an_abatement_that_is_false_is_none() -> None:
    episode = only_episode(read(condition("cirrhosis", onsetDateTime="2001", abatementBoolean=False)))
    assert (episode.ongoing, episode.ended) == (True, False)


@pytest.mark.parametrize(
    ("status", "ongoing", "ended"),
    [
        ("active", True, False),
        ("recurrence", True, False),
        ("relapse", True, False),
        ("inactive", False, True),
        ("remission", False, True),
        ("resolved", False, True),
        (None, True, False),
        ("asleep", False, False),
    ],
)
def test_the_clinical_status_of_a_chronic_condition(status: str | None, ongoing: bool, ended: bool) -> None:
    stated = coded(status, CLINICAL) if status is not None else None
    patient = read(condition("cirrhosis", clinicalStatus=stated, onsetDateTime="2019"))
    assert (only_episode(patient).ongoing, only_episode(patient).ended) == (ongoing, ended)
    assert bool(patient.notes) == (status == "asleep")


@pytest.mark.parametrize(
    ("status", "told"),
    [("unknown", "its clinical status is `unknown`"), ("asleep", "its clinical status `asleep` is not one")],
)
def test_a_clinical_status_that_says_nothing_of_the_present_is_told(status: str, told: str) -> None:
    patient = read(condition("cirrhosis", clinicalStatus=coded(status, CLINICAL), onsetDateTime="2019"))
    assert told in note_of(patient)


@pytest.mark.parametrize(("recorded", "last"), [("2026-02-01", "2026-02-01"), (None, None)])
@pytest.mark.parametrize("status", ["recurrence", "relapse"])
def test_an_acute_event_that_recurred_did_so_up_to_its_recording(
    status: str, recorded: str | None, last: str | None
) -> None:
    fields = {} if recorded is None else {"recordedDate": recorded}
    stated = {"clinicalStatus": coded(status, CLINICAL), "onsetDateTime": "2020-01", **fields}
    assert span(only_episode(read(condition("myocardial_infarction", **stated))).start) == between("2020-01", last)


@pytest.mark.parametrize(
    "stated",
    [
        {"text": "Resolved"},
        {"coding": [{"system": CLINICAL, "display": "Resolved"}]},
        coded("resolved", "http://hl7.org/fhir/condition-clinical"),
        coded("resolved", None),
    ],
)
def test_a_status_may_be_in_words_or_of_an_older_edition(stated: Json) -> None:
    episode = only_episode(read(condition("cirrhosis", clinicalStatus=stated)))
    assert (episode.ongoing, episode.ended, episode.status) == (False, True, "resolved")


def test_active_with_an_abatement_leaves_open_whether_it_is_over() -> None:
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, onsetDateTime="2019", abatementDateTime="2020"))
    episode = only_episode(patient)
    assert (span(episode.end), episode.ongoing, episode.ended) == (between("2020", None), False, False)
    assert note_of(patient) == "Condition/1: it is active, and has an abatement: whether it is over stays open"


@pytest.mark.parametrize(
    ("fields", "contradiction"),
    [
        (
            {"onsetDateTime": "2021", "abatementDateTime": "2020", "clinicalStatus": coded("resolved", CLINICAL)},
            "its end `2020` is before its onset `2021`",
        ),
        (
            {"onsetDateTime": "2026-02-02", "recordedDate": "2026-02-01", "clinicalStatus": ACTIVE},
            "its onset `2026-02-02` is after the day on which it was recorded, `2026-02-01`",
        ),
    ],
)
def test_an_entry_whose_dates_contradict_each_other_settles_nothing(fields: Json, contradiction: str) -> None:
    patient = read(condition("cirrhosis", **fields))
    episode = only_episode(patient)
    assert (episode.start, episode.end, episode.doubtful, episode.ongoing) == (None, None, True, False)
    assert note_of(patient) == f"check first: Condition/1: {contradiction}; until one is corrected, it settles nothing"


@pytest.mark.parametrize("onset", ["2026-02-01", "2026-02", "2026-02-01T23:30:00+08:00"])
def test_an_onset_that_may_be_of_the_day_of_recording_contradicts_nothing(onset: str) -> None:
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, onsetDateTime=onset, recordedDate="2026-02-01"))
    assert not only_episode(patient).doubtful


def test_an_acute_condition_is_its_onset_alone() -> None:
    patient = read(condition("myocardial_infarction", clinicalStatus=ACTIVE, onsetDateTime="2026-01-05"))
    episode = only_episode(patient)
    assert (episode.start, episode.end, episode.ongoing) == (parse_moment("2026-01-05"),) * 2 + (False,)


# ---- verification


@pytest.mark.parametrize(
    ("status", "doubtful"),
    [
        ("confirmed", False),
        (None, False),
        ("unconfirmed", True),
        ("provisional", True),
        ("differential", True),
        ("perhaps", True),
    ],
)
def test_what_is_not_confirmed_is_not_presence(status: str | None, doubtful: bool) -> None:
    stated = coded(status, VERIFICATION) if status is not None else None
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, verificationStatus=stated))
    assert only_episode(patient).doubtful is doubtful


@pytest.mark.parametrize("code", ["415684004", "unconfirmed"])
def test_a_verification_in_a_system_that_nobody_knows_confirms_nothing(code: str) -> None:
    patient = read(condition("cirrhosis", clinicalStatus=ACTIVE, verificationStatus=coded(code, SNOMED)))
    assert only_episode(patient).doubtful


def test_what_was_refuted_is_absent_on_the_day_it_was_recorded() -> None:
    refuted = coded("refuted", VERIFICATION)
    patient = read(condition("cirrhosis", verificationStatus=refuted, recordedDate="2026-02-01"))
    assert only_absence(patient) == Absence("cirrhosis", "conditions", "Condition/1", parse_moment("2026-02-01"))


def test_a_refuted_acute_event_clears_nothing() -> None:
    patient = read(condition("myocardial_infarction", verificationStatus=coded("refuted", VERIFICATION)))
    assert (patient.absences, patient.episodes) == ({}, {})
    assert note_of(patient) == "Condition/1: it was ruled out, and another event of the kind is still possible"


REFUTED = coded("refuted", VERIFICATION)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(coded("F11.3", ICD10), id="longer than the dictionary has it"),
        pytest.param(coded("C18.9", ICD10), id="within a range"),
        pytest.param(coded("10001005", SNOMED), id="one code of several"),
        pytest.param(coded("F11.20", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"), id="longer than the editions agree"),
        pytest.param(coded("K70.4", ICD10), id="of two things at once"),
        pytest.param({"coding": [*coded("sepsis")["coding"], *coded("A40", ICD10)["coding"]]}, id="beside its name"),
    ],
)
def test_refuting_what_may_be_one_kind_only_says_nothing_of_the_others(code: Json) -> None:
    kind = condition("", code=code, verificationStatus=REFUTED, recordedDate=DAY)
    patient = read_patient(bundle(PATIENT, kind), load_rules())
    assert (patient.absences, patient.episodes) == ({}, {})
    assert all("it was ruled out, but its code may be of one kind of" in note for note in patient.notes)
    assert patient.notes


CERTAINTY = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"


def german(certainty: str, /, **fields: Any) -> Json:
    """A liver cancer as Germany codes it, with how certain it is beside its code."""
    beside = {
        "url": "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
        "valueCoding": {"system": CERTAINTY, "code": certainty},
    }
    coding = {"system": "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "code": "C22.0", "extension": [beside]}
    return condition("", code={"coding": [coding]}, recordedDate=DAY, **fields)


@pytest.mark.parametrize(
    ("certainty", "fields", "there"),
    [
        ("G", {}, (False, True, False)),
        ("V", {}, (True, True, False)),
        ("V", {"verificationStatus": coded("confirmed", VERIFICATION)}, (True, True, False)),
        ("A", {"verificationStatus": coded("confirmed", VERIFICATION)}, (True, True, False)),
        ("Z", {}, (False, False, True)),
        ("Z", {"clinicalStatus": ACTIVE}, (False, False, False)),
        ("Z", {"verificationStatus": coded("unconfirmed", VERIFICATION)}, (True, False, True)),
    ],
)
def test_how_certain_a_german_diagnosis_is_stands_beside_its_code(
    certainty: str, fields: Json, there: tuple[bool, bool, bool]
) -> None:
    episode = only_episode(read_patient(bundle(PATIENT, german(certainty, **fields)), load_rules()))
    assert (episode.doubtful, episode.ongoing, episode.ended) == there


def test_an_excluded_german_diagnosis_is_not_there() -> None:
    patient = read_patient(bundle(PATIENT, german("A")), load_rules())
    assert patient.episodes == {}


@pytest.mark.parametrize(("whole", "absent"), [((), set()), ((Code("snomed", "86406008"),), {"hiv_infection"})])
def test_refuting_the_only_code_of_a_concept_is_an_absence_only_if_it_is_the_whole_of_it(
    whole: tuple[Code, ...], absent: set[str]
) -> None:
    rules = load_rules()
    concepts = {**rules.concepts, "hiv_infection": replace(rules.concepts["hiv_infection"], whole=whole)}
    hiv = condition("", code=coded("86406008", SNOMED), verificationStatus=REFUTED, recordedDate=DAY)
    patient = read_patient(bundle(PATIENT, hiv), replace(rules, concepts=concepts))
    assert set(patient.absences) == absent
    assert patient.episodes == {}


def test_an_observation_that_one_kind_is_absent_says_nothing_of_the_others() -> None:
    seen = resource("Observation", status="final", code=coded("10001005", SNOMED), valueBoolean=False)
    patient = read_patient(bundle(PATIENT, seen), load_rules())
    assert patient.absences == {}
    assert any("and the others are still possible" in note for note in patient.notes)


def test_what_was_entered_in_error_is_nothing() -> None:
    patient = read(condition("cirrhosis", verificationStatus=coded("entered-in-error", VERIFICATION)))
    assert (patient.absences, patient.episodes, patient.unread) == ({}, {}, {})
    assert note_of(patient) == "Condition/1: it was entered in error"


# ---- codes that say that something is absent


@pytest.mark.parametrize("status", [None, ACTIVE])
def test_a_code_of_an_absence_is_one(status: Json | None) -> None:
    patient = read(condition("", code=coded("900005", SNOMED), clinicalStatus=status, recordedDate="2026-02-01"))
    assert only_absence(patient) == Absence("hiv_infection", "conditions", "Condition/1", parse_moment("2026-02-01"))


@pytest.mark.parametrize(
    "fields",
    [
        {"verificationStatus": coded("refuted", VERIFICATION)},
        {"verificationStatus": coded("unconfirmed", VERIFICATION)},
        {"clinicalStatus": coded("resolved", CLINICAL)},
        {"code": {"coding": [*coded("900005", SNOMED)["coding"], *coded("hiv_infection")["coding"]]}},
    ],
)
def test_an_absence_that_is_not_certain_clears_nothing_not_even_in_a_complete_list(fields: Json) -> None:
    patient = read(condition("", **{"code": coded("900005", SNOMED), **fields}))
    assert (patient.absences, patient.episodes) == ({}, {})
    assert patient.unread == {"conditions": "Condition/1"}
    assert patient.notes


# ---- what cannot be used keeps the list from being complete, what cannot be read may be anything


@pytest.mark.parametrize(
    ("body", "list_"),
    [
        (condition("", code={"text": "liver trouble"}), "conditions"),
        (condition("", code=coded("123", SNOMED)), "conditions"),
        (resource("AllergyIntolerance", code={"text": "Nuts"}), "allergies"),
        (resource("Procedure", status="completed", code={"text": "surgery"}), "procedures"),
        (resource("Procedure", status="completed"), "procedures"),
        (resource("Procedure", status="preparation"), "plans"),
        (resource("ServiceRequest", status="active", code={"text": "surgery"}), "plans"),
        (
            resource("MedicationAdministration", status="completed", medicationCodeableConcept={"text": "?"}),
            "medications",
        ),
        (resource("FamilyMemberHistory", condition=[{"code": {"text": "?"}}]), "family_history"),
    ],
)
def test_what_nobody_can_read_may_be_whatever_is_asked_of_its_list(body: Json, list_: str) -> None:
    patient = read_asking(body)
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert list_ in may_be(patient)
    assert {each.unusable for those in patient.may_be[list_].values() for each in those} == {"unread"}
    assert patient.notes


@pytest.mark.parametrize(
    ("body", "list_"),
    [
        (condition("", code=None), "conditions"),
        (resource("AllergyIntolerance"), "allergies"),
        (resource("AllergyIntolerance", code=7), "allergies"),
        (resource("ServiceRequest", status="active", implicitRules="urn:x"), "plans"),
        (resource("MedicationStatement", status="active"), "medications"),
        (
            resource("MedicationStatement", status="active", medicationReference={"reference": "Medication/x"}),
            "medications",
        ),
        (resource("MedicationRequest", status="active", modifierExtension=[{"url": "urn:x"}]), "medications"),
        (
            resource("FamilyMemberHistory", condition=[{"code": coded("cirrhosis"), "modifierExtension": [{}]}]),
            "family_history",
        ),
        (resource("ResearchSubject", status=7), "events"),
    ],
)
def test_a_resource_that_cannot_be_used_keeps_its_list_from_being_complete(body: Json, list_: str) -> None:
    patient = read(body)
    assert (patient.episodes, patient.absences) == ({}, {})
    assert list(patient.unread) == [list_]
    assert patient.notes


@pytest.mark.parametrize(
    "body",
    [
        condition("", code=coded("J45", ICD10)),
        condition("", code={"coding": [{"system": SNOMED, "code": "1"}, {"system": ICD10, "code": "J45"}]}),
        condition("cirrhosis", verificationStatus=coded("entered-in-error", VERIFICATION)),
        resource("Condition", code=coded("INR")),
    ],
)
def test_what_is_known_to_be_something_else_leaves_the_list_as_complete_as_it_is(body: Json) -> None:
    patient = read(body)
    assert (patient.episodes, patient.unread) == ({}, {})
    assert patient.notes


# ---- other kinds among the conditions


CONTRADICTING = [
    (("snomed", "22298006"), ("icd10cm", "I10"), {"myocardial_infarction"}),
    (("icd10cm", "I10"), ("icd10", "I21.9"), {"myocardial_infarction"}),
    (("snomed", "25370001"), ("icd10cm", "K21.9"), {"hepatocellular_carcinoma", "malignancy", "tumor"}),
    (("icd10cm", "C22.0"), ("icd10cm", "K21.9"), {"hepatocellular_carcinoma", "malignancy", "tumor"}),
    (("snomed", "77386006"), ("icd10cm", "K21.9"), {"pregnancy"}),
]
"""Two codes of one entry, and what one of them is and the other is not."""


@pytest.mark.parametrize(("one", "other", "open_"), CONTRADICTING)
def test_two_codes_of_one_entry_that_contradict_each_other_settle_nothing(
    one: tuple[str, str], other: tuple[str, str], open_: set[str]
) -> None:
    systems = {"snomed": SNOMED, "icd10": ICD10, "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm"}
    codings = [{"system": systems[system], "code": code} for system, code in (one, other)]
    in_fhir = resource("Condition", code={"coding": codings}, onsetDateTime="2026-01-10")
    in_native = {"name": dict(zip(("system", "code"), one, strict=True)), "system": systems[other[0]], "code": other[1]}
    for record in (bundle(PATIENT, in_fhir), {"conditions": [in_native]}):
        patient = read_patient(record, load_rules())
        assert patient.episodes == {}
        assert set(patient.may_be["conditions"]) == open_
        assert any("another that it is not: it may be" in note for note in patient.notes)


def test_a_condition_may_be_coded_as_the_state_after_a_procedure() -> None:
    patient = read(condition("", code=coded("Z94.4", ICD10), clinicalStatus=ACTIVE, onsetDateTime="2019-04"))
    assert only_episode(patient) == Episode(
        "liver_transplantation",
        "procedures",
        "Condition/1",
        start=parse_moment("2019-04"),
        status="active",
        called="`Z94.4`",
    )


def test_a_substance_among_the_conditions_is_an_allergy_and_refuted_is_none() -> None:
    refuted = coded("refuted", VERIFICATION)
    patient = read(condition("blood_products", verificationStatus=refuted))
    assert only_absence(patient).concept == "blood_products"


# ---- family


def relative(*conditions: Json, **fields: Any) -> Json:
    known = {"status": "completed", "relationship": coded("FTH", None), "condition": list(conditions)}
    return resource("FamilyMemberHistory", **{**known, **fields})


def test_a_disease_of_a_relative_is_family_history() -> None:
    patient = read(relative({"code": coded("mental_disorder")}, date="2026-02"))
    assert only_episode(patient) == Episode(
        "mental_disorder",
        "family_history",
        "FamilyMemberHistory/1.condition[0]",
        asserted=parse_moment("2026-02"),
        status="present",
        called="`mental_disorder`",
    )


@pytest.mark.parametrize(
    ("role", "is_kin"),
    [
        ("MTH", True),
        ("NSIS", True),
        ("ADOPTP", False),
        ("STPFTH", False),
        ("INLAW", False),
        ("WIFE", False),
        ("FRND", False),
    ],
)
def test_only_relatives_by_blood_are_family(role: str, is_kin: bool) -> None:
    kin = coded(role, "http://terminology.hl7.org/CodeSystem/v3-RoleCode")
    patient = read(relative({"code": coded("mental_disorder")}, relationship=kin))
    assert bool(patient.episodes) is is_kin
    assert bool(patient.notes) is not is_kin


def test_what_one_relative_does_not_have_says_nothing_of_the_others() -> None:
    patient = read(relative({"code": coded("900005", SNOMED)}))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert note_of(patient) == (
        "FamilyMemberHistory/1.condition[0]: what is absent in one relative says nothing of the others"
    )


def test_the_birth_date_is_used_whatever_the_order_of_the_resources() -> None:

    entry = condition("cirrhosis", onsetAge={"value": 38, "code": "a"})
    assert span(only_episode(read_patient(bundle(entry, PATIENT), SMALL)).start) == between("2019-05-04", "2020-05-03")


@pytest.mark.parametrize(
    ("code", "what"), [(coded("999", SNOMED), "`999`"), ({"text": "some tumour"}, "`some tumour`")]
)
def test_a_diagnosis_that_was_ruled_out_and_may_be_several_things_denies_none_of_them(code: Json, what: str) -> None:
    patient = read_asking(condition("", code=code, verificationStatus=coded("refuted", VERIFICATION)))
    assert (patient.episodes, patient.absences, may_be(patient)) == ({}, {}, {})
    told = f"it was ruled out, but {what} may be one of several things, and denies none of them"
    assert note_of(patient) == f"Condition/1: {told}"
