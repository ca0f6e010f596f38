"""Work on many things at once, with the results in the order of the things.

The other processes are forks: what has been loaded is there already. They end as soon as the process that gives them
their work does, however that ends. Where a system has no fork, one process does all.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_MOST_AHEAD = 4
"""Things for each process that are given out before their results are needed."""

Thing = TypeVar("Thing")
Result = TypeVar("Result")

_work: Callable[[Any], Any]


def in_order(work: Callable[[Thing], Result], things: Iterable[Thing], jobs: int) -> Iterator[Result]:
    """What `work` makes of each thing. Things are taken as they are needed, a few ahead.

    Things and results go from process to process by pickle. Raises what `work` raises, and ChildProcessError where a
    process was ended from outside.
    """
    if jobs < 2:
        yield from map(work, things)
        return
    import multiprocessing  # only who has several processes pays for it
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    if "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, things)
        return
    global _work  # a fork inherits it; it may be what cannot be pickled
    _work = work
    waiting: deque[Future[Result]] = deque()
    with _lifeline() as lifeline:
        executor = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin, (lifeline,))
        try:
            for thing in things:
                waiting.append(executor.submit(_do, thing))
                if len(waiting) > jobs * _MOST_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise ChildProcessError("a process that worked for this call was ended") from None
        finally:
            executor.shutdown(cancel_futures=True)


_Lifeline = tuple[int, int]
"""A pipe that the giver of the work holds open at its writing end, and nobody else: it closes when the giver ends."""


@contextmanager
def _lifeline() -> Iterator[_Lifeline]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(writing)
        os.close(reading)


def _begin(lifeline: _Lifeline) -> None:
    gc.freeze()  # the garbage collector would touch, and so copy, every page shared with the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the one who gives the work
    reading, writing = lifeline
    os.close(writing)
    threading.Thread(target=_end_with, args=(reading,), daemon=True).start()


def _end_with(reading: int) -> None:
    os.read(reading, 1)
    os._exit(1)


def _do(thing: Any) -> Any:
    return _work(thing)


def forked_in_order(work: Callable[[Thing], Result], things: Iterable[Thing], jobs: int) -> Iterator[Result]:
    """The same, with one fork of this process for each thing.

    A thing may be whatever this process holds; only results go through a pipe. A fork costs some hundredths of a
    second, so each thing should take longer. Raises ChildProcessError also if `work` raises what cannot be sent.
    """
    if jobs < 2:
        yield from map(work, things)
        return
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, things)
        return
    from multiprocessing.connection import wait

    context = multiprocessing.get_context("fork")
    running: dict[Any, tuple[int, Any]] = {}
    done: dict[int, Result] = {}
    begun = given = 0

    def begin(thing: Thing) -> None:
        nonlocal begun
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_do_once, args=(work, thing, there, lifeline), daemon=True)
        process.start()
        there.close()
        running[here] = begun, process
        begun += 1

    def end_some() -> None:
        ready: list[Any] = list(wait(list(running)))
        for here in ready:
            number, process = running.pop(here)
            try:
                is_done, result = here.recv()
            except EOFError:
                raise ChildProcessError("a process that worked for this call was ended") from None
            finally:
                here.close()
                process.join()
            if not is_done:
                raise result
            done[number] = result

    with _lifeline() as lifeline:
        try:
            for thing in things:
                begin(thing)
                if len(running) >= jobs:
                    end_some()
                while given in done:
                    yield done.pop(given)
                    given += 1
            while given < begun:
                if given not in done:
                    end_some()
                else:
                    yield done.pop(given)
                    given += 1
        finally:
            for here, (_, process) in running.items():
                process.terminate()
                process.join()
                here.close()


def _do_once(work: Callable[[Any], Any], thing: Any, there: Any, lifeline: _Lifeline) -> None:
    _begin(lifeline)
    try:
        said = True, work(thing)
    except BaseException as error:
        said = False, error
    there.send(said)
    there.close()
