"""What is kept as facts is read back as it was."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from properties.generators import dictionaries, read, records  # type: ignore[attr-defined]

from screener import load_patients, load_rules
from screener.records.facts.columns import from_table, schema_of, to_table
from screener.records.facts.people import Person, patient_of, person_of
from screener.records.patient import Patient

EXAMPLES = sorted(Path("examples/patients").glob("*.json"))
