"""espeak's American phonemes as ARPABET, in which the CMU dictionary and ESPnet's English voices are written."""

from __future__ import annotations

import re

_CONSONANTS = {
    **{letter: letter.upper() for letter in "bdfhklmnpstvwz"},
    **{"h": "HH", "tʃ": "CH", "dʒ": "JH", "ʃ": "SH", "ʒ": "ZH", "θ": "TH", "ð": "DH", "ŋ": "NG", "ɡ": "G", "g": "G"},
    **{"j": "Y", "ɹ": "R", "r": "R", "ɾ": "T", "ʔ": "T", "x": "K", "ç": "HH", "ɬ": "L"},
}
_VOWELS = {
    **{"aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "ɔɪ": "OY", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO"},
    **{
        "ɜː": "ER",
        "ɜːɹ": "ER",
        "oː": "AO",
        "æ": "AE",
        "ɛ": "EH",
        "ɪ": "IH",
        "ʊ": "UH",
        "ʌ": "AH",
        "ɔ": "AO",
        "ɑ": "AA",
        "i": "IY",
    },
    **{"u": "UW", "e": "EH", "o": "OW", "a": "AA", "y": "UW", "ɒ": "AA", "ɜ": "ER"},
}
_WEAK = {
    "ə": ("AH0",),
    "ɐ": ("AH0",),
    "ᵻ": ("IH0",),
    "ɚ": ("ER0",),
    "ɚɹ": ("ER0",),
    "n\u0329": ("AH0", "N"),
    "l\u0329": ("AH0", "L"),
}
_MARKS = {",": ",", ";": ",", ":": ",", "—": ",", ".": ".", "…": ".", "!": "!", "?": "?"}
_STRESS = {"ˈ": "1", "ˌ": "2"}
_SYMBOLS = re.compile(
    "|".join(sorted((*_CONSONANTS, *_VOWELS, *_WEAK, *map(re.escape, _MARKS), *_STRESS), key=len, reverse=True))
)


def arpabet(ipa: str) -> list[str]:
    """A word with its punctuation: ``həlˈoʊ,`` becomes HH AH0 L OW1 and a comma. What ARPABET lacks is left out."""
    symbols: list[str] = []
    full: list[int] = []
    stress = ""
    for symbol in _SYMBOLS.findall(ipa):
        if symbol in _STRESS:
            stress = _STRESS[symbol]
        elif symbol in _VOWELS:
            full.append(len(symbols))
            symbols.append(_VOWELS[symbol] + (stress or "0"))
            stress = ""
        elif symbol in _WEAK:
            symbols.extend(_WEAK[symbol])
        else:
            symbols.append(_CONSONANTS.get(symbol) or _MARKS[symbol])
    # Words of one syllable are stressed in the dictionary, and where a voice has learnt no unstressed AY.
    if len(full) == 1 and not any(symbol[-1] in "012" for at, symbol in enumerate(symbols) if at != full[0]):
        symbols[full[0]] = symbols[full[0]].replace("0", "1")
    return symbols
