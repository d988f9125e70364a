"""What is too late, on virtual time; a process that was stopped is a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import pytest

from assistant.patience import Patience, TooLate, within
from tests import virtual_clock


class JumpingClock(virtual_clock.VirtualClockLoop):
    """Stands still for the process between two moments: it runs on for others."""

    def halt(self, at: float, seconds: float) -> None:
        self.call_at(at, self._jump, seconds)

    def _jump(self, seconds: float) -> None:
        self._now += seconds


def run(main: Coroutine):
    with asyncio.Runner(loop_factory=JumpingClock) as runner:
        return runner.run(main)


async def after(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0, 7.9])
def test_what_comes_in_time_is_given(seconds):
    assert run(within(8.0, after(seconds))) == seconds


@pytest.mark.parametrize("limit", [0.0, 0.1, 0.25, 1.1, 8.0])
def test_what_does_not_is_too_late_and_is_cancelled(limit):
    cancelled = []

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(asyncio.get_running_loop().time())

    async def wait() -> None:
        with pytest.raises(TooLate):
            await within(limit, for_ever())

    run(wait())
    assert cancelled == [pytest.approx(limit, abs=1e-6)]


def test_the_time_in_which_the_process_was_stopped_does_not_count():
    async def stopped() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingClock)
        loop.halt(1.0, 3600 - 60)
        event = asyncio.Event()
        loop.call_at(3545.0, event.set)  # 5 s after it goes on
        await within(8.0, event.wait())
        return loop.time()

    assert run(stopped()) == 3545.0


def test_other_timeouts_are_no_lateness():
    async def other() -> None:
        raise TimeoutError("of the network")

    with pytest.raises(TimeoutError, match="network") as caught:
        run(within(8.0, other()))
    assert not isinstance(caught.value, TooLate)


def test_who_is_cancelled_is_cancelled():
    async def cancelled() -> None:
        task = asyncio.ensure_future(within(8.0, after(5.0)))
        await asyncio.sleep(1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(cancelled())


def test_the_limit_grows_with_what_the_machine_needed_and_with_the_work():
    async def measured() -> None:
        patience = Patience(8.0, loading=0.5)
        assert patience.limit() == 16.0  # nothing is known yet
        await patience.wait(after(0.1))
        assert patience.limit() == 8.0
        await patience.wait(after(6.0), work=2.0)
        assert (patience.limit(), patience.limit(4.0), patience.limit(99.0)) == (24.0, 96.0, 120.0)

    assert Patience(8.0, loading=6.0).limit() == 48.0 and Patience(8.0, loading=600.0).limit() == 60.0
    assert Patience(40.0, loading=1.0).limit() == 80.0
    run(measured())


def test_a_stop_teaches_no_slowness():
    async def stopped() -> None:
        patience = Patience(8.0, loading=0.5)
        asyncio.get_running_loop().halt(0.1, 1000.0)
        await patience.wait(after(0.2))
        assert patience.limit() == 8.0

    run(stopped())


def test_time_that_was_given_up_counts_until_something_comes():
    async def given_up() -> None:
        patience = Patience(8.0, loading=0.5)
        await patience.wait(after(0.1), kind="reply")
        for _ in range(2):
            waiting = asyncio.ensure_future(patience.wait(asyncio.Event().wait(), kind="reply"))
            await asyncio.sleep(3)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        loop = asyncio.get_running_loop()
        await patience.wait(after(7.0), kind="warm")
        begun = loop.time()
        with pytest.raises(TooLate):
            await patience.wait(asyncio.Event().wait(), kind="reply", work=1 / 7)
        assert loop.time() - begun == pytest.approx(2.0, abs=0.5)

    run(given_up())
