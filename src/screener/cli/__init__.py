"""The door for people: the command line.

A call has one command, whose file is found in a table and imported alone; without a command, `screen PATIENT…` is
meant. Only what a call needs is imported: `--help` loads an argument parser and no more, `--json` no table, and a
compiled rulebook no parser of rules.

Exit status: 0 the patients were screened, 1 a command found something (`check`, `format --check`, `replay`, `site`), 2
a record, the rules or the call could not be used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from screener.cli.calls import UNUSABLE, CallError, Parser, reason, tell
from screener.cli.commands import COMMANDS, SCREEN
from screener.values.refusals import Refusal

INTERRUPTED, NOBODY_READS = 130, 141
"""What a shell reports for a program that was interrupted, or whose reader has gone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if sys.stdout is None:
        tell("error[output]: the output cannot be written: standard output is closed")
        return UNUSABLE
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except ChildProcessError as problem:
        tell(f"error[jobs]: {problem}\nhelp: give fewer `--jobs`; the memory may not have sufficed")
        return UNUSABLE
    except BrokenPipeError:
        _give_up_output()
        return NOBODY_READS
    except OSError as problem:
        _give_up_output()
        # An error of reading names its file; one of writing to standard output does not.
        if problem.filename is not None:
            tell(f"error[file]: `{problem.filename}` cannot be used: {reason(problem)}")
        else:
            tell(f"error[output]: the output cannot be written: {reason(problem)}")
        return UNUSABLE


def _give_up_output() -> None:
    # What is still buffered has nowhere to go; without this, the interpreter would complain about it on its way out.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    try:
        command, rest = SCREEN, arguments
        if arguments and arguments[0] in COMMANDS:
            command, rest = COMMANDS[arguments[0]], arguments[1:]
        elif arguments:
            _refuse_misspelt_command(arguments[0])
        module = import_module(command.home)
        parser: Parser = module.parser()
        asked = parser.parse_args(rest) if parser.has_parts else parser.parse_intermixed_args(rest)
        status: int = module.run(asked)
    except Refusal as problem:
        tell(problem)
        return UNUSABLE
    return status


def _refuse_misspelt_command(word: str) -> None:
    """Offer the command where the first word is like one, and no file of that name is there."""
    if not word.isalpha():
        return
    from difflib import get_close_matches

    from screener.records.errors import LIKE_ENOUGH

    likely = get_close_matches(word, COMMANDS, n=1, cutoff=LIKE_ENOUGH)
    if likely and not os.path.exists(word):
        raise CallError(f"there is no command and no file `{word}`", f"did you mean `screen {likely[0]}`?")
