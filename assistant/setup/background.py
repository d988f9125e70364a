"""`llm.model = "auto"`: the choice is made in a process of its own, beside the conversation with the present model.

It ends with the one that started it, however that ends: nothing is fetched behind the user's back. The next one goes on
where it was.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from assistant import hub
from assistant.concurrency.threads import choose, idle_cores
from assistant.config import Settings
from assistant.llm import auto
from assistant.setup import state
from assistant.setup.steps import Steps

BOUND = 1.5
"""Seconds to the first spoken word."""
MOST = 4.0
"""GB that are fetched in all, also over many starts."""
_TRIES = 3
_LOOK = 1.0  # seconds between two looks at whether the machine is idle ...
_IDLE = 5  # ... which it must be so many times in a row
_NICE = 15
_PROGRAM = (sys.executable, "-m", "assistant")


def is_wanted(settings: Settings) -> bool:
    """Whether a model is still to be chosen here."""
    return settings.llm.engine == "llama" and settings.llm.model == "auto" and auto.chosen() is None


@contextmanager
def running(settings: Settings, options: Sequence[str]) -> Iterator[None]:
    """Within the block `assistant setup --auto` runs, where something is to be chosen; ``options``: of this command
    line, which it is to have, too."""
    if not is_wanted(settings):
        yield
        return
    command = [*_PROGRAM, "setup", "--auto", "--beside", *options]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        assert child.stdin is not None  # a pipe was asked for
        child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1.0)
        if child.poll() is None:
            child.kill()
            child.wait()


def choose_model(settings: Settings, say: Callable[[str], None], quiet: Callable[[], None] = lambda: None) -> str:
    """Choose, fetch and measure without a question, and keep the choice for the next start. What is chosen.

    Nothing is kept when the hub cannot be reached: it is tried again. Raises EngineError.
    """
    code = settings.stt.language
    begun = state.load()
    # Measured with the present model in the place of the one that is to come.
    steps = Steps(replace(settings, llm=replace(settings.llm, model="bundled")), begun, MOST, say, _TRIES, quiet)
    if not hub.reachable():
        say("The hub cannot be reached, or HF_HUB_OFFLINE is set; no model is chosen until the next start")
        return auto.chosen() or "bundled"
    model = steps.language_model("en" if code == "auto" else code, BOUND, free_only=True)
    auto.keep(model)
    return model


def beside() -> None:
    """Be polite to the one that started this, and end when it does."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICE)


def wait_until_idle() -> None:
    """Until this machine has as many idle cores as a language model takes, for some seconds."""
    idle = 0
    while idle < _IDLE:
        cores = idle_cores(0)
        idle = idle + 1 if cores is None or cores >= choose(0, "llm") else 0
        time.sleep(_LOOK)
