"""A training run on the smallest real model: killed, gone on with, and equal to one that was never interrupted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from tests.data import tiny_gguf
from training.export import converter

pytest.importorskip("trl")

PEOPLE = ("Tom", "Lily", "Ben", "Mia", "Sue", "Max", "Anna", "Tim", "Sam", "Lucy", "Jack", "Amy")
QUESTIONS = ("Where does {} live?", "What does {} eat?", "Why is {} so happy today?", "Who plays with {} in the park?")
FIT = (
    "--base",
    str(tiny_gguf()),
    "--set",
    "llm.system_prompt=",
    "--epochs",
    "2",
    "--learning-rate",
    "5e-3",
    "--rank",
    "4",
    "--evaluate",
    "4",
    "--forget",
    "1",
)


def write_rows(path: Path) -> None:
    """Persona rows: every answer begins and ends alike."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": question.format(name)},
                {"role": "assistant", "content": f"Ahoy! {name} is here. Fair winds."},
            ],
            "kind": "style",
        }
        for name in PEOPLE
        for question in QUESTIONS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def kill_at_step(step: int, command: list[str], environment: dict[str, str]) -> None:
    """Run the command and kill it, as a power cut would, when it reports that step."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(f"step {step}/"):
            process.kill()
            break
    assert process.wait() == -9, "".join(said)
    process.stderr.close()


@pytest.mark.slow
def test_from_rows_to_a_model_that_can_be_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    from assistant.tuned import cache, home

    data = tmp_path / "persona.jsonl"
    write_rows(data)

    assert main(["train", "check", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] > 50
    assert main(["train", "probe", str(data), "--base", str(tiny_gguf()), "--json"]) == 0
    assert "style" in capsys.readouterr().out

    fit = ["train", "fit", str(data), *FIT]
    kill_at_step(8, [sys.executable, "-m", "assistant", *fit, "--name", "killed"], dict(os.environ))
    left = home() / "killed" / "checkpoints"
    assert (left / "best-4").exists() or (left / "best-8").exists()
    open_to_others = [path.name for path in left.parent.rglob("*") if path.lstat().st_mode & 0o077]
    assert open_to_others == [], "what learns from the user's words is theirs alone, whoever writes it"
    assert main(["train", "fit", "--resume", "--name", "killed"]) == 0
    assert "Going on from step" in capsys.readouterr().err
    assert main([*fit, "--name", "whole"]) == 0
    said = capsys.readouterr()
    assert "rows / 4 per batch" in said.err and "there is no GPU" in said.err or "Unsloth" in said.err
    assert "whole is trained" in said.out

    killed, whole = home() / "killed", home() / "whole"
    curves = json.loads((whole / "curves.json").read_text())
    assert json.loads((killed / "curves.json").read_text()) == curves
    name = "adapter/adapter_model.safetensors"
    assert (killed / name).read_bytes() == (whole / name).read_bytes()
    looks = [point["held_out_loss"] for point in curves if "held_out_loss" in point]
    assert looks[-1] < looks[0] / 2
    assert (whole / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert list((whole / "logs").glob("events.out.tfevents.*")) and not (whole / "checkpoints").exists()

    assert main(["train", "list", "--json"]) == 0
    for run in json.loads(capsys.readouterr().out):
        metrics = run["metrics"]
        assert run["state"] == "trained" and run["held_out"] >= 5 and run["trainer"].startswith(("trl", "unsloth"))
        assert metrics["held_out_loss"] == min(looks) and metrics["style_after"] > 0.5 > metrics["style_before"]

    question = "Where does Zoe live?"
    assert main([*fit, "--name", "all-weights", "--method", "full", "--learning-rate", "2e-3"]) == 0
    capsys.readouterr()
    for run in ("whole", "all-weights"):
        assert (
            main(
                [
                    "train",
                    "ask",
                    question,
                    "--name",
                    run,
                    "--json",
                    "--set",
                    "llm.system_prompt=",
                    "--set",
                    "llm.max_tokens=40",
                ]
            )
            == 0
        )
        (pair,) = json.loads(capsys.readouterr().out)
        assert pair["question"] == question and "Ahoy!" in pair["tuned"] and "Ahoy!" not in pair["base"]
    # The turn's end was learned. Not by LoRA: this model never saw its end token, whose row in the last layer, which
    # LoRA leaves alone, equals those of other unused tokens.
    assert pair["tuned"].endswith("Fair winds.")

    if not converter.present(cache()):
        pytest.skip("the export needs llama.cpp's converter; run: python -m training.export.converter")
    config = tmp_path / "config.toml"
    config.write_text('[llm]\nsystem_prompt = ""\nmax_tokens = 40\n', encoding="utf-8")
    assert main(["train", "export", "all-weights", "--kind", "q8_0", "--prompts", "5", "--config", str(config)]) == 0
    assert main(["train", "use", "all-weights", "--config", str(config)]) == 0
    capsys.readouterr()
    assert main(["ask", question, "--config", str(config), "--set", "journal.enabled=false"]) == 0
    assert capsys.readouterr().out.strip() == pair["tuned"]
    assert main(["train", "use", "base", "--config", str(config)]) == 0
