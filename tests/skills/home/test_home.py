"""From words to Home Assistant and back, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from assistant.errors import EngineError
from assistant.skills import Action, Command, Here, Impossible
from assistant.skills import home as skill
from assistant.skills.asking.asking_back import Missing, perhaps
from assistant.skills.home import problems
from assistant.skills.home.address import Address
from assistant.skills.home.home import Home
from tests.skills.home.fake import FakeHome

_HERE = Here(datetime.now, Path(), None, None, conversation="c1")  # type: ignore[arg-type]
_PATIENCE = 20.0  # seconds until a test gives up; none takes as long


class Watched(Home):
    """Tells when its link has read the registry, or failed."""

    def __init__(self, place: Address) -> None:
        self.news = threading.Condition()
        super().__init__(place)
        self.link.first_wait = self.link.longest_wait = 0.01
        self.link.settles = 0.0

    def _changed(self, registry) -> None:
        super()._changed(registry)
        with self.news:
            self.news.notify_all()

    def until(self, is_so: Callable[[], bool]) -> None:
        with self.news:
            for _ in range(int(_PATIENCE / 0.01)):
                if is_so():
                    return
                self.news.wait(0.01)
        raise AssertionError(f"it never came to be; the link says {self.link.problem!r}")


@pytest.fixture
def fake() -> Iterator[FakeHome]:
    with FakeHome() as home:
        yield home


@pytest.fixture
def home(fake: FakeHome) -> Iterator[Watched]:
    yield from _home(fake)


def _home(fake: FakeHome, area: str = "", token: str = "") -> Iterator[Watched]:
    home = Watched(Address(fake.url, token or fake.token, area))
    home.link.start()
    if not token:
        home.until(lambda: home.registry is not None and not home.link.problem)
    yield home
    home.link.stop()
    home.link.join(_PATIENCE)
    assert not home.link.is_alive()


def _said(home: Home, words: str, language: str = "en") -> str | None:
    action = _action(home, words, language)
    assert not action.ask
    return asyncio.run(action.do()) if action.do else action.say


def _action(home: Home, words: str, language: str = "en") -> Action:
    command = home.match(words, language)
    assert command is not None and command.words == words
    action = home.run(command.words, language, "c1")
    assert action is not None
    return action


def test_a_sentence_is_done_by_home_assistant_which_says_what_it_did(home: Watched, fake: FakeHome) -> None:
    assert _said(home, "Turn on the desk lamp, please.") == "HassTurnOn done"
    assert fake.states["light.desk"] == "on"
    assert fake.bodies[0] == {
        "text": "Turn on the desk lamp, please.",
        "language": "en",
        "agent_id": "conversation.home_assistant",
    }


def test_nothing_happens_before_it_is_done(home: Watched, fake: FakeHome) -> None:
    _action(home, "turn on the desk lamp")
    assert not fake.said and fake.states["light.desk"] == "off"


def test_the_next_sentence_names_their_conversation(home: Watched, fake: FakeHome) -> None:
    _said(home, "turn on the desk lamp")
    _said(home, "turn off the desk lamp")
    assert fake.bodies[1]["conversation_id"] == "01THEIRS"


def test_names_are_those_of_the_registry(home: Watched) -> None:
    command = home.match("turn on the night light", "en")
    assert command and command.values == {"intent": "HassTurnOn", "name": "Night Light"}
    assert home.registry is not None
    assert [entity.id for entity in home.registry.find("Night Light")] == ["light.bedroom"]
    assert home.registry.find(area="Office", domains=["light"])[0].id == "light.desk"  # its device's area
    assert len(home.registry.entities) == 24


@pytest.mark.parametrize(
    "words",
    [
        "turn on the fountain",  # not exposed
        "what is the capital of France",
        "the lights in the kitchen are beautiful",
        "set a timer for five minutes",
        "add milk to the shopping list",
        "what time is it",
        "never mind",
        "play chess with me",
        "next",
        "",
        "x" * 5000,
        "turn on the desk lamp " * 20,
    ],
)
def test_other_words_are_not_for_the_home(home: Watched, words: str) -> None:
    assert home.match(words, "en") is None


def test_what_is_not_there_is_answered_in_their_words(home: Watched, fake: FakeHome) -> None:
    assert _said(home, "turn on the attic light") == "Sorry, I am not aware of any such device"
    assert fake.said == ["turn on the attic light"]


def test_another_language_has_its_own_templates(home: Watched, fake: FakeHome) -> None:
    home.until(lambda: home.match("tänd lampan i Kitchen", "sv") is not None)
    _said(home, "tänd lampan i Kitchen", "sv")
    assert fake.states["light.kitchen_ceiling"] == "on" and fake.bodies[0]["language"] == "sv"
    assert _action(home, "lås upp Front Door", "sv").ask == "lås upp Front Door?"
    assert home.match("turn on the desk lamp", "xx") is None


@pytest.mark.parametrize(
    "words,question",
    [
        ("unlock the front door", "Shall I unlock the Front Door?"),
        ("Please open the garage door", "Shall I open the Garage Door?"),
        ("set the garage door to 50%", "Shall I open the Garage Door?"),
        ("turn on the gate opener", "Shall I turn on the Gate Opener?"),
        ("unlock the cellar door", "Shall I unlock the cellar door?"),  # not in the registry
        ("lock the front door", ""),
        ("close the garage door", ""),
        ("open the office blinds", ""),
        ("is the front door locked", ""),
        ("turn on the coffee machine", ""),
    ],
)
def test_what_lets_somebody_in_is_asked_first(home: Watched, words: str, question: str) -> None:
    assert _action(home, words).ask == question


def test_it_is_done_after_the_yes(home: Watched, fake: FakeHome) -> None:
    action = _action(home, "unlock the front door")
    assert action.do and not action.say
    asyncio.run(action.do())
    assert fake.states["lock.front"] == "unlocked"


def test_two_of_one_name_are_both_looked_at(fake: FakeHome) -> None:
    fake.names["light.desk"] = "Garage Door"
    for home in _home(fake):
        assert _action(home, "turn on the garage door").ask == "Shall I open the Garage Door?"


def test_no_proxy_hears_of_a_home_nearby(fake: FakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "ws_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for home in _home(fake):
        assert _said(home, "turn on the desk lamp") == "HassTurnOn done"


@pytest.mark.parametrize("answer, area", [("The kitchen, please.", "Kitchen"), ("tell me a joke", ""), ("lovely", "")])
def test_a_room_that_is_not_named_may_be_named_next(home: Watched, answer: str, area: str) -> None:
    with pytest.raises(Impossible) as asked:
        _action(home, "turn on the lights")
    assert isinstance(asked.value.asks_back, Missing)

    def understand(words: str) -> tuple[Command, ...]:
        return tuple(filter(None, [home.match(words, "en")]))

    found = perhaps(asked.value.asks_back, answer, understand)
    assert [command.values["area"] for command in found] == ([area] if area else [])


def test_a_room_that_is_not_named_is_asked_for(home: Watched) -> None:
    with pytest.raises(Impossible, match="In which room"):
        home.run("turn on the lights", "en", "")


def test_a_room_that_is_not_named_is_the_one_where_it_stands(fake: FakeHome) -> None:
    for home in _home(fake, area="Living Room"):
        assert _said(home, "turn on the lights") == "Done."
        assert fake.calls == [("light", "turn_on", {"entity_id": ["light.living_room", "light.sofa"]})]
        assert _said(home, "what's the temperature") == "21 degrees."
        assert _said(home, "pause the music") == "Done."
        assert fake.calls[-1] == ("media_player", "media_pause", {"entity_id": ["media_player.tv"]})
        assert home.match("stop", "en") is None and home.match("play chess with me", "en") is None


@pytest.mark.parametrize(
    "words,service,ids,data",
    [
        ("turn off the kitchen radio", "media_player.turn_off", "radio", {}),
        (
            "set the kitchen brightness to 30%",
            "light.turn_on",
            "kitchen_ceiling kitchen_counter",
            {"brightness_pct": 30},
        ),
        ("set the desk lamp to red", "light.turn_on", "desk", {"color_name": "red"}),
        ("close the left curtain", "cover.close_cover", "curtain", {}),
        ("set the office blinds to 40%", "cover.set_cover_position", "blinds", {"position": 40}),
        ("set the bedroom temperature to 19 degrees", "climate.set_temperature", "bedroom", {"temperature": 19}),
        ("lock the front door", "lock.lock", "front", {}),
        ("movie night", "scene.turn_on", "movie", {}),
        ("run the bin reminder script", "script.turn_on", "bins", {}),
        ("pause the telly", "media_player.media_pause", "tv", {}),
        ("next track on the kitchen radio", "media_player.media_next_track", "radio", {}),
        ("set the kitchen radio volume to 20%", "media_player.volume_set", "radio", {"volume_level": 0.2}),
        ("mute the telly", "media_player.volume_mute", "tv", {"is_volume_muted": True}),
        ("return robbie to base", "vacuum.return_to_base", "robot", {}),
        ("start robbie", "vacuum.start", "robot", {}),
        ("set the ceiling fan speed to 50%", "fan.set_percentage", "bedroom", {"percentage": 50}),
    ],
)
def test_services_do_it_where_sentences_cannot(
    home: Watched, fake: FakeHome, words: str, service: str, ids: str, data: dict
) -> None:
    fake.has_conversation = False
    assert _said(home, words) == "Done."
    domain, name = service.split(".")
    assert fake.calls == [(domain, name, {"entity_id": [f"{domain}.{id}" for id in ids.split()], **data})]


def test_services_do_it_where_home_assistant_has_not_learned_the_sentence(home: Watched, fake: FakeHome) -> None:
    fake.fault = "misunderstands"
    assert _said(home, "turn on the desk lamp") == "Done."
    assert fake.calls == [("light", "turn_on", {"entity_id": ["light.desk"]})]


@pytest.mark.parametrize(
    "words,answer",
    [
        ("which windows are open?", "Kitchen Window."),
        ("are any windows open?", "Yes, Kitchen Window."),
        ("are all the windows closed?", "No, not Kitchen Window."),
        ("how many lights are on?", "1"),
        ("is the front door locked?", "Yes."),
        ("is the garage door open?", "No."),
        ("what's the temperature in the bedroom?", "17.5 degrees."),
        ("what is the outside temperature", "Outside Temperature: 4 °C."),
        ("what's the weather like", "Sunny, 4 degrees."),
    ],
)
def test_states_answer_where_sentences_cannot(home: Watched, fake: FakeHome, words: str, answer: str) -> None:
    fake.has_conversation = False
    assert _said(home, words) == answer


def test_warmer_is_warmer_than_what_is_set(home: Watched, fake: FakeHome) -> None:
    assert _said(home, "make it a bit warmer in the living room") == "Done."
    assert fake.calls == [("climate", "set_temperature", {"entity_id": ["climate.living_room"], "temperature": 21.5})]
    with pytest.raises(EngineError, match="cannot do that"):
        _said(home, "make it a bit warmer in the bedroom")  # nothing is set there


def test_home_assistant_is_told_what_it_understands(home: Watched, fake: FakeHome) -> None:
    _said(home, "Hey, would you mind switching off the desk lamp?")
    _said(home, "which lights are still on?")
    assert fake.said == ["switch off the desk lamp", "which lights are on"]


def test_other_phrasings_are_done_by_services(home: Watched, fake: FakeHome) -> None:
    assert _said(home, "could you kill the lights in the kitchen please") == "Done."
    assert not fake.said and fake.calls[0][:2] == ("light", "turn_off")
    assert _said(home, "did I leave the garage open?") == "No."


@pytest.mark.parametrize(
    "fault,sentence",
    [
        ("junk", problems.STRANGE),
        ("error", "Home Assistant could not do that: it reports error 500."),
        ("redirect", problems.ELSEWHERE),
    ],
)
def test_a_failure_is_one_sentence(home: Watched, fake: FakeHome, fault: str, sentence: str) -> None:
    with FakeHome() as other:
        fake.elsewhere, fake.fault = other.url, fault
        with pytest.raises(EngineError) as raised:
            _said(home, "turn on the desk lamp")
        assert str(raised.value) == sentence
        assert not other.tokens


def test_a_server_that_hangs_is_given_up(home: Watched, fake: FakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.skills.home.asking.TIMEOUT", 0.05)
    fake.fault = "hang"
    with pytest.raises(EngineError, match="does not answer"):
        _said(home, "turn on the desk lamp")


def test_a_server_that_died_is_told_and_found_again(home: Watched, fake: FakeHome) -> None:
    fake.die()
    with pytest.raises(EngineError, match="cannot reach"):
        _said(home, "turn on the desk lamp")
    home.until(lambda: home.link.problem == problems.UNREACHABLE)
    fake.live()
    home.until(lambda: not home.link.problem)
    assert _said(home, "turn on the desk lamp") == "HassTurnOn done"


def test_long_and_strange_answers_are_cut_and_cleaned(home: Watched, fake: FakeHome) -> None:
    fake.speech = "Do\x1bne. " * 1000
    assert (said := _said(home, "turn on the desk lamp")) and len(said) == 600 and "\x1b" not in said
    fake.speech = ""
    assert _said(home, "turn on the desk lamp") == "Done."


def test_the_whole_skill_from_its_environment(fake: FakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_ASSISTANT_URL", fake.url + "/")
    monkeypatch.setenv("HOME_ASSISTANT_TOKEN", fake.token)
    skill.close()
    skill.start()
    threads = threading.Event()
    for _ in range(int(_PATIENCE / 0.01)):
        command = skill.match("turn on the desk lamp", "en", _HERE)
        if command and command.values:
            break
        threads.wait(0.01)
    assert command and command.values == {"intent": "HassTurnOn", "name": "Desk Lamp"}
    for asked in (command, Command("home", {"words": "turn on the sofa lamp"}, "make it cosy in here")):
        action = skill.run(asked, _HERE)
        assert action and action.do
        assert asyncio.run(action.do()) == "HassTurnOn done"
    assert fake.states["light.desk"] == fake.states["light.sofa"] == "on"
    skill.close()
