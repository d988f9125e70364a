"""An ONNX graph gives out one more of the values that it computes, without the package onnx (30 MB) that edits graphs.

The file is one protobuf message; of a field that comes twice, parsers merge the two: an output that is appended to the
file is one more output of the graph. https://protobuf.dev/programming-guides/encoding/#last-one-wins
"""

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GRAPH, _NODE, _OUTPUTS = 7, 1, 12  # fields of ModelProto and of GraphProto, in onnx.proto
_OUTPUT, _OPERATOR = 2, 4  # fields of NodeProto
_NAME = 1  # of ValueInfoProto


@contextmanager
def with_output_of(model: Path, operator: str) -> Iterator[Path | None]:
    """A copy of ``model`` with one more, last output: that of its only node of this operator, e.g. ``Round``.

    None when there is no such node, or more than one, or no room for the copy. Raises ValueError for what is no ONNX
    file, OSError when it cannot be read. The copy lies on disk, for onnxruntime holds twice what it gets as bytes.
    """
    names = _outputs_of(model, operator.encode())
    if len(names) != 1:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, model.name)
        try:
            shutil.copyfile(model, copy)
            with copy.open("ab") as file:
                file.write(_field(_GRAPH, _field(_OUTPUTS, _field(_NAME, names[0]))))
            written = True
        except OSError:
            written = False
        yield copy if written else None


def _outputs_of(model: Path, operator: bytes) -> list[bytes]:
    with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        graphs = list(_fields(content, 0, len(content), {_GRAPH}))
        nodes = [node for _, begin, end in graphs for node in _fields(content, begin, end, {_NODE})]
        parts = (
            {number: content[a:b] for number, a, b in _fields(content, begin, end, {_OUTPUT, _OPERATOR})}
            for _, begin, end in nodes
        )
        return [part[_OUTPUT] for part in parts if part.get(_OPERATOR) == operator]


def _fields(message: mmap.mmap, place: int, end: int, wanted: set[int]) -> Iterator[tuple[int, int, int]]:
    """(number, begin, end) of each wanted field that holds bytes."""
    while place < end:
        key, place = _varint(message, place)
        match key & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                size, place = _varint(message, place)
                if place + size > end:
                    raise ValueError("the file ends too early")
                if key >> 3 in wanted:
                    yield key >> 3, place, place + size
                place += size
            case 5:
                place += 4
            case _:
                raise ValueError("no protobuf message")


def _varint(message: mmap.mmap, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("the file ends too early")


def _field(number: int, content: bytes) -> bytes:
    return _number(number << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    head = bytes([value & 127 | (128 if value > 127 else 0)])
    return head + _number(value >> 7) if value > 127 else head
