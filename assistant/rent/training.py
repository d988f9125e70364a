"""A training run that goes on elsewhere: begun here, resumed there, fetched back while it goes.

The run's folder is all there is of it (see training/runs.py): it is sent, `assistant train fit --resume` works on it
there, and each new checkpoint comes back, so that a machine that is lost costs the steps since the last one.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import assistant
from assistant.errors import AssistantError
from assistant.rent import ssh
from assistant.rent.rental import Rental
from assistant.rent.ssh import Unreachable, Unusable

Say = Callable[[str], None]

_PLACE = "voice-assistant"  # in the far home
_LOOK = 5.0  # s between looks
_PATIENCE = 900.0  # s without a connection until it is given up here; it goes on there
# What `assistant train fit` imports besides the packages of the extra `train`.
_BASE = ("numpy", "platformdirs", "python-dotenv", "rich", "PyYAML", "huggingface-hub", "psutil", "tomlkit", "jinja2")
# One process for each GPU there; see training/fit/parallel.py.
_ALL_GPUS = (
    "if command -v nvidia-smi >/dev/null; then export CUDA_VISIBLE_DEVICES="
    '"${CUDA_VISIBLE_DEVICES:-$(nvidia-smi --query-gpu=index --format=csv,noheader | paste -sd , -)}"; fi'
)


def machine(host: str, name: str, hours: float) -> Rental:
    """The run called ``name`` on ``host``, as ssh.py takes it."""
    command = (
        f'cd ../code && {_ALL_GPUS} && XDG_DATA_HOME="$HOME/{_PLACE}/data" PYTHONPATH=. PYTHONUNBUFFERED=1 exec '
        f"../venv/bin/python -m assistant train fit --resume --name {shlex.quote(name)}"
    )
    return Rental(f"train-{name}", "ssh", host, "", "", command, hours * 3600, 0.0)


def ending(name: str) -> str:
    """What ends the run called ``name`` there, for people."""
    return f"python3 {_PLACE}/train-{name}/far_side.py stop {_PLACE}/train-{name}"


def fit(run: Path, base: str, host: str, hours: float, say: Say) -> None:
    """Train ``run`` on ``host``, or look at how that goes on, until it ends; ``run`` is up to date afterwards.

    ``base``: what the run was begun with; a file or a folder is sent. Raises AssistantError.
    """
    far = machine(host, run.name, hours)
    _meet(far, run.name)
    if _patiently(far, lambda: ssh.state(far), run.name, say)["alive"]:
        say(f"{run.name} is trained on {host} already; this is how it goes on")
    else:
        _patiently(far, lambda: _begin(far, run, base, say), run.name, say)
        say(f"{host}: it trains there, also when this program or the connection ends")
    _follow(far, run, base, say)


def _meet(far: Rental, name: str) -> None:
    """Raises AssistantError where waiting for the first answer is of no use; a connection that breaks is waited for."""
    try:
        ssh.run(far, "true")
    except Unusable as error:
        raise AssistantError(
            f"{error}. {name} is begun here and kept; go on with: assistant train fit --resume --name {name} --on "
            f"{far.host}, or without --on to train here"
        ) from None
    except Unreachable:
        pass


def _begin(far: Rental, run: Path, base: str, say: Say) -> None:
    if ssh.state(far)["alive"]:  # the connection broke after it began
        return
    say(f"{far.host}: setting up ...")
    _set_up(far)
    _send(far, run, _sent_base(far, base, say))
    ssh.start(far)


def _follow(far: Rental, run: Path, base: str, say: Say) -> None:
    fetched, seen, told = "", "", ""

    def look() -> dict[str, Any]:
        nonlocal fetched, seen
        state = ssh.state(far)
        have = _checkpoints(far, run.name)
        if not state["alive"] or seen == have != fetched:  # seen twice: it is written to its end
            _fetch(far, run, base)
            fetched = have
        seen = have
        return state

    while True:
        state = _patiently(far, look, run.name, say)
        if state["log"] and state["log"][-1] != told:
            told = state["log"][-1]
            say(f"  {told}")
        if not state["alive"]:
            break
        time.sleep(_LOOK)
    reached = json.loads((run / "run.json").read_text(encoding="utf-8"))["state"]
    if reached != "trained":
        raise AssistantError(
            f"{far.host}: {state['why']}: {told or 'it says nothing'}; what was reached is kept, go on with: assistant "
            f"train fit --resume --name {run.name} --on {far.host}"
        )


def _patiently(far: Rental, do: Callable[[], Any], name: str, say: Say) -> Any:
    """What ``do`` gives, tried again while the far side cannot be reached. Raises Unreachable in the end."""
    lost = 0.0
    while True:
        try:
            given = do()
        except Unreachable as error:
            if not lost:
                say(f"{error}; what runs there goes on, and it is tried again")
                lost = time.monotonic()
            if time.monotonic() - lost > _PATIENCE:
                raise Unreachable(
                    f"{far.host} was not reached for {_PATIENCE / 60:.0f} minutes; what came back is kept. Look again: "
                    f"assistant train fit --resume --name {name} --on {far.host}; if the machine is lost, go on with "
                    "another --on, or here without it"
                ) from None
            time.sleep(_LOOK)
            continue
        if lost:
            say(f"{far.host} is back")
        return given


def _set_up(far: Rental) -> None:
    """This program's own sources, and what training needs, in an environment there; nothing when they are there."""
    wanted = _requirements()
    mark = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:16]
    code = Path(assistant.__file__).parents[1]
    folders = [code / name for name in ("assistant", "training", "rag")]
    _sent(far, f"rm -rf {_PLACE}/code && mkdir -p -m 700 {_PLACE}/code && tar -xf - -C {_PLACE}/code", folders)
    ssh.run(far, f"cat > {_PLACE}/requirements.txt", "\n".join(wanted).encode())
    ssh.run(
        far,
        f"cd {_PLACE} && [ -e venv/{mark} ] || {{ rm -rf venv && python3 -m venv venv && venv/bin/pip install -q"
        " $(grep ^torch== requirements.txt) && venv/bin/pip install -q -r requirements.txt"
        f" && {{ ! command -v nvidia-smi >/dev/null || venv/bin/pip install -q unsloth; }} && touch venv/{mark}; }}",
        patience=3600.0,
    )


def _requirements() -> list[str]:
    """Of the extra `train`, and the few others that training imports, as this installation names them."""
    from packaging.requirements import Requirement

    found = []
    for line in metadata.requires("voice-assistant") or []:
        requirement = Requirement(line)
        extra = requirement.marker is not None and "extra ==" in str(requirement.marker)
        if extra and requirement.marker and not requirement.marker.evaluate({"extra": "train"}):
            continue
        if extra or requirement.name in _BASE:
            found.append(f"{requirement.name}{requirement.specifier}")
    return sorted(set(found))


def _sent_base(far: Rental, base: str, say: Say) -> str:
    """What the far side calls ``base``: a hub's name is fetched there, a file or folder is sent once."""
    path = Path(base)
    if not path.exists():
        return base
    there = f"{_PLACE}/bases/{path.name}"
    size = _size(path)
    if ssh.run(far, f"cat {shlex.quote(there)}.size 2>/dev/null || true").strip() != str(size):
        say(f"sending {path.name}, {size / 1e6:.0f} MB ...")
        _sent(far, f"mkdir -p {_PLACE}/bases && tar -xf - -C {_PLACE}/bases", [path], follow=True)
        ssh.run(far, f"echo {size} > {shlex.quote(there)}.size")
    return ssh.run(far, 'printf %s "$HOME"') + "/" + there


def _send(far: Rental, run: Path, base: str) -> None:
    place = f"{_PLACE}/data/voice-assistant/training"
    ssh.run(far, f"mkdir -p -m 700 {place}")
    ended = ssh.run(far, f"ls {place}/{run.name}/curves.json 2>/dev/null || true")  # written last
    there, own = _checkpoints(far, run.name).split(), run / "checkpoints"
    if ended or there and _step(there) >= _step([path.name for path in own.glob("*")]):
        return  # what is there has come as far as what was fetched, or further
    _sent(far, f"rm -rf {place}/{run.name} && tar -xf - -C {place}", [run])
    _rewrite(far, f"{place}/{run.name}/run.json", run / "run.json", base)


def _rewrite(far: Rental, there: str, here: Path, base: str) -> None:
    record = json.loads(here.read_text(encoding="utf-8")) | {"base": base}
    ssh.run(far, f"cat > {there}", json.dumps(record, ensure_ascii=False).encode())


def _checkpoints(far: Rental, name: str) -> str:
    return ssh.run(far, f"ls {_PLACE}/data/voice-assistant/training/{name}/checkpoints 2>/dev/null || true")


def _step(checkpoints: Sequence[str]) -> int:
    """Of the newest one; -1 = there is none."""
    numbers = [name.rpartition("-")[2] for name in checkpoints]
    return max((int(number) for number in numbers if number.isdigit()), default=-1)


def _fetch(far: Rental, run: Path, base: str) -> None:
    """The run's folder as it is there, in one step: what was here stays until the new one is whole."""
    part, old = run.with_name(f".{run.name}.part"), run.with_name(f".{run.name}.old")
    shutil.rmtree(part, ignore_errors=True)
    # tar ends with 1 when a file or folder changed while it was read, which it does while it trains: what was read then
    # is fetched again with the next checkpoint, and at the end.
    pack = f"tar -cf - -C {_PLACE}/data/voice-assistant/training {run.name} || [ $? = 1 ]"
    with tempfile.TemporaryFile() as packed:
        ssh.run_into(far, pack, packed, patience=3600.0)
        with tarfile.open(fileobj=packed) as archive:
            archive.extractall(part, filter="data")
    record = part / run.name / "run.json"
    kept = json.loads(record.read_text(encoding="utf-8")) | {"base": base}
    record.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    run.rename(old)
    (part / run.name).rename(run)
    for folder in (old, part):
        shutil.rmtree(folder, ignore_errors=True)


def _sent(far: Rental, command: str, paths: Sequence[Path], follow: bool = False) -> None:
    """``paths`` as a tar archive into ``command``; ``follow``: what links point to instead of the links."""
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w", dereference=follow) as archive:
            for path in paths:
                archive.add(path, path.name, filter=lambda entry: None if "__pycache__" in entry.name else entry)
        packed.seek(0)
        ssh.run(far, command, packed, patience=7200.0)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    yield from (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
