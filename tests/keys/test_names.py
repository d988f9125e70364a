"""Key strings: read whatever the order, case and spaces; written so that they are read the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.modes.keys.held import Held
from assistant.modes.keys.names import MODIFIERS, Chord, keys_of, linux_names, parse, pynput_names


@pytest.mark.parametrize(
    "text, read",
    [
        ("Ctrl + Alt+SPACE", "ctrl+alt+space"),
        ("alt+control+space", "ctrl+alt+space"),
        ("f9", "f9"),
        ("right_ctrl", "right_ctrl"),
        ("Right Control", "right_ctrl"),
        ("rctrl", "right_ctrl"),
        ("option+cmd+K", "alt+super+k"),
        ("win", "super"),
        ("meta+shift", "shift+super"),
        ("altgr+e", "right_alt+e"),
        ("play-pause", "play_pause"),
        ("Page Down", "page_down"),
        ("Ctrl+Ä", "ctrl+ä"),
        ("ctrl++", "ctrl+plus"),
        ("+", "plus"),
        (" ", "space"),
        ("ctrl+comma", "ctrl+,"),
        ("BTN_SIDE", "btn_side"),
    ],
)
def test_a_key_string_is_read(text, read):
    assert str(parse(text)) == read


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "is empty"),
        ("ctl+space", 'did you mean "ctrl"'),
        ("pley_pause", 'did you mean "play_pause"'),
        ("ctrl+", "missing beside"),
        ("a+b", '"a" and "b" are two keys'),
        ("xyzzy", "examples"),
    ],
)
def test_a_wrong_key_string_is_told_of_in_one_sentence(text, said):
    with pytest.raises(UsageError, match=said) as error:
        parse(text)
    assert "[push_to_talk] key" in str(error.value) and "\n" not in str(error.value)


pieces = st.one_of(
    st.text(max_size=8), st.sampled_from(["ctrl", "Alt", "+", " ", "right_", "space", "f9", "ä", "-", "_"])
)


@given(st.lists(pieces, max_size=8).map("".join))
def test_any_text_is_read_as_a_key_or_refused_and_what_is_read_is_written_the_same(text):
    try:
        chord = parse(text)
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert parse(str(chord)) == chord
    assert all(one in ("ctrl", "alt", "shift", "super") or one in MODIFIERS for one in chord.modifiers)


@pytest.mark.parametrize(
    "key, pynput, linux, trigger",
    [
        ("ctrl+alt+space", ["space"], ["KEY_SPACE"], "CTRL+ALT+space"),
        ("super+ä", ["ä"], [], "LOGO+U00E4"),
        ("right_ctrl", ["ctrl_r"], ["KEY_RIGHTCTRL"], "Control_R"),
        ("shift+,", [","], ["KEY_COMMA"], "SHIFT+comma"),
        ("play_pause", ["media_play_pause"], ["KEY_PLAYPAUSE", "KEY_PLAYCD", "KEY_PLAY", "KEY_MEDIA"], "XF86AudioPlay"),
        ("btn_side", [], ["BTN_SIDE"], ""),
    ],
)
def test_each_system_has_its_own_name_for_a_key(key, pynput, linux, trigger):
    chord = parse(key)
    assert (list(pynput_names(chord.key)), list(linux_names(chord.key)), chord.trigger) == (pynput, linux, trigger)


def test_every_name_is_one_that_linux_and_pynput_know(monkeypatch):
    ecodes = pytest.importorskip("evdev", reason="evdev is Linux'").ecodes
    monkeypatch.setenv("PYNPUT_BACKEND", "dummy")  # without a display; it has the keys of every platform
    from pynput.keyboard import Key as PynputKey

    from assistant.modes.keys.names import _KEYS

    for key in _KEYS.values():
        assert set(key.linux.split()) <= set(ecodes.ecodes), key
        assert set(key.pynput.split()) <= set(PynputKey.__members__), key


KEYS = st.sampled_from([*MODIFIERS, "space", "f9"])


@given(st.sampled_from(["ctrl+alt+space", "f9", "right_ctrl", "ctrl+shift"]), st.lists(st.tuples(KEYS, st.booleans())))
def test_a_chord_is_down_only_while_all_of_it_is(text, changes):
    chord, held, keys = parse(text), Held(parse(text)), set()
    for name, down in changes:
        (keys.add if down else keys.discard)(name)
        if held.change(name, down):
            assert all(keys.intersection(keys_of(one)) for one in (*chord.modifiers, chord.key))


def states(chord: Chord, *changes: str) -> list[bool]:
    held = Held(chord)
    return [held.change(change[1:], change[0] == "+") for change in changes]


def test_a_chord_ends_with_whichever_key_comes_up_first_and_begins_with_its_key_only():
    chord = parse("ctrl+space")
    assert states(chord, "+left_ctrl", "+space", "+space", "-left_ctrl", "+left_ctrl", "-space") == [
        False, True, True, False, False, False,
    ]  # fmt: skip
    assert states(chord, "+space", "+right_ctrl") == [False, False]
    assert states(chord, "+left_ctrl", "+left_shift", "+space") == [False, False, False]
    assert states(parse("ctrl+shift"), "+left_shift", "+right_ctrl", "-left_shift") == [False, True, False]
