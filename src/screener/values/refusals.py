"""What is refused: a call, a record, rules, a table. One kind of error, so that the command line shows all alike."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  (what is refused is no error of screener's)
    """Something that cannot be used. `str(refusal)` is the whole message, ready to be shown."""


def message(kind: str, fault: str, place: object = "", mend: str = "") -> str:
    """The message of one fault: what is wrong, where, and how to mend it."""
    lines = [f"error[{kind}]: {fault}", f"  --> {place}" if place else "", f"help: {mend}" if mend else ""]
    return "\n".join(filter(None, lines))
