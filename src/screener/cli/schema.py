"""`screen schema [record|result]`"""

from __future__ import annotations

import argparse

from screener.cli.calls import DONE, Parser, encode_output


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen schema", description="Print the JSON Schema of what screen reads (record) or prints (result)."
    )
    parser.add_argument("what", nargs="?", choices=("record", "result"), default="record")
    return parser


def run(asked: argparse.Namespace) -> int:
    """Print the schema."""
    import json

    if asked.what == "record":
        from screener.records.native import record_schema as schema
    else:
        from screener.schema import result_schema as schema

    encode_output(encoding="utf-8")
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return DONE
