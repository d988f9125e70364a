"""One line per happening, with the time of day: for logs, pipes and kiosks."""

from __future__ import annotations

import errno
import sys
from datetime import datetime

from assistant import events
from assistant.terminal import one_line


class PlainScreen:
    def __enter__(self) -> PlainScreen:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, text: str) -> None:
        self._line("note", text)

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.StateChanged(state):
                self._line("state", state)
            case events.Transcribed(text, final):
                self._line("user" if final else "partial", text)
            case events.Notice(text) | events.Health(text=text) if text:
                self._line("note", text)
            case events.Woken(word):
                self._line("visitor", f"begins: {word}")
            case events.Left(reason, turns):
                self._line("visitor", f"leaves: {reason}, {turns} turns")
            case events.TurnEnded(turn):
                if turn.outcome != "nothing_said":
                    self._line("assistant", turn.heard or "(nothing was heard)")
                if turn.passages:
                    self._line(
                        "perhaps" if turn.doubtful else "from",
                        "; ".join(passage.written() for passage in turn.passages),
                    )
                self._line("turn", f"{turn.id} {turn.outcome}")

    def _line(self, kind: str, text: str) -> None:
        self._write(f"{datetime.now():%H:%M:%S} {kind:9} {one_line(text)}")

    def _write(self, line: str) -> None:
        try:
            print(line, file=sys.stdout, flush=True)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise  # a full disk ends no conversation
