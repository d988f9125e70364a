"""Renders chat templates for `rag.templates`, as a program of its own that can do nothing else.

Reads one JSON object a line, {"template", "variables", "seconds"}, and answers with {"text"}, {"error"}, what it says
of these messages, or {"broken"}, what is wrong with all of it. Its arguments are the folders that Jinja lies in: it
runs without site-packages, so that it starts quickly.
"""

import codecs
import html  # noqa: F401  what Jinja would import later, when no file can be opened any more
import json
import os
import pprint  # noqa: F401  as above
import resource
import signal
import sys
import textwrap  # noqa: F401  as above
from datetime import datetime
from functools import lru_cache

sys.path += sys.argv[1:]

import jinja2.constants  # noqa: E402, F401  as above
import jinja2.debug  # noqa: E402, F401
import jinja2.ext  # noqa: E402
import jinja2.sandbox  # noqa: E402

MEMORY = 512 << 20  # bytes of address space, of which Python and Jinja take a twentieth
TOO_MUCH = 3  # exit code when that was not enough: what is left in the memory would go off the next template's
LONGEST = 4_000_000  # characters of a prompt; the largest contexts there are hold as many


class _Generation(jinja2.ext.Extension):
    """``{% generation %}``, with which templates mark what is trained on, changes nothing of the text."""

    tags = {"generation"}

    def parse(self, parser):
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message):
    raise ValueError(message)


@lru_cache(maxsize=8)
def _compiled(template):
    """As transformers compiles them."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = lambda value, ensure_ascii=False, **options: json.dumps(
        value, ensure_ascii=ensure_ascii, **options
    )
    environment.globals |= {"raise_exception": _refuse, "strftime_now": lambda form: datetime.now().strftime(form)}
    return environment.from_string(template)


def _answer(asked):
    fault = "broken"
    try:
        template = _compiled(asked["template"])
        fault = "error"
        text = template.render({"tools": None, "documents": None, **asked["variables"]})
        return {"text": text} if len(text) <= LONGEST else {"broken": f"it writes more than {LONGEST} characters"}
    except MemoryError:
        os._exit(TOO_MUCH)
    except Exception as error:  # whatever a template from a file may raise
        return {fault: (str(error).strip() or type(error).__name__)[:300]}


def main():
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends this process
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    codecs.lookup("unicode_escape")  # as above
    for kind, most in (("AS", MEMORY), ("FSIZE", 0), ("CORE", 0), ("NOFILE", 3)):
        limit = getattr(resource, f"RLIMIT_{kind}")
        hard = resource.getrlimit(limit)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        try:
            resource.setrlimit(limit, (most, most))
        except (OSError, ValueError):
            if sys.platform != "darwin":  # which knows no limit of the address space
                raise
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
        answer = json.dumps(_answer(asked)).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
