"""How long `screen PATIENT` takes as a whole process, beside a process that only imports pydantic and makes a model.

Goals, once the compiled rules are cached: JSON within 1.5 times of that, the table within 2 times. Runs of all commands
alternate, so that a busy machine slows them alike. Prints medians and ratios; says nothing about better or worse.

    python benchmarks/start.py [--runs 30] [RECORD]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SCREEN = str(Path(sys.executable).with_name("screen"))
PYDANTIC = "from pydantic import BaseModel\nclass M(BaseModel):\n    x: int\nM(x=1)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path, default=min((ROOT / "examples" / "patients").glob("*.json")))
    parser.add_argument("--runs", type=int, default=30)
    asked = parser.parse_args()
    commands = {
        "pydantic and one small model": [sys.executable, "-c", PYDANTIC],
        "screen --help": [SCREEN, "--help"],
        "screen RECORD --json": [SCREEN, str(asked.record), "--json"],
        "screen RECORD": [SCREEN, str(asked.record)],
    }
    with tempfile.TemporaryDirectory() as cache:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["SCREENER_CACHE"] = cache
        cold = milliseconds(commands["screen RECORD --json"], environment)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(asked.runs):
            for name, command in commands.items():
                times[name].append(milliseconds(command, environment))
    base = median(times["pydantic and one small model"])
    print(f"{'whole process, ' + str(asked.runs) + ' runs each':<34}{'median':>10}{'ratio':>8}")
    for name, taken in times.items():
        print(f"{name:<34}{median(taken):>7.1f} ms{median(taken) / base:>8.2f}")
    print(f"{'screen RECORD --json, no cache yet':<34}{cold:>7.1f} ms{cold / base:>8.2f}   (one run)")


def milliseconds(command: list[str], environment: Mapping[str, str]) -> float:
    """How long a process takes from start to end. Raises CalledProcessError if it fails."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
