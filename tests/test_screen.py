"""What the user sees of a conversation, on a terminal and in a log."""

from __future__ import annotations

import io

from rich.console import Console

from assistant import events
from assistant.screen.live import LiveScreen
from assistant.screen.plain import PlainScreen
from assistant.turn import Turn

TURN = Turn(1, user="How old is it?", reply="It is old. Very old.", heard="It is old.", outcome="interrupted")
SILENT = Turn(2, user="", outcome="nothing_said")
CONVERSATION = [
    events.StateChanged("listening"),
    events.StateChanged("hearing"),
    events.Transcribed("How old", final=False),
    events.Transcribed("How old is it?", final=True),
    events.StateChanged("thinking"),
    events.StateChanged("speaking"),
    events.Speaking("It is", "It is old. Very [old]."),
    events.Notice("the voice broke"),
    events.TurnEnded(TURN),
    events.TurnEnded(SILENT),
]


def shown_live(conversation: list[events.Event], width: int = 60) -> str:
    """The text on a terminal after the last event, what has been drawn over left out."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=20, color_system=None)
    with LiveScreen(console) as screen:
        screen.note("using the bundled voice")
        for event in conversation:
            screen(event)
        text = console.file.getvalue()
    return text[text.rfind("\x1b[1A\x1b[2K") + 1 :] if "\x1b[1A" in text else text


def test_each_state_is_shown():
    for state in ("listening", "hearing", "thinking", "speaking"):
        assert state in shown_live([events.StateChanged(state)])


def test_with_a_key_it_is_shown_which_and_whether_the_microphone_is_open():
    def shown(state: str) -> str:
        console = Console(file=io.StringIO(), force_terminal=True, width=60, height=20, color_system=None)
        with LiveScreen(console) as screen:
            screen.opened_by = "ctrl+alt+space"
            screen(events.StateChanged(state))
            return console.file.getvalue()

    assert "closed; ctrl+alt+space opens" in shown("listening") and "open (ctrl+alt+space)" in shown("hearing")
    assert "speaking" in shown("speaking")


def test_what_is_said_and_answered_is_shown_while_it_happens():
    text = shown_live(CONVERSATION[:7])
    assert "speaking" in text and "How old is it?" in text and "It is old. Very [old]." in text


def test_finished_turns_stay_and_empty_ones_leave_nothing():
    console = Console(file=io.StringIO(), width=60, color_system=None)
    with LiveScreen(console) as screen:
        for event in CONVERSATION:
            screen(event)
    lines = [line.strip() for line in console.file.getvalue().splitlines() if line.strip()]
    assert "You  How old is it?" in lines and "Assistant  It is old. – interrupted" in lines
    assert "the voice broke" in lines and not any("nothing" in line for line in lines)


def test_a_log_has_one_line_per_happening(capsys):
    with PlainScreen() as screen:
        screen.note("a note\nwith a break")
        for event in CONVERSATION:
            screen(event)
    lines = [line[9:] for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "note      a note with a break"
    assert "user      How old is it?" in lines and "partial   How old" in lines
    assert (
        "assistant It is old." in lines
        and "turn      1 interrupted" in lines
        and lines[-1] == "turn      2 nothing_said"
    )


def test_control_characters_of_a_transcript_do_not_reach_the_terminal():
    assert "\x1b[31m" not in shown_live([events.Transcribed("a \x1b[31mred b", final=True)])
