"""How much silence ends a turn, and the measures of `assistant bench endpointing`."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from assistant.bench import endpointing, hesitations, pauses
from assistant.bench.pauses import Case
from assistant.config import SttSettings
from assistant.errors import UsageError
from assistant.stt import Transcript
from assistant.turns import end_of_turn
from assistant.turns.end_of_turn import LONGEST, SHORTEST, only_asks_to_wait, silence_needed

# What the language model and Moonshine make of words that are complete, and of those that are not.
DONE, GOES_ON = {"completeness": 0.35, "goes_on": 0.01}, {"completeness": 0.001, "goes_on": 0.2}


def silence(text: str, completeness: float | None = None, goes_on: float | None = None, habit: float = 0.0) -> float:
    return silence_needed(Transcript(text, goes_on=goes_on), completeness, habit)


@pytest.mark.parametrize("known", [(), ("completeness",), ("goes_on",), ("completeness", "goes_on")])
def test_a_complete_question_waits_little_more_than_half_as_long_as_an_unfinished_one_at_most(known):
    done = silence("Set a timer for ten minutes.", **{name: DONE[name] for name in known})
    unfinished = silence("Set a timer for.", **{name: GOES_ON[name] for name in known})
    assert done < 0.55 * unfinished


@pytest.mark.parametrize("ending", ["and", "the", "to", "um", "with", "because", "my"])
@pytest.mark.parametrize("mark", ["", ".", "?", ",", "..."])
def test_a_word_that_wants_another_is_waited_for_whatever_mark_the_transcript_puts_behind_it(ending, mark):
    assert silence(f"I would like some coffee {ending}{mark}", **GOES_ON) > 1.2


@pytest.mark.parametrize("answer", ["Yes.", "No", "Stop!", "okay", "No, thanks."])
def test_short_answers_end_the_turn_at_once_though_the_model_would_go_on(answer):
    assert silence(answer, completeness=0.03, goes_on=0.1) == pytest.approx(SHORTEST, abs=0.1)


def test_a_few_words_that_make_no_sentence_wait_less_than_a_second_unless_they_surely_go_on():
    assert silence("Two people.", completeness=0.0014, goes_on=0.3) <= 0.8
    assert silence("How much.", completeness=0.0001, goes_on=0.3) > 1.0


@pytest.mark.parametrize("text", ["My number is five five five one two.", "Enter 5551", "One, five, two, one."])
def test_digits_in_a_row_leave_time_for_the_next_ones(text):
    assert silence(text, **DONE) >= 0.6


@pytest.mark.parametrize(
    "text", ["Set a timer for, hold on.", "What is the, uh, let me think", "Book a table, just a second please."]
)
def test_who_asks_for_time_in_the_middle_of_a_sentence_gets_it(text):
    assert silence(text, **DONE) >= 5.0


@pytest.mark.parametrize("text", ["Set a timer for one minute.", "How long is a second?", "What should I hold on to?"])
def test_time_that_is_spoken_of_is_not_asked_for(text):
    assert silence(text, **DONE) < 0.6 and not only_asks_to_wait(text)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("Hold on.", True),
        ("Wait!", True),
        ("One second.", True),
        ("Oh, wait, let me think.", True),
        ("Give me a second please", True),
        ("Hold on to what?", False),
        ("How long do I wait?", False),
        ("Stop, please wait", False),
        ("Let me see the list.", False),
        ("Yes", False),
    ],
)
def test_words_that_only_ask_to_wait(text, only):
    assert only_asks_to_wait(text) is only


def test_a_number_that_is_not_dictated_needs_no_extra_time():
    assert silence("Set it to twenty one.", **DONE) < 0.4


@pytest.mark.parametrize(
    "text", ["Set a timer for, uh.", "How do I get to the umm?", "Can you remind me to, ah!", "A recipe for you know."]
)
@pytest.mark.parametrize("judged", [DONE, GOES_ON, {}])
def test_after_a_hesitation_the_longest_silence_is_needed_whatever_the_models_say(text, judged):
    assert silence(text, **judged) == LONGEST


@pytest.mark.parametrize("text", ["Do you know?", "What did you know?", "Let me know.", "Play some Bach."])
def test_words_that_look_like_a_hesitation_are_none(text):
    assert silence(text, **DONE) < 0.8


def test_a_misheard_question_that_the_voice_ended_waits_no_longer_than_a_breath():
    assert silence("The road rodeo and Juliet.", completeness=0.003, goes_on=0.01) <= 0.7
    assert silence("Can you explain how?", completeness=0.0001, goes_on=0.01) > 1.0
    assert silence("The road rodeo and the.", completeness=0.003, goes_on=0.01) > 0.7


@pytest.mark.parametrize("known", [(), ("completeness",), ("goes_on",), ("completeness", "goes_on")])
def test_who_pauses_often_gets_more_time_and_who_does_not_is_answered_sooner(known):
    judged = {name: DONE[name] for name in known}
    text = "I want a large coffee."
    fluent, unknown, hesitant = (silence(text, **judged, habit=habit) for habit in (-1.0, 0.0, 1.0))
    assert fluent < unknown < hesitant < LONGEST


def test_without_words_the_longest_silence_is_needed():
    assert silence("", completeness=0.9) == LONGEST


def test_the_voice_decides_between_the_same_words():
    text = {"text": "I want a large coffee.", "completeness": 0.1}
    assert silence(**text, goes_on=0.3) > 1.5 * silence(**text, goes_on=0.005)


def test_the_bounds_can_be_chosen():
    assert silence_needed(Transcript("Yes."), shortest=0.3, longest=0.5) == pytest.approx(0.3, abs=0.02)
    assert silence_needed(Transcript("Yes, and the"), shortest=0.3, longest=0.5) > 0.45
    assert silence_needed(Transcript("Call 5 5 5."), shortest=0.3, longest=0.5) <= 0.5


@given(st.text(max_size=60), st.none() | st.floats(0, 1), st.none() | st.floats(0, 1))
def test_every_transcript_gets_a_silence_within_the_bounds(text, completeness, goes_on):
    assert SHORTEST <= silence(text, completeness, goes_on) <= LONGEST


@given(st.text("abc d.?", max_size=40), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_complete_words_never_need_more_silence(text, one, other, goes_on):
    low, high = sorted((one, other))
    assert silence(text, high, goes_on) <= silence(text, low, goes_on) + 1e-9
    assert silence(text, goes_on, low) <= silence(text, goes_on, high) + 1e-9


def test_moonshine_tells_a_cut_question_from_a_whole_one_though_it_marks_both(speech):
    from assistant.stt.moonshine import Moonshine

    moonshine = Moonshine(SttSettings(threads=1))
    try:
        whole = asyncio.run(moonshine.transcribe(speech))
        cut = asyncio.run(moonshine.transcribe(speech[: len(speech) * 4 // 10]))
    finally:
        moonshine.close()
    assert (whole.text[-1], cut.text[-1]) == ("?", "?")
    assert whole.goes_on < 0.005 < cut.goes_on


@pytest.fixture
def speech() -> np.ndarray:
    from importlib.resources import files

    return soundfile.read(files("assistant") / "samples" / "question.wav", dtype="float32")[0]


# ---- the benchmark -------------------------------------------------------------------------------------------------


def case(turn: str, kind: str, seconds: float, goes_on: float, speaker: str = "", speech: str = "read") -> Case:
    transcript = Transcript("so be it.", goes_on=goes_on)
    cues = end_of_turn.cues(transcript, 0.1)
    return Case(turn, speaker or turn, speech, kind, seconds, transcript, 0.1, cues, 0.1)


def test_pauses_are_the_silences_between_speech_and_neither_its_beginning_nor_its_end():
    speech = [False] * 5 + [True] * 10 + [False] * 15 + [True] * 10 + [False] * 50
    start, end, found = pauses.silences(speech)
    assert (start, end) == (pytest.approx(0.1), pytest.approx(0.8))
    assert found == [(pytest.approx(0.3), pytest.approx(0.6))]
    assert pauses.silences([False] * 9) == (0.0, 0.0, [])


def test_silence_alone_cuts_off_every_pause_that_is_longer_than_the_delay():
    seconds = np.array([0.25, 0.35, 0.45, 0.9, np.inf, np.inf])
    cut, delay = endpointing.operating_points(seconds, np.zeros(6))
    assert cut == 0.75
    assert delay == pytest.approx(0.9)


def test_scores_that_tell_pauses_from_ends_cost_no_cut_offs_and_no_delay():
    seconds = np.array([0.25, 0.35, 0.45, 0.9, np.inf, np.inf])
    cut, delay = endpointing.operating_points(seconds, np.array([-1, -1, -1, -1, 1, 1.0]))
    assert (cut, delay) == (0, pytest.approx(endpointing.KNOWN))


def test_one_missed_end_is_paid_for_in_mean_delay():
    """Two of three ends after 0.2 s; the third waits for the timeout, which must outlast the pause of 0.9 s."""
    seconds = np.array([0.9, np.inf, np.inf, np.inf])
    cut, delay = endpointing.operating_points(seconds, np.array([-1, -1, 1, 1.0]))
    assert cut == 1
    assert delay == pytest.approx((0.2 + 0.2 + 0.9) / 3)


def test_the_fit_finds_the_weights_that_made_the_data():
    random = np.random.default_rng(0)
    cues = random.normal(size=(20_000, 2))
    ended = (random.random(20_000) < 1 / (1 + np.exp(-(2 * cues[:, 0] - cues[:, 1] + 0.5)))).astype(float)
    assert endpointing.fit(cues, ended, np.ones(20_000)) == pytest.approx([2, -1, 0.5], abs=0.1)


def test_a_speaker_s_own_pauses_do_not_help_to_judge_them():
    """Only this speaker goes on where others end: weights that had seen it would be less sure."""
    others = [case(f"end{number}", "end", np.inf, 0.01) for number in range(10)]
    others += [case(f"pause{number}", "pause", 0.5, 0.3) for number in range(10)]
    odd = [case(f"odd{number}", "pause", 0.5, 0.01, "odd") for number in range(10)]
    columns = endpointing.METHODS["STT only"]
    unseen = endpointing.cross_validated([*others, *odd], columns)[-1]
    *_, constant = fitted = endpointing.weights([*others, *odd], columns)
    seen = constant + float(np.dot(fitted[:-1], odd[0].cues))
    assert unseen > 1 > seen


def test_the_result_names_each_kind_and_says_whether_the_bounds_are_met(tmp_path, monkeypatch):
    monkeypatch.setattr(endpointing, "_ROUNDS", 5)
    found = [case(f"t{number}", "end", np.inf, 0.01) for number in range(20)]
    found += [case(f"m{number}", "end", np.inf, 0.01, speech="made") for number in range(20)]
    found += [case(f"t{number}", kind, 0.7, 0.3) for number in range(20) for kind in ("pause", "gap")]
    found += [case(f"m{number}", "pause", 0.7, 0.01, speech="made") for number in range(20)]
    result = endpointing.measured(found, {"stt": "scripted"})
    rows = {row.name.split(" (")[0]: row for row in result.rows}
    best, alone = (rows[f"pauses as spoken, {name}: false cut-offs at 300 ms"] for name in ("combined", "silence only"))
    assert (best.p50, best.n, best.met) == (0, 20, True)
    assert (alone.p50, alone.met) == (100, None)
    assert rows["as shipped, pauses as spoken: turns with a false cut-off"].p50 == 0
    assert rows["as shipped, made hesitations: turns with a false cut-off"].p50 == 100
    assert not any("orders" in name for name in rows)
    json.dumps(result.details, allow_nan=False)
    pytest.importorskip("matplotlib")
    endpointing.plot(result, tmp_path / "endpointing.png")
    assert (tmp_path / "endpointing.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_fitted_to_made_speech():
    real = [case(f"end{number}", "end", np.inf, 0.01) for number in range(10)]
    real += [case(f"pause{number}", "pause", 0.5, 0.3) for number in range(10)]
    made = [case(f"made{number}", "end", np.inf, 0.3, speech="made") for number in range(10)]
    columns = endpointing.METHODS["STT only"]
    assert endpointing.weights([*real, *made], columns) == pytest.approx(endpointing.weights(real, columns))


def test_the_offline_voice_hesitates_where_the_benchmark_says():
    async def made():
        return [turn async for turn in hesitations.spoken()]

    turns = asyncio.run(made())
    assert len({name for name, *_ in turns}) == len(turns) == 2 * len(hesitations.SENTENCES)
    for _, _, audio, begins, end in turns:
        pause = audio[round((begins + 0.01) * 16_000) : round((begins + 0.99) * 16_000)]
        words = audio[round((begins - 0.5) * 16_000) : round(begins * 16_000)]
        assert np.abs(pause).max() < 0.01 < np.abs(words).max()
        assert 0.9 < len(audio) / 16_000 - end < 1.1


def test_stretched_gaps_are_as_long_as_eot_bench_s_pauses():
    gaps = [case(f"t{number}", "gap", 0.2, 0.1) for number in range(1000)]
    seconds = np.array([gap.seconds for gap in pauses._stretched(gaps)])
    assert (seconds > 0.3).mean() == pytest.approx(0.556, abs=0.01)
    assert (seconds > 1.0).mean() == pytest.approx(0.1, abs=0.01)


def test_a_folder_without_recordings_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="there is no such list of clips"):
        pauses.turns(tmp_path)
