import os
import sys

# `python -m` looks for modules in the folder that one stands in first: whatever lies there would be run.
if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != os.path.realpath(f"{__file__}/../.."):
    del sys.path[0]

from assistant.cli import entry

entry()
