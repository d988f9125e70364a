"""A voice that says other words, in a whole conversation: what history and the journal keep, what is asked ahead."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from assistant.journal import record
from assistant.tts import SpeechChunk
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedTts

_QUESTION = Say(1.0, "how are you today")


@dataclass
class OwnWords(ScriptedTts):
    says: dict[str, str] = field(default_factory=dict)
    """Sentence -> what is said instead."""
    prepared: list[str] = field(default_factory=list)

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        async for chunk in super().speak(text):
            yield replace(chunk, said=self.says.get(text))

    def prepare(self, text: str) -> None:
        self.prepared.append(text)


def test_history_and_journal_keep_what_was_really_said() -> None:
    tts = OwnWords(says={"What is your name?": "My name is Sol."})
    scene = Scene([_QUESTION, Say(8.0, "and then")], ["I am fine. What is your name?", "Good."], tts=tts).play()
    first, second = scene.turns
    assert scene.history[1] == ("assistant", "I am fine. My name is Sol.")
    assert scene.llm.prompts[1][-2].content == "I am fine. My name is Sol."
    assert (first.outcome, first.reply.strip()) == ("answered", "I am fine. What is your name?")
    assert record(first, "c")["voice_differs"] == [{"sentence": "What is your name?", "said": "My name is Sol."}]
    assert record(second, "c")["voice_differs"] == []


def test_interrupted_it_is_what_was_heard_of_its_own_words() -> None:
    said = "My name is Sol and I am here to help you with all you like."
    tts = OwnWords(says={"Where do you come from my dear old friend?": said})
    says = [_QUESTION, Say(3.5, "no wait please stop")]
    scene = Scene(says, ["Where do you come from my dear old friend?", "Good."], tts=tts).play()
    [turn] = [turn for turn in scene.turns if turn.outcome == "interrupted"]
    assert turn.heard and turn.heard != said and said.startswith(turn.heard)
    assert [text for _, text in turn.voice_differs] == [said]
    assert tts.prepared.count("") >= 3, "it began, it was cut off, the next began"


def test_the_next_sentence_is_asked_for_ahead_once_the_reply_may_be_heard() -> None:
    tts = OwnWords(first=0.3)
    llm = ScriptedLlm(["One two three. Four five six. Seven eight nine."], per_word=0.25)
    scene = Scene([_QUESTION], tts=tts, llm=llm).play()
    sentences = ["One two three.", "Four five six.", "Seven eight nine."]
    assert tts.spoken == sentences and tts.prepared[0] == ""
    asked = [text for text in tts.prepared if text]
    assert asked and asked == sentences[-len(asked) :] and scene.turns[0].heard == " ".join(sentences)
