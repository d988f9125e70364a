"""How quick a recogniser and a language model are on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from assistant.config import Settings
from assistant.setup.state import Measured
from assistant.tts import Tts

_EACH = 5  # of the built-in questions every fifth: 12 tell nonsense from answers, and take less than a minute
_SPEECH = 3.0  # seconds, as assistant/stt/sizes.py reckons
_BUSY = 0.85  # of its cores; a trial that got less was slowed down by others


def language_model(settings: Settings, name: str, model: str, voice: Tts, tries: int = 1) -> Measured:
    """Seconds to the first spoken word, and right answers. What `assistant models try` measured before counts.

    ``tries``: how often it is measured again while other programs take the processor. Raises EngineError.
    """
    from assistant.bench import trial
    from assistant.models import questions, tried

    before = next((one for one in tried.here() if one.model == model and one.voice == voice.name), None)
    if before:
        return Measured(before.first_word, before.right / max(1, before.asked))
    settings = replace(settings, llm=replace(settings.llm, engine="llama", model=model, adapter=""))
    found = []
    for _ in range(tries):
        one, _answers = trial.run(settings, name, questions.built_in()[::_EACH], [], voice)
        found.append(Measured(one.first_word, one.right / one.asked))
        if one.cpu >= _BUSY * one.threads:
            break
    return min(found, key=lambda one: one.seconds)


def recogniser(settings: Settings, notice: Callable[[str], None]) -> Measured:
    """Seconds from the end of three seconds of speech to its words. Raises EngineError."""
    from assistant import stt
    from assistant.audio import SAMPLE_RATE, files

    speech = files.read(Path(__file__).parent.parent / "samples" / "question.wav")[: round(_SPEECH * SAMPLE_RATE)]
    engine = stt.load(settings.stt, notice)
    try:

        async def heard() -> float:
            await engine.transcribe(speech)
            await engine.forget()  # else it knows the words already
            began = time.monotonic()
            await engine.transcribe(speech)
            return time.monotonic() - began

        return Measured(asyncio.run(heard()))
    finally:
        engine.close()
