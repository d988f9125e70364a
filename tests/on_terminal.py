"""What the program writes to a terminal, and what of it would steer that."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import termios
import threading
from collections.abc import Iterator

import pytest

from assistant import cli, terminal

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\x1bP1$r\x1b\\\x08\x7f\u202eevil\u200b\ufeff\ue000\U000e0041\x00"
NAME = HOSTILE[:-1].replace("/", "")
"""A file or an argument can be called so."""
MARKUP = "[link=http://evil.example]owned[/link] [/red] :smile: \x1b]8;;http://evil.example\x1b\\"
RAW = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u200b\ufeff\ue000-\uf8ff\U000e0000-\U0010ffff]")
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[\d*[AK]")
"""Colours; the cursor hidden and shown, lines up and lines cleared, as bars and the live picture need them."""


def raw(shown: str) -> list[str]:
    """What would steer a terminal, but for our own codes."""
    return RAW.findall(OURS.sub("", shown))


def on_a_terminal(*words: str, encoding: str = "utf-8") -> str:
    """What `assistant WORDS` writes to a terminal."""
    with shown(encoding) as got, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["assistant"])
        with contextlib.suppress(SystemExit):  # argparse's way to refuse
            cli.main(list(words))
    return got.decode(encoding, errors="strict")


@contextlib.contextmanager
def shown(encoding: str = "utf-8") -> Iterator[bytearray]:
    """What is written meanwhile, by Python's streams and past them; whole at the end of the block."""
    master, slave = os.openpty()
    settings = termios.tcgetattr(slave)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    got = bytearray()

    def read() -> None:
        try:
            while part := os.read(master, 65536):
                got.extend(part)
        except OSError:
            pass  # the other end was closed

    reader = threading.Thread(target=read)
    reader.start()
    before, kept = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    for number in (1, 2):
        os.dup2(slave, number)
    streams = tuple(open(os.dup(slave), "w", encoding=encoding, buffering=1) for _ in range(2))
    sys.stdout, sys.stderr = streams
    try:
        terminal.protect()
        yield got
    finally:
        for stream in streams:
            stream.close()
        for number, old in zip((1, 2), kept):
            os.dup2(old, number)
            os.close(old)
        os.close(slave)
        sys.stdout, sys.stderr = before
        reader.join()
        os.close(master)
