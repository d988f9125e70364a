"""Bad sentences of a skill are named before they can match anything."""

from __future__ import annotations

import pytest

from assistant.errors import UsageError
from assistant.skills import command
from assistant.skills.words.matching import check
from tests.skills.table import many


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("set (a|the timer", "cannot be read"),
        ("set [a timer", "cannot be read"),
        ("set {a timer", "cannot be read"),
        ("(a;b", "cannot be read"),
        ("", "cannot be read"),
        ("{anything}", "almost anything"),
        ("[please] {anything}", "almost anything"),
        ("(|now) {anything}", "almost anything"),
        ("set <a> timer", "no rules"),
        ("set {} timer", "cannot be read"),
        ("set {the name} timer", "proper name"),
        ("set {duration:x} or {number:x}", "two kinds of one slot"),
    ],
)
def test_a_bad_sentence_is_refused_in_one_sentence(template: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        check([command("mine", "", template)])
    assert "mine" in str(raised.value) and "\n" not in str(raised.value)


def test_a_name_stands_once() -> None:
    with pytest.raises(UsageError, match="Two commands are called mine"):
        check([command("mine", "", "one"), command("mine", "", "two")])
    with pytest.raises(UsageError, match="has no sentences"):
        check([command("mine", "")])


def test_good_sentences_pass() -> None:
    check(many())
    check([command("sum", "", "{number}", "[please] {number} [now]", "volume {0..100:percent}", de=("laut {number}",))])
