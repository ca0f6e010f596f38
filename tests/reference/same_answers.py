"""Whether two states of the engine answer alike, to the letter: truths, reasons, evidence, needs and words.

Each state tells what it answers in a process of its own, on records that are drawn from the same seeds and on every
record of the examples and of the test data. The two are compared record by record.

    python tests/reference/same_answers.py FORMER [--random 100000] [--of-the-trials 5000] [--seed 0]
                                           [--beyond | --deciding]

FORMER is the folder of another checkout. The random records are of small random rulebooks; those of the trials are of
the shipped rules. `--beyond` compares what is told beyond the answers as well: both forms of JSON, days of change,
distances, advice and the sheet. `--deciding` compares no words: status, basis, reasons, needs, verdict, and what a
population keeps. Exits with 1 and names the first seeds that differ.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from screener.cohort.answers import Desk
    from screener.screening import Screening

HERE = Path(__file__).parents[2]
EACH_RULEBOOK = 25
"""How many records are drawn for one random rulebook."""
LINE_BY_LINE = ("status", "basis", "reasons", "explanation", "evidence", "needs", "readings", "assumptions", "scores",
                "flags", "doubts")  # fmt: skip
DECIDED = ("status", "basis", "reasons", "needs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("former", type=Path)
    parser.add_argument("--random", type=int, default=100_000)
    parser.add_argument("--of-the-trials", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--beyond", action="store_true")
    parser.add_argument("--deciding", action="store_true")
    parser.add_argument("--telling", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.telling:
        how = _deciding if asked.deciding else partial(_digest, beyond=asked.beyond)
        for line in told(asked.random, asked.of_the_trials, asked.seed, how):
            print(line)
        return
    arguments = [sys.executable, __file__, *sys.argv[1:], "--telling"]
    streams = [
        subprocess.Popen(arguments, env=_with(checkout), stdout=subprocess.PIPE, text=True).stdout
        for checkout in (HERE, asked.former)
    ]
    same, differing = 0, []
    for now, before in zip_longest(*(each for each in streams if each is not None)):
        if now == before:
            same += 1
        else:
            differing.append(f"{now} {before}")
    print(f"{same} records are answered alike, {len(differing)} are not")
    print("".join(differing[:20]), end="")
    sys.exit(1 if differing or not same else 0)


def _with(checkout: Path) -> dict[str, str]:
    """The process's environment, with the engine of one checkout; what draws records is always this one's."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout / "src"), str(HERE / "tests")])}


def told(random: int, of_the_trials: int, seed: int, digest: Callable[[Screening], str]) -> Iterator[str]:
    """For each record what it is and a digest of all that is answered."""
    from properties.generators import read, records, rule_texts, rulebook_of, rules_of, subject_of
    from screener import load_rules

    shipped = load_rules()
    for path in _files():
        yield f"{path.relative_to(HERE)} {_of_file(path, digest)}"
    subject = subject_of(shipped, rules_of(shipped.trials.values()))
    for number in range(seed, seed + of_the_trials):
        dice = Random(number)
        record = records(dice, shipped, subject, fullness=dice.choice((60, 80, 100)))
        yield f"of the trials {number} {digest(_screened(read(record, shipped), shipped, dice))}"
    number = seed
    while number < seed + random:
        rulebook = rulebook_of(rule_texts(Random(f"rules {number}")))
        last = min(number + EACH_RULEBOOK, seed + random)
        for each in range(number, last) if rulebook is not None else ():
            dice = Random(each)
            record = records(dice, rulebook, subject_of(rulebook, rules_of(rulebook.trials.values())))
            yield f"random {each} {digest(_screened(read(record, rulebook), rulebook, dice))}"
        number = last


def _files() -> list[Path]:
    return sorted(each for folder in ("examples", "tests/data") for each in (HERE / folder).rglob("*.json"))


def _of_file(path: Path, digest: Callable[[Screening], str]) -> str:
    from screener import RecordError, load_patients, load_rules

    rules = load_rules()
    answers = []
    try:
        for patient in load_patients(path, rules):
            if isinstance(patient, RecordError):
                answers.append("unread")
            else:
                day = "2026-02-20" if patient.as_of is None else None
                answers.append(digest(_screened(patient, rules, Random(0), day)))
    except RecordError:
        return "unread"
    return " ".join(answers)


def _screened(patient: object, rules: object, dice: Random, as_of: str | None = "2026-02-20") -> Screening:
    from properties.generators import ALL_LISTS
    from reference.test_oracle_agrees import LENGTHS
    from screener.screening import evaluate

    assumed = frozenset(dice.sample(ALL_LISTS, dice.choice((0, 0, 1, 3))))
    return evaluate(
        patient,  # type: ignore[arg-type]
        rules,  # type: ignore[arg-type]
        as_of=as_of,
        assume_complete=assumed,
        labs_within=dice.choice(LENGTHS),
    )


def _digest(screening: Screening, *, beyond: bool) -> str:
    from screener.values.truth import UNKNOWN

    # The truth is decided first, and what shows it may be found later: the two must never part.
    parts: list[object] = [(line.truth, line.status) for trial in screening.trials for line in trial.criteria]
    for trial in screening.trials:
        parts += [trial.id, trial.verdict, trial.counts]
        for line in trial.criteria:
            of_readings = {judged.truth for judged in line.counted}
            if line.truth is not (UNKNOWN if len(of_readings) > 1 else min(of_readings, key=str)):
                parts.append("the truth and the answers part")
            parts += [getattr(line, name) for name in LINE_BY_LINE]
        parts += [trial.waits_for, trial.check_first]
    parts.append(screening.notes)
    if beyond:
        parts += _beyond(screening)
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _deciding(screening: Screening) -> str:
    parts: list[object] = []
    for trial in screening.trials:
        parts += [trial.id, trial.verdict, trial.waits_for]
        parts += [[getattr(line, name) for name in DECIDED] for line in trial.criteria]
    parts.append(_of_population(screening))
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _of_population(screening: Screening) -> list[object]:
    """The rows that a population keeps, with moved limits."""
    from screener.cohort.answers import Desk, How

    options = screening.options
    known = _DESKS.get(id(screening.rulebook))
    limits = None if known is None else known.limits
    desk = Desk(
        screening.rulebook,
        How(screening.as_of, screening.as_of, options.assume_complete, _length(options.labs_within), options.trials),
    )
    if limits is not None:
        desk.__dict__["limits"] = limits  # made once for a rulebook: they take longest
    else:
        _DESKS.clear()
        _DESKS[id(screening.rulebook)] = desk
    return list(desk.rows(screening.record, "").values())


_DESKS: dict[int, Desk] = {}


def _length(text: str | None) -> object:
    from screener.values.dates import parse_duration

    return None if text is None else parse_duration(text)


def _beyond(screening: Screening) -> Iterator[object]:
    from screener import advise
    from screener.advice.distance import distance
    from screener.advice.when import changes
    from screener.sheet.making import sheet_of

    yield from (screening.to_json(), screening.to_json("compact"), changes(screening), distance(screening))
    yield advise(screening).to_dict()
    yield sheet_of(screening)


if __name__ == "__main__":
    main()
