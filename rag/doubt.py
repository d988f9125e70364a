"""What is said before words of which it is not sure that they answer, by language."""

from __future__ import annotations

_DOUBTS = {
    "de": "Ich bin nicht sicher, ob das die Antwort ist.",
    "fr": "Je ne suis pas sûr que ce soit la réponse.",
    "es": "No sé con certeza si esta es la respuesta.",
    "it": "Non so con certezza se questa sia la risposta.",
    "ru": "Не уверен, что это ответ на вопрос.",
    "ar": "لست متأكدا من أن هذا هو الجواب.",
    "zh": "我不确定这是不是答案。",
    "ja": "これが答えかどうかは確かではありません。",
    "hi": "पक्का नहीं कि यही उत्तर है।",
}


def doubt(language: str = "en") -> str:
    """``I am not sure that this answers it.``; English where the language has no sentence of its own."""
    return _DOUBTS.get(language[:2], "I am not sure that this answers it.")
