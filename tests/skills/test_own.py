"""The user's own skills, from a folder."""

from __future__ import annotations

import pytest

from assistant.skills import loaded

COIN = """
from assistant.skills import Action, command

COMMANDS = (command("toss_coin", "Toss a coin.", "(toss|flip) a coin"),)


def run(asked, here):
    return Action("Heads.")
"""


def test_a_file_in_the_folder_is_a_skill(tmp_path):
    (tmp_path / "coin.py").write_text(COIN)
    told = []
    skills = loaded.Skills(loaded.own(tmp_path, told.append))
    assert [row.name for row in skills.commands] == ["toss_coin"] and told == []


@pytest.mark.parametrize(
    "text, why",
    [
        ("def run(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = 1", "no COMMANDS"),
        (COIN.replace("(toss|flip)", "(toss|flip"), "toss_coin"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_one_that_is_none_is_left_out_and_told_and_the_others_are_taken(tmp_path, text, why):
    (tmp_path / "a.py").write_text(text)
    (tmp_path / "b.py").write_text(COIN)
    told = []
    assert len(loaded.own(tmp_path, told.append)) == 1
    assert len(told) == 1 and why in told[0] and "a.py" in told[0]


def test_what_others_can_write_is_not_run(tmp_path):
    (tmp_path / "coin.py").write_text(COIN)
    (tmp_path / "coin.py").chmod(0o666)
    told = []
    assert loaded.own(tmp_path, told.append) == [] and "chmod go-w" in told[0]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    told = []
    assert loaded.own(tmp_path / "none", told.append) == [] and "no such folder" in told[0]
