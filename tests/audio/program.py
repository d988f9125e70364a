"""What the sound card tests run in a process of its own, on real PortAudio: ``python -m tests.audio.program NAME``.

It prints one JSON line per step and waits for a line on its standard input where the test has something to do.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

import numpy as np

from assistant.audio import capture, devices, output, playback
from assistant.audio.card import Card
from assistant.config import AudioSettings
from assistant.errors import AssistantError

RATE = 24_000


def say(**step: object) -> None:
    print(json.dumps(step), flush=True)


def tone(seconds: float, frequency: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def refuse(rate: int) -> None:
    """Make the card behave like hardware that does not know ``rate``."""
    import sounddevice

    def refusing(check):
        def refuse_or_check(*args, **kwargs):
            if kwargs["samplerate"] == rate:
                raise sounddevice.PortAudioError("Invalid sample rate")
            return check(*args, **kwargs)

        return refuse_or_check

    sounddevice.check_input_settings = refusing(sounddevice.check_input_settings)
    sounddevice.check_output_settings = refusing(sounddevice.check_output_settings)


async def record(path: str, seconds: str, starve: str = "") -> None:
    microphone = capture.open_microphone(AudioSettings())
    frames = []
    async for frame in microphone.frames():
        if not frames:
            say(ready=True)
        frames.append(frame)
        if starve and len(frames) == 25:
            threading.Event().wait(float(starve))  # nothing else runs in the loop meanwhile
        if len(frames) == round(float(seconds) * 50):
            break
    microphone.close()
    say(shapes=sorted({frame.shape for frame in frames}), type=str(frames[0].dtype))
    np.save(path, np.concatenate(frames))


async def play() -> None:
    speaker = playback.open_speaker(AudioSettings())
    say(started_at=speaker.started_at)
    sys.stdin.readline()
    begun = time.monotonic()
    speaker.write(tone(0.5))
    speaker.write(tone(0.5, 880.0))
    seen = []
    while speaker.played < speaker.written:
        seen.append(speaker.played)
        await asyncio.sleep(0.005)
    await speaker.drained()
    say(
        played=speaker.played,
        written=speaker.written,
        rising=seen == sorted(seen),
        between=len(set(seen)),
        took=time.monotonic() - begun,
        started=speaker.started_at - begun,
        reference=sum(len(block) for at, block in speaker.reference if block.any()),
    )
    speaker.close()


async def interrupt() -> None:
    speaker = playback.open_speaker(AudioSettings())
    say(ready=True)
    sys.stdin.readline()
    speaker.write(tone(2.0))
    await until(speaker, 0.3)
    speaker.pause()
    await asyncio.sleep(0.3)
    paused = speaker.played
    await asyncio.sleep(0.3)
    assert speaker.played == paused, "a paused speaker went on"
    speaker.resume()
    await until(speaker, 0.6)
    speaker.clear()
    cleared = speaker.written
    await speaker.drained()
    assert speaker.played == cleared == speaker.written
    await asyncio.sleep(0.3)
    speaker.write(tone(0.2, 880.0))
    await speaker.drained()
    await asyncio.sleep(0.1)
    say(paused=paused / RATE, cleared=cleared / RATE, played=speaker.played / RATE)
    speaker.close()


async def rest() -> None:
    """Short sounds, each written around the moment in which the stream goes to rest."""
    output._REST_AFTER = 0.03
    speaker = playback.open_speaker(AudioSettings())
    stuck = 0
    for gap in [0.005 * step for step in range(20)] * 3:
        speaker.write(tone(0.02))
        deadline = time.monotonic() + 2.0
        while speaker.played < speaker.written and time.monotonic() < deadline:
            await asyncio.sleep(0.002)
        stuck += speaker.played < speaker.written
        await asyncio.sleep(gap)
    say(stuck=stuck)
    speaker.close()


async def until(speaker: playback.OutputSpeaker, seconds: float) -> None:
    while speaker.played <= seconds * RATE:
        await asyncio.sleep(0.002)


async def lose() -> None:
    microphone, speaker = capture.open_microphone(AudioSettings()), playback.open_speaker(AudioSettings())
    speaker.write(tone(30.0))

    async def listen() -> None:
        async for _ in microphone.frames():
            pass

    say(ready=True)
    listening, speaking = asyncio.create_task(listen()), asyncio.create_task(speaker.drained())
    await asyncio.wait([listening, speaking])
    say(
        microphone=str(listening.exception()),
        speaker=str(speaking.exception()),
        types=[type(task.exception()).__name__ for task in (listening, speaking)],
    )
    microphone.close()
    speaker.close()


async def heal() -> None:
    """A healed card: tells what it is told, speaks a tone for each line, and says how loud it heard since the last."""
    card = Card(AudioSettings(), lambda part, works, text: say(part=part, works=works, text=text))
    card.open()
    card.watch()
    loudest = 0.0

    async def listen() -> None:
        nonlocal loudest
        async for frame in card.microphone.frames():
            loudest = max(loudest, float(np.abs(frame).max()))

    listening = asyncio.create_task(listen())
    say(ready=True)
    while await asyncio.to_thread(sys.stdin.readline):
        card.speaker.write(tone(0.3))
        await card.speaker.drained()
        say(heard=loudest, played=card.speaker.played)
        loudest = 0.0
    listening.cancel()
    card.microphone.close()


async def open_late() -> None:
    devices.devices()
    say(ready=True)
    sys.stdin.readline()
    say(missing=devices.missing(AudioSettings()))
    for opened in (capture.open_microphone, playback.open_speaker):
        try:
            opened(AudioSettings())
            say(error=None)
        except AssistantError as error:
            say(type=type(error).__name__, error=str(error))
    devices.rescan()
    say(missing=devices.missing(AudioSettings()))


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name.isdigit():
        refuse(int(name))
        name, *arguments = arguments
    asyncio.run(globals()[name](*arguments))
