from __future__ import annotations

from pathlib import Path

import pytest

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse
from tests.rag.office_files import drawn, odf, pptx, relations, shape

PICTURE = '<p:pic><p:nvPicPr><p:cNvPr descr="the pier"/><p:nvPr/></p:nvPicPr></p:pic>'
UNTOLD = "<p:pic><p:nvPicPr><p:cNvPr/><p:nvPr/></p:nvPicPr></p:pic>"
NUMBERED = '<a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr>'
SHAPES = [
    (shape("One line"), ["One line"]),
    (shape("one", "two", kind="body"), ["- one\n- two"]),
    (shape("one", "two", properties=NUMBERED), ["1. one\n2. two"]),
    (f"<p:grpSp><p:grpSp>{shape('deep')}</p:grpSp></p:grpSp>", ["deep"]),
    (shape("7", kind="sldNum") + shape("Tern Ltd", kind="ftr"), ["Tern Ltd"]),
    (PICTURE, ["the pier"]),
    (
        "<p:sp><p:txBody><a:p><a:r><a:t>a</a:t></a:r><a:br/><a:fld><a:t>b</a:t></a:fld></a:p></p:txBody></p:sp>",
        ["a\nb"],
    ),
]


def table(*lines: str) -> str:
    """Of cells that strokes part; "^" goes on from above, "<" from the left."""
    written = ""
    for line in lines:
        written += "<a:tr>"
        for text in line.split("|"):
            merged = {"^": 'vMerge="1"', "<": 'hMerge="1"'}.get(text, "")
            words = "" if merged else text
            written += f"<a:tc {merged}><a:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></a:txBody></a:tc>"
        written += "</a:tr>"
    return f"<p:graphicFrame><a:graphic><a:tbl>{written}</a:tbl></a:graphic></p:graphicFrame>"


def lines(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


def read(*slides: str, **more) -> Document:
    return parse(Path("a.pptx"), pptx(*slides, **more))


@pytest.mark.parametrize("xml, expected", SHAPES)
def test_the_text_of_each_kind_of_shape(xml, expected) -> None:
    assert lines(read(xml)) == expected


def test_slides_are_pages_headed_by_their_titles() -> None:
    document = read(shape("body") + shape("Fleet", kind="ctrTitle"), shape("Prices", kind="title") + shape("5 euros"))
    assert lines(document) == ["Fleet", "body", "Prices", "5 euros"]
    assert [(block.kind, block.page) for block in document.blocks] == [
        ("heading", 1), ("text", 1), ("heading", 2), ("text", 2)]  # fmt: skip


def test_tables_of_slides() -> None:
    document = read(table("Boat|Trips|<", "Tern|1|2", "^|3|4"))
    assert lines(document) == ["Tern | 1 | 2", "Tern | 3 | 4"]
    assert document.blocks[0].header == "Boat | Trips"


def test_notes_comments_charts_diagrams_and_what_the_layout_shows_are_read() -> None:
    shown = '<p:graphicFrame><c:chart r:id="c"/><d:relIds xmlns:d="d" r:dm="d"/></p:graphicFrame>'
    kinds = relations(
        ("n", "notesSlide", "../notes.xml"), ("k", "comments", "../comments.xml"), ("c", "chart", "../chart.xml"),
        ("d", "diagramData", "../d.xml"), ("l", "slideLayout", "../l.xml"),
    )  # fmt: skip
    parts: dict[str, str | bytes] = {
        "ppt/notes.xml": drawn(f"<p:cSld><p:spTree>{shape('say hello', kind='body')}</p:spTree></p:cSld>"),
        "ppt/comments.xml": drawn("<p:cm><p:text>too long</p:text></p:cm>"),
        "ppt/chart.xml": drawn("<c:ser><c:tx><c:v>Trips</c:v></c:tx><c:val><c:v>4</c:v></c:val></c:ser>"),
        "ppt/d.xml": drawn("<p:pt><p:t><a:p><a:r><a:t>first step</a:t></a:r></a:p></p:t></p:pt>"),
        "ppt/l.xml": drawn(f"<p:cSld><p:spTree>{shape('Tern Ltd')}{shape('form', kind='body')}</p:spTree></p:cSld>"),
    }
    document = read(shape("a") + shown, shape("b"), parts=parts, relate=kinds)
    told = ["Trips; 4", "first step", "Notes: say hello", "Comment: too long"]
    assert lines(document) == ["a", *told, "b", *(told[2:]), "Tern Ltd"]


def test_what_is_passed_over_is_told() -> None:
    foreign = '<p:graphicFrame><p:oleObj/></p:graphicFrame><p:graphicFrame><c:chart r:id="none"/></p:graphicFrame>'
    document = read(shape("a") + PICTURE, UNTOLD, shape("b") + foreign)
    assert document.notes == [
        "slide 2 is a picture, whose text is not read",
        "pictures in it are not read (1)",
        "charts that keep no text are not read (1)",
        "files embedded in it are not read (1)",
    ]
    with pytest.raises(BadFile, match="slide 1 is a picture, whose text is not read"):
        read(UNTOLD)


def test_one_bad_slide_costs_that_slide() -> None:
    data = pptx(shape("one"), shape("two"), shape("three"), parts={"ppt/slides/slide1.xml": drawn(shape("two"))[:-30]})
    document = parse(Path("a.pptx"), data)
    assert [word in document.text for word in ("one", "three")] == [True, True]
    assert document.notes == ["its part slide1.xml is damaged: not all of it is read"]
    stored = pptx(shape("one"), shape("two"), parts={"ppt/slides/slide1.xml": b"", "ppt/_rels/presentation.xml.rels":
        relations(("r0", "slide", "slides/slide0.xml"), ("r1", "slide", "slides/slide8.xml"))})  # fmt: skip
    assert parse(Path("a.pptx"), stored).notes == ["slide 2 is missing"]


def frame(inner: str, attributes: str = "") -> str:
    return f"<draw:frame {attributes}><draw:text-box>{inner}</draw:text-box></draw:frame>"


def test_slides_of_opendocument() -> None:
    title = frame("<text:p>Fleet</text:p>", 'presentation:class="title"')
    body = frame("<text:list><text:list-item><text:p>nine oars</text:p></text:list-item></text:list>")
    spoken = frame("<text:p>say hello</text:p>", 'presentation:class="notes"')
    notes = f"<presentation:notes>{spoken}</presentation:notes>"
    picture = "<draw:frame><draw:image xlink:href='a.png'/></draw:frame>"
    pages = f"<draw:page>{body}{title}{notes}</draw:page><draw:page>{picture}</draw:page>"
    document = parse(
        Path("a.odp"), odf(f"<presentation:footer-decl>Tern Ltd</presentation:footer-decl>{pages}", "presentation")
    )
    assert lines(document) == ["Tern Ltd", "Fleet", "- nine oars", "Notes: say hello"]
    assert [block.page for block in document.blocks] == [0, 1, 1, 1]
    assert document.notes == ["slide 2 is a picture, whose text is not read"]
