"""Planning, starting, watching and ending a rental, in the order that loses nothing."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.config import Loaded
from assistant.errors import AssistantError
from assistant.models import catalogue
from assistant.rent import rental as notes
from assistant.rent import skypilot, ssh, tunnel
from assistant.rent.rental import Rental

Say = Callable[[str], None]

_LOOK = 1.0  # s between looks at the server that loads
_END = 300.0  # s that a machine may take to be gone


def up(rental: Rental, loaded: Loaded, patience: float, say: Say) -> None:
    """Start it, open the tunnel, wait until it answers, and make the settings use it.

    What fails or is interrupted is taken down again. ``patience``: seconds until it must answer; the model is fetched
    there in that time. Raises AssistantError.
    """
    notes.check_name(rental.name)
    if rental.where == "ssh":
        ssh.run(rental, "true")  # a host that was never reached is not to be ended
    notes.keep(rental)
    try:
        _start(rental, say)
        if rental.preset:
            _use(rental, loaded, _wait(rental, patience, say))
        else:
            rental.ready = True
            notes.keep(rental)
    except BaseException as error:
        say(f"it did not come up ({str(error) or type(error).__name__}); it is taken down")
        down(rental, loaded, say)
        raise


def down(rental: Rental, loaded: Loaded, say: Say) -> None:
    """The old settings back, the tunnel closed, the far side ended, and looked at whether it is. It is forgotten only
    then. Raises AssistantError, loudly, when it may still run.
    """
    _put_back(rental, loaded, say)
    tunnel.close(rental)
    try:
        if rental.where == "sky":
            skypilot.stop(rental)
            gone = _gone(rental)
        else:
            ssh.stop(rental)
            gone = ssh.wait(rental, 10.0)
            if gone:
                ssh.clear(rental)
    except AssistantError as error:
        raise AssistantError(f"{_alarm(rental)} ({error})") from None
    if not gone:
        raise AssistantError(_alarm(rental))
    notes.forget(rental)
    cost = rental.cost(time.time())
    if rental.where == "sky":
        say(f"{rental.name} is gone; the cloud has no such machine any more" + (f"; about ${cost:.2f}" if cost else ""))
    else:
        say(
            f"{rental.name}: nothing runs on {rental.host} any more. The machine itself is not ended by this: if it is "
            "billed by the hour, end it at its provider"
        )


def forget(rental: Rental, loaded: Loaded, say: Say) -> None:
    """The old settings back and the tunnel closed: its provider says that the machine is gone. Raises as `down`."""
    _put_back(rental, loaded, say)
    tunnel.close(rental)
    notes.forget(rental)
    say(f"{rental.name} is forgotten; nobody looked whether it is gone")


def state(rental: Rental) -> dict[str, Any]:
    """``is``: up, starting, ended or unknown, ``cost`` in dollars or None, ``left``: seconds until it ends by itself at
    the latest, ``note``: what else is to be told; the tunnel is opened again where it broke.
    """
    now = time.time()
    told: dict[str, Any] = {"cost": rental.cost(now), "left": rental.began + rental.limit - now, "note": ""}
    try:
        cloud = skypilot.status(rental) if rental.where == "sky" else "UP"
        if cloud == "INIT":
            return told | {"is": "starting", "note": f"`assistant rent down {rental.name}` ends it"}
        if not cloud:
            return told | {"is": "ended", "note": f"the machine is gone; `assistant rent down {rental.name}` tidies up"}
        far = ssh.state(rental)
    except AssistantError as error:
        return told | {"is": "unknown", "note": f"{error}; it may run and cost money"}
    if not far["alive"]:
        why = far["why"] or "nothing runs there"
        return told | {"is": "ended", "note": f"{why}; `assistant rent down {rental.name}` tidies up"}
    if not rental.ready:
        return told | {"is": "starting", "note": "`assistant rent down` ends it"}
    if not rental.preset:
        return told | {"is": "up"}
    try:
        tunnel.open_(rental)
    except AssistantError as error:
        return told | {"is": "up", "note": str(error)}
    return told | {"is": "up", "note": "" if served(rental) else "it does not answer"}


def orphans(rentals: list[Rental]) -> list[str]:
    """Names of SkyPilot's machines that nothing is noted of here. Raises AssistantError."""
    return sorted(set(skypilot.machines()) - {rental.name for rental in rentals})


def served(rental: Rental) -> str:
    """The name under which the server at the tunnel's end has its model; empty = it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{rental.url}/models", timeout=5) as response:
            return str(json.load(response)["data"][0]["id"])
    except (urllib.error.URLError, OSError, ValueError, LookupError, TypeError):
        return ""


def _start(rental: Rental, say: Say) -> None:
    if rental.where == "sky":
        skypilot.start(rental, say)
        return
    ssh.start(rental)
    say(f"{rental.host}: it is installed and started there")


def _wait(rental: Rental, patience: float, say: Say) -> str:
    """The model's name, once the server has loaded it."""
    until = time.monotonic() + patience
    told = ""
    while True:
        far = ssh.state(rental)
        if not far["alive"]:
            last = " / ".join(far["log"][-2:]) or "it says nothing"
            raise AssistantError(f"{rental.host}: {far['why'] or 'the server did not begin'}: {last}")
        tunnel.open_(rental)
        if model := served(rental):
            return model
        if far["log"] and far["log"][-1] != told:
            told = far["log"][-1]
            say(f"  {told[:150]}")
        if time.monotonic() >= until:
            raise AssistantError(f"{rental.host}: it does not answer after {patience / 60:.0f} minutes")
        time.sleep(_LOOK)


def _use(rental: Rental, loaded: Loaded, model: str) -> None:
    changes = {"llm.engine": "openai", "llm.preset": rental.preset, "llm.base_url": rental.url, "llm.model": model}
    rental.before = catalogue.values(loaded, list(changes))
    rental.ready = True
    notes.keep(rental)  # before the change: what stood there must not be lost
    rental.config = str(catalogue.write(loaded, changes))
    notes.keep(rental)


def _put_back(rental: Rental, loaded: Loaded, say: Say) -> None:
    if not rental.before:
        return
    if rental.config:  # `down` may be typed in another folder, where another config.toml is in force
        loaded = replace(loaded, path=Path(rental.config))
    now = catalogue.values(loaded, list(rental.before))
    if now == rental.before:
        pass  # it ended between the note and the change
    elif now.get("llm.base_url") != rental.url:
        say("the settings name another model by now; they stay as they are")
    else:
        path = catalogue.write(loaded, rental.before)
        say(f"{path}: the model from before is set again ({rental.before.get('llm.model') or 'the default'})")
    rental.before = {}
    with contextlib.suppress(AssistantError):
        notes.keep(rental)


def _gone(rental: Rental) -> bool:
    until = time.monotonic() + _END
    while skypilot.status(rental):
        if time.monotonic() >= until:
            return False
        time.sleep(5.0)
    return True


def _alarm(rental: Rental) -> str:
    where = "your cloud's own page" if rental.where == "sky" else f"the page of {rental.host}'s provider"
    return (
        f"{rental.name} MAY STILL RUN AND COST MONEY: its end could not be seen. Try `assistant rent down "
        f"{rental.name}` again, and look at {where}. It ends by itself at the latest "
        f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(rental.began + rental.limit))}. Where its provider has no "
        "such machine any more, add --gone"
    )
