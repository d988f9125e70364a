from __future__ import annotations

import errno
import json

import pytest

from assistant.cli import main
from tests.rag.conftest import HANDBOOK, QUESTIONS
from tests.rag.pdf_files import PICTURE, Sheet, pdf, sheet


@pytest.fixture
def rag(tmp_path, capsys, monkeypatch):
    """Run `assistant rag ...` on a store of its own; gives (exit code, standard output, standard error)."""
    monkeypatch.setenv("ASSISTANT_RAG__PATH", str(tmp_path / "store"))

    def run(*words: str):
        code = main(["rag", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_add_search_list_remove(rag, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "pump.md").write_text("# Pumps\n\n## Life\n\nThe pump lives for 1,900 hours.\n")
    (folder / "tank.txt").write_text("The tank holds 4.2 litres.")
    code, out, err = rag("add", str(folder))
    assert (code, err) == (0, "") and "2 added, 0 changed, 0 unchanged, 0 removed; 2 passages" in out
    assert "0 added, 0 changed, 2 unchanged" in rag("add", str(folder))[1]
    code, out, _ = rag("search", "How long does a pump live?")
    assert code == 0 and out.startswith("1. Pumps › Life\n") and "1,900 hours" in out and "Confidence" in out
    found = json.loads(rag("search", "tank", "--json")[1])
    assert found["hits"][0]["passage"]["text"] == "The tank holds 4.2 litres." and found["confidence"] > 0
    assert [entry["passages"] for entry in json.loads(rag("list", "--json")[1])] == [1, 1]
    assert json.loads(rag("stats", "--json")[1])["BM25 in step"] is True
    assert rag("remove", str(folder / "tank.txt"))[1] == "1 removed\n"
    assert "tank.txt" not in rag("list")[1]
    assert rag("remove", str(folder / "tank.txt"))[0] == 2


def test_bad_files_are_named_at_the_end_and_the_rest_is_stored(rag, tmp_path):
    (tmp_path / "good.txt").write_text("The pump is red.")
    (tmp_path / "bad.pdf").write_bytes(b"no pdf")
    (tmp_path / "program.txt").write_bytes(b"\x7fELF\0\0" * 99)
    (tmp_path / "scan.pdf").write_bytes(pdf(sheet("The valve is blue."), Sheet(drawn=PICTURE)))
    code, out, err = rag(
        "add",
        str(tmp_path / "good.txt"),
        str(tmp_path / "bad.pdf"),
        str(tmp_path / "scan.pdf"),
        str(tmp_path / "program.txt"),
        str(tmp_path / "missing.txt"),
    )
    assert code == 1 and "2 added" in out
    assert f"partly read: {tmp_path}/scan.pdf: page 2 is a picture" in err
    assert "bad.pdf: is not a readable PDF" in err and "program.txt: is a binary file" in err
    assert "missing.txt: there is no such file" in err


def test_what_is_passed_over_in_a_folder_is_said_and_is_no_failure(rag, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.psd"):
        (folder / name).write_text("The pump is red.")
    code, out, err = rag("add", str(folder))
    assert code == 0 and "1 added" in out
    assert f"stored once: {folder}/b.txt: is the same as {folder}/a.txt" in err
    assert "1 file of a kind that is not read: 1 .psd" in err


def test_a_change_of_passage_size_asks_for_rebuild_and_rebuild_does_it(rag, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("The pump is red.")
    rag("add", str(tmp_path / "a.txt"))
    monkeypatch.setenv("ASSISTANT_RAG__PASSAGE_TOKENS", "200")
    code, _, err = rag("search", "pump")
    assert code == 1 and "assistant rag rebuild" in err and "Traceback" not in err
    assert rag("rebuild")[0] == 0
    assert rag("search", "pump")[0] == 0


def test_rebuild_of_nothing_says_what_to_do(rag):
    code, _, err = rag("rebuild")
    assert code == 2 and "assistant rag add" in err


def test_eval_prints_the_methods_and_writes_the_curve(rag, tmp_path):
    rag("add", str(HANDBOOK / "warranty.docx"))
    lines = [line for line in QUESTIONS.read_text().splitlines() if "warranty.docx" in line or '"relevant": []' in line]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    code, out, _ = rag("eval", str(tmp_path / "q.jsonl"), "--plot", str(tmp_path / "curve.svg"))
    assert code == 0 and "hybrid" in out and "area under the curve" in out
    assert (tmp_path / "curve.svg").read_text().startswith("<svg")
    code, out, err = rag("eval", str(tmp_path / "q.jsonl"), "--plot", str(tmp_path / "no" / "curve.svg"))
    assert code == 2 and "area under the curve" in out  # not lost
    assert "--plot" in err and "choose another file" in err


def test_a_file_that_is_there_and_cannot_be_read_is_a_failure_and_no_wrong_usage(rag, tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"no pdf")
    (tmp_path / "song.mp3").write_bytes(b"la")
    assert rag("add", str(tmp_path / "bad.pdf"))[0] == 1
    assert rag("add", str(tmp_path / "bad.pdf"), str(tmp_path / "missing.txt"))[0] == 1
    assert rag("add", str(tmp_path / "song.mp3"), str(tmp_path / "missing.txt"))[0] == 2


def test_a_rebuild_whose_files_are_all_gone_is_a_failure_and_no_wrong_usage(rag, monkeypatch):
    from rag import ingest, load

    bad = [load.Bad("/gone.txt", "there is no such file or folder", misnamed=True)]
    monkeypatch.setattr(ingest, "rebuild", lambda *_: ingest.Summary(bad=bad))  # as with a store on a server
    code, _, err = rag("rebuild")
    assert code == 1 and "not read: /gone.txt" in err


def test_a_full_disk_is_a_failure_and_no_wrong_usage(rag, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    code, _, err = rag("list")
    assert code == 1 and "no space left on device" in err


def test_eval_without_unanswerable_questions_says_that_there_is_no_curve(rag, tmp_path):
    rag("add", str(HANDBOOK / "warranty.docx"))
    lines = [line for line in QUESTIONS.read_text().splitlines() if "warranty.docx" in line]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    code, out, err = rag("eval", str(tmp_path / "q.jsonl"), "--plot", str(tmp_path / "curve.svg"))
    assert (
        code == 2 and "hybrid" in out and "answerable and unanswerable" in err and not (tmp_path / "curve.svg").exists()
    )


@pytest.mark.parametrize(
    "words, said",
    [
        (["eval", "missing.jsonl"], "cannot be read"),
        (["add", "missing.txt", "neither.*"], "no file matches"),
        (["search", "pump", "--set", "rag.embedder=/no/such/folder"], "set [rag] embedder to a folder"),
        (["list", "--set", "rag.url=http://library:80x0"], "write [rag] url as http://library:8000"),
        (["list", "--set", "rag.url=ftp://library"], "neither http nor https"),
        (["list", "--set", "rag.collection=a!"], "set [rag] collection"),
        (["list", "--set", "rag.path=/dev/null/store"], "set [rag] path"),
    ],
)
def test_wrong_usage_exits_2(rag, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, _, err = rag(*words)
    assert code == 2 and said in err and "Traceback" not in err


def test_a_server_that_does_not_answer_is_a_failure_and_no_wrong_usage(rag):
    code, _, err = rag("list", "--set", "rag.url=http://127.0.0.1:9")
    assert code == 1 and "chroma run" in err
