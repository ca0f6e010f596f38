"""`screen names [WORD]`"""

from __future__ import annotations

import argparse
from pathlib import Path

from screener.cli.calls import DONE, CallError, Parser, encode_output
from screener.cli.options import RULES, add_site, dictionary_asked


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen names",
        description="List the names that a record may use. With a WORD, list the names and titles that contain it or "
        "come close to it, with codes, units and values.",
        epilog="exit status: 0 listed; 2 the rules, a table or the call could not be used",
    )
    parser.add_argument("word", nargs="*", metavar="WORD", help="a name, a part of one, or a code")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--csv", action="store_true", help="print CSV, one row an entry")
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help=RULES)
    add_site(parser)
    return parser


def run(asked: argparse.Namespace) -> int:
    """List the names."""
    if asked.json and asked.csv:
        raise CallError("`--json` and `--csv` are two forms of one list", "call screen once for each")
    dictionary = dictionary_asked(asked)

    from screener.report.names import as_details, as_json, as_list, as_table, matching, writable

    entries, word = writable(dictionary), " ".join(asked.word)
    told: tuple[str, ...] = ()
    if word:
        entries, told = matching(entries, word, dictionary)
    encode_output(encoding="utf-8" if asked.json or asked.csv else None, errors="replace", newline="")
    if asked.json:
        print(as_json(entries))
    elif asked.csv:
        print(as_table(entries), end="")
    else:
        print(as_details(entries, told) if word else as_list(entries), end="")
    return DONE
