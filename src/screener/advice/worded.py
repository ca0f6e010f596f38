"""Data that carries its own wording in the field `text`, so that JSON has it, too."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import force_setattr


class Worded(Struct, frozen=True, kw_only=True):
    """Something with its own words. `text` is made when the rest is known, whatever is given for it."""

    text: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "text", self.in_words())

    def in_words(self) -> str:
        """The words."""
        raise NotImplementedError
