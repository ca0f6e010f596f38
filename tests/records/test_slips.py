"""What somebody who types a record is told where a slip keeps it from being read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient

COMMA, REMARK, MARKS = "leave the comma before the `{}` out", "leave the remark out: JSON has none", 'write `"`'
WORDS = "write words, and the names of fields, in quotation marks"


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ('{"id": "a",}', "line 1, column 12", COMMA.format("}")),
        ('{"id": "a",\n "conditions": ["cirrhosis",\n ]}', "line 3, column 2", COMMA.format("]")),
        ('{"id": "a", // the patient\n "sex": "f"}', "line 1, column 13", REMARK),
        ('{"id": "a", # the patient\n "sex": "f"}', "line 1, column 13", REMARK),
        ("{'id': 'a'}", "line 1, column 2", MARKS),
        ("{\u201cid\u201d: \u201ca\u201d}", "line 1, column 2", MARKS),
        ('{"observations": [{"name": "INR", "value": 1,5}]}', "line 1, column 46", "write decimals with a point"),
        (
            '{"observations": [{"name": "INR", "value": 01.5}]}',
            "line 1, column 45",
            "write the number without the zero",
        ),
        ('{"observations": [{"name": "INR", "value": .5}]}', "line 1, column 44", "write the number with a digit"),
        ('{"died": False}', "line 1, column 10", "write `true`, `false` or `null`"),
        ('{id: "a"}', "line 1, column 2", WORDS),
        ('{"sex": female}', "line 1, column 9", WORDS),
        ('{"id": "a"\n "sex": "f"}', "line 2, column 2", "a comma is missing before it"),
        ('{"id": "a",, "sex": "f"}', "line 1, column 12", "leave one of the two commas out"),
        ('{"birth_date": 1970-05}', "line 1, column 20", "write the date in quotation marks"),
        ('{"id": "a", "conditions": [', "line 1, column 28", "its end is missing"),
        ('{"id": "a"},\n{"id": "b"},', "line 1, column 12", "give one record, or each in a line of its own"),
        ('{"id": ;}', "line 1, column 8", ""),
    ],
)
def test_a_slip_is_told_with_its_place_and_what_to_write(text: str, place: str, mend: str, tmp_path: Path) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    file = tmp_path / "a.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError) as refused:
        read_patient(file, SMALL, "a.json")
    (problem,) = refused.value.problems
    assert problem.path == place
    assert problem.mend.startswith(mend) if mend else problem.mend == ""
