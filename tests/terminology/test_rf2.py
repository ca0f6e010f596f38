"""An index of a release of SNOMED CT says what one of OMOP says of the same kinships.

The files are made by the tests, in the form of the release (RF2); their codes and kinships are those that
`test_hierarchy.py` makes up, below the one code of SNOMED CT that says that they are findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from screener.cli import main
from screener.terminology.hierarchy import Hierarchy, TerminologyError, rows_of
from screener.terminology.rf2 import build_from_rf2
from terminology.test_hierarchy import DICTIONARY, EDGES, LINKS, RELATIONS, ROWS
from terminology.vocabulary import concept, rulebook

CODES = {row.id: row for row in ROWS if row.vocabulary == "SNOMED"}
FINDING = "404684003"
COMPONENT = ("id", "effectiveTime", "active", "moduleId")
COLUMNS = {
    "Terminology/sct2_Concept_Snapshot_INT_20250801.txt": (*COMPONENT, "definitionStatusId"),
    "Terminology/sct2_Relationship_Snapshot_INT_20250801.txt": (
        *COMPONENT,
        *("sourceId", "destinationId", "relationshipGroup", "typeId", "characteristicTypeId", "modifierId"),
    ),
    "Terminology/sct2_Description_Snapshot-en_INT_20250801.txt": (
        *COMPONENT,
        *("conceptId", "languageCode", "typeId", "term", "caseSignificanceId"),
    ),
    "Refset/Content/der2_cRefset_AssociationSnapshot_INT_20250801.txt": (
        *COMPONENT,
        *("refsetId", "referencedComponentId", "targetComponentId"),
    ),
}
CONCEPT, RELATIONSHIP, DESCRIPTION, ASSOCIATION = COLUMNS
TYPES = {meaning: code for code, meaning in rows_of("rf2_relationships.tsv")}
INFERRED, ADDITIONAL, IS_A = "900000000000011006", "900000000000227009", "116680003"
DICTIONARY_OF_SNOMED = rulebook(
    *(
        concept(
            each.name,
            [f"snomed {code.first}" for code in each.codes if code.system == "snomed"],
            whole=[f"snomed {code.first}" for code in each.whole if code.system == "snomed"],
            narrower=each.narrower,
            broader=each.broader,
        )
        for each in DICTIONARY.concepts.values()
        if each.name != "led"
    )
)


def relationship(below: str, above: str, type_: str = IS_A, kind: str = INFERRED, active: str = "1") -> list[str]:
    return [below, above, "0", type_, kind, "900000000000451002", active]


def write(folder: Path, kind: str, rows: Iterable[list[str]], day: str = "20250801", first: int = 1) -> None:
    """A file of a release. The last cell of a row says whether it is active."""
    file = folder / "Snapshot" / kind.replace("20250801", day)
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(COLUMNS[kind])]
    for number, (*cells, active) in enumerate(rows, first):
        own = [cells.pop(0)] if kind == CONCEPT else [str(number)]
        lines.append("\t".join([*own, day, active, "900000000000207008", *cells]))
    file.write_text("".join(f"{line}\r\n" for line in lines), encoding="utf-8")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rf2")
    primitive = "900000000000074008"
    concepts = [[row.code, primitive, "1" if row.standard else "0"] for row in CODES.values()]
    write(folder, CONCEPT, [[FINDING, primitive, "1"], *concepts])
    below = [(CODES[low].code, CODES[high].code) for high, low in EDGES if {high, low} <= set(CODES)]
    about = [(CODES[one].code, how, CODES[two].code) for one, how, two, *_ in LINKS if how in TYPES and two in CODES]
    write(
        folder,
        RELATIONSHIP,
        [
            relationship("100", FINDING),
            *(relationship(low, high) for low, high in below),
            *(relationship(one, two, TYPES[how]) for one, how, two in about if not how.startswith("Concept")),
            # No kinship: withdrawn, or no part of the definition.
            relationship("240", "210", active="0"),
            relationship("240", "400", kind=ADDITIONAL),
        ],
    )
    names = [[row.code, "en", "900000000000003001", row.name, "900000000000448009", "1"] for row in CODES.values()]
    write(folder, DESCRIPTION, names)
    same = [[TYPES[how], one, two, "1"] for one, how, two in about if how.startswith("Concept")]
    write(folder, ASSOCIATION, [*same, ["900000000000523009", "840", "210", "1"]])
    return folder


ASKED = [
    (entry.removeprefix("snomed "), name, said)
    for entry, name, said in RELATIONS
    if entry.startswith("snomed ")
    and name in DICTIONARY_OF_SNOMED.concepts
    # OMOP has domains for tools, and maps old codes and histories to others.
    and entry.removeprefix("snomed ") not in ("420", "820", "830", "850", "860", "870")
]


@pytest.fixture(scope="module")
def hierarchy(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Hierarchy:
    file = tmp_path_factory.mktemp("index") / "site.idx"
    built = build_from_rf2(release, DICTIONARY_OF_SNOMED, file)
    assert built.systems == ("snomed",)
    return Hierarchy(file, DICTIONARY_OF_SNOMED)


@pytest.mark.parametrize(("code", "name", "expected"), ASKED)
def test_a_release_says_what_omop_says_of_the_same(
    hierarchy: Hierarchy, code: str, name: str, expected: str | None
) -> None:
    assert hierarchy.relation("snomed", code, name) == expected


def test_of_an_old_code_without_an_equal_nothing_is_said(hierarchy: Hierarchy) -> None:
    assert hierarchy.relation("snomed", "840", "apple") is None  # possibly equivalent


def test_names_and_release_are_kept(hierarchy: Hierarchy) -> None:
    assert hierarchy.name("snomed", "210") == 'Apple, "the" apple'
    assert hierarchy.release == "SNOMED CT 20250801"


def test_of_several_editions_the_latest_row_of_an_id_counts(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "editions"
    for file in release.rglob("*.txt"):
        copy = folder / file.relative_to(release)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    write(folder, CONCEPT, [["240", "900000000000074008", "0"]], day="20260201")
    write(folder, RELATIONSHIP, [relationship("700", "200")], day="20260201", first=900)
    build_from_rf2(folder, DICTIONARY_OF_SNOMED, tmp_path / "site.idx")
    found = Hierarchy(tmp_path / "site.idx")
    assert found.relation("snomed", "700", "fruit") == "is"
    assert found.relation("snomed", "220", "apple") == "is"
    assert found.release == "SNOMED CT 20260201"


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        (RELATIONSHIP, None, "there is no sct2_Relationship_Snapshot_….txt"),
        (CONCEPT, None, "there is no sct2_Concept_Snapshot_….txt"),
        (CONCEPT, "id\teffectiveTime\n", "it is no file of RF2: its columns lack `active`"),
        (
            RELATIONSHIP,
            "\t".join(COLUMNS[RELATIONSHIP]) + "\r\n",
            "no relationship says what lies below what",
        ),
    ],
    ids=["no relationships", "no concepts", "columns are missing", "nothing below anything"],
)
def test_a_release_that_cannot_be_read_is_refused(
    release: Path, tmp_path: Path, file: str, text: str | None, fault: str
) -> None:
    for each in release.rglob("*.txt"):
        copy = tmp_path / "rf2" / each.relative_to(release)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(each.read_bytes())
    broken = tmp_path / "rf2" / "Snapshot" / file
    broken.unlink() if text is None else broken.write_text(text, encoding="utf-8")
    with pytest.raises(TerminologyError) as refused:
        build_from_rf2(tmp_path / "rf2", DICTIONARY_OF_SNOMED, tmp_path / "site.idx")
    assert fault in str(refused.value)
    assert not (tmp_path / "site.idx").exists()


def test_the_command_reads_a_release(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["terminology", "build", "--rf2", str(release), "-o", str(tmp_path / "site.idx")]) == 0
    assert "release: SNOMED CT 20250801" in capsys.readouterr().out
