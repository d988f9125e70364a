"""A command that is started again after a crash: real processes that die of real signals."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import textwrap

import psutil
import pytest

from tests.audio.test_sound_card import ROOT

HEAD = """
import os, signal, sys
from assistant.concurrency import restarts
from assistant.cli.supervised import supervised
from assistant.errors import AssistantError

def die(name):
    os.kill(os.getpid(), getattr(signal, name))

def work():
    print(f"born of {restarts.crash or 'nothing'} in {restarts.conversation or 'nothing'}", flush=True)
"""
TAIL = """
try:
    sys.exit(supervised(work))
except AssistantError as error:
    sys.exit(str(error))
"""


def started(body: str, before: str = "", **options) -> subprocess.Popen:
    """A program that runs ``body`` under supervision, ``before`` it in the parent."""
    program = before + HEAD + textwrap.indent(textwrap.dedent(body), "    ") + TAIL
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"} | options.pop("env", {})
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, text=True, env=environment, **options)


def ended(body: str, **options) -> tuple[int, list[str], str]:
    """Its exit code, the lines it printed, and what it complained of."""
    process = started(body, **options)
    out, complaint = process.communicate(timeout=30)
    return process.returncode, out.splitlines(), complaint


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGKILL"])
def test_after_a_crash_it_starts_again_and_knows_what_was_cut_off(name):
    code, lines, _ = ended(f"""
        if restarts.crash: return 7
        restarts.ready("20260101-abc")
        die({name!r})
    """)
    assert (code, lines) == (7, ["born of nothing in nothing", f"born of {name} in 20260101-abc"])


@pytest.mark.parametrize("code", [0, 1, 2, 130])
def test_what_ends_by_itself_is_not_started_again_and_its_code_passes_through(code):
    assert ended(f"return {code}")[:2] == (code, ["born of nothing in nothing"])


def test_twice_in_a_row_before_it_is_ready_is_enough():
    code, lines, complaint = ended("die('SIGABRT')")
    assert (code, len(lines)) == (1, 2)
    assert "crashed 2 times before it was ready (SIGABRT)" in complaint and complaint.count("\n") == 1


def test_a_start_that_crashes_once_is_tried_again_and_keeps_the_conversation():
    code, lines, _ = ended("""
        if restarts.crash == "SIGSEGV": die("SIGABRT")
        if restarts.crash: return 0
        restarts.ready("abc")
        die("SIGSEGV")
    """)
    assert (code, lines[-1]) == (0, "born of SIGABRT in abc")


def test_it_gives_up_after_five_times_in_ten_minutes():
    code, lines, complaint = ended("restarts.ready('x'); die('SIGKILL')")
    assert (code, len(lines)) == (1, 6)
    assert "crashed 6 times within 10 minutes (SIGKILL)" in complaint


def test_ten_minutes_later_a_crash_counts_no_longer(tmp_path):
    code, lines, _ = ended(
        f"""
        with open({str(tmp_path / "lives")!r}, "a+") as lives:
            lives.write("x")
        if os.path.getsize({str(tmp_path / "lives")!r}) > 8: return 0
        restarts.ready("x")
        die("SIGKILL")
    """,
        before="import assistant.cli.supervised as s; s._WITHIN = 0.0",
    )
    assert (code, len(lines)) == (0, 9)


@pytest.mark.parametrize("name, code", [("SIGTERM", -signal.SIGTERM), ("SIGHUP", 5), ("SIGINT", 130)])
def test_signals_to_the_parent_reach_the_child(name, code):
    process = started("""
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(5))
        try:
            print("ready", flush=True)
            signal.sigtimedwait([], 30)
        except KeyboardInterrupt: return 130
    """)
    assert [process.stdout.readline(), process.stdout.readline()][1] == "ready\n"
    process.send_signal(getattr(signal, name))
    assert process.wait(timeout=10) == code


def test_the_terminals_ctrl_c_reaches_the_child_once_and_a_crash_leaves_the_terminal_as_it_was():
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = started(
        """
        if not restarts.crash:
            import tty
            tty.setraw(0)
            restarts.ready("x")
            die("SIGSEGV")
        interrupts = []
        signal.signal(signal.SIGINT, lambda *_: (interrupts.append(1), print("interrupted", flush=True)))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(len(interrupts)))
        print("ready", flush=True)
        while True: signal.pause()
        """,
        stdin=slave, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    while process.stdout.readline() != "ready\n":
        pass
    assert termios.tcgetattr(slave) == before
    os.write(master, b"\x03")
    assert process.stdout.readline() == "interrupted\n"
    process.terminate()  # the parent takes it after the interrupt, which it must not have passed on
    assert process.wait(timeout=10) == 1
    os.close(master), os.close(slave)


def test_a_child_does_not_outlive_its_parent():
    process = started("print('ready', flush=True); signal.pause()")
    process.stdout.readline(), process.stdout.readline()
    [child] = psutil.Process(process.pid).children()
    process.kill()
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert not alive or child.status() == psutil.STATUS_ZOMBIE


def test_below_systemd_it_is_simply_called():
    code, lines, _ = ended("restarts.ready('x'); die('SIGKILL')", env={"NOTIFY_SOCKET": "/run/nowhere"})
    assert (code, len(lines)) == (-signal.SIGKILL, 1)


def test_the_parent_stays_small():
    process = started("print('ready', flush=True); signal.pause()")
    process.stdout.readline(), process.stdout.readline()
    parent = psutil.Process(process.pid)
    assert parent.memory_info().rss < 40e6 and parent.num_threads() == 1
    process.terminate()
    process.wait(timeout=10)
