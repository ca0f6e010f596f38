"""The same work on a Spark cluster: `screen cohort --engine spark`.

Each task reads one file of facts from the folder that all executors share, screens its patients with the one evaluator
and writes their answers there. Only plans go out and only counts come back: nothing of a patient passes the driver, and
nothing is shuffled.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from screener.cohort.run import Doing, Done, Plan, Work

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def by_spark(session: SparkSession) -> Doing:
    """A Spark session does the work."""

    def doing(work: Work, plans: Sequence[Plan]) -> Iterator[Done]:
        if not plans:
            return
        # One plan a partition: the rows are nothing but numbers, and the plans go along with the function.
        numbers = session.range(0, len(plans), 1, len(plans))
        # All at once: `toLocalIterator` would start the next only when one is done.
        rows = numbers.mapInArrow(_task(work, plans), "number long, done binary").collect()
        done = {row.number: msgspec.msgpack.decode(bytes(row.done), type=Done) for row in rows}
        yield from (done[number] for number in range(len(plans)))

    return doing


def _task(work: Work, plans: Sequence[Plan]) -> Any:
    from pyspark import cloudpickle

    packed = cloudpickle.dumps((work, plans))  # type: ignore[no-untyped-call]

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        work, plans = _unpacked(packed)
        for batch in batches:
            numbers = batch.column(0).to_pylist()
            done = [msgspec.msgpack.encode(work(plans[number])) for number in numbers]
            yield pa.RecordBatch.from_arrays(
                [pa.array(numbers, pa.int64()), pa.array(done, pa.binary())], ["number", "done"]
            )

    return task


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> tuple[Work, Sequence[Plan]]:
    """What to do, once for all tasks of a worker: to compile the rules takes longer than some patients."""
    work, plans = pickle.loads(packed)
    return work, plans


def session_for(master: str | None = None) -> SparkSession:
    """A session on the cluster that the environment names, or on `master`; its workers run this very Python."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("screener").config("spark.ui.showConsoleProgress", "false")
    if master is not None:
        builder = builder.master(master)
    if master is None or master.startswith("local"):
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    return builder.getOrCreate()
