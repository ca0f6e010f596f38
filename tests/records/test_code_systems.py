"""The names of code systems, and the words of coded answers."""

from __future__ import annotations

import pytest

from screener.records.code_systems import answer_word, system_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("http://loinc.org", "loinc"),
        ("https://loinc.org/", "loinc"),
        ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
        ("2.16.840.1.113883.6.1", "loinc"),
        (" http://snomed.info/sct ", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("urn: oid: 2.16.840.1.113883.6.96", "snomed"),
        ("http://www.snomed.org/", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.73", "atc"),
        ("urn:oid:2.16.840.1.113883.6.88", "rxnorm"),
        ("loinc", "loinc"),
        ("LOINC", "loinc"),
        ("http://loinc.org/sct", "http://loinc.org/sct"),
        (" urn:clinic ", "urn:clinic"),
        ("", ""),
    ],
)
def test_a_system_has_one_name_however_a_record_calls_it(written: str, name: str) -> None:
    assert system_name(written) == name


@pytest.mark.parametrize(
    ("system", "code", "word"),
    [
        ("http://snomed.info/sct", "10828004", "positive"),
        ("snomed", "260385009", "negative"),
        ("urn:oid:2.16.840.1.113883.6.96", "260373001", "detected"),
        ("http://snomed.info/sct", "260415000", "not detected"),
        ("http://snomed.info/sct", "82334004", "indeterminate"),
        ("http://loinc.org", "LA6576-8", "positive"),
        ("http://loinc.org", " LA6577-6 ", "negative"),
        ("http://loinc.org", "LA11883-8", "not detected"),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "POS", "positive"),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "ND", "not detected"),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "WR", "weakly reactive"),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H", None),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "pos", None),
        ("http://loinc.org", "POS", None),
        ("urn:clinic", "10828004", None),
    ],
)
def test_a_coded_answer_is_a_word(system: str, code: str, word: str | None) -> None:
    assert answer_word(system, code) == word
