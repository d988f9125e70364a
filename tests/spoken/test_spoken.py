"""Cases of each language: what is written, what a reader says; several right readings are parted by " | "."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.spoken import LANGUAGES, apply, edits, spoken

_CASES = Path(__file__).with_name("cases")
_BOUNDS = {"en": 0.98}


def cases(language: str) -> list[tuple[str, list[str]]]:
    """(written, readings) of each line; a line that begins with "# " names the kind of those below it."""
    lines = (_CASES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [(written, readings.split(" | ")) for written, readings in rows]


def heard(words: str) -> str:
    """What a voice makes of it: capitals, hyphens and commas are not heard."""
    return " ".join(re.sub(r"[-,]", " ", words.casefold()).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_written_forms_are_read_as_people_read_them(language: str) -> None:
    rows = cases(language)
    said = [(written, readings, spoken(written, language)) for written, readings in rows]
    wrong = [row for row in said if heard(row[2]) not in map(heard, row[1])]
    print(
        *(f"{written}\n  said: {words}\n  want: {' | '.join(readings)}" for written, readings, words in wrong), sep="\n"
    )
    assert len(rows) >= 400
    assert 1 - len(wrong) / len(rows) >= _BOUNDS.get(language, 0.95), [written for written, _, _ in wrong]


def test_a_region_orders_the_date() -> None:
    assert spoken("3/4/2025", "en-GB") == spoken("4/3/2025", "en-US") == "April third twenty twenty-five"


def test_another_language_leaves_digits_to_its_voice() -> None:
    assert spoken("5 × $3 = 15", "fi") == "5 × $3 = 15"


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            """5 12 007 1,234.5 1.234,5 3/4 2025-03-04 14:30 $ € £5 % °C km /h -3 – - + = ** ^ ² ½ √ π × ₂ . , : ;
            ( ) [ ] { } \\frac{ \\boxed{42} \\sqrt $x^2$ \\( \\) $$ @ joe@a.com #tag
            #1 https://a.b/c www.
            v3.1 /etc/hosts C:\\ XIV
            IV Louis Chapter Kapitel Dr. z.B. e.g. March März 4. Uhr pm 1990s 5' 10" +49 030 1234567 Mio. million x n !
            ~ ≈""".split()
        ),
        st.text(max_size=3),
        st.just(" "),
        st.just(" "),
    ),
    max_size=20,
).map("".join)


@given(_PIECES, st.sampled_from(LANGUAGES))
def test_edits_are_ordered_and_disjoint_and_leave_no_short_number(text: str, language: str) -> None:
    found = edits(text, language)
    assert all(0 <= edit.start < edit.end <= len(text) for edit in found)
    assert all(first.end <= second.start for first, second in zip(found, found[1:]))
    said = apply(text, found)
    assert all(len(digits) > 40 for digits in re.findall(r"[0-9]+", said)), said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "piece",
    """1 / 1/ 1. 1, 1_ 1- - a. a@ @ $ $x= \\frac{ \\sqrt{ { ( 1: ^ * a/ #a
    http:// IV_ I +1_ % . '_ 1'_ A_ 1,111 ₂ ½ x^ \\( 2**
    1_. 1.1. a_1_ 1x 1_x_ Der_1._""".split(),
)
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str, language: str) -> None:
    """A quadratic pattern would take minutes here."""
    spoken(piece.replace("_", " ") * (10_000 // len(piece)), language)
