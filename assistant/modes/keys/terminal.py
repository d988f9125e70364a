"""Keys that the terminal reports: presses only, or with the kitty keyboard protocol releases, too."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.errors import UsageError
from assistant.modes.keys.names import Chord
from assistant.modes.keys.sequences import KITTY_ANSWER, Kitty, Tokens, spellings
from assistant.modes.keys.source import Notice, Source
from assistant.settings.modes import PushToTalkSettings

_ANSWER = 0.5  # seconds; a terminal answers within a few ms, over a slow line later
_ASK = b"\x1b[?u\x1b[c"  # "which flags of the protocol?", then "what are you?", which every terminal answers
_ON = b"\x1b[>11u\x1b[?1004h"  # flags 1 + 2 + 8: unambiguous, with releases, for every key; and focus changes
_OFF = b"\x1b[?1004l\x1b[<u"


@asynccontextmanager
async def opened(chord: Chord, settings: PushToTalkSettings, source: Source, notice: Notice) -> AsyncIterator[None]:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("the standard input is no terminal: start the assistant in one")
    terminal = _Terminal(sys.stdin.fileno(), chord, source)
    try:
        await terminal.begin(releases=settings.style != "toggle")
        yield
    finally:
        terminal.end()


class _Terminal:
    def __init__(self, descriptor: int, chord: Chord, source: Source) -> None:
        import termios

        self._descriptor = descriptor
        self._screen = _writable(descriptor)
        self._chord = chord
        self._source = source
        self._before = termios.tcgetattr(descriptor)
        self._loop = asyncio.get_running_loop()
        self._tokens = Tokens()
        self._kitty: Kitty | None = None
        self._on = False
        self._answer: asyncio.Future[bool] = self._loop.create_future()

    async def begin(self, releases: bool) -> None:
        self._listen()
        self._loop.add_reader(self._descriptor, self._read)
        self._loop.add_signal_handler(signal.SIGCONT, self._listen)  # after Ctrl-Z and fg
        plain = bool(spellings(self._chord))
        if (releases or not plain) and await self._speaks_kitty():
            self._kitty = Kitty(self._chord)
            self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
            self._listen()
        elif plain:
            self._source.releases = False
        else:
            raise UsageError(
                f"this terminal cannot tell {self._chord} from other keys: choose a letter, the space bar or f1 to "
                "f12, or a terminal with the kitty keyboard protocol"
            )

    async def _speaks_kitty(self) -> bool:
        if os.environ.get("TERM", "dumb") in ("dumb", "linux"):  # these show questions instead of answering them
            return False
        os.write(self._screen, _ASK)
        try:
            return await asyncio.wait_for(self._answer, _ANSWER)
        except TimeoutError:
            return False

    def end(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_signal_handler(signal.SIGCONT)
        if self._kitty:
            self._loop.remove_signal_handler(signal.SIGTSTP)
        self._restore()
        os.close(self._screen)

    def _listen(self) -> None:
        import tty

        tty.setcbreak(self._descriptor)
        if self._kitty and not self._on:
            self._on = True
            os.write(self._screen, _ON)

    def _restore(self) -> None:
        import termios

        if self._on:
            self._on = False
            os.write(self._screen, _OFF)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def _suspend(self) -> None:
        self._source.set(False)
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 1024)
        except OSError:
            data = b""
        if not data:  # the terminal is gone; SIGHUP tells the program
            self._source.set(False)
            self._loop.remove_reader(self._descriptor)
        for token in self._tokens.feed(data):
            if not self._answer.done() and (answer := KITTY_ANSWER.fullmatch(token)):
                self._answer.set_result(answer["flags"] is not None)
            elif not self._kitty:
                if token in spellings(self._chord) and not self._source.releases:
                    self._source.tap()
            elif number := self._kitty.signal(token):
                os.kill(0, number)  # what the terminal itself does with Ctrl-C: to the whole foreground group
            elif (down := self._kitty.state(token)) is not None:
                self._source.set(down)


def _writable(descriptor: int) -> int:
    """The terminal that is read, opened for writing: the standard output may be a file."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY)
    except OSError:  # in a container its name may lead nowhere
        return os.dup(descriptor)
