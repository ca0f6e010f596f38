"""`screen cohort FACTS|SOURCE… --out DIR`"""

from __future__ import annotations

import argparse
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, UNUSABLE, CallError, Parser, check_names, counted, tell
from screener.cli.ingest import check_parts, check_there, counting, manner, place_or_address, tell_set_aside
from screener.cli.options import add_jobs, add_reading, add_what_to_screen, dictionary_of

if TYPE_CHECKING:
    from screener.cohort.answers import How
    from screener.cohort.run import Doing
    from screener.records.dictionary import Dictionary


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen cohort",
        usage="screen cohort [OPTION…] FACTS|SOURCE… --out DIR",
        description="Screen everybody: whom could these trials take, and which criterion costs most? Every answer is "
        "the one that `screen` gives for that patient alone.\n"
        "The answers are kept as Parquet files in DIR, with a summary to open in a browser. A run that was ended goes "
        "on where it stopped; one over changed records or rules decides only what has changed.",
        epilog="exit status: 0 everybody was screened; 1 something was set aside; 2 the call, the rules or a folder "
        "could not be used",
    )
    parser.add_argument(
        "sources",
        nargs="+",
        type=place_or_address,
        metavar="FACTS|SOURCE",
        help="a folder that `screen ingest` wrote, or records, which are first read into DIR/facts",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="the folder of answers")
    add_jobs(parser)
    parser.add_argument(
        "--engine",
        choices=("local", "spark"),
        default="local",
        help="screen by processes of this machine (local), or on the Spark cluster that the environment names; all "
        "its executors must see FACTS and DIR",
    )
    parser.add_argument(
        "--spark-master", metavar="URL", help="the cluster, where the environment does not name it, such as local[2]"
    )
    parser.add_argument(
        "--min-cell",
        type=_number,
        default=1,
        metavar="N",
        help="write no number of patients from 1 to N-1 into the summary (for what leaves the hospital)",
    )
    add_what_to_screen(parser.add_argument_group("what to screen"))
    add_reading(parser)
    return parser


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:5]) <= 1000:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of patients: write 1 to 1000")
    return int(text)


def run(asked: argparse.Namespace) -> int:
    """Screen everybody, and sum up."""
    check_parts()
    check_there(asked.sources, "name a folder of facts, or records")
    dictionary = dictionary_of(asked)
    if dictionary is None:
        return UNUSABLE

    from screener.cohort.run import run
    from screener.cohort.summary import summed_up, write_summary
    from screener.records.facts.folder import FactsError
    from screener.screening import LISTS

    check_names(asked.trial or (), tuple(dictionary.rulebook.trials), "trial of these rules")
    check_names(asked.assume_complete, LISTS, "list of a record")
    try:
        facts = _facts(asked, dictionary)
        with counting("patients screened") as count:
            ran = run(facts, asked.out, dictionary.rulebook, _how(asked), _doing(asked), count)
        summary = summed_up(asked.out, dictionary.rulebook, facts, asked.min_cell)
    except FactsError as problem:
        tell(problem)
        return UNUSABLE
    for place in write_summary(asked.out, summary):
        print(f"wrote {place}")
    again = f", {ran.patients - ran.decided:,} of them as in the last run" if ran.decided < ran.patients else ""
    print(f"{counted(ran.patients, 'patient')} screened against {counted(len(ran.trials), 'trial')}{again}")
    tell_set_aside(ran.set_aside)
    return 1 if ran.set_aside else DONE


def _doing(asked: argparse.Namespace) -> Doing:
    """Who does the work. Raises CallError where Spark is asked for and cannot be used."""
    from screener.cohort.run import by_processes

    if asked.engine == "local":
        return by_processes(asked.jobs)
    if find_spec("pyspark") is None or find_spec("pandas") is None:
        raise CallError("Spark is asked for, and pyspark is not installed", "pip install 'screener[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise CallError("Spark needs Java, and there is none", "install a Java 17 runtime, or set JAVA_HOME")
    from screener.cohort.spark import by_spark, session_for

    return by_spark(session_for(asked.spark_master))


def _facts(asked: argparse.Namespace, dictionary: Dictionary):  # type: ignore[no-untyped-def]
    """The facts to screen: those that are there, or those that are made of the records first."""
    from screener.cohort.ingest import ingest
    from screener.records.facts.folder import Facts, is_facts

    first, *more = asked.sources
    if not more and isinstance(first, Path) and first.is_dir() and is_facts(first):
        return Facts(first)
    folder = asked.out / "facts"
    with counting("patients read") as count:
        ingest(asked.sources, folder, manner(asked, dictionary), asked.jobs, count)
    return Facts(folder)


def _how(asked: argparse.Namespace) -> How:
    from datetime import date

    from screener.cohort.answers import How

    return How(
        asked.as_of,
        date.today(),  # noqa: DTZ011  (the day on the wall of the clinic)
        tuple(asked.assume_complete),
        asked.labs_within,
        tuple(asked.trial) if asked.trial else None,
    )
