"""On virtual time: a steady clock, and a wall clock that can be set."""

from __future__ import annotations

import asyncio
import json
import stat
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.skills.stored import entries
from assistant.skills.time.timekeeper import Timekeeper
from tests import virtual_clock

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 2, 15, 20, tzinfo=BERLIN)
MINUTE = timedelta(minutes=1)


class Scene:
    """Starts and ends the program; what rang is noted with the seconds that have passed, and whether it was late."""

    def __init__(self, path):
        self.path = path
        self.passed = 0.0
        self.set_by = timedelta()
        self.boot = "first"
        self.rang: list[tuple[float, str]] = []
        self.notices: list[str] = []

    def _seconds(self):
        try:
            return self.passed + asyncio.get_running_loop().time()
        except RuntimeError:
            return self.passed

    def wall(self):
        return (NOW.astimezone(UTC) + timedelta(seconds=self._seconds()) + self.set_by).astimezone(BERLIN)

    def steady(self):
        return self.boot, self._seconds()

    def keeper(self):
        return Timekeeper(self.path, self.wall, self.steady, self.notices.append)

    @asynccontextmanager
    async def running(self, rings=0.0):
        """``rings``: seconds that each rings."""
        keeper = self.keeper()

        async def ring(entry):
            self.rang.append((round(self._seconds(), 1), entry.name or entry.kind))
            await asyncio.sleep(rings)

        task = asyncio.create_task(keeper.run(ring))
        try:
            yield keeper
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            keeper.close()

    def play(self, script, **options):
        async def main():
            async with self.running(**options) as keeper:
                await script(keeper)

        virtual_clock.run(main())


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "skills" / "timers.json")


def test_each_rings_once_at_its_time_also_at_the_same_moment(scene):
    async def script(keeper):
        keeper.set("timer", "pasta", after=10 * MINUTE)
        keeper.set("timer", "egg", after=10 * MINUTE)
        keeper.set("timer", after=timedelta(seconds=3))
        keeper.set("alarm", at=NOW + 5 * MINUTE)
        assert [entry.name or entry.kind for entry in keeper.entries()] == ["timer", "alarm", "pasta", "egg"]
        await asyncio.sleep(640)
        assert keeper.entries() == []

    scene.play(script, rings=30.0)
    assert scene.rang == [(3.0, "timer"), (300.0, "alarm"), (600.0, "pasta"), (600.0, "egg")]


def test_the_wall_clock_is_set_timers_stay_and_alarms_follow(scene):
    async def script(keeper):
        keeper.set("timer", "pasta", after=10 * MINUTE)
        keeper.set("alarm", "noon", at=NOW + 30 * MINUTE)
        await asyncio.sleep(60)
        scene.set_by = timedelta(hours=1)
        await asyncio.sleep(60)
        scene.set_by = -timedelta(hours=1)
        await asyncio.sleep(600)
        assert keeper.entries() == []

    scene.play(script)
    assert [name for _, name in scene.rang] == ["noon", "pasta"]
    assert [at for at, _ in scene.rang] == pytest.approx([60.0, 600.0], abs=0.3)


def test_an_alarm_that_repeats_rings_once_a_day_however_the_clock_is_set(scene):
    async def script(keeper):
        keeper.set("alarm", at=NOW + MINUTE, repeat=range(5))
        await asyncio.sleep(61)
        scene.set_by = -2 * MINUTE
        await asyncio.sleep(200)
        (alarm,) = keeper.entries()
        assert alarm.due == NOW + MINUTE + timedelta(days=1)
        scene.set_by = timedelta(days=2)  # over Thursday's
        await asyncio.sleep(1)
        scene.set_by = timedelta()
        await asyncio.sleep(1)
        (alarm,) = keeper.entries()
        assert alarm.due == NOW + MINUTE + timedelta(days=2)  # Friday's is not lost

    scene.play(script)
    assert [at for at, _ in scene.rang] == pytest.approx([60.0, 261.0], abs=0.3)


def test_weekdays_skip_the_weekend_and_keep_the_local_time_over_a_change_of_clocks(scene):
    keeper = scene.keeper()
    friday = datetime(2027, 3, 26, 7, 0, tzinfo=BERLIN)  # clocks go forward on the 28th
    scene.set_by = friday - NOW + MINUTE
    alarm = keeper.set("alarm", at=friday, repeat=range(5))
    assert alarm.due == datetime(2027, 3, 29, 7, 0, tzinfo=BERLIN)
    assert alarm.due.timestamp() - friday.timestamp() == 71 * 3600


def test_what_was_due_while_the_program_was_down_is_told_once_and_not_rung(scene):
    keeper = scene.keeper()
    keeper.set("timer", "tea", after=5 * MINUTE)
    keeper.set("alarm", "early", at=NOW + 2 * MINUTE, repeat=range(7))
    keeper.set("timer", "roast", after=60 * MINUTE)
    keeper.close()
    scene.passed = 1200.0

    async def script(keeper):
        assert [(entry.name, entry.due) for entry in keeper.missed()] == [
            ("early", NOW + 2 * MINUTE),
            ("tea", NOW + 5 * MINUTE),
        ]
        assert [entry.name for entry in keeper.entries()] == ["roast", "early"]
        await asyncio.sleep(5)

    scene.play(script)
    scene.play(script)  # killed before it was told
    keeper = scene.keeper()
    keeper.told(keeper.missed())
    keeper.close()
    assert scene.keeper().missed() == [] == scene.rang


def test_killed_while_it_rings_it_is_told_and_does_not_ring_again(scene):
    async def script(keeper):
        keeper.set("timer", "tea", after=MINUTE)
        await asyncio.sleep(61)

    scene.play(script, rings=100.0)
    scene.passed = 70.0

    async def after(keeper):
        assert [entry.name for entry in keeper.missed()] == ["tea"]
        assert keeper.missed()[0].missed_sentence(NOW) == "I was ended while it rang: the tea timer ran out " + (
            "at 3:21 in the afternoon."
        )
        await asyncio.sleep(100)

    scene.play(after)
    assert scene.rang == [(60.0, "tea")]


def test_it_is_written_down_as_ringing_before_it_rings(scene):
    async def main():
        keeper = scene.keeper()
        states = []

        async def ring(entry):
            states.extend(row["state"] for row in json.loads(scene.path.read_text())["entries"])

        task = asyncio.create_task(keeper.run(ring))
        keeper.set("timer", after=MINUTE)
        await asyncio.sleep(61)
        task.cancel()
        assert states == ["ringing"]

    virtual_clock.run(main())


def test_a_restart_of_the_machine_and_a_clock_set_meanwhile(scene):
    keeper = scene.keeper()
    keeper.set("timer", "roast", after=60 * MINUTE)
    keeper.close()
    scene.set_by = timedelta(hours=-5)  # the same boot: the steady clock decides
    assert (keeper := scene.keeper()).left(keeper.entries()[0]) == 60 * MINUTE
    keeper.close()
    scene.set_by, scene.boot, scene.passed = 20 * MINUTE, "second", 0.0  # a new one: the wall clock does
    keeper = scene.keeper()
    assert keeper.left(keeper.entries()[0]) == 40 * MINUTE


def test_stop_snooze_pause_change_cancel(scene):
    async def script(keeper):
        keeper.set("alarm", "up", at=NOW + MINUTE)
        await asyncio.sleep(61)
        assert [entry.name for entry in keeper.ringing()] == ["up"]
        (again,) = keeper.snooze(9 * MINUTE)
        assert keeper.ringing() == [] and keeper.entries() == [again]
        await asyncio.sleep(9 * 60 + 1)
        assert [entry.name for entry in keeper.stop()] == ["up"] and keeper.entries() == [] == keeper.stop()
        assert len(keeper.snooze(MINUTE)) == 1  # it rang a moment ago
        keeper.cancel(*keeper.entries())
        tea = keeper.pause(keeper.set("timer", "tea", after=5 * MINUTE))
        await asyncio.sleep(600)
        assert keeper.left(tea) == 5 * MINUTE
        tea = keeper.change(keeper.resume(tea), by=-2 * MINUTE)
        assert keeper.left(tea) == 3 * MINUTE and keeper.find("tea") == keeper.find("Teas") == [tea]
        keeper.cancel(tea)
        assert keeper.find("tea") == []

    scene.play(script, rings=1000.0)
    assert [name for _, name in scene.rang] == ["up", "up"]


def test_a_ring_that_fails_is_told_and_the_others_ring(scene):
    async def main():
        keeper = scene.keeper()
        rang = []

        async def ring(entry):
            rang.append(entry.name)
            if entry.name == "bad":
                raise AssistantError("no speaker")

        task = asyncio.create_task(keeper.run(ring))
        keeper.set("timer", "bad", after=MINUTE)
        keeper.set("timer", "good", after=2 * MINUTE)
        await asyncio.sleep(200)
        task.cancel()
        assert rang == ["bad", "good"] and scene.notices == ["the timer bad could not ring: no speaker"]

    virtual_clock.run(main())


def test_a_second_process_reads_only_and_takes_over_when_the_first_ends(scene):
    first, second = scene.keeper(), scene.keeper()
    tea = first.set("timer", "tea", after=MINUTE)
    assert second.entries() == [tea]
    with pytest.raises(AssistantError, match="another assistant"):
        second.cancel(tea)
    rang = []

    async def main():
        async def ring(entry):
            rang.append(entry.name)

        task = asyncio.create_task(second.run(ring))
        await asyncio.sleep(50)
        assert rang == []
        first.close()
        await asyncio.sleep(50)
        task.cancel()

    virtual_clock.run(main())
    assert rang == ["tea"]


@pytest.mark.parametrize("damage", [lambda text: text[:-40], lambda text: text.replace('"waiting"', '"asleep"', 1)])
def test_a_damaged_file_is_set_aside_and_nothing_is_lost(scene, damage):
    keeper = scene.keeper()
    keeper.set("timer", "tea", after=MINUTE)
    keeper.set("timer", "egg", after=MINUTE)
    keeper.close()
    text = damage(scene.path.read_text())
    scene.path.write_text(text)
    kept = [entry.name for entry in scene.keeper().entries()]
    assert kept == ([] if "asleep" not in text else ["egg"])
    assert "damaged" in scene.notices[0] and (scene.path.with_name("timers.damaged.json")).read_text() == text


def test_the_file_is_the_users_alone_and_an_unwritable_place_is_said(scene, monkeypatch):
    keeper = scene.keeper()
    tea = keeper.set("timer", "tea", after=MINUTE)
    assert stat.S_IMODE(scene.path.stat().st_mode) == 0o600

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rag.atomic.write_text", full)
    with pytest.raises(AssistantError, match="No space left"):
        keeper.cancel(tea)
    assert keeper.entries() == [tea]


_JUNK = st.recursive(st.none() | st.floats() | st.text("0T:-+ab", max_size=8), st.lists, max_leaves=3)


@settings(max_examples=60)
@given(st.sampled_from(["id", "kind", "name", "state", "due", "steady", "boot", "repeat", "clock", "left"]), _JUNK)
def test_whatever_a_file_holds_what_is_right_is_read(key, junk):
    right = {"id": "a", "kind": "alarm", "name": "up", "state": "waiting", "due": NOW.isoformat()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timers.json"
        path.write_text(json.dumps({"entries": [right, right | {"id": "b", key: junk}]}))
        assert entries.load(path, lambda text: None, mend=False)["a"].name == "up"


def test_what_is_snoozed_is_never_missing_from_the_file(scene, monkeypatch):
    from rag import atomic

    written = []
    real = atomic.write_text
    monkeypatch.setattr(atomic, "write_text", lambda path, text, mode: (written.append(text), real(path, text, mode)))

    async def script(keeper):
        keeper.set("alarm", "up", at=NOW + MINUTE)
        await asyncio.sleep(61)
        keeper.snooze(9 * MINUTE)
        await asyncio.sleep(1)
        await asyncio.sleep(9 * 60)
        keeper.change(keeper.ringing()[0], to=5 * MINUTE)
        await asyncio.sleep(1)

    scene.play(script, rings=1000.0)
    assert len(written) > 4 and all('"name": "up"' in text for text in written)
    assert [entry.name for entry in scene.keeper().entries()] == ["up"]
