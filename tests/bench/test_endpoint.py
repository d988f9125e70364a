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
