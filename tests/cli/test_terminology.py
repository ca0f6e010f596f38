"""`screen terminology build`. The folder is made by the tests (`terminology/vocabulary.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import RULES, Call
from screener.loading import load_rulebook
from screener.terminology.hierarchy import Hierarchy
from terminology.vocabulary import Row, write_folder

ROWS = [
    Row(1, "ICD10", "M10", "Gout", standard=""),
    Row(2, "SNOMED", "200", "Joint"),
    Row(3, "SNOMED", "300", "Gouty joint"),
]


@pytest.fixture
def omop(folder: Path) -> str:
    write_folder(folder / "omop", ROWS, [(2, 3)], [(1, "Maps to", 3)])
    return "omop"


def test_an_index_is_built_and_what_it_holds_is_told(call: Call, folder: Path, omop: str) -> None:
    status, out, err = call("terminology", "build", "--omop", omop, "-o", "site.idx")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["wrote site.idx: 3 codes of icd10, snomed", "release: v5.0 31-AUG-25"]
    Hierarchy(folder / "site.idx", load_rulebook(RULES))
    assert call("terminology", "build", "--omop", omop, "-o", "site.idx")[0] == 0, "an index is replaced"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "error[call]: the following arguments are required: build"),
        (["bild"], "error[call]: argument build|explain: invalid choice: `bild`"),
        (["build"], "error[call]: the following arguments are required: -o/--out"),
        (["build", "-o", "site.idx"], "error[call]: one of the arguments --omop --rf2 --valueset is required"),
        (["build", "--omop", "nowhere", "-o", "site.idx"], "error[terminology]: there is no folder `nowhere`"),
        (["build", "--omop", ".", "-o", "site.idx"], "error[terminology]: there is no CONCEPT.csv\n  --> .\nhelp: "),
        (
            ["build", "--omop", "omop", "-o", "nowhere/site.idx"],
            "error[terminology]: `nowhere/site.idx` cannot be written: there is no folder `nowhere`\n",
        ),
        (
            ["build", "--omop", "omop", "-o", "omop/CONCEPT.csv"],
            "error[terminology]: `omop/CONCEPT.csv` is there, and is no index\nhelp: give the index another name",
        ),
    ],
    ids=["nothing", "no such part", "no file", "no vocabulary", "no folder", "no table", "no place", "a table"],
)
def test_a_call_that_cannot_be_followed(call: Call, omop: str, arguments: list[str], error: str) -> None:
    own = {} if arguments[:1] == ["build"] else {"rules": None}
    status, out, err = call("terminology", *arguments, **own)
    assert (status, out) == (2, "")
    assert err.startswith(error)
