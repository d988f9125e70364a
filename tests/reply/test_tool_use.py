"""A language model calls tools in scripted conversations: what is done, asked, bridged, given up, told later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.llm import Message, Tool, ToolCall
from assistant.tools import Permission
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm

LOOK = ToolCall("1", "look_up", {"what": "tide"})
SEND = ToolCall("2", "send_mail", {"to": "Anna"})
_SCHEMA = {"type": "object", "properties": {"what": {"type": "string"}}}


@dataclass
class ScriptedTools:
    seconds: float = 0.1
    may_be_cancelled: bool = True
    permissions: dict[str, Permission] = field(default_factory=lambda: {"look_up": "always", "send_mail": "ask"})
    begun: list[tuple[float, str]] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    def tools(self, question: str = "") -> Sequence[Tool]:
        return [Tool(name, name, _SCHEMA) for name, allowed in self.permissions.items() if allowed != "never"]

    def permission(self, name: str) -> Permission:
        return self.permissions.get(name, "never")

    def question(self, call: ToolCall) -> str:
        return f"Shall I send the mail to {call.arguments['to']}?"

    def reads(self, name: str) -> bool:
        return name == "look_up"

    def cancellable(self, name: str) -> bool:
        return self.may_be_cancelled

    async def call(self, call: ToolCall) -> str:
        self.begun.append((asyncio.get_running_loop().time(), call.name))
        await asyncio.sleep(self.seconds)
        self.finished.append(call.name)
        return f"{call.name} gives 42."


def scene(*says: Say, replies: Sequence[object], tools: ScriptedTools, **more) -> Scene:
    return Scene(says, replies, llm=ScriptedLlm(replies, calls_tools=True), toolbox=tools, **more).play()


def test_what_the_model_calls_is_done_after_the_user_has_finished_and_it_answers_from_the_result():
    tools = ScriptedTools()
    played = scene(Say(1.0, "when is the tide"), replies=[LOOK, "At four."], tools=tools)
    [turn] = played.turns
    assert turn.heard == "At four."
    [(at, name)] = tools.begun
    assert name == "look_up" and at >= turn.timings["hard_endpoint"]
    assert played.llm.prompts[-1][-2:] == [
        Message("assistant", "", (LOOK,)),
        Message("tool", "look_up gives 42.", call_id="1"),
    ]
    assert [tool.name for tool in played.llm.offered[0]] == ["look_up", "send_mail"]


def test_several_calls_are_done_side_by_side():
    tools = ScriptedTools(seconds=0.5)
    scene(Say(1.0, "when is the tide"), replies=[(LOOK, ToolCall("3", "look_up", {})), "At four."], tools=tools)
    (first, _), (second, _) = tools.begun
    assert second - first < 0.1


def test_a_model_that_cannot_is_not_told_of_tools():
    played = Scene([Say(1.0, "when is the tide")], ["I do not know."], toolbox=ScriptedTools()).play()
    assert list(played.llm.offered[0]) == []


def test_a_tool_that_takes_long_is_bridged_once_and_never_followed_by_silence():
    tools = ScriptedTools(seconds=2.0)
    played = scene(Say(1.0, "when is the tide"), replies=[LOOK, LOOK, "At four."], tools=tools)
    assert [turn.heard for turn in played.turns] == ["Let me look. At four."]


def test_who_calls_without_end_has_to_answer():
    played = scene(Say(1.0, "when is the tide"), replies=[LOOK], tools=ScriptedTools())
    assert list(played.llm.offered[-1]) == [] and len(played.llm.offered) == 5


def test_what_needs_a_yes_is_asked_done_after_it_and_told():
    tools = ScriptedTools()
    played = scene(
        Say(1.0, "write to Anna"), Say(7.0, "yes please"), replies=[SEND, "I sent it."], tools=tools, until=25.0
    )
    asked, sent = played.turns
    assert asked.heard == "Shall I send the mail to Anna?"
    [(at, name)] = tools.begun
    assert name == "send_mail" and at > 7.0 and sent.heard == "I sent it."


def test_without_a_yes_nothing_is_done():
    for answer in ("no thanks", "what is the tide", "yes but to Bob"):
        tools = ScriptedTools()
        scene(Say(1.0, "write to Anna"), Say(7.0, answer), replies=[SEND, "All right."], tools=tools, until=20.0)
        assert tools.begun == []


def test_a_yes_allows_what_was_asked_and_no_more():
    other = ToolCall("9", "send_mail", {"to": "Bob"})
    tools = ScriptedTools()
    played = scene(Say(1.0, "write to Anna"), Say(7.0, "yes"), replies=[SEND, other, "Done."], tools=tools, until=25.0)
    assert [name for _, name in tools.begun] == ["send_mail"]
    assert played.turns[1].heard == "Shall I send the mail to Bob?"


def test_what_is_forbidden_or_unknown_is_not_done_and_the_model_is_told():
    tools = ScriptedTools(permissions={"look_up": "never"})
    played = scene(Say(1.0, "when is the tide"), replies=[(LOOK, ToolCall("4", "made_up", {})), "No."], tools=tools)
    assert tools.begun == []
    assert all(message.content.startswith("Error:") for message in played.llm.prompts[-1][-2:])


def test_an_interruption_gives_up_what_can_be_given_up():
    tools = ScriptedTools(seconds=5.0)
    scene(
        Say(1.0, "when is the tide"),
        Say(4.5, "forget it and sing", seconds=1.5),
        replies=[LOOK, "La la."],
        tools=tools,
        until=30.0,
    )
    assert tools.finished == []


def test_what_cannot_be_given_up_is_told_later_when_nobody_speaks():
    tools = ScriptedTools(seconds=8.0, may_be_cancelled=False)
    played = scene(
        Say(1.0, "when is the tide"),
        Say(4.5, "how are you doing today", seconds=1.5),
        replies=[LOOK, "I am fine.", "The tide comes at four."],
        tools=tools,
        until=30.0,
    )
    assert tools.finished == ["look_up"]
    assert [turn.heard for turn in played.turns][-1] == "The tide comes at four."


def test_what_a_tool_gave_allows_nothing_that_does_more_than_read():
    tools = ScriptedTools(permissions={"look_up": "always", "send_mail": "always"})
    played = scene(Say(1.0, "when is the tide"), replies=[LOOK, SEND, "Sent."], tools=tools)
    assert [name for _, name in tools.begun] == ["look_up"]
    assert played.turns[0].heard.endswith("Shall I send the mail to Anna?")
    once = ScriptedTools(permissions={"send_mail": "always"})
    scene(Say(1.0, "write to Anna"), replies=[SEND, "Sent."], tools=once)
    assert [name for _, name in once.begun] == ["send_mail"]


def test_nor_does_what_a_tool_gave_too_late():
    tools = ScriptedTools(8.0, may_be_cancelled=False, permissions={"look_up": "always", "send_mail": "always"})
    played = scene(
        Say(1.0, "when is the tide"),
        Say(4.5, "how are you doing today", seconds=1.5),
        replies=[LOOK, "I am fine.", SEND, "Sent."],
        tools=tools,
        until=30.0,
    )
    assert [name for _, name in tools.begun] == ["look_up"]
    assert played.turns[-1].heard == "Shall I send the mail to Anna?"
