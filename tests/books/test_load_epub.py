from __future__ import annotations

import pytest

from assistant.books.load import load
from assistant.errors import AssistantError
from tests.books.samples import all_words, epub, is_within, made, nav, ncx, page, png, said, titles, words

META = "<dc:title>The Ferry</dc:title><dc:creator>Ada Quill</dc:creator><dc:language>en-GB</dc:language>"
ONE = "<h2>Chapter I</h2><p>The ferry left at dawn.</p>"
TWO = "<h2>Chapter II</h2><p>It came back at night.</p>"


def book(tmp_path, files, *, metadata=META, spine=None, extra=None, **options):
    return load(made(tmp_path, "ferry.epub", epub(files, metadata, spine, extra)), **options)


def test_title_author_language_and_cover_are_the_files_own(tmp_path):
    read = book(tmp_path, {"cover.png": png(), "a.xhtml": page(ONE)})
    assert (read.title, read.author, read.language, read.cover) == ("The Ferry", "Ada Quill", "en", png())


def test_of_several_people_the_authors_are_named(tmp_path):
    metadata = (
        '<dc:title>T</dc:title><dc:creator id="a">Ada Quill</dc:creator><dc:creator id="b">Bo Line</dc:creator>'
        '<meta refines="#a" property="role">aut</meta><meta refines="#b" property="role">ill</meta>'
    )
    assert book(tmp_path, {"a.xhtml": page(ONE)}, metadata=metadata).author == "Ada Quill"


def test_epub_3_divides_by_its_nav_in_the_order_of_the_spine(tmp_path):
    files = {"nav.xhtml": nav(("Second", "b.xhtml"), ("First", "a.xhtml")), "b.xhtml": page(TWO), "a.xhtml": page(ONE)}
    read = book(tmp_path, files, spine=["a.xhtml", "b.xhtml"])
    assert titles(read) == ["First", "Second"]
    assert read.chapters[1].paragraphs == ("Chapter II.", "It came back at night.")


def test_epub_2_divides_by_its_ncx(tmp_path):
    files = {"toc.ncx": ncx(("One", "a.xhtml"), ("Two", "b.xhtml")), "a.xhtml": page(ONE), "b.xhtml": page(TWO)}
    assert titles(book(tmp_path, files)) == ["One", "Two"]


def test_chapters_of_one_file_are_told_by_anchors_wherever_these_stand(tmp_path):
    body = (
        '<h2 id="c1">One</h2><p>First text.</p><p>Its end.<a id="c2"/></p><h2>Two</h2><p>Second text.</p>'
        '<h2>Part <a id="c3"/>Three</h2><p>Third text.<br/><a id="c4"/>FOUR<br/>Fourth text.</p>'
    )
    contents = nav(*((name, f"a.xhtml#c{number}") for number, name in enumerate(("One", "Two", "Three", "FOUR"), 1)))
    read = book(tmp_path, {"nav.xhtml": contents, "a.xhtml": page(body)})
    assert [chapter.paragraphs for chapter in read.chapters] == [
        ("First text.", "Its end."),
        ("Second text.",),
        ("Third text.",),
        ("FOUR Fourth text.",),
    ]


def test_a_chapter_may_run_over_several_files_and_anchors_may_be_missing(tmp_path):
    files = {
        "nav.xhtml": nav(("One", "a.xhtml"), ("Two", "c.xhtml#gone"), ("Nowhere", "z.xhtml")),
        "a.xhtml": page(ONE),
        "b.xhtml": page("<p>And it went on.</p>"),
        "c.xhtml": page("<p>Between the two.</p><h2>Two</h2><p>It came back.</p>"),
    }
    read = book(tmp_path, files)
    assert titles(read) == ["One", "Two"]
    assert read.chapters[0].paragraphs[-2:] == ("And it went on.", "Between the two.")


def test_a_part_that_is_only_a_title_begins_its_first_chapter(tmp_path):
    contents = page(
        '<nav epub:type="toc"><ol><li><a href="p.xhtml">Part One</a><ol><li><a href="a.xhtml">Chapter I</a></li>'
        '<li><a href="b.xhtml">Chapter II</a></li></ol></li></ol></nav>'
    )
    read = book(
        tmp_path,
        {"nav.xhtml": contents, "p.xhtml": page("<h1>Part One</h1>"), "a.xhtml": page(ONE), "b.xhtml": page(TWO)},
    )
    assert titles(read) == ["Part One: Chapter I", "Chapter II"]
    assert read.chapters[0].paragraphs == ("The ferry left at dawn.",)


def test_a_title_that_only_the_contents_or_a_picture_know_is_kept(tmp_path):
    read = book(
        tmp_path,
        {
            "nav.xhtml": nav(("The Harbour", "a.xhtml"), ("The Sea", "b.xhtml")),
            "a.xhtml": page('<p><img src="one.png" alt=""/></p><p>The ferry left at dawn, and nobody saw it.</p>'),
            "b.xhtml": page('<h2><img src="two.png" alt="The Sea"/></h2><p>Water was all around it.</p>'),
        },
    )
    assert titles(read) == ["The Harbour", "The Sea"]
    assert [len(chapter.paragraphs) for chapter in read.chapters] == [1, 1]


def test_the_title_is_the_longer_one_of_the_contents_and_the_text(tmp_path):
    contents = nav(("Harbour", "a.xhtml"), ("Chapter 2", "b.xhtml"), ("The Sea", "c.xhtml"), ("Four", "d.xhtml"))
    files = {
        "nav.xhtml": contents,
        "a.xhtml": page("<h1>Chapter 1</h1><h2>The Harbour</h2><p>One.</p>"),
        "b.xhtml": page("<h1>CHAPTER TWO</h1><p>Two.</p>"),
        "c.xhtml": page("<p>The Sea</p><p>Three.</p>"),
        "d.xhtml": page("<h1>The End</h1><p>Four of them.</p>"),
    }
    read = book(tmp_path, files)
    assert titles(read) == ["Chapter 1: The Harbour", "CHAPTER TWO", "The Sea", "Four"]
    assert [chapter.paragraphs for chapter in read.chapters] == [
        *(("One.",), ("Two.",), ("Three.",), ("The End.", "Four of them."))
    ]


def test_without_contents_the_headings_divide_and_without_headings_the_files(tmp_path):
    headed = book(tmp_path, {"a.xhtml": page(ONE + TWO)})
    assert titles(headed) == ["Chapter I", "Chapter II"]
    plain = book(tmp_path, {"a.xhtml": page("<p>One.</p>", "Alpha"), "b.xhtml": page("<p>Two.</p>", "Beta")})
    assert titles(plain) == ["Alpha", "Beta"]


def test_text_before_a_picture_is_kept_and_captions_are_an_option(tmp_path):
    body = (
        "<p>Before it <img src='p.png' alt='a pier'/> after it.</p><figure>Loose words<img src='q.png'/>"
        "<p>More of them.</p><figcaption>The pier in 1902</figcaption></figure><p>Then the end.</p>"
    )
    files = {"a.xhtml": page(body)}
    assert book(tmp_path, files).chapters[0].paragraphs == (
        "Before it after it.",
        "Loose words",
        "More of them.",
        "The pier in 1902.",
        "Then the end.",
    )
    assert "1902" not in said(book(tmp_path, files, captions=False))


def test_notes_are_left_out_with_their_marks_or_read_where_they_stand(tmp_path):
    body = (
        '<p>The pier<a epub:type="noteref" href="#n1">1</a> was old.<sup><a id="r2" href="n.xhtml#n2">2</a></sup></p>'
        '<aside id="n1" epub:type="footnote"><p>Built in oak.</p></aside><p>It burned<a href="#n3">[3]</a> down.</p>'
        '<p><a id="n3" href="#r3">[3]</a> In the summer.</p>'
    )
    files = {
        "a.xhtml": page(body),
        "n.xhtml": page(
            '<section epub:type="endnotes"><h2>Notes</h2><ol>'
            '<li id="n2">Older. <a href="a.xhtml#r2">↩</a></li></ol></section>'
        ),
    }
    assert said(book(tmp_path, files)) == "The pier was old.\nIt burned down."
    assert book(tmp_path, files).left_out == ("Notes",)
    read = book(tmp_path, files, notes=True)
    expected = "The Ferry The pier was old Built in oak It burned down In the summer Notes Older"
    assert all_words(read) == words(expected)


def test_numbers_that_are_no_marks_stay(tmp_path):
    body = "<p>10<sup>6</sup> m<sup>2</sup>, the 3<sup>rd</sup> M<sup>lle</sup> of CO<sub>2</sub>, "
    body += "<a href='#x'>12</a> of them.</p>"
    assert said(book(tmp_path, {"a.xhtml": page(body)})) == "10⁶ m², the 3rd Mlle of CO2, 12 of them."


def test_front_matter_is_an_option_and_a_preface_is_none(tmp_path):
    files = {
        "nav.xhtml": nav(
            ("Contents", "nav.xhtml"), ("Preface", "p.xhtml"), ("Chapter I", "a.xhtml"), ("Index", "i.xhtml")
        ),
        "t.xhtml": page('<section epub:type="titlepage"><p>The Ferry, a tale</p></section>'),
        "c.xhtml": page("<p>© 2026 Ada Quill. All rights reserved. ISBN 978-0</p>"),
        "p.xhtml": page('<section epub:type="frontmatter preface"><h2>Preface</h2><p>Why I wrote it.</p></section>'),
        "a.xhtml": page(ONE),
        "i.xhtml": page("<h2>Index</h2><p>Ferry, 1</p>"),
    }
    spine = ["t.xhtml", "c.xhtml", "nav.xhtml", "p.xhtml", "a.xhtml", "i.xhtml"]
    read = book(tmp_path, files, spine=spine)
    assert titles(read) == ["Preface", "Chapter I"]
    assert "Index" in read.left_out and "ISBN" not in said(read)
    whole = said(book(tmp_path, files, spine=spine, front_matter=True))
    assert "a tale" in whole and "ISBN 978-0" in whole and "Ferry, 1" in whole


@pytest.mark.parametrize(
    "body",
    [
        "<p>Ren&eacute; &amp; Zo&euml; &mdash; done &unknown; then</p>",
        "<p>René &amp; Zoë — done <br> &amp;unknown; then",  # no XML
        "<p>René &#38; <a id='x'/>Zoë — <span/>done &lt;unknown> then</p><p>",
    ],
)
def test_entities_and_broken_markup_lose_no_words(tmp_path, body):
    assert words(said(book(tmp_path, {"a.xhtml": page(body)}))) == ["René", "Zoë", "done", "unknown", "then"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_documents_are_decoded_as_they_state(tmp_path, encoding):
    text = page("<p>Zoë’s café</p>").replace("utf-8", encoding, 1).encode(encoding)
    assert said(book(tmp_path, {"a.xhtml": text})) == "Zoë’s café"


def test_what_is_for_the_eye_is_not_said(tmp_path):
    body = (
        '<p>One<span epub:type="pagebreak">12</span> two<span class="pagenum">[Pg 13]</span> hyph\u00adens ﬁne</p>'
        "<p>* * *</p>"
        "<ruby>漢<rt>かん</rt></ruby><script>no()</script><p hidden=''>unseen</p><p style='display:none'>unseen</p>"
        "<p><img src='d.png' alt='T'/>he end</p>"
    )
    assert book(tmp_path, {"a.xhtml": page(body)}).chapters[0].paragraphs == ("One two hyphens fine", "漢", "The end")


def test_lists_and_tables_are_read_line_by_line(tmp_path):
    body = (
        "<ol start='3'><li>Oars</li><li><p>Sails</p></li></ol><ul><li>Rope</li></ul><table><caption>Tides</caption>"
        "<tr><th>Day</th><th>High</th></tr><tr><td>Monday</td><td>06:10</td></tr></table>"
        "<table><tr><td><p>A page laid out.</p><p>In a table.</p></td><td>Twice.</td></tr></table>"
    )
    assert book(tmp_path, {"a.xhtml": page(body)}).chapters[0].paragraphs == (
        *("3. Oars.", "4. Sails.", "Rope.", "Tides.", "Day, High.", "Monday, 06:10."),
        *("A page laid out.", "In a table.", "Twice."),
    )


def test_files_that_are_missing_are_named_and_the_others_read(tmp_path):
    read = book(tmp_path, {"a.xhtml": page(ONE)}, spine=["a.xhtml", "gone.xhtml"])
    assert "The ferry left at dawn." in said(read)
    assert any("not in the file" in name for name in read.left_out)


def encryption(algorithm: str, uri: str) -> dict[str, str]:
    return {
        "META-INF/encryption.xml": '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
        'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod '
        f'Algorithm="{algorithm}"/><enc:CipherData><enc:CipherReference URI="{uri}"/></enc:CipherData>'
        "</enc:EncryptedData></encryption>"
    }


def test_drm_is_said_and_obfuscated_fonts_are_none(tmp_path):
    aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
    with pytest.raises(AssistantError, match="ferry.epub is locked by DRM"):
        book(tmp_path, {"a.xhtml": page(ONE)}, extra=encryption(aes, "OPS/a.xhtml"))
    for extra in (encryption("http://www.idpf.org/2008/embedding", "OPS/f.otf"), encryption(aes, "OPS/film.mp4")):
        assert said(book(tmp_path, {"a.xhtml": page(ONE)}, extra=extra))


def test_project_gutenbergs_header_and_licence_are_not_read(tmp_path):
    body = (
        '<section class="pg-boilerplate pgheader"><p>This ebook is for the use of anyone.</p></section>'
        f"{ONE}<p>*** END OF THE PROJECT GUTENBERG EBOOK THE FERRY ***</p><p>Licence text.</p>"
    )
    assert all_words(book(tmp_path, {"a.xhtml": page(body)})) == words("Chapter I The ferry left at dawn")


def test_a_chapter_of_two_megabytes_without_a_full_stop_is_whole(tmp_path):
    many = "word " * 400_000
    read = book(tmp_path, {"a.xhtml": page(f"<p>{many}<sup>1</sup> end 🎉 конец 終わり</p>")})
    assert len(words(said(read))) == 400_003
    assert is_within(["word", "end", "конец", "終わり"], words(said(read)))
