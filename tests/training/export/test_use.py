"""Switching to a tuned model, and back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from assistant import config
from tests.data import tiny_gguf
from tests.training.export.on_record import SHIPPED, trained, use


@pytest.fixture
def exported(home, tmp_path):
    """A run with an adapter and a Q8_0 file that passed, and a config.toml to switch in."""
    run = trained(home)
    for kind in ("q8_0", "adapter"):
        file = run.folder / "export" / f"tom-{kind}.gguf"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(tiny_gguf().read_bytes())
        run.exports[kind] = {"file": f"export/{file.name}", "bytes": 1}
    run.save()
    (tmp_path / "config.toml").write_bytes(SHIPPED.read_bytes())
    return run


def llm(tmp_path: Path) -> dict:
    return tomllib.loads((tmp_path / "config.toml").read_text())["llm"]


def test_use_sets_model_and_adapter_and_base_goes_back(exported, tmp_path, capsys):
    assert use(tmp_path, "train", "use", "tom") == 0
    assert "was trained with another [llm] system_prompt" in capsys.readouterr().out
    assert llm(tmp_path)["model"] == str(tiny_gguf().resolve())
    assert llm(tmp_path)["adapter"] == str(exported.folder / "export" / "tom-adapter.gguf")
    assert use(tmp_path, "train", "use", "tom", "--kind", "q8_0") == 0
    assert llm(tmp_path)["model"].endswith("tom-q8_0.gguf") and llm(tmp_path)["adapter"] == ""
    assert use(tmp_path, "train", "use", "base") == 0
    assert llm(tmp_path)["model"] == str(tiny_gguf().resolve()) and llm(tmp_path)["adapter"] == ""


@pytest.mark.parametrize("way", [("train", "use"), ("models", "use")])
def test_a_run_of_the_bundled_model_goes_back_to_bundled(exported, tmp_path, way):
    from assistant.llm import gguf

    exported.base = str(gguf.bundled())
    exported.system = config.Settings().llm.system_prompt
    exported.save()
    assert use(tmp_path, *way, "tom") == 0
    assert llm(tmp_path)["model"] == "bundled" and llm(tmp_path)["adapter"].endswith("tom-adapter.gguf")
    assert use(tmp_path, *way, "base") == 0
    assert (tmp_path / "config.toml").read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize(
    ("argv", "message", "code"),
    [
        (["tam"], "there is no training run tam; there are: tom", 2),
        (["tom", "--kind", "f16"], "has no export f16", 2),
        (["base", "--kind", "f16"], "base has none", 2),
    ],
)
def test_use_of_what_is_not_there_changes_nothing(exported, tmp_path, capsys, argv, message, code):
    assert use(tmp_path, "train", "use", *argv) == code
    assert message in capsys.readouterr().err and (tmp_path / "config.toml").read_bytes() == SHIPPED.read_bytes()


def test_use_refuses_a_run_without_a_passed_export_and_one_whose_file_is_gone(exported, tmp_path, capsys):
    (exported.folder / "export" / "tom-adapter.gguf").unlink()
    assert use(tmp_path, "train", "use", "tom") == 2
    assert "there is no such model file" in capsys.readouterr().err
    exported.exports = {"merged": {"file": "export/tom-merged", "bytes": 1}}
    exported.save()
    assert use(tmp_path, "train", "use", "tom") == 2
    assert "no export that passed the parity gate; make one: assistant train export tom" in capsys.readouterr().err


def test_models_lists_how_each_tuned_one_was_made_and_which_is_used(exported, tmp_path, capsys):
    use(tmp_path, "train", "use", "tom", "--kind", "q8_0")
    capsys.readouterr()
    assert use(tmp_path, "models") == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "stories260K-f32" in line and "tom" in line and "6 rows" in line)
    for part in ("*", "mit", "d" * 16, "lora 4, 5 epochs, 0.0003", "style 10% to 90%", "q8_0, adapter"):
        assert part in line
    assert use(tmp_path, "models", "--json") == 0
    [tuned] = json.loads(capsys.readouterr().out)["tuned"]
    assert tuned["in_use"] == "q8_0" and tuned["recipe"]["rank"] == 4 and tuned["metrics"]["held_out_loss"] == 0.5
    assert Path(tuned["exports"]["adapter"]["file"]).is_file()
