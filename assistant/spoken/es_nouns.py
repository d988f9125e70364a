"""The genders of Spanish nouns, which the numbers before them take: doscientas personas, veintiún días."""

from __future__ import annotations

import re

_NO_NOUN = frozenset(
    """a al ante con de del desde en entre hasta o para pero por que se según si sin sobre tras u y e ni es son
        era eran fue fueron está están ha han hay las los el la lo las un una unos unas más menos nos les le me te
        su sus mis tus antes después además quizás jamás ya no como cuando donde siempre nunca también apenas casi
        ahora luego así entonces""".split()
)
_FEMININE = frozenset(
    """noche parte mano foto moto radio flor vez luz voz cruz gente clase frase llave calle tarde nube fuente
        mujer señal imagen serie base torre nave clave nieve llave sede fase torre red pared ley piel miel sal
        cárcel razón raíz nariz perdiz actriz emperatriz matriz coz nuez tos crisis tesis dosis síntesis hipótesis
        orden carne sangre leche muerte suerte corriente superficie especie costumbre cumbre legumbre flota""".split()
)
_MASCULINE = frozenset(
    """
        día problema tema sistema programa idioma mapa clima planeta poema drama esquema dilema síntoma teorema
        diagrama telegrama crucigrama organigrama pentagrama fantasma cometa tranvía sofá papa panda gorila koala
        puma pijama aroma diploma carisma enigma estigma lema trauma plasma cura atleta poeta colega guardia artista
        periodista turista futbolista taxista dentista pianista pilota yoga camión avión juez pez ajedrez""".split()
)
_FEMININE_END = re.compile(r"(?:a|ión|dad|tad|tud|umbre|ez|triz)$")
_SINGULARS = ((r"iones$", "ión"), (r"(?<=[dt])(?:ades)$", "ad"), (r"udes$", "ud"), (r"eces$", "ez"), (r"oces$", "oz"),
    (r"uces$", "uz"), (r"ices$", "iz"), (r"ones$", "ón"))  # fmt: skip


def _singulars(word: str) -> list[str]:
    forms = [word[:-1], word[:-2]] if word.endswith("es") else [word[:-1]]
    return forms + [re.sub(pattern, end, word) for pattern, end in _SINGULARS if re.search(pattern, word)]


def gender_of(word: str) -> str:
    """A plural noun ends in s; before any other word only "un" and "una" are in doubt."""
    word = word.lower().split()[0]
    if word in _NO_NOUN or word.endswith(("ó", "á")):
        return ""
    plural = word.endswith("s") and word not in ("crisis", "tesis", "dosis", "tos", "mes")
    forms = _singulars(word) if plural else [word]
    feminine = any(form in _FEMININE for form in forms) or (
        not any(form in _MASCULINE for form in forms)
        and any(_FEMININE_END.search(form) for form in (forms[:1] if plural and not word.endswith("es") else forms))
    )
    return ("f" if feminine else "m") + ("" if plural else "1")
