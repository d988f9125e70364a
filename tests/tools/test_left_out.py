"""What a server describes wrongly, and what config.toml says of tools that are not there, is told; the rest works."""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import cli
from assistant.bench import mcp as bench
from assistant.settings.mcp import McpSettings
from assistant.tools.permissions import idle
from assistant.tools.toolbox import Tools

ODD = str(Path(__file__).parent / "servers" / "odd.py")


@pytest.fixture
def server(tmp_path: Path, monkeypatch) -> McpSettings:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return McpSettings("odd", sys.executable, ("-I", ODD, str(tmp_path / "kept.json")), timeout=20.0)


def keep(tmp_path: Path, **values: bool) -> None:
    (tmp_path / "kept.json").write_text(json.dumps(values))


def started(server: McpSettings) -> tuple[str, list[str], list[str]]:
    """Why it cannot be used, the names of its tools, and the notices."""

    async def whole() -> tuple[str, list[str]]:
        tools = Tools([server], notice=notices.append)
        tools.start()
        try:
            return await tools.settled(server.name), [offer.name for offer in tools.offers()]
        finally:
            await asyncio.to_thread(tools.close)

    notices: list[str] = []
    return (*asyncio.run(whole()), notices)


def test_a_tool_without_a_schema_is_left_out_and_the_others_can_be_used(server, tmp_path) -> None:
    keep(tmp_path, schemaless=True)
    why, names, notices = started(server)
    assert why == "" and names[:2] == ["weather", "write"] and not {"bare", "naked"} & {*names}
    assert notices == [
        "odd: its tool bare and 1 more cannot be used, as it breaks the protocol (inputSchema: Field required)"
    ]


def test_of_hundreds_in_several_pages_only_the_broken_are_left_out(server, tmp_path) -> None:
    keep(tmp_path, schemaless=True, many=True)
    why, names, _ = started(server)
    assert why == "" and len(names) == 510


def test_a_name_in_the_lists_that_is_no_tool_is_said_with_the_one_that_was_meant(server) -> None:
    why, _, notices = started(replace(server, never=("wether", "dev*"), allow=("odd_write", "write", "zzz")))
    told = [text.partition(", but")[0] for text in notices]
    assert why == "" and told == [f"[mcp.odd] names {name}" for name in ("odd_write", "zzz", "wether")]
    assert "did you mean write?" in notices[0] and "`assistant tools` lists them" in notices[1]
    assert notices[2].endswith("did you mean weather?")
    assert idle(server, ["weather"]) == []


@pytest.fixture
def assistant(server, tmp_path, capsys):
    path = tmp_path / "config.toml"
    path.write_text(f"[mcp.odd]\ncommand = {json.dumps(server.command)}\nargs = {json.dumps(list(server.args))}\n")

    def run(*words: str) -> tuple[int, str, dict]:
        code = cli.main(["tools", *words, "--config", str(path)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err, tomllib.loads(path.read_text())["mcp"]["odd"]

    return run


@pytest.mark.parametrize("action", ["never", "ask"])
def test_a_tool_that_there_is_none_of_is_not_forbidden_without_a_word(assistant, action) -> None:
    code, told, written = assistant(action, "odd/wether")
    assert code == 2 and "did you mean odd_weather?" in told and action not in written
    code, told, written = assistant(action, "odd/dev*")
    assert code == 0 and "odd has no tool that is called dev*" in told and written[action] == ["dev*"]
    code, _, written = assistant(action, "odd/weather")
    assert code == 0 and written[action] == ["dev*", "weather"]


def test_a_server_that_cannot_be_reached_may_be_forbidden_a_tool(assistant, tmp_path) -> None:
    keep(tmp_path, breaks=True)
    code, told, written = assistant("never", "odd/write")
    assert code == 0 and "is not known, as it cannot be used now" in told and written["never"] == ["write"]
    assert assistant("allow", "odd/write")[0] == 1


def test_servers_to_measure_on_are_fetched_anew_when_their_versions_change(tmp_path, monkeypatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(bench, "_fetch", lambda command: fetched.append(" ".join(command)))
    bench.fetched(tmp_path)
    bench.fetched(tmp_path)
    assert len(fetched) == 2
    monkeypatch.setitem(bench.VERSIONS, "server-everything", "9999.1.1")
    bench.fetched(tmp_path)
    assert len(fetched) == 4 and "server-everything@9999.1.1" in fetched[2]
