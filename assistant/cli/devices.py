"""`assistant devices`: what [audio] input and output, and [push_to_talk] device, can name."""

from __future__ import annotations

import argparse

HELP = "list microphones, speakers, and what has keys for push-to-talk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    import sys

    from assistant.audio import devices

    found = devices.devices()
    if not found:
        print(
            "assistant: there is no microphone and no speaker on this machine; plug one in, or use `assistant ask`",
            file=sys.stderr,
        )
        _print_keys()
        return 1
    width = max(len(device.name) for device in found)
    titles: dict[devices.Kind, str] = {"input": "Microphones", "output": "Speakers"}
    for kind, title in titles.items():
        print(f"{title} (* = used unless config.toml names another in [audio] {kind})")
        for device in found:
            if device.channels(kind):
                mark = "*" if device.is_default(kind) else " "
                print(f"{mark} {device.number:>2}  {device.name:<{width}}  {device.rate / 1000:g} kHz  {device.host}")
        print()
    _print_keys()
    return 0


def _print_keys() -> None:
    from assistant.modes.keys.input_devices import input_devices

    if found := input_devices():
        print("Keyboards, pedals and buttons (for [push_to_talk] source = device; ! = this user may not read it)")
        for device in found:
            print(f"{' ' if device.readable else '!'}     {device.name}")
        print()
    else:
        print("No keyboard, pedal or button is seen here for [push_to_talk] source = device.")
