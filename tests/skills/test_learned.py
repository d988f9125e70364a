"""What no template foresees is understood by the learned model, in the plain words of a template."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from assistant.skills import Command, Impossible, learned, loaded
from assistant.skills.home import plain as plainly_for_the_home
from assistant.skills.learned import rewording, samples, typed
from assistant.skills.learned.rewording import REWORDINGS
from assistant.skills.loaded import Skills
from assistant.skills.words.matching import Matcher
from tests.skills.saying import NOW, here

VALUES = {
    "duration": "twelve minutes", "length": "ten minute", "moment": "tomorrow at seven", "old": "six o'clock",
    "name": "scones", "task": "feed the cat", "items": "brown bread", "list": "shopping", "sum": "seventeen times four",
    "quantity": "five miles", "unit": "kilometers", "money": "fifty dollars", "currency": "euros",
    "fact": "my sister is called Anna", "topic": "my old car", "correction": "it is Anne", "number": "thirty",
    "tongue": "German", "area": "kitchen", "color": "blue", "state": "open",
}  # fmt: skip
OF_THE_HOME = {"name": "window", "state": "open"}


@cache
def _skills() -> Skills:
    return loaded.load()


@cache
def _matcher() -> Matcher:
    return _skills()._matcher("en")


def _understood(words: str, language: str = "en") -> tuple[Command, ...]:
    return next(iter(_skills().understood(words, language, here())), ())


def _sentences() -> Iterator[tuple[str, str]]:
    for kind, row in REWORDINGS.items():
        for sentence in row.sentences:
            yield kind, sentence


@pytest.mark.parametrize("kind, sentence", [row for row in _sentences() if not row[0].startswith("home.")])
def test_each_plain_sentence_is_understood_as_its_kind(kind: str, sentence: str) -> None:
    words = sentence.format_map({**VALUES, "thing": "the bins"})
    assert {found.name for found in _matcher().understood(words, NOW)} <= REWORDINGS[kind].names, words
    assert _matcher().understood(words, NOW)


@pytest.mark.parametrize("kind", ["home.on", "home.off", "home.open", "home.close", "home.lock", "home.unlock"])
def test_what_is_for_the_home_is_plainly_so(kind: str) -> None:
    slots = {"name": "lamp" if kind in ("home.on", "home.off") else "door"}
    (found,) = rewording.plainly(kind, slots)
    assert found.names == {"home"} and plainly_for_the_home.request(found.words, "en") == found.words


def test_what_was_said_is_not_left_out() -> None:
    assert [found.words for found in rewording.plainly("timer.add", {"duration": "two minutes", "name": "egg"})] == [
        "add two minutes to the egg timer"
    ]
    assert not list(rewording.plainly("home.on", {"state": "on"}))
    assert [found.words for found in rewording.plainly("timer.set", {"duration": "two hours", "name": "roast"})] == [
        "set a timer for two hours called roast", "set a timer for two hours",
    ]  # fmt: skip


def test_a_bare_number_is_minutes_of_a_timer() -> None:
    assert rewording.tidied({"duration": "twenty", "name": "the Roast's"}) == {
        "duration": "twenty minutes", "name": "Roast",
    }  # fmt: skip


def test_a_slot_that_has_a_kind_takes_the_words_beside_it_that_belong_to_it() -> None:
    words = samples.sample("none", "so give me an hour and a half on that roast").words
    assert typed.widened({"duration": (4, 5)}, words, NOW) == {"duration": (3, 8)}
    assert typed.widened({"duration": (4, 5), "name": (5, 6)}, words, NOW) == {"duration": (3, 5), "name": (5, 6)}


def test_marks_become_slots() -> None:
    one = samples.sample("timer.set", "the [roast](name)'s in, [ten minutes](duration), love")
    assert [(slot, " ".join(word.plain for word in one.words[begin:end])) for slot, begin, end in one.slots] == [
        ("name", "roast's"), ("duration", "ten minutes"),
    ]  # fmt: skip
    assert one.words[-2].comma and one.words[-1].plain == "love"
    varied = samples.varied([one, samples.sample("timer.set", "[egg](name) [two minutes](duration) now")], 20)
    assert "the egg in, two minutes, love" in {other.text for other in varied}
    assert all(other.words[begin:end] for other in varied for _, begin, end in other.slots)


def test_every_kind_that_is_written_down_can_be_done() -> None:
    written = [tomllib.loads(file.read_text(encoding="utf-8")) for file in samples.LINES.glob("*.toml")]
    kinds = {samples.SAME.get(name, name) for names in written for name in names}
    assert kinds - {"knowledge", "chat", "near", "none"} == set(REWORDINGS)


@pytest.mark.parametrize(
    "words, name, values",
    [
        ("I've got bread in the oven so give me a shout in forty minutes", "timer.set",
         {"duration": timedelta(minutes=40)}),
        ("the laundry wants another fifteen minutes on its timer I reckon", "timer.add",
         {"duration": timedelta(minutes=15), "name": "laundry"}),
        ("mum says put fish on the list and ketchup as well", "list.add", {"items": "fish and ketchup"}),
        ("you're going far too quick for me, slow it down", "talking.slower", {}),
        ("I couldn't catch that, run it by me once more", "talking.repeat", {}),
        ("have my papers got anything on the boiler warranty", "documents.search", {"topic": "the boiler warranty"}),
        ("we're freezing, put the heating up to twenty one degrees", "home",
         {"words": "set the heating to twenty one degrees"}),
    ],
)  # fmt: skip
def test_what_no_template_foresees_is_understood(words: str, name: str, values: dict) -> None:
    assert not _matcher().understood(words, NOW)
    (found,) = _understood(words)
    assert (found.name, dict(found.values), found.words) == (name, values, words)


@pytest.mark.parametrize(
    "words",
    ["she told me to set a timer for ten minutes", "do not turn off the light", "never add milk to the shopping list",
     "my timer broke last week and nobody noticed", "I already added eggs to the list",
     "what did the gardener bring", "where did the milk on our list go"],
)  # fmt: skip
def test_what_is_told_or_forbidden_is_not_done(words: str) -> None:
    assert _understood(words) == ()


def test_a_list_that_is_none_is_not_read() -> None:
    assert _understood("what has the gardener got for us") == ()


def test_what_cannot_be_taken_back_needs_to_be_surer() -> None:
    (unlocked,), (locked,) = (rewording.plainly(kind, {"name": "door"}) for kind in ("home.unlock", "home.lock"))
    (timer,) = rewording.plainly("timer.set", {"duration": "two hours"})
    assert unlocked.sure > locked.sure == timer.sure


def _lines(name: str) -> list[str]:
    return [line for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def test_what_asks_for_nothing_does_nothing() -> None:
    """None of these was learned from; they are as like commands as can be."""
    acted = []
    for line in dict.fromkeys([*_lines("nothing.txt"), *_lines("lookalikes.txt")]):
        try:
            found = [
                plain.words
                for plain in learned.shipped().plainly(line, NOW)
                if "home" in plain.names or _matcher().understood(plain.words, NOW)
            ]
        except Impossible as impossible:
            found = [str(impossible)]
        if found:
            acted.append((line, found))
    assert len(acted) <= MOST_ACTED, acted


MOST_ACTED = 9


def test_other_languages_and_single_words_are_left_alone() -> None:
    assert learned.shipped().guess("timers", NOW) is None
    assert learned.shipped().guess("timer " * 50, NOW) is None
    assert _understood("you're going far too quick for me, slow it down", "nl") == ()


def test_what_a_template_understands_and_cannot_do_may_be_meant_otherwise() -> None:
    words = "no more sound out of you please"
    assert [found.name for found in _matcher().understood(words, NOW)] == ["memory.correct"]
    decided = loaded.decided(_skills(), words, "en", here())
    assert decided and [found.name for found in decided[0]] == ["talking.mute"]
