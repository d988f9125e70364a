"""What a conversation that a crash cut off knows again."""

from __future__ import annotations

from dataclasses import replace

from assistant import journal
from assistant.concurrency import restarts
from assistant.modes.resumed import Resumption
from assistant.turn import Turn


class Restored:
    def __init__(self) -> None:
        self.turns: list[str] = []

    def restore(self, turns) -> None:
        self.turns = [turn.user for turn in turns]


def known_after(monkeypatch, turns: list[Turn]) -> list[str]:
    monkeypatch.setattr(restarts, "crash", "SIGSEGV")
    monkeypatch.setattr(restarts, "conversation", "c")
    monkeypatch.setattr(journal, "turns", lambda path, conversation: turns)
    talk = Restored()
    Resumption(_Journal(), lambda text: None).take_up(talk)  # type: ignore[arg-type]
    return talk.turns


class _Journal:
    path, conversation = None, "other"


def test_what_was_to_be_forgotten_does_not_come_back(monkeypatch):
    said = [Turn(1, "Remember that my dog is called Rex."), Turn(2, "Forget my dog."), Turn(3, "How old is the moon?")]
    forgetting = [said[0], replace(said[1], skill="memory.forget"), said[2]]
    assert known_after(monkeypatch, forgetting) == ["How old is the moon?"]
    assert known_after(monkeypatch, said) == [turn.user for turn in said]
