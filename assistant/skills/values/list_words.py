"""What is put on lists, in words: "milk, eggs and bread" is three things, "call mum and dad" is one."""

from __future__ import annotations

import re
from datetime import datetime

from assistant.skills.values.kept import kept

SHOPPING, TO_DO = "shopping", "to-do"
_SHOPPING = "|shopping|grocery|groceries|grocery shopping|food|food shopping|supermarket|market|store|shop"
_TO_DO = "to do|todo|to-do|to dos|task|tasks|things to do|chores|chore|jobs|job"
_NAMES = dict.fromkeys(_SHOPPING.split("|"), SHOPPING) | dict.fromkeys(_TO_DO.split("|"), TO_DO)
_WARES = """
milk|eggs|egg|bread|butter|cheese|yoghurt|yogurt|cream|sour cream|ice cream|cream cheese|margarine|oat milk|soy milk
almond milk|coffee|tea|tea bags|cocoa|sugar|flour|salt|pepper|rice|pasta|spaghetti|noodles|oats|oatmeal|muesli|cereal
cornflakes|honey|jam|marmalade|peanut butter|chocolate|biscuits|cookies|crisps|chips|crackers|nuts|almonds|raisins|cake
apples|apple|bananas|banana|oranges|orange|lemons|lemon|limes|lime|pears|grapes|strawberries|blueberries|raspberries
cherries|plums|peaches|melon|pineapple|mango|mangoes|kiwis|avocado|avocados|potatoes|potato|onions|onion|garlic|ginger
carrots|carrot|tomatoes|tomato|cucumber|cucumbers|lettuce|salad|spinach|broccoli|cauliflower|cabbage|peppers|mushrooms
courgettes|zucchini|aubergine|leeks|celery|peas|beans|lentils|chickpeas|corn|sweetcorn|parsley|basil|herbs|spices
cinnamon|curry powder|baking powder|yeast|vanilla|oil|olive oil|sunflower oil|vinegar|mustard|ketchup|mayonnaise|mayo
soy sauce|tomato sauce|pesto|soup|tinned tomatoes|chicken|chicken breast|beef|pork|lamb|mince|minced meat|sausages
sausage|bacon|ham|salami|turkey|steak|steaks|fish|salmon|tuna|prawns|shrimp|tofu|hummus|pizza|pizzas|fish fingers
juice|orange juice|apple juice|mineral water|sparkling water|lemonade|cola|coke|beer|wine|red wine|white wine|whisky
toilet paper|toilet roll|toilet rolls|loo roll|loo rolls|kitchen roll|kitchen rolls|paper towels|tissues|napkins|nappies
diapers|baby wipes|soap|shampoo|conditioner|shower gel|toothpaste|toothbrush|deodorant|washing powder|detergent
washing up liquid|dishwasher tablets|bin bags|bin liners|cling film|foil|sponges|batteries|light bulbs|bulbs|candles
matches|stamps|envelopes|cat food|dog food|cat litter|bird seed|plasters|aspirin|paracetamol|ibuprofen|cough syrup
rolls|bread rolls|bagels|croissants|toast|baguette|wraps|tortillas|burgers|burger buns|maple syrup|syrup|olives|feta
teabags|mozzarella|parmesan|flowers|wipes|yoghurts|yogurts
"""
WARES = frozenset(_WARES.strip().replace("\n", "|").split("|"))
ORDERED = re.compile(r"\b(?:can|could|will|would) you (?:please )?(?:buy|order)\b")
"""Asks whether the assistant itself would buy it."""
_LONGEST_WARE = 3  # words
_ONE = ("mac and cheese", "macaroni and cheese", "half and half", "fish and chips", "gin and tonic")
_AND = {"en": "and|plus|as well as", "de": "und", "fr": "et", "es": "y|e", "it": "e|ed"}
TASKS = frozenset(
    "buy call ring phone wash mow clean pay book water feed walk send write fix do get make pick take order return "
    "email finish cook bake iron hoover vacuum tidy visit renew cancel change check post collect drop find".split()
)
_OTHER_TASKS = frozenset("meet see talk ask tell thank invite greet text message join help paint mix sort wrap".split())
_PEOPLE = frozenset("mum mummy mom dad daddy gran granny nan grandma grandad grandpa uncle aunt him her them".split())
_COUNTED = (
    "dozen|pints?|litres?|liters?|bottles?|cans?|tins?|packs?|packets?|boxe?s?|bags?|loaf|loaves|cartons?|jars?|kilos?|"
    "grams?|pounds?|bunch|bunches|bars?|tubs?|rolls?|slices?|pieces?|heads?"
)
_LIKE = "little|small|big|large|fresh|frozen|organic|ripe|good|nice|plain|cheap"
_MEASURE = re.compile(
    r"^(?:(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d+|half|a dozen|a couple of|a few)\s)?"
    rf"(?:more\s)?(?:(?:{_COUNTED})\s(?:of\s)?)?(?:(?:those|these|the|{_LIKE})\s)*"
)
_SMALL_WORDS = re.compile(
    r"^(?:(?:also|please|down|some more|some|more|any more|any|the|my|our|a bit of|a little|"
    rf"an?(?!\s(?:couple|few|half|{_COUNTED})\b)|and|to get|to buy)\s)+"
)
_PRONOUNS = frozenset("it that this these those them him her something stuff things".split())
_HESITATION = re.compile(r",?\s*\b(?:um+|uh+|erm|hmm+)\b,?\s*", re.IGNORECASE)
_AFTERWARDS = re.compile(r"\s(?:please|too|as well|also|for me|again|now)$")


def list_name(words: str) -> str:
    """``the grocery`` -> ``shopping``, ``to do`` -> ``to-do``, any other as it is."""
    words = re.sub(r"^(?:my|the|our|a|an|this|new|another)\s|\slist$", "", words.lower().strip())
    return _NAMES.get(words, words)


def as_said(slot: str, words: str) -> str:
    """The stretch of ``words`` that stands in ``slot``, which has lost its commas."""
    pattern = r"\W+".join(re.escape(word) for word in slot.split())
    found = re.search(rf"(?<!\w){pattern}(?!\w)", words, re.IGNORECASE) if slot else None
    return found[0] if found else slot


def items(text: str, kind: str = SHOPPING, language: str = "en") -> list[str]:
    """The single things, each once; ``kind``: the name of the list they are for."""
    text = _HESITATION.sub(" ", re.sub(r"\s+", " ", text.strip().rstrip(".?!"))).strip()
    for whole in _ONE:
        text = re.sub(rf"\b{whole}\b", whole.replace(" and ", "\0"), text, flags=re.IGNORECASE)
    if kind == TO_DO and not _are_two(text):
        parts = re.split(rf"[,;]\s*(?:and\s)?|\sand\s(?=(?:{'|'.join(TASKS)})\b)", text)
    else:
        parts = re.split(rf"[,;]\s*(?:and\s)?|\s(?:{_AND.get(language, _AND['en'])})\s(?:also\s)?", text)
    found: dict[str, str] = {}
    for part in parts:
        plain = _plain(part.replace("\0", " and "))
        for item in _segments(plain.split()) or [plain]:
            if item:
                found.setdefault(item.lower(), item.lower() if item.lower() in WARES else item)
    return list(found.values())


def _are_two(text: str) -> bool:
    """Whether a task names no deed, but two things: "lab report and laundry"."""
    parts = [part.removeprefix("the ").split() for part in text.lower().split(" and ")]
    if len(parts) != 2 or not all(0 < len(part) < 3 for part in parts):
        return False
    words = {word for part in parts for word in part}
    return parts[0][0] not in TASKS | _OTHER_TASKS and not words & _PEOPLE and not any("'" in word for word in words)


def wares(words: str, now: datetime | None = None) -> tuple[str, ...] | None:
    """``words``, in lower case, as things that shops have; None = at least one is not known as such."""
    first = _SMALL_WORDS.sub("", words).split(" ", 1)[0]
    if not first or (first not in _FIRST and not _MEASURE.match(first + " ")[0]):  # type: ignore[index]
        return None
    found = items(words)
    return tuple(found) if found and all(_MEASURE.sub("", item.lower(), count=1) in WARES for item in found) else None


@kept(2000)
def stem(item: str) -> frozenset[str]:
    """What two names of the same thing have in common: "the eggs", "egg"."""
    words = re.findall(r"\w+", _plain(item.lower()))
    return frozenset(re.sub(r"(?<=\w\w)(?:(?<=[osxh])es|s)$", "", word) for word in words)


def is_pronoun(item: str) -> bool:
    return item.lower() in _PRONOUNS


def _plain(item: str) -> str:
    item = item.strip()
    shorter = _AFTERWARDS.sub("", _SMALL_WORDS.sub("", item + " ", count=1).strip())
    return shorter if shorter else item


def _segments(words: list[str]) -> list[str]:
    """Wares that were said in a row without a comma; none if they are anything else."""
    found, at = [], 0
    while at < len(words):
        sizes = range(min(_LONGEST_WARE, len(words) - at), 0, -1)
        size = next((size for size in sizes if " ".join(words[at : at + size]).lower() in WARES), 0)
        if not size:
            return []
        found.append(" ".join(words[at : at + size]))
        at += size
    return found


_FIRST = frozenset(ware.split()[0] for ware in WARES)
