"""One WebSocket of OpenAI's Realtime API: what it receives goes to the reading that it belongs to, the rest nowhere."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
import openai
from openai.resources.realtime import AsyncRealtime
from websockets.exceptions import InvalidStatus, WebSocketException

from assistant.errors import EngineError
from assistant.llm.endpoint_errors import Service
from assistant.tts import SAMPLE_RATE
from assistant.tts.openai.service import Refused

_STATUS: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
}
_CODES = {"invalid_api_key": 401, "model_not_found": 404, "insufficient_quota": 429, "rate_limit_exceeded": 429}
_LARGEST = 1 << 24  # bytes of one event


class Lost(Exception):
    """The connection is gone, or the service has ended the session: the same can be asked for once more."""


class Reading:
    """One sentence, asked for: its sound and the words that the model says it said."""

    def __init__(self, request: str, most: float, cancel: Callable[[Reading], None]) -> None:
        self.request = request
        self.response = ""
        """The id of the response; empty before it is created."""
        self.said = ""
        """The transcript so far."""
        self.cancelled = False
        self.ended = False
        """Whether nothing more will come."""
        self._cancel = cancel
        self._left = round(most * SAMPLE_RATE)
        self._odd = b""
        self._queue: asyncio.Queue[np.ndarray | Exception | None] = asyncio.Queue()

    def cancel(self) -> None:
        """Nothing more of it is wanted; what still comes is dropped."""
        self._cancel(self)

    async def sound(self) -> np.ndarray | None:
        """The next samples, mono float32 at 24 kHz; None at the end. Raises what went wrong."""
        item = await self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def add(self, data: bytes) -> bool:
        """24 kHz PCM as it comes; False when that is more than the sentence can need."""
        data = self._odd + data
        whole = len(data) // 2 * 2
        self._odd = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2").astype(np.float32) / 32768
        self._left -= len(samples)
        if self._left < 0:
            return False
        self._queue.put_nowait(samples)
        return True

    def end(self, error: Exception | None = None) -> None:
        if not self.ended:
            self.ended = True
            self._queue.put_nowait(error)


class Socket:
    """Of the event loop that opened it. Sentences may be asked for side by side."""

    def __init__(self, connection: Any, used: Callable[[Any], None]) -> None:
        """``used``: is told what each response used, cancelled ones too."""
        self.lost = False
        self._connection = connection
        self._used = used
        self._numbers = itertools.count(1)
        self._asked: dict[str, Reading] = {}  # by request, until its response is created
        self._readings: dict[str, Reading] = {}  # by response
        self._refused: Exception | None = None
        self._tasks = {asyncio.create_task(self._receive())}

    @classmethod
    async def open(cls, realtime: AsyncRealtime, service: Service, session: Any, used: Callable[[Any], None]) -> Socket:
        """Raises openai.APIStatusError, OSError, TimeoutError or EngineError."""
        options: Any = {"open_timeout": service.timeout, "close_timeout": 1, "max_size": _LARGEST, "compression": None}
        try:
            connection = await realtime.connect(model=service.model, websocket_connection_options=options).enter()
            socket = cls(connection, used)
            await connection.send_raw(json.dumps({"type": "session.update", "event_id": "session", "session": session}))
        except InvalidStatus as error:
            raise status_error(error.response.status_code, bytes(error.response.body or b"")) from None
        except WebSocketException as error:
            raise EngineError(
                f"cloud voice: {service.url} has no Realtime API ({type(error).__name__}); check [tts] "
                "openai_model and openai_base_url"
            ) from None
        return socket

    async def ask(self, response: dict[str, Any], most: float) -> Reading:
        """``most``: seconds of sound. Raises Lost."""
        if self._refused:
            raise self._refused
        reading = Reading(f"sentence-{next(self._numbers)}", most, self._withdraw)
        self._asked[reading.request] = reading
        create = {"type": "response.create", "event_id": reading.request}
        try:
            await self._send({**create, "response": {**response, "metadata": {"request": reading.request}}})
        except asyncio.CancelledError:
            reading.cancel()
            raise
        return reading

    def _withdraw(self, reading: Reading) -> None:
        reading.cancelled = True
        if reading.ended or self.lost:
            return
        reading.end()
        if reading.response:
            self._readings.pop(reading.response, None)
            self._cancel(reading.response)

    def close(self) -> None:
        self.lost = True
        for task in self._tasks:
            task.cancel()

    async def _send(self, event: Any) -> None:
        try:
            await self._connection.send_raw(json.dumps(event))  # its `send` takes 10 ms to fit the event to its types
        except (WebSocketException, openai.OpenAIError, OSError) as error:
            self._lose()
            raise Lost(type(error).__name__) from None

    def _cancel(self, response: str) -> None:
        async def cancel() -> None:
            with contextlib.suppress(Lost):
                await self._send({"type": "response.cancel", "response_id": response})

        task = asyncio.create_task(cancel())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self) -> None:
        try:
            async for event in self._connection:
                self._take(event)
        except (Lost, WebSocketException, openai.OpenAIError, OSError, ValueError, AttributeError, TypeError):
            pass  # what is no event of the Realtime API ends the connection as well
        finally:
            self._lose()
            with contextlib.suppress(WebSocketException, openai.OpenAIError, OSError):
                await self._connection.close()

    def _lose(self) -> None:
        self.lost = True
        self._fail(Lost("the connection was closed"))

    def _fail(self, error: Exception) -> None:
        for reading in [*self._asked.values(), *self._readings.values()]:
            reading.end(error)
        self._asked.clear()
        self._readings.clear()

    def _take(self, event: Any) -> None:
        kind = event.type
        if kind == "error":
            self._take_error(event.error)
        elif kind == "response.created":
            self._created(event.response)
        elif kind == "response.done":
            self._done(event.response)
        elif (reading := self._readings.get(getattr(event, "response_id", ""))) is None:
            return
        elif kind == "response.output_audio.delta":
            if not reading.add(base64.b64decode(event.delta)):
                self._drop(reading, EngineError("cloud voice: more sound came than the sentence can need; try again"))
        elif kind == "response.output_audio_transcript.delta":
            reading.said += event.delta
        elif kind == "response.output_audio_transcript.done":
            if not isinstance(event.transcript, str):
                raise TypeError("a transcript that is no text")
            reading.said = event.transcript

    def _created(self, response: Any) -> None:
        request = (response.metadata or {}).get("request") or next(iter(self._asked), "")
        reading = self._asked.pop(request, None)
        if reading is None or reading.cancelled:
            self._cancel(response.id)
            return
        reading.response = response.id
        self._readings[response.id] = reading

    def _done(self, response: Any) -> None:
        if response.usage is not None:
            self._used(response.usage)
        reading = self._readings.pop(response.id, None)
        if reading is None:
            return
        details = response.status_details
        if response.status == "completed":
            reading.end()
        elif response.status == "failed" and details and details.error:
            reading.end(event_error(details.error))
        else:
            reason = (details and details.reason) or response.status
            reading.end(EngineError(f"cloud voice: OpenAI ended the sentence early ({reason})"))

    def _take_error(self, error: Any) -> None:
        if error.code == "session_expired":
            raise Lost(error.code)
        problem = event_error(error)
        if error.event_id == "session":
            self._refused = problem
        elif error.event_id and error.event_id not in self._asked:
            return  # e.g. there was nothing left to cancel
        if (reading := self._asked.pop(error.event_id or "", None)) is not None:
            reading.end(problem)
        elif error.code != "response_cancel_not_active":
            self._fail(problem)

    def _drop(self, reading: Reading, error: Exception) -> None:
        reading.end(error)
        self._readings.pop(reading.response, None)
        self._cancel(reading.response)


def status_error(status: int, body: bytes) -> openai.APIStatusError:
    """What the client would raise for such an answer to an ordinary request."""
    try:
        said = json.loads(body)["error"]
        message = said.get("message") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        said, message = {}, ""
    request = httpx2.Request("GET", "https://api.openai.com/v1/realtime")
    kind = _STATUS.get(status, openai.APIStatusError)
    return kind(message or f"status {status}", response=httpx2.Response(status, request=request), body=said)


def event_error(error: Any) -> Exception:
    """An error event, or the error of a response."""
    code, kind = error.code or "", error.type or ""
    if code == "conversation_already_has_active_response":  # of a server that makes one at a time
        return Lost(code)
    if code not in _CODES and kind == "invalid_request_error":
        param = getattr(error, "param", None)
        return Refused(
            f"cloud voice: OpenAI refused the request ({param or code or kind}); check [tts] openai_model, "
            "openai_voice, openai_speed and openai_instructions"
        )
    body = {"code": code, "message": error.message, "type": kind}
    return status_error(_CODES.get(code, 500), json.dumps({"error": body}).encode())
