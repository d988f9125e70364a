"""Where a Piper voice comes from: its path, the package, the hub; and what is told of its licence."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
from pathlib import Path

import pytest

from assistant import hub
from assistant.config import TtsSettings
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.tts.piper import engine as piper
from assistant.tts.piper import files as piper_files
from tests.fake_hub import Hub, serve
from tests.test_hub import cache, point_to  # noqa: F401
from tests.tts import tiny_piper

NAME = "xx_XX-tiny-low"
FILES = [f"xx/xx_XX/tiny/low/{NAME}.onnx", f"xx/xx_XX/tiny/low/{NAME}.onnx.json"]


@pytest.fixture
def without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == piper_files.PACKAGE else find(name, *rest)
    )


@pytest.fixture
def server(cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_the_package):  # noqa: F811
    path = tiny_piper.build(tmp_path / "made", NAME)
    contents = [path.read_bytes(), path.with_name(f"{NAME}.onnx.json").read_bytes()]
    monkeypatch.setattr(piper_files, "_REPOSITORY", "owner/model")
    monkeypatch.setattr(piper, "cache_folder", lambda: tmp_path / "cache")
    with serve(Hub(dict(zip(FILES, contents)))) as server:
        point_to(server.url, monkeypatch)
        yield server


def test_a_voice_is_fetched_by_its_name_once(server) -> None:
    settings = TtsSettings(piper_voice=NAME)
    assert piper.found(settings) == (f"{NAME} is not on this machine yet", "it is fetched on first use")
    notices: list[str] = []
    for _ in range(2):
        voice = piper.load(settings, notices.append)
        assert voice.name == f"piper {NAME}" and list(voice._speak("Yes.", lambda: False))
        voice.close()
    assert notices == [f"Fetching the voice {NAME} from the hub, this once"] and len(server.bodies()) == 2
    assert "lies in" in piper.found(settings)[0]
    [row] = [voice for voice in piper.voices(settings) if voice.here]
    assert (row.name, row.language, row.licence) == (NAME, "xx-xx", "see its MODEL_CARD") and "nobody" in row.note


def test_what_the_hub_does_not_have_costs_no_download(server) -> None:
    with pytest.raises(EngineError, match="has no file xx/xx_XX/tino/low.*did you mean xx/xx_XX/tiny/low"):
        piper.fetch("xx_XX-tino-low")
    assert server.bodies() == []


def test_a_download_that_arrives_damaged_is_thrown_away(server) -> None:
    server.damaged = True
    with pytest.raises(EngineError, match="arrived damaged"):
        piper.fetch(NAME)
    assert piper_files.locate(NAME) is None


def test_the_hub_must_hold_the_voice_that_is_known_by_that_name(server, monkeypatch: pytest.MonkeyPatch) -> None:
    joe = piper_files.known()["en_US-joe-medium"]
    monkeypatch.setattr(piper_files, "known", lambda: {NAME: joe})
    with pytest.raises(EngineError, match="another voice .* to use it all the same: tts.piper_voice") as caught:
        piper.fetch(NAME)
    path = str(caught.value).split('"')[1]
    assert piper_files.digest(piper_files.locate(path))
    rows = [hashlib.md5(content).hexdigest() for content in server.files.values()]
    monkeypatch.setattr(piper_files, "known", lambda: {NAME: dataclasses.replace(joe, model=rows[0], config=rows[1])})
    piper.fetch(NAME)


def test_without_a_hub_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch, without_the_package) -> None:
    monkeypatch.setattr(hub, "reachable", lambda: False)
    monkeypatch.setattr(hub, "cached", lambda *_: None)
    with pytest.raises(
        EngineError, match="the voice en_US-joe-medium is not on this machine and the hub cannot be reached"
    ):
        piper.load(TtsSettings(), lambda text: pytest.fail(text))


@pytest.mark.parametrize(
    ("voice", "message"),
    [
        ("en_US-joe", "'en_US-joe' is neither a voice's name nor a .onnx file; a name is like en_US-joe-medium"),
        ("joe", "neither a voice's name nor a .onnx file"),
        ("", "neither a voice's name nor a .onnx file"),
        ("/no/such/voice.onnx", "there is no file /no/such/voice.onnx"),
        ("../../etc_XX-passwd-low", "there is no file ../../etc_XX-passwd-low"),
        ("/", "is a folder; name the .onnx file in it"),
    ],
)
def test_what_names_no_voice_is_answered_with_near_ones(voice: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        piper.fetch(voice)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("speakers", "voice", "message"),
    [
        (3, "+p7", "has no speaker 'p7'; it has 3, e.g. p2, p1, p0"),
        (3, "+3", "has no speaker '3'; it has 3"),
        (1, "+1", "has no speaker '1'; it has one, leave +... out"),
    ],
)
def test_an_unknown_speaker_is_answered_with_those_there_are(
    tmp_path: Path, speakers: int, voice: str, message: str
) -> None:
    path = tiny_piper.build(tmp_path, speakers=speakers)
    config = piper_files.read(path.with_name("tiny.onnx.json"))
    with pytest.raises(UsageError) as caught:
        piper_files.speaker(config, f"{path}{voice}")
    assert message in str(caught.value)


def test_a_path_with_a_plus_is_a_path(tmp_path: Path) -> None:
    path = tiny_piper.build(tmp_path / "a+b", speakers=2)
    assert piper_files.divided(str(path)) == (str(path), "")
    assert piper_files.divided(f"{path}+p1") == (str(path), "p1")
    assert piper_files.locate(f"{path}+p1").model == path


def test_another_model_in_the_package_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_the_package
) -> None:
    """Nobody knows who publishes that package: what it holds must be the voice that is known."""
    monkeypatch.undo()
    package = tmp_path / piper_files.PACKAGE
    tiny_piper.build(package / "data", piper_files.DEFAULT)
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    files = piper_files.locate(piper_files.DEFAULT)
    assert files is not None and files.source == "package" and files.model.parent == package / "data"
    with pytest.raises(EngineError, match="holds a damaged en_US-joe-medium, or another voice .*not 74fd6a4d"):
        piper.load(TtsSettings(), lambda text: None)


def test_every_voice_tells_its_language_licence_and_what_it_was_made_from(without_the_package) -> None:
    voices = {voice.name: voice for voice in piper.voices(TtsSettings())}
    joe, kristin = voices["en_US-joe-medium"], voices["en_US-kristin-medium"]
    assert (joe.engine, joe.language, joe.sex, joe.licence) == ("piper", "en-us", "male", "CC0")
    assert joe.note == "fine-tuned from lessac, whose recordings exclude commercial use"
    assert (kristin.licence, kristin.note) == ("public domain", "trained from scratch")
    assert voices["en_US-john-medium"].note == "fine-tuned from kristin, public domain"
    assert (
        "nobody tells" in voices["en_US-libritts_r-medium"].note
        and "904 speakers" in voices["en_US-libritts_r-medium"].note
    )
    assert {voice.language for voice in voices.values()} >= {"en-gb", "de-de", "fr-fr", "es-es", "it-it"}
    for voice in voices.values():
        assert piper_files.language(voice.name) == voice.language and 20 < voice.megabytes < 130 and voice.licence


def test_the_table_of_voices_is_whole() -> None:
    for name, row in piper_files.known().items():
        assert len(row.model) == len(row.config) == len(hashlib.md5(usedforsecurity=False).hexdigest()), name
        assert row.base in ("", "scratch", "lessac", "ryan", "kristin") and row.sex in ("", "female", "male")


def test_a_voice_that_cannot_be_had_costs_auto_nothing(monkeypatch: pytest.MonkeyPatch, without_the_package) -> None:
    """Whoever has neither the package nor the hub is spoken to by espeak, without a word about it."""
    from assistant import tts

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(hub, "cached", lambda *_, **__: None)
    voice = tts.load(TtsSettings(), lambda text: pytest.fail(text))
    voice.close()
    assert voice.name == "espeak en-us"
    with pytest.raises(AssistantError):
        piper_files.digest(piper_files.Files("x", Path("/no/such/file"), Path("/no")))
