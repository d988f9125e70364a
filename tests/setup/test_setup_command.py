"""`assistant setup` as a program: the real client against a local hub, killed and going on, with and without a hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import huggingface_hub.constants
import pytest

from assistant import cli, config, hub
from assistant.errors import AssistantError, EngineError
from assistant.llm import auto, gguf
from assistant.models import catalogue
from assistant.setup import background, choice, measure, state
from assistant.setup.state import Measured, State
from assistant.stt import sizes
from assistant.tts import measured as voices
from tests.data import tiny_gguf
from tests.fake_hub import Hub, serve

ROOT = Path(__file__).parents[2]
BEGUN = {"language": "en", "voice": "espeak/en-us"}  # one that needs no model


@pytest.fixture(scope="module")
def server():
    content = tiny_gguf().read_bytes()
    with serve(Hub({"slow.gguf": content, "right.gguf": content + bytes(1)})) as running:
        yield running


@dataclass
class Machine:
    """A fresh one, with its folders below ``home``."""

    home: Path
    url: str
    rows: list[dict] = field(default_factory=list)

    def run(self, *arguments: str, die: int | None = None) -> subprocess.CompletedProcess:
        rows = [{"name": "bundled", "source": "bundled", "size": 0.1, "seconds": 0.2, "right": 0.4}, *self.rows]
        table = {"rows": rows, "log": str(self.home / "log"), "die": die}
        environment = {
            **os.environ,
            "HF_ENDPOINT": self.url,
            "HF_HUB_CACHE": str(self.home / "hub"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("HF_HUB_OFFLINE", None)
        return subprocess.run(
            [sys.executable, "-m", "tests.setup.fresh", json.dumps(table), "setup", *arguments],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    @property
    def log(self) -> list[str]:
        return [line.partition(" ")[2] for line in (self.home / "log").read_text().splitlines()]


def test_killed_at_three_moments_it_goes_on_and_fetches_and_measures_nothing_twice(server, tmp_path) -> None:
    slow, right = (f"owner/model:{name}.gguf" for name in ("slow", "right"))
    machine = Machine(
        tmp_path,
        server.url,
        [
            {"name": "slow", "source": slow, "size": 0.2, "seconds": 9.0, "right": 0.9},
            {"name": "right", "source": right, "size": 0.003, "seconds": 0.8, "right": 0.8},
        ],
    )
    kept = tmp_path / "data" / "voice-assistant" / "setup.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"machine": "", "answers": BEGUN}))
    own = tmp_path / "mine.toml"
    own.write_text('# Mine.\n[llm]\nmodel = "bundled"  # for now\n')
    command = ("--yes", "--config", str(own))
    for die, last in ((4, "fetching slow.gguf"), (2, "fetched slow.gguf"), (2, "measured slow")):
        assert machine.run(*command, die=die).returncode == -9
        assert machine.log[-1] == last
        assert own.read_text().startswith('# Mine.\n[llm]\nmodel = "bundled"')
    done = machine.run(*command)
    assert done.returncode == 0, done.stderr
    assert "Going on; already answered: language, voice, pace, fetch" in done.stdout
    assert [line for line in machine.log if line.startswith("measured")] == [
        "measured bundled",
        "measured slow",
        "measured slow",  # killed before it could be written down
        "measured right",
    ]
    gets = [path for method, path, _ in server.requests if method == "GET" and "/resolve/" in path]
    assert [path.rpartition("/")[2] for path in gets] == ["slow.gguf", "right.gguf"]
    assert own.read_text().startswith(f'# Mine.\n[llm]\nmodel = "{right}"  # for now\n')
    written = tomllib.loads(own.read_text())
    assert written["stt"]["language"] == "en" and written["tts"]["engine"] == "espeak"
    left = json.loads(kept.read_text())
    assert left["answers"] == {} and left["fetched"] == {slow: 0.2, right: 0.003}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """This process as a fresh machine without a hub; gives its config.toml."""
    for module in (state, auto, voices):
        monkeypatch.setattr(module, "data_folder", lambda: tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "_reached", False)
    monkeypatch.setattr(measure, "recogniser", lambda settings, notice: Measured(0.1))
    monkeypatch.setattr(measure, "language_model", lambda *given: Measured(0.2, 0.4))
    monkeypatch.setattr(sizes, "_measured", lambda settings: 0.04)
    monkeypatch.setattr(choice, "_estimate", lambda row, context: row.size)
    voices.keep("espeak/en-us", first=0.1, factor=0.1, tries=1, gain=1.0)
    voices.keep("espeak/de", first=0.1, factor=0.1, tries=1, gain=1.0)
    State(dict(BEGUN)).save()
    own = tmp_path / "config.toml"
    own.touch()
    return own


def test_without_a_hub_it_sets_what_it_can_and_says_what_it_could_not_fetch(here, capsys) -> None:
    assert cli.main(["setup", "--yes", "--config", str(here)]) == 0
    out = capsys.readouterr().out
    assert "The model hub cannot be reached" in out
    assert "no other language model was fetched; later: assistant setup" in out
    assert tomllib.loads(here.read_text()) == {"stt": {"language": "en"}, "tts": {"engine": "espeak"}}
    assert state.load().answers["pace"] == "balanced"  # kept until it can go on


def test_a_voice_that_cannot_be_fetched_gives_way_to_one_of_the_same_language(here, capsys) -> None:
    State({"voice": "piper/de_DE-thorsten-medium", "language": "de"}).save()
    assert cli.main(["setup", "--yes", "--config", str(here)]) == 0
    assert "piper/de_DE-thorsten-medium is not taken" in capsys.readouterr().out
    written = tomllib.loads(here.read_text())
    assert (written["tts"]["espeak_voice"], written["stt"]["language"]) == ("de", "de")


@pytest.mark.parametrize("setting", ["llm.engine=openai", "llm.model=my.gguf"])
def test_an_endpoint_and_a_model_of_ones_own_stay(here, capsys, setting) -> None:
    assert cli.main(["setup", "--yes", "--config", str(here), "--set", setting]) == 0
    assert "The language model stays" in capsys.readouterr().out
    assert "llm" not in tomllib.loads(here.read_text())


def test_without_a_terminal_it_says_what_to_do(here, capsys) -> None:
    assert cli.main(["setup"]) == 2
    assert "take all defaults with --yes" in capsys.readouterr().err


def test_auto_takes_the_bundled_model_until_one_was_chosen_and_says_the_change_once(here, tmp_path) -> None:
    said: list[str] = []
    assert gguf.locate("auto", said.append) == gguf.bundled()
    auto.keep("bundled")
    assert gguf.locate("auto", said.append) == gguf.bundled() and not said
    path = tmp_path / "Better-1B-Q4_K_M.gguf"
    path.touch()
    auto.keep(str(path))
    assert gguf.locate("auto", said.append) == gguf.locate("auto", said.append) == path
    assert said == [
        "Better-1B Q4_K_M answers from now on: of what this machine can run it was chosen ([llm] model = auto)."
    ]
    auto.path().write_text('{"machine": "another", "model": "x.gguf", "said": false}')
    assert gguf.locate("auto", said.append) == gguf.bundled()


def test_auto_chooses_only_where_the_user_wrote_so_and_only_once(here) -> None:
    def settings(**given: str):
        return config.load(None, {name.replace("__", "."): value for name, value in given.items()}, {}).settings

    assert not background.is_wanted(settings())
    assert not background.is_wanted(settings(llm__model="auto", llm__engine="openai"))
    assert background.is_wanted(settings(llm__model="auto"))
    auto.keep("bundled")
    assert not background.is_wanted(settings(llm__model="auto"))


def test_auto_keeps_nothing_while_the_hub_is_out_of_reach_and_chooses_when_it_is_there(here, monkeypatch) -> None:
    settings = config.load(None, {"llm.model": "auto", "tts.engine": "espeak"}, {}).settings
    said: list[str] = []
    assert background.choose_model(settings, said.append) == "bundled" and auto.chosen() is None
    assert "The hub cannot be reached" in said[0]
    offered: list[choice.Candidate] = []

    def best(candidates, bound, *more):
        offered[:] = candidates
        return candidates[0]

    monkeypatch.setattr(choice, "best", best)
    monkeypatch.setattr(hub, "_reached", True)
    source = background.choose_model(settings, said.append)
    assert auto.chosen() == source == offered[0].source
    assert {one.row.licence for one in offered} <= {"Apache-2.0", "MIT"}
    assert catalogue.choice("auto")["llm.model"] == "auto"


def test_nothing_is_kept_when_the_hub_fails_in_the_middle(here, monkeypatch, capsys) -> None:
    settings = config.load(None, {"llm.model": "auto", "tts.engine": "espeak"}, {}).settings

    def cut(row):
        raise EngineError(f"{row.name}: the connection to the hub was cut")

    monkeypatch.setattr(hub, "_reached", True)
    monkeypatch.setattr(catalogue, "fetch", cut)
    with pytest.raises(EngineError):
        background.choose_model(settings, lambda text: None)
    assert auto.chosen() is None
    assert cli.main(["setup", "--yes", "--pace", "good", "--config", str(here)]) == 0
    assert "The present one stays; later: assistant setup" in capsys.readouterr().out
    assert "llm" not in tomllib.loads(here.read_text()) and state.load().answers["pace"] == "good"


def test_what_runs_beside_a_conversation_ends_with_it() -> None:
    code = "import signal; from assistant.setup import background; background.beside(); print('ready', flush=True)"
    command = [sys.executable, "-c", f"{code}; signal.pause()"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout and child.stdin and child.stdout.readline() == "ready\n"
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(30) == 0


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "path", lambda: tmp_path / "file" / "setup.json")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssistantError, match=r"setup\.json: what setup knows cannot be kept .*XDG_DATA_HOME"):
        State().answer("pace", "good")
