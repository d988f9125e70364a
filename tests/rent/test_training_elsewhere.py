"""`assistant train fit --on HOST`: the run's folder goes there, is worked on, and comes back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.rent import ssh, training
from tests.rent.far import far  # noqa: F401

TRAINER = """
import json, pathlib, sys, time
run = pathlib.Path(sys.argv[1])
while (pathlib.Path(sys.argv[0]).parent / "hold").exists():
    time.sleep(0.05)
def write(name, what):
    (run / "part").write_text(json.dumps(what))
    (run / "part").replace(run / name)
record = json.loads((run / "run.json").read_text())
assert pathlib.Path(record["base"]).read_bytes() == b"weights"
done = json.loads((run / "curves.json").read_text()) if (run / "curves.json").exists() else []
for step in range(len(done) + 1, 4):
    print("step", step, flush=True)
    if step == int(sys.argv[2]):
        sys.exit("CUDA out of memory")
    (run / "checkpoints" / str(step)).mkdir(parents=True)
    write("curves.json", list(range(step)))
    time.sleep(0.5)
record["state"] = "trained"
write("run.json", record)
"""


@pytest.fixture
def run(tmp_path, far, monkeypatch):  # noqa: F811
    """A run that was begun here; what trains there is a script, which fails at step ``run.fails``."""
    (tmp_path / "trainer.py").write_text(TRAINER)
    base = tmp_path / "base.gguf"
    base.write_bytes(b"weights")
    folder = tmp_path / "data" / "voice-assistant" / "training" / "mine"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.jsonl").write_text("rows")
    (folder / "run.json").write_text(json.dumps({"base": str(base), "state": "new"}))
    monkeypatch.setattr(training, "_set_up", lambda far: None)
    monkeypatch.setattr(training, "_LOOK", 0.1)
    whole = training.machine

    def machine(host: str, name: str, hours: float):
        rental = whole(host, name, hours)
        rental.command = f"{sys.executable} {tmp_path}/trainer.py ../data/voice-assistant/training/{name} {fails[0]}"
        return rental

    fails = [0]
    monkeypatch.setattr(training, "machine", machine)
    return folder, str(base), fails


def record(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_the_run_comes_back_trained_with_its_own_base(run, far):  # noqa: F811
    folder, base, _ = run
    said: list[str] = []
    training.fit(folder, base, "gpu", 1.0, said.append)
    assert record(folder) == {"base": base, "state": "trained"}
    assert json.loads((folder / "curves.json").read_text()) == [0, 1, 2]
    assert (folder / "data" / "train.jsonl").read_text() == "rows"
    assert "  step 3" in said
    assert [entry.name for entry in folder.parent.iterdir()] == ["mine"]


def test_what_fails_there_is_told_and_goes_on_where_it_was(run, far):  # noqa: F811
    folder, base, fails = run
    fails[0] = 3
    with pytest.raises(AssistantError, match=r"CUDA out of memory.*train fit --resume --name mine --on gpu"):
        training.fit(folder, base, "gpu", 1.0, lambda text: None)
    assert json.loads((folder / "curves.json").read_text()) == [0, 1]
    fails[0] = 0
    said: list[str] = []
    training.fit(folder, base, "gpu", 1.0, said.append)
    assert [line for line in said if "step" in line] == ["  step 3"] and record(folder)["state"] == "trained"


def test_a_lost_machine_costs_only_what_had_not_come_back(run, far, tmp_path):  # noqa: F811
    folder, base, fails = run
    fails[0] = 3
    with pytest.raises(AssistantError):
        training.fit(folder, base, "gpu", 1.0, lambda text: None)
    shutil.rmtree(far.folder / "voice-assistant")
    fails[0] = 0
    said: list[str] = []
    training.fit(folder, base, "other", 1.0, said.append)
    assert [line for line in said if "step" in line] == ["  step 3"]


def test_what_came_further_there_than_here_is_not_overwritten(run, far, tmp_path):  # noqa: F811
    folder, base, fails = run
    rental = training.machine("gpu", "mine", 1.0)
    place = far.folder / "voice-assistant" / "data" / "voice-assistant" / "training" / "mine"
    (place / "checkpoints" / "checkpoint-40").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-36").mkdir(parents=True)
    training._send(rental, folder, base)
    assert not (place / "run.json").exists(), "nothing was sent"
    (folder / "checkpoints" / "checkpoint-44").mkdir()
    training._send(rental, folder, base)
    assert (place / "run.json").exists() and (place / "checkpoints" / "checkpoint-44").exists()


def test_a_file_that_changes_while_it_is_fetched_ends_nothing(run, far, tmp_path):  # noqa: F811
    folder, base, _ = run
    tar = shutil.which("tar")
    busy = tmp_path / "tools" / "tar"
    busy.write_text(
        f'#!/bin/sh\n{tar} "$@" || exit\n[ "$1" = -cf ] || exit 0\n'
        'echo "tar: mine: file changed as we read it" >&2\nexit 1\n'
    )
    busy.chmod(0o700)
    training.fit(folder, base, "gpu", 1.0, lambda text: None)
    assert record(folder)["state"] == "trained"


def test_a_folder_that_cannot_be_packed_there_is_told(run, far, tmp_path):  # noqa: F811
    folder, base, _ = run
    broken = tmp_path / "tools" / "tar"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = -cf ] || exec ' + str(shutil.which("tar")) + ' "$@"\necho "disk full" >&2; exit 2\n'
    )
    broken.chmod(0o700)
    with pytest.raises(AssistantError, match="gpu: disk full"):
        training.fit(folder, base, "gpu", 1.0, lambda text: None)


@pytest.mark.parametrize(
    "said", ["ssh: Could not resolve hostname gpu: Name or service not known", "me@gpu: Permission denied (publickey)."]
)
def test_a_host_that_will_never_answer_is_not_waited_for(run, far, said):  # noqa: F811
    folder, base, _ = run
    far.reachable(False, f"{said}\n")
    with pytest.raises(AssistantError, match=r"mine is begun here and kept; .*--resume --name mine --on gpu"):
        training.fit(folder, base, "gpu", 1.0, pytest.fail)


def test_a_lost_connection_is_tried_again(run, far, monkeypatch):  # noqa: F811
    folder, base, _ = run
    whole, looks = ssh.state, [0]

    def state(rental):
        looks[0] += 1
        far.reachable(looks[0] not in (3, 4))
        return whole(rental)

    monkeypatch.setattr(ssh, "state", state)
    said: list[str] = []
    training.fit(folder, base, "gpu", 1.0, said.append)
    assert record(folder)["state"] == "trained"
    assert any("what runs there goes on, and it is tried again" in line for line in said) and "gpu is back" in said


def test_one_that_is_trained_already_is_looked_at_only(run, far, tmp_path):  # noqa: F811
    folder, base, _ = run
    hold = tmp_path / "hold"
    hold.touch()
    rental = training.machine("gpu", "mine", 1.0)
    training._send(rental, folder, training._sent_base(rental, base, lambda text: None))
    ssh.start(rental)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        hold.unlink(missing_ok=True)

    training.fit(folder, base, "gpu", 1.0, say)
    assert said[0] == "mine is trained on gpu already; this is how it goes on" and record(folder)["state"] == "trained"


def test_what_is_installed_there_can_train_and_brings_no_sound_card():
    names = {line.split("=")[0].rstrip("<>~!") for line in training._requirements()}
    assert {"torch", "transformers", "trl", "peft", "numpy"} <= {name.split("<")[0].split(">")[0] for name in names}
    assert not names & {"sounddevice", "llama-cpp-python", "livekit"}


@pytest.mark.parametrize(
    ("there", "given", "seen"),
    [("", None, "unset"), ("echo 0", None, "0"), ("seq 0 3", None, "0,1,2,3"), ("seq 0 3", "2,3", "2,3")],
)
def test_all_gpus_there_train_unless_the_machine_names_some(tmp_path, monkeypatch, there, given, seen):
    if there:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{there}\n")
        (tmp_path / "nvidia-smi").chmod(0o700)
    command = training.machine("gpu", "mine", 1.0).command.partition(" && XDG_DATA_HOME=")[0].replace("cd ../code", ":")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"} | ({"CUDA_VISIBLE_DEVICES": given} if given else {})
    command += ' && echo "${CUDA_VISIBLE_DEVICES-unset}"'
    said = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True).stdout
    assert said.strip() == seen
