"""Questions through the real voice and the real speech recognition."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.audio import files
from assistant.compare import spoken, work
from assistant.compare.answerer import Answerer
from assistant.compare.arms import Arm
from assistant.compare.questions import Question
from assistant.config import Settings, SttSettings, TtsSettings
from assistant.safety import Policy
from assistant.tts.espeak import Espeak
from tests.compare.test_answerer import ScriptedEngine

SETTINGS = Settings(stt=SttSettings(engine="moonshine", threads=1), tts=TtsSettings(engine="espeak"))


def test_a_spoken_and_a_recorded_question_are_heard(tmp_path):
    recording = tmp_path / "empty.wav"
    files.write_wav(recording, np.zeros(16_000, np.float32), 16_000)
    questions = [
        Question("a", "What is the capital of France?", ("Paris",)),
        Question("b", "What is the capital of Spain?", ("Madrid",), audio=str(recording)),
    ]

    async def hear() -> list[dict]:
        return [record async for record in spoken.hear(questions, SETTINGS)]

    said, silence = asyncio.run(hear())
    assert "capital of france" in said["text"].lower() and said["wer"] < 0.4 and said["voice"].startswith("espeak")
    assert said["length"] > 1 and silence["voice"] == "recording"
    assert "spain" not in silence["text"].lower() and silence["wer"] >= 1


def test_the_length_of_an_answer_is_that_of_its_sound():
    voice = Espeak(SETTINGS.tts)
    try:
        short, long = (asyncio.run(spoken.sound_of(text, voice)) for text in ("Yes.", "Yes. " + "It is so. " * 10))
        nothing = asyncio.run(spoken.sound_of("", voice))
    finally:
        voice.close()
    assert 0.1 < short.length < 2 < long.length and nothing.length == 0 and short.first > 0


@pytest.mark.parametrize(
    ("text", "confidence", "outcome"),
    [
        ("where is the cat", 0.9, "answered"),
        ("wear us the cut", 0.3, "unsure"),
        ("", 0.9, "nothing_said"),
        ("hmm", 0.9, "nothing_said"),
    ],
)
def test_badly_heard_words_are_treated_as_in_a_conversation(text, confidence, outcome):
    engine = ScriptedEngine("In the box.")
    arm = Answerer(Arm("x", "m"), engine, None, SETTINGS, Policy())
    heard = {"q": {"text": text, "confidence": confidence}}
    try:
        asked, answered = asyncio.run(
            work._one(arm, Question("q", "Where is the cat?", ("In the box.",)), heard, SETTINGS)
        )
    finally:
        arm.close()
    assert (asked, answered.outcome) == (text, outcome)
    assert (
        [message.content for message in engine.asked[0][1:]] == [text] if outcome == "answered" else engine.asked == []
    )
