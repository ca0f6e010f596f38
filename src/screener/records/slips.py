"""What was probably meant where a text is nearly JSON: the slips of people who type it."""

from __future__ import annotations

import re

_FAR = 1000
"""Characters before and behind the place that are looked at."""
_QUOTES = "'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb`"
_WORD = re.compile(r"[^\W\d_]")
_AS_IN_PYTHON = re.compile(r"(True|False|None)\b")
_YEAR_BEFORE = re.compile(r"[:\[,]\s*\d{4}\Z")
_NUMBER_BEFORE = re.compile(r"\d\s*,\s*\Z")


def how_to_mend(text: str, at: int, *, is_over: bool = False) -> str:
    """How to mend a text at the place where it stops being JSON; nothing where that is not clear. `is_over`: a whole
    JSON text stands before the place."""
    if is_over:
        return "give one record, or each in a line of its own"
    before, here = text[max(0, at - _FAR) : at].rstrip(), text[at : at + 1]
    match here:
        case "":
            return "its end is missing: give the whole of it"
        case "}" | "]" if before.endswith(","):
            return f"leave the comma before the `{here}` out"
        case "," if text[at + 1 : at + _FAR].lstrip()[:1] in ("}", "]"):
            return "leave this comma out"
        case "," if before.endswith(","):
            return "leave one of the two commas out"
        case "-" if _YEAR_BEFORE.search(before):
            return 'write the date in quotation marks: `"…"`'
        case "#" | "/":
            return "leave the remark out: JSON has none"
        case _ if here in _QUOTES:
            return 'write `"` for every quotation mark'
        case '"':
            return "a comma is missing before it" if before[-1:] not in ("", ",", ":", "{", "[") else ""
        case "." | "+":
            return "write the number with a digit before its point, such as `0.5`, and without a plus sign"
        case _ if here.isdigit() and _NUMBER_BEFORE.search(before):
            return "write decimals with a point, such as `1.5`"
        case _ if here.isdigit() and before.endswith("0"):
            return "write the number without the zero before it"
        case _ if _AS_IN_PYTHON.match(text, at):
            return "write `true`, `false` or `null`"
        case _ if _WORD.match(here):
            return 'write words, and the names of fields, in quotation marks: `"…"`'
        case _:
            return ""
