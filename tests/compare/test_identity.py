"""Every setting makes answers comparable or not, but those of which somebody has said that they do not matter."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace

from assistant.compare.identity import KEYS_WITHOUT_EFFECT, SECTIONS_WITHOUT_EFFECT, identity
from assistant.compare.questions import Question
from assistant.config import LlmSettings, Settings, SttSettings

DEFAULT = Settings()


@dataclass(frozen=True)
class MoreLlmSettings(LlmSettings):
    made_up: float = 0.5


@dataclass(frozen=True)
class MadeUpSettings:
    made_up: str = ""


@dataclass(frozen=True)
class MoreSettings(Settings):
    section: MadeUpSettings = MadeUpSettings()


def name(settings: Settings, spoken: bool = False) -> str:
    return identity(settings, spoken=spoken)[0]


def test_a_key_and_a_section_that_nobody_has_listed_count():
    less, more = (replace(DEFAULT, llm=MoreLlmSettings(made_up=value)) for value in (0.5, 0.6))
    assert len({name(DEFAULT), name(less), name(more)}) == 3
    assert identity(more)[1]["llm"]["made_up"] == 0.6
    assert name(MoreSettings(section=MadeUpSettings("this"))) != name(MoreSettings(section=MadeUpSettings("that")))


def test_what_no_answer_depends_on_is_listed_and_does_not_count():
    every = dataclasses.asdict(DEFAULT)
    assert set(SECTIONS_WITHOUT_EFFECT) | KEYS_WITHOUT_EFFECT.keys() <= every.keys()
    for section, keys in KEYS_WITHOUT_EFFECT.items():
        assert set(keys) <= every[section].keys()
        assert not set(keys) & identity(DEFAULT, spoken=True)[1][section].keys()
    assert name(replace(DEFAULT, llm=replace(DEFAULT.llm, model="another.gguf"))) == name(DEFAULT)
    assert name(replace(DEFAULT, journal=replace(DEFAULT.journal, enabled=False))) == name(DEFAULT)


def test_what_is_heard_counts_when_questions_are_spoken_and_what_is_asked_always():
    other = replace(DEFAULT, stt=SttSettings(language="de"))
    assert name(other) == name(DEFAULT)
    assert name(other, spoken=True) != name(DEFAULT, spoken=True)
    assert identity(DEFAULT, [Question("q", "Where is it?")])[0] != name(DEFAULT)
