"""An index of expanded ValueSets. The tests make them; their codes and names are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screener.cli import main
from screener.terminology.hierarchy import Hierarchy, TerminologyError
from screener.terminology.value_sets import build_from_value_sets
from terminology.vocabulary import concept, rulebook

DICTIONARY = rulebook(
    concept("apple", ["snomed 210"], narrower=("red apple",)),
    concept("red apple", ["snomed 220"], broader=("apple",)),
    concept("worm", ["snomed 310"]),
)
APPLES = [("http://s", "210", "Apple"), ("http://s", "220", "Red apple"), ("http://icd", "A01.1", "Apple")]
TABLE = "valueset,concept,says\nhttp://x/apples,apple,whole\nred.json,red apple,part\nmixed,apple,may be\n"


def write(folder: Path, name: str, codes: list[tuple[str, str, str]], **expansion: object) -> Path:
    contains = [{"system": system, "code": code, "display": name} for system, code, name in codes]
    body = {
        "resourceType": "ValueSet",
        "id": name,
        "url": f"http://x/{name}",
        "expansion": {"contains": contains, **expansion},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def named(system: str) -> str:
    return {"http://s": "snomed", "http://icd": "icd10"}.get(system, system)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    heading = {"abstract": True, "contains": [{"system": "http://s", "code": "300", "display": "Pie"}]}
    mixed = write(tmp_path, "mixed", [("http://s", "400", "Basket"), ("http://s", "210", "Apple")])
    body = json.loads(mixed.read_text("utf-8"))
    body["expansion"]["contains"].append(heading)
    mixed.write_text(json.dumps(body), encoding="utf-8")
    return [
        write(tmp_path, "apples", APPLES, total=3),
        write(tmp_path, "red", [("http://s", "220", "Red apple")]),
        mixed,
        write(tmp_path, "others", [("http://s", "500", "Stone"), ("http://other", "1", "Stone")]),
    ]


def index(files: list[Path], folder: Path, table: str = TABLE) -> Hierarchy:
    (folder / "says.csv").write_text(table, encoding="utf-8")
    build_from_value_sets(files, folder / "says.csv", DICTIONARY, folder / "site.idx", named)
    return Hierarchy(folder / "site.idx", DICTIONARY)


@pytest.mark.parametrize(
    ("system", "code", "name", "said"),
    [
        ("snomed", "210", "apple", "is"),
        ("icd10", "A011", "apple", "is"),
        ("snomed", "400", "apple", "may be"),
        ("snomed", "300", "apple", "may be"),  # below a heading
        ("snomed", "500", "apple", "is not"),
        ("snomed", "500", "red apple", "is not"),  # what is no apple is no red one
        ("snomed", "600", "apple", None),  # in no ValueSet
        ("http://other", "1", "apple", None),  # of a system that the whole does not have
        ("snomed", "220", "red apple", "is"),
        ("snomed", "210", "red apple", None),  # a part denies nothing
        ("snomed", "210", "worm", None),  # of no ValueSet
    ],
)
def test_what_a_code_of_a_value_set_says(
    files: list[Path], tmp_path: Path, system: str, code: str, name: str, said: str | None
) -> None:
    assert index(files, tmp_path).relation(system, code, name) == said


@pytest.mark.parametrize(
    ("expansion", "fault"),
    [
        ({"total": 4}, "its expansion is not complete"),
        ({"parameter": [{"name": "count", "valueInteger": 3}]}, "its expansion is not complete"),
        (
            {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/valueset-unclosed"}]},
            "its expansion is not complete",
        ),
        ({"contains": [{"code": "210"}]}, "one of its codes has no `system` or no `code`"),
    ],
    ids=["fewer than all", "a page", "unclosed", "a code without a system"],
)
def test_an_expansion_that_is_not_whole_is_refused(tmp_path: Path, expansion: dict[str, object], fault: str) -> None:
    with pytest.raises(TerminologyError, match=fault):
        index([write(tmp_path, "apples", APPLES, **expansion)], tmp_path)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"resourceType": "ValueSet"}'])
def test_what_is_no_expanded_value_set_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(TerminologyError, match="it is no"):
        index([tmp_path / "x.json"], tmp_path)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("code,concept\n", "the first line is not `valueset,concept,says`"),
        ("valueset,concept,says\npears,apple,part\n", "line 2: none of the ValueSets is called `pears`"),
        ("valueset,concept,says\napples,pear,part\n", "line 2: `pear` is no concept of these rules"),
        ("valueset,concept,says\napples,apple,all\n", "line 2: `all` is none of part, whole, may be"),
        ("valueset,concept,says\napples,apple\n", "line 2 has 2 cells in place of 3"),
    ],
    ids=["another table", "no such ValueSet", "no such concept", "no such word", "a cell is missing"],
)
def test_a_table_that_cannot_be_used_says_where(files: list[Path], tmp_path: Path, table: str, fault: str) -> None:
    with pytest.raises(TerminologyError) as refused:
        index(files, tmp_path, table)
    assert fault in str(refused.value)


def test_the_command_needs_both(files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "says.csv", tmp_path / "site.idx"
    table.write_text("valueset,concept,says\napples,cirrhosis,whole\n", encoding="utf-8")
    build = ["terminology", "build", "-o", str(out), "--valueset", *map(str, files)]
    assert main(build) == 2
    assert "--valueset and --says go together" in capsys.readouterr().err
    assert main([*build, "--says", str(table)]) == 0
    assert "wrote" in capsys.readouterr().out
