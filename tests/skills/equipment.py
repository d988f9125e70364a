"""Skills made up for a test, as a conversation is equipped with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from assistant.errors import AssistantError
from assistant.reply.commands import Equipment
from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.loaded import Skills


@dataclass
class Lamp:
    """A skill whose deeds can be watched."""

    seconds: float = 0.0
    """How long a deed takes."""
    done: list[tuple[float, str]] = field(default_factory=list)
    COMMANDS = (
        command("light_on", "Turn on the light.", "(turn|switch) on the light"),
        command("light_off", "Turn off the light.", "(turn|switch) off the light"),
        command("unlock", "Unlock the door.", "unlock the door", destructive=True),
        command("weekday", "Say the weekday.", "what day is it"),
        command("broken", "Fail.", "fail (now|later|badly)"),
        command("never", "Cannot be.", "go back to yesterday"),
    )

    def run(self, asked: Command, here: Here) -> Action | None:
        async def do() -> str | None:
            await asyncio.sleep(self.seconds)
            self.done.append((asyncio.get_running_loop().time(), asked.name))
            return "It is too late for that." if asked.name == "light_off" else None

        async def fail() -> str | None:
            raise (
                KeyError("x")
                if "badly" in asked.words
                else AssistantError("the lamp does not answer; look at its plug")
            )

        match asked.name:
            case "weekday":
                return Action("It is Monday.")
            case "never":
                raise Impossible("Yesterday is over.")
            case "unlock":
                return Action("The door is open.", do, ask="Shall I unlock the door?")
            case "broken":
                return Action("Done.", fail)
            case "light_on":
                return Action("The light is on.", do)
        return Action("The light is off.", do)


def equipped(*skills: object, folder: Path = Path("/nowhere")) -> Equipment:
    return Equipment(Skills(skills), folder, SimpleNamespace())  # type: ignore[arg-type]


def names(done: Sequence[tuple[float, str]]) -> list[str]:
    return [name for _, name in done]
