"""`assistant setup` as on a fresh machine, in a process of its own that the table of models is made up for.

``python -m tests.setup.fresh TABLE ARGUMENT ...``; TABLE is JSON: ``rows`` (name, source, size, seconds, right), and
``die``, at which step the process is killed as by the system. What is measured comes out as the table says, unless
``seconds`` is null. Each step is noted on a line of the file ``log``, behind the seconds of a clock.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from assistant import cli, hub
from assistant.models import catalogue, fit
from assistant.models.catalogue import KnownModel
from assistant.setup import background, measure
from assistant.setup.state import Measured
from assistant.tts import measured as voices


def main(table: dict, arguments: list[str]) -> None:
    rows = {row["source"]: row for row in table["rows"]}
    known = [
        KnownModel(row["name"], "llm", row["source"], row["size"], 0.1, row.get("licence", "MIT"), "100+", "")
        for row in table["rows"]
        if row["source"] != "bundled"
    ]
    scripted = all(row["seconds"] for row in table["rows"])
    steps = 0

    def step(what: str) -> None:
        nonlocal steps
        with open(table["log"], "a", encoding="utf-8") as log:
            log.write(f"{time.monotonic():.2f} {what}\n")
        steps += 1
        if steps == table.get("die"):
            os.kill(os.getpid(), signal.SIGKILL)

    measured, fetched, recognised = measure.language_model, hub.fetch, measure.recogniser

    def language_model(settings, name, model, voice, tries=1):
        step(f"measuring {name}")
        row = rows[model]
        found = Measured(row["seconds"], row["right"]) if row["seconds"] else measured(settings, name, model, voice)
        step(f"measured {name}")
        return found

    def recogniser(settings, notice):
        step("hearing")
        return Measured(0.1) if scripted else recognised(settings, notice)

    def fetch(repo, file=None, *more, **options):
        step(f"fetching {file}")
        path = fetched(repo, file, *more, **options)
        step(f"fetched {file}")
        return path

    background._PROGRAM = (sys.executable, "-m", "tests.setup.fresh", json.dumps(table))
    if scripted:
        background.wait_until_idle = lambda: None
        voices.keep("espeak/en-us", first=0.1, factor=0.1, tries=1, gain=1.0)
    catalogue.rows = lambda: known
    fit.this_machine = lambda: fit.Place("a machine", 8e9, 10e9, False)
    measure.language_model, measure.recogniser, hub.fetch = language_model, recogniser, fetch
    sys.argv[1:] = arguments
    # Left as the program is: Python itself ends by SIGINT after an interrupted `exec`, though that was caught.
    cli.entry()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
