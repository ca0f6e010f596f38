"""How much memory and time a bulk export takes, screened against every trial and told as JSON, from a synthetic one.

The export is made of a patient of the ward, many times over under other ids: a file for each kind of resource. Each
call is a process of its own; what is printed is its peak memory, its time on the clock, and when its first answer came.

    python benchmarks/export.py [--patients 5000] [--jobs 1 2] [--packed]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "tests" / "data" / "clinosim" / "cirrhosis"
OF_A_PATIENT = 40
"""Resources of each patient, about."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--packed", action="store_true", help="pack the files by gzip")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make_export(Path(folder), asked.patients, is_packed=asked.packed)
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
        print(f"{asked.patients} patients, {made} resources, {size / 1e6:.0f} MB")
        for jobs in asked.jobs:
            peak, taken, first, lines = measure(folder, jobs)
            print(
                f"--jobs {jobs:<4}{peak / 1024:>6.0f} MB peak{taken:>8.1f} s, first after {first:.1f} s, {lines} told"
            )


def make_export(folder: Path, patients: int, *, is_packed: bool = False) -> int:
    """Write an export of so many patients, and return how many resources it has."""
    own, shared = a_patient()
    ending = ".ndjson.gz" if is_packed else ".ndjson"
    made = 0
    for kind in {each["resourceType"] for each in [*own, *shared]}:
        place = folder / f"{kind}{ending}"
        with gzip.open(place, "wt") if is_packed else place.open("w") as file:
            for each in shared:
                if each["resourceType"] == kind:
                    file.write(json.dumps(each) + "\n")
                    made += 1
            texts = [json.dumps(each) for each in own if each["resourceType"] == kind]
            for number in range(patients):
                for text in texts:
                    file.write(text.replace("@@", f"{number:06}") + "\n")
                    made += 1
    return made


def a_patient() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The resources of one patient, with `@@` in every id and reference to them; and those about nobody."""
    resources = [
        json.loads(line)
        for path in sorted(DATA.glob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    whose = next(each["id"] for each in resources if each["resourceType"] == "Patient")
    own = [
        each
        for each in resources
        if each["id"] == whose or each.get("subject", {}).get("reference") == f"Patient/{whose}"
    ]
    kept = [each for each in own if each["resourceType"] != "Observation"]
    kept += [each for each in own if each["resourceType"] == "Observation"][: max(OF_A_PATIENT - len(kept), 5)]
    names = [f"{each['resourceType']}/{each['id']}" for each in kept]
    text = json.dumps(kept)
    for name in names:
        text = text.replace(f'"{name}"', f'"{name}-@@"').replace(
            f'"{name.partition("/")[2]}"', f'"{name.partition("/")[2]}-@@"'
        )
    shared = [each for each in resources if "subject" not in each and each["resourceType"] != "Patient"]
    return json.loads(text), shared


def measure(folder: str, jobs: int) -> tuple[int, float, float, int]:
    """Peak memory in KiB, seconds, seconds until the first answer, and lines of output."""
    call = [sys.executable, "-m", "screener", folder, "--json", "--as-of", "2024-07-01"]
    begun = time.monotonic()
    child = subprocess.Popen([*call, "--jobs", str(jobs)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    first, lines = 0.0, 0
    for _ in child.stdout:
        first = first or time.monotonic() - begun
        lines += 1
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss, time.monotonic() - begun, first, lines


if __name__ == "__main__":
    main()
