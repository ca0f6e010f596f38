"""A report as a file: there whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(place: Path, text: str) -> None:
    """Write the text as UTF-8 into a file beside the place, and move that there, so that nobody ever reads a half.

    A link is followed. Raises OSError if it cannot be written; then nothing has changed.
    """
    place = place.resolve()
    draft = place.with_name(f".{place.name[:100]}.{os.getpid()}.part")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
