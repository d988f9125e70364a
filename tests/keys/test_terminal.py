"""Key presses of a real pseudo-terminal, whose other side plays the terminal, with the kitty protocol or not."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import termios
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.modes.keys.names import parse
from assistant.modes.keys.sequences import KITTY_ANSWER, Kitty, Tokens, spellings

PROGRAM = """
import asyncio, sys
from assistant.errors import AssistantError
from assistant.modes.keys import open_source
from assistant.settings.modes import PushToTalkSettings

async def main():
    async with open_source(PushToTalkSettings(key=sys.argv[1], source="terminal"), print) as source:
        print("open, releases" if source.releases else "open, taps", flush=True)
        async for down in source.presses():
            print("down" if down else "up", flush=True)

try:
    asyncio.run(main())
except AssistantError as error:
    print("refused:", error, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

SHELL = """
import os, signal, sys, termios

before = termios.tcgetattr(0)
program = os.fork()
if program == 0:
    os.setpgid(0, 0)
    os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
try:
    os.setpgid(program, program)
except PermissionError:  # it has done so already
    pass
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, program)
while os.WIFSTOPPED(status := os.waitpid(program, os.WUNTRACED)[1]):
    termios.tcsetattr(0, termios.TCSANOW, before)
    print("shell: stopped", flush=True)
    signal.sigwait([signal.SIGUSR1])
    os.kill(program, signal.SIGCONT)
print("shell: ended with", os.waitstatus_to_exitcode(status), flush=True)
"""


class Terminal:
    """What is seen of the program on a terminal, and what is typed there."""

    def __init__(self, key: str, kitty: bool) -> None:
        self._kitty = kitty
        self._seen = b""
        self.pid, self._side = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-kitty" if kitty else "xterm"
            for number in (
                signal.SIGINT,
                signal.SIGQUIT,
                signal.SIGHUP,
            ):  # ignored where the tests run in the background
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
            os.execv(sys.executable, [sys.executable, "-c", SHELL, PROGRAM, key])

    def type(self, text: str | bytes) -> None:
        os.write(self._side, text.encode() if isinstance(text, str) else text)

    def sees(self, text: str) -> None:
        """Wait until the program has written it; what came before is forgotten."""
        while text.encode() not in self._seen:
            assert select.select([self._side], [], [], 30)[0], self._seen
            try:
                self._seen += os.read(self._side, 4096)
            except OSError:  # it has ended
                pytest.fail(f"{text!r} is not in {self._seen!r}")
            if self._seen.endswith(b"\x1b[?u\x1b[c"):
                self.type("\x1b[?0u\x1b[?62;c" if self._kitty else "\x1b[?62;c")
        self._seen = self._seen.partition(text.encode())[2]

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._side)[3] & termios.ECHO)

    def stops_echoing(self) -> None:
        end = time.monotonic() + 30
        while self.echoes():
            assert time.monotonic() < end
            select.select([], [], [], 0.01)

    def foreground(self) -> None:
        """What `fg` does in a shell."""
        os.kill(self.pid, signal.SIGUSR1)

    def close(self) -> None:
        os.close(self._side)  # hangs up
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminals():
    opened: list[Terminal] = []

    def make(key: str, kitty: bool) -> Terminal:
        opened.append(Terminal(key, kitty))
        return opened[-1]

    yield make
    for terminal in opened:
        terminal.close()


def test_a_plain_terminal_gives_taps_also_after_ctrl_z_and_fg(terminals):
    terminal = terminals("space", kitty=False)
    terminal.sees("open, taps")
    assert not terminal.echoes()
    terminal.type("x \x1b[A ")
    for _ in range(2):
        terminal.sees("down")
        terminal.sees("up")
    terminal.type("\x1a")
    terminal.sees("shell: stopped")
    assert terminal.echoes()
    terminal.foreground()
    terminal.stops_echoing()
    terminal.type(" ")
    terminal.sees("down")
    terminal.type("\x03")
    terminal.sees("interrupted")
    terminal.sees("shell: ended with 0")
    assert terminal.echoes()


def test_a_terminal_with_the_kitty_protocol_gives_releases(terminals):
    terminal = terminals("ctrl+alt+space", kitty=True)
    terminal.sees("\x1b[>11u")
    terminal.sees("open, releases")
    terminal.type("\x1b[57442;5u\x1b[57443;7u\x1b[32;7u")
    terminal.sees("down")
    terminal.type("\x1b[32;7:2u\x1b[32;7:3u")
    terminal.sees("up")
    terminal.type("\x1b[32;7:1u\x1b[O")  # the focus goes elsewhere: the release will not be told here
    terminal.sees("down")
    terminal.sees("up")
    terminal.type("\x1b[122;5u")  # Ctrl-Z
    terminal.sees("\x1b[<u")
    terminal.sees("shell: stopped")
    terminal.foreground()
    terminal.sees("\x1b[>11u")
    terminal.type("\x1b[32;7u")
    terminal.sees("down")
    terminal.type("\x1b[99;5u")  # Ctrl-C
    terminal.sees("\x1b[<u")
    terminal.sees("shell: ended with 0")


def test_a_key_that_a_plain_terminal_cannot_tell_is_refused(terminals):
    terminal = terminals("right_ctrl", kitty=False)
    terminal.sees("refused: this terminal cannot tell right_ctrl")


@pytest.mark.parametrize(
    "key, sent",
    [
        ("space", b" "),
        ("ä", "ä".encode()),
        ("ctrl+space", b"\x00"),
        ("ctrl+alt+t", b"\x1b\x14"),
        ("alt+x", b"\x1bx"),
        ("f1", b"\x1bOP"),
        ("f1", b"\x1b[[A"),
        ("f9", b"\x1b[20~"),
        ("ctrl+f9", b"\x1b[20;5~"),
        ("shift+up", b"\x1b[1;2A"),
    ],
)
def test_what_plain_terminals_send_for_a_key(key, sent):
    assert sent in spellings(parse(key))
    assert Tokens().feed(b"y" + sent + b"y") == [b"y", sent, b"y"]


@pytest.mark.parametrize(
    "key", ["ctrl+c", "ctrl+z", "ctrl+i", "shift+a", "super+a", "right_ctrl", "left_alt+a", "play_pause"]
)
def test_keys_that_plain_terminals_do_not_tell(key):
    assert spellings(parse(key)) == ()


parts = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [b"\x1b[", b"\x1b", b"32;5:3u", b"\x1b[?62;c", b"\x1bO", b"999999999999999999999u", "ä€😀".encode()]
    ),
)


@given(st.lists(parts, max_size=8).map(b"".join), st.lists(st.integers(0, 60), max_size=4))
def test_whatever_a_terminal_sends_in_whatever_pieces_nothing_is_lost_and_nothing_fails(data, cuts):
    tokens, kitty, found = Tokens(), Kitty(parse("ctrl+alt+space")), []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in zip(edges, edges[1:]):
        found += tokens.feed(data[start:end])
    found += tokens.feed(b"\x18" * 80)  # ends whatever is unfinished
    assert re.sub(b"\x18*$", b"", b"".join(found)) == re.sub(b"\x18*$", b"", data)
    for token in found:
        assert token == b"\x1b[O" or kitty.state(token) is None or token.startswith(b"\x1b[")
        kitty.signal(token)
        KITTY_ANSWER.fullmatch(token)


def test_a_key_cut_in_two_by_the_read_is_one_key():
    tokens = Tokens()
    assert [tokens.feed(piece) for piece in (b"\x1b[3", b"2;7", b"u ", b"\xc3", b"\xa4")] == [
        [], [], [b"\x1b[32;7u", b" "], [], ["ä".encode()],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "key, token, state",
    [
        ("space", b"\x1b[32u", True),
        ("space", b"\x1b[32;129u", True),  # num lock
        ("space", b"\x1b[32;5u", None),
        ("space", b"\x1b[32;1:3u", False),
        ("f9", b"\x1b[20~", True),
        ("f9", b"\x1b[20;1:3~", False),
        ("f1", b"\x1b[1;1:3P", False),
        ("f1", b"\x1b[P", True),
        ("right_ctrl", b"\x1b[57448;5u", True),
        ("right_ctrl", b"\x1b[57448;1:3u", False),
        ("ctrl+alt+space", b"\x1b[57442;3:3u", False),
        ("ctrl+ä", b"\x1b[228:196;5u", True),
        ("play_pause", b"\x1b[57430u", True),
    ],
)
def test_events_of_the_kitty_protocol(key, token, state):
    assert Kitty(parse(key)).state(token) is state
