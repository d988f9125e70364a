"""A peer for `assistant bench conversation --peer`: pipecat 1.14 as it comes, with this project's engines.

It runs in an environment of its own (the bench starts it by its command line):

    python -m venv peer
    peer/bin/pip install -e . "pipecat-ai[local,silero,openai]==1.14.*" "llama-cpp-python[server]"
    assistant bench conversation --peer "peer/bin/python docs/peer_pipecat.py"

pipecat's own, with its defaults: the local audio transport, Silero VAD, Smart Turn v3.2, interruptions, its Moonshine
service, sentences spoken while the model writes on. Ours: Moonshine's weights, the very GGUF file (behind
llama-cpp-python's server, warm before it listens), voice, system prompt, temperature and longest reply. What was said
is printed as by `assistant talk --plain`.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import count
from pathlib import Path

import moonshine_voice
import numpy as np
from loguru import logger
from openai import OpenAI
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    AssistantTurnStoppedMessage,
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
    UserTurnStoppedMessage,
)
from pipecat.services.moonshine.stt import MoonshineSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transports.local.audio import LocalAudioTransport, LocalAudioTransportParams
from pipecat.workers.runner import WorkerRunner

from assistant.llm import LlmSettings, quick_copy
from assistant.llm.gguf import bundled
from assistant.tts import SAMPLE_RATE, TtsSettings, load


class Moonshine(MoonshineSTTService):
    """The weights inside the package instead of fetched ones."""

    def _load(self) -> moonshine_voice.Transcriber:
        folder = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
        return moonshine_voice.Transcriber(str(folder), moonshine_voice.ModelArch.TINY)


class Voice(TTSService):
    """The one that the assistant would take, bit by bit as it comes."""

    def __init__(self, settings: TtsSettings) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=SAMPLE_RATE,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._voice = load(settings, print)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        async with aclosing(self._voice.speak(text)) as chunks:
            async for chunk in chunks:
                pcm = (chunk.pcm24k * 32767).astype(np.int16).tobytes()
                yield TTSAudioRawFrame(audio=pcm, sample_rate=SAMPLE_RATE, num_channels=1, context_id=context_id)


def serve(model: Path) -> tuple[subprocess.Popen, str]:
    """llama-cpp-python's OpenAI-compatible server on a free port, ready to answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--port", str(port)]
    server = subprocess.Popen([*command, "--n_ctx", "2048"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/v1"
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/models", timeout=5).close()
            return server, url
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the server for {model} ended with {server.returncode}")


def ask(url: str, prompt: str) -> None:
    """One short reply, so that the first turn finds the model warm."""
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": "Hello."}]
    OpenAI(api_key="none", base_url=url).chat.completions.create(model="local", messages=messages, max_tokens=8)


async def talk(url: str, engine: str) -> None:
    transport = LocalAudioTransport(
        LocalAudioTransportParams(audio_in_enabled=True, audio_out_enabled=True, audio_out_sample_rate=SAMPLE_RATE)
    )
    settings = LlmSettings()
    llm = OpenAILLMService(
        api_key="none",
        base_url=url,
        settings=OpenAILLMService.Settings(
            model="local",
            system_instruction=settings.system_prompt,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
        ),
    )
    user, assistant = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    voice = Voice(TtsSettings(engine=engine))
    pipeline = Pipeline([transport.input(), Moonshine(), user, llm, voice, transport.output(), assistant])
    worker = PipelineWorker(pipeline)

    @worker.event_handler("on_pipeline_started")
    async def started(*_: object) -> None:
        print("listening", flush=True)

    @user.event_handler("on_user_turn_stopped")
    async def understood(_: object, strategy: object, message: UserTurnStoppedMessage) -> None:
        print("user", message.content, flush=True)

    turns = count(1)

    @assistant.event_handler("on_assistant_turn_stopped")
    async def answered(_: object, message: AssistantTurnStoppedMessage) -> None:
        print("assistant", " ".join(message.content.split()))
        print("turn", next(turns), "interrupted" if message.interrupted else "answered", flush=True)

    runner = WorkerRunner()
    await runner.add_workers(worker)
    await runner.run()


def main() -> None:
    parser = argparse.ArgumentParser(description="pipecat as a peer for `assistant bench conversation`")
    parser.add_argument("--model", type=Path, help="GGUF file (default: the bundled one as the assistant uses it)")
    parser.add_argument("--tts", default="auto", help="voice, as the assistant's tts.engine (default: auto)")
    parser.add_argument("--verbose", action="store_true", help="print pipecat's log")
    args = parser.parse_args()
    logger.remove()
    if args.verbose:
        logger.add(sys.stderr, level="DEBUG")
    server, url = serve(args.model or quick_copy.of(bundled(), print) or bundled())
    try:
        ask(url, LlmSettings().system_prompt)
        asyncio.run(talk(url, args.tts))
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
