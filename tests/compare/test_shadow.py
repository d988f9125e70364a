"""The shadow: every arm answers every turn, never while anybody speaks, and nothing is lost when it is disturbed."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from assistant import events
from assistant.cli import main, parsed
from assistant.cli.compare import live
from assistant.compare import shadow
from assistant.compare.answerer import Answered
from assistant.compare.replay import in_shadow, recorded
from assistant.compare.shadow import Interrupted, Quiet, Shadow, remembered
from assistant.config import LlmSettings
from assistant.errors import EngineError
from assistant.journal import record
from assistant.llm import Completion, Message, llama
from tests.data import tiny_gguf
from tests.scene import Scene
from tests.scripted import Say

FIRST, SECOND = Say(1.0, "how old is the bridge", 1.0), Say(9.0, "and who built it", 1.0)


@dataclass
class SlowArm:
    """Takes a while for an answer, and notes from when to when it worked."""

    seconds: float = 1.0
    worked: list[tuple[float, float]] = field(default_factory=list)
    asked: list[tuple[str, list[Message]]] = field(default_factory=list)
    error: EngineError | None = None

    async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.worked.append((began, loop.time()))
        if self.error:
            raise self.error
        self.asked.append((question, list(history)))
        return Answered(f"About {question}.", "answered", confidence=0.5)


@dataclass
class ShadowedScene(Scene):
    arms: dict[str, SlowArm] = field(default_factory=lambda: {"rag": SlowArm(), "tuned": SlowArm()})
    path: Path = Path()
    stops: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    to_the_end: bool = True

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        self.shadow = Shadow(
            self.arms,
            dict.fromkeys(self.arms, "key"),
            "settings",
            self.path,
            self.told.append,
            lambda: self.stops.append(loop.time()),
        )
        self.on_event = lambda _, event: self.shadow(event, "talk")
        await super()._play()
        if self.to_the_end:
            await self.shadow.finished()
        else:
            self.shadow.end()

    @property
    def rows(self) -> list[dict]:
        return list(shadow.read(self.path))


def busy(scene: Scene) -> list[tuple[float, float]]:
    """From when to when the conversation was not just listening."""
    changes = [(at, event.state) for at, event in scene.events if isinstance(event, events.StateChanged)]
    return [
        (at, following)
        for (at, state), (following, _) in zip(changes, [*changes[1:], (scene.ended, "")])
        if state != "listening"
    ]


def test_every_arm_answers_every_turn_and_all_is_written_down(tmp_path: Path) -> None:
    played = ShadowedScene([FIRST, SECOND], path=tmp_path / "s.jsonl").play()
    assert [(row["arm"], row["turn"], row["question"]) for row in played.rows] == [
        ("rag", 1, FIRST.text),
        ("tuned", 1, FIRST.text),
        ("rag", 2, SECOND.text),
        ("tuned", 2, SECOND.text),
    ]
    assert (
        played.rows[0] | {"conversation": "talk", "key": "key", "text": f"About {FIRST.text}.", "confidence": 0.5}
        == played.rows[0]
    )
    assert played.shadow.counts == {"rag": 2, "tuned": 2}


def test_the_shadow_knows_what_was_heard_before(tmp_path: Path) -> None:
    played = ShadowedScene([FIRST, SECOND], ["It is old."], path=tmp_path / "s.jsonl").play()
    (_, nothing), (_, history) = played.arms["rag"].asked
    assert nothing == []
    assert history == [Message("user", FIRST.text), Message("assistant", "It is old.")]


def test_nobody_works_in_the_shadow_while_anybody_speaks(tmp_path: Path) -> None:
    arms = {"rag": SlowArm(3.0), "tuned": SlowArm(3.0)}
    says = [FIRST, Say(5.0, "and who built it", 1.0)]
    played = ShadowedScene(says, until=30.0, arms=arms, path=tmp_path / "s.jsonl").play()
    assert len(played.rows) == 4
    for arm in arms.values():
        for began, ended in arm.worked:
            assert not any(began < later and earlier < ended for earlier, later in busy(played))


def test_a_disturbed_answer_is_stopped_at_once_and_given_later(tmp_path: Path) -> None:
    arms = {"tuned": SlowArm(4.0)}
    says = [FIRST, Say(6.0, "and who built it", 1.0)]
    played = ShadowedScene(says, until=30.0, arms=arms, path=tmp_path / "s.jsonl").play()
    disturbed = arms["tuned"].worked[0]
    assert disturbed[1] - disturbed[0] < 4.0
    assert disturbed[1] == pytest.approx(played.time_of("hearing", 2), abs=1e-6)
    assert played.time_of("hearing", 2) in played.stops
    assert [row["turn"] for row in played.rows] == [1, 2]


def test_the_conversation_runs_just_as_without_a_shadow(tmp_path: Path) -> None:
    alone = Scene([FIRST, SECOND]).play()
    shadowed = ShadowedScene([FIRST, SECOND], path=tmp_path / "s.jsonl").play()
    assert [turn.timings for turn in shadowed.turns] == [turn.timings for turn in alone.turns]


def test_what_the_talk_ends_before_is_answered_when_it_is_asked_for(tmp_path: Path) -> None:
    played = ShadowedScene([FIRST], until=3.2, path=tmp_path / "s.jsonl").play()
    assert len(played.rows) == 2 and not played.shadow.due


def test_what_the_talk_ends_before_is_counted_when_nobody_waits_for_it(tmp_path: Path) -> None:
    arms = {"rag": SlowArm(1.0), "tuned": SlowArm(60.0)}
    played = ShadowedScene([FIRST, SECOND], until=12.0, arms=arms, path=tmp_path / "s.jsonl", to_the_end=False).play()
    assert played.shadow.turns == 2
    assert {arm: played.shadow.counts[arm] + played.shadow.due[arm] for arm in arms} == {"rag": 2, "tuned": 2}
    assert played.shadow.due["tuned"] == 2 and played.stops[-1] == pytest.approx(played.ended, abs=0.1)


def test_replay_finds_the_answers_to_the_turns_that_the_journal_tells_of(tmp_path: Path) -> None:
    """After an interruption, too, both know the same words that were heard before."""
    says = [FIRST, Say(6.0, "wait", 1.0), Say(14.0, "and who built it", 1.0)]
    replies = ["It is old. It is so very old that nobody can tell. It stands there still."] * 3
    played = ShadowedScene(says, replies, until=40.0, path=tmp_path / "s.jsonl").play()
    turns = recorded([record(turn, "talk") for turn in played.turns])
    assert "interrupted" in [turn.outcome for turn in played.turns]
    keys = {"rag": "key", "other name": "key", "tuned": "changed since"}
    found = in_shadow(turns, keys, "settings", played.rows)
    assert [(answer["arm"], answer["question"]) for answer in found if answer["arm"] != "other name"] == [
        ("rag", turn.question.id) for turn in turns
    ]
    assert len(found) == 2 * len(turns) and found[-1]["text"].startswith("About ")
    assert found[0]["seconds"] is None and found[0]["cpu"] is None  # of a thread that gave way to everything
    assert in_shadow(turns, keys, "other settings", played.rows) == []
    turns[-1].question.history[0]["content"] = "something else"
    assert len(in_shadow(turns, keys, "settings", played.rows)) == 2 * (len(turns) - 1)


def test_an_arm_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    arms = {"rag": SlowArm(error=EngineError("no memory; free some")), "tuned": SlowArm()}
    played = ShadowedScene([FIRST], arms=arms, path=tmp_path / "s.jsonl").play()
    assert [row["arm"] for row in played.rows] == ["tuned"]
    assert played.told == ["rag did not answer in the shadow: no memory; free some"]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    played = ShadowedScene([FIRST], arms={"tuned": SlowArm()}, path=tmp_path / "file" / "s.jsonl").play()
    assert "cannot be written" in played.told[0]


def test_a_cough_is_no_turn(tmp_path: Path) -> None:
    assert ShadowedScene([Say(1.0, "", 0.4)], path=tmp_path / "s.jsonl").play().rows == []


@pytest.mark.parametrize(
    "outcome, count", [("answered", 2), ("interrupted", 2), ("refused", 2), ("unknown", 0), ("unsure", 0)]
)
def test_history_is_what_the_conversation_remembers(outcome: str, count: int) -> None:
    assert len(remembered("a question", "an answer", outcome)) == count


def test_a_real_model_stops_at_a_token_when_it_is_told(tmp_path: Path) -> None:
    """The tiny model writes on and on; it is told to stop when it has written its first tokens."""
    engine = llama.load(LlmSettings(model=str(tiny_gguf()), threads=1, max_tokens=400), lambda _: None)
    try:
        quiet = Quiet(engine)
        asked: list[int] = []

        class Counting:
            name, warm, close = engine.name, engine.warm, engine.close

            def answer(self, messages: Sequence[Message], cancelled) -> Completion:
                def told() -> bool:
                    asked.append(1)
                    if len(asked) == 8:
                        quiet.stop()
                    return cancelled()

                return engine.answer(messages, cancelled=told)

        quiet = Quiet(Counting())
        outcome: list[object] = []

        def work() -> None:
            try:
                outcome.append(quiet.answer([Message("system", "Tell."), Message("user", "Once")]))
            except Interrupted as error:
                outcome.append(error)

        thread = Thread(target=work)
        thread.start()
        thread.join()
        assert isinstance(outcome[0], Interrupted) and len(asked) == 8
        del asked[:]
        asked += [0] * 8  # not told again: the next answer is whole
        assert len(quiet.answer([Message("system", "Tell."), Message("user", "Once")]).tokens) > 20
    finally:
        engine.close()


def test_the_command_talks_with_one_arm_and_answers_with_the_other(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.audio.devices.missing", lambda settings: "there is no microphone on this machine")
    arms = ["--arm", f"one:model={tiny_gguf()}", "--arm", f"two:model={tiny_gguf()}"]
    settings = [f"--set=journal.path={tmp_path / 'j.jsonl'}", "--set=llm.max_tokens=8", "--set=stt.engine=moonshine"]
    assert main(["compare", "live", *arms, *settings, "--or-sample", "--plain"]) == 0
    (turn,) = map(json.loads, (tmp_path / "j.jsonl").read_text().splitlines())
    (answer,) = shadow.read(shadow.location(tmp_path / "j.jsonl"))
    assert (answer["conversation"], answer["turn"], answer["arm"]) == (turn["conversation"], turn["turn"], "two")
    assert "two answered 1 of 1 turns in the shadow" in capsys.readouterr().out


def test_at_the_end_is_told_what_is_left_and_the_command_that_compares_the_same_arms_on_these_turns(
    tmp_path, capsys
) -> None:
    arms = {"tuned": SlowArm(60.0)}
    played = ShadowedScene([FIRST, SECOND], until=12.0, arms=arms, path=tmp_path / "s.jsonl", to_the_end=False).play()
    args = parsed(
        [
            "compare",
            "live",
            "--arms",
            "rag,tuned",
            "--tuned",
            "my run",
            "--set",
            "llm.seed=3",
            "--arm",
            "x:model=a b.gguf",
            "--push-to-talk",
        ]
    )
    live._tell(args, played.shadow)
    out = capsys.readouterr().out
    assert "tuned answered 0 of 2 turns in the shadow; 2 left when the talk ended" in out
    command = shlex.split(out.splitlines()[-1].partition("the report: ")[2])
    told = parsed(command[1:])
    assert (told.action, told.conversation, told.number) == ("replay", "talk", 0)
    assert (told.arms, told.tuned, told.arm, told.set) == (args.arms, args.tuned, args.arm, args.set)


def test_without_a_journal_there_is_nothing_to_compare_with(capsys) -> None:
    assert main(["compare", "live", "--set", "journal.enabled=false"]) == 2
    assert "[journal] enabled" in capsys.readouterr().err
