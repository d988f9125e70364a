from __future__ import annotations

import io
import json
import os
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.books import load as books
from assistant.books.load import load
from assistant.books.manuscript import as_json, from_json
from assistant.errors import AssistantError, UsageError
from rag import load as files
from rag import sandbox
from tests.books.samples import epub, made, page, pdf
from tests.rag import hostile


def reason(path, **options) -> str:
    with pytest.raises(AssistantError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    assert caught.value.exit_code == 1
    return message[len(str(path)) :].strip()


def test_wrong_names_are_wrong_usage(tmp_path):
    for path, words in {
        tmp_path / "gone.epub": "no such file",
        tmp_path: "is a folder",
        made(tmp_path, "b.azw3", "x"): r"convert it to EPUB first",
        made(tmp_path, "b.xyz", "x"): r"\.epub, \.pdf, \.docx, \.html, \.md, \.txt\)$",
    }.items():
        with pytest.raises(UsageError, match=words) as caught:
            load(path)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("ending", ["epub", "pdf", "docx", "html", "md", "txt"])
def test_an_empty_file_says_so(ending, tmp_path):
    assert reason(made(tmp_path, f"b.{ending}", b" \n")) == "is empty"


def test_a_book_without_text_says_so(tmp_path):
    assert reason(made(tmp_path, "b.epub", epub({"a.xhtml": page("<p> </p><p>* * *</p>")}))) == "holds no text"
    assert reason(made(tmp_path, "b.html", "<!-- nothing -->")) == "holds no text"
    assert reason(made(tmp_path, "b.md", "---\n\n***\n")) == "holds no text"
    front = epub({"a.xhtml": page("<section epub:type='toc'><h2>Contents</h2><p>One</p></section>")})
    assert (
        reason(made(tmp_path, "b.epub", front))
        == "holds nothing to be read aloud, only Contents; --front-matter reads it"
    )
    assert load(made(tmp_path, "b.epub", front), front_matter=True).chapters


def test_damaged_archives_say_so(tmp_path):
    whole = epub({"a.xhtml": page("<p>" + "Words of the ferry. " * 500 + "</p>")})
    assert "damaged" in reason(made(tmp_path, "b.epub", whole[: len(whole) // 2]))
    assert "damaged" in reason(made(tmp_path, "b.epub", b"PK\3\4 no archive"))
    place = whole.index(b"OPS/a.xhtml") + 40
    assert "a.xhtml cannot be unpacked" in reason(
        made(tmp_path, "b.epub", whole[:place] + bytes(20) + whole[place + 20 :])
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("anything", "else")
    assert "does not name its package file" in reason(made(tmp_path, "b.epub", out.getvalue()))
    gone = epub({"a.xhtml": page("<p>x</p>")}, spine=["gone.xhtml"])
    assert "none of the files with its text" in reason(made(tmp_path, "b.epub", gone))
    assert "no Word document" in reason(made(tmp_path, "b.docx", b"PK\3\4 no archive"))
    assert "is not a readable PDF" in reason(made(tmp_path, "b.pdf", pdf([[]])[20:400]))
    assert "binary" in reason(made(tmp_path, "b.txt", b"\0\1\2" * 100))


def test_a_bomb_and_a_huge_file_are_refused_by_their_size(tmp_path):
    bomb = epub({"a.xhtml": bytes(12_000_000)})
    assert len(bomb) < 20_000 and "zip bomb" in reason(made(tmp_path, "b.epub", bomb))
    huge = made(tmp_path, "b.txt", "x")
    os.truncate(huge, 2 * files.MAX_BYTES)
    assert "400 MB, more than the 200 MB allowed" in reason(huge)


def test_what_is_nested_too_deeply_to_be_read_whole_says_so(tmp_path):
    path = made(tmp_path, "b.html", "<div>" * 3000 + "words" + "</div>" * 3000)
    assert reason(path) == "is nested too deeply"
    assert load(made(tmp_path, "b.html", "<div>" * 900 + "words" + "</div>" * 900)).chapters[0].paragraphs == ("words",)


def test_entities_that_grow_without_bound_are_not_expanded(tmp_path):
    declared = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "boom" * 10}">' for n in range(12))
    document = page("<p>before &e11; after</p>").replace("<!DOCTYPE html>", f"<!DOCTYPE html [{declared}]>")
    read = load(made(tmp_path, "b.epub", epub({"a.xhtml": document})))
    assert sum(len(paragraph) for paragraph in read.chapters[0].paragraphs) < 10_000


@pytest.fixture
def anew():
    """A child that starts now, and is not kept."""
    sandbox.child.running()
    sandbox.child.end()
    yield
    sandbox.child.end()


def test_a_missing_package_is_named_with_what_installs_it(tmp_path, monkeypatch, anew):
    made(tmp_path, "docx.py", "raise ModuleNotFoundError(name='docx')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AssistantError, match=re.escape("needs the package docx; run `make books`")):
        load(made(tmp_path, "b.docx", b"PK"))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=300), ending=st.sampled_from(["epub", "pdf", "docx", "html", "md", "txt"]))
def test_any_bytes_give_a_book_or_a_sentence(data, ending, tmp_path_factory):
    try:
        assert load(made(tmp_path_factory.mktemp("b"), f"b.{ending}", data)).chapters
    except AssistantError as error:
        assert "\n" not in str(error)


def test_a_book_that_takes_too_much_is_named_and_the_next_one_read(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "SECONDS", 0.3)
        patched.setattr(sandbox, "_DEADLINE", 1000.0)  # on a busy machine the time by the clock ends first
        assert "more than 0 seconds of computing" in reason(
            made(tmp_path, "b.pdf", hostile.pages(b"BT ET " * 99, 60_000))
        )
    assert load(made(tmp_path, "b.txt", "The ferry left.")).chapters[0].paragraphs == ("The ferry left.",)


@pytest.mark.parametrize(
    "name, data",
    [
        ("a.epub", epub({"a.xhtml": page("<h1>One</h1><p id='x'>Text<a href='#n'>1</a></p><p id='n'>1 Note.</p>")})),
        ("a.pdf", pdf([[(12, 40, 700, "The ferry left.")]])),
        ("a.md", b"---\ntitle: The Ferry\nlang: de\n---\n# One\n\nText.\n\n- item\n\n# Two\n\nMore.\n"),
    ],
)
def test_a_manuscript_comes_whole_out_of_the_child(name, data):
    book = books.parse(name.partition(".")[2].replace("md", "markdown"), data)
    book.cover = b"\x89PNG\r\n\xff"
    assert vars(from_json(json.loads(json.dumps(as_json(book))))) == {
        **vars(book),
        "blocks": [replace(block, ids=list(block.ids)) for block in book.blocks],
    }
