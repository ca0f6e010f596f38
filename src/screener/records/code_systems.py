"""The code systems of records: what each is called, and the words that coded answers stand for.

All are data, with their sources, in this folder: `systems.tsv`, `unread_systems.tsv`, `answers.tsv` and
`unit_codes.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from screener.values.tables import table_rows

_BELOW = "/*"
"""At the end of an address: any below it is the same system (an edition, a release)."""


@lru_cache(maxsize=4096)
def system_name(system: str) -> str:
    """The dictionary's name of a code system that a record calls by it, by a web address or an object identifier.

    A system that is not known keeps what it is called, without blanks around it.
    """
    return _looked_up(plain_system(system), "systems.tsv") or system.strip()


def is_known_system(system: str) -> bool:
    """Whether a system has a name here, however a record calls it."""
    return system_name(system) in names_of_systems()


def names_of_systems() -> frozenset[str]:
    """The dictionary's names of code systems."""
    return _names("systems.tsv")


def unread_system(system: str) -> str | None:
    """What people call a system whose codes are not read; None if it is not known here."""
    return _looked_up(plain_system(system), "unread_systems.tsv")


def plain_system(system: str) -> str:
    """What a record calls a system, as it is compared."""
    plain = "".join(system.split()).partition("|")[0].casefold().removeprefix("urn:oid:").rstrip("/")
    return "http://" + plain.removeprefix("https://") if plain.startswith("https://") else plain


def answer_word(system: str, code: str) -> str | None:
    """The word that a coded answer stands for (`positive`, `not detected`), in small letters; None if it is no such
    answer. `system` is whatever the record calls it."""
    return _answers().get((system_name(system), code.strip()))


NOT_KNOWN = "unknown"
"""In place of a unit: the code says that it is not known."""


def unit_of_code(system: str, code: str) -> str | None:
    """The unit in UCUM that a code of another system is; `NOT_KNOWN` where it says so; None where nobody knows it."""
    units, name = _unit_codes(), system_name(system)
    return units.get((name, code.strip())) or units.get((name, "*"))


def words_of_answers() -> frozenset[str]:
    """The words that coded answers stand for."""
    return frozenset(_answers().values())


def _looked_up(plain: str, file: str) -> str | None:
    systems = _systems(file)
    if plain in systems:
        return systems[plain]
    above = plain
    while "/" in above:
        above = above.rpartition("/")[0]
        if (name := systems.get(above + _BELOW)) is not None:
            return name
    return None


@cache
def _systems(file: str) -> dict[str, str]:
    """The name of each system, by its names and addresses as they are compared."""
    rows = list(_rows(file))
    found = {name.casefold(): name for name, _ in rows}
    for name, address in rows:
        found[plain_system(address.removesuffix(_BELOW))] = name
        if address.endswith(_BELOW):
            found[plain_system(address.removesuffix(_BELOW)) + _BELOW] = name
    return found


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset(name for name, _ in _rows(file))


@cache
def _answers() -> dict[tuple[str, str], str]:
    return {(system, code): word for system, code, word in _rows("answers.tsv")}


@cache
def _unit_codes() -> dict[tuple[str, str], str]:
    return {(system, code): unit for system, code, unit in _rows("unit_codes.tsv")}


def _rows(file: str) -> Iterator[list[str]]:
    return table_rows(Path(__file__).with_name(file))
