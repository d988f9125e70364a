"""English: American words and dates; "en-GB" reads dates with the day first."""

from __future__ import annotations

import re

from assistant.spoken import angles, weekdays
from assistant.spoken.addresses import telephone
from assistant.spoken.en_names import ROADS, STATES, house, regnal, street
from assistant.spoken.en_numbers import (
    MONTHS,
    SMALL,
    TENS,
    cardinal,
    cents,
    date,
    fraction,
    integer,
    mixed,
    ordinal,
    time,
    year,
)
from assistant.spoken.language import Currency, Language, Noun, Rule, Terms, nouns, pairs
from assistant.spoken.numbers import START, stop
from assistant.spoken.signs import ROMAN, roman


def _decade(language: Language, match: re.Match) -> str:
    century, tens = match["century"], int(match["tens"])
    plural = re.sub("y$", "ies", TENS[tens // 10 - 2]) if tens >= 20 else "tens" if tens else "hundreds"
    if century is None:
        return plural
    if int(century) % 10 == 0 and not tens:
        return f"{cardinal(int(century) * 100)}s"
    return f"{cardinal(int(century))} {plural}"


def _month_first(language: Language, match: re.Match) -> str | None:
    day, month, end = int(match["day"]), language.months[match["month"].lower().rstrip(".")], match["end"]
    if not 1 <= day <= 31:
        return None
    words = f"{MONTHS[month - 1]} {ordinal(day)}"
    if end:
        words += f" to {ordinal(int(end))}"
    return f"{words} {year(int(match['year']))}" if match["year"] else words


def _day_first(language: Language, match: re.Match) -> str | None:
    day, month = int(match["day"]), language.months[match["month"].lower().rstrip(".")]
    if not 1 <= day <= 31:
        return None
    the = "" if re.search(r"\b[Tt]he $", match.string[max(0, match.start() - 5) : match.start()]) else "the "
    words = f"{the}{ordinal(day)} of {MONTHS[month - 1]}"
    return f"{words} {year(int(match['year']))}" if match["year"] else words


def _clock(language: Language, match: re.Match) -> str | None:
    hour = int(match["hour"])
    return time(hour, 0, None, match["half"]) + stop(match) if hour <= 12 else None


def _hours(language: Language, match: re.Match) -> str:
    """The clock of 24 hours: 0630, 0600."""
    minute = int(match["minute"])
    words = f"{'oh ' if minute < 10 else ''}{cardinal(minute)}" if minute else "hundred"
    return f"oh {cardinal(int(match['hour']))} {words}"


def _feet(language: Language, match: re.Match) -> str:
    return f"{cardinal(int(match['feet']))} foot {cardinal(int(match['inches']))}"


def _inches(language: Language, match: re.Match) -> str | None:
    if match.string.count('"', 0, match.start()) % 2:
        return None  # a closing quotation mark
    before, after = match.string[max(0, match.start() - 6) : match.start()], match.string[match.end() : match.end() + 2]
    if re.search(r"\b(?:[Aa]n?|[Tt]h(?:e|is)|[Mm]y|[Yy]our|[Oo]ur|[Hh]is|[Hh]er) $", before) and after[1:].isalpha():
        return f"{language.say(match['number'])} inch"
    return language.count(match["number"], Noun("inch", "inches"))


def _length(language: Language, match: re.Match) -> str:
    return language.count(match["number"], Noun("inch", "inches"))


def _sides(language: Language, match: re.Match) -> str:
    feet = language.count(match["second"], Noun("foot", "feet"))
    return f"{language.count(match['first'], Noun('foot', 'feet'))} by {feet}"


def _verse(language: Language, match: re.Match) -> str:
    return f"{language.whole(match['chapter'])} {language.whole(match['verse'])}"


def _emergency(language: Language, match: re.Match) -> str:
    return language.digits(match["claim"])


def _duration(language: Language, match: re.Match) -> str:
    nouns = (("h", Noun("hour", "hours")), ("m", Noun("minute", "minutes")), ("s", Noun("second", "seconds")))
    parts = [language.count(match[name].lstrip("0"), noun) for name, noun in nouns if int(match[name])]
    return " and ".join([" ".join(parts[:-1]), parts[-1]]) if parts[1:] else "".join(parts)


def _nth(language: Language, match: re.Match) -> str:
    return ordinal(roman(match["claim"]))


def _out_of(language: Language, match: re.Match) -> str:
    return f"{language.say(match['top'])} out of {language.say(match['bottom'])}"


_BEFORE_NUMBERS = pairs(
    "art Article; para paragraph; op opus; sec section; eq equation; ch chapter; max maximum; min minimum"
)
_EUROS = r"(?P<whole>\d{1,3}(?:\.\d{3})+(?![\d.])|\d{1,6}(?=,\d\d))(?:,(?P<cents>\d{2}))?"


def _euros(language: Language, match: re.Match) -> str:
    """As they are written where people pay with them: €1.299,99."""
    currency = language.currencies["€"]
    words = language.count(match["whole"].replace(".", ""), currency.unit)
    cents = int(match["cents"] or 0)
    words = language.cents(words, cents, currency.cent) if cents and currency.cent else words
    return f"{language.terms.minus} {words}" if match.groupdict().get("minus") else words


_MONTH = "|".join(MONTHS) + r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|(?= \d))"
_ABBREVIATED = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
    "nov": 11, "dec": 12}  # fmt: skip
_D = "0123456789"

_RULES = (
    *weekdays.rules(
        "Mon Monday; Tue Tuesday; Tues Tuesday; Wed Wednesday; Thu Thursday; Thur Thursday; Thurs Thursday; "
        "Fri Friday; Sat Saturday; Sun Sunday",
        "on|from|until|till|every|by|through",
    ),
    Rule(_D, r"(?<!\w)24/7(?!\w)", lambda language, match: "twenty-four seven"),
    Rule(_D, r"(?<![\w/])50/50(?![\w/])", lambda language, match: "fifty fifty"),
    Rule("$", r"\$\.(?P<cents>\d\d)(?!\w)", lambda language, match: f"{cardinal(int(match['cents']))} cents"),
    Rule(".", r"(?<![\w.,$€£])\.\d{1,10}(?![\w.])", lambda language, match: f"point {language.digits(match[0])}"),
    Rule(
        "/",
        r"(?<![\w/])(?P<beats>[2-9]|12)/(?P<note>2|4|8|16)(?=[ -](?:time|meter|metre|signature|bar|beat|rhythm)\b)",
        lambda language, match: f"{cardinal(int(match['beats']))} {cardinal(int(match['note']))}",
    ),
    Rule(
        _D,
        r"\b(?:in|took|takes|lasts?|lasted|of|ran for|was|is) (?P<claim>(?P<h>\d{1,2}):(?P<m>[0-5]\d):(?P<s>[0-5]\d))"
        r"(?![\w:])",
        _duration,
    ),
    Rule("IVXLC", rf"(?<!\w)(?P<claim>{ROMAN})(?= [Cc]entur|-century| Olympi| Winter | Summer )", _nth),
    Rule("+", r"(?<!\w)(?:Ctrl|CTRL)(?= ?\+ ?\w)", lambda language, match: "Control"),
    Rule("+", r"(?<!\w)Cmd(?= ?\+ ?\w)", lambda language, match: "Command"),
    Rule(_D, rf"\b(?:{STATES}) (?P<claim>\d{{5}})(?!\w)", lambda language, match: language.digits(match["claim"])),
    Rule(_D, rf"(?<![\w.,-])(?P<n>\d{{3,4}})(?= (?:[A-Z][a-z]+\.? ){{1,3}}(?:{ROADS})\b)", house),
    Rule(_D, r"(?<![\w/])9/11(?![\w/])", lambda language, match: "nine eleven"),
    Rule(
        _D,
        r"(?<![\w/])(?P<top>\d{1,3}(?:\.\d)?)/(?P<bottom>5|10|100)(?=[.!?]?$|[.!?,] | rating| stars?| score)",
        _out_of,
    ),
    Rule(
        _D,
        r"\b(?:[Cc]all|[Dd]ial|[Pp]hone|[Rr]ing)(?:ed|ing|s)? (?P<claim>911|999|112|411|311|988|101|111)(?!\w)",
        _emergency,
    ),
    Rule(
        _D,
        r"(?<![\w.,+(-])(?<![+(]\d )(?<!\+\d\d )(?<!\d\))(?<!\d\) )"
        r"(?P<n>(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}|\d{3}-\d{4}|0\d{2,4} \d{3,4} ?\d{3,4})(?![\w-])",
        lambda language, match: telephone(language, match["n"]),
    ),
    Rule(
        _D,
        r"(?<![\w.,-])(?<![A-Z]\d\d )\d{4}(?:[ -]\d{4}){3}(?![\w-])",
        lambda language, match: telephone(language, match[0]),
    ),
    Rule(
        _D,
        rf"(?<!\w)(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        r"(?: ?[-–] ?(?P<end>\d{1,2})(?:st|nd|rd|th)?)?(?![\w:]|[.,]\d)"
        r"(?:,? (?P<year>\d{4})(?!\w|[.,:]\d))?",
        lambda language, match: _month_first(language, match),
    ),
    Rule(
        _D,
        rf"{START}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?!\w)"
        r"(?:,? (?P<year>\d{4})(?!\w|[.,:]\d))?",
        lambda language, match: _day_first(language, match),
    ),
    Rule(_D, r"(?<!\w)(?:(?P<century>\d{2})|['’])?(?P<tens>\d0)['’]?s(?!\w)", _decade),
    Rule(_D, rf"{START}(?P<hour>\d{{1,2}}) ?(?P<half>[AaPp]\.[Mm]\.|[AaPp][Mm](?!\w))", _clock),
    Rule(
        _D,
        rf"{START}(?P<n>\d{{1,3}}(?:,\d{{3}}){{1,4}}|\d{{1,15}})(?:st|nd|rd|th)(?!\w)",
        lambda language, match: ordinal(int(match["n"].replace(",", ""))),
    ),
    Rule(
        _D, rf"{START}(?P<n>\d{{1,4}}\.\d{{1,3}})s(?!\w)", lambda language, match: f"{language.say(match['n'])} seconds"
    ),
    Rule(
        _D,
        r"(?<!\w)(?P<n>10|100|1000)s(?= of)",
        lambda language, match: {2: "tens", 3: "hundreds", 4: "thousands"}[len(match["n"])],
    ),
    Rule(
        "k",
        rf"{START}(?P<n>\d{{1,3}}(?:\.\d)?)k(?= (?:[a-z]{{2,15}} )?[a-z]{{2,20}}s(?!\w))",
        lambda language, match: f"{language.say(match['n'])} thousand",
    ),
    Rule("'’", r"(?<!\w)['’](?P<n>\d\d)(?![\w'’\"])", lambda language, match: cardinal(int(match["n"]))),
    Rule(_D, r"(?<!\w)(?P<feet>\d{1,2}) ?(?:ft|feet|foot) (?P<inches>\d{1,2}) ?in\b", _feet),
    Rule(
        _D,
        rf"{START}(?P<number>\d{{1,3}}(?:\.\d{{1,3}})?) in"
        r"(?:\.(?= [a-z]|$)|(?= ?[×x]| tall| wide| long| high| deep| thick))",
        _length,
    ),
    Rule(
        ":",
        r"\b(?:lasts?|lasted|took|takes|runs|duration(?: of)?|time of) (?P<claim>"
        r"(?P<chapter>\d{1,3}):(?P<verse>[0-5]\d))(?![\w:])",
        _verse,
    ),
    Rule(_D, r"(?<!\w)ca?\. ?(?P<n>1\d{3}|20\d\d)(?!\w)", lambda language, match: f"circa {year(int(match['n']))}"),
    Rule("'′’", r"(?<!\w)(?P<first>\d{1,3})['′’] ?[x×] ?(?P<second>\d{1,3})(?:['′’]|(?!\w))", _sides),
    *angles.rules("degree degrees; minute minutes; second seconds", "N north; S south; E east; W west"),
    Rule("'′’", r"(?<![\w'])(?P<feet>\d{1,2})['′’] ?(?P<inches>\d{1,2})(?:[\"″”]|''|(?!\w))", _feet),
    Rule('"″', rf"{START}(?P<number>\d{{1,3}}(?:\.\d{{1,3}})?)[\"″](?=[\s.,;:!?)-]|$)", _inches),
    Rule(
        _D,
        r"\b(?:at|by|until|till|from|before|after|around|to) (?P<claim>0(?P<hour>\d)(?P<minute>[0-5]\d))"
        r"(?!\w|[.,:/-]\d)",
        _hours,
    ),
    Rule(_D, r"(?<!\w)[Nn]os?\.(?= ?\d)", lambda language, match: "numbers" if "s" in match[0] else "number"),
    Rule(
        _D,
        r"(?<!\w)(?P<short>[Aa]rt|[Pp]ara|[Oo]p|[Ss]ec|[Ee]q|[Cc]h|[Mm]ax|[Mm]in)\.(?= ?\d)",
        lambda language, match: _BEFORE_NUMBERS[match["short"].lower()],
    ),
    Rule(_D, r"(?<!\w)pp\.(?= ?\d)", lambda language, match: "pages"),
    Rule(_D, r"(?<!\w)p\.(?= ?\d)", lambda language, match: "page"),
    Rule(".", r"(?:(?<!\w)(?P<name>[A-Z][a-z]{1,30})|\ue000) (?P<claim>St\.)(?P<next> [A-Z])?", street),
    Rule(".", r"(?<=[a-z] )Dr\.(?= [a-z]|,|;|$)", lambda language, match: "Drive"),
    Rule(_D, r"(?<!\w)[Ee]xt\.(?= ?\d)", lambda language, match: "extension"),
    Rule(
        ":",
        r"\b(?:Genesis|Exodus|Deuteronomy|Isaiah|Matthew|Mark|Luke|John|Acts|Romans|Corinthians|Psalms?|Proverbs|"
        r"Revelation) (?P<claim>(?P<chapter>\d{1,3}):(?P<verse>\d{1,3}))(?!\w)",
        _verse,
    ),
    Rule("#", r"(?<=\b[A-G])#(?!\w)", lambda language, match: "sharp"),
    Rule("&", r"(?<=\w) ?& ?(?=\w)", lambda language, match: " and "),
    Rule("/", r"\band/or\b", lambda language, match: "and or"),
    Rule("€", rf"€ ?{_EUROS}(?![\d,.]\d)(?!\d)", _euros),
    Rule(".,", rf"{START}(?P<minus>[-−](?=\d))?{_EUROS} ?(?:€|EUR\b|[Ee]uros?\b)", _euros),
    Rule(
        _D,
        rf"{START}(?<![$€£¥₹])(?P<n>\d{{1,4}}(?:\.\d{{1,3}})?)(?P<scale>M|bn|mn)(?!\w)",
        lambda language, match: f"{language.say(match['n'])} {'million' if match['scale'][0] in 'Mm' else 'billion'}",
    ),
)

_TERMS = Terms(
    point="point", minus="minus", plus="plus", to="to", about="about", number="number", percent="percent",
    permille="per mille", per="per", power="to the power of {}", over="over", root="the square root of",
    cube_root="the cube root of", by="by", ratio="to", score="to", dot="dot", slash="slash", backslash="backslash",
    dash="dash", underscore="underscore", at="at", hashtag="hashtag", colon="colon", formula="a formula", link="a link",
    index="sub", version="version",
)  # fmt: skip


_UNITS = nouns("""
    km kilometer; m meter; cm centimeter; mm millimeter; µm micrometer; μm micrometer; nm nanometer; mi mile;
    mph mile_per_hour miles_per_hour; yd yard; ft foot feet; sq_ft square_foot square_feet; sq_m square_meter;
    sq_mi square_mile; kg kilogram; g gram; mg milligram; µg microgram;
    lb pound; lbs pound; oz ounce; tbsp tablespoon; tsp teaspoon; kph kilometer_per_hour kilometers_per_hour;
    km/h kilometer_per_hour kilometers_per_hour; kmh kilometer_per_hour kilometers_per_hour;
    m/s meter_per_second meters_per_second; m² square_meter; km² square_kilometer; cm² square_centimeter;
    ft² square_foot square_feet; m2 square_meter; km2 square_kilometer; m³ cubic_meter; cm³ cubic_centimeter;
    m3 cubic_meter; l liter; L liter; ml milliliter; mL milliliter; cl centiliter; gal gallon; _h hour; hr hour;
    hrs hour; _s second; ms millisecond; µs microsecond; μs microsecond; ns nanosecond; min minute; mins minute;
    sec second; °C degree_Celsius degrees_Celsius; °F degree_Fahrenheit degrees_Fahrenheit; 
    °_C degree_Celsius degrees_Celsius;    °_F degree_Fahrenheit degrees_Fahrenheit; °K kelvin kelvins;
    _K kelvin kelvins; ° degree; ℃ degree_Celsius degrees_Celsius; ℉ degree_Fahrenheit degrees_Fahrenheit; _B byte;
    kB kilobyte; KB kilobyte; MB megabyte; GB gigabyte; TB terabyte; PB petabyte; KiB kibibyte; MiB mebibyte;
    GiB gibibyte; kbps kilobit_per_second kilobits_per_second; kbit/s kilobit_per_second kilobits_per_second;
    Mbps megabit_per_second megabits_per_second; Gbps gigabit_per_second gigabits_per_second; Hz hertz hertz;
    kHz kilohertz kilohertz; MHz megahertz megahertz; GHz gigahertz gigahertz; W watt; kW kilowatt; MW megawatt;
    GW gigawatt; kWh kilowatt_hour; Wh watt_hour; V volt; kV kilovolt; mV millivolt; _A amp; mA milliamp;
    mAh milliamp_hour; Ω ohm; kΩ kilohm; J joule; kJ kilojoule; kcal kilocalorie; cal calorie; Pa pascal;
    kPa kilopascal; hPa hectopascal; bar bar; psi P_S_I P_S_I; dB decibel; kbit kilobit; Mbit megabit; Gbit gigabit;
    kn knot; kt knot;
    mpg mile_per_gallon miles_per_gallon;
    mmHg millimeter_of_mercury millimeters_of_mercury; mol mole; mmol millimole; µmol micromole; dL deciliter;
    dl deciliter; Nm newton_meter; kN kilonewton; lx lux lux; lm lumen; eV electron_volt; keV kiloelectron_volt;
    MeV megaelectron_volt; GeV gigaelectron_volt; THz terahertz terahertz; GWh gigawatt_hour; MWh megawatt_hour;
    TWh terawatt_hour; m/s² meter_per_second_squared meters_per_second_squared; rpm R_P_M R_P_M; px pixel;
    dpi D_P_I D_P_I;
    fps frame_per_second frames_per_second; ppm part_per_million parts_per_million;
    ppb part_per_billion parts_per_billion; ha hectare; hp horsepower horsepower
""")

LANGUAGE = Language(
    terms=_TERMS,
    cardinal=cardinal,
    ordinal=ordinal,
    fraction=fraction,
    mixed=mixed,
    date=date,
    time=time,
    cents=cents,
    decimals=lambda digits: " ".join(SMALL[int(digit)] for digit in digits),
    decimal_mark=".",
    group_marks=",\u202f\u00a0",
    day_first=False,
    months={**{name.lower(): number for number, name in enumerate(MONTHS, 1)}, **_ABBREVIATED},
    clock=r"[AaPp]\.[Mm]\.|[AaPp][Mm]",
    units=_UNITS,
    currencies={
        **dict.fromkeys(("$", "US$", "USD"), Currency(Noun("dollar", "dollars"), Noun("cent", "cents"))),
        **dict.fromkeys(("€", "EUR"), Currency(Noun("euro", "euros"), Noun("cent", "cents"))),
        **dict.fromkeys(("£", "GBP"), Currency(Noun("pound", "pounds"), Noun("pence", "pence"))),
        **dict.fromkeys(("¥", "JPY"), Currency(Noun("yen", "yen"))),
        **dict.fromkeys(("₹", "INR"), Currency(Noun("rupee", "rupees"), Noun("paisa", "paise"))),
        "CHF": Currency(Noun("Swiss franc", "Swiss francs"), Noun("centime", "centimes")),
        "A$": Currency(Noun("Australian dollar", "Australian dollars"), Noun("cent", "cents")),
        "C$": Currency(Noun("Canadian dollar", "Canadian dollars"), Noun("cent", "cents")),
        "¢": Currency(Noun("cent", "cents")),
        "₿": Currency(Noun("bitcoin", "bitcoins")),
    },
    scales={
        **{word: Noun(word, word) for word in ("hundred", "thousand", "million", "billion", "trillion")},
        **{
            letter: Noun(word, word)
            for letter, word in pairs(
                "k thousand; K thousand; m million; M million; mn million; bn billion; B billion; tn trillion"
            ).items()
        },
    },
    powers={2: "squared", 3: "cubed"},
    signs=pairs(
        """
        × times; ÷ divided by; ≈ is about; ≠ is not; ≤ at most; ≥ at least; → to; ⇒ so; ← from; √ the square root
        of; ∞ infinity; π pi; ± plus or minus; ∑ the sum of; ∫ the integral of; ∈ in; ≡ is equivalent to; ° degrees;
        § section; ™; ®; © copyright; α alpha; β beta; γ gamma; δ delta; Δ delta; ε epsilon; θ theta; λ lambda; μ
        mu; σ sigma; Σ sigma; φ phi; ω omega; Ω omega; ρ rho; τ tau; ∂ partial; ∇ nabla; ∀ for all; ∃ there is; ∏
        the product of; ∪ union; ∩ intersection; ⊂ is a subset of; № number
        """
    ),
    operators=pairs(
        """
        = equals; == equals; === equals; <- from; != is not; + plus; < is less than; > is greater than; <= at most;
        >= at least; -> to; => to; --> to; * times
        """
    ),
    symbols=pairs(
        """
        sin sine; cos cosine; tan tangent; log log; ln natural log; lim the limit; sum the sum; prod the product;
        int the integral; from from; for as; of of; ! factorial
        """
    ),
    abbreviations=pairs(
        """
        Dr. Doctor; Mr. Mister; Mrs. Missus; Ms. Miz; Prof. Professor; St. Saint; Jr. Junior; Sr. Senior; e.g. for
        example; i.e. that is; etc. et cetera; vs. versus; approx. approximately; cf. compare; Gen. General; Col.
        Colonel; Capt. Captain; Lt. Lieutenant; Sgt. Sergeant; Gov. Governor; Sen. Senator; Rep. Representative;
        Rev. Reverend; Mt. Mount; Ave. Avenue; Blvd. Boulevard; Rd. Road; Inc. Incorporated; Ltd. Limited; Corp.
        Corporation; Co. Company; dept. department; Dept. Department; Fig. Figure; fig. figure; vol. volume; Vol.
        Volume; ca. about; w/ with; w/o without; c/o care of; Ft. Fort;
        incl. including; excl. excluding; Hwy. Highway; Pkwy. Parkway; Univ. University; Apt. Apartment; avg. average;
        misc. miscellaneous; resp. respectively; viz. namely; Bros. Brothers; Maj. Major; Adm. Admiral; Hon. Honorable
        """
    ),
    numbered="[Cc]hapter|CHAPTER|[Pp]art|PART|[Aa]ct|[Ss]cene|[Vv]olume|[Bb]ook|BOOK|World War|"
    "[Ss]ection|[Tt]ype|[Pp]hase|Article|Title|"
    "Super Bowl|Appendix|[Ss]tage|[Cc]lass|Canto|Level|[Gg]rade|Figure|Table|Amendment|[Ll]esson|Division|Mark|Apollo",
    regnal=regnal,
    integer=integer,
    score_words=r"won|wins?|beats?|lost|loses?|scored?|scores|victory|defeat|defeated|draw|drew|tied?|leads?|led|"
    r"trail(?:s|ed|ing)?|halftime|final|match|game|set|goals?",
    sum_words=r"answer|difference|what is|what's|is|equals|calculate|compute|subtract|makes|gives|how much",
    rules=_RULES,
    regions=dict.fromkeys(("gb", "au", "ie", "nz", "in", "za"), {"day_first": True}),
)
