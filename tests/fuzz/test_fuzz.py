"""No input breaks the reader, the engine or the report. `tests/fuzz/run.py` looks for one for as long as wanted."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings

from fuzz.inputs import source_of, sources
from fuzz.target import holds, shipped

_shipped = cache(shipped)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(sources)
def test_nothing_but_a_record_error_leaves_and_what_is_read_can_be_shown(source: Any) -> None:
    holds(source, *_shipped())


def test_the_inputs_are_worth_the_while() -> None:
    """A good part is read, and a good part is refused."""
    read = sum(holds(source_of(Random(seed)), *_shipped(), with_table=False) > 0 for seed in range(60))
    assert 15 <= read <= 55
