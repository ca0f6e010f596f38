"""How long the index of a vocabulary takes to build, and to be opened and asked; with the most memory the build needs.

The vocabulary is made up: concepts in twelve levels, each below one or two of the level above, a seventh of them under
SNOMED's name and the rest under RxNorm's, and a third as many codes that are only mapped to one. Its CONCEPT_ANCESTOR
is the true closure, with as many rows as `--rows` asks for, more or less. The codes of the shipped dictionary are given
to concepts of the middle levels, and half of its concepts are said to have a code for the whole. A concept of the
last level in ten is due to one of the middle. What a real vocabulary has of kinships between its parts and of overlaps,
this one has not: the size of its index is no more than a hint.

Goals: 80 million rows under 60 s and 1 GB; opened in 50 ms. Prints what was measured, no more.

    python benchmarks/terminology.py [--rows 1000000] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb
from msgspec.structs import asdict, replace

from screener.loading import load_rulebook
from screener.rulebook import Rulebook
from screener.terminology.hierarchy import Hierarchy, codes_of
from screener.terminology.omop import build_index

LEVELS = 12
ROWS_A_CONCEPT = 66
"""How many ancestors a concept has in the hierarchy that is made here, on average: measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of CONCEPT_ANCESTOR, about")
    parser.add_argument("--keep", type=Path, help="where the vocabulary and the index are left")
    parser.add_argument("--only-make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only-build", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only_build is not None:
        build(asked.only_build)
        return
    if asked.only_make is not None:
        make(asked.only_make, asked.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(asked.keep or Path(folder), asked.rows)


def measure(folder: Path, rows: int) -> None:
    folder.mkdir(exist_ok=True)
    # Made by another process: a process begins with the most memory that the one before it needed.
    if not (folder / "CONCEPT_ANCESTOR.csv").exists():
        subprocess.run([sys.executable, __file__, "--only-make", str(folder), "--rows", str(rows)], check=True)
    start = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--only-build", str(folder)], check=True)
    took = time.perf_counter() - start
    print(f"built, as a whole process        {took:>10.1f} s")

    index, rulebook = folder / "site.idx", with_whole(load_rulebook())
    opened = [milliseconds(lambda: Hierarchy(index, rulebook)) for _ in range(15)]
    plainly = [milliseconds(lambda: Hierarchy(index)) for _ in range(15)]
    print(f"opened                           {median(plainly):>10.1f} ms, median")
    print(f"opened for a dictionary          {median(opened):>10.1f} ms, median")
    query = (
        f"SELECT concept_code FROM read_csv('{folder}/CONCEPT.csv', all_varchar = true) WHERE vocabulary_id = 'SNOMED'"
    )
    codes = [row[0] for row in duckdb.sql(f"{query} USING SAMPLE 1000").fetchall()]
    hierarchy = Hierarchy(index)
    concepts = sorted(rulebook.concepts)
    first = [milliseconds(lambda code=code: hierarchy.relation("snomed", code, concepts[0])) for code in codes]
    again = [milliseconds(lambda code=code: hierarchy.relation("snomed", code, concepts[1])) for code in codes]
    print(f"a code looked up                 {median(first) * 1000:>10.0f} us, median")
    print(f"the same for another concept     {median(again) * 1000:>10.1f} us, median")


def with_whole(rulebook: Rulebook) -> Rulebook:
    """The shipped dictionary, half of its concepts with their first code for the whole of them."""
    concepts = {
        name: replace(concept, whole=codes[:1] if number % 2 else ())
        for number, (name, concept) in enumerate(sorted(rulebook.concepts.items()))
        for codes in [[code for code in codes_of(concept) if code.system in ("snomed", "rxnorm")]]
    }
    return Rulebook(**{**asdict(rulebook), "concepts": concepts})


def build(folder: Path) -> None:
    built = build_index(folder, with_whole(load_rulebook()), folder / "site.idx")
    print(f"codes known                      {built.codes:>10,}")
    print(f"codes that are or may be it      {built.related:>10,}")
    print(f"different sets of concepts       {built.sets:>10,}")
    print(f"size of the index                {built.bytes / 1e6:>10.1f} MB")
    print(f"memory at most                   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>10.0f} MB")


def make(folder: Path, rows: int) -> None:
    """Write the vocabulary. Each level is 1.9 times the one above; a third of the concepts have a second parent."""
    database = duckdb.connect(
        f"{folder}/making.duckdb", config={"memory_limit": "4GB", "preserve_insertion_order": False}
    )
    draw = random.Random(1)
    count = max(2_000, int(rows / ROWS_A_CONCEPT))
    weights = [1.9**level for level in range(LEVELS)]
    sizes = [max(1, int(count * weight / sum(weights))) for weight in weights]
    database.execute("CREATE TABLE closure (above INTEGER, below INTEGER)")
    database.execute("CREATE TABLE node (id INTEGER, level INTEGER)")
    first, before = 1, 0
    for level, size in enumerate(sizes):
        database.execute(f"INSERT INTO node SELECT range, {level} FROM range({first}, {first + size})")
        if level:
            low = first - before
            database.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE edge AS
                SELECT CAST({low} + hash(range) % {before} AS INTEGER) AS above, CAST(range AS INTEGER) AS below
                FROM range({first}, {first + size})
                UNION
                SELECT CAST({low} + hash(range + 7) % {before} AS INTEGER), CAST(range AS INTEGER)
                FROM range({first}, {first + size}) WHERE hash(range + 3) % 3 = 0;
                INSERT INTO closure
                SELECT above, below FROM edge
                UNION SELECT c.above, e.below FROM edge e JOIN closure c ON c.below = e.above;
                """
            )
        first, before = first + size, size
    codes = [
        (code.system, code.first)
        for concept in load_rulebook().concepts.values()
        for code in codes_of(concept)
        if code.system in ("snomed", "rxnorm") and code.last is None
    ]
    middle = range(sum(sizes[:5]), sum(sizes[:10]))
    given = dict(zip(draw.sample(middle, len(set(codes))), sorted(set(codes)), strict=True))
    database.execute("CREATE TABLE given (id INTEGER, system VARCHAR, code VARCHAR)")
    lists = [list(given), *(list(column) for column in zip(*given.values(), strict=True))]
    database.execute("INSERT INTO given SELECT unnest(?), unnest(?), unnest(?)", lists)
    words = "['acute', 'of the', 'left', 'disorder', 'structure', 'product', 'oral', 'containing', '10 mg', 'due to']"
    name = f"array_to_string([{words}[CAST(1 + hash(id, k) % 10 AS INTEGER)] FOR k IN range(6)], ' ') || ' ' || id"
    out = "(FORMAT csv, HEADER, DELIMITER '\t', QUOTE '')"
    database.execute(
        f"""
        CREATE TABLE concept AS
        SELECT n.id AS concept_id, {name} AS concept_name,
            CASE WHEN g.system = 'snomed' OR g.id IS NULL AND n.id % 7 = 0 THEN 'SNOMED'
                WHEN n.id % 4 = 1 OR g.id IS NOT NULL THEN 'RxNorm' ELSE 'RxNorm Extension' END AS vocabulary_id,
            coalesce(
                g.code,
                CASE WHEN n.id % 7 = 0 THEN CAST(100000000 + hash(n.id) % 900000000 AS VARCHAR)
                    WHEN n.id % 4 = 1 THEN CAST(2000000 + n.id AS VARCHAR) ELSE 'OMOP' || (1000000 + n.id) END
            ) AS concept_code,
            'S' AS standard_concept, '' AS invalid_reason
        FROM node n LEFT JOIN given g USING (id)
        UNION ALL
        SELECT 500000000 + range, 'Old code ' || range, 'SNOMED',
            CAST(100000000 + hash(range + 11) % 900000000 AS VARCHAR), '', 'U'
        FROM range({count // 3});
        COPY (
            SELECT *, CASE WHEN vocabulary_id = 'SNOMED' THEN 'Condition' ELSE 'Drug' END AS domain_id FROM concept
        ) TO '{folder}/CONCEPT.csv' {out};
        COPY (
            SELECT above AS ancestor_concept_id, below AS descendant_concept_id, 1 AS min_levels_of_separation,
                1 AS max_levels_of_separation FROM closure
            UNION ALL SELECT id, id, 0, 0 FROM node
        ) TO '{folder}/CONCEPT_ANCESTOR.csv' {out};
        COPY (
            SELECT id AS concept_id_1, id AS concept_id_2, 'Maps to' AS relationship_id, '19700101' AS valid_start_date,
                '20991231' AS valid_end_date, '' AS invalid_reason FROM node
            UNION ALL
            SELECT 500000000 + range, 1 + hash(range) % {first - 1}, 'Maps to', '19700101', '20991231', ''
            FROM range({count // 3})
            UNION ALL
            SELECT {first} - 1 - hash(range + 5) % {before}, {middle.start} + hash(range + 9) % {len(middle)},
                'Has due to', '', '', ''
            FROM range({count // 20})
        ) TO '{folder}/CONCEPT_RELATIONSHIP.csv' {out};
        """
    )
    made = database.execute("SELECT count(*), (SELECT count(*) FROM node) FROM closure").fetchone()
    assert made is not None
    print(f"rows of CONCEPT_ANCESTOR         {made[0] + made[1]:>10,}", flush=True)
    print(f"concepts that stand              {made[1]:>10,}, {made[0] / made[1]:.1f} ancestors each")
    database.close()
    (folder / "making.duckdb").unlink()


def milliseconds(work: object) -> float:
    assert callable(work)
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
