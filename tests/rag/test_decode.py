"""Every letter is read as it was written, in whatever encoding; a byte that is none costs that byte."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import decode as decoding
from rag.decode import decode
from rag.errors import BadFile

GERMAN = "Größe: fünf Meter. Die Tür öffnet sich täglich um zehn Uhr für alle Gäste.\n"
FRENCH = "L'artiste est engagé à l'étranger ; la pièce dépend de son succès, peut-être.\n"
POLISH = "Zażółć gęślą jaźń. Książka leży na półce, a źródło jest w ogródku.\n"
TURKISH = "Bu konuyu açtı ve değil mi diye sordu; İmam ışığı gördü, şimdi güneşli.\n"
RUSSIAN = "Собрание начинается во вторник в три часа. Документы лежат у входа.\n"
GREEK = "Η συνάντηση αρχίζει την Τρίτη στις τρεις το απόγευμα.\n"
HEBREW = "הפגישה מתחילה ביום שלישי בשעה שלוש אחר הצהריים.\n"
ARABIC = "يبدأ الاجتماع يوم الثلاثاء في الساعة الثالثة بعد الظهر.\n"
JAPANESE = "会議は火曜日の午後三時に始まります。書類は入口にあります。\n"
CHINESE = "会议星期二下午三点开始。文件放在门口的桌子上,请大家准时参加。\n"
KOREAN = "회의는 화요일 오후 세 시에 시작됩니다. 서류는 입구에 있습니다.\n"


@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, JAPANESE, "Plain words.\n"], ids=lambda text: text[:5])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_unicode_is_read_with_a_mark_and_without(encoding: str, text: str) -> None:
    assert decode(text.replace("\n", "\r\n").encode(encoding)) == text
    assert decode(codecs.BOM_UTF16_BE + text.encode("utf-16-be")) == text


@pytest.mark.parametrize(
    "text, encoding",
    [
        *((GERMAN, encoding) for encoding in ("cp1252", "latin-1", "iso-8859-15")),
        *((FRENCH, encoding) for encoding in ("cp1252", "latin-1")),
        *((POLISH, encoding) for encoding in ("cp1250", "iso-8859-2")),
        *((TURKISH, encoding) for encoding in ("cp1254", "iso-8859-9")),
        *((RUSSIAN, encoding) for encoding in ("cp1251", "koi8-r", "cp866", "iso-8859-5")),
        *((GREEK, encoding) for encoding in ("cp1253", "iso-8859-7")),
        (HEBREW, "cp1255"),
        (ARABIC, "cp1256"),
        *((JAPANESE, encoding) for encoding in ("shift_jis", "euc-jp", "iso-2022-jp")),
        *((CHINESE, encoding) for encoding in ("gb18030", "gbk")),
        (KOREAN, "euc-kr"),
        ("Ort;Einwohner\nMünchen;1500000\nKöln;1080000\n", "cp1252"),
        ("The café serves tea.\n", "cp1252"),
        ("Noël\n", "cp1252"),
    ],
)
def test_a_file_that_states_nothing_is_read_as_it_was_written(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "label, encoding, text",
    [
        ("ISO-8859-1", "cp1252", "“Tür” – 5 €"),
        ("us-ascii", "cp1252", "“Tür”"),
        (" gb2312 ", "gb18030", "朱镕基"),
        ("x-sjis", "cp932", "①髙"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("iso-8859-9", "cp1254", "“ş”"),
        ("TIS-620", "cp874", "…ไทย"),
        ("windows-874", "cp874", "ไทย"),
        ("x-mac-cyrillic", "mac-cyrillic", "Час"),
        ("iso-8859-8-i", "iso-8859-8", "שלום"),
    ],
)
def test_a_stated_encoding_means_what_browsers_take_it_for(label: str, encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), label) == text


@pytest.mark.parametrize(
    "label", ["unicode_escape", "rot13", "zlib", "idna", "punycode", "utf-7", "cp037", "nothing", "a\0"]
)
def test_a_name_that_no_file_has_for_its_encoding_is_not_believed(label: str) -> None:
    assert decode(FRENCH.encode("cp1252"), label) == FRENCH


def test_utf_8_is_believed_before_what_is_stated() -> None:
    assert decode(GERMAN.encode(), "iso-8859-1") == GERMAN
    assert decode(GERMAN.encode("cp1252"), "utf-8") == GERMAN
    assert decode(GERMAN.encode("cp1252"), "utf-16") == GERMAN


def test_what_comes_late_decides() -> None:
    plain = "The log says nothing new today at all.\n" * 9000
    assert decode((plain + GERMAN).encode("cp1252")) == plain + GERMAN
    assert decode((plain + RUSSIAN * 3 + plain).encode("koi8-r")) == plain + RUSSIAN * 3 + plain


def test_one_bad_byte_costs_that_byte() -> None:
    whole = GERMAN * 20
    assert decode(whole.encode() + b"\xf0\x9f.\n" + GERMAN.encode()) == f"{whole}\ufffd.\n{GERMAN}"
    assert decode(whole.encode() + "Der Tür-Öffner".encode("cp1252")) == f"{whole}Der Tür-Öffner"
    assert decode(whole.encode() + b"gr\xc3 und \xe2\x80 gut") == f"{whole}gr\ufffd und \ufffd gut"
    assert decode(b"A page\0with a gap. " * 9 + b"words " * 90).count("\0") == 9
    japanese = JAPANESE * 20
    assert (
        decode(japanese.encode("cp932") + b"\xfd\n" + japanese.encode("cp932"))
        .replace("\ufffd", "\xfd")
        .count(JAPANESE)
        == 40
    )


def test_what_was_read_wrongly_before_is_mended_where_that_is_certain() -> None:
    twice = (GERMAN * 5 + "“so”\n").encode().decode("cp1252", errors="replace")
    assert "\ufffd" in twice  # a byte that Windows-1252 leaves open is lost: not certain
    assert decode(twice.encode()) == twice
    for text in (GERMAN, RUSSIAN, FRENCH):
        read = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in text.encode())
        assert read != text and decode(read.encode()) == text


def test_text_about_wrong_letters_stays() -> None:
    for text in (
        "Where Ã¼ stands, ü was meant, and where Ã¤ stands, ä; Ã¶ is ö.\n",
        "São João não é Ã©.\n",
        "Â© 2026\n",
    ):
        assert decode(text.encode()) == text


@pytest.mark.parametrize(
    "data", [b"\x7fELF\0\0\1" * 50, bytes(range(1, 32)) * 40, bytes(300), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match="binary"):
        decode(data)


def test_the_sample_of_a_long_file_holds_what_tells() -> None:
    data = ("plain words\n" * 9000).encode() + "Größe\n".encode("cp1252") + b"x" * 50_000 + "Tür".encode("cp1252")
    sample = decoding._sample(data)
    assert b"Gr\xf6\xdfe" in sample and b"T\xfcr" in sample and len(sample) < 1000
    assert len(decoding._sample(GERMAN.encode("cp1252") * 9000)) < decoding._SAMPLE + 1000


@settings(max_examples=100)
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], exclude_characters="\ufffd\ufeff"), max_size=60
    )
)
def test_any_text_in_utf_8_comes_back(text: str) -> None:
    assert decode(text.encode()) in (text, decoding._mended(text))


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("Les élèves étaient très contents à la fête.", "mac_roman"),
        ("Größe: 5 m, Höhe über Straße, schöne Grüße aus Köln", "cp850"),
        ("The café opens at nine.", "cp1252"),
        ("会議は三時から。", "cp932"),
    ],
)
def test_a_short_text_of_an_old_system_makes_words(text, encoding):
    assert decode(text.encode(encoding)) == text
