"""A sound card made of software: PulseAudio with one null sink as the speaker and one as the microphone.

Programs started with ``card.environment`` see it as their default ALSA device, through real PortAudio.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Literal

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.errors import AssistantError

Part = Literal["microphone", "speaker"]
_TOOLS = ("pulseaudio", "pacat", "parec", "pactl")
# auto_null: where sound servers put sound while there is no speaker; without it that would be the microphone's sink.
# norewinds: an idle null sink would otherwise render two seconds at a time, no real card does.
_SETUP = """
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=auto_null norewinds=1 sink_properties=device.class=sound
load-module {speaker}
load-module {microphone}
set-default-sink speaker
set-default-source mic.monitor
"""
_MODULES = {
    "speaker": "module-null-sink sink_name=speaker rate=48000 channels=2 norewinds=1",
    "microphone": "module-null-sink sink_name=mic rate=48000 channels=1 norewinds=1",
}
_ALSA = """
pcm.!default { type pulse }
ctl.!default { type pulse }
"""
_START_SECONDS = 10.0


class VirtualCard:
    """Use as a context manager. Raises AssistantError when PulseAudio is missing or does not start."""

    def __init__(self) -> None:
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise AssistantError(
                f"the virtual sound card needs {', '.join(missing)}: install them "
                "(apt-get install pulseaudio pulseaudio-utils libasound2-plugins)"
            )
        self._folder = tempfile.TemporaryDirectory(prefix="virtual-card-")
        folder = Path(self._folder.name)
        (folder / "setup.pa").write_text(_SETUP.format(socket=folder / "socket", **_MODULES))
        (folder / "asound.conf").write_text(_ALSA)
        base = os.environ.get("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf")
        self.environment = {
            **os.environ,
            "PULSE_SERVER": f"unix:{folder / 'socket'}",
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": f"{base}:{folder / 'asound.conf'}",
        }
        self._server: subprocess.Popen | None = None

    def __enter__(self) -> VirtualCard:
        self.start_server()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_server()
        self._folder.cleanup()

    # ---- what happens to sound cards -------------------------------------------------------------------------

    def start_server(self) -> None:
        """The sound server, on the same socket each time, with speaker and microphone; returns when it answers."""
        folder = Path(self._folder.name)
        with open(folder / "log", "wb") as log:
            self._server = subprocess.Popen(
                [
                    "pulseaudio",
                    "-n",
                    "-F",
                    str(folder / "setup.pa"),
                    "--daemonize=no",
                    "--exit-idle-time=-1",
                    "--use-pid-file=no",
                    "--disable-shm=yes",
                    "--realtime=no",
                    "--high-priority=no",
                ],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > deadline:
                text = (folder / "log").read_text(errors="replace")
                self.__exit__()
                raise AssistantError(f"pulseaudio did not start: {text}")

    def kill_server(self) -> None:
        """SIGKILL: microphone and speaker vanish at once, and nobody is told."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def lose(self, part: Part) -> None:
        """Unplug one of them; the other one stays."""
        modules = self._pactl("list", "short", "modules").splitlines()
        self._pactl(
            "unload-module", next(line.split()[0] for line in modules if line.split()[1:] == _MODULES[part].split())
        )

    def bring_back(self, part: Part) -> None:
        """Plug in again what was lost."""
        self._pactl("load-module", *_MODULES[part].split())

    def change_default(self, part: Part, name: str = "", channels: int = 2) -> None:
        """Make another device the default one, as if the user had plugged in a headset, or chosen the first one again
        (``mic``, ``speaker``). The headset's have ``channels`` and are ``headset_mic`` and ``headset``; play into the
        one with `play`, record the other one as ``headset.monitor``."""
        name = name or {"microphone": "headset_mic", "speaker": "headset"}[part]
        if f"\t{name}\t" not in self._pactl("list", "short", "sinks"):
            module = ["module-null-sink", f"sink_name={name}", "rate=48000", f"channels={channels}", "norewinds=1"]
            self._pactl("load-module", *module)
        kind, device = ("source", f"{name}.monitor") if part == "microphone" else ("sink", name)
        self._pactl(f"set-default-{kind}", device)

    def _pactl(self, *command: str) -> str:
        done = subprocess.run(["pactl", *command], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssistantError(f"the virtual sound card refuses {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout.strip()

    # ---- hearing and speaking --------------------------------------------------------------------------------

    def play(self, audio: np.ndarray, rate: int = 16_000, microphone: str = "mic") -> None:
        """Speak float32 into the microphone, mono or of shape (n, channels); returns when all of it was played."""
        channels = 1 if audio.ndim == 1 else audio.shape[1]
        form = ["--format=float32le", f"--rate={rate}", f"--channels={channels}"]
        subprocess.run(
            ["pacat", "--playback", f"--device={microphone}", *form],
            input=audio.astype("<f4").tobytes(),
            env=self.environment,
            check=True,
        )

    def recording(self, source: str = "speaker.monitor", rate: int = SAMPLE_RATE) -> Recording:
        """Record what the speaker plays (or ``mic.monitor``, what the microphone hears) while the block runs."""
        return Recording(source, rate, self.environment)


class Recording:
    """Use as a context manager; ``audio`` and ``start`` are set when it has ended."""

    audio: np.ndarray
    """Mono float32 at the rate asked for."""
    start: float
    """When its first sample was played, on time.monotonic, some 20 ms late; the same for every source."""

    def __init__(self, source: str, rate: int, environment: dict[str, str]) -> None:
        self._source = source
        self._rate = rate
        self._environment = environment
        self._data = bytearray()
        self._starts: list[float] = []  # each arrival's estimate; whatever delays a read makes it later, never earlier

    def __enter__(self) -> Recording:
        self._recorder = subprocess.Popen(
            [
                "parec",
                f"--device={self._source}",
                "--format=float32le",
                f"--rate={self._rate}",
                "--channels=1",
                "--latency-msec=10",
            ],
            env=self._environment,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._read()  # sound arrives: from here on nothing is missed
        self._thread = threading.Thread(target=self._read_on, daemon=True)
        self._thread.start()
        return self

    def _read(self) -> bool:
        assert self._recorder.stdout is not None  # it is a pipe
        data = self._recorder.stdout.read(4096)
        self._data += data
        self._starts.append(time.monotonic() - len(self._data) / 4 / self._rate)
        return bool(data)

    def _read_on(self) -> None:
        while self._read():
            pass

    def heard(self, since: float) -> np.ndarray:
        """What was recorded so far from ``since`` (time.monotonic) on."""
        first = max(0, round((since - min(self._starts)) * self._rate))
        data = bytes(self._data[4 * first :])
        return np.frombuffer(data[: len(data) // 4 * 4], "<f4")

    def __exit__(self, *_: object) -> None:
        self._recorder.terminate()
        self._recorder.wait()
        self._thread.join()
        self.audio = np.frombuffer(bytes(self._data[: len(self._data) // 4 * 4]), "<f4")
        self.start = min(self._starts)
