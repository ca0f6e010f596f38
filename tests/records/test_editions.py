"""Countries' editions of ICD-10: which systems they are, and how far their codes are read."""

from __future__ import annotations

import pytest

from screener import load_rules
from screener.records.code_systems import system_name, unread_system
from screener.records.dictionary import Dictionary

DICTIONARY = Dictionary(load_rules())


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("http://hl7.org/fhir/sid/icd-10-am", "icd10national"),
        ("urn:oid:2.16.840.1.113883.6.135", "icd10national"),
        ("http://hl7.org/fhir/sid/icd-10-CA", "icd10national"),
        ("urn:oid:2.16.840.1.113883.6.94", "icd10national"),
        ("http://hl7.org/fhir/sid/icd-10-nl", "icd10national"),
        ("urn:oid:2.16.840.1.113883.6.3.2", "icd10national"),
        ("http://hl7.org/fhir/sid/icd-10-se", "icd10national"),
        ("urn:oid:1.2.752.116.1.1.1.1.3", "icd10national"),
        ("http://hl7.org/fhir/sid/icd-10-uk", "icd10national"),
        ("https://smt.esante.gouv.fr/terminologie-cim-10/", "icd10national"),
        ("urn:oid:2.16.578.1.12.4.1.1.7110", "icd10national"),
        ("urn:oid:2.16.756.5.30.1.126.3.2", "icd10national"),
        ("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", "icd10national"),
        ("http://www.saude.gov.br/fhir/r4/CodeSystem/BRCID10", "icd10national"),
        ("http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8", "icd10national"),
        ("https://termgit.elga.gv.at/CodeSystem/icd-10-bmsgpk-2025", "icd10national"),
        ("http://www.saude.gov.br/fhir/r4/CodeSystem/BRNomeExameLOINC", "loinc"),
        ("http://hl7.org/fhir/sid/icd-10-de", "icd10gm"),
        ("http://hl7.org/fhir/sid/icd-10-cm|2026", "icd10cm"),
        ("URN:OID:2.16.840.1.113883.6.90", "icd10cm"),
        ("https://hl7.org/fhir/sid/icd-10/", "icd10"),
        ("http://snomed.info/sct/900000000000207008", "snomed"),
        ("http://snomed.info/sct/731000124108/version/20230901", "snomed"),
        ("http://snomed.info/sct|http://snomed.info/sct/11000172109", "snomed"),
        ("http://loinc.org/|2.73", "loinc"),
        ("https://smt.esante.gouv.fr/terminologie-atc", "atc"),
        ("http://snomed.info/scta", "http://snomed.info/scta"),
        ("http://hl7.org/fhir/sid/icd-10-xx", "http://hl7.org/fhir/sid/icd-10-xx"),
        ("http://hl7.org/fhir/sid/icd-10/other", "http://hl7.org/fhir/sid/icd-10/other"),
    ],
)
def test_a_system_is_known_by_every_address_in_use(written: str, name: str) -> None:
    assert system_name(written) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9-CM"),
        ("http://hl7.org/fhir/sid/icd-9-cm/diagnosis", "ICD-9-CM"),
        ("urn:oid:2.16.840.1.113883.6.103", "ICD-9-CM"),
        ("http://id.who.int/icd/release/11/mms", "ICD-11"),
        ("http://id.who.int/icd/release/11/2024-01/mms", "ICD-11"),
        ("http://hl7.org/fhir/sid/icpc-2", "ICPC-2"),
        ("http://read.info/readv2", "Read codes"),
        ("https://dmd.nhs.uk/", "dm+d"),
        ("http://hl7.org/fhir/sid/ndc", "NDC"),
        ("http://www.ama-assn.org/go/cpt", "CPT"),
        ("urn:oid:1.2.392.200119.4.101.6", "MEDIS"),
        ("http://hl7.org/fhir/sid/icd-10", None),
        ("urn:clinic", None),
        ("", None),
    ],
)
def test_a_system_that_is_not_read_has_a_name_all_the_same(written: str, name: str | None) -> None:
    assert unread_system(written) == name


def is_(system: str, code: str) -> frozenset[str]:
    return DICTIONARY.said([(system, code)]).is_


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("http://hl7.org/fhir/sid/icd-10-am", "I21.4", "myocardial_infarction"),
        ("http://hl7.org/fhir/sid/icd-10-se", "I21.4A", "myocardial_infarction"),
        ("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", "K746", "cirrhosis"),
        ("http://www.saude.gov.br/fhir/r4/CodeSystem/BRCID10", "K746", "cirrhosis"),
        ("http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8", "K74.6", "cirrhosis"),
        ("http://hl7.org/fhir/sid/icd-10-ca", "K74.60", "cirrhosis"),
        ("http://hl7.org/fhir/sid/icd-10-nl", "C22.0", "hepatocellular_carcinoma"),
    ],
)
def test_a_code_is_read_as_far_as_who_has_it(system: str, code: str, concept: str) -> None:
    assert concept in is_(system, code)


@pytest.mark.parametrize("code", ["I10", "K21.9", "M54.5"])
def test_an_everyday_code_of_a_country_leaves_no_more_open_than_whos(code: str) -> None:
    national = DICTIONARY.said([("http://hl7.org/fhir/sid/icd-10-am", code)])
    assert national.open == DICTIONARY.said([("icd10who", code)]).open
    assert "malignancy" not in national.open


@pytest.mark.parametrize("code", ["U82.2", "U50", "U99.9", "U83"])
def test_the_codes_that_countries_give_out_themselves_are_not_whos(code: str) -> None:
    said = DICTIONARY.said([("http://hl7.org/fhir/sid/icd-10-am", code)])
    assert not said.is_known
    assert "heart_failure" in said.open


@pytest.mark.parametrize("system", ["icd10 of ours", "icd10xx", "icd10-am"])
def test_a_system_that_only_begins_like_one_is_none(system: str) -> None:
    assert not DICTIONARY.said([(system, "I21.4")]).is_known
