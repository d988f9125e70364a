"""Where a text is cut: behind sentences and between words, in every script."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.breaks import SENTENCE, last
from rag.chunk import chunk
from rag.document import Builder


def sentences(text: str) -> list[str]:
    ends = [found.end() for found in re.finditer(SENTENCE, text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)]) if start < end]


@pytest.mark.parametrize(
    "text",
    [
        "One ends here. |Another? |“Yes!” |And so on…",
        "食堂在二楼。|午餐十二点开始！|“好吗？”|他说：「走吧。」|然后走了……|完了",
        "始業は九時です。|「はい！」|と答えた。",
        "दुकान नौ बजे खुलती है। |वह बंद है॥ |अच्छा",
        "أين المفتاح؟ |في الدرج. |نعم",
        "یہ دکان کھلی ہے۔ |وہ بند ہے۔|اچھا",
        "好吗?|好!|走",
        "It costs 3.5 euros at www.example.org today",
    ],
)
def test_sentences_end_at_the_marks_of_their_script(text: str) -> None:
    assert sentences(text.replace("|", "")) == text.split("|")


@pytest.mark.parametrize(
    "text, stop",
    [
        ("the pump lives for nineteen| hundred hours", 28),
        ("公司食堂在二楼，|午餐十二点开始", 11),
        ("我们使用|Python语言编写", 7),
        ("每天早上都要检查机器的|水箱高度", 13),
        ("有給休暇を|申請する", 7),
        ("データを|毎日確認", 6),
        ("ร้านนี้ขายผลไม้|และผัก", 17),
        ("see| http://example.org/a-long/unbrokenaddress", 40),
        ("http://example.org/a-long/|unbrokenaddress", 36),
        ("the sum is| 1 000 000 euros", 16),
        ("x" * 30 + "|", 30),
    ],
)
def test_the_last_place_between_words_is_taken(text: str, stop: int) -> None:
    place = text.index("|")
    cut = last(text.replace("|", ""), 0, stop)
    assert text.replace("|", "")[:cut].rstrip() == text[:place]


@example(parts=["และ", "1200"], stop=4)
@given(
    st.lists(
        st.sampled_from(["pump", "1200", "3.5", "水箱", "の", "です", "ほし", "และ", "ที่", " ", "，", "-"]), min_size=1
    ),
    st.integers(1, 60),
)
def test_no_latin_word_and_no_number_is_cut_where_anything_else_may_be(parts: list[str], stop: int) -> None:
    text = "".join(parts)
    stop = min(stop, len(text))
    cut = last(text, 0, stop)
    assert 0 < cut <= stop
    whole = re.fullmatch(r"[A-Za-z]+|[\d.]+", text[:stop]) is not None
    if cut < len(text) and not whole and not re.search(r"\d[A-Za-z]|[A-Za-z]\d", text):
        assert not re.match("[A-Za-z]{2}|[0-9]{2}", text[cut - 1 : cut + 1])


CHINESE = "机器需要每天清洗一次而且水箱里面的水必须在晚上倒掉并且不能使用洗涤剂" * 12


def test_a_long_sentence_without_marks_keeps_words_and_numbers_whole() -> None:
    builder = Builder()
    builder.add("text", "型号Quillon2400的" + CHINESE + "价格是12800元和Barometer一起卖" * 20)
    document = builder.document("")

    def spans(text: str) -> list[tuple[int, int]]:
        return [(at, at + 1) for at in range(len(text)) if not text[at].isspace()]

    passages = chunk(document, spans, 60, 60)
    assert "".join(passage.text for passage in passages) == document.text and len(passages) > 5
    cut = [document.text[passage.start - 1 : passage.start + 1] for passage in passages[1:]]
    assert not [pair for pair in cut if re.fullmatch("[A-Za-z]{2}|[0-9]{2}", pair)]
