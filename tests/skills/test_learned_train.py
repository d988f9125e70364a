"""The learned layer's training: several models in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from assistant.safety.classifier import Vectors
from assistant.skills.learned import model, samples, typed
from assistant.skills.learned.model import Kinds
from assistant.skills.train import _together


def _fit(random: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "hashed": random.integers(-1, 2, (model.BUCKETS, 2)).astype(np.float32),
        "filter": random.normal(size=(3 * (2 + typed.SIZE), 4)),
        "filter_bias": random.normal(size=4),
        "head": random.normal(size=(8, 2)),
        "bias": random.normal(size=2),
    }


def _leaning(fits: Sequence[dict[str, np.ndarray]], words: list[str]) -> float:
    """To the first of two kinds, as a logarithm."""
    vectors = Vectors(np.array([crc32(b"light")], np.uint32), np.array([[3, -4]], np.int8))
    kind, chance = Kinds({"kinds": np.array(["on", "off"]), **_together(fits)}, vectors).likeliest(words)
    return math.log(chance / (1 - chance)) * (1 if kind == "on" else -1)


@pytest.mark.parametrize("words", ["light on", "put five lights out now"])
def test_models_together_say_the_mean_of_what_each_says(words: str) -> None:
    random = np.random.default_rng(3)
    fits = [_fit(random) for _ in range(3)]
    each = [_leaning([one], words.split()) for one in fits]
    assert max(each) - min(each) > 1
    assert _leaning(fits, words.split()) == pytest.approx(np.mean(each), abs=0.1)


def test_a_writers_lines_can_be_kept_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "LINES", tmp_path)
    for name in ("times", "times_young", "notes_young"):
        (tmp_path / f"{name}.toml").write_text('"clock.time" = ["what time is it"]\n')
    (tmp_path / "nothing.toml").write_text('"chat" = ["how are you"]\n')
    assert [one.kind for one in samples.written(lambda name: name == "young")] == ["clock.time"] * 2
    assert [one.kind for one in samples.written(lambda name: name != "young")] == ["none", "clock.time"]
