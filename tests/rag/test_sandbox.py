"""Files from anywhere: none takes memory or time without bound, reaches further, or costs the next one."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path

import psutil
import pytest

from rag import child, document, ingest, load, sandbox
from rag.errors import BadFile
from rag.store import Store
from tests.rag import hostile, office_files, word_files
from tests.rag.conftest import HANDBOOK

GOOD = b"The pump runs for nine seconds."
MERGED = b"<table><tr><td rowspan=999>%s<td>1%s</table>" % (b"x" * 1_000_000, b"<tr><td>1" * 998)
LETTERED = (
    f'<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr>{word_files.run("pump")}</w:p>'
)
LETTERS = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="2000000000"/><w:numFmt w:val="lowerLetter"/>'
    '<w:lvlText w:val="%1%1."/></w:lvl></w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
)
WORDY = "<sheetData><row>" + "<c t='s'><v>0</v></c>" * 700 + "</row></sheetData>"
EMPTY = "<table:table-cell table:number-columns-repeated='16384'/></table:table-row>"
SHEET = f"<table:table-row table:number-rows-repeated='1048576'>{EMPTY}" * 9
LAST = "<table:table-row><table:table-cell><text:p>pump</text:p></table:table-cell></table:table-row>"
ENTITIES = hostile.growing_entities("x") + "<x><table-row>&e11;</table-row></x>"
ITSELF = "<draw:frame><draw:object xlink:href='./O'/></draw:frame>"
WORD = b"BT /F1 12 Tf 40 700 Td " + b"(word) Tj 0 -9 Td " * 500 + b"ET"


def reason(name: str, data: bytes) -> str:
    with pytest.raises(BadFile) as caught:
        load.document(Path(name), data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def good() -> bool:
    return load.document(Path("good.txt"), GOOD).text == GOOD.decode()


@pytest.fixture
def small(monkeypatch) -> None:
    """Bounds that are reached soon."""
    monkeypatch.setattr(sandbox, "MEMORY", 130 << 20)
    monkeypatch.setattr(sandbox, "SECONDS", 0.3)
    monkeypatch.setattr(sandbox, "_DEADLINE", 1000.0)  # on a busy machine the time by the clock ends first


def fresh() -> int:
    """A new child's number."""
    sandbox.child.running()
    sandbox.child.end()
    return sandbox.child.running().pid


@pytest.mark.parametrize("path", sorted(HANDBOOK.iterdir()), ids=lambda path: path.name)
def test_a_document_comes_whole_out_of_the_child(path: Path) -> None:
    data = load.read(path)
    assert load.document(path, data) == load.parse(path, data)


def test_a_header_is_sent_once_for_all_its_rows() -> None:
    header, builder = "a column's name " * 20, document.Builder()
    for number in range(100):
        builder.add("row", f"cell {number}", header=header)
    plain = document.as_json(builder.document("Rows"))
    assert str(plain).count(header) == 1
    assert document.from_json(plain) == builder.document("Rows")


@pytest.mark.parametrize(
    "name, data, expected",
    [
        ("merged.html", MERGED, "memory"),
        ("page.pdf", hostile.pages(b" " * 150_000_000), "memory|seconds"),
        ("pages.pdf", hostile.pages(WORD, 9000), "seconds"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_what_takes_too_much_is_ended_and_the_next_file_is_read(small, name, data, expected) -> None:
    assert good()
    assert any(f"{word}" in reason(name, data) for word in expected.split("|"))
    assert good()


@pytest.mark.parametrize(
    "name, data, expected",
    [
        ("bomb.epub", hostile.epub("<p>" + "x" * 12_000_000 + "</p>"), "zip bomb"),
        ("entities.docx", hostile.docx(hostile.paragraph("&e11;"), hostile.growing_entities("x")), "entities"),
        ("entities.epub", hostile.epub("<p>&e11;</p>", head=hostile.growing_entities("html")), "entities"),
        ("deep.docx", hostile.docx("<w:tbl><w:tr><w:tc>" * 100 + "</w:tc></w:tr></w:tbl>" * 100), "nested"),
        ("entities.ods", hostile.archive({"content.xml": ENTITIES}), "entities"),
        ("spaces.xlsx", office_files.xlsx(f"<sheetData>{' ' * 12_000_000}</sheetData>"), "zip bomb"),
        (
            "words.xlsx",
            office_files.xlsx(WORDY, strings=f"<si><t>{'x ' * 40_000}</t></si>"),
            "gives more than 50 million",
        ),
        ("deep.pptx", office_files.pptx("<p:grpSp>" * 3000), "nested"),
        ("deep.rtf", b"{\\rtf1" + b"{" * 3000, "nested"),
        ("deep.html", b"<div>" * 3000 + b"x", "nested"),
        ("deep.json", b"[" * 100_000, "nested"),
        (
            "names.json",
            json.dumps({"c" * 9000: dict.fromkeys(map(str, range(2000)), 1)}).encode(),
            "18 million characters",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_what_a_parser_itself_refuses_is_called_by_its_name(name, data, expected) -> None:
    assert expected in reason(name, data)


def test_a_chapter_that_the_spine_names_again_and_again_is_read_once() -> None:
    data = hostile.epub("<p>The pump runs.</p>" * 50, times=20_000)
    assert load.document(Path("a.epub"), data).text.count("pump") == 50


def test_more_text_than_a_file_may_give_is_refused_before_it_is_all_there(monkeypatch) -> None:
    monkeypatch.setattr(document, "MAX_TEXT", 1000)
    builder = document.Builder()
    with pytest.raises(BadFile, match="gives more than"):
        for _ in range(11):
            builder.add("text", "x" * 100)


def test_the_first_row_and_the_headings_beside_a_passage_have_a_bound() -> None:
    found = load.document(Path("a.md"), f"# {'h' * 5000}\n\n| {'x' * 5000} | b |\n|---|---|\n| 1 | 2 |\n".encode())
    assert len(found.text) > 10_000
    assert [block.title for block in found.blocks if block.title] == []  # it is read as text
    assert max(len(block.header) for block in found.blocks) == 500


@pytest.mark.parametrize(
    "name, data",
    [
        ("columns.docx", hostile.docx(f"<w:tbl>{hostile.row('pump', 100_000_000)}</w:tbl>")),
        ("letters.docx", word_files.docx(LETTERED, numbering=LETTERS)),
        ("empty.ods", office_files.odf(f"<table:table table:name='pump'>{SHEET}{LAST}</table:table>", "spreadsheet")),
        ("itself.odt", office_files.odf(f"<text:p>pump {ITSELF}</text:p>", O=ITSELF * 10)),
        ("empty.xlsx", office_files.xlsx(f"<sheetData>{'<row/>' * 20_000}</sheetData>{office_files.rows('pump')}")),
        ("lists.odt", office_files.odf("<text:p>pump<text:s text:c='99999999'/>!</text:p>")),
    ],
)
def test_a_number_in_a_file_costs_nothing_however_large(small, name, data) -> None:
    assert "pump" in load.document(Path(name), data).text


def test_the_bounds_hold_in_the_child_which_has_no_key(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    running = psutil.Process(fresh())
    assert good()
    assert not any("KEY" in name for name in running.environ())
    limits = {limit: running.rlimit(getattr(psutil, f"RLIMIT_{limit}"))[0] for limit in ("AS", "FSIZE", "CORE")}
    assert sandbox.MEMORY <= limits.pop("AS") < sandbox.MEMORY + 10_000 and limits == {"FSIZE": 0, "CORE": 0}
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_one_child_serves_many_files_until_one_leaves_it_large() -> None:
    first = fresh()
    assert good() and good() and sandbox.child.running().pid == first
    assert len(load.document(Path("a.txt"), b"word " * 6_000_000).text) == 30_000_000
    assert good() and sandbox.child.running().pid != first


def test_a_child_that_somebody_ends_is_started_anew() -> None:
    assert good()
    sandbox.child.running().kill()
    assert good()


def test_a_closed_child_is_gone_and_started_again_when_it_is_needed() -> None:
    assert good()
    before = sandbox.child.running()
    sandbox.close()
    sandbox.close()
    assert before.returncode is not None
    assert good() and sandbox.child.running().pid != before.pid


def test_an_answer_that_was_not_waited_for_is_not_taken_for_the_next(monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    assert good()
    with monkeypatch.context() as patched:
        patched.setattr(child.select, "select", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load.document(Path("a.txt"), b"Another text.")
    assert good()


def test_a_child_that_is_late_or_does_not_stop_is_ended(monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "_DEADLINE", 0.0)
        assert reason("a.pdf", hostile.pages(WORD, 9000)) == "is not read within 0 seconds; split it"
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "_MOST", 10)
        assert "more than 0 MB of text" in reason("a.txt", GOOD)
    assert good()


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9.txt"), "\ud83d.txt", "line\nbreak.txt"])
def test_a_file_name_may_be_anything(name: str) -> None:
    assert load.document(Path(name), GOOD).text == GOOD.decode()


def test_a_hostile_file_costs_the_others_nothing(small, tmp_path, model, words) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_bytes(GOOD)
    (folder / "b.html").write_bytes(MERGED)
    (folder / "c.txt").write_bytes(b"The valve opens.")
    store = Store(tmp_path / "store")
    summary = ingest.add(store, [str(folder)], model, lambda: words, 128)
    store.close()
    assert [Path(path).name for path in summary.added] == ["a.txt", "c.txt"]
    assert [Path(bad.path).name for bad in summary.bad] == ["b.html"]


def test_what_ended_the_child_is_named() -> None:
    for code, words in {
        child.TOO_MUCH: "more than 400 MB of memory",
        -signal.SIGPROF: "more than 18 seconds of computing",
        -signal.SIGSEGV: "crash (SIGSEGV), perhaps for want of memory",
        1: "crash (exit code 1)",
    }.items():
        assert words in sandbox._reason(code, 400_000_000, 18.0)


def test_a_large_file_may_take_some_times_its_size_and_no_more(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(child.Child, "ask", lambda self, line, *_, **__: asked.append(json.loads(line)) or {"value": 1})
    for size in (1, 20_000_000, 100_000_000):
        sandbox.call("rag.load:_parsed", "a.txt", bytes(size))
    small, middle, large = (one["memory"] for one in asked)
    assert small == sandbox.MEMORY and middle < 500_000_000 and 1_000_000_000 < large < 2_000_000_000
