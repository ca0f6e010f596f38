"""AllergyIntolerance: to what, how sure, how severe, and what says that there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from records.fhir.tiny import (
    ALLERGY_CLINICAL,
    ALLERGY_VERIFICATION,
    ATC,
    PATIENT,
    SNOMED,
    Json,
    bundle,
    coded,
    note_of,
    only_absence,
    only_episode,
    read,
    resource,
)
from records.small_rulebook import SMALL, concept, snomed
from screener.records import read_patient
from screener.records.patient import Absence, Episode, Patient
from screener.values.dates import parse_moment

ACTIVE = coded("active", ALLERGY_CLINICAL)
EVERYTHING = concept(
    "any_substance",
    "substance",
    (snomed("900010", absent=True),),
    narrower=("blood_products", "any_drug", "interferon"),
)
ANY_DRUG = concept("any_drug", "substance", narrower=("interferon",), broader=("any_substance",))
BROAD = msgspec.structs.replace(
    SMALL,
    concepts={
        **SMALL.concepts,
        "any_substance": EVERYTHING,
        "any_drug": ANY_DRUG,
        "blood_products": msgspec.structs.replace(SMALL.concepts["blood_products"], broader=("any_substance",)),
        "interferon": msgspec.structs.replace(SMALL.concepts["interferon"], broader=("any_drug", "any_substance")),
    },
)
"""A dictionary with a substance that includes every other, and one that includes every drug."""


def allergy(code: Json | None, **fields: Any) -> Json:
    return resource("AllergyIntolerance", **{"code": code, "clinicalStatus": ACTIVE, **fields})


def read_broadly(body: Json) -> Patient:
    return read_patient(bundle(PATIENT, body), BROAD)


def test_an_allergy_is_an_episode_that_holds() -> None:
    patient = read(
        allergy(
            coded("blood_products"),
            recordedDate="2020-01",
            reaction=[{"severity": "mild"}, {"severity": "severe"}, {"description": "rash"}],
        )
    )
    assert only_episode(patient) == Episode(
        "blood_products",
        "allergies",
        "AllergyIntolerance/1",
        ongoing=True,
        asserted=parse_moment("2020-01"),
        status="active",
        severity="severe",
        called="`blood_products`",
    )


def test_what_reacts_may_be_named_by_the_reaction_alone() -> None:
    patient = read(allergy(None, reaction=[{"substance": coded("blood_products")}]))
    assert only_episode(patient).concept == "blood_products"


@pytest.mark.parametrize(
    ("clinical", "verified", "doubtful", "ended"),
    [
        ("active", "confirmed", False, False),
        ("active", None, False, False),
        (None, "confirmed", False, False),
        ("active", "unconfirmed", True, False),
        ("active", "presumed", True, False),
        ("inactive", "confirmed", True, True),
        ("resolved", "confirmed", True, True),
    ],
)
def test_an_allergy_is_as_certain_as_its_statuses(
    clinical: str | None, verified: str | None, doubtful: bool, ended: bool
) -> None:
    patient = read(
        allergy(
            coded("blood_products"),
            clinicalStatus=coded(clinical, ALLERGY_CLINICAL) if clinical else None,
            verificationStatus=coded(verified, ALLERGY_VERIFICATION) if verified else None,
        )
    )
    episode = only_episode(patient)
    assert (episode.doubtful, episode.ended, episode.ongoing) == (doubtful, ended, not ended)


def test_an_allergy_in_error_is_nothing() -> None:
    patient = read(allergy(coded("blood_products"), verificationStatus=coded("entered-in-error", ALLERGY_VERIFICATION)))
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert note_of(patient) == "AllergyIntolerance/1: it was entered in error"


def test_an_intolerance_may_be_an_allergy() -> None:
    episode = only_episode(read(allergy(coded("blood_products"), type="intolerance")))
    assert (episode.concept, episode.doubtful) == ("blood_products", True)
    assert [flag.text for flag in episode.flags] == ["recorded as an intolerance, which may be an allergy"]


@pytest.mark.parametrize(
    ("fields", "code", "note"),
    [
        (
            {"verificationStatus": coded("refuted", ALLERGY_VERIFICATION)},
            coded("blood_products"),
            "an intolerance was refuted, which denies no allergy",
        ),
        ({}, coded("900009", SNOMED), "it says that there is no intolerance, which denies no allergy"),
    ],
)
def test_that_there_is_no_intolerance_denies_no_allergy(fields: Json, code: Json, note: str) -> None:
    patient = read(allergy(code, type="intolerance", **fields))
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert note_of(patient) == f"AllergyIntolerance/1: {note}"


def test_no_known_allergy_is_an_absence() -> None:
    patient = read(allergy(coded("900009", SNOMED), recordedDate="2026-02-01"))
    assert only_absence(patient) == Absence(
        "blood_products", "allergies", "AllergyIntolerance/1", parse_moment("2026-02-01")
    )


def test_no_known_allergy_that_is_over_is_none() -> None:
    patient = read(allergy(coded("900009", SNOMED), clinicalStatus=coded("resolved", ALLERGY_CLINICAL)))
    assert (patient.absences, patient.unread) == ({}, {"allergies": "AllergyIntolerance/1"})


@dataclass(frozen=True)
class Unknown:
    code: Json
    read_as: str | None


@pytest.mark.parametrize(
    "unknown",
    [
        Unknown(coded("J01CA04", ATC), "any_drug"),
        Unknown(coded("762952008", SNOMED), "any_substance"),
        Unknown(coded("x", "urn:local"), "any_substance"),
        Unknown({"text": "no known allergies"}, None),
        Unknown(coded("nil-known", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"), None),
    ],
)
def test_an_allergy_to_what_no_rule_names_is_one_to_something(unknown: Unknown) -> None:
    patient = read_broadly(allergy(unknown.code))
    assert list(patient.episodes) == ([unknown.read_as] if unknown.read_as else [])
    assert patient.notes


@pytest.mark.parametrize("code", [coded("J01CA04", ATC), coded("762952008", SNOMED), {"text": "nuts"}])
def test_a_refuted_allergy_to_what_no_rule_names_clears_no_other(code: Json) -> None:
    patient = read_broadly(allergy(code, verificationStatus=coded("refuted", ALLERGY_VERIFICATION)))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert patient.notes


def test_a_refuted_allergy_is_an_absence() -> None:
    patient = read(
        allergy(
            coded("blood_products"),
            verificationStatus=coded("refuted", ALLERGY_VERIFICATION),
            recordedDate="2026-02-01",
        )
    )
    assert only_absence(patient) == Absence(
        "blood_products", "allergies", "AllergyIntolerance/1", parse_moment("2026-02-01")
    )


def test_codes_that_contradict_each_other_leave_the_list_open() -> None:
    both = {"coding": [*coded("900009", SNOMED)["coding"], *coded("blood_products")["coding"]]}
    patient = read(allergy(both))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert patient.unread == {"allergies": "AllergyIntolerance/1"}


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.mark.parametrize(
    ("category", "concept_"),
    [
        (None, "any_drug"),
        ([], "any_drug"),
        (["medication"], "any_drug"),
        (["biologic"], "any_drug"),
        (["food", "medication"], "any_drug"),
        (["food"], "any_substance"),
        (["environment"], "any_substance"),
        ("food", "any_substance"),
    ],
)
def test_a_list_of_drugs_has_foods_too(category: Any, concept_: str) -> None:
    body = allergy(coded("892484", RXNORM, "strawberry allergenic extract"), category=category)
    assert only_episode(read_broadly(body)).concept == concept_


def test_allergies_to_what_nobody_knows_are_one_note() -> None:
    egg = allergy(coded("102263004", SNOMED, "Egg"), id="egg")
    dust = allergy(coded("33008008", SNOMED, "Dust"), id="dust")
    assert read_broadly(egg).notes == ("AllergyIntolerance/egg: its code `102263004` Egg is read as `any_substance`",)
    assert read_patient(bundle(PATIENT, egg, dust), BROAD).notes == (
        "AllergyIntolerance: the codes of 2 entries are read as `any_substance`: `102263004` Egg, `33008008` Dust",
    )
