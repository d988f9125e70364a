"""Whether a language model reads: says what a passage before its eyes tells, or makes something up.

Measured once for each model file, on passages made up on the spot, so that no model knows the answers; kept in the data
folder. Of models behind an endpoint it is taken for granted, of the bundled one it is known that it does not.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant import knowledge
from assistant.config import Settings
from assistant.errors import AssistantError
from assistant.folders import data_folder
from assistant.llm import LlmSettings, Message, gguf
from assistant.retrieved import Knowledge
from rag.atomic import write_text

LEAST = 0.5
"""Share of right answers from which a model counts as reading: each passage holds the right value and a wrong one."""
_SECONDS = 10.0  # after which it is judged by the questions answered until then, if they are enough
_ENOUGH = 4

Ask = Callable[[Sequence[Message]], Awaitable[str]]


@dataclass(frozen=True)
class Reads:
    right: int
    asked: int

    @property
    def well(self) -> bool:
        return self.right >= LEAST * self.asked


BUNDLED = Reads(4, 12)
"""The bundled model's, measured: the mean of six draws, which gave 3 to 6."""


@dataclass(frozen=True)
class Exercise:
    passage: str
    question: str
    right: str
    wrong: str
    """The same passage tells it of something else."""

    def solved(self, answer: str) -> bool:
        return _holds(answer, self.right) and not _holds(answer, self.wrong)


def quotes(settings: Settings) -> bool:
    """Whether answers from documents are quoted, by [rag] answer and what is known of the model."""
    match settings.rag.answer:
        case "auto":
            measured = known(settings.llm)
            return measured is not None and not measured.well
        case answer:
            return answer == "quote"


async def decide(
    documents: Knowledge, settings: Settings, ask: Ask, notice: Callable[[str], None] = lambda text: None
) -> None:
    """Let ``documents`` quote or not, as `quotes` says, once it is known whether the model reads; see `measure`."""
    try:
        if settings.rag.answer == "auto":
            await measure(settings.llm, ask, notice)
    finally:
        documents.quotes = quotes(settings)


def known(settings: LlmSettings) -> Reads | None:
    """Of the configured model; None where it was not measured, or is not in this process."""
    path = _file(settings)
    if path is None:
        return None
    if path == _file(replace(settings, model="bundled")) and not settings.adapter:
        return BUNDLED
    return _kept().get(_key(path, settings.adapter))


async def measure(
    settings: LlmSettings,
    ask: Ask,
    notice: Callable[[str], None] = lambda text: None,
    clock: Callable[[], float] = time.monotonic,
) -> Reads | None:
    """Ask until it is decided or, from the fourth question on, 10 s have passed, and keep the result; what is known
    already is not asked again.

    ``ask``: messages -> the model's reply. None where nothing can be measured. Raises EngineError.
    """
    path = _file(settings)
    if path is None or (found := known(settings)):
        return found if path else None
    notice(f"Measuring once whether {path.name} reads passages (some {_SECONDS:.0f} s) ...")
    system = Message("system", f"{settings.system_prompt} {knowledge.introduction()}")
    made, right, began = exercises(random.Random()), 0, clock()
    for asked, one in enumerate(made, 1):
        text = f"<passage 1: Notes>\n{one.passage}\n</passage 1>\n\n{one.question}"
        right += one.solved(await ask([system, Message("user", text)]))
        late = clock() - began > _SECONDS and asked >= _ENOUGH
        if late or right >= LEAST * len(made) or asked - right > (1 - LEAST) * len(made):
            break
    found = Reads(right, asked)
    _keep(_key(path, settings.adapter), found)
    return found


def exercises(rng: random.Random) -> list[Exercise]:
    """Twelve, of everyday kinds; names and numbers are made up by ``rng``."""

    def name() -> str:
        return "".join(rng.choice(_SYLLABLES) for _ in range(3)).capitalize()

    def two(low: int, high: int) -> tuple[str, str]:
        first, second = rng.sample(range(low, high), 2)
        return str(first), str(second)

    made = []
    for passage, question, kind in _FORMS:
        match kind:
            case "number":
                right, wrong = two(13, 98)
            case "time":
                right, wrong = (f"{hour}:{rng.randrange(10, 59)}" for hour in rng.sample(range(6, 22), 2))
            case "person":
                right, wrong = name(), name()
            case _:
                right, wrong = rng.sample(_WORDS[kind], 2)
        words = {"thing": name(), "right": right, "wrong": wrong, "other": two(13, 98)[0]}
        made.append(Exercise(passage.format_map(words), question.format_map(words), right, wrong))
    rng.shuffle(made)
    return made


_SYLLABLES = "bra vel tos min kar lun dor fi gra sel nup wim tal ber osk rin mav jol pes qui".split()
_WORDS = {
    "state": ["the filter is full", "an update is being installed", "the door is open", "the battery is empty"],
    "part": ["pump", "fan", "valve", "heater", "sensor"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
    "colour": ["green", "violet", "orange", "white", "yellow"],
}
_FORMS = (
    ("The lamp of the {thing} tells its state. Red means that {wrong}. Blue means that {right}.",
     "What does a blue light on the {thing} mean?", "state"),
    ("With its cover the {thing} weighs {wrong} kg, without it {right} kg. It is made of oak.",
     "How heavy is the {thing} without its cover?", "number"),
    ("On weekdays {wrong} looks after the {thing}. At weekends {right} does.",
     "Who looks after the {thing} at weekends?", "person"),
    ("A jar of {thing} keeps for {wrong} days at room temperature and for {right} days in the fridge.",
     "How long does {thing} keep in the fridge?", "number"),
    ("The ferry to {thing} leaves at {right} and is back at {wrong}. Dogs travel free of charge.",
     "When does the ferry to {thing} leave?", "time"),
    ("Children pay {wrong} euros for the {thing} show. Adults pay {right} euros.",
     "What does a ticket for the {thing} show cost for adults?", "number"),
    ("Error 3 of the {thing} means that the {wrong} is blocked. Error 7 means that the {right} is blocked.",
     "What is blocked when the {thing} shows error 7?", "part"),
    ("| {thing} | Small | Large |\n| --- | --- | --- |\n| Width | {wrong} cm | {right} cm |",
     "How wide is the large {thing}?", "number"),
    ("To reset the {thing}, press its dial for {wrong} seconds. To switch it off, press it for {right} seconds.",
     "How many seconds must I press to switch the {thing} off?", "number"),
    ("The {thing} choir meets every {wrong}, the {thing} chess club every {right}.",
     "On which day does the {thing} chess club meet?", "day"),
    ("{wrong} built the {thing} bridge, and {right} painted it {other} years later.",
     "Who painted the {thing} bridge?", "person"),
    ("The inside of the {thing} is {wrong}. Its outside was painted {right}.",
     "Which colour is the outside of the {thing}?", "colour"),
)  # fmt: skip


def _holds(answer: str, value: str) -> bool:
    return re.search(rf"\b{re.escape(value.removeprefix('the ').removeprefix('an '))}\b", answer, re.I) is not None


def _path() -> Path:
    return data_folder() / "reads.json"


def _file(settings: LlmSettings) -> Path | None:
    """None where it is none of this machine's."""
    try:
        path = gguf.here(settings.model) if settings.engine == "llama" else None
    except AssistantError:
        return None
    return path if path and path.is_file() else None


def _key(path: Path, adapter: str) -> str:
    """Changes with the file and what lies over it."""
    about = path.stat()
    return f"{path.resolve()} {about.st_size} {about.st_mtime_ns} {adapter}".strip()


def _kept() -> dict[str, Reads]:
    """What cannot be read counts as not measured."""
    try:
        rows = json.loads(_path().read_text(encoding="utf-8"))
        return {key: Reads(int(right), int(asked)) for key, (right, asked) in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(key: str, found: Reads) -> None:
    kept = {**_kept(), key: found}
    write_text(_path(), json.dumps({name: (one.right, one.asked) for name, one in kept.items()}, indent=1))
