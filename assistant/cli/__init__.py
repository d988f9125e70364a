"""The `assistant` command. One small file per sub-command; heavy imports stay inside `run`, so that --help is instant.

Each command's module has ``HELP`` (one line), ``add_arguments(parser)`` and ``run(args) -> int`` (the exit code).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import threading
from pathlib import Path

from assistant import __version__
from assistant.errors import AssistantError
from assistant.redact import redact

COMMANDS = ("talk", "ask", "say", "kiosk", "models", "doctor", "devices", "history", "config", "bench")


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    command = importlib.import_module(f"assistant.cli.{args.command}")
    try:
        code = command.run(args)
        sys.stdout.flush()
        return code
    except AssistantError as error:
        if args.debug:
            raise
        print(f"assistant: {redact(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `assistant history | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if args.debug:
            raise
        print(f"assistant: unexpected {type(error).__name__}: {redact(str(error))}; run the same command with --debug and report it",
              file=sys.stderr)
        return 1


def entry() -> None:
    """The program: `main`, then leave at once.

    Engines run native code in daemon threads, also while they load. A normal interpreter exit would wait for them or
    pull their libraries away from under them; everything that must be kept was written by now.
    """
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assistant", description="A voice assistant that runs on this machine. Start with: assistant talk",
        epilog="Each command explains itself: assistant COMMAND --help")
    parser.add_argument("--version", action="version", version=f"assistant {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        command = importlib.import_module(f"assistant.cli.{name}")
        subparser = subparsers.add_parser(name, help=command.HELP, description=command.HELP)
        subparser.add_argument("--config", type=Path, metavar="FILE", help="use this config.toml")
        subparser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE",
                               help="override one setting; may be repeated")
        subparser.add_argument("--debug", action="store_true", help="show tracebacks and engine logs")
        command.add_arguments(subparser)
    return parser


def load_settings(args: argparse.Namespace, **flags: object):
    """The settings in force for this command line; ``flags`` maps ``section__key`` to a value, None = not given."""
    from assistant import config
    from assistant.errors import UsageError

    given = {name.replace("__", "."): value for name, value in flags.items() if value is not None}
    for item in args.set:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--set {redact(item)}: write it as SECTION.KEY=VALUE, e.g. --set llm.temperature=0")
        given[name.strip()] = value.strip()
    return config.load(args.config, given)
