"""Work in a process of its own: its memory is its own, and when native code crashes, only it is gone."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from assistant.errors import AssistantError

Record = dict[str, Any]
Work = Callable[..., None]
"""``work(*given, send)``, a function of a module: calls ``send(record)`` for all that it found."""


def results(work: Work, *given: Any) -> Generator[Record]:
    """The records that ``work`` sends, as they come; the process ends with this generator.

    Raises AssistantError when the work failed or its process died.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, work, given), daemon=True)
    process.start()
    theirs.close()
    try:
        while True:
            try:
                kind, content = ours.recv()
            except EOFError:
                process.join()
                raise AssistantError(_died(process.exitcode)) from None
            if kind == "record":
                yield content
            elif kind == "failed":
                raise AssistantError(content)
            else:
                return
    finally:
        ours.close()
        process.join(0.5)
        if process.is_alive():
            process.kill()
            process.join()


def _run(pipe: Connection, work: Work, given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process when the user presses Ctrl-C
    from rag.errors import RagError
    from training.errors import TrainingError

    try:
        work(*given, lambda record: pipe.send(("record", record)))
    except (AssistantError, RagError, TrainingError) as error:
        pipe.send(("failed", str(error)))
    except Exception as error:  # told in one sentence; the parent goes on with the next arm
        pipe.send(("failed", f"unexpected {type(error).__name__}: {error}"))
    else:
        pipe.send(("done", None))


def _died(exitcode: int | None) -> str:
    if exitcode == -signal.SIGKILL:
        return "its process was killed, most likely because memory ran out; use a smaller model or [llm] context"
    if exitcode is not None and exitcode < 0:
        return f"its process crashed ({signal.Signals(-exitcode).name}); try it alone: assistant ask --debug"
    return f"its process ended with exit code {exitcode}"


def peak_mb() -> float:
    """The most memory this process ever held, MB of 10^6 bytes, shared libraries included."""
    import psutil

    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):  # no Linux: Windows knows the peak, macOS the present
        memory = psutil.Process().memory_info()
        return getattr(memory, "peak_wset", memory.rss) / 1e6
