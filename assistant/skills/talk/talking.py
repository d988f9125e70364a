"""The conversation itself: how loud and fast it is spoken, what was said, stop, sleep, goodbye."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from assistant.skills import Action, Command, Controls, Here, Impossible, command
from assistant.skills.values.tongues import Tongue

_LOUDER = 0.15
_QUICKER = 1.2
_SLOWEST, _QUICKEST = 0.5, 2.0
_PERCENT = re.compile(r"per ?cent|%|prozent|pour cent|por ciento")  # of all languages that have the command

_SOFT = "[(please|can you|could you|would you|will you|i want you to|i'd like you to|i need you to)] [please]"
_BIT = "[(a bit|bit|a little|a little bit|a lot|much|even|slightly|some|a touch|a tad|way)]"
_END = "[(please|for me|will you|would you|again|now|then|thanks|thank you)]"
_IT = "(it|the volume|the sound|your voice|your volume|yourself|the speaker|the sound level|the loudness)"

COMMANDS = (
    command(
        "talking.louder", "Speaks louder.",
        f"{_SOFT} [(speak|talk|read|say it|be|go|make it|a)] {_BIT} (louder|more loud|more loudly) {_END}",
        f"{_SOFT} speak up {_BIT} {_END}",
        f"{_SOFT} (turn|crank|pump) {_IT} up {_BIT} {_END}",
        f"{_SOFT} (turn|crank|pump) up the (volume|sound) {_BIT} {_END}",
        f"{_SOFT} (raise|increase|boost) (the volume|your voice|the sound|your volume) {_BIT} {_END}",
        f"volume up {_BIT} {_END}",
        f"{_SOFT} make (it|that|yourself|your voice|the volume) {_BIT} louder {_END}",
        "[(sorry|pardon)] i (can't|cannot|can hardly|can barely|couldn't|could hardly) hear you [(well|very well|"
        "properly|any more)]",
        "(you're|you are|that's|that is|it's|it is|this is) [(much|far|a bit|a little)] too (quiet|soft|low|silent) "
        "[for me]",
        f"(more|higher) volume {_END}",
        "i'm [(a bit|a little)] hard of hearing",
        "[please] (don't|do not) (speak|talk|be) [quite] (so|that|as) (quiet|quietly|soft|softly|low) [please]",
    ),
    command(
        "talking.quieter", "Speaks more quietly.",
        f"{_SOFT} [(speak|talk|read|say it|be|go|make it|a)] {_BIT} (quieter|softer|more quietly|more quiet|"
        f"more softly|less loud|less loudly) {_END}",
        f"{_SOFT} turn {_IT} down {_BIT} {_END}",
        f"{_SOFT} turn down the (volume|sound) {_BIT} {_END}",
        f"{_SOFT} (lower|decrease|reduce|drop) (the volume|your voice|the sound|your volume) {_BIT} {_END}",
        f"volume down {_BIT} {_END}",
        f"{_SOFT} make (it|that|yourself|your voice|the volume) {_BIT} (quieter|softer) {_END}",
        "[please] (don't|do not) (speak|talk|be) [quite] (so|that|as) (loud|loudly) [please]",
        "[please] (not so loud|don't shout|stop shouting|don't yell|stop yelling|no need to shout|keep it down|keep "
        "your voice down) [please]",
        "(you're|you are|that's|that is|it's|it is|this is) [(much|far|a bit|a little|way)] too loud [for me]",
        f"(less|lower) volume {_END}",
    ),
    command(
        "talking.volume", "Sets how loud it is, in percent or from 0 to 10.",
        f"{_SOFT} (set|turn|put|change|make|bring|adjust) [(the|your|my)] (volume|loudness|sound) [(up|down)] (to|at) "
        f"{{number}} "
        f"[(percent|per cent|out of ten|out of 10)] {_END}",
        f"{_SOFT} (turn|set|put) (it|yourself) [(up|down)] to {{number}} (percent|per cent) [volume] {_END}",
        f"volume [(to|at|level)] {{number}} [(percent|per cent|out of ten)] {_END}",
        f"{{number}} [percent] volume {_END}",
    ),
    command(
        "talking.full_volume", "Speaks as loud as it can.",
        f"{_SOFT} [(set|turn|put|go to)] [(the|your)] [volume] [(to|at|on|up to)] (full|maximum|max|the maximum|the "
        f"loudest) volume {_END}",
        f"{_SOFT} (set|turn|put) (the|your) volume [(up|all the way up)] (to|at|on) (full|maximum|max|the maximum|the "
        f"highest) {_END}",
        f"{_SOFT} turn {_IT} all the way up {_END}",
        f"(as loud as (you can|possible)|loudest) {_END}",
    ),
    command(
        "talking.mute", "Makes no sound until it is unmuted.",
        f"{_SOFT} (mute|mute yourself|mute the (sound|volume|speaker)|mute it|sound off|volume off) {_END}",
        f"{_SOFT} (turn|switch) (off the (sound|volume)|the (sound|volume) off) {_END}",
    ),
    command(
        "talking.unmute", "Can be heard again.",
        f"{_SOFT} (unmute|unmute yourself|unmute the (sound|volume|speaker)|sound on|volume on) {_END}",
        f"{_SOFT} (turn|switch) (on the (sound|volume)|the (sound|volume) [back] on) {_END}",
    ),
    command(
        "talking.loudness", "Says how loud it is.",
        "how loud (are you|is it) [(set|now|right now)]",
        "(what's|what is|tell me) (the|your) [current] volume [(now|set to|at)]",
    ),
    command(
        "talking.faster", "Speaks faster.",
        f"{_SOFT} [(speak|talk|read|go|say it|say that)] {_BIT} (faster|quicker|more quickly) {_END}",
        f"{_SOFT} (speed up|speed it up|hurry up|pick up the pace) {_BIT} {_END}",
        "[(you're|you are|that's|that is|it's|you speak|you talk|you're speaking|you're talking|you're going)] [(much|"
        "far|a bit|a "
        "little|way)] "
        "too (slow|slowly) [for me]",
        "[please] (don't|do not) (speak|talk|read|go) [quite] (so|that|as) (slow|slowly) [please]",
        f"{_SOFT} (increase|raise) (the|your) (speed|pace|rate|speaking rate) {_END}",
    ),
    command(
        "talking.slower", "Speaks more slowly.",
        f"{_SOFT} [(speak|talk|read|go|say it|say that)] {_BIT} (slower|more slowly|more slow|less quickly) {_END}",
        f"{_SOFT} slow down {_BIT} {_END}",
        f"{_SOFT} slow it down {_BIT} {_END}",
        f"{_SOFT} (speak|talk|read) (slowly|slow) {_END}",
        "[please] (not so fast|not so quickly|not so quick|not that fast) [please]",
        "[please] (don't|do not) (speak|talk|read|go) [quite] (so|that|as) (fast|quick|quickly) [please]",
        "[(you're|you are|that's|that is|it's|you speak|you talk|you're speaking|you're talking|you're going)] [(much|"
        "far|a bit|a "
        "little|way)] "
        "too (fast|quick|quickly) [for me]",
        f"{_SOFT} (decrease|reduce|lower) (the|your) (speed|pace|rate|speaking rate) {_END}",
    ),
    command(
        "talking.normal_speed", "Speaks as fast as usual.",
        f"{_SOFT} [(speak|talk|read|go|go back|back|return)] [(at|to|with|in)] [(the|your|a)] (normal|usual|regular|"
        "default|original) "
        f"(speed|pace|rate|tempo) {_END}",
        f"{_SOFT} (speak|talk) (normally|as usual|as before|as fast as usual) {_END}",
    ),
    command(
        "talking.repeat", "Says the last answer again.",
        f"{_SOFT} (repeat|say) (that|it|this|yourself|the last (bit|part|answer|sentence)) [(again|once more|one more "
        f"time|one more)] {_END}",
        f"{_SOFT} (say again|repeat|come again|pardon|pardon me|once more|one more time|again please|beg your pardon|i "
        "beg your pardon) [please]",
        "[(sorry|excuse me|wait|hang on)] (what did you say|what was that|what were you saying|what have you "
        "said|"
        "what did you just say|what was it you said|what you said) [(again|just now|please|there)]",
        "[(sorry|pardon|excuse me)] i (didn't|did not|couldn't|could not) [quite] (catch|get|hear|understand) "
        "(that|it|you|what you said|the last bit|a word|a word of (that|it)|a single word|any of (that|it)|all of "
        "(that|it)|a thing) [(you said|sorry|properly|the first time|there)]",
        "i missed (that|it|what you said) [(come again|sorry|say it again|can you repeat it)]",
        "what was that you [just] said",
        "(sorry|say) what",
        "(tell me|let me hear) that [one] (again|once more|one more time) [please]",
    ),
    command(
        "talking.heard", "Says what the user said before.",
        "what did i [just] (say|ask|tell you|ask you|say to you) [just now|just then]",
        "what (was|is) [it] (my last question|the last question|the last thing i (asked|said)|i [just] (asked|said)) "
        "[to you|you]",
        "what did you [just] (hear|understand|think i said) [me say]",
    ),
    command(
        "talking.stop", "Silences what rings, and says no more.",
        "[(okay|all right|please|hey|now)] (stop|stop it|stop that|stop talking|stop speaking|stop now|stop right "
        "there|stop the noise|"
        "be quiet|keep quiet|stay quiet|quiet|quiet down|silence|shut up|hush|hush now|shush|sh|shh|wheesht|whisht|"
        "pipe down|give over|leave off|leave off talking|enough|that's enough|that is enough|that will do|that'll do|"
        "zip it|shut it|put a sock in it|you can stop|stop there) "
        "[(please|now|thanks|thank you|already|it)]",
        "(never mind|nevermind|doesn't matter|it doesn't matter)",
    ),
    command(
        "talking.sleep", "Listens to nothing until it is woken.",
        f"{_SOFT} (go to sleep|go back to sleep|sleep|sleep now|take a nap|stop listening|don't listen|go on standby|"
        "go to standby|"
        f"have a rest|take a break|go away) {_END}",
        f"{_SOFT} (shut up|be quiet|hush|quiet|silence) for (a while|a bit|a moment|now) {_END}",
    ),
    command(
        "talking.wake", "Is there again.",
        f"{_SOFT} wake up {_END}",
        "(are you (there|awake|listening|asleep)|hello are you there)",
    ),
    command(
        "talking.goodbye", "Ends the conversation.",
        "[(okay|well|right|all right|so|thanks|thank you)] (goodbye|good bye|bye|bye bye|bye now|bye for now|see you|"
        "see you later|"
        "see you soon|see you tomorrow|see ya|cheerio|ta ta|ta ra|laters|i'm off|so long|farewell|talk to you later|"
        "talk to you soon|catch you later|"
        "until next time) "
        "[(then|for now|now|assistant|computer|my friend)]",
        f"{_SOFT} (end|finish|close|quit|exit) (the|this|our) (conversation|chat|session|program|call) {_END}",
        "(hang up|quit|exit|i'm done|i am done|we're done|we are done|that's all|that is all|that was all|that'll be "
        "all|that will be all) "
        "[(for now|for today|please|now)] [(thanks|thank you|good night|goodnight|bye|goodbye)]",
    ),
    command(
        "talking.language", "Speaks another language from now on.",
        f"{_SOFT} (speak|talk|answer|reply|respond|continue|speak to me|talk to me|answer me|go on) [(in|only)] "
        f"{{tongue}} "
        "[(please|again|now|with me|to me|from now on|for a while|instead)]",
        f"{_SOFT} (switch|change|go|return|go back|switch back|change back|back) [(your language|the language|over|"
        "back)] "
        "[back] (to|into) "
        "{tongue} [(please|again|now)]",
        "(let's|let us|i want to|i'd like to|can we|could we|shall we|we can) [please] (speak|talk|continue|practise|"
        "practice|switch to) "
        "[(in|to)] {tongue} [(please|now|together|again)]",
        "(in {tongue} please|{tongue} please)",
        f"{_SOFT} (set|change) (the|your) language to {{tongue}} {_END}",
    ),
    command(
        "talking.skills", "Says what it can do.",
        "[(so|and|tell me|okay)] what (can you do|can you help me with|can you do for me|are you able to do|are you "
        "good at|are you capable of|"
        "are your skills|else can you do|can i ask you|can i say|can i ask|can i say to you|can i ask you to do|do you "
        "do|things can you do|sort of things can you do|kind of things can you do)",
        "(how can you help me|how do you work|how can i use you|what are you good for|"
        "what do you know how to do)",
        "help [me] [please]",
        "(list|tell me|show me|what are) your (skills|abilities|capabilities|functions|features|commands)",
    ),
    command(
        "talking.thanks", "Answers thanks.",
        "[(okay|great|super|perfect|lovely|oh|ah|well|brilliant|good|wonderful)] (thank you|thanks|thank you very much|"
        "thank you so much|"
        "thanks a lot|thanks so much|many thanks|cheers|much appreciated|thanks very much|thank you kindly|ta|ta very "
        "much|much obliged|thanks a "
        "million|"
        "thank you for your help|thanks for your help|thanks for that|thank you for that|i thank you|that's very kind "
        "of you|"
        "that's kind of you) [(mate|dear|my dear|assistant|computer|love|indeed|again)]",
    ),
    command(
        "talking.who", "Says who it is.",
        "[(so|and|hello|tell me|okay)] (who are you|what are you|who am i (talking|speaking) (to|with)|what's your "
        "name|what is your name|"
        "do you have a name|what are you called|who is (this|that|speaking)|introduce yourself|what should i "
        "call you) [(exactly|then|anyway)]",
        "tell me (about yourself|who you are)",
    ),
)  # fmt: skip

_SOUNDS = frozenset(
    f"talking.{name}"
    for name in "louder quieter volume full_volume mute unmute faster slower normal_speed sleep".split()
)
"""What changes how it is heard, or whether it listens."""
_STAYS = _SOUNDS | {"talking.language"}
"""What is to hold for the words after these."""


def run(asked: Command, here: Here) -> Action | None:
    if asked.name in _STAYS and not here.lasts or asked.name in _SOUNDS and not here.heard:
        return Action("That counts only while we talk. Start me with: assistant talk.")
    match asked.name:
        case "talking.skills":
            return Action(_can(here))
        case "talking.thanks":
            return Action("You're welcome.")
        case "talking.who":
            return Action("I am your voice assistant. Ask me what I can do.")
        case "talking.wake" if "you" in asked.words.lower().split():
            return Action(f"{'No' if 'asleep' in asked.words.lower() else 'Yes'}, I am listening.")
        case "talking.wake":
            return Action("I am awake.")
        case "talking.sleep":
            return _doing(lambda: here.controls.sleep(), "I sleep until you wake me.")
        case "talking.goodbye":
            return _doing(lambda: here.controls.goodbye(), "Goodbye.")
        case "talking.stop":
            return _doing(lambda: _silently(here.controls.stop))
        case "talking.mute":
            return _doing(lambda: _silently(lambda: here.controls.volume(0.0)))
        case "talking.language" if isinstance(tongue := asked.values.get("tongue"), Tongue):
            return Action(do=partial(_speak, here.controls, tongue), keep_history=False)
    steer = _steer(asked)
    return None if steer is None else _doing(lambda: steer(here.controls))


def _doing(do: Callable[[], str | None], say: str = "") -> Action:
    """``do`` gives what is said instead of ``say``, if anything."""

    async def done() -> str | None:
        return do()

    return Action(say, done, keep_history=False)


def _silently(do: Callable[[], object]) -> str:
    do()
    return ""


def _steer(asked: Command) -> Callable[[Controls], str] | None:
    """What is done to the conversation; it gives what is said."""
    value = asked.values.get("number")
    match asked.name:
        case "talking.louder":
            return lambda controls: _volume(controls, controls.volume() + _LOUDER)
        case "talking.quieter":
            return lambda controls: _volume(controls, controls.volume() - _LOUDER)
        case "talking.volume" if isinstance(value, Decimal):
            wanted = _loudness(value, asked.words)
            return lambda controls: _volume(controls, wanted)
        case "talking.full_volume":
            return lambda controls: _volume(controls, 1.0)
        case "talking.unmute":
            return lambda controls: _volume(controls, controls.audible())
        case "talking.loudness":
            return lambda controls: f"The volume is {_percent(controls.volume())}."
        case "talking.faster":
            return lambda controls: _rate(controls, controls.rate() * _QUICKER)
        case "talking.slower":
            return lambda controls: _rate(controls, controls.rate() / _QUICKER)
        case "talking.normal_speed":
            return lambda controls: _rate(controls, 1.0)
        case "talking.repeat":
            return lambda controls: controls.last_reply() or "I have not said anything yet."
        case "talking.heard":
            return lambda controls: _said(controls.last_words())
    return None


def _said(words: str) -> str:
    return f"You said: {words}" if words else "You have not said anything before."


def _loudness(value: Decimal, words: str) -> float:
    """0 to 1. Raises Impossible."""
    percent = _PERCENT.search(words.lower())
    if not percent and 0 < value < 1:
        share = value
    else:
        share = value / (10 if not percent and value <= 10 else 100)
    if not 0 <= share <= 1:
        raise Impossible("The volume goes from 0 to 100 percent.")
    return float(share)


def _volume(controls: Controls, wanted: float) -> str:
    before = controls.volume()
    after = controls.volume(min(1.0, max(0.0, wanted)))
    if after != before:
        return f"The volume is {_percent(after)} now."
    return "I cannot be any louder." if after >= 1 else f"The volume is {_percent(after)} already."


def _percent(share: float) -> str:
    return f"{round(100 * share)} percent"


def _rate(controls: Controls, wanted: float) -> str:
    before = controls.rate()
    after = controls.rate(min(_QUICKEST, max(_SLOWEST, wanted)))
    if after == 1:
        return "I speak at my usual speed."
    if after == before:
        return f"I cannot speak any {'faster' if after > 1 else 'slower'}."
    return f"I speak {'faster' if after > before else 'slower'} now."


async def _speak(controls: Controls, tongue: Tongue) -> str:
    can = await controls.language(tongue.code)
    return tongue.promise if can else f"I have no voice here that speaks {tongue.name}."


def _can(here: Here) -> str:
    """What it can do here; nothing that it has no means for."""
    what = ["set timers, alarms and reminders", "keep your lists", "do sums", "turn units and currencies into others"]
    if here.memory is not None:
        what.append("remember what you tell me")
    if here.documents is not None:
        what.append("look in your documents")
    *most, last = what
    return f"I can {', '.join(most)}, and {last}. And we can talk about anything else."
