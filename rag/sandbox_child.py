"""Parses files for `rag.sandbox`, as a program of its own: whatever is in them, it takes no more than it is given.

Its arguments are the folders that modules lie in. It reads lines of JSON, {"function", "name", "size", "memory",
"seconds"}, each with the file's bytes behind it, and answers with {"value"}, {"bad"}, why the file cannot be read, or
{"missing"}, the package that it takes.
"""

import importlib
import json
import os
import re
import resource
import signal
import sys

TOO_MUCH = 3  # exit code when the memory was not enough: what is left in it would go off the next file's
RETIRED = 150 << 20  # bytes; having taken as many, it ends after its answer, so that the next file has all it may take


def _limit(kind, most):
    limit = getattr(resource, f"RLIMIT_{kind}")
    hard = resource.getrlimit(limit)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(limit, (most, hard))
    except (OSError, ValueError):
        if sys.platform != "darwin":  # which knows no limit of the address space
            raise


def _peak():
    """The most address space that was taken so far, in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/status") as status:
            found = re.search(r"VmPeak:\s*(\d+)", status.read())
    except OSError:
        return 0
    return int(found[1]) << 10 if found else 0


def _answer(asked, data):
    from rag.errors import BadFile

    module, name = asked["function"].split(":")
    try:
        value = getattr(importlib.import_module(module), name)(asked["name"], data)
        return json.dumps({"value": value}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except MemoryError:
        os._exit(TOO_MUCH)
    except ImportError as error:
        answer = {"missing": (error.name or str(error)).partition(".")[0]}
    except BadFile as error:
        if _peak() > 0.8 * asked["memory"]:  # a parser may call it by another name when there is no more
            os._exit(TOO_MUCH)
        answer = {"bad": str(error)}
    return json.dumps(answer).encode()


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends this process
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # What a later import compiles is not kept.
    from rag.readers import odf, ods, pdf, pptx, rtf, word, xlsx  # noqa: F401

    _limit("FSIZE", 0)
    _limit("CORE", 0)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        _limit("AS", asked["memory"])
        signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
        answer = _answer(asked, sys.stdin.buffer.read(asked["size"]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(answer + b"\n")
        answers.flush()
        if _peak() > RETIRED:
            return


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    try:
        main()
    except MemoryError:
        os._exit(TOO_MUCH)
