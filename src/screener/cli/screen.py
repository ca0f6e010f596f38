"""`screen PATIENT…`: screen patients, and report in one of the forms of `report/forms.py`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, UNUSABLE, CallError, Parser, encode_output, tell
from screener.cli.commands import listed
from screener.cli.options import add_screening, number_of_jobs, site_taken

if TYPE_CHECKING:
    from screener.records.dictionary import Dictionary
    from screener.report.forms import Form, Report


def parser() -> Parser:
    """The options of `screen PATIENT…`. Those of the forms come from their table."""
    from screener.report.forms import FORMS, FURTHER

    parser = Parser(
        prog="screen",
        usage="screen [OPTION…] PATIENT…\n       screen COMMAND [--help] …",
        description="Screen patients against the eligibility criteria of clinical trials: every criterion as passed, "
        "failed or unknown, with the protocol's sentence, the values it rests on and what is missing.\n\n"
        f"commands:\n{listed()}\n  A file that is named like a command is ./check, say.",
        epilog="exit status: 0 screened; 2 a record, the rules or the call could not be used\n\n"
        "This is decision support for pre-screening and no determination of eligibility.",
    )
    add_screening(parser)
    forms = parser.add_argument_group("form of the report (one; else text for the terminal)")
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
    further = parser.add_argument_group(f"also tell (text for the terminal, {able})")
    for name, help_ in FURTHER.items():
        further.add_argument(f"--{name}", action="store_true", help=help_)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Screen, and report."""
    from screener.cli.patients import prepared
    from screener.report.forms import FURTHER, Asked, FormError, check_honoured, form_asked

    if not site_taken(asked):
        return UNUSABLE
    try:
        form = form_asked(vars(asked), asked.site_read.output if asked.site_read is not None else None)
        further = frozenset(name for name in FURTHER if getattr(asked, name))
        check_honoured(form, further, asked.jobs)
        value = getattr(asked, form.name, None)
        report = form.report(Asked(value, further, asked.patients, asked.trial))
        dictionary = prepared(asked)
        if dictionary is None:
            return UNUSABLE
        report.prepare(dictionary.rulebook)
        return _report(asked, dictionary, form, report)
    except FormError as problem:
        raise CallError(problem.fault, problem.mend) from None


def _report(asked: argparse.Namespace, dictionary: Dictionary, form: Form, report: Report) -> int:
    """Screen every patient and hand each to the report; with several processes, each patient's text is made there."""
    from screener.cli.patients import screenings
    from screener.report.forms import Texts

    errors = None if report.encoding else "replace"
    encode_output(encoding=report.encoding, errors=errors, newline=report.newline)
    text = report.text if asked.jobs > 1 and isinstance(report, Texts) else None
    if text is not None:
        sys.stdout.flush()  # what waits here now would be written by every process
    unusable = 0
    found = screenings(asked, dictionary, is_printing=form.is_each, is_quiet=form.is_quiet, then=text, jobs=asked.jobs)
    for each in found:
        if each is None:
            unusable += 1
        elif text is not None:
            print(each, end="")
        else:
            report.add(each)
    if (told := report.end(unusable)) is not None:
        tell(told)
    return UNUSABLE if unusable else DONE
