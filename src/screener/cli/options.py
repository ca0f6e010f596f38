"""The options that several commands share, one function a group, and what their values are read as."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from screener.cli.calls import CallError, Parser
from screener.version import __version__

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from screener.records.dictionary import Dictionary
    from screener.records.locales import Locale
    from screener.site import Site
    from screener.values.dates import Duration

MOST_JOBS = 256
RULES = "the rules to use, instead of the ones shipped"
SOURCES = "a file of one or more records, a spreadsheet (CSV, XLSX), or a folder of them; - for standard input"


def add_screening(parser: Parser) -> None:
    """What every command that screens can be given: whom, against what, and as of when."""
    parser.add_argument("patients", nargs="*", metavar="PATIENT", help=SOURCES)
    parser.add_argument("--version", action="version", version=f"screener {__version__}")
    group = parser.add_argument_group("what to screen")
    add_what_to_screen(group)
    add_answers(group)
    add_reading(parser)


def add_what_to_screen(group: argparse._ActionsContainer) -> None:
    """Against what, as of when, and what is taken for granted."""
    group.add_argument("--trial", action="append", metavar="NCT…", help="only this trial; may be repeated")
    group.add_argument(
        "--as-of", type=_day, metavar="DATE", help="the day the answers are about (else the record's own, else today)"
    )
    group.add_argument(
        "--assume-complete",
        type=_names,
        action="extend",
        default=[],
        metavar="LISTS",
        help="lists of the record to take as complete, such as conditions,procedures",
    )
    group.add_argument(
        "--labs-within", type=_duration, metavar="TIME", help="how old labs and findings may be, such as '14 days'"
    )


def add_answers(parser: argparse._ActionsContainer) -> None:
    """People's answers, given in addition to the record."""
    parser.add_argument(
        "--answers",
        action="append",
        type=_path,
        metavar="FILE",
        help="people's answers, each with the patient they are about: a QuestionnaireResponse, a filled chart review, "
        'or {"patient": …, "answers": {…}}, several in a list; may be repeated',
    )


def add_reading(parser: Parser) -> None:
    """How records are written, and with which rules and codes they are read."""
    group = parser.add_argument_group("how to read records")
    group.add_argument(
        "--locale",
        type=_locale,
        metavar="LOCALE",
        help="how dates and decimals are written where a record does not say it, such as de or en-GB",
    )
    group.add_argument(
        "--columns",
        type=_path,
        metavar="TABLE.csv",
        help="a table of what the columns of a spreadsheet mean (column, name, unit), where headings do not say it",
    )
    add_rules_and_codes(group)
    add_site(parser)


def add_site(parser: argparse._ActionsContainer) -> None:
    """Which site's file counts."""
    group = parser.add_argument_group("what the site has settled (see `screen site`)").add_mutually_exclusive_group()
    group.add_argument(
        "--site", type=_path, metavar="FILE", help="the site's file (else the nearest screener.toml, upwards from here)"
    )
    group.add_argument("--no-site", action="store_true", help="use no site's file")


def add_rules_and_codes(parser: argparse._ActionsContainer) -> None:
    """Rules, and what codes mean."""
    parser.add_argument("--rules", type=_path, metavar="FOLDER", help=RULES)
    parser.add_argument(
        "--codes",
        type=_path,
        action="append",
        default=[],
        metavar="TABLE.csv",
        help="a table of the clinic's own codes (system, code, name, unit; or within, not); may be repeated",
    )
    parser.add_argument(
        "--hierarchy",
        type=_path,
        metavar="FILE",
        help="what a vocabulary says of codes; see `screen terminology build`",
    )


def add_jobs(parser: Parser) -> None:
    """How many processes a command for many patients uses."""
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=number_of_jobs, default=cores, metavar="N", help="use N processes (else one for each core)"
    )


def number_of_jobs(text: str) -> int:
    """How many processes. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:5]) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of processes: write 1 to {MOST_JOBS}")
    return int(text)


def _path(text: str) -> Path:
    # Imported here: `screen --help` names no file, and pathlib would take a tenth of it.
    from pathlib import Path

    return Path(text)


def _day(text: str) -> date:
    from datetime import date

    from screener.values.dates import DateError, parse_moment

    try:
        moment = parse_moment(text)
    except DateError:
        moment = None
    if moment is None or len(text) != len("YYYY-MM-DD"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a day: write YYYY-MM-DD")
    return date.fromordinal(moment.first_day)


def _locale(text: str) -> Locale:
    from screener.records.locales import locale_meant, locale_of

    locale = locale_of(text)
    if locale is None:
        raise argparse.ArgumentTypeError(f"`{text}` is not a locale: {locale_meant(text)}")
    return locale


def _duration(text: str) -> Duration:
    from screener.values.dates import DateError, parse_duration

    try:
        return parse_duration(text)
    except DateError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


# ---- what is loaded before anything is read


def loaded(folder: Path | None, tables: Sequence[Path] = (), hierarchy: Path | None = None) -> Dictionary:
    """The rules, the clinic's own tables of codes and its hierarchy, with everything that screening needs. Raises
    Refusal."""
    # Everything made here lives until the end: looking through it for garbage takes a tenth of a start.
    gc.disable()
    # Neither does a plug-in of somebody else's have a say in what a record is; looking for some takes as long.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from screener import screening  # noqa: F401
        from screener.loading import load_rulebook
        from screener.records.reading import own_dictionary

        return own_dictionary(load_rulebook(folder), tables, hierarchy)
    finally:
        gc.freeze()
        gc.enable()


SITE_FILE = "screener.toml"


def site_in_reach(folder: Path | None = None) -> Path | None:
    """The nearest site's file, from a folder (else the working folder) upwards."""
    try:
        start = folder or _path(os.getcwd())
    except OSError:  # the working folder is gone
        return None
    return next((place for each in (start, *start.parents) if os.path.lexists(place := each / SITE_FILE)), None)


def take_site(asked: argparse.Namespace) -> None:
    """Read the site's file, if there is one, and put what it settles into the call wherever the call says nothing.
    Raises Refusal."""
    asked.site_read, asked.in_force = None, []
    place = asked.site or (None if asked.no_site else site_in_reach())
    if place is None:
        return
    from screener.site import read_site

    asked.site_read = read_site(place)
    asked.in_force = _take_over(asked.site_read, asked)


def dictionary_asked(asked: argparse.Namespace) -> Dictionary:
    """What a call reads records with: rules, codes, hierarchy and columns, its own or else the site's. Raises
    Refusal."""
    if not hasattr(asked, "site_read"):
        take_site(asked)
    dictionary = loaded(asked.rules, getattr(asked, "codes", ()), getattr(asked, "hierarchy", None))
    if asked.site_read is not None:
        asked.site_read.check(dictionary.rulebook)
    if getattr(asked, "columns", None) is not None:
        from screener.records.rows import read_headings

        asked.columns = read_headings(asked.columns, dictionary)
    return dictionary


def _take_over(site: Site, asked: argparse.Namespace) -> list[str]:
    """Put what the site settles into the call where it says nothing, and return the keys of that."""
    from screener.records.locales import locale_of

    taken = site.in_place_of(vars(asked))
    for key, value in taken.items():
        setattr(asked, key, locale_of(value) if key == "locale" else value)
    return list(taken)


def check_sources(sources: Sequence[str], commands: Sequence[str]) -> None:
    """Refuse a call without a patient, with a command in the wrong place, or that reads standard input twice."""
    if not sources:
        raise CallError("there is no patient to screen", "name the file of a record, or `-` for standard input")
    if any(not source.strip() for source in sources):
        raise CallError("a patient has an empty name", "name the file of a record; in a script, see what is empty")
    for command in commands:
        if command in sources:
            raise CallError(
                f"`{command}` is a command, so it has to come first", f"for a file of that name, write `./{command}`"
            )
    if sources.count("-") > 1:
        raise CallError("standard input can be read only once", "write `-` once")
