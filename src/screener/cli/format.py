"""`screen format [FILE|FOLDER…]`"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from screener.cli.calls import DONE, FOUND, UNUSABLE, CallError, Parser, cannot_be_written, reason, tell

_NAME_RULES = "name rule files, or folders of them"


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen format",
        description="Rewrite rules in their one standard form. A file with an error is left as it is.",
        epilog="exit status: 0 done; 1 with --check, a file is not formatted; 2 a file cannot be used, or has errors",
    )
    parser.add_argument("--check", action="store_true", help="change nothing, and name the files that would change")
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="FILE|FOLDER", help="what to format (else the rules shipped)"
    )
    return parser


def run(asked: argparse.Namespace) -> int:
    """Format the files, or name those that are not."""
    from screener.loading import shipped_rules

    changed, unusable = 0, False
    for path in list(_rule_files(asked.paths or [shipped_rules()])):
        try:
            is_changed = _format_file(path, only_check=asked.check)
        except CallError as problem:
            tell(problem)
            unusable = True
        else:
            changed += is_changed
    if unusable:
        return UNUSABLE
    return FOUND if changed and asked.check else DONE


def _rule_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The rule files named, and those of the folders named. Raises CallError for what holds no rules: a patient's
    record, say, is not rewritten."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.rules"))
            if not inside:
                raise CallError(f"there is no rule file in `{path}`", _NAME_RULES)
            yield from inside
        elif path.suffix != ".rules":
            raise CallError(f"`{path}` is not a rule file", "rule files are named `*.rules`")
        else:
            yield path


def _format_file(path: Path, *, only_check: bool) -> bool:
    """Format one file, unless it has errors. Returns whether it was not formatted yet."""
    from screener.language.diagnostics import render_all
    from screener.language.formatter import format_text
    from screener.language.parser import parse
    from screener.language.source import Source

    try:
        before = path.read_bytes()
        text = before.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise CallError(f"`{path}` cannot be read: {reason(problem)}", _NAME_RULES) from None
    if faults := [each for each in parse(Source(str(path), text)).diagnostics if each.is_error]:
        raise CallError(f"`{path}` has errors", f"correct them first\n\n{render_all(faults)}")
    after = format_text(text).encode()
    if after != before:
        print(f"would format {path}" if only_check else f"formatted {path}")
        if not only_check:
            try:
                path.write_bytes(after)
            except OSError as problem:
                raise cannot_be_written(path, problem) from None
    return after != before
