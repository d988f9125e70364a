"""What is said to people who talk in a language that the bundled model does not know: it would answer in English, and
nonsense. Where their commands are understood in it, that is said, too."""

from __future__ import annotations

from assistant.skills import Action, Here
from assistant.skills.words.languages import LANGUAGES
from rag import language as spoken

_SAID = {
    "de": "Mein Sprachmodell versteht nur Englisch. Timer, Einkaufsliste, Uhrzeit und Rechnen gehen auch auf Deutsch. "
    "Ein Modell, das Deutsch kann, findest du mit dem Befehl assistant models.",
    "fr": "Mon modèle de langue ne comprend que l'anglais. Les minuteurs, la liste de courses, l'heure et les calculs "
    "marchent aussi en français. La commande assistant models montre des modèles qui parlent français.",
    "es": "Mi modelo de lenguaje solo entiende inglés. Los temporizadores, la lista de la compra, la hora y las "
    "cuentas funcionan también en español. La orden assistant models muestra modelos que hablan español.",
    "it": "Il mio modello linguistico capisce solo l'inglese. Timer, lista della spesa, ora e calcoli funzionano anche "
    "in italiano. Il comando assistant models mostra modelli che parlano italiano.",
    "pt": "O meu modelo de linguagem só entende inglês. O comando assistant models mostra modelos que falam português.",
    "nl": "Mijn taalmodel begrijpt alleen Engels. Het commando assistant models toont modellen die Nederlands spreken.",
    "ru": "Моя языковая модель понимает только английский. Команда assistant models покажет модели, которые говорят "
    "по-русски.",
    "ar": "نموذجي اللغوي يفهم الإنجليزية فقط. يعرض الأمر assistant models نماذج تتكلم العربية.",
    "hi": "मेरा भाषा मॉडल केवल अंग्रेज़ी समझता है। assistant models आदेश हिन्दी बोलने वाले मॉडल दिखाता है।",
    "zh": "我的语言模型只懂英语。命令 assistant models 会列出会说中文的模型。",
    "ja": "私の言語モデルは英語しか分かりません。assistant models というコマンドで日本語を話すモデルが見られます。",
}
_OTHER = "My language model understands English only. The command assistant models shows those that speak more."
_AGAIN = {
    "de": "Das geht leider nur auf Englisch.",
    "fr": "Cela ne marche malheureusement qu'en anglais.",
    "es": "Eso, por desgracia, solo en inglés.",
    "it": "Purtroppo questo funziona solo in inglese.",
}
_FEW = 6  # words, of which nobody can tell for sure the language
_OTHER_AGAIN = "I can answer that in English only."


def answer(words: str, language: str, here: Here) -> Action | None:
    """``language``: what the words were taken for. None = a language model may answer."""
    if not here.only_english or here.documents is not None:
        return None
    code = spoken.surely_foreign(words) or (language if len(words.split()) > _FEW else "")
    if code in ("", "en"):
        return None
    said = _SAID.get(code, _OTHER)
    if here.heard and code not in LANGUAGES:
        said = _OTHER  # the voice may not read that script
    again = _OTHER_AGAIN if said == _OTHER else _AGAIN.get(code, said)

    async def varied() -> str:
        return again if here.controls.last_reply() == said else said

    return Action(said, varied, keep_history=False)
