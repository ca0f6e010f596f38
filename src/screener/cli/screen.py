"""`screen PATIENT…`: screen patients, and report in one of the forms of `report/forms.py`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, UNUSABLE, CallError, Parser, encode_output, tell
from screener.cli.commands import listed
from screener.cli.options import add_screening, number_of_jobs, take_site

if TYPE_CHECKING:
    from screener.records.dictionary import Dictionary
    from screener.report.forms import Form, Report
    from screener.sheet.worklist import Choice


def parser() -> Parser:
    """The options of `screen PATIENT…`. Those of the forms come from their table."""
    from screener.report.forms import FORMS, FURTHER

    parser = Parser(
        prog="screen",
        usage="screen [OPTION…] PATIENT…\n       screen COMMAND [--help] …",
        description="Screen patients against the eligibility criteria of clinical trials. For one patient, print the "
        "sheet: who this is, where each trial stands, and what to do next. For several, print a worklist, the nearest "
        "first. `--full` has every criterion with the protocol's sentence, the values it rests on, and what is "
        "missing.\n\n"
        f"commands:\n{listed()}\n  For a file with the name of a command, write ./NAME.",
        epilog="exit status: 0 screened; 2 a record, the rules or the call could not be used\n\n"
        "Pre-screening aid. Eligibility is the investigator's decision.",
    )
    add_screening(parser)
    forms = parser.add_argument_group("form of the report (else the sheet of one patient, a worklist of several)")
    for form in FORMS:
        if form.value is None:
            forms.add_argument(form.option, action="store_true", help=form.help)
        elif form.may_repeat:
            forms.add_argument(form.option, action="append", default=[], metavar=form.value, help=form.help)
        else:
            forms.add_argument(form.option, metavar=form.value, help=form.help)
    able = " ".join(form.option for form in FORMS if form.with_jobs)
    said = f"screen with N processes; for {able}"
    forms.add_argument("--jobs", type=number_of_jobs, default=1, metavar="N", help=said)
    able = ", ".join(form.option for form in FORMS if form.further)
    _add_choice(parser)
    further = parser.add_argument_group(f"also report (on the terminal, {able})")
    for name, help_ in FURTHER.items():
        further.add_argument(f"--{name}", action="store_true", help=help_)
    return parser


def _add_choice(parser: Parser) -> None:
    from screener.report.forms import FORMS

    able = ", ".join(form.option for form in FORMS if form.is_worklist)
    group = parser.add_argument_group(f"which rows of a worklist ({able})")
    group.add_argument(
        "--only",
        type=_states,
        action="extend",
        metavar="STATES",
        help="only patients whose nearest trial is in one of these states: met (all criteria met), people (only people "
        "to ask), reading (turns on one reading), against (nothing against so far), check (a value to check first), "
        "little (too little on record), today (ruled out today), out (ruled out, today or for good)",
    )
    group.add_argument(
        "--recruiting", action="store_true", help="only patients who may still enter a trial that is recruiting"
    )
    group.add_argument(
        "--sort", choices=_SORTS, help="the nearest first (the default), by the last good day, or by name"
    )
    group.add_argument(
        "--since",
        metavar="EARLIER.csv",
        help="show what is new, changed or gone since an earlier worklist, a file of --worklist-csv (--out compares "
        "with the one in its folder)",
    )


_STATE_WORDS = ("met", "people", "reading", "against", "check", "little", "today", "out")
_SORTS = ("nearest", "date", "name")


def _states(text: str) -> list[str]:
    words = [word.strip().lower() for word in text.split(",")]
    for word in words:
        if word not in _STATE_WORDS:
            raise argparse.ArgumentTypeError(f"`{word}` is not a state; the states are {', '.join(_STATE_WORDS)}")
    return words


def _chosen(asked: argparse.Namespace) -> list[str]:
    """The options of a call that choose among the rows of a worklist."""
    return [f"--{name}" for name in ("only", "recruiting", "since", "sort") if getattr(asked, name)]


def _choice(asked: argparse.Namespace) -> Choice:
    from screener.sheet.phrases import STATE_WORDS
    from screener.sheet.worklist import Choice

    only = frozenset(state for word in asked.only or () for state in STATE_WORDS[word])
    return Choice(only, asked.recruiting, asked.sort or "nearest")


def run(asked: argparse.Namespace) -> int:
    """Screen, and report."""
    from screener.cli.patients import prepared
    from screener.report.forms import DEFAULT, FURTHER, WORKLIST, Asked, FormError, check_honoured, form_asked

    take_site(asked)
    try:
        form = form_asked(vars(asked), asked.site_read.output if asked.site_read is not None else None)
        chosen = _chosen(asked)
        if form is DEFAULT and (chosen or asked.jobs > 1):
            form = WORKLIST
        further = frozenset(name for name in FURTHER if getattr(asked, name))
        check_honoured(form, further, asked.jobs, chosen)
        choice = _choice(asked) if chosen else None
        value = getattr(asked, form.dest, None)
        report = form.report(Asked(value, further, asked.patients, asked.trial, choice, asked.since))
        dictionary = prepared(asked)
        report.prepare(dictionary.rulebook)
        return _report(asked, dictionary, form, report)
    except FormError as problem:
        raise CallError(problem.fault, problem.mend) from None


def _report(asked: argparse.Namespace, dictionary: Dictionary, form: Form, report: Report) -> int:
    """Screen every patient and hand to the report its part of each; several processes make those parts."""
    from screener.cli.patients import screenings

    errors = None if report.encoding else "replace"
    encode_output(encoding=report.encoding, errors=errors, newline=report.newline)
    if asked.jobs > 1:
        sys.stdout.flush()  # what waits here now would be written by every process
    found = screenings(
        asked, dictionary, is_printing=form.is_each, is_quiet=form.is_quiet, then=report.part, jobs=asked.jobs
    )
    for each in found:
        report.add(each)
    if (message := report.end(asked.unusable)) is not None:
        tell(message)
    return UNUSABLE if asked.unusable else DONE
