"""Which wake words there are: those inside pymicro-wakeword, and anybody's own .tflite with its .json beside it."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import EngineError, UsageError
from assistant.folders import how_to_install

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord

BUILT_IN = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")
_CUTOFFS = {"okay_nabu": 0.56, "hey_mycroft": 0.99}
"""Instead of the makers' own, which are of unequal strictness. Home Assistant's Voice PE lists false wakes per hour of
dinner parties (DiPCo) for its levels of sensitivity: 0.75 for okay_nabu at 0.56, 0.56 for hey_jarvis at 0.97, 0.57 for
hey_mycroft at 0.99."""
_LOG_ODDS = 3.5  # from sensitivity 0 to 1; its strictest and its loosest level lie 1.5 to 2 apart
_HIGHEST = 0.995  # what the networks' 8 bits can exceed
_TRIAL = 30.0  # seconds


@dataclass(frozen=True)
class WakeModel:
    name: str
    """The phrase with underscores, e.g. okay_nabu."""
    path: Path
    cutoff: float
    """The probability, 0 to 1, that is enough at medium sensitivity."""
    window: int
    """Over how many of the network's answers, 30 ms each, the mean is taken."""

    def cutoff_at(self, sensitivity: float) -> float:
        """The probability that is enough at ``sensitivity``, 0 to 1; 0.5 = `cutoff`."""
        odds = math.log(self.cutoff / (1 - self.cutoff)) - _LOG_ODDS * (sensitivity - 0.5)
        return min(_HIGHEST, 1 / (1 + math.exp(-odds)))


def find(wake_words: str) -> list[WakeModel]:
    """What the config key names. A file of one's own is tried out in a process of its own, which takes about a second.

    Raises UsageError for a name or a file that is no wake word's, EngineError when the package is missing.
    """
    words = [word.strip() for word in wake_words.split(",") if word.strip()]
    if not words:
        raise UsageError(f"[kiosk] wake_words names none; name one or more of {', '.join(BUILT_IN)}")
    return [_built_in(word) if word in BUILT_IN else _own(word) for word in dict.fromkeys(words)]


def _built_in(word: str) -> WakeModel:
    found = _read(_package() / "models" / f"{word}.tflite")
    if not found.path.is_file():  # without it TensorFlow Lite would end the process
        raise EngineError(f"{found.path} is missing from the package pymicro-wakeword; {how_to_install()}")
    return dataclasses.replace(found, cutoff=_CUTOFFS.get(word, found.cutoff))


def _own(word: str) -> WakeModel:
    path = Path(word).expanduser()
    if path.suffix != ".tflite":
        raise UsageError(
            f"[kiosk] wake_words: there is no wake word {word!r}; take {', '.join(BUILT_IN)} or the path of a .tflite "
            "model"
        )
    if not path.is_file():
        raise UsageError(f"[kiosk] wake_words: {path} is not there; correct the path")
    found = _read(path.resolve())
    _try_out(found.path)
    return found


def _read(path: Path) -> WakeModel:
    described = path.with_suffix(".json")
    try:
        content = json.loads(described.read_text(encoding="utf-8"))
        micro = content["micro"]
        found = WakeModel(
            "_".join(content["wake_word"].lower().split()),
            path,
            float(micro["probability_cutoff"]),
            int(micro["sliding_window_size"]),
        )
    except OSError as error:
        raise UsageError(
            f"{described}: cannot be read ({error.strerror}); put the .json that came with {path.name} beside it"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{described}: does not describe a microWakeWord model (wake_word, micro.probability_cutoff, "
            "micro.sliding_window_size); take the one that came with the model"
        ) from None
    if not (found.name and 0 < found.cutoff < 1 and 1 <= found.window <= 100):
        raise UsageError(
            f"{described}: wake_word is empty, probability_cutoff not between 0 and 1, or sliding_window_size not from "
            "1 to 100; take the .json that came with the model"
        )
    return found


def _try_out(path: Path) -> None:
    """TensorFlow Lite ends the process over a broken file, so that another process has to try it first."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.wake.trial", str(path)], capture_output=True, timeout=_TRIAL
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        raise UsageError(
            f"[kiosk] wake_words: {path} is damaged or no microWakeWord model (streaming, quantised to 8 bits, 40 "
            "features); take another file"
        )


def _package() -> Path:
    try:
        import pymicro_wakeword
    except (ImportError, OSError) as error:
        raise EngineError(
            f"wake words need the package pymicro-wakeword, which cannot be imported ({error}); {how_to_install()}, or "
            "set [kiosk] begin to open or button"
        ) from None
    return Path(pymicro_wakeword.__file__).parent


def load(found: WakeModel) -> MicroWakeWord:
    """The network, ready to run. ``found`` as `find` gives it: TensorFlow Lite ends the process over a broken file.

    Raises EngineError when TensorFlow Lite itself cannot be loaded.
    """
    package = _package()
    from pymicro_wakeword import MicroWakeWord

    try:
        return MicroWakeWord(
            found.name,
            wake_word=found.name,
            tflite_model=found.path,
            probability_cutoff=found.cutoff,
            sliding_window_size=found.window,
            trained_languages=[],
            libtensorflowlite_c_path=next(package.glob("lib/*tensorflowlite_c*"), package / "lib"),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(
            f"TensorFlow Lite for the wake word {found.name} cannot be loaded ({error}); {how_to_install()}, or set "
            "[kiosk] begin to open or button"
        ) from None
