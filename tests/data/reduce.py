"""Make the FHIR data beside this file from what it was taken from: `python tests/data/reduce.py FOLDER`.

FOLDER holds `fhir-r4-examples`, `synthea` and `clinosim` as their READMEs here say. What no reading of a record needs
is left out, and first of all what tells of persons: names, addresses, telephone numbers, pictures.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent
EVERY = 30
"""Of Synthea's patients, every so many is kept."""

_ABOUT_PERSONS = frozenset({"telecom", "address", "contact", "photo", "authorString"})
_PERSONS = frozenset({"Patient", "Practitioner", "RelatedPerson", "Person", "FamilyMemberHistory"})
_NOT_NEEDED = frozenset(
    {
        *("asserter", "basedOn", "category", "communication", "contained", "courseOfTherapyType", "diagnosis"),
        *(
            "extension",
            "hospitalization",
            "identifier",
            "issued",
            "length",
            "location",
            "maritalStatus",
            "meta",
            "name",
        ),
        *("note", "participant", "partOf", "performer", "priority", "reasonCode", "reasonReference", "recorder"),
        *("requester", "serviceProvider", "serviceType", "statusHistory", "usedCode", "evidence", "outcome"),
    }
)
_BULK = ("Patient", "Observation", "Condition", "Encounter", "MedicationRequest", "Procedure", "AllergyIntolerance")
"""Kinds of resources that are kept of the two generators."""

Resource = dict[str, Any]


def without_persons(value: Any) -> Any:
    """A resource without names, addresses, narrative, the words beside references, and the content of attachments."""
    if isinstance(value, list):
        return [without_persons(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_persons(each)
        for key, each in value.items()
        if key not in _ABOUT_PERSONS
        and not (key == "text" and isinstance(each, dict))
        and not (key == "data" and isinstance(each, str))
        and not (key == "name" and value.get("resourceType") in _PERSONS)
        and not (key == "display" and "reference" in value)
        and not (key == "extension" and value.get("resourceType") in _PERSONS)
    }


def needed(resource: Resource) -> Resource:
    """A resource of a generator with the fields from which facts can be made."""
    return {key: each for key, each in without_persons(resource).items() if key not in _NOT_NEEDED}


def resources_of(path: Path) -> Iterator[Resource]:
    """The resources of an NDJSON file that is packed by gzip, with numbers as they are written."""
    with gzip.open(path, "rb") as file:
        for line in file:
            yield json.loads(line, parse_float=Decimal)


def write(path: Path, resources: Iterable[Resource]) -> None:
    """Write NDJSON, packed, the same bytes each time."""
    lines = b"".join(_ENCODER.encode(each) + b"\n" for each in resources)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(lines, 9, mtime=0))


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def reduce(folder: Path) -> None:
    """Write all three sets."""
    examples = sorted(path for path in (folder / "fhir-r4-examples").glob("*.json") if path.stem[0] != "_")
    loaded = [json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal) for path in examples]
    write(HERE / "fhir-r4-examples" / "examples.ndjson.gz", map(without_persons, loaded))

    for kind in _BULK:
        if (path := folder / "clinosim" / "cirr" / f"{kind}.ndjson.gz").exists():
            write(HERE / "clinosim" / "cirrhosis" / path.name, map(needed, resources_of(path)))

    synthea = folder / "synthea"
    patients = [each["id"] for each in resources_of(synthea / "Patient.ndjson.gz")][::EVERY]
    kept = {f"Patient/{each}" for each in patients}
    for kind in _BULK:
        of_those = (each for each in resources_of(synthea / f"{kind}.ndjson.gz") if _subject(each) in kept)
        write(HERE / "synthea" / "bulk" / f"{kind}.ndjson.gz", map(needed, of_those))
    bundles = {
        "hospitals": "hospitalInformation1559319163815",
        "patient": "Clemente_Kreiger_1484a42d-0eaf-4654-9cbf-6b050a5cd73b",
    }
    for name, source in bundles.items():
        bundle = json.loads((synthea / "bundles" / f"{source}.json").read_text(encoding="utf-8"), parse_float=Decimal)
        if name == "hospitals":
            bundle["entry"] = bundle["entry"][:4]
        write(HERE / "synthea" / f"{name}.json.gz", [without_persons(bundle)])


def _subject(resource: Resource) -> str:
    if resource["resourceType"] == "Patient":
        return f"Patient/{resource['id']}"
    reference = resource.get("subject") or resource.get("patient") or {}
    return str(reference.get("reference", "")).replace("urn:uuid:", "Patient/")


if __name__ == "__main__":
    reduce(Path(sys.argv[1]))
