"""Look for an input that breaks something, for minutes: `python tests/fuzz/run.py [--minutes N] [--seed N]`.

Each round is made from its seed alone, so that what is found can be had again: `--seed N --minutes 0` tries one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

from fuzz.inputs import source_of  # noqa: E402
from fuzz.target import holds, shipped  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for an input that breaks something.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="where to begin; each round takes the next")
    asked = parser.parse_args()
    dictionary, rules = shipped()
    begin = asked.seed if asked.seed is not None else random.randrange(10**9)
    until, seed, found, read = time.monotonic() + asked.minutes * 60, begin, {}, 0
    while True:
        try:
            read += holds(source_of(Random(seed)), dictionary, rules, with_table=seed % 5 == 0)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
            if key not in found:
                found[key] = seed
                print(f"--seed {seed}: {key}: {str(error)[:200]}", flush=True)
        seed += 1
        if time.monotonic() >= until:
            break
    print(f"{seed - begin} inputs from seed {begin}, {read} patients screened, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
