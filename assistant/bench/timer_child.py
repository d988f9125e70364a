"""The program that bench/timers.py starts and kills: it keeps timers, and writes down what rings and what it tells.

Its steady clock is the machine's; its wall clock is that plus what stands in the file ``offset``, which the other
process changes. Commands come as lines of JSON, and each is answered by a line.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import random
import struct
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.skills.stored.machine_time import boot_clock
from assistant.skills.time.timekeeper import Entry, Timekeeper

EPOCH = datetime(2026, 12, 2, 15, 20, tzinfo=UTC).timestamp()
"""What the wall clock shows at the steady clock's zero, while the offset is none."""
_LONGEST_RING = 0.2  # seconds


class Child:
    def __init__(self, folder: Path) -> None:
        with (folder / "offset").open("rb") as file:
            self._offset = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
        self._log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._began = boot_clock()[1]
        self.keeper = Timekeeper(
            folder / "timers.json", self._wall, boot_clock, lambda text: self._write("notice", text)
        )

    def _wall(self) -> datetime:
        (offset,) = struct.unpack("d", self._offset[:8])
        return datetime.fromtimestamp(EPOCH + boot_clock()[1] + offset, UTC)

    def _write(self, what: str, name: str, due: float = 0.0) -> None:
        os.write(self._log, f"{json.dumps([what, name, boot_clock()[1], due])}\n".encode())

    async def run(self) -> None:
        missed = self.keeper.missed()
        _say({"began": self._began, "there": [_row(entry) for entry in [*self.keeper.entries(), *missed]]})
        for entry in missed:
            self._write("told", entry.name, entry.due.timestamp())
        if missed:
            self.keeper.told(missed)
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop, ending), daemon=True).start()
        ringing = asyncio.create_task(self.keeper.run(self._ring))
        await ending.wait()
        ringing.cancel()
        await asyncio.wait([ringing])
        self.keeper.close()

    async def _ring(self, entry: Entry) -> None:
        self._write("rang", entry.name, entry.due.timestamp())
        await asyncio.sleep(random.uniform(0.0, _LONGEST_RING))

    def _listen(self, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lambda asked: _say(self._done(asked)), json.loads(line))
        loop.call_soon_threadsafe(ending.set)

    def _done(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Change what is asked for; {} = there is no such entry any more."""
        if asked["do"] == "set":
            if asked["kind"] == "timer":
                return _row(self.keeper.set("timer", asked["name"], after=timedelta(seconds=asked["seconds"])))
            return _row(self.keeper.set("alarm", asked["name"], at=self._after(asked["seconds"]), repeat=asked["days"]))
        found = [entry for entry in self.keeper.find(asked["name"]) if entry.state != "ringing"]
        if not found:
            return {}
        if asked["do"] == "cancel":
            self.keeper.cancel(*found)
            return _row(found[0])
        seconds = timedelta(seconds=asked["seconds"])
        if found[0].kind == "timer":
            return _row(self.keeper.change(found[0], to=seconds))
        return _row(self.keeper.change(found[0], to=self._after(asked["seconds"])))

    def _after(self, seconds: float) -> datetime:
        return self._wall() + timedelta(seconds=seconds)


def _row(entry: Entry) -> dict[str, Any]:
    return {"name": entry.name, "steady": entry.steady, "due": entry.due.timestamp(), "now": boot_clock()[1]}


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(Child(Path(sys.argv[1])).run())
