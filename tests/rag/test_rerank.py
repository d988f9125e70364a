"""A cross-encoder run by llama.cpp, made from the packaged embedder's layers and a random head: no real one is needed
to see that the scores are those of transformers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from assistant.cli import main
from rag import evaluate, gguf_bert, rerank
from rag.errors import RagError
from rag.search import Search
from tests.rag.conftest import REPOSITORY, add, texts
from tests.test_knowledge import Talk

PAIRS = [
    ("How long does the pump live?", "The pump lives for 1,900 hours of work."),
    ("How long does the pump live?", "The moon is far away, and nobody lives there."),
    ("How long does the pump live?", "Pumps › Life\nÜberprüfen Sie die Dichtung (3 mm) — naïve café, 100 %."),
    ("Who made it?", "The valve opens at 7 bar. " * 120),  # past the limit: both must cut at the same token
    ("", "nothing was asked"),
]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory, model):
    """The folder of a BertForSequenceClassification with one label, and the model as transformers has it."""
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross-encoder") / "toy"
    torch.manual_seed(5)
    made = BertForSequenceClassification.from_pretrained(model.folder, num_labels=1).eval()
    with torch.no_grad():
        made.bert.embeddings.token_type_embeddings.weight[1] += torch.randn(384) * 0.1
        made.bert.pooler.dense.weight.normal_(0, 0.2)
        made.bert.pooler.dense.bias.normal_(0, 0.2)
        made.classifier.weight.normal_(0, 0.3)
        made.classifier.bias.fill_(0.7)
    made.save_pretrained(folder)
    AutoTokenizer.from_pretrained(model.folder).save_pretrained(folder)
    return folder, made


@pytest.fixture(scope="module")
def reranker(cross_encoder, models):
    return rerank.load(str(cross_encoder[0]), models)


def logits(cross_encoder, pairs):
    import torch
    from transformers import AutoTokenizer

    folder, made = cross_encoder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return [
            made(**tokenizer(*pair, truncation=True, max_length=512, return_tensors="pt")).logits.item()
            for pair in pairs
        ]


def test_scores_are_the_logits_of_transformers(cross_encoder, reranker):
    wanted = logits(cross_encoder, PAIRS)
    assert max(wanted) - min(wanted) > 1  # they differ, so equal ones mean something
    assert [reranker.score(*pair) for pair in PAIRS] == pytest.approx(wanted, abs=0.02)


def test_scoring_does_not_load_torch(cross_encoder, models, reranker):
    code = (
        "import sys; from pathlib import Path; from rag import rerank; "
        f"rerank.load({str(cross_encoder[0])!r}, Path({str(models)!r})).score('a', 'b'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=os.environ).returncode == 0


def test_other_weights_behind_the_same_layers_are_converted_anew(cross_encoder, models, reranker, tmp_path):
    import shutil

    import torch

    folder, made = cross_encoder
    shutil.copytree(folder, tmp_path / "toy")
    bias = made.classifier.bias.detach().clone()
    with torch.no_grad():
        made.classifier.bias += 1
        made.save_pretrained(tmp_path / "toy")
        made.classifier.bias.copy_(bias)
    other = rerank.load(str(tmp_path / "toy"), models)
    assert other.score(*PAIRS[0]) == pytest.approx(reranker.score(*PAIRS[0]) + 1, abs=1e-3)


def test_what_is_no_cross_encoder_is_refused(model, tmp_path, monkeypatch):
    assert rerank.load("", tmp_path) is None
    with pytest.raises(RagError, match="is no cross-encoder"):
        rerank.load(str(model.folder), tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RagError, match=r"no-such-owner/no-model .* set \[rag\] reranker"):
        rerank.load("no-such-owner/no-model", tmp_path)
    assert not gguf_bert.convertible_reranker(tmp_path)


# ---- in the search ---------------------------------------------------------------------------------------------------


class Numbers:
    """A reranker whose order can be foretold: the higher the number in a passage, the better. Counts what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def scores(self, question, passages, go_on=lambda: True):
        taken = []
        for passage in passages:
            if not go_on():
                break
            self.read.append(passage)
            taken.append(float(passage.split("number ")[1].split()[0]))
        return taken


@pytest.fixture
def library(tmp_path, store, model, words):
    """Twelve passages, each with its number; the more it repeats "pump", the better the two searches find it."""
    documents = {f"d{n}": f"number {n} " + "pump " * (20 - n) + "valve " * n for n in range(1, 13)}
    add(store, texts(tmp_path / "docs", **documents), model, words)
    return Search(store, words)


def numbers(found) -> list[int]:
    return [int(hit.passage.text.split()[1]) for hit in found.hits]


def test_the_ten_best_are_ordered_by_the_reranker_and_the_rest_stays_behind(library):
    before = library.find("pump", 12)
    library.reranker = Numbers()
    after = library.find("pump", 12)
    assert numbers(after) == sorted(numbers(before)[:10], reverse=True) + numbers(before)[10:] != numbers(before)
    assert [hit.reranked for hit in after.hits] == [*map(float, numbers(after)[:10]), None, None]
    assert numbers(library.find("pump", 1)) == numbers(after)[:1]  # all ten are read, however few are wanted
    assert after.confidence == before.confidence  # the threshold, calibrated for the fusion, keeps its meaning


def test_the_reranker_reads_title_and_text_and_is_not_asked_by_the_single_searches(library):
    library.reranker = Numbers()
    plain = library.find("pump", 12, "dense")
    assert library.reranker.read == [] and all(hit.reranked is None for hit in plain.hits)
    library.find("pump", 1)
    assert len(library.reranker.read) == 10 and all(text.startswith("d") for text in library.reranker.read)


def test_without_confidence_nothing_is_reranked(library):
    library.reranker = Numbers()
    sure = library.find("pump", rerank_from=2.0).confidence
    assert library.reranker.read == []
    library.find("pump", rerank_from=sure)
    assert library.reranker.read


def test_a_reranker_that_is_stopped_orders_what_it_has_read(library):
    before = numbers(library.find("pump", 12))
    library.reranker = Numbers()
    after = numbers(library.find("pump", 12, go_on=lambda: len(library.reranker.read) < 4))
    assert after == sorted(before[:4], reverse=True) + before[4:]


def test_eval_measures_the_rerankers_order(library, store):
    best, first = max(numbers(library.find("pump", 10))), numbers(library.find("pump", 1))[0]
    library.reranker = Numbers()
    questions = [
        evaluate.EvalQuestion("pump", (evaluate.Relevant(f"d{best}.txt", f"number {best} "),)),
        evaluate.EvalQuestion("king", ()),
    ]
    quality = evaluate.evaluate(library, store, questions).quality
    assert best != first and (quality["reranked"].recall1, quality["hybrid"].recall1) == (1, 0)
    assert len(library.reranker.read) == 10  # nothing is read for what the documents do not answer


def test_the_real_one_orders_by_its_scores(library, reranker):
    library.reranker = reranker
    hits = library.find("How long does the pump live?", 10).hits
    assert [hit.reranked for hit in hits] == sorted(
        (reranker.score("How long does the pump live?", f"{hit.passage.context}\n{hit.passage.text}") for hit in hits),
        reverse=True,
    )
    assert reranker.scores("a", ["b", "c"], lambda: False) == []


# ---- commands and conversation ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory, models):
    """A store made by `assistant rag add`, with the packaged embedder."""
    folder = tmp_path_factory.mktemp("kept")
    texts(
        folder / "docs",
        pump="The pump lives for 1,900 hours.",
        valve="The valve lives for 7 years.",
        tank="The tank holds 4.2 litres.",
    )
    assert main(["rag", "add", str(folder / "docs"), "--set", f"rag.path={folder / 'store'}"]) == 0
    return folder / "store"


def test_eval_has_a_row_for_the_reranker_and_search_shows_its_scores(kept, cross_encoder, tmp_path, capsys):
    (tmp_path / "q.jsonl").write_text(
        '{"question": "How long does the pump live?", "relevant": ["pump.txt"]}\n'
        '{"question": "Who is the king?", "relevant": []}\n'
    )
    settings = ["--set", f"rag.path={kept}"]
    assert main(["rag", "eval", str(tmp_path / "q.jsonl"), *settings]) == 0
    assert "reranked" not in capsys.readouterr().out
    settings += ["--set", f"rag.reranker={cross_encoder[0]}"]
    assert main(["rag", "eval", str(tmp_path / "q.jsonl"), *settings]) == 0
    assert "\nreranked " in capsys.readouterr().out
    assert main(["rag", "search", "How long does the pump live?", *settings]) == 0
    assert capsys.readouterr().out.count("reranked") == 3


def test_a_missing_reranker_stops_the_command_with_a_sentence(kept, monkeypatch, capsys):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code = main(["rag", "search", "pump", "--set", f"rag.path={kept}", "--set", "rag.reranker=no-such/model"])
    error = capsys.readouterr().err
    assert code == 1 and error.count("\n") == 1 and "no-such/model" in error


def test_a_conversation_goes_on_without_a_reranker_that_is_missing_and_says_so_once(kept, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    talk = Talk(kept, reranker="no-such/model")
    asyncio.run(talk.documents.warm())
    assert "1,900 hours" in talk.find("How long does the pump live?").text
    assert len(talk.notices) == 1 and "no-such/model" in talk.notices[0] and "not reranked" in talk.notices[0]
    talk.documents.close()


def test_a_conversation_gives_the_rerankers_first_and_a_newer_question_stops_the_old_ones_reranking(kept):
    talk = Talk(kept, threshold=0.1)

    class LastFirst:
        read = 0

        def scores(self, question, passages, go_on):
            for done, _ in enumerate(passages):
                if not go_on():
                    return [float(number) for number in range(done)]
                self.read += 1
                if self.newer:
                    talk.documents._latest = self.newer
            return [float(number) for number in range(len(passages))]

    plain = talk.find("How long does the pump live?")
    talk.documents._search.reranker = last_first = LastFirst()
    last_first.newer = ""
    assert talk.find("How long does the pump live?").passages[0].text != plain.passages[0].text
    last_first.newer, last_first.read = "How much does the tank hold?", 0
    assert talk.find("How long does the pump live?").passages[0].text == plain.passages[0].text
    assert last_first.read == 1
    talk.find("Who is the king of France?")  # the documents do not tell: there is nothing to order
    assert last_first.read == 1
    talk.documents.close()
