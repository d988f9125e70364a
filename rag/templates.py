"""Chat templates come with model files from anywhere, and Jinja bounds neither the time nor the memory that they take.

They are rendered in one child process, kept for all of them, which may open no file and holds no key. It is ended when
a template takes too much.
"""

from __future__ import annotations

import importlib.util
import json
import signal
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.child import TOO_MUCH, Child, Ended, Late
from rag.errors import RagError

SECONDS = 1.0  # of computing, for one rendering; a long conversation takes a fiftieth of that
_DEADLINE = 60.0  # seconds in all, on a machine that is busy with other things
_REASONS = {
    -signal.SIGPROF: "it takes more time than any template needs",
    TOO_MUCH: "it takes more memory than any template needs",
}
_MOST = 64 << 20  # bytes of an answer; `rag.template_child` writes fewer


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


def start() -> None:
    """Begin to start the child, which takes 0.1 s, while the caller does other things."""
    with suppress(OSError):  # it is told when something is rendered
        child.start()


def _asked(question: dict[str, Any]) -> dict[str, str]:
    try:
        return child.ask(json.dumps(question).encode() + b"\n", seconds=_DEADLINE, most=_MOST)
    except Late:
        return {"broken": f"it is not rendered within {_DEADLINE:.0f} seconds"}
    except Ended as error:
        return {"broken": _REASONS.get(error.code, f"the process that renders it {error}")}
    except OSError as error:
        raise BadTemplate(f"no process can be started to render it ({error.strerror})") from None


def _places() -> set[str]:
    """The folders that Jinja lies in."""
    specs = [importlib.util.find_spec(name) for name in ("jinja2", "markupsafe")]
    return {str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin}


child = Child(Path(__file__).with_name("template_child.py"), _places)
