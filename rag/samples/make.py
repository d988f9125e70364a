"""Writes the binary documents of the sample knowledge base from rag/samples/source: `python rag/samples/make.py`.

Needs fpdf2 and python-docx. The results are part of the repository; run it only after a change of the sources.
"""

from __future__ import annotations

import datetime
import html
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
_DATE = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)


def blocks(path: Path) -> list[tuple[str, str | list[list[str]]]]:
    """The few kinds of Markdown block that the sources use: (``h1`` ... ``h3`` | ``p`` | ``table``, content)."""
    found: list[tuple[str, str | list[list[str]]]] = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip().splitlines()
        if not lines:
            continue
        if lines[0].startswith("#"):
            marks, title = lines[0].split(" ", 1)
            found.append((f"h{len(marks)}", title))
        elif lines[0].startswith("|"):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            found.append(("table", [rows[0], *rows[2:]]))
        else:
            found.append(("p", " ".join(line.strip() for line in lines).replace("*", "")))
    return found


def pdf(source: Path, target: Path) -> None:
    """Each first-level heading begins a page; headings are bookmarks; every page has a running foot."""
    from fpdf import FPDF

    class Manual(FPDF):
        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Helvetica", size=8)
            self.cell(0, 10, f"Brindlecove 5-SVC-03   page {self.page_no()}", align="C")

    document = Manual(format="A5")
    document.set_creation_date(_DATE)
    document.set_title("Otter 5 Service Manual")
    document.set_auto_page_break(True, margin=18)
    for kind, content in blocks(source):
        if kind == "table":
            document.set_font("Helvetica", size=10)
            with document.table(content, line_height=6):
                pass
            document.ln(3)
            continue
        text = str(content).replace("›", ">").replace("–", "-")
        if kind == "h1":
            document.add_page()
        if kind == "p":
            document.set_font("Helvetica", size=10)
            document.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
        else:
            level = int(kind[1])
            document.set_font("Helvetica", "B", 18 - 3 * level)
            document.start_section(text, level - 1)
            document.multi_cell(0, 9, text, new_x="LMARGIN", new_y="NEXT")
        document.ln(2.5)
    document.output(str(target))


def docx(source: Path, target: Path) -> None:
    from docx import Document

    document = Document()
    document.core_properties.created = document.core_properties.modified = _DATE.replace(tzinfo=None)
    document.core_properties.title = "Warranty and returns"
    for kind, content in blocks(source):
        if kind == "table":
            table = document.add_table(rows=0, cols=len(content[0]))
            for row in content:
                for cell, text in zip(table.add_row().cells, row):
                    cell.text = str(text)
        elif kind == "p":
            document.add_paragraph(str(content))
        else:
            document.add_heading(str(content), int(kind[1]))
    document.save(str(target))


def epub(source: Path, target: Path) -> None:
    """One XHTML file for the title page and one for each second-level heading."""
    chapters: list[list[str]] = [[]]
    for kind, content in blocks(source):
        if kind == "h2":
            chapters.append([])
        if kind == "table":
            rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in content]
            chapters[-1].append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        else:
            chapters[-1].append(f"<{kind}>{html.escape(str(content))}</{kind}>")
    page = (
        '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}'
        "</title></head><body>{body}</body></html>"
    )
    names = [f"chapter{number}.xhtml" for number in range(len(chapters))]
    manifest = "".join(
        f'<item id="c{i}" href="text/{name}" media-type="application/xhtml+xml"/>' for i, name in enumerate(names)
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(names)))
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<?xml version="1.0"?><container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>',
        "OPS/book.opf": '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">'
        "otter-table-book</dc:identifier><dc:title>The Otter Table Book</dc:title><dc:language>en</dc:language>"
        f"</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>",
        **{
            f"OPS/text/{name}": page.format(title="The Otter Table Book", body="".join(chapter))
            for name, chapter in zip(names, chapters)
        },
    }
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _DATE.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)


if __name__ == "__main__":
    source, handbook = HERE / "source", HERE / "handbook"
    pdf(source / "service-manual.md", handbook / "service-manual.pdf")
    docx(source / "warranty.md", handbook / "warranty.docx")
    epub(source / "table-book.md", handbook / "table-book.epub")
