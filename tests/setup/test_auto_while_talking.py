"""`llm.model = "auto"` in the real program on a virtual sound card: a better model comes between two conversations."""

from __future__ import annotations

import json
import time

import pytest

from assistant.audio import files
from assistant.bench.fault_kinds import seconds_until
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from tests.data import SAMPLES, tiny_gguf
from tests.fake_hub import Hub, serve

BROOKLYN = files.read(SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac")
SETTINGS = ["llm.model=auto", "stt.engine=moonshine", "tts.engine=espeak"]
ROWS = [
    {"name": "bundled", "source": "bundled", "size": 0.1, "seconds": 0.2, "right": 0.4},
    {"name": "better", "source": "owner/model:better.gguf", "size": 0.003, "seconds": 0.8, "right": 0.8},
]
NEWS = "of what this machine can run it was chosen"


@pytest.mark.real_time
@pytest.mark.slow
def test_the_bundled_model_talks_until_the_next_conversation_which_says_that_a_better_one_answers(tmp_path) -> None:
    table = json.dumps({"rows": ROWS, "log": str(tmp_path / "log"), "die": None})
    chosen = tmp_path / "data" / "voice-assistant" / "auto.json"
    with serve(Hub({"better.gguf": tiny_gguf().read_bytes()})) as hub, VirtualCard() as card:
        environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": str(tmp_path / "hub")}
        environment |= {"XDG_DATA_HOME": str(tmp_path / "data")}

        def talking() -> Program:
            return Program(card, SETTINGS, module=("tests.setup.fresh", table), environment=environment)

        with talking() as program:
            program.wait_for("state     listening")
            made = seconds_until(chosen.exists, time.monotonic(), lasting=0.0, patience=60)
            assert made is not None and program.running, program.lines
            card.play(BROOKLYN)  # the choice is made, and the model of this conversation answers
            program.wait_for("turn      1 answered")
            assert not any(NEWS in line for line in program.lines)
            program.interrupt()
            first = program.turns()[0]["reply"]
        assert "fetched better.gguf" in (tmp_path / "log").read_text()
        with talking() as program:
            assert "better answers from now on" in program.wait_for(NEWS)
            program.wait_for("state     listening")
            card.play(BROOKLYN)
            program.wait_for("turn      1 ")
            assert program.turns()[0]["reply"] != first, "another model answers"
            program.interrupt()
