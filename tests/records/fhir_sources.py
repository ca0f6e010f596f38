"""Where the FHIR data of the tests lies, and how a test reads patients with the rules that are shipped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from screener.loading import load_rulebook
from screener.records.dictionary import Dictionary
from screener.records.documents import Document
from screener.records.errors import RecordError
from screener.records.fhir.patients import read_resources
from screener.records.patient import Patient
from screener.records.reading import read_patients
from screener.records.sources import Source

DATA = Path(__file__).parents[1] / "data"
HL7 = DATA / "fhir-r4-examples" / "examples.ndjson.gz"
SYNTHEA = DATA / "synthea"
CIRRHOSIS = DATA / "clinosim" / "cirrhosis"


@cache
def dictionary() -> Dictionary:
    """The dictionary of the rules that are shipped."""
    return Dictionary(load_rulebook())


def patients_of(source: Source) -> list[Patient]:
    """The patients of a source, none of which is refused."""
    read = list(read_patients(source, dictionary()))
    refused = [each for each in read if isinstance(each, RecordError)]
    assert not refused, refused[0]
    return [each for each in read if isinstance(each, Patient)]


def patients_in(*resources: dict[str, Any]) -> Sequence[Patient]:
    """The patients of resources that came together."""
    read = read_resources([Document(each) for each in resources], dictionary(), "record", None)
    return [each for each in read if isinstance(each, Patient)]
