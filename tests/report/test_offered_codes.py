"""What `screen codes --csv` offers, a table of codes takes: line by line, and the first of each code together."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.fhir.tiny import PATIENT, bundle, coded, condition, observation
from records.small_rulebook import SMALL
from screener import load_rules
from screener.records import RecordError, read_patients
from screener.records.dictionary import Dictionary
from screener.records.local_codes import with_tables
from screener.records.sightings import Sightings
from screener.report.codes import as_table, gathered

ROOT = Path(__file__).parents[2]
FIXTURES = sorted(
    each
    for folder in (ROOT / "examples", ROOT / "tests")
    for each in folder.rglob("*.json")
    if "golden" not in each.parts and each.stat().st_size < 400_000
)
SHIPPED = Dictionary(load_rules())
PLAIN = Dictionary(SMALL)


def table_of(record: Any, dictionary: Dictionary) -> list[str]:
    sightings = Sightings()
    try:
        for _ in read_patients(record, dictionary, sightings=sightings):
            pass
    except RecordError:
        pass
    return as_table(gathered(sightings, dictionary)).splitlines()


def offered(lines: list[str]) -> tuple[str, list[list[str]]]:
    """The line with the columns, and the offers for each code."""
    heading = next(number for number, line in enumerate(lines) if line.startswith("system,"))
    groups: list[list[str]] = []
    for line in lines[heading + 1 :]:
        if not line:
            groups.append([])
        elif not line.startswith("# ") or line.startswith("# Not in"):
            continue
        else:
            groups[-1].append(line[2:])
    return lines[heading], [group[1:] for group in groups if len(group) > 1]


def is_taken(text: str, dictionary: Dictionary) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        table.write_text(text, encoding="utf-8")
        read = with_tables(dictionary, [table]).local
    return bool(read.codes or read.texts)


def check(record: Any, dictionary: Dictionary) -> int:
    heading, groups = offered(table_of(record, dictionary))
    for group in groups:
        for line in group:
            assert is_taken(f"{heading}\n{line}\n", dictionary)
    if groups:
        assert is_taken("\n".join([heading, *(group[0] for group in groups)]), dictionary)
    return sum(map(len, groups))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_offered_for_a_record_is_taken(fixture: Path) -> None:
    check(fixture, SHIPPED)


def test_the_records_make_offers() -> None:
    assert check(ROOT / "examples" / "codes" / "our-laboratory.json", SHIPPED) == 3


NAMES = sorted(name for name, meaning in PLAIN.names.items() if meaning.kind in ("lab", "finding"))
TEXTS = st.one_of(
    st.sampled_from([*NAMES, *(name.replace("_", " ") for name in NAMES)]),
    st.tuples(st.sampled_from(NAMES), st.text(alphabet=' ,;"#\t*-xX0\u00a0', max_size=4)).map("".join),
    st.text(max_size=12),
)
SYSTEMS = st.sampled_from(["urn:lab", "text", "loinc", "", "#lab", "a,b", ' "x" ', "http://snomed.info/sct"])


@given(st.lists(st.tuples(SYSTEMS, TEXTS, st.none() | TEXTS, st.sampled_from(["", "mg/dL", "%", "x,y"])), max_size=6))
def test_what_is_offered_for_any_code_is_taken(entries: list[tuple[str, str, str | None, str]]) -> None:
    observations = [
        observation(
            "",
            id=str(number),
            code={**coded(code, system or None, text), **({"text": text} if text else {})},
            valueQuantity={"value": 1, **({"unit": unit} if unit else {})},
        )
        for number, (system, code, text, unit) in enumerate(entries)
    ]
    check(bundle(PATIENT, *observations), PLAIN)


def test_a_wording_that_is_a_name_of_the_dictionary_is_offered_no_line() -> None:
    record = {"observations": [{"name": "ascites", "value": "moderate"}]}
    lines = table_of(record, SHIPPED)
    assert offered(lines)[1] == []
    assert lines[-1].startswith("# Not in this table: no line can say what “ascites” is")


def test_one_code_under_two_wordings_is_offered_once() -> None:
    record = bundle(
        PATIENT,
        observation("", id="1", code=coded("X", "urn:lab", "Bilirubin, total"), valueQuantity={"value": 1}),
        observation("", id="2", code=coded("X", "urn:lab", "Creatinine serum"), valueQuantity={"value": 1}),
        condition("", id="3", code=coded("Y", "urn:lab", "Bilirubin, total")),
    )
    _, groups = offered(table_of(record, SHIPPED))
    assert len([group for group in groups if group[0].startswith("urn:lab,X,")]) == 1
