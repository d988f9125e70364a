"""Home Assistant: lights, switches, covers, climate, scenes, media and questions about them, by its own names.

Its registry is the truth (link.py, registry.py); its own sentence templates say which words are for the home
(templates.py); it does what was said (asking.py), asked first where that lets somebody in (guarded.py).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.skills import Action, Command, Here, Sentences
from assistant.skills.home import plain, problems
from assistant.skills.home.address import Address, address

if TYPE_CHECKING:
    from assistant.skills.home.home import Home

COMMANDS = (
    Sentences(
        "home",
        "Switch, set, open or close things in the user's home, or ask about them. `words`: what is wanted, as a plain "
        "sentence with the device or the room: turn off the kitchen lights.",
        {},
    ),
)

_lock = threading.Lock()
_opened: Home | str = ""
"""A text = why there is none, to be spoken; empty = nobody asked yet."""


def start() -> None:
    """Reads the registry and the templates in a thread; does nothing when called again."""
    _current()


def use(home: Home) -> None:
    """This one from now on, without a connection: for measuring what is understood."""
    global _opened
    with _lock:
        _opened = home


def close() -> None:
    """Ends the connection; the next call begins anew."""
    global _opened
    with _lock:
        if not isinstance(_opened, str):
            _opened.link.stop()
        _opened = ""


def is_configured() -> bool:
    """Whether there is a home to ask, reached or not."""
    return not isinstance(home := _current(), str) or home != problems.NOT_CONNECTED


def match(words: str, language: str, here: Here) -> Command | None:
    """Words for the home; a few milliseconds. Where none is configured, a few microseconds."""
    home = _current()
    if not isinstance(home, str):
        return home.match(words, language)
    return Command("home", {}, words, language) if plain.request(words, language) else None


def run(asked: Command, here: Here) -> Action | None:
    home = _current()
    words = str(asked.values.get("words") or asked.words)
    return Action(say=home) if isinstance(home, str) else home.run(words, asked.language, here.conversation)


def _current() -> Home | str:
    global _opened
    with _lock:
        if _opened == "":
            _opened = _begun()
        return _opened


def _begun() -> str:
    try:
        place = address()
    except UsageError as error:
        return str(error)
    if place is None:
        return problems.NOT_CONNECTED
    threading.Thread(target=_open, args=(place,), name="home-start", daemon=True).start()
    return problems.CONNECTING


def _open(place: Address) -> None:
    """In a thread: what it imports takes 0.3 s."""
    global _opened
    from assistant.skills.home.home import Home

    home = Home(place)
    with _lock:
        if _opened == problems.CONNECTING:
            _opened = home
            home.link.start()
