"""The `assistant` command. One small file per sub-command; heavy imports stay inside `run`, so that --help is instant.

Each command's module has ``HELP`` (one line), ``add_arguments(parser)`` and ``run(args) -> int`` (the exit code).
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from assistant import __version__, terminal
from assistant.concurrency import threads
from assistant.errors import AssistantError, UsageError, first_leaf
from assistant.folders import cache_folder, checkout, data_folder, narrow
from assistant.secrets import redact
from rag import output

if TYPE_CHECKING:
    from assistant.config import Loaded, Settings

COMMANDS = (
    "talk",
    "press",
    "release",
    "toggle",
    "stop",
    "ask",
    "say",
    "read",
    "kiosk",
    "rag",
    "train",
    "compare",
    "arena",
    "models",
    "tools",
    "mcp",
    "rent",
    "setup",
    "voices",
    "doctor",
    "devices",
    "history",
    "memory",
    "config",
    "bench",
)


_NAMED = ("out", "output", "fix", "plot")  # the options that name a file to be written
_closed: set[str] = set()
"""Standard streams that the caller closed; they lead nowhere."""
_TRUST = "agree to config.toml and .env of the folder you are in, as they are now"


def main(argv: list[str] | None = None) -> int:
    args = None
    try:
        _check_surroundings()
        args = parsed(argv)
        with _words_beside(args):
            code = importlib.import_module(f"assistant.cli.{args.command}").run(args)
            sys.stdout.flush()
        return code
    except (KeyboardInterrupt, EOFError):  # the latter is Ctrl-D instead of an answer
        return 130
    except Exception as group:
        error = first_leaf(group)
        if isinstance(error, BrokenPipeError):  # the reader of our output has gone: `assistant history | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if args is not None and args.debug:
            raise
        if isinstance(error, AssistantError):
            _complain(str(error))
            return error.exit_code
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            _complain("the output cannot be written, the disk is full; free some space")
            return 1
        if isinstance(error, UnicodeEncodeError) and "\ud800" <= error.object[error.start] <= "\udfff":
            _complain(f"{error.object[:200]}: this name is no UTF-8, as a library needs it here; rename it")
            return 1
        _complain(f"unexpected {type(error).__name__}: {error}; run the same command with --debug and report it")
        return 1


def _check_surroundings() -> None:
    if (keys := os.environ.get("SSLKEYLOGFILE")) and not os.access(os.path.dirname(keys) or ".", os.W_OK):
        raise UsageError(f"SSLKEYLOGFILE: {keys} cannot be written, so no connection can be made; unset the variable")
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UsageError("the folder that you are in was deleted; go to another one with cd") from None


def _words_beside(args: argparse.Namespace) -> contextlib.AbstractContextManager:
    """Where standard output takes the file that a command makes, what it prints goes to standard error.

    Raises AssistantError when the caller closed it.
    """
    taken = any(str(getattr(args, name, "")) == "-" for name in _NAMED)
    if taken and "stdout" in _closed:
        raise AssistantError("standard output is closed, so nothing can be written to it; name a file instead of -")
    return contextlib.redirect_stdout(sys.stderr) if taken else contextlib.nullcontext()


def as_assistant_error(error: Exception) -> AssistantError:
    """What the package `training` or `rag` says, as an error of the assistant with its exit code."""
    from rag.errors import RagUsageError
    from training.errors import TrainingUsageError

    return (UsageError if isinstance(error, (TrainingUsageError, RagUsageError)) else AssistantError)(str(error))


def _complain(text: str) -> None:
    print(f"assistant: {redact(text)}", file=sys.stderr)


def entry() -> None:
    """The program: `main`, then leave at once.

    Engines run native code in daemon threads, also while they load. A normal interpreter exit would wait for them or
    pull their libraries away from under them; everything that must be kept was written by now.
    """
    try:
        _prepare()
        code = main()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
    except KeyboardInterrupt:  # before `main` waits for it, or behind it
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: a Ctrl-C now would only make a failure of it
    if threading.active_count() > 1 or code == 130:
        os._exit(code)
    sys.exit(code)


def _prepare() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # closed by the caller: `assistant ... >&-`
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))
            _closed.add(name)
    _keep_to_own_modules()
    threads.keep_numpy_to_one()
    if "--debug" not in sys.argv:
        _hide_native_messages()
    terminal.protect()
    output.keep_private(*(kept := (data_folder(), cache_folder())))
    for folder in kept:
        if narrow(folder):
            notice(f"{folder} could be read by other accounts of this machine; from now on it is for you alone")


def _keep_to_own_modules() -> None:
    """Python programs that are started from here take no modules from the folder that the user stands in."""
    os.environ["PYTHONSAFEPATH"] = "1"
    if root := checkout():
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))


def _hide_native_messages() -> None:
    """Sound libraries write to file descriptor 2 as they like, into the middle of the screen; our errors go on."""
    own = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.stderr = open(own, "w", buffering=1, encoding=sys.stderr.encoding)


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """A command line; what its command or action does not know ends the program with the usage of that one."""
    args, unknown = _parser().parse_known_args(argv)
    if unknown:
        args.asked.error(f"unrecognized arguments: {' '.join(unknown)}")
    return args


class _Parser(argparse.ArgumentParser):
    """Names what was probably meant by a word that it does not know."""

    def error(self, message: str) -> NoReturn:
        if unknown := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
            import difflib

            known = [word.strip(" '") for word in unknown[2].split(",")]
            if close := difflib.get_close_matches(unknown[1], known, n=1, cutoff=0.6):
                message += f"; did you mean {close[0]}?"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="assistant",
        description="A voice assistant that runs on this machine. Start with: assistant talk",
        epilog="Each command explains itself: assistant COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"assistant {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        command = importlib.import_module(f"assistant.cli.{name}")
        subparser = subparsers.add_parser(name, help=command.HELP, description=command.HELP)
        subparser.add_argument("--config", type=Path, metavar="FILE", help="use this config.toml")
        subparser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="SECTION.KEY=VALUE",
            help="override one setting; may be repeated",
        )
        subparser.add_argument("--trust", action="store_true", help=_TRUST)
        subparser.add_argument("--debug", action="store_true", help="show tracebacks and engine logs")
        subparser.set_defaults(asked=subparser)
        command.add_arguments(subparser)
    return parser


def add_actions(
    parser: argparse.ArgumentParser,
    package: str,
    names: Sequence[str],
    modules: Mapping[str, str] = MappingProxyType({}),
    required: bool = True,
) -> None:
    """Sub-sub-commands, one module of ``package`` each; they take --config, --set and --debug behind them, too.

    ``modules``: of actions whose module has another name, because a module ``run`` would hide the package's function.
    """
    actions = parser.add_subparsers(dest="action", required=required, metavar="ACTION" if required else "[ACTION]")
    for name in names:
        module = importlib.import_module(f"{package}.{modules.get(name, name)}")
        action = actions.add_parser(name, help=module.HELP, description=module.HELP)
        add_common(action)
        action.set_defaults(asked=action)
        module.add_arguments(action)


def add_common(action: argparse.ArgumentParser) -> None:
    """The options that every command has, behind a command's action as well."""
    action.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="use this config.toml")
    action.add_argument(
        "--set",
        action="append",
        default=argparse.SUPPRESS,
        metavar="SECTION.KEY=VALUE",
        help="override one setting; may be repeated",
    )
    action.add_argument("--trust", action="store_true", default=argparse.SUPPRESS, help=_TRUST)
    action.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks")


def notice(text: str) -> None:
    """One sentence for the user, beside what a command prints as its result."""
    print(text, file=sys.stderr, flush=True)


def agreed(question: str) -> bool:
    """Whether somebody at the terminal says yes to ``question``."""
    return terminal.asked(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def with_voice(args: argparse.Namespace, settings: Settings) -> Settings:
    """``settings`` with what `--engine` and `--voice` say; a voice brings its engine. Raises UsageError."""
    from assistant import tts
    from assistant.tts import listing

    if args.voice is None:
        return settings
    engine, name = tts.chosen(settings.tts), args.voice
    if settings.tts.engine == "auto" and not engine.leaves:
        engine, voice = listing.find(name, settings.tts)
        name = voice.name
    else:
        name = name.removeprefix(f"{engine.name}/")
        owners = listing.owners(name, settings.tts)
        if owners and engine.name not in owners:
            raise UsageError(
                f"--voice {name} belongs to {' and '.join(owners)}, not to {engine.name}; give --engine {owners[0]}, "
                f"or a voice of `assistant voices --engine {engine.name}`"
            )
    tts.check_key(engine, settings.tts)
    return load_settings(args, tts__engine=engine.name, **{f"tts__{engine.voice}": name}).settings


def write_settings(loaded: Loaded, changes: Mapping[str, str | list[str]]) -> None:
    """Write ``changes`` (``section.key`` -> value) into config.toml, and say so."""
    from assistant import secrets, trust
    from assistant.models import catalogue

    # What the user writes they agree to, unless something else in that folder waits for being agreed to.
    folder = loaded.own.parent if loaded.own else None
    harmless = folder and not loaded.withheld and not secrets.names_in(folder / ".env")
    agrees = folder and (trust.decided(folder) or harmless)
    path = catalogue.write(loaded, dict(changes))
    if agrees:
        trust.decide(path.parent, True)
    shown = {"] ".join(key.rsplit(".", 1)): json.dumps(value, ensure_ascii=False) for key, value in changes.items()}
    print(f"{path}: " + ", ".join(f"[{key} = {value}" for key, value in shown.items()))


def tell_stronger(loaded: Loaded, changes: Mapping[str, str]) -> None:
    """Say which of what was written does not count, because the environment or the command line says otherwise."""
    for key in changes:
        if loaded.origin[key] not in ("default", str(loaded.own)):
            print(f"But {loaded.origin[key]} sets {key} and is stronger than the file.")


def load_settings(args: argparse.Namespace, **flags: object) -> Loaded:
    """The settings in force for this command line; ``flags`` maps ``section__key`` to a value, None = not given."""
    from assistant import config
    from assistant.errors import UsageError

    given = {name.replace("__", "."): value for name, value in flags.items() if value is not None}
    for item in args.set:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--set {redact(item)}: write it as SECTION.KEY=VALUE, e.g. --set llm.temperature=0")
        given[name.strip()] = value.strip()
    loaded = config.load(args.config, given)
    return config.load(args.config, given) if _newly_agreed(args, loaded) else loaded


def own_options(args: argparse.Namespace) -> list[str]:
    """What makes another command of this program read the same settings."""
    where = ["--config", str(args.config)] if args.config else []
    return [*where, *(f"--set={item}" for item in args.set), *(["--trust"] if args.trust else [])]


def _newly_agreed(args: argparse.Namespace, loaded: Loaded) -> bool:
    """Whether the user agrees, only now, to what the folder they stand in decides; they are asked once, and told what
    does not count as long as they have not agreed."""
    from assistant import secrets, trust

    here = Path().absolute()
    keys = [] if trust.counts(here / ".env") else secrets.names_in(here / ".env")
    names = [*(f"[{'] '.join(name.rsplit('.', 1))}" for name in loaded.withheld), *keys]
    what = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    if not what or what in _told:
        return False
    agrees = args.trust
    changed = " and have changed since you agreed" if trust.has_changed(here) else ""
    if not agrees and trust.decided(here) is None and sys.stdin.isatty() and sys.stdout.isatty():
        print(f"{here} holds settings that decide where your words and keys go, or what is read{changed}: {what}")
        agrees = agreed("Use them, from now on?")
        trust.decide(here, agrees)
    elif agrees:
        trust.decide(here, True)
    if agrees and trust.counts(here / ".env"):
        notice(f"From now on the settings of {here} count, until they change: {what}")
        return True
    _told.add(what)
    if agrees:
        notice(f"Not used, because your config folder cannot be written, where it is kept that you agreed: {what}")
    else:
        why = f"the folder {here} has changed since you agreed to it" if changed else ""
        notice(f"Not used, because {why or f'you have not agreed to the folder {here}'}: {what}; --trust agrees")
    return False


_told: set[str] = set()
_SHOWN = 20  # names of settings in one sentence
