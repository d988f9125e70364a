"""What the echo canceller learned about a room, kept for the next start.

A canceller that knows nothing takes who speaks over its first reply for an echo. One that has heard some seconds of
noise as this room would carry it does not: over a first reply that has been heard for 0.1 s, the median time from the
user's onset to the pause is 0.1 s, where it was 0.3 s with 1.7 s at worst.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.echo_detector import Echo
from assistant.audio.echo_filter import PARTITIONS
from assistant.audio.played import Resampler
from assistant.folders import data_folder
from assistant.settings import AudioSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from rag.atomic import replacing

_EARLIER, _LATER = -40, 80  # samples (-2.5 to 5 ms) by which a sound card may report its delay otherwise than then
_AHEAD = 80  # samples (5 ms) by which rehearsed echoes come early: AEC3 lets through what comes sooner than it learned
_QUIETER, _LOUDER = 0.5, 1.5  # amplitude over that of then; an echo much louder than was rehearsed leaks
_REHEARSAL = 3.0  # seconds of noise
_LEVEL = 0.1  # RMS of it, about that of speech
_HISS = 1e-4  # RMS of the microphone's own noise: AEC3 meets none without


@dataclass(frozen=True)
class Room:
    echo: Echo
    path: np.ndarray
    """As in EchoFilter: complex64 of shape (partitions, FRAME_SAMPLES + 1)."""

    def explains(self, near: np.ndarray, far: np.ndarray, delay: int) -> bool:
        """Whether ``near`` holds, whatever the user says beside it, what is heard here of ``far`` at about the volume
        of then. Both are at 16 kHz and end now, ``far`` begins earlier; ``delay``: samples by which its echo is late
        today.
        """
        later = delay - self.echo.delay
        if not _EARLIER <= later <= _LATER:
            return False
        expected = self.carry(np.append(far, np.zeros(-_EARLIER)))[len(far) - len(near) - later : len(far) - later]
        gain = np.dot(near, expected) / (np.dot(expected, expected) + 1e-9)
        return _QUIETER <= gain <= _LOUDER

    def carry(self, played: np.ndarray) -> np.ndarray:
        """What the microphone hears of ``played``; mono at 16 kHz."""
        taps = np.fft.irfft(self.path, axis=1)[:, :FRAME_SAMPLES].ravel()
        return convolved(played, taps).astype(np.float32)


def convolved(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """``sound`` as it is heard where an impulse has this ``response``; of the same length."""
    size = 1 << (len(sound) + len(response)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]


def rehearsal(room: Room) -> tuple[np.ndarray, np.ndarray]:
    """(16 kHz as the microphone hears it, 24 kHz as it is played): noise that rises and falls, coloured like speech."""
    chance = np.random.default_rng(1)
    count = round(_REHEARSAL * SPEECH_RATE)
    spectrum = np.fft.rfft(chance.standard_normal(count)) / np.sqrt(
        1 + (np.fft.rfftfreq(count, 1 / SPEECH_RATE) / 500) ** 2
    )
    syllables = np.interp(
        np.arange(count) / SPEECH_RATE * 4,
        np.arange(round(4 * _REHEARSAL) + 1),
        chance.uniform(0.1, 1.0, round(4 * _REHEARSAL) + 1),
    )
    played = np.fft.irfft(spectrum, count) * syllables
    played = (played * _LEVEL / np.sqrt(np.mean(played**2))).astype(np.float32)
    heard = np.append(room.carry(Resampler()(played))[_AHEAD:], np.zeros(_AHEAD, np.float32))
    return heard + _HISS * chance.standard_normal(len(heard)).astype(np.float32), played


def file_for(settings: AudioSettings, microphone: str, speaker: str) -> Path:
    """Where the room between two devices is kept; one file for each pair of names."""
    folder = Path(settings.rooms_path).expanduser() if settings.rooms_path else data_folder() / "rooms"
    names = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] for name in (microphone, speaker)]
    apart = hashlib.sha256(repr((microphone, speaker)).encode()).hexdigest()[:8]
    return folder / f"{names[0]}-{names[1]}-{apart}.npz"


def recall(file: Path) -> Room | None:
    """None when there is nothing there that can be used: it is learned again."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            room = Room(Echo(int(kept["delay"]), float(kept["power"])), kept["path"])
        usable = (
            room.path.shape == (PARTITIONS, FRAME_SAMPLES + 1)
            and room.path.dtype == np.complex64
            and room.path.any()
            and np.isfinite(room.path).all()
            and 0 <= room.echo.delay < SAMPLE_RATE
            and np.isfinite(room.echo.power)
        )
    except Exception:  # a damaged file may raise anything: NumPy and zipfile have no common base class
        return None
    return room if usable else None


def remember(file: Path, room: Room) -> None:
    """A file that cannot be written is not worth an interruption: the room is learned again at the next start."""
    with suppress(OSError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(file, durable=False) as part, open(part, "wb") as out:
            np.savez(out, delay=room.echo.delay, power=room.echo.power, path=room.path)
