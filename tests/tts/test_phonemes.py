"""Text becomes the phonemes that neural voices were trained on, and each word keeps its place in them."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.config import TtsSettings
from assistant.errors import UsageError
from assistant.tts.espeak import Espeak
from assistant.tts.phonemes import Clause, phonemes


def by_word(clause: Clause) -> list[str]:
    begins = [0, *(end for end, _ in clause.words)]
    return [clause.ipa[begin:end].strip() for begin, (end, _) in zip(begins, clause.words)]


def test_clauses_keep_their_punctuation() -> None:
    text = "Hello, world! How are you? \"Fine\", he said (or so): well… so; yes – no. He cried 'Stop!' and left"
    assert [(clause.text, clause.ipa, clause.mark) for clause in phonemes(text, "en-us")] == [
        ("Hello, ", "həlˈoʊ", ","),
        ("world! ", "wˈɜːld", "!"),
        ("How are you? ", "hˈaʊ ɑːɹ juː", "?"),
        ('"Fine", ', "fˈaɪn", ","),
        ("he said (or so): ", "hiː sˈɛd ɔːɹ sˈoʊ", ":"),
        ("well… ", "wˈɛl", "…"),
        ("so; ", "sˈoʊ", ";"),
        ("yes – ", "jˈɛs", "—"),
        ("no. ", "nˈoʊ", "."),
        ("He cried 'Stop!'", "hiː kɹˈaɪd stˈɑːp", "!"),
        (" and left", "ænd lˈɛft", ""),
    ]


@pytest.mark.parametrize(
    ("text", "voice", "marks"),
    [
        ("Mr. Smith met Dr. Miller, i.e. the other one.", "en-us", ["", "", ",", "."]),
        ("It is No. 5. J. Bach wrote it... really?!", "en-us", ["", ".", "", "…", "?"]),
        ("So do I. You too.", "en-us", [".", "."]),
        ("Er kam z. B. gestern, oder? Ja.", "de", ["", ",", "?", "."]),
        ("你好，世界。你好！", "cmn", [",", ".", "!"]),
        ("हिन्दी में। हाँ", "hi", [".", ""]),
    ],
)
def test_a_full_stop_that_ends_no_sentence_is_none(text: str, voice: str, marks: list[str]) -> None:
    assert [clause.mark for clause in phonemes(text, voice)] == marks


@pytest.mark.parametrize(
    ("text", "voice", "words"),
    [
        ("Out of the best of 25 men", "en-us", ["ˌaʊɾ", "əv", "ðə", "bˈɛst", "ʌv", "twˈɛnti fˈaɪv", "mˈɛn"]),
        ("by e.g. mail", "en-us", ["baɪ", "fˌɔːɹɛɡzˈæmpəl", "mˈeɪl"]),
        ("in 2024 - and later", "en-us", ["ɪn", "tˈuː θˈaʊzənd twˈɛnti fˈɔːɹ", "ænd", "lˈeɪɾɚ"]),
        ("les amis de 25 hommes", "fr", ["le-z", "amˈi", "də-", "vɛ̃tsˈɛ̃k", "ˈɔm"]),
        ("das ist ein Computer", "de", ["das", "ɪst", "aɪn", "kɔmpjˈuːtɜ"]),
    ],
)
def test_each_word_has_its_place(text: str, voice: str, words: list[str]) -> None:
    [clause] = phonemes(text, voice)
    assert by_word(clause) == words
    spoken = [match.end() for match in re.finditer(r"\w\S*", text)]
    assert [end for _, end in clause.words] == spoken


@pytest.mark.parametrize("text", ["", " ", "...", "\0", "“”"])
def test_what_has_no_sound_gives_nothing(text: str) -> None:
    assert phonemes(text, "en-us") == []


def test_long_text_without_a_stop_comes_in_pieces() -> None:
    clauses = phonemes("word " * 600, "en-us")
    assert len(clauses) > 1 and all(len(clause.text) < 900 for clause in clauses)
    assert sum(len(clause.words) for clause in clauses) == 600


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["of the", "25", "a.b", "- ", "Dr.", "!", "“Yes”", "日本", "\n\n", " ", ", "])).map(
        "".join
    ),
    st.sampled_from(["en-us", "de", "fr"]),
)
def test_no_text_is_lost_and_words_go_forward(text: str, voice: str) -> None:
    clauses = phonemes(text, voice)
    written = text.replace("\0", " ").encode(errors="replace").decode()
    assert "".join(clause.text for clause in clauses) in (written, "")
    for clause in clauses:
        assert clause.ipa.strip() == clause.ipa != ""
        for ends, most in zip(zip(*clause.words), (len(clause.ipa), len(clause.text.rstrip()))):
            assert list(ends) == sorted(ends) and ends[-1] == most


def test_an_unknown_voice_is_named_with_where_it_stands() -> None:
    with pytest.raises(UsageError, match=r"voice.onnx.json: espeak has no voice 'en-uss'; the nearest are en-us"):
        phonemes("Yes.", "en-uss", where="voice.onnx.json")


def test_it_shares_the_library_with_a_voice_that_speaks() -> None:
    """Each sets its own language while it holds the library, whichever thread it is in."""
    voice = Espeak(TtsSettings(espeak_voice="de"))
    spoken = list(voice._speak("Guten Morgen, wie geht es dir?", lambda: False))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(phonemes("garage", "en-us")[0].ipa)),
        threading.Thread(target=lambda: results.append(len(list(voice._speak("Ja.", lambda: False))) > 0)),
        threading.Thread(target=lambda: results.append(phonemes("garage", "fr")[0].ipa)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    voice.close()
    assert len(spoken) == 7 and set(results) == {"ɡɚɹˈɑːʒ", True, "ɡaʁˈaʒ"}
