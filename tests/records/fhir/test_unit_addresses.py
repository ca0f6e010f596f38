"""Units in FHIR: UCUM under every address that means it, codes of other systems, units that are said to be unknown."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.fhir.tiny import LOINC, Json, coded, observation, only_result, read
from screener.records.patient import Result

ADDRESSES = [
    "http://unitsofmeasure.org",
    "http://unitsofmeasure.org/",
    "https://unitsofmeasure.org",
    "https://unitsofmeasure.org/",
    "http://www.unitsofmeasure.org",
    "HTTP://UnitsOfMeasure.org",
    "https://UNITSOFMEASURE.ORG/",
    " http://unitsofmeasure.org ",
    "http://unitsofmeasure.org/ucum",
    "http://unitsofmeasure.org/ucum.html",
    "unitsofmeasure.org",
    "urn:oid:2.16.840.1.113883.6.8",
    "URN:OID:2.16.840.1.113883.6.8",
    "2.16.840.1.113883.6.8",
    "UCUM",
    "ucum",
]
POUND = Fraction("0.45359237")
MDC, LOCAL = "urn:iso:std:iso:11073:10101", "urn:our-units"


def weighed(**quantity: Any) -> Result:
    return only_result(read(observation("body_weight", valueQuantity={"value": 95, **quantity})))


@pytest.mark.parametrize("address", ADDRESSES)
def test_ucum_is_ucum_under_every_address_that_means_it(address: str) -> None:
    assert weighed(system=address, code="[lb_av]").exact == 95 * POUND
    limits = [{"high": {"value": 200, "system": address, "code": "[lb_av]"}}]
    found = read(
        observation(
            "body_weight", valueQuantity={"value": 95, "system": address, "code": "[lb_av]"}, referenceRange=limits
        )
    )
    assert only_result(found).upper_limit == 200 * POUND


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("1", MDC),
        ("MDC_DIM_LB", MDC),
        ("258693003", "http://snomed.info/sct"),
        ("LBS", LOCAL),
        ("kg", LOCAL),
        ("[lb_av]", None),
        ("kg", None),
        ("kg", "http://unitsofmeasure.com"),
    ],
)
def test_a_code_of_a_system_that_is_not_read_is_an_unknown_unit(code: str, system: str | None) -> None:
    found = weighed(**({"system": system} if system else {}), code=code)
    assert (found.unusable, found.value) == ("unit", None)
    assert found.problem is not None
    assert code in found.problem
    assert (system or "without its system") in found.problem


@pytest.mark.parametrize("name", ["INR", "prothrombin_activity", "total_bilirubin", "body_weight"])
@pytest.mark.parametrize("code", ["262688", "1", "U1"])
def test_it_never_falls_back_on_a_pure_number_or_on_what_the_code_implies(name: str, code: str) -> None:
    found = read(observation(name, valueQuantity={"value": 2, "system": MDC, "code": code}))
    assert only_result(found).unusable == "unit"
    implied = read(
        observation("", code=coded("1975-2", LOINC), valueQuantity={"value": 2, "system": MDC, "code": code})
    )
    assert only_result(implied).unusable == "unit"


@pytest.mark.parametrize(
    ("unit", "code", "exact"),
    [
        ("lb", "263904", 95 * POUND),
        ("kg", "MDC_DIM_KILO_G", Fraction(95)),
        ("kg", "kg", Fraction(95)),
        ("pounds", "LBTYP", 95 * POUND),
        ("kg", "[lb_av]", None),
        ("lb", "kg", None),
        ("heavy", "1", None),
        ("unknown", "263904", None),
    ],
)
def test_the_text_beside_such_a_code_counts_if_it_can_be_read_and_nothing_contradicts_it(
    unit: str, code: str, exact: Fraction | None
) -> None:
    for system in (MDC, LOCAL):
        found = weighed(unit=unit, system=system, code=code)
        assert (found.exact, found.unusable) == (exact, None if exact is not None else "unit")


@pytest.mark.parametrize(
    "quantity",
    [
        {"unit": "unknown"},
        {"unit": "Unknown"},
        {"unit": "UNK"},
        {"unit": "N/A"},
        {"system": "http://unitsofmeasure.org", "code": "{unk}"},
        {"system": "https://unitsofmeasure.org/", "code": "{unknown}"},
        {"unit": "unknown", "system": "http://unitsofmeasure.org", "code": "1"},
        {"_unit": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}},
        {
            "_code": {
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
                ]
            }
        },
        {
            "_unit": {
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor", "valueCode": "UNK"}
                ]
            }
        },
    ],
)
@pytest.mark.parametrize("name", ["INR", "body_weight", "prothrombin_activity"])
def test_a_unit_that_is_said_to_be_unknown_is_unknown(name: str, quantity: Json) -> None:
    found = only_result(read(observation(name, valueQuantity={"value": 2, **quantity})))
    assert (found.unusable, found.value) == ("unit", None)


def test_another_extension_of_a_unit_says_nothing() -> None:
    translated = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation"}]}
    assert weighed(unit="kg", _unit=translated).exact == 95


def test_a_unit_without_a_code_is_what_its_text_says() -> None:
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unsupported"}]
    }
    assert weighed(unit="kg", system="http://unitsofmeasure.org", _code=absent).exact == 95
    assert weighed(unit=" ", system="http://unitsofmeasure.org", _code=absent).unusable == "unit"
    assert weighed(system="http://unitsofmeasure.org", code="kg", _unit=absent).unusable == "unit"


@pytest.mark.parametrize(
    ("unit", "code", "open_"),
    [
        ("mg/dL", "umol/L", True),
        ("g/L", "g/dL", True),
        ("%", "1", True),
        ("mg/dl", "mg/dL", False),
        ("milligrams", "mg/dL", True),
        ("mg per decilitre of serum", "mg/dL", False),
    ],
)
def test_a_unit_written_and_coded_differently_is_unknown_and_told(unit: str, code: str, open_: bool) -> None:
    quantity = {"value": 5, "unit": unit, "system": "https://unitsofmeasure.org", "code": code}
    found = only_result(read(observation("total_bilirubin", valueQuantity=quantity)))
    told = f"its unit is written as `{unit}`, and coded as `{code}`"
    assert (found.unusable, found.problem) == (("unit", told) if open_ else (None, None))


@given(
    st.lists(
        st.sampled_from(
            [
                ("total_bilirubin", "umol/L", 210),
                ("total_bilirubin", "mg/dL", 12),
                ("INR", "{INR}", 2),
                ("INR", "1", 2),
                ("hemoglobin", "g/dL", 9),
                ("body_weight", "[lb_av]", 95),
                ("prothrombin_activity", "%", 35),
                ("neutrophils", "nonsense", 3),
            ]
        ),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.sampled_from(ADDRESSES), min_size=6, max_size=6),
    st.booleans(),
)
def test_respelling_the_address_of_every_unit_changes_nothing(
    results: list[tuple[str, str, int]], addresses: list[str], has_text: bool
) -> None:
    def records(systems: list[str]) -> list[Json]:
        return [
            observation(
                name,
                id=str(number),
                valueQuantity={"value": value, "system": system, "code": code, **({"unit": code} if has_text else {})},
                referenceRange=[{"high": {"value": value, "system": system, "code": code}}],
            )
            for number, ((name, code, value), system) in enumerate(zip(results, systems, strict=False))
        ]

    plain, respelt = read(*records([ADDRESSES[0]] * 6)), read(*records(addresses))
    assert respelt.results == plain.results
    assert respelt.notes == plain.notes
