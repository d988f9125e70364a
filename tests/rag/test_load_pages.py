"""Long pages of HTML are read while they are parsed, and say the same as when they are held whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import sandbox
from rag.document import Document
from rag.load import document, parse
from rag.readers import pages

TABLE = (
    "<table>words outside<caption>Boats of <b>May</b></caption><thead><tr><th>Boat<th>Trips</tr></thead>"
    "<tr><td rowspan=2>Tern<td>4</tr>between<tr><td>5<br>six</tr>"
    "<tr><td><table><tr><td>in<td>ner</tr></table><td>7</tr></table>after it"
)
PAGES = {
    "prose": "<title>Pier</title><h1>One</h1><p>a <b>b</b> c<sup>2</sup> &eacute; d<p>e"
    "<ul><li>x<li>y</ul><dl><dt>t<dd>d</dl>",
    "table": f"<p>before{TABLE}<p>last",
    "layout": f"<table><tr><td><h2>News</h2><p>open<td>{TABLE}</tr></table>tail",
    "left out": "<nav>menu <b>x</b></nav>a<script>if (1 < 2) {}</script>b<!-- no -->c<style>p{}</style><p>d",
    "broken": "<p>a <b>b <i>c</p> d</b> e<td>f</td><table><tr><td>1<td>2</tr><td>stray</table></div>g",
    "formula": "<p>x <math><mfrac><mi>a</mi><mi>b</mi></mfrac></math> y <ruby>漢<rt>kan</rt></ruby> z",
    "xhtml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body><p>a&nbsp;b'
    "</p><br/><p>c</p></body></html>",
    "bad xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>a<p>b <i/>c</body></html>',
}


def shown(page: Document) -> list[tuple[str, str, str, int]]:
    return [(block.kind, page.text[block.start : block.end], block.header, block.level) for block in page.blocks]


def read(page: str) -> Document:
    return parse(Path("a.html"), page.encode())


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("piece", [1, 7, 64])
def test_a_page_in_pieces_is_the_page(name: str, piece: int, monkeypatch) -> None:
    whole = read(PAGES[name])
    monkeypatch.setattr(pages, "_PIECE", piece)
    parted = read(PAGES[name])
    assert shown(parted) == shown(whole) and parted.title == whole.title


@pytest.mark.parametrize("name", [name for name in PAGES if name != "formula"])
@pytest.mark.parametrize("most", [1, 4, 12])
def test_what_is_not_held_whole_loses_no_word(name: str, most: int, monkeypatch) -> None:
    whole = read(PAGES[name])
    monkeypatch.setattr(pages, "_MOST_HELD", most)
    assert sorted(read(PAGES[name]).text.replace("|", " ").split()) == sorted(whole.text.replace("|", " ").split())


def test_a_long_formula_loses_no_sign(monkeypatch) -> None:
    monkeypatch.setattr(pages, "_MOST_HELD", 1)
    assert set(read(PAGES["formula"]).text.replace(" ", "")) == set("xabyzkan漢")


def test_a_long_table_goes_on_row_by_row(monkeypatch) -> None:
    rows = "".join(f"<tr><td>boat {number}<td>{number}" for number in range(40))
    page = f"<p>a<table><caption>Boats</caption><tr><th>Boat<th>Trips{rows}</table>b"
    whole = read(page)
    monkeypatch.setattr(pages, "_MOST_HELD", 30)
    assert shown(read(page)) == shown(whole)
    assert ("row", "boat 39 | 39", "Boat | Trips", 0) in shown(whole)


def test_cells_outside_of_rows_are_read() -> None:
    assert {"1", "2", "stray", "deep"} <= set(
        read("<table><tr><td>1<td>2</tr><td>stray</td><table><tr><td>deep<td>er</table></table>").text.split()
    )


@pytest.mark.parametrize("row", ["<tr><td>tern<td>1<td>2", "<p>tern <b>1</b>", "<li><a href=x>tern</a> 1"])
def test_a_page_takes_little_more_memory_than_its_text(row: str, monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY", 200 << 20)
    monkeypatch.setattr(sandbox, "_TIMES", 6)
    page = f"<table><tr><td>a<td>b<td>c{row * 150_000}" if row.startswith("<tr>") else row * 150_000
    assert document(Path("a.html"), page.encode()).text.count("tern") == 150_000
