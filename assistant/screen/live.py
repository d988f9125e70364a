"""The terminal while talking: finished turns scroll away above, the state and the current turn stay below."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from assistant import events, terminal
from assistant.terminal import one_line
from assistant.turn import Turn

_LOOK = {
    "listening": ("●", "green"),
    "hearing": ("●", "bold red"),
    "thinking": ("◐", "yellow"),
    "speaking": ("▶", "bold cyan"),
}


class LiveScreen:
    def __init__(self, console: Console | None = None) -> None:
        self._console = console or terminal.console(highlight=False)
        # Nothing is drawn between events: a refresh thread would use the CPU while nobody speaks.
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._state = "listening"
        self._opened_by = ""  # push-to-talk: which key
        self._user = ""
        self._final = False
        self._heard = self._written = ""

    def __enter__(self) -> LiveScreen:
        self._console.print(Text("○ loading; Ctrl-C ends", style="dim"))
        self._typing = _hide_typing()
        return self  # the live picture starts with the first event: a download's progress bar may come before

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._typing()

    def note(self, text: str) -> None:
        self._console.print(Text(f"  {text}", style="dim"))

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.StateChanged(state):
                self._state = state
            case events.Transcribed(text, final):
                self._user, self._final = text, final
            case events.Speaking(heard, written):
                self._heard, self._written = heard, written
            case events.Notice(text) | events.Health(text=text) if text:
                self._console.print(Text(f"  {text}", style="yellow"))
            case events.OpenedBy(key):
                self._opened_by = key
            case events.Woken(word):
                self.note(f"a visitor: {word}")
            case events.Left(reason):
                self.note(f"the visitor's conversation is over ({reason})")
            case events.TurnEnded(turn):
                self._print_turn(turn)
                self._user = self._heard = self._written = ""
        if not self._live.is_started:
            self._live.start()
        self._draw()

    def _print_turn(self, turn: Turn) -> None:
        if turn.outcome == "nothing_said":
            return
        if turn.user:
            self._console.print(_line("You", turn.user, "bold"))
        reply = _line("Assistant", turn.heard, "cyan")
        if turn.outcome == "interrupted":
            reply.append(" – interrupted", style="dim")
        self._console.print(reply)
        if turn.passages:
            sources = "; ".join(passage.written() for passage in turn.passages)
            self._console.print(_line("perhaps" if turn.doubtful else "from", sources, "dim"))

    def _draw(self) -> None:
        mark, style = _LOOK[self._state]
        lines = [Text(f"{mark} {self._state}", style=style)]
        if self._opened_by and self._state == "listening":
            lines = [Text(f"○ closed; {self._opened_by} opens the microphone", style="dim")]
        elif self._opened_by and self._state == "hearing":
            lines = [Text(f"{mark} open ({self._opened_by})", style=style)]
        if self._user:
            lines.append(_line("You", self._user, "bold" if self._final else "dim"))
        if self._written:
            reply = _line("Assistant", self._heard, "cyan")
            rest = one_line(self._written)[len(one_line(self._heard)) :]
            lines.append(reply.append(rest, style="dim"))
        self._live.update(Group(*lines), refresh=True)


def _line(who: str, text: str, style: str) -> Text:
    return Text.assemble((f"{who:>9}  ", "dim"), (one_line(text), style), overflow="fold")


def _hide_typing() -> Callable[[], None]:
    """Keys that are pressed meanwhile would be written into the picture; call what is returned to show them again."""
    try:
        import termios
    except ImportError:  # Windows
        return lambda: None
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, termios.error):
        return lambda: None
    hidden = list(before)
    hidden[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, hidden)
    return lambda: termios.tcsetattr(terminal, termios.TCSADRAIN, before)
