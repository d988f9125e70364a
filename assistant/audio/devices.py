"""Which microphones and speakers there are, and which one a name from the settings means."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from typing import Any, Literal

from assistant.audio import SAMPLE_RATE as MICROPHONE_RATE
from assistant.audio.device_names import plain, read_any_name
from assistant.errors import DeviceError, UsageError
from assistant.settings import AudioSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

Kind = Literal["input", "output"]
NOUN = {"input": "microphone", "output": "speaker"}
_MOST_MICROPHONES = 8  # in one device; what says more is a sound server's, which makes as many as one asks for
_NO_LIBRARY = "the PortAudio library is missing, so there is no sound; install it with " + (
    "`brew install portaudio`" if sys.platform == "darwin" else "`apt-get install libportaudio2`"
)


@dataclass(frozen=True)
class Device:
    number: int
    """As in `assistant devices`; changes when devices are plugged in or out."""
    name: str
    host: str
    """The sound system that offers it, e.g. ALSA or Core Audio."""
    inputs: int
    """Channels it records; 0 = not a microphone."""
    outputs: int
    rate: float
    """Its own sample rate in Hz."""
    default_input: bool
    default_output: bool

    def channels(self, kind: Kind) -> int:
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: Kind) -> bool:
        return self.default_input if kind == "input" else self.default_output


def portaudio() -> Any:
    """The sounddevice module. Raises DeviceError when the PortAudio library is not installed."""
    try:
        import sounddevice
    except OSError:
        raise DeviceError(_NO_LIBRARY) from None
    read_any_name(sounddevice)
    return sounddevice


def devices() -> list[Device]:
    """All devices, in PortAudio's order; empty when there are none. Raises DeviceError without PortAudio."""
    sounddevice = portaudio()
    default_input, default_output = sounddevice.default.device
    hosts = [host["name"] for host in sounddevice.query_hostapis()]
    return [
        Device(
            number,
            raw["name"],
            hosts[raw["hostapi"]],
            raw["max_input_channels"],
            raw["max_output_channels"],
            raw["default_samplerate"],
            number == default_input,
            number == default_output,
        )
        for number, raw in enumerate(sounddevice.query_devices())
    ]


def missing(settings: AudioSettings) -> str | None:
    """What keeps the machine from talking, as a sentence without a full stop: no PortAudio, no microphone, no speaker,
    or one that cannot be opened. None when both can be used. Raises UsageError for a wrong name in the settings."""
    try:
        format_for(find("input", settings.input), "input", MICROPHONE_RATE)
        format_for(find("output", settings.output), "output", SPEECH_RATE)
    except DeviceError as error:
        return str(error)
    return None


def rescan() -> None:
    """Look for devices again: PortAudio does so only when it starts. Every stream must be closed before."""
    sounddevice = portaudio()
    sounddevice._terminate()
    sounddevice._initialize()


def find(kind: Kind, wanted: str = "") -> Device:
    """The device that ``wanted`` means: its number, its name or a part of it (however its letters are
    written), "" = the default.

    Raises DeviceError when there is no device at all, UsageError when ``wanted`` fits none or several.
    """
    fitting = [device for device in devices() if device.channels(kind)]
    noun = NOUN[kind]
    if not fitting:
        raise DeviceError(f"there is no {noun} on this machine; plug one in")
    if not wanted.strip():
        return next((device for device in fitting if device.is_default(kind)), fitting[0])
    return choose(fitting, wanted.strip(), f"[audio] {kind} = {wanted.strip()!r}", noun)


def choose(fitting: list[Device], wanted: str, where: str, noun: str) -> Device:
    """The one of ``fitting`` that ``wanted`` means. Raises UsageError that begins with ``where``."""
    part = plain(wanted)
    if part.isascii() and part.isdigit():
        found = [device for device in fitting if device.number == int(part)]
    else:
        found = [device for device in fitting if part == plain(device.name)]
        found = found or [device for device in fitting if part in plain(device.name)]
    if not found:
        names = {plain(device.name): device.name for device in fitting}
        close = difflib.get_close_matches(part, names, n=1, cutoff=0.4)
        hint = f"did you mean {names[close[0]]!r}?" if close else f"there are: {', '.join(map(_shown, fitting))}"
        raise UsageError(f"{where}: there is no such {noun}; {hint}")
    if len({plain(device.name) for device in found}) > 1:
        raise UsageError(
            f"{where}: this fits several; give a longer part of the name or the number of one of: "
            f"{', '.join(map(_shown, found))}"
        )
    twins = [device for device in found if device.host == found[0].host]
    if len(twins) > 1:
        raise UsageError(f"{where}: several are called so; give the number of one of: {', '.join(map(_shown, twins))}")
    return found[0]  # one name under several sound systems: PortAudio lists its preferred one first


def _shown(device: Device) -> str:
    return f"{device.number} ({device.name})"


def format_for(device: Device, kind: Kind, rate: int) -> tuple[int, int]:
    """The sample rate and number of channels to open ``device`` with, ``rate`` if it takes that: a speaker mono, a
    microphone with all of its channels, since any of them may hold the voice.

    Devices that are not shared through a sound server often accept only their own rate, or only stereo.
    Raises DeviceError when it accepts nothing, e.g. because it is busy.
    """
    sounddevice = portaudio()
    check = sounddevice.check_input_settings if kind == "input" else sounddevice.check_output_settings
    refusal = None
    most = device.channels(kind)
    numbers = [1, min(2, most), most]
    if kind == "input":
        numbers = [4 if most > _MOST_MICROPHONES else most, 2, 1] if most > 1 else [1]
    for attempt in (rate, int(device.rate)):
        for channels in dict.fromkeys(numbers):
            try:
                check(device.number, channels, "float32", samplerate=attempt)
            except (sounddevice.PortAudioError, ValueError) as error:
                refusal = refusal or error
            else:
                return attempt, channels
    raise cannot_open(device, kind, refusal)


def cannot_open(device: Device, kind: Kind, error: Exception | None) -> DeviceError:
    return DeviceError(
        f"the {NOUN[kind]} {device.name!r} cannot be opened ({reason(error)}); close the program that "
        f"uses it, or choose another one with [audio] {kind} (see `assistant devices`)"
    )


def is_active(stream: Any) -> bool:
    """Whether a PortAudio stream runs; one that was closed does not."""
    try:
        return bool(stream.active)
    except portaudio().PortAudioError:
        return False


def vanished(device: Device, kind: Kind) -> DeviceError:
    return DeviceError(
        f"the {NOUN[kind]} {device.name!r} has stopped working; plug it in again, or choose another one "
        f"with [audio] {kind} (see `assistant devices`)"
    )


def reason(error: Exception | None) -> str:
    """PortAudio's own words without its call names and numbers."""
    if error is None:
        return "no reason given"
    text = str(error.args[0] if error.args else error)
    return text.split("Error opening ", 1)[-1].split(": ", 1)[-1].split(" [PaErrorCode", 1)[0].strip().rstrip(".")
