"""The openai engine against a real OpenAI-compatible server: llama-cpp-python's own, with the bundled model."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from contextlib import aclosing

import pytest

from assistant.config import LlmSettings
from assistant.llm import Message, gguf, load

pytest.importorskip("uvicorn", reason="the server needs llama-cpp-python[server]")


@pytest.fixture(scope="module")
def url():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "llama_cpp.server",
            "--model",
            str(gguf.bundled()),
            "--model_alias",
            "smollm2",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--n_ctx",
            "1024",
            "--n_threads",
            "1",
            "--n_threads_batch",
            "1",
            "--n_batch",
            "64",
            "--verbose",
            "False",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    log: list[str] = []
    ready = threading.Event()

    def read() -> None:
        for line in process.stdout:
            log.append(line)
            if "Uvicorn running" in line:
                ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        assert ready.wait(60) and process.poll() is None, "".join(log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def ask(url: str, question: str, **settings) -> list[str]:
    engine = load(LlmSettings(engine="openai", preset="llamacpp", base_url=url, temperature=0.0, **settings), print)

    async def collect() -> list[str]:
        async with aclosing(engine.reply([Message("system", "Answer briefly."), Message("user", question)])) as pieces:
            return [piece async for piece in pieces]

    assert engine.name == "smollm2 (llama.cpp's server)"
    return asyncio.run(collect())


def test_real_server_answers_in_pieces(url):
    pieces = ask(url, "What is the capital of France?")
    assert "Paris" in "".join(pieces) and len(pieces) > 3


def test_real_server_obeys_max_tokens(url):
    *pieces, last = ask(url, "Tell me a long story.", max_tokens=9)
    assert 3 < len(pieces) <= 9 and last.cut
    assert not any(getattr(piece, "cut", False) for piece in ask(url, "What is the capital of France?"))


def test_real_server_goes_on_serving_after_an_aborted_reply(url):
    engine = load(LlmSettings(engine="openai", preset="llamacpp", base_url=url, model="smollm2"), print)

    async def interrupted() -> str:
        async with aclosing(engine.reply([Message("user", "Tell me a very long story.")])) as pieces:
            return await anext(pieces)

    assert asyncio.run(interrupted())
    assert "Paris" in "".join(ask(url, "What is the capital of France?"))
