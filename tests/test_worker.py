"""Worker: what its thread runs, in which order, and what a cancelled or failed call leaves behind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, suppress

import pytest

from assistant.concurrency import worker as module
from assistant.concurrency.worker import Worker

LIMIT = 20.0  # seconds; only a test that fails waits so long


@pytest.fixture
def worker():
    worker = Worker("under test")
    yield worker
    worker.close()


class Gate:
    """A blocking function: ``begun`` is set when the thread is in it, and it returns when ``open`` is set."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.open.wait(LIMIT)
        return "opened"

    async def entered(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, LIMIT)


def run(coroutine):
    """`asyncio.run`, with a bound for a worker that never answers."""
    return asyncio.run(asyncio.wait_for(coroutine, LIMIT))


async def turns(count: int = 3) -> None:
    """Let tasks that were just created, or told something, go as far as they can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def cancel(task: asyncio.Task) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


def test_a_call_returns_what_the_function_returns_for_its_arguments(worker):
    assert run(worker.call(divmod, 17, 5)) == (3, 2)
    assert run(worker.call(lambda: None)) is None


def test_calls_run_in_one_daemon_thread_of_that_name_and_not_in_the_loops(worker):
    async def twice():
        return [await worker.call(threading.current_thread) for _ in range(2)]

    first, second = run(twice())
    assert first is second and first is not threading.current_thread()
    assert first.daemon and first.name == "under test"


@pytest.mark.parametrize(
    "error", [ValueError("wrong"), SystemExit(3), KeyboardInterrupt()], ids=lambda e: type(e).__name__
)
def test_what_a_call_raises_reaches_its_awaiter_and_the_thread_goes_on(worker, error):
    def fail():
        raise error

    async def caught():
        try:
            await worker.call(fail)
        except BaseException as raised:  # SystemExit and KeyboardInterrupt would end the loop
            return raised

    assert run(caught()) is error
    assert run(worker.call(len, "alive")) == 5


def test_calls_run_one_after_the_other_in_the_order_asked(worker):
    gate, ran = Gate(), []

    async def many():
        first = asyncio.create_task(worker.call(gate))
        await gate.entered()
        later = [asyncio.create_task(worker.call(ran.append, number)) for number in range(5)]
        await turns()
        assert ran == []  # the thread is still in the first
        gate.open.set()
        await asyncio.gather(first, *later)

    run(many())
    assert ran == [0, 1, 2, 3, 4]


def test_the_loop_goes_on_while_a_call_blocks(worker):
    gate = Gate()

    async def side_by_side():
        task = asyncio.create_task(worker.call(gate))
        await gate.entered()
        assert not task.done()
        gate.open.set()
        return await task

    assert run(side_by_side()) == "opened"


def test_a_call_cancelled_before_its_turn_never_runs(worker):
    gate, ran = Gate(), []

    async def cancelled_in_the_queue():
        busy = asyncio.create_task(worker.call(gate))
        await gate.entered()
        waiting = asyncio.create_task(worker.call(ran.append, "cancelled"))
        await turns()
        await cancel(waiting)
        gate.open.set()
        await busy
        await worker.call(ran.append, "next")

    run(cancelled_in_the_queue())
    assert ran == ["next"]


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
def test_a_call_cancelled_while_it_runs_is_let_finish_and_its_outcome_dropped(worker, fails):
    gate, finished, complaints = Gate(), [], []

    def work():
        gate()
        finished.append(True)
        if fails:
            raise ValueError("nobody is there to hear it")

    async def cancelled_in_the_thread():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        task = asyncio.create_task(worker.call(work))
        await gate.entered()
        await cancel(task)  # returns although the thread is in the function
        assert finished == []
        gate.open.set()
        answer = await worker.call(len, "next")
        await turns()
        return answer

    assert run(cancelled_in_the_thread()) == 4
    assert finished == [True] and complaints == []


def test_a_result_for_a_loop_that_is_closed_is_dropped_and_the_thread_goes_on(worker):
    gate = Gate()

    async def leave():
        asyncio.create_task(worker.call(gate))
        await gate.entered()

    run(leave())
    gate.open.set()
    assert run(worker.call(len, "next")) == 4


def test_close_lets_the_queued_calls_finish():
    worker, gate, ran = Worker("closing"), Gate(), []

    async def queued():
        tasks = [asyncio.create_task(worker.call(gate)), asyncio.create_task(worker.call(ran.append, "queued"))]
        await gate.entered()
        closing = asyncio.create_task(asyncio.to_thread(worker.close, LIMIT))
        gate.open.set()
        await asyncio.gather(*tasks, closing)

    run(queued())
    assert ran == ["queued"] and not worker._thread.is_alive()


def test_close_does_not_wait_for_a_call_that_does_not_end():
    worker, gate = Worker("stuck"), Gate()

    async def stuck():
        task = asyncio.create_task(worker.call(gate))
        await gate.entered()
        worker.close(timeout=0)
        assert worker._thread.is_alive() and not task.done()
        gate.open.set()
        return await task

    assert run(stuck()) == "opened"
    worker._thread.join(LIMIT)
    assert not worker._thread.is_alive()


def test_a_call_after_close_never_runs():
    worker, ran = Worker("closed"), []
    worker.close(LIMIT)

    async def late():
        task = asyncio.create_task(worker.call(ran.append, "late"))
        await turns()
        assert not task.done()
        await cancel(task)

    run(late())
    assert ran == [] and not worker._thread.is_alive()


async def all_of(worker: Worker, produce) -> list:
    async with aclosing(worker.stream(produce)) as items:
        return [item async for item in items]


@pytest.mark.parametrize("count", [0, 1, 3 * module._READ_AHEAD])
def test_a_stream_yields_every_item_in_order(worker, count):
    assert run(all_of(worker, lambda _cancelled: iter(range(count)))) == list(range(count))


def test_none_is_an_item_of_a_stream_like_others(worker):
    assert run(all_of(worker, lambda _cancelled: [1, None, 2])) == [1, None, 2]


def test_a_stream_yields_an_item_before_the_next_is_made(worker):
    gate = Gate()

    def produce(_cancelled):
        yield "first"
        yield gate()

    async def step_by_step():
        async with aclosing(worker.stream(produce)) as items:
            assert await anext(items) == "first"
            gate.open.set()
            return [item async for item in items]

    assert run(step_by_step()) == ["opened"]


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3)], ids=lambda e: type(e).__name__)
def test_what_a_stream_raises_comes_behind_the_items_before_it(worker, before, error):

    def produce(_cancelled):
        yield from range(before)
        raise error

    async def heard():
        items = []
        with pytest.raises(type(error)) as caught:
            async with aclosing(worker.stream(produce)) as stream:
                async for item in stream:
                    items.append(item)
        assert caught.value is error
        return items

    assert run(heard()) == list(range(before))
    assert run(worker.call(len, "next")) == 4


def test_a_stream_runs_ahead_of_its_consumer_by_a_bounded_number_of_items(worker):
    made, full = [], threading.Event()

    def produce(_cancelled):
        for number in range(100):
            made.append(number)
            if number == module._READ_AHEAD:
                full.set()
            yield number

    async def slow():
        async with aclosing(worker.stream(produce)) as items:
            assert await anext(items) == 0
            assert await asyncio.to_thread(full.wait, LIMIT)
        await worker.call(len, "behind it")  # the stream has left the thread

    run(slow())
    assert module._READ_AHEAD < len(made) <= module._READ_AHEAD + 2


def looking(gate: Gate, told: list[bool]):
    """A stream of one item that is in ``gate`` behind it, and then looks whether it is cancelled."""

    def produce(cancelled):
        yield "first"
        told.append(cancelled())
        gate()
        told.append(cancelled())

    return produce


def test_closing_a_stream_tells_its_producer_and_frees_the_thread(worker):
    gate, told = Gate(), []

    async def leave():
        async with aclosing(worker.stream(looking(gate, told))) as items:
            assert await anext(items) == "first"
            await gate.entered()
        gate.open.set()
        return await worker.call(len, "next")

    assert run(leave()) == 4
    assert told == [False, True]


def test_cancelling_the_consumer_tells_the_producer_and_frees_the_thread(worker):
    gate, told = Gate(), []

    async def interrupted():
        task = asyncio.create_task(all_of(worker, looking(gate, told)))
        await gate.entered()
        await cancel(task)
        gate.open.set()
        return await worker.call(len, "next")

    assert run(interrupted()) == 4
    assert told == [False, True]


def test_a_stream_that_waits_for_room_is_freed_when_its_consumer_leaves(worker):
    made, full, left = [], threading.Event(), []

    def produce(_cancelled):
        try:
            for number in range(100):
                made.append(number)
                if number == module._READ_AHEAD:
                    full.set()
                yield number
        finally:
            left.append(True)

    async def leave():
        async with aclosing(worker.stream(produce)) as items:
            await anext(items)
            assert await asyncio.to_thread(full.wait, LIMIT)
        return await worker.call(len, "next")

    assert run(leave()) == 4
    assert left == [True] and len(made) < 100


def test_a_stream_cancelled_before_its_turn_never_runs(worker):
    gate, ran = Gate(), []

    def produce(_cancelled):
        ran.append("cancelled")
        yield 1

    async def cancelled_in_the_queue():
        busy = asyncio.create_task(worker.call(gate))
        await gate.entered()
        waiting = asyncio.create_task(all_of(worker, produce))
        await turns()
        await cancel(waiting)
        gate.open.set()
        await busy
        await worker.call(ran.append, "next")

    run(cancelled_in_the_queue())
    assert ran == ["next"]
