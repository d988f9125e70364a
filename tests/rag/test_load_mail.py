from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.load import parse


def read(data: bytes, name: str):
    document = parse(Path(name), data)
    found = [(block.kind, block.title or document.text[block.start : block.end]) for block in document.blocks]
    return document.title, found, document.notes


def mail(subject: str = "Die Pumpe läuft") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Jürgen <j@a.org>", "b@a.org"
    message["Subject"] = subject
    message.set_content("Guten Tag\n\nSie läuft wieder.\n", charset="iso-8859-1")
    return message


HEADERS = [("row", "From: Jürgen <j@a.org>"), ("row", "To: b@a.org"), ("row", "Subject: Die Pumpe läuft")]
BODY = [("text", "Guten Tag"), ("text", "Sie läuft wieder.")]


def test_headers_body_and_the_names_of_attachments():
    message = mail()
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="Übersicht.zip")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    message.add_attachment("Name,Preis\nTee,5\n", subtype="csv", filename="t.csv")
    assert read(message.as_bytes(), "a.eml") == (
        "Die Pumpe läuft",
        [
            *HEADERS,
            *BODY,
            ("row", "Attachment: t.csv"),
            ("row", "Name: Tee; Preis: 5"),
            ("row", "Attachments: Übersicht.zip, a.png"),
        ],
        ["its attachments Übersicht.zip, a.png are not read"],
    )


def test_of_a_body_in_two_forms_the_one_that_says_more_is_read():
    message = mail()
    message.add_alternative(
        "<table><tr><th>Teil</th><th>Uhr</th></tr><tr><td>Tag</td><td>5</td></tr></table>", subtype="html"
    )
    assert read(message.as_bytes(), "a.eml")[1] == [*HEADERS, *BODY]
    message = mail()
    message.add_alternative(f"<h1>Pumpe</h1><p>{'Sie läuft. ' * 9}</p><script>no()</script>", subtype="html")
    assert read(message.as_bytes(), "a.eml")[1] == [
        *HEADERS,
        ("heading", "Pumpe"),
        ("text", ("Sie läuft. " * 9).strip()),
    ]


def test_a_forwarded_mail_is_read_and_what_is_encrypted_is_said():
    message = mail()
    message.add_attachment(mail("Alt"))
    found = read(message.as_bytes(), "a.eml")[1]
    assert found[5] == ("heading", "Alt") and found[-2:] == BODY
    locked = b"From: a@b.org\nSubject: x\nContent-Type: multipart/encrypted; boundary=B\n\n--B\n\nVersion: 1\n--B--\n"
    assert "is encrypted" in read(locked, "a.eml")[2][0]


def test_headers_in_no_encoding_and_lines_that_go_on():
    raw = (
        "From: a@b.org\nSubject: Grüße aus Köln\nContent-Type: text/plain; charset=nonsense; format=flowed\n\n"
        "It is \nlong.\n\n-- \nAnn Müller, Köln\n"
    )
    title, found, _ = read(raw.encode("cp1252"), "a.eml")
    assert title == "Grüße aus Köln" and found[2:] == [("text", "It is long."), ("text", "-- \nAnn Müller, Köln")]
    assert read(raw.encode(), "a.eml")[0] == "Grüße aus Köln"


def test_a_report_of_failure_is_read_and_raw_names_of_files():
    raw = (
        "From: a@b.org\nContent-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n"
        "Action: failed\n\nStatus: 4.2.2\n\n--B\nContent-Type: message/rfc822-headers\n\nSubject: Old\n\n"
        '--B\nContent-Type: application/zip; name="Größe Übersicht.zip"\n\nAA\n--B--\n'
    )
    for data in (raw.encode(), raw.encode("cp1252")):
        _, found, notes = read(data, "a.eml")
        assert found[1:] == [
            ("text", "Action: failed"),
            ("text", "Status: 4.2.2"),
            ("heading", "Old"),
            ("row", "Subject: Old"),
            ("row", "Attachments: Größe Übersicht.zip"),
        ]
        assert notes == ["its attachment Größe Übersicht.zip is not read"]


def test_a_mailbox_gives_each_mail_below_its_subject():
    one, two = (
        message.as_bytes().replace(b"\nGuten", b"\n>From here\nGuten") for message in (mail("One"), mail("Two"))
    )
    torn = b"Subject: Torn\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: application/x\n\nAAAA\n"
    box = b"".join(b"From a@b.org Mon Jan  1 10:00:00 2024\n" + part + b"\n" for part in (one, torn, two))
    _, found, notes = read(box.replace(b"\n", b"\r\n"), "a.mbox")
    assert [words for kind, words in found if kind == "heading"] == ["One", "Torn", "Two"]
    assert sum(words == "From here\nGuten Tag" for _, words in found) == 2
    assert notes == ["mail 2: its attachment application/x is not read"]


def notebook(*cells: object, **more: object) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells, **more}).encode()


def test_a_notebook_gives_cells_and_the_text_of_outputs():
    frame = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    outputs = [
        {"output_type": "stream", "text": ["done\n", "\x1b[31mlate\x1b[0m"]},
        {"output_type": "display_data", "data": {"image/png": "x", "text/plain": "<Figure size 640x480 with 1 Axes>"}},
        {"output_type": "execute_result", "data": {"text/html": frame, "text/plain": "   a  b\n0  1  2"}},
        {"output_type": "display_data", "data": {"text/html": "<p>shown</p>", "text/plain": "<IPython.HTML object>"}},
        {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["\x1b[0;31mline 1\x1b[0m", "end"]},
    ]
    data = notebook(
        {"cell_type": "markdown", "source": ["# Pumps\n", "\n", "They *run*.\n"]},
        {"cell_type": "code", "source": "run()\n", "outputs": outputs},
        {"cell_type": "raw", "source": "As it is."},
    )
    assert read(data, "a.ipynb") == (
        "Pumps",
        [
            ("heading", "Pumps"),
            ("text", "They *run*."),
            ("code", "run()"),
            ("code", "done\nlate"),
            ("row", "1 | 2"),
            ("text", "shown"),
            ("code", "KeyError: 'x'"),
            ("code", "line 1\nend"),
            ("text", "As it is."),
        ],
        ["1 output is a picture"],
    )


def test_an_old_notebook_is_read_and_a_damaged_cell_costs_that_cell():
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {"cell_type": "code", "input": "1 + 1", "outputs": [{"output_type": "pyout", "text": "2"}]},
    ]
    old = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()
    assert read(old, "a.ipynb")[1] == [("heading", "Old"), ("code", "1 + 1"), ("code", "2")]
    damaged = notebook({"cell_type": "raw", "source": "\ud83d one"}, 7, {"cell_type": "raw", "source": "two"})
    assert read(damaged, "a.ipynb")[1:] == ([("text", "\ufffd one"), ("text", "two")], ["cell 2 is damaged"])


@pytest.mark.parametrize("name", ["a.eml", "a.mbox", "a.ipynb"])
def test_half_of_a_file_gives_a_document_or_a_reason(name):
    from rag.errors import BadFile

    message = mail()
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="a.zip")
    box = b"From a@b.org Mon Jan  1 10:00:00 2024\n" + message.as_bytes()
    whole = {"a.eml": message.as_bytes(), "a.mbox": box, "a.ipynb": notebook({"cell_type": "raw", "source": "x"})}[name]
    for end in range(1, len(whole), 7):
        try:
            assert parse(Path(name), whole[:end]).blocks
        except BadFile as error:
            assert str(error)
