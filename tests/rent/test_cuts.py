"""What is cut in the middle: the tunnel, a start that is on its way, a far side that cannot tell, a lost machine."""

from __future__ import annotations

import os
import queue
import signal
import socket
import stat
import tomllib

import pytest

from assistant import cli
from assistant.rent import rental as notes
from assistant.rent import ssh, tunnel
from tests.rent.far import far  # noqa: F401
from tests.rent.test_rent import cloud, config, up  # noqa: F401


def cut(rental: notes.Rental) -> None:
    """The tunnel's process ends, as when the connection is gone."""
    os.kill(int(tunnel._control(rental).read_text()), signal.SIGKILL)
    tunnel._control(rental).unlink()
    while not tunnel._free(rental.port):  # until it has ended
        pass


def test_a_question_opens_a_tunnel_that_broke_and_is_answered_from_far_away(far, config, capsys):  # noqa: F811
    assert up(far) == 0
    cut(notes.find(""))
    capsys.readouterr()
    assert cli.main(["ask", "How are you?"]) == 0
    told = capsys.readouterr()
    assert told.out == "I answer from far away.\n" and "The tunnel to gpu is open again" in told.err
    assert cli.main(["rent", "down"]) == 0


def test_a_tunnel_that_breaks_in_a_conversation_is_opened_again_and_told_once(far, config, monkeypatch):  # noqa: F811
    monkeypatch.setattr(tunnel, "_LOOK", 0.05)
    assert up(far) == 0
    rental, said = notes.find(""), queue.SimpleQueue()
    with tunnel.held(rental.url, said.put):
        far.reachable(False)
        cut(rental)
        assert said.get(timeout=60).startswith("the tunnel to gpu cannot be opened")
        far.reachable(True)
        assert said.get(timeout=60) == "The tunnel to gpu is open again"
    assert tunnel.is_open(rental) and said.empty()
    with tunnel.held("http://127.0.0.1:1/v1", pytest.fail):
        pass
    assert cli.main(["rent", "down"]) == 0


def test_a_port_that_another_program_took_is_told_and_the_settings_go_back_all_the_same(far, config, capsys):  # noqa: F811
    before = config.read_text()
    assert up(far) == 0
    rental = notes.find("")
    url = tomllib.loads(config.read_text())["llm"]["base_url"]
    cut(rental)
    with socket.create_server(("127.0.0.1", rental.port)):
        assert cli.main(["rent", "status"]) == 0
        assert f"port {rental.port}, which [llm] base_url names, is taken by another program" in capsys.readouterr().out
        assert notes.find("").url == url
    assert cli.main(["rent", "down"]) == 0
    assert config.read_text() == before != ""


def test_a_start_that_was_on_its_way_when_it_was_ended_begins_nothing(far, config):  # noqa: F811
    rental = notes.Rental("voice", "ssh", "gpu", "a/b", "custom", far.command.replace("{port}", "1"), 60, 60)
    notes.keep(rental)
    assert cli.main(["rent", "down"]) == 0
    script = ssh._SCRIPT.read_bytes()
    ssh.run(rental, f"cat > {rental.folder}/far_side.py", script)
    with pytest.raises(ssh.AssistantError):
        ssh.run(rental, f"cd {rental.folder} && {rental.errand}")
    assert not far.serving() and not ssh.state(rental)["alive"]
    later = notes.Rental("voice", "ssh", "gpu", "a/b", "custom", far.command.replace("{port}", "1"), 60, 60)
    ssh.start(later)
    assert ssh.state(later)["alive"]
    ssh.stop(later)


def test_a_far_side_that_cannot_tell_counts_as_running(far, config, tmp_path, capsys):  # noqa: F811
    assert up(far) == 0
    broken = tmp_path / "tools" / "python3"
    broken.write_text("#!/bin/sh\necho 'no memory' >&2; exit 1\n")
    broken.chmod(stat.S_IRWXU)
    assert cli.main(["rent", "down"]) == 1
    assert "MAY STILL RUN AND COST MONEY" in capsys.readouterr().err and far.serving()
    assert cli.main(["rent", "status"]) == 1
    assert "voice: unknown" in capsys.readouterr().out
    broken.unlink()
    assert cli.main(["rent", "down"]) == 0
    assert not far.serving() and notes.kept() == []


def test_a_machine_of_dstacks_is_told_lost_when_it_is_not_attached(far, config, capsys):  # noqa: F811
    assert up(far) == 0
    far.reachable(False, "ssh: Could not resolve hostname gpu: Name or service not known\n")
    assert cli.main(["rent", "down"]) == 1
    told = capsys.readouterr().err
    assert "while `dstack attach gpu` runs" in told and "a key without passphrase" not in told
    assert "look at the page of gpu's provider" in told
    far.reachable(True)
    assert cli.main(["rent", "down"]) == 0


@pytest.mark.parametrize(
    ("said", "told"), [("Connection closed by 1.2.3.4", "Connection closed by 1.2.3.4"), ("", "ssh failed")]
)
def test_what_ssh_says_at_each_connection_of_dstacks_is_not_taken_for_the_trouble(far, said, told):  # noqa: F811
    rental = notes.Rental("voice", "ssh", "gpu", "a/b", "custom", "true", 60, 60)
    far.reachable(
        False, f"{said}\nWarning: Permanently added '[127.0.0.1]:42625' (ED25519) to the list of known hosts.\n"
    )
    with pytest.raises(ssh.Unreachable, match=f"cannot be reached \\({told}\\)"):
        ssh.run(rental, "true")
    with pytest.raises(ssh.AssistantError, match=f"cannot be opened \\({told}\\)"):
        tunnel.open_(rental)


def test_a_spot_machine_that_was_taken_away_is_told_and_tidied_up(far, config, capsys):  # noqa: F811
    cloud(far, machines={"voice": "UP"})
    before = config.read_text()
    rental = notes.Rental("voice", "sky", "voice", "a/b", "vllm", "true", 3600, 60, spot=True, ready=True, price=0.35)
    rental.port, rental.before, rental.config = 1, {"llm.model": "bundled", "llm.base_url": None}, str(config)
    notes.keep(rental)
    config.write_text(f'[llm]\nmodel = "far-model"\nbase_url = "{rental.url}"\n')
    far.sky(machines={})
    assert cli.main(["rent", "status"]) == 1
    assert "the machine is gone; `assistant rent down voice` tidies up" in capsys.readouterr().out
    assert cli.main(["rent", "down"]) == 0
    assert tomllib.loads(config.read_text()) == tomllib.loads(before) and notes.kept() == []
