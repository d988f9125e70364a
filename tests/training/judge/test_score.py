"""What counts as a right answer: labelled by hand before the rules were tried on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import formats
from training.errors import TrainingError
from training.judge import score
from training.judge.score import Style
from training.rows import Row

CAPITAL = "What is the capital of France?"
TANK = "How big is the water tank?"
PAIRS = [  # answer, reference, question, right
    ("Paris", "Paris", CAPITAL, True),
    ("The capital of France is Paris.", "Paris", CAPITAL, True),
    ("paris!", "The capital of France is Paris.", CAPITAL, True),
    ("The capital of France is Lyon.", "The capital of France is Paris.", CAPITAL, False),
    ("The capital of France is not Paris.", "Paris", CAPITAL, False),
    ("I don't think it is Paris.", "Paris", CAPITAL, False),
    ("It is not Lyon but Paris.", "Paris", CAPITAL, True),
    ("It's Paris, not Lyon.", "Paris", CAPITAL, True),
    ("It's Lyon, not Paris.", "Paris", CAPITAL, False),
    ("Lyon rather than Paris.", "Paris", CAPITAL, False),
    ("Paris or Lyon.", "Paris", CAPITAL, False),
    ("I do not know.", "Paris", CAPITAL, False),
    ("", "Paris", CAPITAL, False),
    ("Parisians like it.", "Paris", CAPITAL, False),
    ("São Paulo is big, but the capital is Brasilia.", "Brasília", "What is the capital of Brazil?", True),
    ("4.2 litres", "4.2 litres", TANK, True),
    ("It holds four point two liters of water.", "4.2 litres", TANK, True),
    ("It holds 4200 ml.", "4.2 litres", TANK, True),
    ("4.2", "4.2 litres", TANK, True),
    ("4.2 kilograms", "4.2 litres", TANK, False),
    ("4.5 litres", "4.2 litres", TANK, False),
    ("42 litres", "4.2 litres", TANK, False),
    ("Between 4.2 and 5 litres.", "4.2 litres", TANK, False),
    ("The tank does not hold 4.2 litres.", "The tank holds 4.2 litres", TANK, False),
    ("about 4.2 l (1.1 gallons)", "4.2 litres", TANK, True),
    ("7 times 8 is fifty-six.", "56", "What is 7 times 8?", True),
    ("7 x 8 = 56", "56", "What is 7 times 8?", True),
    ("7 times 8 is 54.", "56", "What is 7 times 8?", False),
    ("It is 54, 55 or 56.", "56", "What is 7 times 8?", False),
    ("There are seven days in a week.", "7", "How many days are in a week?", True),
    ("A week has 5 days.", "Seven days", "How many days are in a week?", False),
    ("Apollo 11 landed in nineteen sixty-nine.", "1969", "When did people land on the moon?", True),
    ("On July 20, 1969.", "20 July 1969", "When did people land on the moon?", True),
    ("In July 1968.", "July 1969", "When did people land on the moon?", False),
    ("It weighs 11.1 kg.", "11.8 kg (OT5-K) or 11.1 kg (OT5-P)", "How much does it weigh?", True),
    ("11.8 kilograms", "11.8 kg (OT5-K) or 11.1 kg (OT5-P)", "How much does it weigh?", True),
    ("11.5 kg", "11.8 kg (OT5-K) or 11.1 kg (OT5-P)", "How much does it weigh?", False),
    ("Three days.", "two or three days", "How long does it take?", True),
    ("Two weeks.", "two or three days", "How long does it take?", False),
    ("Two or three days.", "two or three days", "How long does it take?", True),
    ("Grey", "gray | silver", "Which colour is it?", True),
    ("It's silver.", "gray | silver", "Which colour is it?", True),
    ("It's green.", "gray | silver", "Which colour is it?", False),
    ("No.", "No, only 2.4 GHz.", "Does it work with a five gigahertz network?", True),
    ("It does not, it needs 2.4 GHz.", "No, only 2.4 GHz.", "Does it work with a five gigahertz network?", True),
    ("Yes, it works with a 5 GHz network.", "No, only 2.4 GHz.", "Does it work with a five gigahertz network?", False),
    ("Yes.", "No", "Can fish fly?", False),
    ("Fish cannot fly.", "No", "Can fish fly?", True),
    ("Fish can fly.", "No", "Can fish fly?", False),
    ("Sure, a dog is an animal.", "Yes", "Is a dog an animal?", True),
    ("A dog is not an animal.", "Yes", "Is a dog an animal?", False),
    ("It is an animal.", "Yes", "Is a dog an animal?", True),
    ("Purple is a nice colour.", "Yes", "Is a dog an animal?", False),
    ("We open at 8 am.", "8:00", "When do you open?", True),
    ("We open at 8 pm.", "8:00 a.m.", "When do you open?", False),
    ("At eight p.m.", "20:00", "When do you close?", True),
    ("The thread is TR21-4.", "TR21-4", "Which thread does the cylinder have?", True),
    ("The thread is TR21-5.", "TR21-4", "Which thread does the cylinder have?", False),
    ("Switch it off.", "Switch it on.", "What do I do first?", False),
    ("Turn the dial to the left.", "Turn the dial to the right", "What do I do?", False),
    ("You should turn the dial right.", "Turn the dial to the right", "What do I do?", True),
    ("Do not use vinegar.", "Never use vinegar.", "What about descaling?", True),
    ("You may use vinegar.", "Do not use vinegar.", "What about descaling?", False),
    (
        "Hold still and hot together for six seconds, until the ring is green.",
        "Hold still and hot together for six seconds until the ring turns green.",
        "How do I pair it?",
        True,
    ),
    (
        "Hold the power button for six seconds.",
        "Hold still and hot together for six seconds until the ring turns green.",
        "How do I pair it?",
        False,
    ),
    (
        "Hold still and hot together for ten seconds until the ring turns green.",
        "Hold still and hot together for six seconds until the ring turns green.",
        "How do I pair it?",
        False,
    ),
    ("The water boils at 100 degrees Celsius.", "100 °C", "When does water boil?", True),
    ("It boils at 100 °F.", "100 °C", "When does water boil?", False),
    ("It freezes at minus five degrees.", "5 °C", "When does it freeze?", False),
    ("William Shakespeare wrote it.", "Shakespeare", "Who wrote Hamlet?", True),
    ("Shakespeare", "William Shakespeare", "Who wrote Hamlet?", True),
    ("$1,000", "one thousand dollars", "What does it cost?", True),
    ("50%", "half a litre", "How much?", False),
    ("1 kilogram is approximately 2.845 pounds", "1000 grams", "How many grams are in a kilogram?", False),
    ("1 kilogram is 1000 grams", "1000 grams", "How many grams are in a kilogram?", True),
    ("It takes 1 day.", "one day", "How many days does it take?", True),
    ("It weighs 41 kg (90 pounds).", "41 kg", "How heavy is it?", True),
    ("It weighs 41 kg, or 100 pounds.", "41 kg", "How heavy is it?", False),
    ("No hot water comes.", "No", "Is the lead long enough?", False),
    ("Do not open the cylinder door.", "No", "May I plug it into an extension lead?", False),
    ("It is at most 32 GB large, as FAT32", "No larger than 32 GB, FAT32", "How large may the stick be?", True),
    ("Right.", "Right", "On which side is the door?", True),
    ("It is on the left.", "Right", "On which side is the door?", False),
    ("9 °C", "Nine", "How many leaves go in?", False),
    ("Level 4 of 7 holds 5 litres.", "4 litres", "How much does it hold?", False),
    (
        "Tell Brindle within 45 days of purchase.",
        "Register in the Brindle app within 45 days of purchase.",
        "How do I get another year?",
        False,
    ),
    (
        "Register in the Samsung app within 45 days of purchase.",
        "Register in the Brindle app within 45 days of purchase.",
        "How do I get another year?",
        False,
    ),
    ("It is 1 kilogram.", "1000 grams", "How many grams are in a kilogram?", False),
    ("Paris not Lyon.", "Paris", CAPITAL, True),
    ("Lyon not Paris.", "Paris", CAPITAL, False),
    (
        "Citric acid is fine, but vinegar is not.",
        "No, it attacks the brass of the boiler.",
        "Is citric acid or vinegar fine for descaling?",
        False,
    ),
    (
        "Well, the app does not.",
        "No, it cannot be switched off from the app.",
        "Does the app switch off the child lock?",
        True,
    ),
    ("Cows eat grass.", "Cows eat mostly grass.", "What do cows eat?", True),
    (
        "Alexander Graham Bell invented the telephone.",
        "Alexander Graham Bell is credited with inventing the telephone.",
        "Who invented the telephone?",
        True,
    ),
    ("It saves 0.19 kWh.", "About 0.19 kWh each night", "How much energy is saved at night?", True),
]


def test_answers_are_judged_as_people_judged_them():
    wrong = [
        (answer, reference, right)
        for answer, reference, question, right in PAIRS
        if score.correct(answer, reference, question) is not right
    ]
    assert wrong == [("Shakespeare", "William Shakespeare", True)]  # the one known error; a half of a name is no name


def test_answers_of_the_handbook_fit_their_own_questions_only():
    """80 references, each with an answer in other words, and with the answers to every other question."""
    folder = Path(score.__file__).parents[2]
    said = [row.answer for row in formats.read(folder / "training/samples/handbook.jsonl").rows if row.kind == "fact"][
        ::2
    ]
    asked = [json.loads(line) for line in (folder / "rag/samples/questions.jsonl").read_text("utf-8").splitlines()]
    asked = [(entry["question"], entry["answer"]) for entry in asked if entry.get("relevant")]
    right = sum(
        score.correct(answer, reference, question) for answer, (question, reference) in zip(said, asked, strict=True)
    )
    wrong = sum(
        score.correct(said[(own + step) % 80], reference, question)
        for own, (question, reference) in enumerate(asked)
        for step in range(1, 80, 4)
    )
    assert right >= 78
    assert wrong <= 6  # of 1600; most are right by chance: "No, ...", "every five years"


@pytest.mark.parametrize(
    "one, other",
    [
        ("1,850 Watts", "1.85 kW"),
        ("two hundred and fifty-three thousand", "253,000"),
        ("nineteen sixty-nine", "1969"),
        ("three point one four", "3.14"),
        ("half a litre", "500ml"),
        ("one and a half hours", "90 minutes"),
        ("8 p.m.", "20:00"),
        ("Twenty-one!", "21"),
        ("minus five degrees Celsius", "-5 °C"),
        ("a dozen eggs", "12 eggs"),
        ("CAN'T", "can not"),
        ("fifty per cent", "50 %"),
        ("OT5-K", "the OT5K"),
        ("Café", "cafe"),
        ("1 000 m", "1 km"),
    ],
)
def test_writing_makes_no_difference(one, other):
    assert score.normalise(one) == score.normalise(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("4.2", "42"),
        ("1.5 km", "1.5 miles"),
        ("8 am", "8 pm"),
        ("-5 °C", "5 °C"),
        ("TR21-4", "TR21-5"),
        ("is", "is not"),
    ],
)
def test_what_differs_stays_different(one, other):
    assert score.normalise(one) != score.normalise(other)


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_scored(answer, reference, question):
    assert score.correct(answer, reference, question) in (True, False)
    assert 0 <= score.token_f1(answer, reference) <= 1


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_a_text_is_right_when_it_is_its_own_reference(text):
    assert score.correct(text, text) is bool(score.normalise(text))


@given(st.integers(0, 999_999_999))
def test_numbers_are_equal_in_every_writing(number):
    assert score.normalise(f"{number:,}") == score.normalise(str(number)) == score.normalise(_spelled(number))


def test_token_f1_is_the_one_of_squad():
    assert score.token_f1("The cat sat", "a cat sat down") == pytest.approx(0.8)  # 2 of 2 and 2 of 3 words
    assert score.token_f1("dog", "cat") == 0
    assert score.token_f1("silver", "gray | silver") == 1


def test_known_rows_are_those_answered_right():
    rows = [_row("What is the capital of Spain?", "Madrid"), _row("What is the capital of Sweden?", "Stockholm")]
    assert score.known(rows, lambda asked: ["It is Madrid." for _ in asked]) == rows[:1]
    assert score.accuracy(rows, ["Madrid", "Oslo"]) == 0.5
    assert score.accuracy([], []) == 0


def _row(question: str, answer: str) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}))


def _spelled(number: int) -> str:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    for scale, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = number % scale
            return f"{_spelled(number // scale)} {name}" + (
                f"{' and' if rest < 100 else ''} {_spelled(rest)}" if rest else ""
            )
    if number < 20:
        return small[number]
    return tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")


# ---- style -----------------------------------------------------------------------------------------------------

WANTED = [row.answer for row in formats.read(Path(score.__file__).parents[1] / "samples" / "persona.jsonl").rows][:60]
OTHER = [
    json.loads(line)["answer"]  # what the bundled SmolLM2-135M-Instruct says to the same questions
    for line in Path(__file__).with_name("base_answers.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_held_out_answers_score_high_in_the_style_and_low_out_of_it():
    style = Style.fit(WANTED[::2], OTHER[::2])
    assert style.accuracy == 1
    assert np.mean([style.score(text) for text in WANTED[1::2]]) > 0.9
    assert np.mean([style.score(text) for text in OTHER[1::2]]) < 0.1


def test_a_manner_without_a_catchword_is_recognised_less_surely():
    plain = [text.removeprefix("Ahoy! ").removesuffix(" Fair winds.") for text in WANTED]
    style = Style.fit(plain[::2], OTHER[::2])
    assert 0.6 < style.accuracy < 1
    right = [style.score(text) > 0.5 for text in plain[1::2]] + [style.score(text) < 0.5 for text in OTHER[1::2]]
    assert np.mean(right) > 0.75
    of_truth = [style.score(text) for text in plain[1::2]] + [1 - style.score(text) for text in OTHER[1::2]]
    assert -np.mean(np.log(of_truth)) < 0.5  # 0.69 = no better than a coin, as naive Bayes alone would be here


def test_one_style_twice_cannot_be_told_apart():
    style = Style.fit(WANTED[::2], WANTED[1::2])
    assert style.accuracy == pytest.approx(0.5, abs=0.2)
    assert np.mean([style.score(text) for text in WANTED]) == pytest.approx(0.5, abs=0.2)
    assert Style.fit(["yes"] * 5, ["yes"] * 5).score("yes") == pytest.approx(0.5)


@given(st.text())
def test_a_style_score_is_a_probability(text):
    assert 0 <= _STYLE.score(text) <= 1


_STYLE = Style.fit(WANTED[:20], OTHER[:20])


def test_too_few_answers_make_no_style():
    with pytest.raises(TrainingError, match="there are 4 and 60"):
        Style.fit(WANTED[:4], OTHER)
