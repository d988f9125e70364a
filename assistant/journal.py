"""The journal: one line of JSON per turn, appended when the turn has ended.

A line's keys: ``time`` (when it was written, ISO 8601 with the local offset), ``conversation`` (an id), ``turn``
(1, 2, 3 ...), ``revisions`` (number, text, confidence, at), ``user``, ``reply``, ``heard`` (the words of the reply
that left the speaker), ``outcome``, ``error``, ``engines``, ``timings`` (stage -> seconds after the end of the
user's speech, negative before it), ``zero`` (the monotonic clock at that moment, so that turns of one conversation
can be put on one time line), ``passages`` (what of the user's documents the reply was written from, best first: file,
title, headings, page, score), ``confidence`` (that the documents hold the answer, 0 to 1; null when they were not
searched), ``doubtful`` (whether it was said that they may not answer), ``sureness`` (the model's, of the reply's
first sentence, 0 to 1, see assistant/reply/guard.py; null when the
engine cannot tell), ``guarded`` (what the guard did with the reply: hedged, looked_up, withheld, corrected, or
nothing), ``refused`` (the policy's category and who decided, or nothing), ``skill`` (the command that the words were,
or nothing), ``voice_differs`` (sentence and said, where
the voice said other words than the sentence's; mostly empty) and, when recordings are kept, ``audio`` (a WAV file,
relative to the journal's folder). API keys are never written.

What other arms would have answered (`assistant compare live`) lies in a file beside it, see
assistant/compare/shadow.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
import uuid
import wave
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError
from assistant.events import Event, TurnEnded
from assistant.folders import data_folder
from assistant.secrets import redact
from assistant.settings import JournalSettings
from assistant.turn import Turn
from rag.atomic import replacing
from rag.text import cleaned

_KEPT = 1000  # turns held in memory while the file cannot be written
_OPTIONAL = (int, float, type(None))
_KINDS: dict[str, type | tuple[type, ...]] = {
    "time": str,
    "conversation": str,
    "turn": int,
    "revisions": list,
    "user": str,
    "reply": str,
    "heard": str,
    "outcome": str,
    "error": (str, type(None)),
    "engines": dict,
    "passages": list,
    "confidence": _OPTIONAL,
    "doubtful": bool,
    "sureness": _OPTIONAL,
    "guarded": str,
    "refused": str,
    "skill": str,
    "voice_differs": list,
    "timings": dict,
    "zero": (int, float),
    "audio": str,
}
"""What each key of a line holds; a list holds objects."""


def location(settings: JournalSettings) -> Path:
    return Path(settings.path).expanduser() if settings.path else data_folder() / "journal.jsonl"


def recordings(path: Path) -> Path:
    """The folder of the WAV files that belong to the journal at ``path``."""
    return path.with_name(f"{path.stem}-audio")


def is_recording(path: Path) -> bool:
    """Whether a file in that folder is one that the journal wrote."""
    return re.fullmatch(r"\.?\d{8}-\d{6}-[0-9a-f]{6}-\d+\.wav(\.\d+\.part)?", path.name) is not None


class Journal:
    """An observer that never raises: what cannot be written is told once through ``notice`` and tried again later."""

    def __init__(
        self,
        settings: JournalSettings,
        notice: Callable[[str], None] | None = None,
        cleaned: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row,
    ) -> None:
        """``cleaned``: what is written instead of a turn's record."""
        self._settings, self._cleaned = settings, cleaned
        self._notice = notice or (lambda text: print(f"assistant: {text}", file=sys.stderr))
        self.path = location(settings)
        self.conversation = f"{datetime.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
        self._pending: list[bytes] = []
        self._sync_error: OSError | None = None
        self._told = False

    def __call__(self, event: Event) -> None:
        if self._settings.enabled and isinstance(event, TurnEnded):
            self._write(event.turn)

    def _write(self, turn: Turn) -> None:
        row = record(turn, self.conversation)
        failed, self._sync_error = self._sync_error, None
        if self._settings.audio and turn.frames:
            try:
                row["audio"] = self._keep_audio(turn)
            except OSError as error:
                failed = error
        self._pending = [*self._pending, json.dumps(self._cleaned(row), ensure_ascii=False).encode("utf-8", "replace")][
            -_KEPT:
        ]
        try:
            self._append()
        except OSError as error:
            failed = error
        if failed is not None and not self._told:
            self._notice(
                f"{self.path}: the journal cannot be written ({failed.strerror or failed}); until it "
                "can, turns are kept in memory only; free some space or set [journal] path"
            )
        self._told = failed is not None

    def _append(self) -> None:
        file = append(self.path, self._pending)
        # The lines are safe from a crash of this process; making them safe from a power cut may take a slow disk long.
        try:
            threading.Thread(target=self._sync, args=(file,), name="journal-sync", daemon=True).start()
        except RuntimeError:  # the system gives no thread now
            os.close(file)

    def _sync(self, file: int) -> None:
        try:
            os.fsync(file)
        except OSError as error:
            self._sync_error = error
        finally:
            os.close(file)

    def _keep_audio(self, turn: Turn) -> str:
        import numpy as np

        folder = recordings(self.path)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{self.conversation}-{turn.id}.wav"
        samples = np.clip(np.concatenate(turn.frames), -1.0, 1.0)
        with (
            replacing(path, mode=0o600, durable=False) as part,
            open(part, "wb") as file,
            wave.open(file, "wb") as recording,
        ):
            recording.setparams((1, 2, 16_000, 0, "NONE", ""))
            recording.writeframes((samples * 32767).astype("<i2").tobytes())
        return f"{folder.name}/{path.name}"


def append(path: Path, lines: list[bytes]) -> int:
    """Append each of ``lines``, taking it out of the list; returns the open file, still to be synced and closed.

    Raises OSError; what is written by then is out of ``lines``.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        torn = False
        if os.fstat(file).st_size:
            os.lseek(file, -1, os.SEEK_END)
            torn = os.read(file, 1) != b"\n"  # a process died while it wrote, or another is writing
        while lines:
            line = (b"\n" if torn else b"") + lines[0] + b"\n"
            if os.write(file, line) < len(line):  # one write per line: other processes append to the same file
                raise OSError("the disk is full")
            del lines[0]
            torn = False
    except BaseException:
        os.close(file)
        raise
    return file


def record(turn: Turn, conversation: str) -> dict[str, Any]:
    """What is written down of a turn; see the top of this file."""
    stages = {stage: float(at) for stage, at in turn.timings.items() if at is not None}
    zero = stages.get("speech_end", min(stages.values(), default=0.0))
    return {
        "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "conversation": conversation,
        "turn": turn.id,
        "revisions": [
            {
                "number": revision.number,
                "text": redact(revision.text),
                "confidence": None if revision.confidence is None else round(float(revision.confidence), 4),
                "at": round(revision.at - zero, 4),
            }
            for revision in turn.revisions
        ],
        "user": redact(turn.user),
        "reply": redact(turn.reply),
        "heard": redact(turn.heard),
        "outcome": turn.outcome,
        "error": redact(turn.error) if turn.error else None,
        "engines": {part: redact(name) for part, name in turn.engines.items()},
        "passages": [
            {
                "file": redact(passage.file),
                "title": redact(passage.title),
                "headings": [redact(heading) for heading in passage.headings],
                "page": passage.page,
                "score": passage.score,
            }
            for passage in turn.passages
        ],
        "confidence": None if turn.found is None or turn.found.confidence is None else round(turn.found.confidence, 4),
        "doubtful": turn.doubtful,
        "sureness": None if turn.sureness is None else round(turn.sureness, 4),
        "guarded": turn.guarded,
        "refused": turn.refused,
        "skill": turn.skill,
        "voice_differs": [{"sentence": redact(text), "said": redact(said)} for text, said in turn.voice_differs],
        "timings": {stage: round(at - zero, 4) for stage, at in stages.items()},
        "zero": round(zero, 4),
    }


def lines(path: Path, holding: str = "") -> Iterator[dict[str, Any]]:
    """The JSON objects of a file that was written by `append`, oldest first, of lines with the text ``holding``. A torn
    line is left out; a file that does not exist yet has none. Raises OSError.
    """
    text = holding.encode()
    try:
        with open(path, "rb") as file:
            for line in file:
                if text not in line:
                    continue
                try:
                    row = json.loads(line)
                    row = cleaned(row) if b"\\u" in line else row
                except (ValueError, RecursionError):
                    continue
                if isinstance(row, dict):
                    yield row
    except FileNotFoundError:
        return


def turns(path: Path, conversation: str) -> list[Turn]:
    """The turns of one conversation, oldest first, as far as a later prompt needs them. None when it cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for row in lines(path, holding=conversation):
            match row:
                case {"conversation": str(name), "turn": int(number), "user": str(user), "heard": str(heard)}:
                    if name == conversation:
                        found.append(
                            Turn(number, user, heard=heard, outcome=row.get("outcome", ""), skill=row.get("skill", ""))
                        )
    return found


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The journal's turns, oldest first. What is no turn, or torn, is left out; a journal that does not exist yet has
    none.

    Raises AssistantError when it cannot be read.
    """
    try:
        yield from (row for row in lines(path) if "turn" in row and _is_turn(row))
    except OSError as error:
        raise AssistantError(f"{path}: the journal cannot be read ({error.strerror}); check its permissions") from None


def _is_turn(row: dict[str, Any]) -> bool:
    """Whether each key that is there holds what it should: an older version's line may lack some."""
    for key, kind in _KINDS.items():
        value = row.get(key)
        if key in row and not isinstance(value, kind):
            return False
        if isinstance(value, list) and not all(isinstance(item, dict) for item in value):
            return False
    return True
