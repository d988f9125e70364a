"""Our MCP client against servers that others wrote, and against the official conformance suite's client part.

They are fetched with npm and pip when it first runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.bench.result import Figure, Result
from assistant.errors import AssistantError
from assistant.folders import cache_folder
from assistant.llm import ToolCall
from assistant.settings.mcp import McpSettings
from assistant.tools.toolbox import Tools

TIME_SERVER = "mcp-server-time"
VERSIONS = {
    "server-everything": "2026.8.31",
    "server-filesystem": "2026.8.31",
    "conformance": "0.1.16",
    TIME_SERVER: "2026.10.19",
}
_NODE = "22"  # the suite needs it
SCENARIOS = (
    "initialize",
    "tools_call",
    "sse-retry",
    "auth/metadata-default",
    "auth/metadata-var1",
    "auth/metadata-var2",
    "auth/metadata-var3",
    "auth/scope-from-www-authenticate",
    "auth/scope-from-scopes-supported",
    "auth/scope-omitted-when-undefined",
    "auth/scope-step-up",
    "auth/scope-retry-limit",
    "auth/token-endpoint-auth-basic",
    "auth/token-endpoint-auth-post",
    "auth/token-endpoint-auth-none",
    "auth/pre-registration",
    "auth/2025-03-26-oauth-endpoint-fallback",
    "auth/resource-mismatch",
    "auth/offline-access-scope",
    "auth/offline-access-not-supported",
)
"""Those that concern a client like ours. Not: elicitation (a server has nobody to ask here), client-id documents (we
have no address to publish one at), and the three without a person (client credentials, cross-app access). Nor
2025-03-26-oauth-metadata-backcompat: its server claims to be another than the one that was asked, which RFC 8414 (3.3)
tells clients to refuse, as the SDK does."""
_LOGINS = 3  # times that the conformance client logs in because a server wants more


@dataclass(frozen=True)
class Case:
    tool: str
    arguments: dict[str, Any]
    expected: str
    """Stands in what the model reads."""


EVERYTHING = (
    Case("echo", {"message": "hello"}, "hello"),
    Case("get-sum", {"a": 17, "b": 25}, "42"),
    Case("get-tiny-image", {}, "(an image, image/png)"),
    Case("get-structured-content", {"location": "Chicago"}, "temperature"),
    Case("get-annotated-message", {"messageType": "success", "includeImage": False}, "success"),
    Case("get-resource-links", {"count": 2}, "(a link: "),
    Case("get-resource-reference", {}, "Resource 1"),
    Case("trigger-long-running-operation", {"duration": 1, "steps": 2}, "completed"),
    Case("get-sum", {"a": "no number"}, "Error:"),
)
TIME = (
    Case("get_current_time", {"timezone": "Europe/Berlin"}, "Europe/Berlin"),
    Case(
        "convert_time",
        {"source_timezone": "Europe/Berlin", "time": "12:30", "target_timezone": "Asia/Kolkata"},
        "Asia/Kolkata",
    ),
    Case("get_current_time", {"timezone": "Mars/Olympus"}, "Error:"),
)


def files(folder: Path) -> tuple[Case, ...]:
    note = str(folder / "note.txt")
    return (
        Case("write_file", {"path": note, "content": "milk and eggs"}, "wrote"),
        Case("read_text_file", {"path": note}, "milk and eggs"),
        Case("list_directory", {"path": str(folder)}, "note.txt"),
        Case("get_file_info", {"path": note}, "size"),
        Case("move_file", {"source": note, "destination": str(folder / "list.txt")}, "moved"),
        Case("search_files", {"path": str(folder), "pattern": "*.txt"}, "list.txt"),
        Case("list_allowed_directories", {}, str(folder)),
        Case("read_text_file", {"path": "/etc/hostname"}, "Error:"),
    )


def run(folder: Path | None = None) -> Result:
    """Share of calls and of scenarios that went right; ``folder``: where the servers and the suite are or will be
    fetched to; None = in the cache. Raises AssistantError when they cannot be fetched."""
    folder = folder or cache_folder() / "bench-mcp"
    node = fetched(folder)
    packages = folder / "node_modules" / "@modelcontextprotocol"
    told: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        home = Path(place).resolve()
        script = "dist/index.js"
        everything = McpSettings("everything", node, (str(packages / "server-everything" / script),))
        filesystem = McpSettings("files", node, (str(packages / "server-filesystem" / script), str(home)))
        code = f"import sys; sys.path.insert(0, {str(folder / 'site')!r}); from mcp_server_time import main; main()"
        time = McpSettings("time", sys.executable, ("-c", code))
        rows = [
            _figure(server.name, asyncio.run(_right(server, cases, told.append)))
            for server, cases in ((everything, EVERYTHING), (filesystem, files(home)), (time, TIME))
        ]
        passed = [_passes(folder, node, name, home, told.append) for name in SCENARIOS]
    rows.append(_figure("conformance suite, client", passed))
    return Result(
        "mcp",
        rows,
        {name: f"{name} {version}" for name, version in VERSIONS.items()},
        [{"wrong": text} for text in told],
    )


def fetched(folder: Path) -> str:
    """Fetch what is not there in these versions; the Node.js to run it with."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "versions.json"
    wanted = json.dumps({**VERSIONS, "node": _NODE}, indent=1)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        stamp.unlink(missing_ok=True)
        names = [f"@modelcontextprotocol/{name}@{version}" for name, version in VERSIONS.items() if name != TIME_SERVER]
        _fetch(["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), *names, f"node@{_NODE}"])
        server = f"{TIME_SERVER}=={VERSIONS[TIME_SERVER]}"
        site = str(folder / "site")
        _fetch([sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", site, server])
        stamp.write_text(wanted, encoding="utf-8")
    return str(folder / "node_modules" / ".bin" / "node")


def _fetch(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise AssistantError(f"{command[0]}: cannot be started ({error.strerror}); install it") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise AssistantError(f"{' '.join(command[:3])} failed: {last[:300]}; look at the network and try again")


def _figure(name: str, right: Sequence[bool]) -> Figure:
    return Figure.single(f"{name}: right", "%", len(right), 100 * sum(right) / len(right), least=100)


async def _right(server: McpSettings, cases: Sequence[Case], progress: Callable[[str], None]) -> list[bool]:
    tools = Tools([server], notice=progress)
    tools.start()
    try:
        if why := await tools.settled(server.name):
            progress(f"{server.name}: {why}")
            return [False] * len(cases)
        by_name = {offer.name: offer.tool.name for offer in tools.offers()}
        found = []
        for case in cases:
            given = await tools.call(ToolCall("1", by_name.get(case.tool, case.tool), case.arguments))
            failed = case.expected != "Error:" and given.startswith("Error:")
            found.append(case.expected.lower() in given.lower() and not failed)
            if not found[-1]:
                progress(f"{server.name}: {case.tool} gave {given[:200]}")
        return found
    finally:
        await asyncio.to_thread(tools.close)


def _passes(folder: Path, node: str, scenario: str, home: Path, progress: Callable[[str], None]) -> bool:
    suite = folder / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    client = f"{shlex.quote(sys.executable)} -m assistant.bench.mcp"
    data = home / scenario.replace("/", "-")
    ended = subprocess.run(
        [node, str(suite), "client", "--command", client, "--scenario", scenario, "--timeout", "60000"],
        env={**os.environ, "XDG_DATA_HOME": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        lines = [line.strip() for line in (ended.stdout + ended.stderr).splitlines() if "FAIL" in line or "✗" in line]
        progress(f"{scenario}: {'; '.join(lines)[:300] or f'ended with {ended.returncode}'}")
    return ended.returncode == 0


# ---- the client that the suite starts ----------------------------------------------------------------------------


async def _converse(url: str, context: dict[str, Any]) -> None:
    """As a conversation with tools goes: log in where it is asked for, list, call every tool."""
    from assistant.tools import login

    server = McpSettings("conformance", url=url, client_id=str(context.get("client_id", "")))
    if context.get("client_secret"):
        os.environ["CONFORMANCE_SECRET"] = str(context["client_secret"])
        server = McpSettings("conformance", url=url, client_id=server.client_id, client_secret="CONFORMANCE_SECRET")
    for attempt in range(_LOGINS + 1):
        why = await _call_all(server)
        if "log in" not in why or attempt == _LOGINS:
            break
        await login.ask(server, lambda address: None)
    if why:
        raise AssistantError(why)


async def _call_all(server: McpSettings) -> str:
    """Why it failed; empty = it did not."""
    tools = Tools([server])
    tools.start()
    try:
        if why := await tools.settled(server.name):
            return why
        for offer in tools.offers():
            required = offer.tool.parameters.get("required", [])
            given = await tools.call(ToolCall("1", offer.tool.name, {name: 5 for name in required}))
            if given.startswith("Error:"):
                return given
        return ""
    finally:
        await asyncio.to_thread(tools.close)


def _agree(address: str) -> bool:
    """In place of the browser, whose user agrees at once."""
    import httpx2

    return httpx2.get(address, follow_redirects=True).is_success


def _client() -> int:
    import webbrowser

    webbrowser.open = lambda address, *_: _agree(address)  # type: ignore[assignment]
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
    try:
        asyncio.run(_converse(sys.argv[-1], context))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_client())
