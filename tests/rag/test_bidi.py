from __future__ import annotations

import random

import pytest

from rag.readers.bidi import Sign, logical


def printed(visual: str) -> list[Sign]:
    """``visual`` as it stands on paper, each sign 5 points wide, tabs 40; spaces are not written."""
    signs, left = [], 0.0
    for sign in visual:
        width = 40 if sign == "\t" else 5
        if sign not in " \t":
            signs.append((sign, left, left + width))
        left += width
    return signs


@pytest.mark.parametrize(
    "visual, read",
    [
        ("םולש", "שלום"),
        ("30:71 דע 00:9 החותפ", "פתוחה 00:9 עד 30:71"),
        (",4321555-30 ןופלט", "טלפון 4321555-30,"),
        ("םויה www.example.org רתא", "אתר www.example.org היום"),
        ("(Windows 11 םע) בשחמ", "מחשב (עם Windows 11)"),
        ("[3] 12.5%  ריחמ", "מחיר 12.5% [3]"),
        ("The word םולש means peace.", "The word שלום means peace."),
        ("In Hebrew Room 12 is םידומע 10-20 רדח", "In Hebrew Room 12 is חדר 10-20 עמודים"),
        ("תועש\tםוי", "יום | שעות"),
        ("10-12\tSunday\tןושאר", "ראשון | Sunday | 10-12"),
        ("؟مكل فيك ،اذام", "ماذا، كيف لكم؟"),
        ("١٢٣٤ ددع", "عدد ١٢٣٤"),
    ],
)
def test_a_line_comes_in_the_order_it_is_read_however_its_signs_come(visual, read):
    signs = printed(visual)
    for seed in range(3):
        assert logical(signs, 12, 14) == read
        random.Random(seed).shuffle(signs)


def test_signs_of_one_place_are_turned_back_and_marks_stay_with_their_letter():
    ligature = [("ا", 10, 20), ("ل", 10, 20)]  # as PDFium gives the letters of one sign
    assert logical([("س", 20, 28), *ligature, ("م", 2, 10)], 12, 14) == "سلام"
    marked = [("ב", 20, 26), ("ָ", 24, 25), ("א", 14, 20)]
    assert logical(marked, 12, 14) == "בָא"
    assert logical([("ָ", 24, 25), ("ב", 20, 26), ("א", 14, 20)], 12, 14) == "בָא"
