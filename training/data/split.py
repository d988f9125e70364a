"""Sets rows aside that are never learned from: about one in ten, chosen once, kept when the data grows.

    few.json -> few.train.jsonl, few.held-out.jsonl, and few.split.json, which says of which rows they were made

Rows that nearly repeat one another or ask the same stay on one side, else the held-out rows would only show what was
learned by heart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.atomic import write_text
from training.data.formats import read
from training.data.similar import groups
from training.errors import TrainingError, TrainingUsageError
from training.rows import Row, as_json, data_hash, write

SHARE, LEAST, MOST = 0.1, 5, 200
"""Of the rows, how many are held out."""
ENOUGH = 10
"""Rows that differ, below which nothing can be held out."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Split:
    train: Path
    held_out: Path


def split(path: Path, progress: Progress = lambda done, total: None) -> Split:
    """The two parts of the data, made now or, when its rows are still the same, earlier.

    Rows added since then are distributed; what was held out stays held out. Two files of the user's own with these
    names, and no record beside them, are taken as they are. Raises TrainingError.
    """
    parts = Split(path.with_name(f"{path.stem}.train.jsonl"), path.with_name(f"{path.stem}.held-out.jsonl"))
    rows = read(path).rows
    record_file = path.with_name(f"{path.stem}.split.json")
    record = _record(record_file)
    there = parts.train.exists() and parts.held_out.exists()
    if there:
        if record is None:
            return parts
        if record.get("source", path.name) != path.name:
            raise TrainingUsageError(
                f"{parts.train} was made of {record.get('source')}, not of {path.name}; rename one of them"
            )
        if record.get("hash") == data_hash(rows):
            return parts
    trained, held = (read(part).rows if part.exists() else [] for part in (parts.train, parts.held_out))
    try:
        train, held_out, left_out = distribute(rows, trained, held, progress)
    except TrainingError as error:
        raise TrainingUsageError(f"{path}: {error}") from None
    if not train or not held_out:
        raise TrainingUsageError(
            f"{path}: none of the rows that were {'held out' if train else 'to train with'} is "
            f"left; delete {parts.train.name}, {parts.held_out.name} and {record_file.name} to "
            "split it anew"
        )
    sizes = {"rows": len(rows), "train": len(train), "held_out": len(held_out), "left_out": len(left_out)}
    try:
        _write_record(record_file, {"source": path.name})  # without a hash: what a crash leaves is made again
        write(parts.held_out, held_out)
        write(parts.train, train)
        _write_record(record_file, {"source": path.name, "hash": data_hash(rows), **sizes})
    except OSError as error:
        raise TrainingError(
            f"the split of {path.name} cannot be written into {path.parent} ({error.strerror}); free "
            "some space there, or copy the data to where it can be written"
        ) from None
    return parts


def load(path: Path, progress: Progress = lambda done, total: None) -> tuple[list[Row], list[Row]]:
    """The rows to train with and those held out; `Row.line` is where each stands in ``path``. Raises TrainingError."""
    parts = split(path, progress)
    lines = {_key(row): row.line for row in reversed(read(path).rows)}
    train, held_out = (
        [replace(row, line=lines.get(_key(row), row.line)) for row in read(part).rows]
        for part in (parts.train, parts.held_out)
    )
    return train, held_out


def distribute(
    rows: Sequence[Row],
    train: Sequence[Row] = (),
    held_out: Sequence[Row] = (),
    progress: Progress = lambda done, total: None,
) -> tuple[list[Row], list[Row], list[Row]]:
    """``rows`` as training rows, held-out rows and rows that belong to neither, in their order.

    ``train`` and ``held_out`` are the parts of an earlier split. What was held out stays so; new rows that nearly
    repeat an earlier one go to its side, and to neither when it has such on both sides, or when `MOST` are held out
    already. Raises TrainingError when there are too few for a first split.
    """
    both = [*rows, *train, *held_out]
    sides = {**{_key(row): "train" for row in train}, **{_key(row): "held out" for row in held_out}}
    chosen: dict[int, str] = {}
    free: list[list[int]] = []
    held = 0
    together = groups(both, same_question=True, progress=progress)
    if not sides and len(together) < ENOUGH:
        but = f", only {len(together)} of them different" if len(together) < len(rows) else ""
        raise TrainingUsageError(
            f"{len(rows)} row{'s' * (len(rows) != 1)}{but}: too few to hold out any; at least "
            f"{ENOUGH} that differ are needed, 60 to 200 are a good start"
        )
    for group in together:
        members = [index for index in group if index < len(rows)]
        known = {sides[key] for key in (_key(both[index]) for index in group) if key in sides}
        if not known and members:
            free.append(members)
        for index in members if known else ():
            side = sides.get(_key(rows[index]))
            if side is None:
                side = next(iter(known)) if len(known) == 1 else "neither"
                side = "neither" if side == "held out" and held + len(held_out) >= MOST else side
            chosen[index] = side
            held += side == "held out"
    for group in _hold_out(rows, free, held):
        chosen |= dict.fromkeys(group, "held out")
    for group in free:
        for index in group:
            chosen.setdefault(index, "train")
    if not sides and not LEAST <= list(chosen.values()).count("held out") <= MOST:
        raise TrainingUsageError(
            f"the rows repeat one another so much that {LEAST} to {MOST} cannot be held out; "
            "leave the repeats out: assistant train check DATA --fix NEW.jsonl"
        )
    trained, kept_out, neither = (
        [row for index, row in enumerate(rows) if chosen[index] == side] for side in ("train", "held out", "neither")
    )
    return trained, kept_out, neither


def _hold_out(rows: Sequence[Row], free: list[list[int]], held: int) -> list[list[int]]:
    """Which of the groups are held out so that, with the ``held`` ones, a tenth of the rows is, of each kind alike.

    Chosen by a hash of the content, so that neither the order of the rows nor a seed matters.
    """
    wanted = min(MOST, max(LEAST, round(SHARE * len(rows)))) - held
    kinds: dict[str, list[list[int]]] = {}
    for group in sorted(free, key=lambda group: min(_digest(rows[index]) for index in group)):
        kinds.setdefault(rows[group[0]].kind, []).append(group)
    total = sum(map(len, free))
    limit = len(free) if held else len(free) // 2
    found: list[list[int]] = []
    rest: list[list[int]] = []
    owed = 0.0
    for kind in sorted(kinds):
        owed += wanted * sum(map(len, kinds[kind])) / max(1, total)
        quota = round(owed)  # what rounding takes from one kind, the next one gets
        for group in kinds[kind]:
            if len(group) <= quota and len(found) < limit:
                found.append(group)
                quota -= len(group)
                owed -= len(group)
            else:
                rest.append(group)
    missing = wanted - sum(map(len, found))
    for group in sorted(rest, key=len):  # where the groups are too large for their kind's share
        least = held + sum(map(len, found)) < LEAST
        fits = len(group) <= missing or least and held + sum(map(len, found)) + len(group) <= MOST
        if fits and len(found) < limit:
            found.append(group)
            missing -= len(group)
    return found


def _record(path: Path) -> dict[str, Any] | None:
    """None when there is none; an empty one when it is damaged, so that the split is made again."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(path: Path, record: dict[str, Any]) -> None:
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _key(row: Row) -> str:
    return json.dumps(as_json(row)["messages"], sort_keys=True)


def _digest(row: Row) -> bytes:
    return hashlib.sha256(_key(row).encode()).digest()
