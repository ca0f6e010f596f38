"""The house: who may import whom. Each room imports only from those named beside it here, and there is no cycle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "screener"

EVERYTHING = {
    "values",
    "rulebook",
    "rulebook_walk",
    "language",
    "loading",
    "terminology",
    "records",
    "evaluation",
    "arguments",
    "contract",
    "screening",
    "advice",
    "schema",
    "sheet",
    "report",
    "cli",
    "jobs",
    "version",
}
ROOMS: dict[str, set[str]] = {
    "version": set(),
    "values": set(),
    "rulebook": {"values"},
    "rulebook_walk": {"values", "rulebook"},
    "language": {"values", "rulebook"},
    "loading": {"rulebook", "language", "terminology", "version"},
    "terminology": {"values", "rulebook"},
    "records": {"values", "rulebook", "terminology"},
    "evaluation": {"values", "rulebook", "rulebook_walk", "records"},
    "arguments": {"values", "rulebook"},
    "contract": {"rulebook", "records", "evaluation"},
    "screening": {"values", "rulebook", "rulebook_walk", "records", "evaluation", "arguments", "contract", "version"},
    "advice": {"values", "rulebook", "rulebook_walk", "records", "evaluation", "contract", "screening"},
    "schema": {"contract", "advice"},
    "sheet": {
        "values",
        "rulebook",
        "rulebook_walk",
        "records",
        "evaluation",
        "contract",
        "screening",
        "advice",
        "version",
    },
    "report": {
        "values",
        "rulebook",
        "rulebook_walk",
        "records",
        "evaluation",
        "contract",
        "screening",
        "advice",
        "sheet",
        "schema",
        "version",
        "terminology",
    },
    "jobs": set(),
    "cli": EVERYTHING,
    "__main__": {"cli"},
    "__init__": EVERYTHING,
}
MODULES = sorted(SOURCES.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCES.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room of a module: `screener.language.parser` lives in `language`."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path, *, at_start_only: bool = False) -> set[str]:
    """The modules of screener that a file imports; `at_start_only` leaves out what waits inside a function, and what
    only a type checker sees."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the whole path"
            assert node.module is not None
            found.update(_named(node.module, [alias.name for alias in node.names]))
        deferred = isinstance(node, ast.FunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        )
        if not (at_start_only and deferred):
            waiting.extend(ast.iter_child_nodes(node))
    return {name for name in found if name.split(".")[0] == "screener"}


def _named(module: str, names: list[str]) -> set[str]:
    """`from screener import evaluation` imports the module `screener.evaluation`, and not only its parent."""
    inside = {f"{module}.{name}" for name in names if f"{module}.{name}" in KNOWN}
    return inside if len(inside) == len(names) else {module, *inside}


KNOWN = {module_name(path) for path in MODULES}


def test_the_table_of_rooms_is_complete() -> None:
    assert {room_of(module) for module in KNOWN} == set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_file_imports_only_from_rooms_above_its_own(path: Path) -> None:
    room = room_of(module_name(path))
    allowed = ROOMS[room] | {room}
    strangers = {name for name in imports(path) if room_of(name) not in allowed}
    assert not strangers


def test_every_import_names_a_module_that_exists() -> None:
    assert set().union(*(imports(path) for path in MODULES)) <= KNOWN


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module_name(path): imports(path, at_start_only=True) - {module_name(path)} for path in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(KNOWN)


def test_the_parser_of_rules_is_reached_only_where_the_cache_does_not_serve() -> None:
    assert not {name for name in imports(SOURCES / "loading.py", at_start_only=True) if room_of(name) == "language"}


def test_values_and_rules_know_of_no_patient() -> None:
    assert "records" not in ROOMS["values"] | ROOMS["rulebook"] | ROOMS["language"] | ROOMS["loading"]
