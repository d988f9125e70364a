"""`assistant stop`: see press.py."""

from __future__ import annotations

from assistant.cli.press import add_arguments, run

HELP = "end what the assistant that runs is saying"

__all__ = ["HELP", "add_arguments", "run"]
