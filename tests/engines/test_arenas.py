"""Threads of engines share the memory that they free."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys

import pytest

from assistant import config, engines
from assistant.concurrency import arenas

# Eight threads that hold memory at the same time; how many arenas there are then says glibc.
_ARENAS = """
import ctypes, sys, threading
from assistant.concurrency import arenas

c = ctypes.CDLL(None)
c.malloc.restype = c.fopen.restype = ctypes.c_void_p
arenas.share()
together = threading.Barrier(8)

def hold():
    c.malloc(3000)
    together.wait()

threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(c.fopen(sys.argv[1].encode(), b"w"))
c.malloc_info(0, file)
c.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_eight_threads_that_hold_memory_share_two_arenas(tmp_path) -> None:
    told = tmp_path / "arenas.xml"
    subprocess.run([sys.executable, "-c", _ARENAS, str(told)], check=True, timeout=60)
    assert told.read_text().count("<heap nr=") <= 2


def test_they_do_from_before_the_engines_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []

    async def load_part(part, *_):
        order.append(part)

    monkeypatch.setattr(arenas, "share", lambda: order.append("shared"))
    monkeypatch.setattr(engines, "load_part", load_part)
    asyncio.run(engines.load(config.load(None, {}).settings, lambda text: None, typed=True))
    assert order[0] == "shared" and sorted(order[1:]) == ["llm", "tts"]
