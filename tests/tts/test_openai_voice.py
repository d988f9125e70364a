"""The cloud voice with the real client against a server that speaks the real wire format; no key, no network."""

from __future__ import annotations

import asyncio
import io
from contextlib import aclosing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant import tts
from assistant.config import TtsSettings
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.espeak import Espeak
from assistant.tts.fallback import Fallback, _spoken
from assistant.tts.openai.budget import Spending
from assistant.tts.openai.engine import OpenAI, Refused, found, load, voices
from tests.fake_openai import FakeOpenAI, Fault

pytestmark = pytest.mark.usefixtures("espeak_stands_in")

_KEY = "sk-fake-very-secret"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "TTS_API_KEY"):  # OpenAI's own does not go to the test's server
        monkeypatch.setenv(name, _KEY)


def pcm(seconds: float = 0.5, silence: float = 0.0, level: float = 0.25) -> bytes:
    tone = level * np.sin(np.arange(round(seconds * SAMPLE_RATE)) * 0.05)
    return (np.concatenate([np.zeros(round(silence * SAMPLE_RATE)), tone]) * 32767).astype("<i2").tobytes()


def settings(server: FakeOpenAI, **more: object) -> TtsSettings:
    return TtsSettings(**{"engine": "openai", "openai_base_url": server.url, "timeout": 5.0, **more})


def say(voice: tts.Tts, *texts: str) -> list[list[SpeechChunk]]:
    async def speak() -> list[list[SpeechChunk]]:
        return [[chunk async for chunk in voice.speak(text)] for text in texts]

    try:
        return asyncio.run(speak())
    finally:
        voice.close()


def seconds(chunks: list[SpeechChunk]) -> float:
    return sum(len(chunk.pcm24k) for chunk in chunks) / SAMPLE_RATE


@pytest.mark.parametrize("block", [4800, 4801, 333])
def test_sound_arrives_whole_whatever_its_blocks_and_without_its_leading_silence(block: int) -> None:
    with FakeOpenAI(speech=pcm(0.5, silence=0.3), block=block) as server:
        [chunks] = say(OpenAI(settings(server)), "Hello.")
    audio = np.concatenate([chunk.pcm24k for chunk in chunks])
    assert len(chunks) > 2 and audio.dtype == np.float32
    assert 0.5 <= seconds(chunks) <= 0.5 + 0.02 + 0.18
    assert np.abs(audio[:300]).max() > 0.1 and 0.24 < audio.max() < 0.26
    assert chunks[-1].spoken == len("Hello.")


def test_the_request_holds_the_settings_and_no_empty_ones() -> None:
    with FakeOpenAI(speech=pcm()) as server:
        say(OpenAI(settings(server)), "Hello.")
        say(
            OpenAI(
                settings(
                    server,
                    openai_model="gpt-4o-mini-tts",
                    openai_voice="nova",
                    openai_speed=1.5,
                    openai_instructions="calm",
                )
            ),
            "Hi.",
        )
    first, second = (request.json for request in server.requests)
    assert first == {"model": "tts-1", "voice": "alloy", "input": "Hello.", "response_format": "pcm"}
    assert second == {
        "model": "gpt-4o-mini-tts",
        "voice": "nova",
        "input": "Hi.",
        "response_format": "pcm",
        "speed": 1.5,
        "instructions": "calm",
    }
    assert server.requests[0].headers["authorization"] == f"Bearer {_KEY}"


def test_empty_text_asks_for_nothing() -> None:
    with FakeOpenAI(speech=pcm()) as server:
        assert say(OpenAI(settings(server)), "") == [[]]
    assert server.requests == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_tried_once_more(status: int) -> None:
    with FakeOpenAI(speech=pcm(), faults=[Fault(status, retry_after="0")]) as server:
        [chunks] = say(OpenAI(settings(server)), "Hello.")
    assert seconds(chunks) > 0.5 and len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "words", "requests"),
    [
        (Fault(401), Refused, "TTS_API_KEY", 1),
        (Fault(400), Refused, "openai_voice", 1),
        (Fault(404), Refused, "openai_model", 1),
        (Fault(429, retry_after="0"), EngineError, "429", 2),
        (Fault(500, retry_after="0"), EngineError, "500", 2),
        (Fault(hang_after=0), EngineError, "within 0.5 s", 1),
        (Fault(hang_after=2), EngineError, "within 0.5 s", 1),
        (Fault(cut_after=2), EngineError, "broke off", 1),
        (Fault(cut_after=0), EngineError, "broke off", 1),
    ],
)
def test_every_failure_is_one_sentence_without_the_key(fault: Fault, kind: type, words: str, requests: int) -> None:
    timeout = 0.5 if fault.hang_after is not None else 10.0
    with FakeOpenAI(speech=pcm(), faults=[fault] * 2) as server, pytest.raises(AssistantError) as caught:
        say(OpenAI(settings(server, timeout=timeout)), "Hello.")
    assert caught.type is kind
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert _KEY not in str(caught.value) and "sk-" not in str(caught.value)
    assert len(server.requests) == requests


def test_no_server_silence_and_web_pages_are_errors_too() -> None:
    with pytest.raises(EngineError, match="cannot be reached"):
        say(OpenAI(TtsSettings(openai_base_url="http://127.0.0.1:9/v1")), "Hello.")
    with FakeOpenAI(speech=pcm(0, silence=1)) as server, pytest.raises(EngineError, match="no sound"):
        say(OpenAI(settings(server)), "Hello.")
    with FakeOpenAI(speech=b"<html>" * 20) as server, pytest.raises(Refused, match="answered with text instead"):
        say(OpenAI(settings(server)), "Hello.")


def test_noise_is_never_heard_and_the_offline_voice_speaks() -> None:
    notices: list[str] = []
    noise = np.random.default_rng(1).bytes(200_000)
    with FakeOpenAI(speech=noise) as server:
        [chunks] = say(tts.load(settings(server), notices.append), _SENTENCE)
    [alone] = say(Espeak(TtsSettings()), _SENTENCE)
    assert seconds(chunks) == pytest.approx(seconds(alone), abs=0.02) and "noise" in notices[0]


@pytest.mark.parametrize("form", ["WAV", "MP3", "FLAC"])
def test_a_server_that_sends_files_whatever_it_was_asked_for_is_heard(form: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.frombuffer(pcm(1.0), "<i2"), SAMPLE_RATE, format=form)
    with FakeOpenAI(speech=file.getvalue(), speech_type="audio/mpeg") as server:
        [chunks] = say(OpenAI(settings(server)), "Hello.")
    assert seconds(chunks) == pytest.approx(1.18, abs=0.06) and chunks[-1].spoken == len("Hello.")


def test_sound_without_end_is_ended() -> None:
    with FakeOpenAI(speech=pcm(60.0)) as server, pytest.raises(EngineError, match="more sound than 'Hello.' can need"):
        say(OpenAI(settings(server)), "Hello.")


@pytest.mark.parametrize("model", ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"])
def test_the_old_models_are_announced_to_end_and_then_name_the_new_one(model: str) -> None:
    notices: list[str] = []
    today = [date(2027, 1, 5)]
    voice = load(TtsSettings(openai_model=model), notices.append, lambda: today[0])
    assert isinstance(voice, OpenAI) and len(notices) == 1
    today[0] = date(2027, 1, 6)
    with pytest.raises(Refused, match=f"has switched {model} off on 6 January 2027; .*gpt-realtime-2.1-mini"):
        say(voice, "Hello.")
    elsewhere = load(TtsSettings(openai_model=model, openai_base_url="http://localhost:1/v1"), notices.append)
    assert isinstance(elsewhere, OpenAI) and len(notices) == 1


def test_what_is_found_says_which_way_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert found(TtsSettings()) == ("openai gpt-realtime-2.1-mini alloy, through the Realtime API", "")
    Spending(0.0, print).add(0.125)
    assert found(TtsSettings())[0].endswith("through the Realtime API; $0.12 today")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    assert "no voice 'nova'" in found(TtsSettings(openai_voice="nova"))[1]
    elsewhere = TtsSettings(openai_base_url="http://localhost:1/v1", openai_voice="nova")
    assert found(elsewhere) == ("openai tts-1 nova, through /v1/audio/speech at http://localhost:1/v1", "")
    assert "openai_model" in found(TtsSettings(openai_model="tts-1"))[1]
    assert [voice.name for voice in voices(elsewhere)] == ["nova"]
    assert {"marin", "alloy"} < {voice.name for voice in voices(TtsSettings())}


def test_a_cancelled_sentence_closes_its_connection() -> None:
    async def interrupt(server: FakeOpenAI) -> None:
        voice = OpenAI(settings(server))
        async with aclosing(voice.speak("Hello.")) as chunks:
            await anext(chunks)
        voice.close()
        assert await asyncio.to_thread(server.abandoned.wait, 10)

    with FakeOpenAI(speech=pcm(), faults=[Fault(hang_after=3)]) as server:
        asyncio.run(interrupt(server))


_SENTENCE = "The quick brown fox jumps over the lazy dog near the old river."


@pytest.mark.parametrize("fault", [Fault(401), Fault(429), Fault(500), Fault(hang_after=0), Fault(cut_after=0)])
def test_the_offline_voice_says_the_sentence_the_cloud_did_not(fault: Fault) -> None:
    """One deadline and one notice for the outage, not one per sentence."""
    notices: list[str] = []
    with FakeOpenAI(speech=pcm(), faults=[fault] * 2) as server:
        voice = tts.load(settings(server, timeout=0.5), notices.append)
        one, two, three = say(voice, _SENTENCE, _SENTENCE, _SENTENCE)
    [alone] = say(Espeak(TtsSettings()), _SENTENCE)
    assert [seconds(chunks) for chunks in (one, two, three)] == pytest.approx([seconds(alone)] * 3, abs=0.02)
    assert one[-1].spoken == len(_SENTENCE)
    assert len(notices) == 1 and "espeak en-us speaks meanwhile" in notices[0]
    assert voice.name == "espeak en-us"


def test_cut_off_in_mid_sentence_the_offline_voice_says_the_rest() -> None:
    notices: list[str] = []
    speech = pcm(4.0)
    with FakeOpenAI(speech=speech, faults=[Fault(cut_after=20)]) as server:  # 2 s of 4.2
        [chunks] = say(tts.load(settings(server), notices.append), _SENTENCE)
    [alone] = say(Espeak(TtsSettings()), _SENTENCE)
    joint = next(position for position, chunk in enumerate(chunks) if chunk.spoken is not None)
    assert seconds(chunks[:joint]) == pytest.approx(2.0, abs=0.02)
    assert _SENTENCE[: chunks[joint].spoken] == "The quick brown fox jumps"
    assert 0.4 * seconds(alone) < seconds(chunks[joint:]) < 0.8 * seconds(alone)
    marks = [chunk.spoken for chunk in chunks[joint:]]
    assert marks == sorted(marks) and marks[-1] == len(_SENTENCE) and len(notices) == 1


def test_after_the_cool_down_the_cloud_is_tried_again_but_never_with_a_refused_key() -> None:
    class Cloud:
        name = "cloud"
        language = "en"

        def __init__(self, *errors: EngineError | None) -> None:
            self.errors = list(errors)

        async def speak(self, text: str):
            if self.errors and (error := self.errors.pop(0)) is not None:
                raise error
            yield SpeechChunk(np.full(2400, 0.1, np.float32), len(text))

        def close(self) -> None: ...

    class Offline(Cloud):
        name = "offline"

    async def names(cloud: Cloud, notices: list[str]) -> list[str]:
        voice, spoken = Fallback(cloud, Offline(), notices.append), []
        loop = asyncio.get_running_loop()
        real, ahead = loop.time, [0.0]
        loop.time = lambda: real() + ahead[0]
        for wait in (0, 1, 30, 1, 31, 0):
            ahead[0] += wait
            [_ async for _ in voice.speak("Hello.")]
            spoken.append(voice.name)
        return spoken

    notices: list[str] = []
    cloud = Cloud(EngineError("down"), EngineError("still down"), None)
    assert asyncio.run(names(cloud, notices)) == ["offline", "offline", "offline", "offline", "cloud", "cloud"]
    assert notices == ["down; offline speaks meanwhile"]
    assert asyncio.run(names(Cloud(Refused("bad key")), [])) == ["offline"] * 6


def test_the_rest_of_a_sentence_begins_at_a_word() -> None:
    assert _spoken("one two three", 0) == 0
    assert _spoken("one two three", 2) == 0
    assert _spoken("one two three", 8.9) == len("one two")
    assert _spoken("one two three", 99) == len("one two")


def test_auto_takes_the_cloud_with_a_key_or_a_server(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    assert [tts.chosen(TtsSettings(**{"engine": name})).name for name in ("auto", "espeak")] == ["openai", "espeak"]
    monkeypatch.delenv("OPENAI_API_KEY")
    assert not tts.chosen(TtsSettings()).leaves
    assert tts.chosen(TtsSettings(openai_base_url="http://localhost:1/v1")).name == "openai"
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        tts.load(TtsSettings(engine="openai"), lambda _: None)


def test_openais_key_goes_to_openai_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    monkeypatch.delenv("TTS_API_KEY")
    assert OpenAI(TtsSettings(openai_base_url="http://speech.example/v1"))._client.api_key == "none"
    assert OpenAI(TtsSettings())._client.api_key == "sk-of-openai-only"


def test_no_words_follow_a_redirect_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    with FakeOpenAI(speech=pcm()) as other:

        class Moved(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(307)
                self.send_header("Location", f"{other.url}/audio/speech")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Moved) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            voice = OpenAI(TtsSettings(openai_base_url=f"http://127.0.0.1:{server.server_port}/v1"))

            async def speak() -> None:
                async for _ in voice.speak("A secret."):
                    pass

            with pytest.raises(EngineError, match="cannot be reached"):
                asyncio.run(speak())
            server.shutdown()
        assert other.requests == []
