"""The real kiosk on real PortAudio and a virtual sound card: wake word, question, goodbye, signals."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing, contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from assistant import tts
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError
from assistant.tts import TtsSettings

LISTENING = "listening"


@pytest.fixture(scope="module")
def card():
    with VirtualCard() as card:
        # A room is never wholly silent; a microphone that gives exact zeros is held to be broken.
        noise = (0.001 * np.random.default_rng(0).standard_normal(16_000 * 5)).astype("<f4").tobytes()
        room = subprocess.Popen(
            ["pacat", "--playback", "--device=mic", "--format=float32le", "--rate=16000", "--channels=1"],
            env=card.environment,
            stdin=subprocess.PIPE,
        )
        threading.Thread(target=_keep_writing, args=(room, noise), daemon=True).start()
        yield card
        room.kill()
        room.wait()


def _keep_writing(process: subprocess.Popen, sound: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            process.stdin.write(sound)


@pytest.fixture(scope="module")
def say():
    """Text -> its sound at 24 kHz, spoken by another voice than the kiosk's."""
    onnxruntime.set_seed(1)  # it speaks a little differently each time, and now and then is misheard
    voice = tts.load(TtsSettings(engine="piper"), print)

    async def spoken(text: str) -> np.ndarray:
        async with aclosing(voice.speak(text)) as chunks:
            return np.concatenate([chunk.pcm24k async for chunk in chunks])

    yield lambda text: asyncio.run(spoken(text))
    voice.close()


@contextmanager
def kiosk(card: VirtualCard, folder: Path, *settings: str, text: str = ""):
    """The program, and the journal that it writes. ``text``: its config.toml."""
    config, journal = folder / "config.toml", folder / "journal.jsonl"
    config.write_text(text)
    # ducking: the test's own sound is another program's
    given = (
        f"journal.path={journal}",
        f"audio.rooms_path={folder}",
        "tts.engine=espeak",
        "kiosk.port=0",
        "kiosk.ducking=1",
        *settings,
    )
    flags = [f"--set={setting}" for setting in given]
    command = [sys.executable, "-m", "assistant", "kiosk", "--config", str(config), *flags]
    with Program(card, command=command) as program:
        yield program, journal


def rows(journal: Path) -> list[dict]:
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def terminated(program: Program) -> float:
    """SIGTERM; returns the seconds until the program was gone."""
    began = time.monotonic()
    program.process.send_signal(signal.SIGTERM)
    program.wait_for_end()
    return time.monotonic() - began


def goodbye_until_it_leaves(card, say, program) -> str:
    """Who is not understood says it again; what the recogniser hears differs by the processor's rounding."""
    for words in ("Thank you, goodbye.", "Goodbye."):
        card.play(say(words), 24_000)
        with contextlib.suppress(AssistantError):
            return program.wait_for("leaves:", seconds=8.0)
    card.play(say("Bye bye."), 24_000)
    return program.wait_for("leaves:")


def test_visit_from_the_wake_word_to_the_goodbye(card, say, tmp_path):
    with kiosk(card, tmp_path, "kiosk.goodbye=See you soon.") as (program, journal):
        program.wait_for("The kiosk listens")
        card.play(np.concatenate([say("Okay Nabu,"), say("how old is the Brooklyn Bridge?")]), 24_000)
        assert "begins: okay_nabu" in program.wait_for("visitor ")
        program.wait_for("turn      ")
        assert "leaves: goodbye" in goodbye_until_it_leaves(card, say, program)
        answered = [row for row in rows(journal) if row["user"]]
        assert "how old is the" in answered[0]["user"].lower()  # the bridge's name is taken out
        assert answered[0]["heard"] and answered[-1]["outcome"] == "goodbye"
        assert rows(journal)[-1]["heard"] == "See you soon."
        assert terminated(program) < 5.0 and program.exit_code == 0


def test_settings_are_read_again_and_wrong_ones_change_nothing(card, tmp_path):
    with kiosk(card, tmp_path, "kiosk.begin=button") as (program, _):
        program.wait_for("The kiosk listens")
        (tmp_path / "config.toml").write_text('[kiosk]\ngreeting = "Good day to you."\n')
        program.process.send_signal(signal.SIGHUP)
        assert "[kiosk] counts from now on" in program.wait_for("The settings were read again")
        (tmp_path / "config.toml").write_text("[safety]\nenabled = false\n")
        program.process.send_signal(signal.SIGHUP)
        assert "a kiosk answers strangers" in program.wait_for("The settings stay as they were")
        assert terminated(program) < 2.0 and program.exit_code == 0


def test_terminated_in_the_middle_of_a_reply_it_ends_at_once_and_the_turn_is_kept(card, say, tmp_path):
    with kiosk(card, tmp_path, "kiosk.begin=open") as (program, journal):
        program.wait_for("The kiosk listens")
        card.play(say("How old is the Brooklyn Bridge?"), 24_000)
        program.wait_for("state     speaking")
        assert terminated(program) < 2.0 and program.exit_code == 0
        assert rows(journal)[-1]["user"] and rows(journal)[-1]["outcome"] == "interrupted"


def test_terminated_while_it_loads_it_ends_at_once(card, tmp_path):
    with kiosk(card, tmp_path) as (program, _):
        while not program.process.num_threads() > 3:  # the engines are being loaded
            time.sleep(0.01)
        assert terminated(program) < 2.0 and program.exit_code == 0


def test_kiosk_without_a_policy_is_refused(card, tmp_path):
    with kiosk(card, tmp_path, "safety.enabled=false") as (program, _):
        program.wait_for_end()
        assert program.exit_code == 2 and "a kiosk answers strangers" in " ".join(program.lines)


def test_talk_reads_its_settings_again_and_a_terminal_that_goes_away_ends_it(card, tmp_path):
    (tmp_path / "config.toml").write_text('[tts]\nengine = "espeak"\n')
    command = [sys.executable, "-m", "assistant", "talk", "--plain", "--config", str(tmp_path / "config.toml")]
    child, terminal = pty.fork()
    if not child:
        os.execve(sys.executable, command, {**card.environment, "XDG_RUNTIME_DIR": str(tmp_path)})
    wait_for(terminal, "listening")
    (tmp_path / "config.toml").write_text('[tts]\nengine = "espeak"\n[llm]\nsystem_prompt = "Be short."\n')
    os.kill(child, signal.SIGHUP)
    wait_for(terminal, "[llm] counts from now on")
    os.close(terminal)  # sends SIGHUP, too
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 1, 120, 130)  # its last words cannot be written


def wait_for(terminal: int, text: str) -> None:
    seen, deadline = "", time.monotonic() + 60.0
    while text not in seen:
        assert select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0], seen
        seen += os.read(terminal, 4096).decode(errors="replace")
