"""Which model is chosen, with scripted measurements."""

from __future__ import annotations

import pytest

from assistant import config
from assistant.errors import EngineError
from assistant.models import catalogue, quality
from assistant.models.catalogue import KnownModel
from assistant.models.quality import Figure
from assistant.setup import choice
from assistant.setup.choice import Candidate
from assistant.setup.state import Measured


def row(name: str, size: float = 1.0, languages: str = "100+", licence: str = "MIT") -> KnownModel:
    return KnownModel(name, "llm", f"owner/model:{name}.gguf", size, 0.1, licence, languages, "")


def offered(**estimates: float) -> list[Candidate]:
    return [Candidate(row(name), False, estimate) for name, estimate in estimates.items()]


class Machine:
    """Measures what the test says, and notes what was fetched and said."""

    def __init__(self, **found: Measured | Exception) -> None:
        self.found, self.fetched, self.said = found, [], []

    def measure(self, one: Candidate) -> Measured:
        self.fetched.append(one.name)
        found = self.found[one.name]
        if isinstance(found, Exception):
            raise found
        return found

    def best(self, candidates: list[Candidate], bound: float = 1.0, room=lambda one: True) -> str | None:
        found = choice.best(candidates, bound, 0.4, 1.0, self.measure, room, self.said.append)
        return found and found.name


def test_the_best_within_the_bound_is_taken_and_no_other_is_fetched() -> None:
    machine = Machine(large=Measured(0.9, 0.9), small=Measured(0.3, 0.7))
    assert machine.best(offered(large=0.8, small=0.3)) == "large"
    assert machine.fetched == ["large"]
    assert machine.said == ["large: 0.90 s, measured; within 1 s"]


def test_what_turns_out_too_slow_is_stepped_down_from() -> None:
    machine = Machine(large=Measured(1.1, 0.9), middle=Measured(0.9, 0.8), small=Measured(0.3, 0.7))
    assert machine.best(offered(large=0.9, middle=0.8, small=0.3)) == "middle"
    assert machine.fetched == ["large", "middle"]
    assert "large: 1.10 s, measured; too slow for 1 s" in machine.said[0]


def test_what_was_measured_corrects_the_estimates_of_the_others() -> None:
    machine = Machine(large=Measured(2.7, 0.9), small=Measured(0.9, 0.7))
    assert machine.best(offered(large=0.9, middle=0.8, small=0.3)) == "small"
    assert machine.fetched == ["large", "small"]
    assert "middle: would need about 2.4 s, by estimate" in machine.said[1]


def test_what_cannot_be_quick_enough_is_not_fetched_and_the_bundled_one_stays() -> None:
    machine = Machine()
    assert machine.best(offered(large=9.0, small=1.4)) is None
    assert machine.fetched == []


def test_what_answers_worse_than_the_bundled_one_is_not_taken() -> None:
    machine = Machine(large=Measured(0.5, 0.39), small=Measured(0.3, 0.4))
    assert machine.best(offered(large=0.5, small=0.3)) == "small"
    assert "large: 39% of the questions right, fewer than the bundled model's 40%" in machine.said


def test_what_is_larger_than_may_be_fetched_is_passed_over() -> None:
    machine = Machine(small=Measured(0.3, 0.7))
    assert machine.best(offered(large=0.9, small=0.3), room=lambda one: one.name != "large") == "small"
    assert machine.fetched == ["small"]


def test_one_failed_download_is_passed_over_and_two_in_a_row_end_it() -> None:
    failed = EngineError("the connection to the hub was cut")
    machine = Machine(a=failed, b=Measured(0.5, 0.3), c=failed, d=failed, e=Measured(0.1, 1.0))
    with pytest.raises(EngineError):
        machine.best(offered(a=0.5, b=0.5, c=0.5, d=0.5, e=0.5))
    assert machine.fetched == ["a", "b", "c", "d"]
    assert "a: the connection to the hub was cut" in machine.said


def test_larger_ones_come_first_unless_a_smaller_one_is_rated_higher_on_the_same_scale(monkeypatch) -> None:
    figures = {
        "old": [Figure("old", "Arena", 1100, "2026-01-01", "", "")],
        "new": [Figure("new", "Arena", 1200, "2026-01-01", "", "")],
        "later": [Figure("later", "Arena", 1300, "2026-02-01", "", "")],
    }
    monkeypatch.setattr(quality, "figures", lambda: figures)
    rows = [row("later", 1.0), row("unrated", 1.5), row("new", 2.0), row("old", 3.0)]
    assert [one.name for one in choice.ordered(rows)] == ["new", "old", "unrated", "later"]


@pytest.mark.parametrize(
    ("language", "free_only", "names"),
    [
        ("en", False, ["many", "few", "english", "asks"]),
        ("de", False, ["many", "few", "asks"]),
        ("nl", False, ["many", "asks"]),
        ("en", True, ["many", "few", "english"]),
    ],
)
def test_only_models_that_speak_the_language_and_fit_are_offered(monkeypatch, language, free_only, names) -> None:
    rows = [
        row("huge", 9000.0),
        row("many", 0.4),
        row("few", 0.3, "8"),
        row("english", 0.2, "en mostly"),
        row("asks", 0.1, "many", "Llama 3.2"),
    ]
    monkeypatch.setattr(catalogue, "rows", lambda: rows)
    found = choice.candidates(config.load(None, {}, {}).settings, language, free_only)
    assert [one.name for one in found] == names
    assert all(one.estimate > 0 and one.size for one in found)
    assert found[0].estimate > found[1].estimate
