import argparse
import json
from pathlib import Path

import pytest

from assistant.bench import rag_held_out
from assistant.bench.rag_held_out import ENGLISH, OTHERS, Asked, Case, plain, right
from assistant.bench.result import Result, show, write
from assistant.cli import bench
from assistant.errors import EngineError, UsageError
from assistant.settings import RagSettings

LANGUAGES = (*OTHERS, ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_documents_and_questions(language):
    files = {path.name: plain(path.read_text(encoding="utf-8")) for path in rag_held_out.documents(language)}
    asked = rag_held_out.questions(language)
    told = [question for question in asked if question.file]
    assert (len(files), len(told), len(asked)) == ((14, 140, 200) if language == ENGLISH else (8, 28, 40))
    assert len({question.text for question in asked}) == len(asked)
    assert {question.file for question in told} == set(files)
    for question in told:
        assert plain(question.quote) in files[question.file], question
        assert all(wording for key in question.keys for wording in key), question
        assert right(" ".join(key[0] for key in question.keys), question.keys), question


def test_each_file_of_the_set_is_small():
    for path in rag_held_out.held_out().rglob("*.*"):
        assert path.stat().st_size < 40_000 and len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


@pytest.mark.parametrize(
    "answer, keys, is_right",
    [
        ("It weighs 23.4 kilograms.", [["23.4"]], True),
        ("It weighs 23.4 kilograms.", [["4"]], False),
        ("It weighs 23.4 kilograms.", [["23"]], False),
        ("About 140 people.", [["14"]], False),
        ("From 10:00–17:00.", [["10", "ten"]], True),
        ("Ten, I think.", [["10", "ten"]], True),
        ("It often does.", [["ten"]], False),
        ("No, it isn’t allowed.", [["not"]], True),
        ("The note says so.", [["not"]], False),
        ("Grey and black.", [["grey"], ["rust"]], False),
        ("Rust or slate grey.", [["grey"], ["rust"]], True),
        ("In die Rückgabeklappe.", [["klappe"]], True),
        ("不能。", [["不"]], True),
        ("二十日の水曜日です。", [["二十日", "20日"]], True),
        ("Das kostet １９ €.", [["19"]], True),
    ],
)
def test_an_answer_is_right_by_its_key_words(answer, keys, is_right):
    assert right(answer, keys) is is_right


def test_a_passage_answers_with_the_quote_in_the_right_file():
    question = Asked("en", "How heavy?", "bike.md", "23.4 Kilograms")
    assert rag_held_out._holds(question, [("/docs/bike.md", "It weighs\n23.4  kilograms.")])
    assert not rag_held_out._holds(question, [("/docs/other-bike.md", "It weighs 23.4 kilograms.")])
    assert not rag_held_out._holds(question, [("/docs/bike.md", "It is heavy.")])
    assert not rag_held_out._holds(Asked("en", "Untold?"), [("/docs/bike.md", "It is heavy.")])


def test_documents_that_are_not_stored_are_not_judged(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(EngineError, match="could not be stored: nothing was found"):
        rag_held_out.stored(RagSettings(), tmp_path / "store", "held-out-de", [tmp_path / "empty"])
    with pytest.raises(EngineError, match=r"could not be stored: .*missing\.txt"):
        rag_held_out.stored(RagSettings(), tmp_path / "store", "held-out-de", [tmp_path / "missing.txt"])


def test_shares_are_of_their_own_questions_and_bounds_are_kept(tmp_path):
    def case(language, told, hit=True, passages=True, **more):
        return Case(language, told, hit, hit, passages, not passages, 0.6 if told else 0.5, **more)

    cases = (
        [case("de", True)] * 4
        + [case("de", True, doubtful=True)] * 4
        + [case("fr", True, hit=False)] * 1
        + [case("fr", True, passages=False)] * 1
    )
    cases += [case("fr", False, passages=False)] * 3 + [case("fr", False, doubtful=True)] * 1
    cases += [case("en", True, answered=True, right=True), case("en", True, answered=True, right=False)]
    rows = list(rag_held_out.rows(cases))
    found = {row.name.partition(" (")[0]: row for row in rows}
    assert found["eight languages: hit@3"].p50 == 90 and found["eight languages: hit@3"].met
    assert found['eight languages: wrongly "do not tell"'].p50 == 10 and found['fr: wrongly "do not tell"'].p50 == 50
    sure = found["eight languages: wrongly answered, and not in doubt"]
    assert sure.p50 == 0 and sure.met and found["eight languages: wrongly answered, in doubt or not"].p50 == 25
    assert found["fr: not told, said in doubt"].p50 == 25 and found["de: told, said in doubt"].p50 == 50
    assert found["de: said in doubt, passage given holds the answer"].p50 == 100
    assert found["eight languages: by one threshold of 0.5: refused"].p50 == 0
    assert found["eight languages: by one threshold of 0.5: wrongly answered"].p50 == 100
    assert found["English: answers right"].p50 == 50 and "de: answers right" not in found
    assert found["fr: knows what it knows, area under the curve"].p50 == 1
    result = Result("rag-held-out", rows)
    assert "(60 to 98)" in show(result) and json.loads(write(result, tmp_path).read_text())


def test_without_a_checkout_the_command_says_what_it_needs(monkeypatch):
    monkeypatch.setattr(rag_held_out, "checkout", lambda: None)
    with pytest.raises(UsageError, match="needs a checkout with tests/rag/held_out.*clone the repository"):
        rag_held_out.held_out()


def test_a_checkout_without_the_set_is_told_from_one_that_has_it(monkeypatch, tmp_path):
    monkeypatch.setattr(rag_held_out, "checkout", lambda: Path(tmp_path))
    with pytest.raises(UsageError, match="not part of the package"):
        rag_held_out.documents("de")


@pytest.mark.parametrize(
    "words, module",
    [
        (["rag"], "rag"),
        (["rag", "--held-out", "--only", "de"], "rag_held_out"),
        (["rag", "--collection", "cisi"], "rag_collection"),
        (["push-to-talk", "--held-out"], "push_to_talk"),
    ],
)
def test_the_command_chooses_what_is_measured(words, module):
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    assert bench._module(parser.parse_args(words)) == module
