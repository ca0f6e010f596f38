"""What a record calls things, and what that was read as: codes and their wording, without values, days or persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct


class Sighting(Struct, frozen=True):
    """One way in which a record says what an entry is about.

    `kind` is that of the list it stands in: `lab` (results of every kind), `condition`, `procedure`, `drug`, `event`,
    `substance`. `meanings` are the names of what the entry was read as, by all its codes together.
    """

    kind: str
    system: str | None = None
    code: str | None = None
    text: str | None = None
    unit: str | None = None
    meanings: tuple[str, ...] = ()


class Sightings:
    """How often each was seen. It is filled while records are read, also such as turn out to be unusable."""

    def __init__(self) -> None:
        self._counts: Counter[Sighting] = Counter()

    def saw(self, sighting: Sighting) -> None:
        """One more of these."""
        self._counts[sighting] += 1

    def __iter__(self) -> Iterator[tuple[Sighting, int]]:
        """Each distinct sighting with its count, in the order in which they came up."""
        return iter(self._counts.items())
