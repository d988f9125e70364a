"""`assistant voices`: list, hear, fetch and switch."""

from __future__ import annotations

import json
import tomllib
import wave

import pytest

from assistant import trust
from assistant.audio import files
from assistant.cli import main
from assistant.errors import UsageError
from assistant.tts import TtsSettings, Voice, listing, measured
from tests.tts.fake_engines import FakeEngine, install

ANN = Voice("", "ann", "en-us", "female", "CC0", 63.0)
KARL = Voice("", "karl", "de-DE", "male", "CC0", 63.0, here=False)


@pytest.fixture
def engines(monkeypatch, tmp_path):
    """Two engines that know `ann`, one of them not installed; and the user's own config.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("# mine\n[tts]\n# loud\nengine = 'auto'\n")
    trust.decide(tmp_path, True)
    small = FakeEngine("piper", (ANN, KARL), quick=True, key="piper_voice")
    large = FakeEngine("kokoro", (ANN,), packages=("no_such_package",), key="kokoro_voice")
    install(monkeypatch, tmp_path / "data", large, small)
    return small


def run(capsys, *words: str, code: int = 0) -> str:
    assert main(["voices", *words]) == code
    printed = capsys.readouterr()
    return printed.err if code else printed.out


def test_the_list_shows_every_voice_of_every_engine_and_what_is_in_use(engines, capsys) -> None:
    measured.keep("piper/ann", first=0.11, factor=0.16, tries=1)
    rows = {line.split()[0]: line for line in run(capsys, "--set", "tts.piper_voice=ann").splitlines()[1:-2]}
    assert "needs no_such_package" in rows["kokoro/ann"]
    assert rows["*"].split()[1:8] == ["piper/ann", "en-us", "female", "CC0", "63", "MB", "yes"]
    assert "0.16 s, first 0.11 s" in rows["*"] and "yes" not in rows["piper/karl"]
    assert {"espeak/de", "espeak/en-us", "espeak/zh"} <= set(rows)
    assert engines.loaded == []


def test_filters_and_json(engines, capsys) -> None:
    german = json.loads(run(capsys, "--language", "de", "--json"))
    assert [(row["engine"], row["name"], row["ready"]) for row in german] == [
        ("", "karl", False),
        ("espeak", "de", True),
    ]
    assert german[0]["licence"] == "CC0" and german[0]["factor"] is None
    assert "espeak" not in run(capsys, "--engine", "piper")
    assert "No voice here is like that; see" in run(capsys, "--language", "xx")
    assert "No voice here is like that; write --language de" in run(capsys, "--language", "deutsch")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("anne", "no voice 'anne'; the nearest: piper/ann"),
        ("pipr/karl", "piper/karl"),
        ("ann", "kokoro/ann or piper/ann"),
        ("US", "espeak/en-us"),
        ("$$$$", "`assistant voices` shows all"),
        ("espeak/en-us+f33", "f3"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest(engines, capsys, name: str, words: str) -> None:
    assert words in run(capsys, "--play", name, "-o", "x.wav", code=2)


def test_a_voice_is_fetched_then_used_and_comments_stay(engines, capsys, tmp_path) -> None:
    assert "assistant voices get piper/karl" in run(capsys, "use", "karl", code=2)
    assert "needs packages that are not installed (no_such_package)" in run(capsys, "use", "kokoro/ann", code=2)
    assert "piper/karl is here" in run(capsys, "get", "karl") and engines.fetched == ["karl"]
    assert '[tts] piper_voice = "karl"' in run(capsys, "use", "karl")
    text = (tmp_path / "config.toml").read_text()
    assert tomllib.loads(text)["tts"] == {"engine": "piper", "piper_voice": "karl"} and "# loud" in text
    rows = run(capsys).splitlines()
    assert [row.split()[1] for row in rows if row.startswith("*")][:1] == ["piper/karl"]


def test_without_a_hub_fetching_fails_with_one_sentence(engines, capsys) -> None:
    engines.unreachable = True
    assert "hub is not reachable" in run(capsys, "get", "karl", code=1)


def test_a_voice_is_heard_in_its_language_and_measured(engines, capsys, tmp_path) -> None:
    assert "first sound after" in run(capsys, "--play", "de+f3", "-o", "german.wav")
    audio = files.read(tmp_path / "german.wav")
    assert 2.0 < len(audio) / 16_000 < 8.0
    assert measured.known("espeak/de+f3").factor is not None
    run(capsys, "--play", "piper/ann", "-o", "ann.wav")
    with wave.open("ann.wav") as sound:
        assert sound.getframerate() == 24_000
    assert engines.spoken[-1].startswith("Good morning.")


@pytest.mark.parametrize(
    "words",
    [("use",), ("list", "ann"), ("-o", "x.wav"), ("--play", "karl"), ("--play", "espeak/de", "-o", "/no/such/x.wav")],
)
def test_what_is_meant_otherwise_is_told(engines, capsys, words: tuple[str, ...]) -> None:
    assert run(capsys, *words, code=2).count("\n") == 1


def test_a_voice_of_espeak_may_be_named_by_any_of_its_names_but_not_by_a_variant_that_there_is_none_of() -> None:
    engine, voice = listing.find("en-gb", TtsSettings())
    assert (engine.name, voice.name) == ("espeak", "en-gb")
    assert listing.find("espeak/en-us+f3", TtsSettings())[1].name == "en-us+f3"
    with pytest.raises(UsageError, match="no variant 'f99'"):
        listing.find("espeak/en-us+f99", TtsSettings())
