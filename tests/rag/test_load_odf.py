from __future__ import annotations

from pathlib import Path

import pytest

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse
from tests.rag.hostile import archive
from tests.rag.office_files import odf

NOTE = (
    "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>small</text:p></text:note-body>"
    "</text:note>"
)
REMARK = (
    "<office:annotation><dc:creator>Ann</dc:creator><dc:date>2026</dc:date><text:p>why</text:p></office:annotation>"
)
RUBY = "<text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby>"
BOX = "<draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box></draw:frame>"
SPACES = "a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d"
DELETED = (
    "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
    "</text:changed-region></text:tracked-changes>"
)
STYLES = (
    '<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" '
    'text:display-levels="2"/></text:list-style><text:outline-style><text:outline-level-style text:level="1" '
    'style:num-format="I" style:num-suffix="."/></text:outline-style>'
)


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def items(*inner: str, attributes: str = "") -> str:
    return f"<text:list {attributes}>{''.join(f'<text:list-item>{one}</text:list-item>' for one in inner)}</text:list>"


def table(*rows: str) -> str:
    """Of cells that strokes part; "^" is covered by the one above."""
    written = ""
    for row in rows:
        cells = (
            "<table:covered-table-cell/>" if text == "^" else f"<table:table-cell>{p(text)}</table:table-cell>"
            for text in row.split("|")
        )  # fmt: skip
        written += f"<table:table-row>{''.join(cells)}</table:table-row>"
    return f"<table:table>{written}</table:table>"


def read(body: str, **parts: str) -> Document:
    return parse(Path("a.odt"), odf(body, **parts))


def lines(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


@pytest.mark.parametrize(
    "body, expected",
    [
        (
            p(f"The <text:span>pier</text:span>{NOTE} is old{REMARK}."),
            ["The pier[1] is old.", "[1] small", "Comment (Ann): why"],
        ),
        (p(SPACES), ["a   b\tc\nd"]),
        (p(f"{RUBY} sign"), ["漢(kan) sign"]),
        (p(f"before{BOX}after"), ["beforeafter", "boxed"]),
        (f"{DELETED}{p('<text:change-start/>kept')}", ["kept"]),
        (f"<text:section>{p('inside')}</text:section>", ["inside"]),
        (items(p("one") + items(p("deep")), p("two")), ["- one", "- deep", "- two"]),
        (f"<draw:g><draw:custom-shape>{p('drawn')}</draw:custom-shape></draw:g>", ["drawn"]),
        (p("at <text:date>30 November</text:date>"), ["at 30 November"]),
    ],
)
def test_all_text_is_walked(body, expected) -> None:
    assert lines(read(body)) == expected


def test_lists_and_headings_count_on() -> None:
    named = 'text:style-name="N"'
    first = items(p("a"), p("b") + items(p("c"), p("d")), attributes=named)
    again = items(p("e"), attributes=f'{named} text:continue-numbering="true"') + items(p("f"), attributes=named)
    heading = '<text:h text:outline-level="1">{}</text:h>'
    document = read(heading.format("One") + first + again + heading.format("Two"), styles=STYLES)
    assert lines(document) == ["I. One", "1. a", "2. b", "2.a) c", "2.b) d", "3. e", "1. f", "II. Two"]
    assert [block.title for block in document.blocks if block.kind == "heading"] == ["I. One", "II. Two"]


def test_tables_say_what_their_columns_are() -> None:
    spanning = table("Boat|Trips", "Tern|4", "^|5").replace(
        "cell><text:p>Tern", 'cell table:number-rows-spanned="2"><text:p>Tern'
    )
    document = read(spanning)
    assert lines(document) == ["Tern | 4", "Tern | 5"] and document.blocks[0].header == "Boat | Trips"
    assert lines(read(table("alone", "below"))) == ["alone", "below"]


def test_headers_are_read_once_and_numbers_of_pages_not() -> None:
    pages = "<style:master-page><style:header>{}</style:header><style:footer>{}</style:footer></style:master-page>"
    document = read(p("body"), styles=pages.format(p("Tern Ltd"), p("7")) * 2)
    assert lines(document) == ["Tern Ltd", "body"]


def test_objects_are_read_and_pictures_are_told() -> None:
    formula = '<math xmlns="m"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>'
    frames = f"<draw:frame><draw:object>{formula}</draw:object><draw:image xlink:href='r.png'/></draw:frame>"
    chart = f"<office:body><office:chart>{p('Trips')}{table('May|4')}</office:chart></office:body>"
    frames += "<draw:frame><draw:object xlink:href='./Object1'><text:p/></draw:object></draw:frame>"
    frames += "<draw:frame><draw:image xlink:href='b.png'/><svg:desc>the pier</svg:desc></draw:frame>"
    document = read(p(f"is {frames}"), Object1=chart)
    assert lines(document) == ["is  a/b", "Trips", "May | 4", "the pier"]
    assert document.notes == ["pictures in it are not read (1)"]


def test_the_values_of_forms_are_read() -> None:
    form = '<form:form><form:text form:id="f" form:label="Name" form:current-value="Ann"/></form:form>'
    form = f"<office:forms>{form}</office:forms>"
    shown = p('<draw:control draw:control="f"/>')
    assert lines(read(f"{form}{shown}{p('end')}")) == ["Name Ann", "end"]


def test_a_damaged_part_costs_that_part() -> None:
    whole = odf(p("kept"), styles=p("x" * 40))
    document = parse(Path("a.odt"), whole.replace(b"styles.xml", b"styles.xm_"))
    assert lines(document) == ["kept"]
    cut = archive(
        {"content.xml": f"<a xmlns:o='o'><o:body><o:text>{p('kept')}".replace("text:p", "o:p"), "styles.xml": "<"}
    )
    document = parse(Path("a.odt"), cut)
    assert lines(document) == ["kept"]
    assert document.notes == [
        f"its part {one} is damaged: not all of it is read" for one in ("content.xml", "styles.xml")
    ]


@pytest.mark.parametrize(
    "files, reason",
    [
        ({"x": "y"}, "the part with its text is missing"),
        ({"content.xml": "<a/>", "META-INF/manifest.xml": "<m><encryption-data/></m>"}, "is encrypted"),
        ({"content.xml": "<a/>"}, "it has no body"),
        ({"content.xml": "<a><body><text/></body></a>"}, "holds no text"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(files, reason) -> None:
    with pytest.raises(BadFile, match=reason):
        parse(Path("a.odt"), archive(files))
