"""Python knows no medicine: no name, alias or code of the dictionary, and no trial, stands in code under `src/`.

Docstrings and comments may speak of bilirubin; identifiers and strings that a program uses may not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from screener import load_rules

SOURCES = Path(__file__).parents[2] / "src" / "screener"
MODULES = sorted(SOURCES.rglob("*.py"))
WORD = re.compile(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")


@cache
def medical_words() -> frozenset[tuple[str, ...]]:
    """Every name, alias and code of the rules, as the words it is made of."""
    rules = load_rules()
    entries = [*rules.labs.values(), *rules.findings.values(), *rules.concepts.values(), *rules.questions.values()]
    names = [name for entry in entries for name in (entry.name, *entry.aliases)]
    names += [name for score in rules.scores.values() for name in (score.name, *score.aliases)]
    names += [form for lab in rules.labs.values() for one in lab.forms for form in (one.name, *one.aliases)]
    names += [definition.name for definition in rules.definitions.values()]
    codes = [
        code
        for entry in entries
        if not hasattr(entry, "asked_of")
        for each in entry.codes
        for code in (each.first, each.last)
        # neither ATC's main groups, which are single letters, nor the names of FHIR's resources
        if code is not None and len(code) > 1 and each.system != "fhir"
    ]
    return frozenset(words(name) for name in (*names, *codes, *rules.trials))


def words(text: str) -> tuple[str, ...]:
    """The words of a text in small letters; an abbreviation keeps its own (MAP is a pressure, and `map` is not)."""
    return tuple(word if len(word) <= 3 else word.casefold() for word in WORD.findall(text))


def texts_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every identifier and every string of a module but its docstrings, with the line it stands on."""
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in docstrings:
                yield node.lineno, text
            case ast.Name(id=name):
                yield node.lineno, name
            case ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


def medicine_in(tree: ast.Module) -> list[str]:
    sought = medical_words()
    longest = max(map(len, sought))
    found = []
    for line, text in texts_of(tree):
        parts = words(text)
        for start in range(len(parts)):
            for end in range(start + 1, min(start + longest, len(parts)) + 1):
                if parts[start:end] in sought:
                    found.append(f"line {line}: {' '.join(parts[start:end])}")
    return found


def test_no_word_of_the_dictionary_stands_in_code() -> None:
    found = {
        path.relative_to(SOURCES).as_posix(): words
        for path in MODULES
        if (words := medicine_in(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_the_dictionary_is_there_to_be_looked_for() -> None:
    assert len(medical_words()) > 100
    assert {
        ("creatinine",),
        ("tbil",),
        ("nct07409259",),
        ("14631-6",),
        ("hepatic", "encephalopathy"),
    } <= medical_words()


def test_medicine_in_code_would_be_seen() -> None:
    code = (
        "def high_creatinine(limit):\n    '''Creatinine.'''\n    return read('14631-6') or 'Total bilirubin' > limit\n"
    )
    assert medicine_in(ast.parse(code)) == ["line 1: creatinine", "line 3: 14631-6", "line 3: total bilirubin"]
