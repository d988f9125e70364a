from __future__ import annotations

import io
import zipfile

from docx import Document

from assistant.books.load import load
from tests.books.samples import made, said, titles

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def with_body(body: str, notes: str = "") -> bytes:
    """A document of python-docx with ``body`` as its paragraphs, and with ``notes``."""
    document = Document()
    document.core_properties.title, document.core_properties.author = "The Ferry", "Ada Quill"
    document.core_properties.language = "fr-FR"
    source, out = io.BytesIO(), io.BytesIO()
    document.save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                head, _, rest = data.decode().partition("<w:body>")
                data = f"{head}<w:body>{body}{rest.partition('<w:body>')[2] or rest}".encode()
            elif name == "word/_rels/document.xml.rels" and notes:
                link = f'<Relationship Id="rIdN" Type="{NOTES}" Target="footnotes.xml"/></Relationships>'
                data = data.decode().replace("</Relationships>", link).encode()
            new.writestr(name, data)
        if notes:
            new.writestr("word/footnotes.xml", f"<w:footnotes {W}>{notes}</w:footnotes>")
    return out.getvalue()


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def test_headings_divide_and_notes_and_captions_are_options(tmp_path):
    mark = '<w:r><w:t>The pier</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t> was old.</w:t></w:r>'
    body = (
        paragraph("The Ferry", "Title") + paragraph("One", "Heading1") + f"<w:p>{mark}</w:p>"
        + paragraph("A pier", "Caption")
        + paragraph("Two", "Heading1") + paragraph("Rope", "ListBullet") + paragraph("It came.")
    )  # fmt: skip
    path = made(
        tmp_path, "ferry.docx", with_body(body, f'<w:footnote w:id="2">{paragraph("Built of oak.")}</w:footnote>')
    )
    read, names = load(path), ["The Ferry: One", "Two"]
    assert (read.title, read.author, read.language, titles(read)) == ("The Ferry", "Ada Quill", "fr", names)
    assert read.chapters[0].paragraphs == ("The pier was old.", "A pier.")
    assert read.chapters[1].paragraphs == ("Rope.", "It came.")
    assert load(path, notes=True, captions=False).chapters[0].paragraphs == ("The pier was old.", "Built of oak.")


def test_nothing_is_missed_in_content_controls_text_boxes_changes_and_cells(tmp_path):
    box = f"<w:pict><w:txbxContent>{paragraph('In a box.')}</w:txbxContent></w:pict><w:t>Beside it.</w:t>"
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('Controlled.')}</w:sdtContent></w:sdt><w:p><w:r>{box}</w:r></w:p>"
        "<w:p><w:ins><w:r><w:t>Inserted.</w:t></w:r></w:ins><w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del></w:p>"
        "<w:p><w:hyperlink><w:r><w:t>Linked</w:t><w:br/><w:t>twice</w:t><w:noBreakHyphen/>"
        "<w:t>over.</w:t></w:r></w:hyperlink></w:p>"
        f"<w:tbl><w:tr><w:tc>{paragraph('Day')}</w:tc><w:tc>{paragraph('High')}</w:tc></w:tr>"
        f"<w:tr><w:tc>{paragraph('One.')}{paragraph('Two.')}</w:tc><w:tc><w:tbl><w:tr><w:tc>{paragraph('Inner')}</w:tc></w:tr>"
        "</w:tbl></w:tc></w:tr></w:tbl>"
    )
    assert load(made(tmp_path, "ferry.docx", with_body(body))).chapters[0].paragraphs == (
        *("Controlled.", "Beside it.", "In a box.", "Inserted.", "Linked twice-over."),
        *("Day, High.", "One.", "Two.", "Inner."),
    )


def test_a_table_of_contents_is_front_matter(tmp_path):
    gallery = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    body = f"<w:sdt>{gallery}<w:sdtContent>{paragraph('One 3')}</w:sdtContent></w:sdt>{paragraph('It left.')}"
    path = made(tmp_path, "ferry.docx", with_body(body))
    assert said(load(path)) == "It left."
    assert said(load(path, front_matter=True)) == "One 3\nIt left."
