"""A GGUF in which somebody changed some bytes is refused in a sentence, or speaks; it never ends the program."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from tests.data import tiny_gguf

_HEADER = 30_000  # bytes that hold the metadata and the tensors' names

# A process of its own: a fault in llama.cpp would end the whole suite.
_TRY = """
import asyncio, sys
from assistant.errors import AssistantError
from assistant.llm import LlmSettings, Message, llama


async def said(engine):
    return [piece async for piece in engine.reply([Message("system", "Be brief."), Message("user", "Hi")])]


for path in sys.argv[1:]:
    try:
        engine = llama.load(LlmSettings(model=path, context=128, max_tokens=4), lambda text: None)
        asyncio.run(said(engine))
        engine.close()
        print("spoke")
    except AssistantError as error:
        assert "\\n" not in str(error), str(error)
        print("told")
"""


def test_changed_bytes_are_told_or_survived(tmp_path: Path) -> None:
    sound, chance = tiny_gguf().read_bytes(), random.Random(15)
    paths = []
    for number in range(24):
        changed = bytearray(sound)
        for _ in range(chance.choice((1, 2, 8))):
            at = chance.randrange(4, chance.choice((400, _HEADER)))
            match number % 4:
                case 0:
                    changed[at] ^= 1 << chance.randrange(8)
                case 1:
                    changed[at : at + 8] = chance.choice((0, 2**31, 2**63, 2**64 - 1)).to_bytes(8, "little")
                case 2:
                    del changed[at : at + chance.choice((1, 8, 100))]
                case 3:
                    changed[at:at] = chance.randbytes(chance.choice((1, 8, 100)))
        paths.append(tmp_path / f"{number}.gguf")
        paths[-1].write_bytes(changed)
    done = subprocess.run([sys.executable, "-c", _TRY, *map(str, paths)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = done.stdout.split()
    assert len(outcomes) == len(paths) and {"told", "spoke"} == set(outcomes)
