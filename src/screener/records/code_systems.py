"""The code systems of records: what each is called, and the words that coded answers stand for.

Both are data: `systems.tsv` and `answers.tsv` beside this file, with their sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path


def system_name(system: str) -> str:
    """The dictionary's name of a code system that a record calls by it, by a web address or an object identifier.

    A system that is not known keeps what it is called, without blanks around it.
    """
    plain = system.strip().removeprefix("urn:oid:").rstrip("/")
    if plain.startswith("https://"):
        plain = "http://" + plain.removeprefix("https://")
    systems = _systems()
    return systems.get(plain) or systems.get(plain.casefold()) or system.strip()


def answer_word(system: str, code: str) -> str | None:
    """The word that a coded answer stands for (`positive`, `not detected`), in small letters; None if it is no such
    answer. `system` is whatever the record calls it."""
    return _answers().get((system_name(system), code.strip()))


@cache
def _systems() -> dict[str, str]:
    rows = list(_rows("systems.tsv"))
    return {name: name for name, _ in rows} | {address: name for name, address in rows}


@cache
def _answers() -> dict[tuple[str, str], str]:
    return {(system, code): word for system, code, word in _rows("answers.tsv")}


def _rows(file: str) -> Iterator[list[str]]:
    for line in Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")
