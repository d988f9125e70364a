from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from assistant import events
from assistant.modes.kiosk.metrics import Metrics
from assistant.turn import Turn


def samples(metrics: Metrics) -> dict[str, float]:
    """``name{label}`` -> value; several labels stand in the order of their names."""
    return {
        sample.name + "".join(f"{{{value}}}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_turns_stages_and_failures_are_counted():
    metrics = Metrics()
    timings = {"speech_end": 10.0, "stt_done": 10.2, "first_sound": 10.4}
    metrics(events.TurnEnded(Turn(1, user="My secret", heard="Kept.", outcome="answered", timings=timings)))
    metrics(events.TurnEnded(Turn(2, outcome="failed")))
    metrics(events.Health("microphone", False, "The microphone is gone."))
    metrics.frames.inc()
    found = samples(metrics)
    assert found["assistant_turns_total{answered}"] == found["assistant_turns_total{failed}"] == 1
    assert found["assistant_stage_seconds_bucket{0.3}{first_sound}"] == 0
    assert found["assistant_stage_seconds_bucket{0.45}{first_sound}"] == 1
    assert found["assistant_stage_seconds_count{stt_done}"] == 1
    assert found["assistant_works{microphone}"] == 0 and found["assistant_works{speaker}"] == 1
    assert found["assistant_failures_total{microphone}"] == 1
    assert found["assistant_frames_total"] == 1
    assert found["process_start_time_seconds"] > 0
    assert b"secret" not in metrics.text() and b"Kept" not in metrics.text()
    metrics(events.Health("microphone", True, ""))
    assert samples(metrics)["assistant_works{microphone}"] == 1


def test_a_wake_word_without_words_after_it_was_a_false_one():
    metrics = Metrics()
    for turns in ([], [Turn(1, outcome="nothing_said")], [Turn(1, outcome="answered")]):
        metrics(events.Woken("okay_nabu"))
        for turn in turns:
            metrics(events.TurnEnded(turn))
        metrics(events.Woken("hey_jarvis"))  # interrupts: it begins no visit
        metrics(events.Left("silence", len(turns)))
    found = samples(metrics)
    assert found["assistant_wakes_total{okay_nabu}"] == found["assistant_wakes_total{hey_jarvis}"] == 3
    assert found["assistant_false_wakes_total{okay_nabu}"] == 2
    assert "assistant_false_wakes_total{hey_jarvis}" not in found
    assert found["assistant_visits_total{silence}"] == 3
