"""Fetching llama.cpp's converter once, and running it as a process."""

from __future__ import annotations

import io
import re
import sys
import tarfile
from pathlib import Path

import pytest

from tests.data import tiny_gguf
from training.errors import TrainingError
from training.export import converter

LOCK = Path(__file__).parents[3] / ".ci/lock/talk.txt"
VENDOR = "llama_cpp_python-1.2.3/vendor/llama.cpp"
WANTED = (
    "convert_hf_to_gguf.py",
    "convert_lora_to_gguf.py",
    "LICENSE",
    "conversion/llama.py",
    "gguf-py/LICENSE",
    "gguf-py/gguf/__init__.py",
)


def package(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    return path


def whole_package(path: Path) -> Path:
    return package(
        path,
        *(f"{VENDOR}/{name}" for name in WANTED),
        f"{VENDOR}/src/llama.cpp",
        f"{VENDOR}/gguf-py/pyproject.toml",
        f"{VENDOR}/gguf-py/gguf/../../../../../evil.py",
        "llama_cpp_python-1.2.3/LICENSE.md",
    )


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, on a machine where set-up has not fetched the converter."""
    monkeypatch.setattr(converter, "_INSTALLED", tmp_path / "share")
    monkeypatch.setattr(converter.importlib.metadata, "version", lambda name: "1.2.3")
    return tmp_path / "cache"


def pip(tmp_path: Path, monkeypatch, script: str) -> None:
    """``sys.executable -m pip ...`` runs the shell script instead."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_only_the_converter_is_taken_from_the_package(tmp_path):
    converter.unpack(whole_package(tmp_path / "package.tar.gz"), tmp_path / "target")
    files = {str(path.relative_to(tmp_path / "target")) for path in (tmp_path / "target").rglob("*") if path.is_file()}
    assert files == set(WANTED) and not list(tmp_path.rglob("evil.py"))


def test_it_is_fetched_once_at_the_installed_version_and_found_afterwards(cache, tmp_path, monkeypatch):
    whole_package(tmp_path / "ready.tar.gz")
    pip(
        tmp_path,
        monkeypatch,
        f'echo "$@" >> {tmp_path}/calls; while [ "$1" != --dest ]; do shift; done; '
        f'cp {tmp_path}/ready.tar.gz "$2/llama_cpp_python-1.2.3.tar.gz"',
    )
    notices: list[str] = []
    found = converter.folder(cache, notices.append)
    assert found == cache / "llama.cpp-1.2.3" and (found / "convert_hf_to_gguf.py").is_file()
    assert converter.folder(cache, notices.append) == found and len(notices) == 1
    [call] = (tmp_path / "calls").read_text().splitlines()
    assert call.endswith("wanted.txt") and "--no-binary llama-cpp-python" in call
    assert [path.name for path in cache.iterdir()] == ["llama.cpp-1.2.3"]


def test_the_source_package_is_the_one_that_the_lock_names_by_its_hash():
    version = re.search("^llama-cpp-python==([^ ]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert re.fullmatch(
        rf"llama-cpp-python=={version} \\\n( +--hash=sha256:[0-9a-f]{{64}}( \\)?\n)+", converter.pinned(version)
    )
    assert converter.pinned("0.0.1") == "llama-cpp-python==0.0.1\n"


def test_what_set_up_fetched_is_used_without_a_network(cache, tmp_path, monkeypatch):
    pip(tmp_path, monkeypatch, "exit 9")
    (tmp_path / "share" / "llama.cpp-1.2.3").mkdir(parents=True)
    assert converter.folder(cache, print) == tmp_path / "share" / "llama.cpp-1.2.3"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            'echo "ERROR: Could not find a version that satisfies it" >&2; echo "[notice] A new pip" >&2; exit 1',
            "Could not find a version that satisfies it",
        ),
        ("exit 0", "no reason given"),
    ],
)
def test_without_network_one_sentence_says_what_to_do_and_nothing_is_left(cache, tmp_path, monkeypatch, script, reason):
    pip(tmp_path, monkeypatch, script)
    with pytest.raises(TrainingError) as caught:
        converter.folder(cache, lambda text: None)
    assert f"cannot be fetched ({reason})" in str(caught.value) and "connect to the network" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_damaged_or_other_package_is_told_and_nothing_is_left(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(converter, "_download", lambda version, into: package(into / "x.tar.gz", f"{VENDOR}/LICENSE"))
    with pytest.raises(TrainingError, match="holds no convert_hf_to_gguf.py and no convert_lora_to_gguf.py"):
        converter.folder(cache, lambda text: None)
    (tmp_path / "bad.tar.gz").write_bytes(b"no archive")
    monkeypatch.setattr(converter, "_download", lambda version, into: tmp_path / "bad.tar.gz")
    with pytest.raises(TrainingError, match="cannot be unpacked"):
        converter.folder(cache, lambda text: None)
    assert list(cache.iterdir()) == []


def test_cache_that_cannot_be_written_is_one_sentence(cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(TrainingError, match="cannot be written to"):
        converter.folder(cache, lambda text: None)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "INFO: loading\nTraceback (most recent call last):\n"
            '  File "x.py", line 1, in <module>\nValueError: no vocabulary\n',
            "no vocabulary",
        ),
        ("ERROR:lora-to-gguf:Unexpected name\n", "Unexpected name"),
        ("Writing:  10%|#\rWriting: 100%|##\n", "no reason given"),
        ("ERROR: No matching distribution found\n[notice] A new release of pip\n", "No matching distribution found"),
        ("", "no reason given"),
    ],
)
def test_the_last_line_that_says_something_is_the_reason(output, reason):
    assert converter._reason(output) == reason


def test_failing_converter_is_an_error_with_its_last_words(tmp_path):
    (tmp_path / "convert_hf_to_gguf.py").write_text(
        "import sys\nprint('INFO: starts')\nsys.exit('NotImplementedError: unheard of')"
    )
    with pytest.raises(TrainingError, match="out.gguf cannot be made: unheard of"):
        converter.convert(tmp_path, tmp_path, None, tmp_path / "out.gguf", "x", lambda size: None)


def test_converter_that_writes_nothing_is_an_error_too(tmp_path):
    (tmp_path / "convert_hf_to_gguf.py").write_text("")
    with pytest.raises(TrainingError, match="out.gguf cannot be made"):
        converter.convert(tmp_path, tmp_path, None, tmp_path / "out.gguf", "x", lambda size: None)


def test_converter_sees_its_own_gguf_first_and_no_network(tmp_path):
    (tmp_path / "gguf-py" / "gguf").mkdir(parents=True)
    (tmp_path / "gguf-py" / "gguf" / "__init__.py").write_text("own = 'its own'")
    (tmp_path / "convert_hf_to_gguf.py").write_text(
        "import gguf, os, sys\nopen(sys.argv[3], 'w').write(gguf.own + os.environ['HF_HUB_OFFLINE'])"
    )
    converter.convert(tmp_path, tmp_path, None, tmp_path / "out.gguf", "x", lambda size: None)
    assert (tmp_path / "out.gguf").read_text() == "its own1"


def test_interrupted_converter_is_ended(tmp_path):
    (tmp_path / "convert_hf_to_gguf.py").write_text(
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nwhile True: time.sleep(1)"
    )

    def interrupt(size: int) -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        converter.convert(tmp_path, tmp_path, None, tmp_path / "out.gguf", "x", interrupt)
    import psutil

    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_model_is_quantised_and_progress_told(tmp_path):
    from assistant.llm import llamacpp

    sizes: list[int] = []
    converter.quantise(tiny_gguf(), tmp_path / "tiny.gguf", 7, sizes.append)
    assert llamacpp.file_type(tmp_path / "tiny.gguf") == 7
    assert sizes[-1] == (tmp_path / "tiny.gguf").stat().st_size
    (tmp_path / "bad.gguf").write_bytes(b"GGUF and nothing else")
    with pytest.raises(TrainingError, match="out.gguf cannot be made"):
        converter.quantise(tmp_path / "bad.gguf", tmp_path / "out.gguf", 7, sizes.append)
