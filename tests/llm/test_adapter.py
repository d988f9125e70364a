"""[llm] adapter: a LoRA adapter GGUF over the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.config import LlmSettings
from assistant.errors import EngineError
from assistant.llm import Message, llamacpp, load
from tests.data import tiny_gguf

HIDDEN = 64  # of the story writer
QUESTION = [Message("system", "Be brief."), Message("user", "Who is Tom?")]


def adapter(path: Path, width: int = HIDDEN, scale: float = 0.5, kind: str = "adapter") -> Path:
    """Random matrices of rank 2 beside one query projection, with alpha 4."""
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("general.type", kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    random = np.random.default_rng(0)
    for name, shape in (("lora_a", (2, width)), ("lora_b", (width, 2))):
        writer.add_tensor(f"blk.0.attn_q.weight.{name}", (scale * random.standard_normal(shape)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def engine(adapter: Path | str = "", model: Path | None = None, notice=print):
    return load(
        LlmSettings(
            model=str(model or tiny_gguf()), adapter=str(adapter), context=256, threads=1, max_tokens=12, gpu_layers=0
        ),
        notice,
    )


def words(adapter: Path | str = "", model: Path | None = None) -> str:
    loaded = engine(adapter, model)
    try:
        return loaded.answer(QUESTION).text
    finally:
        loaded.close()


def test_adapter_changes_what_is_said_and_none_or_a_zero_one_does_not(tmp_path):
    own = words()
    assert words(adapter(tmp_path / "strong.gguf", scale=2.0)) != own
    assert words(adapter(tmp_path / "zero.gguf", scale=0.0)) == own


def test_engine_is_named_after_both(tmp_path):
    loaded = engine(adapter(tmp_path / "pirate-adapter.gguf"))
    assert loaded.name == "stories260K F32 + pirate-adapter"
    loaded.close()


def test_quicker_copy_of_the_model_lies_under_the_adapter_too(tmp_path, monkeypatch):
    from assistant.llm import quick_copy

    monkeypatch.setattr(quick_copy, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(quick_copy.platform, "machine", lambda: "x86_64")
    model = tmp_path / "stories.Q4_1.gguf"
    llamacpp.requantise(tiny_gguf(), model, 3)
    strong = adapter(tmp_path / "strong.gguf", scale=2.0)
    loaded = engine(strong, model)
    assert loaded.name == "stories Q4_1 + strong (as Q8_0)"
    loaded.close()
    assert words(strong, model) != words("", model)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, 'there is no such model file; set .llm. adapter to a .gguf file, or to "" for none'),
        (lambda path: (path.mkdir(), path)[1], "is a folder; set .llm. adapter to the .gguf file itself"),
        (lambda path: (path.write_text("text"), path)[1], "not a GGUF model file"),
        (lambda path: (path.touch(), path)[1], "is empty"),
        (
            lambda path: tiny_gguf(),
            "cannot be used over this model .*set .llm. adapter to one that was trained on .llm. model",
        ),
        (lambda path: adapter(path, width=32), "cannot be used over this model"),
        (
            lambda path: (adapter(path), path.write_bytes(path.read_bytes()[:400]), path)[2],
            "cannot be used over this model",
        ),
    ],
)
def test_what_is_no_adapter_for_this_model_is_one_sentence(tmp_path, make, message):
    with pytest.raises(EngineError, match=message) as caught:
        engine(make(tmp_path / "x.gguf"), notice=lambda text: None)
    assert "\n" not in str(caught.value)


def test_wrong_adapter_does_not_cost_the_quicker_copy(tmp_path, monkeypatch):
    from assistant.llm import quick_copy

    monkeypatch.setattr(quick_copy, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(quick_copy.platform, "machine", lambda: "x86_64")
    model = tmp_path / "stories.Q4_1.gguf"
    llamacpp.requantise(tiny_gguf(), model, 3)
    with pytest.raises(EngineError, match="cannot be used over this model"):
        engine(adapter(tmp_path / "x.gguf", width=32), model)
    assert list((tmp_path / "data").rglob("*.gguf"))
