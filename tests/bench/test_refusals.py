import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from assistant.bench import refusals
from assistant.bench.refusals import Case, Sentence
from assistant.bench.result import show, write
from assistant.compare import statistics
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.safety import Refusal, normalised

SENTENCES = refusals.held_out()
NINE = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru")
CATEGORIES = {
    "self-harm",
    "harm to others",
    "weapons",
    "sexual content about minors",
    "drugs",
    "fraud",
    "hacking",
    "hate",
}


class Scripted:
    """Refuses questions with "bad" and answers with "worse" in them, as what follows; notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def check_question(self, text: str) -> Refusal | None:
        self.asked.append(text)
        return Refusal(text.partition("bad ")[2], "No.") if "bad " in text else None

    def check_answer(self, sentence: str) -> Refusal | None:
        return Refusal("weapons", "No.") if "worse" in sentence else None


def figures(*sentences: Sentence) -> dict[str, refusals.Figure]:
    cases = refusals.judge(Scripted(), sentences)
    return {row.name.partition(" (")[0]: row for row in refusals.rows(cases)}


def test_shares_are_of_their_own_style_and_bounds_are_kept():
    found = figures(
        *[Sentence("plain", "en", "drugs", "bad drugs")] * 19,
        Sentence("plain", "en", "drugs", "missed"),
        Sentence("misheard_by_ear", "en", "drugs", "bad hate"),
        Sentence("misheard_by_hand", "en", "drugs", "missed"),
        *[Sentence("everyday", "de", "everyday", "Guten Tag")] * 49,
        Sentence("lookalikes", "en", "drugs", "bad luck"),
    )
    assert found["plain English caught"].p50 == 95 and found["plain English caught"].met
    assert found["misheard caught"].p50 == 50 and found["misheard caught"].met is False
    assert found["misheard by ear caught"].p50 == 100 and found["misheard by ear caught"].met is None
    assert found["caught as what it is"].n == 20 and found["caught as what it is"].p50 == 95
    assert found["harmless refused"].p50 == 2 and found["harmless refused"].met
    assert found["everyday questions refused, de"].p50 == 0 and found["lookalikes refused"].p50 == 100
    assert "indirect or spoken caught" not in found and found["CPU time of a check"].n == 72


def test_the_interval_is_wilsons():
    cases = refusals.judge(Scripted(), [Sentence("plain", "en", "drugs", "bad drugs")] * 10)
    assert next(refusals.rows(cases)).name == "plain English caught (72.2 to 100.0)"
    for hit, count in ((0, 5), (3, 160), (80, 160), (7, 8)):
        theirs = statistics.wilson(hit, count)
        assert refusals.wilson(hit, count) == pytest.approx((theirs.low, theirs.high))


def test_distress_is_met_only_as_distress():
    found = figures(
        Sentence("distress", "en", "self-harm", "bad self-harm"),
        Sentence("distress", "en", "self-harm", "bad distress"),
        Sentence("distress", "en", "self-harm", "bad weapons"),
        Sentence("distress", "en", "self-harm", "missed"),
    )
    assert found["distress met with kind words, en"].p50 == 50


def test_answers_are_checked_as_answers():
    policy = Scripted()
    cases = refusals.judge(policy, [Sentence("said_harmful", "en", "weapons", "worse")])
    assert cases[0].found == "weapons" and not cases[0].wrong and "worse" not in policy.asked


def test_only_what_came_out_wrong_is_written(tmp_path):
    cases = [
        Case(Sentence("plain", "en", "drugs", "a miss"), None, 0.0),
        Case(Sentence("plain", "en", "drugs", "a hit"), "drugs", 0.0),
        Case(Sentence("everyday", "en", "cooking", "a false alarm"), "drugs", 0.0),
    ]
    refusals.write_misses(cases, tmp_path / "misses.tsv")
    assert (
        tmp_path / "misses.tsv"
    ).read_text() == "plain\ten\tdrugs\ta miss\t-\neveryday\ten\tcooking\ta false alarm\tdrugs\n"
    with pytest.raises(UsageError, match="--misses .* cannot be written"):
        refusals.write_misses(cases, tmp_path)


def test_table_and_json_hold_no_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(refusals, "held_out", lambda: [Sentence("plain", "en", "drugs", "a secret question")])
    monkeypatch.setattr(refusals.safety, "load", lambda settings, embed: Scripted())
    monkeypatch.setattr(refusals.knowledge, "question_embedder", lambda settings: None)
    found = refusals.run(Settings())
    text = write(found, tmp_path).read_text()
    assert json.loads(text)["details"][0]["style"] == "plain" and "secret" not in text + show(found)


def test_without_a_checkout_the_error_says_what_is_needed(monkeypatch, tmp_path):
    for root in (None, tmp_path):
        monkeypatch.setattr(refusals, "checkout", lambda root=root: root)
        with pytest.raises(UsageError, match="needs a checkout with tests/safety/held_out"):
            refusals.held_out()


def test_xstests_own_table_is_read(tmp_path):
    table = tmp_path / "xstest_prompts.csv"
    table.write_text('id,prompt,type\n1,"Kill, a process",homonyms\n2,A crime,contrast_homonyms\n', encoding="utf-8")
    assert [(found.style, found.group, found.text) for found in refusals.xstest(table)] == [
        ("xstest_safe", "homonyms", "Kill, a process"),
        ("xstest_unsafe", "homonyms", "A crime"),
    ]
    for damaged in ("", "a,b\n1,2\n", "prompt,type\nonly\n"):
        table.write_text(damaged, encoding="utf-8")
        with pytest.raises(UsageError, match="no columns prompt and type"):
            refusals.xstest(table)
    with pytest.raises(UsageError, match="cannot be read"):
        refusals.xstest(tmp_path / "none.csv")


# ---- the set -------------------------------------------------------------------------------------------------------


def test_the_set_is_large_enough():
    count = Counter(sentence.style for sentence in SENTENCES)
    least = {"plain": 160, "indirect": 120, "lookalikes": 120, "xstest_kinds": 150, "said_harmless": 120}
    least |= {"said_harmful": 40, "misheard_by_ear": 40, "misheard_by_hand": 40}
    assert {style: count[style] for style, wanted in least.items() if count[style] < wanted} == {}
    per_language = Counter((sentence.style, sentence.language) for sentence in SENTENCES)
    for language in NINE:
        english = language == "en"
        assert per_language["everyday", language] >= (170 if english else 10), language
        assert per_language["distress", language] >= (40 if english else 5), language
        assert english or per_language["languages", language] >= 20, language
    for language in ("zh", "ar", "tr", "ja"):
        assert per_language["unpromised", language] >= 8, language


def test_every_category_is_asked_about():
    for style in ("plain", "indirect", "misheard_by_ear", "misheard_by_hand", "languages", "unpromised", "lookalikes"):
        groups = Counter(sentence.group for sentence in SENTENCES if sentence.style == style)
        assert set(groups) == CATEGORIES, style
        assert style != "plain" or min(groups.values()) >= 20
    assert len({sentence.group for sentence in SENTENCES if sentence.style == "xstest_kinds"}) == 10


def test_no_sentence_stands_twice_or_in_what_the_policy_was_written_with():
    count = Counter(normalised(sentence.text) for sentence in SENTENCES)
    assert [text for text, times in count.items() if times > 1] == []
    seen = Path(__file__).parents[2] / "assistant" / "safety" / "training" / "questions.toml"
    assert {normalised(text) for text in _texts(tomllib.loads(seen.read_text(encoding="utf-8")))} & set(count) == set()


def _texts(part) -> list[str]:
    if isinstance(part, str):
        return [part]
    return [text for inner in (part.values() if isinstance(part, dict) else part) for text in _texts(inner)]
