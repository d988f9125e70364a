"""What the sound of a conversation tells, of any program: when it answered, fell silent, spoke into a person's turn,
and whether what it said was an answer. A *sound* is what the speaker plays without a silence of 0.3 s."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench.clips import loud
from assistant.bench.people import Kind
from assistant.bench.wer import edits, words
from assistant.config import Settings

_WANTS_SILENCE = ("stop",)  # what is rightly followed by none
_PAUSE = 0.3  # seconds; a shorter silence is a pause between two words
_SHORT = 1.0  # seconds that an interruption may take to be noticed, even if it is over before
_REACTS = 0.7  # seconds after a backchannel's onset in which a reply may stop because of it
_HELD = 1.5  # seconds in which a reply that was held goes on; a new answer takes longer
_MOMENT = 0.5  # seconds into a reply, a backchannel's onset on average
_EDGE = 0.1  # seconds of silence around a reply when it is transcribed; a long one hides a short answer
_SAME = 0.8  # of the words; from here on two replies are the same
_ASKED_AGAIN = 0.5  # of the words, of two questions
_FEWEST = 3  # words of an answer, but for these:
_SHORT_ANSWERS = frozenset("yes no yeah okay ok sure sorry thanks hello hi goodbye bye stopped done".split())
_NO_END = frozenset("a an the of and or but my your its our their".split())  # no sentence ends so
_PRINTED = re.compile(r"(?:[\d:]+ +)?(user|assistant|turn) +(.*)")

Sound = tuple[float, float]
"""Seconds at which it begins and ends."""


@dataclass(frozen=True)
class Said:
    """One utterance of a person, with its place in the speaker's recording."""

    kind: Kind
    clip: str
    text: str
    onset: float
    """Seconds at which the first word sets in."""
    end: float
    """Seconds at which the last word ends."""


def recogniser() -> Callable[[np.ndarray], str]:
    """What transcribes mono audio at 16 kHz."""
    from assistant.stt.moonshine import Moonshine

    engine = Moonshine(Settings().stt)
    return lambda audio: asyncio.run(engine.transcribe(audio)).text


def sounds(audio: np.ndarray) -> list[Sound]:
    """Every sound of the speaker, mono at 16 kHz."""
    sounding = loud(audio)
    parts = np.split(sounding, np.flatnonzero(np.diff(sounding) > round(100 * _PAUSE)) + 1)
    return [(float(part[0] * 0.01), float((part[-1] + 1) * 0.01)) for part in parts if part.size]


def analyse(said: Sequence[Said], audio: np.ndarray, transcribe: Callable[[np.ndarray], str]) -> list[dict]:
    """One dict per utterance, times in seconds; ``audio``: the speaker in the whole conversation, 16 kHz."""
    heard, cases = sounds(audio), []
    for number, person in enumerate(said):
        case: dict = {"kind": person.kind, "clip": person.clip, "said": person.text}
        if person.kind == "backchannel":
            cases.append(case | _backchannel(person.onset, heard))
            continue
        later = said[number + 1 :]
        until = next((other.onset for other in later if other.kind != "backchannel"), len(audio) * 0.01)
        case |= _turn(person, until, heard)
        if case["answer"] is not None:
            last = max(min(end, until) for begin, end in heard if case["answer"] <= begin < until)
            piece = slice(round((case["answer"] - _EDGE) * SAMPLE_RATE), round((last + _EDGE) * SAMPLE_RATE))
            case["reply"] = transcribe(audio[piece])
            if not case["cut"] and not (later and later[0].kind == "backchannel"):
                case["ended_by_itself"] = _backchannel(case["answer"] + _MOMENT, heard).get("effect") == "ended"
        cases.append(case)
    _judge(cases)
    return cases


def _turn(person: Said, until: float, heard: Sequence[Sound]) -> dict:
    """What came of a turn before the next one, which begins at ``until``."""
    over = _at(person.onset, heard)
    through = over <= max(person.end, person.onset + _SHORT) if over else None
    begins = [begin for begin, _ in heard if person.onset < begin < until]
    after = [begin for begin in begins if begin >= person.end]
    quiet = through or _at(person.end, heard) is None  # else what follows may belong to what it said before
    return {
        "over": over is not None,
        "silence": over - person.onset if over else None,
        "through": through,
        "spoke_into": len(begins) > len(after),
        "first_sound": after[0] - person.end if after and quiet else None,
        "dead": not begins and person.text.lower() not in _WANTS_SILENCE,
        "answer": next(iter(after or begins), None),
        "cut": _at(until, heard) is not None,
    }


def _backchannel(onset: float, heard: Sequence[Sound]) -> dict:
    """Whether the reply that sounded at ``onset`` was held or ended by it; nothing when none did."""
    stop = _at(onset, heard)
    if stop is None:
        return {}
    if stop > onset + _REACTS:
        return {"effect": "none"}
    return {"effect": "held" if any(stop < begin <= stop + _HELD for begin, _ in heard) else "ended"}


def _at(moment: float, heard: Sequence[Sound]) -> float | None:
    """When the sound ends that is under way at ``moment``."""
    return next((end for begin, end in heard if begin < moment < end), None)


def printed(lines: Sequence[str]) -> list[dict]:
    """The same judgement on the words that a program printed as `assistant talk --plain` does, after the time or not:
    ``user TEXT``, ``assistant TEXT`` (what was heard of it), ``turn NUMBER OUTCOME``; the outcome ``interrupted`` cuts
    a reply. No recogniser mishears them."""
    cases: list[dict] = []
    last = {"user": "", "assistant": ""}
    for who, text in (match.groups() for match in map(_PRINTED.match, lines) if match):
        if who != "turn":
            last[who] = text.strip()
        elif last["assistant"]:
            question = words(last["user"])
            before = (case["clip"] for case in cases if _same(question, words(case["said"]), _ASKED_AGAIN))
            clip = next(before, last["user"])  # one recording is not always understood in the same way
            case = {"kind": "printed", "clip": clip, "said": last["user"], "reply": last["assistant"]}
            cases.append(case | {"cut": text.endswith("interrupted")})
            last["assistant"] = ""
    _judge(cases)
    return cases


def _judge(cases: Sequence[dict]) -> None:
    """Tell of each reply that was heard to its end why it is no answer (``fault``), if it is none."""
    earlier: list[dict] = []
    for case in cases:
        if case.get("reply") is None:
            continue
        if not case["cut"]:
            case["fault"] = fault(
                case["reply"], case["said"], [other["reply"] for other in earlier if other["clip"] != case["clip"]]
            )
        earlier.append(case)


def fault(reply: str, question: str, earlier: Sequence[str]) -> str | None:
    """Why ``reply`` is no answer: a ``fragment``, a ``repetition`` of what was said ``earlier`` to something else (and
    names nothing of its own question that the other does not), an ``echo`` of the question; None when it is none."""
    spoken = words(reply)
    if (len(spoken) < _FEWEST and not set(spoken) & _SHORT_ANSWERS) or spoken[-1] in _NO_END:
        return "fragment"
    own = set(spoken) & set(words(question))  # "The capital of Austria is ..." is no "The capital of Egypt is ..."
    if any(_same(spoken, other) and own <= set(other) for other in map(words, earlier)):
        return "repetition"
    return "echo" if _same(spoken, words(question)) else None


def _same(one: Sequence[str], other: Sequence[str], share: float = _SAME) -> bool:
    """Whether so few words differ as they do between two transcripts of the same sound."""
    longer = max(len(one), len(other))
    return min(len(one), len(other)) >= _FEWEST and edits(one, other) <= (1 - share) * longer
