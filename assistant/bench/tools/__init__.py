"""`assistant bench tools`: does it do what it is told, and nothing else?

The sentences lie in tests/skills/held_out, the facts in tests/memory, and are there to be judged by: nothing is written
from them. Neither the table nor the JSON holds one; `--misses FILE` writes those that came out wrong.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.bench.bfcl import Score
from assistant.bench.result import Figure, Result
from assistant.bench.tools import attacked, deciding, first_sound, held_out, home, injection, judge, spoken
from assistant.bench.tools.held_out import Sentence
from assistant.bench.tools.judge import Case
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.skills import Action
from training.judge.probe import wilson


@dataclass(frozen=True)
class Options:
    rounds: int = 2
    """How often each sentence is spoken to the program on the virtual sound card."""
    data: Path | None = None
    """Holds noise/manifest.jsonl; needed where sentences are spoken."""
    only: str = ""
    """One of `PARTS`; empty = all but ``heard``, and the last three where their data are named."""
    misses: Path | None = None
    bfcl: Path | None = None
    """The wheel of bfcl-eval, in which its questions lie."""
    questions: int = 20
    """Of each of BFCL's kinds, to the model of the settings."""
    mcp: bool = False
    """Whether to measure on the reference servers, which must be installed."""
    ha_tests: Path | None = None
    """A checkout of home-assistant-intents: its own test sentences."""


@dataclass
class Measured:
    rows: list[Figure] = field(default_factory=list)
    details: list[dict] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)


def run(settings: Settings, options: Options, overrides: Sequence[str] = ()) -> Result:
    """``overrides``: the settings as ``section.key=value``, for the program that is started. Raises AssistantError."""
    if options.only and options.only not in PARTS:
        raise UsageError(f"--only {options.only}: is no part of this measurement; name one of {', '.join(PARTS)}")
    chosen = [options.only] if options.only else list(_usual(options))
    found = [PARTS[name](settings, options, overrides) for name in chosen]
    if options.misses:
        _write(options.misses, (line for part in found for line in part.misses))
    return Result(
        "tools",
        [row for part in found for row in part.rows],
        {name: engine for part in found for name, engine in part.engines.items()},
        [case for part in found for case in part.details],
    )


def _usual(options: Options) -> Iterator[str]:
    yield from ("text", "spoken", "sound", "timers", "memory", "injection")
    if options.bfcl:
        yield "bfcl"
    if options.mcp:
        yield "mcp"
    if options.ha_tests:
        yield "home"


def _text(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    return _decided(settings, [(sentence, "text", sentence.text) for sentence in held_out.sentences()])


def _heard(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    return _decided(settings, _with_sentences(held_out.heard()))


def _spoken(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    if options.data is None:
        raise UsageError("assistant bench tools needs noises to speak in: name a folder with --data")
    noises, texts = spoken.quiet_noises(options.data), [sentence.text for sentence in held_out.sentences()]
    with tempfile.TemporaryDirectory(prefix="bench-tools-") as folder:
        program, here = deciding.load(Path(folder))

        def means(words: str) -> tuple[str, Action] | None:
            return program.action(words, "en", here)

        rows = [row for voice in spoken.VOICES for row in spoken.listen(texts, voice, noises, settings.stt, means)]
    return _decided(settings, _with_sentences(rows))


def _with_sentences(rows: Iterable[held_out.Heard]) -> list[tuple[Sentence, str, str]]:
    sentences = {sentence.text: sentence for sentence in held_out.sentences()}
    return [(sentences[row.said], row.voice, row.heard) for row in rows if row.said in sentences]


def _decided(settings: Settings, said: Sequence[tuple[Sentence, str, str]]) -> Measured:
    with tempfile.TemporaryDirectory(prefix="bench-tools-") as folder:
        program, here = deciding.load(Path(folder))
        cases = deciding.judge(program, here, said, home.load())
    return Measured(list(judge.rows(cases)), [_told(case) for case in cases], {}, judge.misses(cases))


def _told(case: Case) -> dict:
    """For the JSON: without words."""
    return {
        "way": case.way,
        "group": case.sentence.group,
        "kind": case.sentence.kind,
        "found": case.decision.kind if case.decision else None,
        "right": case.right,
        "seconds": case.seconds,
    }


def _sound(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    return Measured(*first_sound.run(options.rounds, overrides))


def _injection(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    attacks = held_out.attacks()
    figures, details = asyncio.run(injection.run(attacks, attacked.conversing(settings)))
    return Measured(figures, details, misses=injection.misses(details, attacks))


def _home(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    if options.ha_tests is None:
        raise UsageError("--only home needs --ha-tests FOLDER, a checkout of home-assistant-intents")
    from assistant.bench import home_sentences

    right, total, misses = home_sentences.run(options.ha_tests)
    low, high = wilson(right, total)
    name = f"home-assistant-intents' own sentences: right ({100 * low:.1f} to {100 * high:.1f})"
    lines = [f"home\t{miss}" for miss in misses]
    return Measured([Figure.single(name, "%", total, 100 * right / max(1, total), least=97)], misses=lines)


def _bfcl(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    """All questions to a model that knows the answers, and some of each kind to the one of the settings."""
    from assistant import llm
    from assistant.bench import bfcl

    if options.bfcl is None:
        raise UsageError("--only bfcl needs --bfcl WHEEL, from `pip download --no-deps bfcl-eval`")
    known = [question for kind in bfcl.KINDS for question in bfcl.questions(options.bfcl, kind)]
    perfect = bfcl.Perfect(known)
    model = llm.load(settings.llm, lambda text: None)
    try:
        scores = [(perfect.name, score) for score in bfcl.run(options.bfcl, perfect, None, bfcl.KINDS)]
        scores += [(model.name, score) for score in bfcl.run(options.bfcl, model, options.questions, bfcl.KINDS)]
    finally:
        model.close()
    rows = [figure for name, score in scores for figure in _scored(name, score, 100 if name == perfect.name else None)]
    return Measured(rows, engines={"llm": model.name})


def _scored(name: str, score: Score, least: float | None) -> Iterator[Figure]:
    yield Figure.single(
        f"BFCL {score.kind}, {name}: right", "%", score.asked, 100 * score.right / score.asked, least=least
    )
    if score.called:
        read = 100 * score.read / score.called
        yield Figure.single(f"BFCL {score.kind}, {name}: calls that parse", "%", score.called, read, least=100)


def _timers(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    from assistant.bench import timers

    return _joined(timers.run())


def _memory(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    from assistant.bench import memory

    figures, details, misses = memory.run(settings)
    return Measured(figures, details, misses=misses)


def _mcp(settings: Settings, options: Options, overrides: Sequence[str]) -> Measured:
    from assistant.bench import mcp

    return _joined(mcp.run())


def _joined(result: Result) -> Measured:
    return Measured(result.rows, result.details, result.engines)


Part = Callable[[Settings, Options, Sequence[str]], Measured]
PARTS: dict[str, Part] = {
    "text": _text,
    "heard": _heard,
    "spoken": _spoken,
    "sound": _sound,
    "timers": _timers,
    "memory": _memory,
    "injection": _injection,
    "bfcl": _bfcl,
    "mcp": _mcp,
    "home": _home,
}
"""What is measured: the held-out sentences as text, as they were once heard, and spoken now; the time to the first
sound; the benchmarks of timers and memory; attacks in what is read; tool calls, MCP servers and Home Assistant's
sentences."""


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--misses {path}: cannot be written ({error.strerror}); name another file") from None
