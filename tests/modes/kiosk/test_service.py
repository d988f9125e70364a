"""Installing and removing the service, with a systemctl that writes down what it is asked."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import config
from assistant.cli import main
from assistant.errors import AssistantError, UsageError
from assistant.modes.kiosk import service, unit

SYSTEMCTL = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
    *{refused}*) echo "Unit is masked." >&2; exit 1 ;;
    *show*) printf 'ActiveState=active\\nSubState=running\\nNRestarts=2\\nStatusText=listening\\n' ;;
esac
"""


class Machine:
    """A machine whose systemd is a script, and what `assistant kiosk` said on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "asked"
        self.said: list[str] = []
        self.place = service.Place(
            folder / "units" / "kiosk.service", folder / "etc" / "config.toml", folder / "state", ("systemctl",), ""
        )
        self.obey()

    def obey(self, but: str = "nothing") -> None:
        script = self.folder / "bin" / "systemctl"
        script.parent.mkdir(exist_ok=True)
        script.write_text(SYSTEMCTL.format(log=self.log, refused=but))
        script.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def given(self, text: str, **environment: str) -> config.Loaded:
        path = self.folder / "config.toml"
        path.write_text(text)
        return config.load(path, environment=environment)

    def install(self, given: config.Loaded, fetches: bool = False) -> None:
        service.install(self.place, given, fetches, self.said.append)


@pytest.fixture
def machine(tmp_path, monkeypatch, program_in_usr) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return machine


def test_install_writes_the_unit_copies_the_settings_and_starts_it(machine):
    old_mask = os.umask(0o077)
    try:
        machine.install(machine.given("[kiosk]\nport = 0\n"))
    finally:
        os.umask(old_mask)
    assert (
        machine.place.unit.read_text().startswith(unit.MARK) and "PrivateNetwork=yes" in machine.place.unit.read_text()
    )
    assert machine.place.config.read_text() == "[kiosk]\nport = 0\n"
    for path, mode in (
        (machine.place.unit, 0o644),
        (machine.place.config, 0o644),
        (machine.place.config.parent, 0o755),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode  # the service's user reads it, whatever root's umask is
    assert machine.asked[1:] == ["daemon-reload", f"enable {unit.NAME}", f"restart --no-block {unit.NAME}"]


def test_install_again_keeps_the_services_settings_and_follows_them(machine):
    given = machine.given("[kiosk]\nport = 0\n")
    machine.install(given)
    machine.place.config.write_text("[kiosk]\nport = 9000\n")
    machine.install(given)
    assert machine.place.config.read_text() == "[kiosk]\nport = 9000\n"
    assert "PrivateNetwork" not in machine.place.unit.read_text()
    assert f"The service reads {machine.place.config}, not {given.path}." in machine.said


def test_a_folder_that_nobody_agreed_to_gives_the_service_no_settings(machine, monkeypatch, tmp_path):
    (here := tmp_path / "here").mkdir()
    (here / "config.toml").write_text('[llm]\nengine = "openai"\nbase_url = "http://evil.example/v1"\n')
    monkeypatch.chdir(here)
    given = config.load(environment={})
    assert given.withheld == ("llm.engine", "llm.base_url")
    machine.install(given)
    assert "evil" not in machine.place.config.read_text() and str(here) not in " ".join(machine.said)


def test_a_unit_of_somebody_else_is_neither_replaced_nor_removed(machine):
    machine.place.unit.parent.mkdir()
    machine.place.unit.write_text("[Service]\nExecStart=/bin/true\n")
    with pytest.raises(UsageError, match="did not write it"):
        machine.install(machine.given(""))
    with pytest.raises(UsageError, match="did not write it"):
        service.uninstall(machine.place, machine.said.append)
    assert machine.place.unit.read_text() == "[Service]\nExecStart=/bin/true\n" and machine.asked == []


def test_uninstall_removes_the_unit_and_nothing_else(machine):
    machine.install(machine.given("[kiosk]\nport = 0\n"))
    machine.place.state.mkdir()
    service.uninstall(machine.place, machine.said.append)
    assert not machine.place.unit.exists()
    assert machine.place.config.exists() and machine.place.state.exists()
    assert machine.asked[-2:] == [f"disable --now {unit.NAME}", "daemon-reload"]
    with pytest.raises(UsageError, match="no such service"):
        service.uninstall(machine.place, machine.said.append)


@pytest.mark.parametrize("environment", [{"ASSISTANT_KIOSK__PORT": "0"}])
def test_settings_that_the_service_would_not_see_are_refused(machine, environment):
    with pytest.raises(UsageError, match=r"ASSISTANT_KIOSK__PORT: kiosk.port would not reach the service"):
        machine.install(machine.given("", **environment))
    assert not machine.place.unit.exists()


def test_who_is_not_root_is_told_what_to_do(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match="sudo.*--user"):
        machine.install(machine.given(""))
    mine = replace(machine.place, systemctl=("systemctl", "--user"), flag=" --user")
    service.install(mine, machine.given(""), False, machine.said.append)
    assert machine.asked[1] == "--user daemon-reload" and "loginctl enable-linger" in machine.said[-1]
    assert mine.state.is_dir()  # it works there


def test_without_systemd_nothing_is_written(machine, monkeypatch):
    monkeypatch.setenv("PATH", str(machine.folder))
    with pytest.raises(UsageError, match="systemd is not on this machine"):
        machine.install(machine.given(""))
    assert not machine.place.unit.exists()


def test_what_systemctl_refuses_is_one_sentence(machine):
    machine.obey(but="enable")
    with pytest.raises(AssistantError, match=f"systemctl enable {unit.NAME} failed: Unit is masked."):
        machine.install(machine.given(""))


def test_status_tells_state_restarts_and_that_nothing_answers(machine, free_port):
    machine.install(machine.given(""))
    machine.said.clear()
    assert not service.status(machine.place, free_port, machine.said.append)
    assert machine.said[0] == "service: active (running): listening" and machine.said[1].startswith("restarts: 2 ")
    assert machine.said[2].startswith(f"health: nothing answers at http://127.0.0.1:{free_port}/healthz")


def test_status_without_a_service_asks_the_kiosk_that_runs(machine, monkeypatch):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    answers = [
        (200, b'{"works": true, "ready": true, "problems": []}'),
        (503, b'{"works": false, "ready": true, "problems": ["deaf"]}'),
        (404, b"<html>"),
        *((200, body) for body in (b"[]", b"null", b"{}", b'{"problems": "all"}', b'{"problems": [3]}', b"\xff")),
    ]
    strange = len(answers) - 2

    class Kiosk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = answers.pop(0)
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Kiosk) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        works = [service.status(machine.place, server.server_port, machine.said.append) for _ in range(2 + strange)]
        server.shutdown()
    assert works == [True] + [False] * (1 + strange)
    assert machine.said[0::2] == ["service: not installed"] * (2 + strange)
    assert machine.said[1] == "health: it listens" and machine.said[3] == "health: deaf"
    assert machine.said[5].endswith("answers 404, as no kiosk does")
    assert all(said.endswith("answers 200, as no kiosk does") for said in machine.said[7::2])


def test_status_asks_what_speaks_no_http(machine, free_port):
    import socket
    from threading import Thread

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"SSH-2.0 hello\r\n")

    with socket.create_server(("127.0.0.1", free_port)) as listener:
        (server := Thread(target=answer, args=(listener,))).start()
        assert not service.status(machine.place, free_port, machine.said.append)
        server.join()
    assert machine.said[1].startswith("health: nothing answers at ")


def test_a_dry_run_prints_the_unit_and_changes_nothing(machine, monkeypatch, capsys):
    monkeypatch.setattr(service, "system", lambda: machine.place)
    (machine.folder / "config.toml").write_text('[tts]\nengine = "piper"\n')
    assert main(["kiosk", "install", "--dry-run", "--config", str(machine.folder / "config.toml")]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"# {machine.place.unit}\n{unit.MARK}") and "IPAddressAllow=localhost\n" in out
    assert not machine.place.unit.exists() and machine.asked == []


def test_where_systemd_cannot_be_reached_nothing_is_written_and_a_unit_can_still_be_removed(machine, monkeypatch):
    def unreachable(place, *words):
        raise AssistantError("no bus")

    machine.install(machine.given(""))
    monkeypatch.setattr(service, "_systemctl", unreachable)
    service.uninstall(machine.place, machine.said.append)
    assert not machine.place.unit.exists() and machine.said.count("no bus") == 2
    machine.place.config.unlink()
    with pytest.raises(AssistantError, match="no bus"):
        machine.install(machine.given(""))
    assert not machine.place.unit.exists() and not machine.place.config.exists()
