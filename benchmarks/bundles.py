"""Two FHIR Bundles for the benchmarks, made from the patients under tests/data: an ordinary one, and a large one.

And what their reading is measured by: parsing the text twice, and walking once over the result.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

DATA = Path(__file__).parents[1] / "tests" / "data"
ORDINARY = 200
"""Resources of the ordinary Bundle."""
LARGE = 5_000_000
"""Bytes of the large one, at least."""

Resource = dict[str, Any]


def ordinary_bundle() -> bytes:
    """A patient of the ward with decompensated cirrhosis: everything on record, and the labs of weeks before, too."""
    folder = DATA / "clinosim" / "cirrhosis"
    resources = [each for path in sorted(folder.glob("*.ndjson.gz")) for each in _lines(path)]
    stays: dict[str, list[Resource]] = {}
    for each in resources:
        whose = each.get("subject", {}).get("reference", f"Patient/{each['id']}")
        stays.setdefault(whose, []).append(each)
    own = max(stays.values(), key=len)
    labs = [each for each in own if each["resourceType"] == "Observation"]
    month = 5
    while len(own) < ORDINARY:
        own += [_earlier(each, month) for each in labs[: ORDINARY - len(own)]]
        month -= 1
    return _bundle([{"resource": each} for each in own])


def _earlier(lab: Resource, month: int) -> Resource:
    when = lab["effectiveDateTime"].replace("2024-06", f"2024-{month:02}")
    return lab | {"id": f"{lab['id']}-{month}", "effectiveDateTime": when}


def large_bundle() -> bytes:
    """A whole transaction Bundle of Synthea with its claims and bills, joined with copies of itself under new ids."""
    with gzip.open(DATA / "synthea" / "patient.json.gz", "rt", encoding="utf-8") as file:
        entries = json.load(file)["entry"]
    patient, others = [entries[0]], entries[1:]
    if patient[0]["resource"]["resourceType"] != "Patient":
        raise ValueError("a Bundle of Synthea begins with its Patient")
    ids = [each["resource"]["id"] for each in others]
    text, joined, size, copy = json.dumps(others), patient, 0, 0
    while size < LARGE:
        again = text
        for identity in ids:
            again = again.replace(identity, f"{identity[:-4]}{copy:04x}")
        joined += json.loads(again)
        size += len(again)
        copy += 1
    return _bundle(joined)


def _lines(path: Path) -> list[Resource]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _bundle(entries: list[Resource]) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1).encode()


# ---- measuring


def touch(text: bytes) -> int:
    """Parse a text twice, and count the values in it."""
    json.loads(text)
    return walked(json.loads(text))


def walked(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(walked(each) for each in value.values())
    if isinstance(value, list):
        return 1 + sum(walked(each) for each in value)
    return 1


def in_turn(works: list[Callable[[], object]], runs: int) -> list[float]:
    """The median milliseconds of each, run in turn."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for taken, work in zip(times, works, strict=True):
            start = time.process_time()
            work()
            taken.append((time.process_time() - start) * 1000)
    return [median(taken) for taken in times]
