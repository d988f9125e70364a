"""`assistant config`: the settings in force and where each comes from."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from assistant.secrets import secret, setting

if TYPE_CHECKING:
    from assistant.config import Settings

HELP = "show the settings in force and where each comes from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--changed", action="store_true", help="only what differs from the defaults")
    parser.add_argument("--json", action="store_true", help="as JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.modes.keys import names

    loaded = load_settings(args)
    names.parse(loaded.settings.push_to_talk.key)  # a wrong one is told here, not first while talking
    rows = []
    sections = [*((name, section) for name, section in vars(loaded.settings).items() if name != "mcp")]
    sections += [(f"mcp.{server.name}", server) for server in loaded.settings.mcp]
    for section, held in sections:
        for key in dataclasses.fields(held):
            name, value = f"{section}.{key.name}", getattr(held, key.name)
            if "help" in key.metadata and (not args.changed or value != key.default):
                rows.append((name, value, loaded.origin.get(name, "default")))
    if args.json:
        print(
            json.dumps(
                {
                    "file": str(loaded.path) if loaded.path else None,
                    "settings": {name: {"value": value, "from": origin} for name, value, origin in rows},
                },
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        _print(rows, loaded.path)
        for name, place in _destinations(loaded.settings):
            print(f"{name} ({'set' if secret(name) else 'not set'}) goes to {place}")
    return 0


def _destinations(settings: Settings) -> list[tuple[str, str]]:
    """Each key that these settings would send, and where to."""
    from assistant.errors import AssistantError
    from assistant.llm.address import address
    from assistant.llm.presets import CHECKED, PRESETS
    from assistant.tts.openai.models import address as speech_address
    from assistant.tts.openai.models import key_name

    found = [("HF_TOKEN", "https://huggingface.co, when a model is fetched")]
    if settings.llm.engine == "openai":
        preset = PRESETS[settings.llm.preset]
        try:
            where = address(preset, settings.llm.base_url)
            terms = f"; it {where.preset.terms} ({where.preset.source}, {CHECKED})" if where.preset.terms else ""
            found.append((where.preset.key, f"{where.url}, with each question{terms}"))
        except AssistantError:  # which the conversation tells
            found.append((preset.key, f"{settings.llm.base_url or preset.base_url}, with each question"))
    for server in settings.mcp:
        place = server.url or f"the program {server.command}, a server of tools"
        found += [(name, place) for name in (*server.env, *filter(None, [server.token, server.client_secret]))]
    if home := setting("HOME_ASSISTANT_URL"):
        found.append(("HOME_ASSISTANT_TOKEN", f"{home}, with each request for the home"))
    if settings.tts.engine in ("auto", "openai"):
        found.append((key_name(settings.tts), f"{speech_address(settings.tts)}, with each sentence that is spoken"))
    return found


def _print(rows: list[tuple[str, object, str]], path: object) -> None:
    print(f"Settings file: {path}" if path else "Settings file: none found, everything has its default")
    if not rows:
        print("Every setting has its default.")
    cells = [(name, json.dumps(value, ensure_ascii=False), origin) for name, value, origin in rows]
    terminal = sys.stdout.isatty()
    wide = min(40, max((len(value) for _, value, _ in cells), default=0))
    for name, value, origin in cells:
        if terminal and len(value) > wide:
            value = value[: wide - 3] + "..."
        print(f"{name:<28} {value:<{wide}}  {origin}")
