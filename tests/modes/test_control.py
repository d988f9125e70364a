"""The private socket of the assistant that runs, and the commands that reach it."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.cli import main
from assistant.errors import AssistantError
from assistant.folders import control_sockets
from assistant.modes import control


@pytest.fixture(autouse=True)
def folder(tmp_path_factory, monkeypatch):
    """A short one: a socket's name has 107 bytes."""
    folder = tmp_path_factory.mktemp("s")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder


@asynccontextmanager
async def running(answer=lambda command: ""):
    notices: list[str] = []
    commands: list[str] = []

    def handle(command):
        commands.append(command)
        return answer(command)

    async with control.serving(handle, notices.append):
        yield commands, notices


async def assistant(*words: str) -> int:
    return await asyncio.to_thread(main, list(words))


async def send(data: bytes, end: bool = False) -> bytes:
    reader, writer = await asyncio.open_unix_connection(control_sockets()[0])
    writer.write(data)
    if end:
        writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def test_each_command_reaches_the_assistant_that_runs():
    async def play():
        async with running() as (commands, _):
            for command in control.COMMANDS:
                assert await assistant(command) == 0
            assert commands == ["press", "release", "toggle", "stop"]

    asyncio.run(play())


def test_what_it_will_not_do_is_said_in_its_words(capsys):
    def refuse(command):
        if command == "press":
            return "it hears\nyou all the time"
        raise AssistantError("the key is broken; mend it")

    async def play():
        async with running(refuse):
            assert await assistant("press") == 1
            assert await assistant("release") == 1

    asyncio.run(play())
    assert capsys.readouterr().err.splitlines() == [
        "assistant: it hears you all the time",
        "assistant: the key is broken; mend it",
    ]


def test_without_a_running_assistant_the_command_says_so(capsys):
    assert main(["toggle"]) == 1
    assert "no assistant runs" in capsys.readouterr().err


def test_the_command_imports_nothing_that_takes_long():
    code = "import sys; from assistant.cli import main; main(['press']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "asyncio", "assistant.config", "assistant.conversation"} & set(done.stdout.split())


def test_the_socket_is_the_user_s_alone_and_goes_with_the_assistant():
    async def play():
        path = control_sockets()[0]
        path.parent.mkdir(mode=0o777)
        async with running():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert not path.exists()

    asyncio.run(play())


def test_without_a_folder_of_the_session_it_lies_with_the_user_s_data(monkeypatch, folder):
    monkeypatch.delenv("XDG_RUNTIME_DIR")

    async def play():
        async with running() as (commands, _):
            assert control_sockets() == [folder / "data" / "voice-assistant" / "control" / "control.sock"]
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))  # as the shell beside a service
            assert await assistant("stop") == 0 and commands == ["stop"]

    asyncio.run(play())


def test_the_socket_of_a_process_that_was_killed_is_replaced():
    path = control_sockets()[0]
    path.parent.mkdir()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    assert path.exists() and main(["press"]) == 1

    async def play():
        async with running() as (commands, notices):
            assert await assistant("press") == 0 and commands == ["press"] and notices == []

    asyncio.run(play())


def test_a_second_assistant_leaves_the_first_one_s_socket_alone_and_says_so():
    async def play():
        async with running() as (first, _):
            async with running() as (second, [notice]):
                assert (
                    "another assistant" in notice
                    and "hear and answer you, too" in notice
                    and await assistant("press") == 0
                )
            assert await assistant("stop") == 0
        assert first == ["press", "stop"] and second == []
        async with running() as (third, notices):
            assert await assistant("press") == 0 and third == ["press"] and notices == []

    asyncio.run(play())


def test_where_no_socket_can_be_made_the_assistant_runs_without(monkeypatch, folder):
    async def notices() -> list[str]:
        async with running() as (_, notices):
            return notices

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / ("x" * 120)))
    assert "cannot be made" in asyncio.run(notices())[0]
    (folder / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "file"))
    assert "cannot be made" in asyncio.run(notices())[0]


def test_a_command_line_of_any_bytes_changes_nothing():
    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=200))
    @example(b"press")
    @example(b"press\0\n")
    @example(b"PRESS\n")
    @example(b"\xff\xfe\n")
    @example(b"a" * 200_000)
    @example(b"\x1b[2J\n")
    def fuzz(data: bytes):
        loop.run_until_complete(play(data))

    async def play(data: bytes):
        async with running() as (commands, _):
            answer = await send(data, end=True)
            line = data.split(b"\n")[0].decode(errors="replace").strip()
            if line in control.COMMANDS:
                return
            assert commands == [] and (answer == b"" or b"there is no command" in answer)
            assert answer.count(b"\n") <= 1 and b"\x1b" not in answer

    loop = asyncio.new_event_loop()
    try:
        fuzz()
    finally:
        loop.close()


def test_a_thousand_silent_connections_keep_nobody_out():
    async def play():
        async with running() as (commands, _):
            before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
            crowd = []
            for _ in range(1000):
                crowd.append(await asyncio.open_unix_connection(control_sockets()[0]))
                if len(crowd) > 100:
                    crowd.pop(0)[1].close()
            assert await send(b"press\n") == b"\n" and commands == ["press"]
            assert not before or len(os.listdir("/proc/self/fd")) < before + 300
            for _, writer in crowd:
                writer.close()

    asyncio.run(play())


def test_who_says_nothing_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(control, "_PATIENCE", 0.01)

    async def play():
        async with running() as (commands, _):
            assert await send(b"pre") == b"" and commands == []

    asyncio.run(play())
