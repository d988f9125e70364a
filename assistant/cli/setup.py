"""`assistant setup`: the first five minutes."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded
    from assistant.settings import EngineInfo
    from assistant.setup.questions import Asker
    from assistant.setup.state import State
    from assistant.setup.steps import Steps
    from assistant.tts import Voice

HELP = "ask for language, devices, voice and how quick, then fetch and measure the best models for this machine"
_NARROWEST = 20  # characters
_OPTION = " " * 5  # before its further lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.setup.answers import LANGUAGES, PACES

    parser.add_argument("--yes", action="store_true", help="ask nothing and take every default")
    parser.add_argument("--language", choices=LANGUAGES, help="what you will speak, instead of being asked")
    parser.add_argument("--pace", choices=PACES, help="how good against how quick, instead of being asked")
    parser.add_argument("--again", action="store_true", help="ask again what was answered before it was interrupted")
    parser.add_argument(
        "--most", type=float, default=6.0, metavar="GB", help="fetch at most so much in all (default: %(default)g)"
    )
    parser.add_argument(
        "--auto",
        action="store_true",
        help='only choose the language model for llm.model = "auto", as `assistant talk` does in the background',
    )
    parser.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from assistant import terminal
    from assistant.cli import load_settings
    from assistant.errors import UsageError
    from assistant.setup import state
    from assistant.setup.questions import Asker

    if args.beside:
        from assistant.setup import background

        background.beside()
    loaded = load_settings(args)
    if args.auto:
        return _auto(loaded, args.beside)
    if not args.most >= 0:
        raise UsageError(f"--most {args.most:g}: must be a number of GB, 0 = fetch nothing")
    if not args.yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "assistant setup asks some questions and there is no terminal to ask them on; take all defaults with --yes"
        )
    kept = state.load()
    if args.again:
        kept.answers.clear()
    asker = Asker(terminal.asked, _say, args.yes)
    if not args.yes:
        asker.say("Enter takes what is proposed. Ctrl-C ends; `assistant setup` then goes on from there.")
    known = list(kept.answers)
    for question in ("language", "pace"):
        given = getattr(args, question)
        if given and given != kept.answers.get(question):
            if question == "language":
                kept.answers.pop("voice", None)  # it spoke another one
            kept.answer(question, given)
    if known:
        asker.say(f"Going on; already answered: {', '.join(known)} (`assistant setup --again` asks again).")
    try:
        return _setup(args, loaded, asker, kept)
    except (KeyboardInterrupt, EOFError):
        print()  # behind "^C"
        raise


def _setup(args: argparse.Namespace, loaded: Loaded, asker: Asker, kept: State) -> int:
    from dataclasses import replace

    from assistant import hub
    from assistant.cli import tell_stronger, write_settings
    from assistant.setup import questions
    from assistant.setup.steps import Steps

    code = questions.language(asker, kept)
    settings = loaded.settings
    audio = {"input": questions.device(asker, kept, "input"), "output": questions.device(asker, kept, "output")}
    changes = {f"audio.{kind}": name for kind, name in audio.items()} | {"stt.language": code}
    settings = _with(settings, changes)
    loaded_so = replace(loaded, settings=settings)
    if not asker.silent and "sound" not in kept.answers:
        _check_sound(loaded_so, asker)
        kept.answer("sound", "checked")

    def hear(engine: EngineInfo, one: Voice) -> None:
        from assistant.cli import voices

        voices.play(loaded_so, engine, one, None)

    engine, voice = questions.voice(asker, kept, settings.tts, code, hear)
    bound = questions.pace(asker, kept)
    most = args.most
    if not hub.reachable():
        asker.say("The model hub cannot be reached (or HF_HUB_OFFLINE is set): what is on this machine is chosen from.")
    elif "fetch" not in kept.answers:
        question = f"\nMay up to {most:g} GB be fetched? Each file is told before, with its size and licence."
        kept.answer("fetch", "yes" if asker.agrees(question) else "no")
    if kept.answers.get("fetch") == "no":
        most = 0.0
    steps = Steps(settings, kept, most, asker.say)
    changes |= steps.voice(engine, voice, code)
    settings = _with(settings, changes)
    if settings.tts != loaded.settings.tts and _same_voice(settings, loaded):
        changes = {key: value for key, value in changes.items() if not key.startswith("tts.")}
    if not asker.silent and "room" not in kept.answers:
        _learn_room(settings, code, asker)
        kept.answer("room", "heard")
    steps = replace(steps, settings=settings)
    hearing, seconds = steps.recogniser(bound)
    asker.say(f"Hearing takes {seconds:.2f} s of the {bound:g} s until the first word")
    changes |= hearing
    steps = replace(steps, settings=_with(settings, hearing))
    model = _language_model(steps, code, bound - seconds)
    changes |= model or {}
    new = {key: value for key, value in changes.items() if value != _value(loaded, key)}
    if new:
        write_settings(loaded, new)
        tell_stronger(loaded, new)
    else:
        asker.say("config.toml says all of that already.")
    if hub.reachable() and model is not None:
        kept.answers.clear()  # done: the next time it asks anew
        kept.save()
    asker.say("Ready. Start with: assistant talk")
    return 0


def _language_model(steps: Steps, code: str, bound: float) -> dict[str, str] | None:
    """Only where the present one is of the table: an endpoint, a tuned model or a file of the user's own stays. None
    where the hub failed."""
    from assistant.errors import AssistantError
    from assistant.llm import auto

    present = steps.settings.llm
    own = present.model not in ("bundled", "auto") and ":" not in present.model
    if present.engine != "llama" or present.adapter or own:
        steps.say(
            f"The language model stays: {present.adapter or present.model} was chosen by you, not from the table."
        )
        return {}
    try:
        model = steps.language_model(code, bound)
    except AssistantError:  # it was told
        steps.say("No other language model was fetched. The present one stays; later: assistant setup")
        return None
    if present.model == "auto":
        auto.keep(model)
        return {}
    return {"llm.model": model}


def _auto(loaded: Loaded, beside: bool) -> int:
    from assistant.setup import background

    model = background.choose_model(
        loaded.settings, lambda text: print(text, flush=True), background.wait_until_idle if beside else lambda: None
    )
    print(f'{model} answers from the next start on, where llm.model = "auto"')
    return 0


def _say(text: str) -> None:
    """Between words where a terminal has no room for the line."""
    import shutil
    import textwrap

    if sys.stdout.isatty():
        width = max(_NARROWEST, shutil.get_terminal_size().columns - 1)
        text = "\n".join(
            textwrap.fill(
                line,
                width,
                subsequent_indent=_OPTION if line.startswith("  ") else "",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for line in text.split("\n")
        )
    print(text, flush=True)


def _with(settings, changes: dict[str, str]):
    from dataclasses import replace

    for key, value in changes.items():
        section, name = key.split(".")
        settings = replace(settings, **{section: replace(getattr(settings, section), **{name: value})})
    return settings


def _same_voice(settings, loaded: Loaded) -> bool:
    """Whether that voice speaks already, by [tts] engine = auto."""
    from assistant.tts import choice

    present = loaded.settings.tts
    return choice.key(choice.chosen(settings.tts), settings.tts) == choice.key(choice.chosen(present), present)


def _value(loaded: Loaded, key: str) -> object:
    section, name = key.split(".")
    return getattr(getattr(loaded.settings, section), name)


def _check_sound(loaded: Loaded, asker: Asker) -> None:
    from assistant.cli.doctor import clear, meter
    from assistant.setup import sound

    asker.say("\nSay something while the microphone is tested; then a tone is played.")
    found = sound.check(loaded.settings, meter)
    clear()
    for check in found:
        asker.say(f"{check.name}: {check.found}" + (f"; {check.to_do}" if check.to_do else ""))


def _learn_room(settings, code: str, asker: Asker) -> None:
    import asyncio

    from assistant import tts
    from assistant.errors import AssistantError
    from assistant.setup import sound

    if not settings.audio.echo_cancelling or not sound.can_be_used(settings):
        return
    asker.say("\nNow the voice speaks for some seconds, to learn how this room echoes; please do not speak meanwhile.")
    try:
        voice = tts.load(settings.tts, asker.say)
        try:
            learned = asyncio.run(sound.learn_room(settings, voice, code))
        finally:
            voice.close()
    except AssistantError as error:
        asker.say(f"{error}")
        return
    asker.say(
        "The room is known: you can interrupt the first words."
        if learned
        else "No echo was learned; with a headset there is none, else raise the volume: it is learned while you talk."
    )
