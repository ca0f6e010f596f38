"""Whoever reads rules treats every kind of node, lookup, verb and pick, or passes over it expressly, here.

A new kind makes this test fail once for each consumer that does not know it yet. A kind counts as treated where its
class, or its word, stands in the consumer's code: that the treatment is right is the business of other tests.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from screener.language import syntax
from screener.rulebook import VERBS, Change, Lookup, Pick, Tense, Verb
from screener.rulebook_walk import NUMBERS, TRUTHS

ROOT = Path(__file__).parents[2]


def names_of(classes: tuple[type, ...]) -> frozenset[str]:
    return frozenset(each.__name__ for each in classes)


KINDS: dict[str, frozenset[str]] = {
    "truths": names_of(TRUTHS),
    "numbers": names_of(NUMBERS),
    "lookups": names_of(get_args(Lookup)),
    "written truths": names_of(get_args(syntax.Proposition)),
    "written numbers": names_of(get_args(syntax.Numeric)),
    "picks": frozenset(get_args(Pick)),
    "changes": frozenset(get_args(Change)),
    "verbs": frozenset(get_args(Verb)),
    "tenses": frozenset(get_args(Tense)),
}


WORDS = ("picks", "changes", "verbs", "tenses")


class Consumer(NamedTuple):
    """Where kinds are treated: a file, and in it functions, methods or tables (none: all of the file; several files are
    parted by a comma). What it passes over is named, with the reason."""

    where: str
    what: str
    passes_over: str = ""
    because: str = ""

    @property
    def passed(self) -> set[str]:
        """What it passes over: classes parted by blanks, or words parted by commas."""
        return set(self.passes_over.split(", ") if self.what in WORDS else self.passes_over.split()) - {""}

    @property
    def name(self) -> str:
        return f"{self.where} ({self.what})"


LOGIC = "All Any AtLeast Not Meets"
COMPARISONS = "Compare Between AgainstLimit IsOneOf"
FACTS = f"{COMPARISONS} SexIs Happened Confirmed Untranslated"
FORMULAS = "InUnit Arithmetic Function Bounded Choose ScoreOf PointsOf"

CONSUMERS = [
    # ---- from text to rulebook
    Consumer("src/screener/language/propositions.py: _of _single_fact", "written truths"),
    Consumer("src/screener/language/numbers.py: of", "written numbers"),
    Consumer("src/screener/language/formatter.py: _inside _joined _term", "written truths"),
    Consumer("src/screener/language/formatter.py: _number _sum", "written numbers"),
    Consumer(
        "src/screener/language/propositions.py, src/screener/language/comparisons.py, src/screener/language/events.py, "
        "src/screener/language/meanings.py",
        "truths",
    ),
    Consumer("src/screener/language/numbers.py", "numbers"),
    Consumer("src/screener/language/wording.py: in_words", "truths"),
    Consumer("src/screener/language/wording.py: number_in_words", "numbers"),
    Consumer("src/screener/language/reach.py: of", "numbers"),
    Consumer("src/screener/language/reach.py: _of_lookup", "lookups", "EventLookup OnsetLookup", "they are no numbers"),
    Consumer("src/screener/language/lookups.py: CHANGES", "changes"),
    Consumer("src/screener/language/lookups.py: Lookups", "lookups"),
    Consumer(
        "src/screener/language/dictionary.py: _sign",
        "truths",
        f"AgainstLimit SexIs Happened Confirmed Untranslated AtTime {LOGIC}",
        "a sign is one result against a limit or choices",
    ),
    # ---- walking
    Consumer(
        "src/screener/rulebook_walk.py: named_by refers_to",
        "truths",
        f"{COMPARISONS} SexIs Untranslated AtTime All Any AtLeast Not",
        "their parts stand inside them",
    ),
    Consumer(
        "src/screener/rulebook_walk.py: named_by refers_to",
        "numbers",
        "Number Value Age InUnit Arithmetic Function Bounded Choose",
        "their parts stand inside them",
    ),
    Consumer(
        "src/screener/rulebook_walk.py: lookup_of",
        "truths",
        f"Compare Between SexIs Confirmed Untranslated {LOGIC}",
        "they read no lookup by themselves",
    ),
    Consumer("src/screener/rulebook_walk.py: lookup_of", "numbers", f"Number Age {FORMULAS}", "they read no lookup"),
    Consumer(
        "src/screener/rulebook_walk.py: held_to",
        "truths",
        f"AgainstLimit IsOneOf SexIs Happened Confirmed Untranslated AtTime {LOGIC}",
        "they hold no number to a number",
    ),
    # ---- the engine
    Consumer("src/screener/evaluation/evaluator.py: _TRUTHS", "truths"),
    Consumer("src/screener/evaluation/evaluator.py: _NUMBERS", "numbers"),
    Consumer("src/screener/evaluation/evaluator.py: _reading", "lookups"),
    Consumer("src/screener/evaluation/results.py", "picks"),
    Consumer("src/screener/evaluation/results.py", "changes"),
    Consumer(
        "src/screener/evaluation/episodes.py",
        "tenses",
        "overlaps",
        "what is of no other tense overlaps",
    ),
    Consumer(
        "src/screener/evaluation/residual.py: Connective connected",
        "truths",
        f"{FACTS} AtTime",
        "the engine decides them as a whole",
    ),
    Consumer(
        "src/screener/evaluation/outcomes.py",
        "truths",
        f"Compare Between IsOneOf SexIs Happened Confirmed Untranslated {LOGIC}",
        "what keeps them open is what keeps their parts open",
    ),
    Consumer(
        "src/screener/evaluation/outcomes.py",
        "numbers",
        "Number Age InUnit Arithmetic Function Bounded Choose",
        "what keeps them open is what keeps their parts open",
    ),
    # ---- the words of an answer
    Consumer("src/screener/evaluation/explanation.py: _LOGIC _statements_of_node", "truths"),
    Consumer("src/screener/evaluation/explanation.py: _written", "numbers"),
    Consumer("src/screener/evaluation/explanation.py: subject_in_words", "lookups"),
    Consumer("src/screener/evaluation/phrases.py: _asked", "verbs"),
    Consumer(
        "src/screener/evaluation/outline.py: _heading _parts",
        "truths",
        FACTS,
        "they are told as their explanation tells them",
    ),
    Consumer(
        "src/screener/evaluation/grounds.py: deciding _COUNTED",
        "truths",
        f"{COMPARISONS} SexIs Happened Untranslated AtTime Not Meets",
        "they hang on all their parts, an open one on the open ones",
    ),
    Consumer("src/screener/evaluation/grounds.py: needs_of_lookup", "lookups"),
    Consumer("src/screener/evaluation/grounds.py: _question_about", "verbs"),
    Consumer(
        "src/screener/evaluation/outcomes.py",
        "truths",
        f"Compare Between IsOneOf SexIs Happened Confirmed Untranslated {LOGIC}",
        "what keeps them open is what keeps their parts open",
    ),
    Consumer(
        "src/screener/evaluation/outcomes.py",
        "numbers",
        "Number Age InUnit Arithmetic Function Bounded Choose",
        "they wait for what their parts wait for",
    ),
    # ---- advice
    Consumer(
        "src/screener/advice/distance.py: _grounds",
        "truths",
        LOGIC,
        "what decided them is looked for inside them",
    ),
    Consumer(
        "src/screener/advice/facts.py: facts_of_node",
        "truths",
        f"Compare Between IsOneOf SexIs Happened Untranslated {LOGIC}",
        "the facts that they lack are those of their parts",
    ),
    Consumer(
        "src/screener/advice/facts.py: _facts_of_lookup",
        "lookups",
        "OnsetLookup",
        "a missing date of an onset is no fact that advice supposes",
    ),
    Consumer("src/screener/advice/facts.py: _lies_within _when", "tenses", "overlaps", "its window is compared"),
    Consumer(
        "src/screener/advice/margins.py: _comparisons _margin",
        "truths",
        "IsOneOf SexIs Happened Confirmed Untranslated All Any AtLeast",
        "they have no distance; what is inside them is looked into",
    ),
    Consumer(
        "src/screener/advice/numbers.py: _is_direct",
        "truths",
        f"AgainstLimit IsOneOf SexIs Happened Confirmed Untranslated {LOGIC}",
        "their cuts can be read off",
    ),
    Consumer(
        "src/screener/advice/reach.py: _subjects",
        "truths",
        f"Compare Between Untranslated {LOGIC}",
        "what they read is what their parts read",
    ),
    Consumer("src/screener/advice/reach.py: _subjects", "numbers", f"Number {FORMULAS}", "what their parts read"),
    Consumer("src/screener/advice/reach.py: _subjects_of_lookup", "lookups"),
    Consumer("src/screener/advice/slopes.py: _slope", "numbers", "Number", "it does not move"),
    Consumer(
        "src/screener/advice/turning_days.py: _reads",
        "truths",
        f"{COMPARISONS} SexIs Happened Untranslated {LOGIC}",
        "time moves them by way of their lookups and their parts alone",
    ),
    Consumer("src/screener/advice/turning_days.py: _reads", "numbers", f"Number Value {FORMULAS}", "likewise"),
    Consumer("src/screener/advice/turning_days.py: _reads _concepts_of", "lookups"),
    Consumer(
        "src/screener/advice/ways.py: _of_answer",
        "truths",
        f"{FACTS} AtTime Meets",
        "the engine tries each possibility of the facts inside; a residual has no `meets`",
    ),
    Consumer(
        "src/screener/advice/inquiry.py: part_of",
        "truths",
        f"{FACTS} AtTime AtLeast Not Meets",
        "all their parts count, or the engine is asked about them as a whole",
    ),
    Consumer(
        "src/screener/advice/meeting.py",
        "truths",
        f"AgainstLimit IsOneOf SexIs Happened Confirmed Untranslated AtTime {LOGIC}",
        "no two numbers meet in them",
    ),
    # ---- the sheet
    Consumer("src/screener/sheet/reviewing.py: _since", "tenses", "began, overlaps", "a review looks at their window"),
    Consumer(
        "src/screener/sheet/points.py: _grounds _alone ground_words",
        "truths",
        "Meets AtTime",
        "the grounds are those of their inside",
    ),
    Consumer(
        "src/screener/sheet/waiting.py: _within _may_become",
        "truths",
        f"{COMPARISONS} SexIs Happened Untranslated",
        "they wait for what their lookups lack",
    ),
    # ---- reports
    Consumer(
        "src/screener/report/limits.py: _nodes _looked_at _compared",
        "truths",
        f"IsOneOf SexIs Confirmed Untranslated AtTime {LOGIC}",
        "they hold no lab to a limit",
    ),
    Consumer(
        "src/screener/report/limits.py: _nodes _looked_at _compared",
        "numbers",
        "Number Age InUnit Arithmetic Function Bounded",
        "they read no lab",
    ),
    # ---- populations
    Consumer(
        "src/screener/cohort/limits.py: _comparing",
        "truths",
        "IsOneOf SexIs Happened Confirmed Untranslated AtTime All Any AtLeast Not",
        "they compare with no number; what stands inside them is walked",
    ),
    Consumer(
        "src/screener/cohort/limits.py: _title",
        "numbers",
        "PointsOf Choose",
        "nothing short can be said of them",
    ),
    Consumer(
        "src/screener/cohort/held.py: _reads",
        "numbers",
        "Number Arithmetic PointsOf Choose",
        "they are no one thing's value",
    ),
    # ---- the same meaning once more, random rules, and the manual
    Consumer("tests/reference/oracle.py: truth", "truths"),
    Consumer("tests/reference/oracle.py: number", "numbers"),
    Consumer("tests/reference/oracle.py: result", "picks"),
    Consumer("tests/reference/oracle.py: change", "changes"),
    Consumer(
        "tests/reference/oracle.py: HOLDING BEGINNING_VERBS TIMELESS happened happened_in",
        "verbs",
        "history of, treated with",
        "what is said by no other verb overlaps",
    ),
    Consumer("tests/properties/generators.py: value", "picks"),
    Consumer("tests/properties/generators.py", "changes"),
    Consumer("docs/language.md", "picks"),
    Consumer("docs/language.md", "changes"),
    Consumer("docs/language.md", "verbs"),
    Consumer("docs/semantics.md", "changes"),
    Consumer("docs/semantics.md", "verbs"),
]


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def scope_of(where: str) -> list[ast.AST]:
    """The code that a consumer stands for. Fails if a file or function is gone."""
    found: list[ast.AST] = []
    for part in where.split(", "):
        path, _, names = part.partition(": ")
        whole = tree(path)
        found += [] if names else [whole]
        for name in names.split():
            named = [each for each in ast.walk(whole) if name in defined_by(each)]
            assert named, f"{path} has no `{name}` any more: say in {Path(__file__).name} who treats these kinds now"
            found += named
    return found


def defined_by(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


@cache
def words_in(where: str, what: str) -> set[str]:
    """The classes that stand in a consumer (of what is written only those named as `syntax.…`), or the words: also a
    tense by the name of its set of verbs, `NOW`."""
    if where.endswith(".md"):
        text = (ROOT / where).read_text(encoding="utf-8")
        return {kind for kind in KINDS[what] if kind in text}
    found: set[str] = set()
    for node in (each for code in scope_of(where) for each in ast.walk(code)):
        match node:
            case ast.Attribute(value=ast.Name(id="syntax"), attr=name) if what.startswith("written"):
                found.add(name)
            case ast.Name(id=name) if what in ("truths", "numbers", "lookups"):
                found.add(name)
            case ast.Name(id=name) if what == "tenses" and name.isupper():
                found.add(name.lower())
            case ast.Constant(value=str() as word) if what in WORDS:
                found.add(word.strip())
    return found


def not_treated(consumer: Consumer, kinds: frozenset[str]) -> set[str]:
    return set(kinds) - words_in(consumer.where, consumer.what) - consumer.passed


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda each: each.name)
def test_a_consumer_treats_every_kind_or_passes_over_it_expressly(consumer: Consumer) -> None:
    missing = not_treated(consumer, KINDS[consumer.what])
    assert not missing, (
        f"{consumer.name} neither treats {sorted(missing)} nor passes over it in {Path(__file__).name}: "
        "see “Adding a node” and “Adding a pick” in CONTRIBUTING.md"
    )


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda each: each.name)
def test_what_is_passed_over_exists_and_is_not_treated_after_all(consumer: Consumer) -> None:
    passed = consumer.passed
    assert passed <= KINDS[consumer.what]
    assert not passed & words_in(consumer.where, consumer.what)
    assert bool(passed) == bool(consumer.because)


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda each: each.name)
def test_a_made_up_kind_would_be_missed(consumer: Consumer) -> None:
    assert not_treated(consumer, KINDS[consumer.what] | {"Median"}) == {"Median"}


@pytest.mark.parametrize("guide", ["pick", "node"])
def test_the_guide_to_adding_a_kind_names_every_file_that_has_to_know_it(guide: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = text.partition(f"## Adding a {guide}\n")[2].partition("\n## ")[0]
    of_a_node = ("truths", "numbers", "written truths", "written numbers")
    consumers = [each for each in CONSUMERS if (each.what == "picks" if guide == "pick" else each.what in of_a_node)]
    files = {part.partition(":")[0] for consumer in consumers for part in consumer.where.split(", ")}
    missing = sorted(file for file in files if not re.search(rf"[`/]{re.escape(Path(file).name)}`", steps))
    assert not missing


def test_every_module_that_tells_kinds_of_nodes_apart_is_a_consumer() -> None:
    named = {part.partition(":")[0] for consumer in CONSUMERS for part in consumer.where.split(", ")}
    telling = set()
    for path in sorted((ROOT / "src").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        imported = {
            alias.name
            for node in ast.walk(tree(where))
            if isinstance(node, ast.ImportFrom) and node.module == "screener.rulebook"
            for alias in node.names
        }
        if len(imported & (KINDS["truths"] | KINDS["numbers"])) > 3:
            telling.add(where)
    assert telling <= named


def test_the_files_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \|", text[text.index("## Adding a pick") :], re.MULTILINE)
    folder, missing = "", []
    for name in (each for row in rows for each in re.findall(r"`([\w/.]+)`", row)):
        folder = str(Path(name).parent) if "/" in name else folder
        if not any((ROOT / base / name).exists() for base in ("", "src/screener", f"src/screener/{folder}")):
            missing.append(name)
    assert rows
    assert not missing


def test_every_verb_has_a_meaning() -> None:
    assert VERBS.keys() == KINDS["verbs"]
