"""The sections of config.toml that belong to one mode only: push-to-talk and the kiosk."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import option


@dataclass(frozen=True)
class PushToTalkSettings:
    key: str = option(
        "space",
        "The key, with what is held beside it, e.g. f9, ctrl+alt+space, or a pedal's or button's key such as "
        "play_pause. `space` alone is for the terminal: pressed elsewhere it would be heard, too.",
    )
    style: str = option(
        "auto",
        "hold = talk while the key is down; toggle = one press opens, the next one closes; auto = hold to talk, a "
        "short tap toggles.",
        choices=("auto", "hold", "toggle"),
    )
    source: str = option(
        "auto",
        "Where key presses come from; auto = what fits this desktop: desktop (X11, macOS, Windows), portal (Wayland), "
        "device (a keyboard, pedal or button of its own, Linux), terminal, command (only `assistant press` and its "
        "like).",
        choices=("auto", "desktop", "portal", "device", "terminal", "command"),
    )
    device: str = option("", "source = device: part of its name as `assistant devices` lists it; empty = any with key.")
    tones: bool = option(True, "Whether a short tone marks that the microphone opens and closes.")


@dataclass(frozen=True)
class KioskSettings:
    begin: str = option(
        "wake_word",
        "What begins a visitor's conversation: a wake word, speech (open), or a button (`assistant press`, or "
        "[push_to_talk]).",
        choices=("wake_word", "open", "button"),
    )
    wake_words: str = option(
        "hey_jarvis,okay_nabu",
        "Wake words, with commas between them: okay_nabu, hey_jarvis, hey_mycroft, alexa, or the path of a .tflite "
        "model with its .json beside it.",
    )
    sensitivity: float = option(
        0.5, "How easily a wake word is heard; higher = fewer missed, more false ones.", low=0.0, high=1.0
    )
    greeting: str = option("", "What is said when a visitor begins; empty = a tone only.")
    goodbye: str = option("Goodbye.", "What is said when a visitor's conversation ends; empty = a tone only.")
    silence: float = option(
        20.0, "Seconds without words for the assistant after which a visitor's conversation ends.", low=3.0, high=3600.0
    )
    longest: float = option(
        600.0, "Seconds after which a visitor's conversation ends whatever is said.", low=10.0, high=86400.0
    )
    max_turn: float = option(20.0, "Seconds after which a visitor's turn is answered.", low=3.0, high=600.0)
    quiet_hours: str = option(
        "", "Times of day in which nothing begins and nothing is said, e.g. 22:00-07:00; several with commas."
    )
    sounds: bool = option(True, "Whether tones mark listening, thinking and errors.")
    journal: str = option(
        "anonymous",
        "What is written down of visitors: none, anonymous (names, numbers, addresses taken out, no recordings), or "
        "as_configured in [journal].",
        choices=("none", "anonymous", "as_configured"),
    )
    ducking: float = option(
        0.3,
        "What other programs' sound is lowered to while a visitor is there; 1 = left as it is, 0 = silent. Needs "
        "PulseAudio or PipeWire.",
        low=0.0,
        high=1.0,
    )
    port: int = option(
        8790, "Port of 127.0.0.1 for /healthz, /readyz, /metrics and the page; 0 = none of them.", low=0, high=65535
    )
    page: bool = option(
        False, "Whether http://127.0.0.1:PORT/ shows state, words and sources, full-screen, for an attached display."
    )
    page_text: str = option("", "A line of your own on the page.")
    page_qr: str = option("", "What a QR code on the page holds, e.g. an address; empty = no code.")
    log: str = option(
        "",
        "A file for what happens, in the data folder unless it is a whole path; six of 1 MB are kept. Empty = "
        "standard output.",
    )
    log_words: bool = option(
        False, "Whether what visitors and the assistant say is logged, too, with names and numbers taken out."
    )
