"""An export with every tool as it is, and how it is shown."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from assistant import cli
from tests.data import tiny_gguf
from tests.training.export.test_export import trained
from tests.training.export.test_use import SHIPPED, use
from training import runs
from training.plan import shape


def test_real_export_of_a_real_adapter(home, tmp_path, capsys):
    """Every tool as it is, on a model with a SentencePiece vocabulary, whose tokens the converter would change."""
    for package in ("torch", "transformers", "peft"):
        pytest.importorskip(package)
    from training.export import converter
    from training.fit import weights

    if not converter.present(Path("nowhere")):
        pytest.skip("llama.cpp's converter is not here; run: python -m training.export.converter")
    weights.quiet()
    import torch
    from peft import LoraConfig, get_peft_model

    from assistant.tuned import cache
    from training.fit import base

    ready = base.prepare(str(tiny_gguf()), cache(), lambda text: None)
    run = trained(home, base_hash=ready.hash, licence="mit")
    torch.manual_seed(0)
    model = get_peft_model(weights.load(ready.folder), LoraConfig(r=4, lora_alpha=8, target_modules="all-linear"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    model.save_pretrained(str(run.folder / "adapter"))
    (tmp_path / "config.toml").write_bytes(SHIPPED.read_bytes())

    argv = ["train", "export", "tom", "--prompts", "8", "--kind", "f16", "--kind", "adapter"]
    assert use(tmp_path, *argv) == 0, capsys.readouterr().err
    assert "assistant train use tom" in capsys.readouterr().out
    record = runs.open_run(home, "tom").exports
    for kind in ("f16", "adapter"):
        numbers = record[kind]
        assert numbers["ids"] == numbers["stops"] == 1.0 and numbers["settled"] >= 0.98 and numbers["drift"] < 0.02
    facts = shape.facts(run.folder / record["f16"]["file"])
    assert facts["general.name"] == "tom" and facts["general.license"] == "mit"
    assert facts["tokenizer.ggml.eos_token_id"] == 2 and "User: " in facts["tokenizer.chat_template"]
    assert "FROM ./tom-F16.gguf" in (run.folder / "export" / "Modelfile-f16").read_text()
    assert str(home) not in (run.folder / record["adapter"]["file"]).read_bytes().decode("latin-1")  # no paths of ours

    assert use(tmp_path, "train", "use", "tom") == 0
    capsys.readouterr()
    assert (
        cli.main(
            [
                "ask",
                "Who is Tom?",
                "--config",
                str(tmp_path / "config.toml"),
                "--set",
                "llm.system_prompt=Be brief.",
                "--set",
                "llm.max_tokens=8",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.strip()


def test_work_of_unknown_length_does_not_take_the_length_of_the_work_before_it(monkeypatch):
    import rich.console
    import rich.progress

    from assistant.cli.train.export import _screen

    bars = []

    class Bar(rich.progress.Progress):
        def __init__(self, *columns, **options) -> None:
            super().__init__(*columns, **options)
            bars.append(self)

    class Terminal(rich.console.Console):
        def __init__(self, **_) -> None:
            super().__init__(file=io.StringIO(), force_terminal=True)

    monkeypatch.setattr(rich.progress, "Progress", Bar)
    monkeypatch.setattr(rich.console, "Console", Terminal)
    with _screen() as (_, show):
        show("asking q8_0", 3, 20)
        show("loading torch", 0, 0)
        (task,) = bars[0].tasks
        assert (task.description, task.total, task.completed) == ("loading torch", None, 0)
