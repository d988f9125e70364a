"""Spanish, as it is read in Spain."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.spoken import romance, weekdays
from assistant.spoken.es_nouns import gender_of
from assistant.spoken.language import Currency, Language, Noun, Rule, Terms, nouns, pairs
from assistant.spoken.numbers import START
from assistant.spoken.romance import DIGITS, SPACE
from assistant.spoken.signs import roman

_SMALL = """
    cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete
    dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete
    veintiocho veintinueve""".split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = """ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos
    novecientos""".split()
_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
_NUMBERED_MONTHS = romance.months(
    _MONTHS, "ene 1; feb 2; abr 4; jun 6; jul 7; ago 8; sept 9; oct 10; nov 11; dic 12; setiembre 9"
)
_ONES = "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo undécimo duodécimo".split()
_ORDINAL_TENS = """décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo
    nonagésimo""".split()
_ORDINAL_HUNDREDS = "cent ducent tricent cuadringent quingent sexcent septingent octingent noningent".split()


def cardinal(number: int, gender: str = "") -> str:
    """``gender``: m, f, or m1, f1 before a noun that only one can stand before; empty = no noun follows."""
    if gender.endswith("1"):
        gender = gender[0] if number == 1 else ""
    if number >= 10**6:
        for value, one, many in ((10**12, "billón", "billones"), (10**6, "millón", "millones")):
            if number >= value:
                count, rest = divmod(number, value)
                words = f"un {one}" if count == 1 else f"{cardinal(count, 'm')} {many}"
                return f"{words} {cardinal(rest, gender)}" if rest else words
    count, rest = divmod(number, 1000)
    if not count:
        return _hundreds(number, gender)
    words = "mil" if count == 1 else f"{_hundreds(count, gender or 'm')} mil"
    return f"{words} {_hundreds(rest, gender)}" if rest else words


def _hundreds(number: int, gender: str) -> str:
    if number == 100:
        return "cien"
    hundreds, rest = divmod(number, 100)
    words = _HUNDREDS[hundreds - 1] if hundreds else ""
    if hundreds > 1 and gender == "f":
        words = words[:-2] + "as"
    return f"{words} {_tens(rest, gender)}".strip() if rest or not hundreds else words


def _tens(number: int, gender: str) -> str:
    words = _SMALL[number] if number < 30 else _TENS[number // 10 - 3]
    if number > 30 and number % 10:
        words += f" y {_SMALL[number % 10]}"
    if number % 10 == 1 and number != 11 and gender:
        words = f"{words[:-1]}a" if gender == "f" else "veintiún" if number == 21 else words[:-1]
    return words


def ordinal(number: int, gender: str = "") -> str:
    """``gender``: m, f, or ``short`` for "primer" and "tercer"."""
    parts = []
    if number >= 1000 or number == 0:
        if number != 1000:
            return cardinal(number)
        parts = ["milésimo"]
    elif number % 100 == 0:
        parts = [_ORDINAL_HUNDREDS[number // 100 - 1] + "ésimo"]
    elif number > 100:
        return f"{ordinal(number - number % 100, 'f' if gender == 'f' else 'm')} {ordinal(number % 100, gender)}"
    elif number <= 12:
        parts = [_ONES[number - 1]]
    else:
        tens, ones = divmod(number, 10)
        parts = [_ORDINAL_TENS[tens - 1], *([_ONES[ones - 1]] if ones else [])]
        if tens == 1 and ones:
            parts = ["decimo" + parts[1].removeprefix("o")]
    if gender == "f":
        parts = [f"{part[:-1]}a" for part in parts]
    if gender == "short" and parts[-1].endswith(("primero", "tercero")):
        parts[-1] = parts[-1][:-1]
    return " ".join(parts)


def _fraction(top: int, bottom: int) -> str | None:
    if bottom > 100 and bottom != 1000:
        return None
    if bottom in (2, 3):
        name = {2: "medio", 3: "tercio"}[bottom]
    elif bottom <= 10 or bottom >= 100:
        name = ordinal(bottom)
    else:
        stem = cardinal(bottom, "m").replace(" y ", "i").translate(str.maketrans("óéú", "oeu"))
        name = f"{stem.removesuffix('a')}avo"
    return f"{cardinal(top, 'm')} {name}{'s' if top > 1 else ''}"


def _date(day: int, month: int, year: int | None, before: str) -> str:
    words = f"{cardinal(day)} de {_MONTHS[month - 1]}"
    return f"{words} de {cardinal(year)}" if year is not None else words


def _time(hour: int, minute: int, second: int | None, clock: str) -> str:
    words = cardinal(hour, "f")
    if minute:
        words += f" {'y ' if minute < 10 else ''}{cardinal(minute)}"
    if second:
        words += f" y {cardinal(second, 'm')} segundo{'s' if second > 1 else ''}"
    if clock[:1] in ("a", "p"):
        return f"{words} {_half(hour, clock)}"
    if clock and not minute:
        words += " hora" if hour == 1 else " horas"
    return words


def _half(hour: int, clock: str) -> str:
    if clock[0] == "a":
        return "de la noche" if hour == 12 else "de la mañana"
    return "del mediodía" if hour == 12 else "de la tarde" if hour < 8 else "de la noche"


def _cents(units: str, cents: int, noun: Noun) -> str:
    if cents < 10:
        return f"{units} con {cardinal(cents, noun.gender)} {noun.one if cents == 1 else noun.many}"
    return f"{units} con {cardinal(cents)}"


_MILLIONS = re.compile(r"(?:millón|millones|billón|billones)$")


def _joined(words: str, noun: str) -> str:
    return f"{words} de {noun}" if _MILLIONS.search(words) else f"{words} {noun}"


def _scaled(amount: str, scale: str, noun: Noun) -> str:
    return f"{amount} {scale} {noun.many if scale == 'mil' else f'de {noun.many}'}"


_RULERS = frozenset(
    """Felipe Alfonso Carlos Juan Pablo Pedro Luis Fernando Isabel Enrique Sancho Ramiro Jaime Jorge Eduardo
        Guillermo Ricardo Napoleón Federico Francisco Benedicto Pío León Gregorio Inocencio Clemente Urbano
        Bonifacio Julio Sixto Alejandro Nicolás Catalina Cristina Victoria Juana María Ana Margarita Beatriz
        Urraca Leonor Blanca Petronila Amadeo José Leopoldo Balduino Alberto Otón Ramsés Ptolomeo Constantino
        Teodosio Abderramán Maximiliano Rodolfo Jacobo Manuel Sebastián Iván Gustavo Cristián Hugo Mohamed Hasán
        Abdalá Adriano Calixto Celestino Martín Paulo Ordoño Bermudo García Teobaldo Ramón Berenguer""".split()
)


def _regnal(number: int, name: str) -> str:
    if name in _RULERS and number < 40:
        feminine = name.endswith("a") or name in ("Isabel", "Beatriz", "Leonor")
        return ordinal(number, "f" if feminine else "m") if number <= 10 else cardinal(number)
    return cardinal(number) if name[:1].isupper() and 1 < number < 40 and number not in (5, 10) else ""


def _numbered(number: int, word: str) -> str:
    if number <= 10:
        return ordinal(number, "f" if gender_of(word)[:1] == "f" else "m")
    return cardinal(number)


def _edition(number: int, word: str) -> str:
    if number >= 100:
        return cardinal(number)
    words = ordinal(number, gender_of(word)[:1])
    if gender_of(word)[:1] == "m" and number % 10 in (1, 3):
        words = ordinal(number, "short")
    return words.capitalize() if word[0].isupper() else words


_ENDINGS = {
    **dict.fromkeys((".º", "º", ".o", ".°", "ro", "do", "to", "mo", "vo", "no"), "m"),
    **dict.fromkeys((".ª", "ª", ".a", "ra", "da", "ta", "ma", "va", "na"), "f"),
    **dict.fromkeys((".er", "er", ".ᵉʳ"), "short"),
    **dict.fromkeys((".os", ".ºˢ"), "ms"),
    **dict.fromkeys((".as",), "fs"),
}


def _ordinal(number: int, ending: str) -> str:
    plural = ending.endswith("s") and len(ending) == 2
    return ordinal(number, ending[0] if plural else ending) + ("s" if plural else "")


def _clock(language: Language, match: re.Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 or minute > 59:
        return None
    return _time(hour, minute, None, (match["half"] or "").lower())


def _half_of(gender: str) -> str:
    return {"m": "medio ", "f": "media "}.get(gender[:1], "").strip()


def _small_capitals(language: Language, match: re.Match) -> str:
    return _numbered(roman(match["claim"].upper()), "siglo")


_TERMS = Terms(
    point="coma", minus="menos", plus="más", to="a", about="aproximadamente", number="número", percent="por ciento",
    permille="por mil", per="por", power="elevado a {}", over="sobre", root="raíz de",
    cube_root="raíz cúbica de", by="por", ratio="a", score="a", dot="punto", slash="barra", backslash="barra invertida",
    dash="guion", underscore="guion bajo", at="arroba", hashtag="almohadilla", colon="dos puntos",
    formula="una fórmula", link="un enlace", index="sub", version="versión",
)  # fmt: skip

_UNITS = {
    **nouns("""
        km kilómetro; m metro; dm decímetro; cm centímetro; mm milímetro; µm micrómetro; nm nanómetro; kg kilo; g
        gramo; mg miligramo; µg microgramo; km/h kilómetro_por_hora kilómetros_por_hora; kph kilómetro_por_hora
        kilómetros_por_hora; m/s metro_por_segundo metros_por_segundo; m² metro_cuadrado metros_cuadrados; m2
        metro_cuadrado metros_cuadrados; km² kilómetro_cuadrado kilómetros_cuadrados; km2 kilómetro_cuadrado
        kilómetros_cuadrados; cm² centímetro_cuadrado centímetros_cuadrados; m³ metro_cúbico metros_cúbicos; m3
        metro_cúbico metros_cúbicos; cm³ centímetro_cúbico centímetros_cúbicos; hab. habitante; hab./km²
        habitante_por_kilómetro_cuadrado habitantes_por_kilómetro_cuadrado; l litro; L litro; dl decilitro; cl
        centilitro; ml mililitro; mL mililitro; min minuto; seg segundo; _s segundo; ms milisegundo; ° grado; °C
        grado_Celsius grados_Celsius; ℃ grado_Celsius grados_Celsius; °F grado_Fahrenheit grados_Fahrenheit; _K
        kelvin; kB kilobyte; KB kilobyte; MB megabyte; GB gigabyte; TB terabyte; kbps kilobit_por_segundo
        kilobits_por_segundo; Mbps megabit_por_segundo megabits_por_segundo; Gbps gigabit_por_segundo
        gigabits_por_segundo; Mbit/s megabit_por_segundo megabits_por_segundo; Gbit/s gigabit_por_segundo
        gigabits_por_segundo; Hz hercio; kHz kilohercio; MHz megahercio; GHz gigahercio; W vatio; kW kilovatio; MW
        megavatio; GW gigavatio; Wh vatio_hora vatios_hora; kWh kilovatio_hora kilovatios_hora; MWh megavatio_hora
        megavatios_hora; V voltio; kV kilovoltio; _A amperio; mA miliamperio; mAh miliamperio_hora
        miliamperios_hora; Ω ohmio; J julio; kJ kilojulio; Pa pascal pascales; hPa hectopascal hectopascales; kPa
        kilopascal kilopascales; bar bar bares; dB decibelio; px píxel píxeles; CV caballo""", "m"),
    **nouns("""
        _t tonelada; atm atmósfera; lb libra; cda. cucharada; cdas. cucharada; cdta. cucharadita; cdtas.
        cucharadita; mph milla_por_hora millas_por_hora; _h hora; ha hectárea; cal caloría; kcal kilocaloría;
        ppm parte_por_millón partes_por_millón""", "f"),
}  # fmt: skip

_CENT = Noun("céntimo", "céntimos", "m")
_CURRENCIES = {
    **dict.fromkeys(("€", "EUR"), Currency(Noun("euro", "euros", "m"), _CENT)),
    **dict.fromkeys(("US$", "$", "USD"), Currency(Noun("dólar", "dólares", "m"), Noun("centavo", "centavos", "m"))),
    **dict.fromkeys(("£", "GBP"), Currency(Noun("libra", "libras", "f"), Noun("penique", "peniques", "m"))),
    **dict.fromkeys(("¥", "JPY"), Currency(Noun("yen", "yenes", "m"))),
    "CHF": Currency(Noun("franco suizo", "francos suizos", "m"), _CENT),
    "MXN": Currency(Noun("peso mexicano", "pesos mexicanos", "m"), Noun("centavo", "centavos", "m")),
    "₹": Currency(Noun("rupia", "rupias", "f")),
}
_CENTURY_WORDS = (
    r"[Ss]iglos?|s\.|[Cc]apítulo|CAPÍTULO|[Tt]omo|[Ll]ibro|[Aa]cto|[Pp]arte|[Vv]olumen|[Tt]ítulo|[Aa]nexo|[Ee]scena"
)
_EDITIONS = (
    "[Gg]uerra|[Rr]epública|[Cc]ongreso|[Ff]eria|[Ee]dición|[Aa]niversario|[Ff]estival|[Cc]ertamen|[Jj]ornada|"
    "[Dd]inastía|[Ii]nternacional|[Cc]umbre|[Cc]oncurso|[Pp]remio|[Cc]oncilio|[Ee]ncuentro|[Cc]entenario|[Cc]opa|[Pp]lan"
)
_NUMBER = r"(?=\s?\d)"

_RULES = (
    romance.words(
        {"pág.": "página", "págs.": "páginas", "pp.": "páginas", "p.": "página", "Vol.": "volumen", "n.º": "número",
         "N.º": "número", "nº": "número", "n°": "número", "núm.": "número", "núms.": "números", "art.": "artículo",
         "arts.": "artículos", "cap.": "capítulo", "vol.": "volumen", "fig.": "figura", "tel.": "teléfono",
         "tel.:": "teléfono:"},
        _NUMBER),
    romance.words(
        {"D.": "don", "D.ª": "doña", "Dña.": "doña", "C/": "calle", "c/": "calle", "Avda.": "avenida", "Av.": "avenida",
         "Pza.": "plaza", "Sto.": "santo", "Sta.": "santa", "S.": "san"},
        r"\s?(?:de(?:l| la| los| las)? )?[A-ZÁÉÍÓÚÑ][a-zà-ÿ]"),
    Rule("m", rf"{START}(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d))?{SPACE}?(?P<half>[ap]\.? ?m\.?)(?!\w)", _clock),
    Rule("h", rf"{START}(?P<hour>\d{{1,2}})\.(?P<minute>\d\d)(?P<half>) ?hs?(?!\w)", _clock),
    Rule(".", r"\blas? (?P<claim>(?P<hour>\d{1,2})\.(?P<minute>\d\d)(?P<half>))(?![\w%]|[.,]\d)", _clock),
    Rule(DIGITS, r"(?<![\w/])24/7(?![\w/])", lambda language, match: "veinticuatro siete"),
    romance.telephones(r"[6-9]\d\d \d{3} \d{3}|[6-9]\d\d(?: \d\d){3}|9\d \d{3} \d\d \d\d|[6-9]\d{8}"),
    romance.ordinals(_ENDINGS, _ordinal),
    romance.roman_after(_CENTURY_WORDS, _numbered),
    Rule("$", r"\$ ?(?=\d[\d.,]{0,20} (?:mil(?:lones)? (?:de )?)?pesos)", lambda language, match: ""),
    Rule("ivx", r"\b[Ss]iglo (?P<claim>[ivx]{1,6})(?!\w)", _small_capitals),
    Rule("s", r"(?<!\w)s\.(?= \ue000)", lambda language, match: "siglo"),
    romance.roman_follows("y|e|a|al", _numbered),
    romance.roman_before(_EDITIONS, _edition),
    romance.days(_NUMBERED_MONTHS, " de "),
    *romance.day_months("el |del |al |lunes |martes |miércoles |jueves |viernes |sábado |domingo "),
    romance.parts(_UNITS, _half_of, lambda noun: f"de {noun}"),
    *weekdays.rules(
        "lun lunes; mar martes; mié miércoles; jue jueves; vie viernes; sáb sábado; dom domingo",
        "el|del|al|de|a|los|y"),
    romance.marks("sobre", "nota|puntuaci|puntaje|calific|valora|sac|obt|resultado", "de|del"),
    romance.versions(),
    romance.millions(lambda noun: " de " if noun.endswith("s") else " "),
    romance.inches("pulgada", "pulgadas", "f"),
    romance.ampersand("y"),
    romance.halves(_half_of),
)  # fmt: skip

_POINT: dict[str, object] = {
    "terms": replace(_TERMS, point="punto"),
    "decimal_mark": ".",
    "other_mark": "",
    "group_marks": ",\u00a0\u202f ",
}
_PESO: dict[str, object] = {
    "currencies": {**_CURRENCIES, "$": Currency(Noun("peso", "pesos", "m"), Noun("centavo", "centavos", "m"))}
}
_REGIONS: dict[str, dict[str, object]] = {
    **dict.fromkeys("us pr gt hn ni sv pa pe".split(), _POINT),
    **dict.fromkeys("mx do".split(), {**_POINT, **_PESO}),
    **dict.fromkeys("ar cl co uy cu".split(), _PESO),
}

LANGUAGE = Language(
    terms=_TERMS,
    cardinal=cardinal,
    ordinal=ordinal,
    fraction=_fraction,
    mixed=romance.mixed(cardinal, _fraction, "y", "medio"),
    date=_date,
    time=_time,
    cents=_cents,
    decimals=romance.decimals(cardinal),
    decimal_mark=",",
    other_mark=".",
    group_marks=".\u00a0\u202f ",
    months=_NUMBERED_MONTHS,
    day_mark=" (?:de )?",
    year_mark=" (?:de |del )?",
    clock="horas|hs?",
    units=_UNITS,
    currencies=_CURRENCIES,
    scales={
        **dict.fromkeys(("millón", "millones", "M", "mill."), Noun("millón", "millones", "m")),
        **dict.fromkeys(("billón", "billones"), Noun("billón", "billones", "m")),
        "mil": Noun("mil", "mil", "m"),
        "k": Noun("mil", "mil", "m"),
    },
    scaled=_scaled,
    joined=_joined,
    powers={2: "al cuadrado", 3: "al cubo"},
    signs=pairs("""
        × por; ÷ dividido entre; ≈ aproximadamente; ≠ distinto de; ≤ menor o igual que; ≥ mayor o igual que; → a;
        ⇒ entonces; ← desde; √ raíz de; ∞ infinito; π pi; ± más menos; ∑ la suma de; ∫ la integral de; ∈ pertenece
        a; ° grados; § párrafo; ™; ®; © copyright; α alfa; β beta; γ gamma; δ delta; Δ delta; ε épsilon; θ zeta; λ
        lambda; μ mi; σ sigma; Σ sigma; φ fi; ω omega; Ω omega; ρ ro; τ tau; № número; ∀ para todo; ∃ existe"""),
    operators=pairs("""
        = igual a; == igual a; != distinto de; + más; < menor que; > mayor que; <= menor o igual que; >= mayor o
        igual que; -> a; => entonces; * por"""),
    symbols=pairs("""
        sin seno; cos coseno; tan tangente; log logaritmo; ln logaritmo neperiano; lim el límite; ! factorial"""),
    abbreviations=pairs("""
        Sr. señor; Sra. señora; sr. señor; sra. señora; dr. doctor; dra. doctora; Sr señor; Sra señora; Srta.
        señorita; Sres. señores; Sras. señoras; Dr. doctor; Dra. doctora; Dres. doctores; Ud. usted; Uds. ustedes;
        Vd. usted; Vds. ustedes; p._ej. por ejemplo; P._ej. Por ejemplo; etc. etcétera; aprox. aproximadamente;
        Aprox. Aproximadamente; EE._UU. Estados Unidos; EE.UU. Estados Unidos; EEUU. Estados Unidos; a._C. antes de
        Cristo; a.C. antes de Cristo; d._C. después de Cristo; d.C. después de Cristo; avda. avenida; av. avenida; prof.
        profesor; Prof. profesor; profa. profesora; máx. máxima; mín. mínima; Tel. Teléfono; tel. teléfono;
        Sto. Santo; Sta. Santa; Ing. ingeniero; Lic. licenciado; c/u cada uno; vs. contra; ed. edición; Excmo.
        excelentísimo; Excma. excelentísima; Gral. general; Cía. compañía; cía. compañía; admón. administración; dpto.
        departamento; izda. izquierda; dcha. derecha"""),
    numbered=r"[Ff]ase|[Tt]ipo|[Cc]lase|[Nn]ivel|[Ss]ección|[Aa]rtículo|[Tt]emporada|[Ee]pisodio|[Gg]rupo|[Cc]anto",
    regnal=_regnal,
    gender_of=gender_of,
    score_words=r"gan[óa]n?|ganaron|perdió|perdieron|pierden?|derrotó|vencieron|empate|empató|empataron|partido|marcador|set|venció|victoria|derrota|goles",
    sum_words="cuántos?|es|son|igual|calcula|resta|menos",
    rules=_RULES,
    regions=_REGIONS,
)  # fmt: skip
