"""The words that books of many languages put over their chapters, and over what is not read."""

from __future__ import annotations

import re

_ROMAN = r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty first second third fourth fifth sixth seventh eighth ninth tenth "
    "last the eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf erster zweiter dritter "
    "un deux trois quatre cinq six sept huit neuf dix onze douze premier première deuxième second "
    "uno dos tres cuatro cinco seis siete ocho nueve diez primero segundo tercero primera segunda tercera "
    "due tre quattro cinque sei sette otto nove dieci primo secondo terzo prima seconda terza "
    "um dois quatro sete oito dez primeiro segundo terceiro"
)
_NUMBER = rf"(?:\d{{1,3}}|{_ROMAN}|(?:{'|'.join(sorted(set(_WORDS.split()), key=len, reverse=True))})(?:[- ]\w+)?)"
_CHAPTER = (
    "chapter|chap\\.|letter|canto|act|scene|stave|kapitel|chapitre|capítulo|capitulo|cap\\.|capitolo|hoofdstuk|kapittel|"
    "rozdział|kapitola|глава|розділ|κεφάλαιο|κεφαλαιο|bölüm|capitol(?:ul)?|peatükk|الفصل|פרק"
)
_PART = "part|book|volume|teil|buch|band|partie|livre|tome|parte|libro|livro|deel|boek|del|część|część|часть|книга|том"
_ORDINALS = (
    "first|second|third|erstes|zweites|drittes|viertes|fünftes|sechstes|siebentes|siebtes|achtes|neuntes|zehntes|elftes|"
    "zwölftes|erster|zweiter|dritter|första|andra|tredje|første|ensimmäinen|toinen|kolmas|první|druhá|pierwszy|drugi|"
    "premier|première|deuxième|second|seconde|troisième|primo|prima|secondo|seconda|terzo|terza|primera|segunda|tercera|"
    rf"первая|вторая|третья|\d{{1,3}}\.|(?-i:{_ROMAN})\.?"
)
_ALONE = (
    "prologue|epilogue|preface|foreword|introduction|introductory|conclusion|afterword|appendix|dedication|postscript|"
    "to the reader|prolog|epilog|vorwort|vorrede|einleitung|einführung|nachwort|anhang|schluss|préface|épilogue|"
    "avant-propos|prólogo|epílogo|prefacio|introducción|prologo|epilogo|prefazione|introduzione|prefácio|"
    "introdução|voorwoord|inleiding|förord|forord|пролог|эпилог|предисловие|введение"
)
CHAPTER = re.compile(
    rf"(?:(?:{_CHAPTER})\s+(?:the\s+)?(?:{_NUMBER}|{_ORDINALS})(?!\w)[.:)\]]?(?P<title>\s*[—–:-]\s*\S.*|\s+\S.*)?"
    rf"|(?:{_ORDINALS})\s+(?:kapitel|chapitre|capitolo|capítulo|chapter|luku|kapitola|rozdział|глава|fejezet|hoofdstuk)\b.{{0,60}}"
    rf"|第\s?[〇一二三四五六七八九十百千\d]{{1,6}}\s?[章回節话話]\s*.{{0,40}}|제\s?\d{{1,3}}\s?장\s*.{{0,40}}"
    rf"|(?:{_ALONE})[.:]?)",
    re.IGNORECASE,
)
PART = re.compile(
    rf"(?:(?:{_PART})\s+(?:the\s+)?{_NUMBER}(?!\w)[.:)\]]?(?:\s*[—–:-]\s*\S.*|\s+\S.*)?"
    rf"|(?:{_ORDINALS})\s+(?:teil|buch|band|partie|parte|libro|part|book|osa|část|del|deel|часть|книга)\b.{{0,60}})",
    re.IGNORECASE,
)
NUMERAL = re.compile(rf"(?:{_ROMAN}|\d{{1,3}})\.?")

_NOT_READ = (
    "contents|table of contents|cover|front cover|title page|half title|copyright|copyright page|copyright notice|"
    "imprint|colophon|list of illustrations|illustrations|list of figures|list of tables|index|landmarks|"
    "list of plates|"
    "inhalt|inhaltsverzeichnis|inhaltsübersicht|impressum|titelseite|abbildungsverzeichnis|register|umschlag|"
    "table des matières|table|sommaire|couverture|page de titre|mentions légales|table des illustrations|"
    "índice|contenido|tabla de contenido|portada|cubierta|créditos|página de título|indice|sommario|copertina|"
    "frontespizio|índice de contenidos|sumário|capa|inhoud|inhoudsopgave|titelpagina|innehåll|indhold|innhold|sisällys|"
    "spis treści|obsah|содержание|оглавление|目次|目录|目錄|차례|"
    "the full project gutenberg license|full project gutenberg license|transcriber’s note|transcriber's note"
)
NOT_READ = frozenset(_NOT_READ.split("|"))
"""What is looked at, not listened to; lower case."""

NOTES = frozenset(
    "notes|footnotes|endnotes|anmerkungen|fußnoten|notes de bas de page|notas|notas al pie|note|note a piè di pagina|"
    "voetnoten|noter|fotnoter|примечания|注|脚注".split("|")
)


def plain(title: str) -> str:
    """A title as it is compared: lower case, without numbering dots and other signs around it."""
    return " ".join(title.lower().split()).strip(" .:;-–—*_[]()#")


def words(title: str) -> list[str]:
    return re.findall(r"[^\W_]+", title.casefold())


def is_chapter(line: str) -> bool:
    """Whether a line of plain text stands over a chapter: no longer than a heading, and no sentence that begins so."""
    line = " ".join(line.split())
    match = CHAPTER.fullmatch(line) if len(line) <= 100 else None
    return bool(match and not _is_sentence(match.group("title") or ""))


def is_bare(title: str) -> bool:
    """Whether it only counts: ``CHAPTER I``, ``XII``."""
    return bool(NUMERAL.fullmatch(title.strip()) or len(title.split()) <= 3 and is_chapter(title))


def is_part(line: str) -> bool:
    line = " ".join(line.split())
    return len(line) <= 80 and bool(PART.fullmatch(line)) and not _is_sentence(line)


def _is_sentence(title: str) -> bool:
    """``Chapter two of this book tells …``: what follows the number goes on in lower case."""
    words = title.split()
    return bool(words) and words[0][:1].islower() and len(words) > 1
