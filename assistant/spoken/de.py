"""German."""

from __future__ import annotations

import re

from assistant.spoken import angles, weekdays
from assistant.spoken.addresses import telephone
from assistant.spoken.calendar import possible
from assistant.spoken.de_numbers import (
    MONTHS,
    OPEN,
    SMALL,
    cardinal,
    date,
    ending,
    fraction,
    gender_of,
    integer,
    mixed,
    ordinal,
    time,
    year,
)
from assistant.spoken.language import Currency, Language, Noun, Rule, Terms, nouns, pairs
from assistant.spoken.numbers import START, stop
from assistant.spoken.signs import ROMAN, roman

_WOMEN = frozenset(
    "Elisabeth Elizabeth Katharina Maria Margarethe Margrethe Isabella Kleopatra Beatrix Christina".split()
)
_RULERS = frozenset(
    """Ludwig Heinrich Karl Friedrich Wilhelm Otto Philipp Johannes Paul Pius Benedikt Leo Georg Eduard Richard
    Jakob Nikolaus Alexander Napoleon Ramses Gregor Innozenz Peter Franz Ferdinand Ptolemäus Konstantin
    Justinian Klemens Urban Bonifatius Sixtus Julius Harald Olaf Gustav Christian Albert Leopold Alfons Rudolf
    Joseph Josef Maximilian August Ernst Konrad Sigismund Iwan Mehmed Selim Süleyman Kasimir Umberto Viktor""".split()
)


def _ruler(language: Language, match: re.Match) -> str | None:
    name, number = match["name"], roman(match["claim"].rstrip("."))
    if name.removesuffix("s") in _RULERS | _WOMEN and name not in _RULERS | _WOMEN:
        woman = name.removesuffix("s") in _WOMEN
        return f"{'der' if woman else 'des'} {ordinal(number, 'en').capitalize()}" + stop(match)
    if name not in _RULERS | _WOMEN:
        return None
    before = match.string[max(0, match.start() - 40) : match.start()]
    if re.search(r"(?i)\b(?:von|mit|unter|bei|nach|zu|seit|vor)(?: (?:König|Kaiser|Papst|Zar)(?:in)?)? $", before):
        return f"{'der' if name in _WOMEN else 'dem'} {ordinal(number, 'en').capitalize()}" + stop(match)
    return f"{'die' if name in _WOMEN else 'der'} {ordinal(number).capitalize()}" + stop(match)


def _regnal(number: int, name: str) -> str:
    named = name[:1].isupper() and number in (2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19)
    return cardinal(number) if named else ""


_COUNTED = (
    r"\s(?:(?P<er>Stock|Rang|Mose|Akt|Bezirk|Advent|Teil)|(?P<e>Etage|Klasse|Auflage|Bundesliga|Liga|Runde|Mannschaft)|"
    r"(?P<es>Jahrhundert|Quartal|Semester|Halbjahr|Obergeschoss|OG))\b"
)  # what stands behind an ordinal without an article
_OPENERS = (
    "Dann|Danach|Das|Der|Die|Er|Sie|Es|Wir|Ich|Ihr|Aber|Und|Doch|Dort|Da|Heute|Morgen|Jetzt|Wenn|Als|Am|Im|In|Bei|Bitte"
)


def _placed(language: Language, match: re.Match) -> str | None:
    """ "der 3. Tag"; a number that ends its sentence stays one."""
    before, after = match.string[max(0, match.start() - 40) : match.start()], match.string[match.end() :][:30]
    series = re.search(r"(?:\d{1,3}\.,? (?:und |oder |bis |sowie )?)+$", before)
    before = before[: series.start()] if series else before
    end = ending(before, after)
    if end == "er" and (bare := re.match(_COUNTED, after)):
        end = next(gender for gender in ("er", "es", "e") if bare[gender])
    elif end == "er" and re.match(r"\s[A-ZÄÖÜ]", after) and not re.search(rf"(?i)\b(?:{OPEN}) $", before):
        return None
    stop = "." if re.match(rf"\s(?:{_OPENERS})\b", after) else ""
    return ordinal(int(match["number"]), end) + stop


def _day(language: Language, match: re.Match) -> str | None:
    day, month = int(match["day"]), int(match["month"])
    before = match.string[max(0, match.start() - 40) : match.start()]
    if not re.search(r"(?i)(?:^|\b(?:am|vom|bis|zum|ab|der|dem|den|seit|nach|vor|und)|[,(;–\ue000-]) ?$", before):
        return None  # Python 3.12.
    return date(day, month, None, before) if possible(day, month) else None


def _clock(language: Language, match: re.Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    return time(hour, minute, None, "Uhr") if hour <= 24 and minute < 60 else None


def _decade(language: Language, match: re.Match) -> str:
    tens, century = int(match["tens"]), int(match["century"] or 0)
    start = year(century * 100) if century else ""
    if not tens:
        return f"{start}er{match['plural']}"
    return f"{start}{'zehn' if tens == 10 else cardinal(tens)}er{match['plural']}"


_WEEKDAYS = pairs("Mo Montag; Di Dienstag; Mi Mittwoch; Do Donnerstag; Fr Freitag; Sa Samstag; So Sonntag")


def _weekdays(language: Language, match: re.Match) -> str:
    return f"{_WEEKDAYS[match['first']]} bis {_WEEKDAYS[match['last']]}{stop(match)}"


def _cents_with_point(language: Language, match: re.Match) -> str:
    currency = language.currencies[match["sign"]]
    words = language.count(match["whole"], currency.unit)
    return f"{words} {cardinal(int(match['cents']))}" if match["cents"] != "00" else words


def _from_day(language: Language, match: re.Match) -> str:
    before = match.string[max(0, match.start() - 40) : match.start()]
    return f"{ordinal(int(match['day']), ending(before))} bis "


def _half_unit(language: Language, match: re.Match) -> str:
    noun = language.units.get(match["unit"]) or language.units[f" {match['unit']}"]
    return f"{'eine halbe' if noun.gender == 'f' else 'einen halben'} {noun.one}"


def _half(language: Language, match: re.Match) -> str:
    return "eine halbe" if gender_of(match["noun"]) == "f" else "einen halben"


def _point(language: Language, match: re.Match) -> str:
    return f"{language.whole(match['first'])} Punkt {language.whole(match['second'])}"


def _compound(language: Language, match: re.Match) -> str:
    rest = match["rest"].lower()
    if rest.startswith("%"):
        rest = "prozentig" + rest.partition("ig")[2]
    return f"{cardinal(int(match['number']), 'm')}{rest if match['number'] != '0' else ''}"


def _nth(language: Language, match: re.Match) -> str:
    before, after = match.string[max(0, match.start() - 40) : match.start()], match.string[match.end() :][:30]
    return ordinal(roman(match["number"]), ending(before, after)).capitalize()


_NTH = "Weltkrieg|Jahrhundert|Jh|Quartal|Internationale|Olympi|Republik|Vatikan|Senat|Korps|Armee"
_MONTH = "|".join(MONTHS)
_D = "0123456789"
_N = r"(?:\d{1,3}(?:[.\u00a0\u202f ]\d{3}){1,5}|\d{1,15})(?:,\d{1,9})?"
_SCALES = {
    **dict.fromkeys(("Mio.", "Mio", "Million", "Millionen"), Noun("Million", "Millionen", "f")),
    **dict.fromkeys(("Mrd.", "Mrd", "Milliarde", "Milliarden"), Noun("Milliarde", "Milliarden", "f")),
    **dict.fromkeys(("Bio.", "Billion", "Billionen"), Noun("Billion", "Billionen", "f")),
    **dict.fromkeys(("Tsd.", "Tausend", "tausend"), Noun("tausend", "tausend")),
}

_RULES = (
    Rule(_D, r"(?<![\w/])50/50(?![\w/])", lambda language, match: "fünfzig fünfzig"),
    Rule(_D, r"(?<!\w)(?<!\d )1/2 (?=(?P<noun>[A-ZÄÖÜ][a-zäöüß]+))", _half),
    Rule(
        _D,
        r"(?<![\w/])(?P<top>\d{1,3})/(?P<bottom>10|100|5)(?= Punkte| Sterne)",
        lambda language, match: f"{language.whole(match['top'])} von {language.whole(match['bottom'])}",
    ),
    Rule(
        _D,
        r"\b(?:[Ww]ählen?|[Nn]otruf|[Rr]uft?|[Ww]ählt?) (?P<claim>11[0-9]|112|911|116 ?117)(?!\w)",
        lambda language, match: language.digits(match["claim"]),
    ),
    Rule(
        _D,
        r"(?<![\w.,+(-])(?:\(0\d{1,5}\) ?|0\d{1,5}[ /-] ?)\d{2,8}(?:[ -]\d{2,6}){0,4}(?![\w,.]\d|\w)",
        lambda language, match: telephone(language, match[0]),
    ),
    Rule(
        _D,
        r"(?<![\w.,-])(?<![A-Z]\d\d )\d{4}(?:[ -]\d{4}){3}(?![\w-])",
        lambda language, match: telephone(language, match[0]),
    ),
    Rule(_D, rf"{START}(?P<hour>\d{{1,2}})\.(?P<minute>\d\d)[ \u00a0](?:Uhr|h)\b", _clock),
    Rule(_D, r"(?<![\w.,])(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\.(?![\d\w])", _day),
    Rule(_D, rf"{START}(?P<number>\d{{1,3}})\.(?= [a-zäöüß]| [A-ZÄÖÜ])(?! (?:{_MONTH})\b)", _placed),
    Rule(_D, r"(?<!\w)(?P<century>\d{2})?(?P<tens>\d\d)er(?P<plural>n?)-?(?=\W|$|Jahr)", _decade),
    Rule(
        _D,
        rf"{START}(?P<n>\d{{1,9}}),(?:[-–—]+)(?:[ \u00a0]?€)?",
        lambda language, match: language.count(match["n"], Noun("Euro", "Euro", "m")),
    ),
    Rule(
        _D,
        r"(?<!\w)(?P<number>\d{1,4})[- ]?"
        r"(?P<rest>jährig\w{0,6}|Jährige\w{0,2}|mal(?!\w)|fach\w{0,3}|stündig\w{0,3}|tägig\w{0,3}|minütig\w{0,3}|"
        r"stöckig\w{0,3}|prozentig\w{0,3}|teilig\w{0,3}|köpfig\w{0,3}|stellig\w{0,3}|% ?-?ig\w{0,3})",
        _compound,
    ),
    Rule(
        "x×",
        r"(?<!\w)(?P<number>\d{1,3}) ?[x×](?= (?:täglich|am|pro|wöchentlich|im|in|so|die|den)|/)",
        lambda language, match: f"{cardinal(int(match['number']), 'm')}mal",
    ),
    Rule(
        _D,
        rf"{START}(?P<n>{_N})[ \u00a0](?P<scale>Mio\.|Mrd\.|Tsd\.|Bio\.|(?:Mio|Mrd)(?![\w.]))"
        r"(?![ \u00a0]?(?:[€$£]|EUR|USD|CHF))",
        lambda language, match: language.count(match["n"], _SCALES[match["scale"]]),
    ),
    Rule(
        "€$CE",
        r"(?<![\w.,])(?P<whole>\d{1,9})\.(?P<cents>\d\d)[ \u00a0]?(?P<sign>€|EUR|\$|USD|CHF)(?!\w)",
        _cents_with_point,
    ),
    Rule(_D, r"(?<![\w.,])(?P<first>\d{1,4})\.(?!\d{3}(?!\d))(?P<second>\d{1,4})(?![\w]|[.,]\d)", _point),
    Rule(_D, r"(?<![\w.,-])(?P<day>\d{1,2})\. ?[-–] ?(?=\d{1,2}\.)", _from_day),
    Rule(
        _D,
        r"\b(?:[Aa]m|[Vv]om|[Zz]um) (?P<claim>(?P<number>\d{1,2})\.)(?=\s*$)",
        lambda language, match: f"{ordinal(int(match['number']), 'en')}.",
    ),
    Rule(":", r"(?<=\d) : (?=\d)", lambda language, match: "geteilt durch"),
    Rule("#", r"(?<=\b[A-G])#(?!\w)", lambda language, match: "Sharp"),
    Rule("&", r"(?<=\w) ?& ?(?=\w)", lambda language, match: " und "),
    Rule(".", r"(?<!\w)(?P<name>[A-ZÄÖÜ][a-zäöüß]{1,30})str\.(?!\w)", lambda language, match: f"{match['name']}straße"),
    Rule("/½", r"(?<!\w)(?<!\d )(?:1/2|½)[ \u00a0]?(?P<unit>TL|EL|l|kg|km|m|h|Std\.)(?!\w)", _half_unit),
    Rule(_D, r"(?<!\w)1/2 (?=\d{1,2}(?![\w/]|[.,]\d))", lambda language, match: "halb "),
    Rule(".", r"\bdes \ue000{2,3} (?P<claim>Jh\.)", lambda language, match: "Jahrhunderts"),
    Rule("-–", rf"(?<!\w)(?P<first>{'|'.join(_WEEKDAYS)})\.? ?[-–] ?(?P<last>{'|'.join(_WEEKDAYS)})\b\.?", _weekdays),
    *weekdays.rules(
        "; ".join(f"{short} {name}" for short, name in _WEEKDAYS.items()), "am|vom|bis|zum|ab|den|dem|jeden|nächsten"
    ),
    Rule(
        _D,
        r"(?<=\d) ?(?P<more>ff?)\.(?!\w)",
        lambda language, match: f"{' und' if match['more'] == 'ff' else ''} folgende{stop(match)}",
    ),
    *angles.rules("Grad Grad; Minuten Minuten; Sekunden Sekunden", "N Nord; S Süd; O Ost; E Ost; W West"),
    Rule("IVX", rf"(?<!\w)(?P<claim>(?P<number>{ROMAN})\.)(?= (?:{_NTH}))", _nth),
    Rule("+", r"(?<!\w)Strg(?= ?\+ ?\w)", lambda language, match: "Steuerung"),
    Rule(_D, r"(?<!\w)[Oo]p\.(?= ?\d)", lambda language, match: "Opus"),
    Rule(_D, r"(?<!\w)S\.(?= ?\d)", lambda language, match: "Seite"),
    Rule(_D, r"(?<!\w)Art\.(?= ?\d)", lambda language, match: "Artikel"),
    Rule(_D, r"(?<!\w)(?P<word>[Mm]ax|[Mm]in)\.(?= ?\d)", lambda language, match: f"{match['word']}imal"),
    Rule(
        ".",
        rf"\b(?P<name>[A-ZÄÖÜ][a-zäöüß]{{2,20}}) (?P<claim>{ROMAN.removesuffix('(?!' + chr(92) + 'w)')}\.)(?=\W|$)",
        _ruler,
    ),
)

_TERMS = Terms(
    point="Komma", minus="minus", plus="plus", to="bis", about="etwa", number="Nummer", percent="Prozent",
    permille="Promille", per="pro", power="hoch {}", over="durch", root="Wurzel aus", cube_root="dritte Wurzel aus",
    by="mal", ratio="zu", score="zu", dot="Punkt", slash="Schrägstrich", backslash="Backslash", dash="Bindestrich",
    underscore="Unterstrich", at="at", hashtag="Hashtag", colon="Doppelpunkt", formula="eine Formel", link="ein Link",
    index="", version="Version",
)  # fmt: skip

_ABBREVIATIONS = pairs(
    """
    Dr. Doktor; Prof. Professor; Hr. Herr; Hrn. Herrn; Fr. Frau; z.B. zum Beispiel; Z.B. Zum Beispiel; d.h. das heißt;
    D.h. Das heißt; u.a. unter anderem; u.ä. und Ähnliches; o.ä. oder Ähnliches; o.k. okay; i.d.R. in der Regel;
    z.T. zum Teil; u.U. unter Umständen; v.a. vor allem; s.o. siehe oben; s.u. siehe unten; v.Chr. vor Christus;
    n.Chr. nach Christus; Nr. Nummer; Nrn. Nummern; usw. und so weiter; ca. circa; Ca. Circa; bzw. beziehungsweise;
    evtl. eventuell; ggf. gegebenenfalls; inkl. inklusive; exkl. exklusive; zzgl. zuzüglich; Fa. Firma; Abb. Abbildung;
    Tel. Telefon; Str. Straße; St. Sankt; vs. gegen; sog. sogenannte; vgl. vergleiche; Vgl. Vergleiche; Bd. Band;
    Kap. Kapitel; Jh. Jahrhundert; Abs. Absatz; Mio. Millionen; Mrd. Milliarden; etc. et cetera; bspw. beispielsweise;
    Std. Stunden; Min. Minuten; Sek. Sekunden; geb. geboren; gest. gestorben; Hbf. Hauptbahnhof; Bhf. Bahnhof;
    MwSt. Mehrwertsteuer;
    mind. mindestens; zzt. zurzeit; allg. allgemein; eigtl. eigentlich; Aufl. Auflage; Jr. Junior;
    gem. gemäß; lit. Litera; Ziff. Ziffer; Rn. Randnummer; insb. insbesondere; insbes. insbesondere;
    entspr. entsprechend; Anm. Anmerkung; Hrsg. Herausgeber; Bsp. Beispiel; Tab. Tabelle; jew. jeweils; ggü. gegenüber;
    i.V.m. in Verbindung mit; z.Hd. zu Händen; i.A. im Auftrag; gegr. gegründet; Jhdt. Jahrhundert; Msp. Messerspitze
    """
)

LANGUAGE = Language(
    terms=_TERMS,
    cardinal=cardinal,
    ordinal=ordinal,
    fraction=fraction,
    mixed=mixed,
    date=date,
    time=time,
    cents=lambda units, cents, noun: f"{units} {cardinal(cents)}",
    decimals=lambda digits: " ".join(SMALL[int(digit)] for digit in digits),
    decimal_mark=",",
    group_marks=".\u202f\u00a0 ’",
    months={
        **{name.lower(): number for number, name in enumerate(MONTHS, 1)},
        **{"jan": 1, "feb": 2, "mär": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "okt": 10},
        **{"nov": 11, "dez": 12, "jänner": 1},
    },
    day_mark=r"\. ?",
    clock="Uhr|Stunden|Std\\.",
    units={
        **{
            symbol: Noun(name, name, "m")
            for symbol, name in pairs(
                """
                km Kilometer; m Meter; cm Zentimeter; mm Millimeter; µm Mikrometer; μm Mikrometer; nm Nanometer; ft
                Fuß; kg Kilogramm; g Gramm; mg Milligramm; µg Mikrogramm; l Liter; ml Milliliter; cl Zentiliter; dl
                Deziliter; hl Hektoliter; m² Quadratmeter; qm Quadratmeter; km² Quadratkilometer; cm²
                Quadratzentimeter; m2 Quadratmeter; m³ Kubikmeter; cm³ Kubikzentimeter; m3 Kubikmeter; ha Hektar; °C
                Grad Celsius; °F Grad Fahrenheit;
                °_C Grad Celsius; ° Grad; ℃ Grad Celsius; _K Kelvin; _B Byte;
                l/100_km Liter pro hundert Kilometer; kB Kilobyte; KB
                Kilobyte; MB Megabyte; GB Gigabyte; TB Terabyte; GiB Gibibyte; MiB Mebibyte; kbit Kilobit; Mbit
                Megabit; Gbit Gigabit; Hz Hertz; kHz Kilohertz; MHz Megahertz; GHz Gigahertz; W Watt; kW Kilowatt;
                MW Megawatt; GW Gigawatt; V Volt; kV Kilovolt; mV Millivolt; _A Ampere; mA Milliampere; Ω Ohm;
                kJ Kilojoule; N Newton; Pa Pascal; hPa Hektopascal; kPa Kilopascal; bar Bar; dB Dezibel; px
                Pixel; kn Knoten; mmHg Millimeter Quecksilbersäule; mol Mol; mmol Millimol;
                Nm Newtonmeter; kN Kilonewton; lx Lux; lm Lumen; THz Terahertz; m/s² Meter pro Sekunde zum Quadrat;
                EL Esslöffel; TL Teelöffel; Mbps Megabit pro Sekunde
                """
            ).items()
        },
        **nouns(
            """
            _h Stunde Stunden; Std. Stunde Stunden; _s Sekunde Sekunden; sek Sekunde Sekunden; Sek. Sekunde Sekunden;
            min Minute Minuten; Min. Minute Minuten; kWh Kilowattstunde Kilowattstunden; Wh Wattstunde Wattstunden;
            MWh Megawattstunde Megawattstunden; mAh Milliamperestunde Milliamperestunden; kcal Kilokalorie Kilokalorien;
            ms Millisekunde Millisekunden; µs Mikrosekunde Mikrosekunden; t Tonne Tonnen; mi Meile Meilen
            """,
            "f",
        ),
        **nouns("ppm Teil_pro_Million Teile_pro_Million; ppb Teil_pro_Milliarde Teile_pro_Milliarde", "m"),
    },
    currencies={
        **dict.fromkeys(("€", "EUR"), Currency(Noun("Euro", "Euro", "m"), Noun("Cent", "Cent", "m"))),
        **dict.fromkeys(("$", "US$", "USD"), Currency(Noun("Dollar", "Dollar", "m"), Noun("Cent", "Cent", "m"))),
        **dict.fromkeys(("£", "GBP"), Currency(Noun("Pfund", "Pfund", "n"), Noun("Penny", "Pence", "m"))),
        **dict.fromkeys(("CHF",), Currency(Noun("Franken", "Franken", "m"), Noun("Rappen", "Rappen", "m"))),
        **dict.fromkeys(("¥", "JPY"), Currency(Noun("Yen", "Yen", "m"))),
        **dict.fromkeys(("₹", "INR"), Currency(Noun("Rupie", "Rupien", "f"))),
    },
    scales=_SCALES,
    signs=pairs(
        """
        × mal; · mal; ÷ geteilt durch; ≈ ungefähr; ≠ ungleich; ≤ kleiner gleich; ≥ größer gleich; → nach; ⇒ also; ← von;
        √ Wurzel aus; ∞ unendlich; π Pi; ± plus minus; ∑ Summe über; ∫ Integral über; ∈ aus; ≡ äquivalent zu; ° Grad;
        §§ Paragrafen; § Paragraf; ™; ®; © Copyright; α Alpha; β Beta; γ Gamma; δ Delta; Δ Delta; ε Epsilon; θ Theta;
        λ Lambda; μ My;
        σ Sigma; Σ Sigma; φ Phi; ω Omega; Ω Omega; ρ Rho; τ Tau; ∂ partiell; ∇ Nabla; ∀ für alle; ∃ es gibt;
        ∏ Produkt über; ∪ vereinigt mit; ∩ geschnitten mit; ⊂ Teilmenge von; № Nummer
        """
    ),
    operators=pairs(
        """
        = gleich; == gleich; === gleich; != ungleich; <- von; + plus; < kleiner als; > größer als; <= kleiner gleich;
        >= größer gleich; -> nach; => also; --> nach; * mal
        """
    ),
    symbols=pairs(
        "sin Sinus; cos Kosinus; tan Tangens; log Logarithmus; ln natürlicher Logarithmus; lim Limes; "
        "sum Summe; prod Produkt; int Integral; from von; for für; of von; ! Fakultät"
    ),
    abbreviations={
        form: words
        for written, words in _ABBREVIATIONS.items()
        for form in {written, *(re.sub(r"\.(?=\w)", f".{space}", written) for space in " \u00a0\u202f")}
    },
    numbered="Kapitel|Teil|Band|Akt|Hartz|Buch|Klasse|Szene|Artikel|Abschnitt|Typ|Stufe|Phase|Apollo|Tabelle|Anhang",
    regnal=_regnal,
    gender_of=gender_of,
    integer=integer,
    score_words=r"gewann\w*|gewinn\w*|verlor\w*|verlier\w*|besieg\w*|schlug\w*|Sieg|Niederlage|Endergebnis|Endstand|Tore?|"
    r"Spiel|führt\w*|unentschieden|Unentschieden|siegt\w*",
    sum_words=r"was ist|ist|sind|ergibt|gleich|berechne|rechne|macht|wie viel|wieviel",
    rules=_RULES,
)
