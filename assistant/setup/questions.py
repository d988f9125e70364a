"""What is asked, each with a default that Enter takes. An answer that is kept is not asked for again."""

from __future__ import annotations

import locale
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.audio import devices
from assistant.errors import AssistantError
from assistant.settings import EngineInfo
from assistant.setup.answers import LANGUAGES, PACES
from assistant.setup.state import State
from assistant.tts import TtsSettings, Voice, listing

_EACH = 3  # voices that are offered of one engine

Hear = Callable[[EngineInfo, Voice], None]


@dataclass(frozen=True)
class Asker:
    """Who answers: somebody at a terminal, or with ``silent`` nobody, so that the defaults count."""

    line: Callable[[str], str]
    """Shows its argument and gives what was typed."""
    say: Callable[[str], None]
    silent: bool = False

    def choose(
        self, title: str, options: Sequence[str], default: int, hear: Callable[[int], None] | None = None
    ) -> int:
        """The index of the option that was taken; ``hear`` plays one."""
        if self.silent:
            return default
        self.say(f"\n{title}")
        for number, option in enumerate(options, 1):
            self.say(f"  {number}  {option}")
        how = f"Number, {'h and a number to hear it, ' if hear else ''}or Enter for {default + 1}: "
        while True:
            typed = self.line(how).strip().lower()
            digits = typed.removeprefix("h").strip() if hear else typed
            if not typed:
                return default
            if not (digits.isascii() and digits.isdigit() and 1 <= int(digits) <= len(options)):
                self.say(f"Please type a number from 1 to {len(options)}, or only Enter.")
            elif hear and typed.startswith("h"):
                hear(int(digits) - 1)
            else:
                return int(digits) - 1

    def agrees(self, question: str) -> bool:
        """Enter is a yes."""
        while not self.silent:
            typed = self.line(f"{question} [Y/n] ").strip().lower()
            if typed in ("n", "no"):
                return False
            if typed in ("", "y", "yes"):
                break
            self.say("Please type y or n, or only Enter for yes.")
        return True


def language(asker: Asker, state: State) -> str:
    """Two letters."""
    names = list(LANGUAGES)
    return _once(
        state,
        "language",
        lambda: names[
            asker.choose("Which language will you speak?", list(LANGUAGES.values()), names.index(_of_system()))
        ],
    )


def device(asker: Asker, state: State, kind: devices.Kind) -> str:
    """As [audio] input and output take it: empty = the system's default, which is also what there is without any."""
    try:
        found = [one for one in devices.devices() if one.channels(kind)]
    except AssistantError as error:
        asker.say(f"{error}")
        return ""
    if not found:
        asker.say(f"There is no {devices.NOUN[kind]} on this machine; plug one in, and the assistant takes it.")
        return ""
    names = list(dict.fromkeys(one.name for one in found))
    title = f"Which {devices.NOUN[kind]}?"
    options = ["the system's default", *names]
    return _once(state, kind, lambda: ["", *names][asker.choose(title, options, 0)])


def voice(asker: Asker, state: State, settings: TtsSettings, language: str, hear: Hear) -> tuple[EngineInfo, Voice]:
    """An offline one; those that must be fetched speak only afterwards."""
    rows = voices(settings, language)
    names = [f"{engine.name}/{one.name}" for engine, one in rows]

    def play(number: int) -> None:
        engine, one = rows[number]
        if not one.here:
            asker.say(f"It is to be fetched first ({one.megabytes:.0f} MB); `assistant voices get {names[number]}`")
            return
        try:
            hear(engine, one)
        except AssistantError as error:
            asker.say(f"{error}")

    def ask() -> str:
        first = next((number for number, (engine, _) in enumerate(rows) if engine.quick), 0)
        return names[
            asker.choose("Which voice? All of them speak on this machine.", [_shown(*row) for row in rows], first, play)
        ]

    chosen = _once(state, "voice", ask)
    return rows[names.index(chosen)] if chosen in names else listing.find(chosen, settings)


def voices(settings: TtsSettings, language: str) -> list[tuple[EngineInfo, Voice]]:
    """Offline voices of ``language`` whose packages are here, a few of each engine, those that are here first."""
    found: list[tuple[EngineInfo, Voice]] = []
    counts: dict[str, int] = {}
    rows = [
        row
        for row in listing.every(settings, None, language)
        if row[1].language and not row[0].leaves and not row[0].missing()
    ]
    for engine, one in sorted(rows, key=lambda row: (not row[1].here, row[1].name != getattr(settings, row[0].voice))):
        counts[engine.name] = counts.get(engine.name, 0) + 1
        if counts[engine.name] <= _EACH:
            found.append((engine, one))
    order = list(dict.fromkeys(engine.name for engine, _ in rows))
    return sorted(found, key=lambda row: (not row[1].here, order.index(row[0].name)))


def pace(asker: Asker, state: State) -> float:
    """Seconds."""
    names = list(PACES)
    told = {
        "quick": "quick: it answers at once, and knows less",
        "balanced": "balanced",
        "good": "good: it knows more, and you wait for it",
    }
    options = [f"{told[name]} (at most {PACES[name]:g} s until it speaks)" for name in names]
    title = "How good against how quick?"
    return PACES[_once(state, "pace", lambda: names[asker.choose(title, options, names.index("balanced"))], names)]


def _once(state: State, question: str, ask: Callable[[], str], allowed: Sequence[str] = ()) -> str:
    kept = state.answers.get(question)
    if kept is None or allowed and kept not in allowed:
        state.answer(question, kept := ask())
    return kept


def _of_system() -> str:
    code = (locale.getlocale()[0] or "en")[:2].lower()
    return code if code in LANGUAGES else "en"


def _shown(engine: EngineInfo, one: Voice) -> str:
    there = "here" if one.here else f"{one.megabytes:.0f} MB to fetch"
    return ", ".join(part for part in (f"{engine.name} {one.name}", one.language, one.sex, one.licence, there) if part)
