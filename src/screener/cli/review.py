"""`screen review PATIENT`"""

from __future__ import annotations

import argparse
from pathlib import Path

from screener.cli.calls import DONE, UNUSABLE, CallError, Parser, cannot_be_written, encode_output, tell
from screener.cli.options import add_screening


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen review",
        usage="screen review [-o FILE] [OPTION…] PATIENT",
        description="Write the chart review of a patient, to be filled in: what open criteria of trials that are not "
        "ruled out ask and records rarely say, and entries that nobody could read. Give it back with `screen PATIENT "
        "--answers FILE`.",
        epilog="exit status: 0 written; 2 a record, the rules or the call could not be used",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write (else standard output)")
    add_screening(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Write the chart review."""
    import json

    from screener.cli.patients import prepared, screenings
    from screener.records.errors import printable
    from screener.report.files import write_whole
    from screener.report.review import to_review

    reviews = []
    for screening in screenings(asked, prepared(asked)):
        asks = to_review(screening)
        if not asks["groups"] and not asks["entries"]:
            tell(f"note: {printable(screening.patient)}: there is nothing to look for in the chart")
        reviews.append(json.dumps(asks, ensure_ascii=False, indent=1))
    status = UNUSABLE if asked.unusable else DONE
    if asked.output is None:
        encode_output(encoding="utf-8")
        print(reviews[0] if len(reviews) == 1 else f"[{','.join(reviews)}]" if reviews else "")
        return status
    if len(reviews) > 1:
        raise CallError("a chart review is about one patient", "call screen once for each")
    place = Path(asked.output)
    if place.exists():
        raise CallError(f"`{place}` is there already, and may be filled in", "give the review another name")
    for review in reviews:
        try:
            write_whole(place, review + "\n")
        except OSError as problem:
            raise cannot_be_written(place, problem) from None
        print(f"wrote {place}")
    return status
