"""The commands of `screen`, each in a file of its own. A new one is one file and one line here.

A command's file has two functions: `parser()` makes its argument parser, and `run(asked)` does what was asked and
returns the exit status.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command stands, and how `screen --help` lists it."""

    home: str
    arguments: str = ""
    help: str = ""


SCREEN = Command("screener.cli.screen")
"""What a call without a command means: `screen PATIENT…`."""

COMMANDS = {
    "check": Command("screener.cli.check", "[FOLDER]", "check rules, and print every problem"),
    "codes": Command("screener.cli.codes", "RECORD…", "list what records call things, and how that is read"),
    "cohort": Command("screener.cli.cohort", "FACTS -o DIR", "screen everybody, and count what each line costs"),
    "format": Command("screener.cli.format", "[FILE…]", "rewrite rules in their one standard form"),
    "ingest": Command("screener.cli.ingest", "SOURCE… -o FACTS", "keep many records as facts, to screen from there"),
    "names": Command("screener.cli.names", "[WORD]", "list what a record may say, with codes and units"),
    "questions": Command("screener.cli.questions", "PATIENT…", "list the questions that people have to answer"),
    "replay": Command("screener.cli.replay", "RESULT RECORD", "screen again as a result was made; what differs?"),
    "review": Command("screener.cli.review", "PATIENT", "write the chart review to fill in"),
    "schema": Command("screener.cli.schema", "[record|result]", "print the JSON Schema of a record or a result"),
    "site": Command("screener.cli.site", "[FILE]", "show what the site's file settles"),
    "terminology": Command("screener.cli.terminology", "build|explain", "say what codes mean; index a vocabulary"),
}


def listed() -> str:
    """The commands as `screen --help` lists them."""
    lines = [f"  {f'{name} {command.arguments}':<27}{command.help}" for name, command in COMMANDS.items()]
    return "\n".join(lines)
