"""Rule text for tests: the shipped dictionary, scores and definitions with a trial of one's own."""

from __future__ import annotations

from functools import cache, lru_cache

from screener.language.checker import Checked, check
from screener.language.parser import ParsedFile, parse
from screener.language.source import Source
from screener.loading import RuleFolder, read_folder, shipped_rules
from screener.rulebook import Rulebook

TRIAL = "TEST0001"


@cache
def rulebook_with_trial(blocks: str, dictionary: str = "") -> Rulebook:
    """The shipped rules with the blocks of one trial in place of the shipped trials, and perhaps more entries.

    Fails on any error in them.
    """
    return _compiled({TRIAL: blocks}, dictionary)


def rulebook_with_lines(lines: tuple[tuple[str, str], ...]) -> Rulebook:
    """The shipped rules with a trial for each rule and kind: `LINE0`, `LINE1` and so on, of one criterion each."""
    return _compiled({f"LINE{number}": _line(*line) for number, line in enumerate(lines)}, "")


def _compiled(trials: dict[str, str], dictionary: str) -> Rulebook:
    shipped = read_folder(shipped_rules())
    rules = {path: text for path, text in shipped.rules.items() if not path.startswith("trials/")}
    for trial, blocks in trials.items():
        rules[f"trials/{trial}.rules"] = f"protocol {trial}\n  > A trial for tests\n\n{blocks}"
    rules["dictionary/test.rules"] = dictionary or "# nothing more\n"
    checked = compiled(RuleFolder(shipped.path, rules, {}))
    assert checked.rulebook is not None, checked.report
    return checked.rulebook


def compiled(rules: RuleFolder) -> Checked:
    """What comes of checking rules. A file that was read before, word for word, is not read again: to read takes longer
    than to check."""
    files = [_read(path, text) for path, text in rules.rules.items()]
    return check(files, rules.records, rules.digest, tables=rules.tables)


@lru_cache(1000)
def _read(path: str, text: str) -> ParsedFile:
    return parse(Source(path, text))


def rulebook_with_rule(rule: str, kind: str = "inclusion", dictionary: str = "") -> Rulebook:
    """The shipped rules with one criterion of that rule."""
    return rulebook_with_trial(_line(rule, kind), dictionary)


def _line(rule: str, kind: str) -> str:
    indented = "".join(f"  {line}\n" for line in rule.strip().splitlines())
    identifier = "I1" if kind == "inclusion" else "E1"
    return f"{kind} {identifier}\n  > a line of the protocol\n{indented}"
