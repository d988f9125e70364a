"""WAV files whose headers do not tell the truth: recorders that were cut off leave sizes at 0 or at most, and files
that were joined hold a header in their middle."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_TAGS = 4096  # bytes behind the last chunk that may be no sound
_FILLING = b"\r\n\0 \xef\xbb\xbf"  # what programs that take it for text put in front


@dataclass
class _Chunk:
    name: bytes
    begin: int
    end: int


def parts(content: bytes) -> list[bytes]:
    """The WAV files that ``content`` was joined from, mostly one, each with a header that tells the truth; what is no
    WAV, or tells the truth already, is given as it is."""
    start = content[:64].find(b"RIFF")
    if start < 0 or content[:start].strip(_FILLING) or not _is_head(content, start):
        return [content]
    found = []
    while start >= 0:
        following = _next_head(content, start + 12)
        found.append(_mended(content, start, following if following >= 0 else len(content)))
        start = following
    return found


def _mended(content: bytes, start: int, stop: int) -> bytes:
    """The file between ``start`` and ``stop``."""
    chunks, honest, at = [], True, start + 12
    while at + 8 <= stop:
        chunk, told = _chunk(content, at, stop)
        if chunk is None:
            chunk, told = _chunk(content, at - 1, stop)[0], False  # one of odd length that was not filled up
            if chunk is None:
                break
        chunks.append(chunk)
        honest = honest and told
        at = chunk.end + (chunk.end - start) % 2
    if chunks and chunks[-1].name == b"data" and stop - at > _MOST_TAGS:
        chunks[-1].end, honest = stop, False
    form = next((chunk for chunk in chunks if chunk.name == b"fmt "), None)
    sound = [chunk for chunk in chunks if chunk.name == b"data"]
    if form is None or not sound or (honest and len(sound) == 1 and form.begin < sound[0].begin):
        return content if (start, stop) == (0, len(content)) else content[start:stop]
    data = b"".join(content[chunk.begin : chunk.end] for chunk in sound)
    head = content[form.begin : form.end]
    body = b"WAVEfmt " + _size(len(head)) + head + b"data" + _size(len(data))
    return b"RIFF" + _size(len(body) + len(data)) + body + data


def _chunk(content: bytes, at: int, stop: int) -> tuple[_Chunk | None, bool]:
    """The chunk at ``at``, or None when none can be there, and whether its size is what the header says."""
    name, begin = content[at : at + 4], at + 8
    end = begin + int.from_bytes(content[at + 4 : begin], "little")
    if not all(32 <= byte < 127 for byte in name):
        return None, False
    if name != b"data":
        return (_Chunk(name, begin, end) if end <= stop else None), True
    told = begin < end <= stop or begin + 8 > stop or (end == begin and _chunk(content, begin, stop)[0] is not None)
    return _Chunk(name, begin, min(end, stop) if told else stop), told


def _next_head(content: bytes, after: int) -> int:
    """Where the next WAV begins; -1 when there is none."""
    found = content.find(b"RIFF", after)
    while found >= 0 and not (_is_head(content, found) and content[found + 12 : found + 16].isascii()):
        found = content.find(b"RIFF", found + 4)
    return found


def _is_head(content: bytes, at: int) -> bool:
    return content[at + 8 : at + 12] == b"WAVE"


def _size(number: int) -> bytes:
    return number.to_bytes(4, "little")
