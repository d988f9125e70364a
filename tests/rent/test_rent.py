"""`assistant rent` from the command line, against a far side that is a folder here, and a cloud that is a notebook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from assistant import cli
from assistant.rent import rental as notes
from assistant.rent import servers, skypilot
from tests.rent.far import far  # noqa: F401

OFFER = {"cloud": "RunPod", "accelerator_name": "RTX4090", "accelerator_count": 1, "device_memory": 24, "region": "CA"}


@pytest.fixture
def config(far) -> Path:  # noqa: F811
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "voice-assistant" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[llm]\nmodel = "bundled"  # mine\n')
    return path


def up(far, *more: str) -> int:  # noqa: F811
    return cli.main(
        ["rent", "up", "--ssh", "gpu", "--model", "a/b", "--command", far.command, "--yes", *more]  # fmt: skip
    )


def test_up_sets_the_model_and_down_puts_the_old_one_back(far, config, capsys):  # noqa: F811
    before = config.read_text()
    assert up(far, "--price", "0.5", "--budget", "0.25") == 0
    assert "$0.50 an hour, $0.25 at most. It ends by itself after 30 min" in capsys.readouterr().out
    rental = notes.find("")
    llm = tomllib.loads(config.read_text())["llm"]
    assert llm == {
        "engine": "openai",
        "preset": "custom",
        "base_url": f"http://127.0.0.1:{rental.port}/v1",
        "model": "far-model",
    }
    assert cli.main(["rent", "status"]) == 0
    assert "voice: up; a/b on gpu; $0.00 so far; ends by itself in 30 min" in capsys.readouterr().out
    assert cli.main(["rent", "down"]) == 0
    assert config.read_text() == before
    assert not far.serving() and not list(notes.folder().iterdir())


def test_down_in_another_folder_puts_back_the_file_that_was_changed(far, config, monkeypatch, tmp_path):  # noqa: F811
    before = config.read_text()
    assert up(far) == 0
    other = tmp_path / "other.toml"
    other.write_text('[llm]\nmodel = "another.gguf"\n')
    assert cli.main(["rent", "down", "--config", str(other)]) == 0
    assert config.read_text() == before and other.read_text() == '[llm]\nmodel = "another.gguf"\n'


def test_a_server_that_does_not_begin_is_told_and_nothing_is_left(far, config, capsys):  # noqa: F811
    far.command = "echo no such model {port}; exit 1"
    assert up(far) == 1
    assert "the server ended: no such model" in capsys.readouterr().err
    assert notes.kept() == []


@pytest.mark.parametrize("moment", ["ssh.start", "tunnel.open_", "catalogue.write"])
def test_killed_in_the_middle_it_stays_in_status_until_it_was_seen_to_end(far, config, moment, capsys):  # noqa: F811
    script = (
        "import os, signal\nfrom assistant import cli\nfrom assistant.rent import run\n"
        f"run.{moment} = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"cli.main(['rent', 'up', '--ssh', 'gpu', '--model', 'a/b', '--command', {far.command!r}, '--yes'])"
    )
    before = config.read_text()
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": str(root)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert bool(far.serving()) == (moment != "ssh.start")
    assert cli.main(["rent", "status"]) == (1 if moment != "catalogue.write" else 0)
    assert "voice: " in capsys.readouterr().out
    assert cli.main(["rent", "down"]) == 0
    assert not far.serving() and notes.kept() == [] and config.read_text() == before


def test_a_machine_that_its_provider_ended_is_forgotten_when_the_user_says_so(far, config, capsys):  # noqa: F811
    before = config.read_text()
    assert up(far) == 0
    far.reachable(False)
    assert cli.main(["rent", "down"]) == 1
    assert "add --gone" in capsys.readouterr().err and notes.kept()
    assert cli.main(["rent", "down", "--gone"]) == 0
    assert "nobody looked" in capsys.readouterr().out and notes.kept() == [] and config.read_text() == before
    far.reachable(True)


def test_an_end_that_cannot_be_seen_is_said_loudly_and_not_forgotten(far, config, capsys):  # noqa: F811
    assert up(far) == 0
    far.reachable(False)
    assert cli.main(["rent", "status"]) == 1
    assert "unknown" in capsys.readouterr().out
    assert cli.main(["rent", "down"]) == 1
    assert "MAY STILL RUN AND COST MONEY" in capsys.readouterr().err
    far.reachable(True)
    assert cli.main(["rent", "down", "voice"]) == 0
    assert not far.serving() and notes.kept() == []


def test_a_machine_for_training_changes_no_setting(far, config):  # noqa: F811
    before = config.read_text()
    assert cli.main(["rent", "up", "--ssh", "gpu", "--training", "--yes"]) == 0
    assert cli.main(["rent", "status"]) == 0
    assert config.read_text() == before
    assert cli.main(["rent", "down"]) == 0
    assert cli.main(["rent", "up", "--ssh", "gpu", "--yes"]) == 2


def test_talking_reminds_of_what_is_rented(far):  # noqa: F811
    notes.keep(notes.Rental("voice", "ssh", "gpu", "a/b", "vllm", "true", 60, 60, price=0.5, began=1000.0))
    said = "voice is rented since 3.0 h, about $1.50 so far; it ends with: assistant rent down voice"
    assert notes.reminders(1000.0 + 3 * 3600) == [said]


def test_settings_that_were_changed_since_stay(far, config, capsys):  # noqa: F811
    assert up(far) == 0
    config.write_text('[llm]\nmodel = "other.gguf"\n')
    assert cli.main(["rent", "down"]) == 0
    assert config.read_text() == '[llm]\nmodel = "other.gguf"\n'
    assert "the settings name another model by now" in capsys.readouterr().out


def test_nothing_starts_without_a_yes_or_twice_or_without_an_end(far, config, capsys, monkeypatch):  # noqa: F811
    words = ["rent", "up", "--ssh", "gpu", "--model", "a/b", "--command", far.command]
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    assert cli.main(words) == 2
    assert cli.main([*words, "--yes", "--budget", "1"]) == 2
    assert "--budget needs to know what an hour costs" in capsys.readouterr().err
    assert cli.main([*words, "--yes", "--hours", "0"]) == 2
    assert cli.main([*words[:2], "Voice!", *words[2:], "--yes"]) == 2
    assert notes.kept() == [] and not far.serving()
    assert up(far) == 0
    assert up(far) == 2
    assert "voice is rented already" in capsys.readouterr().err
    assert cli.main(["rent", "down"]) == 0


def cloud(far, **changes: object) -> dict:  # noqa: F811
    rows = [OFFER | {"price": 0.69, "spot_price": 0.35}, OFFER | {"price": 9.0, "accelerator_count": 8}]
    return far.sky(clouds={"runpod": rows, "vast": [OFFER | {"cloud": "Vast", "price": 0.4}]}, **changes)


def test_plan_names_what_an_hour_costs_and_how_long_the_budget_lasts(far, capsys):  # noqa: F811
    cloud(far)
    assert cli.main(["rent", "plan", "--budget", "0.3"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[1:3]] == ["Vast", "RunPod"]
    assert "The cheapest for 45 min, after which it ends by itself: $0.30 at most" in said[-1]
    assert [words[0] for words in far.sky()["asked"]] == ["check", "gpus", "gpus"]


def test_a_cloud_that_has_no_machine_left_costs_nothing(far, config, capsys):  # noqa: F811
    cloud(far, fails=True)
    assert cli.main(["rent", "up", "--model", "a/b", "--yes"]) == 1
    assert "no RTX4090 is free; try: $ another" in capsys.readouterr().err
    assert notes.kept() == []


def test_the_cloud_is_told_every_limit_and_down_waits_until_it_has_no_such_machine(far, config, capsys, monkeypatch):  # noqa: F811
    cloud(far)
    words = ["rent", "up", "--model", "a/b", "--command", far.command, "--yes", "--budget", "0.4"]
    assert cli.main([*words, "--patience", "0.01"]) == 1  # nobody runs the job here
    assert "it is taken down" in capsys.readouterr().out
    task = __import__("yaml").safe_load(far.sky()["task"])
    assert task["resources"]["autostop"] == {"idle_minutes": 1, "down": True, "wait_for": "jobs"}
    assert task["resources"]["infra"] == "vast" and "--limit 3600 --idle 1800" in task["run"]
    assert far.sky()["machines"] == {} and notes.kept() == []


def test_a_machine_that_does_not_go_is_said_loudly(far, config, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setattr("assistant.rent.run._END", 0.0)
    cloud(far, stuck=True)
    assert cli.main(["rent", "up", "--model", "a/b", "--command", far.command, "--yes", "--patience", "0.01"]) == 1
    assert "MAY STILL RUN AND COST MONEY" in capsys.readouterr().err
    assert [rental.name for rental in notes.kept()] == ["voice"]


def test_what_skypilot_still_makes_by_itself_is_cancelled_too(far, config):  # noqa: F811
    cloud(far, launching=["another", "voice"])
    rental = notes.Rental("voice", "sky", "voice", "a/b", "vllm", "true", 60, 60)
    assert skypilot.status(rental) == "INIT"
    skypilot.stop(rental)
    assert skypilot.status(rental) == "" and far.sky()["launching"] == ["another"]


def test_machines_that_were_not_started_here_are_named(far, config, capsys):  # noqa: F811
    cloud(far, machines={"left": "UP"})
    assert cli.main(["rent", "status"]) == 0
    assert "left: a machine of SkyPilot's, not started from here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("server", "model", "part"),
    [
        ("vllm", "Qwen/Qwen3-8B", "serve Qwen/Qwen3-8B --host 127.0.0.1 --port 8000"),
        ("llamacpp", "a/b:c.gguf", "--hf_model_repo_id a/b --model c.gguf"),
        ("llamacpp", "/m/x y.gguf", "--model '/m/x y.gguf'"),
        ("textgen", "a/b", "--api-port 8000 --model a_b"),
    ],
)
def test_what_the_far_side_runs(server, model, part):
    command = servers.command(servers.named(server), model, 8000)
    assert part in command and "{" not in command.replace("{ python3", "").replace("|| {", "")
    assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0


@pytest.mark.parametrize(("server", "model"), [("vllm", "b.gguf"), ("vllm", "b"), ("llamacpp", "a/b")])
def test_models_that_a_server_does_not_take(server, model, capsys):
    assert cli.main(["rent", "up", "--ssh", "x", "--server", server, "--model", model]) == 2
    assert "takes" in capsys.readouterr().err


def test_a_note_that_says_nothing_is_named(far, capsys):  # noqa: F811
    notes.folder().mkdir(parents=True)
    (notes.folder() / "voice.json").write_text(json.dumps({"name": "voice"}))
    assert cli.main(["rent", "status"]) == 1
    assert "it cannot be read what is rented" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["plan", "--budget", "nan"], "--budget must lie above 0"),
        (["plan", "--hours", "0"], "--hours must lie above 0"),
        (["plan", "--gpus", "0"], "--gpus must lie between"),
        (["up", "--model", "a/b", "--ssh", "h", "--price", "nan"], "--price is what an hour costs"),
        (["up", "--model", "a/b", "--ssh", "h", "--price", "-1"], "--price is what an hour costs"),
        (["up", "--model", "a/b", "--ssh", "h", "--idle", "nan"], "--idle and --patience must lie above 0"),
        (["up", "--model", "a/b", "--ssh", "h", "--patience", "inf"], "--idle and --patience must lie above 0"),
        (["up", "--model", "a/b", "--ssh", "two words"], "is no host"),
        (["up", "--model", "a/b", "--ssh=-oProxyCommand=x"], "is no host"),
        (["up", "--training", "--ssh", "h", "--gpus", "2"], "--gpus goes with --training"),
        (["up", "--model", "a/b", "--gpus", "2"], "--gpus goes with --training"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(far, words, named, capsys):  # noqa: F811
    assert cli.main(["rent", *words, *(["--yes"] if words[0] == "up" else [])]) == 2
    assert named in capsys.readouterr().err
    assert far.sky()["asked"] == [] and notes.kept() == []


def test_a_host_that_was_never_reached_is_not_rented(far, config, capsys):  # noqa: F811
    far.reachable(False)
    assert up(far) == 1
    said = capsys.readouterr().err
    assert "gpu cannot be reached" in said and "MAY STILL RUN" not in said
    assert notes.kept() == []


def test_several_gpus_are_planned_priced_and_asked_for(far, config, capsys):  # noqa: F811
    cloud(far)
    assert cli.main(["rent", "plan", "--gpus", "8", "--budget", "3", "--hours", "5"]) == 0
    planned = capsys.readouterr().out
    assert "9.00" in planned and "up --training --gpus 8 --hours 5 --budget 3" in planned
    words = ["rent", "up", "--training", "--gpus", "8", "--yes"]
    assert cli.main(words) == 0
    assert "8 RTX4090 at runpod, $9.00 an hour" in capsys.readouterr().out
    assert __import__("yaml").safe_load(far.sky()["task"])["resources"]["accelerators"] == {"RTX4090": 8}
    assert cli.main(["rent", "down"]) == 0


def test_who_has_no_skypilot_is_told_where_a_machine_of_their_own_goes(far, capsys, monkeypatch):  # noqa: F811
    (Path(os.environ["PATH"].split(os.pathsep)[0]) / "sky").unlink()
    assert cli.main(["rent", "plan"]) == 2
    assert "none is needed: assistant rent up --ssh HOST" in capsys.readouterr().err
