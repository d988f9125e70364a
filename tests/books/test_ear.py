from __future__ import annotations

import pytest

from assistant.books.ear import Joiner, clean, sentence


@pytest.mark.parametrize(
    "written, heard",
    {
        "The river.[12] It rose [3, 4] and fell.[5–7]": "The river. It rose and fell.",
        "in [1851] and a[i]": "in [1851] and a[i]",
        "the river¹ rose.² To 10² m³ and km²": "the river rose. To 10² m³ and km²",
        "the river† rose.‡": "the river rose.",
        "of\u00adfice, o\ufb03ce\u200b, a\u00a0b\x0cc": "office, office, a b c",
        "Name ________ here .......... 12": "Name here 12",
        "• Rope": "Rope",
        "…and then — so it is -- he left...": "…and then — so it is -- he left...",
        "👍🏽 e\u0301": "👍🏽 é",
    }.items(),
)
def test_what_is_for_the_eye_only_goes(written, heard):
    assert clean(written) == heard


@pytest.mark.parametrize(
    "written, heard",
    {
        "The Harbour": "The Harbour.",
        "Who goes?": "Who goes?",
        "“Stop!”": "“Stop!”",
        "Oars,": "Oars.",
        "第一章": "第一章。",
        "पहला अध्याय": "पहला अध्याय।",
        "": "",
    }.items(),
)
def test_headings_become_sentences(written, heard):
    assert sentence(written) == heard


def test_broken_words_are_joined_as_the_book_writes_them():
    book = "A well-known tale. The lighthouse"
    join = Joiner([book]).paragraph
    assert join("light-\nhouse") == "lighthouse"
    assert join("well-\nknown") == "well-known"
    assert join("light\x02house, gear\ufffebox, 2010\ufffe2015") == "lighthouse, gearbox, 2010-2015"
    assert join("soft\u00ad\nly spoken\nlines — Anglo-\nSaxon") == "softly spoken lines — Anglo-Saxon"
