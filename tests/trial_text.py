"""Rule text for tests: the shipped dictionary, scores and definitions with a trial of one's own."""

from __future__ import annotations

from functools import cache

from screener.loading import RuleFolder, compile_rules, read_folder, shipped_rules
from screener.rulebook import Rulebook

TRIAL = "TEST0001"


@cache
def rulebook_with_trial(blocks: str, dictionary: str = "") -> Rulebook:
    """The shipped rules with the blocks of one trial in place of the shipped trials, and perhaps more entries.

    Fails on any error in them.
    """
    shipped = read_folder(shipped_rules())
    rules = {path: text for path, text in shipped.rules.items() if not path.startswith("trials/")}
    rules["trials/test.rules"] = f"protocol {TRIAL}\n  > A trial for tests\n\n{blocks}"
    rules["dictionary/test.rules"] = dictionary or "# nothing more\n"
    checked = compile_rules(RuleFolder(shipped.path, rules, {}))
    assert checked.rulebook is not None, checked.report
    return checked.rulebook


def rulebook_with_rule(rule: str, kind: str = "inclusion", dictionary: str = "") -> Rulebook:
    """The shipped rules with one criterion of that rule."""
    indented = "".join(f"  {line}\n" for line in rule.strip().splitlines())
    identifier = "I1" if kind == "inclusion" else "E1"
    return rulebook_with_trial(f"{kind} {identifier}\n  > a line of the protocol\n{indented}", dictionary)
