"""`assistant bench noise`: recorded noise alone, over a reply, and under speech.

Alone and over a reply it goes through the real conversation, voice detector and speech recognition, in real time; only
the language model and the voice are replaced, by fixed words and a tone. Under speech it is mixed at 20, 10 and 5 dB,
and speech recognition and the voice detector get it with and without WebRTC's noise suppression.

Noise with voices in it, babble and singing, is counted apart: words that were really said may start a turn.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant import config, events, safety
from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, files
from assistant.audio.vad import Vad
from assistant.bench import clips
from assistant.bench.clips import Clip
from assistant.bench.echo import spoken
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.wer import wer
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.llm import Message, Tool
from assistant.stt import Stt
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts import SpeechChunk
from assistant.turns.endpointing import Boundary, Endpointer

RATIOS = (None, 20, 10, 5)
"""Speech to noise in dB, by the RMS of the spoken parts; None: no noise."""
_AT_ONCE = 3  # conversations in real time side by side; more would delay each other
_REPLY = "This reply goes on for as long as the noise lasts, and word after word of it should be heard to its end. "
_PATIENCE = 60.0  # seconds without noise for a reply to end


def has_voices(clip: Clip) -> bool:
    return "babble" in clip.kind or "singing" in clip.kind


def run(data: Path, settings: Sequence[str] = ()) -> Result:
    """``data`` holds dev/manifest.jsonl (speech) and noise/manifest.jsonl. Raises AssistantError."""
    chosen = config.load(None, dict(setting.split("=", 1) for setting in settings)).settings
    return asyncio.run(_run(clips.load(data / "dev"), clips.load(data / "noise"), chosen))


async def _run(speech: Sequence[Clip], noises: Sequence[Clip], settings: Settings) -> Result:
    from assistant import stt

    recognizer = await asyncio.to_thread(stt.load, settings.stt, lambda text: None)
    question = next(clip for clip in speech if clip.kind == "question").audio()
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(clip: Clip, over_reply: bool) -> dict:
        async with limit:
            return await _hears(clip, question if over_reply else None, settings, recognizer)

    try:
        heard = await asyncio.gather(*(one(clip, over) for clip in noises for over in (False, True)))
        mixed = [await _understands(number, clip, noises, settings, recognizer) for number, clip in enumerate(speech)]
    finally:
        recognizer.close()
    details = [*heard, *(case for cases in mixed for case in cases)]
    return Result("noise", [*_alone(heard), *_under_speech(details)], {"stt": recognizer.name}, details)


# ---- noise alone, and over a reply -----------------------------------------------------------------------------------


@dataclass
class _FixedReply:
    """A language model and a voice: it writes and speaks `text`, and remembers what it was asked."""

    text: str
    name: str = "fixed"
    language: str = "en"
    asked: list[str] = field(default_factory=list)

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        pass

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        self.asked.append(messages[-1].content)
        yield self.text

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        return None

    async def forget(self) -> None:
        self.asked.clear()

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        yield SpeechChunk(np.full(round(len(text) / 16 * SPEECH_RATE), 0.1, np.float32), len(text))

    def close(self) -> None:
        pass


async def _hears(clip: Clip, question: np.ndarray | None, settings: Settings, recognizer: Stt) -> dict:
    """A conversation whose microphone hears the noise: after a second of silence, or over the reply to ``question``."""
    audio = clip.audio()
    reply = _FixedReply(_REPLY * (1 + int(16 * (len(audio) / SAMPLE_RATE + 1)) // len(_REPLY)))
    turns, starts, over = [], [], asyncio.Event()

    def observe(event: events.Event) -> None:
        if isinstance(event, events.StateChanged) and event.state == "hearing":
            starts.append(event)
        if isinstance(event, events.TurnEnded):
            turns.append(event.turn)
            if question is not None and event.turn.id == 1:
                over.set()

    before = np.zeros(SAMPLE_RATE) if question is None else np.concatenate([question, np.zeros(3 * SAMPLE_RATE)])
    trailing = 3.0 if question is None else _PATIENCE
    speaker = files.WavSpeaker()
    talk = Conversation(settings, Engines(recognizer, reply, reply), speaker, safety.load(settings.safety), observe)
    microphone = files.FileMicrophone(np.concatenate([before, audio]), trailing_silence=trailing)
    listening = asyncio.create_task(talk.listen(microphone, Vad(settings.vad)))
    ended = asyncio.create_task(over.wait())
    await asyncio.wait([listening, ended], return_when=asyncio.FIRST_COMPLETED)
    if listening.done():
        listening.result()
    for task in (listening, ended):
        task.cancel()
    await asyncio.wait([listening, ended])
    case = {
        "noise": clip.path.name,
        "kind": clip.kind,
        "voices": has_voices(clip),
        "over_reply": question is not None,
        "understood": [turn.user for turn in turns if turn.user and not (turn.id == 1 and question is not None)],
        "asked": reply.asked,
    }
    if question is None:
        return case | {"reached_llm": len(reply.asked), "spoken_to": speaker.written > 0, "starts": len(starts)}
    return case | {
        "pauses": len(starts) - 1,
        "outcome": next((turn.outcome for turn in turns if turn.id == 1), "not ended"),
    }


def _alone(heard: Sequence[dict]) -> list[Figure]:
    rows = []
    for voices in (False, True):
        kind = "noise with voices" if voices else "noise"
        bound = {} if voices else {"most": 0}
        alone, over = (
            [case for case in heard if case["voices"] is voices and case["over_reply"] is reply]
            for reply in (False, True)
        )
        rows += [
            Figure.of(
                f"{kind} alone: turns that reached the LLM, of {len(alone)} clips",
                "count",
                [sum(case["reached_llm"] for case in alone)],
                **bound,
            ),
            Figure.of(
                f"{kind} alone: clips that got an answer or were asked back",
                "count",
                [sum(case["spoken_to"] for case in alone)],
                **bound,
            ),
            Figure.of(
                f"{kind} over a reply: replies ended, of {len(over)}",
                "count",
                [sum(case["outcome"] != "answered" for case in over)],
                **bound,
            ),
            Figure.of(f"{kind} over a reply: pauses", "count", [sum(case["pauses"] for case in over)]),
        ]
    return rows


# ---- noise under speech ----------------------------------------------------------------------------------------------


async def _understands(
    number: int, clip: Clip, noises: Sequence[Clip], settings: Settings, recognizer: Stt
) -> list[dict]:
    """One clip with each `RATIOS` of one noise, as it is and suppressed."""
    noise = noises[number % len(noises)]
    cases = []
    for ratio in RATIOS:
        audio = clip.audio() if ratio is None else mix(clip.audio(), noise.audio(), ratio)
        for suppressed in (False, True):
            given = suppress(audio) if suppressed else audio
            transcript = await recognizer.transcribe(given)
            cases.append(
                {
                    "clip": clip.path.name,
                    "said": clip.text,
                    "noise": noise.path.name,
                    "ratio": ratio,
                    "suppressed": suppressed,
                    "user": transcript.text,
                    "confidence": transcript.confidence,
                    "onsets": onsets(given, len(clip.audio()) - len(spoken(clip.audio())), settings),
                }
            )
    return cases


def mix(speech: np.ndarray, noise: np.ndarray, ratio: float) -> np.ndarray:
    """``noise``, repeated, under all of ``speech`` so that the spoken parts are ``ratio`` dB louder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it misses ffmpeg, which mixing does not need
        from pydub import AudioSegment

    def segment(audio: np.ndarray) -> AudioSegment:
        pcm = (np.clip(audio, -1.0, 1.0) * 32767).astype("<i2")
        return AudioSegment(pcm.tobytes(), sample_width=2, frame_rate=SAMPLE_RATE, channels=1)

    gain = _spoken_level(speech) - ratio - 10 * np.log10(np.mean(np.square(noise)) + 1e-12)
    mixed = segment(speech).overlay(segment(noise).apply_gain(gain), loop=True)
    return np.frombuffer(mixed.raw_data, "<i2").astype(np.float32) / 32768


def _spoken_level(audio: np.ndarray) -> float:
    power = np.mean(np.square(_frames(audio)), axis=1)
    return float(10 * np.log10(np.mean(power[power > power.max() / 100])))


def suppress(audio: np.ndarray) -> np.ndarray:
    """WebRTC's noise suppression; mono float32 at 16 kHz, cut to whole 10 ms."""
    from livekit import rtc

    processing = rtc.AudioProcessingModule(noise_suppression=True, high_pass_filter=True)
    pcm = (np.clip(audio, -1.0, 1.0) * 32767).astype(np.int16)
    clean = []
    for start in range(0, len(pcm) - 159, 160):
        frame = rtc.AudioFrame(bytearray(pcm[start : start + 160].tobytes()), SAMPLE_RATE, 1, 160)
        processing.process_stream(frame)
        clean.append(np.frombuffer(frame.data, np.int16) / np.float32(32768))
    return np.concatenate(clean)


def onsets(audio: np.ndarray, begins: int, settings: Settings) -> dict[str, float | None]:
    """Seconds from the first speech (sample ``begins``) until a turn starts, and until a reply would be paused; None:
    it never does, negative: noise did it before. A second of silence goes before."""
    vad = Vad(settings.vad)
    verdicts = [vad(frame) for frame in _frames(np.concatenate([np.zeros(SAMPLE_RATE, np.float32), audio]))]
    found = {}
    for name, seconds in (("start", settings.vad.min_speech), ("pause", settings.barge_in.onset)):
        endpointer = Endpointer(settings.endpointing)
        started = next(
            (number for number, speech in enumerate(verdicts, 1) if endpointer.push(speech, seconds) is Boundary.START),
            None,
        )
        found[name] = None if started is None else started * FRAME_SECONDS - 1.0 - begins / SAMPLE_RATE
    return found


def _frames(audio: np.ndarray) -> np.ndarray:
    return audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def _under_speech(details: Sequence[dict]) -> list[Figure]:
    rows = []
    for ratio in RATIOS:
        for suppressed in (False, True):
            cases = [
                case
                for case in details
                if "said" in case and case["ratio"] == ratio and case["suppressed"] is suppressed
            ]
            name = f"{'no noise' if ratio is None else f'{ratio} dB'}{', suppressed' if suppressed else ''}"
            rows.append(
                Figure.of(
                    f"WER, {name}", "%", [100 * wer([case["said"] for case in cases], [case["user"] for case in cases])]
                )
            )
            for kind in ("start", "pause"):
                delays = [case["onsets"][kind] for case in cases if case["onsets"][kind] is not None]
                rows.append(Figure.of(f"speech to {kind}, {name}", "s", delays))
            rows.append(
                Figure.of(
                    f"turns never started, {name}", "count", [sum(case["onsets"]["start"] is None for case in cases)]
                )
            )
    return rows


def plot(result: Result, path: Path) -> None:
    """WER over the noise, with and without suppression, as PNG. Raises UsageError without matplotlib."""
    picture = new_picture((7, 4.5))
    axes = picture.subplots()
    names = ["no noise" if ratio is None else f"{ratio} dB" for ratio in RATIOS]
    for suppressed in (False, True):
        label = ", suppressed" if suppressed else ""
        found = {row.name: row.p50 for row in result.rows}
        axes.plot(names, [found[f"WER, {name}{label}"] for name in names], "o-", label=label.strip(", ") or "as it is")
    axes.set(xlabel="speech to noise", ylabel="word error rate, %", ylim=(0, None))
    axes.legend()
    picture.savefig(path, dpi=120)
