"""The arithmetic of steps, memory and disk before a training run; figures marked "measured" come from real runs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli import main
from assistant.cli.train import recipe_flags
from assistant.errors import UsageError
from assistant.llm.gguf import bundled
from training.errors import TrainingError
from training.plan import memory, remedy, shape
from training.plan import steps as plan
from training.plan.shape import Shape
from training.recipe import Recipe
from training.rows import Row

SMOL = Shape(134_515_008, 30, 576, 1536, 9, 3, 64, 49_152, 8192)
LLAMA8 = Shape(8_030_261_248, 32, 4096, 14_336, 32, 8, 128, 128_256, 131_072)
PERSONA = Path(__file__).parents[3] / "training" / "samples" / "persona.jsonl"


def row(question: str, answer: str, line: int = 1) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}), line)


# ---- steps -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 12), st.integers(1, 6))
def test_steps_are_those_of_a_loop_over_the_rows(rows: int, batch: int, accumulate: int, epochs: int) -> None:
    taken = 0
    for _ in range(epochs):
        waiting = 0
        for start in range(0, rows, batch):
            waiting += 1
            if waiting == accumulate or start + batch >= rows:  # the rest of an epoch is a step of its own
                taken, waiting = taken + 1, 0
    counted = plan.steps(Recipe(batch=batch, accumulate=accumulate, epochs=epochs), rows)
    assert counted.total == taken and counted.per_epoch * epochs == taken


def test_a_broken_number_of_epochs_ends_on_a_whole_step_and_steps_win_over_epochs() -> None:
    assert plan.steps(Recipe(batch=8, accumulate=3, epochs=2.5), 147) == plan.Steps(7, 18, 18 / 7)
    assert plan.steps(Recipe(batch=4, steps=40), 108) == plan.Steps(27, 40, 40 / 27)


def test_the_written_arithmetic_holds_every_number_both_ways() -> None:
    lines = plan.written(Recipe(batch=4, accumulate=2, epochs=3, warmup=0.1), 90, 9000)
    assert lines == [
        "90 rows / 4 per batch = 23 batches per epoch (rounded up: the last one has 2)",
        "23 batches / 2 accumulated = 12 optimizer steps per epoch (rounded up: the last one has 1)",
        "12 steps per epoch × 3 epochs = 36 steps",
        "the same with --steps 36; --steps 48 would be one epoch more",
        "4 rows × 2 × 100.0 tokens per row = 800 tokens per step; × 36 steps = about 27,000 in all",
        "the learning rate rises over the first 0.1 × 36 = 4 steps; a look at the held-out rows every 6",
    ]
    assert "40 steps / 27 per epoch = 1.481 epochs" in plan.written(Recipe(steps=40), 108)[2]


def test_tokens_without_a_tokenizer_are_estimated_and_say_so() -> None:
    found = plan.count([row("a" * 40, "b" * 80, 1), row("a" * 400, "b" * 8, 2)], "s" * 20, None)
    assert not found.exact and found.line == 2 and found.longest == (400 // 4 + 5) + (20 // 4 + 5) + (8 // 4 + 2)
    assert found.answer == 22 + 4 and found.all == found.prompt + 26


def test_when_not_to_fine_tune_names_what_speaks_against_these_rows() -> None:
    assert "20 rows" in plan.when_not(20, None) and "train probe" in plan.when_not(20, None)
    assert "62% of these rows are new facts" in plan.when_not(200, 0.62)
    few = plan.when_not(200, 0.02)
    assert "which is few" in few and "in the prompt" not in few
    assert "retrieval (RAG)" in few


# ---- the recipe's flags ------------------------------------------------------------------------------------------


def flags(*words: str) -> Recipe:
    parser = argparse.ArgumentParser()
    recipe_flags.add(parser)
    return recipe_flags.recipe(parser.parse_args(words))


def test_every_field_of_the_recipe_is_a_flag_with_help_and_bounds() -> None:
    assert flags() == Recipe()
    for field in dataclasses.fields(Recipe):
        if field.name != "method":
            low, _ = recipe_flags._BOUNDS[field.name]
            flag = "--" + field.name.replace("_", "-")
            assert getattr(flags(flag, f"{low:g}"), field.name) == low
            with pytest.raises(UsageError, match=f"{flag} .*: must be from"):
                flags(flag, "-1")
    assert flags("--method", "qlora").method == "qlora"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rank", "16.5"), "--rank 16.5: must be a whole number"),
        (("--warmup", "nan"), "--warmup nan"),
        (("--learning-rate", "inf"), "--learning-rate inf"),
        (("--batch", "many"), "--batch many"),
        (("--steps", "9", "--epochs", "2"), "give one of them"),
    ],
)
def test_flags_that_cannot_be_say_what_fits(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        flags(*words)


def test_full_training_takes_a_tenth_of_the_learning_rate_unless_told() -> None:
    assert flags("--method", "full").learning_rate == 3e-5
    assert flags("--method", "full", "--learning-rate", "2e-4").learning_rate == 2e-4


# ---- shapes ------------------------------------------------------------------------------------------------------


def test_the_bundled_model_is_counted_exactly_from_its_header() -> None:
    assert shape.of(bundled()) == SMOL
    assert SMOL.lora(16) == 4_884_480  # measured: what PEFT says is trainable


def test_a_config_is_counted_as_the_published_model() -> None:
    config = {
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14_336,
        "vocab_size": 128_256,
        "max_position_embeddings": 131_072,
    }
    assert shape.of_config(config) == LLAMA8  # Llama-3.1-8B: 8.03 billion


def test_a_folder_is_counted_by_its_weights_not_by_the_formula(tmp_path: Path) -> None:
    config = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 10}
    (tmp_path / "config.json").write_text(json.dumps(config))
    header = json.dumps({"__metadata__": {}, "a": {"dtype": "F32", "shape": [10, 8]}, "b": {"shape": [3]}}).encode()
    (tmp_path / "model-00001-of-00001.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert shape.of(tmp_path).parameters == 83


@given(st.integers(0, 2_000_000))
def test_a_cut_or_foreign_file_is_refused_in_a_sentence(length: int) -> None:
    whole = _header()
    with pytest.raises(TrainingError, match="its size cannot be read"):
        _of_bytes(whole[: length % len(whole)])


def _header() -> bytes:
    if not hasattr(_header, "kept"):
        with bundled().open("rb") as file:
            _header.kept = file.read(1_300_000)  # the vocabulary; the list of weights follows
    return _header.kept


def _of_bytes(content: bytes) -> Shape:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cut.gguf"
        path.write_bytes(content)
        return shape.of(path)


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match="no-such.gguf: there is no such model file"):
        shape.of_base("no-such.gguf")


# ---- memory ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "words", "batch", "length", "measured"),
    [(30, 49_152, 4, 48, 1.858), (30, 49_152, 4, 128, 2.817), (10, 49_152, 4, 48, 1.210), (10, 49_152, 4, 128, 1.785)],
)
def test_training_memory_is_what_was_measured(
    layers: int, words: int, batch: int, length: int, measured: float
) -> None:
    parameters = SMOL.parameters - (30 - layers) * sum(a * b for a, b in SMOL.linear) - (49_152 - words) * 576
    size = replace(SMOL, parameters=parameters, layers=layers, vocabulary=words)
    (need,) = memory.training(size, Recipe(batch=batch), length, gpu=False)
    assert need.place == "RAM" and need.bytes / 1e9 == pytest.approx(measured, rel=0.10)


def test_four_bits_fit_eight_billion_weights_onto_a_t4_and_sixteen_do_not() -> None:
    def need(method: str) -> float:
        return memory.training(LLAMA8, Recipe(method=method, batch=2), 512, gpu=True, unsloth=True)[0].bytes

    t4 = {"GPU memory": 15.8e9}
    assert need("qlora") < 10e9
    assert memory.fits(memory.Need("train", "GPU memory", (memory.Part("", "", need("qlora")),)), t4)
    assert need("lora") > 16e9 and need("full") > 120e9


@pytest.mark.parametrize(
    ("size", "kind", "gigabytes"),
    [
        (LLAMA8, "q8_0", 8.54),
        (LLAMA8, "q4_k_m", 4.92),
        (LLAMA8, "q4_0", 4.66),  # sizes of published files
        (SMOL, "q8_0", 0.145),
        (SMOL, "q4_k_m", 0.105),
        (SMOL, "q4_0", 0.092),
    ],
)
def test_gguf_sizes_are_those_of_published_files(size: Shape, kind: str, gigabytes: float) -> None:
    assert size.parameters * memory.gguf_bits(size, kind) / 8e9 == pytest.approx(gigabytes, rel=0.05)


def test_a_container_counts_its_own_limit_and_the_file_cache_as_free(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("4000\n")
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "memory.stat").write_text("anon 10\ninactive_file 600\nactive_file 200\n")
    assert memory._container(tmp_path) == 1800
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(tmp_path) == math.inf


# ---- what cannot fit ---------------------------------------------------------------------------------------------


def refuse(size: Shape, recipe: Recipe, length: int, there: dict[str, float], kinds=("q8_0",)) -> tuple[list, list]:
    gpu = "GPU memory" in there
    wanted = remedy.needs(size, recipe, length, kinds, gpu, gpu, True)
    return remedy.refused(wanted, there), remedy.would_fit(size, recipe, length, kinds, there, gpu, gpu, True)


def test_a_batch_that_is_too_large_is_refused_and_the_largest_that_fits_is_named() -> None:
    there = {"RAM": 12e9, "disk": 50e9}
    problems, ways = refuse(SMOL, Recipe(batch=32), 256, there)
    assert len(problems) == 1 and problems[0].startswith("to train, ")
    batch = int(ways[0].split()[1])
    assert ways[0].startswith(f"--batch {batch} --accumulate {math.ceil(32 / batch)}")
    for size, fits in ((batch, True), (batch + 1, False)):
        assert (not refuse(SMOL, Recipe(batch=size), 256, there)[0]) == fits
    assert any("rows of at most" in way for way in ways)


def test_full_training_that_does_not_fit_is_sent_to_lora() -> None:
    problems, ways = refuse(SMOL, Recipe(method="full", batch=1), 32, {"RAM": 2.5e9, "disk": 50e9})
    assert problems and any("--method lora" in way for way in ways)


def test_a_gpu_too_small_for_sixteen_bits_is_sent_to_qlora() -> None:
    there = {"RAM": 60e9, "disk": 200e9, "GPU memory": 15e9}
    problems, ways = refuse(LLAMA8, Recipe(batch=1), 256, there)
    assert any("GPU memory" in problem for problem in problems) and any("--method qlora" in way for way in ways)


def test_a_disk_too_small_for_the_export_is_found_before_the_training() -> None:
    problems, ways = refuse(SMOL, Recipe(), 64, {"RAM": 8e9, "disk": 1.5e9}, ("q8_0", "q4_k_m", "q4_0"))
    assert problems == ["to keep, 1.6 GB of disk are needed and 1.5 GB are free"]
    assert any("--export adapter" in way for way in ways)


def test_a_model_too_large_is_told_how_large_one_may_be() -> None:
    problems, ways = refuse(LLAMA8, Recipe(), 128, {"RAM": 8e9, "disk": 500e9})
    assert problems and ways[0].startswith("a model of at most about ")
    millions = float(ways[0].split()[6].replace(",", ""))
    assert 500 < millions < 1900  # 8 GB hold 4 bytes of each and the program


# ---- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def persona(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.cli.train.plan._torch", lambda: False)
    monkeypatch.setattr(memory, "gpu", lambda: False)
    return Path(shutil.copy(PERSONA, tmp_path / "persona.jsonl"))


def test_plan_prints_steps_needs_and_when_not(persona: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "plan", str(persona), "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    for part in (
        "134.5 million weights",
        "27 steps per epoch × 2 epochs = 54 steps",
        "To train: ",
        "To merge: ",
        "To export: ",
        "To keep: ",
        "Time    not measured: `make train`",
        "When not to fine-tune",
    ):
        assert part in said


def test_plan_refuses_what_cannot_fit_with_exit_code_1(
    persona: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "free", lambda folder: {"RAM": 1.9e9, "disk": 100e9})
    assert main(["train", "plan", str(persona), "--batch", "64"]) == 1
    said = capsys.readouterr()
    assert "DOES NOT FIT" in said.out and "Refused: to train" in said.err and "Would fit: --batch" in said.err
    assert main(["train", "plan", str(persona), "--method", "qlora"]) == 1
    assert "needs a GPU" in capsys.readouterr().err


def test_plan_tells_the_share_of_new_facts_from_what_probe_asked(
    persona: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from assistant.cli.train import probe as command
    from assistant.config import Settings
    from training.data import formats
    from training.judge import probe
    from training.rows import write

    rows = [Row(one.messages, kind="fact") for one in formats.read(persona).rows[:15]]
    write(persona, rows)
    record = persona.with_name("persona.probe.jsonl")
    system = Settings().llm.system_prompt

    class Ignorant:
        name = "x"

        def answer(self, *_: object, **__: object) -> object:
            return argparse.Namespace(text="No idea.")

    model, _ = command.identify(Settings(), "bundled")
    probe.probe(rows, Ignorant(), system, record, model)
    assert main(["train", "plan", str(persona)]) == 0
    assert "100% of these rows are new facts" in capsys.readouterr().out.replace("\n", " ")
    record.write_text("\n".join(record.read_text().splitlines()[:40]))  # interrupted
    assert main(["train", "plan", str(persona)]) == 0
    assert "It is not known how many" in capsys.readouterr().out.replace("\n", " ")
