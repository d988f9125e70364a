from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from assistant.config import LlmSettings
from assistant.errors import EngineError
from assistant.llm import llamacpp, load, quick_copy
from tests.data import tiny_gguf

Q4_1, Q8_0 = 3, 7


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(quick_copy, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return tmp_path / "data"


@pytest.fixture
def stories(tmp_path) -> Path:
    """The story writer as Q4_1."""
    path = tmp_path / "stories.Q4_1.gguf"
    llamacpp.requantise(tiny_gguf(), path, Q4_1)
    return path


def name_of(model: Path, notices: list[str]) -> str:
    engine = load(LlmSettings(model=str(model), context=256, threads=1, gpu_layers=0), notices.append)
    engine.close()
    return engine.name


def files(data: Path) -> list[Path]:
    return sorted(path for path in data.rglob("*") if path.is_file())


def test_small_q4_1_model_is_copied_once_and_the_copy_answers(data, stories, monkeypatch):
    original, notices = stories.read_bytes(), []
    assert name_of(stories, notices) == "stories Q4_1 (as Q8_0)"
    [copy] = files(data)
    assert llamacpp.file_type(copy) == Q8_0 and stories.read_bytes() == original
    monkeypatch.setattr(llamacpp, "requantise", None)
    assert name_of(stories, notices) == "stories Q4_1 (as Q8_0)"
    assert files(data) == [copy] and not [notice for notice in notices if "copy could" in notice]


def test_changed_model_gets_a_new_copy_and_the_old_one_goes(data, stories):
    quick_copy.of(stories, print)
    [before] = files(data)
    os.utime(stories, ns=(1, 1))
    quick_copy.of(stories, print)
    [after] = files(data)
    assert after != before


def test_other_kinds_other_processors_and_large_models_are_left_alone(data, stories, monkeypatch):
    assert llamacpp.file_type(tiny_gguf()) != Q4_1 and quick_copy.of(tiny_gguf(), print) is None
    with monkeypatch.context() as patch:
        patch.setattr(platform, "machine", lambda: "aarch64")
        assert quick_copy.of(stories, print) is None
    monkeypatch.setattr(quick_copy, "_LARGEST", 1000)
    assert quick_copy.of(stories, print) is None and not data.exists()


def test_original_answers_when_there_is_no_place_for_a_copy(data, stories):
    data.write_text("a file where the folder should be")
    notices = []
    assert name_of(stories, notices) == "stories Q4_1"
    [notice] = [notice for notice in notices if "copy" in notice]
    assert str(data) in notice and "original" in notice


def test_full_disk_leaves_no_half_copy(data, stories, monkeypatch):
    def write(source: Path, target: Path, kind: int) -> None:
        target.write_bytes(b"GGUF")
        raise EngineError("No space left on device")

    monkeypatch.setattr(llamacpp, "requantise", write)
    notices = []
    assert quick_copy.of(stories, notices.append) is None
    assert files(data) == [] and len(notices) == 1 and "No space left on device" in notices[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_llama_cpp_reports_a_full_disk(stories):
    with pytest.raises(EngineError):
        llamacpp.requantise(stories, Path("/dev/full"), Q8_0)


def test_damaged_copy_is_replaced_by_the_original_and_goes(data, stories):
    copy = quick_copy.of(stories, print)
    copy.write_bytes(copy.read_bytes()[:5000])
    assert name_of(stories, []) == "stories Q4_1"
    assert files(data) == []


def test_wrong_settings_do_not_cost_the_copy(data, stories):
    copy = quick_copy.of(stories, print)
    broken = LlmSettings(model=str(stories), context=131072 * 2**12, threads=1, gpu_layers=0)
    with pytest.raises(EngineError):
        load(broken, print)
    assert copy.exists()
