"""Every function that is given text from outside, which may be of any length, by its place in the program."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.linear.documents import DOCUMENTS, as_bytes

PIECE = 6  # characters that a language model writes at a time


def _parts(text: str, size: int = PIECE) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def sentences_whole(text: str) -> None:
    from assistant.reply.sentences import SentenceSplitter

    splitter = SentenceSplitter()
    splitter.feed(text)
    splitter.flush()


def sentences_in_pieces(text: str) -> None:
    from assistant.reply.sentences import SentenceSplitter

    splitter = SentenceSplitter()
    for piece in _parts(text):
        splitter.feed(piece)
    splitter.flush()


def thoughts(text: str) -> None:
    from assistant.llm.thinking import Stop, Thoughts

    held, stop = Thoughts(held=True), Stop("a\nUser:")
    for piece in _parts(text):
        stop.feed(held.feed(piece))
    stop.feed(held.flush())


def _speakable(language: str) -> Callable[[str], object]:
    def aloud(text: str) -> None:
        from assistant.reply.speakable import forget, speakable

        forget()
        speakable(text, language)

    return aloud


def heard_prefix(text: str) -> None:
    from assistant.reply.speakable import forget, heard_prefix, speakable

    forget()
    words = speakable(text)
    heard_prefix(text, words, len(words) // 2)


def heard_beginning(text: str) -> None:
    from assistant.reply.heard import _beginning

    _beginning(text, "".join(text.split()))


def contradicted(text: str) -> None:
    from assistant.reply.contradiction import contradicted

    contradicted(text, ["Valve 5 holds 7 bar.", "It is not 8 metres long."], "How much does it hold?")


def contradicting(text: str) -> None:
    from assistant.reply.contradiction import contradicted

    contradicted("Valve 5 holds 8 bar, which is not much.", [text], text, text)


def repeats(text: str) -> None:
    from assistant.llm import Message
    from assistant.reply.repetition import repeats

    repeats(text, "Why?", [Message("system", ""), *(Message(role, text) for role in ("user", "assistant", "user"))])


def exchange(text: str) -> None:
    from assistant.reply.history import Exchange, refers_back

    assert Exchange(text, text, True).lasting or True
    refers_back(text)


def anonymised(text: str) -> None:
    from assistant.safety.anonymise import anonymise

    anonymise([{"user": text, "reply": text, "revisions": [{"text": text}]}])


def secrets(text: str) -> None:
    from assistant.secrets import contains_key, redact

    redact(text), contains_key(text)


def terminal(text: str) -> None:
    from assistant.terminal import clean, one_line

    clean(text), one_line(text)


def spoken_number(text: str) -> None:
    from assistant.skills.values.spoken_numbers import number, ordinal, year

    number(text), ordinal(text), year(text)


def spoken_slots(text: str) -> None:
    from assistant.skills.values.list_words import items, wares
    from assistant.skills.values.spoken_money import money
    from assistant.skills.values.spoken_sums import sum_of
    from assistant.skills.values.spoken_units import quantity

    sum_of(text), quantity(text), money(text), wares(text), items(text), items(text, "to-do")


def policy(text: str) -> None:
    from assistant.safety import load
    from assistant.settings import SafetySettings

    policy = _once("policy", lambda: load(SafetySettings()))
    policy.check_question(text), policy.check_answer(text)


def end_of_turn(text: str) -> None:
    from assistant.stt import Transcript
    from assistant.turns import backchannel, end_of_turn

    for complete in (None, 0.1):
        end_of_turn.silence_needed(Transcript(text), complete)
    backchannel.is_backchannel(text), backchannel.says_nothing(text)


def wake_word(text: str) -> None:
    from assistant.wake.strip import without

    without(text, "okay_nabu")


def whisper_loop(text: str) -> None:
    from assistant.stt.pieces import Part
    from assistant.stt.whisper import doubtful

    doubtful(Part(text, 100, 0.5), 2.0)  # type: ignore[call-arg]


def faithful(text: str) -> None:
    from assistant.tts.openai.faithful import differs

    differs("It is five metres long.", text), differs(text, "It is five metres long.")


def phonemes(text: str) -> None:
    from assistant.tts.piper.text import _letters

    _letters(text)


def support(text: str) -> None:
    from assistant.compare.support import abstains, claims

    abstains(text), claims(text)


def verdict(text: str) -> None:
    from assistant.compare.judge import _VERDICT

    _VERDICT.findall(text)


def endpoint_error(text: str) -> None:
    from assistant.llm import endpoint
    from assistant.llm.endpoint_answers import said

    said({"error": {"message": text}})
    for pattern in vars(endpoint).values():
        if isinstance(pattern, re.Pattern):
            pattern.search(text)


def judged(text: str) -> None:
    from training.judge.score import correct, yes_or_no
    from training.judge.words import clauses

    clauses(text), yes_or_no(text), correct(text, "Five bar.", "How much?"), correct("Five bar.", text, "How much?")


def events(text: str) -> None:
    from assistant.llm.endpoint_answers import Answer, Refused

    class Response:
        headers = {"content-type": "text/event-stream"}

        async def iter_bytes(self) -> Any:
            for line in text.splitlines():
                yield f"{line}\n\ndata: {line}\n\n".encode("utf-8", "replace")

    async def read() -> None:
        try:
            async for _ in Answer(Response()):
                pass
        except (Refused, ValueError, RecursionError):
            pass

    asyncio.run(read())


def tool_result(text: str) -> None:
    from assistant.tools.results import cut, failed, question

    cut(text, 1500)
    failed(text)
    question(text, {text[:40]: text, "to": [text]})


def tool_lines(text: str) -> None:
    from assistant.tools.stdio import _Lines, _message

    lines = _Lines()
    for piece in _parts(text, 1000):
        for line in lines.feed(as_bytes(piece)):
            _message(line)


def spoken_times(text: str) -> None:
    from datetime import UTC, datetime

    from assistant.skills.values.spoken_time import days, duration, moment

    now = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
    for understand in (duration, moment, days):
        understand(text, now)
        understand(f"in 2 {text}", now)


def _command(language: str) -> Callable[[str], object]:
    def understood(text: str) -> None:
        from assistant.skills.words.matching import Matcher
        from tests.skills.table import COMMANDS

        matcher = _once(f"commands {language}", lambda: Matcher(COMMANDS, language))
        now = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
        matcher.understood(text, now), matcher.matches(text, now)

    return understood


def words_that_refer(text: str) -> None:
    from assistant.skills import Command
    from assistant.skills.asking import asking_back, foreign_answers
    from assistant.skills.follow_ups import built_on, references
    from assistant.skills.talk import documents, unknown
    from assistant.skills.time import no_time
    from assistant.skills.words import corrections, negated
    from assistant.skills.words.matching import Matcher
    from tests.skills import saying
    from tests.skills.table import COMMANDS

    no_time.said_of(text, datetime(2026, 12, 2, 15, 20, tzinfo=UTC)), unknown.asks_of_oneself(text)
    foreign_answers.declines(text, "de"), foreign_answers.answers(text, "fr"), foreign_answers.may_be(text, "it", True)
    matcher = _once("commands en", lambda: Matcher(COMMANDS, "en"))
    now = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)

    def understand(words: str) -> tuple[Command, ...]:
        return matcher.understood(words, now)

    question = asking_back.Missing(("put {} on the list",), frozenset({"list.add"}), ("wares",))
    negated.said_of(f"do not {text}", understand), documents.said_of(f"what {text}", saying.here())
    built_on.built_on(f"and {text}", (Command("clock.date"),), understand, saying.here())
    asking_back.hesitates(text), asking_back.declines(text), asking_back.plainly(question, text, understand, now)
    asking_back.perhaps(question, text, understand)
    corrections.corrected(f"set a timer for 5, no, {text}", understand, now)
    references.what_about(f"and {text}", (Command("clock.time", words="what time is it"),), understand, now)


def home_words(text: str) -> None:
    from assistant.skills.home import plain
    from assistant.skills.home.manners import core, plainer

    plainer(core(text[:400], "en"))
    plain.request(text[:120], "en")
    _home_templates().request(text)


def home_answer(text: str) -> None:
    from assistant.skills.home.asking import _spoken
    from assistant.skills.home.registry import read

    _spoken(text)
    read([{"entity_id": "light.a", "attributes": {"friendly_name": text}}], ["light.a"], None, None, None, None)


@functools.cache
def _home_templates() -> Any:
    from assistant.skills.home.registry import Entity, Registry
    from assistant.skills.home.templates import Templates

    return Templates("en", Registry((Entity("light.a", ("Desk Lamp",)),)))


def memory(text: str) -> None:
    from datetime import date

    from assistant.memory import facts, shown, wording
    from assistant.memory.recall import Recall

    fact = facts.Fact("my sister is called Anna", date(2026, 5, 3))
    facts.parsed(f"- {text}", fact.day)
    _once("recall", lambda: Recall((fact,))).find(text)
    wording.tells(text, fact.text), wording.is_instruction(text), wording.to_you(text), wording.is_statement(text)
    shown.tokens(text)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "sentences, whole": sentences_whole,
    "sentences, in pieces": sentences_in_pieces,
    "thoughts": thoughts,
    **{f"speakable {language}": _speakable(language) for language in ("en", "de", "fr", "es", "it", "pl")},
    "heard prefix": heard_prefix,
    "heard beginning": heard_beginning,
    "contradicted": contradicted,
    "contradicting": contradicting,
    "repeats": repeats,
    "exchange": exchange,
    "anonymise": anonymised,
    "secrets": secrets,
    "memory": memory,
    "terminal": terminal,
    "policy": policy,
    "spoken number": spoken_number,
    "spoken slots": spoken_slots,
    "spoken times": spoken_times,
    "end of turn": end_of_turn,
    "wake word": wake_word,
    "whisper's loop": whisper_loop,
    "faithful": faithful,
    "piper's letters": phonemes,
    "support": support,
    "verdict": verdict,
    "endpoint's error": endpoint_error,
    "words that refer": words_that_refer,
    "home's words": home_words,
    "home's answer": home_answer,
    "endpoint's events": events,
    **DOCUMENTS,
    "judged": judged,
    "tool's result": tool_result,
    "tool server's lines": tool_lines,
    **{f"command {language}": _command(language) for language in ("en", "de")},
}

_made: dict[str, Any] = {}


def _once(name: str, make: Callable[[], Any]) -> Any:
    if name not in _made:
        _made[name] = make()
    return _made[name]
