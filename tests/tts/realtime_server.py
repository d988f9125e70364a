"""A local server of OpenAI's Realtime API: its events are built from, and its client's checked by, openai's own types.

    with RealtimeServer(pcm, [Act(says="My name is Sol.")]) as server:
        ... TtsSettings(openai_model="gpt-realtime-2.1-mini", openai_base_url=server.url) ...
        assert server.creates[0]["conversation"] == "none"

Each response takes the next of ``acts``; when there are none left it reads what it is asked to, as a faithful model
would. ``pcm`` gives the sound of some words: 24 kHz mono signed 16-bit little-endian.
"""

from __future__ import annotations

import asyncio
import base64
import http
import itertools
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openai.types import realtime as types
from pydantic import TypeAdapter
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

_CLIENT = TypeAdapter(types.RealtimeClientEvent)
USAGE = {
    "input_tokens": 200,
    "output_tokens": 120,
    "total_tokens": 320,
    "input_token_details": {"text_tokens": 200, "audio_tokens": 0, "cached_tokens": 100},
    "output_token_details": {"text_tokens": 20, "audio_tokens": 100},
}


@dataclass(frozen=True)
class Act:
    """How one response goes. Numbers count audio events."""

    says: str | None = None
    """Other words than the passage."""
    late: float = 0.0
    """Seconds before the first event."""
    cut_after: int | None = None
    """The connection is closed there."""
    hang_after: int | None = None
    """Nothing more comes from there on, until it is cancelled."""
    deaf: bool = False
    """Goes on after it was cancelled."""
    silent: bool = False
    """The sound is silence."""
    mute: bool = False
    """No sound at all."""
    endless: bool = False
    raw: str = ""
    """Sent before anything else."""
    error: dict[str, Any] | None = None
    """An error event instead of the response."""
    failed: dict[str, Any] | None = None
    """``status_details`` of a response that fails."""


class RealtimeServer:
    def __init__(
        self,
        pcm: Callable[[str], bytes],
        acts: list[Act] | None = None,
        block: int = 4800,
        refuse: list[tuple[int, dict[str, Any]] | None] | None = None,
        metadata: bool = True,
    ) -> None:
        """``refuse``: status and error of the first connections; ``metadata``: whether responses carry theirs."""
        self.acts = list(acts or [])
        self.events: list[dict[str, Any]] = []
        """All that clients sent."""
        self.got_create, self.got_cancel = threading.Event(), threading.Event()
        self.connections = 0
        self.headers: list[dict[str, str]] = []
        self._pcm, self._block, self._refuse, self._metadata = pcm, block, list(refuse or []), metadata
        self._numbers = itertools.count(1)
        self._open: set[ServerConnection] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)

    @property
    def creates(self) -> list[dict[str, Any]]:
        """The responses that were asked for."""
        return [event["response"] for event in self.events if event["type"] == "response.create"]

    @property
    def cancelled(self) -> list[str]:
        return [event["response_id"] for event in self.events if event["type"] == "response.cancel"]

    def __enter__(self) -> RealtimeServer:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def drop(self) -> None:
        """Cut all connections."""
        asyncio.run_coroutine_threadsafe(self._abort(), self._loop).result(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serve(self._talk, "127.0.0.1", 0, process_request=self._enter) as server:
            self.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
            self._started.set()
            await self._stop.wait()
            await self._abort()

    async def _abort(self) -> None:
        for connection in self._open:
            connection.transport.abort()

    def _enter(self, connection: ServerConnection, request: Request) -> Response | None:
        self.connections += 1
        self.headers.append({name.lower(): value for name, value in request.headers.raw_items()})
        fault = self._refuse.pop(0) if self._refuse else None
        if fault is None:
            return None
        return connection.respond(http.HTTPStatus(fault[0]), json.dumps({"error": fault[1]}))

    async def _talk(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        session = {"type": "realtime", "model": "fake"}
        await self._send(connection, types.SessionCreatedEvent, type="session.created", session=session)
        running: dict[str, tuple[asyncio.Task, Act, dict]] = {}
        async for message in connection:
            event = json.loads(message)
            _CLIENT.validate_python(event)
            self.events.append(event)
            if event["type"] == "response.create":
                self.got_create.set()
                act = self.acts.pop(0) if self.acts else Act()
                response = self._response(event["response"])
                task = asyncio.create_task(self._respond(connection, event, response, act))
                running[response["id"]] = task, act, response
            elif event["type"] == "response.cancel":
                self.got_cancel.set()
                task, act, response = running[event["response_id"]]
                if task.done():
                    await self._error(connection, "response_cancel_not_active", event_id="cancel")
                elif not act.deaf:
                    task.cancel()
                    await self._done(connection, response, "cancelled", {"reason": "client_cancelled"})

    def _response(self, asked: dict) -> dict:
        metadata = asked.get("metadata") if self._metadata else None
        return {"id": f"resp_{next(self._numbers)}", "object": "realtime.response", "metadata": metadata}

    async def _respond(self, connection: ServerConnection, event: dict, response: dict, act: Act) -> None:
        if act.raw:
            await connection.send(act.raw)
        if act.error is not None:
            await self._error(connection, **{"event_id": event.get("event_id"), **act.error})
            return
        await asyncio.sleep(act.late)
        progress = {**response, "status": "in_progress"}
        await self._send(connection, types.ResponseCreatedEvent, type="response.created", response=progress)
        if act.failed is not None:
            await self._done(connection, response, act.failed.get("type", "failed"), act.failed)
            return
        where = {"response_id": response["id"], "item_id": "item_1", "output_index": 0, "content_index": 0}
        text = event["response"]["input"][0]["content"][0]["text"]
        says = re.fullmatch(r"<passage>(.*)</passage>", text, re.DOTALL)[1] if act.says is None else act.says
        sound = b"" if act.mute else bytes(48_000) if act.silent else await asyncio.to_thread(self._pcm, says)
        blocks = [sound[begin : begin + self._block] for begin in range(0, len(sound), self._block)]
        step = max(1, -(-len(says) // max(1, len(blocks))))
        for number, block in enumerate(itertools.cycle(blocks) if act.endless else blocks):
            await asyncio.sleep(0)
            if number == act.cut_after:
                connection.transport.abort()
                return
            if number == act.hang_after:
                await asyncio.Event().wait()
            if piece := says[number * step : (number + 1) * step]:
                await self._send(
                    connection,
                    types.ResponseAudioTranscriptDeltaEvent,
                    type="response.output_audio_transcript.delta",
                    delta=piece,
                    **where,
                )
            delta = base64.b64encode(block).decode()
            await self._send(
                connection, types.ResponseAudioDeltaEvent, type="response.output_audio.delta", delta=delta, **where
            )
        await self._send(
            connection,
            types.ResponseAudioTranscriptDoneEvent,
            type="response.output_audio_transcript.done",
            transcript=says,
            **where,
        )
        await self._send(connection, types.ResponseAudioDoneEvent, type="response.output_audio.done", **where)
        await self._done(connection, response, "completed", None)

    async def _done(self, connection: ServerConnection, response: dict, status: str, details: dict | None) -> None:
        done = {**response, "status": status, "status_details": details, "usage": USAGE}
        await self._send(connection, types.ResponseDoneEvent, type="response.done", response=done)

    async def _error(self, connection: ServerConnection, code: str, **more: Any) -> None:
        error = {
            "type": "invalid_request_error",
            "message": "Something about sk-fake-very-secret.",
            "code": code,
            **more,
        }
        await self._send(connection, types.RealtimeErrorEvent, type="error", error=error)

    async def _send(self, connection: ServerConnection, kind: type, **fields: Any) -> None:
        event = kind.model_validate({"event_id": f"event_{next(self._numbers)}", **fields})
        await connection.send(event.model_dump_json(exclude_none=True))
