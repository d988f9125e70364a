"""Whether a model fits a machine: how much it needs, how quick it may be, and what would do where it does not."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from assistant.models import memory
from assistant.models.header import BITS, Header
from assistant.models.layers import Facts
from assistant.models.memory import GB, Part, Running

_GPU_SHARE = 0.95  # of a GPU's memory, that a program gets
_REST = 1.0 * GB  # hearing, speaking and the rest of the assistant
_LEAST_BITS = BITS["IQ3_XS"]  # below it answers suffer more than a smaller model's would


@dataclass(frozen=True)
class Place:
    name: str
    room: float
    """Bytes for the model."""
    bandwidth: float
    """Bytes/s between memory and processor."""
    gpu: bool
    all: float = 0.0
    """Bytes it has in all, whoever uses them now."""


@dataclass(frozen=True)
class Verdict:
    place: Place
    parts: tuple[Part, ...]
    tokens_per_second: float
    """An estimate."""

    @property
    def bytes(self) -> float:
        return memory.total(self.parts)

    @property
    def fits(self) -> bool:
        return self.bytes <= self.place.room


def this_machine() -> Place:
    import psutil

    from assistant.models import speed

    room = psutil.virtual_memory()
    return Place("this machine (CPU)", room.available - _REST, speed.bandwidth(), False, float(room.total))


@cache
def gpus() -> tuple[Place, ...]:
    """Those of gpus.toml, smallest first."""
    table = tomllib.loads(Path(__file__).with_name("gpus.toml").read_text(encoding="utf-8"))
    return tuple(
        Place(name, gpu["memory"] * GB * _GPU_SHARE, gpu["bandwidth"] * 1e9, True, gpu["memory"] * GB)
        for name, gpu in table["gpus"].items()
    )


def gpu_of(size: float) -> Place:
    """A GPU of so many GB; as quick as the slowest known one that large, so that nothing is promised."""
    like = [gpu.bandwidth for gpu in gpus() if gpu.all >= size * GB]
    return Place(f"a GPU with {size:g} GB", size * GB * _GPU_SHARE, min(like, default=300e9), True, size * GB)


def verdict(header: Header, place: Place, running: Running) -> Verdict:
    """``running``: of a GPU; on the CPU it is run as `memory.here` says, with the same context."""
    how = running if place.gpu else memory.here(header, running.context)
    return Verdict(place, tuple(memory.parts(header, how)), memory.tokens_per_second(header, how, place.bandwidth))


def ways(header: Header, found: Verdict, running: Running, ram: float) -> list[str]:
    """What would make a model fit that does not, the least painful first; none where nothing would.

    ``ram``: bytes of the computer's own memory that are free for the rest of it.
    """
    place = found.place
    how = running if place.gpu else memory.here(header, running.context)
    said = []
    longest = memory.longest(header, how, place.room)
    if longest >= 512:
        said.append(f"a shorter context: --context {min(longest, running.context // 2)}")
    if place.gpu and running.kv == "f16":
        small = replace(running, kv="q8_0")
        if memory.total(memory.parts(header, small)) <= place.room:
            said.append("an 8-bit cache: --kv q8_0")
    if not longest:
        now = header.weights * 8 / header.parameters
        for kind, bits in sorted(BITS.items(), key=lambda item: -item[1]):
            if _LEAST_BITS <= bits < 0.97 * now:
                smaller = header.as_written(kind)
                if memory.total(memory.parts(smaller, how)) <= place.room:
                    said.append(f"weights as {kind}, about {smaller.weights / GB:.1f} GB (an estimate)")
                    break
    layers = Facts(header.facts).layers
    if place.gpu and found.bytes <= place.room + ram:
        each = header.weights / layers
        held = int((place.room - (found.bytes - header.weights)) / each)
        if 0 < held < layers:
            said.append(f"{held} of its {layers} layers on the GPU (llm.gpu_layers = {held}), the rest slower, in RAM")
    return said
