"""The sections of config.toml that belong to no engine and to no single mode (those: modes.py), and how a key and an
engine are declared.

An engine's keys stand with it: assistant/stt, assistant/llm and assistant/tts. assistant/config.py puts all together.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, field
from typing import Any, ClassVar


def option(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """One key: its default, one sentence of help, and what is allowed (bounds are inclusive)."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class EngineInfo:
    """One row of a table of engines: ENGINES in assistant/stt, assistant/llm and assistant/tts.

    What is told of an engine elsewhere (the setting's choices, `assistant doctor`, `models` and `say`, docs/ENGINES.md)
    comes from its row. Its module has ``load(settings, notice)``, which gives the engine, and ``found(settings)``,
    which gives what of it is on this machine and what to do about that, or raises EngineError or UsageError.
    """

    name: str
    """As ``engine`` in its section of config.toml takes it."""
    title: str
    """As `assistant models` shows what is on this machine."""
    module: str
    packages: tuple[str, ...]
    """What must be installed, by the names that are imported."""
    licence: str
    languages: str
    note: str = ""
    memory: float = 0.0
    """GB while it runs, approximate."""
    leaves: str = ""
    """What leaves the machine, and where to; empty = nothing."""
    key: str = ""
    """The environment variable that it cannot do without, unless `address` is set."""
    address: str = ""
    """The setting of its section that holds another server's address."""
    voice: str = ""
    """The setting of its section that `assistant say --voice` sets."""
    longest: int = 0
    """Characters that a voice takes at once at most; 0 = any number."""
    listed: str = ""
    """The module with ``voices(settings)``, where that is another one because `module` takes long to import."""
    quick: bool = False
    """Whether a voice begins at once on any machine: it stands in for those that fail or are late."""
    weights: str = ""
    """The package that its model lies in, by the name that is imported; empty = it is fetched, or elsewhere."""

    def missing(self) -> list[str]:
        """Those of its packages that are not installed."""
        return [name for name in self.packages if importlib.util.find_spec(name) is None]

    def imported(self) -> Any:
        """The engine's module."""
        return importlib.import_module(self.module)


def choices(engines: tuple[EngineInfo, ...]) -> tuple[str, ...]:
    return tuple(engine.name for engine in engines)


def named(name: str, engines: tuple[EngineInfo, ...]) -> EngineInfo:
    """The row of that name."""
    return next(engine for engine in engines if engine.name == name)


@dataclass(frozen=True)
class AudioSettings:
    input: str = option(
        "", "Microphone: part of its name or its number from `assistant devices`; empty = the system's default."
    )
    output: str = option(
        "", "Speaker: part of its name or its number from `assistant devices`; empty = the system's default."
    )
    output_latency: float = option(
        0.06,
        "Seconds of sound the device buffers; lower stops sooner when interrupted, too low crackles.",
        low=0.01,
        high=1.0,
    )
    echo_cancelling: bool = option(
        True, "Whether the assistant's own voice is taken out of what the microphone hears; off is for headsets only."
    )
    rooms_path: str = option(
        "",
        "Folder where it is kept how each room carries the speaker's sound into the microphone; empty = rooms in the "
        "user's data folder.",
    )


@dataclass(frozen=True)
class VadSettings:
    aggressiveness: int = option(
        2, "WebRTC VAD, 0 to 3; higher ignores more noise and misses more quiet speech.", low=0, high=3
    )
    threshold: float = option(
        0.5,
        "Speech probability the Silero model must confirm; higher = fewer false starts, quiet voices are missed.",
        low=0.05,
        high=0.95,
    )
    min_speech: float = option(
        0.1, "Seconds of confirmed speech that start a turn; higher ignores coughs, reacts later.", low=0.03, high=1.0
    )
    pre_roll: float = option(
        0.5, "Seconds kept from before speech was noticed, so that no first word is cut.", low=0.0, high=2.0
    )


@dataclass(frozen=True)
class EndpointingSettings:
    soft: float = option(
        0.1,
        "Seconds of silence after which work on the answer starts unheard; lower = earlier answers, more work thrown "
        "away.",
        low=0.04,
        high=2.0,
    )
    complete: float = option(
        0.2,
        "Seconds of silence after which the answer may be heard when the words are surely complete; lower = quicker, "
        "but interrupts people who pause.",
        low=0.04,
        high=5.0,
    )
    hard: float = option(
        1.4,
        "The same when the words are surely unfinished, or not known; lower = quicker, but interrupts people who "
        "think.",
        low=0.2,
        high=5.0,
    )
    max_turn: float = option(
        60.0, "Seconds after which a turn is answered even if the user never pauses.", low=5.0, high=600.0
    )


@dataclass(frozen=True)
class BargeInSettings:
    enabled: bool = option(True, "Whether speaking while the assistant speaks interrupts it.")
    onset: float = option(
        0.04,
        "Seconds of speech that pause the assistant; it goes on by itself when no words follow. Higher pauses later, "
        "and for fewer noises.",
        low=0.02,
        high=1.0,
    )
    confirm: float = option(
        0.6,
        'Seconds of speech until its words are looked at; real ones end the reply, "mm-hm" does not. Lower = decided '
        "sooner, on fewer words.",
        low=0.1,
        high=3.0,
    )


@dataclass(frozen=True)
class MannersSettings:
    filler: str = option("One moment.", "What bridges the silence when an answer takes long; empty = nothing.")
    filler_after: float = option(
        1.5, "Seconds after the user has finished until the filler is spoken.", low=0.3, high=60.0
    )
    unsure: str = option(
        "Sorry, I did not catch that.",
        "What is said instead of an answer to words that were hardly understood; empty = answer anyway.",
    )
    unsure_again: str = option(
        "I still did not understand. Could you say it in other words?",
        "What is said when that happens twice in a row; empty = the same once more.",
    )
    unsure_below: float = option(
        0.65,
        "How surely all words must have been understood for an answer (0 to 1); higher asks back more often.",
        low=0.0,
        high=1.0,
    )
    idle: str = option("", "What is said when the user says nothing for a while; empty = nothing, ever.")
    idle_after: float = option(
        30.0, "Seconds of silence after an answer until the idle sentence is spoken, once.", low=2.0, high=3600.0
    )


@dataclass(frozen=True)
class RagSettings:
    enabled: bool = option(
        False, "Whether answers are grounded in your own documents (`make rag`, then `assistant rag add`)."
    )
    path: str = option("", "Folder of the store; empty = rag in the user's data folder.")
    url: str = option(
        "",
        "Address of a Chroma server (`chroma run`) that many machines share, e.g. http://library:8000; empty = the "
        "store in path.",
    )
    collection: str = option(
        "documents", "Name of the collection in the store; 3 to 500 letters, digits, dots, dashes."
    )
    embedder: str = option(
        "all-MiniLM-L6-v2",
        "Embedding model: the packaged all-MiniLM-L6-v2, a sentence-transformers folder, or a hub name. Another one "
        "needs `assistant rag rebuild`.",
    )
    passage_tokens: int = option(
        128,
        "Tokens a passage aims at; larger = more context in each, fewer fit into the prompt. A change needs "
        "`assistant rag rebuild`.",
        low=32,
        high=512,
    )
    weight: float = option(
        0.6,
        "Part of the vectors in the fusion with BM25; 1 = vectors only, 0 = words only. `assistant rag eval` "
        "measures it.",
        low=0.0,
        high=1.0,
    )
    passages: int = option(1, "Most passages given to the language model with a question.", low=1, high=20)
    reranker: str = option(
        "",
        "Cross-encoder that reads the question with each of the 10 best passages and orders them: a folder, or a hub "
        "name such as cross-encoder/ms-marco-MiniLM-L6-v2; empty = none. One of that size takes about 80 ms of one "
        "core for each; conversations stop it after 0.5 s. `assistant rag eval` measures what it brings.",
    )
    budget: int = option(
        160,
        "Most tokens of the prompt that passages may take; higher = better grounded, slower first word.",
        low=50,
        high=16384,
    )
    threshold: float = option(
        0.76,
        "Confidence from which the documents count as knowing the answer; higher = says more often that it is not "
        "sure. `assistant rag eval` measures it.",
        low=0.0,
        high=1.0,
    )
    doubt: float = option(
        0.2,
        "Confidence from which, below threshold, the likeliest place is told all the same, behind "
        '"Perhaps this helps."; higher = says more often that the documents do not tell; as high as threshold = '
        "nothing is told in doubt.",
        low=0.0,
        high=1.0,
    )
    answer: str = option(
        "auto",
        "Who words the answer: write = the language model, from the passages; quote = the documents, by the sentence "
        "or table row that tells it; auto = write, unless the model was found not to read.",
        choices=("auto", "quote", "write"),
    )
    when_unknown: str = option(
        "say",
        "What is done when the documents do not tell: say = say so, answer = answer from the model's own knowledge "
        "and say that.",
        choices=("say", "answer"),
    )
    unknown: str = option(
        "The documents do not tell.",
        "What is said with when_unknown = say; greetings and small talk are answered all the same.",
    )
    own_words: str = option("Not from the documents:", "What is said before such an answer with when_unknown = answer.")
    speak_sources: bool = option(False, 'Whether the answer begins with "According to ...".')


@dataclass(frozen=True)
class GuardSettings:
    when_unsure: str = option(
        "answer",
        "What is done with an answer the model is unsure of: answer = speak it as any other, hedge = speak it behind "
        "the hedge, documents = look into your documents first and hedge what stays unsure, say = say that it is not "
        "known.",
        choices=("answer", "hedge", "documents", "say"),
    )
    below: float = option(
        0.5,
        "Mean probability of the words of an answer's first sentence below which the model counts as unsure; higher "
        "= less is spoken as fact. `assistant compare report` measures it.",
        low=0.0,
        high=1.0,
    )
    hedge: str = option("I am not sure, but", "What is said before an answer the model is unsure of.")
    unknown: str = option(
        "I do not know.",
        "What is said instead of one, with when_unsure = say, or when the documents do not tell, either.",
    )
    contradictions: bool = option(
        True,
        "Whether a sentence that contradicts the passages it was written from (another quantity, not instead of yes) "
        "is replaced by what they say.",
    )
    correction: str = option("The documents say:", "What is said before such a passage.")


@dataclass(frozen=True)
class SafetySettings:
    enabled: bool = option(True, "Whether the refusal policy is applied to questions and answers.")
    policy: str = option("", "A policy file of your own; empty = the one in assistant/safety/policy.toml.")
    refused_from: ClassVar[float] = 0.5
    """How likely harm must be before a question is refused; no key, a kiosk has its own."""


@dataclass(frozen=True)
class SkillsSettings:
    enabled: bool = option(
        True, "Whether spoken commands (timers, lists, sums, the home ...) are understood without the language model."
    )
    path: str = option("", "Folder of skills of your own, see CONTRIBUTING; empty = none.")


@dataclass(frozen=True)
class MemorySettings:
    enabled: bool = option(
        True, 'Whether what you ask to be remembered ("Remember that ...") is kept and used; never in the kiosk.'
    )
    path: str = option("", "Folder of the files, one for each person; empty = memory in the user's data folder.")
    person: str = option("", "Whose memory it is: a name, which its file is called by; empty = me.")
    extract: bool = option(
        False, "Whether the next conversation begins with lasting facts of the last: remembered if you say yes."
    )


@dataclass(frozen=True)
class JournalSettings:
    enabled: bool = option(True, "Whether every turn is written down (text only) on this machine.")
    path: str = option("", "The journal's file; empty = journal.jsonl in the user's data folder.")
    audio: bool = option(False, "Whether what the user said is kept as WAV files beside the journal, too.")
