"""Runs on the rented machine, with its Python alone (3.8 or later): a server that ends by itself.

``run`` keeps one command for at most ``--limit`` seconds, and ends it when its log has not grown for ``--idle``
seconds: servers of language models log every question. ``state`` and ``stop`` are for the other side.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_LOOK = 0.5  # s between looks at the clock and the log
_GRACE = 10.0  # s that a server has to end before it is killed


def main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=("run", "state", "stop"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=float, help="seconds after which everything ends")
    parser.add_argument("--idle", type=float, help="seconds without a line in the log after which everything ends")
    parser.add_argument("--command", help="for the shell; what it prints is the log")
    parser.add_argument("--token", default="", help="nothing begins, or goes on, once the file `over` holds this")
    args = parser.parse_args(argv)
    if args.action == "run":
        return run(args.folder, args.command, args.limit, args.idle, args.token)
    if args.action == "stop":
        stop(args.folder)
    print(json.dumps(state(args.folder)))
    return 0


def run(folder, command, limit, idle, token=""):
    """The exit code of ``command``, 124 when its time was over or nobody asked anything."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if state(folder)["alive"]:
        print("far side: one runs here already; stop it first", file=sys.stderr)
        return 2
    if _is_over(folder, token):
        print("far side: it was ended before it began", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _ended)
    log = open(folder / "log", "wb")
    began = time.monotonic()
    server = subprocess.Popen(
        ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    why = "the server ended"
    try:
        own = {"pid": os.getpid(), "born": _born(os.getpid()), "group": server.pid, "group_born": _born(server.pid)}
        _write(folder, {**own, "since": time.time(), "boot": _boot()})
        # Again, now that whoever ends it sees it: a start that was on its way must not outlive its end.
        if _is_over(folder, token):
            raise _Ended
        size, heard = 0, began
        while server.poll() is None:
            time.sleep(_LOOK)
            now, grown = time.monotonic(), os.fstat(log.fileno()).st_size
            if grown != size:
                size, heard = grown, now
            if limit and now - began >= limit:
                why = "its time was over"
                break
            if idle and now - heard >= idle:
                why = "nobody asked anything"
                break
    except _Ended:
        why = "it was told to end"
    finally:
        _kill_group(server.pid)
        code = server.wait()
        (folder / "ended").write_text(why)
    return code if why == "the server ended" else 124


def state(folder):
    """What is known: whether it lives, since when (s on this machine's clock, and now), the log's last lines."""
    try:
        known = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        known = {}
    alive = bool(known) and (_keeper_lives(known) or _server_lives(known))
    lines = ""
    with contextlib.suppress(OSError), open(folder / "log", "rb") as log:
        log.seek(max(0, os.fstat(log.fileno()).st_size - 4096))
        lines = log.read().decode("utf-8", "replace")
    why = ""
    with contextlib.suppress(OSError):
        why = (folder / "ended").read_text()
    return {
        "alive": alive,
        "for": time.time() - known["since"] if known else 0.0,
        "why": "" if alive else why,
        "log": lines.splitlines()[-5:],
    }


def stop(folder):
    """Ends it, and returns when nothing of it is left, or after the grace and a second."""
    try:
        known = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        return
    if _keeper_lives(known):
        with contextlib.suppress(ProcessLookupError):
            os.kill(known["pid"], signal.SIGTERM)
    patience = time.monotonic() + _GRACE + 1.0
    while state(folder)["alive"] and time.monotonic() < patience:
        if not _keeper_lives(known):
            _kill_group(known["group"])  # its keeper was killed: the server is ended from here
        time.sleep(0.1)


def _is_over(folder, token):
    with contextlib.suppress(OSError):
        return bool(token) and (folder / "over").read_text() == token
    return False


class _Ended(BaseException):
    pass


def _ended(number, frame):
    raise _Ended


def _write(folder, known):
    if (folder / "ended").exists():
        (folder / "ended").unlink()
    part = folder / "state.part"
    part.write_text(json.dumps(known))
    os.replace(str(part), str(folder / "state.json"))


def _kill_group(group):
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + patience
        while _group_lives(group) and time.monotonic() < until:
            time.sleep(0.1)


def _group_lives(group):
    """Whether a process of the group runs; one that ended and was not waited for does not count."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[2]) == group and fields[0] != "Z":
                    return True
    return False


def _born(pid):
    """Clock ticks after boot: a process of the same number that began at another time is another one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _boot():
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _keeper_lives(known):
    return known["boot"] == _boot() and bool(known["born"]) and _born(known["pid"]) == known["born"]


def _server_lives(known):
    """A group's number is not given again while one of it lives; one that has a leader of another birth is another."""
    leader = _born(known["group"])
    return known["boot"] == _boot() and leader in ("", known["group_born"]) and _group_lives(known["group"])


if __name__ == "__main__":
    sys.exit(main())
