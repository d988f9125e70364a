"""What `assistant bench conversation` makes of the speaker's sound, on recordings whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.bench import conversation, heard
from assistant.bench.heard import Said, analyse, fault
from assistant.bench.result import Figure

LENGTH = 40.0  # seconds of each recording


def speaker(*sounds: tuple[float, float]) -> np.ndarray:
    """A recording that is silent but for these, in seconds."""
    audio = np.zeros(round(LENGTH * 16_000), np.float32)
    for begin, end in sounds:
        audio[round(begin * 16_000) : round(end * 16_000)] = 0.1
    return audio


def told(said: list[Said], *sounds: tuple[float, float], text: str = "It is a bridge in New York.") -> list[dict]:
    return analyse(said, speaker(*sounds), lambda audio: text)


def turn(onset: float, end: float, kind: str = "plain", clip: str = "a") -> Said:
    return Said(kind, clip, "how old is it", onset, end)


def test_first_sound_counts_from_the_last_word():
    [case] = told([turn(1.0, 3.0)], (3.4, 8.0), (8.2, 9.0))
    assert case["first_sound"] == pytest.approx(0.4) and case["answer"] == pytest.approx(3.4)
    assert not (case["over"] or case["spoke_into"] or case["dead"] or case["cut"])
    assert case["fault"] is None and case["ended_by_itself"] is False


def test_an_interruption_counts_from_its_onset_to_silence():
    first, second = told([turn(1.0, 3.0), turn(5.0, 7.0, "interruption", "b")], (3.4, 5.12), (7.5, 9.0))
    assert first["cut"] and "fault" not in first
    assert second["over"] and second["through"] and second["silence"] == pytest.approx(0.12)
    assert second["first_sound"] == pytest.approx(0.5)


def test_a_reply_that_goes_on_over_an_interruption_did_not_let_it_through():
    _, second = told([turn(1.0, 3.0), turn(5.0, 7.0, "interruption", "b")], (3.4, 9.0))
    assert second["through"] is False and second["dead"] and second["first_sound"] is None


def test_a_short_interruption_may_be_noticed_after_its_end():
    _, second = told([turn(1.0, 3.0), turn(5.0, 5.3, "interruption", "b")], (3.4, 5.6), (6.2, 7.0))
    assert second["through"] and second["silence"] == pytest.approx(0.6)
    assert second["first_sound"] == pytest.approx(0.9)


def test_who_begins_to_speak_within_a_turn_ended_it_wrongly():
    [case] = told([turn(1.0, 6.0, "hesitation")], (3.0, 3.5), (6.3, 8.0))
    assert case["spoke_into"] and case["first_sound"] == pytest.approx(0.3)
    [case] = told([turn(1.0, 6.0, "hesitation")], (3.0, 8.0))
    assert case["spoke_into"] and case["first_sound"] is None and not case["dead"]


def test_who_wants_silence_is_rightly_not_answered():
    [case] = told([Said("interruption", "a", "Stop", 1.0, 1.4)])
    assert not case["dead"] and case["first_sound"] is None


def test_nobody_answers_a_dead_turn():
    first, second = told([turn(1.0, 3.0), turn(12.0, 14.0)], (14.4, 16.0))
    assert first["dead"] and first["first_sound"] is None and "reply" not in first
    assert not second["dead"]


@pytest.mark.parametrize(
    ("sounds", "effect"),
    [
        ([(3.4, 9.0)], "none"),
        ([(3.4, 4.95)], "none"),  # it ended later than a reaction takes
        ([(3.4, 4.3), (5.1, 9.0)], "held"),
        ([(3.4, 4.3)], "ended"),
        ([(3.4, 4.3), (6.2, 9.0)], "ended"),  # so late it is a new answer
    ],
)
def test_a_backchannel_leaves_a_reply_holds_or_ends_it(sounds, effect):
    _, backchannel = told([turn(1.0, 3.0), Said("backchannel", "b", "yes", 4.2, 4.5)], *sounds)
    assert backchannel["effect"] == effect


def test_a_backchannel_after_the_reply_had_no_effect_to_have():
    _, backchannel = told([turn(1.0, 3.0), Said("backchannel", "b", "yes", 6.0, 6.3)], (3.4, 5.0))
    assert "effect" not in backchannel


def test_what_is_no_answer():
    earlier = ["The bridge was opened in eighteen eighty three."]
    assert fault("You can", "how old is it", earlier) == "fragment"
    assert fault("A group of four is a", "four queens", earlier) == "fragment"
    assert fault("", "how old is it", earlier) == "fragment"
    assert fault("The bridge was open in 1883.", "how deep is it", ["The bridge was open in 1883."]) == "repetition"
    assert fault("The bridge was open in eighteen eighty three", "how deep is it", earlier) == "repetition"
    assert fault("How old is it?", "how old is it", earlier) == "echo"
    assert fault("Yes.", "is it old", earlier) is None
    assert fault("It is two hundred metres deep.", "how deep is it", earlier) is None


def test_the_same_question_may_get_the_same_answer():
    said = [turn(1.0, 3.0), turn(11.0, 13.0), turn(21.0, 23.0, clip="b")]
    sounds = (3.4, 5.0), (13.4, 15.0), (23.4, 25.0)
    assert [case["fault"] for case in told(said, *sounds)] == [None, None, "repetition"]


def figures(rows: list[Figure]) -> dict[str, Figure]:
    return {row.name: row for row in rows}


def test_the_table_sums_up_each_program_and_divides_them():
    details = []
    for program, delays in (("assistant", (0.2, 0.3, 0.4)), ("peer", (0.8, 1.2, 1.6))):
        for number, delay in enumerate(delays):
            cases = told([turn(1.0, 3.0), turn(5.0, 7.0, "interruption", "b")], (3.0 + delay, 5.0 + delay), (7.5, 9.0))
            details += [{"program": program, "person": "x", "number": 2 * number + i} | c for i, c in enumerate(cases)]
    rows = figures(conversation.rows(details))
    assert rows["assistant: interruption's onset to silence"].p50 == pytest.approx(0.3)
    assert rows["peer: interruptions not let through"].p50 == 0.0
    assert rows["assistant: turns it spoke into (wrong endings)"].n == 3
    assert rows["assistant: dead turns"].met and rows["peer: dead turns"].met is None
    ratio = next(row for name, row in rows.items() if name.startswith("onset to silence, p50"))
    assert ratio.p50 == pytest.approx(0.25) and ratio.n == 3
    assert ratio.p95 <= ratio.p50 <= ratio.largest


def test_one_program_alone_has_no_ratio():
    rows = conversation.rows(
        [{"program": "assistant", "person": "x", "number": 0} | told([turn(1.0, 3.0)], (3.4, 8.0))[0]]
    )
    assert {row.unit for row in rows} == {"s", "%"} and not any("assistant" in row.name for row in rows)
    assert figures(rows)["interruptions not let through"].met is False  # there were none: nothing is shown


def test_a_pause_between_words_does_not_end_a_sound():
    found = heard.sounds(speaker((1.0, 2.0), (2.2, 3.0), (3.5, 4.0)))
    assert np.array(found) == pytest.approx(np.array([(1.0, 3.0), (3.5, 4.0)]))
    assert heard.sounds(np.zeros(16_000, np.float32)) == []


def test_what_is_transcribed_is_the_reply_and_not_the_silence_behind_it():
    pieces = []
    analyse([turn(1.0, 3.0)], speaker((3.4, 5.0), (5.6, 8.0)), lambda audio: pieces.append(len(audio)) or "It is old.")
    assert pieces == [round((8.0 - 3.4 + 0.2) * 16_000)]


def test_what_a_program_prints_is_judged_by_the_same_rule():
    lines = """
        12:00:01 state     listening
        12:00:02 user      How old is it?
        12:00:03 assistant It is very old.
        12:00:03 turn      1 interrupted
        user Four queens.
        assistant A group of four is a
        turn 2 answered
        turn 3 nothing_said
        user How bold is it?
        assistant It is very old.
        turn 4 answered
        user Is it deep?
        assistant It is very old.
        turn 5 answered
    """
    cases = heard.printed([line.strip() for line in lines.splitlines()])
    assert [(case["said"], case["cut"], case.get("fault")) for case in cases] == [
        ("How old is it?", True, None),
        ("Four queens.", False, "fragment"),
        ("How bold is it?", False, None),
        ("Is it deep?", False, "repetition"),
    ]
