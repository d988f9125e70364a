"""The learned layer's training: what torch learns is what numpy reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.skills.learned import fitting, samples, tags
from assistant.skills.learned.encoder import FIRST, LAST, MOST_PIECES, UNKNOWN, Encoder, Pieces, quantised
from assistant.skills.learned.model import Model

PIECES = [FIRST, LAST, UNKNOWN, "turn", "on", "the", "la", "##mp", "##s", "l"]


def test_a_word_is_cut_into_the_longest_pieces_that_are_known() -> None:
    pieces = Pieces(PIECES)
    assert [PIECES[at] for at in pieces.of("lamps")] == ["la", "##mp", "##s"]
    assert pieces.of("lump") == pieces.of("") == [PIECES.index(UNKNOWN)]
    row, begins = pieces.row(["turn", "lamps", "on"])
    assert [PIECES[at] for at in row] == [FIRST, "turn", "la", "##mp", "##s", "on", LAST] and begins == [1, 2, 5]


def test_of_a_long_sentence_the_beginning_is_read() -> None:
    row, begins = Pieces(PIECES).row(["on"] * 200)
    assert len(row) == MOST_PIECES and PIECES[row[-1]] == LAST and max(begins) == MOST_PIECES - 2


def test_columns_are_kept_in_a_byte_each() -> None:
    matrix = np.random.default_rng(1).normal(size=(30, 5)) * [0.01, 1, 100, 0, 3]
    small, scale = quantised(matrix)
    assert small.dtype == np.int8 and np.allclose(small * scale, matrix, atol=np.abs(matrix).max(axis=0).max() / 250)
    assert np.allclose((small * scale)[:, 0], matrix[:, 0], atol=1e-3)


def _bert(layers: int = 2):  # type: ignore[no-untyped-def]
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=48, num_hidden_layers=layers, num_attention_heads=12, intermediate_size=96,
        hidden_act="gelu_new", max_position_embeddings=MOST_PIECES, initializer_range=0.2,
    )  # fmt: skip
    return transformers.BertModel(config, add_pooling_layer=False).eval()


def test_numpy_reads_what_torch_reads() -> None:
    torch = pytest.importorskip("torch")
    bert = _bert()
    encoder = Encoder(fitting.kept(bert, PIECES))
    found, begins = encoder.read(["turn", "the", "lamps", "on"])
    row, _ = encoder.pieces.row(["turn", "the", "lamps", "on"])
    with torch.no_grad():
        wanted = bert(input_ids=torch.tensor([row])).last_hidden_state[0].numpy()
    assert begins == [1, 2, 3, 6] and found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 0.1 < np.abs(wanted).max()


def test_a_model_reads_the_kind_and_the_slots() -> None:
    kept = {
        **fitting.kept(_bert(), PIECES),
        "kinds": np.array(["home.on", "none"]), "slots": np.array(["area", "name"]),
        "kind_slots": np.array([[False, True], [False, False]]),
        "head": np.zeros((96, 2), np.float16), "head_bias": np.array([2.0, 0.0], np.float32),
        "tags": np.zeros((48, 5), np.float16), "tags_bias": np.array([0.0, 9.0, 9.0, 1.0, 2.0], np.float32),
    }  # fmt: skip
    model = Model(kept)
    reading = model.read(["turn", "on", "the", "lamps"])
    assert reading.kind == "home.on" and reading.chance == pytest.approx(0.881, abs=0.001)
    assert model.stretches(reading) == {"name": (0, 4)}


def test_a_sample_is_learned_by_the_tags_of_its_words() -> None:
    one = samples.sample("home.on", "turn [the lamps](name) on")
    row, tagged = fitting._row(one, Pieces(PIECES), ["area", "name"])
    assert tagged == [-100, 0, 3, 4, -100, -100, 0, -100] and len(row) == len(tagged)


def test_every_sample_is_in_one_batch() -> None:
    lengths = list(np.random.default_rng(2).integers(3, 30, 5000))
    batches = fitting._batches(np.random.default_rng(3), lengths)
    assert sorted(at for batch in batches for at in batch) == list(range(5000))
    assert all(len(batch) <= fitting.BATCH for batch in batches)


def test_what_goes_on_has_begun_and_does_not_begin_anew() -> None:
    scores = np.array([[0, 1, 9], [0, 1, 9], [0, 9, 1]], np.float32)
    found = tags.best(scores, tags.allowed([0]))
    assert found == [1, 2, 2] and tags.spans(found) == [(0, 0, 3)]
    assert tags.spans(tags.best(np.array([[0, 9, 0], [5, 0, 0], [0, 9, 0]]), tags.allowed([0]))) == [
        (0, 0, 1),
        (0, 2, 3),
    ]
    assert tags.best(scores, tags.allowed([])) == [0, 0, 0]


def test_a_writers_lines_can_be_kept_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "LINES", tmp_path)
    for name in ("times", "times_young", "notes_young"):
        (tmp_path / f"{name}.toml").write_text('"clock.time" = ["what time is it"]\n')
    (tmp_path / "nothing.toml").write_text('"chat" = ["how are you"]\n')
    assert [one.kind for one in samples.written(lambda name: name == "young")] == ["clock.time"] * 2
    assert [one.kind for one in samples.written(lambda name: name != "young")] == ["none", "clock.time"]
