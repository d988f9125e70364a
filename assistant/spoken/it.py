"""Italian."""

from __future__ import annotations

import re

from assistant.spoken import romance, weekdays
from assistant.spoken.language import Currency, Language, Noun, Rule, Terms, nouns, pairs
from assistant.spoken.numbers import START
from assistant.spoken.romance import SPACE

_SMALL = """zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici
    diciassette diciotto diciannove""".split()
_TENS = "venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split()
_MONTHS = """gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre""".split()
_NUMBERED_MONTHS = romance.months(
    _MONTHS, "genn 1; gen 1; febbr 2; feb 2; apr 4; giu 6; lug 7; ago 8; sett 9; set 9; ott 10; nov 11; dic 12"
)
_ONES = "primo secondo terzo quarto quinto sesto settimo ottavo nono decimo".split()


def cardinal(number: int, gender: str = "") -> str:
    """``gender``: m, f, s (before "studente"); it matters for one only."""
    if number == 1 and gender:
        return {"m": "un", "f": "una", "s": "uno"}[gender]
    parts = []
    for value, one, many in (
        (10**12, "bilione", "bilioni"),
        (10**9, "miliardo", "miliardi"),
        (10**6, "milione", "milioni"),
    ):
        count, number = divmod(number, value)
        if count:
            parts.append(f"un {one}" if count == 1 else f"{cardinal(count)} {many}")
    if number or not parts:
        words = _thousands(number)
        accented = words.endswith("tre") and words != "tre"
        parts.append(words[:-1] + "é" if accented else words)
    return " ".join(parts)


def _thousands(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _hundreds(rest)
    words = "mille" if thousands == 1 else f"{_hundreds(thousands)}mila"
    return words + (_hundreds(rest) if rest else "")


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = ("" if hundreds == 1 else _SMALL[hundreds]) + "cento" if hundreds else ""
    if not rest and hundreds:
        return words
    if rest < 20:
        return words + _SMALL[rest]
    tens, ones = _TENS[rest // 10 - 2], rest % 10
    if 80 <= rest < 90 and words:
        words = words[:-1]
    if ones in (1, 8):
        tens = tens[:-1]
    return words + tens + (_SMALL[ones] if ones else "")


def ordinal(number: int, gender: str = "") -> str:
    if 1 <= number <= 10:
        words = _ONES[number - 1]
    else:
        stem = cardinal(number).removeprefix("un ").replace(" ", "").replace("tré", "tree")
        stem = re.sub(r"mil(?:le|la|a)$", "mill", stem) if number % 1000 == 0 else stem
        words = stem + "esimo" if stem.endswith(("sei", "mill")) else f"{stem[:-1]}esimo"
    return words[:-1] + "a" if gender == "f" else words


def _fraction(top: int, bottom: int) -> str | None:
    if bottom > 20 and bottom not in (100, 1000):
        return None
    name = "mezzo" if bottom == 2 else ordinal(bottom)
    return f"{cardinal(top, 'm')} {name if top == 1 else f'{name[:-1]}i'}"


def _date(day: int, month: int, year: int | None, before: str) -> str:
    words = f"{'primo' if day == 1 else cardinal(day)} {_MONTHS[month - 1]}"
    return f"{words} {cardinal(year)}" if year is not None else words


def _time(hour: int, minute: int, second: int | None, clock: str) -> str:
    words = cardinal(hour, "f" if hour == 1 else "")
    if minute:
        words += f" e {cardinal(minute)}"
    if second:
        words += f" e {cardinal(second, 'm')} second{'o' if second == 1 else 'i'}"
    return words


def _cents(units: str, cents: int, noun: Noun) -> str:
    if cents < 10:
        return f"{units} e {cardinal(cents, noun.gender)} {noun.one if cents == 1 else noun.many}"
    return f"{units} e {cardinal(cents)}"


def _joined(words: str, noun: str) -> str:
    if re.search(r"(?:milion|miliard|bilion)[eio]$", words):
        return f"{words} di {noun}"
    return f"un'{noun}" if words == "una" and noun[0] in "aeiou" else f"{words} {noun}"


def _scaled(amount: str, scale: str, noun: Noun) -> str:
    return f"{amount}mila {noun.many}" if scale == "mila" else f"{amount} {scale} di {noun.many}"


_NO_NOUN = frozenset(
    """a al alla alle ai ad con da dal dalla de del della dei delle di e ed è era in nel nella o od oppure per
        più meno su sul sulla tra fra che chi come dove quando non se ma poi anche ancora già ha hanno sono si ci
        vi ne lo la il i gli le un una uno contro verso fino sotto sopra dopo prima quasi solo mai""".split()
)
_FEMININE = frozenset(
    """notte parte mano luce voce chiave classe madre moglie carne neve nave pelle sede fine gente auto foto moto
        radio canzone frase arte base valle torre croce pace legge lente rete sete fame febbre fronte ape specie
        serie crisi tesi analisi ipotesi oasi email app bici metro mente morte sorte corte stazione ragione
        regione prigione stagione chat superficie nazione tastiera""".split()
)
_MASCULINE = frozenset(
    """problema tema sistema programma clima pianeta poema dramma schema dilemma teorema diagramma telegramma
        fantasma cinema papa poeta atleta artista turista giornalista pilota collega boia gorilla panda koala
        aroma diploma enigma trauma plasma""".split()
)
_FEMININE_END = re.compile(r"(?:a|zione|sione|gione|tà|tù|trice|tudine)$")
_UNO = re.compile(r"s[bcdfghklmnpqrtvz]|z|ps|pn|gn|x|y|i[aeou]")


def _gender(word: str) -> str:
    word = word.lower().split()[0]
    if word in _NO_NOUN:
        return ""
    if word in _FEMININE or (_FEMININE_END.search(word) and word not in _MASCULINE):
        return "f"
    if word[-1] not in "aeiou":
        return "m" if word[-1].isalpha() and word[-1] not in "àèéìòù" else ""
    return "s" if _UNO.match(word) else "m"


_RULERS = frozenset(
    """Vittorio Emanuele Umberto Luigi Carlo Enrico Filippo Elisabetta Giovanni Paolo Pio Leone Benedetto
        Gregorio Innocenzo Clemente Urbano Bonifacio Federico Napoleone Francesco Ferdinando Giacomo Giorgio
        Edoardo Guglielmo Riccardo Alfonso Alberto Amedeo Ottone Corrado Ruggero Manfredi Roberto Cosimo Lorenzo
        Ercole Nicola Nicolò Pietro Alessandro Giulio Sisto Callisto Celestino Caterina Cristina Maria Vittoria
        Margherita Isabella Giovanna Ludovico Massimiliano Rodolfo Giuseppe Leopoldo Ramsete Tolomeo Costantino
        Teodosio Ivan Gustavo Martino Adriano Onorio Eugenio Silvestro Niccolò Anna Bianca Matilde Cleopatra
        Emanuel Amenofi Seti Ranieri Baldovino Alessio Michele Basilio Juan Felipe""".split()
)
_MASCULINE_RULERS = frozenset(("Nicola", "Andrea", "Luca", "Enea"))


def _regnal(number: int, name: str) -> str:
    if name in _RULERS and number < 40:
        feminine = name.endswith("a") and name not in _MASCULINE_RULERS
        return ordinal(number, "f" if feminine or name == "Matilde" else "m")
    return cardinal(number) if name[:1].isupper() and 1 < number < 40 and number not in (5, 10) else ""


def _numbered(number: int, word: str) -> str:
    return ordinal(number, "f" if word.lower() in ("scena", "parte", "sezione", "stagione") else "m")


def _edition(number: int, word: str) -> str:
    return ordinal(number, "f" if _gender(word) == "f" else "m")


_ENDINGS = {
    **dict.fromkeys(("º", "ᵒ"), "m"),
    **dict.fromkeys(("ª", "ᵃ"), "f"),
    **dict.fromkeys(("i", "ⁱ"), "mi"),
    **dict.fromkeys(("e",), "fe"),
}


def _ordinal(number: int, ending: str) -> str:
    words = ordinal(number, ending[0])
    return words[:-1] + ending[1] if len(ending) > 1 else words


def _clock(language: Language, match: re.Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    return _time(hour, minute, None, "") if hour <= 24 and minute <= 59 else None


def _half_of(gender: str) -> str:
    return {"m": "mezzo", "s": "mezzo", "f": "mezza"}.get(gender, "")


def _elided(language: Language, match: re.Match) -> str | None:
    gender = _gender(match["noun"])
    return {"f": "un'", "m": "un ", "s": "uno "}.get(gender)


_NO_FROM = frozenset("da dal dai dalle di del dei della delle tra fra per ore il lo la i gli le al allo fino".split())


def _range(language: Language, match: re.Match) -> str | None:
    """ "pagine 12-15": da dodici a quindici."""
    before, after = match["before"].lower(), match.string[match.end() : match.end() + 40]
    around = match.string[max(0, match.start() - 60) : match.start()] + before + after
    no_range = before in _NO_FROM
    if no_range or int(match["first"]) >= int(match["end"]) or re.search(rf"(?i)\b(?:{_RESULTS})\b", around):
        return None
    return " da "


def _aged(language: Language, match: re.Match) -> str:
    """18enne"""
    words = cardinal(int(match["n"])).replace("tré", "tree")
    return f"{words if words.endswith('sei') else words[:-1]}{match['end']}"


def _dictated(language: Language, number: str) -> str:
    """With a pause after each group; those that are written in one piece are parted."""
    groups = []
    for group in re.findall(r"\d+", number):
        pieces = {7: r"^\d{3}|\d{4}", 8: r"\d{4}", 10: r"\d{3}(?=\d{4})|\d{4}$"}.get(len(group), r"\d+")
        groups += re.findall(pieces, group)
    return ", ".join(language.digits(group) for group in groups)


_TERMS = Terms(
    point="virgola", minus="meno", plus="più", to="a", about="circa", number="numero", percent="per cento",
    permille="per mille", per="al", power="elevato a {}", over="fratto", root="radice di", cube_root="radice cubica di",
    by="per", ratio="a", score="a", dot="punto", slash="barra", backslash="barra inversa", dash="trattino",
    underscore="trattino basso", at="chiocciola", hashtag="hashtag", colon="due punti", formula="una formula",
    link="un link", index="con", version="versione",
)  # fmt: skip

_UNITS = {
    **nouns("""
        km chilometro chilometri; m metro metri; dm decimetro decimetri; cm centimetro centimetri; mm millimetro
        millimetri; µm micrometro micrometri; nm nanometro nanometri; kg chilo chili; hg etto etti; g grammo
        grammi; mg milligrammo milligrammi; µg microgrammo microgrammi; km/h chilometro_orario chilometri_orari;
        mph miglio_orario miglia_orarie; m/s metro_al_secondo metri_al_secondo; mq metro_quadrato metri_quadrati;
        m² metro_quadrato metri_quadrati; m2 metro_quadrato metri_quadrati; km² chilometro_quadrato
        chilometri_quadrati; kmq chilometro_quadrato chilometri_quadrati; cm² centimetro_quadrato
        centimetri_quadrati; m³ metro_cubo metri_cubi; m3 metro_cubo metri_cubi; mc metro_cubo metri_cubi; cm³
        centimetro_cubo centimetri_cubi; ab. abitante abitanti; ab./km² abitante_per_chilometro_quadrato
        abitanti_per_chilometro_quadrato; ha ettaro ettari; l litro litri; L litro litri; dl decilitro decilitri;
        cl centilitro centilitri; ml millilitro millilitri; mL millilitro millilitri; min minuto minuti; sec
        secondo secondi; _s secondo secondi; ms millisecondo millisecondi; ° grado gradi; °C grado_Celsius
        gradi_Celsius; ℃ grado_Celsius gradi_Celsius; °F grado_Fahrenheit gradi_Fahrenheit; _K kelvin kelvin; q
        quintale quintali; kB kilobyte kilobyte; KB kilobyte kilobyte; MB megabyte megabyte; GB gigabyte gigabyte;
        TB terabyte terabyte; kbit/s kilobit_al_secondo kilobit_al_secondo; Mbit/s megabit_al_secondo
        megabit_al_secondo; Gbit/s gigabit_al_secondo gigabit_al_secondo; Mbps megabit_al_secondo
        megabit_al_secondo; Gbps gigabit_al_secondo gigabit_al_secondo; Hz hertz hertz; kHz kilohertz kilohertz;
        MHz megahertz megahertz; GHz gigahertz gigahertz; W watt watt; kW kilowatt kilowatt; MW megawatt megawatt;
        GW gigawatt gigawatt; Wh wattora wattora; kWh chilowattora chilowattora; MWh megawattora megawattora; V
        volt volt; kV kilovolt kilovolt; mA milliampere milliampere; mAh milliamperora milliamperora; J joule
        joule; kJ kilojoule kilojoule; Pa pascal pascal; hPa ettopascal ettopascal; kPa kilopascal kilopascal; bar
        bar bar; dB decibel decibel; px pixel pixel; CV cavallo cavalli""", "m"),
    **nouns("""
        atm atmosfera atmosfere; lb libbra libbre; _t tonnellata tonnellate; _h ora ore; cal caloria calorie; kcal
        chilocaloria chilocalorie; ppm parte_per_milione parti_per_milione""", "f"),
    " A": Noun("ampere", "ampere", "m"),
    "Ω": Noun("ohm", "ohm", "m"),
}  # fmt: skip

_CENT = Noun("centesimo", "centesimi", "m")
_CURRENCIES = {
    **dict.fromkeys(("€", "EUR"), Currency(Noun("euro", "euro", "m"), _CENT)),
    **dict.fromkeys(("$", "USD", "US$"), Currency(Noun("dollaro", "dollari", "m"), _CENT)),
    **dict.fromkeys(("£", "GBP"), Currency(Noun("sterlina", "sterline", "f"), Noun("penny", "penny", "m"))),
    **dict.fromkeys(("¥", "JPY"), Currency(Noun("yen", "yen", "m"))),
    "CHF": Currency(Noun("franco svizzero", "franchi svizzeri", "m"), _CENT),
    "₹": Currency(Noun("rupia", "rupie", "f")),
}
_RESULTS = r"vinto|vince|perso|perde|pareggiato|pareggio|partita|set|battuto|batte|vittoria|sconfitta|risultato|gol"
_NUMBER = r"(?=\s?\d)"
_SCALES = {
    **dict.fromkeys(("milione", "milioni", "mln", "M"), Noun("milione", "milioni", "m")),
    **dict.fromkeys(("miliardo", "miliardi", "mld", "Mld"), Noun("miliardo", "miliardi", "m")),
    "mila": Noun("mila", "mila", "m"),
    "k": Noun("mila", "mila", "m"),
}

_EDITIONS = (
    r"secolo|sec\.|millennio|[Gg]uerra|[Rr]epubblica|[Cc]ongresso|[Ff]iera|[Ee]dizione|[Aa]nniversario|[Ff]estival|"
    "[Dd]inastia|[Ii]nternazionale|[Cc]oncorso|[Cc]oncilio|[Mm]unicipio|[Tt]orneo|[Dd]omenica|[Cc]anto|[Aa]tto|"
    "[Cc]apitolo|[Vv]olume|[Pp]iano|[Pp]osto"
)
_CHAPTERS = (
    "[Ss]ecol[oi]|[Cc]apitolo|CAPITOLO|[Tt]omo|[Ll]ibro|[Aa]tto|[Pp]arte|[Vv]olume|[Tt]itolo|[Ss]cena|"
    "[Cc]anto|[Ss]ezione"
)
_BEFORE_DATES = (
    "il |del |al |dal |l['’]|dell['’]|all['’]|dall['’]|(?:lune|marte|mercole|giove|vener)dì |sabato |domenica "
)

_RULES = (
    romance.words(
        {"pag.": "pagina", "pagg.": "pagine", "pp.": "pagine", "p.": "pagina", "Vol.": "volume", "n.": "numero",
         "n°": "numero", "nº": "numero", "N.": "numero", "nn.": "numeri", "art.": "articolo", "artt.": "articoli",
         "cap.": "capitolo", "vol.": "volume", "fig.": "figura", "Fig.": "figura", "Tel.": "telefono",
         "tel.": "telefono"},
        _NUMBER),
    Rule("-–", r"(?P<before>[^\W\d_]{1,20})(?P<claim> )(?P<first>\d{1,4})[-–](?P<end>\d{1,4})(?![./,:-]?\d)", _range),
    romance.words(
        {"S.": "san", "Sig.": "signor", "Dott.": "dottor", "Prof.": "professor"},
        r"\s?[A-ZÀ-Ý][a-zà-ÿ]"),
    Rule(
        ".",
        rf"(?i)(?<![\w.])(?:ore|alle|dalle|delle|le|h|all['’]|dall['’]|l['’]){SPACE}?"
        r"(?P<claim>(?P<hour>\d{1,2})\.(?P<minute>\d\d))(?![\w%]|[.,]\d)",
        _clock,
    ),
    Rule("h", r"\bh(?= ?\d{1,2}[:.]\d\d)", lambda language, match: "ore"),
    Rule("'’", r"(?<!\w)['’](?P<n>\d\d0?)(?!\w)", lambda language, match: cardinal(int(match["n"]))),
    Rule("1", r"(?<![\w.,:/+*×÷=√-])(?<!\d )1 (?=(?P<noun>[aeiouAEIOU][^\W\d_]{2,20}))", _elided),
    romance.telephones(
        r"3\d\d[ .]\d{3}[ .]?\d{4}|3\d{9}|0\d{1,3}[ /-]\d{4,8}(?: \d{3,4})?|80\d \d{3} \d{3}",
        _dictated,
    ),
    romance.ordinals(_ENDINGS, _ordinal),
    Rule(
        "°",
        rf"{START}(?P<number>\d{{1,4}})°(?=\s(?!(?:[CF]|gradi)\b)[^\W\d_])(?<!\bn°)",
        lambda language, match: ordinal(int(match["number"])),
    ),
    romance.roman_before(_EDITIONS, _edition),
    Rule("s", r"(?<=\ue000 )sec\.", lambda language, match: "secolo"),
    romance.roman_after(_CHAPTERS, _numbered),
    romance.roman_follows("e|al?", _numbered),
    Rule("e", rf"{START}(?P<n>\d{{1,3}})(?P<end>enn[ei])(?!\w)", _aged),
    romance.days(_NUMBERED_MONTHS),
    *romance.day_months(_BEFORE_DATES),
    romance.parts(_UNITS, _half_of, lambda noun: f"d'{noun}" if noun[0] in "aeo" else f"di {noun}"),
    *weekdays.rules("lun lunedì; mar martedì; mer mercoledì; gio giovedì; ven venerdì; sab sabato; dom domenica",
        "da|a|dal|al|il|ogni|di|e"),
    romance.marks("su", "voto|voti|valutaz|punteggio|giudizio|media", "di|del|dello|della|dei|degli|delle|dell"),
    romance.versions(),
    romance.millions(lambda noun: " di " if noun[-1] in "aei" else " "),
    romance.inches("pollice", "pollici", "m"),
    romance.ampersand("e"),
    romance.halves(_half_of),
    Rule(
        "m",
        rf"{START}(?P<n>\d{{1,3}}(?:[.,]\d{{1,3}})?){SPACE}(?P<scale>mln|mld)(?= di\b)",
        lambda language, match: language.count(match["n"], _SCALES[match["scale"]]),
    ),
)  # fmt: skip


LANGUAGE = Language(
    terms=_TERMS,
    cardinal=cardinal,
    ordinal=ordinal,
    fraction=_fraction,
    mixed=romance.mixed(cardinal, _fraction, "e", "mezzo"),
    date=_date,
    time=_time,
    cents=_cents,
    decimals=romance.decimals(cardinal),
    decimal_mark=",",
    other_mark=".",
    group_marks=".\u00a0\u202f ",
    months=_NUMBERED_MONTHS,
    units=_UNITS,
    currencies=_CURRENCIES,
    scales=_SCALES,
    scaled=_scaled,
    joined=_joined,
    powers={2: "al quadrato", 3: "al cubo"},
    signs=pairs("""
        × per; ÷ diviso; ≈ circa; ≠ diverso da; ≤ minore o uguale a; ≥ maggiore o uguale a; → a; ⇒ quindi; ← da; √
        radice di; ∞ infinito; π pi greco; ± più o meno; ∑ la somma di; ∫ l'integrale di; ∈ appartiene a; ° gradi;
        § paragrafo; ™; ®; © copyright; α alfa; β beta; γ gamma; δ delta; Δ delta; ε epsilon; θ teta; λ lambda; μ
        mi; σ sigma; Σ sigma; φ fi; ω omega; Ω omega; ρ ro; τ tau; № numero; ∀ per ogni; ∃ esiste"""),
    operators=pairs("""
        = uguale; == uguale; != diverso da; + più; < minore di; > maggiore di; <= minore o uguale a; >= maggiore o
        uguale a; -> a; => quindi; * per"""),
    symbols=pairs("""
        sin seno; cos coseno; tan tangente; log logaritmo; ln logaritmo naturale; lim il limite; ! fattoriale"""),
    abbreviations=pairs("""
        sig. signor; sig.ra signora; sig.na signorina; sigg. signori; sig.re signore; Sig.ra signora; Sig.na
        signorina; dott. dottor; dott.ssa dottoressa; Dott.ssa dottoressa; dr. dottor; prof. professor; prof.ssa
        professoressa; Prof.ssa professoressa; avv. avvocato; ing. ingegner; arch. architetto; geom. geometra;
        rag. ragioniere; on. onorevole; p._es. per esempio; p.es. per esempio; ad_es. ad esempio; es. esempio;
        ecc. eccetera; etc. eccetera; ca. circa; Ca. Circa; a.C. avanti Cristo; d.C. dopo Cristo; a._C. avanti Cristo;
        d._C. dopo Cristo; c.so corso; C.so corso; p.zza piazza; P.zza piazza; p.za piazza; v.le viale; V.le viale; cfr.
        confronta; Cfr. Confronta; max. massima; min. minima; Egr. Egregio; Gent.ma Gentilissima; Gent.mo
        Gentilissimo; Spett.le Spettabile; tel. telefono; S.p.A. esse pi a; s.r.l. esse erre elle; vs. contro; ed.
        edizione"""),
    numbered=r"[Ff]ase|[Tt]ipo|[Cc]lasse|[Ll]ivello|[Aa]rticolo|[Ss]tagione|[Ee]pisodio|[Gg]ruppo",
    regnal=_regnal,
    gender_of=_gender,
    score_words=_RESULTS,
    sum_words="quanto|fa|fanno|è|uguale|calcola",
    rules=_RULES,
)  # fmt: skip
