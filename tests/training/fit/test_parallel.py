"""Several GPUs: which processes are begun, what each of them does, and that they agree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")

import torch

from assistant.cli import main
from tests.training.fit.test_fit_unit import BASE, begun
from training.errors import TrainingUsageError
from training.fit import base, parallel, trainer, weights
from training.fit import run as fit
from training.recipe import Recipe

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("named", "there", "recipe", "processes"),
    [
        (None, 4, Recipe(), 1),  # one of the user's own GPUs, unless they name several
        ("1", 4, Recipe(), 1),
        ("0,1", 2, Recipe(), 2),
        ("0,1,2", 3, Recipe(), 2),  # 4 rows a step cannot be divided among three
        ("0,1,2", 3, Recipe(batch=6), 3),
        ("0,1,2,3,4,5,6,7", 8, Recipe(batch=4, accumulate=4), 8),
        ("0,1", 2, Recipe(batch=1), 1),
        ("0,1", 0, Recipe(), 1),  # no driver
    ],
)
def test_there_are_as_many_processes_as_can_take_equal_parts_of_a_step(monkeypatch, named, there, recipe, processes):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    assert parallel.to_begin(recipe) == processes
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert parallel.to_begin(recipe) == 1, "one of several begins no more"


@pytest.mark.parametrize(
    ("batch", "accumulate", "count", "share"),
    [(4, 1, 1, (4, 1)), (4, 1, 2, (2, 1)), (4, 2, 2, (4, 1)), (4, 4, 8, (2, 1)), (3, 4, 2, (3, 2)), (3, 4, 4, (3, 1))],
)
def test_a_step_takes_the_same_rows_however_many_share_it(monkeypatch, tmp_path, batch, accumulate, count, share):
    monkeypatch.setenv("WORLD_SIZE", str(count))
    recipe = Recipe(batch=batch, accumulate=accumulate)
    own = parallel.share(recipe)
    assert (own.batch, own.accumulate) == share and own.batch * own.accumulate * count == batch * accumulate


def test_alone_it_keeps_to_one_gpu_also_where_several_are_named(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    weights.on_gpu()
    import os

    assert os.environ["CUDA_VISIBLE_DEVICES"] == "2"


def test_on_several_gpus_trl_trains_and_says_why_not_unsloth(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(weights, "on_gpu", lambda: True)
    name, why = trainer.chosen(Recipe())
    assert name.startswith("trl ") and why == "Unsloth is used on one GPU only"


@pytest.fixture
def several(tmp_path, monkeypatch):
    """`train fit --resume --name mine` with two GPUs; gives what is launched, and the exit code that it is to have."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    from assistant.tuned import home

    made = begun(home(), "mine")
    launched, code = [], [0]
    monkeypatch.setattr(base, "prepare", lambda *_: BASE)
    monkeypatch.setattr(fit, "load_libraries", lambda *_: pytest.fail("the processes load them, this one does not"))
    monkeypatch.setattr(parallel, "to_begin", lambda recipe: 2)
    monkeypatch.setattr(parallel, "launch", lambda words, count: launched.append((words, count)) or code[0])
    return made, launched, code


def test_the_run_is_gone_on_with_in_a_process_for_each_gpu(several):
    made, launched, code = several
    assert main(["train", "fit", "--resume", "--name", "mine"]) == 0
    code[0] = 130
    assert main(["train", "fit", "--resume", "--name", "mine"]) == 130
    assert launched == [(["assistant", "train", "fit", "--resume", "--name", "mine"], 2)] * 2
    assert (made.folder / "run.json").exists(), "what was begun before stays"


_WORK = """
import sys
from training.fit import parallel
with parallel.together(False):
    said = parallel.agreed(lambda: f"of {parallel.processes()}, from the first")
    sys.stderr.write(f"{parallel.first()} {said}\\n")  # at once: the other process writes there, too
    if sys.argv[1] == "fails" and not parallel.first():
        sys.exit("the GPU is out of memory")
"""


@pytest.mark.slow
def test_accelerate_starts_them_they_agree_and_the_first_failure_counts(tmp_path):
    (tmp_path / "work.py").write_text(_WORK)
    code = "import sys; from training.fit import parallel; sys.exit(parallel.launch(['work', sys.argv[1]], 2))"

    def launched(how: str) -> subprocess.CompletedProcess:
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{tmp_path}", "ACCELERATE_USE_CPU": "true"}
        command = [sys.executable, "-c", code, how]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)

    done = launched("works")
    assert sorted(done.stderr.split("\n")[:2]) == ["False of 2, from the first", "True of 2, from the first"]
    assert done.returncode == 0
    failed = launched("fails")
    assert failed.returncode == 1 and sorted(failed.stderr.splitlines())[2:] == ["the GPU is out of memory"]


def test_what_refuses_one_refuses_all(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(weights, "on_gpu", lambda: False)
    with pytest.raises(TrainingUsageError, match="qlora needs a GPU"):
        trainer.chosen(Recipe(method="qlora"))
