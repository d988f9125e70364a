"""Other programs' volumes go down and come back, on PulseAudio with streams of pacat."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pulsectl
import pytest

from assistant.audio.ducking import Ducking
from assistant.bench.virtual_card import VirtualCard

_PATIENCE = 10.0  # seconds; nothing takes a tenth of that


class Desktop:
    """Programs that play on a virtual card, and their volumes."""

    def __init__(self, card) -> None:
        self.environment = card.environment
        self._pulse = pulsectl.Pulse("test", server=card.environment["PULSE_SERVER"], connect=False)
        self._pulse.connect(autospawn=False)
        self._pulse.event_mask_set("sink_input")
        self._pulse.event_callback_set(lambda event: (_ for _ in ()).throw(pulsectl.PulseLoopStop))
        self._players: list[subprocess.Popen] = []

    def play(self, name: str, volume: float | None, **environment: str) -> subprocess.Popen:
        """A program that plays silence until it is killed; None = the volume that the server remembers."""
        loudness = () if volume is None else (f"--volume={round(volume * 65536)}",)
        player = subprocess.Popen(
            ["pacat", "--playback", f"--client-name={name}", "--raw", *loudness, "/dev/zero"],
            env=self.environment | environment,
        )
        self._players.append(player)
        self.wait(lambda: name in self.volumes())
        return player

    def volumes(self) -> dict[str, float]:
        streams = self._pulse.sink_input_list()
        return {stream.proplist["application.name"]: round(stream.volume.value_flat, 2) for stream in streams}

    def change(self, name: str, volume: float) -> None:
        for stream in self._pulse.sink_input_list():
            if stream.proplist["application.name"] == name:
                self._pulse.volume_set_all_chans(stream, volume)

    def end(self, player: subprocess.Popen, name: str) -> None:
        player.kill()
        self.wait(lambda: name not in self.volumes())

    def wait(self, condition) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"volumes stay {self.volumes()}"
            self._pulse.event_listen(timeout=0.05)

    def close(self) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        self.wait(lambda: not self.volumes())
        self._pulse.close()


@pytest.fixture(scope="module")
def one_card():
    with VirtualCard() as card:
        yield card


@pytest.fixture
def desktop(one_card, monkeypatch) -> Iterator[Desktop]:
    card = one_card
    for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "PULSE_COOKIE"):
        monkeypatch.setenv(name, card.environment[name])
    desktop = Desktop(card)
    yield desktop
    desktop.close()


@pytest.fixture
def ducking(desktop) -> Iterator[Ducking]:
    ducking = Ducking(0.2)
    yield ducking
    ducking.close()


def test_what_others_play_goes_down_and_comes_back_also_what_begins_meanwhile(desktop, ducking):
    desktop.play("radio", 0.8)
    ducking.lower()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16})
    desktop.play("music", 0.5)
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16, "music": 0.1})
    ducking.restore()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.8, "music": 0.5})


def test_a_volume_that_somebody_changed_meanwhile_is_left_alone(desktop, ducking):
    desktop.play("radio", 0.8)
    desktop.play("music", 0.5)
    ducking.lower()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16, "music": 0.1})
    desktop.change("radio", 0.4)
    ducking.restore()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.4, "music": 0.5})


@pytest.fixture
def remembering(desktop) -> Iterator[None]:
    """The server keeps the volume of each program, as desktops have it."""
    load = ["pactl", "load-module", "module-stream-restore"]
    module = subprocess.run(load, env=desktop.environment, check=True, capture_output=True, text=True).stdout.strip()
    yield
    subprocess.run(["pactl", "unload-module", module], env=desktop.environment, check=True)


def test_a_program_that_ends_while_it_is_lowered_is_as_loud_as_ever_when_it_plays_again(desktop, remembering, ducking):
    radio = desktop.play("radio", 0.8)
    desktop.play("music", 0.5)
    ducking.lower()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16, "music": 0.1})
    desktop.end(radio, "radio")
    radio = desktop.play("radio", None)
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16, "music": 0.1})  # lowered once, not twice
    desktop.end(radio, "radio")
    ducking.restore()
    desktop.wait(lambda: desktop.volumes() == {"music": 0.5})
    ducking.close()
    desktop.play("radio", None)
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.8, "music": 0.5})


def test_kill_9_of_the_assistant_gives_volumes_back(desktop):
    desktop.play("radio", 0.8)
    program = "import sys; from assistant.audio.ducking import Ducking; d = Ducking(0.2); d.lower(); sys.stdin.read()"
    assistant = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16})
    assistant.kill()
    assistant.wait()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.8})


def test_the_assistants_own_sound_stays(desktop, ducking):
    desktop.play("own", 0.8, PULSE_PROP=f"application.process.id={os.getpid()}")
    desktop.play("radio", 0.8)
    ducking.lower()
    desktop.wait(lambda: desktop.volumes() == {"radio": 0.16, "own": 0.8})


def test_without_a_sound_server_nothing_happens(monkeypatch, tmp_path):
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")
    ducking = Ducking(0.2)
    ducking.lower()
    ducking.restore()
    ducking.close()
    ducking.lower()
