"""Rule text for tests: the shipped dictionary, scores and definitions with a trial of one's own."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from screener.language.checker import check
from screener.language.parser import ParsedFile, parse
from screener.language.source import Source
from screener.loading import read_folder, shipped_rules
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
    files = [
        *_shipped_dictionary(),
        *(
            parse(Source(f"trials/{trial}.rules", f"protocol {trial}\n  > A trial for tests\n\n{blocks}"))
            for trial, blocks in trials.items()
        ),
        parse(Source("dictionary/test.rules", dictionary or "# nothing more\n")),
    ]
    checked = check(files, {}, "sha256:" + sha256(repr((trials, dictionary)).encode()).hexdigest())
    assert checked.rulebook is not None, checked.report
    return checked.rulebook


@cache
def _shipped_dictionary() -> list[ParsedFile]:
    """The rule files that are shipped, but for the trials; to read them takes longer than all else here."""
    rules = read_folder(shipped_rules()).rules
    return [parse(Source(path, text)) for path, text in rules.items() if not path.startswith("trials/")]


def rulebook_with_rule(rule: str, kind: str = "inclusion", dictionary: str = "") -> Rulebook:
    """The shipped rules with one criterion of that rule."""
    return rulebook_with_trial(_line(rule, kind), dictionary)


def _line(rule: str, kind: str) -> str:
    indented = "".join(f"  {line}\n" for line in rule.strip().splitlines())
    identifier = "I1" if kind == "inclusion" else "E1"
    return f"{kind} {identifier}\n  > a line of the protocol\n{indented}"
