"""What nobody can know or do who has no tool for it: the weather, the news, prices on a market, calls, messages, music.

It is said, with what would help: a language model that is asked makes up a forecast, or says that it calls.
"""

from __future__ import annotations

import re

from assistant.skills import Action, Command, Here, command, home
from assistant.skills.home.problems import NOT_CONNECTED
from assistant.skills.talk.outside_sentences import COMMANDS as _ROWS
from assistant.skills.talk.outside_sentences import MUSIC
from assistant.skills.values.list_words import ORDERED
from assistant.skills.words import languages

COMMANDS = (
    *(command(name, help, *sentences) for name, help, sentences in _ROWS),
    command("outside.home", "Says that no home is connected, in other languages than English."),
    command("outside.emergency", "Says which number to dial in an emergency, in other languages than English."),
)

_EMERGENCY = "I cannot make calls. In an emergency, dial 112 or your country's number yourself, now."
_TOOL = "The page docs/TOOLS.md tells how to give me a tool."
_SAYS = {
    "outside.weather": f"I cannot see the weather from here, and I will not guess. {_TOOL}",
    "outside.news": f"I cannot see that from here, and I will not guess. {_TOOL}",
    "outside.shares": f"I cannot see prices of today from here, and I will not guess. {_TOOL}",
    "outside.home": NOT_CONNECTED,
    "outside.emergency": _EMERGENCY,
    "outside.call": f"I cannot make calls from here. {_TOOL}",
    "outside.message": f"I cannot send messages from here. {_TOOL}",
    "outside.inbox": f"I cannot see your messages, your mail or your calendar from here. {_TOOL}",
    "outside.calendar": "I have no calendar. I can remind you: say, for example, remind me of the dentist on Tuesday "
    "at three.",
    "outside.machine": f"I cannot work a computer or a telephone, and have no camera. {_TOOL}",
    "outside.place": "I do not know where you are, so I can remind you at a time only.",
    "outside.order": f"I cannot order or book anything from here. {_TOOL}",
    "outside.play": "I cannot play music, radio or films by myself. A player in Home Assistant can: the page "
    "docs/HOME.md "
    "tells how.",
    "outside.playing": "I play nothing, and cannot hear what plays. A player in Home Assistant can be asked: the page "
    "docs/HOME.md tells how.",
}
_IN_DOCUMENTS = frozenset({"outside.weather", "outside.news", "outside.shares", "outside.inbox"})
"""What the user's documents may tell."""

_HELP = re.compile(
    r"\b(?:ambulance|police|nine one one|nine nine nine|one one two|fire (?:brigade|department|service"
    r"|engine)|911|999|112|emergency|emergencies|paramedics?"
    r"|for help)\b"
)
_NO_CALL = re.compile(
    r"(?:me|us|it|on|off|out|in|up|for|of|a|the)(?: (?!(?:police|ambulance)\b).*)?|attention.*|bullshit|dibs|shotgun"
    r"|(?:options?|signs?|cent(?:er|re)s?|names?|girls?|numbers?|to)(?: .*)?"
)
_CALLABLE = re.compile(
    r"(?:a|the) (?:doctor|dentist|plumber|electrician|office|school|bank|hotel|restaurant|taxi|cab|vet|pharmacy|chemist"
    r"|hospital|surgery|garage|shop|neighbou?rs?|landlord|nearest|closest|kids|children|wife|boss|ambulance|police|fire"
    r"|emergency)\b.*"
)
_RIDE = re.compile(r"(?:me |us )?(?:a|an) (?:taxi|cab|uber|lyft)\b.*")
_NO_MUSIC = re.compile(
    r"\b(?:games?|chess|checkers|draughts|quiz|trivia|riddles?|hangman|tic|noughts|rock paper|twenty|20"
    r"|questions?|i|spy"
    r"|simon|truth|words?|rhymes?|roles?|parts?|along|dead|dumb|fair|nice|cool|safe|hard|dirty|fool|advocate|tricks?"
    r"|jokes?|pranks?|by ear|house|cards|poker|scrabble|monopoly|charades|hide|tag|with|against|as|pretend|character"
    r"|pirate|teacher|doctor|football|soccer|tennis|golf|basketball|cricket|rugby|sports?|lottery|piano|guitar|violin"
    r"|drums?|flute|instrument|stock market|dungeons|dragons|sudoku|solitaire|god|cupid|victim|time|more|outside)\b"
)
_SHARES = re.compile(r"\b(?:chicken|beef|vegetable|fish|common|preferred|rolling|joint|live|mutual|laughing)$")


def run(asked: Command, here: Here) -> Action | None:
    if (here.has_tools and asked.name != "outside.emergency") or (
        here.documents is not None and asked.name in _IN_DOCUMENTS
    ):
        return None
    said = {name: str(value).lower() for name, value in asked.values.items()}
    who = said.get("who", "")
    match asked.name:
        case "outside.home" if home.is_configured() or not _is_of_a_home(asked):
            return None
        case "outside.call" if _HELP.search(asked.words.lower()):
            return Action(_EMERGENCY)
        case "outside.call" if _RIDE.fullmatch(who):
            return Action(_SAYS["outside.order"])
        case "outside.call" if who and _NO_CALL.fullmatch(who) and not _CALLABLE.fullmatch(who):
            return None  # "call me Ishmael", "call it a day"
        case "outside.order" if "goods" in said and not ORDERED.search(asked.words.lower()):
            return None  # "buy bread" is for the list
        case "outside.message" if who in ("me", "it", "that", "this"):
            return None
        case "outside.play" if _NO_MUSIC.search(said.get("music", "")) and not _is_music(asked.words):
            return None  # "play chess with me", "play fair"
        case "outside.shares" if _SHARES.search(said.get("company", "")):
            return None  # "how much is chicken stock"
    return Action(_SAYS[asked.name])


def _is_of_a_home(asked: Command) -> bool:
    of_a_home = languages.read(asked.language).words["of_a_home"]
    return re.search(of_a_home, asked.words.lower()) is not None


def _is_music(words: str) -> bool:
    return re.search(rf"\b(?:{MUSIC})\b", words.lower()) is not None
