"""How long the rules take to load: checked from their text, and read back from the cache. Imports are left out.

Goal: all rules from text under 0.5 s. Prints medians and ratios; says nothing about better or worse.

    python benchmarks/load.py [--runs 15] [FOLDER]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from screener.loading import compile_rules, load_rulebook, read_folder, shipped_rules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=shipped_rules())
    parser.add_argument("--runs", type=int, default=15)
    asked = parser.parse_args()
    rules = read_folder(asked.folder)
    compile_rules(rules)  # the first one pays for imports, and for building the parser
    from_text = [milliseconds(lambda: compile_rules(rules)) for _ in range(asked.runs)]
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SCREENER_CACHE"] = cache
        load_rulebook(asked.folder)
        from_cache = [milliseconds(lambda: load_rulebook(asked.folder)) for _ in range(asked.runs)]
    lines = sum(text.count("\n") for text in rules.rules.values())
    print(f"{len(rules.rules)} rule files, {lines} lines, {asked.runs} runs each        median   ratio")
    print(f"read, checked and compiled from text       {median(from_text):>10.1f} ms    1.00")
    print(f"read from the cache, digest included       {median(from_cache):>10.1f} ms", end="")
    print(f"{median(from_cache) / median(from_text):>8.2f}")


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
