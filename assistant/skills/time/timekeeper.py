"""Keeps timers, alarms and reminders, and has them ring: none is lost, and none rings twice, however the program ends
and however the clocks are set.

A timer follows a steady clock, which counts on while the machine sleeps; what is due at a time of day follows the wall
clock. Before something rings it is written down as ringing. What was ringing or became due while the program was down
is not rung any more, but told at the next start.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import AssistantError, first_leaf
from assistant.skills.stored import entries as file
from assistant.skills.stored.entries import Entry, Kind
from assistant.skills.stored.machine_time import boot_clock, here
from assistant.skills.values.spoken_time import later, local

__all__ = ["Entry", "Timekeeper"]

Ring = Callable[[Entry], Awaitable[None]]
LOOK = 0.15
"""Seconds from one look at the clocks to the next: the wall clock may be set, and the machine may sleep."""
_TRY = 2.0  # seconds until another process is asked again whether it still keeps the time
_JUMP = 0.5  # seconds that the wall clock must be set by
_KINDS: tuple[Kind, ...] = ("timer", "alarm", "reminder")
_RECENT = 600.0  # seconds after which what rang is no longer snoozed


def _singular(name: str) -> list[str]:
    return [word.removesuffix("s") for word in name.lower().split()]


class Timekeeper:
    """For one user's file. Of several processes one keeps the time; the others only read, until it ends."""

    def __init__(
        self,
        path: Path,
        wall: Callable[[], datetime] = here,
        steady: Callable[[], tuple[str, float]] = boot_clock,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``wall`` is aware, of a zone with its daylight saving time; ``steady`` gives since when it counts, and its
        seconds. Raises AssistantError when ``path`` cannot be read."""
        self.path = path
        self._wall, self._steady, self._notice = wall, steady, notice
        self._entries: dict[str, Entry] = {}
        self._stamp = (-1, 0, 0)
        self._offset = 0.0
        self._told = ""
        self._ringing: dict[str, asyncio.Future[None]] = {}
        self._rang: tuple[Entry, float] | None = None
        self._changed = asyncio.Event()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FileLock(path.with_suffix(".lock"), mode=0o600, thread_local=False)
            if not self._keeps(was_down=True):
                self._read()
        except OSError as error:
            raise self._unable(error) from None

    def close(self) -> None:
        """Let another process keep the time."""
        self._lock.release(force=True)

    # ---- what there is ----------------------------------------------------------------------------------------------

    def entries(self, *kinds: Kind) -> list[Entry]:
        """Those that will ring, or do, the next first; all kinds unless some are named."""
        self._read()
        found = [
            entry for entry in self._entries.values() if entry.state != "missed" and entry.kind in (kinds or _KINDS)
        ]
        return sorted(found, key=self.left)

    def find(self, name: str, *kinds: Kind) -> list[Entry]:
        """Those of that name; where none has it, those whose name holds these words."""
        asked = _singular(name)
        among = self.entries(*kinds)
        if exact := [entry for entry in among if _singular(entry.name) == asked]:
            return exact
        return [entry for entry in among if asked and set(asked) <= set(_singular(entry.name))]

    def ringing(self) -> list[Entry]:
        return [self._entries[id] for id in self._ringing if id in self._entries]

    def just_rang(self) -> list[Entry]:
        """What rang last, if that was a moment ago."""
        return [self._rang[0]] if self._rang and self._steady()[1] - self._rang[1] < _RECENT else []

    def missed(self) -> list[Entry]:
        """What became due while the program was down, or was ringing when it was ended. See `told`."""
        self._read()
        return sorted((entry for entry in self._entries.values() if entry.state == "missed"), key=lambda one: one.due)

    def left(self, entry: Entry) -> timedelta:
        """Until it rings; negative = it should have rung."""
        if entry.left is not None:
            return entry.left
        boot, seconds = self._steady()
        if entry.steady is not None and entry.boot == boot:
            return timedelta(seconds=entry.steady - seconds)
        return timedelta(seconds=entry.due.timestamp() - self._wall().timestamp())

    # ---- what changes it: each raises AssistantError when it cannot be written, or another process keeps the time ---

    def set(
        self,
        kind: Kind,
        name: str = "",
        *,
        after: timedelta | None = None,
        at: datetime | None = None,
        repeat: Iterable[int] = (),
    ) -> Entry:
        """``after`` now, or ``at`` a time; where it repeats, at that time of these days, from the next one on."""
        self._must_keep()
        id = secrets.token_hex(4)
        if after is not None:
            return self._put(self._running(Entry(id, kind, name, self._wall(), length=after), after))
        assert at is not None
        at = at.astimezone(self._wall().tzinfo)
        entry = Entry(id, kind, name, at, repeat=frozenset(repeat), clock=at.time() if repeat else None)
        return self._put(replace(entry, due=self._next(entry)) if entry.repeat else entry)

    def cancel(self, *cancelled: Entry) -> None:
        self._must_keep()
        self._remove(*cancelled)
        self._silence(cancelled)

    def put_back(self, *entries: Entry) -> None:
        """As they are given, whatever they were before."""
        self._must_keep()
        self._write(self._entries | {entry.id: entry for entry in entries})

    def change(self, entry: Entry, *, by: timedelta | None = None, to: timedelta | datetime | None = None) -> Entry:
        """Ring so much later, or in so long, or then."""
        self._must_keep()
        changed = self._put(self._other(entry, by, to))
        self._silence([entry])
        return changed

    def _other(self, entry: Entry, by: timedelta | None, to: timedelta | datetime | None) -> Entry:
        if by is not None and entry.steady is None and entry.left is None:  # it follows the wall clock
            to = later(entry.due, by)
        if isinstance(to, datetime):
            to = to.astimezone(self._wall().tzinfo)
            clock = to.time() if entry.repeat else None
            entry = replace(entry, due=to, state="waiting", steady=None, boot="", left=None, length=None, clock=clock)
            return replace(entry, due=self._next(entry)) if entry.repeat else entry
        left = self.left(entry) + by if by is not None else to
        assert left is not None
        length = entry.length and entry.length + by if by is not None else left
        if entry.state == "paused":
            return replace(entry, left=left, length=length)
        return self._running(replace(entry, length=length, repeat=frozenset(), clock=None), left)

    def pause(self, entry: Entry) -> Entry:
        self._must_keep()
        return self._put(replace(entry, state="paused", left=self.left(entry), steady=None, boot=""))

    def resume(self, entry: Entry) -> Entry:
        self._must_keep()
        return self._put(self._running(entry, self.left(entry)))

    def stop(self, *entries: Entry) -> list[Entry]:
        """Silence these that ring, or all; which did."""
        stopped = [entry for entry in self.ringing() if not entries or entry.id in {one.id for one in entries}]
        for entry in stopped:
            self._finish(entry)
        self._silence(stopped)
        return stopped

    def snooze(self, span: timedelta) -> list[Entry]:
        """Silence what rings, and let it ring again later; or what rang a moment ago. What will ring again."""
        self._must_keep()
        rang = self.ringing() or self.just_rang()
        again = [self._running(Entry(secrets.token_hex(4), one.kind, one.name, one.due), span) for one in rang]
        kept = dict(self._entries)
        for one in rang:
            was = kept.pop(one.id, None)
            if one.repeat and was:
                kept[one.id] = self.after(one)
        self._write(kept | {entry.id: entry for entry in again})
        self._silence(rang)
        self._rang = None
        return again

    def _silence(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if ringing := self._ringing.pop(entry.id, None):
                ringing.cancel()

    def told(self, missed: Iterable[Entry]) -> None:
        """The user heard of these. Only then they are dropped: a program killed before tells it again."""
        self._must_keep()
        self._remove(*missed)

    # ---- how it rings -----------------------------------------------------------------------------------------------

    async def run(self, ring: Ring) -> None:
        """For ever. ``ring`` is called once for each that is due, for several at once, and returns when the user
        stopped it or it gave up; it is cancelled by `stop`."""
        async with asyncio.TaskGroup() as group:
            while True:
                if keeps := self._keeps_now():
                    self._follow_clocks()
                    for entry in self._ring_now():
                        group.create_task(self._rung(entry, ring))
                waiting = [self.left(entry) for entry in self._entries.values() if entry.state == "waiting"]
                soon = min(LOOK, max(0.0, min(waiting).total_seconds())) if waiting else None
                self._changed.clear()
                try:
                    async with asyncio.timeout(soon if keeps else _TRY):
                        await self._changed.wait()
                except TimeoutError:
                    pass

    def _ring_now(self) -> list[Entry]:
        """What is due, written down as ringing."""
        due = [
            replace(entry, state="ringing")
            for entry in self._entries.values()
            if entry.state == "waiting" and self.left(entry) <= timedelta()
        ]
        if due:
            self._entries |= {entry.id: entry for entry in due}
            self._save_or_tell()
        return due

    async def _rung(self, entry: Entry, ring: Ring) -> None:
        ringing = asyncio.ensure_future(ring(entry))
        self._ringing[entry.id] = ringing
        try:
            await asyncio.wait([ringing])
        finally:
            ringing.cancel()  # the program ends: it stays written down as ringing, and is told at the next start
        self._ringing.pop(entry.id, None)
        if not ringing.cancelled() and (error := ringing.exception()):
            self._notice(f"the {entry.kind} {entry.name} could not ring: {first_leaf(error)}".replace("  ", " "))
        self._finish(entry)

    def _finish(self, entry: Entry) -> None:
        """It rang: drop it, or plan the next time."""
        rings = self._entries.get(entry.id)
        if rings is None or rings.state != "ringing":
            return
        self._rang = (entry, self._steady()[1])
        del self._entries[entry.id]
        if rings.repeat:
            self._entries[entry.id] = self.after(rings)
        self._save_or_tell()
        self._changed.set()

    # ---- clocks -----------------------------------------------------------------------------------------------------

    def _running(self, entry: Entry, left: timedelta) -> Entry:
        boot, seconds = self._steady()
        due = later(self._wall(), left)
        return replace(entry, state="waiting", due=due, left=None, steady=seconds + left.total_seconds(), boot=boot)

    def after(self, entry: Entry) -> Entry:
        """It as it is after the next time that it rings. It must repeat."""
        entry = replace(entry, state="waiting", last=entry.due)
        return replace(entry, due=self._next(entry))

    def _next(self, entry: Entry) -> datetime:
        """When it repeats: after now, and after the time for which it rang last, should the clock have gone back."""
        assert entry.clock is not None
        now = self._wall()
        since = max((now, entry.last or now), key=datetime.timestamp).astimezone(now.tzinfo)
        days = (since.date() + timedelta(days=day) for day in range(-1, 9))
        times = (local(day, entry.clock, since) for day in days if day.weekday() in entry.repeat)
        return next(at for at in times if at.timestamp() > since.timestamp())

    def _follow_clocks(self) -> None:
        """Where the wall clock was set, what follows the other is written anew, and what repeats may come sooner."""
        boot, seconds = self._steady()
        wall = self._wall()
        offset = wall.timestamp() - seconds
        if abs(offset - self._offset) < _JUMP:
            return
        self._offset = offset
        changed = {}
        for entry in self._entries.values():
            if entry.state != "waiting":
                continue
            if entry.steady is not None:
                changed[entry.id] = self._running(entry, self.left(entry))
            elif entry.repeat and (due := self._next(entry)).timestamp() < entry.due.timestamp():
                changed[entry.id] = replace(entry, due=due)
        if changed:
            self._entries |= changed
            self._save_or_tell()

    # ---- the file ---------------------------------------------------------------------------------------------------

    def _keeps(self, was_down: bool = False) -> bool:
        """Whether this process keeps the time, from now on if no other does. Raises OSError."""
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        try:
            self._recover(was_down)
        except OSError:
            self._lock.release()
            raise
        return True

    def _recover(self, was_down: bool) -> None:
        """What the last one that kept the time left behind. Raises OSError."""
        self._entries = file.load(self.path, self._notice)
        missed = {}
        for entry in self._entries.values():
            if entry.state == "ringing" or (was_down and entry.state == "waiting" and self.left(entry) <= timedelta()):
                if entry.repeat:
                    missed[entry.id] = self.after(entry)
                    entry = replace(entry, id=secrets.token_hex(4), repeat=frozenset(), clock=None, last=None)
                rang = entry.state == "ringing"
                missed[entry.id] = replace(entry, state="missed", steady=None, boot="", rang=rang)
        if missed:
            self._entries |= missed
            file.save(self.path, self._entries.values())

    def _keeps_now(self) -> bool:
        try:
            return self._keeps()
        except OSError as error:
            self._tell(error)
            return False

    def _must_keep(self) -> None:
        try:
            if self._keeps():
                return
        except OSError as error:
            raise self._unable(error) from None
        raise AssistantError(
            "another assistant that is running keeps the timers and reminders; tell that one, or end it first"
        )

    def _read(self) -> None:
        """What another process wrote meanwhile."""
        if self._lock.is_locked:
            return
        stamp = file.stamp(self.path)
        if stamp != self._stamp:
            self._entries, self._stamp = file.load(self.path, self._notice, mend=False), stamp

    def _put(self, entry: Entry) -> Entry:
        self._write(self._entries | {entry.id: entry})
        return entry

    def _remove(self, *removed: Entry) -> None:
        gone = {entry.id for entry in removed}
        self._write({id: entry for id, entry in self._entries.items() if id not in gone})

    def _write(self, entries: dict[str, Entry]) -> None:
        try:
            file.save(self.path, entries.values())
        except OSError as error:
            raise self._unable(error) from None
        self._entries = entries
        self._changed.set()

    def _save_or_tell(self) -> None:
        """What rings must ring, written down or not."""
        try:
            file.save(self.path, self._entries.values())
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        """Once, not at each look at the clocks."""
        if self._told != (text := str(self._unable(error))):
            self._told = text
            self._notice(text)

    def _unable(self, error: OSError) -> AssistantError:
        reason = os.strerror(error.errno) if error.errno else error
        return AssistantError(
            f"timers and reminders cannot be kept in {self.path} ({reason}); make room or free it there"
        )
