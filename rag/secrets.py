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

HIDDEN = "[key-hidden]"

_UNMISTAKABLE = (  # whoever gives them out, and its forms: a prefix that no word begins with, and a length
    ("AWS", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", r"ABSK[A-Za-z0-9+/]{60,}", r"(?:IQoJ|FwoG)[A-Za-z0-9+/]{80,}"),
    ("Amazon's sellers", r"amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Google", r"AIza[\w-]{30,}", r"GOCSPX-[\w-]{20,}", r"ya29\.[\w-]{20,}", r"1//0[\w-]{30,}"),
    ("Azure", r"[\w~.]{3}\dQ~[\w~.-]{31,34}", r"[A-Za-z0-9+/]{76}(?:AZDO|ASt|ACDb|APIM|ACRD)[\w+/=]{4,}"),
    ("GitHub", r"gh[pousr]_[A-Za-z0-9]{30,}", r"github_pat_\w{40,}"),
    ("GitLab", r"gl(?:pat|dt|ptt|rtr?|cbt|ft|imt|agent|soat|ffct|oas|wt)-[\w.-]{20,}", r"GR1348941[\w-]{20}"),
    ("Atlassian", r"AT(?:ATT|CTT|BB)[\w=-]{20,}", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    ("OpenAI and its like", r"sk-(?:proj|svcacct|admin|ant|or|lf)-[\w-]{20,}", r"sess-[A-Za-z0-9]{40}"),
    (
        "models",
        r"(?:gsk|fw|r8|jina)_[A-Za-z0-9]{24,}",
        r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{40,}",
        r"tgp_v1_[\w-]{40,}",
        r"(?:xai|pplx|csk|tvly(?:-dev)?)-[A-Za-z0-9]{24,}",
        r"nvapi-[\w-]{40,}",
        r"fc-[0-9a-f]{32}",
        r"pa-[A-Za-z0-9_-]{43}",
        r"esecret_[A-Za-z0-9]{26,}",
    ),
    ("Hugging Face", r"hf_[A-Za-z]{34}", r"hf_[A-Za-z0-9]{30,}", r"api_org_[A-Za-z0-9]{30,}"),
    ("LangSmith", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    (
        "Slack",
        r"xox[a-z]-\d{6,}-[\w.-]{10,}",
        r"xox[a-z]-[\w.-]{20,}",
        r"xapp-\d-[\w-]{20,}",
        r"xoxe\.xox[bp]-[\w-]{20,}",
    ),
    (
        "chat hooks",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{20,}",
        r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{40,}",
    ),
    ("more hooks", r"webhook\.office\.com/webhookb2/[\w@/-]{40,}", r"hooks\.zapier\.com/hooks/catch/\d+/\w{6,}"),
    ("Discord", r"[MNO][\w-]{23,28}\.[\w-]{6}\.[\w-]{27,}"),
    ("Telegram", r"\d{8,10}:AA[\w-]{32,34}"),
    ("Stripe", r"[rsp]k_(?:live|test|prod)_[A-Za-z0-9]{16,}", r"whsec_[A-Za-z0-9+/=]{24,}"),
    ("Square", r"sq0[a-z]{3}-[\w-]{22,}", r"EAAA[\w-]{60}"),
    (
        "payments",
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
        r"FLW(?:SEC|PUB)K(?:_TEST)?-[0-9a-fA-F]{12,}(?:-X)?",
        r"access-(?:sandbox|development|production)-[0-9a-f-]{36}",
        r"(?:live|test)_(?:pub_)?[0-9a-f]{35}",
        r"rzp_(?:live|test)_[A-Za-z0-9]{14}",
        r"AQE\w{60,}-[\w+/=]{20,}-\w{16,}",
        r"ramp_sec_[A-Za-z0-9]{40,}",
        r"[xyz]prv[1-9A-HJ-NP-Za-km-z]{100,}",
    ),
    ("Facebook", r"EAA[A-Z][A-Za-z0-9]{80,}", r"IGQ[A-Za-z0-9_-]{80,}"),
    ("Twitter", r"A{18,}[A-Za-z0-9]*%[A-Za-z0-9%]{30,}"),
    ("Firebase", r"[\w-]{11,22}:APA91b[\w-]{100,}"),
    ("Twilio", r"(?:SK|AC)[0-9a-f]{32}"),
    (
        "mail",
        r"SG\.[\w-]{16,}\.[\w-]{30,}",
        r"(?:pub)?key-[0-9a-f]{32}",
        r"[0-9a-f]{32}-us\d\d?",
        r"x(?:keysib|smtpsib)-[0-9a-f]{64}-\w{12,16}",
        r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}",
    ),
    (
        "package registries",
        r"npm_[A-Za-z0-9]{36}",
        r"pypi-AgE[\w-]{50,}",
        r"rubygems_[0-9a-f]{48}",
        r"oy2[a-z0-9]{43}",
        r"cio[A-Za-z0-9]{32}",
        r"CLOJARS_[0-9a-z]{60}",
        r"dckr_(?:pat|oat)_[\w-]{27,}",
        r"AKCp[A-Za-z0-9]{65,}",
        r"cmVmd[A-Za-z0-9]{59}",
    ),
    (
        "clouds",
        r"do[oprt]_v1_[0-9a-f]{64}",
        r"HRKU-[\w-]{36,}",
        r"dapi[0-9a-f]{32}(?:-\d)?",
        r"LTAI[A-Za-z0-9]{16,24}",
        r"AKID[A-Za-z0-9]{32}",
        r"AQVN[\w-]{35,38}",
        r"t1\.[\w-]+\.[\w-]{86}",
        r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
        r"f[mo]\d_[\w+/=-]{60,}",
        r"nfp_[A-Za-z0-9]{36}",
        r"tskey-[a-z]+-\w+-\w{16,}",
        r"tk-us-[\w-]{48}",
        r"pul-[0-9a-f]{40}",
        r"rnd_[A-Za-z0-9]{24,}",
        r"vc[apkri]_[A-Za-z0-9]{24,}",
    ),
    (
        "vaults",
        r"hv[sbr]\.[\w-]{24,}",
        r"s\.(?=[A-Za-z]*\d)[A-Za-z0-9]{24}",
        r"dp\.[a-z]{2,5}\.[A-Za-z0-9]{40,44}",
        r"ops_eyJ[\w=-]{100,}",
        r"A3-[A-Z0-9]{6}-[A-Z0-9-]{20,}",
        r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
    ),
    (
        "databases",
        r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}",
        r"sbp_[0-9a-f]{40}",
        r"sb_secret_[\w-]{20,}",
        r"napi_[a-z0-9]{40,}",
        r"4b1d[A-Za-z0-9]{38}",
    ),
    (
        "watching",
        r"NR(?:AK|JS|II|AL|AA|RA)-[\w-]{19,}",
        r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}",
        r"glc_[\w+/=]{32,}",
        r"eyJrIjoi[\w=+/]{60,}",
        r"sntry[su]_[\w=+/-]{60,}",
        r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
        r"sq[apu]_[0-9a-f]{40}",
        r"dnkey-[\w=-]{26}-[\w=-]{52}",
        r"sgp_\w{40,}",
        r"phc_[A-Za-z0-9]{40,}",
        r"phx_[A-Za-z0-9]{40,}",
        r"hc[a-z]ik_[a-z0-9]{58}",
    ),
    (
        "shops",
        r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}",
        r"shippo_(?:live|test)_[0-9a-fA-F]{40}",
        r"EZ[AT]K[A-Za-z0-9]{54}",
        r"duffel_(?:test|live)_[\w=-]{43}",
    ),
    (
        "work",
        r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}",
        r"ntn_[A-Za-z0-9]{40,}",
        r"secret_[A-Za-z0-9]{43}",
        r"fig[dopuorh]{1,2}_[\w-]{40,}",
        r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
        r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        r"pat-[a-z]{2}\d-[0-9a-f-]{36}",
        r"tfp_[\w.=-]{59}",
        r"[012]/\d{16}(?:/\d{16})?:[0-9a-f]{32}",
        r"CFPAT-[\w-]{43}",
        r"rdme_[a-z0-9]{70}",
        r"fio-u-[\w=-]{64}",
        r"p8e-[A-Za-z0-9]{32}",
        r"sl\.(?:u\.)?[\w-]{100,}",
        r"dG9rO[\w=+/-]{40,}",
        r"s-s4t2(?:ud|af)-[0-9a-f]{64}",
        r"(?<!/)API-[A-Z0-9]{26,}",
    ),
    (
        "builders",
        r"bkua_[0-9a-f]{40}",
        r"CCI(?:PAT|PRJ)_\w{20,}",
        r"pn[ub]_[A-Za-z0-9]{36}",
        r"aio_[A-Za-z0-9]{28}",
        r"ico-[A-Za-z0-9]{32}",
        r"sha256~[\w-]{43}",
        r"(?:pat|sat)\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}",
        r"sm_aat_\w{16,}",
        r"\w{6}_\w{29}_mmk",
        r"[sp]k\.eyJ[\w-]{40,}\.[\w-]{20,}",
        r"(?:sdk|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"polar_[a-z]{2,4}_\w{30,}",
        r"unkey_[A-Za-z0-9]{20,}",
        r"vtwn_[A-Za-z0-9]{24,}",
        r"tr_(?:prod|dev|stg)_[A-Za-z0-9]{20,}",
        r"signkey-(?:prod|test)-[0-9a-f]{64}",
        r"persona_(?:production|sandbox)_[0-9a-f-]{36}",
        r"AIK_[A-Z]{2,}_[A-Za-z0-9]{60,}",
        r"syt_[A-Za-z0-9]{4,}_[A-Za-z]{20}_\w{6}",
    ),
    ("signed tokens", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}", r"ZXlK[A-Za-z0-9+/]{60,}"),
)
_WORDLIKE = r"sk-[\w-]{12,}|(?:sk|hf|pk|rk|ghp|xai|gsk|pplx|csk|nvapi|tgp)[-_][\w-]{12,}"
"""Prefixes that words have, too: what follows must look drawn by lot."""
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
            | (?<=_)pat (?= \s? =) ) )
    \d? (?![^\W_]) [\]\\"'`)]{0,3}
    (?: \s{0,3} (?: [:=]=? | => | :: ) [^\S\n]{0,3} | \s - \s (?=["'])
      | \s{1,3} (?i:is|ist|lautet|est|es|was) : ? \s | > | ["'] , \s? (?=["'])
      | \s{1,3} (?i:value) = | (?<=--password) \s | (?<=token) [ ] | (?<=secret) [ ] | (?<=[ \n]password) [ ] )
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
_PICTURE = re.compile(r"iVBORw0KGgo|/9j/|R0lGOD|UklGR|PHN2Z|PD94bWw|JVBERi0|SUkqAA|T2dnUw|data:|sha\d+[-:]")
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
        if good:
            yield start, start + len(value)


@functools.cache
def _tokens() -> re.Pattern[str]:
    """Compiled when first needed: it takes some 30 ms."""
    forms = "|".join(form for _, *forms in _UNMISTAKABLE for form in forms)
    return re.compile(rf"(?<![A-Za-z0-9])(?:(?:{forms})(?![A-Za-z0-9])|(?P<wordlike>{_WORDLIKE}))", re.ASCII)


@functools.cache
def _masked() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){_MASKED}")


def _genuine(match: re.Match[str]) -> bool:
    """Whether what has a token's form was drawn by lot, and is not ``sk-your-key-here`` or ``ghp_xxxxxxxx``."""
    if re.search(r"EXAMPLE|([xX*#])\1{5,}", match[0]) or match.string.startswith(_ENDINGS, match.end()):
        return False
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
