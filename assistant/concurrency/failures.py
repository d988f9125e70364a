"""What becomes of an error in code that is not the conversation's own: one failure, told once, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.errors import AssistantError, DeviceError

_ENDING = (KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit)


def failure(error: BaseException, *ends: type[BaseException]) -> BaseException:
    """What failed, see `leaf`. Raises it instead where it is the end of the program or of the task, no failure, and
    where it is one of ``ends``.

    For `except BaseException`: what panics in Rust is no `Exception`.
    """
    found = leaf(error)
    if isinstance(found, (*_ENDING, *ends)):
        raise found from None
    return found


def leaf(error: BaseException) -> BaseException:
    """The error that counts inside nested groups: one that ends the program or the task before a device's, and that
    before all others.
    """
    leaves = list(_leaves(error))
    return next((one for kinds in (_ENDING, DeviceError) for one in leaves if isinstance(one, kinds)), leaves[0])


def explained(error: BaseException, what: str) -> str:
    """One sentence; ``what`` failed, where nobody has foreseen the error."""
    return str(error) if isinstance(error, AssistantError) else f"{what} failed ({described(error)}); please report it"


def described(error: BaseException) -> str:
    """``RuntimeError in whisper.py, line 195: out of range``."""
    where, trace = "", error.__traceback__
    while trace is not None:
        where, trace = f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}", trace.tb_next
    said = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{where}" + (f": {said}" if said else "")


class Contained:
    """Runs what others wrote, where its failure must not be felt; ``tell`` gets one sentence about ``what`` failed, the
    same one not twice in a row.
    """

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what, self._tell, self._told = what, tell, ""

    def __call__(self, act: Callable[..., object], *args: object) -> None:
        try:
            act(*args)
        except BaseException as error:
            self.failed(failure(error))

    def failed(self, error: BaseException) -> str:
        """Tell it; returns the sentence."""
        sentence, before = explained(error, self._what), self._told
        self._told = sentence
        if sentence != before:
            self._tell(sentence)
        return sentence


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error
