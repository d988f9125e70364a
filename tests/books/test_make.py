"""From a text file to an audiobook with espeak, read back; killed and resumed; errors are one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from assistant.audio import files
from assistant.books import Book, ffmpeg, join, listen, make
from assistant.books.child import Child
from assistant.books.speak import speak
from assistant.books.store import Store
from assistant.cli import main
from assistant.errors import AssistantError
from assistant.stt import SttSettings
from tests.books.tone import Tone, here, part
from tests.fake_openai import FakeOpenAI, Fault
from tests.virtual_clock import run

pytest.importorskip("pyloudnorm")
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
_BOOK = """# The first day

The rain came down on the old harbour. Nobody was there to see it.

# The second day; a = b

A ship came in at noon. It carried apples and letters.

# The last day

In the evening they all went home.
"""


@pytest.fixture(scope="session", autouse=True)
def program() -> None:
    try:
        ffmpeg.program()
    except AssistantError as error:
        pytest.skip(str(error))


@pytest.fixture
def spoken(tmp_path: Path) -> tuple[Store, list]:
    parts = [part("Hello there.", "Good bye now."), part("A second chapter.", number=2, title="Two = 2; #")]
    store = Store(tmp_path / "b.m4b.pieces", "voice")
    store.folder.mkdir()
    run(speak(store.missing(parts), [Tone()], store, write=here))
    return store, parts


def level(audio: np.ndarray) -> float:
    import pyloudnorm

    return pyloudnorm.Meter(16_000).integrated_loudness(audio)


def test_chapters_marks_tags_and_cover_are_in_the_file(spoken: tuple[Store, list], tmp_path: Path) -> None:
    store, parts = spoken
    encoded = [join.encode(each, store, "aac") for each in parts]
    [out] = join.join(encoded, Book("A = Book", (), "Ann; Other", "en", _PICTURE), tmp_path / "b.m4b", store)
    with av.open(str(out)) as container:
        assert container.metadata["title"] == "A = Book" and container.metadata["artist"] == "Ann; Other"
        marks = container.chapters()
        assert [mark["metadata"]["title"] for mark in marks] == ["One", "Two = 2; #"]
        seconds = container.duration / 1e6
        assert [stream.codec_context.name for stream in container.streams.video] == ["png"]
    ends = [float(mark["end"] * mark["time_base"]) for mark in marks]
    expected = [sum(store.samples(p.words) / 24_000 + p.pause for p in each.pieces) for each in parts]
    assert ends[0] == pytest.approx(expected[0], abs=0.15)
    assert ends[1] == pytest.approx(seconds, abs=0.15) == pytest.approx(sum(expected), abs=0.3)
    audio = files.read(out)
    assert level(audio[: round(ends[0] * 16_000)]) == pytest.approx(-20, abs=1.5)
    assert np.abs(audio).max() < 0.9 and np.abs(np.diff(audio)).max() < 0.25


def test_a_folder_holds_one_mp3_per_chapter_with_its_tags(spoken: tuple[Store, list], tmp_path: Path) -> None:
    store, parts = spoken
    encoded = [join.encode(each, store, "mp3") for each in parts]
    book = Book("A Book", (None, None), "Ann", "en", _PICTURE)  # type: ignore[arg-type]
    written = join.join(encoded, book, tmp_path / "out", store)
    assert [path.name for path in written] == ["01 One.mp3", "02 Two = 2; #.mp3"]
    with av.open(str(written[1])) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert (tags["title"], tags["album"], tags["artist"], tags["track"]) == ("Two = 2; #", "A Book", "Ann", "2/2")
        assert len(container.streams.video) == 1 and container.duration / 1e6 > 1


def test_a_chapter_is_encoded_once_and_again_when_it_changes(spoken: tuple[Store, list]) -> None:
    store, parts = spoken
    first = [join.encode(each, store, "aac").path for each in parts]
    times = [path.stat().st_mtime_ns for path in first]
    assert [join.encode(each, store, "aac").path.stat().st_mtime_ns for each in parts] == times
    changed = part("Hello there.", title="Another title")
    run(speak(store.missing([changed]), [Tone()], store, write=here))
    assert join.encode(changed, store, "aac").path not in first


def test_a_failing_ffmpeg_and_a_missing_one_are_one_sentence(
    spoken: tuple[Store, list], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, parts = spoken
    broken = tmp_path / "ffmpeg"
    for said, words in (("Conversion failed!", "ffmpeg failed"), ("x: No space left on device", "the disk is full")):
        broken.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
        broken.chmod(0o755)
        monkeypatch.setattr(ffmpeg, "program", lambda: str(broken))
        with pytest.raises(AssistantError, match=words):
            join.encode(parts[0], store, "aac")
    monkeypatch.undo()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(AssistantError, match="there is no ffmpeg.*books"):
        ffmpeg.program()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing" / "ffmpeg"))
    with pytest.raises(AssistantError, match="there is no ffmpeg.*books"):
        ffmpeg.program()
    assert not list(store.folder.glob("*.aac")) and not list(store.folder.glob(".*.part"))


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "story.md"
    path.write_text(_BOOK)
    return path


def read(book: Path, *options: str) -> int:
    return main(["read", str(book), "--engine", "espeak", "-o", str(book.with_suffix(".m4b")), *options])


def test_a_book_is_read_and_proved_with_the_real_voice_and_recogniser(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(book) == 0
    said = capsys.readouterr()
    assert "nothing lost, doubled or moved" in said.out and "3 of 3 chapters heard" in said.err
    with av.open(str(book.with_suffix(".m4b"))) as container:
        titles = [mark["metadata"]["title"] for mark in container.chapters()]
    assert titles == ["The first day", "The second day; a = b", "The last day"]

    monkeypatch.setattr(Child, "_call", None)  # all is there: neither joined nor heard again
    monkeypatch.setattr(Child, "call", lambda self, function, *args: here(function, *args))
    monkeypatch.setattr(listen, "hear", None)
    assert read(book) == 0


def test_a_lost_sentence_is_named_and_its_piece_spoken_anew(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {"first": "The first day. The rain came down on the old harbour."}
    monkeypatch.setattr(Child, "call", lambda self, function, *args: here(function, *args))
    monkeypatch.setattr(listen, "name", lambda *args: "scripted")
    monkeypatch.setattr(listen, "hear", lambda path, *args: heard["first"])
    monkeypatch.setattr(listen, "hear_again", lambda path, windows, *args: [""] * len(windows))
    assert read(book, "--chapters", "1") == 1
    said = capsys.readouterr()
    assert "lost: Nobody was there to see it." in said.out and "1 piece in doubt" in said.err
    assert read(book, "--chapters", "1", "--dry-run") == 0
    assert "66 characters are still to be spoken" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(book, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "3 chapters" in out and "price: nothing" in out and "time: about 1 minute" in out
    assert os.listdir(book.parent) == ["story.md"]


def test_more_than_max_cost_is_refused_before_anything_is_asked(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    options = ["read", str(book), "-o", "x.m4b", "--set", "tts.openai_model=tts-1", "--engine", "openai"]
    assert main([*options, "--max-cost", "0.001"]) == 1
    assert "would cost about $0.00, more than --max-cost 0.001" in capsys.readouterr().err
    assert main([*options, "--max-cost", "1", "--set", "tts.openai_base_url=http://localhost:1/v1"]) == 2
    assert "the price of" in capsys.readouterr().err and os.listdir(book.parent) == ["story.md"]


def test_a_refused_key_ends_the_run_with_the_pieces_kept_and_no_other_voice(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_API_KEY", "sk-test")
    tone = (np.sin(np.arange(72_000) * 0.06) * 9000).astype("<i2").tobytes()
    with FakeOpenAI(speech=tone, faults=[None, None, Fault(401)]) as server:
        options = ["read", str(book), "-o", "x.m4b", "--engine", "openai", "--workers", "1"]
        assert main([*options, "--set", f"tts.openai_base_url={server.url}"]) == 1
        assert len(server.requests) == 3
    said = capsys.readouterr().err.splitlines()[-1]
    assert "was refused" in said and "2 of 6 pieces are kept in" in said and "sk-test" not in said
    assert len(list((book.parent / "x.m4b.pieces").glob("*.flac"))) == 2


def test_sound_that_is_far_too_short_makes_the_exit_code_1_where_no_proof_is_heard(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_API_KEY", "sk-test")
    blip = (np.sin(np.arange(4800) * 0.06) * 9000).astype("<i2").tobytes()
    with FakeOpenAI(speech=blip) as server:
        options = ["--engine", "openai", "--no-proof", "--set", f"tts.openai_base_url={server.url}"]
        assert main(["read", str(book), "-o", "x.m4b", *options]) == 1
    assert "far too little sound, also when asked again" in capsys.readouterr().err


def test_a_full_disk_tells_once_that_the_same_command_goes_on(spoken: tuple[Store, list], tmp_path: Path) -> None:
    store, parts = spoken
    store.put = lambda *_: (_ for _ in ()).throw(store.unwritable(OSError(28, "No space left on device")))
    store.forget([parts[0].pieces[0].words])
    job = make.Job(Book("", ()), parts, "en", store, tmp_path / "x.m4b")
    with pytest.raises(AssistantError, match="No space left on device.* pieces are kept in") as raised:
        asyncio.run(make.say(job, [Tone()], lambda *_: None))
    assert str(raised.value).count("the same command goes on from there") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--chapters", "x"], "write 3, 3-5 or 3-"),
        (["--chapters", "9"], "nothing to read aloud"),
        (["--workers", "0"], "1 to 64"),
        (["-o", "x.mp3"], "x.m4b for one file"),
        (["-o", "nowhere/x.m4b"], "folder that exists"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_spoken(
    book: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(book, *options) == 2
    assert words in capsys.readouterr().err and os.listdir(book.parent) == ["story.md"]


_CHILD = """
import os, signal, sys
from assistant.books.store import Store
from assistant.tts.espeak import Espeak
put, speak, log = Store.put, Espeak._speak, open("log", "a", buffering=1)
def counted(self, text, cancelled):
    log.write("asked " + text + "\\n")
    return speak(self, text, cancelled)
def dying(self, words, pcm):
    put(self, words, pcm)
    log.write("kept " + words + "\\n")
    if len(list(self.folder.glob("*.flac"))) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
Espeak._speak, Store.put = counted, dying
from assistant.cli import main
os._exit(main(sys.argv[2:]))
"""


def test_killed_after_any_piece_it_goes_on_and_speaks_each_piece_once(book: Path) -> None:
    options = ["read", str(book), "--engine", "espeak", "-o", "k.m4b", "--no-proof"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    codes = [
        subprocess.run(
            [sys.executable, "-c", _CHILD, str(after), *options], env=environment, cwd=book.parent
        ).returncode
        for after in (2, 5, 99)
    ]
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0] and (book.parent / "k.m4b").is_file()
    lines = (book.parent / "log").read_text().splitlines()
    asked = [line for line in lines if line.startswith("asked ")]
    assert len(asked) == len(set(asked)) == len(lines) / 2 == 6


def test_what_fails_in_the_second_process_is_told_here() -> None:
    with Child() as child:
        with pytest.raises(AssistantError, match="cannot be read again"):
            run_here(child.call(listen.hear, Path("/nowhere.aac"), SttSettings(), "en"))
        with pytest.raises(AssistantError, match="ended early"):
            run_here(child.call(os._exit, 3))


def run_here(awaited):
    import asyncio

    return asyncio.run(awaited)


def test_a_german_book_is_read_by_a_german_voice(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(book, "--dry-run", "--language", "de") == 0
    said = capsys.readouterr()
    assert "written in de, so espeak/de reads it" in said.err and said.out.count("espeak de") == 1
