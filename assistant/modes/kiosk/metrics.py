"""What of the kiosk is counted, for Prometheus. No word of a visitor's is in a name or a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from assistant import events

_STAGES = (  # of Turn.timings
    "soft_endpoint",
    "hard_endpoint",
    "stt_done",
    "llm_first_token",
    "first_sentence",
    "tts_first_audio",
    "first_sound",
)
_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)  # seconds
_PARTS = ("microphone", "speaker", "stt", "llm", "tts")


class Metrics:
    """An observer of events; `text` is what /metrics answers.

    Restarts are what ``changes(process_start_time_seconds[1d])`` tells.
    """

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # when it started, memory, CPU, descriptors

        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(f"assistant_{name}", help, labels, registry=registry)

        self._turns = counter("turns", "Turns that ended, by outcome.", "outcome")
        self._wakes = counter("wakes", "What began visits or interrupted replies, by wake word.", "word")
        self._false_wakes = counter("false_wakes", "Visits in which no words followed, by wake word.", "word")
        self._visits = counter("visits", "Visits that ended, by reason.", "reason")
        self._failures = counter("failures", "How often a device or an engine failed.", "part")
        self.frames = counter("frames", "Frames of 20 ms that the microphone gave.")
        self._works = Gauge("assistant_works", "Whether a device or an engine works.", ("part",), registry=registry)
        self._stages = Histogram(
            "assistant_stage_seconds",
            "From the end of a visitor's words to each stage of the answer.",
            ("stage",),
            buckets=_BUCKETS,
            registry=registry,
        )
        for part in _PARTS:
            self._works.labels(part).set(1)
            self._failures.labels(part)
        self._wake = ""  # what began the visit; empty between visits
        self._words = False  # whether there were any in this visit

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.TurnEnded(turn):
                self._turns.labels(turn.outcome or "none").inc()
                self._words = self._words or turn.outcome != "nothing_said"
                ended = turn.timings.get("speech_end")
                for stage in _STAGES:
                    if ended is not None and (at := turn.timings.get(stage)) is not None:
                        self._stages.labels(stage).observe(max(0.0, at - ended))
            case events.Health(part, works):
                self._works.labels(part).set(works)
                if not works:
                    self._failures.labels(part).inc()
            case events.Woken(word):
                self._wakes.labels(word).inc()
                if not self._wake:
                    self._wake, self._words = word, False
            case events.Left(reason):
                self._visits.labels(reason).inc()
                if self._wake and not self._words:
                    self._false_wakes.labels(self._wake).inc()
                self._wake = ""

    def text(self) -> bytes:
        return generate_latest(self._registry)
