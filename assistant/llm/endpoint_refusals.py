"""What of a request an endpoint refuses, told by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FULL = re.compile(
    r"context[ _-]?(?:length|size|window)|maximum (?:context|prompt|input|model)|too many (?:input )?tokens"
    r"|(?:prompt|input) (?:is )?too long|reduce the length|request (?:entity )?too large|payload too large"
    r"|exceeds? .{0,40}(?:tokens|context)|prompt.{0,40} exceeds"
    r"|context limit|prompt has \d+ tokens|too many total|shorten|messages? resulted in \d"
    r"|(?:conversation|messages?|history|query|text) (?:is |are )?too (?:long|large)"
    r"|\binputs\b.{0,60}(?:must be <=|must have less than)|max_seq_len|\bn_ctx\b|num_ctx|token limit",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"request too large|must be reduced|reduce (?:your|the) (?:message|prompt|input)", re.IGNORECASE
)
_OUT = r"max_\w*tokens|max\w*tokens\b|maxoutputtokens|(?:output|completion|generated|new) tokens"
_OF_OUTPUT = re.compile(_OUT, re.IGNORECASE)
_OF_INPUT = re.compile(r"context|input|prompt|messages?\b|conversation|history|sequence|total", re.IGNORECASE)
# What is left for the answer is less than nothing.
_NO_ROOM = re.compile(rf"(?:{_OUT})\W.{{0,60}}(?:(?:got|was|is|[:=])\s*-\d|\s-(?!1\b)\d)", re.IGNORECASE)
_CAUSES = re.compile(
    r"\bkeys?\b(?!.?(?:value|cache))|credential|unauthori[sz]ed|forbidden|permission|not allowed to|(?:have|no) access"
    r"|access (?:\w+ )?denied|(?<!into )\baccount|login|licen[cs]e"
    r"|token (?:\w+ ){0,3}(?:expired|invalid|missing)|(?:expired|invalid|missing|wrong) (?:\w+ ){0,2}token\b"
    r"|billing|billed|credits?\b|balance|payment|invoice|quota|\bplan\b|subscription|subscribe"
    r"|(?:rate|usage).?limit|per (?:minute|hour|day|month)|daily|monthly|too many requests|throttl"
    r"|overload|\bbusy\b|(?:over|at|no|insufficient) capacity|maintenance|timed? ?out|deadline"
    r"|flagged|moderation|polic(?:y|ies)|safety|unsafe|inappropriate|sensitive|harmful|content.?filter|inspection|blocked"
    r"|\bregions?\b|country|countries|\bmodel\b.{0,60}(?:not (?:found|exist|available|supported|loaded)|does ?n.t exist"
    r"|unknown)|(?:unknown|unsupported|no such|invalid|no) models?\b|image|audio|video|\bJSON\b|utf-?8|\bNUL\b"
    r"|余额|欠费|密钥|鉴权|频率|并发|限流|敏感|违规",
    re.IGNORECASE,
)
_SIZE = (
    r"\b(?:(?:\w+_)?(?:tokens?|length|inputs?)|characters|prompt|sequence|conversation|messages?|history|text"
    r"|string|content|request|query|kv)\b"
)
_TOO = (
    r"(?:exceed|\btoo (?:long|large|many|big|much)\b|\b(?:longer|greater|larger|bigger|more|higher) than\b"
    r"|\bout of\b|\b(?:are|is) available\b|\ballowed up to\b"
    r"|\b(?:over|beyond|above|past) (?:the|its|our|this)\b|\b(?:at most|no more than|only supports?|supports? up to)\b"
    r"|\b(?:must|should|can) (?:only )?(?:be|have|hold) (?:less|below|fewer|smaller|under|shorter|at|up to|<|\[)"
    r"|\bmax(?:imum)?(?:imal)?\b|\blimit|\d\W* >=? |<=? ?\d|\bslots?\b|\bfits?\b|\boverflow|\btruncat)"
)
_PERHAPS_FULL = re.compile(rf"{_SIZE}.{{0,80}}{_TOO}|{_TOO}.{{0,80}}{_SIZE}", re.IGNORECASE)
# What no other refusal speaks of; "context deadline exceeded" is a time.
_OF_PROMPTS = re.compile(
    r"\btoo long\b|\b(?:context(?! (?:deadline|cancel))|prompt|tokens?|kv|conversation|history)\b", re.IGNORECASE
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_SYSTEM = re.compile(
    r"\broles?\b|[\"'`]system[\"'`]|system (?:message|prompt|instruction)|developer (?:message|instruction)"
    r"|system.{0,20}not supported|\bfirst (?:message|turn)\b|system_(?:message|prompt|instruction)"
    r"|(?:start|begin|open)s?\b.{0,20} (?:with|by) (?:a |the |an )?[\"'`]?(?:user|human)|角色"
    r"|\bfirst (?:entry|item|element|one)\b.{0,20}\buser|(?:author|_role)\b.{0,20}\bsystem\b"
    r"|\bsystem\b.{0,40}(?:\bnot\b|n['’]t\b|\bdisabled\b|\bunsupported\b|\bunknown\b)"
    r"|(?:\bno\b|\bnot\b|n['’]t\b|\bun\w+ed\b|\bunknown\b|\bwithout\b).{0,40}\bsystem\b(?! (?:error|memory|resources))",
    re.IGNORECASE,
)
_USER_AND_ASSISTANT = re.compile(r"\bonly\b.{0,20}\buser\b.{0,20}\bassistant\b", re.IGNORECASE)
_OF_TEMPLATE = re.compile(
    r"template|jinja|messages?\b|\bturns?\b|\bprompt\b|conversation|dialog"
    r"|^\W*(?:(?:\d{3}|error|status|code|bad request|(?:an )?internal (?:server )?error|unprocessable \w+"
    r"|invalid request\w*|null|none)\b\W*)*$",
    re.IGNORECASE,
)
_WHAT = (
    r"(?:param(?:eter)?s?|arguments?|fields?|options?|settings?|propert(?:y|ies)|inputs|keys?|keywords?|attributes?)\b"
)
_UNKNOWN = (
    r"(?:\b(?:unsupported|unknown|unrecogni[sz]ed|unexpected|extra|extraneous|additional|undefined|unpermitted|disallowed|rejected)\b"
    r"|(?:\bnot|n['’]t|\bcannot(?: be)?) (?:be )?(?:support|allow|permit|recogni[sz]|accept|underst|known|set\b|expect"
    r"|configur|available|changed"
    r"|adjust))"
)
_NAMELESS = re.compile(
    rf"{_UNKNOWN}.{{0,40}}\b{_WHAT}|\b{_WHAT}.{{0,60}}{_UNKNOWN}|\binvalid (?:\w+ )?{_WHAT}"
    r"|additional_?properties|extra_forbidden|unrecogni[sz]ed_keys|unsupported_parameter|unknown_parameter|unknown_field",
    re.IGNORECASE,
)
_LIMITS = ("max_tokens", "max_completion_tokens")
_NO_TOOLS = re.compile(r"\btools?\b|tool_|function[ _-]?call", re.IGNORECASE)
_NO = (
    r"(?:\b(?:can)?not\b|n['’]t\b|\bno\b|\bun(?:supported|available)\b|\bdisabled\b|\bforbidden\b|\bmust be false\b"
    r"|\bwithout\b)"
)
_NO_STREAM = re.compile(rf"stream(?:ing|ed)\b.{{0,60}}{_NO}|{_NO}.{{0,60}}\bstream(?:ing|ed)\b", re.IGNORECASE)
_LOADING = re.compile(r"loading (?:the )?model|model (?:\S+ )?is (?:still |being |currently )*load", re.IGNORECASE)


def of_length(words: str, status: int) -> bool:
    """Whether the conversation is too long."""
    if status == 429:  # more in one request than may be asked for in a minute
        return _TOO_LARGE.search(words) is not None
    if _OF_OUTPUT.search(words) and not _OF_INPUT.search(words):
        return _NO_ROOM.search(words) is not None
    return status == 413 or _FULL.search(words) is not None or _NO_ROOM.search(words) is not None


def explained(words: str) -> bool:
    """Whether the words tell a cause that no shorter conversation would do away with."""
    return any(cause.search(words) for cause in (_CAUSES, _NAMELESS, _LOADING))


def perhaps_of_length(words: str) -> bool:
    """Whether the words speak of a prompt, or of a size and of too much: true of other refusals, too."""
    told = _CAMEL.sub(" ", words).replace("_", " ")
    return bool(_PERHAPS_FULL.search(told) or _OF_PROMPTS.search(told)) and not of_tools(words)


def of_system(words: str, with_tools: bool) -> bool:
    """Whether it may be the system message. ``with_tools``: whether tools were sent, which the words may mean."""
    if _USER_AND_ASSISTANT.search(words):
        return True
    return _NO_SYSTEM.search(words) is not None and not (with_tools and of_tools(words))


def of_template(words: str) -> bool:
    """Whether they speak of messages or their template, or say no more than that something failed."""
    return _OF_TEMPLATE.search(words) is not None


def of_tools(words: str) -> bool:
    return _NO_TOOLS.search(words) is not None


def while_loading(words: str) -> bool:
    """Whether the model is not ready yet."""
    return _LOADING.search(words) is not None


def option(words: str, options: Iterable[str]) -> str | None:
    """Which of the request's ``options`` the words name; None = none of them."""
    return next((name for name in options if _names(words, name)), None)


def nameless(words: str, options: Iterable[str]) -> list[str]:
    """Which of ``options`` to leave out next where a refusal names none, most dispensable first: what shapes the words,
    then what bounds them. Without ``stream`` the first word would wait for the last.
    """
    if not _NAMELESS.search(words) or of_tools(words):
        return []
    left = [name for name in options if name != "stream"]
    return [name for name in left if name not in _LIMITS] or left


def _names(words: str, name: str) -> bool:
    """Also in camel case."""
    if name == "stream" and _NO_STREAM.search(words):
        return True
    return bool(re.search(rf"(?<![a-z]){name.replace('_', '_?')}(?![a-z]|_o)", words, re.IGNORECASE))
