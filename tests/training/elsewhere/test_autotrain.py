"""The AutoTrain job: keys that autotrain-advanced 0.8.36 knows, and nothing of the recipe lost in silence."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import yaml

from assistant.cli import main
from training.elsewhere import autotrain
from training.recipe import Recipe
from training.rows import Row

# Fields of autotrain.trainers.clm.params.LLMTrainingParams, 0.8.36; an unknown one is dropped there without a word.
KNOWN = set(
    """
    model project_name data_path train_split valid_split add_eos_token block_size model_max_length padding trainer
    use_flash_attention_2 log disable_gradient_checkpointing logging_steps eval_strategy save_total_limit
    auto_find_batch_size mixed_precision lr epochs batch_size warmup_ratio gradient_accumulation optimizer scheduler
    weight_decay max_grad_norm seed chat_template quantization target_modules merge_adapter peft lora_r lora_alpha
    lora_dropout model_ref dpo_beta max_prompt_length max_completion_length prompt_text_column text_column
    rejected_text_column push_to_hub username token unsloth distributed_backend""".split()
)
ROWS = [
    Row(({"role": "user", "content": f'Question {n}: "ü"?'}, {"role": "assistant", "content": f"Answer {n}\nend."}))
    for n in range(30)
]


def build(**changes: object) -> tuple[autotrain.AutotrainProject, dict]:
    job = autotrain.build("pirate", Recipe(**changes), "owner/model: x", "Be brief.", ROWS, 5)
    return job, yaml.safe_load(job.config)


def test_the_config_has_what_the_parser_reads_and_only_keys_it_knows() -> None:
    _, config = build()
    assert config["task"] == "llm-sft" and config["backend"] == "local" and config["base_model"] == "owner/model: x"
    assert config["data"] == {
        "path": "data",
        "train_split": "train",
        "valid_split": None,
        "chat_template": "tokenizer",
        "column_mapping": {"text_column": "messages"},
    }
    assert set(config["params"]) <= KNOWN


def test_every_field_of_the_recipe_is_taken_over_or_named_as_lost() -> None:
    other = {
        "epochs": 3.0,
        "batch": 7,
        "accumulate": 3,
        "learning_rate": 1e-5,
        "rank": 8,
        "alpha": 24,
        "dropout": 0.25,
        "warmup": 0.2,
        "length": 300,
        "seed": 11,
    }
    _, before = build()
    for name, value in other.items():
        _, after = build(**{name: value})
        changed = {key for key in after["params"] if after["params"][key] != before["params"][key]}
        assert changed and all(after["params"][key] == value for key in changed), name
    taken = {*other, "method", "steps"}
    job, _ = build()
    for field in dataclasses.fields(Recipe):
        assert field.name in taken or any(field.name in sentence for sentence in job.lost), field.name


@pytest.mark.parametrize(
    "name",
    [
        "alpaca_data",
        "v1.2_final",
        "data",
        "Data",
        "_-_",
        "a--b",
        "x" * 64,
        "49" + "_x" * 30,
        "Übung 3",
        "2024",
        "a" * 49 + "_b",
    ],
)
def test_every_name_becomes_one_that_autotrain_takes_and_that_is_said(name: str) -> None:
    job = autotrain.build(name, Recipe(), "owner/model", "Be brief.", ROWS, 5)
    given = yaml.safe_load(job.config)["project_name"]
    # AutoTrain 0.8.36, autotrain/trainers/common.py: alphanumeric but for hyphens, no more than 50 characters
    assert isinstance(given, str) and given.replace("-", "").isalnum() and given.isascii() and len(given) <= 50
    assert given == job.name and given.lower() != "data" and not given.startswith("-") and "--" not in given
    assert any(f"{name} became {given}" in sentence for sentence in job.lost) is (given != name)


def test_methods_are_told_by_peft_and_quantization() -> None:
    for method, wanted in (("lora", (True, None)), ("qlora", (True, "int4")), ("full", (False, None))):
        params = build(method=method)[1]["params"]
        assert (params["peft"], params["quantization"]) == wanted
        assert ("lora_r" in params) == params["peft"] == params["merge_adapter"]


def test_steps_become_whole_epochs_and_that_is_said() -> None:
    job, config = build(steps=20, batch=4)  # 8 steps per epoch
    assert config["params"]["epochs"] == 2 and isinstance(config["params"]["epochs"], int)
    assert job.lost[0] == "steps: it takes whole epochs only, so 2.5 became 2"
    assert not any("whole epochs" in sentence for sentence in build(epochs=3.0)[0].lost)
    assert build(steps=1)[1]["params"]["epochs"] == 1


@pytest.mark.parametrize("rate", [3e-4, 1e-5, 1e-8, 2.5e-6, 0.1])
def test_small_numbers_stay_numbers_in_yaml(rate: float) -> None:
    assert build(learning_rate=rate)[1]["params"]["lr"] == rate  # YAML 1.1 reads 1e-05 as text


def test_the_data_are_whole_conversations_with_the_system_prompt() -> None:
    job, _ = build()
    rows = [json.loads(line) for line in job.data.splitlines()]
    assert len(rows) == 30
    assert rows[3] == {"messages": [{"role": "system", "content": "Be brief."}, *ROWS[3].messages]}


def test_the_command_writes_both_files_and_says_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(Path(__file__).parents[3] / "training" / "samples" / "persona.jsonl", tmp_path / "my persona.jsonl")
    assert main(["train", "autotrain", "my persona.jsonl", "--precision", "fp16"]) == 0
    folder = tmp_path / "autotrain-my-persona"
    config = yaml.safe_load((folder / "config.yml").read_text())
    assert config["project_name"] == "my-persona" and config["params"]["mixed_precision"] == "fp16"
    assert len((folder / config["data"]["path"] / "train.jsonl").read_text().splitlines()) == 108
    assert "learns the prompts, too" in capsys.readouterr().out


def test_a_gguf_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "autotrain", "x.jsonl", "--model", "m.gguf"]) == 2
    assert "AutoTrain cannot read GGUF files" in capsys.readouterr().err
