"""Addresses and names made for machines: URLs, mail, paths, versions, telephone numbers, handles."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Rule

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,8}}"
_TAIL = r"(?:[/?#][^\s<>\"”)\]]{0,2000}[^\s<>\"”)\].,;:!?'’*_`]|[/?#])?"
_DOMAINS = "com|org|net|edu|gov|io|ai|dev|app|info|eu|uk|us|ca|au|de|at|ch|fr|es|it|be|nl|tv|me|co"
_FILES = (
    "txt|md|pdf|docx?|xlsx?|pptx?|csv|json|toml|ya?ml|xml|html?|css|js|ts|py|rs|go|java|cpp|sh|ini|cfg|conf|log|"
    "png|jpe?g|gif|svg|webp|mp3|mp4|m4b|wav|flac|ogg|mkv|zip|tar|gz|exe|dll|iso|epub|gguf|onnx"
)
_SAID_PATH = re.compile(r"(?:/[a-zA-Z0-9-]{1,20}){1,3}/?")


def rules(language: Language) -> list[Rule]:
    return [
        Rule(
            ":",
            rf"(?i)(?<!\w)[a-z][a-z0-9+.-]{{1,10}}://(?:[^\s/@]{{0,80}}@)?(?P<host>{_HOST})(?::\d{{1,5}})?(?P<tail>{_TAIL})",
            _url,
        ),
        Rule(":", r"(?i)(?<!\w)[a-z][a-z0-9+.-]{1,10}://\S{0,2000}", lambda language, match: language.terms.link),
        Rule("@", rf"(?:mailto:)?(?<![\w.+-])(?P<name>\w[\w.+%-]{{0,63}})@(?P<host>{_HOST})", _mail),
        Rule(
            ".",
            rf"(?<![\w.@/-])(?P<host>(?:www\.{_HOST}|{_LABEL}(?:\.{_LABEL}){{0,4}}\.(?:{_DOMAINS})))(?![\w@-]|\.\w)"
            rf"(?::\d{{1,5}})?(?P<tail>{_TAIL})",
            _url,
        ),
        Rule("/~", r"(?<![^\s(\[\"'`„“«])(?:~|\.{1,2})?(?:/[\w.-]{0,60}[\w-]){1,12}/?(?!\w)", _path),
        Rule("\\", r"(?<!\w)[A-Za-z]:\\(?:[\w.-]{1,60}\\?){0,12}(?<=[\w\\])", _path),
        Rule(
            ".",
            rf"(?<![\w./])(?:[\w-]{{1,60}}/){{0,8}}[\w-]{{1,60}}(?:\.[\w-]{{1,20}}){{0,3}}\.(?:{_FILES})(?!\w)",
            _path,
        ),
        Rule("0123456789", r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", _account),
        Rule(
            "#",
            r"(?<![\w#&])#(?P<name>[^\W\d_]\w{1,60})",
            lambda language, match: f"{language.terms.hashtag} {_apart(language, match['name'])}",
        ),
        Rule(
            "@",
            r"(?<![\w@.])@(?P<name>[a-zA-Z_][\w]{1,40})",
            lambda language, match: f"{language.terms.at} {_apart(language, match['name'])}",
        ),
    ]


def codes(language: Language) -> list[Rule]:
    """They come after dates, which look like versions in some languages."""
    return [
        Rule(".", r"(?<![\w.,])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|,\d)", _ip),
        Rule(
            "vV",
            r"(?<!\w)[vV]\.? ?(?P<numbers>\d{1,4}(?:\.\d{1,4}){0,4})"
            r"(?P<end>(?:-?(?:a|b|rc|alpha|beta)\.?\d{0,3})?)(?!\w)",
            _version,
        ),
        Rule(".", r"(?<![\w.,])(?P<numbers>\d{1,4}(?:\.\d{1,4}){2,4})(?P<end>)(?!\w|\.\d)", _dotted),
        Rule(
            "-", r"(?<![\w-])\d{1,7}(?:-\d{1,7}){2,5}(?![\w-])", lambda language, match: telephone(language, match[0])
        ),
        Rule("+", r"(?<![\w+])\+(?P<number>\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,7})(?!\w)", _telephone),
    ]


def spelled(language: Language, text: str) -> str:
    """An address as it is dictated: "joe.b" -> "joe dot b"."""
    terms = language.terms
    names = {
        ".": terms.dot,
        "-": terms.dash,
        "_": terms.underscore,
        "/": terms.slash,
        "\\": terms.backslash,
        "+": terms.plus,
        ":": terms.colon,
        "~": "tilde",
        "%": terms.percent,
    }
    parts = re.findall(r"\d+|[^\W\d_]+|[\W_]", text)
    said = [names.get(part, part) if not part.isdecimal() else _short(language, part) for part in parts]
    return " ".join(part.strip() for part in said if part.strip())


def _short(language: Language, digits: str) -> str:
    if len(digits) == 4 and (year := language.integer(int(digits), "", "")):
        return year
    return (
        language.whole(digits)
        if len(digits) <= 2 or (len(digits) <= 4 and digits.endswith("00"))
        else language.digits(digits)
    )


def _mail(language: Language, match: re.Match) -> str:
    return f"{spelled(language, match['name'])} {language.terms.at} {spelled(language, match['host'])}"


def _url(language: Language, match: re.Match) -> str:
    tail = match["tail"] or ""
    host = match["host"].removeprefix("www.")
    return spelled(language, host + tail.rstrip("/") if _SAID_PATH.fullmatch(tail) else host)


def _path(language: Language, match: re.Match) -> str | None:
    path = match[0]
    if not re.search(r"[^\W\d_]", path):
        return None
    return spelled(language, path.rstrip("/\\") if len(path) > 1 else path)


def _ip(language: Language, match: re.Match) -> str | None:
    if re.fullmatch(language.number, match[0]):
        return None
    return f" {language.terms.dot} ".join(_short(language, part) for part in match[0].split("."))


def _dotted(language: Language, match: re.Match) -> str | None:
    if re.fullmatch(rf"\d{{1,2}}\.\d{{1,2}}\.(?:1\d|20)\d\d|{language.number}", match[0]):
        return None  # a date, a number with its groups
    return _parts(language, match)


def _parts(language: Language, match: re.Match) -> str:
    numbers = f" {language.terms.dot} ".join(language.whole(part) for part in match["numbers"].split("."))
    end = spelled(language, match["end"].replace(".", "").replace("-", ""))
    return f"{numbers} {end}".strip()


def _version(language: Language, match: re.Match) -> str:
    return f"{language.terms.version} {_parts(language, match)}"


def telephone(language: Language, number: str) -> str:
    """Digit by digit, with a pause between the groups."""
    return ", ".join(language.digits(group) for group in re.findall(r"\d+", number))


def _account(language: Language, match: re.Match) -> str:
    """An IBAN, in groups of four."""
    signs = match[0].replace(" ", "")
    groups = (signs[start : start + 4] for start in range(0, len(signs), 4))
    return ", ".join(" ".join(language.digits(sign) or sign for sign in group) for group in groups)


def _telephone(language: Language, match: re.Match) -> str | None:
    if sum(character.isdecimal() for character in match["number"]) < 7:
        return None
    return f"{language.terms.plus} {telephone(language, match['number'])}"


def _apart(language: Language, name: str) -> str:
    """ "OpenSource_2025" -> "Open Source twenty twenty-five"."""
    words = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|_+", " ", name)
    return re.sub(r"\d+", lambda digits: f" {_short(language, digits[0])} ", words).strip().replace("  ", " ")
