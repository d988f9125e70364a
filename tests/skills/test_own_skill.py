"""The skill in docs/SKILLS.md works as it stands there."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from assistant.bench.tools import deciding, held_out
from assistant.skills import Here
from assistant.skills.words.matching import Matcher

NOW = held_out.moment().now
PAGE = (Path(__file__).parents[2] / "docs" / "SKILLS.md").read_text(encoding="utf-8")


@pytest.fixture
def skill() -> ModuleType:
    module = ModuleType("dice")
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], vars(module))
    return module


@pytest.mark.parametrize(("words", "sides"), [("Throw a die.", 6), ("roll a die with 20 sides", 20)])
def test_what_the_page_shows_is_matched_and_answers(skill, words, sides, tmp_path):
    here = Here(lambda: NOW, tmp_path, deciding.Controls(), timekeeper=None)  # type: ignore[arg-type]
    asked = Matcher(skill.COMMANDS).matches(words, NOW)[0]
    thrown = {int(skill.run(asked, here).say[2:-1]) for _ in range(500)}
    assert len(thrown) > sides / 2 and thrown <= set(range(1, sides + 1))


def test_it_matches_no_talk(skill):
    matcher = Matcher(skill.COMMANDS)
    assert not [text for text in ("Never say die.", "A die has six sides.") if matcher.matches(text, NOW)]
