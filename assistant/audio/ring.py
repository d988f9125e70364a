"""A ring buffer between an audio callback and the event loop: one writer, one reader, no locks."""

from __future__ import annotations

import numpy as np


class Ring:
    """float32, of shape (n, channels). The writer never waits: what the reader did not fetch in time is overwritten,
    oldest first."""

    def __init__(self, capacity: int, channels: int = 1) -> None:
        self._samples = np.zeros((capacity, channels), np.float32)
        self._claimed = 0  # changed by the writer alone, before it begins to overwrite
        self._written = 0  # changed by the writer alone, after the samples are in place
        self._read = 0  # changed by the reader alone

    def write(self, samples: np.ndarray) -> None:
        """Append samples of shape (n, channels), n at most the capacity."""
        begin = self._written % len(self._samples)
        self._claimed += len(samples)
        first = min(len(samples), len(self._samples) - begin)
        self._samples[begin : begin + first] = samples[:first]
        self._samples[: len(samples) - first] = samples[first:]
        self._written = self._claimed

    def __len__(self) -> int:
        """Samples that wait to be read."""
        return min(self._written - self._read, len(self._samples))

    def read(self, count: int) -> np.ndarray | None:
        """The oldest ``count`` samples, shape (count, channels), or None when there are not that many."""
        capacity = len(self._samples)
        while True:
            self._read = max(self._read, self._claimed - capacity)
            if self._written - self._read < count:
                return None
            begin = self._read % capacity
            wrapped = max(0, begin + count - capacity)
            samples = np.concatenate([self._samples[begin : begin + count], self._samples[:wrapped]])
            if self._claimed - capacity <= self._read:  # not overwritten while it was copied
                self._read += count
                return samples

    def skip(self) -> None:
        """Forget everything that waits."""
        self._read = self._written
