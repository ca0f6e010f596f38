"""A small OMOP folder made by the tests themselves, in the form in which Athena hands one out.

Its codes, names and kinships are made up to have every shape once; nothing here is a statement about medicine, and no
row is taken from a vocabulary that somebody owns. CONCEPT_ANCESTOR is worked out from the edges given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from screener.rulebook import Code, Concept, Place, Rulebook
from screener.values.dates import Duration

HERE = Place("small.rules", 1)


COLUMNS = {
    "concept": (
        *("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "standard_concept"),
        *("concept_code", "valid_start_date", "valid_end_date", "invalid_reason"),
    ),
    "concept_ancestor": (
        *("ancestor_concept_id", "descendant_concept_id", "min_levels_of_separation", "max_levels_of_separation"),
    ),
    "concept_relationship": (
        *("concept_id_1", "concept_id_2", "relationship_id", "valid_start_date", "valid_end_date", "invalid_reason"),
    ),
    "vocabulary": (
        *("vocabulary_id", "vocabulary_name", "vocabulary_reference", "vocabulary_version", "vocabulary_concept_id"),
    ),
}


class Whole(Concept, frozen=True, tag="concept"):
    """A concept with the codes that stand for the whole of it, which the dictionary of this branch cannot say yet."""

    whole: tuple[Code, ...] = ()


class Row(Struct, frozen=True):
    """A row of CONCEPT."""

    id: int
    vocabulary: str
    code: str
    name: str = ""
    domain: str = "Condition"
    standard: str = "S"
    invalid: str = ""


def code(text: str) -> Code:
    """`snomed 10`, or a range: `icd10 A00..A09`."""
    system, _, first = text.partition(" ")
    first, _, last = first.partition("..")
    return Code(system, first, last or None)


def concept(
    name: str,
    codes: Iterable[str] = (),
    *,
    whole: Iterable[str] = (),
    narrower: tuple[str, ...] = (),
    broader: tuple[str, ...] = (),
) -> Concept:
    return Whole(
        name,
        name.title(),
        (),
        "condition",
        tuple(map(code, codes)),
        HERE,
        Duration(90, "days"),
        narrower=narrower,
        broader=broader,
        whole=tuple(map(code, whole)),
    )


def rulebook(*concepts: Concept) -> Rulebook:
    named = {each.name: each for each in concepts}
    return Rulebook("", "", {}, {}, named, {}, {}, {}, {}, {}, {})


def write_folder(
    folder: Path,
    rows: Iterable[Row],
    edges: Iterable[tuple[int, int]],
    links: Iterable[tuple[int, str, int] | tuple[int, str, int, str]] = (),
    release: str | None = "v5.0 31-AUG-25",
    capitals: bool = True,
) -> Path:
    """The folder of a vocabulary. `edges` lead from what is above to what is right below it."""
    rows, edges = list(rows), list(edges)
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, list[list[object]]] = {
        "concept": [
            [r.id, r.name, r.domain, r.vocabulary, "", r.standard, r.code, "19700101", "20991231", r.invalid]
            for r in rows
        ],
        "concept_ancestor": [
            *([above, below, 1, 1] for above, all_ in below_each(edges).items() for below in sorted(all_)),
            *([r.id, r.id, 0, 0] for r in rows if r.standard),
        ],
        "concept_relationship": [
            *([r.id, r.id, "Maps to", "19700101", "20991231", ""] for r in rows if r.standard == "S"),
            *([one, two, how, "19700101", "20991231", *(invalid or ("",))] for one, how, two, *invalid in links),
        ],
    }
    if release is not None:
        tables["vocabulary"] = [["None", "OMOP Standardized Vocabularies", "OMOP generated", release, 44819096]]
    for table, lines in tables.items():
        name = table.upper() if capitals else table
        text = "".join("\t".join(map(str, line)) + "\n" for line in [COLUMNS[table], *lines])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def below_each(edges: Iterable[tuple[int, int]]) -> Mapping[int, set[int]]:
    """Everything below each, however far."""
    right_below: dict[int, set[int]] = {}
    for above, below in edges:
        right_below.setdefault(above, set()).add(below)
    found: dict[int, set[int]] = {}

    def under(node: int) -> set[int]:
        if node not in found:
            found[node] = set()
            for each in right_below.get(node, ()):
                found[node] |= {each} | under(each)
        return found[node]

    for node in list(right_below):
        under(node)
    return {node: below for node, below in found.items() if below}
