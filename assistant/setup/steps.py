"""From the answers to models: voice, recogniser, language model, each fetched, measured, and stepped down from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant import hub, stt, tts
from assistant.config import Settings
from assistant.errors import AssistantError
from assistant.models import catalogue
from assistant.models.catalogue import KnownModel
from assistant.settings import EngineInfo
from assistant.setup import choice, measure
from assistant.setup.choice import Candidate
from assistant.setup.state import Measured, State
from assistant.tts import ENGINES, Voice, measured
from assistant.tts import choice as voices

_HEARING = 1 / 3  # of the time until the first word, at most


@dataclass(frozen=True)
class Steps:
    settings: Settings
    state: State
    most: float
    """GB that may be fetched in all."""
    say: Callable[[str], None]
    tries: int = 1
    """See `measure.language_model`."""
    quiet: Callable[[], None] = lambda: None
    """Waits until nothing else computes."""

    def voice(self, engine: EngineInfo, chosen: Voice, language: str) -> dict[str, str]:
        """``section.key`` -> value; what cannot be fetched or does not keep up here gives way to the plainest voice."""
        name = f"{engine.name}/{chosen.name}"
        so = voices.using(engine, chosen.name, self.settings.tts)
        try:
            if not chosen.here:
                self._reach(name, name, chosen.megabytes / 1e3)
                self.say(f"Fetching the voice {name}: {chosen.megabytes:.0f} MB, licence {chosen.licence}")
                engine.imported().fetch(chosen.name)
            if measured.known(name).keeps_up() is None:
                speaking = voices.alone(engine, so, self.say)
                try:
                    measured.speed(name, speaking)
                finally:
                    speaking.close()
            if measured.known(name).keeps_up() is not False:
                return {"tts.engine": engine.name, f"tts.{engine.voice}": chosen.name}
            self.say(f"The voice {name} does not keep up on this machine; a plainer one speaks")
        except AssistantError as error:
            self.say(f"The voice {name} is not taken: {error}")
        found = voices.for_language(language, next(one for one in ENGINES if one.quick), self.settings.tts)
        if found is None:
            return {}
        engine, so = found
        return {"tts.engine": engine.name, f"tts.{engine.voice}": getattr(so, engine.voice)}

    def recogniser(self, bound: float) -> tuple[dict[str, str], float]:
        """The settings, and the seconds that hearing takes. What comes with the installation hears where it hears
        best (see `assistant.stt.wanted`)."""
        settings = self.settings
        if stt.wanted(settings.stt)[0].name != "whisper":
            return {}, self._recogniser(settings, "moonshine").seconds
        from assistant.stt import whisper

        def found(one: Candidate) -> Measured:
            whisper_settings = replace(settings.stt, engine="whisper", model=one.source)
            return self._recogniser(replace(settings, stt=whisper_settings), one.source, one)

        names = whisper.candidates(settings.stt)
        offered = [_whisper(name) for name in names]
        try:
            best = choice.best(offered, _HEARING * bound, 0.0, 1.0, found, self._room, self.say)
        except AssistantError:  # it was told
            best = None
        if best is None:
            self.say("No Whisper model suits; what is here hears, and of English it hears most")
            return {}, 0.0
        return {"stt.engine": "whisper", "stt.model": best.source}, self.state.measured[best.source].seconds

    def _recogniser(self, settings: Settings, name: str, one: Candidate | None = None) -> Measured:
        if name not in self.state.measured:
            if one is not None and one.size:
                self._fetch(one)
            self.quiet()
            self._keep(name, measure.recogniser(settings, lambda text: None))
        return self.state.measured[name]

    def language_model(self, language: str, bound: float, free_only: bool = False) -> str:
        """What [llm] model is set to. ``bound``: seconds for thinking and speaking. Raises AssistantError when no other
        one can be had, or even the bundled one cannot be measured."""
        voice = tts.load(self.settings.tts, self.say)
        try:
            small = choice.bundled(self.settings)
            with_voice = f"{voice.name}: "

            def found(one: Candidate) -> Measured:
                key = with_voice + one.source
                if key not in self.state.measured:
                    if one.size:
                        self._fetch(one)
                    self.quiet()
                    self.say(f"{one.name}: is asked a few questions, leave the machine to it meanwhile ...")
                    self._keep(key, measure.language_model(self.settings, one.name, one.source, voice, self.tries))
                return self.state.measured[key]

            begun = found(small)
            self.say(f"The bundled model: {begun.seconds:.2f} s to the first word, {begun.right:.0%} of them right")
            offered = choice.candidates(self.settings, language, free_only)
            if not hub.reachable():
                missing = [one.name for one in offered if one.size]
                offered = [one for one in offered if not one.size]
                if missing:
                    self.say(
                        "The hub cannot be reached, so no other language model was fetched; later: assistant setup"
                    )
            best = choice.best(offered, bound, begun.right, begun.seconds / small.estimate, found, self._room, self.say)
            return best.source if best else "bundled"
        finally:
            voice.close()

    def _fetch(self, one: Candidate) -> None:
        self._reach(one.name, one.source, one.size)
        self.say(f"{one.name}: fetching {one.size:g} GB; memory {one.row.memory:g} GB, licence {one.row.licence}")
        catalogue.fetch(one.row)

    def _reach(self, name: str, key: str, size: float) -> None:
        """Before a fetch: count it, so that no restart fetches more than was agreed to. Raises AssistantError."""
        if not hub.reachable():
            raise AssistantError(f"{name} is not on this machine and the hub cannot be reached")
        if size > self._left(key):
            raise AssistantError(f"{name} needs {size:g} GB, more than may still be fetched ({self._left(key):.1f} GB)")
        self.state.fetched[key] = size
        self.state.save()

    def _room(self, one: Candidate) -> bool:
        return one.size <= self._left(one.source)

    def _left(self, key: str) -> float:
        """GB; ``key``: what was begun may be ended."""
        return self.most - sum(size for name, size in self.state.fetched.items() if name != key)

    def _keep(self, name: str, found: Measured) -> None:
        self.state.measured[name] = found
        self.state.save()


def _whisper(name: str) -> Candidate:
    row = next((row for row in catalogue.rows() if row.kind == "whisper" and row.source == name), None)
    row = row or KnownModel(f"whisper-{name}", "whisper", name, 0.1, 0.4, "MIT", "100", "")
    return Candidate(row, catalogue.located(row) is not None)
