"""What the user asks to be remembered, and what they ask of it: exact, at once, and without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.memory import shown, wording
from assistant.memory.facts import LONGEST, Fact, Memory, tidy
from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.asking.asking_back import Which

_ASKED = "[(can|could|would|will) you] [please]"
COMMANDS = (
    command(
        "memory.remember",
        "Remember a lasting fact that the user tells, in the user's own words: my sister is called Anna",
        f"{_ASKED} [always] remember [the fact] [that] {{fact}}",
        f"{_ASKED} remember (this|the following|one thing) {{fact}}",
        f"{_ASKED} (never|do not|don't) [ever] forget [the fact] that {{fact}}",
        f"{_ASKED} (keep|bear|have) in mind [now] [that] {{fact}}",
        f"{_ASKED} (note|write|take note|make a note|take a note|make a mental note) [down] [of "
        f"the fact] that {{fact}}",
        f"{_ASKED} (memorise|memorize|save|store|learn) [the fact] that {{fact}}",
        f"{_ASKED} (put|keep|save|store) [it] in your memory [the fact] that {{fact}}",
        "(i want|i need|i'd like|i would like) you to (remember|know|keep in mind|note|learn) [that] {fact}",
        "(you should|you must|you need to|you have to|you ought to) (know|remember) [that] {fact}",
        "(for the record|for your information|just so you know|so you know) [please] [remember] [that] {fact} "
        "[and] [please] [(hang on to that|hold on to that|remember that|keep that in mind|don't forget [that])]",
        "{fact} [and] [please] [(can|could) you] remember (that|this|it)",
        "{fact} [and] [please] (do not|don't|never) [you] forget [(that|this|it)] [now]",
        "{fact} [and] [please] (hang on|hold on) to (that|this|it)",
        "{fact} [and] [please] (note|write) that down",
        "{fact} [and] [please] (save|store) (that|this) [(for me|for later)]",
        "(i need that you|i want that you|you please|please you|try to|mind to|mind) remember [that] {fact}",
        "(mind|mind now) that {fact}",
        "{fact} (keep|bear) (that|this|it) in mind",
    ),
    command(
        "memory.remember_that",
        "Remember what the user said just before",
        f"{_ASKED} remember (that|this|it) [for me|for later]",
        f"{_ASKED} (do not|don't|never) forget (that|this|it)",
        f"{_ASKED} (keep|bear|have) (that|this|it) in mind",
        f"{_ASKED} (make a note of|take a note of|note|memorise|memorize) (that|this|it) [down]",
        f"{_ASKED} (put|keep|save) (that|this|it) in your memory",
    ),
    command(
        "memory.forget",
        "Forget what the user told about something: my car",
        f"{_ASKED} forget [(the fact|about)] [that] {{topic}}",
        f"{_ASKED} forget (everything|all|anything|what|whatever|the things) [that] [you know|i [have] told you|i said|"
        "you remember] about {topic}",
        f"{_ASKED} (delete|erase|remove|drop|wipe|scrub|clear) (everything|all|anything|what|whatever) [that] "
        "[you know|i [have] told you|i said|you remember|you have|you have got|you have stored] about {topic}",
        f"{_ASKED} (forget|delete|erase|remove|drop|wipe|scrub|clear) (everything|all|anything|what|whatever) [that] "
        "(you know|you remember|you have|you have got|you have stored) (of|on) {topic}",
        f"{_ASKED} (delete|erase|remove|drop|wipe|scrub|take) {{topic}} (from|out of) your memory",
        "(don't|do not) remember [the fact] that {topic} [any more]",
        "you (can|may|should) forget [the fact] [that] {topic} [now]",
        "(it is|it's|that is|that's) (not|no longer) true [any more] that {topic}",
        destructive=True,
    ),
    command(
        "memory.forget_that",
        "Forget the fact that was last spoken of",
        f"{_ASKED} forget (that|this|about that|that again|what i [just] said|what i [just] told you|"
        "the last (thing|fact)|the last thing i said)",
        "(scratch|erase|delete|unremember|forget|remove) (that|that again|that fact|the last fact|the last thing "
        "(i told you|you remembered|i said|i asked you)) [to (remember|keep)]",
        "(don't|do not) remember (that|this)",
        "you (can|may|should) forget (that|this|about that) [again|now]",
        destructive=True,
    ),
    command(
        "memory.forget_all",
        "Forget everything that the user ever told",
        f"{_ASKED} forget (everything|all of it|all of that|every fact|all facts|all)",
        f"{_ASKED} forget (everything|all|anything) [that] (you know|you remember|i [have] [ever] told you|i said)",
        f"{_ASKED} (forget|delete|erase) (everything|all) [that] [you know|you remember|you have] about (me|us)",
        f"{_ASKED} (clear|erase|wipe|delete|empty) [out] [all of] (your|my|the) (memory|memories)",
        destructive=True,
    ),
    command(
        "memory.list",
        "Say what is remembered of the user",
        "[so|and] what do you (know|remember) [about (me|us)]",
        "what (have you|did you) (remembered|remember|stored|store|saved|save|learned|learn|kept) [about (me|us)]",
        "what (did i|have i) (tell|told) you [to (remember|know)] [about (me|us|myself)]",
        "what (did i|have i) (ask|asked) you to (remember|know) [about (me|us|myself)]",
        "(tell me|say|list|read out) (what|everything|all|the things) [that] you (know|remember) [about (me|us)]",
        "what (do you have|is|have you got) in your memory",
        "what's in your memory",
        "do you (know|remember) (anything|something) about (me|us)",
        "which (facts|things) do you (know|remember) [about (me|us)]",
    ),
    command(
        "memory.about",
        "Say what the user told about something: my car",
        "[so|and] what [else] do you (know|remember) about {topic}",
        "what (did i|have i) (say|said|tell you|told you) about {topic}",
        "(tell me|say|remind me) (what|everything) [that] (you (know|remember)|i [have] (said|told you)) about {topic}",
        "do you (know|remember) (anything|something|what i (said|told you)) about {topic}",
    ),
    command(
        "memory.correct",
        "Correct the fact that was last spoken of: it is Anne",
        "[no] (that is|that's|this is|you are|you're|it is|it's) (wrong|not right|not correct|not true|incorrect|false|"
        "a mistake|mistaken) [because] {correction}",
        "(no|nope|actually|sorry|wrong|not quite|correction) [no] {correction}",
        "(correct|change|make) (that|this|it) [to] {correction}",
        "[no] i (meant|said|mean) {correction}",
        "[no] it should be {correction}",
    ),
)
_MOST = 5  # facts that are said in a row
_WHAT = "I do not know what to forget. Say, for example: forget everything about my car."
_WHICH_FACT = "I do not know what to remember. Say, for example: remember that my car is on level three."
_LATELY = 3
"""Of so many things that the user said last, "remember that" may mean the latest that tells something."""
_NOTHING = "I do not remember anything here."
_EXPLICIT = re.compile(r"\b(?:that|mind|record|information|know)\b[\s,:]*$", re.IGNORECASE)
_ASKED_AFTER = re.compile(
    r"\W*(?:and |please )*(?:remember|hang on to|hold on to|keep) (?:that|this|it)\b", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:everything|anything|all|whatever|facts?|things)\b", re.IGNORECASE)
_CORRECTS = re.compile(
    r"\b(?:wrong|not right|not correct|not true|incorrect|false|mistaken?|correct|correction|change|make|should be)\b"
    r"|\b(?:is|are|was|were|am)\b|\b(?:it|that|he|she|i|they|we|you|name)['’](?:s|re|m)\b|\bi (?:meant|mean)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(r"\b(?:wrong|not right|not correct|not true|incorrect|false|mistaken?)\b", re.IGNORECASE)
_TAIL = re.compile(r"\s(?:now|again|please|these days)(?=\W*$)", re.IGNORECASE)
_ME = ("me", "us", "myself", "ourselves")
_NEVER_MIND = re.compile(
    r"(?:about )?(?:it|this|that|them)|i (?:said|asked|spoke).*|the question|everything|all", re.IGNORECASE
)
_OWN = re.compile(r"(?:My|Our|The|We|He|She|They|It|His|Her|Their|There|You|Your)\b")


@dataclass(frozen=True)
class _Told:
    """What a command tells, as it was said, with its capital letters."""

    text: str
    explicit: bool
    """Whether "that" or the like says that a whole sentence follows."""


def match(words: str, language: str, here: Here) -> Command | None:
    """A question that facts surely answer."""
    if language != "en" or here.memory is None:
        return None
    sure = tuple(fact.text for fact in shown.sure(here.memory, _TAIL.sub("", words)))
    return Command("memory.answer", {"facts": sure}, words, language) if sure else None


_ANYTHING = frozenset("things anything something everything stuff facts".split())
"""What "can you remember things" asks to have kept is nothing in particular."""
_CAN = "I remember what you ask me to; say, for example: remember that my sister is called Anna."


def run(asked: Command, here: Here) -> Action | None:
    memory = here.memory
    if memory is None:
        return (
            Action(_NOTHING)
            if asked.name in ("memory.remember", "memory.remember_that", "memory.list", "memory.forget_all")
            else None
        )
    match asked.name:
        case "memory.remember" if str(asked.values["fact"]).lower() in _ANYTHING:
            return Action(_CAN)
        case "memory.remember":
            return _remember(_told(asked, "fact"), memory, here)
        case "memory.remember_that":
            said = [text.strip(" .!") for text in here.controls.told()[-_LATELY:] if wording.is_statement(text)]
            return (said and _remember(_Told(_own(tidy(said[-1])), True), memory, here)) or Action(_WHICH_FACT)
        case "memory.forget":
            return _forget(_told(asked, "topic").text, asked.words, memory, here)
        case "memory.forget_that":
            fact = memory.spoken_of(here.turn, here.now())
            return _forgotten([fact], memory) if fact else Action(_WHAT) if memory.facts() else None
        case "memory.forget_all":
            return _forget_all(memory, here)
        case "memory.list":
            return _known(memory.facts(), memory, here)
        case "memory.about":
            return _known_about(_told(asked, "topic").text, memory, here)
        case "memory.correct":
            return _correct(asked, memory, here)
        case "memory.answer":
            return _answer(asked.values["facts"], memory, here)
    return None


def _remember(told: _Told, memory: Memory, here: Here) -> Action | None:
    text = told.text
    if len(text.split()) < 2 or not (wording.is_statement(text) or told.explicit and wording.may_be_told(text)):
        return None
    if len(text) > LONGEST:
        raise Impossible("That is too long for me to remember. Please say it in fewer words.")
    same = next((fact for fact in memory.facts() if wording.same(fact.text, text)), None)
    if same is not None:
        return _speaking(f"I know that already: {wording.to_you(same.text)}.", same, memory, here)
    return _kept(text, memory.contradicted(text), memory, here)


def _kept(text: str, instead_of: Sequence[Fact], memory: Memory, here: Here) -> Action:
    fact = Fact(text, here.now().date(), here.conversation, here.turn)

    async def do() -> None:
        memory.remember(fact, instead_of)
        memory.speak_of(fact, here.turn, here.now())

    return Action(f"I'll remember that {wording.to_you(text)}.", do)


def _correct(asked: Command, memory: Memory, here: Here) -> Action | None:
    words, said = _told(asked, "correction").text, asked.words
    if not _CORRECTS.search(said):  # "No way!", "no, I said the blue one, darling"
        return None
    if chosen := [fact for fact in memory.facts() if fact.text == asked.values.get("fact")]:
        return _kept(wording.corrected(chosen[0].text, words) or words, chosen, memory, here)
    if contradicted := memory.contradicted(words):
        return _kept(words, contradicted, memory, here)
    if (spoken_of := memory.spoken_of(here.turn, here.now())) is None:
        return _which(words, asked, memory, here) if here.turn <= 1 and _WRONG.search(said) else None
    text = wording.corrected(spoken_of.text, words)
    return _kept(text, [spoken_of], memory, here) if text else None


def _which(words: str, asked: Command, memory: Memory, here: Here) -> Action | None:
    """Nothing was spoken of, so that "that" may be any of the facts of which ``words`` can be said."""
    facts = [fact for fact in memory.facts() if wording.corrected(fact.text, words)][-_MOST:]
    if not facts:
        return None
    text = wording.corrected(facts[-1].text, words) or words
    if not here.lasts:
        return Action(f"I do not know which fact is wrong. Say all of it, for example: no, {text}.", keep_history=False)
    if len(facts) == 1:
        return replace(_kept(text, facts, memory, here), ask=f"Do you mean that {wording.to_you(text)}?")
    choices = tuple(replace(asked, values={**asked.values, "fact": fact.text}) for fact in facts)
    told = " ".join(wording.spoken(fact.text) for fact in facts)

    def find(answer: str) -> list[int]:
        return [place for place, fact in enumerate(facts) if wording.holds(fact.text, answer)]

    return Action(f"Which one is wrong? {told}", asks_back=Which(choices, find))


def _forget(topic: str, words: str, memory: Memory, here: Here) -> Action | None:
    if topic.lower() in _ME:
        return _forget_all(memory, here)
    if _NEVER_MIND.fullmatch(topic):
        return None
    found = memory.about(topic)
    if not found:
        if _ABOUT.search(words):
            return Action(f"I know nothing about {wording.to_you(topic)}.", keep_history=False)
        return None
    return _forgotten(found, memory)


def _forget_all(memory: Memory, here: Here) -> Action:
    facts = memory.facts()
    if not facts:
        return Action("There is nothing that I remember of you.", keep_history=False)
    done = _forgotten(facts, memory, f"I have forgotten {_things(len(facts))}, all that you told me.")
    if not here.lasts:  # nobody could answer
        return done
    many = f"all {len(facts)} things" if len(facts) > 1 else "the one thing"
    return replace(done, ask=f"Shall I forget {many} that you told me?")


def _forgotten(facts: Sequence[Fact], memory: Memory, say: str = "") -> Action:
    if not say and len(facts) == 1:
        say = f"I have forgotten that {wording.to_you(facts[0].text)}."

    async def do() -> None:
        memory.forget(facts)

    return Action(say or f"I have forgotten {_things(len(facts))} that you told me.", do, keep_history=False)


def _known(facts: Sequence[Fact], memory: Memory, here: Here) -> Action:
    if not facts:
        return Action("You have not asked me to remember anything yet.")
    said = " ".join(wording.spoken(fact.text) for fact in facts[-_MOST:])
    if len(facts) > _MOST:
        said = f"I remember {_things(len(facts))}. The latest are these. {said}"
    return _speaking(said, facts[0], memory, here) if len(facts) == 1 else Action(said, keep_history=False)


def _known_about(topic: str, memory: Memory, here: Here) -> Action | None:
    found = memory.facts() if topic.lower() in _ME else memory.about(topic)
    return _known(found, memory, here) if found or topic.lower() in _ME else None


def _answer(texts: Sequence[str], memory: Memory, here: Here) -> Action | None:
    facts = [fact for fact in memory.facts() if fact.text in texts]
    return _speaking(" ".join(wording.spoken(fact.text) for fact in facts), facts[-1], memory, here) if facts else None


def _speaking(say: str, fact: Fact, memory: Memory, here: Here) -> Action:
    async def do() -> None:
        memory.speak_of(fact, here.turn, here.now())

    return Action(say, do)


def _told(asked: Command, slot: str) -> _Told:
    value = str(asked.values.get(slot, "")).strip()
    pattern = r"\W+".join(re.findall(r"\w+", value))  # of letters and digits alone: it backtracks nowhere
    found = list(re.finditer(rf"(?<!\w){pattern}(?!\w)", asked.words, re.IGNORECASE)) if pattern else []
    text = tidy((found[-1][0] if found else value)[: 2 * LONGEST])
    before, after = (asked.words[: found[-1].start()], asked.words[found[-1].end() :]) if found else ("", "")
    explicit = not found or bool(_EXPLICIT.search(before) or not before.strip() and _ASKED_AFTER.match(after))
    return _Told(_own(text), explicit)


def _own(text: str) -> str:
    return text[:1].lower() + text[1:] if _OWN.match(text) else text


def _things(number: int) -> str:
    return f"{number} things" if number != 1 else "one thing"
