"""`assistant release`: see press.py."""

from __future__ import annotations

from assistant.cli.press import add_arguments, run

HELP = "let go of the push-to-talk key of the assistant that runs"

__all__ = ["HELP", "add_arguments", "run"]
