"""A local Home Assistant: the parts of its WebSocket and REST API that the skill uses, with a small home and faults.

    with FakeHome() as home:
        ... HOME_ASSISTANT_URL=home.url, HOME_ASSISTANT_TOKEN=home.token ...
        assert home.said == ["turn on the desk lamp"] and home.states["light.desk"] == "on"

It understands sentences as the real one does: by the same templates, over all of its entities.
"""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from typing import Any

from aiohttp import WSMsgType, web
from hassil import Intents, TextSlotList, recognize_best
from home_assistant_intents import get_intents

AREAS = {
    "kitchen": "Kitchen", "living_room": "Living Room", "bedroom": "Bedroom", "office": "Office", "garage": "Garage",
    "hall": "Hall",
}  # fmt: skip
FLOORS = {"ground": ("Ground Floor", ("kitchen", "living_room", "garage", "hall")), "up": ("Upstairs", ("bedroom",))}
ENTITIES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("light.kitchen_ceiling", "Kitchen Ceiling", "kitchen", "off", {}),
    ("light.kitchen_counter", "Counter", "kitchen", "on", {}),
    ("light.living_room", "Reading Lamp", "living_room", "off", {}),
    ("light.sofa", "Sofa Lamp", "living_room", "off", {}),
    ("light.bedroom", "Bedside Lamp", "bedroom", "off", {}),
    ("light.desk", "Desk Lamp", "office", "off", {}),
    ("switch.coffee", "Coffee Machine", "kitchen", "off", {}),
    ("switch.fountain", "Fountain", "", "off", {}),
    ("switch.opener", "Gate Opener", "garage", "off", {}),
    ("fan.bedroom", "Ceiling Fan", "bedroom", "off", {}),
    ("cover.blinds", "Office Blinds", "office", "closed", {"device_class": "blind"}),
    ("cover.curtain", "Left Curtain", "living_room", "open", {"device_class": "curtain"}),
    ("cover.garage", "Garage Door", "garage", "closed", {"device_class": "garage"}),
    ("lock.front", "Front Door", "hall", "locked", {}),
    ("climate.living_room", "Thermostat", "living_room", "heat", {"current_temperature": 21, "temperature": 20.5}),
    ("climate.bedroom", "Radiator", "bedroom", "heat", {"current_temperature": 17.5}),
    ("media_player.radio", "Kitchen Radio", "kitchen", "playing", {}),
    ("media_player.tv", "Television", "living_room", "off", {}),
    ("vacuum.robot", "Robbie", "living_room", "docked", {}),
    ("scene.movie", "Movie Night", "", "unknown", {}),
    ("script.bins", "Bin Reminder", "", "off", {}),
    ("binary_sensor.kitchen_window", "Kitchen Window", "kitchen", "on", {"device_class": "window"}),
    ("binary_sensor.bedroom_window", "Bedroom Window", "bedroom", "off", {"device_class": "window"}),
    ("sensor.outside", "Outside Temperature", "", "4", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    ("weather.home", "Forecast", "", "sunny", {"temperature": 4}),
)
"""Id, name, area, state, attributes."""
ALIASES = {"light.bedroom": ["Night Light", None], "media_player.tv": ["Telly"]}
_CHANGES = {
    "HassTurnOn": {"lock": "locked", "cover": "open", "": "on"},
    "HassTurnOff": {"lock": "unlocked", "cover": "closed", "": "off"},
}


@cache
def _intents(language: str) -> Intents:
    content = get_intents(language)
    assert content
    return Intents.from_dict(content)


class FakeHome:
    def __init__(self) -> None:
        self.token = "eyJ-the-token-of-the-fake-home"
        self.states = {id: state for id, _, _, state, _ in ENTITIES}
        self.names = {id: name for id, name, *_ in ENTITIES}
        self.hidden = {"switch.fountain"}
        """What is not exposed to voice assistants."""
        self.said: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        """Of conversation/process."""
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.tokens: list[str] = []
        """Each that was shown."""
        self.asked: list[str] = []
        """The types of what came over the WebSocket."""
        self.has_conversation = True
        self.is_admin = True
        self.speech: str | None = None
        """Instead of its own."""
        self.fault = ""
        """"hang": it answers nothing; "flood": it tells of changes without end; "redirect": it sends elsewhere; "junk":
        no JSON; "error": 500; "misunderstands": no intent matches."""
        self.elsewhere = ""
        self.port = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._never = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeHome:
        self._thread.start()
        self.live()
        return self

    def __exit__(self, *_: Any) -> None:
        self.die()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def live(self) -> None:
        """Also again, at the same port."""
        self._wait(self._started())

    def die(self) -> None:
        self._wait(self._stopped())

    def changed(self) -> None:
        """Tells of a change of the registry."""
        self._wait(self._tell())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wait(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _started(self) -> None:
        app = web.Application()
        app.router.add_get("/api/websocket", self._websocket)
        app.router.add_get("/api/states", self._get_states)
        app.router.add_post("/api/services/{domain}/{service}", self._service)
        app.router.add_post("/api/conversation/process", self._process)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stopped(self) -> None:
        self._never.set()
        self._never = asyncio.Event()
        for socket in list(self._sockets):
            await socket.close()
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def _tell(self) -> None:
        for socket in self._sockets:
            await socket.send_json({"id": 1, "type": "event", "event": {"event_type": "entity_registry_updated"}})

    async def _fault(self, request: web.Request) -> web.StreamResponse | None:
        match self.fault:
            case "hang":
                await self._never.wait()
            case "redirect":
                raise web.HTTPTemporaryRedirect(self.elsewhere + request.path)
            case "junk":
                return web.Response(text="<html>")
            case "error":
                return web.Response(status=500)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        return None if token == self.token else web.Response(status=401)

    async def _get_states(self, request: web.Request) -> web.StreamResponse:
        return await self._fault(request) or web.json_response(self._states())

    async def _service(self, request: web.Request) -> web.StreamResponse:
        if failed := await self._fault(request):
            return failed
        domain, service = request.match_info["domain"], request.match_info["service"]
        self.calls.append((domain, service, await request.json()))
        return web.json_response([])

    async def _process(self, request: web.Request) -> web.StreamResponse:
        if failed := await self._fault(request):
            return failed
        if not self.has_conversation:
            return web.Response(status=404)
        body = await request.json()
        self.bodies.append(body)
        self.said.append(body["text"])
        speech, code = self._understood(body["text"], body["language"])
        response: dict[str, Any] = {"response_type": "error" if code else "action_done", "data": {"code": code}}
        response["speech"] = {"plain": {"speech": speech if self.speech is None else self.speech, "extra_data": None}}
        return web.json_response({"response": response, "conversation_id": "01THEIRS", "continue_conversation": False})

    def _understood(self, words: str, language: str) -> tuple[str, str]:
        named = [
            (name, name, {"domain": id.partition(".")[0], **attributes})
            for id, _, _, _, attributes in ENTITIES
            for name in (self.names[id], *(alias for alias in ALIASES.get(id, ()) if alias))
        ]
        lists: dict[str, Any] = {
            "name": TextSlotList.from_tuples(named, name="name"),
            "area": TextSlotList.from_strings(AREAS.values(), name="area"),
            "floor": TextSlotList.from_strings([name for name, _ in FLOORS.values()], name="floor"),
        }
        found = recognize_best(words, _intents(language), slot_lists=lists, best_slot_name="name")
        if found is None or self.fault == "misunderstands":
            return "Sorry, I am not aware of any such device", "no_intent_match"
        slots = {name: entity.value for name, entity in found.entities.items()}
        changes = _CHANGES.get(found.intent.name, {})
        for id in self.states:
            domain = id.partition(".")[0]
            if changes and self._is_meant(id, domain, slots):
                self.states[id] = changes.get(domain, changes[""])
        return f"{found.intent.name} done", ""

    def _is_meant(self, id: str, domain: str, slots: dict[str, Any]) -> bool:
        _, _, area, _, attributes = next(row for row in ENTITIES if row[0] == id)
        return (
            slots.get("name", self.names[id]) in (self.names[id], *ALIASES.get(id, ()))
            and slots.get("area", AREAS.get(area)) == AREAS.get(area)
            and slots.get("domain", domain) == domain
            and slots.get("device_class", attributes.get("device_class")) == attributes.get("device_class")
        )

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if self.fault == "redirect":
            raise web.HTTPTemporaryRedirect(self.elsewhere + request.path)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.fault == "hang":
            await self._never.wait()
            return socket
        await socket.send_json({"type": "auth_required", "ha_version": "2026.11.3"})
        given = (await socket.receive_json()).get("access_token")
        self.tokens.append(given)
        if given != self.token:
            await socket.send_json({"type": "auth_invalid", "message": "Invalid access token or password"})
            await socket.close()
            return socket
        await socket.send_json({"type": "auth_ok", "ha_version": "2026.11.3"})
        self._sockets.add(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, message.json())
        except ConnectionError:
            pass
        finally:
            self._sockets.discard(socket)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        self.asked.append(asked["type"])
        while self.fault == "flood":
            await socket.send_json({"id": 1, "type": "event", "event": {"event_type": "entity_registry_updated"}})
        refused = asked["type"] == "homeassistant/expose_entity/list" and not self.is_admin
        answer: dict[str, Any] = {"id": asked["id"], "type": "result", "success": not refused}
        await socket.send_json({**answer, "result": None if refused else self._result(asked)})

    def _result(self, asked: dict[str, Any]) -> Any:
        match asked["type"]:
            case "get_states":
                return self._states()
            case "homeassistant/expose_entity/list":
                exposed = {id: {"conversation": id not in self.hidden} for id in self.states}
                return {"exposed_entities": exposed}
            case "config/entity_registry/list":
                return [
                    {"entity_id": id, "options": {"conversation": {"should_expose": id not in self.hidden}}}
                    for id in self.states
                ]
            case "config/entity_registry/get_entries":
                return {
                    # The lamp's area is its device's.
                    id: {"entity_id": id, "aliases": ALIASES.get(id, []), "device_id": "lamp"}
                    if id == "light.desk"
                    else {"entity_id": id, "aliases": ALIASES.get(id, []), "area_id": area or None}
                    for id, _, area, _, _ in ENTITIES
                    if id in asked["entity_ids"]
                }
            case "config/device_registry/list":
                return [{"id": "lamp", "area_id": "office"}]
            case "config/area_registry/list":
                floors = {area: floor for floor, (_, areas) in FLOORS.items() for area in areas}
                return [
                    {"area_id": id, "name": name, "aliases": [], "floor_id": floors.get(id)}
                    for id, name in AREAS.items()
                ]
            case "config/floor_registry/list":
                return [{"floor_id": id, "name": name, "aliases": []} for id, (name, _) in FLOORS.items()]
        return None

    def _states(self) -> list[dict[str, Any]]:
        return [
            {"entity_id": id, "state": self.states[id], "attributes": {"friendly_name": self.names[id], **attributes}}
            for id, _, _, _, attributes in ENTITIES
        ]
