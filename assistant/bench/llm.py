"""`assistant bench llm`: what the language model costs, by threads, alone and beside a busy process; how soon a
question's transcript becomes a first clause; what a long conversation adds.

Whoever wonders about [llm] threads finds the answer here: compare `threads 0` (as many as cores are idle, looked at
again for every batch and token) with fixed numbers of them.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace

import numpy as np

from assistant.bench.result import Figure, Result
from assistant.concurrency.threads import cores
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.llm import Message, llama
from assistant.llm.llama import Llama
from assistant.reply.sentences import SentenceSplitter

_ROUNDS = 5
_NEW, _CLAUSE, _LONG = 15, 8, 60  # tokens: a question's last words, a first clause, a retrieved passage
_TURNS = (10, 1000)
_PATIENCE = 10.0  # seconds after which a number of threads is not tried again: too many on busy cores take minutes
_QUESTIONS = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "How many legs has a spider?",
    "What should I cook tonight?",
    "Who wrote Hamlet?",
    "Tell me something about whales.",
)


def run(settings: Settings) -> Result:
    """Raises UsageError when the settings choose an endpoint, whose speed is another machine's."""
    if settings.llm.engine != "llama":
        raise UsageError("[llm] engine must be llama for `bench llm`: an endpoint's speed is another machine's")
    fixed = sorted({1, 2, cores() - 1, cores()} - {0})
    engines: dict[int, Llama] = {}
    began = time.monotonic()
    for threads in (0, *(number for number in fixed if number <= cores())):
        engines[threads] = llama.load(replace(settings.llm, threads=threads, temperature=0.0), print)
        if threads == 0:
            loading = time.monotonic() - began
    try:
        rows = [Figure.of("load", "s", [loading])]
        for busy in (False, True):
            with _busy_process() if busy else _nothing():
                rows += _speeds(engines, "beside a busy process" if busy else "alone")
        rows += asyncio.run(_conversation(engines[0], settings.llm.system_prompt))
        rows += _long_conversations(engines[0], settings.llm.system_prompt)
        return Result("llm", rows, {"llm": engines[0].name})
    finally:
        for engine in engines.values():
            engine.close()


@contextmanager
def _busy_process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.5)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _speeds(engines: dict[int, Llama], beside: str) -> list[Figure]:
    """The numbers of threads take turns, so that what else the machine does meets all of them alike."""
    random = np.random.default_rng(0)
    known = [int(token) for token in random.integers(100, engines[0]._model.vocabulary, 40)]
    spans: dict[tuple[int, str], list[float]] = {}
    spent = dict.fromkeys(engines, 0.0)
    for _ in range(_ROUNDS):
        for threads, engine in engines.items():
            if spent[threads] > _PATIENCE:
                continue
            model, started = engine._model, time.monotonic()
            for what, count in (("prefill", _LONG), ("new", _NEW)):
                model.prefill(known, lambda: False)
                new = [int(token) for token in random.integers(100, model.vocabulary, count)]
                began = time.monotonic()
                model.prefill([*known, *new], lambda: False)
                spans.setdefault((threads, what), []).append(time.monotonic() - began)
            began = time.monotonic()
            for _ in range(_CLAUSE):
                model.decode([int(model.logits().argmax())])
            spans.setdefault((threads, "decode"), []).append(time.monotonic() - began)
            spent[threads] += time.monotonic() - started
    rows = []
    for threads in engines:
        where = f"threads {threads}, {beside}"
        prefill, added, decode = (np.array(spans[threads, what]) for what in ("prefill", "new", "decode"))
        rows += [
            Figure.of(f"prefill of {_LONG}, {where}", "tokens/s", _LONG / prefill),
            Figure.of(f"decode, {where}", "tokens/s", _CLAUSE / decode),
            Figure.of(f"{_NEW} new + {_CLAUSE} decoded, {where}", "s", added + decode),
        ]
    return rows


async def _conversation(engine: Llama, system_prompt: str) -> list[Figure]:
    """Each question as in a real turn: prefix warm, completeness asked for its words, then the reply."""
    system = Message("system", system_prompt)
    first: dict[str, list[float]] = {
        "completeness": [],
        "reply to first token": [],
        "transcript to first token": [],
        "transcript to first clause": [],
    }
    for question in _QUESTIONS:
        messages = [system, Message("user", question)]
        await engine.warm([system])
        began = time.monotonic()
        await engine.completeness(messages)
        asked = time.monotonic()
        token, clause = await _first_clause(engine, messages)
        for what, span in zip(first, (asked - began, token - asked, token - began, clause - began)):
            first[what].append(span)
    return [Figure.of(f"{what}, threads 0", "s", spans) for what, spans in first.items()]


async def _first_clause(engine: Llama, messages: Sequence[Message]) -> tuple[float, float]:
    """When the first piece came, and when the first clause was whole."""
    splitter, token = SentenceSplitter(), None
    async with aclosing(engine.reply(messages)) as pieces:
        async for piece in pieces:
            token = token or time.monotonic()
            if splitter.feed(piece):
                break
    return token or time.monotonic(), time.monotonic()


def _long_conversations(engine: Llama, system_prompt: str) -> list[Figure]:
    """What finding the part of the conversation that fits costs each call."""
    rows = []
    for turns in _TURNS:
        history = [
            Message(role, f"This is what was said in turn {number}, more or less.")
            for number in range(turns)
            for role in ("user", "assistant")
        ]
        spans = []
        for number in range(_ROUNDS + 1):
            messages = [Message("system", system_prompt), *history, Message("user", f"Question number {number}?")]
            engine._model.prefill(engine._tokens(engine._room.fit(messages)), lambda: False)
            began = time.monotonic()
            engine._tokens(engine._room.fit(messages))
            spans.append(1000 * (time.monotonic() - began))
        rows.append(Figure.of(f"choosing what fits after {turns} turns", "ms", spans[1:]))
    return rows
