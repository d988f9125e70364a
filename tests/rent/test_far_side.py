"""What keeps a rented machine's limits, run as it is run there: by its Python alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.rent import far_side

SCRIPT = Path(far_side.__file__)


def run(folder: Path, command: str, **limits: float) -> subprocess.Popen:
    words = [word for name, value in limits.items() for word in (f"--{name}", str(value))]
    return subprocess.Popen([sys.executable, "-I", str(SCRIPT), "run", str(folder), "--command", command, *words])


def told(folder: Path, action: str = "state") -> dict:
    said = subprocess.run([sys.executable, "-I", str(SCRIPT), action, str(folder)], capture_output=True, check=True)
    return json.loads(said.stdout)


def lives(pid: int) -> bool:
    return bool(far_side._born(pid))


def begun(folder: Path, process: subprocess.Popen) -> None:
    while not (folder / "state.json").exists():
        assert process.poll() is None


def test_it_ends_with_all_its_children_when_its_time_is_over(tmp_path):
    process = run(
        tmp_path, f"sleep 1000 & echo $! > {tmp_path}/child; while :; do echo asked; sleep 0.1; done", limit=1
    )
    assert process.wait(60) == 124
    assert not lives(int((tmp_path / "child").read_text()))
    assert told(tmp_path) | {"for": 0, "log": []} == {"alive": False, "for": 0, "why": "its time was over", "log": []}


def test_it_ends_when_nobody_asks_anything_and_not_while_somebody_does(tmp_path):
    process = run(tmp_path, "for n in 1 2 3 4 5; do echo asked; sleep 0.5; done; sleep 1000", limit=900, idle=1.5)
    assert process.wait(60) == 124
    after = told(tmp_path)
    assert after["why"] == "nobody asked anything" and after["log"] == ["asked"] * 5


def test_a_server_that_ignores_the_signal_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(far_side, "_GRACE", 0.3)
    deaf = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"
    server = subprocess.Popen(["bash", "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    assert server.stdout and server.stdout.readline() == b"deaf\n"
    far_side._kill_group(server.pid)
    assert server.wait(10) == -signal.SIGKILL


def test_its_own_end_is_told_with_what_was_said_last(tmp_path):
    assert run(tmp_path, "echo no such model; exit 3", limit=900, idle=900).wait(60) == 3
    assert told(tmp_path)["log"] == ["no such model"] and told(tmp_path)["why"] == "the server ended"


def test_stopped_from_outside(tmp_path):
    process = run(tmp_path, "sleep 1000", limit=900, idle=900)
    begun(tmp_path, process)
    assert told(tmp_path)["alive"]
    assert not told(tmp_path, "stop")["alive"]
    process.wait(60)


def test_a_server_whose_keeper_was_killed_is_found_and_ended(tmp_path):
    process = run(tmp_path, "sleep 1000", limit=900, idle=900)
    begun(tmp_path, process)
    process.kill()
    process.wait()
    assert told(tmp_path)["alive"]
    assert not told(tmp_path, "stop")["alive"]


@pytest.mark.parametrize("changed", [{"born": "1", "group_born": "1"}, {"boot": "another"}])
def test_another_process_of_the_same_number_is_left_alone(tmp_path, changed):
    other = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    born = far_side._born(other.pid)
    known = {
        "pid": other.pid,
        "group": other.pid,
        "born": born,
        "group_born": born,
        "boot": far_side._boot(),
        "since": 0,
    }
    (tmp_path / "state.json").write_text(json.dumps(known | changed))
    assert not told(tmp_path, "stop")["alive"]
    assert other.poll() is None
    other.kill()
    other.wait()


def test_two_do_not_run_in_one_folder(tmp_path):
    process = run(tmp_path, "sleep 1000", limit=900, idle=900)
    begun(tmp_path, process)
    assert run(tmp_path, "echo second", limit=900).wait(60) == 2
    told(tmp_path, "stop")
    process.wait(60)
