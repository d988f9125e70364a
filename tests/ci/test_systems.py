"""What .ci/setup wants of the system, and how it says so."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.ci.pretended import PYTHON, ROOT, Machine


def test_root_gets_what_is_missing_from_apt_and_nothing_is_removed(machine: Machine) -> None:
    machine.command("id", "echo 0")
    machine.has_no("g++")
    done = machine.set_up(NO_PORTAUDIO="1")
    assert done.returncode == 0, done.stderr
    (install,) = machine.calls("^apt-get install")
    assert install.endswith(" g++ libportaudio2")
    assert "--no-remove" in install


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    machine.command("sudo", '[ "$1" = -n ] && shift; exec "$@"')
    machine.command("true")
    done = machine.set_up(NO_PORTAUDIO="1")
    assert done.returncode == 0, done.stderr
    assert machine.calls("^sudo -n .*apt-get install .* libportaudio2$")
    assert machine.calls("^apt-get install .* libportaudio2$")


@pytest.mark.parametrize(
    "sudo, command",
    [
        ("exit 1", "sudo apt-get update && sudo apt-get install -y python3-venv libportaudio2"),
        (None, "su -c 'apt-get update && apt-get install -y python3-venv libportaudio2'"),
    ],
)
def test_without_root_the_command_is_printed_and_nothing_is_left(
    machine: Machine, sudo: str | None, command: str
) -> None:
    if sudo:
        machine.command("sudo", sudo)
    refused = machine.run("make", "setup", NO_PORTAUDIO="1", NO_VENV="1")
    assert refused.returncode != 0
    assert f"\n    {command}\n" in refused.stderr
    assert not machine.calls("^apt-get")
    assert not (machine.repo / ".venv").exists()


@pytest.mark.parametrize(
    "manager, command",
    [
        ("dnf", "dnf install gcc-c++ portaudio"),
        ("pacman", "pacman -S --needed gcc portaudio"),
        ("zypper", "zypper install gcc-c++ libportaudio2"),
    ],
)
def test_other_package_managers_get_their_own_names(machine: Machine, manager: str, command: str) -> None:
    machine.has_no("apt-get", "g++")
    machine.command(manager)
    refused = machine.set_up(NO_PORTAUDIO="1")
    assert refused.returncode == 1
    assert command in refused.stderr
    assert not machine.calls(f"^{manager}")


def test_without_a_known_package_manager_the_things_are_named(machine: Machine) -> None:
    machine.has_no("apt-get", "g++")
    refused = machine.set_up(NO_PORTAUDIO="1")
    assert refused.returncode == 1
    assert "compiler" in refused.stderr and "portaudio" in refused.stderr


def test_a_failing_apt_ends_the_set_up_before_the_venv(machine: Machine) -> None:
    machine.command("id", "echo 0")
    machine.command("apt-get", "exit 100")
    failed = machine.set_up(NO_PORTAUDIO="1")
    assert failed.returncode == 1
    assert "apt-get could not install libportaudio2" in failed.stderr
    assert not (machine.repo / ".venv").exists()


def test_the_sound_server_is_asked_for_by_the_tests_only_and_never_beside_pipewire(machine: Machine) -> None:
    machine.has_no("pulseaudio")
    assert machine.set_up("test").returncode == 0
    machine.has_no("pipewire-pulse")
    shutil.rmtree(machine.repo / ".venv")
    assert machine.set_up("talk").returncode == 0
    refused = machine.set_up("test")
    assert refused.returncode == 1
    assert "pulseaudio pulseaudio-utils" in refused.stderr


def test_a_mac_needs_only_apples_tools(machine: Machine) -> None:
    machine.command("uname", "echo Darwin")
    machine.has_no("apt-get", "g++")
    machine.command("xcode-select", "exit 2")
    refused = machine.set_up("test")
    assert refused.returncode == 1
    assert "xcode-select --install" in refused.stderr
    assert not (machine.repo / ".venv").exists()
    machine.command("xcode-select")
    assert machine.set_up("test", NO_PORTAUDIO="1").returncode == 0


def test_a_newer_python_is_found_beside_an_old_one(machine: Machine) -> None:
    machine.command("python3", "exit 1")
    machine.command("python3.12", PYTHON)
    assert machine.set_up().returncode == 0
    assert machine.calls(r"^python3\.12 -m venv")
    shutil.rmtree(machine.repo / ".venv")
    refused = machine.set_up(NO_VENV="1")
    assert "python3.12-venv" in refused.stderr


def test_without_a_python_that_fits_one_sentence_says_which(machine: Machine) -> None:
    refused = machine.set_up(TOO_OLD="1")
    assert refused.returncode == 1
    assert "Python 3.11 to 3.14 is needed" in refused.stderr
    assert not (machine.repo / ".venv").exists()


def test_the_pythons_that_are_accepted_are_the_ones_pyproject_allows() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    allowed = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', pyproject)
    script = (ROOT / ".ci/setup").read_text(encoding="utf-8")
    assert f"(3, {allowed[1]}) <= sys.version_info < (3, {allowed[2]})" in script
    assert f"Python 3.{allowed[1]} to 3.{int(allowed[2]) - 1} is needed" in script
