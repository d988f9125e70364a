"""English names with numbers: rulers, streets, houses."""

from __future__ import annotations

import re

from assistant.spoken.en_numbers import cardinal, ordinal
from assistant.spoken.language import Language
from assistant.spoken.numbers import stop

_RULERS = frozenset(
    """Louis Henry Charles Elizabeth George Edward Richard William James John Paul Pius Benedict Leo Philip Frederick
    Nicholas Alexander Catherine Napoleon Ramses Ramesses Gregory Innocent Peter Mary Francis Ferdinand Otto Wilhelm
    Ptolemy Cleopatra Constantine Justinian Theodosius Clement Urban Boniface Sixtus Julius Harald Olaf Gustav Christian
    Margrethe Haakon Albert Leopold Alfonso Isabella Darius Xerxes Artaxerxes Thutmose Amenhotep Seti Mehmed Murad
    Suleiman Selim Ivan Vladimir Sigismund Casimir Rudolf Joseph Rama Felipe Carlos""".split()
)


def regnal(number: int, name: str) -> str:
    if name in _RULERS and number < 40:
        return f"the {ordinal(number)}"
    if name[:1].isupper() and number in (2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19):
        return cardinal(number)  # Rocky IV; a single letter may be an initial
    return ""


_NO_STREETS = frozenset(
    "A After And As At Because Before But By For From He Her His How If In Is Its Like My Near No Of On Or Our Saint "
    "See She That The Then They This To Visit Was We What When Where Which While Who Why With You Your".split()
)
STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
ROADS = "St|Ave|Rd|Blvd|Dr|Ln|Ct|Street|Avenue|Road|Boulevard|Drive|Lane|Court|Way|Square|Place"


def house(language: Language, match: re.Match) -> str:
    """1600 as sixteen hundred, 221 as two twenty-one."""
    hundreds, rest = divmod(int(match["n"]), 100)
    if hundreds % 10 == 0 and rest < 10:
        return cardinal(int(match["n"]))
    return f"{cardinal(hundreds)} {'hundred' if not rest else f'oh {cardinal(rest)}' if rest < 10 else cardinal(rest)}"


def street(language: Language, match: re.Match) -> str | None:
    """Behind a name ("Elm St."); else it is a saint ("In St. Louis")."""
    if match["name"] in _NO_STREETS:
        return None
    return "Street." if match["next"] else f"Street{stop(match)}"
