"""Forty turns with an endpoint that misbehaves: the benchmark's own bounds hold, for all that does not just wait."""

from __future__ import annotations

from assistant.bench import bad_endpoint, endpoint
from assistant.bench.odd_endpoint import FULL, WAYS
from assistant.llm import endpoint as client

WAIT = {
    "stalls",
    "stalls in the middle",
    "drips",
    "breathes for ever",
    "endless header",
    "endless line",
    "endless events",
}


def test_every_turn_is_answered_or_fails_aloud_and_nothing_grows(monkeypatch) -> None:
    monkeypatch.setattr(client, "_BACKOFF", 0.01)
    found = endpoint.run(40, context=1024, ways=[way for way in (*WAYS, *FULL) if way not in WAIT], timeout=10.0)
    rows = {row.name: row for row in found.rows}
    assert WAIT < set(bad_endpoint.FAULTS)
    assert len(found.details) == 40 and rows["ways in which it did"].p50 >= 10
    assert rows["prompts that did not fit"].p50 > 0, "the conversation never filled the context"
    assert [row.name for row in found.rows if row.met is False and row.unit != "s"] == []
    assert {case["outcome"] for case in found.details} == {"answered", "failed"}


def test_what_one_way_takes_for_good_is_no_growth_and_what_every_turn_takes_is() -> None:
    ways = ["endless line" if number % 50 == 40 else "" for number in range(200)]
    kept = [{"way": way, "memory": 100.0 + 12.0 * (number >= 40)} for number, way in enumerate(ways)]
    leaks = [{**case, "memory": case["memory"] + number / 10} for number, case in enumerate(kept)]
    assert endpoint._growth(kept, "memory") == 0.0
    assert endpoint._growth(leaks, "memory") > 10.0
    assert endpoint._growth([{"way": str(number), "memory": number} for number in range(90)], "memory") > 20.0
