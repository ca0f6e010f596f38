"""`screen questions PATIENT…`"""

from __future__ import annotations

import argparse

from screener.cli.calls import DONE, UNUSABLE, Parser, encode_output
from screener.cli.options import add_screening


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen questions",
        usage="screen questions [--fhir] [OPTION…] PATIENT…",
        description="List the questions that people have to answer before a patient's trials can be decided.",
        epilog="exit status: 0 listed; 2 a record, the rules or the call could not be used",
    )
    parser.add_argument(
        "--fhir", action="store_true", help="print a FHIR R4 Questionnaire, one line a patient; see `screen --answers`"
    )
    add_screening(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Print the questions of each patient."""
    import json

    from screener.cli.patients import prepared, screenings
    from screener.report.questions import questionnaire, questions_text

    for screening in screenings(asked, prepared(asked)):
        if asked.fhir:
            encode_output(encoding="utf-8")
            print(json.dumps(questionnaire(screening), ensure_ascii=False))
        else:
            encode_output(errors="replace")
            print(questions_text(screening), end="\n\n")
    return UNUSABLE if asked.unusable else DONE
