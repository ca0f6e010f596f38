"""`screen terminology build` and `screen terminology explain`"""

from __future__ import annotations

import argparse
from pathlib import Path

from screener.cli.calls import (
    DONE,
    MOST_SHOWN,
    CallError,
    Parser,
    cannot_be_written,
    check_names,
    counted,
    encode_output,
)
from screener.cli.options import RULES, add_rules_and_codes, add_site, dictionary_asked


def parser() -> Parser:
    """Its two parts, each with its options."""
    whole = Parser(
        prog="screen terminology",
        description="What codes say of the dictionary's concepts: it is the concept, may be it, or is not it.",
        epilog="`screen terminology build --help` and `screen terminology explain --help` say more.",
    )
    whole.has_parts = True
    parts = whole.add_subparsers(metavar="build|explain", dest="part", required=True, parser_class=Parser)
    build = parts.add_parser(
        "build",
        help="make the index of a vocabulary",
        prog="screen terminology build",
        usage="screen terminology build (--omop PLACE | --rf2 FOLDER |\n"
        "       --valueset FILE… --says TABLE.csv) -o FILE [--rules FOLDER]",
        description="Make the index of a vocabulary: which of its codes are, may be or are not what rules ask for.\n"
        "It holds names and kinships of the vocabulary, whose licence goes with it.",
        epilog="exit status: 0 written; 2 the folder, the rules or the file could not be used",
    )
    source = build.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--omop",
        metavar="PLACE",
        help="a vocabulary from Athena, or a CDM with one (CONCEPT, CONCEPT_ANCESTOR, CONCEPT_RELATIONSHIP): a folder "
        "of CSV or Parquet files, a DuckDB file, or postgresql://…",
    )
    source.add_argument("--rf2", type=Path, metavar="FOLDER", help="a release of SNOMED CT (RF2), unpacked")
    source.add_argument(
        "--valueset", type=Path, nargs="+", metavar="FILE", help="expanded ValueSets (FHIR, JSON), with --says"
    )
    build.add_argument(
        "--says",
        type=Path,
        metavar="TABLE.csv",
        help="what each ValueSet is of which concept (valueset, concept, says: whole, part or may be)",
    )
    build.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help="the index to write; replaces one that is there"
    )
    build.add_argument("--rules", type=Path, metavar="FOLDER", help=RULES)
    explain = parts.add_parser(
        "explain",
        help="what a code says, and which table says so",
        prog="screen terminology explain",
        description="Say what a code is, may be and is not, under each system that knows it, and which table says so.",
        epilog="exit status: 0 shown; 2 the rules, a table or the call could not be used",
    )
    explain.add_argument("code", metavar="CODE", help="a code, such as K72.9 or 'snomed 38341003'")
    explain.add_argument("concept", nargs="?", metavar="CONCEPT", help="only this concept")
    explain.add_argument("--system", action="append", metavar="SYSTEM", help="its system (else all that know the code)")
    add_rules_and_codes(explain)
    add_site(explain)
    return whole


def run(asked: argparse.Namespace) -> int:
    """Do what the part is for."""
    return _build(asked) if asked.part == "build" else _explain(asked)


def _explain(asked: argparse.Namespace) -> int:
    dictionary = dictionary_asked(asked)

    from screener.report.terminology import SYSTEMS, explained

    concept = None
    if asked.concept is not None:
        meaning = dictionary.named(asked.concept)
        concept = meaning.entry.name if meaning is not None else asked.concept
        check_names([concept], tuple(dictionary.rulebook.concepts), "concept of these rules")
    encode_output(errors="replace")
    system, _, code = asked.code.strip().rpartition(" ")
    systems = [system] if system else asked.system or SYSTEMS
    for line in explained(code, systems, dictionary, concept):
        print(line)
    return DONE


def _build(asked: argparse.Namespace) -> int:
    from screener.loading import load_rulebook
    from screener.terminology.omop import build_index
    from screener.terminology.rf2 import build_from_rf2
    from screener.terminology.value_sets import build_from_value_sets

    if (asked.valueset is None) != (asked.says is None):
        raise CallError(
            "--valueset and --says go together",
            "give the ValueSets, and the table of their concepts",
        )
    try:
        rulebook = load_rulebook(asked.rules)
        if asked.rf2 is not None:
            built = build_from_rf2(asked.rf2, rulebook, asked.out)
        elif asked.valueset is not None:
            from screener.records.code_systems import system_name

            for each in (*asked.valueset, asked.says):
                if not each.is_file():
                    raise CallError(f"`{each}` is not there", "name the files of expanded ValueSets, and the table")
            built = build_from_value_sets(asked.valueset, asked.says, rulebook, asked.out, system_name)
        else:
            built = build_index(asked.omop, rulebook, asked.out)
    except OSError as problem:
        raise cannot_be_written(asked.out, problem) from None
    encode_output(errors="replace")
    print(f"wrote {asked.out}: {counted(built.codes, 'code')} of {', '.join(built.systems)}")
    print(f"release: {built.release or 'the vocabulary does not say'}")
    print(f"{counted(built.related, 'code')} {'is' if built.related == 1 else 'are'} or may be something asked for")
    if built.unknown:
        listed = ", ".join(" ".join(code) for code in built.unknown[:MOST_SHOWN])
        more = ", …" if len(built.unknown) > MOST_SHOWN else ""
        print(f"{counted(len(built.unknown), 'code')} of the dictionary not found there: {listed}{more}")
    return DONE
