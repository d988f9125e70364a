"""SIGHUP: settings and engines change between two turns; nothing that was said is lost, and wrong settings are told."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant import config, engines, events
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.errors import EngineError, UsageError
from assistant.modes import Means
from assistant.modes.reload import close_replaced, reload_talk, reloaded, told
from assistant.modes.signals import on_hangup
from assistant.reply.guard import Guard
from assistant.safety import Policy
from assistant.settings.mcp import McpSettings
from tests import virtual_clock
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedMicrophone, ScriptedStt, ScriptedTts


def settings(**changes):
    return config.load(None, {name.replace("__", "."): value for name, value in changes.items()}, {}).settings


def means(**changes) -> Means:
    return Means(settings(**changes), Engines(ScriptedStt([]), ScriptedLlm(["Yes."]), ScriptedTts()), Policy(), None)


def swap(scene: Scene, llm: ScriptedLlm, **changes) -> None:
    """Give the scene's conversation another model and other settings, as soon as it takes them."""
    new = settings(**changes)
    scene.swapping = asyncio.get_running_loop().create_task(
        scene.conversation.reconfigure(new, Engines(scene.stt, llm, scene.tts), Policy(), Guard(new.guard))
    )


def test_another_model_knows_what_was_said_before():
    other = ScriptedLlm(["I am the new one."])

    def on_event(scene, event):
        if isinstance(event, events.TurnEnded) and event.turn.id == 1:
            swap(scene, other, llm__system_prompt="You are new.")

    says = [Say(1.0, "my name is ann"), Say(8.0, "who are you")]
    scene = Scene(says, ["Hello Ann."], on_event=on_event).play()
    [prompt] = other.prompts
    assert [message.content for message in prompt] == ["You are new.", "my name is ann", "Hello Ann.", "who are you"]
    assert scene.turns[1].heard == "I am the new one."


def test_reply_under_way_is_finished_as_it_began():
    other = ScriptedLlm(["I am the new one."])
    long = "One two three four five six seven eight nine ten."

    def on_event(scene, event):
        if event == events.StateChanged("speaking") and not other.prompts and not hasattr(scene, "swapping"):
            swap(scene, other)

    scene = Scene([Say(1.0, "count"), Say(12.0, "who are you")], [long], on_event=on_event).play()
    assert [turn.heard for turn in scene.turns] == [long, "I am the new one."]


def test_settings_given_after_the_conversation_ended_wait_for_nothing():
    async def late():
        made = means()
        talk = made.conversation(WavSpeaker(), lambda event: None)
        await talk.listen(ScriptedMicrophone([], 1.0), lambda frame: False)
        await talk.reconfigure(made.settings, made.engines, made.policy, made.guard())

    virtual_clock.run(late())


def test_only_what_changed_is_loaded_again(monkeypatch):
    loads = []

    async def load_part(part, settings, notice, observe, heard=True):
        loads.append(part)
        return ScriptedLlm(["New."])

    monkeypatch.setattr(engines, "load_part", load_part)
    old = means()
    new = asyncio.run(reloaded(old, settings(llm__temperature=0.5, manners__filler=""), print))
    assert loads == ["llm"]
    assert new.engines.stt is old.engines.stt and new.engines.tts is old.engines.tts
    assert new.engines.llm is not old.engines.llm


def test_another_model_or_other_documents_decide_anew_who_words_the_answers(monkeypatch):
    async def load_part(part, settings, notice, observe, heard=True):
        return ScriptedLlm(["New."])

    async def load_documents(settings, notice):
        return SimpleNamespace(quotes=None)

    monkeypatch.setattr(engines, "load_part", load_part)
    monkeypatch.setattr("assistant.modes.reload.load_documents", load_documents)
    old = replace(means(), documents=SimpleNamespace(quotes=None))
    asyncio.run(reloaded(old, settings(manners__filler=""), print))
    assert old.documents.quotes is None, "nothing of it changed"
    asyncio.run(reloaded(old, settings(llm__engine="openai", llm__model="x"), print))
    assert old.documents.quotes is False
    other = asyncio.run(reloaded(old, settings(rag__enabled=True, rag__answer="quote"), print))
    assert other.documents is not old.documents and other.documents.quotes is True


def test_where_one_engine_fails_the_others_that_were_loaded_are_closed_and_nothing_changes(monkeypatch):
    closed = []

    class Closing(ScriptedLlm):
        def close(self):
            closed.append("llm")

    async def load_part(part, settings, notice, observe, heard=True):
        if part == "tts":
            raise EngineError("no such voice; choose another")
        return Closing(["New."])

    monkeypatch.setattr(engines, "load_part", load_part)
    told_all: list[str] = []

    async def both() -> Means:
        old = means()
        talk = old.conversation(WavSpeaker(), lambda event: None)
        wrong = settings(llm__temperature=0.5, tts__engine="espeak")
        new = await reload_talk(talk, old, lambda: wrong, told_all.append, lambda event: None)
        assert new is old
        return new

    asyncio.run(both())
    assert closed == ["llm"] and told_all == ["The settings stay as they were: no such voice; choose another"]


def test_wrong_settings_are_told_in_one_sentence_and_the_old_ones_stay():
    notices: list[str] = []

    def wrong():
        raise UsageError("config.toml: [llm] context must be at least 256")

    async def run() -> None:
        old = means()
        talk = old.conversation(WavSpeaker(), lambda event: None)
        assert await reload_talk(talk, old, wrong, notices.append, lambda event: None) is old

    asyncio.run(run())
    assert notices == ["The settings stay as they were: config.toml: [llm] context must be at least 256"]


def test_what_was_replaced_is_closed_and_the_rest_is_not():
    closed = []

    class Closing(ScriptedLlm):
        def close(self):
            closed.append(self.name)

    async def run() -> None:
        old = means()
        old.engines.llm = Closing(["Old."], name="old")
        new = replace(old, engines=replace(old.engines, llm=Closing(["New."], name="new")))
        close_replaced(old, new)

    asyncio.run(run())
    assert closed == ["old"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "The settings were read again; none has changed"),
        ({"llm__temperature": 0.5}, "The settings were read again; [llm] counts from now on"),
        (
            {"kiosk__silence": 9.0, "audio__input": "USB"},
            "The settings were read again; [kiosk] counts from now on, [audio] from the next start on",
        ),
        (
            {"audio__input": "USB"},
            "The settings were read again; nothing counts from now on, [audio] from the next start on",
        ),
    ],
)
def test_it_is_told_what_counts_when(changes, sentence):
    assert told(settings(), settings(**changes)) == sentence


def test_hangup_that_comes_while_the_last_one_is_served_is_served_after_it():
    served = []

    async def run() -> None:
        done = asyncio.Event()

        async def act() -> None:
            served.append("begun")
            if len(served) == 1:
                os.kill(os.getpid(), signal.SIGHUP)
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(0.05)  # the signals arrive
            else:
                done.set()

        with on_hangup(act):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.wait_for(done.wait(), 5.0)
            await asyncio.sleep(0)

    asyncio.run(run())
    assert len(served) == 2


def test_conversation_takes_no_settings_in_the_middle_of_a_turn():
    other = ScriptedLlm(["New."])
    taken: list[float] = []

    def on_event(scene, event):
        if event == events.StateChanged("hearing") and not hasattr(scene, "swapping"):
            swap(scene, other)
            scene.swapping.add_done_callback(lambda _: taken.append(asyncio.get_running_loop().time()))

    scene = Scene([Say(1.0, "how are you")], on_event=on_event).play()
    ended = next(at for at, event in scene.events if isinstance(event, events.TurnEnded))
    assert taken and taken[0] >= ended and isinstance(scene.conversation, Conversation)


def test_what_waits_for_the_next_start_is_named() -> None:
    old = config.Settings()
    new = replace(old, kiosk=replace(old.kiosk, port=8791, begin="open"))
    assert told(old, new) == (
        "The settings were read again; [kiosk] counts from now on, [kiosk] port from the next start on"
    )


def test_other_tools_and_another_memory_wait_for_the_next_start() -> None:
    old = config.Settings()
    new = replace(old, mcp=(McpSettings("time", command="uvx"),), memory=replace(old.memory, person="Ben"))
    assert told(old, new) == (
        "The settings were read again; nothing counts from now on, [memory], [mcp] from the next start on"
    )
