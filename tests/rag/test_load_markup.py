"""HTML, EPUB and Markdown."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse

XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
CONTAINER = '<container><rootfiles><rootfile full-path="op/p.opf"/></rootfiles></container>'


def lines(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


def html(body: str) -> list[str]:
    return lines(parse(Path("a.html"), f"<!doctype html><title>T</title><body>{body}".encode()))


def markdown(text: str) -> Document:
    return parse(Path("a.md"), text.encode())


def epub(
    chapters: dict[str, str], missing: str = "", container: str = CONTAINER, package: str = "p.opf", **parts: str
) -> bytes:
    packed = io.BytesIO()
    names = [*chapters, *filter(None, [missing])]
    items = "".join(f'<item id="{name}" href="{name}.xhtml"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr(f"op/{package}", f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>")
        for name, chapter in chapters.items():
            archive.writestr(f"op/{name}.xhtml", chapter)
        for name, part in parts.items():
            archive.writestr(f"META-INF/{name}.xml", part)
    return packed.getvalue()


@pytest.mark.parametrize(
    "body, text",
    [
        ("Caf&eacute;&nbsp;&check; it&#146;s", "Café ✓ it’s"),
        ("10<sup>6</sup> H<sub>2</sub>O, the 1<sup>st</sup>", "10^6 H2O, the 1st"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>です", "漢字(かんじ)です"),
        ("<img alt='A red boat' src=a.png> at sea", "A red boat at sea"),
        ("<input value=Ada> <input type=hidden value=x>", "Ada"),
        ("<math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>2</mn></mrow></mfrac></math>", "a/(b + 2)"),
        ("<svg><style>x{}</style><text>Axis</text></svg>", "Axis"),
        ("a<!-- no --><script>no()</script><template>no</template><style>no{}</style>b", "ab"),
    ],
)
def test_words_come_as_a_reader_shows_them(body, text):
    assert html(f"<p>{body}</p>") == [text]


def test_lists_terms_details_and_captions_are_read():
    assert html("<ol start=3><li>c<li>d<ul><li>e</ul></ol>") == ["3. c", "4. d", "- e"]
    assert html("<dl><dt>Hub<dd>A wheel.<dt>Rim<dt>Rand<dd>Its edge.</dl>") == [
        "Hub: A wheel.",
        "Rim",
        "Rand: Its edge.",
    ]
    assert html("<details><summary>More</summary>Below.</details>") == ["More", "Below."]
    assert html("<figure><img alt=Boat><figcaption>Fig. 1</figcaption></figure>") == ["Boat", "Fig. 1"]
    assert html("<select><option>A<option>B</select><pre>\nx\n  y\n</pre>") == ["A", "B", "x\n  y"]


def test_cells_keep_their_lines_and_merged_ones_their_rows():
    table = "<table><caption>Offices <b>2026</b></caption><tr><th>Office<th>Address<th>Open{}</table>"
    rows = table.format(
        "<tr><td rowspan=2>North<td>Mill Road 4<br>Ashby<td>daily<tr><td><p>Quay 9</p><p>Kelsey.</p><p>Rear</p><td>3"
        "<tr><td colspan=2>Both<td>no"
    )
    assert html(rows)[1:] == ["North | Mill Road 4 / Ashby | daily", "North | Quay 9 / Kelsey. Rear | 3", "Both | no"]
    assert html(rows)[0] == "Offices 2026"


def test_a_table_in_a_cell_stays_in_its_row_and_layout_tables_are_read_as_text():
    inner = "<table><tr><th>Day<th>Hours<tr><td>Monday<td>9 to 17</table>"
    assert html(f"<table><tr><td>Menu<td>{inner}</table>") == ["Menu | Day, Hours / Monday, 9 to 17"]
    page = parse(Path("a.html"), b"<table><tr><td>Menu<td><h2>Rooms</h2><p>Grey.</p></table>")
    assert [block.kind for block in page.blocks] == ["text", "heading", "text"]
    long = "<td>Grey. " * 50
    assert html(f"<table><tr><td>Menu<td><table><tr>{long}<tr>{long}</table></table>")[0] == "Menu"


def test_a_first_row_too_long_to_stand_above_the_others_is_a_row_itself():
    names = " | ".join(f"name{number}" for number in range(60))
    cells = "".join(f"<td>{name}" for name in names.split(" | "))
    assert html(f"<table><tr>{cells}<tr>{'<td>1' * 60}</table>")[0] == names


@pytest.mark.parametrize(
    "table",
    [
        "<table>Stray<tr><td>a<td>b<tr><td>c<td>d</table>",
        "<table><tr><td>a<td>b<tr><p>Stray</p><td>c<td>d</table>",
        "<table><div>Stray<tr><td>a<td>b</tr></div><tr><td>c<td>d</table>",
        "<table><caption><p>Stray</caption><tbody><x-row><tr><td>a<td>b</tr></x-row><tr><td>c<td>d</table>",
    ],
)
def test_what_stands_in_a_table_but_in_no_cell_is_read(table):
    document = parse(Path("a.html"), table.encode())
    assert lines(document) == ["Stray", "c | d"] and document.blocks[1].header == "a | b"


def test_things_beside_each_other_are_not_glued():
    assert html("<button>Go</button><button>Stop</button>") == ["Go", "Stop"]
    assert html("<x-card><x-name>Ada</x-name><x-town>Kelsey</x-town></x-card>") == ["Ada Kelsey"]
    assert html("<pre>a<br>b</pre>") == ["a\nb"]
    assert html("<select><optgroup label=Fruit><option>Pear</select>") == ["Fruit:", "Pear"]


def test_epub_knows_names_of_characters_and_empty_titles():
    book = {"one": XHTML.format("<p>Ren&eacute;&nbsp;sailed &mdash; &lt;alone&gt; &amp; late</p>")}
    assert parse(Path("a.epub"), epub(book)).text == "René sailed — <alone> & late"
    own = '<!DOCTYPE html [<!ENTITY ship "the Heron">]>' + XHTML.format("<p>On &ship;.</p>")
    assert parse(Path("a.epub"), epub({"one": own})).text == "On the Heron."


def test_a_missing_chapter_costs_that_chapter_and_is_named():
    document = parse(Path("a.epub"), epub({"one": XHTML.format("<p>First.</p>")}, missing="two"))
    assert document.text == "First." and document.notes == ["its part two.xhtml is missing"]
    with pytest.raises(BadFile, match="gives no text: its part two.xhtml is missing"):
        parse(Path("a.epub"), epub({}, missing="two"))
    with pytest.raises(BadFile, match="does not name its package file"):
        parse(Path("a.epub"), epub({}, package="p.txt", container=""))


def test_a_book_is_found_without_its_container():
    for container in ("<container/>", "", '<container><rootfile full-path="a.pdf"/></container>'):
        assert parse(Path("a.epub"), epub({"one": XHTML.format("<p>First.</p>")}, container=container)).text == "First."


def test_locked_chapters_and_pictures_are_named():
    def locked(name: str) -> str:
        reference = f'<CipherData><CipherReference URI="op/{name}"/></CipherData>'
        return f"<encryption><EncryptedData>{reference}</EncryptedData></encryption>"

    book = {"one": XHTML.format("<p>First.</p>"), "two": "\x81" * 99}
    document = parse(Path("a.epub"), epub(book, encryption=locked("two.xhtml")))
    assert document.text == "First." and document.notes == ["its part two.xhtml is encrypted (DRM)"]
    assert parse(Path("a.epub"), epub({"one": book["one"]}, encryption=locked("a.ttf"))).notes == []
    picture = XHTML.format("<img src='a.png'/>")
    with pytest.raises(BadFile, match="only pictures"):
        parse(Path("a.epub"), epub({"one": picture}))
    comic = {"one": book["one"], **{f"p{number}": picture for number in range(3)}}
    assert parse(Path("a.epub"), epub(comic)).notes == ["3 of its pages are pictures, whose text is not read"]


def test_markdown_that_begins_with_a_rule_is_whole():
    assert lines(markdown("---\n\nThe heron stands.\n\n---\n\nOwls fly.\n")) == ["The heron stands.", "Owls fly."]
    assert lines(markdown("---\nNot: front matter\n\nWords.\n")) == ["Not: front matter", "Words."]


@pytest.mark.parametrize("mark, sign", [("---", ":"), ("+++", " =")])
def test_front_matter_gives_the_title_and_stays(mark, sign):
    document = markdown(f'{mark}\ntitle{sign} "The Lamp: a Guide"\ntags{sign} [green]\n{mark}\n\nBody.\n')
    assert document.title == "The Lamp: a Guide" and "green" in document.text[: document.blocks[0].end]
    assert lines(document)[1:] == ["Body."]


def test_footnotes_and_addresses_of_markdown_are_kept():
    document = markdown("A[^1] [b][r].\n\n[^1]: Crane.\n\n[r]: http://a.b 'Owl'\n\nEnd.\n")
    assert lines(document) == ["A[^1] [b][r].", "[^1]: Crane.", "[r]: http://a.b 'Owl'", "End."]


def test_markdown_is_the_same_whatever_the_parts_it_is_parsed_in(monkeypatch) -> None:
    table = "| part | watts |\n| --- | --- |\n" + "".join(f"| lamp {number} | {number} |\n" for number in range(20))
    code = "```\n# no heading\n\n| no | table |\n\n- no item\n```\n"
    text = f"# Lamps \\*of\\* [all][here] kinds\n\n{table}\nTwo lines\n===\n\n{code}\n"
    text += f"- one\n\n  more of it\n- two\n\n{table}"
    text += "> quoted\nlazily\n\n    code\n\n    more code\n\n<div>\n**raw**\n</div>\n\n[note]: short\n\n## End\n\n"
    text += "[here]: https://a.example\n"
    whole = parse(Path("a.md"), text.encode())
    assert [block.title for block in whole.blocks if block.kind == "heading"] == [
        "Lamps *of* all kinds",
        "Two lines",
        "End",
    ]
    for size in (1, 7, 40, 150):
        monkeypatch.setattr("rag.readers.formats._PART", size)
        assert parse(Path("a.md"), text.encode()) == whole


def test_the_parser_of_markdown_is_given_long_files_in_parts(monkeypatch) -> None:
    lengths, whole = [], MarkdownIt.parse
    monkeypatch.setattr("rag.readers.formats._PART", 1000)
    monkeypatch.setattr(
        MarkdownIt, "parse", lambda self, text, env: lengths.append(len(text)) or whole(self, text, env)
    )
    assert len(parse(Path("a.md"), b"Words of a part.\n\n" * 500).blocks) == 500
    assert max(lengths) < 1100
