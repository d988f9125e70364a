"""The language of what was typed: it decides the voice, and the words for somebody in distress."""

from __future__ import annotations

import pytest

from assistant import config, safety
from assistant.audio.files import WavSpeaker
from assistant.engines import Engines
from assistant.reply.answering import Answering
from tests import virtual_clock
from tests.scripted import ScriptedLlm, ScriptedStt, ScriptedTts

SETTINGS = config.load(None, {}, {}).settings
POLICY = safety.load(SETTINGS.safety)


def asked(text: str) -> tuple[str, str]:
    """(The language of the turn, the first words of the reply)."""
    engines = Engines(ScriptedStt([]), ScriptedLlm(["I am the model."]), ScriptedTts())
    talk = Answering(SETTINGS, engines, WavSpeaker(), POLICY, lambda event: None)
    turn = virtual_clock.run(talk.ask(text))
    return turn.language, " ".join(turn.reply.split()[:3])


@pytest.mark.parametrize(
    ("text", "language", "begins"),
    [
        ("I don't think anyone likes me", "", "I'm so sorry"),
        ("I don’t think anyone likes me.", "", "I'm so sorry"),
        ("Nobody would miss me", "", "I'm so sorry"),
        ("I won't wake up tomorrow, I can't go on and I don't want to", "", "I'm so sorry"),
        ("Je veux mourir", "fr", "Je suis désolé"),
        ("Ich will nicht mehr leben", "de", "Es tut mir"),
        ("Ninguém gosta de mim", "", "Lamento que esteja"),
        ("Moje życie nie ma już sensu", "", "Przykro mi, że"),
        ("Wie spät ist es in Tokio", "de", "I am the"),
        ("What's the nicest café in Nice?", "", "I am the"),
    ],
)
def test_it_is_another_than_english_only_where_all_that_tells_it_agrees(text, language, begins):
    assert asked(text) == (language, begins)
