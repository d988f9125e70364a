"""Files come from anywhere, and their parsers bound neither the memory nor the time that they take.

They are parsed in one child process, kept for all of them, which holds no key and writes no file. It is ended when a
file takes too much, and started again for the next one.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.child import TOO_MUCH, Child, Ended, Late, TooLong
from rag.errors import BadFile, RagError

SECONDS = 18.0
"""Of computing for one file, and one more for each `_A_SECOND` bytes of it."""
_A_SECOND = 1_000_000
MEMORY = 400 << 20
"""Bytes for one file, Python and the parsers included; for a large one `_PARSERS`, and `_TIMES` its own size."""
_PARSERS = 150 << 20
_TIMES = 14
_MOST = 250_000_000  # bytes of an answer: 50 million characters, and where each block begins
_DEADLINE = 4.0  # times the computing, on a machine that is busy with other things


def call(function: str, name: str, data: bytes) -> Any:
    """The value of ``function`` ("module:name") of ``name`` and ``data``, which JSON can hold, called in the child.

    ``name`` is the file's, which need not be UTF-8. Raises BadFile, whatever is in the bytes, and ModuleNotFoundError
    when a package is missing.
    """
    seconds = SECONDS + len(data) // _A_SECOND
    memory = max(MEMORY, _PARSERS + _TIMES * len(data))
    asked = {"function": function, "name": name, "size": len(data), "memory": memory, "seconds": seconds}
    try:
        answer = child.ask(json.dumps(asked).encode() + b"\n", data, seconds=_DEADLINE * seconds, most=_MOST)
    except TooLong:
        raise BadFile(f"gives more than {_MOST / 1e6:.0f} MB of text; split it") from None
    except Late:
        raise BadFile(f"is not read within {_DEADLINE * seconds:.0f} seconds; split it") from None
    except Ended as error:
        raise BadFile(_reason(error.code, memory, seconds)) from None
    except OSError as error:
        raise RagError(f"no process can be started to read files ({error.strerror}); end other programs") from None
    if "missing" in answer:
        raise ModuleNotFoundError(f"No module named {answer['missing']!r}", name=answer["missing"])
    if "bad" in answer:
        raise BadFile(answer["bad"])
    return answer["value"]


def start() -> None:
    """Begin to start the child while the caller does other things."""
    with suppress(OSError):  # it is told when something is read
        child.start()


def close() -> None:
    """End the child where it runs: who reads no more files needs its memory for other things."""
    child.close()


def _reason(code: int, memory: int, seconds: float) -> str:
    if code == TOO_MUCH:
        return f"takes more than {memory / 1e6:.0f} MB of memory to be read; split it, or save it again"
    if code == -signal.SIGPROF:
        return f"takes more than {seconds:.0f} seconds of computing to be read; split it, or save it again"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return (
        f"makes the program that reads it crash ({how}), perhaps for want of memory, of which it may take "
        f"{memory / 1e6:.0f} MB; save it again, or in another format"
    )


def _places() -> list[str]:
    """Where this process finds its modules."""
    here = str(Path(__file__).parents[1])
    return [here, *(str(Path(place).absolute()) for place in sys.path if place != here)]


child = Child(Path(__file__).with_name("sandbox_child.py"), _places)
