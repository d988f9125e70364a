"""espeak's phonemes in Kokoro's letters.

Kokoro was trained on misaki's phonemes: IPA with one letter for each English diphthong and affricate (EN_PHONES.md of
that package).
"""

from __future__ import annotations

import re

_IDS = {  # of version 1.0's config.json; what is not among them the model has never seen
    **{symbol: id for id, symbol in enumerate(";:,.!?", start=1)},
    **{symbol: id for id, symbol in enumerate('—…"()“” \u0303ʣʥʦʨᵝꭧAI', start=9)},
    **{"O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42},
    **{symbol: id for id, symbol in enumerate("abcdef", start=43)},
    **{symbol: id for id, symbol in enumerate("hijklmnopqrstuvwxyzɑɐɒæ", start=50)},
    **{"β": 75, "ɔ": 76, "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90},
    **{"ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112, "ɳ": 113, "ɲ": 114, "ɴ": 115},
    **{"ø": 116, "ɸ": 118, "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125, "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131},
    **{"ʈ": 132, "ʧ": 133, "ʊ": 135, "ʋ": 136, "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148},
    **{"ˈ": 156, "ˌ": 157, "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177},
}
_AFFRICATES = (("tʃ", "ʧ"), ("dʒ", "ʤ"))
_DIPHTHONGS = (("aɪ", "I"), ("aʊ", "W"), ("eɪ", "A"), ("oʊ", "O"), ("əʊ", "Q"), ("ɔɪ", "Y"))
_ENGLISH = (
    *(("n\u0329", "ᵊn"), ("l\u0329", "ᵊl"), ("ʔᵊn", "tᵊn"), ("ʔ", "t"), ("ɾ", "T"), ("ɚ", "əɹ"), ("ɐ", "ə")),
    *(("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɬ", "l"), ("ʲ", ""), ("\u0303", "")),
)
_AMERICAN = (("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("e", "A"), ("o", "ɔ"))
_BRITISH = (("eə", "ɛː"), ("iə", "ɪə"), ("e", "A"), ("o", "ɔ"))
_SYLLABIC_L = re.compile("əl(?![ˈˌ]?[aeiouæɑɐɒɔəɛɜɪʊʌᵻAIOQWYjw])")  # "little", not "along"


def tokens(ipa: str, language: str) -> list[int]:
    """The model's, of espeak's IPA of ``language`` (``en-us``, ``fr-fr``) with its punctuation."""
    return [_IDS[symbol] for symbol in mapped(ipa, language) if symbol in _IDS]


def mapped(ipa: str, language: str) -> str:
    """The same in Kokoro's letters."""
    match language:
        case "en-us" | "en-gb":
            ipa = _replaced(ipa, (*_AFFRICATES, *_DIPHTHONGS, *_ENGLISH))
            ipa = _replaced(ipa, _AMERICAN if language == "en-us" else _BRITISH)
            return _SYLLABIC_L.sub("ᵊl", ipa)
        case "it":
            return _replaced(ipa, (("ts", "ʦ"), ("dz", "ʣ"), *_AFFRICATES, *_DIPHTHONGS))
        case _:
            return _replaced(ipa, (*_AFFRICATES, *_DIPHTHONGS, ("-", "")))


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text
