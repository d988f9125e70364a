"""Pieces are spoken once each, whatever fails; what is finished is kept."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from assistant.books.speak import speak
from assistant.books.store import Store, identity
from assistant.errors import AssistantError, EngineError
from assistant.tts import ENGINES, TtsSettings
from tests.books.tone import Tone, here, part, sentences
from tests.virtual_clock import run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "pieces").mkdir()
    return Store(tmp_path / "pieces", "voice")


class Refused(EngineError):
    lasting = True


def test_the_next_run_speaks_what_is_missing_only(store: Store) -> None:
    book = [part(*sentences(5))]
    voice = Tone(fault=lambda text, _: Refused("no credit") if "adoo" in text or "ado" in text else None)
    with pytest.raises(Refused, match="no credit"):
        run(speak(store.missing(book), [voice], store, write=here))
    assert len(voice.asked) == 5 and len(store.missing(book)) == 2  # the title, three, and the one that failed
    again = Tone()
    run(speak(store.missing(book), [again], store, write=here))
    assert len(again.asked) == 2 and store.missing(book) == []


def test_a_changed_paragraph_is_spoken_alone_and_another_voice_speaks_all(store: Store) -> None:
    texts = sentences(4)
    run(speak(store.missing([part(*texts)]), [Tone()], store, write=here))
    assert store.missing([part(*texts[:2], "Something else.", texts[3])]) == ["Something else."]
    assert len(Store(store.folder, "another voice").missing([part(*texts)])) == 5


def test_what_makes_the_sound_is_in_the_identity_and_nothing_else() -> None:
    engine, other = ENGINES[0], ENGINES[-1]
    plain = identity(engine, TtsSettings(), "v", "en")
    assert plain == identity(engine, TtsSettings(timeout=3.0), "v", "en")
    assert (
        len(
            {
                plain,
                identity(engine, TtsSettings(openai_speed=2.0), "v", "en"),
                identity(other, TtsSettings(), "v", "en"),
            }
        )
        == 3
    )


def test_a_piece_that_occurs_twice_is_spoken_once(store: Store) -> None:
    voice = Tone()
    run(speak(store.missing([part("Yes.", "Yes.", "Yes.")]), [voice], store, write=here))
    assert voice.asked == ["One.", "Yes."]


def test_eight_workers_take_an_eighth_of_the_time(store: Store) -> None:
    import asyncio

    async def timed() -> float:
        begun = asyncio.get_running_loop().time()
        await speak(store.missing([part(*sentences(63))]), [Tone(seconds=0.5) for _ in range(8)], store, write=here)
        return asyncio.get_running_loop().time() - begun

    assert run(timed()) == pytest.approx(64 / 8 * 0.5)


def test_failures_are_asked_again_by_fewer_at_once(store: Store) -> None:
    shared = Tone(seconds=1.0, fault=lambda text, attempt: EngineError("429") if attempt == 1 else None)
    words = store.missing([part(*sentences(15))])
    report = run(speak(words, [shared] * 4, store, write=here))
    assert report.spoken == 16 and store.missing([part(*sentences(15))]) == []
    assert shared.most == 4 and len(shared.asked) == 32


def test_an_outage_ends_the_run_with_what_the_voice_said(store: Store) -> None:
    voice = Tone(fault=lambda text, _: EngineError("the service is away") if text != "One." else None)
    told: list[str] = []
    with pytest.raises(EngineError, match="the service is away"):
        run(speak(store.missing([part(*sentences(3))]), [voice], store, write=here, notice=told.append))
    assert told == ["the service is away; asked again, 5 times more at most"]
    assert len(store.missing([part(*sentences(3))])) == 3


def test_short_sound_is_asked_again_and_then_named(store: Store) -> None:
    texts = sentences(10)
    once, always = texts[7], texts[8]
    voice = Tone(cut={once: 1, always: 99})
    report = run(speak(store.missing([part(*texts)]), [voice], store, write=here))
    assert report.doubtful == [("far too little sound", always)]
    assert voice.asked.count(once) == voice.asked.count(always) == 2


def test_a_voice_that_says_other_words_is_asked_again_and_then_named(store: Store) -> None:
    voice = Tone(said={"One.": ["Two.", None], "Yes.": ["No.", "Perhaps."]})
    report = run(speak(store.missing([part("Yes.")]), [voice], store, write=here))
    assert report.doubtful == [("the voice said 'Perhaps.'", "Yes.")]
    assert voice.asked == ["One.", "One.", "Yes.", "Yes."]


def test_a_full_disk_is_one_sentence_and_keeps_the_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    book, write = [part(*sentences(3))], Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if len(list(store.folder.glob("*.flac"))) >= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(AssistantError, match="No space left on device.*free some space.*goes on"):
        run(speak(store.missing(book), [Tone()], store, write=here))
    assert len(store.missing(book)) == 2 and not list(store.folder.glob(".*"))


def test_a_book_under_way_is_locked(store: Store) -> None:
    with store.locked():
        with pytest.raises(AssistantError, match="another run makes this book"), Store(store.folder, "x").locked():
            pass
    with store.locked():
        pass


def test_a_damaged_piece_is_removed_and_told(store: Store) -> None:
    run(speak(["Hello."], [Tone()], store, write=here))
    [file] = store.folder.glob("*.flac")
    file.write_bytes(b"no sound")
    with pytest.raises(AssistantError, match="damaged"):
        store.get("Hello.")
    assert not file.exists()
