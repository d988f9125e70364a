"""config.toml -> checked, typed settings. Every key is declared here once, with its default, its bounds and its meaning.

Order of precedence, weakest first: the defaults below, config.toml, ``ASSISTANT_<SECTION>__<KEY>`` in the environment,
command-line flags. Secrets are not settings: they come from the environment or an untracked `.env` (see `secret`).
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.redact import contains_key, redact, remember

ENV_PREFIX = "ASSISTANT_"


def option(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """One key: its default, one sentence of help, and what is allowed (bounds are inclusive)."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


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
        "Folder where it is kept how each room carries the speaker's sound into the microphone; empty = rooms in the user's data folder.",
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
        "Seconds of silence after which work on the answer starts unheard; lower = earlier answers, more work thrown away.",
        low=0.04,
        high=2.0,
    )
    complete: float = option(
        0.2,
        "Seconds of silence after which the answer may be heard when the words are surely complete; lower = quicker, but interrupts people who pause.",
        low=0.04,
        high=5.0,
    )
    hard: float = option(
        1.4,
        "The same when the words are surely unfinished, or not known; lower = quicker, but interrupts people who think.",
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
        "Seconds of speech that pause the assistant; it goes on by itself when no words follow. Higher pauses later, and for fewer noises.",
        low=0.02,
        high=1.0,
    )
    confirm: float = option(
        0.6,
        'Seconds of speech until its words are looked at; real ones end the reply, "mm-hm" does not. Lower = decided sooner, on fewer words.',
        low=0.1,
        high=3.0,
    )


@dataclass(frozen=True)
class SttSettings:
    engine: str = option(
        "auto",
        "Speech recognition; auto = Whisper when its weights are cached or can be fetched, else Moonshine.",
        choices=("auto", "whisper", "moonshine"),
    )
    model: str = option(
        "base.en",
        "Whisper: a size (tiny, base.en, small, medium, large-v3, turbo ...), a hub name, or a local folder in CTranslate2 format.",
    )
    language: str = option(
        "auto", "Whisper: two-letter code of the spoken language, or auto to detect it. Moonshine is English only."
    )
    device: str = option(
        "auto", "Whisper: where it runs; auto = the GPU when there is one.", choices=("auto", "cpu", "cuda")
    )
    compute_type: str = option(
        "auto",
        "Whisper: number format; auto = int8 on the CPU, float16 on the GPU.",
        choices=("auto", "int8", "int8_float16", "float16", "float32"),
    )
    threads: int = option(
        0,
        "CPU threads; 0 = chosen for this machine. More is not quicker when the language model runs beside it.",
        low=0,
        high=64,
    )
    no_speech_threshold: float = option(
        0.6,
        "Whisper: audio it holds to be no speech with more than this probability gives no text; lower drops more.",
        low=0.0,
        high=1.0,
    )
    min_log_probability: float = option(
        -1.0,
        "Whisper: text with a lower mean log-probability is dropped as a guess; higher (nearer 0) drops more.",
        low=-10.0,
        high=0.0,
    )


@dataclass(frozen=True)
class LlmSettings:
    engine: str = option(
        "llama",
        "llama = a GGUF file in this process; openai = any OpenAI-compatible endpoint.",
        choices=("llama", "openai"),
    )
    model: str = option(
        "bundled",
        "llama: `bundled` (SmolLM2-135M-Instruct), a .gguf path, or `owner/repo:file.gguf` from the hub. openai: the endpoint's model name.",
    )
    adapter: str = option(
        "", "llama: a LoRA adapter GGUF computed over the model, as `assistant train export` makes it; empty = none."
    )
    preset: str = option(
        "openai",
        "openai engine: which endpoint; custom = [llm] base_url.",
        choices=("openai", "xai", "lmstudio", "textgen", "ollama", "vllm", "llamacpp", "custom"),
    )
    base_url: str = option(
        "", "openai engine: the endpoint's address, e.g. http://localhost:8000/v1; overrides the preset's."
    )
    system_prompt: str = option(
        "You are a helpful voice assistant. Answer each question in one short sentence.",
        "What the assistant is told about itself; short is quicker.",
    )
    context: int = option(
        2048,
        "llama: tokens of memory for the conversation; more needs more memory. Old turns are dropped whole when it is full.",
        low=256,
        high=131072,
    )
    max_tokens: int = option(200, "Longest reply in tokens.", low=8, high=8192)
    temperature: float = option(
        0.0, "0 = always the likeliest word; higher = more varied and more often wrong.", low=0.0, high=2.0
    )
    seed: int = option(0, "Same seed, same machine, same words.", low=0, high=2**31 - 1)
    threads: int = option(0, "llama: CPU threads; 0 = chosen for this machine.", low=0, high=256)
    gpu_layers: int = option(
        -1, "llama: layers held on the GPU when llama.cpp was built for one; -1 = all, 0 = none.", low=-1, high=1000
    )
    timeout: float = option(
        20.0, "openai engine: seconds to wait for the endpoint before giving up.", low=1.0, high=600.0
    )


@dataclass(frozen=True)
class TtsSettings:
    engine: str = option(
        "auto", "Voice; auto = openai when OPENAI_API_KEY is set, else espeak.", choices=("auto", "openai", "espeak")
    )
    espeak_voice: str = option("en-us", "espeak: voice or language, e.g. en-us, en-gb, de, fr, en-us+f3.")
    espeak_words_per_minute: int = option(175, "espeak: speaking rate.", low=80, high=450)
    openai_model: str = option("gpt-4o-mini-tts", "openai: speech model.")
    openai_voice: str = option("alloy", "openai: voice name.")
    openai_speed: float = option(1.0, "openai: speaking rate.", low=0.25, high=4.0)
    openai_instructions: str = option("", 'openai: how to speak, e.g. "calm and friendly" (gpt-4o-mini-tts only).')
    openai_base_url: str = option("", "openai: address of another server that offers /v1/audio/speech.")
    timeout: float = option(
        8.0, "openai: seconds without sound after which the offline voice speaks the sentence.", low=0.5, high=120.0
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
    unsure_below: float = option(
        0.65,
        "Mean probability of the words below which they count as hardly understood; higher asks back more often.",
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
        "Address of a Chroma server (`chroma run`) that many machines share, e.g. http://library:8000; empty = the store in path.",
    )
    collection: str = option(
        "documents", "Name of the collection in the store; 3 to 500 letters, digits, dots, dashes."
    )
    embedder: str = option(
        "all-MiniLM-L6-v2",
        "Embedding model: the packaged all-MiniLM-L6-v2, a sentence-transformers folder, or a hub name. Another one needs `assistant rag rebuild`.",
    )
    passage_tokens: int = option(
        128,
        "Tokens a passage aims at; larger = more context in each, fewer fit into the prompt. A change needs `assistant rag rebuild`.",
        low=32,
        high=512,
    )
    weight: float = option(
        0.6,
        "Part of the vectors in the fusion with BM25; 1 = vectors only, 0 = words only. `assistant rag eval` measures it.",
        low=0.0,
        high=1.0,
    )
    passages: int = option(1, "Most passages given to the language model with a question.", low=1, high=20)
    reranker: str = option(
        "",
        "Cross-encoder that reads the question with each of the 10 best passages and orders them: a folder, or a hub name such as cross-encoder/ms-marco-MiniLM-L6-v2; empty = none. One of that size takes about 80 ms of one core for each; conversations stop it after 0.5 s. `assistant rag eval` measures what it brings.",
    )
    budget: int = option(
        160,
        "Most tokens of the prompt that passages may take; higher = better grounded, slower first word.",
        low=50,
        high=16384,
    )
    threshold: float = option(
        0.5,
        "Confidence from which the documents count as knowing the answer; higher = says more often that they do not tell. `assistant rag eval` measures it.",
        low=0.0,
        high=1.0,
    )
    when_unknown: str = option(
        "say",
        "What is done when the documents do not tell: say = say so, answer = answer from the model's own knowledge and say that.",
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
        "What is done with an answer the model is unsure of: answer = speak it as any other, hedge = speak it behind the hedge, documents = look into your documents first and hedge what stays unsure, say = say that it is not known.",
        choices=("answer", "hedge", "documents", "say"),
    )
    below: float = option(
        0.5,
        "Mean probability of the words of an answer's first sentence below which the model counts as unsure; higher = less is spoken as fact. `assistant compare report` measures it.",
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
        "Whether a sentence that contradicts the passages it was written from (another quantity, not instead of yes) is replaced by what they say.",
    )
    correction: str = option("The documents say:", "What is said before such a passage.")


@dataclass(frozen=True)
class SafetySettings:
    enabled: bool = option(True, "Whether the refusal policy is applied to questions and answers.")
    policy: str = option("", "A policy file of your own; empty = the one in assistant/safety/policy.toml.")


@dataclass(frozen=True)
class JournalSettings:
    enabled: bool = option(True, "Whether every turn is written down (text only) on this machine.")
    path: str = option("", "The journal's file; empty = journal.jsonl in the user's data folder.")
    audio: bool = option(False, "Whether what the user said is kept as WAV files beside the journal, too.")


@dataclass(frozen=True)
class Settings:
    audio: AudioSettings = AudioSettings()
    vad: VadSettings = VadSettings()
    endpointing: EndpointingSettings = EndpointingSettings()
    barge_in: BargeInSettings = BargeInSettings()
    stt: SttSettings = SttSettings()
    llm: LlmSettings = LlmSettings()
    tts: TtsSettings = TtsSettings()
    manners: MannersSettings = MannersSettings()
    rag: RagSettings = RagSettings()
    guard: GuardSettings = GuardSettings()
    safety: SafetySettings = SafetySettings()
    journal: JournalSettings = JournalSettings()


@dataclass(frozen=True)
class Loaded:
    settings: Settings
    origin: dict[str, str]
    """Where each value came from: ``stt.model`` -> ``default``, the file's path, the variable's name or ``--flag``."""
    path: Path | None
    """The config.toml that was read, None when there is none."""


def keys() -> dict[str, dataclasses.Field]:
    """Every key as ``section.key`` -> its field."""
    return {
        f"{section.name}.{key.name}": key
        for section in dataclasses.fields(Settings)
        for key in dataclasses.fields(section.default)
    }


def load(
    path: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Loaded:
    """Read and check everything; ``flags`` maps ``section.key`` to a value. Raises UsageError that names all problems.

    Without ``path``: ``ASSISTANT_CONFIG``, then ./config.toml, then the one beside this package, else the defaults.
    """
    environment = os.environ if environment is None else environment
    path = _find(path, environment)
    known = keys()
    problems: list[str] = []
    refused: set[str] = set()
    values: dict[str, Any] = {}
    origin = dict.fromkeys(known, "default")

    def take(name: str, value: Any, source: str, shown: str) -> None:
        try:
            values[name] = _check(known[name], value)
            origin[name] = source
        except UsageError as problem:
            refused.add(name)
            problems.append(f"{shown} {problem}")

    if path is not None:
        for name, value in _read(path, problems):
            take(name, value, str(path), f"{path}: {_shown(name)}")
    for variable, text in environment.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        if "__" not in variable:
            slips = [name for name in known if variable.removeprefix(ENV_PREFIX).lower() == name.replace(".", "_")]
            problems += [
                f"environment: {variable} needs two underscores after the section: "
                f"{ENV_PREFIX}{name.upper().replace('.', '__')}"
                for name in slips
            ]
            continue
        name = variable.removeprefix(ENV_PREFIX).lower().replace("__", ".", 1)
        if name in known:
            take(name, _from_text(known[name], text), variable, f"environment: {variable}")
        else:
            problems.append(f"environment: {variable} is not a setting{_suggest(name, known)}")
    for name, value in (flags or {}).items():
        if name in known:
            take(
                name,
                _from_text(known[name], value) if isinstance(value, str) else value,
                "command line",
                f"command line: {name}",
            )
        else:
            problems.append(f"command line: {name} is not a setting{_suggest(name, known)}")
    waits = [
        (name, values.get(name, known[name].default))
        for name in ("endpointing.soft", "endpointing.complete", "endpointing.hard")
    ]
    for (lower, low), (higher, high) in zip(waits, waits[1:]):
        if low > high and not refused & {lower, higher}:
            problems.append(
                f"{origin[lower]}: {_shown(lower)} ({low:g}) must not be larger than "
                f"{higher.split('.')[1]} ({high:g}, from {origin[higher]})"
            )
    if problems:
        heading = [f"{len(problems)} settings are wrong:"] if len(problems) > 1 else []
        raise UsageError(redact("\n  ".join(heading + problems)))
    sections = {
        section.name: dataclasses.replace(
            section.default,
            **{name.split(".")[1]: value for name, value in values.items() if name.split(".")[0] == section.name},
        )
        for section in dataclasses.fields(Settings)
    }
    return Loaded(Settings(**sections), origin, path)


def _find(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = "--config"
    if path is None and environment.get("ASSISTANT_CONFIG"):
        path, named = Path(environment["ASSISTANT_CONFIG"]), "ASSISTANT_CONFIG"
    if path is not None:
        path = path.expanduser()
        if not path.is_file():
            raise UsageError(f"{path}: there is no such config file; give {named} an existing one or leave it out")
        return path
    for candidate in (Path("config.toml"), Path(__file__).parent.parent / "config.toml"):
        if candidate.is_file():
            return candidate
    return None


def _read(path: Path, problems: list[str]) -> Iterable[tuple[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); save it as UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not valid TOML ({redact(str(error))}); correct that line") from None
    known = keys()
    sections = [section.name for section in dataclasses.fields(Settings)]
    for section, content in document.items():
        if not isinstance(content, dict):
            problems.append(
                f"{path}: {section} stands outside a section"
                + (f"; write it below [{section}]" if section in sections else _suggest(section, known))
            )
        elif section not in sections:
            problems.append(f"{path}: [{section}] is not a section{_nearest(section, sections)}")
        else:
            for key, value in content.items():
                name = f"{section}.{key}"
                if name in known:
                    yield name, value
                elif isinstance(value, str) and contains_key(value):
                    problems.append(f"{path}: {_shown(name)} {_KEY_REFUSED}")
                else:
                    problems.append(f"{path}: {_shown(name)} is not a setting{_suggest(name, known)}")


def _shown(name: str) -> str:
    section, key = name.split(".", 1)
    return f"[{section}] {key}"


def _from_text(key: dataclasses.Field, text: str) -> Any:
    """What ``text`` means for this key; text that does not fit is returned as it is, for `_check` to refuse."""
    kind = type(key.default)
    if kind is bool:
        return {
            "true": True,
            "1": True,
            "yes": True,
            "on": True,
            "false": False,
            "0": False,
            "no": False,
            "off": False,
        }.get(text.strip().lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text


def _check(key: dataclasses.Field, value: Any) -> Any:
    kind = type(key.default)
    if kind is float and type(value) is int and abs(value) < 10**15:
        value = float(value)
    given = repr(value)
    given = given if len(given) <= 60 else f"{given[:60]} ..."
    if isinstance(value, str) and contains_key(value):
        raise UsageError(_KEY_REFUSED)
    if type(value) is not kind:
        raise UsageError(f"must be {_KINDS[kind]}, not {given}")
    choices, low, high = (key.metadata[part] for part in ("choices", "low", "high"))
    if choices and value not in choices:
        raise UsageError(f"must be one of {', '.join(choices)}, not {given}{_nearest(value, choices, listed=True)}")
    if low is not None and not low <= value <= high:  # written so that nan is refused, too
        raise UsageError(f"must be from {low:.12g} to {high:.12g}, not {given}")
    return value


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}
_KEY_REFUSED = (
    "holds what looks like an API key or password; put it into the file .env as a line such as "
    "OPENAI_API_KEY=..., never into settings"
)


def _suggest(name: str, known: Iterable[str]) -> str:
    """For a key that does not exist: the same key of another section, else the nearest of its own, else of all."""
    section, _, key = name.rpartition(".")
    same = [other for other in known if other.partition(".")[2] == key]
    if same:
        return f"; did you mean {' or '.join(_shown(other) for other in same)}?"
    own = [other.partition(".")[2] for other in known if other.partition(".")[0] == section]
    if own:
        return _nearest(key, own)
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {_shown(close[0])}?" if close else "; `assistant config` lists them all"


def _nearest(name: str, known: Iterable[str], listed: bool = False) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return "" if listed else f"; known are: {', '.join(known)}"


def secret(name: str) -> str | None:
    """A key such as OPENAI_API_KEY from the environment or `.env` in the working directory; None when not set.

    Its value must never be printed, logged or journalled; `assistant.redact.redact` knows it from now on.
    """
    value = (os.environ.get(name) or "").strip()
    if not value:
        from dotenv import dotenv_values

        value = (dotenv_values(".env").get(name) or "").strip()
    if value:
        remember(value)
    return value or None


def data_folder() -> Path:
    """Where this program keeps the user's own data (journal, models made here)."""
    from platformdirs import user_data_path

    return user_data_path("voice-assistant", appauthor=False)
