"""Languages by their names, and how they say that they are spoken from now on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_TABLE = """
en|English|From now on I speak English.|englisch|anglais|inglés|inglese
de|German|Ab jetzt spreche ich Deutsch.|deutsch|allemand|alemán|tedesco
fr|French|À partir de maintenant, je parle français.|français|francais|französisch|francés|francese
es|Spanish|A partir de ahora hablo español.|español|espanol|spanisch|espagnol|spagnolo
it|Italian|D'ora in poi parlo italiano.|italiano|italienisch|italien
nl|Dutch|Vanaf nu spreek ik Nederlands.|nederlands
pt|Portuguese|A partir de agora falo português.|português
pl|Polish|Od teraz mówię po polsku.|polski
ru|Russian|
uk|Ukrainian|
cs|Czech|
sk|Slovak|
hu|Hungarian|
ro|Romanian|
bg|Bulgarian|
el|Greek|
tr|Turkish|
sv|Swedish|Från och med nu talar jag svenska.|svenska
no|Norwegian|
da|Danish|
fi|Finnish|
ar|Arabic|
he|Hebrew|
fa|Persian||farsi
hi|Hindi|
ja|Japanese|
zh|Chinese||mandarin
ko|Korean|
vi|Vietnamese|
id|Indonesian|
ca|Catalan|
hr|Croatian|
sr|Serbian|
sl|Slovenian|
lt|Lithuanian|
lv|Latvian|
et|Estonian|
ga|Irish|
cy|Welsh|
la|Latin|
"""


@dataclass(frozen=True)
class Tongue:
    code: str
    """Two letters of ISO 639."""
    name: str
    promise: str
    """That it is spoken from now on, in that language where this table has it."""


_TONGUES: dict[str, Tongue] = {}
for _row in _TABLE.strip().splitlines():
    _code, _name, _promise, *_others = _row.split("|")
    for _word in (_name, *_others):
        _TONGUES[_word.lower()] = Tongue(_code, _name, _promise or f"From now on I speak {_name}.")


def tongue(words: str, now: datetime | None = None) -> Tongue | None:
    """``words``, in lower case, as the name of a language."""
    return _TONGUES.get(words)
