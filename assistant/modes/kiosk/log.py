"""The kiosk's log: what the plain screen shows, without what is said, on standard output or in a file that rotates."""

from __future__ import annotations

import contextlib
import logging
import os
from datetime import date
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from assistant import events, terminal
from assistant.errors import UsageError
from assistant.folders import data_folder
from assistant.safety.anonymise import Anonymiser
from assistant.screen.plain import PlainScreen
from assistant.secrets import redact
from assistant.settings.modes import KioskSettings

_BYTES, _OLD_FILES = 1_000_000, 5
_SAID = ("user", "partial", "assistant", "from")  # kinds of lines that hold words, or tell what was asked about


class Log(PlainScreen):
    """A screen; use as a context manager. Raises UsageError for a file that cannot be written.

    A full disk later on costs lines, nothing else.
    """

    def __init__(self, settings: KioskSettings) -> None:
        self._words = settings.log_words
        self._anonymiser = Anonymiser()
        self._file = _open(location(settings)) if settings.log else None

    def __exit__(self, *_: object) -> None:
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()

    def __call__(self, event: events.Event) -> None:
        super().__call__(event)
        if isinstance(event, events.Left):
            self._anonymiser = Anonymiser()  # it remembers the names it took out

    def _line(self, kind: str, text: str) -> None:
        if kind not in _SAID:
            super()._line(kind, redact(text))
        elif self._words:
            super()._line(kind, self._anonymiser.text(text))

    def _write(self, line: str) -> None:
        line = terminal.clean(" ".join(line.splitlines()))  # who reads it later does so on a terminal
        if self._file:
            self._file.handle(logging.makeLogRecord({"msg": f"{date.today()} {line}"}))
        else:
            super()._write(line)


def location(settings: KioskSettings) -> Path:
    return data_folder() / Path(settings.log).expanduser()


def _open(path: Path) -> RotatingFileHandler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _PrivateFile(path, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(
            f"{path}: the log cannot be written ({error.strerror or error}); change [kiosk] log, or its folder's rights"
        ) from None


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_private)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: there is nobody to hear it, and the next line is tried all the same."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
