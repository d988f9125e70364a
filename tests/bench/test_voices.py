"""`assistant bench voices`: the sentences, and what is measured of a voice."""

from __future__ import annotations

import pytest

from assistant import config
from assistant.bench import voices
from assistant.bench.wer import words
from assistant.errors import AssistantError, UsageError


def test_there_are_a_hundred_different_sentences_in_words_that_are_read_in_one_way_only() -> None:
    texts = voices.sentences()
    assert len(texts) == len(set(texts)) == 100
    assert not any(letter.isdigit() for text in texts for letter in text)
    assert all(text[-1] == "." and 5 <= len(words(text)) <= 16 for text in texts)


def test_espeak_is_measured_in_processes_of_their_own() -> None:
    result = voices.run(config.load(None, {}, {}).settings, "espeak", 3)
    figures = {row.name.removeprefix("espeak/en-us"): row for row in result.rows}
    assert {", 1 core: first sound", ", 1 core: real-time factor", ": memory"} <= set(figures)
    assert all(0 < row.p50 < 5 for name, row in figures.items() if name.endswith(("sound", "factor")))
    assert 0 <= figures[": words that the recogniser gets wrong"].p50 <= 60
    heard = result.details[-1]
    assert heard["said"] == voices.sentences()[:3] and all(heard["heard"])


def test_an_engine_without_its_voice_is_told() -> None:
    with pytest.raises(UsageError, match="assistant voices --engine openai"):
        voices.run(config.load(None, {"tts.openai_voice": "nova"}, {}).settings, "openai")


def test_a_process_that_fails_says_why() -> None:
    settings = config.load(None, {"tts.espeak_voice": "xx-yy"}, {}).settings
    with pytest.raises(AssistantError, match="espeak has no voice 'xx-yy'"):
        voices.run(settings, "espeak", 1)
