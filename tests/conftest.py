"""What every test has in common: no time limit on examples; nothing touches the user's own data and config folders.

Where two files of tests run at a time, a test in real time (a sound card made of software) runs alone: its sound must
not stutter because of the other one.
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not what is wrong with the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

for _number in (signal.SIGINT, signal.SIGQUIT):  # a script that starts the tests in the background has them ignored
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return (yield)
    alone = item.get_closest_marker("real_time") is not None or "card" in getattr(item, "fixturenames", ())
    folder = Path(tempfile.gettempdir())
    # Who waits to be alone holds the gate, so that the others cannot go on for ever before it.
    with (
        _locked(folder / f"{run}-gate", fcntl.LOCK_EX) as gate,
        _locked(folder / f"{run}-test", fcntl.LOCK_EX if alone else fcntl.LOCK_SH),
    ):
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)


def pytest_sessionfinish() -> None:
    if run := os.environ.get("PYTEST_XDIST_TESTRUNUID"):
        for name in ("gate", "test"):
            (Path(tempfile.gettempdir()) / f"{run}-{name}").unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, how)
        yield file
    finally:
        os.close(file)


@pytest.fixture(autouse=True, scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        (folder / "voice-assistant").mkdir(mode=0o700)  # as the program makes it, whichever test writes there first
        patch.setenv("XDG_DATA_HOME", str(folder))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield folder


@pytest.fixture(autouse=True)
def no_pins(data_folder: Path):
    """What one test fetches by a name is nothing to the next, whose hub may have other files by that name."""
    yield
    (data_folder / "voice-assistant/models.lock.toml").unlink(missing_ok=True)
