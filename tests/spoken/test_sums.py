"""Signs that a voice leaves out, as models write them: differences, powers, boxed answers."""

from __future__ import annotations

import pytest

from assistant.reply.speakable import speakable


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("So 6 – 4 = 2.", "So six minus four equals two."),
        ("What is 6 – 4?", "What is six minus four?"),
        ("6 – 4 is 2.", "six minus four is two."),
        ("x - 3 = 5", "x minus three equals five"),
        ("If x – 2 = 0", "If x minus two equals zero"),
        ("3 - x = 1", "three minus x equals one"),
        ("y - x", "y minus x"),
        ("the index n-1", "the index n minus one"),
        ("a - b = c", "a minus b equals c"),
        ("aged 3 – 5 years", "aged three to five years"),
        ("5*4**2", "five times four squared"),
        ("2 ** 0.5", "two to the power of zero point five"),
        ("1.5**2", "one point five squared"),
        ("(3+4)**2", "(three plus four) squared"),
        ("2^0.5", "two to the power of zero point five"),
        ("2 ** 3 * 4", "two cubed times four"),
    ],
)
def test_a_sum_is_heard_whole(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**5** apples and **3** pears", "five apples and three pears"),
        ("**Step (1)** 2 eggs", "Step (one) two eggs"),
        ("Plan A - 3 people", "Plan A - three people"),
        ("Take vitamin C - 3 a day.", "Take vitamin C - three a day."),
    ],
)
def test_what_only_looks_like_a_sum_is_none(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (r"Answer: \fbox{No}", "Answer: No"),
        (r"\framebox{Maybe} so", "Maybe so"),
        (r"It is $\mathbf{Berlin}$.", "It is Berlin."),
        (r"\textcolor{red}{Paris} it is", "Paris it is"),
        (r"\boxed{No}", "No"),
        (r"\boxed{-5}", "minus five"),
    ],
)
def test_what_a_formula_frames_is_read(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2**16 - 1", "two to the power of sixteen minus one"),
        ("It was –5 °C.", "It was minus five degrees Celsius."),
        ("Open Monday–Friday.", "Open Monday to Friday."),
        ("€1.000.000", "one million euros"),
        ("1.000 €", "one thousand euros"),
        (r"\boxed{1{,}000}", "one thousand"),
        (r"$$\boxed{25\%}$$", "twenty-five percent"),
        ("a well-known man", "a well-known man"),
    ],
)
def test_marks_within_numbers_and_between_days_are_heard(written: str, said: str) -> None:
    assert speakable(written) == said
