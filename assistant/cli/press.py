"""`assistant press`, `release`, `toggle` and `stop`: tell the assistant that runs, see assistant/modes/control.py.

They must be quick: only what lies in Python is imported.
"""

from __future__ import annotations

import argparse

HELP = "press the push-to-talk key of the assistant that runs"
_PATIENCE = 3.0  # seconds for the answer
_LONGEST = 1000  # bytes of the answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    from assistant.errors import AssistantError

    if refusal := tell(args.command):
        raise AssistantError(refusal)
    return 0


def tell(command: str) -> str:
    """Why the assistant that runs will not do it; empty when it did. Raises AssistantError when none does."""
    import socket

    from assistant.errors import AssistantError
    from assistant.folders import control_sockets

    if not hasattr(socket, "AF_UNIX"):
        raise AssistantError(f"assistant {command}: this system's Python has no private sockets; use the key itself")
    for path in control_sockets():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            try:
                connection.connect(str(path))
            except TimeoutError:
                raise AssistantError(f"the assistant at {path} is too busy; try again") from None
            except OSError:  # nobody is there: no such file, the file of one that has ended, a name too long for one
                continue
            try:
                connection.sendall(f"{command}\n".encode())
                answer = b""
                while not answer.endswith(b"\n") and len(answer) < _LONGEST and (more := connection.recv(_LONGEST)):
                    answer += more
            except OSError as error:
                raise AssistantError(f"the assistant does not answer ({error}); try again, or start it anew") from None
            if not answer:
                raise AssistantError(f"the assistant ended, or was busy, before it did {command}; try again")
            return answer.decode(errors="replace").strip()
    raise AssistantError("no assistant runs here that could be told so; start one: assistant talk --push-to-talk")
