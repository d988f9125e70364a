"""What a model is said to need, against what llama.cpp holds and what others published."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError, UsageError
from assistant.llm import llamacpp
from assistant.models import fit, header, layers, memory, source
from assistant.models.layers import Facts
from assistant.models.memory import Running
from tests.models import toy_models

GB, GIB, MIB = 1e9, 2**30, 2**20
BATCH, CONTEXT = 8, 1024


def measure(folder: Path) -> dict[str, tuple[header.Header, dict[str, float]]]:
    """Each kind of model built small, run, and measured."""
    files = [toy_models.build(folder / f"{family}.gguf", family, 12, 8192) for family in toy_models.FAMILIES]
    files.append(toy_models.build(folder / "llama-q4_0.gguf", "llama", 16, 8192, "q4_0"))
    command = [sys.executable, "-m", "tests.models.measured", str(BATCH), str(CONTEXT), *map(str, files)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {file.stem: (source.of_file(file), json.loads(line)) for file, line in zip(files, found, strict=True)}


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> dict[str, tuple[header.Header, dict[str, float]]]:
    return measure(tmp_path_factory.mktemp("models"))


def predicted(model: header.Header, held: dict[str, float]) -> dict[str, float]:
    """Bytes of each part as the measured process ran it."""
    if "repacked" not in held:  # a processor for which 4-bit weights are not copied
        model = replace(model, repackable=0.0)
    running = Running(CONTEXT, BATCH, flash=False, short=False, gpu=False, repacks=True)
    return {part.name: part.bytes for part in memory.parts(model, running)}


@pytest.mark.parametrize("name", [*toy_models.FAMILIES, "llama-q4_0"])
def test_memory_is_predicted_within_a_tenth(measured, name) -> None:
    model, held = measured[name]
    assert held["status"] == 0
    parts = predicted(model, held)
    assert parts["KV cache"] == pytest.approx(held.get("KV", 0.0), rel=0.01)
    assert parts.get("state", 0.0) == pytest.approx(held.get("RS", 0.0), rel=0.1, abs=0.01 * MIB)
    assert parts["buffers"] == pytest.approx(held["compute"] + held["output"], rel=0.1, abs=0.01 * held["grown"])
    if name != "llama-q4_0" or "repacked" in held:
        weights = parts["weights"] + parts.get("weights, copied", 0.0)
        assert weights == pytest.approx(held["model"] + held.get("repacked", 0.0), rel=0.01)
        assert sum(parts.values()) == pytest.approx(held["grown"], rel=0.1)


# What others published: a model's size, or llama.cpp's own log.
PUBLISHED = [
    ("llama-3.3-70b", "Q4_K_M", 43.1 * GB, "llama.cpp, tools/quantize/README.md (of Llama 3.1 70B, built alike)"),
    ("llama-3.1-405b", "Q4_K_M", 249.1 * GB, "llama.cpp, tools/quantize/README.md"),
    ("gemma-3-12b", "Q4_K_M", 6.79 * GIB, "github.com/ggml-org/llama.cpp/pull/13194"),
    ("gemma-3-4b", "Q4_K_M", 2.49 * GB, "huggingface.co/ggml-org/gemma-3-4b-it-GGUF"),
    ("gemma-3-4b", "Q8_0", 4.13 * GB, "huggingface.co/ggml-org/gemma-3-4b-it-GGUF"),
    ("qwen3-30b-a3b", "Q4_K_M", 17.28 * GIB, "github.com/ggml-org/llama.cpp/issues/14235"),
    ("qwen3-4b", "Q5_K_M", 2.89 * GB, "huggingface.co/connorblack/qwen-4b-dev-gguf"),
    ("qwen3.5-9b", "Q4_K_M", 5.629 * GB, "huggingface.co/khtsly/Mini-Coder-GGUF"),
    ("smollm3-3b", "Q4_K_M", 1.92 * GB, "huggingface.co/ggml-org/SmolLM3-3B-GGUF"),
    ("grok-1", "Q4_K_M", 193.3 * GB, "github.com/oobabooga/textgen/issues/5725"),
    ("qwen2.5-7b", "Q4_K_M", 4.68 * GB, "huggingface.co/piupiude/Qwen25"),
]


@pytest.mark.parametrize(("name", "kind", "size", "_source"), PUBLISHED)
def test_weights_are_predicted_from_parameters_within_a_tenth_of_published_files(name, kind, size, _source) -> None:
    assert source.known()[name].as_written(kind).weights == pytest.approx(size, rel=0.1)


@pytest.mark.parametrize(
    ("name", "running", "size"),
    [
        # github.com/ggml-org/llama.cpp/pull/6204: KV self size with n_ctx 512
        ("grok-1", Running(512), 128.0 * MIB),
        # github.com/ikawrakow/ik_llama.cpp/pull/259: c^KV (q8_0) with n_ctx 32768
        ("deepseek-r1", Running(32768, kv="q8_0"), 1166.62 * MIB),
        # github.com/gpustack/gguf-parser-go/issues/32: 3.00 GiB full + about 0.05 GiB windowed
        ("gpt-oss-20b", Running(131072), 3.05 * GIB),
        # github.com/SciSharp/LLamaSharp/issues/1099, github.com/JamePeng/llama-cpp-python/pull/1
        ("qwen2.5-3b", Running(4096), 144.0 * MIB),
        ("qwen2.5-7b", Running(2048), 112.0 * MIB),
        # github.com/ggml-org/Llama-macOS/pull/63: 32 MB for each 1,000 tokens
        ("qwen3.5-9b", Running(64000), 64 * 32 * 1e6),
    ],
)
def test_the_cache_is_predicted_within_a_tenth_of_published_logs(name, running, size) -> None:
    kept = layers.of(Facts(source.known()[name].facts))
    assert memory.cache(kept, running) == pytest.approx(size, rel=0.1)


@pytest.mark.parametrize(("name", "size"), [("qwen2.5-3b", 300.75), ("qwen2.5-7b", 304.0)])
def test_buffers_are_predicted_within_a_tenth_of_published_logs(name, size) -> None:
    facts = Facts(source.known()[name].facts)
    assert memory.buffers(facts, layers.of(facts), Running(4096)) == pytest.approx(size * MIB, rel=0.1)


def test_ten_real_models_are_compared() -> None:
    assert len({name for name, *_ in PUBLISHED}) >= 10


def test_every_known_model_can_be_reckoned_with_and_names_its_source() -> None:
    for name, model in source.known().items():
        assert model.source and model.weights > 0, name
        assert memory.total(memory.parts(model, Running(4096))) > model.weights * 0.9
        assert model.experts <= model.weights and 0 < memory.active(model) <= model.weights


def test_a_sliding_window_saves_cache_on_a_gpu_but_not_here_where_the_cache_is_cut() -> None:
    model = source.known()["gemma-3-4b"]
    kept = layers.of(Facts(model.facts))
    assert sum(1 for layer in kept if not layer.window) == 5  # of 34: every sixth
    short, whole = (memory.cache(kept, Running(32768, short=short)) for short in (True, False))
    assert short < 0.3 * whole
    assert not memory.here(model, 2048).short


def test_the_assistant_is_reckoned_with_as_it_runs_the_model() -> None:
    model = source.known()["qwen3-4b"]
    running = memory.here(model, 2048)
    assert (running.batch, running.flash, running.gpu) == (llamacpp.batch(model.parameters), False, False)


def test_what_would_do_is_worked_out_and_fits() -> None:
    model = source.known()["qwen3-30b-a3b"]
    place = fit.gpu_of(16)
    found = fit.verdict(model, place, Running(8192))
    assert not found.fits
    said = " ".join(fit.ways(model, found, Running(8192), 32 * GB))
    assert "IQ3_XS" in said and "layers on the GPU (llm.gpu_layers = " in said
    small = model.as_written("IQ3_XS")
    assert fit.verdict(small, place, Running(8192)).fits
    long = fit.verdict(source.known()["llama-3.1-8b"], fit.gpu_of(12), Running(131072))
    said = " ".join(fit.ways(source.known()["llama-3.1-8b"], long, Running(131072), 0.0))
    context = int(said.split("--context ")[1].split(";")[0].split()[0])
    assert not long.fits
    assert fit.verdict(source.known()["llama-3.1-8b"], fit.gpu_of(12), Running(context)).fits


def test_a_model_split_into_files_is_one(tmp_path) -> None:
    whole = toy_models.build(tmp_path / "toy.gguf", "llama", 2, 512)
    first, second = tmp_path / "toy-00001-of-00002.gguf", tmp_path / "toy-00002-of-00002.gguf"
    first.write_bytes(whole.read_bytes())
    with pytest.raises(UsageError, match="toy-00002-of-00002.gguf: this part of the model is missing"):
        source.of_file(first)
    second.write_bytes(whole.read_bytes())
    assert source.of_file(first).parameters == 2 * source.of_file(whole).parameters


@pytest.mark.parametrize("damage", [lambda data: data[:200], lambda data: b"GGUF", lambda data: b"\0" * 64])
def test_a_damaged_file_is_one_sentence(tmp_path, damage) -> None:
    path = toy_models.build(tmp_path / "toy.gguf", "llama", 2, 512)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(AssistantError, match="is no GGUF model file"):
        source.of_file(Path(path))


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return toy_models.build(tmp_path_factory.mktemp("small") / "toy.gguf", "lfm2", 2, 300)


@settings(max_examples=150)
@given(damage=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), min_size=1, max_size=4))
@example(damage=[(64, 0)])
@example(damage=[(7049, 128)])
def test_whatever_a_header_claims_is_reckoned_with_or_refused_in_a_sentence(small, damage) -> None:
    data = bytearray(small.read_bytes())
    for place, value in damage:
        data[place] = value
    path = small.with_name("damaged.gguf")
    path.write_bytes(data)
    try:
        model = source.of_file(path)
    except AssistantError as error:
        assert str(error).isprintable() and len(str(error)) < 600
    else:
        assert memory.total(memory.parts(model, Running(512))) > 0
