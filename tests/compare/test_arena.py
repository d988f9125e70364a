"""The arena: votes go to whom they are meant for, whatever the order; whose answer it is, only the end tells."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.audio.files import WavSpeaker
from assistant.cli import main
from assistant.compare import votes
from assistant.compare.answerer import Answered, Answerer
from assistant.compare.arena import Arena, Ears, Listener, Reader, blinded
from assistant.compare.arms import Arm
from assistant.compare.votes import standing
from assistant.config import GuardSettings, RagSettings, Settings
from assistant.errors import EngineError
from assistant.llm import Message
from assistant.retrieved import Retrieved
from assistant.safety import Policy
from tests import virtual_clock
from tests.compare.test_answerer import FOUND, PASSAGE, ScriptedDocuments, ScriptedEngine
from tests.data import tiny_gguf
from tests.scripted import Say, ScriptedMicrophone, ScriptedStt, ScriptedTts, is_speech

NOTHING = Retrieved("q", True, "", (), 0.1)
KEYS = {"base": "k1", "tuned": "k2", "rag": "k3"}


@dataclass
class ScriptedArm:
    says: str
    seconds: float = 0.1
    asked: list[str] = field(default_factory=list)

    async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered:
        await asyncio.sleep(self.seconds)
        self.asked.append(question)
        return Answered(self.says, "answered")


@dataclass
class Typist:
    """Types these lines; "better X" votes for the answer that holds X, wherever it stands."""

    lines: list[str]
    spoken = False
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def hear(self, prompt: str) -> str | None:
        if not self.lines:
            return None
        line = self.lines.pop(0)
        if line.startswith("better "):
            return "first" if line.removeprefix("better ") in self.shown[-2] else "second"
        return line

    async def present(self, number: int, answer: str) -> None:
        self.shown.append(answer)

    async def announce(self, text: str) -> None:
        self.notice(text)

    def notice(self, text: str) -> None:
        self.notes.append(text)


def arena(tmp_path: Path, lines: list[str], seed: int = 0, **says: str) -> Arena:
    says = says or {"base": "It is red.", "tuned": "Arr, it be red!"}
    arms = {name: ScriptedArm(text) for name, text in says.items()}
    return Arena(arms, KEYS, tmp_path / "votes.jsonl", Typist(lines), random.Random(seed))


@pytest.mark.parametrize("seed", range(4))
def test_the_arm_that_is_liked_better_wins_in_whichever_order_it_is_shown(tmp_path: Path, seed: int) -> None:
    virtual_clock.run(arena(tmp_path, ["what colour is it", "better Arr"] * 12, seed).run())
    casts = list(votes.read(tmp_path / "votes.jsonl"))
    assert {(cast.first, cast.second) for cast in casts} == {("base", "tuned"), ("tuned", "base")}
    found = standing(casts)
    assert found.votes == 12 and found.ratings.gaps[0].better == "tuned" and found.ratings.gaps[0].more == 0


def test_nothing_that_is_shown_names_an_arm(tmp_path: Path) -> None:
    played = arena(tmp_path, ["what colour is it", "first", "and now", "nonsense", "tie"])
    virtual_clock.run(played.run())
    told = " ".join([*played._person.notes, *played._person.shown])
    assert len(played.casts) == 2 and not {"base", "tuned"} & set(told.split())
    assert all("first was" in line for line in played.revealed())


def test_from_the_second_vote_on_the_prompt_is_short(tmp_path: Path) -> None:
    prompts = []

    class Listening(Typist):
        async def hear(self, prompt: str) -> str | None:
            prompts.append(prompt)
            return await super().hear(prompt)

    played = arena(tmp_path, ["what colour is it", "first", "and now", "nonsense", "tie"])
    played._person = Listening(played._person.lines)
    virtual_clock.run(played.run())
    asked, first, again, *short = prompts[:5]
    assert asked == again and "both bad" in first and short == ["Which is better?"] * 2


@pytest.mark.parametrize("when_unknown", ["say", "answer"])
@pytest.mark.parametrize("when_unsure", ["answer", "hedge", "documents", "say"])
@pytest.mark.parametrize("unknown", ["I do not know.", ""])
def test_an_arm_with_documents_says_nothing_that_one_without_never_says(when_unknown, when_unsure, unknown) -> None:
    settings = blinded(
        Settings(
            rag=RagSettings(enabled=True, when_unknown=when_unknown, speak_sources=True),
            guard=GuardSettings(when_unsure=when_unsure, unknown=unknown),
        )
    )

    def says(documents: Sequence[Retrieved]) -> set[str]:
        said = set()
        for found in documents:
            for chance in (-0.01, -3.0):
                engine = ScriptedEngine("It is 9 litres.", [chance] * 5)
                arm = Arm("x", "m", rag=found is not None)
                with closing(
                    Answerer(arm, engine, found and ScriptedDocuments(found), arm.settings(settings), Policy())
                ) as it:
                    said.add(asyncio.run(it.answer("How big is the tank?")).text)
        return said

    assert says([NOTHING, FOUND]) - {PASSAGE.text} <= says([None])


@pytest.mark.parametrize(
    "rag",
    [
        RagSettings(enabled=True),
        RagSettings(enabled=True, when_unknown="answer"),
        RagSettings(enabled=True, speak_sources=True),
    ],
)
@pytest.mark.parametrize("found", [NOTHING, FOUND])
def test_no_fixed_words_give_the_arm_with_documents_away(rag: RagSettings, found: Retrieved) -> None:
    def says(settings: Settings) -> str:
        arm = Answerer(
            Arm("x", "m"), ScriptedEngine("The tank holds 9 litres."), ScriptedDocuments(found), settings, Policy()
        )
        try:
            return asyncio.run(arm.answer("How big is the tank?")).text
        finally:
            arm.close()

    settings = Settings(rag=rag)
    assert any(
        words in says(settings) for words in (rag.unknown, rag.own_words, "According to", settings.guard.correction)
    )
    assert says(blinded(settings)) in (settings.guard.unknown, "The tank holds 9 litres.", PASSAGE.text)


def test_both_answers_are_there_before_the_first_is_shown(tmp_path: Path) -> None:
    quick, slow = ScriptedArm("Quick."), ScriptedArm("Slow.", seconds=9.0)
    times = []

    class Watch(Typist):
        async def present(self, number: int, answer: str) -> None:
            times.append(asyncio.get_running_loop().time())

    arms, person = {"base": quick, "tuned": slow}, Watch(["who?", "tie"])
    virtual_clock.run(Arena(arms, KEYS, tmp_path / "v", person, random.Random(0)).run())
    assert times == pytest.approx([9.1, 9.1])


def test_the_same_answer_twice_is_a_tie_that_nobody_is_asked_about(tmp_path: Path) -> None:
    virtual_clock.run(arena(tmp_path, ["what colour is it"], base="It is red.", tuned="It is  red.").run())
    assert [cast.vote for cast in votes.read(tmp_path / "votes.jsonl")] == ["same"]


def test_a_tie_by_itself_names_no_arm_either(tmp_path: Path) -> None:
    played = arena(tmp_path, ["what colour is it"], base="It is red.", tuned="It is red.")
    virtual_clock.run(played.run())
    assert played._person.notes == ["Both say the same: a tie."]


def test_quitting_instead_of_voting_is_no_vote(tmp_path: Path) -> None:
    virtual_clock.run(arena(tmp_path, ["what colour is it", "quit", "never asked"]).run())
    assert list(votes.read(tmp_path / "votes.jsonl")) == []


def test_given_questions_are_asked_until_they_are_all_answered(tmp_path: Path) -> None:
    played = arena(tmp_path, ["first", "second", "tie"])
    virtual_clock.run(played.run(["one?", "two?"]))
    assert [cast.question for cast in played.casts] == ["one?", "two?"] and played._person.lines == ["tie"]


def test_an_arm_that_fails_ends_the_session_and_keeps_the_votes(tmp_path: Path) -> None:
    played = arena(tmp_path, ["what colour is it", "first", "again"])

    class Broken(ScriptedArm):
        async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered:
            if self.asked:
                raise EngineError("it broke; mend it")
            return await super().answer(question, history)

    played._arms["base"] = Broken("It is blue.")
    with pytest.raises(EngineError):
        virtual_clock.run(played.run())
    assert len(list(votes.read(tmp_path / "votes.jsonl"))) == 1


# ---- by ear ----------------------------------------------------------------------------------------------------


def test_by_ear_questions_and_votes_are_spoken_and_both_answers_heard_in_one_voice(tmp_path: Path) -> None:
    says = [Say(2.0, "what colour is it", 1.5), Say(20.0, "", 0.5), Say(22.0, "the second one", 1.0)]
    microphone = ScriptedMicrophone(says, until=60.0)
    voice, speaker, notes = ScriptedTts(), WavSpeaker(), []

    async def play() -> Arena:
        loop = asyncio.get_running_loop()
        began = loop.time()

        class Microphone:  # one recording: every `frames` goes on where the clock is
            async def frames(self):
                offset = loop.time() - began
                later = ScriptedMicrophone(
                    [Say(say.at - offset, say.text, say.seconds) for say in says], microphone.until - offset
                )
                async for frame in later.frames():
                    yield frame

        person = Listener(
            voice, speaker, notes.append, lambda prompt: None, Ears(Microphone(), is_speech, ScriptedStt(says))
        )
        arms = {"base": ScriptedArm("It is red."), "tuned": ScriptedArm("It be red!")}
        played = Arena(arms, KEYS, tmp_path / "v", person, random.Random(1))
        await played.run()
        return played

    played = virtual_clock.run(play())
    assert [(cast.question, cast.vote, cast.spoken) for cast in played.casts] == [("what colour is it", "second", True)]
    spoken = " ".join(voice.spoken)
    assert spoken.index("First answer") < spoken.index("Second answer")
    assert "It be red" in spoken and "It is red" in spoken


def test_by_ear_what_is_typed_counts_as_well_and_given_questions_are_heard(tmp_path: Path) -> None:
    """The microphone hears nothing at all; the second line is typed before the first vote is asked for."""
    lines, voice, notes = ["2", "both bad"], ScriptedTts(), []
    silence = ScriptedMicrophone([], until=1e9)
    person = Listener(
        voice,
        WavSpeaker(realtime=False),
        notes.append,
        lambda prompt: lines.pop(0) if lines else None,
        Ears(silence, is_speech, ScriptedStt([])),
    )
    arms = {"base": ScriptedArm("It is red."), "tuned": ScriptedArm("It be red!")}
    played = Arena(arms, KEYS, tmp_path / "v", person, random.Random(1))
    asyncio.run(played.run(["what colour is it?", "and this?"]))
    assert [cast.vote for cast in played.casts] == ["second", "both bad"]
    spoken = " ".join(voice.spoken)
    assert spoken.index("what colour is it?") < spoken.index("First answer") < spoken.index("and this?")


def test_by_ear_the_same_answer_twice_is_said(tmp_path: Path) -> None:
    voice = ScriptedTts()
    person = Listener(voice, WavSpeaker(realtime=False), print, lambda prompt: None)
    arms = {"base": ScriptedArm("It is red."), "tuned": ScriptedArm("It is red.")}
    asyncio.run(Arena(arms, KEYS, tmp_path / "v", person, random.Random(1)).run(["what colour is it?"]))
    assert voice.spoken[-1] == "Both say the same: a tie."


def test_without_a_microphone_one_types_and_still_hears(tmp_path: Path) -> None:
    lines = ["what colour is it", "first"]
    voice = ScriptedTts()
    person = Listener(voice, WavSpeaker(realtime=False), print, lambda prompt: lines.pop(0) if lines else None)
    arms = {"base": ScriptedArm("It is red."), "tuned": ScriptedArm("It be red!")}
    played = Arena(arms, KEYS, tmp_path / "v", person, random.Random(1))
    asyncio.run(played.run())
    assert len(played.casts) == 1 and "First answer." in voice.spoken


def test_who_reads_sees_an_empty_answer_as_such() -> None:
    written: list[str] = []
    asyncio.run(Reader(lambda prompt: None, written.append).present(1, " \n"))
    assert written == ["  1: (no answer)"]


# ---- the command -----------------------------------------------------------------------------------------------


def test_the_command_runs_piped_and_reveals_at_the_end(tmp_path: Path, monkeypatch, capsys) -> None:
    import io
    import sys

    typed = b"Who is there?\nfirst\nWho are you?\nboth bad\nquit\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
    command = [
        "arena",
        "--votes",
        str(tmp_path / "v.jsonl"),
        "--seed",
        "3",
        "--set",
        "llm.max_tokens=8",
        "--arm",
        f"one:model={tiny_gguf()}",
        "--arm",
        "two:model=bundled",
    ]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert out.index("  2: ") < out.index("1. Who is there?: first was")
    assert "2 blind votes, 1 of them" in out
    assert main(["arena", "--table", "--votes", str(tmp_path / "v.jsonl")]) == 0
    assert "2 blind votes, 1 of them" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--arms", "base"], "1 arm is not enough"),
        (["--arms", "base,nonsense"], "not an arm"),
        (["--questions", "missing.txt"], "cannot be read"),
        (["--arms", "base,tuned"], "--tuned RUN"),
    ],
)
def test_wrong_use_is_said_in_one_sentence(arguments: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main(["arena", "--votes", str(tmp_path / "v"), *arguments]) == 2
    assert message in capsys.readouterr().err
