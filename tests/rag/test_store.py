from __future__ import annotations

import os

import numpy as np
import pytest

from rag import ingest, lexical
from rag.chunk import Passage
from rag.errors import RagError, StoreMismatch
from rag.records import Source, StoredPassage
from rag.store import Store
from tests.rag.conftest import WordEmbedder, add, stored_texts, texts


def test_only_what_changed_is_done_again(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    first = add(store, folder, model, words)
    assert (len(first.added), first.passages) == (2, 2)
    words.texts.clear()
    os.utime(folder / "a.txt", (1, 1))  # touched, not changed
    second = add(store, folder, model, words)
    assert (second.unchanged, second.added, words.texts) == (2, [], [])
    texts(folder, b="The tank is green.", c="The hose is long.")
    third = add(store, folder, model, words)
    assert [os.path.basename(path) for path in third.changed + third.added] == ["b.txt", "c.txt"]
    assert stored_texts(store) == ["The hose is long.", "The pump is red.", "The tank is green."]
    assert store._passages.count() == 3


def test_deleted_files_and_folders_go(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    add(store, folder, model, words)
    (folder / "a.txt").unlink()
    assert [os.path.basename(path) for path in add(store, folder, model, words).removed] == ["a.txt"]
    assert stored_texts(store) == ["The tank is blue."]
    folder.rename(tmp_path / "elsewhere")
    summary = add(store, folder, model, words)
    assert [os.path.basename(path) for path in summary.removed] == ["b.txt"] and summary.bad == []
    assert stored_texts(store) == []


def test_a_file_that_went_bad_keeps_its_earlier_version(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    (folder / "a.txt").write_bytes(b"\0\1\2" * 100)
    summary = add(store, folder, model, words)
    assert "binary" in summary.bad[0].reason and "earlier version stays" in summary.bad[0].reason
    assert stored_texts(store) == ["The pump is red."]


def test_removed_documents_are_found_no_more(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    add(store, folder, model, words)
    assert ingest.remove(store, [str(folder / "a.txt")]) == [str(folder / "a.txt")]
    vector = words.encode(["The pump is red."])[0]
    assert [store.get([id])[0].text for id, _ in store.query(vector, 10)] == ["The tank is blue."]
    assert store.journal.sources() == [str(folder / "b.txt")]


def test_another_embedder_or_size_is_refused_and_rebuild_mends_it(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words, size=64)
    texts(folder, b="The tank is blue.")
    with pytest.raises(StoreMismatch, match="size 64 instead of 96.*rag rebuild"):
        add(store, folder, model, words, size=96)
    assert stored_texts(store) == ["The pump is red."]
    ingest.rebuild(store, model, lambda: words, 96)
    assert store.recipe().size == 96 and stored_texts(store) == ["The pump is red."]


class Stops(WordEmbedder):
    """Raises at the n-th batch, the way Ctrl-C does."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def encode(self, texts):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().encode(texts)


def test_ctrl_c_keeps_finished_files_and_a_long_file_goes_on_where_it_stopped(tmp_path, store, model):
    long = "\n\n".join(f"Paragraph {n} of the long file. " + "It goes on and on. " * 8 for n in range(400))
    folder = texts(tmp_path / "docs", a="The pump is red.", b=long)
    with pytest.raises(KeyboardInterrupt):
        add(store, folder, model, Stops(2))
    visible = stored_texts(store)
    assert visible == [] or visible == ["The pump is red."]  # never a part of the long file
    words = WordEmbedder()
    add(store, folder, model, words)
    everything = stored_texts(store)
    assert "The pump is red." in everything and len(everything) == store._passages.count() > 300
    assert len(words.texts) <= len(everything) - ingest.BATCH


@pytest.mark.parametrize("damage", ["database", "index", "missing"])
def test_a_damaged_store_says_so_and_is_rebuilt_from_its_files(tmp_path, model, words, damage):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    store = Store(tmp_path / "store")
    add(store, folder, model, words)
    store.close()
    database = tmp_path / "store" / store._backend._position()[0] / "chroma.sqlite3"
    if damage == "database":
        database.write_bytes(b"not a database" * 1000)
    elif damage == "index":
        data = bytearray(database.read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        database.write_bytes(data)
    else:
        database.unlink()
    damaged = Store(tmp_path / "store")
    with pytest.raises(StoreMismatch, match="rag rebuild"):
        damaged.sources()
    ingest.rebuild(damaged, model, lambda: words, 64)
    assert stored_texts(damaged) == ["The pump is red.", "The tank is blue."]
    damaged.close()


def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path, store, model, words, monkeypatch):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    texts(folder, b="The tank is blue.")

    def full(*_, **__):
        raise RuntimeError("error returned from database: (code: 13) database or disk is full")

    monkeypatch.setattr(type(store._passages), "upsert", full)
    with pytest.raises(RagError, match="disk is full"):
        add(store, folder, model, words)
    monkeypatch.undo()
    assert stored_texts(store) == ["The pump is red."]
    add(store, folder, model, words)
    assert len(stored_texts(store)) == 2


def test_a_torn_line_in_the_list_of_files_is_passed_over(tmp_path, store):
    store.journal.add(["/a", "/b"])
    with (store.path / "sources.jsonl").open("a") as file:
        file.write('{"add": "/to')
    store.journal.add(["/c"])
    store.journal.remove(["/a"])
    assert store.journal.sources() == ["/b", "/c"]


def test_the_bm25_index_is_kept_in_step(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    add(store, folder, model, words)
    index = lexical.of(store)
    assert lexical.load(store.path / "bm25", store.signature()).ids == index.ids
    texts(folder, a="The hose is long.")
    add(store, folder, model, words)
    assert lexical.load(store.path / "bm25", store.signature()) is None
    index = lexical.of(store)
    assert index.scores("hoses").max() > 0 and index.scores("pump").max() == 0
    assert np.array_equal(lexical.load(store.path / "bm25", store.signature()).scores("hoses"), index.scores("hoses"))


def test_telemetry_is_off_and_no_default_embedder_is_set(tmp_path, store, model, words):
    add(store, texts(tmp_path / "docs", a="The pump is red."), model, words)
    with store._access() as client:
        assert client.get_settings().anonymized_telemetry is False
    assert store._passages._embedding_function is None


def test_the_stores_own_files_are_no_documents(tmp_path, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    store = Store(folder / "store")
    add(store, folder, model, words)
    summary = add(store, folder, model, words)
    assert (summary.unchanged, summary.added, summary.bad) == (1, [], [])
    store.close()


def test_passages_without_a_record_are_never_shown_and_swept(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    left = Source(str(folder / "b.txt"), "f" * 32, "b", 1, 9, 0.0)
    passage = Passage("The pump is new.", "", "b", (), 0, 0, 16)
    store.put([StoredPassage(left, 0, passage)], words.encode([passage.text]))
    assert store._passages.count() == 2
    found = store.query(words.encode(["The pump is new."])[0], 5)
    assert [stored.text for stored in store.get([id for id, _ in found])] == ["The pump is red."]
    assert stored_texts(store) == ["The pump is red."]
    assert store.sweep() == 1 and store._passages.count() == 1
