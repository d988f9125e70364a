"""Many examples of one target: nothing may hang, and nothing may be kept of them. By hand, also to see one again:

python -m tests.fuzz.volume TARGET [HOW MANY] [THE FIRST ONE'S NUMBER]
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import sys
import warnings

from tests.fuzz.made import Made
from tests.fuzz.targets import TARGETS

_PATIENCE = 120.0  # seconds for `_PART` examples, after which the program ends with a traceback of where it hangs
_PART = 500
_KEPT = 20_000  # blocks of memory; four fifths of 20,000 examples that each keep two are over it


def run(name: str, count: int, first: int = 0) -> None:
    """Raises AssertionError that names the example's number."""
    target = TARGETS[name]
    blocks = 0
    logging.disable()
    try:
        with warnings.catch_warnings(action="ignore"):
            for number in range(first, first + count):
                done = number - first
                if done % _PART == 0:
                    faulthandler.dump_traceback_later(_PATIENCE, exit=True)
                if done == count // 5:
                    gc.collect()
                    blocks = sys.getallocatedblocks()
                try:
                    target(Made(f"{name} {number}"))
                except Exception as error:
                    raise AssertionError(
                        f"example {number}: {type(error).__name__}: {error}; once more: "
                        f"python -m tests.fuzz.volume {name} 1 {number}"
                    ) from error
    finally:
        faulthandler.cancel_dump_traceback_later()
        logging.disable(logging.NOTSET)
    gc.collect()
    kept = sys.getallocatedblocks() - blocks
    assert kept < _KEPT, f"{name}: {kept} blocks of memory more after {count} examples than after {count // 5}"


if __name__ == "__main__":
    run(sys.argv[1], *map(int, sys.argv[2:] or ["20000"]))
