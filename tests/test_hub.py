"""Downloads from a real HTTP server on localhost that speaks as much of the hub's interface as is used."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import huggingface_hub
import huggingface_hub.constants
import numpy as np
import pytest

from assistant import cli, hub
from assistant.errors import EngineError
from assistant.models import catalogue
from assistant.stt import whisper
from rag import embed, pins
from rag.atomic import write_text
from rag.errors import RagError
from tests.fake_hub import COMMIT, Hub, serve
from training.errors import TrainingError
from training.fit import base
from training.plan import shape

WEIGHTS = np.random.default_rng(1).bytes(3_000_000)
FILES = {"model.gguf": WEIGHTS, "config.json": b'{"small": true}', "README.md": b"# hello"}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_reached", None)
    monkeypatch.chdir(tmp_path)
    for name in ("HF_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "hub"


@pytest.fixture
def server(cache, monkeypatch):
    with serve(Hub(dict(FILES))) as server:
        point_to(server.url, monkeypatch)
        yield server


def point_to(url: str, monkeypatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", url)
    monkeypatch.setattr(
        huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
    )


def failure(repo: str = "owner/model", file: str | None = "model.gguf", **more) -> str:
    with pytest.raises(EngineError) as caught:
        hub.fetch(repo, file, **more)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 300
    return message


def test_a_file_is_fetched_once_into_the_ordinary_cache(server, cache):
    assert hub.cached("owner/model", "model.gguf") is None
    path = hub.fetch("owner/model", "model.gguf")
    assert path.read_bytes() == WEIGHTS and path.is_relative_to(cache / "models--owner--model" / "snapshots")
    asked = len(server.requests)
    assert hub.fetch("owner/model", "model.gguf") == path == hub.cached("owner/model", "model.gguf")
    assert len(server.requests) == asked
    assert huggingface_hub.hf_hub_download("owner/model", "model.gguf", local_files_only=True) == str(path)


def test_a_snapshot_holds_the_wanted_files_only(server):
    folder = hub.fetch("owner/model", only=("*.json", "model.*"))
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.gguf"]
    assert (folder / "model.gguf").read_bytes() == WEIGHTS
    assert hub.cached("owner/model", only=("*.json", "model.*")) == folder


def test_a_snapshot_that_lacks_a_file_is_not_cached(server):
    server.cut_after = 100_000  # less than one block, so that no try gets on
    assert "cut" in failure(file=None)
    assert hub.cached("owner/model") is None


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server):
    server.cut_after, server.cuts = 1_048_576, 2
    assert hub.fetch("owner/model", "model.gguf").read_bytes() == WEIGHTS
    ranges = server.bodies()
    assert ranges[0] is None and len(ranges) == 3
    assert 0 < int(ranges[1][6:-1]) < int(ranges[2][6:-1])


def test_a_later_run_goes_on_where_an_earlier_one_was_stopped(server, cache):
    server.cut_after, server.cuts = 1_048_576, 1
    server.files = dict(FILES)
    original = hub._TRIES
    hub._TRIES = 1
    try:
        assert "goes on where it stopped" in failure()
    finally:
        hub._TRIES = original
    [partial] = cache.glob("**/*.incomplete")
    kept = partial.stat().st_size
    assert 0 < kept <= 1_048_576
    assert hub.fetch("owner/model", "model.gguf").read_bytes() == WEIGHTS
    assert server.bodies()[-1] == f"bytes={kept}-"
    assert not list(cache.glob("**/*.incomplete"))


def test_a_server_without_ranges_is_read_from_the_beginning(server):
    server.cut_after, server.cuts, server.ranges = 1_048_576, 1, False
    assert hub.fetch("owner/model", "model.gguf").read_bytes() == WEIGHTS


def test_damaged_contents_are_refused_and_not_kept(server, cache):
    server.damaged = True
    for file in ("model.gguf", "config.json"):
        assert f"owner/model/{file} arrived damaged" in failure(file=file)
    assert hub.cached("owner/model", "model.gguf") is None
    assert [file for file in cache.glob("models--*/**/*") if file.is_file() and file.stat().st_size] == []
    server.damaged = False
    assert hub.fetch("owner/model", "model.gguf").read_bytes() == WEIGHTS


def test_a_file_that_is_not_there_names_the_nearest(server):
    assert "did you mean model.gguf?" in failure(file="modell.gguf")


def test_an_unknown_repository_is_named(server):
    assert "owner/other/model.gguf is not on the hub" in failure("owner/other")


def test_a_name_that_is_no_repository_is_refused(server):
    assert "owner/name" in failure("what ever/is this", "x")


def test_a_gated_repository_says_what_to_do(server):
    server.status, server.error_code = 401, "GatedRepo"
    message = failure()
    assert f"{server.url}/owner/model" in message and "HF_TOKEN" in message


def test_a_refused_token_is_not_shown(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecretsecret")
    server.status = 401
    message = failure()
    assert "HF_TOKEN" in message and "secretsecret" not in message
    assert "Bearer hf_secretsecretsecret" in server.tokens


def test_a_hub_with_a_fault_is_named_with_its_answer(server):
    server.status = 418
    assert "answered 418" in failure()


def test_nobody_at_the_address_is_one_sentence(cache, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        point_to(f"http://127.0.0.1:{unused.getsockname()[1]}", monkeypatch)
        assert not hub.reachable()
        assert "cannot be reached" in failure()


def test_offline_mode_asks_nobody(server, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert not hub.reachable() and server.requests == []
    assert "cannot be reached" in failure()


def test_a_name_server_that_never_answers_does_not_hold_the_program_up(cache, monkeypatch):
    import threading

    never = threading.Event()
    monkeypatch.setattr(hub, "_PROBE_SECONDS", 0.05)
    monkeypatch.setattr(hub, "_answers", never.wait)
    assert not hub.reachable()
    never.set()


def test_the_answer_of_the_probe_is_remembered(server):
    assert hub.reachable() and hub.reachable()
    assert len(server.requests) == 1


def test_a_full_disk_is_said_before_the_download(server, monkeypatch):
    import collections

    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 1_000_000))
    message = failure()
    assert "does not fit on the disk" in message and "2 MB are needed" in message
    assert server.bodies() == []


def test_a_disk_that_fills_up_during_the_download_is_said(server, monkeypatch):
    real_open = Path.open

    class Full:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            self._file.close()

        def tell(self):
            return self._file.tell()

        def write(self, _block):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(path, mode="r", *args, **named):
        file = real_open(path, mode, *args, **named)
        return Full(file) if mode == "ab" else file

    monkeypatch.setattr(Path, "open", opened)
    assert "does not fit on the disk" in failure()


def test_the_environment_points_to_another_hub(cache, tmp_path):
    with serve(Hub(dict(FILES))) as server:
        run = subprocess.run(
            [
                sys.executable,
                "-c",
                "from assistant import hub; print(hub.fetch('owner/model', 'config.json').read_text())",
            ],
            env=os.environ
            | {
                "HF_ENDPOINT": server.url,
                "HF_HUB_CACHE": str(tmp_path / "other"),
                "HF_HUB_OFFLINE": "0",
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (run.returncode, run.stdout.strip()) == (0, '{"small": true}'), run.stderr
    assert run.stderr == ""  # no progress bar where nobody looks
    assert list((tmp_path / "other").glob("models--owner--model/blobs/*"))


def test_without_the_hubs_own_package_the_same_folder_is_found(monkeypatch):
    from huggingface_hub.file_download import repo_folder_name

    known = hub.folder("a/b")
    assert known.name == repo_folder_name(repo_id="a/b", repo_type="model")
    monkeypatch.delitem(sys.modules, "huggingface_hub.constants")
    monkeypatch.setenv("HF_HUB_CACHE", str(known.parent))
    assert hub.folder("a/b") == known
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.delenv("HUGGINGFACE_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", "/somewhere")
    assert hub.folder("a/b") == Path("/somewhere/hub/models--a--b")


# ---- pins ------------------------------------------------------------------------------------------------------------

NEXT = "facade" * 6 + "0123"


def forget(cache: Path) -> None:
    """As on another machine with the same models.lock.toml."""
    shutil.rmtree(cache)


def test_what_was_fetched_once_is_fetched_again_at_the_same_commit(server, cache):
    hub.fetch("owner/model", "model.gguf")
    assert pins.of("owner/model") == pins.Pin(COMMIT, {"model.gguf": hashlib.sha256(WEIGHTS).hexdigest()})
    assert pins.place().stat().st_mode & 0o777 == 0o600
    forget(cache)
    hub.fetch("owner/model", "config.json")
    assert f"/owner/model/resolve/{COMMIT}/config.json" in [path for _, path, _ in server.requests]
    assert pins.of("owner/model").files.keys() == {"model.gguf", "config.json"}
    assert hub.cached("owner/model", "config.json")


@pytest.mark.parametrize("file, asked", [("model.gguf", 1), ("config.json", 2)])
def test_other_contents_by_the_same_name_are_refused_before_they_are_used(server, cache, file, asked):
    hub.fetch("owner/model", file)
    forget(cache)
    server.files[file] = FILES[file][:-1] + b"!"
    message = failure(file=file)
    assert f"owner/model/{file} is not what this name stood for before" in message
    assert "assistant models pin owner/model" in message
    assert hub.cached("owner/model", file) is None
    assert len(server.bodies()) == asked  # of large files the hub tells the sum


def test_a_hub_that_tells_the_old_sum_of_new_contents_is_found_out(server, cache):
    server.files = {"model.gguf": WEIGHTS}
    pins.keep("owner/model", COMMIT, {"model.gguf": "0" * 64})
    assert "its sha256 is" in failure()
    assert server.bodies() == []


def test_a_commit_that_is_gone_is_told_until_the_newest_is_accepted(server, cache, capsys):
    hub.fetch("owner/model", "model.gguf")
    forget(cache)
    server.commit = NEXT
    server.files["model.gguf"] = WEIGHTS[1:]
    assert "has no commit c0ffeec0 any more" in failure()
    assert cli.main(["models", "pin", "owner/model"]) == 0
    assert "c0ffeec0" in (told := capsys.readouterr().out) and NEXT[:8] in told
    assert hub.fetch("owner/model", "model.gguf").read_bytes() == WEIGHTS[1:]
    assert pins.of("owner/model").revision == NEXT


def test_a_commit_that_the_caller_names_is_pinned_by_itself(server, cache):
    hub.fetch("owner/model", "model.gguf", revision=COMMIT)
    assert pins.of("owner/model") == pins.Pin()
    forget(cache)
    server.files["model.gguf"] = WEIGHTS[1:]
    assert "is not what this name stood for before" in failure(revision=COMMIT)


@pytest.mark.parametrize(
    "fetch",
    [
        lambda: embed.from_hub("owner/model"),
        lambda: base.prepare("owner/model", Path(), print),
        lambda: shape.of_base("owner/model"),
    ],
)
def test_documents_and_training_fetch_what_was_pinned(server, cache, monkeypatch, fetch):
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    pins.keep("owner/model", COMMIT, {"config.json": "0" * 64})
    with pytest.raises((RagError, TrainingError), match="config.json is not what this name stood for before"):
        fetch()
    assert pins.cached("owner/model", ["*.json"]) is None or not list(cache.rglob("config.json"))


def test_a_damaged_list_of_pins_is_told(server):
    write_text(pins.place(), "[[")
    assert "models.lock.toml cannot be read" in failure()


def test_every_known_pin_is_a_commit_and_a_sha256():
    known = pins._known()
    assert len(known) > 20
    for pin in known.values():
        assert re.fullmatch("([0-9a-f]{40})?", pin.revision) and (pin.revision or pin.files)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pin.files.values())


def test_each_language_model_and_whisper_of_the_table_is_pinned():
    unknown = {  # nobody's list has their sums yet: the first download is written down
        "LiquidAI/LFM2-350M-GGUF",
        "LiquidAI/LFM2-1.2B-GGUF",
        "unsloth/Qwen3.5-0.8B-GGUF",
        "unsloth/Qwen3.5-4B-GGUF",
        "unsloth/Qwen3.5-9B-GGUF",
        "unsloth/gemma-4-E4B-it-GGUF",
        "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF",
    }
    for model in catalogue.rows():
        if model.kind == "llm":
            repo, file = model.source.split(":")
            assert (repo in unknown) == (repo not in pins._known())
            assert repo in unknown or pins._known()[repo].revision or pins._known()[repo].files[file]
        elif model.kind == "whisper":
            assert pins._known()[whisper.repository(model.source)].revision


def test_engines_that_are_fetched_at_a_time_are_all_written_down():
    names = [f"owner/model-{number}" for number in range(6)]
    threads = [threading.Thread(target=pins.keep, args=(name, COMMIT, {"a": "0" * 64})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name for name in names if pins.of(name).revision == COMMIT} == set(names)
