"""An engine that is loaded anew when it hangs or breaks, while the conversation goes on.

Native code cannot be stopped: the old engine's thread is left to itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar, cast

from assistant.concurrency import restarts
from assistant.concurrency.failures import described, failure
from assistant.concurrency.patience import Patience, TooLate, within
from assistant.concurrency.worker import Worker
from assistant.errors import AssistantError, EngineError, NativeError, NotReady

_UNTIL_READY = 10.0  # seconds a call waits for the new engine
_LOADING, _TIMES = 60.0, 8.0  # seconds a new engine may take in any case, or so many times as long as the first one
_END = object()
_ERRORS = 2  # that no engine should raise, in a row, until it is held to be broken


class Engine(Protocol):
    @property
    def name(self) -> str: ...

    def close(self) -> None: ...


E = TypeVar("E", bound=Engine)
T = TypeVar("T")

Tell = Callable[[bool, str], None]
"""Gets whether the engine works, when that changed, and one sentence to read, which may be empty. In the event loop."""


class Replaceable(Generic[E]):
    def __init__(self, load: Callable[[], E], least: float, tell: Tell = lambda works, text: None) -> None:
        """Loads the engine, in the calling thread. ``load`` blocks, and is called again to replace it. ``least``:
        seconds that it may let us wait in any case, for an answer or the next piece of one.

        Raises what ``load`` raises.
        """
        self._load, self._tell = load, tell
        self.engine: E | None = None
        """None while it is being replaced."""
        self._loading: asyncio.Task[None] | None = None
        self._why = self._trouble = ""
        self._errors: Counter[str] = Counter()  # by kind of call, in a row
        self._works = True
        self._load_now()
        self._patience = Patience(least, self._seconds)

    def _load_now(self) -> None:
        begun = time.monotonic()
        self.engine = self._load()
        self.name = self.engine.name
        self._seconds = time.monotonic() - begun

    async def call(
        self, begin: Callable[[E], Awaitable[T]], work: float = 1.0, kind: str = "", beside: bool = False
    ) -> T:
        """What ``begin(engine)`` gives. ``work``: how much it is, in any unit that all calls have in common; ``kind``:
        what is asked, since an engine may fail at one thing and do another; ``beside``: whether nobody waits for it, so
        that it does not wait for a new engine either.

        Raises EngineError when it fails in any way or hangs, and `NotReady` while there is no engine.
        """
        engine = await self._ready(0.0 if beside else _UNTIL_READY)
        try:
            outcome = await self._patience.wait(begin(engine), work, kind)
        except BaseException as error:
            raise self._failed(kind, engine, failure(error), work) from None
        self._worked(kind)
        return outcome

    async def stream(
        self, begin: Callable[[E], AsyncGenerator[T, None]], work: float = 1.0, kind: str = ""
    ) -> AsyncGenerator[T, None]:
        """The items of ``begin(engine)``, see `call`; each of them may be as late as the first."""
        engine = await self._ready(_UNTIL_READY)
        try:
            begun = begin(engine)
        except BaseException as error:
            raise self._failed(kind, engine, failure(error), work) from None
        async with aclosing(begun) as items:
            while True:
                try:
                    item = await self._patience.wait(anext(items, _END), work, kind)
                except BaseException as error:
                    raise self._failed(kind, engine, failure(error), work) from None
                if item is _END:
                    break
                yield cast(T, item)
        self._worked(kind)

    def close(self) -> None:
        if self.engine is not None:
            self.engine.close()

    def _worked(self, kind: str) -> None:
        self._errors.pop(kind, None)
        if not self._works:
            self._works = True
            self._tell(True, "")

    def _failed(self, kind: str, engine: E, error: BaseException, work: float) -> AssistantError:
        """What is to be raised for ``error``."""
        if isinstance(error, AssistantError) and not isinstance(error, EngineError):
            return error  # the speaker's, or the user's
        if self._works:
            self._works = False
            self._tell(False, "")
        late = isinstance(error, TooLate)
        if late:
            what = f"gave nothing for {self._patience.limit(work):.0f} s"
        elif isinstance(error, EngineError) and not isinstance(error, NativeError):
            self._errors.pop(kind, None)
            return error
        else:
            what = "failed twice in a row" if isinstance(error, NativeError) else f"failed ({described(error)})"
            self._errors[kind] += 1
        broken = late or self._errors[kind] >= _ERRORS
        if broken and engine is self.engine:
            self._replace(what)
        if isinstance(error, NativeError):
            return error
        then = "it is loaded again, ask once more in a moment" if broken else "ask again"
        return EngineError(f"{engine.name} {what}; {then}")

    async def _ready(self, seconds: float) -> E:
        if self.engine is None and self._loading is None:
            self._replace(self._why)
        if self._loading is not None:
            try:
                await within(seconds, asyncio.shield(self._loading))
            except TooLate:
                raise NotReady(f"{self.name} is still being loaded again; ask once more in a moment") from None
        if self.engine is None:
            raise NotReady(self._trouble)
        return self.engine

    def _replace(self, why: str) -> None:
        old, self.engine, self._why = self.engine, None, why
        if old is not None:  # closing may hang as well
            threading.Thread(target=old.close, name=f"close-{self.name}", daemon=True).start()
        self._loading = asyncio.get_running_loop().create_task(self._load_again())

    async def _load_again(self) -> None:
        worker = Worker(f"load-{self.name}")
        try:
            await within(max(_LOADING, _TIMES * self._seconds), worker.call(self._load_now))
        except TooLate:  # something in this process holds what it needs
            restarts.give_up()
            self._trouble = f"{self.name} cannot be loaded again: that hangs as well; start the program again"
            self._tell(False, self._trouble)
        except BaseException as caught:  # whatever is wrong: the next call tries again
            error = failure(caught)
            said = str(error) if isinstance(error, AssistantError) else described(error)
            self._trouble = f"{self.name} cannot be loaded again ({said}); the next turn tries it once more"
            self._tell(False, self._trouble)
        else:
            self._errors.clear()
            self._works = True
            self._tell(True, f"{self.name} was loaded again, because it {self._why}")
        finally:
            self._loading = None
            worker.close(0.0)
