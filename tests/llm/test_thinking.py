from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.llm.thinking import Stop, Thoughts, ends_open, is_mark


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


def test_closing_tag_alone_is_not_spoken_and_is_noticed():
    thoughts = Thoughts()
    assert thoughts.feed("Hm.</think> Paris.") == "Hm. Paris." and thoughts.closed_alone
    thoughts = Thoughts()
    assert thoughts.feed("<think>Hm.</think> Paris.") == "Paris." and not thoughts.closed_alone


def test_what_begins_as_thoughts_do_is_held_back():
    for text in ("Okay, so the user asks.</think>Paris.", "\nHmm. Let me see.</think>Paris."):
        for size in (1, 5, 100):
            thoughts = Thoughts(suspects=True)
            pieces = [text[start : start + size] for start in range(0, len(text), size)]
            assert "".join([*map(thoughts.feed, pieces), thoughts.flush()]) == "Paris."
            assert thoughts.suspected


@pytest.mark.parametrize(
    "reply",
    [
        "Here is my thought process:\nhm\nHere is my response:\nParis.",
        "Here are my reasoning steps:\nhm\n[BEGIN FINAL RESPONSE]\nParis.\n[END FINAL RESPONSE]",
    ],
)
def test_thoughts_between_sentences_in_place_of_marks(reply: str):
    for size in (1, 4, len(reply)):
        thoughts = Thoughts(suspects=True)
        said = [thoughts.feed(reply[start : start + size]) for start in range(0, len(reply), size)]
        assert "".join([*said, thoughts.flush()]).strip() == "Paris."


@pytest.mark.parametrize(
    "reply",
    ["Okay, so the user is you.", "Here is my thought", "Here are the plans.", "Okay", "Paris.", "The use of it", "Hm"],
)
def test_an_answer_that_begins_like_thoughts_is_whole(reply: str):
    thoughts = Thoughts(suspects=True)
    assert "".join([*map(thoughts.feed, reply), thoughts.flush()]) == reply


def test_held_back_what_comes_before_a_closing_tag_alone_was_thought():
    reply = "Okay, the user\nwants <b>.\n</think>\n\nParis."
    for size in range(1, len(reply) + 1):
        thoughts = Thoughts(held=True)
        said = [thoughts.feed(reply[start : start + size]) for start in range(0, len(reply), size)]
        assert "".join([*said, thoughts.flush()]) == "Paris."


@pytest.mark.parametrize("reply", ["Paris.", "<think>hm</think>Paris.", " Paris."])
def test_held_back_a_reply_without_a_thought_is_whole(reply: str):
    thoughts = Thoughts(held=True)
    assert thoughts.feed(reply) + thoughts.flush() == "Paris."


@pytest.mark.parametrize(
    "reply",
    [
        "<thinking>hm</thinking>Paris.",
        "<thought>hm</thought>\nParis.",
        "<reasoning>hm < 3</reasoning>Paris.",
        '<details type="reasoning" done="true">hm</details>\nParis.',
        "<seed:think>hm</seed:think>Paris.",
        "<plan>hm</plan>Paris.",
        "<思考>hm</思考>Paris.",
        "<think>hm</think><|begin_of_box|>Paris.<|end_of_box|>",
        "<reasoning>hm</reasoning><final_answer>Paris.</final_answer>",
        "[THINK]hm [1] [/THINK]Paris.",
        "◁think▷hm◁/think▷Paris.",
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Paris.<|END_RESPONSE|>",
        "<|channel>thought\nhm<channel|>Paris.",
        "<unused94>thought\nhm<unused95>Paris.",
        "<|inner_prefix|>hm<|inner_suffix|>Paris.",
        "<|begin_of_thought|>hm<|end_of_thought|><|begin_of_solution|>Paris.<|end_of_solution|>",
        "<think>hm</think>\n<answer>Paris.</answer>",
        "<internal_monologue>hm</internal_monologue>Paris.",
        "<analysis>hm</analysis>\nParis.",
        "<thinking>a<reflection>b</reflection>c</thinking>Paris.",
        "<thinking>hm</think>Paris.",
        '<think mode="deep">hm</think>Paris.',
        "<think/>Paris.",
        "<|reasoning_start|>hm<|reasoning_end|>Paris.",
        "<|thinking|>hm<|/thinking|>Paris.",
        "[REASONING]hm[/REASONING]Paris.",
        "<|channel|>analysis to=x<|message|>hm<|end|><|channel|>final <|constrain|>json<|message|>Paris.",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Paris.",
        "<|channel|>final<|message|>Paris.",
        "Paris.",
    ],
)
def test_every_familys_marks_are_known_wherever_the_pieces_end(reply: str):
    for size in (1, 2, 3, 7, len(reply)):
        assert spoken([reply[start : start + size] for start in range(0, len(reply), size)]) == "Paris."


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_a_reply_stops_before_the_users_next_words(size: int):
    reply, stop = "In the US: Paris.\nUser: And of Italy?\n", Stop("User:")
    said = [stop.feed(reply[start : start + size]) for start in range(0, len(reply), size)]
    assert ("".join(said) + stop.flush()).strip() == "In the US: Paris." and stop.reached


def test_what_only_begins_like_the_users_words_is_spoken():
    stop = Stop("User:")
    assert stop.feed("the Us") + stop.feed("er says U") + stop.flush() == "the User says U" and not stop.reached
    assert Stop("").feed("User:") == "User:"


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


def test_what_the_template_opened_and_the_model_opens_again_is_one_thought():
    assert spoken(["<think>\nhm <b>", "x</think>Paris."], begun=True) == "Paris."
    assert spoken(["hm <analysis>x</analysis> hm</think>Paris."], begun=True) == "Paris."


@pytest.mark.parametrize(
    "reply",
    [
        "Thought: hm.\nFinal Answer: Paris.",
        "**Thinking:** hm\n\n**Answer:** Paris.",
        "### Reasoning\nhm\n\n### Answer\nParis.",
        "analysisThe user asks.assistantfinalParis.",
    ],
)
def test_what_a_label_calls_a_thought_ends_before_the_answer(reply: str):
    for size in (1, 5, 100):
        thoughts = Thoughts(suspects=True)
        pieces = [reply[start : start + size] for start in range(0, len(reply), size)]
        assert "".join([*map(thoughts.feed, pieces), thoughts.flush()]) == "Paris."
        assert thoughts.closed_alone


@pytest.mark.parametrize("reply", ["Thinking of it: Paris.", "Thought: Paris is old.", "Use the <code> tag.", "<think"])
def test_what_only_looks_like_a_thought_is_spoken(reply: str):
    thoughts = Thoughts(suspects=True)
    assert "".join([*map(thoughts.feed, reply), thoughts.flush()]) == reply


@pytest.mark.parametrize("token", ["<think>", "</think>", "<|channel|>", "<|thought_start|>", "<inner_monologue>"])
def test_a_control_token_that_is_a_mark_is_known(token: str):
    assert is_mark(token) and not is_mark("<|im_end|>") and not is_mark("<b>")


@pytest.mark.parametrize("prompt", ["<|assistant|><think>\n", "x<|channel|>analysis<|message|>", "x <inner_thought>"])
def test_a_prompt_that_ends_within_a_thought_is_known(prompt: str):
    assert ends_open(prompt) and not ends_open(f"{prompt}</think>") and not ends_open("<think></think>")
