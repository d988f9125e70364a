from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from huggingface_hub import errors

from rag import atomic, embed, gguf_bert
from rag.errors import RagError, RagUsageError
from tests.rag.conftest import REPOSITORY


def test_the_converted_model_gives_the_same_vectors(model, models, minilm):
    reference = embed._SentenceTransformers(model, threads=2)
    assert embed.parity(minilm, reference) > 0.9999
    long = "The pump runs dry when the tank is empty. " * 60  # past the limit: both must cut at the same token
    assert float(minilm.encode([long])[0] @ reference.encode([long])[0]) > 0.9999
    assert reference.encode(["a", "b"]).dtype == np.float32


def test_vectors_are_unit_length_and_near_for_like_meaning(minilm):
    change, swap, moon = minilm.encode(["How do I change the filter?", "Swapping the cartridge", "The moon is far"])
    assert np.allclose(np.linalg.norm([change, swap, moon], axis=1), 1, atol=1e-5)
    assert change @ swap > change @ moon + 0.2


def test_asking_does_not_load_torch(models):
    code = (
        "import sys; from pathlib import Path; from rag import embed; m = embed.find(embed.DEFAULT); "
        f"embed.for_queries(m, Path({str(models)!r})).encode(['x']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=os.environ).returncode == 0


def test_a_conversion_that_fails_leaves_nothing_behind(model, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", full)
    with pytest.raises(RagError, match="No space"):
        gguf_bert.convert(model.folder, tmp_path / "m.gguf")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_converted_model_says_what_to_do(model, tmp_path):
    path = tmp_path / f"{model.name}-{model.fingerprint}.gguf"
    path.write_bytes(b"GGUF damaged")
    with pytest.raises(RagError, match="delete the file"):
        embed.for_queries(model, tmp_path)


def test_an_unknown_embedder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RagError, match="no-such-owner/no-model"):
        embed.find("no-such-owner/no-model")
    with pytest.raises(RagError, match="tokenizer.json"):
        embed.find(str(tmp_path))


@pytest.mark.parametrize("kind, usage", [("RepositoryNotFoundError", True), ("GatedRepoError", False)])
def test_a_name_that_the_hub_does_not_know_is_wrong_usage(monkeypatch, kind, usage):
    def fetch(*_, local_files_only=False, **__):
        raise (FileNotFoundError() if local_files_only else errors.__dict__[kind].__new__(errors.__dict__[kind]))

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    with pytest.raises(RagError, match=f"no-such-owner/no-model .*{kind}") as raised:
        embed.find("no-such-owner/no-model")
    assert isinstance(raised.value, RagUsageError) is usage


def test_other_kinds_of_model_are_not_converted(tmp_path, model):
    assert gguf_bert.convertible(model.folder)
    (tmp_path / "config.json").write_text('{"model_type": "mpnet"}')
    assert not gguf_bert.convertible(tmp_path)
    assert not gguf_bert.convertible(tmp_path / "missing")
