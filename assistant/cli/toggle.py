"""`assistant toggle`: see press.py."""

from __future__ import annotations

from assistant.cli.press import add_arguments, run

HELP = "open or close the microphone of the assistant that runs"

__all__ = ["HELP", "add_arguments", "run"]
