"""Voice activity detection: WebRTC's detector listens all the time, Silero's model confirms what it reports.

WebRTC's costs some 10 µs a frame but takes kitchen noise for speech; Silero's is right far more often and costs about
0.3 ms, so it runs only while, and shortly after, WebRTC's reports something.
"""

from __future__ import annotations

import importlib.util
import math
from collections import deque
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SECONDS, SAMPLE_RATE
from assistant.errors import EngineError
from assistant.folders import how_to_install
from assistant.settings import VadSettings

_WINDOW = 512  # samples Silero judges at once; 64 samples of what came before go with each window
_CONTEXT = 64
_WARM_UP = 0.3  # seconds Silero hears before its first verdict: its state starts empty
_HANG_OVER = 0.4  # seconds Silero runs on after WebRTC's detector fell silent
_ONSET_FRAMES = 2  # loud frames in a row that WebRTC's detector takes for speech: an onset ...
_ONSET_LEVEL = 5.0  # ... loud: so many times the room's level in the last second, ...
_ROOM = 0.002  # ... which is taken to be at least this (RMS)
_HYSTERESIS = 0.15  # speech goes on until the probability is this much below the threshold that started it


class Vad:
    """Call it with every frame of shape (320,), in order; it says whether the frame holds speech."""

    def __init__(self, settings: VadSettings) -> None:
        import webrtcvad

        self._webrtc = webrtcvad.Vad(settings.aggressiveness)
        self._silero = Silero()
        self._threshold = settings.threshold
        self._recent: deque[np.ndarray] = deque(maxlen=round(_WARM_UP / FRAME_SECONDS))
        self._waiting = np.empty(0, np.float32)  # samples that do not fill a window yet
        self._quiet_for = _HANG_OVER
        self._speech = False
        self._levels: deque[float] = deque(maxlen=round(1.0 / FRAME_SECONDS))
        self._loud = 0  # frames in a row

    @property
    def onset(self) -> bool:
        """Whether a voice may just have set in: known 30 to 100 ms before speech is confirmed, and often wrong."""
        return self._loud >= _ONSET_FRAMES

    def __call__(self, frame: np.ndarray) -> bool:
        pcm = (frame * 32767).clip(-32768, 32767).astype(np.int16).tobytes()
        was_idle = self._quiet_for >= _HANG_OVER
        self._quiet_for = 0.0 if self._webrtc.is_speech(pcm, SAMPLE_RATE) else self._quiet_for + FRAME_SECONDS
        if self._quiet_for >= _HANG_OVER:
            self._speech = False
        else:
            if was_idle:
                self._silero.reset()
                self._waiting = np.concatenate([*self._recent, np.empty(0, np.float32)])
            self._confirm(frame)
        self._listen_for_onset(frame)
        self._recent.append(frame)
        return self._speech

    def _listen_for_onset(self, frame: np.ndarray) -> None:
        first, second = frame[: len(frame) // 2], frame[len(frame) // 2 :]
        level = math.sqrt(max(float(first @ first), float(second @ second)) / len(first))
        room = sorted(self._levels)[len(self._levels) // 3] if self._levels else 0.0
        self._loud = self._loud + 1 if not self._quiet_for and level > _ONSET_LEVEL * max(_ROOM, room) else 0
        self._levels.append(level)

    def _confirm(self, frame: np.ndarray) -> None:
        self._waiting = np.concatenate([self._waiting, frame])
        while len(self._waiting) >= _WINDOW:
            probability = self._silero(self._waiting[:_WINDOW])
            self._waiting = self._waiting[_WINDOW:]
            self._speech = probability >= self._threshold - (_HYSTERESIS if self._speech else 0.0)


class Silero:
    """The Silero VAD that lies inside the faster-whisper package, one window at a time with its state kept.

    onnxruntime runs it directly: importing faster_whisper for one file would cost a second and 150 MB.
    """

    def __init__(self) -> None:
        self._session = silero_session()
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def __call__(self, window: np.ndarray) -> float:
        """The probability in [0, 1] that this window of shape (512,) holds speech."""
        samples = np.concatenate([self._context, window])[None, :].astype(np.float32)
        probabilities, self._h, self._c = self._session.run(None, {"input": samples, "h": self._h, "c": self._c})
        self._context = window[-_CONTEXT:]
        return float(probabilities[0])


def silero_path() -> Path:
    package = importlib.util.find_spec("faster_whisper")
    found = sorted(Path(package.origin).parent.glob("assets/silero_vad*.onnx")) if package and package.origin else []
    if not found:
        raise EngineError(f"the Silero voice detector is missing from the faster-whisper package; {how_to_install()}")
    return found[-1]


def silero_session():
    """An ONNX session of the Silero model; it is small, one thread is quickest."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(silero_path()), options, providers=["CPUExecutionProvider"])
