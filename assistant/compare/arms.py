"""What is compared: the same assistant with one model, with or without the user's documents, or a memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import Settings
from assistant.errors import AssistantError, UsageError
from assistant.models.reads import known, quotes

if TYPE_CHECKING:
    from training.runs import Run

NAMES = ("base", "rag", "tuned", "tuned+rag", "memory")
_KEYS = ("model", "adapter", "rag", "run")
_FORMATS: Mapping[int | None, str] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    15: "Q4_K_M",
    17: "Q5_K_M",
    18: "Q6_K",
}
"""Of llama.cpp's enum llama_ftype, by what people call them."""


@dataclass(frozen=True)
class Arm:
    name: str
    model: str
    """As in [llm] model; a path once `resolved`."""
    adapter: str = ""
    """A GGUF adapter over the model; empty = none."""
    rag: bool = False
    memory: bool = False
    """Whether it remembers what the questions tell it, see `Question.remember`."""
    run: str = ""
    """The training run that made model or adapter; empty = none did."""
    training_seconds: float = 0.0
    money: float = 0.0
    """US dollars paid to an API for making it, as the user says: no record holds them."""

    def settings(self, common: Settings) -> Settings:
        """The live assistant's settings, with this arm's model and documents; all else is the same for every arm.

        An arm without documents stays without them where [guard] would look into them: it says that it does not know.
        """
        llm = replace(common.llm, engine="llama", model=self.model, adapter=self.adapter)
        unsure = "say" if common.guard.when_unsure == "documents" and not self.rag else common.guard.when_unsure
        return replace(
            common, llm=llm, rag=replace(common.rag, enabled=self.rag), guard=replace(common.guard, when_unsure=unsure)
        )


def choose(
    names: Sequence[str],
    given: Sequence[str],
    settings: Settings,
    run: Callable[[str], Run],
    tuned: str = "",
    notice: Callable[[str], None] = lambda _: None,
) -> list[Arm]:
    """The arms of ``names`` (see `NAMES`; ``tuned`` is the run they mean) and of ``given``
    (``NAME:model=FILE,adapter=FILE,rag=true,run=RUN``), in order, with their files found.

    ``run`` opens a training run by name. Raises UsageError, EngineError when a file is missing.
    """
    arms = []
    if settings.llm.engine != "llama" and any(name in ("base", "rag", "memory") for name in names):
        raise UsageError(
            "[llm] engine is an endpoint, whose probabilities cannot be seen; set it to llama, or name "
            "models with --arm NAME:model=FILE.gguf"
        )
    for name in names:
        if name not in NAMES:
            raise UsageError(
                f"{name!r} is not an arm; known are {', '.join(NAMES)}, and --arm NAME:model=FILE.gguf for "
                "any other model"
            )
        if name.startswith("tuned") and not tuned:
            raise UsageError(
                f"the arm {name} needs a fine-tuned model: name its training run with --tuned RUN "
                "(`assistant train list` shows them)"
            )
    record = run(tuned) if tuned else None
    base = Arm("base", _base_of(record, settings))
    for name in names:
        arm = _tuned(record, base.model) if record and name.startswith("tuned") else base
        arms.append(replace(arm, name=name, rag=name.endswith("rag"), memory=name == "memory"))
    arms += [_given(text, settings, run) for text in given]
    doubled = next((arm.name for number, arm in enumerate(arms) if arm.name in [a.name for a in arms[:number]]), None)
    if doubled:
        raise UsageError(f"the arm {doubled} is named twice; name it once, or give the other a name of its own")
    if not arms:
        raise UsageError("there is no arm; name some with --arms base,rag")
    return [resolved(arm, notice) for arm in arms]


def _base_of(run: Run | None, settings: Settings) -> str:
    """What the tuned model was made of when that is a GGUF file, so that only the tuning differs."""
    if run and run.base.endswith(".gguf"):
        if not Path(run.base).is_file():
            raise UsageError(
                f"{run.base}, the model that {run.name} was made of, is gone, and without it nothing can be "
                "compared; bring that file back"
            )
        return run.base
    return settings.llm.model


def _tuned(run: Run, base: str) -> Arm:
    """With the export that `assistant train use` takes, see `Run.spoken`."""
    if run.trainer == "openai":
        raise UsageError(
            f"{run.name} was trained at OpenAI, and only models on this machine can be compared; choose a "
            "run that has a GGUF"
        )
    if not run.spoken and not run.steps:
        raise UsageError(
            f"{run.name} has learned nothing yet; go on with: assistant train fit --resume --name {run.name}"
        )
    if not run.spoken:
        raise UsageError(
            f"the training run {run.name} has no GGUF yet; make one with: assistant train export {run.name}"
        )
    kind = run.spoken[0]
    file = str(run.folder / run.exports[kind]["file"])
    if kind == "adapter":
        return Arm("tuned", base, file, run=run.name, training_seconds=run.seconds)
    return Arm("tuned", file, run=run.name, training_seconds=run.seconds)


def _given(text: str, settings: Settings, run: Callable[[str], Run]) -> Arm:
    name, colon, rest = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"--arm {text}: write it as NAME:model=FILE.gguf,rag=true,adapter=FILE.gguf")
    values: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or key.strip() not in _KEYS:
            raise UsageError(f"--arm {text}: {part!r} is not understood; known are {', '.join(_KEYS)}, each with =")
        values[key.strip()] = value.strip()
    rag = values.get("rag", "false").lower()
    if rag not in ("true", "false"):
        raise UsageError(f"--arm {text}: rag must be true or false")
    record = run(values["run"]) if "run" in values else None
    arm = _tuned(record, _base_of(record, settings)) if record else Arm(name, settings.llm.model)
    return replace(
        arm,
        name=name.strip(),
        rag=rag == "true",
        model=values.get("model", arm.model),
        adapter=values.get("adapter", arm.adapter),
    )


def resolved(arm: Arm, notice: Callable[[str], None]) -> Arm:
    """The arm with its files' full paths, checked; links are kept, for in the hub's cache only they bear the file's
    name. Raises EngineError."""
    from assistant.llm import gguf

    try:
        model = gguf.locate(arm.model, notice)
        gguf.check(model)
        if arm.adapter:
            gguf.check(Path(arm.adapter).expanduser())
    except AssistantError as error:
        raise type(error)(f"arm {arm.name}: {error}") from None
    return replace(
        arm,
        model=os.path.abspath(model),
        adapter=os.path.abspath(Path(arm.adapter).expanduser()) if arm.adapter else "",
    )


def check_documents(settings: Settings) -> str:
    """The store's state, which changes with every document. Raises UsageError when there are none, RagError."""
    from assistant import knowledge

    knowledge.check_installed()
    store = knowledge.store(settings.rag)
    if not store.sources():
        raise UsageError("an arm uses your documents, and there are none; add some with: assistant rag add PATH")
    return store.signature()


def fingerprint(arm: Arm, documents: str) -> str:
    """Changes when the arm's answers may: by its files (size and time of change) and documents, not by the links that
    lead there. 12 hexadecimal digits."""
    files = [
        (os.path.realpath(path), (about := Path(path).stat()).st_size, about.st_mtime_ns)
        for path in (arm.model, arm.adapter)
        if path
    ]
    text = json.dumps([files, documents if arm.rag else ""])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def weights(arm: Arm) -> str:
    """Changes when the arm's model does, whatever lies over it or is shown to it. 12 hexadecimal digits."""
    return fingerprint(replace(arm, adapter="", rag=False), "")


def differences(arms: Sequence[Arm], settings: Settings, runs: Sequence[Run]) -> list[str]:
    """What is not the same between arms apart from what is compared, in sentences: number format, base, prompt."""
    from assistant.llm import llamacpp, quick_copy

    def format_of(arm: Arm) -> int | None:
        path = Path(arm.model)
        copy = None if llamacpp.uses_gpu(settings.llm.gpu_layers) else quick_copy.of(path, lambda _: None)
        return llamacpp.file_type(copy or path)

    found = []
    formats = {arm.name: format_of(arm) for arm in arms}
    if len(set(formats.values())) > 1:
        found.append(
            "the weights are not in the same number format, so a difference may come from rounding: "
            + ", ".join(f"{arm.name} {_FORMATS.get(formats[arm.name], f'type {formats[arm.name]}')}" for arm in arms)
        )
    for run in runs:
        bases = {Path(arm.model).resolve() for arm in arms if not arm.run}
        if bases and run.base and Path(run.base).resolve() not in bases and "bundled" not in run.base:
            found.append(f"{run.name} was trained from {run.base}, which is not the base model here")
        if run.system and run.system != settings.llm.system_prompt:
            found.append(
                f"{run.name} was trained with another system prompt than [llm] system_prompt; every arm is asked "
                "with the latter"
            )
    return found


def notes(arms: Sequence[Arm], settings: Settings, runs: Sequence[Run]) -> dict[str, list[str]]:
    """Arm -> its `differences` from the first one, and from a conversation; kept when others come and go."""
    found = {
        arm.name: differences(
            list(dict.fromkeys([arms[0], arm])), settings, [run for run in runs if run.name == arm.run]
        )
        for arm in arms
    }
    for arm in arms:
        if arm.rag:
            found[arm.name].append(_wording(arm, arm.settings(settings)))
        if settings.guard.when_unsure == "documents" and not arm.rag:
            found[arm.name].append(
                f"what {arm.name} is unsure of is not looked up in the documents, as [guard] when_unsure "
                "= documents would in a conversation: it says that it does not know"
            )
    return found


def _wording(arm: Arm, settings: Settings) -> str:
    """Who words the arm's answers from documents, and what it does in doubt."""
    doubt = ""
    if settings.rag.doubt < settings.rag.threshold:
        doubt = f"; below a confidence of {settings.rag.threshold:g} it says first that it is not sure"
    return _worded(arm, settings) + doubt


def _worded(arm: Arm, settings: Settings) -> str:
    if quotes(settings):
        return f"{arm.name} quotes: the answer is the documents' own sentence or table row, not the model's words"
    if settings.rag.answer == "auto" and known(settings.llm) is None:
        return f"{arm.name} writes from the passages, unless its model, measured when it is loaded, does not read"
    return f"{arm.name} writes: the answer is the model's own words, from the passages"


def as_json(arm: Arm) -> dict[str, Any]:
    return asdict(arm)


def disk(arm: Arm) -> int:
    """Bytes of the arm's model and adapter, documents not counted."""
    return sum(Path(path).stat().st_size for path in (arm.model, arm.adapter) if path)
