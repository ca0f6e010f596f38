"""What is known about one patient: a record in one of its forms, read and checked, as facts in canonical units.

`read_patient` is the door. Importing this package is cheap: the models of the native form, which need pydantic, are
loaded when a record is read, so that evaluating a Patient pays for none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from screener.records.errors import RecordError
    from screener.records.native import record_schema
    from screener.records.reading import read_patient, read_patients

_HOMES = {
    "RecordError": "screener.records.errors",
    "read_patient": "screener.records.reading",
    "read_patients": "screener.records.reading",
    "record_schema": "screener.records.native",
}

if not TYPE_CHECKING:  # a type checker sees the imports above

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


__all__ = ["RecordError", "read_patient", "read_patients", "record_schema"]
