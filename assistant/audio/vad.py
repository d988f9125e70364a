"""Voice activity detection: WebRTC's detector listens all the time, Silero's model confirms what it reports.

WebRTC's costs some 10 µs a frame but takes kitchen noise for speech; Silero's is right far more often and costs about
0.3 ms, so it runs only while, and shortly after, WebRTC's reports something.
"""

from __future__ import annotations

import importlib.util
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from assistant.audio import FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.onset import Onset
from assistant.errors import EngineError
from assistant.folders import how_to_install
from assistant.settings import VadSettings

_WINDOW = 512  # samples Silero judges at once; 64 samples of what came before go with each window
_CONTEXT = 64
_WARM_UP = 0.3  # seconds Silero hears before its first verdict: its state starts empty
_HANG_OVER = 0.4  # seconds Silero runs on after WebRTC's detector fell silent
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
        self._onset = Onset()
        self.onset = False
        """Whether a voice may just have set in."""

    def reset(self) -> None:
        """Forget what was heard: the next frame does not follow the last one."""
        self._silero.reset()
        self._recent.clear()
        self._waiting = np.empty(0, np.float32)
        self._quiet_for, self._speech, self._onset, self.onset = _HANG_OVER, False, Onset(), False

    def __call__(self, frame: np.ndarray) -> bool:
        was_idle = self._quiet_for >= _HANG_OVER
        self._quiet_for = 0.0 if is_voiced(self._webrtc, frame) else self._quiet_for + FRAME_SECONDS
        if self._quiet_for >= _HANG_OVER:
            self._speech = False
        else:
            if was_idle:
                self._silero.reset()
                self._waiting = np.concatenate([*self._recent, np.empty(0, np.float32)])
            self._confirm(frame)
        self.onset = self._onset(frame, not self._quiet_for)
        self._recent.append(frame)
        return self._speech

    def _confirm(self, frame: np.ndarray) -> None:
        self._waiting = np.concatenate([self._waiting, frame])
        while len(self._waiting) >= _WINDOW:
            probability = self._silero(self._waiting[:_WINDOW])
            self._waiting = self._waiting[_WINDOW:]
            self._speech = probability >= self._threshold - (_HYSTERESIS if self._speech else 0.0)


def is_voiced(webrtc: Any, frame: np.ndarray) -> bool:
    """What WebRTC's detector ``webrtc`` says about a frame."""
    return webrtc.is_speech((frame * 32767).clip(-32768, 32767).astype(np.int16).tobytes(), SAMPLE_RATE)


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
