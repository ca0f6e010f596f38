"""What every command shares: a call that cannot be followed, the argument parser, and the two streams it writes to."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

from screener.values.refusals import Refusal, message

if TYPE_CHECKING:
    from rich.progress import Progress

DONE, FOUND, UNUSABLE = 0, 1, 2

STANDARD_INPUT = "-"
MOST_SHOWN = 8
"""How many names a message lists."""


class CallError(Refusal):
    """A call that cannot be followed. `mend` says what to write instead."""

    def __init__(self, fault: str, mend: str = "see `screen --help`") -> None:
        super().__init__(message("call", fault, mend=mend))


class _Help(argparse.HelpFormatter):
    """Help text in which each line of a description is a paragraph; indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            line if line.startswith(" ") else textwrap.fill(line, width, initial_indent=indent)
            for line in text.splitlines()
        )


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors read like the rest of screener's. Options may come between records.

    `has_parts`: the first argument names one of several parsers, and options come after that name.
    """

    def __init__(self, *, prog: str, usage: str | None = None, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog, usage=usage, description=description, epilog=epilog, allow_abbrev=False, formatter_class=_Help
        )
        self.has_parts = False

    def error(self, message: str) -> NoReturn:
        raise CallError(message.replace("'", "`"), f"see `{self.prog} --help`")


def tell(message: object) -> None:
    """Write to standard error, if there is one: without, `print` would take standard output for it."""
    if sys.stderr is not None:
        print(message, file=sys.stderr)


def encode_output(*, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> None:
    """Set the encoding of the output. JSON is UTF-8 whatever the terminal uses; text for people replaces letters that
    the terminal lacks."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors=errors, newline=newline)


def counted(number: int, noun: str) -> str:
    """`1 code`, `2 codes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def reason(problem: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be used, as the end of a sentence."""
    if isinstance(problem, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return (problem.strerror or str(problem)).lower()


def cannot_be_written(place: object, problem: OSError) -> CallError:
    """The error of a file that is to be written."""
    return CallError(f"`{place}` cannot be written: {reason(problem)}", "check who may write there")


def check_names(names: list[str] | tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    """Refuse the call for a name that is not known, before any patient is read."""
    for name in names:
        if name not in known:
            from screener.records.errors import did_you_mean

            raise CallError(f"`{name}` is not a {what}", did_you_mean(name, known) or f"there are {', '.join(known)}")


@contextmanager
def counting(what: str, *, is_shown: bool = True) -> Iterator[Callable[[int], None]]:
    """Count on standard error, from the second one on, while a person looks on."""
    if not is_shown or sys.stderr is None or not sys.stderr.isatty():
        yield lambda number: None
        return
    with ExitStack() as until_the_end:
        counted = 0
        shown: Progress | None = None

        def count(number: int) -> None:
            nonlocal counted, shown
            counted += number
            if shown is None and counted > 1:
                from rich.console import Console
                from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

                columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + what), TimeElapsedColumn())
                shown = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
                until_the_end.enter_context(shown)
                shown.add_task("", total=None)
            if shown is not None:
                shown.update(shown.task_ids[0], completed=counted)

        yield count
