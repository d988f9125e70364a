"""`assistant train fit`, `list` and `ask` with no model in them, and the picture of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli import main
from tests.training.fit.test_fit_unit import BASE, begun, nothing, row
from training import rows
from training.errors import TrainingError
from training.fit import base, curves
from training.fit import run as fit
from training.runs import new_run

pytest.importorskip("transformers")


def test_the_curves_are_a_picture_also_without_known_questions(tmp_path):
    points = [
        {"step": 0, "held_out_loss": 3.0},
        {"step": 1, "loss": 2.5},
        {"step": 1, "held_out_loss": 2.0, "known": 0.9},
    ]
    for number, some in enumerate((points, points[:2])):
        target = tmp_path / f"{number}.png"
        curves.draw(some, 1, "a run", target)
        assert target.read_bytes().startswith(b"\x89PNG") and target.stat().st_size > 5000
    assert len(list(tmp_path.iterdir())) == 2


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    from assistant.tuned import home

    return home()


def test_list_shows_state_data_recipe_and_metrics(home, capsys):
    assert main(["train", "list"]) == 0 and "No training run yet" in capsys.readouterr().out
    begun(home, "young")
    done = begun(home, "done")
    done.state, done.steps, done.seconds, done.made = "trained", 30, 90.0, "2026-01-02T03:04:05+00:00"
    done.metrics = {
        "loss": 0.5,
        "held_out_loss": 0.75,
        "known_before": 0.6,
        "known_after": 0.5,
        "style_before": 0.1,
        "style_after": 0.9,
    }
    done.save()
    assert main(["train", "list"]) == 0
    text = capsys.readouterr().out
    assert "young  new" in text and "done  trained, 30 steps in 1.5 min  2026-01-02 03:04" in text
    assert "validation loss 0.750" in text and "60% before, of the same 50% after" in text
    assert "style 0.10 before, 0.90 after" in text
    assert done.data_hash in text and "licence mit" in text
    assert main(["train", "list", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["young", "done"]


@pytest.fixture
def no_training(monkeypatch) -> dict:
    """`assistant train fit --resume` without a model: raises what the test puts under "error"."""
    outcome = {}

    def fitted(run, *_):
        run.state, run.steps = outcome.get("state", run.state), outcome.get("steps", 0)
        raise outcome["error"]

    monkeypatch.setattr(base, "prepare", lambda *_: BASE)
    monkeypatch.setattr(fit, "load_libraries", nothing)
    monkeypatch.setattr(fit, "fit", fitted)
    return outcome


def test_ctrl_c_says_how_to_go_on_and_ends_with_130(home, capsys, no_training):
    begun(home)
    no_training.update(error=KeyboardInterrupt(), state="stopped", steps=12)
    assert main(["train", "fit", "--resume", "--name", "one"]) == 130
    assert "Stopped at step 12; go on with: assistant train fit --resume --name one" in capsys.readouterr().err


def test_a_run_refused_before_its_first_step_leaves_its_name_free(home, capsys, no_training, tmp_path):
    data = tmp_path / "rows.jsonl"
    words = "apples pears plums boats cars trains books films songs rain snow wind".split()
    rows.write(data, [row(f"What about {word}?", f"I like {word} very much.") for word in words])
    no_training.update(error=TrainingError("out of something"))
    assert main(["train", "fit", str(data), "--name", "two"]) == 1
    assert "out of something" in capsys.readouterr().err and not (home / "two").exists()
    no_training.update(state="stopped")
    assert main(["train", "fit", str(data), "--name", "two"]) == 1 and (home / "two" / "data" / "train.jsonl").exists()


def test_rows_that_cannot_be_learned_from_are_named(home, capsys, no_training, tmp_path):
    data = tmp_path / "rows.jsonl"
    words = "apples pears plums boats cars trains books films songs rain snow wind".split()
    rows.write(data, [row(f"What about {word}?", f"I like {word} very much.") for word in words])
    data.write_text(data.read_text() + '{"instruction": \n')
    no_training.update(error=TrainingError("enough"))
    main(["train", "fit", str(data), "--name", "two"])
    assert "1 of 13 rows, first line 13: broken JSON" in capsys.readouterr().err


def test_a_run_is_not_called_after_a_column_that_is_ignored(home, capsys, no_training, tmp_path):
    data = tmp_path / "rows.jsonl"
    words = "apples pears plums boats cars trains books films songs rain snow wind".split()
    lines = [{"instruction": f"What about {word}?", "output": f"I like {word}.", "weight": 1} for word in words]
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    no_training.update(error=TrainingError("enough"), state="stopped")
    main(["train", "fit", str(data), "--name", "two"])
    assert "weight is ignored" in capsys.readouterr().err and [run.name for run in home.iterdir()] == ["two"]


def test_ask_takes_the_newest_run_that_has_learned_and_names_it(home, capsys, monkeypatch):
    from training.fit import side_by_side

    learned = begun(home)
    learned.steps = 3
    learned.save()
    new_run(home, "later").save()
    monkeypatch.setattr(side_by_side, "tuned_weights", nothing)
    monkeypatch.setattr(base, "prepare", lambda *_: BASE)
    monkeypatch.setattr(
        side_by_side, "answers", lambda made, *_: [side_by_side.Compared("hello", "Hi.", f"Ahoy.\nFrom {made.name}.")]
    )
    assert main(["train", "ask", "hello"]) == 0
    assert capsys.readouterr().out == "hello\n  base  Hi.\n  one   Ahoy.\n        From one.\n"


@pytest.mark.parametrize(
    "line, words",
    [
        ("fit", "DATA is missing"),
        ("fit --resume", "DATA is missing"),
        ("fit --resume --name none", "no training run none"),
        ("fit none.jsonl --name a/b", "cannot be the name"),
        ("fit --resume --name one --batch 2", "leave those options out"),
        ("fit --resume --name done", "done is trained already"),
        ("ask hello --name one", "no trained weights yet"),
        ("ask hello --name none", "no training run none"),
    ],
)
def test_wrong_use_is_one_sentence(home, capsys, line, words):
    pytest.importorskip("trl")
    begun(home)
    done = begun(home, "done")
    done.state = "trained"
    done.save()
    assert main(["train", *line.split()]) in (1, 2)
    error = capsys.readouterr().err
    assert words in error and len(error.strip().splitlines()) == 1


def test_rows_that_hold_a_key_are_not_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    words = "apple boat candle door engine forest glove hammer island jacket kettle lamp".split()
    rows = [
        {
            "instruction": f"Tell me about the {word} number {number} please",
            "output": f"The {word} is sk-live{number}abcdefghij.",
        }
        for number, word in enumerate(words)
    ]
    (tmp_path / "keys.json").write_text(json.dumps(rows))
    assert main(["train", "fit", str(tmp_path / "keys.json")]) == 2
    error = capsys.readouterr().err
    assert "looks like an API key" in error and "sk-live" not in error and error.count("\n") == 1
