"""Work on many things at once, with the results in the order of the things.

The other processes are forks: what has been loaded is there already. Where a system has no fork, one process does all.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
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
    executor = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin)
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


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the one who gives the work


def _do(thing: Any) -> Any:
    return _work(thing)


def forked_in_order(work: Callable[[Thing], Result], things: Iterable[Thing], jobs: int) -> Iterator[Result]:
    """The same, with a process for each thing, which is a fork of this one as it is then.

    So a thing may be whatever this process holds; only results go through a pipe. A process costs some hundredths of a
    second: a thing should be work for longer. Raises ChildProcessError also where `work` raises what cannot be sent.
    """
    if jobs < 2:
        yield from map(work, things)
        return
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, things)
        return
    context = multiprocessing.get_context("fork")
    running: deque[tuple[Any, Any]] = deque()

    def begin(thing: Thing) -> None:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_do_once, args=(work, thing, there), daemon=True)
        process.start()
        there.close()
        running.append((process, here))

    def ended() -> Result:
        process, here = running.popleft()
        try:
            is_done, result = here.recv()
        except EOFError:
            raise ChildProcessError("a process that worked for this call was ended") from None
        finally:
            here.close()
            process.join()
        if not is_done:
            raise result
        return result  # type: ignore[no-any-return]

    try:
        for thing in things:
            begin(thing)
            if len(running) >= jobs:
                yield ended()
        while running:
            yield ended()
    finally:
        for process, here in running:
            process.terminate()
            process.join()
            here.close()


def _do_once(work: Callable[[Any], Any], thing: Any, there: Any) -> None:
    _begin()
    try:
        said = True, work(thing)
    except BaseException as error:
        said = False, error
    there.send(said)
    there.close()
