"""Files about patients that are there whole, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

ONLY_THE_OWNER = 0o600


@contextmanager
def whole_file(place: Path) -> Iterator[BinaryIO]:
    """Write a new file in the same folder and move that into place, so that nobody ever reads half of it.

    A link is followed. A new file can be read by its owner alone, because it is about patients; an existing one keeps
    its mode. Raises OSError if it cannot be written; then nothing has changed.
    """
    place = place.resolve()
    draft = place.with_name(f".{place.name[:100]}.{token_hex(4)}.part")
    try:
        mode = stat.S_IMODE(place.stat().st_mode)
    except OSError:
        mode = ONLY_THE_OWNER
    try:
        with open(draft, "xb", opener=for_the_owner) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def for_the_owner(path: str, flags: int) -> int:
    """Open a file as `open` would, for its owner alone."""
    return os.open(path, flags, ONLY_THE_OWNER)
