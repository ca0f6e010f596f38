"""A warehouse on a database server: copied first, then read as the folder that the copy is."""

from __future__ import annotations

from pathlib import Path

from screener.records.documents import refused
from screener.records.omop.tables import NEEDED, OTHERS, WHO_ALONE
from screener.terminology.postgresql import copied
from screener.terminology.warehouse import UnusableTablesError, without_password


def copy_of(address: str, folder: Path) -> Path:
    """Copy the tables that are read into a new folder. Raises RecordError where they cannot be, and OSError."""
    try:
        return copied(address, folder, NEEDED, OTHERS, WHO_ALONE)
    except UnusableTablesError as error:
        fault = f"it cannot be read as an OMOP CDM: {error.fault}"
        mend = "see docs/omop.md for the tables and columns that are read"
        raise refused(called(address), "", fault, mend) from None


def called(address: str) -> str:
    """What messages call a database: its address without the password."""
    return without_password(address)
