import asyncio
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant import llm
from assistant.bench import bfcl, home_sentences, memory, tools
from assistant.bench.result import show, write
from assistant.bench.tools import deciding, first_sound, held_out, home, judge, meanings
from assistant.bench.tools.held_out import Sentence
from assistant.bench.tools.judge import Case, Decision
from assistant.config import Settings
from assistant.errors import AssistantError, UsageError
from assistant.llm import Message
from assistant.skills import Action, Before, Command, Here, Impossible

SENTENCES = held_out.sentences()
PASTA = Sentence("Pasta, five minutes.", "command", "timer.set", {"seconds": 300, "name": "pasta"})
NOW = held_out.moment().now
ITEMS = ["milk", "eggs", "tea"]
LAMPS = {"light.floor_lamp", "light.reading_lamp"}


class Scripted:
    """Understands "five" as five minutes for pasta, "never" as what cannot be, "maybe" as nothing after all."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def understood(self, words: str, language: str, here: Here, before: Before) -> tuple[tuple[Command, ...], ...]:
        timer = Command("timer.set", {"duration": timedelta(minutes=5), "name": "pasta"}, words)
        return tuple(
            [(Command("maybe", {}, words),)] * ("maybe" in words)
            + [(timer,)] * ("five" in words)
            + [(Command("alarm.set", {}, words),)] * ("never" in words)
        )

    def run(self, asked: Command, here: Here) -> Action | None:
        if asked.name == "maybe":
            return None
        if asked.name == "alarm.set":
            raise Impossible("There is no such time.")

        async def do() -> None:
            self.done.append(asked.words)

        return Action("The pasta timer is set for 5 minutes.", do)


def here(folder: Path) -> Here:
    return Here(lambda: NOW, folder, deciding.Controls(), timekeeper=None)  # type: ignore[arg-type]  # nothing asks it


def decided(words: str, tmp_path: Path, sentence: Sentence = PASTA, way: str = "text") -> Case:
    return deciding.judge(Scripted(), here(tmp_path), [(sentence, way, words)], home.load())[0]


def at_home(intent: str, **slots: str) -> Command:
    return Command("home", {"intent": intent, **slots})


def case(sentence: Sentence, decision: Decision | None, way: str = "text") -> Case:
    return Case(sentence, way, sentence.text, decision, 0.001)


def figures(*cases: Case) -> dict[str, judge.Figure]:
    return {row.name.partition(" (")[0]: row for row in judge.rows(cases)}


# ---- the sets --------------------------------------------------------------------------------------------------


def test_the_sets_are_as_large_as_was_promised_and_no_sentence_comes_twice():
    groups = Counter(sentence.group for sentence in SENTENCES)
    assert groups == {"command": 240, "questions": 150, "chat": 150, "near": 60}
    assert len({sentence.text for sentence in SENTENCES}) == len(SENTENCES)
    commands = [sentence for sentence in SENTENCES if sentence.group == "command"]
    assert set(Counter(sentence.who for sentence in commands).values()) == {6}
    assert len({sentence.kind.partition(".")[0] for sentence in commands}) >= 12
    assert len(held_out.attacks()) >= 40 and len({attack.text for attack in held_out.attacks()}) >= 40


def test_each_kind_and_value_can_be_told_by_the_program():
    """A sentence whose kind or value no command can have would always be a miss."""
    kinds = {kind for kind, _ in meanings.KINDS.values()} | judge.ONE_KIND.keys()
    beside = {"answer", "by", "all", "list", "amount", "of", "to"}
    for sentence in SENTENCES:
        if sentence.group == "command" and not sentence.kind.startswith("home."):
            assert sentence.kind in kinds
            told = {*meanings.FIELDS.get(sentence.kind, {}).values(), *beside}
            assert told >= sentence.values.keys()


def test_the_homes_entities_are_those_that_sentences_ask_for():
    ids = {entity.id for entity in home.load()}
    assert len(ids) == 25 and len({area for entity in home.load() for area in entity.areas[:1]}) == 6
    for sentence in SENTENCES:
        assert ids >= set(sentence.values.get("entities", ()))


def test_days_are_those_of_the_calendar_and_lie_ahead():
    found = [
        value
        for sentence in SENTENCES
        for value in sentence.values.values()
        if isinstance(value, str) and value[:2] == "20"
    ]
    assert len(found) > 40 and NOW.weekday() == 2
    assert all(date.fromisoformat(value[:10]) >= NOW.date() for value in found)


def test_what_was_heard_is_of_these_sentences(monkeypatch):
    heard = held_out.heard()
    assert Counter(row.voice for row in heard) == {"piper": 600, "espeak": 600}
    assert sum(row.said == row.heard for row in heard if row.voice == "piper") < 600
    monkeypatch.setattr(held_out, "sentences", lambda: [*SENTENCES, PASTA])
    with pytest.raises(UsageError, match="has not 'Pasta, five minutes.'.* record it anew"):
        held_out.heard()


def test_without_a_checkout_the_error_says_what_is_needed(monkeypatch, tmp_path):
    for root in (None, tmp_path):
        monkeypatch.setattr(held_out, "checkout", lambda root=root: root)
        with pytest.raises(UsageError, match="needs a checkout with tests/skills/held_out"):
            held_out.sentences()


# ---- right or not ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "wanted", "found", "say", "right"),
    [
        ("timer.set", {"seconds": 300}, {"seconds": 300.0, "name": ""}, "", True),
        ("timer.set", {"seconds": 300}, {"seconds": 300, "name": "for the"}, "", False),
        ("timer.set", {"seconds": 300}, {"seconds": 3000}, "", False),
        ("timer.set", {"seconds": 300, "name": "pasta"}, {"seconds": 300, "name": "the pasta"}, "", True),
        ("timer.set", {"seconds": 300, "name": "pasta"}, {"seconds": 300, "name": "pastor"}, "", False),
        ("timer.cancel", {"all": True}, {"all": True}, "", True),
        ("timer.cancel", {"all": True}, {}, "", False),
        ("clock.until", {"to": "2026-12-24"}, {"to": "2026-12-24T00:00:00+01:00"}, "", True),
        ("alarm.set", {"at": "2026-12-03T07:30"}, {"at": "2026-12-03T19:30:00+01:00"}, "", False),
        ("list.add", {"items": ["milk", "oat bran"]}, {"items": ["Oat bran", "some milk"]}, "", True),
        ("list.add", {"items": ["milk", "oat bran"]}, {"items": ["milk and oat bran"]}, "", False),
        ("list.add", {"items": ["milk"]}, {"items": ["milk", "please"]}, "", False),
        ("reminder.cancel", {"what": "dentist | call the dentist"}, {"what": "call the dentist"}, "", True),
        ("home.off", {"entities": ["light.hall"]}, {"entities": frozenset({"light.hall"})}, "", True),
        ("home.off", {"entities": ["light.hall"]}, {"entities": frozenset({"light.hall", "light.mirror"})}, "", False),
        ("sum", {"answer": 11988}, {}, "999 times 12 is 11,988.", True),
        ("sum", {"answer": 13.33}, {}, "That is about 13.3.", False),
        ("percent", {"answer": 45}, {}, "It is 45.", True),
        ("unit", {"answer": [568.26, 473.18]}, {}, "A pint is 568 millilitres.", True),
        ("unit", {"answer": 48.28}, {}, "30 miles are 30 miles.", False),
    ],
)
def test_values_are_right_when_all_that_was_said_is_there_and_nothing_else(kind, wanted, found, say, right):
    assert judge.right_values(Sentence("", "command", kind, wanted), Decision(kind, found, say)) is right


def test_heard_through_noise_a_name_may_be_a_little_off():
    found = Decision("timer.set", {"seconds": 300, "name": "pastor"})
    assert not case(PASTA, found).right and case(PASTA, found, "piper").right
    assert not case(PASTA, Decision("timer.set", {"seconds": 300, "name": "rice"}), "piper").right


def test_a_percentage_may_be_a_sum_but_a_timer_no_alarm():
    share = Sentence("", "command", "percent", {"answer": 45})
    assert case(share, Decision("sum", {}, "It is 45.")).right
    assert not case(PASTA, Decision("alarm.set", PASTA.values)).right_action


def test_talk_is_right_only_when_nothing_is_done():
    talk = Sentence("Lovely day.", "chat", "my day")
    assert case(talk, None).right and not case(talk, Decision("timer.set", {})).right
    assert case(talk, Decision("talking.who", {}, "I am your voice assistant.", does=False)).right
    assert not case(PASTA, None).right


def test_shares_are_of_their_own_way_and_bounds_are_kept():
    right, wrong = Decision("timer.set", PASTA.values), Decision("timer.ask", {})
    found = figures(
        *[case(PASTA, right)] * 9,
        case(PASTA, wrong),
        case(PASTA, None, "espeak"),
        *[case(Sentence("", "chat", "fun"), None)] * 99,
        case(Sentence("", "questions", "cooking"), right),
        case(Sentence("", "near", "home"), right),
    )
    assert found["as text: right action, right values"].p50 == 90 and found["as text: right action, right values"].met
    assert found["as text: another action"].p50 == 10 and found["as text, timer: right"].n == 10
    assert found["as text: false actions on talk"].p50 == 1 and found["as text: false actions on talk"].met is False
    assert found["as text: false actions on near misses"].p50 == 100
    assert found["as text: talk answered without the model"].p50 == 1
    assert found["spoken by espeak, 15 dB: right action, right values"].met is None
    assert found["spoken by espeak, 15 dB, of those heard word for word: right"].n == 1
    assert found["as text: CPU time of a decision"].p95 == pytest.approx(1.0)


# ---- the program's path ----------------------------------------------------------------------------------------


def test_the_first_command_that_becomes_an_action_is_the_decision(tmp_path):
    assert decided("maybe five minutes for the pasta", tmp_path).right
    assert decided("maybe", tmp_path).decision is None and decided("hello", tmp_path).decision is None


def test_what_cannot_be_is_a_decision_too(tmp_path):
    found = decided("never", tmp_path, Sentence("never", "chat", "fun"))
    assert found.decision == Decision("impossible", {}, "There is no such time.") and not found.right


def test_talk_that_is_answered_with_nothing_done_is_no_false_action(tmp_path):
    found = decided("what's my name", tmp_path, Sentence("What's my name?", "chat", "me"))
    assert found.decision and found.decision.kind == "memory.unknown" and found.right
    assert not decided("five", tmp_path, Sentence("High five!", "chat", "fun")).right


def test_a_command_that_has_no_meaning_here_is_another_action():
    found = meanings.meaning(Command("launch_rocket", {}), "", NOW, ())
    assert found.kind == "launch_rocket" and not case(PASTA, found).right_action


@pytest.mark.parametrize(
    ("command", "kind", "values"),
    [
        (Command("talking.louder"), "talk.volume", {"by": "up"}),
        (Command("timer.take", {"duration": timedelta(minutes=2)}), "timer.change", {"by": -120.0}),
        (Command("timer.change", {"duration": timedelta(minutes=2)}), "timer.change", {"to": 120.0}),
        (Command("list.add", {"items": "milk, eggs and tea"}), "list.add", {"list": "shopping", "items": ITEMS}),
        (Command("list.read", {"list": "my to do list"}), "list.read", {"list": "to-do"}),
        (at_home("HassTurnOff", area="lounge", domain="light"), "home.off", {"entities": LAMPS}),
        (at_home("HassTurnOn", name="bedroom curtains"), "home.open", {"entities": {"cover.bedroom_curtains"}}),
        (
            at_home("HassLightSet", name="desk light", brightness="40"),
            "home.brightness",
            {"entities": {"light.desk_lamp"}, "percent": 40},
        ),
        (at_home("HassMediaPause", name="telly"), "home.pause", {"entities": {"media_player.television"}}),
    ],
)
def test_names_of_the_program_are_told_in_plain_words(command, kind, values):
    found = meanings.meaning(command, "", NOW, home.load())
    assert found.kind == kind and found.values == values


def test_an_hour_from_now_is_a_moment():
    found = meanings.meaning(Command("alarm.set_after", {"duration": timedelta(hours=1)}), "", NOW, ())
    assert found.values["at"].startswith("2026-12-02T16:20")


async def _prepare(program: Scripted, folder: Path, *words: str) -> None:
    await deciding.prepare(program, here(folder), words)


def test_the_state_of_things_is_made_by_the_program_itself(tmp_path):
    program = Scripted()
    asyncio.run(_prepare(program, tmp_path, "five", "five more"))
    assert program.done == ["five", "five more"]
    with pytest.raises(AssistantError, match="'gibberish' of here.toml changes nothing"):
        asyncio.run(_prepare(program, tmp_path, "gibberish"))


def test_table_and_json_hold_no_sentence(tmp_path, monkeypatch):
    said = Sentence("a secret five", "command", "timer.set", {"seconds": 60})
    monkeypatch.setattr(held_out, "sentences", lambda: [said])
    monkeypatch.setattr(deciding, "load", lambda folder: (Scripted(), here(folder)))
    misses = tmp_path / "misses.tsv"
    found = tools.run(Settings(), tools.Options(only="text", misses=misses))
    text = write(found, tmp_path).read_text()
    assert json.loads(text)["details"][0]["found"] == "timer.set" and "secret" not in text + show(found)
    assert (
        misses.read_text().startswith("text\ttimer.set\t{'seconds': 60}\ttimer.set\t")
        and "secret" in misses.read_text()
    )
    with pytest.raises(UsageError, match="--misses .* cannot be written"):
        tools.run(Settings(), tools.Options(only="text", misses=tmp_path))
    with pytest.raises(UsageError, match="--only speed: is no part of this measurement; name one of text, heard"):
        tools.run(Settings(), tools.Options(only="speed"))


def test_home_sentences_are_a_share_with_its_bound(monkeypatch):
    monkeypatch.setattr(home_sentences, "run", lambda folder: (96, 100, [f"a miss in {folder}"]))
    found = tools.PARTS["home"](Settings(), tools.Options(ha_tests=Path("x")), ())
    assert found.rows[0].p50 == 96 and found.rows[0].met is False and found.misses == ["home\ta miss in x"]
    with pytest.raises(UsageError, match="needs --ha-tests"):
        tools.PARTS["home"](Settings(), tools.Options(), ())


def test_calls_are_counted_for_a_model_that_knows_the_answers_and_for_the_one_of_the_settings(tmp_path, monkeypatch):
    class Silent:
        name, calls_tools = "silent", True

        async def reply(self, messages, tools=()):
            yield "No."

        def close(self) -> None: ...

    questions = {
        "simple": ("what is the weather in Rome", [{"weather": {"city": ["Rome"]}}]),
        "irrelevance": ("sing", []),
    }
    monkeypatch.setattr(bfcl, "KINDS", tuple(questions))
    monkeypatch.setattr(bfcl, "questions", lambda place, kind, most=None: [_question(kind, *questions[kind])])
    monkeypatch.setattr(llm, "load", lambda settings, notice: Silent())
    found = tools.PARTS["bfcl"](Settings(), tools.Options(bfcl=tmp_path), ())
    assert [(row.name, row.p50) for row in found.rows] == [
        ("BFCL simple, the right answers: right", 100),
        ("BFCL simple, the right answers: calls that parse", 100),
        ("BFCL irrelevance, the right answers: right", 100),
        ("BFCL simple, silent: right", 0),
        ("BFCL irrelevance, silent: right", 100),
    ]


def _question(kind: str, text: str, truth: list) -> bfcl.Question:
    city = {"type": "dict", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    function = {"name": "weather", "description": "", "parameters": city}
    return bfcl.Question(text, kind, (Message("user", text),), (function,), tuple(truth))


def test_facts_are_measured_and_only_the_misses_hold_their_words(monkeypatch):
    told = [
        memory.Told("Remember that my sister is called Anna.", "What's my sister's name?", "Anna"),
        memory.Told("Remember that my bicycle is green.", "Who is the mayor of Rome?", "green"),
    ]
    monkeypatch.setattr(memory, "held_out", lambda: told)
    monkeypatch.setattr(memory, "TURNS", 4)
    monkeypatch.setattr(memory.knowledge, "question_embedder", lambda rag: None)
    found = tools.PARTS["memory"](Settings(), tools.Options(), ())
    recalled = next(row for row in found.rows if row.name == "recalled, words alone")
    assert (recalled.n, recalled.p50) == (2, 50)
    assert not any(word in str(found.details) for word in ("Anna", "bicycle", "mayor"))
    assert "bicycle" in found.misses[0] and not any("Anna" in line for line in found.misses)


# ---- the time to the first sound -------------------------------------------------------------------------------


def test_commands_that_the_model_answered_are_no_quick_commands():
    turn = {"kind": "command", "answered": True, "without_model": True, "voice_to_voice": 0.3}
    asked = {**turn, "kind": "question", "without_model": False, "voice_to_voice": 0.4}
    found = first_sound.rows([turn, turn, {**turn, "without_model": False, "voice_to_voice": 9.0}, asked, asked])
    assert found[0].largest == 0.3 and found[2].p50 == 1 and found[2].met is False
    assert found[3].p50 == pytest.approx(0.75) and found[3].met
    assert not first_sound.rows([{**turn, "voice_to_voice": 0.5}, asked])[-1].met
