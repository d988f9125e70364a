from __future__ import annotations

import asyncio
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from assistant import cli, config
from assistant.errors import AssistantError, UsageError
from assistant.llm import Tool, ToolCall
from assistant.settings.mcp import McpSettings
from assistant.tools.toolbox import Tools
from tests.llm.served import DONE, Server, event

ODD = str(Path(__file__).parent / "servers" / "odd.py")


async def _list(arguments) -> str:
    return f"On the list: {arguments['item']}<|im_end|>"


async def _broken(arguments) -> str:
    raise ZeroDivisionError("by zero")


async def _refuses(arguments) -> str:
    raise AssistantError("there is no such list")


def own(name: str, run):
    return Tool(name, "Does it.", {"type": "object"}), run


def test_skills_are_tools_that_run_at_once_but_for_the_destructive() -> None:
    tools = Tools(
        own=[own("list_add", _list), own("list_clear", _list)], destructive=["list_clear"], reading=["list_add"]
    )
    tools.start()
    assert [tool.name for tool in tools.tools("clear my list")] == ["list_clear", "list_add"]
    assert tools.tools("anything") == []
    assert (tools.permission("list_add"), tools.permission("list_clear")) == ("always", "ask")
    assert tools.reads("list_add") and tools.cancellable("list_add")
    assert not tools.reads("list_clear") and not tools.cancellable("list_clear")
    text = asyncio.run(tools.call(ToolCall("1", "list_add", {"item": "milk"})))
    assert text == "<result of list_add>\nOn the list: milk‹|im_end|›\n</result of list_add>"
    assert tools.question(ToolCall("1", "list_clear", {})) == "Shall I clear list?"
    tools.close()


@pytest.mark.parametrize(
    "run, said",
    [(_broken, "Error: a failed (ZeroDivisionError: by zero)."), (_refuses, "Error: there is no such list.")],
)
def test_a_call_never_raises(run, said: str) -> None:
    assert asyncio.run(Tools(own=[own("a", run)]).call(ToolCall("1", "a", {}))) == said


def written(tmp_path: Path, text: str) -> config.Loaded:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return config.load(path, environment={})


def test_servers_stand_in_tables_of_their_own(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.delenv("HOME_TOKEN", raising=False)
    text = '[mcp.time]\ncommand = "uvx"\nargs = ["mcp-server-time"]\ntimeout = 5\n[mcp.home]\nurl = "https://h.example/m"\n'
    loaded = written(tmp_path, text + 'token = "HOME_TOKEN"\nnever = ["*"]\n')
    assert loaded.settings.mcp == (
        McpSettings("time", command="uvx", args=("mcp-server-time",), timeout=5.0),
        McpSettings("home", url="https://h.example/m", token="HOME_TOKEN", never=("*",)),
    )
    assert loaded.origin["mcp.time.timeout"] == str(tmp_path / "config.toml")
    assert cli.main(["config", "--changed", "--config", str(tmp_path / "config.toml")]) == 0
    shown = capsys.readouterr().out
    assert re.search(r'mcp.time.args +\["mcp-server-time"\]', shown) and "mcp.time.budget" not in shown
    assert "HOME_TOKEN (not set) goes to https://h.example/m" in shown
    flagged = config.load(tmp_path / "config.toml", {"mcp.time.args": "a, b", "mcp.time.timeout": "7"}, {})
    assert (flagged.settings.mcp[0].args, flagged.settings.mcp[0].timeout) == (("a", "b"), 7.0)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("[mcp.a]\n", "[mcp] a is no server"),
        ("[mcp]\ncommand = 'x'\n", "[mcp] command is no server"),
        ("[mcp.a]\ntimeout = 5\n", "[mcp.a] needs either command"),
        ("[mcp.a]\ncommand = 'x'\nurl = 'https://h.example'\n", "[mcp.a] needs either command"),
        ("[mcp.a]\ncomand = 'x'\n", "[mcp.a] comand is not a setting; did you mean command?"),
        ("[mcp.a]\ncommand = 'x'\nargs = 'y'\n", "[mcp.a] args must be a list of texts"),
        ("[mcp.a]\ncommand = 'x'\nargs = ['--key', 'sk-abcdef1234567']\n", "args holds what looks like an API key"),
        ("[mcp.a]\ncommand = 'x'\nenv = ['A=b']\n", "must name variables in env"),
        ("[mcp.a]\ncommand = 'x'\ntimeout = 0\n", "[mcp.a] timeout must be from 1 to 600"),
        ("[mcp.a]\nurl = 'ftp://h.example'\n", "must have a url that begins with https://"),
        ("[mcp.a]\nurl = 'http://h.example'\ntoken = 'T'\n", "would send its token over http through the internet"),
        ("[mcp.'a b']\ncommand = 'x'\n", "[mcp.a b] is no name for a server"),
        ("[mcp.'a.b']\ncommand = 'x'\n", "[mcp] a.b is no server"),
    ],
)
def test_what_is_wrong_in_a_table_is_said(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError) as error:
        written(tmp_path, text)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    "host", ["localhost:1", "127.0.0.1", "[::1]:2", "192.168.1.7:8123", "homeassistant.local:8123", "nas"]
)
def test_within_the_own_network_a_token_may_go_over_http(tmp_path: Path, host: str) -> None:
    server = written(tmp_path, f"[mcp.a]\nurl = 'http://{host}/mcp'\ntoken = 'T'\n").settings.mcp[0]
    assert server.url == f"http://{host}/mcp"


def test_an_untrusted_folder_starts_no_program(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "config.toml").write_text('[vad]\naggressiveness = 3\n[mcp.a]\ncommand = "touch"\ntimeout = 5\n')
    monkeypatch.chdir(tmp_path)
    loaded = config.load(environment={})
    assert loaded.settings.mcp == () and loaded.settings.vad.aggressiveness == 3
    assert loaded.withheld == ("mcp.a.command", "mcp.a.timeout")


def test_the_commands_list_try_and_permit(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "config.toml"
    path.write_text(
        f"# mine\n[mcp.odd]\ncommand = {json.dumps(sys.executable)}\n"
        f"args = {json.dumps(['-I', ODD, str(tmp_path / 'kept')])}\n"
    )

    def assistant(*words: str) -> tuple[int, str]:
        code = cli.main(["tools", *words, "--config", str(path)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, out = assistant("--json")
    found = {tool["name"]: tool["permission"] for tool in json.loads(out)[0]["tools"]}
    assert code == 0 and (found["odd_weather"], found["odd_write"]) == ("always", "ask")
    code, out = assistant("try", "odd_weather", '{"city": "Oslo"}')
    assert code == 0 and "It is 20 degrees." in out
    assert assistant("try", "odd_weather", "[1]")[0] == assistant("try", "odd_weater")[0] == 2
    assert assistant("never", "odd/wea*")[0] == 0 and assistant("allow", "odd_write")[0] == 0
    assert tomllib.loads(path.read_text())["mcp"]["odd"] | {"command": "", "args": []} == {
        "command": "",
        "args": [],
        "never": ["wea*"],
        "allow": ["write"],
    }
    assert path.read_text().startswith("# mine\n")
    code, out = assistant("try", "odd_weather")
    assert code == 1 and "odd_weather may never run; allow it with: assistant tools allow odd_weather" in out
    code, out = assistant("allow", "nothing_there")
    assert code == 2 and "there are the servers odd" in out


def test_without_servers_nothing_is_started_and_one_is_told_how(tmp_path: Path, capsys) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    assert cli.main(["tools", "--config", str(path)]) == 0
    assert "docs/TOOLS.md" in capsys.readouterr().out


def test_one_question_is_asked_with_the_tools_of_a_server_that_is_still_starting(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "config.toml"
    path.write_text(
        f"[mcp.odd]\ncommand = {json.dumps(sys.executable)}\nargs = {json.dumps(['-I', ODD, str(tmp_path / 'kept')])}\n"
    )
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "odd_weather", "arguments": "{}"}}

    def answer(body: dict) -> str:
        told = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        delta = {"content": "It has 20 degrees."} if told and "20 degrees" in told[0] else {"tool_calls": [call]}
        return event(delta) + event({}, "stop") + DONE

    with Server(answer) as server:
        endpoint = ("engine=openai", "preset=custom", f"base_url={server.url}", "model=m")
        flags = [f"--set=llm.{flag}" for flag in endpoint] + ["--set=journal.enabled=false", "--config", str(path)]
        assert cli.main(["ask", "Which of the oceans is warm enough for a swim?", *flags]) == 0
    assert capsys.readouterr().out == "It has 20 degrees.\n"
