from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio import device_names, devices
from assistant.audio.devices import Device, choose
from assistant.cli import devices as command
from assistant.errors import UsageError

WITHOUT_PORTAUDIO = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from assistant.audio import capture, devices
from assistant.config import AudioSettings
from assistant.errors import DeviceError
assert "PortAudio library is missing" in devices.missing(AudioSettings())
try:
    capture.open_microphone(AudioSettings())
except DeviceError as error:
    print(error)
"""


def device(number: int, name: str, host: str = "ALSA") -> Device:
    return Device(number, name, host, 1, 0, 48_000.0, False, False)


DEVICES = [
    device(0, "HDA Intel PCH: ALC257 (hw:0,0)"),
    device(3, "USB Audio: Jabra Link 380"),
    device(4, "USB Audio: Webcam"),
    device(5, "pulse"),
    device(6, "Mic 7"),
]


def pick(wanted: str, among: list[Device] = DEVICES) -> int:
    return choose(among, wanted, f"[audio] input = {wanted!r}", "microphone").number


@pytest.mark.parametrize("wanted, number", [("jabra", 3), ("WEBCAM", 4), ("3", 3), ("hw:0,0", 0), ("Mic 7", 6)])
def test_a_device_is_named_by_a_part_of_its_name_or_its_number(wanted, number):
    assert pick(wanted) == number


def test_the_whole_name_beats_a_part_of_another():
    assert pick("Pulse", [device(1, "pulse audio bridge"), device(2, "pulse")]) == 2


def test_one_name_under_two_sound_systems_is_not_ambiguous():
    assert pick("headset", [device(1, "Headset", "MME"), device(8, "Headset", "WASAPI")]) == 1


SPELLED = [
    device(0, "Télé Jabra"),
    device(1, unicodedata.normalize("NFD", "Größe Müller Mikrofon")),
    device(2, "ＵＳＢ　マイク　２"),
    device(3, "USB\u00a0Audio \u200bDevice "),
    device(4, "İstanbul"),
]


@pytest.mark.parametrize(
    "wanted, number",
    [
        (unicodedata.normalize("NFD", "télé jabra"), 0),
        ("TÉLÉ JABRA  ", 0),
        (os.fsdecode("Télé".encode("latin-1")), 0),
        (os.fsdecode("Télé".encode()[:-1]), 0),
        ("größe müller", 1),
        ("GRÖSSE MÜLLER", 1),
        ("usb マイク 2", 2),
        ("usb ﾏｲｸ", 2),
        ("Usb  Audio Device", 3),
        ("３", 3),
        ("i̇stanbul", 4),
    ],
)
def test_a_name_fits_in_whatever_form_it_is_written(wanted, number):
    assert pick(wanted, SPELLED) == number


@given(st.text())
def test_every_name_means_itself_however_it_is_composed(name):
    names = {device_names.plain(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len(names) == 1 and device_names.plain(next(iter(names))) in names


@pytest.mark.parametrize(
    "raw, name",
    [
        ("Télé".encode(), "Télé"),
        ("Télé".encode("latin-1"), "Télé"),
        ("Télé".encode()[:-1], "Tél"),
        (b"a\x80b", "a\x80b"),
    ],
)
def test_names_that_are_no_utf8_are_listed(raw, name, monkeypatch):
    sounddevice = SimpleNamespace(_ffi=SimpleNamespace(string=lambda text: text))
    device_names.read_any_name(sounddevice)
    assert sounddevice._ffi_string(raw).decode() == name


def test_two_that_are_called_alike_are_told_apart_by_their_numbers():
    twins = [device(2, "USB Mic"), device(5, "USB Mic")]
    with pytest.raises(UsageError, match=r"several are called so; give the number of one of: 2 \(USB Mic\), 5"):
        pick("usb mic", twins)
    assert pick("5", twins) == 5


def test_a_name_that_fits_several_lists_them():
    with pytest.raises(UsageError, match=r"\[audio\] input = 'usb audio'.*several.*3 \(USB.*Jabra.*4 \(USB.*Webcam"):
        pick("usb audio")


@pytest.mark.parametrize("wanted", ["9", "headphones", "-1", "²"])
def test_a_name_that_fits_none_says_what_there_is(wanted):
    with pytest.raises(UsageError, match="no such microphone; there are: 0 .*5 .pulse"):
        pick(wanted)


def test_a_mistyped_name_gets_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'pulse'"):
        pick("plse")


def test_without_portaudio_one_sentence_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_PORTAUDIO], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "libportaudio2" in done.stdout or "brew install portaudio" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_devices_are_shown_with_the_default_marked(monkeypatch, capsys):
    listed = [
        Device(0, "Built-in", "ALSA", 2, 2, 44_100.0, True, False),
        Device(1, "Headset", "ALSA", 0, 1, 48_000.0, False, True),
    ]
    monkeypatch.setattr(devices, "devices", lambda: listed)
    assert command.run(SimpleNamespace()) == 0
    microphones, speakers = capsys.readouterr().out.split("\n\n")[:2]
    assert "*  0  Built-in  44.1 kHz  ALSA" in microphones
    assert "Headset" not in microphones and "*  1" in speakers and "   0  Built-in" in speakers and "48 kHz" in speakers


def test_no_devices_is_a_failure_that_says_so(monkeypatch, capsys):
    monkeypatch.setattr(devices, "devices", lambda: [])
    assert command.run(SimpleNamespace()) == 1
    assert "no microphone and no speaker" in capsys.readouterr().err


def test_a_wrong_name_in_the_settings_is_not_taken_for_a_missing_device(card):
    program = (
        "from assistant.audio.devices import missing; from assistant.config import AudioSettings; "
        "missing(AudioSettings(output='headfones'))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=card.environment, capture_output=True, text=True)
    assert "UsageError: [audio] output = 'headfones': there is no such speaker" in done.stderr
