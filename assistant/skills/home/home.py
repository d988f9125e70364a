"""One home: which words are for it, and what becomes of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from assistant.errors import EngineError
from assistant.skills import Action, Command, Impossible
from assistant.skills.asking.asking_back import Missing
from assistant.skills.home import asking, guarded, plain, problems, services
from assistant.skills.home.address import Address
from assistant.skills.home.link import Link
from assistant.skills.home.registry import Entity, Registry
from assistant.skills.home.templates import Request, Templates

NAME = "home"
_WHICH_ROOM = "In which room?"


class Home:
    def __init__(self, place: Address) -> None:
        self.link = Link(place, self._changed)
        self.registry: Registry | None = None
        """None = it was never read."""
        self._place = place
        self._templates: dict[str, Templates | None] = {"en": None}
        self._conversation = ("", "")
        """Ours, and what Home Assistant calls it."""
        self._lock = threading.Lock()

    def match(self, words: str, language: str) -> Command | None:
        request = self._request(words, language)
        if request is not None:
            return Command(NAME, {"intent": request.intent, **request.slots}, words, language)
        return Command(NAME, {}, words, language) if plain.request(words, language) else None

    def run(self, words: str, language: str, conversation: str) -> Action | None:
        """None = these words are not for the home. Raises Impossible."""
        if self.registry is None:
            return Action(say=self.link.problem)
        request = self._request(words, language)
        if request is None:
            core = plain.request(words, language)
            return self._told(core, language, conversation, None, (), plain.question(core)) if core else None
        found = services.targets(request, self.registry)
        ask = guarded.question(request, self._meant(request, found), words, language)
        if not (request.is_here or request.is_ours):
            return self._told(request.words, language, conversation, request, found, ask)
        if request.is_here and not request.slots["area"] and len(found) != 1:
            raise Impossible(_WHICH_ROOM, _in_a_room(request))

        async def do() -> str:
            return await self._served(request, found, language)

        return Action(do=do, ask=ask)

    def _meant(self, request: Request, found: Sequence[Entity]) -> Sequence[Entity]:
        """Home Assistant may take any device of that name."""
        name = str(request.slots.get("name") or "")
        return self.registry.find(name) if name and self.registry else found

    def _told(
        self, words: str, language: str, conversation: str, request: Request | None, found: Sequence[Entity], ask: str
    ) -> Action:
        async def do() -> str:
            ours, theirs = self._conversation
            reply = await asking.process(self._place, words, language, theirs if ours == conversation else "")
            if reply:
                self._conversation = (conversation, reply.conversation)
            if reply and (request is None or reply.code != "no_intent_match"):
                return reply.speech or _done(language)
            if request is None:
                raise EngineError(problems.NO_DEVICE)
            return await self._served(request, found, language)

        return Action(do=do, ask=ask)

    async def _served(self, request: Request, found: Sequence[Entity], language: str) -> str:
        """By services and states, without Home Assistant's own understanding."""
        if services.is_question(request):
            return services.answer(request, found, await asking.states(self._place))
        wanted = services.calls(request, found)
        if services.is_step(request):
            wanted = services.steps(request, found, await asking.states(self._place))
        if not wanted:
            raise EngineError(problems.CANNOT if found else problems.NO_DEVICE)
        for call in wanted:
            await asking.call(self._place, call)
        return _done(language)

    def _request(self, words: str, language: str) -> Request | None:
        found = self._in(language)
        request = found.request(words, self._place.area) if found else None
        return None if request is None or self._is_beyond(request) else request

    def _is_beyond(self, request: Request) -> bool:
        """ "Skip this song" is for the music where the assistant stands only where that is known, or there is no other;
        "play chess" and "stop" are for the assistant itself."""
        if not request.is_here or request.domains != ("media_player",):
            return False
        is_vague = request.intent == "HassMediaSearchAndPlay" or " " not in request.words
        if is_vague or self.registry is None:
            return True
        return not request.slots["area"] and len(services.targets(request, self.registry)) != 1

    def take(self, registry: Registry) -> None:
        """What the home has, as if Home Assistant had just told it. Blocks while templates are read."""
        self._changed(registry)

    def _in(self, language: str) -> Templates | None:
        """None while they are being loaded, and where there are none."""
        with self._lock:
            if language in self._templates or self.registry is None:
                return self._templates.get(language)
            self._templates[language] = None
        threading.Thread(target=self._load, args=(language, self.registry), name="home-templates", daemon=True).start()
        return None

    def _load(self, language: str, registry: Registry) -> None:
        found = _of(language, registry)
        with self._lock:
            if registry is self.registry:  # else the newer one loads them again
                self._templates[language] = found

    def _changed(self, registry: Registry) -> None:
        made = {language: _of(language, registry) for language in list(self._templates)}
        with self._lock:
            self.registry, self._templates = registry, made


def _of(language: str, registry: Registry) -> Templates | None:
    try:
        return Templates(language, registry)
    except KeyError:
        return None


def _in_a_room(request: Request) -> Missing:
    return Missing((f"{request.words} in the {{}}", f"{request.words} in {{}}"), frozenset({NAME}), needs="area")


def _done(language: str) -> str:
    return "Done." if language.partition("-")[0] == "en" else "OK."
