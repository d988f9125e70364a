"""The program's own conversation, put to one attack, see injection.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant import safety
from assistant.bench.soak import FastSpeaker
from assistant.bench.tools.held_out import Attack
from assistant.bench.tools.injection import Converse, Obedient, Tools
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.knowledge import CitedPassage, Retrieved
from assistant.tts.silent import Silent


@dataclass
class _Given:
    """Documents that say the attack, whatever is asked."""

    text: str
    introduction: str = ""
    quotes: bool = False

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        passage = CitedPassage("notes.txt", "Notes", (), 0, 1.0, self.text)
        return Retrieved(question, True, self.text, (passage,), 1.0, "According to Notes")

    def known(self, text: str) -> set[str]:
        return set()

    def forget(self) -> None: ...

    def close(self) -> None: ...


def conversing(settings: Settings) -> Converse:
    async def converse(attack: Attack, model: Obedient, tools: Tools) -> None:
        knows = _Given(attack.text) if attack.way in ("document", "memory") else None
        policy = safety.load(settings.safety)
        engines, speaker = Engines(None, model, Silent()), FastSpeaker()
        talk = Conversation(settings, engines, speaker, policy, lambda event: None, knows, toolbox=tools)
        await talk.ask(attack.asks)

    return converse
