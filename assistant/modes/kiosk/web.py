"""/healthz, /readyz, /metrics and the page, for this machine only.

Bound to 127.0.0.1. A page from elsewhere that a browser here has open reaches that address, too, so Host (a name that
points here all of a sudden), Origin and Sec-Fetch-Site are checked. Nothing can be changed through it: GET only.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from assistant.modes.kiosk.condition import Condition
from assistant.modes.kiosk.metrics import Metrics
from assistant.modes.kiosk.view import View
from assistant.settings.modes import KioskSettings

ADDRESS = "127.0.0.1"
_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_BEAT = 5.0  # seconds; the page takes three missed ones for a broken connection
_MOST_PAGES = 16  # open at once
_END_SECONDS = 0.2  # that open pages get when the kiosk ends

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(
    settings: KioskSettings, condition: Condition, metrics: Metrics, view: View, note: Callable[[str], None]
) -> AsyncIterator[None]:
    """Serve while the block runs. A port that cannot be had is noted, and nothing is served."""
    if not settings.port:
        yield
        return
    runner = web.AppRunner(
        application(settings, condition, metrics, view), access_log=None, shutdown_timeout=_END_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, ADDRESS, settings.port).start()
    except OSError as error:
        note(
            f"[kiosk] port: {settings.port} of {ADDRESS} cannot be used ({error.strerror or error}), so there is no "
            "/healthz and no page; set another one"
        )
    try:
        yield
    finally:
        await runner.cleanup()


def application(settings: KioskSettings, condition: Condition, metrics: Metrics, view: View) -> web.Application:
    hosts = {f"{ADDRESS}:{settings.port}", f"localhost:{settings.port}"}

    @web.middleware
    async def from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if (
            request.headers.get("Host") not in hosts
            or not (origin is None or origin.removeprefix("http://") in hosts)
            or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        ):
            raise web.HTTPForbidden(text=f"only for this machine, at http://{ADDRESS}:{settings.port}\n")
        return await handler(request)

    async def healthz(request: web.Request) -> web.Response:
        return _told(condition.problems(), {"ready": condition.ready})

    async def readyz(request: web.Request) -> web.Response:
        return _told(condition.problems() if condition.ready else ["it is still loading"], {})

    async def counted(request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": metrics.content_type})

    app = web.Application(middlewares=[from_here])
    app.on_response_prepare.append(_add_headers)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", counted)
    if settings.page:
        _add_page(app, settings, view)
    return app


def _add_page(app: web.Application, settings: KioskSettings, view: View) -> None:
    files = {path: ((_PAGE / name).read_text(encoding="utf-8"), type) for path, (name, type) in _FILES.items()}
    if settings.page_qr:
        files["/qr.svg"] = (qr_code(settings.page_qr), "image/svg+xml")
    pages = 0

    async def file(request: web.Request) -> web.Response:
        text, type = files[request.path]
        return web.Response(text=text, content_type=type)

    async def changes(request: web.Request) -> web.StreamResponse:
        nonlocal pages
        if pages >= _MOST_PAGES:
            raise web.HTTPServiceUnavailable(text="too many pages are open\n")
        pages += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            await response.prepare(request)
            while True:
                version = view.version
                await response.write(f"data: {view.snapshot()}\n\n".encode())
                await view.later_than(version, _BEAT)
        except ConnectionError:  # the page was closed
            return response
        finally:
            pages -= 1

    for path in files:
        app.router.add_get(path, file)
    app.router.add_get("/changes", changes)


def qr_code(text: str) -> str:
    """An SVG picture, black on white, with the white edge that readers need."""
    import segno

    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="svg", light="white", border=3, omitsize=True, xmldecl=False)
    return out.getvalue().decode()


def _told(problems: list[str], more: dict[str, object]) -> web.Response:
    body = {"works": not problems, **more, "problems": problems}
    return web.Response(text=json.dumps(body) + "\n", status=503 if problems else 200, content_type="application/json")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
