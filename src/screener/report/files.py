"""A report as a file: there whole, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OWN = 0o600
"""Read and written by its owner, and by nobody else."""


def write_whole(place: Path, text: str) -> None:
    """Write the text as UTF-8 into a file beside the place, and move that there, so that nobody ever reads a half.

    A new file is its owner's alone to read, for patients stand in it; one that is there keeps its mode. A link is
    followed. Raises OSError if it cannot be written; then nothing has changed.
    """
    place = place.resolve()
    draft = place.with_name(f".{place.name[:100]}.{os.getpid()}.part")
    try:
        mode = stat.S_IMODE(place.stat().st_mode)
    except FileNotFoundError:
        mode = OWN
    try:
        with open(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN), "w", encoding="utf-8", newline="\n"
        ) as file:
            if mode != OWN:
                draft.chmod(mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
