"""Mail (RFC 5322) and mailboxes -> document: who wrote what to whom, and what is attached."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from rag.decode import decode
from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.formats import plain
from rag.readers.pages import html
from rag.readers.tables import csv_table
from rag.text import readable

_HEADERS = ("From", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject", "Organization", "Keywords", "Comments")
_SECRET = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_BODIES = {"text/plain", "text/html"}
_NEXT = re.compile(rb"^From [^\n]*\d\d:\d\d[^\n]*\n(?=>?[!-9;-~]+:)", re.MULTILINE)
_STUFFED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_WRAPPED = re.compile(r"(?<=[^\n-]) \n(?![ >]|-- \n|\n)")
"""Where a line goes on in the next one (RFC 3676)."""
_ENCODED = re.compile(r"(?:=\?[^?\s]+\?[BbQq]\?[^?\n]*\?=\s*){1,99}")  # more at once take email's time
_DEEPEST = 30  # parts in parts
_ENOUGH = 0.5
"""The part of the words of a body in HTML that a plain one beside it has at least, if it says the same."""
_NAMED = 20  # attachments or notes that are told, each by itself


def eml(data: bytes) -> Document:
    start = data.find(b"\n") + 1 if data.startswith(b"From ") else 0
    message = email.message_from_bytes(data[start:].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    if not any(name in message for name in ("From", "To", "Subject", "Date", "Content-Type", "Received")):
        raise BadFile("is no mail: it does not begin with headers as From and Subject")
    builder = Builder()
    return builder.document(_header(message, "Subject"), _mail(message, builder))


def mbox(data: bytes) -> Document:
    """Each mail below its subject; what is damaged in one costs that."""
    data = data.replace(b"\r\n", b"\n")
    starts = [found.start() for found in _NEXT.finditer(data)]
    if not starts:
        raise BadFile("is no mailbox: no line begins a mail with 'From '")
    builder, notes = Builder(), []
    if data[: starts[0]].strip():
        notes.append(f"{starts[0]} bytes above its first mail are left out")
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)]), 1):
        message = email.message_from_bytes(_STUFFED.sub(b"", data[data.index(b"\n", start) + 1 : end]))
        builder.add("heading", _header(message, "Subject") or f"Mail {number}", level=1)
        try:
            notes += [f"mail {number}: {note}" for note in _mail(message, builder)]
        except (LookupError, ValueError, TypeError, AttributeError, BadFile) as error:
            notes.append(f"mail {number} is damaged ({type(error).__name__})")
    if len(notes) > _NAMED:
        notes[_NAMED:] = [f"{len(notes) - _NAMED} more of its mails are read in part"]
    return builder.document("", notes)


def _mail(message: Message, builder: Builder, depth: int = 0) -> list[str]:
    """Add a mail; gives what is not read of it. Raises BadFile."""
    for name in _HEADERS:
        if value := _header(message, name):
            builder.add("row", f"{name}: {value}")
    attached: list[str] = []
    notes = list(_add_part(message, builder, attached, depth))
    if attached:
        builder.add("row", f"Attachments: {', '.join(attached)}")
        named = [*attached[:_NAMED], *([f"{len(attached) - _NAMED} more"] if len(attached) > _NAMED else [])]
        verb = "attachment {} is" if len(attached) == 1 else "attachments {} are"
        notes.append(f"its {verb.format(', '.join(named))} not read")
    return notes


def _header(message: Message, name: str) -> str:
    return ", ".join(_words(value) for key, value in message.raw_items() if key.lower() == name.lower())


def _words(value: object) -> str:
    """A header's text, of which parts may be in other encodings (RFC 2047), or not encoded as they should."""
    raw = _decoded(str(value).encode("utf-8", "surrogateescape"), None)
    return " ".join(readable(_ENCODED.sub(_word, raw)).split())


def _word(found: re.Match[str]) -> str:
    try:
        parts = decode_header(found[0].rstrip())
        words = "".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)
    except (ValueError, LookupError):  # it is none
        return found[0]
    return words + " " if found[0][-1].isspace() else words


def _decoded(data: bytes, charset: str | None) -> str:
    try:
        return decode(data, charset)
    except BadFile:
        return data.decode("ascii", errors="replace")


def _name(part: Message) -> str:
    """Of the file that a part is; empty where it has none."""
    headers = Message()
    for key, value in part.raw_items():  # bytes beyond ASCII that should not be there are lost in what others give
        if key.lower() in ("content-type", "content-disposition"):
            headers[key] = _decoded(str(value).encode("utf-8", "surrogateescape"), None)
    name = headers.get_filename()
    return _words(collapse_rfc2231_value(name)) if name else ""


def _add_part(part: Message, builder: Builder, attached: list[str], depth: int) -> Iterator[str]:
    """Add what a part says, and the names of what is ``attached`` and not read; gives what else is not read of it."""
    if depth > _DEEPEST:
        raise BadFile("is nested too deeply")
    kind = part.get_content_type()
    inner = part.get_payload()
    inside = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
    name = _name(part)
    if kind in _SECRET:
        yield "its text is encrypted, or signed in a form that is not read"
    elif kind == "multipart/alternative":
        yield from _add_best(inside, builder, attached, depth + 1)
    elif kind == "message/delivery-status":
        if name:
            builder.add("row", f"Attachment: {name}")
        for block in inside:
            builder.add("text", "\n".join(f"{key}: {_words(value)}" for key, value in block.items()))
    elif kind.startswith("message/"):
        for message in inside:
            builder.add("heading", _header(message, "Subject") or name or "Forwarded mail", level=2)
            yield from _mail(message, builder, depth + 1)
    elif part.is_multipart():
        for one in inside:
            yield from _add_part(one, builder, attached, depth + 1)
    elif kind.startswith("text/"):
        if name:
            builder.add("row", f"Attachment: {name}")
        yield from _add_text(part, kind, builder)
    elif kind not in _SIGNATURES and inner:
        attached.append(name or kind)


def _add_best(forms: list[Message], builder: Builder, attached: list[str], depth: int) -> Iterator[str]:
    """Of the same text in several forms the plain one, unless it says little of what the other does."""
    tried: list[tuple[int, Builder, list[str], list[str]]] = []
    for form in forms:
        one, names = Builder(), list[str]()
        notes = list(_add_part(form, one, names, depth))
        if form.get_content_type() in _BODIES or form.is_multipart():
            tried.append((len(one.text.split()), one, names, notes))
        elif form.get_content_type() == "text/calendar":
            builder.take(one.document(""))
    most = max((count for count, *_ in tried), default=0)
    for count, one, names, notes in tried:
        if count >= _ENOUGH * most:
            builder.take(one.document(""))
            attached += names
            yield from notes
            return


def _add_text(part: Message, kind: str, builder: Builder) -> Iterator[str]:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return
    try:
        text = decode(data, part.get_content_charset())
    except BadFile as error:
        yield f"a part of it {error}"
        return
    if str(part.get_param("format")).lower() == "flowed":
        text = _WRAPPED.sub(" ", text)
    data = text.encode("utf-8", "surrogatepass")
    match kind:
        case "text/html":
            document = html(data)
            builder.take(document)
            yield from document.notes
        case "text/csv" | "text/tab-separated-values":
            builder.take(csv_table(data))
        case _:
            document = plain(data)  # without its headings: a short line in a mail is as often a greeting
            for block in document.blocks:
                builder.add("text", document.text[block.start : block.end])
