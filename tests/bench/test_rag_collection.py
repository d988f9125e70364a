import json
from types import SimpleNamespace

import pytest

from assistant.bench import rag_collection
from assistant.errors import UsageError


def smart(folder, documents=1000):
    entries = [
        f".I {n}\n.T \nTitle {n}\n.A\nSomebody\n.W\nText {n}.\n .W stays\n.X\n1\t5\t1\n"
        for n in range(1, documents + 1)
    ]
    (folder / "C.ALL").write_text("".join(entries))
    (folder / "C.QRY").write_text(".I 1\n.W\nWhat is\nthe first?\n.I 2\n.W\nUnjudged\n")
    (folder / "C.REL").write_text("     1      1\t0\t0.000000\n     1      3\t0\t0.000000\n     9      1\t0\t0.0\n")


def beir(folder, documents=1000):
    (folder / "qrels").mkdir()
    rows = [json.dumps({"_id": f"d{n}", "title": f"Title {n}", "text": f"Text {n}."}) for n in range(documents)]
    (folder / "corpus.jsonl").write_text("\n".join(rows))
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "What?"}\n{"_id": "q2", "text": "Why?"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td3\t0\n")


def test_smart_files_are_read(tmp_path):
    smart(tmp_path)
    found = rag_collection.read(tmp_path)
    assert found.documents["2"] == "Title 2\n\nText 2.\n .W stays" and len(found.documents) == 1000
    assert found.queries["1"] == "What is\nthe first?" and found.relevant == {"1": {"1", "3"}}


def test_beir_files_are_read(tmp_path):
    beir(tmp_path)
    found = rag_collection.read(tmp_path)
    assert found.documents["d7"] == "Title 7\n\nText 7." and found.relevant == {"q1": {"d1"}}


def test_what_is_no_collection_is_refused_with_the_form(tmp_path):
    with pytest.raises(UsageError, match=r"0 files \*.REL; name a folder with"):
        rag_collection.read(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        rag_collection.read(tmp_path / "missing")
    smart(tmp_path, documents=999)
    with pytest.raises(UsageError, match="holds 999 documents; take one of 1,000 or more"):
        rag_collection.read(tmp_path)


def test_ours_is_held_against_the_best_plain_recipes():
    values = {"dense": 0.3, "bm25": 0.2, "hybrid": 0.42, "rrf": 0.405, "convex 0.1": 0.3, "convex 0.6": 0.415}
    quality = {name: SimpleNamespace(ndcg=value) for name, value in values.items()}
    found = {row.name: row for row in rag_collection.rows(SimpleNamespace(quality=quality, questions=76))}
    assert found["nDCG@10, ours"].p50 == 0.42 and found["nDCG@10, ours over RRF"].met
    assert found["nDCG@10, ours over the best convex 0.6"].met is False
