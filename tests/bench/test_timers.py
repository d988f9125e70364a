from __future__ import annotations

from assistant.bench import timers


def test_what_is_killed_and_set_at_random_loses_nothing_and_rings_nothing_twice():
    result = timers.run(events=24, longest=0.4, pause=0.02, seed=4)
    figures = {row.name: row for row in result.rows}
    assert figures["lost"].n and figures["lost"].largest == 0
    assert figures["rang twice"].largest == figures["heard though cancelled"].largest == 0
    assert figures["kill"].largest + figures["kill in the middle"].largest > 0
