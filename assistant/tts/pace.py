"""How loud and how quick it speaks at the moment, for voices of any engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from assistant.tts import SAMPLE_RATE, SpeechChunk

USUAL_VOLUME = 0.5
SLOWEST, QUICKEST = 0.5, 2.0
_KNEE = 0.8  # of full scale; what is louder is bent instead of cut off


@dataclass
class Pace:
    """Changed by voice, see assistant/skills/talk/talking.py; heard from the next sentence on."""

    volume: float = USUAL_VOLUME
    """0 to 1."""
    rate: float = 1.0
    """How many times as quick as the voice by itself, `SLOWEST` to `QUICKEST`."""

    def loud(self, pcm24k: np.ndarray) -> np.ndarray:
        """The samples at that volume."""
        if self.volume == USUAL_VOLUME:
            return pcm24k
        louder = pcm24k * np.float32(self.volume / USUAL_VOLUME)
        over = np.abs(louder) - _KNEE
        bent = np.sign(louder) * (_KNEE + (1 - _KNEE) * np.tanh(over / (1 - _KNEE)))
        return np.where(over > 0, bent, louder).astype(np.float32)

    async def paced(self, chunks: AsyncGenerator[SpeechChunk, None]) -> AsyncGenerator[SpeechChunk, None]:
        """One sentence's chunks at that rate, of the same pitch. Consume with ``contextlib.aclosing``."""
        async with aclosing(chunks):
            if self.rate == 1.0:
                async for chunk in chunks:
                    yield chunk
                return
            stretched = _Stretched(self.rate)
            last: SpeechChunk | None = None
            async for chunk in chunks:
                last = chunk
                yield replace(chunk, pcm24k=stretched.fed(chunk.pcm24k))
            if last is not None:
                yield replace(last, pcm24k=stretched.rest())


class _Stretched:
    """FFmpeg's filter `atempo`, fed piece by piece."""

    def __init__(self, rate: float) -> None:
        import av.filter

        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(sample_rate=SAMPLE_RATE, format="flt", layout="mono")
        tempo = self._graph.add("atempo", f"{rate:.3f}")
        form = self._graph.add("aformat", f"sample_fmts=flt:sample_rates={SAMPLE_RATE}:channel_layouts=mono")
        sink = self._graph.add("abuffersink")
        self._graph.link_nodes(source, tempo, form, sink).configure()

    def fed(self, pcm24k: np.ndarray) -> np.ndarray:
        import av

        if len(pcm24k):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm24k[None, :], np.float32), "flt", "mono")
            frame.sample_rate = SAMPLE_RATE
            self._graph.push(frame)
        return self._pulled()

    def rest(self) -> np.ndarray:
        self._graph.push(None)
        return self._pulled()

    def _pulled(self) -> np.ndarray:
        import av.error

        parts = [np.empty(0, np.float32)]
        while True:
            try:
                parts.append(self._graph.pull().to_ndarray().reshape(-1).astype(np.float32))
            except (av.error.BlockingIOError, av.error.EOFError):
                return np.concatenate(parts)
