"""What `assistant setup` knows so far, kept after every step, so that it goes on wherever it was killed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assistant.errors import AssistantError
from assistant.folders import data_folder
from assistant.models.tried import machine
from rag.atomic import write_text


@dataclass(frozen=True)
class Measured:
    seconds: float
    """From the end of the user's words to the answer's first sound; of a recogniser, to the words."""
    right: float = 0.0
    """Share of the questions that were answered rightly."""


@dataclass
class State:
    answers: dict[str, str] = field(default_factory=dict)
    """Question -> answer; gone once setup is done."""
    measured: dict[str, Measured] = field(default_factory=dict)
    """What [llm] model or [stt] model is set to -> what was measured on this machine, with this voice."""
    fetched: dict[str, float] = field(default_factory=dict)
    """The same -> GB; also what turned out too slow, so that no restart fetches more than was agreed to."""

    def save(self) -> None:
        """Raises AssistantError."""
        try:
            write_text(path(), json.dumps({"machine": machine(), **asdict(self)}, indent=1))
        except OSError as error:
            raise AssistantError(
                f"{path()}: what setup knows cannot be kept there ({error.strerror}); make room or free it there, or "
                "set XDG_DATA_HOME to a folder that can be written"
            ) from None

    def answer(self, question: str, value: str) -> None:
        self.answers[question] = value
        self.save()


def path() -> Path:
    return data_folder() / "setup.json"


def load() -> State:
    """Empty where there is none, or what is there cannot be read; what another machine measured does not count."""
    try:
        kept = json.loads(path().read_text(encoding="utf-8"))
        answers = {str(question): str(answer) for question, answer in kept["answers"].items()}
        if kept["machine"] != machine():
            return State(answers)
        measured = {
            name: Measured(float(one["seconds"]), float(one["right"])) for name, one in kept["measured"].items()
        }
        return State(answers, measured, {name: float(size) for name, size in kept["fetched"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()
