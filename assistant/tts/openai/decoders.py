"""Sound of several formats -> samples, block by block, without waiting for the end and without a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assistant.errors import EngineError

if TYPE_CHECKING:
    import av

_UNTOLD = (0, 0x7FFFFFFF, 0xFFFFFFFF)  # as the length of a WAV that is written while it is spoken
_LONGEST_HEADER = 1 << 18  # bytes before the first sample
_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MP3_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_NOTHING = np.zeros(0, np.float32)


class NotSound(EngineError):
    """The message says what came instead of sound, to be put after "answered with"."""


class Decoder(Protocol):
    rate: int
    """Samples per second; known at the latest when the first sample is given."""

    def feed(self, data: bytes) -> np.ndarray:
        """What ``data`` adds: mono float32. Raises NotSound."""

    def finish(self) -> np.ndarray:
        """What is left at the end."""


class Pcm:
    """``either_order``: the byte order is the one in which the first audible samples are smoother."""

    def __init__(self, rate: int, channels: int = 1, code: str = "<i2", either_order: bool = False) -> None:
        self.rate = rate
        self._channels = channels
        self._code = code
        self._undecided = either_order
        self._rest = b""

    def feed(self, data: bytes) -> np.ndarray:
        data = self._rest + data
        if self._undecided and not self._decided(data):
            self._rest = data
            return _NOTHING
        width = 3 if self._code == "<i3" else np.dtype(self._code).itemsize
        whole = len(data) // (width * self._channels) * width * self._channels
        self._rest = data[whole:]
        samples = _float(data[:whole], self._code)
        return samples.reshape(-1, self._channels).mean(axis=1, dtype=np.float32) if self._channels > 1 else samples

    def finish(self) -> np.ndarray:
        self._undecided = False
        return self.feed(b"")

    def _decided(self, data: bytes) -> bool:
        data = data[: len(data) // 2 * 2]
        rough = {}
        for code in ("<i2", ">i2"):
            samples = _float(data, code)[:: self._channels]
            loud = float(np.abs(samples).mean()) if len(samples) else 0.0
            if loud < 0.005 or len(samples) < 480:
                return False
            rough[code] = float(np.abs(np.diff(samples)).mean()) / loud
        self._code = min(rough, key=lambda code: rough[code])
        self._undecided = False
        return True


class Wav:
    """RIFF, also with a length that is not known yet; what follows the sound is left out."""

    rate = 0

    def __init__(self) -> None:
        self._head = b""
        self._pcm: Pcm | None = None
        self._left = 0

    def feed(self, data: bytes) -> np.ndarray:
        if self._pcm is None:
            self._head += data
            if (begin := self._begin()) is None:
                return _NOTHING
            data, self._head = self._head[begin:], b""
        assert self._pcm is not None
        data = data[: self._left]
        self._left -= len(data)
        return self._pcm.feed(data)

    def finish(self) -> np.ndarray:
        return _NOTHING

    def _begin(self) -> int | None:
        """Where the samples begin, once that is known."""
        head, at, form = self._head, 12, b""
        while len(head) >= at + 8:
            name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
            if name == b"data":
                self._pcm = _wav_pcm(form)
                self.rate = self._pcm.rate
                self._left = 1 << 62 if size in _UNTOLD else size
                return at + 8
            if name == b"fmt ":
                form = head[at + 8 : at + 8 + size]
            at += 8 + size + size % 2
        if at > _LONGEST_HEADER:
            raise NotSound("a WAV file without sound")
        return None


def _wav_pcm(form: bytes) -> Pcm:
    kind, channels = int.from_bytes(form[:2], "little"), int.from_bytes(form[2:4], "little")
    rate, bits = int.from_bytes(form[4:8], "little"), int.from_bytes(form[14:16], "little")
    if kind == 0xFFFE:  # the kind stands in the extension
        kind = int.from_bytes(form[24:26], "little")
    codes = {(1, 8): "u1", (1, 16): "<i2", (1, 24): "<i3", (1, 32): "<i4", (3, 32): "<f4", (3, 64): "<f8"}
    if (kind, bits) not in codes or not 1 <= channels <= 8 or not 4_000 <= rate <= 192_000:
        raise NotSound(f"a WAV file of format {kind}, {bits} bits, {channels} channels at {rate} Hz")
    return Pcm(rate, channels, codes[kind, bits])


def _float(data: bytes, code: str) -> np.ndarray:
    if code == "<i3":
        parts = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
        return ((parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24) / 2**31).astype(np.float32)
    samples = np.frombuffer(data, code)
    if code == "u1":
        return (samples.astype(np.float32) - 128) / 128
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    return samples.astype(np.float32) * np.float32(2.0 ** (1 - 8 * samples.itemsize))


class _Packed:
    """A codec of FFmpeg."""

    rate = 0

    def __init__(self, codec: str, extradata: bytes = b"") -> None:
        import av

        self._codec: Any = av.CodecContext.create(codec, "r")
        if extradata:
            self._codec.extradata = extradata
        self._mono = av.AudioResampler(format="fltp", layout="mono")

    def feed(self, data: bytes) -> np.ndarray:
        return self.decode(self._codec.parse(data))

    def finish(self) -> np.ndarray:
        parts = []
        while packets := self._codec.parse(b""):
            parts.append(self.decode(packets))
        return np.concatenate([*parts, self.decode([None])])

    def decode(self, packets: list[av.Packet] | list[None]) -> np.ndarray:
        import av

        parts = [_NOTHING]
        for packet in packets:
            try:
                frames = self._codec.decode(packet)
            except av.FFmpegError:  # tags between the frames, a damaged frame: what can be decoded is
                continue
            for frame in frames:
                self.rate = frame.sample_rate
                parts += [mono.to_ndarray()[0] for mono in self._mono.resample(frame)]
        return np.concatenate(parts)


class Mp3(_Packed):
    def __init__(self) -> None:
        super().__init__("mp3float")


class Flac(_Packed):
    def __init__(self) -> None:
        super().__init__("flac")
        self._head: bytes | None = b""

    def feed(self, data: bytes) -> np.ndarray:
        if self._head is not None:
            data = self._head + data
            begin = _flac_frames(data)
            self._head = data if begin is None else None
            data = data[begin:] if begin is not None else b""
        return super().feed(data) if data else _NOTHING


def _flac_frames(data: bytes) -> int | None:
    """Where the metadata end, which the parser takes for a part of the first frame; None when that is not known yet."""
    at, last = 4, False
    while not last:
        if len(data) < at + 4 or at > _LONGEST_HEADER:
            return None
        last = data[at] & 0x80 != 0
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    return at if len(data) >= at else None


class Ogg:
    """Opus or Vorbis in Ogg pages (RFC 3533)."""

    rate = 0

    def __init__(self) -> None:
        self._data = b""
        self._packet = b""
        self._headers: list[bytes] = []
        self._codec: _Packed | None = None

    def feed(self, data: bytes) -> np.ndarray:
        self._data += data
        parts = [_NOTHING]
        while (packets := self._page()) is not None:
            for packet in packets:
                parts.append(self._decode(packet))
        return np.concatenate(parts)

    def finish(self) -> np.ndarray:
        return self._codec.decode([None]) if self._codec else _NOTHING

    def _page(self) -> list[bytes] | None:
        """The packets that the next page ends; None when it is not whole yet."""
        data = self._data
        if len(data) < 27:
            return None
        if data[:4] != b"OggS":
            raise NotSound("a damaged Ogg file")
        sizes = data[27 : 27 + data[26]]
        at = 27 + data[26]
        if len(sizes) < data[26] or len(data) < at + sum(sizes):
            return None
        packets = []
        for size in sizes:
            self._packet += data[at : at + size]
            at += size
            if size < 255:
                packets.append(self._packet)
                self._packet = b""
        self._data = data[at:]
        return packets

    def _decode(self, packet: bytes) -> np.ndarray:
        import av

        if self._codec is None:
            self._headers.append(packet)
            self._codec = self._begun()
            return _NOTHING
        samples = self._codec.decode([av.Packet(packet)]) if packet else _NOTHING
        self.rate = self._codec.rate
        return samples

    def _begun(self) -> _Packed | None:
        """The codec, once its headers are here."""
        headers = self._headers
        if headers[0][:8] == b"OpusHead":
            return _Packed("opus", headers[0]) if len(headers) == 2 else None
        if headers[0][:7] == b"\x01vorbis":
            if len(headers) < 3:
                return None
            sizes = b"".join(bytes([255] * (len(header) // 255) + [len(header) % 255]) for header in headers[:2])
            return _Packed("vorbis", b"\x02" + sizes + b"".join(headers))
        raise NotSound("an Ogg file that holds neither Opus nor Vorbis")


def mp3_frame(data: bytes) -> int:
    """The length in bytes of the MP3 frame that ``data`` begins with; 0 when it begins with none."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, kbits, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or kbits in (0, 15) or rate == 3:
        return 0
    kbit = (_MP3_KBITS_1 if version == 3 else _MP3_KBITS_2)[kbits]
    return (144_000 if version == 3 else 72_000) * kbit // _MP3_RATES[version][rate] + (data[2] >> 1 & 1)
