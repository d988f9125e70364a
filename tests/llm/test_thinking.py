from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.llm.thinking import Thoughts


def spoken(pieces: list[str], begun: bool = False) -> str:
    thoughts = Thoughts(begun)
    return "".join([*map(thoughts.feed, pieces), thoughts.flush()])


def test_thought_is_not_spoken_wherever_the_pieces_end():
    reply = "<think>\nParis? Or <b>Lyon?\n</think>\n\nParis, of course."
    for size in range(1, len(reply) + 1):
        pieces = [reply[start : start + size] for start in range(0, len(reply), size)]
        assert spoken(pieces) == "Paris, of course."


def test_reply_that_begins_within_a_thought():
    assert spoken(["Paris? Or", " Lyon?</th", "ink>\n\nPar", "is."], begun=True) == "Paris."


def test_thought_in_the_middle_and_one_that_never_ends():
    assert spoken(["Well <think>hm</think>then.<think>And", " on and on"]) == "Well then."


def test_closing_tag_alone_is_not_spoken():
    assert spoken(["Hm.</think> Paris."]) == "Hm. Paris."


def test_text_goes_out_at_once_unless_a_tag_may_begin_there():
    thoughts = Thoughts()
    said = [thoughts.feed(piece) for piece in ("2 ", "<", " 3 and <thi", "s> is")]
    assert said == ["2 ", "", "< 3 and ", "<this> is"]


def test_held_back_characters_are_spoken_at_the_end():
    assert spoken(["one <", "t"]) == "one <t"


@given(st.lists(st.text("<>/think ab\n", max_size=6)))
def test_pieces_say_what_the_whole_says(pieces):
    assert spoken(pieces) == spoken(["".join(pieces)])


@given(st.lists(st.tuples(st.text("ab <", min_size=1), st.text("xy <>\n")), max_size=4), st.data())
def test_nothing_but_thoughts_is_lost(talk, data):
    reply = "".join(f"{said}<think>{thought}</think>" for said, thought in talk)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(reply)))))
    pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)])]
    assert spoken(pieces) == "".join(said for said, _ in talk).lstrip()
