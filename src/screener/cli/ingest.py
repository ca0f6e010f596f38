"""`screen ingest SOURCE… --out FACTS`"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, MOST_SHOWN, STANDARD_INPUT, CallError, Parser, counted, counting, tell
from screener.cli.options import add_answers, add_jobs, add_reading, dictionary_asked
from screener.cli.patients import sources as sources_in
from screener.cli.patients import tell_who_is_nobody
from screener.records.errors import printable

if TYPE_CHECKING:
    from screener.cohort.given import Given
    from screener.cohort.ingest import Manner
    from screener.records.dictionary import Dictionary
    from screener.records.facts.folder import Facts, SetAside


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen ingest",
        usage="screen ingest [OPTION…] SOURCE… --out FACTS",
        description="Read the records of many patients once, and keep them as facts: a folder of Parquet files that "
        "`screen` and `screen cohort` read in place of the records.\n"
        "A run that was interrupted continues where it stopped, if it is called in the same way again. What cannot "
        "be used is set aside and named.",
        epilog="exit status: 0 everything was read; 1 something was set aside; 2 the call, the rules or the folder "
        "could not be used",
    )
    parser.add_argument(
        "sources",
        nargs="+",
        type=place_or_address,
        metavar="SOURCE",
        help="a file of records, a folder of them, a bulk export, or a warehouse in OMOP's form (a folder, a DuckDB "
        "file, or postgresql://…)",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FACTS", help="the folder to write")
    add_jobs(parser)
    add_answers(parser)
    add_reading(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Read, and keep."""
    check_parts()
    check_there(asked.sources, "name a file or folder of records")
    dictionary = dictionary_asked(asked)

    from screener.cohort.ingest import ingest
    from screener.records.facts.folder import Facts

    given = given_in(asked, dictionary)
    tell_unread(asked.sources)
    with counting("patients read") as count:
        about = ingest(asked.sources, asked.out, manner(asked, dictionary, given), asked.jobs, count)
    print(f"wrote {asked.out}: {counted(about.patients, 'patient')}")
    if about.doubled:
        print(f"{counted(len(about.doubled), 'id')} stand for several patients, and nobody can tell which")
    tell_whom_answers_miss(given, Facts(asked.out))
    tell_set_aside(about.set_aside)
    return 1 if about.set_aside else DONE


def place_or_address(text: str) -> Path | str:
    """A place, or the address of a database, which is none."""
    from screener.terminology.postgresql import is_address

    return text if is_address(text) else Path(text)


def check_parts() -> None:
    """Refuse the call where the packages for populations are not installed."""
    if find_spec("pyarrow") is None or find_spec("numpy") is None:
        raise CallError("facts are Parquet files, and pyarrow is not installed", "pip install 'screener[cohort]'")


def manner(asked: argparse.Namespace, dictionary: Dictionary, given: Given | None = None) -> Manner:
    """How the records of a call are read."""
    from screener.cohort.ingest import Manner

    return Manner(dictionary, asked.locale, asked.columns, given)


def given_in(asked: argparse.Namespace, dictionary: Dictionary) -> Given | None:
    """People's answers that a call gives. Raises RecordError where they cannot be used."""
    from screener.cohort.given import Given

    return Given(asked.answers, dictionary) if asked.answers else None


def tell_whom_answers_miss(given: Given | None, facts: Facts) -> None:
    """Name the answers that are about nobody."""
    if given is not None:
        tell_who_is_nobody(given.waiting(facts.names()))


def check_there(sources: Sequence[Path | str], mend: str) -> None:
    """Refuse the call where a source cannot be read more than once, or is not there; of an address that is found out
    when it is opened."""
    for source in sources:
        if str(source) == STANDARD_INPUT:
            fault = "standard input cannot be kept: a run that goes on reads its sources again"
            raise CallError(fault, "name a file or folder")
        if isinstance(source, Path) and not source.exists():
            raise CallError(f"`{printable(str(source))}` is not there", mend)


def tell_unread(sources: Sequence[Path | str]) -> None:
    """Tell which files of folders are not read."""
    for source in sources:
        if isinstance(source, Path):
            for _ in sources_in(str(source)):
                pass


def tell_set_aside(set_aside: tuple[SetAside, ...], file: str = "facts.json") -> None:
    """What could not be used, the first few by name."""
    if not set_aside:
        return
    for each in set_aside[:MOST_SHOWN]:
        tell(f"set aside: {each.place}: {each.fault}")
    if (more := len(set_aside) - MOST_SHOWN) > 0:
        tell(f"set aside: {more} more; `{file}` names all")
