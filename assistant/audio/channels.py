"""Which channel of a sound holds the voice: a headset's microphone may be the second one, two may cancel each other
out, another may hold nothing but hum."""

from __future__ import annotations

from collections import deque

import numpy as np

_FRAME = 0.02  # seconds that are judged together
_SILENCE = 1e-9  # power (-90 dB) that counts as none
_FAINT = 20.0  # dB below the loudest voice: crosstalk
_IN_PHASE, _SAME = 0.7, 0.3  # correlation at once, and at any delay; that of two people stays below 0.2
_COMPARED, _LONGEST_DELAY = 10.0, 0.5  # seconds

_MEMORY = 3.0  # seconds by which a microphone's channels are judged
_LATELY = 25  # frames by which it shows that the one in force does not hear what another does
_LOUD_FRAMES = 5  # what is louder than a channel's floor for so many frames is no click
_VOICE = 12.0  # dB over its floor that a channel has when it holds a voice
_BETTER = 6.0  # dB that another channel must have more, before it is taken
_WHOLE = 1.5  # dB that the mean may lose, before it is no choice: more is lost where channels are no copies
_QUIET = 6.0  # dB over the floor, for ...
_PAUSE = 15  # ... so many frames: between two utterances a change is not heard
_JUDGED_EVERY = 5  # frames; each costs 0.1 ms


def mixed(audio: np.ndarray, rate: int) -> np.ndarray:
    """One channel of sound of shape (n, channels): that which holds the voice, the mean of several that are copies, and
    of several that hold voices of their own. Copies that come late or with the opposite sign are left out."""
    if audio.shape[1] == 1:
        return audio[:, 0]
    size = max(1, min(len(audio), round(_FRAME * rate)))
    frames = audio[: len(audio) // size * size].reshape(-1, size, audio.shape[1])
    power = frames.var(axis=1, dtype=np.float64) + _SILENCE
    top, floor = _decibels(np.percentile(power, 95, axis=0)), _decibels(np.percentile(power, 10, axis=0))
    clear = top - floor
    order = np.lexsort((-top, -np.round(clear / _BETTER)))
    holding = [channel for channel in order if 2 * clear[channel] >= clear.max()]
    loudest = max(top[channel] for channel in holding)
    holding = [channel for channel in holding if top[channel] >= loudest - _FAINT]
    center = int(power[:, holding[0]].argmax()) * size
    half = round(_COMPARED * rate / 2)
    part = audio[max(0, center - half) : center + half]
    voices: list[list[int]] = []
    for channel in holding:
        for voice in voices:
            at_once, ever = _likeness(part[:, voice[0]], part[:, channel], rate)
            if at_once >= _IN_PHASE:
                voice.append(channel)
            if at_once >= _IN_PHASE or ever >= _SAME:
                break
        else:
            voices.append([channel])
    parts = [audio[:, voice].mean(axis=1, dtype=np.float32) for voice in voices]
    return np.stack(parts).mean(axis=0, dtype=np.float32)


def _likeness(one: np.ndarray, other: np.ndarray, rate: int) -> tuple[float, float]:
    """The correlation of two channels as they are, and the largest size of it at any delay."""
    one, other = (part.astype(np.float64) - part.mean(dtype=np.float64) for part in (one, other))
    scale = np.sqrt(np.square(one).sum() * np.square(other).sum())
    if scale < _SILENCE:
        return 0.0, 0.0
    size = 1 << (2 * len(one)).bit_length()
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size) / scale
    reach = min(len(one), round(_LONGEST_DELAY * rate))
    return float(product[0]), float(np.abs(np.concatenate([product[:reach], product[-reach:]])).max())


class Channels:
    """The same for a microphone, as its sound comes. The mean is taken at first; another choice is made between two
    utterances, and at once when the one in force lets hardly anything of the voice through."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._chosen: int | None = None
        """A channel's number, ``count`` for the mean, None before the first voice."""
        self._heard: deque[np.ndarray] = deque(maxlen=round(_MEMORY / _FRAME))  # dB of each channel, and of the mean
        self._frames = 0

    def mono(self, block: np.ndarray) -> np.ndarray:
        """One channel, shape (n,), of the next 20 ms, shape (n, channels)."""
        if (block == block[:, :1]).all():  # as sound servers give those of a single microphone
            return block[:, 0]
        mean = block.mean(axis=1)
        level = _decibels(np.append(block.var(axis=0), mean.var()) + _SILENCE)
        if level.max() > -80.0:  # what a driver gives before it records, or while muted, tells nothing
            self._heard.append(level)
            self._frames += 1
            if self._frames % _JUDGED_EVERY == 0:
                self._choose()
        chosen = self._count if self._chosen is None else self._chosen
        if self._chosen is None and level[chosen] < level[:-1].max() - _BETTER / 2:
            chosen = int(level[:-1].argmax())
        return mean if chosen == self._count else block[:, chosen]

    def _choose(self) -> None:
        heard = np.stack(self._heard)
        floor = np.percentile(heard, 10, axis=0)
        now, before = (_clear(part, floor) for part in (heard[-_LATELY:], heard))
        present = self._count if self._chosen is None else self._chosen
        deaf = now.max() >= _VOICE and now[present] < now.max() / 2
        best = int((now if deaf else before).argmax())
        clear = now if deaf else before
        pause = (heard[-_PAUSE:] < floor + _QUIET).all()
        better = clear[best] >= _VOICE and (self._chosen is None or (pause and clear[present] < clear[best] - _BETTER))
        if deaf or better:
            self._chosen = self._count if clear[-1] >= clear[best] - _BETTER / 2 else best
        if deaf:  # what was heard before is no reason to go back
            self._heard = deque(heard[-_LATELY:], self._heard.maxlen)


def _clear(heard: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """How far, in dB, the voice stands out of each channel; of the mean not at all when much of it is lost there."""
    top = np.partition(heard, -_LOUD_FRAMES, axis=0)[-_LOUD_FRAMES]
    clear = top - floor
    if top[-1] < top[:-1].max() - _WHOLE:
        clear[-1] = 0.0
    return clear


def _decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power)
