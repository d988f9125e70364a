"""Blocking engines run in one daemon thread each; this is the only bridge between those threads and the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

_READ_AHEAD = 8  # items a stream may be ahead of its consumer; more only makes a cancelled stream waste work


class Worker:
    """Runs blocking calls one after the other in its own daemon thread.

    The thread is a daemon because native code cannot be interrupted: a process that was told to stop must not wait
    for a model that is still loading.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # else what it was given, e.g. a question, would be kept until the next one

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run ``function(*args)`` in the thread. A call cancelled before its turn never runs."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            if done.cancelled():
                return
            try:
                outcome = function(*args)
            except BaseException as error:  # handed to the awaiting task, whatever it is
                _post(loop, _settle, done, None, error)
            else:
                _post(loop, _settle, done, outcome, None)

        self._jobs.put(job)
        return await done

    async def stream(self, produce: Callable[[Callable[[], bool]], Iterable[T]]) -> AsyncGenerator[T, None]:
        """Iterate ``produce(cancelled)`` in the thread and yield its items here.

        ``cancelled()`` turns true as soon as the consumer is cancelled or closes this generator; ``produce`` must look
        at it between tokens, audio chunks or prefill batches. Consume with ``contextlib.aclosing``.
        """
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        gone = threading.Event()
        room = threading.Semaphore(_READ_AHEAD)

        def job() -> None:
            if gone.is_set():
                return
            try:
                for item in produce(gone.is_set):
                    _post(loop, items.put_nowait, (True, item))
                    room.acquire()
                    if gone.is_set():
                        return
            except BaseException as error:
                _post(loop, items.put_nowait, (False, error))
            else:
                _post(loop, items.put_nowait, (False, None))

        self._jobs.put(job)
        try:
            while True:
                more, item = await items.get()
                if more:
                    room.release()
                    yield item
                elif item is None:
                    return
                else:
                    raise item
        finally:
            gone.set()
            room.release()

    def close(self, timeout: float = 0.5) -> None:
        """Let the queued calls finish, waiting at most ``timeout`` seconds."""
        self._jobs.put(None)
        self._thread.join(timeout)


def _settle(future: asyncio.Future, outcome: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(outcome)
    else:  # a future takes no StopIteration, and would be waited for without end
        future.set_exception(RuntimeError(f"{error!r} was raised") if isinstance(error, StopIteration) else error)


def _post(loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:
        pass  # the loop is closed: the program is ending and nobody waits for this result
