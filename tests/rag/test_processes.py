from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from rag import ingest, lexical
from rag.errors import RagError
from rag.store import Store
from tests.rag.conftest import REPOSITORY, WordEmbedder, add, stored_texts, texts

_PROGRAM = """
import sys, time
from pathlib import Path
from rag import embed, ingest
from rag.store import Store
from tests.rag.conftest import WordEmbedder
store = Store(Path(sys.argv[1]))
def progress(state):
    print(state.passages, flush=True)
ingest.add(store, [sys.argv[2]], embed.find(embed.DEFAULT), WordEmbedder, 64, progress)
"""


def test_kill_in_the_middle_loses_nothing_that_was_stored(tmp_path, model, words):
    files = {f"f{n:03}": f"File {n} begins.\n\n" + "It goes on and on. " * 60 for n in range(120)}
    folder = texts(tmp_path / "docs", **files)
    for passages in (128, 256):
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(tmp_path / "store"), str(folder)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in process.stdout:
            if int(line) >= passages:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    store = Store(tmp_path / "store")
    before = {source.path: source for source in store.sources().values()}
    for source in before.values():
        assert len(store.present(source.ids())) == source.passages, "a visible file is not whole"
    summary = add(store, folder, model, words)
    assert summary.unchanged == len(before) > 0 and len(summary.added) == 120 - len(before)
    assert store._passages.count() == sum(source.passages for source in store.sources().values())
    vector = words.encode(["File 7 begins."])[0]
    assert len(store.query(vector, 10)) == 10


def test_a_second_writer_is_told_to_wait_and_readers_go_on(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    other = Store(store.path)
    with store.writing():
        with pytest.raises(RagError, match="another process is adding"):
            add(other, folder, model, words)
        assert stored_texts(other) == ["The pump is red."]
    other.close()


def _read(path, questions, answers):
    store, words = Store(path), WordEmbedder()
    while (question := questions.get()) is not None:
        found = store.query(words.encode([question])[0], 3)
        answers.put([stored.text for stored in store.get([id for id, _ in found])])


def test_another_process_sees_what_was_added_changed_and_removed(tmp_path, store, model, words):
    context = multiprocessing.get_context("spawn")
    questions, answers = context.Queue(), context.Queue()
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    reader = context.Process(target=_read, args=(store.path, questions, answers), daemon=True)
    reader.start()

    def ask(question):
        questions.put(question)
        return answers.get(timeout=60)

    assert ask("pump") == ["The pump is red."]
    for number in range(5):
        texts(folder, a=f"The pump is red and new {number}.", b=f"The tank holds {number} litres.")
        add(store, folder, model, words)
        assert sorted(ask("pump tank")) == [f"The pump is red and new {number}.", f"The tank holds {number} litres."]
    (folder / "b.txt").unlink()
    add(store, folder, model, words)
    assert ask("tank") == ["The pump is red and new 4."]
    questions.put(None)
    reader.join(timeout=30)


@pytest.fixture
def server(tmp_path):
    """A real `chroma run` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            os.path.join(os.path.dirname(sys.executable), "chroma"),
            "run",
            "--path",
            str(tmp_path / "server"),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ANONYMIZED_TELEMETRY": "FALSE"},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield f"http://127.0.0.1:{port}", process
    process.terminate()
    process.wait(timeout=20)


def test_many_machines_share_a_chroma_server(tmp_path, model, words, server, monkeypatch):
    url, process = server
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The tank is blue.")
    librarian, kiosk = Store(tmp_path / "librarian", url), Store(tmp_path / "kiosk", url)
    add(librarian, folder, model, words)
    assert stored_texts(kiosk) == ["The pump is red.", "The tank is blue."]
    assert lexical.of(kiosk).scores("pump").max() > 0
    texts(folder, a="The hose is long.")
    add(librarian, folder, model, words)
    monkeypatch.setattr("rag.client._LOOK_AGAIN", 0.0)
    assert stored_texts(kiosk) == ["The hose is long.", "The tank is blue."]
    found = kiosk.query(words.encode(["hose long"])[0], 1)
    assert kiosk.get([found[0][0]])[0].text == "The hose is long."
    ingest.rebuild(librarian, model, lambda: words, 96)
    assert kiosk.recipe().size == 96 and len(stored_texts(kiosk)) == 2
    process.terminate()
    process.wait(timeout=20)
    with pytest.raises(RagError, match="chroma run"):
        kiosk.sources()
        kiosk.query(np.zeros(64, dtype=np.float32), 1)
