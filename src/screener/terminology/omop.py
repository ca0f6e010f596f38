"""From an OMOP vocabulary folder to an index (`hierarchy.py`): what each code of it says of the dictionary's concepts.

It reads CONCEPT, CONCEPT_ANCESTOR and CONCEPT_RELATIONSHIP, and the release from VOCABULARY if there is one: from a
folder as Athena hands it out, or from a whole CDM in any form that `warehouse.py` opens. DuckDB reads each once into a
temporary database next to the index; it comes with the extra `terminology`.

The *roots* of a concept are its codes in the dictionary and those of its kinds. A code stands in a hierarchy by itself
if it is a standard or a classifying concept of it and in use; any other stands where `Maps to` or, without that,
`Concept replaced by` leads. Then it

- **is** the concept: it is a root or below one, or one of several that it maps to is;
- **may be**: it is above a root or shares something below with one; it is about one, or about what is above or below
  one, without being a kind of it (due to it, after it, a history of it: `about` in `relationships.tsv`, and `Maps to
  value`), or lies below what is; or a root that stands in no hierarchy leads to it, to what is above or below it, and
  to nothing that is near another root: such a mapping may lead to something broader;
- **is not**: none of these, and it stands in hierarchies in each of which one root is the whole of the concept, by
  `whole` in the dictionary; or it is not a broader concept. A code that hangs nowhere in its hierarchy is never said
  not to be.

Where a root of another hierarchy lies above (a class of drugs by their use, say), a code is the concept only if
everything of that hierarchy above it agrees: what is classed in several places is not certainly the one meant.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from screener.rulebook import Rulebook
from screener.terminology.hierarchy import (
    IndexedCode,
    TerminologyError,
    codes_of,
    digest_of_codes,
    plain,
    rows_of,
    vocabularies,
    write_index,
)
from screener.terminology.postgresql import copied, is_address
from screener.terminology.warehouse import UnusableTablesError, is_database, open_views

if TYPE_CHECKING:
    import duckdb

MEMORY = "700MB"
"""What DuckDB may hold in memory; what is more goes to the disk."""

DOMAINS = ("Condition", "Observation", "Procedure", "Drug", "Measurement")
"""The domains whose codes go into an index. OMOP joins two by a slash and shortens some (`Condition/Meas`)."""

_COLUMNS = {
    "concept": (
        "concept_id",
        "concept_name",
        "domain_id",
        "vocabulary_id",
        "standard_concept",
        "concept_code",
        "invalid_reason",
    ),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "concept_relationship": ("concept_id_1", "concept_id_2", "relationship_id", "invalid_reason"),
}
_RELEASE = {"vocabulary": ("vocabulary_id", "vocabulary_version")}
_ROWS_AT_A_TIME = 50_000


class Built(Struct, frozen=True):
    """What an index was built of: how many codes it knows, how many of them are or may be something; and the codes of
    the dictionary (system and code, ranges left out) that the vocabulary does not have, of the systems it has."""

    release: str | None
    codes: int
    related: int
    sets: int
    bytes: int
    unknown: tuple[tuple[str, str], ...]
    systems: tuple[str, ...]


def build_index(place: Path | str, rulebook: Rulebook, out: Path) -> Built:
    """Build an index of the vocabulary in a folder or a database, for the codes of a dictionary: see `build`."""
    if is_address(place):
        with _workshop(out) as workshop:
            try:
                copy = copied(str(place), workshop / "copy", _COLUMNS, _RELEASE, {**_COLUMNS, **_RELEASE})
            except UnusableTablesError as problem:
                raise TerminologyError(problem.fault, _ATHENA) from None
            return build_index(copy, rulebook, out)
    place = str(place)
    shown = Path(place)
    if not (shown.is_file() if is_database(place) else shown.is_dir()):
        raise TerminologyError(f"there is no {'file' if is_database(place) else 'folder'} `{place}`", _ATHENA)

    def load(database: duckdb.DuckDBPyConnection) -> str | None:
        try:
            there = open_views(database, place, _COLUMNS, _RELEASE, "_file")
        except UnusableTablesError as problem:
            is_file = problem.table is not None and not is_database(place)
            fault = f"there is no {problem.table.upper()}.csv" if is_file and problem.table else problem.fault
            raise TerminologyError(fault, _ATHENA, problem.file or shown) from None
        return _release(database) if "vocabulary" in there else None

    return build(load, rulebook, out, "database" if is_database(place) else "folder", _ATHENA, shown)


def build(
    load: Callable[[duckdb.DuckDBPyConnection], str | None],
    rulebook: Rulebook,
    out: Path,
    what: str,
    mend: str,
    shown: Path | None,
) -> Built:
    """Build an index. `load` makes `concept_file`, `concept_ancestor_file` and `concept_relationship_file` with OMOP's
    columns, and gives the release; `what` it is loaded from, and where, messages say.

    The file is there whole, or not at all; one that is there already is replaced if it is an index. Raises
    TerminologyError if the place cannot be used or DuckDB is missing, OSError if the file cannot be written.
    """
    try:
        import duckdb
    except ImportError:
        raise TerminologyError(
            "a vocabulary is read by DuckDB, which is not installed",
            "install screener with its extra: pip install 'screener[terminology]'",
        ) from None
    with _workshop(out) as workshop:
        limits = {"memory_limit": MEMORY, "temp_directory": f"{workshop}/spill", "preserve_insertion_order": "false"}
        database = duckdb.connect(f"{workshop}/draft.duckdb", config=dict(limits))
        try:
            database.execute("SET enable_progress_bar = false")
            release = load(database)
            numbers = {name: number for number, name in enumerate(sorted(rulebook.concepts))}
            _load_dictionary(database, rulebook, numbers)
            _load_vocabulary(database)
            _relate(database)
            whole = _whole(database)
            concepts = [
                (name, whole.get(number, ()), [numbers[each] for each in rulebook.concepts[name].broader])
                for name, number in numbers.items()
            ]
            draft, digest = workshop / "index", digest_of_codes(rulebook)
            written = write_index(draft, _entries(database), concepts, digest=digest, release=release)
            unknown, systems = _unknown(database), _systems(database)
        except duckdb.Error as problem:
            reason = str(problem).splitlines()[0]
            raise TerminologyError(f"the {what} cannot be read: {reason}", mend, shown) from None
        finally:
            database.close()
        size = draft.stat().st_size
        draft.replace(out.resolve())
    return Built(release, written.codes, written.related, written.sets, size, unknown, systems)


def write_whole(
    out: Path,
    entries: Iterable[IndexedCode],
    concepts: Sequence[tuple[str, Iterable[str], Iterable[int]]],
    digest: str,
    systems: tuple[str, ...],
) -> Built:
    """Write an index of entries that are at hand, as `build` writes one."""
    with _workshop(out) as workshop:
        draft = workshop / "index"
        written = write_index(draft, entries, concepts, digest=digest, release=None)
        size = draft.stat().st_size
        draft.replace(out.resolve())
    return Built(None, written.codes, written.related, written.sets, size, (), systems)


_ATHENA = "give it the folder of a vocabulary as Athena hands it out, unpacked, or a CDM that holds the vocabulary"


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """A folder to work in, next to the index to write. Refuses a place where something else lies, such as a record."""
    if not out.parent.is_dir():
        raise TerminologyError(f"`{out}` cannot be written: there is no folder `{out.parent}`", "make the folder first")
    if out.exists() and not (out.is_file() and _is_database(out)):
        raise TerminologyError(f"`{out}` is there, and is no index", "give the index another name")
    with tempfile.TemporaryDirectory(dir=out.resolve().parent, prefix=f".{out.name[:100]}.") as workshop:
        yield Path(workshop)


def _is_database(file: Path) -> bool:
    with file.open("rb") as start:
        return start.read(16) in (b"SQLite format 3\0", b"")


def _load_dictionary(database: duckdb.DuckDBPyConnection, rulebook: Rulebook, numbers: Mapping[str, int]) -> None:
    """The dictionary as tables: `code` (the roots of each concept: its codes and those of its kinds), `whole_code`
    (what stands for the whole of it), and `reads` (whose codes the codes of a system are)."""
    concepts = rulebook.concepts
    codes = [
        (number, code.system, plain(code.first), plain(code.last) if code.last is not None else None)
        for name, number in numbers.items()
        for each in (name, *concepts[name].narrower)
        for code in codes_of(concepts[each])
    ]
    whole = [
        (number, code.system, plain(code.first)) for name, number in numbers.items() for code in concepts[name].whole
    ]
    kept = vocabularies()
    reads = [(each.system, each.hierarchy, of, each.longer_lies_below) for each in kept for of in each.of]
    _make(database, "code", "c INTEGER, system VARCHAR, first VARCHAR, last VARCHAR", codes)
    _make(database, "whole_code", "c INTEGER, system VARCHAR, first VARCHAR", whole)
    _make(database, "reads", "system VARCHAR, hierarchy VARCHAR, of VARCHAR, below BOOLEAN", reads)
    _make(
        database,
        "vocabulary",
        "name VARCHAR, system VARCHAR, hierarchy VARCHAR, below BOOLEAN",
        [(each.name, each.system, each.hierarchy, each.longer_lies_below) for each in kept],
    )
    _make(database, "relationship", "name VARCHAR, means VARCHAR", [tuple(row) for row in rows_of("relationships.tsv")])


def _make(database: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    database.execute(f"CREATE TABLE {table} ({columns})")
    if rows:
        lists = [list(column) for column in zip(*rows, strict=True)]
        database.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * len(lists))}", lists)


def _load_vocabulary(database: duckdb.DuckDBPyConnection) -> None:
    """What is needed of the files: `concept`, `ancestor` (each concept with every one below it) and `link`."""
    domains = " OR ".join(f"starts_with('{domain}', part)" for domain in DOMAINS)
    database.execute(
        f"""
        CREATE TABLE concept AS
        SELECT CAST(concept_id AS BIGINT) AS id, v.system, v.hierarchy,
            upper(replace(trim(concept_code), '.', '')) AS code, coalesce(concept_name, '') AS name,
            v.hierarchy IS NOT NULL AND coalesce(standard_concept, '') IN ('S', 'C')
                AND coalesce(invalid_reason, '') = '' AS stands,
            len(list_filter(string_split(domain_id, '/'), lambda part: part <> '' AND ({domains}))) > 0 AS is_asked
        FROM concept_file JOIN vocabulary v ON v.name = vocabulary_id
        -- A heading over several (`A00-A09`) is no code that an entry has.
        WHERE concept_code IS NOT NULL AND NOT (v.below AND concept_code LIKE '%-%')
        """
    )
    if not _one(database, "SELECT count(*) FROM concept"):
        named = ", ".join(each.name for each in vocabularies())
        raise TerminologyError(f"CONCEPT has no code of a vocabulary that is read ({named})", _ATHENA)
    database.execute(
        """
        CREATE TABLE ancestor AS
        SELECT CAST(ancestor_concept_id AS BIGINT) AS above, CAST(descendant_concept_id AS BIGINT) AS below
        FROM concept_ancestor_file WHERE ancestor_concept_id <> descendant_concept_id
        """
    )
    if not _one(database, "SELECT count(*) FROM (SELECT 1 FROM ancestor LIMIT 1)"):
        raise TerminologyError("CONCEPT_ANCESTOR says of nothing what lies below it", "download the vocabulary whole")
    database.execute(
        """
        CREATE TABLE link AS
        SELECT DISTINCT o.id, CAST(concept_id_2 AS BIGINT) AS other, r.means
        FROM concept_relationship_file
        JOIN relationship r ON r.name = relationship_id
        JOIN concept o ON o.id = CAST(concept_id_1 AS BIGINT)
        WHERE coalesce(invalid_reason, '') = '' AND concept_id_1 <> concept_id_2
        """
    )


def _one(database: duckdb.DuckDBPyConnection, query: str) -> int:
    row = database.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _relate(database: duckdb.DuckDBPyConnection) -> None:
    """Make `place` (the concepts by which a code stands in hierarchies) and `said` (what a code says of a concept)."""
    database.execute(_NEAR)
    # What is about something that is about the concept (a history of what it leads to) is about it, too.
    while _one(database, "SELECT count(*) FROM fresh"):
        database.execute(_ABOUT)
    database.execute(_SAID)


_NEAR = """
-- The concept that replaced another one of its system, however often that happened.
CREATE TABLE heir AS
WITH RECURSIVE walk(id, node) AS (
    SELECT l.id, l.other FROM link l JOIN concept o USING (id) WHERE l.means = 'same' AND NOT o.stands
    UNION
    SELECT w.id, l.other FROM walk w JOIN concept o ON o.id = w.node AND NOT o.stands
    JOIN link l ON l.id = w.node AND l.means = 'same'
)
SELECT w.id, w.node FROM walk w JOIN concept o ON o.id = w.id JOIN concept n ON n.id = w.node
WHERE n.system = o.system;

-- Where codes stand: by themselves, by what they map to, or by what the one that replaced them maps to.
CREATE TABLE place AS
SELECT id, id AS node FROM concept WHERE stands
UNION ALL
SELECT l.id, l.other FROM link l JOIN concept o USING (id) WHERE l.means = 'maps' AND NOT o.stands;
INSERT INTO place
SELECT DISTINCT h.id, p.node FROM heir h JOIN place p ON p.id = h.node
WHERE NOT EXISTS (FROM link l WHERE l.id = h.id AND l.means = 'maps');

-- Which concepts hang in their hierarchy.
CREATE TABLE hanging AS
SELECT DISTINCT y.id, y.hierarchy
FROM ancestor a JOIN concept x ON x.id = a.above JOIN concept y ON y.id = a.below
-- An equation of x and y alone would be taken for a way to join them, all of a hierarchy with all of it.
WHERE x.stands AND y.stands AND CASE WHEN a.above <> a.below THEN x.hierarchy = y.hierarchy END;
INSERT INTO hanging
SELECT DISTINCT x.id, x.hierarchy
FROM (FROM concept o WHERE stands AND NOT EXISTS (FROM hanging h WHERE h.id = o.id)) x
JOIN ancestor a ON a.above = x.id JOIN hanging y ON y.id = a.below
WHERE CASE WHEN a.above <> a.below THEN x.hierarchy = y.hierarchy END;

-- The codes of the vocabulary that the dictionary lists, of each concept.
CREATE TABLE listed_code AS
SELECT k.system, k.first, k.last, o.id, o.code
FROM (SELECT DISTINCT system, first, last FROM code) k
JOIN reads r ON r.of = k.system JOIN concept o ON o.system = r.system AND o.code = k.first
WHERE k.last IS NULL
UNION
SELECT k.system, k.first, k.last, o.id, o.code
FROM (SELECT DISTINCT system, first, last FROM code) k
JOIN reads r ON r.of = k.system AND (r.below OR k.last IS NOT NULL) JOIN concept o ON o.system = r.system
WHERE CASE WHEN k.last IS NULL THEN starts_with(o.code, k.first)
    ELSE len(o.code) >= len(k.first) AND k.first <= o.code AND left(o.code, len(k.last)) <= k.last END;
CREATE TABLE listed AS
SELECT DISTINCT k.c, l.id FROM code k
JOIN listed_code l ON l.system = k.system AND l.first = k.first AND l.last IS NOT DISTINCT FROM k.last;

-- The roots that stand in a hierarchy.
CREATE TABLE root AS
SELECT l.c, o.id, o.hierarchy FROM listed l JOIN concept o USING (id) WHERE o.stands
UNION
SELECT l.c, o.id, o.hierarchy FROM listed l JOIN heir h USING (id) JOIN concept o ON o.id = h.node WHERE o.stands;

-- What is a root or below one; `own`: below one of the same hierarchy, or in none that is read.
CREATE TABLE held AS
SELECT c, id, bool_or(own) AS own FROM (
    SELECT c, id, true AS own FROM root
    UNION ALL
    SELECT r.c, a.below, coalesce(o.hierarchy, r.hierarchy) = r.hierarchy
    FROM root r JOIN ancestor a ON a.above = r.id LEFT JOIN concept o ON o.id = a.below
) GROUP BY c, id;

-- What is above anything of that; `own`: above one of the same hierarchy.
CREATE TABLE over AS
SELECT h.c, a.above AS id, bool_or(coalesce(x.hierarchy = y.hierarchy, false)) AS own
FROM ancestor a JOIN held h ON h.id = a.below
LEFT JOIN concept x ON x.id = a.above LEFT JOIN concept y ON y.id = a.below
GROUP BY h.c, a.above;

-- What lies below a root of another hierarchy, and there below something else as well.
CREATE TABLE divided AS
SELECT DISTINCT h.c, h.id FROM (FROM held WHERE NOT own) h
JOIN ancestor a ON a.below = h.id
JOIN concept x ON x.id = a.above JOIN concept y ON y.id = h.id
JOIN (SELECT DISTINCT c, hierarchy FROM root) r ON r.c = h.c AND r.hierarchy = x.hierarchy
WHERE x.hierarchy <> y.hierarchy
    AND NOT EXISTS (FROM held d WHERE d.c = h.c AND d.id = x.id)
    AND NOT EXISTS (FROM over u WHERE u.c = h.c AND u.id = x.id AND u.own);

-- What is the concept (sure), or may be.
CREATE TABLE near AS
SELECT c, id, bool_or(sure) AS sure FROM (
    SELECT c, id, NOT EXISTS (FROM divided d WHERE d.c = h.c AND d.id = h.id) AS sure FROM held h
    UNION ALL
    SELECT c, id, false FROM over
) GROUP BY c, id;

-- Where a root leads that stands in no hierarchy, and that none of the others meets.
CREATE TABLE led AS
SELECT DISTINCT l.c, p.node AS id FROM listed l JOIN concept o USING (id) JOIN place p USING (id)
WHERE NOT o.stands AND NOT EXISTS (
    FROM place q JOIN near n ON n.id = q.node WHERE q.id = l.id AND n.c = l.c
);
INSERT INTO led
SELECT l.c, a.above FROM led l JOIN ancestor a ON a.below = l.id
UNION
SELECT l.c, a.below FROM led l JOIN ancestor a ON a.above = l.id;
INSERT INTO near
SELECT DISTINCT c, id, false FROM led u WHERE NOT EXISTS (FROM near n WHERE n.c = u.c AND n.id = u.id);

-- Of what a code has to be about: what is the concept or above a root, but not what merely shares something with one.
CREATE TABLE fresh AS
SELECT c, id FROM held UNION SELECT c, id FROM led
UNION SELECT r.c, a.above FROM root r JOIN ancestor a ON a.below = r.id;
"""

_ABOUT = """
CREATE OR REPLACE TABLE about AS
SELECT DISTINCT f.c, l.id FROM link l JOIN place p ON p.id = l.other JOIN fresh f ON f.id = p.node
WHERE l.means = 'about' AND NOT EXISTS (FROM near n WHERE n.c = f.c AND n.id = l.id);
CREATE OR REPLACE TABLE fresh AS
SELECT c, id FROM (SELECT c, id FROM about UNION SELECT f.c, a.below FROM about f JOIN ancestor a ON a.above = f.id) u
WHERE NOT EXISTS (FROM near n WHERE n.c = u.c AND n.id = u.id);
INSERT INTO near SELECT c, id, false FROM fresh;
"""

_SAID = """
CREATE TABLE said AS
SELECT c, id, bool_or(sure) AS sure FROM (
    SELECT c, id, true AS sure FROM listed
    UNION ALL SELECT n.c, p.id, n.sure FROM place p JOIN near n ON n.id = p.node
    UNION ALL SELECT n.c, n.id, false FROM near n JOIN concept o USING (id) WHERE NOT o.stands
    UNION ALL
    SELECT n.c, l.id, false
    FROM link l JOIN place p ON p.id = l.other JOIN near n ON n.id = p.node WHERE l.means = 'value'
    UNION ALL
    -- A heading over a code that is listed.
    SELECT k.c, o.id, false
    FROM (
        SELECT DISTINCT l.c, x.system, left(x.code, CAST(unnest(range(1, len(x.code))) AS INTEGER)) AS heading
        FROM listed l JOIN concept x USING (id) JOIN vocabulary v ON v.system = x.system AND v.below
    ) k JOIN concept o ON o.system = k.system AND o.code = k.heading
) u WHERE id IN (SELECT id FROM concept WHERE is_asked)
GROUP BY c, id
"""

_ENTRIES = """
WITH standing AS (
    -- All that a code maps to has to hang somewhere; else it is not told what it is not.
    SELECT p.id, CASE WHEN bool_and(h.id IS NOT NULL) THEN list_sort(list(DISTINCT h.hierarchy)) END AS hierarchies
    FROM place p LEFT JOIN hanging h ON h.id = p.node GROUP BY p.id
), spoken AS (
    SELECT id, list_sort(list(c) FILTER (sure)) AS sure, list_sort(list(c) FILTER (NOT sure)) AS perhaps
    FROM said GROUP BY id
)
SELECT o.system, o.code, CASE WHEN s.id IS NOT NULL THEN o.name ELSE '' END, t.hierarchies, s.sure, s.perhaps
FROM concept o LEFT JOIN standing t USING (id) LEFT JOIN spoken s ON s.id = o.id
WHERE o.is_asked AND (t.hierarchies IS NOT NULL OR s.id IS NOT NULL)
ORDER BY o.system, o.code, o.stands DESC, o.id
"""


def _entries(database: duckdb.DuckDBPyConnection) -> Iterator[IndexedCode]:
    rows = database.execute(_ENTRIES)
    while some := rows.fetchmany(_ROWS_AT_A_TIME):
        for system, code, name, hierarchies, sure, perhaps in some:
            yield IndexedCode(system, code, name, tuple(hierarchies or ()), tuple(sure or ()), tuple(perhaps or ()))


def _whole(database: duckdb.DuckDBPyConnection) -> dict[int, list[str]]:
    """The hierarchies in which one code stands for the whole of a concept, by the concept's number."""
    rows = database.execute(
        """
        WITH stated AS (
            SELECT k.c, o.id FROM whole_code k JOIN reads r ON r.of = k.system
            JOIN concept o ON o.system = r.system AND o.code = k.first
        )
        SELECT DISTINCT s.c, h.hierarchy FROM (
            FROM stated UNION SELECT s.c, h.node FROM stated s JOIN heir h ON h.id = s.id
        ) s JOIN hanging h ON h.id = s.id ORDER BY ALL
        """
    ).fetchall()
    whole: dict[int, list[str]] = {}
    for number, hierarchy in rows:
        whole.setdefault(number, []).append(hierarchy)
    return whole


def _unknown(database: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    rows = database.execute(
        """
        SELECT DISTINCT k.system, k.first FROM code k
        WHERE k.last IS NULL AND k.system IN (SELECT r.of FROM reads r JOIN concept o ON o.system = r.system)
            AND NOT EXISTS (FROM listed_code l WHERE l.system = k.system AND l.first = k.first)
        ORDER BY ALL
        """
    ).fetchall()
    return tuple((system, code) for system, code in rows)


def _systems(database: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    return tuple(row[0] for row in database.execute("SELECT DISTINCT system FROM concept ORDER BY ALL").fetchall())


def _release(database: duckdb.DuckDBPyConnection) -> str | None:
    """What the vocabulary calls its release; the row `None` of the table is about the whole of it."""
    row = database.execute("SELECT vocabulary_version FROM vocabulary_file WHERE vocabulary_id = 'None'").fetchone()
    return str(row[0]).strip() or None if row is not None and row[0] is not None else None
