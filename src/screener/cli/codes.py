"""`screen codes RECORD…`"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, STANDARD_INPUT, UNUSABLE, Parser, encode_output, tell
from screener.cli.options import add_reading, dictionary_asked

if TYPE_CHECKING:
    from screener.records.dictionary import Dictionary
    from screener.records.documents import Kept
    from screener.records.sightings import Sightings


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen codes",
        usage="screen codes [--csv] [OPTION…] RECORD…",
        description="List what records call things, and what each is read as; for what is not read, the nearest "
        "names.\n"
        "Only codes, wordings, units and counts are shown: no values, no dates, no patients.",
        epilog="exit status: 0 listed; 2 a record, the rules or a table could not be used",
    )
    parser.add_argument(
        "patients", nargs="+", metavar="RECORD", help="file of a record, or a folder of them; - for standard input"
    )
    parser.add_argument("--csv", action="store_true", help="print a table to check, complete and give to `--codes`")
    add_reading(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """List what the records call things."""
    dictionary = dictionary_asked(asked)

    from screener.cli.patients import sources
    from screener.records.sightings import Sightings
    from screener.report.codes import as_list, as_table, gathered

    sightings = Sightings()
    found = [each for source in asked.patients for each in sources(source)]
    was_read = [_sighted(source, dictionary, sightings, asked) for source in found]
    called = gathered(sightings, dictionary)
    encode_output(errors="replace")
    if called or all(was_read):
        print(as_table(called) if asked.csv else as_list(called), end="")
    return DONE if all(was_read) else UNUSABLE


def _sighted(source: Path | Kept, dictionary: Dictionary, sightings: Sightings, asked: argparse.Namespace) -> bool:
    """Whether the names in a record could be seen. It need not be fit for screening, because this command
    looks for unknown names."""
    from screener.cli.patients import read
    from screener.records.errors import RecordError

    before = sum(count for _, count in sightings)
    found = list(read(source, dictionary, asked, sightings, frozenset()))
    problems = [each for each in found if isinstance(each, RecordError)]
    if problems and sum(count for _, count in sightings) == before:
        for problem in problems:
            tell(problem)
        return False
    if problems:
        what = "it cannot" if len(problems) == len(found) else f"{len(problems)} of {len(found)} patients cannot"
        called = source if isinstance(source, Path) else STANDARD_INPUT
        tell(f"note: {called}: {what} be screened yet; `screen {called}` says why")
    return True
