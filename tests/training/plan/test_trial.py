"""The trial on a busy machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Plays steps of (seconds, seconds of all threads) to the trial's clock of two threads; gives it, and the step at
    which it ended the trial."""
    pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    from training.fit import trial

    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)

    def play(*steps: tuple[float, float], threads: int = 2):
        now, used = [0.0], [0.0]
        monkeypatch.setattr(trial.time, "perf_counter", lambda: now[0])
        monkeypatch.setattr(trial.time, "process_time", lambda: used[0])
        monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
        clock = trial._clock(threads)
        for number, (seconds, work) in enumerate(steps, 1):
            clock.on_step_begin(None, None, None)
            now[0], used[0] = now[0] + seconds, used[0] + work
            control = SimpleNamespace(should_training_stop=False)
            clock.on_step_end(None, None, control)
            if control.should_training_stop:
                return clock, number
        return clock, None

    return play


def test_a_busy_machine_gets_one_more_step_on_one_thread(clock) -> None:
    _, ended = clock((9.0, 9.0), (1.0, 1.95), (1.0, 1.9))
    assert ended == 3
    busy, ended = clock((1.0, 2.0), (8.0, 8.0), (9.0, 9.0), (2.2, 2.0))
    assert ended is None and busy.seconds[-1] == pytest.approx(2.2) and busy.used[-1] == pytest.approx(2.0)
    _, ended = clock((9.0, 1.0), (1.0, 0.1), (1.0, 0.1), threads=0)
    assert ended == 3  # the CPU's time tells nothing: a GPU trains, or nobody else wanted the CPU


def test_low_use_of_the_cpu_is_put_down_to_others_only_where_more_threads_than_cores_wanted_it(monkeypatch) -> None:
    from training.fit import trial

    monkeypatch.setattr(trial.memory, "gpu", lambda: False)
    monkeypatch.setattr(trial.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(trial.weights, "threads", lambda: 4)
    for load, threads in ((1.0, 0), (8.0, 0), (8.5, 4)):
        monkeypatch.setattr(trial.os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert trial._watched() == threads
    monkeypatch.setattr(trial.memory, "gpu", lambda: True)
    assert trial._watched() == 0


def test_what_is_timed_are_rows_of_middle_length_and_the_last_of_them_again_on_one_thread() -> None:
    from training.fit.trial import _batches

    longest, one, two, again = _batches([{"length": length} for length in (90, 80, 70, 60, 50, 40, 30, 20, 10, 1)], 2)
    assert [row["length"] for row in longest + one + two] == [90, 80, 60, 50, 40, 30] and again == two
    assert [len(batch) for batch in _batches([{"length": 9}], 4)] == [1] * 4


def test_one_thread_is_compared_with_the_step_on_the_same_rows(clock) -> None:
    from training.fit.trial import _alone

    def alone(third: float) -> tuple[float | None, float | None]:
        busy, _ = clock((1.0, 1.0), (50.0, 3.0), (third, 3.0), (2.2, 2.0))
        return _alone(busy, 2)

    assert alone(9.0) == (pytest.approx(1.0), pytest.approx(2.2))
    assert alone(2.5) == (pytest.approx(1.0), None)  # the step on other rows took 50 s
    assert _alone(clock((1.0, 1.0), (1.0, 2.0), (1.0, 2.0))[0], 2) == (None, None)


def test_plan_tells_the_time_as_busy_as_it_is_and_when_quiet() -> None:
    from assistant.cli.train.plan import _quiet
    from training.fit.trial import Trial

    busy = _quiet(Trial("trl", 20.0, 2.2, 1.0, 9.0, 2e9), 60)
    assert (
        "with nothing else running 1.00 s each at best = 60 s" in busy
        and "2.20 s per step with OMP_NUM_THREADS=1" in busy
    )
    assert "OMP_NUM_THREADS" not in _quiet(Trial("trl", 2.0, None, 1.0, 9.0, 2e9), 60)
    assert _quiet(Trial("trl", 1.0, None, None, 9.0, 2e9), 60) == ""
