"""`screen cohort FACTS|SOURCE… --out DIR`, and `screen cohort DIR --explain PATIENT`"""

from __future__ import annotations

import argparse
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, CallError, Parser, check_names, counted, counting, encode_output, tell
from screener.cli.ingest import (
    check_parts,
    check_there,
    given_in,
    manner,
    place_or_address,
    tell_set_aside,
    tell_unread,
    tell_whom_answers_miss,
)
from screener.cli.options import add_answers, add_jobs, add_reading, add_what_to_screen, dictionary_asked

if TYPE_CHECKING:
    from screener.cohort.answers import How
    from screener.cohort.run import Doing
    from screener.records.dictionary import Dictionary
    from screener.records.facts.folder import Facts


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen cohort",
        usage="screen cohort [OPTION…] FACTS|SOURCE… --out DIR\n       screen cohort DIR --explain PATIENT",
        description="Screen everybody: whom could these trials take, and which criterion costs most? Every answer is "
        "the one that `screen` gives for that patient alone.\n"
        "The answers are kept as Parquet files in DIR, with a summary to open in a browser. A run that was interrupted "
        "continues where it stopped; one over changed records or rules decides only what has changed.",
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
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="the folder of answers")
    parser.add_argument(
        "--explain",
        metavar="PATIENT",
        help="print the sheet of this patient from the answers in DIR, as the last run was called",
    )
    add_jobs(parser)
    parser.add_argument(
        "--engine",
        choices=("local", "spark"),
        default="local",
        help="screen with processes on this machine (local), or on the Spark cluster that the environment names; "
        "all its executors must see FACTS and DIR",
    )
    parser.add_argument(
        "--spark-master", metavar="URL", help="the cluster, where the environment does not name it, such as local[2]"
    )
    parser.add_argument(
        "--min-cell",
        type=_number,
        default=1,
        metavar="N",
        help="for a summary that leaves the hospital: name nobody, and let nobody work out a number of patients from 1 "
        "to N-1. All are rounded down to a multiple of N+1",
    )
    screening = parser.add_argument_group("what to screen")
    add_what_to_screen(screening)
    add_answers(screening)
    add_reading(parser)
    return parser


def _number(text: str) -> int:
    number = int(text[:5]) if text.isascii() and text.isdigit() else 0
    if number != 1 and not 3 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"`{text}` hides no number of patients: write 3 to 1000 (1: hide none)")
    return number


def run(asked: argparse.Namespace) -> int:
    """Screen everybody, and sum up."""
    check_parts()
    check_there(asked.sources, "name a folder of facts, or records")
    if asked.explain is None and asked.out is None:
        raise CallError("there is no folder for the answers", "name one: `--out DIR`")
    dictionary = dictionary_asked(asked)

    from screener.cohort.answers import Desk
    from screener.cohort.files import write_summary
    from screener.cohort.lists import write_lists
    from screener.cohort.run import run
    from screener.cohort.summary import summed_up
    from screener.screening import LISTS

    check_names(asked.trial or (), tuple(dictionary.rulebook.trials), "trial of these rules")
    check_names(asked.assume_complete, LISTS, "list of a record")
    if asked.explain is not None:
        return _explain(asked, dictionary)
    facts = _facts(asked, dictionary)
    how = _how(asked, dictionary)
    with counting("patients screened") as count:
        ran = run(facts, asked.out, dictionary.rulebook, how, _doing(asked), count)
    summary = summed_up(asked.out, dictionary.rulebook, facts, how, asked.min_cell, asked.jobs)
    written = write_summary(asked.out, summary)
    if asked.min_cell == 1:
        written += write_lists(asked.out, ran, Desk(dictionary.rulebook, how), facts, asked.jobs)
    for place in written:
        print(f"wrote {place}")
    again = f", {ran.patients - ran.decided:,} of them as in the last run" if ran.decided < ran.patients else ""
    print(f"{counted(ran.patients, 'patient')} screened against {counted(len(ran.trials), 'trial')}{again}")
    tell_whom_answers_miss(how.given, facts)
    tell_set_aside(ran.set_aside, "cohort.json")
    return 1 if ran.set_aside else DONE


def _explain(asked: argparse.Namespace, dictionary: Dictionary) -> int:
    """Print one patient's report. Raises FactsError where the run over the folder cannot be repeated."""
    from screener.cohort.explain import explained
    from screener.report.forms import DEFAULT, Asked

    if len(asked.sources) != 1 or asked.out is not None:
        raise CallError("`--explain` is about one folder of answers", "screen cohort DIR --explain PATIENT")
    found = explained(asked.sources[0], asked.explain, dictionary.rulebook, _how(asked, dictionary))
    if not found:
        raise CallError(f"nobody in {asked.sources[0]} is called that", "write the id as it is in the record")
    for number, each in enumerate(found):  # several are called alike: a sheet for each of them
        report = DEFAULT.report(Asked(None, frozenset(), (), asked.trial))
        encode_output(encoding=report.encoding, errors="replace", newline=report.newline)
        if number:
            print()
        report.prepare(dictionary.rulebook)
        report.add(report.part(each))
        if (told := report.end(())) is not None:
            tell(told)
    return DONE


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


def _facts(asked: argparse.Namespace, dictionary: Dictionary) -> Facts:
    """The facts to screen: those that are there, or those that are made of the records first."""
    from screener.cohort.ingest import ingest
    from screener.records.facts.folder import Facts
    from screener.records.facts.source import recognises

    how_read = manner(asked, dictionary)
    first, *more = asked.sources
    if not more and recognises(first):
        facts = Facts(first)
        facts.check(dictionary.rulebook.dictionary_digest, how_read.read_with)
        return facts
    tell_unread(asked.sources)
    folder = asked.out / "facts"
    with counting("patients read") as count:
        ingest(asked.sources, folder, how_read, asked.jobs, count)
    return Facts(folder)


def _how(asked: argparse.Namespace, dictionary: Dictionary) -> How:
    from screener.cli.patients import day_of_call
    from screener.cohort.answers import How

    return How(
        asked.as_of,
        day_of_call(asked),
        tuple(asked.assume_complete),
        asked.labs_within,
        tuple(asked.trial) if asked.trial else None,
        asked.site_read,
        tuple(asked.in_force),
        given_in(asked, dictionary),
    )
