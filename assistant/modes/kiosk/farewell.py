"""Whether a visitor takes their leave: "goodbye", "thank you, that's all", "vielen Dank, tschüss"."""

from __future__ import annotations

import re

from assistant.safety import normalised

_PHRASES = {  # as `normalised` leaves them: lower case, without accents and apostrophes
    "en": "goodbye|good bye|bye|bye now|see you|see you (?:later|soon|tomorrow|around)|so long|farewell|"
    "thats all|that is all|thatll be all|that will be all|thats it|im done|i am done|good night|"
    "have a (?:good|nice|great|lovely) (?:day|evening|night|one|time|weekend)",
    "de": "tschuss|tschus|auf wiedersehen|auf wiederhoren|wiedersehen|bis bald|bis dann|bis spater|bis morgen|"
    "das wars|das war es|das war alles|das ist alles|mehr brauche ich nicht|gute nacht|schonen (?:tag|abend)(?: noch)?",
    "fr": "au revoir|adieu|a bientot|a demain|a plus|a plus tard|cest tout|ce sera tout|bonne (?:journee|soiree|nuit)",
    "es": "adios|hasta (?:luego|pronto|manana|la vista)|nos vemos|eso es todo|es todo|nada mas|chao|buenas noches",
    "it": "arrivederci|arrivederla|addio|a presto|a dopo|a domani|e tutto|basta cosi|buona (?:giornata|serata|notte)|"
    "ciao ciao",
}
_BESIDE = {  # what may stand before and after it
    "en": "ok|okay|alright|all right|well|so|no|yes|thanks|thank you|very much|so much|a lot|then|for now|for today|"
    "that was|great|good|nice|perfect|from me|assistant|everyone|and|my friend|bye",
    "de": "ok|okay|gut|so|also|ja|nein|danke|danke schon|vielen dank|schonen dank|besten dank|dann|schon|prima|und|"
    "noch|fur heute|erst mal|super",
    "fr": "ok|bon|bien|alors|non|oui|merci|merci beaucoup|beaucoup|dans ce cas|parfait|daccord|et|pour aujourdhui",
    "es": "ok|vale|bueno|pues|no|si|gracias|muchas gracias|muchas|entonces|perfecto|y|por hoy|de acuerdo",
    "it": "ok|va bene|bene|allora|no|si|grazie|grazie mille|mille|molte|perfetto|e|per oggi|ciao",
}
_FAREWELL = re.compile(
    "|".join(
        rf"(?:(?:{_BESIDE[language]}) )*(?:{phrases})(?: (?:{phrases}|{_BESIDE[language]}))*"
        for language, phrases in _PHRASES.items()
    )
)
_LONGEST = 12  # words; also bounds how long the pattern takes


def is_farewell(words: str) -> bool:
    """Whether ``words`` are a goodbye and nothing else, in any of the languages of assistant/spoken."""
    plain = normalised(words)
    return len(plain.split()) <= _LONGEST and _FAREWELL.fullmatch(plain) is not None
