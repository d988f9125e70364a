"""Units end where a speaker would pause, as soon as that is sure, however the text arrives."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.reply.sentences import SentenceSplitter


def split(text: str, cuts: list[int] | None = None) -> list[str]:
    """The units of ``text``, fed in pieces that end at ``cuts``; one by one without."""
    positions = sorted({0, len(text), *(range(len(text)) if cuts is None else (min(cut, len(text)) for cut in cuts))})
    splitter = SentenceSplitter()
    units = [unit for begin, end in zip(positions, positions[1:]) for unit in splitter.feed(text[begin:end])]
    return units + splitter.flush()


@pytest.mark.parametrize(
    "units",
    [
        ["Pi is 3.14.", "It is 1,000.5 now."],
        ["He met Dr. Smith and Mrs. Jones", "on Jan. 5.", "Then he left."],
        ["Am 5. Mai war es.", "On the 5. May it was.", "There are 5.", "My count is 6."],
        ["We meet at 3 p.m. on Monday.", "Come at 3 p.m.", "The door is open."],
        ["We open at 10 a.m. Monday", "to Friday.", "Good."],
        ["See e.g. the book, i.e. This one.", "Fine."],
        ["Apples, pears, etc.", "Then we left."],
        ["Dogs vs. Cats is a game.", "It is approx. 5 km to St. Ives."],
        ["He lives in the U.S.", "He likes the U.S. Army."],
        ["Apple Inc. Chief Tim Cook.", "He works for Apple Inc.", "It grew."],
        ["J. R. R. Tolkien wrote it.", "We use plan B.", "The cat and I.", "Yes."],
        [
            "Use v1.2.3.",
            "See https://a.b/c.html?x=1.2&y=3!",
            "Write to joe.b@example.com.",
            "Open config.toml.",
            "Done.",
        ],
        ["Answer No.", "No. 5 is alive."],
        ["Wait... what?!", "No!", "Well...", "He said so…", "Yes."],
        ['He said "Stop."', "Then he left.", '"What?" he asked.', "“Hi.”", "(It rained.)", "**Bold.**", "Yes."],
        ["1. First one", "2. Second one", "10) Tenth", "End."],
        ["First: 1. Boil water.", "2. Add tea."],
        ["# A heading", "Text here.", "- apples", "- pears, plums", "* more", "> quoted", "| a | b |", "|---|---|"],
        ["Run it:", "```python\nx = 1. \n\nprint(x). Then\n```", "It works."],
        ["~~~\ncode. Here\n~~~", "Done."],
        ["Call `a. B` now.", "See [the U.S. A. page. Here](http://x.y/z) too.", "Done."],
        ["今日は。", "「元気ですか？」", "はい！"],
        ["यह है।", "वह था।"],
        ["هل هذا؟", "نعم."],
    ],
    ids=lambda units: units[0][:30],
)
def test_sentences_are_cut_where_they_end(units: list[str]) -> None:
    assert split("\n".join(units) if units[0].startswith(("1. ", "# ", "Run", "~~~")) else " ".join(units)) == units


def test_a_sentence_is_given_with_the_first_character_after_it() -> None:
    splitter = SentenceSplitter()
    assert [splitter.feed(piece) for piece in ["It is", " warm", ".", " ", "Y"]] == [[], [], [], [], ["It is warm."]]
    assert splitter.feed("es.\n") == [] and splitter.feed("N") == ["Yes."]
    assert splitter.flush() == ["N"]


def test_the_first_unit_may_end_at_a_clause_and_later_ones_may_not() -> None:
    text = "If you go there in spring, you will see flowers. If you go there in winter, you will see snow."
    assert split(text) == [
        "If you go there in spring,",
        "you will see flowers.",
        "If you go there in winter, you will see snow.",
    ]
    assert split("This bridge is a marvel of steel. That bridge is a marvel of steel.") == [
        "This bridge is a marvel",
        "of steel.",
        "That bridge is a marvel of steel.",
    ]
    assert split("**This bridge is a marvel of** steel.")[0] == "**This bridge is a marvel of** steel."
    assert split("Well, yes, of course.") == ["Well, yes, of course."]
    assert split("The book (which I read in spring, and liked) is good.")[0].endswith("good.")


def test_a_line_that_goes_on_in_lower_case_is_one_sentence() -> None:
    assert split("The quick fox\njumps over it. Yes.") == ["The quick fox\njumps over it.", "Yes."]
    assert split("The end\n\nof it") == ["The end", "of it"]


def test_text_without_a_stop_is_cut_at_a_pause_and_between_words() -> None:
    words = " ".join(["word"] * 200)
    assert all(len(unit) <= 250 and unit.split() == ["word"] * len(unit.split()) for unit in split(words))
    assert split("word " * 35 + "here, " + "word " * 100)[0].endswith("here,")
    assert [len(unit) for unit in split("字" * 600)] == [250, 250, 100]
    late = "Word " * 40 + "here, " + "word " * 7 + "by 5 p.m."
    assert split(f"First. {late} The rest.") == ["First.", late, "The rest."]
    address = "https://example.com/" + "x" * 900
    assert split(f"{address} is it. Yes.") == [address, "is it.", "Yes."]


_PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            "Word",
            "the",
            " ",
            " ",
            "\n",
            "\n\n",
            ".",
            ". ",
            "! ",
            "? ",
            "...",
            "…",
            ", ",
            ": ",
            " - ",
            "1. ",
            "5",
            "3.4",
            "Dr. ",
            "U.S. ",
            "p.m. ",
            "May ",
            "Mai",
            "He ",
            "`",
            "```",
            "```\n",
            "~~~",
            "[",
            "](",
            ")",
            "(",
            '"',
            "”",
            "*",
            "**",
            "# ",
            "- ",
            "| ",
            "。",
            "？",
            "」",
            "।",
            "字",
            "é",
            "😀",
            "x" * 60,
            "word " * 12,
            "字" * 80,
            "\t",
            "\u3000",
            "\r\n",
            "I",
        ]
    ),
    max_size=40,
)


@given(st.one_of(_PIECES.map("".join), st.text()), st.lists(st.integers(0, 400), max_size=12))
@example("x" * 249 + '. "Yes', [250, 251, 252, 253])
@example("In the U.S. He", [])
def test_nothing_is_lost_and_units_do_not_depend_on_the_pieces(text: str, cuts: list[int]) -> None:
    units = split(text, cuts)
    assert "".join("".join(units).split()) == "".join(text.split())
    assert units == split(text)
    assert all(unit == unit.strip() != "" for unit in units)
