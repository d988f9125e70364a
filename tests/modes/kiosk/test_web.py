"""The kiosk's endpoints and page, asked over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import aiohttp
import pytest

from assistant import events
from assistant.modes.kiosk import web
from assistant.modes.kiosk.condition import Condition
from assistant.modes.kiosk.metrics import Metrics
from assistant.modes.kiosk.view import View
from assistant.retrieved import CitedPassage, Retrieved
from assistant.settings.modes import KioskSettings
from assistant.turn import Turn


class Kiosk:
    """What the endpoints are about, and a client."""

    def __init__(self, **settings) -> None:
        with socket.socket() as free:
            free.bind((web.ADDRESS, 0))
            port = free.getsockname()[1]
        self.settings = KioskSettings(**{"port": port, "page": True, **settings})
        self.now = 0.0
        self.condition = Condition(lambda: self.now)
        self.metrics = Metrics()
        self.view = View(self.settings)
        self.address = f"http://{web.ADDRESS}:{self.settings.port}"
        self.notes: list[str] = []

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        async with self.client.request(method, self.address + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def views(self):
        """What an open page is sent."""
        async with self.client.get(self.address + "/changes") as answer:
            while line := await answer.content.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    def run(self, scene: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            serving = web.serving(self.settings, self.condition, self.metrics, self.view, self.notes.append)
            async with serving, aiohttp.ClientSession() as self.client:
                await scene()

        asyncio.run(main())


def test_health_is_that_frames_come_and_engines_work():
    kiosk = Kiosk()

    async def scene() -> None:
        assert await kiosk.get("/readyz") == (503, '{"works": false, "problems": ["it is still loading"]}\n')
        assert (await kiosk.get("/healthz"))[0] == 200  # loading is no reason to start it anew
        kiosk.condition.ready = True
        kiosk.condition.fed()
        assert await kiosk.get("/readyz") == (200, '{"works": true, "problems": []}\n')
        kiosk.now = 7.0
        status, text = await kiosk.get("/healthz")
        assert status == 503 and json.loads(text)["problems"] == ["the microphone has given no sound for 7 s"]
        kiosk.condition.fed()
        kiosk.condition(events.Health("llm", False, "The language model hangs."))
        status, text = await kiosk.get("/readyz")
        assert status == 503 and json.loads(text)["problems"] == ["The language model hangs."]
        kiosk.condition(events.Health("llm", True, ""))
        assert (await kiosk.get("/healthz"))[0] == 200

    kiosk.run(scene)


def test_metrics_are_what_prometheus_reads():
    kiosk = Kiosk()

    async def scene() -> None:
        kiosk.metrics(events.Woken("alexa"))
        status, text = await kiosk.get("/metrics")
        assert status == 200 and 'assistant_wakes_total{word="alexa"} 1.0' in text

    kiosk.run(scene)


@pytest.mark.parametrize("path", ["/", "/changes", "/healthz", "/metrics", "/none"])
def test_other_pages_in_a_browser_of_this_machine_get_nothing(path):
    kiosk = Kiosk()

    async def scene() -> None:
        for headers in (
            {"Host": "evil.example"},
            {"Host": f"evil.example:{kiosk.settings.port}"},
            {"Host": "127.0.0.1"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            assert (await kiosk.get(path, **headers))[0] == 403

    kiosk.run(scene)


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_other_script():
    kiosk = Kiosk(page_qr="https://museum.example/")

    async def scene() -> None:
        for path in ("/", "/page.js", "/page.css", "/qr.svg"):
            async with kiosk.client.get(kiosk.address + path, headers={"Origin": kiosk.address}) as answer:
                text = await answer.text()
                assert answer.status == 200
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Cache-Control"] == "no-store"
                assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        for method in ("POST", "PUT", "DELETE"):
            assert (await kiosk.get("/", method))[0] == 405

    kiosk.run(scene)


def test_without_the_page_nobody_sees_words():
    kiosk = Kiosk(page=False)

    async def scene() -> None:
        assert (await kiosk.get("/"))[0] == (await kiosk.get("/changes"))[0] == 404
        assert (await kiosk.get("/healthz"))[0] == 200

    kiosk.run(scene)


def test_an_open_page_shows_words_as_they_come_and_forgets_them_with_the_visit():
    kiosk = Kiosk(page_text="Open until six")

    async def scene() -> None:
        async with aclosing(kiosk.views()) as views:

            async def after(*happened: events.Event) -> dict:
                for event in happened:
                    kiosk.view(event)
                return await anext(views)

            shown = await anext(views)
            assert (shown["state"], shown["text"], shown["begin"]) == ("loading", "Open until six", "Say “hey jarvis”.")
            assert (await after(events.StateChanged("listening")))["state"] == "waiting"
            assert (await after(events.Woken("okay_nabu")))["state"] == "listening"
            assert (await after(events.Transcribed("how old", False)))["user"] == "how old"
            assert (await after(events.Speaking("It was", "It was opened in 1883.")))["reply"] == "It was"
            turn = Turn(1, user="How old is it?", heard="It was opened in 1883.", outcome="answered")
            shown = await after(events.TurnEnded(turn))
            assert (shown["user"], shown["reply"]) == ("How old is it?", "It was opened in 1883.")
            shown = await after(events.Transcribed("and who", False))
            assert (shown["user"], shown["reply"]) == ("and who", "")
            shown = await after(events.Left("silence", 1), events.TurnEnded(turn))  # one that ends late, too
            assert (shown["user"], shown["reply"], shown["sources"], shown["state"]) == ("", "", [], "waiting")
            assert (await after(events.Health("llm", False, "It hangs.")))["error"] == "It hangs."
            assert (await after(events.Health("llm", True, "")))["error"] == ""

    kiosk.run(scene)


def test_sources_are_shown_with_the_answer():
    passage = CitedPassage("otter.pdf", "Otter 5", ("Pump",), 2, 0.9, "It turns.")
    view = View(KioskSettings())
    view(events.Woken("okay_nabu"))
    view(events.TurnEnded(Turn(1, outcome="answered", found=Retrieved("", passages=(passage,)))))
    assert json.loads(view.snapshot())["sources"] == ["Otter 5 › Pump, p. 2"]


def test_the_kiosk_ends_at_once_while_pages_are_open():
    kiosk = Kiosk()

    async def scene() -> None:
        async with aclosing(kiosk.views()) as views:
            await anext(views)
            kiosk.view(events.StateChanged("listening"))
            await anext(views)

    async def main() -> None:
        async with aiohttp.ClientSession() as kiosk.client:
            async with web.serving(kiosk.settings, kiosk.condition, kiosk.metrics, kiosk.view, kiosk.notes.append):
                views = kiosk.views()
                await anext(views)
            await views.aclose()

    asyncio.run(asyncio.wait_for(main(), 5.0))


def test_a_port_that_is_taken_is_noted_and_the_kiosk_goes_on():
    first, second = Kiosk(), Kiosk()
    second.settings = KioskSettings(port=first.settings.port)

    async def scene() -> None:
        async with web.serving(second.settings, second.condition, second.metrics, second.view, second.notes.append):
            pass

    first.run(scene)
    [note] = second.notes
    assert "[kiosk] port" in note and str(first.settings.port) in note


def test_port_0_serves_nothing():
    kiosk = Kiosk(port=0)

    async def scene() -> None:
        with pytest.raises(aiohttp.ClientConnectorError):
            await kiosk.get("/healthz")

    kiosk.run(scene)
    assert kiosk.notes == []
