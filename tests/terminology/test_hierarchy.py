"""An index of a vocabulary: what its codes say of concepts. The folder is made by `vocabulary.py`."""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.rulebook import Concept
from screener.terminology.hierarchy import Hierarchy, TerminologyError, digest_of_codes
from screener.terminology.omop import build_index
from terminology.vocabulary import Row, below_each, code, concept, rulebook, write_folder

# What is above what:
#
#   10 finding ─┬─ 20 fruit ─┬─ 21 apple ─┬─ 22 red apple
#               │            │            └─ 23 apple with worm ──┐ (below both)
#               │            └─ 24 pear                           │
#               ├─ 30 animal ── 31 worm ──────────────────────────┘
#               ├─ 40 stone ── 41 gravel
#               ├─ 50 pie ── 51 apple pie (about 21) ── 52 burnt apple pie
#               └─ 60 memory of a pie (about 51)
ROWS = [
    Row(10, "SNOMED", "100", "Finding"),
    Row(20, "SNOMED", "200", "Fruit"),
    Row(21, "SNOMED", "210", 'Apple, "the" apple'),
    Row(22, "SNOMED", "220", "Red apple"),
    Row(23, "SNOMED", "230", "Apple with worm"),
    Row(24, "SNOMED", "240", "Pear"),
    Row(30, "SNOMED", "300", "Animal"),
    Row(31, "SNOMED", "310", "Worm"),
    Row(40, "SNOMED", "400", "Stone"),
    Row(41, "SNOMED", "410", "Gravel", domain="Observation"),
    Row(42, "SNOMED", "420", "Hammer", domain="Device"),
    Row(50, "SNOMED", "500", "Pie"),
    Row(51, "SNOMED", "510", "Apple pie"),
    Row(52, "SNOMED", "520", "Burnt apple pie"),
    Row(60, "SNOMED", "600", "Memory of a pie", domain="Observation"),
    Row(70, "SNOMED", "700", "Hangs nowhere"),
    # Old codes.
    Row(80, "SNOMED", "800", "Old apple, replaced", standard="", invalid="U"),
    Row(81, "SNOMED", "810", "Older apple, replaced by the old one", standard="", invalid="U"),
    Row(82, "SNOMED", "820", "Old stone", standard="", invalid="D"),
    Row(83, "SNOMED", "830", "Old apple or stone", standard="", invalid="D"),
    Row(84, "SNOMED", "840", "Old and mapped to nothing", standard="", invalid="D"),
    Row(85, "SNOMED", "850", "Old, its mapping withdrawn", standard="", invalid="D"),
    Row(86, "SNOMED", "860", "History of an apple", domain="Observation", standard=""),
    Row(87, "SNOMED", "870", "Suspected apple", domain="Observation", standard=""),
    Row(88, "OMOP Extension", "OMOP1", "History of event", domain="Observation"),
    Row(89, "OMOP Extension", "OMOP2", "Apple of the east"),
    # Mapped into the hierarchy.
    Row(90, "ICD10CM", "A01.1", "Red apple", standard=""),
    Row(91, "ICD10CM", "B02", "Stone", standard=""),
    Row(92, "ICD10CM", "B02.2", "Stone beside an apple", standard=""),
    Row(93, "ICD10CM", "B03", "Stone beside gravel", standard=""),
    Row(94, "ICD10CM", "B04", "Stone, and what hangs nowhere", standard=""),
    Row(95, "ICD10CM", "B05", "Fruit", standard="", domain="Condition/Meas"),
    Row(96, "ICD10CM", "A01", "Heading", standard=""),
    Row(97, "ICD10CM", "A00-A09", "Heading of headings", standard=""),
    Row(98, "ICD10", "A01.1", "Of the other edition", standard=""),
    Row(99, "LOINC", "1-8", "Of no vocabulary that is read", domain="Measurement"),
]
EDGES = [
    *[(10, 20), (10, 30), (10, 40), (10, 50), (10, 60), (20, 21), (20, 24), (21, 22), (21, 23), (30, 31), (31, 23)],
    *[(40, 41), (40, 42), (50, 51), (51, 52), (21, 89)],
]
LINKS: list[tuple[int, str, int] | tuple[int, str, int, str]] = [
    (51, "Has due to", 21),
    (60, "Has asso finding", 51),
    (80, "Concept replaced by", 21),
    (80, "Maps to", 21),
    (81, "Concept replaced by", 80),
    (82, "Maps to", 40),
    (83, "Maps to", 21),
    (83, "Maps to", 40),
    (85, "Maps to", 40, "D"),
    (86, "Maps to", 88),
    (86, "Maps to value", 21),
    (87, "Maps to", 40),
    (87, "Has asso finding", 22),
    (90, "Maps to", 22),
    (91, "Maps to", 40),
    (92, "Maps to", 40),
    (92, "Maps to", 23),
    (93, "Maps to", 40),
    (93, "Maps to", 41),
    (94, "Maps to", 40),
    (94, "Maps to", 70),
    (95, "Maps to", 20),
    (96, "Maps to", 40),
    (98, "Maps to", 22),
]
DICTIONARY = rulebook(
    concept("fruit", ["snomed 200"], whole=["snomed 200"], narrower=("apple", "red apple")),
    concept("apple", ["snomed 210", "icd10 A01.1"], whole=["snomed 210"], broader=("fruit",), narrower=("red apple",)),
    concept("red apple", ["snomed 220"], broader=("apple", "fruit")),
    concept("worm", ["snomed 310"], whole=["snomed 310"]),
    concept("stone", ["snomed 400", "snomed 99999"]),
    concept("old apple", ["snomed 810"], whole=["snomed 810"]),
    concept("led", ["icd10 B02..B03"], whole=["snomed 300"]),
    concept("nothing"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("omop"), ROWS, EDGES, LINKS)


@pytest.fixture(scope="module")
def index(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("index") / "site.idx"
    build_index(folder, DICTIONARY, file)
    return file


@pytest.fixture(scope="module")
def hierarchy(index: Path) -> Hierarchy:
    return Hierarchy(index, DICTIONARY)


RELATIONS = [
    # A root, below it, above it, beside it, sharing something below it.
    ("snomed 210", "apple", "is"),
    ("snomed 220", "apple", "is"),
    ("snomed 230", "apple", "is"),
    ("snomed 200", "apple", "may be"),
    ("snomed 100", "apple", "may be"),
    ("snomed 240", "apple", "is not"),
    ("snomed 310", "apple", "may be"),
    ("snomed 300", "apple", "may be"),
    ("snomed 400", "apple", "is not"),
    # A kind of it. Nobody said what the whole of the kind is, but what is not the broader is not the kind.
    ("snomed 220", "fruit", "is"),
    ("snomed 240", "fruit", "is"),
    ("snomed 210", "red apple", "may be"),
    ("snomed 230", "red apple", None),
    ("snomed 400", "red apple", "is not"),
    # Nobody said what the whole of it is.
    ("snomed 410", "stone", "is"),
    ("snomed 100", "stone", "may be"),
    ("snomed 240", "stone", None),
    # Due to it; below that; a memory of that.
    ("snomed 510", "apple", "may be"),
    ("snomed 520", "apple", "may be"),
    ("snomed 600", "apple", "may be"),
    ("snomed 500", "apple", "is not"),
    ("snomed 510", "worm", "is not"),
    # Codes that are not in use.
    ("snomed 800", "apple", "is"),
    ("snomed 810", "apple", "is"),
    ("snomed 820", "apple", "is not"),
    ("snomed 830", "apple", "is"),
    ("snomed 840", "apple", None),
    ("snomed 850", "apple", None),
    # A history of it; a suspicion, which its mapping has lost.
    ("snomed 860", "apple", "may be"),
    ("snomed 860", "worm", "may be"),  # because an apple may have one
    ("snomed 870", "apple", "may be"),
    ("snomed 870", "worm", "is not"),
    # Codes mapped into the hierarchy: of several each is a part.
    ("icd10cm A01.1", "apple", "is"),
    ("icd10cm A011", "apple", "is"),
    ("icd10cm B02", "apple", "is not"),
    ("icd10cm B02.2", "apple", "is"),
    ("icd10cm B02.2", "worm", "is"),
    ("icd10cm B03", "apple", "is not"),
    ("icd10cm B04", "apple", None),
    ("icd10cm B05", "apple", "may be"),
    # Listed in the dictionary, for both editions; above what is listed.
    ("icd10 A01.1", "apple", "is"),
    ("icd10cm A01", "apple", "may be"),
    # An old code of the dictionary is followed to the one that replaced it.
    ("snomed 210", "old apple", "is"),
    ("snomed 810", "old apple", "is"),
    ("snomed 400", "old apple", "is not"),
    # A root that stands in no hierarchy: what it maps to may be the concept; what is above and below that, too.
    ("icd10cm B02.2", "led", "is"),
    ("icd10cm B05", "led", "may be"),  # an apple with a worm shares it
    ("snomed 400", "led", "may be"),
    ("snomed 410", "led", "may be"),
    ("snomed 240", "led", "is not"),
    # Nothing is said of what is not known.
    ("snomed 420", "apple", None),  # of another domain
    ("snomed 700", "apple", None),  # hangs nowhere
    ("snomed 999", "apple", None),
    ("icd10cm A00-A09", "apple", None),
    ("loinc 1-8", "apple", None),
    ("rxnorm 1", "apple", None),
    ("", "apple", None),
    ("snomed 210", "no such concept", None),
    ("snomed 210", "nothing", None),
]


@pytest.mark.parametrize(("entry", "name", "expected"), RELATIONS, ids=lambda each: str(each) or "no code")
def test_what_a_code_says_of_a_concept(hierarchy: Hierarchy, entry: str, name: str, expected: str | None) -> None:
    system, _, code_ = entry.partition(" ")
    assert hierarchy.relation(system, code_, name) == expected


def test_names_are_kept_of_what_is_or_may_be_something(hierarchy: Hierarchy) -> None:
    assert hierarchy.name("snomed", "210") == 'Apple, "the" apple'
    assert hierarchy.name("icd10cm", "a01.1") == "Red apple"
    assert hierarchy.name("snomed", "999") is None
    assert hierarchy.knows("snomed", "240")
    assert not hierarchy.knows("snomed", "700")


def test_an_index_says_what_it_was_built_of(hierarchy: Hierarchy) -> None:
    assert hierarchy.release == "v5.0 31-AUG-25"
    assert hierarchy.digest == digest_of_codes(DICTIONARY)


def test_the_build_tells_what_it_found(folder: Path, tmp_path: Path) -> None:
    built = build_index(folder, DICTIONARY, tmp_path / "site.idx")
    assert built.unknown == (("snomed", "99999"),)
    assert built.systems == ("icd10", "icd10cm", "snomed")
    assert built.codes == Hierarchy(tmp_path / "site.idx").size
    assert built.bytes == (tmp_path / "site.idx").stat().st_size
    assert [each.name for each in tmp_path.iterdir()] == ["site.idx"]


# ---- drugs: ingredients and products below classes of another hierarchy


DRUG_ROWS = [
    Row(1, "ATC", "X01", "Leaves", "Drug", "C"),
    Row(2, "ATC", "X01AA", "Green leaves", "Drug", "C"),
    Row(3, "ATC", "X01AA01", "Mint", "Drug", "C"),
    Row(4, "ATC", "Y01AA01", "Mint, outwardly", "Drug", "C"),
    Row(5, "ATC", "X01AA02", "Sage", "Drug", "C"),
    Row(6, "ATC", "Y01", "Ointments", "Drug", "C"),
    Row(11, "RxNorm", "11", "mint", "Drug"),
    Row(12, "RxNorm", "12", "sage", "Drug"),
    Row(13, "RxNorm", "13", "salt", "Drug"),
    Row(21, "RxNorm", "21", "mint leaf", "Drug"),
    Row(22, "RxNorm", "22", "sage leaf", "Drug"),
    Row(23, "RxNorm Extension", "OMOP23", "sage leaf with salt", "Drug"),
    Row(24, "RxNorm", "24", "sugar", "Drug"),
    Row(25, "RxNorm", "25", "sugar lump", "Drug"),
    Row(26, "RxNorm", "26", "brand of sage leaf", "Drug", standard=""),
]
DRUG_EDGES = [
    *[(1, 2), (2, 3), (2, 5), (6, 4), (3, 11), (4, 11), (5, 12), (11, 21), (12, 22), (12, 23), (13, 23), (24, 25)],
]
DRUGS = rulebook(
    concept("leaves", ["atc X01"], whole=["atc X01"], narrower=("sage",)),
    concept("sage", ["rxnorm 12"], whole=["rxnorm 12"], broader=("leaves",)),
    concept("mint", ["rxnorm 11"]),
)


@pytest.fixture(scope="module")
def drugs(tmp_path_factory: pytest.TempPathFactory) -> Hierarchy:
    folder = tmp_path_factory.mktemp("drugs")
    write_folder(folder / "omop", DRUG_ROWS, DRUG_EDGES, [(26, "Maps to", 22)], release=None, capitals=False)
    build_index(folder / "omop", DRUGS, folder / "site.idx")
    return Hierarchy(folder / "site.idx", DRUGS)


@pytest.mark.parametrize(
    ("entry", "name", "expected"),
    [
        ("rxnorm 12", "sage", "is"),
        ("rxnorm 22", "sage", "is"),
        ("rxnorm 26", "sage", "is"),
        ("rxnorm OMOP23", "sage", "is"),
        ("rxnorm 13", "sage", "may be"),  # it is in a product with it
        ("rxnorm 24", "sage", "is not"),
        ("rxnorm 25", "sage", "is not"),
        ("rxnorm 11", "sage", "is not"),
        ("atc X01AA02", "sage", "may be"),  # above it; that it is the same the dictionary has to say
        ("atc X01", "sage", "may be"),
        ("atc Y01", "sage", None),  # the whole is said in the other hierarchy
        ("rxnorm 12", "leaves", "is"),
        ("rxnorm 22", "leaves", "is"),
        ("atc X01AA02", "leaves", "is"),
        ("atc X01AA01", "leaves", "is"),
        ("rxnorm 11", "leaves", "may be"),  # classed as an ointment as well
        ("rxnorm 21", "leaves", "may be"),
        ("atc Y01AA01", "leaves", "may be"),
        ("rxnorm 24", "leaves", None),
    ],
    ids=str,
)
def test_drugs_and_their_classes(drugs: Hierarchy, entry: str, name: str, expected: str | None) -> None:
    system, _, code_ = entry.partition(" ")
    assert drugs.relation(system, code_, name) == expected


def test_without_a_table_of_vocabularies_there_is_no_release(drugs: Hierarchy) -> None:
    assert drugs.release is None


# ---- files in other forms


@pytest.mark.parametrize("form", ["parquet", "commas"])
def test_parquet_and_commas_are_read_as_well(folder: Path, tmp_path: Path, hierarchy: Hierarchy, form: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in folder.iterdir():
        table = f"read_csv('{file}', delim = '\t', quote = '', header = true, all_varchar = true)"
        ending, how = ("parquet", "FORMAT parquet") if form == "parquet" else ("csv", "FORMAT csv, HEADER")
        duckdb.sql(f"COPY (FROM {table}) TO '{other / file.stem.lower()}.{ending}' ({how})")
    build_index(other, DICTIONARY, tmp_path / "site.idx")
    same = Hierarchy(tmp_path / "site.idx", DICTIONARY)
    for entry, name, expected in RELATIONS:
        system, _, code_ = entry.partition(" ")
        assert same.relation(system, code_, name) == expected
    assert same.name("snomed", "210") == hierarchy.name("snomed", "210")


# ---- what cannot be used


def test_an_index_of_another_dictionary_is_refused(index: Path) -> None:
    other = rulebook(*(each for each in DICTIONARY.concepts.values() if each.name != "worm"))
    with pytest.raises(TerminologyError) as refused:
        Hierarchy(index, other)
    assert str(refused.value) == (
        "error[terminology]: the index was built with other codes than those of this dictionary\n"
        f"  --> {index}\n"
        "help: build it anew by `screen terminology build`"
    )


BASE = concept("worm", ["snomed 1"])


@pytest.mark.parametrize(
    ("changed", "is_another"),
    [
        (concept("worm", ["snomed 2"]), True),
        (concept("worm", ["snomed 1", "icd10 A01"]), True),
        (concept("worm", ["snomed 1"], whole=["snomed 1"]), True),
        (concept("worm", ["snomed 1"], narrower=("apple",)), True),
        (concept("worm", ["snomed 1", "loinc 1-8"]), False),
    ],
    ids=["a code", "one more code", "the whole", "a kind", "a code of a system that is not read"],
)
def test_what_changes_the_digest(changed: Concept, is_another: bool) -> None:
    assert (digest_of_codes(rulebook(changed)) != digest_of_codes(rulebook(BASE))) is is_another


def answers_of(hierarchy: Hierarchy) -> list[object]:
    asked = [(*entry.partition(" ")[::2], name) for entry, name, _ in RELATIONS]
    return [(hierarchy.relation(*each), hierarchy.name(*each[:2])) for each in asked]


def test_a_damaged_index_is_refused_when_it_is_opened(index: Path, tmp_path: Path, hierarchy: Hierarchy) -> None:
    whole, refused = index.read_bytes(), 0
    damaged = tmp_path / "damaged.idx"
    for place in range(0, len(whole), 113):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            opened = Hierarchy(damaged, DICTIONARY)
        except TerminologyError:
            refused += 1
        else:  # the byte lies where nothing is written
            assert answers_of(opened) == answers_of(hierarchy), place
            assert opened.release == hierarchy.release, place
    assert refused > 10


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b'{"id": "anna"}', b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_index_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.idx"
    file.write_bytes(content)
    with pytest.raises(TerminologyError) as refused:
        Hierarchy(file)
    assert str(refused.value).splitlines()[0] == (
        "error[terminology]: the index cannot be used: it is damaged, or no index of a vocabulary"
    )


def test_a_part_of_an_index_is_refused(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "part.idx"
    file.write_bytes(index.read_bytes()[:-5000])
    with pytest.raises(TerminologyError, match="the index cannot be used"):
        Hierarchy(file)


def test_an_index_of_another_form_is_refused(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "next.idx"
    file.write_bytes(index.read_bytes())
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE facts SET value = 'screener hierarchy 9' WHERE name = 'form'")
    connection.close()
    with pytest.raises(TerminologyError, match="its form is `screener hierarchy 9`, and this screener reads"):
        Hierarchy(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TerminologyError, match="there is no such file"):
        Hierarchy(tmp_path / "nowhere.idx")


def test_a_folder_without_a_table_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.name != "CONCEPT_ANCESTOR.csv":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(TerminologyError, match=r"there is no CONCEPT_ANCESTOR\.csv"):
        build_index(tmp_path, DICTIONARY, tmp_path / "site.idx")


@pytest.mark.parametrize(
    ("table", "text", "fault"),
    [
        ("CONCEPT", "concept_id\tconcept_name\n1\tA\n", "CONCEPT has no column `domain_id`"),
        ("CONCEPT", "", "CONCEPT has no column `concept_id`"),
        (
            "CONCEPT_ANCESTOR",
            "ancestor_concept_id\tdescendant_concept_id\n10\t10\n",
            "CONCEPT_ANCESTOR says of nothing what lies below it",
        ),
        (
            "CONCEPT_ANCESTOR",
            "ancestor_concept_id\tdescendant_concept_id\nten\t11\n",
            "the folder cannot be read: Conversion Error",
        ),
    ],
    ids=["a column is missing", "empty", "nothing below anything", "no number"],
)
def test_a_folder_that_cannot_be_read_is_refused(
    folder: Path, tmp_path: Path, table: str, text: str, fault: str
) -> None:
    broken, out = tmp_path / "omop", tmp_path / "site.idx"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / f"{table}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TerminologyError) as refused:
        build_index(broken, DICTIONARY, out)
    assert fault in str(refused.value)
    assert [each.name for each in tmp_path.iterdir()] == ["omop"], "nothing is left behind"


def test_a_record_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    record = tmp_path / "anna.json"
    record.write_text("{}", encoding="utf-8")
    with pytest.raises(TerminologyError, match="is there, and is no index"):
        build_index(folder, DICTIONARY, record)
    assert record.read_text("utf-8") == "{}"


def test_an_index_is_replaced(folder: Path, index: Path, tmp_path: Path) -> None:
    file = tmp_path / "site.idx"
    file.write_bytes(index.read_bytes())
    build_index(folder, DRUGS, file)
    assert Hierarchy(file).digest == digest_of_codes(DRUGS)


def test_without_duckdb_the_extra_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(TerminologyError, match=r"help: .*screener\[terminology\]"):
        build_index(folder, DICTIONARY, tmp_path / "site.idx")


def test_looking_up_loads_no_database_but_the_standard_one(index: Path) -> None:
    ask = (
        "import sys\nfrom pathlib import Path\nfrom screener.terminology.hierarchy import Hierarchy\n"
        "import screener.terminology.omop\n"
        "print(Hierarchy(Path(sys.argv[1])).relation('snomed', '220', 'apple'), 'duckdb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", ask, str(index)], capture_output=True, text=True, check=True)
    assert done.stdout == "is False\n"


# ---- shared


def test_threads_and_processes_may_share_it(index: Path) -> None:
    shared = Hierarchy(index)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answers_of, [shared] * 40))
    assert answers == [answers_of(Hierarchy(index))] * 40
    sent: Hierarchy = pickle.loads(pickle.dumps(shared))
    assert sent.relation("snomed", "220", "apple") == "is"


# ---- against the meaning, written out


@st.composite
def small_worlds(
    draw: st.DrawFn,
) -> tuple[int, list[tuple[int, int]], dict[str, tuple[list[int], int | None]], list[tuple[int, int]]]:
    """A hierarchy of some concepts, concepts of a dictionary by their roots with the whole, and mapped codes."""
    count = draw(st.integers(2, 16))
    pairs = [(above, below) for above in range(count) for below in range(above + 1, count)]
    edges = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=24, unique=True))
    nodes = st.integers(0, count - 1)
    roots = draw(st.lists(st.tuples(st.lists(nodes, max_size=3, unique=True), st.booleans()), min_size=1, max_size=5))
    concepts = {f"c{n}": (own, own[0] if own and whole else None) for n, (own, whole) in enumerate(roots)}
    maps = draw(st.lists(st.tuples(st.integers(100, 107), nodes), max_size=12, unique=True))
    return count, edges, concepts, maps


@settings(max_examples=15, deadline=None)
@given(small_worlds())
def test_the_index_agrees_with_the_meaning_written_out(
    tmp_path_factory: pytest.TempPathFactory,
    world: tuple[int, list[tuple[int, int]], dict[str, tuple[list[int], int | None]], list[tuple[int, int]]],
) -> None:
    count, edges, concepts, maps = world
    folder = tmp_path_factory.mktemp("world")
    rows = [Row(n, "SNOMED", f"{n}") for n in range(count)]
    rows += [Row(n, "ICD10CM", f"{n}", standard="") for n in range(100, 108)]
    write_folder(folder / "omop", rows, edges, [(one, "Maps to", two) for one, two in maps])
    kinds = ("c1",) if "c1" in concepts else ()
    dictionary = rulebook(
        *(
            concept(
                name,
                [f"snomed {root}" for root in roots],
                whole=[] if whole is None else [f"snomed {whole}"],
                narrower=kinds if name == "c0" else (),
                broader=("c0",) if name in kinds else (),
            )
            for name, (roots, whole) in concepts.items()
        )
    )
    build_index(folder / "omop", dictionary, folder / "site.idx")
    hierarchy = Hierarchy(folder / "site.idx", dictionary)

    below = {node: {node, *below_each(edges).get(node, ())} for node in range(count)}
    hangs = {node for edge in edges for node in edge}

    def meant(at: set[int], name: str) -> str | None:
        roots = {*concepts[name][0], *(concepts["c1"][0] if name == "c0" and kinds else ())}
        inside = {node for root in roots for node in below[root]}
        if at & inside:
            return "is"
        if any(below[node] & inside for node in at):
            return "may be"
        if at and at <= hangs and concepts[name][1] in hangs:
            return "is not"
        return "is not" if name in kinds and meant(at, "c0") == "is not" else None

    for name in concepts:
        for node in range(count):
            assert hierarchy.relation("snomed", str(node), name) == meant({node}, name)
        for mapped in range(100, 108):
            targets = {two for one, two in maps if one == mapped}
            assert hierarchy.relation("icd10cm", str(mapped), name) == meant(targets, name)


def test_the_table_of_codes_is_read_as_it_is_written() -> None:
    assert code("icd10 A00..A09").last == "A09"
