"""What a comparison has found so far: a folder that any run of the same command goes on with.

    FOLDER/compare.json     what is compared, see `Header`
    FOLDER/records.jsonl    append-only; a line's ``type`` says what it is:
        heard     ``question``; ``text``, ``confidence``, ``seconds``, ``wer``: what speech recognition made of it
        label     ``question``, ``model``; ``label``: what the base model knows of it, see training.probe
        answer    ``arm``, ``key``, ``question``; what `answerer.Answered` says, and the voice's numbers
        arm       ``arm``, ``key``; ``peak_mb``, ``engine``, ``error``: how it ended
        support   ``arm``, ``key``, ``question``; ``claims``, ``supported``, see metrics
        verdict   ``arm``, ``key``, ``question``; ``base``, the key of the arm it was set against; see judge
        judge     ``judge``; ``trusted``, ``reason``: its self-test

``key`` is the arm's `fingerprint`: records of an arm whose files have changed since do not count any more.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant import journal
from assistant.compare.questions import Question, from_json
from assistant.errors import AssistantError, UsageError


@dataclass
class Header:
    identity: str
    """Of everything that all arms have in common: questions, prompt, seed, engine settings."""
    questions: list[Question]
    files: list[str]
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name -> `Arm` as a dict, with ``key``, ``disk``, ``weights`` (see `arms.weights`), ``notes`` (what is to be known
    of it), ``documents`` (their state; empty without) and, with documents, ``documents_disk`` and ``ingest_seconds``.
    """
    settings: dict[str, Any] = field(default_factory=dict)
    """What the identity was made of."""
    notes: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)
    made: str = ""
    """ISO 8601, when the comparison began."""
    probed: str = ""
    """The fingerprint of the base model that the labels are about."""
    spoken: bool = False
    seed: int = 0


_FILES = re.compile(r"\.?(compare\.json|records\.jsonl|probe\.jsonl|report\.(html|csv|json))(\.\d+\.part)?")


def own_files(folder: Path) -> list[Path]:
    """What a comparison wrote into its folder, also of reports on some arms, one folder further down."""
    places = [folder, *(place for place in folder.iterdir() if place.is_dir() and not place.is_symlink())]
    return [
        file
        for place in places
        for file in place.iterdir()
        if not file.is_dir() and _FILES.fullmatch(file.name) and (place == folder or "report." in file.name)
    ]


class Records:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        return self.folder.name

    def header(self) -> Header | None:
        """None when the folder holds no comparison yet. Raises AssistantError when it is damaged."""
        path = self.folder / "compare.json"
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            entry["questions"] = [from_json(question) for question in entry["questions"]]
            return Header(**entry)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise AssistantError(
                f"{path}: cannot be read ({error}); choose another --out, or delete the folder"
            ) from None

    def existing(self) -> Header:
        """The header of a comparison that is there. Raises UsageError when the folder holds none, else as `header`."""
        header = self.header()
        if header is None:
            raise UsageError(
                f"{self.folder} holds no comparison; make one with: assistant compare run --questions FILE"
            )
        return header

    def save(self, header: Header) -> None:
        """Raises UsageError when it cannot be written."""
        from rag.atomic import write_text

        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # of replays it holds what the user said
            write_text(self.folder / "compare.json", json.dumps(asdict(header), indent=1, ensure_ascii=False) + "\n")
        except OSError as error:
            raise UsageError(
                f"{self.folder}: cannot be written ({error.strerror or error}); free some space, or choose "
                "another --out"
            ) from None

    def append(self, record: dict[str, Any]) -> None:
        """One line, on its way to the disk before this returns. Raises AssistantError."""
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")
        try:
            os.close(journal.append(self.folder / "records.jsonl", [line]))
        except OSError as error:
            raise AssistantError(
                f"{self.folder}: cannot be written ({error.strerror or error}); free some space and "
                "give the same command again"
            ) from None

    def all(self) -> Iterator[dict[str, Any]]:
        """Oldest first; a torn line is left out."""
        return (record for record in journal.lines(self.folder / "records.jsonl") if "type" in record)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The newest ``heard`` or ``label`` record of each question."""
        return {record["question"]: record for record in self.all() if record["type"] == kind}

    def of_arm(self, kind: str, name: str, key: str) -> dict[str, dict[str, Any]]:
        """The newest ``answer``, ``support`` or ``verdict`` record of each question."""
        return {
            record["question"]: record
            for record in self.all()
            if record["type"] == kind and record["arm"] == name and record["key"] == key
        }

    def end_of(self, name: str, key: str) -> dict[str, Any] | None:
        """The newest ``arm`` record."""
        found = [
            record
            for record in self.all()
            if record["type"] == "arm" and record["arm"] == name and record["key"] == key
        ]
        return found[-1] if found else None


def check_same(records: Records, identity: str) -> Header | None:
    """The header of the comparison to go on with; None when it is new. Raises UsageError when it is another one."""
    header = records.header()
    if header is not None and header.identity != identity:
        raise UsageError(
            f"{records.folder} holds a comparison with other questions or settings; choose another --out, or "
            "give the command it was made with"
        )
    return header


def newest(home: Path) -> Path:
    """The comparison that was written to last. Raises UsageError when there is none."""
    found = sorted(home.glob("*/records.jsonl"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError("there is no comparison yet; make one with: assistant compare run --questions FILE")
    return found[-1].parent


def find(home: Path, name: str) -> Path:
    """The folder of the comparison called ``name``, a path or a name below ``home``; empty = the newest one."""
    if not name:
        return newest(home)
    for folder in (Path(name).expanduser(), home / name):
        if (folder / "compare.json").is_file():
            return folder
    known: Sequence[str] = sorted(path.parent.name for path in home.glob("*/compare.json"))
    raise UsageError(
        f"there is no comparison {name}; "
        + (f"there are: {', '.join(known)}" if known else "make one with: assistant compare run --questions FILE")
    )
