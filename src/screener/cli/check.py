"""`screen check [FOLDER]`"""

from __future__ import annotations

import argparse
from pathlib import Path

from screener.cli.calls import DONE, FOUND, Parser, counted, encode_output


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen check",
        description="Check the rules of a folder, and print every problem found.",
        epilog="exit status: 0 nothing found; 1 problems found; 2 there are no rules to check",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the rules (else the ones shipped)")
    return parser


def run(asked: argparse.Namespace) -> int:
    """Check the rules."""
    from screener.loading import compile_rules, read_folder, shipped_rules

    rules = read_folder(asked.folder or shipped_rules())
    found = compile_rules(rules)
    encode_output(errors="replace")
    if found.diagnostics:
        errors = sum(each.is_error for each in found.diagnostics)
        print(found.report)
        print(f"{counted(errors, 'error')}, {counted(len(found.diagnostics) - errors, 'warning')}")
        return FOUND
    print(f"{counted(len(rules.rules), 'rule file')}: nothing to complain about")
    return DONE
