"""From a release of SNOMED CT (RF2) to an index: its files as the tables of OMOP from which `omop.py` builds one.

Read are the snapshots of concepts, relationships and, if they are there, descriptions and historical associations, of
all editions in a folder (`sct2_Concept_Snapshot_INT_20250801.txt`, `sct2_Concept_Snapshot_US1000124_20250901.txt`): of
several rows with one id the one with the latest `effectiveTime` counts. What lies below what is worked out from the
inferred `Is a` relationships; which others are read, and as what, `rf2_relationships.tsv` says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from screener.rulebook import Rulebook
from screener.terminology.hierarchy import TerminologyError, rows_of
from screener.terminology.omop import Built, build
from screener.terminology.warehouse import quoted

if TYPE_CHECKING:
    import duckdb

_COMPONENT = ("id", "effectiveTime", "active", "moduleId")
_FILES = {
    "concept": ("x?sct2_Concept_", (*_COMPONENT, "definitionStatusId")),
    "relationship": (
        "x?sct2_Relationship_",
        (
            *_COMPONENT,
            *("sourceId", "destinationId", "relationshipGroup", "typeId", "characteristicTypeId", "modifierId"),
        ),
    ),
    "description": (
        "x?sct2_Description_",
        (*_COMPONENT, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId"),
    ),
    "association": (
        "x?der2_cRefset_Association(?:Reference)?",
        (*_COMPONENT, "refsetId", "referencedComponentId", "targetComponentId"),
    ),
}
"""How the name of each kind of file begins, and its columns."""
_NEEDED = ("concept", "relationship")

_IS_A, _INFERRED, _FULL_NAME = "116680003", "900000000000011006", "900000000000003001"
_RELEASE = "give it the folder of a release of SNOMED CT (RF2), unpacked"


def build_from_rf2(folder: Path, rulebook: Rulebook, out: Path) -> Built:
    """Build an index of the release in a folder. Raises as `omop.build` does."""
    if not folder.is_dir():
        raise TerminologyError(f"there is no folder `{folder}`", _RELEASE)
    files = {kind: _files_of(folder, start) for kind, (start, _) in _FILES.items()}
    for kind in _NEEDED:
        if not files[kind]:
            raise TerminologyError(f"there is no sct2_{kind.title()}_Snapshot_….txt", _RELEASE, folder)

    def load(database: duckdb.DuckDBPyConnection) -> str | None:
        for kind, (_, columns) in _FILES.items():
            _load(database, kind, files[kind], columns)
        for table in ("rf2_relationships", "rf2_domains"):
            database.execute(f"CREATE TABLE {table} (code VARCHAR, meaning VARCHAR)")
            rows = [[code, meaning] for code, *_, meaning in rows_of(f"{table}.tsv")]
            database.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
        database.execute(_AS_OMOP)
        if not database.execute("SELECT 1 FROM concept_ancestor_file LIMIT 1").fetchall():
            raise TerminologyError("no relationship says what lies below what", _RELEASE, folder)
        (latest,) = database.execute("SELECT max(effectiveTime) FROM rf2_concept").fetchall()[0]
        return f"SNOMED CT {latest}" if latest is not None else None

    return build(load, rulebook, out, "release", _RELEASE, folder)


def _files_of(folder: Path, start: str) -> list[Path]:
    named = re.compile(rf"{start}\w*Snapshot[\w-]*\.txt")
    return sorted(each for each in folder.rglob("*.txt") if named.fullmatch(each.name))


def _load(database: duckdb.DuckDBPyConnection, kind: str, files: list[Path], columns: tuple[str, ...]) -> None:
    """A table of one kind: the last row of each id."""
    typed = ", ".join(f"{quoted(each)}: 'VARCHAR'" for each in columns)
    for file in files:
        with file.open(encoding="utf-8-sig", errors="replace") as text:
            header = text.readline(10_000).rstrip("\r\n").split("\t")
        if header != list(columns):
            missing = next((each for each in columns if each not in header), columns[0])
            raise TerminologyError(
                f"it is no file of RF2: its columns lack `{missing}`, or another order", _RELEASE, file
            )
    listed = ", ".join(quoted(str(each)) for each in files)
    form = f"header = true, auto_detect = false, delim = '\t', quote = '', escape = '', columns = {{{typed}}}"
    source = (
        f"read_csv([{listed}], {form})" if files else f"(SELECT {', '.join(f'NULL AS {c}' for c in columns)} LIMIT 0)"
    )
    database.execute(
        f"""
        CREATE TABLE rf2_{kind} AS SELECT * FROM {source}
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY effectiveTime DESC, active DESC) = 1
        """
    )


_AS_OMOP = f"""
CREATE TABLE concept_ancestor_file AS
WITH RECURSIVE right_below AS (
    SELECT DISTINCT CAST(destinationId AS BIGINT) AS above, CAST(sourceId AS BIGINT) AS below
    FROM rf2_relationship
    WHERE active = '1' AND typeId = '{_IS_A}' AND characteristicTypeId = '{_INFERRED}'
), walk(above, below) AS (
    FROM right_below
    UNION
    SELECT w.above, r.below FROM walk w JOIN right_below r ON r.above = w.below
)
SELECT above AS ancestor_concept_id, below AS descendant_concept_id FROM walk;

CREATE VIEW concept_file AS
WITH domain AS (
    SELECT id, string_agg(DISTINCT d.meaning, '/') AS domains
    FROM (
        SELECT CAST(code AS BIGINT) AS id, meaning FROM rf2_domains
        UNION ALL
        SELECT a.descendant_concept_id, r.meaning
        FROM concept_ancestor_file a JOIN rf2_domains r ON CAST(r.code AS BIGINT) = a.ancestor_concept_id
    ) d GROUP BY id
), full_name AS (
    SELECT conceptId, min(term) AS term FROM rf2_description
    WHERE active = '1' AND typeId = '{_FULL_NAME}' GROUP BY conceptId
)
SELECT CAST(c.id AS BIGINT) AS concept_id, n.term AS concept_name,
    CASE WHEN c.active = '1' THEN coalesce(d.domains, '') ELSE 'Condition' END AS domain_id,
    'SNOMED' AS vocabulary_id, CASE WHEN c.active = '1' THEN 'S' END AS standard_concept, c.id AS concept_code,
    CASE WHEN c.active <> '1' THEN 'D' END AS invalid_reason
FROM rf2_concept c LEFT JOIN domain d ON d.id = CAST(c.id AS BIGINT) LEFT JOIN full_name n ON n.conceptId = c.id;

CREATE VIEW concept_relationship_file AS
SELECT CAST(t.one AS BIGINT) AS concept_id_1, CAST(t.other AS BIGINT) AS concept_id_2, r.meaning AS relationship_id,
    NULL AS invalid_reason
FROM (
    SELECT sourceId AS one, destinationId AS other, typeId AS type FROM rf2_relationship WHERE active = '1'
    UNION ALL
    SELECT referencedComponentId, targetComponentId, refsetId FROM rf2_association WHERE active = '1'
) t JOIN rf2_relationships r ON r.code = t.type;
"""
