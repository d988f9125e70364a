"""One page of a PDF as lines of text: the page's own, with what was filled in and noted on it."""

from __future__ import annotations

import ctypes
import logging
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from rag.errors import BadFile
from rag.readers.bidi import is_turned, logical

_COMPOSED = re.compile("[\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]+")  # ligatures and forms that only fonts need
GAP = 1.2
"""Of the type's size: a wider space stands between two cells of a table. Prose that is set wide stays below it."""
_CONTROL = re.compile("[\x01\x03-\x08\x0e-\x1f\x7f]")  # letters that a font gives no better name
_SAMPLE, _LITTLE = 2000, 100  # characters looked at for their fonts; of a page beside a picture
_HIDDEN, _LINK, _POPUP, _WIDGET = 0x02 | 0x20, 2, 16, 20


@dataclass(frozen=True)
class Line:
    """One line of a page of a PDF."""

    text: str
    size: float
    """Of the font, in points."""
    top: float
    bottom: float
    """In points from the page's lower edge."""
    left: float
    first: int
    """Which character of its page's text begins it."""
    right: float = 0.0


@dataclass
class Page:
    lines: list[Line] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    """Notes, and values of form fields beside which no line stands."""
    pictures: bool = False
    """Whether it is a picture, with little or no text."""
    drawings: bool = False
    unsure: bool = False
    """Whether its fonts do not tell which letters many of its signs are."""


def open_pdf(data: bytes) -> Any:
    """The pypdfium2 document; whoever takes it closes it. Raises BadFile."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise BadFile("is encrypted; save it without its password") from None
        if b"/BrotliDecode" in data:
            raise BadFile("is packed with Brotli, which is not read yet; save it again without") from None
        raise BadFile("is not a readable PDF") from None


def pdf_lines(text_page: Any) -> list[Line]:
    """The lines of one page, in the order of the file."""
    import pypdfium2.raw

    # A hyphen that PDFium takes for a line break's own comes as U+0002 or U+FFFE: the word goes on in the next line.
    text = text_page.get_text_range(errors="replace")
    lines, position = [], 0
    for raw in text.split("\n"):
        words = raw.strip("\r ")
        if words and text_page.count_chars() > 0:
            first = position + len(raw) - len(raw.lstrip())
            start, bottom, end, top = text_page.get_charbox(_sign(text_page, first), loose=True)
            size = pypdfium2.raw.FPDFText_GetFontSize(text_page, _sign(text_page, first))
            left, _, right, _ = text_page.get_charbox(_sign(text_page, first + len(words) - 1), loose=True)
            left, right = min(start, left), max(end, right)
            lines.append(Line(words, size if size > 1 else top - bottom, top, bottom, left, first, right))
        position += len(raw) + 1
    return lines


def _sign(text_page: Any, at: int) -> int:
    """Which of the page's signs gives the character ``at`` of its text: some give none."""
    import pypdfium2.raw as raw

    found = raw.FPDFText_GetCharIndexFromTextIndex(text_page, at)
    return found if found >= 0 else text_page.count_chars() - 1


def read_page(document: Any, index: int) -> Page:
    """``document.init_forms()`` was called, where it has a form. Raises pypdfium2.PdfiumError for a damaged page."""
    import pypdfium2.raw as raw

    page = document[index]
    text_page = page.get_textpage()
    found = Page([_in_order(text_page, line) for line in pdf_lines(text_page)])
    count = min(text_page.count_chars(), _SAMPLE)
    unknown = sum(raw.FPDFText_HasUnicodeMapError(text_page, at) == 1 for at in range(count))
    found.unsure = unknown > 0.2 * count or any(_CONTROL.search(line.text) for line in found.lines)
    text_page.close()
    if sum(len(line.text) for line in found.lines) < _LITTLE:
        _look(page, found)
    if raw.FPDFPage_GetAnnotCount(page) > 0:
        if _add_annotations(document, page, found):
            _add_drawn(document, page, index, found)
    page.close()
    return found


def _look(page: Any, found: Page) -> None:
    """Tell whether a page with little text is a picture or a drawing."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    for one in page.get_objects(max_depth=3):
        if one.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = one.get_bounds()
            found.pictures |= not found.lines or (right - left) * (top - bottom) > 0.5 * width * height
        found.drawings |= one.type in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING) and not found.lines


def _in_order(text_page: Any, line: Line) -> Line:
    """Cells set apart by " | ", right-to-left words in the order they are read, ligatures as letters."""

    def box(at: int, loose: bool = False) -> tuple[float, float]:
        left, _, right, _ = text_page.get_charbox(_sign(text_page, line.first + at), loose=loose)
        return left, right

    text = line.text
    if is_turned(text):
        text = logical([(sign, *box(at, loose=True)) for at, sign in enumerate(text)], line.size, GAP * line.size)
    else:
        gaps = []
        for match in re.finditer(r"(?<=\S) +(?=\S)", text):
            end, start = box(match.start() - 1)[1], box(match.end())[0]
            if start - end > GAP * line.size:
                gaps.append(match.span())
        for start, end in reversed(gaps):
            text = f"{text[:start]} | {text[end:]}"
    return replace(line, text=_COMPOSED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))


def _add_annotations(document: Any, page: Any, found: Page) -> bool:
    """Values of form fields behind the line that stands before them; notes at the end.

    Whether there are more, which have words at most in their own picture.
    """
    import pypdfium2.raw as raw

    seen, untold = set(), False
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if kind == _WIDGET and document.formenv and not raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
            name, value = _field(document.formenv, annotation)
            untold |= raw.FPDFAnnot_GetFormFieldType(document.formenv, annotation) in (
                raw.FPDF_FORMFIELD_LISTBOX,  # shows all of its entries
                raw.FPDF_FORMFIELD_SIGNATURE,
                raw.FPDF_FORMFIELD_PUSHBUTTON,
                raw.FPDF_FORMFIELD_UNKNOWN,
            )
            if value and (name, value) not in seen:
                seen.add((name, value))
                _place(found, annotation, name, value)
        elif kind not in (_WIDGET, _LINK, _POPUP):
            contents = " ".join(_string(raw.FPDFAnnot_GetStringValue, annotation, b"Contents").split())
            author = _string(raw.FPDFAnnot_GetStringValue, annotation, b"T")
            if contents:
                found.asides.append(f"Note ({author}): {contents}" if author else f"Note: {contents}")
            untold |= not contents
        raw.FPDFPage_CloseAnnot(annotation)
    return untold


def _field(form: Any, annotation: Any) -> tuple[str, str]:
    """A form field's name for people and its value, which is empty where nothing was filled in."""
    import pypdfium2.raw as raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _string(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    name = name or _string(raw.FPDFAnnot_GetFormFieldName, form, annotation).rpartition(".")[2]
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        on = raw.FPDFAnnot_IsChecked(form, annotation)
        value = _string(raw.FPDFAnnot_GetFormFieldExportValue, form, annotation)
        return name, ("☒" if value.lower() in ("", "yes", "on", "true", "1") else f"☒ {value}") if on else ""
    if kind in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
        if (
            raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & raw.FPDF_FORMFLAG_TEXT_PASSWORD
            and kind == raw.FPDF_FORMFIELD_TEXTFIELD
        ):
            return name, ""
        return name, " ".join(_string(raw.FPDFAnnot_GetFormFieldValue, form, annotation).split())
    return name, ""


def _place(found: Page, annotation: Any, name: str, value: str) -> None:
    import pypdfium2.raw as raw

    box = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, box)
    beside = {
        at: (min(line.top, box.top) - max(line.bottom, box.bottom), line.left)
        for at, line in enumerate(found.lines)
        if line.left < box.left and line.bottom < box.top and line.top > box.bottom
    }
    if beside:
        at = max(beside, key=beside.__getitem__)
        found.lines[at] = replace(found.lines[at], text=f"{found.lines[at].text} {value}")
    else:
        found.asides.append(f"{name}: {value}" if name else value)


def _add_drawn(document: Any, page: Any, index: int, found: Page) -> None:
    """Words that stand nowhere but in an annotation's own picture, such as a stamp's or a signature's."""
    import pypdfium2.raw as raw

    if raw.FPDFPage_Flatten(page, 0) != raw.FLATTEN_SUCCESS:
        return
    flat = document[index]
    text_page = flat.get_textpage()
    told = {*re.findall(r"\w+", " ".join([line.text for line in found.lines] + found.asides))}
    for line in pdf_lines(text_page):
        text = _in_order(text_page, line).text
        if not told.issuperset(re.findall(r"\w+", re.sub("[\ufffe\x02]", "-", text))):
            found.asides.append(text)
    text_page.close()
    flat.close()


def _string(getter: Any, *arguments: Any) -> str:
    """What a function of PDFium writes into a buffer of UTF-16."""
    length = getter(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 2))
    getter(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[:length].decode("utf-16-le", errors="replace").rstrip("\0")


def has_foreign_form(document: Any) -> bool:
    """Whether its form is wholly in XFA: what is PDF of it says at most which program is needed."""
    import pypdfium2.raw as raw

    return raw.FPDF_GetFormType(document) == raw.FORMTYPE_XFA_FULL


def pages_of(document: Any) -> Iterator[Page | None]:
    """None for a page that is damaged."""
    import pypdfium2

    logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # forms in XFA are read as far as they are PDF
    with suppress(pypdfium2.PdfiumError):  # the text is read without its form
        document.init_forms()
    for index in range(len(document)):
        try:
            yield read_page(document, index)
        except pypdfium2.PdfiumError:
            yield None
