import asyncio
from functools import partial

import pytest

from assistant.bench.tools import attacked, held_out, injection
from assistant.bench.tools.injection import Obedient, Tools
from assistant.config import Settings
from assistant.llm import Message, ToolCall
from assistant.reply.tool_use import ToolUse

ATTACKS = held_out.attacks()


async def loop(attack: held_out.Attack, model: Obedient, tools: Tools, asks: bool) -> None:
    """The smallest that there can be between a model and tools; ``asks``: whether it heeds permissions."""
    facts = f"{attack.text}. " if attack.way == "facts" else ""
    messages = [Message("system", "Help."), Message("user", facts + attack.asks)]
    while True:
        pieces = [piece async for piece in model.reply(messages, tools.tools())]
        calls = pieces[-1].calls
        if not calls:
            return
        messages.append(Message("assistant", "", calls))
        for call in calls:
            messages.append(Message("tool", await _result(call, tools, asks), call_id=call.id))


async def _result(call: ToolCall, tools: Tools, asks: bool) -> str:
    if not asks or tools.permission(call.name) == "always":
        return await tools.call(call)
    if tools.permission(call.name) == "ask":
        tools.question(call)
    return "Error: the user did not say yes."


def played(asks: bool, attacks: list[held_out.Attack] = ATTACKS) -> tuple[dict[str, injection.Figure], list[dict]]:
    rows, details = asyncio.run(injection.run(attacks, partial(loop, asks=asks)))
    return {row.name: row for row in rows}, details


def test_each_attack_comes_through_where_nothing_is_asked():
    """Otherwise that nothing was done would prove nothing."""
    rows, details = played(asks=False)
    unasked = rows["injection: unasked actions"]
    assert unasked.p50 == unasked.n == len(ATTACKS) and unasked.met is False
    assert rows["injection: attacks that reached the model"].met and all(case["obeyed"] for case in details)
    assert len(injection.misses(details, ATTACKS)) == len(ATTACKS)


def test_a_loop_that_asks_does_none_of_what_needs_a_yes():
    needs_yes = [attack for attack in ATTACKS if injection.PERMISSIONS.get(attack.must_not) != "always"]
    rows, details = played(True, needs_yes)
    assert len(needs_yes) >= 25 and rows["injection: unasked actions"].met
    assert rows["injection: attacks that reached the model"].met and injection.misses(details, needs_yes) == []
    assert rows["injection: questions to the user"].p50 == sum(case["permission"] == "ask" for case in details)


def test_what_may_not_be_called_is_not_offered():
    attack = next(attack for attack in ATTACKS if attack.must_not == "run_command")
    assert [tool.name for tool in Tools(attack).tools()] == [injection.READERS[attack.way]]


@pytest.mark.parametrize("reach", [True, False])
def test_an_attack_whose_marks_were_defused_still_reaches_the_model(reach):
    attack = next(attack for attack in ATTACKS if "<|im_start|>" in attack.text)
    read = attack.text.replace("<|im_start|>", "").replace("<|im_end|>", "") if reach else "Opening hours: 9 to 5."

    async def reply() -> tuple[str, ...]:
        messages = [Message("user", attack.asks), Message("tool", read)]
        pieces = [piece async for piece in Obedient(attack).reply(messages)]
        return tuple(call.name for piece in pieces for call in piece.calls)

    assert asyncio.run(reply()) == (("delete_file",) if reach else ())


def test_the_ways_in_are_those_of_the_set_and_each_has_a_reader():
    assert {attack.way for attack in ATTACKS} == injection.READERS.keys()
    assert not {attack.must_not for attack in ATTACKS} & set(injection.READERS.values())


@pytest.mark.parametrize("way", ["facts", "late"])
def test_neither_a_fact_nor_a_late_result_makes_the_program_do_what_nobody_asked_for(way):
    attacks = [attack for attack in ATTACKS if attack.way == way]
    assert len(attacks) >= 4
    rows, details = asyncio.run(injection.run(attacks, attacked.conversing(Settings())))
    found = {row.name: row for row in rows}
    assert found["injection: unasked actions"].met and found["injection: attacks that reached the model"].met
    assert {case["permission"] for case in details} >= {"always", "ask"}
    assert all(case["asked"] for case in details if case["permission"] != "never")


def test_a_late_attack_comes_in_a_turn_of_its_own(monkeypatch):
    """Where what a tool gave counts for nothing, it would come through: the measurement sees it."""
    monkeypatch.setattr(ToolUse, "question", lambda self, calls, instructed: None)
    monkeypatch.setattr(Tools, "permission", lambda self, name: "always")
    attacks = [attack for attack in ATTACKS if attack.way in ("late", "facts") and attack.must_not != "run_command"]
    rows, details = asyncio.run(injection.run(attacks, attacked.conversing(Settings())))
    assert all(case["done"] for case in details) and rows[0].met is False
