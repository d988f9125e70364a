from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import evaluate, ingest, lexical, search, words
from rag.errors import RagError, StoreMismatch
from rag.followup import same_search, search_query
from rag.plot import threshold_svg
from rag.search import Search, fuse, open_search, ranked
from rag.store import Store
from tests.rag.conftest import HANDBOOK, QUESTIONS


@pytest.fixture(scope="module")
def handbook(tmp_path_factory, model, minilm):
    """Two documents of the handbook in a real store with the real embedder."""
    store = Store(tmp_path_factory.mktemp("store"))
    names = ("service-manual.pdf", "warranty.docx")
    ingest.add(store, [str(HANDBOOK / name) for name in names], model, lambda: minilm, search.PASSAGE_TOKENS)
    yield store
    store.close()


def test_a_question_finds_the_passage_with_its_document_heading_and_page(handbook, minilm):
    hit = Search(handbook, minilm).find("How long does the pump live?").hits[0]
    assert "1,900 hours" in hit.passage.text
    assert (hit.passage.title, hit.passage.headings, hit.passage.page) == (
        "Otter 5 Service Manual",
        ("Hydraulics", "Pump"),
        2,
    )
    assert hit.passage.source.endswith("service-manual.pdf") and 0 < hit.passage.start < hit.passage.end


def test_words_find_what_vectors_do_not_and_the_other_way_round(handbook, minilm):
    looking = Search(handbook, minilm)
    assert "5-0126" in looking.find("5-0126", method="bm25").hits[0].passage.text
    assert looking.find("xyzzy", method="bm25").hits == []
    meaning = looking.find("money back for something I do not like", method="dense").hits
    assert any("Returning a new machine" in hit.passage.headings for hit in meaning[:3])
    assert "5-0126" in looking.find("5-0126").hits[0].passage.text


def test_off_topic_questions_get_little_confidence(handbook, minilm):
    looking = Search(handbook, minilm)
    known = looking.find("Who founded Brindlecove?").confidence
    assert known > 0.6 > 0.3 > looking.find("What is the capital of France?").confidence
    assert looking.find("").confidence == 0


def test_an_empty_store_finds_nothing(tmp_path, minilm):
    store = Store(tmp_path)
    found = Search(store, minilm).find("anything")
    assert (found.hits, found.confidence) == ([], 0)
    store.close()


def test_removed_passages_are_not_found_though_the_kept_index_has_them(tmp_path, model, words):
    (tmp_path / "a.txt").write_text("The pump is red.")
    (tmp_path / "b.txt").write_text("The tank is blue.")
    store = Store(tmp_path / "store")
    ingest.add(store, [str(tmp_path)], model, lambda: words, 64)
    looking = Search(store, words)
    assert looking.find("pump").hits[0].passage.text == "The pump is red."
    ingest.remove(store, [str(tmp_path / "a.txt")])
    assert [hit.passage.text for hit in looking.find("red pump").hits] == ["The tank is blue."]
    (tmp_path / "c.txt").write_text("The hose is long.")
    ingest.add(store, [str(tmp_path / "c.txt")], model, lambda: words, 64)
    assert looking.find("long hose").hits[0].passage.text == "The hose is long."
    store.close()


def test_a_store_of_another_size_is_refused_when_opened(tmp_path, model, minilm):
    (tmp_path / "a.txt").write_text("The pump is red.")
    store = Store(tmp_path / "store")
    ingest.add(store, [str(tmp_path / "a.txt")], model, lambda: minilm, 64)
    store.close()
    assert open_search(tmp_path / "store", passage_tokens=64).find("pump").hits
    with pytest.raises(StoreMismatch, match="size 64 instead of 128"):
        open_search(tmp_path / "store")


def test_fusion_by_hand():
    cosines, bm25 = {"a": 0.9, "b": 0.5, "c": 0.1}, {"a": 0.0, "b": 4.0, "c": 2.0}
    assert fuse(cosines, bm25, 0.5) == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})
    assert list(ranked(cosines, bm25, "dense", 0.5)) == ["a", "b", "c"]
    assert list(ranked(cosines, bm25, "bm25", 0.5)) == ["b", "c"]


scores = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.floats(-1, 1), st.floats(0, 50)), max_size=6)


@given(scores=scores, weight=st.floats(0, 1))
def test_fused_scores_lie_between_0_and_1_and_the_better_in_both_wins(scores, weight):
    cosines = {id: cosine for id, (cosine, _) in scores.items()}
    bm25 = {id: score for id, (_, score) in scores.items()}
    fused = fuse(cosines, bm25, weight)
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in fused.values())
    for one in fused:
        for other in fused:
            if cosines[one] >= cosines[other] and bm25[one] >= bm25[other]:
                assert fused[one] >= fused[other] - 1e-9


def test_content_words_keep_numbers_and_drop_forms():
    assert words.content_words("Replacing the pumps 5-0210?") == words.content_words("replace a pump 5 0210")
    assert words.content_words("what is it") == []


def test_an_index_without_words_can_be_asked(tmp_path):
    index = lexical.build([("a", "the"), ("b", "...")], "s")
    assert lexical.best(index.scores("the pump"), 5).size == 0
    lexical.save(index, tmp_path)
    assert lexical.load(tmp_path, "s").scores("pump").size == 0


@pytest.mark.parametrize(
    "question, earlier, query",
    [
        (
            "and how long does that take?",
            ["Who made it?", "How do I descale the boiler with Kalkaway?"],
            "How do I descale the boiler with Kalkaway? and how long does that take?",
        ),
        ("Why?", ["Can I use vinegar for descaling?"], "Can I use vinegar for descaling? Why?"),
        (
            "And the price?",
            ["How heavy is the Otter?", "And empty?"],
            "How heavy is the Otter? And empty? And the price?",
        ),
        (
            "How many litres does the Reed Hard filter last?",
            ["What does E27 mean?"],
            "How many litres does the Reed Hard filter last?",
        ),
        ("What does E27 mean?", [], "What does E27 mean?"),
    ],
)
def test_follow_up_questions_search_with_the_question_before(question, earlier, query):
    assert search_query(question, earlier) == query


def test_a_follow_up_finds_its_passage(handbook, minilm):
    looking = Search(handbook, minilm)
    query = search_query("And how many minutes does that take?", ["How do I change the pump?"])
    assert "25 minutes" in looking.find(query).hits[0].passage.text


def test_a_search_is_repeated_only_when_the_words_that_matter_changed():
    assert same_search("how do I change the filter", "How do I change the filters?")
    assert not same_search("how do I change", "how do I change the filter")


def test_eval_on_the_samples_questions(handbook, minilm):
    questions = [
        question
        for question in evaluate.read_questions(QUESTIONS)
        if not question.relevant or question.relevant[0].file in ("service-manual.pdf", "warranty.docx")
    ]
    report = evaluate.evaluate(Search(handbook, minilm), handbook, questions)
    assert (report.questions, report.unanswerable, report.unfound) == (13, 40, [])
    assert report.quality["hybrid"].ndcg > 0.8 and report.quality["hybrid"].recall5 > 0.9
    assert report.quality["hybrid"].ndcg >= max(report.quality["dense"].ndcg, report.quality["bm25"].ndcg) - 0.02
    assert report.auc > 0.6
    assert threshold_svg(report.curve, report.best).count("<polyline") == 2


def test_ndcg_and_recall_by_hand():
    question = evaluate.EvalQuestion("q", (evaluate.Relevant("f", "x"), evaluate.Relevant("f", "y")))
    quality = evaluate._quality([["n", "a", "b"]], [[{"a", "b"}, {"c"}]], [question], {})
    ideal = 1 + 1 / 1.584962500721156
    assert quality.ndcg == pytest.approx((1 / 1.584962500721156) / ideal)
    assert (quality.recall1, quality.recall5) == (0, 0.5)
    files = evaluate.EvalQuestion("q", (evaluate.Relevant("b.txt"),))
    quality = evaluate._quality([["1", "2", "3"]], [[{"3"}]], [files], {"1": "/a.txt", "2": "/a.txt", "3": "/b.txt"})
    assert quality.ndcg == pytest.approx(1 / 1.584962500721156), "whole files count once each"


def test_threshold_curve_by_hand():
    curve = evaluate.threshold_curve([0.9, 0.5], [0.1, 0.5])
    assert [(point.answered, point.refused) for point in curve if point.threshold in (0.0, 0.4, 0.52)] == [
        (1.0, 0.0),
        (1.0, 0.5),
        (0.5, 1.0),
    ]
    assert evaluate.area([0.9, 0.5], [0.1, 0.5]) == 0.875


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "x"}', '{"question": "x", "relevant": [{"quote": "y"}]}'])
def test_a_wrong_question_file_names_its_line(tmp_path, line):
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a", "relevant": ["b.txt"]}\n' + line)
    with pytest.raises(RagError, match="line 2"):
        evaluate.read_questions(path)


def test_the_samples_questions_are_of_both_kinds():
    questions = evaluate.read_questions(QUESTIONS)
    assert sum(bool(question.relevant) for question in questions) == 80
    assert sum(not question.relevant for question in questions) == 40
    assert all(question.answer for question in questions if question.relevant)
    assert len({question.text for question in questions}) == 120
    for question in questions:
        for relevant in question.relevant:
            assert (HANDBOOK / relevant.file).is_file()
