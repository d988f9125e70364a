"""What is synthesized at a time, and where in its sound the words are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import EngineError
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.clauses import LONGEST, Piece, Sound, pieces, speak
from assistant.tts.phonemes import phonemes


def letters(ipa: str) -> list[int]:
    return [ord(letter) for letter in ipa]


def cut(text: str) -> list[str]:
    return ["".join(map(chr, piece.tokens)) for piece in pieces(phonemes(text, "en-us"), letters)]


def say(text: str, synthesize) -> list[SpeechChunk]:
    return list(speak(text, "en-us", letters, synthesize, "test", lambda: False))


def hum(piece: Piece) -> Sound:
    """10 ms a token, behind 50 ms of silence."""
    sound = np.concatenate([np.zeros(1200), np.full(240 * len(piece.tokens), 0.1), np.zeros(1200)])
    return Sound(sound.astype(np.float32), [1200 + 240 * tokens for tokens, _ in piece.words])


def test_pieces_end_with_clauses_that_are_not_too_short() -> None:
    assert cut("Well, I never thought that it would come to this, but here we are. Yes. And so on") == [
        "wˈɛl, aɪ nˈɛvɚ θˈɔːt ðˌɐɾɪt wʊd kˈʌm tə ðˈɪs,",
        "bˌʌt hˈɪɹ wiː ɑːɹ. jˈɛs.",
        "ænd sˌoʊ ˈɔn,",
    ]


def test_no_piece_is_longer_than_the_network_takes() -> None:
    for text in ("word " * 600, "https://" + "abc/" * 80, "U.S.A." * 200):
        cuts = cut(text)
        assert len(cuts) > 1 and all(1 <= len(piece) <= LONGEST for piece in cuts)


def test_a_chunk_ends_where_its_word_does() -> None:
    text = "Out of the blue."
    chunks = say(text, hum)
    assert [text[: chunk.spoken] for chunk in chunks] == ["Out", "Out of", "Out of the", text, text]
    [piece] = pieces(phonemes(text, "en-us"), letters)
    ends = [240 * tokens for tokens, _ in piece.words]
    lengths = np.cumsum([len(chunk.pcm24k) for chunk in chunks[:-1]])
    assert lengths.tolist() == [240 + ends[0], 240 + ends[1], 240 + ends[2], 480 + ends[3]]  # 10 ms around the sound


def test_without_times_the_words_are_told_by_clause() -> None:
    text = "I never thought that it would come to this, but here we are."
    chunks = say(text, lambda piece: Sound(hum(piece).pcm24k))
    assert [text[: chunk.spoken] for chunk in chunks[::2]] == [text[:43], text] and len(chunks) == 4


def test_joined_clauses_do_not_click() -> None:
    audio = np.concatenate([chunk.pcm24k for chunk in say("I never thought that it would come to this, so no.", hum)])
    pause = np.flatnonzero(np.abs(audio) < 0.001)
    assert len(pause) > 0.1 * SAMPLE_RATE and np.isfinite(audio).all()


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(["of the", "25", "! ", "日本", ", ", "word"])).map("".join))
def test_marks_grow_up_to_the_end_whatever_the_text(text: str) -> None:
    marks = [chunk.spoken for chunk in say(text, hum)]
    assert marks == sorted(marks) and marks[-1:] in ([], [len(text)])


@pytest.mark.parametrize(
    "sound", [np.zeros(24_000), np.zeros(0), np.full(2400, np.nan)], ids=["silence", "none", "nan"]
)
def test_a_model_that_makes_no_sound_is_told(sound: np.ndarray) -> None:
    with pytest.raises(EngineError, match="test: the model made no sound for 'Yes.'; choose another"):
        say("Yes.", lambda piece: Sound(sound.astype(np.float32)))


def test_what_breaks_is_told_in_one_sentence_unless_nobody_listens() -> None:
    def broken(piece: Piece) -> Sound:
        raise RuntimeError("Non-zero status code\nwhile running a node")

    with pytest.raises(EngineError) as caught:
        say("Yes.", broken)
    assert str(caught.value) == (
        "test: could not speak 'Yes.' (Non-zero status code); choose another model or [tts] engine"
    )
    asked = iter([False, True])
    assert list(speak("Yes.", "en-us", letters, broken, "test", lambda: next(asked))) == []
