"""Servers that send on what they are asked, or repeat the key that they were shown: no key and no word comes to an
address that the user did not choose, and no key comes to the terminal.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from huggingface_hub import constants

from assistant import hub, secrets
from assistant.cli import main
from assistant.compare.judge import Judge, settings_of
from assistant.errors import AssistantError, EngineError
from assistant.llm import LlmSettings, Message, load
from assistant.models.ranged import RangedFile
from assistant.settings.mcp import McpSettings
from assistant.skills.home import asking
from assistant.skills.home.address import Address
from assistant.skills.home.link import Link
from assistant.tools.toolbox import Tools
from assistant.tts import TtsSettings
from assistant.tts.openai.engine import OpenAI
from rag.client import Server as Chroma
from rag.errors import RagError
from tests.hostile.listening import Listening
from tests.llm.test_redirects import PLACES

KEY = "sk-key-for-the-chosen-server-1234567890"
NAMES = ("LLM_API_KEY", "TTS_API_KEY", "OPENAI_API_KEY", "HF_TOKEN", "HOUSE_TOKEN")
SECRET = "the gardener's secret"
STATUSES = (301, 302, 303, 307, 308)

Answer = Callable[[str, str], tuple[int, dict[str, str], bytes]]
"""The key that was shown, and what was asked -> status, headers and body."""


class Odd:
    """Answers everything in one way."""

    def __init__(self, answer: Answer) -> None:
        self.keys: list[str] = []
        """What each request showed as Authorization."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def any(self) -> None:
                said = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
                shown = self.headers.get("Authorization", "")
                odd.keys.append(shown)
                status, headers, body = answer(shown.removeprefix("Bearer "), said)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                self.close_connection = True

            do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = any

        odd = self
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Odd:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(secrets, "_handed_out", set())
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_reached", None)
    monkeypatch.chdir(tmp_path)
    rows = [{"question": f"Who has {SECRET} number {number}?", "answer": "The gardener."} for number in range(20)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def thief() -> Iterator[Listening]:
    with Listening() as thief:
        yield thief


# ---- who asks ------------------------------------------------------------------------------------------------------


def _model(url: str, tell: Callable[[str], None]) -> None:
    engine = load(LlmSettings(engine="openai", preset="custom", base_url=f"{url}/v1", model="m", timeout=5.0), tell)

    async def ask() -> None:
        async with aclosing(engine.reply([Message("user", SECRET)])) as pieces:
            async for _ in pieces:
                pass

    asyncio.run(ask())


def _first_model(url: str, tell: Callable[[str], None]) -> None:
    load(LlmSettings(engine="openai", preset="custom", base_url=f"{url}/v1", model="auto", timeout=5.0), tell)


def _voice(url: str, tell: Callable[[str], None]) -> None:
    voice = OpenAI(TtsSettings(openai_base_url=f"{url}/v1", timeout=5.0), tell)

    async def speak() -> None:
        async with aclosing(voice.speak(SECRET)) as chunks:
            async for _ in chunks:
                pass

    asyncio.run(speak())


def _judge(url: str, tell: Callable[[str], None]) -> None:
    judge = Judge(load(settings_of("custom/m", LlmSettings(timeout=5.0), f"{url}/v1"), tell))
    try:
        judge.ask(SECRET)
    finally:
        judge.close()


def _examples(url: str, tell: Callable[[str], None]) -> None:
    options = ["--base-url", f"{url}/v1", "--model", "m", "--count", "2", "--yes", "--out", "made.jsonl"]
    Path("examples.json").write_text(json.dumps([{"instruction": SECRET, "input": "", "output": "No."}]))
    assert main(["train", "make", "--examples", "examples.json", *options]) != 0


def _fine_tuning(url: str, tell: Callable[[str], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        assert main(["train", "openai", "rows.jsonl", "--yes"]) != 0


def _hub(url: str, tell: Callable[[str], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", url)
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{url}/{{repo_id}}/resolve/{{revision}}/{{filename}}")
        hub.fetch("owner/model", "model.gguf")


def _header(url: str, tell: Callable[[str], None]) -> None:
    with RangedFile(f"{url}/owner/model/resolve/main/model.gguf", KEY) as file:
        file.read(10)


def _tools(url: str, tell: Callable[[str], None]) -> None:
    async def ask() -> None:
        tools = Tools([McpSettings("house", url=f"{url}/mcp", token="HOUSE_TOKEN", timeout=5.0)], notice=tell)
        tools.start()
        try:
            tell(await tools.settled("house"))
        finally:
            await asyncio.to_thread(tools.close)

    asyncio.run(ask())


def _home(url: str, tell: Callable[[str], None]) -> None:
    if asyncio.run(asking.process(Address(url, secrets.secret("HOUSE_TOKEN") or ""), SECRET, "en", "")) is None:
        tell("it takes no sentences")


def _homes_link(url: str, tell: Callable[[str], None]) -> None:
    place = Address(url, secrets.secret("HOUSE_TOKEN") or "")

    async def open_it() -> None:
        async with asking.session(place) as session, Link(place, lambda registry: None)._opened(session):
            pass

    try:
        asyncio.run(open_it())
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise EngineError(asking.sentence(error)) from None


def _documents(url: str, tell: Callable[[str], None]) -> None:
    with Chroma(url).use() as (client, _):
        client.list_collections()


ASKING: dict[str, Callable[[str, Callable[[str], None]], None]] = {
    "the language model": _model,
    "its list of models": _first_model,
    "the voice": _voice,
    "the judge of a comparison": _judge,
    "who writes examples": _examples,
    "the service that trains": _fine_tuning,
    "the hub": _hub,
    "a file's header": _header,
    "a server of tools": _tools,
    "the home": _home,
    "the home's link": _homes_link,
    "the documents": _documents,
}
MAY_LEAD_ON = ("the hub", "a file's header")
"""These send files from other hosts; there they are told no key."""
WITHOUT_KEY = ("the documents", "the home's link")


def told(name: str, url: str, capsys: pytest.CaptureFixture) -> str:
    """All that the user is told."""
    said: list[str] = []
    try:
        ASKING[name](url, said.append)
    except (AssistantError, RagError) as error:
        said.append(str(error))
    printed = capsys.readouterr()
    return "\n".join([*said, printed.out, printed.err])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ASKING)
def test_no_key_and_no_word_follow_a_redirect_to(name: str, place: str, thief: Listening, capsys) -> None:
    status = STATUSES[list(PLACES).index(place) % len(STATUSES)]
    where = PLACES[place].format(port=thief.port).encode().decode("latin-1")
    with Odd(lambda key, said: (status, {"Location": where}, b"")) as server:
        said = told(name, server.url, capsys)
    assert server.keys and (name in WITHOUT_KEY or f"Bearer {KEY}" in server.keys)
    assert KEY not in said
    if name in MAY_LEAD_ON:
        assert not any(KEY.encode() in heard for heard in thief.heard)
    else:
        assert thief.heard == []


# ---- what is repeated ----------------------------------------------------------------------------------------------

JSON, STREAM = {"Content-Type": "application/json"}, {"Content-Type": "text/event-stream"}


def _as_json(status: int, make: Callable[[str], Any]) -> Answer:
    return lambda key, said: (status, JSON, json.dumps(make(key)).encode())


ECHOES: dict[str, Answer] = {
    "an error": _as_json(401, lambda key: {"error": {"message": f"Incorrect API key provided: {key}."}}),
    "an error as text": _as_json(400, lambda key: {"error": f"what is {key}?"}),
    "a detail": _as_json(422, lambda key: {"detail": [{"msg": f"bad header: Bearer {key}", "loc": [key]}]}),
    "a message": _as_json(403, lambda key: {"message": key, "code": key, "type": key}),
    "a list": _as_json(400, lambda key: [{"error": {"message": key, "param": key}}]),
    "plain text": lambda key, said: (400, {"Content-Type": "text/plain"}, f"no: {key}".encode()),
    "a page": lambda key, said: (404, {"Content-Type": "text/html"}, f"<h1>{key}</h1>".encode()),
    "headers": lambda key, said: (400, {**JSON, "X-Error-Message": key, "X-Error-Code": key, "Server": key}, b"{}"),
    "an error that is none": _as_json(200, lambda key: {"error": {"message": key}}),
    "an error in a stream": lambda key, said: (
        200, STREAM, f'data: {json.dumps({"error": {"message": key}})}\n\n'.encode(),
    ),
    "twice, and in quotes": _as_json(401, lambda key: {"error": {"message": f'"{key}{key}" `{key}`'}}),
    "a place to go to": lambda key, said: (307, {"Location": f"http://{key}.example/?{key}"}, b""),
}  # fmt: skip


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("name", [name for name in ASKING if name != "the documents"])
def test_a_key_that_is_repeated_is_not_shown(name: str, echo: str, capsys) -> None:
    with Odd(ECHOES[echo]) as server:
        said = told(name, server.url, capsys)
    assert server.keys and KEY not in said and KEY[:24] not in said
    assert len(said.strip()) > 10, "something is told"
