"""`screen site`: which site's file counts here, what it settles, by whom and when, and what is wrong with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from screener.cli.calls import DONE, FOUND, CallError, Parser, encode_output, tell
from screener.cli.options import SITE_FILE, loaded, site_in_reach

if TYPE_CHECKING:
    from screener.rulebook import Rulebook
    from screener.site import Site


def parser() -> Parser:
    """Its options."""
    parser = Parser(
        prog="screen site",
        description=f"Show the site's file ({SITE_FILE}) that counts in this folder: what it settles, by whom and "
        "when, and every problem with it.",
        epilog="exit status: 0 shown, or there is none; 1 it does not fit the rules; 2 it cannot be used",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a site's file (else the nearest one)")
    return parser


def run(asked: argparse.Namespace) -> int:
    """Show it."""
    place = asked.file or site_in_reach()
    if place is None:
        print(f"there is no {SITE_FILE} in this folder or above it; docs/site.md says what it can settle")
        return DONE
    from screener.records.errors import printable
    from screener.report.forms import FormError, form_asked
    from screener.site import SiteError, read_site

    site = read_site(place)
    try:
        form_asked({}, site.output)
    except FormError as problem:
        raise CallError(problem.fault, problem.mend) from None
    dictionary = loaded(site.rules, site.codes, site.hierarchy)
    encode_output(errors="replace")
    for line in _shown(site, dictionary.rulebook):
        print(printable(line))
    try:
        site.check(dictionary.rulebook)
    except SiteError as problem:
        tell(problem)
        return FOUND
    return DONE


def _shown(site: Site, rulebook: Rulebook) -> Iterator[str]:
    yield f"{site.place}" + (f": {site.name}" if site.name else "")
    for key, place in site.places:
        yield f"  {key:<10} {place}" + ("" if place.exists() else "  (not there)")
    for key, text in (("locale", site.locale), ("time zone", site.time_zone), ("output", site.output)):
        if text is not None:
            yield f"  {key:<10} {text}"
    if site.freshness is not None:
        yield f"  labs and findings may be {site.labs_within} old"
        yield f"    {site.freshness.by_whom}"
    for complete in site.complete:
        yield f"  taken as complete: {', '.join(complete.lists)}"
        yield f"    {complete.why}"
        yield f"    {complete.by_whom}; what rests on it is said to be assumed"
    for settled in site.readings:
        yield f"  {settled.line} is read as {site.words_of(settled, rulebook)}"
        yield f"    {settled.by_whom}"
