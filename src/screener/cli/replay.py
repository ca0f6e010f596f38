"""`screen replay RESULT RECORD`: screen again as a result says that it was made, and say what differs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING
from typing import Any as Anything

from screener.cli.calls import DONE, FOUND, UNUSABLE, CallError, Parser, counted, encode_output
from screener.cli.options import SOURCES, add_answers, add_reading, take_site

if TYPE_CHECKING:
    from screener.report.replay import AskedThen, Replayed

_GIVE = "give what `screen --json` printed of one patient"


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen replay",
        usage="screen replay [OPTION…] RESULT RECORD",
        description="Screen a record again as a result of `screen --json` says that it was made (day, trials, lists "
        "taken as complete, freshness). Say that the answers are the same, or what differs and what has changed.",
        epilog="exit status: 0 the answers are the same; 1 some differ; 2 the result, the record, the rules or the "
        "call could not be used",
    )
    parser.add_argument(
        "result", type=Path, metavar="RESULT", help="the file of a result, as `screen --json` prints it"
    )
    parser.add_argument("record", metavar="RECORD", help=SOURCES)
    add_answers(parser)
    add_reading(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Screen again, and compare."""
    from screener.contract import FORMAT
    from screener.records.errors import RecordError, quoted
    from screener.records.reading import read_document
    from screener.report.replay import asked_for, replayed

    try:
        before = read_document(asked.result, str(asked.result))
    except RecordError as problem:
        raise CallError(f"`{asked.result}` is not a result: {problem.problems[0].fault}", _GIVE) from None
    if not _is_result(before):
        raise CallError(f"`{asked.result}` is not a result of one patient", _GIVE)
    if before.get("format", FORMAT) != FORMAT:
        written = f"`{asked.result}` is a result of the format {quoted(before['format'])}"
        raise CallError(
            written, f"this version compares results of the format `{FORMAT}`, and older ones that name no format"
        )
    take_site(asked)
    then = asked_for(before)
    _ask_as(then, asked)

    from screener.cli.patients import prepared, screenings

    found = list(screenings(asked, prepared(asked), is_printing=False))
    same = [each for each in found if each.patient == before["patient"]]
    if len(same) != 1:
        if not found:
            return UNUSABLE
        what = f"{'several patients' if same else 'nobody'} of the id {quoted(before['patient'])}"
        raise CallError(f"`{asked.record}` has {what}", "give the record of the result")
    encode_output(errors="replace")
    outcome = replayed(before, same[0].to_dict())
    print("\n".join(line for told in _report(before, outcome, is_told=then.is_told) for line in _wrapped(told)))
    return FOUND if outcome.answers else DONE


def _wrapped(text: str) -> list[str]:
    """A line of the report on lines of 80 columns, the further ones below what its lead is about."""
    from screener.report.wording import WIDTH

    lead = re.match(r"[^:]{1,40}: +", text) or re.match(r" *", text)
    indent = " " * (lead.end() if lead is not None else 0)
    return wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _is_result(content: object) -> bool:
    """Whether it has what every result has, in every form."""
    match content:
        case {"patient": str(), "as_of": str(as_of), "trials": [*trials], **others}:
            is_asked = _is_options(others.get("options", {}))
            return is_asked and _is_day(as_of) and all(_is_trial(each) for each in trials)
        case _:
            return False


def _is_options(content: object) -> bool:
    """Whether they say what a call can ask for; an old result says nothing."""
    if not isinstance(content, Mapping):
        return False
    complete, within, trials = (content.get(key) for key in ("assume_complete", "labs_within", "trials"))
    lists = [each for each in (complete, trials) if each is not None]
    return all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in lists) and isinstance(
        within, str | None
    )


def _is_trial(content: object) -> bool:
    match content:
        case {"id": str(), "verdict": str(), "criteria": [*lines]}:
            return all(isinstance(each, Mapping) and {"id", "status"} <= each.keys() for each in lines)
        case _:
            return False


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("YYYY-MM-DD") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _ask_as(then: AskedThen, asked: argparse.Namespace) -> None:
    """Ask for what the result was made with. The site's file does not count here."""
    from screener.values.dates import DateError, parse_duration

    asked.patients = [asked.record]
    asked.trial = None
    asked.as_of = date.fromisoformat(then.as_of)
    asked.assume_complete = list(then.assume_complete)
    asked.in_force = [key for key in asked.in_force if key not in ("labs_within", "assume_complete")]
    try:
        asked.labs_within = parse_duration(then.labs_within) if then.labs_within is not None else None
    except DateError as problem:
        raise CallError(f"`labs_within` of the result: {problem}", "give a result of `screen --json`") from None


def _report(before: Mapping[str, Anything], found: Replayed, *, is_told: bool) -> Iterator[str]:
    from screener.records.errors import printable
    from screener.sheet.phrases import as_of_words

    yield f"patient {printable(before['patient'])}, as of {as_of_words(date.fromisoformat(before['as_of']))}"
    if not is_told:
        yield "the result does not say its options: it is replayed without any"
    if found.answers:
        yield "these answers differ:"
        yield from (f"  {each}" for each in found.answers)
    else:
        yield f"the same: {counted(found.trials, 'verdict')} and {counted(found.lines, 'line')}"
    if found.causes:
        yield "what they rest on has changed:" if found.answers else "though what they rest on has changed:"
        yield from (f"  {each}" for each in found.causes)
