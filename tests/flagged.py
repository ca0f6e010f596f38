"""The words of flags, where a test is about the words."""

from __future__ import annotations

from collections.abc import Iterable

from screener.records.patient import Flag


def said(flags: Iterable[Flag]) -> tuple[str, ...]:
    """What the flags say, whatever their kind."""
    return tuple(flag.text for flag in flags)
