"""Finds what nobody should read or learn by heart: API keys, tokens, private keys and passwords in running text.

Three ways, each cheap enough for a whole dataset: what a provider's key looks like, looked for in long runs without a
space only; the value that stands behind a name such as ``api_key`` or ``password``; and marks such as ``BEGIN PRIVATE
KEY`` or a password in an address. Prefixes alone prove nothing (``hf_hub_download``): what follows must look drawn by
lot, or have the one length that the provider gives out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from rag.secret_forms import UNMISTAKABLE

HIDDEN = "[key-hidden]"

_WORDLIKE = r"sk-[\w-]{12,}|(?:sk|hf|pk|rk|ghp|xai|gsk|pplx|csk|nvapi|tgp)[-_][\w-]{12,}"
"""Prefixes that words have, too: what follows must look drawn by lot."""
_OF_THINGS = """acct batch call card cart chatcmpl cmpl cus doc evt file ftjob gen img inv item job msg notif obj order
    org pay plan price prod proj req resp response run seti src step sub task team thread tok toolu track trx txn user
    usr video""".split()
"""What identifiers begin with that open nothing: of a payment, an answer, a file."""
_PREFIXED = (
    rf"(?!(?:{'|'.join(_OF_THINGS)})[_-])"
    r"[a-z]{3,12}(?:[_-][a-z]{1,12}){0,3}[_-](?=\w{0,23}\d)[A-Za-z0-9]{24,}"
)
"""What providers that nobody lists here give out, most of them: a short name, and a long run in no order of words."""
_LOGIN = re.compile(
    r"(?m)^[\w.*-]{1,99}:(?:\d{2,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:([^\s:]{6,99})$"  # ~/.pgpass
    r"|(?<=[Aa]pi[Kk]ey )([A-Za-z0-9+/]{24,}={0,2})"
    r"|(?<=wandb login )(\w{40,86})"
    r"|(?<=:)(\$(?:apr1|2[abxy]|[156y])\$[\w./$]{20,})"  # a password in .htpasswd or /etc/shadow, as it is stored
    r"|(?<![\w:])((?:prod|dev|preview):[a-z]+-[a-z]+-\d+\|[\w+/=]{30,})"
)
"""Where else a password or a key stands, by what is around it."""
_MASKED = r"(?:sk|xai|gsk|hf|ghp|pplx|rk|pk|csk|nvapi|tgp)[-_][\w-]*\*[\w*-]*"
"""As the providers' own errors show a key: "Incorrect API key provided: sk-ab****yz"."""

_RUN = re.compile(r"data:[\w/.+-]{1,60};base64,[A-Za-z0-9+/=]*|[\w.+/=:$~@%*-]{14,3000}", re.ASCII)
"""Where a token may stand; a picture in an address is passed over whole."""
_PEM = re.compile(
    r"-{4,5} ?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
    r"(?:\\[rn]|\s|[A-Z][A-Za-z-]{1,30}: [^\n\\]{0,90}(?:\n|\\n))*"
    r"[A-Za-z0-9+/=]{12}(?:(?!-----?)[\s\S])*(?:-{4,5} ?END [A-Z0-9 ]{0,50}-{4,5})?"
    r"|Private-Lines: \d+\s+[A-Za-z0-9+/=\s]{40,}"
)
_ADDRESS = re.compile(r"(?<=://)([^\s/:@\"'<>]{0,99}):([^\s/@\"'<>]{1,200})(?=@)")
_HEADER = re.compile(r"(?i:\b(?:bearer|authorization\W{1,5}(?:basic|token)))[ ]+([\w.~+/=-]{6,})")
_SCHEME = re.compile(
    r"(?i:\bauthorization\b)[\"']?\s?[:=]\s?[\"']?(?:[A-Za-z-]{2,20}[ ]+(?:[a-z]+=)?)?([\w.~+/=:-]{12,})"
)
"""Any other way to log in (Splunk, ApiKey, GenieKey): what follows must look drawn by lot."""
_CLIENT = re.compile(r"\b\w*(?:Client|Api|API|Auth|SDK|Realtime)\(\s*[\"']([\w.:-]{20,200})[\"']")
"""A program that hands its key over as the first thing it says."""
_CURL = re.compile(
    r"(?:curl\b(?:[^\n|;\\]|\\[^|;]){0,200}? (?:-u|--user)[ =]{0,2}|sshpass -p ?)"
    r"[\"']?([^\s\"']{4,100})"
)
_NAMED = re.compile(
    r"""(?x)
    (?i: (?P<password> pass(?:word|wd|wort|phrase|code) | pwd | (?<![A-Za-z]) psk | kennwort
    | contrase(?:ñ|n)a | mot[ ]de[ ]passe
            | \b pass (?= \s? = | ["'] \s? [=:]) | (?<=_)pass )
       | (?P<name> key (?:[ _-]?(?:base|private))? | token | secret | credentials? | sig (?= =)
            | (?<=_)pat (?= \s? =) | (?<=[?&])appid (?= =) | (?<![Oo]) auth (?= ["']?\s?[=:]\s?["']?[A-Za-z0-9+/]{16})
            | oauth (?= :[a-z0-9]) ) )
    \d? (?![^\W_]) [\]\\"'`)]{0,3}
    (?: \s{0,3} (?: [:=]=? | => | :: ) [^\S\n]{0,3} | \s - \s (?=["'])
      | \s{1,3} (?i:is|ist|lautet|est|es|was) : ? \s | > | ["'] , \s? (?=["'])
      | \s{1,3} (?i:value) = | (?<=--password) \s | (?<=[Pp]assword) [ ] (?=["']) 
      | (?<=token) [ ] | (?<=secret) [ ] | (?<=[ \n]password) [ ] )
    (?: [@rbuf]? (?P<quote> \\?["'`]) \s? )?
    (?= (?P<value> [^\s"'`<>,;&|\\]{6,400} ) )
    """
)
_LIGHT = re.compile(
    r"(?i:(?:your|my|the|new|old|db|user|test|enter|some|any?|reset|forgot"
    r"|confirm|current|insert|example|change|here)[ _-]?)*"
    r"(?i:password|passwd|passwort|pass|pwd|passphrase|secret|token|key|api[_-]?key|me|here)?(?i:[_-]?here)?\d?"
    r"|[xX*.•_#0-]+|(?i:none|null|nil|true|false|undefined|string|redacted|hidden|required|optional)"
    r"|(?i:sha-?\d|md\d|base\d|bcrypt|argon\d|pbkdf\d|scrypt|utf-?\d|aes|ntlm|rot\d)[\w-]*"
)
"""What stands for a password and is none: a placeholder, a word for its absence, a way to store it."""
_PICTURE = re.compile(r"iVBORw0KGgo|/9j/|R0lGOD|UklGR|PHN2Z|PD94bWw|JVBERi0|SUkqAA|T2dnUw|data:|sha\d+[-:=]")
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".ico", ".svg", ".css", ".js")
_SIGNED = re.compile(r"[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}")
_CODE = re.compile(r"[$%^/~.:@&*]|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+$|.*(?:[\[\](){}]|://)")
"""A variable, an attribute, a call, an address: no value."""
_OF_NOTHING = re.compile(
    r"(?i:primary|foreign|cache|sort|sorting|partition|public|hash|idempotency|object|row|map|index|lookup|group|routing"
    r"|shard|blob|file|message|event|request|unique|composite|range|lock|registry|dict|json|config|column|field|order"
    r"|search|translation|locale|s3|bucket|item|node|react|data|widget|menu|answer|hot|short)[ _.-]?$"
)
"""Keys that open nothing, whatever they are."""
_OF_WHAT = re.compile(
    r"(?i:api|access|secret|private|encrypt(?:ion)?|signing|auth|account|service|client|master|consumer|subscription|shared"
    r"|storage|admin|app|application|license|deploy|integration|project|write|read|bot|ssh|rest|live|server)[ _.-]?$"
)
"""Keys that open something, though they be a hash in look."""
_OF_TEXT = re.compile(
    r"(?i:public|authenticity|page|next|continuation|csrf|cancellation|sync|eos|bos|pad|unk|mask|sep|cls|stop)[ _-]?$"
)
"""Tokens that open nothing."""


def found(text: str) -> bool:
    """Whether ``text`` holds a key, token, private key or password."""
    return next(_spans(text), None) is not None


def hide(text: str) -> str:
    """``text`` with each of them replaced by ``[key-hidden]``."""
    while spans := sorted(_spans(text)):  # what is hidden may show what stood in its shadow
        pieces, end = [], 0
        for start, stop in spans:
            if start >= end:
                pieces += [text[end:start], HIDDEN]
            end = max(end, stop)
        text = "".join(pieces) + text[end:]
    return text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand; the name of a password and the user of an address may stay."""
    for run in _RUN.finditer(text):
        if not _PICTURE.match(run[0]):
            start = run.start()
            yield from ((start + one.start(), start + one.end()) for one in _tokens().finditer(run[0]) if _genuine(one))
    if "*" in text:
        yield from (one.span() for one in _masked().finditer(text))
    if "PRIVATE KEY" in text or "Private-Lines" in text:
        yield from (one.span() for one in _PEM.finditer(text))
    if "://" in text:
        yield from (
            one.span(2) for one in _ADDRESS.finditer(text) if not (_LIGHT.fullmatch(one[2]) or _CODE.match(one[2]))
        )
    for header in _HEADER.finditer(text):
        value = header[1]
        if _mixed(value) and len(value) >= 8 and not _LIGHT.fullmatch(value):
            yield header.span(1)
    for one in (*_SCHEME.finditer(text), *_CLIENT.finditer(text)):
        if _drawn(one[1].rstrip("=")) or _colons(one[1]):
            yield one.span(1)
    for one in _LOGIN.finditer(text):
        if one[1] is None or _password(one[1], False):
            yield one.span(one.lastindex or 0)
    for one in _CURL.finditer(text):
        user, _, password = one[1].partition(":")
        if _password(password.lstrip("\"'"), False) if user != one[1] else _drawn(user):
            yield one.span(1)
    for one in _NAMED.finditer(text):
        start, stop = one.span("value")
        value = one["value"].rstrip(".:!?)*")
        if one["password"] is not None:
            good = _password(value, bool(one["quote"]))
        else:
            before = text[max(0, one.start() - 16) : one.start()]
            if one["name"][0] in "kK":
                opens = _OF_WHAT.search(before) or not _OF_NOTHING.search(before) and _of_all_kinds(value)
            else:
                opens = not _OF_TEXT.search(before)
            good = bool(opens) and _drawn(value)
            if opens and one["quote"] and _scrambled(whole := _quoted(text, start, one["quote"])):
                good, value = True, whole
        if good:
            yield start, start + len(value)


@functools.cache
def _tokens() -> re.Pattern[str]:
    """Compiled when first needed: it takes some 30 ms."""
    forms = "|".join(form for _, *forms in UNMISTAKABLE for form in forms)
    return re.compile(
        rf"(?<![A-Za-z0-9])(?:(?:{forms})(?![A-Za-z0-9])|(?P<wordlike>{_WORDLIKE})|(?P<prefixed>{_PREFIXED})(?![A-Za-z0-9]))",
        re.ASCII,
    )


@functools.cache
def _masked() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){_MASKED}")


def _genuine(match: re.Match[str]) -> bool:
    """Whether what has a token's form was drawn by lot, and is not ``sk-your-key-here`` or ``ghp_xxxxxxxx``."""
    if re.search(r"EXAMPLE|([xX*#])\1{5,}", match[0]) or match.string.startswith(_ENDINGS, match.end()):
        return False
    if match["prefixed"]:
        return _of_all_kinds(match[0])
    if match["wordlike"] is None:
        return len(set(match[0][4:])) >= 5 and (_mixed(match[0][3:]) or match[0].isupper())
    body = match[0].partition("-" if "-" in match[0][:6] else "_")[2]
    longest = max(re.findall(r"[A-Za-z0-9]+", body), key=len, default="")
    return _mixed(longest) and len(longest) >= 12 and (match[0].startswith("sk-") or _drawn(longest))


def _mixed(text: str) -> bool:
    """Digits and letters, or letters that change between small and capital ones more than words do."""
    letters = re.sub(r"[^A-Za-z]", "", text)
    if any(letter.isdigit() for letter in text):
        return bool(letters)
    changes = sum(a.islower() != b.islower() for a, b in zip(letters, letters[1:]))
    return changes >= max(4, 0.34 * len(letters))


def _drawn(value: str) -> bool:
    """Whether a value looks drawn by lot: a UUID, or a long run in which letters, capitals and digits change often."""
    if _PICTURE.match(value) or _LIGHT.fullmatch(value) or len(value) < 12:
        return False
    if re.fullmatch(r"[A-Za-z0-9+/]{32,}=*", value) and _of_all_kinds(re.sub("[+/=]", "", value)):
        return True
    if _CODE.match(value) and not (_SIGNED.fullmatch(value) and _of_all_kinds(value)):
        return False
    if re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        return True
    groups = value.split("-")
    if len(groups) > 2 and len(value) >= 20 and all(3 < len(group) < 20 and _mixed(group) for group in groups):
        return True
    longest = max(re.findall(r"[A-Za-z0-9]+", value), key=len, default="")
    if len(longest) < 12 or not _mixed(longest) or sum(map(str.isalpha, longest)) < 3:
        return False
    return (
        _changes(longest) >= max(3, len(longest) // 6)
        or bool(re.fullmatch(r"[0-9a-f]+", longest))
        or len(set(longest)) >= 24
    )


def _colons(value: str) -> bool:
    """Whether each of the parts between colons was drawn by lot, but for a name before them."""
    return ":" in value and all(_drawn(part) or len(part) < 3 for part in re.split("[:.]", value)[1:])


def _quoted(text: str, start: int, quote: str) -> str:
    """What stands from ``start`` up to the next ``quote``."""
    end = text.find(quote, start, start + 200)
    return text[start:end] if end > 0 else ""


def _scrambled(value: str) -> bool:
    """Whether it is a long run of letters, digits and signs in no order of words or code, as frameworks draw them."""
    if len(value) < 32 or re.search(r"\s|\$\{|\{\{|://|\w\(\)", value):
        return False
    kinds = ["s" if not c.isalnum() else "d" if c.isdigit() else "a" if c.islower() else "A" for c in value]
    changes = sum(a != b for a, b in zip(kinds, kinds[1:]))
    return kinds.count("s") >= 5 and kinds.count("d") >= 2 and changes * 3 >= len(value)


def _of_all_kinds(value: str) -> bool:
    """Whether it has a long run of letters and digits in no order of words; what looks like a hash has none."""
    longest = max(re.findall(r"[A-Za-z0-9]+", value), key=len, default="")
    if len(longest) < 16 or re.fullmatch(r"[0-9a-f]+", longest):
        return False
    return sum(map(str.isdigit, longest)) > 2 and _changes(longest) * 3 >= len(longest)


def _changes(text: str) -> int:
    """How often small letters, capitals and digits take turns."""
    kinds = ["d" if c.isdigit() else "a" if c.islower() else "A" for c in text]
    return sum(a != b for a, b in zip(kinds, kinds[1:]))


def _password(value: str, quoted: bool) -> bool:
    """Whether it is a password and neither a placeholder, code nor a word of a sentence about passwords."""
    if _LIGHT.fullmatch(value) or _CODE.match(value) or _PICTURE.match(value) or len(value) < (4 if quoted else 6):
        return False
    if re.fullmatch(r"\d+", value):
        return len(value) >= 6
    if quoted and value.count("-") >= 3:  # correct-horse-battery-staple
        return True
    return bool(re.search(r"[^\W\d_]", value) and re.search(r"[\d!@#$%^*+=?~§€]", value))
