"""The house: who may import whom. Each room imports only from those named beside it here, and there is no cycle."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

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
    "site",
    "cohort",
    "cli",
    "jobs",
    "version",
}
RULES = {"values", "rulebook", "rulebook_walk"}
ROOMS: dict[str, set[str]] = {
    "version": set(),
    "values": set(),
    "rulebook": {"values"},
    "rulebook_walk": {"values", "rulebook"},
    "language": {"values", "rulebook"},
    "loading": {"values", "rulebook", "language", "terminology", "version"},
    "terminology": {"values", "rulebook"},
    "records": {"values", "rulebook", "terminology", "version"},
    "evaluation": {*RULES, "records"},
    "arguments": {"values", "rulebook"},
    "contract": {"rulebook", "records", "evaluation"},
    "screening": {*RULES, "records", "evaluation", "arguments", "contract", "version"},
    "advice": {*RULES, "records", "evaluation", "contract", "screening"},
    "schema": {"contract", "advice"},
    "sheet": {*RULES, "records", "evaluation", "contract", "screening", "advice", "version"},
    "report": {
        *RULES,
        "records",
        "evaluation",
        "contract",
        "screening",
        "advice",
        "schema",
        "sheet",
        "version",
        "terminology",
    },
    "site": {"values", "rulebook", "records"},
    "jobs": set(),
    "cohort": {
        *RULES,
        "records",
        "evaluation",
        "contract",
        "screening",
        "advice",
        "sheet",
        "report",
        "site",
        "jobs",
        "version",
    },
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


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, at_start_only: bool = False) -> set[str]:
    """The modules of screener that a file imports, inside a function or for a type checker alone as well;
    `at_start_only` leaves these out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree_of(path)]
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


def test_the_table_of_rooms_in_the_manual_is_this_one() -> None:
    text = (SOURCES.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## ")[0]
    told: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            rooms, _, allowed = (cell.strip() for cell in line.strip("|").split(" | "))
            names = {*re.findall(r"`(\w+)/?`", allowed), *(RULES if "the rules" in allowed else ())}
            for room in re.findall(r"`(\w+)/?`", rooms):
                told[room] = EVERYTHING if allowed == "everything" else names
    assert told == {room: allowed for room, allowed in ROOMS.items() if room != "__main__"}


def test_a_file_imports_only_from_rooms_above_its_own() -> None:
    strangers = {
        (importing, name)
        for path in MODULES
        for importing in [module_name(path)]
        for name in imports(path)
        if room_of(name) not in ROOMS[room_of(importing)] | {room_of(importing)}
    }
    assert not strangers


def test_every_import_names_a_module_that_exists() -> None:
    assert set().union(*(imports(path) for path in MODULES)) <= KNOWN


def test_no_modules_import_each_other_in_a_circle_not_even_for_their_types() -> None:
    graph = {module_name(path): imports(path) - {module_name(path)} for path in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(KNOWN)


def test_an_import_for_types_alone_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text("if TYPE_CHECKING:\n    from screener.records.chart import Chart\n", encoding="utf-8")
    assert imports(file) == {"screener.records.chart"}
    assert imports(file, at_start_only=True) == set()


def test_the_parser_of_rules_is_reached_only_where_the_cache_does_not_serve() -> None:
    assert not {name for name in imports(SOURCES / "loading.py", at_start_only=True) if room_of(name) == "language"}


def test_values_and_rules_know_of_no_patient() -> None:
    assert "records" not in ROOMS["values"] | ROOMS["rulebook"] | ROOMS["language"] | ROOMS["loading"]


# ---- sizes and names

LINES = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
LONGEST_CLASS = 300
WHY = "It is long because"
SUFFIXES = re.compile(r"(ings|ing|ers|er|ed|ions|ion|es|s|e)$")


def test_no_room_is_over_a_quarter_of_the_house() -> None:
    """A folder within a room is a room of its own."""
    rooms = Counter[Path]()
    for path, lines in LINES.items():
        rooms[path.parent if path.parent != SOURCES else path] += lines
    assert {room.name: lines for room, lines in rooms.items() if lines * 4 > sum(LINES.values())} == {}


def test_a_long_class_says_why() -> None:
    classes = [each for path in MODULES for each in ast.walk(tree_of(path)) if isinstance(each, ast.ClassDef)]
    long = [each for each in classes if (each.end_lineno or 0) - each.lineno >= LONGEST_CLASS]
    assert [each.name for each in long if WHY not in " ".join((ast.get_docstring(each) or "").split())] == []


def test_no_two_files_of_a_room_differ_in_a_suffix_alone() -> None:
    stems: dict[tuple[Path, str], list[str]] = {}
    for path in MODULES:
        stems.setdefault((path.parent, SUFFIXES.sub("", path.stem)), []).append(path.name)
    assert [names for names in stems.values() if len(names) > 1] == []
