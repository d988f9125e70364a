"""Chat templates come with model files from anywhere, and Jinja bounds neither the time nor the memory that they take.

They are rendered in one child process, kept for all of them, which may open no file and holds no key. It is ended when
a template takes too much.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.errors import RagError

TOO_MUCH = 3  # `rag.template_child`'s exit code when a template took too much memory

SECONDS = 1.0  # of computing, for one rendering; a long conversation takes a fiftieth of that
_DEADLINE = 60.0  # seconds in all, on a machine that is busy with other things
_REASONS = {
    -signal.SIGPROF: "it takes more time than any template needs",
    TOO_MUCH: "it takes more memory than any template needs",
}
_CHILD = Path(__file__).with_name("template_child.py")


class BadTemplate(RagError):
    """A template could not be rendered; the message is the reason alone."""


class BrokenTemplate(BadTemplate):
    """No messages can be rendered with it: it is no template, or takes too much. It is not tried again."""


class Template:
    def __init__(self, text: str, seconds: float = SECONDS, **variables: Any) -> None:
        """``variables``: what `render` gives the template besides, as bos_token. Nothing is rendered yet."""
        self._text, self._seconds, self._variables = text, seconds, variables
        self._broken = ""
        self._tells_time = "strftime_now" in text
        self._kept = lru_cache(maxsize=256)(self._text_for)

    def render(self, messages: list[dict[str, Any]], **variables: Any) -> str:
        """Raises BadTemplate with what is wrong with the template, or with what it says about these messages."""
        given = json.dumps({**self._variables, **variables, "messages": messages})
        return self._kept(given, int(time.time() // 60) if self._tells_time else 0)

    def _text_for(self, given: str, _minute: int) -> str:
        if not self._broken:
            answer = _asked({"template": self._text, "variables": json.loads(given), "seconds": self._seconds})
            if "text" in answer:
                return answer["text"]
            if "error" in answer:
                raise BadTemplate(answer["error"])
            self._broken = answer["broken"]
        raise BrokenTemplate(self._broken)


# ---- the child ---------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_child: subprocess.Popen[bytes] | None = None
_owner = 0  # the process that started it; a fork of it needs its own


def start() -> None:
    """Begin to start the child, which takes 0.1 s, while the caller does other things."""
    with _lock, suppress(BadTemplate):  # it is told when something is rendered
        _running()


def _asked(question: dict[str, Any]) -> dict[str, str]:
    asked = json.dumps(question).encode() + b"\n"
    with _lock:
        for last in (False, True):
            child = _running()
            assert child.stdin and child.stdout
            try:
                child.stdin.write(asked)
                child.stdin.flush()
                in_time = select.select([child.stdout], [], [], _DEADLINE)[0]
                line = child.stdout.readline() if in_time else b""
            except OSError:
                line = b""
            if line.endswith(b"\n"):
                return json.loads(line)
            code = _end(child)
            if reason := _REASONS.get(code):
                return {"broken": reason}
            if last:  # the first time, something else may have ended it
                return {"broken": f"the process that renders it ended with exit code {code}"}
    raise AssertionError


def _running() -> subprocess.Popen[bytes]:
    global _child, _owner
    if _child is None or _owner != os.getpid():
        specs = [importlib.util.find_spec(name) for name in ("jinja2", "markupsafe")]
        places = {str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin}
        try:
            _child = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_CHILD), *places],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("TZ", "LD_LIBRARY_PATH") if name in os.environ},
                start_new_session=True,  # Ctrl-C in the terminal is for the program
            )
        except OSError as error:
            raise BadTemplate(f"no process can be started to render it ({error.strerror})") from None
        _owner = os.getpid()
    return _child


def _end(child: subprocess.Popen[bytes]) -> int:
    global _child
    _child = None
    child.kill()
    for pipe in (child.stdin, child.stdout):
        try:
            if pipe:
                pipe.close()
        except OSError:  # what could not be written any more
            pass
    return child.wait()
