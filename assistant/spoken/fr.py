"""French, as it is read in France."""

from __future__ import annotations

import re

from assistant.spoken import romance, weekdays
from assistant.spoken.language import Currency, Language, Noun, Rule, Terms, nouns, pairs
from assistant.spoken.numbers import START
from assistant.spoken.romance import SPACE
from assistant.spoken.signs import roman

_SMALL = """zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept
    dix-huit dix-neuf""".split()
_TENS = "vingt trente quarante cinquante soixante".split()
_LARGE = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_NUMBERED_MONTHS = romance.months(_MONTHS, "janv 1; févr 2; fév 2; avr 4; juil 7; sept 9; oct 10; nov 11; déc 12")


def cardinal(number: int, gender: str = "") -> str:
    if number < 1000:
        words = _hundreds(number, gender)
        return f"{words}s" if number in (80, 200, 300, 400, 500, 600, 700, 800, 900) or number % 100 == 80 else words
    for value, name in _LARGE:
        if number >= value:
            count, rest = divmod(number, value)
            words = f"{cardinal(count)} {name}{'s' if count > 1 else ''}"
            return f"{words} {cardinal(rest, gender)}" if rest else words
    count, rest = divmod(number, 1000)
    words = "mille" if count == 1 else f"{_hundreds(count)} mille"
    return f"{words} {cardinal(rest, gender)}" if rest else words


def _hundreds(number: int, gender: str = "") -> str:
    """Without the plural's s, which another numeral behind it takes away."""
    hundreds, rest = divmod(number, 100)
    words = "" if not hundreds else "cent" if hundreds == 1 else f"{_SMALL[hundreds]} cent"
    if rest or not hundreds:
        words = f"{words} {_tens(rest, gender)}".strip()
    return words


def _tens(number: int, gender: str) -> str:
    one = "une" if gender == "f" else "un"
    if number < 20:
        return one if number == 1 else _SMALL[number]
    if number >= 80:
        return "quatre-vingt" + (f"-{one if number == 81 else _SMALL[number - 80]}" if number > 80 else "")
    tens = min(number // 10, 6)
    rest = number - 10 * tens
    if rest == 0:
        return _TENS[tens - 2]
    if rest in (1, 11):
        return f"{_TENS[tens - 2]} et {one if rest == 1 else 'onze'}"
    return f"{_TENS[tens - 2]}-{_SMALL[rest]}"


def ordinal(number: int, gender: str = "") -> str:
    if number == 1:
        return "première" if gender == "f" else "premier"
    words = cardinal(number).removeprefix("un ")
    if re.search(r"(?:vingt|cent|llion|lliard)s$", words):
        words = words[:-1]
    ends = {"cinq": "cinqu", "neuf": "neuv"}
    last = re.search(r"[a-zé]+$", words)[0]  # type: ignore[index]
    return words[: len(words) - len(last)] + ends.get(last, last.removesuffix("e")) + "ième"


def _fraction(top: int, bottom: int) -> str | None:
    if bottom > 20 and bottom not in (100, 1000):
        return None
    name = {2: "demi", 3: "tiers", 4: "quart"}.get(bottom) or ordinal(bottom)
    return f"{cardinal(top)} {name}{'s' if top > 1 and bottom != 3 else ''}"


def _date(day: int, month: int, year: int | None, before: str) -> str:
    words = f"{'premier' if day == 1 else cardinal(day)} {_MONTHS[month - 1]}"
    return f"{words} {cardinal(year)}" if year is not None else words


def _time(hour: int, minute: int, second: int | None, clock: str) -> str:
    words = f"{cardinal(hour, 'f')} heure{'s' if hour > 1 else ''}"
    if minute:
        words += f" {cardinal(minute, 'f')}"
    if second is not None:
        words += f"{' minutes' if minute > 1 else ' minute' if minute else ''} et {cardinal(second, 'f')} seconde"
        words += "s" if second > 1 else ""
    return words


def _cents(units: str, cents: int, noun: Noun) -> str:
    if cents < 10:
        return f"{units} et {cardinal(cents, noun.gender)} {noun.one if cents == 1 else noun.many}"
    return f"{units} {cardinal(cents)}"


_SILENT_DE = re.compile(r"(?:million|milliard|billion)s?$")


def _joined(words: str, noun: str) -> str:
    return f"{words} {_of(noun)}" if _SILENT_DE.search(words) else f"{words} {noun}"


def _of(noun: str) -> str:
    return f"d'{noun}" if noun[0] in "aeéèêiouyh" else f"de {noun}"


def _scaled(amount: str, scale: str, noun: Noun) -> str:
    return f"{amount} {scale} {noun.many if scale == 'mille' else _of(noun.many)}"


_FEMININE = frozenset(
    """personne heure minute seconde semaine journée année matinée soirée nuit fois page ligne table chaise
        voiture femme fille chose place pièce tonne rue ville maison porte fenêtre lettre phrase image photo vidéo
        chanson vie tête mère sœur cousine élue étoile équipe pomme poire orange tasse cuillère cuillerée assiette
        bouteille boîte partie étape règle idée carte clé clef langue feuille fleur île école église branche
        classe course case caméra goutte dose gousse amie vache poule chèvre brebis bougie marche histoire guerre
        plante espèce famille entreprise usine banque route voie méthode tranche couche touche tâche colonne
        cellule salle chambre caisse note nouvelle main jambe oreille aile roue victoire défaite arme bombe pierre
        planche corde pile lampe chaîne piste série saison œuvre scène toile statue rangée portée brique poignée
        pincée gorgée bouchée bouée marée entrée sortie montée arrivée pensée poupée araignée recette étudiante
        candidate infirmière ouvrière dame reine princesse demi-heure voix dent peau mer forêt fin faim couronne
        bête baleine tulipe rose cerise fraise banane carotte tomate noix noisette olive lettre ampoule échelle
        étagère armoire commode montre bague perle plume robe jupe chemise veste chaussure chaussette valise""".split()
)
_FEMININE_END = re.compile(r"(?:[tsx]ion|ette|[ae]nce|ité|tude|esse|euse|trice|enne|ière|elle)s?$")
_MASCULINE = frozenset(
    "comité squelette silence bastion million camion pion scion espion lion modèle vermicelle".split()
)


def _gender(word: str) -> str:
    word = word.lower()
    single = word[:-1] if word.endswith("s") else word
    feminine = word in _FEMININE or single in _FEMININE
    return "f" if feminine or (_FEMININE_END.search(word) and single not in _MASCULINE) else ""


def _ordinal(number: int, ending: str) -> str | None:
    """``ending``: gender, then s for the plural; 2 for "second"."""
    if "2" in ending and number != 2:
        return None
    words = ("seconde" if ending[0] == "f" else "second") if "2" in ending else ordinal(number, ending[0])
    return f"{words}s" if ending.endswith("s") else words


_ENDINGS = {
    **dict.fromkeys(("er", "ᵉʳ"), "m"),
    **dict.fromkeys(("re", "ère", "ʳᵉ"), "f"),
    **dict.fromkeys(("e", "ème", "eme", "ᵉ", "ième"), "m"),
    **dict.fromkeys(("ers",), "ms"),
    **dict.fromkeys(("res", "ères"), "fs"),
    **dict.fromkeys(("es", "èmes"), "ms"),
    "nd": "m2",
    "nde": "f2",
    "nds": "m2s",
    "ndes": "f2s",
}


def _roman(language: Language, match: re.Match) -> str | None:
    return _ordinal(roman(match["number"].upper()), _ENDINGS[match["ending"]])


_RULERS = frozenset(
    """Louis Charles Henri François Philippe Napoléon Jean Paul Pie Léon Benoît Grégoire Innocent Clément Urbain
        Boniface Jacques Georges Édouard Guillaume Frédéric Pierre Nicolas Alexandre Catherine Élisabeth Elizabeth
        Marie Ferdinand Alphonse Albert Léopold Baudouin Richard Robert Hugues Othon Ramsès Ptolémée Clovis
        Childéric Lothaire Rodolphe Maximilien Joseph Victor-Emmanuel Emmanuel Humbert Isabelle Christian Gustave
        Sixte Jules Martin Adrien Rainier""".split()
)


def _regnal(number: int, name: str) -> str:
    if name in _RULERS and number < 40:
        return "premier" if number == 1 else cardinal(number)
    return cardinal(number) if name[:1].isupper() and number < 40 and number not in (1, 5, 10) else ""


def _clock(language: Language, match: re.Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 and match["minute"] or minute > 59:
        return None
    words = _time(hour, minute, None, "")
    return f"{words} minute{'s' if minute > 1 else ''}" if match["unit"] else words


def _hours(language: Language, match: re.Match) -> str:
    unit = {"h": Noun("heure", "heures", "f"), "j": Noun("jour", "jours")}[match["unit"]]
    return f"{language.count(match['n'], unit)} sur {cardinal(int(match['of']), unit.gender)}"


def _pairs(language: Language, number: str) -> str:
    groups = [*re.findall(r"\+?\d+", number)]
    if len(groups) == 1:
        groups = re.findall("..", groups[0])
    said = [language.digits(group) if group.strip("0") == "" else _group(group) for group in groups]
    return ", ".join(said)


def _group(group: str) -> str:
    if group[0] == "+":
        return f"plus {cardinal(int(group[1:]))}"
    zeros = len(group) - len(group.lstrip("0"))
    return " ".join(["zéro"] * zeros + [cardinal(int(group))])


_CENT = Noun("centime", "centimes")


def _euros(language: Language, match: re.Match) -> str:
    units, cents = language.count(match["units"], language.currencies["€"].unit), int(match["cents"])
    return _cents(units, cents, _CENT) if cents else units


_TERMS = Terms(
    point="virgule", minus="moins", plus="plus", to="à", about="environ", number="numéro", percent="pour cent",
    permille="pour mille", per="par", power="puissance {}", over="sur", root="racine de", cube_root="racine cubique de",
    by="par", ratio="sur", score="à", dot="point", slash="slash", backslash="antislash", dash="tiret",
    underscore="tiret bas", at="arobase", hashtag="hashtag", colon="deux-points", formula="une formule", link="un lien",
    index="indice", version="version",
)  # fmt: skip

_UNITS = {
    **nouns("""
        km kilomètre; m mètre; dm décimètre; cm centimètre; mm millimètre; µm micromètre; nm nanomètre; kg kilo; g
        gramme; mg milligramme; µg microgramme; km/h kilomètre_par_heure kilomètres_par_heure; mph mille_par_heure
        milles_par_heure; m/s mètre_par_seconde mètres_par_seconde; m² mètre_carré mètres_carrés; m2 mètre_carré
        mètres_carrés; km² kilomètre_carré kilomètres_carrés; km2 kilomètre_carré kilomètres_carrés; cm²
        centimètre_carré centimètres_carrés; m³ mètre_cube mètres_cubes; m3 mètre_cube mètres_cubes; cm³
        centimètre_cube centimètres_cubes; hab. habitant; hab./km² habitant_par_kilomètre_carré
        habitants_par_kilomètre_carré; ha hectare; l litre; L litre; dl décilitre; cl centilitre; ml millilitre;
        mL millilitre; ms milliseconde; ° degré; °C degré_Celsius degrés_Celsius; ℃ degré_Celsius degrés_Celsius;
        °F degré_Fahrenheit degrés_Fahrenheit; ko kilooctet; Ko kilooctet; Mo mégaoctet; Go gigaoctet; To
        téraoctet; kB kilooctet; MB mégaoctet; GB gigaoctet; TB téraoctet; kbit/s kilobit_par_seconde
        kilobits_par_seconde; Mbit/s mégabit_par_seconde mégabits_par_seconde; Gbit/s gigabit_par_seconde
        gigabits_par_seconde; Mbps mégabit_par_seconde mégabits_par_seconde; Gbps gigabit_par_seconde
        gigabits_par_seconde; Hz hertz hertz; kHz kilohertz kilohertz; MHz mégahertz mégahertz; GHz gigahertz
        gigahertz; W watt; kW kilowatt; MW mégawatt; GW gigawatt; Wh wattheure; kWh kilowattheure; MWh
        mégawattheure; V volt; kV kilovolt; mA milliampère; mAh milliampère-heure milliampères-heures; Ω ohm; J
        joule; kJ kilojoule; cal calorie; kcal kilocalorie; Pa pascal; hPa hectopascal; kPa kilopascal; bar bar;
        bars bar; dB décibel; px pixel; lb livre; ch cheval chevaux"""),
    **nouns("""
        _t tonne; atm atmosphère; c._à_s. cuillère_à_soupe cuillères_à_soupe; c._à_c. cuillère_à_café
        cuillères_à_café; _h heure; min minute; mn minute; sec seconde; _s seconde; ppm partie_par_million
        parties_par_million""", "f"),
    " A": Noun("ampère", "ampères"),
    " K": Noun("kelvin", "kelvins"),
    " j": Noun("jour", "jours"),
}  # fmt: skip

_CURRENCIES = {
    **dict.fromkeys(("€", "EUR"), Currency(Noun("euro", "euros"), _CENT)),
    **dict.fromkeys(("$", "USD", "US$", "$US"), Currency(Noun("dollar", "dollars"), Noun("cent", "cents"))),
    **dict.fromkeys(("£", "GBP"), Currency(Noun("livre", "livres", "f"), Noun("penny", "pence"))),
    **dict.fromkeys(("¥", "JPY"), Currency(Noun("yen", "yens"))),
    "CHF": Currency(Noun("franc suisse", "francs suisses"), _CENT),
    "₹": Currency(Noun("roupie", "roupies", "f")),
}
_NUMBER = r"(?=\s?\d)"

_RULES = (
    Rule(
        "h",
        r"(?:(?<=\dh)|(?<=\d h)|(?<=h\d\d)|(?<=h \d\d)|(?<=[ (]\d)|(?<=[ (]\d\d))"
        rf"{SPACE}?[-–]{SPACE}?(?=\d{{1,2}}{SPACE}?h)",
        lambda language, match: f" {language.terms.to} ",
    ),
    Rule("h", rf"{START}(?P<n>\d{{1,2}}){SPACE}?(?P<unit>[hj]){SPACE}?/{SPACE}?(?P<of>\d{{1,2}})(?![\w/])", _hours),
    Rule("j", rf"{START}(?P<n>\d{{1,2}}){SPACE}?(?P<unit>[hj]){SPACE}?/{SPACE}?(?P<of>\d{{1,2}})(?![\w/])", _hours),
    Rule(
        "h",
        rf"{START}(?P<hour>\d{{1,3}}){SPACE}?h(?:{SPACE}?(?P<minute>\d\d)(?:{SPACE}?(?P<unit>min|mn))?)?(?!\w)",
        _clock,
    ),
    *weekdays.rules(
        "lun lundi; mar mardi; mer mercredi; jeu jeudi; ven vendredi; sam samedi; dim dimanche",
        "le|du|au|chaque|et|à"),
    Rule(":", rf"{START}1:(?P<end>\d{{1,3}}(?:{SPACE}\d{{3}}){{1,2}})(?!{SPACE}?\d|\w)",
         lambda own, match: f"un {own.terms.ratio} {own.say(match['end'])}"),
    Rule("€", rf"{START}(?P<units>\d{{1,6}})€(?P<cents>\d\d)(?!\w)", _euros),
    romance.telephones(r"0\d(?:([ .-])\d\d(?:\1\d\d){3}|\d{8})|0\d{3} \d{3} \d{3}|0\d{3}(?: \d\d){3}", _pairs),
    Rule("+", r"(?<![\w+])\+\d{2,3}[ .]\d(?:[ .]\d\d){4}(?![\w]|[ .]\d)", lambda own, match: _pairs(own, match[0])),
    romance.ordinals(_ENDINGS, _ordinal),
    Rule("IVX", r"(?<![\w'-])(?P<number>I)(?P<ending>ers?|res?|ère|ᵉʳ)(?!\w)", _roman),
    Rule("IVX", r"(?<![\w-])(?P<number>[IVX]{1,7})(?P<ending>e|es|ème|ᵉ)(?!\w)", _roman),
    Rule("ivx", r"(?<![\w-])(?P<number>[ivx]{1,6})(?P<ending>e|ᵉ|ème)(?= siècle)", _roman),
    Rule("s", r"(?<=\ue000 )s\.(?![\w.])", lambda language, match: "siècle"),
    romance.days(_NUMBERED_MONTHS),
    *romance.day_months("le |du |au |(?:lun|mar|mercre|jeu|vendre|same)di |dimanche "),
    romance.parts(_UNITS, lambda gender: "une demi" if gender == "f" else "un demi", _of),
    romance.marks("sur", "note|noté|score|obten|évalu|résultat|moyenne", "de|du|des|d"),
    romance.versions(),
    romance.millions(lambda noun: (" d'" if _of(noun)[1] == "'" else " de ") if noun.endswith("s") else " "),
    Rule("&", r"& Cie(?!\w)", lambda language, match: "et compagnie"),
    romance.halves(lambda gender: "une demi" if gender == "f" else ""),
    romance.inches("pouce", "pouces"),
    romance.ampersand("et"),
    romance.words(
        {"p.": "page", "P.": "page", "Vol.": "volume", "pp.": "pages", "no": "numéro", "n°": "numéro",
         "nº": "numéro", "N°": "numéro", "n°s": "numéros", "art.": "article", "chap.": "chapitre", "vol.": "volume",
         "fig.": "figure", "t.": "tome"},
        _NUMBER),
    romance.words(
        {"M.": "monsieur", "MM.": "messieurs", "Me": "maître", "bd": "boulevard", "Bd": "boulevard",
         "Pr": "professeur", "Prs": "professeurs"},
        r" (?:et )?[A-ZÀ-Ý]"),
    romance.words(
        {"Mme": "madame", "Mme.": "madame", "Mmes": "mesdames", "Mlle": "mademoiselle", "Mlles": "mesdemoiselles",
         "Mᵐᵉ": "madame", "Mᵐᵉˢ": "mesdames", "Mˡˡᵉ": "mademoiselle", "Mˡˡᵉˢ": "mesdemoiselles", "Dʳ": "docteur",
         "Dr": "docteur", "Dr.": "docteur", "Pr.": "professeur", "Drs": "docteurs", "Mgr": "monseigneur",
         "Ste": "sainte"},
        r"[\s,.)-]|$"),
    romance.words(
        {"av.": "avenue", "Av.": "avenue"},
        r" (?!J\.)[A-ZÀ-Ý]"),
    romance.words({"M.": "monsieur"}, " (?:et M|le |l')"),
    romance.words({"St-": "Saint-", "Ste-": "Sainte-", "St ": "Saint "}, "[A-ZÀ-Ý]"),
)  # fmt: skip

LANGUAGE = Language(
    terms=_TERMS,
    cardinal=cardinal,
    ordinal=ordinal,
    fraction=_fraction,
    mixed=romance.mixed(cardinal, _fraction, "et", "demi"),
    date=_date,
    time=_time,
    cents=_cents,
    decimals=romance.decimals(cardinal),
    decimal_mark=",",
    other_mark=".",
    group_marks=" \u00a0\u202f.",
    months=_NUMBERED_MONTHS,
    units=_UNITS,
    currencies=_CURRENCIES,
    scales={
        **dict.fromkeys(("million", "millions", "M"), Noun("million", "millions")),
        **dict.fromkeys(("milliard", "milliards", "Md", "Mds"), Noun("milliard", "milliards")),
        "k": Noun("mille", "mille"),
    },
    scaled=_scaled,
    joined=_joined,
    powers={2: "au carré", 3: "au cube"},
    signs=pairs("""
        × fois; ÷ divisé par; ≈ environ; ≠ différent de; ≤ inférieur ou égal à; ≥ supérieur ou égal à; → vers; ⇒
        donc; ← depuis; √ racine de; ∞ l'infini; π pi; ± plus ou moins; ∑ la somme de; ∫ l'intégrale de; ∈
        appartient à; ° degrés; § paragraphe; ™; ®; © copyright; α alpha; β bêta; γ gamma; δ delta; Δ delta; ε
        epsilon; θ thêta; λ lambda; μ mu; σ sigma; Σ sigma; φ phi; ω oméga; Ω oméga; ρ rho; τ tau; № numéro; ∀
        pour tout; ∃ il existe"""),
    operators=pairs("""
        = égale; == égale; != différent de; + plus; < inférieur à; > supérieur à; <= inférieur ou égal à; >=
        supérieur ou égal à; -> vers; => donc; * fois"""),
    symbols=pairs("""
        sin sinus; cos cosinus; tan tangente; log log; ln logarithme népérien; lim la limite; ! factorielle"""),
    abbreviations=pairs("""
        p._ex. par exemple; etc. et cetera; env. environ; c.-à-d. c'est-à-dire; C.-à-d. C'est-à-dire; P._ex.
        Par exemple; Env. Environ; Cf. Confer; av._J.-C. avant Jésus-Christ;
        apr._J.-C. après Jésus-Christ; ap._J.-C. après Jésus-Christ; tél. téléphone; Tél. Téléphone; cf. confer;
        i.e. c'est-à-dire; s.v.p. s'il vous plaît; S.V.P. s'il vous plaît; max. maximum; min. minimum; éd.
        édition; vs. contre; N.B. nota bene; R.-V. rendez-vous; boul. boulevard; dép. département"""),
    numbered=r"[Cc]hapitre|CHAPITRE|[Tt]ome|[Ll]ivre|[Aa]cte|[Ss]cène|[Pp]artie|[Vv]olume|[Tt]itre|[Aa]rticle|[Aa]nnexe|"
    r"[Ss]ection|[Pp]hase|[Tt]ype|[Cc]lasse|[Nn]iveau|[Cc]hant|[Ll]eçon|[Éé]pisode|[Ss]aison|[Gg]roupe|Paris",
    regnal=_regnal,
    is_one=lambda value: abs(value) < 2,
    gender_of=_gender,
    score_words=r"gagné|gagne|gagnent|battu|bat|perdu|perd|match|score|set|victoire|défaite|nul|mène|mi-temps|fait",
    sum_words="combien|font|fait|égale?|calcule[rz]?|donne",
    rules=_RULES,
)  # fmt: skip
