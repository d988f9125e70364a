"""`assistant bench rag --held-out`: documents and questions in nine languages that no rule was made from.

They lie in tests/rag/held_out and are there to be judged by: nothing is tuned on them. A folder there is a language,
its ``questions.toml`` has

- ``told``: ``[question, file, quote, keys]``; the quote stands in the passage that answers, the key words in an answer
  that is right: ``Monday + half past six|18:30`` are two, of which the second may be said in two ways. Without keys the
  quote is the key word.
- ``untold``: questions that the documents do not answer.

Neither the table nor the JSON holds a question, so that whoever works on the search may read both.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from assistant import knowledge, modes
from assistant.audio.files import WavSpeaker
from assistant.bench.result import Figure, Result
from assistant.config import Settings
from assistant.errors import EngineError, UsageError
from assistant.folders import checkout
from assistant.settings import RagSettings
from rag import evaluate
from training.judge.probe import wilson

ENGLISH = "en"
OTHERS = ("de", "fr", "es", "ru", "ar", "zh", "ja", "hi")
_FIRST = 3
_THRESHOLD = 0.5
_NO_SPACES = "\u0e00"  # from here on scripts put no spaces between words


@dataclass(frozen=True)
class Asked:
    language: str
    text: str
    file: str = ""
    """Name of the file that tells; empty = none does."""
    quote: str = ""
    keys: tuple[tuple[str, ...], ...] = ()
    """Of each of them one wording stands in a right answer."""


@dataclass(frozen=True)
class Case:
    language: str
    told: bool
    hit: bool
    """Whether one of the first three passages holds the answer."""
    given: bool
    """Whether a passage that holds it was given to the language model."""
    passages: bool
    """Whether any was."""
    unknown: bool
    """Whether the question is answered with "the documents do not tell"."""
    confidence: float | None
    doubtful: bool = False
    """Whether it is answered behind "Perhaps this helps."."""
    answered: bool | None = None
    """Whether the answer heard was another than that; None when the model was not asked."""
    right: bool | None = None
    """Whether it holds the key words."""


def held_out() -> Path:
    """The folder of the set. Raises UsageError where it is missing."""
    root = checkout()
    folder = root / "tests" / "rag" / "held_out" if root else None
    if folder is None or not folder.is_dir():
        raise UsageError(
            "assistant bench rag --held-out needs a checkout with tests/rag/held_out: its documents and questions are "
            "not part of the package; clone the repository and run it there"
        )
    return folder


def place(language: str) -> Path:
    """Where the documents of ``language`` lie. Raises UsageError where they are missing."""
    return held_out() / ("english" if language == ENGLISH else f"languages/{language}")


def documents(language: str) -> list[Path]:
    return sorted(path for path in place(language).iterdir() if path.name != "questions.toml")


def questions(language: str) -> list[Asked]:
    found = tomllib.loads((place(language) / "questions.toml").read_text(encoding="utf-8"))
    told = [
        Asked(language, text, file, quote, _keys(keys[0] if keys else quote))
        for text, file, quote, *keys in found["told"]
    ]
    return told + [Asked(language, text) for text in found["untold"]]


def _keys(written: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(wording.strip() for wording in key.split("|")) for key in written.split("+"))


def plain(text: str) -> str:
    """In one case, width and spacing, so that one thing written in two ways is one."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    return " ".join(text.replace("n't", " not").split())


def right(answer: str, keys: Sequence[Sequence[str]]) -> bool:
    """Whether one wording of each key stands in ``answer``. A number stands alone, and so does a word of up to three
    letters; a longer one may have a prefix and an ending.
    """
    said = plain(answer)
    return all(any(_stands(plain(wording), said) for wording in key) for key in keys)


def _stands(wording: str, said: str) -> bool:
    pattern = re.escape(wording)
    if wording[0].isdigit():
        pattern = rf"(?<!\d)(?<!\d[.,:]){pattern}" + r"(?!\d|[.,]\d)" * wording[-1].isdigit()
    elif len(wording) <= 3 and wording[0] < _NO_SPACES:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.search(pattern, said) is not None


def run(settings: Settings, only: str = "", answers: bool = False) -> Result:
    """``only``: one language, e.g. ``de``; ``answers``: ask the language model, too. Raises AssistantError."""
    held_out()
    if only not in ("", ENGLISH, *OTHERS):
        raise UsageError(f"--only {only}: no language of the set; name one of {', '.join((ENGLISH, *OTHERS))}")
    knowledge.check_installed()
    languages = [only] if only else [*OTHERS, ENGLISH]
    cases, began, engines = [], time.process_time(), {"embedder": settings.rag.embedder}
    with tempfile.TemporaryDirectory(prefix="bench-rag-") as name:
        libraries = {
            language: stored(settings.rag, Path(name), f"held-out-{language}", documents(language))
            for language in languages
        }
        for language, rag in libraries.items():
            cases += asyncio.run(_search(rag, questions(language)))
        seconds = time.process_time() - began
        if answers:
            cases, engines["llm"] = asyncio.run(_answers(settings, libraries, cases))
    figures = [*rows(cases), Figure.single("CPU time to add the documents and to search", "s", len(cases), seconds)]
    return Result("rag-held-out", figures, engines, [asdict(case) for case in cases])


def stored(rag: RagSettings, folder: Path, name: str, documents: Sequence[Path]) -> RagSettings:
    """Store ``documents`` as a collection ``name`` of its own in ``folder``, which must not hold them.

    Gives the settings that open it. Raises AssistantError when a document was not stored.
    """
    from rag import embed, ingest

    chosen = replace(rag, enabled=True, url="", path=str(folder), collection=name)
    store, model = knowledge.store(chosen), embed.find(chosen.embedder)
    try:
        paths = [str(path) for path in documents]
        embedder = partial(embed.for_ingest, model, folder / "models", threads=1)
        done = ingest.add(store, paths, model, embedder, chosen.passage_tokens)
    finally:
        store.close()
    if done.bad or not done.added:
        lost = f"{done.bad[0].path}: {done.bad[0].reason}" if done.bad else "nothing was found in them"
        raise EngineError(f"the documents could not be stored: {lost}")
    return chosen


async def _search(rag: RagSettings, asked: Sequence[Asked]) -> list[Case]:
    search, found = knowledge.search(rag), knowledge.Documents(rag, rag.budget, _stop, hurried=False)
    try:
        cases = []
        for question in asked:
            best = search.find(question.text, _FIRST).hits
            retrieved = await found.look_up(question.text, (), None)
            given = [(passage.file, passage.text) for passage in retrieved.passages]
            cases.append(
                Case(
                    question.language,
                    bool(question.file),
                    _holds(question, [(hit.passage.source, hit.passage.text) for hit in best]),
                    _holds(question, given),
                    bool(given),
                    retrieved.unknown,
                    retrieved.confidence,
                    retrieved.doubtful,
                )
            )
        return cases
    finally:
        found.close()


def _stop(wrong: str) -> None:
    raise EngineError(f"the held-out documents could not be searched: {wrong}")


def _holds(question: Asked, passages: Sequence[tuple[str, str]]) -> bool:
    """Whether a (file, text) of ``passages`` is of the question's file and has its quote."""
    quote = plain(question.quote)
    return bool(quote) and any(Path(file).name == question.file and quote in plain(text) for file, text in passages)


async def _answers(
    settings: Settings, libraries: dict[str, RagSettings], cases: Sequence[Case]
) -> tuple[list[Case], str]:
    """Ask each question in a conversation of its own; the cases with what was said, and the model's name."""
    left, judged, name = iter(cases), [], ""
    for language, rag in libraries.items():
        means = await modes.load(replace(settings, rag=rag), print, typed=True, heard=False, skills=())
        name = means.engines.llm.name
        try:
            for question in questions(language):
                await means.forget()
                turn = await means.conversation(WavSpeaker(), lambda event: None).ask(question.text)
                if turn.error:
                    raise EngineError(turn.error)
                told = turn.outcome == "answered" and turn.reply.strip() != rag.unknown
                found = told and bool(question.keys) and right(turn.reply, question.keys)
                judged.append(replace(next(left), answered=told, right=found))
        finally:
            means.close()
    return judged, name


def rows(cases: Sequence[Case]) -> Iterator[Figure]:
    """Shares in %, each with its 95 % Wilson interval beside its name."""
    others = [case for case in cases if case.language != ENGLISH]
    if len({case.language for case in others}) > 1:
        yield from _set("eight languages", others, hit=85.0, lost=15.0, invented=15.0)
    for language in OTHERS:
        yield from _set(language, [case for case in others if case.language == language])
    yield from _set("English", [case for case in cases if case.language == ENGLISH], lost=10.0, invented=15.0)


def _set(
    name: str, cases: Sequence[Case], hit: float | None = None, lost: float | None = None, invented: float | None = None
) -> Iterator[Figure]:
    told, untold = ([case for case in cases if case.told is told] for told in (True, False))
    yield from _share(f"{name}: hit@{_FIRST}", told, lambda case: case.hit, least=hit)
    yield from _share(f'{name}: wrongly "do not tell"', told, lambda case: not case.passages, most=lost)
    sure = f"{name}: wrongly answered, and not in doubt"
    yield from _share(sure, untold, lambda case: not case.unknown and not case.doubtful, most=invented)
    yield from _share(f"{name}: wrongly answered, in doubt or not", untold, lambda case: not case.unknown)
    yield from _share(f"{name}: told, said in doubt", told, lambda case: case.doubtful)
    yield from _share(f"{name}: not told, said in doubt", untold, lambda case: case.doubtful)
    doubtful = [case for case in told if case.doubtful]
    yield from _share(f"{name}: said in doubt, passage given holds the answer", doubtful, lambda case: case.given)
    yield from _share(f"{name}: passage given holds the answer", told, lambda case: case.given)
    yield from _share(f"{name}: by one threshold of 0.5: refused", told, lambda case: not _one(case))
    yield from _share(f"{name}: by one threshold of 0.5: wrongly answered", untold, _one)
    known, unknown = ([case.confidence or 0.0 for case in some] for some in (told, untold))
    if known and unknown:
        area = evaluate.area(known, unknown)
        yield Figure.single(f"{name}: knows what it knows, area under the curve", "", len(cases), area)
    if any(case.right is not None for case in cases):
        yield from _share(f"{name}: answers right", told, lambda case: bool(case.right))
        yield from _share(f"{name}: heard an answer to what is not told", untold, lambda case: bool(case.answered))


def _one(case: Case) -> bool:
    """Whether it would be answered without a doubtful band, as before there was one."""
    return (case.confidence or 0.0) >= _THRESHOLD


def _share(
    name: str,
    cases: Sequence[Case],
    counts: Callable[[Case], bool],
    least: float | None = None,
    most: float | None = None,
) -> Iterator[Figure]:
    if cases:
        hits = sum(map(counts, cases))
        low, high = wilson(hits, len(cases))
        name = f"{name} ({100 * low:.0f} to {100 * high:.0f})"
        yield Figure.single(name, "%", len(cases), 100 * hits / len(cases), most=most, least=least)
