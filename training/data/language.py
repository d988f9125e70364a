"""Which language a text is in: by its script, and for Latin and Cyrillic letters by its commonest words.

It says nothing rather than guess: short answers ("Paris.", "42") belong to no language.
"""

from __future__ import annotations

import re
from collections import Counter

_WORDS = {
    "English": "the of and to in is that it was for you are with on be this have from or by not what can your an will "
    "there which they we how do my if has would their a as at i but were when who about into more please",
    "German": "der die das und ist nicht ein eine zu den mit von sich auf für dem im wir sie ich auch es wie bei oder "
    "sind wird nach einen kann als aus dass haben aber wenn noch nur über zum zur du bitte mir dir habe "
    "einem einer vom werden unter bis mein dein",
    "French": "le la les des et est une un dans que qui pour pas vous nous sur avec ce cette il elle sont du au aux "
    "par plus je mon votre mais ou être ne se son ses leur comme bien merci c'est d'un d'une était aussi "
    "elles",
    "Spanish": "el la los las de y que es en un una por con para no del se su al lo como más pero sus le ya este esta "
    "está son qué muy sin sobre también me mi hay puede cuando tiene nos usted fue porque",
    "Italian": "il lo la gli le di che è un una per con non del della dei delle nel nella si sono come anche più ma al "
    "alla da questo questa ha ho essere cosa molto mi ti ci sul sulla perché quando suo",
    "Portuguese": "o os as de que e é um uma em para com não do da dos das no na por se mais como mas ao seu sua ou "
    "são você isso este esta foi muito também está pode quando tem meu nos pela pelo",
    "Dutch": "de het een en van is dat in te op zijn met voor niet aan er maar om ook als bij of naar uit door wordt "
    "je ik wij deze dit kan worden heeft hebben wat hoe nog meer over jouw geen",
    "Swedish": "och att det är en ett som på för av med den inte om har till jag du vi kan från men var eller så hur "
    "när ska detta blir sig din min också mycket",
    "Danish": "og at det er en et som på for af med den ikke om har til jeg du vi kan fra men var eller så hvordan når "
    "skal dette bliver sig din min også meget hvad",
    "Polish": "i w na z do nie się jest to że o jak co po od za dla tak czy przez są być może ale tylko lub ten jego "
    "który która które",
    "Turkish": "ve bir bu için ile de da çok olarak daha gibi ne en ama var mı mi değil kadar olan ya sonra her nasıl "
    "ben sen",
    "Indonesian": "yang dan di dari untuk dengan ini itu tidak adalah pada ke dalam akan saya anda bisa juga atau oleh "
    "karena ada lebih seperti apa",
    "Russian": "и в не на что с я он как это по но его к из у за так же от о для все вы мы то если или бы есть быть",
    "Ukrainian": "і в не на що з я він як це по але його до із у за так же від для всі ви ми то якщо або є бути та",
}
_OF_WORD: dict[str, list[str]] = {}
for _language, _text in _WORDS.items():
    for _word in _text.split():
        _OF_WORD.setdefault(_word, []).append(_language)
_OWN_LETTERS = {
    "German": "ß",
    "Spanish": "ñ¿¡",
    "Portuguese": "ãõ",
    "Polish": "łąężśź",
    "Turkish": "ğış",
    "Russian": "ыэё",
    "Ukrainian": "іїєґ",
}
_LETTERS = {language: re.compile(f"[{letters}]") for language, letters in _OWN_LETTERS.items()}
_SCRIPTS = (
    ("Japanese", "\u3040-\u30ff"),
    ("Korean", "\uac00-\ud7af\u1100-\u11ff"),
    ("Chinese", "\u3400-\u9fff"),
    ("Arabic script", "\u0600-\u06ff"),
    ("Hebrew", "\u0590-\u05ff"),
    ("Greek", "\u0370-\u03ff"),
    ("Thai", "\u0e00-\u0e7f"),
    ("Hindi", "\u0900-\u097f"),
    ("Bengali", "\u0980-\u09ff"),
    ("Tamil", "\u0b80-\u0bff"),
    ("Georgian", "\u10a0-\u10ff"),
    ("Armenian", "\u0530-\u058f"),
)
_FOREIGN = re.compile("|".join(f"(?P<s{number}>[{letters}])" for number, (_, letters) in enumerate(_SCRIPTS)))
_ANY_FOREIGN = re.compile(f"[{''.join(letters for _, letters in _SCRIPTS)}]")
_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NAMED = re.compile(
    r"\b(?:translat\w*|transcrib\w*|übersetz\w*|tradu\w*|english|german|french|spanish|italian"
    r"|portuguese|dutch|swedish|danish|polish|turkish|russian|ukrainian|chinese|mandarin|japanese"
    r"|korean|arabic|hebrew|greek|thai|hindi|latin|deutsch|englisch|französisch|spanisch|français"
    r"|anglais|español|inglés)\b",
    re.IGNORECASE,
)


def language(text: str) -> str:
    """Its English name; empty when the text does not tell."""
    if _ANY_FOREIGN.search(text):
        names = (match.lastgroup for match in _FOREIGN.finditer(text))
        scripts = Counter(_SCRIPTS[int(name[1:])][0] for name in names if name)
        if sum(scripts.values()) >= max(3, 0.4 * len(_LETTER.findall(text))):
            return "Japanese" if scripts["Japanese"] else scripts.most_common(1)[0][0]
    words = [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]
    hits = Counter(dict.fromkeys(_WORDS, 0))
    for word in words:
        hits.update(_OF_WORD.get(word, ()))
    for name, letters in _LETTERS.items():
        hits[name] += len(letters.findall(text))
    (first, most), (_, second) = hits.most_common(2)
    return first if most >= 3 and most >= 0.2 * len(words) and most >= 1.5 * second else ""


def asks_for_another(question: str) -> bool:
    """Whether an answer in another language may be just what was asked for."""
    return bool(_NAMED.search(question))
