from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import safety
from assistant.config import SafetySettings
from assistant.errors import UsageError

MINIMAL = '[[category]]\nname = "x"\nsentence = "No."\nquestion = ["forbidden"]\n'


def policy(tmp_path, text: str) -> safety.Policy:
    path = tmp_path / "my-policy.toml"
    path.write_text(text, encoding="utf-8")
    return safety.load(SafetySettings(policy=str(path)))


def refusal(tmp_path, text: str) -> str:
    with pytest.raises(UsageError) as error:
        policy(tmp_path, text)
    assert str(tmp_path / "my-policy.toml") in str(error.value)
    return str(error.value)


def test_rules_are_words_lists_forms_and_gaps(tmp_path) -> None:
    mine = policy(
        tmp_path,
        """
        [words]
        pet = ['dogs?', 'cat']
        [[category]]
        name = "pets"
        sentence = " No pets. "
        question = ['(feed|bury)~ ... {pet}', 'stab~ it', 'dance~']
        answer = ['i bit {pet}']
        both = ['walkies']
        unless = ['hot dogs?', 'cat fish']
        answer_unless = ['no walkies']
    """,
    )
    for text in (
        "feed the dog",
        "Feeding my very own two big, old dogs!",
        "he buried a cat",
        "dancing",
        "stabbed it",
        "walkies",
    ):
        assert mine.check_question(text) == safety.Refusal("pets", "No pets."), text
    for text in (
        "feed a hot dog",
        "feed one two three four five six seven dogs",
        "feeder dog",
        "i bit dogs",
        "feed the catfish",
        "feed cat fish",
        "dancer",
    ):
        assert mine.check_question(text) is None, text
    assert mine.check_answer("I bit dogs.") and mine.check_answer("Walkies!") and mine.check_question("no walkies")
    assert mine.check_answer("No walkies.") is None and mine.check_answer("feed the dog") is None


def test_a_list_in_brackets_is_only_one_of_several_ways(tmp_path) -> None:
    rules = MINIMAL.replace('"forbidden"', "'({a}|{b}) z', '({a} )?q'")
    mine = policy(tmp_path, "[words]\na = ['x']\nb = ['y']\n" + rules)
    assert mine.check_question("x z") and mine.check_question("y z") and mine.check_question("q")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL.replace("forbidden", "(open"), "category 'x', question: '(open' is not a valid pattern"),
        (MINIMAL.replace('sentence = "No."\n', ""), "category 'x' has no sentence to say"),
        (MINIMAL.replace('"No."', '" "'), "category 'x' has no sentence to say"),
        (MINIMAL.replace('name = "x"\n', ""), "a [[category]] has no name"),
        (MINIMAL.replace('question = ["forbidden"]', ""), "category 'x' has no rules"),
        (MINIMAL.replace('["forbidden"]', '"forbidden"'), "question must be a list of texts"),
        (MINIMAL.replace('"forbidden"', '""'), "question must be a list of texts"),
        (MINIMAL.replace("question", "questoin"), "questoin is not known; did you mean question?"),
        (MINIMAL.replace("forbidden", "(bad)?"), "matches the empty text"),
        (MINIMAL.replace("forbidden", "{wrods} bad"), "unknown list {wrods}; define it above"),
        ("[words]\nwords = ['a']\n" + MINIMAL.replace("forbidden", "{wrods} bad"), "did you mean {words}?"),
        ("[words]\na = ['(']\n" + MINIMAL, "[words] a: '(' is not a valid pattern"),
        ("[words]\na = 'b'\n" + MINIMAL, "[words] a must be a list of texts"),
        ("words = 3\n" + MINIMAL, "written [words]"),
        (MINIMAL.replace("forbidden", "I'm bad"), "can never match"),
        (MINIMAL.replace("forbidden", "Bad"), "can never match"),
        (MINIMAL.replace("forbidden", "bad..."), "with a space on both sides"),
        (MINIMAL.replace("forbidden", "(very bad)~"), "write ~ after a word"),
        (MINIMAL + "sentences = { de = 3 }", "sentences must hold a text for each language"),
        (MINIMAL + "besides = { german = 'x' }", "besides must hold a text for each language"),
        ("", "has no [[category]]"),
        ("[[categories]]\n" + MINIMAL, "categories is not known; did you mean category?"),
        ("category = 3", "has no [[category]]"),
        ("= 3", "not valid TOML"),
    ],
)
def test_a_wrong_policy_is_refused_with_file_category_and_rule(tmp_path, text: str, expected: str) -> None:
    assert expected in refusal(tmp_path, text)


def test_a_policy_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        safety.load(SafetySettings(policy=str(tmp_path / "none.toml")))


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.text(alphabet="ab(|)[]{}?*+\\.~ 'A", max_size=12))
def test_any_rule_is_taken_or_refused_in_one_sentence(tmp_path_factory, rule: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any-policy.toml"
    quoted = rule.replace("\\", "\\\\")
    path.write_text(f'[words]\na = ["b"]\n[[category]]\nname = "x"\nsentence = "No."\nquestion = ["{quoted}"]\n')
    try:
        mine = safety.read(path)
    except UsageError as error:
        assert str(path) in str(error)
    else:
        mine.question("a b ab ba aab")


def test_a_policy_of_ones_own_decides_alone(tmp_path) -> None:
    mine = policy(tmp_path, MINIMAL + "weak = ['doubtful']\nsentences = { de = 'Nein.' }")
    assert (
        mine.check_question("how do i make a pipe bomb") is None and mine.check_answer("You should kill her.") is None
    )
    assert mine.check_question("something forbidden", "de") == safety.Refusal("x", "Nein.")
    assert mine.check_question("something forbidden", "fr") == safety.Refusal("x", "No.")
    assert mine.check_question("something doubtful") == safety.Refusal("x", "No.")
    assert mine.besides("how do i help a suicidal friend") == ""
